//! The kinds that are kept as they are, in a few columns each.

use super::{Column, age, or_none, shown, wide};
use crate::api::kind::Kind;
use crate::api::object::Plain;
use crate::api::value::Value;
use crate::sim::Time;

const NAME: Column = shown("Name");
const AGE: Column = shown("Age");

pub(super) const fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Namespace => const { &[NAME, shown("Status"), AGE] },
        Kind::ConfigMap => const { &[NAME, shown("Data"), AGE] },
        Kind::Secret => const { &[NAME, shown("Type"), shown("Data"), AGE] },
        Kind::ServiceAccount => const { &[NAME, AGE] },
        Kind::Endpoints => const { &[NAME, shown("Endpoints"), AGE] },
        Kind::EndpointSlice => {
            const { &[NAME, shown("AddressType"), shown("Ports"), shown("Endpoints"), AGE] }
        }
        Kind::Lease => const { &[NAME, shown("Holder"), AGE] },
        Kind::ResourceQuota => const { &[NAME, shown("Request"), shown("Limit"), AGE] },
        Kind::ControllerRevision => const { &[NAME, shown("Controller"), shown("Revision"), AGE] },
        Kind::PriorityClass => {
            const { &[NAME, shown("Value"), shown("Global-Default"), AGE, shown("PreemptionPolicy")] }
        }
        Kind::PodDisruptionBudget => {
            const {
                &[
                    NAME,
                    shown("Min Available"),
                    shown("Max Unavailable"),
                    shown("Allowed Disruptions"),
                    AGE,
                ]
            }
        }
        Kind::StatefulSet => {
            const { &[NAME, shown("Ready"), AGE, wide("Containers"), wide("Images")] }
        }
        Kind::PersistentVolumeClaim => {
            const {
                &[
                    NAME,
                    shown("Status"),
                    shown("Volume"),
                    shown("Capacity"),
                    shown("Access Modes"),
                    shown("StorageClass"),
                    shown("VolumeAttributesClass"),
                    AGE,
                    wide("VolumeMode"),
                ]
            }
        }
        _ => const { &[NAME, shown("Created At")] },
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.to_string(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_json(),
    }
}

fn count(value: Option<&Value>) -> usize {
    value.and_then(Value::as_map).map_or(0, |map| map.len())
}

/// At most three texts; ` + N more...` for the rest.
fn three(texts: &[String], nothing: &str) -> String {
    let first: Vec<&str> = texts.iter().take(3).map(String::as_str).collect();
    match texts.len() {
        0 => nothing.into(),
        1..=3 => first.join(","),
        more => format!("{} + {} more...", first.join(","), more - 3),
    }
}

fn endpoints(body: &Value) -> String {
    let mut all = Vec::new();
    for subset in body.items_at("subsets") {
        let addresses = || subset.items_at("addresses").iter().map(|one| text(one.get("ip")));
        match subset.items_at("ports") {
            [] => all.extend(addresses()),
            ports => {
                for port in ports {
                    let number = port.i64_at("port").unwrap_or(0);
                    all.extend(addresses().map(|address| format!("{address}:{number}")));
                }
            }
        }
    }
    three(&all, "<none>")
}

fn slice(body: &Value) -> [String; 3] {
    let port = |port: &Value| match (port.i64_at("port"), port.str_at("name")) {
        (Some(number), _) => number.to_string(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => "*".to_owned(),
    };
    let ports: Vec<String> = body.items_at("ports").iter().map(port).collect();
    let addresses = body.items_at("endpoints").iter().flat_map(|one| one.items_at("addresses"));
    let addresses: Vec<String> = addresses.map(|one| text(Some(one))).collect();
    [text(body.get("addressType")), three(&ports, "<unset>"), three(&addresses, "<unset>")]
}

/// Used and allowed amounts: requests, and what begins with `limits.`.
fn quota(body: &Value) -> [String; 2] {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    let hard = body.at(&["status", "hard"]).or_else(|| body.at(&["spec", "hard"]));
    for (name, amount) in hard.into_iter().flat_map(Value::entries) {
        let used = body.at(&["status", "used", name]).map_or("0".into(), |used| text(Some(used)));
        let list = if name.starts_with("limits.") { &mut limits } else { &mut requests };
        list.push(format!("{name}: {used}/{}", text(Some(amount))));
    }
    [requests.join(", "), limits.join(", ")]
}

fn stateful_set(body: &Value) -> [String; 3] {
    let number =
        |path: &[&str], default: i64| body.at(path).and_then(Value::as_i64).unwrap_or(default);
    let containers = body.at(&["spec", "template", "spec", "containers"]);
    let join = |key: &str| -> String {
        let all = containers.map_or(&[][..], Value::items).iter();
        all.map(|one| one.str_at(key).unwrap_or_default()).collect::<Vec<_>>().join(",")
    };
    let ready = number(&["status", "readyReplicas"], 0);
    let ready = format!("{ready}/{}", number(&["spec", "replicas"], 1));
    [ready, join("name"), join("image")]
}

fn claim(object: &Plain) -> [String; 6] {
    let body = &object.body;
    let at = |path: &[&str]| text(body.at(path));
    let unset = |found: String| if found.is_empty() { "<unset>".to_owned() } else { found };
    let volume = at(&["spec", "volumeName"]);
    let status = match object.meta.deleting() {
        true => "Terminating".into(),
        false => at(&["status", "phase"]),
    };
    let capacity =
        if volume.is_empty() { "".into() } else { at(&["status", "capacity", "storage"]) };
    [
        status,
        volume,
        capacity,
        at(&["spec", "storageClassName"]),
        unset(at(&["spec", "volumeAttributesClassName"])),
        unset(at(&["spec", "volumeMode"])),
    ]
}

pub(super) fn row(object: &Plain, now: Time) -> Vec<String> {
    let (body, name) = (&object.body, object.meta.name.to_string());
    let age = age(object.meta.created, now);
    let at = |path: &[&str]| text(body.at(path));
    match object.kind {
        Kind::Namespace => vec![name, at(&["status", "phase"]), age],
        Kind::ConfigMap => {
            let entries = count(body.get("data")) + count(body.get("binaryData"));
            vec![name, entries.to_string(), age]
        }
        Kind::Secret => vec![name, at(&["type"]), count(body.get("data")).to_string(), age],
        Kind::ServiceAccount => vec![name, age],
        Kind::Endpoints => vec![name, endpoints(body), age],
        Kind::EndpointSlice => {
            let [kind, ports, addresses] = slice(body);
            vec![name, kind, ports, addresses, age]
        }
        Kind::Lease => vec![name, at(&["spec", "holderIdentity"]), age],
        Kind::ResourceQuota => {
            let [requests, limits] = quota(body);
            vec![name, requests, limits, age]
        }
        Kind::ControllerRevision => {
            let controller = object.meta.controller().map(|owner| {
                let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
                let dot = if group.is_empty() { "" } else { "." };
                format!("{}{dot}{group}/{}", owner.kind.to_lowercase(), owner.name)
            });
            vec![name, or_none(&controller.unwrap_or_default()), at(&["revision"]), age]
        }
        Kind::PriorityClass => {
            let default = body.bool_at("globalDefault").unwrap_or(false).to_string();
            vec![name, at(&["value"]), default, age, at(&["preemptionPolicy"])]
        }
        Kind::PodDisruptionBudget => {
            let or = |key: &str| match at(&["spec", key]) {
                missing if missing.is_empty() => "N/A".to_owned(),
                found => found,
            };
            let allowed =
                body.at(&["status", "disruptionsAllowed"]).and_then(Value::as_i64).unwrap_or(0);
            vec![name, or("minAvailable"), or("maxUnavailable"), allowed.to_string(), age]
        }
        Kind::StatefulSet => {
            let [ready, containers, images] = stateful_set(body);
            vec![name, ready, age, containers, images]
        }
        Kind::PersistentVolumeClaim => {
            let [status, volume, capacity, class, attributes, mode] = claim(object);
            let modes = body.at(&["status", "accessModes"]).map_or(&[][..], Value::items);
            let modes: Vec<&str> = modes
                .iter()
                .filter_map(|mode| match mode.as_str()? {
                    "ReadWriteOnce" => Some("RWO"),
                    "ReadOnlyMany" => Some("ROX"),
                    "ReadWriteMany" => Some("RWX"),
                    "ReadWriteOncePod" => Some("RWOP"),
                    _ => None,
                })
                .collect();
            vec![name, status, volume, capacity, modes.join(","), class, attributes, age, mode]
        }
        _ => vec![name, object.meta.created.rfc3339()],
    }
}
