//! Environment variables and where their values come from. Follows `ValidateEnv`, `ValidateEnvFrom` and their
//! neighbours in `pkg/apis/core/validation`.

use super::errors::{Errors, Path, text};
use super::mounts::no_backsteps;
use crate::api::names;
use crate::api::quantity::Quantity;
use crate::api::value::Value;

/// Fields of the pod that an environment variable may show.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Resources of a container that may be shown.
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// Checks `env`.
pub(crate) fn variables(errors: &mut Errors, path: &Path<'_>, variables: &[Value]) {
    for (index, variable) in variables.iter().enumerate() {
        let path = &path.index(index);
        match text(variable, "name") {
            "" => errors.required(&path.child("name"), ""),
            name => errors.each_invalid(&path.child("name"), name, &names::environment_name(name)),
        }
        if let Some(source) = variable.get("valueFrom") {
            value_from(errors, &path.child("valueFrom"), source, text(variable, "value"));
        }
    }
}

fn value_from(errors: &mut Errors, path: &Path<'_>, source: &Value, value: &str) {
    let mut sources = 0;
    if let Some(reference) = source.get("fieldRef") {
        sources += 1;
        field_reference(errors, &path.child("fieldRef"), reference, &FIELDS);
    }
    if let Some(reference) = source.get("resourceFieldRef") {
        sources += 1;
        resource_reference(errors, &path.child("resourceFieldRef"), reference, false);
    }
    for kind in ["configMapKeyRef", "secretKeyRef"] {
        if let Some(reference) = source.get(kind) {
            sources += 1;
            key_reference(errors, &path.child(kind), reference);
        }
    }
    if let Some(reference) = source.get("fileKeyRef") {
        sources += 1;
        file_reference(errors, &path.child("fileKeyRef"), reference);
    }
    let detail = match sources {
        0 => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        _ if !value.is_empty() => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    errors.invalid(path, "", detail);
}

/// Checks a reference to a field of the pod. Follows `validateObjectFieldSelector`.
pub(crate) fn field_reference(
    errors: &mut Errors,
    path: &Path<'_>,
    reference: &Value,
    known: &[&str],
) {
    let (version, field) = (text(reference, "apiVersion"), text(reference, "fieldPath"));
    if version.is_empty() {
        return errors.required(&path.child("apiVersion"), "");
    }
    let field_path = &path.child("fieldPath");
    if field.is_empty() {
        return errors.required(field_path, "");
    }
    let refuse = |errors: &mut Errors, why: String| {
        errors.invalid(field_path, field, &format!("error converting fieldPath: {why}"));
    };
    if version != "v1" {
        return refuse(errors, format!("unsupported pod version: {version}"));
    }
    let subscript = field.strip_suffix("']").and_then(|rest| rest.split_once("['"));
    let subscript = subscript.filter(|(map, _)| !map.is_empty());
    if let Some((map, key)) = subscript {
        let key = match map {
            "metadata.annotations" => key.to_lowercase(),
            "metadata.labels" => key.to_owned(),
            _ => {
                return refuse(errors, format!("field label does not support subscript: {field}"));
            }
        };
        return errors.each_invalid(path, &key, &names::label_key(&key));
    }
    const CONVERTIBLE: [&str; 14] = [
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.serviceAccountName",
        "spec.schedulerName",
        "status.phase",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    let field = if field == "spec.host" { "spec.nodeName" } else { field };
    if !CONVERTIBLE.contains(&field) {
        refuse(errors, format!("field label not supported: {field}"));
    } else if !known.contains(&field) {
        errors.not_supported(field_path, field, known);
    }
}

/// Checks a reference to a resource of a container. Follows `validateContainerResourceFieldSelector`.
pub(crate) fn resource_reference(
    errors: &mut Errors,
    path: &Path<'_>,
    reference: &Value,
    in_volume: bool,
) {
    let resource = text(reference, "resource");
    let huge_page = ["limits.hugepages-", "requests.hugepages-"]
        .iter()
        .any(|prefix| resource.starts_with(prefix));
    if in_volume && text(reference, "containerName").is_empty() {
        errors.required(&path.child("containerName"), "");
    } else if resource.is_empty() {
        errors.required(&path.child("resource"), "");
    } else if !RESOURCES.contains(&resource) && !huge_page {
        errors.not_supported(&path.child("resource"), resource, &RESOURCES);
    }
    let divisor = reference.get("divisor").map_or(Ok(Quantity::ZERO), Quantity::from_value);
    let divisor = match divisor {
        Ok(divisor) if divisor.is_zero() => return,
        Ok(divisor) => divisor.to_string(),
        Err(refusal) => {
            let value = reference.get("divisor").cloned().unwrap_or_default();
            return errors.invalid(&path.child("divisor"), value, &refusal);
        }
    };
    const BYTES: [&str; 13] =
        ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    let what = match resource {
        "limits.cpu" | "requests.cpu" if !["1m", "1"].contains(&divisor.as_str()) => {
            let detail = "only divisor's values 1m and 1 are supported with the cpu resource";
            return errors.invalid(&path.child("divisor"), resource, detail);
        }
        "limits.memory" | "requests.memory" => "memory",
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => "local ephemeral storage",
        _ if huge_page => "hugepages",
        _ => return,
    };
    if !BYTES.contains(&divisor.as_str()) {
        let detail = format!(
            "only divisor's values {} are supported with the {what} resource",
            BYTES.join(", ")
        );
        errors.invalid(&path.child("divisor"), resource, &detail);
    }
}

fn key_reference(errors: &mut Errors, path: &Path<'_>, reference: &Value) {
    let (name, key) = (text(reference, "name"), text(reference, "key"));
    errors.each_invalid(&path.child("name"), name, &names::dns_subdomain(name));
    match key {
        "" => errors.required(&path.child("key"), ""),
        _ => errors.each_invalid(&path.child("key"), key, &names::config_map_key(key)),
    }
}

fn file_reference(errors: &mut Errors, path: &Path<'_>, reference: &Value) {
    match text(reference, "key") {
        "" => errors.required(&path.child("key"), ""),
        key => errors.each_invalid(&path.child("key"), key, &names::environment_name(key)),
    }
    match text(reference, "volumeName") {
        "" => errors.required(&path.child("volumeName"), ""),
        name => errors.each_invalid(&path.child("volumeName"), name, &names::dns_label(name)),
    }
    match text(reference, "path") {
        "" => errors.required(&path.child("path"), ""),
        file => no_backsteps(errors, &path.child("path"), file),
    }
}

/// Checks `envFrom`.
pub(crate) fn sources(errors: &mut Errors, path: &Path<'_>, sources: &[Value]) {
    for (index, source) in sources.iter().enumerate() {
        let item = &path.index(index);
        let prefix = text(source, "prefix");
        if !prefix.is_empty() {
            errors.each_invalid(&item.child("prefix"), prefix, &names::environment_name(prefix));
        }
        let mut count = 0;
        for kind in ["configMapRef", "secretRef"] {
            let Some(reference) = source.get(kind) else { continue };
            count += 1;
            let path = &item.child(kind);
            match text(reference, "name") {
                "" => errors.required(&path.child("name"), ""),
                name => {
                    let messages = names::dns_subdomain(&names::mask_trailing_dash(name));
                    errors.each_invalid(&path.child("name"), name, &messages);
                }
            }
        }
        match count {
            0 => errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => errors.invalid(path, "", "may not have more than one field specified at a time"),
        }
    }
}

/// Checks that the files from which variables are read lie in volumes of the sort `emptyDir`.
pub(crate) fn file_volumes(errors: &mut Errors, path: &Path<'_>, spec: &Value) {
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let path = &path.child(list);
        for (index, container) in spec.items_at(list).iter().enumerate() {
            let path = &path.index(index);
            let path = &path.child("env");
            for (index, variable) in container.items_at("env").iter().enumerate() {
                let reference = variable.at(&["valueFrom", "fileKeyRef"]);
                let Some(name) = reference.map(|reference| text(reference, "volumeName")) else {
                    continue;
                };
                let (path, volumes) = (&path.index(index), spec.items_at("volumes"));
                let path = &path.child("valueFrom");
                let path = &path.child("fileKeyRef");
                let path = &path.child("volumeName");
                match volumes.iter().rev().find(|volume| text(volume, "name") == name) {
                    None => errors.not_found(path, name, ""),
                    Some(volume) if volume.get("emptyDir").is_none() => {
                        errors.invalid(path, name, "referenced volume must be of type emptyDir");
                    }
                    Some(_) => {}
                }
            }
        }
    }
}
