//! Nodes whose domain has pods that this one would rather be near to, and that would rather be near to it, are
//! better. Follows `plugins/interpodaffinity/scoring.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Column;
use crate::api::core::{Node, Pod, PodAffinityTerm};
use crate::api::meta::Labels;
use crate::scheduler::cycle::{Candidate, Cycle};
use crate::scheduler::peers::speaks_of;

/// What a required affinity of a pod that is there counts for. Follows `hardPodAffinityWeight`.
const HARD: i64 = 1;

/// Sums of weights per label and value of nodes.
type Sums = BTreeMap<(Rc<str>, Rc<str>), i64>;

fn add(sums: &mut Sums, term: &PodAffinityTerm, node: &Node, weight: i64) {
    if let Some(value) = node.meta.labels.get(&term.topology_key) {
        *sums.entry((Rc::clone(&term.topology_key), Rc::clone(value))).or_default() += weight;
    }
}

pub(super) fn score(cycle: &Cycle<'_>, candidates: &[Candidate<'_>]) -> Column {
    let mut sums = Sums::new();
    own_wishes(cycle, &mut sums);
    wishes_of_others(cycle, &mut sums);
    if sums.is_empty() {
        return Column::Same(0);
    }
    let of = |node: &Node| -> i64 {
        let met = sums
            .iter()
            .filter(|((key, value), _)| node.meta.labels.get(key).is_some_and(|own| own == value));
        met.map(|(_, weight)| weight).sum()
    };
    Column::Each(normalise(&candidates.iter().map(|one| of(&one.info.node)).collect::<Vec<_>>()))
}

/// From the lowest to the highest, as upstream computes it in floating point. Follows `NormalizeScore`.
fn normalise(raw: &[i64]) -> Vec<i64> {
    let most = raw.iter().copied().max().unwrap_or(0);
    let least = raw.iter().copied().min().unwrap_or(0);
    let one = |score: &i64| match most - least {
        0 => 0,
        span => (100.0 * ((score - least) as f64 / span as f64)) as i64,
    };
    raw.iter().map(one).collect()
}

/// Preferred terms of the pod itself.
fn own_wishes(cycle: &Cycle<'_>, sums: &mut Sums) {
    let pod = cycle.pod;
    let Some(own) = &pod.spec.affinity else { return };
    let near = own.pod_preferred.iter().map(|term| (term, term.weight));
    let far = own.anti_preferred.iter().map(|term| (term, -term.weight));
    for (term, weight) in near.chain(far) {
        let picked =
            |namespace: &str, labels: &Labels| speaks_of(term, pod, namespace, labels, cycle.store);
        cycle.peers.each(None, picked, |node, heads| add(sums, term, node, weight * heads.all));
    }
}

/// Terms of the pods that are there, as far as they speak of this one.
fn wishes_of_others(cycle: &Cycle<'_>, sums: &mut Sums) {
    let pod = cycle.pod;
    let speaks = |term: &PodAffinityTerm, other: &Pod| {
        speaks_of(term, other, &pod.meta.namespace, &pod.meta.labels, cycle.store)
    };
    for (other, node) in cycle.peers.affine() {
        let Some(own) = &other.spec.affinity else { continue };
        let hard = own.pod_required.iter().map(|term| (term, HARD));
        let near = own.pod_preferred.iter().map(|term| (term, term.weight));
        let far = own.anti_preferred.iter().map(|term| (term, -term.weight));
        for (term, weight) in hard.chain(near).chain(far).filter(|(term, _)| speaks(term, other)) {
            add(sums, term, node, weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn scores_reach_from_lowest_to_highest() {
        assert_eq!(normalise(&[-5, 0, 5]), [0, 50, 100]);
        assert_eq!(normalise(&[7, 7]), [0, 0]);
        // 29 of 100 is a little less than 29 hundredths in binary.
        assert_eq!(normalise(&[0, 29, 100]), [0, 28, 100]);
    }
}
