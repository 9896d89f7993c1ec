//! What is to be done about a pod now: a pure function of its spec and of what runs of it. Follows
//! `computePodActions` and `computeInitContainerActions` of `pkg/kubelet/kuberuntime/kuberuntime_manager.go`.

use super::runtime::{ContainerRuntime, PodRuntime, Sandbox};
use crate::api::core::{Container, Pod, PodSpec, RestartPolicy};

/// Why a container is killed while its pod lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Its liveness probe failed too often.
    Liveness,
    /// Its startup probe failed too often.
    Startup,
    /// Its image was changed.
    Changed,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PodActions {
    /// Nothing keeps the pod: whatever still runs of it is stopped, and it is over.
    pub kill_pod: bool,
    /// A sandbox is to be made first.
    pub make_sandbox: bool,
    /// Containers to start, in this order, as far as their back-offs allow.
    pub start: Vec<usize>,
    /// Containers to kill.
    pub kill: Vec<(usize, Why)>,
    /// A container ended with a code after which all are removed, in this order, and the pod begins anew.
    pub reset: Vec<usize>,
}

/// Whether a container that ended is started again. Follows `ShouldContainerBeRestarted`.
pub(super) fn comes_again(
    policy: RestartPolicy,
    spec: &Container,
    container: &ContainerRuntime,
) -> bool {
    let Some(code) = container.end().map(|end| end.exit_code) else { return container.sidecar };
    match (container.sidecar, container.init, code) {
        (true, _, _) => true,
        // An init container that went well is through.
        (false, true, 0) => false,
        (false, _, _) => spec.restarts(policy, code),
    }
}

/// Whether a container ended with a code after which its pod begins anew.
fn asks_for_reset(spec: &Container, container: &ContainerRuntime) -> bool {
    container.end().is_some_and(|end| spec.restarts_all(end.exit_code))
}

/// The containers to remove if one of them asks for that: app containers before init containers, and those that ask
/// last. Follows `getContainersToReset`.
fn to_reset(pod: &PodSpec, runtime: &PodRuntime) -> Vec<usize> {
    let all = || runtime.containers.iter().zip(pod.all_containers()).enumerate();
    let part = |init: bool, asks: bool| {
        all()
            .filter(move |(_, (one, spec))| one.init == init && asks_for_reset(spec, one) == asks)
            .filter(|(_, (one, _))| one.run.is_some())
            .map(|(index, _)| index)
    };
    if !all().any(|(_, (one, spec))| asks_for_reset(spec, one)) {
        return Vec::new();
    }
    part(false, false)
        .chain(part(true, false))
        .chain(part(false, true))
        .chain(part(true, true))
        .collect()
}

/// Says what is to be done about a pod that is to be up.
pub(super) fn compute_pod_actions(pod: &Pod, runtime: &PodRuntime) -> PodActions {
    let policy = pod.spec.restart_policy;
    let reset = to_reset(&pod.spec, runtime);
    if !reset.is_empty() {
        return PodActions { reset, ..PodActions::default() };
    }
    if runtime.sandbox != Sandbox::Ready {
        return without_sandbox(&pod.spec, runtime);
    }
    let mut actions = PodActions::default();
    let spec = |index: usize| pod.spec.all_containers().nth(index);
    // Once an app container was made, the init containers are through; sidecars are only kept up.
    let past_init = runtime.containers.iter().any(|one| !one.init && current(one, runtime));
    for (index, container) in runtime.containers.iter().enumerate().filter(|(_, one)| one.init) {
        let Some(spec) = spec(index) else { continue };
        let through = match container.sidecar {
            true => look_at_sidecar(index, container, spec, runtime, &mut actions),
            false if past_init => true,
            false => look_at_init(index, container, spec, policy, runtime, &mut actions),
        };
        if actions.kill_pod {
            return actions;
        }
        if !(through || past_init) {
            return actions;
        }
    }
    let mut kept = 0;
    for (index, container) in runtime.containers.iter().enumerate().filter(|(_, one)| !one.init) {
        let Some(spec) = spec(index) else { continue };
        if !container.alive() {
            if container.run.is_none() || comes_again(policy, spec, container) {
                actions.start.push(index);
            }
            continue;
        }
        let why = why_kill(container, spec);
        actions.kill.extend(why.map(|why| (index, why)));
        // One that is killed for good keeps nothing alive.
        let stays = why.is_none_or(|why| why == Why::Changed || spec.restarts_when_killed(policy));
        kept += usize::from(stays);
    }
    let started = actions
        .start
        .iter()
        .any(|index| runtime.containers.get(*index).is_some_and(|container| !container.init));
    if kept == 0 && !started {
        actions = PodActions { kill_pod: true, ..PodActions::default() };
    }
    actions
}

/// Whether a container was made in the sandbox at hand.
fn current(container: &ContainerRuntime, runtime: &PodRuntime) -> bool {
    container.run.as_ref().is_some_and(|run| run.sandbox == runtime.sandboxes)
}

/// A new sandbox is made if anything is to run in it.
fn without_sandbox(pod: &PodSpec, runtime: &PodRuntime) -> PodActions {
    let policy = pod.restart_policy;
    let ran = runtime.containers.iter().any(|one| one.run.is_some());
    let through = |one: &ContainerRuntime, spec: &Container| {
        one.end().is_some_and(|end| end.exit_code == 0)
            && spec.restart_policy.unwrap_or(policy) == RestartPolicy::OnFailure
    };
    let all = runtime.containers.iter().zip(pod.all_containers());
    let mut apps = all.filter(|(one, _)| !one.init);
    let wanted = match (ran, policy) {
        (true, RestartPolicy::Never) => false,
        _ => apps.any(|(one, spec)| !through(one, spec)),
    };
    PodActions { kill_pod: !wanted, make_sandbox: wanted, ..PodActions::default() }
}

/// An init container must end well before the next one begins. Says whether it has.
fn look_at_init(
    index: usize,
    container: &ContainerRuntime,
    spec: &Container,
    policy: RestartPolicy,
    runtime: &PodRuntime,
    actions: &mut PodActions,
) -> bool {
    let fresh = current(container, runtime);
    match container.end().filter(|_| fresh).map(|end| end.exit_code) {
        Some(0) => return true,
        Some(_) if !comes_again(policy, spec, container) => actions.kill_pod = true,
        Some(_) => actions.start.push(index),
        None if !container.alive() => actions.start.push(index),
        None => {}
    }
    false
}

/// A sidecar must have started before the next container begins. Says whether it has.
fn look_at_sidecar(
    index: usize,
    container: &ContainerRuntime,
    spec: &Container,
    runtime: &PodRuntime,
    actions: &mut PodActions,
) -> bool {
    if !container.alive() || !current(container, runtime) {
        actions.start.push(index);
        return false;
    }
    if let Some(why) = why_kill(container, spec) {
        actions.kill.push((index, why));
    }
    container.started(spec.startup.is_some())
}

/// Whether a container that runs must not go on. One that is being stopped already is left alone.
fn why_kill(container: &ContainerRuntime, spec: &Container) -> Option<Why> {
    let run = container.run.as_ref().filter(|run| run.stop.is_none())?;
    let probes = container.probes.as_deref();
    let failed = |result: Option<bool>| result == Some(false);
    if run.image != spec.image {
        Some(Why::Changed)
    } else if probes.is_some_and(|probes| failed(probes.liveness.result)) {
        Some(Why::Liveness)
    } else if probes.is_some_and(|probes| failed(probes.startup.result)) {
        Some(Why::Startup)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::api::core::Terminated;
    use crate::api::object::Resource;
    use crate::api::value::Value;
    use crate::kubelet::runtime::{Probes, Run, Stop};
    use crate::sim::Time;

    /// What a container is doing, in a word: `-` never made, `up`, `hung` (liveness failed), `slow` (startup not
    /// passed), `stuck` (startup failed), `old` (other image), `stopping`, or an exit code.
    fn container(spec: &Container, init: bool, word: &str) -> ContainerRuntime {
        let mut one = ContainerRuntime::new(spec, init);
        if word == "-" {
            return one;
        }
        let end = word.parse().ok().map(|exit_code| {
            Rc::new(Terminated {
                exit_code,
                reason: "".into(),
                message: "".into(),
                started: None,
                finished: None,
                container_id: "".into(),
            })
        });
        let image = if word == "old" { "old".into() } else { Rc::clone(&spec.image) };
        let stop = (word == "stopping").then(|| Stop {
            turn_from: None,
            term_at: Time::default(),
            asked: true,
            kill_at: Time::default(),
        });
        one.run = Some(Run {
            number: 0,
            sandbox: 1,
            id: "".into(),
            image,
            full_image: "".into(),
            image_id: "".into(),
            started: Time::default(),
            process: None,
            end,
            stop,
        });
        let mut probes = Probes::default();
        probes.liveness.result = (word == "hung").then_some(false);
        probes.startup.result = match word {
            "slow" => None,
            "stuck" => Some(false),
            _ => Some(true),
        };
        one.probes = Some(Box::new(probes));
        one
    }

    /// The fields of a container with a restart policy of its own: `Never`, `Never,Restart=42`, `Never,All=42`.
    fn own_policy(text: &str) -> String {
        let (policy, rule) = text.split_once(',').unwrap_or((text, ""));
        let rules = rule.split_once('=').map(|(action, code)| {
            let action = if action == "All" { "RestartAllContainers" } else { action };
            format!(r#"{{"action":"{action}","exitCodes":{{"operator":"In","values":[{code}]}}}}"#)
        });
        let rules = rules.unwrap_or_default();
        format!(r#","restartPolicy":"{policy}","restartPolicyRules":[{rules}]"#)
    }

    /// Containers are written as `[i:WORD] [s:WORD] WORD`: init containers, sidecars (with a startup probe), apps; what
    /// follows a slash is for [`own_policy`]. The answer reads like `start 0 2`, `kill 1 Liveness`, `sandbox`, `over`,
    /// `reset 1 0`, or `-`.
    fn actions(policy: &str, containers: &str, sandbox: bool) -> String {
        let words: Vec<&str> = containers.split_whitespace().collect();
        let mut lists = [String::new(), String::new()];
        for (index, word) in words.iter().enumerate() {
            let extra = match (word.starts_with("s:"), word.split_once('/')) {
                (true, _) => {
                    r#","restartPolicy":"Always","startupProbe":{"exec":{"command":["x"]}}"#.into()
                }
                (false, Some((_, own))) => own_policy(own),
                (false, None) => String::new(),
            };
            let list = if word.contains(':') { &mut lists[0] } else { &mut lists[1] };
            let comma = if list.is_empty() { "" } else { "," };
            list.push_str(&format!(r#"{comma}{{"name":"c{index}","image":"new"{extra}}}"#));
        }
        let text = format!(
            r#"{{"metadata":{{"name":"p"}},"spec":{{"restartPolicy":"{policy}","initContainers":[{}],"containers":[{}]}}}}"#,
            lists[0], lists[1]
        );
        let pod = Pod::from_value(&Value::from_json(&text).unwrap());
        let mut runtime = PodRuntime::new(&pod, &"n".into(), Time::default());
        runtime.sandboxes = 1;
        runtime.sandbox = if sandbox { Sandbox::Ready } else { Sandbox::Missing };
        let states = words.iter().zip(pod.spec.all_containers());
        runtime.containers = states
            .map(|(word, spec)| {
                let state = word.rsplit(':').next().unwrap().split('/').next().unwrap();
                container(spec, word.contains(':'), state)
            })
            .collect();
        let found = compute_pod_actions(&pod, &runtime);
        let mut said: Vec<String> = Vec::new();
        said.extend(found.make_sandbox.then(|| "sandbox".into()));
        said.extend(found.kill_pod.then(|| "over".into()));
        said.extend(found.kill.iter().map(|(index, why)| format!("kill {index} {why:?}")));
        if !found.start.is_empty() {
            let list: Vec<String> = found.start.iter().map(usize::to_string).collect();
            said.push(format!("start {}", list.join(" ")));
        }
        if !found.reset.is_empty() {
            let list: Vec<String> = found.reset.iter().map(usize::to_string).collect();
            said.push(format!("reset {}", list.join(" ")));
        }
        if said.is_empty() { "-".into() } else { said.join(", ") }
    }

    #[test]
    fn app_containers_follow_the_restart_policy() {
        for (policy, containers, expected) in [
            ("Always", "- -", "start 0 1"),
            ("Always", "up up", "-"),
            ("Always", "0 up", "start 0"),
            ("Always", "1 up", "start 0"),
            ("OnFailure", "0 up", "-"),
            ("OnFailure", "1 up", "start 0"),
            ("Never", "0 up", "-"),
            ("Never", "1 up", "-"),
            ("Never", "- 1", "start 0"),
            ("Always", "0 0", "start 0 1"),
            ("OnFailure", "0 0", "over"),
            ("OnFailure", "0 1", "start 1"),
            ("Never", "0 1", "over"),
            ("Always", "hung up", "kill 0 Liveness"),
            ("Never", "hung up", "kill 0 Liveness"),
            ("Always", "stuck up", "kill 0 Startup"),
            ("Always", "old up", "kill 0 Changed"),
            ("Never", "old 1", "kill 0 Changed"),
            ("Always", "stopping up", "-"),
            // The last one that is killed for good ends the pod.
            ("Never", "hung", "over"),
            ("Never", "hung stuck", "over"),
            ("Never", "hung 0", "over"),
        ] {
            assert_eq!(actions(policy, containers, true), expected, "{policy}: {containers}");
        }
    }

    #[test]
    fn a_container_may_have_a_policy_of_its_own_and_rules() {
        for (policy, containers, expected) in [
            ("Never", "1/Always up", "start 0"),
            ("Never", "0/Always 0", "start 0"),
            ("Always", "1/Never up", "-"),
            ("Always", "1/Never 1/Never", "over"),
            ("Always", "0/OnFailure up", "-"),
            ("Never", "42/Never,Restart=42 up", "start 0"),
            ("Never", "42/Never,Restart=42 0", "start 0"),
            ("Never", "1/Never,Restart=42 0", "over"),
            ("Always", "hung/Never up", "kill 0 Liveness"),
            ("Always", "hung/Never", "over"),
            ("Never", "hung/Always", "kill 0 Liveness"),
            // Init containers.
            ("Never", "i:1/OnFailure -", "start 0"),
            ("Always", "i:1/Never -", "over"),
            ("Never", "i:42/Never,Restart=42 -", "start 0"),
            ("Never", "i:0/Never,Restart=0 -", "start 1"),
        ] {
            assert_eq!(actions(policy, containers, true), expected, "{policy}: {containers}");
        }
    }

    #[test]
    fn a_code_that_asks_for_it_resets_the_whole_pod() {
        for (containers, expected) in [
            ("up/Never,All=42", "-"),
            ("1/Never,All=42", "over"),
            ("42/Never,All=42", "reset 0"),
            ("i:0 42/Never,All=42 up", "reset 2 0 1"),
            ("i:0 i:42/Never,All=42 - -", "reset 0 1"),
            ("s:up 0 42/Never,All=42", "reset 1 0 2"),
            ("42/Always,All=42 up", "reset 1 0"),
        ] {
            assert_eq!(actions("Never", containers, true), expected, "{containers}");
        }
        // Without a sandbox, too.
        assert_eq!(actions("Never", "42/Never,All=42", false), "reset 0");
    }

    #[test]
    fn init_containers_go_one_after_another() {
        for (policy, containers, expected) in [
            ("Always", "i:- i:- -", "start 0"),
            ("Always", "i:up i:- -", "-"),
            ("Always", "i:0 i:- -", "start 1"),
            ("Always", "i:0 i:1 -", "start 1"),
            ("OnFailure", "i:1 i:- -", "start 0"),
            ("Never", "i:1 i:- -", "over"),
            ("Never", "i:0 i:- -", "start 1"),
            ("Always", "i:0 i:0 -", "start 2"),
            ("Always", "i:0 i:0 up", "-"),
            ("Always", "i:0 i:0 1", "start 2"),
            ("Never", "i:0 i:0 0", "over"),
        ] {
            assert_eq!(actions(policy, containers, true), expected, "{policy}: {containers}");
        }
    }

    #[test]
    fn sidecars_start_before_and_are_kept_up() {
        for (policy, containers, expected) in [
            ("Always", "s:- i:- -", "start 0"),
            ("Always", "s:slow i:- -", "-"),
            ("Always", "s:up i:- -", "start 1"),
            ("Always", "s:up i:0 -", "start 2"),
            ("Always", "s:1 i:- -", "start 0"),
            ("Never", "s:1 i:0 up", "start 0"),
            ("Never", "s:0 i:0 up", "start 0"),
            ("Always", "s:stuck i:- -", "kill 0 Startup"),
            ("Always", "s:hung i:0 up", "kill 0 Liveness"),
            ("Always", "s:1 i:0 1", "start 0 2"),
            // Sidecars do not keep a pod alive.
            ("Never", "s:up i:0 0", "over"),
            ("OnFailure", "s:1 0", "over"),
        ] {
            assert_eq!(actions(policy, containers, true), expected, "{policy}: {containers}");
        }
    }

    #[test]
    fn a_lost_sandbox_is_made_again_if_something_is_to_run() {
        for (policy, containers, expected) in [
            ("Always", "- -", "sandbox"),
            ("Never", "- -", "sandbox"),
            ("Always", "255 255", "sandbox"),
            ("OnFailure", "255 0", "sandbox"),
            ("OnFailure", "0 0", "over"),
            ("Never", "255 0", "over"),
            ("Always", "i:0 255", "sandbox"),
            ("Always", "0/OnFailure 0/OnFailure", "over"),
            ("Always", "255/Never", "sandbox"),
            ("Never", "255/Always", "over"),
        ] {
            assert_eq!(actions(policy, containers, false), expected, "{policy}: {containers}");
        }
    }
}
