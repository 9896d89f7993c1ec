//! Fields that hold a number or a percentage. Follows `ValidatePositiveIntOrPercent` and its neighbours in
//! `pkg/apis/apps/validation`.

use super::errors::{Errors, Path};
use crate::api::names;
use crate::api::value::Value;

/// Checks that a value is a number that is not negative, or a percentage.
pub(crate) fn int_or_percent(errors: &mut Errors, path: &Path<'_>, value: &Value) {
    match value {
        Value::String(text) => errors.each_invalid(path, text, &names::percent(text)),
        other => errors.not_negative(path, other.as_i64().unwrap_or(0)),
    }
}

/// Checks that a percentage is at most a hundred. Numbers are fine.
pub(crate) fn at_most_100_percent(errors: &mut Errors, path: &Path<'_>, value: &Value) {
    if percent(value).is_some_and(|percent| percent > 100) {
        errors.invalid(path, value.clone(), "must not be greater than 100%");
    }
}

/// The number before the percent sign.
fn percent(value: &Value) -> Option<i64> {
    let text = value.as_str().filter(|text| names::is_percent(text))?;
    // A number too large for 64 bits is more than anything it is compared with.
    Some(text.strip_suffix('%')?.parse().unwrap_or(i64::MAX))
}

/// Whether a value is neither 0 nor `0%`, nor a text that is no number.
pub(crate) fn is_something(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Int(number)) => *number != 0,
        Some(Value::String(text)) => {
            let number = text.strip_suffix('%').unwrap_or(text);
            number.parse::<i64>().is_ok_and(|number| number != 0)
        }
        _ => false,
    }
}
