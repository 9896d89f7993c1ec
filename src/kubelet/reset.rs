//! A pod that begins anew in its place, because a container ended with an exit code that its rules say so of: all its
//! containers are stopped one after another and removed, and what follows is as if none had ever run. Follows
//! `ContainersToReset` in `SyncPod` of `pkg/kubelet/kuberuntime/kuberuntime_manager.go` and
//! `convertToAPIContainerStatuses` of `pkg/kubelet/kubelet_pods.go`.

use std::rc::Rc;

use super::runtime::{Refusal, Reset};
use super::stop::LEAST_GRACE;
use super::sync::Look;
use crate::api::core::{EventType, Terminated};

/// Why a container waits, and how it ended, whose runs were removed. Follows `RestartingAllContainers`.
pub(super) const RESETTING: &str = "RestartingAllContainers";
const MESSAGE: &str = "The container is removed because RestartAllContainers in place";
/// With what code it is said to have ended.
const REMOVED_CODE: i64 = 137;

impl Look<'_> {
    /// Stops the next container; removes all when nothing runs any more. Says whether it did anything. Nothing is done
    /// before the pod has told that it begins anew.
    pub(super) fn go_on_resetting(&mut self, reset: &Reset) -> bool {
        if self.now <= reset.since {
            return false;
        }
        for index in reset.order.iter().copied() {
            let run = self.runtime.containers.get(index).and_then(|one| one.run.as_ref());
            let Some(run) = run.filter(|run| run.end.is_none()) else { continue };
            if run.stop.is_some() {
                return false;
            }
            self.tell(index, EventType::Normal, "Killing", "killing".into());
            self.stop_within(index, LEAST_GRACE);
            return true;
        }
        for index in reset.order.iter().copied() {
            self.remove_runs(index);
        }
        self.runtime.reset = None;
        true
    }

    fn remove_runs(&mut self, index: usize) {
        let now = self.now;
        let Some(container) = self.runtime.containers.get_mut(index) else { return };
        container.removed = container.restarts() + 1;
        container.run = None;
        container.previous_log = std::mem::take(&mut container.log);
        container.last = Some(Rc::new(Terminated {
            exit_code: REMOVED_CODE,
            reason: RESETTING.into(),
            message: MESSAGE.into(),
            started: None,
            finished: None,
            container_id: "".into(),
        }));
        container.refusal = Some(Box::new(Refusal {
            reason: RESETTING,
            message: MESSAGE.into(),
            visible: now,
            retry_at: now,
        }));
    }

    /// The first init container runs again: the others wait as they did the first time.
    pub(super) fn forget_reset(&mut self) {
        for container in &mut self.runtime.containers {
            let refusal = container.refusal.take();
            container.refusal = refusal.filter(|refusal| refusal.reason != RESETTING);
        }
    }
}
