//! `LabelSelector` objects, and the requirements of node affinity. Follows
//! `k8s.io/apimachinery/pkg/apis/meta/v1/validation` and `pkg/apis/core/validation`.

use super::errors::{Errors, Path, text};
use super::internal;
use super::metadata;
use crate::api::names;
use crate::api::value::Value;

/// Checks a `LabelSelector`. Absent is fine.
pub(crate) fn label_selector(errors: &mut Errors, path: &Path<'_>, selector: Option<&Value>) {
    let Some(selector) = selector else { return };
    metadata::labels(errors, &path.child("matchLabels"), selector.get("matchLabels"));
    let path = path.child("matchExpressions");
    for (index, expression) in selector.items_at("matchExpressions").iter().enumerate() {
        requirement(errors, &path.index(index), expression);
    }
}

/// Whether a selector asks for nothing: neither labels nor expressions.
pub(crate) fn is_empty(selector: &Value) -> bool {
    selector.get("matchLabels").is_none_or(|labels| labels.entries().next().is_none())
        && selector.items_at("matchExpressions").is_empty()
}

fn requirement(errors: &mut Errors, path: &Path<'_>, requirement: &Value) {
    let values = requirement.items_at("values");
    let operator = text(requirement, "operator");
    match operator {
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {
            value_count(errors, path, operator, values.len());
        }
        _ => errors.invalid(&path.child("operator"), operator, "not a valid selector operator"),
    }
    let key = text(requirement, "key");
    errors.each_invalid(&path.child("key"), key, &names::label_key(key));
    label_values(errors, path, values);
}

fn value_count(errors: &mut Errors, path: &Path<'_>, operator: &str, count: usize) {
    let path = &path.child("values");
    match operator {
        "In" | "NotIn" if count == 0 => {
            errors.required(path, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if count > 0 => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.forbidden(path, detail);
        }
        _ => {}
    }
}

fn label_values(errors: &mut Errors, path: &Path<'_>, values: &[Value]) {
    let path = path.child("values");
    for (index, value) in values.iter().enumerate() {
        let value = value.as_str().unwrap_or_default();
        errors.each_invalid(&path.index(index), value, &names::label_value(value));
    }
}

/// Checks a requirement of node affinity, which also knows `Gt` and `Lt`.
fn node_requirement(errors: &mut Errors, path: &Path<'_>, requirement: &Value, check_values: bool) {
    let values = requirement.items_at("values");
    let operator = text(requirement, "operator");
    match operator {
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {
            value_count(errors, path, operator, values.len());
        }
        "Gt" | "Lt" if values.len() == 1 => {}
        "Gt" | "Lt" => {
            let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            errors.required(&path.child("values"), detail);
        }
        _ => errors.invalid(&path.child("operator"), operator, "not a valid selector operator"),
    }
    let key = text(requirement, "key");
    errors.each_invalid(&path.child("key"), key, &names::label_key(key));
    if check_values {
        label_values(errors, path, values);
    }
}

/// Checks a requirement on a field of a node; the name is the only one there is.
fn node_field_requirement(errors: &mut Errors, path: &Path<'_>, requirement: &Value) {
    let values = requirement.items_at("values");
    match text(requirement, "operator") {
        "In" | "NotIn" if values.len() == 1 => {}
        "In" | "NotIn" => errors.required(
            &path.child("values"),
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
        other => errors.invalid(&path.child("operator"), other, "not a valid selector operator"),
    }
    let key = text(requirement, "key");
    if key != "metadata.name" {
        errors.invalid(&path.child("key"), key, "not a valid field selector key");
        return;
    }
    let path = path.child("values");
    for (index, value) in values.iter().enumerate() {
        let value = value.as_str().unwrap_or_default();
        errors.each_invalid(&path.index(index), value, &names::dns_subdomain(value));
    }
}

/// Checks a term of node affinity. The values of preferences are not looked at.
pub(crate) fn node_term(errors: &mut Errors, path: &Path<'_>, term: &Value, check_values: bool) {
    let expressions = path.child("matchExpressions");
    for (index, requirement) in term.items_at("matchExpressions").iter().enumerate() {
        node_requirement(errors, &expressions.index(index), requirement, check_values);
    }
    let fields = path.child("matchFields");
    for (index, requirement) in term.items_at("matchFields").iter().enumerate() {
        node_field_requirement(errors, &fields.index(index), requirement);
    }
}

/// `spec.selector` of a workload may not change.
pub(crate) fn immutable(errors: &mut Errors, new: &Value, old: &Value) {
    let at = ["spec", "selector"];
    let (new, old) = (new.at(&at), old.at(&at));
    if new != old {
        let path = Path::root("spec");
        let shown = internal::label_selector(new);
        errors.invalid_json(&path.child("selector"), &shown, "field is immutable");
    }
}
