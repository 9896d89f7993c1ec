//! Environment variables and files that a container gets from its pod. Follows `makeEnvironmentVariables`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::core::{Container, EnvSource, Pod};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::value::Value;
use crate::store::Store;

/// The variables of a container.
///
/// # Errors
/// The kubelet's words about a config map, secret or key that is missing.
pub(super) fn variables(
    pod: &Pod,
    container: &Container,
    address: &str,
    store: &Store,
) -> Result<BTreeMap<Rc<str>, Rc<str>>, String> {
    let mut all: BTreeMap<Rc<str>, Rc<str>> = BTreeMap::new();
    all.insert("KUBERNETES_SERVICE_HOST".into(), "10.96.0.1".into());
    all.insert("KUBERNETES_SERVICE_PORT".into(), "443".into());
    for source in container.env_from.items() {
        let prefix = source.str_at("prefix").unwrap_or_default();
        for (field, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
            let Some(reference) = source.get(field) else { continue };
            let name = reference.str_at("name").unwrap_or_default();
            match data(kind, &pod.meta.namespace, name, store) {
                Some(data) => all.extend(
                    data.into_iter().map(|(key, value)| (format!("{prefix}{key}").into(), value)),
                ),
                None if reference.bool_at("optional") == Some(true) => {}
                None => return Err(not_found(kind, name)),
            }
        }
    }
    for variable in container.env.iter() {
        let value = match &variable.source {
            EnvSource::Value(text) => Some(replaced(text, &all)),
            EnvSource::Field(path) => Some(field(pod, path, address)),
            EnvSource::Resource(name) => Some(resource(container, name)),
            EnvSource::ConfigMap { name, key, optional } => {
                key_of(Kind::ConfigMap, pod, name, key, *optional, store)?
            }
            EnvSource::Secret { name, key, optional } => {
                key_of(Kind::Secret, pod, name, key, *optional, store)?
            }
        };
        if let Some(value) = value {
            all.insert(Rc::clone(&variable.name), value.into());
        }
    }
    Ok(all)
}

fn not_found(kind: Kind, name: &str) -> String {
    format!("{} \"{name}\" not found", kind.name().to_lowercase())
}

fn key_of(
    kind: Kind,
    pod: &Pod,
    name: &str,
    key: &str,
    optional: bool,
    store: &Store,
) -> Result<Option<String>, String> {
    let Some(data) = data(kind, &pod.meta.namespace, name, store) else {
        return if optional { Ok(None) } else { Err(not_found(kind, name)) };
    };
    match data.get(key) {
        Some(value) => Ok(Some(value.to_string())),
        None if optional => Ok(None),
        None => {
            Err(format!("couldn't find key {key} in {} {}/{name}", kind.name(), pod.meta.namespace))
        }
    }
}

/// The texts of a config map or secret.
fn data(
    kind: Kind,
    namespace: &Rc<str>,
    name: &str,
    store: &Store,
) -> Option<BTreeMap<Rc<str>, Rc<str>>> {
    let object = store.plain(kind, &ObjectKey::new(Rc::clone(namespace), name))?;
    let text = |value: &Value| -> Rc<str> {
        let text = value.as_str().unwrap_or_default();
        if kind == Kind::Secret { decoded(text).into() } else { text.into() }
    };
    let entries = object.body.get("data").into_iter().flat_map(Value::entries);
    Some(entries.map(|(key, value)| (Rc::clone(key), text(value))).collect())
}

/// Base64 to text; what is no text is left out.
fn decoded(text: &str) -> String {
    let digit = |letter: u8| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for value in text.bytes().filter_map(digit) {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `$(NAME)` replaced by what is known already.
pub(super) fn replaced(text: &str, known: &BTreeMap<Rc<str>, Rc<str>>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$(") {
        result.push_str(before);
        match after.split_once(')') {
            Some((name, tail)) => {
                match known.get(name) {
                    Some(value) => result.push_str(value),
                    None => result.push_str(&format!("$({name})")),
                }
                rest = tail;
            }
            None => {
                result.push_str("$(");
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

fn field(pod: &Pod, path: &str, address: &str) -> String {
    let keyed = |prefix: &str| {
        path.strip_prefix(prefix).map(|key| key.trim_matches(['\'', ']', '"']).to_owned())
    };
    if let Some(key) = keyed("metadata.labels[") {
        return pod.meta.labels.text(&key).unwrap_or_default().to_owned();
    }
    if let Some(key) = keyed("metadata.annotations[") {
        return pod.meta.annotations.text(&key).unwrap_or_default().to_owned();
    }
    match path {
        "metadata.name" => pod.meta.name.to_string(),
        "metadata.namespace" => pod.meta.namespace.to_string(),
        "metadata.uid" => pod.meta.uid.to_string(),
        "spec.nodeName" => pod.node.as_deref().unwrap_or_default().to_owned(),
        "spec.serviceAccountName" => {
            pod.spec.raw.str_at("serviceAccountName").unwrap_or("default").to_owned()
        }
        "status.podIP" | "status.podIPs" => address.to_owned(),
        "status.hostIP" => pod.status.host_ip.as_deref().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

fn resource(container: &Container, name: &str) -> String {
    let (amounts, what) = match name.split_once('.') {
        Some(("limits", what)) => (&container.limits, what),
        Some((_, what)) => (&container.requests, what),
        None => (&container.limits, name),
    };
    match what {
        "cpu" => ((amounts.cpu_milli + 999) / 1000).to_string(),
        "memory" => amounts.memory_bytes.to_string(),
        _ => "0".into(),
    }
}

/// Files that volumes put into a container.
///
/// # Errors
/// The kubelet's words about a config map or secret that is missing.
pub(super) fn files(
    pod: &Pod,
    container: &Container,
    store: &Store,
) -> Result<Vec<(Rc<str>, Rc<str>)>, String> {
    let mut all = Vec::new();
    for mount in container.mounts.iter() {
        let Some(volume) = pod.spec.volumes.iter().find(|volume| volume.name == mount.name) else {
            continue;
        };
        let source =
            [("configMap", "name", Kind::ConfigMap), ("secret", "secretName", Kind::Secret)]
                .into_iter()
                .find_map(|(field, name, kind)| Some((kind, volume.raw.get(field)?, name)));
        let Some((kind, source, name_field)) = source else {
            all.push((format!("{}/.keep", mount.path).into(), "".into()));
            continue;
        };
        let name = source.str_at(name_field).unwrap_or_default();
        match data(kind, &pod.meta.namespace, name, store) {
            Some(data) if mount.sub_path.is_empty() => {
                all.extend(
                    data.into_iter()
                        .map(|(key, text)| (format!("{}/{key}", mount.path).into(), text)),
                );
            }
            Some(data) => all.extend(
                data.get(&mount.sub_path).map(|text| (Rc::clone(&mount.path), Rc::clone(text))),
            ),
            None if source.bool_at("optional") == Some(true) => {}
            None => return Err(not_found(kind, name)),
        }
    }
    Ok(all)
}
