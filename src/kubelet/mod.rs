//! What a node does with the pods that are bound to it. PLACEHOLDER: signatures only.

use std::rc::Rc;

use crate::api::ApiError;
use crate::api::core::Pod;
use crate::api::meta::NodeName;
use crate::reconcile::{Key, Wake, Write};
use crate::sim::Time;
use crate::sim::rng::Seed;
use crate::store::{Change, Store};

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
}

/// How well the image registry works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registry {
    /// As usual.
    #[default]
    Up,
    /// Ten times slower.
    Slow,
    /// Not at all.
    Down,
}

/// How long things take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delays {}

/// What a kubelet decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nothing to do.
    Idle,
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

/// What runs on the nodes.
#[derive(Clone, Debug, Default)]
pub struct Kubelets {}

impl Kubelets {
    /// A machine is plugged in.
    pub fn add_machine(&mut self, _: &NodeName, _: Time) {}
    /// A machine is taken away.
    pub fn remove_machine(&mut self, _: &NodeName, _: Time) {}
    /// The plug is pulled.
    pub fn stop(&mut self, _: &NodeName, _: Time) {}
    /// It is started again.
    pub fn start(&mut self, _: &NodeName, _: Time) {}
    /// How many machines there ever were.
    pub fn machines_ever(&self) -> usize {
        0
    }
    /// How well the registry works.
    pub fn set_registry(&mut self, _: Registry) {}
}

/// Names the keys that a change concerns: pods and nodes.
pub fn wakes(_: &Change, _: &Store, _: Wake<'_>) {}

/// The kubelet looks at a pod or at its node.
pub fn sync(_: &Key, _: &Store, _: &mut Kubelets, _: &Delays, _: Seed, _: Time) -> KubeletPlan {
    KubeletPlan { writes: Vec::new(), wake: None, decision: Decision::Idle, node: "".into() }
}

/// The keys of everything a node's kubelet looks after, and of the node itself.
pub fn keys_of_node(_: &Store, _: &NodeName) -> Vec<Key> {
    Vec::new()
}

/// The key of a pod.
pub fn key_of_pod(pod: &Pod) -> Key {
    Key::part(pod.meta.key(), pod.meta.uid.to_string())
}

/// Runs a command in a container.
pub fn exec(
    _: &mut Kubelets,
    _: &Store,
    _: &Rc<Pod>,
    _: &str,
    _: &[String],
    _: Time,
) -> Result<ExecResult, ApiError> {
    Ok(ExecResult::default())
}

/// The log of a container.
pub fn logs(_: &Kubelets, _: &Pod, _: &str, _: bool) -> Result<Vec<LogLine>, ApiError> {
    Ok(Vec::new())
}

/// Makes a container exit with code 1.
pub fn crash(_: &mut Kubelets, _: &Pod, _: Option<&str>, _: Time) -> Result<(), String> {
    Ok(())
}

/// Makes a pod's containers stop answering.
pub fn hang(_: &mut Kubelets, _: &Pod, _: Time) -> Result<(), String> {
    Ok(())
}
