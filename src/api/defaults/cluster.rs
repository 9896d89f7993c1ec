//! Defaults of the kinds that make no pods. Follows `pkg/apis/{core,scheduling}/v1/defaults.go` and the conversions
//! beside them.

use super::{each, entry, round_resources};
use crate::api::base64;
use crate::api::value::Value;

pub(super) fn service(object: &mut Value) {
    let spec = object.child("spec");
    spec.set_default("sessionAffinity", "None");
    match spec.str_at("sessionAffinity") {
        Some("None") => {
            spec.remove("sessionAffinityConfig");
        }
        Some("ClientIP") => {
            spec.child("sessionAffinityConfig")
                .child("clientIP")
                .set_default("timeoutSeconds", 10800);
        }
        _ => {}
    }
    spec.set_default("type", "ClusterIP");
    each(spec, "ports", |port| {
        port.set_default("protocol", "TCP");
        let unset = match port.get("targetPort") {
            None | Some(Value::Int(0)) => true,
            Some(Value::String(name)) => name.is_empty(),
            Some(_) => false,
        };
        if unset {
            port.set("targetPort", port.i64_at("port").unwrap_or(0));
        }
    });
    let kind = spec.str_at("type").unwrap_or_default().to_owned();
    let external = !spec.items_at("externalIPs").is_empty();
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") || (kind == "ClusterIP" && external) {
        spec.set_default("externalTrafficPolicy", "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        spec.set_default("internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        spec.set_default("allocateLoadBalancerNodePorts", true);
    }
    object.child("status").set_default("loadBalancer", Value::empty_object());
}

pub(super) fn namespace(object: &mut Value) {
    if let Some(name) = object.at(&["metadata", "name"]).cloned() {
        object.child("metadata").child("labels").set("kubernetes.io/metadata.name", name);
    }
    object.set_default("spec", Value::empty_object());
    object.child("status").set_default("phase", "Active");
}

pub(super) fn node(object: &mut Value) {
    let spec = object.child("spec");
    match (spec.get("podCIDR").cloned(), spec.items_at("podCIDRs").first().cloned()) {
        (Some(one), first) if first.as_ref() != Some(&one) => spec.set("podCIDRs", vec![one]),
        (None, Some(first)) => spec.set("podCIDR", first),
        _ => {}
    }
    let status = object.child("status");
    if let Some(capacity) = status.get("capacity").cloned() {
        status.set_default("allocatable", capacity);
    }
    round_resources(status, "capacity");
    round_resources(status, "allocatable");
}

/// Texts in `stringData` move to `data`, in base 64, and the type is `Opaque`.
pub(super) fn secret(object: &mut Value) {
    if matches!(object.str_at("type"), None | Some("")) {
        object.set("type", "Opaque");
    }
    if let Some(texts) = object.remove("stringData") {
        for (key, text) in texts.entries() {
            let encoded = base64::encode(text.as_str().unwrap_or_default().as_bytes());
            object.child("data").set(key, encoded);
        }
    }
}

pub(super) fn persistent_volume_claim(object: &mut Value) {
    claim_spec(object.child("spec"));
    let status = object.child("status");
    status.set_default("phase", "Pending");
    round_resources(status, "capacity");
}

pub(super) fn claim_spec(spec: &mut Value) {
    spec.set_default("volumeMode", "Filesystem");
    spec.set_default("resources", Value::empty_object());
    entry(spec, "resources", |resources| {
        round_resources(resources, "limits");
        round_resources(resources, "requests");
    });
}

pub(super) fn resource_quota(object: &mut Value) {
    object.set_default("spec", Value::empty_object());
    round_resources(object.child("spec"), "hard");
    object.set_default("status", Value::empty_object());
    round_resources(object.child("status"), "hard");
    round_resources(object.child("status"), "used");
}

pub(super) fn limit_range(object: &mut Value) {
    each(object.child("spec"), "limits", |item| {
        if item.str_at("type") == Some("Container") {
            let fill = |item: &mut Value, from: &str, to: &str| {
                for (name, amount) in item.get(from).cloned().unwrap_or_default().entries() {
                    item.child(to).set_default(name, amount.clone());
                }
            };
            fill(item, "max", "default");
            fill(item, "default", "defaultRequest");
            fill(item, "min", "defaultRequest");
        }
        for list in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
            round_resources(item, list);
        }
    });
}

pub(super) fn priority_class(object: &mut Value) {
    object.set_default("preemptionPolicy", "PreemptLowerPriority");
    object.set_default("value", 0);
}

pub(super) fn endpoints(object: &mut Value) {
    each(object, "subsets", |subset| {
        each(subset, "ports", |port| port.set_default("protocol", "TCP"));
    });
}

pub(super) fn endpoint_slice(object: &mut Value) {
    each(object, "ports", |port| {
        port.set_default("name", "");
        port.set_default("protocol", "TCP");
    });
}
