//! `yard until`, `yard next`, `yard back` and their like: where the clock goes.

use super::{Effect, Outcome, unknown};
use crate::api::ObjectKey;
use crate::cluster::{Cluster, Landmark};
use crate::language::Text;
use crate::sim::{Duration, Time};
use crate::terminal::process::{Io, Process, Turn};
use crate::terminal::{Terminal, kubectl, tools};

const DAY: Duration = Duration::from_seconds(86_400);

/// Waits for the clock to be where it was sent.
#[derive(Debug)]
pub(super) struct Jump {
    until: Time,
    asked: bool,
}

impl Jump {
    pub(super) const fn new(until: Time) -> Self {
        Self { until, asked: false }
    }
}

impl Process for Jump {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        // Whoever is asked moves the clock between the first look and the second.
        match std::mem::replace(&mut self.asked, true) && io.cluster.now() >= self.until {
            true => Turn::Done(0),
            false => Turn::Waits(Some(self.until)),
        }
    }
}

/// When what an effect asks for is done at the earliest; nothing if it does not move the clock.
pub(super) fn moves(effect: &Effect, cluster: &Cluster) -> Option<Time> {
    match effect {
        Effect::Seek(at) => Some(*at),
        Effect::Back(_)
        | Effect::Next(_)
        | Effect::Previous(_)
        | Effect::Undo
        | Effect::Redo
        | Effect::Switch(_) => Some(cluster.config().start),
        _ => None,
    }
}

pub(super) fn outcome(words: &[&str], cluster: &Cluster, terminal: &Terminal) -> Outcome {
    let now = cluster.now();
    match words {
        ["back", text] => match (span(text), moment(text, now, Toward::Past)) {
            (_, Some(at)) => Outcome::Effect(Effect::Seek(at)),
            (Some(span), None) => Outcome::Effect(Effect::Back(span)),
            (None, None) => {
                Outcome::fail(Text::new("yard.no-back").with("found", format!("{text:?}")))
            }
        },
        ["until", text] => {
            let at = moment(text, now, Toward::Future);
            match at.or_else(|| span(text).map(|span| now + span)) {
                Some(at) if at >= now => Outcome::Effect(Effect::Seek(at)),
                Some(_) => Outcome::fail(Text::new("yard.over").with("at", text)),
                None => {
                    Outcome::fail(Text::new("yard.no-until").with("found", format!("{text:?}")))
                }
            }
        }
        ["next", rest @ ..] => landmark(rest, terminal)
            .map_or_else(Outcome::fail, |what| Outcome::Effect(Effect::Next(what))),
        ["prev" | "previous", rest @ ..] => {
            landmark(rest, terminal).map_or_else(Outcome::fail, |what| {
                match cluster.previous(&what) {
                    Some(_) => Outcome::Effect(Effect::Previous(what)),
                    None => Outcome::fail(Text::new("yard.nothing-before")),
                }
            })
        }
        ["undo"] if cluster.inputs().is_empty() => Outcome::fail(Text::new("yard.nothing-done")),
        ["undo"] => Outcome::Effect(Effect::Undo),
        ["redo"] if cluster.future().is_empty() => Outcome::fail(Text::new("yard.nothing-undone")),
        ["redo"] => Outcome::Effect(Effect::Redo),
        ["continue"] if cluster.at_tip() => Outcome::fail(Text::new("yard.nothing-ahead")),
        ["continue"] => Outcome::Effect(Effect::Continue),
        _ => unknown(words, terminal.language),
    }
}

/// `30s`, `1m30s`, `1.5h`, `90`: one amount, or several with their units.
fn span(text: &str) -> Option<Duration> {
    let parts = text.split_inclusive(|letter: char| letter.is_ascii_alphabetic());
    let mut parts = parts.map(tools::duration);
    let first = parts.next()??;
    parts.try_fold(first, |sum, part| Some(sum + part?))
}

fn landmark(words: &[&str], terminal: &Terminal) -> Result<Landmark, Text> {
    let (words, scope) = match words {
        [rest @ .., "-n" | "--namespace", name] => (rest, std::rc::Rc::from(*name)),
        words => (words, terminal.namespace()),
    };
    match words {
        [] | ["change"] => Ok(Landmark::Change),
        ["event"] => Ok(Landmark::Event),
        ["cron"] => Ok(Landmark::Fire),
        words => match kubectl::object_words(words) {
            Some((kind, name)) => {
                let namespace = match kind.namespaced() {
                    true => scope,
                    false => "".into(),
                };
                Ok(Landmark::Of(kind, ObjectKey::new(namespace, name.as_str())))
            }
            None => {
                Err(Text::new("yard.no-landmark").with("found", format!("{:?}", words.join(" "))))
            }
        },
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Toward {
    Past,
    Future,
}

/// A time: `10:15`, `10:15:30`, `10:15:30.5` of the day on which it comes next, or came last; or a whole RFC 3339 time.
fn moment(text: &str, now: Time, toward: Toward) -> Option<Time> {
    if let Some(at) = Time::parse_rfc3339(text) {
        return Some(at);
    }
    let mut parts = text.split(':');
    let number = |part: &str, most: i64| {
        let plain = !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit());
        part.parse::<i64>().ok().filter(|number| plain && *number <= most)
    };
    let hours = number(parts.next()?, 23)?;
    let minutes = number(parts.next()?, 59)?;
    let (whole, fraction) = match parts.next() {
        Some(seconds) => seconds.split_once('.').unwrap_or((seconds, "")),
        None => ("0", ""),
    };
    let seconds = number(whole, 59)?;
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let millis = number(&digits, 999).filter(|_| parts.next().is_none())?;
    let of_day = Duration::from_millis(((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis);
    let midnight = Time::from_unix_seconds(now.unix_seconds().div_euclid(86_400) * 86_400);
    let at = midnight + of_day;
    Some(match toward {
        Toward::Past if at > now => at - DAY,
        Toward::Future if at < now => at + DAY,
        _ => at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_may_have_several_units() {
        let seconds = |text: &str| span(text).map(Duration::seconds);
        assert_eq!(
            ["90", "30s", "1m30s", "1h2m3s", "1.5h", "", "m", "1x"].map(seconds),
            [Some(90), Some(30), Some(90), Some(3_723), Some(5_400), None, None, None]
        );
    }

    #[test]
    fn a_time_of_day_is_the_next_or_the_last_one() {
        let now = Time::parse_rfc3339("2026-01-02T10:15:00Z").unwrap();
        let of = |text: &str, toward| moment(text, now, toward).map(Time::rfc3339_micro);
        let next = |text: &str| of(text, Toward::Future);
        let last = |text: &str| of(text, Toward::Past);
        assert_eq!(next("10:15").as_deref(), Some("2026-01-02T10:15:00.000000Z"));
        assert_eq!(next("10:15:00.5").as_deref(), Some("2026-01-02T10:15:00.500000Z"));
        assert_eq!(next("9:00").as_deref(), Some("2026-01-03T09:00:00.000000Z"));
        assert_eq!(last("9:00:30").as_deref(), Some("2026-01-02T09:00:30.000000Z"));
        assert_eq!(last("10:15:01").as_deref(), Some("2026-01-01T10:15:01.000000Z"));
        assert_eq!(next("2026-01-02T11:00:00Z").as_deref(), Some("2026-01-02T11:00:00.000000Z"));
        for text in ["", "10", "24:00", "10:60", "10:1x", "10:15:60", "1:2:3:4", "-1:00", "10:+5"] {
            assert_eq!(next(text), None, "{text}");
        }
    }
}
