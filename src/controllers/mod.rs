//! The control loops. PLACEHOLDER: names only; each becomes a module of its own.

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
    ReplicationControllerLoop "replication-controller",
    ReplicaSetLoop "replicaset-controller",
    DeploymentLoop "deployment-controller",
    DaemonSetLoop "daemonset-controller",
    JobLoop "job-controller",
    CronJobLoop "cronjob-controller",
    TtlLoop "ttl-after-finished-controller",
    GarbageCollector "garbage-collector-controller",
    NamespaceLoop "namespace-controller",
    NodeLifecycle "node-controller",
    TaintEviction "taint-eviction-controller",
    PodGc "pod-garbage-collector",
}
