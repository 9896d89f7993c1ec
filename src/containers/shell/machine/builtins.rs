//! The commands that change the shell itself.

use std::rc::Rc;

use super::{Machine, Task};
use crate::containers::files::Files;
use crate::containers::process::Outside;
use crate::containers::shell::{commands, parse};
use crate::sim::Duration;

impl Machine {
    /// Runs a command that is no function: what changes the shell itself is here, the rest in `commands`.
    pub(super) fn command(&mut self, argv: &[Rc<str>], outside: &mut dyn Outside) {
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
            "break" | "continue" => {
                let levels = number(1).and_then(|levels| usize::try_from(levels).ok());
                self.leave_loop(argument(0) == "continue", levels.unwrap_or(1).max(1), outside);
            }
            "sleep" => match duration(argv.get(1..).unwrap_or_default()) {
                Some(span) => self.pause(span),
                None if argument(1) == "infinity" => self.blocked = true,
                None => self.fail(1, &format!("sleep: invalid number '{}'", argument(1))),
            },
            "wait" => self.wait(argv.get(1..).unwrap_or_default()),
            "kill" | "/bin/kill" => self.kill(argv),
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
            "shift" => {
                let count = number(1).map_or(1, |count| usize::try_from(count).unwrap_or(0));
                match count <= self.arguments.len() {
                    true => self.arguments = self.arguments.iter().skip(count).cloned().collect(),
                    false => self.status = 1,
                }
            }
            "local" => {
                for word in argv.iter().skip(1) {
                    let (name, value) = match word.split_once('=') {
                        Some((name, value)) => (name, Some(value)),
                        None => (&**word, None),
                    };
                    self.make_local(name);
                    match value {
                        Some(value) => self.variables_mut().insert(name.into(), value.into()),
                        None => self.variables_mut().remove(name),
                    };
                }
            }
            "let" => {
                for word in argv.iter().skip(1) {
                    let Ok(value) = self.evaluate(word) else { return };
                    self.status = i64::from(value == 0);
                }
            }
            "command" if argument(1) == "-v" => {
                let name = argument(2);
                let builtin = matches!(name, "exit" | "return" | "cd" | "set" | "export" | "read");
                match (self.functions.contains_key(name) || builtin, commands::exists(name)) {
                    (true, _) => self.print(&format!("{name}\n")),
                    (false, true) => self.print(&format!("/bin/{name}\n")),
                    (false, false) => self.status = 127,
                }
            }
            "command" | "builtin" if argv.len() > 1 => {
                self.command(argv.get(1..).unwrap_or_default(), outside);
            }
            "." | "source" => {
                let path = Files::absolute(&self.folder, argument(1));
                match self.files.read(&path).map(str::to_owned) {
                    Some(text) => self.source(&text),
                    None => {
                        self.complain(&format!(".: can't open '{}'", argument(1)));
                        self.status = 2;
                    }
                }
            }
            "trap" => self.trap(argv.get(1..).unwrap_or_default()),
            "exec" | ":" | "true" => {}
            _ => commands::run(self, argv, outside),
        }
    }

    /// `set -e`, `set -- WORDS`; alone it lists the variables, each so that a shell reads it again.
    pub(super) fn set(&mut self, argv: &[Rc<str>]) {
        if argv.len() == 1 {
            let named = self.variables.iter().filter(|(name, _)| &***name != "!");
            let line = |(name, value): (&Rc<str>, &Rc<str>)| {
                format!("{name}='{}'\n", value.replace('\'', "'\"'\"'"))
            };
            let lines: String = named.map(line).collect();
            return self.print(&lines);
        }
        let mut words = argv.iter().skip(1);
        while let Some(word) = words.next() {
            if matches!(&**word, "--" | "-") {
                break;
            }
            if matches!(&**word, "-o" | "+o") || word.starts_with('-') && word.ends_with('o') {
                let on = word.starts_with('-');
                match words.next().map_or("", |name| name) {
                    "errexit" => self.errexit = on,
                    "nounset" => self.nounset = on,
                    "xtrace" => self.trace = on,
                    "pipefail" => self.pipefail = on,
                    _ => {}
                }
            }
            let (on, flags) = match word.strip_prefix('-') {
                Some(flags) => (true, flags),
                None => match word.strip_prefix('+') {
                    Some(flags) => (false, flags),
                    None => break,
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
        let plain = |word: &Rc<str>| !word.starts_with(['-', '+']);
        let first = match argv.iter().position(|word| &**word == "--") {
            Some(at) => Some(at + 1),
            // The name behind `-o` is none.
            None => (1..argv.len()).find(|at| {
                argv.get(*at).is_some_and(plain)
                    && !argv
                        .get(at - 1)
                        .is_some_and(|word| word.starts_with(['-', '+']) && word.ends_with('o'))
            }),
        };
        if let Some(first) = first {
            self.arguments = argv.iter().skip(first).cloned().collect();
        }
    }

    /// `sh -c TEXT` and `sh FILE` go on in this machine, as a subshell. Where nothing comes after, the new shell takes
    /// the place of this one, and is PID 1 as this one was.
    pub(super) fn inner_shell(&mut self, argv: &[Rc<str>]) {
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
        } else if self.bash
            && let Some(name) = argv.first()
        {
            self.name = Rc::clone(name);
        }
        // Behind the text comes the name, which stays as long as this shell is the same.
        self.arguments = argv.iter().skip(position.map_or(2, |at| at + 3)).cloned().collect();
        self.source(&text);
    }

    pub(super) fn source(&mut self, text: &str) {
        let parsed = if self.bash { parse::parse_bash(text) } else { parse::parse(text) };
        match parsed {
            Ok(script) => self.push(Task::List(script, 0)),
            Err(message) => {
                self.complain(&message);
                self.status = 2;
            }
        }
    }

    /// `break` and `continue`, out of so many loops; outside of any they mean nothing.
    pub(super) fn leave_loop(&mut self, again: bool, levels: usize, outside: &mut dyn Outside) {
        let ends = |task: &Task| matches!(task, Task::EndFunction { .. } | Task::EndSubshell(_));
        let near = self.stack.iter().rev().take_while(|task| !ends(task));
        let is_loop = |task: &&Task| matches!(task, Task::WhileAgain { .. } | Task::ForNext { .. });
        let mut left = levels.min(near.filter(is_loop).count());
        if left == 0 {
            return;
        }
        while let Some(task) = self.stack.pop() {
            match task {
                Task::WhileAgain { .. } | Task::ForNext { .. } if left > 1 => left -= 1,
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
