//! From what runs to the status the API shows: phase, conditions, container statuses. Follows
//! `pkg/kubelet/kubelet_pods.go` (`getPhase`) and `pkg/kubelet/status/generate.go`.

use std::rc::Rc;

use super::runtime::{ContainerPhase, ContainerRuntime, PodRuntime};
use super::sync::SHOWN_END;
use crate::api::conditions::{Condition, Status};
use crate::api::core::{
    Container, ContainerState, ContainerStatus, Phase, Pod, PodStatus, RestartPolicy,
};
use crate::api::meta::ObjectKey;
use crate::containers::catalogue::Reference;
use crate::sim::{Duration, Time};
use crate::store::Store;

/// A status, and when it will change by itself.
pub(super) struct Shown {
    pub status: PodStatus,
    pub wake: Option<Time>,
}

pub(super) fn of(pod: &Pod, runtime: &PodRuntime, store: &Store, now: Time) -> Shown {
    let mut wake = None;
    let statuses: Vec<(bool, ContainerStatus)> = pod
        .spec
        .all_containers()
        .zip(&runtime.containers)
        .map(|(spec, container)| {
            (container.init, container_status(pod, runtime, spec, container, now, &mut wake))
        })
        .collect();
    let part = |init: bool| -> Rc<[ContainerStatus]> {
        statuses.iter().filter(|(own, _)| *own == init).map(|(_, status)| status.clone()).collect()
    };
    let phase = phase(pod, runtime);
    let sandbox = now >= runtime.sandbox_at;
    let node =
        pod.node.as_ref().and_then(|node| store.nodes().get(&ObjectKey::cluster(Rc::clone(node))));
    let mut status = PodStatus {
        phase,
        reason: "".into(),
        message: "".into(),
        host_ip: node.map(|node| Rc::clone(&node.status.internal_ip)),
        pod_ip: runtime.address.clone().filter(|_| sandbox),
        start_time: Some(runtime.seen),
        containers: part(false),
        init_containers: part(true),
        nominated_node: pod.status.nominated_node.clone(),
        conditions: Rc::clone(&pod.status.conditions),
    };
    if let Some((reason, message)) = &runtime.verdict {
        status.reason = Rc::clone(reason);
        status.message = Rc::clone(message);
    }
    status.conditions = conditions(pod, runtime, &status, sandbox, now);
    Shown { status, wake }
}

/// Whether a container, once it ended, will be started again.
fn comes_again(runtime: &PodRuntime, container: &ContainerRuntime) -> bool {
    runtime.stopping.is_none()
        && matches!(container.phase, ContainerPhase::Exited { restart_at: Some(_), .. })
}

fn phase(pod: &Pod, runtime: &PodRuntime) -> Phase {
    let stopped = runtime.containers.iter().all(|one| one.running().is_none());
    let apps = || runtime.containers.iter().filter(|one| !one.init);
    let ending = runtime.stopping.is_some() || pod.meta.deleting();
    if ending && stopped {
        let good = apps().all(|one| one.over().is_some_and(|end| end.exit_code == 0));
        return if good && runtime.verdict.is_none() { Phase::Succeeded } else { Phase::Failed };
    }
    if ending {
        return if pod.status.phase == Phase::Pending { Phase::Pending } else { Phase::Running };
    }
    let init_failed = runtime
        .containers
        .iter()
        .any(|one| one.init && !one.sidecar && one.over().is_some_and(|end| end.exit_code != 0));
    if init_failed && pod.spec.restart_policy == RestartPolicy::Never {
        return Phase::Failed;
    }
    let never_ran = |one: &ContainerRuntime| !one.was_started() && one.last.is_none();
    let init_open =
        runtime.containers.iter().any(|one| one.init && !one.sidecar && one.over().is_none());
    if init_open || apps().any(never_ran) {
        return Phase::Pending;
    }
    let all_over = apps().all(|one| one.over().is_some() && !comes_again(runtime, one));
    match all_over {
        false => Phase::Running,
        true if apps().all(|one| one.over().is_some_and(|end| end.exit_code == 0)) => {
            Phase::Succeeded
        }
        true => Phase::Failed,
    }
}

fn container_status(
    pod: &Pod,
    runtime: &PodRuntime,
    spec: &Container,
    container: &ContainerRuntime,
    now: Time,
    wake: &mut Option<Time>,
) -> ContainerStatus {
    let started = container.started(spec.startup.is_some());
    let ready = match (container.init && !container.sidecar, container.running()) {
        (true, _) => container.over().is_some_and(|end| end.exit_code == 0),
        (false, None) => false,
        (false, Some(_)) => {
            started && (spec.readiness.is_none() || container.readiness.result == Some(true))
        }
    };
    let known = container.was_started() || container.last.is_some();
    let image = match (known, Reference::parse(&spec.image)) {
        (true, Ok(reference)) => reference.full().into(),
        _ => Rc::clone(&spec.image),
    };
    let state = state(pod, runtime, container, now, wake);
    // Once `CrashLoopBackOff` shows, the end that led there is the last state.
    let last = match (&state, &container.phase) {
        (ContainerState::Waiting { .. }, ContainerPhase::Exited { end, .. }) => {
            Some(Rc::clone(end))
        }
        _ => container.last.clone(),
    };
    ContainerStatus {
        name: Rc::clone(&spec.name),
        state,
        last,
        ready,
        started: Some(started),
        restart_count: container.restarts,
        image,
        image_id: if known { Rc::clone(&container.image_id) } else { "".into() },
        container_id: if known { Rc::clone(&container.container_id) } else { "".into() },
    }
}

fn state(
    pod: &Pod,
    runtime: &PodRuntime,
    container: &ContainerRuntime,
    now: Time,
    wake: &mut Option<Time>,
) -> ContainerState {
    let waiting = |reason: &str, message: String| ContainerState::Waiting {
        reason: reason.into(),
        message: message.into(),
    };
    let creating = || {
        let initialised = runtime.containers.iter().any(|one| one.init);
        ContainerState::waiting(if initialised { "PodInitializing" } else { "ContainerCreating" })
    };
    match &container.phase {
        ContainerPhase::Running { since } => ContainerState::Running { since: *since },
        ContainerPhase::PullFailed { message, since, .. } => {
            let shown = *since + SHOWN_END;
            if now < shown {
                *wake = Some(wake.map_or(shown, |wake| wake.min(shown)));
                return waiting("ErrImagePull", message.to_string());
            }
            let text =
                format!("Back-off pulling image \"{}\": ErrImagePull: {message}", container.image);
            waiting("ImagePullBackOff", text)
        }
        ContainerPhase::BadConfig { reason, message, .. } => waiting(reason, message.to_string()),
        ContainerPhase::Exited { at, restart_at: Some(_), wait, .. }
            if *wait > Duration::ZERO && now >= *at + SHOWN_END && runtime.stopping.is_none() =>
        {
            let (name, namespace, uid) = (&pod.meta.name, &pod.meta.namespace, pod.meta.uid);
            let text = format!(
                "back-off {} restarting failed container={} pod={name}_{namespace}({uid})",
                wait.go(),
                container.name
            );
            waiting("CrashLoopBackOff", text)
        }
        ContainerPhase::Exited { end, .. } => ContainerState::Terminated(Rc::clone(end)),
        // Between two runs the end of the first still shows.
        _ => match &container.last {
            Some(last) if container.restarts > 0 => ContainerState::Terminated(Rc::clone(last)),
            _ => creating(),
        },
    }
}

fn conditions(
    pod: &Pod,
    runtime: &PodRuntime,
    status: &PodStatus,
    sandbox: bool,
    now: Time,
) -> Rc<[Condition]> {
    let over = status.phase.finished();
    let names =
        |list: Vec<&Rc<str>>| list.into_iter().map(|name| &**name).collect::<Vec<_>>().join(" ");
    let sidecars: Vec<&Rc<str>> =
        runtime.containers.iter().filter(|one| one.sidecar).map(|one| &one.name).collect();
    let is_ready = |name: &Rc<str>| status.container(name).is_some_and(|status| status.ready);
    let unready: Vec<&Rc<str>> = sidecars
        .into_iter()
        .chain(status.containers.iter().map(|status| &status.name))
        .filter(|name| !is_ready(name))
        .collect();
    let uninitialised: Vec<&Rc<str>> = runtime
        .containers
        .iter()
        .filter(|one| one.init && !one.sidecar && one.over().is_none_or(|end| end.exit_code != 0))
        .map(|one| &one.name)
        .collect();
    let initialised = match (over && status.phase == Phase::Succeeded, uninitialised.is_empty()) {
        (true, _) => (Status::True, "PodCompleted", String::new()),
        (false, true) => (Status::True, "", String::new()),
        (false, false) => {
            let text = format!("containers with incomplete status: [{}]", names(uninitialised));
            (Status::False, "ContainersNotInitialized", text)
        }
    };
    let ready = match (status.phase, unready.is_empty()) {
        (Phase::Succeeded, _) => (Status::False, "PodCompleted", String::new()),
        (Phase::Failed, _) => (Status::False, "PodFailed", String::new()),
        (_, true) => (Status::True, "", String::new()),
        (_, false) => {
            let text = format!("containers with unready status: [{}]", names(unready));
            (Status::False, "ContainersNotReady", text)
        }
    };
    let wanted = [
        ("PodReadyToStartContainers", (Status::of(sandbox && !over), "", String::new())),
        ("Initialized", initialised),
        ("Ready", ready.clone()),
        ("ContainersReady", ready),
    ];
    let old = &pod.status.conditions;
    let mut all: Vec<Condition> = wanted
        .into_iter()
        .map(|(kind, (value, reason, message))| {
            let mut condition = Condition::new(kind, value, reason, &message, now);
            if let Some(before) =
                old.iter().find(|before| &*before.kind == kind && before.status == value)
            {
                condition.since = before.since;
            }
            condition
        })
        .collect();
    match old.iter().find(|condition| &*condition.kind == "PodScheduled") {
        Some(scheduled) if scheduled.status == Status::True => all.push(scheduled.clone()),
        _ => all.push(Condition::new("PodScheduled", Status::True, "", "", now)),
    }
    let own =
        ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
    all.extend(old.iter().filter(|condition| !own.contains(&&*condition.kind)).cloned());
    all.into()
}
