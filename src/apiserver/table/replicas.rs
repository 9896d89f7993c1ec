//! `ReplicaSets` and `ReplicationControllers`. Follows `printReplicaSet` and `printReplicationController`.

use super::{Column, age, container_cells, shown, wide};
use crate::api::core::{ReplicasSpec, ReplicasStatus};
use crate::api::meta::ObjectMeta;
use crate::sim::Time;

pub(super) const COLUMNS: [Column; 8] = [
    shown("Name"),
    shown("Desired"),
    shown("Current"),
    shown("Ready"),
    shown("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn row(
    meta: &ObjectMeta,
    spec: &ReplicasSpec,
    status: &ReplicasStatus,
    now: Time,
) -> Vec<String> {
    let (containers, images) = container_cells(&spec.template.spec.containers);
    vec![
        meta.name.to_string(),
        spec.replicas.to_string(),
        status.replicas.to_string(),
        status.ready.to_string(),
        age(meta.created, now),
        containers,
        images,
        spec.selector.text_or_none(),
    ]
}
