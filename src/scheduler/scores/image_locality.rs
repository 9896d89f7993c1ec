//! Nodes that have the pod's images are better: by their sizes, the more so the more nodes have them. Follows
//! `plugins/imagelocality`. Image names are compared as written: nodes list them in full, so that a short name such
//! as `nginx` is found nowhere, as with containerd.

use super::Column;
use crate::api::core::{Node, Pod};
use crate::scheduler::cycle::Candidate;
use crate::store::Store;

const MEGABYTE: i64 = 1024 * 1024;
/// Below so much in all, images count nothing.
const LEAST: i64 = 23 * MEGABYTE;
/// More than so much for each container counts no more.
const MOST: i64 = 1000 * MEGABYTE;

pub(super) fn score(pod: &Pod, store: &Store, candidates: &[Candidate<'_>]) -> Column {
    let all = store.nodes().len();
    // Of each image its name and the part of the nodes that has it; images that are nowhere need no look.
    let wanted: Vec<(String, f64)> = pod
        .spec
        .all_containers()
        .map(|container| with_tag(&container.image))
        .map(|name| (store.index().nodes_with_image(&name), name))
        .filter(|(nodes, _)| *nodes > 0)
        .map(|(nodes, name)| (name, nodes as f64 / all as f64))
        .collect();
    if wanted.is_empty() {
        return Column::Same(0);
    }
    let containers = i64::try_from(pod.spec.all_containers().count()).unwrap_or(1);
    let each = candidates.iter().map(|one| scaled(sum(one.node, &wanted), containers));
    Column::Each(each.collect())
}

/// The sizes of the images that a node has, each by how far it is spread.
fn sum(node: &Node, wanted: &[(String, f64)]) -> i64 {
    let sizes = wanted.iter().filter_map(|(name, spread)| {
        node.status.images.get(name.as_str()).map(|size| (*size as f64 * spread) as i64)
    });
    sizes.sum()
}

/// Follows `calculatePriority`.
fn scaled(sum: i64, containers: i64) -> i64 {
    let most = MOST * containers;
    100 * (sum.clamp(LEAST, most) - LEAST) / (most - LEAST)
}

/// Follows `normalizedImageName`.
fn with_tag(image: &str) -> String {
    match image.rfind(':') > image.rfind('/') {
        true => image.to_owned(),
        false => format!("{image}:latest"),
    }
}
