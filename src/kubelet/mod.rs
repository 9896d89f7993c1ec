//! What a node does with the pods that are bound to it. Follows `pkg/kubelet`.
//!
//! Per pod a [`runtime::PodRuntime`] says what its containers do; a look ([`sync`]) moves it to now, does what is to
//! be done ([`actions::compute_pod_actions`]) and compares the status that follows with the one in the store. A pod
//! that runs quietly has no wake-up; one that is over keeps nothing but its logs.
//!
//! Cost: a look touches one pod. It is caused by a change of the pod, by its processes (a `sleep` that ends), by a
//! probe that is due, or by an end of something that is under way.

mod actions;
mod admission;
mod commands;
mod environment;
mod heartbeat;
mod identity;
mod machine;
mod memory;
mod network;
mod node;
mod pressure;
mod probes;
mod reset;
mod runtime;
mod start;
mod status;
mod stop;
mod sync;
mod usage;
mod volumes;

use std::rc::Rc;

pub use commands::{crash, exec, hang, leave, logs};
pub use machine::{Delays, Kubelets, Registry};
pub use probes::{ProbeOutcome, ProbeResult};
pub use sync::sync_pod;
pub use usage::{PERIOD as MEASURED_EVERY, Usage, measured, node_usage, pod_usage};

use crate::api::Kind;
use crate::api::core::Pod;
use crate::api::meta::{NodeName, ObjectKey};
use crate::api::object::AnyObject;
use crate::reconcile::{Key, Wake, Write};
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// After so long a changed config map or secret reaches the containers that mount it. Follows the kubelet's sync
/// period (`syncFrequency`).
const REFRESH: Duration = Duration::from_seconds(60);

/// A line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Time,
    /// The line without its end.
    pub text: Rc<str>,
}

/// What a command in a container gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecResult {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i64,
    /// How long it took.
    pub took: Duration,
    /// Whether it would never have ended.
    pub endless: bool,
    /// The output in pieces: how long after the beginning each came, and whether it is an error.
    pub pieces: Vec<(Duration, bool, String)>,
}

/// What a kubelet decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nothing to do.
    Idle,
    /// The machine does not run.
    MachineDown,
    /// The pod is on its way: what each container does, in a word.
    Synced {
        /// Name and state of each container.
        containers: Rc<[(Rc<str>, &'static str)]>,
        /// When a back-off ends that holds a container back.
        back_off_until: Option<Time>,
    },
    /// The pod is stopping until then.
    Terminating {
        /// When the grace period ends.
        deadline: Time,
    },
    /// The pod is gone.
    Removed,
    /// The node reported.
    NodeReported,
}

/// What a kubelet wants done.
pub struct KubeletPlan {
    /// Writes in order.
    pub writes: Vec<Write>,
    /// When to look again.
    pub wake: Option<Time>,
    /// What was decided.
    pub decision: Decision,
    /// The node, as the host of events.
    pub node: NodeName,
}

/// Names the keys that a change concerns: pods that are bound, nodes that join or are cordoned, and pods that mount
/// what has changed.
pub fn wakes(change: &Change, store: &Store, wake: Wake<'_>) {
    match &change.object {
        AnyObject::Pod(pod) if pod.node.is_some() => {
            let before = match &change.before {
                Some(AnyObject::Pod(before)) => Some(before),
                _ => None,
            };
            let same = before.is_some_and(|before| {
                before.node == pod.node
                    && before.meta.deletion == pod.meta.deletion
                    && Rc::ptr_eq(&before.spec, &pod.spec)
                    && change.operation == Operation::Modified
                    && !(status::has_gates(pod)
                        && before.status.conditions != pod.status.conditions)
                    && pressure::driven_out(before) == pressure::driven_out(pod)
            });
            if !same {
                wake(key_of_pod(pod), Duration::ZERO);
            }
            wake_to_measure(change, pod, before, wake);
        }
        AnyObject::Node(node) if change.operation != Operation::Deleted => {
            let known = matches!(
                &change.before,
                Some(AnyObject::Node(before)) if before.spec.unschedulable == node.spec.unschedulable
            );
            if !known {
                wake(key_of_node(&node.meta.name), Duration::ZERO);
            }
            // Images are on the disk that pods write to.
            let before = match &change.before {
                Some(AnyObject::Node(before)) => Some(before),
                _ => None,
            };
            let more = before.is_some_and(|old| old.status.images != node.status.images);
            if more && store.pods_on(&node.meta.name).any(|pod| pressure::is_measured(pod)) {
                wake(key_of_node(&node.meta.name), until_measured(change.at));
            }
        }
        // A lease that somebody deletes is made again at the next renewal.
        AnyObject::Plain(lease) if change.operation == Operation::Deleted => {
            if let Some(node) = heartbeat::node_of_lease(lease) {
                wake(key_of_node(node), heartbeat::next_renewal(change.at) - change.at);
            }
        }
        AnyObject::Plain(plain)
            if matches!(plain.kind, Kind::ConfigMap | Kind::Secret)
                && change.operation == Operation::Modified =>
        {
            let pods = store.pods().iter_in(Some(&plain.meta.namespace));
            let mounted = |pod: &&Rc<Pod>| {
                pod.node.is_some()
                    && pod.active()
                    && volumes::mentions(pod, plain.kind, &plain.meta.name)
            };
            for pod in pods.filter(mounted) {
                wake(key_of_pod(pod), REFRESH);
            }
        }
        _ => {}
    }
}

/// Where what a pod uses may have changed, its node is measured when the kubelet next does.
fn wake_to_measure(change: &Change, pod: &Pod, before: Option<&Rc<Pod>>, wake: Wake<'_>) {
    let Some(node) = pod.node.as_ref().filter(|_| pressure::is_measured(pod)) else {
        return;
    };
    let same = before.is_some_and(|before| before.status.containers == pod.status.containers);
    if !same || change.operation == Operation::Deleted {
        wake(key_of_node(node), until_measured(change.at));
    }
}

/// How long it is until a kubelet next measures.
fn until_measured(now: Time) -> Duration {
    let period = pressure::PERIOD.millis();
    Duration::from_millis(period - now.unix_millis().rem_euclid(period))
}

/// The kubelet looks at a pod or at its node.
pub fn sync(
    key: &Key,
    store: &Store,
    kubelets: &mut Kubelets,
    delays: &Delays,
    seed: Seed,
    now: Time,
) -> KubeletPlan {
    match key.uid {
        None => node::report(key, store, kubelets, delays, seed, now),
        Some(_) => sync_pod(key, store, kubelets, delays, seed, now),
    }
}

/// The keys of everything a node's kubelet looks after, and of the node itself.
pub fn keys_of_node(store: &Store, node: &NodeName) -> Vec<Key> {
    let pods = store.pods_on(node).map(|pod| key_of_pod(pod));
    std::iter::once(key_of_node(node)).chain(pods).collect()
}

/// The key of a pod.
pub fn key_of_pod(pod: &Pod) -> Key {
    Key::named(&pod.meta.namespace, &pod.meta.name, Some(pod.meta.uid))
}

fn key_of_node(name: &NodeName) -> Key {
    Key::new(ObjectKey::cluster(Rc::clone(name)))
}
