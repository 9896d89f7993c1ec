//! What a node does with the pods that are bound to it. Follows `pkg/kubelet/kubelet.go` and
//! `pkg/kubelet/kuberuntime/kuberuntime_manager.go`.
//!
//! Per pod a [`runtime::PodRuntime`] says what its containers do; one look moves it to now, and compares the status
//! that follows from it with the one in the store. A pod that runs quietly has no wake-up.

mod environment;
mod node;
mod probes;
mod runtime;
mod start;
mod status;
mod sync;

use std::rc::Rc;

use imbl::OrdMap;

use self::runtime::{ContainerPhase, PodRuntime};
use crate::api::core::Pod;
use crate::api::meta::{NodeName, ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::api::{ApiError, Kind, Reason};
use crate::containers::{Answer, Outside};
use crate::reconcile::{Key, Wake, Write};
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// A line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Time,
    /// The line without its end.
    pub text: Rc<str>,
}

/// What a command in a container gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecResult {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i64,
}

/// How well the image registry works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registry {
    /// As usual.
    #[default]
    Up,
    /// Ten times slower.
    Slow,
    /// Not at all.
    Down,
}

/// How long things take.
#[derive(Clone, Debug, PartialEq)]
pub struct Delays {
    /// Making a pod's sandbox and network: shortest and longest, in milliseconds.
    pub sandbox_millis: (i64, i64),
    /// Creating and starting a container.
    pub start_millis: (i64, i64),
    /// Asking the registry, before any bytes come.
    pub pull_millis: i64,
    /// What comes from the registry, in megabytes per second.
    pub pull_megabytes_per_second: i64,
    /// A machine's start until its kubelet reports.
    pub boot: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            sandbox_millis: (400, 700),
            start_millis: (150, 300),
            pull_millis: 800,
            pull_megabytes_per_second: 150,
            boot: Duration::from_seconds(3),
        }
    }
}

/// What a kubelet decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nothing to do.
    Idle,
    /// The machine does not run.
    MachineDown,
    /// The pod is on its way: what each container does, in a word.
    Synced {
        /// Name and state of each container.
        containers: Rc<[(Rc<str>, &'static str)]>,
        /// When a back-off ends that holds a container back.
        back_off_until: Option<Time>,
    },
    /// The pod is stopping until then.
    Terminating {
        /// When the grace period ends.
        deadline: Time,
    },
    /// The pod is gone.
    Removed,
    /// The node reported.
    NodeReported,
}

/// What a kubelet wants done.
pub struct KubeletPlan {
    /// Writes in order.
    pub writes: Vec<Write>,
    /// When to look again.
    pub wake: Option<Time>,
    /// What was decided.
    pub decision: Decision,
    /// The node, as the host of events.
    pub node: NodeName,
}

/// A machine under a node.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) running: bool,
    /// Since when it runs, or does not.
    pub(crate) since: Time,
    images: OrdMap<Rc<str>, Time>,
    addresses: u32,
}

/// What runs on the nodes.
#[derive(Clone, Debug, Default)]
pub struct Kubelets {
    machines: OrdMap<NodeName, Machine>,
    runtimes: OrdMap<Uid, Rc<PodRuntime>>,
    registry: Registry,
    ever: usize,
}

impl Kubelets {
    /// A machine is plugged in.
    pub fn add_machine(&mut self, name: &NodeName, now: Time) {
        self.ever += 1;
        self.machines.insert(
            Rc::clone(name),
            Machine { running: true, since: now, images: OrdMap::new(), addresses: 0 },
        );
    }

    /// A machine is taken away with all that runs on it.
    pub fn remove_machine(&mut self, name: &NodeName, now: Time) {
        self.stop(name, now);
        self.machines.remove(name);
    }

    /// The plug is pulled: processes are gone, the disk stays.
    pub fn stop(&mut self, name: &NodeName, now: Time) {
        let Some(machine) = self.machines.get_mut(name).filter(|machine| machine.running) else {
            return;
        };
        machine.running = false;
        machine.since = now;
        let here: Vec<Uid> = self
            .runtimes
            .iter()
            .filter(|(_, runtime)| runtime.node == *name)
            .map(|(uid, _)| *uid)
            .collect();
        for uid in here {
            if let Some(runtime) = self.runtimes.get_mut(&uid) {
                Rc::make_mut(runtime).power_off(now);
            }
        }
    }

    /// It is started again.
    pub fn start(&mut self, name: &NodeName, now: Time) {
        if let Some(machine) = self.machines.get_mut(name).filter(|machine| !machine.running) {
            machine.running = true;
            machine.since = now;
        }
    }

    /// Whether a machine runs; `None` if there is none of this name.
    pub fn running(&self, name: &str) -> Option<bool> {
        self.machines.get(name).map(|machine| machine.running)
    }

    /// How many machines there ever were.
    pub const fn machines_ever(&self) -> usize {
        self.ever
    }

    /// How well the registry works.
    pub const fn registry(&self) -> Registry {
        self.registry
    }

    /// Sets how well the registry works.
    pub const fn set_registry(&mut self, registry: Registry) {
        self.registry = registry;
    }

    /// When a container's back-off ends, and how long it is in all.
    pub fn back_off(&self, uid: Uid, container: &str) -> Option<(Time, Duration)> {
        let runtime = self.runtimes.get(&uid)?;
        let found = runtime.containers.iter().find(|one| *one.name == *container)?;
        match &found.phase {
            ContainerPhase::Exited { restart_at: Some(at), wait, .. } => Some((*at, *wait)),
            ContainerPhase::PullFailed { retry_at, wait, .. } => Some((*retry_at, *wait)),
            _ => None,
        }
    }
}

/// The network between pods, as a process sees it.
struct Network<'a> {
    kubelets: &'a mut Kubelets,
    store: &'a Store,
    peer: Rc<str>,
    namespace: Rc<str>,
    now: Time,
}

impl Outside for Network<'_> {
    fn http(&mut self, host: &str, port: u16, path: &str) -> Answer {
        let found = self.resolve(host, port);
        let Some((uid, port)) = found else { return Answer::Unknown };
        let Some(runtime) = self.kubelets.runtimes.get(&uid) else { return Answer::Silent };
        if self.kubelets.machines.get(&runtime.node).is_none_or(|machine| !machine.running) {
            return Answer::Silent;
        }
        let (now, peer) = (self.now, Rc::clone(&self.peer));
        match self.kubelets.runtimes.get_mut(&uid) {
            Some(runtime) => Rc::make_mut(runtime).http(now, port, path, &peer),
            None => Answer::Silent,
        }
    }
}

impl Network<'_> {
    /// The pod behind a host: by its address, or one behind a Service's name or address.
    fn resolve(&self, host: &str, port: u16) -> Option<(Uid, u16)> {
        if matches!(host, "localhost" | "127.0.0.1") || *host == *self.peer {
            let own = self
                .store
                .pods()
                .iter()
                .find(|pod| pod.status.pod_ip.as_deref() == Some(&*self.peer));
            return own.map(|pod| (pod.meta.uid, port));
        }
        if let Some(pod) =
            self.store.pods().iter().find(|pod| {
                pod.status.pod_ip.as_deref() == Some(host) && !pod.status.phase.finished()
            })
        {
            return Some((pod.meta.uid, port));
        }
        let mut parts = host.split('.');
        let name = parts.next()?;
        let namespace = parts.next().unwrap_or(&self.namespace);
        let by_name = self.store.plain(Kind::Service, &ObjectKey::new(namespace, name)).cloned();
        let service = by_name.or_else(|| {
            self.store.list(Kind::Service, None).into_iter().find_map(|service| match service {
                AnyObject::Plain(service)
                    if service.body.at(&["spec", "clusterIP"])?.as_str() == Some(host) =>
                {
                    Some(service)
                }
                _ => None,
            })
        })?;
        let spec = service.body.get("spec")?;
        let entry = spec
            .items_at("ports")
            .iter()
            .find(|entry| entry.i64_at("port") == Some(i64::from(port)))?;
        let selector = crate::api::labels::Selector::from_map(spec.get("selector"));
        let mut behind = self.store.pods().iter_in(Some(&service.meta.namespace)).filter(|pod| {
            !selector.is_empty() && pod.ready() && selector.matches(&pod.meta.labels)
        });
        let pod = behind.next()?;
        let target = entry.get("targetPort").and_then(crate::api::Value::as_i64).or_else(|| {
            let name = entry.str_at("targetPort")?;
            let ports = pod.spec.containers.iter().flat_map(|container| container.ports.iter());
            ports.filter(|one| *one.name == *name).map(|one| one.container_port).next()
        });
        let target = u16::try_from(target.unwrap_or(i64::from(port))).ok()?;
        Some((pod.meta.uid, target))
    }
}

/// Names the keys that a change concerns: pods that are bound, and nodes that join.
pub fn wakes(change: &Change, _: &Store, wake: Wake<'_>) {
    match &change.object {
        AnyObject::Pod(pod) => {
            let before = match &change.before {
                Some(AnyObject::Pod(before)) => Some(before),
                _ => None,
            };
            let same = before.is_some_and(|before| {
                before.node == pod.node
                    && before.meta.deletion == pod.meta.deletion
                    && Rc::ptr_eq(&before.spec, &pod.spec)
                    && change.operation == Operation::Modified
            });
            if pod.node.is_some() && !same {
                wake(key_of_pod(pod), Duration::ZERO);
            }
        }
        AnyObject::Node(node) if change.operation == Operation::Added => {
            wake(key_of_node(&node.meta.name), Duration::ZERO);
        }
        AnyObject::Plain(plain)
            if matches!(plain.kind, Kind::ConfigMap | Kind::Secret)
                && change.operation == Operation::Added => {}
        _ => {}
    }
}

/// The kubelet looks at a pod or at its node.
pub fn sync(
    key: &Key,
    store: &Store,
    kubelets: &mut Kubelets,
    delays: &Delays,
    seed: Seed,
    now: Time,
) -> KubeletPlan {
    if &*key.part == "node" {
        return node::report(key, store, kubelets, delays, now);
    }
    sync::sync_pod(key, store, kubelets, delays, seed, now)
}

/// The keys of everything a node's kubelet looks after, and of the node itself.
pub fn keys_of_node(store: &Store, node: &NodeName) -> Vec<Key> {
    let pods = store.pods_on(node).map(|pod| key_of_pod(pod));
    std::iter::once(key_of_node(node)).chain(pods).collect()
}

/// The key of a pod.
pub fn key_of_pod(pod: &Pod) -> Key {
    Key::part(pod.meta.key(), pod.meta.uid.to_string())
}

fn key_of_node(name: &NodeName) -> Key {
    Key::part(ObjectKey::cluster(Rc::clone(name)), "node")
}

fn bad_request(message: String) -> ApiError {
    ApiError::new(Reason::BadRequest, message)
}

/// Runs a command in a container.
///
/// # Errors
/// `BadRequest` if there is no such container or it does not run.
pub fn exec(
    kubelets: &mut Kubelets,
    store: &Store,
    pod: &Rc<Pod>,
    container: &str,
    argv: &[String],
    now: Time,
) -> Result<ExecResult, ApiError> {
    if pod.spec.container(container).is_none() {
        return Err(bad_request(format!(
            "container {container} is not valid for pod {}",
            pod.meta.name
        )));
    }
    let words: Vec<Rc<str>> = argv.iter().map(|word| Rc::from(word.as_str())).collect();
    let down = kubelets
        .machines
        .get(pod.node.as_deref().unwrap_or_default())
        .is_none_or(|machine| !machine.running);
    if down && pod.node.is_some() {
        return Err(ApiError::new(
            Reason::InternalError,
            "error dialing backend: dial tcp: connect: no route to host",
        ));
    }
    let Some(output) = run_in(kubelets, store, pod, container, &words, now) else {
        return Err(ApiError::new(
            Reason::InternalError,
            format!("unable to upgrade connection: container not found (\"{container}\")"),
        ));
    };
    Ok(ExecResult { stdout: output.stdout, stderr: output.stderr, code: output.code })
}

/// Runs a command in a running container; `None` if it does not run.
fn run_in(
    kubelets: &mut Kubelets,
    store: &Store,
    pod: &Pod,
    container: &str,
    argv: &[Rc<str>],
    now: Time,
) -> Option<crate::containers::ExecOutput> {
    let runtime = kubelets.runtimes.get(&pod.meta.uid)?;
    let index = runtime.containers.iter().position(|one| *one.name == *container)?;
    let mut process = runtime.containers.get(index)?.process.clone()?;
    let mut network = Network {
        kubelets,
        store,
        peer: pod.status.pod_ip.clone().unwrap_or_default(),
        namespace: Rc::clone(&pod.meta.namespace),
        now,
    };
    let output = process.exec(argv, None, now, &mut network);
    let runtime = Rc::make_mut(kubelets.runtimes.get_mut(&pod.meta.uid)?);
    runtime.containers.get_mut(index)?.process = Some(process);
    Some(output)
}

/// The log of a container, oldest line first.
///
/// # Errors
/// `BadRequest` with the kubelet's words.
pub fn logs(
    kubelets: &Kubelets,
    pod: &Pod,
    container: &str,
    previous: bool,
) -> Result<Vec<LogLine>, ApiError> {
    if pod.spec.container(container).is_none() {
        return Err(bad_request(format!(
            "container {container} is not valid for pod {}",
            pod.meta.name
        )));
    }
    let Some(runtime) = kubelets.runtimes.get(&pod.meta.uid) else {
        if pod.node.is_none() {
            return Ok(Vec::new());
        }
        let (name, waits) = (&pod.meta.name, "is waiting to start: ContainerCreating");
        return Err(bad_request(format!("container \"{container}\" in pod \"{name}\" {waits}")));
    };
    let Some(found) = runtime.containers.iter().find(|one| *one.name == *container) else {
        return Ok(Vec::new());
    };
    let text = |reason: String| {
        bad_request(format!(
            "container \"{container}\" in pod \"{}\" is waiting to start: {reason}",
            pod.meta.name
        ))
    };
    if previous {
        return match found.last {
            Some(_) => Ok(found.previous_log.iter().cloned().collect()),
            None => Err(bad_request(format!(
                "previous terminated container \"{container}\" in pod \"{}\" not found",
                pod.meta.name
            ))),
        };
    }
    let started = found.restarts > 0 || found.last.is_some() || found.was_started();
    if started {
        return Ok(found.log.iter().cloned().collect());
    }
    Err(text(match &found.phase {
        ContainerPhase::PullFailed { .. } => {
            match pod.status.container(container).map(|status| &status.state) {
                Some(crate::api::core::ContainerState::Waiting { reason, .. })
                    if &**reason == "ErrImagePull" =>
                {
                    "image can't be pulled".into()
                }
                _ => "trying and failing to pull image".into(),
            }
        }
        ContainerPhase::BadConfig { .. } => "CreateContainerConfigError".into(),
        _ if !pod.spec.init_containers.is_empty() => "PodInitializing".into(),
        _ => "ContainerCreating".into(),
    }))
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

/// Makes a pod's containers stop answering.
///
/// # Errors
/// A sentence if nothing runs there.
pub fn hang(kubelets: &mut Kubelets, pod: &Pod, _: Time) -> Result<(), String> {
    let hit = each_process(kubelets, pod, None, crate::containers::Process::hang);
    if hit { Ok(()) } else { Err(format!("pod \"{}\" has no running container", pod.meta.name)) }
}

fn each_process(
    kubelets: &mut Kubelets,
    pod: &Pod,
    container: Option<&str>,
    mut act: impl FnMut(&mut crate::containers::Process),
) -> bool {
    let Some(runtime) = kubelets.runtimes.get_mut(&pod.meta.uid) else { return false };
    let mut hit = false;
    for one in &mut Rc::make_mut(runtime).containers {
        let named = container.is_none_or(|name| *one.name == *name);
        if let Some(process) =
            one.process.as_mut().filter(|process| named && process.exit().is_none())
        {
            act(process);
            hit = true;
            if container.is_none() {
                break;
            }
        }
    }
    hit
}
