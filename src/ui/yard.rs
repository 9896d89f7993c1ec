//! The yard: a tray of pods without a node, and a panel per node with its pods as tiles.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use crate::api::{Kind, ObjectKey};
use crate::language::{Language, Text};
use crate::sim::Time;
use crate::view::state::Selection;
use crate::view::yard::{Look, NodeView, Tile, YardView};

/// What the yard shows.
#[derive(Properties, PartialEq)]
pub(crate) struct YardProps {
    /// The engine, for commands.
    pub engine: Engine,
    /// The nodes and pods.
    pub yard: Rc<YardView>,
    /// The language.
    pub language: Language,
    /// What is selected.
    pub selection: Option<Selection>,
    /// Selects.
    pub onselect: Callback<Option<Selection>>,
    /// Whether system pods are shown.
    pub system: bool,
    /// Shows or hides them.
    pub onsystem: Callback<()>,
}

/// The yard.
#[component]
pub(crate) fn Yard(props: &YardProps) -> Html {
    let language = props.language;
    let now = props.engine.read(|state| state.cluster.now());
    let tiles = |tiles: &Rc<[Rc<Tile>]>| -> Html {
        tiles
            .iter()
            .map(|tile| {
                // Only a tile that counts down needs the clock; the others stay as they are.
                let now = tile.ring.map_or(Time::from_unix_millis(0), |_| now);
                let selected = props.selection.as_ref().is_some_and(|one| one.kind == Kind::Pod && one.key == tile.key);
                html! { <PodTile key={tile.uid.to_string()} tile={Rc::clone(tile)} {selected} {language} {now} onselect={props.onselect.clone()} /> }
            })
            .collect()
    };
    let add = {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.press("yard node add"))
    };
    html! {
        <div class="yard">
            <div class="yard__bar">
                <h2 class="title">{ say(language, "page.yard") }</h2>
                { legend(&props.yard, language) }
                <span class="yard__actions">
                    <Button label={say(language, "page.system-toggle")} class={if props.system { "button--on" } else { "" }} onclick={props.onsystem.clone()} />
                    <Button label={say(language, "page.add-node")} command="yard node add" class="button--accent" onclick={add} />
                </span>
            </div>
            <div class="tray">
                <h3 class="tray__title">{ say(language, "page.tray") }</h3>
                <div class="tray__tiles">
                    { tiles(&props.yard.tray) }
                    if props.yard.tray.is_empty() { <span class="quiet">{ say(language, "page.tray-empty") }</span> }
                </div>
            </div>
            <div class={classes!("nodes", (props.yard.nodes.len() > 12).then_some("nodes--many"))}>
                { for props.yard.nodes.iter().map(|node| node_panel(props, node, tiles(&node.tiles))) }
            </div>
        </div>
    }
}

fn legend(yard: &YardView, language: Language) -> Html {
    let entry = |look: Look| {
        let count = yard.counts.get(&look).copied().unwrap_or(0);
        html! {
            <li class={classes!("legend__entry", format!("look--{}", look.class()), (count == 0).then_some("legend__entry--none"))}>
                <span class="legend__icon" aria-hidden="true">{ look.icon() }</span>
                <span>{ say(language, look.key()) }</span>
                <b>{ count }</b>
            </li>
        }
    };
    html! { <ul class="legend" aria-label={say(language, "page.legend")}>{ for Look::ALL.into_iter().map(entry) }</ul> }
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

fn node_panel(props: &YardProps, node: &Rc<NodeView>, tiles: Html) -> Html {
    let language = props.language;
    let name = Rc::clone(&node.name);
    let command = |text: String| {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.press(&text))
    };
    let (power_key, power) = match node.powered {
        true => ("page.stop-node", format!("yard node stop {name}")),
        false => ("page.start-node", format!("yard node start {name}")),
    };
    let (cordon_key, cordon) = match node.cordoned {
        true => ("page.uncordon", format!("kubectl uncordon {name}")),
        false => ("page.cordon", format!("kubectl cordon {name}")),
    };
    let select = {
        let (onselect, key) = (props.onselect.clone(), ObjectKey::cluster(Rc::clone(&name)));
        Callback::from(move |_: MouseEvent| {
            onselect.emit(Some(Selection { kind: Kind::Node, key: key.clone() }))
        })
    };
    let state = match (node.powered, node.ready) {
        (true, true) => "node--ready",
        (false, _) => "node--off",
        (true, false) => "node--down",
    };
    html! {
        <article class={classes!("node", state)} key={name.to_string()} id={format!("node-{name}")}>
            <header class="node__head">
                <button type="button" class="node__name" onclick={select}>{ &*name }</button>
                <span class="node__status">{ &*node.status }</span>
            </header>
            <div class="node__bars">
                { bar(say(language, "page.cpu"), node.cpu_percent) }
                { bar(say(language, "page.memory"), node.memory_percent) }
            </div>
            <div class="node__tiles">{ tiles }</div>
            <div class="node__marks">
                { for node.labels.iter().map(|label| html! { <span class="mark">{ &**label }</span> }) }
                { for node.taints.iter().map(|taint| html! { <span class="mark mark--taint">{ &**taint }</span> }) }
                if node.system > 0 { <span class="quiet">{ Text::new("page.system").with("count", node.system).render(language) }</span> }
            </div>
            <footer class="node__actions">
                <Button label={say(language, power_key)} command={power.clone()} onclick={command(power)} />
                <Button label={say(language, cordon_key)} command={cordon.clone()} onclick={command(cordon)} />
            </footer>
        </article>
    }
}

/// A pod.
#[derive(Properties, PartialEq)]
pub(crate) struct PodTileProps {
    /// What it shows.
    pub tile: Rc<Tile>,
    /// Whether it is selected.
    pub selected: bool,
    /// The language.
    pub language: Language,
    /// Now, for the ring.
    pub now: Time,
    /// Selects.
    pub onselect: Callback<Option<Selection>>,
}

/// A pod as a tile: colour, sign, restarts as ticks on its edge, a ring that counts a back-off down.
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
    let ring = tile.ring.map(|(from, until)| {
        let (total, left) = ((until - from).millis().max(1), (until - props.now).millis().max(0));
        let part = left * 100 / total;
        html! { <span class="pod-tile__ring" style={format!("--left:{part}")} title={format!("{} s", (left + 999) / 1000)}><span>{ (left + 999) / 1000 }</span></span> }
    });
    let edge = tile.owner_hue.map(|hue| format!("--owner:{}", hue * 30));
    let short = tile
        .key
        .name
        .rsplit('-')
        .next()
        .filter(|_| tile.owner_hue.is_some())
        .unwrap_or(&tile.key.name);
    html! {
        <button type="button" class={classes!("pod-tile", format!("look--{}", tile.look.class()), props.selected.then_some("pod-tile--selected"))}
            data-uid={tile.uid.to_string()} data-pod={tile.key.name.to_string()} data-look={tile.look.class()} style={edge}
            title={format!("{}\n{}\n{}", tile.key.name, tile.status, tile.owner)} aria-label={label} {onclick}>
            <span class="pod-tile__icon" aria-hidden="true">{ tile.look.icon() }</span>
            <span class="pod-tile__name">{ short.to_owned() }</span>
            if tile.restarts > 0 { <span class="pod-tile__restarts">{ tile.restarts }</span> }
            { ring }
        </button>
    }
}
