//! Runs the lines of a script to their ends, letting virtual time pass while they wait: `podyard run`, and what
//! lessons do by themselves.

use super::{Effect, Stream, Terminal};
use crate::cluster::{Cluster, Config};
use crate::sim::Duration;
use crate::sim::rng::Seed;

/// How long a command that never ends is followed.
const LONGEST_FOLLOW: Duration = Duration::from_seconds(600);

/// Who sees what a script does.
pub trait Audience {
    /// A command begins.
    fn line(&mut self, _command: &str) {}
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
    let mut pending = String::new();
    let mut status = 0;
    for line in text.lines() {
        if !pending.is_empty() {
            pending.push('\n');
        }
        pending.push_str(line);
        if Terminal::incomplete(&pending) && !pending.trim().is_empty() {
            continue;
        }
        let command = std::mem::take(&mut pending);
        if !command.trim().is_empty() {
            status = run_line(&command, cluster, terminal, config, audience);
        }
    }
    if !pending.trim().is_empty() {
        status = run_line(&pending, cluster, terminal, config, audience);
    }
    status
}

/// Runs one line to its end.
fn run_line(
    line: &str,
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
            perform(effect, cluster, config, audience);
        }
        if let Some(status) = poll.status {
            return status;
        }
        let next = match (cluster.next_wake(), poll.until) {
            (Some(wake), Some(until)) => wake.min(until),
            (Some(wake), None) => wake,
            (None, Some(until)) => until,
            (None, None) => cluster.now() + LONGEST_FOLLOW,
        };
        let endless = poll.until.is_none() && next > begun + LONGEST_FOLLOW;
        if endless {
            running.interrupt(terminal);
        } else {
            cluster.run_until(next);
        }
    }
}

/// What the page would do, as far as it makes sense without one.
fn perform(effect: &Effect, cluster: &mut Cluster, config: &Config, audience: &mut dyn Audience) {
    match effect {
        Effect::Back(span) => cluster.back_to(cluster.now() - *span),
        Effect::Undo => drop(cluster.undo()),
        Effect::Reset(seed) => {
            let mut config = config.clone();
            if let Some(seed) = seed {
                config.seed = Seed(*seed);
            }
            *cluster = Cluster::new(config);
        }
        Effect::OpenEditor(_) => audience.output(
            Stream::Err,
            "error: there is no editor here; use `kubectl patch`, or change the file and `kubectl apply -f` it\n",
        ),
        Effect::Clear | Effect::Speed(_) | Effect::Pause(_) => {}
    }
}
