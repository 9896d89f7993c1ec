//! CronJobs: Jobs by the clock. Follows `pkg/controller/cronjob/{cronjob_controllerv2,utils}.go`.
//!
//! Nothing is remembered: each look works from the schedule, the status and the Jobs that are there. Cost: the Jobs
//! of a namespace.

use std::rc::Rc;

use crate::api::batch::{ConcurrencyPolicy, CronJob, CronJobStatus, Job, JobStatus};
use crate::api::conditions;
use crate::api::core::{ObjectReference, Referred};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta, OwnerReference};
use crate::api::object::AnyObject;
use crate::api::schedule::{self, Schedule};
use crate::api::time_zone::TimeZone;
use crate::api::value::Value;
use crate::api::words::{joined, same, word, written};
use crate::reconcile::{
    Controller, DeleteOptions, Key, Memories, Note, Observed, Plan, Propagation, Wake, Write,
};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// The clock of a schedule is looked at this long after the slot. Follows `nextScheduleDelta`.
const DELTA: Duration = Duration::from_millis(100);
/// More missed slots than this are worth a warning.
const MANY_MISSED: i64 = 100;

/// Why nothing was started.
#[derive(Clone, Debug, PartialEq)]
pub enum Idle {
    /// No slot has come since the last start.
    NothingDue,
    /// It stands still.
    Suspended,
    /// It is being deleted.
    BeingDeleted,
    /// The slot's Job was started before.
    AlreadyStarted,
    /// `Forbid`, and an earlier Job still runs.
    StillRunning {
        /// The Job that runs.
        job: Rc<str>,
    },
    /// The schedule never fires.
    NeverFires,
    /// The Job could not be created.
    Refused {
        /// The API server's words.
        message: Rc<str>,
    },
}

/// What the loop decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The CronJob is gone.
    Gone,
    /// A Job was started.
    Fired {
        /// For which slot.
        slot: Time,
        /// Its name.
        job: Rc<str>,
        /// Slots that went by before it and will not be made up for.
        missed: i64,
        /// Jobs deleted to make room (`Replace`).
        replaced: usize,
        /// The slot after it.
        next: Option<Time>,
    },
    /// Nothing was started.
    NotFired {
        /// The slot that was due, if one was.
        slot: Option<Time>,
        /// Why.
        because: Idle,
        /// The slot after it.
        next: Option<Time>,
    },
}

/// The loop.
pub struct CronJobLoop;

impl Controller for CronJobLoop {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "cronjob-controller";

    fn wakes(change: &Change, _: &Store, _: &Memories<()>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::CronJob(cron) => {
                let before = match &change.before {
                    Some(AnyObject::CronJob(before)) if change.operation == Operation::Modified => {
                        Some(before)
                    }
                    _ => None,
                };
                let moved = before.is_some_and(|before| {
                    !Rc::ptr_eq(&before.spec, &cron.spec)
                        && (before.spec.schedule != cron.spec.schedule
                            || before.spec.time_zone != cron.spec.time_zone)
                });
                // A new schedule is looked at when it first fires, not now.
                let wait = match (moved, Clock::of(cron)) {
                    (true, Some(clock)) => clock
                        .next_look(cron, change.at)
                        .map(|next| (next + DELTA - change.at).max(Duration::ZERO)),
                    (true, None) => None,
                    (false, _) => Some(Duration::ZERO),
                };
                if let Some(wait) = wait {
                    wake(Key::of(&cron.meta), wait);
                }
            }
            AnyObject::Job(job) => {
                let before = match &change.before {
                    Some(AnyObject::Job(before)) => Some(before),
                    _ => None,
                };
                if change.operation == Operation::Modified
                    && before.is_some_and(|before| tells_nothing(before, job))
                {
                    return;
                }
                let before = before.map(|before| &before.meta);
                let before = before.filter(|before| !before.same_owners(&job.meta));
                for meta in before.into_iter().chain([&job.meta]) {
                    if let Some(owner) = meta.controller().filter(|owner| &*owner.kind == "CronJob")
                    {
                        wake(Key::named(&meta.namespace, &owner.name, None), Duration::ZERO);
                    }
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        let Some(cron) = seen.store.cron_jobs().get(&key.object) else {
            return Plan::idle(Decision::Gone);
        };
        Look::new(cron, seen, now).run()
    }
}

/// The conditions that end a Job.
const ENDS: [&str; 2] = ["Complete", "Failed"];

/// Which of them hold.
fn ends(job: &Job) -> [bool; 2] {
    ENDS.map(|end| conditions::holds(&job.status.conditions, end))
}

/// Whether a Job's change is none of a CronJob's business: it counts pods, and neither ends nor changes hands.
fn tells_nothing(before: &Job, after: &Job) -> bool {
    ends(before) == ends(after)
        && before.meta.deletion == after.meta.deletion
        && before.meta.same_owners(&after.meta)
        && before.meta.labels == after.meta.labels
}

/// Whether a reference is to this very Job.
fn is(reference: &ObjectReference, job: &Job) -> bool {
    reference.uid == Referred::Uid(job.meta.uid)
}

/// A schedule where its clock hangs.
pub struct Clock {
    schedule: Rc<Schedule>,
    zone: TimeZone,
}

impl Clock {
    /// The clock of a CronJob; `None` if it does not read (validation refuses that before).
    pub fn of(cron: &CronJob) -> Option<Self> {
        let schedule = Rc::clone(cron.spec.calendar.as_ref()?);
        let zone = match &cron.spec.time_zone {
            Some(name) => TimeZone::find(name)?,
            None => TimeZone::UTC,
        };
        Some(Self { schedule, zone })
    }

    /// The first slot after a time.
    pub fn next(&self, after: Time) -> Option<Time> {
        self.schedule.next_after(after, &self.zone)
    }

    /// The slot at which a CronJob is to be looked at next: the one after the latest that has come, however late that
    /// was. So `@every` keeps its beat. Follows `nextScheduleTimeDuration`.
    fn next_look(&self, cron: &CronJob, now: Time) -> Option<Time> {
        self.after(latest_slot(self, last_start(cron), now), now)
    }

    fn after(&self, latest: Due, now: Time) -> Option<Time> {
        self.next(match latest {
            Due::Slot(slot, _) => slot,
            Due::NothingSince(since) => since,
            Due::Lost | Due::Never => now,
        })
    }
}

/// The slot that is due, and how many went by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// None has come since this time.
    NothingSince(Time),
    /// Slots have come, but the search finds none of them (they lie too unevenly).
    Lost,
    /// The schedule never fires.
    Never,
    /// This one; so many slots went by unstarted, this one among them.
    Slot(Time, i64),
}

/// The latest slot since a time. Follows `mostRecentScheduleTime`.
fn latest_slot(clock: &Clock, since: Time, now: Time) -> Due {
    let Some(first) = clock.next(since) else { return Due::Never };
    if now < first {
        return Due::NothingSince(since);
    }
    let Some(second) = clock.next(first) else { return Due::Never };
    if now < second {
        return Due::Slot(first, 1);
    }
    let period = (second - first).seconds();
    if period < 1 {
        return Due::Never;
    }
    let missed = (now - first).seconds() / period + 1;
    // The slots may lie unevenly: search on from two periods before the estimate.
    let mut slot = first + Duration::from_seconds((missed - 2) * period);
    let mut latest = None;
    while let Some(next) = clock.next(slot).filter(|next| *next <= now) {
        latest = Some(next);
        slot = next;
    }
    latest.map_or(Due::Lost, |latest| Due::Slot(latest, missed))
}

/// The last start, or the creation.
fn last_start(cron: &CronJob) -> Time {
    cron.status.last_schedule_time.unwrap_or_else(|| cron.meta.created.cut_to_second())
}

/// Of the latest slot since the last start, whether it may still be started. Follows `nextScheduleTime`.
fn due(cron: &CronJob, clock: &Clock, latest: Due, now: Time) -> Due {
    let Some(seconds) = cron.spec.starting_deadline_seconds else { return latest };
    let since = last_start(cron).max(now - Duration::from_seconds(seconds));
    latest_slot(clock, since, now)
}

/// One look at a CronJob.
struct Look<'a> {
    cron: &'a Rc<CronJob>,
    seen: &'a Observed<'a, ()>,
    now: Time,
    status: CronJobStatus,
    writes: Vec<Write>,
}

impl<'a> Look<'a> {
    fn new(cron: &'a Rc<CronJob>, seen: &'a Observed<'a, ()>, now: Time) -> Self {
        Self { cron, seen, now, status: cron.status.clone(), writes: Vec::new() }
    }

    /// Follows `syncCronJob`.
    fn run(mut self) -> Plan<Decision, ()> {
        let jobs = self.jobs();
        let clock = Clock::of(self.cron);
        let times = clock.as_ref().map(|clock| {
            let latest = latest_slot(clock, last_start(self.cron), self.now);
            (due(self.cron, clock, latest, self.now), clock.after(latest, self.now))
        });
        let fresh = match times {
            Some((Due::Slot(slot, _), _)) if self.cron.status.last_schedule_time != Some(slot) => {
                Some(self.job_name(slot))
            }
            _ => None,
        };
        self.trim_history(&jobs);
        self.take_stock(&jobs, fresh.as_deref());
        if self.cron.meta.deleting() {
            return self.rest(None, Idle::BeingDeleted, None);
        }
        if let Some(name) = self.cron.spec.time_zone.clone()
            && TimeZone::find(&name).is_none()
        {
            let quoted = go_quote(&name);
            let words = format!("invalid timeZone: {quoted}: unknown time zone {name}");
            self.tell(Note::warning("UnknownTimeZone", words));
            return self.rest(None, Idle::NeverFires, None);
        }
        if self.cron.spec.suspend {
            return self.rest(None, Idle::Suspended, None);
        }
        self.judge_schedule();
        let Some((due, next)) = times else { return self.rest(None, Idle::NeverFires, None) };
        match due {
            Due::NothingSince(_) | Due::Lost => self.rest(None, Idle::NothingDue, next),
            Due::Never => {
                let text = &self.cron.spec.schedule;
                let words = "time difference between two schedules is less than 1 second";
                self.tell(Note::warning(
                    "InvalidSchedule",
                    format!("invalid schedule: {text} : {words}"),
                ));
                self.rest(None, Idle::NeverFires, None)
            }
            Due::Slot(slot, missed) => {
                let name = fresh.unwrap_or_else(|| self.job_name(slot));
                self.fire(slot, name, missed, next)
            }
        }
    }

    /// Warns of a schedule that validation would refuse today.
    fn judge_schedule(&mut self) {
        let text = &self.cron.spec.schedule;
        if self.cron.spec.calendar.as_ref().is_some_and(|calendar| !calendar.has_zone()) {
            return;
        }
        let quoted = go_quote(text);
        if text.contains("TZ") {
            let words = format!(
                "CRON_TZ or TZ used in schedule {quoted} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
            );
            self.tell(Note::warning("UnsupportedSchedule", words));
        }
        let unread = self.cron.spec.calendar.is_none();
        if let Some(refusal) = unread.then(|| schedule::parse(text).err()).flatten() {
            let words = format!("unparseable schedule: {quoted} : {refusal}");
            self.tell(Note::warning("UnparseableSchedule", words));
        }
    }

    /// The Jobs whose controller has this CronJob's name, also those that one of that name left behind when it was
    /// deleted, and how each ended. Follows `getJobsToBeReconciled`.
    fn jobs(&self) -> Vec<(&'a Job, [bool; 2])> {
        let meta = &self.cron.meta;
        let first = ObjectKey::new(Rc::clone(&meta.namespace), word(""));
        let jobs = self.seen.store.jobs().from(&first).map(|job| &**job);
        let jobs = jobs.take_while(|job| same(&job.meta.namespace, &meta.namespace));
        jobs.filter(|job| job.meta.controller().is_some_and(|owner| same(&owner.name, &meta.name)))
            .map(|job| (job, ends(job)))
            .collect()
    }

    /// The name of the Job of a slot: the CronJob's and the minutes since 1970.
    fn job_name(&self, slot: Time) -> Rc<str> {
        written(format_args!("{}-{}", self.cron.meta.name, slot.unix_seconds() / 60))
    }

    fn tell(&mut self, note: Note) {
        let about = AnyObject::CronJob(Rc::clone(self.cron));
        self.writes.push(Write::event(about, note));
    }

    fn delete(&mut self, job: &Job) {
        self.writes.push(Write::Delete {
            kind: Kind::Job,
            key: job.meta.key(),
            options: DeleteOptions {
                propagation: Some(Propagation::Background),
                uid: Some(job.meta.uid),
                grace_seconds: None,
            },
            note: Some(Note::normal("SuccessfulDelete", joined(&["Deleted job ", &job.meta.name]))),
            about: Some(AnyObject::CronJob(Rc::clone(self.cron))),
        });
    }

    /// Deletes the oldest finished Jobs beyond the limits.
    fn trim_history(&mut self, jobs: &[(&Job, [bool; 2])]) {
        let spec = &self.cron.spec;
        let limits = [spec.successful_jobs_history_limit, spec.failed_jobs_history_limit];
        for (end, limit) in limits.into_iter().enumerate() {
            let Some(limit) = limit else { continue };
            let over = jobs.iter().filter(|(_, ends)| ends.get(end) == Some(&true));
            let surplus = over.clone().count().saturating_sub(usize::try_from(limit).unwrap_or(0));
            if surplus == 0 {
                continue;
            }
            let mut over: Vec<&Job> = over.map(|(job, _)| *job).collect();
            over.order_by(|a, b| {
                let start = |job: &Job| (job.status.start_time.is_none(), job.status.start_time);
                start(a).cmp(&start(b)).then_with(|| a.meta.name.cmp(&b.meta.name))
            });
            for job in over.into_iter().take(surplus) {
                self.status.active.retain(|(active, _)| !is(active, job));
                self.delete(job);
                self.note_success(job, ends(job));
            }
        }
    }

    fn note_success(&mut self, job: &Job, [complete, _]: [bool; 2]) {
        if complete {
            self.status.last_successful_time =
                self.status.last_successful_time.max(job.status.completion_time);
        }
    }

    /// Compares `status.active` with the Jobs that are there.
    /// `fresh` is the name of the Job of the slot that is due: it was made at this very instant and is noted below.
    fn take_stock(&mut self, jobs: &[(&Job, [bool; 2])], fresh: Option<&str>) {
        for (job, ends) in jobs {
            let listed = self.status.active.iter().any(|(active, _)| is(active, job));
            let finished = ENDS.into_iter().zip(ends).find(|(_, holds)| **holds);
            let finished = finished.map(|(condition, _)| condition);
            match (finished, listed) {
                (None, false) if fresh != Some(&*job.meta.name) => {
                    let words = "Saw a job that the controller did not create or forgot";
                    self.tell(Note::warning(
                        "UnexpectedJob",
                        format!("{words}: {}", job.meta.name),
                    ));
                }
                (Some(condition), true) => {
                    self.status.active.retain(|(active, _)| !is(active, job));
                    let name = &job.meta.name;
                    let message =
                        joined(&["Saw completed job: ", name, ", condition: ", condition]);
                    self.tell(Note::normal("SawCompletedJob", message));
                }
                _ => {}
            }
            self.note_success(job, *ends);
        }
        let gone: Vec<Rc<str>> = self
            .status
            .active
            .iter()
            .filter(|(active, _)| {
                let key = ObjectKey::new(Rc::clone(&active.namespace), Rc::clone(&active.name));
                self.seen.store.jobs().get(&key).is_none()
            })
            .map(|(active, _)| Rc::clone(&active.name))
            .collect();
        for name in gone {
            self.status.active.retain(|(active, _)| active.name != name);
            self.tell(Note::normal("MissingJob", format!("Active job went missing: {name}")));
        }
    }

    /// Starts the Job of a slot, unless something forbids it.
    fn fire(
        mut self,
        slot: Time,
        name: Rc<str>,
        missed: i64,
        next: Option<Time>,
    ) -> Plan<Decision, ()> {
        let started = self.status.active.iter().any(|(active, _)| active.name == name)
            || self.cron.status.last_schedule_time == Some(slot);
        if started {
            return self.rest(Some(slot), Idle::AlreadyStarted, next);
        }
        let key = ObjectKey::new(Rc::clone(&self.cron.meta.namespace), Rc::clone(&name));
        if let Some(job) = self.seen.store.jobs().get(&key).cloned() {
            if job.meta.controller().is_none_or(|owner| owner.uid != self.cron.meta.uid) {
                return self.rest(Some(slot), Idle::AlreadyStarted, next);
            }
            self.activate(&job, slot);
            return self.finish(
                Decision::Fired { slot, job: name, missed: missed - 1, replaced: 0, next },
                next,
            );
        }
        if let Some(failure) = self.seen.failure {
            let message = failure.error.message.as_str().into();
            return self.rest(Some(slot), Idle::Refused { message }, next);
        }
        if missed > MANY_MISSED {
            let words = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            self.tell(Note::warning("TooManyMissedTimes", words));
        }
        let running = self.status.active.first().map(|(active, _)| Rc::clone(&active.name));
        if let (ConcurrencyPolicy::Forbid, Some(job)) = (self.cron.spec.concurrency_policy, running)
        {
            let words = "Not starting job because prior execution is running and concurrency policy is Forbid";
            self.tell(Note::normal("JobAlreadyActive", words));
            return self.rest(Some(slot), Idle::StillRunning { job }, next);
        }
        let replaced = self.replace();
        // The Job's uid is known once it is there: the look that its creation wakes, at this same instant, notes it.
        self.writes.push(Write::Create {
            object: AnyObject::Job(Rc::new(self.job(&name, slot))),
            note: Some(Note::normal("SuccessfulCreate", word("Created job {name}"))),
            about: Some(AnyObject::CronJob(Rc::clone(self.cron))),
        });
        self.finish(Decision::Fired { slot, job: name, missed: missed - 1, replaced, next }, next)
    }

    /// `Replace`: what runs is deleted.
    fn replace(&mut self) -> usize {
        if self.cron.spec.concurrency_policy != ConcurrencyPolicy::Replace {
            return 0;
        }
        let running = std::mem::take(&mut self.status.active);
        for (active, _) in &running {
            let key = ObjectKey::new(Rc::clone(&active.namespace), Rc::clone(&active.name));
            if let Some(job) = self.seen.store.jobs().get(&key).cloned() {
                self.delete(&job);
            }
        }
        running.len()
    }

    fn activate(&mut self, job: &Job, slot: Time) {
        let reference = ObjectReference::to(Kind::Job, &job.meta);
        self.status.active.push((reference, job.meta.resource_version));
        self.status.last_schedule_time = Some(slot);
    }

    /// The Job of a slot. Follows `getJobFromTemplate2`.
    fn job(&self, name: &Rc<str>, slot: Time) -> Job {
        let template = &self.cron.spec.job_template;
        let mut annotations = template.annotations.clone();
        let zone = self.cron.spec.time_zone.as_deref().and_then(TimeZone::find);
        let stamp = zone.map_or_else(|| slot.rfc3339(), |zone| zone.rfc3339(slot));
        annotations.set("batch.kubernetes.io/cronjob-scheduled-timestamp", &stamp);
        Job {
            meta: ObjectMeta {
                name: Rc::clone(name),
                namespace: Rc::clone(&self.cron.meta.namespace),
                labels: template.labels.clone(),
                annotations,
                owners: Rc::new([OwnerReference::controller_of(Kind::CronJob, &self.cron.meta)]),
                ..ObjectMeta::default()
            },
            spec: Rc::clone(&template.made),
            status: JobStatus::parse(&Value::Null),
        }
    }

    /// Nothing is started.
    fn rest(self, slot: Option<Time>, because: Idle, next: Option<Time>) -> Plan<Decision, ()> {
        self.finish(Decision::NotFired { slot, because, next }, next)
    }

    fn finish(mut self, decision: Decision, next: Option<Time>) -> Plan<Decision, ()> {
        if self.status != self.cron.status {
            let changed = CronJob {
                meta: self.cron.meta.clone(),
                spec: Rc::clone(&self.cron.spec),
                status: self.status,
            };
            self.writes.push(Write::UpdateStatus(AnyObject::CronJob(Rc::new(changed))));
        }
        Plan::writes(decision, self.writes).wake_at(next.map(|next| next + DELTA))
    }
}
