//! What is running of a pod: plain data.

use std::rc::Rc;

use imbl::Vector;

use super::LogLine;
use crate::api::core::Terminated;
use crate::api::meta::NodeName;
use crate::containers::{Answer, Process};
use crate::sim::{Duration, Time};

/// How many lines of a container's log are kept.
const LOG_LINES: usize = 2_000;

/// What a container is doing.
#[derive(Clone, Debug)]
pub(super) enum ContainerPhase {
    /// It is not its turn yet.
    Waiting,
    /// Its image is being pulled.
    Pulling { from: Time, until: Time },
    /// Its image could not be pulled.
    PullFailed { message: Rc<str>, since: Time, retry_at: Time, wait: Duration, told: bool },
    /// Its configuration is wrong; looked at again then.
    BadConfig { reason: &'static str, message: Rc<str>, retry_at: Time },
    /// It is being created and started.
    Starting { at: Time },
    /// It runs.
    Running { since: Time },
    /// It ended.
    Exited { end: Rc<Terminated>, at: Time, restart_at: Option<Time>, wait: Duration, told: bool },
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
    /// The last tries, newest last: when, and whether it went well.
    pub history: Vector<(Time, bool)>,
}

/// A container of a pod.
#[derive(Clone, Debug)]
pub(super) struct ContainerRuntime {
    pub name: Rc<str>,
    pub image: Rc<str>,
    pub init: bool,
    pub sidecar: bool,
    pub phase: ContainerPhase,
    pub process: Option<Process>,
    pub restarts: i64,
    /// The back-off: how long the next wait is.
    pub back_off: Option<Duration>,
    pull_wait: Duration,
    /// How the run before ended.
    pub last: Option<Rc<Terminated>>,
    pub container_id: Rc<str>,
    pub image_id: Rc<str>,
    pub log: Vector<LogLine>,
    pub previous_log: Vector<LogLine>,
    pub liveness: ProbeState,
    pub readiness: ProbeState,
    pub startup: ProbeState,
    /// When it is killed, once it was asked to stop.
    pub kill_at: Option<Time>,
    /// When a stop asked for by `preStop` reaches it.
    pub term_at: Option<Time>,
}

impl ContainerRuntime {
    pub(super) fn new(name: &Rc<str>, image: &Rc<str>, init: bool, sidecar: bool) -> Self {
        Self {
            name: Rc::clone(name),
            image: Rc::clone(image),
            init,
            sidecar,
            phase: ContainerPhase::Waiting,
            process: None,
            restarts: 0,
            back_off: None,
            pull_wait: Duration::ZERO,
            last: None,
            container_id: "".into(),
            image_id: "".into(),
            log: Vector::new(),
            previous_log: Vector::new(),
            liveness: ProbeState::default(),
            readiness: ProbeState::default(),
            startup: ProbeState::default(),
            kill_at: None,
            term_at: None,
        }
    }

    pub(super) const fn running(&self) -> Option<Time> {
        match self.phase {
            ContainerPhase::Running { since } => Some(since),
            _ => None,
        }
    }

    pub(super) const fn was_started(&self) -> bool {
        matches!(self.phase, ContainerPhase::Running { .. } | ContainerPhase::Exited { .. })
    }

    /// It ended and will not be started again.
    pub(super) const fn over(&self) -> Option<&Rc<Terminated>> {
        match &self.phase {
            ContainerPhase::Exited { end, restart_at: None, .. } => Some(end),
            _ => None,
        }
    }

    /// Whether its startup probe, if it has one, has passed.
    pub(super) fn started(&self, has_probe: bool) -> bool {
        self.running().is_some() && (!has_probe || self.startup.result == Some(true))
    }

    /// How long to wait should the pull at hand fail.
    pub(super) const fn back_off_of_pull(&mut self, wait: Duration) {
        self.pull_wait = wait;
    }

    /// How long to wait after the pull at hand failed.
    pub(super) const fn pull_wait(&self) -> Duration {
        self.pull_wait
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

/// A pod on its node.
#[derive(Clone, Debug)]
pub(super) struct PodRuntime {
    pub node: NodeName,
    /// When the kubelet first saw it.
    pub seen: Time,
    /// When its sandbox is there.
    pub sandbox_at: Time,
    pub address: Option<Rc<str>>,
    /// Init containers first.
    pub containers: Vec<ContainerRuntime>,
    /// Since when it is being stopped as a whole.
    pub stopping: Option<Time>,
    /// It was refused or ran too long: reason and message.
    pub verdict: Option<(Rc<str>, Rc<str>)>,
    /// Whether everything is over and its status was written.
    pub released: bool,
    /// How often the machine lost power under it.
    pub outages: u32,
}

impl PodRuntime {
    /// Answers a request with the first container that listens.
    pub(super) fn http(&mut self, now: Time, port: u16, path: &str, peer: &str) -> Answer {
        let mut answer = Answer::Refused;
        for container in &mut self.containers {
            let Some(process) = &mut container.process else { continue };
            if process.exit().is_none() && (process.listens(port) || process.hung()) {
                answer = process.http(now, port, path, peer);
                let lines = process.take_output();
                container.note(lines);
                break;
            }
        }
        answer
    }

    /// The machine lost power: every process is gone.
    pub(super) fn power_off(&mut self, now: Time) {
        self.outages += 1;
        for container in &mut self.containers {
            if let Some(process) = &mut container.process {
                process.signal(now, crate::containers::Signal::Kill);
            }
        }
    }
}
