//! What a card shows as a strip: the completions of a Job, the nodes of a DaemonSet, the ReplicaSets of a Deployment.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::apps::{DaemonSet, Deployment};
use crate::api::batch::Job;
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectMeta};
use crate::api::object::AnyObject;
use crate::cluster::Cluster;
use crate::controllers::daemonset;
use crate::controllers::job::{index_of, parse_indexes};
use crate::sim::order::Order as _;

/// More cells than this are put together, so that all of it is seen.
const CELLS: usize = 100;
/// How many ReplicaSets are shown.
const SETS: usize = 6;
/// The annotation with the number of a template.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// What one cell says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Done, or there and ready.
    Done,
    /// To be done, or wanted and not there.
    #[default]
    Open,
    /// Under way, or there and not ready.
    Active,
    /// Failed.
    Failed,
}

impl Cell {
    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Open => "open",
            Self::Active => "active",
            Self::Failed => "failed",
        }
    }
}

/// A ReplicaSet of a Deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBar {
    /// Its name.
    pub name: Rc<str>,
    /// Its revision.
    pub revision: i64,
    /// Whether it is of the newest template.
    pub newest: bool,
    /// How many pods it wants, has, and has ready.
    pub wanted: i64,
    /// Pods there.
    pub pods: i64,
    /// Pods ready.
    pub ready: i64,
}

/// A strip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Strip {
    /// None.
    #[default]
    None,
    /// Completions of a Job, one per cell or `each` per cell; whether the cells are indexes.
    Job {
        /// The cells.
        cells: Rc<[Cell]>,
        /// How many completions a cell stands for.
        each: usize,
        /// Whether a cell is an index.
        indexed: bool,
        /// Done, active, failed, and all.
        sums: (i64, i64, i64, i64),
    },
    /// The nodes of a DaemonSet, by name.
    Nodes {
        /// The cells with the names of their nodes; not more than [`CELLS`].
        cells: Rc<[(NodeName, Cell)]>,
        /// How many nodes have their pod, and how many should.
        have: usize,
        /// How many should.
        want: usize,
    },
    /// The ReplicaSets of a Deployment, the newest first.
    Sets(Rc<[SetBar]>),
}

/// The strip of a workload.
pub(super) fn of(cluster: &Cluster, object: &AnyObject) -> Strip {
    match object {
        AnyObject::Job(one) => job(cluster, one),
        AnyObject::DaemonSet(one) => nodes(cluster, one),
        AnyObject::Deployment(one) => sets(cluster, one),
        _ => Strip::None,
    }
}

/// The revision of a Deployment or of its ReplicaSet.
pub(super) fn revision(object: &AnyObject) -> Option<i64> {
    match object {
        AnyObject::Deployment(one) => number(&one.meta),
        AnyObject::ReplicaSet(one) => number(&one.meta),
        _ => None,
    }
}

fn number(meta: &ObjectMeta) -> Option<i64> {
    meta.annotations.text(REVISION)?.parse().ok()
}

fn job(cluster: &Cluster, job: &Job) -> Strip {
    let status = &job.status;
    let goal = job.spec.completions.unwrap_or(status.succeeded + status.active).max(1);
    let sums = (status.succeeded, status.active, status.failed, goal);
    let all = usize::try_from(goal).unwrap_or(0);
    let each = all.div_ceil(CELLS).max(1);
    let cells = if job.spec.indexed {
        indexed(cluster, job, goal, each)
    } else {
        // Which pod is which completion nobody knows: first what is done, then what is under way.
        let (done, active) = (status.succeeded, status.active.min(goal - status.succeeded));
        let cell = |place: i64| match place {
            place if place < done => Cell::Done,
            place if place < done + active => Cell::Active,
            _ => Cell::Open,
        };
        together((0..goal).map(cell), each)
    };
    let failed =
        if job.spec.indexed { 0 } else { usize::try_from(status.failed).unwrap_or(0).min(12) };
    let cells = cells.into_iter().chain(std::iter::repeat_n(Cell::Failed, failed)).collect();
    Strip::Job { cells, each, indexed: job.spec.indexed, sums }
}

fn indexed(cluster: &Cluster, job: &Job, goal: i64, each: usize) -> Vec<Cell> {
    let done = parse_indexes(&job.status.completed_indexes, goal);
    let failed = job
        .status
        .failed_indexes
        .as_deref()
        .map(|text| parse_indexes(text, goal))
        .unwrap_or_default();
    let pods = cluster.store().pods_of(job.meta.uid);
    let active: BTreeSet<i64> =
        pods.filter(|pod| pod.active()).filter_map(|pod| index_of(pod, goal)).collect();
    let cell = |index: i64| match index {
        index if done.contains(&index) => Cell::Done,
        index if failed.contains(&index) => Cell::Failed,
        index if active.contains(&index) => Cell::Active,
        _ => Cell::Open,
    };
    together((0..goal).map(cell), each)
}

/// So many cells become one: what failed or is under way is seen before what is open or done.
fn together(cells: impl Iterator<Item = Cell>, each: usize) -> Vec<Cell> {
    let all: Vec<Cell> = cells.collect();
    all.chunks(each).map(|few| few.iter().copied().max().unwrap_or_default()).collect()
}

fn nodes(cluster: &Cluster, set: &DaemonSet) -> Strip {
    let mut there: BTreeMap<&NodeName, Cell> = BTreeMap::new();
    for pod in cluster.store().pods_of(set.meta.uid) {
        let Some(node) = &pod.node else { continue };
        let cell = match (pod.active(), pod.ready()) {
            (true, true) => Cell::Done,
            (true, false) => Cell::Active,
            (false, _) => continue,
        };
        let known = there.entry(node).or_insert(cell);
        *known = (*known).min(cell);
    }
    let all = cluster.store().nodes().iter();
    let wanted: Vec<&NodeName> =
        all.filter(|node| daemonset::wants(set, node)).map(|node| &node.meta.name).collect();
    let have = wanted.iter().filter(|name| there.contains_key(*name)).count();
    let cells = wanted
        .iter()
        .take(CELLS)
        .map(|name| (Rc::clone(name), there.get(*name).copied().unwrap_or(Cell::Open)));
    Strip::Nodes { cells: cells.collect(), have, want: wanted.len() }
}

fn sets(cluster: &Cluster, deployment: &Deployment) -> Strip {
    let owned = cluster.store().index().owned(deployment.meta.uid);
    let mut bars: Vec<SetBar> = owned
        .filter(|(kind, _)| *kind == Kind::ReplicaSet)
        .filter_map(|(_, key)| cluster.store().replica_sets().get(key))
        .map(|set| SetBar {
            name: Rc::clone(&set.meta.name),
            revision: number(&set.meta).unwrap_or(0),
            newest: false,
            wanted: set.spec.replicas,
            pods: set.status.replicas,
            ready: set.status.ready,
        })
        .collect();
    bars.order_by_key(|bar| std::cmp::Reverse(bar.revision));
    if let Some(first) = bars.first_mut() {
        first.newest = true;
    }
    bars.retain(|bar| bar.newest || bar.wanted > 0 || bar.pods > 0);
    bars.truncate(SETS);
    Strip::Sets(bars.into())
}

#[cfg(test)]
mod tests;
