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
use crate::sim::Time;

const HELP: &str = "yard node stop NAME             pull the plug of a node
yard node start NAME            start it again
yard node add [NAME] [--labels a=b,c=d] [--cpu 4] [--memory 8Gi]
yard node rm NAME               take a node away
yard pod crash NAME [CONTAINER] make a container exit with code 1
yard pod hang NAME              make a pod stop answering
yard registry up|slow|down      the image registry
yard pause | play               the clock
yard speed N                    N times as fast as a real clock
yard until 10:15 | 5m           run on to a time, or for so long
yard next [event|cron|KIND/NAME]
                                run on to the next change, event, firing of
                                a CronJob, or change of an object
yard prev [event|cron|KIND/NAME]
                                back to the last one
yard back 30s | 10:15           go back in time; what lies ahead stays
yard continue                   go on from here; what lies ahead becomes a branch
yard undo | redo                take the last thing you did back, do it again
yard branch [NAME]              list the branches, or keep one under a name
yard branch -m [OLD] NEW        give a branch another name
yard branch -d NAME             forget a branch
yard switch NAME                go to a branch
yard fork 'COMMAND'             two futures: on the right, COMMAND is run
yard both 'COMMAND'             run a command in both futures
yard side left|right            turn to one of them
yard futures                    what differs between them
yard keep left|right            go on with one; the other becomes a branch
yard why KIND/NAME              why it is so, and why nothing more happens
yard why cronjob/NAME --at TIME what became of the slot at TIME (10:15, or RFC 3339)
yard seed                       what everything random follows from
yard reset [SEED]               begin anew
yard import FILE                let a real cluster stand here: what `kubectl get ... -o yaml` printed of it
";

/// What can be said, a command a line.
pub(super) const fn help() -> &'static str {
    HELP
}

/// How a command went.
enum Outcome {
    /// It prints this.
    Text(String),
    /// It asks this of the page.
    Effect(Effect),
    /// It failed, in these words and with this status.
    Failure(String, i32),
}

impl Outcome {
    fn text(words: impl Into<String>) -> Self {
        Self::Text(words.into())
    }

    fn fail(words: impl Into<String>) -> Self {
        Self::Failure(words.into(), 1)
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
            io.error(&words);
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
        [] | ["help", ..] | ["--help" | "-h"] => Outcome::text(HELP),
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
                Outcome::fail(format!("yard: the registry is up, slow or down, not {other:?}"))
            }
        },
        ["pause"] => effect(Effect::Pause(true)),
        ["play"] => effect(Effect::Pause(false)),
        ["speed", factor] => match factor.parse::<f64>() {
            Ok(factor) if factor > 0.0 && factor <= 3600.0 => effect(Effect::Speed(factor)),
            _ => Outcome::fail("yard: the speed is a number between 0.25 and 3600"),
        },
        ["back" | "until" | "next" | "prev" | "previous" | "undo" | "redo" | "continue", ..] => {
            time::outcome(&words, cluster, terminal)
        }
        ["branch" | "switch" | "fork" | "both" | "side" | "futures" | "keep", ..] => {
            branches::outcome(&words, cluster)
        }
        ["seed"] => Outcome::text(format!("{}\n", cluster.config().seed.0)),
        ["reset"] => effect(Effect::Reset(None)),
        ["reset", seed] => match seed.parse() {
            Ok(seed) => effect(Effect::Reset(Some(seed))),
            Err(_) => Outcome::fail("yard: a seed is a whole number"),
        },
        ["import", file] => match terminal.files.get(*file) {
            Some(text) => match import::run(file, text, cluster, &line) {
                Ok(report) => Outcome::Text(report),
                Err(message) => Outcome::fail(format!("yard: {message}")),
            },
            None => Outcome::fail(format!("yard: {file}: there is no such file in the workspace")),
        },
        ["import", ..] => Outcome::fail("yard: import FILE"),
        ["why", rest @ ..] => why(rest, cluster, terminal),
        _ => unknown(&words),
    }
}

/// There is no such command; those that share a word with it are named.
fn unknown(words: &[&str]) -> Outcome {
    let mut near = String::new();
    let mut shown = false;
    for line in HELP.lines() {
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
    Outcome::Failure(
        format!("yard: no such command: yard {line}\n{near}`yard help` lists all commands."),
        2,
    )
}

fn act(cluster: &mut Cluster, action: Action, line: &str) -> Outcome {
    match cluster.act(action, &WriteOptions { dry_run: false, words: line.to_owned() }) {
        Ok(text) => Outcome::text(format!("{text}\n")),
        Err(message) => Outcome::fail(format!("yard: {message}")),
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
                return Outcome::fail(format!("yard: unknown flag: {flag}"));
            }
            _ => name = Some(Rc::from(*word)),
        }
    }
    for (what, amount) in [("cpu", &cpu), ("memory", &memory)] {
        if let Some(amount) = amount
            && crate::api::quantity::Quantity::parse(amount).is_err()
        {
            return Outcome::fail(format!("yard: {amount:?} is no amount of {what}"));
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
        return Outcome::fail("yard: why KIND/NAME, for example: yard why pod/web-x7k2p");
    };
    let own = namespace.unwrap_or_else(|| terminal.namespace());
    let namespace = if kind.namespaced() { own } else { "".into() };
    let key = ObjectKey::new(namespace, name.as_str());
    let lines = match at {
        None => cluster.why(kind, &key).map(|why| why.lines(terminal.language)),
        Some(text) => {
            let Some(at) = moment(text, cluster.now()) else {
                return Outcome::fail(format!("yard: {text:?} is no time of day (10:15)"));
            };
            let slot = cluster.why_not_at(&key, at).filter(|_| kind == Kind::CronJob);
            slot.map(|link| vec![link.sentence(terminal.language)])
        }
    };
    match lines {
        Some(lines) => {
            Outcome::text(lines.into_iter().map(|line| format!("{line}\n")).collect::<String>())
        }
        None => Outcome::fail(format!("yard: {}/{name} not found", kind.word())),
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
