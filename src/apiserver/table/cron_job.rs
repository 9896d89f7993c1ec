//! `CronJobs`. Follows `printCronJob`.

use super::{Column, age, shown, wide};
use crate::api::batch::CronJob;
use crate::api::labels::format_label_selector;
use crate::api::value::Value;
use crate::sim::Time;

pub(super) const COLUMNS: [Column; 10] = [
    shown("Name"),
    shown("Schedule"),
    shown("Timezone"),
    shown("Suspend"),
    shown("Active"),
    shown("Last Schedule"),
    shown("Age"),
    wide("Containers"),
    wide("Images"),
    wide("Selector"),
];

pub(super) fn row(cron_job: &CronJob, now: Time) -> Vec<String> {
    let (spec, status) = (&cron_job.spec, &cron_job.status);
    let template = &spec.job_template.spec;
    let containers = template.at(&["template", "spec", "containers"]).map_or(&[][..], Value::items);
    let join = |key: &str| -> String {
        let texts = containers.iter().map(|one| one.str_at(key).unwrap_or_default());
        texts.collect::<Vec<_>>().join(",")
    };
    vec![
        cron_job.meta.name.to_string(),
        spec.schedule.to_string(),
        spec.time_zone.as_deref().unwrap_or("<none>").into(),
        if spec.suspend { "True" } else { "False" }.into(),
        status.active.len().to_string(),
        status.last_schedule_time.map_or_else(|| "<none>".into(), |at| age(at, now)),
        age(cron_job.meta.created, now),
        join("name"),
        join("image"),
        format_label_selector(template.get("selector")),
    ]
}
