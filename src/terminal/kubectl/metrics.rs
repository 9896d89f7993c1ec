//! The API of the metrics server, as `get --raw` sees it. Follows `k8s.io/metrics` and metrics-server.

use crate::api::core::Pod;
use crate::api::error::ApiError;
use crate::api::labels::Selector;
use crate::api::meta::{ObjectKey, ObjectMeta};
use crate::api::value::Value;
use crate::api::{Kind, Reason};
use crate::cluster::{Cluster, MEASURED_EVERY, Usage, measured};
use crate::object;
use crate::sim::Time;

const VERSION: &str = "metrics.k8s.io/v1beta1";

/// What a path behind `/apis/metrics.k8s.io/v1beta1` shows; nothing if there is no such path.
pub(super) fn answer(
    path: &[&str],
    selector: &Selector,
    cluster: &Cluster,
) -> Option<Result<Value, ApiError>> {
    Some(match path {
        ["nodes"] => Ok(list("NodeMetrics", nodes(selector, cluster))),
        ["pods"] => Ok(list("PodMetrics", pods(None, selector, cluster))),
        ["namespaces", namespace, "pods"] => {
            Ok(list("PodMetrics", pods(Some(namespace), selector, cluster)))
        }
        ["nodes", name] => {
            let found = cluster.store().nodes().get(&ObjectKey::cluster(*name));
            let usage = found.and_then(|node| Some((node, cluster.node_usage(node)?)));
            usage
                .map(|(node, used)| whole("NodeMetrics", node_metrics(&node.meta, used, cluster)))
                .ok_or_else(|| missing(Kind::Node, "nodemetrics", name, name, found.is_some()))
        }
        ["namespaces", namespace, "pods", name] => {
            let found = cluster.store().pods().get(&ObjectKey::new(*namespace, *name));
            let full = format!("{namespace}/{name}");
            found
                .and_then(|pod| pod_metrics(pod, cluster))
                .map(|value| whole("PodMetrics", value))
                .ok_or_else(|| missing(Kind::Pod, "podmetrics", name, &full, found.is_some()))
        }
        _ => return None,
    })
}

/// What is not there, or not measured yet.
fn missing(kind: Kind, resource: &str, name: &str, full: &str, there: bool) -> ApiError {
    match there {
        false => ApiError::not_found(&kind.resource(), name),
        true => ApiError::new(
            Reason::NotFound,
            format!("{resource}.metrics.k8s.io \"{full}\" not found"),
        ),
    }
}

fn list(kind: &str, items: Vec<Value>) -> Value {
    object! {
        "kind" => format!("{kind}List"),
        "apiVersion" => VERSION,
        "metadata" => Value::empty_object(),
        "items" => items,
    }
}

fn whole(kind: &str, mut value: Value) -> Value {
    value.set("kind", kind);
    value.set("apiVersion", VERSION);
    value
}

fn nodes(selector: &Selector, cluster: &Cluster) -> Vec<Value> {
    let all = cluster.store().nodes().iter();
    all.filter(|node| selector.matches(&node.meta.labels))
        .filter_map(|node| Some(node_metrics(&node.meta, cluster.node_usage(node)?, cluster)))
        .collect()
}

fn pods(namespace: Option<&str>, selector: &Selector, cluster: &Cluster) -> Vec<Value> {
    let all = cluster.store().pods().iter_in(namespace);
    all.filter(|pod| selector.matches(&pod.meta.labels))
        .filter_map(|pod| pod_metrics(pod, cluster))
        .collect()
}

fn node_metrics(meta: &ObjectMeta, used: Usage, cluster: &Cluster) -> Value {
    let mut value = about(meta, cluster.now());
    value.set("usage", usage(used));
    value
}

fn pod_metrics(pod: &Pod, cluster: &Cluster) -> Option<Value> {
    let each = cluster.pod_usage(pod)?.into_iter();
    let containers = each.map(|(name, used)| object! { "name" => &name, "usage" => usage(used) });
    let mut value = about(&pod.meta, cluster.now());
    value.set("containers", containers.collect::<Vec<_>>());
    Some(value)
}

/// Whose metrics, and of when.
fn about(meta: &ObjectMeta, now: Time) -> Value {
    let mut own = object! { "name" => &meta.name, "creationTimestamp" => now };
    if !meta.namespace.is_empty() {
        own.set("namespace", &meta.namespace);
    }
    if let Some(labels) = meta.to_value().get("labels") {
        own.set("labels", labels.clone());
    }
    object! { "metadata" => own, "timestamp" => measured(now), "window" => MEASURED_EVERY.go() }
}

fn usage(used: Usage) -> Value {
    object! {
        "cpu" => format!("{}n", used.cpu * 1_000_000),
        "memory" => format!("{}Ki", used.memory >> 10),
    }
}
