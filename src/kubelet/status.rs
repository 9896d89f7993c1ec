//! From what runs to the status the API shows: container states, phase, conditions. Follows
//! `pkg/kubelet/kubelet_pods.go` (`convertToAPIContainerStatuses`, `getPhase`), `pkg/kubelet/status/generate.go` and
//! `TerminatePod` of `pkg/kubelet/status/status_manager.go`.

use std::rc::Rc;

use super::actions::comes_again;
use super::admission::Rejection;
use super::reset::RESETTING;
use super::runtime::{ContainerRuntime, PodRuntime, Sandbox, Stage};
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{
    Container, ContainerState, ContainerStatus, Node, Phase, Pod, PodSpec, PodStatus,
    RestartPolicy, Terminated,
};
use crate::api::words::word;
use crate::sim::Time;

thread_local! {
    /// Most pods have no init containers: they share that they have none.
    static NONE: Rc<[ContainerStatus]> = Rc::default();
}

/// The conditions that the kubelet writes, in its order.
const OF_KUBELET: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// Whether the pod begins anew because a container's rules ask for it; only pods have it whose containers may.
const RESETS: &str = "AllContainersRestarting";

/// The status that follows from what runs of a pod.
pub(super) fn of(pod: &Pod, runtime: &PodRuntime, node: Option<&Node>, now: Time) -> PodStatus {
    let over = runtime.stage == Stage::Terminated;
    let (init, apps) = runtime.parts();
    // How many containers must have ended somehow.
    let (init_ended, apps_ended) = match over {
        true => (attempted(init), if was_initialised(runtime) { apps.len() } else { 0 }),
        false => (0, 0),
    };
    let part = |specs: &[Container], containers: &[ContainerRuntime], ended: usize| {
        if specs.is_empty() {
            return NONE.with(Rc::clone);
        }
        let statuses =
            specs.iter().zip(containers).enumerate().map(|(place, (spec, container))| {
                let mut status = container_status(pod, runtime, spec, container, now);
                if place < ended {
                    account_for(&mut status);
                }
                status
            });
        statuses.collect()
    };
    let mut status = PodStatus {
        phase: pod.status.phase,
        reason: Rc::clone(&pod.status.reason),
        message: Rc::clone(&pod.status.message),
        host_ip: node.map(|node| Rc::clone(&node.status.internal_ip)),
        pod_ip: runtime.address.clone(),
        start_time: Some(runtime.seen),
        containers: part(&pod.spec.containers, apps, apps_ended),
        init_containers: part(&pod.spec.init_containers, init, init_ended),
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
    let past_init = runtime.containers.iter().any(|one| {
        !one.init && one.run.as_ref().is_some_and(|run| run.sandbox == runtime.sandboxes)
    });
    let found = phase(&pod.spec, &status.init_containers, &status.containers, over, past_init);
    match (over, found.finished()) {
        (true, false) => Phase::Failed,
        (true, true) if runtime.verdict.is_some() => Phase::Failed,
        (false, true) if runtime.alive() => pod.status.phase,
        _ => found,
    }
}

/// What `getPhase` counts of the containers of a pod.
#[derive(Default)]
struct Counts {
    /// Init containers that are not through.
    pending: usize,
    /// Sidecars that have not started.
    pending_sidecars: usize,
    /// Init containers that failed for good.
    lost: usize,
    /// Sidecars and app containers that were never started.
    waiting: usize,
    running: usize,
    /// App containers that ended, and of those that stay so, and that went well.
    stopped: usize,
    stopped_for_good: usize,
    succeeded: usize,
}

impl Counts {
    fn init_container(
        &mut self,
        policy: RestartPolicy,
        spec: &Container,
        status: &ContainerStatus,
    ) {
        let end = match (&status.state, &status.last) {
            (ContainerState::Terminated(end), _) => end,
            (ContainerState::Waiting { .. }, Some(last)) => last,
            (ContainerState::Waiting { .. }, None) | (ContainerState::Running { .. }, _) => {
                self.pending += 1;
                return;
            }
        };
        self.lost += usize::from(end.exit_code != 0 && !again(policy, spec, end));
    }

    fn sidecar(&mut self, status: &ContainerStatus) {
        match (&status.state, &status.last) {
            (ContainerState::Running { .. }, _) => {
                self.pending_sidecars += usize::from(status.started != Some(true));
                self.running += 1;
            }
            (ContainerState::Waiting { .. }, None) => {
                self.pending_sidecars += 1;
                self.waiting += 1;
            }
            (ContainerState::Waiting { .. }, Some(_)) | (ContainerState::Terminated(_), _) => {}
        }
    }

    fn app(&mut self, policy: RestartPolicy, spec: &Container, status: &ContainerStatus) {
        let end = match (&status.state, &status.last) {
            (ContainerState::Running { .. }, _) => {
                self.running += 1;
                return;
            }
            (ContainerState::Waiting { .. }, None) => {
                self.waiting += 1;
                return;
            }
            (ContainerState::Terminated(end), _) => {
                self.succeeded += usize::from(end.exit_code == 0);
                end
            }
            (ContainerState::Waiting { .. }, Some(last)) => last,
        };
        self.stopped += 1;
        self.stopped_for_good += usize::from(!again(policy, spec, end));
    }
}

/// Whether a container that ended so is started again.
fn again(policy: RestartPolicy, spec: &Container, end: &Terminated) -> bool {
    *end.reason == *RESETTING || spec.restarts(policy, end.exit_code)
}

/// Follows `getPhase`. `over` says that no container will be started again, `past_init` that an app container was
/// made in the sandbox at hand.
fn phase(
    spec: &PodSpec,
    init: &[ContainerStatus],
    apps: &[ContainerStatus],
    over: bool,
    past_init: bool,
) -> Phase {
    let (policy, mut counts) = (spec.restart_policy, Counts::default());
    for (status, spec) in init.iter().zip(spec.init_containers.iter()) {
        match spec.sidecar {
            true => counts.sidecar(status),
            false => counts.init_container(policy, spec, status),
        }
    }
    for (status, spec) in apps.iter().zip(spec.containers.iter()) {
        counts.app(policy, spec, status);
    }
    let pending = counts.pending > 0 || (counts.pending_sidecars > 0 && !past_init);
    match () {
        () if counts.lost > 0 => Phase::Failed,
        () if pending || counts.waiting > 0 => Phase::Pending,
        () if counts.running > 0 => Phase::Running,
        () if counts.stopped == 0 => Phase::Pending,
        () if !over && counts.stopped > counts.stopped_for_good => Phase::Running,
        () if counts.stopped == counts.succeeded => Phase::Succeeded,
        () => Phase::Failed,
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
    let (state, last) = state(pod, runtime, spec, container, now);
    let text =
        |of: fn(&super::runtime::Run) -> &Rc<str>| run.map(of).cloned().unwrap_or_else(|| word(""));
    let image = Rc::clone(run.map_or(&spec.image, |run| &run.full_image));
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
    spec: &Container,
    container: &ContainerRuntime,
    now: Time,
) -> (ContainerState, Option<Rc<Terminated>>) {
    let last = container.last.clone();
    if let Some(since) = container.running() {
        return (ContainerState::Running { since }, last);
    }
    let end = container.end();
    let again = runtime.stage == Stage::Syncing
        && (end.is_none() || comes_again(pod.spec.restart_policy, spec, container));
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

/// Whether a pod that is over came as far as its app containers: if not, the end of an init container says enough.
/// Follows `hasPodInitialized`.
fn was_initialised(runtime: &PodRuntime) -> bool {
    let (init, apps) = runtime.parts();
    let Some(last) = init.last() else { return true };
    if apps.iter().any(|app| app.run.is_some() || app.last.is_some()) {
        return true;
    }
    match last.sidecar {
        true => runtime.past_sidecars,
        false => last.end().into_iter().chain(&last.last).any(|end| end.exit_code == 0),
    }
}

/// How many init containers of a pod that is over were tried, but for the first, which counts always. Follows
/// `initializedContainers`.
fn attempted(init: &[ContainerRuntime]) -> usize {
    let tried = init.iter().rposition(|one| one.run.is_some() || one.last.is_some());
    tried.map_or(init.len().min(1), |place| place + 1)
}

/// A container of a pod that is over must have ended somehow. Follows `TerminatePod`.
fn account_for(status: &mut ContainerStatus) {
    if status.terminated().is_some() {
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

/// `WORDS: [NAME NAME]`, or nothing if there are no names.
fn listed<'a>(words: &str, names: impl Iterator<Item = &'a Rc<str>>) -> String {
    let mut text = String::new();
    for name in names {
        if text.is_empty() {
            text.reserve(words.len() + name.len() + 4);
            text.push_str(words);
            text.push_str(": [");
        } else {
            text.push(' ');
        }
        text.push_str(name);
    }
    if !text.is_empty() {
        text.push(']');
    }
    text
}

/// Follows `GeneratePodInitializedCondition`.
fn initialized(runtime: &PodRuntime, status: &PodStatus, pod: &Pod) -> Verdict {
    if status.phase == Phase::Succeeded {
        return (Status::True, "PodCompleted", String::new());
    }
    let (init, apps) = runtime.parts();
    let open =
        pod.spec.init_containers.iter().zip(init).filter(|(spec, container)| {
            match container.sidecar {
                true => {
                    !container.started(spec.startup.is_some())
                        && container.last.is_none()
                        && container.end().is_none()
                }
                false => !container.ready(spec),
            }
        });
    let open = listed("containers with incomplete status", open.map(|(spec, _)| &spec.name));
    // What was initialised once stays so.
    let past = || {
        apps.iter().any(|one| one.run.is_some())
            || conditions::holds(&pod.status.conditions, "Initialized")
    };
    if open.is_empty() || past() {
        return (Status::True, "", String::new());
    }
    (Status::False, "ContainersNotInitialized", open)
}

/// Follows `GenerateContainersReadyCondition`.
fn containers_ready(pod: &Pod, status: &PodStatus) -> Verdict {
    match status.phase {
        Phase::Succeeded => return (Status::False, "PodCompleted", String::new()),
        Phase::Failed => return (Status::False, "PodFailed", String::new()),
        Phase::Pending | Phase::Running | Phase::Unknown => {}
    }
    let sidecars = pod.spec.init_containers.iter().zip(status.init_containers.iter());
    let sidecars = sidecars.filter(|(spec, _)| spec.sidecar).map(|(_, status)| status);
    let all = sidecars.chain(status.containers.iter());
    let unready = all.filter(|status| !status.ready).map(|status| &status.name);
    let unready = listed("containers with unready status", unready);
    match unready.is_empty() {
        true => (Status::True, "", unready),
        false => (Status::False, "ContainersNotReady", unready),
    }
}

/// What keeps a pod from being ready whose containers are: readiness gates are conditions that others set. Follows
/// `GeneratePodReadyCondition`.
fn held_by_gates(pod: &Pod) -> Option<Verdict> {
    let mut unmet = Vec::new();
    for kind in pod.spec.readiness_gates.iter() {
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
    let held = !unmet.is_empty();
    held.then(|| (Status::False, "ReadinessGatesNotReady", unmet.join(", ")))
}

fn all_conditions(
    pod: &Pod,
    runtime: &PodRuntime,
    status: &PodStatus,
    now: Time,
) -> Rc<[Condition]> {
    let plain = |value: Status| (value, "", String::new());
    let containers = containers_ready(pod, status);
    let gates = (containers.0 == Status::True).then(|| held_by_gates(pod)).flatten();
    let verdicts = [
        &plain(Status::of(runtime.sandbox == Sandbox::Ready)),
        &initialized(runtime, status, pod),
        gates.as_ref().unwrap_or(&containers),
        &containers,
        &plain(Status::True),
    ];
    let old = &pod.status.conditions;
    let mut all = Vec::with_capacity(old.len().max(OF_KUBELET.len()) + 1);
    for (place, (kind, verdict)) in OF_KUBELET.into_iter().zip(verdicts).enumerate() {
        // Mostly it stands where it stood.
        let before = old.get(place).filter(|before| *before.kind == *kind);
        let before = before.or_else(|| conditions::find(old, kind));
        all.push(condition(before, kind, verdict, now));
    }
    if pod.spec.may_restart_all() {
        let before = conditions::find(old, RESETS);
        all.push(condition(before, RESETS, &resetting(runtime, status.phase), now));
    }
    all.extend(old.iter().filter(|condition| !is_own(&condition.kind)).cloned());
    if *all == **old { Rc::clone(old) } else { all.into() }
}

/// A condition as it follows from what it was.
fn condition(before: Option<&Condition>, kind: &str, verdict: &Verdict, now: Time) -> Condition {
    let (value, reason, message) = verdict;
    match before.filter(|before| before.status == *value) {
        Some(before) if *before.reason == **reason && *before.message == **message => {
            before.clone()
        }
        Some(before) => {
            Condition::new(kind, *value, reason, message, before.since).seen_at(before.seen)
        }
        None => Condition::new(kind, *value, reason, message, now),
    }
}

/// Follows `GenerateAllContainersRestartingCondition`.
fn resetting(runtime: &PodRuntime, phase: Phase) -> Verdict {
    match (phase, &runtime.reset) {
        (Phase::Succeeded, _) => (Status::False, "PodCompleted", String::new()),
        (Phase::Failed, _) => (Status::False, "PodFailed", String::new()),
        (_, None) => (Status::False, "", String::new()),
        (_, Some(_)) => {
            let text = "container exited with restart policy rule";
            (Status::True, "RestartAllContainersStarted", text.into())
        }
    }
}

/// The status of a pod that its node does not take: it says nothing of containers and addresses, and of conditions
/// only those that others set. Follows `rejectPod` of `pkg/kubelet/kubelet.go` and `mergePodStatus`.
pub(super) fn rejected(pod: &Pod, rejection: &Rejection, now: Time) -> PodStatus {
    let others = pod.status.conditions.iter().filter(|condition| !is_own(&condition.kind));
    PodStatus {
        phase: Phase::Failed,
        reason: rejection.reason.into(),
        message: format!("Pod was rejected: {}", rejection.message).into(),
        start_time: pod.status.start_time.or(Some(now)),
        conditions: others.cloned().collect(),
        ..PodStatus::default()
    }
}

/// Whether a condition is the kubelet's own.
fn is_own(kind: &str) -> bool {
    OF_KUBELET.contains(&kind) || kind == RESETS
}

/// Whether conditions that others set hold a pod back from being ready.
pub(super) fn has_gates(pod: &Pod) -> bool {
    !pod.spec.readiness_gates.is_empty()
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

    /// Init containers with `i:`, sidecars with `s:`; a policy of its own after a slash.
    fn found(policy: RestartPolicy, words: &str, over: bool) -> Phase {
        let (mut init, mut apps) = (Vec::new(), Vec::new());
        let (mut init_specs, mut specs) = (Vec::new(), Vec::new());
        for word in words.split_whitespace() {
            let (kind, word) = word.split_once(':').unwrap_or(("", word));
            let (word, own) = word.split_once('/').unwrap_or((word, ""));
            let mut spec = crate::object! { "name" => "c" };
            match (kind, own) {
                ("s", _) => spec.set("restartPolicy", "Always"),
                (_, "") => {}
                (_, own) => spec.set("restartPolicy", own),
            }
            if kind.is_empty() {
                apps.push(status(word));
                specs.push(spec);
            } else {
                init.push(status(word));
                init_specs.push(spec);
            }
        }
        let spec = crate::object! {
            "restartPolicy" => format!("{policy:?}"),
            "initContainers" => init_specs,
            "containers" => specs,
        };
        let past_init = apps.iter().any(|app| !matches!(app.state, ContainerState::Waiting { .. }));
        phase(&PodSpec::parse(&spec), &init, &apps, over, past_init)
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
            (Never, "s:up up", Running),
            (Never, "s:up! 0", Running),
            (Never, "s:0 0", Succeeded),
            (Always, "s:-1 up", Running),
            (Always, "s:- up", Pending),
            // Policies of containers.
            (Never, "1/Always 0", Running),
            (Never, "-1/OnFailure 0", Running),
            (Always, "0/Never 1/Never", Failed),
            (Always, "0/Never 0/OnFailure", Succeeded),
            (Always, "0/Never 0", Running),
            (Always, "i:1/Never -", Failed),
            (Never, "i:1/OnFailure -", Pending),
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
