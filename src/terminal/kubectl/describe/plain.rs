//! `describe` of Services, Secrets, ConfigMaps and namespaces.

use super::head;
use crate::api::Kind;
use crate::api::object::Plain;
use crate::api::value::Value;
use crate::cluster::Cluster;
/// A service: its addresses, and the pods behind each port.
pub(super) fn service_text(service: &Plain, cluster: &Cluster) -> String {
    let mut text = head(&service.meta);
    let nothing = Value::empty_object();
    let spec = service.body.get("spec").unwrap_or(&nothing);
    let joined = |key: &str| {
        let all: Vec<&str> = spec.items_at(key).iter().filter_map(Value::as_str).collect();
        if all.is_empty() { "<none>".to_owned() } else { all.join(",") }
    };
    let mut line = |title: &str, value: &str| text.push_str(&format!("{title}:\t{value}\n"));
    let selector: Vec<String> = spec
        .get("selector")
        .into_iter()
        .flat_map(Value::entries)
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    line("Selector", &if selector.is_empty() { "<none>".into() } else { selector.join(",") });
    line("Type", spec.str_at("type").unwrap_or_default());
    if let Some(policy) = spec.str_at("ipFamilyPolicy") {
        line("IP Family Policy", policy);
    }
    line("IP Families", &joined("ipFamilies"));
    line("IP", spec.str_at("clusterIP").unwrap_or_default());
    line("IPs", &joined("clusterIPs"));
    if !spec.items_at("externalIPs").is_empty() {
        line("External IPs", &joined("externalIPs"));
    }
    if let Some(name) = spec.str_at("externalName") {
        line("External Name", name);
    }
    for port in spec.items_at("ports") {
        let name = port.str_at("name").filter(|name| !name.is_empty());
        let shown = name.unwrap_or("<unset>");
        let protocol = port.str_at("protocol").unwrap_or("TCP");
        line("Port", &format!("{shown}\t{}/{protocol}", port.i64_at("port").unwrap_or_default()));
        let target = match port.get("targetPort") {
            Some(Value::String(name)) => name.to_string(),
            Some(other) => other.to_json(),
            None => "0".into(),
        };
        line("TargetPort", &format!("{target}/{protocol}"));
        if let Some(node) = port.i64_at("nodePort").filter(|port| *port != 0) {
            line("NodePort", &format!("{shown}\t{node}/{protocol}"));
        }
        line("Endpoints", &addresses(service, name.unwrap_or_default(), cluster));
    }
    line("Session Affinity", spec.str_at("sessionAffinity").unwrap_or_default());
    for (title, key) in [
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
    ] {
        if let Some(policy) = spec.str_at(key) {
            line(title, policy);
        }
    }
    text
}

/// The first three addresses behind a port. Follows `formatEndpointSlices`.
fn addresses(service: &Plain, port: &str, cluster: &Cluster) -> String {
    let mut all = Vec::new();
    for slice in cluster.store().plain_in(Kind::EndpointSlice, Some(&service.meta.namespace)) {
        if slice.meta.labels.text("kubernetes.io/service-name") != Some(&*service.meta.name) {
            continue;
        }
        let ports = slice.body.items_at("ports").iter();
        for number in ports
            .filter(|one| one.str_at("name").unwrap_or_default() == port)
            .filter_map(|one| one.i64_at("port"))
        {
            let ready = slice.body.items_at("endpoints").iter().filter(|endpoint| {
                endpoint.at(&["conditions", "ready"]).and_then(Value::as_bool).unwrap_or(true)
            });
            let found = ready.flat_map(|one| one.items_at("addresses")).filter_map(Value::as_str);
            all.extend(found.map(|address| format!("{address}:{number}")));
        }
    }
    match all.as_slice() {
        [] => "<none>".into(),
        [a, b, c, _, ..] => format!("{a},{b},{c} + {} more...", all.len() - 3),
        few => few.join(","),
    }
}

/// A config map, every value in full.
/// A secret: how long each value is, and not what it is. Values are Base64.
pub(super) fn secret_text(secret: &Plain) -> String {
    let kind = secret.body.str_at("type").unwrap_or("Opaque");
    let mut text = format!("{}\nType:\t{kind}\n\nData\n====\n", head(&secret.meta));
    let data = secret.body.get("data").into_iter().flat_map(Value::entries);
    for (key, value) in data {
        let coded = value.as_str().unwrap_or_default().trim_end_matches('=');
        text.push_str(&format!("{key}:\t{} bytes\n", coded.len() * 3 / 4));
    }
    text
}

pub(super) fn config_map_text(map: &Plain) -> String {
    let mut text = head(&map.meta);
    text.push_str("\nData\n====\n");
    for (key, value) in map.body.get("data").into_iter().flat_map(Value::entries) {
        text.push_str(&format!("{key}:\n----\n{}\n\n", value.as_str().unwrap_or_default()));
    }
    text.push_str("\nBinaryData\n====\n\n");
    text
}

/// Whether a namespace has quotas or limits, which are told in full.
pub(super) fn holds_limits(namespace: &Plain, cluster: &Cluster) -> bool {
    [Kind::ResourceQuota, Kind::LimitRange]
        .into_iter()
        .any(|kind| !cluster.store().list(kind, Some(&namespace.meta.name)).is_empty())
}

/// A namespace without quotas and limits.
pub(super) fn namespace_text(namespace: &Plain) -> String {
    let phase = namespace.body.at(&["status", "phase"]).and_then(Value::as_str);
    format!(
        "{}Status:\t{}\n\nNo resource quota.\n\nNo LimitRange resource.\n",
        head(&namespace.meta),
        phase.unwrap_or_default()
    )
}
