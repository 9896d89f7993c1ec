//! RFC 6902. The words of refusals are those of `gopkg.in/evanphx/json-patch.v4`, which the API server uses.

use crate::api::value::Value;

/// Runs the operations one after the other.
///
/// # Errors
/// The library's words.
pub fn json_patch(target: &Value, operations: &Value) -> Result<Value, String> {
    let Value::Array(operations) = operations else {
        let given = operations.json_type();
        return Err(format!(
            "json: cannot unmarshal {given} into Go value of type jsonpatch.Patch"
        ));
    };
    let mut document = target.clone();
    for operation in operations.iter() {
        let text = |key: &str| operation.str_at(key);
        let name = text("op").unwrap_or("unknown");
        let path = text("path").ok_or_else(|| {
            format!("{name} operation failed to decode path: missing field: missing value")
        })?;
        let value = operation.as_map().and_then(|map| map.get("value")).cloned();
        let from = || {
            text("from").ok_or_else(|| {
                format!("{name} operation failed to decode from: missing field: missing value")
            })
        };
        match name {
            "add" => add(&mut document, path, value.unwrap_or_default())?,
            "remove" => drop(remove(&mut document, path, "remove")?),
            "replace" => {
                find(&document, path).ok_or_else(|| missing("replace", path))?;
                replace(&mut document, path, value.unwrap_or_default());
            }
            "move" => {
                let moved = remove(&mut document, from()?, "move")?;
                add(&mut document, path, moved)?;
            }
            "copy" => {
                let copied =
                    find(&document, from()?).cloned().ok_or_else(|| missing("copy", path))?;
                add(&mut document, path, copied)?;
            }
            "test" => test(&document, path, value.unwrap_or_default())?,
            other => return Err(format!("Unexpected kind: {other}")),
        }
    }
    Ok(document)
}

fn missing(operation: &str, path: &str) -> String {
    format!("{operation} operation does not apply: doc is missing key: {path}: missing value")
}

fn test(document: &Value, path: &str, wanted: Value) -> Result<(), String> {
    match find(document, path).cloned().unwrap_or_default() == wanted {
        true => Ok(()),
        false => Err(format!("testing value {path} failed: test failed")),
    }
}

/// The steps of a pointer: `/a/b~1c` is `a`, `b/c`.
fn steps(path: &str) -> Vec<String> {
    path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

fn child<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

fn find<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path).iter().try_fold(document, |value, step| child(value, step))
}

/// Changes the parent of a path's last step; `None` if there is no such parent.
fn with_parent<T>(
    document: &mut Value,
    path: &str,
    change: impl FnOnce(&mut Value, &str) -> T,
) -> Option<T> {
    let steps = steps(path);
    let (last, parents) = steps.split_last()?;
    let mut at = document;
    for step in parents {
        child(at, step)?;
        at = match at {
            Value::Object(_) => at.child(step),
            _ => at.make_items().get_mut(step.parse::<usize>().ok()?)?,
        };
    }
    Some(change(at, last))
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let done = with_parent(document, path, |parent, last| match parent {
        Value::Object(_) => {
            parent.set(last, value);
            true
        }
        Value::Array(items) => {
            let length = items.len();
            let at = if last == "-" { Some(length) } else { last.parse::<usize>().ok() };
            match at.filter(|at| *at <= length) {
                Some(at) => {
                    parent.make_items().insert(at, value);
                    true
                }
                None => false,
            }
        }
        _ => false,
    });
    match done {
        Some(true) => Ok(()),
        Some(false) => {
            Err(format!("add operation does not apply: doc is missing path: {path}: missing value"))
        }
        None => {
            let words = format!("\"{path}\"");
            Err(format!(
                "add operation does not apply: doc is missing path: {words}: missing value"
            ))
        }
    }
}

fn remove(document: &mut Value, path: &str, operation: &str) -> Result<Value, String> {
    let gone = with_parent(document, path, |parent, last| match parent {
        Value::Object(_) => parent.remove(last),
        Value::Array(items) => {
            let at = last.parse::<usize>().ok().filter(|at| *at < items.len())?;
            Some(parent.make_items().remove(at))
        }
        _ => None,
    });
    gone.flatten().ok_or_else(|| {
        let last = steps(path).pop().unwrap_or_default();
        format!("{operation} operation does not apply: Unable to {operation} nonexistent key: {last}: missing value")
    })
}

fn replace(document: &mut Value, path: &str, value: Value) {
    if path.is_empty() {
        *document = value;
        return;
    }
    let _parent_is_there = with_parent(document, path, |parent, last| match parent {
        Value::Object(_) => parent.set(last, value),
        _ => {
            let slot = last.parse::<usize>().ok().and_then(|at| parent.make_items().get_mut(at));
            if let Some(slot) = slot {
                *slot = value;
            }
        }
    });
}
