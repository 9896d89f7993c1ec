//! The variables of a container. Follows `describeContainerEnvFrom` and `describeContainerEnvVars` of kubectl's
//! describe.go.

use crate::api::core::Container;
use crate::api::meta::ObjectMeta;
use crate::api::quantity::Quantity;
use crate::api::value::Value;

/// The variables of a container, which is `raw` as written, in a pod of that name; a template has none.
pub(super) fn text(spec: &Container, raw: &Value, meta: &ObjectMeta) -> String {
    let mut text = String::new();
    let sources = raw.items_at("envFrom");
    if !sources.is_empty() {
        text.push_str("    Environment Variables from:\n");
    }
    text.extend(sources.iter().map(from_object));
    let all = raw.items_at("env");
    text.push_str(if all.is_empty() { "    Environment:\t<none>\n" } else { "    Environment:\n" });
    for one in all {
        let value = match one.get("valueFrom") {
            None => {
                let written = one.str_at("value").unwrap_or_default();
                Some(written.replace('\n', "\n      \t"))
            }
            Some(from) => elsewhere(from, spec, meta),
        };
        if let Some(value) = value {
            text.push_str(&format!("      {}:\t{value}\n", one.str_at("name").unwrap_or_default()));
        }
    }
    text
}

fn optional(reference: &Value) -> bool {
    reference.bool_at("optional").unwrap_or(false)
}

fn from_object(source: &Value) -> String {
    let found = [("configMapRef", "ConfigMap"), ("secretRef", "Secret")]
        .into_iter()
        .find_map(|(field, kind)| source.get(field).map(|reference| (kind, reference)));
    let (kind, name, optional) = found.map_or(("", "", false), |(kind, reference)| {
        (kind, reference.str_at("name").unwrap_or_default(), optional(reference))
    });
    let prefix = match source.str_at("prefix") {
        None | Some("") => String::new(),
        Some(prefix) => format!(" with prefix '{prefix}'"),
    };
    format!("      {name}\t{kind}{prefix}\tOptional: {optional}\n")
}

/// A value that is not written in place; of a file's nothing is told.
fn elsewhere(from: &Value, spec: &Container, meta: &ObjectMeta) -> Option<String> {
    let word = |of: &Value, key: &str| of.str_at(key).unwrap_or_default().to_owned();
    if let Some(field) = from.get("fieldRef") {
        // The client has no rules for the fields of pods: what is true of all objects is all it reads.
        let path = word(field, "fieldPath");
        let value = match &*path {
            "metadata.name" => &*meta.name,
            "metadata.namespace" => &*meta.namespace,
            _ => "",
        };
        let version = field.str_at("apiVersion").unwrap_or("v1");
        return Some(format!("{value} ({version}:{path})"));
    }
    if let Some(field) = from.get("resourceFieldRef") {
        let resource = word(field, "resource");
        let value = match (amount(spec, &resource, field.get("divisor")), &*resource) {
            (Some(0), "limits.cpu" | "limits.memory") => "node allocatable".to_owned(),
            (value, _) => value.map_or_else(String::new, |value| value.to_string()),
        };
        return Some(format!("{value} ({resource})"));
    }
    for (field, within) in [("secretKeyRef", "in secret"), ("configMapKeyRef", "of config map")] {
        if let Some(of) = from.get(field) {
            let (key, name) = (word(of, "key"), word(of, "name"));
            let optional = optional(of);
            return Some(format!(
                "<set to the key '{key}' {within} '{name}'>\tOptional: {optional}"
            ));
        }
    }
    None
}

/// A limit or request of this container, whichever container is named, in units of the divisor, rounded up. Follows
/// `ExtractContainerResourceValue` of kubectl's `pkg/util/resource`.
fn amount(spec: &Container, resource: &str, divisor: Option<&Value>) -> Option<i64> {
    let unit = divisor.and_then(|unit| Quantity::from_value(unit).ok());
    let unit = unit.filter(|unit| !unit.is_zero());
    let whole = || unit.as_ref().map_or(1, Quantity::value);
    let (amounts, name) = match resource.split_once('.')? {
        ("requests", name) => (&spec.requests, name),
        ("limits", name) => (&spec.limits, name),
        _ => return None,
    };
    let (amount, unit) = match name {
        "cpu" => (amounts.cpu_milli, unit.as_ref().map_or(1000, Quantity::milli_value)),
        "memory" => (amounts.memory_bytes, whole()),
        "ephemeral-storage" => (amounts.ephemeral_bytes, whole()),
        pages if pages.starts_with("hugepages-") => {
            (amounts.extended.get(pages).copied().unwrap_or(0), whole())
        }
        _ => return None,
    };
    let unit = unit.max(1);
    Some(amount / unit + i64::from(amount % unit > 0))
}
