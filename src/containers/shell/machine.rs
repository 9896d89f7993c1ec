//! The machine: a stack of tasks, variables, files, and where output goes.

use std::collections::BTreeMap;
use std::rc::Rc;

mod builtins;
mod jobs;
mod nodes;
mod signals;
mod streams;
mod tasks;

use jobs::Job;
pub(in crate::containers) use signals::INIT;
use streams::Target;
use tasks::{Saved, Task};

use super::parse::{Node, Script};
use crate::api::core::User;
use crate::containers::files::Files;
use crate::containers::process::Outside;
use crate::containers::signal::Signal;
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};

/// Variables by name. Shells that begin with the same ones share them until one of them changes one.
pub type Variables = Rc<BTreeMap<Rc<str>, Rc<str>>>;

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
    /// As whom it runs.
    pub(super) user: Rc<User>,
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
            user: User::root(),
        }
    }

    /// The same shell, run by a user.
    #[must_use]
    pub fn with_user(mut self, user: &Rc<User>) -> Self {
        self.user = Rc::clone(user);
        self
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
