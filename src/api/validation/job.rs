//! Jobs. Follows `ValidateJob`, `ValidateJobSpecUpdate` and `ValidateJobStatusUpdate` in `pkg/apis/batch/validation`.

use std::collections::BTreeSet;

use super::errors::{Errors, Path, text};
use super::internal;
use super::job_policies;
use super::pod_spec;
use super::selectors;
use crate::api::labels::{Labels, Selector};
use crate::api::names;
use crate::api::value::Value;

const SPEC: Path<'static> = Path::root("spec");

/// An Indexed Job may run this many pods at a time, and have this many indexes fail.
const INDEXED_LIMIT: i64 = 100_000;
/// Above this many completions, an Indexed Job with a back-off limit per index has the narrower limits below.
const MANY_COMPLETIONS: i64 = 100_000;
const LIMIT_FOR_MANY: i64 = 10_000;

/// Checks a Job, but for its metadata.
pub(crate) fn job(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let (metadata, spec) =
        (object.get("metadata").unwrap_or(&none), object.get("spec").unwrap_or(&none));
    generated_selector(errors, metadata, spec);
    job_spec(errors, &SPEC, spec);
    let path = &SPEC.child("selector");
    let selector = spec.get("selector");
    match selector {
        None => errors.required(path, ""),
        Some(_) => selectors::label_selector(errors, path, selector),
    }
    let template = spec.get("template").unwrap_or(&none);
    if let Ok(picks) = Selector::from_label_selector(selector) {
        super::replicas::matches(errors, &SPEC.child("template"), template, &picks);
    }
    let completions = spec.i64_at("completions").unwrap_or(0);
    if text(spec, "completionMode") == "Indexed" && completions > 0 {
        let name = text(metadata, "name");
        let longest = format!("{name}-{}", completions - 1);
        if !names::dns_label(&longest).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {longest}");
            let path = Path::root("metadata");
            errors.invalid(&path.child("name"), name, &detail);
        }
    }
}

/// Checks that what the server added to selector and template was not there already, and different.
fn generated_selector(errors: &mut Errors, metadata: &Value, spec: &Value) {
    let selector = spec.get("selector");
    if spec.bool_at("manualSelector") == Some(true) || selector.is_none() {
        return;
    }
    let (name, uid) = (text(metadata, "name"), text(metadata, "uid"));
    if uid.is_empty() {
        let path = Path::root("metadata");
        errors.required(&path.child("uid"), "");
    }
    let expected = [
        ("controller-uid", uid),
        ("job-name", name),
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
    ];
    let labels = spec.at(&["template", "metadata", "labels"]);
    let path = SPEC.child("template");
    let path = path.child("metadata");
    let path = path.child("labels");
    for (key, value) in expected {
        let detail = format!("must be '{value}'");
        match Labels::new(labels).get(key) {
            None => errors.required(&path.key(key), &detail),
            Some(label) if label != value => {
                errors.invalid(&path.key(key), labels.cloned().unwrap_or_default(), &detail);
            }
            Some(_) => {}
        }
    }
    let mut generated = Value::empty_object();
    for (key, value) in expected {
        generated.set(key, value);
    }
    if let Ok(picks) = Selector::from_label_selector(selector)
        && !picks.matches(Labels::new(Some(&generated)))
    {
        let shown = internal::label_selector(selector);
        errors.invalid_json(&SPEC.child("selector"), &shown, "`selector` not auto-generated");
    }
}

/// Checks the spec of a Job or of the template for one, but for the selector.
pub(crate) fn job_spec(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    for field in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        errors.field_not_negative(path, spec, field);
    }
    if spec.get("maxFailedIndexes").is_some() && spec.get("backoffLimitPerIndex").is_none() {
        errors.required(&path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(manager) = spec.str_at("managedBy") {
        managed_by(errors, &path.child("managedBy"), manager);
    }
    completion_mode(errors, path, spec);
    if let Some(policy) = spec.get("podFailurePolicy") {
        job_policies::failure(errors, &path.child("podFailurePolicy"), policy, spec);
    }
    if let Some(policy) = spec.get("successPolicy") {
        let path = &path.child("successPolicy");
        if text(spec, "completionMode") == "Indexed" {
            job_policies::success(errors, path, policy, spec);
        } else {
            let shown = internal::of_type("SuccessPolicy", Some(policy));
            errors.invalid_json(path, &shown, "requires indexed completion mode");
        }
    }
    replacement_policy(errors, &path.child("podReplacementPolicy"), spec);
    let none = Value::Null;
    let template = spec.get("template").unwrap_or(&none);
    let path = &path.child("template");
    pod_spec::template(errors, path, template);
    let failure_policy = spec.get("podFailurePolicy").is_some();
    let path = &path.child("spec");
    let path = &path.child("restartPolicy");
    match template.at(&["spec", "restartPolicy"]).and_then(Value::as_str).unwrap_or_default() {
        "" | "Always" => errors.required(path, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if failure_policy => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            errors.invalid(path, "OnFailure", detail);
        }
        "OnFailure" | "Never" => {}
        other => errors.not_supported(path, other, &["OnFailure", "Never"]),
    }
}

/// Checks the name of who runs the Job: `acme.io/foo`.
fn managed_by(errors: &mut Errors, path: &Path<'_>, manager: &str) {
    match manager.split_once('/') {
        _ if manager.is_empty() => errors.required(path, ""),
        Some((host, rest)) if !host.is_empty() && !rest.is_empty() => {
            errors.each_invalid(path, host, &names::dns_subdomain(host));
            let fine =
                |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
            if !rest.bytes().all(fine) {
                let expression = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+";
                let detail = names::expression_error("Invalid path", expression, &[]);
                errors.invalid(path, rest, &detail);
            }
        }
        _ => {
            let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            errors.invalid(path, manager, detail);
        }
    }
    if manager.len() > 63 {
        errors.too_long(path, 63);
    }
}

fn completion_mode(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    let mode = spec.str_at("completionMode");
    let failed_path = &path.child("maxFailedIndexes");
    let [parallelism, completions, per_index, max_failed] =
        ["parallelism", "completions", "backoffLimitPerIndex", "maxFailedIndexes"]
            .map(|field| spec.i64_at(field));
    if let Some(word) = mode.filter(|word| !["NonIndexed", "Indexed"].contains(word)) {
        errors.not_supported(&path.child("completionMode"), word, &["NonIndexed", "Indexed"]);
    }
    if mode == Some("Indexed") {
        if completions.is_none() {
            errors.required(&path.child("completions"), "when completion mode is Indexed");
        }
        if let Some(number) = parallelism.filter(|number| *number > INDEXED_LIMIT) {
            let detail = format!(
                "must be less than or equal to {INDEXED_LIMIT} when completion mode is Indexed"
            );
            errors.invalid(&path.child("parallelism"), number, &detail);
        }
        if let Some(number) =
            max_failed.filter(|number| completions.is_some_and(|all| *number > all))
        {
            errors.invalid(failed_path, number, "must be less than or equal to completions");
        }
        if let Some(number) = max_failed.filter(|number| *number > INDEXED_LIMIT) {
            let detail = format!("must be less than or equal to {INDEXED_LIMIT}");
            errors.invalid(failed_path, number, &detail);
        }
        let many = completions.is_some_and(|all| all > MANY_COMPLETIONS);
        if many && per_index.is_some() {
            many_completions(errors, path, parallelism, max_failed);
        }
    }
    if matches!(mode, None | Some("NonIndexed")) {
        for (field, number) in
            [("backoffLimitPerIndex", per_index), ("maxFailedIndexes", max_failed)]
        {
            if let Some(number) = number {
                errors.invalid(&path.child(field), number, "requires indexed completion mode");
            }
        }
    }
}

fn many_completions(
    errors: &mut Errors,
    path: &Path<'_>,
    parallelism: Option<i64>,
    max_failed: Option<i64>,
) {
    if max_failed.is_none() {
        let detail = format!("must be specified when completions is above {MANY_COMPLETIONS}");
        errors.required(&path.child("maxFailedIndexes"), &detail);
    }
    for (field, number) in [("parallelism", parallelism), ("maxFailedIndexes", max_failed)] {
        if let Some(number) = number.filter(|number| *number > LIMIT_FOR_MANY) {
            let detail = format!(
                "must be less than or equal to {LIMIT_FOR_MANY} when completions are above {MANY_COMPLETIONS} and used with backoff limit per index"
            );
            errors.invalid(&path.child(field), number, &detail);
        }
    }
}

fn replacement_policy(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    let Some(policy) = spec.str_at("podReplacementPolicy") else { return };
    let known: &[&str] = match spec.get("podFailurePolicy") {
        Some(_) => &["Failed"],
        None => &["Failed", "TerminatingOrFailed"],
    };
    if !known.contains(&policy) {
        errors.not_supported(path, policy, known);
    }
}

/// Checks what may change in a Job. The old object is as it was stored, with its status.
pub(crate) fn update(errors: &mut Errors, new: &Value, old: &Value) {
    let none = Value::Null;
    let (spec, before) = (new.get("spec").unwrap_or(&none), old.get("spec").unwrap_or(&none));
    completions(errors, &SPEC.child("completions"), spec, before);
    selectors::immutable(errors, new, old);
    template(errors, spec, old);
    let shown = |errors: &mut Errors, field: &str, type_name: &str| {
        if spec.get(field) != before.get(field) {
            let shown = internal::of_type(type_name, spec.get(field));
            errors.invalid_json(&SPEC.child(field), &shown, "field is immutable");
        }
    };
    let plain = |errors: &mut Errors, field: &str| {
        errors.immutable(&SPEC.child(field), spec.get(field), before.get(field));
    };
    plain(errors, "completionMode");
    shown(errors, "podFailurePolicy", "PodFailurePolicy");
    plain(errors, "backoffLimitPerIndex");
    plain(errors, "managedBy");
    shown(errors, "successPolicy", "SuccessPolicy");
}

fn completions(errors: &mut Errors, path: &Path<'_>, spec: &Value, old: &Value) {
    let (new, old) = (spec.get("completions"), old.get("completions"));
    if text(spec, "completionMode") != "Indexed" {
        return errors.immutable(path, new, old);
    }
    if let Some(completions) = new
        && Some(completions) != old
        && Some(completions) != spec.get("parallelism")
    {
        let detail = "can only be modified in tandem with spec.parallelism";
        errors.invalid(path, completions.clone(), detail);
    }
}

/// The template is fixed; while the Job is suspended and nothing runs, a few parts of it may change.
fn template(errors: &mut Errors, spec: &Value, old: &Value) {
    let none = Value::Null;
    let old_spec = old.get("spec").unwrap_or(&none);
    let status = old.get("status").unwrap_or(&none);
    let new = spec.get("template").unwrap_or(&none);
    let mut before = old_spec.get("template").cloned().unwrap_or_default();
    let suspended = old_spec.bool_at("suspend") == Some(true);
    let condition = |one: &Value| text(one, "type") == "Suspended" && text(one, "status") == "True";
    let at_rest = status.i64_at("active").unwrap_or(0) == 0
        && (status.get("startTime").is_none()
            || status.items_at("conditions").iter().any(condition));
    let path = &SPEC.child("template");
    if suspended && at_rest {
        allow_placement(&mut before, new);
        allow_resources(&mut before, new);
        let (new, before) = (new.get("spec"), before.get("spec"));
        if new != before {
            let shown = internal::pod_spec(new.unwrap_or(&none));
            errors.invalid_json(&path.child("spec"), &shown, "field is immutable");
        }
    } else if *new != before {
        errors.invalid_json(path, &internal::pod_template(new), "field is immutable");
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

/// Takes over what says where the pods go.
fn allow_placement(old: &mut Value, new: &Value) {
    let none = Value::Null;
    let new_spec = new.get("spec").unwrap_or(&none);
    let spec = old.child("spec");
    for field in ["nodeSelector", "tolerations", "schedulingGates"] {
        copy(spec, new_spec, field);
    }
    match (new_spec.get("affinity"), spec.get("affinity").is_some()) {
        (None, true) => {
            let affinity = spec.child("affinity");
            affinity.remove("nodeAffinity");
            if affinity.entries().next().is_none() {
                spec.remove("affinity");
            }
        }
        (Some(affinity), _) => {
            copy(spec.child("affinity"), affinity, "nodeAffinity");
        }
        (None, false) => {}
    }
    let new_metadata = new.get("metadata").unwrap_or(&none);
    let metadata = old.child("metadata");
    copy(metadata, new_metadata, "annotations");
    copy(metadata, new_metadata, "labels");
}

/// Takes over the resources of containers of the same name in the same place.
fn allow_resources(old: &mut Value, new: &Value) {
    for list in ["containers", "initContainers"] {
        let containers = new.at(&["spec", list]).map_or(&[][..], Value::items);
        let spec = old.child("spec");
        if spec.items_at(list).is_empty() || spec.items_at(list).len() != containers.len() {
            continue;
        }
        for (before, after) in spec.child(list).make_items().iter_mut().zip(containers) {
            if text(before, "name") == text(after, "name") {
                copy(before, after, "resources");
            }
        }
    }
}

/// Checks a written status: no counts below zero, none that shrink, no end that is taken back.
pub(crate) fn status_update(errors: &mut Errors, new: &Value, old: &Value) {
    let none = Value::Null;
    let path = &Path::root("status");
    let (status, before) = (new.get("status").unwrap_or(&none), old.get("status").unwrap_or(&none));
    for field in ["active", "succeeded", "failed", "ready", "terminating"] {
        errors.field_not_negative(path, status, field);
    }
    let mut seen = BTreeSet::new();
    for list in ["succeeded", "failed"] {
        let uncounted = status.at(&["uncountedTerminatedPods", list]);
        let path = path.child("uncountedTerminatedPods");
        let path = path.child(list);
        for (index, uid) in uncounted.map_or(&[][..], Value::items).iter().enumerate() {
            let uid = uid.as_str().unwrap_or_default();
            if !seen.insert(uid) {
                errors.duplicate(&path.index(index), uid);
            }
        }
    }
    let holds = |status: &Value, kind: &str| {
        let fits = |one: &Value| text(one, "type") == kind && text(one, "status") == "True";
        status.items_at("conditions").iter().any(fits)
    };
    let refuse = |errors: &mut Errors, detail: &str| {
        let text = format!("Invalid value: {detail}");
        let kind = crate::api::FieldErrorKind::Invalid;
        errors.push(crate::api::FieldError::verbatim(kind, &path.child("conditions"), text));
    };
    let is = |kind: &str| holds(status, kind);
    if is("Complete") && is("Failed") {
        refuse(errors, "cannot set Complete=True and Failed=true conditions");
    }
    if is("SuccessCriteriaMet") && is("Failed") {
        refuse(errors, "cannot set SuccessCriteriaMet=True and Failed=true conditions");
    }
    for kind in ["Failed", "Complete", "FailureTarget"] {
        if holds(before, kind) && !is(kind) {
            refuse(errors, &format!("cannot disable the terminal {kind}=True condition"));
        }
    }
    for field in ["failed", "succeeded"] {
        let (now, then) = (status.i64_at(field).unwrap_or(0), before.i64_at(field).unwrap_or(0));
        if now < then {
            let detail = format!("cannot decrease the {field} counter");
            errors.invalid(&path.child(field), now, &detail);
        }
    }
}
