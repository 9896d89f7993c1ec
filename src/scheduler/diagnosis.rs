//! Why a pod fits nowhere, in the words of `FailedScheduling`. Follows `framework.FitError` and
//! `preemption.Evaluator`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::filters::{Checks, Refusal};
use crate::sim::order::Order as _;

/// How many nodes are listed one by one; of more only the counts are kept. See `scheduler::table` for all.
const LISTED: usize = 100;

/// What the scheduler found about each node, and said about all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// How many nodes there are.
    pub nodes: usize,
    /// Nodes that were asked, each with its refusal; the first hundred.
    pub refusals: Rc<[(Rc<str>, Refusal)]>,
    /// Nodes that were not asked because the pod names others: how many, and what is said of them.
    pub narrowed: Option<(usize, Refusal)>,
    /// The checks that refused.
    pub checks: Checks,
    /// The text of the event.
    pub message: Rc<str>,
}

/// What became of the attempt to make room by pushing out pods of lower priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Preemption {
    /// The pod may not push others out, or waits for those it pushed out.
    NotEligible(&'static str),
    /// No node where it would help; why the pod would not fit even then, on nodes with pods of lower priority.
    Helpless(BTreeMap<Rc<str>, Refusal>),
    /// Room is being made.
    Begun,
}

const NEVER: &str = "not eligible due to preemptionPolicy=Never.";
const PENDING: &str = "not eligible due to a terminating pod on the nominated node.";

impl Preemption {
    /// The pod's policy forbids it.
    pub(super) const fn never() -> Self {
        Self::NotEligible(NEVER)
    }

    /// The pods it pushed out are still on their way out.
    pub(super) const fn pending() -> Self {
        Self::NotEligible(PENDING)
    }
}

/// Sums up what was found.
pub(super) fn diagnose(
    nodes: usize,
    refusals: &[(Rc<str>, Refusal)],
    narrowed: Option<(usize, Refusal)>,
    preemption: &Preemption,
) -> Diagnosis {
    let mut checks = Checks::default();
    for (_, refusal) in refusals {
        checks.insert(refusal.check);
    }
    if let Some((_, refusal)) = &narrowed {
        checks.insert(refusal.check);
    }
    let message = match nodes {
        0 => "no nodes available to schedule pods".into(),
        _ => message(nodes, refusals, narrowed.as_ref(), preemption).into(),
    };
    let refusals = refusals.iter().take(LISTED).cloned().collect();
    Diagnosis { nodes, refusals, narrowed, checks, message }
}

fn message(
    nodes: usize,
    refusals: &[(Rc<str>, Refusal)],
    narrowed: Option<&(usize, Refusal)>,
    preemption: &Preemption,
) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut helpful: BTreeMap<&str, usize> = BTreeMap::new();
    let one_by_one = refusals.iter().map(|(_, refusal)| (1, refusal));
    let together = narrowed.map(|(count, refusal)| (*count, refusal));
    for (count, refusal) in one_by_one.chain(together) {
        for reason in refusal.reasons() {
            *reasons.entry(reason).or_default() += count;
        }
    }
    let none = BTreeMap::new();
    let tried = if let Preemption::Helpless(tried) = preemption { tried } else { &none };
    let each = refusals.iter().map(|(node, refusal)| (1, refusal, tried.get(node)));
    let others = together.map(|(count, refusal)| (count, refusal, None));
    for (count, refusal, tried) in each.chain(others) {
        match (refusal.preemptible, tried) {
            (true, Some(still)) => {
                still.reasons().for_each(|reason| *helpful.entry(reason).or_default() += count);
            }
            (true, None) => {
                *helpful.entry("No preemption victims found for incoming pod").or_default() +=
                    count;
            }
            (false, _) => {
                *helpful.entry("Preemption is not helpful for scheduling").or_default() += count;
            }
        }
    }
    let head = format!("0/{nodes} nodes are available: {}.", listed(&reasons));
    // What the plugin for dynamic resources says comes before, whether anybody uses them or not.
    let tail = |text: &str| format!("{head} no new claims to deallocate, preemption: {text}");
    match preemption {
        Preemption::Begun => head,
        Preemption::NotEligible(why) => tail(why),
        Preemption::Helpless(_) => {
            tail(&format!("0/{nodes} nodes are available: {}.", listed(&helpful)))
        }
    }
}

/// `1 Too many pods, 2 Insufficient cpu`: sorted as strings.
fn listed(reasons: &BTreeMap<&str, usize>) -> String {
    let mut texts: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    texts.order();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::filters::Check;

    #[test]
    fn counts_are_sorted_as_strings() {
        let full = Refusal::preemptible(Check::NodeResourcesFit, "Insufficient cpu");
        let cordoned = Refusal::lasting(Check::NodeUnschedulable, "node(s) were unschedulable");
        let nodes = |count: usize, refusal: &Refusal| vec![("n".into(), refusal.clone()); count];
        let all = [nodes(10, &full), nodes(2, &cordoned)].concat();
        let told = diagnose(12, &all, None, &Preemption::Helpless(BTreeMap::new())).message;
        let expected = "0/12 nodes are available: 10 Insufficient cpu, 2 node(s) were unschedulable. \
            no new claims to deallocate, preemption: 0/12 nodes are available: \
            10 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.";
        assert_eq!(&*told, expected);
    }
}
