//! Making room for a pod by pushing out pods of lower priority. Follows `pkg/scheduler/framework/preemption` and
//! `plugins/defaultpreemption`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::cycle::Cycle;
use super::diagnosis::Preemption;
use super::filters::Refusal;
use crate::api::conditions;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::value::Value;
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::store::{NodeInfo, Store};

/// The reason of the condition that pushed-out pods get.
pub(super) const REASON: &str = "PreemptionByScheduler";
/// On so many nodes room is looked for at most. Follows `minCandidateNodesAbsolute`.
const MOST_CANDIDATES: usize = 100;

/// Who is to go, and where from.
#[derive(Clone, Debug)]
pub(super) struct Victims {
    pub(super) node: Rc<str>,
    /// The most important first.
    pub(super) pods: Vec<Rc<Pod>>,
    /// How many of them break a disruption budget.
    breaches: usize,
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
    // In a full cluster in which all are equal, a look at each pod of each node would find nobody.
    if !cycle.store.index().occupancy().has_below(cycle.pod.spec.priority) {
        return Err(Preemption::Helpless(BTreeMap::new()));
    }
    let hopeful = refusals.iter().filter(|(_, refusal)| refusal.preemptible);
    let nodes = hopeful.filter_map(|(name, _)| cycle.info(name));
    let budgets = Budget::all(cycle.store);
    let (mut helpless, mut candidates) = (BTreeMap::new(), Vec::new());
    for info in nodes {
        match victims(cycle, info, &budgets) {
            Ok(victims) => candidates.push(victims),
            Err(Some(refusal)) => {
                helpless.insert(Rc::clone(&info.node.meta.name), refusal);
            }
            Err(None) => {}
        }
        // Nodes where no budget is broken are looked for beyond the limit.
        let clean = candidates.iter().any(|victims| victims.breaches == 0);
        if candidates.len() >= MOST_CANDIDATES && clean {
            break;
        }
    }
    candidates.into_iter().min_by_key(cost).ok_or(Preemption::Helpless(helpless))
}

/// A disruption budget as preemption looks at it.
struct Budget {
    namespace: Rc<str>,
    selector: Selector,
    allowed: i64,
    /// Pods whose disruption is counted already.
    disrupted: Value,
}

impl Budget {
    fn all(store: &Store) -> Vec<Self> {
        let budgets = store.plain_in(Kind::PodDisruptionBudget, None).map(|budget| {
            let selector = budget.body.at(&["spec", "selector"]);
            let status = |key: &str| budget.body.at(&["status", key]);
            Self {
                namespace: Rc::clone(&budget.meta.namespace),
                selector: Selector::from_label_selector(selector).unwrap_or(Selector::Nothing),
                allowed: status("disruptionsAllowed").and_then(Value::as_i64).unwrap_or(0),
                disrupted: status("disruptedPods").cloned().unwrap_or_default(),
            }
        });
        budgets.filter(|budget| !budget.selector.is_empty()).collect()
    }

    fn guards(&self, pod: &Pod) -> bool {
        self.namespace == pod.meta.namespace
            && self.selector.matches(&pod.meta.labels)
            && self.disrupted.get(&pod.meta.name).is_none()
    }
}

/// Which of some pods would break a budget if all were pushed out, in their order. Follows
/// `filterPodsWithPDBViolation`.
fn breaching(pods: &[Rc<Pod>], budgets: &[Budget]) -> Vec<bool> {
    let mut allowed: Vec<i64> = budgets.iter().map(|budget| budget.allowed).collect();
    let breaks = |pod: &Rc<Pod>| {
        let mut broken = false;
        for (_, left) in budgets.iter().zip(&mut allowed).filter(|(one, _)| one.guards(pod)) {
            *left -= 1;
            broken |= *left < 0;
        }
        broken
    };
    pods.iter().map(breaks).collect()
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

/// The pods that would have to go from a node: all of lower priority, less those that can stay. Those that would break
/// a budget are the first that may.
///
/// # Errors
/// Why the pod does not fit even without them; nothing if there are none. Follows `SelectVictimsOnNode`.
fn victims(
    cycle: &Cycle<'_>,
    info: &NodeInfo,
    budgets: &[Budget],
) -> Result<Victims, Option<Refusal>> {
    let (pod, node) = (cycle.pod, &info.node);
    let lower = cycle
        .store
        .pods_on(&node.meta.name)
        .filter(|other| other.spec.priority < pod.spec.priority && !other.status.phase.finished());
    let mut gone: Vec<Rc<Pod>> = lower.cloned().collect();
    if gone.is_empty() {
        return Err(None);
    }
    let mut info = info.clone();
    gone.iter().for_each(|other| info.sum.remove(other));
    if let Some(refusal) = refusal(cycle, &info, &gone) {
        return Err(Some(refusal));
    }
    let importance =
        |other: &Rc<Pod>| (Reverse(other.spec.priority), started(other), other.meta.key());
    gone.order_by_key(importance);
    let (mut pods, mut breaches) = (Vec::new(), 0);
    let breaking = breaching(&gone, budgets);
    let mut order: Vec<(bool, Rc<Pod>)> = breaking.into_iter().zip(gone.iter().cloned()).collect();
    order.order_by_key(|(breaks, _)| !breaks);
    for (breaks, other) in order {
        let without: Vec<Rc<Pod>> =
            gone.iter().filter(|gone| gone.meta.uid != other.meta.uid).cloned().collect();
        info.sum.add(&other);
        if refusal(cycle, &info, &without).is_none() {
            gone = without;
        } else {
            info.sum.remove(&other);
            pods.push(other);
            breaches += usize::from(breaks);
        }
    }
    pods.order_by_key(importance);
    Ok(Victims { node: Rc::clone(&node.meta.name), pods, breaches })
}

fn refusal(cycle: &Cycle<'_>, info: &NodeInfo, without: &[Rc<Pod>]) -> Option<Refusal> {
    Cycle::new(cycle.pod, cycle.store, without).check(info)
}

/// Since when a pod runs; one that does not yet counts as the latest.
fn started(pod: &Pod) -> Time {
    pod.status.start_time.unwrap_or(Time::from_unix_millis(i64::MAX))
}

/// What pushing these pods out costs, in the order in which it counts. Follows `pickOneNodeForPreemption`.
fn cost(victims: &Victims) -> (usize, i64, i64, usize, Reverse<Time>) {
    let highest = victims.pods.iter().map(|pod| pod.spec.priority).max().unwrap_or(i64::MIN);
    // Priorities may be negative: each counts from the lowest on.
    let sum = victims.pods.iter().map(|pod| pod.spec.priority + (1 << 31)).sum();
    let top = victims.pods.iter().filter(|pod| pod.spec.priority == highest);
    let earliest = top.map(|pod| started(pod)).min().unwrap_or_default();
    (victims.breaches, highest, sum, victims.pods.len(), Reverse(earliest))
}
