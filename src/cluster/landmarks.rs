//! What people navigate by: the changes that somebody who looks would see, the events, the times at which CronJobs
//! fire, and the changes of one object with all that belongs to it. Every jump lands on one.

use super::causes::{AnyDecision, LoopId, LoopKey};
use super::facade::Cluster;
use crate::api::apps::{DaemonSet, Deployment};
use crate::api::batch::{CronJob, Job};
use crate::api::core::{Node, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta, Uid};
use crate::api::object::AnyObject;
use crate::apiserver::table::{node_status, pod_status};
use crate::controllers::cronjob::{Decision as CronDecision, Idle};
use crate::reconcile::Key;
use crate::sim::Time;
use crate::store::{Change, Operation, Store};
use std::borrow::Cow;

/// What a jump looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landmark {
    /// A change that somebody who looks would see.
    Change,
    /// An event that is recorded.
    Event,
    /// A time at which a CronJob fires, or would have.
    Fire,
    /// A change of an object or of what belongs to it.
    Of(Kind, ObjectKey),
}

/// Looks at whether the search may go on lie this many steps apart.
const STEPS_PER_LOOK: u32 = 64;
/// A search is given up after so many reconciles: months of a small cluster that is busy with something else.
const LONGEST: u64 = 2_000_000;

/// Whether a namespace is one of the cluster's own.
pub(super) fn is_system(namespace: &str) -> bool {
    matches!(namespace, "kube-system" | "kube-public" | "kube-node-lease")
}

/// What is seen of a pod.
fn pod_looks(pod: &Pod) -> (Cow<'_, str>, i64, bool, bool, bool) {
    let status = pod_status(pod);
    (status.word, status.restarts, pod.ready(), pod.node.is_some(), pod.meta.deleting())
}

fn node_looks(node: &Node) -> (String, bool, usize) {
    (node_status(node), node.spec.unschedulable, node.spec.taints.len())
}

fn job_looks(job: &Job) -> (i64, i64, i64, bool, bool) {
    let status = &job.status;
    let over = status.conditions.iter().any(|one| matches!(&*one.kind, "Complete" | "Failed"));
    (status.active, status.succeeded, status.failed, job.spec.suspend, over)
}

fn cron_looks(cron: &CronJob) -> (usize, Option<Time>, bool) {
    (cron.status.active.len(), cron.status.last_schedule_time, cron.spec.suspend)
}

fn daemon_looks(set: &DaemonSet) -> [i64; 4] {
    let status = &set.status;
    [status.desired, status.current, status.ready, status.updated]
}

fn deployment_looks(one: &Deployment) -> [i64; 5] {
    let status = &one.status;
    [one.spec.replicas, status.replicas, status.ready, status.updated, status.available]
}

/// Whether somebody who looks at the nodes, the pods and the loops sees a difference.
pub fn is_visible(change: &Change) -> bool {
    if is_system(&change.object.meta().namespace) {
        return false;
    }
    let seen = matches!(
        change.object.kind(),
        Kind::Pod
            | Kind::Node
            | Kind::Job
            | Kind::CronJob
            | Kind::DaemonSet
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::ReplicationController
    );
    let (true, Operation::Modified, Some(before)) = (seen, change.operation, &change.before) else {
        return seen;
    };
    let deleting = |object: &AnyObject| object.meta().deleting();
    if deleting(before) != deleting(&change.object) {
        return true;
    }
    match (before, &change.object) {
        (AnyObject::Pod(a), AnyObject::Pod(b)) => pod_looks(a) != pod_looks(b),
        (AnyObject::Node(a), AnyObject::Node(b)) => node_looks(a) != node_looks(b),
        (AnyObject::Job(a), AnyObject::Job(b)) => job_looks(a) != job_looks(b),
        (AnyObject::CronJob(a), AnyObject::CronJob(b)) => cron_looks(a) != cron_looks(b),
        (AnyObject::DaemonSet(a), AnyObject::DaemonSet(b)) => daemon_looks(a) != daemon_looks(b),
        (AnyObject::Deployment(a), AnyObject::Deployment(b)) => {
            deployment_looks(a) != deployment_looks(b)
        }
        (AnyObject::ReplicaSet(a), AnyObject::ReplicaSet(b)) => {
            (a.spec.replicas, a.status.replicas, a.status.ready)
                != (b.spec.replicas, b.status.replicas, b.status.ready)
        }
        (AnyObject::ReplicationController(a), AnyObject::ReplicationController(b)) => {
            (a.spec.replicas, a.status.replicas, a.status.ready)
                != (b.spec.replicas, b.status.replicas, b.status.ready)
        }
        _ => false,
    }
}

/// Whether an object is the one of a uid or belongs to it in the end.
fn belongs(store: &Store, meta: &ObjectMeta, uid: Uid) -> bool {
    let mut above = Some(meta.uid);
    let mut next = meta.controller().map(|owner| owner.uid);
    for _ in 0..4 {
        if above == Some(uid) {
            return true;
        }
        above = next;
        let owner = above.and_then(|above| store.by_uid(above));
        next = owner.and_then(|owner| owner.meta().controller().map(|owner| owner.uid));
    }
    false
}

/// Whether a decision is about a slot of a schedule.
fn is_slot(decision: &AnyDecision) -> bool {
    let AnyDecision::CronJob(decision) = decision else { return false };
    match decision {
        CronDecision::Fired { .. } => true,
        CronDecision::NotFired { slot, because, .. } => {
            slot.is_some() && !matches!(because, Idle::AlreadyStarted)
        }
        CronDecision::Gone => false,
    }
}

impl Cluster {
    fn is(&self, change: &Change, what: &Landmark) -> bool {
        match what {
            Landmark::Change => is_visible(change),
            Landmark::Event => {
                change.object.kind() == Kind::Event && change.operation != Operation::Deleted
            }
            Landmark::Fire => {
                let cause = self.causes().get(change.cause);
                cause.and_then(|cause| cause.decision()).is_some_and(is_slot)
            }
            Landmark::Of(kind, key) => {
                let same = change.object.kind() == *kind && change.object.key() == *key;
                let of = |uid| belongs(self.store(), change.object.meta(), uid);
                let uid = self.store().get(*kind, key).map(|object| object.uid());
                (same || uid.is_some_and(of)) && is_visible(change)
            }
        }
    }

    /// Whether a schedule was looked at at this very instant, and for a slot.
    fn fires_now(&self) -> bool {
        self.store().cron_jobs().iter().any(|cron| {
            let key = LoopKey { loop_id: LoopId::CronJob, key: Key::of(&cron.meta) };
            let last = self.causes().last(&key);
            last.is_some_and(|(at, decision)| at == self.now() && is_slot(decision))
        })
    }

    /// Moves to the next moment of a kind and stands there; `false`, and nothing moved, if none comes by itself or
    /// `go_on` says that it takes too long.
    pub fn go_to_next(&mut self, what: &Landmark, go_on: &mut dyn FnMut() -> bool) -> bool {
        if *what == Landmark::Fire && self.store().cron_jobs().is_empty() {
            return false;
        }
        self.settle();
        let mut trial = self.clone();
        let limit = trial.work().saturating_add(LONGEST);
        for step in 1_u32.. {
            let version = trial.store().resource_version();
            if trial.step().is_none() || trial.work() > limit {
                return false;
            }
            let found = trial.store().journal().since(version).any(|change| trial.is(change, what));
            if found || *what == Landmark::Fire && trial.fires_now() {
                *self = trial;
                return true;
            }
            if step % STEPS_PER_LOOK == 0 && !go_on() {
                return false;
            }
        }
        false
    }

    /// When the last moment of a kind before now was, if the journal still knows it.
    pub fn previous(&self, what: &Landmark) -> Option<Time> {
        let now = self.now();
        let mut all = self.store().journal().newest_first();
        let found = all.find(|change| change.at < now && self.is(change, what))?;
        (found.at >= self.config().start).then_some(found.at)
    }
}
