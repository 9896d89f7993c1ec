//! What the server changes in an object before it validates it: status, generation, the labels and selector of a Job.
//!
//! Follows `pkg/registry/*/*/strategy.go` and `k8s.io/apiserver/pkg/registry/rest/{create,update}.go`. Uid, name and
//! creation time are set before; resource versions and the bumping of the generation are the caller's.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::defaults::labels_from_template;
use super::kind::Kind;
use super::labels::Labels;
use super::quantity::Quantity;
use super::value::{Map, Value};
use super::words::word;
use crate::object;

const JOB_NAME: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
const CONTROLLER_UID: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Whether objects of this kind count the changes of their spec in `metadata.generation`.
pub const fn has_generation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::ReplicationController
            | Kind::ReplicaSet
            | Kind::Deployment
            | Kind::DaemonSet
            | Kind::StatefulSet
            | Kind::Job
            | Kind::CronJob
            | Kind::PodDisruptionBudget
            | Kind::PriorityClass
            | Kind::EndpointSlice
    )
}

/// Whether objects of this kind have a status that only its own subresource may write.
pub const fn has_status(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::Node
            | Kind::Namespace
            | Kind::Service
            | Kind::ReplicationController
            | Kind::ResourceQuota
            | Kind::PersistentVolumeClaim
            | Kind::ReplicaSet
            | Kind::Deployment
            | Kind::DaemonSet
            | Kind::StatefulSet
            | Kind::Job
            | Kind::CronJob
            | Kind::PodDisruptionBudget
    )
}

/// Prepares a new object, after its defaults and before its validation. `uid` is the uid that it was given.
pub fn prepare_for_create(kind: Kind, object: &mut Value, uid: &str) {
    if has_generation(kind) {
        object.child("metadata").set("generation", 1);
    }
    if let Some(status) = first_status(kind, object) {
        object.set("status", status);
    }
    match kind {
        Kind::Pod => prepare_pod(object),
        Kind::Namespace => prepare_namespace(object),
        Kind::Job => {
            // A Job without labels shares those of its pods, with what is added to them.
            let shared = object.at(&["spec", "template", "metadata", "labels"]).is_some();
            generate_job_selector(object, uid);
            if shared {
                labels_from_template(object);
            }
        }
        Kind::DaemonSet => {
            let generation = template_generation(object).max(1);
            set_template_generation(object, generation);
        }
        _ => {}
    }
}

/// The status of a new object. `None` for kinds whose status a creator may set, or that have none.
fn first_status(kind: Kind, object: &Value) -> Option<Value> {
    Some(match kind {
        Kind::Pod => object! { "phase" => "Pending", "qosClass" => pod_qos(object) },
        Kind::Namespace => object! { "phase" => "Active" },
        Kind::Service => object! { "loadBalancer" => Value::empty_object() },
        Kind::PersistentVolumeClaim => object! { "phase" => "Pending" },
        Kind::ReplicationController | Kind::ReplicaSet => object! { "replicas" => 0 },
        Kind::StatefulSet => object! { "replicas" => 0, "availableReplicas" => 0 },
        Kind::DaemonSet => object! {
            "currentNumberScheduled" => 0,
            "desiredNumberScheduled" => 0,
            "numberMisscheduled" => 0,
            "numberReady" => 0,
        },
        Kind::PodDisruptionBudget => object! {
            "currentHealthy" => 0,
            "desiredHealthy" => 0,
            "disruptionsAllowed" => 0,
            "expectedPods" => 0,
        },
        Kind::Deployment | Kind::Job | Kind::CronJob | Kind::ResourceQuota => Value::empty_object(),
        Kind::Node
        | Kind::Event
        | Kind::ConfigMap
        | Kind::Secret
        | Kind::Endpoints
        | Kind::ServiceAccount
        | Kind::LimitRange
        | Kind::ControllerRevision
        | Kind::Lease
        | Kind::EndpointSlice
        | Kind::PriorityClass => return None,
    })
}

fn prepare_namespace(object: &mut Value) {
    // A generated name was not known yet when the defaults were filled in.
    if let Some(name) = object.at(&["metadata", "name"]).cloned() {
        object.child("metadata").child("labels").set("kubernetes.io/metadata.name", name);
    }
    let finalizers = object.child("spec").child("finalizers").make_items();
    if !finalizers.iter().any(|one| one.as_str() == Some("kubernetes")) {
        finalizers.push(Value::from("kubernetes"));
    }
}

fn prepare_pod(pod: &mut Value) {
    if !pod.child("spec").items_at("schedulingGates").is_empty() {
        let condition = object! {
            "type" => "PodScheduled",
            "status" => "False",
            "reason" => "SchedulingGated",
            "message" => "Scheduling is blocked due to non-empty scheduling gates",
        };
        pod.child("status").set("conditions", vec![condition]);
    }
    let labels = pod.at(&["metadata", "labels"]).cloned();
    let labels = Labels::new(labels.as_ref());
    let spec = pod.child("spec");
    if !spec.items_at("topologySpreadConstraints").is_empty() {
        for constraint in spec.child("topologySpreadConstraints").make_items() {
            apply_label_keys(constraint, labels);
        }
    }
    for side in ["podAffinity", "podAntiAffinity"] {
        if spec.at(&["affinity", side]).is_none() {
            continue;
        }
        let side = spec.child("affinity").child(side);
        for list in PREFERRED_AND_REQUIRED {
            if side.items_at(list).is_empty() {
                continue;
            }
            for term in side.child(list).make_items() {
                let nested = term.get("podAffinityTerm").is_some();
                let term = if nested { term.child("podAffinityTerm") } else { term };
                apply_label_keys(term, labels);
            }
        }
    }
}

const PREFERRED_AND_REQUIRED: [&str; 2] = [
    "preferredDuringSchedulingIgnoredDuringExecution",
    "requiredDuringSchedulingIgnoredDuringExecution",
];

/// Turns the keys in `matchLabelKeys` and `mismatchLabelKeys` into requirements with this pod's values.
fn apply_label_keys(term: &mut Value, labels: Labels<'_>) {
    if term.get("labelSelector").is_none() {
        return;
    }
    for (list, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
        let keys = term.items_at(list).to_vec();
        for key in keys.iter().filter_map(Value::as_str) {
            let Some(value) = labels.get(key) else { continue };
            let requirement =
                object! { "key" => key, "operator" => operator, "values" => vec![value] };
            term.child("labelSelector").child("matchExpressions").make_items().push(requirement);
        }
    }
}

/// The class of service of a pod. Follows `pkg/apis/core/v1/helper/qos`.
pub fn pod_qos(pod: &Value) -> &'static str {
    let Some(spec) = pod.get("spec") else { return "BestEffort" };
    let own: Vec<&Value> = match spec.get("resources") {
        Some(resources) => vec![resources],
        None => {
            let containers =
                spec.items_at("containers").iter().chain(spec.items_at("initContainers"));
            let none = &Value::Null;
            containers.map(|container| container.get("resources").unwrap_or(none)).collect()
        }
    };
    let (mut requests, mut limits) = (BTreeMap::new(), BTreeMap::new());
    let mut guaranteed = true;
    for resources in own {
        add_amounts(&mut requests, resources.get("requests"));
        guaranteed &= add_amounts(&mut limits, resources.get("limits")) == 2;
    }
    if requests.is_empty() && limits.is_empty() {
        "BestEffort"
    } else if guaranteed && requests == limits {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

/// Adds the amounts of cpu and memory that are above zero; says how many there were.
fn add_amounts(sum: &mut BTreeMap<&'static str, Quantity>, amounts: Option<&Value>) -> usize {
    let mut found = 0;
    for name in ["cpu", "memory"] {
        let amount = amounts.and_then(|amounts| amounts.get(name));
        let Some(Ok(amount)) = amount.map(Quantity::from_value) else { continue };
        if amount > Quantity::ZERO {
            found += 1;
            sum.entry(name).or_insert(Quantity::ZERO).add(&amount);
        }
    }
    found
}

/// Gives a Job the labels of its pods and the selector for them, unless its author chose a selector of her own.
fn generate_job_selector(job: &mut Value, uid: &str) {
    if job.at(&["spec", "manualSelector"]).and_then(Value::as_bool) == Some(true) {
        return;
    }
    let name: Rc<str> = job.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or("").into();
    identify_pods(job.child("spec"), &name, &uid.into());
}

/// Gives the pods of a Job the labels that are theirs alone, and its spec the selector for them.
pub(crate) fn identify_pods(spec: &mut Value, name: &Rc<str>, uid: &Rc<str>) {
    let labels = spec.child("template").child("metadata").child("labels").make_map();
    JOB_NAME.iter().for_each(|key| set_missing(labels, key, name));
    CONTROLLER_UID.iter().for_each(|key| set_missing(labels, key, uid));
    let selector = spec.child("selector").child("matchLabels").make_map();
    set_missing(selector, CONTROLLER_UID[1], uid);
}

fn set_missing(labels: &mut Map, key: &str, text: &Rc<str>) {
    let label = labels.entry(word(key)).or_default();
    if label.is_null() {
        *label = Value::from(text);
    }
}

/// Brings a new object, once it was validated, into the form in which it is read back: a Job whose author gave labels
/// neither to it nor to its pods shows the labels that were generated for the pods.
pub fn canonicalize(kind: Kind, object: &mut Value) {
    if kind == Kind::Job {
        labels_from_template(object);
    }
}

fn template_generation(daemon_set: &Value) -> i64 {
    let text = daemon_set.at(&["metadata", "annotations", TEMPLATE_GENERATION]);
    text.and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn set_template_generation(daemon_set: &mut Value, generation: i64) {
    let annotations = daemon_set.child("metadata").child("annotations");
    annotations.set(TEMPLATE_GENERATION, generation.to_string());
}

/// Prepares a changed object: what only the server may change is put back.
pub fn prepare_for_update(kind: Kind, new: &mut Value, old: &Value) {
    keep_metadata(new, old);
    if has_status(kind) {
        copy(new, old, "status");
    }
    match kind {
        Kind::Namespace => {
            let finalizers = old.at(&["spec", "finalizers"]).cloned();
            set_or_remove(new.child("spec"), "finalizers", finalizers);
        }
        Kind::DaemonSet => {
            let path = ["spec", "template"];
            let changed = new.at(&path) != old.at(&path);
            set_template_generation(new, template_generation(old) + i64::from(changed));
        }
        Kind::Job => labels_from_template(new),
        Kind::Service => {
            keep_allocated(new, old);
            drop_of_another_type(new, old);
        }
        _ => {}
    }
}

/// What a Service was given for its old type and nobody changed goes with that type. Follows `dropTypeDependentFields`.
fn drop_of_another_type(new: &mut Value, old: &Value) {
    let Some(before) = old.get("spec") else { return };
    let spec = new.child("spec");
    let has_address = |spec: &Value| spec.str_at("type") != Some("ExternalName");
    let is_reached =
        |spec: &Value| matches!(spec.str_at("type"), Some("NodePort" | "LoadBalancer"));
    let balances = |spec: &Value| spec.str_at("type") == Some("LoadBalancer");
    let is_checked =
        |spec: &Value| balances(spec) && spec.str_at("externalTrafficPolicy") == Some("Local");
    let mut gone: Vec<&[&str]> = Vec::new();
    if has_address(before) && !has_address(spec) {
        // Who clears the one field means the other, too. Follows `normalizeClusterIPs`.
        let cleared = spec.str_at("clusterIP").unwrap_or_default().is_empty();
        if cleared && spec.get("clusterIPs") == before.get("clusterIPs") {
            spec.remove("clusterIP");
            spec.remove("clusterIPs");
        }
        gone.extend([&["clusterIP", "clusterIPs"][..], &["ipFamilies"], &["ipFamilyPolicy"]]);
    }
    if is_checked(before) && !is_checked(spec) {
        gone.push(&["healthCheckNodePort"]);
    }
    if balances(before) && !balances(spec) {
        gone.extend([&["allocateLoadBalancerNodePorts"][..], &["loadBalancerClass"]]);
    }
    if is_reached(before) && !is_reached(spec) {
        gone.push(&["externalTrafficPolicy"]);
        let numbers = |spec: &Value| -> Vec<i64> {
            spec.items_at("ports").iter().filter_map(|port| port.i64_at("nodePort")).collect()
        };
        let known = numbers(before);
        if numbers(spec).iter().all(|number| known.contains(number)) {
            for port in spec.child("ports").make_items() {
                port.remove("nodePort");
            }
        }
    }
    for fields in gone {
        if fields.iter().all(|field| spec.get(field) == before.get(field)) {
            for field in fields {
                spec.remove(field);
            }
        }
    }
}

/// What a Service was given and its writer left out stays. Follows `patchAllocatedValues`.
fn keep_allocated(new: &mut Value, old: &Value) {
    let external = |service: &Value| {
        service.at(&["spec", "type"]).and_then(Value::as_str) == Some("ExternalName")
    };
    if external(new) || external(old) {
        return;
    }
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if let Some(value) = old.at(&["spec", field]).cloned() {
            new.child("spec").set_default(field, value);
        }
    }
    keep_node_ports(new.child("spec"), old.get("spec"));
}

/// A port that does not say its node port keeps the one that it had under its name, unless another one has it now.
fn keep_node_ports(spec: &mut Value, old: Option<&Value>) {
    let reached = |spec: &Value| matches!(spec.str_at("type"), Some("NodePort" | "LoadBalancer"));
    let Some(old) = old.filter(|old| reached(old) && reached(spec)) else { return };
    let number = |port: &Value| port.i64_at("nodePort").filter(|number| *number > 0);
    let used: Vec<i64> = spec.items_at("ports").iter().filter_map(number).collect();
    for port in spec.child("ports").make_items() {
        let name = port.str_at("name").unwrap_or_default();
        let is_same = |known: &&Value| known.str_at("name").unwrap_or_default() == name;
        let known = old.items_at("ports").iter().find(is_same).and_then(number);
        if let Some(known) = known.filter(|known| number(port).is_none() && !used.contains(known)) {
            port.set("nodePort", known);
        }
    }
}

/// Prepares an object whose status is written: the spec and what else is not the status is put back.
pub fn prepare_for_status_update(kind: Kind, new: &mut Value, old: &Value) {
    keep_metadata(new, old);
    copy(new, old, "spec");
    match kind {
        Kind::Pod => {
            let owners = old.at(&["metadata", "ownerReferences"]).cloned();
            set_or_remove(new.child("metadata"), "ownerReferences", owners);
            if let Some(class) = old.at(&["status", "qosClass"]).cloned() {
                new.child("status").set_default("qosClass", class);
            }
        }
        Kind::Deployment => {
            let labels = old.at(&["metadata", "labels"]).cloned();
            set_or_remove(new.child("metadata"), "labels", labels);
        }
        _ => {}
    }
}

/// An update changes neither uid nor times of creation and deletion, and never says the generation itself.
fn keep_metadata(new: &mut Value, old: &Value) {
    let Some(old) = old.get("metadata") else { return };
    let new = new.child("metadata");
    set_or_remove(new, "generation", old.get("generation").cloned());
    for key in ["creationTimestamp", "deletionTimestamp"] {
        if let Some(value) = old.get(key) {
            new.set(key, value.clone());
        }
    }
    for key in ["uid", "deletionGracePeriodSeconds"] {
        if let Some(value) = old.get(key) {
            new.set_default(key, value.clone());
        }
    }
}

fn copy(new: &mut Value, old: &Value, key: &str) {
    set_or_remove(new, key, old.get(key).cloned());
}

fn set_or_remove(object: &mut Value, key: &str, value: Option<Value>) {
    match value {
        Some(value) => object.set(key, value),
        None => {
            object.remove(key);
        }
    }
}

/// Whether the change of a prepared object is one that `metadata.generation` counts.
pub fn spec_changed(kind: Kind, new: &Value, old: &Value) -> bool {
    let differs = |path: &[&str]| new.at(path) != old.at(path);
    match kind {
        Kind::Deployment => differs(&["spec"]) || differs(&["metadata", "annotations"]),
        Kind::EndpointSlice => {
            differs(&["endpoints"]) || differs(&["ports"]) || differs(&["metadata", "labels"])
        }
        Kind::PriorityClass => false,
        _ => has_generation(kind) && differs(&["spec"]),
    }
}

#[cfg(test)]
mod tests;
