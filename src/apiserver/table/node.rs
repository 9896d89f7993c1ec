//! Nodes. Follows `printNode`.

use super::{Column, age, shown, wide};
use crate::api::conditions::{self, Status};
use crate::api::core::Node;
use crate::api::meta::Labels;
use crate::api::value::Value;
use crate::sim::Time;
use crate::sim::order::Order as _;

pub(super) const COLUMNS: [Column; 10] = [
    shown("Name"),
    shown("Status"),
    shown("Roles"),
    shown("Age"),
    shown("Version"),
    wide("Internal-IP"),
    wide("External-IP"),
    wide("OS-Image"),
    wide("Kernel-Version"),
    wide("Container-Runtime"),
];

const ROLE_PREFIX: &str = "node-role.kubernetes.io/";

/// The roles in a node's labels, in order. Follows `findNodeRoles`.
pub fn roles(labels: &Labels) -> String {
    let mut roles: Vec<&str> = labels
        .iter()
        .filter_map(|(key, value)| match key.strip_prefix(ROLE_PREFIX) {
            Some(role) if !role.is_empty() => Some(role),
            None if &**key == "kubernetes.io/role" && !value.is_empty() => Some(&**value),
            _ => None,
        })
        .collect();
    roles.order();
    roles.dedup();
    super::or_none(&roles.join(","))
}

/// The STATUS of a node.
pub fn word(node: &Node) -> String {
    let ready = match conditions::find(&node.status.conditions, "Ready") {
        Some(condition) if condition.status == Status::True => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let disabled = if node.spec.unschedulable { ",SchedulingDisabled" } else { "" };
    format!("{ready}{disabled}")
}

pub(super) fn row(node: &Node, now: Time) -> Vec<String> {
    let info = |key: &str| {
        node.status.raw.at(&["nodeInfo", key]).and_then(Value::as_str).unwrap_or_default()
    };
    let known = |key: &str| match info(key) {
        "" => "<unknown>".to_owned(),
        text => text.to_owned(),
    };
    let address = |kind: &str| {
        let addresses = node.status.raw.items_at("addresses");
        let found = addresses.iter().find(|address| address.str_at("type") == Some(kind));
        super::or_none(found.and_then(|found| found.str_at("address")).unwrap_or_default())
    };
    let mut kernel = known("kernelVersion");
    if !info("architecture").is_empty() {
        kernel = format!("{kernel} ({})", info("architecture"));
    }
    vec![
        node.meta.name.to_string(),
        word(node),
        roles(&node.meta.labels),
        age(node.meta.created, now),
        info("kubeletVersion").to_owned(),
        address("InternalIP"),
        address("ExternalIP"),
        known("osImage"),
        kernel,
        known("containerRuntimeVersion"),
    ]
}
