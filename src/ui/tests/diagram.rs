//! The state diagram: counts, filter, folding.

use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test;

use super::{World, count, listen, reads, says};
use crate::ui::diagram::{Diagram, DiagramProps};
use crate::ui::platform::{probe, stage};
use crate::view::diagram::EDGES;
use crate::view::filter::Filter;

fn props(world: &World, filter: &str) -> DiagramProps {
    DiagramProps {
        counts: world.yard().counts.clone(),
        brief: false,
        filter: Filter::parse(filter),
        language: world.language,
        onfilter: yew::Callback::noop(),
    }
}

fn busy() -> World {
    let world = World::new();
    world.run("kubectl create deployment web --image=nginx --replicas=2; kubectl run big --image=nginx --overrides='{\"spec\":{\"nodeSelector\":{\"disk\":\"ssd\"}}}'");
    world.pass(20);
    world
}

#[wasm_bindgen_test]
async fn it_counts_who_is_where_in_signs_and_words() {
    let world = busy();
    probe::show::<Diagram>(props(&world, "")).await;
    assert_eq!(count(".state"), 9);
    assert_eq!(says("[data-state=running]"), "Running: 2 pods. Press to see only them.");
    assert_eq!(says("[data-state=pending]"), "Pending: 1 pod. Press to see only them.");
    assert_eq!(reads("[data-state=running] .state__count"), "2");
    assert_eq!(reads("[data-state=running] .state__icon"), "●");
    assert_eq!(count(".state--empty"), 7, "states without pods are pale");
    for drawing in ["wide", "narrow"] {
        assert_eq!(count(&format!(".diagram__lines--{drawing} path[data-edge]")), EDGES.len());
    }
}

#[wasm_bindgen_test]
async fn a_state_filters_and_lets_go() {
    let world = busy();
    for (before, pressed, after) in [("web", "false", "web is:running"), ("is:running", "true", "")]
    {
        let (onfilter, told) = listen();
        probe::show::<Diagram>(DiagramProps { onfilter, ..props(&world, before) }).await;
        assert_eq!(probe::attributes("[data-state=running]", "aria-pressed"), [pressed]);
        assert_eq!(probe::attributes("[data-state=failed]", "aria-pressed"), ["false"]);
        probe::press("[data-state=running]").await;
        let texts: Vec<Rc<str>> = told.borrow().iter().map(|one| Rc::clone(&one.text)).collect();
        assert_eq!(texts, [Rc::from(after)]);
    }
}

#[wasm_bindgen_test]
async fn it_folds_and_stays_folded() {
    let world = busy();
    probe::show::<Diagram>(props(&world, "")).await;
    assert_eq!(says(".diagram__fold"), "Hide the states");
    probe::press(".diagram__fold").await;
    assert_eq!((count(".diagram--folded"), says(".diagram__fold")), (1, "Show the states".into()));
    assert_eq!(probe::attributes(".diagram__fold", "aria-expanded"), ["false"]);
    probe::show::<Diagram>(props(&world, "")).await;
    assert_eq!(count(".diagram--folded"), 1, "the browser keeps it");
    probe::press(".diagram__fold").await;
    assert_eq!(count(".diagram--folded"), 0);
}

#[wasm_bindgen_test]
async fn a_way_that_is_taken_lights_up_and_readers_hear_korean() {
    let world = World::korean();
    probe::show::<Diagram>(props(&world, "")).await;
    assert_eq!(says("[data-state=backoff]"), "백오프: 파드 0개. 누르면 이 상태의 파드만 보입니다.");
    let before = probe::moving();
    stage::pulse(vec!["creating-running".into()]);
    // The way in both drawings, and the state that it leads to.
    assert_eq!(probe::moving() - before, 3);
    stage::pulse(vec!["creating-running".into()]);
    assert_eq!(probe::moving() - before, 3, "never more than twice a second");
}

#[wasm_bindgen_test]
async fn where_room_is_short_it_begins_folded_as_long_as_nobody_chose() {
    let world = busy();
    probe::show::<Diagram>(DiagramProps { brief: true, ..props(&world, "") }).await;
    assert_eq!(count(".diagram--folded"), 1);
    probe::press(".diagram__fold").await;
    assert_eq!(count(".diagram--folded"), 0);
    probe::show::<Diagram>(DiagramProps { brief: true, ..props(&world, "") }).await;
    assert_eq!(count(".diagram--folded"), 0, "the browser keeps it");
}
