//! How well nodes suit a pod: whole numbers from 0 to 100 per plugin, weighted. Each plugin is a file. Follows the
//! score parts of `pkg/scheduler/framework/plugins/*` with the default profile's weights.

mod image_locality;
mod node_affinity;
mod pod_affinity;
mod resources;
mod taint_toleration;
mod topology_spread;

use std::rc::Rc;

use super::cycle::{Candidate, Cycle};
use crate::api::meta::NodeName;
use crate::sim::order::Order as _;

/// Something that makes one node better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// Few taints that say "rather not".
    TaintToleration,
    /// Preferred node affinity.
    NodeAffinity,
    /// Pods of a kind are spread evenly.
    PodTopologySpread,
    /// Preferred pod affinity and anti-affinity.
    InterPodAffinity,
    /// Much is left.
    LeastAllocated,
    /// Cpu and memory are used alike.
    BalancedAllocation,
    /// The images are there.
    ImageLocality,
}

impl Score {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::TaintToleration,
        Self::NodeAffinity,
        Self::PodTopologySpread,
        Self::InterPodAffinity,
        Self::LeastAllocated,
        Self::BalancedAllocation,
        Self::ImageLocality,
    ];

    /// The name of upstream's plugin.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
            Self::LeastAllocated => "NodeResourcesFit",
            Self::BalancedAllocation => "NodeResourcesBalancedAllocation",
            Self::ImageLocality => "ImageLocality",
        }
    }

    /// How much it counts.
    pub const fn weight(self) -> i64 {
        match self {
            Self::TaintToleration => 3,
            Self::NodeAffinity | Self::PodTopologySpread | Self::InterPodAffinity => 2,
            Self::LeastAllocated | Self::BalancedAllocation | Self::ImageLocality => 1,
        }
    }

    fn of(self, cycle: &Cycle<'_>, candidates: &[Candidate<'_>]) -> Vec<i64> {
        match self {
            Self::TaintToleration => taint_toleration::score(cycle.pod, candidates),
            Self::NodeAffinity => node_affinity::score(cycle.pod, candidates),
            Self::PodTopologySpread => topology_spread::score(cycle, candidates),
            Self::InterPodAffinity => pod_affinity::score(cycle, candidates),
            Self::LeastAllocated => resources::least_allocated(cycle.pod, candidates),
            Self::BalancedAllocation => resources::balanced_allocation(cycle.pod, candidates),
            Self::ImageLocality => image_locality::score(cycle.pod, cycle.store, candidates),
        }
    }
}

/// A node with its scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// The node.
    pub node: NodeName,
    /// The weighted sum.
    pub total: i64,
    /// The parts before they are weighted, in the order of [`Score::ALL`].
    pub parts: [i64; 7],
}

/// How many of the best are remembered with a decision.
const REMEMBERED: usize = 8;

/// The best candidates: highest sum first; among equals the one with the fewest pods, then the first by name, so that
/// replicas do not heap up on one node. A single candidate is not scored at all.
pub(super) fn rank(cycle: &Cycle<'_>, candidates: &[Candidate<'_>]) -> Vec<Ranked> {
    let mut parts = vec![[0; 7]; candidates.len()];
    if candidates.len() > 1 {
        for (column, score) in Score::ALL.into_iter().enumerate() {
            for (row, value) in parts.iter_mut().zip(score.of(cycle, candidates)) {
                if let Some(cell) = row.get_mut(column) {
                    *cell = value;
                }
            }
        }
    }
    let total = |parts: &[i64; 7]| -> i64 {
        parts.iter().zip(Score::ALL).map(|(part, score)| part * score.weight()).sum()
    };
    let mut order: Vec<(i64, &Candidate<'_>, &[i64; 7])> =
        candidates.iter().zip(&parts).map(|(one, parts)| (total(parts), one, parts)).collect();
    let better = |a: &(i64, &Candidate<'_>, &[i64; 7]), b: &(i64, &Candidate<'_>, &[i64; 7])| {
        b.0.cmp(&a.0).then(a.1.sum.pods.cmp(&b.1.sum.pods)).then(a.1.place.cmp(&b.1.place))
    };
    if order.len() > REMEMBERED {
        order.select_nth_unstable_by(REMEMBERED, better);
        order.truncate(REMEMBERED);
    }
    order.order_by(better);
    order
        .into_iter()
        .map(|(total, one, parts)| Ranked {
            node: Rc::clone(&one.node.meta.name),
            total,
            parts: *parts,
        })
        .collect()
}

/// From 0 to 100 by the highest. Follows `helper.DefaultNormalizeScore`.
fn normalised(raw: Vec<i64>) -> Vec<i64> {
    let most = raw.iter().copied().max().unwrap_or(0);
    raw.into_iter().map(|score| if most == 0 { 0 } else { score * 100 / most }).collect()
}
