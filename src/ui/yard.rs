//! The yard: a tray of pods without a node, and a panel per node.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::diagram::Diagram;
use super::groups::{drawers, groups};
use super::heat::blocks;
use super::node::{Marked, NodePanel, tiles};
use super::platform;
use super::pod_table::{more, pod_table};
use super::stage::{Look, UseStage, use_stage};
use super::welcome::FirstMinute;
use crate::api::{Kind, Uid};
use crate::language::{Language, Text};
use crate::view::commands::ADD_NODE;
use crate::view::filter::Filter;
use crate::view::governs::Governed;
use crate::view::stage::{Arrange, BLOCK, Lights, Lit, Scene, Stage, Zoom, found, scene};
use crate::view::state::Selection;
use crate::view::yard::{Density, NodeView, YardView};

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
    /// What the field under the editor's cursor governs.
    pub governed: Rc<Governed>,
    /// Shows or hides them.
    pub onsystem: Callback<()>,
    /// Opens the lessons.
    pub onlessons: Callback<()>,
}

/// The yard. Tab stops at one tile; arrow keys go on from there.
#[component]
pub(crate) fn Yard(props: &YardProps) -> Html {
    let (language, yard) = (props.language, &props.yard);
    let looks = use_stage(&props.engine, language);
    let stage = looks.get().clone();
    let add = {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.press(ADD_NODE))
    };
    let selection = props.selection.as_ref();
    let pod = selection.filter(|one| one.kind == Kind::Pod).map(|one| one.key.clone());
    let marked = Marked { pod, family: family(props), filter: stage.filter.clone() };
    let governed = use_memo(Rc::clone(&props.governed), |governed| Lights {
        pods: Rc::new(governed.pods.iter().copied().collect()),
        nodes: Rc::new(governed.nodes.iter().chain(&governed.homes).cloned().collect()),
    });
    let lit =
        Lit { governed: (*governed).clone(), pointed: looks.pointed(), family: marked.family };
    let onfilter = looks.on(Look::Filter);
    // The maps are there after this picture.
    use_effect(platform::stage::paint);
    // Rings that stand elsewhere now count, even while the clock stands.
    use_effect_with((stage.arrange, stage.zoom.clone()), {
        let engine = props.engine.clone();
        move |_| engine.show_clock()
    });
    let dense = yard.density.min(Density::Dots);
    // Nodes and cards need the room: on a low screen, beside a lesson on a small one, and on any in the type of a
    // presentation, which grows with it.
    let brief = platform::is_low()
        || props.engine.read(|state| {
            state.presenting().is_some() || (state.school_open() && platform::cramped())
        });
    html! {
        <div class="yard" id="yard">
            <div class="yard__bar">
                <h2 class="title">{ say(language, "page.yard") }</h2>
                { filter(yard, &stage, &onfilter, language) }
                { arrange(&stage, &looks, language) }
                <span class="yard__actions">
                    <Button label={say(language, "page.system-toggle")} class={if props.system { "button--on" } else { "" }} onclick={props.onsystem.clone()} />
                    <Button label={say(language, "page.add-node")} command={ADD_NODE} class="button--accent" onclick={add} />
                </span>
            </div>
            <Diagram counts={yard.counts.clone()} {brief} filter={stage.filter.clone()} {language} {onfilter} />
            <FirstMinute engine={props.engine.clone()} yard={Rc::clone(yard)} {language} onlessons={props.onlessons.clone()} />
            <div class={classes!("tray", format!("tray--{}", dense.class()))}>
                <h3 class="tray__title">{ say(language, "page.tray") }</h3>
                <div class="tray__tiles">
                    { tiles(yard.tray.get(..TRAY_TILES).unwrap_or(&yard.tray), dense, &marked, None, language, &props.onselect) }
                    if yard.tray.is_empty() { <span class="quiet">{ say(language, "page.tray-empty") }</span> }
                    { more(yard.tray.len().saturating_sub(TRAY_TILES), language) }
                </div>
            </div>
            { crumbs(yard, &stage, &looks, language) }
            { stand(props, &stage, &marked, &lit) }
            if stage.arrange == Arrange::Nodes { { drawers(&yard.drawers, &marked, language, &props.onselect) } }
        </div>
    }
}

/// Pods that the tray shows at most.
const TRAY_TILES: usize = 400;

/// What stands on the yard: panels, groups, a map or a table.
fn stand(props: &YardProps, stage: &Stage, marked: &Marked, lit: &Lit) -> Html {
    let (language, selection) = (props.language, props.selection.as_ref());
    let panel = |node: &Rc<NodeView>, density: Density| {
        // A panel without the selected pod need not be drawn again for it.
        let here = marked.pod.clone().filter(|key| node.tiles.iter().any(|tile| tile.key == *key));
        let marked = Marked { pod: here, ..marked.clone() };
        let selected =
            selection.is_some_and(|one| one.kind == Kind::Node && one.key.name == node.name);
        html! {
            <NodePanel key={node.name.to_string()} engine={props.engine.clone()} node={Rc::clone(node)} {density} {marked} {selected} {language}
                onselect={props.onselect.clone()} />
        }
    };
    match scene(&props.yard, stage, lit) {
        Scene::Nodes(nodes, density) => {
            // As classes: a style that counts children is asked again by the whole yard whenever a pod comes or goes.
            let number = match nodes.len() {
                1 => Some("nodes--one"),
                4 => Some("nodes--four"),
                _ => None,
            };
            html! {
                <div class={classes!("nodes", format!("nodes--{}", density.class()), number)}>
                    { for nodes.iter().map(|node| panel(node, density)) }
                </div>
            }
        }
        Scene::Blocks(all) => blocks(&all, language),
        Scene::Groups(all, density) => groups(&all, density, marked, language, &props.onselect),
        Scene::Table(rows, all) => pod_table(&rows, all, language, &props.onselect),
    }
}

/// The field that filters, and how many pods it finds.
fn filter(yard: &YardView, stage: &Stage, onfilter: &Callback<Filter>, language: Language) -> Html {
    let oninput = {
        let onfilter = onfilter.clone();
        Callback::from(move |event: InputEvent| {
            onfilter.emit(Filter::parse(&platform::value(&event)))
        })
    };
    let said = (!stage.filter.is_empty()).then(|| {
        let (found, all) = found(yard, &stage.filter);
        Text::new("stage.found").with("found", found).with("all", all).render(language)
    });
    html! {
        <label class="filter">
            <span class="visually-hidden">{ say(language, "stage.filter") }</span>
            <input type="search" id="filter" class="filter__field" value={Rc::clone(&stage.filter.text)} placeholder={say(language, "stage.filter-hint")}
                title={say(language, "stage.filter-help")} autocomplete="off" spellcheck="false" {oninput} />
            <span class="filter__found quiet" role="status">{ for said }</span>
        </label>
    }
}

/// The choice of what the yard is grouped by.
fn arrange(stage: &Stage, looks: &UseStage, language: Language) -> Html {
    let onchange =
        looks.on(|event: Event| Look::Arrange(Arrange::from_word(&platform::value(&event))));
    let option = |one: Arrange| {
        html! { <option value={one.word()} selected={stage.arrange == one}>{ say(language, one.key()) }</option> }
    };
    html! {
        <label class="arrange">
            <span class="arrange__label" aria-hidden="true">{ say(language, "stage.arrange") }</span>
            <select class="select" id="arrange" aria-label={say(language, "stage.arrange")} {onchange}>{ for Arrange::ALL.into_iter().map(option) }</select>
        </label>
    }
}

/// The way back from what is zoomed into.
fn crumbs(yard: &YardView, stage: &Stage, looks: &UseStage, language: Language) -> Html {
    if stage.zoom.is_empty() {
        return Html::default();
    }
    let whole = match stage.arrange {
        Arrange::Nodes => Text::new("stage.whole").with("count", yard.nodes.len()).render(language),
        _ => say(language, "stage.whole-groups").to_string(),
    };
    let name = |zoom: &Zoom| match zoom {
        Zoom::Block(number) => {
            let mut block = yard.nodes.iter().skip(number * BLOCK).take(BLOCK);
            let first = block.next().map(|node| node.name.to_string()).unwrap_or_default();
            let last = block.next_back().map(|node| node.name.to_string());
            last.map_or(first.clone(), |last| format!("{first} – {last}"))
        }
        Zoom::Node(name) => name.to_string(),
        Zoom::Group(key) if key.is_empty() => say(language, "stage.nobody").to_string(),
        Zoom::Group(key) => key.to_string(),
    };
    let names = std::iter::once(whole).chain(stage.zoom.iter().map(name));
    let depth = stage.zoom.len();
    let crumb = |(place, name): (usize, String)| {
        if place == depth {
            return html! { <li aria-current="location"><b>{ name }</b></li> };
        }
        let onclick = looks.on(move |_: MouseEvent| Look::OutTo(place));
        html! { <li><button type="button" class="link" {onclick}>{ name }</button></li> }
    };
    let onout = looks.on(|()| Look::Out);
    html! {
        <nav class="crumbs" aria-label={say(language, "stage.crumbs")}>
            <Button label={format!("← {}", say(language, "stage.zoom-out"))} onclick={onout} id="zoom-out" />
            <ol>{ for names.enumerate().map(crumb) }</ol>
        </nav>
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
