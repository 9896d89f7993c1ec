//! The first minute.

use wasm_bindgen_test::wasm_bindgen_test;
use yew::{AppHandle, Callback};

use super::{World, count, listen, reads};
use crate::language::Language;
use crate::ui::platform::probe;
use crate::ui::welcome::{FirstMinute, FirstMinuteProps};
use crate::view::yard::Look;

fn props(world: &World, onlessons: Callback<()>) -> FirstMinuteProps {
    FirstMinuteProps {
        engine: world.engine.clone(),
        yard: world.yard(),
        language: world.language,
        onlessons,
    }
}

async fn look_again(app: &mut AppHandle<FirstMinute>, world: &World, onlessons: &Callback<()>) {
    app.update(props(world, onlessons.clone()));
    probe::settle().await;
}

fn running(world: &World) -> usize {
    world.yard().counts.get(&Look::Running).copied().unwrap_or(0)
}

#[wasm_bindgen_test]
async fn it_starts_is_broken_heals_and_leads_to_the_lessons() {
    let world = World::at("?lang=en", Language::En);
    world.engine.set_playing(false);
    let (onlessons, opened) = listen();
    let mut app = probe::show::<FirstMinute>(props(&world, onlessons.clone())).await;
    assert_eq!(
        (reads(".first__words strong"), reads(".first__words span")),
        (
            "This cluster is running. Break it!".into(),
            "Three copies of a web server are starting, each in a pod…".into()
        )
    );
    world.until(|world| (running(world) == 3).then_some(()));
    look_again(&mut app, &world, &onlessons).await;
    assert!(reads(".first__words").ends_with("Delete one of these pods: each runs a program"));
    let button = ".first .button--accent";
    assert_eq!(reads(button), "Delete pod");
    assert!(probe::attributes(button, "data-command")[0].starts_with("kubectl delete pod web-"));
    probe::press(button).await;
    world.until(|world| (running(world) < 3).then_some(()));
    look_again(&mut app, &world, &onlessons).await;
    assert!(reads(".first__words").contains("One is going."), "{}", reads(".first__words"));
    assert_eq!(reads(".first__sign"), "↻");
    world.until(|world| (running(world) == 3).then_some(()));
    look_again(&mut app, &world, &onlessons).await;
    assert_eq!(
        reads(".first--done .first__words"),
        "It healed itself: you asked for 3, a control loop saw 2 and made one more."
    );
    assert_eq!(reads(".first__sign"), "✓");
    probe::press(".first .button--accent").await;
    assert_eq!((opened.borrow().len(), count(".first")), (1, 0));
}

#[wasm_bindgen_test]
async fn it_can_be_closed_and_does_not_come_again() {
    let world = World::at("?lang=ko", Language::Ko);
    world.engine.set_playing(false);
    probe::show::<FirstMinute>(props(&world, Callback::noop())).await;
    assert!(reads(".first__words").starts_with("클러스터가 돌아가고 있습니다."));
    assert_eq!(reads(".first__actions"), "혼자 둘러보기");
    probe::press(".first button").await;
    assert_eq!(count(".first"), 0);
    probe::show::<FirstMinute>(props(&world, Callback::noop())).await;
    assert_eq!(count(".first"), 0, "the browser keeps that it was shown");
}

#[wasm_bindgen_test]
async fn it_stands_in_no_way_of_an_address_that_asks_for_something() {
    let world = World::new();
    probe::show::<FirstMinute>(props(&world, Callback::noop())).await;
    assert_eq!(count(".first"), 0);
}
