//! Leaving the page: a dialog with the link, the QR code, the text for an issue, files and pictures, and the code that
//! embeds what is on the screen. What is dropped or pasted comes in here too.

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::embed::note;
use super::platform;
use crate::language::{Language, Text};
use crate::lessons::Panel;
use crate::terminal::is_dump;
use crate::view::address::Controls;
use crate::view::embed_code::{Choice, Content, Form, Material};
use crate::view::issue;
use crate::view::panels::Panels;
use crate::view::state::SPEEDS;

/// Longer links are cut by programs that carry them.
pub(super) const LONGEST_LINK: usize = 30_000;
/// A longer text makes a QR code so dense that only the first row reads it.
const DENSE_LINK: usize = 900;

impl Engine {
    /// The session as it stands, as a text; with the lesson that is at work.
    pub(super) fn sealed_session(&self) -> String {
        self.read(|state| state.whole_session().to_json())
    }

    /// The address of the lesson's step that is open.
    pub(super) fn step_link(&self) -> Option<String> {
        self.read(|state| {
            let (id, player) = state.school.at()?;
            Some(format!("{}?lesson={id}&step={}", platform::home(), player.step_index() + 1))
        })
    }

    /// Copies a link to the lesson's step that is open: whoever opens it starts from here.
    pub(crate) fn copy_step_link(&self) {
        if let Some(link) = self.step_link() {
            self.copy_and_say(link, "share.step-copied");
        }
    }

    fn copy_and_say(&self, text: String, key: &'static str) {
        let engine = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let words = match platform::copy(&text).await {
                true => Text::new(key),
                // Where the clipboard is forbidden the person copies it herself.
                false => Text::new("page.link-here").with("link", &text),
            };
            note(&engine, &words);
        });
    }

    /// Copies what an issue needs: link, manifests, `kubectl get`, events.
    pub(crate) fn copy_for_issue(&self) {
        let session = self.sealed_session();
        let engine = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let link = platform::link_to(&session).await;
            let link = if link.len() <= LONGEST_LINK { link } else { String::new() };
            let text = engine.read(|state| issue::markdown(&state.cluster, &state.terminal, &link));
            engine.copy_and_say(text, "share.issue-copied");
        });
    }

    /// Saves the files of the workspace in one archive.
    pub(crate) fn save_files(&self) {
        let files: Vec<(String, String)> = self.read(|state| {
            let files = state.terminal.files.iter();
            files.map(|(name, text)| (name.clone(), text.to_string())).collect()
        });
        self.report_failure(async move { platform::save_zip("podyard.zip", files).await });
    }

    /// Saves a picture of the yard.
    pub(crate) fn save_picture(&self, png: bool) {
        let name = if png { "podyard.png" } else { "podyard.svg" };
        self.report_failure(async move { platform::save_picture("#yard", name, png).await });
    }

    fn report_failure(&self, work: impl Future<Output = bool> + 'static) {
        let engine = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if !work.await {
                note(&engine, &Text::new("share.not-loaded"));
            }
        });
    }

    /// A manifest that is typed or pasted into the terminal becomes a file; what a real cluster printed stands here.
    /// Says whether it was one.
    pub(super) fn take_manifest(&self, text: &str) -> bool {
        let head = text.trim_start();
        let manifest = head.starts_with("apiVersion:") || head.starts_with("---\napiVersion:");
        if !manifest || !text.contains('\n') {
            return false;
        }
        if is_dump(text) {
            self.import_dump("pasted.yaml", text);
        } else {
            self.add("pasted.yaml", text);
            note(self, &Text::new("share.pasted").with("file", "pasted.yaml"));
        }
        true
    }

    /// Lets what a real cluster printed stand here.
    pub(super) fn import_dump(&self, name: &str, text: &str) {
        let plain = crate::view::guest::file_name(name).unwrap_or_else(|| "cluster.yaml".into());
        self.write(|state| state.terminal.files.insert(plain.clone(), text.into()));
        self.open(&plain);
        self.press(&format!("yard import {plain}"));
    }
}

/// What the dialog needs.
#[derive(Properties, PartialEq)]
pub(crate) struct ShareProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// What is shown now.
    pub panels: Panels,
    /// Closes it.
    pub onclose: Callback<()>,
    /// Begins to present.
    pub onpresent: Callback<()>,
}

/// The dialog. Escape closes it, and the focus goes back to where it was.
#[component]
pub(crate) fn ShareSheet(props: &ShareProps) -> Html {
    let language = props.language;
    let code = use_state(|| false);
    use_effect_with((), |()| platform::show_dialog("#share-sheet"));
    let act = |act: fn(&Engine)| {
        let engine = props.engine.clone();
        Callback::from(move |()| act(&engine))
    };
    let leave = |act: fn(&Engine)| {
        let engine = props.engine.clone();
        Callback::from(move |()| {
            platform::close_dialog("#share-sheet");
            act(&engine);
        })
    };
    let onclose = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: Event| onclose.emit(()))
    };
    let cross = Callback::from(|()| platform::close_dialog("#share-sheet"));
    let oncode = {
        let code = code.clone();
        Callback::from(move |()| code.set(!*code))
    };
    let (lesson, mine) =
        props.engine.read(|state| (state.school.at_work(), state.keeper.has_mine()));
    html! {
        <dialog class="sheet" id="share-sheet" aria-labelledby="share-title" onclose={onclose}>
            <div class="details__bar sheet__bar">
                <h2 class="title" id="share-title">{ say(language, "share.title") }</h2>
                <Button label={say(language, "page.close")} class="button--end" onclick={cross} />
            </div>
            <div class="sheet__body">
                if mine {
                    <p class="sheet__mine">{ say(language, "share.mine-about") }{ " " }<Button id="mine" label={say(language, "share.mine")} onclick={leave(Engine::back_to_mine)} /></p>
                }
                <section class="sheet__part">
                    <h3>{ say(language, "share.link") }</h3>
                    <p class="quiet">{ say(language, "share.link-about") }</p>
                    <div class="sheet__actions">
                        <Button id="copy-link" label={say(language, "share.copy-link")} class="button--accent" onclick={leave(Engine::share)} />
                        if lesson { <Button label={say(language, "share.copy-step")} onclick={leave(Engine::copy_step_link)} /> }
                        <Button label={say(language, "share.copy-issue")} onclick={leave(Engine::copy_for_issue)} />
                        <Qr engine={props.engine.clone()} {language} />
                    </div>
                </section>
                <section class="sheet__part">
                    <h3>{ say(language, "share.embed") }</h3>
                    <p class="quiet">{ say(language, "share.embed-about") }</p>
                    if !*code { <div class="sheet__actions"><Button label={say(language, "share.embed-open")} onclick={oncode} /></div> }
                    if *code { <EmbedCode engine={props.engine.clone()} {language} panels={props.panels.clone()} /> }
                </section>
                <section class="sheet__part">
                    <h3>{ say(language, "share.files") }</h3>
                    <p class="quiet">{ say(language, "share.files-about") }</p>
                    <div class="sheet__actions">
                        <Button id="export" label={say(language, "page.export")} onclick={act(Engine::export)} />
                        <Button id="import" label={say(language, "page.import")} onclick={leave(Engine::import)} />
                        <Button label={say(language, "share.zip")} onclick={act(Engine::save_files)} />
                        <Button label={say(language, "share.svg")} onclick={act(|engine| engine.save_picture(false))} />
                        <Button label={say(language, "share.png")} onclick={act(|engine| engine.save_picture(true))} />
                    </div>
                </section>
                <section class="sheet__part">
                    <h3>{ say(language, "share.present") }</h3>
                    <p class="quiet">{ say(language, "share.present-about") }</p>
                    <div class="sheet__actions"><Button label={say(language, "share.present-begin")} onclick={props.onpresent.clone()} /></div>
                </section>
            </div>
        </dialog>
    }
}

/// What a QR code needs.
#[derive(Properties, PartialEq)]
pub(crate) struct QrProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// Whether it is drawn at once.
    #[prop_or_default]
    pub open: bool,
}

/// A button, and behind it the QR code of the link to this moment, or to the lesson's step.
#[component]
pub(crate) fn Qr(props: &QrProps) -> Html {
    let language = props.language;
    let asked = use_state(|| props.open.then_some(false));
    let said = use_state(String::new);
    use_effect_with(*asked, {
        let (engine, said) = (props.engine.clone(), said.clone());
        move |asked: &Option<bool>| {
            if let Some(step) = *asked {
                let (session, link) = (engine.sealed_session(), engine.step_link());
                wasm_bindgen_futures::spawn_local(async move {
                    let link = match link.filter(|_| step) {
                        Some(link) => link,
                        None => platform::link_to(&session).await,
                    };
                    let length = link.len();
                    let key = match (platform::draw_qr("#qr", &link).await, length > DENSE_LINK) {
                        (false, _) => "share.qr-long",
                        (true, true) => "share.qr-dense",
                        (true, false) => "share.qr-fine",
                    };
                    let language = engine.read(|state| state.language);
                    said.set(
                        match key {
                            "share.qr-long" => Text::new("share.qr-long").with("length", length),
                            "share.qr-dense" => Text::new("share.qr-dense").with("length", length),
                            _ => Text::new("share.qr-fine").with("length", length),
                        }
                        .render(language),
                    );
                });
            }
        }
    });
    let lesson = props.engine.read(|state| state.school.at_work());
    let ask = |step: bool| {
        let asked = asked.clone();
        Callback::from(move |()| asked.set(Some(step)))
    };
    html! {
        <div class="qr">
            <div class="sheet__actions">
                if *asked != Some(false) { <Button label={say(language, "share.qr")} onclick={ask(false)} /> }
                if lesson && *asked != Some(true) { <Button label={say(language, "share.qr-step")} onclick={ask(true)} /> }
            </div>
            if asked.is_some() {
                <div class="qr__code" id="qr" role="img" aria-label={say(language, "share.qr-label")}></div>
                <p class="quiet" role="status">{ (*said).clone() }</p>
            }
        </div>
    }
}

/// What the writer of embed codes needs.
#[derive(Properties, PartialEq)]
struct CodeProps {
    engine: Engine,
    language: Language,
    panels: Panels,
}

/// Writes the code that embeds what is on the screen.
#[component]
fn EmbedCode(props: &CodeProps) -> Html {
    let (language, engine) = (props.language, &props.engine);
    let session = use_state(String::new);
    let choice = use_state(|| {
        let (lesson, speed) = engine.read(|state| (state.school.at_work(), state.speed));
        Choice {
            content: if lesson { Content::Lesson } else { Content::File },
            panels: props.panels.list(),
            language: Some(language),
            speed,
            ..Choice::default()
        }
    });
    use_effect_with((), {
        let (engine, session) = (engine.clone(), session.clone());
        move |()| {
            let text = engine.sealed_session();
            wasm_bindgen_futures::spawn_local(async move {
                let link = platform::link_to(&text).await;
                let data = link.split_once("#s1=").map(|(_, data)| data.to_owned());
                session.set(data.unwrap_or_default());
            });
        }
    });
    let change = |change: fn(&mut Choice, &str)| {
        let choice = choice.clone();
        Callback::from(move |event: Event| {
            let mut next = (*choice).clone();
            change(&mut next, &platform::value(&event));
            choice.set(next);
        })
    };
    let switch = |key: &'static str, on: bool, flip: fn(&mut Choice)| {
        let choice = choice.clone();
        let onchange = Callback::from(move |_: Event| {
            let mut next = (*choice).clone();
            flip(&mut next);
            choice.set(next);
        });
        html! { <label class="check"><input type="checkbox" checked={on} {onchange} />{ say(language, key) }</label> }
    };
    let select = |key: &'static str,
                  options: Vec<(String, AttrValue, bool)>,
                  onchange: Callback<Event>| {
        html! {
            <label class="field"><span>{ say(language, key) }</span>
                <select class="select" {onchange}>
                    { for options.into_iter().map(|(value, label, selected)| html! { <option {value} {selected}>{ label }</option> }) }
                </select>
            </label>
        }
    };
    let panel = |panel: Panel| {
        let on = choice.panels.contains(&panel);
        let choice = choice.clone();
        let onchange = Callback::from(move |_: Event| {
            let panels = Panels::first([Some(choice.panels.clone())]).toggled(panel);
            choice.set(Choice { panels, ..(*choice).clone() });
        });
        html! { <label class="check"><input type="checkbox" checked={on} {onchange} />{ say(language, panel_key(panel)) }</label> }
    };
    let (file, text, lesson) = engine.read(|state| {
        let text = state.terminal.files.get(&state.file).cloned().unwrap_or_default();
        let lesson = state.school.at().map(|(id, player)| (id.to_owned(), player.step_index() + 1));
        (state.file.clone(), text, lesson)
    });
    let base = platform::home();
    let material = Material {
        base: &base,
        file: (&file, &text),
        session: &session,
        lesson: lesson.as_ref().map(|(id, step)| (id.as_str(), *step)),
    };
    let code = choice.code(&material);
    let address = choice.address(&material);
    let copy = {
        let (engine, code) = (engine.clone(), code.clone());
        Callback::from(move |()| engine.copy_and_say(code.clone(), "share.code-copied"))
    };
    let mut contents = vec![
        ("file", "share.content-file", choice.content == Content::File),
        ("moment", "share.content-moment", choice.content == Content::Moment),
    ];
    if lesson.is_some() {
        contents.push(("lesson", "share.content-lesson", choice.content == Content::Lesson));
    }
    let words = |list: Vec<(&str, &'static str, bool)>| {
        list.into_iter()
            .map(|(value, key, on)| (value.to_owned(), say(language, key), on))
            .collect::<Vec<_>>()
    };
    let speeds = SPEEDS.iter().map(|speed| {
        let on = (choice.speed - speed).abs() < f64::EPSILON;
        (speed.to_string(), AttrValue::from(format!("{speed}×")), on)
    });
    html! {
        <div class="embed-code">
            <div class="embed-code__choices">
                { select("share.content", words(contents), change(|choice, value| choice.content = match value {
                    "moment" => Content::Moment,
                    "lesson" => Content::Lesson,
                    _ => Content::File,
                })) }
                { select("share.form", words(vec![
                    ("element", "share.form-element", choice.form == Form::Element),
                    ("frame", "share.form-frame", choice.form == Form::Frame),
                ]), change(|choice, value| choice.form = if value == "frame" { Form::Frame } else { Form::Element })) }
                { select("share.language", vec![
                    (String::new(), say(language, "share.as-page"), choice.language.is_none()),
                    ("en".into(), "English".into(), choice.language == Some(Language::En)),
                    ("ko".into(), "한국어".into(), choice.language == Some(Language::Ko)),
                ], change(|choice, value| choice.language = Language::from_tag(value))) }
                { select("share.theme", words(vec![
                    ("", "share.as-reader", choice.theme.is_none()),
                    ("light", "share.light", choice.theme == Some("light")),
                    ("dark", "share.dark", choice.theme == Some("dark")),
                ]), change(|choice, value| choice.theme = match value {
                    "light" => Some("light"),
                    "dark" => Some("dark"),
                    _ => None,
                })) }
                { select("page.speed", speeds.collect(), change(|choice, value| choice.speed = value.parse().unwrap_or(1.0))) }
                { select("share.controls", words(vec![
                    ("full", "share.controls-full", choice.controls == Controls::Full),
                    ("player", "share.controls-player", choice.controls == Controls::Player),
                    ("none", "share.controls-none", choice.controls == Controls::None),
                ]), change(|choice, value| choice.controls = match value {
                    "player" => Controls::Player,
                    "none" => Controls::None,
                    _ => Controls::Full,
                })) }
                <label class="field"><span>{ say(language, "share.loop") }</span>
                    <input type="text" class="select" placeholder="10s..60s" value={choice.repeat.clone()}
                        onchange={change(|choice, value| value.clone_into(&mut choice.repeat))} />
                </label>
            </div>
            <fieldset class="embed-code__panels">
                <legend>{ say(language, "share.panels") }</legend>
                { for Panel::ALL.into_iter().map(panel) }
            </fieldset>
            <div class="embed-code__panels">
                { switch("share.paused", choice.paused, |choice| choice.paused = !choice.paused) }
                { switch("share.on-click", choice.reveal, |choice| choice.reveal = !choice.reveal) }
            </div>
            <textarea class="embed-code__text" id="embed-code" readonly=true rows="7" spellcheck="false" aria-label={say(language, "share.code")} value={code} />
            <div class="sheet__actions">
                <Button label={say(language, "share.copy-code")} class="button--accent" onclick={copy} />
                <a class="button" id="embed-preview" href={address} target="_blank" rel="noopener">{ say(language, "share.preview") }{ " ↗" }</a>
            </div>
        </div>
    }
}

/// The key of a panel's name.
pub(super) const fn panel_key(panel: Panel) -> &'static str {
    match panel {
        Panel::Yard => "page.yard",
        Panel::Loops => "page.loops",
        Panel::Editor => "page.editor",
        Panel::Terminal => "page.terminal",
        Panel::Events => "page.details",
        Panel::Timeline => "share.timeline",
    }
}
