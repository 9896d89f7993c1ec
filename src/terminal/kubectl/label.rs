//! `kubectl label` and `kubectl annotate`. Follows `pkg/cmd/label` and `pkg/cmd/annotate`.

use super::apply::as_it_stands;
use super::create::print;
use super::output;
use super::problem::Failure;
use super::record::CAUSE;
use super::resources::{self, Needs};
use super::{After, Context, DONE, Dry};
use crate::api::error::go_quote;
use crate::api::meta::Labels;
use crate::api::names;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::Patch;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Labels,
    Annotations,
}

impl Target {
    const fn field(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Annotations => "annotations",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Labels => "label",
            Self::Annotations => "annotation",
        }
    }

    fn of(self, object: &AnyObject) -> &Labels {
        match self {
            Self::Labels => &object.meta().labels,
            Self::Annotations => &object.meta().annotations,
        }
    }
}

/// What is wanted.
#[derive(Debug, Default)]
struct Change {
    set: Vec<(String, String)>,
    remove: Vec<String>,
}

/// Words before the first change name resources, the rest are changes.
///
/// # Errors
/// `all resources must be specified before label changes: x`
pub(super) fn split<'a>(
    words: &'a [String],
    word: &str,
) -> Result<(&'a [String], &'a [String]), Failure> {
    let changes = |word: &String| {
        word.contains('=') && !word.starts_with('=') || word.ends_with('-') && word != "-"
    };
    let at = words.iter().position(changes).unwrap_or(words.len());
    let (resources, pairs) = words.split_at_checked(at).unwrap_or((words, &[]));
    match pairs.iter().find(|pair| !changes(pair)) {
        Some(wrong) => Err(Failure::new(format!(
            "all resources must be specified before {word} changes: {wrong}"
        ))),
        None => Ok((resources, pairs)),
    }
}

fn parse(target: Target, pairs: &[String]) -> Result<Change, Failure> {
    let mut change = Change::default();
    for pair in pairs {
        match pair.split_once('=') {
            Some((key, value)) if target == Target::Labels => {
                if value.contains('=') {
                    return Err(Failure::new(format!("invalid label spec: {pair}")));
                }
                let wrong = names::label_value(value);
                if !wrong.is_empty() {
                    return Err(Failure::new(format!(
                        "invalid label value: {}: {}",
                        go_quote(pair),
                        wrong.join(";")
                    )));
                }
                change.set.push((key.to_owned(), value.to_owned()));
            }
            Some((key, value)) => change.set.push((key.to_owned(), value.to_owned())),
            None => {
                let key = pair.strip_suffix('-').unwrap_or(pair);
                change.remove.push(key.to_owned());
            }
        }
    }
    let both: Vec<&str> = (change.remove.iter())
        .filter(|key| change.set.iter().any(|(set, _)| set == *key))
        .map(String::as_str)
        .collect();
    match (both.is_empty(), target) {
        (true, _) => Ok(change),
        (false, Target::Labels) => {
            Err(Failure::new("can not both modify and remove a label in the same command"))
        }
        (false, Target::Annotations) => Err(Failure::new(format!(
            "can not both modify and remove the following annotation(s) in the same command: {}",
            both.join(", ")
        ))),
    }
}

/// Runs `label` or `annotate`.
pub(super) fn run(context: &mut Context<'_>, target: Target) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let (resources, pairs) = split(&words, target.word())?;
    let change = parse(target, pairs)?;
    let list = context.flags.has("list");
    for flag in ["selector", "field-selector"] {
        if context.flags.has("all") && context.flags.given(flag) {
            return Err(Failure::new(format!("cannot set --all and --{flag} at the same time")));
        }
    }
    let local = context.flags.has("local");
    if local {
        resources::check_local(context)?;
        let file = if target == Target::Labels {
            ("pod.yaml", "pod.json")
        } else {
            ("rsrc.yaml", "rsrc.json")
        };
        let files = format!("-f {} or --filename={}", file.0, file.1);
        if !resources.is_empty() {
            return Err(Failure::new(format!(
                "can only use local files by {files} when --local=true is set"
            )));
        }
        if context.flags.all("filename").is_empty() {
            return Err(Failure::new(format!("one or more files must be specified as {files}")));
        }
    }
    if resources.is_empty() && context.flags.all("filename").is_empty() {
        return Err(Failure::new(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if change.set.is_empty() && change.remove.is_empty() && !list {
        return Err(Failure::new(format!("at least one {} update is required", target.word())));
    }
    let mut form = output::form(context, false)?;
    let found = match local {
        true => resources::local(context, |document| document.decoded.raw.clone())?,
        false => resources::find(context, resources, Needs { all: true, ..Needs::default() })?,
    };
    if context.flags.given("resource-version") && !found.single {
        return Err(Failure::new("--resource-version may only be used with a single resource"));
    }
    let mut failures = found.failures;
    for object in &found.objects {
        let result =
            one(context, target, &change, object, list).and_then(|(object, verb)| match list {
                true => {
                    show_list(context, target, &object, found.single);
                    Ok(())
                }
                false => print(context, &mut form, &object, verb),
            });
        failures.extend(result.err());
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// Refuses to change what has another value, unless `--overwrite`.
fn check_overwrite(
    context: &Context<'_>,
    target: Target,
    change: &Change,
    object: &AnyObject,
) -> Option<Failure> {
    if context.flags.has("overwrite") {
        return None;
    }
    let now = target.of(object);
    let clash = |(key, value): &(String, String)| match now.text(key) {
        Some(old) if old != value => {
            let free = target == Target::Annotations && key == "kubernetes.io/change-cause";
            (!free).then(|| format!("'{key}' already has a value ({old})"))
        }
        _ => None,
    };
    let clashes: Vec<String> = change.set.iter().filter_map(clash).collect();
    match (clashes.is_empty(), target) {
        (true, _) => None,
        (false, Target::Labels) => Failure::all(
            clashes
                .into_iter()
                .map(|clash| Failure::new(format!("{clash}, and --overwrite is false")))
                .collect(),
        ),
        (false, Target::Annotations) => Some(Failure::new(format!(
            "--overwrite is false but found the following declared annotation(s): {}",
            clashes.join("; ")
        ))),
    }
}

fn one(
    context: &mut Context<'_>,
    target: Target,
    change: &Change,
    object: &AnyObject,
    list: bool,
) -> Result<(AnyObject, &'static str), Failure> {
    let files = context.flags.has("local");
    let local = list || files || context.dry() == Dry::Client;
    let now = target.of(object);
    if target == Target::Labels && !local {
        for key in change.remove.iter().filter(|key| now.text(key).is_none()) {
            context.out(&format!("label {} not found.\n", go_quote(key)));
        }
    }
    if let Some(failure) = check_overwrite(context, target, change, object) {
        return Err(failure);
    }
    let mut patch = Value::empty_object();
    let (mut added, mut removed) = (false, false);
    for (key, value) in &change.set {
        if now.text(key) != Some(value) {
            patch.set(key, value.as_str());
            added = true;
        }
    }
    for key in change.remove.iter().filter(|key| now.text(key).is_some()) {
        patch.set(key, Value::Null);
        removed = true;
    }
    let verb = match (target, added, removed) {
        (Target::Annotations, _, _) => "annotated",
        (Target::Labels, true, true) => "modified",
        (Target::Labels, true, false) => "labeled",
        (Target::Labels, false, true) => "unlabeled",
        (Target::Labels, false, false) => "not labeled",
    };
    let mut fields = crate::object! { target.field() => patch };
    if local {
        let patch = crate::object! { "metadata" => fields };
        let changed = crate::apiserver::patch::merge_patch(&object.to_value(), &patch);
        let changed = match files {
            true => as_it_stands(object.kind(), &changed),
            false => AnyObject::from_value(object.kind(), &changed),
        };
        return Ok((changed, verb));
    }
    if !added && !removed && target == Target::Labels {
        return Ok((object.clone(), verb));
    }
    let version = context.flags.text("resource-version");
    if !version.is_empty() {
        fields.set("resourceVersion", version);
    }
    // What is typed for the annotation itself comes last.
    if let Some(cause) = context.cause()
        && fields.at(&["annotations", CAUSE]).is_none()
    {
        fields.child("annotations").set(CAUSE, cause);
    }
    let patch = crate::object! { "metadata" => fields };
    let written = context.send_patch(object.kind(), &object.key(), Patch::Merge(patch))?;
    Ok((written.object, verb))
}

fn show_list(context: &mut Context<'_>, target: Target, object: &AnyObject, single: bool) {
    let (kind, meta) = (object.kind(), object.meta());
    let mut text = String::new();
    let indent = if single { "" } else { " " };
    if !single {
        let info = kind.info();
        text.push_str(&format!(
            "Listing {} for {}.{}/{}:\n",
            target.field(),
            info.name,
            info.group,
            meta.name
        ));
    }
    for (key, value) in target.of(object).iter() {
        text.push_str(&format!("{indent}{key}={value}\n"));
    }
    context.out(&text);
}
