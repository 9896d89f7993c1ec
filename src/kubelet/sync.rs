//! One look at a pod: what has ended, what must stop, what comes next. Follows the pod worker of
//! `pkg/kubelet/pod_workers.go` and `SyncPod` of `pkg/kubelet/kuberuntime/kuberuntime_manager.go`.
//!
//! Upstream's sync of a pod blocks while an image is pulled or a hook runs; here what is under way is a
//! [`Step`] of its container, and the look after it goes on where the sync would have.

use std::rc::Rc;

use super::actions::{PodActions, compute_pod_actions};
use super::machine::{Delays, Kubelets};
use super::network::Network;
use super::runtime::{ContainerRuntime, MountWait, PodRuntime, Reset, Sandbox, Stage, Step};
use super::{Decision, KubeletPlan, admission, pressure, status, volumes};
use crate::api::core::{Container, EventType, Node, Pod, Terminated};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::words::word;
use crate::containers::{Exit, Process};
use crate::reconcile::{DeleteOptions, Key, Note, Write};
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};
use crate::store::Store;

/// The first and the longest wait between tries to mount a volume. Follows `goroutinemap/exponentialbackoff`.
const FIRST_MOUNT_WAIT: Duration = Duration::from_millis(500);
const LONGEST_MOUNT_WAIT: Duration = Duration::from_seconds(122);
/// What is looked at next at the earliest: nothing happens twice at one instant.
const INSTANT: Duration = Duration::from_millis(1);
/// What a container's process leaves when its machine loses power: containerd knows nothing better.
const LOST_CODE: i64 = 255;
const LOST_REASON: &str = "Unknown";
/// What a pod gets that must go at once. Follows `immediateEvictionGracePeriodSeconds`.
const EVICTION_GRACE: Duration = Duration::from_seconds(1);
/// So many rounds settle any pod at one instant.
const ROUNDS: usize = 32;

/// Everything one look needs.
pub(super) struct Look<'a> {
    pub pod: Rc<Pod>,
    /// The node of the pod.
    pub node: Option<&'a Rc<Node>>,
    pub store: &'a Store,
    pub kubelets: &'a mut Kubelets,
    pub delays: &'a Delays,
    pub seed: Seed,
    pub now: Time,
    pub runtime: &'a mut PodRuntime,
    pub writes: Vec<Write>,
}

/// Looks at a pod, and says what to write and when to look again.
pub fn sync_pod(
    key: &Key,
    store: &Store,
    kubelets: &mut Kubelets,
    delays: &Delays,
    seed: Seed,
    now: Time,
) -> KubeletPlan {
    let uid = key.uid.unwrap_or_default();
    let plan = |writes, wake, decision, node| KubeletPlan { writes, wake, decision, node };
    let found = store.pods().get(&key.object).filter(|pod| pod.meta.uid == uid);
    let Some((pod, node)) = found.and_then(|pod| Some((pod, pod.node.clone()?))) else {
        // The pod's object is gone: whatever runs of it is killed.
        kubelets.forget(uid);
        return plan(Vec::new(), None, Decision::Removed, "".into());
    };
    let up = kubelets.machines.get(&node).filter(|machine| machine.running);
    let Some((since, boots)) = up.map(|machine| (machine.since, machine.boots)) else {
        return plan(Vec::new(), None, Decision::MachineDown, node);
    };
    let ready_at = since + delays.boot;
    if boots > 1 && now < ready_at {
        return plan(Vec::new(), Some(ready_at), Decision::MachineDown, node);
    }
    let known = kubelets.runtimes.take(&uid);
    let fresh = known.is_none();
    let mut runtime = match known {
        Some(runtime) => runtime,
        None if pod.status.phase.finished() => {
            let writes = if pod.meta.deleting() { vec![remove(pod)] } else { Vec::new() };
            return plan(writes, None, Decision::Idle, node);
        }
        None => Rc::new(PodRuntime::new(pod, &node, now)),
    };
    let mut look = Look {
        pod: Rc::clone(pod),
        node: store.nodes().get(&ObjectKey::cluster(Rc::clone(&node))),
        store,
        kubelets,
        delays,
        seed,
        now,
        runtime: Rc::make_mut(&mut runtime),
        writes: Vec::new(),
    };
    let decision = look.run(fresh);
    let wake = look.next_wake();
    let writes = look.writes;
    let gone = matches!(decision, Decision::Removed);
    if fresh {
        kubelets.put(uid, runtime);
    } else {
        kubelets.runtimes.put(uid, runtime);
    }
    if gone {
        kubelets.forget(uid);
    }
    plan(writes, wake.filter(|_| !gone), decision, node)
}

/// Deletes the object of a pod of which nothing is left.
fn remove(pod: &Pod) -> Write {
    let options =
        DeleteOptions { grace_seconds: Some(0), uid: Some(pod.meta.uid), propagation: None };
    Write::Delete { kind: Kind::Pod, key: pod.meta.key(), options, note: None, about: None }
}

impl Look<'_> {
    fn run(&mut self, fresh: bool) -> Decision {
        let lost = std::mem::take(&mut self.runtime.lost);
        if lost {
            self.find_lost();
        }
        if self.runtime.stage == Stage::Terminated {
            return self.finish();
        }
        if (fresh || lost) && !self.pod.meta.deleting() {
            let rejection =
                self.node.and_then(|node| admission::rejection(&self.pod, node, self.store));
            if let Some(rejection) = rejection {
                return self.reject(&rejection);
            }
        }
        self.refresh_volumes();
        for _ in 0..ROUNDS {
            self.advance();
            self.probe();
            if !self.act() {
                break;
            }
        }
        self.finish()
    }

    /// The spec of a container.
    pub(super) fn spec(&self, index: usize) -> Option<&Container> {
        self.pod.spec.all_containers().nth(index)
    }

    /// `NAME_NAMESPACE(UID)`, as the kubelet writes a pod in sentences.
    pub(super) fn full_name(&self) -> String {
        let meta = &self.pod.meta;
        format!("{}_{}({})", meta.name, meta.namespace, meta.uid)
    }

    /// An event about the pod.
    pub(super) fn tell_pod(
        &mut self,
        event_type: EventType,
        reason: &'static str,
        message: Rc<str>,
    ) {
        let about = AnyObject::Pod(Rc::clone(&self.pod));
        self.writes.push(Write::event(about, Note { event_type, reason, message }));
    }

    /// An event about a container of the pod.
    pub(super) fn tell(
        &mut self,
        index: usize,
        event_type: EventType,
        reason: &'static str,
        message: Rc<str>,
    ) {
        let Some(container) = self.runtime.containers.get(index) else { return };
        self.writes.push(Write::Event {
            about: AnyObject::Pod(Rc::clone(&self.pod)),
            field_path: Rc::clone(&container.path),
            note: Note { event_type, reason, message },
        });
    }

    /// The machine was without power: what ran has ended, nobody knows how, and the sandbox is gone.
    fn find_lost(&mut self) {
        let now = self.now;
        self.runtime.reset = None;
        for container in &mut self.runtime.containers {
            container.step = Step::Idle;
            let Some(run) = container.run.as_mut().filter(|run| run.end.is_none()) else {
                continue;
            };
            run.stop = None;
            run.end = Some(Rc::new(Terminated {
                exit_code: LOST_CODE,
                reason: LOST_REASON.into(),
                message: "".into(),
                started: Some(run.started),
                finished: Some(now),
                container_id: Rc::clone(&run.id),
            }));
        }
        self.drop_sandbox();
    }

    /// The sandbox goes, and the pod's address with it.
    fn drop_sandbox(&mut self) {
        self.runtime.sandbox = Sandbox::Missing;
        if let Some(address) = self.runtime.address.take() {
            self.kubelets.release_address(&self.runtime.node, &address, self.pod.meta.uid);
        }
    }

    /// The node does not take the pod: it fails at once.
    fn reject(&mut self, rejection: &admission::Rejection) -> Decision {
        self.tell_pod(EventType::Warning, rejection.reason, rejection.message.as_str().into());
        let mut pod = Pod::clone(&self.pod);
        pod.status = status::rejected(&self.pod, rejection, self.now);
        self.writes.push(Write::UpdateStatus(AnyObject::Pod(Rc::new(pod))));
        self.runtime.rejected = true;
        self.runtime.stage = Stage::Terminated;
        Decision::Idle
    }

    /// Runs something in a container with the network around it; nothing if it does not run.
    pub(super) fn with_process<T>(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut Process, &mut Network<'_>, Time) -> T,
    ) -> Option<T> {
        let mut process = self.runtime.containers.get_mut(index)?.run.as_mut()?.process.take()?;
        let pod = Rc::clone(&self.pod);
        let spec = pod.spec.all_containers().nth(index);
        let shares = spec.filter(|spec| volumes::shares(&pod, spec));
        if let Some(spec) = shares {
            volumes::load(&pod, spec, self.runtime, self.kubelets, &mut process);
        }
        let now = self.now;
        let result = {
            let mut network = Network {
                kubelets: self.kubelets,
                store: self.store,
                pod: &pod,
                own: self.runtime,
                now,
            };
            act(&mut process, &mut network, now)
        };
        if let Some(spec) = shares {
            volumes::save(&pod, spec, self.runtime, self.kubelets, &process);
        }
        let lines = process.take_output();
        let container = self.runtime.containers.get_mut(index)?;
        container.note(lines);
        if let Some(run) = container.run.as_mut() {
            run.process = Some(process);
        }
        Some(result)
    }

    /// Moves every process to now; notes those that ended.
    fn advance(&mut self) {
        for index in 0..self.runtime.containers.len() {
            self.stop_in_time(index);
            self.with_process(index, |process, network, now| process.advance(now, network));
            let ended = self
                .runtime
                .containers
                .get(index)
                .and_then(|container| container.run.as_ref()?.process.as_ref()?.exit());
            if let Some(exit) = ended {
                self.note_exit(index, exit);
            }
        }
        self.share_memory();
    }

    /// A container's process has ended.
    fn note_exit(&mut self, index: usize, exit: Exit) {
        let message = self.termination_message(index, exit.code != 0);
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        let Some(run) = container.run.as_mut() else { return };
        let reason = match (exit.out_of_memory, exit.code) {
            (true, _) => "OOMKilled",
            (false, 0) => "Completed",
            (false, _) => "Error",
        };
        run.end = Some(Rc::new(Terminated {
            exit_code: exit.code,
            reason: word(reason),
            message: word(&message),
            started: Some(run.started),
            finished: Some(exit.at),
            container_id: Rc::clone(&run.id),
        }));
        run.process = None;
        run.stop = None;
    }

    /// Does one thing that is to be done now; says whether it did.
    fn act(&mut self) -> bool {
        match self.runtime.stage {
            Stage::Terminated => false,
            Stage::Terminating { .. } => self.go_on_stopping(),
            Stage::Syncing => {
                if let Some(deletion) = self.pod.meta.deletion {
                    self.begin_stopping(Duration::from_seconds(deletion.grace_seconds));
                    return true;
                }
                if self.deadline().is_some_and(|at| at <= self.now) {
                    self.exceed_deadline();
                    return true;
                }
                if let Some(words) = self.must_go() {
                    self.give_way(words);
                    return true;
                }
                if let Some(reset) = self.runtime.reset.clone() {
                    return self.go_on_resetting(&reset);
                }
                if let Some(index) = self.busy() {
                    return self.go_on(index);
                }
                let actions = compute_pod_actions(&self.pod, self.runtime);
                self.execute(&actions)
            }
        }
    }

    /// When `activeDeadlineSeconds` of the pod itself is over.
    fn deadline(&self) -> Option<Time> {
        let seconds = self.pod.spec.active_deadline_seconds?;
        Some(self.runtime.seen.cut_to_second() + Duration::from_seconds(seconds))
    }

    fn exceed_deadline(&mut self) {
        let words = "Pod was active on the node longer than the specified deadline";
        self.runtime.verdict = Some(("DeadlineExceeded".into(), words.into()));
        self.tell_pod(EventType::Normal, "DeadlineExceeded", words.into());
        self.begin_stopping(Duration::from_seconds(self.pod.spec.grace_seconds));
    }

    /// Why the pod has to go from its node, if it has: the node is short, or the pod is above its own limit when it is
    /// measured.
    fn must_go(&self) -> Option<Rc<str>> {
        let measured = super::until_measured(self.now) == pressure::PERIOD;
        let over = || pressure::over_its_limit(&self.pod, self.runtime).map(Rc::from);
        pressure::driven_out(&self.pod).cloned().or_else(|| measured.then(over).flatten())
    }

    /// When a pod that is above its limit is next measured.
    fn next_measure(&self) -> Option<Time> {
        let syncing = self.runtime.stage == Stage::Syncing;
        let over = syncing && pressure::over_its_limit(&self.pod, self.runtime).is_some();
        over.then(|| self.now + super::until_measured(self.now))
    }

    /// The node is short of something: the pod goes, and is given a second. Follows `evictPod`.
    fn give_way(&mut self, words: Rc<str>) {
        self.tell_pod(EventType::Warning, "Evicted", Rc::clone(&words));
        self.runtime.verdict = Some(("Evicted".into(), words));
        self.begin_stopping(EVICTION_GRACE);
    }

    /// The container with which something is under way.
    fn busy(&self) -> Option<usize> {
        self.runtime.containers.iter().position(|one| !matches!(one.step, Step::Idle))
    }

    fn execute(&mut self, actions: &PodActions) -> bool {
        if !actions.reset.is_empty() {
            let order = actions.reset.as_slice().into();
            self.runtime.reset = Some(Reset { since: self.now, order });
            return true;
        }
        if actions.make_sandbox {
            return self.make_sandbox();
        }
        if actions.kill_pod {
            self.begin_stopping(Duration::from_seconds(self.pod.spec.grace_seconds));
            return true;
        }
        let mut acted = false;
        for (index, why) in &actions.kill {
            self.kill(*index, *why);
            acted = true;
        }
        for index in &actions.start {
            acted |= self.try_start(*index);
            if self.busy().is_some() {
                break;
            }
        }
        acted
    }

    /// Mounts the volumes, then makes the sandbox; says whether it is there now.
    fn make_sandbox(&mut self) -> bool {
        match self.runtime.sandbox {
            Sandbox::Ready => true,
            Sandbox::Making { until } if self.now < until => false,
            Sandbox::Making { .. } => {
                self.runtime.sandbox = Sandbox::Ready;
                self.runtime.sandboxes += 1;
                self.take_address();
                true
            }
            Sandbox::Missing => {
                if !self.volumes_mounted() {
                    return false;
                }
                if self.runtime.sandboxes > 0 {
                    let words = "Pod sandbox changed, it will be killed and re-created.";
                    self.tell_pod(EventType::Normal, "SandboxChanged", words.into());
                }
                let (low, high) = self.delays.sandbox_millis;
                let count = u64::from(self.runtime.sandboxes);
                let span = self.seed.range(Purpose::Start, &self.pod.meta.name, count, low, high);
                let until = self.now + Duration::from_millis(span);
                self.runtime.sandbox = Sandbox::Making { until };
                false
            }
        }
    }

    fn take_address(&mut self) {
        let Some(node) = self.node else { return };
        self.runtime.address = match self.pod.spec.host_network {
            true => Some(Rc::clone(&node.status.internal_ip)),
            false => self.kubelets.take_address(
                &self.runtime.node,
                &node.spec.pod_cidr,
                self.pod.meta.uid,
            ),
        };
    }

    /// Whether all volumes are there; if not, says so and tries again later.
    fn volumes_mounted(&mut self) -> bool {
        if self.runtime.mount.is_some_and(|wait| self.now < wait.retry_at) {
            return false;
        }
        let Some(words) = volumes::unmountable(&self.pod, self.store) else {
            self.runtime.mount = None;
            self.runtime.mounted = volumes::versions(&self.pod, self.store);
            return true;
        };
        self.tell_pod(EventType::Warning, "FailedMount", words.into());
        let tries = self.runtime.mount.map_or(0, |wait| wait.tries);
        let wait = (0..tries.min(10)).fold(FIRST_MOUNT_WAIT, |wait, _| wait.doubled());
        let retry_at = self.now + wait.min(LONGEST_MOUNT_WAIT);
        self.runtime.mount = Some(MountWait { tries: tries + 1, retry_at });
        false
    }

    /// Config maps and secrets that changed reach the containers that mount them.
    fn refresh_volumes(&mut self) {
        if self.runtime.sandbox != Sandbox::Ready || self.pod.spec.volumes.is_empty() {
            return;
        }
        let versions = volumes::versions(&self.pod, self.store);
        if versions == self.runtime.mounted || volumes::unmountable(&self.pod, self.store).is_some()
        {
            return;
        }
        self.runtime.mounted = versions;
        let pod = Rc::clone(&self.pod);
        for (spec, container) in pod.spec.all_containers().zip(&mut self.runtime.containers) {
            if let Some(process) = container.run.as_mut().and_then(|run| run.process.as_mut()) {
                volumes::refresh(&pod, spec, self.store, process);
            }
        }
    }

    /// Compares the status that follows with the stored one; removes the pod when nothing is left of it.
    fn finish(&mut self) -> Decision {
        if self.runtime.stage == Stage::Terminated && self.runtime.sandbox != Sandbox::Missing {
            // What the pod's address was stays in its status.
            self.runtime.sandbox = Sandbox::Missing;
            if let Some(address) = &self.runtime.address {
                let (node, uid) = (Rc::clone(&self.runtime.node), self.pod.meta.uid);
                self.kubelets.release_address(&node, &Rc::clone(address), uid);
            }
            self.runtime.scratch = crate::persistent::OrdMap::new();
        }
        let status = status::of(&self.pod, self.runtime, self.node.map(|node| &**node), self.now);
        if status != self.pod.status && !self.runtime.rejected {
            let pod = Pod {
                meta: self.pod.meta.clone(),
                spec: Rc::clone(&self.pod.spec),
                node: self.pod.node.clone(),
                status,
            };
            self.writes.push(Write::UpdateStatus(AnyObject::Pod(Rc::new(pod))));
        }
        if self.runtime.stage == Stage::Terminated && self.pod.meta.deleting() {
            self.writes.push(remove(&self.pod));
            return Decision::Removed;
        }
        match (self.pod.meta.deletion, self.runtime.stage) {
            (Some(deletion), _) => Decision::Terminating { deadline: deletion.at },
            (None, Stage::Terminated) => Decision::Idle,
            (None, _) => {
                Decision::Synced { containers: self.words(), back_off_until: self.back_off_until() }
            }
        }
    }

    /// When this pod is to be looked at again: the earliest of everything that is under way.
    fn next_wake(&self) -> Option<Time> {
        let runtime = &*self.runtime;
        if runtime.stage == Stage::Terminated {
            return None;
        }
        let syncing = runtime.stage == Stage::Syncing;
        let sandbox = match runtime.sandbox {
            Sandbox::Making { until } if syncing => Some(until),
            Sandbox::Missing if syncing => runtime.mount.map(|wait| wait.retry_at),
            _ => None,
        };
        let reset = runtime.reset.as_ref().map(|reset| reset.since + INSTANT);
        let reset = reset.filter(|at| *at > self.now);
        let own = [sandbox, self.deadline().filter(|_| syncing), reset];
        let containers =
            runtime.containers.iter().flat_map(|one| container_wakes(one, syncing, self.now));
        let probes = self.probe_wakes();
        own.into_iter()
            .chain(containers)
            .flatten()
            .chain(probes)
            .chain(self.next_measure())
            .min()
            .map(|at| at.max(self.now + INSTANT))
    }

    /// Each container and what it does, in a word.
    fn words(&self) -> Rc<[(Rc<str>, &'static str)]> {
        let word = |one: &ContainerRuntime| match (&one.step, &one.refusal) {
            (Step::Pulling { .. }, _) => "pulling",
            (Step::Creating { .. }, _) => "starting",
            (Step::Hook { .. }, _) => "running its postStart hook",
            (Step::Idle, _) if one.alive() => "running",
            (Step::Idle, Some(refusal)) => refusal.reason,
            (Step::Idle, None) if one.run.is_some() => "over",
            (Step::Idle, None) => "waiting",
        };
        self.runtime.containers.iter().map(|one| (Rc::clone(&one.name), word(one))).collect()
    }

    fn back_off_until(&self) -> Option<Time> {
        let held = self.runtime.containers.iter().filter_map(|one| one.refusal.as_ref());
        held.filter(|refusal| refusal.reason.ends_with("BackOff"))
            .map(|refusal| refusal.retry_at)
            .min()
    }
}

/// When something is due for a container.
fn container_wakes(container: &ContainerRuntime, syncing: bool, now: Time) -> [Option<Time>; 5] {
    let step = match container.step {
        Step::Idle => None,
        Step::Pulling { until, .. } | Step::Creating { until, .. } | Step::Hook { until, .. } => {
            Some(until)
        }
    };
    let run = container.run.as_ref();
    let stop = run.and_then(|run| run.stop);
    let refusal = container.refusal.as_ref().filter(|_| syncing && !container.alive());
    [
        step,
        run.and_then(|run| run.process.as_ref()?.next_wake()),
        stop.map(|stop| stop.next_wake(now)),
        refusal.map(|refusal| refusal.visible).filter(|at| *at > now),
        refusal.map(|refusal| refusal.retry_at).filter(|at| *at > now),
    ]
}
