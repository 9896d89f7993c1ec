//! How well nodes suit a pod: whole numbers from 0 to 100 per plugin, weighted. Follows the score parts of
//! `pkg/scheduler/framework/plugins/*` with the default profile's weights.

use std::rc::Rc;

use super::filters::speaks_of;
use crate::api::core::{Effect, Node, Pod};
use crate::api::resources::Resources;
use crate::store::{NodeSum, Store, scored_requests};

const TAINTS: i64 = 3;
const NODE_AFFINITY: i64 = 2;
const SPREAD: i64 = 2;
const POD_AFFINITY: i64 = 2;

/// The best of the candidates: highest sum; among equals the one with the fewest pods, then the first by name, so
/// that replicas do not heap up on one node.
pub(super) fn best(pod: &Pod, candidates: &[&Rc<Node>], store: &Store) -> Option<(Rc<str>, i64)> {
    let own = scored_requests(pod);
    let empty = NodeSum::default();
    let sums: Vec<&NodeSum> = candidates
        .iter()
        .map(|node| store.index().node_sum(&node.meta.name).unwrap_or(&empty))
        .collect();
    let mut totals: Vec<i64> =
        candidates.iter().zip(&sums).map(|(node, sum)| resources(&own, pod, node, sum)).collect();
    let mut add = |weight: i64, scores: Vec<i64>| {
        for (total, score) in totals.iter_mut().zip(scores) {
            *total += weight * score;
        }
    };
    add(TAINTS, taints(pod, candidates));
    add(NODE_AFFINITY, node_affinity(pod, candidates));
    add(SPREAD, spread(pod, &sums));
    add(POD_AFFINITY, pod_affinity(pod, candidates, store));
    let ranked = candidates.iter().zip(&sums).zip(totals);
    let best = ranked.max_by(|((a, a_sum), a_total), ((b, b_sum), b_total)| {
        a_total
            .cmp(b_total)
            .then(b_sum.pods.cmp(&a_sum.pods))
            .then_with(|| b.meta.name.cmp(&a.meta.name))
    });
    best.map(|((node, _), total)| (Rc::clone(&node.meta.name), total))
}

/// Least allocated and balanced allocation.
fn resources(own: &Resources, pod: &Pod, node: &Node, sum: &NodeSum) -> i64 {
    let have = &node.status.allocatable;
    let least = |have: i64, used: i64| match have {
        0 => 0,
        _ if used > have => 0,
        _ => (have - used) * 100 / have,
    };
    let cpu = least(have.cpu_milli, sum.scored.cpu_milli + own.cpu_milli);
    let memory = least(have.memory_bytes, sum.scored.memory_bytes + own.memory_bytes);
    let none = pod.spec.requests.cpu_milli == 0 && pod.spec.requests.memory_bytes == 0;
    let balance = if none { 0 } else { balanced(&pod.spec.requests, have, &sum.requested) };
    (cpu + memory) / 2 + balance
}

/// `50 + (50 + with − without) / 2`, where each is 100 less half the distance of the two fractions.
fn balanced(own: &Resources, have: &Resources, used: &Resources) -> i64 {
    let part = |used: i64, have: i64| -> i64 {
        if have == 0 {
            0
        } else {
            (i128::from(used) * 1_000_000 / i128::from(have)).clamp(0, 1_000_000) as i64
        }
    };
    let even = |cpu: i64, memory: i64| {
        let distance = (part(cpu, have.cpu_milli) - part(memory, have.memory_bytes)).abs();
        (1_000_000 - distance / 2) / 10_000
    };
    let without = even(used.cpu_milli, used.memory_bytes);
    let with = even(used.cpu_milli + own.cpu_milli, used.memory_bytes + own.memory_bytes);
    50 + (50 + with - without) / 2
}

fn taints(pod: &Pod, candidates: &[&Rc<Node>]) -> Vec<i64> {
    let count = |node: &Node| {
        let prefer =
            node.spec.taints.iter().filter(|taint| taint.effect == Effect::PreferNoSchedule);
        i64::try_from(prefer.filter(|taint| !taint.tolerated(&pod.spec.tolerations)).count())
            .unwrap_or(0)
    };
    let counts: Vec<i64> = candidates.iter().map(|node| count(node)).collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    counts.into_iter().map(|count| if most == 0 { 100 } else { 100 - 100 * count / most }).collect()
}

fn node_affinity(pod: &Pod, candidates: &[&Rc<Node>]) -> Vec<i64> {
    let preferred =
        pod.spec.affinity.as_ref().map_or(&[][..], |affinity| &affinity.node_preferred[..]);
    let raw = |node: &Node| -> i64 {
        preferred
            .iter()
            .filter(|(_, term)| term.matches(&node.meta.name, &node.meta.labels))
            .map(|(weight, _)| weight)
            .sum()
    };
    normalised(candidates.iter().map(|node| raw(node)).collect())
}

/// From 0 to 100 by the highest.
fn normalised(raw: Vec<i64>) -> Vec<i64> {
    let most = raw.iter().copied().max().unwrap_or(0);
    raw.into_iter().map(|score| if most == 0 { 0 } else { score * 100 / most }).collect()
}

/// Spreads the pods of ReplicationControllers and ReplicaSets over nodes: fewer siblings score higher. The default
/// constraints of the default profile (`maxSkew` 3 on host names).
fn spread(pod: &Pod, sums: &[&NodeSum]) -> Vec<i64> {
    let owner = pod.meta.controller().filter(|owner| {
        matches!(&*owner.kind, "ReplicaSet" | "ReplicationController" | "StatefulSet")
    });
    let Some(owner) = owner else { return vec![0; sums.len()] };
    let counts: Vec<i64> =
        sums.iter().map(|sum| sum.owners.get(&owner.uid).copied().unwrap_or(0)).collect();
    let (most, least) =
        (counts.iter().copied().max().unwrap_or(0), counts.iter().copied().min().unwrap_or(0));
    if most == 0 {
        return vec![100; sums.len()];
    }
    counts.into_iter().map(|count| 100 * (most + least - count) / most).collect()
}

fn pod_affinity(pod: &Pod, candidates: &[&Rc<Node>], store: &Store) -> Vec<i64> {
    let Some(own) = pod.spec.affinity.as_ref() else { return vec![0; candidates.len()] };
    if own.pod_preferred.is_empty() && own.anti_preferred.is_empty() {
        return vec![0; candidates.len()];
    }
    let terms = own.pod_preferred.iter().map(|term| (term, term.weight));
    let terms: Vec<_> =
        terms.chain(own.anti_preferred.iter().map(|term| (term, -term.weight))).collect();
    let mut raw = vec![0_i64; candidates.len()];
    for (term, weight) in terms {
        for peer in store.pods().iter().filter(|peer| speaks_of(term, pod, peer)) {
            let Some(node) = &peer.node else { continue };
            let home = store.nodes().get(&crate::api::ObjectKey::cluster(Rc::clone(node)));
            let Some(domain) = home.and_then(|home| home.meta.labels.text(&term.topology_key))
            else {
                continue;
            };
            for (score, candidate) in raw.iter_mut().zip(candidates) {
                if candidate.meta.labels.text(&term.topology_key) == Some(domain) {
                    *score += weight;
                }
            }
        }
    }
    let (most, least) =
        (raw.iter().copied().max().unwrap_or(0), raw.iter().copied().min().unwrap_or(0));
    raw.into_iter()
        .map(|score| if most == least { 0 } else { 100 * (score - least) / (most - least) })
        .collect()
}
