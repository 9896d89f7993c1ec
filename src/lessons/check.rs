//! A check as an author writes it: which objects, how many of them, and when.

use serde::Deserialize;

use super::condition::Condition;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::object::AnyObject;
use crate::sim::{Duration, Time};

/// When a check must hold, counted from the beginning of its step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// At this moment.
    #[default]
    Now,
    /// At some moment so far.
    Once,
    /// Without a break for the time in `for`, until now.
    Stayed,
    /// At no moment so far.
    Never,
}

/// How many objects there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Count {
    /// So many, neither more nor fewer.
    is: Option<usize>,
    /// At least so many.
    at_least: Option<usize>,
    /// At most so many.
    at_most: Option<usize>,
}

impl Count {
    /// Whether `number` of objects is right.
    pub fn holds(self, number: usize) -> bool {
        self.is.is_none_or(|wanted| number == wanted)
            && self.at_least.is_none_or(|least| number >= least)
            && self.at_most.is_none_or(|most| number <= most)
    }

    /// `3`, `≥ 1`, `≤ 2`
    pub fn words(self) -> String {
        let parts = [
            self.is.map(|number| number.to_string()),
            self.at_least.map(|number| format!("≥ {number}")),
            self.at_most.map(|number| format!("≤ {number}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Which objects a check counts.
#[derive(Clone, Debug)]
pub struct Target {
    /// Their kind.
    pub kind: Kind,
    /// Their name; `*` at the end stands for anything.
    pub name: Option<String>,
    /// Their namespace; `*` stands for all.
    pub namespace: String,
    /// What their labels must match, as in `kubectl get -l`.
    pub labels: Option<(String, Selector)>,
    /// Kind and name of what owns them: `Job/hello`.
    pub owner: Option<String>,
    /// What must be true of each.
    pub conditions: Vec<Condition>,
}

impl Target {
    /// Whether an object is one of those that conditions are asked of.
    pub fn concerns(&self, object: &AnyObject) -> bool {
        let meta = object.meta();
        let fits = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => pattern == text,
        };
        let owned = |owner: &str| {
            let is = |kind: &str, name: &str| fits(owner, &format!("{kind}/{name}"));
            meta.owners.iter().any(|one| is(&one.kind, &one.name))
        };
        object.kind() == self.kind
            && (!self.kind.namespaced() || fits(&self.namespace, &meta.namespace))
            && self.name.as_ref().is_none_or(|name| fits(name, &meta.name))
            && self.labels.as_ref().is_none_or(|(_, selector)| selector.matches(&meta.labels))
            && self.owner.as_ref().is_none_or(|owner| owned(owner))
    }

    /// Whether an object counts.
    pub fn matches(&self, object: &AnyObject, now: Time) -> bool {
        self.concerns(object) && self.conditions.iter().all(|one| one.holds(object, now))
    }

    /// The command that shows these objects.
    pub fn look(&self) -> String {
        let mut words = vec!["kubectl", "get", self.kind.info().plural];
        match self.name.as_deref() {
            Some(name) if !name.contains('*') => words.push(name),
            _ => {}
        }
        if let Some((text, _)) = &self.labels {
            words.extend(["-l", text]);
        }
        match self.namespace.as_str() {
            "default" => {}
            "*" => words.push("-A"),
            namespace if self.kind.namespaced() => words.extend(["-n", namespace]),
            _ => {}
        }
        words.join(" ")
    }
}

/// A check.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawCheck")]
pub enum Check {
    /// All of these.
    All(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
    /// A number of objects at some time.
    Objects {
        /// Which objects.
        target: Box<Target>,
        /// How many of them.
        count: Count,
        /// When.
        when: When,
        /// For how long, if it must have stayed so.
        span: Duration,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawCheck {
    all: Option<Vec<Check>>,
    any: Option<Vec<Check>>,
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    labels: Option<String>,
    owner: Option<String>,
    #[serde(default, rename = "where")]
    conditions: Vec<Condition>,
    count: Option<Count>,
    #[serde(default)]
    when: When,
    #[serde(rename = "for")]
    span: Option<String>,
}

impl TryFrom<RawCheck> for Check {
    type Error = String;

    fn try_from(raw: RawCheck) -> Result<Self, String> {
        let kind = match (raw.all, raw.any, raw.kind) {
            (Some(all), None, None) => return Ok(Self::All(all)),
            (None, Some(any), None) => return Ok(Self::Any(any)),
            (None, None, Some(kind)) => kind,
            _ => return Err("a check has one of `all`, `any`, `kind`".into()),
        };
        let kind = Kind::from_word(&kind).ok_or_else(|| format!("there is no kind `{kind}`"))?;
        let selector = |text: String| match Selector::parse(&text) {
            Ok(selector) => Ok((text, selector)),
            Err(words) => Err(words),
        };
        let span = match raw.span {
            Some(text) => Some(
                span(&text)
                    .ok_or_else(|| format!("`{text}` is no time; write `30s`, `5m` or `2h`"))?,
            ),
            None => None,
        };
        if span.is_some() != (raw.when == When::Stayed) {
            return Err("`for` belongs to `when: stayed`, and the other way round".into());
        }
        let count = raw.count.unwrap_or(Count { is: None, at_least: Some(1), at_most: None });
        if count.words().is_empty() {
            return Err("`count` has one of `is`, `at-least`, `at-most`".into());
        }
        Ok(Self::Objects {
            target: Box::new(Target {
                kind,
                name: raw.name,
                namespace: raw.namespace.unwrap_or_else(|| "default".into()),
                labels: raw.labels.map(selector).transpose()?,
                owner: raw.owner,
                conditions: raw.conditions,
            }),
            count,
            when: raw.when,
            span: span.unwrap_or(Duration::ZERO),
        })
    }
}

/// `30s`, `5m`, `2h`
pub(super) fn span(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    Some(Duration::from_seconds(number.checked_mul(seconds)?))
}
