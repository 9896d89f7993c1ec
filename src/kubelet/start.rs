//! From image to running process: back-off, pulling, configuration, creating, starting, `postStart`. Follows
//! `startContainer`, `doBackOff` and `pkg/kubelet/images/image_manager.go`.

use std::rc::Rc;

use super::environment::{self, Scene, Texts};
use super::heartbeat;
use super::identity;
use super::machine::Registry;
use super::runtime::{BackOff, ContainerRuntime, Probes, Refusal, Run, Step, Stop};
use super::sync::Look;
use super::volumes;
use crate::api::core::{Container, EventType, Handler, Node, PullPolicy, Terminated};
use crate::api::object::AnyObject;
use crate::api::words::{joined, with_joined, word, written};
use crate::containers::catalogue::{self, Named, PullOutcome, Reference};
use crate::containers::process::Overrides;
use crate::containers::{ExecOutput, Process, ProcessSpec, StartError};
use crate::reconcile::Write;
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};

/// How long the reason of an end, or of a failed pull, shows before the back-off does. Real kubelets switch at some
/// later point inside the same wait.
const SHOWN: Duration = Duration::from_seconds(2);
/// What cannot be created for another reason is tried again after this. Real kubelets do after 10 to 15 s.
const CONFIG_RETRY: Duration = Duration::from_seconds(12);
/// A hook that does not end is given up with its container.
const ENDLESS: Duration = Duration::from_seconds(24 * 3600);

impl Look<'_> {
    /// A container is to run: starts on the way there unless it is held back. Says whether anything was done.
    pub(super) fn try_start(&mut self, index: usize) -> bool {
        let Some(image) = self.spec(index).map(|spec| Rc::clone(&spec.image)) else { return false };
        let Some(container) = self.runtime.containers.get_mut(index) else { return false };
        if container.image != image {
            container.image = image;
            (container.refusal, container.back_off) = (None, None);
        }
        if container.refusal.as_ref().is_some_and(|refusal| self.now < refusal.retry_at) {
            return false;
        }
        if self.held_by_back_off(index) {
            return true;
        }
        self.pull(index);
        true
    }

    /// Goes on with what is under way for a container; says whether it has come further.
    pub(super) fn go_on(&mut self, index: usize) -> bool {
        let Some(container) = self.runtime.containers.get(index) else { return false };
        match container.step.clone() {
            Step::Idle => false,
            Step::Pulling { until, .. }
            | Step::Creating { until, .. }
            | Step::Hook { until, .. }
                if self.now < until && !self.ended_in_hook(index) =>
            {
                false
            }
            Step::Pulling { asked, begun, until, image } => {
                self.set_step(index, Step::Idle);
                self.pulled(index, asked, begun, until, image);
                true
            }
            Step::Creating { image, .. } => {
                self.set_step(index, Step::Idle);
                self.start(index, image);
                true
            }
            Step::Hook { failure, .. } => {
                self.set_step(index, Step::Idle);
                self.end_hook(index, failure);
                true
            }
        }
    }

    fn set_step(&mut self, index: usize, step: Step) {
        if let Some(container) = self.runtime.containers.get_mut(index) {
            container.step = step;
        }
    }

    /// A process that ends while its hook runs ends the hook.
    fn ended_in_hook(&self, index: usize) -> bool {
        self.runtime.containers.get(index).is_some_and(|container| {
            matches!(container.step, Step::Hook { .. }) && !container.alive()
        })
    }

    /// A container that ended is held back for a time that doubles. Follows `doBackOff`.
    fn held_by_back_off(&mut self, index: usize) -> bool {
        let now = self.now;
        let Some(container) = self.runtime.containers.get_mut(index) else { return false };
        let Some(end) = container.end() else { return false };
        let event = end.finished.unwrap_or(now);
        let Some(until) = BackOff::holds(container.back_off, event, now) else {
            container.back_off = Some(BackOff::next(container.back_off, event, now));
            return false;
        };
        let (name, wait) = (Rc::clone(&container.name), until - event);
        let pod = self.full_name();
        let message =
            format!("back-off {} restarting failed container={name} pod={pod}", wait.go());
        self.refuse(index, "CrashLoopBackOff", &message, until);
        if let Some(refusal) = self.refusal_mut(index) {
            refusal.visible = until.min(event + SHOWN);
        }
        let text = format!("Back-off restarting failed container {name} in pod {pod}");
        self.tell(index, EventType::Warning, "BackOff", text.into());
        true
    }

    fn refusal_mut(&mut self, index: usize) -> Option<&mut Refusal> {
        self.runtime.containers.get_mut(index)?.refusal.as_deref_mut()
    }

    /// The container was not started, for a reason that the API shows from now on.
    fn refuse(&mut self, index: usize, reason: &'static str, message: &str, retry_at: Time) {
        let visible = self.now;
        if let Some(container) = self.runtime.containers.get_mut(index) {
            let refusal = Refusal { reason, message: message.into(), visible, retry_at };
            container.refusal = Some(Box::new(refusal));
        }
    }

    /// Sees to it that the image is there, as the policy asks. Follows `EnsureImageExists`.
    fn pull(&mut self, index: usize) {
        let Some(spec) = self.spec(index) else { return };
        let (image, policy) = (Rc::clone(&spec.image), spec.pull_policy);
        let named = match Named::look_up(&image) {
            Ok(named) => named,
            Err(message) => return self.refuse_name(index, &image, &message),
        };
        let machine = self.kubelets.machines.get(&self.runtime.node);
        let present = machine.is_some_and(|machine| machine.images.contains(&named.full));
        match (policy, present) {
            (PullPolicy::IfNotPresent | PullPolicy::Never, true) => {
                let rest = "\" already present on machine and can be accessed by the pod";
                let text = joined(&["Container image \"", &image, rest]);
                self.tell(index, EventType::Normal, "Pulled", text);
                self.create(index, named);
            }
            (PullPolicy::Never, false) => {
                let text =
                    format!("Container image \"{image}\" is not present with pull policy of Never");
                self.tell(index, EventType::Warning, "ErrImageNeverPull", text.as_str().into());
                self.fail(index, "ErrImageNeverPull", &text, self.now + CONFIG_RETRY);
            }
            (PullPolicy::Always, _) | (PullPolicy::IfNotPresent, false) => {
                if !self.held_by_failed_pulls(index, &image) {
                    self.begin_pull(index, &image, named);
                }
            }
        }
    }

    /// `Error: REASON`, and a new try later.
    fn fail(&mut self, index: usize, reason: &'static str, message: &str, retry_at: Time) {
        self.tell(index, EventType::Warning, "Failed", format!("Error: {reason}").into());
        self.refuse(index, reason, message, retry_at);
    }

    fn refuse_name(&mut self, index: usize, image: &str, message: &str) {
        let text = format!("Failed to apply default image tag \"{image}\": {message}");
        self.tell(index, EventType::Warning, "InspectFailed", text.as_str().into());
        self.fail(index, "InvalidImageName", &text, self.now + CONFIG_RETRY);
    }

    /// Failed pulls of an image hold back the next.
    fn held_by_failed_pulls(&mut self, index: usize, image: &Rc<str>) -> bool {
        let now = self.now;
        let record = self.runtime.pulls.iter().find(|(of, _, _)| of == image);
        let Some((_, record, error)) = record.cloned() else { return false };
        let Some(until) = BackOff::holds(Some(record), record.since, now) else { return false };
        let text = format!("Back-off pulling image \"{image}\"");
        self.tell(index, EventType::Normal, "BackOff", text.as_str().into());
        self.fail(index, "ImagePullBackOff", &format!("{text}: ErrImagePull: {error}"), until);
        true
    }

    /// Pulls of one node go one after another.
    fn begin_pull(&mut self, index: usize, image: &str, named: Rc<Named>) {
        let text = joined(&["Pulling image \"", image, "\""]);
        self.tell(index, EventType::Normal, "Pulling", text);
        let asked = self.now;
        let (node, full) = (Rc::clone(&self.runtime.node), Rc::clone(&named.full));
        let registry = self.kubelets.registry();
        let outcome = &named.image;
        let Some(machine) = self.kubelets.machines.get_mut(&node) else { return };
        let begun = machine.free_at.max(asked);
        let there = machine.images.contains(&full)
            || machine.arriving.get(&full).is_some_and(|at| *at <= begun);
        let exists = outcome.pull == PullOutcome::Exists && registry != Registry::Down;
        let megabytes = if there || !exists { 0 } else { i64::try_from(outcome.size).unwrap_or(0) };
        let span = self.delays.pull_millis
            + megabytes * 1000 / self.delays.pull_megabytes_per_second.max(1);
        let name = [&*node, "/", &full, "/", &self.pod.meta.name];
        let draw = |name: &str| self.seed.range(Purpose::Pull, name, 0, 85, 115);
        let drawn = span * with_joined(&name, draw) / 100;
        let slower = if registry == Registry::Slow { 10 } else { 1 };
        let until = begun + Duration::from_millis(drawn * slower);
        machine.free_at = until;
        if exists {
            machine.arriving.insert(full, until);
        }
        self.set_step(index, Step::Pulling { asked, begun, until, image: named });
    }

    fn pulled(&mut self, index: usize, asked: Time, begun: Time, until: Time, named: Rc<Named>) {
        let Some(image) = self.spec(index).map(|spec| Rc::clone(&spec.image)) else { return };
        let Ok(named) = named.or_other(&image) else { return };
        let (reference, found) = (&named.reference, &named.image);
        let down = self.kubelets.registry() == Registry::Down;
        if down || found.pull != PullOutcome::Exists {
            let error = match down {
                true => unreachable_registry(reference),
                false => catalogue::pull_error(reference, found.pull),
            };
            return self.pull_failed(index, &image, &error);
        }
        let full = Rc::clone(&named.full);
        let (took, waited) = ((until - begun).go(), (until - asked).go());
        let bytes = found.bytes(&full, self.seed);
        let text = written(format_args!(
            "Successfully pulled image \"{image}\" in {took} ({waited} including waiting). Image size: {bytes} bytes."
        ));
        self.tell(index, EventType::Normal, "Pulled", text);
        let machine = self.kubelets.machines.get_mut(&self.runtime.node);
        let new = machine.is_some_and(|machine| {
            machine.arriving.remove(&full);
            machine.images.insert(full).is_none()
        });
        if new {
            self.report_images();
        }
        self.runtime.pulls.retain(|(of, _, _)| *of != image);
        self.create(index, named);
    }

    /// The node says which images it has. Real kubelets do within ten seconds.
    fn report_images(&mut self) {
        let machine = self.kubelets.machines.get(&self.runtime.node);
        let (Some(node), Some(machine)) = (self.node, machine) else { return };
        let mut changed = Node::clone(node);
        changed.status = node.status.with_images(machine.image_list(self.seed));
        if changed.status != node.status {
            heartbeat::reported(&mut changed, self.now);
            self.writes.push(Write::UpdateStatus(AnyObject::Node(Rc::new(changed))));
        }
    }

    fn pull_failed(&mut self, index: usize, image: &Rc<str>, error: &str) {
        let text = format!("Failed to pull image \"{image}\": {error}");
        self.tell(index, EventType::Warning, "Failed", text.into());
        let now = self.now;
        let place = self.runtime.pulls.iter().position(|(of, _, _)| of == image);
        let old = place.map(|place| self.runtime.pulls.remove(place).1);
        let record = BackOff::next(old, now, now);
        self.runtime.pulls.push((Rc::clone(image), record, error.into()));
        self.fail(index, "ErrImagePull", error, now + SHOWN);
    }

    /// The image is there: the container is created, unless something it needs is missing.
    fn create(&mut self, index: usize, image: Rc<Named>) {
        let pod = Rc::clone(&self.pod);
        let Some(spec) = pod.spec.all_containers().nth(index) else { return };
        let known = match environment::may_lack(spec) {
            true => self.environment(spec).map(drop),
            false => Ok(()),
        };
        let checked = known.and_then(|()| self.check_user(spec));
        if let Err(message) = checked {
            self.tell(index, EventType::Warning, "Failed", format!("Error: {message}").into());
            let retry_at = self.now + CONFIG_RETRY;
            return self.refuse(index, "CreateContainerConfigError", &message, retry_at);
        }
        let (low, high) = self.delays.start_millis;
        let number = self.next_number(index);
        let draw = |name: &str| self.seed.range(Purpose::Start, name, number, low, high);
        let span = with_joined(&[&self.pod.meta.name, "/", &spec.name], draw);
        let until = self.now + Duration::from_millis(span);
        self.set_step(index, Step::Creating { until, image });
    }

    /// How often the container was started before the run to come.
    fn next_number(&self, index: usize) -> u64 {
        self.runtime.containers.get(index).map_or(0, ContainerRuntime::next_number)
    }

    fn environment(&mut self, spec: &Container) -> Result<Texts, String> {
        let services = self.kubelets.links(&self.pod, self.store);
        let address = self.runtime.address.clone().unwrap_or_default();
        let node = self.node.map(|node| &**node);
        let scene = Scene { pod: &self.pod, address: &address, node, store: self.store, services };
        environment::variables(&scene, spec)
    }

    /// `runAsNonRoot` forbids what would run as root. Follows `verifyRunAsNonRoot`.
    fn check_user(&self, spec: &Container) -> Result<(), String> {
        match &*spec.user.refusal {
            "" => Ok(()),
            words => {
                Err(format!("{words} (pod: \"{}\", container: {})", self.full_name(), spec.name))
            }
        }
    }

    /// The container is there: its process starts, or cannot.
    fn start(&mut self, index: usize, image: Rc<Named>) {
        let pod = Rc::clone(&self.pod);
        let Some(spec) = pod.spec.all_containers().nth(index) else { return };
        let Ok(image) = image.or_other(&spec.image) else { return };
        self.tell(index, EventType::Normal, "Created", word("Container created"));
        let name = pod.meta.uid.with_text(|uid| [uid, "/", &spec.name].concat());
        match self.process(index, spec, &image, &name) {
            Ok(process) => {
                self.tell(index, EventType::Normal, "Started", word("Container started"));
                self.new_run(index, spec, &image, &name, Ok(process));
                self.begin_hook(index, spec);
            }
            Err(StartError(message)) => {
                self.tell(index, EventType::Warning, "Failed", format!("Error: {message}").into());
                self.new_run(index, spec, &image, &name, Err(&message));
                let retry_at = self.now + SHOWN;
                self.refuse(index, "RunContainerError", &message, retry_at);
            }
        }
    }

    /// The process of a run; what is drawn for it is drawn for this name.
    fn process(
        &mut self,
        index: usize,
        spec: &Container,
        image: &Named,
        name: &str,
    ) -> Result<Process, StartError> {
        let environment = self.environment(spec).unwrap_or_default();
        let words = |list: &Rc<[Rc<str>]>| -> Vec<Rc<str>> {
            let expand = |word: &Rc<str>| match word.contains('$') {
                true => environment::expanded(word, |name| environment.get(name)).into(),
                false => Rc::clone(word),
            };
            list.iter().map(expand).collect()
        };
        let hostname = match &*self.pod.spec.hostname {
            "" if self.pod.spec.host_network => Rc::clone(&self.runtime.node),
            "" => Rc::clone(&self.pod.meta.name),
            _ => Rc::clone(&self.pod.spec.hostname),
        };
        let number = self.next_number(index);
        // Each run draws its own chance: a container that failed by chance may succeed the next time.
        let seed = Seed(self.seed.draw(Purpose::Container, name, number));
        let process = ProcessSpec {
            command: words(&spec.command),
            args: words(&spec.args),
            folder: Rc::clone(&spec.working_dir),
            hostname,
            input: spec.stdin,
            user: Rc::clone(&spec.user),
            memory_limit: self.pod.spec.memory_limit(spec),
            overrides: self.overrides(spec, i64::try_from(number).unwrap_or(i64::MAX)),
            environment,
        };
        let mut process = Process::start(Rc::clone(&image.image), process, self.now, seed)?;
        volumes::mount(&self.pod, spec, self.runtime, self.kubelets, self.store, &mut process);
        if process.runs_shell() || spec.read_only_root || spec.user.uid != 0 {
            process.protect(volumes::mounts_of(&self.pod, spec), self.now);
        }
        if process.runs_shell() {
            identity::show_later(&self.pod, spec, self.store, &mut process);
        }
        Ok(process)
    }

    /// A new run takes the place of the one before. A process that could not be started counts as a run that ended
    /// at once with code 128.
    fn new_run(
        &mut self,
        index: usize,
        spec: &Container,
        image: &Named,
        name: &str,
        process: Result<Process, &str>,
    ) {
        let number = self.next_number(index);
        let id = joined(&["containerd://", &self.seed.hex(name, number, 64)]);
        let image_id = image.digest(self.seed);
        let (now, sandbox) = (self.now, self.runtime.sandboxes);
        let end = process.as_ref().err().map(|message| {
            Rc::new(Terminated {
                exit_code: 128,
                reason: "StartError".into(),
                message: (*message).into(),
                started: Some(Time::default()),
                finished: Some(now),
                container_id: Rc::clone(&id),
            })
        });
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        if let Some(before) = container.run.take() {
            container.last = before.end;
            container.previous_log = std::mem::take(&mut container.log);
        }
        container.refusal = None;
        let init = container.init;
        let history = container.probes.take().map(|probes| *probes);
        container.probes = fresh_probes(spec, history);
        container.run = Some(Run {
            number: i64::try_from(number).unwrap_or(i64::MAX),
            sandbox,
            id,
            image: Rc::clone(&spec.image),
            full_image: Rc::clone(&image.full),
            image_id,
            started: now,
            process: process.ok().map(Box::new),
            end,
            stop: None,
        });
        if init {
            self.forget_reset();
        }
        self.with_process(index, |process, network, now| process.advance(now, network));
    }

    /// Runs the `postStart` hook beside the process.
    fn begin_hook(&mut self, index: usize, spec: &Container) {
        let Some(hook) = &spec.post_start else { return };
        let (took, failure) = self.run_hook(index, hook);
        let until = self.now + took.min(ENDLESS);
        let failure = failure.map(|detail| {
            let kind = match &**hook {
                Handler::Exec(argv) => format!("Exec lifecycle hook ([{}])", argv.join(" ")),
                Handler::Http { path, .. } => format!("HTTP lifecycle hook ({path})"),
                Handler::Sleep { .. } => "Sleep lifecycle hook".to_owned(),
                Handler::Tcp { .. } | Handler::Grpc { .. } => "lifecycle hook".to_owned(),
            };
            let pod = self.full_name();
            let name = &spec.name;
            format!("{kind} for Container \"{name}\" in Pod \"{pod}\" failed - {detail}").into()
        });
        self.set_step(index, Step::Hook { until, failure });
    }

    /// Runs a hook: how long it takes, and what went wrong.
    pub(super) fn run_hook(&mut self, index: usize, hook: &Handler) -> (Duration, Option<String>) {
        match hook {
            Handler::Sleep { seconds } => (Duration::from_seconds(*seconds), None),
            Handler::Exec(argv) => {
                let Some(output) = self.exec(index, argv) else { return (Duration::ZERO, None) };
                if output.endless {
                    return (ENDLESS, None);
                }
                let words = argv.join(" ");
                let text = format!("{}{}", output.stdout, output.stderr);
                let code = output.code;
                let failure = (code != 0).then(|| {
                    format!(
                        "error: command '{words}' exited with {code}: {}, message: {text:?}",
                        output.stderr
                    )
                });
                (output.took, failure)
            }
            Handler::Http { port, path, host, .. } => {
                let spec = self.spec(index).cloned();
                let port = super::probes::port_number(spec.as_ref(), port);
                let host = if host.is_empty() { "localhost" } else { host };
                let answer = self.ask_from_outside(host, port, path);
                (Duration::ZERO, answer.err())
            }
            Handler::Tcp { .. } | Handler::Grpc { .. } => (Duration::ZERO, None),
        }
    }

    /// Runs a command in a container; nothing if that does not run.
    pub(super) fn exec(&mut self, index: usize, argv: &[Rc<str>]) -> Option<ExecOutput> {
        let (pod, store) = (Rc::clone(&self.pod), self.store);
        let spec = pod.spec.all_containers().nth(index)?;
        self.with_process(index, |process, network, now| {
            identity::show(&pod, spec, store, process);
            process.files_mut().protect(volumes::mounts_of(&pod, spec));
            process.exec(argv, None, now, network)
        })
    }

    /// A hook that failed takes its container with it.
    fn end_hook(&mut self, index: usize, failure: Option<Rc<str>>) {
        let Some(message) = failure else { return };
        self.tell(index, EventType::Warning, "FailedPostStartHook", "PostStartHook failed".into());
        self.tell(index, EventType::Normal, "Killing", "FailedPostStartHook".into());
        let now = self.now;
        let grace = Duration::from_seconds(self.pod.spec.grace_seconds);
        self.refuse(index, "PostStartHookError", &message, now);
        if let Some(run) = self.runtime.containers.get_mut(index).and_then(|one| one.run.as_mut()) {
            run.stop =
                Some(Stop { turn_from: None, term_at: now, asked: false, kill_at: now + grace });
        }
    }

    /// What annotations `podyard.dev/…` ask for; `docs/annotations.md` says what each does.
    fn overrides(&self, spec: &Container, restarts: i64) -> Overrides {
        let annotations = &self.pod.meta.annotations;
        if annotations.is_empty() {
            return Overrides::default();
        }
        let number = |key: &str| -> Option<i64> {
            annotations.text(&format!("podyard.dev/{key}")).and_then(|text| text.parse().ok())
        };
        let fails = number("fail-first").is_some_and(|count| restarts < count);
        Overrides {
            exit_code: if fails { Some(1) } else { number("exit-code") },
            run_time: number("run-seconds").map(Duration::from_seconds),
            out_of_memory: annotations.text("podyard.dev/out-of-memory") == Some("true")
                || super::pressure::memory_use(&self.pod).is_some_and(|used| {
                    let limit = self.pod.spec.memory_limit(spec);
                    limit > 0 && used > limit
                }),
            hang_after: number("hang-after-seconds").map(Duration::from_seconds),
            redirect: annotations.text("podyard.dev/redirect").map(Rc::from),
            grpc: annotations.text("podyard.dev/grpc-health").map(health),
        }
    }
}

/// Reads `NOT_SERVING`, or `SERVING, orders=NOT_SERVING`: what a server says of itself, and of its services.
fn health(text: &str) -> Rc<[(Rc<str>, Rc<str>)]> {
    let one = |part: &str| {
        let (service, status) = part.split_once('=').unwrap_or(("", part));
        (Rc::from(service.trim()), Rc::from(status.trim()))
    };
    text.split(',').map(one).collect()
}

/// The probes of a new run: nothing is known yet, but what was seen before stays on the strip.
fn fresh_probes(spec: &Container, before: Option<Probes>) -> Option<Box<Probes>> {
    if spec.liveness.is_none() && spec.readiness.is_none() && spec.startup.is_none() {
        return None;
    }
    let mut probes = Probes::default();
    if let Some(before) = before {
        probes.liveness.history = before.liveness.history;
        probes.readiness.history = before.readiness.history;
        probes.startup.history = before.startup.history;
    }
    Some(Box::new(probes))
}

/// What the runtime says when the registry does not answer.
fn unreachable_registry(reference: &Reference) -> String {
    let (full, repository) = (reference.full(), &reference.repository);
    let (host, path) = repository.split_once('/').unwrap_or((repository, ""));
    let host = if host == "docker.io" { "registry-1.docker.io" } else { host };
    format!(
        "rpc error: code = DeadlineExceeded desc = failed to pull and unpack image \"{full}\": failed to resolve \
         reference \"{full}\": failed to do request: Head \"https://{host}/v2/{path}/manifests/{}\": dial tcp: \
         lookup {host}: i/o timeout",
        reference.tag
    )
}
