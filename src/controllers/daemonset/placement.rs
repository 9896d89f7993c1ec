//! Which nodes a DaemonSet wants, and the pod it makes for a node. Follows `NodeShouldRunDaemonPod`,
//! `util.AddOrUpdateDaemonPodTolerations` and `util.ReplaceDaemonSetPodNodeNameNodeAffinity`.

use std::rc::Rc;

use crate::api::apps::DaemonSet;
use crate::api::core::{Effect, Node, Pod, PodSpec, Taint, Toleration};
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, OwnerReference};
use crate::api::value::Value;
use crate::api::words::joined;

/// What a set wants of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether it should get a pod.
    pub run: bool,
    /// Whether a pod that is there may stay.
    pub keep: bool,
}

/// The taints that every daemon pod bears.
const BORNE: [(&str, Effect); 6] = [
    ("node.kubernetes.io/not-ready", Effect::NoExecute),
    ("node.kubernetes.io/unreachable", Effect::NoExecute),
    ("node.kubernetes.io/disk-pressure", Effect::NoSchedule),
    ("node.kubernetes.io/memory-pressure", Effect::NoSchedule),
    ("node.kubernetes.io/pid-pressure", Effect::NoSchedule),
    ("node.kubernetes.io/unschedulable", Effect::NoSchedule),
];

/// The template's spec with the automatic tolerations; computed once for each template.
pub(super) fn with_tolerations(spec: &PodSpec) -> Rc<PodSpec> {
    Rc::clone(spec.daemon.get_or_init(|| Rc::new(tolerant(spec))))
}

fn tolerant(spec: &PodSpec) -> PodSpec {
    let network = ("node.kubernetes.io/network-unavailable", Effect::NoSchedule);
    let borne = BORNE.into_iter().chain(spec.host_network.then_some(network));
    let wanted: Vec<Toleration> =
        borne.map(|(key, effect)| Toleration::exists(key, effect, None)).collect();
    let same = |one: &Toleration, other: &Toleration| {
        one.key == other.key
            && one.operator == other.operator
            && one.value == other.value
            && one.effect == other.effect
    };
    // One of the same key, operator, value and effect is replaced in its place.
    let mut all: Vec<Value> = spec.raw.items_at("tolerations").to_vec();
    for toleration in wanted {
        let mut known = false;
        for (raw, one) in all.iter_mut().zip(spec.tolerations.iter()) {
            if same(one, &toleration) {
                *raw = toleration.to_value();
                known = true;
            }
        }
        if !known {
            all.push(toleration.to_value());
        }
    }
    let mut raw = spec.raw.clone();
    raw.set("tolerations", all);
    PodSpec::parse(&raw)
}

/// What a set wants of a node; `spec` bears the automatic tolerations.
pub(super) fn verdict(spec: &PodSpec, fixed: Option<&NodeName>, node: &Node) -> Verdict {
    if fixed.is_some_and(|name| *name != node.meta.name)
        || !spec.selects_node(&node.meta.name, &node.meta.labels)
    {
        return Verdict { run: false, keep: false };
    }
    let untolerated = |effect| {
        node.spec
            .taints
            .iter()
            .any(|taint| taint.effect == effect && !taint.tolerated(&spec.tolerations))
    };
    let drives_out = untolerated(Effect::NoExecute);
    Verdict { run: !drives_out && !untolerated(Effect::NoSchedule), keep: !drives_out }
}

/// What all new pods of a set are alike in; [`for_node`] makes one for a node of it.
pub(super) fn daemon_pod(set: &DaemonSet, hash: &str) -> Pod {
    let owners = Rc::new([OwnerReference::controller_of(Kind::DaemonSet, &set.meta)]) as Rc<[_]>;
    let prefix = joined(&[&set.meta.name, "-"]);
    let mut pod = Pod::from_template(&set.spec.template, &set.meta.namespace, &prefix, &owners);
    pod.meta.labels.set("controller-revision-hash", hash);
    pod.meta.labels.set("pod-template-generation", template_generation(set));
    pod
}

/// The pod for a node; `spec` bears the automatic tolerations.
pub(super) fn for_node(alike: &Pod, spec: &Rc<PodSpec>, node: &NodeName) -> Pod {
    let field = crate::object! { "key" => "metadata.name", "operator" => "In", "values" => vec![Rc::clone(node)] };
    let term = crate::object! { "matchFields" => vec![field] };
    let required = crate::object! { "nodeSelectorTerms" => vec![term] };
    let mut affinity = spec.raw.get("affinity").cloned().unwrap_or_else(Value::empty_object);
    affinity.child("nodeAffinity").set("requiredDuringSchedulingIgnoredDuringExecution", required);
    Pod { spec: Rc::new(spec.with_affinity(affinity)), ..alike.clone() }
}

/// The annotation that counts changes of the template.
pub(super) fn template_generation(set: &DaemonSet) -> &str {
    set.meta.annotations.text("deprecated.daemonset.template.generation").unwrap_or("1")
}

/// Why a set wants no pod on a node: the first of its checks that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The template names another node.
    OtherNode(NodeName),
    /// The node lacks a label of the template's node selector.
    Selector {
        /// The label's key.
        key: Rc<str>,
        /// The value asked for.
        value: Rc<str>,
    },
    /// Node affinity does not allow it.
    Affinity,
    /// The template does not tolerate a taint.
    Taint(Taint),
}

/// Why a set wants no pod on a node; nothing if it wants one.
pub fn left_out(set: &DaemonSet, node: &Node) -> Option<LeftOut> {
    let spec = with_tolerations(&set.spec.template.made);
    let fixed = set.spec.template.node_name.as_ref();
    if verdict(&spec, fixed, node).run {
        return None;
    }
    if let Some(name) = fixed.filter(|name| **name != node.meta.name) {
        return Some(LeftOut::OtherNode(Rc::clone(name)));
    }
    let lacks = |(key, value): &(&Rc<str>, &Rc<str>)| node.meta.labels.get(*key) != Some(*value);
    if let Some((key, value)) = spec.node_selector.iter().find(lacks) {
        return Some(LeftOut::Selector { key: Rc::clone(key), value: Rc::clone(value) });
    }
    if !spec.selects_node(&node.meta.name, &node.meta.labels) {
        return Some(LeftOut::Affinity);
    }
    let bars = |taint: &&Taint| {
        taint.effect != Effect::PreferNoSchedule && !taint.tolerated(&spec.tolerations)
    };
    node.spec.taints.iter().find(bars).cloned().map(LeftOut::Taint)
}
