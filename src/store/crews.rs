//! Where the active pods of ReplicaSets are, so that those to be deleted first are found without a look at each: a
//! rollout takes some of thousands away at every step. Kept up at each write; serves the order of
//! `controller.ActivePodsWithRanks`.
//!
//! Cost: a write that moves no pod from one group to another touches nothing.

use crate::api::core::{Phase, Pod};
use crate::api::meta::{NodeName, ObjectKey, Uid};
use crate::api::named::Named;
use crate::persistent::{OrdMap, OrdSet};

/// The active pods of one ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crew {
    apart: OrdSet<ObjectKey>,
    nodes: Named<Aboard>,
}

/// Those of them on one node.
#[derive(Clone, Debug, Default, PartialEq)]
struct Aboard {
    all: i64,
    steady: OrdSet<ObjectKey>,
}

impl Crew {
    /// The pods that are not bound, not running or not ready, and those with a deletion cost of their own.
    pub fn apart(&self) -> impl Iterator<Item = &ObjectKey> {
        self.apart.iter()
    }

    /// All others by their nodes: state and cost do not tell them apart.
    pub fn steady(&self) -> impl Iterator<Item = (&NodeName, &OrdSet<ObjectKey>)> {
        let all = self.nodes.iter().map(|(node, aboard)| (node, &aboard.steady));
        all.filter(|(_, steady)| !steady.is_empty())
    }

    /// How many are on a node.
    pub fn on(&self, node: &NodeName) -> i64 {
        self.nodes.get(node).map_or(0, |aboard| aboard.all)
    }

    fn is_empty(&self) -> bool {
        self.apart.is_empty() && self.nodes.is_empty()
    }

    fn join(&mut self, stand: &Stand, key: ObjectKey) {
        let Some(node) = &stand.node else { return drop(self.apart.insert(key)) };
        if self.nodes.get(node).is_none() {
            self.nodes.insert(node, Aboard::default());
        }
        let Some(aboard) = self.nodes.get_mut(node) else { return };
        aboard.all += 1;
        let group = if stand.steady { &mut aboard.steady } else { &mut self.apart };
        group.insert(key);
    }

    fn leave(&mut self, stand: &Stand, key: &ObjectKey) {
        let Some(node) = &stand.node else { return drop(self.apart.remove(key)) };
        let Some(aboard) = self.nodes.get_mut(node) else { return };
        aboard.all -= 1;
        let group = if stand.steady { &mut aboard.steady } else { &mut self.apart };
        group.remove(key);
        if aboard.all == 0 {
            self.nodes.remove(node);
        }
    }
}

/// Where a pod stands in its crew.
#[derive(PartialEq)]
struct Stand {
    set: Uid,
    node: Option<NodeName>,
    steady: bool,
}

impl Stand {
    fn of(pod: &Pod) -> Option<Self> {
        let owner =
            pod.meta.controller().filter(|owner| pod.active() && &*owner.kind == "ReplicaSet")?;
        let node = pod.node.clone();
        let steady = node.is_some()
            && pod.status.phase == Phase::Running
            && pod.ready()
            && pod.deletion_cost() == 0;
        Some(Self { set: owner.uid, node, steady })
    }
}

/// The crews of all ReplicaSets that have active pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crews(OrdMap<Uid, Crew>);

impl Crews {
    /// Brings the crews from one version of a pod to the next.
    pub(super) fn replace(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        let (from, to) = (before.and_then(Stand::of), after.and_then(Stand::of));
        if from == to {
            return;
        }
        if let Some((pod, stand)) = before.zip(from)
            && let Some(crew) = self.0.get_mut(&stand.set)
        {
            crew.leave(&stand, &pod.meta.key());
            if crew.is_empty() {
                self.0.remove(&stand.set);
            }
        }
        if let Some((pod, stand)) = after.zip(to) {
            self.0.entry(stand.set).or_default().join(&stand, pod.meta.key());
        }
    }

    /// The crew of a ReplicaSet; `None` if it has no active pods.
    pub fn of(&self, set: Uid) -> Option<&Crew> {
        self.0.get(&set)
    }
}
