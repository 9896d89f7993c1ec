//! Random manifests, random chaos, random steps of the clock: what must hold after every single write holds, and when
//! the chaos ends everything comes to rest where it should. A failure is shrunk and printed as a script that
//! `podyard run` replays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod chaos;
mod invariants;
mod manifests;
mod rest;
mod session;

use podyard::api::Kind;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use manifests::Family;

/// Runs of each family; together more than 10,000.
const RUNS: u32 = 2_600;

/// Holds everything for many random sessions of one family. The draws are the same at every run of the test.
#[track_caller]
fn holds(family: Family) {
    let config = Config {
        cases: RUNS,
        max_shrink_iters: 4_000,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let result = runner.run(&session::sessions(family), |session| {
        session.run().map(drop).map_err(|broken| TestCaseError::fail(broken.to_string()))
    });
    match result {
        Ok(()) => {}
        // The script says all; the drawn values are in it.
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn replicas_hold_their_invariants() {
    holds(Family::Replicas);
}

#[test]
fn jobs_hold_their_invariants() {
    holds(Family::Jobs);
}

#[test]
fn cron_jobs_hold_their_invariants() {
    holds(Family::CronJobs);
}

#[test]
fn daemon_sets_hold_their_invariants() {
    holds(Family::DaemonSets);
}

/// What a failure prints is true: the same lines in `podyard run` lead to the same objects.
#[test]
fn a_printed_session_replays_to_the_same_end() {
    for family in [Family::Replicas, Family::Jobs, Family::CronJobs, Family::DaemonSets] {
        for session in session::some(family, 6) {
            let run = session.run().unwrap();
            assert_eq!(
                session::replayed(&run.script),
                session::objects(&run.cluster),
                "{}",
                run.script
            );
        }
    }
}

/// The kinds that a session's end is compared by.
const COMPARED: [Kind; 8] = [
    Kind::Node,
    Kind::Pod,
    Kind::ReplicationController,
    Kind::ReplicaSet,
    Kind::Deployment,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
];
