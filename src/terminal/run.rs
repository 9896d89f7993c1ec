//! Running a line: pipelines one after another; commands that follow something stand still and are asked again after
//! each step of the cluster.

use std::collections::VecDeque;
use std::rc::Rc;

use super::line::{self, Command, Connector, Errors, Part, Problem, Step, Word};
use super::{Outcome, Stream, Terminal, kubectl, tools, yard};
use crate::api::{Kind, ObjectKey, Uid};
use crate::cluster::Cluster;
use crate::sim::{Duration, Time};

/// What the page (or the headless runner) is asked to do.
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
    /// Takes the last input back.
    Undo,
    /// Begins anew, with a seed if one is given.
    Reset(Option<u64>),
}

/// What a command follows.
#[derive(Clone, Debug)]
pub(crate) enum Follow {
    /// The clock.
    Until(Time),
    /// Objects, until they are gone.
    Gone(Vec<(Kind, ObjectKey, Uid)>),
    /// Changes of a kind, as `get -w` prints them.
    Watch(Box<kubectl::Watch>),
    /// A container's log.
    Log(Box<kubectl::LogFollow>),
    /// A condition, as `wait` and `rollout status` ask for.
    Condition(Box<kubectl::Waiting>),
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
}

/// A line at work.
#[derive(Clone, Debug)]
pub struct Running {
    steps: VecDeque<Step>,
    follow: Option<(Follow, Vec<Command>, Command)>,
    deadline: Option<Time>,
    problem: Option<String>,
    status: i32,
    stopped: bool,
}

impl Terminal {
    /// Begins a line.
    pub fn start(&mut self, text: &str) -> Running {
        let mut running = Running {
            steps: VecDeque::new(),
            follow: None,
            deadline: None,
            problem: None,
            status: self.status,
            stopped: false,
        };
        if !text.trim().is_empty() {
            self.history.push(text.to_owned());
        }
        match line::parse(text) {
            Ok(steps) => running.steps = steps.into(),
            Err(Problem::Wrong(message)) => running.problem = Some(message),
            Err(Problem::Incomplete) => {
                running.problem = Some("bash: syntax error: unexpected end of file".into());
            }
        }
        running
    }

    /// Whether a text needs more lines.
    pub fn incomplete(text: &str) -> bool {
        line::incomplete(text)
    }
}

impl Running {
    /// Goes on as far as it can at this moment.
    pub fn poll(&mut self, cluster: &mut Cluster, terminal: &mut Terminal) -> Poll {
        let mut poll = Poll::default();
        if let Some(problem) = self.problem.take() {
            poll.output.push((Stream::Err, format!("{problem}\n")));
            self.status = 2;
        }
        loop {
            if self.stopped {
                self.steps.clear();
                self.follow = None;
            }
            if let Some((follow, rest, last)) = self.follow.take() {
                let waits = self.go_on(follow, &rest, &last, cluster, terminal, &mut poll);
                if waits {
                    return poll;
                }
            }
            let Some(step) = self.steps.pop_front() else { break };
            let runs = match step.connector {
                Connector::Always => true,
                Connector::And => self.status == 0,
                Connector::Or => self.status != 0,
            };
            if runs {
                self.pipeline(step.stages, cluster, terminal, &mut poll);
                terminal.status = self.status;
            }
        }
        terminal.status = self.status;
        poll.status = Some(self.status);
        poll
    }

    /// Ctrl-C.
    pub const fn interrupt(&mut self) {
        self.stopped = true;
        self.status = 130;
    }

    /// Whether it stands still, following something.
    pub const fn waits(&self) -> bool {
        self.follow.is_some()
    }

    fn pipeline(
        &mut self,
        stages: Vec<Command>,
        cluster: &mut Cluster,
        terminal: &mut Terminal,
        poll: &mut Poll,
    ) {
        let mut stages = stages.into_iter();
        let mut input: Option<String> = None;
        while let Some(stage) = stages.next() {
            let last = stages.len() == 0;
            let mut outcome = execute(&stage, input.take(), cluster, terminal, 0);
            self.status = outcome.status;
            poll.effects.append(&mut outcome.effects);
            let mut out = outcome.out;
            match stage.errors {
                Errors::Shown => show(poll, Stream::Err, outcome.err),
                Errors::Joined => out.push_str(&outcome.err),
                Errors::Dropped => {}
            }
            show(poll, Stream::Explain, outcome.explain);
            if let Some(follow) = outcome.follow {
                let rest: Vec<Command> = stages.collect();
                deliver(&out, &rest, &stage, cluster, terminal, poll);
                self.deadline = timeout_of(&stage, terminal).map(|span| cluster.now() + span);
                self.follow = Some((follow, rest, stage));
                return;
            }
            if last {
                write_out(&out, &stage, cluster, terminal, poll);
            } else {
                input = Some(out);
            }
        }
    }

    /// Asks what is followed; says whether it still waits.
    fn go_on(
        &mut self,
        follow: Follow,
        rest: &[Command],
        stage: &Command,
        cluster: &mut Cluster,
        terminal: &mut Terminal,
        poll: &mut Poll,
    ) -> bool {
        let now = cluster.now();
        let expired = self.deadline.is_some_and(|deadline| now >= deadline);
        let (next, outcome) = match follow {
            Follow::Until(at) => ((now < at).then_some(Follow::Until(at)), Outcome::default()),
            Follow::Gone(targets) => {
                let left: Vec<_> = targets
                    .into_iter()
                    .filter(|(kind, key, uid)| {
                        cluster.store().get(*kind, key).is_some_and(|object| object.uid() == *uid)
                    })
                    .collect();
                ((!left.is_empty()).then_some(Follow::Gone(left)), Outcome::default())
            }
            Follow::Watch(mut watch) => {
                let text = watch.advance(cluster);
                (Some(Follow::Watch(watch)), Outcome::text(text))
            }
            Follow::Log(mut log) => {
                let (text, ended) = log.advance(cluster);
                ((!ended).then_some(Follow::Log(log)), Outcome::text(text))
            }
            Follow::Condition(mut waiting) => match waiting.advance(cluster) {
                Some(outcome) => (None, outcome),
                None => {
                    let text = waiting.take_output();
                    (Some(Follow::Condition(waiting)), Outcome::text(text))
                }
            },
        };
        if next.is_none() {
            self.status = outcome.status;
        }
        show(poll, Stream::Err, outcome.err);
        if !outcome.out.is_empty() {
            deliver(&outcome.out, rest, stage, cluster, terminal, poll);
        }
        let Some(next) = next else { return false };
        if expired {
            self.status = 124;
            self.deadline = None;
            return false;
        }
        poll.until = match &next {
            Follow::Until(at) => Some(*at),
            Follow::Condition(waiting) => waiting.deadline(),
            _ => None,
        };
        poll.until = [poll.until, self.deadline].into_iter().flatten().min();
        self.follow = Some((next, rest.to_vec(), stage.clone()));
        true
    }
}

/// The seconds of a `timeout N` in front of a command.
fn timeout_of(stage: &Command, terminal: &Terminal) -> Option<Duration> {
    let words = stage.words.iter().take(2).map(|word| plain(word, terminal));
    let words: Vec<String> = words.collect();
    match words.as_slice() {
        [name, span] if name == "timeout" => tools::duration(span),
        _ => None,
    }
}

fn plain(word: &Word, terminal: &Terminal) -> String {
    word.0
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Variable(name, _) => terminal.variables.get(name).cloned().unwrap_or_default(),
            Part::Command(..) => String::new(),
        })
        .collect()
}

fn show(poll: &mut Poll, stream: Stream, text: String) {
    if !text.is_empty() {
        poll.output.push((stream, text));
    }
}

/// Sends what a following command printed through the rest of its pipeline.
fn deliver(
    text: &str,
    rest: &[Command],
    stage: &Command,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
    poll: &mut Poll,
) {
    let mut text = text.to_owned();
    for command in rest {
        let outcome = execute(command, Some(text), cluster, terminal, 0);
        text = outcome.out;
        show(poll, Stream::Err, outcome.err);
    }
    write_out(&text, rest.last().unwrap_or(stage), cluster, terminal, poll);
}

/// The end of a pipeline: the screen or a file.
fn write_out(
    text: &str,
    stage: &Command,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
    poll: &mut Poll,
) {
    let Some((target, append)) = &stage.output else {
        return show(poll, Stream::Out, text.to_owned());
    };
    let name = expand(target, cluster, terminal, 0).join(" ");
    if name == "/dev/null" {
        return;
    }
    let kept = if *append {
        terminal.files.get(&name).map(ToString::to_string).unwrap_or_default()
    } else {
        String::new()
    };
    terminal.files.insert(name, format!("{kept}{text}").into());
}

/// Expands a word to fields.
fn expand(word: &Word, cluster: &mut Cluster, terminal: &mut Terminal, depth: u32) -> Vec<String> {
    let mut fields = Vec::new();
    let (mut field, mut open) = (String::new(), false);
    for part in &word.0 {
        let (text, quoted) = match part {
            Part::Text(text) => {
                field.push_str(text);
                open = true;
                continue;
            }
            Part::Variable(name, quoted) => {
                let value = match name.as_str() {
                    "?" => terminal.status.to_string(),
                    name => terminal.variables.get(name).cloned().unwrap_or_default(),
                };
                (value, *quoted)
            }
            Part::Command(text, quoted) => (substitute(text, cluster, terminal, depth), *quoted),
        };
        if quoted {
            field.push_str(&text);
            open = true;
            continue;
        }
        for (index, piece) in text.split_whitespace().enumerate() {
            if index > 0 {
                fields.push(std::mem::take(&mut field));
            }
            field.push_str(piece);
            open = true;
        }
    }
    if open {
        fields.push(field);
    }
    fields
}

/// What a command in `$( )` prints, without the last line end.
fn substitute(text: &str, cluster: &mut Cluster, terminal: &mut Terminal, depth: u32) -> String {
    if depth > 8 {
        return String::new();
    }
    let Ok(steps) = line::parse(text) else { return String::new() };
    let mut all = String::new();
    for step in steps {
        let mut input = None;
        for stage in &step.stages {
            let outcome = execute(stage, input.take(), cluster, terminal, depth + 1);
            input = Some(outcome.out);
        }
        all.push_str(&input.unwrap_or_default());
    }
    all.trim_end_matches('\n').to_owned()
}

fn execute(
    stage: &Command,
    input: Option<String>,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
    depth: u32,
) -> Outcome {
    let mut words: Vec<String> = Vec::new();
    for word in &stage.words {
        words.extend(expand(word, cluster, terminal, depth));
    }
    let mut input = input;
    if let Some(here) = &stage.here {
        let text: String = here
            .0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Variable(..) | Part::Command(..) => {
                    expand(&Word(vec![part.clone()]), cluster, terminal, depth).join(" ")
                }
            })
            .collect();
        input = Some(text);
    }
    if let Some(source) = &stage.input {
        let name = expand(source, cluster, terminal, depth).join(" ");
        match terminal.files.get(&name) {
            Some(text) => input = Some(text.to_string()),
            None => return Outcome::fail(format!("bash: {name}: No such file or directory")),
        }
    }
    // `NAME=value` alone sets a variable.
    while let Some((name, value)) = words.first().and_then(|word| assignment(word)) {
        terminal.variables.insert(name, value);
        words.remove(0);
    }
    dispatch(&words, input.map(Rc::from), cluster, terminal)
}

fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let good = name.starts_with(|letter: char| letter == '_' || letter.is_ascii_alphabetic())
        && name.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric());
    good.then(|| (name.to_owned(), value.to_owned()))
}

/// Runs one command.
pub(super) fn dispatch(
    words: &[String],
    input: Option<Rc<str>>,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
) -> Outcome {
    let Some((name, arguments)) = words.split_first() else { return Outcome::default() };
    match name.as_str() {
        "kubectl" | "k" => kubectl::run(arguments, input, cluster, terminal),
        "yard" => yard::run(arguments, cluster, terminal),
        "timeout" => match arguments.split_first() {
            Some((_, rest)) => dispatch(rest, input, cluster, terminal),
            None => Outcome::fail("timeout: missing operand"),
        },
        "watch" => {
            let rest: Vec<String> = arguments
                .iter()
                .skip_while(|word| word.starts_with('-') || word.parse::<f64>().is_ok())
                .cloned()
                .collect();
            dispatch(&rest, input, cluster, terminal)
        }
        _ => tools::run(name, arguments, input, cluster, terminal),
    }
}
