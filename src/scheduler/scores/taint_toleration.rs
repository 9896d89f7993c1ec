//! Nodes with fewer `PreferNoSchedule` taints that the pod does not tolerate are better. Follows
//! `plugins/tainttoleration`.

use super::normalised;
use crate::api::core::{Effect, Node, Pod};
use crate::scheduler::cycle::Candidate;

pub(super) fn score(pod: &Pod, candidates: &[Candidate<'_>]) -> Vec<i64> {
    let unwelcome = |node: &Node| {
        let taints = node.spec.taints.iter().filter(|taint| {
            taint.effect == Effect::PreferNoSchedule && !taint.tolerated(&pod.spec.tolerations)
        });
        i64::try_from(taints.count()).unwrap_or(0)
    };
    let raw = candidates.iter().map(|one| unwelcome(one.node)).collect();
    normalised(raw).into_iter().map(|score| 100 - score).collect()
}
