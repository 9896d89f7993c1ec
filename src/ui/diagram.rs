//! The state diagram: what pods go through, how many are where; it is the legend of the yard and its filter.

use std::collections::BTreeMap;

use yew::prelude::*;

use super::components::say;
use super::platform;
use crate::language::{Language, Text};
use crate::view::diagram::{EDGES, Layout, edge};
use crate::view::filter::Filter;
use crate::view::yard::Look;

/// Where the browser keeps whether it is folded.
const FOLDED: &str = "podyard.diagram";

/// What the diagram shows.
#[derive(Properties, PartialEq)]
pub(crate) struct DiagramProps {
    /// How many pods have each look.
    pub counts: BTreeMap<Look, usize>,
    /// Whether it begins folded, as long as nobody chose.
    pub brief: bool,
    /// What is filtered by.
    pub filter: Filter,
    /// The language.
    pub language: Language,
    /// Filters.
    pub onfilter: Callback<Filter>,
}

/// The diagram. Each state is a button that says its number and filters the yard; the platform lights up the ways that
/// pods take. Folded, it is a row of the states that have pods.
#[component]
pub(crate) fn Diagram(props: &DiagramProps) -> Html {
    let language = props.language;
    let chosen = use_state(|| platform::kept(FOLDED).map(|kept| kept == "1"));
    let folded = chosen.unwrap_or(props.brief);
    let onfold = Callback::from(move |_: MouseEvent| {
        platform::keep(FOLDED, if folded { "0" } else { "1" });
        chosen.set(Some(!folded));
    });
    let state = |look: Look| {
        let count = props.counts.get(&look).copied().unwrap_or(0);
        let pressed = props.filter.asks_for(look);
        let onclick = {
            let (onfilter, next) = (props.onfilter.clone(), props.filter.toggled(look));
            Callback::from(move |_: MouseEvent| onfilter.emit(next.clone()))
        };
        let label = Text::new("stage.state")
            .with("state", say(language, look.key()))
            .with("count", count)
            .render(language);
        let empty = (count == 0).then_some("state--empty");
        let ((wide_x, wide_y), (narrow_x, narrow_y)) =
            (Layout::Wide.middle(look), Layout::Narrow.middle(look));
        let place = format!("--wx:{wide_x};--wy:{wide_y};--nx:{narrow_x};--ny:{narrow_y}");
        html! {
            <button type="button" class={classes!("state", look.colours(), empty)} style={place} data-state={look.class()} aria-label={label}
                aria-pressed={pressed.to_string()} {onclick}>
                <span class="state__icon" aria-hidden="true">{ look.icon() }</span>
                <span class="state__name">{ say(language, look.key()) }</span>
                <b class="state__count">{ count }</b>
            </button>
        }
    };
    let (fold, sign) =
        if folded { ("stage.diagram-show", "▸") } else { ("stage.diagram-hide", "▾") };
    html! {
        <section class={classes!("diagram", folded.then_some("diagram--folded"))} id="diagram" aria-label={say(language, "stage.diagram")}>
            <div class="diagram__stage">
                <Lines />
                { for Look::ALL.into_iter().map(state) }
            </div>
            <button type="button" class="diagram__fold" aria-expanded={(!folded).to_string()} aria-label={say(language, fold)}
                title={say(language, fold)} onclick={onfold}>{ sign }</button>
        </section>
    }
}

/// The ways from state to state, in both layouts. They never change, so they are drawn once.
#[component]
fn Lines() -> Html {
    Layout::ALL.into_iter().map(lines).collect()
}

fn lines(layout: Layout) -> Html {
    let (width, height) = layout.size();
    let head = format!("head-{}", layout.class());
    let line = |(from, to): (Look, Look)| {
        html! { <path data-edge={edge(from, to)} d={layout.path(from, to)} marker-end={format!("url(#{head})")} /> }
    };
    html! {
        <svg class={classes!("diagram__lines", format!("diagram__lines--{}", layout.class()))} viewBox={format!("0 0 {width} {height}")} aria-hidden="true">
            <defs>
                <marker id={head.clone()} viewBox="0 0 6 6" refX="5" refY="3" markerWidth="5" markerHeight="5" orient="auto-start-reverse">
                    <path d="M0 0L6 3L0 6z" />
                </marker>
            </defs>
            { for EDGES.into_iter().map(line) }
        </svg>
    }
}
