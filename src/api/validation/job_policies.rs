//! When a Job counts a failed pod, and when it is done early. Follows `validatePodFailurePolicy` and
//! `validateSuccessPolicy` in `pkg/apis/batch/validation`.

use std::collections::BTreeSet;

use super::errors::{Errors, Path, text};
use crate::api::error::{FieldError, FieldErrorKind, go_quote};
use crate::api::names;
use crate::api::value::Value;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];

/// Checks `podFailurePolicy`.
pub(crate) fn failure(errors: &mut Errors, path: &Path<'_>, policy: &Value, spec: &Value) {
    let rules = policy.items_at("rules");
    let path = &path.child("rules");
    if rules.len() > 20 {
        errors.too_many(path, rules.len(), 20);
    }
    for (index, rule) in rules.iter().enumerate() {
        failure_rule(errors, &path.index(index), rule, spec);
    }
}

/// `Required value: valid values: ["A" "B"]`
fn required_word(errors: &mut Errors, path: &Path<'_>, words: &[&str]) {
    let words: Vec<String> = words.iter().map(|word| go_quote(word)).collect();
    errors.required(path, &format!("valid values: [{}]", words.join(" ")));
}

fn failure_rule(errors: &mut Errors, path: &Path<'_>, rule: &Value, spec: &Value) {
    let action_path = &path.child("action");
    match text(rule, "action") {
        "" => required_word(errors, action_path, &ACTIONS),
        "FailIndex" if spec.get("backoffLimitPerIndex").is_none() => {
            let detail = "requires the backoffLimitPerIndex to be set";
            errors.invalid(action_path, "FailIndex", detail);
        }
        action if ACTIONS.contains(&action) => {}
        action => errors.not_supported(action_path, action, &ACTIONS),
    }
    let codes = rule.get("onExitCodes");
    let conditions = rule.items_at("onPodConditions");
    if let Some(codes) = codes {
        exit_codes(errors, &path.child("onExitCodes"), codes, spec);
    }
    if !conditions.is_empty() {
        pod_conditions(errors, &path.child("onPodConditions"), conditions);
    }
    let detail = match (codes.is_some(), conditions.is_empty()) {
        (true, false) => "specifying both OnExitCodes and OnPodConditions is not supported",
        (false, true) => "specifying one of OnExitCodes and OnPodConditions is required",
        _ => return,
    };
    // Upstream shows no value here.
    let text = format!("Invalid value: {detail}");
    errors.push(FieldError::verbatim(FieldErrorKind::Invalid, path, text));
}

fn pod_conditions(errors: &mut Errors, path: &Path<'_>, conditions: &[Value]) {
    if conditions.len() > 20 {
        errors.too_many(path, conditions.len(), 20);
    }
    for (index, condition) in conditions.iter().enumerate() {
        let path = &path.index(index);
        let kind = text(condition, "type");
        errors.each_invalid(&path.child("type"), kind, &names::label_key(kind));
        let known = ["False", "True", "Unknown"];
        match text(condition, "status") {
            "" => required_word(errors, &path.child("status"), &known),
            status if known.contains(&status) => {}
            status => errors.not_supported(&path.child("status"), status, &known),
        }
    }
}

fn exit_codes(errors: &mut Errors, path: &Path<'_>, codes: &Value, spec: &Value) {
    let operator = text(codes, "operator");
    match operator {
        "" => required_word(errors, &path.child("operator"), &["In", "NotIn"]),
        "In" | "NotIn" => {}
        other => errors.not_supported(&path.child("operator"), other, &["In", "NotIn"]),
    }
    if let Some(name) = codes.str_at("containerName") {
        let known = ["containers", "initContainers"].iter().any(|list| {
            let list = spec.at(&["template", "spec", list]).map_or(&[][..], Value::items);
            list.iter().any(|container| text(container, "name") == name)
        });
        if !known {
            let detail = "must be one of the container or initContainer names in the pod template";
            errors.invalid(&path.child("containerName"), name, detail);
        }
    }
    let path = &path.child("values");
    let values: Vec<i64> = codes.items_at("values").iter().filter_map(Value::as_i64).collect();
    let shown = codes.get("values").cloned().unwrap_or_default();
    if values.is_empty() {
        errors.invalid(path, shown.clone(), "at least one value is required");
    } else if values.len() > 255 {
        errors.too_many(path, values.len(), 255);
    }
    let mut seen = BTreeSet::new();
    for (index, value) in values.iter().enumerate() {
        if operator == "In" && *value == 0 {
            errors.invalid(&path.index(index), 0, "must not be 0 for the In operator");
        }
        if !seen.insert(*value) {
            errors.duplicate(&path.index(index), *value);
        }
    }
    if !values.is_sorted() {
        errors.invalid(path, shown, "must be ordered");
    }
}

/// Checks `successPolicy` of an Indexed Job.
pub(crate) fn success(errors: &mut Errors, path: &Path<'_>, policy: &Value, spec: &Value) {
    let rules = policy.items_at("rules");
    let path = &path.child("rules");
    if rules.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        errors.required(path, detail);
    }
    if rules.len() > 20 {
        errors.too_many(path, rules.len(), 20);
    }
    // Without completions there is an error already; upstream would fall over here.
    let completions = spec.i64_at("completions").unwrap_or(0);
    for (index, rule) in rules.iter().enumerate() {
        success_rule(errors, &path.index(index), rule, completions);
    }
}

fn success_rule(errors: &mut Errors, path: &Path<'_>, rule: &Value, completions: i64) {
    let (count, indexes) = (rule.i64_at("succeededCount"), rule.str_at("succeededIndexes"));
    if count.is_none() && indexes.is_none() {
        let detail = "at least one of succeededCount or succeededIndexes must be specified";
        errors.required(path, detail);
    }
    let mut listed = 0;
    if let Some(indexes) = indexes {
        let path = &path.child("succeededIndexes");
        if indexes.len() > 64 * 1024 {
            errors.too_long(path, 64 * 1024);
        }
        match count_indexes(indexes, completions) {
            Ok(total) => listed = total,
            Err(refusal) => {
                let detail = format!("error parsing succeededIndexes: {refusal}");
                errors.invalid(path, indexes, &detail);
            }
        }
    }
    let Some(count) = count else { return };
    let path = &path.child("succeededCount");
    errors.not_negative(path, count);
    if count > completions {
        let detail = format!(
            "must be less than or equal to {completions} (the number of specified completions)"
        );
        errors.invalid(path, count, &detail);
    }
    if indexes.is_some() && count > listed {
        let detail = format!(
            "must be less than or equal to {listed} (the number of indexes in the specified succeededIndexes field)"
        );
        errors.invalid(path, count, &detail);
    }
}

/// How many indexes a list as `1,3-5` names; all must be below `completions` and in order.
fn count_indexes(text: &str, completions: i64) -> Result<i64, String> {
    let mut total = 0;
    let mut last: Option<i64> = None;
    for interval in text.split(',').filter(|_| !text.is_empty()) {
        let (first, end) = index_interval(interval, completions)?;
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

fn index_interval(interval: &str, completions: i64) -> Result<(i64, i64), String> {
    let index = |text: &str| match text.parse::<i64>() {
        Err(_) => Err(format!("cannot convert string to integer for index: {}", go_quote(text))),
        Ok(index) if index >= completions => Err(format!("too large index: {}", go_quote(text))),
        Ok(index) => Ok(index),
    };
    let parts: Vec<&str> = interval.split('-').collect();
    match parts.as_slice() {
        [only] => index(only).map(|index| (index, index)),
        [first, end] => {
            let (first, end) = (index(first)?, index(end)?);
            if first >= end {
                return Err(format!("non-increasing order, previous: {first}, current: {end}"));
            }
            Ok((first, end))
        }
        _ => Err(format!(
            "the fragment {} violates the requirement that an index interval can have at most two parts separated by '-'",
            go_quote(interval)
        )),
    }
}
