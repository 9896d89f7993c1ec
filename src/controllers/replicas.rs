//! ReplicationController and ReplicaSet: one loop, two adapters. Follows
//! `pkg/controller/replicaset/{replica_set,replica_set_utils}.go`.
//!
//! Cost: the sums per owner (`store::Tally`) answer how many pods are there, active, ready and since when, and which
//! labels they carry. So one pod's change among 10,000 costs a look-up and one status write; pods are walked only when
//! something is to be adopted, released or deleted, or when some carry other labels than the rest.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use super::pods::{self, available, claim_pods, claims_settled};
use crate::api::apps::ReplicaSet;
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Pod, ReplicasSpec, ReplicasStatus, ReplicationController};
use crate::api::kind::Kind;
use crate::api::meta::{Labels, ObjectKey, ObjectMeta, OwnerReference};
use crate::api::object::{AnyObject, Resource};
use crate::reconcile::{Controller, Failure, Key, Memories, Observed, Plan, Wake, Write};
use crate::sim::order::Gather as _;
use crate::sim::{Duration, Time};
use crate::store::{Change, Store};

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
        Some(ObjectKey::new(Rc::clone(&pod.meta.namespace), Rc::clone(&owner.name)))
    };
    let (new, old) = (owner(pod), before.and_then(owner));
    if let Some(key) = &old
        && new.as_ref() != Some(key)
    {
        wake(Key::new(key.clone()), Duration::ZERO);
    }
    if let Some(key) = new {
        wake(Key::new(key), Duration::ZERO);
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
        let prefix = format!("{}-", set.meta().name);
        let owners = Rc::new([OwnerReference::controller_of(K::KIND, set.meta())]) as Rc<[_]>;
        let pod = Pod::from_template(&spec.template, &set.meta().namespace, &prefix, &owners);
        let writes = (0..creating).map(|_| pods::create(pod.clone(), &about)).collect();
        return (Decision::TooFew { want, have, creating }, writes);
    }
    if have == want {
        let ready = seen.store.index().tally(set.meta().uid).ready;
        return (Decision::Satisfied { want, ready }, Vec::new());
    }
    let active: Vec<&Rc<Pod>> = match claimed {
        Some(pods) => pods.iter().collect(),
        None => seen.store.pods_of(set.meta().uid).filter(|pod| pod.active()).collect(),
    };
    let together = related_on_nodes(set.meta(), &active, seen.store);
    let surplus = usize::try_from((have - want).min(BURST.max(have / SHARE))).unwrap_or(0);
    let victims = pods::first_for_deletion(active.into_iter(), surplus, now, |pod| {
        pod.node.as_ref().and_then(|node| together.get(&address(node)).copied()).unwrap_or(0)
    });
    let deleting = victims.iter().map(|pod| Rc::clone(&pod.meta.name)).collect();
    let writes = victims.into_iter().map(|pod| pods::delete(pod, &about)).collect();
    (Decision::TooMany { want, have, deleting }, writes)
}

/// Where a name lies: of equal names mostly one copy is shared.
fn address(name: &Rc<str>) -> *const u8 {
    name.as_ptr()
}

/// How many active pods of the ReplicaSets with the same controller lie on each node, by where the node's name lies.
/// `own` are those of the set itself. Follows `getPodsRankedByRelatedPodsOnSameNode`.
fn related_on_nodes(set: &ObjectMeta, own: &[&Rc<Pod>], store: &Store) -> BTreeMap<*const u8, i64> {
    let Some(owner) = set.controller() else { return BTreeMap::new() };
    let mut copies: BTreeMap<*const u8, (&str, i64)> = BTreeMap::new();
    let siblings = store.index().owned(owner.uid).filter(|(kind, _)| *kind == Kind::ReplicaSet);
    let others = siblings.filter_map(|(_, key)| store.replica_sets().get(key));
    let others = others.filter(|other| other.meta.uid != set.uid);
    let theirs = others.flat_map(|other| store.pods_of(other.meta.uid)).filter(|pod| pod.active());
    for pod in own.iter().copied().chain(theirs) {
        if let Some(node) = &pod.node {
            copies.entry(address(node)).or_insert((node, 0)).1 += 1;
        }
    }
    let mut nodes: BTreeMap<&str, i64> = BTreeMap::new();
    for (node, count) in copies.values() {
        *nodes.entry(node).or_insert(0) += count;
    }
    let whole = |name: &str| nodes.get(name).copied().unwrap_or(0);
    copies.into_iter().map(|(copy, (name, _))| (copy, whole(name))).gather()
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
