//! The machine: a stack of tasks, variables, files, and where output goes.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::parse::{Node, Redirect, RedirectKind, Script, Word};
use super::{commands, parse};
use crate::containers::files::Files;
use crate::containers::process::Outside;
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};

/// Where a stream goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The container's standard output.
    Out,
    /// The container's standard error.
    Err,
    /// A file; writes go to its end.
    File(Rc<str>),
    /// A text that is collected.
    Capture,
}

/// Something left to do.
#[derive(Clone, Debug, PartialEq)]
enum Task {
    Run(Rc<Node>),
    List(Script, usize),
    AndOr(Rc<Node>, bool),
    IfCheck {
        branches: Rc<[(Script, Script)]>,
        index: usize,
        otherwise: Script,
    },
    WhileCheck {
        condition: Script,
        body: Script,
        until: bool,
    },
    WhileAgain {
        condition: Script,
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
    },
    EndSubshell(Box<Saved>),
    /// A trap is over: `$?` is what it was before.
    EndTrap {
        status: i64,
    },
    Restore {
        out: Target,
        err: Target,
        input: Option<Rc<str>>,
    },
}

/// What a subshell does not change for its parent.
#[derive(Clone, Debug, PartialEq)]
struct Saved {
    variables: BTreeMap<Rc<str>, Rc<str>>,
    folder: Rc<str>,
    arguments: Rc<[Rc<str>]>,
    traps: BTreeMap<Rc<str>, Script>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on at this time.
    Sleeps(Time),
    /// It waits for ever.
    Blocked,
    /// It is over, with this code.
    Done(i64),
}

/// At most so many steps at one instant; a loop without a pause then takes a moment of virtual time.
const STEPS: u32 = 20_000;
/// After so many moments in a row a loop spins for long; the moments double until there were so many: four seconds.
const LONG_SPIN: u32 = 8;
const LONGEST_SPIN: u32 = 12;
/// At most so many steps in a substitution or pipeline stage.
const NESTED_STEPS: u32 = 20_000;
/// The status of a `wait` that SIGTERM ended: 128 and the number of the signal.
const ENDED_BY_TERM: i64 = 143;
/// At most so many functions, loops and lists inside each other.
const DEEPEST: usize = 2_000;
/// At most so many bytes in a variable or a captured text.
pub(super) const LONGEST: usize = 1 << 18;

/// A shell, standing somewhere in its script.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    stack: Vec<Task>,
    pub(super) variables: BTreeMap<Rc<str>, Rc<str>>,
    functions: BTreeMap<Rc<str>, Rc<Node>>,
    /// `$1`, `$2`, …
    pub(super) arguments: Rc<[Rc<str>]>,
    /// `$0`
    pub(super) name: Rc<str>,
    /// `$?`
    pub(super) status: i64,
    /// What `$?` was before the command at hand.
    before: i64,
    /// How the last substitution of the command at hand ended.
    substituted: Option<i64>,
    /// The container's files.
    pub files: Files,
    pub(super) folder: Rc<str>,
    pub(super) out: Target,
    pub(super) err: Target,
    /// What `read` and the like get.
    pub(super) input: Option<Rc<str>>,
    captured: String,
    /// Output since it was last taken: time, whether it is an error, text.
    output: Vec<(Time, bool, String)>,
    wake: Option<Time>,
    blocked: bool,
    finished: Option<i64>,
    pub(super) now: Time,
    draws: u64,
    pub(super) seed: Seed,
    errexit: bool,
    nounset: bool,
    trace: bool,
    /// What runs at a signal, by its name without `SIG`; an empty script means that the signal is ignored.
    traps: BTreeMap<Rc<str>, Script>,
    /// Traps whose signal came while a command ran in the foreground: they run when that has ended.
    pending: Vec<Script>,
    /// Whether messages are bash's.
    pub(super) bash: bool,
    nesting: u32,
    spin: u32,
    /// Whether it waits for the end of such a moment.
    spinning: bool,
    /// Steps that substitutions took within one step of this shell.
    nested_steps: u32,
    /// What `exit` said, while the trap for it runs.
    exit_code: Option<i64>,
    /// Background commands, each a shell of its own.
    background: Vec<Self>,
    waiting: bool,
    pub(super) hostname: Rc<str>,
}

impl Machine {
    /// A shell at the beginning of a script.
    pub fn new(
        script: Script,
        environment: BTreeMap<Rc<str>, Rc<str>>,
        files: Files,
        folder: &str,
        now: Time,
        seed: Seed,
    ) -> Self {
        let hostname = environment.get("HOSTNAME").cloned().unwrap_or_default();
        Self {
            stack: vec![Task::List(script, 0)],
            variables: environment,
            functions: BTreeMap::new(),
            arguments: Rc::new([]),
            name: "sh".into(),
            status: 0,
            before: 0,
            substituted: None,
            files,
            folder: if folder.is_empty() { "/".into() } else { folder.into() },
            out: Target::Out,
            err: Target::Err,
            input: None,
            captured: String::new(),
            output: Vec::new(),
            wake: None,
            blocked: false,
            finished: None,
            now,
            draws: 0,
            seed,
            errexit: false,
            nounset: false,
            trace: false,
            traps: BTreeMap::new(),
            pending: Vec::new(),
            bash: false,
            nesting: 0,
            spin: 0,
            spinning: false,
            nested_steps: 0,
            exit_code: None,
            background: Vec::new(),
            waiting: false,
            hostname,
        }
    }

    /// The same shell with `$0`, `$1`, … and bash's messages.
    #[must_use]
    pub fn with_arguments(mut self, name: &str, arguments: &[Rc<str>], bash: bool) -> Self {
        self.name = name.into();
        self.arguments = arguments.into();
        self.bash = bash;
        self
    }

    /// The same shell with a text on its standard input.
    #[must_use]
    pub fn with_input(mut self, input: Option<&str>) -> Self {
        self.input = input.map(Rc::from);
        self
    }

    /// Runs all that is due at `now`.
    pub fn run(&mut self, now: Time, outside: &mut dyn Outside) -> Outcome {
        self.run_background(now, outside);
        let outcome = self.run_steps(now, STEPS, outside);
        let next = self.background.iter().filter_map(|shell| shell.wake).min();
        match (outcome, next) {
            (Outcome::Sleeps(at), Some(next)) => Outcome::Sleeps(at.min(next)),
            (Outcome::Blocked, Some(next)) => Outcome::Sleeps(next),
            (other, _) => other,
        }
    }

    fn run_background(&mut self, now: Time, outside: &mut dyn Outside) {
        let mut shells = std::mem::take(&mut self.background);
        for shell in &mut shells {
            std::mem::swap(&mut shell.files, &mut self.files);
            shell.run_steps(now, STEPS, outside);
            std::mem::swap(&mut shell.files, &mut self.files);
            self.output.append(&mut shell.output);
        }
        shells.retain(|shell| shell.finished.is_none());
        shells.append(&mut self.background);
        self.background = shells;
        if self.waiting && self.background.is_empty() {
            self.waiting = false;
            self.blocked = false;
        }
    }

    fn run_steps(&mut self, now: Time, most: u32, outside: &mut dyn Outside) -> Outcome {
        let mut steps = 0;
        loop {
            if let Some(code) = self.finished {
                return Outcome::Done(code);
            }
            if self.blocked {
                return Outcome::Blocked;
            }
            if let Some(wake) = self.wake {
                if wake > now {
                    return Outcome::Sleeps(wake);
                }
                self.wake = None;
                self.now = wake;
                if !std::mem::take(&mut self.spinning) {
                    self.spin = 0;
                }
            }
            self.run_pending();
            let Some(task) = self.stack.pop() else {
                self.finish(self.status);
                continue;
            };
            self.step(task, outside);
            steps += 1 + std::mem::take(&mut self.nested_steps);
            // What has spun for long gets few steps at a time.
            let most = if self.spin >= LONG_SPIN { most / 100 } else { most };
            if steps >= most {
                // A busy loop: let time pass, ever more of it, so that it costs nothing.
                self.spin = (self.spin + 1).min(LONGEST_SPIN);
                self.spinning = true;
                let pause = Duration::from_millis(1 << self.spin);
                self.wake = Some(self.now.max(now) + pause);
            }
        }
    }

    fn finish(&mut self, code: i64) {
        let code = self.exit_code.unwrap_or(code);
        if let Some(script) = self.traps.remove("EXIT") {
            self.exit_code = Some(code);
            self.status = code;
            self.stack = vec![Task::List(script, 0)];
            return;
        }
        self.finished = Some(code & 0xff);
        self.stack.clear();
    }

    /// What follows may change variables, folder and traps for itself only; it begins without traps.
    fn enter_subshell(&mut self) {
        let mut traps = self.traps.clone();
        traps.retain(|_, script| script.is_empty());
        let saved = Saved {
            variables: self.variables.clone(),
            folder: Rc::clone(&self.folder),
            arguments: Rc::clone(&self.arguments),
            traps: std::mem::replace(&mut self.traps, traps),
        };
        self.push(Task::EndSubshell(Box::new(saved)));
    }

    /// `exit` within parentheses leaves those.
    fn leave_subshell(&mut self, code: i64, outside: &mut dyn Outside) {
        self.status = code & 0xff;
        while let Some(task) = self.stack.pop() {
            match task {
                Task::EndSubshell(_) => return self.stack.push(task),
                Task::Restore { .. } | Task::EndFunction { .. } => self.step(task, outside),
                _ => {}
            }
        }
    }

    fn push(&mut self, task: Task) {
        if self.stack.len() >= DEEPEST {
            self.complain("out of memory: too many nested commands");
            self.finish(2);
            return;
        }
        self.stack.push(task);
    }

    fn step(&mut self, task: Task, outside: &mut dyn Outside) {
        match task {
            Task::Run(node) => self.node(&node, outside),
            Task::List(script, index) => {
                let Some(node) = script.get(index) else { return };
                let node = Rc::new(node.clone());
                if index + 1 < script.len() {
                    self.push(Task::List(script, index + 1));
                }
                self.push(Task::Run(node));
            }
            Task::AndOr(right, and) => {
                if (self.status == 0) == and {
                    self.push(Task::Run(right));
                }
            }
            Task::IfCheck { branches, index, otherwise } => {
                self.check_if(&branches, index, otherwise)
            }
            Task::WhileCheck { condition, body, until } => {
                if (self.status == 0) == until {
                    self.status = 0;
                    return;
                }
                self.push(Task::WhileAgain { condition, body: Rc::clone(&body), until });
                self.push(Task::List(body, 0));
            }
            Task::WhileAgain { condition, body, until } => {
                self.push(Task::WhileCheck { condition: Rc::clone(&condition), body, until });
                self.push(Task::List(condition, 0));
            }
            Task::ForNext { name, values, index, body } => {
                let Some(value) = values.get(index) else { return };
                self.variables.insert(Rc::clone(&name), Rc::clone(value));
                self.push(Task::ForNext {
                    name,
                    values: Rc::clone(&values),
                    index: index + 1,
                    body: Rc::clone(&body),
                });
                self.push(Task::List(body, 0));
            }
            Task::EndFunction { arguments } => self.arguments = arguments,
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
            }
            Task::EndTrap { status } => self.status = status,
            Task::Restore { out, err, input } => {
                self.out = out;
                self.err = err;
                self.input = input;
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

    fn node(&mut self, node: &Rc<Node>, outside: &mut dyn Outside) {
        match &**node {
            Node::Simple { assigns, words, redirects } => {
                self.simple(assigns, words, redirects, outside)
            }
            Node::Pipeline { stages, negated } => self.pipeline(stages, *negated, outside),
            Node::AndOr { left, right, and } => {
                self.push(Task::AndOr(Rc::clone(right), *and));
                self.push(Task::Run(Rc::clone(left)));
            }
            Node::If { branches, otherwise } => {
                if let Some((condition, _)) = branches.first() {
                    let condition = Rc::clone(condition);
                    self.push(Task::IfCheck {
                        branches: Rc::clone(branches),
                        index: 0,
                        otherwise: Rc::clone(otherwise),
                    });
                    self.push(Task::List(condition, 0));
                }
            }
            Node::While { condition, body, until } => {
                self.push(Task::WhileCheck {
                    condition: Rc::clone(condition),
                    body: Rc::clone(body),
                    until: *until,
                });
                self.push(Task::List(Rc::clone(condition), 0));
            }
            Node::For { name, words, body } => {
                let values = match words {
                    Some(words) => self.expand_all(words, outside),
                    None => Ok(self.arguments.to_vec()),
                };
                let Ok(values) = values else { return };
                self.status = 0;
                self.push(Task::ForNext {
                    name: name.as_str().into(),
                    values: values.into(),
                    index: 0,
                    body: Rc::clone(body),
                });
            }
            Node::Case { word, arms } => {
                let Ok(value) = self.expand_text(word, outside) else { return };
                self.status = 0;
                for (patterns, body) in arms.iter() {
                    let hit = patterns.iter().any(|pattern| {
                        self.expand_text(pattern, outside)
                            .is_ok_and(|pattern| super::expand::glob(&pattern, &value))
                    });
                    if hit {
                        self.push(Task::List(Rc::clone(body), 0));
                        break;
                    }
                }
            }
            Node::Group(body) => self.push(Task::List(Rc::clone(body), 0)),
            Node::Subshell(body) => {
                self.enter_subshell();
                self.push(Task::List(Rc::clone(body), 0));
            }
            Node::Function { name, body } => {
                self.functions.insert(name.as_str().into(), Rc::clone(body));
                self.status = 0;
            }
            Node::Redirected(inner, redirects) => {
                let restore = self.restore();
                if self.redirect(redirects, outside) {
                    self.push(restore);
                    self.push(Task::Run(Rc::clone(inner)));
                } else {
                    self.step(restore, outside);
                }
            }
            Node::Background(inner) => {
                let mut shell = self.fork();
                shell.stack = vec![Task::Run(Rc::clone(inner))];
                self.background.push(shell);
                self.status = 0;
                let id = 10 + self.background.len();
                self.variables.insert("!".into(), id.to_string().into());
                self.wake = Some(self.now);
                let now = self.now;
                self.run_background(now, outside);
            }
        }
    }

    fn restore(&self) -> Task {
        Task::Restore { out: self.out.clone(), err: self.err.clone(), input: self.input.clone() }
    }

    /// A copy that runs beside this one; its files come back with it.
    fn fork(&self) -> Self {
        let mut shell = self.clone();
        shell.stack = Vec::new();
        shell.output = Vec::new();
        shell.background = Vec::new();
        shell.captured = String::new();
        shell.traps.retain(|_, script| script.is_empty());
        shell.pending = Vec::new();
        shell.waiting = false;
        shell.wake = None;
        shell.exit_code = None;
        shell.nesting += 1;
        shell
    }

    /// Runs a script to its end and gives what it printed; the time it took passes after this step.
    pub(super) fn capture(&mut self, script: &Script, outside: &mut dyn Outside) -> String {
        if self.nesting > 20 {
            self.complain("too many nested substitutions");
            return String::new();
        }
        let mut shell = self.fork();
        shell.stack = vec![Task::List(Rc::clone(script), 0)];
        shell.out = Target::Capture;
        self.run_nested(&mut shell, outside);
        shell.captured
    }

    fn run_nested(&mut self, shell: &mut Self, outside: &mut dyn Outside) {
        let mut left = NESTED_STEPS;
        self.nested_steps += 50;
        loop {
            let now = shell.wake.unwrap_or(shell.now);
            match shell.run_steps(now, left.min(1000), outside) {
                Outcome::Done(code) => {
                    self.status = code;
                    self.substituted = Some(code);
                    break;
                }
                Outcome::Sleeps(_) if left > 1000 => {
                    left -= 1000;
                    self.nested_steps += 1000;
                }
                Outcome::Sleeps(_) | Outcome::Blocked => {
                    // It never ends: neither does this shell.
                    self.blocked = true;
                    break;
                }
            }
        }
        self.files = std::mem::take(&mut shell.files);
        self.output.append(&mut shell.output);
        self.draws = shell.draws;
        if shell.now > self.now {
            self.wake = Some(self.wake.map_or(shell.now, |wake| wake.max(shell.now)));
        }
    }

    /// Each stage runs to its end on what the one before printed.
    fn pipeline(&mut self, stages: &Rc<[Node]>, negated: bool, outside: &mut dyn Outside) {
        let mut input = self.input.clone();
        let (out, err) = (self.out.clone(), self.err.clone());
        let last = stages.len().saturating_sub(1);
        for (index, stage) in stages.iter().enumerate() {
            let mut shell = self.fork();
            shell.stack = vec![Task::Run(Rc::new(stage.clone()))];
            shell.input = input.take();
            shell.err = err.clone();
            shell.out = if index == last { out.clone() } else { Target::Capture };
            self.run_nested(&mut shell, outside);
            if shell.out == Target::Capture && out == Target::Capture && index == last {
                self.captured.push_str(&shell.captured);
            } else {
                input = Some(shell.captured.as_str().into());
            }
        }
        if negated {
            self.status = i64::from(self.status == 0);
        }
    }

    /// Opens the targets of redirections; says whether all could be opened.
    fn redirect(&mut self, redirects: &[Redirect], outside: &mut dyn Outside) -> bool {
        for redirect in redirects {
            let Ok(text) = self.expand_text(&redirect.target, outside) else { return false };
            if redirect.kind == RedirectKind::Here {
                self.input = Some(if text.ends_with('\n') || text.is_empty() {
                    text.into()
                } else {
                    format!("{text}\n").into()
                });
                continue;
            }
            if redirect.kind == RedirectKind::Duplicate {
                match (redirect.fd, text.as_str()) {
                    (1, "2") => self.out = self.err.clone(),
                    (2, "1") => self.err = self.out.clone(),
                    _ => {}
                }
                continue;
            }
            let path = Files::absolute(&self.folder, &text);
            if redirect.kind == RedirectKind::Read {
                match self.files.read(&path) {
                    Some(content) => self.input = Some(content.into()),
                    None => {
                        self.complain(&format!("can't open {text}: no such file"));
                        self.status = 1;
                        return false;
                    }
                }
                continue;
            }
            let target = match path.as_str() {
                "/dev/stdout" | "/proc/1/fd/1" => Target::Out,
                "/dev/stderr" | "/proc/1/fd/2" => Target::Err,
                _ => {
                    let append = redirect.kind == RedirectKind::Append;
                    let kept = if append {
                        self.files.read(&path).unwrap_or_default().to_owned()
                    } else {
                        String::new()
                    };
                    if !self.files.write(&path, &kept, false) {
                        self.complain(&format!("can't create {text}: nonexistent directory"));
                        self.status = 1;
                        return false;
                    }
                    Target::File(path.into())
                }
            };
            match (redirect.kind, redirect.fd) {
                (RedirectKind::Both, _) => (self.out, self.err) = (target.clone(), target),
                (_, 2) => self.err = target,
                _ => self.out = target,
            }
        }
        true
    }

    fn simple(
        &mut self,
        assigns: &[(String, Word)],
        words: &[Word],
        redirects: &[Redirect],
        outside: &mut dyn Outside,
    ) {
        self.substituted = None;
        self.before = self.status;
        let Ok(argv) = self.expand_all(words, outside) else { return self.failed() };
        let mut values = Vec::new();
        for (name, word) in assigns {
            let Ok(value) = self.expand_text(word, outside) else { return self.failed() };
            values.push((Rc::from(name.as_str()), Rc::from(value)));
        }
        self.status = 0;
        if argv.is_empty() {
            self.status = self.substituted.unwrap_or(0);
            self.variables.extend(values);
            let restore = self.restore();
            if !redirects.is_empty() {
                self.redirect(redirects, outside);
                self.step(restore, outside);
            }
            return;
        }
        if self.trace {
            self.print_error(&format!("+ {}\n", argv.join(" ")));
        }
        let restore = self.restore();
        if !self.redirect(redirects, outside) {
            self.step(restore, outside);
            return self.failed();
        }
        let before = self.variables.clone();
        let scoped = !values.is_empty();
        self.variables.extend(values);
        if let Some(body) = argv.first().and_then(|name| self.functions.get(name)).cloned() {
            self.push(restore);
            self.push(Task::EndFunction { arguments: Rc::clone(&self.arguments) });
            self.arguments = argv.iter().skip(1).cloned().collect();
            self.push(Task::Run(body));
            return;
        }
        let redirected_exec = argv.first().is_some_and(|name| &**name == "exec") && argv.len() == 1;
        self.command(&argv, outside);
        if scoped {
            self.variables = before;
        }
        if !redirected_exec {
            self.step(restore, outside);
        }
        self.failed();
    }

    /// With `set -e` a failed command ends the shell, unless a condition asked.
    fn failed(&mut self) {
        let asked = self
            .stack
            .iter()
            .any(|task| matches!(task, Task::IfCheck { .. } | Task::WhileCheck { .. }))
            || matches!(self.stack.last(), Some(Task::AndOr(..)));
        if self.errexit && self.status != 0 && !asked && self.finished.is_none() {
            self.finish(self.status);
        }
    }

    /// Runs a command that is no function: what changes the shell itself is here, the rest in `commands`.
    fn command(&mut self, argv: &[Rc<str>], outside: &mut dyn Outside) {
        let argument = |index: usize| argv.get(index).map_or("", |word| &**word);
        let number = |index: usize| argument(index).parse::<i64>().ok();
        self.status = 0;
        match argument(0) {
            "exit" => {
                let code = number(1).unwrap_or(self.before);
                if self.stack.iter().any(|task| matches!(task, Task::EndSubshell(_))) {
                    self.leave_subshell(code, outside);
                } else {
                    self.finish(code);
                }
            }
            "return" => {
                self.status = number(1).unwrap_or(self.before);
                while let Some(task) = self.stack.pop() {
                    if matches!(task, Task::EndFunction { .. }) {
                        self.stack.push(task);
                        break;
                    }
                    if matches!(task, Task::Restore { .. }) {
                        self.step(task, outside);
                    }
                }
            }
            "break" | "continue" => self.leave_loop(argument(0) == "continue", outside),
            "sleep" => match duration(argv.get(1..).unwrap_or_default()) {
                Some(span) => self.pause(span),
                None if argument(1) == "infinity" => self.blocked = true,
                None => self.fail(1, &format!("sleep: invalid number '{}'", argument(1))),
            },
            "wait" => {
                if !self.background.is_empty() {
                    self.waiting = true;
                    self.blocked = true;
                }
            }
            "exec" if argv.len() > 1 => {
                let rest: Vec<Rc<str>> = argv.iter().skip(1).cloned().collect();
                self.stack.clear();
                // What takes the shell's place has none of its traps.
                self.traps.clear();
                self.pending.clear();
                self.command(&rest, outside);
            }
            "eval" => {
                let text = argv.get(1..).unwrap_or_default().join(" ");
                self.source(&text);
            }
            "sh" | "bash" | "/bin/sh" | "/bin/bash" | "ash" => self.inner_shell(argv),
            "set" => self.set(argv),
            "shift" => self.arguments = self.arguments.iter().skip(1).cloned().collect(),
            "trap" => self.trap(argv.get(1..).unwrap_or_default()),
            "exec" | ":" | "true" => {}
            _ => commands::run(self, argv, outside),
        }
    }

    /// `trap 'SCRIPT' TERM`, `trap '' TERM`, `trap - TERM`, `trap TERM`.
    fn trap(&mut self, words: &[Rc<str>]) {
        let words = match words.split_first() {
            Some((first, rest)) if &**first == "--" => rest,
            _ => words,
        };
        let Some((action, signals)) = words.split_first() else { return };
        // A number, or a word alone, is already a signal: it means again what it means by itself.
        let number = action.parse::<u8>().is_ok();
        let (action, signals) = match number || signals.is_empty() {
            true => (None, words),
            false => (Some(action).filter(|action| &***action != "-"), signals),
        };
        let script = match action.map(|action| parse::parse(action)).transpose() {
            Ok(script) => script,
            Err(message) => return self.fail(2, &message),
        };
        for signal in signals {
            let name = signal_name(signal);
            match &script {
                Some(script) => self.traps.insert(name, Rc::clone(script)),
                None => self.traps.remove(&name),
            };
        }
    }

    fn set(&mut self, argv: &[Rc<str>]) {
        for word in argv.iter().skip(1) {
            let (on, flags) = match word.strip_prefix('-') {
                Some(flags) => (true, flags),
                None => match word.strip_prefix('+') {
                    Some(flags) => (false, flags),
                    None => continue,
                },
            };
            for flag in flags.chars() {
                match flag {
                    'e' => self.errexit = on,
                    'u' => self.nounset = on,
                    'x' => self.trace = on,
                    _ => {}
                }
            }
        }
        if let Some(at) = argv.iter().position(|word| &**word == "--") {
            self.arguments = argv.iter().skip(at + 1).cloned().collect();
        }
    }

    /// `sh -c TEXT` and `sh FILE` go on in this machine, as a subshell. Where nothing comes after, the new shell takes
    /// the place of this one, and is PID 1 as this one was.
    fn inner_shell(&mut self, argv: &[Rc<str>]) {
        let position = argv.iter().position(|word| word.starts_with('-') && word.contains('c'));
        let text = match position {
            Some(at) => argv.get(at + 1).map(ToString::to_string),
            None => argv.get(1).and_then(|file| {
                self.files.read(&Files::absolute(&self.folder, file)).map(str::to_owned)
            }),
        };
        let text =
            text.or_else(|| self.input.as_ref().map(ToString::to_string)).unwrap_or_default();
        if !(self.stack.is_empty() && self.traps.is_empty()) {
            self.enter_subshell();
        }
        self.arguments = argv.iter().skip(position.map_or(2, |at| at + 3)).cloned().collect();
        self.source(&text);
    }

    fn source(&mut self, text: &str) {
        match parse::parse(text) {
            Ok(script) => self.push(Task::List(script, 0)),
            Err(message) => self.fail(2, &message),
        }
    }

    fn leave_loop(&mut self, again: bool, outside: &mut dyn Outside) {
        while let Some(task) = self.stack.pop() {
            match task {
                Task::WhileAgain { .. } | Task::ForNext { .. } => {
                    if again {
                        self.stack.push(task);
                    }
                    return;
                }
                Task::Restore { .. } => self.step(task, outside),
                Task::EndFunction { .. } | Task::EndSubshell(_) => {
                    self.stack.push(task);
                    return;
                }
                _ => {}
            }
        }
    }

    /// Time passes before the next step.
    pub(super) fn pause(&mut self, span: Duration) {
        let from = self.wake.unwrap_or(self.now);
        self.wake = Some(from + span);
    }

    /// Nothing happens any more.
    pub(super) fn block(&mut self) {
        self.blocked = true;
    }

    /// SIGTERM: its trap runs. Without one PID 1 does not even notice. As POSIX has it, `wait` ends at once, and
    /// what else runs in the foreground comes to its end first. Says whether the shell goes on now.
    pub fn terminate(&mut self, now: Time) -> bool {
        let outermost = self.stack.iter().find_map(|task| match task {
            Task::EndSubshell(saved) => Some(&saved.traps),
            _ => None,
        });
        let traps = outermost.unwrap_or(&self.traps);
        let Some(script) = traps.get("TERM").filter(|script| !script.is_empty()).cloned() else {
            return false;
        };
        self.pending.push(script);
        let interrupted = self.waiting && self.catches();
        if interrupted {
            self.blocked = false;
            self.waiting = false;
            self.status = ENDED_BY_TERM;
        }
        // A loop of the shell's own commands stands between two of them.
        if interrupted || self.spinning {
            self.wake = None;
            self.spinning = false;
            self.now = self.now.max(now);
        }
        interrupted || self.wake.is_none() && !self.blocked
    }

    /// Whether the shell itself stands here; in parentheses its traps do not count.
    fn catches(&self) -> bool {
        !self.stack.iter().any(|task| matches!(task, Task::EndSubshell(_)))
    }

    /// Begins the traps that are due.
    fn run_pending(&mut self) {
        if self.pending.is_empty() || !self.catches() {
            return;
        }
        for script in std::mem::take(&mut self.pending).into_iter().rev() {
            self.stack.push(Task::EndTrap { status: self.status });
            self.stack.push(Task::List(script, 0));
        }
    }

    /// What it printed since this was last asked: time, whether it is an error, text.
    pub fn take_output(&mut self) -> Vec<(Time, bool, String)> {
        std::mem::take(&mut self.output)
    }

    /// Prints to the standard output of now.
    pub(super) fn print(&mut self, text: &str) {
        let target = self.out.clone();
        self.emit(&target, text);
    }

    /// Prints to the standard error of now.
    pub(super) fn print_error(&mut self, text: &str) {
        let target = self.err.clone();
        self.emit(&target, text);
    }

    fn emit(&mut self, target: &Target, text: &str) {
        match target {
            Target::Out => self.output.push((self.now, false, text.to_owned())),
            Target::Err => self.output.push((self.now, true, text.to_owned())),
            Target::File(path) => {
                self.files.write(path, text, true);
            }
            Target::Capture if self.captured.len() < LONGEST => self.captured.push_str(text),
            Target::Capture => {}
        }
    }

    /// `sh: TEXT` on standard error.
    pub(super) fn complain(&mut self, text: &str) {
        let line = match self.bash {
            true => format!("{}: line 1: {text}\n", self.name),
            false => format!("{}: {text}\n", self.name),
        };
        self.print_error(&line);
    }

    /// A command failed, and says so itself.
    pub(super) fn fail(&mut self, status: i64, text: &str) {
        self.print_error(&format!("{text}\n"));
        self.status = status;
    }

    /// The next value of `$RANDOM`.
    pub(super) fn random(&mut self) -> u64 {
        self.draws += 1;
        self.seed.draw(Purpose::Container, &self.hostname, self.draws) % 32_768
    }

    /// Whether unset variables are errors.
    pub(super) const fn strict(&self) -> bool {
        self.nounset
    }

    /// Ends the shell because an expansion failed.
    pub(super) fn abort(&mut self, message: &str, status: i64) {
        self.complain(message);
        self.finish(status);
    }
}

/// `TERM` for `SIGTERM` and `15`.
fn signal_name(word: &str) -> Rc<str> {
    match word {
        "0" => "EXIT".into(),
        "1" => "HUP".into(),
        "2" => "INT".into(),
        "3" => "QUIT".into(),
        "15" => "TERM".into(),
        _ => word.trim_start_matches("SIG").into(),
    }
}

/// `5`, `0.5`, `1m`, several added up.
fn duration(words: &[Rc<str>]) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    if words.is_empty() {
        return None;
    }
    for word in words {
        let (number, unit) = match word.strip_suffix(['s', 'm', 'h', 'd']) {
            Some(number) => (number, word.chars().last().unwrap_or('s')),
            None => (&**word, 's'),
        };
        let scale = match unit {
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => 1000,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
        let thousandths: i64 = digits.parse().ok()?;
        if number.is_empty() || whole < 0 {
            return None;
        }
        sum = sum
            + Duration::from_millis(
                whole.saturating_mul(scale).saturating_add(thousandths * scale / 1000),
            );
    }
    Some(sum)
}
