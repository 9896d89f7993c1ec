//! A node reports itself: when its machine starts, when its network is up, when it is cordoned; and it falls silent.
//! Follows `pkg/kubelet/kubelet_node_status.go` and `pkg/kubelet/nodestatus/setters.go`.

use std::rc::Rc;

use super::heartbeat::{self, RENEWAL_SECONDS, next_renewal, renewal};
use super::machine::{Delays, Kubelets};
use super::pressure::{self, Measure, Starved};
use super::{Decision, KubeletPlan};
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{EventType, Node};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::reconcile::{Key, Note, Write};
use crate::sim::Time;
use crate::sim::rng::Seed;
use crate::store::Store;

/// Type, reason and message of the pressures of a healthy node, and the reason of the event that tells of each.
const PRESSURES: [(&str, &str, &str, &str); 3] = [
    (
        "MemoryPressure",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
        "NodeHasSufficientMemory",
    ),
    (
        "DiskPressure",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure",
        "NodeHasNoDiskPressure",
    ),
    (
        "PIDPressure",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
        "NodeHasSufficientPID",
    ),
];
/// A node whose network agent is not up yet.
const NO_NETWORK: &str = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
    message:Network plugin returns error: cni plugin not initialized";

/// Whether a condition is one that the kubelet reports.
pub(super) fn own(kind: &str) -> bool {
    kind == "Ready" || PRESSURES.iter().any(|(own, ..)| *own == kind)
}

pub(super) fn report(
    key: &Key,
    store: &Store,
    kubelets: &mut Kubelets,
    delays: &Delays,
    seed: Seed,
    now: Time,
) -> KubeletPlan {
    let name = Rc::clone(&key.object.name);
    let plan =
        |writes, wake, decision| KubeletPlan { writes, wake, decision, node: Rc::clone(&name) };
    let node = store.nodes().get(&key.object);
    let measure = node.map(|node| pressure::measure(node, store, kubelets, seed));
    let (Some(node), Some(measure), Some(machine)) =
        (node, measure, kubelets.machines.get_mut(&name))
    else {
        return plan(Vec::new(), None, Decision::Idle);
    };
    let mut changed = Node::clone(node);
    if !machine.running {
        // What the node controller will find: the last renewal lies up to ten seconds before the silence.
        changed.status.silent_since = Some(renewal(machine.since));
        return plan(status_write(node, changed), None, Decision::MachineDown);
    }
    let ready_at = machine.since + delays.boot;
    let rebooted = machine.boots > 1;
    if rebooted && now < ready_at {
        return plan(Vec::new(), Some(ready_at), Decision::Idle);
    }
    changed.status.silent_since = None;
    let first = machine.told != machine.boots;
    machine.told = machine.boots;
    if first && rebooted {
        set_boot_id(&mut changed, seed, machine.boots);
    }
    let up = now >= ready_at;
    let was_ready = node.ready();
    let measure = if up { measure } else { Measure::default() };
    for (starved, pressed) in Starved::ALL.into_iter().zip(&mut machine.pressed) {
        if measure.short.contains(&starved) {
            *pressed = Some(now);
        }
    }
    let relief =
        machine.pressed.map(|at| at.map(|at| at + pressure::TRANSITION).filter(|at| now < *at));
    set_conditions(&mut changed, up, relief.map(|at| at.is_some()), now);
    if !measure.unused.is_empty() {
        measure.unused.iter().for_each(|image| drop(machine.images.remove(image)));
        changed.status = changed.status.with_images(machine.image_list(seed));
    }
    if changed.status != node.status {
        heartbeat::reported(&mut changed, now);
    }
    let mut writes = status_write(node, changed.clone());
    let no_lease = store.plain(Kind::Lease, &heartbeat::lease_key(&name)).is_none();
    let has_place = heartbeat::has_place(store);
    if no_lease && has_place {
        let object = heartbeat::new_lease(node, now);
        writes.push(Write::Create { object, note: None, about: None });
    }
    let mut tell = |event_type, reason: &'static str, text: String| {
        let note = Note { event_type, reason, message: text.into() };
        let about = AnyObject::Node(Rc::clone(node));
        writes.push(Write::event(about, note));
    };
    let says = |reason: &str| format!("Node {name} status is now: {reason}");
    if first {
        tell(EventType::Normal, "Starting", "Starting kubelet.".into());
        if rebooted {
            let text = format!("Node {name} has been rebooted, boot id: {}", boot_id(&changed));
            tell(EventType::Warning, "Rebooted", text);
        }
        for (_, _, _, reason) in PRESSURES {
            tell(EventType::Normal, reason, says(reason));
        }
        let text = "Updated Node Allocatable limit across pods";
        tell(EventType::Normal, "NodeAllocatableEnforced", text.into());
    }
    if up && !was_ready {
        tell(EventType::Normal, "NodeReady", says("NodeReady"));
    }
    for ((starved, relief), healthy) in Starved::ALL.into_iter().zip(relief).zip(PRESSURES) {
        let (kind, _, _, begins) = starved.condition();
        let was = conditions::holds(&node.status.conditions, kind);
        if was != relief.is_some() {
            let reason = if was { healthy.3 } else { begins };
            tell(EventType::Normal, reason, says(reason));
        }
    }
    let short = measure.short.first();
    if let Some(starved) = short {
        let text = format!("Attempting to reclaim {}", starved.word());
        tell(EventType::Warning, "EvictionThresholdMet", text);
    }
    let relief = relief.into_iter().flatten().min();
    let mut wake = (!up).then_some(ready_at).or(relief);
    if no_lease && !has_place {
        let next = next_renewal(now);
        wake = Some(wake.map_or(next, |wake| wake.min(next)));
    }
    let schedulable = !node.spec.unschedulable;
    if machine.schedulable != schedulable {
        if now.unix_millis().rem_euclid(RENEWAL_SECONDS * 1000) == 0 {
            machine.schedulable = schedulable;
            let reason = if schedulable { "NodeSchedulable" } else { "NodeNotSchedulable" };
            tell(EventType::Normal, reason, says(reason));
        } else {
            let next = next_renewal(now);
            wake = Some(wake.map_or(next, |wake| wake.min(next)));
        }
    }
    if short.is_some() {
        // One after the other: the next look finds what this one has freed.
        writes.extend(measure.drive_out(now));
        let next = now + pressure::PERIOD;
        wake = Some(wake.map_or(next, |wake| wake.min(next)));
    }
    plan(writes, wake, Decision::NodeReported)
}

/// The conditions of a node that works; until its network is up it is not ready.
fn set_conditions(node: &mut Node, up: bool, pressed: [bool; Starved::ALL.len()], now: Time) {
    let (status, reason, text) = match up {
        true => (Status::True, "KubeletReady", "kubelet is posting ready status"),
        false => (Status::False, "KubeletNotReady", NO_NETWORK),
    };
    let short = Starved::ALL.into_iter().zip(pressed).filter(|(_, pressed)| *pressed);
    let short: Vec<_> = short.map(|(starved, _)| starved.condition()).collect();
    let pressures = PRESSURES.map(|healthy| {
        let found = short.iter().find(|one| one.0 == healthy.0);
        found.map_or((healthy.0, Status::False, healthy.1, healthy.2), |one| {
            (one.0, Status::True, one.1, one.2)
        })
    });
    let all = pressures.into_iter().chain([("Ready", status, reason, text)]);
    let old = std::mem::take(&mut node.status.conditions);
    for (kind, status, reason, text) in all {
        let mut condition = Condition::new(kind, status, reason, text, now);
        condition.seen = Some(now);
        if let Some(before) = conditions::find(&old, kind).filter(|before| before.status == status)
        {
            condition.since = before.since;
            condition.seen = before.seen;
        }
        node.status.conditions.push(condition);
    }
    node.status.conditions.extend(old.into_iter().filter(|condition| !own(&condition.kind)));
}

fn set_boot_id(node: &mut Node, seed: Seed, boots: u32) {
    let digits = seed.hex(&format!("boot/{}", node.meta.name), u64::from(boots), 32);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let id = format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    );
    node.status.raw.child("nodeInfo").set("bootID", id);
}

fn boot_id(node: &Node) -> String {
    let id = node.status.raw.at(&["nodeInfo", "bootID"]).and_then(|id| id.as_str());
    id.unwrap_or_default().to_owned()
}

fn status_write(old: &Node, new: Node) -> Vec<Write> {
    if new.status == old.status {
        return Vec::new();
    }
    vec![Write::UpdateStatus(AnyObject::Node(Rc::new(new)))]
}
