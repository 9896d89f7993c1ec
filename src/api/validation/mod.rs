//! What the server refuses, in its own words, in its own order, all of it at once.
//!
//! Follows `pkg/apis/{core,apps,batch,policy,scheduling}/validation` of Kubernetes 1.36 with its feature gates at their
//! defaults. The objects were decoded strictly and have their defaults: types fit, unknown fields are gone. Each kind
//! has its file; this one knows which is whose, and what comes before and after.

mod config;
mod container;
mod cron_job;
mod daemon_set;
mod deployment;
mod difference;
mod environment;
mod errors;
mod internal;
mod job;
mod job_policies;
mod metadata;
mod mounts;
mod namespace;
mod node;
mod numbers;
mod placement;
mod pod;
mod pod_spec;
mod policy;
mod probes;
mod replicas;
mod resources;
mod security;
mod selectors;
mod service;
mod stateful_set;
mod volumes;
mod warnings;

pub use self::warnings::warnings;

use self::errors::Errors;
use super::error::FieldError;
use super::kind::Kind;
use super::value::Value;

/// What is wrong with a new object. It has its defaults and went through `strategy::prepare_for_create`.
pub fn validate_create(kind: Kind, object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    create(&mut errors, kind, object);
    if errors.len() == 0 {
        metadata::any_object_meta(&mut errors, kind, object);
    }
    errors.into_vec()
}

fn create(errors: &mut Errors, kind: Kind, object: &Value) {
    if kind != Kind::PodDisruptionBudget {
        metadata::object_meta(errors, kind, object);
    }
    match kind {
        Kind::Pod => pod::create(errors, object),
        Kind::Node => node::node(errors, object),
        Kind::Namespace => namespace::namespace(errors, object),
        Kind::ConfigMap => config::config_map(errors, object),
        Kind::Secret => config::secret(errors, object),
        Kind::Service => service::service(errors, object),
        Kind::ReplicationController => replicas::replication_controller(errors, object),
        Kind::ReplicaSet => replicas::replica_set(errors, object),
        Kind::Deployment => deployment::deployment(errors, object),
        Kind::DaemonSet => daemon_set::daemon_set(errors, object),
        Kind::StatefulSet => stateful_set::stateful_set(errors, object, false),
        Kind::Job => job::job(errors, object),
        Kind::CronJob => cron_job::create(errors, object),
        Kind::PodDisruptionBudget => policy::disruption_budget(errors, object),
        Kind::PriorityClass => policy::priority_class(errors, object),
        Kind::ResourceQuota => policy::resource_quota(errors, object),
        Kind::LimitRange => policy::limit_range(errors, object),
        Kind::Lease => policy::lease(errors, object),
        Kind::Event
        | Kind::Endpoints
        | Kind::ServiceAccount
        | Kind::PersistentVolumeClaim
        | Kind::ControllerRevision
        | Kind::EndpointSlice => {}
    }
}

/// What is wrong with a changed object, of itself or as a change of the old one. It has its defaults and went through
/// `strategy::prepare_for_update`.
pub fn validate_update(kind: Kind, new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    metadata::any_object_meta(&mut errors, kind, new);
    metadata::object_meta_update(&mut errors, new, old);
    update(&mut errors, kind, new, old);
    errors.into_vec()
}

fn update(errors: &mut Errors, kind: Kind, new: &Value, old: &Value) {
    match kind {
        Kind::Pod => {
            metadata::object_meta(errors, kind, new);
            pod::update(errors, new, old);
        }
        Kind::Node => {
            metadata::object_meta(errors, kind, new);
            node::node(errors, new);
            node::update(errors, new, old);
        }
        Kind::ReplicaSet => {
            replicas::replica_set(errors, new);
            selectors::immutable(errors, new, old);
        }
        Kind::Deployment => {
            deployment::deployment(errors, new);
            selectors::immutable(errors, new, old);
        }
        Kind::DaemonSet => {
            selectors::immutable(errors, new, old);
            daemon_set::daemon_set(errors, new);
        }
        Kind::StatefulSet => {
            stateful_set::stateful_set(errors, new, true);
            stateful_set::update(errors, new, old);
        }
        Kind::Job => {
            metadata::object_meta(errors, kind, new);
            job::job(errors, new);
            job::update(errors, new, old);
        }
        Kind::ReplicationController => replicas::replication_controller(errors, new),
        Kind::CronJob => cron_job::update(errors, new, old),
        Kind::ConfigMap => {
            config::config_map_update(errors, new, old);
            metadata::object_meta(errors, kind, new);
            config::config_map(errors, new);
        }
        Kind::Secret => {
            config::secret_update(errors, new, old);
            metadata::object_meta(errors, kind, new);
            config::secret(errors, new);
        }
        Kind::Service => {
            service::update(errors, new, old);
            service::service(errors, new);
        }
        Kind::PriorityClass => policy::priority_class_update(errors, new, old),
        Kind::ResourceQuota => {
            metadata::object_meta(errors, kind, new);
            policy::resource_quota(errors, new);
            policy::resource_quota_update(errors, new, old);
        }
        Kind::Namespace
        | Kind::PodDisruptionBudget
        | Kind::LimitRange
        | Kind::Event
        | Kind::Endpoints
        | Kind::ServiceAccount
        | Kind::PersistentVolumeClaim
        | Kind::ControllerRevision
        | Kind::Lease
        | Kind::EndpointSlice => create(errors, kind, new),
    }
}

/// What is wrong with the written status of an object: its metadata, and counts that contradict each other.
pub fn validate_status_update(kind: Kind, new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    metadata::any_object_meta(&mut errors, kind, new);
    metadata::object_meta_update(&mut errors, new, old);
    match kind {
        Kind::ReplicationController | Kind::ReplicaSet | Kind::Deployment => {
            replicas::status(&mut errors, kind, new);
        }
        Kind::DaemonSet => daemon_set::status(&mut errors, new),
        Kind::Job => job::status_update(&mut errors, new, old),
        Kind::Namespace => namespace::status(&mut errors, new),
        _ => {}
    }
    errors.into_vec()
}
