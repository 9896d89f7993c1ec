//! Pods. Follows `ValidatePodCreate` and `ValidatePodUpdate` in `pkg/apis/core/validation`.

use super::container::image_without_blanks;
use super::difference;
use super::errors::{Errors, Path, text};
use super::internal;
use super::placement;
use super::pod_spec;
use crate::api::labels::Labels;
use crate::api::names;
use crate::api::value::Value;

const SPEC: Path<'static> = Path::root("spec");

/// Checks a new pod, but for its metadata.
pub(crate) fn create(errors: &mut Errors, pod: &Value) {
    whole(errors, pod);
    let none = Value::Null;
    let spec = pod.get("spec").unwrap_or(&none);
    if !spec.items_at("ephemeralContainers").is_empty() {
        errors.forbidden(&SPEC.child("ephemeralContainers"), "cannot be set on create");
    }
    if !text(spec, "nodeName").is_empty() && !spec.items_at("schedulingGates").is_empty() {
        let detail = "cannot be set until all schedulingGates have been cleared";
        errors.forbidden(&SPEC.child("nodeName"), detail);
    }
}

/// Checks annotations and spec.
fn whole(errors: &mut Errors, pod: &Value) {
    let none = Value::Null;
    let (metadata, spec) = (pod.get("metadata").unwrap_or(&none), pod.get("spec").unwrap_or(&none));
    let path = Path::root("metadata");
    let annotations = metadata.get("annotations");
    pod_spec::annotations(errors, &path.child("annotations"), annotations, spec);
    pod_spec::pod_spec(errors, &SPEC, spec, text(metadata, "name"), true);
    if text(spec, "serviceAccountName").is_empty() {
        let volumes = SPEC.child("volumes");
        for (index, volume) in spec.items_at("volumes").iter().enumerate() {
            let sources = volume.at(&["projected", "sources"]).map_or(&[][..], Value::items);
            let path = volumes.index(index);
            let path = path.child("projected");
            let path = path.child("sources");
            for (index, source) in sources.iter().enumerate() {
                if source.get("serviceAccountToken").is_some() {
                    let path = path.index(index);
                    let detail = "must not be specified when serviceAccountName is not set";
                    errors.forbidden(&path.child("serviceAccountToken"), detail);
                }
            }
        }
    }
    for list in ["containers", "initContainers"] {
        let path = SPEC.child(list);
        for (index, container) in spec.items_at(list).iter().enumerate() {
            image_without_blanks(errors, &path.index(index), container);
        }
    }
}

/// Checks a changed pod, but for its metadata. Only a few fields of a pod may change.
pub(crate) fn update(errors: &mut Errors, new: &Value, old: &Value) {
    whole(errors, new);
    mirror_annotation(errors, new, old);
    let none = Value::Null;
    let new = new.get("spec").unwrap_or(&none);
    let old = old.get("spec").unwrap_or(&none);
    for list in ["containers", "initContainers"] {
        let path = &SPEC.child(list);
        if new.items_at(list).len() != old.items_at(list).len() {
            return errors.forbidden(path, "pod updates may not add or remove containers");
        }
        for (index, container) in new.items_at(list).iter().enumerate() {
            let path = &path.index(index);
            if text(container, "image").is_empty() {
                errors.required(&path.child("image"), "");
            }
            image_without_blanks(errors, path, container);
        }
    }
    if !deadline(errors, new, old) {
        return;
    }
    tolerations(errors, new, old);
    gates(errors, new, old);
    if new == old {
        return;
    }
    let mut allowed = new.clone();
    take_back(&mut allowed, old);
    if !old.items_at("schedulingGates").is_empty() {
        gated(errors, &mut allowed, old);
    }
    if allowed != *old {
        let fields = [
            "`spec.containers[*].image`",
            "`spec.initContainers[*].image`",
            "`spec.activeDeadlineSeconds`",
            "`spec.tolerations` (only additions to existing tolerations)",
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        ];
        let difference =
            difference::unified(&internal::pod_spec(old), &internal::pod_spec(&allowed));
        let detail = format!(
            "pod updates may not change fields other than {}\n{difference}",
            fields.join(",")
        );
        errors.forbidden(&SPEC, &detail);
    }
}

fn mirror_annotation(errors: &mut Errors, new: &Value, old: &Value) {
    const MIRROR: &str = "kubernetes.io/config.mirror";
    let (new, old) = (Labels::of_annotations(new), Labels::of_annotations(old));
    let path = Path::root("metadata");
    let path = &path.child("annotations");
    match (old.get(MIRROR), new.get(MIRROR)) {
        (None, Some(_)) => errors.forbidden(&path.key(MIRROR), "may not add mirror pod annotation"),
        (Some(before), after) if after != Some(before) => {
            errors.forbidden(&path.key(MIRROR), "may not remove or update mirror pod annotation");
        }
        _ => {}
    }
}

/// A deadline may be set, or become shorter. Says whether to go on.
fn deadline(errors: &mut Errors, new: &Value, old: &Value) -> bool {
    let path = &SPEC.child("activeDeadlineSeconds");
    let (new, old) = (new.i64_at("activeDeadlineSeconds"), old.i64_at("activeDeadlineSeconds"));
    match (new, old) {
        (Some(seconds), _) if !(0..=i64::from(i32::MAX)).contains(&seconds) => {
            errors.invalid(path, seconds, &names::range_error(0, i64::from(i32::MAX)));
            false
        }
        (Some(seconds), Some(before)) if before < seconds => {
            errors.invalid(path, seconds, "must be less than or equal to previous value");
            false
        }
        (None, Some(_)) => {
            let detail = "must not update from a positive integer to nil value";
            errors.invalid(path, Value::Null, detail);
            true
        }
        _ => true,
    }
}

/// Tolerations may be added; of the others only the seconds may change.
fn tolerations(errors: &mut Errors, new: &Value, old: &Value) {
    let path = &SPEC.child("tolerations");
    let without_seconds = |toleration: &Value| {
        let mut copy = toleration.clone();
        copy.remove("tolerationSeconds");
        copy
    };
    let after: Vec<Value> = new.items_at("tolerations").iter().map(without_seconds).collect();
    let kept = |before: &Value| after.contains(&without_seconds(before));
    if old.items_at("tolerations").iter().all(kept) {
        placement::tolerations(errors, path, new.items_at("tolerations"));
    } else {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden(path, detail);
    }
}

/// Gates may only be taken away.
fn gates(errors: &mut Errors, new: &Value, old: &Value) {
    let path = SPEC.child("schedulingGates");
    for (index, gate) in new.items_at("schedulingGates").iter().enumerate() {
        if !old.items_at("schedulingGates").contains(gate) {
            let detail = format!(
                "only deletion is allowed, but found new scheduling gate '{}'",
                text(gate, "name")
            );
            errors.forbidden(&path.index(index).child("name"), &detail);
        }
    }
}

/// Takes the changes back that are allowed; what differs then is not.
fn take_back(allowed: &mut Value, old: &Value) {
    for list in ["containers", "initContainers"] {
        if allowed.items_at(list).is_empty() {
            continue;
        }
        let containers = allowed.child(list).make_items();
        for (container, before) in containers.iter_mut().zip(old.items_at(list)) {
            copy(container, before, "image");
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        copy(allowed, old, field);
    }
    let grace = "terminationGracePeriodSeconds";
    if old.i64_at(grace).is_some_and(|seconds| seconds < 0) && allowed.i64_at(grace) == Some(1) {
        copy(allowed, old, grace);
    }
}

fn copy(object: &mut Value, from: &Value, field: &str) {
    match from.get(field) {
        Some(value) => object.set(field, value.clone()),
        None => {
            object.remove(field);
        }
    }
}

/// While gates hold a pod back, its node selector and node affinity may become narrower.
fn gated(errors: &mut Errors, allowed: &mut Value, old: &Value) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    let before = Labels::new(old.get("nodeSelector"));
    let after = allowed.get("nodeSelector").cloned();
    let labels = Labels::new(after.as_ref());
    if before.iter().any(|(key, value)| labels.get(key) != Some(value)) {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        let shown = after.clone().unwrap_or_default();
        errors.invalid(&SPEC.child("nodeSelector"), shown, detail);
    }
    copy(allowed, old, "nodeSelector");
    let at = ["affinity", "nodeAffinity"];
    let (new_affinity, old_affinity) = (allowed.at(&at).cloned(), old.at(&at).cloned());
    if new_affinity == old_affinity {
        return;
    }
    let terms = |affinity: &Option<Value>| -> Vec<Value> {
        let required = affinity.as_ref().and_then(|affinity| affinity.get(REQUIRED));
        required.map_or_else(Vec::new, |required| required.items_at("nodeSelectorTerms").to_vec())
    };
    let (new_terms, old_terms) = (terms(&new_affinity), terms(&old_affinity));
    let path = SPEC.child("affinity");
    let path = path.child("nodeAffinity");
    let path = path.child(REQUIRED);
    let path = path.child("nodeSelectorTerms");
    if !old_terms.is_empty() && old_terms.len() != new_terms.len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        errors.invalid_json(&path, &internal::list("NodeSelectorTerm", &new_terms), detail);
    } else {
        for (index, (new, old)) in new_terms.iter().zip(&old_terms).enumerate() {
            let grown = |list: &str| new.items_at(list).starts_with(old.items_at(list));
            let was_empty = old.entries().next().is_none();
            if !grown("matchExpressions")
                || !grown("matchFields")
                || (was_empty && new.entries().next().is_some())
            {
                let shown = internal::of_type("NodeSelectorTerm", Some(new));
                let detail = "only additions are allowed (no mutations or deletions)";
                errors.invalid_json(&path.index(index), &shown, detail);
            }
        }
    }
    match old_affinity {
        Some(affinity) => allowed.child("affinity").set("nodeAffinity", affinity),
        None => {
            allowed.child("affinity").remove("nodeAffinity");
        }
    }
    let empty = allowed.get("affinity").is_some_and(|affinity| affinity.entries().next().is_none());
    if empty && old.get("affinity").is_none() {
        allowed.remove("affinity");
    }
}
