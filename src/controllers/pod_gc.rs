//! Removes pods that nobody else will: those of nodes that are gone or out of service, and finished ones beyond a
//! limit. Follows `pkg/controller/podgc/gc_controller.go`.
//!
//! A key is the name of a node, or the cluster as a whole for finished pods. Upstream looks at all pods every 20 s;
//! here only what could be removed is looked at, at the second at which upstream would look.

use std::rc::Rc;

use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Node, Phase, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectKey};
use crate::api::object::AnyObject;
use crate::reconcile::{Controller, DeleteOptions, Key, Memories, Observed, Plan, Wake, Write};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// How often upstream looks. Follows `gcCheckPeriod`.
const PERIOD_SECONDS: i64 = 20;
/// How long a node must be gone before its pods go. Follows `quarantineTime`.
const QUARANTINE: Duration = Duration::from_seconds(40);
/// So many finished pods are kept. Follows `--terminated-pod-gc-threshold`.
const KEPT_FINISHED: usize = 12_500;
/// The taint that says a node will not come back soon. Its effect and value do not matter here.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The node is there, and looks after its pods.
    NodeLives,
    /// The node is gone; its pods are looked at then.
    Quarantine {
        /// When.
        until: Time,
    },
    /// Pods of a node that is gone are removed.
    Removed {
        /// How many.
        pods: usize,
    },
    /// Terminating pods of a node that is out of service are removed.
    OutOfService {
        /// How many.
        pods: usize,
    },
    /// Finished pods beyond the limit are removed.
    TooManyFinished {
        /// How many.
        pods: usize,
    },
    /// It looks at the next full 20 seconds.
    NotYet,
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

    fn wakes(change: &Change, store: &Store, _: &Memories<Memory>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::Node(node) => {
                let matters = change.operation != Operation::Modified || out_of_service(node);
                if matters {
                    wake(Key::of(&node.meta), Duration::ZERO);
                }
            }
            AnyObject::Pod(pod) if change.operation != Operation::Deleted => {
                let node = pod.node.as_ref().map(|name| (name, find(store, name)));
                match node {
                    Some((name, None)) => {
                        wake(key_of(name), Duration::ZERO);
                    }
                    Some((name, Some(node))) if pod.meta.deleting() && out_of_service(node) => {
                        wake(key_of(name), Duration::ZERO);
                    }
                    _ => {}
                }
                let was_finished = matches!(
                    &change.before,
                    Some(AnyObject::Pod(before)) if before.status.phase.finished()
                );
                if pod.status.phase.finished()
                    && !was_finished
                    && store.index().finished_pods() > KEPT_FINISHED
                {
                    wake(Key::whole(), Duration::ZERO);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        if *key == Key::whole() {
            return remove_finished(seen.store, now);
        }
        if let Some(node) = seen.store.nodes().get(&key.object) {
            return look_at_node(node, seen, now);
        }
        let pods: Vec<&Rc<Pod>> = seen.store.pods_on(&key.object.name).collect();
        if pods.is_empty() {
            return Plan::idle(Decision::Removed { pods: 0 }).remember(Memory::default());
        }
        let until = seen.memory.until.unwrap_or_else(|| look_from(look_from(now) + QUARANTINE));
        if now < until {
            return Plan::idle(Decision::Quarantine { until })
                .wake_at(Some(until))
                .remember(Memory { until: Some(until) });
        }
        let condition = Condition::new(
            "DisruptionTarget",
            Status::True,
            "DeletionByPodGC",
            "PodGC: node no longer exists",
            now,
        );
        let writes = pods.iter().flat_map(|pod| remove(pod, Some(&condition))).collect();
        Plan::writes(Decision::Removed { pods: pods.len() }, writes)
    }
}

fn key_of(node: &NodeName) -> Key {
    Key::new(ObjectKey::cluster(Rc::clone(node)))
}

fn find<'a>(store: &'a Store, name: &NodeName) -> Option<&'a Rc<Node>> {
    store.nodes().get(&ObjectKey::cluster(Rc::clone(name)))
}

/// Whether a node is not ready and somebody said that it will not come back soon.
fn out_of_service(node: &Node) -> bool {
    !node.ready() && node.spec.taints.iter().any(|taint| *taint.key == *OUT_OF_SERVICE)
}

/// The first look of upstream at or after a time.
const fn look_from(at: Time) -> Time {
    let period = PERIOD_SECONDS * 1000;
    Time::from_unix_millis((at.unix_millis() + period - 1).div_euclid(period) * period)
}

/// The pods that are being deleted on a node that is out of service are removed. Follows `gcTerminating`.
fn look_at_node(node: &Node, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
    let calm = |plan: Plan<Decision, Memory>| match seen.memory.until {
        Some(_) => plan.remember(Memory::default()),
        None => plan,
    };
    let leaving = seen.store.pods_on(&node.meta.name).filter(|pod| pod.meta.deleting());
    let pods: Vec<&Rc<Pod>> = leaving.filter(|_| out_of_service(node)).collect();
    if pods.is_empty() {
        return calm(Plan::idle(Decision::NodeLives));
    }
    let at = look_from(now);
    if now < at {
        return calm(Plan::idle(Decision::NotYet).wake_at(Some(at)));
    }
    let writes = pods.iter().flat_map(|pod| remove(pod, None)).collect();
    calm(Plan::writes(Decision::OutOfService { pods: pods.len() }, writes))
}

/// Of the finished pods beyond the limit, evicted ones go first, then the oldest. Follows `gcTerminated`.
fn remove_finished(store: &Store, now: Time) -> Plan<Decision, Memory> {
    let extra = store.index().finished_pods().saturating_sub(KEPT_FINISHED);
    if extra == 0 {
        return Plan::idle(Decision::TooManyFinished { pods: 0 });
    }
    let at = look_from(now);
    if now < at {
        return Plan::idle(Decision::NotYet).wake_at(Some(at));
    }
    let mut finished: Vec<&Rc<Pod>> =
        store.pods().iter().filter(|pod| pod.status.phase.finished()).collect();
    finished.order_by_key(|pod| {
        let evicted = pod.status.phase == Phase::Failed && *pod.status.reason == *"Evicted";
        (!evicted, pod.meta.created.cut_to_second(), Rc::clone(&pod.meta.name))
    });
    let writes = finished.iter().take(extra).flat_map(|pod| remove(pod, None)).collect();
    Plan::writes(Decision::TooManyFinished { pods: extra }, writes)
}

/// Marks a pod as failed unless it is over, and removes it. Follows `markFailedAndDeletePodWithCondition`.
fn remove(pod: &Rc<Pod>, condition: Option<&Condition>) -> Vec<Write> {
    let mut writes = Vec::new();
    if !pod.status.phase.finished() {
        let mut marked = Pod::clone(pod);
        marked.status.phase = Phase::Failed;
        if let Some(condition) = condition {
            let mut all = marked.status.conditions.to_vec();
            conditions::set(&mut all, condition.clone());
            marked.status.conditions = all.into();
        }
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
