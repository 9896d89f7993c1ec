//! How long a Job waits before it replaces failed pods. Follows `pkg/controller/job/backoff_utils.go`.

use std::rc::Rc;

use crate::api::conditions::{self, Status};
use crate::api::core::Pod;
use crate::sim::{Duration, Time};

/// The wait after the first failure.
const FIRST: Duration = Duration::from_seconds(10);
/// The longest wait.
const LONGEST: Duration = Duration::from_seconds(600);

/// What a Job remembers of its failures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Failures since the last success.
    pub failures: u32,
    /// When the last failed pod ended.
    pub last_failure: Option<Time>,
}

impl Record {
    /// The record after a look at which these pods had newly ended.
    #[must_use]
    pub(super) fn updated(&self, succeeded: &[Rc<Pod>], failed: &[Rc<Pod>], now: Time) -> Self {
        let last_success = succeeded.iter().map(|pod| finish_time(pod, now)).max();
        let ends = failed.iter().map(|pod| finish_time(pod, now));
        let counted: Vec<Time> =
            ends.filter(|end| last_success.is_none_or(|success| *end > success)).collect();
        let before = if last_success.is_some() { Self::default() } else { self.clone() };
        Self {
            failures: before
                .failures
                .saturating_add(u32::try_from(counted.len()).unwrap_or(u32::MAX)),
            last_failure: counted.into_iter().chain(before.last_failure).max(),
        }
    }

    /// When the next pod may be made, if that lies in the future.
    pub(super) fn ready_at(&self, now: Time) -> Option<Time> {
        let at = self.last_failure? + delay(self.failures);
        (at > now).then_some(at)
    }
}

/// 10 s, doubled with each failure after the first, at most 600 s; nothing without a failure.
pub(super) fn delay(failures: u32) -> Duration {
    match failures {
        0 => Duration::ZERO,
        count => (1..count.min(10)).fold(FIRST, |delay, _| delay.doubled()).min(LONGEST),
    }
}

/// When a pod ended. Follows `getFinishedTime`.
pub(super) fn finish_time(pod: &Pod, now: Time) -> Time {
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.sidecar);
    let mut containers = pod.spec.containers.iter().chain(sidecars);
    let end = |name: &Rc<str>| pod.status.container(name)?.terminated()?.finished;
    // It has not ended before the last has.
    let last = containers.try_fold(None, |last: Option<Time>, container| {
        Some(last.max(Some(end(&container.name)?)))
    });
    if let Some(last) = last.flatten() {
        return last.cut_to_second();
    }
    if let Some(ready) = conditions::find(&pod.status.conditions, "Ready")
        && ready.status == Status::False
    {
        return ready.since.cut_to_second();
    }
    match pod.meta.deletion {
        Some(deletion) => {
            (deletion.at - Duration::from_seconds(deletion.grace_seconds)).cut_to_second()
        }
        None if pod.meta.created <= now => pod.meta.created.cut_to_second(),
        None => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_minutes() {
        let seconds: Vec<i64> = (0..9).map(|failures| delay(failures).seconds()).collect();
        assert_eq!(seconds, [0, 10, 20, 40, 80, 160, 320, 600, 600]);
    }
}
