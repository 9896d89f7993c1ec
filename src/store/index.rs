//! What is looked up often: by uid, owner, node; and sums per owner, kept up at each write.
//!
//! Cost: a write of a pod touches about six persistent maps, each O(log n); nothing here walks. Per pod the
//! indexes keep four entries, about 400 bytes.

use std::rc::Rc;

use crate::persistent::{OrdMap, OrdSet, Vector, join, leave};

use super::crews::Crews;
use super::occupancy::Occupancy;
use super::zones::Zones;
use crate::api::core::{Node, Phase, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{Labels, NodeName, ObjectKey, Uid};
use crate::api::named::Named;
use crate::api::object::{AnyObject, Resource as _};
use crate::sim::Time;

/// Sums over the pods of one controlling owner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Pods that are neither finished nor being deleted.
    pub active: i64,
    /// Of those, with condition Ready True.
    pub ready: i64,
    /// Pods being deleted, finished or not.
    pub terminating: i64,
    /// Of those, the ones that are not finished.
    pub leaving: i64,
    /// Since which second how many of the ready pods are ready.
    pub ready_since: OrdMap<Time, i64>,
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
    /// Brings the sums from one version of a pod to the next.
    fn replace(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        for (pod, step) in [(before, -1), (after, 1)] {
            if let Some(pod) = pod {
                self.count(pod, step);
            }
        }
        let since = |pod: Option<&Pod>| pod.filter(|pod| pod.active()).and_then(Pod::ready_since);
        let labels = |pod: Option<&Pod>| pod.map(|pod| pod.meta.labels.clone());
        move_count(&mut self.ready_since, since(before), since(after));
        move_count(&mut self.labels, labels(before), labels(after));
    }

    fn count(&mut self, pod: &Pod, step: i64) {
        self.total += step;
        if pod.active() {
            self.active += step;
            if pod.ready_since().is_some() {
                self.ready += step;
            }
        }
        if pod.meta.deleting() {
            self.terminating += step;
            if !pod.status.phase.finished() {
                self.leaving += step;
            }
        }
        match pod.status.phase {
            Phase::Succeeded => self.succeeded += step,
            Phase::Failed => self.failed += step,
            Phase::Pending | Phase::Running | Phase::Unknown => {}
        }
    }
}

/// Moves a count; what comes to nothing is forgotten. A key that is there stays the one that it is.
pub(super) fn shift<K: Ord + Clone>(counts: &mut OrdMap<K, i64>, key: &K, step: i64) {
    match counts.get_mut(key) {
        Some(count) if *count + step == 0 => {
            counts.remove(key);
        }
        Some(count) => *count += step,
        None if step == 0 => {}
        None => {
            counts.insert(key.clone(), step);
        }
    }
}

/// One that was counted under a key is counted under another.
fn move_count<K: Ord + Clone>(counts: &mut OrdMap<K, i64>, from: Option<K>, to: Option<K>) {
    if from != to {
        from.iter().for_each(|key| shift(counts, key, -1));
        to.iter().for_each(|key| shift(counts, key, 1));
    }
}

/// The indexes of a store.
#[derive(Clone, Debug, Default)]
pub struct Index {
    uids: OrdMap<Uid, (Kind, ObjectKey)>,
    owned: OrdMap<Uid, OrdSet<(Kind, ObjectKey)>>,
    nodes: Named<OrdSet<ObjectKey>>,
    unbound: OrdSet<ObjectKey>,
    orphans: OrdMap<Rc<str>, OrdMap<Labels, OrdSet<ObjectKey>>>,
    tallies: OrdMap<Uid, Tally>,
    /// The pods that a Job owns and that are not over and counted, in order of their keys.
    open: OrdMap<Uid, OrdSet<ObjectKey>>,
    /// Of those, the ones that are over.
    ended: OrdMap<Uid, OrdSet<ObjectKey>>,
    /// For which nodes a DaemonSet has pods, and how many for each.
    posts: OrdMap<Uid, OrdMap<NodeName, i64>>,
    /// Rises whenever a node comes or goes, or gets other labels or taints.
    shapes: u64,
    /// The names of all nodes in order: the scheduler begins at the n-th.
    node_names: Vector<NodeName>,
    occupancy: Occupancy,
    crews: Crews,
    zones: Zones,
    /// On how many nodes an image is, by each of its names.
    images: OrdMap<Rc<str>, i64>,
    nominated: OrdSet<ObjectKey>,
    finished: usize,
}

/// A pod that was in the set of one key is in that of another, or in none.
fn move_key(
    sets: &mut OrdMap<Uid, OrdSet<ObjectKey>>,
    (from, before): (Option<Uid>, Option<&Pod>),
    (to, after): (Option<Uid>, Option<&Pod>),
) {
    if from == to {
        return;
    }
    if let (Some(owner), Some(pod)) = (from, before) {
        leave(sets, &owner, &pod.meta.key());
    }
    if let (Some(owner), Some(pod)) = (to, after) {
        join(sets, &owner, pod.meta.key());
    }
}

/// Among which pods one is found.
#[derive(PartialEq)]
enum Place<'a> {
    /// Those of its node, also when it is over.
    On(&'a NodeName),
    /// Those that no node has yet.
    Waits,
}

fn place(pod: Option<&Pod>) -> Option<Place<'_>> {
    let pod = pod?;
    match &pod.node {
        Some(node) => Some(Place::On(node)),
        None => (!pod.status.phase.finished()).then_some(Place::Waits),
    }
}

/// The controller of a pod, if it is of a kind.
fn controlled_by(pod: &Pod, kind: &str) -> Option<Uid> {
    pod.meta.controller().filter(|owner| &*owner.kind == kind).map(|owner| owner.uid)
}

/// Whether whoever looks at the labels and taints of nodes sees no change.
fn same_shape(before: Option<&Node>, after: Option<&Node>) -> bool {
    before.zip(after).is_some_and(|(before, after)| {
        before.meta.labels == after.meta.labels && before.spec.taints == after.spec.taints
    })
}

impl Index {
    /// Brings the indexes from one version of an object to the next.
    pub(super) fn replace(&mut self, before: Option<&AnyObject>, after: Option<&AnyObject>) {
        // Nobody asks for events by their own uid, or by an owner.
        let event = matches!(before.or(after), Some(AnyObject::Event(_)));
        let owners_stay = event
            || match (before, after) {
                (Some(before), Some(after)) => {
                    let (old, new) = (before.meta(), after.meta());
                    old.uid == new.uid && old.same_owners(new)
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
        match before.or(after) {
            Some(AnyObject::Pod(_)) => {
                let of = |object| Option::and_then(object, Pod::from_any).map(|pod| &**pod);
                self.replace_pod(of(before), of(after));
            }
            Some(AnyObject::Node(_)) => {
                let of =
                    |object: Option<&AnyObject>| object.and_then(Node::from_any).map(Rc::clone);
                let (before, after) = (of(before), of(after));
                self.replace_node_name(before.as_deref(), after.as_deref());
                self.shapes += u64::from(!same_shape(before.as_deref(), after.as_deref()));
                self.zones.replace(before.as_deref(), after.as_deref());
                self.occupancy.replace_node(before.as_ref(), after.as_ref());
                self.replace_images(before.as_deref(), after.as_deref());
            }
            _ => {}
        }
    }

    fn replace_node_name(&mut self, before: Option<&Node>, after: Option<&Node>) {
        let place = |names: &Vector<NodeName>, node: &Node| names.binary_search(&node.meta.name);
        match (before, after) {
            (Some(node), None) => {
                if let Ok(place) = place(&self.node_names, node) {
                    self.node_names.remove(place);
                }
            }
            (None, Some(node)) => {
                if let Err(place) = place(&self.node_names, node) {
                    self.node_names.insert(place, Rc::clone(&node.meta.name));
                }
            }
            _ => {}
        }
    }

    /// A pod of a Job is open until it is over and no finalizer holds it any more: then its Job has counted it.
    fn replace_open(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        let over = |pod: Option<&Pod>| pod.is_some_and(|pod| pod.status.phase.finished());
        let open = |pod: Option<&Pod>| {
            let open = |pod: &&Pod| !over(Some(pod)) || !pod.meta.finalizers.is_empty();
            controlled_by(pod.filter(open)?, "Job")
        };
        let (from, to) = (open(before), open(after));
        move_key(&mut self.open, (from, before), (to, after));
        let (from, to) = (from.filter(|_| over(before)), to.filter(|_| over(after)));
        move_key(&mut self.ended, (from, before), (to, after));
    }

    fn replace_posts(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        let post = |pod: Option<&Pod>| {
            let owner = controlled_by(pod?, "DaemonSet")?;
            Some((owner, pod?.meant_for()?))
        };
        let stays = |before: &Pod, after: &Pod| {
            before.node == after.node
                && Rc::ptr_eq(&before.spec, &after.spec)
                && Rc::ptr_eq(&before.meta.owners, &after.meta.owners)
        };
        if before.zip(after).is_some_and(|(before, after)| stays(before, after)) {
            return;
        }
        let (from, to) = (post(before), post(after));
        if from == to {
            return;
        }
        for (post, step) in [(from, -1), (to, 1)] {
            let Some((owner, node)) = post else { continue };
            if let Some(nodes) = self.posts.get_mut(&owner) {
                shift(nodes, &node, step);
                if nodes.is_empty() {
                    self.posts.remove(&owner);
                }
            } else {
                self.posts.insert(owner, OrdMap::unit(node, step));
            }
        }
    }

    fn replace_images(&mut self, before: Option<&Node>, after: Option<&Node>) {
        let of = |node: Option<&Node>| node.map(|node| Rc::clone(&node.status.images));
        let (from, to) = (of(before).unwrap_or_default(), of(after).unwrap_or_default());
        if Rc::ptr_eq(&from, &to) || from == to {
            return;
        }
        from.keys().for_each(|name| shift(&mut self.images, name, -1));
        to.keys().for_each(|name| shift(&mut self.images, name, 1));
    }

    fn forget_identity(&mut self, object: &AnyObject) {
        let entry = (object.kind(), object.key());
        self.uids.remove(&object.uid());
        for owner in object.meta().owners.iter() {
            leave(&mut self.owned, &owner.uid, &entry);
        }
    }

    fn learn_identity(&mut self, object: &AnyObject) {
        let entry = (object.kind(), object.key());
        for owner in object.meta().owners.iter() {
            join(&mut self.owned, &owner.uid, entry.clone());
        }
        self.uids.insert(object.uid(), entry);
    }

    /// Orphans lie by their labels: who looks for some to adopt asks once for all that carry the same.
    fn replace_orphan(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        let orphan = |pod: Option<&Pod>| {
            let pod = pod.filter(|pod| pod.meta.controller().is_none())?;
            Some((Rc::clone(&pod.meta.namespace), pod.meta.labels.clone(), pod.meta.key()))
        };
        let (from, to) = (orphan(before), orphan(after));
        if from == to {
            return;
        }
        if let Some((namespace, labels, key)) = from
            && let Some(all) = self.orphans.get_mut(&namespace)
        {
            leave(all, &labels, &key);
            if all.is_empty() {
                self.orphans.remove(&namespace);
            }
        }
        if let Some((namespace, labels, key)) = to {
            let mut all = self.orphans.remove(&namespace).unwrap_or_default();
            join(&mut all, &labels, key);
            self.orphans.insert(namespace, all);
        }
    }

    fn replace_pod(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        let (from, to) = (place(before), place(after));
        if from != to {
            match (before, from) {
                (Some(pod), Some(Place::On(node))) => self.nodes.leave(node, &pod.meta.key()),
                (Some(pod), Some(Place::Waits)) => drop(self.unbound.remove(&pod.meta.key())),
                _ => {}
            }
            match (after, to) {
                (Some(pod), Some(Place::On(node))) => self.nodes.join(node, pod.meta.key()),
                (Some(pod), Some(Place::Waits)) => drop(self.unbound.insert(pod.meta.key())),
                _ => {}
            }
        }
        self.replace_orphan(before, after);
        self.replace_open(before, after);
        self.replace_posts(before, after);
        self.occupancy.replace(before, after);
        self.crews.replace(before, after);
        for (pod, step) in [(before, -1), (after, 1)] {
            let Some(pod) = pod else { continue };
            if pod.status.phase.finished() {
                match step {
                    1 => self.finished += 1,
                    _ => self.finished -= 1,
                }
            }
            if pod.status.nominated_node.is_some() && pod.node.is_none() {
                match step {
                    1 => self.nominated.insert(pod.meta.key()),
                    _ => self.nominated.remove(&pod.meta.key()),
                };
            }
        }
        let owner = |pod: Option<&Pod>| pod?.meta.controller().map(|owner| owner.uid);
        let (from, to) = (owner(before), owner(after));
        if from == to {
            self.replace_tally(from, before, after);
        } else {
            self.replace_tally(from, before, None);
            self.replace_tally(to, None, after);
        }
    }

    fn replace_tally(&mut self, owner: Option<Uid>, before: Option<&Pod>, after: Option<&Pod>) {
        let Some(owner) = owner else { return };
        if let Some(tally) = self.tallies.get_mut(&owner) {
            tally.replace(before, after);
            if tally.total == 0 {
                self.tallies.remove(&owner);
            }
        } else {
            let mut tally = Tally::default();
            tally.replace(before, after);
            self.tallies.insert(owner, tally);
        }
    }

    /// What the pods on nodes take, and where which pods are.
    pub const fn occupancy(&self) -> &Occupancy {
        &self.occupancy
    }

    /// Where the active pods of ReplicaSets are.
    pub const fn crews(&self) -> &Crews {
        &self.crews
    }

    /// How many nodes of each zone are down.
    pub const fn zones(&self) -> &Zones {
        &self.zones
    }

    /// The pods without a node for which room is being made on one.
    pub fn nominated(&self) -> impl Iterator<Item = &ObjectKey> {
        self.nominated.iter()
    }

    /// How many pods are finished.
    pub const fn finished_pods(&self) -> usize {
        self.finished
    }

    /// Kind and key of the object of a uid.
    pub fn by_uid(&self, uid: Uid) -> Option<&(Kind, ObjectKey)> {
        self.uids.get(&uid)
    }

    /// What names `owner` among its owners.
    pub fn owned(&self, owner: Uid) -> impl Iterator<Item = &(Kind, ObjectKey)> {
        self.owned.get(&owner).into_iter().flatten()
    }

    /// The pods of a Job that are not over and counted.
    pub fn open(&self, job: Uid) -> impl Iterator<Item = &ObjectKey> {
        self.open.get(&job).into_iter().flatten()
    }

    /// The pods of a Job that are over and not counted.
    pub fn ended(&self, job: Uid) -> impl Iterator<Item = &ObjectKey> {
        self.ended.get(&job).into_iter().flatten()
    }

    /// For which nodes a DaemonSet has pods, in order, and how many for each; pods that are for no certain node are
    /// left out.
    pub fn posts(&self, set: Uid) -> Option<&OrdMap<NodeName, i64>> {
        self.posts.get(&set)
    }

    /// A number that rises whenever a node comes or goes, or gets other labels or taints: what a loop found out about
    /// all nodes holds as long as it stays.
    pub const fn shapes(&self) -> u64 {
        self.shapes
    }

    /// The names of all nodes in order.
    pub const fn node_names(&self) -> &Vector<NodeName> {
        &self.node_names
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
        self.nodes.iter().map(|(name, _)| name)
    }

    /// The pods that have no node and are not finished.
    pub fn unbound(&self) -> impl Iterator<Item = &ObjectKey> {
        self.unbound.iter()
    }

    /// The pods of a namespace without a controller, by the labels they carry.
    pub fn orphans(
        &self,
        namespace: &Rc<str>,
    ) -> impl Iterator<Item = (&Labels, &OrdSet<ObjectKey>)> {
        self.orphans.get(namespace).into_iter().flatten()
    }

    /// On how many nodes an image of this name is.
    pub fn nodes_with_image(&self, name: &str) -> i64 {
        self.images.get(name).copied().unwrap_or(0)
    }

    /// The sums over the pods of a controller.
    pub fn tally(&self, owner: Uid) -> Tally {
        self.tallies.get(&owner).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::object::Resource;
    use crate::api::value::Value;
    use crate::sim::rng::{Purpose, Seed};

    /// A pod of one of two owners, drawn from a seed: labels, phase, readiness, deletion.
    fn drawn(seed: Seed, name: u64, step: u64) -> Pod {
        let draw = |what: &str, most: u64| seed.draw(Purpose::Id, what, name * 1000 + step) % most;
        let phase = ["Pending", "Running", "Running", "Failed"][draw("phase", 4) as usize];
        let ready = ["True", "False", "True"][draw("ready", 3) as usize];
        let deletion = match draw("deletion", 3) {
            0 => r#","deletionTimestamp":"2026-01-01T00:00:30Z""#,
            _ => "",
        };
        let text = format!(
            r#"{{"metadata":{{"name":"p{name}","namespace":"default","uid":"{name:x}","labels":{{"app":"{}"}}{deletion},"finalizers":{},
            "ownerReferences":[{{"kind":"{}","name":"x","uid":"a{}","controller":{}}}]}},"spec":{{"nodeName":"n{}","containers":[{{"name":"c","image":"x"}}]}},
            "status":{{"phase":"{phase}","conditions":[{{"type":"Ready","status":"{ready}","lastTransitionTime":"2026-01-01T00:00:0{}Z"}}]}}}}"#,
            draw("label", 2),
            [r#"["f"]"#, "[]"][draw("finalizers", 2) as usize],
            ["Job", "DaemonSet", "ReplicaSet"][draw("kind", 3) as usize],
            draw("owner", 2),
            draw("controls", 3) > 0,
            draw("node", 3),
            draw("since", 4),
        );
        Pod::from_value(&Value::from_json(&text).unwrap())
    }

    #[test]
    fn tallies_equal_their_recomputation_after_any_changes() {
        for seed in (0..20).map(Seed) {
            let mut kept = Index::default();
            let mut pods: Vec<Option<AnyObject>> = vec![None; 8];
            for step in 0..60 {
                let index = (seed.draw(Purpose::Id, "which", step) % 8) as usize;
                let gone = seed.draw(Purpose::Id, "gone", step).is_multiple_of(5);
                let next = (!gone).then(|| Rc::new(drawn(seed, index as u64, step)).into_any());
                kept.replace(pods[index].as_ref(), next.as_ref());
                pods[index] = next;
                let mut anew = Index::default();
                for pod in pods.iter().flatten() {
                    anew.replace(None, Some(pod));
                }
                assert_eq!(kept.tallies, anew.tallies, "seed {seed:?} step {step}");
                assert_eq!(kept.orphans, anew.orphans, "seed {seed:?} step {step}");
                assert_eq!(kept.open, anew.open, "seed {seed:?} step {step}");
                assert_eq!(kept.ended, anew.ended, "seed {seed:?} step {step}");
                assert_eq!(kept.posts, anew.posts, "seed {seed:?} step {step}");
                assert_eq!(kept.crews, anew.crews, "seed {seed:?} step {step}");
            }
        }
    }
}
