//! `kubectl cordon`, `uncordon`, `taint`. Follows `pkg/cmd/drain` and `pkg/cmd/taint`.

use super::create::print;
use super::output;
use super::problem::Failure;
use super::resources::{self, Named, Needs};
use super::{After, Context, DONE, Dry};
use crate::api::core::{Effect, Node, Taint};
use crate::api::kind::Kind;
use crate::api::names;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::Patch;

/// The nodes that a command names, as `NAME`, `node/NAME`, or by selector.
///
/// # Errors
/// kubectl's words.
pub(super) fn targets(context: &mut Context<'_>, command: &str) -> Result<Vec<AnyObject>, Failure> {
    let words = context.flags.words.clone();
    let selects = context.flags.given("selector");
    if words.is_empty() && !selects {
        return Err(Failure::usage(command, &format!("USAGE: {command} NODE [flags]")));
    }
    if !words.is_empty() && selects {
        let words = "error: cannot specify both a node name and a --selector option";
        return Err(Failure::usage(command, words));
    }
    if selects {
        let selectors = resources::selectors(context, Kind::Node)?;
        return Ok(resources::list(context, Kind::Node, &selectors));
    }
    let mut names = Vec::new();
    for word in &words {
        match word.contains('/') {
            true => match resources::named(std::slice::from_ref(word))? {
                Named::Objects(objects) => names.extend(objects),
                Named::Types(_) | Named::Nothing => {}
            },
            false => names.push((Kind::Node, word.clone())),
        }
    }
    // The first that is missing, or no node, ends it before anything is done.
    for (kind, name) in &names {
        let found = resources::by_name(context, &[(*kind, name.clone())]);
        if let Some(failure) = Failure::all(found.failures) {
            return Err(failure);
        }
        if *kind != Kind::Node {
            let (group, version) = match kind.info().group {
                "" => ("", kind.api_version()),
                _ => kind.api_version().split_once('/').unwrap_or_default(),
            };
            let plural = kind.info().plural;
            return Err(Failure::new(format!(
                "error: expected resource of type node, got \"{group}/{version}, Resource={plural}\""
            )));
        }
    }
    Ok(resources::by_name(context, &names).objects)
}

/// Runs `cordon` or `uncordon`.
pub(super) fn cordon(context: &mut Context<'_>, on: bool) -> Result<After, Failure> {
    let command = if on { "cordon" } else { "uncordon" };
    let mut failures = Vec::new();
    for object in &targets(context, command)? {
        let AnyObject::Node(node) = object else { continue };
        failures.extend(cordon_one(context, node, on).err());
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// Cordons a node and says so.
pub(super) fn cordon_one(context: &mut Context<'_>, node: &Node, on: bool) -> Result<(), Failure> {
    let name = &node.meta.name;
    let verb = if on { "cordoned" } else { "uncordoned" };
    let suffix = context.dry().suffix();
    if node.spec.unschedulable == on {
        context.out(&format!("node/{name} already {verb}{suffix}\n"));
        return Ok(());
    }
    if context.dry() != Dry::Client {
        let value = if on { Value::Bool(true) } else { Value::Null };
        let spec = crate::object! { "unschedulable" => value };
        let patch = Patch::Strategic(crate::object! { "spec" => spec });
        let line = |failure: Failure| {
            let words = failure.lines();
            Failure::new(format!(
                "unable to {command} node \"{name}\": {}",
                words.trim_end(),
                command = verb.trim_end_matches("ed")
            ))
        };
        context.send_patch(Kind::Node, &node.meta.key(), patch).map_err(line)?;
    }
    context.out(&format!("node/{name} {verb}{suffix}\n"));
    Ok(())
}

/// A taint to add, or to take away (then without a value, and perhaps without an effect).
#[derive(Clone, Debug)]
struct Spec {
    key: String,
    value: String,
    effect: Option<Effect>,
    text: String,
}

fn parse(text: &str) -> Result<Spec, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (pair, effect) = match parts.as_slice() {
        [key] => (*key, None),
        [pair, effect] => match Effect::from_word(effect) {
            Some(effect) => (*pair, Some(effect)),
            None => {
                return Err(format!("invalid taint effect: {effect}, unsupported taint effect"));
            }
        },
        _ => return Err(format!("invalid taint spec: {text}")),
    };
    let (key, value) = match effect {
        Some(_) => pair.split_once('=').unwrap_or((pair, "")),
        None => (pair, ""),
    };
    if value.contains('=') {
        return Err(format!("invalid taint spec: {text}"));
    }
    let mut wrong = names::label_value(value);
    if wrong.is_empty() {
        wrong = names::label_key(key);
    }
    match wrong.is_empty() {
        true => {
            Ok(Spec { key: key.to_owned(), value: value.to_owned(), effect, text: text.to_owned() })
        }
        false => Err(format!("invalid taint spec: {text}, {}", wrong.join("; "))),
    }
}

/// Runs `taint`.
pub(super) fn taint(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let is_taint = |word: &String| word.contains(['=', ':']) || word.ends_with('-');
    let at = words.iter().position(is_taint).unwrap_or(words.len());
    let (things, specs) = words.split_at_checked(at).unwrap_or((&words, &[]));
    if let Some(wrong) = specs.iter().find(|word| !is_taint(word)) {
        return Err(Failure::new(format!(
            "all resources must be specified before taint changes: {wrong}"
        )));
    }
    if things.is_empty() {
        return Err(Failure::new("one or more resources must be specified as <resource> <name>"));
    }
    if specs.is_empty() {
        return Err(Failure::new("at least one taint update is required"));
    }
    let usage = |words: String| Failure::usage("taint", &words);
    let (mut add, mut remove): (Vec<Spec>, Vec<Spec>) = (Vec::new(), Vec::new());
    for text in specs {
        match text.strip_suffix('-') {
            Some(gone) => remove.push(parse(gone).map_err(usage)?),
            None => {
                let spec = parse(text).map_err(usage)?;
                if spec.effect.is_none() {
                    return Err(usage(format!("invalid taint spec: {text}")));
                }
                let same = |one: &Spec| one.key == spec.key && one.effect == spec.effect;
                if add.iter().any(same) {
                    let effect = spec.effect.map_or("", Effect::word);
                    return Err(usage(format!(
                        "duplicated taints with the same key and effect: {{{} {} {effect} <nil>}}",
                        spec.key, spec.value
                    )));
                }
                add.push(spec);
            }
        }
    }
    check(context, things, &add, &remove)?;
    let mut form = output::form(context, false)?.of_structs();
    // With a selector, names are not looked at.
    let selects = context.flags.has("all") || !context.flags.text("selector").is_empty();
    let nodes = ["node".to_owned()];
    let things = if selects { &nodes[..] } else { things };
    let found = resources::find(context, things, Needs { all: true, ..Needs::default() })?;
    let mut failures = found.failures;
    for object in &found.objects {
        let AnyObject::Node(node) = object else { continue };
        let result = taint_one(context, node, &add, &remove)
            .and_then(|(object, verb)| print(context, &mut form, &object, verb));
        failures.extend(result.err());
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

fn check(
    context: &Context<'_>,
    things: &[String],
    add: &[Spec],
    remove: &[Spec],
) -> Result<(), Failure> {
    let first = things.first().map_or("", String::as_str);
    let word = first.split('/').next().unwrap_or(first);
    if resources::kind(word)? != Kind::Node {
        let word = word.to_lowercase();
        return Err(Failure::new(format!(
            "invalid resource type {word}, only node types are supported"
        )));
    }
    let clash = |one: &Spec| {
        let same = add.iter().any(|other| {
            one.key == other.key && (one.effect.is_none() || one.effect == other.effect)
        });
        same.then(|| format!("{}={}", one.key, one.effect.map_or("", Effect::word)))
    };
    let both: Vec<String> = remove.iter().filter_map(clash).collect();
    if !both.is_empty() {
        return Err(Failure::new(format!(
            "can not both modify and remove the following taint(s) in the same command: {}",
            both.join(", ")
        )));
    }
    let chosen = context.flags.has("all") || context.flags.given("selector");
    if context.flags.has("all") && context.flags.given("selector") {
        return Err(Failure::new(
            "setting 'all' parameter with a non empty selector is prohibited",
        ));
    }
    if !chosen && things.len() < 2 && !first.contains('/') {
        return Err(Failure::new(
            "at least one resource name must be specified since 'all' parameter is not set",
        ));
    }
    Ok(())
}

fn taint_one(
    context: &mut Context<'_>,
    node: &Node,
    add: &[Spec],
    remove: &[Spec],
) -> Result<(AnyObject, &'static str), Failure> {
    let old = &node.spec.taints;
    let overwrite = context.flags.has("overwrite");
    let same =
        |taint: &Taint, spec: &Spec| *taint.key == *spec.key && Some(taint.effect) == spec.effect;
    if !overwrite {
        let clash = add.iter().filter(|spec| old.iter().any(|taint| same(taint, spec)));
        let clash: Vec<&str> = clash.map(|spec| spec.key.as_str()).collect();
        if !clash.is_empty() {
            return Err(Failure::new(format!(
                "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
                node.meta.name,
                clash.join(",")
            )));
        }
    }
    let mut taints: Vec<Taint> = Vec::new();
    for spec in add {
        taints.push(Taint {
            key: spec.key.as_str().into(),
            value: spec.value.as_str().into(),
            effect: spec.effect.unwrap_or(Effect::NoSchedule),
            added: None,
        });
    }
    let kept = old.iter().filter(|taint| !add.iter().any(|spec| same(taint, spec)));
    taints.extend(kept.cloned());
    let added = taints.len() != old.len();
    let (mut removed, mut failures) = (false, Vec::new());
    for spec in remove {
        let before = taints.len();
        taints.retain(|taint| {
            *taint.key != *spec.key || spec.effect.is_some_and(|effect| effect != taint.effect)
        });
        removed = taints.len() != before;
        if !removed {
            let shown = match spec.effect {
                Some(effect) => format!("{}:{}", spec.key, effect.word()),
                None => spec.text.clone(),
            };
            failures.push(Failure::new(format!("taint \"{shown}\" not found")));
        }
    }
    if let Some(failure) = Failure::all(failures) {
        return Err(failure);
    }
    let verb = match () {
        () if added && removed || overwrite => "modified",
        () if added => "tainted",
        () => "untainted",
    };
    let list: Vec<Value> = taints.iter().map(Taint::to_value).collect();
    let spec = crate::object! { "taints" => list };
    let patch = crate::object! { "spec" => spec };
    if context.dry() == Dry::Client {
        let value = crate::apiserver::patch::merge_patch(
            &crate::api::object::Resource::to_value(node),
            &patch,
        );
        return Ok((AnyObject::from_value(Kind::Node, &value), verb));
    }
    let written = context.send_patch(Kind::Node, &node.meta.key(), Patch::Merge(patch))?;
    Ok((written.object, verb))
}
