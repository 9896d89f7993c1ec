//! All that can be done to a cluster from outside, as data: with its time and the words it came from. A session is
//! a configuration and a list of inputs; replaying them gives the same end state, byte for byte.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::value::Value;
use crate::apiserver::Patch;
use crate::kubelet::Registry;
use crate::reconcile::DeleteOptions;
use crate::sim::Time;

/// Something done to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// When.
    pub at: Time,
    /// What.
    pub verb: Verb,
    /// The command line it came from, or nothing.
    pub words: Rc<str>,
}

/// What can be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// Creates an object from decoded JSON.
    Create {
        /// The kind.
        kind: Kind,
        /// The namespace.
        namespace: Rc<str>,
        /// The object.
        object: Value,
    },
    /// Replaces an object.
    Update {
        /// The kind.
        kind: Kind,
        /// The namespace.
        namespace: Rc<str>,
        /// The object.
        object: Value,
    },
    /// Patches an object.
    Patch {
        /// The kind.
        kind: Kind,
        /// The key.
        key: ObjectKey,
        /// The patch.
        patch: Patch,
    },
    /// Sets the number of replicas.
    Scale {
        /// The kind.
        kind: Kind,
        /// The key.
        key: ObjectKey,
        /// How many.
        replicas: i64,
    },
    /// Deletes an object.
    Delete {
        /// The kind.
        kind: Kind,
        /// The key.
        key: ObjectKey,
        /// How.
        how: DeleteOptions,
    },
    /// Evicts a pod, as a drain does.
    Evict {
        /// The pod.
        pod: ObjectKey,
        /// Grace in seconds; `None` means the pod's own.
        grace_seconds: Option<i64>,
    },
    /// Runs a command in a container.
    Exec {
        /// The pod.
        pod: ObjectKey,
        /// The container.
        container: Rc<str>,
        /// The command.
        argv: Vec<String>,
    },
    /// Does something to the machines.
    Act(Action),
}

/// What can be done to the machines under the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Pulls the plug of a node.
    StopNode(Rc<str>),
    /// Starts it again.
    StartNode(Rc<str>),
    /// Adds a node.
    AddNode {
        /// Its name; `None` takes the next `worker-N`.
        name: Option<Rc<str>>,
        /// Labels beside the usual ones.
        labels: BTreeMap<Rc<str>, Rc<str>>,
        /// Its cpus, as a quantity; `None` means 4.
        cpu: Option<Rc<str>>,
        /// Its memory, as a quantity; `None` means 8Gi.
        memory: Option<Rc<str>>,
    },
    /// Takes a node away: its machine stops and its object is deleted.
    RemoveNode(Rc<str>),
    /// Makes a container exit with code 1.
    CrashPod {
        /// The pod.
        pod: ObjectKey,
        /// The container; `None` means the first.
        container: Option<Rc<str>>,
    },
    /// Leaves a container's standard input: the shell there ends.
    Leave {
        /// The pod.
        pod: ObjectKey,
        /// The container.
        container: Rc<str>,
        /// The shell's exit code.
        code: i64,
    },
    /// Makes a pod's containers stop answering.
    HangPod {
        /// The pod.
        pod: ObjectKey,
    },
    /// Sets how well the registry works.
    Registry(Registry),
}
