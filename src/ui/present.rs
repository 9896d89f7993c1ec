//! Presenter mode: large type, chosen panels, keys for a clicker, a light that follows what is pointed at. What is done
//! while presenting happens on a copy: the class's start stays, a key goes back to it, and leaving does too.

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::{Engine, State};
use super::components::say;
use super::icon::icon;
use super::platform;
use super::school::Desk;
use super::share::{Qr, panel_key};
use crate::api::Kind;
use crate::language::{Language, Text};
use crate::lessons::Panel;
use crate::view::panels::Panels;
use crate::view::state::{SPEEDS, Selection};
use crate::view::yard::is_system;

/// A presentation.
pub(super) struct Presenter {
    /// The class's start.
    start: Desk,
    /// What is shown.
    panels: Vec<Panel>,
    /// Whether the light is on.
    light: bool,
}

impl Presenter {
    /// What is shown.
    pub(super) fn panels(&self) -> Vec<Panel> {
        self.panels.clone()
    }
}

impl State {
    /// Whether the light is on; nothing while nobody presents.
    pub(crate) fn presenting(&self) -> Option<bool> {
        self.presenter.as_ref().map(|presenter| presenter.light)
    }
}

impl Engine {
    /// Begins to present what is on the screen.
    pub(crate) fn begin_presenting(&self) {
        if self.read(|state| state.presenter.is_some()) {
            return;
        }
        platform::flush_editor();
        self.catch_up();
        self.keep_now();
        self.write(|state| {
            let panels = state.panels();
            let panels = if panels.chosen() {
                panels.list()
            } else {
                vec![Panel::Yard, Panel::Loops, Panel::Terminal]
            };
            state.presenter = Some(Presenter { start: Desk::of(state), panels, light: false });
        });
        platform::set_root("data-present", "true");
        let engine = self.clone();
        let closure = Closure::new(move |key: String| {
            engine.present_key(&key);
        });
        platform::on_clicker(&closure);
        // The page listens as long as it lives; without a presentation nothing is heard.
        closure.forget();
    }

    /// Leaves; the class's start comes back.
    pub(crate) fn end_presenting(&self) {
        // What was written for the class stays with its copy.
        platform::flush_editor();
        let presenter = self.state.borrow_mut().presenter.take();
        let Some(presenter) = presenter else { return };
        platform::drop_root("data-present");
        self.sit_down(&presenter.start);
        if self.read(|state| state.school.at_work()) {
            self.again();
        }
    }

    /// Back to the class's start.
    pub(crate) fn class_start(&self) {
        let start = self.read(|state| state.presenter.as_ref().map(|one| one.start.clone()));
        if let Some(start) = start {
            platform::flush_editor();
            self.sit_down(&start);
            super::embed::note(self, &Text::new("share.class-start"));
        }
    }

    /// Shows or hides a panel.
    fn toggle_panel(&self, panel: Panel) {
        self.write(|state| {
            let list = state.panels().toggled(panel);
            if let Some(presenter) = &mut state.presenter {
                presenter.panels = list;
            }
        });
    }

    fn toggle_light(&self) {
        self.write(|state| {
            if let Some(presenter) = &mut state.presenter {
                presenter.light = !presenter.light;
            }
        });
        platform::follow_with_light("light");
    }

    /// Pulls the plug of a node: of the selected one, else of the one with most pods; if none is left, starts all.
    pub(crate) fn break_a_node(&self) {
        let line = self.read(|state| {
            let (store, kubelets) = (state.cluster.store(), state.cluster.kubelets());
            let runs = |name: &str| kubelets.running(name) != Some(false);
            let load = |name: &str| {
                let pods = store.pods().iter().filter(|pod| !is_system(&pod.meta.namespace));
                pods.filter(|pod| pod.node.as_deref() == Some(name)).count()
            };
            let chosen = state.pointed.as_ref().filter(|one| one.kind == Kind::Node);
            let chosen = chosen.map(|one| one.key.name.to_string()).filter(|name| runs(name));
            let busiest = || {
                let nodes = store.nodes().iter().map(|node| node.meta.name.to_string());
                let nodes = nodes.filter(|name| runs(name) && name != "control-plane");
                // Of equals the first.
                nodes.min_by_key(|name| std::cmp::Reverse(load(name)))
            };
            chosen.or_else(busiest).map(|name| format!("yard node stop {name}"))
        });
        if let Some(line) = line {
            self.press(&line);
        }
    }

    /// Starts every node that stands still.
    pub(crate) fn mend_nodes(&self) {
        let stopped: Vec<String> = self.read(|state| {
            let nodes = state.cluster.store().nodes().iter();
            let names = nodes.map(|node| node.meta.name.to_string());
            let stopped = |name: &str| state.cluster.kubelets().running(name) == Some(false);
            names.filter(|name| stopped(name)).collect()
        });
        for name in stopped {
            self.press(&format!("yard node start {name}"));
        }
    }

    /// To the change before, and stands there.
    pub(crate) fn step_back(&self) {
        self.press("yard prev");
    }

    /// What a key does while somebody presents; says whether it was one of these.
    pub(crate) fn present_key(&self, key: &str) -> bool {
        if self.read(|state| state.presenter.is_none()) {
            return false;
        }
        match key {
            "PageDown" | "ArrowRight" | "ArrowDown" => self.step(),
            "PageUp" | "ArrowLeft" | "ArrowUp" => self.step_back(),
            "x" => self.break_a_node(),
            "X" => self.mend_nodes(),
            "s" => self.toggle_light(),
            "r" => self.class_start(),
            _ => return false,
        }
        true
    }
}

impl Engine {
    /// Notes what is selected: what a presenter breaks, and explains. For that the details take the terminal's place.
    pub(crate) fn point_at(&self, selection: Option<&Selection>) {
        let mut state = self.state.borrow_mut();
        state.pointed = selection.cloned();
        if let Some(presenter) = state.presenter.as_mut().filter(|_| selection.is_some())
            && !presenter.panels.contains(&Panel::Events)
        {
            let stays = |one: &Panel| presenter.panels.contains(one) && *one != Panel::Terminal;
            let shown = Panel::ALL.into_iter().filter(|one| *one == Panel::Events || stays(one));
            presenter.panels = shown.collect();
        }
    }
}

/// What the bar shows.
#[derive(Properties, PartialEq)]
pub(crate) struct PresenterBarProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// Whether the clock runs.
    pub playing: bool,
    /// The place of the speed on the slider.
    pub speed: usize,
    /// What is shown.
    pub panels: Panels,
    /// Whether the light is on.
    pub light: bool,
}

/// The bar of a presentation, and the light.
#[component]
pub(crate) fn PresenterBar(props: &PresenterBarProps) -> Html {
    let language = props.language;
    let code = use_state(|| false);
    use_effect_with((), {
        let engine = props.engine.clone();
        // While it stands still nothing else writes the clock.
        move |()| engine.show_clock()
    });
    let act = |act: fn(&Engine)| {
        let engine = props.engine.clone();
        Callback::from(move |_: MouseEvent| act(&engine))
    };
    let round = |label: &'static str, id: &'static str, sign: &'static str, does: fn(&Engine)| {
        html! { <button type="button" class="button button--round" {id} title={say(language, label)} aria-label={say(language, label)} onclick={act(does)}>{ icon(sign) }</button> }
    };
    let onspeed = {
        let engine = props.engine.clone();
        Callback::from(move |event: Event| {
            if let Ok(index) = platform::value(&event).parse() {
                engine.set_speed(index);
            }
        })
    };
    let panel = |panel: Panel| {
        let engine = props.engine.clone();
        let onclick = Callback::from(move |_: MouseEvent| engine.toggle_panel(panel));
        let on = props.panels.shows(panel);
        html! { <button type="button" class={classes!("button", on.then_some("button--on"))} aria-pressed={on.to_string()} {onclick}>{ say(language, panel_key(panel)) }</button> }
    };
    let (play_label, play_icon) =
        if props.playing { ("page.pause", "pause") } else { ("page.play", "play") };
    let oncode = {
        let code = code.clone();
        Callback::from(move |_: MouseEvent| code.set(true))
    };
    let offcode = {
        let code = code.clone();
        Callback::from(move |()| code.set(false))
    };
    html! {
        <>
        <header class="header presenter-bar">
            <div class="presenter-bar__time" role="group">
                { round("share.step-back", "step-back", "back", Engine::step_back) }
                <button type="button" class="button button--round button--strong" id="play" title={say(language, play_label)}
                    aria-label={say(language, play_label)} onclick={act(Engine::toggle)}>{ icon(play_icon) }</button>
                { round("page.step", "step", "step", Engine::step) }
                <select class="select" id="speed" aria-label={say(language, "page.speed")} onchange={onspeed}>
                    { for SPEEDS.iter().enumerate().map(|(index, factor)| html! { <option value={index.to_string()} selected={index == props.speed}>{ format!("{factor}×") }</option> }) }
                </select>
                <time class="time__clock" id="clock"><span class="time__day"></span><span></span></time>
                <span class="time__next quiet" id="next"></span>
            </div>
            <div class="presenter-bar__panels" role="group" aria-label={say(language, "share.panels")}>{ for Panel::ALL.into_iter().map(panel) }</div>
            <div class="presenter-bar__more">
                <button type="button" class="button" id="break-node" onclick={act(Engine::break_a_node)}>{ say(language, "share.break-node") }</button>
                <button type="button" class={classes!("button", props.light.then_some("button--on"))} id="light-switch" aria-pressed={props.light.to_string()}
                    onclick={act(Engine::toggle_light)}>{ say(language, "share.light-switch") }</button>
                <button type="button" class="button" id="present-qr" onclick={oncode}>{ say(language, "share.qr-short") }</button>
                <button type="button" class="button" id="class-start" onclick={act(Engine::class_start)}>{ say(language, "share.to-start") }</button>
                <button type="button" class="button" id="end-presenting" onclick={act(Engine::end_presenting)}>{ say(language, "share.present-end") }</button>
            </div>
        </header>
        if props.light { <div class="light" id="light" aria-hidden="true"></div> }
        if *code { <QrSheet engine={props.engine.clone()} {language} onclose={offcode} /> }
        </>
    }
}

/// What the sheet with the code needs.
#[derive(Properties, PartialEq)]
struct QrSheetProps {
    engine: Engine,
    language: Language,
    onclose: Callback<()>,
}

/// The QR code, as large as the screen allows.
#[component]
fn QrSheet(props: &QrSheetProps) -> Html {
    let language = props.language;
    use_effect_with((), |()| platform::show_dialog("#qr-sheet"));
    let onclose = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: Event| onclose.emit(()))
    };
    let cross = Callback::from(|_: MouseEvent| platform::close_dialog("#qr-sheet"));
    html! {
        <dialog class="sheet sheet--qr" id="qr-sheet" aria-label={say(language, "share.qr-label")} {onclose}>
            <Qr engine={props.engine.clone()} {language} open=true />
            <button type="button" class="button" onclick={cross}>{ say(language, "page.close") }</button>
        </dialog>
    }
}
