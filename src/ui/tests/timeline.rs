//! The band of the timeline: bars, marks and gaps as they are drawn, the slider, branches.

use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

use super::{World, attribute, count, listen, reads, says, select};
use crate::api::Kind;
use crate::ui::platform::{self, probe};
use crate::ui::timeline::{Band, BandView, TimelineBand, TimelineProps};
use crate::view::palette::Palette;

const RC: &str = "{apiVersion: v1, kind: ReplicationController, metadata: {name: web}, spec: {replicas: 3, selector: {app: web}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: luksa/kubia}]}}}}";
const CRON: &str = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick}, spec: {schedule: '* * * * *', concurrencyPolicy: Forbid, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, args: [sleep, '90']}]}}}}}}";
/// The height of a row.
const ROW: f64 = 24.0;

fn props(world: &World, view: Rc<BandView>) -> TimelineProps {
    TimelineProps {
        engine: world.engine.clone(),
        language: world.language,
        view,
        selection: None,
        onselect: Callback::noop(),
        ontoggle: Callback::noop(),
        onfork: Callback::noop(),
    }
}

/// The band as it is now, open, and drawn. A pixel of its chart is a second then, from the beginning on.
async fn show(world: &World) -> Band {
    platform::keep("podyard.timeline", "open");
    let mut band = Band::default();
    let view = band.grow(&world.engine, &mut Palette::default(), &mut true);
    probe::show::<TimelineBand>(props(world, view)).await;
    probe::drawn().await;
    band
}

/// The names of the rows, from the top.
fn rows() -> Vec<String> {
    probe::heard(".band__name")
        .iter()
        .map(|name| name.replace(['▾', '▸'], "").trim().to_owned())
        .collect()
}

fn place_of(row: &str) -> f64 {
    let place = rows()
        .iter()
        .position(|name| name.contains(row))
        .unwrap_or_else(|| panic!("{row}: {:?}", rows()));
    #[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
    let place = place as f64;
    place
}

/// Which colours stand in a row between two seconds.
fn between(row: &str, names: &[&str], from: f64, to: f64) -> Vec<String> {
    probe::inked("#time-chart", names, [from, place_of(row) * ROW, to - from, ROW])
}

#[wasm_bindgen_test]
async fn a_pod_is_a_bar_from_its_making_to_its_end_and_before_and_after_is_a_gap() {
    let world = World::new();
    world.pass(20);
    world.apply(RC);
    world.pass(40);
    world.run("kubectl delete rc web");
    world.pass(60);
    show(&world).await;
    assert_eq!(rows().len(), 5, "what I did, the controller, its three pods: {:?}", rows());
    assert_eq!(rows()[0], "You");
    for place in 2..5 {
        let row = &rows()[place];
        let drawn = |from, to| between(row, &["--look-running"], from, to);
        assert_eq!(drawn(35.0, 55.0), ["--look-running"], "{row}");
        assert_eq!((drawn(0.0, 18.0), drawn(100.0, 118.0)), (vec![], vec![]), "{row}: gaps");
    }
    let chart = says("#time-chart");
    assert!(
        chart.starts_with(
            "Chart from 00:00:00 to 00:02:00. Pods: 3. Groups: 1. Marks: You did something 2"
        ),
        "{chart}"
    );
    // The ruler shows how far the way is known.
    let ruler = |from| probe::inked("#time-ruler", &["--accent"], [from, 140.0, 10.0, 8.0]);
    assert_eq!((ruler(20.0).len(), ruler(200.0).len()), (1, 0));
}

#[wasm_bindgen_test]
async fn a_cron_job_leaves_a_mark_where_it_fired_and_another_where_it_did_not() {
    let world = World::new();
    world.apply(CRON);
    world.pass(140);
    show(&world).await;
    let marks = |at: f64| between("tick", &["--accent", "--look-failed"], at - 3.0, at + 3.0);
    assert_eq!(
        (marks(60.0), marks(120.0)),
        (vec!["--accent".into()], vec!["--look-failed".into()])
    );
    assert_eq!(marks(40.0), Vec::<String>::new());
    assert!(
        says("#time-chart").contains("CronJob fired 1, CronJob did not fire 1"),
        "{}",
        says("#time-chart")
    );
}

#[wasm_bindgen_test]
async fn a_node_that_is_lost_has_a_row_with_the_time_it_was_away() {
    let world = World::new();
    world.pass(10);
    world.run("yard node stop worker-2");
    world.pass(100);
    world.run("yard node start worker-2");
    world.pass(60);
    show(&world).await;
    let lost = |from, to| between("worker-2", &["--look-lost"], from, to).len();
    assert_eq!((lost(0.0, 8.0), lost(70.0, 100.0), lost(150.0, 168.0)), (0, 1, 0));
}

#[wasm_bindgen_test]
async fn the_slider_says_the_moment_and_whether_it_is_past() {
    let world = World::new();
    world.run("kubectl run web --image=nginx");
    world.pass(60);
    show(&world).await;
    assert_eq!(attribute("#time-slider", "role"), "slider");
    assert_eq!(
        (attribute("#time-slider", "aria-valuenow"), attribute("#time-slider", "aria-valuetext")),
        ("60".into(), "00:01:00".into())
    );
    assert!(!probe::seen(".band__end button").contains(&"Go on from here".into()));
    world.run("yard back 30s");
    show(&world).await;
    assert_eq!(attribute("#time-slider", "aria-valuemax"), "60", "what was seen can be gone to");
    assert_eq!(
        attribute("#time-slider", "aria-valuetext"),
        "00:00:30, in the past of this session"
    );
    assert_eq!(reads(".band__end .button--accent"), "Go on from here");
    probe::press(".band__end > .button--accent").await;
    show(&world).await;
    assert_eq!(
        attribute("#time-slider", "aria-valuetext"),
        "00:00:30",
        "the old future is another branch"
    );
    assert_eq!(reads(".branches__count"), "1");
}

#[wasm_bindgen_test]
async fn a_branch_says_when_it_was_left_and_what_was_done_on_it() {
    let world = World::new();
    world.pass(30);
    show(&world).await;
    assert!(probe::heard(".branches__list")[0].contains("No other way was left yet."));
    world.run("kubectl create deployment web --image=nginx");
    world.pass(30);
    world.run("yard back 40s");
    world.run("kubectl run other --image=nginx");
    show(&world).await;
    let row = &probe::heard(".branches__row")[0];
    for part in [
        "left at 00:00:20",
        "until 00:01:00",
        "1 command: kubectl create deployment web",
        "Go there",
        "Forget",
    ] {
        assert!(row.contains(part), "{part}: {row}");
    }
    let name = attribute(".branches__row", "data-branch");
    assert_eq!(
        probe::attributes(".branches__actions button", "title"),
        [format!("yard switch {name}"), format!("yard branch -d {name}")]
    );
}

#[wasm_bindgen_test]
async fn groups_open_and_close_and_rows_select() {
    let world = World::new();
    world.apply(RC);
    world.pass(30);
    let mut band = show(&world).await;
    assert_eq!(says(".band__fold"), "Hide the pods of web");
    assert_eq!(count(".band__name--pod"), 3);
    let (ontoggle, toggled) = listen();
    let (onselect, selected) = listen();
    let view = band.grow(&world.engine, &mut Palette::default(), &mut true);
    probe::show::<TimelineBand>(TimelineProps { ontoggle, onselect, ..props(&world, view) }).await;
    probe::press(".band__fold").await;
    probe::press(".band__owner").await;
    assert_eq!(*toggled.borrow(), [Some(1)]);
    assert_eq!(*selected.borrow(), [Some(select(Kind::ReplicationController, "web"))]);
    band.toggle(Some(1));
    let view = band.grow(&world.engine, &mut Palette::default(), &mut true);
    probe::show::<TimelineBand>(props(&world, view)).await;
    assert_eq!(
        (says(".band__fold"), count(".band__name--pod")),
        ("Show the pods of web".into(), 0)
    );
    band.toggle(None);
    let view = band.grow(&world.engine, &mut Palette::default(), &mut true);
    probe::show::<TimelineBand>(props(&world, view)).await;
    assert_eq!(
        (says("#time-open"), count(".band__name"), count(".band__legend")),
        ("Show the chart".into(), 0, 0)
    );
}

#[wasm_bindgen_test]
async fn jumps_are_about_what_is_selected_and_a_time_can_be_written() {
    let world = World::new();
    world.run("kubectl run web --image=nginx");
    let mut band = show(&world).await;
    assert_eq!(
        (says("#time-next"), says("#time-previous")),
        ("Next change".into(), "Previous change".into())
    );
    assert_eq!(attribute("#time-cron", "title"), "Next time a CronJob fires (yard next cron)");
    let view = band.grow(&world.engine, &mut Palette::default(), &mut true);
    let selection = Some(select(Kind::Pod, "web"));
    probe::show::<TimelineBand>(TimelineProps { selection, ..props(&world, view) }).await;
    assert_eq!(attribute("#time-next", "title"), "Next change of pod/web (yard next pod/web)");
    assert_eq!(reads(".band__name--chosen"), "web");
    probe::write("#until", "00:05").await;
    probe::press(".band__skip .button").await;
    let last = world.engine.read(|state| {
        state.lines.iter().rev().find(|line| line.class == "in").map(|line| line.text.to_string())
    });
    assert_eq!(last.as_deref(), Some("yard until 00:05"));
}

#[wasm_bindgen_test]
async fn the_legend_has_every_state_and_every_mark_in_both_languages() {
    for (world, words) in [
        (World::new(), ["Running", "CronJob fired"]),
        (World::korean(), ["실행 중", "CronJob 실행"]),
    ] {
        world.pass(1);
        show(&world).await;
        let all = probe::heard(".band__legend li");
        assert_eq!(all.len(), 9 + 8);
        assert!(words.iter().all(|word| all.iter().any(|one| one == word)), "{all:?}");
        platform::draw_signs();
        let canvases =
            [count(".band__legend canvas[data-span]"), count(".band__legend canvas[data-sign]")];
        assert_eq!(canvases, [9, 8]);
    }
    assert_eq!(says("#time-open"), "차트 접기");
}
