//! A pod as a tile.

use std::rc::Rc;

use yew::prelude::*;

use super::components::ring;
use crate::api::Kind;
use crate::language::{Language, Text};
use crate::view::state::Selection;
use crate::view::yard::{Density, Tile};

/// A pod.
#[derive(Properties, PartialEq)]
pub(crate) struct PodTileProps {
    /// What it shows.
    pub tile: Rc<Tile>,
    /// Whether it is selected.
    pub selected: bool,
    /// Whether it belongs to what is selected.
    pub concerned: bool,
    /// Whether the filter leaves it out.
    pub dim: bool,
    /// How much room it gets.
    pub density: Density,
    /// The language.
    pub language: Language,
    /// Selects.
    pub onselect: Callback<Option<Selection>>,
}

/// A tile: colour and sign of its state, an edge in its family's colour, restarts, a ring that counts a back-off or a
/// grace period down. Readers hear its name and all of that; arrow keys go to the tiles around it.
#[component]
pub(crate) fn PodTile(props: &PodTileProps) -> Html {
    let tile = &props.tile;
    let label = Text::new("page.pod-label")
        .with("name", &tile.key.name)
        .with("status", &tile.status)
        .with("restarts", tile.restarts)
        .render(props.language);
    let wait = tile.doubling().zip(tile.ring).map(|(number, ring)| {
        Text::new("stage.doubling")
            .with("number", number)
            .with("seconds", (ring.until.since(ring.from).millis() + 500) / 1000)
            .render(props.language)
    });
    let label = wait.as_ref().map_or_else(|| label.clone(), |wait| format!("{label}, {wait}"));
    let onclick = {
        let (onselect, key) = (props.onselect.clone(), tile.key.clone());
        Callback::from(move |_: MouseEvent| {
            onselect.emit(Some(Selection { kind: Kind::Pod, key: key.clone() }))
        })
    };
    let owner = tile.owner.as_ref();
    let edge = owner.map(|_| format!("--owner:{}", tile.degrees));
    let family =
        owner.map_or_else(String::new, |owner| format!("\n{}/{}", owner.kind.name(), owner.name));
    let classes = classes!(
        "pod-tile",
        tile.look.colours(),
        props.selected.then_some("pod-tile--selected"),
        props.concerned.then_some("pod-tile--concerned"),
        owner.is_none().then_some("pod-tile--free"),
        props.dim.then_some("pod-tile--dim"),
    );
    let shows = props.density == Density::Full;
    html! {
        <button type="button" class={classes} tabindex="-1" data-rove="" data-uid={Rc::clone(&tile.id)} data-pod={Rc::clone(&tile.key.name)}
            data-owner={Rc::clone(&tile.tag)} data-look={tile.look.class()} style={edge}
            title={format!("{}\n{}{family}{}{}", tile.key.name, tile.status, if wait.is_some() { "\n" } else { "" }, wait.as_deref().unwrap_or(""))} aria-label={label} {onclick}>
            <span class="pod-tile__icon" aria-hidden="true">{ tile.look.icon() }</span>
            if shows { <span class="pod-tile__name">{ tile.short.to_string() }</span> }
            { ticks(tile.restarts, shows) }
            if shows { { for tile.ring.map(ring) } }
            if shows { { for tile.doubling().map(waits) } }
        </button>
    }
}

/// More restarts than this are a number.
const MOST_TICKS: i64 = 5;

/// Restarts as ticks on the edge; many of them have their number beside.
fn ticks(restarts: i64, shows: bool) -> Html {
    if restarts == 0 {
        return Html::default();
    }
    html! {
        <span class="pod-tile__ticks" aria-hidden="true">
            { for (0..restarts.min(MOST_TICKS)).map(|_| html! { <i></i> }) }
            if shows && restarts > MOST_TICKS { <b>{ restarts }</b> }
        </span>
    }
}

/// Which wait of a back-off this is, as so many dots: each one stands for twice as long.
fn waits(number: u32) -> Html {
    html! { <span class="pod-tile__waits" aria-hidden="true">{ for (0..number).map(|_| html! { <i></i> }) }</span> }
}
