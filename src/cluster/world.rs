//! Everything a moment of the cluster consists of.

use std::rc::Rc;

use crate::persistent::OrdMap;

use super::causes::{AllMemories, Causes, LoopKey, Trigger};
use crate::apiserver::Names;
use crate::kubelet::{Delays, Kubelets};
use crate::sim::rng::Seed;
use crate::sim::timers::Timers;
use crate::sim::workqueue::WorkQueue;
use crate::sim::{Duration, Time};
use crate::store::{Change, Store};

/// How a cluster begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Everything random follows from it.
    pub seed: Seed,
    /// The date at which the session starts.
    pub start: Time,
    /// How many workers stand beside the control plane.
    pub workers: usize,
    /// Whether kube-proxy and the network agent run on every node.
    pub system_pods: bool,
    /// How long things take.
    pub delays: Delays,
}

/// How long before the session starts the cluster was set up, so that it is up and running.
pub(super) const SET_UP_BEFORE: Duration = Duration::from_seconds(3600);

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: Seed(1),
            start: Time::from_unix_seconds(1_767_225_600),
            workers: 3,
            system_pods: true,
            delays: Delays::default(),
        }
    }
}

/// Everything a moment consists of. Cloning it takes microseconds: all maps share their structure.
#[derive(Clone, Debug)]
pub struct World {
    /// Now.
    pub now: Time,
    /// The objects of the API.
    pub store: Store,
    /// What runs on the nodes.
    pub kubelets: Kubelets,
    /// Why everything was written, and what was last decided.
    pub causes: Causes,
    pub(super) names: Names,
    pub(super) memories: AllMemories,
    pub(super) timers: Timers<LoopKey>,
    pub(super) queue: WorkQueue<LoopKey, Trigger>,
    /// The first reconciles of the instant that is not done yet.
    pub(super) turns: Vec<LoopKey>,
    /// How often each loop came back to each key there, once there are more.
    pub(super) rounds: OrdMap<LoopKey, usize>,
    /// What went at that instant.
    pub(super) deleted: Vec<Rc<Change>>,
    /// How many reconciles there were: the measure of work.
    pub(super) work: u64,
}

impl World {
    /// An empty world at `now`.
    pub(super) fn empty(now: Time) -> Self {
        Self {
            now,
            store: Store::default(),
            kubelets: Kubelets::default(),
            causes: Causes::default(),
            names: Names::default(),
            memories: AllMemories::default(),
            timers: Timers::default(),
            queue: WorkQueue::default(),
            turns: Vec::new(),
            rounds: OrdMap::new(),
            deleted: Vec::new(),
            work: 0,
        }
    }

    /// The same moment with the last of what led to it only: the changes, and why they were made.
    pub(super) fn with_past(&self, changes: usize) -> Self {
        let mut world = self.clone();
        world.store.keep_last(changes);
        world.causes.keep_last(changes);
        world
    }

    /// Whether all is done that is due at this instant.
    pub(super) fn settled(&self) -> bool {
        self.queue.is_empty()
    }

    /// When something happens next.
    pub fn next_wake(&self) -> Option<Time> {
        if self.queue.is_empty() { self.timers.next_time() } else { Some(self.now) }
    }
}
