//! Chaos that ends: random sequences of what people and machines do; invariants after each step; then everything must
//! converge. A failure names its seed.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;

use podyard::api::{Kind, ObjectKey, Value};
use podyard::cluster::{Action, Cluster, Config, WriteOptions};
use podyard::sim::Duration;
use podyard::sim::rng::{Purpose, Seed};

const RC: &str = r#"{"metadata":{"name":"rc"},"spec":{"replicas":3,"selector":{"app":"rc"},"template":{"metadata":{"labels":{
    "app":"rc"}},"spec":{"terminationGracePeriodSeconds":2,"containers":[{"name":"c","image":"luksa/kubia"}]}}}}"#;
const JOB: &str = r#"{"metadata":{"name":"job"},"spec":{"completions":6,"parallelism":2,"backoffLimit":100,"template":{"spec":{
    "restartPolicy":"Never","terminationGracePeriodSeconds":2,"containers":[{"name":"c","image":"busybox","args":["sleep","7"]}]}}}}"#;
const DAEMON: &str = r#"{"metadata":{"name":"ds"},"spec":{"selector":{"matchLabels":{"app":"ds"}},"template":{"metadata":{"labels":{
    "app":"ds"}},"spec":{"terminationGracePeriodSeconds":2,"containers":[{"name":"c","image":"fluent/fluentd"}]}}}}"#;

fn start(seed: u64) -> Cluster {
    let mut cluster =
        Cluster::new(Config { seed: Seed(seed), system_pods: false, ..Config::default() });
    for (kind, json) in
        [(Kind::ReplicationController, RC), (Kind::Job, JOB), (Kind::DaemonSet, DAEMON)]
    {
        cluster
            .create(kind, "default", Value::from_json(json).unwrap(), &WriteOptions::default())
            .unwrap();
    }
    cluster
}

/// One thing that somebody does.
fn disturb(cluster: &mut Cluster, draw: u64) {
    let options = WriteOptions::default();
    let node = format!("worker-{}", draw / 100 % 3 + 1);
    let pods: Vec<ObjectKey> =
        cluster.store().pods().iter_in(Some("default")).map(|pod| pod.meta.key()).collect();
    let pod = pods.get(usize::try_from(draw / 7).unwrap() % pods.len().max(1)).cloned();
    match (draw % 8, pod) {
        (0, _) => drop(cluster.act(Action::StopNode(node.into()), &options)),
        (1 | 2, _) => drop(cluster.act(Action::StartNode(node.into()), &options)),
        (3, Some(pod)) => drop(cluster.delete(Kind::Pod, &pod, &Default::default(), &options)),
        (4, Some(pod)) => drop(cluster.act(Action::CrashPod { pod, container: None }, &options)),
        (5, _) => {
            let key = ObjectKey::new("default", "rc");
            let replicas = i64::try_from(draw / 11 % 6).unwrap();
            drop(cluster.scale(Kind::ReplicationController, &key, replicas, &options));
        }
        (6, Some(pod)) => {
            let patch = podyard::object! { "metadata" => podyard::object! { "labels" => podyard::object! { "app" => "other" } } };
            drop(cluster.patch(Kind::Pod, &pod, podyard::cluster::Patch::Merge(patch), &options));
        }
        _ => {}
    }
    let at = cluster.now() + Duration::from_millis(i64::try_from(draw / 13 % 20_000).unwrap());
    cluster.run_until(at);
}

#[track_caller]
fn check(cluster: &Cluster, seed: u64) {
    let mut daemons: BTreeMap<String, usize> = BTreeMap::new();
    let mut active = 0;
    for pod in cluster.store().pods().iter().filter(|pod| pod.active()) {
        let Some(owner) = pod.meta.controller() else { continue };
        match &*owner.kind {
            "DaemonSet" => {
                *daemons.entry(pod.node.as_deref().unwrap_or("-").to_owned()).or_default() += 1
            }
            "Job" => active += 1,
            _ => assert_eq!(
                pod.meta.labels.text("app"),
                Some("rc"),
                "seed {seed}: an owned pod matches its selector"
            ),
        }
    }
    daemons.remove("-");
    assert!(
        daemons.values().all(|count| *count <= 1),
        "seed {seed}: one daemon pod per node: {daemons:?}"
    );
    assert!(active <= 2, "seed {seed}: {active} active pods of a Job with parallelism 2");
}

/// All objects as text.
fn picture(cluster: &Cluster) -> String {
    let all = Kind::ALL.into_iter().flat_map(|kind| cluster.store().list(kind, None));
    all.map(|object| format!("{}\n", object.to_value())).collect()
}

fn run(seed: u64, steps: u64) -> Cluster {
    let mut cluster = start(seed);
    for step in 0..steps {
        disturb(&mut cluster, Seed(seed).draw(Purpose::Container, "chaos", step));
        check(&cluster, seed);
    }
    cluster
}

#[test]
fn chaos_that_ends_converges() {
    for seed in 0..120 {
        let mut cluster = run(seed, 25);
        let options = WriteOptions::default();
        for node in ["worker-1", "worker-2", "worker-3"] {
            drop(cluster.act(Action::StartNode(node.into()), &options));
        }
        let at = cluster.now() + Duration::from_seconds(3600);
        cluster.run_until(at);
        check(&cluster, seed);
        let rc = cluster.store().replication_controllers().iter().next().unwrap();
        assert_eq!(
            (rc.status.replicas, rc.status.ready),
            (rc.spec.replicas, rc.spec.replicas),
            "seed {seed}: replicas"
        );
        let set = cluster.store().daemon_sets().iter().next().unwrap();
        assert_eq!((set.status.desired, set.status.ready), (3, 3), "seed {seed}: daemon pods");
        let job = cluster.store().jobs().iter().next().unwrap();
        assert_eq!(job.status.succeeded, 6, "seed {seed}: the Job: {:?}", job.status);
    }
}

#[test]
fn same_seed_and_same_inputs_are_the_same_history() {
    for seed in 0..10 {
        let (one, other) = (run(seed, 20), run(seed, 20));
        assert_eq!(one.store().resource_version(), other.store().resource_version());
        assert_eq!(picture(&one), picture(&other), "seed {seed}");
    }
}

#[test]
fn going_back_and_redoing_gives_the_same_end() {
    for seed in 0..10 {
        let mut cluster = run(seed, 20);
        let (end, before) = (cluster.now(), picture(&cluster));
        cluster.back_to(cluster.config().start + Duration::from_seconds(30));
        cluster.redo_all();
        cluster.run_until(end);
        assert_eq!(picture(&cluster), before, "seed {seed}");
    }
}

/// Somebody goes to and fro in a session, does other things in its past, and takes things back: each line that is left
/// is later found as it was, and each moment of the line that he stands on is the same whenever he comes there.
#[test]
fn branches_are_found_as_they_were_left() {
    for seed in 0..10 {
        let mut cluster = start(seed);
        let mut left: BTreeMap<String, (podyard::sim::Time, String)> = BTreeMap::new();
        for step in 0..12 {
            let draw = Seed(seed).draw(Purpose::Container, "branches", step);
            for more in 0..3 {
                disturb(&mut cluster, Seed(draw).draw(Purpose::Container, "more", more));
            }
            let (now, before) = (cluster.now(), picture(&cluster));
            let share = Duration::from_millis(
                (now - cluster.config().start).millis() * i64::try_from(draw % 100).unwrap() / 100,
            );
            cluster.seek(cluster.config().start + share);
            let middle = picture(&cluster);
            cluster.seek(now);
            assert_eq!(picture(&cluster), before, "seed {seed}, step {step}: forward again");
            cluster.seek(cluster.config().start + share);
            assert_eq!(picture(&cluster), middle, "seed {seed}, step {step}: back again");
            match draw % 4 {
                0 => {
                    cluster.run_until(now);
                    assert_eq!(picture(&cluster), before, "seed {seed}, step {step}: played");
                }
                1 => {
                    if let Some(name) = cluster.continue_here() {
                        left.insert(name.to_string(), (now, before));
                    }
                }
                2 => {
                    cluster.seek(now);
                    if cluster.undo().is_some() {
                        cluster.redo().unwrap();
                        assert_eq!(picture(&cluster), before, "seed {seed}, step {step}: redone");
                    }
                }
                _ => {
                    cluster.seek(now);
                    if let Some(name) = left
                        .keys()
                        .nth(usize::try_from(draw / 5).unwrap() % left.len().max(1))
                        .cloned()
                    {
                        let own = cluster.branch_name().to_string();
                        let was = left.insert(own, (now, before));
                        assert!(was.is_none(), "seed {seed}: a line has one name");
                        assert!(cluster.switch(&name));
                        let (at, was) = left.remove(&name).unwrap();
                        assert_eq!(cluster.now(), at, "seed {seed}, step {step}");
                        assert_eq!(picture(&cluster), was, "seed {seed}, step {step}: {name}");
                    }
                }
            }
        }
        for (name, (at, was)) in left {
            assert!(cluster.switch(&name));
            assert_eq!((cluster.now(), picture(&cluster)), (at, was), "seed {seed}: {name}");
        }
    }
}
