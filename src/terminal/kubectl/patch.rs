//! `kubectl patch`. Follows `pkg/cmd/patch`.

use super::create::print;
use super::output;
use super::problem::Failure;
use super::resources::{self, Needs};
use super::{After, Context, DONE, Dry};
use crate::api::error::go_quote;
use crate::api::object::AnyObject;
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::patch::{json_patch, merge_patch, strategic_patch};
use crate::cluster::Patch;
use crate::manifest;

/// A patch as it was typed: JSON, or YAML that becomes JSON.
fn read(text: &str) -> Result<Value, Failure> {
    if let Ok(value) = Value::from_json(text) {
        return Ok(value);
    }
    let looks_like_json = text.trim_start().starts_with(['{', '[']);
    let documents =
        manifest::load("patch", format!("patch: {}", text.replace('\n', "\n  ")).as_bytes());
    let parsed = documents.first().and_then(|document| document.raw.get("patch")).cloned();
    match parsed {
        Some(value) if !looks_like_json || matches!(value, Value::Object(_) | Value::Array(_)) => {
            Ok(value)
        }
        _ => {
            let whole = manifest::load("patch", text.as_bytes());
            match whole.into_iter().next() {
                Some(document) if matches!(document.raw, Value::Object(_) | Value::Array(_)) => {
                    Ok(document.raw)
                }
                Some(document) => {
                    let words = match document.refusal {
                        Some(manifest::Refusal::File(words)) => words
                            .split_once("YAML to JSON: ")
                            .map_or_else(|| words.clone(), |(_, words)| words.to_owned()),
                        _ => "yaml: did not find expected node content".to_owned(),
                    };
                    Err(Failure::new(format!("unable to parse {}: {words}", go_quote(text))))
                }
                None => Ok(Value::Null),
            }
        }
    }
}

/// Runs `patch`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let (inline, file) =
        (context.flags.text("patch").to_owned(), context.flags.text("patch-file").to_owned());
    let text = match (inline.is_empty(), file.is_empty()) {
        (false, false) => {
            return Err(Failure::new("cannot specify --patch and --patch-file together"));
        }
        (true, true) => {
            return Err(Failure::new(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        }
        (false, true) => inline,
        (true, false) => {
            let name = file.strip_prefix("./").unwrap_or(&file);
            let found = context.terminal.files.get(name).map(ToString::to_string);
            found.ok_or_else(|| {
                Failure::new(format!(
                    "unable to read patch file: open {file}: no such file or directory"
                ))
            })?
        }
    };
    let kind = context.flags.value("type").unwrap_or("strategic").to_lowercase();
    if !matches!(kind.as_str(), "strategic" | "merge" | "json") {
        let given = go_quote(context.flags.text("type"));
        return Err(Failure::new(format!(
            "--type must be one of [json merge strategic], not {given}"
        )));
    }
    let value = read(&text)?;
    let words = context.flags.words.clone();
    let mut form = output::form(context, false)?;
    let found = resources::find(context, &words, Needs::default())?;
    let mut failures = found.failures;
    for object in &found.objects {
        let result = one(context, object, &kind, &value).and_then(|(object, changed)| {
            let verb = if changed { "patched" } else { "patched (no change)" };
            print(context, &mut form, &object, verb)
        });
        failures.extend(result.err());
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// What the server says of a patch that is of the wrong form.
fn check_form(kind: &str, value: &Value) -> Result<(), Failure> {
    let bad = |words: &str| Err(Failure::from(ApiError::new(Reason::BadRequest, words)));
    match (kind, value) {
        ("json", Value::Array(_)) | ("strategic" | "merge", Value::Object(_)) => Ok(()),
        ("json", _) => bad("json: cannot unmarshal object into Go value of type jsonpatch.Patch"),
        ("merge", _) => bad(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (_, Value::Array(_)) => bad(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (_, Value::String(_)) => bad(
            "error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}",
        ),
        _ => bad(
            "error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}",
        ),
    }
}

fn one(
    context: &mut Context<'_>,
    object: &AnyObject,
    kind: &str,
    value: &Value,
) -> Result<(AnyObject, bool), Failure> {
    check_form(kind, value)?;
    if context.dry() == Dry::Client {
        let old = object.to_value();
        let new = match kind {
            "merge" => Ok(merge_patch(&old, value)),
            "json" => json_patch(&old, value),
            _ => strategic_patch(&old, value, Schema::of(object.kind())),
        };
        let new = new.map_err(Failure::new)?;
        let changed = new != old;
        return Ok((AnyObject::from_value(object.kind(), &new), changed));
    }
    let patch = match kind {
        "merge" => Patch::Merge(value.clone()),
        "json" => Patch::Json(value.clone()),
        _ => Patch::Strategic(value.clone()),
    };
    let written = context.send_patch(object.kind(), &object.key(), patch)?;
    Ok((written.object, written.changed))
}
