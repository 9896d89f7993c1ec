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
    );
    let shows = props.density == Density::Full;
    html! {
        <button type="button" class={classes} tabindex="-1" data-rove="" data-uid={Rc::clone(&tile.id)} data-pod={Rc::clone(&tile.key.name)}
            data-look={tile.look.class()} style={edge} title={format!("{}\n{}{family}", tile.key.name, tile.status)} aria-label={label} {onclick}>
            <span class="pod-tile__icon" aria-hidden="true">{ tile.look.icon() }</span>
            if shows { <span class="pod-tile__name">{ tile.short.to_string() }</span> }
            if shows && tile.restarts > 0 { <span class="pod-tile__restarts">{ tile.restarts }</span> }
            if shows { { for tile.ring.map(ring) } }
        </button>
    }
}
