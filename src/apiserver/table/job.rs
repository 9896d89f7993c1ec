//! Jobs. Follows `printJob`.

use super::{Column, age, container_cells, shown, wide};
use crate::api::batch::Job;
use crate::api::conditions;
use crate::sim::Time;

pub(super) const COLUMNS: [Column; 8] = [
    shown("Name"),
    shown("Status"),
    shown("Completions"),
    shown("Duration"),
    shown("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

fn word(job: &Job) -> &'static str {
    let holds = |kind| conditions::holds(&job.status.conditions, kind);
    match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if job.meta.deleting() => "Terminating",
        () if holds("Suspended") => "Suspended",
        () if holds("FailureTarget") => "FailureTarget",
        () if holds("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn completions(job: &Job) -> String {
    let succeeded = job.status.succeeded;
    match (job.spec.completions, job.spec.parallelism) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        (None, _) => format!("{succeeded}/1"),
    }
}

fn duration(job: &Job, now: Time) -> String {
    let cut = |time: Option<Time>| time.map(Time::cut_to_second);
    match (cut(job.status.start_time), cut(job.status.completion_time)) {
        (None, _) => String::new(),
        (Some(start), None) => now.since(start).human(),
        (Some(start), Some(end)) => end.since(start).human(),
    }
}

pub(super) fn row(job: &Job, now: Time) -> Vec<String> {
    let (containers, images) = container_cells(&job.spec.template.spec.containers);
    vec![
        job.meta.name.to_string(),
        word(job).into(),
        completions(job),
        duration(job, now),
        age(job.meta.created, now),
        containers,
        images,
        job.spec.selector.text_or_none(),
    ]
}
