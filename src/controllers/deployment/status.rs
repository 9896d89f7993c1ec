//! Numbers and conditions of a Deployment. Follows `progress.go` and `calculateStatus`.

use std::rc::Rc;

use super::Look;
use super::replica_sets::{fenceposts, new_replica_set};
use crate::api::apps::{Deployment, DeploymentStatus, ReplicaSet};
use crate::api::conditions::{self, Condition, Status};
use crate::api::object::AnyObject;
use crate::reconcile::Write;
use crate::sim::{Duration, Time};

/// `progressDeadlineSeconds` of this size means none.
const NO_DEADLINE: i64 = 2_147_483_647;

/// Follows `DeploymentComplete`.
pub(super) const fn is_complete(status: &DeploymentStatus, want: i64) -> bool {
    status.updated == want && status.replicas == want && status.available == want
}

/// Follows `DeploymentProgressing`.
const fn has_progressed(was: &DeploymentStatus, is: &DeploymentStatus) -> bool {
    is.updated > was.updated
        || is.replicas - is.updated < was.replicas - was.updated
        || is.ready > was.ready
        || is.available > was.available
}

impl Look<'_> {
    /// The sums over its ReplicaSets.
    pub(super) fn status_numbers(&self) -> DeploymentStatus {
        let sum = |of: fn(&ReplicaSet) -> i64| self.sets.iter().map(|set| of(set)).sum::<i64>();
        let new = new_replica_set(self.deployment, &self.sets);
        let available = sum(|set| set.status.available);
        let terminating = sum(|set| set.status.terminating.unwrap_or(0));
        DeploymentStatus {
            replicas: sum(|set| set.status.replicas),
            updated: new.map_or(0, |new| new.status.replicas),
            ready: sum(|set| set.status.ready),
            available,
            unavailable: (sum(|set| set.spec.replicas) - available).max(0),
            terminating: Some(terminating),
            observed_generation: self.deployment.meta.generation,
            collision_count: self.collisions,
            conditions: self.deployment.status.conditions.clone(),
        }
    }

    /// Writes the status if it differs.
    pub(super) fn write_status(&mut self) {
        let mut status = self.status_numbers();
        self.set_available(&mut status);
        self.set_progressing(&mut status);
        self.set_failure(&mut status);
        self.keep(status);
    }

    /// Writes the numbers if they differ; no progress is judged while the Deployment is scaled, paused or deleted.
    /// Follows `syncDeploymentStatus`.
    pub(super) fn write_numbers(&mut self) {
        let mut status = self.status_numbers();
        if self.deployment.spec.paused
            && !self.deployment.meta.deleting()
            && self.deployment.spec.progress_deadline_seconds < NO_DEADLINE
        {
            self.set_paused(&mut status);
        }
        self.set_available(&mut status);
        self.keep(status);
    }

    /// Writes that no ReplicaSet could be made; the numbers, and the generation they are of, stay as they were.
    pub(super) fn write_refusal(&mut self, text: &str) {
        let mut status = self.deployment.status.clone();
        if self.deployment.spec.progress_deadline_seconds < NO_DEADLINE {
            self.put(&mut status, "Progressing", Status::False, "ReplicaSetCreateError", text);
        }
        self.keep(status);
    }

    fn keep(&mut self, status: DeploymentStatus) {
        if status != self.deployment.status {
            let changed = Deployment {
                meta: self.deployment.meta.clone(),
                spec: Rc::clone(&self.deployment.spec),
                status,
            };
            self.writes.push(Write::UpdateStatus(AnyObject::Deployment(Rc::new(changed))));
        }
    }

    fn set_available(&self, status: &mut DeploymentStatus) {
        let least = self.deployment.spec.replicas - fenceposts(self.deployment).1;
        let condition = match status.available >= least {
            true => {
                (Status::True, "MinimumReplicasAvailable", "Deployment has minimum availability.")
            }
            false => (
                Status::False,
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            ),
        };
        self.put(status, "Available", condition.0, condition.1, condition.2);
    }

    /// `lastUpdateTime` moves with every change, `lastTransitionTime` with the status only; other words alone change
    /// nothing. Follows `SetDeploymentCondition`.
    fn put(
        &self,
        status: &mut DeploymentStatus,
        kind: &str,
        value: Status,
        reason: &str,
        message: &str,
    ) {
        let old = conditions::find(&status.conditions, kind);
        if old.is_some_and(|old| old.status == value && *old.reason == *reason) {
            return;
        }
        let mut condition = Condition::new(kind, value, reason, message, self.now);
        condition.seen = Some(self.now);
        if let Some(old) = old.filter(|old| old.status == value) {
            condition.since = old.since;
        }
        // Upstream takes the old one out and appends: the order tells which moved last.
        status.conditions.retain(|one| *one.kind != *kind);
        status.conditions.push(condition);
    }

    /// Follows `syncRolloutStatus`, and what `getNewReplicaSet` and `checkPausedConditions` say before it.
    fn set_progressing(&mut self, status: &mut DeploymentStatus) {
        if self.deployment.spec.progress_deadline_seconds >= NO_DEADLINE {
            status.conditions.retain(|one| &*one.kind != "Progressing");
            return;
        }
        if let Some(name) = self.made.clone() {
            let text = format!("Created new replica set \"{name}\"");
            self.put(status, "Progressing", Status::True, "NewReplicaSetCreated", &text);
            self.wake_at_deadline(self.now);
            return;
        }
        let new = new_replica_set(self.deployment, &self.sets);
        if self.deployment.spec.paused {
            self.set_paused(status);
            return;
        }
        let old = conditions::find(&self.deployment.status.conditions, "Progressing");
        let reason = old.map_or("", |old| &*old.reason);
        if reason == "DeploymentPaused" {
            // The look that this write causes upstream sees the usual reasons again.
            self.wake = Some(self.now);
            let text = "Deployment is resumed";
            self.put(status, "Progressing", Status::Unknown, "DeploymentResumed", text);
            return;
        }
        // A rollout that was complete stays so, whatever becomes of its pods.
        if reason == "NewReplicaSetAvailable" && status.replicas == status.updated {
            return;
        }
        let known = old.is_some();
        self.judge_progress(status, new.as_deref(), known);
    }

    /// Whether a rollout is complete, progresses, or has taken too long.
    fn judge_progress(
        &mut self,
        status: &mut DeploymentStatus,
        new: Option<&ReplicaSet>,
        known: bool,
    ) {
        let subject = match new {
            Some(new) => format!("ReplicaSet \"{}\"", new.meta.name),
            None => format!("Deployment \"{}\"", self.deployment.meta.name),
        };
        if is_complete(status, self.deployment.spec.replicas) {
            let text = format!("{subject} has successfully progressed.");
            self.put(status, "Progressing", Status::True, "NewReplicaSetAvailable", &text);
        } else if has_progressed(&self.deployment.status, status) {
            self.refresh_progress(status, &format!("{subject} is progressing."));
            self.wake_at_deadline(self.now);
        } else if let (false, Some(new)) = (known, new) {
            let text = format!("Found new replica set \"{}\"", new.meta.name);
            self.put(status, "Progressing", Status::True, "FoundNewReplicaSet", &text);
            self.wake_at_deadline(self.now);
        } else {
            self.check_deadline(status, &subject);
        }
    }

    /// That a rollout had timed out is not forgotten by a pause. Follows `checkPausedConditions`.
    fn set_paused(&self, status: &mut DeploymentStatus) {
        let old = conditions::find(&self.deployment.status.conditions, "Progressing");
        if old.is_none_or(|old| &*old.reason != "ProgressDeadlineExceeded") {
            let text = "Deployment is paused";
            self.put(status, "Progressing", Status::Unknown, "DeploymentPaused", text);
        }
    }

    /// Progress moves `lastUpdateTime` even if the words stay.
    fn refresh_progress(&self, status: &mut DeploymentStatus, text: &str) {
        let old = conditions::find(&status.conditions, "Progressing").cloned();
        let mut condition =
            Condition::new("Progressing", Status::True, "ReplicaSetUpdated", text, self.now);
        condition.seen = Some(self.now);
        if let Some(old) = old.filter(|old| old.status == Status::True) {
            condition.since = old.since;
        }
        status.conditions.retain(|one| &*one.kind != "Progressing");
        status.conditions.push(condition);
    }

    /// Comes back when a rollout that last moved at `since` has taken too long.
    fn wake_at_deadline(&mut self, since: Time) {
        let at = since + Duration::from_seconds(self.deployment.spec.progress_deadline_seconds);
        self.wake = [self.wake, Some(at)].into_iter().flatten().min();
    }

    fn check_deadline(&mut self, status: &mut DeploymentStatus, subject: &str) {
        let seconds = self.deployment.spec.progress_deadline_seconds;
        let Some(old) = conditions::find(&status.conditions, "Progressing") else { return };
        if seconds >= NO_DEADLINE
            || &*old.reason == "ProgressDeadlineExceeded"
            || &*old.reason == "NewReplicaSetAvailable"
        {
            return;
        }
        let at = old.seen.unwrap_or(old.since) + Duration::from_seconds(seconds);
        if self.now < at {
            self.wake = [self.wake, Some(at)].into_iter().flatten().min();
            return;
        }
        let text = format!("{subject} has timed out progressing.");
        self.put(status, "Progressing", Status::False, "ProgressDeadlineExceeded", &text);
    }

    /// A refusal that a ReplicaSet met is the Deployment's too.
    fn set_failure(&self, status: &mut DeploymentStatus) {
        let new = new_replica_set(self.deployment, &self.sets);
        let failed = new
            .iter()
            .chain(&self.sets)
            .find_map(|set| conditions::find(&set.status.conditions, "ReplicaFailure").cloned());
        match failed {
            Some(failed) => {
                self.put(status, "ReplicaFailure", failed.status, &failed.reason, &failed.message);
            }
            None => status.conditions.retain(|one| &*one.kind != "ReplicaFailure"),
        }
    }
}
