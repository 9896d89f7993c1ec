//! From image to running process: pulling, configuration, creating, starting, and starting again. Follows
//! `pkg/kubelet/images/image_manager.go` and `startContainer`.

use std::rc::Rc;

use super::runtime::{ContainerPhase, ProbeState};
use super::sync::{Look, SHOWN_END};
use super::{Registry, environment};
use crate::api::core::{EventType, PullPolicy, RestartPolicy, Terminated};
use crate::containers::catalogue::{self, PullOutcome, Reference};
use crate::containers::process::Overrides;
use crate::containers::{Process, ProcessSpec};
use crate::sim::rng::Purpose;
use crate::sim::{Duration, Time};

/// The first wait after a failed pull, and the longest.
const FIRST_WAIT: Duration = Duration::from_seconds(10);
const LONGEST_WAIT: Duration = Duration::from_seconds(300);
/// Wrong configuration is looked at again after this.
const CONFIG_RETRY: Duration = Duration::from_seconds(12);
/// What the runtime says when the registry does not answer.
const REGISTRY_DOWN: &str = "dial tcp: lookup registry-1.docker.io: i/o timeout";

impl Look<'_> {
    /// Moves a container on; says whether the next one may begin.
    pub(super) fn progress_container(&mut self, index: usize) -> bool {
        for _ in 0..8 {
            let Some(container) = self.runtime.containers.get(index) else { return true };
            match container.phase.clone() {
                ContainerPhase::Waiting => self.begin(index),
                ContainerPhase::Pulling { until, .. } if self.now < until => {
                    self.wake_at(until);
                    return false;
                }
                ContainerPhase::Pulling { from, until } => self.pulled(index, from, until),
                ContainerPhase::PullFailed { retry_at, since, .. } if self.now < retry_at => {
                    self.wait_for_pull(index, since, retry_at);
                    return true;
                }
                ContainerPhase::PullFailed { wait, .. } => {
                    self.pull(index, wait.doubled().min(LONGEST_WAIT))
                }
                ContainerPhase::BadConfig { retry_at, .. } if self.now < retry_at => {
                    self.wake_at(retry_at);
                    return true;
                }
                ContainerPhase::BadConfig { .. } => self.create(index),
                ContainerPhase::Starting { at } if self.now < at => {
                    self.wake_at(at);
                    return false;
                }
                ContainerPhase::Starting { .. } => self.start(index),
                ContainerPhase::Running { .. } => return true,
                ContainerPhase::Exited { restart_at: None, .. } => return true,
                ContainerPhase::Exited { restart_at: Some(at), at: ended, wait, told, .. } => {
                    if self.now < at {
                        self.wait_for_restart(index, ended, at, wait, told);
                        return true;
                    }
                    self.restart(index);
                }
            }
        }
        true
    }

    /// A container's turn has come.
    fn begin(&mut self, index: usize) {
        self.pull(index, FIRST_WAIT);
    }

    /// Pulls the image if the policy asks for it. `wait` is how long to wait should it fail.
    fn pull(&mut self, index: usize, wait: Duration) {
        let Some((image, policy)) =
            self.spec(index).map(|spec| (Rc::clone(&spec.image), spec.pull_policy))
        else {
            return;
        };
        let Some(container) = self.runtime.containers.get(index).cloned() else { return };
        let reference = match Reference::parse(&image) {
            Ok(reference) => reference,
            Err(message) => {
                let text = format!("Failed to apply default image tag \"{image}\": {message}");
                self.tell(&container, EventType::Warning, "InspectFailed", text.clone());
                self.tell(
                    &container,
                    EventType::Warning,
                    "Failed",
                    "Error: InvalidImageName".into(),
                );
                return self.bad_config(index, "InvalidImageName", &text);
            }
        };
        let present = self
            .kubelets
            .machines
            .get(&self.runtime.node)
            .is_some_and(|machine| machine.images.contains_key(reference.full().as_str()));
        match (policy, present) {
            (PullPolicy::IfNotPresent | PullPolicy::Never, true) => {
                let text = format!(
                    "Container image \"{image}\" already present on machine and can be accessed by the pod"
                );
                self.tell(&container, EventType::Normal, "Pulled", text);
                self.create(index);
            }
            (PullPolicy::Never, false) => {
                let text =
                    format!("Container image \"{image}\" is not present with pull policy of Never");
                self.tell(&container, EventType::Warning, "ErrImageNeverPull", text.clone());
                self.tell(
                    &container,
                    EventType::Warning,
                    "Failed",
                    "Error: ErrImageNeverPull".into(),
                );
                self.bad_config(index, "ErrImageNeverPull", &text);
            }
            _ => {
                self.tell(
                    &container,
                    EventType::Normal,
                    "Pulling",
                    format!("Pulling image \"{image}\""),
                );
                let until = self.now + self.pull_time(&reference, present);
                let from = self.now;
                if let Some(container) = self.runtime.containers.get_mut(index) {
                    container.back_off_of_pull(wait);
                    container.phase = ContainerPhase::Pulling { from, until };
                }
                self.wake_at(until);
            }
        }
    }

    /// By size, once per node; only a question to the registry if the image is there.
    fn pull_time(&self, reference: &Reference, present: bool) -> Duration {
        let image = catalogue::find(reference);
        let name = format!("{}/{}", self.runtime.node, reference.full());
        let bytes = if present || image.pull != PullOutcome::Exists {
            0
        } else {
            i64::try_from(image.size).unwrap_or(0) * 1000
        };
        let span = self.delays.pull_millis + bytes / self.delays.pull_megabytes_per_second.max(1);
        let drawn = span * self.seed.range(Purpose::Pull, &name, 0, 85, 115) / 100;
        match self.kubelets.registry {
            Registry::Slow => Duration::from_millis(drawn * 10),
            Registry::Up | Registry::Down => Duration::from_millis(drawn),
        }
    }

    fn pulled(&mut self, index: usize, from: Time, until: Time) {
        let Some(container) = self.runtime.containers.get(index).cloned() else { return };
        let image_name = Rc::clone(&container.image);
        let Ok(reference) = Reference::parse(&image_name) else { return };
        let image = catalogue::find(&reference);
        let down = self.kubelets.registry == Registry::Down;
        if down || image.pull != PullOutcome::Exists {
            let error = match down {
                true => format!(
                    "rpc error: code = Unknown desc = failed to pull and unpack image \"{}\": {REGISTRY_DOWN}",
                    reference.full()
                ),
                false => catalogue::pull_error(&reference, image.pull),
            };
            let wait = container.pull_wait();
            self.tell(
                &container,
                EventType::Warning,
                "Failed",
                format!("Failed to pull image \"{image_name}\": {error}"),
            );
            self.tell(&container, EventType::Warning, "Failed", "Error: ErrImagePull".into());
            let now = self.now;
            if let Some(container) = self.runtime.containers.get_mut(index) {
                container.phase = ContainerPhase::PullFailed {
                    message: error.into(),
                    since: now,
                    retry_at: now + wait,
                    wait,
                    told: false,
                };
            }
            return;
        }
        let took = (until - from).go();
        let bytes = image.size * 1_000_000;
        let text = format!(
            "Successfully pulled image \"{image_name}\" in {took} ({took} including waiting). Image size: {bytes} bytes."
        );
        self.tell(&container, EventType::Normal, "Pulled", text);
        if let Some(machine) = self.kubelets.machines.get_mut(&self.runtime.node) {
            machine.images.insert(reference.full().into(), self.now);
        }
        self.create(index);
    }

    /// `ErrImagePull` for a moment, then `ImagePullBackOff`.
    fn wait_for_pull(&mut self, index: usize, since: Time, retry_at: Time) {
        let shown = since + SHOWN_END;
        if self.now < shown {
            self.wake_at(shown.min(retry_at));
            return;
        }
        self.wake_at(retry_at);
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        let ContainerPhase::PullFailed { told, .. } = &mut container.phase else { return };
        if std::mem::replace(told, true) {
            return;
        }
        let container = container.clone();
        self.tell(
            &container,
            EventType::Normal,
            "BackOff",
            format!("Back-off pulling image \"{}\"", container.image),
        );
        self.tell(&container, EventType::Warning, "Failed", "Error: ImagePullBackOff".into());
    }

    fn bad_config(&mut self, index: usize, reason: &'static str, message: &str) {
        let retry_at = self.now + CONFIG_RETRY;
        if let Some(container) = self.runtime.containers.get_mut(index) {
            container.phase =
                ContainerPhase::BadConfig { reason, message: message.into(), retry_at };
        }
    }

    /// The image is there: the container is created, unless something it needs is missing.
    fn create(&mut self, index: usize) {
        let address = self.runtime.address.clone().unwrap_or_default();
        let Some(spec) = self.spec(index).cloned() else { return };
        let checked = environment::variables(&self.pod, &spec, &address, self.store)
            .and_then(|_| environment::files(&self.pod, &spec, self.store));
        if let Err(message) = checked {
            let Some(container) = self.runtime.containers.get(index).cloned() else { return };
            self.tell(&container, EventType::Warning, "Failed", format!("Error: {message}"));
            return self.bad_config(index, "CreateContainerConfigError", &message);
        }
        let (low, high) = self.delays.start_millis;
        let run = self.runtime.containers.get(index).map_or(0, |container| container.restarts);
        let name = format!("{}/{}", self.pod.meta.name, spec.name);
        let span =
            self.seed.range(Purpose::Start, &name, u64::try_from(run).unwrap_or(0), low, high);
        let at = self.now + Duration::from_millis(span);
        let id = self.seed.hex(
            &format!("{}/{name}", self.pod.meta.uid),
            u64::try_from(run).unwrap_or(0),
            64,
        );
        let reference =
            Reference::parse(&spec.image).map(|reference| reference.full()).unwrap_or_default();
        let digest = self.seed.hex(&reference, 0, 64);
        let repository =
            reference.rsplit_once(':').map_or(reference.as_str(), |(name, _)| name).to_owned();
        if let Some(container) = self.runtime.containers.get_mut(index) {
            container.container_id = format!("containerd://{id}").into();
            container.image_id = format!("{repository}@sha256:{digest}").into();
            container.phase = ContainerPhase::Starting { at };
        }
    }

    fn start(&mut self, index: usize) {
        let Some(container) = self.runtime.containers.get(index).cloned() else { return };
        let Some(spec) = self.spec(index).cloned() else { return };
        self.tell(&container, EventType::Normal, "Created", "Container created".into());
        let address = self.runtime.address.clone().unwrap_or_default();
        let environment =
            environment::variables(&self.pod, &spec, &address, self.store).unwrap_or_default();
        let words = |list: &Rc<[Rc<str>]>| -> Vec<Rc<str>> {
            list.iter().map(|word| environment::replaced(word, &environment).into()).collect()
        };
        let hostname = match &*self.pod.spec.hostname {
            "" => Rc::clone(&self.pod.meta.name),
            _ => Rc::clone(&self.pod.spec.hostname),
        };
        let process = ProcessSpec {
            command: words(&spec.command),
            args: words(&spec.args),
            folder: Rc::clone(&spec.working_dir),
            files: environment::files(&self.pod, &spec, self.store).unwrap_or_default(),
            hostname,
            overrides: self.overrides(container.restarts),
            environment,
        };
        let Ok(reference) = Reference::parse(&spec.image) else { return };
        let image = catalogue::find(&reference);
        match Process::start(&image, &process, self.now, self.seed) {
            Ok(process) => {
                self.tell(&container, EventType::Normal, "Started", "Container started".into());
                self.run_started(index, process);
            }
            Err(error) => self.start_failed(index, &error.0),
        }
    }

    fn run_started(&mut self, index: usize, mut process: Process) {
        let now = self.now;
        process.advance(now, &mut self.network());
        let lines = process.take_output();
        let wake = process
            .exit()
            .map_or_else(|| process.next_wake(), |_| Some(now + Duration::from_millis(1)));
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        container.previous_log = std::mem::take(&mut container.log);
        container.note(lines);
        container.process = Some(process);
        container.phase = ContainerPhase::Running { since: now };
        container.liveness = ProbeState::default();
        container.readiness =
            ProbeState { history: container.readiness.history.clone(), ..ProbeState::default() };
        container.startup = ProbeState::default();
        container.kill_at = None;
        container.term_at = None;
        if let Some(at) = wake {
            self.wake_at(at.max(now + Duration::from_millis(1)));
        }
    }

    /// The process could not be started: it counts as a run that ended at once with 128.
    fn start_failed(&mut self, index: usize, message: &str) {
        let Some(container) = self.runtime.containers.get(index).cloned() else { return };
        self.tell(&container, EventType::Warning, "Failed", format!("Error: {message}"));
        let policy = self.pod.spec.restart_policy;
        let now = self.now;
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        let end = Rc::new(Terminated {
            exit_code: 128,
            reason: "StartError".into(),
            message: message.into(),
            started: Some(Time::default()),
            finished: Some(now),
            container_id: Rc::clone(&container.container_id),
        });
        let wait = container.back_off.unwrap_or(Duration::ZERO);
        container.back_off =
            Some(container.back_off.map_or(FIRST_WAIT, |wait| wait.doubled().min(LONGEST_WAIT)));
        let restart_at =
            (policy != RestartPolicy::Never).then_some(now + wait.max(Duration::from_millis(500)));
        container.phase = ContainerPhase::Exited { end, at: now, restart_at, wait, told: false };
    }

    /// The reason of the end shows for a moment, then `CrashLoopBackOff` counts down.
    fn wait_for_restart(
        &mut self,
        index: usize,
        ended: Time,
        at: Time,
        wait: Duration,
        told: bool,
    ) {
        let shown = ended + SHOWN_END;
        if self.now < shown && wait > Duration::ZERO {
            self.wake_at(shown.min(at));
            return;
        }
        self.wake_at(at);
        if told || wait == Duration::ZERO {
            return;
        }
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        if let ContainerPhase::Exited { told, .. } = &mut container.phase {
            *told = true;
        }
        let container = container.clone();
        let (pod, namespace, uid) =
            (&self.pod.meta.name, &self.pod.meta.namespace, self.pod.meta.uid);
        let text = format!(
            "Back-off restarting failed container {} in pod {pod}_{namespace}({uid})",
            container.name
        );
        self.tell(&container, EventType::Warning, "BackOff", text);
    }

    fn restart(&mut self, index: usize) {
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        if let ContainerPhase::Exited { end, .. } = &container.phase {
            container.last = Some(Rc::clone(end));
        }
        container.restarts += 1;
        self.pull(index, FIRST_WAIT);
    }

    /// What annotations `podyard.dev/…` ask for.
    fn overrides(&self, restarts: i64) -> Overrides {
        let number = |key: &str| -> Option<i64> {
            self.pod
                .meta
                .annotations
                .text(&format!("podyard.dev/{key}"))
                .and_then(|text| text.parse().ok())
        };
        let fails = number("fail-first").is_some_and(|count| restarts < count);
        Overrides {
            exit_code: if fails { Some(1) } else { number("exit-code") },
            run_time: number("run-seconds").map(Duration::from_seconds),
            out_of_memory: self.pod.meta.annotations.text("podyard.dev/out-of-memory")
                == Some("true"),
        }
    }
}
