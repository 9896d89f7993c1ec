//! What the metrics server of the cluster answers.

use podyard::api::error::ApiError;
use podyard::api::labels::Selector;
use podyard::api::meta::ObjectKey;
use podyard::api::{Kind, Reason};
use podyard::cluster::{Cluster, Usage};
use serde_json::{Value, json};

fn usage(usage: Usage) -> Value {
    json!({ "cpu": format!("{}m", usage.cpu), "memory": format!("{}", usage.memory) })
}

fn not_found(resource: &str, name: &str) -> ApiError {
    ApiError::new(Reason::NotFound, format!("{resource}.metrics.k8s.io \"{name}\" not found"))
}

/// Answers a path behind `/apis/metrics.k8s.io/v1beta1`.
pub(crate) fn answer(path: &[&str], selector: &str, cluster: &Cluster) -> Result<Value, ApiError> {
    match path {
        ["nodes"] => {
            let nodes = cluster.store().nodes().iter();
            let items: Vec<Value> = nodes
                .filter_map(|node| {
                    let used = cluster.node_usage(node)?;
                    Some(json!({ "metadata": { "name": &*node.meta.name }, "usage": usage(used) }))
                })
                .collect();
            Ok(
                json!({ "kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items }),
            )
        }
        ["nodes", name] => {
            let found = cluster.store().nodes().get(&ObjectKey::cluster(*name));
            let node = found.ok_or_else(|| ApiError::not_found("nodes", name))?;
            let used = cluster.node_usage(node).ok_or_else(|| not_found("nodemetrics", name))?;
            Ok(
                json!({ "kind": "NodeMetrics", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": { "name": name }, "usage": usage(used) }),
            )
        }
        ["pods"] => pods(None, selector, cluster),
        ["namespaces", namespace, "pods"] => pods(Some(*namespace), selector, cluster),
        ["namespaces", namespace, "pods", name] => {
            let key = ObjectKey::new(*namespace, *name);
            let found = cluster.store().pods().get(&key);
            let pod = found.ok_or_else(|| ApiError::not_found(&Kind::Pod.resource(), name))?;
            one(pod, cluster).ok_or_else(|| not_found("podmetrics", &format!("{namespace}/{name}")))
        }
        _ => {
            Err(ApiError::new(Reason::NotFound, "the server could not find the requested resource"))
        }
    }
}

fn one(pod: &podyard::api::core::Pod, cluster: &Cluster) -> Option<Value> {
    let containers: Vec<Value> = cluster
        .pod_usage(pod)?
        .into_iter()
        .map(|(name, used)| json!({ "name": &*name, "usage": usage(used) }))
        .collect();
    Some(json!({
        "kind": "PodMetrics", "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": { "name": &*pod.meta.name, "namespace": &*pod.meta.namespace },
        "containers": containers,
    }))
}

fn pods(namespace: Option<&str>, selector: &str, cluster: &Cluster) -> Result<Value, ApiError> {
    let selector =
        Selector::parse(selector).map_err(|words| ApiError::new(Reason::BadRequest, words))?;
    let pods = cluster.store().pods().iter_in(namespace);
    let items: Vec<Value> = pods
        .filter(|pod| selector.matches(&pod.meta.labels))
        .filter_map(|pod| one(pod, cluster))
        .collect();
    Ok(
        json!({ "kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items }),
    )
}
