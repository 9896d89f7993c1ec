//! What is running of a pod on its node: plain data. A moment of it is what upstream finds in the container runtime,
//! in the probe workers, in the back-off records and in the cache of reasons.

use std::rc::Rc;

use crate::persistent::{OrdMap, Vector};

use super::LogLine;
use super::probes::ProbeResult;
use crate::api::core::{Container, Pod, Terminated};
use crate::api::meta::NodeName;
use crate::api::words::{with_text, word};
use crate::containers::catalogue::Named;
use crate::containers::files::Subtree;
use crate::containers::{Answer, Process, Request};
use crate::sim::{Duration, Time};

/// How many lines of a container's log are kept.
const LOG_LINES: usize = 2_000;

/// How far the way from image to process has come.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Nothing is under way.
    Idle,
    /// The image is being pulled: asked for, begun, done.
    Pulling { asked: Time, begun: Time, until: Time, image: Rc<Named> },
    /// The container is being created and started.
    Creating { until: Time, image: Rc<Named> },
    /// It runs, and its `postStart` hook with it; what the hook will have to say if it fails.
    Hook { until: Time, failure: Option<Rc<str>> },
}

/// A container is being asked to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    /// A sidecar waits for others to end: from then on, when its `preStop` hook is over, its turn may come.
    pub turn_from: Option<Time>,
    /// When it gets SIGTERM: after its `preStop` hook, and if it waits for its turn, at the latest.
    pub term_at: Time,
    pub asked: bool,
    /// When it gets SIGKILL.
    pub kill_at: Time,
}

impl Stop {
    /// When something is due.
    ///
    /// Stays a function of its own: inlined, the compiler reads the time ahead of the check that a stop is there at all,
    /// at a place that it computes from whatever lies where `asked` would be (seen with rustc 1.95 at `opt-level = 1`).
    #[inline(never)]
    pub(super) fn next_wake(&self, now: Time) -> Time {
        match self.turn_from {
            Some(turn) if turn > now => turn,
            _ if self.asked => self.kill_at,
            _ => self.term_at,
        }
    }
}

/// One run of a container, from its start on.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// How often the container was started before.
    pub number: i64,
    /// In which sandbox of the pod it was made.
    pub sandbox: u32,
    pub id: Rc<str>,
    /// The image as written in the spec at that time.
    pub image: Rc<str>,
    /// The same in full, as the status shows it.
    pub full_image: Rc<str>,
    pub image_id: Rc<str>,
    pub started: Time,
    pub process: Option<Box<Process>>,
    pub end: Option<Rc<Terminated>>,
    pub stop: Option<Stop>,
}

/// Why a container was not started. Follows upstream's `reasonCache`.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub reason: &'static str,
    pub message: Rc<str>,
    /// From when on the API shows it.
    pub visible: Time,
    /// When it is tried again.
    pub retry_at: Time,
}

/// A wait that doubles: how long, and since when. Follows `flowcontrol.Backoff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BackOff {
    pub wait: Duration,
    pub since: Time,
}

impl BackOff {
    /// The first wait and the longest.
    pub(super) const FIRST: Duration = Duration::from_seconds(10);
    pub(super) const LONGEST: Duration = Duration::from_seconds(300);

    /// Whether the record is too old to count for something that happened at `at`: twice the longest wait.
    fn expired(self, at: Time) -> bool {
        at - self.since > Self::LONGEST.doubled()
    }

    /// When what happened at `event` may be tried again; nothing if at once.
    pub(super) fn holds(record: Option<Self>, event: Time, now: Time) -> Option<Time> {
        let record = record.filter(|record| !record.expired(event))?;
        let until = event + record.wait;
        (now < until).then_some(until)
    }

    /// The record after one more try at `now` because of what happened at `event`.
    pub(super) fn next(record: Option<Self>, event: Time, now: Time) -> Self {
        let wait = match record.filter(|record| !record.expired(event)) {
            Some(record) => record.wait.doubled().min(Self::LONGEST),
            None => Self::FIRST,
        };
        Self { wait, since: now }
    }
}

/// What is remembered of one probe of one run of a container.
#[derive(Clone, Debug, Default)]
pub(super) struct ProbeState {
    /// When the next try is due.
    pub next: Option<Time>,
    pub successes: i64,
    pub failures: i64,
    /// The result that counts: `None` before the first.
    pub result: Option<bool>,
    /// The last tries, newest last.
    pub history: Vector<ProbeResult>,
}

/// The probes of a container; most have none.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    pub liveness: ProbeState,
    pub readiness: ProbeState,
    pub startup: ProbeState,
}

/// A container of a pod.
#[derive(Clone, Debug)]
pub(super) struct ContainerRuntime {
    pub name: Rc<str>,
    /// Its place in the pod, as events name it: `spec.containers{web}`.
    pub path: Rc<str>,
    pub init: bool,
    pub sidecar: bool,
    pub step: Step,
    pub run: Option<Run>,
    /// Its runs were removed: how many there were.
    pub removed: i64,
    /// How the run before ended.
    pub last: Option<Rc<Terminated>>,
    pub refusal: Option<Box<Refusal>>,
    pub back_off: Option<BackOff>,
    /// The image that these two are about: another one is tried at once. Follows the hash in the key of `doBackOff`.
    pub image: Rc<str>,
    pub log: Vector<LogLine>,
    pub previous_log: Vector<LogLine>,
    pub probes: Option<Box<Probes>>,
}

impl ContainerRuntime {
    pub(super) fn new(spec: &Container, init: bool) -> Self {
        let group = if init { "initContainers" } else { "containers" };
        Self {
            name: Rc::clone(&spec.name),
            path: with_text(format_args!("spec.{group}{{{}}}", spec.name), word),
            init,
            sidecar: init && spec.sidecar,
            step: Step::Idle,
            run: None,
            removed: 0,
            last: None,
            refusal: None,
            back_off: None,
            image: Rc::clone(&spec.image),
            log: Vector::new(),
            previous_log: Vector::new(),
            probes: None,
        }
    }

    /// Whether its process is there, also while the `postStart` hook runs.
    pub(super) fn alive(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.end.is_none())
    }

    /// Since when it runs, as the API shows it: not before its `postStart` hook is through.
    pub(super) fn running(&self) -> Option<Time> {
        match self.step {
            Step::Hook { .. } => None,
            _ => self.run.as_ref().filter(|run| run.end.is_none()).map(|run| run.started),
        }
    }

    /// How the run at hand ended.
    pub(super) fn end(&self) -> Option<&Rc<Terminated>> {
        self.run.as_ref()?.end.as_ref()
    }

    /// How often it was started again.
    pub(super) fn restarts(&self) -> i64 {
        self.run.as_ref().map_or(self.removed, |run| run.number)
    }

    /// The number of the run to come.
    pub(super) fn next_number(&self) -> u64 {
        let number = self.run.as_ref().map_or(self.removed, |run| run.number + 1);
        u64::try_from(number).unwrap_or(0)
    }

    /// Whether its startup probe, if it has one, has passed.
    pub(super) fn started(&self, has_probe: bool) -> bool {
        let passed =
            || self.probes.as_ref().is_some_and(|probes| probes.startup.result == Some(true));
        self.running().is_some() && (!has_probe || passed())
    }

    /// Whether it may be sent requests.
    pub(super) fn ready(&self, spec: &Container) -> bool {
        let answers =
            || self.probes.as_ref().is_some_and(|probes| probes.readiness.result == Some(true));
        match self.init && !self.sidecar {
            true => self.end().is_some_and(|end| end.exit_code == 0),
            false => {
                self.started(spec.startup.is_some()) && (spec.readiness.is_none() || answers())
            }
        }
    }

    pub(super) fn note(&mut self, lines: Vec<(Time, Rc<str>)>) {
        for (at, text) in lines {
            self.log.push_back(LogLine { at, text });
            if self.log.len() > LOG_LINES {
                self.log.pop_front();
            }
        }
    }
}

/// The sandbox of a pod: its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sandbox {
    /// There is none (yet, or any more).
    Missing,
    /// It is being made.
    Making { until: Time },
    /// It is there.
    Ready,
}

/// Where a pod stands on its way. Follows the pod worker's `SyncPod`, `SyncTerminatingPod`, `SyncTerminatedPod`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is being brought up, and kept up.
    Syncing,
    /// It is being stopped; when its grace is over.
    Terminating { until: Time },
    /// Nothing of it runs any more.
    Terminated,
}

/// A pod begins anew in its place: since when, and which containers are stopped and removed, in this order.
#[derive(Clone, Debug)]
pub(super) struct Reset {
    pub since: Time,
    pub order: Rc<[usize]>,
}

/// A volume that could not be mounted: how often it was tried, and when it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MountWait {
    pub tries: u32,
    pub retry_at: Time,
}

/// A pod on its node.
#[derive(Clone, Debug)]
pub(super) struct PodRuntime {
    pub node: NodeName,
    /// When the kubelet first saw it.
    pub seen: Time,
    pub stage: Stage,
    pub sandbox: Sandbox,
    /// How many sandboxes it has had.
    pub sandboxes: u32,
    pub address: Option<Rc<str>>,
    /// Init containers first.
    pub containers: Vec<ContainerRuntime>,
    /// Failed pulls per image.
    pub pulls: Vec<(Rc<str>, BackOff, Rc<str>)>,
    pub mount: Option<MountWait>,
    pub reset: Option<Reset>,
    /// What containers wrote into volumes that live as long as the pod.
    pub scratch: OrdMap<Rc<str>, Subtree>,
    /// Which versions of config maps and secrets are mounted.
    pub mounted: Vec<(Rc<str>, u64)>,
    /// It ran too long: reason and message.
    pub verdict: Option<(Rc<str>, Rc<str>)>,
    /// The node did not take it; its status was written then.
    pub rejected: bool,
    /// Its machine lost power under it.
    pub lost: bool,
    /// When it was asked to stop, the last of its init containers was a sidecar that had started.
    pub past_sidecars: bool,
}

impl PodRuntime {
    pub(super) fn new(pod: &Pod, node: &NodeName, now: Time) -> Self {
        let init = pod.spec.init_containers.iter().map(|one| ContainerRuntime::new(one, true));
        let apps = pod.spec.containers.iter().map(|one| ContainerRuntime::new(one, false));
        Self {
            node: Rc::clone(node),
            seen: now,
            stage: Stage::Syncing,
            sandbox: Sandbox::Missing,
            sandboxes: 0,
            address: None,
            containers: init.chain(apps).collect(),
            pulls: Vec::new(),
            mount: None,
            reset: None,
            scratch: OrdMap::new(),
            mounted: Vec::new(),
            verdict: None,
            rejected: false,
            lost: false,
            past_sidecars: false,
        }
    }

    /// Init containers and app containers.
    pub(super) fn parts(&self) -> (&[ContainerRuntime], &[ContainerRuntime]) {
        self.containers.split_at(self.containers.partition_point(|one| one.init))
    }

    /// Whether any process is left.
    pub(super) fn alive(&self) -> bool {
        self.containers.iter().any(ContainerRuntime::alive)
    }

    /// Answers a request with the first container that listens.
    pub(super) fn http(&mut self, now: Time, request: Request<'_>, peer: &str) -> Answer {
        for container in &mut self.containers {
            let Some(process) = container.run.as_mut().and_then(|run| run.process.as_mut()) else {
                continue;
            };
            if process.exit().is_none() && (process.listens(request.port) || process.hung()) {
                let answer = process.http(now, request, peer);
                let lines = process.take_output();
                container.note(lines);
                return answer;
            }
        }
        Answer::Refused
    }

    /// The machine lost power: every process is gone. What that means for the containers is found out when the
    /// machine is back.
    pub(super) fn power_off(&mut self) {
        self.lost = true;
        for run in self.containers.iter_mut().filter_map(|container| container.run.as_mut()) {
            run.process = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each run begins if a container dies `runs` seconds after each start.
    fn starts(runs: i64, count: usize) -> Vec<i64> {
        let mut record = None;
        let (mut all, mut now) = (vec![0], Time::default());
        while all.len() < count {
            let end = now + Duration::from_seconds(runs);
            now = BackOff::holds(record, end, end).unwrap_or(end);
            record = Some(BackOff::next(record, end, now));
            all.push(now.unix_seconds());
        }
        all
    }

    #[test]
    fn waits_double_from_ten_seconds_to_five_minutes() {
        assert_eq!(starts(0, 10), [0, 0, 10, 30, 70, 150, 310, 610, 910, 1210]);
        assert_eq!(starts(5, 5), [0, 5, 20, 45, 90]);
    }

    #[test]
    fn a_run_of_more_than_ten_minutes_clears_the_record() {
        assert_eq!(starts(600, 5), [0, 600, 1210, 1830, 2470]);
        assert_eq!(starts(601, 5), [0, 601, 1202, 1803, 2404]);
    }
}
