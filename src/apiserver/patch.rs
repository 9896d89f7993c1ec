//! Patches as pure functions. PLACEHOLDER for strategic and JSON patches.

use super::verbs::{Api, Patch, Written};
use crate::api::ApiError;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::value::Value;

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
            Patch::Merge(patch) | Patch::Strategic(patch) | Patch::Json(patch) => {
                merge_patch(&old, patch)
            }
        };
        self.update(kind, &key.namespace, &new)
    }
}
