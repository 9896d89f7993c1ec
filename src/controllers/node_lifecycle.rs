//! Taints and conditions of nodes: who is not ready, who fell silent, who is cordoned. Follows
//! `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
//!
//! A key is a node. Upstream looks at all nodes every five seconds; here a node is looked at when it changed, when
//! its silence has lasted too long, and when it is its turn to have its pods driven out, each at the second at which
//! upstream would look. A node that renews its lease causes no look at all.
//!
//! Cost: a look at a node asks for the counts and the queue of its zone. Of those that wait for their turn only the
//! first is woken; all that are down are when the state of a zone changes, not with every node.

use std::rc::Rc;

use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Effect, Node, Pod, Taint};
use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Resource};
use crate::reconcile::{Controller, Key, Memories, Note, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{
    Change, NOT_READY, Operation, Store, UNREACHABLE, ZoneCount, ZoneName, Zones, drives_out,
    zone_of,
};

/// How long a node may be silent. Follows `--node-monitor-grace-period`.
const GRACE: Duration = Duration::from_seconds(50);
/// How long a new node may take to report at all. Follows `--node-startup-grace-period`.
const STARTUP_GRACE: Duration = Duration::from_seconds(60);
/// How often upstream looks. Follows `--node-monitor-period`.
const PERIOD_SECONDS: i64 = 5;
/// One node of a zone in ten seconds gets the taint that drives pods out. Follows `--node-eviction-rate`.
const EVICTION_GAP: Duration = Duration::from_seconds(10);
/// In large zones of which most is down, one in a hundred seconds. Follows `--secondary-node-eviction-rate`.
const SECONDARY_GAP: Duration = Duration::from_seconds(100);
/// Zones with more nodes are large. Follows `--large-cluster-size-threshold`.
const LARGE_ZONE: usize = 50;
/// A zone of which so much is down, and more than two nodes, is disrupted. Follows `--unhealthy-zone-threshold`.
const DISRUPTED_PERCENT: usize = 55;

const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Conditions that a taint mirrors while they are True.
const MIRRORED: [(&str, &str); 4] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
];
/// Conditions that a silent node loses. `NetworkUnavailable` is not the kubelet's.
const OF_KUBELET: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The node is gone.
    Gone,
    /// It answers.
    Healthy,
    /// It has been silent, and may be until then.
    Silent {
        /// When its grace is over.
        until: Time,
    },
    /// It is taken for unreachable or not ready.
    Down {
        /// Whether its pods are driven out.
        evicting: bool,
        /// How it stands with its zone: that decides whether pods are driven out at all.
        zone: ZoneState,
    },
}

/// How much of a zone is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneState {
    /// Little or nothing.
    Normal,
    /// More than two nodes, and at least 55 percent.
    PartialDisruption,
    /// Every node.
    FullDisruption,
    /// Every node of every zone: the fault is taken to be the control plane's own, and nobody is driven out.
    AllDown,
}

/// What is remembered of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Whether it was seen before.
    known: bool,
    /// Whether it was ready when it was last looked at.
    ready: bool,
}

/// The loop.
pub struct NodeLifecycle;

impl Controller for NodeLifecycle {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = "node-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<Memory>, wake: Wake<'_>) {
        let AnyObject::Node(node) = &change.object else { return };
        wake(Key::of(&node.meta), Duration::ZERO);
        let before = match &change.before {
            Some(AnyObject::Node(before)) => Some(&**before),
            _ => None,
        };
        let after = (change.operation != Operation::Deleted).then_some(&**node);
        let zones = store.index().zones();
        let mut earlier = zones.clone();
        if earlier.replace(after, before) && judgement(&earlier) != judgement(zones) {
            // How much of a zone is down decides whether pods are driven out of any of its nodes.
            for other in store.nodes().iter().filter(|other| !other.ready()) {
                wake(Key::of(&other.meta), Duration::ZERO);
            }
        }
        for zone in [before, after].into_iter().flatten().map(zone_of) {
            let queue = |zones: &Zones| (zones.next_turn(&zone).cloned(), zones.last_turn(&zone));
            let now = queue(zones);
            if queue(&earlier) != now
                && let Some(next) = now.0
            {
                wake(Key::new(ObjectKey::new("", next)), Duration::ZERO);
            }
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        let Some(node) = seen.store.nodes().get(&key.object) else {
            return gone(key, seen.memory);
        };
        let mut writes = Vec::new();
        let mut wake = None;
        let mut memory = *seen.memory;
        if !memory.known {
            if on_tick(now) {
                let text = format!("Registered Node {} in Controller", node.meta.name);
                writes.push(tell(node, "RegisteredNode", &text));
                memory.known = true;
            } else {
                wake = Some(tick_from(now));
            }
        }
        let silence = silent_until(node);
        if silence.is_some_and(|at| at <= now) && knows_something(node) {
            writes.extend(mark_unknown(node, now));
            writes.extend(mark_pods(node, seen.store, now));
            memory.ready = false;
            let zone = zone_state(node, seen.store);
            return Plan::writes(Decision::Down { evicting: false, zone }, writes).remember(memory);
        }
        if memory.ready && !node.ready() {
            let text = "NodeNotReady";
            writes.push(status_event(node, text));
            writes.extend(mark_pods(node, seen.store, now));
        }
        memory.ready = node.ready();
        let (taints, turn) = wanted_taints(node, seen.store, now);
        if taints != node.spec.taints {
            let mut changed = Node::clone(node);
            changed.spec = Rc::new(node.spec.with_taints(&taints));
            writes.push(Write::Update(AnyObject::Node(Rc::new(changed))));
        }
        let decision = decide(node, &taints, silence.filter(|at| *at > now), seen.store);
        let plan = Plan::writes(decision, writes).wake_at(wake).wake_at(turn);
        let plan = plan.wake_at(silence.filter(|at| *at > now));
        if memory == *seen.memory { plan } else { plan.remember(memory) }
    }
}

fn decide(node: &Node, taints: &[Taint], silence: Option<Time>, store: &Store) -> Decision {
    match (node.ready(), silence) {
        (true, Some(until)) => Decision::Silent { until },
        (true, None) => Decision::Healthy,
        (false, _) => {
            let evicting = taints.iter().any(drives_out);
            Decision::Down { evicting, zone: zone_state(node, store) }
        }
    }
}

/// The node was deleted: that is said once.
fn gone(key: &Key, memory: &Memory) -> Plan<Decision, Memory> {
    if !memory.known {
        return Plan::idle(Decision::Gone);
    }
    let name = &key.object.name;
    let value = crate::object! { "metadata" => crate::object! { "name" => name } };
    let text = format!("Removing Node {name} from Controller");
    let write = tell(&Rc::new(Node::from_value(&value)), "RemovingNode", &text);
    Plan::writes(Decision::Gone, vec![write]).remember(Memory::default())
}

/// An event about a node. Follows `controllerutil.RecordNodeEvent`.
fn tell(node: &Rc<Node>, reason: &'static str, text: &str) -> Write {
    let message = format!("Node {} event: {text}", node.meta.name);
    let about = AnyObject::Node(Rc::clone(node));
    Write::event(about, Note::normal(reason, message))
}

/// Follows `controllerutil.RecordNodeStatusChange`.
fn status_event(node: &Rc<Node>, reason: &'static str) -> Write {
    let message = format!("Node {} status is now: {reason}", node.meta.name);
    let about = AnyObject::Node(Rc::clone(node));
    Write::event(about, Note::normal(reason, message))
}

/// Whether upstream looks at this moment.
const fn on_tick(at: Time) -> bool {
    at.unix_millis().rem_euclid(PERIOD_SECONDS * 1000) == 0
}

/// The first look of upstream at or after a time.
const fn tick_from(at: Time) -> Time {
    let period = PERIOD_SECONDS * 1000;
    Time::from_unix_millis((at.unix_millis() + period - 1).div_euclid(period) * period)
}

/// When a node that keeps silent is taken for unreachable; `None` while it reports.
fn silent_until(node: &Node) -> Option<Time> {
    let ready = conditions::find(&node.status.conditions, "Ready");
    match (ready, node.status.silent_since) {
        (None, _) => Some(tick_from(node.meta.created + STARTUP_GRACE)),
        (Some(_), Some(silent)) => Some(tick_from(silent + GRACE)),
        (Some(_), None) => None,
    }
}

/// Whether some condition of the kubelet's is not yet Unknown.
fn knows_something(node: &Node) -> bool {
    OF_KUBELET.iter().any(|kind| {
        conditions::find(&node.status.conditions, kind)
            .is_none_or(|condition| condition.status != Status::Unknown)
    })
}

/// All conditions of the kubelet's become Unknown. Follows `tryUpdateNodeHealth`.
fn mark_unknown(node: &Rc<Node>, now: Time) -> Vec<Write> {
    let was_ready = node.ready();
    let mut changed = Node::clone(node);
    for kind in OF_KUBELET {
        let all = &mut changed.status.conditions;
        match all.iter_mut().find(|condition| *condition.kind == *kind) {
            Some(condition) if condition.status == Status::Unknown => {}
            Some(condition) => {
                let (reason, text) = ("NodeStatusUnknown", "Kubelet stopped posting node status.");
                let unknown = Condition::new(kind, Status::Unknown, reason, text, now);
                *condition = unknown.seen_at(condition.seen);
            }
            None => {
                let (reason, text) =
                    ("NodeStatusNeverUpdated", "Kubelet never posted node status.");
                let mut condition = Condition::new(kind, Status::Unknown, reason, text, now);
                condition.seen = Some(node.meta.created);
                all.push(condition);
            }
        }
    }
    let mut writes = vec![Write::UpdateStatus(AnyObject::Node(Rc::new(changed)))];
    if was_ready {
        writes.push(status_event(node, "NodeNotReady"));
    }
    writes
}

/// The pods of a node that is not ready are not ready either. Follows `controllerutil.MarkPodsNotReady`.
fn mark_pods(node: &Node, store: &Store, now: Time) -> Vec<Write> {
    let mut writes = Vec::new();
    for pod in store.pods_on(&node.meta.name).filter(|pod| pod.ready()) {
        let mut changed = Pod::clone(pod);
        let mut all = changed.status.conditions.to_vec();
        for condition in all.iter_mut().filter(|condition| &*condition.kind == "Ready") {
            condition.status = Status::False;
            condition.since = now;
        }
        changed.status.conditions = all.into();
        writes.push(Write::UpdateStatus(AnyObject::Pod(Rc::new(changed))));
        let about = AnyObject::Pod(Rc::clone(pod));
        let note = Note::warning("NodeNotReady", "Node is not ready");
        writes.push(Write::event(about, note));
    }
    writes
}

/// Whether this loop sets and removes a taint.
fn is_ours(taint: &Taint) -> bool {
    match taint.effect {
        Effect::NoSchedule => {
            let mirrored = || MIRRORED.iter().any(|(_, key)| *taint.key == **key);
            matches!(&*taint.key, NOT_READY | UNREACHABLE | UNSCHEDULABLE) || mirrored()
        }
        Effect::NoExecute => drives_out(taint),
        Effect::PreferNoSchedule => false,
    }
}

/// The taints that the conditions ask for, and when to look again. Taints that keep new pods away follow at once;
/// the one that drives pods out is set and removed at upstream's looks. Follows `doNoScheduleTaintingPass` and
/// `doNoExecuteTaintingPass`.
fn wanted_taints(node: &Node, store: &Store, now: Time) -> (Vec<Taint>, Option<Time>) {
    let ready = conditions::find(&node.status.conditions, "Ready").map(|ready| ready.status);
    // A node that has not reported yet keeps the taint it was admitted with.
    let bad = match ready {
        Some(Status::True) => None,
        Some(Status::Unknown) => Some(UNREACHABLE),
        Some(Status::False) | None => Some(NOT_READY),
    };
    let (ours, others): (Vec<&Taint>, Vec<&Taint>) =
        node.spec.taints.iter().partition(|taint| is_ours(taint));
    let mut wanted: Vec<(&str, Effect)> = Vec::new();
    wanted.extend(bad.map(|key| (key, Effect::NoSchedule)));
    if node.spec.unschedulable {
        wanted.push((UNSCHEDULABLE, Effect::NoSchedule));
    }
    for (kind, key) in MIRRORED {
        if conditions::holds(&node.status.conditions, kind) {
            wanted.push((key, Effect::NoSchedule));
        }
    }
    let has = ours.iter().any(|taint| drives_out(taint));
    let turn = ready.and(bad).and_then(|_| eviction_turn(node, has, store, now));
    let mut wake = None;
    let due = turn.map(tick_from);
    let drives = match due {
        Some(at) if at <= now => true,
        Some(at) => {
            wake = Some(at);
            has
        }
        // What it takes to undo the taint happens at the next look too.
        None if has && !on_tick(now) => {
            wake = Some(tick_from(now));
            true
        }
        None => false,
    };
    if drives {
        let old = ours.iter().find(|taint| drives_out(taint)).map(|taint| &*taint.key);
        wanted.extend(bad.or(old).map(|key| (key, Effect::NoExecute)));
    }
    // Taints that stay keep their places; new ones come last.
    let is_wanted = |taint: &&Taint| {
        !is_ours(taint)
            || wanted.iter().any(|(key, effect)| **key == *taint.key && *effect == taint.effect)
    };
    let mut all: Vec<Taint> = node.spec.taints.iter().filter(is_wanted).cloned().collect();
    debug_assert!(others.iter().all(|other| all.contains(other)), "taints of others stay");
    for (key, effect) in wanted {
        if node.spec.taint(key, effect).is_none() {
            all.push(Taint { key: key.into(), value: "".into(), effect, added: Some(now) });
        }
    }
    (all, wake)
}

/// When this node's pods may be driven out: one node of a zone at a time, never while everything is down.
fn eviction_turn(node: &Node, has: bool, store: &Store, now: Time) -> Option<Time> {
    let gap = match zone_state(node, store) {
        ZoneState::AllDown => return None,
        _ if has => return Some(now),
        ZoneState::Normal | ZoneState::FullDisruption => EVICTION_GAP,
        ZoneState::PartialDisruption if is_large(node, store) => SECONDARY_GAP,
        ZoneState::PartialDisruption => return None,
    };
    let (zone, zones) = (zone_of(node), store.index().zones());
    // The others are woken when the one before them had its turn.
    zones.next_turn(&zone).filter(|next| **next == node.meta.name)?;
    Some(zones.last_turn(&zone).map_or(now, |last| (last + gap).max(now)))
}

fn is_large(node: &Node, store: &Store) -> bool {
    store.index().zones().of(&zone_of(node)).all > LARGE_ZONE
}

/// How it stands with all zones, and which of them are large.
fn judgement(zones: &Zones) -> Vec<(&ZoneName, ZoneState, bool)> {
    let all_down = all_down(zones);
    let judged = zones.iter().map(|(zone, count)| {
        let state = if all_down { ZoneState::AllDown } else { state_of(count) };
        (zone, state, count.all > LARGE_ZONE)
    });
    judged.collect()
}

fn zone_state(node: &Node, store: &Store) -> ZoneState {
    let zones = store.index().zones();
    if all_down(zones) { ZoneState::AllDown } else { state_of(zones.of(&zone_of(node))) }
}

/// Whether no node of any zone is ready. Follows the rule about all zones in `handleDisruption`.
fn all_down(zones: &Zones) -> bool {
    zones.iter().all(|(_, count)| count.all == count.down)
}

/// Follows `ComputeZoneState`.
const fn state_of(count: ZoneCount) -> ZoneState {
    let ZoneCount { all, down } = count;
    if all > 0 && down == all {
        ZoneState::FullDisruption
    } else if down > 2 && down * 100 >= all * DISRUPTED_PERCENT {
        ZoneState::PartialDisruption
    } else {
        ZoneState::Normal
    }
}
