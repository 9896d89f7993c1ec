//! Nodes and their taints. Follows `ValidateNode`, `ValidateNodeUpdate` and `validateNodeTaints` in
//! `pkg/apis/core/validation`.

use super::errors::{Errors, Path, text};
use super::internal;
use super::placement::taint_effect;
use super::resources;
use crate::api::error::{FieldError, FieldErrorKind};
use crate::api::names;
use crate::api::value::Value;

/// Checks a node, but for its metadata.
pub(crate) fn node(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    let spec = object.get("spec").unwrap_or(&none);
    // The path really is below "metadata".
    let path = Path::root("metadata");
    taints(errors, &path.child("taints"), spec.items_at("taints"));
    let status = object.get("status").unwrap_or(&none);
    let path = Path::root("status");
    for list in ["capacity", "allocatable"] {
        let path = path.child(list);
        for (name, amount) in status.get(list).into_iter().flat_map(Value::entries) {
            resources::quantity(errors, &path.child(name), name, amount);
        }
    }
    let path = Path::root("spec");
    let path = path.child("podCIDRs");
    let ranges = spec.items_at("podCIDRs");
    for (index, range) in ranges.iter().enumerate() {
        let range = range.as_str().unwrap_or_default();
        if !is_range(range) {
            let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
            errors.invalid(&path.index(index), range, detail);
        }
    }
    let of_v6 = |range: &Value| range.as_str().is_some_and(|range| range.contains(':'));
    if ranges.len() > 2 || matches!(ranges, [one, other] if of_v6(one) == of_v6(other)) {
        let detail = "may specify no more than one CIDR for each IP family";
        errors.invalid(&path, ranges.to_vec(), detail);
    }
}

/// Whether a text is an IP network: `10.9.8.0/24`.
fn is_range(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u32>().is_ok_and(|bits| bits <= most)
}

fn taints(errors: &mut Errors, path: &Path<'_>, taints: &[Value]) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (index, taint) in taints.iter().enumerate() {
        let path = &path.index(index);
        let [key, value, effect] = ["key", "value", "effect"].map(|field| text(taint, field));
        errors.each_invalid(&path.child("key"), key, &names::label_key(key));
        let messages = names::label_value(value);
        if !messages.is_empty() {
            errors.invalid(&path.child("value"), value, &messages.join(";"));
        }
        match effect {
            "" => errors.required(&path.child("effect"), ""),
            _ => taint_effect(errors, &path.child("effect"), effect),
        }
        if seen.contains(&(effect, key)) {
            let shown = internal::of_type("Taint", Some(taint));
            let detail = "taints must be unique by key and effect pair";
            let text = format!("Duplicate value: {shown}: {detail}");
            errors.push(FieldError::verbatim(FieldErrorKind::Duplicate, path, text));
        } else {
            seen.push((effect, key));
        }
    }
}

/// Checks what may change: little but labels, taints and whether pods may come.
pub(crate) fn update(errors: &mut Errors, new: &Value, old: &Value) {
    let none = Value::Null;
    let (new, old) = (new.get("spec").unwrap_or(&none), old.get("spec").unwrap_or(&none));
    let path = Path::root("spec");
    let ranges = old.items_at("podCIDRs");
    if !ranges.is_empty() && new.items_at("podCIDRs") != ranges {
        let detail = "node updates may not change podCIDR except from \"\" to valid";
        errors.forbidden(&path.child("podCIDRs"), detail);
    }
    let provider = text(old, "providerID");
    if !provider.is_empty() && text(new, "providerID") != provider {
        let detail = "node updates may not change providerID except from \"\" to valid";
        errors.forbidden(&path.child("providerID"), detail);
    }
}
