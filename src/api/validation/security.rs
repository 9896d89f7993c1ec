//! Security contexts of pods and containers. Follows `ValidateSecurityContext` and `validatePodSpecSecurityContext` in
//! `pkg/apis/core/validation`, without the parts that are about Windows.

use std::collections::BTreeSet;

use super::errors::{Errors, Path, text};
use super::internal;
use super::mounts::descending;
use crate::api::names;
use crate::api::value::Value;

/// Checks a container's security context.
pub(crate) fn of_container(
    errors: &mut Errors,
    path: &Path<'_>,
    context: &Value,
    host_users: bool,
) {
    ids(errors, path, context, &["runAsUser", "runAsGroup"]);
    if let Some(mount) = context.str_at("procMount") {
        let path = &path.child("procMount");
        if !["Default", "Unmasked"].contains(&mount) {
            errors.not_supported(path, mount, &["Default", "Unmasked"]);
        }
        if host_users && mount == "Unmasked" {
            errors.invalid(path, mount, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    profile(errors, path, context, "seccompProfile", "seccomp");
    if context.bool_at("allowPrivilegeEscalation") == Some(false) {
        if context.bool_at("privileged") == Some(true) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid_json(path, &internal::of_type("SecurityContext", Some(context)), detail);
        }
        let added = context.at(&["capabilities", "add"]).map_or(&[][..], Value::items);
        for _ in added.iter().filter(|one| one.as_str() == Some("CAP_SYS_ADMIN")) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid_json(path, &internal::of_type("SecurityContext", Some(context)), detail);
        }
    }
    profile(errors, path, context, "appArmorProfile", "AppArmor");
}

/// Checks a pod's security context.
pub(crate) fn of_pod(errors: &mut Errors, path: &Path<'_>, context: &Value, spec: &Value) {
    ids(errors, path, context, &["fsGroup", "runAsUser", "runAsGroup"]);
    let groups = path.child("supplementalGroups");
    for (index, group) in context.items_at("supplementalGroups").iter().enumerate() {
        let group = group.as_i64().unwrap_or(0);
        for message in names::user_id(group) {
            errors.invalid(&groups.index(index), group, &message);
        }
    }
    let flag = |key: &str| spec.bool_at(key) == Some(true);
    if flag("shareProcessNamespace") && flag("hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(&path.child("shareProcessNamespace"), true, detail);
    }
    sysctls(errors, &path.child("sysctls"), context, spec);
    word(errors, path, context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"]);
    profile(errors, path, context, "seccompProfile", "seccomp");
    profile(errors, path, context, "appArmorProfile", "AppArmor");
    word(errors, path, context, "supplementalGroupsPolicy", &["Merge", "Strict"]);
    word(errors, path, context, "seLinuxChangePolicy", &["MountOption", "Recursive"]);
}

fn word(errors: &mut Errors, path: &Path<'_>, context: &Value, field: &str, known: &[&str]) {
    if let Some(word) = context.str_at(field).filter(|word| !known.contains(word)) {
        errors.not_supported(&path.child(field), word, known);
    }
}

fn ids(errors: &mut Errors, path: &Path<'_>, context: &Value, fields: &[&str]) {
    for field in fields {
        let Some(id) = context.i64_at(field) else { continue };
        for message in names::user_id(id) {
            errors.invalid(&path.child(field), id, &message);
        }
    }
}

fn profile(errors: &mut Errors, path: &Path<'_>, context: &Value, field: &str, what: &str) {
    let Some(profile) = context.get(field) else { return };
    let path = &path.child(field);
    let known = ["Localhost", "RuntimeDefault", "Unconfined"];
    let sort = text(profile, "type");
    match sort {
        "" => {
            errors.required(&path.child("type"), &format!("type is required when {field} is set"))
        }
        _ if known.contains(&sort) => {}
        _ => errors.not_supported(&path.child("type"), sort, &known),
    }
    let local = profile.str_at("localhostProfile");
    let local_path = &path.child("localhostProfile");
    match (sort, local) {
        ("Localhost", None) => {
            errors.required(local_path, &format!("must be set when {what} type is Localhost"));
        }
        ("Localhost", Some(name)) if field == "seccompProfile" => {
            descending(errors, local_path, name);
        }
        ("Localhost", Some(name)) if name.trim() != name => {
            errors.invalid(local_path, name, "must not be padded with whitespace");
        }
        ("Localhost", Some("")) => {
            errors.required(local_path, &format!("must be set when {what} type is Localhost"));
        }
        ("Localhost", Some(_)) | (_, None) => {}
        (_, Some(name)) => {
            let detail = format!("can only be set when {what} type is Localhost");
            errors.invalid(local_path, name, &detail);
        }
    }
}

fn sysctls(errors: &mut Errors, path: &Path<'_>, context: &Value, spec: &Value) {
    let mut seen = BTreeSet::new();
    for (index, sysctl) in context.items_at("sysctls").iter().enumerate() {
        let (name, path) = (text(sysctl, "name"), path.index(index));
        let path = &path.child("name");
        if name.is_empty() {
            errors.required(path, "");
        } else if !is_sysctl(name) {
            let detail = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
            errors.invalid(path, name, detail);
        } else if seen.contains(name) {
            errors.duplicate(path, name);
        }
        let dotted = name.replace('/', ".");
        if spec.bool_at("hostNetwork") == Some(true) && dotted.starts_with("net.") {
            errors.invalid(path, name, "may not be specified when 'hostNetwork' is true");
        }
        let shared = ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."];
        if spec.bool_at("hostIPC") == Some(true)
            && shared.iter().any(|prefix| dotted.starts_with(prefix))
        {
            errors.invalid(path, name, "may not be specified when 'hostIPC' is true");
        }
        seen.insert(name);
    }
}

fn is_sysctl(name: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let part = |part: &str| {
        part.bytes().next().is_some_and(edge)
            && part.bytes().next_back().is_some_and(edge)
            && part.bytes().all(|byte| edge(byte) || matches!(byte, b'-' | b'_'))
    };
    name.len() <= 253 && name.split(['.', '/']).all(part)
}
