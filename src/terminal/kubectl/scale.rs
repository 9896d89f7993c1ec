//! `kubectl scale`. Follows `pkg/cmd/scale`.

use super::create::print;
use super::output;
use super::problem::Failure;
use super::resources::{self, Needs};
use super::wait::{Goal, Waiting};
use super::{After, Context, DONE, Dry};
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::sim::Duration;

/// `spec.replicas`
fn replicas_of(object: &AnyObject) -> Option<i64> {
    object.to_value().at(&["spec", "replicas"]).and_then(Value::as_i64)
}

/// Runs `scale`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let Some(replicas) = context.flags.number("replicas") else {
        return Err(Failure::required_flags(&["replicas"]));
    };
    if replicas < 0 {
        return Err(Failure::new(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let current = context.flags.number("current-replicas").unwrap_or(-1);
    if current < -1 {
        return Err(Failure::new(
            "The --current-replicas must specify an integer of -1 or greater",
        ));
    }
    let words = context.flags.words.clone();
    let mut form = output::form(context, false)?;
    let found = resources::find(context, &words, Needs { all: true, ..Needs::default() })?;
    if found.objects.is_empty() {
        return Err(match Failure::all(found.failures) {
            Some(failure) => failure,
            None => Failure::new("no objects passed to scale"),
        });
    }
    let wanted = context.flags.text("resource-version").to_owned();
    if !wanted.is_empty() && found.objects.len() > 1 {
        return Err(Failure::new("cannot use --resource-version with multiple resources"));
    }
    let mut targets = Vec::new();
    for object in &found.objects {
        if context.dry() == Dry::Client {
            print(context, &mut form, object, "scaled")?;
            continue;
        }
        let scaled = context.cluster.store().get(object.kind(), &object.key());
        let version = object.meta().resource_version.to_string();
        let size = scaled.as_ref().and_then(replicas_of).unwrap_or(0);
        if current >= 0 && size != current {
            return Err(Failure::new(format!("Expected replicas to be {current}, was {size}")));
        }
        if !wanted.is_empty() && version != wanted {
            return Err(Failure::new(format!(
                "Expected resource version to be {wanted}, was {version}"
            )));
        }
        let written = context.send_scale(object.kind(), &object.key(), replicas)?;
        let object = context.record_after(written.object);
        print(context, &mut form, &object, "scaled")?;
        targets.push((object.kind(), object.key(), object.uid()));
    }
    if let Some(failure) = Failure::all(found.failures) {
        return Err(failure);
    }
    let timeout = context.flags.span("timeout").filter(|span| *span > Duration::ZERO);
    match timeout {
        Some(span) if context.dry() == Dry::No => {
            let deadline = context.cluster.now() + span;
            Ok(After::Goes(Box::new(Waiting::new(
                targets,
                Goal::Replicas(replicas),
                Some(deadline),
            ))))
        }
        _ => DONE,
    }
}
