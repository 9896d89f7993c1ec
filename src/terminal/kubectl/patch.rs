//! `kubectl patch`. Follows `pkg/cmd/patch`.

use super::apply::as_it_stands;
use super::output;
use super::problem::Failure;
use super::resources::{self, Needs};
use super::subresource::{self, Subresource};
use super::{After, Context, DONE, Dry};
use crate::api::error::go_quote;
use crate::api::object::AnyObject;
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::patch::{json_patch, merge_patch, strategic_patch};
use crate::cluster::Patch;
use crate::manifest;

/// A patch as it was typed: YAML becomes JSON; what looks like JSON is sent as it is, and the error of reading it comes
/// from the server.
enum Typed {
    Read(Value),
    /// Go's words for what is wrong with it.
    Unread(String),
}

fn read(text: &str) -> Result<Typed, Failure> {
    if let Ok(value) = Value::from_json(text) {
        return Ok(Typed::Read(value));
    }
    let document = manifest::load("patch", text.as_bytes()).into_iter().next();
    let refused = match document.as_ref().map(|one| &one.refusal) {
        Some(Some(manifest::Refusal::File(words))) => words.as_str(),
        _ => "",
    };
    if let Some((_, words)) = refused.split_once("json: offset ") {
        let words = words.split_once(": ").map_or(words, |(_, words)| words);
        let words = if words == "unexpected EOF" { "unexpected end of JSON input" } else { words };
        return Ok(Typed::Unread(words.to_owned()));
    }
    let Some((_, words)) = refused.split_once("YAML to JSON: ") else {
        // As a field of a document it is read whatever it is.
        let inside = format!("patch:\n  {}", text.trim_end().replace('\n', "\n  "));
        let read = manifest::load("patch", inside.as_bytes()).into_iter().next();
        let value = read.and_then(|document| document.raw.get("patch").cloned());
        return Ok(Typed::Read(value.unwrap_or_default()));
    };
    Err(Failure::new(format!("unable to parse {}: {words}", go_quote(text))))
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
    let local = context.flags.has("local");
    if local && !context.flags.words.is_empty() {
        return Err(Failure::new("cannot specify --local and server resources"));
    }
    resources::check_local(context)?;
    let kind = context.flags.value("type").unwrap_or("strategic").to_lowercase();
    if !matches!(kind.as_str(), "strategic" | "merge" | "json") {
        let given = go_quote(context.flags.text("type"));
        return Err(Failure::new(format!(
            "--type must be one of [json merge strategic], not {given}"
        )));
    }
    let typed = read(&text)?;
    let part = subresource::asked(context)?;
    if part == Some(Subresource::Status) {
        return Err(subresource::refuse_status());
    }
    let words = context.flags.words.clone();
    let mut form = output::form(context, false)?;
    let found = match local {
        true => resources::local(context, |document| document.decoded.raw.clone())?,
        false => resources::find(context, &words, Needs::default())?,
    };
    let mut failures = found.failures;
    for object in &found.objects {
        let result = match (part, &typed) {
            (Some(Subresource::Scale), Typed::Read(patch)) => {
                subresource::patch(context, object, &kind, patch, &mut form)
            }
            _ => one(context, object, &kind, &typed).and_then(|(object, changed)| {
                let verb = if changed { "patched" } else { "patched (no change)" };
                let text = match form.is_human() {
                    // A dry run is not said here.
                    true => format!("{}/{} {verb}\n", object.kind().word(), object.meta().name),
                    false => form.print(std::slice::from_ref(&object), true)?,
                };
                context.out(&text);
                Ok(())
            }),
        };
        failures.extend(result.err());
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// What the client itself says of a patch that is of the wrong form.
fn check_form(kind: &str, value: &Value) -> Result<(), Failure> {
    match (kind, value) {
        ("json", Value::Array(_)) | ("strategic" | "merge", Value::Object(_)) => Ok(()),
        ("json", other) => Err(Failure::new(format!(
            "json: cannot unmarshal {} into Go value of type jsonpatch.Patch",
            other.json_type()
        ))),
        ("merge", other) => Err(Failure::new(format!(
            "json: cannot unmarshal {} into Go value of type unstructured.detector",
            other.json_type()
        ))),
        _ => Err(Failure::new("invalid JSON document")),
    }
}

/// What was made of an object, and whether that is something else.
fn one(
    context: &mut Context<'_>,
    object: &AnyObject,
    kind: &str,
    typed: &Typed,
) -> Result<(AnyObject, bool), Failure> {
    let local = context.flags.has("local");
    let dry = local || context.dry() == Dry::Client;
    let value = match typed {
        Typed::Read(value) => value,
        Typed::Unread(words) if dry => return Err(Failure::new(words.clone())),
        Typed::Unread(words) => {
            let prefix = if kind == "strategic" { "" } else { "error decoding patch: " };
            return Err(ApiError::new(Reason::BadRequest, format!("{prefix}{words}")).into());
        }
    };
    if dry {
        check_form(kind, value)?;
        let old = object.to_value();
        let new = match kind {
            "merge" => Ok(merge_patch(&old, value)),
            "json" => json_patch(&old, value),
            _ => strategic_patch(&old, value, Schema::of(object.kind())),
        };
        let new = new.map_err(Failure::new)?;
        let changed = new != old;
        let new = match local {
            true => as_it_stands(object.kind(), &new),
            false => AnyObject::from_value(object.kind(), &new),
        };
        return Ok((new, changed));
    }
    let patch = match kind {
        "merge" => Patch::Merge(value.clone()),
        "json" => Patch::Json(value.clone()),
        _ => Patch::Strategic(value.clone()),
    };
    let written = context.send_patch(object.kind(), &object.key(), patch)?;
    Ok((context.record_after(written.object), written.changed))
}
