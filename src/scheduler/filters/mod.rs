//! Which nodes can take a pod. Each check is a file: upstream's refusal text, the pure function, and which changes
//! could cure its refusal. The first check that fails stops the node. Follows `pkg/scheduler/framework/plugins/*` in
//! the order of the default profile. `NodeName` is not among them: pods that name a node never come here.

pub(super) mod node_affinity;
pub(super) mod node_ports;
pub(super) mod node_unschedulable;
pub(super) mod pod_affinity;
pub(super) mod resources_fit;
pub(super) mod taint_toleration;
pub(super) mod topology_spread;

use std::borrow::Cow;
use std::rc::Rc;

use super::cycle::Cycle;
use super::queue::Happening;
use crate::api::core::Pod;
use crate::store::{NodeInfo, Store};

/// A check, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The node is cordoned.
    NodeUnschedulable,
    /// The node has a taint that the pod does not tolerate.
    TaintToleration,
    /// The node is not one that the pod asks for.
    NodeAffinity,
    /// A port of the node is taken.
    NodePorts,
    /// The node has not enough left.
    NodeResourcesFit,
    /// The pods of a kind would be spread too unevenly.
    PodTopologySpread,
    /// Other pods are wanted near, or not wanted near.
    InterPodAffinity,
}

impl Check {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::NodeUnschedulable,
        Self::TaintToleration,
        Self::NodeAffinity,
        Self::NodePorts,
        Self::NodeResourcesFit,
        Self::PodTopologySpread,
        Self::InterPodAffinity,
    ];

    /// The name of upstream's plugin.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NodeUnschedulable => "NodeUnschedulable",
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::NodePorts => "NodePorts",
            Self::NodeResourcesFit => "NodeResourcesFit",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
        }
    }

    /// Whether something that happened could turn this check's refusal of a pod around. Follows the queueing hints of
    /// each plugin (`EventsToRegister`).
    pub(super) fn cured_by(self, pod: &Pod, happening: &Happening<'_>, store: &Store) -> bool {
        match self {
            Self::NodeUnschedulable => node_unschedulable::cured_by(pod, happening),
            Self::TaintToleration => taint_toleration::cured_by(pod, happening),
            Self::NodeAffinity => node_affinity::cured_by(pod, happening),
            Self::NodePorts => node_ports::cured_by(pod, happening),
            Self::NodeResourcesFit => resources_fit::cured_by(pod, happening),
            Self::PodTopologySpread => topology_spread::cured_by(pod, happening),
            Self::InterPodAffinity => pod_affinity::cured_by(pod, happening, store),
        }
    }
}

/// A set of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks(u8);

impl Checks {
    /// Adds a check.
    pub const fn insert(&mut self, check: Check) {
        self.0 |= 1 << check as u8;
    }

    /// Whether a check is in it.
    pub const fn contains(self, check: Check) -> bool {
        self.0 & 1 << check as u8 != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The checks in order.
    pub fn iter(self) -> impl Iterator<Item = Check> {
        Check::ALL.into_iter().filter(move |check| self.contains(*check))
    }
}

/// Why a node cannot take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The check that failed.
    pub check: Check,
    /// Upstream's text.
    pub reason: Cow<'static, str>,
    /// Further texts of the same check: several resources may be short at once.
    pub more: Rc<[Cow<'static, str>]>,
    /// Whether pushing out pods of lower priority could help (upstream's `Unschedulable`); otherwise only the node
    /// itself could (`UnschedulableAndUnresolvable`).
    pub preemptible: bool,
}

impl Refusal {
    /// A refusal that pushing out pods could turn around.
    pub(super) fn preemptible(check: Check, reason: &'static str) -> Self {
        Self { preemptible: true, ..Self::lasting(check, reason) }
    }

    /// A refusal that pushing out pods cannot turn around.
    pub(super) fn lasting(check: Check, reason: &'static str) -> Self {
        Self { check, reason: reason.into(), more: Rc::default(), preemptible: false }
    }

    /// All texts.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.reason).chain(self.more.iter().map(|reason| &**reason))
    }
}

/// The verdict about a node: nothing if it can take the pod.
pub(super) fn check(cycle: &Cycle<'_>, info: &NodeInfo) -> Option<Refusal> {
    check_alone(cycle.pod, info)
        .or_else(|| topology_spread::filter(cycle, &info.node))
        .or_else(|| pod_affinity::filter(cycle, &info.node))
}

/// What each check says of a node, in the order of [`Check::ALL`].
pub(super) fn each(cycle: &Cycle<'_>, info: &NodeInfo) -> [Option<Refusal>; 7] {
    let node = &info.node;
    [
        node_unschedulable::filter(cycle.pod, node),
        taint_toleration::filter(cycle.pod, node),
        node_affinity::filter(cycle.pod, node),
        node_ports::filter(cycle.pod, &info.sum),
        resources_fit::filter(cycle.pod, info),
        topology_spread::filter(cycle, node),
        pod_affinity::filter(cycle, node),
    ]
}

/// The checks that look at one node and what is taken of it, and at nothing else.
pub(super) fn check_alone(pod: &Pod, info: &NodeInfo) -> Option<Refusal> {
    let node = &info.node;
    let closed =
        || node_unschedulable::filter(pod, node).or_else(|| taint_toleration::filter(pod, node));
    let closed = if info.open { None } else { closed() };
    closed
        .or_else(|| node_affinity::filter(pod, node))
        .or_else(|| node_ports::filter(pod, &info.sum))
        .or_else(|| resources_fit::filter(pod, info))
}
