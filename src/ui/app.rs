//! The app: makes the engine, lays the panes out, and hands each its part of the picture.

use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::Engine;
use super::components::say;
use super::editor::EditorPane;
use super::inspector::Details;
use super::loops::Loops;
use super::platform;
use super::terminal::TerminalPane;
use super::yard::Yard;
use crate::language::{Language, Text};
use crate::sim::Duration;
use crate::view::loops::cards;
use crate::view::state::{Pane, SPEEDS, Selection, speed_index};
use crate::view::yard::{Look, YardView};

fn first_language() -> Language {
    let asked = platform::parameter("lang").or_else(|| platform::kept("podyard.language"));
    let tag = asked.unwrap_or_else(platform::browser_language);
    Language::from_tag(&tag).unwrap_or_default()
}

fn first_theme() -> Option<String> {
    platform::parameter("theme").or_else(|| platform::kept("podyard.theme"))
}

/// The whole page.
#[component]
pub fn App() -> Html {
    let tick = use_force_update();
    let engine =
        use_memo((), |()| Engine::new(first_language(), Rc::new(move || tick.force_update())));
    let selection = use_state(|| None::<Selection>);
    let pane = use_state(Pane::default);
    let system = use_state(|| false);
    let view = use_mut_ref(YardView::default);
    use_keys(&engine, &selection);
    let language = engine.read(|state| state.language);
    use_effect_with(language, |language| platform::set_root("lang", language.tag()));
    use_effect_with((), |()| {
        if let Some(theme) = first_theme() {
            platform::set_root("data-theme", &theme);
        }
    });
    let yard = {
        let mut before = view.borrow_mut();
        let next = engine.read(|state| YardView::build(&state.cluster, &before, *system));
        *before = next.clone();
        Rc::new(next)
    };
    use_effect(platform::flip);
    let select = {
        let (selection, pane) = (selection.clone(), pane.clone());
        Callback::from(move |next: Option<Selection>| {
            if next.is_some() && *pane != Pane::Yard {
                pane.set(Pane::Details);
            }
            selection.set(next);
        })
    };
    let live = live_text(&yard, language);
    let show_system = {
        let system = system.clone();
        Callback::from(move |()| system.set(!*system))
    };
    html! {
        <div class={classes!("page", format!("page--{}", pane.class()))}>
            { header(&engine, language) }
            { tabs(&pane, language) }
            <main class="panes">
                <section class="pane pane--yard" aria-label={say(language, "page.yard")}>
                    <Yard engine={(*engine).clone()} {yard} {language} selection={(*selection).clone()} onselect={select.clone()}
                        system={*system} onsystem={show_system} />
                    <Loops cards={Rc::new(engine.read(|state| cards(&state.cluster, language)))} {language} onselect={select.clone()} />
                </section>
                <section class="pane pane--editor" aria-label={say(language, "page.editor")}>
                    <EditorPane engine={(*engine).clone()} {language} file={engine.read(|state| state.file.clone())}
                        problems={engine.read(|state| state.problems)} />
                </section>
                <section class="pane pane--terminal" aria-label={say(language, "page.terminal")}>
                    <TerminalPane engine={(*engine).clone()} {language} count={engine.read(|state| state.lines.len())} busy={engine.read(super::bridge::State::busy)} />
                </section>
                <section class="pane pane--details" aria-label={say(language, "page.details")}>
                    <Details engine={(*engine).clone()} {language} selection={(*selection).clone()} onselect={select}
                        version={engine.read(|state| (state.cluster.store().resource_version(), state.cluster.now().unix_seconds()))} />
                </section>
            </main>
            <p class="visually-hidden" role="status" aria-live="polite">{ live }</p>
        </div>
    }
}

fn live_text(yard: &YardView, language: Language) -> String {
    let count: usize = yard.counts.values().sum();
    let running = yard.counts.get(&Look::Running).copied().unwrap_or(0);
    Text::new("page.live").with("count", count).with("running", running).render(language)
}

/// Space plays and pauses, a full stop steps, Esc closes the inspector.
#[hook]
fn use_keys(engine: &Rc<Engine>, selection: &UseStateHandle<Option<Selection>>) {
    let (engine, selection) = (Rc::clone(engine), selection.setter());
    use_effect_with((), move |()| {
        let closure = Closure::new(move |key: String| match key.as_str() {
            " " => engine.toggle(),
            "." => engine.step(),
            "Escape" => selection.set(None),
            _ => {}
        });
        platform::on_key(&closure);
        // The page listens as long as it lives.
        closure.forget();
    });
}

fn tabs(pane: &UseStateHandle<Pane>, language: Language) -> Html {
    let tab = |one: Pane| {
        let pane = pane.clone();
        let selected = *pane == one;
        let onclick = Callback::from(move |_: MouseEvent| pane.set(one));
        html! {
            <button type="button" class="tabs__tab" aria-pressed={selected.to_string()} {onclick}>{ say(language, one.key()) }</button>
        }
    };
    html! { <nav class="tabs">{ for Pane::ALL.into_iter().map(tab) }</nav> }
}

fn header(engine: &Rc<Engine>, language: Language) -> Html {
    let (playing, speed, now) =
        engine.read(|state| (state.playing, state.speed, state.cluster.now()));
    let press = |act: fn(&Engine)| {
        let engine = Rc::clone(engine);
        Callback::from(move |_: MouseEvent| act(&engine))
    };
    let onspeed = {
        let engine = Rc::clone(engine);
        Callback::from(move |event: InputEvent| {
            let input: Option<web_sys::HtmlInputElement> = event.target_dyn_into();
            if let Some(index) = input.and_then(|input| input.value().parse().ok()) {
                engine.set_speed(index);
            }
        })
    };
    let theme = Callback::from(|_: MouseEvent| {
        let dark = platform::kept("podyard.theme").as_deref() == Some("dark");
        let next = if dark { "light" } else { "dark" };
        platform::keep("podyard.theme", next);
        platform::set_root("data-theme", next);
    });
    let other = if language == Language::En { Language::Ko } else { Language::En };
    let switch = {
        let engine = Rc::clone(engine);
        Callback::from(move |_: MouseEvent| engine.set_language(other))
    };
    let shown = now.rfc3339().replace('T', " ").replace('Z', "");
    let (play_label, play_icon) =
        if playing { ("page.pause", "❚❚") } else { ("page.play", "▶") };
    html! {
        <header class="header">
            <div class="header__brand">
                <span class="header__mark" aria-hidden="true"><i></i><i></i><i></i><i></i></span>
                <h1 class="header__name">{ say(language, "page.title") }</h1>
                <span class="header__tagline">{ say(language, "page.tagline") }</span>
            </div>
            <div class="time" role="group">
                <button type="button" class="button button--round" title="yard back 30s" aria-label={say(language, "page.back")}
                    onclick={press(|engine| engine.back(Duration::from_seconds(30)))}>{ "↶" }</button>
                <button type="button" class="button button--round button--strong" id="play" title={if playing { "yard pause" } else { "yard play" }}
                    aria-label={say(language, play_label)} onclick={press(Engine::toggle)}>{ play_icon }</button>
                <button type="button" class="button button--round" id="step" aria-label={say(language, "page.step")}
                    title={say(language, "page.step")} onclick={press(Engine::step)}>{ "▷❘" }</button>
                <label class="time__speed">
                    <span class="visually-hidden">{ say(language, "page.speed") }</span>
                    <input type="range" id="speed" min="0" max={(SPEEDS.len() - 1).to_string()} value={speed_index(speed).to_string()} oninput={onspeed}
                        aria-valuetext={format!("{speed}×")} />
                    <output class="time__factor">{ format!("{speed}×") }</output>
                </label>
                <time class="time__clock" id="clock">{ shown }</time>
            </div>
            <div class="header__more">
                <button type="button" class="button" lang={other.tag()} onclick={switch}>{ if other == Language::Ko { "한국어" } else { "English" } }</button>
                <button type="button" class="button button--round" aria-label={say(language, "page.theme")} onclick={theme}>{ "◐" }</button>
            </div>
        </header>
    }
}
