//! `describe` of Services, Secrets, ConfigMaps, service accounts, claims, budgets and priority classes.

use super::{annotations, head, pairs};
use crate::api::Kind;
use crate::api::labels::format_label_selector;
use crate::api::object::Plain;
use crate::api::value::Value;
use crate::apiserver::table::age;
use crate::cluster::Cluster;

/// A service: its addresses, and the pods behind each port.
pub(super) fn service_text(service: &Plain, cluster: &Cluster) -> String {
    let mut text = head(&service.meta);
    let nothing = Value::empty_object();
    let spec = service.body.get("spec").unwrap_or(&nothing);
    let joined = |key: &str| {
        let all: Vec<&str> = spec.items_at(key).iter().filter_map(Value::as_str).collect();
        if all.is_empty() { "<none>".to_owned() } else { all.join(",") }
    };
    let mut line = |title: &str, value: &str| text.push_str(&format!("{title}:\t{value}\n"));
    let selector: Vec<String> = spec
        .get("selector")
        .into_iter()
        .flat_map(Value::entries)
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    line("Selector", &if selector.is_empty() { "<none>".into() } else { selector.join(",") });
    line("Type", spec.str_at("type").unwrap_or_default());
    if let Some(policy) = spec.str_at("ipFamilyPolicy") {
        line("IP Family Policy", policy);
    }
    line("IP Families", &joined("ipFamilies"));
    line("IP", spec.str_at("clusterIP").unwrap_or_default());
    line("IPs", &joined("clusterIPs"));
    if !spec.items_at("externalIPs").is_empty() {
        line("External IPs", &joined("externalIPs"));
    }
    if let Some(name) = spec.str_at("externalName") {
        line("External Name", name);
    }
    for port in spec.items_at("ports") {
        let name = port.str_at("name").filter(|name| !name.is_empty());
        let shown = name.unwrap_or("<unset>");
        let protocol = port.str_at("protocol").unwrap_or("TCP");
        line("Port", &format!("{shown}\t{}/{protocol}", port.i64_at("port").unwrap_or_default()));
        let target = match port.get("targetPort") {
            Some(Value::String(name)) => name.to_string(),
            Some(other) => other.to_json(),
            None => "0".into(),
        };
        line("TargetPort", &format!("{target}/{protocol}"));
        if let Some(node) = port.i64_at("nodePort").filter(|port| *port != 0) {
            line("NodePort", &format!("{shown}\t{node}/{protocol}"));
        }
        line("Endpoints", &addresses(service, name.unwrap_or_default(), cluster));
    }
    line("Session Affinity", spec.str_at("sessionAffinity").unwrap_or_default());
    for (title, key) in [
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
    ] {
        if let Some(policy) = spec.str_at(key) {
            line(title, policy);
        }
    }
    text
}

/// The first three addresses behind a port. Follows `formatEndpointSlices`.
fn addresses(service: &Plain, port: &str, cluster: &Cluster) -> String {
    let mut all = Vec::new();
    for slice in cluster.store().plain_in(Kind::EndpointSlice, Some(&service.meta.namespace)) {
        if slice.meta.labels.text("kubernetes.io/service-name") != Some(&*service.meta.name) {
            continue;
        }
        let ports = slice.body.items_at("ports").iter();
        for number in ports
            .filter(|one| one.str_at("name").unwrap_or_default() == port)
            .filter_map(|one| one.i64_at("port"))
        {
            let ready = slice.body.items_at("endpoints").iter().filter(|endpoint| {
                endpoint.at(&["conditions", "ready"]).and_then(Value::as_bool).unwrap_or(true)
            });
            let found = ready.flat_map(|one| one.items_at("addresses")).filter_map(Value::as_str);
            all.extend(found.map(|address| format!("{address}:{number}")));
        }
    }
    match all.as_slice() {
        [] => "<none>".into(),
        [a, b, c, _, ..] => format!("{a},{b},{c} + {} more...", all.len() - 3),
        few => few.join(","),
    }
}

/// A secret: how long each value is, and not what it is. Values are Base64.
pub(super) fn secret_text(secret: &Plain) -> String {
    let kind = secret.body.str_at("type").unwrap_or("Opaque");
    let mut text = format!("{}\nType:\t{kind}\n\nData\n====\n", head(&secret.meta));
    let data = secret.body.get("data").into_iter().flat_map(Value::entries);
    for (key, value) in data {
        let coded = value.as_str().unwrap_or_default().trim_end_matches('=');
        text.push_str(&format!("{key}:\t{} bytes\n", coded.len() * 3 / 4));
    }
    text
}

/// A config map, every value in full.
pub(super) fn config_map_text(map: &Plain) -> String {
    let mut text = head(&map.meta);
    text.push_str("\nData\n====\n");
    for (key, value) in map.body.get("data").into_iter().flat_map(Value::entries) {
        text.push_str(&format!("{key}:\n----\n{}\n\n", value.as_str().unwrap_or_default()));
    }
    text.push_str("\nBinaryData\n====\n\n");
    text
}

/// A service account and what it pulls images with.
pub(super) fn service_account_text(account: &Plain) -> String {
    let mut text = head(&account.meta);
    let names: Vec<&str> = account
        .body
        .items_at("imagePullSecrets")
        .iter()
        .filter_map(|one| one.str_at("name"))
        .collect();
    match names.as_slice() {
        [] => text.push_str("Image pull secrets:\t<none>\n"),
        all => {
            let title = std::iter::once("Image pull secrets:")
                .chain(std::iter::repeat("                   "));
            text.extend(all.iter().zip(title).map(|(name, title)| format!("{title}\t{name}\n")));
        }
    }
    text
}

/// A claim of storage. Nothing provisions here, so there is no volume, and with it no capacity.
pub(super) fn claim_text(claim: &Plain, cluster: &Cluster) -> String {
    let (meta, body) = (&claim.meta, &claim.body);
    let spec = |key: &str| body.at(&["spec", key]).and_then(Value::as_str).unwrap_or_default();
    let status = match meta.deletion.as_ref() {
        Some(deletion) => format!("Terminating (lasts {})", age(deletion.at, cluster.now())),
        None => {
            body.at(&["status", "phase"]).and_then(Value::as_str).unwrap_or_default().to_owned()
        }
    };
    let finalizers: Vec<&str> = meta.finalizers.iter().map(|one| &**one).collect();
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nStorageClass:\t{}\nStatus:\t{status}\nVolume:\t{}\nLabels:\t{}\nAnnotations:\t{}\nFinalizers:\t[{}]\nCapacity:\t\nAccess Modes:\t\n",
        meta.name,
        meta.namespace,
        spec("storageClassName"),
        spec("volumeName"),
        pairs(&meta.labels, &[], "="),
        annotations(&meta.annotations),
        finalizers.join(" ")
    );
    if body.at(&["spec", "volumeMode"]).is_some() {
        text.push_str(&format!("VolumeMode:\t{}\n", spec("volumeMode")));
    }
    let mut pods: Vec<&str> = cluster
        .store()
        .pods()
        .iter()
        .filter(|pod| pod.meta.namespace == meta.namespace)
        .filter(|pod| {
            let volumes = pod.spec.raw.items_at("volumes").iter();
            volumes
                .filter_map(|one| one.at(&["persistentVolumeClaim", "claimName"])?.as_str())
                .any(|name| *name == *meta.name)
        })
        .map(|pod| &*pod.meta.name)
        .collect();
    pods.sort_unstable();
    let used = if pods.is_empty() { "<none>".to_owned() } else { pods.join("\n\t") };
    text.push_str(&format!("Used By:\t{used}\n"));
    text
}

/// How many pods a budget lets go.
pub(super) fn budget_text(budget: &Plain) -> String {
    let spec = |key: &str| budget.body.at(&["spec", key]);
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_json(), str::to_owned);
    let mut text = format!("Name:\t{}\nNamespace:\t{}\n", budget.meta.name, budget.meta.namespace);
    if let Some(least) = spec("minAvailable") {
        text.push_str(&format!("Min available:\t{}\n", shown(least)));
    } else if let Some(most) = spec("maxUnavailable") {
        text.push_str(&format!("Max unavailable:\t{}\n", shown(most)));
    }
    let selector = spec("selector").map(|selector| format_label_selector(Some(selector)));
    let selector = selector.unwrap_or_else(|| "<unset>".to_owned());
    text.push_str(&format!("Selector:\t{selector}\nStatus:\n"));
    for (title, key) in [
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ] {
        let number =
            budget.body.at(&["status", key]).map_or_else(|| "0".to_owned(), Value::to_json);
        text.push_str(&format!("    {title}:\t{number}\n"));
    }
    text
}

/// What a priority class is worth.
pub(super) fn priority_class_text(class: &Plain) -> String {
    let body = &class.body;
    let pairs: Vec<String> =
        class.meta.annotations.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!(
        "Name:\t{}\nValue:\t{}\nGlobalDefault:\t{}\nPreemptionPolicy:\t{}\nDescription:\t{}\nAnnotations:\t{}\n",
        class.meta.name,
        body.i64_at("value").unwrap_or_default(),
        body.bool_at("globalDefault").unwrap_or_default(),
        body.str_at("preemptionPolicy").unwrap_or("PreemptLowerPriority"),
        body.str_at("description").unwrap_or_default(),
        if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") }
    )
}
