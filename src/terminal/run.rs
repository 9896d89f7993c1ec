//! A line at work: what the page and the headless runner poll.

use super::process::{Input, Io, Output, Turn};
use super::shell::{Task, parse};
use super::{Stream, Terminal};
use crate::cluster::{Cluster, Landmark, Side};
use crate::sim::{Duration, Time};

/// What the page (or the headless runner) is asked to do, before it shows the output of the same poll.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Opens a file in the editor.
    OpenEditor(String),
    /// Empties the screen.
    Clear,
    /// Sets the speed of time.
    Speed(f64),
    /// Stops or starts the clock.
    Pause(bool),
    /// Goes back in time.
    Back(Duration),
    /// Goes to a time, back or forward.
    Seek(Time),
    /// Goes on to the next moment of a kind.
    Next(Landmark),
    /// Goes back to the last moment of a kind.
    Previous(Landmark),
    /// Takes the last input back.
    Undo,
    /// Does again what was taken back.
    Redo,
    /// Goes on from here as if nothing lay ahead.
    Continue,
    /// Goes to a branch.
    Switch(String),
    /// Two futures: the other one begins with a command.
    Fork(String),
    /// Runs a command in both futures.
    Both(String),
    /// Turns to one of two futures.
    Side(Side),
    /// Keeps one of two futures.
    Keep(Side),
    /// Says what differs between two futures.
    Compare,
    /// Begins anew, with a seed if one is given.
    Reset(Option<u64>),
}

/// How a poll ended.
#[derive(Clone, Debug, Default)]
pub struct Poll {
    /// What was printed.
    pub output: Vec<(Stream, String)>,
    /// What the page is asked to do.
    pub effects: Vec<Effect>,
    /// `None` while it goes on.
    pub status: Option<i32>,
    /// When it wants to be asked again at the latest; `None` means after any step.
    pub until: Option<Time>,
    /// What stands before the line that it wants to read; `None` while it wants none.
    pub asks: Option<String>,
}

/// A line at work. It never blocks: the page polls it after each tick, the headless runner after each step.
#[derive(Debug)]
pub struct Running {
    task: Option<Task>,
    problem: Option<String>,
    waits: bool,
    input: Input,
    /// How many times in a row a loop without a pause had enough of a moment.
    spins: u32,
}

/// At most so many commands begin at one moment; a loop without a pause then takes a moment of virtual time.
const FUEL: u32 = 1_000;
/// A loop that had enough of so many moments in a row is one without an end: it gets longer ones, of up to four seconds.
const LONG_SPIN: u32 = 1_000;
const LONGEST_SPIN: u32 = 12;

impl Terminal {
    /// Begins a line (or several, joined by line ends). Its commands read nothing but what stands in the line; only a
    /// session in a container asks for lines.
    pub fn start(&mut self, text: &str) -> Running {
        self.remember(text);
        let (task, problem) = match parse::script(text) {
            Ok(script) => (Some(Task::list(script)), None),
            Err(problem) => (None, Some(problem)),
        };
        let input = Input::of_person();
        Running { task, problem, waits: false, input, spins: 0 }
    }

    /// Adds a line to what was typed.
    pub fn remember(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.history.push(text.to_owned());
        }
    }

    /// Begins a line that a person typed, who can also be asked for what a command reads.
    pub fn start_typed(&mut self, text: &str) -> Running {
        let mut running = self.start(text);
        running.input.closed = false;
        running
    }

    /// Whether a text needs more lines: an open quote, here-document or loop, a trailing backslash or pipe.
    pub fn incomplete(text: &str) -> bool {
        parse::incomplete(text)
    }
}

impl Running {
    /// Goes on as far as it can at this moment.
    pub fn poll(&mut self, cluster: &mut Cluster, terminal: &mut Terminal) -> Poll {
        let mut output = Output::default();
        let turn = match (&mut self.task, self.problem.take()) {
            (_, Some(problem)) => {
                output.push(Stream::Err, &format!("{problem}\n"));
                terminal.status = 2;
                Turn::Done(2)
            }
            (Some(task), None) => {
                let (mut fuel, mut leave) = (FUEL, None);
                self.input.asks = None;
                let mut io = Io {
                    cluster,
                    terminal,
                    input: &mut self.input,
                    output: &mut output,
                    fuel: &mut fuel,
                    nested: 0,
                    loops: 0,
                    leave: &mut leave,
                };
                let turn = task.poll(&mut io);
                self.spins = if fuel == 0 { self.spins.saturating_add(1) } else { 0 };
                match (turn, self.spins.checked_sub(LONG_SPIN)) {
                    (Turn::Waits(_), Some(more)) => {
                        let span = Duration::from_millis(1 << more.min(LONGEST_SPIN));
                        Turn::Waits(Some(cluster.now() + span))
                    }
                    (turn, _) => turn,
                }
            }
            (None, None) => Turn::Done(terminal.status),
        };
        let (status, until) = match turn {
            Turn::Done(status) => (Some(status), None),
            Turn::Waits(until) => (None, until),
        };
        self.waits = status.is_none();
        if let Some(status) = status {
            terminal.status = status;
            self.task = None;
        }
        let asks = self.input.asks.take().filter(|_| status.is_none());
        Poll { output: output.chunks, effects: output.effects, status, until, asks }
    }

    /// A line was typed for what runs.
    pub fn type_line(&mut self, line: &str) {
        self.input.push(&format!("{line}\n"));
    }

    /// Ctrl-D: nothing more will be typed.
    pub fn end_input(&mut self) {
        self.input.closed = true;
        self.input.person = false;
    }

    /// Ctrl-C: the line is over with the next poll.
    pub fn interrupt(&mut self, terminal: &mut Terminal) {
        terminal.status = 130;
        self.task = None;
        self.waits = false;
    }

    /// Whether it is a loop without a pause and an end.
    pub const fn spins(&self) -> bool {
        self.spins >= LONG_SPIN
    }

    /// Whether it stands still, waiting or following something.
    pub const fn waits(&self) -> bool {
        self.waits
    }
}
