//! Taints and conditions of nodes: who is not ready, who fell silent, who is cordoned. Follows
//! `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
//!
//! A key is a node. Nothing polls: a node that renews its lease causes no look; one that fell silent is looked at when
//! its grace is over.

use std::rc::Rc;

use imbl::OrdMap;

use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Effect, Node, Pod, Taint};
use crate::api::object::AnyObject;
use crate::reconcile::{Controller, Key, Note, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// How long a node may be silent. Follows `--node-monitor-grace-period`.
const GRACE: Duration = Duration::from_seconds(50);
/// How often the controller looks. Follows `--node-monitor-period`.
const PERIOD_SECONDS: i64 = 5;
/// One node in ten seconds gets the taint that drives pods out. Follows `--node-eviction-rate`.
const EVICTION_GAP: Duration = Duration::from_seconds(10);

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

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
        /// Whether its pods are to be driven out.
        evicting: bool,
    },
}

/// The loop.
pub struct NodeLifecycle;

impl Controller for NodeLifecycle {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "node-controller";

    fn wakes(change: &Change, store: &Store, _: &OrdMap<Key, ()>, wake: Wake<'_>) {
        let AnyObject::Node(node) = &change.object else { return };
        wake(Key::of(&node.meta), Duration::ZERO);
        let was_ready = change
            .before
            .as_ref()
            .map(|before| matches!(before, AnyObject::Node(before) if before.ready()));
        if change.operation == Operation::Deleted || was_ready != Some(node.ready()) {
            // How many nodes are down decides whether pods are driven out of any.
            for other in store.nodes().iter().filter(|other| !other.ready()) {
                wake(Key::of(&other.meta), Duration::ZERO);
            }
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        let Some(node) = seen.store.nodes().get(&key.object) else {
            return Plan::idle(Decision::Gone);
        };
        let judged = node.status.silent_since.map(|silent| judged_at(silent + GRACE));
        if let Some(at) = judged.filter(|at| *at > now) {
            let (writes, _) = taint(node, seen.store, now);
            return Plan::writes(Decision::Silent { until: at }, writes).wake_at(Some(at));
        }
        let known = conditions::find(&node.status.conditions, "Ready").map(|ready| ready.status);
        if judged.is_some() && known != Some(Status::Unknown) {
            return mark_unknown(node, seen.store, now);
        }
        let (writes, wake) = taint(node, seen.store, now);
        let evicting = node.spec.taints.iter().any(|taint| drives_out(taint));
        let decision = if node.ready() { Decision::Healthy } else { Decision::Down { evicting } };
        Plan::writes(decision, writes).wake_at(wake)
    }
}

/// The first look at or after a time.
fn judged_at(at: Time) -> Time {
    let seconds = (at.unix_millis() + 999).div_euclid(1000);
    Time::from_unix_seconds(
        (seconds + PERIOD_SECONDS - 1).div_euclid(PERIOD_SECONDS) * PERIOD_SECONDS,
    )
}

/// All conditions become Unknown, and so does whether its pods are ready.
fn mark_unknown(node: &Rc<Node>, store: &Store, now: Time) -> Plan<Decision, ()> {
    let mut changed = Node::clone(node);
    for condition in &mut changed.status.conditions {
        *condition = Condition {
            status: Status::Unknown,
            reason: "NodeStatusUnknown".into(),
            message: "Kubelet stopped posting node status.".into(),
            since: now,
            ..condition.clone()
        };
    }
    let about = AnyObject::Node(Rc::clone(node));
    let name = &node.meta.name;
    let text = format!("Node {name} status is now: NodeNotReady");
    let mut writes = vec![
        Write::UpdateStatus(AnyObject::Node(Rc::new(changed))),
        Write::Event { about, field_path: String::new(), note: Note::normal("NodeNotReady", text) },
    ];
    for pod in store.pods_on(name).filter(|pod| pod.ready()) {
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
        writes.push(Write::Event { about, field_path: String::new(), note });
    }
    Plan::writes(Decision::Down { evicting: false }, writes)
}

const fn key_of(status: Status) -> Option<&'static str> {
    match status {
        Status::True => None,
        Status::False => Some(NOT_READY),
        Status::Unknown => Some(UNREACHABLE),
    }
}

fn drives_out(taint: &Taint) -> bool {
    taint.effect == Effect::NoExecute && matches!(&*taint.key, NOT_READY | UNREACHABLE)
}

/// Brings the taints in line with the conditions; says when to look again.
fn taint(node: &Rc<Node>, store: &Store, now: Time) -> (Vec<Write>, Option<Time>) {
    let ready = conditions::find(&node.status.conditions, "Ready").map(|ready| ready.status);
    // A node that has not reported yet keeps the taint it was admitted with.
    let bad = ready.map_or(Some(NOT_READY), key_of);
    let mut wanted: Vec<Taint> = node
        .spec
        .taints
        .iter()
        .filter(|taint| !matches!(&*taint.key, NOT_READY | UNREACHABLE | UNSCHEDULABLE))
        .cloned()
        .collect();
    let mut put = |key: &str, effect: Effect| {
        let kept = node.spec.taint(key, effect).cloned();
        wanted.push(kept.unwrap_or_else(|| Taint {
            key: key.into(),
            value: "".into(),
            effect,
            added: Some(now),
        }));
    };
    if node.spec.unschedulable {
        put(UNSCHEDULABLE, Effect::NoSchedule);
    }
    let mut wake = None;
    if let Some(key) = bad {
        put(key, Effect::NoSchedule);
        match eviction_turn(node, store, now).filter(|_| ready.is_some()) {
            Some(at) if at <= now => put(key, Effect::NoExecute),
            Some(at) => wake = Some(at),
            None => {}
        }
    }
    if wanted == node.spec.taints {
        return (Vec::new(), wake);
    }
    let mut changed = Node::clone(node);
    changed.spec = Rc::new(node.spec.with_taints(&wanted));
    (vec![Write::Update(AnyObject::Node(Rc::new(changed)))], wake)
}

/// When this node's pods may be driven out; never while the whole zone, or most of it, is down.
fn eviction_turn(node: &Node, store: &Store, now: Time) -> Option<Time> {
    let down = store.nodes().iter().filter(|other| !other.ready()).count();
    let total = store.nodes().len();
    if down >= total {
        return None;
    }
    if node.spec.taints.iter().any(drives_out) {
        return Some(now);
    }
    let mostly = down > 2 && down * 100 >= total * 55;
    if mostly && total <= 50 {
        return None;
    }
    let gap = if mostly { Duration::from_seconds(100) } else { EVICTION_GAP };
    let others = store.nodes().iter().filter(|other| other.meta.uid != node.meta.uid);
    let last = others
        .flat_map(|other| other.spec.taints.iter())
        .filter(|taint| drives_out(taint))
        .filter_map(|taint| taint.added)
        .max();
    Some(last.map_or(now, |last| last + gap))
}
