//! What pods and nodes use, as a metrics server tells it.

use std::rc::Rc;

use super::Cluster;
use crate::api::core::{Node, Pod};
use crate::kubelet::{self, Usage};

impl Cluster {
    /// What the containers of a pod use; `None` while nobody has measured it.
    pub fn pod_usage(&self, pod: &Pod) -> Option<Vec<(Rc<str>, Usage)>> {
        kubelet::pod_usage(&self.world.kubelets, pod, self.now(), self.config().seed)
    }

    /// What a node uses; `None` while it is silent.
    pub fn node_usage(&self, node: &Node) -> Option<Usage> {
        let world = &self.world;
        kubelet::node_usage(&world.kubelets, &world.store, node, self.now(), self.config().seed)
    }
}
