//! Patches of objects, as pure functions on JSON, and the verb that applies them. Follows
//! `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

mod conform;
mod json;
mod strategic;

pub use conform::{Conformed, Mismatch, conform};
pub use json::json_patch;
pub use strategic::{strategic_patch, three_way};

use super::verbs::{Api, Patch, Written};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::schema::Schema;
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
    /// Patches an object. Fields that the schema does not know are dropped with a warning.
    ///
    /// # Errors
    /// `BadRequest` and `Invalid` for a patch that does not fit; as [`Api::update`].
    pub fn patch(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: &Patch,
    ) -> Result<Written, ApiError> {
        let old = self.existing(kind, key)?.to_value();
        check_form(patch)?;
        let ty = Schema::of(kind);
        let patched = match patch {
            Patch::Merge(patch) => merge_patch(&old, patch),
            Patch::Strategic(patch) => {
                strategic_patch(&old, patch, ty).map_err(|words| invalid_patch(&words))?
            }
            Patch::Json(operations) => json_patch(&old, operations).map_err(|words| ApiError {
                kind: String::new(),
                ..ApiError::new(Reason::Invalid, words)
            })?,
        };
        let conformed = conform(&patched, kind).map_err(|mismatch| match patch {
            Patch::Strategic(patch) => {
                invalid_patch(&format!("{}: {}", go_map(patch), mismatch.converter_words()))
            }
            Patch::Merge(_) | Patch::Json(_) => {
                let (name, version) = (kind.name(), kind.api_version());
                let words = mismatch.decoder_words();
                let message = format!(
                    "{name} in version \"{version}\" cannot be handled as a {name}: {words}"
                );
                ApiError::new(Reason::BadRequest, message)
            }
        })?;
        check_identity(kind, key, &conformed.value)?;
        let mut written = self.update(kind, &key.namespace, &conformed.value)?;
        let unknown = conformed.unknown.iter().map(|path| format!("unknown field \"{path}\""));
        written.warnings = unknown.chain(written.warnings).collect();
        Ok(written)
    }
}

/// A patch is a list of operations, or an object. Follows `applyJSPatch` and `strategicPatchObject`.
fn check_form(patch: &Patch) -> Result<(), ApiError> {
    let (value, wanted, prefix) = match patch {
        Patch::Json(Value::Array(_)) => return Ok(()),
        Patch::Merge(Value::Object(_)) | Patch::Strategic(Value::Object(_)) => return Ok(()),
        Patch::Json(value) => (value, "[]handlers.jsonPatchOp", "error decoding patch: "),
        Patch::Merge(value) => (value, "map[string]interface {}", "error decoding patch: "),
        Patch::Strategic(value) => (value, "map[string]interface {}", ""),
    };
    let words = format!(
        "{prefix}json: cannot unmarshal {} into Go value of type {wanted}",
        value.json_type()
    );
    Err(ApiError::new(Reason::BadRequest, words))
}

/// A patch may not turn an object into another one.
fn check_identity(kind: Kind, key: &ObjectKey, patched: &Value) -> Result<(), ApiError> {
    let name = patched.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default();
    if name != &*key.name {
        let words = format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            key.name
        );
        return Err(ApiError::new(Reason::BadRequest, words));
    }
    let namespace =
        patched.at(&["metadata", "namespace"]).and_then(Value::as_str).unwrap_or_default();
    if kind.namespaced() && namespace != &*key.namespace {
        let words =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(ApiError::new(Reason::BadRequest, words));
    }
    Ok(())
}

/// ` "" is invalid: patch: Invalid value: …`; kubectl shows it as `The request is invalid: …`.
fn invalid_patch(words: &str) -> ApiError {
    let error = crate::api::error::FieldError::verbatim(
        crate::api::error::FieldErrorKind::Invalid,
        "patch",
        format!("Invalid value: {words}"),
    );
    ApiError::invalid("", "", vec![error])
}

/// A JSON value as Go prints it with `%+v`, in quotes: `"map[spec:map[replicas:three]]"`.
fn go_map(value: &Value) -> String {
    crate::api::error::go_quote(&go_print(value))
}

/// A JSON value as Go prints it: `map[a:1 b:[x y]]`, null as `<nil>`.
pub fn go_print(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(go_print).collect::<Vec<_>>().join(" "))
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| format!("{key}:{}", go_print(value)));
            format!("map[{}]", entries.collect::<Vec<_>>().join(" "))
        }
        other => other.to_json(),
    }
}

#[cfg(test)]
mod tests;
