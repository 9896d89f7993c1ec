//! When a pod that fitted nowhere is tried again: at once if something happened that could help, otherwise when its
//! back-off is over or after five minutes. Follows `pkg/scheduler/backend/queue/scheduling_queue.go`.
//!
//! Cost: a change that could help nobody is dropped after a look at what it is; one that could asks each waiting pod.
//! A pod that is woken during its back-off looks whether it fits now, and keeps silent if not, so that each waiting
//! pod records at most one failure in ten seconds. After that look it is tried again when its back-off is over, and
//! before that only while there is room left that nobody before it was woken for.

use std::rc::Rc;

use super::filters::{Check, Checks, check_alone};
use crate::api::core::{Node, Pod};
use crate::api::meta::{NodeName, ObjectKey};
use crate::api::object::AnyObject;
use crate::reconcile::{Key, Memories, Wake};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::store::{Change, NodeInfo, NodeSum, Operation, Store};

/// The first and the longest wait of a pod that fitted nowhere. Follows `podInitialBackoffSeconds`,
/// `podMaxBackoffSeconds`.
const FIRST_WAIT: Duration = Duration::from_seconds(1);
const LONGEST_WAIT: Duration = Duration::from_seconds(10);
/// After so long a pod is tried again even if nothing happened; that is looked at every 30 s.
const FLUSH_AFTER: Duration = Duration::from_seconds(300);
const FLUSH_PERIOD_SECONDS: i64 = 30;

/// What is remembered of a pod that fitted nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// How often it was tried.
    pub attempts: u32,
    /// When it was first tried.
    pub since: Time,
    /// When it was last tried.
    pub last: Time,
    /// Whether something happened since that could help: then it is tried again when its back-off is over.
    pub helped: bool,
    /// The checks that refused it.
    pub failed: Checks,
}

impl Memory {
    /// What is remembered after one more try in vain.
    pub(super) const fn failed_again(&self, failed: Checks, now: Time) -> Self {
        let since = if self.attempts == 0 { now } else { self.since };
        let attempts = self.attempts.saturating_add(1);
        Self { attempts, since, last: now, helped: false, failed }
    }

    /// Whether the pod waits at all.
    pub const fn waits(&self) -> bool {
        self.attempts > 0
    }

    /// Until when it is held back: 1, 2, 4, 8, then 10 s after the last try.
    pub fn held_until(&self) -> Time {
        let wait = (1..self.attempts.min(8)).fold(FIRST_WAIT, |wait, _| wait.doubled());
        self.last + wait.min(LONGEST_WAIT)
    }

    /// When it is tried again should nothing happen.
    pub(super) fn flushed_at(&self) -> Time {
        let due = (self.last + FLUSH_AFTER).unix_seconds();
        Time::from_unix_seconds((due.div_euclid(FLUSH_PERIOD_SECONDS) + 1) * FLUSH_PERIOD_SECONDS)
    }
}

/// Something that happened to what pods are placed by.
#[derive(Debug)]
pub(super) enum Happening<'a> {
    /// A bound pod was deleted or ended.
    PodGone(&'a Pod),
    /// A pod was bound.
    PodArrived(&'a Pod),
    /// A bound pod changed its labels, or began to leave.
    PodChanged { before: &'a Pod, after: &'a Pod },
    /// A node joined or changed.
    Node { before: Option<&'a Node>, after: &'a Rc<Node> },
    /// A node was deleted.
    NodeGone(&'a Rc<Node>),
}

impl Happening<'_> {
    /// The node that may have room now.
    fn node(&self) -> Option<&NodeName> {
        match self {
            Self::PodGone(gone) => gone.node.as_ref().or(gone.status.nominated_node.as_ref()),
            Self::Node { after, .. } => Some(&after.meta.name),
            Self::PodArrived(_) | Self::PodChanged { .. } | Self::NodeGone(_) => None,
        }
    }
}

/// Names the pods that a change concerns: a new one itself, and the waiting ones that it could help.
pub(super) fn wakes(change: &Change, store: &Store, memories: &Memories<Memory>, wake: Wake<'_>) {
    match (&change.object, &change.before) {
        (AnyObject::Pod(pod), before) => {
            let before = match before {
                Some(AnyObject::Pod(before)) => Some(&**before),
                _ => None,
            };
            if is_candidate_anew(change.operation, before, pod) {
                wake(Key::of(&pod.meta), Duration::ZERO);
            }
            if let Some(happening) = of_pod(change.operation, before, pod) {
                wake_waiting(&happening, store, memories, change.at, wake);
            }
        }
        (AnyObject::Node(node), _) if change.operation == Operation::Deleted => {
            wake_waiting(&Happening::NodeGone(node), store, memories, change.at, wake);
        }
        (AnyObject::Node(node), before) => {
            let before = match before {
                Some(AnyObject::Node(before)) => Some(&**before),
                _ => None,
            };
            let same = before.is_some_and(|before| {
                before.meta.labels == node.meta.labels
                    && before.spec == node.spec
                    && before.status.allocatable == node.status.allocatable
            });
            if !same {
                wake_waiting(
                    &Happening::Node { before, after: node },
                    store,
                    memories,
                    change.at,
                    wake,
                );
            }
        }
        _ => {}
    }
}

/// A pod without a node that is new, or that asks for something else than before.
fn is_candidate_anew(operation: Operation, before: Option<&Pod>, pod: &Pod) -> bool {
    operation != Operation::Deleted
        && pod.node.is_none()
        && before
            .is_none_or(|before| before.spec != pod.spec || before.meta.labels != pod.meta.labels)
}

fn of_pod<'a>(
    operation: Operation,
    before: Option<&'a Pod>,
    pod: &'a Pod,
) -> Option<Happening<'a>> {
    let counted = |pod: &Pod| pod.node.is_some() && !pod.status.phase.finished();
    let was = before.is_some_and(counted);
    let is = operation != Operation::Deleted && counted(pod);
    match (was, is, before) {
        (true, false, _) => Some(Happening::PodGone(pod)),
        (false, true, _) => Some(Happening::PodArrived(pod)),
        (true, true, Some(before)) => {
            let same = before.meta.labels == pod.meta.labels
                && before.meta.deleting() == pod.meta.deleting();
            (!same).then_some(Happening::PodChanged { before, after: pod })
        }
        // Room that was being made for a pod that is gone is free for others.
        (false, false, Some(before)) if operation == Operation::Deleted => {
            before.status.nominated_node.is_some().then_some(Happening::PodGone(pod))
        }
        _ => None,
    }
}

/// Wakes the waiting pods that a happening could help: those of high priority first, then those that wait longest.
fn wake_waiting(
    happening: &Happening<'_>,
    store: &Store,
    memories: &Memories<Memory>,
    now: Time,
    wake: Wake<'_>,
) {
    let mut woken: Vec<(i64, Time, &ObjectKey, usize)> = Vec::new();
    let mut helped: Vec<(&Key, &Rc<Pod>, &Memory)> = Vec::new();
    for (key, memory) in memories.iter().filter(|(_, memory)| memory.waits()) {
        let Some(pod) = store.pods().get(&key.object).filter(|pod| pod.node.is_none()) else {
            continue;
        };
        if could_help(happening, pod, memory.failed, store) {
            woken.push((-pod.spec.priority, memory.since, &key.object, helped.len()));
            helped.push((key, pod, memory));
        }
    }
    woken.order();
    // What is left of the node once those are there that were woken for it.
    let mut left = happening.node().and_then(|name| store.index().occupancy().node(name)).cloned();
    for (key, pod, memory) in woken.iter().filter_map(|(.., place)| helped.get(*place)) {
        let fits = left.as_ref().is_some_and(|left| check_alone(pod, left).is_none());
        let there = fits && !looks_elsewhere(memory.failed);
        // Room that is made for a pod is kept from others, who were woken before it.
        let free = pod.status.nominated_node.is_none();
        let known = free && memory.helped && now < memory.held_until();
        if known && !fits && !looks_elsewhere(memory.failed) {
            continue;
        }
        let new = wake((*key).clone(), Duration::ZERO);
        if new
            && there
            && let Some(left) = &mut left
        {
            left.sum.add(pod);
        }
    }
}

/// Whether a happening could help a pod that these checks refused.
fn could_help(happening: &Happening<'_>, pod: &Pod, failed: Checks, store: &Store) -> bool {
    // Before there were nodes, no check refused anything.
    let asked =
        failed.is_empty() || failed.iter().any(|check| check.cured_by(pod, happening, store));
    asked && (looks_elsewhere(failed) || fits_there(happening, pod, store))
}

/// Whether what happens on one node can make another one fit.
fn looks_elsewhere(failed: Checks) -> bool {
    failed.contains(Check::PodTopologySpread) || failed.contains(Check::InterPodAffinity)
}

/// What happened on one node helps only if that node can now take the pod, as far as one node can tell.
fn fits_there(happening: &Happening<'_>, pod: &Pod, store: &Store) -> bool {
    match happening {
        Happening::Node { after, .. } => {
            let empty = NodeInfo::new(Rc::clone(after), NodeSum::default());
            check_alone(pod, &empty).is_none()
        }
        Happening::PodGone(_) => {
            let info = happening.node().and_then(|name| store.index().occupancy().node(name));
            info.is_some_and(|info| check_alone(pod, info).is_none())
        }
        Happening::PodArrived(_) | Happening::PodChanged { .. } | Happening::NodeGone(_) => false,
    }
}
