//! Parts of a script at work: a tree of tasks, each asked to go on.

mod words;

use std::collections::BTreeMap;
use std::rc::Rc;

use self::words::{Use, Words};
use super::route::Routes;
use crate::containers::shell::parse::{Node, Part, Script};
use crate::sim::Duration;
use crate::terminal::process::{Input, Io, Leave, Output, Process, Turn};

/// A part of a script at work.
#[derive(Debug)]
pub(crate) enum Task {
    /// Over.
    Done(i32),
    /// Commands one after the other.
    List { nodes: Script, at: usize, current: Option<Box<Self>>, status: i32 },
    /// `left && right`, `left || right`
    AndOr { left: Box<Self>, right: Rc<Node>, and: bool },
    /// Commands side by side.
    Pipeline { stages: Vec<Stage>, negated: bool },
    /// `if`, `elif`, `else`: the branch whose condition runs.
    If { branches: Rc<[(Script, Script)]>, at: usize, otherwise: Script, condition: Box<Self> },
    /// `while` and `until`: the condition, then the body; `again` is the condition of the next round.
    While {
        again: Script,
        body: Script,
        until: bool,
        in_body: bool,
        current: Box<Self>,
        status: i32,
    },
    /// `for` over fields.
    For {
        name: String,
        fields: std::vec::IntoIter<String>,
        body: Script,
        current: Option<Box<Self>>,
        status: i32,
    },
    /// Words that wait for their substitutions.
    Words(Words),
    /// A command.
    Command { process: Box<dyn Process>, routes: Routes, input: Option<Input>, restore: Variables },
    /// A compound command with redirections.
    Redirected { inner: Box<Self>, routes: Routes, input: Option<Input> },
    /// `( … )`: variables are as before afterwards.
    Subshell { inner: Box<Self>, saved: BTreeMap<String, String> },
}

/// Variables and what they were before.
type Variables = Vec<(String, Option<String>)>;

/// A stage of a pipeline.
#[derive(Debug)]
pub(crate) struct Stage {
    task: Task,
    input: Input,
    /// Its own variables: a stage is a process, and what it changes is gone with it.
    variables: BTreeMap<String, String>,
    status: Option<i32>,
    until: Option<crate::sim::Time>,
}

impl Task {
    /// A list of commands.
    pub(crate) fn list(nodes: Script) -> Self {
        Self::List { nodes, at: 0, current: None, status: 0 }
    }

    fn boxed(nodes: &Script) -> Box<Self> {
        Box::new(Self::list(Rc::clone(nodes)))
    }

    fn new(node: &Node, io: &mut Io<'_>) -> Self {
        match node {
            Node::Simple { assigns, words, redirects } => Self::Words(Words::new(Use::Command {
                assigns: assigns.clone(),
                words: words.clone(),
                redirects: redirects.clone(),
            })),
            Node::Pipeline { stages, negated } => {
                let count = stages.len();
                let stage = |node: &Node| Stage {
                    task: Self::new(node, io),
                    input: Input::default(),
                    variables: io.terminal.variables.clone(),
                    status: None,
                    until: None,
                };
                debug_assert!(count > 0, "a pipeline has stages");
                Self::Pipeline { stages: stages.iter().map(stage).collect(), negated: *negated }
            }
            Node::AndOr { left, right, and } => Self::AndOr {
                left: Box::new(Self::new(left, io)),
                right: Rc::clone(right),
                and: *and,
            },
            Node::If { branches, otherwise } => match branches.first() {
                Some((condition, _)) => Self::If {
                    branches: Rc::clone(branches),
                    at: 0,
                    otherwise: Rc::clone(otherwise),
                    condition: Self::boxed(condition),
                },
                None => Self::Done(0),
            },
            Node::While { condition, again, body, until } => Self::While {
                again: Rc::clone(again),
                body: Rc::clone(body),
                until: *until,
                in_body: false,
                current: Self::boxed(condition),
                status: 0,
            },
            Node::For { name, words, body } => Self::Words(Words::new(Use::For {
                name: name.clone(),
                words: words.clone().unwrap_or_else(|| {
                    let name = "@".into();
                    vec![vec![Part::Variable { name, operation: None, quoted: true }]]
                }),
                body: Rc::clone(body),
            })),
            Node::Case { word, arms } => {
                Self::Words(Words::new(Use::Case { word: word.clone(), arms: Rc::clone(arms) }))
            }
            Node::Test(words) => Self::Words(Words::new(Use::Test { words: words.clone() })),
            Node::Arithmetic(text) => Self::Words(Words::new(Use::Arithmetic {
                text: vec![Part::Arithmetic { text: text.clone(), quoted: true }],
            })),
            Node::Group(body) => Self::list(Rc::clone(body)),
            Node::Subshell(body) => {
                Self::Subshell { inner: Self::boxed(body), saved: io.terminal.variables.clone() }
            }
            Node::Redirected(inner, redirects) => Self::Words(Words::new(Use::Redirected {
                inner: Rc::clone(inner),
                redirects: redirects.clone(),
            })),
            Node::Function { name, .. } => {
                io.error(&format!("bash: {name}: functions are not part of this terminal"));
                Self::Done(2)
            }
            Node::Background(_) => {
                io.error("bash: commands in the background (&) are not part of this terminal");
                Self::Done(2)
            }
        }
    }

    /// Goes on as far as it can at this moment.
    pub(crate) fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        loop {
            let next = match self {
                Self::Done(status) => return Turn::Done(*status),
                Self::List { .. } => return self.poll_list(io),
                Self::Pipeline { stages, negated } => return poll_pipeline(stages, *negated, io),
                Self::While { .. } => return self.poll_while(io),
                Self::For { .. } => return self.poll_for(io),
                Self::AndOr { left, right, and } => match left.poll(io) {
                    Turn::Done(status) => {
                        io.terminal.status = status;
                        match (status == 0) == *and && io.leave.is_none() {
                            true => Self::new(&Rc::clone(right), io),
                            false => Self::Done(status),
                        }
                    }
                    waits => return waits,
                },
                Self::If { branches, at, otherwise, condition } => match condition.poll(io) {
                    Turn::Done(status) if io.leave.is_some() => Self::Done(status),
                    Turn::Done(0) => match branches.get(*at) {
                        Some((_, body)) => Self::list(Rc::clone(body)),
                        None => Self::Done(0),
                    },
                    Turn::Done(_) => match branches.get(*at + 1) {
                        Some((next, _)) => Self::If {
                            branches: Rc::clone(branches),
                            at: *at + 1,
                            otherwise: Rc::clone(otherwise),
                            condition: Self::boxed(next),
                        },
                        None => Self::list(Rc::clone(otherwise)),
                    },
                    waits => return waits,
                },
                // A command sees what followed from the one before it.
                Self::Words(_) if !io.cluster.settled() => {
                    return Turn::Waits(Some(io.cluster.now()));
                }
                Self::Words(words) => match words.poll(io) {
                    Ok(next) => next,
                    Err(turn) => return turn,
                },
                Self::Command { process, routes, input, restore } => {
                    let turn = routed(routes, input.as_mut(), io, |io| process.poll(io));
                    let Turn::Done(status) = turn else { return turn };
                    for (name, value) in restore.drain(..) {
                        match value {
                            Some(value) => io.terminal.variables.insert(name, value),
                            None => io.terminal.variables.remove(&name),
                        };
                    }
                    Self::Done(status)
                }
                Self::Redirected { inner, routes, input } => {
                    match routed(routes, input.as_mut(), io, |io| inner.poll(io)) {
                        Turn::Done(status) => Self::Done(status),
                        waits => return waits,
                    }
                }
                Self::Subshell { inner, saved } => match inner.poll(io) {
                    Turn::Done(status) => {
                        io.terminal.variables = std::mem::take(saved);
                        *io.leave = None;
                        Self::Done(status)
                    }
                    waits => return waits,
                },
            };
            *self = next;
        }
    }

    fn poll_list(&mut self, io: &mut Io<'_>) -> Turn {
        let Self::List { nodes, at, current, status } = self else { return Turn::Done(0) };
        loop {
            if let Some(task) = current {
                match task.poll(io) {
                    Turn::Done(code) => {
                        *status = code;
                        io.terminal.status = code;
                        *current = None;
                    }
                    waits => return waits,
                }
            }
            if io.leave.is_some() {
                return Turn::Done(*status);
            }
            let Some(node) = nodes.get(*at) else { return Turn::Done(*status) };
            if *io.fuel == 0 {
                return Turn::Waits(Some(io.cluster.now() + Duration::from_millis(1)));
            }
            *io.fuel -= 1;
            *at += 1;
            *current = Some(Box::new(Self::new(node, io)));
        }
    }

    fn poll_while(&mut self, io: &mut Io<'_>) -> Turn {
        let Self::While { again, body, until, in_body, current, status } = self else {
            return Turn::Done(0);
        };
        loop {
            if *io.fuel == 0 {
                return Turn::Waits(Some(io.cluster.now() + Duration::from_millis(1)));
            }
            io.loops += 1;
            let turn = current.poll(io);
            io.loops -= 1;
            let code = match turn {
                Turn::Done(code) => code,
                waits => return waits,
            };
            *io.fuel -= u32::from(*io.fuel > 0);
            if *in_body {
                *status = code;
            }
            if leaves_loop(io) {
                return Turn::Done(*status);
            }
            if !*in_body && (code == 0) == *until {
                return Turn::Done(*status);
            }
            *in_body = !*in_body;
            **current = Self::list(Rc::clone(if *in_body { body } else { again }));
        }
    }

    fn poll_for(&mut self, io: &mut Io<'_>) -> Turn {
        let Self::For { name, fields, body, current, status } = self else { return Turn::Done(0) };
        loop {
            if let Some(task) = current {
                io.loops += 1;
                let turn = task.poll(io);
                io.loops -= 1;
                match turn {
                    Turn::Done(code) => *status = code,
                    waits => return waits,
                }
                *current = None;
                if leaves_loop(io) {
                    return Turn::Done(*status);
                }
            }
            let Some(value) = fields.next() else { return Turn::Done(*status) };
            io.terminal.variables.insert(name.clone(), value);
            *current = Some(Self::boxed(body));
        }
    }
}

/// Whether a `break`, `continue` or `exit` ends the loop at hand.
fn leaves_loop(io: &mut Io<'_>) -> bool {
    match *io.leave {
        None => false,
        Some(Leave::Continue(1)) => {
            *io.leave = None;
            false
        }
        Some(Leave::Break(1)) => {
            *io.leave = None;
            true
        }
        Some(Leave::Break(levels)) => {
            *io.leave = Some(Leave::Break(levels - 1));
            true
        }
        Some(Leave::Continue(levels)) => {
            *io.leave = Some(Leave::Continue(levels - 1));
            true
        }
        Some(Leave::Exit | Leave::Discard) => true,
    }
}

/// Runs something with its output on its way and its own input, if it has one.
fn routed(
    routes: &Routes,
    input: Option<&mut Input>,
    io: &mut Io<'_>,
    run: impl FnOnce(&mut Io<'_>) -> Turn,
) -> Turn {
    let mut output = Output::default();
    let turn = match input {
        Some(input) => run(&mut io.with(input, &mut output)),
        None => {
            let mut own = std::mem::take(io.input);
            let turn = run(&mut io.with(&mut own, &mut output));
            *io.input = own;
            turn
        }
    };
    routes.deliver(output, io);
    turn
}

/// Asks each stage to go on; what one prints is the input of the next. A stage whose reader is gone ends.
fn poll_pipeline(stages: &mut [Stage], negated: bool, io: &mut Io<'_>) -> Turn {
    let count = stages.len();
    for index in 0..count {
        let reader_gone = stages.get(index + 1).is_some_and(|next| next.status.is_some());
        let mut passed = String::new();
        let Some(stage) = stages.get_mut(index) else { break };
        if stage.status.is_none() {
            let mut output = Output::default();
            // The first stage has the input of the pipeline, the others that of their own.
            if index == 0 {
                std::mem::swap(&mut stage.input, io.input);
            }
            std::mem::swap(&mut stage.variables, &mut io.terminal.variables);
            let turn = stage.task.poll(&mut io.with(&mut stage.input, &mut output));
            std::mem::swap(&mut stage.variables, &mut io.terminal.variables);
            *io.leave = None;
            if index == 0 {
                std::mem::swap(&mut stage.input, io.input);
            }
            match turn {
                Turn::Done(status) => stage.status = Some(status),
                Turn::Waits(_) if reader_gone => stage.status = Some(141),
                Turn::Waits(until) => stage.until = until,
            }
            if index + 1 < count {
                passed = output.take_out();
            }
            io.output.append(output);
        }
        let closed = stage.status.is_some();
        if let Some(next) = stages.get_mut(index + 1) {
            next.input.push(&passed);
            next.input.closed = closed;
        }
    }
    // A reader that ended in this round ends those before it.
    for index in (0..count).rev() {
        let gone = stages.get(index + 1).is_some_and(|next| next.status.is_some());
        if let Some(stage) = stages.get_mut(index).filter(|stage| gone && stage.status.is_none()) {
            stage.status = Some(141);
        }
    }
    if stages.iter().any(|stage| stage.status.is_none()) {
        let waiting = stages.iter().filter(|stage| stage.status.is_none());
        return Turn::Waits(waiting.filter_map(|stage| stage.until).min());
    }
    let status = stages.last().and_then(|stage| stage.status).unwrap_or(0);
    Turn::Done(if negated { i32::from(status == 0) } else { status })
}
