//! A row of dots. They are no part of what Yew compares: there are thousands of them, and mostly few have changed. The
//! platform does to the row what differs.

use std::rc::Rc;

use yew::prelude::*;

use super::node::Marked;
use super::platform;
use crate::api::{Kind, NodeName, ObjectKey};
use crate::view::dots::{Dot, Mark, steps};
use crate::view::state::Selection;
use crate::view::yard::Tile;

/// What the row shows.
#[derive(Properties, PartialEq)]
pub(super) struct DotsProps {
    /// The pods.
    pub tiles: Rc<[Rc<Tile>]>,
    /// How many of them it shows at most.
    #[prop_or(usize::MAX)]
    pub most: usize,
    /// What is marked among them.
    pub marked: Marked,
    /// The node they are on, if they are all on one.
    #[prop_or_default]
    pub node: Option<NodeName>,
    /// What readers hear of it.
    pub label: String,
    /// Selects.
    #[prop_or_default]
    pub onselect: Callback<Option<Selection>>,
}

/// The row. A click on a dot selects its pod.
#[component]
pub(super) fn Dots(props: &DotsProps) -> Html {
    let (row, before) = (use_node_ref(), use_mut_ref(Vec::new));
    let now = dots(props);
    use_effect({
        let row = row.clone();
        move || {
            let steps = steps(&before.borrow(), &now);
            *before.borrow_mut() = now;
            if let Some(row) = row.get().filter(|_| !steps.is_empty()) {
                platform::stage::dots(&row, &steps);
            }
        }
    });
    let onclick = {
        let onselect = props.onselect.clone();
        Callback::from(move |event: MouseEvent| {
            let (name, namespace) =
                (platform::data(&event, "pod"), platform::data(&event, "namespace"));
            if !name.is_empty() {
                let key = ObjectKey::new(namespace, name);
                onselect.emit(Some(Selection { kind: Kind::Pod, key }));
            }
        })
    };
    html! { <div class="node__tiles" role="img" aria-label={props.label.clone()} {onclick} ref={row}></div> }
}

fn dots(props: &DotsProps) -> Vec<Dot> {
    let Marked { pod, family, filter } = &props.marked;
    let dot = |tile: &Rc<Tile>| {
        let owner = tile.owner.as_ref().map(|owner| owner.uid);
        let mark = match pod.as_ref() == Some(&tile.key) {
            true => Mark::Selected,
            false if family.is_some() && *family == owner => Mark::Concerned,
            false => Mark::None,
        };
        Dot { tile: Rc::clone(tile), mark, dim: !filter.finds(tile, props.node.as_deref()) }
    };
    props.tiles.iter().take(props.most).map(dot).collect()
}
