//! Jobs: pods that run to an end. Follows `pkg/controller/job/job_controller.go`.
//!
//! A pod's end is counted once: the tracking finalizer marks pods that are not counted yet, so the loop remembers
//! nothing but its back-off. Cost: a look walks the Job's own pods; looks are a second apart at the least, as events
//! of pods within one second ride along with the first.

mod backoff;
mod census;
mod indexes;
mod manage;
mod policies;

use std::rc::Rc;

use self::census::{Census, is_failed};
use self::manage::{Managing, manage, text_of, uncount};
use super::pods::{self, claim_open_pods};
use crate::api::batch::{Job, JobStatus};
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Pod, RestartPolicy};
use crate::api::object::AnyObject;
use crate::api::value::{Map, Value};
use crate::api::words::word;
use crate::reconcile::{Controller, Key, Memories, Note, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Store};

/// The index of a pod of an Indexed Job, and the indexes of a status.
pub use self::indexes::{index_of, parse as parse_indexes};

/// What a Job remembers of its failures.
pub use self::backoff::Record as Memory;

/// Events of pods within this time of the first are looked at together. Follows `syncJobBatchPeriod`.
const BATCH: Duration = Duration::from_seconds(1);

/// What the loop decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The Job is gone.
    Gone,
    /// Another controller runs it.
    ManagedElsewhere,
    /// It is over.
    Finished,
    /// It is being deleted: it neither creates nor deletes.
    BeingDeleted,
    /// It goes on.
    Running(Rc<Numbers>),
    /// It stands still.
    Suspended(Rc<Numbers>),
    /// It has an end, and waits for the last pods.
    Ending {
        /// `true` if it succeeded.
        success: bool,
        /// Why.
        reason: Rc<str>,
        /// Pods that are still stopping.
        terminating: i64,
    },
    /// It has just ended.
    Ended {
        /// `true` if it succeeded.
        success: bool,
        /// Why.
        reason: Rc<str>,
    },
}

/// The numbers of a Job at one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Pods active.
    pub active: i64,
    /// Pods that should be active.
    pub want: i64,
    /// Successes so far.
    pub succeeded: i64,
    /// Failures so far.
    pub failed: i64,
    /// Successes needed; `None` for a work queue.
    pub completions: Option<i64>,
    /// Pods at a time.
    pub parallelism: i64,
    /// Pods created now.
    pub creating: i64,
    /// Pods deleted now.
    pub deleting: i64,
    /// When a back-off ends that holds pods back.
    pub waits_until: Option<Time>,
    /// The API server's words, if it refused something.
    pub refused: Option<Rc<str>>,
}

/// How a Job ends.
#[derive(Clone, Debug, PartialEq)]
struct End {
    success: bool,
    reason: Rc<str>,
    message: Rc<str>,
}

impl End {
    fn fail(reason: &str, message: impl Into<Rc<str>>) -> Self {
        Self { success: false, reason: word(reason), message: message.into() }
    }

    fn succeed(reason: &str, message: impl Into<Rc<str>>) -> Self {
        Self { success: true, reason: word(reason), message: message.into() }
    }

    const fn target(&self) -> &'static str {
        if self.success { "SuccessCriteriaMet" } else { "FailureTarget" }
    }

    const fn condition(&self) -> &'static str {
        if self.success { "Complete" } else { "Failed" }
    }

    fn of(condition: &Condition, success: bool) -> Self {
        Self {
            success,
            reason: Rc::clone(&condition.reason),
            message: Rc::clone(&condition.message),
        }
    }
}

/// The loop.
pub struct JobLoop;

impl Controller for JobLoop {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = "job-controller";
    /// Follows `DefaultJobApiBackOff` and `MaxJobApiBackOff`.
    const BACK_OFF: (Duration, Duration) = (Duration::from_seconds(1), Duration::from_seconds(60));

    fn wakes(change: &Change, store: &Store, _: &Memories<Memory>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::Job(job) => {
                let same = matches!(&change.before, Some(AnyObject::Job(before))
                    if before.spec == job.spec && before.meta.deletion == job.meta.deletion);
                wake(Key::of(&job.meta), if same { BATCH } else { Duration::ZERO });
            }
            AnyObject::Pod(pod) => {
                let before = match &change.before {
                    Some(AnyObject::Pod(before)) => Some(before),
                    _ => None,
                };
                let before = before.filter(|before| {
                    !before.meta.same_owners(&pod.meta) || before.meta.labels != pod.meta.labels
                });
                for pod in before.into_iter().chain([pod]) {
                    wake_owner(pod, store, wake);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        let Some(job) = seen.store.jobs().get(&key.object) else {
            return Plan::idle(Decision::Gone);
        };
        if job.spec.managed_elsewhere {
            return Plan::idle(Decision::ManagedElsewhere);
        }
        let over = |kind| conditions::holds(&job.status.conditions, kind);
        if over("Complete") || over("Failed") {
            return finished(job, seen);
        }
        // With a limit per index an end may be judged by what became of its replacement, counted or not.
        let all = job.spec.backoff_limit_per_index.is_some();
        let whole = || {
            let claim = claim_open_pods(seen.store, &job.meta, &job.spec.selector, all);
            let plan = sync(job, &Census::take(job, &claim.pods), seen, now);
            plan.map(|mut plan| {
                plan.writes.splice(..0, claim.writes.into_iter().map(release));
                plan
            })
        };
        let quick = Census::of_ends(job, seen.store).and_then(|ends| sync(job, &ends, seen, now));
        if let Some(plan) = &quick {
            debug_assert_eq!(whole().as_ref(), Some(plan), "the sums say something else");
        }
        // A census of all pods always leads to a plan.
        quick.or_else(whole).unwrap_or_else(|| Plan::idle(Decision::Finished))
    }
}

/// A pod that is let go forgets that a Job counts it.
fn release(write: Write) -> Write {
    match write {
        Write::Update(AnyObject::Pod(mut pod)) => {
            let changed = Rc::make_mut(&mut pod);
            if changed.meta.controller().is_none() {
                changed.meta.remove_finalizer(census::TRACKING);
            } else {
                // What a patch adds to a list comes first.
                let new = (!changed.meta.has_finalizer(census::TRACKING))
                    .then(|| Rc::from(census::TRACKING));
                let old = changed.meta.finalizers.iter().cloned();
                changed.meta.finalizers = new.into_iter().chain(old).collect();
            }
            Write::Update(AnyObject::Pod(pod))
        }
        other => other,
    }
}

fn wake_owner(pod: &Pod, store: &Store, wake: Wake<'_>) {
    match pod.meta.controller() {
        Some(owner) if &*owner.kind == "Job" => {
            wake(Key::named(&pod.meta.namespace, &owner.name, None), BATCH);
        }
        Some(_) => {}
        // An orphan concerns a Job only if it carries the label that every Job's own selector asks for, or what
        // somebody chose in its place.
        None => {
            let jobs = store.jobs().iter_in(Some(&pod.meta.namespace));
            let chosen = jobs.filter(|job| job.spec.raw.bool_at("manualSelector") == Some(true));
            for job in chosen.filter(|job| job.spec.selector.matches(&pod.meta.labels)) {
                wake(Key::of(&job.meta), BATCH);
            }
            if let Some(uid) = pod.meta.labels.text("batch.kubernetes.io/controller-uid") {
                let owner = store.by_uid(crate::api::Uid::from_text(uid));
                if let Some(AnyObject::Job(job)) = owner {
                    wake(Key::of(&job.meta), BATCH);
                }
            }
        }
    }
}

/// A Job that is over counts nothing any more; its pods need not wait for it.
fn finished(job: &Job, seen: &Observed<'_, Memory>) -> Plan<Decision, Memory> {
    let waiting =
        seen.store.pods_of(job.meta.uid).filter(|pod| pod.meta.has_finalizer(census::TRACKING));
    let over = waiting.filter(|pod| pod.status.phase.finished() || pod.meta.deleting());
    let plan = Plan::writes(Decision::Finished, over.map(|pod| uncount(pod)).collect());
    remembering(Memory::default(), plan, seen)
}

/// A plan that remembers something, unless that is known.
fn remembering(
    memory: Memory,
    plan: Plan<Decision, Memory>,
    seen: &Observed<'_, Memory>,
) -> Plan<Decision, Memory> {
    if memory == *seen.memory { plan } else { plan.remember(memory) }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// One look; nothing, if it has to do something about pods that the census did not list. Follows `syncJob`.
fn sync(
    job: &Rc<Job>,
    census: &Census,
    seen: &Observed<'_, Memory>,
    now: Time,
) -> Option<Plan<Decision, Memory>> {
    let mut status = job.status.clone();
    status.failed += census.newly_failed(job);
    status.succeeded = match job.spec.indexed {
        true => count(census.completed.len()),
        false => status.succeeded + count(census.succeeded.len()),
    };
    if status.start_time.is_none() && !job.spec.suspend {
        status.start_time = Some(now);
    }
    // After a refusal the same ends are seen again at the same instant: they were remembered then.
    let memory = match seen.failure {
        Some(_) => seen.memory.clone(),
        None => seen.memory.updated(&census.succeeded, &census.failed, now),
    };
    let mut wake = deadline(job, &status).filter(|at| *at > now);
    let mut end = decide_end(job, census, &status, now);
    let mut writes: Vec<Write> = Vec::new();
    let mut managing = Managing::default();
    let mut active = census.active_count;
    let mut terminating = count(census.terminating.len());
    if end.is_some() && !census.listed {
        return None;
    }
    if let Some(end) = &end {
        end_active(job, census, end, &mut status, &mut writes);
        terminating += active;
        active = 0;
    } else if !job.meta.deleting() && seen.failure.is_none() {
        managing = manage(job, census, status.succeeded, &memory, now)?;
        // What comes sooner than the looks may follow each other waits for the next. Follows `enqueueSyncJobWithDelay`.
        let again = managing.waits_until.map(|at| at.max(now + BATCH));
        wake = [wake, again].into_iter().flatten().min();
        active += managing.creating - count(managing.deleted.len());
        terminating += count(managing.deleted.len());
        end = completed(job, &status, active);
    }
    let numbers = Numbers {
        active,
        want: managing.want,
        succeeded: status.succeeded,
        failed: status.failed,
        completions: job.spec.completions,
        parallelism: job.spec.parallelism,
        creating: managing.creating,
        deleting: count(managing.deleted.len()),
        waits_until: managing.waits_until,
        refused: seen.failure.map(|failure| failure.error.message.as_str().into()),
    };
    let notes = settle(job, census, &mut status, end.as_ref(), now);
    status.active = active;
    status.terminating = Some(terminating);
    status.ready = Some(ready(census, &managing, end.is_some()));
    let none_uncounted = |all: &Value| all.as_map().is_some_and(Map::is_empty);
    if !status.uncounted.as_ref().is_some_and(none_uncounted) {
        status.uncounted = Some(Value::empty_object());
    }
    let decision = conclude(job, end, &mut status, terminating, numbers, now);
    // Creates may be refused, which ends the plan: no end may lose its finalizer before the status counts it.
    writes.append(&mut managing.writes);
    writes.extend(counted(
        job,
        census,
        matches!(decision, Decision::Ending { .. } | Decision::Ended { .. }),
        &managing,
    ));
    let final_notes = final_notes(&decision, job, &status);
    if status != job.status {
        let changed = Job { meta: job.meta.clone(), spec: Rc::clone(&job.spec), status };
        writes.push(Write::UpdateStatus(AnyObject::Job(Rc::new(changed))));
    }
    let about = AnyObject::Job(Rc::clone(job));
    let events = notes.into_iter().chain(final_notes);
    writes.extend(events.map(|note| Write::event(about.clone(), note)));
    let over = matches!(decision, Decision::Ended { .. });
    let memory = if over { Memory::default() } else { memory };
    let plan = Plan::writes(decision, writes).wake_at(if over { None } else { wake });
    Some(remembering(memory, plan, seen))
}

/// When the Job has run too long.
fn deadline(job: &Job, status: &JobStatus) -> Option<Time> {
    let seconds = job.spec.active_deadline_seconds.filter(|_| !job.spec.suspend)?;
    Some(status.start_time?.cut_to_second() + Duration::from_seconds(seconds))
}

/// The first reason to end that holds.
fn decide_end(job: &Job, census: &Census, status: &JobStatus, now: Time) -> Option<End> {
    let standing = |kind| {
        conditions::find(&job.status.conditions, kind).filter(|one| one.status == Status::True)
    };
    if let Some(condition) = standing("SuccessCriteriaMet") {
        return Some(End::of(condition, true));
    }
    if let Some(condition) = standing("FailureTarget") {
        return Some(End::of(condition, false));
    }
    if let Some(message) = &census.fail_job {
        return Some(End::fail("PodFailurePolicy", message.as_str()));
    }
    if status.failed > job.spec.backoff_limit || restarts_exceed(job, census) {
        return Some(End::fail(
            "BackoffLimitExceeded",
            "Job has reached the specified backoff limit",
        ));
    }
    if deadline(job, status).is_some_and(|at| at <= now) {
        return Some(End::fail(
            "DeadlineExceeded",
            "Job was active longer than specified deadline",
        ));
    }
    if job.spec.indexed && job.spec.backoff_limit_per_index.is_some() {
        let failed = count(census.failed_indexes.len());
        if job.spec.max_failed_indexes.is_some_and(|most| failed > most) {
            let message = "Job has exceeded the specified maximal number of failed indexes";
            return Some(End::fail("MaxFailedIndexesExceeded", message));
        }
        let done = failed + count(census.completed.len());
        if failed > 0 && done >= job.spec.completions.unwrap_or(0) {
            return Some(End::fail("FailedIndexes", "Job has failed indexes"));
        }
    }
    let completions = job.spec.completions.unwrap_or(0);
    policies::success(
        job.spec.success_policy.as_ref().filter(|_| job.spec.indexed),
        &census.completed,
        completions,
    )
    .map(|message| End::succeed("SuccessPolicy", message))
}

/// Restarts in place use the limit up too. Follows `pastBackoffLimitOnFailure`.
fn restarts_exceed(job: &Job, census: &Census) -> bool {
    if job.spec.template.spec.restart_policy != RestartPolicy::OnFailure {
        return false;
    }
    match job.spec.backoff_limit {
        0 => census.restarts > 0,
        limit => census.restarts >= limit,
    }
}

/// Deletes what is active; on failure it counts as failed at once.
fn end_active(
    job: &Rc<Job>,
    census: &Census,
    end: &End,
    status: &mut JobStatus,
    writes: &mut Vec<Write>,
) {
    let about = AnyObject::Job(Rc::clone(job));
    for pod in &census.active {
        writes.push(pods::delete(pod, &about));
    }
    // What waits for its replacement gets none any more and counts, however the Job ends.
    status.failed += census.delayed_failures();
    if end.success {
        return;
    }
    let uncounted = census
        .active
        .iter()
        .chain(&census.terminating)
        .filter(|pod| pod.meta.has_finalizer(census::TRACKING) && !is_failed(pod, job));
    status.failed += count(uncounted.count());
}

/// Whether enough succeeded.
fn completed(job: &Job, status: &JobStatus, active: i64) -> Option<End> {
    let enough = match job.spec.completions {
        Some(completions) => status.succeeded >= completions,
        None => status.succeeded > 0,
    };
    let message = "Reached expected number of succeeded pods";
    (enough && active == 0).then(|| End::succeed("CompletionsReached", message))
}

/// Of the active pods, how many are ready and stay.
fn ready(census: &Census, managing: &Managing, ended: bool) -> i64 {
    if ended {
        return 0;
    }
    let going = managing.deleted.iter().filter(|pod| pod.active() && pod.ready());
    census.ready_count - count(going.count())
}

/// Index lists, and the Suspended condition with its events.
fn settle(
    job: &Job,
    census: &Census,
    status: &mut JobStatus,
    end: Option<&End>,
    now: Time,
) -> Vec<Note> {
    if job.spec.indexed {
        status.completed_indexes = text_of(&census.completed);
        if job.spec.backoff_limit_per_index.is_some() {
            status.failed_indexes = Some(text_of(&census.failed_indexes));
        }
    }
    if end.is_some() || job.meta.deleting() {
        return Vec::new();
    }
    let standing =
        conditions::find(&status.conditions, "Suspended").map(|condition| condition.status);
    let (value, reason, event, message) = match (job.spec.suspend, standing) {
        (true, Some(Status::True)) | (false, None | Some(Status::False | Status::Unknown)) => {
            return Vec::new();
        }
        (true, _) => (Status::True, "JobSuspended", "Suspended", "Job suspended"),
        (false, Some(Status::True)) => (Status::False, "JobResumed", "Resumed", "Job resumed"),
    };
    let mut condition = Condition::new("Suspended", value, reason, message, now);
    condition.seen = Some(now);
    conditions::set(&mut status.conditions, condition);
    status.start_time = if job.spec.suspend { None } else { Some(now) };
    vec![Note::normal(event, message)]
}

/// Writes the conditions of an end, and says where the Job stands.
fn conclude(
    job: &Job,
    end: Option<End>,
    status: &mut JobStatus,
    terminating: i64,
    numbers: Numbers,
    now: Time,
) -> Decision {
    let Some(end) = end else {
        return match (job.meta.deleting(), job.spec.suspend) {
            (true, _) => Decision::BeingDeleted,
            (false, true) => Decision::Suspended(Rc::new(numbers)),
            (false, false) => Decision::Running(Rc::new(numbers)),
        };
    };
    let condition = |kind: &str| {
        let mut condition = Condition::new(kind, Status::True, &end.reason, &end.message, now);
        condition.seen = Some(now);
        condition
    };
    if !conditions::holds(&status.conditions, end.target()) {
        status.conditions.push(condition(end.target()));
    }
    if terminating > 0 {
        return Decision::Ending { success: end.success, reason: end.reason, terminating };
    }
    status.conditions.push(condition(end.condition()));
    if end.success {
        status.completion_time = Some(now);
    }
    Decision::Ended { success: end.success, reason: end.reason }
}

/// Takes the finalizer of every pod whose end is counted now.
fn counted(job: &Job, census: &Census, ending: bool, managing: &Managing) -> Vec<Write> {
    let mut writes: Vec<Write> = census.succeeded.iter().map(|pod| uncount(pod)).collect();
    let counted = census.failed.iter().filter(|pod| ending || !census.is_delayed(pod));
    writes.extend(counted.map(|pod| uncount(pod)));
    if ending && managing.deleted.is_empty() {
        let rest = census
            .active
            .iter()
            .chain(census.terminating.iter().filter(|pod| !is_failed(pod, job)));
        writes.extend(
            rest.filter(|pod| pod.meta.has_finalizer(census::TRACKING)).map(|pod| uncount(pod)),
        );
    }
    writes
}

/// The events of an end.
fn final_notes(decision: &Decision, job: &Job, status: &JobStatus) -> Vec<Note> {
    let Decision::Ended { success, reason } = decision else { return Vec::new() };
    if *success {
        let text = "Too many succeeded pods running after completion count reached";
        let over = job.spec.completions.is_some_and(|wanted| status.succeeded > wanted);
        let many = over.then(|| Note::warning("TooManySucceededPods", text));
        return many
            .into_iter()
            .chain([Note::normal("Completed", word("Job completed"))])
            .collect();
    }
    let message = conditions::find(&status.conditions, "Failed")
        .map(|condition| Rc::clone(&condition.message));
    let reason = match &**reason {
        "BackoffLimitExceeded" => "BackoffLimitExceeded",
        "DeadlineExceeded" => "DeadlineExceeded",
        "PodFailurePolicy" => "PodFailurePolicy",
        "MaxFailedIndexesExceeded" => "MaxFailedIndexesExceeded",
        _ => "FailedIndexes",
    };
    vec![Note::warning(reason, message.unwrap_or_default())]
}
