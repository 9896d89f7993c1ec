//! What a client asks first: which groups, versions and kinds there are.

use podyard::api::kind::Kind;
use serde_json::{Value, json};

/// Every version with its kinds, in the order of discovery.
pub(crate) fn versions() -> Vec<(&'static str, Vec<Kind>)> {
    let mut versions: Vec<(&str, Vec<Kind>)> = Vec::new();
    for kind in Kind::ALL {
        match versions.iter_mut().find(|(version, _)| *version == kind.api_version()) {
            Some((_, kinds)) => kinds.push(kind),
            None => versions.push((kind.api_version(), vec![kind])),
        }
    }
    versions
}

/// The group and the version of `apps/v1` or `v1`.
pub(crate) fn split(version: &str) -> (&str, &str) {
    version.split_once('/').unwrap_or(("", version))
}

const fn scales(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ReplicationController | Kind::ReplicaSet | Kind::Deployment | Kind::StatefulSet
    )
}

/// The category as a real server tells it; written here a second time on purpose, to hold the terminal's against.
const fn in_all(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::ReplicationController
            | Kind::Service
            | Kind::DaemonSet
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::StatefulSet
            | Kind::CronJob
            | Kind::Job
    )
}

/// The resources of a version.
fn resources(version: &str, kinds: &[Kind]) -> Value {
    let mut all = Vec::new();
    for kind in kinds {
        let info = kind.info();
        let mut one = json!({
            "name": info.plural, "singularName": info.name.to_lowercase(),
            "namespaced": info.namespaced, "kind": info.name,
            "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        });
        if !info.short_names.is_empty() {
            one["shortNames"] = json!(info.short_names);
        }
        if in_all(*kind) {
            one["categories"] = json!(["all"]);
        }
        all.push(one);
        if scales(*kind) {
            all.push(json!({
                "name": format!("{}/scale", info.plural), "singularName": "",
                "namespaced": true, "group": "autoscaling", "version": "v1", "kind": "Scale",
                "verbs": ["get", "patch", "update"],
            }));
        }
        if *kind == Kind::Pod {
            all.push(json!({
                "name": "pods/eviction", "singularName": "", "namespaced": true,
                "group": "policy", "version": "v1", "kind": "Eviction", "verbs": ["create"],
            }));
            all.push(json!({
                "name": "pods/log", "singularName": "", "namespaced": true, "kind": "Pod",
                "verbs": ["get"],
            }));
        }
    }
    json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": all,
    })
}

/// The answer to a path of discovery; nothing if it is another path.
pub(crate) fn answer(path: &[&str]) -> Option<Value> {
    match path {
        ["version"] => Some(json!({
            "major": "1", "minor": "36", "gitVersion": "v1.36.2", "platform": "linux/amd64",
        })),
        ["api"] => Some(json!({ "kind": "APIVersions", "versions": ["v1"] })),
        ["apis"] => {
            let groups = versions();
            let groups = groups.iter().filter(|(version, _)| version.contains('/'));
            let groups: Vec<Value> = groups
                .map(|(version, _)| {
                    let (group, short) = split(version);
                    let version = json!({ "groupVersion": version, "version": short });
                    json!({ "name": group, "versions": [version], "preferredVersion": version })
                })
                .chain([metrics_group()])
                .collect();
            Some(json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }))
        }
        ["apis", "metrics.k8s.io", "v1beta1"] => Some(json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": METRICS,
            "resources": [
                { "name": "nodes", "singularName": "", "namespaced": false, "kind": "NodeMetrics", "verbs": ["get", "list"] },
                { "name": "pods", "singularName": "", "namespaced": true, "kind": "PodMetrics", "verbs": ["get", "list"] },
            ],
        })),
        ["api", version] => of_version(version),
        ["apis", group, version] => of_version(&format!("{group}/{version}")),
        _ => None,
    }
}

const METRICS: &str = "metrics.k8s.io/v1beta1";

/// The group of the metrics server.
fn metrics_group() -> Value {
    let version = json!({ "groupVersion": METRICS, "version": "v1beta1" });
    json!({ "name": "metrics.k8s.io", "versions": [version], "preferredVersion": version })
}

fn of_version(wanted: &str) -> Option<Value> {
    let versions = versions();
    let (version, kinds) = versions.iter().find(|(version, _)| *version == wanted)?;
    Some(resources(version, kinds))
}
