//! Liveness, readiness and startup probes. Follows `pkg/kubelet/prober/{worker,prober}.go`.
//!
//! The first probe comes when the container has run for `initialDelaySeconds`, the next after each period. A probe
//! that keeps saying what it said still costs a look each period: it may talk to a process whose answers change with
//! every request.

use std::rc::Rc;

use crate::persistent::Vector;

use super::runtime::{ContainerRuntime, ProbeState, Stage};
use super::sync::Look;
use crate::api::core::{Container, EventType, Handler, Probe};
use crate::containers::{Answer, Health, Process, Request};
use crate::sim::{Duration, Time};

/// As what the kubelet names itself, in probes and in hooks. Follows `pkg/probe/http` and `pkg/kubelet/lifecycle`.
const PROBE: &str = "kube-probe/1.36";
const LIFECYCLE: &str = "kube-lifecycle/1.36";
/// How many results of a probe are kept for the strip on the screen.
const HISTORY: usize = 20;
/// So many redirects a probe follows. Follows `RedirectChecker`.
const MOST_REDIRECTS: usize = 10;
/// So much of a probe's output is told. Follows `maxReadLength`.
const OUTPUT_BYTES: usize = 10 * 1024;
/// So much of it is kept with a result.
const KEPT_OUTPUT: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Startup,
    Liveness,
    Readiness,
}

const KINDS: [Kind; 3] = [Kind::Startup, Kind::Liveness, Kind::Readiness];

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
            Self::Startup => "Startup",
        }
    }

    const fn of(self, container: &Container) -> Option<&Rc<Probe>> {
        match self {
            Self::Liveness => container.liveness.as_ref(),
            Self::Readiness => container.readiness.as_ref(),
            Self::Startup => container.startup.as_ref(),
        }
    }

    fn state(self, container: &ContainerRuntime) -> Option<&ProbeState> {
        let probes = container.probes.as_deref()?;
        Some(match self {
            Self::Liveness => &probes.liveness,
            Self::Readiness => &probes.readiness,
            Self::Startup => &probes.startup,
        })
    }

    fn state_mut(self, container: &mut ContainerRuntime) -> Option<&mut ProbeState> {
        let probes = container.probes.as_deref_mut()?;
        Some(match self {
            Self::Liveness => &mut probes.liveness,
            Self::Readiness => &mut probes.readiness,
            Self::Startup => &mut probes.startup,
        })
    }
}

/// How a try went.
enum Outcome {
    Success,
    /// It counts as a success, and is told.
    Warning(String),
    Failure(String),
    /// The probe itself could not be made; that counts neither way.
    Unknown(String),
}

/// The number of a port that is given by number or name.
pub(super) fn port_number(container: Option<&Container>, text: &str) -> u16 {
    let named =
        container.and_then(|container| container.ports.iter().find(|port| *port.name == *text));
    let number = named.map(|port| port.container_port).or_else(|| text.parse().ok()).unwrap_or(0);
    u16::try_from(number).unwrap_or(0)
}

/// The same, for a probe: what is neither a port's name nor a number is an error. Follows `ResolveContainerPort`.
fn port_of(container: &Container, text: &str) -> Result<u16, String> {
    let named = container.ports.iter().any(|port| *port.name == *text);
    if !named && text.parse::<i64>().is_err() {
        return Err(format!("strconv.Atoi: parsing \"{text}\": invalid syntax"));
    }
    Ok(port_number(Some(container), text))
}

/// The path of an address, if it is one of this host and port.
fn path_on<'a>(host: &str, port: u16, to: &'a str) -> Option<&'a str> {
    let Some((_, rest)) = to.split_once("://") else { return Some(to) };
    let (place, _) = rest.split_once('/').unwrap_or((rest, ""));
    let path = rest.strip_prefix(place).filter(|path| !path.is_empty()).unwrap_or("/");
    (place == format!("{host}:{port}") || place == host && port == 80).then_some(path)
}

impl Look<'_> {
    /// Does the probes that are due.
    pub(super) fn probe(&mut self) {
        for index in 0..self.runtime.containers.len() {
            for kind in KINDS {
                self.probe_one(index, kind);
            }
        }
    }

    /// When each probe is due next.
    pub(super) fn probe_wakes(&self) -> impl Iterator<Item = Time> {
        let indices = 0..self.runtime.containers.len();
        indices.flat_map(move |index| {
            KINDS.into_iter().filter_map(move |kind| self.due(index, kind).map(|(_, at)| at))
        })
    }

    /// The probe of a kind and when it is due, if it is made at all now. Follows `doProbe`.
    fn due(&self, index: usize, kind: Kind) -> Option<(&Rc<Probe>, Time)> {
        let spec = self.spec(index)?;
        let probe = kind.of(spec)?;
        let container = self.runtime.containers.get(index)?;
        let since = container.running()?;
        // A pod that is being stopped is asked no more whether it is well, but still whether it may get requests.
        let stopping =
            self.runtime.stage != Stage::Syncing || container.run.as_ref()?.stop.is_some();
        if stopping && kind != Kind::Readiness {
            return None;
        }
        let passed = container.started(spec.startup.is_some());
        if passed == (kind == Kind::Startup) {
            return None;
        }
        let first = since + Duration::from_seconds(probe.initial_delay_seconds);
        Some((probe, kind.state(container)?.next.unwrap_or(first)))
    }

    fn probe_one(&mut self, index: usize, kind: Kind) {
        let Some((probe, due)) = self.due(index, kind) else { return };
        let (probe, now) = (Rc::clone(probe), self.now);
        if now < due {
            return;
        }
        let outcome = self.try_probe(index, &probe);
        let told = match &outcome {
            Outcome::Success => None,
            Outcome::Warning(output) => Some(("ProbeWarning", "warning", output)),
            Outcome::Failure(output) => Some(("Unhealthy", "failed", output)),
            Outcome::Unknown(error) => {
                Some(("Unhealthy", "errored and resulted in unknown state", error))
            }
        };
        if let Some((reason, words, output)) = told {
            let text = format!("{} probe {words}: {output}", kind.word());
            self.tell(index, EventType::Warning, reason, text.into());
        }
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        let Some(state) = kind.state_mut(container) else { return };
        // The first look may come late (a startup probe held the others back): periods count from then.
        state.next = Some(due.max(now) + Duration::from_seconds(probe.period_seconds));
        count(state, &probe, &outcome, now);
    }

    fn try_probe(&mut self, index: usize, probe: &Probe) -> Outcome {
        let address = self.runtime.address.clone().unwrap_or_default();
        let port = match &probe.handler {
            Handler::Http { port, .. } | Handler::Tcp { port, .. } | Handler::Grpc { port, .. } => {
                match self.spec(index).map(|spec| port_of(spec, port)) {
                    Some(Err(error)) => return Outcome::Unknown(error),
                    Some(Ok(port)) => port,
                    None => 0,
                }
            }
            Handler::Exec(_) | Handler::Sleep { .. } => 0,
        };
        match &probe.handler {
            Handler::Exec(argv) => self.try_exec(index, argv, probe),
            Handler::Http { path, host, scheme, .. } => {
                let host = if host.is_empty() { address } else { Rc::clone(host) };
                self.try_http(&host, port, path, scheme)
            }
            Handler::Tcp { host, .. } => {
                let host = if host.is_empty() { &address } else { host };
                match self.knock(host, port) {
                    Answer::Body { .. } | Answer::Moved { .. } => Outcome::Success,
                    Answer::Silent => {
                        Outcome::Failure(format!("dial tcp {host}:{port}: i/o timeout"))
                    }
                    Answer::Refused | Answer::Unknown => {
                        let text = format!("dial tcp {host}:{port}: connect: connection refused");
                        Outcome::Failure(text)
                    }
                }
            }
            Handler::Grpc { service, .. } => self.try_grpc(&address, port, service, probe),
            Handler::Sleep { .. } => Outcome::Success,
        }
    }

    /// Asks for the health of a service. A port that nobody serves looks like one that does not speak gRPC: the client
    /// waits for a connection that it can use. Follows `pkg/probe/grpc`.
    fn try_grpc(&self, address: &str, port: u16, service: &str, probe: &Probe) -> Outcome {
        let runs = self.runtime.containers.iter().filter_map(|one| one.run.as_ref());
        let mut processes = runs.filter_map(|run| run.process.as_deref());
        let health = processes.find(|one| one.listens(port)).map(|one| one.grpc(port, service));
        match health.unwrap_or(Health::Silent) {
            Health::Status(status) if *status == *"SERVING" => Outcome::Success,
            Health::Status(status) => {
                Outcome::Failure(format!("service unhealthy (responded with \"{status}\")"))
            }
            Health::UnknownService => Outcome::Failure(
                "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"
                    .into(),
            ),
            Health::Silent => Outcome::Failure(format!(
                "timeout: failed to connect service \"{address}:{port}\" within {}: context deadline exceeded",
                Duration::from_seconds(probe.timeout_seconds).go()
            )),
        }
    }

    fn try_exec(&mut self, index: usize, argv: &Rc<[Rc<str>]>, probe: &Probe) -> Outcome {
        let timeout = Duration::from_seconds(probe.timeout_seconds);
        let run = self.runtime.containers.get(index).and_then(|one| one.run.as_ref());
        let hung = run.and_then(|run| run.process.as_deref()).is_some_and(Process::hung);
        let output = if hung { None } else { self.exec(index, argv) };
        let late = || {
            let words = argv.join(" ");
            Outcome::Failure(format!(
                "command timed out: {words:?} timed out after {}",
                timeout.go()
            ))
        };
        let Some(output) = output else { return late() };
        if output.endless || output.took > timeout {
            return late();
        }
        if output.stderr.starts_with("OCI runtime exec failed") {
            let id = self.seed.hex("exec", self.now.unix_millis().unsigned_abs(), 64);
            let text = output.stderr.trim_end();
            return Outcome::Unknown(format!(
                "rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"{id}\": {text}"
            ));
        }
        match output.code {
            0 => Outcome::Success,
            _ => {
                let text = format!("{}{}", output.stdout, output.stderr);
                Outcome::Failure(text.chars().take(OUTPUT_BYTES).collect())
            }
        }
    }

    fn try_http(&mut self, host: &Rc<str>, port: u16, path: &str, scheme: &str) -> Outcome {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let url = format!("{}://{host}:{port}{path}", scheme.to_lowercase());
        let mut answer = self.ask(host, Request { port, path: &path, agent: PROBE });
        // The client goes along on the same host, but to no other.
        for _ in 0..MOST_REDIRECTS {
            let Answer::Moved { to, body } = &answer else { break };
            let Some(path) = path_on(host, port, to) else {
                let text = format!("Probe terminated redirects, Response body: {body}");
                return Outcome::Warning(text);
            };
            let path = path.to_owned();
            answer = self.ask(host, Request { port, path: &path, agent: PROBE });
        }
        match answer {
            Answer::Moved { to, .. } => {
                let text = format!("Get \"{to}\": stopped after {MOST_REDIRECTS} redirects");
                Outcome::Failure(text)
            }
            Answer::Body { status, .. } if (200..400).contains(&status) => Outcome::Success,
            Answer::Body { status, .. } => {
                Outcome::Failure(format!("HTTP probe failed with statuscode: {status}"))
            }
            Answer::Silent => Outcome::Failure(format!(
                "Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            )),
            Answer::Refused | Answer::Unknown => Outcome::Failure(format!(
                "Get \"{url}\": dial tcp {host}:{port}: connect: connection refused"
            )),
        }
    }

    /// Asks for a page, as a hook does.
    pub(super) fn ask_from_outside(
        &mut self,
        host: &str,
        port: u16,
        path: &str,
    ) -> Result<(), String> {
        match self.ask(host, Request { port, path, agent: LIFECYCLE }) {
            Answer::Moved { .. } => Ok(()),
            Answer::Body { status, .. } if (200..400).contains(&status) => Ok(()),
            Answer::Body { status, .. } => Err(format!("HTTP status {status}")),
            Answer::Silent | Answer::Refused | Answer::Unknown => {
                Err(format!("dial tcp {host}:{port}: connect: connection refused"))
            }
        }
    }

    /// The kubelet asks a pod, usually its own, for a page.
    fn ask(&mut self, host: &str, request: Request<'_>) -> Answer {
        let now = self.now;
        let peer = self.node.map(|node| Rc::clone(&node.status.internal_ip)).unwrap_or_default();
        let own = self.runtime.address.as_deref() == Some(host)
            || matches!(host, "localhost" | "127.0.0.1");
        if own {
            return self.runtime.http(now, request, &peer);
        }
        let Some(uid) = self.kubelets.addresses.get(host).copied() else { return Answer::Silent };
        match self.kubelets.runtimes.get_mut(&uid) {
            Some(other) => other.http(now, request, &peer),
            None => Answer::Silent,
        }
    }

    /// Whether somebody listens, without asking for anything.
    fn knock(&self, host: &str, port: u16) -> Answer {
        let own = self.runtime.address.as_deref() == Some(host);
        if !own {
            return Answer::Silent;
        }
        let processes = || {
            self.runtime.containers.iter().filter_map(|one| one.run.as_ref()?.process.as_deref())
        };
        if processes().any(|process| process.hung()) {
            Answer::Silent
        } else if processes().any(|process| process.listens(port)) {
            Answer::Body { status: 200, body: String::new() }
        } else {
            Answer::Refused
        }
    }
}

/// How one try of a probe went, for those who look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// It succeeded.
    Success,
    /// It failed.
    Failure,
    /// The probe itself could not be made; that counts neither way.
    Unknown,
}

/// One try of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// When.
    pub at: Time,
    /// How it went.
    pub outcome: ProbeOutcome,
    /// What it said, if it did not simply succeed.
    pub output: Option<Rc<str>>,
}

impl ProbeResult {
    /// Whether it succeeded.
    pub const fn good(&self) -> bool {
        matches!(self.outcome, ProbeOutcome::Success)
    }
}

/// Keeps how a try went. The same words twice in a row are kept once.
fn note(history: &mut Vector<ProbeResult>, outcome: &Outcome, at: Time) {
    let (outcome, text) = match outcome {
        Outcome::Success => (ProbeOutcome::Success, None),
        Outcome::Warning(text) => (ProbeOutcome::Success, Some(text)),
        Outcome::Failure(text) => (ProbeOutcome::Failure, Some(text)),
        Outcome::Unknown(text) => (ProbeOutcome::Unknown, Some(text)),
    };
    let output = text.map(|text| {
        let shown: String = text.chars().take(KEPT_OUTPUT).collect();
        let last = history.back().and_then(|last| last.output.as_ref());
        match last.filter(|last| ***last == *shown) {
            Some(last) => Rc::clone(last),
            None => shown.into(),
        }
    });
    history.push_back(ProbeResult { at, outcome, output });
    if history.len() > HISTORY {
        history.pop_front();
    }
}

/// What a try does to the counts. Follows the end of `doProbe`.
fn count(state: &mut ProbeState, probe: &Probe, outcome: &Outcome, now: Time) {
    note(&mut state.history, outcome, now);
    let well = match outcome {
        Outcome::Success | Outcome::Warning(_) => true,
        Outcome::Failure(_) => false,
        Outcome::Unknown(_) => return,
    };
    if well {
        (state.successes, state.failures) = (state.successes + 1, 0);
        if state.successes >= probe.success_threshold {
            state.result = Some(true);
        }
    } else {
        (state.successes, state.failures) = (0, state.failures + 1);
        if state.failures >= probe.failure_threshold {
            state.result = Some(false);
        }
    }
}
