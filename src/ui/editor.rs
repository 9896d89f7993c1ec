//! The editor pane: the files of the workspace as tabs, what is wrong with the open one, Apply, Diff, Delete.

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::platform;
use crate::language::{Language, Text};
use crate::view::diagnostics;

/// The examples: key of the name, file, text.
const EXAMPLES: [(&str, &str, &str); 7] = [
    ("page.example-job", "job.yaml", include_str!("../../assets/examples/job.yaml")),
    ("page.example-cron", "cronjob.yaml", include_str!("../../assets/examples/cronjob.yaml")),
    ("page.example-rc", "rc.yaml", include_str!("../../assets/examples/rc.yaml")),
    (
        "page.example-deploy",
        "deployment.yaml",
        include_str!("../../assets/examples/deployment.yaml"),
    ),
    ("page.example-ds", "daemonset.yaml", include_str!("../../assets/examples/daemonset.yaml")),
    ("page.example-crash", "crash.yaml", include_str!("../../assets/examples/crash.yaml")),
    ("page.example-probe", "probe.yaml", include_str!("../../assets/examples/probe.yaml")),
];

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
    /// How many problems the open one has.
    pub problems: usize,
}

/// The editor pane. CodeMirror lives in an element that Yew leaves alone.
#[component]
pub(crate) fn EditorPane(props: &EditorPaneProps) -> Html {
    let language = props.language;
    let ready = use_state(|| false);
    use_editor(&props.engine, &ready);
    let on_open_file = |verb: &'static str| {
        let engine = props.engine.clone();
        Callback::from(move |()| {
            let file = engine.read(|state| state.file.clone());
            engine.press(&format!("kubectl {verb} -f {file}"));
        })
    };
    let choose = {
        let engine = props.engine.clone();
        Callback::from(move |event: Event| {
            let chosen = platform::value(&event).parse::<usize>().ok();
            if let Some((_, file, text)) = chosen.and_then(|index| EXAMPLES.get(index)) {
                engine.add(file, text);
            }
            platform::clear(&event);
        })
    };
    let add = {
        let engine = props.engine.clone();
        Callback::from(move |_: MouseEvent| engine.add("new.yaml", ""))
    };
    let problems = match props.problems {
        0 => html! { <span class="quiet">{ say(language, "page.no-problems") }</span> },
        count => html! { <span class="editor__problems">{ format!("⚠ {count}") }</span> },
    };
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
                    { for EXAMPLES.iter().enumerate().map(|(index, (key, ..))| html! { <option value={index.to_string()}>{ say(language, key) }</option> }) }
                </select>
                <Button label={say(language, "page.delete")} command={command("delete")} onclick={on_open_file("delete")} />
                <Button label={say(language, "page.diff")} command={command("diff")} onclick={on_open_file("diff")} />
                <Button label={say(language, "page.apply")} command={command("apply")} class="button--accent" onclick={on_open_file("apply")} />
            </div>
            <div class="editor__code" id="code"></div>
            if !*ready { <p class="editor__hint quiet">{ say(language, "page.editor-waits") }</p> }
            <p class="editor__hint quiet">{ say(language, "page.leave-editor") }</p>
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
            Closure::new(move || {
                let file = engine.read(|state| state.file.clone());
                engine.press(&format!("kubectl apply -f {file}"));
            })
        };
        let complete = Closure::new(|text: String, at: usize| diagnostics::completions(&text, at));
        let hover = Closure::new(|text: String, at: usize| diagnostics::hover(&text, at));
        let on_ready = Closure::new(move || {
            ready.set(true);
            engine.load_docs();
        });
        platform::load_editor("code", &label, &change, &apply, &complete, &hover, &on_ready);
        // The editor lives as long as the page.
        change.forget();
        apply.forget();
        complete.forget();
        hover.forget();
        on_ready.forget();
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
