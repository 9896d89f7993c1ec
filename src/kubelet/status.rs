//! From what runs to the status the API shows: container states, phase, conditions. Follows
//! `pkg/kubelet/kubelet_pods.go` (`convertToAPIContainerStatuses`, `getPhase`), `pkg/kubelet/status/generate.go` and
//! `TerminatePod` of `pkg/kubelet/status/status_manager.go`.

use std::rc::Rc;

use super::actions::comes_again;
use super::runtime::{ContainerRuntime, PodRuntime, Sandbox, Stage};
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{
    Container, ContainerState, ContainerStatus, Node, Phase, Pod, PodStatus, RestartPolicy,
    Terminated,
};
use crate::api::value::Value;
use crate::containers::catalogue::Reference;
use crate::sim::Time;

/// The conditions that the kubelet writes, in its order.
const OF_KUBELET: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// The status that follows from what runs of a pod.
pub(super) fn of(pod: &Pod, runtime: &PodRuntime, node: Option<&Node>, now: Time) -> PodStatus {
    let over = runtime.stage == Stage::Terminated;
    let initialised = runtime.containers.iter().all(|one| !one.init || one.run.is_some());
    let statuses: Vec<(bool, ContainerStatus)> = pod
        .spec
        .all_containers()
        .zip(&runtime.containers)
        .map(|(spec, container)| {
            let mut status = container_status(pod, runtime, spec, container, now);
            if over && (container.init || initialised) {
                account_for(&mut status, container);
            }
            (container.init, status)
        })
        .collect();
    let part = |init: bool| -> Rc<[ContainerStatus]> {
        statuses.iter().filter(|(own, _)| *own == init).map(|(_, status)| status.clone()).collect()
    };
    let mut status = PodStatus {
        phase: pod.status.phase,
        reason: Rc::clone(&pod.status.reason),
        message: Rc::clone(&pod.status.message),
        host_ip: node.map(|node| Rc::clone(&node.status.internal_ip)),
        pod_ip: runtime.address.clone(),
        start_time: Some(runtime.seen),
        containers: part(false),
        init_containers: part(true),
        nominated_node: pod.status.nominated_node.clone(),
        conditions: Rc::clone(&pod.status.conditions),
    };
    if !pod.status.phase.finished() {
        status.phase = whole_phase(pod, runtime, &status);
        // Why it must stop is not said before it has. Follows `mergePodStatus`.
        if let Some((reason, message)) = runtime.verdict.as_ref().filter(|_| over) {
            status.reason = Rc::clone(reason);
            status.message = Rc::clone(message);
        }
    }
    status.conditions = all_conditions(pod, runtime, &status, now);
    status
}

/// The phase, which never leaves an end, and reaches one only when nothing runs any more. Follows `mergePodStatus`.
fn whole_phase(pod: &Pod, runtime: &PodRuntime, status: &PodStatus) -> Phase {
    let over = runtime.stage == Stage::Terminated;
    let sidecars: Vec<bool> = pod.spec.init_containers.iter().map(|one| one.sidecar).collect();
    let found = phase(
        pod.spec.restart_policy,
        &sidecars,
        &status.init_containers,
        &status.containers,
        over,
    );
    match (over, found.finished()) {
        (true, false) => Phase::Failed,
        (true, true) if runtime.verdict.is_some() => Phase::Failed,
        (false, true) if runtime.alive() => pod.status.phase,
        _ => found,
    }
}

/// Follows `getPhase`. `sidecars` says which init containers are; `over` that none will be started again.
fn phase(
    policy: RestartPolicy,
    sidecars: &[bool],
    init: &[ContainerStatus],
    apps: &[ContainerStatus],
    over: bool,
) -> Phase {
    let (mut pending, mut failed) = (false, false);
    for (status, sidecar) in init.iter().zip(sidecars) {
        match (&status.state, sidecar) {
            (ContainerState::Running { .. }, true) => pending |= status.started != Some(true),
            (ContainerState::Running { .. }, false) => pending = true,
            (ContainerState::Terminated(_), true) => {}
            (ContainerState::Terminated(end), false) => failed |= end.exit_code != 0,
            (ContainerState::Waiting { .. }, true) => pending |= status.last.is_none(),
            (ContainerState::Waiting { .. }, false) => match &status.last {
                Some(last) if last.exit_code != 0 => failed = true,
                _ => pending = true,
            },
        }
    }
    if failed && policy == RestartPolicy::Never {
        return Phase::Failed;
    }
    let (mut waiting, mut running, mut stopped, mut succeeded) = (0, 0, 0, 0);
    for status in apps {
        match (&status.state, &status.last) {
            (ContainerState::Running { .. }, _) => running += 1,
            (ContainerState::Terminated(end), _) => {
                stopped += 1;
                succeeded += usize::from(end.exit_code == 0);
            }
            (ContainerState::Waiting { .. }, Some(_)) => stopped += 1,
            (ContainerState::Waiting { .. }, None) => waiting += 1,
        }
    }
    match () {
        () if pending || failed || waiting > 0 => Phase::Pending,
        () if running > 0 => Phase::Running,
        () if stopped == 0 => Phase::Pending,
        () if over && stopped == succeeded => Phase::Succeeded,
        () if over => Phase::Failed,
        () if policy == RestartPolicy::Always => Phase::Running,
        () if stopped == succeeded => Phase::Succeeded,
        () if policy == RestartPolicy::Never => Phase::Failed,
        () => Phase::Running,
    }
}

fn container_status(
    pod: &Pod,
    runtime: &PodRuntime,
    spec: &Container,
    container: &ContainerRuntime,
    now: Time,
) -> ContainerStatus {
    let run = container.run.as_ref();
    let (state, last) = state(pod, runtime, container, now);
    let text = |of: fn(&super::runtime::Run) -> &Rc<str>| run.map(of).cloned().unwrap_or_default();
    let image = match run.map(|run| (run, Reference::parse(&run.image))) {
        Some((_, Ok(reference))) => reference.full().into(),
        Some((run, Err(_))) => Rc::clone(&run.image),
        None => Rc::clone(&spec.image),
    };
    ContainerStatus {
        name: Rc::clone(&spec.name),
        state,
        last,
        ready: container.ready(spec),
        started: Some(container.started(spec.startup.is_some())),
        restart_count: container.restarts(),
        image,
        image_id: text(|run| &run.image_id),
        container_id: text(|run| &run.id),
    }
}

/// The state of a container and how the run before ended. One that will be started again shows why it was not yet.
fn state(
    pod: &Pod,
    runtime: &PodRuntime,
    container: &ContainerRuntime,
    now: Time,
) -> (ContainerState, Option<Rc<Terminated>>) {
    let last = container.last.clone();
    if let Some(since) = container.running() {
        return (ContainerState::Running { since }, last);
    }
    let end = container.end();
    let again = runtime.stage == Stage::Syncing
        && (end.is_none() || comes_again(pod.spec.restart_policy, container));
    let refusal = container.refusal.as_ref().filter(|refusal| again && refusal.visible <= now);
    if let Some(refusal) = refusal {
        let waiting = ContainerState::Waiting {
            reason: refusal.reason.into(),
            message: Rc::clone(&refusal.message),
        };
        return (waiting, end.cloned().or(last));
    }
    match (end, container.alive(), &last) {
        (Some(end), _, _) => (ContainerState::Terminated(Rc::clone(end)), last),
        // While its hook runs, what was before still shows.
        (None, true, Some(before)) => (ContainerState::Terminated(Rc::clone(before)), None),
        (None, _, _) => {
            let word = if pod.spec.init_containers.is_empty() {
                "ContainerCreating"
            } else {
                "PodInitializing"
            };
            (ContainerState::waiting(word), last)
        }
    }
}

/// A container of a pod that is over must have ended somehow. Follows `TerminatePod`.
fn account_for(status: &mut ContainerStatus, container: &ContainerRuntime) {
    let untouched_init = container.init && container.run.is_none();
    if untouched_init || status.terminated().is_some() {
        return;
    }
    status.state = ContainerState::Terminated(Rc::new(Terminated {
        exit_code: 137,
        reason: "ContainerStatusUnknown".into(),
        message: "The container could not be located when the pod was terminated".into(),
        started: None,
        finished: None,
        container_id: "".into(),
    }));
}

/// Value, reason and message of a condition.
type Verdict = (Status, &'static str, String);

fn listed(names: &[&Rc<str>]) -> String {
    let names: Vec<&str> = names.iter().map(|name| &***name).collect();
    format!("[{}]", names.join(" "))
}

/// Follows `GeneratePodInitializedCondition`.
fn initialized(runtime: &PodRuntime, status: &PodStatus, pod: &Pod) -> Verdict {
    let open: Vec<&Rc<str>> = pod
        .spec
        .init_containers
        .iter()
        .zip(&runtime.containers)
        .filter(|(spec, container)| match container.sidecar {
            true => {
                !container.started(spec.startup.is_some())
                    && container.last.is_none()
                    && container.end().is_none()
            }
            false => !container.ready(spec),
        })
        .map(|(spec, _)| &spec.name)
        .collect();
    let past = runtime.containers.iter().any(|one| !one.init && one.run.is_some());
    match status.phase {
        Phase::Succeeded => (Status::True, "PodCompleted", String::new()),
        _ if open.is_empty() || past => (Status::True, "", String::new()),
        _ => {
            let text = format!("containers with incomplete status: {}", listed(&open));
            (Status::False, "ContainersNotInitialized", text)
        }
    }
}

/// Follows `GenerateContainersReadyCondition`.
fn containers_ready(pod: &Pod, status: &PodStatus) -> Verdict {
    let sidecars = pod.spec.init_containers.iter().zip(status.init_containers.iter());
    let sidecars = sidecars.filter(|(spec, _)| spec.sidecar).map(|(_, status)| status);
    let unready: Vec<&Rc<str>> = sidecars
        .chain(status.containers.iter())
        .filter(|status| !status.ready)
        .map(|status| &status.name)
        .collect();
    match status.phase {
        Phase::Succeeded => (Status::False, "PodCompleted", String::new()),
        Phase::Failed => (Status::False, "PodFailed", String::new()),
        _ if unready.is_empty() => (Status::True, "", String::new()),
        _ => {
            let text = format!("containers with unready status: {}", listed(&unready));
            (Status::False, "ContainersNotReady", text)
        }
    }
}

/// Readiness gates are conditions that others set. Follows `GeneratePodReadyCondition`.
fn ready(pod: &Pod, containers: &Verdict) -> Verdict {
    if containers.0 != Status::True {
        return containers.clone();
    }
    let gates = pod.spec.raw.items_at("readinessGates");
    let mut unmet = Vec::new();
    for kind in gates.iter().filter_map(|gate| gate.str_at("conditionType")) {
        match conditions::find(&pod.status.conditions, kind) {
            None => unmet.push(format!(
                "corresponding condition of pod readiness gate \"{kind}\" does not exist."
            )),
            Some(condition) if condition.status != Status::True => unmet.push(format!(
                "the status of pod readiness gate \"{kind}\" is not \"True\", but {}",
                condition.status.word()
            )),
            Some(_) => {}
        }
    }
    if unmet.is_empty() {
        return containers.clone();
    }
    (Status::False, "ReadinessGatesNotReady", unmet.join(", "))
}

fn all_conditions(
    pod: &Pod,
    runtime: &PodRuntime,
    status: &PodStatus,
    now: Time,
) -> Rc<[Condition]> {
    let sandbox = Status::of(runtime.sandbox == Sandbox::Ready);
    let containers = containers_ready(pod, status);
    let verdicts = [
        (sandbox, "", String::new()),
        initialized(runtime, status, pod),
        ready(pod, &containers),
        containers,
        (Status::True, "", String::new()),
    ];
    let old = &pod.status.conditions;
    let own = OF_KUBELET.into_iter().zip(verdicts).map(|(kind, (value, reason, message))| {
        let before = conditions::find(old, kind).filter(|before| before.status == value);
        match before {
            Some(before) if *before.reason == *reason && *before.message == *message => {
                before.clone()
            }
            Some(before) => Condition {
                seen: before.seen,
                ..Condition::new(kind, value, reason, &message, before.since)
            },
            None => Condition::new(kind, value, reason, &message, now),
        }
    });
    let others = old.iter().filter(|condition| !OF_KUBELET.contains(&&*condition.kind)).cloned();
    own.chain(others).collect()
}

/// A pod that is over is not ready, whatever was said of it before. Follows the end of `mergePodStatus`.
pub(super) fn close_readiness(pod: &mut Pod, now: Time) {
    let mut all = pod.status.conditions.to_vec();
    for kind in ["Ready", "ContainersReady"] {
        if conditions::holds(&all, kind) {
            conditions::set(&mut all, Condition::new(kind, Status::False, "PodFailed", "", now));
        }
    }
    pod.status.conditions = all.into();
}

/// Whether conditions that others set hold a pod back from being ready.
pub(super) fn has_gates(pod: &Pod) -> bool {
    pod.spec.raw.get("readinessGates").is_some_and(|gates: &Value| !gates.items().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `up`, `up!` (started), `-` (waiting), `-N` (waiting after an end with N), `N` (ended with N).
    fn status(word: &str) -> ContainerStatus {
        let end = |code: &str| {
            Rc::new(Terminated {
                exit_code: code.parse().unwrap(),
                reason: "".into(),
                message: "".into(),
                started: None,
                finished: None,
                container_id: "".into(),
            })
        };
        let mut status = ContainerStatus::waiting(&"c".into(), &"i".into(), "x");
        match word.strip_prefix('-') {
            Some("") => {}
            Some(code) => status.last = Some(end(code)),
            None if word.starts_with("up") => {
                status.state = ContainerState::Running { since: Time::default() };
                status.started = Some(word == "up!");
            }
            None => status.state = ContainerState::Terminated(end(word)),
        }
        status
    }

    /// Init containers with `i:`, sidecars with `s:`.
    fn found(policy: RestartPolicy, words: &str, over: bool) -> Phase {
        let (mut init, mut sidecars, mut apps) = (Vec::new(), Vec::new(), Vec::new());
        for word in words.split_whitespace() {
            match word.split_once(':') {
                Some((kind, state)) => {
                    init.push(status(state));
                    sidecars.push(kind == "s");
                }
                None => apps.push(status(word)),
            }
        }
        phase(policy, &sidecars, &init, &apps, over)
    }

    #[test]
    fn phases_follow_from_states_and_policy() {
        use Phase::{Failed, Pending, Running, Succeeded};
        use RestartPolicy::{Always, Never, OnFailure};
        for (policy, words, expected) in [
            (Always, "- -", Pending),
            (Always, "up up", Running),
            (Always, "0 0", Running),
            (Always, "1 0", Running),
            (Always, "up 0", Running),
            (Always, "up -", Pending),
            (Always, "up -1", Running),
            (Always, "-1 -1", Running),
            (Always, "-0", Running),
            (Never, "- -", Pending),
            (Never, "up 0", Running),
            (Never, "0 0", Succeeded),
            (Never, "0 1", Failed),
            (Never, "1 up", Running),
            (OnFailure, "0 0", Succeeded),
            (OnFailure, "1 0", Running),
            (OnFailure, "1 1", Running),
            (OnFailure, "-1 0", Running),
            (OnFailure, "up 1", Running),
            // Init containers.
            (Never, "i:- -", Pending),
            (Never, "i:up -", Pending),
            (Never, "i:0 -", Pending),
            (Never, "i:0 up", Running),
            (Never, "i:1 -", Failed),
            (Never, "i:-1 -", Failed),
            (Always, "i:1 -", Pending),
            (Always, "i:-1 -", Pending),
            (OnFailure, "i:-0 -", Pending),
            // Sidecars.
            (Never, "s:up -", Pending),
            (Never, "s:up! -", Pending),
            (Never, "s:up! up", Running),
            (Never, "s:up up", Pending),
            (Never, "s:up! 0", Succeeded),
            (Always, "s:-1 up", Running),
        ] {
            assert_eq!(found(policy, words, false), expected, "{policy:?}: {words}");
        }
    }

    #[test]
    fn a_pod_that_is_over_succeeded_only_if_all_did() {
        use RestartPolicy::{Always, Never};
        for (policy, words, expected) in [
            (Always, "0 0", Phase::Succeeded),
            (Always, "0 137", Phase::Failed),
            (Never, "0", Phase::Succeeded),
        ] {
            assert_eq!(found(policy, words, true), expected, "{policy:?}: {words}");
        }
    }
}
