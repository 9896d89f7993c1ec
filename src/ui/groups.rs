//! Panels of owners or namespaces, and the drawers of what has finished.

use std::rc::Rc;

use yew::prelude::*;

use super::components::say;
use super::dots::Dots;
use super::heat::counted;
use super::node::{Marked, tiles};
use super::pod_table::more;
use crate::language::{Language, Text};
use crate::view::stage::{Group, Zoom};
use crate::view::state::Selection;
use crate::view::yard::{Density, Drawer};

/// Panels of groups.
pub(super) fn groups(
    groups: &[Group],
    density: Density,
    marked: &Marked,
    language: Language,
    onselect: &Callback<Option<Selection>>,
) -> Html {
    let panel = |group: &Group| {
        let word = Zoom::Group(Rc::clone(&group.key)).word();
        let name = if group.name.is_empty() {
            say(language, "stage.nobody")
        } else {
            Rc::clone(&group.name).into()
        };
        let pods: usize = group.counts.iter().sum();
        let edge = group.degrees.map(|degrees| format!("--owner:{degrees}"));
        html! {
            <article key={word.clone()} class={classes!("node", "group", edge.is_some().then_some("group--owned"))} style={edge.clone()} data-zoomable={word.clone()}>
                <header class="node__head">
                    <button type="button" class="node__name" tabindex="-1" data-rove="" data-zoom={word}>{ name }</button>
                    <span class="node__status">{ pods }</span>
                </header>
                if density >= Density::Dots {
                    <Dots tiles={Rc::from(group.tiles.as_slice())} marked={marked.clone()} label={counted(&group.counts, language)} />
                } else {
                    <div class="node__tiles">{ tiles(&group.tiles, density, marked, None, language, onselect) }</div>
                }
                { more(group.hidden, language) }
            </article>
        }
    };
    html! { <div class={classes!("nodes", "nodes--groups", format!("nodes--{}", density.class()), (groups.len() == 4).then_some("nodes--four"))}>{ for groups.iter().map(panel) }</div> }
}

/// The drawers: a row per workload with what has finished.
pub(super) fn drawers(
    drawers: &[Rc<Drawer>],
    marked: &Marked,
    language: Language,
    onselect: &Callback<Option<Selection>>,
) -> Html {
    if drawers.is_empty() {
        return Html::default();
    }
    let drawer = |drawer: &Rc<Drawer>| {
        let label = Text::new("stage.drawer")
            .with("name", &drawer.owner.name)
            .with("completed", drawer.completed)
            .with("failed", drawer.failed)
            .render(language);
        let hidden = drawer.hidden();
        html! {
            <li key={drawer.owner.uid.0} class="drawer" style={format!("--owner:{}", drawer.degrees)} data-drawer={drawer.owner.name.to_string()}>
                <span class="drawer__name" title={label.clone()}>{ drawer.owner.name.to_string() }</span>
                <span class="visually-hidden">{ label }</span>
                <span class="drawer__tiles">{ tiles(&drawer.tiles, Density::Compact, marked, None, language, onselect) }</span>
                if hidden > 0 { <span class="quiet">{ Text::new("stage.drawer-more").with("count", hidden).render(language) }</span> }
            </li>
        }
    };
    html! {
        <section class="drawers" aria-label={say(language, "stage.drawers")}>
            <h3 class="tray__title">{ say(language, "stage.drawers") }</h3>
            <ul class="drawers__list">{ for drawers.iter().map(drawer) }</ul>
        </section>
    }
}
