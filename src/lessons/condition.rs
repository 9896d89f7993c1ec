//! What a check asks of one object: a field or a printed column, and a test of its text.

use std::fmt;

use serde::Deserialize;

use crate::api::object::AnyObject;
use crate::api::schedule::{self, Schedule};
use crate::api::value::Value;
use crate::apiserver::table;
use crate::sim::Time;

/// The way to a field: `spec.containers[0].image`, `status.conditions[type=Ready].status`,
/// `metadata.labels[app.kubernetes.io/name]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FieldPath {
    text: String,
    steps: Vec<PathStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PathStep {
    /// A field of an object.
    Key(String),
    /// The element of a list at this place.
    Index(usize),
    /// The first element of a list in which a field has this text.
    Where(String, String),
}

impl TryFrom<String> for FieldPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no path to a field; write `spec.containers[0].image`");
        let mut steps = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (inside, after) = inner.split_once(']').ok_or_else(wrong)?;
                steps.push(match (inside.parse(), inside.split_once('=')) {
                    (Ok(index), _) => PathStep::Index(index),
                    (_, Some((key, value))) => PathStep::Where(key.into(), value.into()),
                    _ => PathStep::Key(inside.into()),
                });
                rest = after.strip_prefix('.').unwrap_or(after);
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (key, after) = rest.split_at_checked(end).ok_or_else(wrong)?;
                if key.is_empty() {
                    return Err(wrong());
                }
                steps.push(PathStep::Key(key.into()));
                rest = after.strip_prefix('.').unwrap_or(after);
            }
        }
        if steps.is_empty() {
            return Err(wrong());
        }
        Ok(Self { text, steps })
    }
}

impl FieldPath {
    /// The value at the end of the way.
    pub fn of<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        self.steps.iter().try_fold(object, |value, step| match step {
            PathStep::Key(key) => value.get(key),
            PathStep::Index(index) => value.items().get(*index),
            PathStep::Where(key, text) => {
                value.items().iter().find(|item| item.get(key).map(plain).as_ref() == Some(text))
            }
        })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// A value as one would say it: texts without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => other.to_json(),
    }
}

/// A text in a lesson, which may be written as a number or a truth value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Scalar")]
pub(super) struct Word(String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Truth(bool),
    Number(i64),
    Text(String),
}

impl From<Scalar> for Word {
    fn from(scalar: Scalar) -> Self {
        Self(match scalar {
            Scalar::Truth(value) => value.to_string(),
            Scalar::Number(value) => value.to_string(),
            Scalar::Text(text) => text,
        })
    }
}

/// What a field must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Exactly this.
    Is(String),
    /// Something else, or not there.
    Not(String),
    /// One of these.
    OneOf(Vec<String>),
    /// A number of at least this.
    AtLeast(i64),
    /// A number of at most this.
    AtMost(i64),
    /// A text in which this occurs.
    Contains(String),
    /// There (or not).
    Exists(bool),
    /// A cron schedule that is due at the same times as this one, however it is written.
    Fires(String, Box<Schedule>),
}

impl Test {
    fn holds(&self, found: Option<&str>) -> bool {
        let number = || found.and_then(|text| text.parse::<i64>().ok());
        match self {
            Self::Is(wanted) => found == Some(wanted),
            Self::Not(unwanted) => found != Some(unwanted),
            Self::OneOf(all) => found.is_some_and(|text| all.iter().any(|one| one == text)),
            Self::AtLeast(least) => number().is_some_and(|number| number >= *least),
            Self::AtMost(most) => number().is_some_and(|number| number <= *most),
            Self::Contains(part) => found.is_some_and(|text| text.contains(part)),
            Self::Exists(wanted) => found.is_some() == *wanted,
            Self::Fires(_, wanted) => {
                found.and_then(|text| schedule::parse(text).ok()).as_ref() == Some(&**wanted)
            }
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(text) => write!(out, "= {text}"),
            Self::Not(text) => write!(out, "≠ {text}"),
            Self::OneOf(all) => write!(out, "= {}", all.join(" | ")),
            Self::AtLeast(number) => write!(out, "≥ {number}"),
            Self::AtMost(number) => write!(out, "≤ {number}"),
            Self::Contains(text) => write!(out, "= …{text}…"),
            Self::Fires(text, _) => write!(out, "= {text}"),
            Self::Exists(true) => out.write_str("= …"),
            Self::Exists(false) => out.write_str("= –"),
        }
    }
}

/// What a check asks of one object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawCondition")]
pub struct Condition {
    /// Where to look.
    pub place: Place,
    /// What must be there.
    pub test: Test,
}

/// Where a condition looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A field of the object.
    Field(FieldPath),
    /// A column of `kubectl get`, by its heading: `STATUS`.
    Column(String),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(path) => path.fmt(out),
            Self::Column(name) => out.write_str(name),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawCondition {
    field: Option<FieldPath>,
    column: Option<String>,
    is: Option<Word>,
    not: Option<Word>,
    #[serde(rename = "in")]
    one_of: Option<Vec<Word>>,
    at_least: Option<i64>,
    at_most: Option<i64>,
    contains: Option<Word>,
    exists: Option<bool>,
    fires: Option<String>,
}

impl TryFrom<RawCondition> for Condition {
    type Error = String;

    fn try_from(raw: RawCondition) -> Result<Self, String> {
        let place = match (raw.field, raw.column) {
            (Some(path), None) => Place::Field(path),
            (None, Some(column)) => Place::Column(column),
            _ => return Err("a condition has either `field` or `column`".into()),
        };
        let fires = match raw.fires {
            Some(text) => match schedule::parse(&text) {
                Ok(schedule) => Some(Test::Fires(text, Box::new(schedule))),
                Err(words) => return Err(format!("`{text}` is no schedule: {words}")),
            },
            None => None,
        };
        let mut tests = [
            raw.is.map(|word| Test::Is(word.0)),
            raw.not.map(|word| Test::Not(word.0)),
            raw.one_of.map(|words| Test::OneOf(words.into_iter().map(|word| word.0).collect())),
            raw.at_least.map(Test::AtLeast),
            raw.at_most.map(Test::AtMost),
            raw.contains.map(|word| Test::Contains(word.0)),
            raw.exists.map(Test::Exists),
            fires,
        ]
        .into_iter()
        .flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Ok(Self { place, test }),
            _ => Err("a condition has one of `is`, `not`, `in`, `at-least`, `at-most`, \
                      `contains`, `exists`, `fires`"
                .into()),
        }
    }
}

impl Condition {
    /// What is found at its place.
    pub fn found(&self, object: &AnyObject, now: Time) -> Option<String> {
        match &self.place {
            Place::Field(path) => path.of(&object.to_value()).map(plain),
            Place::Column(name) => {
                let columns = table::columns(object.kind());
                let place = columns.iter().position(|one| one.name.eq_ignore_ascii_case(name))?;
                table::row(object, now).into_iter().nth(place)
            }
        }
    }

    /// Whether an object meets it.
    pub fn holds(&self, object: &AnyObject, now: Time) -> bool {
        self.test.holds(self.found(object, now).as_deref())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.place, self.test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_objects_lists_and_what_is_named() {
        let value = Value::from_json(
            r#"{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]},
            "metadata":{"labels":{"k8s.io/x":"1"}},"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#,
        )
        .unwrap();
        for (path, expected) in [
            ("spec.containers[1].image", Some("y")),
            ("spec.containers[name=a].image", Some("x")),
            ("metadata.labels[k8s.io/x]", Some("1")),
            ("status.conditions[type=Ready].status", Some("True")),
            ("status.phase", None),
        ] {
            let path = FieldPath::try_from(path.to_owned()).unwrap();
            assert_eq!(path.of(&value).map(plain).as_deref(), expected, "{path}");
        }
        for wrong in ["", ".", "a..b", "a[0"] {
            assert!(FieldPath::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tests_compare_texts_and_numbers() {
        for (test, found, expected) in [
            (Test::Is("3".into()), Some("3"), true),
            (Test::Not("3".into()), None, true),
            (Test::OneOf(vec!["a".into(), "b".into()]), Some("b"), true),
            (Test::AtLeast(3), Some("4"), true),
            (Test::AtLeast(3), Some("x"), false),
            (Test::AtMost(3), Some("4"), false),
            (Test::Contains("Back".into()), Some("CrashLoopBackOff"), true),
            (Test::Exists(false), None, true),
        ] {
            assert_eq!(test.holds(found), expected, "{test} {found:?}");
        }
    }

    #[test]
    fn schedules_are_compared_by_when_they_are_due() {
        let wanted: Condition =
            serde_yaml::from_str("{field: spec.schedule, fires: 30 9 * * 1-5}").unwrap();
        for (text, expected) in [
            ("30 9 * * 1-5", true),
            ("30 9 * * Mon-Fri", true),
            ("30 9 * * MON,TUE,WED,THU,FRI", true),
            ("30 9 ? * 1-5", true),
            ("30  09 * */1 5,4,1-3", true),
            ("30 9 * * *", false),
            ("30 9 1-5 * *", false),
            ("30 9 */1 * 1-6", false),
            ("30 9 * *", false),
        ] {
            assert_eq!(wanted.test.holds(Some(text)), expected, "{text}");
        }
        assert!(!wanted.test.holds(None));
        let wrong = serde_yaml::from_str::<Condition>("{field: a, fires: often}").unwrap_err();
        assert!(wrong.to_string().contains("`often` is no schedule"), "{wrong}");
    }
}
