//! `DaemonSets`. Follows `printDaemonSet`.

use super::{Column, age, container_cells, or_none, shown, wide};
use crate::api::apps::DaemonSet;
use crate::api::labels::Labels;
use crate::sim::Time;

pub(super) const COLUMNS: [Column; 11] = [
    shown("Name"),
    shown("Desired"),
    shown("Current"),
    shown("Ready"),
    shown("Up-to-date"),
    shown("Available"),
    shown("Node Selector"),
    shown("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn row(set: &DaemonSet, now: Time) -> Vec<String> {
    let (spec, status) = (&set.spec, &set.status);
    let (containers, images) = container_cells(&spec.template.spec.containers);
    vec![
        set.meta.name.to_string(),
        status.desired.to_string(),
        status.current.to_string(),
        status.ready.to_string(),
        status.updated.to_string(),
        status.available.to_string(),
        or_none(&Labels::from(&spec.template.spec.node_selector).to_string()),
        age(set.meta.created, now),
        containers,
        images,
        spec.selector.text_or_none(),
    ]
}
