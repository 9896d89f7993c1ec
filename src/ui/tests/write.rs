//! Where one writes: the editor's frame and the terminal.

use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

use super::{World, attribute, count, listen, reads, says, select};
use crate::api::Kind;
use crate::ui::editor::{EditorPane, EditorPaneProps};
use crate::ui::files::Desk;
use crate::ui::platform::probe;
use crate::ui::terminal::{TerminalPane, TerminalPaneProps};
use crate::view::diagnostics;
use crate::view::governs::{Governed, governed};

const RC: &str = include_str!("../../../assets/examples/rc.yaml");

fn editor(world: &World, desk: Desk) -> EditorPaneProps {
    EditorPaneProps {
        engine: world.engine.clone(),
        language: world.language,
        file: "job.yaml".into(),
        files: world.engine.read(|state| state.terminal.files.keys().cloned().collect()),
        desk,
    }
}

fn terminal(world: &World) -> TerminalPaneProps {
    world.engine.read(|state| TerminalPaneProps {
        engine: world.engine.clone(),
        language: world.language,
        written: state.written(),
        count: state.lines.len(),
        busy: state.busy(),
        asks: state.asks.clone(),
        onselect: Callback::noop(),
        onpane: Callback::noop(),
    })
}

#[wasm_bindgen_test]
async fn the_editor_has_files_and_says_what_its_buttons_run() {
    let world = World::new();
    world.run("echo a > other.yaml");
    probe::show::<EditorPane>(editor(&world, Desk::default())).await;
    assert_eq!(probe::seen(".files__name"), ["job.yaml", "other.yaml"]);
    assert_eq!(probe::attributes(".files__name", "aria-pressed"), ["true", "false"]);
    assert_eq!(probe::seen(".editor__bar button"), ["Delete", "Diff", "Apply"]);
    assert_eq!(
        probe::attributes(".editor__bar button", "data-command"),
        ["kubectl delete -f job.yaml", "kubectl diff -f job.yaml", "kubectl apply -f job.yaml"]
    );
    assert_eq!(reads(".editor__bar .quiet"), "No problems found");
    assert!(probe::seen(".editor__hint").contains(&"The editor is loading…".into()));
    assert_eq!(reads(".editor__leave"), "Esc, then Tab leaves the editor");
    // The cross asks once.
    assert_eq!(says(".files__remove"), "Delete job.yaml");
    probe::press(".files__remove").await;
    assert_eq!(reads(".files__remove"), "Really delete?");
    probe::press(".files__remove").await;
    assert!(!world.engine.read(|state| state.terminal.files.contains_key("job.yaml")));
}

#[wasm_bindgen_test]
async fn what_is_wrong_stands_below_with_its_place_its_reason_and_what_mends_it() {
    let world = World::new();
    let wrong = RC.replace("kind: ReplicationController", "kind: ReplicatonController");
    let marks = world
        .engine
        .write(|state| diagnostics::check(&mut state.cluster, "rc.yaml", &wrong, world.language));
    let mut desk = Desk::default();
    desk.shown = marks.into();
    probe::show::<EditorPane>(editor(&world, desk)).await;
    assert_eq!(reads(".editor__problems"), "⚠ 1");
    assert_eq!(reads(".problem__place"), "2:7");
    assert!(says(".problem__place").contains('2') && says(".problem__place").contains('7'));
    assert!(reads(".problem__text > code").contains("ReplicatonController"));
    assert_eq!((count(".problem__text p"), count(".problem__fix")), (1, 1));
    let fix = reads(".problem__fix");
    assert!(fix.contains("ReplicationController") && !fix.contains('`'), "{fix}");
}

#[wasm_bindgen_test]
async fn the_field_under_the_cursor_says_what_it_governs() {
    let world = World::new();
    world.apply(RC);
    world.pass(30);
    let at = RC.find("replicas").unwrap();
    let found = world.engine.read(|state| governed(&state.cluster, RC, at, "default"));
    let mut desk = Desk::default();
    desk.governed = found.into();
    probe::show::<EditorPane>(editor(&world, desk)).await;
    assert_eq!(
        reads(".editor__governs"),
        "replicas: how many pods there are to be. The 3 of now are lit."
    );
    let mut desk = Desk::default();
    desk.governed = Governed::default().into();
    probe::show::<EditorPane>(editor(&world, desk)).await;
    assert_eq!(count(".editor__governs"), 0);
}

#[wasm_bindgen_test]
async fn the_difference_takes_the_place_of_the_text() {
    let world = World::new();
    probe::show::<EditorPane>(editor(&world, Desk::default())).await;
    probe::press("[data-command='kubectl diff -f job.yaml']").await;
    assert_eq!(count(".editor__code--hidden"), 1);
    assert!(
        reads("#difference").contains("job.batch/hello") || reads("#difference").contains("job"),
        "{}",
        reads("#difference")
    );
    assert!(count(".difference__line--added") > 3, "all of it is new");
}

#[wasm_bindgen_test]
async fn the_editor_speaks_korean() {
    let world = World::korean();
    probe::show::<EditorPane>(editor(&world, Desk::default())).await;
    assert_eq!(probe::seen(".editor__bar button"), ["삭제", "비교", "적용"]);
    assert_eq!(reads(".editor__bar .quiet"), "문제가 없습니다");
}

#[wasm_bindgen_test]
async fn the_terminal_tells_what_was_typed_from_what_came_back() {
    let world = World::new();
    probe::show::<TerminalPane>(terminal(&world)).await;
    assert_eq!(reads(".terminal__screen"), "Tab completes, ↑ brings back what you typed.");
    assert_eq!(reads(".terminal__prompt > span"), "$");
    world.run("kubectl run web --image=nginx");
    world.pass(20);
    world.run("kubectl get pods");
    world.run("kubectl get pod nobody");
    let (onselect, told) = listen();
    probe::show::<TerminalPane>(TerminalPaneProps { onselect, ..terminal(&world) }).await;
    assert_eq!(
        probe::seen(".terminal__line--in"),
        ["kubectl run web --image=nginx", "kubectl get pods", "kubectl get pod nobody"]
    );
    assert!(probe::seen(".terminal__line--out")[1].starts_with("NAME READY STATUS"));
    assert_eq!(
        reads(".terminal__line--err"),
        "Error from server (NotFound): pods \"nobody\" not found"
    );
    assert_eq!(
        (attribute(".terminal__screen", "role"), attribute(".terminal__screen", "aria-live")),
        ("log".into(), "off".into())
    );
    // A name of an object selects it.
    assert!(probe::seen(".terminal__name").iter().any(|name| name == "web"));
    probe::press("pre:nth-of-type(4) .terminal__name").await;
    assert_eq!(*told.borrow(), [Some(select(Kind::Pod, "web"))]);
}

#[wasm_bindgen_test]
async fn while_a_command_runs_or_asks_the_line_says_so() {
    let world = World::new();
    world.engine.press("sleep 30");
    probe::show::<TerminalPane>(terminal(&world)).await;
    assert_eq!(reads(".terminal__prompt > span"), "…");
    world.engine.interrupt();
    let asks = TerminalPaneProps { asks: Some("/ # ".into()), busy: true, ..terminal(&world) };
    probe::show::<TerminalPane>(asks).await;
    assert_eq!(reads(".terminal__prompt > span"), "/ #");
    let asks = TerminalPaneProps { asks: Some(String::new()), busy: true, ..terminal(&world) };
    probe::show::<TerminalPane>(asks).await;
    assert_eq!(reads(".terminal__prompt > span"), "›");
}

#[wasm_bindgen_test]
async fn candidates_are_a_list_and_enter_runs_the_line() {
    let world = World::new();
    probe::show::<TerminalPane>(terminal(&world)).await;
    probe::write("#command", "kubectl get no").await;
    probe::key("#command", "Tab").await;
    let found = probe::seen("[role=option]");
    assert!(
        found.iter().any(|one| one.starts_with("nodes")) || count("[role=option]") == 0,
        "{found:?}"
    );
    probe::write("#command", "kubectl ").await;
    probe::key("#command", "Tab").await;
    assert!(count("[role=listbox] [role=option]") > 10);
    assert!(says("[role=listbox]").ends_with(" possibilities"), "{}", says("[role=listbox]"));
    probe::write("#command", "echo hello").await;
    probe::key("#command", "Enter").await;
    probe::show::<TerminalPane>(terminal(&world)).await;
    assert_eq!(
        (reads(".terminal__line--in"), reads(".terminal__line--out")),
        ("echo hello".into(), "hello".into())
    );
}

#[wasm_bindgen_test]
async fn the_terminal_has_the_keys_that_a_phone_lacks_in_both_languages() {
    let world = World::new();
    probe::show::<TerminalPane>(terminal(&world)).await;
    assert_eq!(
        probe::heard(".terminal__key")[..3],
        ["Complete (Tab)", "Previous command", "Stop (Ctrl-C)"]
    );
    let world = World::korean();
    probe::show::<TerminalPane>(terminal(&world)).await;
    assert_eq!(attribute("#command", "aria-label"), "터미널");
}
