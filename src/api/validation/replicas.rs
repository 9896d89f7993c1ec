//! ReplicationControllers and ReplicaSets, and what Deployments share with them. Follows
//! `ValidateReplicationControllerSpec` in `pkg/apis/core/validation` and `ValidateReplicaSetSpec` in
//! `pkg/apis/apps/validation`.

use super::errors::{Errors, Path, text};
use super::internal;
use super::pod_spec;
use super::selectors;
use crate::api::kind::Kind;
use crate::api::labels::{Labels, Selector};
use crate::api::value::Value;

const SPEC: Path<'static> = Path::root("spec");

/// The words for a template that its own selector would not pick.
pub(crate) const MISMATCH: &str = "`selector` does not match template `labels`";

/// Checks the spec of a ReplicationController.
pub(crate) fn replication_controller(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    errors.field_not_negative(&SPEC, spec, "minReadySeconds");
    let selector = Selector::from_map(spec.get("selector"));
    if selector.is_empty() {
        errors.required(&SPEC.child("selector"), "");
    }
    match spec.i64_at("replicas") {
        None => errors.required(&SPEC.child("replicas"), ""),
        Some(replicas) => errors.not_negative(&SPEC.child("replicas"), replicas),
    }
    let path = &SPEC.child("template");
    match spec.get("template") {
        None => errors.required(path, ""),
        Some(template) => {
            always_running(errors, path, template, &selector, "ReplicationController");
        }
    }
}

/// Checks the spec of a ReplicaSet.
pub(crate) fn replica_set(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    errors.field_not_negative(&SPEC, spec, "replicas");
    errors.field_not_negative(&SPEC, spec, "minReadySeconds");
    selector_and_template(errors, spec);
}

/// Checks selector and template of a ReplicaSet or Deployment.
pub(crate) fn selector_and_template(errors: &mut Errors, spec: &Value) {
    let path = &SPEC.child("selector");
    let selector = spec.get("selector");
    match selector {
        None => errors.required(path, ""),
        Some(selector) => {
            selectors::label_selector(errors, path, Some(selector));
            if selectors::is_empty(selector) {
                // The word is "deployment" for ReplicaSets too.
                errors.invalid(path, selector.clone(), "empty selector is invalid for deployment");
            }
        }
    }
    match Selector::from_label_selector(selector) {
        Err(_) => {
            let shown = internal::label_selector(selector);
            errors.invalid_json(path, &shown, "invalid label selector");
        }
        Ok(picks) => {
            let none = Value::Null;
            let template = spec.get("template").unwrap_or(&none);
            always_running(errors, &SPEC.child("template"), template, &picks, "ReplicaSet");
        }
    }
}

/// Checks the template of pods that always run, and that the selector picks them.
fn always_running(
    errors: &mut Errors,
    path: &Path<'_>,
    template: &Value,
    selector: &Selector,
    kind: &str,
) {
    if !selector.is_empty() {
        matches(errors, path, template, selector);
    }
    pod_spec::template(errors, path, template);
    restarts_always(errors, path, template, kind);
}

/// Checks that a selector picks the pods of a template.
pub(crate) fn matches(errors: &mut Errors, path: &Path<'_>, template: &Value, selector: &Selector) {
    if !selector.matches(Labels::of(template)) {
        let labels = template.at(&["metadata", "labels"]).cloned().unwrap_or_default();
        let path = path.child("metadata");
        errors.invalid(&path.child("labels"), labels, MISMATCH);
    }
}

/// Checks that the pods of a template restart always and have no deadline.
pub(crate) fn restarts_always(errors: &mut Errors, path: &Path<'_>, template: &Value, kind: &str) {
    let none = Value::Null;
    let spec = template.get("spec").unwrap_or(&none);
    let path = path.child("spec");
    let policy = text(spec, "restartPolicy");
    if policy != "Always" {
        errors.not_supported(&path.child("restartPolicy"), policy, &["Always"]);
    }
    if spec.get("activeDeadlineSeconds").is_some() {
        let detail = format!("activeDeadlineSeconds in {kind} is not Supported");
        errors.forbidden(&path.child("activeDeadlineSeconds"), &detail);
    }
}

/// Checks the counts in the status of a ReplicationController, ReplicaSet or Deployment.
pub(crate) fn status(errors: &mut Errors, kind: Kind, object: &Value) {
    let none = Value::Null;
    let status = object.get("status").unwrap_or(&none);
    let path = &Path::root("status");
    let fields: &[&str] = match kind {
        Kind::Deployment => &[
            "observedGeneration",
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "terminatingReplicas",
            "collisionCount",
        ],
        _ => &[
            "replicas",
            "fullyLabeledReplicas",
            "readyReplicas",
            "availableReplicas",
            "observedGeneration",
            "terminatingReplicas",
        ],
    };
    for field in fields {
        errors.field_not_negative(path, status, field);
    }
    let count = |field: &str| status.i64_at(field).unwrap_or(0);
    let first = if kind == Kind::Deployment { "updatedReplicas" } else { "fullyLabeledReplicas" };
    for field in [first, "readyReplicas", "availableReplicas"] {
        if count(field) > count("replicas") {
            let detail = "cannot be greater than status.replicas";
            errors.invalid(&path.child(field), count(field), detail);
        }
    }
    if count("availableReplicas") > count("readyReplicas") {
        let detail = "cannot be greater than readyReplicas";
        errors.invalid(&path.child("availableReplicas"), count("availableReplicas"), detail);
    }
}
