//! A pod as a tile: its look, its family, and until when it waits.

use std::rc::Rc;

use super::palette::{Owner, Palette};
use crate::api::core::{ContainerState, Phase, Pod};
use crate::api::meta::{Labels, ObjectKey, Uid};
use crate::apiserver::table::pod_status;
use crate::cluster::Cluster;
use crate::sim::{Duration, Time};

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

    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Its place in [`Self::ALL`].
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|look| *look == self).unwrap_or(0)
    }

    /// How much it asks for attention: of many pods in one cell, the most urgent one gives the colour.
    pub const fn urgency(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Running => 1,
            Self::Terminating => 2,
            Self::Creating => 3,
            Self::Pending => 4,
            Self::Unready => 5,
            Self::Lost => 6,
            Self::BackOff => 7,
            Self::Failed => 8,
        }
    }

    /// The look of a class.
    pub fn from_class(class: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|look| look.class() == class)
    }

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

    /// The class that gives its colours.
    pub const fn colours(self) -> &'static str {
        match self {
            Self::Pending => "look--pending",
            Self::Creating => "look--creating",
            Self::Running => "look--running",
            Self::Unready => "look--unready",
            Self::Completed => "look--completed",
            Self::Failed => "look--failed",
            Self::BackOff => "look--backoff",
            Self::Terminating => "look--terminating",
            Self::Lost => "look--lost",
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

    /// The look of a pod whose STATUS is `word`, on a machine that runs or not.
    pub(super) fn of(pod: &Pod, word: &str, powered: bool) -> Self {
        let finished = pod.status.phase.finished();
        if pod.meta.deleting() && !finished {
            return Self::Terminating;
        }
        if !powered && !finished {
            return Self::Lost;
        }
        let word = word.strip_prefix("Init:").unwrap_or(word);
        match (pod.status.phase, word) {
            (Phase::Succeeded, _) => Self::Completed,
            (Phase::Failed, _) => Self::Failed,
            // A container of a pod that goes on has ended well: it waits for its next start.
            (_, "CrashLoopBackOff" | "ImagePullBackOff" | "Completed") => Self::BackOff,
            (Phase::Pending, _) if pod.node.is_none() => Self::Pending,
            (_, word)
                if word.contains("Err") || word.contains("OOM") || word.contains("Invalid") =>
            {
                Self::Failed
            }
            (Phase::Pending, _) => Self::Creating,
            _ if pod.ready() => Self::Running,
            _ => Self::Unready,
        }
    }
}

/// A span that a ring counts down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// When it began.
    pub from: Time,
    /// When it is over.
    pub until: Time,
}

/// The first wait of a back-off; each one after it is twice as long, up to [`LONGEST_WAIT_SECONDS`].
const FIRST_WAIT_SECONDS: i64 = 10;
const LONGEST_WAIT_SECONDS: i64 = 300;

impl Ring {
    /// Which wait in a row a back-off of this length is: 1 for 10 s, 2 for 20 s, …; the longest ones are all 6.
    pub const fn doubling(self) -> u32 {
        let seconds = (self.until.since(self.from).millis() + 500) / 1000;
        if seconds >= LONGEST_WAIT_SECONDS {
            return 6;
        }
        let times = seconds / FIRST_WAIT_SECONDS;
        if times <= 1 { 1 } else { 1 + times.unsigned_abs().ilog2() }
    }
}

/// A pod on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Its uid.
    pub uid: Uid,
    /// The same as text, by which the page finds its element.
    pub id: Rc<str>,
    /// Its key.
    pub key: ObjectKey,
    /// The version this was made from.
    pub version: u64,
    /// Whether its node's machine ran then.
    pub powered: bool,
    /// What it looks like.
    pub look: Look,
    /// STATUS, as kubectl prints it.
    pub status: Rc<str>,
    /// The part of its name that differs from its siblings'.
    pub short: Rc<str>,
    /// How often its containers were started again.
    pub restarts: i64,
    /// Whether it has ended.
    pub finished: bool,
    /// Whether it has ended for good.
    pub over: bool,
    /// When it was created.
    pub created: Time,
    /// Its labels.
    pub labels: Labels,
    /// What created it: the ReplicaSet, not the Deployment above.
    pub direct: Option<Uid>,
    /// The workload it belongs to in the end.
    pub owner: Option<Owner>,
    /// The owner's uid as text, by which the page finds a family; nothing without one.
    pub tag: Rc<str>,
    /// The owner's angle on the colour wheel.
    pub degrees: u16,
    /// What it waits for: the end of a back-off or of its grace period.
    pub ring: Option<Ring>,
}

impl Tile {
    /// The tile of a pod.
    pub fn of(cluster: &Cluster, pod: &Pod, powered: bool, palette: &mut Palette) -> Self {
        let status = pod_status(pod);
        let look = Look::of(pod, &status.word, powered);
        let owner = palette.owner(cluster, &pod.meta);
        Self {
            uid: pod.meta.uid,
            id: pod.meta.uid.to_string().into(),
            key: pod.meta.key(),
            version: pod.meta.resource_version,
            powered,
            look,
            status: status.word.into(),
            short: short(pod),
            finished: pod.status.phase.finished(),
            over: pod.status.phase.finished() && !pod.meta.deleting(),
            created: pod.meta.created,
            labels: pod.meta.labels.clone(),
            direct: pod.meta.controller().map(|owner| owner.uid),
            restarts: status.restarts,
            degrees: owner.as_ref().map_or(0, |owner| palette.degrees(owner.uid)),
            tag: owner.as_ref().map_or_else(Rc::default, |owner| palette.tag(owner.uid)),
            owner,
            ring: ring(cluster, pod, look),
        }
    }

    /// Where it stands among others: the oldest first, and what has ended last.
    pub fn place(&self) -> (bool, Time, &str) {
        (self.finished, self.created, &self.key.name)
    }

    /// Whether it is over and belongs in the drawer of its owner.
    pub const fn put_away(&self) -> bool {
        self.owner.is_some() && self.over
    }

    /// Which wait in a row its back-off is, while it waits for one.
    pub fn doubling(&self) -> Option<u32> {
        self.ring.filter(|_| matches!(self.look, Look::BackOff | Look::Failed)).map(Ring::doubling)
    }

    /// Whether somebody who looks at the two sees a difference.
    pub fn looks_like(&self, other: &Self) -> bool {
        self.uid == other.uid
            && self.look == other.look
            && self.status == other.status
            && self.restarts == other.restarts
            && self.owner == other.owner
            && self.ring == other.ring
    }
}

/// What follows the owner's name in a pod's name, or the whole name.
fn short(pod: &Pod) -> Rc<str> {
    let name = &pod.meta.name;
    let rest = pod
        .meta
        .controller()
        .and_then(|owner| name.strip_prefix(&*owner.name))
        .and_then(|rest| rest.strip_prefix('-'))
        .filter(|rest| !rest.is_empty());
    rest.map_or_else(|| Rc::clone(name), Rc::from)
}

/// What a pod of this look waits for.
pub fn ring(cluster: &Cluster, pod: &Pod, look: Look) -> Option<Ring> {
    match look {
        Look::Terminating => {
            let deletion = pod.meta.deletion?;
            let grace = Duration::from_seconds(deletion.grace_seconds);
            (grace > Duration::ZERO).then(|| Ring { from: deletion.at - grace, until: deletion.at })
        }
        Look::BackOff | Look::Failed if !pod.status.phase.finished() => {
            let all = pod.status.init_containers.iter().chain(pod.status.containers.iter());
            all.filter(|one| !matches!(one.state, ContainerState::Running { .. }))
                .filter_map(|one| cluster.kubelets().back_off(pod.meta.uid, &one.name))
                .filter(|(_, span)| *span > Duration::ZERO)
                .map(|(until, span)| Ring { from: until - span, until })
                .min_by_key(|ring| ring.until)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_off_says_which_doubling_it_is() {
        let of = |seconds| {
            let from = Time::from_unix_seconds(1_000);
            Ring { from, until: from + Duration::from_seconds(seconds) }.doubling()
        };
        let waits = [9, 10, 20, 40, 80, 160, 300, 301];
        assert_eq!(waits.map(of), [1, 1, 2, 3, 4, 5, 6, 6]);
    }

    #[test]
    fn looks_have_places_classes_and_different_signs() {
        for (place, look) in Look::ALL.into_iter().enumerate() {
            assert_eq!((look.index(), Look::from_class(look.class())), (place, Some(look)));
        }
        let mut icons = Look::ALL.map(Look::icon).to_vec();
        icons.sort_unstable();
        icons.dedup();
        assert_eq!(icons.len(), Look::COUNT, "a sign of its own without colour");
    }
}
