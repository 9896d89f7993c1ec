//! A node must have left what a pod asks for. Follows `plugins/noderesources/fit.go`.

use std::borrow::Cow;
use std::rc::Rc;

use super::{Check, Refusal};
use crate::api::core::Pod;
use crate::api::resources::Resources;
use crate::scheduler::queue::Happening;
use crate::store::NodeInfo;

/// Refuses nodes that have not enough left; says of which resources.
pub(in crate::scheduler) fn filter(pod: &Pod, info: &NodeInfo) -> Option<Refusal> {
    let (want, have, used) = (&pod.spec.requests, &info.room, &info.sum.requested);
    let all = || &info.node.status.allocatable;
    let short = |want: i64, have: i64, used: i64| want > 0 && want > have - used;
    let enough = info.sum.pods < have.pods
        && !short(want.cpu_milli, have.cpu_milli, used.cpu_milli)
        && !short(want.memory_bytes, have.memory_bytes, used.memory_bytes)
        && !short(want.ephemeral_bytes, have.ephemeral_bytes, used.ephemeral_bytes)
        && want.extended.iter().all(|(name, want)| !short(*want, of(all(), name), of(used, name)));
    if enough { None } else { Some(refusal(want, all(), used, info.sum.pods)) }
}

fn of(sums: &Resources, name: &str) -> i64 {
    sums.extended.get(name).copied().unwrap_or(0)
}

fn refusal(want: &Resources, have: &Resources, used: &Resources, pods: i64) -> Refusal {
    let mut reasons: Vec<Cow<'static, str>> = Vec::new();
    // What a node could not give even if it were empty, no preemption can free.
    let mut hopeless = false;
    if pods + 1 > have.pods {
        reasons.push("Too many pods".into());
    }
    let mut ask = |reason: Cow<'static, str>, want: i64, have: i64, used: i64| {
        if want > 0 && want > have - used {
            reasons.push(reason);
            hopeless |= want > have;
        }
    };
    ask("Insufficient cpu".into(), want.cpu_milli, have.cpu_milli, used.cpu_milli);
    ask("Insufficient memory".into(), want.memory_bytes, have.memory_bytes, used.memory_bytes);
    ask(
        "Insufficient ephemeral-storage".into(),
        want.ephemeral_bytes,
        have.ephemeral_bytes,
        used.ephemeral_bytes,
    );
    for (name, amount) in &want.extended {
        ask(format!("Insufficient {name}").into(), *amount, of(have, name), of(used, name));
    }
    let mut rest = reasons.into_iter();
    Refusal {
        check: Check::NodeResourcesFit,
        reason: rest.next().unwrap_or_default(),
        more: if rest.len() == 0 { Rc::default() } else { rest.collect() },
        preemptible: !hopeless,
    }
}

/// A node that joins or grows, or a pod that frees what it had. Whether that is enough is checked on the node.
pub(super) fn cured_by(pod: &Pod, happening: &Happening<'_>) -> bool {
    match happening {
        Happening::Node { before: None, .. } => true,
        Happening::Node { before: Some(before), after } => {
            before.status.allocatable != after.status.allocatable
        }
        // Any pod that goes leaves room for one more.
        Happening::PodGone(gone) => gone.meta.uid != pod.meta.uid,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{info, node, pod};

    fn asks(requests: &str) -> Pod {
        pod(&format!("containers: [{{name: c, resources: {{requests: {{{requests}}}}}}}]"))
    }

    #[test]
    fn what_is_short_is_said_and_whether_it_is_hopeless() {
        // The node has 4 cpus and 8Gi; wanted, taken already, what is short, whether preemption may help.
        let rows = [
            ("", "cpu: 4, memory: 8Gi", "", true),
            ("cpu: 1", "cpu: 3", "", true),
            ("cpu: 1001m", "cpu: 3", "Insufficient cpu", true),
            ("cpu: 4001m", "", "Insufficient cpu", false),
            ("memory: 1Gi", "memory: 7Gi", "", true),
            ("memory: 2Gi", "memory: 7Gi", "Insufficient memory", true),
            (
                "cpu: 3, memory: 5Gi",
                "cpu: 2, memory: 4Gi",
                "Insufficient cpu, Insufficient memory",
                true,
            ),
            ("cpu: 3, memory: 9Gi", "cpu: 2", "Insufficient cpu, Insufficient memory", false),
            ("ephemeral-storage: 1Gi", "", "Insufficient ephemeral-storage", false),
            ("nvidia.com/gpu: 1", "", "Insufficient nvidia.com/gpu", false),
            ("nvidia.com/gpu: 0", "", "", true),
        ];
        for (want, used, short, helpful) in rows {
            let refusal = filter(&asks(want), &info(node("n", "", ""), &[asks(used)]));
            let said = refusal
                .as_ref()
                .map_or(String::new(), |refusal| refusal.reasons().collect::<Vec<_>>().join(", "));
            assert_eq!(said, short, "{want} beside {used}");
            assert!(refusal.is_none_or(|refusal| refusal.preemptible == helpful), "{want}");
        }
    }

    #[test]
    fn pods_are_counted_too() {
        let small = |most: i64| {
            let mut node = node("n", "", "");
            node.status.allocatable.pods = most;
            node
        };
        let one = [asks("cpu: 4")];
        let said = |most, want: &str| {
            filter(&asks(want), &info(small(most), &one))
                .map(|refusal| refusal.reasons().collect::<Vec<_>>().join(", "))
        };
        assert_eq!(said(2, ""), None);
        assert_eq!(said(1, "").as_deref(), Some("Too many pods"));
        assert_eq!(said(1, "cpu: 1").as_deref(), Some("Too many pods, Insufficient cpu"));
    }

    #[test]
    fn init_containers_count_by_their_highest_phase() {
        let spec = |init: &str, apps: &str| {
            pod(&format!("initContainers: [{init}], containers: [{apps}]")).spec.requests.cpu_milli
        };
        let asks = |cpu: &str| format!("{{name: c, resources: {{requests: {{cpu: {cpu}}}}}}}");
        let sidecar = |cpu: &str| {
            format!("{{name: c, restartPolicy: Always, resources: {{requests: {{cpu: {cpu}}}}}}}")
        };
        assert_eq!(spec(&asks("3"), &asks("1")), 3000);
        assert_eq!(spec(&asks("3"), &format!("{}, {}", asks("2"), asks("2"))), 4000);
        assert_eq!(spec(&sidecar("1"), &asks("1")), 2000);
        assert_eq!(spec(&format!("{}, {}", sidecar("1"), asks("2")), &asks("1")), 3000);
        assert_eq!(spec(&format!("{}, {}", asks("2"), sidecar("1")), &asks("0")), 2000);
    }
}
