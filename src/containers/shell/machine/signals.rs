//! Signals: traps, what happens without one, and `kill`.

use std::rc::Rc;

use super::{Machine, Task};
use crate::containers::shell::parse;
use crate::containers::signal::{Effect, Signal};
use crate::sim::Time;

/// The process that everything in a container comes from. The kernel spares it: what it does not handle does not reach
/// it, and from inside nor does what nobody can handle.
pub(in crate::containers) const INIT: u32 = 1;

impl Machine {
    /// `trap 'SCRIPT' TERM`, `trap '' TERM`, `trap - TERM`, `trap TERM`.
    pub(super) fn trap(&mut self, words: &[Rc<str>]) {
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
            let name = trapped(signal);
            match &script {
                Some(script) => self.traps.insert(name, Rc::clone(script)),
                None => self.traps.remove(&name),
            };
        }
    }

    /// A signal from outside or inside; says whether the shell goes on now. Its trap runs: as POSIX has it, `wait` ends
    /// at once, and what else runs in the foreground comes to its end first. Without a trap the shell ends, and PID 1
    /// does not even notice.
    pub fn signal(&mut self, signal: Signal, now: Time) -> bool {
        let outermost = self.stack.iter().find_map(|task| match task {
            Task::EndSubshell(saved) => Some(&saved.traps),
            _ => None,
        });
        let traps = outermost.unwrap_or(&self.traps);
        let trap = traps.get(signal.name()).filter(|_| signal.can_be_handled());
        if self.finished.is_some() {
            return false;
        }
        let Some(script) = trap.cloned() else { return self.without_trap(signal, now) };
        if script.is_empty() {
            return false;
        }
        self.pending.push(script);
        let interrupted = self.waiting.is_some() && self.catches();
        if interrupted {
            self.blocked = false;
            self.waiting = None;
            self.status = signal.exit_code();
        }
        // A loop of the shell's own commands stands between two of them.
        if interrupted || self.spinning {
            self.wake = None;
            self.spinning = false;
            self.now = self.now.max(now);
        }
        interrupted || self.wake.is_none() && !self.blocked
    }

    /// What a signal does by itself.
    fn without_trap(&mut self, signal: Signal, now: Time) -> bool {
        if self.pid == INIT && !self.forked {
            return false;
        }
        match signal.effect() {
            Effect::Ends => {
                self.finished = Some(signal.exit_code());
                self.stack.clear();
                return true;
            }
            Effect::Stops => self.stopped = true,
            Effect::Continues => {
                self.stopped = false;
                // What came due meanwhile is due now.
                self.wake = self.wake.map(|wake| wake.max(now));
            }
            Effect::Nothing => {}
        }
        false
    }

    /// Whether the shell itself stands here; in parentheses its traps do not count.
    fn catches(&self) -> bool {
        !self.stack.iter().any(|task| matches!(task, Task::EndSubshell(_)))
    }

    /// Begins the traps that are due.
    pub(super) fn run_pending(&mut self) {
        if self.pending.is_empty() || !self.catches() {
            return;
        }
        for script in std::mem::take(&mut self.pending).into_iter().rev() {
            self.stack.push(Task::EndTrap { status: self.status });
            self.stack.push(Task::List(script, 0));
        }
    }

    /// `kill [-SIGNAL] PID|%JOB…`, `kill -s SIGNAL …`, `kill -l`. The words are busybox's, or bash's.
    pub(super) fn kill(&mut self, argv: &[Rc<str>]) {
        let mut words: Vec<&str> = argv.iter().skip(1).map(|word| &**word).collect();
        let mut signal = Some(Signal::TERM);
        let named = match words.first().copied() {
            Some("-l" | "-L") => return self.list_signals(words.get(1).copied()),
            Some("-s" | "-n") if words.len() > 1 => {
                words.remove(0);
                Some(words.remove(0))
            }
            Some("--") => None,
            Some(word) => word.strip_prefix('-').map(|_| words.remove(0).trim_start_matches('-')),
            None => None,
        };
        if let Some(name) = named {
            signal = Signal::parse(name);
            if signal.is_none() && name != "0" {
                return self.kill_fails(
                    1,
                    &match self.bash {
                        true => format!("kill: {name}: invalid signal specification"),
                        false => format!("bad signal name '{name}'"),
                    },
                );
            }
        }
        if words.first() == Some(&"--") {
            words.remove(0);
        }
        if words.is_empty() {
            return match self.bash {
                true => self.fail(2, "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"),
                false => self.kill_fails(1, "you need to specify whom to kill"),
            };
        }
        for word in words {
            self.kill_one(word, signal);
        }
    }

    /// Sends a signal to what a word names; `None` only asks whether it is there.
    fn kill_one(&mut self, word: &str, signal: Option<Signal>) {
        // Nobody: everybody of its own, and the shell itself last.
        if word == "0" {
            let pids: Vec<u32> = self.job_pids().chain([self.pid]).collect();
            if let Some(signal) = signal {
                pids.into_iter().for_each(|pid| self.send(pid, signal, self.now));
            }
            return;
        }
        let pid = match word.strip_prefix('%') {
            Some(_) => match self.job_named(word) {
                Some(job) => job,
                None => {
                    return self.kill_fails(
                        2,
                        &match self.bash {
                            true => format!("kill: {word}: no such job"),
                            false => format!("{word}: no such job"),
                        },
                    );
                }
            },
            None => match word.parse::<u32>() {
                Ok(pid) => pid,
                Err(_) => {
                    return self.kill_fails(
                        1,
                        &match self.bash {
                            true => format!("kill: {word}: arguments must be process or job IDs"),
                            false => format!("invalid number '{word}'"),
                        },
                    );
                }
            },
        };
        let there = pid == self.pid || self.others.contains(&pid) || self.has_job(pid);
        if !there {
            return self.kill_fails(
                1,
                &match self.bash {
                    true => format!("kill: ({pid}) - No such process"),
                    false => format!("can't kill pid {pid}: No such process"),
                },
            );
        }
        if let Some(signal) = signal {
            self.send(pid, signal, self.now);
        }
    }

    /// A signal goes to a job of this shell, to itself, or to whoever knows the process.
    pub(super) fn send(&mut self, pid: u32, signal: Signal, at: Time) {
        if self.signal_job(pid, signal, at) {
            return;
        }
        if pid == self.pid && !self.forked {
            self.signal(signal, at);
        } else {
            self.sent.push((at, pid, signal));
        }
    }

    fn kill_fails(&mut self, status: i64, text: &str) {
        self.complain(text);
        self.status = status;
    }

    fn list_signals(&mut self, of: Option<&str>) {
        let number = of.and_then(|word| word.parse::<i64>().ok());
        let text: String = match (of, number) {
            (Some(_), Some(number)) => {
                // A status of a process that a signal ended will do, too.
                let number = if number > 128 { number - 128 } else { number };
                let signal = Signal::all().find(|signal| signal.number() == number);
                signal.map(|signal| format!("{}\n", signal.name())).unwrap_or_default()
            }
            (Some(word), None) => {
                Signal::parse(word).map(|one| format!("{}\n", one.number())).unwrap_or_default()
            }
            (None, _) => {
                Signal::all().map(|one| format!("{:2}) {}\n", one.number(), one.name())).collect()
            }
        };
        self.print(&text);
    }
}

/// What a trap is for: a signal's name without `SIG`, or `EXIT`.
fn trapped(word: &str) -> Rc<str> {
    match Signal::parse(word) {
        Some(signal) => signal.name().into(),
        None if matches!(word, "0" | "EXIT") => "EXIT".into(),
        None => word.trim_start_matches("SIG").into(),
    }
}
