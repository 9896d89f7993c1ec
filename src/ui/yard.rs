//! The yard: a tray of pods without a node, and a panel per node.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::node::{Marked, NodePanel, tiles};
use crate::api::{Kind, Uid};
use crate::language::Language;
use crate::view::commands::ADD_NODE;
use crate::view::state::Selection;
use crate::view::yard::{Look, NodeView, YardView};

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

/// The yard. Tab stops at one tile; arrow keys go on from there.
#[component]
pub(crate) fn Yard(props: &YardProps) -> Html {
    let (language, density) = (props.language, props.yard.density);
    let add = {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.press(ADD_NODE))
    };
    let selection = props.selection.as_ref();
    let pod = selection.filter(|one| one.kind == Kind::Pod).map(|one| one.key.clone());
    let marked = Marked { pod, family: family(props) };
    let panel = |node: &Rc<NodeView>| {
        // A panel without the selected pod need not be drawn again for it.
        let here = marked.pod.clone().filter(|key| node.tiles.iter().any(|tile| tile.key == *key));
        let marked = Marked { pod: here, family: marked.family };
        let selected =
            selection.is_some_and(|one| one.kind == Kind::Node && one.key.name == node.name);
        html! {
            <NodePanel key={node.name.to_string()} engine={props.engine.clone()} node={Rc::clone(node)} {density} {marked} {selected} {language}
                onselect={props.onselect.clone()} />
        }
    };
    html! {
        <div class="yard" id="yard">
            <div class="yard__bar">
                <h2 class="title">{ say(language, "page.yard") }</h2>
                { legend(&props.yard, language) }
                <span class="yard__actions">
                    <Button label={say(language, "page.system-toggle")} class={if props.system { "button--on" } else { "" }} onclick={props.onsystem.clone()} />
                    <Button label={say(language, "page.add-node")} command={ADD_NODE} class="button--accent" onclick={add} />
                </span>
            </div>
            <div class={classes!("tray", format!("tray--{}", density.class()))}>
                <h3 class="tray__title">{ say(language, "page.tray") }</h3>
                <div class="tray__tiles">
                    { tiles(&props.yard.tray, density, &marked, language, &props.onselect) }
                    if props.yard.tray.is_empty() { <span class="quiet">{ say(language, "page.tray-empty") }</span> }
                </div>
            </div>
            <div class={classes!("nodes", format!("nodes--{}", density.class()))}>
                { for props.yard.nodes.iter().map(panel) }
            </div>
        </div>
    }
}

/// The workload whose pods are ringed: the selected one.
fn family(props: &YardProps) -> Option<Uid> {
    let selection = props.selection.as_ref()?;
    if matches!(selection.kind, Kind::Pod | Kind::Node) {
        return None;
    }
    let store = |state: &super::bridge::State| {
        let mut object = state.cluster.store().get(selection.kind, &selection.key)?;
        // The pods know whom they belong to in the end.
        while let Some(above) = object.meta().controller() {
            object = state.cluster.store().by_uid(above.uid)?;
        }
        Some(object.uid())
    };
    props.engine.read(store)
}

fn legend(yard: &YardView, language: Language) -> Html {
    let entry = |look: Look| {
        let count = yard.counts.get(&look).copied().unwrap_or(0);
        html! {
            <li class={classes!("legend__entry", look.colours(), (count == 0).then_some("legend__entry--none"))}>
                <span class="legend__icon" aria-hidden="true">{ look.icon() }</span>
                <span>{ say(language, look.key()) }</span>
                <b>{ count }</b>
            </li>
        }
    };
    html! { <ul class="legend" aria-label={say(language, "page.legend")}>{ for Look::ALL.into_iter().map(entry) }</ul> }
}
