//! The yard: nodes, the pods on them, and the pods that wait for one.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::core::{Node, Phase, Pod};
use crate::api::meta::{ObjectKey, Uid};
use crate::apiserver::table::{node_roles, node_status, pod_status};
use crate::cluster::Cluster;
use crate::sim::Time;

/// What a pod looks like: colour, icon and word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Waits for a node.
    Pending,
    /// On its node, not running yet.
    Creating,
    /// Runs and is ready.
    Running,
    /// Runs and is not ready.
    Unready,
    /// Ended well.
    Completed,
    /// Ended badly, or cannot start.
    Failed,
    /// Waits before it is started again.
    BackOff,
    /// Is being stopped.
    Terminating,
    /// Its node does not answer.
    Lost,
}

impl Look {
    /// All of them, in the order of the legend.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Creating,
        Self::Running,
        Self::Unready,
        Self::Completed,
        Self::BackOff,
        Self::Failed,
        Self::Terminating,
        Self::Lost,
    ];

    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Creating => "creating",
            Self::Running => "running",
            Self::Unready => "unready",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::BackOff => "backoff",
            Self::Terminating => "terminating",
            Self::Lost => "lost",
        }
    }

    /// A sign that says the same without colour.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Pending => "…",
            Self::Creating => "◔",
            Self::Running => "●",
            Self::Unready => "◐",
            Self::Completed => "✓",
            Self::Failed => "✕",
            Self::BackOff => "↻",
            Self::Terminating => "◌",
            Self::Lost => "?",
        }
    }

    /// The key of its name in the legend.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pending => "look.pending",
            Self::Creating => "look.creating",
            Self::Running => "look.running",
            Self::Unready => "look.unready",
            Self::Completed => "look.completed",
            Self::Failed => "look.failed",
            Self::BackOff => "look.backoff",
            Self::Terminating => "look.terminating",
            Self::Lost => "look.lost",
        }
    }
}

/// A pod on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// Its uid, as text: the key of its element.
    pub uid: Rc<str>,
    /// Its key.
    pub key: ObjectKey,
    /// What it looks like.
    pub look: Look,
    /// STATUS, as kubectl prints it.
    pub status: Rc<str>,
    /// How often its containers were started again.
    pub restarts: i64,
    /// Which of the colours of owners its edge has; `None` without an owner.
    pub owner_hue: Option<u32>,
    /// The owner's name.
    pub owner: Rc<str>,
    /// A back-off: when it began, when it ends.
    pub ring: Option<(Time, Time)>,
}

/// A node on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// Its name.
    pub name: Rc<str>,
    /// STATUS, as kubectl prints it.
    pub status: Rc<str>,
    /// ROLES, as kubectl prints them.
    pub roles: Rc<str>,
    /// Whether it answers.
    pub ready: bool,
    /// Whether its machine runs.
    pub powered: bool,
    /// Whether it is cordoned.
    pub cordoned: bool,
    /// Per cent of the cpu that is asked for.
    pub cpu_percent: i64,
    /// Per cent of the memory that is asked for.
    pub memory_percent: i64,
    /// Labels that are not the usual ones.
    pub labels: Rc<[Rc<str>]>,
    /// Taints.
    pub taints: Rc<[Rc<str>]>,
    /// The pods on it, finished ones last.
    pub tiles: Rc<[Rc<Tile>]>,
    /// Pods of the system that are not shown one by one.
    pub system: usize,
}

/// The whole yard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct YardView {
    /// The nodes.
    pub nodes: Vec<Rc<NodeView>>,
    /// The pods without a node.
    pub tray: Rc<[Rc<Tile>]>,
    /// How many pods have each look.
    pub counts: BTreeMap<Look, usize>,
}

/// The namespace of the agents on every node.
const SYSTEM: &str = "kube-system";

impl YardView {
    /// The yard as it is now; what is as it was keeps its place in memory.
    pub fn build(cluster: &Cluster, before: &Self, show_system: bool) -> Self {
        let mut old: BTreeMap<&str, &Rc<Tile>> = BTreeMap::new();
        let tiles =
            before.nodes.iter().flat_map(|node| node.tiles.iter()).chain(before.tray.iter());
        old.extend(tiles.map(|tile| (&*tile.uid, tile)));
        let mut counts = BTreeMap::new();
        let mut tile = |pod: &Rc<Pod>| {
            let new = build_tile(pod, cluster);
            *counts.entry(new.look).or_insert(0) += 1;
            match old.get(&*new.uid) {
                Some(same) if ***same == new => Rc::clone(same),
                _ => Rc::new(new),
            }
        };
        let visible = |pod: &&Rc<Pod>| show_system || &*pod.meta.namespace != SYSTEM;
        let mut nodes = Vec::new();
        for node in cluster.store().nodes().iter() {
            let all = || cluster.store().pods_on(&node.meta.name);
            let mut own: Vec<&Rc<Pod>> = all().filter(visible).collect();
            own.sort_by_key(|pod| {
                (pod.status.phase.finished(), pod.meta.created, Rc::clone(&pod.meta.name))
            });
            let tiles: Rc<[Rc<Tile>]> = own.into_iter().map(&mut tile).collect();
            let system = all().filter(|pod| !visible(pod)).count();
            let new = build_node(node, tiles, system, cluster);
            let same = before.nodes.iter().find(|old| ***old == new);
            nodes.push(same.map_or_else(|| Rc::new(new), Rc::clone));
        }
        nodes.sort_by_key(|node| (node.roles.contains("control-plane"), natural(&node.name)));
        let unbound =
            cluster.store().index().unbound().filter_map(|key| cluster.store().pods().get(key));
        let tray = unbound.map(&mut tile).collect();
        Self { nodes, tray, counts }
    }
}

/// `worker-10` after `worker-9`.
fn natural(name: &str) -> (String, u64) {
    let head = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = name.strip_prefix(head).unwrap_or_default();
    (head.to_owned(), digits.parse().unwrap_or(0))
}

fn build_tile(pod: &Rc<Pod>, cluster: &Cluster) -> Tile {
    let status = pod_status(pod).word;
    let powered =
        pod.node.as_ref().is_none_or(|node| cluster.kubelets().running(node) != Some(false));
    let look = look_of(pod, &status, powered);
    let restarts = pod.status.containers.iter().map(|one| one.restart_count).sum();
    let ring = pod.status.containers.iter().find_map(|one| {
        let (end, span) = cluster.kubelets().back_off(pod.meta.uid, &one.name)?;
        (span.millis() > 0 && end > cluster.now()).then(|| (end - span, end))
    });
    let owner = pod.meta.controller();
    Tile {
        uid: pod.meta.uid.to_string().into(),
        key: pod.meta.key(),
        look,
        status: status.into(),
        restarts,
        owner_hue: owner.map(|owner| hue(owner.uid)),
        owner: owner
            .map_or_else(|| "".into(), |owner| format!("{}/{}", owner.kind, owner.name).into()),
        ring,
    }
}

/// One of twelve colours by the owner.
fn hue(uid: Uid) -> u32 {
    u32::try_from(uid.0 % 12).unwrap_or(0)
}

fn look_of(pod: &Pod, status: &str, powered: bool) -> Look {
    if pod.meta.deleting() && !pod.status.phase.finished() {
        return Look::Terminating;
    }
    if !powered && !pod.status.phase.finished() {
        return Look::Lost;
    }
    match (pod.status.phase, status) {
        (Phase::Succeeded, _) => Look::Completed,
        (Phase::Failed, _) => Look::Failed,
        (
            _,
            "CrashLoopBackOff"
            | "ImagePullBackOff"
            | "Init:CrashLoopBackOff"
            | "Init:ImagePullBackOff",
        ) => Look::BackOff,
        (_, "Completed") => Look::BackOff,
        (Phase::Pending, _) if pod.node.is_none() => Look::Pending,
        (_, word) if word.contains("Err") || word.contains("OOM") || word.contains("Invalid") => {
            Look::Failed
        }
        (Phase::Pending, _) => Look::Creating,
        _ if pod.ready() => Look::Running,
        _ => Look::Unready,
    }
}

fn build_node(node: &Node, tiles: Rc<[Rc<Tile>]>, system: usize, cluster: &Cluster) -> NodeView {
    let have = &node.status.allocatable;
    let part = |used: i64, have: i64| {
        if have == 0 { 0 } else { (used.saturating_mul(100) / have).clamp(0, 100) }
    };
    let used = cluster
        .store()
        .index()
        .occupancy()
        .sum(&node.meta.name)
        .map(|sum| sum.requested.clone())
        .unwrap_or_default();
    let usual = [
        "kubernetes.io/",
        "beta.kubernetes.io/",
        "node-role.kubernetes.io/",
        "node.kubernetes.io/",
    ];
    let labels = node
        .meta
        .labels
        .iter()
        .filter(|(key, _)| !usual.iter().any(|start| key.starts_with(start)));
    NodeView {
        name: Rc::clone(&node.meta.name),
        status: node_status(node).into(),
        roles: node_roles(&node.meta.labels).into(),
        ready: node.ready(),
        powered: cluster.kubelets().running(&node.meta.name) != Some(false),
        cordoned: node.spec.unschedulable,
        cpu_percent: part(used.cpu_milli, have.cpu_milli),
        memory_percent: part(used.memory_bytes, have.memory_bytes),
        labels: labels.map(|(key, value)| format!("{key}={value}").into()).collect(),
        taints: node
            .spec
            .taints
            .iter()
            .map(|taint| {
                let key = taint.key.rsplit('/').next().unwrap_or(&taint.key);
                format!("{key}:{}", taint.effect.word()).into()
            })
            .collect(),
        tiles,
        system,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Kind, Value};
    use crate::cluster::{Config, WriteOptions};
    use crate::sim::Duration;

    #[test]
    fn what_has_not_changed_keeps_its_place() {
        let mut cluster = Cluster::new(Config::default());
        let pod =
            r#"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"nginx"}]}}"#;
        cluster
            .create(Kind::Pod, "default", Value::from_json(pod).unwrap(), &WriteOptions::default())
            .unwrap();
        let pending = YardView::build(&cluster, &YardView::default(), false);
        assert_eq!(pending.counts.get(&Look::Creating), Some(&1));
        let later = cluster.now() + Duration::from_seconds(10);
        cluster.run_until(later);
        let first = YardView::build(&cluster, &pending, false);
        assert_eq!(first.counts.get(&Look::Running), Some(&1));
        let second = YardView::build(&cluster, &first, false);
        assert!(first.nodes.iter().zip(&second.nodes).all(|(a, b)| Rc::ptr_eq(a, b)));
    }
}
