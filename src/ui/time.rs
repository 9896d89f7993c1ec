//! Where the clock goes: to the next landmark, to a time, back, to a branch; and two futures that run side by side.
//!
//! Each of these is a command of the terminal; buttons, keys and the timeline press them. What was seen is gone to at
//! once. What was not is run towards, some work at a picture, so that a far time does not hold the page up.

use std::rc::Rc;

use super::bridge::{Engine, State, day_and_time};
use super::platform;
use crate::cluster::{Cluster, Futures, Landmark, Side};
use crate::language::{Text, word};
use crate::sim::{Duration, Time};
use crate::terminal::{Effect, Poll, Stream, tell_other};
use crate::view::futures::TwinsView;
use crate::view::palette::Palette;
use crate::view::state::Selection;

/// How long a search for a landmark may take.
const LONGEST_SEARCH_MILLIS: f64 = 700.0;

impl Engine {
    /// Does what a command about time asks for.
    pub(super) fn perform_time(&self, effect: Effect) {
        match effect {
            Effect::Back(span) => self.back(span),
            Effect::Seek(at) => self.go_to(at),
            Effect::Next(what) => self.next(&what),
            Effect::Previous(what) => {
                if let Some(at) = self.read(|state| state.cluster.previous(&what)) {
                    self.go_to(at);
                }
            }
            Effect::Undo => self.go(|state| drop(state.cluster.undo())),
            Effect::Redo => self.go(|state| drop(state.cluster.redo())),
            Effect::Continue => self.continue_here(),
            Effect::Switch(name) => self.switch(&name),
            Effect::Fork(command) => self.fork(&command),
            Effect::Both(command) => self.both(&command),
            Effect::Side(side) => self.turn(side),
            Effect::Keep(side) => self.keep_future(side),
            Effect::Compare => self.compare(),
            _ => {}
        }
    }

    /// Moves the world to another moment, and stands there.
    fn go(&self, go: impl FnOnce(&mut State)) {
        self.catch_up();
        self.write(|state| {
            state.playing = false;
            state.skipping = None;
            let begun = platform::steady_clock();
            go(state);
            // Whoever measures the page reads how long it took.
            platform::set_root("data-back", &format!("{:.1}", platform::steady_clock() - begun));
            state.epoch += 1;
            state.follow_clock();
        });
        self.poll();
        self.plan();
    }

    /// To the next change that somebody who looks would see.
    pub(crate) fn step(&self) {
        self.press("yard next");
    }

    /// Back by a span, and stands there.
    pub(crate) fn back(&self, span: Duration) {
        let at = self.read(|state| state.cluster.now()) - span;
        self.go(|state| state.seek(at));
    }

    /// To a time, and stands there.
    pub(crate) fn go_to(&self, at: Time) {
        let (now, horizon) = self.read(|state| (state.cluster.now(), state.cluster.horizon()));
        if at <= now.max(horizon) {
            return self.go(|state| state.seek(at));
        }
        self.catch_up();
        self.write(|state| {
            state.playing = false;
            state.skipping = Some(at);
        });
        self.plan();
    }

    /// Shows a moment while the cursor is dragged; the command comes when it is let go.
    pub(crate) fn peek(&self, at: Time) {
        let at = at.min(self.read(|state| state.cluster.horizon()));
        if self.read(|state| state.restoring.is_none() && state.cluster.now() != at) {
            self.go(|state| state.seek(at));
        }
    }

    /// To the next landmark, and stands there. Where none will come by itself, the clock stays.
    fn next(&self, what: &Landmark) {
        self.catch_up();
        let begun = platform::steady_clock();
        let mut go_on = || platform::steady_clock() - begun < LONGEST_SEARCH_MILLIS;
        self.write(|state| {
            state.playing = false;
            state.skipping = None;
            if state.cluster.go_to_next(what, &mut go_on) {
                if let Some(futures) = &mut state.terminal.futures {
                    futures.other.run_until(state.cluster.now());
                }
            } else {
                let text = word(state.language, "page.nothing-ahead");
                state.push("explain", &text);
            }
            state.follow_clock();
        });
        self.poll();
        self.plan();
    }

    /// What jumps from change to change of one object are about.
    pub(crate) fn set_chosen(&self, chosen: Option<Selection>) {
        self.state.borrow_mut().chosen = chosen;
    }

    /// There is something new to show that the cluster does not know of.
    pub(crate) fn look_again(&self) {
        self.write(|_| ());
    }

    // ---- branches ----

    fn continue_here(&self) {
        self.write(|state| {
            if let Some(name) = state.cluster.continue_here() {
                let text = Text::new("time.left").with("name", name).render(state.language);
                state.push("explain", &text);
            }
        });
        self.plan();
    }

    fn switch(&self, name: &str) {
        self.go(|state| {
            let left = Rc::clone(state.cluster.branch_name());
            if let Some(futures) = state.terminal.futures.take() {
                futures.fold(&mut state.cluster);
            }
            if state.cluster.switch(name) {
                let text = Text::new("time.switched").with("name", name).with("left", left);
                let text = text.render(state.language);
                state.push("explain", &text);
            }
        });
        self.check();
    }

    // ---- two futures ----

    fn fork(&self, command: &str) {
        self.catch_up();
        let poll = self.write(|state| {
            let mut futures = Futures::begin(&state.cluster, command);
            let poll = tell_other(&mut futures, &state.terminal, command);
            futures.share_ahead(&state.cluster);
            state.terminal.futures = Some(Box::new(futures));
            poll
        });
        self.show_other(poll);
        self.plan();
    }

    fn both(&self, command: &str) {
        let told = self.write(|state| {
            let mut futures = state.terminal.futures.take()?;
            let poll = tell_other(&mut futures, &state.terminal, command);
            state.terminal.futures = Some(futures);
            Some(poll)
        });
        let Some(poll) = told else { return self.no_futures() };
        self.show_other(poll);
        self.press_quietly(command);
    }

    /// What the other side printed.
    fn show_other(&self, poll: Poll) {
        self.write(|state| {
            for (stream, text) in poll.output {
                let class = if stream == Stream::Out { "out" } else { "err" };
                state.push(class, text.trim_end_matches('\n'));
            }
        });
    }

    fn no_futures(&self) {
        self.write(|state| {
            let text = word(state.language, "futures.no-futures");
            state.push("explain", &text);
        });
    }

    fn turn(&self, side: Side) {
        let turned = self.write(|state| {
            let State { cluster, terminal, .. } = state;
            let Some(futures) = &mut terminal.futures else { return false };
            futures.turn(cluster, side);
            state.epoch += 1;
            state.lineage += 1;
            true
        });
        if !turned {
            self.no_futures();
        }
        self.check();
        self.plan();
    }

    fn keep_future(&self, side: Side) {
        let kept = self.write(|state| {
            let Some(futures) = state.terminal.futures.take() else { return false };
            let key = if side == Side::Left { "futures.left-word" } else { "futures.right-word" };
            let name = futures.keep(&mut state.cluster, side);
            let side = word(state.language, key);
            let text = Text::new("futures.kept").with("side", side).with("name", name);
            let text = text.render(state.language);
            state.push("explain", &text);
            state.epoch += 1;
            state.lineage += 1;
            state.follow_clock();
            true
        });
        if !kept {
            self.no_futures();
        }
        self.check();
        self.plan();
    }

    /// The two futures, if there are two; `before` is what was seen of them last.
    pub(super) fn twins(
        &self,
        before: Option<&Rc<TwinsView>>,
        palette: &mut Palette,
    ) -> Option<Rc<TwinsView>> {
        let mut state = self.state.borrow_mut();
        let State { cluster, terminal, language, .. } = &mut *state;
        let futures = terminal.futures.as_mut()?;
        Some(TwinsView::build(cluster, futures, before, palette, *language))
    }

    fn compare(&self) {
        self.write(|state| {
            let lines: Vec<String> = match &mut state.terminal.futures {
                None => vec![word(state.language, "futures.no-futures")],
                Some(futures) => {
                    futures.count(&state.cluster);
                    let all = futures.differences(&state.cluster);
                    let same = all.is_empty().then(|| word(state.language, "futures.same"));
                    let lines = all.iter().map(|one| one.sentence(state.language));
                    lines.chain(same).collect()
                }
            };
            for line in lines {
                state.push("out", &line);
            }
        });
    }

    /// What a button says that goes to a moment: the command for it.
    pub(crate) fn command_to(&self, at: Time) -> String {
        let (day, time) = day_and_time(at);
        let millis = at.unix_millis().rem_euclid(1000);
        let (now, horizon) = self.read(|state| (state.cluster.now(), state.cluster.horizon()));
        let verb = if at > now.max(horizon) { "until" } else { "back" };
        format!("yard {verb} {day}T{time}.{millis:03}Z")
    }
}

impl State {
    /// Goes to a time that was seen, on both sides if there are two.
    fn seek(&mut self, at: Time) {
        match &mut self.terminal.futures {
            Some(futures) => futures.seek(&mut self.cluster, at),
            None => self.cluster.seek(at),
        }
    }

    /// Moves both futures, or the one that there is, towards a time; says whether they are there. One that is ahead of it
    /// does what is left of its own instant.
    pub(super) fn run_towards(&mut self, at: Time, work: u64) -> bool {
        let run = |cluster: &mut Cluster| cluster.run_towards(at.max(cluster.now()), work);
        let own = run(&mut self.cluster);
        let other = self.terminal.futures.as_mut();
        other.is_none_or(|futures| run(&mut futures.other)) && own
    }

    /// The clock of the one that is behind.
    pub(super) fn slowest(&self) -> Time {
        let other = self.terminal.futures.as_ref().map(|futures| futures.other.now());
        other.map_or(self.cluster.now(), |other| other.min(self.cluster.now()))
    }

    /// The version of what is shown, on both sides.
    pub(super) fn version(&self) -> u64 {
        let other = self.terminal.futures.as_ref();
        let other = other.map_or(0, |futures| futures.other.store().resource_version());
        self.cluster.store().resource_version() + other
    }

    /// The cluster with all that is worth keeping: of two futures the other one is a branch.
    pub(super) fn whole(&self) -> Cluster {
        let mut cluster = self.cluster.clone();
        if let Some(futures) = self.terminal.futures.clone() {
            futures.fold(&mut cluster);
        }
        cluster
    }
}
