//! Details: the inspector of what is selected, or the stream of events.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::{Engine, day_and_time};
use super::components::{Button, ring, runs, say};
use super::platform;
use crate::api::core::{Event, EventType};
use crate::api::{Kind, ObjectKey};
use crate::language::{Language, Text};
use crate::view::inspector::{Inspected, Probe, Sign, latest};
use crate::view::palette::Palette;
use crate::view::state::{Facet, Selection};
use crate::view::yard::Look;

/// How many events are shown.
const EVENTS: usize = 50;

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
    /// The version of the store, the world, and the look at the clock: when they change there is something new.
    pub version: (u64, u64, u64),
}

/// The inspector if something is selected, the events otherwise.
#[component]
pub(crate) fn Details(props: &DetailsProps) -> Html {
    let facet = use_state(Facet::default);
    let language = props.language;
    let Some(selection) = &props.selection else { return events(props) };
    let mut palette = Palette::default();
    let seen = props
        .engine
        .read(|state| Inspected::build(&state.cluster, selection, *facet, &mut palette, language));
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
    let object = format!("{}/{}", selection.kind.word(), selection.key.name);
    html! {
        <div class="details" id="inspector">
            <div class="details__bar">
                <h2 class="title">{ object.clone() }</h2>
                if let Some((look, status)) = seen.as_ref().and_then(|seen| seen.state.clone()) {
                    <span class={classes!("chip", look.colours())}>{ look.icon() }{ " " }{ status.to_string() }</span>
                }
                <Button label={say(language, "page.close")} class="button--end" onclick={close} />
            </div>
            if let Some(seen) = seen {
                { head(props, &seen) }
                <div class="details__tabs">{ for Facet::ALL.into_iter().map(tab) }</div>
                { body(props, *facet, &seen) }
            } else {
                <p class="quiet">{ Text::new("page.gone").with("object", object).render(language) }</p>
            }
        </div>
    }
}

/// What can be done, what it waits for, what it belongs to, its conditions and probes.
fn head(props: &DetailsProps, seen: &Inspected) -> Html {
    let language = props.language;
    let sign = |sign: &Sign| {
        let class = if sign.good { "mark" } else { "mark mark--trouble" };
        html! { <span {class} title={sign.detail.to_string()}>{ sign.text.to_string() }</span> }
    };
    let probe = |probe: &Probe| {
        let result = |good: &bool| {
            let (class, key) = match good {
                true => ("probe__result probe__result--good", "page.probe-good"),
                false => ("probe__result probe__result--bad", "page.probe-bad"),
            };
            html! { <i {class} title={say(language, key)}>{ if *good { "●" } else { "✕" } }</i> }
        };
        html! { <span class="probe"><span>{ probe.name.to_string() }</span>{ for probe.results.iter().map(result) }</span> }
    };
    let waits = seen.ring.map(|one| {
        let terminating = matches!(seen.state, Some((Look::Terminating, _)));
        let key = if terminating { "page.grace-left" } else { "page.back-off-left" };
        let total = one.until.since(one.from).seconds();
        let total = Text::new("page.back-off").with("total", total).render(language);
        html! { <span class="waits" title={total.clone()}>{ say(language, key) }{ ring(one) }<span class="quiet">{ total }</span></span> }
    });
    html! {
        <div class="details__head">
            <div class="details__actions">{ for seen.actions.iter().map(|command| runs(&props.engine, command, language)) }</div>
            { for waits }
            if let Some(end) = &seen.last_end {
                <span class="quiet">{ Text::new("page.last-end").with("text", end).render(language) }</span>
            }
            <div class="details__signs">
                { for seen.links.iter().map(|one| link(props, one)) }
                { for seen.signs.iter().map(sign) }
            </div>
            { for seen.probes.iter().map(probe) }
        </div>
    }
}

fn link(props: &DetailsProps, to: &Selection) -> Html {
    let onclick = {
        let (onselect, to) = (props.onselect.clone(), to.clone());
        Callback::from(move |_: MouseEvent| onselect.emit(Some(to.clone())))
    };
    html! { <button type="button" class="link" {onclick}>{ format!("{}/{}", to.kind.word(), to.key.name) }</button> }
}

fn body(props: &DetailsProps, facet: Facet, seen: &Inspected) -> Html {
    if facet != Facet::Why {
        let text: String = seen.text.iter().map(|part| &**part).collect();
        return html! { <pre class="details__text" tabindex="0" onclick={quoting(props)}>{ text }</pre> };
    }
    let namespace = props.selection.as_ref().map(|one| Rc::clone(&one.key.namespace));
    let line = |line: &Rc<str>| html! { <li class="why__cause">{ linked(props, line, namespace.as_ref()) }</li> };
    html! { <ol class="why" tabindex="0">{ for seen.text.iter().map(line) }</ol> }
}

/// A line that is clicked is the proof that a lesson asks for.
fn quoting(props: &DetailsProps) -> Callback<MouseEvent> {
    let engine = props.engine.clone();
    Callback::from(move |event: MouseEvent| {
        if engine.wants_proof() {
            engine.quote(&platform::line_under(&event));
        }
    })
}

/// A sentence in which the objects that are still there can be clicked.
fn linked(props: &DetailsProps, sentence: &str, namespace: Option<&Rc<str>>) -> Html {
    let word = |word: &str| {
        let bare = word.trim_end_matches([':', ',', '.', ')']);
        let found = bare.split_once('/').and_then(|(kind, name)| {
            let kind = Kind::from_word(kind)?;
            let space = namespace.cloned().filter(|space| !space.is_empty());
            let key = match kind.namespaced() {
                true => ObjectKey::new(space.unwrap_or_else(|| "default".into()), name),
                false => ObjectKey::cluster(name),
            };
            let there = props.engine.read(|state| state.cluster.store().get(kind, &key).is_some());
            there.then_some(Selection { kind, key })
        });
        match found {
            Some(to) => {
                html! { <>{ link(props, &to) }{ word.strip_prefix(bare).unwrap_or_default().to_owned() }</> }
            }
            None => html! { { word.to_owned() } },
        }
    };
    sentence
        .split_inclusive(char::is_whitespace)
        .map(|part| {
            let text = part.trim_end();
            let space = part.strip_prefix(text).unwrap_or_default().to_owned();
            html! { <>{ word(text) }{ space }</> }
        })
        .collect()
}

/// An event as a row.
struct Row {
    key: u128,
    at: String,
    warning: bool,
    reason: String,
    kind: Option<Kind>,
    object: ObjectKey,
    message: String,
}

fn events(props: &DetailsProps) -> Html {
    let language = props.language;
    let rows: Vec<Row> = props.engine.read(|state| {
        let namespace = &*state.terminal.namespace;
        let row = |event: Rc<Event>| Row {
            key: event.meta.uid.0,
            at: day_and_time(event.last).1,
            warning: event.event_type == EventType::Warning,
            reason: event.reason.to_string(),
            kind: Kind::from_word(&event.involved.kind.to_lowercase()),
            object: ObjectKey::new(namespace, &*event.involved.name),
            message: match event.count {
                0 | 1 => event.message.to_string(),
                count => format!("{} (x{count})", event.message),
            },
        };
        latest(&state.cluster, namespace, EVENTS).into_iter().map(row).collect()
    });
    let row = |row: Row| {
        let object = match row.kind {
            Some(kind) => link(props, &Selection { kind, key: row.object }),
            None => html! { { row.object.name.to_string() } },
        };
        html! {
            <li class={classes!("event", row.warning.then_some("event--warning"))} key={row.key}>
                <time class="event__age">{ row.at }</time>
                <span class="event__reason">{ if row.warning { "⚠ " } else { "" } }{ row.reason }</span>
                <span class="event__object">{ object }</span>
                <span class="event__message">{ row.message }</span>
            </li>
        }
    };
    html! {
        <div class="details" id="events">
            <div class="details__bar"><h2 class="title">{ say(language, "page.events") }</h2></div>
            if rows.is_empty() { <p class="quiet">{ say(language, "page.no-events") }</p> }
            <ul class="events" tabindex="0" onclick={quoting(props)}>{ for rows.into_iter().map(row) }</ul>
        </div>
    }
}
