//! The terminal's part of the engine: what is typed and pressed, and what stands on the screen.

use std::rc::Rc;

use super::bridge::{Engine, Line, MOST_LINES, State};
use super::platform;
use crate::language::{Language, Text, word};
use crate::terminal::{Completion, Pasted, complete};
use crate::view::screen::{self, Mark, Part};

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
}

impl State {
    /// Writes a text on the terminal's screen.
    pub(super) fn push(&mut self, class: &'static str, text: &str) {
        if class == "in" {
            self.about = screen::Context::of(text, &self.terminal.namespace);
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
