//! A look at a set whose pods are all as they should be, by the sums of the index: it costs what is new, and a step
//! along the names of the nodes.

use std::rc::Rc;

use super::placement::verdict;
use super::{BURST, Look, count, update};
use crate::api::apps::DaemonSetStatus;
use crate::api::core::PodSpec;
use crate::api::meta::NodeName;
use crate::controllers::pods::all_match;
use crate::sim::{Duration, Time};
use crate::store::Tally;

/// The nodes that should run a pod. It holds as long as neither the template nor any node's labels and taints change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    shapes: u64,
    spec: Rc<PodSpec>,
    fixed: Option<NodeName>,
    nodes: Vec<NodeName>,
}

impl Look<'_> {
    /// The status, if no pod has to be looked at: none is to be adopted, let go, deleted or replaced, and no node has
    /// two. Nodes without one are noted as those that get a pod.
    pub(super) fn settled(&mut self) -> Option<DaemonSetStatus> {
        let (store, set) = (self.seen.store, self.set);
        let index = store.index();
        let tally = index.tally(set.meta.uid);
        let alright = tally.terminating == 0
            && tally.succeeded == 0
            && tally.failed == 0
            && self.history.surplus(set) == 0
            && all_match(store, &set.meta, &tally, &set.spec.selector)
            && tally
                .labels
                .keys()
                .all(|labels| update::is_updated(set, labels, &self.history.hash));
        let posts = index.posts(set.meta.uid);
        if !alright || posts.map_or(0, |posts| count(posts.len())) != tally.total {
            return None;
        }
        let wanted = self.wanted();
        let mut there = posts.into_iter().flat_map(|posts| posts.keys()).peekable();
        let mut missing = Vec::new();
        for node in &wanted.nodes {
            if there.next_if(|name| Rc::ptr_eq(name, node) || *name == node).is_some() {
                continue;
            }
            if missing.len() < BURST {
                missing.push(Rc::clone(node));
            } else if there.peek().is_none() {
                break;
            }
        }
        // What is left over is for nodes that should have none.
        if there.next().is_some() {
            return None;
        }
        self.creating = missing;
        self.desired = count(wanted.nodes.len());
        self.memory.wanted = Some(wanted);
        let available = self.available(&tally);
        Some(DaemonSetStatus {
            desired: self.desired,
            current: tally.total,
            ready: tally.ready,
            updated: tally.total,
            available,
            unavailable: self.desired - available,
            observed_generation: set.meta.generation,
            collision_count: self.history.collisions,
            ..DaemonSetStatus::default()
        })
    }

    /// The nodes that should run a pod; asked anew only when something changed.
    fn wanted(&self) -> Rc<Wanted> {
        let store = self.seen.store;
        let (shapes, fixed) = (store.index().shapes(), self.set.spec.template.node_name.as_ref());
        let known = self.memory.wanted.as_ref().filter(|known| {
            known.shapes == shapes
                && known.fixed.as_ref() == fixed
                && (Rc::ptr_eq(&known.spec, &self.spec) || known.spec == self.spec)
        });
        if let Some(known) = known {
            return Rc::clone(known);
        }
        let runs = |node: &&Rc<_>| verdict(&self.spec, fixed, node).run;
        let names = store.nodes().iter().filter(runs).map(|node| Rc::clone(&node.meta.name));
        Rc::new(Wanted {
            shapes,
            spec: Rc::clone(&self.spec),
            fixed: fixed.cloned(),
            nodes: names.collect(),
        })
    }

    /// How many pods have been ready for long enough; the first that will have been wakes the set.
    fn available(&mut self, tally: &Tally) -> i64 {
        let least = Duration::from_seconds(self.set.spec.min_ready_seconds);
        if least == Duration::ZERO {
            return tally.ready;
        }
        let later = tally.ready_since.keys().map(|since| *since + least).find(|at| *at > self.now);
        self.wake = [self.wake, later].into_iter().flatten().min();
        let enough = |(since, _): &(&Time, &i64)| **since + least <= self.now;
        tally.ready_since.iter().take_while(enough).map(|(_, pods)| *pods).sum()
    }
}
