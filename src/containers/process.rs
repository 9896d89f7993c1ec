//! A process in virtual time: what it prints, when it ends, what it answers. Cheap to clone.

use std::collections::BTreeMap;
use std::rc::Rc;

mod program;
mod serving;
pub mod stress;

pub use program::command_line;
use program::{Program, has_command, program};
use serving::Beside;
pub use serving::{Answer, Health, Outside, Request};

use super::catalogue::Image;
use super::files::{Access, Files, Mounts};
use super::shell::{self, INIT, Machine, Outcome, Variables};
use super::signal::Signal;
use crate::api::core::User;
use crate::api::words::word;
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code.
    pub code: i64,
    /// When.
    pub at: Time,
    /// Whether it used more memory than it may.
    pub out_of_memory: bool,
}

impl Exit {
    /// The kernel kills what uses more memory than it may.
    const fn out_of_memory(at: Time) -> Self {
        Self { code: 137, at, out_of_memory: true }
    }
}

/// So long it takes to use up the memory that there is.
const STARVING: Duration = Duration::from_seconds(2);

/// A process could not be started: the runtime's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(pub String);

/// What a process is started with.
#[derive(Clone, Debug, Default)]
pub struct ProcessSpec {
    /// The pod's `command`, or nothing.
    pub command: Vec<Rc<str>>,
    /// The pod's `args`, or nothing.
    pub args: Vec<Rc<str>>,
    /// Environment variables.
    pub environment: BTreeMap<Rc<str>, Rc<str>>,
    /// Where it starts, or nothing.
    pub folder: Rc<str>,
    /// The host name.
    pub hostname: Rc<str>,
    /// Whether its standard input stays open: a shell then waits for somebody to sit at it.
    pub input: bool,
    /// As whom it runs.
    pub user: Rc<User>,
    /// How many bytes of memory it may use, or 0.
    pub memory_limit: i64,
    /// Behaviour that annotations ask for.
    pub overrides: Overrides,
}

/// Behaviour that annotations `podyard.dev/…` ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// It ends with this code.
    pub exit_code: Option<i64>,
    /// It ends after this time.
    pub run_time: Option<Duration>,
    /// It uses more memory than its limit, and is killed for it after a moment.
    pub out_of_memory: bool,
    /// It stops answering after this time.
    pub hang_after: Option<Duration>,
    /// It answers for a page that this one is elsewhere: an address, or a path that it serves itself.
    pub redirect: Option<Rc<str>>,
    /// What it says of its health over gRPC, by service.
    pub grpc: Option<Rc<[(Rc<str>, Rc<str>)]>>,
}

/// What a command in a container gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i64,
    /// How long it took.
    pub took: Duration,
    /// Whether it would never have ended.
    pub endless: bool,
    /// The output in pieces: how long after the beginning each came, and whether it is an error.
    pub pieces: Vec<(Duration, bool, String)>,
}

/// A running (or ended) process.
#[derive(Clone, Debug)]
pub struct Process {
    image: Rc<Image>,
    program: Program,
    files: Files,
    environment: Variables,
    folder: Rc<str>,
    hostname: Rc<str>,
    user: Rc<User>,
    started: Time,
    /// When it ends by itself, and how.
    end: Option<Exit>,
    exit: Option<Exit>,
    output: Vec<(Time, Rc<str>)>,
    partial: String,
    requests: u32,
    hung: bool,
    /// When it stops answering by itself.
    hangs_at: Option<Time>,
    redirect: Option<Rc<str>>,
    grpc: Option<Rc<[(Rc<str>, Rc<str>)]>>,
    wake: Option<Time>,
    /// Signals from inside that are on their way: when, to which process, which.
    sent: Vec<(Time, u32, Signal)>,
    /// How many commands ran beside it.
    commands: u32,
    seed: Seed,
}

/// The numbers of commands beside it: from where, how far apart, how many before they begin again.
const FIRST_COMMAND: u32 = 30;
const PIDS_OF_COMMAND: u32 = 6;
const MOST_COMMANDS: u32 = 5_000;
/// A command beside it is followed for so many steps and so long.
const MOST_STEPS: u32 = 4_000;
const LONGEST_EXEC: Duration = Duration::from_seconds(3600);

/// Where commands are looked for.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A busy process is looked at again after this.
const FIRST_OUTPUT_BYTES: usize = 64 * 1024;

impl Process {
    /// Starts a process.
    ///
    /// # Errors
    /// The runtime's words if there is no such program.
    pub fn start(
        image: Rc<Image>,
        mut spec: ProcessSpec,
        now: Time,
        seed: Seed,
    ) -> Result<Self, StartError> {
        let argv = command_line(&image, &spec.command, &spec.args);
        let mut files = Files::standard(&spec.hostname);
        if spec.user.home.starts_with("/home") {
            files.make_folder(spec.user.home);
        }
        let mut environment = std::mem::take(&mut spec.environment);
        environment.insert(word("PATH"), word(SEARCH_PATH));
        environment.insert(word("HOSTNAME"), Rc::clone(&spec.hostname));
        environment.entry(word("HOME")).or_insert_with(|| word(spec.user.home));
        let environment = Rc::new(environment);
        let program = program(&image, &argv, &environment, &spec, now, seed)?;
        let run_time = spec.overrides.run_time.or_else(|| match (&program, image.run_seconds) {
            (Program::Server { .. }, Some(seconds)) => Some(Duration::from_seconds(seconds)),
            _ => spec.overrides.exit_code.map(|_| Duration::from_seconds(1)),
        });
        let code = spec.overrides.exit_code.unwrap_or(image.exit_code);
        let load = program.load().cloned();
        let starved = load.as_ref().and_then(|load| load.exceeds(spec.memory_limit));
        let starved = starved.or(spec.overrides.out_of_memory.then_some(Duration::ZERO));
        let worked = load.as_ref().and_then(|load| load.end.as_ref());
        let end = match (starved, run_time, worked) {
            (Some(after), ..) => Some(Exit::out_of_memory(now + after + STARVING)),
            (None, Some(span), _) => Some(Exit { code, at: now + span, out_of_memory: false }),
            (None, None, Some((span, code, _))) => {
                Some(Exit { code: *code, at: now + *span, out_of_memory: false })
            }
            (None, None, None) => None,
        };
        let mut process = Self {
            image,
            program,
            files,
            environment,
            folder: spec.folder,
            hostname: spec.hostname,
            user: spec.user,
            started: now,
            end,
            exit: None,
            output: Vec::new(),
            partial: String::new(),
            requests: 0,
            hung: false,
            hangs_at: spec.overrides.hang_after.map(|span| now + span),
            redirect: spec.overrides.redirect,
            grpc: spec.overrides.grpc,
            wake: Some(now),
            sent: Vec::new(),
            commands: 0,
            seed,
        };
        if matches!(process.program, Program::Server { .. }) {
            let own = load.iter().flat_map(|load| load.log.iter());
            for line in Rc::clone(&process.image).log.iter().chain(own) {
                process.log(now, line);
            }
            process.wake = process.next_of_server();
        }
        Ok(process)
    }

    fn log(&mut self, at: Time, line: &str) {
        if !line.contains('{') {
            return self.output.push((at, line.into()));
        }
        let mut line = line.to_owned();
        if line.contains("{unix-date}") {
            line = line.replace("{unix-date}", &shell_date(at));
        }
        if line.contains("{date}") {
            let date = at.rfc3339().replace('T', " ").replace('Z', "").replace('-', "/");
            line = line.replace("{date}", &date);
        }
        if line.contains("{glog}") {
            line = line.replace("{glog}", &stress::glog(at));
        }
        self.output.push((at, line.into()));
    }

    fn next_of_server(&self) -> Option<Time> {
        let Program::Server { next_tick, load, full } = &self.program else { return self.wake };
        let full = load.as_ref().filter(|_| !full).map(|load| self.started + load.full());
        [*next_tick, full, self.end.map(|end| end.at)].into_iter().flatten().min()
    }

    /// When it does something next by itself.
    pub fn next_wake(&self) -> Option<Time> {
        if self.exit.is_some() || self.hung {
            return None;
        }
        let sent = self.sent.iter().map(|(at, _, _)| *at).min();
        [self.wake, self.end.map(|end| end.at), self.hangs_at, sent].into_iter().flatten().min()
    }

    /// How it ended, if it has.
    pub const fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// Does all that is due.
    pub fn advance(&mut self, now: Time, outside: &mut dyn Outside) {
        while self.exit.is_none() && !self.hung {
            let Some(at) = self.next_wake().filter(|at| *at <= now) else { return };
            if self.hangs_at.is_some_and(|hangs| hangs <= at) {
                self.hung = true;
                return;
            }
            if let Some(due) = self.sent.iter().position(|(when, _, _)| *when <= at) {
                let (when, pid, signal) = self.sent.remove(due);
                self.deliver(when, pid, signal);
                continue;
            }
            if let Some(end) = self.end.filter(|end| end.at <= at) {
                if matches!(self.program, Program::Server { .. }) {
                    for line in &Rc::clone(&self.image).end_log {
                        self.log(end.at, line);
                    }
                }
                if let Some((.., text)) = self.program.load().and_then(|load| load.end.clone())
                    && !text.is_empty()
                    && !end.out_of_memory
                {
                    self.log(end.at, &text);
                }
                self.finish(end);
                return;
            }
            match &mut self.program {
                Program::Server { load: Some(load), full: full @ false, .. } => {
                    *full = true;
                    if let Some(line) = load.full_log.clone() {
                        self.log(at, &line);
                    }
                    self.wake = self.next_of_server();
                }
                Program::Server { next_tick, .. } => {
                    *next_tick = Some(at + Duration::from_seconds(self.image.tick_seconds.max(1)));
                    let line = self.image.tick_log.clone();
                    self.log(at, &line);
                    self.wake = self.next_of_server();
                }
                Program::Shell(machine) => {
                    std::mem::swap(&mut machine.files, &mut self.files);
                    let outcome = machine.run(at, outside);
                    std::mem::swap(&mut machine.files, &mut self.files);
                    let output = machine.take_output();
                    self.take(output);
                    match outcome {
                        Outcome::Sleeps(next) => self.wake = Some(next.max(at)),
                        Outcome::Blocked => self.wake = None,
                        Outcome::Done(code) => self.finish(Exit { code, at, out_of_memory: false }),
                    }
                }
            }
        }
    }

    /// Splits output into lines.
    fn take(&mut self, output: Vec<(Time, bool, String)>) {
        for (at, _, text) in output {
            self.partial.push_str(&text);
            while let Some((line, rest)) = self.partial.split_once('\n') {
                self.output.push((at, line.into()));
                self.partial = rest.to_owned();
            }
            if self.partial.len() > FIRST_OUTPUT_BYTES {
                let line = std::mem::take(&mut self.partial);
                self.output.push((at, line.into()));
            }
        }
    }

    fn finish(&mut self, exit: Exit) {
        if !self.partial.is_empty() {
            let line = std::mem::take(&mut self.partial);
            self.output.push((exit.at, line.into()));
        }
        self.exit = Some(exit);
        self.wake = None;
    }

    /// What it uses: thousandths of a processor, and bytes. A shell that waits uses next to nothing, one that never
    /// does a whole processor.
    pub fn usage(&self, now: Time) -> (i64, i64) {
        const MEGA: i64 = 1 << 20;
        let own = i64::from(self.image.memory);
        let guess = i64::try_from(self.image.size / 12).unwrap_or(0) + 3;
        match &self.program {
            Program::Server { load, .. } => {
                let served = i64::from(self.requests);
                let memory = if own > 0 { own } else { guess } * MEGA;
                let cpu = load.as_ref().map_or(0, |load| load.cpu);
                let loaded = self.load(now);
                (i64::from(self.image.cpu.max(1)) + cpu, memory + served * 2_048 + loaded)
            }
            Program::Shell(_) if self.image.cpu > 100 => (i64::from(self.image.cpu), own * MEGA),
            Program::Shell(_) => {
                let spins = self.wake.is_some_and(|at| at - now <= Duration::from_millis(1));
                (if spins { 1000 } else { 0 }, MEGA * 7 / 10)
            }
        }
    }

    /// The bytes of memory that it was told to take and has.
    pub fn load(&self, now: Time) -> i64 {
        self.program.load().map_or(0, |load| load.memory(now - self.started))
    }

    /// Ends it because the memory that it shares with others is used up; if it ends for want of memory anyway, it does
    /// so then.
    pub fn starve(&mut self, now: Time) {
        if !self.starves() {
            self.end = Some(Exit::out_of_memory(now + STARVING));
        }
    }

    /// Whether it is about to end for want of memory.
    pub fn starves(&self) -> bool {
        self.end.is_some_and(|end| end.out_of_memory)
    }

    /// From now on only these parts of its files may be written. A program that has to write elsewhere says so and ends.
    pub fn protect(&mut self, mounts: Mounts, now: Time) {
        self.files.protect(mounts);
        if !matches!(self.program, Program::Server { .. }) {
            return;
        }
        let image = Rc::clone(&self.image);
        let refused = image.must_write.iter().find_map(|line| {
            let path = line.split('"').nth(1).unwrap_or_default();
            let error = match self.files.access(path) {
                Access::Free => return None,
                Access::Root => "13: Permission denied",
                Access::ReadOnly => "30: Read-only file system",
            };
            Some(line.replace("{error}", error))
        });
        if let Some(line) = refused {
            self.output.truncate(image.must_write_after);
            self.log(now, &line);
            let at = now + Duration::from_millis(100);
            self.end = Some(Exit { code: 1, at, out_of_memory: false });
        }
    }

    /// The files it sees.
    pub const fn files(&self) -> &Files {
        &self.files
    }

    /// The files it sees, for volumes that change under it.
    pub const fn files_mut(&mut self) -> &mut Files {
        &mut self.files
    }

    /// The lines it printed since this was last asked.
    pub fn take_output(&mut self) -> Vec<(Time, Rc<str>)> {
        std::mem::take(&mut self.output)
    }

    /// A signal from inside reaches its process; PID 1 only gets what it can handle.
    fn deliver(&mut self, at: Time, pid: u32, signal: Signal) {
        if pid == INIT {
            if signal.can_be_handled() {
                self.signal(at, signal);
            }
        } else if let Program::Shell(machine) = &mut self.program
            && machine.signal_job(pid, signal, at)
        {
            self.wake = Some(at);
        }
    }

    /// Sends a signal from outside. PID 1 ignores what it does not handle; SIGKILL does not ask it.
    pub fn signal(&mut self, now: Time, signal: Signal) {
        if self.exit.is_some() {
            return;
        }
        if signal == Signal::KILL {
            let code = signal.exit_code();
            return self.finish(Exit { code, at: now, out_of_memory: false });
        }
        if self.hung {
            return;
        }
        match &mut self.program {
            Program::Shell(machine) => {
                if machine.signal(signal, now) {
                    self.wake = Some(now);
                }
            }
            Program::Server { .. } => {
                let asks = [Signal::TERM, Signal::INT, Signal::QUIT].contains(&signal);
                if let Some(code) = self.image.term_code.filter(|_| asks) {
                    self.end = Some(Exit {
                        code,
                        at: now + Duration::from_millis(200),
                        out_of_memory: false,
                    });
                }
            }
        }
    }

    /// Ends it as a crash would.
    pub fn crash(&mut self, now: Time) {
        if self.exit.is_none() {
            self.finish(Exit { code: 1, at: now, out_of_memory: false });
        }
    }

    /// Whoever sat at its standard input leaves, and the shell there ends with a code.
    pub fn leave(&mut self, now: Time, code: i64) {
        if self.exit.is_none() {
            self.finish(Exit { code, at: now, out_of_memory: false });
        }
    }

    /// From now on it does nothing and answers nobody.
    pub const fn hang(&mut self) {
        self.hung = true;
    }

    /// Whether it is a shell.
    pub const fn runs_shell(&self) -> bool {
        matches!(self.program, Program::Shell(_))
    }

    /// Whether it does nothing any more though it has not ended.
    pub const fn hung(&self) -> bool {
        self.hung
    }

    /// Runs a command beside it, in its files.
    pub fn exec(
        &mut self,
        argv: &[Rc<str>],
        input: Option<&str>,
        now: Time,
        outside: &mut dyn Outside,
    ) -> ExecOutput {
        let name = argv.first().map_or("", |name| &**name);
        if !has_command(&self.image, name) {
            let stderr = format!(
                "OCI runtime exec failed: exec failed: unable to start container process: exec: \"{name}\": executable file not found in $PATH\n"
            );
            let pieces = vec![(Duration::ZERO, true, stderr.clone())];
            return ExecOutput { stderr, code: 127, pieces, ..ExecOutput::default() };
        }
        let script = shell::of_words(argv);
        let mut machine = Machine::new(
            script,
            Rc::clone(&self.environment),
            self.files.clone(),
            &self.folder,
            now,
            self.seed,
        )
        .with_bash(self.image.bash)
        .with_user(&self.user)
        .with_pid(self.next_pid(), self.pids())
        .with_input(input);
        let mut at = now;
        let mut result = ExecOutput { endless: true, ..ExecOutput::default() };
        // What has not ended after so many steps and so long does not end.
        for _ in 0..MOST_STEPS {
            match machine.run(at, &mut Beside { process: self, outside, now }) {
                Outcome::Sleeps(next) => at = next,
                Outcome::Blocked => break,
                Outcome::Done(code) => {
                    (result.code, result.endless) = (code, false);
                    break;
                }
            }
            if at - now > LONGEST_EXEC {
                break;
            }
        }
        for (when, error, text) in machine.take_output() {
            let stream = if error { &mut result.stderr } else { &mut result.stdout };
            stream.push_str(&text);
            result.pieces.push((when - now, error, text));
        }
        self.files = std::mem::take(&mut machine.files);
        for (when, pid, signal) in machine.take_sent() {
            match when <= now {
                true => self.deliver(when, pid, signal),
                false => self.sent.push((when, pid, signal)),
            }
        }
        result.took = at - now;
        result
    }

    /// The number of the next command beside it: the runtime takes some each time.
    const fn next_pid(&mut self) -> u32 {
        self.commands = self.commands.wrapping_add(1) % MOST_COMMANDS;
        FIRST_COMMAND + PIDS_OF_COMMAND * self.commands
    }

    /// The processes in it.
    fn pids(&self) -> Rc<[u32]> {
        match &self.program {
            Program::Shell(machine) => [INIT].into_iter().chain(machine.job_pids()).collect(),
            Program::Server { .. } => Rc::new([INIT]),
        }
    }
}

fn shell_date(at: Time) -> String {
    shell::unix_date(at)
}
