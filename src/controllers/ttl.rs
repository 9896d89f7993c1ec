//! Deletes finished Jobs after their `ttlSecondsAfterFinished`. Follows
//! `pkg/controller/ttlafterfinished/ttlafterfinished_controller.go`.

use crate::api::batch::Job;
use crate::api::conditions::Status;
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::reconcile::{
    Controller, DeleteOptions, Key, Memories, Observed, Plan, Propagation, Wake, Write,
};
use crate::sim::{Duration, Time};
use crate::store::{Change, Store};

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The Job is gone, is not over, or has no time to live.
    NotConcerned,
    /// The Job is kept until then.
    Keep {
        /// When it will be deleted.
        until: Time,
    },
    /// The Job's time is up.
    Expired,
}

/// The loop.
pub struct TtlLoop;

impl Controller for TtlLoop {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "ttl-after-finished-controller";

    fn wakes(change: &Change, _: &Store, _: &Memories<()>, wake: Wake<'_>) {
        if let AnyObject::Job(job) = &change.object
            && expiry(job).is_some()
        {
            wake(Key::of(&job.meta), Duration::ZERO);
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        let Some(job) = seen.store.jobs().get(&key.object) else {
            return Plan::idle(Decision::NotConcerned);
        };
        let Some(until) = expiry(job) else { return Plan::idle(Decision::NotConcerned) };
        if now < until {
            return Plan::idle(Decision::Keep { until }).wake_at(Some(until));
        }
        let delete = Write::Delete {
            kind: Kind::Job,
            key: key.object.clone(),
            options: DeleteOptions {
                propagation: Some(Propagation::Foreground),
                uid: Some(job.meta.uid),
                grace_seconds: None,
            },
            note: None,
            about: None,
        };
        Plan::writes(Decision::Expired, vec![delete])
    }
}

/// When a Job is to be deleted.
fn expiry(job: &Job) -> Option<Time> {
    let seconds = job.spec.ttl_seconds_after_finished.filter(|_| !job.meta.deleting())?;
    let finished = job.status.conditions.iter().find(|condition| {
        condition.status == Status::True && matches!(&*condition.kind, "Complete" | "Failed")
    })?;
    Some(finished.since.cut_to_second() + Duration::from_seconds(seconds))
}
