//! DaemonSets. Follows `ValidateDaemonSetSpec` in `pkg/apis/apps/validation`.

use super::deployment::unsupported_strategy;
use super::errors::{Errors, Path, text};
use super::numbers::{at_most_100_percent, int_or_percent, is_something};
use super::pod_spec;
use super::replicas::{matches, restarts_always};
use super::selectors;
use crate::api::labels::Selector;
use crate::api::value::Value;

const SPEC: Path<'static> = Path::root("spec");

/// Checks the spec of a DaemonSet.
pub(crate) fn daemon_set(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    let selector = spec.get("selector");
    let selector_path = &SPEC.child("selector");
    selectors::label_selector(errors, selector_path, selector);
    let path = &SPEC.child("template");
    let template = spec.get("template").unwrap_or(&none);
    if let Ok(picks) = Selector::from_label_selector(selector) {
        matches(errors, path, template, &picks);
    }
    if let Some(selector) = selector.filter(|selector| selectors::is_empty(selector)) {
        let detail = "empty selector is invalid for daemonset";
        errors.invalid(selector_path, selector.clone(), detail);
    }
    pod_spec::template(errors, path, template);
    restarts_always(errors, path, template, "DaemonSet");
    errors.field_not_negative(&SPEC, spec, "minReadySeconds");
    let strategy = spec.get("updateStrategy").unwrap_or(&none);
    update_strategy(errors, &SPEC.child("updateStrategy"), strategy);
    errors.field_not_negative(&SPEC, spec, "revisionHistoryLimit");
}

fn update_strategy(errors: &mut Errors, path: &Path<'_>, strategy: &Value) {
    let rolling_path = &path.child("rollingUpdate");
    match text(strategy, "type") {
        "OnDelete" => {}
        "RollingUpdate" => match strategy.get("rollingUpdate") {
            None => errors.required(rolling_path, ""),
            Some(rolling) => rolling_update(errors, rolling_path, rolling),
        },
        _ => {
            let known = ["RollingUpdate", "OnDelete"];
            unsupported_strategy(errors, path, "DaemonSetUpdateStrategy", strategy, &known);
        }
    }
}

fn rolling_update(errors: &mut Errors, path: &Path<'_>, rolling: &Value) {
    let none = Value::Null;
    let [unavailable, surge] = ["maxUnavailable", "maxSurge"].map(|field| rolling.get(field));
    let (unavailable_path, surge_path) = (&path.child("maxUnavailable"), &path.child("maxSurge"));
    int_or_percent(errors, unavailable_path, unavailable.unwrap_or(&none));
    int_or_percent(errors, surge_path, surge.unwrap_or(&none));
    at_most_100_percent(errors, unavailable_path, unavailable.unwrap_or(&none));
    at_most_100_percent(errors, surge_path, surge.unwrap_or(&none));
    match (is_something(unavailable), is_something(surge)) {
        (true, true) => {
            let shown = surge.cloned().unwrap_or_default();
            errors.invalid(surge_path, shown, "may not be set when maxUnavailable is non-zero");
        }
        (false, false) => errors.required(unavailable_path, "cannot be 0 when maxSurge is 0"),
        _ => {}
    }
}

/// Checks the counts in the status.
pub(crate) fn status(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let status = object.get("status").unwrap_or(&none);
    for field in [
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
        "collisionCount",
    ] {
        errors.field_not_negative(&Path::root("status"), status, field);
    }
}
