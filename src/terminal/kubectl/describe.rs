//! `kubectl describe`. Follows `pkg/describe/describe.go`.

mod endpoints;

use super::problem::Failure;
use super::resources::{self, Named, Needs};
use super::tabwriter::align;
use super::{After, Context, DONE};
use crate::api::Kind;
use crate::api::batch::CronJob;
use crate::api::conditions::Condition;
use crate::api::core::{
    Container, ContainerState, ContainerStatus, Event, Handler, Node, Pod, PodTemplate, Probe,
    Toleration,
};
use crate::api::meta::{Labels, ObjectMeta};
use crate::api::object::{AnyObject, Plain};
use crate::api::resources::Resources;
use crate::api::value::Value;
use crate::apiserver::table::{age, node_roles};
use crate::cluster::Cluster;
use crate::sim::Time;
use crate::sim::order::Order as _;

/// Runs `describe`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    if words.is_empty() && context.flags.all("filename").is_empty() {
        return Err(Failure::new(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        ));
    }
    let needs = Needs { type_is_enough: true, all: false };
    let mut found = resources::find(context, &words, needs)?;
    let by_name = matches!(resources::named(&words), Ok(Named::Objects(_)));
    let mut prefix = false;
    if found.objects.is_empty() && by_name && !found.failures.is_empty() {
        // No exact match: every object whose name begins so.
        if let Named::Objects(names) = resources::named(&words)? {
            for (kind, name) in &names {
                let all = context.cluster.store().list(*kind, context.scope(*kind).as_deref());
                found.objects.extend(
                    all.into_iter().filter(|object| object.meta().name.starts_with(name.as_str())),
                );
            }
        }
        prefix = !found.objects.is_empty();
        if prefix {
            found.failures.clear();
        }
    }
    let shown = context.flags.value("show-events");
    let events = match shown {
        Some(value) => value != "false",
        None => true,
    };
    let events = events && (found.objects.len() == 1 && !prefix || shown.is_some() || by_name);
    let texts: Vec<String> =
        found.objects.iter().map(|object| describe(object, context.cluster, events)).collect();
    if !texts.is_empty() {
        context.out(&texts.join("\n\n"));
    }
    match Failure::all(found.failures) {
        Some(failure) => Err(failure),
        None if texts.is_empty() => {
            let namespace = context.namespace();
            let namespaced = found.kinds.iter().any(|kind| kind.namespaced());
            context.warn(&match namespaced && !context.flags.has("all-namespaces") {
                true => format!("No resources found in {namespace} namespace."),
                false => "No resources found".to_owned(),
            });
            DONE
        }
        None => DONE,
    }
}

/// An object as `kubectl describe` prints it.
pub fn describe_text(object: &AnyObject, cluster: &Cluster) -> String {
    describe(object, cluster, true)
}

/// One object, with its events if asked.
fn describe(object: &AnyObject, cluster: &Cluster, events: bool) -> String {
    let mut text = match object {
        AnyObject::Pod(pod) => pod_text(pod),
        AnyObject::Node(node) => node_text(node, cluster),
        AnyObject::CronJob(cron) => cron_job_text(cron),
        AnyObject::Event(event) => format!(
            "Name:\t{}\nReason:\t{}\nMessage:\t{}\n",
            event.meta.name, event.reason, event.message
        ),
        AnyObject::Plain(plain) if plain.kind == Kind::Service => service_text(plain, cluster),
        AnyObject::Plain(plain) if plain.kind == Kind::ConfigMap => config_map_text(plain),
        AnyObject::Plain(plain) if plain.kind == Kind::Endpoints => endpoints::endpoints(plain),
        AnyObject::Plain(plain) if plain.kind == Kind::EndpointSlice => endpoints::slice(plain),
        AnyObject::Plain(plain) if plain.kind == Kind::Secret => {
            return align(&secret_text(plain));
        }
        AnyObject::Plain(plain) if plain.kind == Kind::ServiceAccount => {
            let none = "Image pull secrets:\t<none>\nMountable secrets:\t<none>\nTokens:\t<none>\n";
            format!("{}{none}", head(&plain.meta))
        }
        AnyObject::Plain(plain)
            if plain.kind == Kind::Namespace && !holds_limits(plain, cluster) =>
        {
            return align(&namespace_text(plain));
        }
        AnyObject::Plain(plain) => {
            let mut text = head(&plain.meta);
            let body = crate::manifest::to_yaml(&plain.body);
            text.push_str(&body);
            text
        }
        workload => workload_text(workload, cluster),
    };
    if events {
        let uid = match object {
            AnyObject::Node(node) => node.meta.name.to_string(),
            other => other.uid().to_string(),
        };
        text.push_str(&events_text(&uid, cluster));
    }
    align(&text)
}

fn pairs(labels: &Labels, hide: &[&str], separator: &str) -> String {
    let shown = labels.iter().filter(|(key, _)| !hide.contains(&&***key));
    let shown: Vec<String> = shown.map(|(key, value)| format!("{key}{separator}{value}")).collect();
    if shown.is_empty() { "<none>".into() } else { shown.join("\n\t") }
}

/// Annotations, a line each; a long one, or one of several lines, stands below its key.
fn annotations(meta: &ObjectMeta) -> String {
    const LONGEST: usize = 140;
    let shown = meta
        .annotations
        .iter()
        .filter(|(key, _)| &***key != "kubectl.kubernetes.io/last-applied-configuration");
    let mut text = String::new();
    for (key, value) in shown {
        if !text.is_empty() {
            text.push_str("\n\t");
        }
        let value = value.strip_suffix('\n').unwrap_or(value);
        if value.len() + key.len() + 2 <= LONGEST && !value.contains('\n') {
            text.push_str(&format!("{key}: {value}"));
            continue;
        }
        text.push_str(&format!("{key}:"));
        for line in value.split('\n') {
            let short: String = line.chars().take(LONGEST - 2).collect();
            let dots = if short.len() < line.len() { "..." } else { "" };
            text.push_str(&format!("\n\t  {short}{dots}"));
        }
    }
    if text.is_empty() { "<none>".into() } else { text }
}

fn head(meta: &ObjectMeta) -> String {
    let mut text = format!("Name:\t{}\n", meta.name);
    if !meta.namespace.is_empty() {
        text.push_str(&format!("Namespace:\t{}\n", meta.namespace));
    }
    text.push_str(&format!(
        "Labels:\t{}\nAnnotations:\t{}\n",
        pairs(&meta.labels, &[], "="),
        annotations(meta)
    ));
    text
}

/// A service: its addresses, and the pods behind each port.
fn service_text(service: &Plain, cluster: &Cluster) -> String {
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

/// A config map, every value in full.
/// A secret: how long each value is, and not what it is. Values are Base64.
fn secret_text(secret: &Plain) -> String {
    let kind = secret.body.str_at("type").unwrap_or("Opaque");
    let mut text = format!("{}\nType:\t{kind}\n\nData\n====\n", head(&secret.meta));
    let data = secret.body.get("data").into_iter().flat_map(Value::entries);
    for (key, value) in data {
        let coded = value.as_str().unwrap_or_default().trim_end_matches('=');
        text.push_str(&format!("{key}:\t{} bytes\n", coded.len() * 3 / 4));
    }
    text
}

fn config_map_text(map: &Plain) -> String {
    let mut text = head(&map.meta);
    text.push_str("\nData\n====\n");
    for (key, value) in map.body.get("data").into_iter().flat_map(Value::entries) {
        text.push_str(&format!("{key}:\n----\n{}\n\n", value.as_str().unwrap_or_default()));
    }
    text.push_str("\nBinaryData\n====\n\n");
    text
}

/// Whether a namespace has quotas or limits, which are told in full.
fn holds_limits(namespace: &Plain, cluster: &Cluster) -> bool {
    [Kind::ResourceQuota, Kind::LimitRange]
        .into_iter()
        .any(|kind| !cluster.store().list(kind, Some(&namespace.meta.name)).is_empty())
}

/// A namespace without quotas and limits.
fn namespace_text(namespace: &Plain) -> String {
    let phase = namespace.body.at(&["status", "phase"]).and_then(Value::as_str);
    format!(
        "{}Status:\t{}\n\nNo resource quota.\n\nNo LimitRange resource.\n",
        head(&namespace.meta),
        phase.unwrap_or_default()
    )
}

/// `Fri, 20 Nov 2026 19:51:28 +0000`
fn long_time(at: Time) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at.unix_millis()).unwrap_or_default();
    at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn pod_text(pod: &Pod) -> String {
    let status = &pod.status;
    let mut text = format!("Name:\t{}\nNamespace:\t{}\n", pod.meta.name, pod.meta.namespace);
    text.push_str(&format!("Priority:\t{}\n", pod.spec.priority));
    if !pod.spec.priority_class.is_empty() {
        text.push_str(&format!("Priority Class Name:\t{}\n", pod.spec.priority_class));
    }
    text.push_str(&format!(
        "Service Account:\t{}\n",
        pod.spec.raw.str_at("serviceAccountName").unwrap_or("default")
    ));
    match &pod.node {
        Some(node) => text.push_str(&format!(
            "Node:\t{node}/{}\n",
            status.host_ip.as_deref().unwrap_or_default()
        )),
        None => text.push_str("Node:\t<none>\n"),
    }
    if let Some(start) = status.start_time {
        text.push_str(&format!("Start Time:\t{}\n", long_time(start)));
    }
    text.push_str(&format!(
        "Labels:\t{}\nAnnotations:\t{}\n",
        pairs(&pod.meta.labels, &[], "="),
        annotations(&pod.meta)
    ));
    match pod.meta.deletion {
        Some(deletion) => text.push_str(&format!(
            "Status:\tTerminating (lasts <invalid>)\nTermination Grace Period:\t{}s\n",
            deletion.grace_seconds
        )),
        None => text.push_str(&format!("Status:\t{}\n", status.phase.word())),
    }
    for (name, words) in [("Reason", &status.reason), ("Message", &status.message)] {
        if !words.is_empty() {
            text.push_str(&format!("{name}:\t{words}\n"));
        }
    }
    match &status.pod_ip {
        Some(ip) => text.push_str(&format!("IP:\t{ip}\nIPs:\n  IP:\t{ip}\n")),
        None => text.push_str("IP:\t\nIPs:\t<none>\n"),
    }
    if let Some(owner) = pod.meta.controller() {
        text.push_str(&format!("Controlled By:\t{}/{}\n", owner.kind, owner.name));
    }
    if !pod.spec.init_containers.is_empty() {
        text.push_str(&containers_text(
            "Init Containers",
            &pod.spec.init_containers,
            &status.init_containers,
            pod,
            "",
        ));
    }
    text.push_str(&containers_text(
        "Containers",
        &pod.spec.containers,
        &status.containers,
        pod,
        "",
    ));
    if !status.conditions.is_empty() {
        text.push_str("Conditions:\n  Type\tStatus\n");
        text.extend(
            status.conditions.iter().map(|one| format!("  {}\t{} \n", one.kind, one.status.word())),
        );
        text = text.replace("  Type\tStatus\n", "  Type \tStatus\n");
        let widest = status.conditions.iter().map(|one| one.kind.len()).max().unwrap_or(0);
        text = pad_conditions(&text, widest);
    }
    let spec = pod.spec_value();
    text.push_str(&volumes_text(&spec));
    text.push_str(&format!("QoS Class:\t{}\n", pod.spec.qos.word()));
    text.push_str(&format!("Node-Selectors:\t{}\n", pairs(&pod.spec.node_selector, &[], "=")));
    text.push_str(&format!("Tolerations:\t{}\n", tolerations(&pod.spec.tolerations)));
    text
}

/// The table of conditions has columns of its own: three blanks between them.
fn pad_conditions(text: &str, widest: usize) -> String {
    let Some((before, table)) = text.split_once("Conditions:\n") else { return text.to_owned() };
    let lines = table.lines().map(|line| match line.split_once('\t') {
        Some((name, rest)) => {
            let name = name.trim_end();
            format!("{name}{}{rest}\n", " ".repeat((widest + 5).saturating_sub(name.len())))
        }
        None => format!("{line}\n"),
    });
    format!("{before}Conditions:\n{}", lines.collect::<String>())
}

fn tolerations(all: &[Toleration]) -> String {
    let one = |toleration: &Toleration| {
        let mut text = toleration.key.to_string();
        if !toleration.value.is_empty() {
            text.push_str(&format!("={}", toleration.value));
        }
        if let Some(effect) = toleration.effect {
            text.push_str(&format!(":{}", effect.word()));
        }
        if toleration.operator == crate::api::core::TolerationOperator::Exists
            && toleration.value.is_empty()
        {
            text.push_str(if toleration.key.is_empty() && toleration.effect.is_none() {
                "op=Exists"
            } else {
                " op=Exists"
            });
        }
        if let Some(seconds) = toleration.seconds {
            text.push_str(&format!(" for {seconds}s"));
        }
        text
    };
    let mut shown: Vec<String> = all.iter().map(one).collect();
    shown.order();
    if shown.is_empty() { "<none>".into() } else { shown.join("\n\t") }
}

fn containers_text(
    title: &str,
    specs: &[Container],
    statuses: &[ContainerStatus],
    pod: &Pod,
    indent: &str,
) -> String {
    let mut text = format!("{indent}{title}:\n");
    for spec in specs {
        let status = statuses.iter().find(|status| status.name == spec.name);
        // In a template names stand one letter further right; what is told of them does not.
        let pad = if indent.is_empty() { "  " } else { "   " };
        text.push_str(&format!("{pad}{}:\n", spec.name));
        text.push_str(&container_text(spec, status, pod, "    "));
    }
    text
}

fn container_text(
    spec: &Container,
    status: Option<&ContainerStatus>,
    pod: &Pod,
    pad: &str,
) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| text.push_str(&format!("{pad}{key}:\t{value}\n"));
    if let Some(status) = status {
        line("Container ID", &status.container_id);
    }
    line("Image", &spec.image);
    if let Some(status) = status {
        line("Image ID", &status.image_id);
    }
    let ports: Vec<String> = spec
        .ports
        .iter()
        .map(|port| {
            let name =
                if port.name.is_empty() { String::new() } else { format!(" ({})", port.name) };
            format!("{}/{}{name}", port.container_port, port.protocol)
        })
        .collect();
    let host_ports: Vec<String> =
        spec.ports.iter().map(|port| format!("{}/{}", port.host_port, port.protocol)).collect();
    let plural = if ports.len() > 1 { "s" } else { "" };
    let or_none =
        |list: Vec<String>| if list.is_empty() { "<none>".to_owned() } else { list.join(", ") };
    line(&format!("Port{plural}"), &or_none(ports));
    line(&format!("Host Port{plural}"), &or_none(host_ports));
    for (title, words) in [("Command", &spec.command), ("Args", &spec.args)] {
        if !words.is_empty() {
            text.push_str(&format!("{pad}{title}:\n"));
            text.extend(
                words
                    .iter()
                    .map(|word| format!("{pad}  {}\n", word.replace('\n', &format!("\n{pad}  ")))),
            );
        }
    }
    if let Some(status) = status {
        text.push_str(&state_text("State", &status.state, pad));
        if let Some(last) = &status.last {
            text.push_str(&state_text(
                "Last State",
                &ContainerState::Terminated(std::rc::Rc::clone(last)),
                pad,
            ));
        }
        let ready = if status.ready { "True" } else { "False" };
        text.push_str(&format!(
            "{pad}Ready:\t{ready}\n{pad}Restart Count:\t{}\n",
            status.restart_count
        ));
    }
    for (title, amounts, path) in
        [("Limits", &spec.limits, "limits"), ("Requests", &spec.requests, "requests")]
    {
        if *amounts != Resources::default() {
            text.push_str(&format!("{pad}{title}:\n"));
            text.push_str(&amounts_text(pod, &spec.name, path, pad));
        }
    }
    for (title, probe) in
        [("Liveness", &spec.liveness), ("Readiness", &spec.readiness), ("Startup", &spec.startup)]
    {
        if let Some(probe) = probe {
            text.push_str(&format!("{pad}{title}:\t{}\n", probe_text(probe)));
        }
    }
    text.push_str(&environment_text(spec, pad));
    text.push_str(&mounts_text(pod, spec, pad));
    text
}

fn amounts_text(pod: &Pod, container: &str, path: &str, pad: &str) -> String {
    let found = ["containers", "initContainers"]
        .into_iter()
        .flat_map(|group| pod.spec.raw.items_at(group))
        .find(|one| one.str_at("name") == Some(container));
    let amounts = found.and_then(|one| one.at(&["resources", path]));
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_json(), str::to_owned);
    amounts
        .into_iter()
        .flat_map(Value::entries)
        .map(|(name, value)| format!("{pad}  {name}:\t{}\n", shown(value)))
        .collect()
}

fn state_text(title: &str, state: &ContainerState, pad: &str) -> String {
    match state {
        ContainerState::Waiting { reason, .. } if reason.is_empty() => {
            format!("{pad}{title}:\tWaiting\n")
        }
        ContainerState::Waiting { reason, .. } => {
            format!("{pad}{title}:\tWaiting\n{pad}  Reason:\t{reason}\n")
        }
        ContainerState::Running { since } => {
            format!("{pad}{title}:\tRunning\n{pad}  Started:\t{}\n", long_time(*since))
        }
        ContainerState::Terminated(end) => {
            let mut text = format!("{pad}{title}:\tTerminated\n");
            if !end.reason.is_empty() {
                text.push_str(&format!("{pad}  Reason:\t{}\n", end.reason));
            }
            if !end.message.is_empty() {
                text.push_str(&format!("{pad}  Message:\t{}\n", end.message));
            }
            text.push_str(&format!("{pad}  Exit Code:\t{}\n", end.exit_code));
            let time = |at: Option<Time>| at.map(long_time).unwrap_or_default();
            text.push_str(&format!(
                "{pad}  Started:\t{}\n{pad}  Finished:\t{}\n",
                time(end.started),
                time(end.finished)
            ));
            text
        }
    }
}

fn probe_text(probe: &Probe) -> String {
    let what = match &probe.handler {
        Handler::Exec(argv) => format!("exec [{}]", argv.join(" ")),
        Handler::Http { host, port, path, scheme } => {
            format!("http-get {}://{host}:{port}{path}", scheme.to_lowercase())
        }
        Handler::Tcp { host, port } => format!("tcp-socket {host}:{port}"),
        Handler::Grpc { port, service } => format!("grpc <pod>:{port} {service}"),
        Handler::Sleep { seconds } => format!("sleep {seconds}"),
    };
    format!(
        "{what} delay={}s timeout={}s period={}s #success={} #failure={}",
        probe.initial_delay_seconds,
        probe.timeout_seconds,
        probe.period_seconds,
        probe.success_threshold,
        probe.failure_threshold
    )
}

fn environment_text(spec: &Container, pad: &str) -> String {
    use crate::api::core::EnvSource;
    if spec.env.is_empty() {
        return format!("{pad}Environment:\t<none>\n");
    }
    let mut text = format!("{pad}Environment:\n");
    for one in spec.env.iter() {
        let value = match &one.source {
            EnvSource::Value(value) => value.to_string(),
            EnvSource::Field(path) => format!(" (v1:{path})"),
            EnvSource::Resource { resource, .. } => format!("node allocatable ({resource})"),
            EnvSource::ConfigMap { name, key, optional } => {
                format!("<set to the key '{key}' of config map '{name}'>  Optional: {optional}")
            }
            EnvSource::Secret { name, key, optional } => {
                format!("<set to the key '{key}' in secret '{name}'>  Optional: {optional}")
            }
        };
        text.push_str(&format!("{pad}  {}:\t{value}\n", one.name));
    }
    text
}

fn mounts_text(pod: &Pod, spec: &Container, pad: &str) -> String {
    let all = pod.spec_value();
    let found = ["containers", "initContainers"]
        .into_iter()
        .flat_map(|group| all.items_at(group))
        .find(|one| one.str_at("name") == Some(&spec.name));
    let mut mounts: Vec<String> = found
        .map_or(&[][..], |one| one.items_at("volumeMounts"))
        .iter()
        .map(|mount| {
            let mode = if mount.bool_at("readOnly") == Some(true) { "ro" } else { "rw" };
            let sub =
                mount.str_at("subPath").map(|path| format!(",path=\"{path}\"")).unwrap_or_default();
            format!(
                "{pad}  {} from {} ({mode}{sub})\n",
                mount.str_at("mountPath").unwrap_or_default(),
                mount.str_at("name").unwrap_or_default()
            )
        })
        .collect();
    mounts.order();
    if mounts.is_empty() {
        format!("{pad}Mounts:\t<none>\n")
    } else {
        format!("{pad}Mounts:\n{}", mounts.concat())
    }
}

fn volumes_text(spec: &Value) -> String {
    let volumes = spec.items_at("volumes");
    if volumes.is_empty() {
        return "Volumes:\t<none>\n".into();
    }
    let mut text = "Volumes:\n".to_owned();
    for volume in volumes {
        text.push_str(&format!("  {}:\n", volume.str_at("name").unwrap_or_default()));
        if volume.get("projected").is_some() {
            text.push_str("    Type:\tProjected (a volume that contains injected data from multiple sources)\n    TokenExpirationSeconds:\t3607\n    ConfigMapName:\tkube-root-ca.crt\n    Optional:\tfalse\n    DownwardAPI:\ttrue\n");
        } else if let Some(source) = volume.get("configMap") {
            let name = source.str_at("name").unwrap_or_default();
            text.push_str(&format!("    Type:\tConfigMap (a volume populated by a ConfigMap)\n    Name:\t{name}\n    Optional:\tfalse\n"));
        } else if let Some(source) = volume.get("secret") {
            let name = source.str_at("secretName").unwrap_or_default();
            text.push_str(&format!("    Type:\tSecret (a volume populated by a Secret)\n    SecretName:\t{name}\n    Optional:\tfalse\n"));
        } else if volume.get("emptyDir").is_some() {
            text.push_str("    Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)\n    Medium:\t\n    SizeLimit:\t<unset>\n");
        } else if let Some(source) = volume.get("hostPath") {
            let path = source.str_at("path").unwrap_or_default();
            text.push_str(&format!("    Type:\tHostPath (bare host directory volume)\n    Path:\t{path}\n    HostPathType:\t\n"));
        }
    }
    text
}

/// A template as `rollout history` and `rollout undo --dry-run` print it: aligned.
pub(super) fn template_with_tabs(template: &PodTemplate) -> String {
    template_text(template).replace("\n  \t", "\n\t")
}

fn template_text(template: &PodTemplate) -> String {
    let mut text = "Pod Template:\n".to_owned();
    text.push_str(&format!(
        "  Labels:\t{}\n",
        pairs(&template.labels, &[], "=").replace("\n\t", "\n  \t")
    ));
    if !template.annotations.is_empty() {
        text.push_str(&format!(
            "  Annotations:\t{}\n",
            pairs(&template.annotations, &[], ": ").replace("\n\t", "\n  \t")
        ));
    }
    let pod = Pod {
        meta: ObjectMeta::default(),
        spec: std::rc::Rc::clone(&template.spec),
        node: None,
        status: crate::api::core::PodStatus::default(),
    };
    if !template.spec.init_containers.is_empty() {
        text.push_str(&containers_text(
            "Init Containers",
            &template.spec.init_containers,
            &[],
            &pod,
            "  ",
        ));
    }
    text.push_str(&containers_text("Containers", &template.spec.containers, &[], &pod, "  "));
    let volumes = volumes_text(&template.spec.raw);
    text.extend(volumes.lines().map(|line| format!("  {line}\n")));
    text.push_str(&format!(
        "  Node-Selectors:\t{}\n",
        pairs(&template.spec.node_selector, &[], "=").replace("\n\t", "\n  \t")
    ));
    text.push_str(&format!(
        "  Tolerations:\t{}\n",
        tolerations(&template.spec.tolerations).replace("\n\t", "\n  \t")
    ));
    text
}

/// Running, waiting, succeeded and failed pods of an owner.
fn pods_line(object: &AnyObject, cluster: &Cluster) -> String {
    use crate::api::core::Phase;
    let mut counts = [0; 4];
    for pod in cluster.store().pods_of(object.uid()) {
        let slot = match pod.status.phase {
            Phase::Running => 0,
            Phase::Pending | Phase::Unknown => 1,
            Phase::Succeeded => 2,
            Phase::Failed => 3,
        };
        if let Some(count) = counts.get_mut(slot) {
            *count += 1;
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    format!(
        "Pods Status:\t{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed\n"
    )
}

fn workload_text(object: &AnyObject, cluster: &Cluster) -> String {
    let meta = object.meta();
    let mut text = format!("Name:\t{}\nNamespace:\t{}\n", meta.name, meta.namespace);
    let labels = format!(
        "Labels:\t{}\nAnnotations:\t{}\n",
        pairs(&meta.labels, &[], "="),
        annotations(meta)
    );
    let owner = meta
        .controller()
        .map(|owner| format!("Controlled By:\t{}/{}\n", owner.kind, owner.name))
        .unwrap_or_default();
    match object {
        AnyObject::ReplicationController(_) | AnyObject::ReplicaSet(_) => {
            let (spec, status) = match object {
                AnyObject::ReplicationController(one) => (&one.spec, &one.status),
                AnyObject::ReplicaSet(one) => (&one.spec, &one.status),
                _ => return text,
            };
            text.push_str(&format!("Selector:\t{}\n{labels}{owner}", spec.selector));
            text.push_str(&format!(
                "Replicas:\t{} current / {} desired\n",
                status.replicas, spec.replicas
            ));
            text.push_str(&pods_line(object, cluster));
            text.push_str(&template_text(&spec.template));
            text.push_str(&conditions_text(&status.conditions));
        }
        AnyObject::Deployment(one) => {
            let (spec, status) = (&one.spec, &one.status);
            text.push_str(&format!(
                "CreationTimestamp:\t{}\n{labels}Selector:\t{}\n",
                long_time(meta.created),
                spec.selector
            ));
            text.push_str(&format!(
                "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable\n",
                spec.replicas,
                status.updated,
                status.replicas,
                status.available,
                status.unavailable
            ));
            text.push_str(&format!(
                "StrategyType:\t{}\nMinReadySeconds:\t{}\n",
                if spec.recreate { "Recreate" } else { "RollingUpdate" },
                spec.min_ready_seconds
            ));
            if !spec.recreate {
                let shown = |key: &str| {
                    spec.raw.at(&["strategy", "rollingUpdate", key]).map_or_else(
                        || "25%".to_owned(),
                        |value| value.as_str().map_or_else(|| value.to_json(), str::to_owned),
                    )
                };
                text.push_str(&format!(
                    "RollingUpdateStrategy:\t{} max unavailable, {} max surge\n",
                    shown("maxUnavailable"),
                    shown("maxSurge")
                ));
            }
            text.push_str(&template_text(&spec.template));
            text.push_str(&conditions_text(&status.conditions));
            text.push_str(&replica_sets_text(object, cluster));
        }
        AnyObject::DaemonSet(one) => {
            let status = &one.status;
            text.push_str(&format!(
                "Selector:\t{}\nNode-Selector:\t{}\n{labels}",
                one.spec.selector,
                pairs(&one.spec.template.spec.node_selector, &[], "=").replace("\n\t", ",")
            ));
            text.push_str(&format!(
                "Desired Number of Nodes Scheduled: {}\nCurrent Number of Nodes Scheduled: {}\n",
                status.desired, status.current
            ));
            text.push_str(&format!("Number of Nodes Scheduled with Up-to-date Pods: {}\nNumber of Nodes Scheduled with Available Pods: {}\n", status.updated, status.available));
            text.push_str(&format!("Number of Nodes Misscheduled: {}\n", status.misscheduled));
            text.push_str(&pods_line(object, cluster));
            text.push_str(&template_text(&one.spec.template));
        }
        AnyObject::Job(one) => {
            let (spec, status) = (&one.spec, &one.status);
            text.push_str(&format!("Selector:\t{}\n{labels}{owner}", spec.selector));
            let unset = |number: Option<i64>| {
                number.map_or_else(|| "<unset>".to_owned(), |number| number.to_string())
            };
            text.push_str(&format!(
                "Parallelism:\t{}\nCompletions:\t{}\n",
                spec.parallelism,
                unset(spec.completions)
            ));
            text.push_str(&format!(
                "Completion Mode:\t{}\nSuspend:\t{}\nBackoff Limit:\t{}\n",
                if spec.indexed { "Indexed" } else { "NonIndexed" },
                spec.suspend,
                spec.backoff_limit
            ));
            if let Some(seconds) = spec.ttl_seconds_after_finished {
                text.push_str(&format!("TTL Seconds After Finished:\t{seconds}\n"));
            }
            if let Some(start) = status.start_time {
                text.push_str(&format!("Start Time:\t{}\n", long_time(start)));
            }
            if let Some(end) = status.completion_time {
                text.push_str(&format!("Completed At:\t{}\n", long_time(end)));
                if let Some(start) = status.start_time {
                    text.push_str(&format!("Duration:\t{}\n", age(start, end)));
                }
            }
            if let Some(seconds) = spec.active_deadline_seconds {
                text.push_str(&format!("Active Deadline Seconds:\t{seconds}s\n"));
            }
            let ready = status.ready.map(|ready| format!(" ({ready} Ready)")).unwrap_or_default();
            text.push_str(&format!(
                "Pods Statuses:\t{} Active{ready} / {} Succeeded / {} Failed\n",
                status.active, status.succeeded, status.failed
            ));
            if spec.indexed {
                let shown = if status.completed_indexes.is_empty() {
                    "<none>"
                } else {
                    &status.completed_indexes
                };
                text.push_str(&format!("Completed Indexes:\t{shown}\n"));
            }
            text.push_str(&template_text(&spec.template));
        }
        _ => {}
    }
    text
}

fn conditions_text(all: &[Condition]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut text = "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n".to_owned();
    text.extend(
        all.iter().map(|one| format!("  {}\t{}\t{}\n", one.kind, one.status.word(), one.reason)),
    );
    text
}

fn replica_sets_text(object: &AnyObject, cluster: &Cluster) -> String {
    let owned =
        cluster.store().index().owned(object.uid()).filter(|(kind, _)| *kind == Kind::ReplicaSet);
    let mut sets: Vec<_> =
        owned.filter_map(|(_, key)| cluster.store().replica_sets().get(key)).collect();
    sets.order_by_key(|set| {
        set.meta
            .annotations
            .text("deployment.kubernetes.io/revision")
            .and_then(|text| text.parse::<i64>().ok())
    });
    let shown = |set: &crate::api::apps::ReplicaSet| {
        format!(
            "{} ({}/{} replicas created)",
            set.meta.name, set.status.replicas, set.spec.replicas
        )
    };
    let new = sets.pop().map_or_else(|| "<none>".to_owned(), |set| shown(set));
    let old: Vec<String> = sets.into_iter().map(|set| shown(set)).collect();
    let old = if old.is_empty() { "<none>".into() } else { old.join(", ") };
    format!("OldReplicaSets:\t{old}\nNewReplicaSet:\t{new}\n")
}

fn cron_job_text(cron: &CronJob) -> String {
    let (meta, spec) = (&cron.meta, &cron.spec);
    let mut text = head(meta);
    let unset = |number: Option<i64>, unit: &str| {
        number.map_or_else(|| "<unset>".to_owned(), |number| format!("{number}{unit}"))
    };
    let job = &spec.job_template.spec;
    text.push_str(&format!(
        "Schedule:\t{}\nConcurrency Policy:\t{}\n",
        spec.schedule,
        spec.raw.str_at("concurrencyPolicy").unwrap_or("Allow")
    ));
    text.push_str(&format!(
        "Suspend:\t{}\nTime Zone:\t{}\n",
        if spec.suspend { "True" } else { "False" },
        spec.time_zone.as_deref().unwrap_or("<unset>")
    ));
    text.push_str(&format!(
        "Successful Job History Limit:\t{}\nFailed Job History Limit:\t{}\n",
        unset(spec.successful_jobs_history_limit, ""),
        unset(spec.failed_jobs_history_limit, "")
    ));
    text.push_str(&format!(
        "Starting Deadline Seconds:\t{}\nSelector:\t<unset>\n",
        unset(spec.starting_deadline_seconds, "s")
    ));
    text.push_str(&format!(
        "Parallelism:\t{}\nCompletions:\t{}\n",
        unset(job.i64_at("parallelism"), ""),
        unset(job.i64_at("completions"), "")
    ));
    if let Some(seconds) = job.i64_at("activeDeadlineSeconds") {
        text.push_str(&format!("Active Deadline Seconds:\t{seconds}s\n"));
    }
    text.push_str(&template_text(&PodTemplate::parse(job.get("template").unwrap_or(&Value::Null))));
    let last = cron.status.last_schedule_time.map_or_else(|| "<unset>".into(), long_time);
    let active: Vec<&str> = cron.status.active.iter().map(|(job, _)| &*job.name).collect();
    let active = if active.is_empty() { "<none>".to_owned() } else { active.join(", ") };
    text.push_str(&format!("Last Schedule Time:\t{last}\nActive Jobs:\t{active}\n"));
    text
}

fn node_text(node: &Node, cluster: &Cluster) -> String {
    let meta = &node.meta;
    let mut text = format!("Name:\t{}\nRoles:\t{}\n", meta.name, node_roles(&node.meta.labels));
    text.push_str(&format!(
        "Labels:\t{}\nAnnotations:\t{}\n",
        pairs(&meta.labels, &[], "="),
        annotations(meta)
    ));
    let mut taints: Vec<_> = node.spec.taints.iter().collect();
    taints.sort_by_key(|taint| (taint.effect.word(), taint.key.clone()));
    let taints: Vec<String> = taints
        .into_iter()
        .map(|taint| {
            let value =
                if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
            format!("{}{value}:{}", taint.key, taint.effect.word())
        })
        .collect();
    let taints = if taints.is_empty() { "<none>".into() } else { taints.join("\n\t") };
    text.push_str(&format!(
        "CreationTimestamp:\t{}\nTaints:\t{taints}\nUnschedulable:\t{}\n",
        long_time(meta.created),
        node.spec.unschedulable
    ));
    text.push_str("Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t-----------------\t------------------\t------\t-------\n");
    for one in &node.status.conditions {
        let seen = one.seen.unwrap_or(one.since);
        text.push_str(&format!(
            "  {} \t{} \t{} \t{} \t{} \t{}\n",
            one.kind,
            one.status.word(),
            long_time(seen),
            long_time(one.since),
            one.reason,
            one.message
        ));
    }
    text.push_str("Addresses:\n");
    for address in node.status.raw.items_at("addresses") {
        text.push_str(&format!(
            "  {}:\t{}\n",
            address.str_at("type").unwrap_or_default(),
            address.str_at("address").unwrap_or_default()
        ));
    }
    for (title, key) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        text.push_str(&format!("{title}:\n"));
        for (name, amount) in node.status.raw.get(key).into_iter().flat_map(Value::entries) {
            text.push_str(&format!("  {name}:\t{}\n", amount.as_str().unwrap_or_default()));
        }
    }
    text.push_str("System Info:\n");
    let info = |key: &str| {
        node.status
            .raw
            .at(&["nodeInfo", key])
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    for (title, key) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        text.push_str(&format!("  {title}:\t{}\n", info(key)));
    }
    text.push_str(&format!(
        "PodCIDR:\t{}\nPodCIDRs:\t{}\n",
        node.spec.pod_cidr, node.spec.pod_cidr
    ));
    text.push_str(&node_pods_text(node, cluster));
    text
}

fn node_pods_text(node: &Node, cluster: &Cluster) -> String {
    let pods: Vec<_> = cluster
        .store()
        .pods_on(&node.meta.name)
        .filter(|pod| !pod.status.phase.finished())
        .collect();
    let have = &node.status.allocatable;
    let part = |used: i64, have: i64| if have == 0 { 0 } else { used.saturating_mul(100) / have };
    let cpu = |milli: i64| match milli {
        0 => "0".to_owned(),
        milli if milli % 1000 == 0 => (milli / 1000).to_string(),
        milli => format!("{milli}m"),
    };
    let memory = |bytes: i64| match bytes {
        bytes if bytes != 0 && bytes % (1 << 30) == 0 => format!("{}Gi", bytes >> 30),
        bytes if bytes != 0 && bytes % (1 << 20) == 0 => format!("{}Mi", bytes >> 20),
        bytes => bytes.to_string(),
    };
    let cells = |sum: &Resources, limits: &Resources| {
        let (a, b) = (part(sum.cpu_milli, have.cpu_milli), part(limits.cpu_milli, have.cpu_milli));
        let (c, d) = (
            part(sum.memory_bytes, have.memory_bytes),
            part(limits.memory_bytes, have.memory_bytes),
        );
        [
            format!("{} ({a}%)", cpu(sum.cpu_milli)),
            format!("{} ({b}%)", cpu(limits.cpu_milli)),
            format!("{} ({c}%)", memory(sum.memory_bytes)),
            format!("{} ({d}%)", memory(limits.memory_bytes)),
        ]
    };
    let mut text = format!("Non-terminated Pods:\t({} in total)\n", pods.len());
    text.push_str("  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n");
    let (mut sum, mut limit_sum) = (Resources::default(), Resources::default());
    for pod in pods {
        let mut limits = Resources::default();
        for container in pod.spec.containers.iter() {
            limits.add(&container.limits);
        }
        sum.add(&pod.spec.requests);
        limit_sum.add(&limits);
        let [a, b, c, d] = cells(&pod.spec.requests, &limits);
        let age = age(pod.meta.created, cluster.now());
        text.push_str(&format!(
            "  {}\t{}\t\t{a}\t{b}\t{c}\t{d}\t{age}\n",
            pod.meta.namespace, pod.meta.name
        ));
    }
    let [a, b, c, d] = cells(&sum, &limit_sum);
    text.push_str("Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  Resource\tRequests\tLimits\n  --------\t--------\t------\n");
    text.push_str(&format!("  cpu\t{a}\t{b}\n  memory\t{c}\t{d}\n  ephemeral-storage\t0 (0%)\t0 (0%)\n  hugepages-1Gi\t0 (0%)\t0 (0%)\n  hugepages-2Mi\t0 (0%)\t0 (0%)\n"));
    text
}

fn events_text(uid: &str, cluster: &Cluster) -> String {
    let mut events: Vec<_> = cluster.store().events_of(uid).collect();
    if events.is_empty() {
        return "Events:\t<none>\n".into();
    }
    // The API tells whole seconds, and lists by name.
    events.order_by(|one, other| {
        let key = |event: &Event| (!event.modern, event.last.cut_to_second());
        key(one).cmp(&key(other)).then_with(|| one.meta.name.cmp(&other.meta.name))
    });
    let now = cluster.now();
    let mut text =
        "Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n"
            .to_owned();
    let shown = |event: &Event| match event.count {
        count if count > 1 => {
            format!("{} (x{count} over {})", age(event.last, now), age(event.first, now))
        }
        _ => age(event.first, now),
    };
    for event in events {
        let field = if event.involved.field_path.is_empty() {
            String::new()
        } else {
            format!("{}: ", event.involved.field_path)
        };
        let component = &event.source.component;
        text.push_str(&format!(
            "  {}\t{}\t{}\t{component}\t{field}{}\n",
            event.event_type.word(),
            event.reason,
            shown(event),
            event.message.trim()
        ));
    }
    text
}
