//! "Why?" for the screen: the links of the chain with what a click selects and the moment it leads to, what holds now,
//! and the table of nodes and checks.

use std::rc::Rc;

use super::state::Selection;
use crate::cluster::{By, Cell, Cluster, Link, Placement, Why, check_key, clock, score_key};
use crate::language::{Language, word};
use crate::scheduler::{Check, Score};
use crate::sim::Time;

/// A link of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkView {
    /// The moment it leads to.
    pub at: Time,
    /// The moment on the page's clock.
    pub clock: Rc<str>,
    /// The class of who did it: `you`, `set-up`, `loop`, `process`.
    pub by: &'static str,
    /// The name of who did it, where it is a loop.
    pub actor: &'static str,
    /// The object it happened to, if it is still there.
    pub about: Option<Selection>,
    /// What happened.
    pub text: Rc<str>,
    /// Why.
    pub because: Rc<[Rc<str>]>,
}

/// A check or a score as the head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// In plain words.
    pub plain: Rc<str>,
    /// Upstream's plugin.
    pub plugin: &'static str,
    /// How much a score counts.
    pub weight: Option<i64>,
}

/// A node's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// The node.
    pub node: Rc<str>,
    /// Whether it was chosen.
    pub chosen: bool,
    /// The verdict as a sentence.
    pub verdict: Rc<str>,
    /// What each check said.
    pub cells: Vec<Cell>,
    /// The scores, if it was scored, and their sum.
    pub scores: Option<(Vec<i64>, i64)>,
}

/// The table of a scheduling decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableView {
    /// The moment of the decision; nothing for a pod that waits.
    pub at: Option<(Time, Rc<str>)>,
    /// The checks.
    pub checks: Vec<Column>,
    /// The scores that differ from nothing; empty if none was given.
    pub scores: Vec<Column>,
    /// The nodes.
    pub rows: Vec<NodeRow>,
    /// How many more there are.
    pub left_out: usize,
}

/// The answer for the screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhyView {
    /// How it came to be, oldest first.
    pub chain: Vec<LinkView>,
    /// What holds now.
    pub now: Vec<LinkView>,
    /// The nodes.
    pub table: Option<TableView>,
}

/// The answer about an object.
pub fn of(cluster: &Cluster, selection: &Selection, language: Language) -> WhyView {
    let Some(Why { chain, now, placement }) = cluster.why(selection.kind, &selection.key) else {
        return WhyView::default();
    };
    let view = |links: &[Link]| links.iter().map(|one| link(cluster, one, language)).collect();
    WhyView {
        chain: view(&chain),
        now: view(&now),
        table: placement.map(|placement| table(&placement, language)),
    }
}

fn link(cluster: &Cluster, link: &Link, language: Language) -> LinkView {
    let there = link.about.clone().filter(|(kind, key)| cluster.store().get(*kind, key).is_some());
    let (by, actor) = match link.by {
        By::You => ("you", ""),
        By::SetUp => ("set-up", ""),
        By::Loop(id) => ("loop", id.name()),
        By::Process => ("process", ""),
    };
    LinkView {
        at: link.at,
        clock: clock(link.at).into(),
        by,
        actor,
        about: there.map(|(kind, key)| Selection { kind, key }),
        text: link.text.render(language).into(),
        because: link.because.iter().map(|one| Rc::from(one.render(language))).collect(),
    }
}

fn table(placement: &Placement, language: Language) -> TableView {
    let checks = Check::ALL
        .into_iter()
        .map(|check| Column {
            plain: word(language, check_key(check)).into(),
            plugin: check.name(),
            weight: None,
        })
        .collect();
    // A score that is the same nothing for everybody says nothing.
    let counts = |index: usize| {
        placement.rows.iter().any(|row| {
            row.score.is_some_and(|(_, parts)| parts.get(index).is_some_and(|part| *part > 0))
        })
    };
    let used: Vec<(usize, Score)> =
        Score::ALL.into_iter().enumerate().filter(|(index, _)| counts(*index)).collect();
    let scores = used
        .iter()
        .map(|(_, score)| Column {
            plain: word(language, score_key(*score)).into(),
            plugin: score.name(),
            weight: Some(score.weight()),
        })
        .collect();
    let rows = placement
        .rows
        .iter()
        .map(|row| NodeRow {
            node: Rc::clone(&row.node),
            chosen: placement.chosen.as_ref() == Some(&row.node),
            verdict: row.line(placement, language).into(),
            cells: row.cells.to_vec(),
            scores: row.score.map(|(total, parts)| {
                let parts = used.iter().filter_map(|(index, _)| parts.get(*index).copied());
                (parts.collect(), total)
            }),
        })
        .collect();
    let at = placement.chosen.as_ref().map(|_| (placement.at, Rc::from(clock(placement.at))));
    TableView { at, checks, scores, rows, left_out: placement.left_out }
}
