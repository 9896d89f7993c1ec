//! What each change of the journal adds to the timeline, and what inputs and decisions tell beside it.

use std::collections::VecDeque;
use std::rc::Rc;

use super::{
    Above, Group, Level, MOST_LEVELS, MOST_MARKS, MOST_TRACKS, Mark, Sign, Span, Timeline, Track,
    mark, place_of,
};
use crate::api::conditions;
use crate::api::core::{Event, Node, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::apiserver::table::pod_status;
use crate::cluster::{Action, AnyDecision, Cluster, Input, LoopId, LoopKey, Verb};
use crate::controllers::cronjob::{Decision as CronDecision, Idle};
use crate::reconcile::Key;
use crate::sim::Duration;
use crate::store::{CauseId, Change, Operation};
use crate::view::pod::Look;
use crate::view::yard::is_system;

/// How a pod looked after a change, and how often it was started again by then.
pub(super) fn look(pod: &Pod) -> (Look, i64) {
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

fn push_mark(marks: &mut Vec<Mark>, new: Mark) {
    if marks.len() >= MOST_MARKS {
        marks.drain(..MOST_MARKS / 4);
    }
    marks.push(new);
}

impl Timeline {
    pub(super) fn note(&mut self, change: &Change) {
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
                    || conditions::holds(&job.status.conditions, "Failed");
                let known = group.marks.iter_mut().rev().find(|mark| mark.of == uid);
                match (known, job.status.start_time, job.spec.active_deadline_seconds) {
                    (Some(known), ..) if over && known.at > change.at && known.void == u64::MAX => {
                        known.void = change.id;
                        group.touched += 1;
                    }
                    (None, Some(begun), Some(seconds)) if !over => {
                        let at = begun + Duration::from_seconds(seconds);
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
    pub(super) fn note_survivors(&mut self, cluster: &Cluster) {
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
                cause: CauseId::default(),
            };
            self.note_pod(&change, &pod);
        }
    }

    pub(super) fn note_inputs(&mut self, cluster: &Cluster) {
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
            && span.0 - input.at < Duration::from_seconds(60)
        {
            span.0 = input.at;
            node.touched += 1;
        }
    }

    /// When CronJobs fire next, and what they passed over in silence.
    pub(super) fn note_schedules(&mut self, cluster: &Cluster) {
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
