//! Environment variables of a container: those of Services, `envFrom`, `env`. Follows `makeEnvironmentVariables` of
//! `pkg/kubelet/kubelet_pods.go` and `pkg/kubelet/envvars`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::base64;
use crate::api::core::{Container, EnvSource, EnvVar, Node, Pod};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::Plain;
use crate::api::quantity::Quantity;
use crate::api::resources::Resources;
use crate::api::value::Value;
use crate::api::words::word;
use crate::sim::order::Gather as _;
use crate::store::Store;

/// Texts by name.
pub(super) type Texts = BTreeMap<Rc<str>, Rc<str>>;

/// What a pod's variables are made of.
pub(super) struct Scene<'a> {
    pub(super) pod: &'a Pod,
    pub(super) address: &'a str,
    pub(super) node: Option<&'a Node>,
    pub(super) store: &'a Store,
    /// What [`of_services`] says.
    pub(super) services: Rc<Texts>,
}

/// Whether a container's variables come from objects that may be missing.
pub(super) fn may_lack(container: &Container) -> bool {
    let from_object = |variable: &EnvVar| {
        matches!(variable.source, EnvSource::ConfigMap { .. } | EnvSource::Secret { .. })
    };
    !container.env_from.items().is_empty() || container.env.iter().any(from_object)
}

/// The variables of a container.
///
/// # Errors
/// The kubelet's words about a config map, secret or key that is missing.
pub(super) fn variables(scene: &Scene<'_>, container: &Container) -> Result<Texts, String> {
    let (pod, store) = (scene.pod, scene.store);
    let mut services = Texts::clone(&scene.services);
    let mut own = Texts::new();
    for source in container.env_from.items() {
        let prefix = source.str_at("prefix").unwrap_or_default();
        for (field, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
            let Some(reference) = source.get(field) else { continue };
            let name = reference.str_at("name").unwrap_or_default();
            match data(kind, &pod.meta.namespace, name, store) {
                Some(data) => own.extend(
                    data.into_iter().map(|(key, value)| (format!("{prefix}{key}").into(), value)),
                ),
                None if reference.bool_at("optional") == Some(true) => {}
                None => return Err(not_found(kind, name)),
            }
        }
    }
    for variable in container.env.iter() {
        let known = |name: &str| own.get(name).or_else(|| services.get(name));
        let value = match &variable.source {
            EnvSource::Value(text) => Some(expanded(text, known)),
            EnvSource::Field(path) => Some(field(scene, path)),
            EnvSource::Resource { container: name, resource, divisor } => {
                let of = pod.spec.container(name).unwrap_or(container);
                Some(amount(scene, of, resource, divisor))
            }
            EnvSource::ConfigMap { name, key, optional } => {
                key_of(Kind::ConfigMap, pod, name, key, *optional, store)?
            }
            EnvSource::Secret { name, key, optional } => {
                key_of(Kind::Secret, pod, name, key, *optional, store)?
            }
        };
        match value {
            Some(value) => {
                own.insert(Rc::clone(&variable.name), value.into());
            }
            // A key that may be missing leaves no trace, not even of a variable of the same name.
            None => {
                services.remove(&variable.name);
            }
        }
    }
    services.extend(own);
    Ok(services)
}

/// The Services that a pod is told of.
pub(super) fn services<'a>(pod: &'a Pod, store: &'a Store) -> impl Iterator<Item = &'a Rc<Plain>> {
    let links = links(pod);
    let api = ObjectKey::new(word("default"), word("kubernetes"));
    let own = store.plain_in(Kind::Service, Some(&pod.meta.namespace)).filter(move |_| links);
    let first =
        store.plain(Kind::Service, &api).filter(|_| !links || *pod.meta.namespace != *"default");
    first.into_iter().chain(own)
}

/// Whether a pod wants to be told of the Services of its namespace.
pub(super) fn links(pod: &Pod) -> bool {
    pod.spec.service_links
}

/// The variables that tell of Services: those of the pod's namespace, and of the API server. Follows `FromServices`.
pub(super) fn of_services<'a>(services: impl Iterator<Item = &'a Rc<Plain>>) -> Texts {
    let mut all = Texts::new();
    for service in services {
        let Some(spec) = service.body.get("spec") else { continue };
        let address = spec.str_at("clusterIP").unwrap_or_default();
        let ports = spec.items_at("ports");
        let Some(port) = ports.first().and_then(|port| port.i64_at("port")) else { continue };
        if address.is_empty() || address == "None" {
            continue;
        }
        let upper = |text: &str| text.to_uppercase().replace('-', "_");
        let name = upper(&service.meta.name);
        let mut put = |key: String, value: String| all.insert(key.into(), value.into());
        put([&name, "_SERVICE_HOST"].concat(), address.to_owned());
        put([&name, "_SERVICE_PORT"].concat(), port.to_string());
        for (index, entry) in ports.iter().enumerate() {
            let (Some(port), protocol) =
                (entry.i64_at("port"), entry.str_at("protocol").unwrap_or("TCP"))
            else {
                continue;
            };
            if let Some(port_name) = entry.str_at("name").filter(|name| !name.is_empty()) {
                put([&name, "_SERVICE_PORT_", &upper(port_name)].concat(), port.to_string());
            }
            let scheme = protocol.to_lowercase();
            let port = port.to_string();
            let url = [&scheme, "://", address, ":", &port].concat();
            if index == 0 {
                put([&name, "_PORT"].concat(), url.clone());
            }
            let prefix = [&name, "_PORT_", &port, "_", protocol].concat();
            put(prefix.clone(), url);
            put([&prefix, "_PROTO"].concat(), scheme);
            put([&prefix, "_PORT"].concat(), port);
            put([&prefix, "_ADDR"].concat(), address.to_owned());
        }
    }
    all
}

pub(super) fn not_found(kind: Kind, name: &str) -> String {
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
pub(super) fn data(kind: Kind, namespace: &Rc<str>, name: &str, store: &Store) -> Option<Texts> {
    let object = store.plain(kind, &ObjectKey::new(Rc::clone(namespace), name))?;
    let text = |value: &Value| -> Rc<str> {
        let text = value.as_str().unwrap_or_default();
        if kind == Kind::Secret { decoded(text).into() } else { text.into() }
    };
    let entries = object.body.get("data").into_iter().flat_map(Value::entries);
    Some(entries.map(|(key, value)| (Rc::clone(key), text(value))).gather())
}

/// Base64 to text; bytes that are no text are replaced.
fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&base64::decode(text)).into_owned()
}

/// `$(NAME)` replaced by what is known; `$$` is a dollar. Follows `k8s.io/kubernetes/third_party/forked/golang/expansion`.
pub(super) fn expanded<'a>(text: &str, known: impl Fn(&str) -> Option<&'a Rc<str>>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        if let Some(tail) = after.strip_prefix('$') {
            result.push('$');
            rest = tail;
        } else if let Some((name, tail)) =
            after.strip_prefix('(').and_then(|inner| inner.split_once(')'))
        {
            match known(name) {
                Some(value) => result.push_str(value),
                None => result.push_str(&format!("$({name})")),
            }
            rest = tail;
        } else {
            result.push('$');
            rest = after;
        }
    }
    result.push_str(rest);
    result
}

/// The key in `metadata.labels['KEY']`.
fn subscript<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    Some(path.strip_prefix(prefix)?.trim_matches(['\'', '[', ']', '"']))
}

fn field(scene: &Scene<'_>, path: &str) -> String {
    let pod = scene.pod;
    match path {
        "status.podIP" | "status.podIPs" => scene.address.to_owned(),
        "status.hostIP" | "status.hostIPs" => {
            scene.node.map(|node| node.status.internal_ip.to_string()).unwrap_or_default()
        }
        _ => {
            if let Some(key) = subscript(path, "metadata.labels[") {
                return pod.meta.labels.text(key).unwrap_or_default().to_owned();
            }
            if let Some(key) = subscript(path, "metadata.annotations[") {
                return pod.meta.annotations.text(key).unwrap_or_default().to_owned();
            }
            named_field(pod, path)
        }
    }
}

fn named_field(pod: &Pod, path: &str) -> String {
    match path {
        "metadata.name" => pod.meta.name.to_string(),
        "metadata.namespace" => pod.meta.namespace.to_string(),
        "metadata.uid" => pod.meta.uid.to_string(),
        "spec.nodeName" => pod.node.as_deref().unwrap_or_default().to_owned(),
        "spec.serviceAccountName" => {
            pod.spec.raw.str_at("serviceAccountName").unwrap_or("default").to_owned()
        }
        _ => String::new(),
    }
}

/// A field as a volume writes it: all labels or annotations as lines `key="value"`.
pub(super) fn field_as_file(pod: &Pod, path: &str) -> String {
    let lines = |labels: &crate::api::meta::Labels| {
        let one = |(key, value): (&Rc<str>, &Rc<str>)| format!("{key}={value:?}");
        labels.iter().map(one).collect::<Vec<_>>().join("\n")
    };
    match path {
        "metadata.labels" => lines(&pod.meta.labels),
        "metadata.annotations" => lines(&pod.meta.annotations),
        _ => subscript(path, "metadata.labels[")
            .and_then(|key| pod.meta.labels.text(key))
            .or_else(|| {
                subscript(path, "metadata.annotations[")
                    .and_then(|key| pod.meta.annotations.text(key))
            })
            .map_or_else(|| named_field(pod, path), str::to_owned),
    }
}

/// An amount in units of the divisor, rounded up; a limit that is not set is that of the pod, or what the node has.
/// Follows `ExtractContainerResourceValue`, and `defaultPodLimitsForDownwardAPI` of `pkg/kubelet/kubelet_resources.go`.
fn amount(scene: &Scene<'_>, container: &Container, resource: &str, divisor: &str) -> String {
    let (amounts, what) = match resource.split_once('.') {
        Some(("requests", what)) => (&container.requests, what),
        Some((_, what)) => (&container.limits, what),
        None => (&container.limits, resource),
    };
    let node = scene.node.filter(|_| resource.starts_with("limits"));
    let limits = scene.pod.spec.own.as_ref().map(|own| &own.limits);
    let or_less = |amount: fn(&Resources) -> i64| {
        let of_node = || node.map_or(0, |node| amount(&node.status.allocatable));
        let of_pod = || node.and(limits).map_or(0, amount);
        let known = |amount: i64| Some(amount).filter(|amount| *amount != 0);
        known(amount(amounts)).or_else(|| known(of_pod())).unwrap_or_else(of_node)
    };
    let unit = Quantity::parse(divisor).ok().filter(|unit| !unit.is_zero());
    let up = |amount: i64, unit: i64| amount / unit.max(1) + i64::from(amount % unit.max(1) > 0);
    match what {
        "cpu" => {
            let milli = or_less(|one| one.cpu_milli);
            up(milli, unit.map_or(1000, |unit| unit.milli_value())).to_string()
        }
        "memory" => {
            let bytes = or_less(|one| one.memory_bytes);
            up(bytes, unit.map_or(1, |unit| unit.value())).to_string()
        }
        "ephemeral-storage" => {
            let bytes = or_less(|one| one.ephemeral_bytes);
            up(bytes, unit.map_or(1, |unit| unit.value())).to_string()
        }
        _ => "0".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_brackets_are_replaced_and_dollars_escaped() {
        let known: Texts =
            [("A", "1"), ("B", "x y")].map(|(key, text)| (key.into(), text.into())).into();
        let expand = |text: &str| expanded(text, |name| known.get(name));
        for (text, expected) in [
            ("$(A)", "1"),
            ("a$(A)b$(B)", "a1bx y"),
            ("$(C)", "$(C)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"),
            ("$A", "$A"),
            ("$(A", "$(A"),
            ("cost: 5$", "cost: 5$"),
            ("a$$b", "a$b"),
        ] {
            assert_eq!(expand(text), expected, "{text}");
        }
    }
}
