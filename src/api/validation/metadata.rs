//! Names, labels, annotations, owners and finalizers of any object. Follows
//! `k8s.io/apimachinery/pkg/api/validation/objectmeta.go` and `…/apis/meta/v1/validation`.

use super::errors::{Errors, Path, text};
use super::internal;
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::labels::Labels;
use crate::api::names;
use crate::api::value::Value;
use crate::sim::order::Order as _;

/// What a name is checked against.
type NameCheck = fn(&str) -> Vec<String>;

/// All annotations of an object together may hold this many bytes.
const ANNOTATIONS_BYTES: usize = 256 * 1024;

/// How names of this kind are checked.
fn name_check(kind: Kind) -> NameCheck {
    match kind {
        Kind::Namespace => names::dns_label,
        Kind::Service => names::dns_label,
        _ => names::dns_subdomain,
    }
}

/// Checks the metadata of an object. Follows `ValidateObjectMeta`.
pub(crate) fn object_meta(errors: &mut Errors, kind: Kind, object: &Value) {
    let path = &Path::root("metadata");
    let none = Value::Null;
    let metadata = object.get("metadata").unwrap_or(&none);
    let check = name_check(kind);
    let generate_name = text(metadata, "generateName");
    // The newer form of the check, which this kind uses, looks at the finished name only.
    let whole_name_only = kind == Kind::ReplicationController;
    if !generate_name.is_empty() && !whole_name_only {
        let messages = check(&names::mask_trailing_dash(generate_name));
        errors.each_invalid(&path.child("generateName"), generate_name, &messages);
    }
    match text(metadata, "name") {
        "" => errors.required(&path.child("name"), "name or generateName is required"),
        name => errors.each_invalid(&path.child("name"), name, &check(name)),
    }
    common(errors, kind, metadata);
}

/// What is checked for every kind after it was checked for its own. Follows the end of `rest.BeforeCreate`.
pub(crate) fn any_object_meta(errors: &mut Errors, kind: Kind, object: &Value) {
    let path = &Path::root("metadata");
    let none = Value::Null;
    let metadata = object.get("metadata").unwrap_or(&none);
    match text(metadata, "name") {
        "" => errors.required(&path.child("name"), "name or generateName is required"),
        name => errors.each_invalid(&path.child("name"), name, &names::path_segment(name)),
    }
    common(errors, kind, metadata);
}

fn common(errors: &mut Errors, kind: Kind, metadata: &Value) {
    let path = &Path::root("metadata");
    let namespace = text(metadata, "namespace");
    match (kind.namespaced(), namespace) {
        (true, "") => errors.required(&path.child("namespace"), ""),
        (true, _) => {
            let messages = names::dns_label(namespace);
            errors.each_invalid(&path.child("namespace"), namespace, &messages);
        }
        (false, "") => {}
        (false, _) => errors.forbidden(&path.child("namespace"), "not allowed on this type"),
    }
    errors.field_not_negative(path, metadata, "generation");
    labels(errors, &path.child("labels"), metadata.get("labels"));
    annotations(errors, &path.child("annotations"), metadata.get("annotations"));
    owner_references(errors, &path.child("ownerReferences"), metadata.items_at("ownerReferences"));
    finalizers(errors, &path.child("finalizers"), metadata.items_at("finalizers"));
}

/// Checks the keys and values of labels. The path is that of the map, also for a single key.
pub(crate) fn labels(errors: &mut Errors, path: &Path<'_>, labels: Option<&Value>) {
    for (key, value) in Labels::new(labels).iter() {
        errors.each_invalid(path, key, &names::label_key(key));
        errors.each_invalid(path, value, &names::label_value(value));
    }
}

/// Checks the keys of annotations, and that all of them together are not too long.
pub(crate) fn annotations(errors: &mut Errors, path: &Path<'_>, annotations: Option<&Value>) {
    let mut bytes = 0;
    for (key, value) in Labels::new(annotations).iter() {
        errors.each_invalid(path, key, &names::label_key(&key.to_lowercase()));
        bytes += key.len() + value.len();
    }
    if bytes > ANNOTATIONS_BYTES {
        errors.too_long(path, ANNOTATIONS_BYTES);
    }
}

fn owner_references(errors: &mut Errors, path: &Path<'_>, owners: &[Value]) {
    let mut controller: Option<String> = None;
    for owner in owners {
        let api_version = text(owner, "apiVersion");
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        if version.is_empty() {
            errors.invalid(&path.child("apiVersion"), api_version, "version must not be empty");
        }
        for key in ["kind", "name", "uid"] {
            if text(owner, key).is_empty() {
                errors.invalid(&path.child(key), "", "must not be empty");
            }
        }
        if (group, version, text(owner, "kind")) == ("", "v1", "Event") {
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            errors.invalid(path, owner.clone(), detail);
        }
        if owner.bool_at("controller") == Some(true) {
            let this = format!("{}/{}", text(owner, "kind"), text(owner, "name"));
            match &controller {
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    );
                    errors.invalid_json(path, &internal::owner_references(owners), &detail);
                }
                None => controller = Some(this),
            }
        }
    }
}

fn finalizers(errors: &mut Errors, path: &Path<'_>, finalizers: &[Value]) {
    for finalizer in finalizers.iter().filter_map(Value::as_str) {
        errors.each_invalid(path, finalizer, &names::label_key(finalizer));
    }
    let has = |name: &str| finalizers.iter().any(|one| one.as_str() == Some(name));
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.invalid(path, finalizers.to_vec(), detail);
    }
}

/// Checks the metadata of a changed object against that before. Follows `ValidateObjectMetaUpdate`.
pub(crate) fn object_meta_update(errors: &mut Errors, new: &Value, old: &Value) {
    let path = &Path::root("metadata");
    let none = Value::Null;
    let new = new.get("metadata").unwrap_or(&none);
    let old = old.get("metadata").unwrap_or(&none);
    if old.get("deletionTimestamp").is_some() {
        no_new_finalizers(errors, &path.child("finalizers"), new, old);
    }
    if text(new, "resourceVersion").is_empty() {
        errors.invalid(&path.child("resourceVersion"), "", "must be specified for an update");
    }
    if new.i64_at("generation") < old.i64_at("generation") {
        let generation = new.i64_at("generation").unwrap_or(0);
        errors.invalid(&path.child("generation"), generation, "must not be decremented");
    }
    for key in ["name", "namespace", "uid"] {
        if text(new, key) != text(old, key) {
            errors.invalid(&path.child(key), text(new, key), "field is immutable");
        }
    }
    for key in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        errors.immutable(&path.child(key), new.get(key), old.get(key));
    }
    labels(errors, &path.child("labels"), new.get("labels"));
    annotations(errors, &path.child("annotations"), new.get("annotations"));
    owner_references(errors, &path.child("ownerReferences"), new.items_at("ownerReferences"));
}

fn no_new_finalizers(errors: &mut Errors, path: &Path<'_>, new: &Value, old: &Value) {
    let before = old.items_at("finalizers");
    let after = new.items_at("finalizers").iter().filter(|one| !before.contains(one));
    let mut extra: Vec<&str> = after.filter_map(Value::as_str).collect();
    extra.order();
    extra.dedup();
    if !extra.is_empty() {
        let list: Vec<String> = extra.iter().map(|one| go_quote(one)).collect();
        let detail = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            list.join(", ")
        );
        errors.forbidden(path, &detail);
    }
}
