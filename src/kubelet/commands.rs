//! What is done to containers from outside: `exec`, `logs`, and the faults of experiments. Follows
//! `pkg/kubelet/kubelet_pods.go` (`validateContainerLogStatus`) and the API server's way to the kubelet
//! (`pkg/registry/core/pod/strategy.go`, `LogLocation` and `streamLocation`).

use std::rc::Rc;

use super::machine::Kubelets;
use super::network::Network;
use super::runtime::{ContainerRuntime, PodRuntime};
use super::{ExecResult, LogLine};
use crate::api::core::{ContainerState, Pod};
use crate::api::meta::ObjectKey;
use crate::api::{ApiError, Reason};
use crate::containers::{ExecOutput, Process};
use crate::sim::Time;
use crate::store::Store;

fn bad_request(message: String) -> ApiError {
    ApiError::new(Reason::BadRequest, message)
}

fn not_valid(pod: &Pod, container: &str) -> ApiError {
    bad_request(format!("container {container} is not valid for pod {}", pod.meta.name))
}

/// The address of the kubelet of a bound pod, if its machine does not answer. Follows `GetConnectionInfo` of
/// `pkg/kubelet/client`.
///
/// # Errors
/// `NotFound` if there is no such node.
fn silent(kubelets: &Kubelets, pod: &Pod, store: &Store) -> Result<Option<String>, ApiError> {
    let Some(name) = &pod.node else { return Ok(None) };
    let node = store.nodes().get(&ObjectKey::cluster(Rc::clone(name)));
    let node = node.ok_or_else(|| ApiError::not_found("nodes", name))?;
    let silent = kubelets.running(name) != Some(true);
    Ok(silent.then(|| format!("{}:10250", node.status.internal_ip)))
}

/// Runs a command in a container.
///
/// # Errors
/// `BadRequest` if there is no such container or it does not run, `NotFound` without its node.
pub fn exec(
    kubelets: &mut Kubelets,
    store: &Store,
    pod: &Rc<Pod>,
    container: &str,
    argv: &[String],
    now: Time,
) -> Result<ExecResult, ApiError> {
    if pod.spec.container(container).is_none() {
        return Err(not_valid(pod, container));
    }
    if pod.status.phase.finished() {
        let word = pod.status.phase.word();
        let text =
            format!("cannot exec into a container in a completed pod; current phase is {word}");
        return Err(bad_request(text));
    }
    if pod.node.is_none() {
        return Err(bad_request(format!("pod {} does not have a host assigned", pod.meta.name)));
    }
    if let Some(kubelet) = silent(kubelets, pod, store)? {
        let text = format!("error dialing backend: dial tcp {kubelet}: connect: no route to host");
        return Err(ApiError::new(Reason::InternalError, text));
    }
    let words: Vec<Rc<str>> = argv.iter().map(|word| Rc::from(word.as_str())).collect();
    let Some(output) = run_in(kubelets, store, pod, container, &words, now) else {
        let text = format!("unable to upgrade connection: container not found (\"{container}\")");
        return Err(ApiError::new(Reason::InternalError, text));
    };
    Ok(ExecResult {
        stdout: output.stdout,
        stderr: output.stderr,
        code: output.code,
        took: output.took,
        endless: output.endless,
        pieces: output.pieces,
    })
}

/// Runs a command in a running container; `None` if it does not run.
fn run_in(
    kubelets: &mut Kubelets,
    store: &Store,
    pod: &Pod,
    container: &str,
    argv: &[Rc<str>],
    now: Time,
) -> Option<ExecOutput> {
    let known = kubelets.runtimes.get(&pod.meta.uid)?;
    let index = known.containers.iter().position(|one| *one.name == *container)?;
    known.containers.get(index)?.run.as_ref()?.process.as_ref()?;
    let mut runtime = kubelets.runtimes.take(&pod.meta.uid)?;
    let output = exec_in(kubelets, store, pod, Rc::make_mut(&mut runtime), index, argv, now);
    kubelets.runtimes.put(pod.meta.uid, runtime);
    output
}

fn exec_in(
    kubelets: &mut Kubelets,
    store: &Store,
    pod: &Pod,
    runtime: &mut PodRuntime,
    index: usize,
    argv: &[Rc<str>],
    now: Time,
) -> Option<ExecOutput> {
    let spec = pod.spec.all_containers().nth(index)?;
    let mut process = runtime.containers.get_mut(index)?.run.as_mut()?.process.take()?;
    super::volumes::load(pod, spec, runtime, kubelets, &mut process);
    super::identity::show(pod, spec, store, &mut process);
    process.files_mut().protect(super::volumes::mounts_of(pod, spec));
    let output = {
        let mut network = Network { kubelets, store, pod, own: runtime, now };
        process.exec(argv, None, now, &mut network)
    };
    super::volumes::save(pod, spec, runtime, kubelets, &process);
    runtime.containers.get_mut(index)?.run.as_mut()?.process = Some(process);
    Some(output)
}

/// The log of a container, oldest line first.
///
/// # Errors
/// `BadRequest` with the kubelet's words; `NotFound` without its node, `InternalError` if its machine does not answer.
pub fn logs(
    kubelets: &Kubelets,
    store: &Store,
    pod: &Pod,
    container: &str,
    previous: bool,
) -> Result<Vec<LogLine>, ApiError> {
    if pod.spec.container(container).is_none() {
        return Err(not_valid(pod, container));
    }
    if pod.node.is_none() {
        return Ok(Vec::new());
    }
    if let Some(kubelet) = silent(kubelets, pod, store)? {
        let meta = &pod.meta;
        let text = format!(
            "Get \"https://{kubelet}/containerLogs/{}/{}/{container}\": dial tcp {kubelet}: connect: no route to host",
            meta.namespace, meta.name
        );
        return Err(ApiError::new(Reason::InternalError, text));
    }
    let name = &pod.meta.name;
    let runtime = kubelets.runtimes.get(&pod.meta.uid);
    let found =
        runtime.and_then(|runtime| runtime.containers.iter().find(|one| *one.name == *container));
    if previous {
        let kept = |found: &ContainerRuntime| {
            found.last.as_ref().is_some_and(|last| !last.container_id.is_empty())
        };
        return match found.filter(|found| kept(found) || shows_end_as_last(pod, found)) {
            Some(found) if kept(found) => Ok(found.previous_log.iter().cloned().collect()),
            // In back-off the run that ended is the previous one, and the current one too.
            Some(found) => Ok(found.log.iter().cloned().collect()),
            None => Err(bad_request(format!(
                "previous terminated container \"{container}\" in pod \"{name}\" not found"
            ))),
        };
    }
    if let Some(found) = found.filter(|found| found.run.is_some()) {
        return Ok(found.log.iter().cloned().collect());
    }
    if found.is_some_and(|found| found.last.is_some()) {
        let text = format!("container \"{container}\" in pod \"{name}\" is terminated");
        return Err(bad_request(text));
    }
    let reason = match pod.status.container(container).map(|status| &status.state) {
        Some(ContainerState::Waiting { reason, .. }) => match &**reason {
            "ErrImagePull" => "image can't be pulled",
            "ImagePullBackOff" => "trying and failing to pull image",
            other => other,
        },
        // A pod that its node rejected has no statuses.
        None if pod.status.phase.finished() => return Ok(Vec::new()),
        Some(ContainerState::Running { .. } | ContainerState::Terminated(_)) => {
            return Ok(Vec::new());
        }
        None => "ContainerCreating",
    };
    let text = format!("container \"{container}\" in pod \"{name}\" is waiting to start: {reason}");
    Err(bad_request(text))
}

fn shows_end_as_last(pod: &Pod, found: &ContainerRuntime) -> bool {
    let last = pod.status.container(&found.name).and_then(|status| status.last.as_ref());
    last.is_some_and(|last| !last.container_id.is_empty())
}

/// Makes a container exit with code 1.
///
/// # Errors
/// A sentence if nothing runs there.
pub fn crash(
    kubelets: &mut Kubelets,
    pod: &Pod,
    container: Option<&str>,
    now: Time,
) -> Result<(), String> {
    let hit = each_process(kubelets, pod, container, |process| process.crash(now));
    if hit { Ok(()) } else { Err(format!("pod \"{}\" has no running container", pod.meta.name)) }
}

/// Whoever sat at a container's standard input leaves: its shell ends with a code.
///
/// # Errors
/// A sentence if nothing runs there.
pub fn leave(
    kubelets: &mut Kubelets,
    pod: &Pod,
    container: &str,
    code: i64,
    now: Time,
) -> Result<(), String> {
    let hit = each_process(kubelets, pod, Some(container), |process| process.leave(now, code));
    if hit { Ok(()) } else { Err(format!("container {container} is not running")) }
}

/// Makes a pod's containers stop answering.
///
/// # Errors
/// A sentence if nothing runs there.
pub fn hang(kubelets: &mut Kubelets, pod: &Pod, _: Time) -> Result<(), String> {
    let names: Vec<Rc<str>> =
        pod.spec.all_containers().map(|container| Rc::clone(&container.name)).collect();
    let mut hit = false;
    for name in names {
        hit |= each_process(kubelets, pod, Some(&name), Process::hang);
    }
    if hit { Ok(()) } else { Err(format!("pod \"{}\" has no running container", pod.meta.name)) }
}

/// Does something to a container that runs: the one named, or the first app container.
fn each_process(
    kubelets: &mut Kubelets,
    pod: &Pod,
    container: Option<&str>,
    act: impl FnOnce(&mut Process),
) -> bool {
    let Some(runtime) = kubelets.runtimes.get_mut(&pod.meta.uid) else { return false };
    let fits = |one: &&mut ContainerRuntime| {
        let named = container.map_or(!one.init, |name| *one.name == *name);
        named && one.run.as_ref().is_some_and(|run| run.process.is_some())
    };
    let found = runtime.containers.iter_mut().find(fits);
    let process = found.and_then(|one| one.run.as_mut()?.process.as_mut());
    let Some(process) = process.filter(|process| process.exit().is_none()) else { return false };
    act(process);
    true
}
