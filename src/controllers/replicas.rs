//! ReplicationController and ReplicaSet: one loop, two adapters. Follows
//! `pkg/controller/replicaset/{replica_set,replica_set_utils}.go`.
//!
//! Cost: the sums per owner (`store::Tally`) answer how many pods are there, active, ready and since when, and which
//! labels they carry. So one pod's change among 10,000 costs a look-up and one status write; pods are walked only when
//! something is to be adopted or released, or when some carry other labels than the rest, and of a Deployment's the few
//! that may be the first to be deleted (`store::Crews`).

use std::ops::Bound;
use std::rc::Rc;

use super::pods::{self, available, claim_pods, claims_settled};
use crate::api::apps::ReplicaSet;
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Pod, ReplicasSpec, ReplicasStatus, ReplicationController};
use crate::api::kind::Kind;
use crate::api::meta::{Labels, NodeName, ObjectKey, ObjectMeta, OwnerReference, Uid};
use crate::api::object::{AnyObject, Resource};
use crate::api::words::joined;
use crate::reconcile::{Controller, Failure, Key, Memories, Observed, Plan, Wake, Write};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::store::{Change, Crew, Store};

/// At most so many pods are created or deleted at a time. Follows `replicaset.BurstReplicas`.
const BURST: i64 = 500;
/// Of very many pods this part may be deleted at a time, so that ranking them again each time costs no more than
/// their number. All of it happens at one instant.
const SHARE: i64 = 16;

/// What the loop decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The set is gone.
    Gone,
    /// The set is being deleted: it neither creates nor deletes.
    BeingDeleted {
        /// Pods that are there.
        have: i64,
    },
    /// As many pods as wanted.
    Satisfied {
        /// Pods wanted.
        want: i64,
        /// Of those, ready.
        ready: i64,
    },
    /// Pods are missing.
    TooFew {
        /// Pods wanted.
        want: i64,
        /// Pods that are there.
        have: i64,
        /// Pods created now.
        creating: i64,
    },
    /// There are too many pods.
    TooMany {
        /// Pods wanted.
        want: i64,
        /// Pods that are there.
        have: i64,
        /// The pods deleted now.
        deleting: Rc<[Rc<str>]>,
    },
    /// A write was refused.
    Refused {
        /// Pods wanted.
        want: i64,
        /// Pods that are there.
        have: i64,
        /// The API server's words.
        message: Rc<str>,
    },
}

/// What differs between the two kinds.
trait Replicated: Resource {
    fn parts(&self) -> (&Rc<ReplicasSpec>, &ReplicasStatus);
    fn with_status(&self, status: ReplicasStatus) -> Self;
    fn of<'a>(store: &'a Store, key: &ObjectKey) -> Option<&'a Rc<Self>>;
    fn all<'a>(store: &'a Store, namespace: &'a str) -> Vec<&'a Rc<Self>>;
}

macro_rules! replicated {
    ($kind:ty, $table:ident) => {
        impl Replicated for $kind {
            fn parts(&self) -> (&Rc<ReplicasSpec>, &ReplicasStatus) {
                (&self.spec, &self.status)
            }
            fn with_status(&self, status: ReplicasStatus) -> Self {
                Self { meta: self.meta.clone(), spec: Rc::clone(&self.spec), status }
            }
            fn of<'a>(store: &'a Store, key: &ObjectKey) -> Option<&'a Rc<Self>> {
                store.$table().get(key)
            }
            fn all<'a>(store: &'a Store, namespace: &'a str) -> Vec<&'a Rc<Self>> {
                store.$table().iter_in(Some(namespace)).collect()
            }
        }
    };
}

replicated!(ReplicationController, replication_controllers);
replicated!(ReplicaSet, replica_sets);

/// Keeps the pods of replication controllers.
pub struct ReplicationControllerLoop;

/// Keeps the pods of replica sets.
pub struct ReplicaSetLoop;

impl Controller for ReplicationControllerLoop {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "replication-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        wakes::<ReplicationController>(change, store, wake);
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        reconcile::<ReplicationController>(key, seen, now)
    }
}

impl Controller for ReplicaSetLoop {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "replicaset-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        wakes::<ReplicaSet>(change, store, wake);
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        reconcile::<ReplicaSet>(key, seen, now)
    }
}

/// A set by its own changes (its status, which only this loop writes, left out); by the pods it owns; and by orphans
/// that it could adopt.
fn wakes<K: Replicated>(change: &Change, store: &Store, wake: Wake<'_>) {
    if let Some(set) = K::from_any(&change.object) {
        let before = change.before.as_ref().and_then(K::from_any);
        let only_status = before.is_some_and(|before| {
            before.parts().0 == set.parts().0 && before.meta().deletion == set.meta().deletion
        });
        if !only_status {
            wake(Key::of(set.meta()), Duration::ZERO);
        }
        return;
    }
    let AnyObject::Pod(pod) = &change.object else { return };
    let before = match &change.before {
        Some(AnyObject::Pod(before)) => Some(before),
        _ => None,
    };
    let owner = |pod: &Rc<Pod>| {
        let owner = pod.meta.controller().filter(|owner| *owner.kind == *K::KIND.name())?;
        Some(Key::named(&pod.meta.namespace, &owner.name, None))
    };
    let (new, old) = (owner(pod), before.and_then(owner));
    if let Some(key) = old
        && new.as_ref() != Some(&key)
    {
        wake(key, Duration::ZERO);
    }
    if let Some(key) = new {
        wake(key, Duration::ZERO);
    } else if pod.meta.controller().is_none() && pod.active() {
        let relabelled = before.is_none_or(|before| {
            before.meta.labels != pod.meta.labels || before.meta.controller().is_some()
        });
        if !relabelled {
            return;
        }
        for set in K::all(store, &pod.meta.namespace) {
            if set.parts().0.selector.matches(&pod.meta.labels) {
                wake(Key::of(set.meta()), Duration::ZERO);
            }
        }
    }
}

/// Follows `ReplicaSetController.syncReplicaSet`.
fn reconcile<K: Replicated>(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
    let Some(set) = K::of(seen.store, &key.object) else { return Plan::idle(Decision::Gone) };
    let (spec, _) = set.parts();
    let settled = claims_settled(seen.store, set.meta(), &spec.selector);
    let mut claimed = None;
    let mut writes = Vec::new();
    if !settled {
        let claim = claim_pods(seen.store, K::KIND, set.meta(), &spec.selector);
        writes = claim.writes;
        claimed = Some(claim.pods);
    }
    let tally = seen.store.index().tally(set.meta().uid);
    let have = claimed.as_ref().map_or(tally.active, |pods| count(pods.len()));
    let (decision, managing) = match seen.failure {
        Some(failure) => {
            let message = failure.error.message.as_str().into();
            (Decision::Refused { want: spec.replicas, have, message }, Vec::new())
        }
        None => manage(set, have, claimed.as_deref(), seen, now),
    };
    writes.extend(managing);
    let (status, wake) = status_of(set, claimed.as_deref(), seen, now);
    if status != *set.parts().1 {
        writes.push(Write::UpdateStatus(Rc::new(set.with_status(status)).into_any()));
    }
    Plan::writes(decision, writes).wake_at(wake)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Creates what is missing, deletes what is too much. Follows `manageReplicas`.
fn manage<K: Replicated>(
    set: &Rc<K>,
    have: i64,
    claimed: Option<&[Rc<Pod>]>,
    seen: &Observed<'_, ()>,
    now: Time,
) -> (Decision, Vec<Write>) {
    let (spec, _) = set.parts();
    let want = spec.replicas;
    if set.meta().deleting() {
        return (Decision::BeingDeleted { have }, Vec::new());
    }
    let about = Rc::clone(set).into_any();
    if have < want {
        let creating = (want - have).min(BURST);
        let prefix = joined(&[&set.meta().name, "-"]);
        let owners = Rc::new([OwnerReference::controller_of(K::KIND, set.meta())]) as Rc<[_]>;
        let pod = Pod::from_template(&spec.template, &set.meta().namespace, &prefix, &owners);
        let writes = (0..creating).map(|_| pods::create(pod.clone(), &about)).collect();
        return (Decision::TooFew { want, have, creating }, writes);
    }
    if have == want {
        let ready = seen.store.index().tally(set.meta().uid).ready;
        return (Decision::Satisfied { want, ready }, Vec::new());
    }
    let surplus = usize::try_from((have - want).min(BURST.max(have / SHARE))).unwrap_or(0);
    let crews = Crews::related_to(set.meta(), seen.store);
    let candidates = match claimed {
        Some(pods) => pods.iter().collect(),
        None => crews.candidates(set.meta().uid, surplus, seen.store),
    };
    let victims = pods::first_for_deletion(candidates.into_iter(), surplus, now, |pod| {
        pod.node.as_ref().map_or(0, |node| crews.together(node))
    });
    let deleting = victims.iter().map(|pod| Rc::clone(&pod.meta.name)).collect();
    let writes = victims.into_iter().map(|pod| pods::delete(pod, &about)).collect();
    (Decision::TooMany { want, have, deleting }, writes)
}

/// The crews of the ReplicaSets with the same controller. Follows `getIndirectlyRelatedPods`.
struct Crews<'a>(Vec<&'a Crew>);

impl<'a> Crews<'a> {
    fn related_to(set: &ObjectMeta, store: &'a Store) -> Self {
        let owner = set.controller().map(|owner| owner.uid);
        let siblings = owner.into_iter().flat_map(|owner| store.index().owned(owner));
        let siblings = siblings.filter(|(kind, _)| *kind == Kind::ReplicaSet);
        let siblings = siblings.filter_map(|(_, key)| store.replica_sets().get(key));
        Self(siblings.filter_map(|set| store.index().crews().of(set.meta.uid)).collect())
    }

    /// How many of their pods are on a node.
    fn together(&self, node: &NodeName) -> i64 {
        self.0.iter().map(|crew| crew.on(node)).sum()
    }

    /// Those of a set's active pods among which the first so many to be deleted are: of pods that differ by their nodes
    /// alone, the ones on the fullest nodes. Without related sets every node counts as empty, and all are candidates.
    fn candidates(&self, set: Uid, surplus: usize, store: &'a Store) -> Vec<&'a Rc<Pod>> {
        let Some(crew) = store.index().crews().of(set) else {
            return store.pods_of(set).filter(|pod| pod.active()).collect();
        };
        let mut nodes: Vec<_> =
            crew.steady().map(|(node, pods)| (self.together(node), pods)).collect();
        nodes.order_by(|(one, _), (other, _)| other.cmp(one));
        let mut enough = None;
        let mut found = 0;
        let fullest = nodes.into_iter().take_while(|(together, pods)| {
            if found >= surplus && enough != Some(*together) {
                return false;
            }
            found += pods.len();
            enough = Some(*together);
            true
        });
        let keys = crew.apart().chain(fullest.flat_map(|(_, pods)| pods));
        keys.filter_map(|key| store.pods().get(key)).collect()
    }
}

/// The status, and when the next pod becomes available. Follows `calculateStatus`.
fn status_of<K: Replicated>(
    set: &Rc<K>,
    claimed: Option<&[Rc<Pod>]>,
    seen: &Observed<'_, ()>,
    now: Time,
) -> (ReplicasStatus, Option<Time>) {
    let (spec, old) = set.parts();
    let store = seen.store;
    let tally = store.index().tally(set.meta().uid);
    let mut status = ReplicasStatus {
        replicas: tally.active,
        ready: tally.ready,
        available: tally.ready,
        observed_generation: set.meta().generation,
        conditions: old.conditions.clone(),
        ..ReplicasStatus::default()
    };
    let mut wake = None;
    // All pods, finished and leaving ones too, carry the same labels: so do the active ones.
    let uniform = tally.labels.len() == 1;
    let leaving;
    if uniform && claimed.is_none() {
        let whole = tally.labels.keys().all(|labels| carries(labels, &spec.template.labels));
        status.fully_labeled = if whole { tally.active } else { 0 };
        if spec.min_ready_seconds > 0 {
            // Those that were ready by then are available; the first after them is next.
            let wait = Duration::from_seconds(spec.min_ready_seconds);
            let mut young =
                tally.ready_since.range((Bound::Excluded(now - wait), Bound::Unbounded));
            wake = young.clone().next().map(|(since, _)| *since + wait);
            status.available = tally.ready - young.by_ref().map(|(_, pods)| *pods).sum::<i64>();
        }
        leaving = tally.leaving;
    } else {
        let own = || {
            let owned = store.pods_of(set.meta().uid);
            owned.filter(|pod| pod.meta.controller().is_some_and(|own| own.uid == set.meta().uid))
        };
        let matching = |pod: &&Rc<Pod>| spec.selector.matches(&pod.meta.labels);
        let active: Vec<Rc<Pod>> = match claimed {
            Some(pods) => pods.to_vec(),
            None => own().filter(matching).filter(|pod| pod.active()).cloned().collect(),
        };
        status.replicas = count(active.len());
        status.ready = count(active.iter().filter(|pod| pod.ready()).count());
        status.fully_labeled = count(
            active.iter().filter(|pod| carries(&pod.meta.labels, &spec.template.labels)).count(),
        );
        status.available = 0;
        for pod in &active {
            match available(pod, spec.min_ready_seconds, now) {
                Ok(()) => status.available += 1,
                Err(at) => wake = [wake, at].into_iter().flatten().min(),
            }
        }
        let going = |pod: &&Rc<Pod>| pod.meta.deleting() && !pod.status.phase.finished();
        leaving = count(own().filter(matching).filter(going).count());
    }
    if K::KIND == Kind::ReplicaSet {
        status.terminating = Some(leaving);
    }
    let failure = seen.failure.filter(|_| !set.meta().deleting());
    note_failure(&mut status.conditions, failure, now);
    (status, wake)
}

fn carries(labels: &Labels, wanted: &Labels) -> bool {
    labels == wanted || wanted.iter().all(|(key, value)| labels.text(key) == Some(value))
}

/// `ReplicaFailure` appears with the first refusal and goes with the first look without one.
fn note_failure(all: &mut Vec<Condition>, failure: Option<&Failure>, now: Time) {
    match failure {
        None => all.retain(|condition| &*condition.kind != "ReplicaFailure"),
        Some(failure) if conditions::find(all, "ReplicaFailure").is_none() => {
            let reason = if failure.creating { "FailedCreate" } else { "FailedDelete" };
            all.push(Condition::new(
                "ReplicaFailure",
                Status::True,
                reason,
                &failure.error.message,
                now,
            ));
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::value::Value;
    use crate::sim::rng::{Purpose, Seed};
    use crate::store::CauseId;

    const OWNER: &str =
        r#""ownerReferences":[{"kind":"Deployment","name":"d","uid":"d","controller":true}]"#;

    /// A store with three ReplicaSets of one Deployment and many pods of theirs, in all states.
    fn drawn(seed: Seed) -> Store {
        let mut store = Store::default();
        let mut put = |object: AnyObject| drop(store.put(object, Time::default(), CauseId(0)));
        for set in ["a", "b", "c"] {
            let text = format!(
                r#"{{"metadata":{{"name":"{set}","namespace":"default","uid":"{set}",{OWNER}}},"spec":{{"selector":{{"matchLabels":{{"s":"{set}"}}}},
                "template":{{"metadata":{{"labels":{{"s":"{set}"}}}},"spec":{{"containers":[{{"name":"c","image":"x"}}]}}}}}}}}"#
            );
            put(Rc::new(ReplicaSet::from_value(&Value::from_json(&text).unwrap())).into_any());
        }
        for number in 0..60 {
            let draw = |what: &str, of: &[&str]| {
                let drawn = seed.draw(Purpose::Id, what, number) as usize % of.len();
                of[drawn].to_owned()
            };
            let node = draw("node", &["n1", "n2", "n3", "n4", "n4", "n4", "n5", "n5", ""]);
            let bound =
                if node.is_empty() { String::new() } else { format!(r#""nodeName":"{node}","#) };
            let cost = draw("cost", &["", "", "", "", "", "", "-3", "7"]);
            let text = format!(
                r#"{{"metadata":{{"name":"p{number}","namespace":"default","uid":"{number:x}0",
                "annotations":{{"controller.kubernetes.io/pod-deletion-cost":"{cost}"}},
                "ownerReferences":[{{"kind":"ReplicaSet","name":"x","uid":"{}","controller":true}}]}},
                "spec":{{{bound}"containers":[{{"name":"c","image":"x"}}]}},
                "status":{{"phase":"{}","conditions":[{{"type":"Ready","status":"{}","lastTransitionTime":"2026-01-01T00:00:0{}Z"}}]}}}}"#,
                draw("set", &["a", "a", "b", "c"]),
                draw(
                    "phase",
                    &["Running", "Running", "Running", "Running", "Pending", "Unknown", "Failed"]
                ),
                draw("ready", &["True", "True", "True", "False"]),
                draw("since", &["0", "1", "2", "8"]),
            );
            put(Rc::new(Pod::from_value(&Value::from_json(&text).unwrap())).into_any());
        }
        store
    }

    #[test]
    fn candidates_hold_all_that_are_deleted_first() {
        let now = Time::parse_rfc3339("2026-01-01T00:00:09Z").unwrap();
        let mut looked_at = 0;
        for seed in (0..40).map(Seed) {
            let store = drawn(seed);
            let set = store.replica_sets().iter().next().unwrap();
            let crews = Crews::related_to(&set.meta, &store);
            let all: Vec<_> = store.pods_of(set.meta.uid).filter(|pod| pod.active()).collect();
            let together = |pod: &Pod| {
                let Some(node) = &pod.node else { return 0 };
                let on = |other: &&Rc<Pod>| other.node.as_ref() == Some(node) && other.active();
                count(store.pods().iter().filter(on).count())
            };
            for surplus in 1..all.len() {
                let few = crews.candidates(set.meta.uid, surplus, &store);
                looked_at += all.len() - few.len();
                let by_crew = |pod: &Pod| pod.node.as_ref().map_or(0, |node| crews.together(node));
                let found = pods::first_for_deletion(few.into_iter(), surplus, now, by_crew);
                let wanted = pods::first_for_deletion(all.iter().copied(), surplus, now, together);
                assert_eq!(found, wanted, "seed {seed:?}, {surplus} of {}", all.len());
            }
        }
        assert!(looked_at > 0, "all were candidates");
    }
}
