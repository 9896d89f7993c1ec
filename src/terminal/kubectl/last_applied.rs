//! `kubectl apply view-last-applied | set-last-applied | edit-last-applied`. Follows `pkg/cmd/apply/apply_*_last_applied.go`.

use super::apply::{LAST_APPLIED, as_it_stands};
use super::create::print;
use super::json::{narrow, pretty};
use super::problem::Failure;
use super::{After, Context, DONE, Dry, manifests, output, resources};
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::Patch;
use crate::manifest::to_yaml;
use crate::object;

/// Runs `apply view-last-applied`.
pub(super) fn view(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let needs = resources::Needs { all: true, ..resources::Needs::default() };
    let found = resources::find(context, &words, needs)?;
    if let Some(failure) = Failure::all(found.failures) {
        return Err(failure);
    }
    let mut applied = Vec::new();
    for object in &found.objects {
        // Of an object that was not applied nothing is said: upstream's error gets lost where there is no file.
        if let Some(text) = object.meta().annotations.text(LAST_APPLIED) {
            applied.push(Value::from_json(text).unwrap_or_default());
        }
    }
    for value in &applied {
        let text = match context.flags.value("output") {
            // Here the steps are of two blanks.
            Some("json") => narrow(&pretty(value)),
            None | Some("yaml") => to_yaml(value),
            Some(form) => {
                let words = format!(
                    "Unexpected -o output mode: {form}, the flag 'output' must be one of yaml|json"
                );
                return Err(Failure::usage("apply view-last-applied", &words));
            }
        };
        context.out(&text);
    }
    DONE
}

/// Runs `apply set-last-applied`: the annotations become what stands in the files, and nothing else changes.
pub(super) fn set(context: &mut Context<'_>) -> Result<After, Failure> {
    if context.flags.all("filename").is_empty() {
        return Err(Failure::new(resources::NOTHING_NAMED));
    }
    let mut form = output::form(context, false)?;
    let loaded = manifests::load(context)?;
    if let Some(failure) = Failure::all(loaded.failures) {
        return Err(failure);
    }
    let mut changes: Vec<(AnyObject, String)> = Vec::new();
    for document in &loaded.documents {
        let name = document.name();
        let Some(live) = context.read(document.kind, &document.key()) else {
            return Err(Failure::not_found(document.kind, name));
        };
        let wanted = document.raw();
        let last = live.meta().annotations.text(LAST_APPLIED);
        match last {
            None if !context.flags.has("create-annotation") => {
                return Err(Failure::new(format!(
                    "no last-applied-configuration annotation found on resource: {name}, to create the annotation, run the command with --create-annotation"
                )));
            }
            Some(last) if Value::from_json(last).is_ok_and(|last| last == wanted) => {
                context.out(&format!("set-last-applied {name}: no changes required.\n"));
            }
            _ => changes.push((live.clone(), wanted.to_json())),
        }
    }
    for (live, text) in changes {
        let shown = match context.dry() {
            Dry::Client => as_it_stands(live.kind(), &live.to_value()),
            _ => {
                let annotations = object! { LAST_APPLIED => text };
                let metadata = object! { "annotations" => annotations };
                let patch = Patch::Merge(object! { "metadata" => metadata });
                context.send_patch(live.kind(), &live.key(), patch)?.object
            }
        };
        print(context, &mut form, &shown, "configured")?;
    }
    DONE
}

/// Runs `apply edit-last-applied`.
pub(super) fn edit(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let found = resources::find(context, &words, resources::Needs::default())?;
    Err(Failure::all(found.failures).unwrap_or_else(|| {
        Failure::new(
            "apply edit-last-applied is not part of this sandbox; change the file and use kubectl apply, or kubectl apply set-last-applied -f FILE",
        )
    }))
}
