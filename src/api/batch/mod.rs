//! The batch group: Job and CronJob.

use std::rc::Rc;

use super::conditions::Condition;
use super::core::{ObjectReference, PodTemplate, Referred};
use super::defaults;
use super::kind::Kind;
use super::labels::Selector;
use super::meta::Labels;
use super::schedule::{self, Schedule};
use super::value::Value;
use crate::sim::Time;

/// When a replacement for a pod that is being deleted is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodReplacementPolicy {
    /// As soon as it is being deleted, or has failed.
    TerminatingOrFailed,
    /// Only when it has failed.
    Failed,
}

/// What a Job wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// Everything, as written and defaulted.
    pub raw: Value,
    /// How many pods at a time.
    pub parallelism: i64,
    /// How many must succeed; `None` for a work queue.
    pub completions: Option<i64>,
    /// Whether every pod has an index.
    pub indexed: bool,
    /// How many may fail.
    pub backoff_limit: i64,
    /// How many may fail for each index.
    pub backoff_limit_per_index: Option<i64>,
    /// How many indexes may fail.
    pub max_failed_indexes: Option<i64>,
    /// For how long it may run.
    pub active_deadline_seconds: Option<i64>,
    /// How long after its end it is deleted.
    pub ttl_seconds_after_finished: Option<i64>,
    /// Whether it stands still.
    pub suspend: bool,
    /// When pods are replaced.
    pub pod_replacement_policy: PodReplacementPolicy,
    /// `podFailurePolicy.rules` as written, if there is a policy.
    pub pod_failure_policy: Option<Value>,
    /// `successPolicy.rules` as written, if there is a policy.
    pub success_policy: Option<Value>,
    /// Whether some other controller runs it.
    pub managed_elsewhere: bool,
    /// Which pods are its own.
    pub selector: Selector,
    /// What pods look like.
    pub template: Rc<PodTemplate>,
}

impl JobSpec {
    /// Reads a defaulted spec.
    pub fn parse(value: &Value) -> Self {
        let empty = Value::Null;
        let number = |key| value.i64_at(key);
        let per_index = number("backoffLimitPerIndex");
        Self {
            parallelism: number("parallelism").unwrap_or(1),
            completions: number("completions"),
            indexed: value.str_at("completionMode") == Some("Indexed"),
            backoff_limit: number("backoffLimit").unwrap_or(if per_index.is_some() {
                i64::from(i32::MAX)
            } else {
                6
            }),
            backoff_limit_per_index: per_index,
            max_failed_indexes: number("maxFailedIndexes"),
            active_deadline_seconds: number("activeDeadlineSeconds"),
            ttl_seconds_after_finished: number("ttlSecondsAfterFinished"),
            suspend: value.bool_at("suspend").unwrap_or(false),
            pod_replacement_policy: match value.str_at("podReplacementPolicy") {
                Some("Failed") => PodReplacementPolicy::Failed,
                _ => PodReplacementPolicy::TerminatingOrFailed,
            },
            pod_failure_policy: value.at(&["podFailurePolicy", "rules"]).cloned(),
            success_policy: value.at(&["successPolicy", "rules"]).cloned(),
            managed_elsewhere: value
                .str_at("managedBy")
                .is_some_and(|by| by != "kubernetes.io/job-controller"),
            selector: Selector::from_label_selector(value.get("selector"))
                .unwrap_or(Selector::Nothing),
            template: Rc::new(PodTemplate::parse(value.get("template").unwrap_or(&empty))),
            raw: value.clone(),
        }
    }
}

impl JobSpec {
    /// The same spec with another selector and other labels of its pods, as `raw` has them; nothing else is read anew.
    #[must_use]
    pub fn with_identity(&self, raw: Value) -> Self {
        let labels = raw.at(&["template", "metadata", "labels"]);
        let template = PodTemplate {
            labels: Labels::from_value(labels),
            raw: raw.get("template").cloned().unwrap_or_default(),
            ..PodTemplate::clone(&self.template)
        };
        let selector = raw.get("selector").unwrap_or(&Value::Null);
        let selector = match selector.get("matchExpressions") {
            // What was generated needs no validation.
            None => Selector::from_map(selector.get("matchLabels")),
            Some(_) => Selector::from_label_selector(Some(selector)).unwrap_or(Selector::Nothing),
        };
        Self { selector, template: Rc::new(template), raw, ..self.clone() }
    }
}

/// What was seen of a Job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// Pods that are neither finished nor being deleted.
    pub active: i64,
    /// Of those, ready; absent before the first look.
    pub ready: Option<i64>,
    /// Pods that succeeded.
    pub succeeded: i64,
    /// Pods that failed.
    pub failed: i64,
    /// Pods being deleted; absent before the first look.
    pub terminating: Option<i64>,
    /// When it was first looked at while not suspended.
    pub start_time: Option<Time>,
    /// When it was complete.
    pub completion_time: Option<Time>,
    /// Indexes that succeeded, `0,2-4`, or nothing.
    pub completed_indexes: Rc<str>,
    /// Indexes that failed for good; `None` without `backoffLimitPerIndex`.
    pub failed_indexes: Option<Rc<str>>,
    /// Pods that are over and not yet counted; present once it was looked at.
    pub uncounted: Option<Value>,
    /// Conditions in the order they appeared.
    pub conditions: Vec<Condition>,
}

impl JobStatus {
    /// Reads a status.
    pub fn parse(value: &Value) -> Self {
        let number = |key| value.i64_at(key).unwrap_or(0);
        let time = |key: &str| value.str_at(key).and_then(Time::parse_rfc3339);
        Self {
            active: number("active"),
            ready: value.i64_at("ready"),
            succeeded: number("succeeded"),
            failed: number("failed"),
            terminating: value.i64_at("terminating"),
            start_time: time("startTime"),
            completion_time: time("completionTime"),
            completed_indexes: value.str_at("completedIndexes").unwrap_or_default().into(),
            failed_indexes: value.str_at("failedIndexes").map(Rc::from),
            uncounted: value.get("uncountedTerminatedPods").cloned(),
            conditions: value.items_at("conditions").iter().map(Condition::from_value).collect(),
        }
    }

    /// The status as the API shows it.
    pub fn to_value(&self) -> Value {
        let mut value = Value::empty_object();
        for (key, number) in
            [("active", self.active), ("succeeded", self.succeeded), ("failed", self.failed)]
        {
            if number != 0 {
                value.set(key, number);
            }
        }
        for (key, number) in [("ready", self.ready), ("terminating", self.terminating)] {
            if let Some(number) = number {
                value.set(key, number);
            }
        }
        for (key, time) in
            [("startTime", self.start_time), ("completionTime", self.completion_time)]
        {
            if let Some(time) = time {
                value.set(key, time);
            }
        }
        if !self.completed_indexes.is_empty() {
            value.set("completedIndexes", &self.completed_indexes);
        }
        if let Some(failed) = &self.failed_indexes {
            value.set("failedIndexes", failed);
        }
        if let Some(uncounted) = &self.uncounted {
            value.set("uncountedTerminatedPods", uncounted.clone());
        }
        if !self.conditions.is_empty() {
            let shown = self.conditions.iter().map(|one| {
                let mut shown = one.to_value(None);
                shown.set("lastProbeTime", one.seen.unwrap_or(one.since));
                shown
            });
            value.set("conditions", shown.collect::<Vec<_>>());
        }
        value
    }
}

crate::resource!(
    /// A Job.
    Job, JobSpec, JobStatus
);

/// What happens when a Job is due while an earlier one runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcurrencyPolicy {
    /// Both run.
    Allow,
    /// The new one waits.
    Forbid,
    /// The old one is deleted.
    Replace,
}

/// What a CronJob makes Jobs of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobTemplate {
    /// Labels of its Jobs.
    pub labels: Labels,
    /// Annotations of its Jobs.
    pub annotations: Labels,
    /// `spec` as written; the defaults of a Job are filled in when the Job is created.
    pub spec: Value,
    /// The spec of its Jobs with those defaults, but for what carries a Job's own name and uid.
    pub made: Rc<JobSpec>,
}

impl JobTemplate {
    fn parse(template: &Value) -> Self {
        let spec = template.get("spec").cloned().unwrap_or_default();
        let mut job =
            crate::object! { "metadata" => Value::empty_object(), "spec" => spec.clone() };
        if !spec.is_null() {
            defaults::apply(Kind::Job, &mut job);
        }
        Self {
            labels: Labels::from_value(template.at(&["metadata", "labels"])),
            annotations: Labels::from_value(template.at(&["metadata", "annotations"])),
            made: Rc::new(JobSpec::parse(job.get("spec").unwrap_or(&Value::Null))),
            spec,
        }
    }
}

/// What a CronJob wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronJobSpec {
    /// Everything, as written and defaulted.
    pub raw: Value,
    /// When.
    pub schedule: Rc<str>,
    /// The same, read; `None` if it does not read (validation refuses that before).
    pub calendar: Option<Rc<Schedule>>,
    /// Where the clock hangs; `None` means UTC.
    pub time_zone: Option<Rc<str>>,
    /// How late a start may be.
    pub starting_deadline_seconds: Option<i64>,
    /// What happens when one still runs.
    pub concurrency_policy: ConcurrencyPolicy,
    /// Whether it stands still.
    pub suspend: bool,
    /// How many Jobs that succeeded are kept.
    pub successful_jobs_history_limit: Option<i64>,
    /// How many Jobs that failed are kept.
    pub failed_jobs_history_limit: Option<i64>,
    /// What Jobs look like.
    pub job_template: Rc<JobTemplate>,
}

impl CronJobSpec {
    /// Reads a defaulted spec.
    pub fn parse(value: &Value) -> Self {
        Self {
            schedule: value.str_at("schedule").unwrap_or_default().into(),
            calendar: value
                .str_at("schedule")
                .and_then(|text| schedule::parse(text).ok())
                .map(Rc::new),
            time_zone: value.str_at("timeZone").map(Rc::from),
            starting_deadline_seconds: value.i64_at("startingDeadlineSeconds"),
            concurrency_policy: match value.str_at("concurrencyPolicy") {
                Some("Forbid") => ConcurrencyPolicy::Forbid,
                Some("Replace") => ConcurrencyPolicy::Replace,
                _ => ConcurrencyPolicy::Allow,
            },
            suspend: value.bool_at("suspend").unwrap_or(false),
            successful_jobs_history_limit: value.i64_at("successfulJobsHistoryLimit"),
            failed_jobs_history_limit: value.i64_at("failedJobsHistoryLimit"),
            job_template: Rc::new(JobTemplate::parse(
                value.get("jobTemplate").unwrap_or(&Value::Null),
            )),
            raw: value.clone(),
        }
    }
}

/// What was seen of a CronJob.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CronJobStatus {
    /// Jobs that it started and that are not over.
    pub active: Vec<(ObjectReference, u64)>,
    /// The last slot for which it started a Job.
    pub last_schedule_time: Option<Time>,
    /// When the last of its Jobs was complete.
    pub last_successful_time: Option<Time>,
}

impl CronJobStatus {
    /// Reads a status.
    pub fn parse(value: &Value) -> Self {
        let time = |key: &str| value.str_at(key).and_then(Time::parse_rfc3339);
        let reference = |value: &Value| {
            let text = |key| Rc::from(value.str_at(key).unwrap_or_default());
            let reference = ObjectReference {
                api_version: text("apiVersion"),
                kind: text("kind"),
                namespace: text("namespace"),
                name: text("name"),
                uid: Referred::from_text(value.str_at("uid").unwrap_or_default()),
                field_path: "".into(),
            };
            (reference, value.str_at("resourceVersion").and_then(|rv| rv.parse().ok()).unwrap_or(0))
        };
        Self {
            active: value.items_at("active").iter().map(reference).collect(),
            last_schedule_time: time("lastScheduleTime"),
            last_successful_time: time("lastSuccessfulTime"),
        }
    }

    /// The status as the API shows it.
    pub fn to_value(&self) -> Value {
        let mut value = Value::empty_object();
        if !self.active.is_empty() {
            let shown = self.active.iter().map(|(job, version)| {
                crate::object! {
                    "apiVersion" => &job.api_version,
                    "kind" => &job.kind,
                    "namespace" => &job.namespace,
                    "name" => &job.name,
                    "uid" => job.uid.to_string(),
                    "resourceVersion" => version.to_string(),
                }
            });
            value.set("active", shown.collect::<Vec<_>>());
        }
        for (key, time) in [
            ("lastScheduleTime", self.last_schedule_time),
            ("lastSuccessfulTime", self.last_successful_time),
        ] {
            if let Some(time) = time {
                value.set(key, time);
            }
        }
        value
    }
}

crate::resource!(
    /// A CronJob.
    CronJob, CronJobSpec, CronJobStatus
);
