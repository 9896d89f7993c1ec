//! Programs that use processors and memory on purpose: `stress`, and `vish/stress`, as the documentation of Kubernetes
//! uses them. Says what they use at which time, and what they print.

use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::sim::{Duration, Time};

/// What `stress --vm-bytes` is where it is not named.
const STRESS_BYTES: i64 = 256 << 20;
/// Of workers, and of seconds, there are never more.
const MOST: i64 = 100_000_000;
/// A worker that holds its memory for a second before it takes it anew uses so many thousandths of a processor.
const HOLDING: i64 = 60;

/// Which program it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize, serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Program {
    /// Another one.
    #[default]
    None,
    /// `stress` by Amos Waterland.
    Stress,
    /// `main.go` of vish/stress.
    VishStress,
}

/// What it was told to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// Thousandths of a processor.
    pub(super) cpu: i64,
    /// Bytes in all.
    memory: i64,
    /// Bytes that it takes at a time, and how long it waits after that; all of it at once where there is no wait.
    step: i64,
    pause: Duration,
    /// What it prints at once.
    pub(super) log: Vec<String>,
    /// What it prints when it has taken all its memory.
    pub(super) full_log: Option<String>,
    /// When it ends by itself, with what code, and what it prints then.
    pub(super) end: Option<(Duration, i64, String)>,
}

impl Load {
    /// Reads the command line of a program.
    pub(super) fn read(program: Program, argv: &[std::rc::Rc<str>]) -> Option<Self> {
        let words: Vec<&str> = argv.iter().skip(1).map(|word| &**word).collect();
        match program {
            Program::None => None,
            Program::Stress => Some(stress(&words)),
            Program::VishStress => Some(vish_stress(&words)),
        }
    }

    /// What it has taken of its memory after so long.
    pub(super) fn memory(&self, after: Duration) -> i64 {
        match self.pause.millis() {
            ..=0 => self.memory,
            pause => {
                let steps = after.millis() / pause + 1;
                steps.saturating_mul(self.step).min(self.memory)
            }
        }
    }

    /// After how long it has taken more than this; nothing if it never does.
    pub(super) fn exceeds(&self, limit: i64) -> Option<Duration> {
        if limit <= 0 || self.memory <= limit {
            return None;
        }
        Some(self.pauses(limit))
    }

    /// After how long it has taken all its memory.
    pub(super) fn full(&self) -> Duration {
        self.pauses(self.memory)
    }

    /// How long the waits before it has so much take.
    fn pauses(&self, bytes: i64) -> Duration {
        let steps = if self.step > 0 { bytes / self.step } else { 0 };
        let millis = self.pause.millis().saturating_mul(steps);
        Duration::from_millis(millis).min(Duration::from_seconds(MOST))
    }

    fn fails(code: i64, text: String) -> Self {
        Self { end: Some((Duration::ZERO, code, text)), ..Self::default() }
    }
}

/// Follows `main` of `stress.c`.
fn stress(words: &[&str]) -> Load {
    if words.is_empty() {
        let usage = "Usage: stress [OPTION [ARG]] ...";
        return Load::fails(0, usage.into());
    }
    let (mut cpu, mut io, mut vm, mut hdd) = (0, 0, 0, 0);
    let (mut bytes, mut hang, mut timeout, mut quiet) = (STRESS_BYTES, None, 0, false);
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let (name, own) =
            word.split_once('=').map_or((*word, None), |(name, own)| (name, Some(own)));
        if matches!(name, "-q" | "--quiet") {
            quiet = true;
            continue;
        }
        if matches!(name, "-v" | "--verbose" | "-n" | "--dry-run" | "--vm-keep") {
            continue;
        }
        let target = match name {
            "-c" | "--cpu" => &mut cpu,
            "-i" | "--io" => &mut io,
            "-m" | "--vm" => &mut vm,
            "-d" | "--hdd" => &mut hdd,
            "-t" | "--timeout" => &mut timeout,
            "--vm-bytes" | "--vm-stride" | "--vm-hang" | "--hdd-bytes" | "--backoff" => &mut 0,
            _ => {
                return Load::fails(
                    1,
                    format!("stress: FAIL: [1] (244) unrecognized option: {name}"),
                );
            }
        };
        let Some(text) = own.or_else(|| rest.next().copied()) else {
            return Load::fails(
                1,
                format!("stress: FAIL: [1] (244) missing argument to option '{name}'"),
            );
        };
        let Some(number) = amount(text) else {
            return Load::fails(1, format!("stress: FAIL: [1] (244) not a number: {text}"));
        };
        match name {
            "--vm-bytes" => bytes = number,
            "--vm-hang" => hang = Some(number),
            _ => *target = number.min(MOST),
        }
    }
    let spinning = cpu + io + hdd + if hang.is_none() { vm } else { 0 };
    let holding = if hang.is_some() { vm } else { 0 };
    let say = |text: String| if quiet { Vec::new() } else { vec![text] };
    let over = format!("stress: info: [1] successful run completed in {timeout}s");
    Load {
        cpu: spinning.saturating_mul(1000).saturating_add(holding.saturating_mul(HOLDING)),
        memory: vm.saturating_mul(bytes),
        log: say(format!(
            "stress: info: [1] dispatching hogs: {cpu} cpu, {io} io, {vm} vm, {hdd} hdd"
        )),
        end: (timeout > 0).then(|| {
            let text = if quiet { String::new() } else { over };
            (Duration::from_seconds(timeout), 0, text)
        }),
        ..Load::default()
    }
}

/// A whole number that is not negative, with a unit of bytes or time behind it.
fn amount(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: i64 = digits.parse().ok().filter(|number| *number >= 0)?;
    let factor = match text.strip_prefix(digits)? {
        "" | "s" | "S" | "b" | "B" => 1,
        "m" => 60,
        "h" | "H" => 3600,
        "d" | "D" => 24 * 3600,
        "k" | "K" => 1 << 10,
        "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// Follows `main.go` of github.com/vishh/stress.
fn vish_stress(words: &[&str]) -> Load {
    let (mut total, mut step, mut pause, mut cpus) = ("0", "4Ki", Duration::from_millis(1), 0);
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let name = word.trim_start_matches('-');
        let (name, own) =
            name.split_once('=').map_or((name, None), |(name, own)| (name, Some(own)));
        if name == "logtostderr" {
            continue;
        }
        if !["mem-total", "mem-alloc-size", "mem-alloc-sleep", "cpus"].contains(&name) {
            return Load::fails(2, format!("flag provided but not defined: -{name}"));
        }
        let Some(text) = own.or_else(|| rest.next().copied()) else {
            return Load::fails(2, format!("flag needs an argument: -{name}"));
        };
        let wrong =
            || Load::fails(2, format!("invalid value \"{text}\" for flag -{name}: parse error"));
        match name {
            "mem-total" => total = text,
            "mem-alloc-size" => step = text,
            "mem-alloc-sleep" => match span(text) {
                Some(span) => pause = span,
                None => return wrong(),
            },
            _ => match text.parse::<i64>() {
                Ok(number) => cpus = number.clamp(0, MOST),
                Err(_) => return wrong(),
            },
        }
    }
    let quantity = |text: &str| Quantity::from_value(&Value::from(text));
    let (Ok(memory), Ok(size)) = (quantity(total), quantity(step)) else {
        let text = "panic: cannot parse: quantities must match the regular expression";
        return Load::fails(2, text.into());
    };
    let step = size.value().max(1);
    let mut log = vec![format!(
        "{{glog}} main.go:26] Allocating \"{memory}\" memory, in \"{size}\" chunks, with a {} sleep between allocations",
        pause.go()
    )];
    let spawned = usize::try_from(cpus.min(64)).unwrap_or(0);
    log.extend(std::iter::repeat_n(
        "{glog} main.go:39] Spawning a thread to consume CPU".to_owned(),
        spawned,
    ));
    Load {
        cpu: cpus.saturating_mul(1000),
        memory: memory.value().max(0) / step * step,
        step,
        pause,
        log,
        full_log: Some(format!("{{glog}} main.go:29] Allocated \"{memory}\" memory")),
        end: None,
    }
}

/// A span of time as Go writes it: `12000ms`, `1m30s`.
fn span(text: &str) -> Option<Duration> {
    let (mut millis, mut rest) = (0_i64, text);
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let number: i64 = rest.strip_suffix(after)?.parse().ok()?;
        let unit = after.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let factor = match after.strip_suffix(unit)? {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        millis = millis.checked_add(number.checked_mul(factor)?)?;
        rest = unit;
    }
    (!text.is_empty()).then(|| Duration::from_millis(millis))
}

/// How glog begins a line of the first thread.
pub(super) fn glog(at: Time) -> String {
    let text = at.rfc3339();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let micros = at.unix_millis().rem_euclid(1000) * 1000;
    format!("I{}{} {}.{micros:06}       1", part(5, 7), part(8, 10), part(11, 19))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(program: Program, line: &str) -> Load {
        let argv: Vec<std::rc::Rc<str>> = line.split(' ').map(Into::into).collect();
        Load::read(program, &argv).unwrap()
    }

    #[test]
    fn stress_uses_what_it_is_told() {
        let found = load(Program::Stress, "stress --vm 1 --vm-bytes 250M --vm-hang 1");
        assert_eq!(found.log, ["stress: info: [1] dispatching hogs: 0 cpu, 0 io, 1 vm, 0 hdd"]);
        assert_eq!(found.memory(Duration::ZERO), 250 << 20);
        assert_eq!(found.exceeds(250 << 20), None);
        assert_eq!(found.exceeds(0), None);
        assert_eq!(found.exceeds(100 << 20), Some(Duration::ZERO));
        assert_eq!(load(Program::Stress, "stress -c 2").cpu, 2000);
        let end = load(Program::Stress, "stress --cpu=1 -t 1m").end;
        let over = "stress: info: [1] successful run completed in 60s";
        assert_eq!(end, Some((Duration::from_seconds(60), 0, over.into())));
        for line in ["stress --what 1", "stress -c", "stress -c x", "stress -c -1", "stress -m 9é"]
        {
            assert_eq!(load(Program::Stress, line).end.map(|end| end.1), Some(1), "{line}");
        }
    }

    #[test]
    fn vish_stress_takes_its_memory_step_by_step() {
        let line =
            "/stress -logtostderr -mem-total 950Mi -mem-alloc-size 100Mi -mem-alloc-sleep 12000ms";
        let found = load(Program::VishStress, line);
        let seconds = Duration::from_seconds;
        assert_eq!(found.memory(Duration::ZERO), 100 << 20);
        assert_eq!(found.memory(seconds(12)), 200 << 20);
        assert_eq!(found.memory(seconds(1_000)), 900 << 20);
        assert_eq!(found.exceeds(250 << 20), Some(seconds(24)));
        let found = load(Program::VishStress, "/stress -logtostderr -cpus 2");
        assert_eq!((found.cpu, found.log.len(), found.full()), (2000, 3, Duration::ZERO));
        assert_eq!(load(Program::VishStress, "/stress -cpus two").end.map(|end| end.1), Some(2));
    }
}
