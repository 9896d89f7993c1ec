//! A pod as a tile: its look, its family, and until when it waits.

use std::rc::Rc;

use super::palette::{Owner, Palette};
use crate::api::core::{ContainerState, Phase, Pod};
use crate::api::meta::{ObjectKey, Uid};
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

/// A pod on the screen.
#[derive(Clone, Debug, PartialEq)]
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
    /// The workload it belongs to in the end.
    pub owner: Option<Owner>,
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
            restarts: status.restarts,
            degrees: owner.as_ref().map_or(0, |owner| palette.degrees(owner.uid)),
            owner,
            ring: ring(cluster, pod, look),
        }
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
