//! Containers of a pod, of all three sorts. Follows `validateContainerCommon`, `validateContainers`,
//! `validateInitContainers` and `validateEphemeralContainers` in `pkg/apis/core/validation`.

use std::collections::BTreeSet;

use super::environment;
use super::errors::{Errors, Path, text};
use super::mounts;
use super::probes;
use super::resources;
use super::security;
use crate::api::names;
use crate::api::value::Value;
use crate::sim::order::Gather as _;

/// What a container's checks must know of the pod around it.
pub(crate) struct Around<'a> {
    /// The pod's spec.
    pub(crate) spec: &'a Value,
    /// The volumes that are well-formed, by name.
    pub(crate) volumes: Vec<(&'a str, &'a Value)>,
    /// The names in `spec.resourceClaims`.
    pub(crate) claims: Vec<&'a str>,
}

impl Around<'_> {
    fn grace_seconds(&self) -> Option<i64> {
        self.spec.i64_at("terminationGracePeriodSeconds")
    }

    fn os(&self) -> Option<&str> {
        self.spec.at(&["os", "name"]).and_then(Value::as_str)
    }

    /// Whether the pod shares the users of its node.
    fn host_users(&self) -> bool {
        self.spec.bool_at("hostUsers") != Some(false)
    }
}

/// Checks the ordinary containers.
pub(crate) fn containers(errors: &mut Errors, path: &Path<'_>, around: &Around<'_>) {
    let list = around.spec.items_at("containers");
    if list.is_empty() {
        return errors.required(path, "");
    }
    let mut seen = BTreeSet::new();
    for (index, container) in list.iter().enumerate() {
        let path = &path.index(index);
        common(errors, path, container, around);
        let name = text(container, "name");
        if !seen.insert(name) {
            errors.duplicate(&path.child("name"), name);
        }
        lifecycle_and_probes(errors, path, container, around);
        restart_policy(errors, path, container);
    }
    let mut ports = BTreeSet::new();
    for (index, container) in list.iter().enumerate() {
        host_ports(errors, &path.index(index), container, &mut ports);
    }
}

/// Checks the init containers, sidecars among them.
pub(crate) fn init_containers(errors: &mut Errors, path: &Path<'_>, around: &Around<'_>) {
    let ordinary = around.spec.items_at("containers");
    let mut seen: BTreeSet<&str> = ordinary.iter().map(|one| text(one, "name")).gather();
    for (index, container) in around.spec.items_at("initContainers").iter().enumerate() {
        let list_path = path;
        let path = &path.index(index);
        common(errors, path, container, around);
        init_restart_policy(errors, path, container);
        let name = text(container, "name");
        if seen.contains(name) {
            errors.duplicate(&path.child("name"), name);
        } else if !name.is_empty() {
            seen.insert(name);
        }
        // Init containers run one by one: ports clash within one only. Upstream counts each as the first of its list.
        host_ports(errors, &list_path.index(0), container, &mut BTreeSet::new());
        let sidecar = container.str_at("restartPolicy") == Some("Always");
        if sidecar {
            lifecycle_and_probes(errors, path, container, around);
        } else {
            for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                if container.get(field).is_some() {
                    let detail = "may not be set for init containers without restartPolicy=Always";
                    errors.forbidden(&path.child(field), detail);
                }
            }
            let policies = path.child("resizePolicy");
            for (index, policy) in container.items_at("resizePolicy").iter().enumerate() {
                if text(policy, "restartPolicy") == "RestartContainer" {
                    let detail =
                        "must not be set to 'RestartContainer' for non-sidecar initContainers";
                    let path = policies.index(index);
                    errors.invalid(&path.child("restartPolicy"), "RestartContainer", detail);
                }
            }
        }
    }
}

/// Checks the ephemeral containers, which only a debugger adds.
pub(crate) fn ephemeral_containers(errors: &mut Errors, path: &Path<'_>, around: &Around<'_>) {
    let names_in = |list: &str| around.spec.items_at(list).iter().map(|one| text(one, "name"));
    let others: BTreeSet<&str> = names_in("containers").chain(names_in("initContainers")).gather();
    let mut seen = others.clone();
    for (index, container) in around.spec.items_at("ephemeralContainers").iter().enumerate() {
        let path = &path.index(index);
        common(errors, path, container, around);
        image_without_blanks(errors, path, container);
        let name = text(container, "name");
        if !seen.insert(name) {
            errors.duplicate(&path.child("name"), name);
        }
        let target = text(container, "targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            errors.not_found(&path.child("targetContainerName"), target, "");
        }
        let resources = container.get("resources").filter(|it| it.entries().next().is_some());
        for field in
            ["ports", "resources", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"]
        {
            let given = if field == "resources" { resources } else { container.get(field) };
            if given.is_some() {
                let detail = "cannot be set for an Ephemeral Container";
                errors.forbidden(&path.child(field), detail);
            }
        }
    }
}

/// What only pods check, not the templates of pods.
pub(crate) fn image_without_blanks(errors: &mut Errors, path: &Path<'_>, container: &Value) {
    let image = text(container, "image");
    if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        errors.invalid(&path.child("image"), image, detail);
    }
}

fn common(errors: &mut Errors, path: &Path<'_>, container: &Value, around: &Around<'_>) {
    match text(container, "name") {
        "" => errors.required(&path.child("name"), ""),
        name => errors.each_invalid(&path.child("name"), name, &names::dns_label(name)),
    }
    if text(container, "image").is_empty() {
        errors.required(&path.child("image"), "");
    }
    let message_policies = ["File", "FallbackToLogsOnError"];
    one_of(errors, path, container, "terminationMessagePolicy", &message_policies);
    ports(errors, &path.child("ports"), container.items_at("ports"));
    environment::variables(errors, &path.child("env"), container.items_at("env"));
    environment::sources(errors, &path.child("envFrom"), container.items_at("envFrom"));
    mounts::mounts(errors, path, container, &around.volumes);
    mounts::devices(errors, path, container, &around.volumes);
    one_of(errors, path, container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"]);
    let none = Value::Null;
    let wanted = container.get("resources").unwrap_or(&none);
    resources::of_container(errors, &path.child("resources"), wanted, &around.claims);
    let pod_restarts = text(around.spec, "restartPolicy");
    resize_policy(errors, &path.child("resizePolicy"), container, pod_restarts);
    if let Some(context) = container.get("securityContext") {
        let path = &path.child("securityContext");
        security::of_container(errors, path, context, around.host_users());
    }
}

/// A field that must hold one of a few words: `Required value` without any.
pub(crate) fn one_of(
    errors: &mut Errors,
    path: &Path<'_>,
    object: &Value,
    field: &str,
    words: &[&str],
) {
    match text(object, field) {
        "" => errors.required(&path.child(field), ""),
        word if words.contains(&word) => {}
        word => errors.not_supported(&path.child(field), word, words),
    }
}

fn ports(errors: &mut Errors, path: &Path<'_>, ports: &[Value]) {
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = &path.index(index);
        let name = text(port, "name");
        if !name.is_empty() {
            let messages = names::port_name(name);
            errors.each_invalid(&path.child("name"), name, &messages);
            if messages.is_empty() && !seen.insert(name) {
                errors.duplicate(&path.child("name"), name);
            }
        }
        match port.i64_at("containerPort").unwrap_or(0) {
            0 => errors.required(&path.child("containerPort"), ""),
            number => port_number(errors, &path.child("containerPort"), number),
        }
        if let Some(number) = port.i64_at("hostPort").filter(|number| *number != 0) {
            port_number(errors, &path.child("hostPort"), number);
        }
        one_of(errors, path, port, "protocol", &["SCTP", "TCP", "UDP"]);
    }
}

pub(crate) fn port_number(errors: &mut Errors, path: &Path<'_>, number: i64) {
    for message in names::port_number(number) {
        errors.invalid(path, number, &message);
    }
}

/// Checks that no port of the node is asked for twice.
fn host_ports(
    errors: &mut Errors,
    path: &Path<'_>,
    container: &Value,
    seen: &mut BTreeSet<String>,
) {
    let path = path.child("ports");
    for (index, port) in container.items_at("ports").iter().enumerate() {
        let Some(number) = port.i64_at("hostPort").filter(|number| *number != 0) else { continue };
        let key = format!("{}/{}/{number}", text(port, "protocol"), text(port, "hostIP"));
        if seen.contains(&key) {
            errors.duplicate(&path.index(index).child("hostPort"), key);
        } else {
            seen.insert(key);
        }
    }
}

fn lifecycle_and_probes(
    errors: &mut Errors,
    path: &Path<'_>,
    container: &Value,
    around: &Around<'_>,
) {
    let grace = around.grace_seconds();
    if let Some(lifecycle) = container.get("lifecycle") {
        probes::lifecycle(errors, &path.child("lifecycle"), lifecycle, grace, around.os());
    }
    for (field, kind) in [
        ("livenessProbe", probes::Kind::Liveness),
        ("readinessProbe", probes::Kind::Readiness),
        ("startupProbe", probes::Kind::Startup),
    ] {
        if let Some(probe) = container.get(field) {
            probes::probe(errors, &path.child(field), probe, kind);
        }
    }
}

fn init_restart_policy(errors: &mut Errors, path: &Path<'_>, container: &Value) {
    let rules = container.items_at("restartPolicyRules");
    if container.get("restartPolicy").is_some() {
        restart_policy(errors, path, container);
    } else if !rules.is_empty() {
        let detail = "must specify restartPolicy when restart rules are used";
        errors.required(&path.child("restartPolicy"), detail);
    }
}

fn restart_policy(errors: &mut Errors, path: &Path<'_>, container: &Value) {
    let rules = container.items_at("restartPolicyRules");
    match container.get("restartPolicy") {
        None if rules.is_empty() => return,
        None => errors.required(
            &path.child("restartPolicy"),
            "must specify restartPolicy when restart rules are used",
        ),
        Some(policy) => {
            let policy = policy.as_str().unwrap_or_default();
            let known = ["Always", "Never", "OnFailure"];
            if !known.contains(&policy) {
                errors.not_supported(&path.child("restartPolicy"), policy, &known);
            }
        }
    }
    let path = path.child("restartPolicyRules");
    if rules.len() > 20 {
        errors.too_many(&path, rules.len(), 20);
    }
    for (index, rule) in rules.iter().enumerate() {
        let path = &path.index(index);
        let (action, actions) = (text(rule, "action"), ["Restart", "RestartAllContainers"]);
        if !actions.contains(&action) {
            errors.not_supported(&path.child("action"), action, &actions);
        }
        let Some(codes) = rule.get("exitCodes") else {
            errors.required(&path.child("exitCodes"), "must be specified");
            continue;
        };
        let path = &path.child("exitCodes");
        let operator = text(codes, "operator");
        if !["In", "NotIn"].contains(&operator) {
            errors.not_supported(&path.child("operator"), operator, &["In", "NotIn"]);
        }
        let values = codes.items_at("values").len();
        if values > 255 {
            errors.too_many(&path.child("values"), values, 255);
        }
    }
}

fn resize_policy(errors: &mut Errors, path: &Path<'_>, container: &Value, pod_restarts: &str) {
    let mut seen = BTreeSet::new();
    for (index, policy) in container.items_at("resizePolicy").iter().enumerate() {
        let (resource, restart) = (text(policy, "resourceName"), text(policy, "restartPolicy"));
        if !seen.insert(resource) {
            errors.duplicate(&path.index(index), resource);
        }
        match resource {
            "cpu" | "memory" => {}
            "" => errors.required(path, ""),
            other => errors.not_supported(path, other, &["cpu", "memory"]),
        }
        match restart {
            "NotRequired" | "RestartContainer" => {}
            "" => errors.required(path, ""),
            other => errors.not_supported(path, other, &["NotRequired", "RestartContainer"]),
        }
        if pod_restarts == "Never" && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.invalid(path, restart, detail);
        }
    }
}
