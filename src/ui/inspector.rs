//! Details: the inspector of what is selected, or the stream of events.

mod live;
mod why;

use std::collections::BTreeMap;
use std::rc::Rc;

use yew::prelude::*;

use super::bridge::{Engine, day_and_time};
use super::components::{Button, ring, runs, say};
use super::platform;
use crate::api::core::{Event, EventType};
use crate::api::{Kind, ObjectKey};
use crate::cluster::ProbeOutcome;
use crate::language::{Language, Text};
use crate::sim::Time;
use crate::view::inspector::{Body, EventView, Inspected, Probe, ProbeView, Sign, Wish, latest};
use crate::view::logs::LogChoice;
use crate::view::palette::Palette;
use crate::view::state::{Facet, Selection};
use crate::view::yard::Look;

/// How many events are shown.
const EVENTS: usize = 50;

/// What the pane shows.
#[derive(Clone, Properties, PartialEq)]
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
    /// Whether the clock runs.
    #[prop_or_default]
    pub playing: bool,
}

/// What somebody looked at last of each object, and what is open now.
#[derive(Default)]
struct Looked {
    versions: BTreeMap<(Kind, ObjectKey), u64>,
    open: Option<(Selection, Facet)>,
    /// The version that was seen before this look.
    base: Option<u64>,
}

impl Looked {
    /// The version to compare with, as long as this look lasts.
    fn begin(&mut self, selection: &Selection, facet: Facet) -> Option<u64> {
        let open = Some((selection.clone(), facet));
        if self.open != open {
            self.base = self.versions.get(&(selection.kind, selection.key.clone())).copied();
            self.open = open;
        }
        self.base
    }

    fn saw(&mut self, selection: &Selection, facet: Facet, version: u64) {
        if facet == Facet::Yaml {
            self.versions.insert((selection.kind, selection.key.clone()), version);
        }
    }
}

/// The inspector if something is selected, the events otherwise.
#[component]
pub(crate) fn Details(props: &DetailsProps) -> Html {
    let facet = use_state(Facet::default);
    let log = use_state(LogChoice::default);
    let looked = use_mut_ref(Looked::default);
    let scrolled = use_state(|| false);
    let language = props.language;
    {
        // A ring that has just come in counts, even while the clock stands.
        let engine = props.engine.clone();
        use_effect_with((props.selection.clone(), *facet, props.version), move |_| {
            engine.show_clock();
        });
    }
    let Some(selection) = &props.selection else {
        // The next look at the same object is another look.
        looked.borrow_mut().open = None;
        return events(props, &scrolled);
    };
    let mut palette = Palette::default();
    let wish = Wish {
        facet: *facet,
        log: (*log).clone(),
        seen: looked.borrow_mut().begin(selection, *facet),
    };
    let seen = props
        .engine
        .read(|state| Inspected::build(&state.cluster, selection, &wish, &mut palette, language));
    if let Some(seen) = &seen {
        looked.borrow_mut().saw(selection, *facet, seen.version);
    }
    let close = {
        let onselect = props.onselect.clone();
        Callback::from(move |()| onselect.emit(None))
    };
    let tab = |one: Facet| {
        let facet = facet.clone();
        let selected = *facet == one;
        let onclick = Callback::from(move |_: MouseEvent| facet.set(one));
        html! { <button type="button" id={one.id()} class="tabs__tab" aria-pressed={selected.to_string()} {onclick}>{ say(language, one.key()) }</button> }
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
                { body(props, &seen, &log) }
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
            if let Some(end) = seen.last_end.as_ref().filter(|_| !matches!(seen.body, Body::Why(_))) {
                <span class="quiet">{ Text::new("page.last-end").with("text", end).render(language) }</span>
            }
            <div class="details__signs">
                { for seen.links.iter().map(|one| link(props, one)) }
                { for seen.signs.iter().filter(|sign| !sign.good).map(sign) }
            </div>
            { for seen.probes.iter().map(|one| strip(one, language)) }
        </div>
    }
}

/// The last results of a probe as a strip; readers hear how many succeeded and what the last one said.
fn strip(probe: &Probe, language: Language) -> Html {
    let good = probe.results.iter().filter(|one| one.outcome == ProbeOutcome::Success).count();
    let label = Text::new("inspect.probe-strip")
        .with("name", &probe.name)
        .with("good", good)
        .with("count", probe.results.len())
        .render(language);
    let result = |one: &ProbeView| {
        let (class, sign, key) = match one.outcome {
            ProbeOutcome::Success => ("probe__result probe__result--good", "●", "page.probe-good"),
            ProbeOutcome::Failure => ("probe__result probe__result--bad", "✕", "page.probe-bad"),
            ProbeOutcome::Unknown => ("probe__result", "?", "inspect.probe-unknown"),
        };
        let mut title = format!("{} {}", one.clock, say(language, key));
        if let Some(output) = &one.output {
            title.push_str(&format!("\n{output}"));
        }
        html! { <i {class} {title}>{ sign }</i> }
    };
    html! {
        <span class="probe" role="img" aria-label={label}>
            <span>{ probe.name.to_string() }</span>
            <span class="probe__strip">{ for probe.results.iter().map(result) }</span>
            <span class="quiet">{ probe.results.last().map(|one| one.clock.to_string()) }</span>
        </span>
    }
}

/// A button that selects an object.
pub(super) fn link(props: &DetailsProps, to: &Selection) -> Html {
    named_link(props, to, format!("{}/{}", to.kind.word(), to.key.name))
}

/// The same with a name of its own.
fn named_link(props: &DetailsProps, to: &Selection, name: String) -> Html {
    let onclick = {
        let (onselect, to) = (props.onselect.clone(), to.clone());
        Callback::from(move |_: MouseEvent| onselect.emit(Some(to.clone())))
    };
    html! { <button type="button" class="link" {onclick}>{ name }</button> }
}

/// The moment of something: a click goes there, by the command that it stands for.
fn moment(props: &DetailsProps, at: Time, clock: &str) -> Html {
    let onclick = {
        let engine = props.engine.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            engine.press(&engine.command_to(at));
        })
    };
    let label = Text::new("inspect.go-to").with("at", clock).render(props.language);
    let title = props.engine.command_to(at);
    html! { <button type="button" class="moment" aria-label={label} {title} {onclick}><time>{ clock.to_owned() }</time></button> }
}

fn body(props: &DetailsProps, seen: &Inspected, log: &UseStateHandle<LogChoice>) -> Html {
    let language = props.language;
    match &seen.body {
        Body::Text(text) => {
            html! { <pre class="details__text" tabindex="0" onclick={quoting(props)}>{ text.to_string() }</pre> }
        }
        Body::Yaml(view) => live::yaml(view, language, quoting(props)),
        Body::Events(rows) => own_events(props, rows),
        Body::Logs(None) => html! { <p class="quiet">{ say(language, "inspect.no-pods") }</p> },
        Body::Logs(Some(view)) => {
            let change = {
                let log = log.setter();
                Callback::from(move |choice: LogChoice| log.set(choice))
            };
            html! { <live::Log view={view.clone()} choice={(**log).clone()} {change} {language} quoting={quoting(props)} /> }
        }
        Body::Related(groups) => why::related(props, groups),
        Body::Why(view) => html! { <why::WhyPane details={props.clone()} view={view.clone()} /> },
    }
}

/// A reason, which may be broken between its words where its column is narrow.
fn reason(text: &str) -> Html {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in text.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
        before = letter;
    }
    words.into_iter().map(|word| html! { <>{ word }<wbr /></> }).collect()
}

/// The events of the object.
fn own_events(props: &DetailsProps, rows: &[EventView]) -> Html {
    let row = |row: &EventView| {
        html! {
            <li class={classes!("event", "event--own", row.warning.then_some("event--warning"))} key={row.id}>
                { moment(props, row.at, &row.clock) }
                <span class="event__reason">{ if row.warning { "⚠ " } else { "" } }{ reason(&row.reason) }</span>
                <span class="event__message">{ row.message.to_string() }<span class="quiet">{ format!(" {}", row.source) }</span></span>
            </li>
        }
    };
    html! {
        <>
            if rows.is_empty() { <p class="quiet">{ say(props.language, "inspect.no-events") }</p> }
            <ul class="events" tabindex="0" onclick={quoting(props)}>{ for rows.iter().map(row) }</ul>
        </>
    }
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

/// While the clock runs, as many as can be seen: in a busy cluster every one of them is another half a second later.
fn events(props: &DetailsProps, scrolled: &UseStateHandle<bool>) -> Html {
    let language = props.language;
    let most = match props.playing && !**scrolled {
        true => platform::rows_in_sight().min(EVENTS),
        false => EVENTS,
    };
    let onscroll = {
        let scrolled = scrolled.setter();
        Callback::from(move |event: yew::events::Event| scrolled.set(platform::scrolled(&event)))
    };
    let rows: Vec<Row> = props.engine.read(|state| {
        let namespace = state.terminal.namespace();
        let namespace = &*namespace;
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
        latest(&state.cluster, namespace, most).into_iter().map(row).collect()
    });
    let row = |row: Row| {
        let object = match row.kind {
            Some(kind) => link(props, &Selection { kind, key: row.object }),
            None => html! { { row.object.name.to_string() } },
        };
        html! {
            <li class={classes!("event", row.warning.then_some("event--warning"))} key={row.key}>
                <time class="event__age">{ row.at }</time>
                <span class="event__reason">{ if row.warning { "⚠ " } else { "" } }{ reason(&row.reason) }</span>
                <span class="event__object">{ object }</span>
                <span class="event__message">{ row.message }</span>
            </li>
        }
    };
    html! {
        <div class="details" id="events">
            <div class="details__bar"><h2 class="title">{ say(language, "page.events") }</h2></div>
            if rows.is_empty() { <p class="quiet">{ say(language, "page.no-events") }</p> }
            <ul class="events" tabindex="0" onclick={quoting(props)} {onscroll}>{ for rows.into_iter().map(row) }</ul>
        </div>
    }
}
