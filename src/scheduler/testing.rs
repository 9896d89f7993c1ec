//! Objects for the tables of the checks, from short YAML.

use std::rc::Rc;

use crate::api::core::{Node, Pod};
use crate::api::object::{AnyObject, Resource};
use crate::api::value::Value;
use crate::sim::Time;
use crate::store::{CauseId, NodeInfo, NodeSum, Store};

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|refusal| panic!("{refusal} in {text}"))
}

/// A pod of a spec like `nodeSelector: {a: b}`; without containers it gets one.
pub(super) fn pod(spec: &str) -> Pod {
    let mut spec = yaml(&format!("{{{spec}}}"));
    spec.set_default("containers", yaml("[{name: c}]"));
    Pod::from_value(
        &crate::object! { "metadata" => yaml("{name: p, namespace: default}"), "spec" => spec },
    )
}

/// The same with labels like `app: web`, on a node if it has a name.
pub(super) fn labelled(name: &str, labels: &str, node: &str, spec: &str) -> Pod {
    let mut pod = pod(spec);
    pod.meta.name = name.into();
    pod.meta.labels = crate::api::meta::Labels::from_value(Some(&yaml(&format!("{{{labels}}}"))));
    pod.meta.uid = crate::api::Uid::from_text(name);
    pod.node = (!node.is_empty()).then(|| node.into());
    pod
}

/// A node with labels like `zone: a` and a spec like `unschedulable: true`; 4 cpus, 8Gi, 110 pods.
pub(super) fn node(name: &str, labels: &str, spec: &str) -> Node {
    let object = format!(
        "{{metadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}, {labels}}}}}, spec: {{{spec}}}, \
         status: {{allocatable: {{cpu: 4, memory: 8Gi, pods: 110}}}}}}"
    );
    Node::from_value(&yaml(&object))
}

/// What these pods take together.
pub(super) fn taken(pods: &[Pod]) -> NodeSum {
    let mut sum = NodeSum::default();
    pods.iter().for_each(|pod| sum.add(pod));
    sum
}

/// A node with these pods on it.
pub(super) fn info(node: Node, pods: &[Pod]) -> NodeInfo {
    NodeInfo::new(Rc::new(node), taken(pods))
}

/// A store of nodes and pods.
pub(super) fn store(nodes: &[Node], pods: &[Pod]) -> Store {
    let mut store = Store::default();
    let nodes = nodes.iter().map(|node| AnyObject::Node(Rc::new(node.clone())));
    let pods = pods.iter().map(|pod| AnyObject::Pod(Rc::new(pod.clone())));
    for object in nodes.chain(pods) {
        store.put(object, Time::default(), CauseId::default());
    }
    store
}
