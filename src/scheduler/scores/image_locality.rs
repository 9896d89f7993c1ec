//! Nodes that have the pod's images are better: by their sizes, the more so the more nodes have them. Follows
//! `plugins/imagelocality`. Image names are compared as written: nodes list them in full, so that a short name such
//! as `nginx` is found nowhere, as with containerd.

use std::rc::Rc;

use super::Column;
use crate::api::core::Pod;
use crate::scheduler::cycle::Candidate;
use crate::store::{Images, Store};

/// So many different lists of images are remembered while a pod is scored.
const LISTS: usize = 8;
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
    // Most nodes share one list with many others: it is looked through once.
    let mut known: Vec<(&Images, i64)> = Vec::new();
    let each = candidates.iter().map(|one| {
        let images = &one.info.images;
        if let Some((_, score)) = known.iter().find(|(list, _)| Rc::ptr_eq(list, images)) {
            return *score;
        }
        let score = scaled(sum(images, &wanted), containers);
        if known.len() < LISTS {
            known.push((images, score));
        }
        score
    });
    Column::Each(each.collect())
}

/// The sizes of those of some images that are wanted, each by how far it is spread.
fn sum(images: &Images, wanted: &[(String, f64)]) -> i64 {
    let sizes = wanted.iter().filter_map(|(name, spread)| {
        images.get(name.as_str()).map(|size| (*size as f64 * spread) as i64)
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
        false => [image, ":latest"].concat(),
    }
}
