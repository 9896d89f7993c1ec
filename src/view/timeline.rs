//! The timeline: what became of each pod, as spans of looks over virtual time, grouped by the workload it belongs to in
//! the end; and what happened beside that, as marks.
//!
//! It reads each change of the journal once. Going back takes nothing away: what lies ahead on the same line is still
//! true, and the scrubber needs it. When somebody leaves for another line, what came after the parting is cut off; in
//! another session, or on another branch, all is read anew.
//!
//! Cost: one step per change; a group keeps at most [`MOST_TRACKS`] pods and [`MOST_LEVELS`] counts, and the screen gets
//! at most [`MOST_ROWS`] rows.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::pod::Look;
use super::state::Selection;
use super::yard::is_system;
use crate::api::core::{Event, Node, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, OwnerReference, Uid};
use crate::api::object::AnyObject;
use crate::apiserver::table::pod_status;
use crate::cluster::{Action, AnyDecision, Cluster, Input, LoopId, LoopKey, Verb};
use crate::controllers::cronjob::{Decision as CronDecision, Idle};
use crate::language::{Language, Text, word};
use crate::reconcile::Key;
use crate::sim::Time;
use crate::store::{Change, Operation};

mod rows;

pub use rows::{Opened, Row, RowKind};

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

/// How a pod looked after a change, and how often it was started again by then.
fn look(pod: &Pod) -> (Look, i64) {
    let status = pod_status(pod);
    (Look::of(pod, &status.word, true), status.restarts)
}

/// What an event says here.
fn sign_of(event: &Event) -> Option<Sign> {
    match &*event.reason {
        "Unhealthy" => Some(Sign::Probe),
        "Evicted" | "TaintManagerEviction" | "Preempted" => Some(Sign::Kill),
        "JobAlreadyActive" | "MissSchedule" | "TooManyMissedTimes" => Some(Sign::Miss),
        _ => None,
    }
}

fn place_of(look: Look) -> usize {
    Look::ALL.into_iter().position(|one| one == look).unwrap_or(0)
}

const fn mark(at: Time, sign: Sign, version: u64) -> Mark {
    Mark { at, sign, version, of: Uid(0), void: u64::MAX }
}

fn push_mark(marks: &mut Vec<Mark>, new: Mark) {
    if marks.len() >= MOST_MARKS {
        marks.drain(..MOST_MARKS / 4);
    }
    marks.push(new);
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

    fn note(&mut self, change: &Change) {
        if let AnyObject::Event(event) = &change.object {
            // Most say nothing here: of the others alone more is read.
            let sign = (change.operation != Operation::Deleted).then(|| sign_of(event)).flatten();
            if let Some(sign) = sign.filter(|_| !is_system(&event.meta.namespace)) {
                self.note_event(change, event, sign);
            }
            return;
        }
        let meta = change.object.meta();
        if is_system(&meta.namespace) {
            return;
        }
        match &change.object {
            AnyObject::Pod(pod) => self.note_pod(change, pod),
            AnyObject::Node(node) => self.note_node(change, node),
            AnyObject::Event(_) | AnyObject::Plain(_) => {}
            workload => {
                let owner = meta.controller();
                let same = |known: &Above| {
                    known.owner.as_ref().map(|owner| owner.uid) == owner.map(|owner| owner.uid)
                };
                if !self.above.get(&meta.uid).is_some_and(same) {
                    let owner = owner.cloned();
                    let above = Above { kind: workload.kind(), key: workload.key(), owner };
                    self.above.insert(meta.uid, above);
                }
                self.note_workload(change);
            }
        }
    }

    /// The workload at the top of an object.
    fn top(&self, object: &AnyObject) -> Option<(Uid, Kind, ObjectKey)> {
        let mut owner = object.meta().controller()?.clone();
        let namespace = &object.meta().namespace;
        loop {
            let Some(above) = self.above.get(&owner.uid) else {
                let kind = Kind::from_manifest(&owner.kind, &owner.api_version)?;
                let key = ObjectKey::new(Rc::clone(namespace), Rc::clone(&owner.name));
                return Some((owner.uid, kind, key));
            };
            match &above.owner {
                Some(next) => owner = next.clone(),
                None => return Some((owner.uid, above.kind, above.key.clone())),
            }
        }
    }

    /// The group of an object, which is new if there is none.
    fn group(&mut self, object: &AnyObject) -> usize {
        let (uid, kind, key) = self.top(object).unwrap_or_else(|| match object {
            AnyObject::Pod(pod) => {
                // Pods without an owner share a group; a uid that no object has stands for it.
                let name = Rc::clone(&pod.meta.namespace);
                (
                    Uid::from_text(&format!("namespace {name}")),
                    Kind::Namespace,
                    ObjectKey::cluster(name),
                )
            }
            other => (other.uid(), other.kind(), other.key()),
        });
        let next = self.groups.len();
        let place = *self.places.entry(uid).or_insert(next);
        if place == next {
            self.groups.push(Group {
                uid,
                kind,
                key,
                tracks: VecDeque::new(),
                marks: Vec::new(),
                levels: Vec::new(),
                next: None,
                counts: [0; 9],
                dropped: 0,
                touched: 0,
            });
        }
        place
    }

    fn note_pod(&mut self, change: &Change, pod: &Pod) {
        let gone = change.operation == Operation::Deleted;
        let (now, restarts) = look(pod);
        // It stays where it began, also when its owner lets it go.
        let known = self.pods.get(&pod.meta.uid).copied();
        let place = known.map_or_else(|| self.group(&change.object), |(place, _)| place);
        let Some(group) = self.groups.get_mut(place) else { return };
        let index = known.and_then(|(_, index)| index.checked_sub(group.dropped));
        let track = match index {
            Some(index) => group.tracks.get_mut(index),
            None if known.is_none() && !gone && !group.is_past(pod.meta.uid) => {
                self.pods.insert(pod.meta.uid, (place, group.dropped + group.tracks.len()));
                if group.tracks.len() >= MOST_TRACKS {
                    let old = group.tracks.pop_front();
                    group.dropped += 1;
                    old.map(|old| self.pods.remove(&old.uid));
                }
                group.tracks.push_back(Track {
                    uid: pod.meta.uid,
                    key: pod.meta.key(),
                    spans: Vec::new(),
                    ended: None,
                    marks: Vec::new(),
                    ended_by: 0,
                    touched: 0,
                });
                group.tracks.back_mut()
            }
            None => None,
        };
        let last = track.as_ref().and_then(|track| track.spans.last());
        // Where nothing was started again the span says it all.
        let before = match (&change.before, last) {
            (Some(_), Some(last)) if restarts == 0 => Some((last.look, 0)),
            (Some(AnyObject::Pod(before)), _) => Some(look(before)),
            _ => None,
        };
        if let Some(track) = track {
            track.touched += 1;
            if gone {
                track.ended = Some(change.at);
                track.ended_by = change.id;
            } else if track.spans.last().is_none_or(|last| last.look != now) {
                track.spans.push(Span { from: change.at, look: now, version: change.id });
            }
            if before.is_some_and(|(_, before)| before < restarts) {
                push_mark(&mut track.marks, mark(change.at, Sign::Restart, change.id));
            }
        }
        let after = (!gone).then_some(now);
        let before = before.map(|(look, _)| look);
        if before != after {
            group.count(change, before, after);
        }
        group.touched += 1;
    }

    fn note_node(&mut self, change: &Change, node: &Node) {
        if change.at < self.start {
            return;
        }
        let lost = !node.ready() && change.operation != Operation::Deleted;
        let known = self.nodes.get(&node.meta.name);
        let now = known.and_then(|node| node.spans.last()).is_some_and(|last| last.1);
        // A node that only just joins is not lost.
        let new = change.operation == Operation::Added;
        if lost == now || (new && lost) || (!lost && known.is_none()) {
            return;
        }
        let was_ready = matches!(&change.before, Some(AnyObject::Node(before)) if before.ready());
        if lost && !was_ready {
            return;
        }
        let node = self.nodes.entry(Rc::clone(&node.meta.name)).or_default();
        node.spans.push((change.at, lost, change.id));
        node.touched += 1;
    }

    fn note_event(&mut self, change: &Change, event: &Event, sign: Sign) {
        let uid = event.about;
        let new = mark(change.at, sign, change.id);
        if let Some((group, index)) = self.pods.get(&uid).copied() {
            let Some(group) = self.groups.get_mut(group) else { return };
            let track = index.checked_sub(group.dropped).and_then(|at| group.tracks.get_mut(at));
            if let Some(track) = track {
                push_mark(&mut track.marks, new);
                track.touched += 1;
                group.touched += 1;
            }
        } else if let Some(group) =
            self.places.get(&uid).copied().and_then(|place| self.groups.get_mut(place))
        {
            group.miss(new);
        }
    }

    fn note_workload(&mut self, change: &Change) {
        let place = self.group(&change.object);
        let Some(group) = self.groups.get_mut(place) else { return };
        match &change.object {
            AnyObject::CronJob(cron) => {
                let before = match &change.before {
                    Some(AnyObject::CronJob(before)) => before.status.last_schedule_time,
                    _ => None,
                };
                if cron.status.last_schedule_time > before {
                    push_mark(&mut group.marks, mark(change.at, Sign::Fire, change.id));
                    group.touched += 1;
                }
            }
            AnyObject::Job(job) => {
                let uid = job.meta.uid;
                let over = job.status.completion_time.is_some()
                    || change.operation == Operation::Deleted
                    || crate::api::conditions::holds(&job.status.conditions, "Failed");
                let known = group.marks.iter_mut().rev().find(|mark| mark.of == uid);
                match (known, job.status.start_time, job.spec.active_deadline_seconds) {
                    (Some(known), ..) if over && known.at > change.at && known.void == u64::MAX => {
                        known.void = change.id;
                        group.touched += 1;
                    }
                    (None, Some(begun), Some(seconds)) if !over => {
                        let at = begun + crate::sim::Duration::from_seconds(seconds);
                        let new = Mark { of: uid, ..mark(at, Sign::Deadline, change.id) };
                        push_mark(&mut group.marks, new);
                        group.touched += 1;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Pods whose beginning the journal no longer knows.
    fn note_survivors(&mut self, cluster: &Cluster) {
        let store = cluster.store();
        let pods = store.pods().iter().filter(|pod| !is_system(&pod.meta.namespace));
        let unknown = pods.filter(|pod| !self.pods.contains_key(&pod.meta.uid));
        let unknown: Vec<Rc<Pod>> = unknown.cloned().collect();
        for pod in unknown {
            let change = Change {
                id: pod.meta.resource_version,
                at: pod.meta.created.max(self.start),
                operation: Operation::Added,
                object: AnyObject::Pod(Rc::clone(&pod)),
                before: None,
                cause: crate::store::CauseId::default(),
            };
            self.note_pod(&change, &pod);
        }
    }

    fn note_inputs(&mut self, cluster: &Cluster) {
        let all = || cluster.inputs().iter().chain(cluster.ahead());
        let count = cluster.inputs().len() + cluster.ahead().len();
        let same = self.inputs.len() == count
            && self.inputs.iter().zip(all()).all(|(mark, input)| mark.at == input.at);
        if !same {
            self.inputs = all().map(|input| mark(input.at, Sign::Input, 0)).collect();
        }
        // A machine that stands still is lost before its silence is noticed.
        for input in all() {
            self.note_power(input);
        }
    }

    fn note_power(&mut self, input: &Input) {
        let Verb::Act(Action::StopNode(name)) = &input.verb else { return };
        let node = self.nodes.get_mut(name);
        let Some(node) = node else { return };
        // The first change after the stop tells of it: it moves to where the machine stopped.
        let next = node.spans.iter_mut().find(|(at, lost, _)| *lost && *at > input.at);
        if let Some(span) = next
            && span.0 - input.at < crate::sim::Duration::from_seconds(60)
        {
            span.0 = input.at;
            node.touched += 1;
        }
    }

    /// When CronJobs fire next, and what they passed over in silence.
    fn note_schedules(&mut self, cluster: &Cluster) {
        for group in self.groups.iter_mut().filter(|group| group.kind == Kind::CronJob) {
            let cron = cluster.store().cron_jobs().get(&group.key);
            let at = LoopKey { loop_id: LoopId::CronJob, key: Key::new(group.key.clone()) };
            let decided = cluster.causes().last(&at);
            let next = match decided {
                Some((_, AnyDecision::CronJob(CronDecision::Fired { next, .. }))) => *next,
                Some((
                    when,
                    AnyDecision::CronJob(CronDecision::NotFired { slot, because, next }),
                )) => {
                    if slot.is_some() && matches!(because, Idle::StillRunning { .. }) {
                        group.miss(mark(when, Sign::Miss, self.version));
                    }
                    *next
                }
                _ => None,
            };
            let next = next.filter(|_| cron.is_some_and(|cron| !cron.spec.suspend));
            if group.next != next {
                group.next = next;
                group.touched += 1;
            }
        }
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

impl Group {
    /// Whether a pod without a track had one that is kept no longer: uids come in the order of making.
    fn is_past(&self, uid: Uid) -> bool {
        self.dropped > 0 && self.tracks.front().is_some_and(|first| uid < first.uid)
    }

    fn count(&mut self, change: &Change, before: Option<Look>, after: Option<Look>) {
        if let Some(look) = before {
            let count = &mut self.counts[place_of(look)];
            *count = count.saturating_sub(1);
        }
        if let Some(look) = after {
            self.counts[place_of(look)] += 1;
        }
        let new = Level { from: change.at, counts: self.counts, version: change.id };
        match self.levels.last_mut() {
            Some(last) if last.from == change.at => *last = new,
            _ => self.levels.push(new),
        }
        if self.levels.len() > MOST_LEVELS {
            let mut index = 0;
            self.levels.retain(|_| {
                index += 1;
                index > MOST_LEVELS / 2 || index % 2 == 0
            });
        }
    }

    fn miss(&mut self, new: Mark) {
        // The event and the decision tell of the same slot.
        if !self.marks.iter().rev().take(8).any(|old| old.sign == Sign::Miss && old.at == new.at) {
            push_mark(&mut self.marks, new);
            self.touched += 1;
        }
    }
}

#[cfg(test)]
mod tests;
