//! A pod as a tile.

use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

use super::{World, attribute, count, listen, reads, says, select};
use crate::api::Kind;
use crate::language::Language;
use crate::ui::platform::{self, probe};
use crate::ui::tile::{PodTile, PodTileProps};
use crate::view::yard::{Density, Look, Tile};

fn props(tile: &Rc<Tile>, language: Language) -> PodTileProps {
    PodTileProps {
        tile: Rc::clone(tile),
        selected: false,
        concerned: false,
        dim: false,
        density: Density::Full,
        language,
        onselect: Callback::noop(),
    }
}

/// A pod that runs and belongs to nobody.
fn alone(world: &World) -> Rc<Tile> {
    world.run("kubectl run web --image=nginx");
    world.until(|world| world.tile("web").filter(|tile| tile.look == Look::Running))
}

#[wasm_bindgen_test]
async fn each_state_has_a_sign_and_a_colour_of_its_own_and_is_said() {
    let world = World::new();
    let running = alone(&world);
    let words = [
        (Look::Pending, "Pending"),
        (Look::Creating, "ContainerCreating"),
        (Look::Running, "Running"),
        (Look::Unready, "Running"),
        (Look::Completed, "Completed"),
        (Look::BackOff, "CrashLoopBackOff"),
        (Look::Failed, "Error"),
        (Look::Terminating, "Terminating"),
        (Look::Lost, "Running"),
    ];
    let mut signs = Vec::new();
    for (look, word) in words {
        let tile = Rc::new(Tile { look, status: word.into(), ..(*running).clone() });
        probe::show::<PodTile>(props(&tile, Language::En)).await;
        let classes = attribute(".pod-tile", "class");
        assert!(classes.split(' ').any(|class| class == look.colours()), "{classes}");
        assert_eq!(attribute(".pod-tile", "data-look"), look.class());
        assert_eq!(says(".pod-tile"), format!("web, {word}, 0 restarts"));
        assert_eq!(attribute(".pod-tile", "title"), format!("web\n{word}"));
        assert_eq!(reads(".pod-tile__name"), "web");
        signs.push(reads(".pod-tile__icon"));
    }
    assert_eq!(signs, ["…", "◔", "●", "◐", "✓", "↻", "✕", "◌", "?"]);
    assert_eq!(attribute(".pod-tile__icon", "aria-hidden"), "true", "the sign is not read out");
}

#[wasm_bindgen_test]
async fn a_back_off_counts_down_and_says_which_wait_it_is() {
    let world = World::new();
    world.run("kubectl run crash --image=busybox -- sh -c 'exit 1'");
    let second = world.until(|world| {
        world.tile("crash").filter(|tile| tile.look == Look::BackOff && tile.doubling() == Some(2))
    });
    probe::show::<PodTile>(props(&second, Language::En)).await;
    assert_eq!(
        says(".pod-tile"),
        "crash, CrashLoopBackOff, 2 restarts, wait 2 of the back-off: 20 s"
    );
    assert_eq!((count(".pod-tile__waits i"), count(".pod-tile__ticks i")), (2, 2));
    let ring = second.ring.unwrap();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
    let at = |left: i64| (ring.until.unix_millis() - left) as f64;
    for (left, shown) in [(20_000, "20"), (6_500, "7"), (400, "1")] {
        platform::tick("", "", "", at(left));
        assert_eq!(reads(".ring span"), shown);
    }
    platform::tick("", "", "", at(0));
    assert_eq!(attribute(".ring", "hidden"), "", "at the end it is gone");
    assert_eq!(probe::seen(".ring:not([hidden])"), Vec::<String>::new());
    World::korean();
    probe::show::<PodTile>(props(&second, Language::Ko)).await;
    assert_eq!(says(".pod-tile"), "crash, CrashLoopBackOff, 재시작 2번, 백오프 2번째 대기: 20초");
}

#[wasm_bindgen_test]
async fn a_pod_that_is_stopped_counts_its_grace_down_and_is_in_no_back_off() {
    let world = World::new();
    world.run(
        "kubectl run slow --image=busybox -- sh -c 'trap \"\" TERM; while true; do sleep 1; done'",
    );
    world.until(|world| world.tile("slow").filter(|tile| tile.look == Look::Running));
    world.run("kubectl delete pod slow --wait=false");
    let tile = world.tile("slow").unwrap();
    probe::show::<PodTile>(props(&tile, Language::En)).await;
    assert_eq!(says(".pod-tile"), "slow, Terminating, 0 restarts");
    assert_eq!(
        (reads(".pod-tile__icon"), count(".ring"), count(".pod-tile__waits")),
        ("◌".into(), 1, 0)
    );
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
    let now = world.now().unix_millis() as f64;
    platform::tick("", "", "", now);
    assert_eq!(reads(".ring span"), "30");
}

#[wasm_bindgen_test]
async fn many_restarts_are_five_ticks_and_a_number() {
    let world = World::new();
    let running = alone(&world);
    for (restarts, ticks, number) in [(0, 0, None), (1, 1, None), (5, 5, None), (17, 5, Some("17"))]
    {
        let tile = Rc::new(Tile { restarts, ..(*running).clone() });
        probe::show::<PodTile>(props(&tile, Language::En)).await;
        assert_eq!(count(".pod-tile__ticks i"), ticks);
        assert_eq!(probe::seen(".pod-tile__ticks b").first().map(String::as_str), number);
        let word = if restarts == 1 { "restart" } else { "restarts" };
        assert_eq!(says(".pod-tile"), format!("web, Running, {restarts} {word}"));
    }
}

#[wasm_bindgen_test]
async fn it_is_marked_when_it_is_chosen_when_its_family_is_and_when_a_filter_leaves_it_out() {
    let world = World::new();
    world.run("kubectl create deployment shop --image=nginx");
    let owned = world.until(|world| world.tile("shop-").filter(|tile| tile.look == Look::Running));
    let free = alone(&world);
    let marks = |tile: &Rc<Tile>, selected, concerned, dim| PodTileProps {
        selected,
        concerned,
        dim,
        ..props(tile, Language::En)
    };
    for (props, mark) in [
        (marks(&owned, true, false, false), Some("selected")),
        (marks(&owned, false, true, false), Some("concerned")),
        (marks(&owned, false, false, true), Some("dim")),
        (marks(&free, false, false, false), Some("free")),
        (marks(&owned, false, false, false), None),
    ] {
        probe::show::<PodTile>(props).await;
        let classes = attribute(".pod-tile", "class");
        let marked: Vec<&str> =
            classes.split(' ').filter_map(|class| class.strip_prefix("pod-tile--")).collect();
        assert_eq!(marked, mark.into_iter().collect::<Vec<_>>());
    }
    // The edge has its family's colour, and pointing at it names the family.
    assert_eq!(attribute(".pod-tile", "style"), format!("--owner:{}", owned.degrees));
    assert!(attribute(".pod-tile", "title").ends_with("\nDeployment/shop"));
    // What of a name is its owner's is not said twice.
    assert!(!reads(".pod-tile__name").contains("shop"));
}

#[wasm_bindgen_test]
async fn a_small_tile_has_its_sign_only_and_says_as_much() {
    let world = World::new();
    let running = alone(&world);
    let tile = Rc::new(Tile { restarts: 9, ..(*running).clone() });
    let (onselect, told) = listen();
    let small = PodTileProps { density: Density::Compact, onselect, ..props(&tile, Language::En) };
    probe::show::<PodTile>(small).await;
    assert_eq!(reads(".pod-tile"), "●");
    assert_eq!(says(".pod-tile"), "web, Running, 9 restarts");
    probe::press(".pod-tile").await;
    assert_eq!(*told.borrow(), [Some(select(Kind::Pod, "web"))]);
}
