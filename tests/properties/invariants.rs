//! What must hold after every single write, read from the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use podyard::api::apps::{DaemonSet, Deployment, ReplicaSet};
use podyard::api::batch::{ConcurrencyPolicy, CronJob, Job};
use podyard::api::conditions::Status;
use podyard::api::core::Pod;
use podyard::api::{AnyObject, Kind, ObjectKey, Uid};
use podyard::cluster::Cluster;
use podyard::sim::Time;
use podyard::store::{Change, Operation};

type Held = Result<(), String>;

/// Fails with a sentence unless a condition holds.
macro_rules! must {
    ($condition:expr, $($words:tt)*) => {
        if !$condition {
            return Err(format!($($words)*));
        }
    };
}

/// Everything as it was after the last change that was read.
#[derive(Default)]
pub(crate) struct Watcher {
    version: u64,
    at: Option<Time>,
    objects: BTreeMap<(Kind, ObjectKey), AnyObject>,
    by_uid: BTreeMap<Uid, (Kind, ObjectKey)>,
    /// The nodes that went: one that comes under the same name counts restarts from nought, as a new disk does.
    gone: BTreeSet<Rc<str>>,
    /// Every Job that a CronJob ever created: its uid and the minute it is for.
    ticks: BTreeSet<(Uid, String)>,
}

impl Watcher {
    /// Knows what stands now.
    pub(crate) fn new(cluster: &Cluster) -> Self {
        let mut watcher = Self { version: cluster.store().resource_version(), ..Self::default() };
        for object in Kind::ALL.into_iter().flat_map(|kind| cluster.store().list(kind, None)) {
            watcher.keep(object);
        }
        watcher
    }

    fn keep(&mut self, object: AnyObject) {
        self.by_uid.insert(object.uid(), (object.kind(), object.key()));
        self.objects.insert((object.kind(), object.key()), object);
    }

    /// Reads what was written since it last looked.
    ///
    /// # Errors
    /// What did not hold, and after which write.
    pub(crate) fn check(&mut self, cluster: &Cluster) -> Held {
        let changes: Vec<_> = cluster.store().journal().since(self.version).cloned().collect();
        for change in changes {
            let told = |what| {
                format!(
                    "{} {:?} {} {}: {what}",
                    change.at,
                    change.operation,
                    change.object.kind().name(),
                    change.object.key()
                )
            };
            self.read(&change).map_err(told)?;
        }
        self.at_rest_or_not(cluster)
    }

    fn read(&mut self, change: &Change) -> Held {
        must!(change.id > self.version, "version {} after {}", change.id, self.version);
        must!(self.at.is_none_or(|at| at <= change.at), "time went back from {:?}", self.at);
        (self.version, self.at) = (change.id, Some(change.at));
        let before = self.objects.get(&(change.object.kind(), change.object.key())).cloned();
        match change.operation {
            Operation::Deleted => {
                if change.object.kind() == Kind::Node {
                    self.gone.insert(change.object.key().name);
                }
                drop(self.objects.remove(&(change.object.kind(), change.object.key())));
            }
            Operation::Added | Operation::Modified => self.keep(change.object.clone()),
        }
        let fresh = change.operation == Operation::Added;
        match &change.object {
            AnyObject::Pod(pod) if change.operation != Operation::Deleted => {
                if let Some(AnyObject::Pod(before)) = &before {
                    goes_on(before, pod)?;
                    let same_disk = pod.node.as_ref().is_some_and(|node| !self.gone.contains(node));
                    let (old, new) = (restarts(before), restarts(pod));
                    let same = before.meta.uid == pod.meta.uid && same_disk;
                    must!(old <= new || !same, "{new} restarts after {old}");
                }
                if fresh {
                    self.born(pod)?;
                }
                let placed =
                    matches!(&before, Some(AnyObject::Pod(before)) if before.node.is_none());
                if placed && let Some(node) = &pod.node {
                    must!(
                        self.objects.contains_key(&(Kind::Node, ObjectKey::cluster(node.clone()))),
                        "bound to {node}, which is none"
                    );
                }
            }
            AnyObject::Job(job) if change.operation != Operation::Deleted => {
                if let Some(AnyObject::Job(before)) = &before {
                    counts_on(before, job)?;
                }
                if fresh {
                    self.fired(job, change.at)?;
                }
            }
            AnyObject::ReplicaSet(set) if change.operation != Operation::Deleted => {
                let had = match &before {
                    Some(AnyObject::ReplicaSet(before)) => before.spec.replicas,
                    _ => 0,
                };
                if set.spec.replicas > had {
                    self.rolls(set)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn owner(&self, object: &podyard::api::ObjectMeta) -> Option<&AnyObject> {
        let owner = object.controller()?;
        self.objects.get(self.by_uid.get(&owner.uid)?)
    }

    fn pods_of(&self, owner: Uid) -> impl Iterator<Item = &Pod> {
        let pods = self.objects.values().filter_map(|object| match object {
            AnyObject::Pod(pod) => Some(&**pod),
            _ => None,
        });
        pods.filter(move |pod| pod.meta.controller().is_some_and(|own| own.uid == owner))
    }

    fn active(&self, owner: Uid) -> i64 {
        i64::try_from(self.pods_of(owner).filter(|pod| pod.active()).count()).unwrap()
    }

    /// A new pod: its owner may have that many.
    fn born(&self, pod: &Pod) -> Held {
        match self.owner(&pod.meta) {
            Some(AnyObject::ReplicationController(owner)) => {
                let (active, wanted) = (self.active(owner.meta.uid), owner.spec.replicas);
                must!(active <= wanted, "{active} active pods of {wanted} replicas");
            }
            Some(AnyObject::ReplicaSet(owner)) => {
                let (active, wanted) = (self.active(owner.meta.uid), owner.spec.replicas);
                must!(active <= wanted, "{active} active pods of {wanted} replicas");
            }
            Some(AnyObject::Job(job)) => self.born_of_job(pod, job)?,
            Some(AnyObject::DaemonSet(set)) => self.born_of_daemon_set(pod, set)?,
            _ => {}
        }
        Ok(())
    }

    fn born_of_job(&self, pod: &Pod, job: &Job) -> Held {
        let active = self.active(job.meta.uid);
        must!(
            active <= job.spec.parallelism,
            "{active} active pods, parallelism {}",
            job.spec.parallelism
        );
        must!(!job.spec.suspend, "a suspended Job makes no pods");
        let over = |kind: &str| {
            job.status.conditions.iter().any(|one| &*one.kind == kind && one.status == Status::True)
        };
        must!(!over("Complete") && !over("Failed"), "a finished Job makes no pods");
        if let (Some(completions), false) = (job.spec.completions, job.spec.indexed) {
            must!(
                active + job.status.succeeded <= completions,
                "{active} active and {} succeeded of {completions} completions",
                job.status.succeeded
            );
        }
        let index = |pod: &Pod| {
            pod.meta.annotations.text("batch.kubernetes.io/job-completion-index").map(str::to_owned)
        };
        if job.spec.indexed {
            let mine = index(pod);
            let number = mine.as_deref().and_then(|text| text.parse::<i64>().ok());
            must!(
                number
                    .is_some_and(|number| (0..job.spec.completions.unwrap_or(0)).contains(&number)),
                "index {mine:?}"
            );
            let twins = self
                .pods_of(job.meta.uid)
                .filter(|other| other.active() && index(other) == mine)
                .count();
            must!(twins == 1, "{twins} active pods of index {mine:?}");
        }
        Ok(())
    }

    fn born_of_daemon_set(&self, pod: &Pod, set: &DaemonSet) -> Held {
        let node = target(pod);
        must!(node.is_some(), "a daemon pod for no node");
        let on_node =
            self.pods_of(set.meta.uid).filter(|other| other.active() && target(other) == node);
        let surges = set.spec.max_surge.of(100, true) > 0;
        let most = if surges { 2 } else { 1 };
        let count = on_node.count();
        must!(count <= most, "{count} active daemon pods on {node:?}");
        Ok(())
    }

    /// A new Job of a CronJob: one for each minute, and only if it may.
    fn fired(&mut self, job: &Job, at: Time) -> Held {
        let Some(AnyObject::CronJob(cron)) = self.owner(&job.meta) else { return Ok(()) };
        let cron = (**cron).clone();
        let tick = job.meta.annotations.text("batch.kubernetes.io/cronjob-scheduled-timestamp");
        let Some(tick) = tick.map(str::to_owned) else {
            return Err("no scheduled timestamp".into());
        };
        let Some(due) = Time::parse_rfc3339(&tick) else {
            return Err(format!("scheduled at {tick:?}"));
        };
        must!(due <= at, "fired before {tick}");
        if let Some(deadline) = cron.spec.starting_deadline_seconds {
            must!(
                at <= due + podyard::sim::Duration::from_seconds(deadline),
                "fired after its deadline: {tick}"
            );
        }
        must!(!cron.spec.suspend, "a suspended CronJob fires not");
        let first = self.ticks.insert((cron.meta.uid, tick.clone()));
        must!(first, "fired twice for {tick}");
        let running = self.running(&cron).count();
        if cron.spec.concurrency_policy != ConcurrencyPolicy::Allow {
            must!(running <= 1, "{running} Jobs run at once, {:?}", cron.spec.concurrency_policy);
        }
        Ok(())
    }

    /// The unfinished Jobs that stand in the status of a CronJob, and the one just made.
    fn running(&self, cron: &CronJob) -> impl Iterator<Item = &Job> {
        let jobs = self.objects.values().filter_map(|object| match object {
            AnyObject::Job(job) => Some(&**job),
            _ => None,
        });
        let uid = cron.meta.uid;
        jobs.filter(move |job| {
            let ends = job.status.conditions.iter().any(|one| {
                matches!(&*one.kind, "Complete" | "Failed") && one.status == Status::True
            });
            !ends
                && !job.meta.deleting()
                && job.meta.controller().is_some_and(|owner| owner.uid == uid)
        })
    }

    /// A ReplicaSet of a Deployment grows: the whole may not be more than replicas and surge.
    fn rolls(&self, set: &ReplicaSet) -> Held {
        let Some(AnyObject::Deployment(deployment)) = self.owner(&set.meta) else { return Ok(()) };
        let sets = self.objects.values().filter_map(|object| match object {
            AnyObject::ReplicaSet(other) => Some(&**other),
            _ => None,
        });
        let own = sets.filter(|other| {
            other.meta.controller().is_some_and(|owner| owner.uid == deployment.meta.uid)
        });
        let whole: i64 = own.map(|other| other.spec.replicas).sum();
        let most = allowed(deployment);
        must!(whole <= most, "{whole} replicas in all, {most} allowed");
        Ok(())
    }

    /// What holds whenever the loops have done their work.
    fn at_rest_or_not(&self, cluster: &Cluster) -> Held {
        for (name, info) in cluster.store().index().occupancy().nodes() {
            for (slot, count) in &info.sum.ports {
                must!(*count <= 1, "port {slot:?} taken {count} times on {name}");
            }
        }
        for pod in cluster.store().pods().iter().filter(|pod| pod.active()) {
            if let Some(AnyObject::ReplicationController(owner)) = self.owner(&pod.meta) {
                must!(
                    owner.spec.selector.matches(&pod.meta.labels),
                    "{} is owned but not selected",
                    pod.meta.name
                );
            }
        }
        Ok(())
    }
}

/// How many replicas a Deployment may have in all.
fn allowed(deployment: &Deployment) -> i64 {
    let spec = &deployment.spec;
    if spec.recreate {
        spec.replicas
    } else {
        spec.replicas + spec.max_surge.of(spec.replicas, true)
    }
}

/// The node that a daemon pod is made for.
pub(crate) fn target(pod: &Pod) -> Option<String> {
    let terms = pod.spec_value();
    let terms = terms.at(&[
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
    ])?;
    let field =
        terms.items_at("nodeSelectorTerms").first()?.items_at("matchFields").first()?.clone();
    field.items_at("values").first()?.as_str().map(str::to_owned)
}

/// What a pod may become.
fn goes_on(before: &Pod, after: &Pod) -> Held {
    if before.meta.uid != after.meta.uid {
        return Ok(());
    }
    let (old, new) = (before.status.phase, after.status.phase);
    must!(!old.finished() || old == new, "{} after {}", new.word(), old.word());
    must!(
        before.node.is_none() || before.node == after.node,
        "moved from {:?} to {:?}",
        before.node,
        after.node
    );
    must!(!before.meta.deleting() || after.meta.deleting(), "a deletion was taken back");
    Ok(())
}

fn restarts(pod: &Pod) -> i64 {
    pod.status.containers.iter().map(|one| one.restart_count).sum()
}

/// What a Job may become.
fn counts_on(before: &Job, after: &Job) -> Held {
    if before.meta.uid != after.meta.uid {
        return Ok(());
    }
    let (old, new) = (&before.status, &after.status);
    must!(
        old.succeeded <= new.succeeded || after.spec.indexed,
        "{} succeeded after {}",
        new.succeeded,
        old.succeeded
    );
    must!(old.failed <= new.failed, "{} failed after {}", new.failed, old.failed);
    let place = |job: &Job, kind: &str| {
        job.status
            .conditions
            .iter()
            .position(|one| &*one.kind == kind && one.status == Status::True)
    };
    for (first, last) in [("SuccessCriteriaMet", "Complete"), ("FailureTarget", "Failed")] {
        if let Some(at) = place(after, last) {
            must!(
                place(after, first).is_some_and(|before| before < at),
                "{last} without {first} before it"
            );
            must!(new.active == 0, "{last} with {} active pods", new.active);
        }
        must!(
            place(before, last).is_none() || place(after, last).is_some(),
            "{last} was taken back"
        );
    }
    must!(
        place(after, "Complete").is_none() || place(after, "Failed").is_none(),
        "Complete and Failed"
    );
    Ok(())
}
