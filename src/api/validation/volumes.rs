//! Volumes of a pod. Follows `ValidateVolumes` and `validateVolumeSource` in `pkg/apis/core/validation`. Of the sources
//! that belong to one vendor's disks only the count is checked: nothing in the sandbox could mount them.

use std::collections::BTreeSet;

use super::container::one_of;
use super::environment::{field_reference, resource_reference};
use super::errors::{Errors, Path, text};
use super::metadata;
use super::mounts::{descending, no_backsteps, not_reserved};
use crate::api::names;
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::sim::order::Gather as _;

const FILE_MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const CLASH: &str = "conflicting duplicate paths";

/// The sources in the order in which upstream looks at them, and the word in its path where that differs.
const SOURCES: [(&str, &str); 30] = [
    ("emptyDir", "emptyDir"),
    ("hostPath", "hostPath"),
    ("gitRepo", "gitRepo"),
    ("gcePersistentDisk", "gcePersistentDisk"),
    ("awsElasticBlockStore", "awsElasticBlockStore"),
    ("secret", "secret"),
    ("nfs", "nfs"),
    ("iscsi", "iscsi"),
    ("glusterfs", "glusterfs"),
    ("flocker", "flocker"),
    ("persistentVolumeClaim", "persistentVolumeClaim"),
    ("rbd", "rbd"),
    ("cinder", "cinder"),
    ("cephfs", "cephFS"),
    ("quobyte", "quobyte"),
    ("downwardAPI", "downwarAPI"),
    ("fc", "fc"),
    ("flexVolume", "flexVolume"),
    ("configMap", "configMap"),
    ("azureFile", "azureFile"),
    ("vsphereVolume", "vsphereVolume"),
    ("photonPersistentDisk", "photonPersistentDisk"),
    ("portworxVolume", "portworxVolume"),
    ("azureDisk", "azureDisk"),
    ("storageos", "storageos"),
    ("projected", "projected"),
    ("scaleIO", "scaleIO"),
    ("csi", "csi"),
    ("ephemeral", "ephemeral"),
    ("image", "image"),
];

/// Checks the volumes; gives back those that are well-formed. `pod_name` is empty in a template.
pub(crate) fn volumes<'a>(
    errors: &mut Errors,
    path: &Path<'_>,
    volumes: &'a [Value],
    pod_name: &str,
    is_pod: bool,
) -> Vec<(&'a str, &'a Value)> {
    let claim_name = |volume: &Value| format!("{pod_name}-{}", text(volume, "name"));
    let made =
        volumes.iter().filter(|volume| !pod_name.is_empty() && volume.get("ephemeral").is_some());
    let made: BTreeSet<String> = made.map(claim_name).gather();
    let mut fine: Vec<(&str, &Value)> = Vec::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = &path.index(index);
        let (name, name_path) = (text(volume, "name"), &path.child("name"));
        let before = errors.len();
        source(errors, path, volume, is_pod);
        if volume.get("ephemeral").is_some() && !pod_name.is_empty() && !name.is_empty() {
            let claim = claim_name(volume);
            for message in names::dns_subdomain(&claim) {
                errors.invalid(name_path, name, &format!("PVC name \"{claim}\": {message}"));
            }
        }
        match name {
            "" => errors.required(name_path, ""),
            _ => errors.each_invalid(name_path, name, &names::dns_label(name)),
        }
        if fine.iter().any(|(known, _)| *known == name) {
            errors.duplicate(name_path, name);
        }
        if errors.len() == before {
            fine.push((name, volume));
        }
        if let Some(claim) = volume.get("persistentVolumeClaim") {
            let name = text(claim, "claimName");
            if made.contains(name) {
                let path = &path.child("persistentVolumeClaim");
                let detail = "must not reference a PVC that gets created for an ephemeral volume";
                errors.invalid(&path.child("claimName"), name, detail);
            }
        }
    }
    fine
}

fn source(errors: &mut Errors, path: &Path<'_>, volume: &Value, is_pod: bool) {
    let mut found = false;
    for (field, word) in SOURCES {
        let Some(source) = volume.get(field) else { continue };
        if found {
            errors.forbidden(&path.child(word), "may not specify more than 1 volume type");
            continue;
        }
        found = true;
        one_source(errors, &path.child(field), field, source, is_pod);
    }
    if !found {
        errors.required(path, "must specify a volume type");
    }
}

fn one_source(errors: &mut Errors, path: &Path<'_>, field: &str, source: &Value, is_pod: bool) {
    match field {
        "emptyDir" => {
            let limit = source.get("sizeLimit").map(Quantity::from_value);
            if limit.is_some_and(|limit| limit.is_ok_and(|limit| limit.is_negative())) {
                let detail = "SizeLimit field must be a valid resource quantity";
                errors.forbidden(&path.child("sizeLimit"), detail);
            }
        }
        "hostPath" => host_path(errors, path, source),
        "gitRepo" => {
            required(errors, path, source, &["repository"]);
            descending(errors, &path.child("directory"), text(source, "directory"));
        }
        "secret" => {
            required(errors, path, source, &["secretName"]);
            mode_and_items(errors, path, source);
        }
        "configMap" => {
            required(errors, path, source, &["name"]);
            mode_and_items(errors, path, source);
        }
        "nfs" => {
            required(errors, path, source, &["server", "path"]);
            let target = text(source, "path");
            if !target.starts_with('/') {
                errors.invalid(&path.child("path"), target, "must be an absolute path");
            }
        }
        "persistentVolumeClaim" => required(errors, path, source, &["claimName"]),
        "downwardAPI" => {
            file_mode(errors, path, source, "defaultMode");
            for file in source.items_at("items") {
                downward_file(errors, path, file);
            }
        }
        "projected" => projected(errors, path, source),
        "csi" => csi(errors, path, source),
        "ephemeral" => match source.get("volumeClaimTemplate") {
            None => errors.required(&path.child("volumeClaimTemplate"), ""),
            Some(template) => {
                let path = &path.child("volumeClaimTemplate");
                let (path, metadata) = (&path.child("metadata"), template.get("metadata"));
                let part = |key: &str| metadata.and_then(|metadata| metadata.get(key));
                metadata::annotations(errors, &path.child("annotations"), part("annotations"));
                metadata::labels(errors, &path.child("labels"), part("labels"));
            }
        },
        "image" => {
            if is_pod {
                required(errors, path, source, &["reference"]);
            }
            one_of(errors, path, source, "pullPolicy", &["Always", "IfNotPresent", "Never"]);
        }
        _ => {}
    }
}

fn required(errors: &mut Errors, path: &Path<'_>, source: &Value, fields: &[&str]) {
    for field in fields {
        if text(source, field).is_empty() {
            errors.required(&path.child(field), "");
        }
    }
}

fn host_path(errors: &mut Errors, path: &Path<'_>, source: &Value) {
    let target = text(source, "path");
    if target.is_empty() {
        return errors.required(&path.child("path"), "");
    }
    no_backsteps(errors, &path.child("path"), target);
    let known = [
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ];
    let sort = text(source, "type");
    if !known.contains(&sort) {
        errors.not_supported(&path.child("type"), sort, &known);
    }
}

fn file_mode(errors: &mut Errors, path: &Path<'_>, source: &Value, field: &str) {
    if let Some(mode) = source.i64_at(field).filter(|mode| !(0..=0o777).contains(mode)) {
        errors.invalid(&path.child(field), mode, FILE_MODE);
    }
}

fn mode_and_items(errors: &mut Errors, path: &Path<'_>, source: &Value) {
    file_mode(errors, path, source, "defaultMode");
    let path = path.child("items");
    for (index, item) in source.items_at("items").iter().enumerate() {
        key_to_path(errors, &path.index(index), item);
    }
}

fn key_to_path(errors: &mut Errors, path: &Path<'_>, item: &Value) {
    required(errors, path, item, &["key", "path"]);
    not_reserved(errors, &path.child("path"), text(item, "path"));
    file_mode(errors, path, item, "mode");
}

fn downward_file(errors: &mut Errors, path: &Path<'_>, file: &Value) {
    const FIELDS: [&str; 5] = [
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
    ];
    required(errors, path, file, &["path"]);
    not_reserved(errors, &path.child("path"), text(file, "path"));
    match (file.get("fieldRef"), file.get("resourceFieldRef")) {
        (Some(field), resource) => {
            field_reference(errors, &path.child("fieldRef"), field, &FIELDS);
            if resource.is_some() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.invalid(path, "resource", detail);
            }
        }
        (None, Some(resource)) => {
            resource_reference(errors, &path.child("resourceFieldRef"), resource, true);
        }
        (None, None) => errors.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    file_mode(errors, path, file, "mode");
}

fn projected(errors: &mut Errors, path: &Path<'_>, projected: &Value) {
    file_mode(errors, path, projected, "defaultMode");
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let sources = path.child("sources");
    for (index, source) in projected.items_at("sources").iter().enumerate() {
        let source_path = &sources.index(index);
        for kind in ["secret", "configMap"] {
            let Some(files) = source.get(kind) else { continue };
            let kind_path = &source_path.child(kind);
            required(errors, kind_path, files, &["name"]);
            let items = kind_path.child("items");
            for (index, item) in files.items_at("items").iter().enumerate() {
                key_to_path(errors, &items.index(index), item);
                let target = text(item, "path");
                if !target.is_empty() && !seen.insert(target) {
                    errors.invalid(path, text(files, "name"), CLASH);
                }
            }
        }
        if let Some(files) = source.get("downwardAPI") {
            for file in files.items_at("items") {
                downward_file(errors, &source_path.child("downwardAPI"), file);
                let target = text(file, "path");
                if !target.is_empty() && !seen.insert(target) {
                    errors.invalid(path, target, CLASH);
                }
            }
        }
        if let Some(token) = source.get("serviceAccountToken") {
            account_token(errors, path, &source_path.child("serviceAccountToken"), token);
        }
        if source.entries().count() > 1 {
            let detail = "may not specify more than 1 volume type per source";
            errors.forbidden(source_path, detail);
        }
    }
}

fn account_token(errors: &mut Errors, volume: &Path<'_>, path: &Path<'_>, token: &Value) {
    let seconds = token.i64_at("expirationSeconds").unwrap_or(3600);
    let seconds_path = &path.child("expirationSeconds");
    if seconds < 600 {
        let detail = "may not specify a duration less than 10 minutes";
        errors.invalid(seconds_path, seconds, detail);
    }
    if seconds > 1 << 32 {
        let detail = "may not specify a duration larger than 2^32 seconds";
        errors.invalid(seconds_path, seconds, detail);
    }
    match text(token, "path") {
        "" => errors.required(&volume.child("path"), ""),
        target => not_reserved(errors, &volume.child("path"), target),
    }
}

fn csi(errors: &mut Errors, path: &Path<'_>, source: &Value) {
    let driver = text(source, "driver");
    let driver_path = &path.child("driver");
    if driver.is_empty() {
        errors.required(driver_path, "");
    }
    if driver.len() > 63 {
        errors.too_long(driver_path, 63);
    }
    let messages = names::dns_subdomain(&driver.to_lowercase());
    errors.each_invalid(driver_path, driver, &messages);
    if let Some(secret) = source.get("nodePublishSecretRef") {
        match text(secret, "name") {
            "" => {
                let path = &path.child("nodePublishSecretRef");
                errors.required(&path.child("name"), "");
            }
            name => errors.each_invalid(&path.child("name"), name, &names::dns_subdomain(name)),
        }
    }
}
