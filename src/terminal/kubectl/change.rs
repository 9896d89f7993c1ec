//! Changing and deleting objects. Follows `pkg/cmd/{delete,label,annotate,scale,patch,drain,taint}`.

use std::rc::Rc;

use super::{Context, Named, Outcome, api_error, chosen, files, resources};
use crate::api::core::{Effect as TaintEffect, Node, Taint};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::api::{ApiError, names};
use crate::cluster::Patch;
use crate::reconcile::{DeleteOptions, Propagation};
use crate::terminal::run::{Effect, Follow};

const NOTHING: &str = "error: You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

/// The objects that a changing command names, by `-f` too.
fn targets(context: &Context<'_>, outcome: &mut Outcome) -> Option<Vec<AnyObject>> {
    if !context.flags.all("filename").is_empty() {
        let documents = files::documents(context, outcome)?;
        let mut objects = Vec::new();
        for document in documents {
            let key = ObjectKey::new(Rc::clone(&document.namespace), document.decoded.name());
            match context.cluster.store().get(document.kind, &key) {
                Some(object) => objects.push(object),
                None => {
                    outcome.status = 1;
                    let error = ApiError::not_found(&document.kind.resource(), &key.name);
                    let file = crate::api::error::go_quote(&document.file);
                    outcome.err.push_str(&format!(
                        "Error from server (NotFound): error when deleting {file}: {}\n",
                        error.message
                    ));
                }
            }
        }
        return Some(objects);
    }
    if context.flags.words.is_empty() {
        *outcome = Outcome::fail(NOTHING);
        return None;
    }
    let whole = matches!(resources(&context.flags.words), Ok(Named::Kinds(_)));
    if whole && !context.flags.has("all") && context.flags.value("selector").is_none() {
        *outcome = Outcome::fail("error: resource(s) were provided, but no name was specified");
        return None;
    }
    match chosen(context) {
        Ok((objects, errors)) => {
            let quiet = context.flags.has("ignore-not-found");
            if !errors.is_empty() && !quiet {
                outcome.err.push_str(&errors);
                outcome.status = 1;
            }
            Some(objects)
        }
        Err(failed) => {
            *outcome = failed;
            None
        }
    }
}

/// `delete`.
pub(super) fn delete(context: &mut Context<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(objects) = targets(context, &mut outcome) else { return outcome };
    if objects.is_empty() && outcome.err.is_empty() {
        outcome.err = "No resources found\n".into();
    }
    let propagation = match context.flags.value("cascade") {
        None | Some("background" | "true") => Propagation::Background,
        Some("foreground") => Propagation::Foreground,
        Some("orphan" | "false") => Propagation::Orphan,
        Some(other) => {
            return Outcome::fail(format!(
                "error: invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            ));
        }
    };
    let force = context.flags.has("force");
    let mut grace = context
        .flags
        .value("grace-period")
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|grace| *grace >= 0);
    if context.flags.has("now") {
        grace = Some(1);
    }
    if force && grace.is_none() {
        grace = Some(0);
    }
    if grace == Some(0) && !force {
        grace = Some(1);
    }
    if force {
        outcome.err.push_str("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n");
    }
    let mut waits = Vec::new();
    for object in objects {
        let (kind, key, uid) = (object.kind(), object.key(), object.uid());
        let how = DeleteOptions { propagation: Some(propagation), grace_seconds: grace, uid: None };
        let options = context.write();
        match context.cluster.delete(kind, &key, &how, &options) {
            Ok(_) => {
                let word = if force { "force deleted" } else { "deleted" };
                let from = if key.namespace.is_empty() {
                    String::new()
                } else {
                    format!(" from {} namespace", key.namespace)
                };
                let dry = context.dry_suffix();
                let head = kind.word();
                outcome.out.push_str(&format!("{head} \"{}\" {word}{from}{dry}\n", key.name));
                waits.push((kind, key, uid));
            }
            Err(error) => {
                outcome.err.push_str(&api_error(&error));
                outcome.status = 1;
            }
        }
    }
    if context.flags.value("wait") != Some("false")
        && !force
        && context.dry_suffix().is_empty()
        && !waits.is_empty()
    {
        outcome.follow = Some(Follow::Gone(waits));
    }
    outcome
}

/// `label` and `annotate`: `KEY=VALUE`, `KEY-`.
pub(super) fn label(context: &mut Context<'_>, labels: bool) -> Outcome {
    let what = if labels { "label" } else { "annotation" };
    let words = std::mem::take(&mut context.flags.words);
    let is_change = |word: &String| word.contains('=') || (word.ends_with('-') && word.len() > 1);
    let first_change = words.iter().skip(1).position(is_change).map_or(words.len(), |at| at + 1);
    let (objects, changes) = words.split_at_checked(first_change).unwrap_or((&words, &[]));
    context.flags.words = objects.to_vec();
    if changes.is_empty() {
        return Outcome::fail(format!("error: at least one {what} update is required"));
    }
    let set: Vec<(&str, &str)> =
        changes.iter().filter_map(|change| change.split_once('=')).collect();
    let removed: Vec<&str> = changes
        .iter()
        .filter(|change| !change.contains('='))
        .filter_map(|change| change.strip_suffix('-'))
        .collect();
    if set.iter().any(|(key, _)| removed.contains(key)) {
        return Outcome::fail(format!(
            "error: can not both modify and remove a {what} in the same command"
        ));
    }
    if labels {
        for (key, value) in &set {
            let wrong = names::label_value(value);
            if !wrong.is_empty() {
                return Outcome::fail(format!(
                    "error: invalid label value: \"{key}={value}\": {}",
                    wrong.join("; ")
                ));
            }
        }
    }
    let mut outcome = Outcome::default();
    let Some(found) = targets(context, &mut outcome) else { return outcome };
    for object in found {
        label_one(context, &object, labels, &set, &removed, &mut outcome);
    }
    outcome
}

fn label_one(
    context: &mut Context<'_>,
    object: &AnyObject,
    labels: bool,
    set: &[(&str, &str)],
    removed: &[&str],
    outcome: &mut Outcome,
) {
    let meta = object.meta();
    let have = if labels { &meta.labels } else { &meta.annotations };
    if !context.flags.has("overwrite") {
        let clash = set.iter().find(|(key, value)| have.text(key).is_some_and(|old| old != *value));
        if let Some((key, _)) = clash {
            let old = have.text(key).unwrap_or_default();
            outcome.status = 1;
            outcome.err.push_str(&match labels {
                true => format!("error: '{key}' already has a value ({old}), and --overwrite is false\n"),
                false => format!("error: --overwrite is false but found the following declared annotation(s): '{key}' already has a value ({old})\n"),
            });
            return;
        }
    }
    let field = if labels { "labels" } else { "annotations" };
    let mut map = Value::empty_object();
    for (key, value) in set {
        map.set(key, *value);
    }
    for key in removed {
        if have.text(key).is_none() {
            outcome.out.push_str(&format!(
                "{} \"{key}\" not found.\n",
                if labels { "label" } else { "annotation" }
            ));
        }
        map.make_map().insert((*key).into(), Value::Null);
    }
    let mut metadata = Value::empty_object();
    metadata.set(field, map);
    let patch = Patch::Merge(crate::object! { "metadata" => metadata });
    let options = context.write();
    match context.cluster.patch(object.kind(), &object.key(), patch, &options) {
        Ok(written) => {
            let verb = match (labels, written.changed, set.is_empty(), removed.is_empty()) {
                (false, ..) => "annotated",
                (true, false, ..) => "not labeled",
                (true, true, true, _) => "unlabeled",
                (true, true, false, true) => "labeled",
                (true, true, false, false) => "modified",
            };
            files::show(context, &written.object, verb, outcome);
        }
        Err(error) => {
            outcome.err.push_str(&api_error(&error));
            outcome.status = 1;
        }
    }
}

/// `scale`.
pub(super) fn scale(context: &mut Context<'_>) -> Outcome {
    let Some(replicas) = context.flags.value("replicas").and_then(|text| text.parse::<i64>().ok())
    else {
        return Outcome::fail("error: required flag(s) \"replicas\" not set");
    };
    if replicas < 0 {
        return Outcome::fail(
            "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        );
    }
    let mut outcome = Outcome::default();
    let Some(objects) = targets(context, &mut outcome) else { return outcome };
    for object in objects {
        let options = context.write();
        match context.cluster.scale(object.kind(), &object.key(), replicas, &options) {
            Ok(written) => files::show(context, &written.object, "scaled", &mut outcome),
            Err(error) => {
                outcome.err.push_str(&api_error(&error));
                outcome.status = 1;
            }
        }
    }
    outcome
}

/// `patch`.
pub(super) fn patch(context: &mut Context<'_>) -> Outcome {
    let Some(text) = context.flags.value("patch").map(str::to_owned) else {
        return Outcome::fail(
            "error: must specify --patch or --patch-file containing the contents of the patch",
        );
    };
    let parsed = Value::from_json(&text).ok().or_else(|| {
        let wrapped = crate::manifest::load("patch", text.as_bytes());
        wrapped.into_iter().next().map(|decoded| decoded.raw)
    });
    let Some(value) = parsed.filter(|value| matches!(value, Value::Object(_) | Value::Array(_)))
    else {
        return Outcome::fail(format!("error: unable to parse \"{text}\": invalid JSON"));
    };
    let patch = match context.flags.value("type").unwrap_or("strategic") {
        "strategic" => Patch::Strategic(value),
        "merge" => Patch::Merge(value),
        "json" => Patch::Json(value),
        other => {
            return Outcome::fail(format!(
                "error: --type must be one of [json merge strategic], not {other:?}"
            ));
        }
    };
    let mut outcome = Outcome::default();
    let Some(objects) = targets(context, &mut outcome) else { return outcome };
    for object in objects {
        let options = context.write();
        match context.cluster.patch(object.kind(), &object.key(), patch.clone(), &options) {
            Ok(written) => {
                let verb = if written.changed { "patched" } else { "patched (no change)" };
                files::show(context, &written.object, verb, &mut outcome);
            }
            Err(error) => {
                outcome.err.push_str(&api_error(&error));
                outcome.status = 1;
            }
        }
    }
    outcome
}

/// `edit`: the object becomes a file of the editor.
pub(super) fn edit(context: &mut Context<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(objects) = targets(context, &mut outcome) else { return outcome };
    for object in objects {
        let name = format!("{}-{}.yaml", object.kind().name().to_lowercase(), object.meta().name);
        let mut value = object.to_value();
        value.remove("status");
        context.terminal.files.insert(name.clone(), crate::manifest::to_yaml(&value).into());
        outcome.effects.push(Effect::OpenEditor(name));
    }
    outcome
}

/// `cordon` and `uncordon`.
pub(super) fn cordon(context: &mut Context<'_>, on: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let (word, already) =
        if on { ("cordoned", "already cordoned") } else { ("uncordoned", "already uncordoned") };
    let words = std::mem::take(&mut context.flags.words);
    if words.is_empty() {
        return Outcome::fail(format!(
            "error: USAGE: {} NODE [flags]",
            if on { "cordon" } else { "uncordon" }
        ));
    }
    for name in words {
        let name = name.strip_prefix("node/").unwrap_or(&name).to_owned();
        let key = ObjectKey::cluster(name.as_str());
        let patch = Patch::Merge(
            crate::object! { "spec" => crate::object! { "unschedulable" => if on { Value::Bool(true) } else { Value::Null } } },
        );
        let options = context.write();
        match context.cluster.patch(Kind::Node, &key, patch, &options) {
            Ok(written) => outcome.out.push_str(&format!(
                "node/{name} {}\n",
                if written.changed { word } else { already }
            )),
            Err(error) => {
                outcome.err.push_str(&api_error(&error));
                outcome.status = 1;
            }
        }
    }
    outcome
}

/// `taint nodes NAME KEY=VALUE:EFFECT …`.
pub(super) fn taint(context: &mut Context<'_>) -> Outcome {
    let words = std::mem::take(&mut context.flags.words);
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .skip_while(|word| matches!(*word, "node" | "nodes" | "no"))
        .collect();
    let (names, specs): (Vec<&str>, Vec<&str>) = words
        .into_iter()
        .partition(|word| !word.contains(':') && !word.contains('=') && !word.ends_with('-'));
    if names.is_empty() || specs.is_empty() {
        return Outcome::fail("error: at least one taint update is required");
    }
    let mut outcome = Outcome::default();
    for name in names {
        let name =
            name.strip_prefix("node/").or_else(|| name.strip_prefix("nodes/")).unwrap_or(name);
        let key = ObjectKey::cluster(name);
        let Some(node) = context.cluster.store().nodes().get(&key).cloned() else {
            return Outcome::fail(api_error(&ApiError::not_found("nodes", name)));
        };
        let overwrite = context.flags.has("overwrite");
        let (taints, verb) = match changed_taints(&node, &specs, overwrite) {
            Ok(done) => done,
            Err(message) => return Outcome::fail(message),
        };
        let shown: Vec<Value> = taints.iter().map(Taint::to_value).collect();
        let patch = Patch::Merge(crate::object! { "spec" => crate::object! { "taints" => shown } });
        let options = context.write();
        match context.cluster.patch(Kind::Node, &key, patch, &options) {
            Ok(_) => outcome.out.push_str(&format!("node/{name} {verb}\n")),
            Err(error) => return Outcome::fail(api_error(&error)),
        }
    }
    outcome
}

fn changed_taints(
    node: &Node,
    specs: &[&str],
    overwrite: bool,
) -> Result<(Vec<Taint>, &'static str), String> {
    let mut taints = node.spec.taints.clone();
    let (mut added, mut removed) = (false, false);
    for spec in specs {
        if let Some(gone) = spec.strip_suffix('-') {
            let (key, effect) =
                gone.split_once(':').map_or((gone, None), |(key, effect)| (key, Some(effect)));
            let key = key.split('=').next().unwrap_or(key);
            let before = taints.len();
            taints.retain(|taint| {
                !(&*taint.key == key && effect.is_none_or(|effect| taint.effect.word() == effect))
            });
            if taints.len() == before {
                return Err(format!("error: taint \"{gone}\" not found"));
            }
            removed = true;
            continue;
        }
        let Some((pair, effect)) = spec.rsplit_once(':') else {
            return Err(format!("error: invalid taint spec: {spec}"));
        };
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(effect) = TaintEffect::from_word(effect) else {
            return Err(format!("error: invalid taint effect: {effect}, unsupported taint effect"));
        };
        let same = |taint: &&mut Taint| &*taint.key == key && taint.effect == effect;
        match taints.iter_mut().find(same) {
            Some(_) if !overwrite => {
                return Err(format!(
                    "error: node {} already has {key} taint(s) with same effect(s) and --overwrite is false",
                    node.meta.name
                ));
            }
            Some(taint) => taint.value = value.into(),
            None => {
                taints.push(Taint { key: key.into(), value: value.into(), effect, added: None })
            }
        }
        added = true;
    }
    Ok((
        taints,
        match (added, removed) {
            (true, true) => "modified",
            (false, true) => "untainted",
            _ => "tainted",
        },
    ))
}
