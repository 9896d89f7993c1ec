//! Where the pods are that a pod wants to be near, away from, or spread among: counted per node from the crowds that
//! the store keeps, so that no pods are walked.

use std::rc::Rc;

use crate::api::core::{Node, Pod, PodAffinityTerm};
use crate::api::kind::Kind;
use crate::api::meta::{Labels, ObjectKey};
use crate::store::{CrowdView, Headcount, Store};

/// The bound pods of a cluster, less some that are imagined gone (preemption asks what would be without them).
pub(super) struct Peers<'a> {
    pub(super) store: &'a Store,
    pub(super) without: &'a [Rc<Pod>],
}

/// The node of a name.
pub(super) fn node<'a>(store: &'a Store, name: &Rc<str>) -> Option<&'a Rc<Node>> {
    store.nodes().get(&ObjectKey::cluster(Rc::clone(name)))
}

impl<'a> Peers<'a> {
    /// Tells of each node how many pods it has of those that are picked by namespace and labels.
    pub(super) fn each(
        &self,
        namespace: Option<&str>,
        picked: impl Fn(&str, &Labels) -> bool,
        mut tell: impl FnMut(&'a Node, Headcount),
    ) {
        let crowds = self.store.index().occupancy().crowds(namespace);
        for crowd in crowds.filter(|crowd| picked(crowd.namespace, crowd.labels)) {
            for (name, mut heads) in crowd.nodes() {
                for gone in self.without.iter().filter(|gone| belongs(gone, &crowd, name)) {
                    heads.all -= 1;
                    heads.leaving -= i64::from(gone.meta.deleting());
                }
                if let Some(node) = node(self.store, name).filter(|_| heads.all > 0) {
                    tell(node, heads);
                }
            }
        }
    }

    /// The bound pods that have terms of their own about other pods, with their nodes.
    pub(super) fn affine(&self) -> impl Iterator<Item = (&'a Rc<Pod>, &'a Rc<Node>)> {
        let keys = self.store.index().occupancy().affine();
        let pods = keys.filter_map(|key| self.store.pods().get(key));
        let left =
            pods.filter(|pod| !self.without.iter().any(|gone| gone.meta.uid == pod.meta.uid));
        left.filter_map(|pod| Some((pod, node(self.store, pod.node.as_ref()?)?)))
    }
}

fn belongs(pod: &Pod, crowd: &CrowdView<'_>, node: &Rc<str>) -> bool {
    pod.node.as_ref() == Some(node)
        && pod.meta.namespace == *crowd.namespace
        && pod.meta.labels == *crowd.labels
}

/// Whether a term of `owner` speaks of pods in `namespace` with `labels`. Follows `framework.AffinityTerm.Matches`.
pub(super) fn speaks_of(
    term: &PodAffinityTerm,
    owner: &Pod,
    namespace: &str,
    labels: &Labels,
    store: &Store,
) -> bool {
    let named = term.namespaces.iter().any(|name| **name == *namespace);
    let meant = || match &term.namespace_selector {
        None => term.namespaces.is_empty() && *owner.meta.namespace == *namespace,
        Some(selector) => store
            .plain(Kind::Namespace, &ObjectKey::cluster(namespace))
            .is_some_and(|namespace| selector.matches(&namespace.meta.labels)),
    };
    let own = &owner.meta.labels;
    let equal = |key: &Rc<str>| own.text(key).map(|value| labels.text(key) == Some(value));
    (named || meant())
        && term.selector.matches(labels)
        && term.same.iter().all(|key| equal(key) != Some(false))
        && term.other.iter().all(|key| equal(key) != Some(true))
}
