//! Services. Follows `validateService` in `pkg/apis/core/validation`, without load balancers' classes and two IP
//! families: the sandbox has one network.

use std::collections::BTreeSet;

use super::container::{one_of, port_number};
use super::errors::{Errors, Path, text};
use super::metadata;
use super::pod_spec::ip_address;
use super::probes;
use crate::api::names;
use crate::api::value::Value;
use crate::object;

const SPEC: Path<'static> = Path::root("spec");

/// The types, in alphabetical order.
const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/// Whether a Service asks for no address of its own.
fn is_headless(spec: &Value) -> bool {
    text(spec, "clusterIP") == "None"
}

/// Checks a Service, but for its metadata.
pub(crate) fn service(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    let kind = text(spec, "type");
    let ports = spec.items_at("ports");
    let ports_path = &SPEC.child("ports");
    if ports.is_empty() && !is_headless(spec) && kind != "ExternalName" {
        errors.required(ports_path, "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if is_headless(spec) => {
            let detail = format!("may not be set to 'None' for {kind} services");
            errors.invalid(&SPEC.child("clusterIPs").index(0), "None", &detail);
        }
        "ExternalName" => external_name(errors, spec),
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        service_port(errors, &ports_path.index(index), port, ports.len() > 1, &mut seen);
    }
    metadata::labels(errors, &SPEC.child("selector"), spec.get("selector"));
    one_of(errors, &SPEC, spec, "sessionAffinity", &["ClientIP", "None"]);
    session_affinity(errors, &SPEC.child("sessionAffinityConfig"), spec);
    let cluster_ip = text(spec, "clusterIP");
    if !matches!(cluster_ip, "" | "None") && kind != "ExternalName" {
        let path = SPEC.child("clusterIPs");
        ip_address(errors, &path.index(0), cluster_ip);
    }
    let path = SPEC.child("externalIPs");
    for (index, address) in spec.items_at("externalIPs").iter().enumerate() {
        ip_address(errors, &path.index(index), address.as_str().unwrap_or_default());
    }
    one_of(errors, &SPEC, spec, "type", &TYPES);
    port_clashes(errors, ports_path, ports, kind);
    if kind != "LoadBalancer" {
        let detail = "may only be used when `type` is 'LoadBalancer'";
        if !spec.items_at("loadBalancerSourceRanges").is_empty() {
            errors.forbidden(&SPEC.child("LoadBalancerSourceRanges"), detail);
        }
        if spec.get("allocateLoadBalancerNodePorts").is_some() {
            errors.forbidden(&SPEC.child("allocateLoadBalancerNodePorts"), detail);
        }
        if spec.get("loadBalancerClass").is_some() {
            errors.forbidden(&SPEC.child("loadBalancerClass"), detail);
        }
    }
    traffic(errors, spec, kind);
}

fn external_name(errors: &mut Errors, spec: &Value) {
    let given = [
        ("clusterIPs", !text(spec, "clusterIP").is_empty()),
        ("ipFamilies", !spec.items_at("ipFamilies").is_empty()),
        ("ipFamilyPolicy", spec.get("ipFamilyPolicy").is_some()),
    ];
    for (field, _) in given.iter().filter(|(_, given)| *given) {
        errors.forbidden(&SPEC.child(field), "may not be set for ExternalName services");
    }
    let name = text(spec, "externalName");
    let path = &SPEC.child("externalName");
    match name.strip_suffix('.').unwrap_or(name) {
        "" => errors.required(path, ""),
        name => errors.each_invalid(path, name, &names::dns_subdomain(name)),
    }
}

fn service_port<'a>(
    errors: &mut Errors,
    path: &Path<'_>,
    port: &'a Value,
    needs_name: bool,
    seen: &mut BTreeSet<&'a str>,
) {
    match text(port, "name") {
        "" if needs_name => errors.required(&path.child("name"), ""),
        "" => {}
        name => {
            errors.each_invalid(&path.child("name"), name, &names::dns_label(name));
            if !seen.insert(name) {
                errors.duplicate(&path.child("name"), name);
            }
        }
    }
    port_number(errors, &path.child("port"), port.i64_at("port").unwrap_or(0));
    one_of(errors, path, port, "protocol", &["SCTP", "TCP", "UDP"]);
    probes::port(errors, &path.child("targetPort"), port.get("targetPort"));
    if let Some(protocol) = port.str_at("appProtocol") {
        let messages = names::label_key(protocol);
        errors.each_invalid(&path.child("appProtocol"), protocol, &messages);
    }
}

fn session_affinity(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    let config = spec.get("sessionAffinityConfig");
    match text(spec, "sessionAffinity") {
        "None" if config.is_some() => {
            errors.forbidden(path, "must not be set when session affinity is None");
        }
        "ClientIP" => {
            let seconds = config.and_then(|config| config.at(&["clientIP", "timeoutSeconds"]));
            let seconds = seconds.and_then(Value::as_i64).unwrap_or(0);
            if !(1..=86400).contains(&seconds) {
                let path = path.child("clientIP");
                let detail = "must be greater than 0 and less than 86400";
                errors.invalid(&path.child("timeoutSeconds"), seconds, detail);
            }
        }
        _ => {}
    }
}

fn port_clashes(errors: &mut Errors, path: &Path<'_>, ports: &[Value], kind: &str) {
    let node_port = |port: &Value| port.i64_at("nodePort").filter(|number| *number != 0);
    for (index, _) in ports.iter().enumerate().filter(|(_, port)| node_port(port).is_some()) {
        if kind == "ClusterIP" {
            let detail = "may not be used when `type` is 'ClusterIP'";
            errors.forbidden(&path.index(index).child("nodePort"), detail);
        }
    }
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let Some(number) = node_port(port) else { continue };
        if !seen.insert((text(port, "protocol"), number)) {
            errors.duplicate(&path.index(index).child("nodePort"), number);
        }
    }
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let (protocol, number) = (text(port, "protocol"), port.i64_at("port").unwrap_or(0));
        if !seen.insert((protocol, number)) {
            let text = format!(
                "Duplicate value: {{\"Name\":\"\",\"Protocol\":\"{protocol}\",\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\"NodePort\":0}}"
            );
            let kind = crate::api::FieldErrorKind::Duplicate;
            errors.push(crate::api::FieldError::verbatim(kind, &path.index(index), text));
        }
    }
}

fn traffic(errors: &mut Errors, spec: &Value, kind: &str) {
    let external = matches!(kind, "LoadBalancer" | "NodePort")
        || (kind == "ClusterIP" && !spec.items_at("externalIPs").is_empty());
    let policy = text(spec, "externalTrafficPolicy");
    if external {
        one_of(errors, &SPEC, spec, "externalTrafficPolicy", &["Cluster", "Local"]);
    } else if !policy.is_empty() {
        let detail = "may only be set for externally-accessible services";
        errors.invalid(&SPEC.child("externalTrafficPolicy"), policy, detail);
    }
    if let Some(policy) = spec.str_at("internalTrafficPolicy") {
        let known = ["Cluster", "Local"];
        if !known.contains(&policy) {
            errors.not_supported(&SPEC.child("internalTrafficPolicy"), policy, &known);
        }
    }
    if let Some(word) = spec.str_at("trafficDistribution") {
        let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
        if !known.contains(&word) {
            errors.not_supported(&SPEC.child("trafficDistribution"), word, &known);
        }
    }
}

/// Checks what may change: not the address, unless the Service was or becomes a mere name.
pub(crate) fn update(errors: &mut Errors, new: &Value, old: &Value) {
    let none = Value::Null;
    let (new, old) = (new.get("spec").unwrap_or(&none), old.get("spec").unwrap_or(&none));
    if [new, old].iter().any(|spec| text(spec, "type") == "ExternalName") {
        return;
    }
    let before = text(old, "clusterIP");
    let after = text(new, "clusterIP");
    if !before.is_empty() && before != after {
        let path = SPEC.child("clusterIPs");
        let shown = object! { "list" => vec![after] };
        if after.is_empty() {
            let detail = "primary clusterIP can not be unset";
            errors.invalid(&path.index(0), Value::from(Vec::<Value>::new()), detail);
        } else {
            let list = shown.get("list").cloned().unwrap_or_default();
            errors.invalid(&path.index(0), list, "may not change once set");
        }
    }
}
