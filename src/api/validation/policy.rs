//! Budgets, priorities, quotas, limits and leases. Follows `pkg/apis/{policy,scheduling,coordination}/validation` and `ValidateResourceQuota`
//! and `ValidateLimitRange` in `pkg/apis/core/validation`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::errors::{Errors, Path, text};
use super::numbers::{at_most_100_percent, int_or_percent};
use super::resources;
use super::selectors;
use crate::api::names;
use crate::api::quantity::Quantity;
use crate::api::value::Value;

const SPEC: Path<'static> = Path::root("spec");

/// The highest priority that a user may give.
const HIGHEST_USER_PRIORITY: i64 = 1_000_000_000;

/// Checks a PodDisruptionBudget. Its metadata is looked at only if nothing is wrong here.
pub(crate) fn disruption_budget(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    let bounds = ["minAvailable", "maxUnavailable"];
    if bounds.iter().all(|field| spec.get(field).is_some()) {
        let part = |field: &str| spec.get(field).map_or_else(|| "null".into(), Value::to_json);
        let shown = format!(
            "{{\"MinAvailable\":{},\"Selector\":{},\"MaxUnavailable\":{},\"UnhealthyPodEvictionPolicy\":{}}}",
            part("minAvailable"),
            super::internal::label_selector(spec.get("selector")),
            part("maxUnavailable"),
            part("unhealthyPodEvictionPolicy"),
        );
        let detail = "minAvailable and maxUnavailable cannot be both set";
        errors.invalid_json(&SPEC, &shown, detail);
    }
    for field in bounds {
        if let Some(bound) = spec.get(field) {
            int_or_percent(errors, &SPEC.child(field), bound);
            at_most_100_percent(errors, &SPEC.child(field), bound);
        }
    }
    selectors::label_selector(errors, &SPEC.child("selector"), spec.get("selector"));
    if let Some(word) = spec.str_at("unhealthyPodEvictionPolicy") {
        let known = ["AlwaysAllow", "IfHealthyBudget"];
        if !known.contains(&word) {
            errors.not_supported(&SPEC.child("unhealthyPodEvictionPolicy"), word, &known);
        }
    }
}

/// Checks a Lease, but for its metadata.
pub(crate) fn lease(errors: &mut Errors, object: &Value) {
    let number = |field: &str| object.at(&["spec", field]).and_then(Value::as_i64);
    if let Some(seconds) = number("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        errors.invalid(&SPEC.child("leaseDurationSeconds"), seconds, "must be greater than 0");
    }
    if let Some(times) = number("leaseTransitions").filter(|times| *times < 0) {
        let detail = "must be greater than or equal to 0";
        errors.invalid(&SPEC.child("leaseTransitions"), times, detail);
    }
}

/// Checks a PriorityClass, but for its metadata.
pub(crate) fn priority_class(errors: &mut Errors, object: &Value) {
    let name = object.get("metadata").map_or("", |metadata| text(metadata, "name"));
    let value = object.i64_at("value").unwrap_or(0);
    if name.starts_with("system-") {
        if let Some(refusal) = system_class(name, value, object.bool_at("globalDefault")) {
            let path = Path::root("metadata");
            let detail = format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {refusal}"
            );
            errors.forbidden(&path.child("name"), &detail);
        }
    } else if value > HIGHEST_USER_PRIORITY {
        let detail =
            format!("maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}");
        errors.forbidden(&Path::root("value"), &detail);
    }
    if object.get("preemptionPolicy").is_some() {
        let path = Path::root("preemptionPolicy");
        match text(object, "preemptionPolicy") {
            "" => errors.required(&path, ""),
            "PreemptLowerPriority" | "Never" => {}
            other => errors.not_supported(&path, other, &["PreemptLowerPriority", "Never"]),
        }
    }
}

/// Why a class is not the system's own of that name.
fn system_class(name: &str, value: i64, global: Option<bool>) -> Option<String> {
    let expected = match name {
        "system-cluster-critical" => 2_000_000_000,
        "system-node-critical" => 2_000_001_000,
        _ => return Some(format!("{name} is not a known system priority class")),
    };
    if value != expected {
        return Some(format!("value of {name} PriorityClass must be {expected}"));
    }
    (global == Some(true)).then(|| format!("globalDefault of {name} PriorityClass must be false"))
}

/// Checks what may change in a PriorityClass: not its value.
pub(crate) fn priority_class_update(errors: &mut Errors, new: &Value, old: &Value) {
    if new.i64_at("value") != old.i64_at("value") {
        errors.forbidden(&Path::root("value"), "may not be changed in an update.");
    }
    let field = "preemptionPolicy";
    errors.immutable(&Path::root(field), new.get(field), old.get(field));
}

/// Checks a ResourceQuota, but for its metadata.
pub(crate) fn resource_quota(errors: &mut Errors, object: &Value) {
    for (part, lists) in [("spec", &["hard"][..]), ("status", &["hard", "used"])] {
        let path = Path::root(part);
        for list in lists {
            let path = path.child(list);
            let amounts = object.at(&[part, list]);
            for (name, amount) in amounts.into_iter().flat_map(Value::entries) {
                let path = &path.key(name);
                resources::quota_name(errors, path, name);
                resources::quantity(errors, path, name, amount);
            }
        }
    }
    let path = SPEC.child("scopes");
    let known = [
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
    ];
    let scopes = object.at(&["spec", "scopes"]).cloned().unwrap_or_default();
    if scopes.items().iter().any(|scope| scope.as_str().is_none_or(|word| !known.contains(&word))) {
        errors.invalid(&path, scopes, "unsupported scope");
    }
}

/// Checks what may change in a ResourceQuota: not which scopes it has, in whatever order. Follows
/// `ValidateResourceQuotaUpdate`.
pub(crate) fn resource_quota_update(errors: &mut Errors, new: &Value, old: &Value) {
    let scopes = |quota: &'_ Value| quota.at(&["spec", "scopes"]).cloned();
    let set = |scopes: &Option<Value>| -> BTreeSet<String> {
        let words = scopes.iter().flat_map(Value::items).filter_map(Value::as_str);
        words.map(str::to_owned).collect()
    };
    let (new, old) = (scopes(new), scopes(old));
    if set(&new) != set(&old) {
        errors.immutable(&SPEC.child("scopes"), new.as_ref(), old.as_ref());
    }
}

/// Checks a LimitRange, but for its metadata.
pub(crate) fn limit_range(errors: &mut Errors, object: &Value) {
    let path = SPEC.child("limits");
    let limits = object.at(&["spec", "limits"]).map_or(&[][..], Value::items);
    let mut seen = BTreeSet::new();
    for (index, limit) in limits.iter().enumerate() {
        let path = &path.index(index);
        let kind = text(limit, "type");
        let type_path = &path.child("type");
        let messages = names::label_key(kind);
        errors.each_invalid(type_path, kind, &messages);
        let standard = ["Pod", "Container", "PersistentVolumeClaim"].contains(&kind);
        if messages.is_empty() && !kind.contains('/') && !standard {
            let detail = "must be a standard limit type or fully qualified";
            errors.invalid(type_path, kind, detail);
        }
        if !seen.insert(kind) {
            errors.duplicate(type_path, kind);
        }
        limit_names(errors, path, limit, kind);
        limit_order(errors, path, limit, kind);
    }
}

fn limit_names(errors: &mut Errors, path: &Path<'_>, limit: &Value, kind: &str) {
    for list in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        let Some(amounts) = limit.get(list) else { continue };
        let path = path.child(list);
        if kind == "Pod" && list.starts_with("default") {
            errors.forbidden(&path, "may not be specified when `type` is 'Pod'");
            continue;
        }
        for (name, _) in amounts.entries() {
            resources::limit_name(errors, &path.key(name), name, kind);
        }
    }
    let storage = |list: &str| limit.at(&[list, "storage"]).is_some();
    if kind == "PersistentVolumeClaim" && !storage("min") && !storage("max") {
        let detail =
            "either minimum or maximum storage value is required, but neither was provided";
        errors.required(&path.child("limits"), detail);
    }
}

/// Smallest, default and largest amounts must be in that order.
fn limit_order(errors: &mut Errors, path: &Path<'_>, limit: &Value, kind: &str) {
    let lists = ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"];
    let mut resources: BTreeSet<Rc<str>> = BTreeSet::new();
    for list in lists {
        let amounts = limit.get(list).into_iter().flat_map(Value::entries);
        resources.extend(amounts.map(|(name, _)| Rc::clone(name)));
    }
    for name in resources {
        let [min, max, default, request, ratio] = lists.map(|list| {
            let hidden = kind == "Pod" && list.starts_with("default");
            let amount = limit.at(&[list, &name]).filter(|_| !hidden)?;
            Quantity::from_value(amount).ok()
        });
        // Lesser, its word, greater, its word, where it is reported, which of the two is shown.
        let rows = [
            (&min, "min", &max, "max", "min", false),
            (&min, "min", &request, "default request", "defaultRequest", true),
            (&request, "default request", &max, "max", "defaultRequest", false),
            (&request, "default request", &default, "default limit", "defaultRequest", false),
            (&min, "min", &default, "default", "default", false),
            (&default, "default", &max, "max", "default", true),
        ];
        for (lesser, lesser_word, greater, greater_word, list, show_greater) in rows {
            let (Some(lesser), Some(greater)) = (lesser, greater) else { continue };
            if lesser > greater {
                let detail = format!(
                    "{lesser_word} value {lesser} is greater than {greater_word} value {greater}"
                );
                let shown = if show_greater { greater } else { lesser };
                let path = path.child(list);
                errors.invalid(&path.key(&name), shown.clone(), &detail);
            }
        }
        let one = Quantity::from_units(1, crate::api::quantity::Format::DecimalSI);
        if let Some(ratio) = ratio.filter(|ratio| *ratio < one) {
            let path = path.child("maxLimitRequestRatio");
            let detail = format!("ratio {ratio} is less than 1");
            errors.invalid(&path.key(&name), ratio, &detail);
        }
    }
}
