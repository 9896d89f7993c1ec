//! Nodes with fewer `PreferNoSchedule` taints that the pod does not tolerate are better. Follows
//! `plugins/tainttoleration`.

use super::{Column, normalised};
use crate::api::core::{Effect, Pod};
use crate::scheduler::cycle::Candidate;
use crate::store::NodeInfo;

pub(super) fn score(pod: &Pod, candidates: &[Candidate<'_>]) -> Column {
    let unwelcome = |info: &NodeInfo| {
        if info.open {
            return 0;
        }
        let taints = info.node.spec.taints.iter().filter(|taint| {
            taint.effect == Effect::PreferNoSchedule && !taint.tolerated(&pod.spec.tolerations)
        });
        i64::try_from(taints.count()).unwrap_or(0)
    };
    let raw = candidates.iter().map(|one| unwelcome(one.info)).collect();
    match normalised(raw) {
        Column::Same(score) => Column::Same(100 - score),
        Column::Each(all) => Column::Each(all.into_iter().map(|score| 100 - score).collect()),
    }
}
