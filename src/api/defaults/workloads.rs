//! Defaults of the kinds that make pods. Follows `pkg/apis/{core,apps,batch}/v1/defaults.go`.

use super::pod::template;
use super::{each, entry};
use crate::api::labels::Labels;
use crate::api::value::Value;

/// Gives an object the labels of its pod template, unless it has labels of its own. The strategy does this for Jobs,
/// whose templates get labels after the defaults, and those too become the Job's.
pub(crate) fn labels_from_template(object: &mut Value) {
    let labels = object.at(&["spec", "template", "metadata", "labels"]).cloned();
    if let Some(labels) = labels
        && Labels::of(object).is_empty()
    {
        object.child("metadata").set("labels", labels);
    }
}

pub(super) fn replication_controller(object: &mut Value) {
    let labels = object.at(&["spec", "template", "metadata", "labels"]).cloned();
    labels_from_template(object);
    let spec = object.child("spec");
    if Labels::new(spec.get("selector")).is_empty() {
        spec.remove("selector");
        if let Some(labels) = labels {
            spec.set("selector", labels);
        }
    }
    spec.set_default("replicas", 1);
    entry(spec, "template", template);
}

pub(super) fn replica_set(object: &mut Value) {
    let spec = object.child("spec");
    spec.set_default("replicas", 1);
    template(spec.child("template"));
}

pub(super) fn deployment(object: &mut Value) {
    let spec = object.child("spec");
    spec.set_default("replicas", 1);
    let strategy = spec.child("strategy");
    strategy.set_default("type", "RollingUpdate");
    if strategy.str_at("type") == Some("RollingUpdate") {
        let rolling = strategy.child("rollingUpdate");
        rolling.set_default("maxUnavailable", "25%");
        rolling.set_default("maxSurge", "25%");
    }
    spec.set_default("revisionHistoryLimit", 10);
    spec.set_default("progressDeadlineSeconds", 600);
    template(spec.child("template"));
}

pub(super) fn daemon_set(object: &mut Value) {
    let spec = object.child("spec");
    let strategy = spec.child("updateStrategy");
    strategy.set_default("type", "RollingUpdate");
    if strategy.str_at("type") == Some("RollingUpdate") {
        let rolling = strategy.child("rollingUpdate");
        rolling.set_default("maxUnavailable", 1);
        rolling.set_default("maxSurge", 0);
    }
    spec.set_default("revisionHistoryLimit", 10);
    template(spec.child("template"));
}

pub(super) fn stateful_set(object: &mut Value) {
    let spec = object.child("spec");
    spec.set_default("podManagementPolicy", "OrderedReady");
    let strategy = spec.child("updateStrategy");
    if strategy.get("type").is_none() {
        strategy.set("type", "RollingUpdate");
        strategy.set_default("rollingUpdate", Value::empty_object());
    }
    if strategy.str_at("type") == Some("RollingUpdate") {
        entry(strategy, "rollingUpdate", |rolling| {
            rolling.set_default("partition", 0);
            rolling.set_default("maxUnavailable", 1);
        });
    }
    let retention = spec.child("persistentVolumeClaimRetentionPolicy");
    retention.set_default("whenDeleted", "Retain");
    retention.set_default("whenScaled", "Retain");
    spec.set_default("replicas", 1);
    spec.set_default("revisionHistoryLimit", 10);
    template(spec.child("template"));
    each(spec, "volumeClaimTemplates", |claim| {
        claim.set("apiVersion", "v1");
        claim.set("kind", "PersistentVolumeClaim");
        super::cluster::persistent_volume_claim(claim);
    });
}

pub(super) fn job(object: &mut Value) {
    let spec = object.child("spec");
    if spec.get("completions").is_none() && spec.get("parallelism").is_none() {
        spec.set("completions", 1);
    }
    spec.set_default("parallelism", 1);
    let per_index = spec.get("backoffLimitPerIndex").is_some();
    spec.set_default("backoffLimit", if per_index { i32::MAX } else { 6 });
    spec.set_default("completionMode", "NonIndexed");
    spec.set_default("suspend", false);
    let failure_policy = spec.get("podFailurePolicy").is_some();
    let replacement = if failure_policy { "Failed" } else { "TerminatingOrFailed" };
    spec.set_default("podReplacementPolicy", replacement);
    spec.set_default("manualSelector", false);
    job_parts(spec);
}

/// What both a Job and the job template of a CronJob get: the pod template, and the conditions of the failure policy.
fn job_parts(spec: &mut Value) {
    // Jobs have no usable default for the restart policy, but the server fills in the pods' one all the same.
    template(spec.child("template"));
    entry(spec, "podFailurePolicy", |policy| {
        each(policy, "rules", |rule| {
            each(rule, "onPodConditions", |condition| {
                if matches!(condition.str_at("status"), None | Some("")) {
                    condition.set("status", "True");
                }
            });
        });
    });
}

pub(super) fn cron_job(object: &mut Value) {
    let spec = object.child("spec");
    spec.set_default("concurrencyPolicy", "Allow");
    spec.set_default("suspend", false);
    spec.set_default("successfulJobsHistoryLimit", 3);
    spec.set_default("failedJobsHistoryLimit", 1);
    let job = spec.child("jobTemplate");
    job.set_default("metadata", Value::empty_object());
    job_parts(job.child("spec"));
}
