//! A node as a panel.

use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test;

use super::{World, attribute, count, listen, reads, says, select};
use crate::api::Kind;
use crate::ui::node::{Marked, NodePanel, NodePanelProps};
use crate::ui::platform::probe;
use crate::view::yard::{Density, Look, NodeView};

fn props(world: &World, node: &Rc<NodeView>) -> NodePanelProps {
    NodePanelProps {
        engine: world.engine.clone(),
        node: Rc::clone(node),
        density: Density::Full,
        marked: Marked::default(),
        selected: false,
        language: world.language,
        onselect: yew::Callback::noop(),
    }
}

async fn show(world: &World, node: &Rc<NodeView>) {
    probe::show::<NodePanel>(props(world, node)).await;
}

/// The classes that say how the node is.
fn state() -> Vec<String> {
    let classes = attribute("article", "class");
    classes.split(' ').filter_map(|class| class.strip_prefix("node--")).map(str::to_owned).collect()
}

/// The buttons: what they say and what they run.
fn switches() -> Vec<(String, String)> {
    let said = probe::seen(".node__actions button");
    said.into_iter().zip(probe::attributes(".node__actions button", "data-command")).collect()
}

fn pair(label: &str, command: &str) -> (String, String) {
    (label.to_owned(), command.to_owned())
}

#[wasm_bindgen_test]
async fn a_node_that_is_ready_shows_what_is_asked_of_it_and_what_runs_there() {
    let world = World::new();
    world.pass(10);
    show(&world, &world.node("worker-1")).await;
    assert_eq!((state(), reads(".node__name")), (vec!["ready".into()], "worker-1".into()));
    assert_eq!(reads(".node__status"), "Ready");
    assert_eq!(count(".node__tiles > *"), 0, "nothing runs there yet");
    let bars = probe::attributes(".bar", "title");
    assert!(bars[0].starts_with("CPU ") && bars[1].starts_with("Memory "), "{bars:?}");
    assert_eq!(
        switches(),
        [pair("Stop", "yard node stop worker-1"), pair("Cordon", "kubectl cordon worker-1")]
    );
    assert_eq!(reads(".node__marks .quiet"), "+ 2 system pods");
    world.run("kubectl run big --image=nginx --overrides='{\"spec\":{\"nodeName\":\"worker-1\",\"containers\":[{\"name\":\"big\",\"image\":\"nginx\",\"resources\":{\"requests\":{\"cpu\":\"2\"}}}]}}'");
    world.pass(10);
    let fuller = world.node("worker-1");
    show(&world, &fuller).await;
    assert_eq!(probe::heard(".node__tiles .pod-tile"), ["big, Running, 0 restarts"]);
    assert!(fuller.cpu_percent >= 50, "{}", fuller.cpu_percent);
    let wide = probe::attributes(".bar__fill", "style");
    assert_eq!(wide[0], format!("width:{}%", fuller.cpu_percent));
}

#[wasm_bindgen_test]
async fn a_machine_without_power_is_seen_at_once_and_is_not_ready_in_time() {
    let world = World::new();
    world.run("kubectl run web --image=nginx --overrides='{\"spec\":{\"nodeName\":\"worker-2\"}}'");
    world.pass(10);
    world.run("yard node stop worker-2");
    show(&world, &world.node("worker-2")).await;
    assert_eq!((state(), reads(".node__status")), (vec!["off".into()], "Ready".into()));
    assert_eq!(
        (reads(".pod-tile__icon"), attribute(".pod-tile", "data-look")),
        ("?".into(), "lost".into())
    );
    assert_eq!(switches()[0], pair("Start", "yard node start worker-2"));
    world.pass(60);
    show(&world, &world.node("worker-2")).await;
    assert_eq!((state(), reads(".node__status")), (vec!["off".into()], "NotReady".into()));
    assert_eq!(
        probe::seen(".mark--taint"),
        ["unreachable:NoSchedule,NoExecute"],
        "one for its key"
    );
}

#[wasm_bindgen_test]
async fn a_node_that_runs_and_is_not_ready_is_down() {
    let world = World::new();
    world.pass(5);
    let fine = world.node("worker-1");
    let down = Rc::new(NodeView { ready: false, status: "NotReady".into(), ..(*fine).clone() });
    show(&world, &down).await;
    assert_eq!((state(), reads(".node__status")), (vec!["down".into()], "NotReady".into()));
    assert_eq!(switches()[0].0, "Stop", "its machine runs");
}

#[wasm_bindgen_test]
async fn a_cordoned_node_says_so_and_offers_the_way_back() {
    let world = World::new();
    world.run("kubectl cordon worker-3");
    world.pass(1);
    show(&world, &world.node("worker-3")).await;
    assert_eq!(state(), ["ready", "cordoned"]);
    assert_eq!(reads(".node__status"), "Ready,SchedulingDisabled");
    assert_eq!(switches()[1], pair("Uncordon", "kubectl uncordon worker-3"));
}

#[wasm_bindgen_test]
async fn a_node_under_pressure_names_its_trouble_beside_labels_and_taints() {
    let world = World::new();
    world.run(
        "kubectl label node worker-1 disk=ssd; kubectl taint node worker-1 team=blue:NoSchedule",
    );
    world.pass(1);
    let fine = world.node("worker-1");
    let trouble: Rc<[Rc<str>]> = [Rc::from("MemoryPressure")].into();
    show(&world, &Rc::new(NodeView { trouble, ..(*fine).clone() })).await;
    assert_eq!(reads(".mark--trouble"), "MemoryPressure");
    assert_eq!(reads(".mark--taint"), "team:NoSchedule");
    assert_eq!(reads(".mark:not(.mark--taint, .mark--trouble)"), "disk=ssd");
    show(&world, &fine).await;
    assert_eq!(count(".mark--trouble"), 0);
}

#[wasm_bindgen_test]
async fn a_full_node_shows_dots_that_are_counted_in_words() {
    let world = World::new();
    world.run("kubectl create deployment web --image=nginx --replicas=3");
    world.pass(20);
    let yard = world.yard();
    let one = world.tile("web-").unwrap();
    let tiles: Vec<_> = yard.tiles().map(|(_, tile)| Rc::clone(tile)).collect();
    let mut counts = [0; Look::COUNT];
    counts[Look::Running.index()] = 3;
    let node = NodeView { tiles: tiles.into(), counts, ..(*world.node("worker-1")).clone() };
    let marked = Marked {
        pod: Some(one.key.clone()),
        family: one.owner.as_ref().map(|owner| owner.uid),
        ..Marked::default()
    };
    let (onselect, told) = listen();
    let dense = NodePanelProps {
        density: Density::Dots,
        marked,
        onselect,
        ..props(&world, &Rc::new(node))
    };
    probe::show::<NodePanel>(dense).await;
    assert_eq!(says(".node__tiles"), "Running 3");
    assert_eq!(
        (count(".dot.look--running"), count(".dot--selected"), count(".dot--concerned")),
        (3, 1, 2)
    );
    assert_eq!(says(".node__zoom"), "Zoom in: worker-1");
    probe::press(".dot--selected").await;
    assert_eq!(*told.borrow(), [Some(select(Kind::Pod, &one.key.name))]);
}

#[wasm_bindgen_test]
async fn its_name_chooses_it_and_it_speaks_korean() {
    let world = World::korean();
    world.pass(5);
    let (onselect, told) = listen();
    let chosen =
        NodePanelProps { selected: true, onselect, ..props(&world, &world.node("worker-1")) };
    probe::show::<NodePanel>(chosen).await;
    assert_eq!(state(), ["ready", "selected"]);
    assert_eq!(probe::seen(".node__actions button"), ["끄기", "스케줄링 막기"]);
    assert_eq!(probe::seen(".bar__label")[1], "메모리");
    assert_eq!(reads(".node__marks .quiet"), "+ 시스템 파드 2개");
    probe::press(".node__name").await;
    assert_eq!(*told.borrow(), [Some(select(Kind::Node, "worker-1"))]);
}
