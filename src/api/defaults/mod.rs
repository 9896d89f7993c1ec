//! What the server fills in before it validates and stores an object, and the form in which it sends it back.
//!
//! Follows `pkg/apis/*/v1/defaults.go` of Kubernetes 1.36 and the conversions beside them. The parts that admission
//! adds (tolerations, service account, priority) are not here. Applying defaults twice changes nothing.

mod cluster;
mod image;
mod pod;
mod wire;
mod workloads;

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))] // what it needs is there on the host only
mod tests;

pub use image::{ImageName, parse_image_name};
pub(crate) use pod::{beyond_template, container_amounts};
pub(crate) use workloads::labels_from_template;

use super::kind::Kind;
use super::quantity::Quantity;
use super::value::Value;

/// Fills in every default of an object of this kind, and leaves out what says nothing (nulls, empty lists).
pub fn apply(kind: Kind, object: &mut Value) {
    wire::normalise(object);
    object.set_default("metadata", Value::empty_object());
    match kind {
        Kind::Pod => pod::pod(object),
        Kind::Node => cluster::node(object),
        Kind::Namespace => cluster::namespace(object),
        Kind::Secret => cluster::secret(object),
        Kind::Service => cluster::service(object),
        Kind::Endpoints => cluster::endpoints(object),
        Kind::ReplicationController => workloads::replication_controller(object),
        Kind::ResourceQuota => cluster::resource_quota(object),
        Kind::LimitRange => cluster::limit_range(object),
        Kind::PersistentVolumeClaim => cluster::persistent_volume_claim(object),
        Kind::ReplicaSet => workloads::replica_set(object),
        Kind::Deployment => workloads::deployment(object),
        Kind::DaemonSet => workloads::daemon_set(object),
        Kind::StatefulSet => workloads::stateful_set(object),
        Kind::Job => workloads::job(object),
        Kind::CronJob => workloads::cron_job(object),
        Kind::EndpointSlice => cluster::endpoint_slice(object),
        Kind::PriorityClass => cluster::priority_class(object),
        Kind::PodDisruptionBudget => {
            object.set_default("spec", Value::empty_object());
        }
        Kind::Event
        | Kind::ConfigMap
        | Kind::ServiceAccount
        | Kind::ControllerRevision
        | Kind::Lease => {}
    }
}

/// Changes each item of a list that is there.
fn each(object: &mut Value, list: &str, change: impl FnMut(&mut Value)) {
    if !object.items_at(list).is_empty() {
        object.child(list).make_items().iter_mut().for_each(change);
    }
}

/// Changes a field that is there.
fn entry(object: &mut Value, key: &str, change: impl FnOnce(&mut Value)) {
    if object.get(key).is_some() {
        change(object.child(key));
    }
}

/// Brings the amounts of a resource list into canonical form, parts below a thousandth rounded up. What cannot be read
/// stays, for validation to refuse.
fn round_resources(object: &mut Value, list: &str) {
    entry(object, list, |amounts| {
        for amount in amounts.make_map().iter_mut().map(|(_, amount)| amount) {
            if let Ok(quantity) = Quantity::from_value(amount) {
                *amount = Value::from(quantity.rounded_up_to_millis());
            }
        }
    });
}
