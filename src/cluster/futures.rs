//! Two futures of one moment: two clusters that were one, moved by the same clock, one of them with something changed.
//! What differs between them is counted from the journals since they parted.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::facade::Cluster;
use super::landmarks::is_system;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::apiserver::table::pod_status;
use crate::language::{Language, Text};
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::store::{Change, Operation, Store};

/// One of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// As it was.
    #[default]
    Left,
    /// With something changed.
    Right,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }

    /// `left`, `right`
    pub const fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The side of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Left, Self::Right].into_iter().find(|side| side.word() == word)
    }
}

/// What is counted of a workload since the two parted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pods that are wanted and there.
    pub pods: i64,
    /// Of those, ready ones.
    pub ready: i64,
    /// The fewest ready ones at any moment.
    pub fewest: i64,
    /// The most pods at any moment.
    pub most: i64,
    /// Pods that were made.
    pub made: i64,
    /// Restarts of containers.
    pub restarts: i64,
    /// Runs (Jobs) that began.
    pub begun: i64,
    /// Runs that ended well.
    pub done: i64,
    /// Runs that ended badly.
    pub failed: i64,
    /// Runs that were stopped before their end.
    pub stopped: i64,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// [`Counts::pods`]
    Pods,
    /// [`Counts::ready`]
    Ready,
    /// [`Counts::fewest`]
    Fewest,
    /// [`Counts::most`]
    Most,
    /// [`Counts::made`]
    Made,
    /// [`Counts::restarts`]
    Restarts,
    /// [`Counts::begun`]
    Begun,
    /// [`Counts::done`]
    Done,
    /// [`Counts::failed`]
    Failed,
    /// [`Counts::stopped`]
    Stopped,
    /// Nodes that are ready.
    Nodes,
}

impl Counts {
    const fn all(self) -> [(Measure, i64); 10] {
        [
            (Measure::Ready, self.ready),
            (Measure::Pods, self.pods),
            (Measure::Fewest, self.fewest),
            (Measure::Most, self.most),
            (Measure::Made, self.made),
            (Measure::Restarts, self.restarts),
            (Measure::Begun, self.begun),
            (Measure::Done, self.done),
            (Measure::Failed, self.failed),
            (Measure::Stopped, self.stopped),
        ]
    }
}

/// A number that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of what.
    pub measure: Measure,
    /// Of which workload: `deployment/web`; empty for the cluster as a whole.
    pub of: Rc<str>,
    /// On the left.
    pub left: i64,
    /// On the right.
    pub right: i64,
}

impl Difference {
    /// A sentence for people.
    pub fn sentence(&self, language: Language) -> String {
        let key = match self.measure {
            Measure::Pods => "futures.pods",
            Measure::Ready => "futures.ready",
            Measure::Fewest => "futures.fewest",
            Measure::Most => "futures.most",
            Measure::Made => "futures.made",
            Measure::Restarts => "futures.restarts",
            Measure::Begun => "futures.begun",
            Measure::Done => "futures.done",
            Measure::Failed => "futures.failed",
            Measure::Stopped => "futures.stopped",
            Measure::Nodes => "futures.nodes",
        };
        let text = Text::new(key).with("of", &self.of);
        text.with("left", self.left).with("right", self.right).render(language)
    }
}

type Workload = (Kind, ObjectKey);

/// The counts of one side, kept up with its journal.
#[derive(Clone, Debug, Default)]
struct Tally {
    version: u64,
    counts: BTreeMap<Workload, Counts>,
    tops: BTreeMap<Uid, Workload>,
}

/// Two futures at work. The cluster that the page shows is one of the two, at `side`; this holds the other.
#[derive(Clone, Debug)]
pub struct Futures {
    /// The other one.
    pub other: Cluster,
    /// On which side the page's own is.
    pub side: Side,
    /// When they parted.
    pub parted: Time,
    /// What was done on the right.
    pub words: Rc<str>,
    base: Tally,
    own: Tally,
    others: Tally,
}

impl Futures {
    /// The present twice: `words` say what will be done to the other one, on the right.
    pub fn begin(cluster: &Cluster, words: &str) -> Self {
        let tally = Tally::begin(cluster.store());
        let mut other = cluster.clone();
        // What lies ahead stays with the left one.
        if let Some(name) = other.continue_here() {
            other.forget_branch(&name);
        }
        Self {
            other,
            side: Side::Left,
            parted: cluster.now(),
            words: words.into(),
            base: tally.clone(),
            own: tally.clone(),
            others: tally,
        }
    }

    /// What lies ahead on the left is done on the right as well, so that no more than the one thing differs.
    pub fn share_ahead(&mut self, cluster: &Cluster) {
        self.other.share_ahead(cluster);
    }

    /// Turns to a side: the page's own is the one on it from now on.
    pub fn turn(&mut self, cluster: &mut Cluster, side: Side) {
        if self.side != side {
            std::mem::swap(&mut self.other, cluster);
            std::mem::swap(&mut self.own, &mut self.others);
            self.side = side;
        }
    }

    /// Goes on with the page's own; the other becomes a branch of it, whose name is given back.
    pub fn fold(self, cluster: &mut Cluster) -> Rc<str> {
        cluster.keep_other(&self.other)
    }

    /// Keeps one side; the other becomes a branch of it, whose name is given back.
    pub fn keep(mut self, cluster: &mut Cluster, side: Side) -> Rc<str> {
        self.turn(cluster, side);
        self.fold(cluster)
    }

    /// Reads what happened on both sides.
    pub fn count(&mut self, cluster: &Cluster) {
        self.own.read(cluster.store());
        self.others.read(self.other.store());
    }

    /// Goes to a time on both sides, not before they parted.
    pub fn seek(&mut self, cluster: &mut Cluster, at: Time) {
        let at = at.max(self.parted);
        cluster.seek(at);
        self.other.seek(at);
        // What was counted beyond that did not happen: it is read again from where they parted.
        for (tally, store) in
            [(&mut self.own, cluster.store()), (&mut self.others, self.other.store())]
        {
            if tally.version > store.resource_version() {
                *tally = self.base.clone();
            }
        }
    }

    /// What is not the same, by workload.
    pub fn differences(&self, cluster: &Cluster) -> Vec<Difference> {
        let (left, right) = match self.side {
            Side::Left => ((&self.own, cluster), (&self.others, &self.other)),
            Side::Right => ((&self.others, &self.other), (&self.own, cluster)),
        };
        let ready = |cluster: &Cluster| {
            let nodes = cluster.store().nodes().iter().filter(|node| node.ready());
            i64::try_from(nodes.count()).unwrap_or(i64::MAX)
        };
        let mut all = Vec::new();
        let mut note = |measure, of: &str, left: i64, right: i64| {
            if left != right {
                all.push(Difference { measure, of: of.into(), left, right });
            }
        };
        note(Measure::Nodes, "", ready(left.1), ready(right.1));
        let mut names: Vec<&Workload> = left.0.counts.keys().chain(right.0.counts.keys()).collect();
        names.order();
        names.dedup();
        for workload in names {
            let counts = |tally: &Tally| tally.counts.get(workload).copied().unwrap_or_default();
            let of = format!("{}/{}", workload.0.name().to_lowercase(), workload.1.name);
            let pairs = counts(left.0).all().into_iter().zip(counts(right.0).all());
            for ((measure, left), (_, right)) in pairs {
                note(measure, &of, left, right);
            }
        }
        all
    }
}

/// Whether a pod is wanted and there, and whether it is ready then.
fn stands(pod: &Pod) -> (i64, i64) {
    let there = !pod.meta.deleting() && !pod.status.phase.finished();
    (i64::from(there), i64::from(there && pod.ready()))
}

impl Tally {
    /// The counts of a moment at which nothing has happened yet.
    fn begin(store: &Store) -> Self {
        let mut tally = Self { version: store.resource_version(), ..Self::default() };
        for pod in store.pods().iter().filter(|pod| !is_system(&pod.meta.namespace)) {
            let (pods, ready) = stands(pod);
            let counts = tally.of(store, &AnyObject::Pod(Rc::clone(pod)));
            counts.pods += pods;
            counts.ready += ready;
        }
        for counts in tally.counts.values_mut() {
            (counts.fewest, counts.most) = (counts.ready, counts.pods);
        }
        tally
    }

    /// The counts of the workload that an object belongs to in the end.
    fn of(&mut self, store: &Store, object: &AnyObject) -> &mut Counts {
        let uid = object.uid();
        let top = self.tops.get(&uid).cloned().unwrap_or_else(|| {
            let mut top = (object.kind(), object.key());
            let mut owner = object.meta().controller().cloned();
            while let Some(above) = owner {
                if let Some(known) = self.tops.get(&above.uid) {
                    top = known.clone();
                    break;
                }
                let Some(object) = store.by_uid(above.uid) else { break };
                top = (object.kind(), object.key());
                owner = object.meta().controller().cloned();
            }
            self.tops.insert(uid, top.clone());
            top
        });
        self.counts.entry(top).or_default()
    }

    fn read(&mut self, store: &Store) {
        if store.resource_version() == self.version {
            return;
        }
        let new: Vec<Rc<Change>> = store.journal().since(self.version).cloned().collect();
        for change in new.iter().filter(|change| !is_system(&change.object.meta().namespace)) {
            match &change.object {
                AnyObject::Pod(pod) => self.pod(store, change, pod),
                AnyObject::Job(_) => self.run(store, change),
                _ => {}
            }
        }
        self.version = store.resource_version();
    }

    fn pod(&mut self, store: &Store, change: &Change, pod: &Pod) {
        let before = match &change.before {
            Some(AnyObject::Pod(before)) => Some(before),
            _ => None,
        };
        let old = before.map_or((0, 0), |before| stands(before));
        let new = if change.operation == Operation::Deleted { (0, 0) } else { stands(pod) };
        let restarts = |pod: &Pod| pod_status(pod).restarts;
        let more = restarts(pod) - before.map_or(0, |before| restarts(before));
        let counts = self.of(store, &change.object);
        counts.pods += new.0 - old.0;
        counts.ready += new.1 - old.1;
        counts.fewest = counts.fewest.min(counts.ready);
        counts.most = counts.most.max(counts.pods);
        counts.made += i64::from(change.operation == Operation::Added);
        counts.restarts += more.max(0);
    }

    fn run(&mut self, store: &Store, change: &Change) {
        let over = |object: &AnyObject, word: &str| match object {
            AnyObject::Job(job) => job.status.conditions.iter().any(|one| {
                &*one.kind == word && one.status == crate::api::conditions::Status::True
            }),
            _ => false,
        };
        let newly = |word: &str| {
            let before = change.before.as_ref().is_some_and(|before| over(before, word));
            i64::from(over(&change.object, word) && !before)
        };
        let (done, failed) = (newly("Complete"), newly("Failed"));
        let ended = over(&change.object, "Complete") || over(&change.object, "Failed");
        let counts = self.of(store, &change.object);
        counts.begun += i64::from(change.operation == Operation::Added);
        counts.done += done;
        counts.failed += failed;
        counts.stopped += i64::from(change.operation == Operation::Deleted && !ended);
    }
}

#[cfg(test)]
mod tests;
