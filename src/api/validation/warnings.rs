//! What the server accepts with a warning. Follows `WarningsOnCreate` in `pkg/registry/*/*/strategy.go` and
//! `pkg/api/{pod,job,node}/warnings.go`.

use std::collections::{BTreeMap, BTreeSet};

use super::errors::{Path, text};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::labels::Labels;
use crate::api::names;
use crate::api::quantity::Quantity;
use crate::api::value::Value;

/// The warnings that kubectl prints when an object of this kind is written.
pub fn warnings(kind: Kind, object: &Value) -> Vec<String> {
    let mut list = Vec::new();
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    name(&mut list, kind, object);
    let path = Path::root("spec");
    match kind {
        Kind::Pod => pod(&mut list, None, object),
        Kind::ReplicationController
        | Kind::ReplicaSet
        | Kind::Deployment
        | Kind::DaemonSet
        | Kind::StatefulSet => {
            if let Some(template) = spec.get("template") {
                pod(&mut list, Some(&path.child("template")), template);
            }
        }
        Kind::Job => job(&mut list, &path, spec),
        Kind::CronJob => {
            let path = path.child("jobTemplate");
            job(&mut list, &path.child("spec"), spec.at(&["jobTemplate", "spec"]).unwrap_or(&none));
        }
        _ => {}
    }
    list
}

/// Names that become host names should be DNS labels.
fn name(list: &mut Vec<String>, kind: Kind, object: &Value) {
    let becomes = match kind {
        Kind::Pod => "the Pod's hostname",
        Kind::ReplicationController
        | Kind::ReplicaSet
        | Kind::Deployment
        | Kind::Job
        | Kind::CronJob => "Pod names and hostnames",
        _ => return,
    };
    let name = object.get("metadata").map_or("", |metadata| text(metadata, "name"));
    let messages = names::dns_label(name);
    if !messages.is_empty() {
        list.push(format!(
            "metadata.name: this is used in {becomes}, which can result in surprising behavior; a DNS label is recommended: [{}]",
            messages.join(" ")
        ));
    }
}

fn job(list: &mut Vec<String>, path: &Path<'_>, spec: &Value) {
    let above = |field: &str, limit: i64| spec.i64_at(field).is_some_and(|number| number > limit);
    if text(spec, "completionMode") == "Indexed"
        && above("completions", 100_000)
        && above("parallelism", 10_000)
    {
        list.push(format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        ));
    }
    if let Some(template) = spec.get("template") {
        pod(list, Some(&path.child("template")), template);
    }
}

/// A path below a template, or at the top for a pod.
fn below<'a>(parent: Option<&'a Path<'a>>, name: &'a str) -> Path<'a> {
    parent.map_or(Path::root(name), |parent| parent.child(name))
}

fn pod(list: &mut Vec<String>, parent: Option<&Path<'_>>, pod: &Value) {
    let none = Value::Null;
    let spec = pod.get("spec").unwrap_or(&none);
    let path = &below(parent, "spec");
    let selector = path.child("nodeSelector");
    for (key, _) in Labels::new(spec.get("nodeSelector")).iter() {
        if let Some(message) = old_label(key) {
            list.push(format!("{}: {message}", selector.key(key)));
        }
    }
    node_affinity(list, path, spec);
    spread(list, path, spec);
    annotations(list, &below(parent, "metadata"), pod);
    volumes(list, &path.child("volumes"), spec.items_at("volumes"));
    duplicates(list, path, spec);
    for field in ["memory", "ephemeral-storage"] {
        fraction(list, &path.child("overhead"), spec.get("overhead"), field);
    }
    each_container(spec, |name, index, container| {
        let path = path.child(name);
        let path = path.index(index);
        let resources = path.child("resources");
        for field in ["memory", "ephemeral-storage"] {
            for amounts in ["limits", "requests"] {
                let given = container.at(&["resources", amounts]);
                fraction(list, &resources.child(amounts), given, field);
            }
        }
        variables(list, &path.child("env"), container.items_at("env"));
    });
    ports(list, path, spec);
    if spec.i64_at("terminationGracePeriodSeconds").is_some_and(|seconds| seconds < 0) {
        list.push(format!(
            "{}: must be >= 0; negative values are invalid and will be treated as 1",
            path.child("terminationGracePeriodSeconds")
        ));
    }
    pod_affinity(list, &path.child("affinity"), spec);
}

fn each_container(spec: &Value, mut visit: impl FnMut(&'static str, usize, &Value)) {
    for name in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, container) in spec.items_at(name).iter().enumerate() {
            visit(name, index, container);
        }
    }
}

/// What is said of a label of nodes that has a new name.
fn old_label(key: &str) -> Option<String> {
    let (since, new) = match key {
        "beta.kubernetes.io/arch" => ("v1.14", "kubernetes.io/arch"),
        "beta.kubernetes.io/os" => ("v1.14", "kubernetes.io/os"),
        "failure-domain.beta.kubernetes.io/region" => ("v1.17", "topology.kubernetes.io/region"),
        "failure-domain.beta.kubernetes.io/zone" => ("v1.17", "topology.kubernetes.io/zone"),
        "beta.kubernetes.io/instance-type" => ("v1.17", "node.kubernetes.io/instance-type"),
        "app.kubernetes.io/created-by" => return Some("deprecated since v1.9".into()),
        "scheduler.alpha.kubernetes.io/preferAvoidPods" => {
            return Some("deprecated since v1.22; use Taints and Tolerations instead".into());
        }
        "node-role.kubernetes.io/master" => {
            return Some("use \"node-role.kubernetes.io/control-plane\" instead".into());
        }
        _ => return None,
    };
    Some(format!("deprecated since {since}; use \"{new}\" instead"))
}

fn node_affinity(list: &mut Vec<String>, path: &Path<'_>, spec: &Value) {
    let Some(affinity) = spec.at(&["affinity", "nodeAffinity"]) else { return };
    let path = path.child("affinity");
    let path = path.child("nodeAffinity");
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let terms_path = path.child(required);
    let terms_path = terms_path.child("nodeSelectorTerms");
    let terms = affinity.at(&[required, "nodeSelectorTerms"]).map_or(&[][..], Value::items);
    for (index, term) in terms.iter().enumerate() {
        node_term(list, &terms_path.index(index), term, false);
    }
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    let preferred_path = path.child(preferred);
    let none = Value::Null;
    for (index, term) in affinity.items_at(preferred).iter().enumerate() {
        let path = preferred_path.index(index);
        let term = term.get("preference").unwrap_or(&none);
        node_term(list, &path.child("preference"), term, true);
    }
}

fn node_term(list: &mut Vec<String>, path: &Path<'_>, term: &Value, check_values: bool) {
    let path = path.child("matchExpressions");
    for (index, expression) in term.items_at("matchExpressions").iter().enumerate() {
        let path = &path.index(index);
        let key = text(expression, "key");
        if let Some(message) = old_label(key) {
            list.push(format!("{}: {key} is {message}", path.child("key")));
        }
        let values = path.child("values");
        let items = expression.items_at("values").iter().enumerate().filter(|_| check_values);
        for (index, value) in items {
            let value = value.as_str().unwrap_or_default();
            for message in names::label_value(value) {
                list.push(format!("{}: {value} is invalid, {message}", values.index(index)));
            }
        }
    }
}

fn spread(list: &mut Vec<String>, path: &Path<'_>, spec: &Value) {
    let path = path.child("topologySpreadConstraints");
    for (index, constraint) in spec.items_at("topologySpreadConstraints").iter().enumerate() {
        let (path, key) = (&path.index(index), text(constraint, "topologyKey"));
        if let Some(message) = old_label(key) {
            list.push(format!("{}: {key} is {message}", path.child("topologyKey")));
        }
        no_selector(list, path, constraint);
    }
}

fn no_selector(list: &mut Vec<String>, path: &Path<'_>, term: &Value) {
    if term.get("labelSelector").is_none() {
        let path = path.child("labelSelector");
        list.push(format!("{path}: a null labelSelector results in matching no pod"));
    }
}

fn annotations(list: &mut Vec<String>, path: &Path<'_>, pod: &Value) {
    let path = path.child("annotations");
    let given = Labels::of_annotations(pod);
    for (key, message) in [
        (
            "scheduler.alpha.kubernetes.io/critical-pod",
            "non-functional in v1.16+; use the \"priorityClassName\" field instead",
        ),
        (
            "security.alpha.kubernetes.io/sysctls",
            "non-functional in v1.11+; use the \"sysctls\" field instead",
        ),
        (
            "security.alpha.kubernetes.io/unsafe-sysctls",
            "non-functional in v1.11+; use the \"sysctls\" field instead",
        ),
    ] {
        if given.has(key) {
            list.push(format!("{}: {message}", path.key(key)));
        }
    }
}

fn volumes(list: &mut Vec<String>, path: &Path<'_>, volumes: &[Value]) {
    // Of these, the word in the path differs from the field for StorageOS.
    const OLD: [(&str, &str, &str); 9] = [
        ("photonPersistentDisk", "photonPersistentDisk", "v1.11, non-functional in v1.16+"),
        ("gitRepo", "gitRepo", "v1.11, and disabled by default in v1.33+"),
        ("scaleIO", "scaleIO", "v1.16, non-functional in v1.22+"),
        ("flocker", "flocker", "v1.22, non-functional in v1.25+"),
        ("storageos", "storageOS", "v1.22, non-functional in v1.25+"),
        ("quobyte", "quobyte", "v1.22, non-functional in v1.25+"),
        ("glusterfs", "glusterfs", "v1.25, non-functional in v1.26+"),
        ("cephfs", "cephfs", "v1.28, non-functional in v1.31+"),
        ("rbd", "rbd", "v1.28, non-functional in v1.31+"),
    ];
    for (index, volume) in volumes.iter().enumerate() {
        let path = path.index(index);
        for (field, word, since) in OLD {
            if volume.get(field).is_some() {
                list.push(format!("{}: deprecated in {since}", path.child(word)));
            }
        }
    }
    for volume in volumes {
        for (field, what) in [("configMap", "name"), ("secret", "secretName"), ("downwardAPI", "")]
        {
            let Some(source) = volume.get(field) else { continue };
            let what = match field {
                "configMap" => format!("ConfigMap {}", go_quote(text(source, what))),
                "secret" => format!("Secret {}", go_quote(text(source, what))),
                _ => "DownwardAPI".into(),
            };
            let mut seen: Vec<&str> = Vec::new();
            for item in source.items_at("items") {
                let target = text(item, "path").trim_end_matches('/');
                for other in seen.iter().filter(|other| overlap(other, target)) {
                    list.push(format!(
                        "volume {} ({what}): overlapping paths: {} with {}",
                        go_quote(text(volume, "name")),
                        go_quote(target),
                        go_quote(other)
                    ));
                }
                seen.push(target);
            }
        }
    }
}

/// Whether one path is the other, or lies in it.
fn overlap(one: &str, other: &str) -> bool {
    let inside = |outer: &str, inner: &str| format!("{inner}/").starts_with(&format!("{outer}/"));
    !one.is_empty() && !other.is_empty() && (inside(one, other) || inside(other, one))
}

fn duplicates(list: &mut Vec<String>, path: &Path<'_>, spec: &Value) {
    for (items, field, what) in
        [("hostAliases", "ip", "duplicate ip"), ("imagePullSecrets", "name", "duplicate name")]
    {
        let path = path.child(items);
        let mut seen = BTreeSet::new();
        for (index, item) in spec.items_at(items).iter().enumerate() {
            let value = text(item, field);
            if !seen.insert(value) {
                let path = path.index(index);
                list.push(format!("{}: {what} {}", path.child(field), go_quote(value)));
            }
        }
    }
    let path = path.child("imagePullSecrets");
    for (index, item) in spec.items_at("imagePullSecrets").iter().enumerate() {
        if text(item, "name").is_empty() {
            let path = path.index(index);
            list.push(format!("{}: invalid empty name \"\"", path.child("name")));
        }
    }
}

fn fraction(list: &mut Vec<String>, path: &Path<'_>, amounts: Option<&Value>, name: &str) {
    let amount = amounts.and_then(|amounts| amounts.get(name)).map(Quantity::from_value);
    if let Some(Ok(amount)) = amount
        && amount.milli_value() % 1000 != 0
    {
        list.push(format!(
            "{}: fractional byte value \"{amount}\" is invalid, must be an integer",
            path.key(name)
        ));
    }
}

fn variables(list: &mut Vec<String>, path: &Path<'_>, variables: &[Value]) {
    let mut seen = BTreeSet::new();
    for (index, variable) in variables.iter().enumerate() {
        let (name, value) = (text(variable, "name"), text(variable, "value"));
        let reference = format!("$({name})");
        let lost = variable.get("valueFrom").is_some()
            || value == reference
            || !value.contains(&reference);
        if !seen.insert(name) && lost {
            list.push(format!(
                "{}: hides previous definition of {}, which may be dropped when using apply",
                path.index(index),
                go_quote(name)
            ));
        }
    }
}

fn ports(list: &mut Vec<String>, path: &Path<'_>, spec: &Value) {
    /// A port of a container: address and port of the node, and where it was written.
    type Port = (String, i64, String);
    let mut all: BTreeMap<String, Vec<Port>> = BTreeMap::new();
    each_container(spec, |name, index, container| {
        let path = path.child(name);
        let path = path.index(index);
        let path = path.child("ports");
        for (index, port) in container.items_at("ports").iter().enumerate() {
            let here = path.index(index).to_string();
            let (address, host) =
                (text(port, "hostIP").to_owned(), port.i64_at("hostPort").unwrap_or(0));
            let number = port.i64_at("containerPort").unwrap_or(0);
            let others = all.entry(format!("{number}/{}", text(port, "protocol"))).or_default();
            for (other_address, other_host, there) in others.iter() {
                let what = if address == *other_address && host == *other_host {
                    "duplicate"
                } else if host == 0 || *other_host == 0 {
                    "overlapping"
                } else if host == *other_host && address.is_empty() != other_address.is_empty() {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                list.push(format!("{here}: {what} port definition with {there}"));
            }
            others.push((address, host, here));
        }
    });
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    each_container(spec, |name, index, container| {
        let path = path.child(name);
        let path = path.index(index);
        let path = path.child("ports");
        for (index, port) in container.items_at("ports").iter().enumerate() {
            let (here, name) = (path.index(index).to_string(), text(port, "name"));
            match named.get(name) {
                _ if name.is_empty() => {}
                Some(there) => list.push(format!(
                    "{here}: duplicate port name {} with {there}, services and probes that select ports by name will use {there}",
                    go_quote(name)
                )),
                None => {
                    named.insert(name.into(), here);
                }
            }
        }
    });
}

fn pod_affinity(list: &mut Vec<String>, path: &Path<'_>, spec: &Value) {
    for side in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = spec.at(&["affinity", side]) else { continue };
        let path = path.child(side);
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        let required_path = path.child(required);
        for (index, term) in affinity.items_at(required).iter().enumerate() {
            no_selector(list, &required_path.index(index), term);
        }
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
        let preferred_path = path.child(preferred);
        let none = Value::Null;
        for (index, term) in affinity.items_at(preferred).iter().enumerate() {
            let path = preferred_path.index(index);
            let term = term.get("podAffinityTerm").unwrap_or(&none);
            no_selector(list, &path.child("podAffinityTerm"), term);
        }
    }
}
