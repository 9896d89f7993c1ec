//! Labels and the selectors that pick objects by them. Knows nothing of the kinds that carry them.
//!
//! Follows `k8s.io/apimachinery/pkg/labels/selector.go`, `…/apis/meta/v1/helpers.go` and, for node affinity,
//! `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`.

use std::fmt;
use std::rc::Rc;

use super::error::{FieldError, go_quote};
use super::value::{Map, Value};
use super::{meta, names};
use crate::sim::order::Order as _;

/// A view of the labels of an object, as JSON or as typed metadata. Cheap to copy.
#[derive(Clone, Copy, Debug, Default)]
pub enum Labels<'a> {
    /// No labels.
    #[default]
    None,
    /// A JSON object of strings.
    Json(&'a Map),
    /// The labels of typed metadata.
    Typed(&'a meta::Labels),
}

impl<'a> Labels<'a> {
    /// No labels.
    pub const NONE: Self = Self::None;

    /// A label map as it stands in `metadata.labels`.
    pub fn new(labels: Option<&'a Value>) -> Self {
        labels.and_then(Value::as_map).map_or(Self::None, Self::Json)
    }

    /// The labels of an object: `metadata.labels`.
    pub fn of(object: &'a Value) -> Self {
        Self::new(object.at(&["metadata", "labels"]))
    }

    /// The annotations of an object: `metadata.annotations`.
    pub fn of_annotations(object: &'a Value) -> Self {
        Self::new(object.at(&["metadata", "annotations"]))
    }

    /// The value of a label, if it is there. A label without text counts as empty.
    pub fn get(self, key: &str) -> Option<&'a str> {
        match self {
            Self::None => None,
            Self::Json(map) => map.get(key).map(|value| value.as_str().unwrap_or_default()),
            Self::Typed(labels) => labels.text(key),
        }
    }

    /// Whether a label is there, with any value.
    pub fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Keys and values in order of the keys.
    pub fn iter(self) -> impl Iterator<Item = (&'a Rc<str>, &'a str)> {
        let (json, typed) = match self {
            Self::None => (None, None),
            Self::Json(map) => (Some(map), None),
            Self::Typed(labels) => (None, Some(labels)),
        };
        let json = json
            .into_iter()
            .flatten()
            .map(|(key, value)| (key, value.as_str().unwrap_or_default()));
        json.chain(
            typed.into_iter().flat_map(|labels| labels.iter()).map(|(key, value)| (key, &**value)),
        )
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }
}

impl<'a> From<&'a Map> for Labels<'a> {
    fn from(labels: &'a Map) -> Self {
        Self::Json(labels)
    }
}

impl<'a> From<&'a meta::Labels> for Labels<'a> {
    fn from(labels: &'a meta::Labels) -> Self {
        Self::Typed(labels)
    }
}

impl fmt::Display for Labels<'_> {
    /// `a=1,b=2`, ordered by key; nothing without labels.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(out, "{comma}{key}={value}")?;
        }
        Ok(())
    }
}

/// How a requirement compares a label with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `key in (a,b)`
    In,
    /// `key notin (a,b)`
    NotIn,
    /// `key=a`
    Equals,
    /// `key==a`, the same as `=`, kept for printing
    DoubleEquals,
    /// `key!=a`
    NotEquals,
    /// `key`
    Exists,
    /// `!key`
    DoesNotExist,
    /// `key>1`
    GreaterThan,
    /// `key<1`
    LessThan,
}

/// One condition on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    key: Rc<str>,
    operator: Operator,
    values: Vec<Rc<str>>,
}

impl Requirement {
    /// A checked requirement.
    ///
    /// # Errors
    /// Upstream's words; `path` stands before the field names (`""` where upstream passes none).
    pub fn new(
        key: impl Into<Rc<str>>,
        operator: Operator,
        values: Vec<Rc<str>>,
        path: &str,
    ) -> Result<Self, String> {
        let requirement = Self { key: key.into(), operator, values };
        let wrong = requirement.problems(path);
        match wrong.as_slice() {
            [] => Ok(requirement),
            [one] => Err(one.line()),
            many => {
                let lines: Vec<String> = many.iter().map(FieldError::line).collect();
                Err(format!("[{}]", lines.join(", ")))
            }
        }
    }

    fn problems(&self, path: &str) -> Vec<FieldError> {
        let child = |name: &str| match path {
            "" => name.to_owned(),
            parent => format!("{parent}.{name}"),
        };
        let key = &self.key;
        let list = || match self.values.is_empty() {
            true => Value::Array(Rc::default()),
            false => Value::from(self.values.clone()),
        };
        let mut wrong = Vec::new();
        let messages = names::label_key(key);
        if !messages.is_empty() {
            wrong.push(FieldError::invalid(child("key"), &key.into(), &messages.join("; ")));
        }
        let refusal = match (self.operator, self.values.len()) {
            (Operator::In | Operator::NotIn, 0) => {
                Some("for 'in', 'notin' operators, values set can't be empty")
            }
            (Operator::Equals | Operator::DoubleEquals | Operator::NotEquals, count)
                if count != 1 =>
            {
                Some("exact-match compatibility requires one single value")
            }
            (Operator::Exists | Operator::DoesNotExist, count) if count > 0 => {
                Some("values set must be empty for exists and does not exist")
            }
            (Operator::GreaterThan | Operator::LessThan, count) if count != 1 => {
                Some("for 'Gt', 'Lt' operators, exactly one value is required")
            }
            _ => None,
        };
        if let Some(refusal) = refusal {
            wrong.push(FieldError::invalid(child("values"), &list(), refusal));
        }
        for (index, value) in self.values.iter().enumerate() {
            let compares = matches!(self.operator, Operator::GreaterThan | Operator::LessThan);
            if compares && go_parse_int(value).is_none() {
                let detail = "for 'Gt', 'Lt' operators, the value must be an integer";
                wrong.push(FieldError::invalid(
                    format!("{}[{index}]", child("values")),
                    &value.into(),
                    detail,
                ));
            }
        }
        for (index, value) in self.values.iter().enumerate() {
            let messages = names::label_value(value);
            if !messages.is_empty() {
                let path = format!("{}[{index}][{key}]", child("values"));
                wrong.push(FieldError::invalid(path, &value.into(), &messages.join("; ")));
            }
        }
        wrong
    }

    /// The label that is looked at.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How it is compared.
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// What it is compared with.
    pub fn values(&self) -> &[Rc<str>] {
        &self.values
    }

    /// Whether the labels meet this requirement.
    pub fn matches<'a>(&self, labels: impl Into<Labels<'a>>) -> bool {
        let labels = labels.into();
        let label = labels.get(&self.key);
        let listed = |label: &str| self.values.iter().any(|value| **value == *label);
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => label.is_some_and(listed),
            Operator::NotIn | Operator::NotEquals => !label.is_some_and(listed),
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::GreaterThan => self.compare(label).is_some_and(|(have, want)| have > want),
            Operator::LessThan => self.compare(label).is_some_and(|(have, want)| have < want),
        }
    }

    fn compare(&self, label: Option<&str>) -> Option<(i64, i64)> {
        match self.values.as_slice() {
            [value] => Some((go_parse_int(label?)?, go_parse_int(value)?)),
            _ => None,
        }
    }
}

/// A whole number as Go's `strconv.ParseInt(text, 10, 64)` reads it.
fn go_parse_int(text: &str) -> Option<i64> {
    text.parse().ok()
}

impl fmt::Display for Requirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut values: Vec<&str> = self.values.iter().map(|value| &**value).collect();
        values.order();
        let (key, values) = (&self.key, values.join(","));
        match self.operator {
            Operator::In => write!(out, "{key} in ({values})"),
            Operator::NotIn => write!(out, "{key} notin ({values})"),
            Operator::Equals => write!(out, "{key}={values}"),
            Operator::DoubleEquals => write!(out, "{key}=={values}"),
            Operator::NotEquals => write!(out, "{key}!={values}"),
            Operator::Exists => write!(out, "{key}"),
            Operator::DoesNotExist => write!(out, "!{key}"),
            Operator::GreaterThan => write!(out, "{key}>{values}"),
            Operator::LessThan => write!(out, "{key}<{values}"),
        }
    }
}

/// What picks objects by their labels. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Picks no object (upstream's nil selector).
    Nothing,
    /// Picks the objects that meet every requirement, ordered by key; without requirements, every object.
    All(Rc<[Requirement]>),
}

impl Selector {
    /// Picks every object.
    pub fn everything() -> Self {
        Self::All(Rc::default())
    }

    fn all(mut requirements: Vec<Requirement>) -> Self {
        requirements.order_by(|a, b| a.key.cmp(&b.key));
        Self::All(requirements.into())
    }

    /// From a map of labels that must all be equal (selectors of ReplicationController and Service, `nodeSelector`).
    /// An empty or absent map picks everything.
    pub fn from_map(labels: Option<&Value>) -> Self {
        let equals = |(key, value): (&Rc<str>, &str)| Requirement {
            key: Rc::clone(key),
            operator: Operator::Equals,
            values: vec![Rc::from(value)],
        };
        Self::all(Labels::new(labels).iter().map(equals).collect())
    }

    /// From a `LabelSelector` object. Absent picks nothing, `{}` picks everything.
    ///
    /// # Errors
    /// What `metav1.LabelSelectorAsSelector` answers.
    pub fn from_label_selector(selector: Option<&Value>) -> Result<Self, String> {
        let Some(selector) = selector.filter(|value| !value.is_null()) else {
            return Ok(Self::Nothing);
        };
        let mut requirements = Vec::new();
        for (key, value) in Labels::new(selector.get("matchLabels")).iter() {
            requirements.push(Requirement::new(
                Rc::clone(key),
                Operator::Equals,
                vec![Rc::from(value)],
                "",
            )?);
        }
        for expression in selector.items_at("matchExpressions") {
            let word = expression.str_at("operator").unwrap_or_default();
            let operator = match word {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => {
                    return Err(format!(
                        "{} is not a valid label selector operator",
                        go_quote(word)
                    ));
                }
            };
            requirements.push(Requirement::new(
                expression.str_at("key").unwrap_or_default(),
                operator,
                strings(expression, "values"),
                "",
            )?);
        }
        Ok(Self::all(requirements))
    }

    /// From the `matchExpressions` of a node selector term, which also knows `Gt` and `Lt`. None picks nothing.
    ///
    /// # Errors
    /// Upstream's words, the first error only; `path` is the path of the list.
    pub fn from_node_expressions(expressions: &[Value], path: &str) -> Result<Self, String> {
        if expressions.is_empty() {
            return Ok(Self::Nothing);
        }
        let mut requirements = Vec::new();
        for (index, expression) in expressions.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let word = expression.str_at("operator").unwrap_or_default();
            let operator = match word {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                "Gt" => Operator::GreaterThan,
                "Lt" => Operator::LessThan,
                _ => {
                    let known = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
                    let path = format!("{path}.operator");
                    return Err(FieldError::not_supported(path, &word.into(), &known).line());
                }
            };
            requirements.push(Requirement::new(
                expression.str_at("key").unwrap_or_default(),
                operator,
                strings(expression, "values"),
                &path,
            )?);
        }
        Ok(Self::all(requirements))
    }

    /// From the text of kubectl's `-l`: `a=1,b!=2,c in (x,y),!d`.
    ///
    /// # Errors
    /// Upstream's words, as they stand after `Unable to find … field selector "": `.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse::Parser::new(text).selector().map(Self::all)
    }

    /// Whether the labels meet every requirement.
    pub fn matches<'a>(&self, labels: impl Into<Labels<'a>>) -> bool {
        let labels = labels.into();
        match self {
            Self::Nothing => false,
            Self::All(requirements) => requirements.iter().all(|one| one.matches(labels)),
        }
    }

    /// Whether every object is picked.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::All(requirements) if requirements.is_empty())
    }

    /// The requirements, ordered by key.
    pub fn requirements(&self) -> &[Requirement] {
        match self {
            Self::Nothing => &[],
            Self::All(requirements) => requirements,
        }
    }

    /// The text, or `<none>` if it is empty, as kubectl prints selectors in tables.
    pub fn text_or_none(&self) -> String {
        let text = self.to_string();
        if text.is_empty() { "<none>".into() } else { text }
    }
}

/// A `LabelSelector` object as kubectl prints it: `<none>` if it is absent or empty, `<error>` if it is wrong. Follows
/// `metav1.FormatLabelSelector`.
pub fn format_label_selector(selector: Option<&Value>) -> String {
    Selector::from_label_selector(selector)
        .map_or_else(|_| "<error>".into(), |selector| selector.text_or_none())
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements().iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(out, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

fn strings(object: &Value, key: &str) -> Vec<Rc<str>> {
    object.items_at(key).iter().filter_map(Value::as_str).map(Rc::from).collect()
}

mod parse;

#[cfg(test)]
mod tests;
