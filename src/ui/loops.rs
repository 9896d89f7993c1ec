//! Control loops: a card per workload.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::{Engine, day_and_time};
use super::components::{runs, say};
use crate::api::Kind;
use crate::language::{Language, Text};
use crate::view::loops::{Card, Cell, LoopsView, SetBar, Strip, source};
use crate::view::state::Selection;

/// What the cards show.
#[derive(Properties, PartialEq)]
pub(crate) struct LoopsProps {
    /// The engine, for commands.
    pub engine: Engine,
    /// The cards.
    pub loops: Rc<LoopsView>,
    /// The language.
    pub language: Language,
    /// What is selected.
    pub selection: Option<Selection>,
    /// Selects.
    pub onselect: Callback<Option<Selection>>,
}

/// All cards.
#[component]
pub(crate) fn Loops(props: &LoopsProps) -> Html {
    let language = props.language;
    let card = |card: &Rc<Card>| {
        let selected = props
            .selection
            .as_ref()
            .is_some_and(|one| one.kind == card.kind && one.key == card.key);
        html! {
            <LoopCard key={card.uid.0} engine={props.engine.clone()} card={Rc::clone(card)} {language} {selected} onselect={props.onselect.clone()} />
        }
    };
    html! {
        <div class="loops">
            <h2 class="title">{ say(language, "page.loops") }</h2>
            if props.loops.cards.is_empty() {
                <p class="quiet">{ say(language, "page.no-loops") }</p>
            }
            <div class="loops__cards">{ for props.loops.cards.iter().map(card) }</div>
            if props.loops.hidden > 0 {
                <p class="quiet">{ Text::new("page.more-loops").with("count", props.loops.hidden).render(language) }</p>
            }
        </div>
    }
}

/// One workload.
#[derive(Properties, PartialEq)]
pub(crate) struct LoopCardProps {
    /// The engine, for commands.
    pub engine: Engine,
    /// What it shows.
    pub card: Rc<Card>,
    /// The language.
    pub language: Language,
    /// Whether it is selected.
    pub selected: bool,
    /// Selects.
    pub onselect: Callback<Option<Selection>>,
}

/// A card: what is wanted and what is there; the last look as observe, compare, act with its numbers (lit when it is
/// made); its completions, nodes or ReplicaSets; the decisions before it and its place in the source on demand; and what
/// can be done. Pointing at it rings the pods that its selector picks.
#[component]
fn LoopCard(props: &LoopCardProps) -> Html {
    let (language, card) = (props.language, &props.card);
    let onclick = {
        let (onselect, kind, key) = (props.onselect.clone(), card.kind, card.key.clone());
        Callback::from(move |_: MouseEvent| {
            onselect.emit(Some(Selection { kind, key: key.clone() }))
        })
    };
    let (first, second, third) = match card.kind {
        Kind::Job => ("page.desired", "page.active", "page.done"),
        Kind::CronJob => ("page.schedule", "page.active", ""),
        _ => ("page.desired", "page.actual", "page.ready"),
    };
    let number = |value: String, label: &'static str| html! { <span><b>{ value }</b>{ say(language, label) }</span> };
    let pip = |look: &crate::view::yard::Look| html! { <i class={classes!("pip", look.colours())}>{ look.icon() }</i> };
    let classes = classes!(
        "card",
        props.selected.then_some("card--selected"),
        card.bad.then_some("card--bad"),
        (card.over && !card.bad).then_some("card--over"),
        card.above.is_some().then_some("card--below"),
    );
    let revision = card
        .revision
        .map(|number| Text::new("stage.revision").with("number", number).render(language));
    html! {
        <article class={classes} style={format!("--owner:{}", card.degrees)} data-card={Rc::clone(&card.id)} data-family={Rc::clone(&card.tag)}>
            <button type="button" class="card__main" {onclick}>
                <span class="card__kind">
                    { card.kind.name() }
                    if let Some(above) = &card.above { { " · " }{ Text::new("page.belongs").with("name", above).render(language) } }
                    if let Some(revision) = revision { { " · " }{ revision } }
                    if card.suspended { <em class="card__state">{ say(language, "page.suspended") }</em> }
                    if card.deleting { <em class="card__state">{ say(language, "page.deleting") }</em> }
                </span>
                <span class="card__name">{ card.key.name.to_string() }</span>
                <span class="card__numbers">
                    { number(card.desired.to_string(), first) }
                    { number(card.actual.to_string(), second) }
                    if !third.is_empty() { { number(card.ready.to_string(), third) } }
                </span>
                if card.above.is_none() && !card.pips.is_empty() { <span class="card__pips" aria-hidden="true">{ for card.pips.iter().map(pip) }if card.more > 0 { <span class="quiet">{ format!("+{}", card.more) }</span> }</span> }
            </button>
            if card.kind == Kind::CronJob { { schedule(card, language) } }
            { look(card, language) }
            { strip(&card.strip, language) }
            { recent(card, language) }
            <footer class="card__actions">{ for card.actions.iter().map(|command| runs(&props.engine, command, language)) }</footer>
        </article>
    }
}

/// The schedule in words, and the time that is left, which the platform counts down.
fn schedule(card: &Card, language: Language) -> Html {
    let zone = match &*card.zone {
        "" => say(language, "stage.zone-utc"),
        zone => Text::new("stage.zone").with("zone", zone).render(language).into(),
    };
    let next = card.next.map(|at| {
        let title = Text::new("page.next-run").with("at", day_and_time(at).1).render(language);
        html! {
            <span class="card__due" {title}>{ say(language, "stage.due-in") }{ " " }<b lang={language.tag()} data-due={at.unix_millis().to_string()}></b></span>
        }
    });
    html! {
        <p class="card__schedule">
            <span class="card__words">{ card.words.to_string() }</span>
            <span class="card__zone">{ zone }</span>
            { for next }
        </p>
    }
}

/// The last look: observe, compare, act, and the whole of it in a sentence.
fn look(card: &Card, language: Language) -> Html {
    let step = |label: &'static str, text: &str, sign: &'static str, lit: bool| {
        html! {
            <li class={classes!("look-step", lit.then_some("look-step--lit"))}>
                <span class="look-step__label"><span aria-hidden="true">{ sign }</span>{ say(language, label) }</span>
                <span class="look-step__text">{ text.to_owned() }</span>
            </li>
        }
    };
    let steps = &card.steps;
    html! {
        <div class="card__look" key={card.decided_millis.to_string()}>
            if !steps.observe.is_empty() {
                <ol class="card__steps">
                    { step("stage.observe", &steps.observe, "◉", false) }
                    { step("stage.compare", &steps.compare, "≟", false) }
                    { step("stage.act", &steps.act, "➜", steps.acts) }
                </ol>
            }
            <p class="card__decision">{ card.decision.to_string() }</p>
        </div>
    }
}

/// Completions, nodes or ReplicaSets as a strip.
fn strip(strip: &Strip, language: Language) -> Html {
    let cell =
        |cell: &Cell| html! { <i class={classes!("cell", format!("cell--{}", cell.class()))}></i> };
    match strip {
        Strip::None => Html::default(),
        Strip::Job { cells, each, indexed, sums: (succeeded, active, failed, all) } => {
            let key = if *indexed { "stage.strip-index" } else { "stage.strip-job" };
            let label = Text::new(key)
                .with("succeeded", succeeded)
                .with("active", active)
                .with("failed", failed)
                .with("all", all)
                .render(language);
            let each = (*each > 1)
                .then(|| Text::new("stage.strip-each").with("count", each).render(language));
            html! {
                <div class="card__strip">
                    <div class="cells" role="img" aria-label={label.clone()} title={label}>{ for cells.iter().map(cell) }</div>
                    if let Some(each) = each { <span class="quiet">{ each }</span> }
                </div>
            }
        }
        Strip::Nodes { cells, have, want } => {
            let label = Text::new("stage.strip-daemon")
                .with("have", have)
                .with("want", want)
                .render(language);
            let node = |(name, cell): &(crate::api::meta::NodeName, Cell)| {
                html! { <i class={classes!("cell", "cell--node", format!("cell--{}", cell.class()))} title={name.to_string()}></i> }
            };
            html! {
                <div class="card__strip">
                    <div class="cells" role="img" aria-label={label.clone()}>{ for cells.iter().map(node) }</div>
                    <span class="quiet">{ label }</span>
                </div>
            }
        }
        Strip::Sets(bars) if bars.len() > 1 => {
            let most = bars.iter().map(|bar| bar.wanted.max(bar.pods)).max().unwrap_or(1).max(1);
            html! { <ul class="sets">{ for bars.iter().map(|bar| set_bar(bar, most, language)) }</ul> }
        }
        Strip::Sets(_) => Html::default(),
    }
}

/// A ReplicaSet during a rollout.
fn set_bar(bar: &SetBar, most: i64, language: Language) -> Html {
    let label = Text::new("stage.set-bar")
        .with("name", &bar.name)
        .with("revision", bar.revision)
        .with("ready", bar.ready)
        .with("pods", bar.pods)
        .with("want", bar.wanted)
        .render(language);
    let part = |number: i64| number * 100 / most;
    // A width that grows has the page laid out anew with each picture.
    let cut = |number: i64| format!("clip-path:inset(0 {}% 0 0 round 99px)", 100 - part(number));
    let word = if bar.newest { "stage.set-new" } else { "stage.set-old" };
    html! {
        <li class={classes!("set", bar.newest.then_some("set--new"))} title={label.clone()}>
            <span class="visually-hidden">{ label }</span>
            <span class="set__name" aria-hidden="true">{ say(language, word) }{ " " }{ bar.revision }</span>
            <span class="set__track" aria-hidden="true">
                <span class="set__wanted" style={format!("width:{}%", part(bar.wanted))}></span>
                <span class="set__pods" style={cut(bar.pods)}></span>
                <span class="set__ready" style={cut(bar.ready)}></span>
            </span>
            <b aria-hidden="true">{ format!("{}/{}", bar.ready, bar.wanted) }</b>
        </li>
    }
}

/// The decisions before the last, its selector, and where upstream decides.
fn recent(card: &Card, language: Language) -> Html {
    let (function, path) = source(card.kind);
    let row = |(at, text): &(Rc<str>, Rc<str>)| {
        html! { <li><time>{ at.to_string() }</time><span>{ text.to_string() }</span></li> }
    };
    let href = format!("https://github.com/kubernetes/kubernetes/blob/release-1.36/{path}");
    html! {
        <details class="card__more">
            <summary>{ say(language, "stage.recent") }</summary>
            <ol class="card__recent">{ for card.recent.iter().map(row) }</ol>
            if !card.selector.is_empty() { <p class="quiet">{ Text::new("stage.selector").with("selector", &card.selector).render(language) }</p> }
            <p class="quiet">{ say(language, "stage.in-code") }{ ": " }<a {href} target="_blank" rel="noopener noreferrer" title={path}>{ function }</a></p>
        </details>
    }
}
