//! Nodes in domains with fewer pods of a kind are better. Constraints are the pod's own (`ScheduleAnyway`) or, for
//! pods of a Service, ReplicationController, ReplicaSet or StatefulSet that has none, the default ones. Follows
//! `plugins/podtopologyspread/{scoring,common}.go` and `helper.DefaultSelector`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Column;
use crate::api::core::{Node, Pod, SpreadConstraint};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::{Labels, ObjectKey};
use crate::scheduler::cycle::{Candidate, Cycle};
use crate::scheduler::filters::topology_spread::{includes, picks};
use crate::store::{CrowdView, Store};

const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// A constraint as it is scored.
struct Rule<'a> {
    max_skew: i64,
    key: &'a str,
    /// The constraint as written; `None` for a default one.
    written: Option<&'a SpreadConstraint>,
}

pub(super) fn score(cycle: &Cycle<'_>, candidates: &[Candidate<'_>]) -> Column {
    let pod = cycle.pod;
    let selectors = default_selectors(pod, cycle.store);
    let rules: Vec<Rule<'_>> = match (pod.spec.spread.is_empty(), selectors.is_empty()) {
        (true, true) => return Column::Same(0),
        (true, false) => [(3, HOSTNAME), (5, ZONE)]
            .map(|(max_skew, key)| Rule { max_skew, key, written: None })
            .into(),
        (false, _) => {
            let soft = pod.spec.spread.iter().filter(|constraint| !constraint.hard);
            soft.map(|one| Rule {
                max_skew: one.max_skew,
                key: &one.topology_key,
                written: Some(one),
            })
            .collect()
        }
    };
    if rules.is_empty() {
        return Column::Same(0);
    }
    // Nodes that lack a label of the pod's own constraints are left out.
    let left_out = |node: &Node| {
        !pod.spec.spread.is_empty()
            && rules.iter().any(|rule| !node.meta.labels.contains_key(rule.key))
    };
    let ignored: Vec<bool> = candidates.iter().map(|one| left_out(&one.info.node)).collect();
    let mut raw = vec![0.0_f64; candidates.len()];
    for rule in &rules {
        let counts = match rule.key {
            HOSTNAME => on_nodes(cycle, rule, &selectors, candidates, &ignored),
            _ => in_domains(cycle, rule, &selectors, candidates, &ignored),
        };
        let Some((counts, domains)) = counts else { continue };
        let weight = ln(domains + 2);
        let all = rule.key == HOSTNAME && cycle.store.index().zones().all_hosts_named();
        for ((sum, count), one) in raw.iter_mut().zip(counts).zip(candidates) {
            if all || one.info.node.meta.labels.contains_key(rule.key) {
                *sum += count as f64 * weight + (rule.max_skew - 1) as f64;
            }
        }
    }
    Column::Each(normalise(&raw, &ignored))
}

/// The emptier, the better. Follows `NormalizeScore`.
fn normalise(raw: &[f64], ignored: &[bool]) -> Vec<i64> {
    let rounded: Vec<i64> = raw.iter().map(|score| (score + 0.5).floor() as i64).collect();
    let counted =
        || rounded.iter().zip(ignored).filter(|(_, ignored)| !**ignored).map(|(score, _)| *score);
    let (most, least) = (counted().max().unwrap_or(0), counted().min().unwrap_or(0));
    let one = |(score, ignored): (&i64, &bool)| match (ignored, most) {
        (true, _) => 0,
        (false, 0) => 100,
        (false, _) => 100 * (most + least - score) / most,
    };
    rounded.iter().zip(ignored).map(one).collect()
}

/// The pods that count, per candidate, and how many domains there are.
type Counts = Option<(Vec<i64>, usize)>;

/// The crowds that a rule counts.
fn crowds<'a>(
    cycle: &'a Cycle<'_>,
    rule: &'a Rule<'_>,
    selectors: &'a [Selector],
) -> impl Iterator<Item = CrowdView<'a>> {
    let pod = cycle.pod;
    let picked = move |labels: &Labels| match rule.written {
        Some(constraint) => picks(constraint, &pod.meta.labels, labels),
        None => selectors.iter().all(|selector| selector.matches(labels)),
    };
    let all = cycle.store.index().occupancy().crowds(Some(&pod.meta.namespace));
    all.filter(move |crowd| picked(crowd.labels))
}

/// Every node that is not left out is a domain of its own.
fn on_nodes(
    cycle: &Cycle<'_>,
    rule: &Rule<'_>,
    selectors: &[Selector],
    candidates: &[Candidate<'_>],
    ignored: &[bool],
) -> Counts {
    let mut counts = vec![0; candidates.len()];
    for crowd in crowds(cycle, rule, selectors) {
        let heads = crowd.on(candidates.iter().map(|one| (one.place, one.name)));
        for (count, heads) in counts.iter_mut().zip(heads) {
            *count += heads.all - heads.leaving;
        }
    }
    Some((counts, ignored.iter().filter(|ignored| !**ignored).count()))
}

/// Domains are what the candidates have of a label; all nodes of a domain count.
fn in_domains(
    cycle: &Cycle<'_>,
    rule: &Rule<'_>,
    selectors: &[Selector],
    candidates: &[Candidate<'_>],
    ignored: &[bool],
) -> Counts {
    if rule.key == ZONE && !cycle.store.index().zones().any_named() {
        return None;
    }
    let mut domains: BTreeMap<Rc<str>, i64> = BTreeMap::new();
    for (one, _) in candidates.iter().zip(ignored).filter(|(_, ignored)| !**ignored) {
        if let Some(domain) = one.info.node.meta.labels.get(rule.key) {
            domains.entry(Rc::clone(domain)).or_default();
        }
    }
    if domains.is_empty() {
        return None;
    }
    for crowd in crowds(cycle, rule, selectors) {
        for (name, heads) in crowd.nodes() {
            let Some(node) = crate::scheduler::peers::node(cycle.store, name) else { continue };
            let counts = match rule.written {
                Some(constraint) => includes(constraint, cycle.pod, node),
                None => cycle.pod.spec.selects_node(&node.meta.name, &node.meta.labels),
            };
            if let Some(count) = node
                .meta
                .labels
                .get(rule.key)
                .filter(|_| counts)
                .and_then(|key| domains.get_mut(key))
            {
                *count += heads.all - heads.leaving;
            }
        }
    }
    let of = |node: &Node| {
        node.meta.labels.get(rule.key).and_then(|domain| domains.get(domain)).copied().unwrap_or(0)
    };
    Some((candidates.iter().map(|one| of(&one.info.node)).collect(), domains.len()))
}

/// The selectors of the Services that pick the pod and of the controller that owns it; all must hold.
fn default_selectors(pod: &Pod, store: &Store) -> Vec<Selector> {
    let mut all: Vec<Selector> = store
        .plain_in(Kind::Service, Some(&pod.meta.namespace))
        .filter_map(|service| service.body.at(&["spec", "selector"]))
        .map(|wanted| Selector::from_map(Some(wanted)))
        .filter(|selector| !selector.is_empty() && selector.matches(&pod.meta.labels))
        .collect();
    let Some(owner) = pod.meta.controller() else { return all };
    let key = ObjectKey::new(Rc::clone(&pod.meta.namespace), Rc::clone(&owner.name));
    let own = match &*owner.kind {
        "ReplicaSet" => store.replica_sets().get(&key).map(|set| set.spec.selector.clone()),
        "ReplicationController" => {
            store.replication_controllers().get(&key).map(|set| set.spec.selector.clone())
        }
        "StatefulSet" => store.plain(Kind::StatefulSet, &key).map(|set| {
            Selector::from_label_selector(set.body.at(&["spec", "selector"]))
                .unwrap_or(Selector::Nothing)
        }),
        _ => None,
    };
    all.extend(own.filter(|selector| !selector.is_empty()));
    all
}

/// The natural logarithm, by a series of which host and wasm agree on every step.
fn ln(value: usize) -> f64 {
    const LN_2: f64 = std::f64::consts::LN_2;
    let (mut mantissa, mut twos) = (value as f64, 0.0);
    while mantissa > 1.5 {
        mantissa /= 2.0;
        twos += 1.0;
    }
    // ln m = 2 artanh z with z = (m − 1) / (m + 1), |z| ≤ 1/7: twelve terms reach the last bit.
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (z, 0.0);
    for odd in 0..12 {
        sum += power / f64::from(2 * odd + 1);
        power *= z * z;
    }
    twos * LN_2 + 2.0 * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_the_logarithm() {
        for value in 1..6000_usize {
            assert!((ln(value) - (value as f64).ln()).abs() < 1e-14, "{value}");
        }
    }

    #[test]
    fn fewer_siblings_score_higher() {
        // Three nodes, host names only: raw is count · ln 5 + 2.
        let raw = |counts: [i64; 3]| counts.map(|count| count as f64 * ln(5) + 2.0);
        let scores = |counts| normalise(&raw(counts), &[false; 3]);
        assert_eq!(scores([0, 0, 0]), [100, 100, 100]);
        assert_eq!(scores([1, 0, 0]), [50, 100, 100]);
        assert_eq!(scores([2, 1, 0]), [40, 60, 100]);
        assert_eq!(normalise(&[3.0, 0.0], &[false, true]), [100, 0]);
        assert_eq!(normalise(&[0.0, 0.0], &[false, false]), [100, 100]);
    }
}
