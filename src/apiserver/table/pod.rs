//! Pods. Follows `printPod`.

use std::borrow::Cow;

use super::{Column, age, or_none, shown, wide};
use crate::api::conditions;
use crate::api::core::{ContainerState, ContainerStatus, Pod, Terminated};
use crate::api::value::Value;
use crate::sim::Time;

pub(super) const COLUMNS: [Column; 9] = [
    shown("Name"),
    shown("Ready"),
    shown("Status"),
    shown("Restarts"),
    shown("Age"),
    wide("IP"),
    wide("Node"),
    wide("Nominated Node"),
    wide("Readiness Gates"),
];

/// What the columns READY, STATUS and RESTARTS say of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// `Running`, `CrashLoopBackOff`, `Init:0/2`, `Terminating`, …
    pub word: Cow<'a, str>,
    /// Containers (and sidecars) that are ready.
    pub ready: usize,
    /// Containers and sidecars.
    pub containers: usize,
    /// Restarts of the containers that the word is about.
    pub restarts: i64,
    /// When the last of them was.
    pub last_restart: Option<Time>,
}

/// Restarts summed up over containers.
#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<Time>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus) {
        self.count += container.restart_count;
        self.last = self.last.max(container.last.as_ref().and_then(|last| last.finished));
    }
}

fn ended_word(end: &Terminated) -> Cow<'_, str> {
    match &*end.reason {
        "" => format!("ExitCode:{}", end.exit_code).into(),
        reason => reason.into(),
    }
}

/// What stops a pod at its init containers; also counts ready sidecars.
fn init_word(pod: &Pod, ready: &mut usize) -> Option<String> {
    let total = pod.spec.init_containers.len();
    for (index, container) in pod.status.init_containers.iter().enumerate() {
        match &container.state {
            ContainerState::Terminated(end) if end.exit_code == 0 => {}
            _ if is_sidecar(pod, container) && container.started == Some(true) => {
                *ready += usize::from(container.ready);
            }
            ContainerState::Terminated(end) => return Some(format!("Init:{}", ended_word(end))),
            ContainerState::Waiting { reason, .. }
                if !reason.is_empty() && &**reason != "PodInitializing" =>
            {
                return Some(format!("Init:{reason}"));
            }
            _ => return Some(format!("Init:{index}/{total}")),
        }
    }
    None
}

fn is_sidecar(pod: &Pod, status: &ContainerStatus) -> bool {
    pod.spec.init_containers.iter().any(|one| one.name == status.name && one.sidecar)
}

/// The word of the app containers, from last to first so that the first wins; counts the ready ones.
fn app_word<'a>(pod: &'a Pod, before: Cow<'a, str>, ready: &mut usize) -> Cow<'a, str> {
    let (mut word, mut running, mut failed) = (before, false, None);
    for container in pod.status.containers.iter().rev() {
        match &container.state {
            ContainerState::Waiting { reason, .. } if !reason.is_empty() => {
                word = Cow::Borrowed(reason);
            }
            ContainerState::Terminated(end) => {
                word = ended_word(end);
                if end.exit_code != 0 {
                    failed = Some(word.clone());
                }
            }
            ContainerState::Running { .. } if container.ready => {
                running = true;
                *ready += 1;
            }
            _ => {}
        }
    }
    match (&*word, failed) {
        ("Completed", _) if running && pod.ready() => "Running".into(),
        ("Completed", Some(failed)) => failed,
        ("Completed", None) if running => "NotReady".into(),
        _ => word,
    }
}

/// READY, STATUS and RESTARTS of a pod.
pub fn status(pod: &Pod) -> Status<'_> {
    let spec = &pod.spec;
    let sidecars = spec.init_containers.iter().filter(|container| container.sidecar).count();
    let mut word = Cow::Borrowed(match &*pod.status.reason {
        "" => pod.status.phase.word(),
        reason => reason,
    });
    let scheduled = conditions::find(&pod.status.conditions, "PodScheduled");
    if scheduled.is_some_and(|condition| &*condition.reason == "SchedulingGated") {
        word = "SchedulingGated".into();
    }
    let (mut init, mut app, mut ready) = (Restarts::default(), Restarts::default(), 0);
    for container in pod.status.init_containers.iter() {
        init.add(container);
        if is_sidecar(pod, container) {
            app.add(container);
        }
    }
    let stopped = init_word(pod, &mut ready);
    let initializing = stopped.is_some();
    word = stopped.map_or(word, Cow::Owned);
    let mut restarts = init;
    if !initializing || conditions::holds(&pod.status.conditions, "Initialized") {
        pod.status.containers.iter().for_each(|container| app.add(container));
        restarts = app;
        word = app_word(pod, word, &mut ready);
    }
    if pod.meta.deleting() {
        if &*pod.status.reason == "NodeLost" {
            word = "Unknown".into();
        } else if !pod.status.phase.finished() {
            word = "Terminating".into();
        }
    }
    Status {
        word,
        ready,
        containers: spec.containers.len() + sidecars,
        restarts: restarts.count,
        last_restart: restarts.last,
    }
}

fn readiness_gates(pod: &Pod) -> String {
    let gates = pod.spec.raw.items_at("readinessGates");
    if gates.is_empty() {
        return "<none>".into();
    }
    let kinds = gates.iter().filter_map(|gate: &Value| gate.str_at("conditionType"));
    let open = kinds.filter(|kind| conditions::holds(&pod.status.conditions, kind)).count();
    format!("{open}/{}", gates.len())
}

pub(super) fn row(pod: &Pod, now: Time) -> Vec<String> {
    let status = status(pod);
    let restarts = match status.last_restart {
        Some(at) if status.restarts != 0 => format!("{} ({} ago)", status.restarts, age(at, now)),
        _ => status.restarts.to_string(),
    };
    let or = |text: Option<&std::rc::Rc<str>>| or_none(text.map_or("", |text| text));
    vec![
        pod.meta.name.to_string(),
        format!("{}/{}", status.ready, status.containers),
        status.word.into_owned(),
        restarts,
        age(pod.meta.created, now),
        or(pod.status.pod_ip.as_ref()),
        or(pod.node.as_ref()),
        or(pod.status.nominated_node.as_ref()),
        readiness_gates(pod),
    ]
}

#[cfg(test)]
mod tests;
