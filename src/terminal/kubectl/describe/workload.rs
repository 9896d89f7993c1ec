//! `describe` of what makes pods: controllers, sets, Deployments, Jobs and CronJobs.

use std::rc::Rc;

use super::super::rollout::without_hash;
use super::pod::template_text;
use super::{annotations, head, long_time, pairs};
use crate::api::Kind;
use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::batch::CronJob;
use crate::api::conditions::Condition;
use crate::api::core::PodTemplate;
use crate::api::labels::Selector;
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::apiserver::table::age;
use crate::cluster::Cluster;
use crate::sim::order::Order as _;

/// A controller with its pods, its template and its conditions.
pub(super) fn workload_text(object: &AnyObject, cluster: &Cluster) -> String {
    let meta = object.meta();
    let mut text = format!("Name:\t{}\nNamespace:\t{}\n", meta.name, meta.namespace);
    let labels = format!(
        "Labels:\t{}\nAnnotations:\t{}\n",
        pairs(&meta.labels, &[], "="),
        annotations(&meta.annotations)
    );
    let owner = meta
        .controller()
        .map(|owner| format!("Controlled By:\t{}/{}\n", owner.kind, owner.name))
        .unwrap_or_default();
    match object {
        AnyObject::ReplicationController(_) | AnyObject::ReplicaSet(_) => {
            let (spec, status) = match object {
                AnyObject::ReplicationController(one) => (&one.spec, &one.status),
                AnyObject::ReplicaSet(one) => (&one.spec, &one.status),
                _ => return text,
            };
            text.push_str(&format!("Selector:\t{}\n{labels}{owner}", spec.selector));
            text.push_str(&format!(
                "Replicas:\t{} current / {} desired\n",
                status.replicas, spec.replicas
            ));
            text.push_str(&pods_line(object, cluster));
            text.push_str(&template_text(&spec.template));
            text.push_str(&conditions_text(&status.conditions));
        }
        AnyObject::Deployment(one) => {
            let (spec, status) = (&one.spec, &one.status);
            text.push_str(&format!(
                "CreationTimestamp:\t{}\n{labels}Selector:\t{}\n",
                long_time(meta.created),
                spec.selector
            ));
            text.push_str(&format!(
                "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable\n",
                spec.replicas,
                status.updated,
                status.replicas,
                status.available,
                status.unavailable
            ));
            text.push_str(&format!(
                "StrategyType:\t{}\nMinReadySeconds:\t{}\n",
                if spec.recreate { "Recreate" } else { "RollingUpdate" },
                spec.min_ready_seconds
            ));
            if !spec.recreate {
                let shown = |key: &str| {
                    spec.raw.at(&["strategy", "rollingUpdate", key]).map_or_else(
                        || "25%".to_owned(),
                        |value| value.as_str().map_or_else(|| value.to_json(), str::to_owned),
                    )
                };
                text.push_str(&format!(
                    "RollingUpdateStrategy:\t{} max unavailable, {} max surge\n",
                    shown("maxUnavailable"),
                    shown("maxSurge")
                ));
            }
            text.push_str(&template_text(&spec.template));
            text.push_str(&conditions_text(&status.conditions));
            text.push_str(&replica_sets_text(one, cluster));
        }
        AnyObject::DaemonSet(one) => {
            let status = &one.status;
            text.push_str(&format!(
                "Selector:\t{}\nNode-Selector:\t{}\n{labels}",
                one.spec.selector,
                pairs(&one.spec.template.spec.node_selector, &[], "=").replace("\n\t", ",")
            ));
            text.push_str(&format!(
                "Desired Number of Nodes Scheduled: {}\nCurrent Number of Nodes Scheduled: {}\n",
                status.desired, status.current
            ));
            text.push_str(&format!("Number of Nodes Scheduled with Up-to-date Pods: {}\nNumber of Nodes Scheduled with Available Pods: {}\n", status.updated, status.available));
            text.push_str(&format!("Number of Nodes Misscheduled: {}\n", status.misscheduled));
            text.push_str(&pods_line(object, cluster));
            text.push_str(&template_text(&one.spec.template));
        }
        AnyObject::Job(one) => {
            let (spec, status) = (&one.spec, &one.status);
            text.push_str(&format!("Selector:\t{}\n{labels}{owner}", spec.selector));
            let unset = |number: Option<i64>| {
                number.map_or_else(|| "<unset>".to_owned(), |number| number.to_string())
            };
            text.push_str(&format!(
                "Parallelism:\t{}\nCompletions:\t{}\n",
                spec.parallelism,
                unset(spec.completions)
            ));
            text.push_str(&format!(
                "Completion Mode:\t{}\nSuspend:\t{}\nBackoff Limit:\t{}\n",
                if spec.indexed { "Indexed" } else { "NonIndexed" },
                spec.suspend,
                spec.backoff_limit
            ));
            if let Some(seconds) = spec.ttl_seconds_after_finished {
                text.push_str(&format!("TTL Seconds After Finished:\t{seconds}\n"));
            }
            if let Some(start) = status.start_time {
                text.push_str(&format!("Start Time:\t{}\n", long_time(start)));
            }
            if let Some(end) = status.completion_time {
                text.push_str(&format!("Completed At:\t{}\n", long_time(end)));
                if let Some(start) = status.start_time {
                    text.push_str(&format!("Duration:\t{}\n", age(start, end)));
                }
            }
            if let Some(seconds) = spec.active_deadline_seconds {
                text.push_str(&format!("Active Deadline Seconds:\t{seconds}s\n"));
            }
            let ready = status.ready.map(|ready| format!(" ({ready} Ready)")).unwrap_or_default();
            text.push_str(&format!(
                "Pods Statuses:\t{} Active{ready} / {} Succeeded / {} Failed\n",
                status.active, status.succeeded, status.failed
            ));
            if spec.indexed {
                let indexes = shortened(&status.completed_indexes);
                text.push_str(&format!("Completed Indexes:\t{indexes}\n"));
            }
            text.push_str(&template_text(&spec.template));
        }
        _ => {}
    }
    text
}

/// Running, waiting, succeeded and failed pods of an owner.
fn pods_line(object: &AnyObject, cluster: &Cluster) -> String {
    use crate::api::core::Phase;
    let mut counts = [0; 4];
    for pod in cluster.store().pods_of(object.uid()) {
        let slot = match pod.status.phase {
            Phase::Running => 0,
            Phase::Pending | Phase::Unknown => 1,
            Phase::Succeeded => 2,
            Phase::Failed => 3,
        };
        if let Some(count) = counts.get_mut(slot) {
            *count += 1;
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    format!(
        "Pods Status:\t{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed\n"
    )
}

fn conditions_text(all: &[Condition]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut text = "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n".to_owned();
    text.extend(
        all.iter().map(|one| format!("  {} \t{}\t{}\n", one.kind, one.status.word(), one.reason)),
    );
    text
}

/// The ReplicaSets of a Deployment, oldest first: the new one is the one with its template, and there may be none.
/// Follows `findNewReplicaSet` and `findOldReplicaSets` of `pkg/util/deployment`.
fn replica_sets_text(deployment: &Deployment, cluster: &Cluster) -> String {
    let (store, uid) = (cluster.store(), deployment.meta.uid);
    let mut sets: Vec<&Rc<ReplicaSet>> = store
        .index()
        .owned(uid)
        .filter(|(kind, _)| *kind == Kind::ReplicaSet)
        .filter_map(|(_, key)| store.replica_sets().get(key))
        .filter(|set| set.meta.controller().is_some_and(|owner| owner.uid == uid))
        .filter(|set| deployment.spec.selector.matches(&set.meta.labels))
        .collect();
    if sets.is_empty() {
        return String::new();
    }
    sets.order_by_key(|set| (set.meta.created.cut_to_second(), Rc::clone(&set.meta.name)));
    let wanted = without_hash(&deployment.spec.template.raw);
    let new = sets.iter().position(|set| without_hash(&set.spec.template.raw) == wanted);
    let new = new.map(|at| sets.remove(at));
    let shown = |set: &Rc<ReplicaSet>| {
        format!(
            "{} ({}/{} replicas created)",
            set.meta.name, set.status.replicas, set.spec.replicas
        )
    };
    let old: Vec<String> = sets.into_iter().map(shown).collect();
    let old = if old.is_empty() { "<none>".into() } else { old.join(", ") };
    let new = new.map_or_else(|| "<none>".to_owned(), shown);
    format!("OldReplicaSets:\t{old}\nNewReplicaSet:\t{new}\n")
}

/// Indexes up to the first comma after so many letters; none are `<none>`. Follows `capIndexesListOrNone`.
fn shortened(indexes: &str) -> String {
    const SHOWN: usize = 50;
    if indexes.is_empty() {
        return "<none>".into();
    }
    match indexes.char_indices().find(|(at, letter)| *at >= SHOWN && *letter == ',') {
        Some((comma, _)) => indexes.chars().take(comma + 1).chain("...".chars()).collect(),
        None => indexes.to_owned(),
    }
}

/// A StatefulSet, which is stored and not run.
pub(super) fn stateful_set_text(set: &Plain, object: &AnyObject, cluster: &Cluster) -> String {
    let (meta, body) = (&set.meta, &set.body);
    let spec = |path: &[&str]| body.get("spec").and_then(|spec| spec.at(path));
    let selector = Selector::from_label_selector(spec(&["selector"]))
        .map(|one| one.to_string())
        .unwrap_or_default();
    let strategy = spec(&["updateStrategy", "type"]).and_then(Value::as_str).unwrap_or_default();
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nCreationTimestamp:\t{}\nSelector:\t{}\nLabels:\t{}\nAnnotations:\t{}\nReplicas:\t{} desired | {} total\nUpdate Strategy:\t{strategy}\n",
        meta.name,
        meta.namespace,
        long_time(meta.created),
        selector,
        pairs(&meta.labels, &[], "="),
        annotations(&meta.annotations),
        spec(&["replicas"]).map_or_else(|| "1".to_owned(), Value::to_json),
        body.at(&["status", "replicas"]).map_or_else(|| "0".to_owned(), Value::to_json)
    );
    if let Some(partition) = spec(&["updateStrategy", "rollingUpdate", "partition"]) {
        text.push_str(&format!("  Partition:\t{}\n", partition.to_json()));
        if let Some(most) = spec(&["updateStrategy", "rollingUpdate", "maxUnavailable"]) {
            let most = most.as_str().map_or_else(|| most.to_json(), str::to_owned);
            text.push_str(&format!("  MaxUnavailable:\t{most}\n"));
        }
    }
    text.push_str(&pods_line(object, cluster));
    text.push_str(&template_text(&PodTemplate::parse(spec(&["template"]).unwrap_or(&Value::Null))));
    let claims = spec(&["volumeClaimTemplates"]).map_or(&[][..], Value::items);
    text.push_str(if claims.is_empty() { "Volume Claims:\t<none>\n" } else { "Volume Claims:\n" });
    for claim in claims {
        let word =
            |path: &[&str]| claim.at(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let map = |key: &str, mark: &str| {
            let all: Vec<String> = claim
                .at(&["metadata", key])
                .into_iter()
                .flat_map(Value::entries)
                .map(|(key, value)| format!("{key}{mark}{}", value.as_str().unwrap_or_default()))
                .collect();
            if all.is_empty() { "<none>".to_owned() } else { all.join("\n  \t") }
        };
        let capacity = claim.at(&["spec", "resources", "requests", "storage"]);
        let capacity = capacity.map_or_else(
            || "<default>".to_owned(),
            |value| value.as_str().map_or_else(|| value.to_json(), str::to_owned),
        );
        let modes: Vec<&str> = claim
            .at(&["spec", "accessModes"])
            .map_or(&[][..], Value::items)
            .iter()
            .filter_map(Value::as_str)
            .collect();
        text.push_str(&format!(
            "  Name:\t{}\n  StorageClass:\t{}\n  Labels:\t{}\n  Annotations:\t{}\n  Capacity:\t{capacity}\n  Access Modes:\t[{}]\n",
            word(&["metadata", "name"]),
            word(&["spec", "storageClassName"]),
            map("labels", "="),
            map("annotations", ": "),
            modes.join(" ")
        ));
    }
    text
}

/// A CronJob with the template of its Jobs and when it last fired.
pub(super) fn cron_job_text(cron: &CronJob) -> String {
    let (meta, spec) = (&cron.meta, &cron.spec);
    let mut text = head(meta);
    let unset = |number: Option<i64>, unit: &str| {
        number.map_or_else(|| "<unset>".to_owned(), |number| format!("{number}{unit}"))
    };
    let job = &spec.job_template.spec;
    text.push_str(&format!(
        "Schedule:\t{}\nConcurrency Policy:\t{}\n",
        spec.schedule,
        spec.raw.str_at("concurrencyPolicy").unwrap_or("Allow")
    ));
    text.push_str(&format!(
        "Suspend:\t{}\nTime Zone:\t{}\n",
        if spec.suspend { "True" } else { "False" },
        spec.time_zone.as_deref().unwrap_or("<unset>")
    ));
    text.push_str(&format!(
        "Successful Job History Limit:\t{}\nFailed Job History Limit:\t{}\n",
        unset(spec.successful_jobs_history_limit, ""),
        unset(spec.failed_jobs_history_limit, "")
    ));
    text.push_str(&format!(
        "Starting Deadline Seconds:\t{}\nSelector:\t<unset>\n",
        unset(spec.starting_deadline_seconds, "s")
    ));
    text.push_str(&format!(
        "Parallelism:\t{}\nCompletions:\t{}\n",
        unset(job.i64_at("parallelism"), ""),
        unset(job.i64_at("completions"), "")
    ));
    if let Some(seconds) = job.i64_at("activeDeadlineSeconds") {
        text.push_str(&format!("Active Deadline Seconds:\t{seconds}s\n"));
    }
    text.push_str(&template_text(&PodTemplate::parse(job.get("template").unwrap_or(&Value::Null))));
    let last = cron.status.last_schedule_time.map_or_else(|| "<unset>".into(), long_time);
    let active: Vec<&str> = cron.status.active.iter().map(|(job, _)| &*job.name).collect();
    let active = if active.is_empty() { "<none>".to_owned() } else { active.join(", ") };
    text.push_str(&format!("Last Schedule Time:\t{last}\nActive Jobs:\t{active}\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn indexes_end_with_the_number_in_which_the_fiftieth_letter_stands() {
        assert_eq!(shortened(""), "<none>");
        let fifty = "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,3500";
        assert_eq!(fifty.len(), 50);
        assert_eq!(shortened(fifty), fifty);
        assert_eq!(shortened(&format!("{fifty},37")), format!("{fifty},..."));
        assert_eq!(shortened(&format!("{fifty}00,37,39")), format!("{fifty}00,..."));
        assert_eq!(shortened(&format!("{fifty}00-37")), format!("{fifty}00-37"));
    }
}
