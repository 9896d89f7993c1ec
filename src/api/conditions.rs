//! Conditions: what an object says of itself, one line per type.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

use super::meta::fold;
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
    /// Its words: what thousands of pods say in the same words is kept once.
    words: Rc<Words>,
    /// Whether it holds.
    pub status: Status,
    /// When the status last changed.
    pub since: Time,
    /// `lastProbeTime`, `lastHeartbeatTime` or `lastUpdateTime`, whichever the kind has.
    pub seen: Option<Time>,
}

/// What a condition says in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// `Ready`, `Complete`, …
    pub kind: Rc<str>,
    /// One word in capitals, or nothing.
    pub reason: Rc<str>,
    /// A sentence, or nothing.
    pub message: Rc<str>,
}

impl Deref for Condition {
    type Target = Words;
    fn deref(&self) -> &Words {
        &self.words
    }
}

/// The words of so many conditions are shared at a time; a power of two.
const SHARED: usize = 256;

thread_local! {
    static SLOTS: RefCell<[Option<Rc<Words>>; SHARED]> = const { RefCell::new([const { None }; SHARED]) };
}

impl Words {
    /// The shared copy of these words; those that fall on the same slot push each other out.
    fn shared(kind: &str, reason: &str, message: &str) -> Rc<Self> {
        let made = || {
            let message = if message.is_empty() { word("") } else { message.into() };
            Rc::new(Self { kind: word(kind), reason: word(reason), message })
        };
        let number = fold(fold(fold(0, kind), reason), message);
        let place = usize::try_from(number >> 32).unwrap_or(0) % SHARED;
        SLOTS.with_borrow_mut(|slots| {
            let Some(slot) = slots.get_mut(place) else { return made() };
            let same = |kept: &&mut Rc<Self>| {
                *kept.kind == *kind && *kept.reason == *reason && *kept.message == *message
            };
            match slot.as_mut().filter(same) {
                Some(kept) => Rc::clone(kept),
                None => Rc::clone(slot.insert(made())),
            }
        })
    }
}

impl Condition {
    /// A condition that begins at `since`.
    pub fn new(kind: &str, status: Status, reason: &str, message: &str, since: Time) -> Self {
        Self { words: Words::shared(kind, reason, message), status, since, seen: None }
    }

    /// The same condition with the second time.
    #[must_use]
    pub const fn seen_at(mut self, seen: Option<Time>) -> Self {
        self.seen = seen;
        self
    }

    /// Reads a condition; the second time is looked for under the names that kinds give it.
    pub fn from_value(value: &Value) -> Self {
        let text = |key| value.str_at(key).unwrap_or_default();
        let time = |key: &str| value.str_at(key).and_then(Time::parse_rfc3339);
        Self {
            words: Words::shared(text("type"), text("reason"), text("message")),
            status: Status::from_word(text("status")),
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
