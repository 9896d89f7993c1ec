//! A node that runs short of memory says so, takes no pods that ask for nothing, and drives out one pod after the other
//! until there is enough. Follows `pkg/kubelet/eviction/{eviction_manager,helpers}.go`. What a container uses is what
//! the annotation `podyard.dev/memory-use` of its pod says.

use std::cmp::Reverse;
use std::rc::Rc;

use super::machine::Kubelets;
use super::runtime::Stage;
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Container, Node, Pod};
use crate::api::object::AnyObject;
use crate::api::quantity::{Format, Quantity};
use crate::api::value::Value;
use crate::reconcile::Write;
use crate::sim::{Duration, Time};
use crate::store::Store;

/// With less than this the node is short of memory. Follows `memory.available<100Mi` of `DefaultEvictionHard`.
const THRESHOLD_BYTES: i64 = 100 << 20;
/// So long a node keeps saying that it is short after it was last so. Follows `evictionPressureTransitionPeriod`.
pub(super) const TRANSITION: Duration = Duration::from_seconds(300);
/// How often the kubelet measures. Follows `monitoringInterval`.
pub(super) const PERIOD: Duration = Duration::from_seconds(10);
/// From this priority on a pod is critical, and stays. Follows `IsCriticalPod`.
const CRITICAL: i64 = 2_000_000_000;
/// The reason of the condition of a pod that is driven out.
const REASON: &str = "TerminationByKubelet";
/// What a pod that asks for nothing must bear to be taken nevertheless.
const TAINT: &str = "node.kubernetes.io/memory-pressure";

/// How a node stands.
pub(super) struct Measure {
    /// Whether there is less than there must be.
    pub short: bool,
    /// Who goes first, and why.
    victim: Option<(Rc<Pod>, String)>,
}

/// How many bytes each running container of a pod uses, if an annotation says so.
pub(super) fn memory_use(pod: &Pod) -> Option<i64> {
    let text = pod.meta.annotations.text("podyard.dev/memory-use")?;
    Quantity::from_value(&Value::from(text)).ok().map(|quantity| quantity.value())
}

/// Measures what the pods of a node use.
pub(super) fn measure(node: &Node, store: &Store, kubelets: &Kubelets) -> Measure {
    let mut total = 0;
    let mut first: Option<(_, Rc<Pod>, Vec<&Container>, i64)> = None;
    for pod in store.pods_on(&node.meta.name) {
        let Some(each) = memory_use(pod) else { continue };
        let Some(runtime) = kubelets.runtimes.get(&pod.meta.uid) else { continue };
        let specs = pod.spec.all_containers();
        let running = runtime.containers.iter().zip(specs).filter(|(one, _)| one.alive());
        let running: Vec<&Container> = running.map(|(_, spec)| spec).collect();
        let used = each.saturating_mul(i64::try_from(running.len()).unwrap_or(i64::MAX));
        total += used;
        if used == 0 || runtime.stage != Stage::Syncing || pod.spec.priority >= CRITICAL {
            continue;
        }
        let rank = rank(used, pod.spec.requests.memory_bytes, pod.spec.priority);
        if first.as_ref().is_none_or(|(best, ..)| rank < *best) {
            first = Some((rank, Rc::clone(pod), running, each));
        }
    }
    let available = node.status.allocatable.memory_bytes - total;
    let short = total > 0 && available < THRESHOLD_BYTES;
    let victim = first.filter(|_| short).map(|(_, pod, running, each)| {
        let text = words(available, &running, each);
        (pod, text)
    });
    Measure { short, victim }
}

/// Who goes first: who uses more than it asked for, then the least important, then who is furthest above. Follows
/// `rankMemoryPressure`.
fn rank(used: i64, requested: i64, priority: i64) -> (bool, i64, Reverse<i64>) {
    (used <= requested, priority, Reverse(used - requested))
}

/// Follows `evictionMessage`.
fn words(available: i64, running: &[&Container], each: i64) -> String {
    let bytes = |bytes: i64| Quantity::from_units(bytes, Format::BinarySI).to_string();
    let mut text = format!(
        "The node was low on resource: memory. Threshold quantity: {}, available: {}. ",
        bytes(THRESHOLD_BYTES),
        bytes(available.max(0))
    );
    for spec in running.iter().filter(|spec| each > spec.requests.memory_bytes) {
        text.push_str(&format!(
            "Container {} was using {}, request is {}, has larger consumption of memory. ",
            spec.name,
            bytes(each),
            bytes(spec.requests.memory_bytes)
        ));
    }
    text
}

impl Measure {
    /// Marks the pod that has to go; its own look sees the mark and stops it.
    pub(super) fn drive_out(&self, now: Time) -> Option<Write> {
        let (pod, text) = self.victim.as_ref()?;
        let mut pod = Pod::clone(pod);
        let mut all = pod.status.conditions.to_vec();
        conditions::set(
            &mut all,
            Condition::new("DisruptionTarget", Status::True, REASON, text, now),
        );
        pod.status.conditions = all.into();
        Some(Write::UpdateStatus(AnyObject::Pod(Rc::new(pod))))
    }
}

/// Why the node drives a pod out, if it does.
pub(super) fn driven_out(pod: &Pod) -> Option<&Rc<str>> {
    let mark = conditions::find(&pod.status.conditions, "DisruptionTarget")?;
    (mark.status == Status::True && *mark.reason == *REASON).then_some(&mark.message)
}

/// Whether a node that is short of memory refuses a pod. Follows `Admit` of the eviction manager.
pub(super) fn refuses(node: &Node, pod: &Pod) -> bool {
    let asks = pod.spec.qos != crate::api::core::Qos::BestEffort;
    let bears = || {
        let mut taints = node.spec.taints.iter().filter(|taint| *taint.key == *TAINT);
        taints.any(|taint| taint.tolerated(&pod.spec.tolerations))
    };
    conditions::holds(&node.status.conditions, "MemoryPressure")
        && !asks
        && pod.spec.priority < CRITICAL
        && !bears()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of `TestOrderedByExceedsRequestMemory`, `…PriorityMemory` and `TestRankPodsByMemory`: use, request and
    /// priority of pods, in the order in which they go.
    #[test]
    fn who_goes_first() {
        for order in [
            vec![(400, 100, 0), (300, 100, 0), (50, 100, 0), (40, 100, 0)],
            vec![(10, 0, -1), (900, 0, 0), (300, 0, 5), (100, 200, -7)],
            vec![(500, 0, 0), (600, 200, 0), (300, 250, 0), (300, 300, 0), (100, 300, 0)],
        ] {
            let ranks: Vec<_> = order
                .iter()
                .map(|(used, asked, priority)| rank(*used, *asked, *priority))
                .collect();
            assert!(ranks.is_sorted(), "{order:?}");
        }
    }
}
