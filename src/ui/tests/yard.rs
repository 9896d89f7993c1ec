//! The yard as a whole: tray, filter, grouping, table, drawers, map, and motion.

use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

use super::{World, attribute, count, draw, listen, reads, says, select};
use crate::api::Kind;
use crate::language::Language;
use crate::ui::platform::{probe, stage};
use crate::ui::pod_table::pod_table;
use crate::ui::yard::{Yard, YardProps};
use crate::view::governs::Governed;
use crate::view::yard::Look;

fn props(world: &World) -> YardProps {
    YardProps {
        engine: world.engine.clone(),
        yard: world.yard(),
        language: world.language,
        selection: None,
        onselect: Callback::noop(),
        system: false,
        governed: Rc::default(),
        onsystem: Callback::noop(),
        onlessons: Callback::noop(),
    }
}

async fn show(world: &World) {
    probe::show::<Yard>(props(world)).await;
}

/// Two of a Deployment, one of nobody, one that fits nowhere.
fn some(world: &World) {
    world.run(
        "kubectl create deployment web --image=nginx --replicas=2; kubectl run alone --image=nginx",
    );
    world.run("kubectl run big --image=nginx --overrides='{\"spec\":{\"nodeSelector\":{\"disk\":\"ssd\"}}}'");
    world.pass(20);
}

#[wasm_bindgen_test]
async fn pods_without_a_node_wait_in_the_tray() {
    let world = World::new();
    show(&world).await;
    assert_eq!(reads(".tray .quiet"), "No pod waits for a node.");
    assert_eq!(probe::seen(".node__name"), ["worker-1", "worker-2", "worker-3", "control-plane"]);
    some(&world);
    show(&world).await;
    assert_eq!(probe::heard(".tray .pod-tile"), ["big, Pending, 0 restarts"]);
    assert_eq!((count(".tray .quiet"), count(".node .pod-tile")), (0, 3));
}

#[wasm_bindgen_test]
async fn a_filter_counts_what_it_finds_and_greys_out_the_rest() {
    let world = World::new();
    some(&world);
    show(&world).await;
    probe::write("#filter", "web").await;
    assert_eq!(reads(".filter__found"), "2 of 4 pods");
    assert_eq!((count(".pod-tile--dim"), count(".pod-tile:not(.pod-tile--dim)")), (2, 2));
    probe::write("#filter", "is:pending").await;
    assert_eq!((reads(".filter__found"), count(".pod-tile--dim")), ("1 of 4 pods".into(), 3));
    assert_eq!(attribute("[data-state=pending]", "aria-pressed"), "true", "the diagram knows");
    probe::write("#filter", "").await;
    assert_eq!((reads(".filter__found"), count(".pod-tile--dim")), (String::new(), 0));
}

#[wasm_bindgen_test]
async fn it_is_grouped_by_owner_and_is_a_table() {
    let world = World::new();
    some(&world);
    show(&world).await;
    assert_eq!(says("#arrange"), "Show by", "also where the word has no room");
    probe::write("#arrange", "owner").await;
    assert_eq!(probe::seen(".group .node__name"), ["Pods without an owner", "deployment.apps/web"]);
    assert_eq!(probe::seen(".group .node__status"), ["2", "2"]);
    assert_eq!((count(".group--owned"), count(".group--owned .pod-tile")), (1, 2));
    probe::write("#arrange", "table").await;
    assert_eq!(
        probe::seen(".pods th[scope=col]"),
        ["Pod", "Status", "Restarts", "Node", "Belongs to"]
    );
    assert_eq!(
        probe::seen(".pods tbody tr")[..2],
        ["alone ● Running 0 worker-3", "big … Pending 0 Waits for a node"]
    );
    assert!(probe::seen(".pods tbody tr")[2].ends_with("deployment.apps/web"));
    probe::write("#arrange", "node").await;
    assert_eq!(count(".nodes .node"), 4);
}

#[wasm_bindgen_test]
async fn a_ring_that_stands_elsewhere_still_says_how_long() {
    let world = World::new();
    world.run("kubectl run crash --image=busybox -- sh -c 'exit 1'");
    world.pass(8);
    show(&world).await;
    let said = reads(".pod-tile .ring");
    assert!(said.parse::<u32>().is_ok_and(|seconds| seconds > 0), "{said}");
    probe::write("#arrange", "owner").await;
    assert_eq!((reads(".pod-tile .ring"), count(".group")), (said, 1));
}

#[wasm_bindgen_test]
async fn a_table_says_what_it_leaves_out_and_selects() {
    let world = World::korean();
    some(&world);
    let rows: Vec<_> = world
        .yard()
        .tiles()
        .map(|(node, tile)| (node.map(|node| Rc::clone(&node.name)), Rc::clone(tile)))
        .collect();
    let (onselect, told) = listen();
    draw(pod_table(&rows, 100, Language::Ko, &onselect)).await;
    assert_eq!(probe::seen(".pods th[scope=col]"), ["파드", "상태", "재시작", "노드", "소유자"]);
    assert_eq!(reads(".pods .quiet"), "파드 96개가 더 있습니다. 찾기로 볼 수 있습니다.");
    probe::press("[data-pod=big] .link").await;
    assert_eq!(*told.borrow(), [Some(select(Kind::Pod, "big"))]);
}

#[wasm_bindgen_test]
async fn what_is_over_lies_in_the_drawer_of_its_owner() {
    let world = World::new();
    world.run("kubectl create job hello --image=busybox -- true");
    world.pass(20);
    show(&world).await;
    assert_eq!(count(".node .pod-tile"), 0);
    assert_eq!(reads(".drawer .pod-tile__icon"), "✓");
    assert!(
        says(".drawer .visually-hidden")
            .starts_with("Finished pods of hello: 1 completed, 0 failed")
    );
}

#[wasm_bindgen_test]
async fn many_nodes_are_a_map_that_one_zooms_into_and_leaves() {
    let world = World::at("?paused&start=2026-01-05T00:00:00Z&nodes=400", Language::En);
    show(&world).await;
    assert_eq!((count(".heat__block"), count(".node")), (9, 0));
    probe::press("[data-zoom='block:1']").await;
    assert_eq!((count(".node"), count(".heat__block")), (50, 0));
    assert_eq!(probe::seen(".crumbs li"), ["All 401 nodes", "worker-51 – worker-100"]);
    probe::press("#node-worker-77 .node__zoom").await;
    assert_eq!((count(".node"), reads(".crumbs [aria-current]")), (1, "worker-77".into()));
    probe::press("#zoom-out").await;
    assert_eq!(count(".node"), 50);
    probe::press("#zoom-out").await;
    assert_eq!((count(".heat__block"), count(".crumbs")), (9, 0));
}

#[wasm_bindgen_test]
async fn on_the_map_what_is_governed_and_what_is_selected_is_lit() {
    let world = World::at("?paused&start=2026-01-05T00:00:00Z&nodes=400", Language::En);
    world.run("kubectl create deployment web --image=nginx --replicas=2");
    world.pass(20);
    let web = world.tile("web-").unwrap();
    let home = world
        .yard()
        .tiles()
        .find(|(_, tile)| tile.uid == web.uid)
        .and_then(|(node, _)| Some(Rc::clone(&node?.name)))
        .unwrap();
    let lit = |letter: char| {
        probe::attributes("canvas", "data-marks")
            .concat()
            .chars()
            .filter(|mark| *mark == letter)
            .count()
    };
    show(&world).await;
    assert_eq!((lit('g'), lit('f')), (0, 0));
    let governed = Governed { pods: vec![web.uid], homes: [home].into(), ..Governed::default() };
    probe::show::<Yard>(YardProps { governed: Rc::new(governed), ..props(&world) }).await;
    assert_eq!((lit('g'), lit('f')), (1, 0));
    let nodes =
        Governed { nodes: vec!["worker-7".into(), "worker-8".into()], ..Governed::default() };
    probe::show::<Yard>(YardProps { governed: Rc::new(nodes), ..props(&world) }).await;
    assert_eq!(lit('g'), 2);
    let selection = Some(select(Kind::Deployment, "web"));
    probe::show::<Yard>(YardProps { selection, ..props(&world) }).await;
    assert_eq!((lit('g'), lit('f')), (0, 2));
}

#[wasm_bindgen_test]
async fn a_pod_flies_to_its_node_and_to_nobody_who_wants_little_motion() {
    for little in [false, true] {
        let world = World::new();
        probe::want_little_motion(little);
        world.run("kubectl run web --image=nginx --overrides='{\"spec\":{\"nodeSelector\":{\"disk\":\"ssd\"}}}'");
        world.pass(1);
        let mut app = probe::show::<Yard>(props(&world)).await;
        assert_eq!(count(".tray .pod-tile"), 1);
        let before = probe::moving();
        world.run("kubectl label node worker-1 disk=ssd");
        world.until(|world| world.tile("web").filter(|tile| tile.look != Look::Pending));
        let uid = world.tile("web").unwrap().uid;
        assert_eq!(stage::prepare(vec![format!("bound {uid} ")], 1), !little, "whether it flies");
        app.update(props(&world));
        probe::settle().await;
        stage::play();
        assert_eq!(count(".node .pod-tile"), 1);
        assert_eq!(probe::moving() - before, usize::from(!little));
    }
}

#[wasm_bindgen_test]
async fn system_pods_can_be_asked_for_and_nodes_added() {
    let world = World::new();
    let (onsystem, asked) = listen();
    probe::show::<Yard>(YardProps { onsystem, ..props(&world) }).await;
    assert_eq!(probe::seen(".yard__actions button"), ["System pods", "Add node"]);
    probe::press(".yard__actions button:first-child").await;
    assert_eq!(asked.borrow().len(), 1);
    probe::press("[data-command='yard node add']").await;
    show(&world).await;
    assert!(probe::seen(".node__name").contains(&"worker-4".into()));
}
