//! Where everything comes to rest when the chaos ends.

use podyard::api::core::{Node, Pod};
use podyard::api::{AnyObject, Kind, ObjectKey};
use podyard::cluster::{Action, Cluster, Patch, Registry, Verb, WriteOptions};

use crate::invariants::{Watcher, target};
use crate::session::pass;

/// Mends what the chaos broke, waits, and looks.
///
/// # Errors
/// What is not where it should be.
pub(crate) fn comes(
    cluster: &mut Cluster,
    kind: Kind,
    watcher: &mut Watcher,
) -> Result<(), String> {
    let options = WriteOptions::default();
    drop(cluster.act(Action::Registry(Registry::Up), &options));
    let nodes: Vec<ObjectKey> =
        cluster.store().nodes().iter().map(|node| node.meta.key()).collect();
    for node in nodes {
        drop(cluster.act(Action::StartNode(node.name.clone()), &options));
        let patch = podyard::object! { "spec" => podyard::object! { "unschedulable" => podyard::api::Value::Null } };
        drop(cluster.patch(Kind::Node, &node, Patch::Merge(patch), &options));
    }
    let hung: Vec<ObjectKey> = cluster
        .inputs()
        .iter()
        .filter_map(|input| match &input.verb {
            Verb::Act(Action::HangPod { pod }) => Some(pod.clone()),
            _ => None,
        })
        .collect();
    for pod in hung {
        drop(cluster.delete(Kind::Pod, &pod, &Default::default(), &options));
    }
    // All workers may have been taken away.
    drop(cluster.act(
        Action::AddNode { name: None, labels: Default::default(), cpu: None, memory: None },
        &options,
    ));
    // A CronJob never comes to rest; the others need the longest back-offs and the wait for a lost node.
    let (pieces, seconds) = if kind == Kind::CronJob { (4, 75) } else { (4, 180) };
    for _ in 0..pieces {
        pass(cluster, seconds);
        watcher.check(cluster)?;
    }
    let Some(object) = cluster.store().get(kind, &ObjectKey::new("default", "it")) else {
        // Only a Job may be gone: deleted by the chaos or by its time to live.
        return if kind == Kind::Job { Ok(()) } else { Err("the object is gone".into()) };
    };
    let same = |what: &str, got: &dyn PartialEq<i64>, wanted: i64| {
        if *got == wanted {
            Ok(())
        } else {
            Err(format!(
                "{what} is not {wanted}: {}",
                object.to_value().get("status").map_or_else(String::new, ToString::to_string)
            ))
        }
    };
    match &object {
        AnyObject::ReplicationController(one) => {
            same("replicas", &one.status.replicas, one.spec.replicas)?;
            same("readyReplicas", &one.status.ready, one.spec.replicas)
        }
        AnyObject::ReplicaSet(one) => {
            same("replicas", &one.status.replicas, one.spec.replicas)?;
            same("readyReplicas", &one.status.ready, one.spec.replicas)
        }
        AnyObject::Deployment(one) => {
            same("replicas", &one.status.replicas, one.spec.replicas)?;
            same("updatedReplicas", &one.status.updated, one.spec.replicas)?;
            same("availableReplicas", &one.status.available, one.spec.replicas)
        }
        AnyObject::DaemonSet(one) => {
            let eligible = eligible(cluster, &one.spec.template.spec.raw);
            same("desiredNumberScheduled", &one.status.desired, eligible)?;
            same("numberReady", &one.status.ready, eligible)?;
            one_each(cluster)
        }
        AnyObject::Job(one) => {
            let over =
                one.status.conditions.iter().any(|one| matches!(&*one.kind, "Complete" | "Failed"));
            let waits = one.spec.suspend || one.spec.parallelism == 0;
            if over || waits { Ok(()) } else { Err(format!("the Job goes on: {:?}", one.status)) }
        }
        AnyObject::CronJob(one) => {
            let jobs = cluster.store().jobs();
            let ended = |kind: &str| {
                let own =
                    jobs.iter_in(Some("default")).filter(|job| job.meta.controller().is_some());
                let ended =
                    own.filter(|job| job.status.conditions.iter().any(|one| &*one.kind == kind));
                i64::try_from(ended.count()).unwrap_or(i64::MAX)
            };
            let limit = one.spec.successful_jobs_history_limit.unwrap_or(3);
            let limit_failed = one.spec.failed_jobs_history_limit.unwrap_or(1);
            if ended("Complete") > limit || ended("Failed") > limit_failed {
                return Err(format!(
                    "{} complete of {limit}, {} failed of {limit_failed}",
                    ended("Complete"),
                    ended("Failed")
                ));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// How many nodes a daemon pod of this spec belongs on, told by labels and taints alone.
fn eligible(cluster: &Cluster, spec: &podyard::api::Value) -> i64 {
    let fits = |node: &Node| {
        let selected = spec.get("nodeSelector").is_none_or(|wanted| {
            wanted.entries().all(|(key, value)| node.meta.labels.text(key) == value.as_str())
        });
        let tolerated = node.spec.taints.iter().all(|taint| {
            spec.items_at("tolerations")
                .iter()
                .any(|one| one.str_at("key").is_none_or(|key| *key == *taint.key))
        });
        selected && tolerated
    };
    i64::try_from(cluster.store().nodes().iter().filter(|node| fits(node)).count())
        .unwrap_or(i64::MAX)
}

/// Whether each node has one daemon pod.
fn one_each(cluster: &Cluster) -> Result<(), String> {
    let daemons = cluster.store().pods().iter_in(Some("default"));
    let mut nodes: Vec<Option<String>> = daemons
        .filter(|pod: &&std::rc::Rc<Pod>| pod.active() && pod.meta.controller().is_some())
        .map(|pod| target(pod))
        .collect();
    let all = nodes.len();
    nodes.sort();
    nodes.dedup();
    if nodes.len() == all {
        Ok(())
    } else {
        Err(format!("{all} daemon pods on {} nodes", nodes.len()))
    }
}
