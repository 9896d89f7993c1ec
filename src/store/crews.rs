//! Where the active pods of ReplicaSets are, so that those to be deleted first are found without a look at each: a
//! rollout takes some of thousands away at every step. Kept up at each write; serves the order of
//! `controller.ActivePodsWithRanks`.
//!
//! Cost: a write that moves no pod from one group to another touches nothing.

use super::index::{join, leave, shift};
use crate::api::core::{Phase, Pod};
use crate::api::meta::{NodeName, ObjectKey, Uid};
use crate::persistent::{OrdMap, OrdSet};

/// The active pods of one ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crew {
    apart: OrdSet<ObjectKey>,
    steady: OrdMap<NodeName, OrdSet<ObjectKey>>,
    nodes: OrdMap<NodeName, i64>,
}

impl Crew {
    /// The pods that are not bound, not running or not ready, and those with a deletion cost of their own.
    pub fn apart(&self) -> impl Iterator<Item = &ObjectKey> {
        self.apart.iter()
    }

    /// All others by their nodes: state and cost do not tell them apart.
    pub fn steady(&self) -> impl Iterator<Item = (&NodeName, &OrdSet<ObjectKey>)> {
        self.steady.iter()
    }

    /// How many are on a node.
    pub fn on(&self, node: &NodeName) -> i64 {
        self.nodes.get(node).copied().unwrap_or(0)
    }

    fn is_empty(&self) -> bool {
        self.apart.is_empty() && self.steady.is_empty()
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
            match stand.node.as_ref().filter(|_| stand.steady) {
                Some(node) => leave(&mut crew.steady, node, &pod.meta.key()),
                None => {
                    crew.apart.remove(&pod.meta.key());
                }
            }
            if let Some(node) = &stand.node {
                shift(&mut crew.nodes, node, -1);
            }
            if crew.is_empty() {
                self.0.remove(&stand.set);
            }
        }
        if let Some((pod, stand)) = after.zip(to) {
            let crew = self.0.entry(stand.set).or_default();
            match stand.node.as_ref().filter(|_| stand.steady) {
                Some(node) => join(&mut crew.steady, node, pod.meta.key()),
                None => {
                    crew.apart.insert(pod.meta.key());
                }
            }
            if let Some(node) = &stand.node {
                shift(&mut crew.nodes, node, 1);
            }
        }
    }

    /// The crew of a ReplicaSet; `None` if it has no active pods.
    pub fn of(&self, set: Uid) -> Option<&Crew> {
        self.0.get(&set)
    }
}
