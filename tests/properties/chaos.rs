//! What people and machines do to a cluster: done through the facade, and written as the line that does the same.

use podyard::api::{Kind, ObjectKey, Value};
use podyard::cluster::{Action, Cluster, Patch, Registry, WriteOptions};
use podyard::reconcile::{DeleteOptions, Propagation};
use podyard::sim::Duration;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::manifests::Family;

/// One thing that is done. Pods are named by their place among those of the namespace.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Time passes.
    Sleep(u32),
    /// A pod is deleted.
    DeletePod(usize),
    /// A container of a pod exits with 1.
    CrashPod(usize),
    /// A pod stops answering.
    HangPod(usize),
    /// A pod gets another label, so that its owner lets it go.
    Relabel(usize),
    /// The plug of a worker is pulled.
    Stop(u32),
    /// A worker starts again.
    Start(u32),
    /// A worker comes.
    Add,
    /// A worker goes for good.
    Remove(u32),
    /// A node takes no new pods, or takes them again.
    Cordon(u32, bool),
    /// A node gets the label `disk=ssd`, or loses it.
    Ssd(u32, bool),
    /// The registry fails, drags, or works.
    Registry(&'static str),
    /// A field of the object is changed.
    Patch(serde_json::Value),
    /// The first Job is deleted.
    DeleteJob,
}

/// What may happen to the objects of a family.
pub(crate) fn deeds(family: Family) -> impl Strategy<Value = Deed> {
    let patches = match family {
        Family::Replicas => prop_oneof![
            3 => (0_u32..7).prop_map(|n| json!({ "spec": { "replicas": n } })),
            2 => (0_u32..4).prop_map(|n| json!({ "spec": { "template": { "metadata": { "annotations": { "n": n.to_string() } } } } })),
        ]
        .boxed(),
        Family::Jobs => prop_oneof![
            3 => (0_u32..4).prop_map(|n| json!({ "spec": { "parallelism": n } })),
            2 => any::<bool>().prop_map(|yes| json!({ "spec": { "suspend": yes } })),
        ]
        .boxed(),
        Family::CronJobs => prop_oneof![
            2 => any::<bool>().prop_map(|yes| json!({ "spec": { "suspend": yes } })),
            2 => select(vec!["* * * * *", "*/3 * * * *", "30 * * * *"])
                .prop_map(|schedule| json!({ "spec": { "schedule": schedule } })),
            1 => select(vec!["Allow", "Forbid", "Replace"])
                .prop_map(|policy| json!({ "spec": { "concurrencyPolicy": policy } })),
        ]
        .boxed(),
        Family::DaemonSets => (0_u32..4)
            .prop_map(|n| json!({ "spec": { "template": { "metadata": { "annotations": { "n": n.to_string() } } } } }))
            .boxed(),
    };
    let longest = if family == Family::CronJobs { 150_000_u32 } else { 60_000 };
    prop_oneof![
        6 => (0..longest).prop_map(Deed::Sleep),
        3 => (0_usize..8).prop_map(Deed::DeletePod),
        2 => (0_usize..8).prop_map(Deed::CrashPod),
        1 => (0_usize..8).prop_map(Deed::HangPod),
        2 => (0_usize..8).prop_map(Deed::Relabel),
        2 => (1_u32..4).prop_map(Deed::Stop),
        2 => (1_u32..4).prop_map(Deed::Start),
        1 => Just(Deed::Add),
        1 => (1_u32..5).prop_map(Deed::Remove),
        2 => ((1_u32..4), any::<bool>()).prop_map(|(node, yes)| Deed::Cordon(node, yes)),
        2 => ((1_u32..4), any::<bool>()).prop_map(|(node, yes)| Deed::Ssd(node, yes)),
        1 => select(vec!["up", "slow", "down"]).prop_map(Deed::Registry),
        4 => patches.prop_map(Deed::Patch),
        1 => Just(Deed::DeleteJob),
    ]
}

fn worker(number: u32) -> String {
    format!("worker-{number}")
}

fn pod(cluster: &Cluster, place: usize) -> Option<ObjectKey> {
    let pods = cluster.store().pods();
    let keys: Vec<ObjectKey> = pods.iter_in(Some("default")).map(|pod| pod.meta.key()).collect();
    keys.get(place % keys.len().max(1)).cloned()
}

fn act(cluster: &mut Cluster, action: Action) {
    // What cannot be done (a node that is gone) is refused with a sentence, and that is an answer too.
    drop(cluster.act(action, &WriteOptions::default()));
}

fn merge(cluster: &mut Cluster, kind: Kind, key: &ObjectKey, patch: &serde_json::Value) {
    let patch = Patch::Merge(Value::from_json(&patch.to_string()).unwrap());
    drop(cluster.patch(kind, key, patch, &WriteOptions::default()));
}

impl Deed {
    /// Does it to a cluster whose object under test has this kind; gives the line that does the same, if it can be
    /// done now.
    pub(crate) fn perform(&self, cluster: &mut Cluster, kind: Kind) -> Option<String> {
        let options = WriteOptions::default();
        let line = match self {
            Self::Sleep(millis) => {
                let at = cluster.now() + Duration::from_millis(i64::from(*millis));
                cluster.run_until(at);
                format!("sleep {}.{:03}", millis / 1000, millis % 1000)
            }
            Self::DeletePod(place) => {
                let key = pod(cluster, *place)?;
                drop(cluster.delete(Kind::Pod, &key, &background(), &options));
                format!("kubectl delete pod {} --wait=false", key.name)
            }
            Self::CrashPod(place) => {
                let key = pod(cluster, *place)?;
                act(cluster, Action::CrashPod { pod: key.clone(), container: None });
                format!("yard pod crash {}", key.name)
            }
            Self::HangPod(place) => {
                let key = pod(cluster, *place)?;
                act(cluster, Action::HangPod { pod: key.clone() });
                format!("yard pod hang {}", key.name)
            }
            Self::Relabel(place) => {
                let key = pod(cluster, *place)?;
                let patch = json!({ "metadata": { "labels": { "app": "other" } } });
                merge(cluster, Kind::Pod, &key, &patch);
                format!("kubectl patch pod {} --type=merge -p '{patch}'", key.name)
            }
            Self::Stop(number) => {
                act(cluster, Action::StopNode(worker(*number).into()));
                format!("yard node stop {}", worker(*number))
            }
            Self::Start(number) => {
                act(cluster, Action::StartNode(worker(*number).into()));
                format!("yard node start {}", worker(*number))
            }
            Self::Add => {
                act(
                    cluster,
                    Action::AddNode {
                        name: None,
                        labels: Default::default(),
                        cpu: None,
                        memory: None,
                    },
                );
                "yard node add".into()
            }
            Self::Remove(number) => {
                act(cluster, Action::RemoveNode(worker(*number).into()));
                format!("yard node rm {}", worker(*number))
            }
            Self::Cordon(number, yes) => {
                let patch = json!({ "spec": { "unschedulable": if *yes { json!(true) } else { json!(null) } } });
                merge(cluster, Kind::Node, &ObjectKey::cluster(worker(*number)), &patch);
                format!("kubectl patch node {} --type=merge -p '{patch}'", worker(*number))
            }
            Self::Ssd(number, yes) => {
                let label = if *yes { json!("ssd") } else { json!(null) };
                let patch = json!({ "metadata": { "labels": { "disk": label } } });
                merge(cluster, Kind::Node, &ObjectKey::cluster(worker(*number)), &patch);
                format!("kubectl patch node {} --type=merge -p '{patch}'", worker(*number))
            }
            Self::Registry(state) => {
                let registry = match *state {
                    "down" => Registry::Down,
                    "slow" => Registry::Slow,
                    _ => Registry::Up,
                };
                act(cluster, Action::Registry(registry));
                format!("yard registry {state}")
            }
            Self::Patch(patch) => {
                merge(cluster, kind, &ObjectKey::new("default", "it"), patch);
                format!("kubectl patch {} it --type=merge -p '{patch}'", kind.name().to_lowercase())
            }
            Self::DeleteJob => {
                let key = cluster.store().jobs().iter_in(Some("default")).next()?.meta.key();
                drop(cluster.delete(Kind::Job, &key, &background(), &options));
                format!("kubectl delete job {} --wait=false", key.name)
            }
        };
        Some(line)
    }
}

/// How `kubectl delete` deletes.
fn background() -> DeleteOptions {
    DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() }
}
