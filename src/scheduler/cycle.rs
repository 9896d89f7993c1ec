//! One try to find a node for one pod: what is computed once and asked for at every node. Follows the PreFilter
//! extension points and `schedule_one.go`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::filters::pod_affinity::{self, Neighbours};
use super::filters::topology_spread::{self, Counted};
use super::filters::{self, Refusal, node_affinity};
use super::peers::{self, Peers};
use crate::api::core::{Node, Pod};
use crate::api::meta::NodeName;
use crate::store::{NodeInfo, Store};

/// A pod and everything about the cluster that checks and scores ask for more than once.
pub(super) struct Cycle<'a> {
    pub(super) pod: &'a Pod,
    pub(super) store: &'a Store,
    pub(super) peers: Peers<'a>,
    pub(super) spread: Vec<Counted<'a>>,
    pub(super) neighbours: Neighbours,
    /// The only nodes in question, if the pod names them.
    only: Option<BTreeSet<Rc<str>>>,
    /// Pods of the same or a higher priority for which room is being made somewhere.
    nominated: Vec<&'a Rc<Pod>>,
}

/// A node that can take the pod.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) name: &'a NodeName,
    pub(super) info: &'a NodeInfo,
    /// Its place in the order of names.
    pub(super) place: usize,
}

/// What was found about the nodes.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) fitting: Vec<Candidate<'a>>,
    pub(super) refusals: Vec<(Rc<str>, Refusal)>,
}

/// Up to so many nodes are all asked. Follows `minFeasibleNodesToFind`.
const ASK_ALL: usize = 100;
/// Of more, the search ends when this part of them fits, but not before [`ASK_ALL`] do. Upstream's default falls from
/// 50 to 5 percent with the size of the cluster; this is what `percentageOfNodesToScore: 2` gives.
const ENOUGH_PERCENT: usize = 2;

impl<'a> Cycle<'a> {
    /// Prepares a try; `without` are pods imagined gone.
    pub(super) fn new(pod: &'a Pod, store: &'a Store, without: &'a [Rc<Pod>]) -> Self {
        let peers = Peers { store, without };
        let nominated = store.index().nominated().filter_map(|key| store.pods().get(key));
        Self {
            pod,
            store,
            spread: topology_spread::counted(pod, store, &peers),
            neighbours: pod_affinity::neighbours(pod, &peers),
            peers,
            only: node_affinity::only_nodes(pod),
            nominated: nominated
                .filter(|other| {
                    other.meta.uid != pod.meta.uid && other.spec.priority >= pod.spec.priority
                })
                .collect(),
        }
    }

    /// What is known of a node.
    pub(super) fn info(&self, node: &str) -> Option<&'a NodeInfo> {
        self.store.index().occupancy().node(node)
    }

    /// The verdict about a node: nothing if it can take the pod, also when the pods for which room is being made
    /// there have come. Follows `RunFilterPluginsWithNominatedPods`.
    pub(super) fn check(&self, info: &NodeInfo) -> Option<Refusal> {
        let coming = || {
            let name = &info.node.meta.name;
            let here = move |pod: &&&Rc<Pod>| pod.status.nominated_node.as_ref() == Some(name);
            self.nominated.iter().filter(here)
        };
        if self.nominated.is_empty() || coming().next().is_none() {
            return filters::check(self, info);
        }
        let mut info = info.clone();
        coming().for_each(|pod| info.sum.add(pod));
        filters::check(self, &info)
    }

    /// What each check says of a node as it is, in the order of [`filters::Check::ALL`].
    pub(super) fn verdicts(&self, info: &NodeInfo) -> [Option<Refusal>; 7] {
        let mut all = filters::each(self, info);
        if !self.allows(&info.node)
            && let Some(affinity) = all.get_mut(2)
        {
            affinity.get_or_insert_with(node_affinity::narrowed);
        }
        all
    }

    /// Asks nodes until enough can take the pod. Follows `findNodesThatFitPod`.
    pub(super) fn examine(&self) -> Found<'a> {
        let total = self.store.nodes().len();
        let enough =
            if total <= ASK_ALL { total } else { ASK_ALL.max(total * ENOUGH_PERCENT / 100) };
        self.search(enough)
    }

    fn search(&self, enough: usize) -> Found<'a> {
        let mut found = Found::default();
        // The node on which room was made is asked before all others.
        let nodes = self.store.index().occupancy();
        let nominated = self.pod.status.nominated_node.as_ref();
        if let Some((name, info)) = nominated.and_then(|name| nodes.named(name))
            && self.allows(&info.node)
            && self.check(info).is_none()
        {
            found.fitting.push(Candidate { name, info, place: 0 });
            return found;
        }
        if let Some(only) = &self.only {
            let named = only.iter().filter_map(|name| nodes.named(name));
            self.ask(named, 0, enough, &mut found);
            return found;
        }
        // Where the search begins differs from pod to pod, so that large clusters fill evenly.
        let names = self.store.index().node_names();
        let start = match names.len() {
            0..=ASK_ALL => 0,
            many => usize::try_from(self.pod.meta.uid.0 % many as u128).unwrap_or(0),
        };
        let Some(first) = names.get(start) else { return found };
        self.ask(nodes.nodes_from(first), start, enough, &mut found);
        if start > 0 {
            self.ask(nodes.nodes().take(start), 0, enough, &mut found);
        }
        found
    }

    /// Whether a node is among those that the pod names.
    fn allows(&self, node: &Node) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&node.meta.name))
    }

    /// How many nodes the pod left out by naming others, and what is said of them.
    pub(super) fn narrowed(&self) -> Option<(usize, Refusal)> {
        let only = self.only.as_ref()?;
        let left = only.iter().filter(|name| peers::node(self.store, name).is_some()).count();
        let out = self.store.nodes().len().saturating_sub(left);
        (out > 0).then(|| (out, node_affinity::narrowed()))
    }

    /// Asks nodes in order of their names, `first_place` of which come before.
    fn ask(
        &self,
        nodes: impl Iterator<Item = (&'a NodeName, &'a NodeInfo)>,
        first_place: usize,
        enough: usize,
        found: &mut Found<'a>,
    ) {
        for (place, (name, info)) in (first_place..).zip(nodes) {
            if found.fitting.len() >= enough {
                return;
            }
            match self.check(info) {
                None => found.fitting.push(Candidate { name, info, place }),
                Some(refusal) => found.refusals.push((Rc::clone(name), refusal)),
            }
        }
    }
}
