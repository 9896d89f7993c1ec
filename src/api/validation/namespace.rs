//! Namespaces. Follows `ValidateNamespace` in `pkg/apis/core/validation`.

use super::errors::{Errors, Path, text};
use crate::api::names;
use crate::api::value::Value;

/// Checks a namespace, but for its metadata.
pub(crate) fn namespace(errors: &mut Errors, object: &Value) {
    let path = Path::root("spec");
    let path = &path.child("finalizers");
    let finalizers = object.at(&["spec", "finalizers"]).map_or(&[][..], Value::items);
    for finalizer in finalizers.iter().filter_map(Value::as_str) {
        errors.each_invalid(path, finalizer, &names::label_key(finalizer));
        let standard = ["kubernetes", "orphan", "foregroundDeletion"];
        if !finalizer.contains('/') && !standard.contains(&finalizer) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(path, finalizer, detail);
        }
    }
}

/// Checks that the phase fits to whether the namespace is being deleted.
pub(crate) fn status(errors: &mut Errors, object: &Value) {
    let phase = object.get("status").map_or("", |status| text(status, "phase"));
    let path = Path::root("status");
    let path = &path.child("Phase");
    match object.at(&["metadata", "deletionTimestamp"]) {
        None if phase != "Active" => {
            let detail = "may only be 'Active' if `deletionTimestamp` is empty";
            errors.invalid(path, phase, detail);
        }
        Some(_) if phase != "Terminating" => {
            let detail = "may only be 'Terminating' if `deletionTimestamp` is not empty";
            errors.invalid(path, phase, detail);
        }
        _ => {}
    }
}
