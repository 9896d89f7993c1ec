//! Deployments. Follows `ValidateDeploymentSpec` in `pkg/apis/apps/validation`.

use super::errors::{Errors, Path, text};
use super::internal;
use super::numbers::{at_most_100_percent, int_or_percent, is_something};
use super::replicas::selector_and_template;
use crate::api::error::{FieldError, FieldErrorKind};
use crate::api::value::Value;

const SPEC: Path<'static> = Path::root("spec");

/// Checks the spec of a Deployment.
pub(crate) fn deployment(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    errors.field_not_negative(&SPEC, spec, "replicas");
    selector_and_template(errors, spec);
    strategy(errors, &SPEC.child("strategy"), spec.get("strategy").unwrap_or(&none));
    errors.field_not_negative(&SPEC, spec, "minReadySeconds");
    errors.field_not_negative(&SPEC, spec, "revisionHistoryLimit");
    errors.field_not_negative(&SPEC, spec, "progressDeadlineSeconds");
    if let Some(deadline) = spec.i64_at("progressDeadlineSeconds")
        && deadline <= spec.i64_at("minReadySeconds").unwrap_or(0)
    {
        let path = &SPEC.child("progressDeadlineSeconds");
        errors.invalid(path, deadline, "must be greater than minReadySeconds");
    }
}

fn strategy(errors: &mut Errors, path: &Path<'_>, strategy: &Value) {
    let rolling_path = &path.child("rollingUpdate");
    let rolling = strategy.get("rollingUpdate");
    match (text(strategy, "type"), rolling) {
        ("Recreate", Some(_)) => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            errors.forbidden(rolling_path, detail);
        }
        ("Recreate", None) => {}
        ("RollingUpdate", None) => {
            errors.required(rolling_path, "this should be defaulted and never be nil");
        }
        ("RollingUpdate", Some(rolling)) => rolling_update(errors, rolling_path, rolling),
        _ => {
            let known = ["Recreate", "RollingUpdate"];
            unsupported_strategy(errors, path, "DeploymentStrategy", strategy, &known);
        }
    }
}

/// A strategy of an unknown type, shown whole.
pub(crate) fn unsupported_strategy(
    errors: &mut Errors,
    path: &Path<'_>,
    type_name: &str,
    strategy: &Value,
    known: &[&str],
) {
    let shown = internal::of_type(type_name, Some(strategy));
    let known: Vec<String> = known.iter().map(|word| format!("\"{word}\"")).collect();
    let text = format!("Unsupported value: {shown}: supported values: {}", known.join(", "));
    errors.push(FieldError::verbatim(FieldErrorKind::NotSupported, path, text));
}

fn rolling_update(errors: &mut Errors, path: &Path<'_>, rolling: &Value) {
    let none = Value::Null;
    let [unavailable, surge] = ["maxUnavailable", "maxSurge"].map(|field| rolling.get(field));
    let unavailable_path = &path.child("maxUnavailable");
    int_or_percent(errors, unavailable_path, unavailable.unwrap_or(&none));
    int_or_percent(errors, &path.child("maxSurge"), surge.unwrap_or(&none));
    if !is_something(unavailable) && !is_something(surge) {
        let shown = unavailable.cloned().unwrap_or(Value::Int(0));
        errors.invalid(unavailable_path, shown, "may not be 0 when `maxSurge` is 0");
    }
    at_most_100_percent(errors, unavailable_path, unavailable.unwrap_or(&none));
}
