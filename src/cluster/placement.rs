//! The table of a scheduling decision: nodes and checks. For a bound pod what was recorded when it was bound, with the
//! scores; for one that waits, what each check says now.

use std::rc::Rc;

use super::causes::AnyDecision;
use super::chain;
use super::facade::Cluster;
use crate::api::meta::NodeName;
use crate::api::object::AnyObject;
use crate::language::{Language, Text, word};
use crate::scheduler::{self, Check, Decision, Ranked, Refusal, Score};
use crate::sim::Time;
use crate::sim::order::Order as _;

/// So many nodes are listed; of the rest only the number is told.
const LISTED: usize = 60;

/// What a check said of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It lets the pod in.
    Passed,
    /// It does not, in upstream's words.
    Refused(Rc<str>),
    /// It was not asked: one before it had refused.
    NotAsked,
}

/// A node in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The node.
    pub node: NodeName,
    /// What each check said, in the order of [`Check::ALL`].
    pub cells: [Cell; 7],
    /// If it was scored: the sum, and the parts already weighted, in the order of [`Score::ALL`].
    pub score: Option<(i64, [i64; 7])>,
}

impl Row {
    /// Whether every check let the pod in.
    pub fn fits(&self) -> bool {
        self.cells.iter().all(|cell| *cell == Cell::Passed)
    }

    /// The first check that refused, and its words.
    pub fn refusal(&self) -> Option<(Check, &Rc<str>)> {
        Check::ALL.into_iter().zip(&self.cells).find_map(|(check, cell)| match cell {
            Cell::Refused(words) => Some((check, words)),
            Cell::Passed | Cell::NotAsked => None,
        })
    }
}

/// The table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Of when it is.
    pub at: Time,
    /// The node that was chosen.
    pub chosen: Option<NodeName>,
    /// The nodes: the chosen one first, then those that fit, then the others.
    pub rows: Vec<Row>,
    /// How many nodes are not listed.
    pub left_out: usize,
}

/// The table of a pod; nothing for other objects, and for pods that no scheduler placed.
pub(super) fn of(cluster: &Cluster, object: &AnyObject) -> Option<Placement> {
    let AnyObject::Pod(pod) = object else { return None };
    if pod.node.is_some() {
        return bound(cluster, object);
    }
    let waits = pod.active() && !pod.spec.gated;
    waits.then(|| {
        let all = scheduler::table(pod, cluster.store());
        let left_out = all.len().saturating_sub(LISTED);
        let mut rows: Vec<Row> = all.into_iter().take(LISTED).map(waiting).collect();
        rows.order_by_key(|row| !row.fits());
        Placement { at: cluster.now(), chosen: None, rows, left_out }
    })
}

fn waiting((node, verdicts): (NodeName, [Option<Refusal>; 7])) -> Row {
    let cells =
        verdicts.map(|verdict| verdict.map_or(Cell::Passed, |one| Cell::Refused(words(&one))));
    Row { node, cells, score: None }
}

/// All texts of a refusal.
fn words(refusal: &Refusal) -> Rc<str> {
    refusal.reasons().collect::<Vec<_>>().join(", ").into()
}

/// What was recorded when a pod was bound.
fn bound(cluster: &Cluster, object: &AnyObject) -> Option<Placement> {
    let change = chain::binding(cluster, object)?;
    let cause = cluster.causes().get(change.cause)?;
    let Some(AnyDecision::Scheduler(Decision::Bound { node, ranking, feasible, refusals })) =
        cause.decision()
    else {
        return None;
    };
    let mut rows: Vec<Row> = ranking.iter().map(scored).collect();
    // A single node that fits is not scored.
    if let ([row], 1) = (rows.as_mut_slice(), *feasible) {
        row.score = None;
    }
    rows.extend(refusals.iter().map(|(node, refusal)| stopped(node, refusal)));
    let known = rows.len();
    rows.truncate(LISTED);
    let asked = feasible + refusals.len();
    let left_out = asked.max(known) - rows.len();
    Some(Placement { at: change.at, chosen: Some(Rc::clone(node)), rows, left_out })
}

fn scored(ranked: &Ranked) -> Row {
    let mut parts = ranked.parts.map(i64::from);
    for (part, score) in parts.iter_mut().zip(Score::ALL) {
        *part *= score.weight();
    }
    let cells = Check::ALL.map(|_| Cell::Passed);
    Row { node: Rc::clone(&ranked.node), cells, score: Some((ranked.total, parts)) }
}

fn stopped(node: &NodeName, refusal: &Refusal) -> Row {
    let cells = Check::ALL.map(|check| match check.cmp(&refusal.check) {
        std::cmp::Ordering::Less => Cell::Passed,
        std::cmp::Ordering::Equal => Cell::Refused(words(refusal)),
        std::cmp::Ordering::Greater => Cell::NotAsked,
    });
    Row { node: Rc::clone(node), cells, score: None }
}

/// The key of a check in plain words.
pub const fn check_key(check: Check) -> &'static str {
    match check {
        Check::NodeUnschedulable => "check.unschedulable",
        Check::TaintToleration => "check.taint",
        Check::NodeAffinity => "check.affinity",
        Check::NodePorts => "check.ports",
        Check::NodeResourcesFit => "check.resources",
        Check::PodTopologySpread => "check.spread",
        Check::InterPodAffinity => "check.neighbours",
    }
}

/// The key of a score in plain words.
pub const fn score_key(score: Score) -> &'static str {
    match score {
        Score::TaintToleration => "score.taint",
        Score::NodeAffinity => "score.affinity",
        Score::PodTopologySpread => "score.spread",
        Score::InterPodAffinity => "score.neighbours",
        Score::LeastAllocated => "score.room",
        Score::BalancedAllocation => "score.balance",
        Score::ImageLocality => "score.image",
    }
}

impl Placement {
    /// The table as lines for a terminal: one per node, plain words first.
    pub fn lines(&self, language: Language) -> Vec<String> {
        let mut lines = vec![word(language, "why.nodes")];
        lines.extend(self.rows.iter().map(|row| format!("  {}", row.line(self, language))));
        if self.left_out > 0 {
            let text = Text::new("why.more-nodes").with("count", self.left_out);
            lines.push(format!("  {}", text.render(language)));
        }
        lines
    }
}

impl Row {
    /// The row as a sentence.
    pub fn line(&self, table: &Placement, language: Language) -> String {
        let text = match (self.refusal(), self.score) {
            (Some((check, what)), _) => {
                Text::new(super::why::refusal_key(check)).with("what", what)
            }
            (None, Some((total, parts))) => {
                let parts: Vec<String> = Score::ALL
                    .into_iter()
                    .zip(parts)
                    .filter(|(_, part)| *part > 0)
                    .map(|(score, part)| format!("{} {part}", word(language, score_key(score))))
                    .collect();
                let chosen = table.chosen.as_ref() == Some(&self.node);
                Text::new(if chosen { "why.chosen" } else { "why.scored" })
                    .with("total", total)
                    .with("parts", parts.join(", "))
            }
            (None, None) if table.chosen.as_ref() == Some(&self.node) => Text::new("why.only-one"),
            (None, None) => Text::new("why.fits"),
        };
        text.with("nodes", &self.node).render(language)
    }
}
