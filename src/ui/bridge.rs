//! The engine behind the page: owns the cluster and the terminal, moves time, and tells the app when there is something
//! new to show.
//!
//! It sleeps until something is due. While the clock stands still, the page is hidden, or nothing will ever happen by
//! itself there is no timer and no frame; while the next thing is more than [`FAR_MILLIS`] away there is one timer.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::Closure;

use super::embed::Guest;
use super::files::{Cursor, Desk};
use super::keep::Keeper;
use super::platform;
use super::present::Presenter;
use super::school::School;
use super::shell::Line;
use crate::cluster::{Cluster, Config, Replay};
use crate::language::{Language, word};
use crate::sim::Time;
use crate::sim::rng::Seed;
use crate::terminal::{Running, Terminal};
use crate::view::address::Address;
use crate::view::panels::Panels;
use crate::view::screen;
use crate::view::state::{SPEEDS, Selection};

/// How long the cluster may work for one picture, and how many reconciles lie between looks at the watch.
/// A picture has 8 ms for all its scripts and its layout; more than half of that is for showing what the work did.
const WORK_MILLIS: f64 = 3.0;
const WORK_PER_LOOK: u64 = 2;
/// After more work than this the next picture shows what it did: work and views together would take too much of one.
const SHARED_MILLIS: f64 = 2.0;
/// How long it may work for a picture in the midst of an instant, of which nothing is shown but the clock.
const SETTLE_MILLIS: f64 = 5.5;
/// The longest delay of a timer or picture that the clock makes up for.
const LONGEST_DELAY_MILLIS: f64 = 250.0;
/// What is due so soon waits for the next picture instead of a timer.
const SOON_MILLIS: f64 = 40.0;
/// What is due so late is slept towards without showing the seconds between.
const FAR_MILLIS: f64 = 60_000.0;
/// How often rings are drawn.
const RING_MILLIS: f64 = 200.0;
/// How far a pane of text may lag behind the yard.
pub(crate) const LAG_MILLIS: f64 = 500.0;
/// How long the cluster may work for one picture on its way to a time that was asked for.
const SKIP_MILLIS: f64 = 30.0;

/// What the engine keeps.
pub(crate) struct State {
    pub cluster: Cluster,
    pub terminal: Terminal,
    pub lines: Vec<Line>,
    pub playing: bool,
    pub speed: f64,
    pub language: Language,
    /// The open file.
    pub file: String,
    /// What the editor shows beside the text, and where its cursor stands.
    pub desk: Desk,
    pub(super) cursor: Cursor,
    /// Counts how often the world became another one: back, undo, reset, a session.
    pub epoch: u64,
    /// Counts how often it became the world of another session, or the other one of two futures.
    pub lineage: u64,
    /// The time that the clock is on its way to, as fast as the cluster can.
    pub skipping: Option<Time>,
    /// What is selected.
    pub chosen: Option<Selection>,
    /// Counts the looks at the clock while somebody reads ages.
    pub looks: u64,
    /// Whether somebody reads ages.
    pub reading: bool,
    /// Whether a ring counts down on the screen.
    pub rings: bool,
    /// How many milliseconds may pass until something that lags behind has another picture; for ever, if nothing does.
    behind: f64,
    /// How long the cluster worked for the last picture, and whether something is yet to be shown before it works on.
    spent: f64,
    owed: bool,
    /// What the address asks for.
    pub address: Address,
    pub(super) guest: Guest,
    pub(super) keeper: Keeper,
    pub(super) school: School,
    pub(super) presenter: Option<Presenter>,
    /// What is selected.
    pub(super) pointed: Option<Selection>,
    pub(super) restoring: Option<Replay>,
    pub(super) running: Option<Running>,
    /// What stands before the line that it wants to read.
    pub(super) asks: Option<String>,
    /// What the last command was about.
    pub(super) about: screen::Context,
    /// When the running command wants to be asked again.
    pub(super) until: Option<Time>,
    /// Counts the lines ever written.
    pub(super) written: u64,
    /// How many rows stand on the screen.
    pub(super) rows: usize,
    /// Where the clock should be, with parts of milliseconds.
    target: f64,
    /// When the clock was last moved, and how much later it was to be moved again.
    last: f64,
    planned: f64,
    pub(super) hidden: bool,
    framed: bool,
    timer: Option<Timeout>,
}

/// A handle to the engine.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(super) state: Rc<RefCell<State>>,
    pub(super) changed: Rc<dyn Fn()>,
    frame: Rc<RefCell<Option<Closure<dyn FnMut()>>>>,
}

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }
}

/// What the address asks for.
fn start_config(address: &Address) -> Config {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
    let wall = Time::from_unix_millis(platform::wall_clock() as i64).cut_to_second();
    Config {
        seed: Seed(address.seed.unwrap_or(1)),
        start: address.start.unwrap_or(wall),
        workers: address.nodes.unwrap_or(3),
        ..Config::default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this century fit a double")]
const fn millis(at: Time) -> f64 {
    at.unix_millis() as f64
}

impl Engine {
    /// A new cluster, or the one that the browser kept; `changed` is called when there is something new to show.
    pub(crate) fn new(language: Language, changed: Rc<dyn Fn()>) -> Self {
        let address = Address::read(platform::parameter);
        let cluster = Cluster::new(start_config(&address));
        let target = millis(cluster.now());
        let mut terminal = Terminal { language, ..Terminal::default() };
        let text = include_str!("../../assets/examples/job.yaml");
        terminal.files.insert("job.yaml".into(), text.into());
        let state = State {
            cluster,
            terminal,
            lines: Vec::new(),
            playing: !address.paused,
            speed: address.speed.unwrap_or(1.0),
            language,
            file: "job.yaml".into(),
            desk: Desk::default(),
            cursor: Cursor::default(),
            epoch: 0,
            lineage: 0,
            skipping: None,
            chosen: None,
            looks: 0,
            reading: false,
            rings: false,
            behind: f64::INFINITY,
            spent: 0.0,
            owed: false,
            guest: Guest::default(),
            keeper: Keeper::default(),
            address,
            school: School::default(),
            presenter: None,
            pointed: None,
            restoring: None,
            running: None,
            asks: None,
            about: screen::Context::default(),
            until: None,
            written: 0,
            rows: 0,
            target,
            last: platform::steady_clock(),
            planned: 0.0,
            hidden: platform::hidden() || platform::out_of_view(),
            framed: false,
            timer: None,
        };
        let engine = Self { state: Rc::new(RefCell::new(state)), changed, frame: Rc::default() };
        if engine.read(|state| state.address.embed) {
            engine.be_guest();
        } else {
            engine.arrive();
        }
        engine.enter_school();
        engine.receive_drops();
        if engine.read(|state| state.address.present) {
            engine.begin_presenting();
        }
        engine.watch_visibility();
        engine.plan();
        engine
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.borrow())
    }

    pub(super) fn write<T>(&self, write: impl FnOnce(&mut State) -> T) -> T {
        let result = write(&mut self.state.borrow_mut());
        self.keep_soon();
        self.report_soon();
        (self.changed)();
        result
    }

    // ---- time ----

    /// Starts or stops the clock.
    pub(crate) fn set_playing(&self, playing: bool) {
        self.catch_up();
        self.write(|state| {
            state.playing = playing;
            state.skipping = None;
        });
        self.plan();
    }

    /// Starts the clock if it stands, stops it if it runs.
    pub(crate) fn toggle(&self) {
        let playing = self.read(|state| state.playing);
        self.set_playing(!playing);
    }

    /// Sets the speed by its place on the slider.
    pub(crate) fn set_speed(&self, index: usize) {
        self.catch_up();
        self.write(|state| state.speed = SPEEDS.get(index).copied().unwrap_or(1.0));
        self.plan();
    }

    /// Begins anew.
    pub(crate) fn reset(&self, seed: Option<u64>) {
        let mut config = self.read(|state| state.cluster.config().clone());
        if let Some(seed) = seed {
            config.seed = Seed(seed);
        }
        self.adopt(Cluster::new(config));
    }

    /// Goes on with another cluster.
    pub(super) fn adopt(&self, cluster: Cluster) {
        self.write(|state| {
            state.cluster = cluster;
            state.running = None;
            state.until = None;
            state.skipping = None;
            state.terminal.futures = None;
            state.epoch += 1;
            state.lineage += 1;
            state.follow_clock();
        });
        self.check();
        self.plan();
    }

    fn watch_visibility(&self) {
        let engine = self.clone();
        let closure = Closure::new(move || {
            engine.catch_up();
            engine.keep_now();
            let mut state = engine.state.borrow_mut();
            state.hidden = platform::hidden() || platform::out_of_view();
            // What passes while nobody sees it does not count.
            state.last = platform::steady_clock();
            drop(state);
            engine.plan();
        });
        platform::on_visibility(&closure);
        if self.read(|state| state.address.embed) {
            platform::on_view(&closure);
        }
        // The page listens as long as it lives.
        closure.forget();
    }

    /// Somebody reads ages, or no longer does.
    pub(crate) fn set_reading(&self, reading: bool) {
        self.state.borrow_mut().reading = reading;
        self.plan();
    }

    /// Something lags behind: there will be another picture for it, after so many milliseconds at the latest.
    pub(crate) fn set_behind(&self, millis: f64) {
        let sooner = {
            let behind = &mut self.state.borrow_mut().behind;
            let sooner = millis < *behind;
            *behind = behind.min(millis);
            sooner
        };
        if sooner {
            self.plan();
        }
    }

    /// What this picture has no room for is shown by the next one, before the cluster works on.
    pub(crate) fn put_off(&self) {
        self.state.borrow_mut().owed = true;
        self.plan();
    }

    /// A ring counts down on the screen, or none does.
    pub(crate) fn set_rings(&self, rings: bool) {
        let before = std::mem::replace(&mut self.state.borrow_mut().rings, rings);
        if rings && !before {
            self.plan();
        }
    }

    /// Moves the clock to where it should be by now; says whether anything happened.
    pub(super) fn catch_up(&self) -> bool {
        let moved = self.work();
        if moved {
            (self.changed)();
        }
        moved
    }

    /// The same without a picture of it.
    fn work(&self) -> bool {
        let moved = self.state.borrow_mut().advance();
        if moved {
            self.poll();
            self.attend();
            self.govern_on();
            self.turn_round();
            self.report_soon();
            self.keep_soon();
        }
        moved
    }

    /// Asks for a picture or sets a timer, whichever the next due thing needs, or neither.
    pub(super) fn plan(&self) {
        let frame = {
            let mut state = self.state.borrow_mut();
            state.timer = None;
            let wait = state.wait();
            state.planned = wait.unwrap_or(f64::INFINITY);
            match wait {
                None => false,
                Some(wait) if wait < SOON_MILLIS => !std::mem::replace(&mut state.framed, true),
                Some(wait) => {
                    let engine = self.clone();
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "clamped to what a timer takes"
                    )]
                    let wait = wait.clamp(1.0, 2e9).ceil() as u32;
                    state.timer = Some(Timeout::new(wait, move || engine.on_wake()));
                    false
                }
            }
        };
        self.show_clock();
        if frame {
            self.request_frame();
        }
    }

    fn request_frame(&self) {
        let mut slot = self.frame.borrow_mut();
        let closure = slot.get_or_insert_with(|| {
            let engine = self.clone();
            Closure::new(move || {
                engine.state.borrow_mut().framed = false;
                engine.on_wake();
            })
        });
        platform::next_frame(closure);
    }

    fn on_wake(&self) {
        let fired = self.state.borrow_mut().timer.take();
        drop(fired);
        self.go_on_restoring();
        if std::mem::take(&mut self.state.borrow_mut().owed) {
            (self.changed)();
            return self.plan();
        }
        let moved = self.work();
        if moved {
            let mut state = self.state.borrow_mut();
            // What is half done is not shown: everything would be drawn again and again.
            let whole = state.settled();
            state.owed = whole && state.spent > SHARED_MILLIS && state.skipping.is_none();
            let shown = whole && !state.owed;
            drop(state);
            if shown {
                (self.changed)();
            }
        }
        let again = !moved && {
            let mut state = self.state.borrow_mut();
            state.looks += 1;
            let behind = std::mem::replace(&mut state.behind, f64::INFINITY);
            behind.is_finite() || state.reading && state.playing
        };
        if again {
            (self.changed)();
        }
        self.plan();
    }

    /// Writes the clock and the rings where they stand; no picture is made for it.
    pub(crate) fn show_clock(&self) {
        let state = self.state.borrow();
        if state.hidden {
            return;
        }
        let at = Time::from_unix_millis(state.target_millis());
        let next = match (state.playing, state.due()) {
            (true, None) => word(state.language, "page.resting"),
            (true, Some(due)) if state.wait_for(due) > FAR_MILLIS => {
                let at = day_and_time(due).1;
                crate::language::Text::new("page.next").with("at", at).render(state.language)
            }
            _ => String::new(),
        };
        let (day, time) = day_and_time(at);
        platform::tick(&day, &time, &next, state.target);
        let (start, horizon) = (state.cluster.config().start, state.cluster.horizon());
        platform::timeline_clock(state.target, millis(start), millis(horizon), state.playing);
        platform::stage::tick_stage(state.target);
    }
}

/// `2026-01-01` and `00:00:00`.
pub(crate) fn day_and_time(at: Time) -> (String, String) {
    let text = at.rfc3339();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    (day.to_owned(), time.trim_end_matches('Z').to_owned())
}

impl State {
    /// The parts of the page that are shown.
    pub(crate) fn panels(&self) -> Panels {
        let lesson = self.player().and_then(|player| player.lesson().settings.panels.clone());
        let presented = self.presenter.as_ref().map(Presenter::panels);
        Panels::first([presented, self.address.panels.clone(), lesson])
    }

    /// How many lines were ever written.
    pub(crate) const fn written(&self) -> u64 {
        self.written
    }

    /// The clock of the page stands where the cluster's does.
    pub(super) fn follow_clock(&mut self) {
        self.target = millis(self.cluster.now());
        self.last = platform::steady_clock();
    }

    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
    const fn target_millis(&self) -> i64 {
        self.target as i64
    }

    /// Whether all is done of this instant; where nobody sees any, it is now.
    pub(super) fn at_rest(&mut self) -> bool {
        if self.hidden {
            self.cluster.settle();
        }
        self.cluster.settled()
    }

    /// Whether all is done of this instant, on both sides if there are two.
    fn settled(&self) -> bool {
        let other = self.terminal.futures.as_ref();
        self.cluster.settled() && other.is_none_or(|futures| futures.other.settled())
    }

    /// Moves the clock by the time that passed; says whether anything happened.
    fn advance(&mut self) -> bool {
        let now = platform::steady_clock();
        // A computer that slept does not make the cluster run after it.
        let passed = (now - self.last).clamp(0.0, self.planned + LONGEST_DELAY_MILLIS);
        self.last = now;
        let settled = self.settled();
        let still = !self.playing && self.skipping.is_none() && settled;
        if still || self.hidden || self.restoring.is_some() {
            return false;
        }
        let work = match self.skipping {
            Some(at) => {
                self.target = millis(at);
                SKIP_MILLIS
            }
            None => {
                if self.playing {
                    self.target += passed * self.speed;
                }
                if settled { WORK_MILLIS } else { SETTLE_MILLIS }
            }
        };
        let at = Time::from_unix_millis(self.target_millis());
        let version = self.version();
        let mut there = true;
        while !self.run_towards(at, WORK_PER_LOOK) {
            if platform::steady_clock() - now > work {
                // Too much to do at this speed: the clock waits for the work.
                self.target = millis(self.slowest());
                there = false;
                break;
            }
        }
        self.spent = platform::steady_clock() - now;
        let skipped = self.skipping.is_some();
        if there {
            self.skipping = None;
        }
        skipped
            || !settled
            || self.version() != version
            || self.until.is_some_and(|until| until <= self.cluster.now())
            || self.school.due().is_some_and(|due| due <= self.cluster.now())
            || self.guest.due().is_some_and(|due| due <= self.cluster.now())
    }

    /// When something is due next.
    fn due(&self) -> Option<Time> {
        let until = self.running.as_ref().and(self.until);
        let task = self.school.due().filter(|due| *due > self.cluster.now());
        [self.cluster.next_wake(), until, task, self.guest.due()].into_iter().flatten().min()
    }

    /// How long that is from now, in milliseconds of the person's time.
    fn wait_for(&self, due: Time) -> f64 {
        ((millis(due) - self.target) / self.speed).max(0.0)
    }

    /// How long to sleep; `None` for ever.
    fn wait(&self) -> Option<f64> {
        if self.hidden {
            return None;
        }
        let unfinished = self.skipping.is_some() || self.owed || !self.settled();
        if self.restoring.is_some() || unfinished {
            return Some(0.0);
        }
        if !self.playing {
            return None;
        }
        if self.behind.is_finite() {
            return Some(self.due().map_or(self.behind, |due| self.wait_for(due).min(self.behind)));
        }
        let wait = self.wait_for(self.due()?);
        if wait > FAR_MILLIS {
            return Some(wait);
        }
        // The clock shows seconds: at most ten a second of them.
        let second = (1000.0 - self.target.rem_euclid(1000.0)) / self.speed;
        let tick = if self.rings { RING_MILLIS } else { second.max(100.0) };
        Some(wait.min(tick))
    }

    /// Whether a command still runs.
    pub(crate) const fn busy(&self) -> bool {
        self.running.is_some()
    }

    pub(super) const fn busy_key(&self) -> &'static str {
        if self.restoring.is_some() { "page.restoring" } else { "page.busy" }
    }
}
