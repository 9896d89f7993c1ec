//! Control loops: a card per workload.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::{Engine, day_and_time};
use super::components::{runs, say};
use crate::api::Kind;
use crate::language::{Language, Text};
use crate::view::loops::{Card, LoopsView};
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

/// A card: what is wanted, what is there, its pods, the last decision in a sentence (lit when it is made), and what can
/// be done.
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
    let next = card
        .next
        .map(|at| Text::new("page.next-run").with("at", day_and_time(at).1).render(language));
    let classes = classes!(
        "card",
        props.selected.then_some("card--selected"),
        card.bad.then_some("card--bad"),
        (card.over && !card.bad).then_some("card--over"),
        card.above.is_some().then_some("card--below"),
    );
    html! {
        <article class={classes} style={format!("--owner:{}", card.degrees)}>
            <button type="button" class="card__main" {onclick}>
                <span class="card__kind">
                    { card.kind.name() }
                    if let Some(above) = &card.above { { " · " }{ Text::new("page.belongs").with("name", above).render(language) } }
                    if card.suspended { <em class="card__state">{ say(language, "page.suspended") }</em> }
                    if card.deleting { <em class="card__state">{ say(language, "page.deleting") }</em> }
                </span>
                <span class="card__name">{ card.key.name.to_string() }</span>
                <span class="card__numbers">
                    { number(card.desired.to_string(), first) }
                    { number(card.actual.to_string(), second) }
                    if !third.is_empty() { { number(card.ready.to_string(), third) } }
                    if let Some(next) = next { <span>{ next }</span> }
                </span>
                if card.above.is_none() && !card.pips.is_empty() { <span class="card__pips" aria-hidden="true">{ for card.pips.iter().map(pip) }</span> }
                <span class="card__decision" key={card.decided_millis.to_string()}>{ card.decision.to_string() }</span>
            </button>
            <footer class="card__actions">{ for card.actions.iter().map(|command| runs(&props.engine, command, language)) }</footer>
        </article>
    }
}
