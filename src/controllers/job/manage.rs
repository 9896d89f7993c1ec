//! How many pods a Job should have, and which to create or delete. Follows `manageJob` and `activePodsForRemoval`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Memory;
use super::backoff;
use super::census::{Census, INDEX_FAILURES, INDEX_IGNORED, TRACKING, failures_before};
use super::indexes::{self, INDEX, index_of};
use crate::api::batch::{Job, PodReplacementPolicy};
use crate::api::core::{Pod, PodSpec};
use crate::api::kind::Kind;
use crate::api::meta::OwnerReference;
use crate::api::object::AnyObject;
use crate::api::words::joined;
use crate::controllers::pods;
use crate::reconcile::Write;
use crate::sim::Time;
use crate::sim::order::Gather as _;

/// At most so many pods are created or deleted in one look. Follows `MaxPodCreateDeletePerSync`.
const MOST: usize = 500;

/// What to do about the number of pods.
#[derive(Debug, Default)]
pub(super) struct Managing {
    /// How many pods should be active.
    pub want: i64,
    /// The writes.
    pub writes: Vec<Write>,
    /// Pods created.
    pub creating: i64,
    /// Pods deleted, by uid.
    pub deleted: Vec<Rc<Pod>>,
    /// When a back-off ends that holds pods back.
    pub waits_until: Option<Time>,
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Creates or deletes pods, never both; nothing, if some of those are too many that the census did not list.
pub(super) fn manage(
    job: &Rc<Job>,
    census: &Census,
    succeeded: i64,
    memory: &Memory,
    now: Time,
) -> Option<Managing> {
    let active = census.active_count;
    let terminating = count(census.terminating.len());
    let want = match (job.spec.suspend, job.spec.completions) {
        (true, _) => 0,
        (false, None) if succeeded > 0 => active,
        (false, None) => job.spec.parallelism,
        (false, Some(completions)) => job.spec.parallelism.min((completions - succeeded).max(0)),
    };
    let mut managing = Managing { want, ..Managing::default() };
    if active > want && !census.listed {
        return None;
    }
    let surplus = surplus(job, census, want);
    if !surplus.is_empty() {
        managing.writes = surplus.iter().flat_map(|pod| remove(pod, job)).collect();
        managing.deleted = surplus;
        return Some(managing);
    }
    if job.spec.suspend {
        return Some(managing);
    }
    let mut missing = want - active;
    if job.spec.pod_replacement_policy == PodReplacementPolicy::Failed {
        missing -= terminating;
    }
    if missing <= 0 {
        return Some(managing);
    }
    let per_index = job.spec.backoff_limit_per_index.is_some();
    if !per_index && let Some(at) = memory.ready_at(now) {
        managing.waits_until = Some(at);
        return Some(managing);
    }
    let missing = usize::try_from(missing).unwrap_or(0).min(MOST);
    let new = match job.spec.indexed {
        true => indexed_pods(job, census, missing, now, &mut managing.waits_until),
        false => vec![plain_pod(job); missing],
    };
    let about = AnyObject::Job(Rc::clone(job));
    managing.creating = count(new.len());
    managing.writes = new.into_iter().map(|pod| pods::create(pod, &about)).collect();
    Some(managing)
}

/// The pods to delete because there are too many; those with a wrong or doubled index first.
fn surplus(job: &Job, census: &Census, want: i64) -> Vec<Rc<Pod>> {
    let active = count(census.active.len());
    let mut going: Vec<Rc<Pod>> = Vec::new();
    let mut rest: Vec<Rc<Pod>> = census.active.clone();
    if job.spec.indexed && !job.spec.suspend {
        (going, rest) = wrong_indexes(job, census);
    }
    let excess = usize::try_from(active - want).unwrap_or(0);
    if excess > going.len() {
        let ranked = pods::rank_job_pods(rest);
        going.extend(ranked.into_iter().take(excess - going.len()));
    }
    going.truncate(MOST);
    going
}

/// Splits active pods of an Indexed Job: those whose index is invalid, out of range or doubled, and the others.
fn wrong_indexes(job: &Job, census: &Census) -> (Vec<Rc<Pod>>, Vec<Rc<Pod>>) {
    let completions = job.spec.completions.unwrap_or(0);
    let (mut wrong, mut right) = (Vec::new(), Vec::new());
    let mut groups: BTreeMap<i64, Vec<Rc<Pod>>> = BTreeMap::new();
    for pod in &census.active {
        match index_of(pod, completions) {
            Some(index) => groups.entry(index).or_default().push(Rc::clone(pod)),
            None => wrong.push(Rc::clone(pod)),
        }
    }
    for group in groups.into_values() {
        let mut ranked = pods::rank_job_pods(group);
        right.extend(ranked.pop());
        wrong.extend(ranked);
    }
    (wrong, right)
}

/// Deletes a pod without counting it: its finalizer goes first.
fn remove(pod: &Rc<Pod>, job: &Rc<Job>) -> [Write; 2] {
    [uncount(pod), pods::delete(pod, &AnyObject::Job(Rc::clone(job)))]
}

/// Takes the tracking finalizer of a pod away: its end is accounted for.
pub(super) fn uncount(pod: &Pod) -> Write {
    let mut counted = Pod::clone(pod);
    counted.meta.remove_finalizer(TRACKING);
    Write::Update(AnyObject::Pod(Rc::new(counted)))
}

fn plain_pod(job: &Job) -> Pod {
    let owners = Rc::new([OwnerReference::controller_of(Kind::Job, &job.meta)]) as Rc<[_]>;
    let mut pod = Pod::from_template(
        &job.spec.template,
        &job.meta.namespace,
        &joined(&[&job.meta.name, "-"]),
        &owners,
    );
    pod.meta.add_finalizer(TRACKING);
    pod
}

/// Pods for the lowest indexes that are neither active, completed nor failed.
fn indexed_pods(
    job: &Job,
    census: &Census,
    missing: usize,
    now: Time,
    waits: &mut Option<Time>,
) -> Vec<Pod> {
    let completions = job.spec.completions.unwrap_or(0);
    let mut taken: BTreeSet<i64> = census.completed.union(&census.failed_indexes).copied().gather();
    taken.extend(census.active.iter().filter_map(|pod| index_of(pod, completions)));
    if job.spec.pod_replacement_policy == PodReplacementPolicy::Failed {
        taken.extend(census.terminating.iter().filter_map(|pod| index_of(pod, completions)));
    }
    let spec = with_index_variable(&job.spec.template.made);
    let free = (0..completions).filter(|index| !taken.contains(index)).take(missing);
    let mut pods = Vec::new();
    for index in free {
        let failed = census.delayed.iter().filter(|pod| index_of(pod, completions) == Some(index));
        let last = failed.max_by_key(|pod| {
            failures_before(pod, INDEX_FAILURES) + failures_before(pod, INDEX_IGNORED)
        });
        if let Some(last) = last {
            let ignored = census.ignored.iter().any(|pod| pod.meta.uid == last.meta.uid);
            let (failures, skipped) = counts_after(last, ignored);
            let total = u32::try_from(failures + skipped).unwrap_or(u32::MAX);
            let at = backoff::finish_time(last, now) + backoff::delay(total);
            if at > now {
                *waits = [*waits, Some(at)].into_iter().flatten().min();
                continue;
            }
            pods.push(indexed_pod(job, &spec, index, Some((failures, skipped))));
        } else {
            let counted = job.spec.backoff_limit_per_index.is_some().then_some((0, 0));
            pods.push(indexed_pod(job, &spec, index, counted));
        }
    }
    pods
}

/// The failure counts that the replacement of a failed pod carries.
fn counts_after(failed: &Pod, ignored: bool) -> (i64, i64) {
    let (failures, skipped) =
        (failures_before(failed, INDEX_FAILURES), failures_before(failed, INDEX_IGNORED));
    if ignored { (failures, skipped + 1) } else { (failures + 1, skipped) }
}

fn indexed_pod(job: &Job, spec: &PodSpec, index: i64, failures: Option<(i64, i64)>) -> Pod {
    let mut pod = plain_pod(job);
    let text = index.to_string();
    let suffix = format!("-{index}-");
    let room = 58_usize.saturating_sub(suffix.len());
    let base: String = job.meta.name.chars().take(room).collect();
    pod.meta.generate_name = Some(format!("{base}{suffix}").into());
    pod.meta.labels.set(INDEX, &text);
    pod.meta.annotations.set(INDEX, &text);
    if let Some((failures, skipped)) = failures {
        pod.meta.annotations.set(INDEX_FAILURES, &failures.to_string());
        if skipped > 0 {
            pod.meta.annotations.set(INDEX_IGNORED, &skipped.to_string());
        }
    }
    let mut raw = spec.raw.clone();
    raw.set("hostname", format!("{}-{index}", job.meta.name));
    pod.spec = Rc::new(PodSpec::parse(&raw));
    pod
}

/// The template's spec with `JOB_COMPLETION_INDEX` in every container that does not define it itself.
fn with_index_variable(spec: &PodSpec) -> PodSpec {
    const NAME: &str = "JOB_COMPLETION_INDEX";
    let field = crate::object! { "apiVersion" => "v1", "fieldPath" => format!("metadata.labels['{INDEX}']") };
    let variable =
        crate::object! { "name" => NAME, "valueFrom" => crate::object! { "fieldRef" => field } };
    let mut raw = spec.raw.clone();
    for group in ["containers", "initContainers"] {
        if raw.get(group).is_none() {
            continue;
        }
        for container in raw.child(group).make_items() {
            let defined =
                container.items_at("env").iter().any(|one| one.str_at("name") == Some(NAME));
            if !defined {
                container.child("env").make_items().push(variable.clone());
            }
        }
    }
    PodSpec::parse(&raw)
}

/// The text of `status.completedIndexes` or `failedIndexes`.
pub(super) fn text_of(set: &BTreeSet<i64>) -> Rc<str> {
    indexes::format(set).into()
}
