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

    fn of(self, cycle: &Cycle<'_>, candidates: &[Candidate<'_>]) -> Column {
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

/// What one score says of the candidates: mostly of all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Same(i64),
    Each(Vec<i64>),
}

impl Column {
    fn at(&self, row: usize) -> i64 {
        match self {
            Self::Same(value) => *value,
            Self::Each(values) => values.get(row).copied().unwrap_or(0),
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
    pub parts: [i8; 7],
}

/// How many of the best are remembered with a decision.
const REMEMBERED: usize = 8;

/// The best candidates: highest sum first; among equals the one with the fewest pods, then the first by name, so that
/// replicas do not heap up on one node. A single candidate is not scored at all.
pub(super) fn rank(cycle: &Cycle<'_>, candidates: &[Candidate<'_>]) -> Vec<Ranked> {
    let columns = Score::ALL.map(|score| match candidates {
        [] | [_] => Column::Same(0),
        _ => score.of(cycle, candidates),
    });
    let mut totals = vec![0; candidates.len()];
    for (column, score) in columns.iter().zip(Score::ALL) {
        let weight = score.weight();
        match column {
            Column::Same(value) => totals.iter_mut().for_each(|total| *total += value * weight),
            Column::Each(values) => {
                totals.iter_mut().zip(values).for_each(|(total, value)| *total += value * weight);
            }
        }
    }
    // The best so far, the best first: few come in, so that most are compared once.
    let mut best: Vec<(i64, i64, usize, usize)> = Vec::with_capacity(REMEMBERED + 1);
    for (row, (total, one)) in totals.into_iter().zip(candidates).enumerate() {
        let own = (-total, one.info.sum.pods, one.place, row);
        if best.len() == REMEMBERED && best.last().is_some_and(|last| *last < own) {
            continue;
        }
        let place = best.partition_point(|other| *other < own);
        best.insert(place, own);
        best.truncate(REMEMBERED);
    }
    let ranked = best.into_iter().filter_map(|(total, _, _, row)| {
        let node = Rc::clone(candidates.get(row)?.name);
        let parts =
            columns.each_ref().map(|column| i8::try_from(column.at(row)).unwrap_or(i8::MAX));
        Some(Ranked { node, total: -total, parts })
    });
    ranked.collect()
}

/// From 0 to 100 by the highest. Follows `helper.DefaultNormalizeScore`.
fn normalised(raw: Vec<i64>) -> Column {
    match raw.iter().copied().max().unwrap_or(0) {
        0 => Column::Same(0),
        most => Column::Each(raw.into_iter().map(|score| score * 100 / most).collect()),
    }
}
