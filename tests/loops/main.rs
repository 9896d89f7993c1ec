//! Control loops against tables: objects given, one look of a loop or several, and what it plans. Each case names the
//! case of upstream's tests that it follows. The format is explained in `tests/cases/loops/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod case;
mod look;

use std::path::Path;

use podyard::controllers::{
    CronJobLoop, DaemonSetLoop, DeploymentLoop, Disruption, GarbageCollector, JobLoop,
    NodeLifecycle, PodGc, ReplicaSetLoop, ReplicationControllerLoop, TaintEviction,
};
use podyard::reconcile::Controller;

/// Runs every case of a file; tells all that differ.
fn check<C: Controller>(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/loops").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let cases = case::read(&text);
    let failures: Vec<String> = cases.iter().filter_map(look::run::<C>).collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases of {file} fail:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn replica_sets() {
    check::<ReplicaSetLoop>("replica_set.yaml");
}

#[test]
fn replication_controllers() {
    check::<ReplicationControllerLoop>("replication_controller.yaml");
}

#[test]
fn deployments() {
    check::<DeploymentLoop>("deployment.yaml");
}

#[test]
fn daemon_sets() {
    check::<DaemonSetLoop>("daemon_set.yaml");
}

#[test]
fn garbage_collection() {
    check::<GarbageCollector>("garbage_collector.yaml");
}

#[test]
fn node_life_cycle() {
    check::<NodeLifecycle>("node_lifecycle.yaml");
}

#[test]
fn taint_eviction() {
    check::<TaintEviction>("taint_eviction.yaml");
}

#[test]
fn pod_garbage_collection() {
    check::<PodGc>("pod_gc.yaml");
}

#[test]
fn disruption_budgets() {
    check::<Disruption>("disruption.yaml");
}

#[test]
fn cron_jobs() {
    check::<CronJobLoop>("cron_job.yaml");
}

#[test]
fn jobs() {
    check::<JobLoop>("job.yaml");
}
