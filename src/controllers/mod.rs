//! The control loops, each a unit struct that implements [`crate::reconcile::Controller`].

pub mod cronjob;
pub mod daemonset;
pub mod deployment;
pub mod garbage_collector;
pub mod job;
pub mod namespace;
mod pods;
pub mod replicas;
mod template_hash;
pub mod ttl;

pub use cronjob::CronJobLoop;
pub use daemonset::DaemonSetLoop;
pub use deployment::DeploymentLoop;
pub use garbage_collector::GarbageCollector;
pub use job::JobLoop;
pub use namespace::NamespaceLoop;
pub use replicas::{ReplicaSetLoop, ReplicationControllerLoop};
pub use ttl::TtlLoop;

mod placeholders {
    use imbl::OrdMap;

    use crate::reconcile::{Controller, Key, Observed, Plan, Wake};
    use crate::sim::Time;
    use crate::store::{Change, Store};

    macro_rules! placeholder {
        ($($name:ident $signature:literal,)*) => {$(
            /// PLACEHOLDER
            pub struct $name;
            impl Controller for $name {
                type Decision = ();
                type Memory = ();
                const NAME: &'static str = $signature;
                fn wakes(_: &Change, _: &Store, _: &OrdMap<Key, ()>, _: Wake<'_>) {}
                fn reconcile(_: &Key, _: &Observed<'_, ()>, _: Time) -> Plan<(), ()> {
                    Plan::idle(())
                }
            }
        )*};
    }
    placeholder! {
        NodeLifecycle "node-controller",
        TaintEviction "taint-eviction-controller",
        PodGc "pod-garbage-collector",
    }
}
pub use placeholders::*;
