//! The machine: a stack of tasks, variables, files, and where output goes.

use std::collections::BTreeMap;
use std::rc::Rc;

mod builtins;
mod jobs;
mod signals;
mod streams;

use jobs::Job;
pub(in crate::containers) use signals::INIT;
use streams::Target;

use super::condition;
use super::parse::{Node, Redirect, Script, Word};
use crate::containers::files::Files;
use crate::containers::process::Outside;
use crate::containers::signal::Signal;
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};

/// Something left to do.
#[derive(Clone, Debug, PartialEq)]
enum Task {
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

/// Variables by name. Shells that begin with the same ones share them until one of them changes one.
pub type Variables = Rc<BTreeMap<Rc<str>, Rc<str>>>;

/// What a subshell does not change for its parent.
#[derive(Clone, Debug, PartialEq)]
struct Saved {
    variables: Variables,
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
/// The numbers between a container's first process and its first child: the runtime has used them while it started.
const FIRST_CHILD: u32 = 5;
/// At most so many functions, loops and lists inside each other.
const DEEPEST: usize = 2_000;
/// At most so many bytes in a variable or a captured text.
pub(super) const LONGEST: usize = 1 << 18;

/// A shell, standing somewhere in its script.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    stack: Vec<Task>,
    pub(super) variables: Variables,
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
    /// Whether a pipeline fails if any stage does.
    pipefail: bool,
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
    pub(super) nested_steps: u32,
    /// What `exit` said, while the trap for it runs.
    exit_code: Option<i64>,
    /// `$$`; the shell of PID 1 is spared by signals.
    pid: u32,
    /// The last process that was given a number.
    pids: u32,
    /// Whether it is a copy that runs within another shell, with a process of its own but the same `$$`.
    forked: bool,
    /// Other processes of the container.
    others: Rc<[u32]>,
    /// A signal has stopped it until another lets it go on.
    stopped: bool,
    /// Signals to processes that it does not look after: when, to whom, which.
    sent: Vec<(Time, u32, Signal)>,
    /// Background commands, each a shell of its own.
    jobs: Vec<Job>,
    /// Background commands that ended, until somebody asks: by process, their numbers and exit codes.
    ended: BTreeMap<u32, (u32, i64)>,
    /// `wait` stands here: for these processes, or for all.
    waiting: Option<Rc<[u32]>>,
    pub(super) hostname: Rc<str>,
}

impl Machine {
    /// A shell at the beginning of a script.
    pub fn new(
        script: Script,
        environment: Variables,
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
            pipefail: false,
            traps: BTreeMap::new(),
            pending: Vec::new(),
            bash: false,
            nesting: 0,
            spin: 0,
            spinning: false,
            nested_steps: 0,
            exit_code: None,
            pid: INIT,
            pids: INIT + FIRST_CHILD,
            forked: false,
            others: Rc::new([]),
            stopped: false,
            sent: Vec::new(),
            jobs: Vec::new(),
            ended: BTreeMap::new(),
            waiting: None,
            hostname,
        }
    }

    /// The same shell, with bash's messages if it is bash.
    #[must_use]
    pub const fn with_bash(mut self, bash: bool) -> Self {
        self.bash = bash;
        self
    }

    /// The same shell as a process beside others.
    #[must_use]
    pub(in crate::containers) fn with_pid(mut self, pid: u32, others: Rc<[u32]>) -> Self {
        (self.pid, self.pids, self.others) = (pid, pid, others);
        self
    }

    /// The signals that it sent to others since this was last asked.
    pub(in crate::containers) fn take_sent(&mut self) -> Vec<(Time, u32, Signal)> {
        std::mem::take(&mut self.sent)
    }

    /// `$$`
    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// The same shell with a text on its standard input.
    #[must_use]
    pub fn with_input(mut self, input: Option<&str>) -> Self {
        self.input = input.map(Rc::from);
        self
    }

    /// Runs all that is due at `now`.
    pub fn run(&mut self, now: Time, outside: &mut dyn Outside) -> Outcome {
        self.run_jobs(now, outside);
        let outcome = self.run_steps(now, STEPS, outside);
        let next = self.next_wake();
        match (outcome, next) {
            (Outcome::Sleeps(at), Some(next)) => Outcome::Sleeps(at.min(next)),
            (Outcome::Blocked, Some(next)) => Outcome::Sleeps(next),
            (other, _) => other,
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
                // `sleep 0` is no pause.
                if !std::mem::take(&mut self.spinning) && wake > self.now {
                    self.spin = 0;
                }
                self.now = wake;
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
            variables: Rc::clone(&self.variables),
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

    fn node(&mut self, node: &Node, outside: &mut dyn Outside) {
        match node {
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
            Node::While { condition, again, body, until } => {
                self.push(Task::WhileCheck {
                    again: Rc::clone(again),
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
                        self.expand_pattern(pattern, outside)
                            .is_ok_and(|pattern| super::glob::glob(&pattern, &value))
                    });
                    if hit {
                        self.push(Task::List(Rc::clone(body), 0));
                        break;
                    }
                }
            }
            Node::Test(words) => {
                let Ok(words) = self.condition(words, outside) else { return self.failed() };
                let files = |test: char, path: &str| self.has_file(test, path);
                self.status = match condition::holds(&words, &files) {
                    Ok(value) => i64::from(!value),
                    Err(message) => {
                        self.complain(&message);
                        2
                    }
                };
                self.failed();
            }
            Node::Arithmetic(text) => {
                let value = self.expand_text(text, outside).and_then(|text| self.evaluate(&text));
                if let Ok(value) = value {
                    self.status = i64::from(value == 0);
                    self.failed();
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
                let restore = self.restore(redirects);
                if self.redirect(redirects, outside) {
                    self.push(restore);
                    self.push(Task::Run(Rc::clone(inner)));
                } else {
                    self.step(restore, outside);
                }
            }
            Node::Background(inner) => {
                self.begin_job(inner, outside);
            }
        }
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
            let Ok(value) = self.expand_value(word, outside) else { return self.failed() };
            if self.trace {
                self.print_error(&format!("+ {name}={}\n", traced(&value)));
            }
            values.push((Rc::from(name.as_str()), Rc::from(value)));
        }
        self.status = 0;
        if argv.is_empty() {
            self.status = self.substituted.unwrap_or(0);
            self.assign(values);
            let restore = self.restore(redirects);
            if !redirects.is_empty() {
                self.redirect(redirects, outside);
                self.step(restore, outside);
            }
            return self.failed();
        }
        if self.trace {
            let words: Vec<String> = argv.iter().map(|word| traced(word)).collect();
            self.print_error(&format!("+ {}\n", words.join(" ")));
        }
        let restore = self.restore(redirects);
        if !self.redirect(redirects, outside) {
            self.step(restore, outside);
            return self.failed();
        }
        // What is assigned before a command is there for it alone.
        let before = (!values.is_empty()).then(|| Rc::clone(&self.variables));
        let names = values.iter().map(|(name, _)| Rc::clone(name));
        let locals: Vec<_> =
            names.map(|name| (Rc::clone(&name), self.variables.get(&name).cloned())).collect();
        self.assign(values);
        if let Some(body) = argv.first().and_then(|name| self.functions.get(name)).cloned() {
            self.push(restore);
            self.push(Task::EndFunction { arguments: Rc::clone(&self.arguments), locals });
            self.arguments = argv.iter().skip(1).cloned().collect();
            self.push(Task::Run(body));
            return;
        }
        let redirected_exec = argv.first().is_some_and(|name| &**name == "exec") && argv.len() == 1;
        let height = self.stack.len();
        self.command(&argv, outside);
        if let Some(before) = before {
            // A shell within this one has them, too, and gives them back at its end.
            match self.stack.get_mut(height) {
                Some(Task::EndSubshell(saved)) => saved.variables = before,
                _ => self.give_back(locals),
            }
        }
        // So it is with where its output goes.
        if self.stack.len() > height && !redirects.is_empty() {
            self.stack.insert(height, restore);
        } else if !redirected_exec {
            self.step(restore, outside);
        }
        self.failed();
    }

    /// Runs these next.
    pub(super) fn go_on_with(&mut self, nodes: Vec<Node>) {
        if !nodes.is_empty() {
            self.push(Task::List(nodes.into(), 0));
        }
    }

    /// Variables are again what they were.
    fn give_back(&mut self, locals: Vec<(Rc<str>, Option<Rc<str>>)>) {
        for (name, value) in locals.into_iter().rev() {
            match value {
                Some(value) => self.variables_mut().insert(name, value),
                None => self.variables_mut().remove(&name),
            };
        }
    }

    /// A variable becomes the function's own.
    pub(super) fn make_local(&mut self, name: &str) {
        let before = self.variables.get(name).cloned();
        let function = self.stack.iter_mut().rev().find_map(|task| match task {
            Task::EndFunction { locals, .. } => Some(locals),
            _ => None,
        });
        if let Some(locals) = function {
            locals.push((name.into(), before));
        }
    }

    /// The words of `[[ … ]]`: what is compared with a pattern is one.
    fn condition(
        &mut self,
        words: &[Word],
        outside: &mut dyn Outside,
    ) -> Result<Vec<String>, super::expand::Ended> {
        let mut all: Vec<String> = Vec::new();
        for word in words {
            let pattern = all.last().is_some_and(|last| condition::compares(last));
            all.push(match pattern {
                true => self.expand_pattern(word, outside)?,
                false => self.expand_text(word, outside)?,
            });
        }
        Ok(all)
    }

    /// Whether a file is there and of a kind, as `-f` and its kin ask.
    pub(super) fn has_file(&self, test: char, path: &str) -> bool {
        let whole = Files::absolute(&self.folder, path);
        match test {
            'f' => self.files.read(&whole).is_some(),
            'd' => self.files.is_folder(&whole),
            's' => self.files.read(&whole).is_some_and(|text| !text.is_empty()),
            'L' | 'h' | 'p' | 'S' | 'b' | 'c' => false,
            _ => self.files.exists(&whole),
        }
    }

    fn assign(&mut self, values: Vec<(Rc<str>, Rc<str>)>) {
        if !values.is_empty() {
            self.variables_mut().extend(values);
        }
    }

    /// The variables, to change them.
    pub(super) fn variables_mut(&mut self) -> &mut BTreeMap<Rc<str>, Rc<str>> {
        Rc::make_mut(&mut self.variables)
    }

    /// With `set -e` a failed command ends the shell, unless a condition asked.
    fn failed(&mut self) {
        let asked = self.stack.iter().any(|task| {
            matches!(task, Task::IfCheck { .. } | Task::WhileCheck { .. } | Task::AndOr(..))
        });
        if self.errexit && self.status != 0 && !asked && self.finished.is_none() {
            self.finish(self.status);
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

/// A word as `set -x` shows it.
fn traced(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_-./:=@%+,^".contains(letter);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
