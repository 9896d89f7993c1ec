//! ConfigMaps and Secrets. Follows `ValidateConfigMap` and `ValidateSecret` in `pkg/apis/core/validation`, without the
//! look inside the files of registries' passwords.

use super::errors::{Errors, Path, text};
use crate::api::labels::Labels;
use crate::api::names;
use crate::api::value::Value;

/// All values together may hold this many bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// Checks a ConfigMap, but for its metadata.
pub(crate) fn config_map(errors: &mut Errors, object: &Value) {
    let mut bytes = 0;
    let binary = object.get("binaryData");
    let path = Path::root("data");
    for (key, value) in Labels::new(object.get("data")).iter() {
        errors.each_invalid(&path.key(key), key, &names::config_map_key(key));
        if binary.is_some_and(|binary| binary.get(key).is_some()) {
            errors.invalid(&path.key(key), key, "duplicate of key present in binaryData");
        }
        bytes += value.len();
    }
    let path = Path::root("binaryData");
    for (key, value) in Labels::new(binary).iter() {
        errors.each_invalid(&path.key(key), key, &names::config_map_key(key));
        bytes += decoded_length(value);
    }
    if bytes > MOST_BYTES {
        errors.too_long(&Path::root(""), MOST_BYTES);
    }
}

/// How many bytes a text in base 64 stands for.
fn decoded_length(text: &str) -> usize {
    let letters = text.bytes().filter(|letter| !letter.is_ascii_whitespace() && *letter != b'=');
    letters.count() * 3 / 4
}

/// Checks what may change in a ConfigMap.
pub(crate) fn config_map_update(errors: &mut Errors, new: &Value, old: &Value) {
    fixed(errors, new, old, &["data", "binaryData"]);
}

/// Nothing may change in what calls itself immutable.
fn fixed(errors: &mut Errors, new: &Value, old: &Value, fields: &[&str]) {
    if old.bool_at("immutable") != Some(true) {
        return;
    }
    let detail = "field is immutable when `immutable` is set";
    if new.bool_at("immutable") != Some(true) {
        errors.forbidden(&Path::root("immutable"), detail);
    }
    for field in fields {
        if new.get(field) != old.get(field) {
            errors.forbidden(&Path::root(field), detail);
        }
    }
}

/// Checks a Secret, but for its metadata.
pub(crate) fn secret(errors: &mut Errors, object: &Value) {
    let path = &Path::root("data");
    let data = Labels::new(object.get("data"));
    let mut bytes = 0;
    for (key, value) in data.iter() {
        errors.each_invalid(&path.key(key), key, &names::config_map_key(key));
        bytes += decoded_length(value);
    }
    if bytes > MOST_BYTES {
        errors.too_long(path, MOST_BYTES);
    }
    let missing = |errors: &mut Errors, key: &str| {
        if !data.has(key) {
            errors.required(&path.key(key), "");
        }
    };
    match text(object, "type") {
        "kubernetes.io/service-account-token" => {
            let key = "kubernetes.io/service-account.name";
            if Labels::of_annotations(object).get(key).unwrap_or_default().is_empty() {
                let path = Path::root("metadata");
                errors.required(&path.child("annotations").key(key), "");
            }
        }
        "kubernetes.io/dockercfg" => missing(errors, ".dockercfg"),
        "kubernetes.io/dockerconfigjson" => missing(errors, ".dockerconfigjson"),
        "kubernetes.io/basic-auth" if !data.has("username") && !data.has("password") => {
            missing(errors, "username");
            missing(errors, "password");
        }
        "kubernetes.io/ssh-auth" if data.get("ssh-privatekey").unwrap_or_default().is_empty() => {
            errors.required(&path.key("ssh-privatekey"), "");
        }
        "kubernetes.io/tls" => {
            missing(errors, "tls.crt");
            missing(errors, "tls.key");
        }
        _ => {}
    }
}

/// Checks what may change in a Secret.
pub(crate) fn secret_update(errors: &mut Errors, new: &Value, old: &Value) {
    errors.immutable(&Path::root("type"), new.get("type"), old.get("type"));
    fixed(errors, new, old, &["data"]);
}
