//! `sleep`, `timeout`, `watch`: commands about virtual time.

use super::start as start_command;
use crate::sim::{Duration, Time};
use crate::terminal::Effect;
use crate::terminal::process::{Finished, Input, Io, Output, Process, Turn};
use crate::terminal::shell::{Task, parse};

/// `90`, `1.5`, `2m`, `1h`, `1d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, scale) = match text.chars().last()? {
        's' => (text.strip_suffix('s')?, 1_000),
        'm' => (text.strip_suffix('m')?, 60_000),
        'h' => (text.strip_suffix('h')?, 3_600_000),
        'd' => (text.strip_suffix('d')?, 86_400_000),
        _ => (text, 1_000),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let thousandths: i64 = fraction.parse().ok()?;
    let millis = whole.checked_mul(scale)?.checked_add(thousandths.checked_mul(scale)? / 1000)?;
    (millis <= 100 * 365 * 86_400_000).then(|| Duration::from_millis(millis))
}

/// Begins one of these commands.
pub(super) fn start(name: &str, arguments: Vec<String>, io: &mut Io<'_>) -> Box<dyn Process> {
    match name {
        "sleep" => sleep(&arguments, io),
        "timeout" => timeout(arguments, io),
        "watch" => watch(&arguments, io),
        // There are no jobs in the background to wait for.
        _ => Box::new(Finished(0)),
    }
}

fn fail(io: &mut Io<'_>, words: &str, status: i32) -> Box<dyn Process> {
    io.error(words);
    Box::new(Finished(status))
}

#[derive(Debug)]
struct Sleep {
    until: Time,
}

impl Process for Sleep {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        match io.cluster.now() >= self.until {
            true => Turn::Done(0),
            false => Turn::Waits(Some(self.until)),
        }
    }
}

fn sleep(arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    if arguments.is_empty() {
        return fail(io, "sleep: missing operand\nTry 'sleep --help' for more information.", 1);
    }
    let mut until = io.cluster.now();
    for word in arguments {
        match duration(word) {
            Some(span) => until += span,
            None => {
                let words = format!(
                    "sleep: invalid time interval '{word}'\nTry 'sleep --help' for more information."
                );
                return fail(io, &words, 1);
            }
        }
    }
    Box::new(Sleep { until })
}

#[derive(Debug)]
struct Timeout {
    until: Time,
    inner: Box<dyn Process>,
}

impl Process for Timeout {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        match self.inner.poll(io) {
            Turn::Waits(_) if io.cluster.now() >= self.until => Turn::Done(124),
            Turn::Waits(earlier) => {
                Turn::Waits(Some(earlier.map_or(self.until, |at| at.min(self.until))))
            }
            done => done,
        }
    }
}

fn timeout(mut arguments: Vec<String>, io: &mut Io<'_>) -> Box<dyn Process> {
    while arguments.first().is_some_and(|word| word.starts_with('-')) {
        let flag = arguments.remove(0);
        if matches!(flag.as_str(), "-s" | "-k" | "--signal" | "--kill-after")
            && !arguments.is_empty()
        {
            arguments.remove(0);
        }
    }
    if arguments.len() < 2 {
        return fail(
            io,
            "timeout: missing operand\nTry 'timeout --help' for more information.",
            125,
        );
    }
    let span = arguments.remove(0);
    let Some(span) = duration(&span) else {
        return fail(io, &format!("timeout: invalid time interval '{span}'"), 125);
    };
    let until = io.cluster.now() + span;
    let inner = start_command(arguments, io);
    Box::new(Timeout { until, inner })
}

/// Runs a command again and again, each time on an empty screen.
#[derive(Debug)]
struct Watch {
    command: String,
    every: Duration,
    title: bool,
    current: Option<Task>,
    next: Time,
}

impl Watch {
    fn header(&self, now: Time) -> String {
        let millis = self.every.millis();
        let date = crate::containers::shell::date_line(now);
        let left = format!("Every {}.{}s: {}", millis / 1000, millis % 1000 / 100, self.command);
        format!("{left}    {date}\n\n")
    }
}

impl Process for Watch {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        loop {
            let now = io.cluster.now();
            if let Some(task) = &mut self.current {
                let mut output = Output::default();
                let mut input = Input::of(String::new());
                let turn = task.poll(&mut io.with(&mut input, &mut output));
                io.output.append(output);
                *io.leave = None;
                if let Turn::Waits(_) = turn {
                    return turn;
                }
                self.current = None;
                self.next = now + self.every;
            }
            if now < self.next {
                return Turn::Waits(Some(self.next));
            }
            io.output.effect(Effect::Clear);
            if self.title {
                let header = self.header(now);
                io.out(&header);
            }
            match parse::script(&self.command) {
                Ok(script) => self.current = Some(Task::list(script)),
                Err(words) => {
                    io.error(&words);
                    return Turn::Done(2);
                }
            }
        }
    }
}

fn watch(arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    let mut words = arguments.iter().map(String::as_str);
    let (mut every, mut title) = (Duration::from_seconds(2), true);
    let mut command: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        let span = match word {
            "-n" | "--interval" => words.next().map(duration),
            "-t" | "--no-title" => {
                title = false;
                continue;
            }
            "-d" | "-c" | "-x" | "--differences" | "--color" => continue,
            word => match word.strip_prefix("-n").or_else(|| word.strip_prefix("--interval=")) {
                Some(span) => Some(duration(span)),
                None => {
                    command.push(word);
                    command.extend(words);
                    break;
                }
            },
        };
        match span.flatten() {
            Some(span) => {
                every = if span.millis() < 100 { Duration::from_millis(100) } else { span }
            }
            None => return fail(io, "watch: failed to parse argument", 1),
        }
    }
    if command.is_empty() {
        return fail(io, "Usage:\n watch [options] command", 1);
    }
    let next = io.cluster.now();
    Box::new(Watch { command: command.join(" "), every, title, current: None, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_fractions_and_units() {
        for (text, millis) in [
            ("90", Some(90_000)),
            ("1.5", Some(1_500)),
            (".25s", Some(250)),
            ("2m", Some(120_000)),
            ("1.5h", Some(5_400_000)),
            ("", None),
            ("s", None),
            ("-1", None),
            ("1x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(duration(text).map(Duration::millis), millis, "{text:?}");
        }
    }
}
