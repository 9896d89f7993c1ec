//! Requests and limits. Follows `validateResourceRequirements` and its neighbours in `pkg/apis/core/validation`.

use super::errors::{Errors, Path, text};
use crate::api::names;
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::sim::order::Order as _;

/// What a resource may be called in this place.
type NameCheck = fn(&mut Errors, &Path<'_>, &str);

/// Checks the resources of a container; `claims` are the names in `spec.resourceClaims`.
pub(crate) fn of_container(
    errors: &mut Errors,
    path: &Path<'_>,
    resources: &Value,
    claims: &[&str],
) {
    requirements(errors, path, resources, claims, container_resource_name);
}

/// Checks the resources of a pod as a whole.
pub(crate) fn of_pod(errors: &mut Errors, path: &Path<'_>, resources: &Value, claims: &[&str]) {
    requirements(errors, path, resources, claims, pod_resource_name);
}

fn requirements(
    errors: &mut Errors,
    path: &Path<'_>,
    resources: &Value,
    claims: &[&str],
    check_name: NameCheck,
) {
    let limits_path = &path.child("limits");
    let requests_path = &path.child("requests");
    let none = Value::Null;
    let limits = resources.get("limits").unwrap_or(&none);
    let requests = resources.get("requests").unwrap_or(&none);
    for (name, amount) in limits.entries() {
        amount_of(errors, &limits_path.key(name), name, amount, check_name);
    }
    for (name, amount) in requests.entries() {
        let Some(request) = amount_of(errors, &requests_path.key(name), name, amount, check_name)
        else {
            continue;
        };
        let limit = limits.get(name).map(Quantity::from_value);
        match limit {
            Some(Ok(limit)) if request != limit && !may_overcommit(name) => {
                let detail = format!("must be equal to {name} limit of {limit}");
                errors.invalid(requests_path, request, &detail);
            }
            Some(Ok(limit)) if request > limit => {
                let detail = format!("must be less than or equal to {name} limit of {limit}");
                errors.invalid(requests_path, request, &detail);
            }
            None if !may_overcommit(name) => {
                errors.required(limits_path, "Limit must be set for non overcommitable resources");
            }
            _ => {}
        }
    }
    let has = |fits: fn(&str) -> bool| {
        limits.entries().chain(requests.entries()).any(|(name, _)| fits(name))
    };
    if has(is_huge_page) && !has(|name| matches!(name, "cpu" | "memory")) {
        errors.forbidden(path, "HugePages require cpu or memory");
    }
    claim_names(errors, &path.child("claims"), resources.items_at("claims"), claims);
}

/// Checks one amount; gives it back if it could be read.
fn amount_of(
    errors: &mut Errors,
    path: &Path<'_>,
    name: &str,
    amount: &Value,
    check_name: NameCheck,
) -> Option<Quantity> {
    check_name(errors, path, name);
    let quantity = quantity(errors, path, name, amount)?;
    if is_huge_page(name) {
        let size = name.strip_prefix("hugepages-").and_then(|size| Quantity::parse(size).ok());
        let whole = size.is_some_and(|size| {
            size.value() > 0 && quantity.is_whole() && quantity.value() % size.value() == 0
        });
        if !whole {
            let detail = format!("{quantity} is not positive integer multiple of {name}");
            errors.invalid(path, quantity.clone(), &detail);
        }
    }
    Some(quantity)
}

/// Checks that an amount can be read, is not negative, and is whole where only whole ones make sense.
/// Follows `ValidateResourceQuantityValue`.
pub(crate) fn quantity(
    errors: &mut Errors,
    path: &Path<'_>,
    name: &str,
    amount: &Value,
) -> Option<Quantity> {
    let quantity = match Quantity::from_value(amount) {
        Ok(quantity) => quantity,
        Err(refusal) => {
            errors.invalid(path, amount.clone(), &refusal);
            return None;
        }
    };
    if quantity.is_negative() {
        errors.invalid(path, quantity.clone(), "must be greater than or equal to 0");
    }
    if is_counted(name) && quantity.milli_value() % 1000 != 0 {
        errors.invalid(path, quantity.clone(), "must be an integer");
    }
    Some(quantity)
}

fn claim_names(errors: &mut Errors, path: &Path<'_>, claims: &[Value], known: &[&str]) {
    let mut seen: Vec<String> = Vec::new();
    for (index, claim) in claims.iter().enumerate() {
        let path = &path.index(index);
        let (name, request) = (text(claim, "name"), text(claim, "request"));
        if name.is_empty() {
            errors.required(path, "");
            continue;
        }
        if seen.iter().any(|one| one == name) {
            errors.duplicate(path, name);
        } else {
            let key = if request.is_empty() { name.into() } else { format!("{name}/{request}") };
            if !request.is_empty() {
                errors.each_invalid(&path.child("request"), request, &names::dns_label(request));
            }
            if seen.contains(&key) {
                errors.duplicate(path, key.as_str());
            } else if request.is_empty() {
                let same =
                    |one: &&String| one.split_once('/').is_some_and(|(first, _)| first == name);
                for _ in seen.iter().filter(same) {
                    errors.duplicate(path, name);
                }
            }
            seen.push(key);
        }
        if !known.contains(&name) {
            let mut names = known.to_vec();
            names.order();
            let detail = match names.is_empty() {
                true => " which is empty".to_owned(),
                false => format!(": {}", names.join(", ")),
            };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{detail}");
            errors.not_found(path, name, &detail);
        }
    }
}

/// Whether the name is well-formed, and one of the standard ones unless it has a domain.
fn resource_name(errors: &mut Errors, path: &Path<'_>, name: &str) -> bool {
    let messages = names::label_key(name);
    errors.each_invalid(path, name, &messages);
    let standard = name.contains('/') || is_standard(name);
    if messages.is_empty() && !standard {
        errors.invalid(path, name, "must be a standard resource type or fully qualified");
    }
    messages.is_empty() && standard
}

fn container_resource_name(errors: &mut Errors, path: &Path<'_>, name: &str) {
    resource_name(errors, path, name);
    if !name.contains('/') {
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !is_huge_page(name) {
            errors.invalid(path, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid(path, name, "doesn't follow extended resource name standard");
    }
}

/// Checks the name of a resource in a quota.
pub(crate) fn quota_name(errors: &mut Errors, path: &Path<'_>, name: &str) {
    resource_name(errors, path, name);
    if !name.contains('/') && (!is_standard(name) || name == "storage") {
        errors.invalid(path, name, "must be a standard resource for quota");
    }
}

/// Checks the name of a resource in a limit on things of this sort.
pub(crate) fn limit_name(errors: &mut Errors, path: &Path<'_>, name: &str, kind: &str) {
    if matches!(kind, "Pod" | "Container") {
        container_resource_name(errors, path, name);
    } else {
        resource_name(errors, path, name);
    }
}

fn pod_resource_name(errors: &mut Errors, path: &Path<'_>, name: &str) {
    let supported = matches!(name, "cpu" | "memory") || is_huge_page(name);
    if resource_name(errors, path, name) && !supported {
        errors.not_supported(path, name, &["cpu", "hugepages-", "memory"]);
    }
}

/// Whether a resource name without a domain is one that upstream knows anywhere.
fn is_standard(name: &str) -> bool {
    const STANDARD: [&str; 20] = [
        "cpu",
        "memory",
        "ephemeral-storage",
        "requests.cpu",
        "requests.memory",
        "requests.ephemeral-storage",
        "limits.cpu",
        "limits.memory",
        "limits.ephemeral-storage",
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "storage",
        "requests.storage",
        "services.nodeports",
        "services.loadbalancers",
    ];
    STANDARD.contains(&name) || is_huge_page(name) || name.starts_with("requests.hugepages-")
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Resources of Kubernetes itself: without a domain, or in one of its own.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Resources that others bring (`nvidia.com/gpu`): not native, not a quota's `requests.…`, and still well-formed as one.
fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::label_key(&format!("requests.{name}")).is_empty()
}

/// Whether a request may be below its limit.
fn may_overcommit(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

/// Resources of which there are only whole ones.
fn is_counted(name: &str) -> bool {
    const COUNTED: [&str; 9] = [
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    ];
    COUNTED.contains(&name) || is_extended(name)
}
