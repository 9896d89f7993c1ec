//! `kubectl set image | env | resources | selector | serviceaccount`. Follows `pkg/cmd/set`.

mod env;

use super::apply::as_it_stands;
use super::create::print;
use super::label::split;
use super::output::{self, Form};
use super::problem::Failure;
use super::resources::{self, Needs};
use super::{After, Context, DONE, Dry};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::object::AnyObject;
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::apiserver::patch::three_way;
use crate::cluster::Patch;
use crate::containers::shell::glob::glob;

/// Runs `set WHAT`.
pub(super) fn run(context: &mut Context<'_>, command: &str) -> Result<After, Failure> {
    match command.strip_prefix("set").unwrap_or("").trim() {
        "image" => image(context),
        "env" => env::run(context),
        "resources" => resource_amounts(context),
        "selector" => selector(context),
        "serviceaccount" => service_account(context),
        _ => match context.flags.words.first() {
            Some(word) => Err(super::help::unknown_subcommand("set", word)),
            None => {
                let text = super::help::of("set");
                context.out(&text);
                Ok(After::Status(1))
            }
        },
    }
}

/// Where the pod spec of a kind lies.
const fn pod_spec(kind: Kind) -> Option<&'static [&'static str]> {
    match kind {
        Kind::Pod => Some(&["spec"]),
        Kind::CronJob => Some(&["spec", "jobTemplate", "spec", "template", "spec"]),
        Kind::Deployment
        | Kind::ReplicaSet
        | Kind::ReplicationController
        | Kind::DaemonSet
        | Kind::StatefulSet
        | Kind::Job => Some(&["spec", "template", "spec"]),
        _ => None,
    }
}

/// Runs a change on each container of an object's pod spec; the changed object.
fn change(
    object: &AnyObject,
    mut each: impl FnMut(&mut Value, &str),
) -> Result<(Value, Value), Failure> {
    change_spec(object, |spec| {
        for group in ["initContainers", "containers"] {
            if !spec.items_at(group).is_empty() {
                spec.child(group).make_items().iter_mut().for_each(|one| each(one, group));
            }
        }
    })
}

/// Runs a change on an object's pod spec; the object as it was, and changed.
fn change_spec(
    object: &AnyObject,
    run: impl FnOnce(&mut Value),
) -> Result<(Value, Value), Failure> {
    let Some(path) = pod_spec(object.kind()) else {
        let (kind, name) = (object.kind(), &object.meta().name);
        let plural = kind.info().plural;
        let go = format!("*v1.{}", kind.name());
        return Err(Failure::new(format!(
            "error: {plural}/{name} the object is not a pod or does not have a pod template: {go}\n"
        )));
    };
    let old = object.to_value();
    let mut new = old.clone();
    run(path.iter().fold(&mut new, |value, key| value.child(key)));
    Ok((old, new))
}

/// Sends what changed; says so, or nothing if nothing did.
fn send(
    context: &mut Context<'_>,
    form: &mut Form,
    object: &AnyObject,
    old: &Value,
    new: &Value,
    (verb, failed): (&str, &str),
) -> Result<(), Failure> {
    match *old == context.recorded(new.clone()) {
        true => Ok(()),
        false => send_any(context, form, object, old, new, (verb, failed)),
    }
}

/// The same, also where nothing changed.
fn send_any(
    context: &mut Context<'_>,
    form: &mut Form,
    object: &AnyObject,
    old: &Value,
    new: &Value,
    (verb, failed): (&str, &str),
) -> Result<(), Failure> {
    let new = &context.recorded(new.clone());
    if context.flags.has("local") {
        let shown = as_it_stands(object.kind(), &with_zeros(object.kind(), new.clone()));
        return print(context, form, &shown, verb);
    }
    if context.dry() == Dry::Client {
        return print(context, form, &AnyObject::from_value(object.kind(), new), verb);
    }
    let ty = crate::api::schema::Schema::of(object.kind());
    let patch = three_way(old, new, old, ty).map_err(Failure::new)?;
    let result = context.send_patch(object.kind(), &object.key(), Patch::Strategic(patch));
    let written = result.map_err(|failure| {
        if failed.is_empty() {
            return failure;
        }
        let words = failure.problems.first().map(|problem| match problem {
            super::problem::Problem::Api(error) => error.message.clone(),
            super::problem::Problem::Words(words) | super::problem::Problem::Verbatim(words) => {
                words.clone()
            }
        });
        Failure::new(format!("{failed}{}", words.unwrap_or_default()))
    })?;
    print(context, form, &written.object, verb)
}

/// What a typed client adds to what stands in a file: the fields that Go does not leave out.
fn with_zeros(kind: Kind, mut object: Value) -> Value {
    let add = |value: &mut Value, key: &str, zero: Value| {
        if value.get(key).is_none() {
            value.set(key, zero);
        }
    };
    let counts = |names: &[&str]| {
        let mut zeros = Value::empty_object();
        names.iter().for_each(|name| zeros.set(name, Value::Int(0)));
        zeros
    };
    if let Some(path) = pod_spec(kind) {
        let spec = path.iter().fold(&mut object, |value, key| value.child(key));
        for group in ["initContainers", "containers"] {
            if !spec.items_at(group).is_empty() {
                let containers = spec.child(group).make_items().iter_mut();
                containers.for_each(|one| add(one, "resources", Value::empty_object()));
            }
        }
        let mut holder = &mut object;
        for key in path {
            if matches!(*key, "jobTemplate" | "template") {
                add(holder.child(key), "metadata", Value::empty_object());
            }
            holder = holder.child(key);
        }
    }
    let (strategy, status) = match kind {
        Kind::Deployment => (Some("strategy"), Value::empty_object()),
        Kind::DaemonSet => (
            Some("updateStrategy"),
            counts(&[
                "currentNumberScheduled",
                "desiredNumberScheduled",
                "numberMisscheduled",
                "numberReady",
            ]),
        ),
        Kind::StatefulSet => (Some("updateStrategy"), counts(&["availableReplicas", "replicas"])),
        Kind::ReplicaSet | Kind::ReplicationController => (None, counts(&["replicas"])),
        Kind::Service => (None, crate::object! { "loadBalancer" => Value::empty_object() }),
        _ => (None, Value::empty_object()),
    };
    if let Some(strategy) = strategy {
        add(object.child("spec"), strategy, Value::empty_object());
    }
    add(&mut object, "status", status);
    object
}

const LOCAL: &str = "error: you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'";

/// Refuses words that name objects of the server beside `--local`.
fn check_local_words(context: &Context<'_>, things: &[String]) -> Result<(), Failure> {
    match context.flags.has("local") && !things.is_empty() {
        true => Err(Failure::new(LOCAL)),
        false => Ok(()),
    }
}

fn targets(
    context: &mut Context<'_>,
    words: &[String],
) -> Result<(Vec<AnyObject>, Vec<Failure>), Failure> {
    resources::check_local(context)?;
    if context.flags.has("local") {
        let found = resources::local(context, |document| document.decoded.value.clone())?;
        return Ok((found.objects, found.failures));
    }
    // Beside names `--all` says nothing.
    let all = matches!(words, [word] if !word.contains('/'));
    let found = resources::find(context, words, Needs { all, ..Needs::default() })?;
    Ok((found.objects, found.failures))
}

fn ended(failures: Vec<Failure>) -> Result<After, Failure> {
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

const NO_RESOURCES: &str =
    "one or more resources must be specified as <resource> <name> or <resource>/<name>";

// ---- image ----

fn image(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let (things, pairs) = split(&words, "image")?;
    // The objects are found before the rest is checked.
    check_local_words(context, things)?;
    let nothing = things.is_empty() && context.flags.all("filename").is_empty();
    let (objects, mut missing) = match nothing && !context.flags.has("local") {
        true => (Vec::new(), vec![Failure::new(NO_RESOURCES)]),
        false => {
            let (objects, failures) = targets(context, things)?;
            if let Some(failure) = Failure::all(failures) {
                return Err(failure);
            }
            (objects, Vec::new())
        }
    };
    let mut images: Vec<(String, String)> = Vec::new();
    for pair in pairs {
        match pair.split_once('=') {
            Some((name, image)) => images.push((name.to_owned(), image.to_owned())),
            None => return Err(Failure::new(format!("invalid image format: {pair}"))),
        }
    }
    if images.is_empty() {
        missing.push(Failure::new("at least one image update is required"));
    } else if images.len() > 1 && images.iter().any(|(name, _)| name == "*") {
        missing.push(Failure::new("all containers are already specified by *, but saw more than one container_name=container_image pairs"));
    }
    if let Some(failure) = Failure::all(missing) {
        return Err(failure);
    }
    let mut failures = Vec::new();
    let mut form = output::form(context, false)?.of_structs();
    for object in &objects {
        let mut found = vec![false; images.len()];
        let changed = change(object, |container, _| {
            for ((name, image), found) in images.iter().zip(&mut found) {
                if name == "*" || container.str_at("name") == Some(name) {
                    container.set("image", image.as_str());
                    *found = true;
                }
            }
        });
        let (old, new) = match changed {
            Ok(pair) => pair,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        for ((name, _), _) in images.iter().zip(&found).filter(|(_, found)| !**found) {
            let words = format!("error: unable to find container named {}", go_quote(name));
            failures.push(Failure::new(words));
        }
        let said = ("image updated", "failed to patch image update to pod template: ");
        failures.extend(send(context, &mut form, object, &old, &new, said).err());
    }
    ended(failures)
}

// ---- resources ----

fn amounts(text: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let Some((name, amount)) = pair.split_once('=') else {
            return Err(Failure::new(format!(
                "invalid argument syntax {pair}, expected <resource>=<value>"
            )));
        };
        let quantity = Quantity::parse(amount).map_err(Failure::new)?;
        let text = Value::from(quantity);
        found.push((name.to_owned(), text.as_str().unwrap_or(amount).to_owned()));
    }
    Ok(found)
}

fn resource_amounts(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    check_local_words(context, &words)?;
    let (limits, requests) =
        (context.flags.text("limits").to_owned(), context.flags.text("requests").to_owned());
    if limits.is_empty() && requests.is_empty() {
        return Err(Failure::new(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let (limits, requests) = (amounts(&limits)?, amounts(&requests)?);
    let selector = context.flags.value("containers").unwrap_or("*").to_owned();
    let (objects, mut failures) = targets(context, &words)?;
    let mut form = output::form(context, false)?.of_structs();
    for object in &objects {
        let mut any = false;
        let changed = change(object, |container, _| {
            if !glob(&selector, container.str_at("name").unwrap_or_default()) {
                return;
            }
            any = true;
            for (field, list) in [("limits", &limits), ("requests", &requests)] {
                for (name, amount) in list {
                    container.child("resources").child(field).set(name, amount.as_str());
                }
            }
        });
        match changed {
            Ok(_) if !any => failures
                .push(Failure::new(format!("error: unable to find container named {selector}"))),
            Ok((old, new)) => {
                let said = (
                    "resource requirements updated",
                    "failed to patch resources update to pod template ",
                );
                failures.extend(send(context, &mut form, object, &old, &new, said).err());
            }
            Err(failure) => failures.push(failure),
        }
    }
    ended(failures)
}

// ---- selector, serviceaccount ----

fn selector(context: &mut Context<'_>) -> Result<After, Failure> {
    let mut words = context.flags.words.clone();
    let Some(text) = words.pop() else { return Err(Failure::new("one selector is required")) };
    Selector::parse(&text).map_err(|words| {
        Failure::new(format!("couldn't parse the selector string {}: {words}", go_quote(&text)))
    })?;
    let mut labels = Value::empty_object();
    let mut other = false;
    for part in text.split(',') {
        match part.split_once("==").or_else(|| part.split_once('=')) {
            Some((key, value)) if !key.ends_with('!') => labels.set(key.trim(), value.trim()),
            _ => other = true,
        }
    }
    check_local_words(context, &words)?;
    let (objects, failures) = targets(context, &words)?;
    if let Some(failure) = Failure::all(failures) {
        return Err(failure);
    }
    let version = context.flags.text("resource-version").to_owned();
    let mut form = output::form(context, false)?.of_structs();
    for object in &objects {
        if object.kind() != Kind::Service {
            return Err(Failure::new("setting a selector is only supported for Services"));
        }
        if other {
            let words = format!("match expression {text} not supported on this object");
            return Err(Failure::new(words));
        }
        let (old, mut new) = (object.to_value(), object.to_value());
        new.child("spec").set("selector", labels.clone());
        if !version.is_empty() {
            new.child("metadata").set("resourceVersion", version.as_str());
        }
        send_any(context, &mut form, object, &old, &new, ("selector updated", ""))?;
    }
    DONE
}

fn service_account(context: &mut Context<'_>) -> Result<After, Failure> {
    let mut words = context.flags.words.clone();
    let Some(name) = words.pop() else { return Err(Failure::new("serviceaccount is required")) };
    let (objects, missing) = targets(context, &words)?;
    if let Some(failure) = Failure::all(missing) {
        return Err(failure);
    }
    let mut failures = Vec::new();
    let mut form = output::form(context, false)?.of_structs();
    for object in &objects {
        match change_spec(object, |spec| spec.set("serviceAccountName", name.as_str())) {
            Ok((old, new)) => {
                let said = ("serviceaccount updated", "failed to patch ServiceAccountName ");
                failures.extend(send_any(context, &mut form, object, &old, &new, said).err());
            }
            Err(failure) => failures.push(failure),
        }
    }
    ended(failures)
}
