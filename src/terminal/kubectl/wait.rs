//! `wait` and `rollout`. Follows `pkg/cmd/{wait,rollout}` and `pkg/polymorphichelpers/rollout_status.go`.

use super::{Context, Outcome, api_error, chosen, files};
use crate::api::conditions;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::{Cluster, Patch};
use crate::sim::Time;
use crate::terminal::run::Follow;
use crate::terminal::tools;

/// Something that is waited for.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    targets: Vec<(Kind, ObjectKey)>,
    goal: Goal,
    deadline: Option<Time>,
    output: String,
    last: String,
}

#[derive(Clone, Debug)]
enum Goal {
    Condition(String, String),
    Deleted,
    Rollout,
}

impl Waiting {
    /// When it gives up.
    pub(crate) const fn deadline(&self) -> Option<Time> {
        self.deadline
    }

    /// What it printed meanwhile.
    pub(crate) fn take_output(&mut self) -> String {
        std::mem::take(&mut self.output)
    }

    /// The end, once it is reached.
    pub(crate) fn advance(&mut self, cluster: &Cluster) -> Option<Outcome> {
        let mut left = Vec::new();
        for (kind, key) in std::mem::take(&mut self.targets) {
            let object = cluster.store().get(kind, &key);
            let met = match &self.goal {
                Goal::Deleted => object.is_none(),
                Goal::Condition(name, wanted) => {
                    object.as_ref().is_some_and(|object| has_condition(object, name, wanted))
                }
                Goal::Rollout => match object.as_ref().map(rollout_status) {
                    Some((text, done)) => {
                        if text != self.last {
                            self.output.push_str(&format!("{text}\n"));
                            self.last = text;
                        }
                        done
                    }
                    None => true,
                },
            };
            match (met, &self.goal) {
                (true, Goal::Condition(..)) => {
                    self.output.push_str(&format!("{}/{} condition met\n", kind.word(), key.name))
                }
                (true, _) => {}
                (false, _) => left.push((kind, key)),
            }
        }
        self.targets = left;
        if self.targets.is_empty() {
            return Some(Outcome::text(self.take_output()));
        }
        if self.deadline.is_some_and(|deadline| cluster.now() >= deadline) {
            let names = self.targets.iter().map(|(kind, key)| {
                format!(
                    "error: timed out waiting for the condition on {}/{}\n",
                    kind.info().plural,
                    key.name
                )
            });
            let names: String = names.collect();
            return Some(Outcome { out: self.take_output(), ..Outcome::fail(names) });
        }
        None
    }
}

fn has_condition(object: &AnyObject, name: &str, wanted: &str) -> bool {
    let all = object.to_value();
    let found = all
        .get("status")
        .map_or(&[][..], |status| status.items_at("conditions"))
        .iter()
        .find(|one| one.str_at("type").is_some_and(|kind| kind.eq_ignore_ascii_case(name)));
    found
        .and_then(|one| one.str_at("status"))
        .is_some_and(|status| status.eq_ignore_ascii_case(wanted))
}

/// `wait --for=…`.
pub(super) fn wait(context: &mut Context<'_>) -> Outcome {
    let Some(goal) = context.flags.value("for").map(str::to_owned) else {
        return Outcome::fail("error: required flag(s) \"for\" not set");
    };
    let goal = match goal.as_str() {
        "delete" => Goal::Deleted,
        other => match other.strip_prefix("condition=") {
            Some(text) => {
                let (name, wanted) = text.split_once('=').unwrap_or((text, "True"));
                Goal::Condition(name.to_owned(), wanted.to_owned())
            }
            None => return Outcome::fail(format!("error: unrecognized condition: \"{other}\"")),
        },
    };
    let (objects, errors) = match chosen(context) {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    if !errors.is_empty() {
        return if matches!(goal, Goal::Deleted) {
            Outcome::default()
        } else {
            Outcome::fail(errors)
        };
    }
    if objects.is_empty() {
        return Outcome::fail("error: no matching resources found");
    }
    let span = context
        .flags
        .value("timeout")
        .and_then(tools::duration)
        .unwrap_or(crate::sim::Duration::from_seconds(30));
    let waiting = Waiting {
        targets: objects.iter().map(|object| (object.kind(), object.key())).collect(),
        goal,
        deadline: Some(context.cluster.now() + span),
        output: String::new(),
        last: String::new(),
    };
    Outcome { follow: Some(Follow::Condition(Box::new(waiting))), ..Outcome::default() }
}

/// What `rollout status` says, and whether the rollout is over.
fn rollout_status(object: &AnyObject) -> (String, bool) {
    match object {
        AnyObject::Deployment(deployment) => {
            let (spec, status, name) =
                (&deployment.spec, &deployment.status, &deployment.meta.name);
            if status.observed_generation < deployment.meta.generation {
                return ("Waiting for deployment spec update to be observed...".into(), false);
            }
            let late = conditions::find(&status.conditions, "Progressing")
                .is_some_and(|one| &*one.reason == "ProgressDeadlineExceeded");
            let head = format!("Waiting for deployment \"{name}\" rollout to finish: ");
            match () {
                () if late => {
                    (format!("error: deployment \"{name}\" exceeded its progress deadline"), true)
                }
                () if status.updated < spec.replicas => (
                    format!(
                        "{head}{} out of {} new replicas have been updated...",
                        status.updated, spec.replicas
                    ),
                    false,
                ),
                () if status.replicas > status.updated => (
                    format!(
                        "{head}{} old replicas are pending termination...",
                        status.replicas - status.updated
                    ),
                    false,
                ),
                () if status.available < status.updated => (
                    format!(
                        "{head}{} of {} updated replicas are available...",
                        status.available, status.updated
                    ),
                    false,
                ),
                () => (format!("deployment \"{name}\" successfully rolled out"), true),
            }
        }
        AnyObject::DaemonSet(set) => {
            let (status, name) = (&set.status, &set.meta.name);
            let head = format!("Waiting for daemon set \"{name}\" rollout to finish: ");
            match () {
                () if status.observed_generation < set.meta.generation => {
                    ("Waiting for daemon set spec update to be observed...".into(), false)
                }
                () if status.updated < status.desired => (
                    format!(
                        "{head}{} out of {} new pods have been updated...",
                        status.updated, status.desired
                    ),
                    false,
                ),
                () if status.available < status.desired => (
                    format!(
                        "{head}{} of {} updated pods are available...",
                        status.available, status.desired
                    ),
                    false,
                ),
                () => (format!("daemon set \"{name}\" successfully rolled out"), true),
            }
        }
        _ => ("error: no status viewer has been implemented".into(), true),
    }
}

/// `rollout status | history | undo | restart | pause | resume`.
pub(super) fn rollout(context: &mut Context<'_>) -> Outcome {
    let Some(verb) = context.flags.take_word() else {
        return Outcome::fail(
            "error: rollout needs status, history, undo, restart, pause or resume",
        );
    };
    let (objects, errors) = match chosen(context) {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    if !errors.is_empty() {
        return Outcome::fail(errors);
    }
    let Some(object) = objects.first().cloned() else {
        return Outcome::fail("error: required resource not specified");
    };
    match verb.as_str() {
        "status" => {
            let waiting = Waiting {
                targets: vec![(object.kind(), object.key())],
                goal: Goal::Rollout,
                deadline: None,
                output: String::new(),
                last: String::new(),
            };
            Outcome { follow: Some(Follow::Condition(Box::new(waiting))), ..Outcome::default() }
        }
        "restart" => {
            let stamp = context.cluster.now().rfc3339();
            let annotations = crate::object! { "kubectl.kubernetes.io/restartedAt" => stamp };
            let template =
                crate::object! { "metadata" => crate::object! { "annotations" => annotations } };
            change(
                context,
                &object,
                crate::object! { "spec" => crate::object! { "template" => template } },
                "restarted",
            )
        }
        "pause" | "resume" if object.kind() == Kind::Deployment => {
            let paused = verb == "pause";
            let verb = if paused { "paused" } else { "resumed" };
            let value = if paused { Value::Bool(true) } else { Value::Null };
            change(
                context,
                &object,
                crate::object! { "spec" => crate::object! { "paused" => value } },
                verb,
            )
        }
        "pause" | "resume" => {
            let words = if verb == "pause" { "pausing" } else { "resuming" };
            Outcome::fail(format!(
                "error: {} \"{}\" {words} is not supported",
                object.kind().resource(),
                object.meta().name
            ))
        }
        "history" => history(context, &object),
        "undo" => undo(context, &object),
        other => {
            Outcome::fail(format!("error: unknown command \"{other}\" for \"kubectl rollout\""))
        }
    }
}

fn change(context: &mut Context<'_>, object: &AnyObject, patch: Value, verb: &str) -> Outcome {
    let options = context.write();
    let mut outcome = Outcome::default();
    match context.cluster.patch(object.kind(), &object.key(), Patch::Strategic(patch), &options) {
        Ok(written) => files::show(context, &written.object, verb, &mut outcome),
        Err(error) => return Outcome::fail(api_error(&error)),
    }
    outcome
}

/// The ReplicaSets of a Deployment with their revisions, oldest first.
fn revisions(cluster: &Cluster, object: &AnyObject) -> Vec<(i64, Value)> {
    let owned = cluster.store().index().owned(object.uid());
    let mut all: Vec<(i64, Value)> = owned
        .filter_map(|(kind, key)| cluster.store().get(*kind, key))
        .filter_map(|child| {
            let value = child.to_value();
            match child.kind() {
                Kind::ReplicaSet => {
                    let number = child
                        .meta()
                        .annotations
                        .text("deployment.kubernetes.io/revision")?
                        .parse()
                        .ok()?;
                    Some((number, value.at(&["spec", "template"])?.clone()))
                }
                Kind::ControllerRevision => Some((
                    value.i64_at("revision")?,
                    value.at(&["data", "spec", "template"])?.clone(),
                )),
                _ => None,
            }
        })
        .collect();
    all.sort_by_key(|(number, _)| *number);
    all
}

fn history(context: &Context<'_>, object: &AnyObject) -> Outcome {
    let mut rows = vec![vec!["REVISION".to_owned(), "CHANGE-CAUSE".to_owned()]];
    for (number, _) in revisions(context.cluster, object) {
        rows.push(vec![number.to_string(), "<none>".into()]);
    }
    let text: String = rows
        .iter()
        .map(|row| {
            format!(
                "{:<10}{}\n",
                row.first().map_or("", String::as_str),
                row.get(1).map_or("", String::as_str)
            )
        })
        .collect();
    Outcome::text(format!("{}/{} \n{text}\n", object.kind().word(), object.meta().name))
}

fn undo(context: &mut Context<'_>, object: &AnyObject) -> Outcome {
    let all = revisions(context.cluster, object);
    let wanted = context
        .flags
        .value("to-revision")
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|number| *number > 0);
    let found = match wanted {
        Some(number) => all.iter().find(|(own, _)| *own == number),
        None => all.len().checked_sub(2).and_then(|index| all.get(index)),
    };
    let Some((_, template)) = found else {
        return match wanted {
            Some(number) => Outcome::fail(format!(
                "error: unable to find specified revision {number} in history"
            )),
            None => Outcome::fail(format!(
                "error: no rollout history found for deployment \"{}\"",
                object.meta().name
            )),
        };
    };
    let mut template = template.clone();
    template.remove("$patch");
    if template.at(&["metadata", "labels", "pod-template-hash"]).is_some() {
        template.child("metadata").child("labels").remove("pod-template-hash");
    }
    let mut value = object.to_value();
    value.child("spec").set("template", template);
    let options = context.write();
    let mut outcome = Outcome::default();
    match context.cluster.update(object.kind(), &object.meta().namespace, value, &options) {
        Ok(written) => files::show(context, &written.object, "rolled back", &mut outcome),
        Err(error) => return Outcome::fail(api_error(&error)),
    }
    outcome
}
