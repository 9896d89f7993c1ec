//! Where volumes appear in containers. Follows `ValidateVolumeMounts` and `ValidateVolumeDevices` in
//! `pkg/apis/core/validation`.

use std::collections::BTreeSet;

use super::errors::{Errors, Path, text};
use crate::api::value::Value;

/// Checks `volumeMounts` of the container at `path`.
pub(crate) fn mounts(
    errors: &mut Errors,
    path: &Path<'_>,
    container: &Value,
    volumes: &[(&str, &Value)],
) {
    let devices = container.items_at("volumeDevices");
    let path = &path.child("volumeMounts");
    let mut seen = BTreeSet::new();
    for (index, mount) in container.items_at("volumeMounts").iter().enumerate() {
        let item = &path.index(index);
        let (name, place) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            errors.required(&item.child("name"), "");
        }
        if !volumes.iter().any(|(known, _)| *known == name) {
            errors.not_found(&item.child("name"), name, "");
        }
        if place.is_empty() {
            errors.required(&item.child("mountPath"), "");
        }
        if !seen.insert(place) {
            errors.invalid(&item.child("mountPath"), place, "must be unique");
        }
        if devices.iter().any(|device| text(device, "name") == name) {
            errors.invalid(&item.child("name"), name, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|device| text(device, "devicePath") == place) {
            let detail = "must not already exist as a path in volumeDevices";
            errors.invalid(&item.child("mountPath"), place, detail);
        }
        // Upstream names the list, not the item, in these paths.
        let (sub_path, expression) = (text(mount, "subPath"), text(mount, "subPathExpr"));
        if !sub_path.is_empty() {
            descending(errors, &path.child("subPath"), sub_path);
        }
        if !expression.is_empty() {
            if !sub_path.is_empty() {
                let detail = "subPathExpr and subPath are mutually exclusive";
                errors.invalid(&item.child("subPathExpr"), expression, detail);
            }
            descending(errors, &path.child("subPathExpr"), expression);
        }
        propagation(errors, &path.child("mountPropagation"), mount, container);
        recursive_read_only(errors, &path.child("recursiveReadOnly"), mount);
    }
}

fn propagation(errors: &mut Errors, path: &Path<'_>, mount: &Value, container: &Value) {
    let Some(mode) = mount.str_at("mountPropagation") else { return };
    let known = ["Bidirectional", "HostToContainer", "None"];
    if !known.contains(&mode) {
        errors.not_supported(path, mode, &known);
    }
    let privileged = container.at(&["securityContext", "privileged"]).and_then(Value::as_bool);
    if mode == "Bidirectional" && privileged != Some(true) {
        let detail = "Bidirectional mount propagation is available only to privileged containers";
        errors.forbidden(path, detail);
    }
}

fn recursive_read_only(errors: &mut Errors, path: &Path<'_>, mount: &Value) {
    match mount.str_at("recursiveReadOnly") {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if mount.bool_at("readOnly") != Some(true) {
                errors.forbidden(path, "may only be specified when readOnly is true");
            }
            if !matches!(mount.str_at("mountPropagation"), None | Some("None")) {
                let detail = "may only be specified when mountPropagation is None or not specified";
                errors.forbidden(path, detail);
            }
        }
        Some(other) => {
            errors.not_supported(path, other, &["Disabled", "Enabled", "IfPossible"]);
        }
    }
}

/// Checks `volumeDevices` of the container at `path`.
pub(crate) fn devices(
    errors: &mut Errors,
    path: &Path<'_>,
    container: &Value,
    volumes: &[(&str, &Value)],
) {
    let mounts = container.items_at("volumeMounts");
    let path = &path.child("volumeDevices");
    let (mut seen_names, mut seen_places) = (BTreeSet::new(), BTreeSet::new());
    for (index, device) in container.items_at("volumeDevices").iter().enumerate() {
        let item = &path.index(index);
        let (name_path, place_path) = (&item.child("name"), &item.child("devicePath"));
        let (name, place) = (text(device, "name"), text(device, "devicePath"));
        let volume = volumes.iter().find(|(known, _)| *known == name).map(|(_, volume)| *volume);
        if name.is_empty() {
            errors.required(name_path, "");
        }
        if seen_names.contains(name) {
            errors.invalid(name_path, name, "must be unique");
        }
        match volume {
            None => errors.not_found(name_path, name, ""),
            Some(volume) => {
                let claim = ["persistentVolumeClaim", "ephemeral"];
                if !claim.iter().any(|kind| volume.get(kind).is_some()) {
                    let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                    errors.invalid(name_path, name, detail);
                }
            }
        }
        if place.is_empty() {
            errors.required(place_path, "");
        }
        if seen_places.contains(place) {
            errors.invalid(place_path, place, "must be unique");
        }
        if place.split('/').any(|part| part == "..") {
            errors.invalid(place_path, place, "can not contain backsteps ('..')");
        } else {
            seen_places.insert(place);
        }
        if mounts.iter().any(|mount| text(mount, "name") == name) {
            errors.invalid(name_path, name, "must not already exist in volumeMounts");
        }
        if mounts.iter().any(|mount| text(mount, "mountPath") == place) {
            let detail = "must not already exist as a path in volumeMounts";
            errors.invalid(place_path, place, detail);
        }
        if !name.is_empty() {
            seen_names.insert(name);
        }
    }
}

/// Checks that a path is relative and does not climb.
pub(crate) fn descending(errors: &mut Errors, path: &Path<'_>, target: &str) {
    if target.starts_with('/') {
        errors.invalid(path, target, "must be a relative path");
    }
    no_backsteps(errors, path, target);
}

/// Checks that no part of a path is `..`.
pub(crate) fn no_backsteps(errors: &mut Errors, path: &Path<'_>, target: &str) {
    if target.split('/').any(|part| part == "..") {
        errors.invalid(path, target, "must not contain '..'");
    }
}

/// Checks that a path is relative, does not climb and does not start with two dots.
pub(crate) fn not_reserved(errors: &mut Errors, path: &Path<'_>, target: &str) {
    descending(errors, path, target);
    if target.starts_with("..") && !target.starts_with("../") {
        errors.invalid(path, target, "must not start with '..'");
    }
}
