//! The editor pane: a file, what is wrong with it, Apply.

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::platform;
use crate::language::Language;

/// The examples: key of the name, text.
const EXAMPLES: [(&str, &str); 7] = [
    ("page.example-job", include_str!("../../assets/examples/job.yaml")),
    ("page.example-cron", include_str!("../../assets/examples/cronjob.yaml")),
    ("page.example-rc", include_str!("../../assets/examples/rc.yaml")),
    ("page.example-deploy", include_str!("../../assets/examples/deployment.yaml")),
    ("page.example-ds", include_str!("../../assets/examples/daemonset.yaml")),
    ("page.example-crash", include_str!("../../assets/examples/crash.yaml")),
    ("page.example-probe", include_str!("../../assets/examples/probe.yaml")),
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
    /// How many problems it has.
    pub problems: usize,
}

/// The editor pane. CodeMirror lives in an element that Yew leaves alone.
#[component]
pub(crate) fn EditorPane(props: &EditorPaneProps) -> Html {
    let language = props.language;
    let apply = {
        let engine = props.engine.clone();
        Callback::from(move |()| {
            let file = engine.read(|state| state.file.clone());
            engine.press(&format!("kubectl apply -f {file}"));
        })
    };
    let delete = {
        let engine = props.engine.clone();
        Callback::from(move |()| {
            let file = engine.read(|state| state.file.clone());
            engine.press(&format!("kubectl delete -f {file}"));
        })
    };
    {
        let (engine, apply) = (props.engine.clone(), apply.clone());
        use_effect_with((), move |()| {
            let text = engine
                .read(|state| state.terminal.files.get(&state.file).map(ToString::to_string))
                .unwrap_or_default();
            let label = engine.read(|state| say(state.language, "page.leave-editor"));
            let change = Closure::new(move |text: String| engine.edit(&text));
            let on_apply = Closure::new(move || apply.emit(()));
            platform::load_editor("code", &text, &label, &change, &on_apply);
            // The editor lives as long as the page.
            change.forget();
            on_apply.forget();
        });
    }
    let choose = {
        let engine = props.engine.clone();
        Callback::from(move |event: Event| {
            let select: Option<web_sys::HtmlSelectElement> = event.target_dyn_into();
            let Some(select) = select else { return };
            if let Some((_, text)) =
                select.value().parse::<usize>().ok().and_then(|index| EXAMPLES.get(index))
            {
                engine.insert(text);
            }
            select.set_value("");
        })
    };
    let problems = match props.problems {
        0 => html! { <span class="quiet">{ say(language, "page.no-problems") }</span> },
        count => html! { <span class="editor__problems">{ format!("⚠ {count}") }</span> },
    };
    html! {
        <div class="editor">
            <div class="editor__bar">
                <span class="editor__file">{ props.file.clone() }</span>
                { problems }
                <select id="examples" class="select" aria-label={say(language, "page.examples")} onchange={choose}>
                    <option value="" selected=true>{ say(language, "page.choose-example") }</option>
                    { for EXAMPLES.iter().enumerate().map(|(index, (key, _))| html! { <option value={index.to_string()}>{ say(language, key) }</option> }) }
                </select>
                <Button label={say(language, "page.delete")} command={format!("kubectl delete -f {}", props.file)} onclick={delete} />
                <Button label={say(language, "page.apply")} command={format!("kubectl apply -f {}", props.file)} class="button--accent" onclick={apply} />
            </div>
            <div class="editor__code" id="code"></div>
            <p class="editor__hint quiet">{ say(language, "page.leave-editor") }</p>
        </div>
    }
}
