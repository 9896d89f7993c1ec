//! Whether a node takes a pod that is bound to it. The scheduler has looked at all this already; what is refused here
//! was bound by hand, or its node changed while the kubelet was away. Follows `pkg/kubelet/lifecycle/predicate.go`.

use super::pressure;
use crate::api::core::{Effect, Node, Pod};
use crate::store::{NodeSum, Store};

/// Reason of the status and of the event, and the event's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub reason: &'static str,
    pub message: String,
}

/// Whether the node refuses the pod, which is counted among those on it already.
pub(super) fn rejection(pod: &Pod, node: &Node, store: &Store) -> Option<Rejection> {
    let info = store.index().occupancy().node(&node.meta.name);
    let mut sum = info.map_or_else(NodeSum::default, |info| info.sum.clone());
    if pod.node.as_ref() == Some(&node.meta.name) && !pod.status.phase.finished() {
        sum.remove(pod);
    }
    pressed(pod, node)
        .or_else(|| short(pod, node, &sum))
        .or_else(|| wrong_node(pod, node))
        .or_else(|| ports_taken(pod, &sum))
        .or_else(|| tainted(pod, node))
}

fn pressed(pod: &Pod, node: &Node) -> Option<Rejection> {
    let message = pressure::refusal(node, pod)?;
    Some(Rejection { reason: "Evicted", message })
}

fn short(pod: &Pod, node: &Node, sum: &NodeSum) -> Option<Rejection> {
    let (want, have, used) = (&pod.spec.requests, &node.status.allocatable, &sum.requested);
    let rows = [
        ("OutOfpods", "pods", 1, sum.pods, have.pods),
        ("OutOfcpu", "cpu", want.cpu_milli, used.cpu_milli, have.cpu_milli),
        ("OutOfmemory", "memory", want.memory_bytes, used.memory_bytes, have.memory_bytes),
        (
            "OutOfephemeral-storage",
            "ephemeral-storage",
            want.ephemeral_bytes,
            used.ephemeral_bytes,
            have.ephemeral_bytes,
        ),
    ];
    let (reason, name, want, used, have) =
        rows.into_iter().find(|(_, _, want, used, have)| *want > 0 && want + used > *have)?;
    let message = format!(
        "Node didn't have enough resource: {name}, requested: {want}, used: {used}, capacity: {have}"
    );
    Some(Rejection { reason, message })
}

fn predicate(name: &'static str, text: &str) -> Rejection {
    Rejection { reason: name, message: format!("Predicate {name} failed: {text}") }
}

fn wrong_node(pod: &Pod, node: &Node) -> Option<Rejection> {
    let selected = pod.spec.selects_node(&node.meta.name, &node.meta.labels);
    let text = "node(s) didn't match Pod's node affinity/selector";
    (!selected).then(|| predicate("NodeAffinity", text))
}

fn ports_taken(pod: &Pod, sum: &NodeSum) -> Option<Rejection> {
    let any = |address: &str| address.is_empty() || address == "0.0.0.0";
    let taken = pod.spec.host_ports.iter().any(|port| {
        sum.ports.keys().any(|(protocol, number, address)| {
            *protocol == port.protocol
                && *number == port.host_port
                && (any(address) || any(&port.host_ip) || *address == port.host_ip)
        })
    });
    let text = "node(s) didn't have free ports for the requested pod ports";
    taken.then(|| predicate("NodePorts", text))
}

fn tainted(pod: &Pod, node: &Node) -> Option<Rejection> {
    let bars =
        node.spec.taints.iter().any(|taint| {
            taint.effect == Effect::NoExecute && !taint.tolerated(&pod.spec.tolerations)
        });
    bars.then(|| predicate("TaintToleration", "node(s) had untolerated taint(s)"))
}
