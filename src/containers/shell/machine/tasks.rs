//! What a machine has left to do, and how it does the next piece of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Machine, Target, Variables};
use crate::containers::process::Outside;
use crate::containers::shell::parse::{Node, Script};

/// Something left to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Task {
    Run(Rc<Node>),
    /// The command at a place of a list.
    RunAt(Script, usize),
    /// That one and all after it.
    List(Script, usize),
    AndOr(Rc<Node>, bool),
    IfCheck {
        branches: Rc<[(Script, Script)]>,
        index: usize,
        otherwise: Script,
    },
    /// `again` stands in place of the condition in the next round.
    WhileCheck {
        again: Script,
        body: Script,
        until: bool,
    },
    WhileAgain {
        again: Script,
        body: Script,
        until: bool,
    },
    ForNext {
        name: Rc<str>,
        values: Rc<[Rc<str>]>,
        index: usize,
        body: Script,
    },
    EndFunction {
        arguments: Rc<[Rc<str>]>,
        /// What variables were before they became its own.
        locals: Vec<(Rc<str>, Option<Rc<str>>)>,
    },
    EndSubshell(Box<Saved>),
    /// A trap is over: `$?` is what it was before.
    EndTrap {
        status: i64,
    },
    Restore {
        out: Target,
        err: Target,
        /// Only where it was redirected: what was read is read.
        input: Option<Option<Rc<str>>>,
    },
}

/// What a subshell does not change for its parent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Saved {
    pub(super) variables: Variables,
    pub(super) folder: Rc<str>,
    pub(super) arguments: Rc<[Rc<str>]>,
    pub(super) traps: BTreeMap<Rc<str>, Script>,
}

impl Machine {
    pub(super) fn step(&mut self, task: Task, outside: &mut dyn Outside) {
        match task {
            Task::Run(node) => self.node(&node, outside),
            Task::RunAt(script, index) => {
                if let Some(node) = script.get(index) {
                    self.node(node, outside);
                }
            }
            Task::List(script, index) => {
                if index >= script.len() {
                    return;
                }
                if index + 1 < script.len() {
                    self.push(Task::List(Rc::clone(&script), index + 1));
                }
                self.push(Task::RunAt(script, index));
            }
            Task::AndOr(right, and) => {
                if (self.status == 0) == and {
                    self.push(Task::Run(right));
                }
            }
            Task::IfCheck { branches, index, otherwise } => {
                self.check_if(&branches, index, otherwise)
            }
            Task::WhileCheck { again, body, until } => {
                if (self.status == 0) == until {
                    self.status = 0;
                    return;
                }
                self.push(Task::WhileAgain { again, body: Rc::clone(&body), until });
                self.push(Task::List(body, 0));
            }
            Task::WhileAgain { again, body, until } => {
                self.push(Task::WhileCheck { again: Rc::clone(&again), body, until });
                self.push(Task::List(again, 0));
            }
            Task::ForNext { name, values, index, body } => {
                let Some(value) = values.get(index) else { return };
                self.variables_mut().insert(Rc::clone(&name), Rc::clone(value));
                self.push(Task::ForNext {
                    name,
                    values: Rc::clone(&values),
                    index: index + 1,
                    body: Rc::clone(&body),
                });
                self.push(Task::List(body, 0));
            }
            Task::EndFunction { arguments, locals } => {
                self.arguments = arguments;
                self.give_back(locals);
                self.failed();
            }
            Task::EndSubshell(saved) => {
                if let Some(script) = self.traps.remove("EXIT").filter(|one| !one.is_empty()) {
                    self.push(Task::EndSubshell(saved));
                    self.push(Task::EndTrap { status: self.status });
                    return self.push(Task::List(script, 0));
                }
                self.traps = saved.traps;
                self.variables = saved.variables;
                self.folder = saved.folder;
                self.arguments = saved.arguments;
                self.failed();
            }
            Task::EndTrap { status } => self.status = status,
            Task::Restore { out, err, input } => {
                self.out = out;
                self.err = err;
                if let Some(input) = input {
                    self.input = input;
                }
            }
        }
    }

    fn check_if(&mut self, branches: &Rc<[(Script, Script)]>, index: usize, otherwise: Script) {
        if self.status == 0 {
            if let Some((_, body)) = branches.get(index) {
                self.push(Task::List(Rc::clone(body), 0));
            }
            return;
        }
        self.status = 0;
        match branches.get(index + 1) {
            Some((condition, _)) => {
                let condition = Rc::clone(condition);
                self.push(Task::IfCheck {
                    branches: Rc::clone(branches),
                    index: index + 1,
                    otherwise,
                });
                self.push(Task::List(condition, 0));
            }
            None => self.push(Task::List(otherwise, 0)),
        }
    }
}
