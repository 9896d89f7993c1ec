//! "Why?": what holds now, the chain of causes, the table of nodes and checks; and what an object is related to.

use yew::prelude::*;

use super::{DetailsProps, link, moment, named_link};
use crate::cluster::{Cell, named};
use crate::language::{Language, Text};
use crate::ui::components::say;
use crate::view::relations::{Group, Related};
use crate::view::why::{Column, LinkView, NodeRow, TableView, WhyView};

/// What the pane shows.
#[derive(Properties, PartialEq)]
pub(super) struct WhyPaneProps {
    /// What the details have.
    pub details: DetailsProps,
    /// The answer.
    pub view: WhyView,
}

/// The answer to "Why?".
#[component]
pub(super) fn WhyPane(props: &WhyPaneProps) -> Html {
    let (details, view) = (&props.details, &props.view);
    let language = details.language;
    let plugins = use_state(|| false);
    let toggle = {
        let plugins = plugins.clone();
        Callback::from(move |_: MouseEvent| plugins.set(!*plugins))
    };
    html! {
        <div class="reasons" tabindex="0">
            if !view.now.is_empty() {
                <section class="reasons__now">
                    <h3>{ say(language, "inspect.now") }</h3>
                    <ul>{ for view.now.iter().map(|one| standing(details, one)) }</ul>
                </section>
            }
            <section>
                <h3>{ say(language, "inspect.chain") }</h3>
                if view.chain.is_empty() { <p class="quiet">{ say(language, "inspect.no-chain") }</p> }
                <ol class="why">{ for view.chain.iter().map(|one| cause(details, one)) }</ol>
            </section>
            if let Some(table) = &view.table {
                <section>
                    <div class="reasons__head">
                        <h3>
                            { match &table.at {
                                Some((_, clock)) => Text::new("inspect.nodes-then").with("at", clock).render(language),
                                None => say(language, "inspect.nodes-now").to_string(),
                            } }
                        </h3>
                        <button type="button" class="button button--small" aria-pressed={plugins.to_string()} onclick={toggle}>{ say(language, "inspect.plugins") }</button>
                    </div>
                    { placement(details, table, *plugins) }
                </section>
            }
        </div>
    }
}

/// What holds now.
fn standing(details: &DetailsProps, one: &LinkView) -> Html {
    html! {
        <li class="reasons__fact">
            { sentence(details, one) }
            { for one.because.iter().map(|text| html! { <span class="why__because">{ text.to_string() }</span> }) }
        </li>
    }
}

/// A link of the chain: its moment, what happened, why.
fn cause(details: &DetailsProps, one: &LinkView) -> Html {
    let actor = match one.by {
        "you" => say(details.language, "inspect.by-you"),
        "set-up" => say(details.language, "inspect.by-set-up"),
        "process" => say(details.language, "inspect.by-process"),
        _ => one.actor.into(),
    };
    html! {
        <li class={classes!("why__cause", format!("why__cause--{}", one.by))}>
            { moment(details, one.at, &one.clock) }
            <div class="why__text">
                <p>{ sentence(details, one) }</p>
                if !one.because.is_empty() {
                    <ul class="why__because">{ for one.because.iter().map(|text| html! { <li>{ text.to_string() }</li> }) }</ul>
                }
                <span class="why__actor">{ actor }</span>
            </div>
        </li>
    }
}

/// What happened; the object's name in it selects it.
fn sentence(details: &DetailsProps, one: &LinkView) -> Html {
    let Some(to) = &one.about else { return html! { { one.text.to_string() } } };
    let own = details.selection.as_ref() == Some(to);
    let full = named(to.kind, &to.key.name);
    // Some sentences name only the object, without its kind.
    let name = if one.text.contains(&full) { full } else { to.key.name.to_string() };
    match one.text.split_once(&name) {
        Some((before, after)) if !own => html! {
            <>{ before.to_owned() }{ named_link(details, to, name) }{ after.to_owned() }</>
        },
        Some(_) => html! { { one.text.to_string() } },
        None if own => html! { { one.text.to_string() } },
        None => html! { <>{ one.text.to_string() }{ " " }{ link(details, to) }</> },
    }
}

/// The table: a row per node, plain words first.
fn placement(details: &DetailsProps, table: &TableView, plugins: bool) -> Html {
    let language = details.language;
    let head = |column: &Column| {
        html! {
            <th scope="col">
                { column.plain.to_string() }
                if let Some(weight) = column.weight { <small>{ format!(" ×{weight}") }</small> }
                if plugins { <code>{ column.plugin }</code> }
            </th>
        }
    };
    let scored = !table.scores.is_empty();
    html! {
        <>
            <ul class="verdicts">{ for table.rows.iter().map(verdict) }</ul>
            if table.left_out > 0 {
                <p class="quiet">{ Text::new("why.more-nodes").with("count", table.left_out).render(language) }</p>
            }
            <div class="checks" tabindex="0" role="group" aria-label={say(language, "inspect.table")}>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{ say(language, "inspect.node") }</th>
                            { for table.checks.iter().map(head) }
                            { for table.scores.iter().map(head) }
                            if scored { <th scope="col">{ say(language, "inspect.points") }</th> }
                        </tr>
                    </thead>
                    <tbody>{ for table.rows.iter().map(|row| row_of(table, row, language)) }</tbody>
                </table>
            </div>
        </>
    }
}

fn verdict(row: &NodeRow) -> Html {
    let class = match (row.chosen, row.cells.iter().any(|cell| matches!(cell, Cell::Refused(_)))) {
        (true, _) => "verdicts__node verdicts__node--chosen",
        (false, true) => "verdicts__node verdicts__node--refused",
        (false, false) => "verdicts__node",
    };
    html! { <li {class}>{ row.verdict.to_string() }</li> }
}

fn row_of(table: &TableView, row: &NodeRow, language: Language) -> Html {
    let cell = |cell: &Cell| {
        let (class, sign, title) = match cell {
            Cell::Passed => ("checks__yes", "✓", say(language, "inspect.passed").to_string()),
            Cell::Refused(words) => ("checks__no", "✕", words.to_string()),
            Cell::NotAsked => ("checks__none", "–", say(language, "inspect.not-asked").to_string()),
        };
        html! { <td {class} title={title.clone()}><span aria-hidden="true">{ sign }</span><span class="visually-hidden">{ title }</span></td> }
    };
    let points = match &row.scores {
        Some((parts, total)) => html! {
            <>{ for parts.iter().map(|part| html! { <td class="checks__points">{ *part }</td> }) }<td class="checks__points"><b>{ *total }</b></td></>
        },
        None if table.scores.is_empty() => Html::default(),
        None => {
            html! { <td class="checks__none" colspan={(table.scores.len() + 1).to_string()}>{ "–" }</td> }
        }
    };
    html! {
        <tr class={row.chosen.then_some("checks__chosen")}>
            <th scope="row">{ row.node.to_string() }</th>
            { for row.cells.iter().map(cell) }
            { points }
        </tr>
    }
}

/// What an object is related to.
pub(super) fn related(details: &DetailsProps, groups: &[Group]) -> Html {
    let language = details.language;
    let member = |one: &Related| {
        html! {
            <li class="related__one">
                { link(details, &one.to) }
                if let Some((look, status)) = &one.state {
                    <span class={classes!("chip", look.colours())}>{ look.icon() }{ " " }{ status.to_string() }</span>
                }
            </li>
        }
    };
    let group = |group: &Group| {
        html! {
            <section>
                <h3>{ say(language, group.key) }</h3>
                <ul>{ for group.members.iter().map(member) }</ul>
                if group.left_out > 0 {
                    <p class="quiet">{ Text::new("inspect.more").with("count", group.left_out).render(language) }</p>
                }
            </section>
        }
    };
    html! {
        <div class="related" tabindex="0">
            if groups.is_empty() { <p class="quiet">{ say(language, "related.none") }</p> }
            { for groups.iter().map(group) }
        </div>
    }
}
