//! What an object is related to: who owns it, what it owns, its pods, its nodes, the Services that select it.

use std::rc::Rc;

use super::pod::Look;
use super::state::Selection;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Plain};
use crate::apiserver::table::pod_status;
use crate::cluster::Cluster;
use crate::sim::order::Order as _;
use crate::store::Store;

/// So many of a group are listed.
const LISTED: usize = 50;

/// A related object.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// Which.
    pub to: Selection,
    /// For a pod its look and STATUS.
    pub state: Option<(Look, Rc<str>)>,
}

/// Related objects of one sort.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The key of its name.
    pub key: &'static str,
    /// The objects.
    pub members: Vec<Related>,
    /// How many are not listed.
    pub left_out: usize,
}

fn to(kind: Kind, key: ObjectKey) -> Related {
    Related { to: Selection { kind, key }, state: None }
}

/// Everything an object is related to; groups without members are left out.
pub fn of(cluster: &Cluster, object: &AnyObject) -> Vec<Group> {
    let store = cluster.store();
    let mut groups = vec![
        group("related.owners", owners(store, object)),
        group("related.owned", owned(store, object)),
    ];
    match object {
        AnyObject::Pod(pod) => {
            let node =
                pod.node.iter().map(|node| to(Kind::Node, ObjectKey::cluster(Rc::clone(node))));
            groups.push(group("related.node", node.collect()));
            groups.push(group("related.siblings", siblings(cluster, pod)));
            groups.push(group("related.services", services(store, pod)));
        }
        AnyObject::Node(node) => {
            let pods = store.pods_on(&node.meta.name);
            groups.push(group("related.pods", pods.map(|pod| pod_of(cluster, pod)).collect()));
        }
        AnyObject::Plain(plain) if plain.kind == Kind::Service => {
            groups.push(group("related.selected", selected(cluster, plain)));
        }
        _ => {
            let pods = pods_below(cluster, object);
            let mut nodes: Vec<Rc<str>> = pods.iter().filter_map(|pod| pod.node.clone()).collect();
            nodes.order();
            nodes.dedup();
            let services = pods.first().map_or_else(Vec::new, |pod| services(store, pod));
            groups
                .push(group("related.pods", pods.iter().map(|pod| pod_of(cluster, pod)).collect()));
            let nodes = nodes.into_iter().map(|name| to(Kind::Node, ObjectKey::cluster(name)));
            groups.push(group("related.nodes", nodes.collect()));
            groups.push(group("related.services", services));
        }
    }
    groups.retain(|group| !group.members.is_empty());
    groups
}

fn group(key: &'static str, mut members: Vec<Related>) -> Group {
    let left_out = members.len().saturating_sub(LISTED);
    members.truncate(LISTED);
    Group { key, members, left_out }
}

/// The owner, its owner and so on, the nearest first.
fn owners(store: &Store, object: &AnyObject) -> Vec<Related> {
    let mut above = Vec::new();
    let mut next = object.meta().controller().map(|owner| owner.uid);
    while let Some(owner) = next.and_then(|uid| store.by_uid(uid)) {
        next = owner.meta().controller().map(|owner| owner.uid);
        above.push(to(owner.kind(), owner.key()));
        if above.len() > 8 {
            break;
        }
    }
    above
}

/// What it owns besides pods.
fn owned(store: &Store, object: &AnyObject) -> Vec<Related> {
    let below = store.index().owned(object.uid());
    below
        .filter(|(kind, _)| !matches!(kind, Kind::Pod | Kind::ControllerRevision))
        .map(|(kind, key)| to(*kind, key.clone()))
        .collect()
}

/// The pods that it owns, itself or through what it owns.
pub fn pods_below(cluster: &Cluster, object: &AnyObject) -> Vec<Rc<Pod>> {
    let store = cluster.store();
    let mut pods: Vec<Rc<Pod>> = store.pods_of(object.uid()).cloned().collect();
    for (kind, key) in store.index().owned(object.uid()).filter(|(kind, _)| *kind != Kind::Pod) {
        if let Some(below) = store.get(*kind, key) {
            pods.extend(pods_below(cluster, &below));
        }
    }
    pods
}

fn pod_of(cluster: &Cluster, pod: &Pod) -> Related {
    Related { state: Some(state(cluster, pod)), ..to(Kind::Pod, pod.meta.key()) }
}

/// A pod's look and STATUS.
fn state(cluster: &Cluster, pod: &Pod) -> (Look, Rc<str>) {
    let powered =
        pod.node.as_deref().is_none_or(|node| cluster.kubelets().running(node) != Some(false));
    let word = pod_status(pod).word;
    (Look::of(pod, &word, powered), Rc::from(word))
}

/// The other pods of its owner.
fn siblings(cluster: &Cluster, pod: &Pod) -> Vec<Related> {
    let Some(owner) = pod.meta.controller() else { return Vec::new() };
    let all = cluster.store().pods_of(owner.uid);
    all.filter(|other| other.meta.uid != pod.meta.uid).map(|other| pod_of(cluster, other)).collect()
}

fn selector_of(service: &Plain) -> Option<Selector> {
    let wanted = service.body.at(&["spec", "selector"])?;
    wanted.entries().next()?;
    Some(Selector::from_map(Some(wanted)))
}

/// The Services whose selector matches a pod.
fn services(store: &Store, pod: &Pod) -> Vec<Related> {
    store
        .plain_in(Kind::Service, Some(&pod.meta.namespace))
        .filter(|service| selector_of(service).is_some_and(|one| one.matches(&pod.meta.labels)))
        .map(|service| to(Kind::Service, service.meta.key()))
        .collect()
}

/// The pods that a Service's selector matches.
fn selected(cluster: &Cluster, service: &Plain) -> Vec<Related> {
    let Some(selector) = selector_of(service) else { return Vec::new() };
    let pods = cluster.store().pods().iter_in(Some(&service.meta.namespace));
    pods.filter(|pod| selector.matches(&pod.meta.labels)).map(|pod| pod_of(cluster, pod)).collect()
}
