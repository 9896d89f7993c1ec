//! The pods of a Job, sorted by what they mean to it.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::indexes;
use super::policies::{Action, failure_action};
use crate::api::batch::{Job, PodReplacementPolicy};
use crate::api::core::{Phase, Pod, RestartPolicy};
use crate::controllers::pods;
use crate::store::Store;

/// The finalizer of pods whose end was not counted yet.
pub(super) const TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// How often a pod's index had failed before.
pub(super) const INDEX_FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
/// How often a pod's index had failed without counting.
pub(super) const INDEX_IGNORED: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

/// A Job's pods, sorted.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// Neither finished nor being deleted; only how many they are, if they were not listed.
    pub active: Vec<Rc<Pod>>,
    /// How many are active.
    pub active_count: i64,
    /// Of those, how many are ready.
    pub ready_count: i64,
    /// Whether every pod was looked at, and not only those that are over.
    pub listed: bool,
    /// Being deleted and not finished.
    pub terminating: Vec<Rc<Pod>>,
    /// Succeeded and not counted yet.
    pub succeeded: Vec<Rc<Pod>>,
    /// Failed and not counted yet.
    pub failed: Vec<Rc<Pod>>,
    /// Of the failed, those that a rule leaves out.
    pub ignored: Vec<Rc<Pod>>,
    /// Of the failed, those that wait for their replacement before they are counted.
    pub delayed: Vec<Rc<Pod>>,
    /// Indexes completed, those just now too.
    pub completed: BTreeSet<i64>,
    /// Indexes failed for good, those just now too.
    pub failed_indexes: BTreeSet<i64>,
    /// The message of the first rule that fails the Job.
    pub fail_job: Option<String>,
    /// The sum of restarts of pods that run or wait (`OnFailure` only).
    pub restarts: i64,
}

/// Whether a pod's end is a failure: with the usual replacement policy a deleted pod failed at once.
pub(super) fn is_failed(pod: &Pod, job: &Job) -> bool {
    pod.status.phase == Phase::Failed
        || (job.spec.pod_replacement_policy == PodReplacementPolicy::TerminatingOrFailed
            && pod.meta.deleting()
            && pod.status.phase != Phase::Succeeded)
}

/// How often a pod's index failed before it, ignored failures apart.
pub(super) fn failures_before(pod: &Pod, annotation: &str) -> i64 {
    pod.meta.annotations.text(annotation).and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl Census {
    /// Sorts the pods of a Job.
    pub(super) fn take(job: &Job, pods: &[Rc<Pod>]) -> Self {
        let mut census = Self::sorted(job, pods);
        census.listed = true;
        census.active_count = count(census.active.len());
        census.ready_count = count(census.active.iter().filter(|pod| pod.ready()).count());
        census
    }

    /// Sorts those that are over and takes the others from the index's sums: mostly nothing more is asked of them.
    /// Nothing, if every pod has to be looked at.
    pub(super) fn of_ends(job: &Job, store: &Store) -> Option<Self> {
        let spec = &job.spec;
        let each = spec.indexed
            || spec.suspend
            || job.meta.deleting()
            || spec.backoff_limit_per_index.is_some()
            || spec.template.spec.restart_policy == RestartPolicy::OnFailure;
        let tally = store.index().tally(job.meta.uid);
        if each || tally.leaving > 0 || !pods::all_match(store, &job.meta, &tally, &spec.selector) {
            return None;
        }
        let ends: Vec<Rc<Pod>> = store.ended_pods_of(job.meta.uid).cloned().collect();
        let mut census = Self::sorted(job, &ends);
        census.active_count = tally.active;
        census.ready_count = tally.ready;
        Some(census)
    }

    fn sorted(job: &Job, pods: &[Rc<Pod>]) -> Self {
        let completions = job.spec.completions.unwrap_or(0);
        let mut census = Self::default();
        if job.spec.indexed {
            census.completed = indexes::parse(&job.status.completed_indexes, completions);
            if let Some(text) = &job.status.failed_indexes {
                census.failed_indexes = indexes::parse(text, completions);
            }
        }
        for pod in pods {
            census.sort(job, pod, completions);
        }
        census.delay(job, pods, completions);
        census
    }

    fn sort(&mut self, job: &Job, pod: &Rc<Pod>, completions: i64) {
        if pod.active() {
            self.active.push(Rc::clone(pod));
        } else if pod.meta.deleting() && !pod.status.phase.finished() {
            self.terminating.push(Rc::clone(pod));
        }
        let live = matches!(pod.status.phase, Phase::Running | Phase::Pending);
        if live && job.spec.template.spec.restart_policy == RestartPolicy::OnFailure {
            let all = pod.status.containers.iter().chain(pod.status.init_containers.iter());
            self.restarts += all.map(|status| status.restart_count).sum::<i64>();
        }
        if !pod.meta.has_finalizer(TRACKING) {
            return;
        }
        let index = indexes::index_of(pod, completions);
        if pod.status.phase == Phase::Succeeded {
            self.succeeded.push(Rc::clone(pod));
            self.completed.extend(index);
        } else if is_failed(pod, job) {
            self.failed.push(Rc::clone(pod));
            match failure_action(job.spec.pod_failure_policy.as_ref(), pod) {
                Action::FailJob(message) => {
                    self.fail_job.get_or_insert(message);
                }
                Action::Ignore => self.ignored.push(Rc::clone(pod)),
                Action::FailIndex => self.failed_indexes.extend(index),
                Action::Count => {
                    if let (Some(limit), Some(index)) = (job.spec.backoff_limit_per_index, index)
                        && failures_before(pod, INDEX_FAILURES) >= limit
                        && !self.completed.contains(&index)
                    {
                        self.failed_indexes.insert(index);
                    }
                }
            }
        }
    }

    /// With a limit per index a failed pod is kept uncounted until its replacement is there.
    fn delay(&mut self, job: &Job, pods: &[Rc<Pod>], completions: i64) {
        if job.spec.backoff_limit_per_index.is_none() {
            return;
        }
        let total =
            |pod: &Pod| failures_before(pod, INDEX_FAILURES) + failures_before(pod, INDEX_IGNORED);
        for pod in &self.failed {
            let Some(index) = indexes::index_of(pod, completions) else { continue };
            let over = self.completed.contains(&index) || self.failed_indexes.contains(&index);
            let replaced = pods.iter().any(|other| {
                indexes::index_of(other, completions) == Some(index) && total(other) > total(pod)
            });
            if !over && !replaced {
                self.delayed.push(Rc::clone(pod));
            }
        }
    }

    /// Of the newly failed pods, how many count in `status.failed` now.
    pub(super) fn newly_failed(&self, job: &Job) -> i64 {
        let counts = |pod: &&Rc<Pod>| {
            let indexed = !job.spec.indexed
                || indexes::index_of(pod, job.spec.completions.unwrap_or(0)).is_some();
            indexed && !contains(&self.ignored, pod) && !contains(&self.delayed, pod)
        };
        count(self.failed.iter().filter(counts).count())
    }

    /// Of the failed pods that wait for their replacement, how many count once the Job ends.
    pub(super) fn delayed_failures(&self) -> i64 {
        count(self.delayed.iter().filter(|pod| !contains(&self.ignored, pod)).count())
    }

    /// Whether a pod's end stays uncounted for now.
    pub(super) fn is_delayed(&self, pod: &Pod) -> bool {
        contains(&self.delayed, pod)
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn contains(pods: &[Rc<Pod>], pod: &Pod) -> bool {
    pods.iter().any(|one| one.meta.uid == pod.meta.uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::kind::Kind;
    use crate::api::object::AnyObject;
    use crate::api::value::Value;
    use crate::sim::Time;
    use crate::store::CauseId;

    fn put(store: &mut Store, kind: Kind, text: &str) {
        let object = AnyObject::from_value(kind, &Value::from_json(text).unwrap());
        store.put(object, Time::default(), CauseId::default());
    }

    /// A Job with two pods that run and one that succeeded; what else is said of Job and pods.
    fn cluster(spec: &str, restarts: &str, more: &str) -> Store {
        let mut store = Store::default();
        let job = format!(
            r#"{{"metadata":{{"name":"j","namespace":"default","uid":"aa"}},"spec":{{{spec}"selector":{{"matchLabels":{{"app":"j"}}}},
            "template":{{"metadata":{{"labels":{{"app":"j"}}}},"spec":{{"restartPolicy":"{restarts}","containers":[{{"name":"c","image":"x"}}]}}}}}}}}"#
        );
        put(&mut store, Kind::Job, &job);
        for (name, phase) in [("p1", "Running"), ("p2", "Pending"), ("p3", "Succeeded")] {
            let pod = format!(
                r#"{{"metadata":{{"name":"{name}","namespace":"default","uid":"{name}","labels":{{"app":"j"}},"finalizers":["{TRACKING}"]{more},
                "ownerReferences":[{{"kind":"Job","name":"j","uid":"aa","controller":true}}]}},"spec":{{"containers":[{{"name":"c","image":"x"}}]}},
                "status":{{"phase":"{phase}"}}}}"#
            );
            put(&mut store, Kind::Pod, &pod);
        }
        store
    }

    #[test]
    fn of_pods_that_run_the_sums_are_enough() {
        let store = cluster("", "Never", "");
        let census = Census::of_ends(store.jobs().iter().next().unwrap(), &store).unwrap();
        assert_eq!((census.active_count, census.ready_count, census.succeeded.len()), (2, 0, 1));
        assert!(census.active.is_empty() && !census.listed);
    }

    #[test]
    fn where_each_pod_counts_all_are_looked_at() {
        let deleting = r#","deletionTimestamp":"2026-01-01T00:00:30Z""#;
        for (spec, restarts, more) in [
            (r#""completionMode":"Indexed","completions":3,"#, "Never", ""),
            (r#""suspend":true,"#, "Never", ""),
            ("", "OnFailure", ""),
            ("", "Never", deleting),
        ] {
            let store = cluster(spec, restarts, more);
            let job = store.jobs().iter().next().unwrap();
            assert!(Census::of_ends(job, &store).is_none(), "{spec} {restarts} {more}");
        }
    }
}
