//! Paths to fields and the list of what is wrong with them.

use std::fmt;

use crate::api::error::{FieldError, FieldErrorKind};
use crate::api::value::Value;

/// The path of a field, as a chain of borrowed steps: it becomes a text only if something is wrong there.
/// Follows `k8s.io/apimachinery/pkg/util/validation/field.Path`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Self>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// The path of a field at the top of the object.
    pub(crate) const fn root(name: &'a str) -> Self {
        Self { parent: None, step: Step::Name(name) }
    }

    /// `self.name`
    pub(crate) const fn child(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Name(name) }
    }

    /// `self[index]`
    pub(crate) const fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// `self[key]`
    pub(crate) const fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(out)?;
        }
        match self.step {
            Step::Name(name) if self.parent.is_some() => write!(out, ".{name}"),
            Step::Name(name) => out.write_str(name),
            Step::Index(index) => write!(out, "[{index}]"),
            Step::Key(key) => write!(out, "[{key}]"),
        }
    }
}

impl From<&Path<'_>> for String {
    fn from(path: &Path<'_>) -> Self {
        path.to_string()
    }
}

/// What is wrong with an object, in the order in which it was found.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<FieldError>);

impl Errors {
    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<FieldError> {
        self.0
    }

    /// How many there are so far.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn push(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// `Required value`, with a detail unless it is empty.
    pub(crate) fn required(&mut self, path: &Path<'_>, detail: &str) {
        self.push(FieldError::required(path, detail));
    }

    /// `Invalid value: VALUE: DETAIL`
    pub(crate) fn invalid(&mut self, path: &Path<'_>, value: impl Into<Value>, detail: &str) {
        self.push(FieldError::invalid(path, &value.into(), detail));
    }

    /// `Invalid value: JSON: DETAIL`, for values that are shown in a form of their own.
    pub(crate) fn invalid_json(&mut self, path: &Path<'_>, json: &str, detail: &str) {
        let text = format!("Invalid value: {json}: {detail}");
        self.push(FieldError::verbatim(FieldErrorKind::Invalid, path, text));
    }

    /// `Invalid value: VALUE: MESSAGE`, once for each message.
    pub(crate) fn each_invalid(&mut self, path: &Path<'_>, value: &str, messages: &[String]) {
        for message in messages {
            self.invalid(path, value, message);
        }
    }

    /// `Unsupported value: VALUE: supported values: "A", "B"`
    pub(crate) fn not_supported(&mut self, path: &Path<'_>, value: &str, supported: &[&str]) {
        self.push(FieldError::not_supported(path, &value.into(), supported));
    }

    /// `Duplicate value: VALUE`
    pub(crate) fn duplicate(&mut self, path: &Path<'_>, value: impl Into<Value>) {
        self.push(FieldError::duplicate(path, &value.into()));
    }

    /// `Forbidden: DETAIL`
    pub(crate) fn forbidden(&mut self, path: &Path<'_>, detail: &str) {
        self.push(FieldError::forbidden(path, detail));
    }

    /// `Not found: VALUE`, with a detail unless it is empty.
    pub(crate) fn not_found(&mut self, path: &Path<'_>, value: &str, detail: &str) {
        let quoted = crate::api::error::go_quote(value);
        let text = match detail {
            "" => format!("Not found: {quoted}"),
            _ => format!("Not found: {quoted}: {detail}"),
        };
        self.push(FieldError::verbatim(FieldErrorKind::Invalid, path, text));
    }

    /// `Too long: may not be more than MAX bytes`
    pub(crate) fn too_long(&mut self, path: &Path<'_>, max: usize) {
        self.push(FieldError::too_long(path, max));
    }

    /// `Too many: ACTUAL: must have at most MAX items`
    pub(crate) fn too_many(&mut self, path: &Path<'_>, actual: usize, max: usize) {
        self.push(FieldError::too_many(path, actual, max));
    }

    /// `Invalid value: N: must be greater than or equal to 0`, if the number is below.
    pub(crate) fn not_negative(&mut self, path: &Path<'_>, number: i64) {
        if number < 0 {
            self.invalid(path, number, "must be greater than or equal to 0");
        }
    }

    /// The same for the number in a field that may be absent.
    pub(crate) fn field_not_negative(&mut self, parent: &Path<'_>, object: &Value, key: &str) {
        if let Some(number) = object.i64_at(key) {
            self.not_negative(&parent.child(key), number);
        }
    }

    /// `Invalid value: N: must be greater than zero`, unless the number is.
    pub(crate) fn positive(&mut self, path: &Path<'_>, number: i64) {
        if number <= 0 {
            self.invalid(path, number, "must be greater than zero");
        }
    }

    /// `Invalid value: NEW: field is immutable`, if the values differ. An absent value shows as `null`.
    pub(crate) fn immutable(&mut self, path: &Path<'_>, new: Option<&Value>, old: Option<&Value>) {
        if new != old {
            self.invalid(path, new.cloned().unwrap_or_default(), "field is immutable");
        }
    }
}

/// The text of a field; absent is empty.
pub(crate) fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.str_at(key).unwrap_or_default()
}
