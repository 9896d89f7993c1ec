//! What the engine costs: replicas to all Running, and a day of a minutely CronJob. Growth is read as a ratio.

#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may fail")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use podyard::api::{Kind, Value};
use podyard::cluster::{Cluster, Config, WriteOptions};
use podyard::sim::Duration;

fn apply(cluster: &mut Cluster, kind: Kind, json: &str) {
    cluster
        .create(kind, "default", Value::from_json(json).unwrap(), &WriteOptions::default())
        .unwrap();
}

fn replicas(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("replication controller, all running");
    group.sample_size(10);
    for count in [1_000_u32, 10_000] {
        let workers = usize::try_from(count / 10).unwrap();
        let start = Cluster::new(Config { workers, system_pods: false, ..Config::default() });
        let manifest = format!(
            r#"{{"metadata":{{"name":"rc"}},"spec":{{"replicas":{count},"selector":{{"a":"b"}},"template":{{"metadata":{{
            "labels":{{"a":"b"}}}},"spec":{{"containers":[{{"name":"c","image":"luksa/kubia"}}]}}}}}}}}"#
        );
        group.bench_with_input(BenchmarkId::from_parameter(count), &manifest, |bench, manifest| {
            bench.iter(|| {
                let mut cluster = start.clone();
                apply(&mut cluster, Kind::ReplicationController, manifest);
                let end = cluster.now() + Duration::from_seconds(60);
                cluster.run_until(end);
                let ready =
                    cluster.store().replication_controllers().iter().next().unwrap().status.ready;
                assert_eq!(ready, i64::from(count));
            });
        });
    }
    group.finish();
}

fn cron_day(bench: &mut Criterion) {
    let manifest = r#"{"metadata":{"name":"c"},"spec":{"schedule":"* * * * *","jobTemplate":{"spec":{"template":{"spec":{
        "restartPolicy":"Never","containers":[{"name":"c","image":"busybox","args":["date"]}]}}}}}}"#;
    let mut group = bench.benchmark_group("minutely CronJob");
    group.sample_size(10);
    for hours in [1_i64, 24] {
        group.bench_with_input(BenchmarkId::new("hours", hours), &hours, |bench, hours| {
            bench.iter(|| {
                let mut cluster = Cluster::new(Config { system_pods: false, ..Config::default() });
                apply(&mut cluster, Kind::CronJob, manifest);
                let end = cluster.now() + Duration::from_seconds(hours * 3600);
                cluster.run_until(end);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, replicas, cron_day);
criterion_main!(benches);
