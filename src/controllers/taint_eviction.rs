//! Deletes pods that a `NoExecute` taint drives out, after the time they tolerate it. Follows
//! `pkg/controller/tainteviction/taint_eviction.go`.
//!
//! A key is a pod. A change of a node's taints looks at the pods of that node only.

use std::rc::Rc;

use imbl::OrdMap;

use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Effect, Pod};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::reconcile::{Controller, DeleteOptions, Key, Note, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// No taint drives the pod out.
    Stays,
    /// It bears the taints for ever.
    ToleratesForEver,
    /// It will be deleted then.
    Waits {
        /// When.
        until: Time,
    },
    /// It is deleted.
    Evicted,
}

/// What is remembered: since when the taints were handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    since: Option<Time>,
}

/// The loop.
pub struct TaintEviction;

impl Controller for TaintEviction {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = "taint-eviction-controller";

    fn wakes(change: &Change, store: &Store, _: &OrdMap<Key, Memory>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::Node(node) if change.operation != Operation::Deleted => {
                let same = matches!(&change.before, Some(AnyObject::Node(before)) if before.spec.taints == node.spec.taints);
                if !same {
                    for pod in store.pods_on(&node.meta.name) {
                        wake(Key::of(&pod.meta), Duration::ZERO);
                    }
                }
            }
            AnyObject::Pod(pod) if change.operation != Operation::Deleted => {
                let before = match &change.before {
                    Some(AnyObject::Pod(before)) => Some(before),
                    _ => None,
                };
                let bound = before.is_none_or(|before| {
                    before.node != pod.node || before.spec.tolerations != pod.spec.tolerations
                });
                let tainted = pod
                    .node
                    .as_ref()
                    .and_then(|node| store.nodes().get(&ObjectKey::cluster(Rc::clone(node))));
                let driven = tainted.is_some_and(|node| {
                    node.spec.taints.iter().any(|taint| taint.effect == Effect::NoExecute)
                });
                if bound && driven {
                    wake(Key::of(&pod.meta), Duration::ZERO);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        let Some(pod) = seen.store.pods().get(&key.object) else {
            return Plan::idle(Decision::Stays);
        };
        let node = pod
            .node
            .as_ref()
            .and_then(|node| seen.store.nodes().get(&ObjectKey::cluster(Rc::clone(node))));
        let Some(node) = node.filter(|_| !pod.meta.deleting()) else {
            return Plan::idle(Decision::Stays);
        };
        let taints = node.spec.taints.iter().filter(|taint| taint.effect == Effect::NoExecute);
        // Of each taint the first toleration that bears it counts.
        let borne: Option<Vec<Option<i64>>> = taints
            .map(|taint| {
                pod.spec.tolerations.iter().find(|one| one.tolerates(taint)).map(|one| one.seconds)
            })
            .collect();
        let Some(borne) = borne else { return evict(pod, now) };
        let cancelled = |decision| match seen.memory.since {
            Some(_) => Plan::writes(decision, vec![tell(pod, "Cancelling deletion of Pod")])
                .remember(Memory::default()),
            None => Plan::idle(decision),
        };
        if borne.is_empty() {
            return cancelled(Decision::Stays);
        }
        let Some(seconds) = borne.into_iter().flatten().min() else {
            return cancelled(Decision::ToleratesForEver);
        };
        if seconds <= 0 {
            return evict(pod, now);
        }
        let since = seen.memory.since.unwrap_or(now);
        let until = since + Duration::from_seconds(seconds);
        if now >= until {
            return evict(pod, now);
        }
        Plan::idle(Decision::Waits { until })
            .wake_at(Some(until))
            .remember(Memory { since: Some(since) })
    }
}

fn tell(pod: &Rc<Pod>, words: &str) -> Write {
    let text = format!("{words} {}/{}", pod.meta.namespace, pod.meta.name);
    Write::Event {
        about: AnyObject::Pod(Rc::clone(pod)),
        field_path: String::new(),
        note: Note::normal("TaintManagerEviction", text),
    }
}

fn evict(pod: &Rc<Pod>, now: Time) -> Plan<Decision, Memory> {
    let mut marked = Pod::clone(pod);
    let mut all = marked.status.conditions.to_vec();
    let message = "Taint manager: deleting due to NoExecute taint";
    conditions::set(
        &mut all,
        Condition::new("DisruptionTarget", Status::True, "DeletionByTaintManager", message, now),
    );
    marked.status.conditions = all.into();
    let writes = vec![
        tell(pod, "Marking for deletion Pod"),
        Write::UpdateStatus(AnyObject::Pod(Rc::new(marked))),
        Write::Delete {
            kind: Kind::Pod,
            key: pod.meta.key(),
            options: DeleteOptions { uid: Some(pod.meta.uid), ..DeleteOptions::default() },
            note: None,
            about: None,
        },
    ];
    Plan::writes(Decision::Evicted, writes).remember(Memory::default())
}
