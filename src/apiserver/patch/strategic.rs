//! Strategic merge patches: applying one, and making the one of `kubectl apply` from three versions of an object.
//! Follows `k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::schema::{ObjectType, PatchStrategy};
use crate::api::value::{Map, Value};
use crate::sim::order::{Gather as _, Order as _};

use super::go_print;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_LIST: &str = "$deleteFromPrimitiveList/";

type Schema = Option<&'static ObjectType>;

/// The object after the patch.
///
/// # Errors
/// Upstream's words.
pub fn strategic_patch(
    target: &Value,
    patch: &Value,
    ty: &'static ObjectType,
) -> Result<Value, String> {
    if !matches!(patch, Value::Object(_)) {
        return Err("Invalid JSON document".into());
    }
    merge_map(target, patch, Some(ty), Purpose::Apply)
}

/// The patch that turns `current` into what `modified` asks for, and takes away what `original` had asked for.
///
/// # Errors
/// Upstream's words.
pub fn three_way(
    original: &Value,
    modified: &Value,
    current: &Value,
    ty: &'static ObjectType,
) -> Result<Value, String> {
    let delta = diff_maps(current, modified, Some(ty), Look::ForAdditions, false)?;
    let deletions = diff_maps(original, modified, Some(ty), Look::ForDeletions, false)?;
    merge_map(&deletions, &delta, Some(ty), Purpose::Combine)
}

/// What two patches or an object and a patch are merged for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// The patch is applied: directives are carried out, nulls take away.
    Apply,
    /// Two patches become one: directives and nulls stay.
    Combine,
}

fn strategy(ty: Schema, key: &str) -> (Schema, Option<PatchStrategy>) {
    let field = ty.and_then(|ty| ty.field(key));
    (field.and_then(|field| field.ty.object()), field.and_then(|field| field.patch))
}

fn raw<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.as_map().and_then(|map| map.get(key))
}

fn merges(strategy: Option<PatchStrategy>) -> bool {
    strategy.is_some_and(|strategy| strategy.merge)
}

fn merge_key(strategy: Option<PatchStrategy>) -> &'static str {
    strategy.and_then(|strategy| strategy.key).unwrap_or("")
}

// ---- merging ----

fn merge_map(target: &Value, patch: &Value, ty: Schema, purpose: Purpose) -> Result<Value, String> {
    if let Some(directive) = raw(patch, DIRECTIVE) {
        return match directive.as_str() {
            Some("replace") => {
                let mut whole = patch.clone();
                whole.remove(DIRECTIVE);
                Ok(whole)
            }
            Some("delete") => Ok(Value::empty_object()),
            _ => Err(format!(
                "unknown patch type: {} in map: {}",
                go_print(directive),
                go_print(patch)
            )),
        };
    }
    let mut merged = match target {
        Value::Object(_) => target.clone(),
        _ => Value::empty_object(),
    };
    let mut patch = patch.clone();
    retain_keys(&mut merged, &mut patch, purpose)?;
    merge_ordered_lists(&mut merged, &mut patch, ty, purpose)?;
    for (key, value) in patch.entries() {
        let (key, deletes) = match key.strip_prefix(DELETE_LIST) {
            Some(_) if purpose == Purpose::Combine => {
                merged.set(key, value.clone());
                continue;
            }
            Some(list) => (list, true),
            None => (&**key, false),
        };
        merge_field(&mut merged, key, value, deletes, ty, purpose)?;
    }
    Ok(merged)
}

fn merge_field(
    merged: &mut Value,
    key: &str,
    value: &Value,
    deletes: bool,
    ty: Schema,
    purpose: Purpose,
) -> Result<(), String> {
    if value.is_null() {
        merged.remove(key);
        if purpose == Purpose::Combine {
            merged.set(key, Value::Null);
        }
        return Ok(());
    }
    let (inner, strategy) = strategy(ty, key);
    let old = raw(merged, key).cloned();
    let new = match (old, value) {
        (Some(old @ Value::Object(_)), Value::Object(_)) => {
            let replaces = strategy.is_some_and(|one| !one.merge && !one.retain_keys);
            match replaces {
                true => Some(value.clone()),
                false => Some(merge_map(&old, value, inner, purpose)?),
            }
        }
        (Some(Value::Array(old)), Value::Array(new)) if deletes => Some(Value::from(
            old.iter().filter(|one| !new.contains(one)).cloned().collect::<Vec<_>>(),
        )),
        (Some(Value::Array(old)), Value::Array(new)) if merges(strategy) => {
            let key = merge_key(strategy);
            Some(Value::from(merge_lists(&old, new, inner, key, purpose)?))
        }
        (_, _) if deletes => return Ok(()),
        (_, value) => added(value, purpose),
    };
    match new {
        Some(new) => merged.set(key, new),
        None => drop(merged.remove(key)),
    }
    Ok(())
}

/// What stands nowhere yet is taken as it is; directives in it have nothing to work on, nulls nothing to take away.
fn added(value: &Value, purpose: Purpose) -> Option<Value> {
    match value {
        Value::Object(map) => {
            if map.contains_key(DIRECTIVE) {
                return None;
            }
            let kept = map.iter().filter_map(|(key, value)| {
                let drops = value.is_null() && purpose == Purpose::Apply;
                let value = if drops { None } else { added(value, purpose) };
                value.map(|value| (Rc::clone(key), value))
            });
            Some(Value::from(kept.gather::<Map>()))
        }
        Value::Array(items) => Some(Value::from(
            items.iter().filter_map(|item| added(item, purpose)).collect::<Vec<_>>(),
        )),
        plain => Some(plain.clone()),
    }
}

fn retain_keys(merged: &mut Value, patch: &mut Value, purpose: Purpose) -> Result<(), String> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    if purpose == Purpose::Combine {
        merged.set(RETAIN_KEYS, keys);
        return Ok(());
    }
    let Value::Array(keys) = keys else { return Err("invalid patch format of retainKeys".into()) };
    let kept = |name: &str| keys.iter().any(|key| key.as_str() == Some(name));
    let foreign = patch.entries().any(|(key, value)| {
        !value.is_null() && !key.starts_with(ORDER) && !key.starts_with(DELETE_LIST) && !kept(key)
    });
    if foreign {
        return Err("invalid patch format of retainKeys".into());
    }
    merged.make_map().retain(|key, _| kept(key));
    Ok(())
}

/// Lists whose order the patch gives.
fn merge_ordered_lists(
    merged: &mut Value,
    patch: &mut Value,
    ty: Schema,
    purpose: Purpose,
) -> Result<(), String> {
    let orders: Vec<(Rc<str>, Value)> = patch
        .entries()
        .filter(|(key, _)| key.starts_with(ORDER))
        .map(|(key, value)| (Rc::clone(key), value.clone()))
        .collect();
    for (directive, order) in orders {
        patch.remove(&directive);
        let wrong = "invalid patch format of setElementOrder list";
        let Value::Array(order_items) = &order else { return Err(wrong.into()) };
        if purpose == Purpose::Combine {
            merged.set(&directive, order.clone());
        }
        let key = directive.strip_prefix(ORDER).unwrap_or_default();
        let (inner, strategy) = strategy(ty, key);
        let by = merge_key(strategy);
        let old = raw(merged, key).cloned();
        let new = patch.remove(key);
        let list = match (&old, &new) {
            (None, None) => continue,
            (Some(Value::Array(old)), None) => old.to_vec(),
            (None, Some(Value::Array(new))) => {
                match added(&Value::Array(Rc::clone(new)), purpose) {
                    Some(Value::Array(kept)) => kept.to_vec(),
                    _ => continue,
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) if merges(strategy) => {
                merge_lists(old, new, inner, by, purpose)?
            }
            (Some(Value::Array(_)), Some(Value::Array(new))) => new.to_vec(),
            _ => return Err(wrong.into()),
        };
        let server = old.as_ref().map_or(&[][..], Value::items);
        merged.set(key, Value::from(in_order(list, order_items, server, by)));
    }
    Ok(())
}

/// The value that tells an item from its siblings: its merge key, or itself.
fn identity<'a>(item: &'a Value, by: &str) -> &'a Value {
    if by.is_empty() { item } else { raw(item, by).unwrap_or(&Value::Null) }
}

/// Where the items of a list stand, by what tells them apart: looking for each among all takes too long.
struct Places<'a> {
    by: &'a str,
    places: BTreeMap<String, usize>,
}

impl<'a> Places<'a> {
    fn of(list: &[Value], by: &'a str) -> Self {
        let mut places = Self { by, places: BTreeMap::new() };
        list.iter().enumerate().for_each(|(at, item)| places.add(item, at));
        places
    }

    fn add(&mut self, item: &Value, at: usize) {
        self.places.entry(identity(item, self.by).to_json()).or_insert(at);
    }

    fn get(&self, item: &Value) -> Option<usize> {
        self.places.get(&identity(item, self.by).to_json()).copied()
    }
}

/// Items of the order first to last, items that only the server has between them where they stood.
fn in_order(list: Vec<Value>, order: &[Value], server: &[Value], by: &str) -> Vec<Value> {
    let is_delete = |item: &Value| raw(item, DIRECTIVE).and_then(Value::as_str) == Some("delete");
    let (deletes, list): (Vec<Value>, Vec<Value>) = list.into_iter().partition(is_delete);
    let (order, server) = (Places::of(order, by), Places::of(server, by));
    // Each with its place in the order, and on the server.
    type Placed = (Option<usize>, Option<usize>, Value);
    let placed = list.into_iter().map(|item| (order.get(&item), server.get(&item), item));
    let (mut named, mut only): (Vec<Placed>, Vec<Placed>) =
        placed.partition(|(place, ..)| place.is_some());
    let compare = |one: Option<usize>, other: Option<usize>| match (one, other) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => Ordering::Equal,
    };
    named.order_by(|one, other| compare(one.0, other.0));
    only.order_by(|one, other| compare(one.1, other.1));
    let mut all = Vec::with_capacity(named.len() + only.len());
    let (mut named, mut only) = (named.into_iter().peekable(), only.into_iter().peekable());
    loop {
        let server_first = match (only.peek(), named.peek()) {
            (Some(own), Some(given)) => compare(own.1, given.1).is_lt(),
            (Some(_), None) => true,
            (None, _) => false,
        };
        match if server_first { only.next() } else { named.next() } {
            Some((.., item)) => all.push(item),
            None => break,
        }
    }
    all.extend(deletes);
    all
}

fn merge_lists(
    old: &[Value],
    new: &[Value],
    ty: Schema,
    by: &str,
    purpose: Purpose,
) -> Result<Vec<Value>, String> {
    let of_maps = old.iter().chain(new).any(|item| matches!(item, Value::Object(_)));
    if !of_maps {
        let (mut all, mut places) = (Vec::new(), Places::of(&[], ""));
        for item in old.iter().chain(new) {
            if places.get(item).is_none() {
                places.add(item, all.len());
                all.push(item.clone());
            }
        }
        return Ok(in_order(all, new, old, ""));
    }
    if by.is_empty() {
        let name = ty.map_or("", |ty| ty.name);
        return Err(format!("cannot merge lists without merge key for {name}"));
    }
    let no_key =
        |item: &Value| format!("map: {} does not contain declared merge key: {by}", go_print(item));
    let (mut merged, mut plain, mut replaced) = (old.to_vec(), Vec::new(), false);
    for item in new {
        let Some(directive) = raw(item, DIRECTIVE) else {
            plain.push(item);
            continue;
        };
        match directive.as_str() {
            Some("delete") if raw(item, by).is_none() => return Err(no_key(item)),
            Some("delete") => {
                merged.retain(|one| identity(one, by) != identity(item, by));
                if purpose == Purpose::Combine {
                    merged.push(item.clone());
                }
            }
            Some("replace") => replaced = true,
            _ => {
                return Err(format!(
                    "unknown patch type: {} in map: {}",
                    go_print(directive),
                    go_print(item)
                ));
            }
        }
    }
    if replaced {
        return Ok(plain.into_iter().cloned().collect());
    }
    let mut places = Places::of(&merged, by);
    for item in &plain {
        if raw(item, by).is_none() {
            return Err(no_key(item));
        }
        match places.get(item) {
            Some(at) => {
                if let Some(slot) = merged.get_mut(at) {
                    *slot = merge_map(slot, item, ty, purpose)?;
                }
            }
            None => {
                places.add(item, merged.len());
                merged.push(match purpose {
                    Purpose::Apply => added(item, purpose).unwrap_or_default(),
                    Purpose::Combine => (*item).clone(),
                });
            }
        }
    }
    let given: Vec<Value> = plain.into_iter().cloned().collect();
    Ok(in_order(merged, &given, old, by))
}

// ---- differences ----

/// What a difference is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// What the second has that the first has not, or not so.
    ForAdditions,
    /// What the first has and the second has not.
    ForDeletions,
}

fn diff_maps(
    first: &Value,
    second: &Value,
    ty: Schema,
    look: Look,
    lists_keys: bool,
) -> Result<Value, String> {
    let mut patch = Value::empty_object();
    for (key, new) in second.entries() {
        let Some(old) = raw(first, key) else {
            if look == Look::ForAdditions {
                patch.set(key, new.clone());
            }
            continue;
        };
        let (inner, strategy) = strategy(ty, key);
        match (old, new) {
            (Value::Object(_), Value::Object(_)) => {
                let retains = strategy.is_some_and(|strategy| strategy.retain_keys);
                let replaces = strategy.is_some_and(|one| !one.merge && !one.retain_keys);
                if replaces {
                    set_if_different(&mut patch, key, old, new, look);
                    continue;
                }
                let part = diff_maps(old, new, inner, look, retains)?;
                if part.as_map().is_some_and(|map| !map.is_empty()) {
                    patch.set(key, part);
                }
            }
            (Value::Array(old), Value::Array(new)) if merges(strategy) => {
                diff_lists(&mut patch, key, old, new, inner, strategy, look)?;
            }
            _ => set_if_different(&mut patch, key, old, new, look),
        }
    }
    if look == Look::ForDeletions {
        for (key, _) in first.entries() {
            if raw(second, key).is_none() {
                patch.set(key, Value::Null);
            }
        }
    }
    if lists_keys {
        let changed = patch.as_map().is_some_and(|map| !map.is_empty())
            || first.entries().any(|(key, _)| raw(second, key).is_none());
        let keys: Vec<Value> = second
            .entries()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, _)| Value::from(key))
            .collect();
        if changed && !keys.is_empty() {
            patch.set(RETAIN_KEYS, keys);
        }
    }
    Ok(patch)
}

fn set_if_different(patch: &mut Value, key: &str, old: &Value, new: &Value, look: Look) {
    if look == Look::ForAdditions && old != new {
        patch.set(key, new.clone());
    }
}

fn diff_lists(
    patch: &mut Value,
    key: &str,
    old: &[Value],
    new: &[Value],
    ty: Schema,
    strategy: Option<PatchStrategy>,
    look: Look,
) -> Result<(), String> {
    if old.is_empty() {
        if !new.is_empty() && look == Look::ForAdditions {
            patch.set(key, Value::from(new.to_vec()));
        }
        return Ok(());
    }
    if !old.iter().chain(new).any(|item| matches!(item, Value::Object(_))) {
        diff_plain_lists(patch, key, old, new, look);
        return Ok(());
    }
    let by = merge_key(strategy);
    let mut changes = Vec::new();
    let (in_old, in_new) = (Places::of(old, by), Places::of(new, by));
    for item in new {
        if raw(item, by).is_none() {
            return Err(format!(
                "map: {} does not contain declared merge key: {by}",
                go_print(item)
            ));
        }
        match in_old.get(item).and_then(|at| old.get(at)) {
            Some(before) => {
                let retains = strategy.is_some_and(|strategy| strategy.retain_keys);
                let mut part = diff_maps(before, item, ty, look, retains)?;
                if part.as_map().is_some_and(|map| !map.is_empty()) {
                    part.set(by, identity(item, by).clone());
                    changes.push(part);
                }
            }
            None if look == Look::ForAdditions => changes.push(item.clone()),
            None => {}
        }
    }
    let only = |item: &&Value| in_new.get(item).is_none();
    if look == Look::ForDeletions {
        let gone = old.iter().filter(only).map(|item| {
            let mut directive = crate::object! { DIRECTIVE => "delete" };
            directive.set(by, identity(item, by).clone());
            directive
        });
        changes.extend(gone);
    }
    let common = |list: &[Value], other: &Places<'_>| -> Vec<Value> {
        let kept = list.iter().filter(|item| other.get(item).is_some());
        kept.map(|item| identity(item, by).clone()).collect()
    };
    let same_order = common(old, &in_new) == common(new, &in_old);
    let reorders = look == Look::ForAdditions && !same_order;
    let has_changes = !changes.is_empty();
    if has_changes {
        patch.set(key, Value::from(changes));
    }
    if has_changes || reorders {
        let order: Vec<Value> = new
            .iter()
            .map(|item| {
                let mut entry = Value::empty_object();
                entry.set(by, identity(item, by).clone());
                entry
            })
            .collect();
        patch.set(&format!("{ORDER}{key}"), Value::from(order));
    }
    Ok(())
}

fn diff_plain_lists(patch: &mut Value, key: &str, old: &[Value], new: &[Value], look: Look) {
    let missing = |from: &[Value], list: &[Value]| -> Vec<Value> {
        let from = Places::of(from, "");
        list.iter().filter(|item| from.get(item).is_none()).cloned().collect()
    };
    match look {
        Look::ForAdditions => {
            let more = missing(old, new);
            if !more.is_empty() {
                patch.set(key, Value::from(more));
            }
            if old != new {
                patch.set(&format!("{ORDER}{key}"), Value::from(new.to_vec()));
            }
        }
        Look::ForDeletions => {
            let gone = missing(new, old);
            if !gone.is_empty() {
                patch.set(&format!("{DELETE_LIST}{key}"), Value::from(gone));
                patch.set(&format!("{ORDER}{key}"), Value::from(new.to_vec()));
            }
        }
    }
}
