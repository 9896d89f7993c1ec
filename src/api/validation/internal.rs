//! Values as the server shows them in `Invalid value: {…}`: JSON of its *internal* types. Go's field names in the order
//! of declaration, nothing left out, absent lists and pointers as `null`; only metadata and selectors look as in a
//! manifest.
//!
//! `internal-types.txt` beside this file is that order: a line per type, then `Field:type` (or `Field=wireName:type`)
//! where `s` is a text, `i` a number, `b` a truth value, `q` an amount, `I` a number or text, `m` a map; `?` before a
//! type makes it a pointer, `*` a list, `@` lets the fields of another type stand here. Follows
//! `pkg/apis/{core,apps,batch}/types.go`.

use crate::api::quantity::Quantity;
use crate::api::value::Value;

const TYPES: &str = include_str!("internal-types.txt");

/// `"labels":{…},"Spec":{…}`: a whole pod template.
pub(crate) fn pod_template(template: &Value) -> String {
    let mut template = template.clone();
    host_fields(template.child("spec"));
    object("PodTemplateSpec", &template)
}

/// A whole pod spec.
pub(crate) fn pod_spec(spec: &Value) -> String {
    let mut spec = spec.clone();
    host_fields(&mut spec);
    object("PodSpec", &spec)
}

/// Internally, what a pod shares with its node lies in its security context.
fn host_fields(spec: &mut Value) {
    const FIELDS: [&str; 5] =
        ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];
    let shared = FIELDS.map(|field| (field, spec.get(field).cloned()));
    let context = spec.child("securityContext");
    if context.is_null() {
        *context = Value::empty_object();
    }
    for (field, value) in shared {
        if let Some(value) = value {
            context.set(field, value);
        }
    }
}

/// A value of the named type.
pub(crate) fn of_type(name: &str, value: Option<&Value>) -> String {
    value.map_or_else(|| "null".into(), |value| object(name, value))
}

/// A list of values of the named type.
pub(crate) fn list(name: &str, values: &[Value]) -> String {
    let values: Vec<String> = values.iter().map(|value| object(name, value)).collect();
    format!("[{}]", values.join(","))
}

/// A label selector as in a manifest, labels before expressions.
pub(crate) fn label_selector(selector: Option<&Value>) -> String {
    let Some(selector) = selector else { return "null".into() };
    in_order(selector, &["matchLabels", "matchExpressions"])
}

/// Owner references as in a manifest, in the order of their declaration.
pub(crate) fn owner_references(owners: &[Value]) -> String {
    const FIELDS: [&str; 6] =
        ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
    let owners: Vec<String> = owners.iter().map(|owner| in_order(owner, &FIELDS)).collect();
    format!("[{}]", owners.join(","))
}

/// The named fields of an object that are there, in this order.
fn in_order(value: &Value, fields: &[&str]) -> String {
    let field = |name: &&str| Some(format!("\"{name}\":{}", value.get(name)?.to_json()));
    let parts: Vec<String> = fields.iter().filter_map(field).collect();
    format!("{{{}}}", parts.join(","))
}

fn line(name: &str) -> Option<&'static str> {
    TYPES.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

fn object(name: &str, value: &Value) -> String {
    let mut parts = Vec::new();
    fields(name, value, &mut parts);
    format!("{{{}}}", parts.join(","))
}

fn fields(name: &str, value: &Value, parts: &mut Vec<String>) {
    for word in line(name).unwrap_or_default().split(' ') {
        if let Some(embedded) = word.strip_prefix('@') {
            match embedded {
                "ObjectMeta" => metadata(value.get("metadata"), parts),
                _ => fields(embedded, value, parts),
            }
            continue;
        }
        let Some((field, sort)) = word.rsplit_once(':') else { continue };
        let lower;
        let (field, wire) = match field.split_once('=') {
            Some(pair) => pair,
            None => {
                lower = lower_first(field);
                (field, lower.as_str())
            }
        };
        parts.push(format!("\"{field}\":{}", shown(sort, value.get(wire))));
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn shown(sort: &str, value: Option<&Value>) -> String {
    if let Some(pointed) = sort.strip_prefix('?') {
        return value.map_or_else(|| "null".into(), |value| shown(pointed, Some(value)));
    }
    if let Some(item) = sort.strip_prefix('*') {
        let Some(list) = value else { return "null".into() };
        let items: Vec<String> = list.items().iter().map(|one| shown(item, Some(one))).collect();
        return format!("[{}]", items.join(","));
    }
    match (sort, value) {
        ("m" | "t", None) => "null".into(),
        ("s", None) => "\"\"".into(),
        ("b", None) => "false".into(),
        ("i" | "I", None) => "0".into(),
        ("q", _) => {
            let amount = value.map_or(Ok(Quantity::ZERO), Quantity::from_value);
            amount.map_or_else(|_| "null".into(), |amount| format!("\"{amount}\""))
        }
        ("LabelSelector", value) => label_selector(value),
        ("m" | "t" | "s" | "b" | "i" | "I", Some(value)) => value.to_json(),
        (name, value) => object(name, value.unwrap_or(&Value::Null)),
    }
}

/// Metadata has names as in a manifest, and leaves out what is not there.
fn metadata(metadata: Option<&Value>, parts: &mut Vec<String>) {
    const FIELDS: [&str; 13] = [
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "labels",
        "annotations",
        "ownerReferences",
        "finalizers",
    ];
    for field in FIELDS {
        if let Some(value) = metadata.and_then(|metadata| metadata.get(field)) {
            parts.push(format!("\"{field}\":{}", value.to_json()));
        }
    }
}
