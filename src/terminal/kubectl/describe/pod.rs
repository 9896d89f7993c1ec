//! `describe pod`, and the templates of pods that workloads and rollouts show.

use std::rc::Rc;

use super::{annotations, environment, long_time, pairs, volumes};
use crate::api::core::{
    Container, ContainerState, ContainerStatus, Handler, Pod, PodTemplate, Port, Probe, Toleration,
};
use crate::api::labels::format_label_selector;
use crate::api::meta::ObjectMeta;
use crate::api::value::Value;
use crate::apiserver::table::age;
use crate::sim::Time;
use crate::sim::order::Order as _;

/// A pod before its events.
pub(super) fn pod_text(pod: &Pod, now: Time) -> String {
    let status = &pod.status;
    let mut text = format!("Name:\t{}\nNamespace:\t{}\n", pod.meta.name, pod.meta.namespace);
    text.push_str(&format!("Priority:\t{}\n", pod.spec.priority));
    if !pod.spec.priority_class.is_empty() {
        text.push_str(&format!("Priority Class Name:\t{}\n", pod.spec.priority_class));
    }
    if let Some(class) = pod.spec.raw.str_at("runtimeClassName").filter(|name| !name.is_empty()) {
        text.push_str(&format!("Runtime Class Name:\t{class}\n"));
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
        annotations(&pod.meta.annotations)
    ));
    match pod.meta.deletion {
        Some(deletion) if !status.phase.finished() => text.push_str(&format!(
            "Status:\tTerminating (lasts {})\nTermination Grace Period:\t{}s\n",
            age(deletion.at, now),
            deletion.grace_seconds
        )),
        _ => text.push_str(&format!("Status:\t{}\n", status.phase.word())),
    }
    for (name, words) in [("Reason", &status.reason), ("Message", &status.message)] {
        if !words.is_empty() {
            text.push_str(&format!("{name}:\t{words}\n"));
        }
    }
    text.push_str(&seccomp_text(&pod.spec.raw, "", ""));
    match &status.pod_ip {
        Some(ip) => text.push_str(&format!("IP:\t{ip}\nIPs:\n  IP:\t{ip}\n")),
        None => text.push_str("IP:\t\nIPs:\t<none>\n"),
    }
    if let Some(owner) = pod.meta.controller() {
        text.push_str(&format!("Controlled By:\t{}/{}\n", owner.kind, owner.name));
    }
    if let Some(node) = status.nominated_node.as_deref().filter(|node| !node.is_empty()) {
        text.push_str(&format!("NominatedNodeName:\t{node}\n"));
    }
    let spec = pod.spec_value();
    if let Some(resources) = spec.get("resources") {
        text.push_str(&format!("Resources:\n{}", amounts_text(Some(resources), "  ")));
    }
    text.push_str(&containers_text(pod, &spec, ""));
    if !pod.spec.readiness_gates.is_empty() {
        text.push_str("Readiness Gates:\n  Type\tStatus\n");
    }
    let row = |kind: &str, word: &str| format!("  {kind} \t{word} \n");
    for gate in pod.spec.readiness_gates.iter() {
        let condition = status.conditions.iter().find(|one| *one.kind == **gate);
        text.push_str(&row(gate, condition.map_or("<none>", |one| one.status.word())));
    }
    if !status.conditions.is_empty() {
        text.push_str("Conditions:\n  Type\tStatus\n");
    }
    text.extend(status.conditions.iter().map(|one| row(&one.kind, one.status.word())));
    text.push_str(&volumes::text(&spec, ""));
    text.push_str(&format!("QoS Class:\t{}\n", pod.spec.qos.word()));
    text.push_str(&format!("Node-Selectors:\t{}\n", pairs(&pod.spec.node_selector, &[], "=")));
    text.push_str(&format!("Tolerations:\t{}\n", tolerations(&pod.spec.tolerations)));
    text.push_str(&spread_text(&spec, ""));
    text
}

/// Over what pods are to be spread, by the label of the nodes. Follows `describeTopologySpreadConstraints`.
fn spread_text(spec: &Value, indent: &str) -> String {
    let mut all: Vec<&Value> = spec.items_at("topologySpreadConstraints").iter().collect();
    if all.is_empty() {
        return String::new();
    }
    all.order_by_key(|one| one.str_at("topologyKey").unwrap_or_default().to_owned());
    let line = |one: &Value| {
        let word = |key: &str| one.str_at(key).unwrap_or_default().to_owned();
        let selector = match one.get("labelSelector") {
            Some(selector) => format!(" for selector {}", format_label_selector(Some(selector))),
            None => String::new(),
        };
        let (key, otherwise) = (word("topologyKey"), word("whenUnsatisfiable"));
        let skew = one.i64_at("maxSkew").unwrap_or_default();
        format!("{key}:{otherwise} when max skew {skew} is exceeded{selector}\n")
    };
    let lines: Vec<String> = all.into_iter().map(line).collect();
    format!("{indent}Topology Spread Constraints:\t{}", lines.join(&format!("{indent}\t")))
}

/// The profile of the calls that a pod or container may make. Follows `describePod` and `describeContainerBasicInfo`.
fn seccomp_text(part: &Value, pad: &str, inner: &str) -> String {
    let Some(profile) = part.at(&["securityContext", "seccompProfile"]) else {
        return String::new();
    };
    let word = |key: &str| profile.str_at(key).unwrap_or_default();
    let mut text = format!("{pad}SeccompProfile:\t{}\n", word("type"));
    if word("type") == "Localhost" {
        text.push_str(&format!("{inner}LocalhostProfile:\t{}\n", word("localhostProfile")));
    }
    text
}

/// Tolerations by their keys; those of one key keep their order. Follows `printTolerationsMultilineWithIndent`.
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
    let mut sorted: Vec<&Toleration> = all.iter().collect();
    sorted.order_by(|one, other| one.key.cmp(&other.key));
    let shown: Vec<String> = sorted.into_iter().map(one).collect();
    if shown.is_empty() { "<none>".into() } else { shown.join("\n\t") }
}

/// The containers of a pod or template whose spec is `whole` as written, init containers first.
fn containers_text(pod: &Pod, whole: &Value, indent: &str) -> String {
    let (spec, status) = (&pod.spec, &pod.status);
    let mut text = String::new();
    let list = "ephemeralContainers";
    let context = whole.get("securityContext");
    let ephemeral: Rc<[Container]> =
        whole.items_at(list).iter().map(|one| Container::parse(one, context)).collect();
    // What becomes of containers that a debugger adds is not kept.
    let nothing = Rc::default();
    for (title, key, specs, statuses) in [
        ("Init Containers", "initContainers", &spec.init_containers, &status.init_containers),
        ("Containers", "containers", &spec.containers, &status.containers),
        ("Ephemeral Containers", list, &ephemeral, &nothing),
    ] {
        if specs.is_empty() && key != "containers" {
            continue;
        }
        text.push_str(&format!("{indent}{title}:\n"));
        for (spec, raw) in specs.iter().zip(whole.items_at(key)) {
            let status = statuses.iter().find(|status| status.name == spec.name);
            // In a template names stand one letter further right; what is told of them does not.
            let pad = if indent.is_empty() { "  " } else { "   " };
            text.push_str(&format!("{pad}{}:\n", spec.name));
            text.push_str(&container_text(spec, raw, status, &pod.meta, "    "));
        }
    }
    text
}

fn container_text(
    spec: &Container,
    raw: &Value,
    status: Option<&ContainerStatus>,
    meta: &ObjectMeta,
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
    let ports = |number: fn(&Port) -> i64| -> String {
        let one = |port: &Port| {
            let name =
                if port.name.is_empty() { String::new() } else { format!(" ({})", port.name) };
            format!("{}/{}{name}", number(port), port.protocol)
        };
        let all: Vec<String> = spec.ports.iter().map(one).collect();
        if all.is_empty() { "<none>".to_owned() } else { all.join(", ") }
    };
    let plural = if spec.ports.len() > 1 { "s" } else { "" };
    line(&format!("Port{plural}"), &ports(|port| port.container_port));
    line(&format!("Host Port{plural}"), &ports(|port| port.host_port));
    text.push_str(&seccomp_text(raw, pad, "      "));
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
                &ContainerState::Terminated(Rc::clone(last)),
                pad,
            ));
        }
        let ready = if status.ready { "True" } else { "False" };
        text.push_str(&format!(
            "{pad}Ready:\t{ready}\n{pad}Restart Count:\t{}\n",
            status.restart_count
        ));
    }
    text.push_str(&amounts_text(raw.get("resources"), pad));
    for (title, probe) in
        [("Liveness", &spec.liveness), ("Readiness", &spec.readiness), ("Startup", &spec.startup)]
    {
        if let Some(probe) = probe {
            text.push_str(&format!("{pad}{title}:\t{}\n", probe_text(probe)));
        }
    }
    text.push_str(&environment::text(spec, raw, meta));
    text.push_str(&mounts_text(raw, pad));
    text
}

/// Limits and requests. Follows `describeResources`.
fn amounts_text(resources: Option<&Value>, pad: &str) -> String {
    let mut text = String::new();
    for (title, key) in [("Limits", "limits"), ("Requests", "requests")] {
        let amounts = resources.and_then(|all| all.get(key)).into_iter().flat_map(Value::entries);
        for (index, (name, value)) in amounts.enumerate() {
            if index == 0 {
                text.push_str(&format!("{pad}{title}:\n"));
            }
            let value = value.as_str().map_or_else(|| value.to_json(), str::to_owned);
            text.push_str(&format!("{pad}  {name}:\t{value}\n"));
        }
    }
    text
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
            let time = |at: Option<Time>| long_time(at.unwrap_or_default());
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
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_string() };
            let path = escaped(path);
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

/// A path as it is written in an address, with a slash before it; an escape in it is escaped again. Follows
/// `URL.EscapedPath` of Go's `net/url`.
fn escaped(path: &str) -> String {
    let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
    let mut text = slash.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) || path == "*" {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn mounts_text(raw: &Value, pad: &str) -> String {
    let mut mounts: Vec<String> = raw
        .items_at("volumeMounts")
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
    let none = if mounts.is_empty() { "\t<none>" } else { "" };
    let mut text = format!("{pad}Mounts:{none}\n{}", mounts.concat());
    let device = |one: &Value| {
        let word = |key: &str| one.str_at(key).unwrap_or_default();
        format!("{pad}  {} from {}\n", word("devicePath"), word("name"))
    };
    let mut devices: Vec<String> = raw.items_at("volumeDevices").iter().map(device).collect();
    devices.order();
    if !devices.is_empty() {
        // It is the list of mounts that is asked whether it is empty.
        text.push_str(&format!("{pad}Devices:{none}\n{}", devices.concat()));
    }
    text
}

/// A template as `rollout history` and `rollout undo --dry-run` print it: aligned.
pub(in super::super) fn template_with_tabs(template: &PodTemplate) -> String {
    indented(template, "\n\t")
}

pub(super) fn template_text(template: &PodTemplate) -> String {
    indented(template, "\n  \t")
}

/// A template, with what parts the lines of labels, annotations and tolerations.
fn indented(template: &PodTemplate, parting: &str) -> String {
    let mut text = "Pod Template:\n".to_owned();
    text.push_str(&format!(
        "  Labels:\t{}\n",
        pairs(&template.labels, &[], "=").replace("\n\t", parting)
    ));
    if !template.annotations.is_empty() {
        text.push_str(&format!(
            "  Annotations:\t{}\n",
            annotations(&template.annotations).replace("\n\t", parting)
        ));
    }
    if let Some(account) = template.spec.raw.str_at("serviceAccountName") {
        text.push_str(&format!("  Service Account:\t{account}\n"));
    }
    let pod = Pod {
        meta: ObjectMeta::default(),
        spec: std::rc::Rc::clone(&template.spec),
        node: None,
        status: crate::api::core::PodStatus::default(),
    };
    text.push_str(&containers_text(&pod, &template.spec.raw, "  "));
    text.push_str(&volumes::text(&template.spec.raw, "  "));
    text.push_str(&spread_text(&template.spec.raw, "  "));
    if !template.spec.priority_class.is_empty() {
        text.push_str(&format!("  Priority Class Name:\t{}\n", template.spec.priority_class));
    }
    text.push_str(&format!(
        "  Node-Selectors:\t{}\n",
        pairs(&template.spec.node_selector, &[], "=").replace("\n\t", parting)
    ));
    text.push_str(&format!(
        "  Tolerations:\t{}\n",
        tolerations(&template.spec.tolerations).replace("\n\t", parting)
    ));
    text
}
