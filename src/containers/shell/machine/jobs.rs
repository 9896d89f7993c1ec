//! Shells within a shell: background commands, substitutions, the stages of a pipeline.

use std::rc::Rc;

use super::{Machine, NESTED_STEPS, Outcome, Target, Task};
use crate::containers::process::Outside;
use crate::containers::shell::parse::{Node, Script};
use crate::containers::signal::Signal;
use crate::sim::Time;

/// So deep shells run within shells, and so many background commands within one.
const DEEPEST_FORK: u32 = 20;
const MOST_JOBS: usize = 256;
const NO_FORK: &str = "can't fork: Resource temporarily unavailable";
/// Of so many background commands it is remembered how they ended.
const MOST_ENDED: usize = 64;
/// The status of a `wait` for what is no child of the shell.
const NO_CHILD: i64 = 127;

/// A background command: a shell of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Job {
    number: u32,
    pid: u32,
    pub(super) shell: Machine,
}

impl Machine {
    /// Begins a command in the background.
    pub(super) fn begin_job(&mut self, node: &Rc<Node>, outside: &mut dyn Outside) {
        if self.nesting > DEEPEST_FORK || self.jobs.len() >= MOST_JOBS {
            return self.abort(NO_FORK, 2);
        }
        let number = self.jobs.last().map_or(0, |job| job.number) + 1;
        self.pids += 1;
        let pid = self.pids;
        let mut shell = self.fork();
        shell.others = shell.others.iter().copied().chain([pid]).collect();
        // What stands in parentheses is this very process.
        shell.stack = match &**node {
            Node::Subshell(body) => vec![Task::List(Rc::clone(body), 0)],
            _ => vec![Task::Run(Rc::clone(node))],
        };
        // As POSIX has it, where there is no job control.
        for signal in [Signal::INT, Signal::QUIT] {
            shell.traps.insert(signal.name().into(), Rc::new([]));
        }
        self.jobs.push(Job { number, pid, shell });
        self.status = 0;
        self.variables_mut().insert("!".into(), pid.to_string().into());
        self.wake = Some(self.now);
        let now = self.now;
        self.run_jobs(now, outside);
    }

    /// Background commands do what is due.
    pub(super) fn run_jobs(&mut self, now: Time, outside: &mut dyn Outside) {
        let mut jobs = std::mem::take(&mut self.jobs);
        let mut sent = Vec::new();
        for job in jobs.iter_mut().filter(|job| !job.shell.stopped) {
            std::mem::swap(&mut job.shell.files, &mut self.files);
            job.shell.run(now, outside);
            std::mem::swap(&mut job.shell.files, &mut self.files);
            self.output.append(&mut job.shell.output);
            sent.append(&mut job.shell.sent);
        }
        jobs.append(&mut self.jobs);
        self.jobs = jobs;
        for (at, pid, signal) in sent {
            self.send(pid, signal, at);
        }
        self.collect(now);
    }

    /// Takes note of jobs that ended, and ends a `wait` for them.
    fn collect(&mut self, now: Time) {
        for job in &self.jobs {
            if let Some(code) = job.shell.finished {
                self.ended.insert(job.pid, (job.number, code));
            }
        }
        while self.ended.len() > MOST_ENDED {
            self.ended.pop_first();
        }
        self.jobs.retain(|job| job.shell.finished.is_none());
        let Some(pids) = self.waiting.clone() else { return };
        let over = match pids.is_empty() {
            true => self.jobs.is_empty(),
            false => !pids.iter().any(|pid| self.has_job(*pid)),
        };
        if over {
            self.waiting = None;
            self.blocked = false;
            self.now = self.now.max(now);
            self.status = pids
                .last()
                .map_or(0, |pid| self.ended.remove(pid).map_or(NO_CHILD, |(_, code)| code));
        }
    }

    /// `wait`, `wait PID…`, `wait %JOB…`: its status is that of the last one named.
    pub(super) fn wait(&mut self, words: &[Rc<str>]) {
        let mut pids = Vec::new();
        for word in words {
            let pid = match word.strip_prefix('%') {
                Some(number) => self.job_named(word).or_else(|| {
                    let number: u32 = number.parse().ok()?;
                    self.ended.iter().rev().find(|(_, (own, _))| *own == number).map(|one| *one.0)
                }),
                None => word.parse().ok(),
            };
            let known = pid.filter(|pid| self.has_job(*pid) || self.ended.contains_key(pid));
            if known.is_none() && word.starts_with('%') {
                self.complain(&format!("{word}: no such job"));
            } else if known.is_none() && self.bash {
                self.complain(&format!("wait: pid {word} is not a child of this shell"));
            }
            pids.push(known.unwrap_or(0));
        }
        self.waiting = Some(pids.into());
        self.blocked = true;
        self.collect(self.now);
    }

    /// The process of `%2`, or of `%%` and `%+`, the last.
    pub(super) fn job_named(&self, word: &str) -> Option<u32> {
        let job = match word.trim_start_matches('%') {
            "" | "%" | "+" => self.jobs.last(),
            number => {
                let number: u32 = number.parse().ok()?;
                self.jobs.iter().find(|job| job.number == number)
            }
        };
        job.map(|job| job.pid)
    }

    /// Whether a background command runs as this process.
    pub(in crate::containers) fn has_job(&self, pid: u32) -> bool {
        self.jobs.iter().any(|job| job.pid == pid)
    }

    /// The processes of its background commands.
    pub(in crate::containers) fn job_pids(&self) -> impl Iterator<Item = u32> {
        self.jobs.iter().map(|job| job.pid)
    }

    /// Sends a signal to a background command; says whether there is such a one.
    pub(in crate::containers) fn signal_job(
        &mut self,
        pid: u32,
        signal: Signal,
        now: Time,
    ) -> bool {
        let Some(job) = self.jobs.iter_mut().find(|job| job.pid == pid) else { return false };
        if job.shell.signal(signal, now) {
            job.shell.wake = Some(now);
        }
        self.collect(now);
        true
    }

    /// When something goes on by itself, in it or in its background commands.
    pub(super) fn next_wake(&self) -> Option<Time> {
        let jobs = self.jobs.iter().filter(|job| !job.shell.stopped);
        self.wake.into_iter().chain(jobs.filter_map(|job| job.shell.next_wake())).min()
    }

    /// A copy that runs beside this one; its files come back with it.
    pub(super) fn fork(&self) -> Self {
        let mut shell = self.clone();
        shell.stack = Vec::new();
        shell.output = Vec::new();
        shell.others = self.others.iter().copied().chain(self.job_pids()).collect();
        shell.jobs = Vec::new();
        shell.ended.clear();
        shell.forked = true;
        shell.sent = Vec::new();
        shell.captured = String::new();
        shell.traps.retain(|_, script| script.is_empty());
        shell.pending = Vec::new();
        shell.waiting = None;
        shell.wake = None;
        shell.exit_code = None;
        shell.nesting += 1;
        shell
    }

    /// Runs a script to its end and gives what it printed; the time it took passes after this step.
    pub(in crate::containers::shell) fn capture(
        &mut self,
        script: &Script,
        outside: &mut dyn Outside,
    ) -> String {
        if self.nesting > DEEPEST_FORK {
            self.complain("too many nested substitutions");
            return String::new();
        }
        let mut shell = self.fork();
        shell.stack = vec![Task::List(Rc::clone(script), 0)];
        shell.out = Target::Capture;
        self.run_nested(&mut shell, outside);
        self.input = shell.input;
        shell.captured
    }

    pub(super) fn run_nested(&mut self, shell: &mut Self, outside: &mut dyn Outside) {
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
        for (at, pid, signal) in std::mem::take(&mut shell.sent) {
            self.send(pid, signal, at);
        }
        if shell.now > self.now {
            self.wake = Some(self.wake.map_or(shell.now, |wake| wake.max(shell.now)));
        }
    }

    /// Each stage runs to its end on what the one before printed.
    pub(super) fn pipeline(
        &mut self,
        stages: &Rc<[Node]>,
        negated: bool,
        outside: &mut dyn Outside,
    ) {
        if self.nesting > DEEPEST_FORK {
            return self.abort(NO_FORK, 2);
        }
        let mut input = self.input.clone();
        let (out, err) = (self.out.clone(), self.err.clone());
        let last = stages.len().saturating_sub(1);
        let mut failed = 0;
        for index in 0..stages.len() {
            let mut shell = self.fork();
            shell.stack = vec![Task::RunAt(Rc::clone(stages), index)];
            shell.input = input.take();
            shell.err = err.clone();
            shell.out = if index == last { out.clone() } else { Target::Capture };
            self.run_nested(&mut shell, outside);
            // What the first stage read is gone.
            if index == 0 {
                self.input = shell.input.take();
            }
            if self.status != 0 {
                failed = self.status;
            }
            if shell.out == Target::Capture && out == Target::Capture && index == last {
                self.captured.push_str(&shell.captured);
            } else {
                input = Some(shell.captured.as_str().into());
            }
        }
        if self.pipefail {
            self.status = failed;
        }
        if negated {
            self.status = i64::from(self.status == 0);
        } else {
            self.failed();
        }
    }
}
