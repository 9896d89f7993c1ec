//! Details: the inspector of what is selected, or the stream of events.

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use crate::api::Kind;
use crate::apiserver::table::age;
use crate::language::Language;
use crate::view::inspector;
use crate::view::state::{Facet, Selection};

/// What the pane shows.
#[derive(Properties, PartialEq)]
pub(crate) struct DetailsProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// What is selected.
    pub selection: Option<Selection>,
    /// Selects.
    pub onselect: Callback<Option<Selection>>,
    /// The version of the store and the second: when they change there is something new.
    pub version: (u64, i64),
}

/// The inspector if something is selected, the events otherwise.
#[component]
pub(crate) fn Details(props: &DetailsProps) -> Html {
    let facet = use_state(Facet::default);
    let language = props.language;
    let shown = props.selection.as_ref().and_then(|selection| {
        let text = props
            .engine
            .read(|state| inspector::text(&state.cluster, selection, *facet, language))?;
        Some((selection.clone(), text))
    });
    let Some((selection, text)) = shown else { return events(props) };
    let close = {
        let onselect = props.onselect.clone();
        Callback::from(move |()| onselect.emit(None))
    };
    let tab = |one: Facet| {
        let facet = facet.clone();
        let selected = *facet == one;
        let onclick = Callback::from(move |_: MouseEvent| facet.set(one));
        html! { <button type="button" class="tabs__tab" aria-pressed={selected.to_string()} {onclick}>{ say(language, one.key()) }</button> }
    };
    html! {
        <div class="details" id="inspector">
            <div class="details__bar">
                <h2 class="title">{ format!("{}/{}", selection.kind.word(), selection.key.name) }</h2>
                { actions(props, &selection) }
                <Button label={say(language, "page.close")} onclick={close} />
            </div>
            <div class="details__tabs">{ for Facet::ALL.into_iter().map(tab) }</div>
            <pre class="details__text" tabindex="0">{ text }</pre>
        </div>
    }
}

fn actions(props: &DetailsProps, selection: &Selection) -> Html {
    if selection.kind != Kind::Pod {
        return Html::default();
    }
    let command = |text: String| {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.press(&text))
    };
    let name = &selection.key.name;
    let crash = match &*selection.key.namespace {
        "default" => format!("yard pod crash {name}"),
        namespace => format!("yard pod crash {namespace}/{name}"),
    };
    let delete = format!("kubectl delete pod {name} -n {} --wait=false", selection.key.namespace);
    html! {
        <>
            <Button label={say(props.language, "page.crash")} command={crash.clone()} onclick={command(crash)} />
            <Button label={say(props.language, "page.delete-pod")} command={delete.clone()} onclick={command(delete)} />
        </>
    }
}

fn events(props: &DetailsProps) -> Html {
    let language = props.language;
    let rows: Vec<(String, bool, String, String, String)> = props.engine.read(|state| {
        let now = state.cluster.now();
        let mut all: Vec<_> =
            state.cluster.store().events().iter_in(Some("default")).cloned().collect();
        all.sort_by_key(|event| (event.last, event.meta.resource_version));
        all.iter()
            .rev()
            .take(60)
            .map(|event| {
                let warning = event.event_type == crate::api::core::EventType::Warning;
                let object =
                    format!("{}/{}", event.involved.kind.to_lowercase(), event.involved.name);
                let count =
                    if event.count > 1 { format!(" (x{})", event.count) } else { String::new() };
                (
                    age(event.last, now),
                    warning,
                    event.reason.to_string(),
                    object,
                    format!("{}{count}", event.message),
                )
            })
            .collect()
    });
    html! {
        <div class="details" id="events">
            <div class="details__bar"><h2 class="title">{ say(language, "page.events") }</h2></div>
            if rows.is_empty() { <p class="quiet">{ say(language, "page.no-events") }</p> }
            <ul class="events" tabindex="0">
                { for rows.into_iter().map(|(age, warning, reason, object, message)| html! {
                    <li class={classes!("event", warning.then_some("event--warning"))}>
                        <span class="event__age">{ age }</span>
                        <span class="event__reason">{ if warning { "⚠ " } else { "" } }{ reason }</span>
                        <span class="event__object">{ object }</span>
                        <span class="event__message">{ message }</span>
                    </li>
                }) }
            </ul>
        </div>
    }
}
