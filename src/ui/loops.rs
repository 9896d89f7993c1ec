//! Control loops: a card per workload.

use std::rc::Rc;

use yew::prelude::*;

use super::components::say;
use crate::api::Kind;
use crate::language::Language;
use crate::view::loops::Card;
use crate::view::state::Selection;

/// What the cards show.
#[derive(Properties, PartialEq)]
pub(crate) struct LoopsProps {
    /// The cards.
    pub cards: Rc<Vec<Card>>,
    /// The language.
    pub language: Language,
    /// Selects.
    pub onselect: Callback<Option<Selection>>,
}

/// The cards: what is wanted, what is there, and the last decision in a sentence.
#[component]
pub(crate) fn Loops(props: &LoopsProps) -> Html {
    let language = props.language;
    let card = |card: &Card| {
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
        html! {
            <button type="button" class="card" key={format!("{:?}/{}", card.kind, card.key)} {onclick}>
                <span class="card__kind">{ card.kind.name() }</span>
                <span class="card__name">{ card.key.name.to_string() }</span>
                <span class="card__numbers">
                    <span><b>{ card.desired.to_string() }</b>{ say(language, first) }</span>
                    <span><b>{ card.actual }</b>{ say(language, second) }</span>
                    if !third.is_empty() { <span><b>{ card.ready }</b>{ say(language, third) }</span> }
                </span>
                <span class="card__decision" key={card.decided_millis.to_string()}>{ card.decision.to_string() }</span>
            </button>
        }
    };
    html! {
        <div class="loops">
            <h2 class="title">{ say(language, "page.loops") }</h2>
            if props.cards.is_empty() {
                <p class="quiet">{ say(language, "page.no-loops") }</p>
            }
            <div class="loops__cards">{ for props.cards.iter().map(card) }</div>
        </div>
    }
}
