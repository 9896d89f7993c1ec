//! Making room for a pod by pushing out pods of lower priority. Follows `pkg/scheduler/framework/preemption` and
//! `plugins/defaultpreemption`. Budgets for disruptions are not looked at: nothing here keeps their counts.

use std::cmp::Reverse;
use std::rc::Rc;

use super::cycle::Cycle;
use super::diagnosis::Preemption;
use super::filters::Refusal;
use super::peers;
use crate::api::conditions;
use crate::api::core::{Node, Pod};
use crate::sim::Time;
use crate::store::NodeSum;

/// The reason of the condition that pushed-out pods get.
pub(super) const REASON: &str = "PreemptionByScheduler";
/// On so many nodes room is looked for at most. Follows `minCandidateNodesAbsolute`.
const MOST_CANDIDATES: usize = 100;

/// Who is to go, and where from.
#[derive(Clone, Debug)]
pub(super) struct Victims {
    pub(super) node: Rc<str>,
    pub(super) pods: Vec<Rc<Pod>>,
}

/// Finds the node where making room costs least.
///
/// # Errors
/// Why there is none.
pub(super) fn preempt(
    cycle: &Cycle<'_>,
    refusals: &[(Rc<str>, Refusal)],
) -> Result<Victims, Preemption> {
    eligible(cycle, refusals)?;
    let hopeful = refusals.iter().filter(|(_, refusal)| refusal.preemptible);
    let nodes = hopeful.filter_map(|(name, _)| peers::node(cycle.store, name));
    let candidates = nodes.filter_map(|node| victims(cycle, node)).take(MOST_CANDIDATES);
    candidates.min_by_key(cost).ok_or(Preemption::Helpless)
}

/// Follows `PodEligibleToPreemptOthers`.
fn eligible(cycle: &Cycle<'_>, refusals: &[(Rc<str>, Refusal)]) -> Result<(), Preemption> {
    let pod = cycle.pod;
    if !pod.spec.preempts {
        return Err(Preemption::never());
    }
    let Some(name) = &pod.status.nominated_node else { return Ok(()) };
    let hopeless = refusals.iter().any(|(node, refusal)| node == name && !refusal.preemptible);
    let leaving = |other: &Rc<Pod>| {
        other.meta.deleting()
            && other.spec.priority < pod.spec.priority
            && conditions::find(&other.status.conditions, "DisruptionTarget")
                .is_some_and(|condition| *condition.reason == *REASON)
    };
    match !hopeless && cycle.store.pods_on(name).any(leaving) {
        true => Err(Preemption::pending()),
        false => Ok(()),
    }
}

/// The pods that would have to go from a node: all of lower priority, less those that can stay. Follows
/// `SelectVictimsOnNode`.
fn victims(cycle: &Cycle<'_>, node: &Node) -> Option<Victims> {
    let pod = cycle.pod;
    let lower = cycle
        .store
        .pods_on(&node.meta.name)
        .filter(|other| other.spec.priority < pod.spec.priority && !other.status.phase.finished());
    let mut gone: Vec<Rc<Pod>> = lower.cloned().collect();
    if gone.is_empty() {
        return None;
    }
    let mut sum = cycle.sum(&node.meta.name).clone();
    gone.iter().for_each(|other| sum.remove(other));
    if !fits(cycle, node, &sum, &gone) {
        return None;
    }
    gone.sort_by_key(|other| (Reverse(other.spec.priority), started(other), other.meta.key()));
    let mut pods = Vec::new();
    for other in gone.clone() {
        let without: Vec<Rc<Pod>> =
            gone.iter().filter(|gone| gone.meta.uid != other.meta.uid).cloned().collect();
        sum.add(&other);
        if fits(cycle, node, &sum, &without) {
            gone = without;
        } else {
            sum.remove(&other);
            pods.push(other);
        }
    }
    Some(Victims { node: Rc::clone(&node.meta.name), pods })
}

fn fits(cycle: &Cycle<'_>, node: &Node, sum: &NodeSum, without: &[Rc<Pod>]) -> bool {
    let empty = NodeSum::default();
    Cycle::new(cycle.pod, cycle.store, without, &empty).check(node, sum).is_none()
}

/// Since when a pod runs; one that does not yet counts as the latest.
fn started(pod: &Pod) -> Time {
    pod.status.start_time.unwrap_or(Time::from_unix_millis(i64::MAX))
}

/// What pushing these pods out costs, in the order in which it counts. Follows `pickOneNodeForPreemption`.
fn cost(victims: &Victims) -> (i64, i64, usize, Reverse<Time>) {
    let highest = victims.pods.iter().map(|pod| pod.spec.priority).max().unwrap_or(i64::MIN);
    // Priorities may be negative: each counts from the lowest on.
    let sum = victims.pods.iter().map(|pod| pod.spec.priority + (1 << 31)).sum();
    let top = victims.pods.iter().filter(|pod| pod.spec.priority == highest);
    let earliest = top.map(|pod| started(pod)).min().unwrap_or_default();
    (highest, sum, victims.pods.len(), Reverse(earliest))
}
