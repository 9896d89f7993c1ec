//! Words at work: their substitutions run, and then they become a command, a loop, a choice, a test.

use std::rc::Rc;

use super::{Task, routed};
use crate::containers::shell::condition;
use crate::containers::shell::glob::glob;
use crate::containers::shell::parse::{Node, Redirect, RedirectKind, Script, Word};
use crate::terminal::process::{Input, Io, Leave, Output, Process, Turn};
use crate::terminal::shell::expand::{DISCARDS, Expander, substitutions};
use crate::terminal::shell::route::Routes;
use crate::terminal::tools;

/// What happens to words once they are expanded.
#[derive(Debug)]
pub(super) enum Use {
    Command {
        assigns: Vec<(String, Word)>,
        words: Vec<Word>,
        redirects: Vec<Redirect>,
    },
    For {
        name: String,
        words: Vec<Word>,
        body: Script,
    },
    Case {
        word: Word,
        arms: Rc<[(Vec<Word>, Script)]>,
    },
    Redirected {
        inner: Rc<Node>,
        redirects: Vec<Redirect>,
    },
    /// `[[ … ]]`
    Test {
        words: Vec<Word>,
    },
    /// `(( … ))`
    Arithmetic {
        text: Word,
    },
}

/// Words whose substitutions run.
#[derive(Debug)]
pub(crate) struct Words {
    purpose: Option<Use>,
    scripts: std::vec::IntoIter<Script>,
    current: Option<(Box<Task>, String)>,
    results: Vec<String>,
    status: i32,
}

impl Words {
    pub(super) fn new(purpose: Use) -> Self {
        let mut scripts = Vec::new();
        let mut all = |words: &[Word]| {
            words.iter().for_each(|word| substitutions(word, &mut scripts));
        };
        let targets = |redirects: &[Redirect]| -> Vec<Word> {
            redirects.iter().map(|redirect| redirect.target.clone()).collect()
        };
        match &purpose {
            Use::Command { assigns, words, redirects } => {
                all(words);
                all(&assigns.iter().map(|(_, word)| word.clone()).collect::<Vec<_>>());
                all(&targets(redirects));
            }
            Use::For { words, .. } => all(words),
            Use::Case { word, arms } => {
                all(std::slice::from_ref(word));
                arms.iter().for_each(|(patterns, _)| all(patterns));
            }
            Use::Redirected { redirects, .. } => all(&targets(redirects)),
            Use::Test { words } => all(words),
            Use::Arithmetic { text } => all(std::slice::from_ref(text)),
        }
        Self {
            purpose: Some(purpose),
            scripts: scripts.into_iter(),
            current: None,
            results: Vec::new(),
            status: 0,
        }
    }

    /// The task that the words become, once every substitution has run; `Err` while one waits.
    pub(super) fn poll(&mut self, io: &mut Io<'_>) -> Result<Task, Turn> {
        loop {
            if let Some((task, text)) = &mut self.current {
                let mut output = Output::default();
                let mut input = Input::of(String::new());
                let turn = task.poll(&mut io.with(&mut input, &mut output));
                text.push_str(&output.take_out());
                io.output.append(output);
                let Turn::Done(status) = turn else { return Err(turn) };
                *io.leave = None;
                self.status = status;
                self.results.push(std::mem::take(text));
                self.current = None;
            }
            match self.scripts.next() {
                Some(script) => self.current = Some((Box::new(Task::list(script)), String::new())),
                None => break,
            }
        }
        let Some(purpose) = self.purpose.take() else { return Ok(Task::Done(self.status)) };
        let results = std::mem::take(&mut self.results).into_iter();
        let next = begin(purpose, results, self.status, io);
        Ok(next.unwrap_or_else(|words| {
            // An expansion that failed ends the whole line, what cannot be opened only the command.
            let (words, discards) = match words.strip_prefix(DISCARDS) {
                Some(words) => (words, true),
                None => (words.as_str(), false),
            };
            if discards {
                *io.leave = Some(Leave::Discard);
            }
            io.error(words);
            Task::Done(1)
        }))
    }
}

/// What the expanded words become.
fn begin(
    purpose: Use,
    results: std::vec::IntoIter<String>,
    substituted: i32,
    io: &mut Io<'_>,
) -> Result<Task, String> {
    let now = io.cluster.now();
    let mut expander = Expander { terminal: io.terminal, now, results };
    match purpose {
        Use::For { name, words, body } => {
            let fields = expander.fields(&words)?.into_iter();
            Ok(Task::For { name, fields, body, current: None, status: 0 })
        }
        Use::Case { word, arms } => {
            let text = expander.text(&word)?;
            for (patterns, body) in arms.iter() {
                for pattern in patterns {
                    if glob(&expander.pattern(pattern)?, &text) {
                        return Ok(Task::list(Rc::clone(body)));
                    }
                }
            }
            Ok(Task::Done(0))
        }
        Use::Test { words } => {
            let mut all: Vec<String> = Vec::new();
            for word in &words {
                let pattern = all.last().is_some_and(|last| condition::compares(last));
                all.push(match pattern {
                    true => expander.pattern(word)?,
                    false => expander.text(word)?,
                });
            }
            let holds = condition::holds(&all, &|test, path| tools::has_file(io, test, path));
            match holds {
                Ok(holds) => Ok(Task::Done(i32::from(!holds))),
                Err(words) => {
                    io.error(&format!("bash: {words}"));
                    Ok(Task::Done(2))
                }
            }
        }
        Use::Arithmetic { text } => Ok(Task::Done(i32::from(expander.text(&text)? == "0"))),
        Use::Redirected { inner, redirects } => {
            let targets = targets(&redirects, &mut expander)?;
            let mut routes = routes(&redirects, targets, io)?;
            let input = routes.input.take().map(Input::of);
            Ok(Task::Redirected { inner: Box::new(Task::new(&inner, io)), routes, input })
        }
        Use::Command { assigns, words, redirects } => {
            let argv = expander.fields(&words)?;
            let mut values = Vec::new();
            for (name, word) in &assigns {
                values.push((name.clone(), expander.value(word)?));
            }
            let targets = targets(&redirects, &mut expander)?;
            let mut routes = routes(&redirects, targets, io)?;
            let mut restore = Vec::new();
            for (name, value) in values {
                let before = io.terminal.variables.insert(name.clone(), value);
                if !argv.is_empty() {
                    restore.push((name, before));
                }
            }
            if argv.is_empty() {
                return Ok(Task::Done(if assigns.is_empty() { 0 } else { substituted }));
            }
            let mut input = routes.input.take().map(Input::of);
            let mut process: Option<Box<dyn Process>> = None;
            let turn = routed(&routes, input.as_mut(), io, |io| {
                process = Some(tools::start(argv, io));
                Turn::Done(0)
            });
            debug_assert!(turn == Turn::Done(0), "starting a command takes no time");
            match process {
                Some(process) => Ok(Task::Command { process, routes, input, restore }),
                None => Ok(Task::Done(0)),
            }
        }
    }
}

fn targets(redirects: &[Redirect], expander: &mut Expander<'_>) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    for redirect in redirects {
        all.push(match redirect.kind {
            RedirectKind::Here => expander.text(&redirect.target)?,
            RedirectKind::HereString => expander.text(&redirect.target)? + "\n",
            _ => match expander.fields(std::slice::from_ref(&redirect.target))?.as_slice() {
                [one] => one.clone(),
                _ => return Err("bash: ambiguous redirect".into()),
            },
        });
    }
    Ok(all)
}

fn routes(redirects: &[Redirect], targets: Vec<String>, io: &mut Io<'_>) -> Result<Routes, String> {
    let mut routes = Routes::default();
    for (redirect, target) in redirects.iter().zip(targets) {
        routes.add(redirect.fd, redirect.kind, target, io)?;
    }
    Ok(routes)
}
