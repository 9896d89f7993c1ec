//! A node as a panel.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{runs, say};
use super::dots::Dots;
use super::heat::counted;
use super::pod_table::more;
use super::tile::PodTile;
use crate::api::{Kind, ObjectKey, Uid};
use crate::language::{Language, Text};
use crate::view::commands;
use crate::view::filter::Filter;
use crate::view::stage::{PANEL_DOTS, Zoom};
use crate::view::state::Selection;
use crate::view::yard::{Density, NodeView, Tile};

/// A node.
#[derive(Properties, PartialEq)]
pub(crate) struct NodePanelProps {
    /// The engine, for commands.
    pub engine: Engine,
    /// What it shows.
    pub node: Rc<NodeView>,
    /// How much room its tiles get.
    pub density: Density,
    /// The pod that is selected, if it is here, and the workload whose pods are ringed.
    pub marked: Marked,
    /// Whether it is selected itself.
    pub selected: bool,
    /// The language.
    pub language: Language,
    /// Selects.
    pub onselect: Callback<Option<Selection>>,
}

/// What is marked among the tiles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Marked {
    /// The selected pod.
    pub pod: Option<ObjectKey>,
    /// The workload whose pods are ringed.
    pub family: Option<Uid>,
    /// What is not found greys out.
    pub filter: Filter,
}

/// Tiles in a row.
pub(super) fn tiles(
    tiles: &[Rc<Tile>],
    density: Density,
    marked: &Marked,
    node: Option<&str>,
    language: Language,
    onselect: &Callback<Option<Selection>>,
) -> Html {
    let tile = |tile: &Rc<Tile>| {
        let selected = marked.pod.as_ref() == Some(&tile.key);
        let family = tile.owner.as_ref().map(|owner| owner.uid);
        let concerned = marked.family.is_some() && marked.family == family;
        html! { <PodTile key={Rc::clone(&tile.id)} tile={Rc::clone(tile)} {selected} {concerned} {density} {language} dim={!marked.filter.finds(tile, node)} onselect={onselect.clone()} /> }
    };
    tiles.iter().map(tile).collect()
}

fn bar(label: AttrValue, percent: i64) -> Html {
    html! {
        <span class="bar" title={format!("{label} {percent}%")}>
            <span class="bar__label">{ label }</span>
            <span class="bar__track"><span class="bar__fill" style={format!("width:{percent}%")}></span></span>
            <span class="bar__value">{ format!("{percent}%") }</span>
        </span>
    }
}

/// Taints, one mark for the effects of one key; it may be broken before each.
fn taints(all: &[Rc<str>]) -> Html {
    let parts = |text: &Rc<str>| {
        let (key, effect) = text.split_once(':').unwrap_or((text, ""));
        (key.to_owned(), effect.to_owned())
    };
    let parts: Vec<(String, String)> = all.iter().map(parts).collect();
    let mark = |one: &[(String, String)]| {
        let effect = |(place, (_, effect)): (usize, &(String, String))| {
            html! { <>{ if place == 0 { ":" } else { "," } }<wbr />{ effect.clone() }</> }
        };
        let key = one.first().map(|(key, _)| key.clone());
        html! { <span class="mark mark--taint">{ for key }{ for one.iter().enumerate().map(effect) }</span> }
    };
    parts.chunk_by(|a, b| a.0 == b.0).map(mark).collect()
}

/// A panel: name and STATUS, what its pods ask for, the pods, labels and taints, and its switches.
#[component]
pub(crate) fn NodePanel(props: &NodePanelProps) -> Html {
    let (language, node) = (props.language, &props.node);
    let select = {
        let (onselect, key) = (props.onselect.clone(), ObjectKey::cluster(Rc::clone(&node.name)));
        Callback::from(move |_: MouseEvent| {
            onselect.emit(Some(Selection { kind: Kind::Node, key: key.clone() }))
        })
    };
    let state = match (node.powered, node.ready) {
        (true, true) => "node--ready",
        (false, _) => "node--off",
        (true, false) => "node--down",
    };
    let full = props.density == Density::Full;
    let zoom = Zoom::Node(Rc::clone(&node.name)).word();
    let selected = props.selected.then_some("node--selected");
    html! {
        <article class={classes!("node", state, selected, node.cordoned.then_some("node--cordoned"))} id={format!("node-{}", node.name)} data-zoomable={zoom.clone()}>
            <header class="node__head">
                <button type="button" class="node__name" tabindex="-1" data-rove="" onclick={select}>{ node.name.to_string() }</button>
                <span class={classes!("node__status", (!node.ready).then_some("node__status--bad"))}>{ node.status.to_string() }</span>
                if !full {
                    <button type="button" class="node__zoom" tabindex="-1" data-zoom={zoom} aria-label={format!("{}: {}", say(language, "stage.zoom"), node.name)}>{ "⤢" }</button>
                }
            </header>
            if full {
                <div class="node__bars">
                    { bar(say(language, "page.cpu"), node.cpu_percent) }
                    { bar(say(language, "page.memory"), node.memory_percent) }
                </div>
            }
            if props.density >= Density::Dots {
                <Dots tiles={Rc::clone(&node.tiles)} most={PANEL_DOTS} marked={props.marked.clone()} node={Rc::clone(&node.name)} label={counted(&node.counts, language)}
                    onselect={props.onselect.clone()} />
                { more(node.tiles.len().saturating_sub(PANEL_DOTS), language) }
            } else {
                <div class="node__tiles">{ tiles(&node.tiles, props.density, &props.marked, Some(&node.name), language, &props.onselect) }</div>
            }
            if full {
                <div class="node__marks">
                    { for node.trouble.iter().map(|trouble| html! { <span class="mark mark--trouble">{ trouble.to_string() }</span> }) }
                    { for node.labels.iter().map(|label| html! { <span class="mark">{ label.to_string() }</span> }) }
                    { taints(&node.taints) }
                    if node.system > 0 { <span class="quiet">{ Text::new("page.system").with("count", node.system).render(language) }</span> }
                </div>
                <footer class="node__actions">
                    { runs(&props.engine, &commands::power(&node.name, node.powered), language) }
                    { runs(&props.engine, &commands::cordon(&node.name, node.cordoned), language) }
                </footer>
            }
        </article>
    }
}
