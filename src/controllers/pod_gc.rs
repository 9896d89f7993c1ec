//! Removes pods that nobody else will: those of nodes that are gone. Follows `pkg/controller/podgc/gc_controller.go`.
//!
//! A key is the name of a node.

use std::rc::Rc;

use imbl::OrdMap;

use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Phase, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectKey};
use crate::api::object::AnyObject;
use crate::reconcile::{Controller, DeleteOptions, Key, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// How often it looks.
const PERIOD_SECONDS: i64 = 20;
/// How long a node must be gone before its pods go.
const QUARANTINE: Duration = Duration::from_seconds(40);

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The node is there.
    NodeLives,
    /// The node is gone; its pods are looked at then.
    Quarantine {
        /// When.
        until: Time,
    },
    /// The pods of a node that is gone are removed.
    Removed {
        /// How many.
        pods: usize,
    },
}

/// What is remembered: when the node's pods may be removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    until: Option<Time>,
}

/// The loop.
pub struct PodGc;

impl Controller for PodGc {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = "pod-garbage-collector";

    fn wakes(change: &Change, store: &Store, _: &OrdMap<Key, Memory>, wake: Wake<'_>) {
        let missing =
            |name: &NodeName| store.nodes().get(&ObjectKey::cluster(Rc::clone(name))).is_none();
        match &change.object {
            AnyObject::Node(node) if change.operation != Operation::Modified => {
                wake(Key::of(&node.meta), Duration::ZERO)
            }
            AnyObject::Pod(pod) if change.operation != Operation::Deleted => {
                if let Some(node) = pod.node.as_ref().filter(|node| missing(node)) {
                    wake(Key::new(ObjectKey::cluster(Rc::clone(node))), Duration::ZERO);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        if seen.store.nodes().get(&key.object).is_some() {
            return Plan::idle(Decision::NodeLives).remember(Memory::default());
        }
        let pods: Vec<Rc<Pod>> = seen.store.pods_on(&key.object.name).cloned().collect();
        if pods.is_empty() {
            return Plan::idle(Decision::Removed { pods: 0 });
        }
        let until = seen.memory.until.unwrap_or_else(|| next_look(next_look(now) + QUARANTINE));
        if now < until {
            return Plan::idle(Decision::Quarantine { until })
                .wake_at(Some(until))
                .remember(Memory { until: Some(until) });
        }
        let writes = pods.iter().flat_map(|pod| remove(pod, now)).collect();
        Plan::writes(Decision::Removed { pods: pods.len() }, writes)
    }
}

fn next_look(at: Time) -> Time {
    let seconds = (at.unix_millis() + 999).div_euclid(1000);
    Time::from_unix_seconds(
        (seconds + PERIOD_SECONDS - 1).div_euclid(PERIOD_SECONDS) * PERIOD_SECONDS,
    )
}

fn remove(pod: &Rc<Pod>, now: Time) -> Vec<Write> {
    let mut writes = Vec::new();
    if !pod.status.phase.finished() {
        let mut marked = Pod::clone(pod);
        marked.status.phase = Phase::Failed;
        let mut all = marked.status.conditions.to_vec();
        let message = "PodGC: node no longer exists";
        conditions::set(
            &mut all,
            Condition::new("DisruptionTarget", Status::True, "DeletionByPodGC", message, now),
        );
        marked.status.conditions = all.into();
        writes.push(Write::UpdateStatus(AnyObject::Pod(Rc::new(marked))));
    }
    writes.push(Write::Delete {
        kind: Kind::Pod,
        key: pod.meta.key(),
        options: DeleteOptions {
            grace_seconds: Some(0),
            uid: Some(pod.meta.uid),
            propagation: None,
        },
        note: None,
        about: None,
    });
    writes
}
