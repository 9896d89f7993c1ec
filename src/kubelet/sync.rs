//! One look at a pod: what is over, what must stop, what comes next. Follows `syncPod` and `computePodActions`.

use std::rc::Rc;

use super::runtime::{ContainerPhase, ContainerRuntime, PodRuntime};
use super::{Decision, Delays, KubeletPlan, Kubelets, Network, status};
use crate::api::core::{Container, EventType, Handler, Pod, RestartPolicy, Terminated};
use crate::api::meta::{NodeName, ObjectKey};
use crate::api::object::AnyObject;
use crate::api::{Kind, Uid};
use crate::containers::{Exit, Signal};
use crate::reconcile::{DeleteOptions, Key, Note, Write};
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};
use crate::store::Store;

/// The first wait before a container that keeps ending is started again, and the longest.
const FIRST_BACK_OFF: Duration = Duration::from_seconds(10);
const LONGEST_BACK_OFF: Duration = Duration::from_seconds(300);
/// A run of this length clears the record.
const GOOD_RUN: Duration = Duration::from_seconds(600);
/// How long the reason of an end shows before `CrashLoopBackOff` does.
pub(super) const SHOWN_END: Duration = Duration::from_seconds(2);
/// A kill gives a container at least this long.
const LEAST_GRACE: Duration = Duration::from_seconds(2);

/// Everything one look needs.
pub(super) struct Look<'a> {
    pub pod: Rc<Pod>,
    pub store: &'a Store,
    pub kubelets: &'a mut Kubelets,
    pub delays: &'a Delays,
    pub seed: Seed,
    pub now: Time,
    pub runtime: PodRuntime,
    pub writes: Vec<Write>,
    pub wake: Option<Time>,
}

pub(super) fn sync_pod(
    key: &Key,
    store: &Store,
    kubelets: &mut Kubelets,
    delays: &Delays,
    seed: Seed,
    now: Time,
) -> KubeletPlan {
    let uid = Uid::from_text(&key.part);
    let plan = |writes, wake, decision, node| KubeletPlan { writes, wake, decision, node };
    let found = store.pods().get(&key.object).filter(|pod| pod.meta.uid == uid);
    let Some((pod, node)) = found.and_then(|pod| Some((pod, pod.node.clone()?))) else {
        // The pod's object is gone: whatever runs of it is killed.
        kubelets.runtimes.remove(&uid);
        return plan(Vec::new(), None, Decision::Removed, "".into());
    };
    let up = kubelets.machines.get(&node).filter(|machine| machine.running);
    let Some(since) = up.map(|machine| machine.since) else {
        return plan(Vec::new(), None, Decision::MachineDown, node);
    };
    let boots = since + delays.boot;
    if now < boots {
        return plan(Vec::new(), Some(boots), Decision::MachineDown, node);
    }
    let runtime = match kubelets.runtimes.get(&uid) {
        Some(runtime) => PodRuntime::clone(runtime),
        None if pod.status.phase.finished() => return finished_unknown(pod, &node),
        None => new_runtime(pod, &node, store, kubelets, delays, seed, now),
    };
    if runtime.released && !pod.meta.deleting() {
        return plan(Vec::new(), None, Decision::Idle, node);
    }
    let mut look = Look {
        pod: Rc::clone(pod),
        store,
        kubelets,
        delays,
        seed,
        now,
        runtime,
        writes: Vec::new(),
        wake: None,
    };
    let decision = look.run();
    let (writes, wake) = (std::mem::take(&mut look.writes), look.wake);
    let runtime = look.runtime;
    if matches!(decision, Decision::Removed) {
        kubelets.runtimes.remove(&uid);
    } else {
        kubelets.runtimes.insert(uid, Rc::new(runtime));
    }
    plan(writes, wake, decision, node)
}

/// A finished pod whose containers nobody remembers: nothing to stop.
fn finished_unknown(pod: &Pod, node: &NodeName) -> KubeletPlan {
    let writes = if pod.meta.deleting() { vec![remove(pod)] } else { Vec::new() };
    KubeletPlan { writes, wake: None, decision: Decision::Idle, node: Rc::clone(node) }
}

/// Deletes the object of a pod of which nothing is left.
fn remove(pod: &Pod) -> Write {
    Write::Delete {
        kind: Kind::Pod,
        key: pod.meta.key(),
        options: DeleteOptions {
            grace_seconds: Some(0),
            uid: Some(pod.meta.uid),
            propagation: None,
        },
        note: None,
        about: None,
    }
}

fn new_runtime(
    pod: &Pod,
    node: &NodeName,
    store: &Store,
    kubelets: &mut Kubelets,
    delays: &Delays,
    seed: Seed,
    now: Time,
) -> PodRuntime {
    let init = pod
        .spec
        .init_containers
        .iter()
        .map(|one| ContainerRuntime::new(&one.name, &one.image, true, one.sidecar));
    let apps = pod
        .spec
        .containers
        .iter()
        .map(|one| ContainerRuntime::new(&one.name, &one.image, false, false));
    let (low, high) = delays.sandbox_millis;
    let span = seed.range(Purpose::Start, &pod.meta.name, 0, low, high);
    PodRuntime {
        node: Rc::clone(node),
        seen: now,
        sandbox_at: now + Duration::from_millis(span),
        address: address(pod, node, store, kubelets),
        containers: init.chain(apps).collect(),
        stopping: None,
        verdict: refusal(pod, node, store),
        released: false,
        outages: 0,
    }
}

/// The next free address of the node's range; the node's own for pods in its network.
fn address(pod: &Pod, node: &NodeName, store: &Store, kubelets: &mut Kubelets) -> Option<Rc<str>> {
    let object = store.nodes().get(&ObjectKey::cluster(Rc::clone(node)))?;
    if pod.spec.host_network {
        return Some(Rc::clone(&object.status.internal_ip));
    }
    let range = object.spec.pod_cidr.split('/').next()?.rsplit_once('.')?.0.to_owned();
    let machine = kubelets.machines.get_mut(node)?;
    machine.addresses += 1;
    Some(format!("{range}.{}", machine.addresses % 252 + 2).into())
}

/// Whether the node itself refuses a pod that was bound to it by hand. Follows `pkg/kubelet/lifecycle/predicate.go`.
fn refusal(pod: &Pod, node: &NodeName, store: &Store) -> Option<(Rc<str>, Rc<str>)> {
    let object = store.nodes().get(&ObjectKey::cluster(Rc::clone(node)))?;
    let sum = store.index().occupancy().sum(node)?;
    let have = &object.status.allocatable;
    let want = &pod.spec.requests;
    let short = |name: &str, reason: &str, want: i64, used: i64, have: i64| {
        let text = format!(
            "Pod was rejected: Node didn't have enough resource: {name}, requested: {want}, used: {used}, capacity: {have}"
        );
        (Rc::from(reason), Rc::from(text))
    };
    if !pod.spec.selects_node(node, &object.meta.labels) {
        return Some(("NodeAffinity".into(), "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector".into()));
    }
    if want.cpu_milli > 0 && sum.requested.cpu_milli > have.cpu_milli {
        return Some(short(
            "cpu",
            "OutOfcpu",
            want.cpu_milli,
            sum.requested.cpu_milli - want.cpu_milli,
            have.cpu_milli,
        ));
    }
    if want.memory_bytes > 0 && sum.requested.memory_bytes > have.memory_bytes {
        let used = sum.requested.memory_bytes - want.memory_bytes;
        return Some(short("memory", "OutOfmemory", want.memory_bytes, used, have.memory_bytes));
    }
    if sum.pods > have.pods {
        return Some(short("pods", "OutOfpods", 1, sum.pods - 1, have.pods));
    }
    None
}

impl Look<'_> {
    pub(super) fn wake_at(&mut self, at: Time) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
    }

    /// An event about a container of the pod.
    pub(super) fn tell(
        &mut self,
        container: &ContainerRuntime,
        event_type: EventType,
        reason: &'static str,
        message: String,
    ) {
        let group = if container.init { "initContainers" } else { "containers" };
        self.writes.push(Write::Event {
            about: AnyObject::Pod(Rc::clone(&self.pod)),
            field_path: format!("spec.{group}{{{}}}", container.name),
            note: Note { event_type, reason, message },
        });
    }

    fn run(&mut self) -> Decision {
        if let Some((reason, message)) = self.runtime.verdict.clone()
            && self.runtime.stopping.is_none()
            && self
                .runtime
                .containers
                .iter()
                .all(|one| matches!(one.phase, ContainerPhase::Waiting))
        {
            return self.reject(&reason, &message);
        }
        self.check_deadline();
        if let Some(deletion) = self.pod.meta.deletion {
            let grace = Duration::from_seconds(deletion.grace_seconds);
            self.stop_all(grace);
        } else if let Some(since) = self.runtime.stopping {
            let grace = Duration::from_seconds(self.pod.spec.grace_seconds);
            self.stop_all((since + grace) - self.now);
        }
        self.advance_processes();
        if self.runtime.stopping.is_none() {
            self.progress();
        }
        self.finish()
    }

    /// The node does not take the pod: it fails at once.
    fn reject(&mut self, reason: &Rc<str>, message: &Rc<str>) -> Decision {
        let mut pod = Pod::clone(&self.pod);
        pod.status.phase = crate::api::core::Phase::Failed;
        pod.status.reason = Rc::clone(reason);
        pod.status.message = Rc::clone(message);
        pod.status.start_time = Some(self.now);
        let known = ["OutOfcpu", "OutOfmemory", "OutOfpods", "NodeAffinity"];
        let word = known.into_iter().find(|known| **known == **reason).unwrap_or("NodeAffinity");
        let text = message.strip_prefix("Pod was rejected: ").unwrap_or(message);
        if pod.status != self.pod.status {
            self.writes.push(Write::Event {
                about: AnyObject::Pod(Rc::clone(&self.pod)),
                field_path: String::new(),
                note: Note::warning(word, text),
            });
            self.writes.push(Write::UpdateStatus(AnyObject::Pod(Rc::new(pod))));
        }
        self.runtime.released = true;
        if self.pod.meta.deleting() {
            self.writes.push(remove(&self.pod));
            return Decision::Removed;
        }
        Decision::Idle
    }

    /// `activeDeadlineSeconds` of the pod itself.
    fn check_deadline(&mut self) {
        let Some(seconds) = self.pod.spec.active_deadline_seconds else { return };
        if self.runtime.stopping.is_some() || self.pod.meta.deleting() {
            return;
        }
        let at = self.runtime.seen.cut_to_second() + Duration::from_seconds(seconds);
        if self.now < at {
            return self.wake_at(at);
        }
        let words = "Pod was active on the node longer than the specified deadline";
        self.runtime.verdict = Some(("DeadlineExceeded".into(), words.into()));
        self.runtime.stopping = Some(self.now);
        self.writes.push(Write::Event {
            about: AnyObject::Pod(Rc::clone(&self.pod)),
            field_path: String::new(),
            note: Note::normal("DeadlineExceeded", words),
        });
    }

    /// Asks every running container to stop; kills those whose grace is over.
    fn stop_all(&mut self, grace: Duration) {
        let first = self.runtime.stopping.is_none();
        self.runtime.stopping.get_or_insert(self.now);
        for index in 0..self.runtime.containers.len() {
            let Some(container) = self.runtime.containers.get(index).cloned() else { continue };
            if container.running().is_none() {
                self.abandon(index);
                continue;
            }
            if container.kill_at.is_none() {
                if first || self.pod.meta.deleting() {
                    let text = format!("Stopping container {}", container.name);
                    self.tell(&container, EventType::Normal, "Killing", text);
                }
                self.begin_stop(index, grace);
            } else {
                let kill_at = self.now + grace.max(Duration::ZERO);
                if let Some(container) = self.runtime.containers.get_mut(index) {
                    container.kill_at = container.kill_at.map(|at| at.min(kill_at.max(self.now)));
                }
            }
        }
    }

    /// A container that does not run will not be started any more.
    fn abandon(&mut self, index: usize) {
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        if let ContainerPhase::Exited { restart_at, .. } = &mut container.phase {
            *restart_at = None;
        }
    }

    /// `preStop`, then SIGTERM, then SIGKILL after the grace.
    pub(super) fn begin_stop(&mut self, index: usize, grace: Duration) {
        let hook = self.spec(index).and_then(|spec| spec.pre_stop.clone());
        let span = hook.map_or(Duration::ZERO, |hook| self.hook_time(&hook, index));
        let (now, grace) = (self.now, grace.max(LEAST_GRACE));
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        container.kill_at = Some(now + grace);
        container.term_at = Some(now + span.min(grace));
    }

    /// How long a hook takes.
    fn hook_time(&mut self, hook: &Handler, index: usize) -> Duration {
        match hook {
            Handler::Sleep { seconds } => Duration::from_seconds(*seconds),
            Handler::Exec(argv) => {
                self.exec(index, argv).map_or(Duration::ZERO, |output| match output.endless {
                    true => Duration::from_seconds(3600),
                    false => output.took,
                })
            }
            _ => Duration::ZERO,
        }
    }

    /// The spec of a container.
    pub(super) fn spec(&self, index: usize) -> Option<&Container> {
        self.pod.spec.all_containers().nth(index)
    }

    /// Runs a command in a container of this pod.
    pub(super) fn exec(
        &mut self,
        index: usize,
        argv: &[Rc<str>],
    ) -> Option<crate::containers::ExecOutput> {
        let mut process = self.runtime.containers.get_mut(index)?.process.take()?;
        let mut network = self.network();
        let now = network.now;
        let output = process.exec(argv, None, now, &mut network);
        self.runtime.containers.get_mut(index)?.process = Some(process);
        Some(output)
    }

    pub(super) fn network(&mut self) -> Network<'_> {
        Network {
            peer: self.runtime.address.clone().unwrap_or_default(),
            namespace: Rc::clone(&self.pod.meta.namespace),
            kubelets: self.kubelets,
            store: self.store,
            now: self.now,
        }
    }

    /// Moves every process to now; notes those that ended.
    fn advance_processes(&mut self) {
        for index in 0..self.runtime.containers.len() {
            let Some(container) = self.runtime.containers.get_mut(index) else { continue };
            let (term_at, kill_at) = (container.term_at, container.kill_at);
            let Some(mut process) = container.process.take() else { continue };
            let now = self.now;
            process.advance(now, &mut self.network());
            if term_at.is_some_and(|at| at <= now) {
                process.signal(now, Signal::Term);
                process.advance(now, &mut self.network());
                if let Some(container) = self.runtime.containers.get_mut(index) {
                    container.term_at = None;
                }
            }
            if kill_at.is_some_and(|at| at <= now) {
                process.signal(now, Signal::Kill);
            }
            let lines = process.take_output();
            let exit = process.exit();
            let wakes = [process.next_wake(), term_at.filter(|at| *at > now), kill_at]
                .into_iter()
                .flatten()
                .min();
            let Some(container) = self.runtime.containers.get_mut(index) else { continue };
            container.note(lines);
            container.process = Some(process);
            match exit {
                Some(exit) => self.note_exit(index, exit),
                None => {
                    if let Some(at) = wakes {
                        self.wake_at(at.max(now + Duration::from_millis(1)));
                    }
                }
            }
        }
    }

    /// A container ended: will it be started again, and when? Follows `doBackOff`.
    fn note_exit(&mut self, index: usize, exit: Exit) {
        let policy = self.pod.spec.restart_policy;
        let stopping = self.runtime.stopping.is_some() || self.pod.meta.deleting();
        let now = self.now;
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        let ContainerPhase::Running { since } = container.phase else { return };
        let reason = match (exit.out_of_memory, exit.code) {
            (true, _) => "OOMKilled",
            (false, 0) => "Completed",
            _ => "Error",
        };
        let end = Rc::new(Terminated {
            exit_code: exit.code,
            reason: reason.into(),
            message: "".into(),
            started: Some(since),
            finished: Some(exit.at),
            container_id: Rc::clone(&container.container_id),
        });
        let wanted = match (container.sidecar, container.init) {
            (true, _) => true,
            (false, true) => exit.code != 0 && policy != RestartPolicy::Never,
            (false, false) => {
                policy == RestartPolicy::Always
                    || (policy == RestartPolicy::OnFailure && exit.code != 0)
            }
        };
        let mut wait = Duration::ZERO;
        let mut restart_at = None;
        if wanted && !stopping {
            let good = exit.at - since > GOOD_RUN;
            (wait, container.back_off) = match container.back_off.filter(|_| !good) {
                None => (Duration::ZERO, Some(FIRST_BACK_OFF)),
                Some(wait) => (wait, Some(wait.doubled().min(LONGEST_BACK_OFF))),
            };
            restart_at = Some(exit.at.max(now) + wait);
        }
        container.phase =
            ContainerPhase::Exited { end, at: exit.at, restart_at, wait, told: false };
        container.process = None;
        container.kill_at = None;
        container.term_at = None;
    }

    /// Starts what comes next, looks after probes, retries what failed.
    fn progress(&mut self) {
        if self.now < self.runtime.sandbox_at {
            let at = self.runtime.sandbox_at;
            return self.wake_at(at);
        }
        if self.failed_init() {
            return;
        }
        // One after another: a container begins when the one before it is started (init containers: done).
        for index in 0..self.runtime.containers.len() {
            let through = self.progress_container(index);
            let Some(container) = self.runtime.containers.get(index) else { continue };
            let waits_for_it = match (container.init, container.sidecar) {
                (true, false) => container.over().is_none_or(|end| end.exit_code != 0),
                (true, true) => {
                    !container.started(self.spec(index).is_some_and(|spec| spec.startup.is_some()))
                        && !container.was_started()
                }
                (false, _) => !through,
            };
            if waits_for_it {
                break;
            }
        }
        self.stop_sidecars();
        self.probe();
    }

    /// An init container that failed for good fails the pod.
    fn failed_init(&self) -> bool {
        self.runtime
            .containers
            .iter()
            .any(|one| one.init && one.over().is_some_and(|end| end.exit_code != 0))
    }

    /// Sidecars stop when every app container is over.
    fn stop_sidecars(&mut self) {
        let apps_over =
            self.runtime.containers.iter().filter(|one| !one.init).all(|one| one.over().is_some());
        if !apps_over {
            return;
        }
        self.runtime.stopping.get_or_insert(self.now);
        let grace = Duration::from_seconds(self.pod.spec.grace_seconds);
        for index in 0..self.runtime.containers.len() {
            let running = self
                .runtime
                .containers
                .get(index)
                .is_some_and(|one| one.running().is_some() && one.kill_at.is_none());
            if running {
                self.begin_stop(index, grace);
                let now = self.now;
                self.wake_at(now);
            } else {
                self.abandon(index);
            }
        }
    }

    /// Compares the status that follows with the stored one; removes the pod when nothing is left of it.
    fn finish(&mut self) -> Decision {
        let status = status::of(&self.pod, &self.runtime, self.store, self.now);
        if let Some(at) = status.wake {
            self.wake_at(at);
        }
        let over = self.runtime.containers.iter().all(|one| one.running().is_none());
        let stopped = over && (self.runtime.stopping.is_some() || self.pod.meta.deleting());
        if status.status != self.pod.status {
            let mut pod = Pod::clone(&self.pod);
            pod.status = status.status.clone();
            self.writes.push(Write::UpdateStatus(AnyObject::Pod(Rc::new(pod))));
        }
        if stopped && self.pod.meta.deleting() {
            self.writes.push(remove(&self.pod));
            return Decision::Removed;
        }
        if status.status.phase.finished() {
            self.runtime.released = true;
            self.wake = None;
        }
        match self.pod.meta.deletion {
            Some(deletion) => Decision::Terminating { deadline: deletion.at },
            None => {
                Decision::Synced { containers: self.words(), back_off_until: self.back_off_until() }
            }
        }
    }

    fn words(&self) -> Rc<[(Rc<str>, &'static str)]> {
        let word = |one: &ContainerRuntime| match &one.phase {
            ContainerPhase::Waiting => "waiting",
            ContainerPhase::Pulling { .. } => "pulling",
            ContainerPhase::PullFailed { .. } => "pull failed",
            ContainerPhase::BadConfig { .. } => "bad configuration",
            ContainerPhase::Starting { .. } => "starting",
            ContainerPhase::Running { .. } => "running",
            ContainerPhase::Exited { restart_at: Some(_), .. } => "waiting to restart",
            ContainerPhase::Exited { .. } => "over",
        };
        self.runtime.containers.iter().map(|one| (Rc::clone(&one.name), word(one))).collect()
    }

    fn back_off_until(&self) -> Option<Time> {
        self.runtime.containers.iter().find_map(|one| match &one.phase {
            ContainerPhase::Exited { restart_at, wait, .. } if *wait > Duration::ZERO => {
                *restart_at
            }
            _ => None,
        })
    }
}
