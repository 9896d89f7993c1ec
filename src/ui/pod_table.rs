//! The yard as a table: for readers, and for whoever likes tables. It is alive as the tiles are.

use std::rc::Rc;

use yew::prelude::*;

use super::components::say;
use crate::api::Kind;
use crate::api::meta::NodeName;
use crate::language::{Language, Text};
use crate::view::state::Selection;
use crate::view::yard::Tile;

/// A table of pods; its rows are those that the filter finds.
pub(super) fn pod_table(
    rows: &[(Option<NodeName>, Rc<Tile>)],
    all: usize,
    language: Language,
    onselect: &Callback<Option<Selection>>,
) -> Html {
    let head = |key: &'static str| html! { <th scope="col">{ say(language, key) }</th> };
    let row = |(node, tile): &(Option<NodeName>, Rc<Tile>)| {
        let onclick = {
            let (onselect, key) = (onselect.clone(), tile.key.clone());
            Callback::from(move |_: MouseEvent| {
                onselect.emit(Some(Selection { kind: Kind::Pod, key: key.clone() }))
            })
        };
        let place = node
            .as_ref()
            .map_or_else(|| say(language, "stage.row-wait"), |node| Rc::clone(node).into());
        let owner =
            tile.owner.as_ref().map(|owner| format!("{}/{}", owner.kind.word(), owner.name));
        html! {
            <tr key={Rc::clone(&tile.id)} data-uid={Rc::clone(&tile.id)} data-owner={Rc::clone(&tile.tag)} data-pod={Rc::clone(&tile.key.name)} data-look={tile.look.class()}>
                <th scope="row"><button type="button" class="link" tabindex="-1" data-rove="" {onclick}>{ tile.key.name.to_string() }</button></th>
                <td><span class={classes!("chip", tile.look.colours())}><span aria-hidden="true">{ tile.look.icon() }{ " " }</span>{ tile.status.to_string() }</span></td>
                <td class="pods__number">{ tile.restarts }</td>
                <td>{ place }</td>
                <td>{ owner.unwrap_or_default() }</td>
            </tr>
        }
    };
    html! {
        <div class="pods" tabindex="0" role="region" aria-label={say(language, "stage.table")}>
            <table>
                <caption class="visually-hidden">{ say(language, "stage.table") }</caption>
                <thead><tr>
                    { for ["stage.row-pod", "stage.row-status", "stage.row-restarts", "stage.row-node", "stage.row-owner"].map(head) }
                </tr></thead>
                <tbody>{ for rows.iter().map(row) }</tbody>
            </table>
            { more(all - rows.len(), language) }
        </div>
    }
}

/// What a bound hides.
pub(super) fn more(hidden: usize, language: Language) -> Html {
    if hidden == 0 {
        return Html::default();
    }
    html! { <p class="quiet">{ Text::new("stage.more-pods").with("count", hidden).render(language) }</p> }
}
