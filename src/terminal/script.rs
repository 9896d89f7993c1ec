//! Runs the lines of a script to their ends, letting virtual time pass while they wait: `podyard run`, and what
//! lessons do by themselves.

use super::shell::parse::Gathered;
use super::{Effect, Poll, Stream, Terminal};
use crate::cluster::{Cluster, Config, Futures};
use crate::language::word;
use crate::sim::Duration;
use crate::sim::rng::Seed;

/// How long a command that never ends is followed.
const LONGEST_FOLLOW: Duration = Duration::from_seconds(600);

/// Who sees what a script does.
pub trait Audience {
    /// A command begins.
    fn line(&mut self, _command: &str) {}
    /// A line is typed behind a prompt, for what already runs.
    fn typed(&mut self, _prompt: &str, _line: &str) {}
    /// It printed something.
    fn output(&mut self, _stream: Stream, _text: &str) {}
}

/// Nobody sees it.
impl Audience for () {}

/// Runs the lines of a script; the status is that of the last. `config` is what `yard reset` begins anew with.
pub fn run_script(
    text: &str,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
    config: &Config,
    audience: &mut dyn Audience,
) -> i32 {
    let mut gathered = Gathered::default();
    let mut status = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if gathered.push(line) && !gathered.is_blank() {
            continue;
        }
        let command = gathered.take();
        if !command.trim().is_empty() {
            status = run_line(&command, &mut lines, cluster, terminal, config, audience);
        }
    }
    if !gathered.is_blank() {
        status = run_line(&gathered.take(), &mut lines, cluster, terminal, config, audience);
    }
    status
}

/// Runs one line to its end. A session in a container reads the lines that follow, until it is left.
fn run_line(
    line: &str,
    behind: &mut std::str::Lines<'_>,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
    config: &Config,
    audience: &mut dyn Audience,
) -> i32 {
    audience.line(line);
    let mut running = terminal.start(line);
    let begun = cluster.now();
    loop {
        let poll = running.poll(cluster, terminal);
        for (stream, text) in &poll.output {
            audience.output(*stream, text);
        }
        for effect in &poll.effects {
            perform(effect, cluster, terminal, config, audience);
        }
        if let Some(status) = poll.status {
            return status;
        }
        if let Some(prompt) = &poll.asks {
            match behind.next() {
                Some(line) => {
                    audience.typed(prompt, line);
                    running.type_line(line);
                }
                None => running.end_input(),
            }
            continue;
        }
        let next = match (cluster.next_wake(), poll.until) {
            (Some(wake), Some(until)) => wake.min(until),
            (Some(wake), None) => wake,
            (None, Some(until)) => until,
            (None, None) => cluster.now() + LONGEST_FOLLOW,
        };
        let endless = (poll.until.is_none() || running.spins()) && next > begun + LONGEST_FOLLOW;
        if endless {
            running.interrupt(terminal);
        } else {
            cluster.run_until(next);
        }
        if let Some(futures) = &mut terminal.futures {
            futures.other.run_until(cluster.now());
        }
    }
}

/// What the page would do, as far as it makes sense without one.
fn perform(
    effect: &Effect,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
    config: &Config,
    audience: &mut dyn Audience,
) {
    let language = terminal.language;
    let refusal = |key: &'static str| format!("yard: {}\n", word(language, key));
    let mut moved = |cluster: &mut Cluster, found: bool| {
        if !found {
            audience.output(Stream::Err, &refusal("yard.nothing-to-come"));
        }
        if let Some(futures) = &mut terminal.futures {
            futures.seek(cluster, cluster.now());
        }
    };
    match effect {
        Effect::Back(span) => {
            cluster.back_to(cluster.now() - *span);
            moved(cluster, true);
        }
        Effect::Seek(at) => {
            cluster.seek(*at);
            moved(cluster, true);
        }
        Effect::Next(what) => {
            let found = cluster.go_to_next(what, &mut || true);
            moved(cluster, found);
        }
        Effect::Previous(what) => {
            if let Some(at) = cluster.previous(what) {
                cluster.seek(at);
            }
            moved(cluster, true);
        }
        Effect::Undo => drop(cluster.undo()),
        Effect::Redo => drop(cluster.redo()),
        Effect::Continue => drop(cluster.continue_here()),
        Effect::Switch(name) => {
            if let Some(futures) = terminal.futures.take() {
                futures.fold(cluster);
            }
            cluster.switch(name);
        }
        Effect::Fork(_) | Effect::Both(_) | Effect::Side(_) | Effect::Keep(_) | Effect::Compare => {
            futures(effect, cluster, terminal, config, audience);
        }
        Effect::Reset(seed) => {
            let mut config = config.clone();
            if let Some(seed) = seed {
                config.seed = Seed(*seed);
            }
            *cluster = Cluster::new(config);
            terminal.futures = None;
        }
        Effect::OpenEditor(_) => audience.output(
            Stream::Err,
            "error: there is no editor here; use `kubectl patch`, or change the file and `kubectl apply -f` it\n",
        ),
        Effect::Clear | Effect::Speed(_) | Effect::Pause(_) => {}
    }
}

/// The other future hears a command, without anything that it would ask of a page.
pub fn tell_other(futures: &mut Futures, terminal: &Terminal, command: &str) -> Poll {
    let mut guest = Terminal { futures: None, history: Vec::new(), ..terminal.clone() };
    let mut running = guest.start(command);
    let mut poll = running.poll(&mut futures.other, &mut guest);
    poll.effects.clear();
    poll
}

/// Two futures at the terminal.
fn futures(
    effect: &Effect,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
    config: &Config,
    audience: &mut dyn Audience,
) {
    if let Effect::Fork(command) = effect {
        let mut futures = Futures::begin(cluster, command);
        for (stream, text) in tell_other(&mut futures, terminal, command).output {
            audience.output(stream, &text);
        }
        futures.share_ahead(cluster);
        terminal.futures = Some(Box::new(futures));
        return;
    }
    let Some(mut futures) = terminal.futures.take() else {
        audience.output(
            Stream::Err,
            &format!("yard: {}\n", word(terminal.language, "yard.no-futures")),
        );
        return;
    };
    match effect {
        Effect::Both(command) => {
            for (stream, text) in tell_other(&mut futures, terminal, command).output {
                audience.output(stream, &text);
            }
            terminal.futures = Some(futures);
            run_line(command, &mut "".lines(), cluster, terminal, config, audience);
            return;
        }
        Effect::Side(side) => futures.turn(cluster, *side),
        Effect::Keep(side) => {
            let name = futures.keep(cluster, *side);
            let words = format!("kept {}; the other one is branch {name}\n", side.word());
            return audience.output(Stream::Out, &words);
        }
        _ => {
            futures.count(cluster);
            let all = futures.differences(cluster);
            let lines = all.iter().map(|one| format!("{}\n", one.sentence(terminal.language)));
            let text: String = lines.collect();
            let same = word(terminal.language, "futures.same");
            let text = if all.is_empty() { format!("{same}\n") } else { text };
            audience.output(Stream::Out, &text);
        }
    }
    terminal.futures = Some(futures);
}
