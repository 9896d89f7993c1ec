//! `kubectl delete`: by name, label, file; waits until the objects are gone. Follows `pkg/cmd/delete`.

use std::rc::Rc;

use super::flags::Flags;
use super::problem::Failure;
use super::resources::{self, Found, Named, Needs};
use super::wait::{Goal, Waiting};
use super::{After, Context, DONE, Dry, settled};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::reconcile::{DeleteOptions, Propagation};
use crate::sim::Duration;
use crate::terminal::process::{Io, Process, Turn};

/// An object whose end is waited for.
pub(super) type Target = (Kind, ObjectKey, Uid);

const FORCED: &str = "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.";

/// Runs `delete`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let propagation = propagation(context)?;
    let words = context.flags.words.clone();
    let selects = context.flags.has("all")
        || context.flags.given("selector")
        || context.flags.given("field-selector");
    let mut grace = context.flags.number("grace-period").unwrap_or(-1);
    let force = context.flags.has("force");
    if context.flags.has("now") {
        if grace != -1 {
            return Err(Failure::new("--now and --grace-period cannot be specified together"));
        }
        grace = 1;
    }
    if grace == 0 && !force {
        grace = 1;
    }
    if force && grace < 0 {
        grace = 0;
    }
    let ignore_missing = match context.flags.given("ignore-not-found") {
        true => context.flags.has("ignore-not-found"),
        false => selects,
    };
    check_selection(context, &words)?;
    let mut found = resources::find(context, &words, Needs { all: true, ..Needs::default() })?;
    check_flags(context, force, grace)?;
    if found.objects.is_empty() && found.failures.is_empty() {
        context.out("No resources found\n");
        return DONE;
    }
    if ignore_missing {
        found.failures.retain(|failure| !failure.is_not_found());
    }
    if !context.flags.has("interactive") {
        return delete_all(context, found, propagation, grace, ignore_missing);
    }
    if let Some(failure) = Failure::all(found.failures) {
        return Err(failure);
    }
    found.failures = Vec::new();
    if found.objects.is_empty() {
        context.out("No resources found\n");
        return DONE;
    }
    let count = found.objects.len();
    let names = found.objects.iter().map(|one| super::output::name(one.kind(), &one.meta().name));
    let names: String = names.collect();
    context.out(&format!(
        "You are about to delete the following {count} resource(s):\n{names}Do you want to continue? (y/N): "
    ));
    Ok(After::Goes(Box::new(Asking {
        found,
        propagation,
        grace,
        ignore_missing,
        flags: context.flags.clone(),
        line: Rc::clone(&context.line),
        begun: None,
    })))
}

/// A deletion that waits for a word of consent.
#[derive(Debug)]
struct Asking {
    found: Found,
    propagation: Propagation,
    grace: i64,
    ignore_missing: bool,
    flags: Flags,
    line: Rc<str>,
    /// The deletion, once it was agreed to.
    begun: Option<Box<dyn Process>>,
}

impl Process for Asking {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        if let Some(process) = &mut self.begun {
            return process.poll(io);
        }
        let line = match io.input.line() {
            Some(line) => line,
            None if io.input.closed => String::new(),
            None => return Turn::Waits(None),
        };
        if !line.trim().eq_ignore_ascii_case("y") {
            io.out("deletion is cancelled\n");
            return Turn::Done(0);
        }
        let mut context = Context::again(io, &self.flags, &self.line);
        let found = std::mem::take(&mut self.found);
        let result =
            delete_all(&mut context, found, self.propagation, self.grace, self.ignore_missing);
        self.begun = Some(settled(result, io));
        self.poll(io)
    }
}

/// `--cascade` in its old and new values.
fn propagation(context: &mut Context<'_>) -> Result<Propagation, Failure> {
    match context.flags.value("cascade") {
        None | Some("background") => Ok(Propagation::Background),
        Some("foreground") => Ok(Propagation::Foreground),
        Some("orphan") => Ok(Propagation::Orphan),
        Some("true") => {
            context.warn("warning: --cascade=true is deprecated (boolean value) and can be replaced with --cascade=background.");
            Ok(Propagation::Background)
        }
        Some("false") => {
            context.warn("warning: --cascade=false is deprecated (boolean value) and can be replaced with --cascade=orphan.");
            Ok(Propagation::Orphan)
        }
        Some(other) => Err(Failure::new(format!(
            "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
        ))),
    }
}

fn check_selection(context: &Context<'_>, words: &[String]) -> Result<(), Failure> {
    let files = !context.flags.all("filename").is_empty();
    if words.is_empty() || files {
        return Ok(());
    }
    let selects = context.flags.given("selector") || context.flags.given("field-selector");
    let named = resources::named(words)?;
    if matches!(named, Named::Types(_)) && !selects && !context.flags.has("all") {
        return Err(Failure::new("resource(s) were provided, but no name was specified"));
    }
    Ok(())
}

fn check_flags(context: &mut Context<'_>, force: bool, grace: i64) -> Result<(), Failure> {
    let output = context.flags.text("output");
    if !matches!(output, "" | "name") {
        return Err(Failure::new(format!(
            "unexpected -o output mode: {output}. We only support '-o name'"
        )));
    }
    for flag in ["selector", "field-selector"] {
        if context.flags.has("all") && context.flags.given(flag) {
            return Err(Failure::new(format!("cannot set --all and --{flag} at the same time")));
        }
    }
    if force && grace > 0 {
        return Err(Failure::new(
            "--force and --grace-period greater than 0 cannot be specified together",
        ));
    }
    if force {
        context.warn(FORCED);
    }
    Ok(())
}

/// `pod "x" deleted from default namespace`
pub(super) fn said(object: &AnyObject, forced: bool, dry: &str) -> String {
    let (kind, meta) = (object.kind(), object.meta());
    let verb = if forced { "force deleted" } else { "deleted" };
    let place = match kind.namespaced() {
        true => format!(" from {} namespace", meta.namespace),
        false => String::new(),
    };
    format!("{} \"{}\" {verb}{place}{dry}\n", kind.word(), meta.name)
}

fn delete_all(
    context: &mut Context<'_>,
    found: Found,
    propagation: Propagation,
    grace: i64,
    ignore_missing: bool,
) -> Result<After, Failure> {
    let how = DeleteOptions {
        propagation: Some(propagation),
        grace_seconds: (grace >= 0).then_some(grace),
        uid: None,
    };
    let name_only = context.flags.text("output") == "name";
    let dry = context.dry();
    let cluster_wide = context.flags.given("namespace") && !context.flags.has("all-namespaces");
    if cluster_wide && found.objects.iter().any(|object| !object.kind().namespaced()) {
        context.warn(
            "Warning: deleting cluster-scoped resources, not scoped to the provided namespace",
        );
    }
    let mut failures = found.failures;
    let mut targets: Vec<Target> = Vec::new();
    for object in &found.objects {
        if dry != Dry::Client
            && let Err(failure) = context.send_delete(object.kind(), &object.key(), &how)
        {
            // What went with its owner is gone already.
            if !(failure.is_not_found() && ignore_missing) {
                failures.push(failure);
            }
            continue;
        }
        let line = match name_only {
            true => super::output::name(object.kind(), &object.meta().name),
            false => said(object, grace == 0, dry.suffix()),
        };
        context.out(&line);
        targets.push((object.kind(), object.key(), object.uid()));
    }
    if let Some(failure) = Failure::all(failures) {
        return Err(failure);
    }
    if !context.flags.unless_off("wait") || dry != Dry::No {
        return DONE;
    }
    let timeout = context.flags.span("timeout").filter(|span| *span > Duration::ZERO);
    let deadline = timeout.map(|span| context.cluster.now() + span);
    Ok(After::Goes(Box::new(Waiting::new(targets, Goal::Gone { quiet: true }, deadline))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_deletion_name_the_namespace() {
        let object = |kind: Kind, namespace: &str| {
            let metadata = crate::object! { "name" => "x", "namespace" => namespace };
            AnyObject::from_value(kind, &crate::object! { "metadata" => metadata })
        };
        assert_eq!(
            said(&object(Kind::Job, "default"), false, ""),
            "job.batch \"x\" deleted from default namespace\n"
        );
        assert_eq!(
            said(&object(Kind::Pod, "a"), true, ""),
            "pod \"x\" force deleted from a namespace\n"
        );
        assert_eq!(
            said(&object(Kind::Node, ""), false, " (dry run)"),
            "node \"x\" deleted (dry run)\n"
        );
    }
}
