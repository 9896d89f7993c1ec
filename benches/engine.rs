//! What the engine costs, and how that grows: ten times the pods may cost at most twelve times the time. `cargo bench`
//! prints the times; the ratios between neighbours are what counts. The budget is that of the groups in which nothing
//! but the pods grows. In those that say "and", nodes or waves grow with them: there the caches of the machine are
//! outgrown, too, and the ratio tells of both.

#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may fail")]

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use podyard::api::{Kind, ObjectKey, Value};
use podyard::cluster::{Action, Cluster, Config, WriteOptions};
use podyard::manifest::load;
use podyard::sim::Duration;

const MINUTELY: &str = r#"{"metadata":{"name":"c"},"spec":{"schedule":"* * * * *","jobTemplate":{"spec":{"template":{"spec":{
    "restartPolicy":"Never","containers":[{"name":"c","image":"busybox","args":["date"]}]}}}}}}"#;
const DAEMON: &str = r#"{"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"d"}},"template":{"metadata":{"labels":{
    "a":"d"}},"spec":{"containers":[{"name":"c","image":"fluent/fluentd"}]}}}}"#;

/// A cluster of so many workers, without the pods of kube-system.
fn cluster(workers: usize) -> Cluster {
    Cluster::new(Config { workers, system_pods: false, ..Config::default() })
}

fn apply(cluster: &mut Cluster, kind: Kind, json: &str) {
    cluster
        .create(kind, "default", Value::from_json(json).unwrap(), &WriteOptions::default())
        .unwrap();
}

fn pass(cluster: &mut Cluster, seconds: i64) {
    let end = cluster.now() + Duration::from_seconds(seconds);
    cluster.run_until(end);
}

/// A ReplicationController of so many pods, all running: a hundred to a node.
fn running(replicas: usize) -> Cluster {
    let mut cluster = cluster(replicas.div_ceil(100));
    replicate(&mut cluster, replicas);
    cluster
}

fn replicate(cluster: &mut Cluster, replicas: usize) {
    let manifest = format!(
        r#"{{"metadata":{{"name":"rc"}},"spec":{{"replicas":{replicas},"selector":{{"a":"b"}},"template":{{"metadata":{{
        "labels":{{"a":"b"}}}},"spec":{{"containers":[{{"name":"c","image":"luksa/kubia"}}]}}}}}}}}"#
    );
    apply(cluster, Kind::ReplicationController, &manifest);
    pass(cluster, 300);
    let controller = cluster.store().replication_controllers().iter().next().unwrap();
    assert_eq!(controller.status.ready, i64::try_from(replicas).unwrap());
}

/// The cluster stays the same, so that nothing but the pods grows: the scheduler asks up to a hundred nodes for each.
fn replicas(bench: &mut Criterion) {
    let mut group =
        bench.benchmark_group("ReplicationController to all running, 1,000 nodes, pods");
    group.sample_size(10);
    let start = cluster(1_000);
    for count in [1_000_usize, 10_000, 100_000] {
        group.bench_with_input(BenchmarkId::from_parameter(count), &count, |bench, count| {
            bench.iter_batched(
                || start.clone(),
                |mut cluster| {
                    replicate(&mut cluster, *count);
                    cluster
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// One pod goes and another comes: this may not depend on how many others there are.
fn replaced(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("one pod replaced among");
    group.sample_size(20);
    for count in [1_000_usize, 10_000] {
        group.bench_with_input(BenchmarkId::from_parameter(count), &count, |bench, count| {
            let start = running(*count);
            let key: ObjectKey = start.store().pods().iter().next().unwrap().meta.key();
            bench.iter_batched(
                || start.clone(),
                |mut cluster| {
                    let options = WriteOptions::default();
                    cluster.delete(Kind::Pod, &key, &Default::default(), &options).unwrap();
                    pass(&mut cluster, 60);
                    cluster
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn job(bench: &mut Criterion) {
    jobs(bench, "Job with parallelism 500, completions", |_| 500);
    jobs(bench, "Job, completions and parallelism, a twentieth of them", |completions| {
        completions / 20
    });
}

fn jobs(bench: &mut Criterion, name: &str, parallelism: impl Fn(usize) -> usize) {
    let mut group = bench.benchmark_group(name);
    group.sample_size(10);
    for completions in [1_000_usize, 10_000] {
        group.bench_with_input(BenchmarkId::from_parameter(completions), &completions, |bench, n| {
            let start = cluster(20);
            let manifest = format!(
                r#"{{"metadata":{{"name":"j"}},"spec":{{"completions":{n},"parallelism":{},"template":{{"spec":{{
                "restartPolicy":"Never","containers":[{{"name":"c","image":"busybox","args":["sleep","3"]}}]}}}}}}}}"#,
                parallelism(*n)
            );
            bench.iter_batched(
                || start.clone(),
                |mut cluster| {
                    apply(&mut cluster, Kind::Job, &manifest);
                    pass(&mut cluster, 900);
                    let job = cluster.store().jobs().iter().next().unwrap();
                    assert_eq!(usize::try_from(job.status.succeeded).unwrap(), *n);
                    cluster
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn daemons(bench: &mut Criterion) {
    let picky = DAEMON.replace(r#""containers""#, r#""nodeSelector":{"d":"yes"},"containers""#);
    let mut group = bench.benchmark_group("DaemonSet on so many of 5,000 nodes");
    group.sample_size(10);
    for count in [500_usize, 5_000] {
        let mut start = cluster(5_000);
        label(&mut start, 5_000, count);
        group.bench_with_input(BenchmarkId::from_parameter(count), &count, |bench, count| {
            bench.iter_batched(
                || start.clone(),
                |cluster| cover(cluster, &picky, *count),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    let mut group = bench.benchmark_group("DaemonSet on all nodes, pods and nodes");
    group.sample_size(10);
    for nodes in [500_usize, 5_000] {
        group.bench_with_input(BenchmarkId::from_parameter(nodes), &nodes, |bench, nodes| {
            let start = cluster(*nodes);
            bench.iter_batched(
                || start.clone(),
                |cluster| cover(cluster, DAEMON, *nodes),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Labels so many of the nodes, evenly.
fn label(cluster: &mut Cluster, nodes: usize, count: usize) {
    for number in 1..=count {
        let key = ObjectKey::cluster(format!("worker-{}", number * nodes / count));
        let mut node = cluster.store().get(Kind::Node, &key).unwrap().to_value();
        node.child("metadata").child("labels").set("d", "yes");
        cluster.update(Kind::Node, "", node, &WriteOptions::default()).unwrap();
    }
    pass(cluster, 60);
}

/// A DaemonSet comes, and so many of its pods get ready.
fn cover(mut cluster: Cluster, manifest: &str, count: usize) -> Cluster {
    apply(&mut cluster, Kind::DaemonSet, manifest);
    pass(&mut cluster, 120);
    let set = cluster.store().daemon_sets().iter().next().unwrap();
    assert_eq!(usize::try_from(set.status.ready).unwrap(), count);
    cluster
}

fn cron_job(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("hours of a minutely CronJob");
    group.sample_size(10);
    for hours in [24_i64, 240, 8_760] {
        group.bench_with_input(BenchmarkId::from_parameter(hours), &hours, |bench, hours| {
            let start = cluster(3);
            bench.iter_batched(
                || start.clone(),
                |mut cluster| {
                    apply(&mut cluster, Kind::CronJob, MINUTELY);
                    pass(&mut cluster, hours * 3600);
                    cluster
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// A tenth of the nodes fails and their pods are replaced.
fn outage(bench: &mut Criterion) {
    outages(bench, "outage of 100 of 1,000 nodes, pods on each", [(1_000, 3), (1_000, 30)]);
    outages(
        bench,
        "outage of a tenth of the nodes with 30 pods each, nodes and pods",
        [(100, 30), (1_000, 30)],
    );
}

/// The parameter is the number that the two differ in.
fn outages(bench: &mut Criterion, name: &str, sizes: [(usize, usize); 2]) {
    let mut group = bench.benchmark_group(name);
    group.sample_size(10);
    let same_nodes = sizes[0].0 == sizes[1].0;
    for (nodes, pods) in sizes {
        let id = BenchmarkId::from_parameter(if same_nodes { pods } else { nodes });
        group.bench_with_input(id, &nodes, |bench, nodes| {
            let mut start = cluster(*nodes);
            replicate(&mut start, nodes * pods);
            bench.iter_batched(
                || start.clone(),
                |mut cluster| {
                    for number in 1..=nodes / 10 {
                        let name = format!("worker-{number}");
                        cluster
                            .act(Action::StopNode(name.into()), &WriteOptions::default())
                            .unwrap();
                    }
                    pass(&mut cluster, 1_500);
                    cluster
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// A paused picture: a moment is kept.
fn moments(bench: &mut Criterion) {
    let start = running(1_000);
    bench.bench_function("a moment of 1,000 pods is cloned", |bench| {
        bench.iter(|| black_box(start.clone()))
    });
}

/// An hour in which something happens all the time: a rollout every five minutes, a node that fails and comes back, a
/// CronJob that runs each minute, pods that crash, and somebody who scales up and down.
fn busy(pods: usize) -> Cluster {
    let mut cluster = cluster(pods.div_ceil(50).max(3));
    let options = WriteOptions::default();
    let deployment = |revision: i64| {
        format!(
            r#"{{"metadata":{{"name":"web"}},"spec":{{"replicas":{pods},"selector":{{"matchLabels":{{"a":"b"}}}},"template":{{"metadata":{{
            "labels":{{"a":"b"}},"annotations":{{"revision":"{revision}"}}}},"spec":{{"containers":[{{"name":"c","image":"luksa/kubia"}}]}}}}}}}}"#
        )
    };
    let crash = r#"{"metadata":{"name":"crash"},"spec":{"replicas":20,"selector":{"c":"d"},"template":{"metadata":{"labels":{"c":"d"}},
        "spec":{"containers":[{"name":"c","image":"busybox","command":["sh","-c","sleep 5; exit 1"]}]}}}}"#;
    apply(&mut cluster, Kind::Deployment, &deployment(0));
    apply(&mut cluster, Kind::ReplicationController, crash);
    apply(&mut cluster, Kind::CronJob, MINUTELY);
    for minute in 0..60_i64 {
        pass(&mut cluster, 60);
        let node = format!("worker-{}", minute % 3 + 1);
        match minute % 5 {
            0 => {
                let new = Value::from_json(&deployment(minute)).unwrap();
                cluster.update(Kind::Deployment, "default", new, &options).unwrap();
            }
            1 => drop(cluster.act(Action::StopNode(node.into()), &options).unwrap()),
            2 => drop(
                cluster
                    .act(
                        Action::StartNode(format!("worker-{}", (minute - 1) % 3 + 1).into()),
                        &options,
                    )
                    .unwrap(),
            ),
            _ => {
                let key = ObjectKey::new("default", "crash");
                cluster
                    .scale(Kind::ReplicationController, &key, 10 + minute % 7, &options)
                    .unwrap();
            }
        }
    }
    cluster
}

/// Going back to any moment of the last hour: the one of a hundred that takes longest counts.
#[expect(clippy::disallowed_methods, reason = "a bench measures")]
fn back(bench: &mut Criterion) {
    let mut group =
        bench.benchmark_group("back within a busy hour, the slowest of 100 moments, pods");
    group.sample_size(10);
    for pods in [50_usize, 500, 2_000] {
        let busy = busy(pods);
        let moment = |share: i64| busy.now() - Duration::from_seconds(3_600 * share / 100);
        let cost = |at| {
            let mut cluster = busy.clone();
            let begun = std::time::Instant::now();
            cluster.back_to(at);
            black_box(&cluster);
            begun.elapsed()
        };
        let worst = (1..=100).map(moment).max_by_key(|at| cost(*at)).unwrap();
        group.bench_with_input(BenchmarkId::from_parameter(pods), &worst, |bench, at| {
            bench.iter_batched(
                || busy.clone(),
                |mut cluster| {
                    cluster.back_to(*at);
                    cluster
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// YAML of every badness is answered within 100 ms, and ten times the text in at most twelve times the time.
fn hostile(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("hostile YAML, bytes");
    group.sample_size(10);
    for size in [100_000_usize, 1_000_000] {
        let bomb: String = (1..size / 40)
            .map(|level| format!("a{level}: &a{level} {{<<: *a{}, x{level}: 1}}\n", level - 1))
            .collect();
        for (name, text) in [
            ("one long word", format!("a: {}", "x".repeat(size))),
            ("brackets", "[".repeat(size)),
            ("tabs", "\t\n".repeat(size / 2)),
            ("aliases of aliases", format!("a0: &a0 {{x0: 1}}\n{bomb}")),
            ("a cycle", format!("a: &a [*a{}]\n", ", *a".repeat(size / 4))),
            ("unknown fields", (0..size / 10).map(|number| format!("k{number}: 1\n")).collect()),
            ("letters of two bytes", format!("a: {}", "\u{b0}".repeat(size / 2))),
        ] {
            let bytes = text.into_bytes();
            group.bench_with_input(BenchmarkId::new(name, size), &bytes, |bench, bytes| {
                bench.iter(|| black_box(load("x.yaml", bytes)));
            });
        }
    }
    group.finish();
}

criterion_group!(
    benches, replicas, replaced, job, daemons, cron_job, outage, moments, back, hostile
);
criterion_main!(benches);
