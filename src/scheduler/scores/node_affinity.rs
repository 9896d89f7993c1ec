//! Nodes that meet preferred terms of the pod's node affinity are better, by the weights of the terms. Follows
//! `plugins/nodeaffinity`.

use super::{Column, normalised};
use crate::api::core::{Node, Pod};
use crate::scheduler::cycle::Candidate;

pub(super) fn score(pod: &Pod, candidates: &[Candidate<'_>]) -> Column {
    let preferred = pod.spec.affinity.as_ref().map_or(&[][..], |own| &own.node_preferred[..]);
    if preferred.is_empty() {
        return Column::Same(0);
    }
    let raw = |node: &Node| -> i64 {
        let met =
            preferred.iter().filter(|(_, term)| term.matches(&node.meta.name, &node.meta.labels));
        met.map(|(weight, _)| weight).sum()
    };
    normalised(candidates.iter().map(|one| raw(&one.info.node)).collect())
}
