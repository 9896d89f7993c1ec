//! The page as a guest of another page: what it brings is applied, it rests when nobody sees it, plays a span again
//! and again where asked, and follows its host's orders. It keeps nothing in the browser: "Open in full" carries what
//! the reader did.

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::{Engine, State};
use super::components::say;
use super::icon::icon;
use super::platform;
use super::school::Desk;
use crate::api::Value;
use crate::language::{Language, Text, word};
use crate::sim::{Duration, Time};
use crate::view::address::Controls;
use crate::view::guest::{self, Moment, Order};
use crate::view::state::{SPEEDS, speed_index};

/// How often the host is told how things stand, at most.
const REPORT_MILLIS: u32 = 250;
/// How far into the future a host may seek: a month.
const FARTHEST: Duration = Duration::from_seconds(31 * 86_400);

/// An answer that waits for a command's end.
struct Owed {
    id: Option<Value>,
    /// How many lines were written before.
    after: u64,
}

/// A span that is played again and again, until somebody does something else.
struct Round {
    from: Desk,
    to: Time,
    inputs: usize,
    epoch: u64,
}

/// What the page knows of being a guest.
#[derive(Default)]
pub(super) struct Guest {
    /// How it began.
    start: Option<Desk>,
    round: Option<Round>,
    owed: Vec<Owed>,
    /// What the host was told last.
    told: Option<(u64, u64, bool, f64)>,
    timer: Option<Timeout>,
    /// The lesson that the host was told is over.
    completed: Option<String>,
}

impl Guest {
    /// When the span that is played is over.
    pub(super) fn due(&self) -> Option<Time> {
        self.round.as_ref().map(|round| round.to)
    }
}

impl Engine {
    /// Arrives as a guest.
    pub(super) fn be_guest(&self) {
        self.unpack();
        let address = self.read(|state| state.address.clone());
        if let Some((from, to)) = address.repeat {
            self.write(|state| {
                let start = state.cluster.config().start;
                state.cluster.run_until(start + from);
                state.follow_clock();
                let (inputs, epoch) = (state.cluster.inputs().len(), state.epoch);
                let from = Desk::of(state);
                state.guest.round = Some(Round { from, to: start + to, inputs, epoch });
            });
        }
        if platform::linked() {
            self.take_link();
        }
        self.write(|state| state.guest.start = Some(Desk::of(state)));
        let engine = self.clone();
        let closure = Closure::new(move |text: String| engine.obey(&text));
        platform::hear_host(&closure);
        // The page listens as long as it lives.
        closure.forget();
        platform::tell_host(
            &guest::ready(address.lesson.as_ref().map(|(id, _)| id.as_str())),
            true,
        );
    }

    /// Takes in the files behind the # of the address, and applies them where that is asked for.
    fn unpack(&self) {
        let mut pairs = platform::cargo().into_iter();
        let (mut files, mut lines) = (Vec::new(), Vec::new());
        while let (Some(name), Some(text)) = (pairs.next(), pairs.next()) {
            match guest::file_name(&name) {
                Some(name) => files.push((name, text)),
                None if name.is_empty() => lines.push(text),
                None => {}
            }
        }
        if files.is_empty() && lines.is_empty() {
            return;
        }
        let (apply, first) = self.write(|state| {
            if !files.is_empty() {
                state.terminal.files.clear();
            }
            for (name, text) in &files {
                state.terminal.files.insert(name.clone(), text.as_str().into());
            }
            if let Some((name, _)) = files.first() {
                state.file.clone_from(name);
            }
            (state.address.apply, state.file.clone())
        });
        self.open(&first);
        let mut script: Vec<String> = Vec::new();
        if apply {
            script.extend(files.iter().map(|(name, _)| format!("kubectl apply -f {name}")));
        }
        script.extend(lines);
        if !script.is_empty() {
            self.enter(&script.join("\n"));
        }
    }

    /// A link of the whole page that brings files (`#yaml=…`): they are there to look at, nothing is applied.
    pub(super) fn unpack_quietly(&self) {
        if !platform::has_cargo() {
            return;
        }
        let mut pairs = platform::cargo().into_iter();
        while let (Some(name), Some(text)) = (pairs.next(), pairs.next()) {
            if let Some(name) = guest::file_name(&name) {
                self.add(&name, &text);
            }
        }
        platform::drop_cargo();
    }

    /// At the end of the span that is played it begins again; once somebody did something it is over.
    pub(super) fn turn_round(&self) {
        let back = {
            let mut state = self.state.borrow_mut();
            let State { guest, cluster, epoch, .. } = &mut *state;
            match &guest.round {
                Some(round) if round.epoch != *epoch || cluster.inputs().len() != round.inputs => {
                    guest.round = None;
                    None
                }
                Some(round) if cluster.now() >= round.to => Some(round.from.clone()),
                _ => None,
            }
        };
        let Some(desk) = back else { return };
        self.write(|state| {
            state.cluster = desk.cluster;
            state.epoch += 1;
            state.lineage += 1;
            let epoch = state.epoch;
            state.follow_clock();
            if let Some(round) = &mut state.guest.round {
                round.epoch = epoch;
            }
        });
    }

    /// Back to how the embed began, or the lesson's step.
    pub(crate) fn start_over(&self) {
        if self.read(|state| state.school.at_work()) {
            return self.again();
        }
        let start = self.read(|state| state.guest.start.clone());
        if let Some(desk) = start {
            self.sit_down(&desk);
        }
    }

    /// Follows an order of the host.
    fn obey(&self, text: &str) {
        let Some(asked) = guest::read(text) else { return };
        let id = asked.id;
        let order = match asked.order {
            Ok(order) => order,
            Err(why) => return platform::tell_host(&guest::error(id.as_ref(), why), false),
        };
        match order {
            Order::Hello => {
                let lesson = self.read(|state| state.address.lesson.clone());
                let lesson = lesson.as_ref().map(|(id, _)| id.as_str());
                platform::tell_host(&guest::ready(lesson), false);
                self.report();
            }
            Order::State => self.report(),
            Order::Run(commands) => self.follow(id, &commands),
            Order::Apply { file, yaml } => {
                self.write(|state| {
                    state.terminal.files.insert(file.clone(), yaml.as_str().into());
                    state.file.clone_from(&file);
                });
                self.open(&file);
                self.follow(id, &format!("kubectl apply -f {file}"));
            }
            Order::Reset => {
                self.start_over();
                platform::tell_host(&guest::result(id.as_ref(), 0, ""), false);
            }
            Order::Seek(to) => {
                self.seek(to);
                platform::tell_host(&guest::result(id.as_ref(), 0, ""), false);
            }
            Order::Play => self.set_playing(true),
            Order::Pause => self.set_playing(false),
            Order::Speed(factor) => {
                self.set_speed(speed_index(factor));
            }
        }
    }

    /// Runs lines for the host, which is told how they ended.
    fn follow(&self, id: Option<Value>, commands: &str) {
        let after = self.read(State::written);
        self.press(commands);
        // Not before: on its way to the present the clock would pay it with what was said last.
        self.state.borrow_mut().guest.owed.push(Owed { id, after });
        self.settle_debts();
    }

    /// Tells the host of commands that are over.
    pub(super) fn settle_debts(&self) {
        let answers = {
            let mut state = self.state.borrow_mut();
            if state.guest.owed.is_empty() || state.busy() {
                return;
            }
            let owed = std::mem::take(&mut state.guest.owed);
            let status = i64::from(state.terminal.status);
            let answer = |one: Owed| {
                let new = state.lines.iter().filter(|line| line.id > one.after);
                let shown = new.filter(|line| matches!(line.class, "out" | "err"));
                let text: Vec<&str> = shown.map(|line| &*line.text).collect();
                guest::result(one.id.as_ref(), status, &text.join("\n"))
            };
            owed.into_iter().map(answer).collect::<Vec<String>>()
        };
        for answer in answers {
            platform::tell_host(&answer, false);
        }
    }

    fn seek(&self, to: Moment) {
        let (seen, start) = self.read(|state| {
            let seen = state.cluster.now().max(state.cluster.horizon());
            (seen, state.cluster.config().start)
        });
        let at = match to {
            Moment::After(span) => start + span,
            Moment::At(at) => at.max(start),
        };
        let at = at.min(seen + FARTHEST);
        if at <= seen {
            return self.go_to(at);
        }
        self.catch_up();
        self.write(|state| {
            state.playing = false;
            state.cluster.run_until(at);
            state.follow_clock();
        });
        self.attend();
        self.plan();
    }

    /// Tells the host how things stand, a moment from now.
    pub(super) fn report_soon(&self) {
        if !self.read(|state| state.address.embed) || !platform::host_known() {
            return;
        }
        self.settle_debts();
        let mut state = self.state.borrow_mut();
        let now = state.standing();
        if state.guest.told == Some(now) || state.guest.timer.is_some() {
            return;
        }
        let engine = self.clone();
        state.guest.timer = Some(Timeout::new(REPORT_MILLIS, move || engine.report()));
    }

    fn report(&self) {
        let fired = self.state.borrow_mut().guest.timer.take();
        drop(fired);
        let text = {
            let mut state = self.state.borrow_mut();
            state.guest.told = Some(state.standing());
            guest::state(&state.cluster, state.playing, state.speed)
        };
        platform::tell_host(&text, false);
    }

    /// Tells the host of tasks that were just done, and of a lesson that is.
    pub(super) fn boast(&self, done: &[usize]) {
        if !self.read(|state| state.address.embed) {
            return;
        }
        let (messages, over) = self.read(|state| {
            let Some((id, player)) = state.school.at() else { return (Vec::new(), None) };
            let step = player.step_index();
            let mut messages: Vec<String> =
                done.iter().map(|task| guest::task_passed(id, step, *task)).collect();
            let over = player.over() && state.guest.completed.as_deref() != Some(id);
            if over {
                let own = player.progress();
                messages.push(guest::lesson_completed(id, !own.shown, own.hints));
            }
            (messages, over.then(|| id.to_owned()))
        });
        if over.is_some() {
            self.state.borrow_mut().guest.completed = over;
        }
        for message in messages {
            platform::tell_host(&message, false);
        }
    }

    /// The whole page in a tab of its own, with what the reader did.
    pub(crate) fn open_in_full(&self) {
        let text = self.read(|state| state.whole_session().to_json());
        let language = self.read(|state| state.language.tag());
        platform::open_in_tab(&text, &format!("?lang={language}"));
    }
}

impl State {
    /// Whether what is done is not kept: in an embed, and while somebody presents on a copy.
    pub(super) const fn transient(&self) -> bool {
        self.address.embed || self.presenter.is_some()
    }

    /// What a host would want to know of: versions, clock and speed.
    fn standing(&self) -> (u64, u64, bool, f64) {
        (self.cluster.store().resource_version(), self.epoch, self.playing, self.speed)
    }
}

/// What the bar of an embed shows.
#[derive(Properties, PartialEq)]
pub(crate) struct EmbedBarProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// Whether the clock runs.
    pub playing: bool,
    /// The place of the speed on the slider.
    pub speed: usize,
    /// How much of it is wanted.
    pub controls: Controls,
}

/// The bar of an embed: time, and the way to the whole page.
#[component]
pub(crate) fn EmbedBar(props: &EmbedBarProps) -> Html {
    let language = props.language;
    let act = |act: fn(&Engine)| {
        let engine = props.engine.clone();
        Callback::from(move |_: MouseEvent| act(&engine))
    };
    let onspeed = {
        let engine = props.engine.clone();
        Callback::from(move |event: Event| {
            if let Ok(index) = platform::value(&event).parse() {
                engine.set_speed(index);
            }
        })
    };
    let (play_label, play_icon) =
        if props.playing { ("page.pause", "pause") } else { ("page.play", "play") };
    let full = props.controls == Controls::Full;
    let option = |(index, factor): (usize, &f64)| {
        html! { <option value={index.to_string()} selected={index == props.speed}>{ format!("{factor}×") }</option> }
    };
    html! {
        <header class="embed-bar">
            <button type="button" class="button button--round button--strong" id="play" title={say(language, play_label)}
                aria-label={say(language, play_label)} onclick={act(Engine::toggle)}>{ icon(play_icon) }</button>
            if full {
                <button type="button" class="button button--round" id="step" title={say(language, "page.step")}
                    aria-label={say(language, "page.step")} onclick={act(Engine::step)}>{ icon("step") }</button>
                <button type="button" class="button button--round" id="start-over" title={say(language, "page.reset")}
                    aria-label={say(language, "page.reset")} onclick={act(Engine::start_over)}>{ icon("back") }</button>
                <select class="select embed-bar__speed" id="speed" aria-label={say(language, "page.speed")} onchange={onspeed}>
                    { for SPEEDS.iter().enumerate().map(option) }
                </select>
            }
            <time class="time__clock" id="clock"><span class="time__day"></span><span></span></time>
            <span class="time__next quiet" id="next"></span>
            <button type="button" class="button embed-bar__full" id="full" onclick={act(Engine::open_in_full)}>{ say(language, "share.full") }{ " ↗" }</button>
        </header>
    }
}

/// What was copied or saved, or why not: a line in the terminal, said to readers too.
pub(super) fn note(engine: &Engine, text: &Text) {
    engine.write(|state| {
        let words = text.render(state.language);
        state.push("explain", &words);
        platform::announce(&words);
    });
}

/// The words on the button behind which an embed waits.
pub(super) fn reveal_label(language: Language) -> String {
    word(language, "share.reveal")
}
