//! The header and the sheet of keys.

use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

use super::{World, attribute, count, listen, reads, says};
use crate::language::Language;
use crate::ui::controls::{Controls, ControlsProps, Keys, KeysProps};
use crate::ui::platform::{self, probe};

fn props(world: &World, playing: bool) -> ControlsProps {
    ControlsProps {
        engine: world.engine.clone(),
        language: world.language,
        playing,
        speed: 4,
        restoring: false,
        onhelp: Callback::noop(),
        lessons: false,
        onshare: Callback::noop(),
        onlessons: Callback::noop(),
    }
}

#[wasm_bindgen_test]
async fn playing_and_paused_are_two_buttons() {
    let world = World::new();
    probe::show::<Controls>(props(&world, true)).await;
    assert_eq!(
        (says("#play"), attribute("#play", "data-command")),
        ("Pause".into(), "yard pause".into())
    );
    assert_eq!(count("#play .icon--pause"), 1);
    probe::show::<Controls>(props(&world, false)).await;
    assert_eq!(
        (says("#play"), attribute("#play", "data-command")),
        ("Play".into(), "yard play".into())
    );
    assert_eq!(count("#play .icon--play"), 1);
    assert!(!world.engine.read(|state| state.playing));
    probe::press("#play").await;
    assert!(world.engine.read(|state| state.playing), "it starts the clock");
    probe::press("#play").await;
    assert!(!world.engine.read(|state| state.playing));
}

#[wasm_bindgen_test]
async fn the_speed_is_said_and_set() {
    let world = World::new();
    probe::show::<Controls>(props(&world, true)).await;
    assert_eq!(
        (attribute("#speed", "aria-valuetext"), reads(".time__factor")),
        ("1×".into(), "1×".into())
    );
    probe::write("#speed", "15").await;
    assert_eq!(world.engine.read(|state| state.speed), 60.0);
    probe::show::<Controls>(ControlsProps { speed: 0, ..props(&world, true) }).await;
    assert_eq!(
        (attribute("#speed", "aria-valuetext"), reads(".time__factor")),
        ("0.25×".into(), "0.25×".into())
    );
}

#[wasm_bindgen_test]
async fn buttons_run_their_commands_and_the_clock_is_written() {
    let world = World::new();
    world.pass(60);
    probe::show::<Controls>(props(&world, false)).await;
    platform::tick("2026-01-05", "00:01:00", "Next at 00:05:00", 0.0);
    assert_eq!(
        (reads("#clock"), reads("#next")),
        ("2026-01-05 00:01:00".into(), "Next at 00:05:00".into())
    );
    for (id, command) in [
        ("undo", "yard undo"),
        ("back", "yard back 30s"),
        ("step-event", "yard next event"),
        ("step", "yard next"),
    ] {
        assert_eq!(attribute(&format!("#{id}"), "data-command"), command);
    }
    let before = world.now();
    probe::press("#back").await;
    assert_eq!(before.since(world.now()).seconds(), 30, "back by 30 s");
    // The numbers of a session that is being restored may change under one's hands: it says so.
    probe::show::<Controls>(ControlsProps { restoring: true, ..props(&world, false) }).await;
    assert!(reads(".time").contains("Restoring your session…"));
}

#[wasm_bindgen_test]
async fn each_language_offers_the_other_one() {
    let world = World::new();
    probe::show::<Controls>(props(&world, true)).await;
    assert_eq!((reads("[lang=ko]"), count("[lang=en]")), ("한국어".into(), 0));
    let world = World::korean();
    probe::show::<Controls>(props(&world, true)).await;
    assert_eq!((reads("[lang=en]"), count("[lang=ko]")), ("English".into(), 0));
    assert_eq!((says("#play"), says("#back")), ("일시 정지".into(), "30초 전으로".into()));
}

#[wasm_bindgen_test]
async fn lessons_sharing_and_keys_are_opened_from_here() {
    let world = World::new();
    let ((onlessons, lessons), (onshare, share), (onhelp, help)) = (listen(), listen(), listen());
    let open = ControlsProps { lessons: true, onlessons, onshare, onhelp, ..props(&world, true) };
    probe::show::<Controls>(open).await;
    assert_eq!(attribute("#lessons", "aria-pressed"), "true");
    for id in ["#lessons", "#share", "#help"] {
        probe::press(id).await;
    }
    assert_eq!((lessons.borrow().len(), share.borrow().len(), help.borrow().len()), (1, 1, 1));
}

#[wasm_bindgen_test]
async fn the_sheet_lists_every_key_and_closes() {
    // The Korean texts are at hand, whatever ran before.
    World::korean();
    for language in Language::ALL {
        let (onclose, closed) = listen();
        probe::show::<Keys>(KeysProps { language, onclose }).await;
        let rows = probe::seen(".keys__row dd");
        assert!(rows.len() >= 25 && rows.iter().all(|row| !row.is_empty()), "{rows:?}");
        let keys = probe::seen("kbd");
        for key in ["Space", "n", "o", "PageUp", "?", "z"] {
            assert!(keys.iter().any(|one| one == key), "{key}");
        }
        let close = if language == Language::Ko { "닫기" } else { "Close" };
        assert_eq!(reads("#keys button"), close);
        probe::press("#keys button").await;
        assert_eq!(closed.borrow().len(), 1);
    }
}
