//! Stopping containers and pods: `preStop`, SIGTERM, grace, SIGKILL; sidecars after the others. Follows
//! `killContainer` and `kuberuntime_termination_order.go`.

use std::rc::Rc;

use super::actions::Why;
use super::runtime::{ContainerRuntime, Stage, Step, Stop};
use super::sync::Look;
use crate::api::core::EventType;
use crate::containers::Signal;
use crate::sim::{Duration, Time};

/// A stop leaves a container at least so long. Follows `minimumGracePeriodInSeconds`.
pub(super) const LEAST_GRACE: Duration = Duration::from_seconds(2);
/// Of a termination message so much is kept. Follows `MaxContainerTerminationMessageLength`.
const MESSAGE_BYTES: usize = 4096;
/// Of a log that stands for a message, so much.
const LOG_MESSAGE_LINES: usize = 80;
const LOG_MESSAGE_BYTES: usize = 2048;

impl Look<'_> {
    /// The pod as a whole is to stop within a grace period.
    pub(super) fn begin_stopping(&mut self, grace: Duration) {
        self.runtime.stage = Stage::Terminating { until: self.now + grace };
        self.runtime.reset = None;
        let last = self.runtime.parts().0.last().zip(self.pod.spec.init_containers.last());
        self.runtime.past_sidecars =
            last.is_some_and(|(last, spec)| last.sidecar && last.started(spec.startup.is_some()));
        for container in &mut self.runtime.containers {
            // A pull that is under way is of no use any more; a hook ends with its container.
            container.step = Step::Idle;
            container.refusal = None;
        }
        self.hurry(self.now + grace);
    }

    /// Asks whoever runs to stop; says whether the pod is over now. All are told and run their hooks at once; sidecars
    /// get their signal when their turn has come.
    pub(super) fn go_on_stopping(&mut self) -> bool {
        let Stage::Terminating { mut until } = self.runtime.stage else { return false };
        if let Some(deletion) = self.pod.meta.deletion {
            // Another deletion may have shortened the grace.
            let sooner = self.now + Duration::from_seconds(deletion.grace_seconds);
            if sooner < until {
                until = sooner;
                self.runtime.stage = Stage::Terminating { until };
                self.hurry(until);
            }
        }
        if !self.runtime.alive() {
            self.runtime.stage = Stage::Terminated;
            return true;
        }
        let mut acted = false;
        for index in 0..self.runtime.containers.len() {
            let Some(container) = self.runtime.containers.get(index) else { break };
            if is_untouched(container) {
                let (sidecar, name) = (container.sidecar, Rc::clone(&container.name));
                let text = format!("Stopping container {name}");
                self.tell(index, EventType::Normal, "Killing", text.into());
                self.begin_stop(index, until - self.now, sidecar);
                acted = true;
            }
        }
        for index in 0..self.runtime.containers.len() {
            acted |= self.take_turn(index);
        }
        acted
    }

    /// Everybody's end comes no later than this.
    fn hurry(&mut self, until: Time) {
        let last = until.max(self.now + LEAST_GRACE);
        let runs = self.runtime.containers.iter_mut().filter_map(|one| one.run.as_mut());
        for stop in runs.filter_map(|run| run.stop.as_mut()) {
            stop.kill_at = stop.kill_at.min(last);
            stop.term_at = stop.term_at.min(last);
        }
    }

    /// A sidecar's turn comes when no app container runs any more, nor the next sidecar after it; what it waited is
    /// taken off its grace in whole seconds. Says whether it has come. Follows `terminationOrdering`.
    fn take_turn(&mut self, index: usize) -> bool {
        let now = self.now;
        let containers = &self.runtime.containers;
        let next = containers.iter().skip(index + 1).find(|one| one.sidecar);
        let held = containers.iter().filter(|one| !one.init).chain(next).any(|one| one.alive());
        let run = self.runtime.containers.get_mut(index).and_then(|one| one.run.as_mut());
        let Some(stop) = run.and_then(|run| run.stop.as_mut()) else { return false };
        let Some(from) = stop.turn_from.filter(|from| *from <= now && !held) else { return false };
        let left = (stop.term_at - from) - Duration::from_seconds((now - from).seconds());
        *stop = Stop {
            turn_from: None,
            term_at: now,
            asked: false,
            kill_at: now + left.max(LEAST_GRACE),
        };
        true
    }

    /// One container is to stop while the pod lives on.
    pub(super) fn kill(&mut self, index: usize, why: Why) {
        let policy = self.pod.spec.restart_policy;
        let Some(container) = self.runtime.containers.get(index) else { return };
        let restarts = self.spec(index).is_some_and(|spec| spec.restarts_when_killed(policy));
        let (kind, tail) = match container.init {
            true => ("Init container", ""),
            false if restarts || why == Why::Changed => ("Container", ", will be restarted"),
            false => ("Container", ""),
        };
        let name = &container.name;
        let text = match why {
            Why::Liveness => format!("{kind} {name} failed liveness probe{tail}"),
            Why::Startup => format!("{kind} {name} failed startup probe{tail}"),
            Why::Changed => format!("{kind} {name} definition changed{tail}"),
        };
        self.tell(index, EventType::Normal, "Killing", text.into());
        if why == Why::Changed
            && let Some(container) = self.runtime.containers.get_mut(index)
        {
            // The record of failures belongs to the old image.
            container.back_off = None;
        }
        let own = self.spec(index).and_then(|spec| match why {
            Why::Liveness => spec.liveness.as_ref()?.grace_seconds,
            Why::Startup => spec.startup.as_ref()?.grace_seconds,
            Why::Changed => None,
        });
        let seconds = own.unwrap_or(self.pod.spec.grace_seconds);
        self.begin_stop(index, Duration::from_seconds(seconds), false);
    }

    /// SIGTERM now, and SIGKILL after a grace.
    pub(super) fn stop_within(&mut self, index: usize, grace: Duration) {
        let now = self.now;
        if let Some(run) = self.runtime.containers.get_mut(index).and_then(|one| one.run.as_mut()) {
            let kill_at = now + grace;
            run.stop = Some(Stop { turn_from: None, term_at: now, asked: false, kill_at });
        }
    }

    /// `preStop`, then SIGTERM, at once or when its turn comes, then SIGKILL after what is left of the grace.
    fn begin_stop(&mut self, index: usize, grace: Duration, in_turn: bool) {
        let hook = self.spec(index).and_then(|spec| spec.pre_stop.clone());
        let mut took = Duration::ZERO;
        if let Some(hook) = hook.filter(|_| grace > Duration::ZERO) {
            let (span, failure) = self.run_hook(index, &hook);
            took = span.min(grace);
            if failure.is_some() {
                let text = "PreStopHook failed";
                self.tell(index, EventType::Warning, "FailedPreStopHook", text.into());
            }
        }
        // What the hook took is taken off the grace in whole seconds.
        let (ready, left) = (self.now + took, grace - Duration::from_seconds(took.seconds()));
        let (turn_from, term_at, kill_at) = match in_turn {
            true => (Some(ready), ready + left, ready + left + LEAST_GRACE),
            false => (None, ready, ready + left.max(LEAST_GRACE)),
        };
        if let Some(run) = self.runtime.containers.get_mut(index).and_then(|one| one.run.as_mut()) {
            run.stop = Some(Stop { turn_from, term_at, asked: false, kill_at });
        }
    }

    /// Sends the signals that are due to a container.
    pub(super) fn stop_in_time(&mut self, index: usize) {
        let now = self.now;
        let run = self.runtime.containers.get_mut(index).and_then(|one| one.run.as_mut());
        let Some(stop) = run.and_then(|run| run.stop.as_mut()) else { return };
        let (asks, kills) = (!stop.asked && stop.term_at <= now, stop.kill_at <= now);
        stop.asked |= asks;
        stop.turn_from = stop.turn_from.filter(|_| !asks);
        if asks {
            self.with_process(index, |process, network, now| {
                process.advance(now, network);
                process.signal(now, Signal::TERM);
            });
        }
        if kills {
            self.with_process(index, |process, network, now| {
                process.advance(now, network);
                process.signal(now, Signal::KILL);
            });
        }
    }

    /// What a container left in its termination log, or the end of its log if the policy says so.
    pub(super) fn termination_message(&self, index: usize, failed: bool) -> String {
        let raw = &self.pod.spec.raw;
        let lists = ["initContainers", "containers"].map(|list| raw.items_at(list));
        let mut all = lists.into_iter().flatten();
        let Some(spec) = all.nth(index) else { return String::new() };
        let path = spec.str_at("terminationMessagePath").unwrap_or("/dev/termination-log");
        let container = self.runtime.containers.get(index);
        let process = container.and_then(|one| one.run.as_ref()?.process.as_ref());
        let text = process.and_then(|process| process.files().read(path)).unwrap_or_default();
        let from_log = spec.str_at("terminationMessagePolicy") == Some("FallbackToLogsOnError");
        if !text.is_empty() || !from_log || !failed {
            return head(text, MESSAGE_BYTES);
        }
        let Some(log) = container.map(|container| &container.log) else { return String::new() };
        let skip = log.len().saturating_sub(LOG_MESSAGE_LINES);
        let lines: String = log.iter().skip(skip).map(|line| format!("{}\n", line.text)).collect();
        tail(&lines, LOG_MESSAGE_BYTES)
    }
}

/// Whether a container runs that nobody has asked to stop yet.
fn is_untouched(container: &ContainerRuntime) -> bool {
    container.run.as_ref().is_some_and(|run| run.end.is_none() && run.stop.is_none())
}

fn head(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

fn tail(text: &str, most: usize) -> String {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default().to_owned()
}
