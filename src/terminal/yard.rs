//! The sandbox's own commands: the machines under the cluster, and time.

mod branches;
mod time;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::process::{Finished, Io, Process};
use super::run::Effect;
use super::{Terminal, import, kubectl};
use crate::api::{Kind, ObjectKey};
use crate::cluster::{Action, Cluster, Registry, WriteOptions};
use crate::language::{Language, Text, word};
use crate::sim::Time;

/// What can be said: a command, and the key of what it does.
const COMMANDS: [(&str, &str); 29] = [
    ("node stop NAME", "yard.node-stop"),
    ("node start NAME", "yard.node-start"),
    ("node add [NAME] [--labels a=b,c=d] [--cpu 4] [--memory 8Gi]", "yard.node-add"),
    ("node rm NAME", "yard.node-rm"),
    ("pod crash NAME [CONTAINER]", "yard.pod-crash"),
    ("pod hang NAME", "yard.pod-hang"),
    ("registry up|slow|down", "yard.registry"),
    ("pause | play", "yard.pause"),
    ("speed N", "yard.speed"),
    ("until 10:15 | 5m", "yard.until"),
    ("next [event|cron|KIND/NAME]", "yard.next"),
    ("prev [event|cron|KIND/NAME]", "yard.prev"),
    ("back 30s | 10:15", "yard.back"),
    ("continue", "yard.continue"),
    ("undo | redo", "yard.undo"),
    ("branch [NAME]", "yard.branch"),
    ("branch -m [OLD] NEW", "yard.branch-m"),
    ("branch -d NAME", "yard.branch-d"),
    ("switch NAME", "yard.switch"),
    ("fork 'COMMAND'", "yard.fork"),
    ("both 'COMMAND'", "yard.both"),
    ("side left|right", "yard.side"),
    ("futures", "yard.futures"),
    ("keep left|right", "yard.keep"),
    ("why KIND/NAME", "yard.why"),
    ("why cronjob/NAME --at TIME", "yard.why-at"),
    ("seed", "yard.seed"),
    ("reset [SEED]", "yard.reset"),
    ("import FILE", "yard.import"),
];

/// Where the words begin behind a command.
const WORDS: usize = 32;

/// What can be said, a command a line; what does not begin with `yard` goes on with the line before.
pub(super) fn help(language: Language) -> String {
    let mut all = String::new();
    for (command, key) in COMMANDS {
        let says = word(language, key);
        let mut line = format!("yard {command}");
        for part in says.split('\n') {
            // A long command has the line for itself, and so has each further part.
            if line.chars().count() >= WORDS {
                all.push_str(line.trim_end());
                all.push('\n');
                line.clear();
            }
            line = format!("{line:WORDS$}{part}");
        }
        all.push_str(&line);
        all.push('\n');
    }
    all
}

/// How a command went.
enum Outcome {
    /// It prints this.
    Text(String),
    /// It asks this of the page.
    Effect(Effect),
    /// It failed, in these words and with this status.
    Failure(Text, i32),
}

impl Outcome {
    fn text(words: impl Into<String>) -> Self {
        Self::Text(words.into())
    }

    const fn fail(words: Text) -> Self {
        Self::Failure(words, 1)
    }
}

/// Begins `yard …`. What moves the clock is over when the clock is there.
pub(super) fn start(arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    let status = match outcome(arguments, io.cluster, io.terminal) {
        Outcome::Text(text) => {
            io.out(&text);
            0
        }
        Outcome::Effect(effect) => {
            let until = time::moves(&effect, io.cluster);
            io.output.effect(effect);
            if let Some(until) = until {
                return Box::new(time::Jump::new(until));
            }
            0
        }
        Outcome::Failure(words, status) => {
            let words = words.render(io.terminal.language);
            io.error(&format!("yard: {words}"));
            status
        }
    };
    Box::new(Finished(status))
}

fn outcome(arguments: &[String], cluster: &mut Cluster, terminal: &Terminal) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let line = format!("yard {}", arguments.join(" "));
    let effect = Outcome::Effect;
    match words.as_slice() {
        [] | ["help", ..] | ["--help" | "-h"] => Outcome::text(help(terminal.language)),
        ["node", "add", rest @ ..] => add_node(rest, cluster, &line),
        ["node", "stop", name] => act(cluster, Action::StopNode((*name).into()), &line),
        ["node", "start", name] => act(cluster, Action::StartNode((*name).into()), &line),
        ["node", "rm" | "remove", name] => act(cluster, Action::RemoveNode((*name).into()), &line),
        ["pod", "crash", name, rest @ ..] => {
            let container = rest.first().map(|name| Rc::from(*name));
            act(cluster, Action::CrashPod { pod: pod_key(name, terminal), container }, &line)
        }
        ["pod", "hang", name] => {
            act(cluster, Action::HangPod { pod: pod_key(name, terminal) }, &line)
        }
        ["registry", state] => match *state {
            "up" => act(cluster, Action::Registry(Registry::Up), &line),
            "slow" => act(cluster, Action::Registry(Registry::Slow), &line),
            "down" => act(cluster, Action::Registry(Registry::Down), &line),
            other => {
                Outcome::fail(Text::new("yard.no-registry").with("found", format!("{other:?}")))
            }
        },
        ["pause"] => effect(Effect::Pause(true)),
        ["play"] => effect(Effect::Pause(false)),
        ["speed", factor] => match factor.parse::<f64>() {
            Ok(factor) if factor > 0.0 && factor <= 3600.0 => effect(Effect::Speed(factor)),
            _ => Outcome::fail(Text::new("yard.no-speed")),
        },
        ["back" | "until" | "next" | "prev" | "previous" | "undo" | "redo" | "continue", ..] => {
            time::outcome(&words, cluster, terminal)
        }
        ["branch" | "switch" | "fork" | "both" | "side" | "futures" | "keep", ..] => {
            branches::outcome(&words, cluster, terminal)
        }
        ["seed"] => Outcome::text(format!("{}\n", cluster.config().seed.0)),
        ["reset"] => effect(Effect::Reset(None)),
        ["reset", seed] => match seed.parse() {
            Ok(seed) => effect(Effect::Reset(Some(seed))),
            Err(_) => Outcome::fail(Text::new("yard.no-seed")),
        },
        ["import", file] => match terminal.files.get(*file) {
            Some(text) => match import::run(file, text, cluster, &line) {
                Ok(report) => Outcome::Text(report),
                Err(message) => Outcome::fail(Text::new("yard.refused").with("message", message)),
            },
            None => Outcome::fail(Text::new("yard.no-file").with("file", file)),
        },
        ["import", ..] => Outcome::fail(Text::new("yard.usage").with("usage", "import FILE")),
        ["why", rest @ ..] => why(rest, cluster, terminal),
        _ => unknown(&words, terminal.language),
    }
}

/// There is no such command; those that share a word with it are named.
fn unknown(words: &[&str], language: Language) -> Outcome {
    let mut near = String::new();
    let mut shown = false;
    for line in help(language).lines() {
        // What does not begin with the command goes on with the one before.
        if let Some(command) = line.strip_prefix("yard ") {
            let known = command.split("  ").next().unwrap_or_default();
            shown = known
                .split([' ', '|', '[', ']'])
                .any(|own| !own.is_empty() && words.contains(&own));
        }
        if shown {
            near.push_str(line);
            near.push('\n');
        }
    }
    let line = words.join(" ");
    Outcome::Failure(Text::new("yard.no-command").with("line", line).with("near", near), 2)
}

fn act(cluster: &mut Cluster, action: Action, line: &str) -> Outcome {
    match cluster.act(action, &WriteOptions { dry_run: false, words: line.to_owned() }) {
        Ok(text) => Outcome::text(format!("{text}\n")),
        Err(message) => Outcome::fail(Text::new("yard.refused").with("message", message)),
    }
}

fn pod_key(name: &str, terminal: &Terminal) -> ObjectKey {
    let name = name.strip_prefix("pod/").unwrap_or(name);
    match name.split_once('/') {
        Some((namespace, name)) => ObjectKey::new(namespace, name),
        None => ObjectKey::new(terminal.namespace(), name),
    }
}

fn add_node(rest: &[&str], cluster: &mut Cluster, line: &str) -> Outcome {
    let (mut name, mut labels, mut cpu, mut memory) = (None, BTreeMap::new(), None, None);
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let (flag, given) =
            word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        let mut value = || given.or_else(|| words.next().copied()).unwrap_or_default().to_owned();
        match flag {
            "--labels" | "-l" => {
                let text = value();
                let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
                labels.extend(pairs.map(|(key, value)| (Rc::from(key), Rc::from(value))));
            }
            "--cpu" => cpu = Some(Rc::from(value())),
            "--memory" => memory = Some(Rc::from(value())),
            flag if flag.starts_with('-') => {
                return Outcome::fail(Text::new("yard.no-flag").with("flag", flag));
            }
            _ => name = Some(Rc::from(*word)),
        }
    }
    for (what, amount) in [("cpu", &cpu), ("memory", &memory)] {
        if let Some(amount) = amount
            && crate::api::quantity::Quantity::parse(amount).is_err()
        {
            return Outcome::fail(
                Text::new("yard.no-amount").with("found", format!("{amount:?}")).with("what", what),
            );
        }
    }
    act(cluster, Action::AddNode { name, labels, cpu, memory }, line)
}

/// The chain of causes of an object's last change, from what the cluster recorded.
fn why(rest: &[&str], cluster: &Cluster, terminal: &Terminal) -> Outcome {
    let (mut namespace, mut at, mut words) = (None, None, Vec::new());
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        match *word {
            "-n" | "--namespace" => namespace = rest.next().map(|name| Rc::from(*name)),
            "--at" => at = rest.next().copied(),
            word => words.push(word),
        }
    }
    let Some((kind, name)) = kubectl::object_words(&words) else {
        return Outcome::fail(Text::new("yard.why-what"));
    };
    let own = namespace.unwrap_or_else(|| terminal.namespace());
    let namespace = if kind.namespaced() { own } else { "".into() };
    let key = ObjectKey::new(namespace, name.as_str());
    let lines = match at {
        None => cluster.why(kind, &key).map(|why| why.lines(terminal.language)),
        Some(text) => {
            let Some(at) = moment(text, cluster.now()) else {
                return Outcome::fail(
                    Text::new("yard.no-time-of-day").with("found", format!("{text:?}")),
                );
            };
            let slot = cluster.why_not_at(&key, at).filter(|_| kind == Kind::CronJob);
            slot.map(|link| vec![link.sentence(terminal.language)])
        }
    };
    match lines {
        Some(lines) => {
            Outcome::text(lines.into_iter().map(|line| format!("{line}\n")).collect::<String>())
        }
        None => Outcome::fail(
            Text::new("yard.not-found").with("object", format!("{}/{name}", kind.word())),
        ),
    }
}

/// `10:15`, `10:15:30` of the day it is, or a whole RFC 3339 time.
fn moment(text: &str, now: Time) -> Option<Time> {
    let day = now.rfc3339();
    let day = day.split_once('T').map_or("", |(day, _)| day);
    Time::parse_rfc3339(text)
        .or_else(|| Time::parse_rfc3339(&format!("{day}T{text}Z")))
        .or_else(|| Time::parse_rfc3339(&format!("{day}T{text}:00Z")))
}

#[cfg(test)]
mod tests;
