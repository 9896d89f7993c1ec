//! Deployments. Follows `printDeployment`.

use super::{Column, age, container_cells, shown, wide};
use crate::api::apps::Deployment;
use crate::sim::Time;

pub(super) const COLUMNS: [Column; 8] = [
    shown("Name"),
    shown("Ready"),
    shown("Up-to-date"),
    shown("Available"),
    shown("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn row(deployment: &Deployment, now: Time) -> Vec<String> {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let (containers, images) = container_cells(&spec.template.spec.containers);
    vec![
        deployment.meta.name.to_string(),
        format!("{}/{}", status.ready, spec.replicas),
        status.updated.to_string(),
        status.available.to_string(),
        age(deployment.meta.created, now),
        containers,
        images,
        spec.selector.to_string(),
    ]
}
