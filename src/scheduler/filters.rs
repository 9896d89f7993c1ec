//! Which nodes can take a pod. Each check is a pure function with upstream's refusal text; the first that fails
//! stops the node. Follows `pkg/scheduler/framework/plugins/*` in the order of the default profile.

use std::rc::Rc;

use crate::api::core::{Effect, Node, Pod, PodAffinityTerm, Taint};
use crate::api::meta::Labels;
use crate::store::{NodeSum, Store};

/// Why a node cannot take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The check that failed.
    pub plugin: &'static str,
    /// Upstream's texts; resources may give several.
    pub reasons: Vec<Rc<str>>,
    /// Whether pushing out pods of lower priority could help.
    pub preemptible: bool,
}

impl Refusal {
    fn new(plugin: &'static str, reason: &str, preemptible: bool) -> Self {
        Self { plugin, reasons: vec![reason.into()], preemptible }
    }
}

/// A pod and everything about the cluster that the checks ask for more than once.
pub(super) struct Question<'a> {
    pub(super) pod: &'a Pod,
    pub(super) store: &'a Store,
    /// The only node its affinity names by `metadata.name`, if it does so.
    pub(super) only_node: Option<Rc<str>>,
    /// Whether some pod of the cluster has required anti-affinity.
    pub(super) others_repel: bool,
}

impl<'a> Question<'a> {
    pub(super) fn new(pod: &'a Pod, store: &'a Store) -> Self {
        Self { pod, store, only_node: only_node(pod), others_repel: false }
    }
}

/// Daemon pods name their node in `matchFields`. Follows `NodeAffinity.PreFilter`.
fn only_node(pod: &Pod) -> Option<Rc<str>> {
    let terms = pod.spec.affinity.as_ref()?.node_required.as_ref()?;
    let [term] = terms.as_slice() else { return None };
    let [field] = term.fields.requirements() else { return None };
    match field.values() {
        [name] => Some(Rc::clone(name)),
        _ => None,
    }
}

/// The verdict about a node: `Ok` if it can take the pod.
pub(super) fn check(question: &Question<'_>, node: &Node) -> Result<(), Refusal> {
    let empty = NodeSum::default();
    let sum = question.store.index().node_sum(&node.meta.name).unwrap_or(&empty);
    let pod = question.pod;
    if question.only_node.as_ref().is_some_and(|only| *only != node.meta.name) {
        return Err(Refusal::new(
            "NodeAffinity",
            "node(s) didn't satisfy plugin(s) [NodeAffinity]",
            false,
        ));
    }
    unschedulable(pod, node)?;
    taints(pod, node)?;
    if !pod.spec.selects_node(&node.meta.name, &node.meta.labels) {
        return Err(Refusal::new(
            "NodeAffinity",
            "node(s) didn't match Pod's node affinity/selector",
            false,
        ));
    }
    ports(pod, sum)?;
    fit(pod, node, sum)?;
    spread(question, node)?;
    affinity(question, node)
}

fn unschedulable(pod: &Pod, node: &Node) -> Result<(), Refusal> {
    let cordon = Taint {
        key: "node.kubernetes.io/unschedulable".into(),
        value: "".into(),
        effect: Effect::NoSchedule,
        added: None,
    };
    if node.spec.unschedulable && !cordon.tolerated(&pod.spec.tolerations) {
        return Err(Refusal::new("NodeUnschedulable", "node(s) were unschedulable", false));
    }
    Ok(())
}

fn taints(pod: &Pod, node: &Node) -> Result<(), Refusal> {
    let bars = |taint: &&Taint| {
        taint.effect != Effect::PreferNoSchedule && !taint.tolerated(&pod.spec.tolerations)
    };
    match node.spec.taints.iter().find(bars) {
        Some(_) => Err(Refusal::new("TaintToleration", "node(s) had untolerated taint(s)", false)),
        None => Ok(()),
    }
}

fn ports(pod: &Pod, sum: &NodeSum) -> Result<(), Refusal> {
    let any = |address: &str| address.is_empty() || address == "0.0.0.0";
    let taken = pod.spec.host_ports.iter().any(|port| {
        sum.ports.keys().any(|(protocol, number, address)| {
            *protocol == port.protocol
                && *number == port.host_port
                && (any(address) || any(&port.host_ip) || *address == port.host_ip)
        })
    });
    if taken {
        return Err(Refusal::new(
            "NodePorts",
            "node(s) didn't have free ports for the requested pod ports",
            true,
        ));
    }
    Ok(())
}

fn fit(pod: &Pod, node: &Node, sum: &NodeSum) -> Result<(), Refusal> {
    let (want, have, used) = (&pod.spec.requests, &node.status.allocatable, &sum.requested);
    let mut reasons: Vec<Rc<str>> = Vec::new();
    let mut hopeless = false;
    if sum.pods + 1 > have.pods {
        reasons.push("Too many pods".into());
    }
    let mut ask = |name: &str, want: i64, have: i64, used: i64| {
        if want > 0 && want > have - used {
            reasons.push(format!("Insufficient {name}").into());
            hopeless |= want > have;
        }
    };
    ask("cpu", want.cpu_milli, have.cpu_milli, used.cpu_milli);
    ask("memory", want.memory_bytes, have.memory_bytes, used.memory_bytes);
    ask("ephemeral-storage", want.ephemeral_bytes, have.ephemeral_bytes, used.ephemeral_bytes);
    for (name, amount) in &want.extended {
        let of =
            |sums: &crate::api::resources::Resources| sums.extended.get(name).copied().unwrap_or(0);
        ask(name, *amount, of(have), of(used));
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Refusal { plugin: "NodeResourcesFit", reasons, preemptible: !hopeless })
}

/// Follows `podtopologyspread/filtering.go`.
fn spread(question: &Question<'_>, node: &Node) -> Result<(), Refusal> {
    const TEXT: &str = "node(s) didn't match pod topology spread constraints";
    let pod = question.pod;
    for constraint in pod.spec.spread.iter().filter(|constraint| constraint.hard) {
        let Some(domain) = node.meta.labels.text(&constraint.topology_key) else {
            let text = format!("{TEXT} (missing required label)");
            return Err(Refusal::new("PodTopologySpread", &text, false));
        };
        let own = i64::from(constraint.selector.matches(&pod.meta.labels));
        let (mut least, mut here) = (i64::MAX, 0);
        let mut counts: std::collections::BTreeMap<&str, i64> = std::collections::BTreeMap::new();
        for other in question.store.nodes().iter() {
            let eligible = pod.spec.selects_node(&other.meta.name, &other.meta.labels);
            let Some(value) = other.meta.labels.text(&constraint.topology_key).filter(|_| eligible)
            else {
                continue;
            };
            let matching = question.store.pods_on(&other.meta.name).filter(|peer| {
                peer.meta.namespace == pod.meta.namespace
                    && peer.active()
                    && constraint.selector.matches(&peer.meta.labels)
            });
            *counts.entry(value).or_default() += i64::try_from(matching.count()).unwrap_or(0);
        }
        for (value, count) in &counts {
            least = least.min(*count);
            if *value == domain {
                here = *count;
            }
        }
        let least = if least == i64::MAX { 0 } else { least };
        if here + own - least > constraint.max_skew {
            return Err(Refusal::new("PodTopologySpread", TEXT, true));
        }
    }
    Ok(())
}

/// Follows `interpodaffinity/filtering.go`.
fn affinity(question: &Question<'_>, node: &Node) -> Result<(), Refusal> {
    let pod = question.pod;
    if question.others_repel && repelled(question, node) {
        let text = "node(s) didn't satisfy existing pods anti-affinity rules";
        return Err(Refusal::new("InterPodAffinity", text, true));
    }
    let Some(own) = &pod.spec.affinity else { return Ok(()) };
    for term in &own.pod_required {
        let somewhere = question
            .store
            .pods()
            .iter()
            .any(|peer| peer.node.is_some() && speaks_of(term, pod, peer));
        let first = !somewhere && matches_itself(term, pod);
        let labelled = node.meta.labels.text(&term.topology_key).is_some();
        if !(labelled && (first || in_domain(question, term, pod, node))) {
            return Err(Refusal::new(
                "InterPodAffinity",
                "node(s) didn't match pod affinity rules",
                false,
            ));
        }
    }
    if own.anti_required.iter().any(|term| in_domain(question, term, pod, node)) {
        return Err(Refusal::new(
            "InterPodAffinity",
            "node(s) didn't match pod anti-affinity rules",
            true,
        ));
    }
    Ok(())
}

/// Whether a term of `pod` speaks of `peer`.
pub(super) fn speaks_of(term: &PodAffinityTerm, pod: &Pod, peer: &Pod) -> bool {
    let namespace = match term.namespaces.is_empty() {
        true => peer.meta.namespace == pod.meta.namespace,
        false => term.namespaces.contains(&peer.meta.namespace),
    };
    namespace && !peer.status.phase.finished() && term.selector.matches(&peer.meta.labels)
}

fn matches_itself(term: &PodAffinityTerm, pod: &Pod) -> bool {
    term.selector.matches(&pod.meta.labels)
}

/// Whether a pod the term speaks of runs in the node's domain.
fn in_domain(question: &Question<'_>, term: &PodAffinityTerm, pod: &Pod, node: &Node) -> bool {
    let Some(domain) = node.meta.labels.text(&term.topology_key) else { return false };
    let same = |labels: &Labels| labels.text(&term.topology_key) == Some(domain);
    let nodes = question.store.nodes().iter().filter(|other| same(&other.meta.labels));
    nodes
        .flat_map(|other| question.store.pods_on(&other.meta.name))
        .any(|peer| speaks_of(term, pod, peer))
}

/// Whether a pod in the node's domain wants this one kept away.
fn repelled(question: &Question<'_>, node: &Node) -> bool {
    let pod = question.pod;
    question.store.nodes().iter().any(|other| {
        question.store.pods_on(&other.meta.name).any(|peer| {
            let terms =
                peer.spec.affinity.as_ref().map_or(&[][..], |affinity| &affinity.anti_required[..]);
            terms.iter().any(|term| {
                let domain = other.meta.labels.text(&term.topology_key);
                domain.is_some()
                    && domain == node.meta.labels.text(&term.topology_key)
                    && speaks_of(term, peer, pod)
            })
        })
    })
}
