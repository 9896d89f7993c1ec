//! Printed columns, asked for by `kubectl get`. Follows `pkg/printers/internalversion/printers.go`.

use crate::api::apps::{DaemonSet, Deployment};
use crate::api::batch::{CronJob, Job};
use crate::api::conditions::{self, Status};
use crate::api::core::{
    ContainerState, Event, Node, Pod, PodTemplate, ReplicasSpec, ReplicasStatus,
};
use crate::api::kind::Kind;
use crate::api::meta::ObjectMeta;
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::sim::Time;

/// The header of a kind's table; the second part is shown with `-o wide` only.
pub const fn columns(kind: Kind) -> (&'static [&'static str], &'static [&'static str]) {
    const WORKLOAD: &[&str] = &["CONTAINERS", "IMAGES", "SELECTOR"];
    match kind {
        Kind::Pod => (
            &["NAME", "READY", "STATUS", "RESTARTS", "AGE"],
            &["IP", "NODE", "NOMINATED NODE", "READINESS GATES"],
        ),
        Kind::ReplicationController | Kind::ReplicaSet => {
            (&["NAME", "DESIRED", "CURRENT", "READY", "AGE"], WORKLOAD)
        }
        Kind::Deployment => (&["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"], WORKLOAD),
        Kind::DaemonSet => (
            &[
                "NAME",
                "DESIRED",
                "CURRENT",
                "READY",
                "UP-TO-DATE",
                "AVAILABLE",
                "NODE SELECTOR",
                "AGE",
            ],
            WORKLOAD,
        ),
        Kind::StatefulSet => (&["NAME", "READY", "AGE"], &["CONTAINERS", "IMAGES"]),
        Kind::Job => (&["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"], WORKLOAD),
        Kind::CronJob => (
            &["NAME", "SCHEDULE", "TIMEZONE", "SUSPEND", "ACTIVE", "LAST SCHEDULE", "AGE"],
            WORKLOAD,
        ),
        Kind::Node => (
            &["NAME", "STATUS", "ROLES", "AGE", "VERSION"],
            &["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"],
        ),
        Kind::Namespace => (&["NAME", "STATUS", "AGE"], &[]),
        Kind::Service => {
            (&["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"], &["SELECTOR"])
        }
        Kind::Event => (&["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], &[]),
        Kind::ConfigMap => (&["NAME", "DATA", "AGE"], &[]),
        Kind::Secret => (&["NAME", "TYPE", "DATA", "AGE"], &[]),
        Kind::ControllerRevision => (&["NAME", "CONTROLLER", "REVISION", "AGE"], &[]),
        Kind::PriorityClass => (&["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE"], &[]),
        Kind::PodDisruptionBudget => {
            (&["NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"], &[])
        }
        _ => (&["NAME", "AGE"], &[]),
    }
}

/// The cells of an object, in the order of [`columns`], wide ones at the end.
pub fn cells(object: &AnyObject, now: Time) -> (Vec<String>, Vec<String>) {
    match object {
        AnyObject::Pod(pod) => pod_cells(pod, now),
        AnyObject::Node(node) => node_cells(node, now),
        AnyObject::Event(event) => (event_cells(event, now), Vec::new()),
        AnyObject::ReplicationController(rc) => replicas_cells(&rc.meta, &rc.spec, &rc.status, now),
        AnyObject::ReplicaSet(rs) => replicas_cells(&rs.meta, &rs.spec, &rs.status, now),
        AnyObject::Deployment(deployment) => deployment_cells(deployment, now),
        AnyObject::DaemonSet(set) => daemon_set_cells(set, now),
        AnyObject::Job(job) => job_cells(job, now),
        AnyObject::CronJob(cron) => cron_job_cells(cron, now),
        AnyObject::Plain(plain) => plain_cells(plain, now),
    }
}

/// The age of a time as tables print it.
pub fn age(since: Time, now: Time) -> String {
    (now.cut_to_second() - since.cut_to_second()).human()
}

fn template_cells(template: &PodTemplate, selector: String) -> Vec<String> {
    let join = |of: fn(&crate::api::core::Container) -> &str| {
        template.spec.containers.iter().map(of).collect::<Vec<_>>().join(",")
    };
    vec![join(|container| &container.name), join(|container| &container.image), selector]
}

/// READY, STATUS and RESTARTS of a pod. Follows `printPod`.
pub fn pod_status(pod: &Pod, now: Time) -> (String, String, String) {
    let mut status = pod.status.phase.word().to_owned();
    if !pod.status.reason.is_empty() {
        status = pod.status.reason.to_string();
    }
    let gated = conditions::find(&pod.status.conditions, "PodScheduled")
        .is_some_and(|one| &*one.reason == "SchedulingGated");
    if gated {
        status = "SchedulingGated".into();
    }
    let sidecars = pod.spec.init_containers.iter().filter(|one| one.sidecar).count();
    let total = pod.spec.containers.len() + sidecars;
    let (mut ready, mut restarts, mut last) = (0, 0, None);
    let mut initialising = false;
    let (mut init_restarts, mut init_last) = (0, None);
    for (index, one) in pod.status.init_containers.iter().enumerate() {
        let sidecar = pod.spec.init_containers.get(index).is_some_and(|spec| spec.sidecar);
        let ended = one.last.as_ref().and_then(|end| end.finished);
        init_restarts += one.restart_count;
        init_last = init_last.max(ended);
        if sidecar {
            restarts += one.restart_count;
            last = last.max(ended);
        }
        match &one.state {
            ContainerState::Terminated(end) if end.exit_code == 0 => continue,
            _ if sidecar && one.started == Some(true) => {
                ready += usize::from(one.ready);
                continue;
            }
            ContainerState::Terminated(end) if !end.reason.is_empty() => {
                status = format!("Init:{}", end.reason)
            }
            ContainerState::Terminated(end) => status = format!("Init:ExitCode:{}", end.exit_code),
            ContainerState::Waiting { reason, .. }
                if !reason.is_empty() && &**reason != "PodInitializing" =>
            {
                status = format!("Init:{reason}");
            }
            _ => status = format!("Init:{index}/{}", pod.spec.init_containers.len()),
        }
        initialising = true;
        break;
    }
    if initialising {
        (restarts, last) = (init_restarts, init_last);
    }
    if !initialising || conditions::holds(&pod.status.conditions, "Initialized") {
        if !initialising || sidecars == 0 {
            restarts = if initialising { init_restarts } else { restarts };
        }
        let (mut running, mut failed) = (false, None);
        for one in pod.status.containers.iter().rev() {
            restarts += one.restart_count;
            last = last.max(one.last.as_ref().and_then(|end| end.finished));
            match &one.state {
                ContainerState::Waiting { reason, .. } if !reason.is_empty() => {
                    status = reason.to_string()
                }
                ContainerState::Terminated(end) => {
                    status = if end.reason.is_empty() {
                        format!("ExitCode:{}", end.exit_code)
                    } else {
                        end.reason.to_string()
                    };
                    if end.exit_code != 0 {
                        failed = Some(status.clone());
                    }
                }
                ContainerState::Running { .. } if one.ready => {
                    running = true;
                    ready += 1;
                }
                _ => {}
            }
        }
        if status == "Completed" {
            status = match (running, pod.ready(), failed) {
                (true, true, _) => "Running".into(),
                (_, _, Some(failed)) => failed,
                (true, false, None) => "NotReady".into(),
                (false, _, None) => status,
            };
        }
    }
    if pod.meta.deleting() && !pod.status.phase.finished() {
        status = "Terminating".into();
    }
    let restarts = match last.filter(|_| restarts > 0) {
        Some(last) => format!("{restarts} ({} ago)", age(last, now)),
        None => restarts.to_string(),
    };
    (format!("{ready}/{total}"), status, restarts)
}

fn pod_cells(pod: &Pod, now: Time) -> (Vec<String>, Vec<String>) {
    let (ready, status, restarts) = pod_status(pod, now);
    let none = || "<none>".to_owned();
    let shown =
        |text: &Option<std::rc::Rc<str>>| text.as_ref().map_or_else(none, ToString::to_string);
    (
        vec![pod.meta.name.to_string(), ready, status, restarts, age(pod.meta.created, now)],
        vec![
            shown(&pod.status.pod_ip),
            shown(&pod.node),
            shown(&pod.status.nominated_node),
            none(),
        ],
    )
}

fn replicas_cells(
    meta: &ObjectMeta,
    spec: &ReplicasSpec,
    status: &ReplicasStatus,
    now: Time,
) -> (Vec<String>, Vec<String>) {
    (
        vec![
            meta.name.to_string(),
            spec.replicas.to_string(),
            status.replicas.to_string(),
            status.ready.to_string(),
            age(meta.created, now),
        ],
        template_cells(&spec.template, spec.selector.text_or_none()),
    )
}

fn deployment_cells(deployment: &Deployment, now: Time) -> (Vec<String>, Vec<String>) {
    let (spec, status) = (&deployment.spec, &deployment.status);
    (
        vec![
            deployment.meta.name.to_string(),
            format!("{}/{}", status.ready, spec.replicas),
            status.updated.to_string(),
            status.available.to_string(),
            age(deployment.meta.created, now),
        ],
        template_cells(&spec.template, spec.selector.text_or_none()),
    )
}

fn daemon_set_cells(set: &DaemonSet, now: Time) -> (Vec<String>, Vec<String>) {
    let status = &set.status;
    let selector =
        set.spec.template.spec.node_selector.iter().map(|(key, value)| format!("{key}={value}"));
    let selector = selector.collect::<Vec<_>>().join(",");
    (
        vec![
            set.meta.name.to_string(),
            status.desired.to_string(),
            status.current.to_string(),
            status.ready.to_string(),
            status.updated.to_string(),
            status.available.to_string(),
            if selector.is_empty() { "<none>".into() } else { selector },
            age(set.meta.created, now),
        ],
        template_cells(&set.spec.template, set.spec.selector.text_or_none()),
    )
}

/// The STATUS of a Job.
pub fn job_status(job: &Job) -> &'static str {
    let holds = |kind| conditions::holds(&job.status.conditions, kind);
    match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if job.meta.deleting() => "Terminating",
        () if holds("Suspended") => "Suspended",
        () if holds("FailureTarget") => "FailureTarget",
        () if holds("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn job_cells(job: &Job, now: Time) -> (Vec<String>, Vec<String>) {
    let completions = match (job.spec.completions, job.spec.parallelism) {
        (Some(completions), _) => format!("{}/{completions}", job.status.succeeded),
        (None, parallelism) if parallelism > 1 => {
            format!("{}/1 of {parallelism}", job.status.succeeded)
        }
        (None, _) => format!("{}/1", job.status.succeeded),
    };
    let duration = match (job.status.start_time, job.status.completion_time) {
        (None, _) => String::new(),
        (Some(start), end) => age(start, end.unwrap_or(now)),
    };
    (
        vec![
            job.meta.name.to_string(),
            job_status(job).into(),
            completions,
            duration,
            age(job.meta.created, now),
        ],
        template_cells(&job.spec.template, job.spec.selector.text_or_none()),
    )
}

fn cron_job_cells(cron: &CronJob, now: Time) -> (Vec<String>, Vec<String>) {
    let template =
        PodTemplate::parse(cron.spec.job_template.spec.get("template").unwrap_or(&Value::Null));
    let last =
        cron.status.last_schedule_time.map_or_else(|| "<none>".into(), |last| age(last, now));
    (
        vec![
            cron.meta.name.to_string(),
            cron.spec.schedule.to_string(),
            cron.spec.time_zone.as_deref().unwrap_or("<none>").to_owned(),
            if cron.spec.suspend { "True".into() } else { "False".into() },
            cron.status.active.len().to_string(),
            last,
            age(cron.meta.created, now),
        ],
        template_cells(&template, "<none>".into()),
    )
}

/// The STATUS of a node.
pub fn node_status(node: &Node) -> String {
    let ready = conditions::find(&node.status.conditions, "Ready");
    let word = match ready.map(|ready| ready.status) {
        Some(Status::True) => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    if node.spec.unschedulable { format!("{word},SchedulingDisabled") } else { word.into() }
}

/// The roles of a node, joined with commas.
pub fn node_roles(node: &Node) -> String {
    let roles: Vec<&str> = node
        .meta
        .labels
        .keys()
        .filter_map(|key| key.strip_prefix("node-role.kubernetes.io/"))
        .collect();
    if roles.is_empty() { "<none>".into() } else { roles.join(",") }
}

fn node_cells(node: &Node, now: Time) -> (Vec<String>, Vec<String>) {
    let info = |key: &str| {
        node.status
            .raw
            .at(&["nodeInfo", key])
            .and_then(Value::as_str)
            .unwrap_or("<unknown>")
            .to_owned()
    };
    let ip = &node.status.internal_ip;
    (
        vec![
            node.meta.name.to_string(),
            node_status(node),
            node_roles(node),
            age(node.meta.created, now),
            info("kubeletVersion"),
        ],
        vec![
            if ip.is_empty() { "<none>".into() } else { ip.to_string() },
            "<none>".into(),
            info("osImage"),
            format!("{} ({})", info("kernelVersion"), info("architecture")),
            info("containerRuntimeVersion"),
        ],
    )
}

fn event_cells(event: &Event, now: Time) -> Vec<String> {
    vec![
        age(event.last, now),
        event.event_type.word().into(),
        event.reason.to_string(),
        format!("{}/{}", event.involved.kind.to_lowercase(), event.involved.name),
        event.message.trim().to_owned(),
    ]
}

fn plain_cells(plain: &Plain, now: Time) -> (Vec<String>, Vec<String>) {
    let name = plain.meta.name.to_string();
    let age = age(plain.meta.created, now);
    let text =
        |path: &[&str]| plain.body.at(path).and_then(Value::as_str).unwrap_or("<none>").to_owned();
    let count = |key: &str| {
        plain.body.get(key).and_then(Value::as_map).map_or(0, std::collections::BTreeMap::len)
    };
    let none = || "<none>".to_owned();
    match plain.kind {
        Kind::Namespace => {
            (vec![name, text(&["status", "phase"]).replace("<none>", "Active"), age], Vec::new())
        }
        Kind::ConfigMap => {
            (vec![name, (count("data") + count("binaryData")).to_string(), age], Vec::new())
        }
        Kind::Secret => (vec![name, text(&["type"]), count("data").to_string(), age], Vec::new()),
        Kind::Service => {
            let ports: Vec<String> = plain
                .body
                .at(&["spec", "ports"])
                .map_or(&[][..], Value::items)
                .iter()
                .map(port_cell)
                .collect();
            let external =
                if text(&["spec", "type"]) == "LoadBalancer" { "<pending>".into() } else { none() };
            let selector =
                crate::api::labels::Selector::from_map(plain.body.at(&["spec", "selector"]));
            let ports = if ports.is_empty() { none() } else { ports.join(",") };
            (
                vec![
                    name,
                    text(&["spec", "type"]),
                    text(&["spec", "clusterIP"]),
                    external,
                    ports,
                    age,
                ],
                vec![selector.text_or_none()],
            )
        }
        Kind::ControllerRevision => {
            let owner = plain.meta.controller().map_or_else(none, |owner| {
                let group = owner
                    .api_version
                    .split_once('/')
                    .map(|(group, _)| format!(".{group}"))
                    .unwrap_or_default();
                format!("{}{group}/{}", owner.kind.to_lowercase(), owner.name)
            });
            (
                vec![name, owner, plain.body.i64_at("revision").unwrap_or(0).to_string(), age],
                Vec::new(),
            )
        }
        Kind::PriorityClass => {
            let default = plain.body.bool_at("globalDefault").unwrap_or(false).to_string();
            (
                vec![name, plain.body.i64_at("value").unwrap_or(0).to_string(), default, age],
                Vec::new(),
            )
        }
        Kind::PodDisruptionBudget => {
            let shown = |key: &str| match plain.body.at(&["spec", key]) {
                Some(Value::String(text)) => text.to_string(),
                Some(other) => other.to_json(),
                None => "N/A".into(),
            };
            (
                vec![name, shown("minAvailable"), shown("maxUnavailable"), "0".into(), age],
                Vec::new(),
            )
        }
        Kind::StatefulSet => {
            let want = plain.body.at(&["spec", "replicas"]).and_then(Value::as_i64).unwrap_or(1);
            (vec![name, format!("0/{want}"), age], vec![none(), none()])
        }
        _ => (vec![name, age], Vec::new()),
    }
}

fn port_cell(port: &Value) -> String {
    let number = port.i64_at("port").unwrap_or(0);
    let protocol = port.str_at("protocol").unwrap_or("TCP");
    match port.i64_at("nodePort") {
        Some(node) if node > 0 => format!("{number}:{node}/{protocol}"),
        _ => format!("{number}/{protocol}"),
    }
}
