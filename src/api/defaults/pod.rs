//! Defaults of pods and of the pod templates inside other objects. Follows `pkg/apis/core/v1/defaults.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::image::default_pull_policy;
use super::{each, entry, round_resources};
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::sim::order::Gather as _;

/// Fills in what a Pod object gets.
pub(super) fn pod(pod: &mut Value) {
    let spec = pod.child("spec");
    beyond_template(spec);
    pod_spec(spec);
    pod.child("status").set_default("phase", "Pending");
}

/// Fills in what the spec of a Pod gets and that of a template does not. Follows `SetDefaults_Pod`.
pub(crate) fn beyond_template(spec: &mut Value) {
    for list in ["containers", "initContainers"] {
        each(spec, list, requests_from_limits);
    }
    if spec.get("resources").is_some() {
        pod_level_huge_pages(spec);
        pod_level_requests(spec);
    }
    spec.set_default("enableServiceLinks", true);
    if spec.bool_at("hostNetwork") == Some(true) {
        for list in ["containers", "initContainers"] {
            each(spec, list, |container| each(container, "ports", host_port));
        }
    }
    // A negative grace period of a pod (not of a template) counts as one second.
    if spec.i64_at("terminationGracePeriodSeconds").is_some_and(|seconds| seconds < 0) {
        spec.set("terminationGracePeriodSeconds", 1);
    }
}

fn host_port(port: &mut Value) {
    if let (None, Some(number)) = (port.get("hostPort"), port.i64_at("containerPort")) {
        port.set("hostPort", number);
    }
}

fn requests_from_limits(container: &mut Value) {
    let Some(limits) = container.at(&["resources", "limits"]).cloned() else { return };
    let requests = container.child("resources").child("requests");
    for (name, amount) in limits.entries() {
        requests.set_default(name, amount.clone());
    }
}

/// Amounts by name of the resource.
pub(crate) type Amounts = BTreeMap<Rc<str>, Quantity>;

/// Fills the limits of huge pages of a pod that says anything of itself as a whole: the sum of its containers', unless
/// it asks for some. Follows `defaultHugePagePodLimits`.
fn pod_level_huge_pages(spec: &mut Value) {
    let named = |list: &str| spec.at(&["resources", list]).into_iter().flat_map(Value::entries);
    if named("limits").chain(named("requests")).next().is_none() {
        return;
    }
    let mut sums = container_amounts(spec, "limits");
    sums.retain(|name, _| {
        name.starts_with("hugepages-") && spec.at(&["resources", "requests", name]).is_none()
    });
    for (name, sum) in sums {
        spec.child("resources").child("limits").set_default(&name, sum);
    }
}

/// Fills the requests of a pod that sets limits for itself (not for a container): the sum of its containers' where
/// they ask for any, else its limit. Follows `defaultPodRequests`.
fn pod_level_requests(spec: &mut Value) {
    let Some(limits) = spec.at(&["resources", "limits"]).cloned() else { return };
    if limits.entries().next().is_none() {
        return;
    }
    let sums = container_amounts(spec, "requests");
    let requests = spec.child("resources").child("requests");
    for (name, sum) in sums {
        if matches!(&*name, "cpu" | "memory") {
            requests.set_default(&name, sum);
        }
    }
    for (name, amount) in limits.entries() {
        if matches!(&**name, "cpu" | "memory") || name.starts_with("hugepages-") {
            requests.set_default(name, amount.clone());
        }
    }
}

/// What all containers ask for together, or may use: the larger of the running ones (with sidecars) and the hungriest
/// moment of the start. `list` is `requests` or `limits`. Follows `AggregateContainerRequests` and
/// `AggregateContainerLimits` of `k8s.io/component-helpers/resource`.
pub(crate) fn container_amounts(spec: &Value, list: &str) -> Amounts {
    let mut running = Amounts::new();
    for container in spec.items_at("containers") {
        add(&mut running, &amounts(container, list));
    }
    let (mut sidecars, mut start) = (Amounts::new(), Amounts::new());
    for container in spec.items_at("initContainers") {
        let mut moment = amounts(container, list);
        if container.str_at("restartPolicy") == Some("Always") {
            add(&mut running, &moment);
            add(&mut sidecars, &moment);
            moment = sidecars.clone();
        } else {
            add(&mut moment, &sidecars);
        }
        raise(&mut start, &moment);
    }
    raise(&mut running, &start);
    running
}

fn amounts(container: &Value, list: &str) -> Amounts {
    let amounts = container.at(&["resources", list]).into_iter().flat_map(Value::entries);
    amounts
        .filter_map(|(name, amount)| Some((Rc::clone(name), Quantity::from_value(amount).ok()?)))
        .gather()
}

fn add(sum: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        sum.entry(Rc::clone(name)).or_insert(Quantity::ZERO).add(amount);
    }
}

fn raise(sum: &mut Amounts, to: &Amounts) {
    for (name, amount) in to {
        let slot = sum.entry(Rc::clone(name)).or_insert(Quantity::ZERO);
        if *amount > *slot {
            *slot = amount.clone();
        }
    }
}

/// Fills in a pod template: its metadata always stands.
pub(super) fn template(template: &mut Value) {
    template.set_default("metadata", Value::empty_object());
    pod_spec(template.child("spec"));
}

/// Fills in a pod spec.
pub(super) fn pod_spec(spec: &mut Value) {
    spec.set_default("dnsPolicy", "ClusterFirst");
    spec.set_default("restartPolicy", "Always");
    spec.set_default("schedulerName", "default-scheduler");
    spec.set_default("securityContext", Value::empty_object());
    spec.set_default("terminationGracePeriodSeconds", 30);
    // The old name of the field is an alias; the new one wins, both are shown.
    let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")).cloned();
    if let Some(account) = account {
        spec.set("serviceAccountName", account.clone());
        spec.set("serviceAccount", account);
    }
    each(spec, "volumes", volume);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        each(spec, list, container);
    }
    round_resources(spec, "overhead");
    entry(spec, "resources", |resources| {
        round_resources(resources, "limits");
        round_resources(resources, "requests");
    });
}

fn container(container: &mut Value) {
    container.set_default("name", "");
    if container.get("imagePullPolicy").is_none() {
        let policy = default_pull_policy(container.str_at("image").unwrap_or_default());
        container.set("imagePullPolicy", policy);
    }
    container.set_default("resources", Value::empty_object());
    container.set_default("terminationMessagePath", "/dev/termination-log");
    container.set_default("terminationMessagePolicy", "File");
    each(container, "ports", |port| port.set_default("protocol", "TCP"));
    each(container, "env", |variable| {
        entry(variable, "valueFrom", |source| {
            entry(source, "fieldRef", field_reference);
            entry(source, "fileKeyRef", |file| file.set_default("optional", false));
            entry(source, "resourceFieldRef", divisor);
        });
    });
    entry(container, "resources", |resources| {
        round_resources(resources, "limits");
        round_resources(resources, "requests");
    });
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        entry(container, name, probe);
    }
    entry(container, "lifecycle", |lifecycle| {
        for name in ["postStart", "preStop"] {
            entry(lifecycle, name, |handler| entry(handler, "httpGet", http_get));
        }
    });
}

fn field_reference(reference: &mut Value) {
    reference.set_default("apiVersion", "v1");
}

/// The divisor of a resource reference is no pointer: it shows as `"0"`.
fn divisor(reference: &mut Value) {
    let text = reference.get("divisor").and_then(|value| Quantity::from_value(value).ok());
    if reference.get("divisor").is_none() || text.is_some() {
        reference.set("divisor", text.unwrap_or(Quantity::ZERO));
    }
}

fn http_get(action: &mut Value) {
    action.set_default("path", "/");
    action.set_default("scheme", "HTTP");
}

fn probe(probe: &mut Value) {
    probe.set_default("timeoutSeconds", 1);
    probe.set_default("periodSeconds", 10);
    probe.set_default("successThreshold", 1);
    probe.set_default("failureThreshold", 3);
    entry(probe, "httpGet", http_get);
    entry(probe, "grpc", |grpc| grpc.set_default("service", ""));
}

fn volume(volume: &mut Value) {
    let sources = volume.entries().filter(|(key, _)| &***key != "name").count();
    if sources == 0 {
        volume.set("emptyDir", Value::empty_object());
    }
    let mode = |source: &mut Value| source.set_default("defaultMode", 0o644);
    entry(volume, "hostPath", |path| path.set_default("type", ""));
    entry(volume, "secret", mode);
    entry(volume, "configMap", mode);
    entry(volume, "downwardAPI", |source| {
        mode(source);
        downward_items(source);
    });
    entry(volume, "projected", |projected| {
        mode(projected);
        each(projected, "sources", |source| {
            entry(source, "downwardAPI", downward_items);
            entry(source, "serviceAccountToken", |token| {
                token.set_default("expirationSeconds", 3600);
            });
        });
    });
    entry(volume, "image", |image| {
        let policy = default_pull_policy(image.str_at("reference").unwrap_or_default());
        image.set_default("pullPolicy", policy);
    });
    entry(volume, "ephemeral", |source| {
        entry(source, "volumeClaimTemplate", |claim| {
            claim.set_default("metadata", Value::empty_object());
            super::cluster::claim_spec(claim.child("spec"));
        });
    });
    entry(volume, "iscsi", |source| source.set_default("iscsiInterface", "default"));
    entry(volume, "rbd", |source| {
        source.set_default("pool", "rbd");
        source.set_default("user", "admin");
        source.set_default("keyring", "/etc/ceph/keyring");
    });
    entry(volume, "azureDisk", |disk| {
        disk.set_default("cachingMode", "ReadWrite");
        disk.set_default("fsType", "ext4");
        disk.set_default("readOnly", false);
        disk.set_default("kind", "Shared");
    });
    entry(volume, "scaleIO", |source| {
        source.set_default("storageMode", "ThinProvisioned");
        source.set_default("fsType", "xfs");
    });
}

fn downward_items(source: &mut Value) {
    each(source, "items", |item| {
        entry(item, "fieldRef", field_reference);
        entry(item, "resourceFieldRef", divisor);
    });
}
