//! The terminal's part of the engine: what is typed and pressed, and what stands on the screen.

use std::rc::Rc;

use super::bridge::{Engine, State};
use super::platform;
use crate::language::{Language, Text, word};
use crate::sim::Duration;
use crate::terminal::{Completion, Effect, Pasted, Poll, Running, Stream, complete, pasted};
use crate::view::screen::{self, Mark, Part};
use crate::view::welcome;

/// At most so many lines are kept on the terminal's screen.
pub(super) const MOST_LINES: usize = 2_000;

/// A line on the terminal's screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Counts all lines since the page began.
    pub id: u64,
    /// `in`, `typed`, `out`, `err`, `explain` or `fix`.
    pub class: &'static str,
    /// The text.
    pub text: Rc<str>,
    /// The text, taken apart.
    pub parts: Rc<[Part]>,
}

impl Engine {
    /// Enter was pressed on a line; says whether the line was taken.
    pub(super) fn type_line(&self, text: &str) -> bool {
        let (busy, asks) = self.read(|state| (state.busy(), state.asks.clone()));
        match (busy, asks) {
            (true, Some(prompt)) => {
                self.catch_up();
                self.write(|state| {
                    state.push("typed", &format!("{prompt}{text}"));
                    if let Some(running) = &mut state.running {
                        running.type_line(text);
                    }
                });
                self.poll();
                self.plan();
                true
            }
            (busy, _) => {
                self.enter(text);
                !busy
            }
        }
    }

    /// Ctrl-D.
    pub(super) fn end_input(&self) {
        if !self.read(|state| state.asks.is_some()) {
            return;
        }
        self.write(|state| {
            if let Some(running) = &mut state.running {
                running.end_input();
            }
        });
        self.poll();
        self.plan();
    }

    /// Ctrl-C: what runs is stopped; otherwise the line is given up, and stays on the screen.
    pub(super) fn give_up(&self, text: &str) {
        if self.read(State::busy) {
            return self.interrupt();
        }
        self.write(|state| state.push("in", &format!("{text}^C")));
    }

    /// Ctrl-L.
    pub(super) fn clear_screen(&self) {
        self.write(|state| {
            state.lines.clear();
            state.rows = 0;
        });
    }

    /// What the last word of a text could become.
    pub(super) fn completion(&self, text: &str) -> Completion {
        self.read(|state| complete(text, &state.cluster, &state.terminal))
    }

    /// Says what a paste became.
    pub(super) fn tell_paste(&self, pasted: &Pasted) {
        let key = match (pasted.manifest, pasted.skipped) {
            (true, _) => "shell.pasted-manifest",
            (false, 0) => "shell.pasted",
            (false, _) => "shell.pasted-parts",
        };
        let text = Text::new(key).with("commands", pasted.commands).with("skipped", pasted.skipped);
        self.write(|state| {
            let words = text.render(state.language);
            state.push("explain", &words);
            state.tell("explain", &words);
        });
    }

    /// Opens a file at a place.
    pub(super) fn open_at(&self, file: &str, line: u32, column: u32) {
        self.open(file);
        platform::reveal(line, column);
    }

    /// Runs what was typed or pasted; prompts of a study note are taken off.
    pub(crate) fn enter(&self, text: &str) {
        platform::flush_editor();
        if self.read(|state| state.running.is_some() || state.restoring.is_some()) {
            let text = self.read(|state| word(state.language, state.busy_key()));
            return self.write(|state| state.push("explain", &text));
        }
        if self.take_manifest(text) {
            return;
        }
        let prompted = text.lines().any(|line| line.starts_with("$ "));
        let command = if prompted { pasted(text).text } else { text.to_owned() };
        self.catch_up();
        self.write(|state| {
            state.push("in", &command);
            let running = state.terminal.start_typed(&command);
            state.running = Some(running);
        });
        self.poll();
        self.plan();
    }

    /// Runs a command that a button stands for; what the terminal waits for, such as a watch, goes on.
    pub(crate) fn press(&self, command: &str) {
        platform::flush_editor();
        if !self.read(State::busy) || self.read(|state| state.restoring.is_some()) {
            return self.enter(command);
        }
        self.catch_up();
        let poll = {
            let mut state = self.state.borrow_mut();
            let mut running = state.terminal.start(command);
            state.ask_to_end(&mut running)
        };
        self.write(|state| state.push("in", command));
        self.show(poll);
        self.poll();
        self.plan();
    }

    /// Sets up the first minute, as its command would.
    pub(crate) fn welcome(&self) {
        self.catch_up();
        let poll = {
            let mut state = self.state.borrow_mut();
            let State { cluster, terminal, .. } = &mut *state;
            cluster.patiently(|cluster| welcome::set_up(cluster, terminal))
        };
        self.write(|state| state.push("in", welcome::SETUP));
        self.show(poll);
        self.plan();
    }

    /// Runs a command beside what runs, without a line of its own.
    pub(super) fn press_quietly(&self, command: &str) {
        let poll = {
            let mut state = self.state.borrow_mut();
            let mut running = state.terminal.start(command);
            state.ask_to_end(&mut running)
        };
        self.show(poll);
        self.plan();
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let stopped = {
            let mut state = self.state.borrow_mut();
            state.skipping = None;
            state.asks = None;
            let State { running, terminal, .. } = &mut *state;
            running.as_mut().map(|running| running.interrupt(terminal)).is_some()
        };
        if stopped {
            self.write(|state| state.push("err", "^C"));
            self.poll();
        }
    }

    /// Lets a command that waits go on, once all is done of the instant.
    pub(super) fn poll(&self) {
        let poll = {
            let mut state = self.state.borrow_mut();
            if !state.at_rest() {
                return;
            }
            let Some(mut command) = state.running.take() else { return };
            let poll = state.ask(&mut command);
            if poll.status.is_none() {
                state.running = Some(command);
            }
            state.until = poll.until.filter(|_| poll.status.is_none());
            let asked = std::mem::replace(&mut state.asks, poll.asks.clone());
            (asked != poll.asks, poll)
        };
        let (prompts, poll) = poll;
        let over = poll.status.is_some();
        self.show(poll);
        if prompts {
            (self.changed)();
        }
        if over {
            self.played();
        }
    }

    /// Lets what runs come to its end at once, for at most a day of virtual time.
    pub(super) fn hurry(&self) {
        let last = self.read(|state| state.cluster.now()) + Duration::from_seconds(86_400);
        while self.read(State::busy) {
            let next = self.write(|state| {
                let next = [state.cluster.next_wake(), state.until].into_iter().flatten().min();
                let next = next.filter(|next| *next <= last)?;
                state.cluster.run_until(next);
                state.follow_clock();
                Some(next)
            });
            if next.is_none() {
                return self.interrupt();
            }
            self.poll();
        }
        self.plan();
    }

    fn show(&self, poll: Poll) {
        let nothing = poll.output.is_empty() && poll.effects.is_empty() && poll.status.is_none();
        if nothing {
            return;
        }
        self.write(|state| {
            state.desk.hear(&poll);
            // `clear; kubectl get pods` at once: what is printed stays.
            if poll.effects.contains(&Effect::Clear) {
                state.lines.clear();
                state.rows = 0;
            }
            for (stream, text) in &poll.output {
                let class = match stream {
                    Stream::Out => "out",
                    Stream::Err => "err",
                    Stream::Explain => "explain",
                    Stream::Fix => "fix",
                };
                state.push(class, text.trim_end_matches('\n'));
                state.tell(class, text);
            }
        });
        for effect in poll.effects {
            self.perform(effect);
        }
        // The command may have changed the files, or what the server would refuse.
        self.follow_files();
        self.check();
        self.govern_again();
        self.attend();
    }

    fn perform(&self, effect: Effect) {
        match effect {
            // Done before the output.
            Effect::Clear => {}
            Effect::Speed(speed) => self.write(|state| state.speed = speed),
            Effect::Pause(paused) => self.set_playing(!paused),
            Effect::Reset(seed) => self.reset(seed),
            Effect::OpenEditor(file) => self.open_for_edit(&file),
            other => self.perform_time(other),
        }
    }
}

impl State {
    /// Lets a command go on. What follows from it is done picture by picture; at once where nobody sees any, and in an
    /// embedded page, whose host may ask at any moment how things stand.
    fn ask(&mut self, command: &mut Running) -> Poll {
        let Self { cluster, terminal, hidden, address, .. } = self;
        if *hidden || address.embed {
            return command.poll(cluster, terminal);
        }
        cluster.patiently(|cluster| command.poll(cluster, terminal))
    }

    /// Lets a command go on as far as it can at this instant.
    fn ask_to_end(&mut self, command: &mut Running) -> Poll {
        self.cluster.settle();
        let mut poll = self.ask(command);
        while poll.status.is_none() && !self.cluster.settled() {
            self.cluster.settle();
            let mut more = self.ask(command);
            more.output.splice(0..0, poll.output);
            more.effects.splice(0..0, poll.effects);
            poll = more;
        }
        poll
    }

    /// Writes a text on the terminal's screen.
    pub(super) fn push(&mut self, class: &'static str, text: &str) {
        if class == "in" {
            self.about = screen::Context::of(text, &self.terminal.namespace());
        }
        self.written += 1;
        let parts = match class {
            "out" | "err" | "explain" => {
                let (files, store) = (&self.terminal.files, self.cluster.store());
                screen::parts(text, &self.about, store, |file| files.contains_key(file))
            }
            _ => vec![Part { text: text.to_owned(), mark: Mark::Plain }],
        };
        self.rows += rows(text);
        self.lines.push(Line { id: self.written, class, text: text.into(), parts: parts.into() });
        let mut surplus = 0;
        for line in self.lines.iter().take(self.lines.len() - 1) {
            if self.rows <= MOST_LINES {
                break;
            }
            self.rows -= rows(&line.text);
            surplus += 1;
        }
        self.lines.drain(..surplus);
    }

    /// Says what was printed to readers: the beginning, and how much more there is.
    pub(super) fn tell(&self, class: &'static str, text: &str) {
        let (first, more) = screen::heard(text);
        if first.is_empty() {
            return;
        }
        let words = match (class, more) {
            ("fix", _) => return,
            (_, 0) => first,
            (_, more) => {
                let rest = Text::new("shell.more").with("rows", more).render(self.language);
                format!("{first}. {rest}")
            }
        };
        platform::say_in_terminal(&words);
    }
}

fn rows(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count() + 1
}

/// The explanation of a word of kubectl's output, by its key.
pub(super) fn explanation(key: &str, language: Language) -> String {
    screen::explained(key).map(|key| word(language, key)).unwrap_or_default()
}

/// The lines of the screen by blocks that change together.
pub(super) fn blocks(lines: &[Line]) -> Vec<(u64, Rc<[Line]>)> {
    const BLOCK: u64 = 32;
    let mut all: Vec<(u64, Vec<Line>)> = Vec::new();
    for line in lines {
        let block = line.id / BLOCK;
        match all.last_mut() {
            Some((last, lines)) if *last == block => lines.push(line.clone()),
            _ => all.push((block, vec![line.clone()])),
        }
    }
    all.into_iter().map(|(id, lines)| (id, lines.into())).collect()
}
