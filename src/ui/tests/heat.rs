//! The heat map: a button per block, what it says, and what is painted.

use wasm_bindgen_test::wasm_bindgen_test;

use super::{World, attribute, count, draw, reads, says};
use crate::language::Language;
use crate::ui::heat::blocks;
use crate::ui::platform::{probe, stage};
use crate::view::stage::{Block, Zoom};
use crate::view::yard::Look;

/// Three nodes: one runs pods, one has a pod that fails, one is down.
fn block() -> Block {
    let mut counts = [0; Look::COUNT];
    counts[Look::Running.index()] = 7;
    counts[Look::Failed.index()] = 1;
    Block {
        zoom: Zoom::Block(1),
        first: "worker-51".into(),
        last: "worker-53".into(),
        nodes: 3,
        down: 1,
        counts,
        cells: "r9f0x0".into(),
        marks: "".into(),
        degrees: None,
    }
}

async fn show(block: Block, language: Language) {
    draw(blocks(&[block], language)).await;
    stage::paint();
}

/// Which colours stand in a cell of the map.
fn cell(place: f64, names: &[&str]) -> Vec<String> {
    probe::inked("canvas", names, [place * 14.0, 0.0, 14.0, 14.0])
}

#[wasm_bindgen_test]
async fn a_block_says_what_it_holds_and_is_one_stop() {
    World::new();
    show(block(), Language::En).await;
    assert_eq!(
        says(".heat__block"),
        "worker-51 to worker-53: 3 nodes, 8 pods. Running 7, Failed 1. 1 not ready"
    );
    assert_eq!(
        (reads(".heat__name"), reads(".heat__down")),
        ("worker-51 – 53".into(), "✕ 1".into())
    );
    assert_eq!(
        (attribute(".heat__block", "data-zoom"), attribute(".heat__block", "tabindex")),
        ("block:1".into(), "-1".into())
    );
    World::korean();
    show(block(), Language::Ko).await;
    assert_eq!(
        says(".heat__block"),
        "worker-51부터 worker-53까지: 노드 3개, 파드 8개. 실행 중 7, 실패 1. 준비 안 된 노드 1개"
    );
}

#[wasm_bindgen_test]
async fn a_cell_has_the_colour_of_what_asks_for_most_attention() {
    World::new();
    show(block(), Language::En).await;
    let looks = ["--look-failed", "--look-failed-back", "--line"];
    assert_eq!(cell(0.0, &looks), Vec::<String>::new(), "all of it runs");
    assert_eq!(cell(1.0, &looks), ["--look-failed", "--look-failed-back"]);
    assert_eq!(cell(2.0, &looks), ["--line"], "a node that is down is grey, with a cross");
}

#[wasm_bindgen_test]
async fn cells_are_lit_by_what_governs_and_by_their_family() {
    World::new();
    show(Block { marks: "gfb".into(), ..block() }, Language::En).await;
    let lights = ["--governed", "--accent"];
    assert_eq!(cell(0.0, &lights), ["--governed"]);
    assert_eq!(cell(1.0, &lights), ["--accent"]);
    assert_eq!(cell(2.0, &lights), lights);
    show(block(), Language::En).await;
    assert_eq!(cell(0.0, &lights), Vec::<String>::new(), "and go out again");
}

#[wasm_bindgen_test]
async fn a_group_of_pods_has_its_name_and_the_edge_of_its_family() {
    World::new();
    let group = Block {
        zoom: Zoom::Group("deployment.apps/web".into()),
        first: "deployment.apps/web".into(),
        last: "".into(),
        nodes: 0,
        down: 0,
        degrees: Some(210),
        ..block()
    };
    show(group, Language::En).await;
    assert_eq!(says(".heat__block"), "deployment.apps/web: 8 pods. Running 7, Failed 1");
    assert_eq!(attribute(".heat__block--owned", "style"), "--owner:210");
    let nobody =
        Block { zoom: Zoom::Group("".into()), first: "".into(), nodes: 0, down: 0, ..block() };
    show(nobody, Language::En).await;
    assert_eq!(
        (reads(".heat__name"), count(".heat__block--owned")),
        ("Pods without an owner".into(), 0)
    );
}
