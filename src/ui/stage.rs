//! How the yard is looked at, as a hook: filter, grouping and zoom, kept in the address.

use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::Engine;
use super::components::say;
use super::platform;
use super::platform::stage::{self, set_parameter};
use crate::api::{AnyObject, Uid};
use crate::language::Language;
use crate::view::family;
use crate::view::filter::Filter;
use crate::view::stage::{Arrange, Lights, Stage, Zoom};

/// More pods than this are not ringed one by one.
const MOST_RINGED: usize = 400;

/// How the yard is looked at, and how that is changed.
#[derive(Clone)]
pub(super) struct UseStage {
    stage: UseReducerHandle<Held>,
    pointed: UseStateHandle<Lights>,
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

    /// What the selector of the workload that is pointed at picks, where there is a map.
    pub(super) fn pointed(&self) -> Lights {
        (*self.pointed).clone()
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
    let pointed = use_state(Lights::default);
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
        let point = pointed.setter();
        use_effect_with(language, move |language| {
            let mut listeners = listeners.borrow_mut();
            let listeners = listeners.get_or_insert_with(|| {
                let pointing = {
                    let engine = engine.clone();
                    move |uid: String| point.set(lights(&engine, &uid))
                };
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
                Listeners {
                    matched: Closure::new(matched),
                    pointed: Closure::new(pointing),
                    zoom: Closure::new(zoom),
                }
            });
            let words = crate::object! {
                "copy" => say(*language, "stage.copy").as_str(),
                "copied" => say(*language, "stage.copied").as_str(),
            };
            let Listeners { matched, pointed, zoom } = listeners;
            stage::start_stage(&words.to_json(), matched, pointed, zoom);
        });
    }
    UseStage { stage, pointed }
}

/// The pods of a workload's selector, and their nodes; of none without a uid.
fn lights(engine: &Engine, uid: &str) -> Lights {
    if uid.is_empty() {
        return Lights::default();
    }
    engine.read(|state| {
        let store = state.cluster.store();
        let pods = family::matched(&state.cluster, Uid::from_text(uid), usize::MAX);
        let pod = |uid: &Uid| match store.by_uid(*uid) {
            Some(AnyObject::Pod(pod)) => pod.node.clone(),
            _ => None,
        };
        Lights {
            nodes: Rc::new(pods.iter().filter_map(pod).collect()),
            pods: Rc::new(pods.into_iter().collect()),
        }
    })
}

/// What the platform calls as long as the page lives.
struct Listeners {
    matched: Closure<dyn FnMut(String) -> String>,
    pointed: Closure<dyn FnMut(String)>,
    zoom: Closure<dyn FnMut(String)>,
}
