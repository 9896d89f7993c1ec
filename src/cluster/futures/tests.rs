use super::*;
use crate::api::Value;
use crate::cluster::{Config, Patch, WriteOptions};
use crate::sim::Duration;

const CRON: &str = r#"{"metadata":{"name":"tick"},"spec":{"schedule":"* * * * *","concurrencyPolicy":"Forbid","jobTemplate":{"spec":{
    "template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"busybox","args":["sleep","150"]}]}}}}}}"#;

fn forked() -> (Cluster, Futures) {
    let mut cluster = Cluster::new(Config { system_pods: false, ..Config::default() });
    let object = Value::from_json(CRON).unwrap();
    cluster.create(Kind::CronJob, "default", object, &WriteOptions::default()).unwrap();
    cluster.run_until(cluster.now() + Duration::from_seconds(90));
    let words = "kubectl patch cj tick -p '…'";
    let mut futures = Futures::begin(&cluster, words);
    let patch = Value::from_json(r#"{"spec":{"concurrencyPolicy":"Replace"}}"#).unwrap();
    let options = WriteOptions { dry_run: false, words: words.into() };
    let key = ObjectKey::new("default", "tick");
    futures.other.patch(Kind::CronJob, &key, Patch::Merge(patch), &options).unwrap();
    (cluster, futures)
}

fn pass(cluster: &mut Cluster, futures: &mut Futures, seconds: i64) {
    let at = cluster.now() + Duration::from_seconds(seconds);
    cluster.run_until(at);
    futures.other.run_until(at);
    futures.count(cluster);
}

fn of(futures: &Futures, cluster: &Cluster, measure: Measure) -> Option<(i64, i64)> {
    let all = futures.differences(cluster);
    all.iter().find(|one| one.measure == measure).map(|one| (one.left, one.right))
}

#[test]
fn forbid_and_replace_part_at_the_next_tick() {
    let (mut cluster, mut futures) = forked();
    futures.count(&cluster);
    assert_eq!(futures.differences(&cluster), []);
    pass(&mut cluster, &mut futures, 150);
    // Forbid skips 00:02 and 00:03 and starts late, when the first run is over; Replace stops the run of the minute
    // before and begins another.
    assert_eq!(of(&futures, &cluster, Measure::Begun), Some((1, 2)));
    assert_eq!(of(&futures, &cluster, Measure::Stopped), Some((0, 2)));
    assert_eq!(of(&futures, &cluster, Measure::Done), Some((1, 0)));
    let one = futures.differences(&cluster).into_iter().find(|one| one.measure == Measure::Stopped);
    assert_eq!(
        one.unwrap().sentence(Language::En),
        "cronjob/tick: 0 runs stopped before their end on the left, 2 on the right"
    );
}

#[test]
fn turning_to_the_other_side_changes_nothing_but_who_is_here() {
    let (mut cluster, mut futures) = forked();
    pass(&mut cluster, &mut futures, 150);
    let before = (futures.differences(&cluster), futures.other.digest());
    futures.turn(&mut cluster, Side::Right);
    assert_eq!((futures.differences(&cluster), cluster.digest()), before);
    futures.turn(&mut cluster, Side::Right);
    assert_eq!(futures.side, Side::Right);
}

#[test]
fn going_back_goes_back_on_both_sides_but_not_behind_where_they_parted() {
    let (mut cluster, mut futures) = forked();
    pass(&mut cluster, &mut futures, 60);
    let early = futures.differences(&cluster);
    let at = cluster.now();
    pass(&mut cluster, &mut futures, 120);
    futures.seek(&mut cluster, at);
    futures.count(&cluster);
    assert_eq!(futures.differences(&cluster), early);
    let start = cluster.config().start;
    futures.seek(&mut cluster, start);
    assert_eq!((cluster.now(), futures.other.now()), (futures.parted, futures.parted));
}

#[test]
fn the_one_that_is_not_kept_becomes_a_branch() {
    let (mut cluster, mut futures) = forked();
    pass(&mut cluster, &mut futures, 150);
    let (left, right) = (cluster.digest(), futures.other.digest());
    let name = futures.clone().keep(&mut cluster, Side::Left);
    assert_eq!((&*name, cluster.digest()), ("patch-cj-tick", left));
    assert!(cluster.switch(&name));
    assert_eq!(cluster.digest(), right);
    assert!(cluster.switch("main"));
    let name = futures.keep(&mut cluster, Side::Right);
    assert_eq!((&*name, cluster.digest()), ("undisturbed", right));
}
