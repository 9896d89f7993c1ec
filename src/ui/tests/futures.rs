//! Two futures side by side, and the sheet in which they begin.

use wasm_bindgen_test::wasm_bindgen_test;

use super::{World, attribute, count, listen, reads, says};
use crate::sim::Duration;
use crate::ui::futures::{ForkProps, ForkSheet, Twins, TwinsProps};
use crate::ui::platform::probe;

async fn show(world: &World) {
    let view = world.engine.twins(None, &mut world.palette.borrow_mut()).unwrap();
    let (engine, language, yard) = (world.engine.clone(), world.language, world.yard());
    probe::show::<Twins>(TwinsProps { engine, language, yard, view }).await;
}

/// Lets time pass on both sides.
fn pass(world: &World, seconds: i64) {
    world.engine.write(|state| {
        let at = state.cluster.now() + Duration::from_seconds(seconds);
        while !state.run_towards(at, 10_000) {}
        state.follow_clock();
    });
}

#[wasm_bindgen_test]
async fn what_differs_has_words_and_each_side_its_pods() {
    let world = World::new();
    world.run("kubectl create deployment web --image=nginx --replicas=2");
    world.pass(30);
    world.run("yard fork kubectl scale deployment web --replicas=4");
    show(&world).await;
    assert_eq!(
        probe::seen(".twin__title"),
        ["Left: as it was", "Right: kubectl scale deployment web --replicas=4"]
    );
    assert_eq!(reads(".twins__bar .quiet"), "parted at 00:00:30");
    pass(&world, 30);
    show(&world).await;
    assert_eq!((count("#future-left .twin__pod"), count("#future-right .twin__pod")), (2, 4));
    let differences = probe::seen(".twins__differences li");
    assert!(
        differences.iter().any(|one| one == "deployment/web: 2 pods on the left, 4 on the right"),
        "{differences:?}"
    );
    assert_eq!(count("#future-left.twin--here"), 1);
    assert_eq!(
        attribute("#future-right .twin__actions button:first-child", "title"),
        "yard side right"
    );
    let pods = probe::heard("#future-right .twin__pod");
    assert!(pods.iter().all(|pod| pod.contains("Running, 0 restarts")), "{pods:?}");
    probe::press("#future-right .twin__actions button:first-child").await;
    show(&world).await;
    assert_eq!(
        (count("#future-right.twin--here"), reads("#future-right .twin__here")),
        (1, "You are here".into())
    );
}

#[wasm_bindgen_test]
async fn as_long_as_nothing_differs_it_says_so() {
    let world = World::korean();
    world.run("kubectl run web --image=nginx");
    world.pass(20);
    world.run("yard fork kubectl get pods");
    show(&world).await;
    assert_eq!(reads(".twins__differences .quiet"), "아직까지 두 미래가 같습니다.");
    assert_eq!(says("#futures"), "두 미래");
}

#[wasm_bindgen_test]
async fn the_sheet_offers_fields_and_shows_the_command() {
    let world = World::new();
    let sheet = |world: &World, onclose| ForkProps {
        engine: world.engine.clone(),
        language: world.language,
        onclose,
    };
    probe::show::<ForkSheet>(sheet(&world, listen().0)).await;
    assert!(reads("#fork-sheet .quiet").starts_with("Nothing here has a field to change."));
    assert_eq!(count("button[type=submit]:disabled"), 1);
    probe::write("#fork-command", "yard node stop worker-1").await;
    assert_eq!(
        (reads(".fork__line"), count("button[type=submit]:disabled")),
        ("yard fork yard node stop worker-1".into(), 0)
    );
    world.run("kubectl create cronjob tick --image=busybox --schedule='* * * * *' -- true");
    let (onclose, closed) = listen();
    probe::show::<ForkSheet>(sheet(&world, onclose)).await;
    assert_eq!(reads("#fork-object"), "cronjob/tick");
    probe::write("#fork-value", "Replace").await;
    assert!(
        reads(".fork__line").ends_with(r#"'{"spec":{"concurrencyPolicy":"Replace"}}'"#),
        "{}",
        reads(".fork__line")
    );
    probe::key("#fork-command", "Escape").await;
    assert_eq!(closed.borrow().len(), 1);
}
