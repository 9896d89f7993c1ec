//! Patches as pure functions: JSON merge patch, JSON patch, strategic merge patch, and the three-way merge of `apply`.
//! Follows `k8s.io/apimachinery/pkg/util/{strategicpatch,jsonmergepatch}`.

use super::verbs::{Api, Patch, Written};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};

/// RFC 7386: objects merge, null takes away, everything else replaces.
pub fn merge_patch(target: &Value, patch: &Value) -> Value {
    let Value::Object(fields) = patch else { return patch.clone() };
    let mut merged = match target {
        Value::Object(_) => target.clone(),
        _ => Value::empty_object(),
    };
    for (key, value) in fields.iter() {
        if value.is_null() {
            merged.remove(key);
            continue;
        }
        let old = merged.get(key).cloned().unwrap_or_default();
        merged.set(key, merge_patch(&old, value));
    }
    merged
}

impl Api<'_> {
    /// Patches an object.
    ///
    /// # Errors
    /// As [`Api::update`].
    pub fn patch(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: &Patch,
    ) -> Result<Written, ApiError> {
        let old = self.existing(kind, key)?.to_value();
        let new = match patch {
            Patch::Merge(patch) => merge_patch(&old, patch),
            Patch::Strategic(patch) => strategic(&old, patch),
            Patch::Json(patch) => json_patch(&old, patch)
                .map_err(|message| ApiError::new(Reason::Invalid, message))?,
        };
        self.update(kind, &key.namespace, &new)
    }
}

/// What identifies an item of a list of objects, by the name of the list. Follows the patch merge keys of the API.
fn merge_key(list: &str) -> Option<&'static str> {
    Some(match list {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "secrets" => "name",
        "ports" => "containerPort",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "hostAliases" => "ip",
        "topologySpreadConstraints" => "topologyKey",
        "ownerReferences" => "uid",
        "taints" => "key",
        _ => return None,
    })
}

/// The live object with what a manifest asks for, and without what an earlier manifest asked for and this one does
/// not. Follows `strategicpatch.CreateThreeWayMergePatch`.
pub fn three_way(last: &Value, wanted: &Value, live: &Value) -> Value {
    merge_objects(last, wanted, live)
}

fn merge_objects(last: &Value, wanted: &Value, live: &Value) -> Value {
    let mut merged = live.clone();
    for (key, _) in last.entries() {
        if wanted.get(key).is_none() {
            merged.remove(key);
        }
    }
    for (key, value) in wanted.entries() {
        let (old, now) =
            (last.get(key).unwrap_or(&Value::Null), live.get(key).unwrap_or(&Value::Null));
        merged.set(key, merge_values(key, old, value, now));
    }
    merged
}

fn merge_values(key: &str, last: &Value, wanted: &Value, live: &Value) -> Value {
    match (wanted, live) {
        (Value::Object(_), Value::Object(_)) => merge_objects(last, wanted, live),
        (Value::Array(items), Value::Array(_)) => match list_key(key, items) {
            Some(name) => merge_lists(name, last, items, live),
            None => wanted.clone(),
        },
        _ => wanted.clone(),
    }
}

/// The merge key of a list whose items carry it; Service ports are known by `port`.
fn list_key(list: &str, items: &[Value]) -> Option<&'static str> {
    let key = merge_key(list)?;
    let carried = |key: &str| items.iter().all(|item| item.get(key).is_some());
    if carried(key) {
        return Some(key);
    }
    (list == "ports" && carried("port")).then_some("port")
}

fn merge_lists(key: &str, last: &Value, wanted: &[Value], live: &Value) -> Value {
    let same = |one: &Value, other: &Value| one.get(key) == other.get(key);
    let mut merged: Vec<Value> = Vec::new();
    for item in wanted {
        let old = last.items().iter().find(|one| same(one, item)).unwrap_or(&Value::Null);
        let now = live.items().iter().find(|one| same(one, item));
        merged.push(now.map_or_else(|| item.clone(), |now| merge_objects(old, item, now)));
    }
    // What only the live object has stays, unless an earlier manifest put it there.
    for item in live.items() {
        let named = |list: &[Value]| list.iter().any(|one| same(one, item));
        if !named(wanted) && !named(last.items()) {
            merged.push(item.clone());
        }
    }
    Value::from(merged)
}

/// A strategic merge patch: objects merge, lists of objects merge by their keys, null takes away, `$patch: delete`
/// takes an item away.
pub fn strategic(target: &Value, patch: &Value) -> Value {
    let Value::Object(fields) = patch else { return patch.clone() };
    let mut merged =
        if matches!(target, Value::Object(_)) { target.clone() } else { Value::empty_object() };
    for (key, value) in fields.iter().filter(|(key, _)| !key.starts_with('$')) {
        if value.is_null() {
            merged.remove(key);
            continue;
        }
        let old = merged.get(key).cloned().unwrap_or_default();
        let new = match (value, &old) {
            (Value::Array(items), Value::Array(_)) => match list_key(key, items) {
                Some(name) => strategic_list(name, &old, items),
                None => value.clone(),
            },
            _ => strategic(&old, value),
        };
        merged.set(key, new);
    }
    merged
}

fn strategic_list(key: &str, old: &Value, items: &[Value]) -> Value {
    let mut merged: Vec<Value> = old.items().to_vec();
    for item in items {
        let at = merged.iter().position(|one| one.get(key) == item.get(key));
        let deletes = item.str_at("$patch") == Some("delete");
        match (at, deletes) {
            (Some(at), true) => {
                merged.remove(at);
            }
            (Some(at), false) => {
                if let Some(slot) = merged.get_mut(at) {
                    *slot = strategic(slot, item);
                }
            }
            (None, true) => {}
            (None, false) => merged.push(item.clone()),
        }
    }
    Value::from(merged)
}

/// A JSON patch (RFC 6902): add, remove, replace, test, copy, move.
///
/// # Errors
/// The server's words.
pub fn json_patch(target: &Value, patch: &Value) -> Result<Value, String> {
    let mut result = target.clone();
    for operation in patch.items() {
        let path = operation.str_at("path").unwrap_or_default();
        let value =
            operation.as_map().and_then(|map| map.get("value")).cloned().unwrap_or_default();
        match operation.str_at("op").unwrap_or_default() {
            "add" => put(&mut result, path, value, true)?,
            "replace" => put(&mut result, path, value, false)?,
            "remove" => drop(take(&mut result, path)?),
            "test" if look(&result, path) == Some(value.clone()) => {}
            "test" => {
                return Err(format!(
                    "the server rejected our request due to an error in our request: testing value {path} failed: test failed"
                ));
            }
            "copy" | "move" => {
                let from = operation.str_at("from").unwrap_or_default();
                let value = look(&result, from).ok_or_else(|| missing(from))?;
                if operation.str_at("op") == Some("move") {
                    take(&mut result, from)?;
                }
                put(&mut result, path, value, true)?;
            }
            other => return Err(format!("Unexpected kind: {other}")),
        }
    }
    Ok(result)
}

fn missing(path: &str) -> String {
    format!(
        "the server rejected our request due to an error in our request: path {path} does not exist"
    )
}

/// The keys of a JSON pointer.
fn pointer(path: &str) -> Vec<String> {
    path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

fn look(value: &Value, path: &str) -> Option<Value> {
    let mut found = value.clone();
    for key in pointer(path) {
        found = match &found {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?)?.clone(),
            other => other.get(&key)?.clone(),
        };
    }
    Some(found)
}

fn parent<'a>(value: &'a mut Value, keys: &[String], path: &str) -> Result<&'a mut Value, String> {
    let mut place = value;
    for key in keys {
        place = match place {
            Value::Array(_) => {
                let index: usize = key.parse().map_err(|_| missing(path))?;
                place.make_items().get_mut(index).ok_or_else(|| missing(path))?
            }
            Value::Object(_) => {
                place.make_map().get_mut(key.as_str()).ok_or_else(|| missing(path))?
            }
            _ => return Err(missing(path)),
        };
    }
    Ok(place)
}

fn put(target: &mut Value, path: &str, value: Value, insert: bool) -> Result<(), String> {
    let keys = pointer(path);
    let Some((last, above)) = keys.split_last() else {
        *target = value;
        return Ok(());
    };
    let place = parent(target, above, path)?;
    match place {
        Value::Array(_) => {
            let items = place.make_items();
            if last == "-" {
                items.push(value);
                return Ok(());
            }
            let index: usize = last.parse().map_err(|_| missing(path))?;
            if insert && index <= items.len() {
                items.insert(index, value);
            } else if let Some(slot) = items.get_mut(index).filter(|_| !insert) {
                *slot = value;
            } else {
                return Err(missing(path));
            }
        }
        Value::Object(_) => {
            if !insert && place.get(last).is_none() {
                return Err(missing(path));
            }
            place.set(last, value);
        }
        _ => return Err(missing(path)),
    }
    Ok(())
}

fn take(target: &mut Value, path: &str) -> Result<Value, String> {
    let keys = pointer(path);
    let Some((last, above)) = keys.split_last() else { return Err(missing(path)) };
    let place = parent(target, above, path)?;
    match place {
        Value::Array(_) => {
            let items = place.make_items();
            let index: usize = last
                .parse()
                .ok()
                .filter(|index| *index < items.len())
                .ok_or_else(|| missing(path))?;
            Ok(items.remove(index))
        }
        _ => place.remove(last).ok_or_else(|| missing(path)),
    }
}
