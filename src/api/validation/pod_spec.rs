//! Pod specs and pod templates. Follows `ValidatePodSpec` and `ValidatePodTemplateSpec` in `pkg/apis/core/validation`.

use super::container::{self, Around};
use super::environment;
use super::errors::{Errors, Path, text};
use super::internal;
use super::metadata;
use super::placement;
use super::resources;
use super::security;
use super::volumes;
use crate::api::defaults::container_amounts;
use crate::api::labels::Labels;
use crate::api::names;
use crate::api::quantity::Quantity;
use crate::api::value::Value;

/// The words for when containers start again.
const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];

/// Checks the template of an object that makes pods.
pub(crate) fn template(errors: &mut Errors, path: &Path<'_>, template: &Value) {
    let none = Value::Null;
    let metadata = template.get("metadata").unwrap_or(&none);
    let spec = template.get("spec").unwrap_or(&none);
    // Upstream leaves "metadata" out of these paths.
    metadata::labels(errors, &path.child("labels"), metadata.get("labels"));
    let annotations_path = &path.child("annotations");
    metadata::annotations(errors, annotations_path, metadata.get("annotations"));
    annotations(errors, annotations_path, metadata.get("annotations"), spec);
    let spec_path = &path.child("spec");
    pod_spec(errors, spec_path, spec, "", false);
    if !spec.items_at("ephemeralContainers").is_empty() {
        let detail = "ephemeral containers not allowed in pod template";
        errors.forbidden(&spec_path.child("ephemeralContainers"), detail);
    }
}

/// Checks the annotations that mean something for pods.
pub(crate) fn annotations(
    errors: &mut Errors,
    path: &Path<'_>,
    annotations: Option<&Value>,
    spec: &Value,
) {
    const MIRROR: &str = "kubernetes.io/config.mirror";
    const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    let annotations = Labels::new(annotations);
    if let Some(value) = annotations.get(MIRROR)
        && text(spec, "nodeName").is_empty()
    {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.invalid(&path.key(MIRROR), value, detail);
    }
    if let Some(cost) = annotations.get(DELETION_COST) {
        // No plus sign and no leading zeros.
        let starts = cost == "0" || cost.starts_with(|first| matches!(first, '-' | '1'..='9'));
        if !starts || cost.parse::<i32>().is_err() {
            errors.invalid(&path.key(DELETION_COST), cost, "must be a 32bit integer");
        }
    }
}

/// Checks a pod spec. `pod_name` is empty in templates.
pub(crate) fn pod_spec(
    errors: &mut Errors,
    path: &Path<'_>,
    spec: &Value,
    pod_name: &str,
    is_pod: bool,
) {
    if spec.get("terminationGracePeriodSeconds").is_none() {
        errors.required(&path.child("terminationGracePeriodSeconds"), "");
    }
    let list = spec.items_at("volumes");
    let fine = volumes::volumes(errors, &path.child("volumes"), list, pod_name, is_pod);
    let claims = spec.items_at("resourceClaims").iter().map(|claim| text(claim, "name"));
    let claims = claims.filter(|name| !name.is_empty()).collect();
    resource_claims(errors, &path.child("resourceClaims"), spec.items_at("resourceClaims"));
    let around = Around { spec, volumes: fine, claims };
    container::containers(errors, &path.child("containers"), &around);
    container::init_containers(errors, &path.child("initContainers"), &around);
    container::ephemeral_containers(errors, &path.child("ephemeralContainers"), &around);
    pod_resources(errors, &path.child("resources"), &around);
    if spec.bool_at("hostNetwork") == Some(true) {
        host_network_ports(errors, &path.child("containers"), spec, is_pod);
    }
    container::one_of(errors, path, spec, "restartPolicy", &RESTART_POLICIES);
    let dns = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    container::one_of(errors, path, spec, "dnsPolicy", &dns);
    metadata::labels(errors, &path.child("nodeSelector"), spec.get("nodeSelector"));
    if let Some(context) = spec.get("securityContext") {
        security::of_pod(errors, &path.child("securityContext"), context, spec);
    }
    if let Some(affinity) = spec.get("affinity") {
        placement::affinity(errors, &path.child("affinity"), affinity);
    }
    dns_config(errors, &path.child("dnsConfig"), spec);
    gates(errors, path, spec);
    let constraints = spec.items_at("topologySpreadConstraints");
    placement::spread(errors, &path.child("topologySpreadConstraints"), constraints);
    host_users(errors, path, spec);
    hostname_override(errors, path, spec);
    plain_fields(errors, path, spec);
    environment::file_volumes(errors, path, spec);
}

/// The fields that stand for themselves, in upstream's order.
fn plain_fields(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    let named = |errors: &mut Errors, field: &str, check: fn(&str) -> Vec<String>| {
        let name = text(spec, field);
        if !name.is_empty() {
            errors.each_invalid(&path.child(field), name, &check(name));
        }
    };
    named(errors, "serviceAccountName", names::dns_subdomain);
    named(errors, "nodeName", names::dns_subdomain);
    if let Some(seconds) = spec.i64_at("activeDeadlineSeconds") {
        for message in names::in_range(seconds, 1, i64::from(i32::MAX)) {
            errors.invalid(&path.child("activeDeadlineSeconds"), seconds, &message);
        }
    }
    named(errors, "hostname", names::dns_label);
    named(errors, "subdomain", names::dns_label);
    placement::tolerations(errors, &path.child("tolerations"), spec.items_at("tolerations"));
    host_aliases(errors, &path.child("hostAliases"), spec.items_at("hostAliases"));
    named(errors, "priorityClassName", names::dns_subdomain);
    if let Some(name) = spec.str_at("runtimeClassName") {
        let messages = names::dns_subdomain(name);
        errors.each_invalid(&path.child("runtimeClassName"), name, &messages);
    }
    if spec.get("preemptionPolicy").is_some() {
        let words = ["PreemptLowerPriority", "Never"];
        container::one_of(errors, path, spec, "preemptionPolicy", &words);
    }
    if let Some(overhead) = spec.get("overhead") {
        let limits = crate::object! { "limits" => overhead.clone() };
        resources::of_container(errors, &path.child("overhead"), &limits, &[]);
    }
    if let Some(os) = spec.get("os") {
        let path = &path.child("os");
        match text(os, "name") {
            "" => errors.required(&path.child("name"), ""),
            "linux" | "windows" => {}
            other => errors.not_supported(path, other, &["linux", "windows"]),
        }
    }
}

fn resource_claims(errors: &mut Errors, path: &Path<'_>, claims: &[Value]) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, claim) in claims.iter().enumerate() {
        let path = &path.index(index);
        let name = text(claim, "name");
        if name.is_empty() {
            errors.required(&path.child("name"), "");
        } else if seen.contains(&name) {
            errors.duplicate(&path.child("name"), name);
        } else {
            errors.each_invalid(&path.child("name"), name, &names::dns_label(name));
            seen.push(name);
        }
        let detail = match (claim.get("resourceClaimName"), claim.get("resourceClaimTemplateName"))
        {
            (Some(_), Some(_)) => {
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            }
            (None, None) => "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
            _ => "",
        };
        if !detail.is_empty() {
            errors.invalid_json(path, &internal::of_type("PodResourceClaim", Some(claim)), detail);
        }
        for field in ["resourceClaimName", "resourceClaimTemplateName"] {
            if let Some(name) = claim.str_at(field) {
                errors.each_invalid(&path.child(field), name, &names::dns_subdomain(name));
            }
        }
    }
}

/// Checks the resources of the pod as a whole, and that its containers fit in.
fn pod_resources(errors: &mut Errors, path: &Path<'_>, around: &Around<'_>) {
    let Some(own) = around.spec.get("resources") else { return };
    if own.get("claims").is_some() {
        let detail = "claims may not be set for Resources at pod-level";
        errors.forbidden(&path.child("claims"), detail);
    }
    resources::of_pod(errors, path, own, &around.claims);
    let amount = |list: &str, name: &str| {
        own.at(&[list, name]).and_then(|amount| Quantity::from_value(amount).ok())
    };
    let requests_path = path.child("requests");
    for (name, sum) in container_amounts(around.spec, "requests") {
        if let Some(request) = amount("requests", &name).filter(|request| sum > *request) {
            let detail =
                format!("must be greater than or equal to aggregate container requests of {sum}");
            errors.invalid(&requests_path.key(&name), request, &detail);
        }
    }
    // Of huge pages nobody gets more than there are.
    let limits_path = path.child("limits");
    let mut sums = container_amounts(around.spec, "limits");
    sums.retain(|name, _| name.starts_with("hugepages-"));
    for (name, sum) in sums {
        if let Some(limit) = amount("limits", &name).filter(|limit| sum > *limit) {
            let detail =
                format!("must be greater than or equal to aggregate container limits of {sum}");
            errors.invalid(&limits_path.key(&name), limit, &detail);
        }
    }
    let containers = path.child("containers");
    for (index, container) in around.spec.items_at("containers").iter().enumerate() {
        let limits = container.at(&["resources", "limits"]);
        for (name, limit) in limits.into_iter().flat_map(Value::entries) {
            let Ok(limit) = Quantity::from_value(limit) else { continue };
            if let Some(most) = amount("limits", name).filter(|most| limit > *most) {
                let (item, detail) = (
                    containers.index(index),
                    format!("must be less than or equal to pod limits of {most}"),
                );
                let item = item.key(name);
                errors.invalid(&item.child("limits"), limit, &detail);
            }
        }
    }
}

/// On the network of the node, a container's port is the node's.
fn host_network_ports(errors: &mut Errors, path: &Path<'_>, spec: &Value, is_pod: bool) {
    for (index, container) in spec.items_at("containers").iter().enumerate() {
        let path = path.index(index);
        let path = path.child("ports");
        for (index, port) in container.items_at("ports").iter().enumerate() {
            let host = port.i64_at("hostPort").unwrap_or(0);
            let differs = host != port.i64_at("containerPort").unwrap_or(0);
            if differs && (is_pod || host != 0) {
                let detail = "must match `containerPort` when `hostNetwork` is true";
                errors.invalid(&path.index(index).child("hostPort"), host, detail);
            }
        }
    }
}

fn dns_config(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    let config = spec.get("dnsConfig");
    if text(spec, "dnsPolicy") == "None" {
        let Some(config) = config else {
            return errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
        };
        if config.items_at("nameservers").is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return errors.required(&path.child("nameservers"), detail);
        }
    }
    let Some(config) = config else { return };
    let servers = config.items_at("nameservers");
    let servers_path = path.child("nameservers");
    if servers.len() > 3 {
        let detail = "must not have more than 3 nameservers";
        errors.invalid(&servers_path, servers.to_vec(), detail);
    }
    for (index, server) in servers.iter().enumerate() {
        ip_address(errors, &servers_path.index(index), server.as_str().unwrap_or_default());
    }
    let searches = config.items_at("searches");
    let searches_path = path.child("searches");
    if searches.len() > 32 {
        let detail = "must not have more than 32 search paths";
        errors.invalid(&searches_path, searches.to_vec(), detail);
    }
    let words: Vec<&str> = searches.iter().filter_map(Value::as_str).collect();
    if words.join(" ").len() > 2048 {
        let detail =
            "must not have more than 2048 characters (including spaces) in the search list";
        errors.invalid(&searches_path, searches.to_vec(), detail);
    }
    for (index, search) in words.iter().enumerate().filter(|(_, search)| **search != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        let messages = names::dns_subdomain_with_underscore(search);
        errors.each_invalid(&searches_path.index(index), search, &messages);
    }
    let options = path.child("options");
    for (index, option) in config.items_at("options").iter().enumerate() {
        if text(option, "name").is_empty() {
            errors.required(&options.index(index), "must not be empty");
        }
    }
}

/// Checks that a text is an IP address.
pub(crate) fn ip_address(errors: &mut Errors, path: &Path<'_>, text: &str) {
    if text.parse::<std::net::IpAddr>().is_err() {
        let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        errors.invalid(path, text, detail);
    }
}

fn gates(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    let readiness = path.child("readinessGates");
    for (index, gate) in spec.items_at("readinessGates").iter().enumerate() {
        let name = text(gate, "conditionType");
        let path = readiness.index(index);
        errors.each_invalid(&path.child("conditionType"), name, &names::label_key(name));
    }
    let scheduling = path.child("schedulingGates");
    let gates = spec.items_at("schedulingGates");
    for (index, gate) in gates.iter().enumerate() {
        let name = text(gate, "name");
        errors.each_invalid(&scheduling.index(index), name, &names::label_key(name));
        if gates.iter().take(index).any(|before| text(before, "name") == name) {
            errors.duplicate(&scheduling.index(index), name);
        }
    }
}

fn host_users(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    if spec.bool_at("hostUsers") != Some(false) {
        return;
    }
    for (field, word) in
        [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
    {
        if spec.bool_at(field) == Some(true) {
            errors.forbidden(&path.child(word), "when `hostUsers` is false");
        }
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let path = path.child(list);
        for (index, container) in spec.items_at(list).iter().enumerate() {
            if !container.items_at("volumeDevices").is_empty() {
                let path = path.index(index);
                errors.forbidden(&path.child("volumeDevices"), "when `hostUsers` is false");
            }
        }
    }
}

fn hostname_override(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    let Some(name) = spec.str_at("hostnameOverride") else { return };
    let path = &path.child("hostnameOverride");
    if spec.bool_at("setHostnameAsFQDN") == Some(true) {
        errors.forbidden(path, "may not be specified when setHostnameAsFQDN is true");
    }
    if spec.bool_at("hostNetwork") == Some(true) {
        errors.forbidden(path, "may not be specified when hostNetwork is true");
    }
    if name.len() > 64 {
        errors.too_long(path, 64);
    }
    errors.each_invalid(path, name, &names::dns_subdomain(name));
}

fn host_aliases(errors: &mut Errors, path: &Path<'_>, aliases: &[Value]) {
    for (index, alias) in aliases.iter().enumerate() {
        let path = &path.index(index);
        ip_address(errors, &path.child("ip"), text(alias, "ip"));
        let path = path.child("hostnames");
        for (index, name) in alias.items_at("hostnames").iter().enumerate() {
            let name = name.as_str().unwrap_or_default();
            errors.each_invalid(&path.index(index), name, &names::dns_subdomain(name));
        }
    }
}
