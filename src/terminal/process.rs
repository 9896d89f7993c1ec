//! Commands at work: each is asked to go on, and says when it wants to be asked again.

use std::fmt::Debug;

use super::{Effect, Stream, Terminal};
use crate::cluster::Cluster;
use crate::sim::Time;

/// How a command stands after it was asked to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is over, with this exit status.
    Done(i32),
    /// It waits: until this time at the latest, and until something changes.
    Waits(Option<Time>),
}

/// A command at work. Ending one early is dropping it.
pub(crate) trait Process: Debug {
    /// Goes on as far as it can at this moment.
    fn poll(&mut self, io: &mut Io<'_>) -> Turn;
}

/// A command that was over when it began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finished(pub(crate) i32);

impl Process for Finished {
    fn poll(&mut self, _: &mut Io<'_>) -> Turn {
        Turn::Done(self.0)
    }
}

/// How a command leaves the commands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// Out of so many loops.
    Break(usize),
    /// To the next round of the loop so many levels up.
    Continue(usize),
    /// Out of everything.
    Exit,
    /// Out of everything, since an expansion failed: the status is 1.
    Discard,
}

/// What a command sees of the world.
pub(crate) struct Io<'a> {
    pub(crate) cluster: &'a mut Cluster,
    pub(crate) terminal: &'a mut Terminal,
    /// Standard input.
    pub(crate) input: &'a mut Input,
    /// What it prints, in order.
    pub(crate) output: &'a mut Output,
    /// How many more commands may begin at this moment.
    pub(crate) fuel: &'a mut u32,
    /// How many commands stand around this one.
    pub(crate) nested: u32,
    /// How many loops do.
    pub(crate) loops: u32,
    /// Set by `break`, `continue` and `exit`.
    pub(crate) leave: &'a mut Option<Leave>,
}

impl Io<'_> {
    /// The same world with another input and output.
    pub(crate) fn with<'a>(&'a mut self, input: &'a mut Input, output: &'a mut Output) -> Io<'a> {
        Io {
            cluster: self.cluster,
            terminal: self.terminal,
            input,
            output,
            fuel: self.fuel,
            nested: self.nested,
            loops: self.loops,
            leave: self.leave,
        }
    }

    /// The same for a command that this one runs.
    pub(crate) const fn deeper(mut self) -> Self {
        self.nested += 1;
        self
    }

    /// Prints to standard output.
    pub(crate) fn out(&mut self, text: &str) {
        self.output.push(Stream::Out, text);
    }

    /// Prints a line to standard error.
    pub(crate) fn error(&mut self, line: &str) {
        self.output.push(Stream::Err, line);
        if !line.ends_with('\n') {
            self.output.push(Stream::Err, "\n");
        }
    }
}

/// What was printed and asked of the page, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output {
    pub(crate) chunks: Vec<(Stream, String)>,
    pub(crate) effects: Vec<Effect>,
}

impl Output {
    pub(crate) fn push(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.chunks.last_mut() {
            Some((last, all)) if *last == stream => all.push_str(text),
            _ => self.chunks.push((stream, text.to_owned())),
        }
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        if effect == Effect::Clear {
            self.chunks.clear();
        }
        self.effects.push(effect);
    }

    /// Takes what went to standard output out.
    pub(crate) fn take_out(&mut self) -> String {
        let mut text = String::new();
        self.chunks.retain(|(stream, chunk)| {
            let out = *stream == Stream::Out;
            if out {
                text.push_str(chunk);
            }
            !out
        });
        text
    }

    pub(crate) fn append(&mut self, other: Self) {
        for effect in other.effects {
            self.effect(effect);
        }
        for (stream, text) in other.chunks {
            self.push(stream, &text);
        }
    }
}

/// Standard input: what has come so far, and whether more may come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    text: String,
    /// How much of it was read: a line is not cut off the front of a long text, but passed.
    read: usize,
    pub(crate) closed: bool,
    /// Whether a person sits in front of it, who may still type lines for a session in a container.
    pub(crate) person: bool,
    /// Set when somebody wanted a line that has not come: what the person sees in front of it.
    pub(crate) asks: Option<String>,
}

/// What a session got from its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A line.
    Line(String),
    /// Nothing yet.
    Waits,
    /// There will be no more.
    End,
}

impl Input {
    /// An input that is all there.
    pub(crate) fn of(text: String) -> Self {
        Self { text, closed: true, ..Self::default() }
    }

    /// A person sits in front of it, but what runs reads nothing yet.
    pub(crate) fn of_person() -> Self {
        Self { closed: true, person: true, ..Self::default() }
    }

    /// The next whole line with its end; the rest without one once nothing more comes.
    pub(crate) fn line(&mut self) -> Option<String> {
        let rest = self.text.get(self.read..).unwrap_or_default();
        match rest.find('\n').map(|at| rest.split_at(at + 1).0.to_owned()) {
            Some(line) => {
                self.read += line.len();
                if self.read == self.text.len() {
                    self.take();
                }
                Some(line)
            }
            None if self.closed && !rest.is_empty() => Some(self.take()),
            None => {
                self.ask("");
                None
            }
        }
    }

    /// Adds what has come.
    pub(crate) fn push(&mut self, text: &str) {
        if self.read > 0 {
            self.text = self.take();
        }
        self.text.push_str(text);
    }

    /// Takes all that has come so far.
    pub(crate) fn take(&mut self) -> String {
        let mut text = std::mem::take(&mut self.text);
        text.drain(..std::mem::take(&mut self.read));
        text
    }

    /// Everything, once nothing more comes.
    pub(crate) fn all(&mut self) -> Option<String> {
        self.ask("");
        self.closed.then(|| self.take())
    }

    /// A line for a session in a container: such a one stays open where a script's commands get nothing.
    pub(crate) fn session_line(&mut self, prompt: &str) -> Typed {
        match self.line() {
            Some(line) => Typed::Line(line.trim_end_matches('\n').to_owned()),
            None if self.person => {
                self.asks = Some(prompt.to_owned());
                Typed::Waits
            }
            None if self.closed => Typed::End,
            None => Typed::Waits,
        }
    }

    fn ask(&mut self, prompt: &str) {
        if self.person && !self.closed {
            self.asks = Some(prompt.to_owned());
        }
    }
}
