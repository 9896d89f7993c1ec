//! What each component shows in each of its states, rendered in a browser: `cargo xtask test web`.
//!
//! A test makes a world by commands, lets time pass, renders one component over it, and reads what a person reads: texts,
//! names for readers, signs and shapes.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test_configure;
use yew::prelude::*;

use super::bridge::Engine;
use super::platform::probe;
use crate::api::{Kind, ObjectKey};
use crate::language::{self, Language};
use crate::sim::{Duration, Time};
use crate::view::loops::LoopsView;
use crate::view::palette::Palette;
use crate::view::state::Selection;
use crate::view::yard::{NodeView, Tile, YardView};

mod controls;
mod details;
mod diagram;
mod futures;
mod heat;
mod lesson;
mod loops;
mod node;
mod tile;
mod timeline;
mod welcome;
mod write;
mod yard;

wasm_bindgen_test_configure!(run_in_browser);

/// The address of a world whose clock stands.
const STANDS: &str = "?paused&start=2026-01-05T00:00:00Z";

/// A cluster behind a page of its own.
struct World {
    engine: Engine,
    language: Language,
    palette: RefCell<Palette>,
}

impl World {
    /// A cluster of three workers whose clock stands, in English.
    fn new() -> Self {
        Self::at(STANDS, Language::En)
    }

    /// The same in Korean.
    fn korean() -> Self {
        Self::at(STANDS, Language::Ko)
    }

    /// What stands at an address.
    fn at(search: &str, language: Language) -> Self {
        if language == Language::Ko {
            language::install(KOREAN.concat());
        }
        probe::arrive(search, include_str!("../../../assets/styles/tokens.css"));
        let engine = Engine::new(language, Rc::new(|| ()));
        Self { engine, language, palette: RefCell::default() }
    }

    /// Runs a line as a button does, to its end.
    fn run(&self, line: &str) {
        self.engine.press(line);
        self.engine.hurry();
    }

    /// Applies a manifest.
    fn apply(&self, manifest: &str) {
        self.engine.add("under-test.yaml", manifest);
        self.run("kubectl apply -f under-test.yaml");
        self.run("rm under-test.yaml");
    }

    /// Lets so many seconds pass.
    fn pass(&self, seconds: i64) {
        self.engine.write(|state| {
            state.cluster.run_until(state.cluster.now() + Duration::from_seconds(seconds));
            state.follow_clock();
        });
    }

    /// Lets time pass by tenths of a second until something holds, for at most a minute.
    fn until<T>(&self, holds: impl Fn(&Self) -> Option<T>) -> T {
        for _ in 0..600 {
            if let Some(found) = holds(self) {
                return found;
            }
            self.engine.write(|state| {
                state.cluster.run_until(state.cluster.now() + Duration::from_millis(100));
                state.follow_clock();
            });
        }
        panic!("it never came to that")
    }

    fn now(&self) -> Time {
        self.engine.read(|state| state.cluster.now())
    }

    fn yard(&self) -> Rc<YardView> {
        let palette = &mut self.palette.borrow_mut();
        self.engine.read(|state| YardView::build(&state.cluster, &Rc::default(), palette, false))
    }

    fn loops(&self) -> Rc<LoopsView> {
        let yard = self.yard();
        let palette = &mut self.palette.borrow_mut();
        self.engine.read(|state| {
            LoopsView::build(&state.cluster, &yard, &Rc::default(), palette, self.language)
        })
    }

    /// The first pod whose name begins so.
    fn tile(&self, name: &str) -> Option<Rc<Tile>> {
        let yard = self.yard();
        let mut tiles = yard.tiles().map(|(_, tile)| Rc::clone(tile));
        tiles.find(|tile| tile.key.name.starts_with(name))
    }

    fn node(&self, name: &str) -> Rc<NodeView> {
        let yard = self.yard();
        yard.nodes.iter().find(|node| &*node.name == name).map(Rc::clone).unwrap()
    }
}

impl Drop for World {
    /// What it still has to do must not be seen in the page of the next test.
    fn drop(&mut self) {
        self.engine.write(|state| state.hidden = true);
    }
}

/// All Korean texts.
const KOREAN: [&str; 11] = [
    include_str!("../../../assets/i18n/ko/first.txt"),
    include_str!("../../../assets/i18n/ko/inspect.txt"),
    include_str!("../../../assets/i18n/ko/lesson.txt"),
    include_str!("../../../assets/i18n/ko/manifest.txt"),
    include_str!("../../../assets/i18n/ko/page.txt"),
    include_str!("../../../assets/i18n/ko/share.txt"),
    include_str!("../../../assets/i18n/ko/stage.txt"),
    include_str!("../../../assets/i18n/ko/teach.txt"),
    include_str!("../../../assets/i18n/ko/terminal.txt"),
    include_str!("../../../assets/i18n/ko/time.txt"),
    include_str!("../../../assets/i18n/ko/why.txt"),
];

/// A selection.
fn select(kind: Kind, name: &str) -> Selection {
    let namespace = if kind.namespaced() { "default" } else { "" };
    Selection { kind, key: ObjectKey::new(namespace, name) }
}

/// Where a callback leaves what it was told.
type Told<T> = Rc<RefCell<Vec<T>>>;

fn listen<T: 'static>() -> (Callback<T>, Told<T>) {
    let told = Told::default();
    let keep = Rc::clone(&told);
    (Callback::from(move |value| keep.borrow_mut().push(value)), told)
}

/// Something that a function draws.
#[derive(Properties, PartialEq)]
struct DrawnProps {
    html: Html,
}

#[component]
fn Drawn(props: &DrawnProps) -> Html {
    props.html.clone()
}

async fn draw(html: Html) {
    probe::show::<Drawn>(DrawnProps { html }).await;
}

/// The only one of these.
#[track_caller]
fn only<T: std::fmt::Debug + Clone>(all: Vec<T>) -> T {
    match all.as_slice() {
        [one] => one.clone(),
        _ => panic!("one was expected: {all:?}"),
    }
}

/// What is to be read in the only one of these elements.
#[track_caller]
fn reads(selector: &str) -> String {
    only(probe::seen(selector))
}

/// What a screen reader says of the only one of these elements.
#[track_caller]
fn says(selector: &str) -> String {
    only(probe::heard(selector))
}

/// How many of these elements there are.
fn count(selector: &str) -> usize {
    probe::seen(selector).len()
}

/// An attribute of the only one of these elements.
#[track_caller]
fn attribute(selector: &str, name: &str) -> String {
    only(probe::attributes(selector, name))
}
