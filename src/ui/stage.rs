//! How the yard is looked at, as a hook: filter, grouping and zoom, kept in the address.

use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::Engine;
use super::components::say;
use super::platform;
use super::platform::stage::{self, set_parameter};
use crate::api::Uid;
use crate::language::Language;
use crate::view::family;
use crate::view::filter::Filter;
use crate::view::stage::{Arrange, Stage, Zoom};

/// More pods than this are not ringed one by one.
const MOST_RINGED: usize = 400;

/// How the yard is looked at, and how that is changed.
#[derive(Clone)]
pub(super) struct UseStage {
    stage: UseReducerHandle<Held>,
}

/// A change.
pub(super) enum Look {
    /// Filtered by something else.
    Filter(Filter),
    /// Grouped by something else.
    Arrange(Arrange),
    /// Zoomed into something.
    Into(Zoom),
    /// Zoomed out to so many places.
    OutTo(usize),
    /// Zoomed out by one.
    Out,
}

/// The stage, held by a reducer.
#[derive(Clone, Default, PartialEq)]
struct Held(Stage);

impl Reducible for Held {
    type Action = Look;

    fn reduce(self: Rc<Self>, look: Look) -> Rc<Self> {
        let stage = self.0.clone();
        Rc::new(Self(match look {
            Look::Filter(filter) => Stage { filter, ..stage },
            Look::Arrange(arrange) => stage.arranged(arrange),
            Look::Into(zoom) => stage.into(zoom),
            Look::OutTo(depth) => stage.out_to(depth),
            Look::Out => stage.out(),
        }))
    }
}

impl UseStage {
    /// How it is looked at.
    pub(super) fn get(&self) -> &Stage {
        &self.stage.0
    }

    /// A callback that makes a change.
    pub(super) fn on<T: 'static>(&self, change: impl Fn(T) -> Look + 'static) -> Callback<T> {
        let stage = self.stage.dispatcher();
        Callback::from(move |value| stage.dispatch(change(value)))
    }
}

/// What the address asks for.
fn from_address() -> Held {
    let zoom = platform::parameter("zoom").unwrap_or_default();
    Held(Stage {
        arrange: Arrange::from_word(&platform::parameter("group").unwrap_or_default()),
        filter: Filter::parse(&platform::parameter("filter").unwrap_or_default()),
        zoom: zoom.split(' ').filter_map(Zoom::from_word).collect(),
    })
}

/// How the yard is looked at. What it is goes into the address, so that a reload shows the same.
#[hook]
pub(super) fn use_stage(engine: &Engine, language: Language) -> UseStage {
    let stage = use_reducer(from_address);
    use_effect_with((*stage).clone(), |Held(stage)| {
        let zoom: Vec<String> = stage.zoom.iter().map(Zoom::word).collect();
        let group = if stage.arrange == Arrange::default() { "" } else { stage.arrange.word() };
        set_parameter("filter", &stage.filter.text);
        set_parameter("group", group);
        set_parameter("zoom", &zoom.join(" "));
    });
    let listeners = use_mut_ref(|| None::<Listeners>);
    {
        let (engine, dispatch) = (engine.clone(), stage.dispatcher());
        use_effect_with(language, move |language| {
            let mut listeners = listeners.borrow_mut();
            let listeners = listeners.get_or_insert_with(|| {
                let matched = move |uid: String| {
                    engine.read(|state| {
                        let pods =
                            family::matched(&state.cluster, Uid::from_text(&uid), MOST_RINGED);
                        pods.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                    })
                };
                let zoom = move |word: String| match Zoom::from_word(&word) {
                    Some(zoom) => dispatch.dispatch(Look::Into(zoom)),
                    None => dispatch.dispatch(Look::Out),
                };
                Listeners { matched: Closure::new(matched), zoom: Closure::new(zoom) }
            });
            let words = crate::object! {
                "copy" => say(*language, "stage.copy").as_str(),
                "copied" => say(*language, "stage.copied").as_str(),
            };
            stage::start_stage(&words.to_json(), &listeners.matched, &listeners.zoom);
        });
    }
    UseStage { stage }
}

/// What the platform calls as long as the page lives.
struct Listeners {
    matched: Closure<dyn FnMut(String) -> String>,
    zoom: Closure<dyn FnMut(String)>,
}
