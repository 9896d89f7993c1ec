//! `kubectl wait`, and what else stands still until objects are as wanted. Follows `pkg/cmd/wait`.

use std::rc::Rc;

use super::apply::as_it_stands;
use super::custom_columns::relaxed;
use super::delete::Target;
use super::flags::Flags;
use super::jsonpath::JsonPath;
use super::output::{self, Form};
use super::problem::Failure;
use super::resources::{self, Needs};
use super::{After, Context, DONE};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::sim::{Duration, Time};
use crate::terminal::process::{Io, Process, Turn};

/// What is waited for.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// The object is gone; quietly, or with a line.
    Gone { quiet: bool },
    /// The object is there.
    Created,
    /// A condition has a status.
    Condition { name: String, status: String },
    /// A path gives a value; any value if `None`.
    Path { path: JsonPath, value: Option<String> },
    /// As many replicas as wanted are there.
    Replicas(i64),
}

impl Goal {
    fn met(&self, object: Option<&AnyObject>) -> Result<bool, String> {
        let Some(object) = object else { return Ok(matches!(self, Self::Gone { .. })) };
        match self {
            Self::Gone { .. } => Ok(false),
            Self::Created => Ok(true),
            Self::Condition { name, status } => Ok(has_condition(&object.to_value(), name, status)),
            Self::Path { path, value } => path_met(path, value.as_deref(), &object.to_value()),
            Self::Replicas(wanted) => {
                let value = object.to_value();
                let number = |path: &[&str]| value.at(path).and_then(Value::as_i64).unwrap_or(0);
                Ok(number(&["spec", "replicas"]) != *wanted
                    || number(&["status", "replicas"]) == *wanted)
            }
        }
    }
}

/// Whether a condition has a status, and the status is of the object's last version.
fn has_condition(object: &Value, name: &str, wanted: &str) -> bool {
    let same = |one: &Value, key: &str, text: &str| {
        one.str_at(key).is_some_and(|found| found.eq_ignore_ascii_case(text))
    };
    let conditions = object.at(&["status", "conditions"]).map_or(&[][..], Value::items);
    let Some(found) = conditions.iter().find(|one| same(one, "type", name)) else { return false };
    let generation = object.at(&["metadata", "generation"]).and_then(Value::as_i64);
    let observed = found
        .i64_at("observedGeneration")
        .or_else(|| object.at(&["status", "observedGeneration"]).and_then(Value::as_i64));
    if let (Some(generation), Some(observed)) = (generation, observed)
        && observed < generation
    {
        return false;
    }
    same(found, "status", wanted)
}

fn path_met(path: &JsonPath, wanted: Option<&str>, object: &Value) -> Result<bool, String> {
    let found = path.results(object, true)?;
    let Some(first) = found.first().filter(|values| !values.is_empty()) else { return Ok(false) };
    if found.len() > 1 || first.len() > 1 {
        return Err("given jsonpath expression matches more than one list".into());
    }
    let Some(value) = first.first() else { return Ok(false) };
    let Some(wanted) = wanted else { return Ok(true) };
    match value {
        Value::Object(_) | Value::Array(_) => {
            Err("jsonpath leads to a nested object or list which is not supported".into())
        }
        other => Ok(crate::apiserver::patch::go_print(other).trim() == wanted.trim()),
    }
}

/// Objects that are waited for, one after the other.
#[derive(Debug)]
pub(super) struct Waiting {
    targets: std::collections::VecDeque<Target>,
    goals: Vec<Goal>,
    deadline: Option<Time>,
    /// What went wrong so far; told at the end.
    failures: Vec<Failure>,
    /// Whether the time ran out for one: those behind it are not looked at any more.
    late: bool,
    form: Form,
    /// The first of the objects as it was last seen.
    seen: Option<AnyObject>,
}

impl Waiting {
    /// For objects that were found, with what is said of each.
    fn of(objects: &[AnyObject], goals: Vec<Goal>, form: Form, deadline: Time) -> Self {
        let target = |one: &AnyObject| (one.kind(), one.key(), one.uid());
        Self {
            targets: objects.iter().map(target).collect(),
            goals,
            deadline: Some(deadline),
            failures: Vec::new(),
            late: false,
            form,
            seen: objects.first().cloned(),
        }
    }

    pub(super) fn new(targets: Vec<Target>, goal: Goal, deadline: Option<Time>) -> Self {
        Self {
            targets: targets.into(),
            goals: vec![goal],
            deadline,
            failures: Vec::new(),
            late: false,
            form: Form::Human { wide: false },
            seen: None,
        }
    }
}

/// `pod/x condition met`, or the object in another form.
fn met(form: &mut Form, object: &AnyObject) -> Result<String, Failure> {
    match form.is_human() {
        true => Ok(format!("{}/{} condition met\n", object.kind().word(), object.meta().name)),
        false => form.print(std::slice::from_ref(object), true),
    }
}

impl Process for Waiting {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        while let Some((kind, key, uid)) = self.targets.front().cloned() {
            let object = io.cluster.store().get(kind, &key).filter(|object| object.uid() == uid);
            self.seen = object.clone().or_else(|| self.seen.take());
            let mut all_met = true;
            for goal in &self.goals {
                match goal.met(object.as_ref()) {
                    Ok(met) => all_met &= met,
                    Err(words) => {
                        io.error(&Failure::new(words).lines());
                        return Turn::Done(1);
                    }
                }
            }
            all_met &= !self.late;
            let gone = object.is_none() && !all_met && !self.late;
            let expired = self.deadline.is_some_and(|deadline| io.cluster.now() >= deadline);
            if all_met {
                let told =
                    |goal: &&Goal| !matches!(goal, Goal::Gone { quiet: true } | Goal::Replicas(_));
                for _ in self.goals.iter().filter(told) {
                    // What was gone before anybody looked is no more than its name.
                    let bare =
                        crate::object! { "metadata" => crate::object! { "name" => &key.name } };
                    let object = self.seen.clone();
                    let object = object.unwrap_or_else(|| as_it_stands(kind, &bare));
                    match met(&mut self.form, &object) {
                        Ok(text) => io.out(&text),
                        Err(failure) => io.error(&failure.lines()),
                    }
                }
            } else if gone && kind != Kind::Event {
                self.failures.push(Failure::not_found(kind, &key.name));
            } else if expired {
                self.late = true;
                let name = format!("{}/{}", kind.info().plural, key.name);
                self.failures
                    .push(Failure::new(format!("timed out waiting for the condition on {name}")));
            } else {
                return Turn::Waits(self.deadline);
            }
            self.targets.pop_front();
            self.seen = None;
        }
        match Failure::all(std::mem::take(&mut self.failures)) {
            Some(failure) => {
                io.error(&failure.lines());
                Turn::Done(1)
            }
            None => Turn::Done(0),
        }
    }
}

/// Objects whose making is waited for; then for the rest.
#[derive(Debug)]
struct Creation {
    words: Vec<String>,
    flags: Flags,
    line: Rc<str>,
    goals: Vec<Goal>,
    form: Form,
    deadline: Time,
    /// What comes behind it.
    rest: Option<Waiting>,
}

impl Process for Creation {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        if let Some(rest) = &mut self.rest {
            return rest.poll(io);
        }
        let mut context = Context::again(io, &self.flags, &self.line);
        let found = resources::find(&mut context, &self.words, NEEDS);
        let found = found.and_then(|found| match Failure::all(found.failures) {
            Some(failure) => Err(failure),
            None => Ok(found.objects),
        });
        match found {
            Ok(objects) if !objects.is_empty() => {
                let form = self.form.clone();
                self.rest = Some(Waiting::of(&objects, self.goals.clone(), form, self.deadline));
                return self.poll(io);
            }
            Err(failure) if !failure.is_not_found() => {
                io.error(&failure.lines());
                return Turn::Done(1);
            }
            _ => {}
        }
        if io.cluster.now() >= self.deadline {
            io.error("error: timed out waiting for the condition");
            return Turn::Done(1);
        }
        Turn::Waits(Some(self.deadline))
    }
}

const NEEDS: Needs = Needs { type_is_enough: false, all: true, other_selector: false };

/// Reads `--for`.
fn goal(text: &str) -> Result<Goal, Failure> {
    let lower = text.to_lowercase();
    if lower == "delete" {
        return Ok(Goal::Gone { quiet: false });
    }
    if lower == "create" {
        return Ok(Goal::Created);
    }
    if let Some(rest) = text.strip_prefix("condition=") {
        let (name, status) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Goal::Condition { name: name.to_owned(), status: status.to_owned() });
    }
    if let Some(rest) = text.strip_prefix("jsonpath=") {
        // The path ends at its closing brace; what follows is the value.
        let end = rest.rfind('}').map_or(rest.len(), |at| at + 1);
        let (path, value) = match rest.starts_with('{') {
            true => rest.split_at_checked(end).unwrap_or((rest, "")),
            false => rest
                .split_once('=')
                .map_or((rest, ""), |(path, _)| (path, rest.get(path.len()..).unwrap_or(""))),
        };
        let value = match value.strip_prefix('=') {
            Some(value) => {
                let value = value.trim_matches(['\'', '"']);
                if value.is_empty() {
                    return Err(Failure::new(
                        "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
                    ));
                }
                Some(value.to_owned())
            }
            None if value.is_empty() => None,
            None => {
                return Err(Failure::new(
                    "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
                ));
            }
        };
        let path = relaxed(path).map_err(Failure::new)?;
        let path = JsonPath::parse_plain(&path).map_err(Failure::new)?;
        return Ok(Goal::Path { path, value });
    }
    Err(Failure::new(format!("unrecognized condition: {}", crate::api::error::go_quote(text))))
}

/// Runs `wait`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let mut form = output::form(context, false)?;
    let mut asked: Vec<String> = context.flags.all("for").to_vec();
    if asked.is_empty() {
        asked.push(String::new());
    }
    let goals: Vec<Goal> = asked.iter().map(|text| goal(text)).collect::<Result<_, _>>()?;
    let span = context.flags.span("timeout").unwrap_or(Duration::from_seconds(30));
    // A negative timeout means a week.
    let span = if span < Duration::ZERO { Duration::from_seconds(7 * 86_400) } else { span };
    let deadline = context.cluster.now() + span;
    if goals.iter().any(|goal| matches!(goal, Goal::Created)) {
        let (flags, line) = (context.flags.clone(), Rc::clone(&context.line));
        let creation = Creation { words, flags, line, goals, form, deadline, rest: None };
        return Ok(After::Goes(Box::new(creation)));
    }
    let found = resources::find(context, &words, NEEDS)?;
    let for_delete = goals.iter().any(|goal| matches!(goal, Goal::Gone { .. }));
    if !for_delete && let Some(failure) = Failure::all(found.failures.clone()) {
        return Err(failure);
    }
    if found.objects.is_empty() {
        return match for_delete {
            true => DONE,
            false => Err(Failure::new("no matching resources found")),
        };
    }
    if span == Duration::ZERO {
        return once(context, &found.objects, &goals, &mut form);
    }
    Ok(After::Goes(Box::new(Waiting::of(&found.objects, goals, form, deadline))))
}

/// `--timeout=0`: looked at once.
fn once(
    context: &mut Context<'_>,
    objects: &[AnyObject],
    goals: &[Goal],
    form: &mut Form,
) -> Result<After, Failure> {
    let mut failures = Vec::new();
    for object in objects {
        for goal in goals {
            if !goal.met(Some(object)).map_err(Failure::new)? {
                let name = format!("{}/{}", object.kind().info().plural, object.meta().name);
                failures.push(Failure::new(format!("condition not met for {name}")));
                break;
            }
            let text = met(form, object)?;
            context.out(&text);
        }
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}
