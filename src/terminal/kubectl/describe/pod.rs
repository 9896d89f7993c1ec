//! `describe pod`, and the templates of pods that workloads and rollouts show.

use super::{annotations, environment, long_time, pairs, volumes};
use crate::api::core::{
    Container, ContainerState, ContainerStatus, Handler, Pod, PodTemplate, Probe, Toleration,
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
    match &status.pod_ip {
        Some(ip) => text.push_str(&format!("IP:\t{ip}\nIPs:\n  IP:\t{ip}\n")),
        None => text.push_str("IP:\t\nIPs:\t<none>\n"),
    }
    if let Some(owner) = pod.meta.controller() {
        text.push_str(&format!("Controlled By:\t{}/{}\n", owner.kind, owner.name));
    }
    let spec = pod.spec_value();
    text.push_str(&containers_text(pod, &spec, ""));
    if !status.conditions.is_empty() {
        text.push_str("Conditions:\n  Type\tStatus\n");
        text.extend(
            status.conditions.iter().map(|one| format!("  {}\t{} \n", one.kind, one.status.word())),
        );
        text = text.replace("  Type\tStatus\n", "  Type \tStatus\n");
        let widest = status.conditions.iter().map(|one| one.kind.len()).max().unwrap_or(0);
        text = pad_conditions(&text, widest);
    }
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

/// The containers of a pod or template whose spec is `whole` as written, init containers first.
fn containers_text(pod: &Pod, whole: &Value, indent: &str) -> String {
    let (spec, status) = (&pod.spec, &pod.status);
    let mut text = String::new();
    for (title, key, specs, statuses) in [
        ("Init Containers", "initContainers", &spec.init_containers, &status.init_containers),
        ("Containers", "containers", &spec.containers, &status.containers),
    ] {
        if specs.is_empty() && key == "initContainers" {
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
    if mounts.is_empty() {
        format!("{pad}Mounts:\t<none>\n")
    } else {
        format!("{pad}Mounts:\n{}", mounts.concat())
    }
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
