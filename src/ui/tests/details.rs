//! The inspector and the stream of events.

use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

use super::{World, attribute, count, listen, reads, says, select};
use crate::api::Kind;
use crate::ui::inspector::{Details, DetailsProps};
use crate::ui::platform::{self, probe};
use crate::view::state::{Facet, Selection};
use crate::view::yard::Look;

fn props(world: &World, selection: Option<Selection>) -> DetailsProps {
    DetailsProps {
        engine: world.engine.clone(),
        language: world.language,
        selection,
        onselect: Callback::noop(),
        version: (0, 0, 0),
        playing: false,
    }
}

async fn show(world: &World, selection: Option<Selection>) {
    probe::show::<Details>(props(world, selection)).await;
}

const PROBED: &str = "{apiVersion: v1, kind: Pod, metadata: {name: sick}, spec: {containers: [{name: web, image: luksa/kubia-unhealthy, livenessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 10}}]}}";

#[wasm_bindgen_test]
async fn nothing_is_selected_and_nothing_has_happened() {
    let empty = |world: World| {
        world.run("kubectl create namespace empty");
        world.run("kubectl config set-context --current --namespace=empty");
        world
    };
    show(&empty(World::new()), None).await;
    assert_eq!(
        (reads("#events .title"), reads("#events .quiet")),
        ("Events".into(), "Nothing has happened in this namespace yet.".into())
    );
    show(&empty(World::korean()), None).await;
    assert_eq!(reads("#events .quiet"), "이 네임스페이스에서는 아직 아무 일도 없었습니다.");
}

#[wasm_bindgen_test]
async fn the_stream_of_events_marks_warnings_by_a_sign_and_links_objects() {
    let world = World::new();
    world.run("kubectl run web --image=nginx; kubectl run lost --image=nginx:doesnotexist");
    world.pass(30);
    let (onselect, told) = listen();
    probe::show::<Details>(DetailsProps { onselect, ..props(&world, None) }).await;
    let reasons = probe::seen(".event__reason");
    assert!(
        reasons.contains(&"Started".into()) && reasons.contains(&"⚠ Failed".into()),
        "{reasons:?}"
    );
    let bad = count(".event--warning");
    assert_eq!(bad, reasons.iter().filter(|reason| reason.starts_with('⚠')).count());
    assert!(bad >= 2);
    assert!(
        probe::seen(".event__message").iter().any(|message| message.ends_with("(x2)")),
        "repeated ones are counted"
    );
    probe::press(".event:last-child .link").await;
    assert_eq!(told.borrow().len(), 1);
}

#[wasm_bindgen_test]
async fn while_the_clock_runs_the_stream_is_as_long_as_can_be_seen() {
    let world = World::new();
    world.run("kubectl create deployment web --image=nginx --replicas=30");
    world.pass(30);
    let live = DetailsProps { playing: true, ..props(&world, None) };
    probe::show::<Details>(live.clone()).await;
    let seen = probe::seen(".event__message");
    assert_eq!(seen.len(), platform::rows_in_sight());
    assert!(seen.len() < 50);
    probe::show::<Details>(DetailsProps { playing: false, ..live }).await;
    let all = probe::seen(".event__message");
    assert_eq!(all.len(), 50);
    assert!(all.starts_with(&seen), "the newest come first");
}

#[wasm_bindgen_test]
async fn an_object_shows_its_state_its_facets_and_what_can_be_done() {
    let world = World::new();
    world.run("kubectl run web --image=nginx");
    world.until(|world| world.tile("web").filter(|tile| tile.look == Look::Running));
    show(&world, Some(select(Kind::Pod, "web"))).await;
    assert_eq!(
        (reads("#inspector .details__bar .title"), reads(".chip")),
        ("pod/web".into(), "● Running".into())
    );
    assert_eq!(
        probe::seen(".details__tabs .tabs__tab"),
        ["Why?", "Describe", "YAML", "Events", "Logs", "Related"]
    );
    assert_eq!(probe::attributes(".details__tabs .tabs__tab", "aria-pressed")[0], "true");
    assert!(
        probe::attributes(".details__actions button", "data-command")
            .contains(&"kubectl delete pod web --wait=false".into())
    );
    let facts = |selector| probe::heard(selector).concat();
    assert!(facts(".reasons__now").contains("All containers run and are ready"));
    assert!(facts(".why").contains("You created pod/web"));
    // Which nodes were looked at, and which one it became.
    assert_eq!(count(".verdicts__node--chosen"), 1);
    assert_eq!(count(".verdicts__node--refused"), 1, "the control plane");
    for (facet, text) in [
        (Facet::Describe, "Node: worker-"),
        (Facet::Yaml, "phase: Running"),
        (Facet::Events, "Scheduled"),
        (Facet::Logs, "kubectl logs web"),
        (Facet::Related, "node/worker-"),
    ] {
        probe::press(&format!("#{}", facet.id())).await;
        assert_eq!(attribute(&format!("#{}", facet.id()), "aria-pressed"), "true");
        assert_eq!(count("[aria-pressed=true].tabs__tab"), 1);
        assert!(reads("#inspector").contains(text), "{text}: {}", reads("#inspector"));
    }
}

#[wasm_bindgen_test]
async fn what_the_cluster_added_is_told_from_what_was_written() {
    let world = World::new();
    world.apply(PROBED);
    world.pass(10);
    show(&world, Some(select(Kind::Pod, "sick"))).await;
    probe::press("#facet-yaml").await;
    let added = probe::seen(".yaml .yaml__line--added").join("\n");
    let all = probe::seen(".yaml__line").join("\n");
    assert!(added.contains("uid:") && added.contains("nodeName:"));
    assert!(
        all.contains("image: luksa/kubia-unhealthy")
            && !added.contains("image: luksa/kubia-unhealthy\n")
    );
}

#[wasm_bindgen_test]
async fn probes_are_a_strip_that_is_summed_up_in_words() {
    let world = World::new();
    world.apply(PROBED);
    world.pass(75);
    show(&world, Some(select(Kind::Pod, "sick"))).await;
    let strip = probe::seen(".probe__result");
    assert!(strip.contains(&"●".into()) && strip.contains(&"✕".into()), "{strip:?}");
    assert!(says(".probe").contains(" of "), "{}", says(".probe"));
    assert_eq!(count(".probe__result--good") + count(".probe__result--bad"), strip.len());
}

#[wasm_bindgen_test]
async fn a_back_off_counts_down_and_an_end_is_remembered() {
    let world = World::new();
    world.run("kubectl run crash --image=busybox -- sh -c 'exit 3'");
    let tile = world.until(|world| world.tile("crash").filter(|tile| tile.look == Look::BackOff));
    show(&world, Some(select(Kind::Pod, "crash"))).await;
    assert_eq!(reads(".chip"), "↻ CrashLoopBackOff");
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
    let before = (tile.ring.unwrap().until.unix_millis() - 4_000) as f64;
    platform::tick("", "", "", before);
    assert!(reads(".waits").starts_with("Starts again in"), "{}", reads(".waits"));
    assert_eq!(reads(".waits .ring span"), "4");
    probe::press("#facet-describe").await;
    let end = reads(".details__head > .quiet");
    assert!(end.starts_with("Last end: ") && end.contains('3'), "{end}");
}

#[wasm_bindgen_test]
async fn what_is_gone_is_said_to_be_gone_and_can_be_closed() {
    let world = World::new();
    let (onselect, told) = listen();
    let gone = DetailsProps { onselect, ..props(&world, Some(select(Kind::Pod, "web"))) };
    probe::show::<Details>(gone).await;
    assert_eq!(reads("#inspector .quiet"), "pod/web is gone.");
    assert_eq!(count(".details__tabs"), 0);
    probe::press(".button--end").await;
    assert_eq!(*told.borrow(), [None]);
}

#[wasm_bindgen_test]
async fn it_speaks_korean() {
    let world = World::korean();
    world.run("kubectl run web --image=nginx");
    world.pass(20);
    show(&world, Some(select(Kind::Pod, "web"))).await;
    assert_eq!(probe::seen(".details__tabs .tabs__tab")[..4], ["왜?", "설명", "YAML", "이벤트"]);
    assert!(probe::seen(".details__actions button").contains(&"파드 삭제".into()));
    show(&world, Some(select(Kind::Pod, "other"))).await;
    assert_eq!(reads("#inspector .quiet"), "pod/other 오브젝트는 이제 없습니다.");
}
