//! What goes on while one looks: the live object as YAML, and a log that streams.

use yew::prelude::*;

use crate::language::{Language, Text};
use crate::ui::components::say;
use crate::ui::platform;
use crate::view::inspector::YamlView;
use crate::view::live_yaml::YamlLine;
use crate::view::logs::{LogChoice, LogView};

/// The live object: what the cluster added in grey, what changed marked.
pub(super) fn yaml(view: &YamlView, language: Language, quoting: Callback<MouseEvent>) -> Html {
    let line = |line: &YamlLine| {
        let class = classes!(
            "yaml__line",
            line.added.then_some("yaml__line--added"),
            line.changed.is_some().then_some("yaml__line--changed"),
        );
        let was = line.changed.as_ref().filter(|was| !was.is_empty()).map(|was| {
            let text = Text::new("inspect.was").with("was", was).render(language);
            html! { <span class="yaml__was">{ text }</span> }
        });
        html! { <span {class}>{ line.text.to_string() }{ for was }{ "\n" }</span> }
    };
    let changed = view.since.as_ref().map(|(clock, looked)| {
        let key = if *looked { "inspect.since-look" } else { "inspect.last-change" };
        Text::new(key).with("at", clock).render(language)
    });
    html! {
        <>
            <p class="yaml__key">
                if view.written { <span class="yaml__line--added">{ say(language, "inspect.added") }</span> }
                if let Some(text) = changed { <span class="yaml__key--changed">{ text }</span> }
            </p>
            <pre class="details__text yaml" tabindex="0" onclick={quoting}>{ for view.lines.iter().map(line) }</pre>
        </>
    }
}

/// What the log shows.
#[derive(Properties, PartialEq)]
pub(super) struct LogProps {
    /// The log.
    pub view: LogView,
    /// What was chosen.
    pub choice: LogChoice,
    /// Chooses.
    pub change: Callback<LogChoice>,
    /// The language.
    pub language: Language,
    /// A click on a line.
    pub quoting: Callback<MouseEvent>,
}

/// A log that streams: container, run before, times, and whether the end stays in view.
#[component]
pub(super) fn Log(props: &LogProps) -> Html {
    let (view, language) = (&props.view, props.language);
    let follow = use_state(|| true);
    {
        let end = (*follow, view.source.clone(), view.left_out + view.lines.len());
        use_effect_with(end, |(follow, ..)| {
            if *follow {
                platform::scroll_to_end("log");
            }
        });
    }
    let choose = {
        let (change, choice) = (props.change.clone(), props.choice.clone());
        Callback::from(move |event: Event| {
            let source = Some(platform::value(&event).into());
            change.emit(LogChoice { source, ..choice.clone() });
        })
    };
    let switch = |on: bool, next: LogChoice, key: &'static str| {
        let change = props.change.clone();
        let onclick = Callback::from(move |_: MouseEvent| change.emit(next.clone()));
        html! { <button type="button" class="button button--small" aria-pressed={on.to_string()} {onclick}>{ say(language, key) }</button> }
    };
    let choice = &props.choice;
    let previous = LogChoice { previous: !choice.previous, ..choice.clone() };
    let stamps = LogChoice { timestamps: !choice.timestamps, ..choice.clone() };
    let onfollow = {
        let follow = follow.clone();
        Callback::from(move |_: MouseEvent| follow.set(!*follow))
    };
    html! {
        <>
            <div class="log__bar">
                <select class="select" aria-label={say(language, "inspect.container")} onchange={choose}>
                    { for view.sources.iter().map(|(id, name)| html! { <option value={id.to_string()} selected={*id == view.source}>{ name.to_string() }</option> }) }
                </select>
                if view.has_previous || choice.previous { { switch(choice.previous, previous, "inspect.previous") } }
                { switch(choice.timestamps, stamps, "inspect.timestamps") }
                <button type="button" class="button button--small" aria-pressed={follow.to_string()} onclick={onfollow}>{ say(language, "inspect.follow") }</button>
                <code class="log__command quiet">{ view.command.to_string() }</code>
            </div>
            <pre class="details__text log" id="log" tabindex="0" onclick={props.quoting.clone()}>
                if view.left_out > 0 {
                    <span class="quiet">{ Text::new("inspect.lines-before").with("count", view.left_out).render(language) }{ "\n" }</span>
                }
                { for view.lines.iter().map(|(at, text)| html! {
                    <>{ for at.iter().map(|at| html! { <span class="log__time">{ at.to_string() }{ " " }</span> }) }{ text.to_string() }{ "\n" }</>
                }) }
                if let Some(refusal) = &view.refusal { <span class="quiet">{ refusal.to_string() }</span> }
                if view.lines.is_empty() && view.refusal.is_none() { <span class="quiet">{ say(language, "inspect.log-empty") }</span> }
            </pre>
        </>
    }
}
