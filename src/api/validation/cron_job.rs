//! CronJobs. Follows `validateCronJobSpec` in `pkg/apis/batch/validation`.

use super::container::one_of;
use super::errors::{Errors, Path, text};
use super::internal;
use super::job::job_spec;
use crate::api::schedule;
use crate::api::time_zone::TimeZone;
use crate::api::value::Value;

const SPEC: Path<'static> = Path::root("spec");

/// The longest name: eleven letters are added for the name of a Job.
const NAME_BYTES: usize = 52;

/// Checks a new CronJob, but for its metadata.
pub(crate) fn create(errors: &mut Errors, object: &Value) {
    let none = Value::Null;
    cron_job(errors, object.get("spec").unwrap_or(&none), None);
    let name = object.get("metadata").map_or("", |metadata| text(metadata, "name"));
    if name.len() > NAME_BYTES {
        let path = Path::root("metadata");
        errors.invalid(&path.child("name"), name, "must be no more than 52 characters");
    }
}

/// Checks a changed CronJob, but for its metadata.
pub(crate) fn update(errors: &mut Errors, new: &Value, old: &Value) {
    let none = Value::Null;
    cron_job(errors, new.get("spec").unwrap_or(&none), Some(old.get("spec").unwrap_or(&none)));
}

fn cron_job(errors: &mut Errors, spec: &Value, old: Option<&Value>) {
    let path = &SPEC.child("schedule");
    match text(spec, "schedule") {
        "" => errors.required(path, ""),
        schedule => {
            let had_zone = old.is_some_and(|old| text(old, "schedule").contains("TZ"));
            schedule_text(errors, path, schedule, had_zone, spec.get("timeZone").is_some());
        }
    }
    errors.field_not_negative(&SPEC, spec, "startingDeadlineSeconds");
    let zone = spec.str_at("timeZone");
    if let Some(zone) = zone.filter(|_| old.and_then(|old| old.str_at("timeZone")) != zone) {
        time_zone(errors, &SPEC.child("timeZone"), zone);
    }
    one_of(errors, &SPEC, spec, "concurrencyPolicy", &["Allow", "Forbid", "Replace"]);
    let none = Value::Null;
    let job = spec.at(&["jobTemplate", "spec"]).unwrap_or(&none);
    let path = SPEC.child("jobTemplate");
    let path = path.child("spec");
    job_spec(errors, &path, job);
    if let Some(selector) = job.get("selector") {
        let shown = internal::label_selector(Some(selector));
        errors.invalid_json(&path.child("selector"), &shown, "`selector` will be auto-generated");
    }
    if job.bool_at("manualSelector") == Some(true) {
        let supported = ["nil", "false"];
        errors.push(crate::api::FieldError::not_supported(
            &path.child("manualSelector"),
            &Value::Bool(true),
            &supported,
        ));
    }
    errors.field_not_negative(&SPEC, spec, "successfulJobsHistoryLimit");
    errors.field_not_negative(&SPEC, spec, "failedJobsHistoryLimit");
}

fn schedule_text(
    errors: &mut Errors,
    path: &Path<'_>,
    text: &str,
    had_zone: bool,
    has_time_zone: bool,
) {
    if let Err(refusal) = schedule::parse(text) {
        errors.invalid(path, text, &refusal);
    }
    if !text.contains("TZ") {
        return;
    }
    if !had_zone {
        let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        errors.invalid(path, text, detail);
    } else if has_time_zone {
        let detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
        errors.invalid(path, text, detail);
    }
}

fn time_zone(errors: &mut Errors, path: &Path<'_>, zone: &str) {
    if zone.is_empty() {
        return errors.invalid(path, "", "timeZone must be nil or non-empty string");
    }
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte);
    let fine = |part: &str| {
        !matches!(part, "." | "..")
            && !part.starts_with('-')
            && (1..=14).contains(&part.len())
            && part.bytes().all(letter)
    };
    if !zone.split('/').all(fine) {
        return errors.invalid(path, zone, &format!("unknown time zone {zone}"));
    }
    if zone.eq_ignore_ascii_case("Local") {
        let detail =
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        errors.invalid(path, zone, detail);
    }
    // "Local" itself is a zone for the machine, though not one that may be written.
    if zone != "Local" && TimeZone::find(zone).is_none() {
        errors.invalid(path, zone, &format!("unknown time zone {zone}"));
    }
}
