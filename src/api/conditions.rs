//! Conditions: what an object says of itself, one line per type.

use std::rc::Rc;

use super::value::Value;
use super::words::word;
use crate::sim::Time;

/// `True`, `False` or `Unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody knows.
    Unknown,
}

impl Status {
    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }

    /// `True` or `False`.
    pub const fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    /// Reads the word; anything else is `Unknown`.
    pub fn from_word(word: &str) -> Self {
        match word {
            "True" => Self::True,
            "False" => Self::False,
            _ => Self::Unknown,
        }
    }
}

/// One condition of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `Ready`, `Complete`, …
    pub kind: Rc<str>,
    /// Whether it holds.
    pub status: Status,
    /// One word in capitals, or nothing.
    pub reason: Rc<str>,
    /// A sentence, or nothing.
    pub message: Rc<str>,
    /// When the status last changed.
    pub since: Time,
    /// `lastProbeTime`, `lastHeartbeatTime` or `lastUpdateTime`, whichever the kind has.
    pub seen: Option<Time>,
}

impl Condition {
    /// A condition that begins at `since`.
    pub fn new(kind: &str, status: Status, reason: &str, message: &str, since: Time) -> Self {
        Self {
            kind: word(kind),
            status,
            reason: word(reason),
            message: if message.is_empty() { word("") } else { message.into() },
            since,
            seen: None,
        }
    }

    /// Reads a condition; the second time is looked for under the names that kinds give it.
    pub fn from_value(value: &Value) -> Self {
        let text = |key| Rc::from(value.str_at(key).unwrap_or_default());
        let time = |key: &str| value.str_at(key).and_then(Time::parse_rfc3339);
        Self {
            kind: text("type"),
            status: Status::from_word(value.str_at("status").unwrap_or_default()),
            reason: text("reason"),
            message: text("message"),
            since: time("lastTransitionTime").unwrap_or_default(),
            seen: time("lastProbeTime")
                .or_else(|| time("lastHeartbeatTime"))
                .or_else(|| time("lastUpdateTime")),
        }
    }

    /// The condition as the API shows it; `seen_name` is the name of the second time, if the kind has one.
    pub fn to_value(&self, seen_name: Option<&str>) -> Value {
        let mut value = crate::object! {
            "type" => &self.kind,
            "status" => self.status.word(),
            "lastTransitionTime" => self.since,
        };
        if !self.reason.is_empty() {
            value.set("reason", &self.reason);
        }
        if !self.message.is_empty() {
            value.set("message", &self.message);
        }
        if let Some(name) = seen_name {
            value.set(name, self.seen);
        }
        value
    }
}

/// The condition of a type.
pub fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| &*condition.kind == kind)
}

/// Whether the condition of a type is True.
pub fn holds(conditions: &[Condition], kind: &str) -> bool {
    find(conditions, kind).is_some_and(|condition| condition.status == Status::True)
}

/// Puts a condition in its type's place, or at the end. The transition time of the old one is kept
/// when the status stays the same. Says whether anything changed.
pub fn set(conditions: &mut Vec<Condition>, mut new: Condition) -> bool {
    match conditions.iter_mut().find(|condition| condition.kind == new.kind) {
        Some(old) => {
            if old.status == new.status {
                new.since = old.since;
            }
            let changed = *old != new;
            *old = new;
            changed
        }
        None => {
            conditions.push(new);
            true
        }
    }
}
