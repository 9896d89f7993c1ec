//! Where a pod may go: affinity, tolerations, spreading. Follows `validateAffinity`, `ValidateTolerations` and
//! `validateTopologySpreadConstraints` in `pkg/apis/core/validation`.

use super::errors::{Errors, Path, text};
use super::selectors::{label_selector, node_term};
use crate::api::labels::Labels;
use crate::api::names;
use crate::api::value::Value;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// The effects of taints, in upstream's order.
pub(crate) const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Checks `affinity`.
pub(crate) fn affinity(errors: &mut Errors, path: &Path<'_>, affinity: &Value) {
    if let Some(nodes) = affinity.get("nodeAffinity") {
        node_affinity(errors, &path.child("nodeAffinity"), nodes);
    }
    for side in ["podAffinity", "podAntiAffinity"] {
        if let Some(pods) = affinity.get(side) {
            pod_affinity(errors, &path.child(side), pods);
        }
    }
}

fn weight(errors: &mut Errors, path: &Path<'_>, term: &Value) {
    let weight = term.i64_at("weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.invalid(&path.child("weight"), weight, "must be in the range 1-100");
    }
}

fn node_affinity(errors: &mut Errors, path: &Path<'_>, affinity: &Value) {
    if let Some(selector) = affinity.get(REQUIRED) {
        let path = &path.child(REQUIRED);
        let path = &path.child("nodeSelectorTerms");
        let terms = selector.items_at("nodeSelectorTerms");
        if terms.is_empty() {
            errors.required(path, "must have at least one node selector term");
        }
        for (index, term) in terms.iter().enumerate() {
            node_term(errors, &path.index(index), term, true);
        }
    }
    let path = path.child(PREFERRED);
    let none = Value::Null;
    for (index, term) in affinity.items_at(PREFERRED).iter().enumerate() {
        let path = &path.index(index);
        weight(errors, path, term);
        let preference = term.get("preference").unwrap_or(&none);
        node_term(errors, &path.child("preference"), preference, false);
    }
}

fn pod_affinity(errors: &mut Errors, path: &Path<'_>, affinity: &Value) {
    let required = path.child(REQUIRED);
    for (index, term) in affinity.items_at(REQUIRED).iter().enumerate() {
        pod_term(errors, &required.index(index), term);
    }
    let preferred = path.child(PREFERRED);
    let none = Value::Null;
    for (index, term) in affinity.items_at(PREFERRED).iter().enumerate() {
        let path = &preferred.index(index);
        weight(errors, path, term);
        let term = term.get("podAffinityTerm").unwrap_or(&none);
        pod_term(errors, &path.child("podAffinityTerm"), term);
    }
}

fn pod_term(errors: &mut Errors, path: &Path<'_>, term: &Value) {
    for field in ["labelSelector", "namespaceSelector"] {
        label_selector(errors, &path.child(field), term.get(field));
    }
    for namespace in term.items_at("namespaces").iter().filter_map(Value::as_str) {
        let messages = names::dns_label(namespace);
        errors.each_invalid(&path.child("namespace"), namespace, &messages);
    }
    label_keys(errors, path, term);
    let key = text(term, "topologyKey");
    if key.is_empty() {
        errors.required(&path.child("topologyKey"), "can not be empty");
    }
    errors.each_invalid(&path.child("topologyKey"), key, &names::label_key(key));
}

/// Checks `matchLabelKeys` and `mismatchLabelKeys`. By now the server has turned the former into expressions of the
/// selector; a key that is there twice was written twice.
fn label_keys(errors: &mut Errors, path: &Path<'_>, term: &Value) {
    let selector = term.get("labelSelector");
    let keys = |list: &str| -> Vec<&str> {
        term.items_at(list).iter().filter_map(Value::as_str).collect()
    };
    let (matching, mismatching) = (keys("matchLabelKeys"), keys("mismatchLabelKeys"));
    for (list, keys) in [("matchLabelKeys", &matching), ("mismatchLabelKeys", &mismatching)] {
        let path = path.child(list);
        if !keys.is_empty() && selector.is_none() {
            errors.forbidden(&path, "must not be specified when labelSelector is not set");
            continue;
        }
        for (index, key) in keys.iter().enumerate() {
            errors.each_invalid(&path.index(index), key, &names::label_key(key));
        }
    }
    if let Some(selector) = selector {
        let labels = Labels::new(selector.get("matchLabels"));
        let mut seen: Vec<&str> = labels.iter().map(|(key, _)| &**key).collect();
        for expression in selector.items_at("matchExpressions") {
            let key = text(expression, "key");
            let index = matching.iter().rposition(|one| *one == key);
            if let Some(index) = index.filter(|_| seen.contains(&key)) {
                let detail = "exists in both matchLabelKeys and labelSelector";
                errors.invalid(&path.index(index), key, detail);
            }
            seen.push(key);
        }
    }
    let path = path.child("matchLabelKeys");
    for (index, key) in matching.iter().enumerate().filter(|(_, key)| mismatching.contains(key)) {
        let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
        errors.invalid(&path.index(index), *key, detail);
    }
}

/// Checks `tolerations`.
pub(crate) fn tolerations(errors: &mut Errors, path: &Path<'_>, tolerations: &[Value]) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let path = &path.index(index);
        let [key, operator, value, effect] =
            ["key", "operator", "value", "effect"].map(|field| text(toleration, field));
        let operator_path = &path.child("operator");
        if !key.is_empty() {
            errors.each_invalid(&path.child("key"), key, &names::label_key(key));
        }
        if key.is_empty() && operator != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(operator_path, operator, detail);
        }
        if toleration.get("tolerationSeconds").is_some() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(&path.child("effect"), effect, detail);
        }
        match operator {
            "Equal" | "" => {
                let messages = names::label_value(value);
                if !messages.is_empty() {
                    errors.invalid(operator_path, value, &messages.join(";"));
                }
            }
            "Exists" if value.is_empty() => {}
            "Exists" => {
                let detail = "value must be empty when `operator` is 'Exists'";
                errors.invalid(operator_path, value, detail);
            }
            "Lt" | "Gt" => {
                errors.not_supported(operator_path, operator, &["Equal", "Exists", "Lt", "Gt"]);
            }
            _ => errors.not_supported(operator_path, operator, &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            taint_effect(errors, &path.child("effect"), effect);
        }
    }
}

/// Checks the word of an effect.
pub(crate) fn taint_effect(errors: &mut Errors, path: &Path<'_>, effect: &str) {
    if !EFFECTS.contains(&effect) {
        errors.not_supported(path, effect, &EFFECTS);
    }
}

/// Checks `topologySpreadConstraints`.
pub(crate) fn spread(errors: &mut Errors, path: &Path<'_>, constraints: &[Value]) {
    for (index, constraint) in constraints.iter().enumerate() {
        let path = &path.index(index);
        errors.positive(&path.child("maxSkew"), constraint.i64_at("maxSkew").unwrap_or(0));
        let pair = |one: &Value| {
            (text(one, "topologyKey").to_owned(), text(one, "whenUnsatisfiable").to_owned())
        };
        let (key, action) = pair(constraint);
        if key.is_empty() {
            errors.required(&path.child("topologyKey"), "can not be empty");
        }
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        if !actions.contains(&action.as_str()) {
            errors.not_supported(&path.child("whenUnsatisfiable"), &action, &actions);
        }
        let mut later = constraints.iter().skip(index + 1).map(pair);
        if later.any(|other| other == (key.clone(), action.clone())) {
            let path = path.child("{topologyKey, whenUnsatisfiable}");
            errors.duplicate(&path, format!("{{{key}, {action}}}"));
        }
        if let Some(domains) = constraint.i64_at("minDomains") {
            let path = &path.child("minDomains");
            errors.positive(path, domains);
            if action != "DoNotSchedule" {
                let detail = format!(
                    "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
                );
                errors.invalid(path, domains, &detail);
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let known = ["Honor", "Ignore"];
            if let Some(word) = constraint.str_at(field).filter(|word| !known.contains(word)) {
                errors.not_supported(&path.child(field), word, &known);
            }
        }
        label_keys(errors, path, constraint);
        label_selector(errors, &path.child("labelSelector"), constraint.get("labelSelector"));
    }
}
