//! `kubectl set env`. Follows `pkg/cmd/set/set_env.go` and `pkg/cmd/set/env`.

use std::rc::Rc;

use super::{NO_RESOURCES, change, ended, send, split, targets};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::names;
use crate::api::value::Value;
use crate::containers::shell::glob::glob;
use crate::terminal::kubectl::problem::Failure;
use crate::terminal::kubectl::{After, Context, output, resources};

/// The variables to set, and the names of those to take away.
fn variables(pairs: &[String]) -> Result<(Vec<Value>, Vec<String>), Failure> {
    let (mut set, mut remove): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    for pair in pairs {
        match (pair.split_once('='), pair.strip_suffix('-')) {
            (Some((name, value)), _) => {
                let wrong = names::environment_key(name);
                if !wrong.is_empty() {
                    let (name, wrong) = (go_quote(name), wrong.join(";"));
                    return Err(Failure::new(format!("{name} is not a valid key name: {wrong}")));
                }
                set.push(crate::object! { "name" => name, "value" => value });
            }
            (None, Some(name)) => remove.push(name.to_owned()),
            (None, None) => {
                return Err(Failure::new(format!("unknown environment variable: {pair}")));
            }
        }
    }
    let both = remove.iter().any(|name| set.iter().any(|one| one.str_at("name") == Some(name)));
    match both {
        true => Err(Failure::new(
            "can not both modify and remove the same environment variable in the same command",
        )),
        false => Ok((set, remove)),
    }
}

/// Runs `set env`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let (things, pairs) = split(&words, "environment").map_err(|_| {
        let words = words.join(" ");
        Failure::new(format!("all resources must be specified before environment changes: {words}"))
    })?;
    resources::check_local(context)?;
    if things.is_empty() && context.flags.all("filename").is_empty() {
        return Err(Failure::new(NO_RESOURCES));
    }
    let list = context.flags.has("list");
    if list && !context.flags.text("output").is_empty() {
        return Err(Failure::new("--list and --output may not be specified together"));
    }
    let (mut set, remove) = variables(&[context.flags.all("env"), pairs].concat())?;
    set.extend(from_source(context)?);
    let prefix = context.flags.text("prefix").to_owned();
    if !prefix.is_empty() {
        for one in &mut set {
            let name = format!("{prefix}{}", one.str_at("name").unwrap_or_default());
            one.set("name", name);
        }
    }
    let selector = context.flags.value("containers").unwrap_or("*").to_owned();
    let overwrite = context.flags.unless_off("overwrite");
    let (objects, mut failures) = targets(context, things)?;
    let mut form = output::form(context, false)?.of_structs();
    for object in &objects {
        let (mut clash, mut lines, mut first, mut any) =
            (None, String::new(), String::new(), false);
        let (kind, name) = (object.kind().name(), Rc::clone(&object.meta().name));
        let head = format!("# {kind} {name}, container");
        let changed = change(object, |container, group| {
            let name = container.str_at("name").unwrap_or_default().to_owned();
            if !glob(&selector, &name) {
                return;
            }
            any = true;
            if !overwrite {
                clash = clash.take().or_else(|| overwritten(container, &set));
            }
            update(container, &set, &remove);
            // Those that come first in the pod are told last.
            let lines = if group == "initContainers" { &mut first } else { &mut lines };
            lines.push_str(&format!("{head} {name}\n"));
            for one in container.items_at("env") {
                let name = one.str_at("name").unwrap_or_default();
                match one.get("valueFrom") {
                    Some(from) => lines.push_str(&format!("# {name} from {}\n", source(from))),
                    None => {
                        let value = one.str_at("value").unwrap_or_default();
                        lines.push_str(&format!("{name}={value}\n"));
                    }
                }
            }
        });
        match (changed, clash) {
            (Err(failure), _) => failures.push(failure),
            (Ok(_), _) if !any => {
                let selector = go_quote(&selector);
                context.warn(&format!(
                    "Warning: {kind}/{name} does not have any containers matching {selector}"
                ));
            }
            (_, Some(words)) => {
                let name = format!("{}/{name}", object.kind().info().plural);
                failures.push(Failure::new(format!("error: {name} {words}\n")));
            }
            (Ok(_), None) if list => context.out(&format!("{lines}{first}")),
            (Ok((old, new)), None) => {
                let said = ("env updated", "failed to patch env update to pod template: ");
                failures.extend(send(context, &mut form, object, &old, &new, said).err());
            }
        }
    }
    ended(failures)
}

/// `configmap db, key password`
fn source(from: &Value) -> String {
    let text = |value: &Value, key: &str| value.str_at(key).unwrap_or_default().to_owned();
    if let Some(key) = from.get("configMapKeyRef") {
        return format!("configmap {}, key {}", text(key, "name"), text(key, "key"));
    }
    if let Some(key) = from.get("secretKeyRef") {
        return format!("secret {}, key {}", text(key, "name"), text(key, "key"));
    }
    if let Some(field) = from.get("fieldRef") {
        return format!("field path {}", text(field, "fieldPath"));
    }
    match from.get("resourceFieldRef") {
        Some(field) => format!("resource field {}", text(field, "resource")),
        None => "invalid valueFrom".into(),
    }
}

/// The variables of `--from=configmap/x`.
fn from_source(context: &mut Context<'_>) -> Result<Vec<Value>, Failure> {
    let from = context.flags.text("from").to_owned();
    if from.is_empty() {
        return match context.flags.given("keys") {
            true => Err(Failure::new(
                "when specifying --keys, a configmap or secret must be provided with --from",
            )),
            false => Ok(Vec::new()),
        };
    }
    let found = resources::named(&[from])?;
    let resources::Named::Objects(names) = found else {
        return Err(Failure::new("resource(s) were provided, but no name was specified"));
    };
    let keys = context.flags.all("keys").to_vec();
    let mut variables = Vec::new();
    for (kind, name) in names {
        let key = context.key(kind, &name);
        let Some(object) = context.read(kind, &key) else {
            return Err(Failure::not_found(kind, &name));
        };
        let field = match kind {
            Kind::ConfigMap => "configMapKeyRef",
            Kind::Secret => "secretKeyRef",
            _ => return Err(Failure::new("unsupported resource specified in --from")),
        };
        for (key, _) in object.to_value().get("data").into_iter().flat_map(Value::entries) {
            if !keys.is_empty() && !keys.iter().any(|one| **one == **key) {
                continue;
            }
            let letters = key.chars().map(|letter| {
                if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' }
            });
            let variable: String = letters.collect();
            if *variable != **key {
                context.warn(&format!("Warning: key {key} transferred to {variable}"));
            }
            let reference = crate::object! { "key" => key, "name" => name.as_str() };
            let from = crate::object! { field => reference };
            variables.push(crate::object! { "name" => variable, "valueFrom" => from });
        }
    }
    Ok(variables)
}

fn overwritten(container: &Value, set: &[Value]) -> Option<String> {
    let same =
        |one: &&Value| set.iter().any(|new| new.get("name") == one.get("name") && *one != new);
    let one = container.items_at("env").iter().find(same)?;
    let (name, value) = (one.str_at("name")?, one.str_at("value").unwrap_or_default());
    Some(format!("'{name}' already has a value ({value}), and --overwrite is false"))
}

fn update(container: &mut Value, set: &[Value], remove: &[String]) {
    let mut all: Vec<Value> = container.items_at("env").to_vec();
    for new in set {
        match all.iter_mut().find(|one| one.get("name") == new.get("name")) {
            Some(slot) => *slot = new.clone(),
            None => all.push(new.clone()),
        }
    }
    all.retain(|one| !remove.iter().any(|name| one.str_at("name") == Some(name)));
    match all.is_empty() {
        true => drop(container.remove("env")),
        false => container.set("env", all),
    }
}
