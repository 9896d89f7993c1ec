//! A kubelet's signs of life: the lease that it renews every ten seconds, and the status that it reports again every
//! five minutes when there is nothing new. Follows `k8s.io/component-helpers/apimachinery/lease/controller.go` and
//! `tryUpdateNodeStatus` of `pkg/kubelet/kubelet_node_status.go`.
//!
//! Nothing follows from one of them while they come, so none is written: they are worked out when somebody reads the
//! object, from how long its kubelet has spoken. The Lease itself is an object like others.

use std::rc::Rc;

use super::machine::Kubelets;
use crate::api::core::Node;
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectKey};
use crate::api::object::{AnyObject, Plain};
use crate::object;
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};
use crate::store::Store;

/// Where the leases of nodes are. Follows `NamespaceNodeLease`.
const NAMESPACE: &str = "kube-node-lease";
/// How long a lease lasts. Follows `nodeLeaseDurationSeconds`.
const LEASE_SECONDS: i64 = 40;
/// Every how many seconds a kubelet renews its lease and looks at its node. Follows `nodeLeaseRenewIntervalFraction`
/// and `nodeStatusUpdateFrequency`.
pub(super) const RENEWAL_SECONDS: i64 = 10;
/// Every how many seconds a status is reported again that did not change. Follows `nodeStatusReportFrequency`.
const REPORT_SECONDS: i64 = 300;

/// The last renewal at or before a time.
pub(super) fn renewal(at: Time) -> Time {
    Time::from_unix_seconds(at.unix_seconds().div_euclid(RENEWAL_SECONDS) * RENEWAL_SECONDS)
}

/// The first renewal after a time.
pub(super) fn next_renewal(at: Time) -> Time {
    renewal(at) + Duration::from_seconds(RENEWAL_SECONDS)
}

/// Where the lease of a node is.
pub(super) fn lease_key(node: &NodeName) -> ObjectKey {
    ObjectKey::new(NAMESPACE, Rc::clone(node))
}

/// Whether a lease can be made: its namespace is there and stays.
pub(super) fn has_place(store: &Store) -> bool {
    let namespace = store.plain(Kind::Namespace, &ObjectKey::cluster(NAMESPACE));
    namespace.is_some_and(|namespace| !namespace.meta.deleting())
}

/// The name of the node whose lease this is, if it is one.
pub(super) fn node_of_lease(lease: &Plain) -> Option<&NodeName> {
    let is_one = lease.kind == Kind::Lease && *lease.meta.namespace == *NAMESPACE;
    is_one.then_some(&lease.meta.name)
}

/// The lease of a node as its kubelet makes it. It goes with the node. Follows `SetNodeOwnerFunc`.
pub(super) fn new_lease(node: &Node, now: Time) -> AnyObject {
    let name = &node.meta.name;
    let owner = object! {
        "apiVersion" => "v1",
        "kind" => "Node",
        "name" => name,
        "uid" => node.meta.uid.to_string(),
    };
    let lease = object! {
        "metadata" => object! {
            "name" => name,
            "namespace" => NAMESPACE,
            "ownerReferences" => vec![owner],
        },
        "spec" => object! {
            "holderIdentity" => name,
            "leaseDurationSeconds" => LEASE_SECONDS,
            "renewTime" => renewal(now).rfc3339_micro(),
        },
    };
    AnyObject::from_value(Kind::Lease, &lease)
}

/// Notes in a status that is about to be written that it was reported now.
pub(super) fn reported(node: &mut Node, now: Time) {
    for condition in node.status.conditions.iter_mut().filter(|one| super::node::own(&one.kind)) {
        condition.seen = Some(now);
    }
}

/// When the status of a node that is silent from `until` on was last reported, if it last changed at `changed`. The
/// first report without news comes after half the usual time to one and a half times of it, so that nodes which
/// changed together do not report together; those after it keep step. Follows `isUpdateStatusPeriodExpired`.
fn last_report(node: &NodeName, changed: Time, until: Time, seed: Seed) -> Time {
    let stream = u64::try_from(changed.unix_millis()).unwrap_or(0);
    let half = REPORT_SECONDS / 2;
    let delay = seed.range(Purpose::Start, &format!("report/{node}"), stream, -half, half);
    let first = renewal(changed + Duration::from_seconds(REPORT_SECONDS + delay));
    match (until - first).seconds().div_euclid(REPORT_SECONDS) {
        times if times >= 0 => first + Duration::from_seconds(times * REPORT_SECONDS),
        _ => changed,
    }
}

impl Kubelets {
    /// An object as the API server has it at `now`: with what kubelets have written of it since the store last heard.
    #[must_use]
    pub fn served(&self, object: AnyObject, store: &Store, seed: Seed, now: Time) -> AnyObject {
        match &object {
            AnyObject::Node(node) if self.machines.get(&node.meta.name).is_some() => {
                let until = node.status.silent_since.unwrap_or(now);
                let own = |kind: &str| super::node::own(kind);
                let seen = node.status.conditions.iter().filter(|one| own(&one.kind));
                let Some(changed) = seen.filter_map(|one| one.seen).max() else { return object };
                let last = last_report(&node.meta.name, changed, until, seed);
                if last == changed {
                    return object;
                }
                let mut node = Node::clone(node);
                reported(&mut node, last);
                AnyObject::Node(Rc::new(node))
            }
            AnyObject::Plain(lease) => {
                let known = node_of_lease(lease).filter(|name| self.machines.get(name).is_some());
                let node =
                    known.and_then(|name| store.nodes().get(&ObjectKey::cluster(Rc::clone(name))));
                let Some(node) = node else { return object };
                let renewed = renewal(node.status.silent_since.unwrap_or(now));
                let mut lease = Plain::clone(lease);
                lease.body.child("spec").set("renewTime", renewed.rfc3339_micro());
                AnyObject::Plain(Rc::new(lease))
            }
            _ => object,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_without_news_come_every_five_minutes() {
        let node: NodeName = "worker-1".into();
        let at = Time::from_unix_seconds;
        let last = |until: i64| last_report(&node, at(1000), at(until), Seed(3)).unix_seconds();
        let first = (1000..2000).map(last).find(|last| *last > 1000).unwrap();
        assert!((1150..=1450).contains(&first) && first % 10 == 0, "{first}");
        for (until, expected) in [
            (1000, 1000),
            (first - 1, 1000),
            (first, first),
            (first + 299, first),
            (first + 300, first + 300),
            (first + 86_399, first + 86_100),
        ] {
            assert_eq!(last(until), expected, "{until}");
        }
    }
}
