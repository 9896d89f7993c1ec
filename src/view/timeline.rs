//! The timeline: what became of each pod, as spans of looks over virtual time, grouped by the workload it belongs to in
//! the end; and what happened beside that, as marks.
//!
//! It reads each change of the journal once. Going back takes nothing away: what lies ahead on the same line is still
//! true, and the scrubber needs it. When somebody leaves for another line, what came after the parting is cut off; in
//! another session, or on another branch, all is read anew.
//!
//! Cost: one step per change; a group keeps at most [`MOST_TRACKS`] pods and [`MOST_LEVELS`] counts, and the screen gets
//! at most [`MOST_ROWS`] rows.

mod notes;
mod rows;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

pub use self::rows::{Opened, Row, RowKind};

use super::pod::Look;
use super::state::Selection;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, OwnerReference, Uid};
use crate::cluster::Cluster;
use crate::language::{Language, Text, word};
use crate::sim::Time;

/// At most so many pods of a group are kept one by one: the latest.
const MOST_TRACKS: usize = 1_000;
/// At most so many counts of a group are kept; when there are more, the older half gets coarser.
const MOST_LEVELS: usize = 4_096;
/// At most so many marks of one thing are kept: the latest.
const MOST_MARKS: usize = 1_000;
/// At most so many rows are shown.
pub const MOST_ROWS: usize = 120;

/// What a mark says. Each has a shape of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Somebody did something.
    Input,
    /// A CronJob fired.
    Fire,
    /// It was time, and it did not fire.
    Miss,
    /// It will fire.
    Next,
    /// A deadline.
    Deadline,
    /// A probe failed.
    Probe,
    /// A container was started again.
    Restart,
    /// A pod was driven out.
    Kill,
}

impl Sign {
    /// All of them, in the order of the legend; their places are what the drawing knows them by.
    pub const ALL: [Self; 8] = [
        Self::Input,
        Self::Fire,
        Self::Miss,
        Self::Next,
        Self::Deadline,
        Self::Probe,
        Self::Restart,
        Self::Kill,
    ];

    /// The key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Input => "time.mark-input",
            Self::Fire => "time.mark-fire",
            Self::Miss => "time.mark-miss",
            Self::Next => "time.mark-next",
            Self::Deadline => "time.mark-deadline",
            Self::Probe => "time.mark-probe",
            Self::Restart => "time.mark-restart",
            Self::Kill => "time.mark-kill",
        }
    }

    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Fire => "fire",
            Self::Miss => "miss",
            Self::Next => "next",
            Self::Deadline => "deadline",
            Self::Probe => "probe",
            Self::Restart => "restart",
            Self::Kill => "kill",
        }
    }
}

/// Something at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Time,
    /// What.
    pub sign: Sign,
    /// The change that told of it.
    version: u64,
    /// The object whose deadline it is, and the change after which it means nothing more.
    of: Uid,
    void: u64,
}

/// From when on a pod looked like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From when on.
    pub from: Time,
    /// What it looked like.
    pub look: Look,
    version: u64,
}

/// A pod's way.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Its uid.
    pub uid: Uid,
    /// Its key.
    pub key: ObjectKey,
    /// What it looked like, oldest first.
    pub spans: Vec<Span>,
    /// When it was gone.
    pub ended: Option<Time>,
    /// What happened to it.
    pub marks: Vec<Mark>,
    ended_by: u64,
    touched: u64,
}

/// How many pods of a group had each look, from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// From when on.
    pub from: Time,
    /// How many, by the place of the look in [`Look::ALL`].
    pub counts: [u32; 9],
    version: u64,
}

/// A workload and its pods, or pods without one.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The workload; of pods without one the namespace.
    pub uid: Uid,
    /// Its kind; [`Kind::Namespace`] for pods without one.
    pub kind: Kind,
    /// Its key.
    pub key: ObjectKey,
    /// The pods, oldest first.
    pub tracks: VecDeque<Track>,
    /// What happened to the workload.
    pub marks: Vec<Mark>,
    /// The counts, oldest first.
    pub levels: Vec<Level>,
    /// When it fires next.
    pub next: Option<Time>,
    counts: [u32; 9],
    dropped: usize,
    touched: u64,
}

/// A node's way: from when to when it was lost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeTrack {
    /// From when on it was lost, and whether it still was then.
    pub spans: Vec<(Time, bool, u64)>,
    touched: u64,
}

/// What stands above an object.
#[derive(Clone, Debug)]
struct Above {
    kind: Kind,
    key: ObjectKey,
    owner: Option<OwnerReference>,
}

/// The timeline of a line.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    lineage: u64,
    line: u64,
    /// Counts how often all was read anew.
    pub generation: u64,
    version: u64,
    start: Time,
    /// The groups, in the order in which they came.
    pub groups: Vec<Group>,
    places: BTreeMap<Uid, usize>,
    pods: BTreeMap<Uid, (usize, usize)>,
    above: BTreeMap<Uid, Above>,
    /// The nodes that were lost at some time.
    pub nodes: BTreeMap<Rc<str>, NodeTrack>,
    /// What was done, and what lies ahead to be done again.
    pub inputs: Vec<Mark>,
}

fn place_of(look: Look) -> usize {
    Look::ALL.into_iter().position(|one| one == look).unwrap_or(0)
}

const fn mark(at: Time, sign: Sign, version: u64) -> Mark {
    Mark { at, sign, version, of: Uid(0), void: u64::MAX }
}

impl Timeline {
    /// Reads what is new. `lineage` is another number in another session.
    pub fn read(&mut self, cluster: &Cluster, lineage: u64) {
        let (line, base) = cluster.line();
        let store = cluster.store();
        let same = self.generation > 0 && lineage == self.lineage;
        if same && line == self.line + 1 && base > 0 {
            self.cut(base);
            self.line = line;
        }
        let forgotten = store.journal().get(self.version + 1).is_none();
        if !same || line != self.line || (forgotten && self.version < store.resource_version()) {
            let generation = self.generation + 1;
            let start = cluster.config().start;
            *self = Self { lineage, line, generation, start, ..Self::default() };
        }
        if self.version < store.resource_version() {
            store.journal().since(self.version).for_each(|change| self.note(change));
            if self.version == 0 {
                self.note_survivors(cluster);
            }
            self.version = store.resource_version();
        }
        self.note_inputs(cluster);
        self.note_schedules(cluster);
    }

    /// Forgets what came after a version of the store.
    fn cut(&mut self, base: u64) {
        self.version = self.version.min(base);
        for group in &mut self.groups {
            for track in &mut group.tracks {
                let before = (track.spans.len(), track.marks.len());
                track.spans.retain(|span| span.version <= base);
                track.marks.retain(|mark| mark.version <= base);
                let ended = track.ended_by > base && track.ended.is_some();
                if ended {
                    track.ended = None;
                }
                if ended || before != (track.spans.len(), track.marks.len()) {
                    track.touched += 1;
                }
            }
            group.tracks.retain(|track| !track.spans.is_empty());
            group.marks.retain(|mark| mark.version <= base);
            for mark in group.marks.iter_mut().filter(|mark| mark.void > base) {
                mark.void = u64::MAX;
            }
            group.levels.retain(|level| level.version <= base);
            group.counts = group.levels.last().map_or([0; 9], |level| level.counts);
            if group.dropped == 0 {
                group.counts = [0; 9];
                let alive = group.tracks.iter().filter(|track| track.ended.is_none());
                for span in alive.filter_map(|track| track.spans.last()) {
                    group.counts[place_of(span.look)] += 1;
                }
            }
            group.touched += 1;
        }
        for node in self.nodes.values_mut() {
            node.spans.retain(|span| span.2 <= base);
            node.touched += 1;
        }
        self.nodes.retain(|_, node| !node.spans.is_empty());
        let groups = &self.groups;
        self.pods.retain(|uid, (group, place)| {
            let group = groups.get(*group);
            let place = group.and_then(|group| place.checked_sub(group.dropped));
            let track = group.zip(place).and_then(|(group, place)| group.tracks.get(place));
            track.is_some_and(|track| track.uid == *uid)
        });
    }

    /// What the chart shows, in a sentence.
    pub fn sentence(&self, cluster: &Cluster, language: Language) -> String {
        let mut counts: BTreeMap<Sign, usize> = BTreeMap::new();
        let tracks = self.groups.iter().flat_map(|group| group.tracks.iter());
        let own = self.groups.iter().flat_map(|group| group.marks.iter());
        let marks = tracks.clone().flat_map(|track| track.marks.iter()).chain(own);
        for mark in marks.chain(&self.inputs).filter(|mark| mark.void == u64::MAX) {
            *counts.entry(mark.sign).or_default() += 1;
        }
        let lost = self.nodes.values().flat_map(|node| node.spans.iter().filter(|span| span.1));
        let named =
            counts.iter().map(|(sign, count)| format!("{} {count}", word(language, sign.key())));
        let mut named: Vec<String> = named.collect();
        let lost = lost.count();
        if lost > 0 {
            named.push(format!("{} {lost}", word(language, "time.mark-outage")));
        }
        let none = named.is_empty().then(|| word(language, "time.marks-none"));
        let clock = |at: Time| {
            let text = at.rfc3339();
            text.get(11..19).unwrap_or_default().to_owned()
        };
        Text::new("time.chart")
            .with("pods", tracks.count())
            .with("groups", self.groups.iter().filter(|group| !group.tracks.is_empty()).count())
            .with("from", clock(cluster.config().start))
            .with("to", clock(cluster.horizon()))
            .with("marks", none.unwrap_or_else(|| named.join(", ")))
            .render(language)
    }

    /// When a pod or a group that is selected last changed before a time, and first after it, as far as is known.
    pub fn around(&self, selection: &Selection, at: Time) -> (Option<Time>, Option<Time>) {
        let tracks = self.groups.iter().flat_map(|group| {
            let whole = group.kind == selection.kind && group.key == selection.key;
            group.tracks.iter().filter(move |track| {
                whole || (selection.kind == Kind::Pod && track.key == selection.key)
            })
        });
        let times =
            tracks.flat_map(|track| track.spans.iter().map(|span| span.from).chain(track.ended));
        let (mut before, mut after) = (None, None);
        for time in times {
            if time < at {
                before = before.max(Some(time));
            } else if time > at {
                after = Some(after.map_or(time, |after: Time| after.min(time)));
            }
        }
        (before, after)
    }
}

#[cfg(test)]
mod tests;
