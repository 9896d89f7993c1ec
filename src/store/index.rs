//! What is looked up often: by uid, owner, node; and sums per owner, kept up at each write.
//!
//! Cost: a write of a pod touches about six persistent maps, each O(log n); nothing here walks. Per pod the
//! indexes keep four entries, about 400 bytes.

use std::rc::Rc;

use imbl::{OrdMap, OrdSet};

use crate::api::core::{Phase, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{Labels, NodeName, ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::api::resources::Resources;

/// Sums over the pods of one controlling owner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Pods that are neither finished nor being deleted.
    pub active: i64,
    /// Of those, with condition Ready True.
    pub ready: i64,
    /// Pods being deleted, finished or not.
    pub terminating: i64,
    /// Pods in phase Succeeded.
    pub succeeded: i64,
    /// Pods in phase Failed.
    pub failed: i64,
    /// All pods.
    pub total: i64,
    /// The different sets of labels that its pods carry, and how many carry each.
    pub labels: OrdMap<Labels, i64>,
}

impl Tally {
    fn count(&mut self, pod: &Pod, step: i64) {
        self.total += step;
        if pod.active() {
            self.active += step;
            if pod.ready() {
                self.ready += step;
            }
        }
        if pod.meta.deleting() {
            self.terminating += step;
        }
        match pod.status.phase {
            Phase::Succeeded => self.succeeded += step,
            Phase::Failed => self.failed += step,
            Phase::Pending | Phase::Running | Phase::Unknown => {}
        }
        let carried = self.labels.get(&pod.meta.labels).copied().unwrap_or(0) + step;
        match carried {
            0 => self.labels.remove(&pod.meta.labels),
            _ => self.labels.insert(pod.meta.labels.clone(), carried),
        };
    }
}

/// Sums over the pods that are bound to one node and not finished. Follows `framework.NodeInfo`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeSum {
    /// What they ask for.
    pub requested: Resources,
    /// What they count for in scores: containers that ask for nothing count a little.
    pub scored: Resources,
    /// How many they are.
    pub pods: i64,
    /// The ports they take on the node, with how often.
    pub ports: OrdMap<(Rc<str>, i64, Rc<str>), i64>,
    /// How many of them each controller has there.
    pub owners: OrdMap<Uid, i64>,
}

/// What a container without requests counts for in scores. Follows `DefaultMilliCPURequest`, `DefaultMemoryRequest`.
const SCORED_CPU_MILLI: i64 = 100;
const SCORED_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// What a pod counts for in scores.
pub fn scored_requests(pod: &Pod) -> Resources {
    let mut sum = pod.spec.requests.clone();
    for container in pod.spec.containers.iter() {
        if container.requests.cpu_milli == 0 {
            sum.cpu_milli += SCORED_CPU_MILLI;
        }
        if container.requests.memory_bytes == 0 {
            sum.memory_bytes += SCORED_MEMORY_BYTES;
        }
    }
    sum
}

impl NodeSum {
    fn count(&mut self, pod: &Pod, step: i64) {
        let (requests, scored) = (&pod.spec.requests, scored_requests(pod));
        match step {
            1 => {
                self.requested.add(requests);
                self.scored.add(&scored);
            }
            _ => {
                self.requested.subtract(requests);
                self.scored.subtract(&scored);
            }
        }
        self.pods += step;
        for port in pod.spec.host_ports.iter() {
            let slot = (Rc::clone(&port.protocol), port.host_port, Rc::clone(&port.host_ip));
            tick(&mut self.ports, slot, step);
        }
        if let Some(owner) = pod.meta.controller() {
            tick(&mut self.owners, owner.uid, step);
        }
    }
}

/// Moves a counter; at nothing it is forgotten.
fn tick<K: Ord + Clone>(counters: &mut OrdMap<K, i64>, key: K, step: i64) {
    let count = counters.get(&key).copied().unwrap_or(0) + step;
    match count {
        0 => counters.remove(&key),
        _ => counters.insert(key, count),
    };
}

/// The indexes of a store.
#[derive(Clone, Debug, Default)]
pub struct Index {
    uids: OrdMap<Uid, (Kind, ObjectKey)>,
    owned: OrdMap<Uid, OrdSet<(Kind, ObjectKey)>>,
    nodes: OrdMap<NodeName, OrdSet<ObjectKey>>,
    unbound: OrdSet<ObjectKey>,
    orphans: OrdMap<Rc<str>, OrdSet<ObjectKey>>,
    events: OrdMap<Rc<str>, OrdSet<ObjectKey>>,
    tallies: OrdMap<Uid, Tally>,
    sums: OrdMap<NodeName, NodeSum>,
    repelling: OrdSet<ObjectKey>,
}

/// Whether two versions of a pod ask for the same and belong to the same controller.
fn same_requests(before: Option<&Pod>, after: Option<&Pod>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => {
            Rc::ptr_eq(&before.spec, &after.spec)
                && Rc::ptr_eq(&before.meta.owners, &after.meta.owners)
        }
        _ => false,
    }
}

/// Adds a member to the set of a key.
fn join<K: Ord + Clone, M: Ord + Clone>(sets: &mut OrdMap<K, OrdSet<M>>, key: &K, member: M) {
    if let Some(set) = sets.get_mut(key) {
        set.insert(member);
    } else {
        sets.insert(key.clone(), OrdSet::unit(member));
    }
}

/// Takes a member out of the set of a key; empty sets are forgotten.
fn leave<K: Ord + Clone, M: Ord + Clone>(sets: &mut OrdMap<K, OrdSet<M>>, key: &K, member: &M) {
    let Some(set) = sets.get_mut(key) else { return };
    set.remove(member);
    if set.is_empty() {
        sets.remove(key);
    }
}

impl Index {
    /// Brings the indexes from one version of an object to the next.
    pub(super) fn replace(&mut self, before: Option<&AnyObject>, after: Option<&AnyObject>) {
        let owners_stay = match (before, after) {
            (Some(before), Some(after)) => {
                let (old, new) = (before.meta(), after.meta());
                old.uid == new.uid
                    && (Rc::ptr_eq(&old.owners, &new.owners) || old.owners == new.owners)
            }
            _ => false,
        };
        if !owners_stay {
            if let Some(before) = before {
                self.forget_identity(before);
            }
            if let Some(after) = after {
                self.learn_identity(after);
            }
        }
        let pod = |object: Option<&AnyObject>| match object {
            Some(AnyObject::Pod(pod)) => Some(Rc::clone(pod)),
            _ => None,
        };
        self.replace_pod(pod(before).as_deref(), pod(after).as_deref());
        if let (Some(AnyObject::Event(event)), None) = (before, after) {
            leave(&mut self.events, &event.involved.uid, &event.meta.key());
        }
        if let (None, Some(AnyObject::Event(event))) = (before, after) {
            join(&mut self.events, &event.involved.uid, event.meta.key());
        }
    }

    fn forget_identity(&mut self, object: &AnyObject) {
        let entry = (object.kind(), object.key());
        self.uids.remove(&object.uid());
        for owner in object.meta().owners.iter() {
            leave(&mut self.owned, &owner.uid, &entry);
        }
        if let AnyObject::Pod(pod) = object
            && pod.meta.controller().is_none()
        {
            leave(&mut self.orphans, &pod.meta.namespace, &entry.1);
        }
    }

    fn learn_identity(&mut self, object: &AnyObject) {
        let entry = (object.kind(), object.key());
        for owner in object.meta().owners.iter() {
            join(&mut self.owned, &owner.uid, entry.clone());
        }
        if let AnyObject::Pod(pod) = object
            && pod.meta.controller().is_none()
        {
            join(&mut self.orphans, &pod.meta.namespace, entry.1.clone());
        }
        self.uids.insert(object.uid(), entry);
    }

    fn replace_pod(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        let place =
            |pod: Option<&Pod>| pod.map(|pod| (pod.node.clone(), pod.status.phase.finished()));
        let (from, to) = (place(before), place(after));
        let same_place = from == to && same_requests(before, after);
        if from != to {
            if let (Some(pod), Some((node, finished))) = (before, from) {
                match node {
                    Some(node) => leave(&mut self.nodes, &node, &pod.meta.key()),
                    None if !finished => {
                        self.unbound.remove(&pod.meta.key());
                    }
                    None => {}
                }
            }
            if let (Some(pod), Some((node, finished))) = (after, to) {
                match node {
                    Some(node) => join(&mut self.nodes, &node, pod.meta.key()),
                    None if !finished => {
                        self.unbound.insert(pod.meta.key());
                    }
                    None => {}
                }
            }
        }
        for (pod, repels) in [(before, false), (after, true)] {
            let Some(pod) = pod.filter(|pod| {
                pod.spec
                    .affinity
                    .as_ref()
                    .is_some_and(|affinity| !affinity.anti_required.is_empty())
            }) else {
                continue;
            };
            match repels {
                true => self.repelling.insert(pod.meta.key()),
                false => self.repelling.remove(&pod.meta.key()),
            };
        }
        for (pod, step) in [(before, -1), (after, 1)] {
            let Some(pod) = pod else { continue };
            if let Some(node) =
                pod.node.as_ref().filter(|_| !same_place && !pod.status.phase.finished())
            {
                let mut sum = self.sums.get(node).cloned().unwrap_or_default();
                sum.count(pod, step);
                self.sums.insert(Rc::clone(node), sum);
            }
            let Some(owner) = pod.meta.controller() else { continue };
            if let Some(tally) = self.tallies.get_mut(&owner.uid) {
                tally.count(pod, step);
                if tally.total == 0 {
                    self.tallies.remove(&owner.uid);
                }
            } else {
                let mut tally = Tally::default();
                tally.count(pod, step);
                self.tallies.insert(owner.uid, tally);
            }
        }
    }

    /// Whether some pod has required anti-affinity.
    pub fn any_repelling(&self) -> bool {
        !self.repelling.is_empty()
    }

    /// The sums over the pods of a node.
    pub fn node_sum(&self, node: &str) -> Option<&NodeSum> {
        self.sums.get(node)
    }

    /// Kind and key of the object of a uid.
    pub fn by_uid(&self, uid: Uid) -> Option<&(Kind, ObjectKey)> {
        self.uids.get(&uid)
    }

    /// What names `owner` among its owners.
    pub fn owned(&self, owner: Uid) -> impl Iterator<Item = &(Kind, ObjectKey)> {
        self.owned.get(&owner).into_iter().flatten()
    }

    /// Whether something names `owner` among its owners.
    pub fn owns_anything(&self, owner: Uid) -> bool {
        self.owned.contains_key(&owner)
    }

    /// The pods bound to a node, finished ones too.
    pub fn bound_to(&self, node: &NodeName) -> impl Iterator<Item = &ObjectKey> {
        self.nodes.get(node).into_iter().flatten()
    }

    /// The nodes that some pod names, whether they exist or not.
    pub fn nodes_with_pods(&self) -> impl Iterator<Item = &NodeName> {
        self.nodes.keys()
    }

    /// The pods that have no node and are not finished.
    pub fn unbound(&self) -> impl Iterator<Item = &ObjectKey> {
        self.unbound.iter()
    }

    /// The pods of a namespace without a controller.
    pub fn orphans(&self, namespace: &Rc<str>) -> impl Iterator<Item = &ObjectKey> {
        self.orphans.get(namespace).into_iter().flatten()
    }

    /// The events about the object of a uid.
    pub fn events(&self, uid: &str) -> impl Iterator<Item = &ObjectKey> {
        self.events.get(uid).into_iter().flatten()
    }

    /// The sums over the pods of a controller.
    pub fn tally(&self, owner: Uid) -> Tally {
        self.tallies.get(&owner).cloned().unwrap_or_default()
    }
}
