use super::notes::look;
use super::rows::Opened;
use super::*;
use crate::cluster::{Action, Config, WriteOptions};
use crate::manifest;
use crate::sim::Duration;
use crate::terminal::Terminal;
use crate::view::palette::Palette;

fn cluster(text: &str) -> Cluster {
    let mut cluster = Cluster::new(Config { system_pods: false, ..Config::default() });
    apply(&mut cluster, text);
    cluster
}

fn apply(cluster: &mut Cluster, text: &str) {
    for document in manifest::load("test.yaml", text.as_bytes()) {
        let kind = document.kind.unwrap();
        cluster.create(kind, "default", document.value, &WriteOptions::default()).unwrap();
    }
}

fn pass(cluster: &mut Cluster, seconds: i64) {
    cluster.run_until(cluster.now() + Duration::from_seconds(seconds));
}

fn act(cluster: &mut Cluster, action: Action) {
    cluster.act(action, &WriteOptions::default()).unwrap();
}

fn second(cluster: &Cluster, at: Time) -> i64 {
    (at - cluster.config().start).millis() / 1_000
}

fn fresh(cluster: &Cluster) -> Timeline {
    let mut timeline = Timeline::default();
    timeline.read(cluster, 0);
    timeline
}

/// The looks of a pod, with the seconds from which on.
fn way(cluster: &Cluster, track: &Track) -> Vec<(i64, &'static str)> {
    track.spans.iter().map(|span| (second(cluster, span.from), span.look.class())).collect()
}

fn seconds(cluster: &Cluster, marks: &[Mark], sign: Sign) -> Vec<i64> {
    let marks = marks.iter().filter(|mark| mark.sign == sign && mark.void == u64::MAX);
    marks.map(|mark| second(cluster, mark.at)).collect()
}

const CRASH: &str = include_str!("../../../assets/examples/crash.yaml");
const RC: &str = include_str!("../../../assets/examples/rc.yaml");

fn cron(policy: &str, seconds: u32) -> String {
    format!(
        "{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: tick}}, spec: {{schedule: '* * * * *', \
         concurrencyPolicy: {policy}, jobTemplate: {{spec: {{activeDeadlineSeconds: 200, template: {{spec: \
         {{restartPolicy: Never, containers: [{{name: c, image: busybox, args: [sleep, '{seconds}']}}]}}}}}}}}}}}}"
    )
}

#[test]
fn a_crash_loop_is_bars_with_gaps_that_grow_and_a_mark_per_restart() {
    let mut cluster = cluster(CRASH);
    pass(&mut cluster, 60);
    let timeline = fresh(&cluster);
    let track = &timeline.groups[0].tracks[0];
    let gaps: Vec<i64> = way(&cluster, track)
        .windows(2)
        .filter(|pair| pair[0].1 == "backoff")
        .map(|pair| pair[1].0 - pair[0].0)
        .collect();
    assert!(gaps.len() >= 2 && gaps[1] > gaps[0], "{:?}", way(&cluster, track));
    assert!(seconds(&cluster, &track.marks, Sign::Restart).len() >= 2);
}

#[test]
fn fires_misses_the_next_time_and_deadlines_are_marks_of_the_cron_job() {
    let mut cluster = cluster(&cron("Forbid", 150));
    pass(&mut cluster, 190);
    let timeline = fresh(&cluster);
    let group = &timeline.groups[0];
    assert_eq!((group.kind, &*group.key.name, group.tracks.len()), (Kind::CronJob, "tick", 1));
    assert_eq!(seconds(&cluster, &group.marks, Sign::Fire), [60]);
    assert_eq!(seconds(&cluster, &group.marks, Sign::Miss), [120, 180]);
    assert_eq!(seconds(&cluster, &group.marks, Sign::Deadline), [260]);
    assert_eq!(group.next.map(|at| second(&cluster, at)), Some(240));
    pass(&mut cluster, 60);
    // The run ended before its deadline.
    assert_eq!(seconds(&cluster, &fresh(&cluster).groups[0].marks, Sign::Deadline), [412]);
}

#[test]
fn runs_of_a_cron_job_whose_jobs_are_gone_stay_in_its_group() {
    let mut cluster = cluster(&cron("Allow", 5));
    pass(&mut cluster, 900);
    let timeline = fresh(&cluster);
    assert_eq!((timeline.groups.len(), timeline.groups[0].tracks.len()), (1, 14));
    assert!(
        timeline.groups[0].tracks[0].ended.is_some()
            && timeline.groups[0].tracks[13].ended.is_none()
    );
}

#[test]
fn a_pod_is_counted_once_also_where_not_all_are_kept() {
    let config = Config { workers: 12, system_pods: false, ..Config::default() };
    let mut cluster = Cluster::new(config);
    apply(&mut cluster, &RC.replace("replicas: 3", "replicas: 1200"));
    let mut timeline = Timeline::default();
    for _ in 0..60 {
        pass(&mut cluster, 1);
        timeline.read(&cluster, 0);
    }
    assert_eq!(timeline.generation, 1, "it has seen each change");
    let group = &timeline.groups[0];
    assert_eq!((group.dropped, group.tracks.len()), (200, 1_000));
    let running = cluster.store().pods().iter().filter(|pod| look(pod).0 == Look::Running).count();
    assert_eq!(group.counts[place_of(Look::Running)] as usize, running);
    assert!(running > 500, "{running}");
}

#[test]
fn a_pod_that_its_owner_lets_go_stays_in_its_group() {
    let mut cluster = cluster(RC);
    apply(
        &mut cluster,
        "{apiVersion: v1, kind: Pod, metadata: {name: alone}, spec: {containers: [{name: c, image: nginx}]}}",
    );
    pass(&mut cluster, 60);
    let key = cluster.store().pods().iter().last().unwrap().meta.key();
    assert_ne!(&*key.name, "alone");
    let mut terminal = Terminal::default();
    let mut run = |cluster: &mut Cluster, line: String| {
        assert_eq!(terminal.start(&line).poll(cluster, &mut terminal).status, Some(0), "{line}");
        pass(cluster, 60);
    };
    run(&mut cluster, format!("kubectl label --overwrite pod {} app=free", key.name));
    run(&mut cluster, format!("kubectl delete --wait=false pod {}", key.name));
    let timeline = fresh(&cluster);
    let track = |name: &str| {
        let all = timeline
            .groups
            .iter()
            .flat_map(|group| group.tracks.iter().map(move |track| (group.kind, track)));
        let (kind, track) = all.clone().find(|(_, track)| *track.key.name == *name).unwrap();
        (kind, way(&cluster, track).last().unwrap().1, track.ended.is_some())
    };
    assert_eq!(track(&key.name), (Kind::ReplicationController, "failed", true));
    assert_eq!(track("alone"), (Kind::Namespace, "running", false));
    let counts: Vec<u32> = timeline
        .groups
        .iter()
        .map(|group| group.levels.last().unwrap().counts.iter().sum())
        .collect();
    assert_eq!(counts, [3, 1], "as many as there are");
}

#[test]
fn failing_probes_are_marks_of_the_pod() {
    let mut cluster = cluster(include_str!("../../../assets/examples/probe.yaml"));
    pass(&mut cluster, 300);
    let timeline = fresh(&cluster);
    let marks = timeline.groups.iter().flat_map(|group| group.tracks.iter());
    let marks: Vec<Mark> = marks.flat_map(|track| track.marks.iter().copied()).collect();
    assert!(seconds(&cluster, &marks, Sign::Probe).len() >= 3);
}

#[test]
fn a_node_is_lost_from_when_its_machine_stopped_until_it_is_back() {
    let mut cluster = cluster(RC);
    pass(&mut cluster, 10);
    act(&mut cluster, Action::StopNode("worker-2".into()));
    pass(&mut cluster, 100);
    act(&mut cluster, Action::StartNode("worker-2".into()));
    pass(&mut cluster, 60);
    let timeline = fresh(&cluster);
    let node = &timeline.nodes["worker-2"];
    let spans: Vec<(i64, bool)> =
        node.spans.iter().map(|(at, lost, _)| (second(&cluster, *at), *lost)).collect();
    assert_eq!(spans[0], (10, true));
    assert!(spans.len() == 2 && !spans[1].1 && spans[1].0 >= 110, "{spans:?}");
    assert_eq!(timeline.nodes.len(), 1);
    assert_eq!(seconds(&cluster, &timeline.inputs, Sign::Input), [0, 10, 110]);
}

#[test]
fn growing_with_the_cluster_gives_what_reading_it_at_once_gives() {
    let mut cluster = cluster(RC);
    apply(&mut cluster, CRASH);
    apply(&mut cluster, &cron("Replace", 90));
    let mut grown = Timeline::default();
    for round in 0..60 {
        pass(&mut cluster, 5);
        if round == 20 {
            act(&mut cluster, Action::StopNode("worker-1".into()));
        }
        grown.read(&cluster, 0);
    }
    same(&grown, &fresh(&cluster));
}

#[track_caller]
fn same(one: &Timeline, other: &Timeline) {
    let plain = |timeline: &Timeline| -> Vec<_> {
        let groups = timeline.groups.iter().map(|group| {
            let tracks: Vec<_> = group
                .tracks
                .iter()
                .map(|track| (track.uid, track.spans.clone(), track.ended, track.marks.clone()))
                .collect();
            let marks: Vec<_> =
                group.marks.iter().map(|mark| (mark.at, mark.sign, mark.void)).collect();
            let levels: Vec<_> =
                group.levels.iter().map(|level| (level.from, level.counts)).collect();
            (group.key.clone(), tracks, marks, levels, group.counts, group.next)
        });
        groups.filter(|group| !group.1.is_empty() || !group.2.is_empty()).collect()
    };
    assert_eq!(plain(one), plain(other));
    let nodes = |timeline: &Timeline| -> Vec<_> {
        timeline.nodes.iter().map(|(name, node)| (Rc::clone(name), node.spans.clone())).collect()
    };
    assert_eq!(nodes(one), nodes(other));
    assert_eq!(one.inputs.len(), other.inputs.len());
}

#[test]
fn looking_back_takes_nothing_away() {
    let mut cluster = cluster(CRASH);
    pass(&mut cluster, 60);
    let mut timeline = fresh(&cluster);
    let before = timeline.clone();
    cluster.seek(cluster.now() - Duration::from_seconds(40));
    timeline.read(&cluster, 0);
    same(&timeline, &before);
    cluster.seek(cluster.now() + Duration::from_seconds(40));
    timeline.read(&cluster, 0);
    same(&timeline, &before);
}

#[test]
fn leaving_for_another_line_cuts_off_what_came_after() {
    let mut cluster = cluster(RC);
    apply(&mut cluster, &cron("Forbid", 90));
    pass(&mut cluster, 200);
    let mut timeline = fresh(&cluster);
    let generation = timeline.generation;
    cluster.seek(cluster.now() - Duration::from_seconds(100));
    act(&mut cluster, Action::StopNode("worker-3".into()));
    timeline.read(&cluster, 0);
    let mut alone = fresh(&cluster);
    same(&timeline, &alone);
    assert_eq!(timeline.generation, generation, "it was cut, not read anew");
    pass(&mut cluster, 200);
    timeline.read(&cluster, 0);
    alone.read(&cluster, 0);
    same(&timeline, &alone);
    same(&timeline, &fresh(&cluster));
}

#[test]
fn another_branch_or_session_is_read_anew() {
    let mut cluster = cluster(RC);
    pass(&mut cluster, 30);
    let mut timeline = fresh(&cluster);
    cluster.seek(cluster.now() - Duration::from_seconds(10));
    act(&mut cluster, Action::StopNode("worker-3".into()));
    timeline.read(&cluster, 0);
    pass(&mut cluster, 200);
    timeline.read(&cluster, 0);
    let name = cluster.branches().next().unwrap().name.to_string();
    cluster.switch(&name);
    timeline.read(&cluster, 0);
    same(&timeline, &fresh(&cluster));
    timeline.read(&Cluster::new(Config::default()), 1);
    assert!(timeline.groups.is_empty());
}

fn labels(rows: &[Row]) -> Vec<String> {
    let label = |row: &Row| match &row.kind {
        RowKind::You => "you".to_owned(),
        RowKind::Node(name) => format!("node {name}"),
        RowKind::Group(_, open) => format!("{} {}", if *open { "v" } else { ">" }, row.label),
        RowKind::Pod(..) => "pod".to_owned(),
        RowKind::More(count) => format!("+{count}"),
    };
    rows.iter().map(label).collect()
}

#[test]
fn small_groups_are_open_and_large_ones_closed_until_somebody_opens_them() {
    let mut cluster = cluster(RC);
    let big = RC.replace("kubia", "big").replace("replicas: 3", "replicas: 90");
    apply(&mut cluster, &big);
    pass(&mut cluster, 30);
    let timeline = fresh(&cluster);
    let mut palette = Palette::default();
    let rows = timeline.rows(&Opened::new(), &mut palette);
    assert_eq!(labels(&rows), ["you", "v kubia", "pod", "pod", "pod", "> big"]);
    assert_eq!(rows[5].pods, 90);
    let big = timeline.groups[1].uid;
    let opened = Opened::from([(big, true)]);
    let rows = timeline.rows(&opened, &mut palette);
    assert_eq!(rows.len(), 6 + 40 + 1);
    assert_eq!(labels(&rows).last().unwrap(), "+50");
    let drawn = timeline.drawn(&timeline.rows(&Opened::new(), &mut palette)[5]);
    let levels = drawn[2];
    assert!(levels > 2.0 && drawn.len() < 11 * 400 + 10, "{levels}");
}

#[test]
fn thousands_of_workloads_make_a_bounded_number_of_rows() {
    let mut cluster = cluster("");
    for number in 0..400 {
        apply(
            &mut cluster,
            &RC.replace("kubia", &format!("rc-{number}")).replace("replicas: 3", "replicas: 2"),
        );
    }
    pass(&mut cluster, 20);
    let timeline = fresh(&cluster);
    let rows = timeline.rows(&Opened::new(), &mut Palette::default());
    assert_eq!(rows.len(), MOST_ROWS);
    assert!(labels(&rows).iter().skip(1).all(|label| label.starts_with('>')));
}

#[test]
fn a_pod_is_drawn_as_pairs_and_marks() {
    let mut cluster = cluster(CRASH);
    pass(&mut cluster, 8);
    let timeline = fresh(&cluster);
    let rows = timeline.rows(&Opened::new(), &mut Palette::default());
    let pod = rows.iter().find(|row| matches!(row.kind, RowKind::Pod(..))).unwrap();
    let drawn = timeline.drawn(pod);
    let track = &timeline.groups[0].tracks[0];
    assert_eq!((drawn[0], drawn[2]), (0.0, track.spans.len() as f64));
    assert_eq!(drawn[3], 0.0, "it began with the session");
    assert_eq!(drawn[3 + 2 * track.spans.len()], -1.0, "it lives");
}

#[test]
fn the_chart_is_told_in_a_sentence() {
    let mut cluster = cluster(&cron("Forbid", 150));
    pass(&mut cluster, 190);
    assert_eq!(
        fresh(&cluster).sentence(&cluster, Language::En),
        "Chart from 00:00:00 to 00:03:10. Pods: 1. Groups: 1. Marks: You did something 1, CronJob fired 1, \
         CronJob did not fire 2, Deadline 1."
    );
}
