//! Pods that must be near others, or must not be: required pod affinity and anti-affinity, of the pod itself and of
//! those that are there. Follows `plugins/interpodaffinity/filtering.go`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Check, Refusal};
use crate::api::core::{Node, Pod, PodAffinityTerm};
use crate::api::meta::Labels;
use crate::scheduler::cycle::Cycle;
use crate::scheduler::peers::{Peers, speaks_of};
use crate::scheduler::queue::Happening;
use crate::store::Store;

const FAR: &str = "node(s) didn't match pod affinity rules";
const NEAR: &str = "node(s) didn't match pod anti-affinity rules";
const UNWANTED: &str = "node(s) didn't satisfy existing pods anti-affinity rules";

/// A domain of nodes: the label that makes it, and its value.
type Domain = (Rc<str>, Rc<str>);

/// Where the pods are that matter to a pod.
#[derive(Debug, Default)]
pub(in crate::scheduler) struct Neighbours {
    /// Domains with a pod that every required affinity term speaks of.
    wanted: BTreeSet<Domain>,
    /// Domains with a pod that a required anti-affinity term speaks of.
    avoided: BTreeSet<Domain>,
    /// Domains with a pod that wants this one kept away.
    closed: BTreeSet<Domain>,
}

fn domain(node: &Node, term: &PodAffinityTerm) -> Option<Domain> {
    let value = node.meta.labels.get(&term.topology_key)?;
    Some((Rc::clone(&term.topology_key), Rc::clone(value)))
}

/// Looks once where the pods are that matter. Follows `PreFilter`.
pub(in crate::scheduler) fn neighbours(pod: &Pod, peers: &Peers<'_>) -> Neighbours {
    let mut found = Neighbours::default();
    let store = peers.store;
    for (other, node) in peers.affine() {
        let terms = other.spec.affinity.as_ref().map_or(&[][..], |own| &own.anti_required[..]);
        let repels = terms
            .iter()
            .filter(|term| speaks_of(term, other, &pod.meta.namespace, &pod.meta.labels, store));
        found.closed.extend(repels.filter_map(|term| domain(node, term)));
    }
    let Some(own) = &pod.spec.affinity else { return found };
    if !own.pod_required.is_empty() {
        let all = |namespace: &str, labels: &Labels| matches_all(pod, namespace, labels, store);
        peers.each(None, all, |node, _| {
            found.wanted.extend(own.pod_required.iter().filter_map(|term| domain(node, term)));
        });
    }
    for term in &own.anti_required {
        let one = |namespace: &str, labels: &Labels| speaks_of(term, pod, namespace, labels, store);
        peers.each(None, one, |node, _| found.avoided.extend(domain(node, term)));
    }
    found
}

/// Whether all required affinity terms of a pod speak of pods with these labels.
fn matches_all(pod: &Pod, namespace: &str, labels: &Labels, store: &Store) -> bool {
    let terms = pod.spec.affinity.as_ref().map_or(&[][..], |own| &own.pod_required[..]);
    terms.iter().all(|term| speaks_of(term, pod, namespace, labels, store))
}

/// Refuses nodes that are too far from the wanted or too near the unwanted.
pub(super) fn filter(cycle: &Cycle<'_>, node: &Node) -> Option<Refusal> {
    let (pod, found) = (cycle.pod, &cycle.neighbours);
    if let Some(own) = &pod.spec.affinity {
        if !satisfies(cycle, &own.pod_required, node) {
            return Some(Refusal::lasting(Check::InterPodAffinity, FAR));
        }
        let near = own
            .anti_required
            .iter()
            .any(|term| domain(node, term).is_some_and(|domain| found.avoided.contains(&domain)));
        if near {
            return Some(Refusal::preemptible(Check::InterPodAffinity, NEAR));
        }
    }
    let unwanted = !found.closed.is_empty()
        && found
            .closed
            .iter()
            .any(|(key, value)| node.meta.labels.get(key).is_some_and(|own| own == value));
    unwanted.then(|| Refusal::preemptible(Check::InterPodAffinity, UNWANTED))
}

/// Every term finds a pod in the node's domain; the first pod of a group that wants itself may go anywhere.
fn satisfies(cycle: &Cycle<'_>, terms: &[PodAffinityTerm], node: &Node) -> bool {
    let (pod, wanted) = (cycle.pod, &cycle.neighbours.wanted);
    let mut together = true;
    for term in terms {
        let Some(domain) = domain(node, term) else { return false };
        together &= wanted.contains(&domain);
    }
    let first = || {
        wanted.is_empty() && matches_all(pod, &pod.meta.namespace, &pod.meta.labels, cycle.store)
    };
    together || first()
}

/// Pods that a term speaks of come, go or change; nodes join or change their labels.
pub(super) fn cured_by(pod: &Pod, happening: &Happening<'_>, store: &Store) -> bool {
    let spoken = |other: &Pod, anti: bool| {
        let terms = pod.spec.affinity.as_ref().map_or(&[][..], |own| {
            if anti { &own.anti_required[..] } else { &own.pod_required[..] }
        });
        terms
            .iter()
            .any(|term| speaks_of(term, pod, &other.meta.namespace, &other.meta.labels, store))
    };
    let repels = |other: &Pod| {
        let terms = other.spec.affinity.as_ref().map_or(&[][..], |own| &own.anti_required[..]);
        terms
            .iter()
            .any(|term| speaks_of(term, other, &pod.meta.namespace, &pod.meta.labels, store))
    };
    match happening {
        Happening::PodArrived(other) => spoken(other, false),
        Happening::PodGone(other) => spoken(other, true) || repels(other),
        Happening::PodChanged { before, after } => {
            spoken(after, false) || spoken(before, true) || repels(before)
        }
        Happening::Node { before: None, .. } => true,
        Happening::Node { before: Some(before), after } => before.meta.labels != after.meta.labels,
        Happening::NodeGone(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{labelled, node, store};

    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

    fn near(kind: &str, app: &str, key: &str) -> String {
        format!(
            "affinity: {{{kind}: {{{REQUIRED}: [{{labelSelector: {{matchLabels: {{app: {app}}}}}, topologyKey: {key}}}]}}}}"
        )
    }

    fn verdicts(new: &Pod, pods: &[Pod]) -> Vec<&'static str> {
        let nodes = [
            node("a1", "zone: a", ""),
            node("a2", "zone: a", ""),
            node("b1", "zone: b", ""),
            node("x1", "", ""),
        ];
        let store = store(&nodes, pods);
        let cycle = Cycle::new(new, &store, &[]);
        let word = |refusal: Option<Refusal>| match refusal.as_ref().map(|refusal| &*refusal.reason)
        {
            None => "ok",
            Some(FAR) => "far",
            Some(NEAR) => "near",
            Some(_) => "unwanted",
        };
        nodes.iter().map(|node| word(filter(&cycle, node))).collect()
    }

    #[test]
    fn affinity_follows_the_domain_and_anti_affinity_flees_it() {
        let db = [labelled("db", "app: db", "a1", "")];
        let web = |spec: &str| labelled("web", "app: web", "", spec);
        assert_eq!(
            verdicts(&web(&near("podAffinity", "db", "zone")), &db),
            ["ok", "ok", "far", "far"]
        );
        assert_eq!(
            verdicts(&web(&near("podAntiAffinity", "db", "zone")), &db),
            ["near", "near", "ok", "ok"]
        );
        let host = "kubernetes.io/hostname";
        assert_eq!(
            verdicts(&web(&near("podAntiAffinity", "db", host)), &db),
            ["near", "ok", "ok", "ok"]
        );
    }

    #[test]
    fn the_first_of_a_group_goes_anywhere_with_the_label() {
        let web = labelled("web", "app: web", "", &near("podAffinity", "web", "zone"));
        assert_eq!(verdicts(&web, &[]), ["ok", "ok", "ok", "far"]);
        let other = labelled("web", "app: other", "", &near("podAffinity", "web", "zone"));
        assert_eq!(verdicts(&other, &[]), ["far"; 4]);
    }

    #[test]
    fn pods_that_are_there_keep_others_away() {
        let lonely = labelled("lonely", "app: db", "b1", &near("podAntiAffinity", "web", "zone"));
        let web = labelled("web", "app: web", "", "");
        assert_eq!(verdicts(&web, std::slice::from_ref(&lonely)), ["ok", "ok", "unwanted", "ok"]);
        let other = labelled("x", "app: other", "", "");
        assert_eq!(verdicts(&other, &[lonely]), ["ok"; 4]);
    }

    #[test]
    fn terms_stay_in_their_namespaces() {
        let mut elsewhere = labelled("db", "app: db", "a1", "");
        elsewhere.meta.namespace = "other".into();
        let there = [elsewhere];
        let own = labelled("web", "app: web", "", &near("podAntiAffinity", "db", "zone"));
        assert_eq!(verdicts(&own, &there), ["ok"; 4]);
        let named = near("podAntiAffinity", "db", "zone, namespaces: [other]");
        assert_eq!(
            verdicts(&labelled("web", "", "", &named), &there),
            ["near", "near", "ok", "ok"]
        );
    }

    #[test]
    fn labels_named_by_key_must_match_or_differ() {
        let old = [labelled("old", "app: web, hash: '1'", "a1", "")];
        let web = |keys: &str| {
            labelled(
                "web",
                "app: web, hash: '2'",
                "",
                &near("podAntiAffinity", "web", &format!("zone, {keys}: [hash]")),
            )
        };
        assert_eq!(verdicts(&web("matchLabelKeys"), &old), ["ok"; 4]);
        assert_eq!(verdicts(&web("mismatchLabelKeys"), &old), ["near", "near", "ok", "ok"]);
    }
}
