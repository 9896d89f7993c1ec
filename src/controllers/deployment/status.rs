//! Numbers and conditions of a Deployment. Follows `progress.go` and `calculateStatus`.

use std::rc::Rc;

use super::Look;
use super::replica_sets::{fenceposts, new_replica_set};
use crate::api::apps::{Deployment, DeploymentStatus};
use crate::api::conditions::{self, Condition, Status};
use crate::api::object::AnyObject;
use crate::reconcile::Write;
use crate::sim::{Duration, Time};

/// `progressDeadlineSeconds` of this size means none.
const NO_DEADLINE: i64 = 2_147_483_647;

impl Look<'_> {
    /// The sums over its ReplicaSets.
    pub(super) fn status_numbers(&self) -> DeploymentStatus {
        let sum = |of: fn(&crate::api::apps::ReplicaSet) -> i64| {
            self.sets.iter().map(|set| of(set)).sum::<i64>()
        };
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
            collision_count: self.deployment.status.collision_count,
            conditions: self.deployment.status.conditions.clone(),
        }
    }

    /// Writes the status if it differs.
    pub(super) fn write_status(&mut self, refused: Option<&Rc<str>>) {
        let mut status = self.status_numbers();
        self.set_available(&mut status);
        self.set_progressing(&mut status, refused);
        self.set_failure(&mut status);
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

    /// `lastUpdateTime` moves with every change, `lastTransitionTime` with the status only.
    fn put(
        &self,
        status: &mut DeploymentStatus,
        kind: &str,
        value: Status,
        reason: &str,
        message: &str,
    ) {
        let old = conditions::find(&status.conditions, kind);
        if old.is_some_and(|old| {
            old.status == value && *old.reason == *reason && *old.message == *message
        }) {
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

    fn set_progressing(&mut self, status: &mut DeploymentStatus, refused: Option<&Rc<str>>) {
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
        let want = self.deployment.spec.replicas;
        let new = new_replica_set(self.deployment, &self.sets);
        if let (Some(message), None) = (refused, &new) {
            let name = self.name_to_make();
            let text = format!("Failed to create new replica set \"{name}\": {message}");
            self.put(status, "Progressing", Status::False, "ReplicaSetCreateError", &text);
            return;
        }
        let old = conditions::find(&self.deployment.status.conditions, "Progressing").cloned();
        let reason = old.as_ref().map_or("", |old| &*old.reason);
        if self.deployment.spec.paused {
            // That it had timed out is not forgotten by a pause.
            if reason == "ProgressDeadlineExceeded" {
                return;
            }
            self.put(
                status,
                "Progressing",
                Status::Unknown,
                "DeploymentPaused",
                "Deployment is paused",
            );
            return;
        }
        if reason == "DeploymentPaused" {
            // The look that this write causes upstream sees the usual reasons again.
            self.wake = Some(self.now);
            self.put(
                status,
                "Progressing",
                Status::Unknown,
                "DeploymentResumed",
                "Deployment is resumed",
            );
            return;
        }
        let Some(new) = new else { return };
        // A rollout that was complete stays so, whatever becomes of its pods. Follows `syncRolloutStatus`.
        if reason == "NewReplicaSetAvailable" && status.replicas == status.updated {
            return;
        }
        let complete =
            status.updated == want && status.replicas == want && status.available == want;
        let was = &self.deployment.status;
        let progressed = status.updated > was.updated
            || status.replicas - status.updated < was.replicas - was.updated
            || status.ready > was.ready
            || status.available > was.available;
        if complete {
            let text = format!("ReplicaSet \"{}\" has successfully progressed.", new.meta.name);
            self.put(status, "Progressing", Status::True, "NewReplicaSetAvailable", &text);
        } else if old.is_none() {
            let fresh = new.meta.created == self.now;
            let (reason, verb) = if fresh {
                ("NewReplicaSetCreated", "Created")
            } else {
                ("FoundNewReplicaSet", "Found")
            };
            let text = format!("{verb} new replica set \"{}\"", new.meta.name);
            self.put(status, "Progressing", Status::True, reason, &text);
            self.wake_at_deadline(self.now);
        } else if progressed {
            let text = format!("ReplicaSet \"{}\" is progressing.", new.meta.name);
            self.refresh_progress(status, &text);
            self.wake_at_deadline(self.now);
        } else if old.as_ref().is_some_and(|old| &*old.reason != "NewReplicaSetAvailable")
            || status.updated < want
        {
            self.check_deadline(status, &new.meta.name);
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

    fn check_deadline(&mut self, status: &mut DeploymentStatus, name: &str) {
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
        let text = format!("ReplicaSet \"{name}\" has timed out progressing.");
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
