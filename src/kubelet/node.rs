//! A node reports itself: ready some seconds after its machine started, silent once it stopped.

use std::rc::Rc;

use super::{Decision, Delays, KubeletPlan, Kubelets};
use crate::api::conditions::{Condition, Status};
use crate::api::core::Node;
use crate::api::object::AnyObject;
use crate::reconcile::{Key, Note, Write};
use crate::sim::Time;
use crate::store::Store;

/// Type, reason and message of a healthy node's conditions. Follows `pkg/kubelet/nodestatus/setters.go`.
const HEALTHY: [(&str, Status, &str, &str); 4] = [
    (
        "MemoryPressure",
        Status::False,
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", Status::False, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    (
        "PIDPressure",
        Status::False,
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
    ),
    ("Ready", Status::True, "KubeletReady", "kubelet is posting ready status"),
];

/// Every how many seconds a kubelet renews its lease.
const RENEWAL_SECONDS: i64 = 10;

pub(super) fn report(
    key: &Key,
    store: &Store,
    kubelets: &Kubelets,
    delays: &Delays,
    now: Time,
) -> KubeletPlan {
    let name = Rc::clone(&key.object.name);
    let idle =
        |decision, wake| KubeletPlan { writes: Vec::new(), wake, decision, node: Rc::clone(&name) };
    let (Some(node), Some(machine)) =
        (store.nodes().get(&key.object), kubelets.machines.get(&name))
    else {
        return idle(Decision::Idle, None);
    };
    let mut changed = Node::clone(node);
    if !machine.running {
        // What the node controller will find: the last renewal lies up to ten seconds before the silence.
        let renewed = machine.since.unix_seconds().div_euclid(RENEWAL_SECONDS) * RENEWAL_SECONDS;
        changed.status.silent_since = Some(Time::from_unix_seconds(renewed));
        let writes = status_write(node, changed);
        return KubeletPlan { writes, wake: None, decision: Decision::MachineDown, node: name };
    }
    let ready_at = machine.since + delays.boot;
    if now < ready_at {
        return idle(Decision::Idle, Some(ready_at));
    }
    changed.status.silent_since = None;
    let was_ready = node.ready();
    let old = std::mem::take(&mut changed.status.conditions);
    for (kind, status, reason, message) in HEALTHY {
        let mut condition = Condition::new(kind, status, reason, message, now);
        condition.seen = Some(now);
        if let Some(before) =
            old.iter().find(|before| before.kind == condition.kind && before.status == status)
        {
            condition.since = before.since;
            condition.seen = before.seen;
        }
        changed.status.conditions.push(condition);
    }
    let mut writes = status_write(node, changed);
    if !was_ready {
        let about = AnyObject::Node(Rc::clone(node));
        let event = |note| Write::Event { about: about.clone(), field_path: String::new(), note };
        writes.push(event(Note::normal("Starting", "Starting kubelet.")));
        for reason in [
            "NodeHasSufficientMemory",
            "NodeHasNoDiskPressure",
            "NodeHasSufficientPID",
            "NodeReady",
        ] {
            writes
                .push(event(Note::normal(reason, format!("Node {name} status is now: {reason}"))));
        }
    }
    KubeletPlan { writes, wake: None, decision: Decision::NodeReported, node: name }
}

fn status_write(old: &Node, new: Node) -> Vec<Write> {
    if new.status == old.status {
        return Vec::new();
    }
    vec![Write::UpdateStatus(AnyObject::Node(Rc::new(new)))]
}
