//! The control loops, each a unit struct that implements [`crate::reconcile::Controller`].

pub mod cronjob;
pub mod daemonset;
pub mod deployment;
pub mod disruption;
pub mod endpoints;
pub mod garbage_collector;
pub mod job;
pub mod kubernetes_service;
pub mod namespace;
pub mod namespace_content;
pub mod node_lifecycle;
pub mod pod_gc;
mod pods;
pub mod replicas;
pub mod resource_quota;
pub mod taint_eviction;
mod template_hash;
pub mod ttl;

pub use cronjob::CronJobLoop;
pub use daemonset::DaemonSetLoop;
pub use deployment::DeploymentLoop;
pub use disruption::Disruption;
pub use endpoints::EndpointsLoop;
pub use endpoints::mirror::EndpointSliceMirroring;
pub use garbage_collector::GarbageCollector;
pub use job::JobLoop;
pub use kubernetes_service::KubernetesService;
pub use namespace::NamespaceLoop;
pub use namespace_content::NamespaceContent;
pub use node_lifecycle::NodeLifecycle;
pub use pod_gc::PodGc;
pub use replicas::{ReplicaSetLoop, ReplicationControllerLoop};
pub use resource_quota::ResourceQuotaLoop;
pub use taint_eviction::TaintEviction;
pub use ttl::TtlLoop;
