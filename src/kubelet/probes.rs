//! Liveness, readiness and startup probes. Follows `pkg/kubelet/prober/{worker,prober}.go`.
//!
//! A probe that keeps saying what it said still costs a wake-up each period: it may talk to a process whose answers
//! change with every request.

use std::rc::Rc;

use super::runtime::ProbeState;
use super::sync::Look;
use crate::api::core::{Container, EventType, Handler, Probe, RestartPolicy};
use crate::containers::Answer;
use crate::sim::Duration;

/// How many results of a probe are kept for the strip on the screen.
const HISTORY: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Liveness,
    Readiness,
    Startup,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
            Self::Startup => "Startup",
        }
    }

    fn of(self, container: &Container) -> Option<&Rc<Probe>> {
        match self {
            Self::Liveness => container.liveness.as_ref(),
            Self::Readiness => container.readiness.as_ref(),
            Self::Startup => container.startup.as_ref(),
        }
    }
}

impl Look<'_> {
    /// Does the probes that are due.
    pub(super) fn probe(&mut self) {
        for index in 0..self.runtime.containers.len() {
            for kind in [Kind::Startup, Kind::Liveness, Kind::Readiness] {
                self.probe_one(index, kind);
            }
        }
    }

    fn state(&mut self, index: usize, kind: Kind) -> Option<&mut ProbeState> {
        let container = self.runtime.containers.get_mut(index)?;
        Some(match kind {
            Kind::Liveness => &mut container.liveness,
            Kind::Readiness => &mut container.readiness,
            Kind::Startup => &mut container.startup,
        })
    }

    fn probe_one(&mut self, index: usize, kind: Kind) {
        let Some(spec) = self.spec(index) else { return };
        let Some(probe) = kind.of(spec).cloned() else { return };
        let has_startup = spec.startup.is_some();
        let Some(container) = self.runtime.containers.get(index) else { return };
        let Some(since) = container.running().filter(|_| container.kill_at.is_none()) else {
            return;
        };
        let passed = container.startup.result == Some(true);
        if (kind == Kind::Startup && passed) || (kind != Kind::Startup && has_startup && !passed) {
            return;
        }
        let first = since + Duration::from_seconds(probe.initial_delay_seconds);
        let now = self.now;
        let Some(state) = self.state(index, kind) else { return };
        let due = *state.next.get_or_insert(first.max(now));
        if now < due {
            return self.wake_at(due);
        }
        let next = due + Duration::from_seconds(probe.period_seconds);
        state.next = Some(next);
        self.wake_at(next);
        let result = self.try_probe(index, &probe);
        self.count(index, kind, &probe, result);
    }

    fn count(&mut self, index: usize, kind: Kind, probe: &Probe, result: Result<(), String>) {
        let now = self.now;
        if let Err(output) = &result {
            let Some(container) = self.runtime.containers.get(index).cloned() else { return };
            let text = format!("{} probe failed: {output}", kind.word());
            self.tell(&container, EventType::Warning, "Unhealthy", text);
        }
        let Some(state) = self.state(index, kind) else { return };
        state.history.push_back((now, result.is_ok()));
        if state.history.len() > HISTORY {
            state.history.pop_front();
        }
        match result {
            Ok(()) => {
                state.successes += 1;
                state.failures = 0;
                if state.successes >= probe.success_threshold {
                    state.result = Some(true);
                }
            }
            Err(_) => {
                state.failures += 1;
                state.successes = 0;
                if state.failures >= probe.failure_threshold {
                    state.result = Some(false);
                    if kind != Kind::Readiness {
                        self.kill_unhealthy(index, kind, probe);
                    }
                }
            }
        }
    }

    /// A container that failed its probe too often is stopped; the restart policy says what then.
    fn kill_unhealthy(&mut self, index: usize, kind: Kind, probe: &Probe) {
        let Some(container) = self.runtime.containers.get(index).cloned() else { return };
        let restarts = self.pod.spec.restart_policy != RestartPolicy::Never || container.sidecar;
        let (prefix, tail) = (
            if container.init { "Init container" } else { "Container" },
            if restarts { ", will be restarted" } else { "" },
        );
        let word = kind.word().to_lowercase();
        let text = format!("{prefix} {} failed {word} probe{tail}", container.name);
        self.tell(&container, EventType::Normal, "Killing", text);
        let grace = probe.grace_seconds.unwrap_or(self.pod.spec.grace_seconds);
        self.begin_stop(index, Duration::from_seconds(grace));
        let now = self.now;
        self.wake_at(now);
    }

    /// One try; an error is the output of the event.
    fn try_probe(&mut self, index: usize, probe: &Probe) -> Result<(), String> {
        let address = self.runtime.address.clone().unwrap_or_default();
        let container = self.spec(index).cloned();
        let port_of = |text: &Rc<str>| -> u16 {
            let named = container
                .as_ref()
                .and_then(|container| container.ports.iter().find(|port| port.name == *text));
            let number =
                named.map(|port| port.container_port).or_else(|| text.parse().ok()).unwrap_or(0);
            u16::try_from(number).unwrap_or(0)
        };
        match &probe.handler {
            Handler::Exec(argv) => self.try_exec(index, argv, probe),
            Handler::Http { port, path, host, scheme } => {
                let host = if host.is_empty() { address } else { Rc::clone(host) };
                self.try_http(index, &host, port_of(port), path, scheme)
            }
            Handler::Tcp { port, .. } => {
                let port = port_of(port);
                match self.ask(index, port, None) {
                    Answer::Body { .. } => Ok(()),
                    Answer::Silent => Err(format!("dial tcp {address}:{port}: i/o timeout")),
                    _ => Err(format!("dial tcp {address}:{port}: connect: connection refused")),
                }
            }
            Handler::Grpc { port, .. } => {
                let port = port_of(port);
                match self.ask(index, port, None) {
                    Answer::Body { .. } => Ok(()),
                    _ => Err(format!(
                        "timeout: failed to connect service \"{address}:{port}\" within {}s: context deadline exceeded",
                        probe.timeout_seconds
                    )),
                }
            }
            Handler::Sleep { .. } => Ok(()),
        }
    }

    fn try_exec(
        &mut self,
        index: usize,
        argv: &Rc<[Rc<str>]>,
        probe: &Probe,
    ) -> Result<(), String> {
        let timeout = Duration::from_seconds(probe.timeout_seconds);
        let hung = self
            .runtime
            .containers
            .get(index)
            .and_then(|one| one.process.as_ref())
            .is_some_and(|one| one.hung());
        let output = if hung { None } else { self.exec(index, argv) };
        match output {
            Some(output) if !output.endless && output.took <= timeout => match output.code {
                0 => Ok(()),
                _ => Err(format!("{}{}", output.stdout, output.stderr)),
            },
            _ => Err(format!(
                "command timed out: \"{}\" timed out after {}",
                argv.join(" "),
                timeout.go()
            )),
        }
    }

    fn try_http(
        &mut self,
        index: usize,
        host: &Rc<str>,
        port: u16,
        path: &str,
        scheme: &str,
    ) -> Result<(), String> {
        let url = format!("{}://{host}:{port}{path}", scheme.to_lowercase());
        match self.ask(index, port, Some(path)) {
            Answer::Body { status, .. } if (200..400).contains(&status) => Ok(()),
            Answer::Body { status, .. } => {
                Err(format!("HTTP probe failed with statuscode: {status}"))
            }
            Answer::Silent => Err(format!(
                "Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            )),
            _ => Err(format!("Get \"{url}\": dial tcp {host}:{port}: connect: connection refused")),
        }
    }

    /// Asks the container's process; without a path only whether somebody listens.
    fn ask(&mut self, index: usize, port: u16, path: Option<&str>) -> Answer {
        let (now, peer) = (self.now, self.pod.status.host_ip.clone().unwrap_or_default());
        let Some(container) = self.runtime.containers.get_mut(index) else {
            return Answer::Refused;
        };
        let Some(process) = &mut container.process else { return Answer::Refused };
        if process.hung() {
            return Answer::Silent;
        }
        let Some(path) = path else {
            let open = process.listens(port);
            return if open {
                Answer::Body { status: 200, body: String::new() }
            } else {
                Answer::Refused
            };
        };
        let answer = process.http(now, port, path, &peer);
        let lines = process.take_output();
        container.note(lines);
        answer
    }
}
