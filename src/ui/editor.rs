//! The editor pane: the files of the workspace as tabs, what is wrong with the open one, Apply, Diff, Delete.

mod desk;

use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::files::Desk;
use super::platform;
use crate::language::{Language, Text};
use crate::view::diagnostics;
use crate::view::diff::DocumentDiff;

/// An example: key of the name, file, text.
type Example = (&'static str, &'static str, &'static str);

/// Names the examples, each with its file.
macro_rules! examples {
    ($($key:literal: $file:literal,)*) => {
        &[$(($key, $file, include_str!(concat!("../../assets/examples/", $file))),)*]
    };
}

const EXAMPLES: &[Example] = examples! {
    "page.example-job": "job.yaml",
    "example.job-parallel": "job-parallel.yaml",
    "example.job-indexed": "job-indexed.yaml",
    "page.example-cron": "cronjob.yaml",
    "example.cron-forbid": "cronjob-forbid.yaml",
    "page.example-rc": "rc.yaml",
    "page.example-deploy": "deployment.yaml",
    "page.example-ds": "daemonset.yaml",
    "example.ds-selector": "daemonset-selector.yaml",
    "page.example-probe": "probe.yaml",
    "example.readiness": "readiness.yaml",
    "example.init": "init.yaml",
    "example.config": "configmap.yaml",
    "example.service": "service.yaml",
    "example.toleration": "toleration.yaml",
    "example.too-big": "too-big.yaml",
    "page.example-crash": "crash.yaml",
};

/// What the pane shows.
#[derive(Properties, PartialEq)]
pub(crate) struct EditorPaneProps {
    /// The engine, for commands.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// The open file.
    pub file: String,
    /// All files of the workspace.
    pub files: Vec<String>,
    /// What is wrong with the open one, and what its field under the cursor governs.
    pub desk: Desk,
}

/// The editor pane. CodeMirror lives in an element that Yew leaves alone.
#[component]
pub(crate) fn EditorPane(props: &EditorPaneProps) -> Html {
    let language = props.language;
    let ready = use_state(|| false);
    use_editor(&props.engine, &ready);
    let difference = use_state(|| None::<Rc<Vec<DocumentDiff>>>);
    let on_open_file = |verb: &'static str| {
        let (engine, difference) = (props.engine.clone(), difference.clone());
        Callback::from(move |()| {
            difference.set((verb == "diff").then(|| Rc::new(engine.difference())));
            engine.press_open_file(verb);
        })
    };
    let choose = {
        let engine = props.engine.clone();
        Callback::from(move |event: Event| {
            let chosen = platform::value(&event);
            if let Some((_, file, text)) = EXAMPLES.iter().find(|(_, file, _)| *file == chosen) {
                engine.add(file, text);
            }
            platform::clear(&event);
        })
    };
    let add = {
        let engine = props.engine.clone();
        Callback::from(move |_: MouseEvent| engine.add("new.yaml", ""))
    };
    let problems = match props.desk.shown.len() {
        0 => html! { <span class="quiet">{ say(language, "page.no-problems") }</span> },
        count => html! { <span class="editor__problems">{ format!("⚠ {count}") }</span> },
    };
    let close_difference = {
        let difference = difference.clone();
        Callback::from(move |()| difference.set(None))
    };
    {
        let difference = difference.setter();
        use_effect_with(props.file.clone(), move |_| difference.set(None));
    }
    let command = |verb: &str| format!("kubectl {verb} -f {}", props.file);
    html! {
        <div class="editor">
            <div class="files" role="group" aria-label={say(language, "page.files")}>
                { for props.files.iter().map(|name| html! { <FileTab key={name.clone()} engine={props.engine.clone()} {language} name={name.clone()} open={*name == props.file} /> }) }
                <button type="button" class="files__add" title={say(language, "page.new-file")} aria-label={say(language, "page.new-file")} onclick={add}>{ "+" }</button>
            </div>
            <div class="editor__bar">
                { problems }
                <select id="examples" class="select" aria-label={say(language, "page.examples")} onchange={choose}>
                    <option value="" selected=true>{ say(language, "page.choose-example") }</option>
                    { for EXAMPLES.iter().map(|(key, file, _)| html! { <option value={*file}>{ say(language, key) }</option> }) }
                </select>
                <Button label={say(language, "page.delete")} command={command("delete")} onclick={on_open_file("delete")} />
                <Button label={say(language, "page.diff")} command={command("diff")} onclick={on_open_file("diff")} />
                <Button label={say(language, "page.apply")} command={command("apply")} class="button--accent" onclick={on_open_file("apply")} />
            </div>
            <p class={classes!("editor__said", props.desk.said.as_ref().is_some_and(|said| said.starts_with('✗')).then_some("editor__said--bad"))} role="status">
                { props.desk.said.as_deref().unwrap_or_default() }
            </p>
            <div class={classes!("editor__code", difference.is_some().then_some("editor__code--hidden"))} id="code"></div>
            if let Some(documents) = &*difference {
                <desk::Difference engine={props.engine.clone()} {language} documents={Rc::clone(documents)} onclose={close_difference} />
            }
            if !*ready { <p class="editor__hint quiet">{ say(language, "page.editor-waits") }</p> }
            <desk::Problems marks={Rc::clone(&props.desk.shown)} {language} />
            <p class="editor__hint quiet">
                <span class="editor__leave">{ say(language, "page.leave-editor") }</span>
                if let Some(text) = &props.desk.governed.text {
                    <span class="editor__governs">{ text.render(language) }</span>
                }
            </p>
        </div>
    }
}

/// Loads the editor once, with what it calls.
#[hook]
fn use_editor(engine: &Engine, ready: &UseStateHandle<bool>) {
    let (engine, ready) = (engine.clone(), ready.setter());
    use_effect_with((), move |()| {
        let label = engine.read(|state| say(state.language, "page.leave-editor"));
        engine.open_first();
        let change = {
            let engine = engine.clone();
            Closure::new(move |file: String, text: String| engine.edit(&file, &text))
        };
        let apply = {
            let engine = engine.clone();
            Closure::new(move || engine.press_open_file("apply"))
        };
        let complete = Closure::new(|text: String, at: usize| diagnostics::completions(&text, at));
        let hover = Closure::new(|text: String, at: usize| diagnostics::hover(&text, at));
        let cursor = {
            let engine = engine.clone();
            Closure::new(move |text: String, at: usize| engine.govern(&text, at))
        };
        let shown = {
            let engine = engine.clone();
            Closure::new(move |places: Vec<usize>| engine.show_marks(&places))
        };
        let leaving = {
            let engine = engine.clone();
            Closure::new(move || {
                let text = engine.read(|state| say(state.language, "inspect.tab-leaves"));
                platform::announce_now(&text);
            })
        };
        platform::on_desk(&cursor, &shown, &leaving);
        cursor.forget();
        shown.forget();
        leaving.forget();
        let on_ready = Closure::new(move || {
            ready.set(true);
            // What is wrong with the files is said where it can be seen.
            engine.watch_files();
            engine.load_docs();
        });
        platform::load_editor("code", &label, &change, &apply, &complete, &hover, &on_ready);
        // The editor lives as long as its pane, which comes and goes with a presentation.
        change.forget();
        apply.forget();
        complete.forget();
        hover.forget();
        on_ready.forget();
        platform::leave_editor
    });
}

/// A file's tab.
#[derive(Properties, PartialEq)]
pub(crate) struct FileTabProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// Its name.
    pub name: String,
    /// Whether it is the open one.
    pub open: bool,
}

/// A tab; its cross asks once before `rm`.
#[component]
fn FileTab(props: &FileTabProps) -> Html {
    let sure = use_state(|| false);
    let open = {
        let (engine, name, sure) = (props.engine.clone(), props.name.clone(), sure.clone());
        Callback::from(move |_: MouseEvent| {
            sure.set(false);
            engine.open(&name);
        })
    };
    let remove = {
        let (engine, name, sure) = (props.engine.clone(), props.name.clone(), sure.clone());
        Callback::from(move |_: MouseEvent| {
            if *sure {
                engine.press(&format!("rm {name}"));
            } else {
                sure.set(true);
            }
        })
    };
    let label = Text::new("page.remove-file").with("file", &props.name).render(props.language);
    html! {
        <span class={classes!("files__tab", props.open.then_some("files__tab--open"))}>
            <button type="button" class="files__name" aria-pressed={props.open.to_string()} onclick={open}>{ props.name.clone() }</button>
            if props.open {
                <button type="button" class="files__remove" title={format!("rm {}", props.name)} aria-label={label} onclick={remove}>
                    if *sure { { say(props.language, "page.remove-sure") } } else { { "×" } }
                </button>
            }
        </span>
    }
}
