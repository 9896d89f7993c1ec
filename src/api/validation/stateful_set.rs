//! StatefulSets: kept, not run, but refused like any other. Follows `ValidateStatefulSetSpec` in
//! `pkg/apis/apps/validation`.

use super::errors::{Errors, Path, text};
use super::internal;
use super::numbers::{at_most_100_percent, int_or_percent, is_something};
use super::pod_spec;
use super::replicas::{matches, restarts_always};
use super::selectors;
use crate::api::labels::Selector;
use crate::api::names;
use crate::api::value::Value;

const SPEC: Path<'static> = Path::root("spec");

/// Checks the spec of a StatefulSet.
pub(crate) fn stateful_set(errors: &mut Errors, object: &Value, is_update: bool) {
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    let policy = text(spec, "podManagementPolicy");
    if !["OrderedReady", "Parallel"].contains(&policy) {
        let path = &SPEC.child("podManagementPolicy");
        errors.invalid(path, policy, "must be 'OrderedReady' or 'Parallel'");
    }
    update_strategy(errors, &SPEC.child("updateStrategy"), spec);
    errors.field_not_negative(&SPEC, spec, "replicas");
    errors.field_not_negative(&SPEC, spec, "minReadySeconds");
    if let Some(ordinals) = spec.get("ordinals") {
        errors.not_negative(&SPEC.child("ordinals.start"), ordinals.i64_at("start").unwrap_or(0));
    }
    let service = text(spec, "serviceName");
    if !is_update && !service.is_empty() {
        let messages = names::dns_label(service);
        errors.each_invalid(&SPEC.child("serviceName"), service, &messages);
    }
    let path = &SPEC.child("selector");
    let selector = spec.get("selector");
    match selector {
        None => errors.required(path, ""),
        Some(selector) => {
            selectors::label_selector(errors, path, Some(selector));
            if selectors::is_empty(selector) {
                errors.invalid(path, selector.clone(), "empty selector is invalid for statefulset");
            }
        }
    }
    let template_path = &SPEC.child("template");
    let template = with_claims(spec);
    match Selector::from_label_selector(selector) {
        Err(_) => errors.invalid(path, selector.cloned().unwrap_or_default(), ""),
        Ok(picks) => {
            if !picks.is_empty() {
                matches(errors, template_path, &template, &picks);
            }
            pod_spec::template(errors, template_path, &template);
        }
    }
    restarts_always(errors, template_path, &template, "StatefulSet");
}

/// The template with the volumes that its claims become.
fn with_claims(spec: &Value) -> Value {
    let mut template = spec.get("template").cloned().unwrap_or_default();
    let claims = spec.items_at("volumeClaimTemplates").iter();
    let claims: Vec<&str> = claims
        .filter_map(|claim| claim.at(&["metadata", "name"]).and_then(Value::as_str))
        .collect();
    let pod = template.child("spec");
    pod.remove("subdomain");
    pod.remove("hostname");
    if !claims.is_empty() {
        let volumes = pod.child("volumes").make_items();
        volumes.retain(|volume| !claims.contains(&text(volume, "name")));
        volumes.extend(claims.iter().map(|name| {
            let claim = crate::object! { "claimName" => *name };
            crate::object! { "name" => *name, "persistentVolumeClaim" => claim }
        }));
    }
    template
}

fn update_strategy(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    let none = Value::Null;
    let strategy = spec.get("updateStrategy").unwrap_or(&none);
    let rolling_path = &path.child("rollingUpdate");
    match (text(strategy, "type"), strategy.get("rollingUpdate")) {
        ("", _) => errors.required(path, ""),
        ("OnDelete", Some(rolling)) => {
            let shown = internal::of_type("RollingUpdateStatefulSetStrategy", Some(rolling));
            let detail = "only allowed for updateStrategy 'RollingUpdate'";
            errors.invalid_json(rolling_path, &shown, detail);
        }
        ("OnDelete" | "RollingUpdate", None) => {}
        ("RollingUpdate", Some(rolling)) => {
            errors.field_not_negative(rolling_path, rolling, "partition");
            if let Some(unavailable) = rolling.get("maxUnavailable") {
                let path = &rolling_path.child("maxUnavailable");
                int_or_percent(errors, path, unavailable);
                if !is_something(Some(unavailable)) {
                    errors.invalid(path, unavailable.clone(), "cannot be 0");
                }
                at_most_100_percent(errors, path, unavailable);
            }
        }
        _ => {
            let shown = internal::of_type("StatefulSetUpdateStrategy", Some(strategy));
            errors.invalid_json(path, &shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// Checks what may change.
pub(crate) fn update(errors: &mut Errors, new: &Value, old: &Value) {
    const MAY_CHANGE: [&str; 7] = [
        "replicas",
        "template",
        "updateStrategy",
        "minReadySeconds",
        "ordinals",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
    ];
    let rest = |object: &Value| {
        let mut spec = object.get("spec").cloned().unwrap_or_default();
        for field in MAY_CHANGE {
            spec.remove(field);
        }
        spec
    };
    if rest(new) != rest(old) {
        let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        errors.forbidden(&SPEC, detail);
    }
}
