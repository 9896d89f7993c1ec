//! The control loops: one card per workload, with its numbers and its last decision in a sentence.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::cluster::{Cluster, LoopId, LoopKey, sentence};
use crate::language::Language;
use crate::reconcile::Key;

/// A card.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The kind.
    pub kind: Kind,
    /// The key.
    pub key: ObjectKey,
    /// What is wanted.
    pub desired: Rc<str>,
    /// What is there.
    pub actual: i64,
    /// What is ready, or done.
    pub ready: i64,
    /// The last decision.
    pub decision: Rc<str>,
    /// When it was made, for the light.
    pub decided_millis: i64,
}

/// The cards of all workloads outside the system's namespace.
pub fn cards(cluster: &Cluster, language: Language) -> Vec<Card> {
    const KINDS: [(Kind, LoopId); 6] = [
        (Kind::CronJob, LoopId::CronJob),
        (Kind::Job, LoopId::Job),
        (Kind::Deployment, LoopId::Deployment),
        (Kind::ReplicaSet, LoopId::ReplicaSet),
        (Kind::ReplicationController, LoopId::ReplicationController),
        (Kind::DaemonSet, LoopId::DaemonSet),
    ];
    let mut all = Vec::new();
    for (kind, loop_id) in KINDS {
        for object in cluster.store().list(kind, None) {
            let key = object.key();
            if &*key.namespace == "kube-system" {
                continue;
            }
            let at = LoopKey { loop_id, key: Key::new(key.clone()) };
            let last = cluster.causes().last(&at);
            let decision =
                last.map(|(_, decision)| sentence(decision, language)).unwrap_or_default();
            let (desired, actual, ready) = numbers(&object);
            all.push(Card {
                kind,
                key,
                desired: desired.into(),
                actual,
                ready,
                decision: decision.into(),
                decided_millis: last.map_or(0, |(at, _)| at.unix_millis()),
            });
        }
    }
    all
}

fn numbers(object: &AnyObject) -> (String, i64, i64) {
    match object {
        AnyObject::ReplicationController(one) => {
            (one.spec.replicas.to_string(), one.status.replicas, one.status.ready)
        }
        AnyObject::ReplicaSet(one) => {
            (one.spec.replicas.to_string(), one.status.replicas, one.status.ready)
        }
        AnyObject::Deployment(one) => {
            (one.spec.replicas.to_string(), one.status.replicas, one.status.available)
        }
        AnyObject::DaemonSet(one) => {
            (one.status.desired.to_string(), one.status.current, one.status.ready)
        }
        AnyObject::Job(one) => {
            let goal = one.spec.completions.map_or_else(|| "1".to_owned(), |goal| goal.to_string());
            (goal, one.status.active, one.status.succeeded)
        }
        AnyObject::CronJob(one) => {
            let active = i64::try_from(one.status.active.len()).unwrap_or(0);
            (one.spec.schedule.to_string(), active, active)
        }
        _ => (String::new(), 0, 0),
    }
}
