//! Pods of a kind must be spread evenly over domains (`whenUnsatisfiable: DoNotSchedule`). Follows
//! `plugins/podtopologyspread/{filtering,common}.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Check, Refusal, taint_toleration};
use crate::api::core::{Node, Pod, SpreadConstraint};
use crate::api::meta::Labels;
use crate::scheduler::cycle::Cycle;
use crate::scheduler::peers::Peers;
use crate::scheduler::queue::Happening;
use crate::store::Store;

const TEXT: &str = "node(s) didn't match pod topology spread constraints";
const MISSING: &str =
    "node(s) didn't match pod topology spread constraints (missing required label)";

/// A constraint with the counts of its domains.
#[derive(Debug)]
pub(in crate::scheduler) struct Counted<'a> {
    constraint: &'a SpreadConstraint,
    domains: BTreeMap<Rc<str>, i64>,
    least: i64,
}

/// Whether a constraint counts a pod with these labels. Follows the merge of `matchLabelKeys` into the selector.
pub(in crate::scheduler) fn picks(
    constraint: &SpreadConstraint,
    owner: &Labels,
    labels: &Labels,
) -> bool {
    constraint.selector.matches(labels)
        && constraint
            .same
            .iter()
            .all(|key| owner.text(key).is_none_or(|value| labels.text(key) == Some(value)))
}

/// Whether a constraint looks at a node at all. Follows `matchNodeInclusionPolicies`.
pub(in crate::scheduler) fn includes(
    constraint: &SpreadConstraint,
    pod: &Pod,
    node: &Node,
) -> bool {
    let wanted = || pod.spec.selects_node(&node.meta.name, &node.meta.labels);
    (!constraint.honors_affinity || wanted())
        && (!constraint.honors_taints || taint_toleration::filter(pod, node).is_none())
}

/// Counts the domains of the pod's hard constraints once. Follows `calPreFilterState`.
pub(in crate::scheduler) fn counted<'a>(
    pod: &'a Pod,
    store: &Store,
    peers: &Peers<'_>,
) -> Vec<Counted<'a>> {
    let hard: Vec<&SpreadConstraint> = pod.spec.spread.iter().filter(|one| one.hard).collect();
    let complete =
        |node: &Node| hard.iter().all(|one| node.meta.labels.contains_key(&one.topology_key));
    let count = |constraint: &'a SpreadConstraint| {
        let mut domains: BTreeMap<Rc<str>, i64> = BTreeMap::new();
        let domain = |node: &Node| -> Option<Rc<str>> {
            let counts = complete(node) && includes(constraint, pod, node);
            node.meta.labels.get(&constraint.topology_key).filter(|_| counts).cloned()
        };
        for node in store.nodes().iter() {
            if let Some(domain) = domain(node) {
                domains.entry(domain).or_default();
            }
        }
        let picked = |_: &str, labels: &Labels| picks(constraint, &pod.meta.labels, labels);
        peers.each(Some(&pod.meta.namespace), picked, |node, heads| {
            if let Some(count) = domain(node).and_then(|domain| domains.get_mut(&domain)) {
                *count += heads.all - heads.leaving;
            }
        });
        let few = i64::try_from(domains.len()).unwrap_or(i64::MAX) < constraint.min_domains;
        let least = domains.values().copied().min().filter(|_| !few).unwrap_or(0);
        Counted { constraint, domains, least }
    };
    hard.iter().map(|constraint| count(constraint)).collect()
}

/// Refuses nodes in domains that have too many already.
pub(super) fn filter(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    for Counted { constraint, domains, least } in &cycle.spread {
        let Some(domain) = node.meta.labels.get(&constraint.topology_key) else {
            return Some(Refusal::lasting(Check::PodTopologySpread, MISSING));
        };
        let own = i64::from(picks(constraint, &cycle.pod.meta.labels, &cycle.pod.meta.labels));
        let here = domains.get(domain).copied().unwrap_or(0);
        if here + own - least > constraint.max_skew {
            return Some(Refusal::preemptible(Check::PodTopologySpread, TEXT));
        }
    }
    None
}

/// Pods that are counted come, go or change their labels; nodes of a domain come, go or change theirs.
pub(super) fn cured_by(pod: &Pod, happening: &Happening<'_>) -> bool {
    let hard = || pod.spec.spread.iter().filter(|one| one.hard);
    let counts = |other: &Pod| {
        other.meta.namespace == pod.meta.namespace
            && hard().any(|one| picks(one, &pod.meta.labels, &other.meta.labels))
    };
    let domain = |node: &Node| -> Vec<Option<Rc<str>>> {
        hard().map(|one| node.meta.labels.get(&one.topology_key).cloned()).collect()
    };
    match happening {
        Happening::PodGone(other) | Happening::PodArrived(other) => counts(other),
        Happening::PodChanged { before, after } => counts(before) || counts(after),
        Happening::Node { before: None, after: node } | Happening::NodeGone(node) => {
            domain(node).iter().all(Option::is_some)
        }
        Happening::Node { before: Some(before), after } => {
            domain(before) != domain(after) || before.spec.taints != after.spec.taints
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{labelled, node, store};

    fn verdicts(constraint: &str, nodes: &[Node], pods: &[Pod]) -> Vec<&'static str> {
        let spec = format!(
            "topologySpreadConstraints: [{{labelSelector: {{matchLabels: {{app: web}}}}, {constraint}}}]"
        );
        let pod = labelled("new", "app: web", "", &spec);
        let store = store(nodes, pods);
        let cycle = Cycle::new(&pod, &store, &[]);
        let word = |refusal: Option<Refusal>| match refusal {
            None => "ok",
            Some(refusal) if refusal.reason == TEXT => "skew",
            Some(_) => "no label",
        };
        nodes.iter().map(|node| word(filter(&cycle, node))).collect()
    }

    fn on(nodes: &[&str]) -> Vec<Pod> {
        let web =
            |(count, node): (usize, &&str)| labelled(&format!("p{count}"), "app: web", node, "");
        nodes.iter().enumerate().map(web).collect()
    }

    #[test]
    fn no_domain_gets_ahead_by_more_than_the_skew() {
        let nodes =
            [node("a1", "zone: a", ""), node("a2", "zone: a", ""), node("b1", "zone: b", "")];
        let zone = "maxSkew: 1, topologyKey: zone";
        assert_eq!(verdicts(zone, &nodes, &[]), ["ok", "ok", "ok"]);
        assert_eq!(verdicts(zone, &nodes, &on(&["a1"])), ["skew", "skew", "ok"]);
        assert_eq!(
            verdicts("maxSkew: 2, topologyKey: zone", &nodes, &on(&["a1"])),
            ["ok", "ok", "ok"]
        );
        let host = "maxSkew: 1, topologyKey: kubernetes.io/hostname";
        assert_eq!(verdicts(host, &nodes, &on(&["a1", "b1"])), ["skew", "ok", "skew"]);
    }

    #[test]
    fn nodes_without_the_label_are_refused_and_not_counted() {
        let nodes = [node("a1", "zone: a", ""), node("x1", "", "")];
        let zone = "maxSkew: 1, topologyKey: zone";
        assert_eq!(verdicts(zone, &nodes, &on(&["x1", "x1"])), ["ok", "no label"]);
    }

    #[test]
    fn leaving_pods_and_other_pods_do_not_count() {
        let nodes = [node("a1", "zone: a", ""), node("b1", "zone: b", "")];
        let mut leaving = labelled("p", "app: web", "a1", "");
        leaving.meta.deletion =
            Some(crate::api::meta::Deletion { at: crate::sim::Time::default(), grace_seconds: 30 });
        let other = labelled("q", "app: db", "a1", "");
        let mut elsewhere = labelled("r", "app: web", "a1", "");
        elsewhere.meta.namespace = "other".into();
        let zone = "maxSkew: 1, topologyKey: zone";
        assert_eq!(verdicts(zone, &nodes, &[leaving, other, elsewhere]), ["ok", "ok"]);
    }

    #[test]
    fn too_few_domains_count_as_if_one_were_empty() {
        let nodes = [node("a1", "zone: a", ""), node("b1", "zone: b", "")];
        let pods = on(&["a1", "b1"]);
        assert_eq!(verdicts("maxSkew: 1, topologyKey: zone", &nodes, &pods), ["ok", "ok"]);
        assert_eq!(
            verdicts("maxSkew: 1, topologyKey: zone, minDomains: 3", &nodes, &pods),
            ["skew", "skew"]
        );
    }

    #[test]
    fn tainted_nodes_count_unless_the_constraint_honours_taints() {
        let nodes = [
            node("a1", "zone: a", ""),
            node("b1", "zone: b", "taints: [{key: k, effect: NoSchedule}]"),
        ];
        let pods = on(&["a1"]);
        assert_eq!(verdicts("maxSkew: 1, topologyKey: zone", &nodes, &pods), ["skew", "ok"]);
        let honours = "maxSkew: 1, topologyKey: zone, nodeTaintsPolicy: Honor";
        assert_eq!(verdicts(honours, &nodes, &pods), ["ok", "ok"]);
    }
}
