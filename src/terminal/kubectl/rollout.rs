//! `kubectl rollout`. Follows `pkg/cmd/rollout` and `pkg/polymorphichelpers`.

use std::collections::VecDeque;

use super::create::print;
use super::describe;
use super::output;
use super::problem::Failure;
use super::resources::{self, Found, Needs};
use super::{After, Context, DONE, Dry};
use crate::api::conditions;
use crate::api::core::PodTemplate;
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::{Cluster, Patch};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::store::Operation;
use crate::terminal::process::{Io, Process, Turn};

const REVISION: &str = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";
const HASH: &str = "pod-template-hash";

/// Runs `rollout VERB`.
pub(super) fn run(context: &mut Context<'_>, command: &str) -> Result<After, Failure> {
    let verb = command.strip_prefix("rollout").unwrap_or("").trim();
    if verb.is_empty() {
        return match context.flags.words.first() {
            None => {
                let text = super::help::of("rollout");
                context.out(&text);
                Ok(After::Status(1))
            }
            Some(word) => Err(super::help::unknown_subcommand("rollout", word)),
        };
    }
    let words = context.flags.words.clone();
    if words.is_empty() && context.flags.all("filename").is_empty() {
        return Err(Failure::new("required resource not specified"));
    }
    let found =
        resources::find(context, &words, Needs { type_is_enough: true, ..Needs::default() })?;
    if found.objects.is_empty() && found.failures.is_empty() {
        let words = format!("No resources found in {} namespace.", context.namespace());
        context.warn(&words);
        return DONE;
    }
    match verb {
        "status" => status(context, found),
        "history" => each(context, found, history),
        "undo" => each(context, found, undo),
        "restart" => each(context, found, restart),
        "pause" => each(context, found, |context, object| pause(context, object, true)),
        _ => each(context, found, |context, object| pause(context, object, false)),
    }
}

fn each(
    context: &mut Context<'_>,
    found: Found,
    run: impl Fn(&mut Context<'_>, &AnyObject) -> Result<(), Failure>,
) -> Result<After, Failure> {
    let mut failures = found.failures;
    for object in &found.objects {
        failures.extend(run(context, object).err());
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// `Job.batch`, `Pod`
fn qualified(object: &AnyObject) -> String {
    object.kind().qualified()
}

// ---- status ----

/// What is said of a rollout, and whether it is over; `Err` ends the watch.
fn progress(object: &AnyObject, revision: i64) -> Result<(String, bool), String> {
    match object {
        AnyObject::Deployment(one) => {
            let (spec, status, name) = (&one.spec, &one.status, &one.meta.name);
            let running = revision_of(object);
            if revision > 0 && running != Some(revision) {
                let running = running.unwrap_or(0);
                return Err(format!(
                    "desired revision ({revision}) is different from the running revision ({running})"
                ));
            }
            if one.meta.generation > status.observed_generation {
                return Ok(("Waiting for deployment spec update to be observed...".into(), false));
            }
            let progressing = conditions::find(&status.conditions, "Progressing");
            if progressing.is_some_and(|one| &*one.reason == "ProgressDeadlineExceeded") {
                return Err(format!("deployment \"{name}\" exceeded its progress deadline"));
            }
            let waiting = |rest: String| {
                Ok((
                    format!("Waiting for deployment \"{name}\" rollout to finish: {rest}..."),
                    false,
                ))
            };
            if status.updated < spec.replicas {
                return waiting(format!(
                    "{} out of {} new replicas have been updated",
                    status.updated, spec.replicas
                ));
            }
            if status.replicas > status.updated {
                let old = status.replicas - status.updated;
                return waiting(format!("{old} old replicas are pending termination"));
            }
            if status.available < status.updated {
                return waiting(format!(
                    "{} of {} updated replicas are available",
                    status.available, status.updated
                ));
            }
            Ok((format!("deployment \"{name}\" successfully rolled out"), true))
        }
        AnyObject::DaemonSet(one) => {
            let (status, name) = (&one.status, &one.meta.name);
            if one.spec.on_delete {
                return Err(
                    "rollout status is only available for RollingUpdate strategy type".into()
                );
            }
            if one.meta.generation > status.observed_generation {
                return Ok(("Waiting for daemon set spec update to be observed...".into(), false));
            }
            let waiting = |rest: String| {
                Ok((
                    format!("Waiting for daemon set \"{name}\" rollout to finish: {rest}..."),
                    false,
                ))
            };
            if status.updated < status.desired {
                return waiting(format!(
                    "{} out of {} new pods have been updated",
                    status.updated, status.desired
                ));
            }
            if status.available < status.desired {
                return waiting(format!(
                    "{} of {} updated pods are available",
                    status.available, status.desired
                ));
            }
            Ok((format!("daemon set \"{name}\" successfully rolled out"), true))
        }
        AnyObject::Plain(one) if one.kind == Kind::StatefulSet => {
            Ok(("Waiting for statefulset spec update to be observed...".into(), false))
        }
        other => Err(format!("no status viewer has been implemented for {}", qualified(other))),
    }
}

fn status(context: &mut Context<'_>, found: Found) -> Result<After, Failure> {
    if let Some(failure) = Failure::all(found.failures) {
        return Err(failure);
    }
    let timeout = context.flags.span("timeout").filter(|span| *span > Duration::ZERO);
    Ok(After::Goes(Box::new(Status {
        objects: found.objects.into(),
        version: None,
        revision: context.flags.number("revision").unwrap_or(0),
        watch: context.flags.unless_off("watch"),
        deadline: timeout.map(|span| context.cluster.now() + span),
    })))
}

/// Rollouts that are followed, one after the other.
#[derive(Debug)]
struct Status {
    objects: VecDeque<AnyObject>,
    /// The last change that was seen; nothing was said yet if `None`.
    version: Option<u64>,
    revision: i64,
    watch: bool,
    deadline: Option<Time>,
}

impl Status {
    /// The states of the object since it was last looked at; `None` for its end.
    fn news(&mut self, object: &AnyObject, cluster: &Cluster) -> Vec<Option<AnyObject>> {
        let store = cluster.store();
        let (kind, key) = (object.kind(), object.key());
        let Some(version) = self.version else {
            self.version = Some(store.resource_version());
            return vec![store.get(kind, &key)];
        };
        let same = |one: &AnyObject| one.kind() == kind && one.meta().uid == object.uid();
        let news = store.journal().since(version).filter(|change| same(&change.object));
        let news = news
            .map(|change| (change.operation != Operation::Deleted).then(|| change.object.clone()))
            .collect();
        self.version = Some(store.resource_version());
        news
    }
}

impl Process for Status {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        'objects: while let Some(object) = self.objects.front().cloned() {
            for state in self.news(&object, io.cluster) {
                let Some(state) = state else {
                    io.error("error: object has been deleted");
                    return Turn::Done(1);
                };
                match progress(&state, self.revision) {
                    Ok((text, over)) => {
                        io.out(&format!("{text}\n"));
                        if over || !self.watch {
                            self.objects.pop_front();
                            self.version = None;
                            continue 'objects;
                        }
                    }
                    Err(words) => {
                        io.error(&format!("error: {words}"));
                        return Turn::Done(1);
                    }
                }
            }
            if self.deadline.is_some_and(|deadline| io.cluster.now() >= deadline) {
                io.error("error: timed out waiting for the condition");
                return Turn::Done(1);
            }
            return Turn::Waits(self.deadline);
        }
        Turn::Done(0)
    }
}

// ---- history ----

/// A version of a pod template.
struct Revision {
    number: i64,
    template: Value,
    cause: Option<String>,
    object: AnyObject,
}

fn revision_of(object: &AnyObject) -> Option<i64> {
    object.meta().annotations.text(REVISION)?.parse().ok()
}

/// The versions of a workload's template, oldest first.
fn revisions(cluster: &Cluster, object: &AnyObject) -> Result<Vec<Revision>, Failure> {
    let kind = match object.kind() {
        Kind::Deployment => Kind::ReplicaSet,
        Kind::DaemonSet | Kind::StatefulSet => Kind::ControllerRevision,
        _ => {
            let kind = qualified(object);
            return Err(Failure::new(format!(
                "no history viewer has been implemented for \"{kind}\""
            )));
        }
    };
    let owned = cluster.store().index().owned(object.uid()).filter(|(own, _)| *own == kind);
    let mut all: Vec<Revision> = owned
        .filter_map(|(kind, key)| cluster.store().get(*kind, key))
        .filter_map(|child| {
            let value = child.to_value();
            let (number, template) = match kind {
                Kind::ReplicaSet => {
                    (revision_of(&child)?, value.at(&["spec", "template"])?.clone())
                }
                _ => (value.i64_at("revision")?, value.at(&["data", "spec", "template"])?.clone()),
            };
            let cause = child.meta().annotations.text(CHANGE_CAUSE).map(str::to_owned);
            Some(Revision { number, template, cause, object: child })
        })
        .collect();
    all.order_by_key(|revision| revision.number);
    Ok(all)
}

fn history(context: &mut Context<'_>, object: &AnyObject) -> Result<(), Failure> {
    let all = revisions(context.cluster, object)?;
    let wanted = context.flags.number("revision").unwrap_or(0);
    if wanted < 0 {
        return Err(Failure::new(format!("revision must be a positive integer: {wanted}")));
    }
    let unknown = || Failure::new("unable to find the specified revision");
    let head = format!("{}/{}", object.kind().word(), object.meta().name);
    if context.flags.given("output") {
        let mut form = output::form(context, false)?.of_structs();
        let chosen: Vec<&Revision> = match wanted {
            0 => all.iter().collect(),
            number => vec![all.iter().find(|one| one.number == number).ok_or_else(unknown)?],
        };
        for one in chosen {
            let text = form.print(std::slice::from_ref(&one.object), true)?;
            context.out(&text);
        }
        return Ok(());
    }
    if all.is_empty() {
        context.out(&format!("{head} \nNo rollout history found.\n"));
        return Ok(());
    }
    if wanted > 0 {
        let one = all.iter().find(|one| one.number == wanted).ok_or_else(unknown)?;
        let text = describe::template_with_tabs(&PodTemplate::parse(&one.template));
        context.out(&format!("{head} with revision #{wanted}\n{text}\n"));
        return Ok(());
    }
    let mut table = "REVISION\tCHANGE-CAUSE\n".to_owned();
    for one in &all {
        let cause = one.cause.as_deref().unwrap_or("<none>");
        table.push_str(&format!("{}\t{cause}\n", one.number));
    }
    context.out(&format!("{head} \n{}\n", super::tabwriter::align(&table)));
    Ok(())
}

// ---- undo ----

/// A template as its Deployment wrote it. Follows `equalIgnoreHash` of `pkg/util/deployment`.
pub(super) fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    template.remove("$patch");
    if template.at(&["metadata", "labels", HASH]).is_some() {
        template.child("metadata").child("labels").remove(HASH);
    }
    template
}

fn undo(context: &mut Context<'_>, object: &AnyObject) -> Result<(), Failure> {
    let (kind, name) = (object.kind(), object.meta().name.clone());
    if object.meta().annotations.text(super::apply::LAST_APPLIED).is_some() {
        let plural = kind.info().plural;
        context.warn(&format!("Warning: resource {plural}/{name} was previously managed with 'kubectl apply'. Rolling back will not update the {} annotation, which may cause unexpected behavior on the next 'kubectl apply' invocation.", super::apply::LAST_APPLIED));
    }
    let all = match kind {
        Kind::Deployment | Kind::DaemonSet | Kind::StatefulSet => {
            revisions(context.cluster, object)?
        }
        _ => {
            let words = format!("no rollbacker has been implemented for \"{}\"", qualified(object));
            return Err(Failure::new(words));
        }
    };
    let wanted = context.flags.number("to-revision").unwrap_or(0);
    let found = match wanted {
        0 => all.len().checked_sub(2).and_then(|index| all.get(index)),
        number => all.iter().find(|one| one.number == number),
    };
    let Some(found) = found else {
        return Err(Failure::new(match (wanted, kind) {
            (0, Kind::Deployment) => {
                format!("no rollout history found for deployment \"{name}\"")
            }
            (0, _) => "no last revision to roll back to".into(),
            (number, _) => format!("unable to find specified revision {number} in history"),
        }));
    };
    let template = without_hash(&found.template);
    if context.dry() == Dry::Client {
        let text = describe::template_with_tabs(&PodTemplate::parse(&found.template));
        context.out(&format!("{}/{name} {text} (dry run)\n", kind.word()));
        return Ok(());
    }
    if let AnyObject::Deployment(deployment) = object
        && deployment.spec.paused
    {
        return Err(Failure::new(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    let value = object.to_value();
    let current = value.at(&["spec", "template"]).map(without_hash);
    let mut form = output::form(context, false)?.of_structs();
    if current.as_ref() == Some(&template) {
        let verb = format!("skipped rollback (current template already matches revision {wanted})");
        context.out(&format!("{}/{name} {verb}{}\n", kind.word(), context.dry().suffix()));
        return Ok(());
    }
    let operations = vec![crate::object! {
        "op" => "replace", "path" => "/spec/template", "value" => template,
    }];
    let patch = Patch::Json(Value::from(operations));
    let restoring = |failure: Failure| {
        let words = failure.lines();
        let number = found.number;
        Failure::new(format!("failed restoring revision {number}: {}", words.trim_end()))
    };
    let written = context.send_patch(kind, &object.key(), patch).map_err(restoring)?;
    print(context, &mut form, &written.object, "rolled back")
}

// ---- restart, pause, resume ----

/// `error: deployments.apps "web" is already paused`
fn refused(object: &AnyObject, words: &str) -> Failure {
    let (resource, name) = (object.kind().resource(), &object.meta().name);
    Failure::new(format!("error: {resource} \"{name}\" {words}"))
}

fn restart(context: &mut Context<'_>, object: &AnyObject) -> Result<(), Failure> {
    if !matches!(object.kind(), Kind::Deployment | Kind::DaemonSet | Kind::StatefulSet) {
        return Err(refused(object, "restarting is not supported"));
    }
    if let AnyObject::Deployment(deployment) = object
        && deployment.spec.paused
    {
        return Err(refused(object, "can't restart paused deployment (run rollout resume first)"));
    }
    let stamp = context.cluster.now().rfc3339();
    let value = object.to_value();
    let before = value.at(&["spec", "template", "metadata", "annotations", RESTARTED]);
    if before.and_then(Value::as_str) == Some(&stamp) {
        return Err(Failure::new(format!(
            "failed to create patch for {}: if restart has already been triggered within the past second, please wait before attempting to trigger another",
            object.meta().name
        )));
    }
    let annotations = crate::object! { RESTARTED => stamp };
    let metadata = crate::object! { "annotations" => annotations };
    let template = crate::object! { "metadata" => metadata };
    let patch = crate::object! { "spec" => crate::object! { "template" => template } };
    let mut form = output::form(context, false)?.of_structs();
    let written = context.send_patch(object.kind(), &object.key(), Patch::Strategic(patch))?;
    print(context, &mut form, &written.object, "restarted")
}

fn pause(context: &mut Context<'_>, object: &AnyObject, on: bool) -> Result<(), Failure> {
    let AnyObject::Deployment(deployment) = object else {
        let words = if on { "pausing is not supported" } else { "resuming is not supported" };
        return Err(refused(object, words));
    };
    match (on, deployment.spec.paused) {
        (true, true) => return Err(refused(object, "is already paused")),
        (false, false) => return Err(refused(object, "is not paused")),
        _ => {}
    }
    let value = if on { Value::Bool(true) } else { Value::Null };
    let patch = crate::object! { "spec" => crate::object! { "paused" => value } };
    let mut form = output::form(context, false)?.of_structs();
    let written = context.send_patch(object.kind(), &object.key(), Patch::Strategic(patch))?;
    print(context, &mut form, &written.object, if on { "paused" } else { "resumed" })
}
