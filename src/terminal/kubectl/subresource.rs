//! `--subresource`: the scale of what has replicas, and the status of an object.

use super::output::{Form, list};
use super::problem::Failure;
use super::resources::Found;
use super::tabwriter::Columns;
use super::{After, Context, DONE, Dry};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::patch::{json_patch, merge_patch};
use crate::apiserver::table::age;

/// What `--subresource` may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subresource {
    Status,
    Scale,
}

/// What is asked for; `None` for the object itself.
///
/// # Errors
/// The server's words about what is none.
pub(super) fn asked(context: &Context<'_>) -> Result<Option<Subresource>, Failure> {
    match context.flags.text("subresource") {
        "" => Ok(None),
        "status" => Ok(Some(Subresource::Status)),
        "scale" => Ok(Some(Subresource::Scale)),
        _ => Err(not_there()),
    }
}

fn not_there() -> Failure {
    ApiError::new(Reason::NotFound, "the server could not find the requested resource").into()
}

/// Kinds that have a scale.
pub(super) const SCALES: [Kind; 4] =
    [Kind::Deployment, Kind::ReplicaSet, Kind::ReplicationController, Kind::StatefulSet];

/// `autoscaling/v1 Scale` of an object. Follows the `ScaleREST` of each kind.
///
/// # Errors
/// The server's words where nothing can be scaled.
pub(super) fn scale(object: &AnyObject) -> Result<Value, Failure> {
    if !SCALES.contains(&object.kind()) {
        return Err(not_there());
    }
    let full = object.to_value();
    let mut meta = Value::empty_object();
    for key in ["creationTimestamp", "name", "namespace", "resourceVersion", "uid"] {
        if let Some(value) = full.at(&["metadata", key]) {
            meta.set(key, value.clone());
        }
    }
    let count =
        |part: &str| full.at(&[part, "replicas"]).and_then(Value::as_i64).unwrap_or_default();
    let selector = match object {
        AnyObject::Deployment(one) => one.spec.selector.to_string(),
        AnyObject::ReplicaSet(one) => one.spec.selector.to_string(),
        AnyObject::ReplicationController(one) => one.spec.selector.to_string(),
        _ => String::new(),
    };
    let mut status = crate::object! { "replicas" => count("status") };
    if !selector.is_empty() {
        status.set("selector", selector);
    }
    Ok(crate::object! {
        "apiVersion" => "autoscaling/v1",
        "kind" => "Scale",
        "metadata" => meta,
        "spec" => crate::object! { "replicas" => count("spec") },
        "status" => status,
    })
}

/// The scales of what was found. Their columns are those of `printScale`.
pub(super) fn get(
    context: &mut Context<'_>,
    found: &Found,
    form: &mut Form,
    headers: bool,
) -> Result<After, Failure> {
    let scales: Vec<Value> = found.objects.iter().map(scale).collect::<Result<_, _>>()?;
    let text = match (form.is_human(), scales.as_slice()) {
        (true, _) => {
            let now = context.cluster.now();
            let mut rows = String::new();
            if headers && !scales.is_empty() {
                rows.push_str("NAME\tDESIRED\tAVAILABLE\tAGE\n");
            }
            for (object, scale) in found.objects.iter().zip(&scales) {
                let count = |part: &str| {
                    scale.at(&[part, "replicas"]).map(Value::to_json).unwrap_or_default()
                };
                let meta = object.meta();
                let age = age(meta.created, now);
                rows.push_str(&format!(
                    "{}\t{}\t{}\t{age}\n",
                    meta.name,
                    count("spec"),
                    count("status")
                ));
            }
            Columns::of_tables().align(&rows)
        }
        (false, [one]) if found.single => form.print_value(one)?,
        (false, all) => form.print_value(&list(all))?,
    };
    context.out(&text);
    match Failure::all(found.failures.clone()) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// Patches the scale of an object; says so.
pub(super) fn patch(
    context: &mut Context<'_>,
    object: &AnyObject,
    kind: &str,
    patch: &Value,
    form: &mut Form,
) -> Result<(), Failure> {
    let old = scale(object)?;
    let new = match kind {
        "json" => json_patch(&old, patch).map_err(Failure::new)?,
        _ => merge_patch(&old, patch),
    };
    let replicas = new.at(&["spec", "replicas"]);
    let replicas = replicas.map_or(Some(0), Value::as_i64).ok_or_else(|| {
        Failure::from(ApiError::new(
            Reason::BadRequest,
            "Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32",
        ))
    })?;
    let changed = new != old;
    let shown = match context.dry() {
        Dry::Client => new,
        _ => scale(&context.send_scale(object.kind(), &object.key(), replicas)?.object)?,
    };
    let text = match form.is_human() {
        true => {
            let verb = if changed { "patched" } else { "patched (no change)" };
            format!("scale.autoscaling/{} {verb}\n", object.meta().name)
        }
        false => form.print_value(&shown)?,
    };
    context.out(&text);
    Ok(())
}

/// The status of an object is written by the cluster alone here.
pub(super) fn refuse_status() -> Failure {
    Failure::new(
        "in this cluster only its own controllers and kubelets write the status of objects",
    )
}
