//! Recording events: equal ones are counted, not repeated. Follows `k8s.io/client-go/tools/record/events_cache.go`
//! (kubelet and controllers) and `k8s.io/client-go/tools/events` (scheduler).

use std::rc::Rc;

use super::verbs::{Api, Names};
use crate::api::core::{Event, EventSource, EventType, ObjectReference, Referred};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta, Uid, fold, with_hex};
use crate::api::object::AnyObject;
use crate::api::words::{joined, same, word};
use crate::reconcile::Note;
use crate::sim::rng::Purpose;
use crate::sim::{Duration, Time};

/// Of the messages of one source, object, type and reason this is the first that is not kept apart. Follows
/// `defaultAggregateMaxEvents`.
const SIMILAR_LIMIT: usize = 10;
/// After so long without one of them the count begins anew.
const SIMILAR_WINDOW: Duration = Duration::from_seconds(600);
/// So many events of one source about one object are recorded in a row. Follows `maxBurst`.
const BURST: i64 = 25;
/// How long it takes until one more may be. Follows `defaultSpamQPS`.
const REFILL: Duration = Duration::from_seconds(300);
/// The name of the scheduler, which alone writes events.k8s.io.
const SCHEDULER: &str = "default-scheduler";
/// What the collapsed message of many similar events begins with.
const COMBINED: &str = "(combined from similar events): ";

/// How many more events of one source about one object are recorded, in thousandths, as of a time. Kept only for
/// sources that said much already; before that it follows from the events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    thousandths: i64,
    at: Time,
}

impl Bucket {
    /// Takes one event out at a time; `None` if the bucket is empty.
    fn take(self, now: Time) -> (Self, bool) {
        let filled = (now - self.at).millis() * 1000 / REFILL.millis();
        let level = (self.thousandths + filled).min(BURST * 1000);
        let passes = level >= 1000;
        (Self { thousandths: if passes { level - 1000 } else { level }, at: now }, passes)
    }
}

/// How often something happened that nobody was told, and when first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unheard {
    times: i64,
    first: Time,
}

/// So many different things are counted at most. Follows `maxLruCacheEntries`.
const MOST_UNHEARD: usize = 4096;

/// Who tells what sort of things about which object.
pub(super) type Talk = (Uid, EventSource, EventType);

/// What a source said: of which object, and a number drawn from all the rest.
pub(super) type Said = (Uid, u64);

fn said(uid: Uid, source: &EventSource, reason: &str, part: &str, message: &str) -> Said {
    let texts = [&*source.component, &*source.host, reason, part, message];
    (uid, texts.into_iter().fold(0, fold))
}

/// By which uid the events about an object are found. The kubelet and the node controller refer to nodes by name in
/// place of the uid.
pub(super) fn about(object: &AnyObject) -> Uid {
    match object.kind() {
        Kind::Node => Uid::from_text(&object.meta().name),
        _ => object.uid(),
    }
}

/// Whether two events are about the same object and of the same source, type and reason. Follows
/// `EventAggregatorByReasonFunc`.
fn similar(one: &Event, involved: &ObjectReference, note: &Note, source: &EventSource) -> bool {
    *one.reason == *note.reason
        && one.event_type == note.event_type
        && one.source == *source
        && one.involved.uid == involved.uid
        && same(&one.involved.kind, &involved.kind)
}

/// Whether so many messages of similar events were kept apart since these last paused that this one is not any more.
fn are_many(similar: &[&Rc<Event>], message: &str, now: Time) -> bool {
    // They come in the order in which they were first told: the newest first, they are nearly sorted.
    let mut recent: Vec<_> = similar.iter().rev().collect();
    recent.sort_by_key(|event| std::cmp::Reverse(event.last));
    let mut before = now;
    recent.retain(|event| {
        let goes_on = before - event.last <= SIMILAR_WINDOW;
        if goes_on {
            before = event.last;
        }
        goes_on
    });
    if recent.len() + 1 < SIMILAR_LIMIT {
        return false;
    }
    let mut messages: Vec<&str> = recent.iter().map(|event| &*event.message).collect();
    messages.retain(|message| !message.starts_with(COMBINED));
    messages.sort_unstable();
    messages.dedup();
    messages.len() + usize::from(!messages.contains(&message)) >= SIMILAR_LIMIT
}

impl Names {
    /// Counts what nobody was told. What was counted first is forgotten first.
    fn note_unheard(&mut self, said: Said, one: Unheard) {
        if self.unheard.len() >= MOST_UNHEARD {
            let mut begun: Vec<Time> = self.unheard.values().map(|one| one.first).collect();
            begun.sort_unstable();
            let middle = begun.get(MOST_UNHEARD / 2).copied().unwrap_or_default();
            let all = std::mem::take(&mut self.unheard);
            self.unheard = all.into_iter().filter(|(_, one)| one.first > middle).collect();
        }
        self.unheard.insert(said, one);
    }

    /// Whether a source may say one more thing of a type about an object, of which so much was told. Follows
    /// `EventSourceObjectSpamFilter`.
    fn may_tell(
        &mut self,
        talk: Talk,
        known: Option<Bucket>,
        told: &[Rc<Event>],
        now: Time,
    ) -> bool {
        let bucket = match known {
            Some(bucket) => bucket,
            None => {
                let (_, source, event_type) = &talk;
                let own = told
                    .iter()
                    .filter(|event| event.event_type == *event_type && event.source == *source);
                let (told, first) = own.fold((0, now), |(told, first), event| {
                    (told + event.count, first.min(event.first))
                });
                if told < BURST {
                    return true;
                }
                let filled = (now - first).millis() * 1000 / REFILL.millis();
                let thousandths = ((BURST - told) * 1000 + filled).clamp(0, BURST * 1000);
                Bucket { thousandths, at: now }
            }
        };
        let (left, passes) = bucket.take(now);
        self.buckets.insert(talk, left);
        passes
    }
}

impl Api<'_> {
    /// Forgets how much was said, and was not, about an object that is gone.
    pub(super) fn forget_talk(&mut self, uid: Uid) {
        let names = &mut self.names;
        if names.buckets.is_empty() {
            return;
        }
        let from = (uid, EventSource::default(), EventType::Normal);
        let own = names.buckets.range(from..).take_while(|(key, _)| key.0 == uid);
        let gone: Vec<_> = own.map(|(key, _)| key.clone()).collect();
        for key in &gone {
            names.buckets.remove(key);
        }
        // Who was not heard has a bucket.
        if !gone.is_empty() {
            let own = names.unheard.range((uid, 0)..).take_while(|(key, _)| key.0 == uid);
            let gone: Vec<Said> = own.map(|(key, _)| *key).collect();
            for key in gone {
                names.unheard.remove(&key);
            }
        }
    }

    /// Records an event about an object. Events about objects without a namespace go to `default`. What a source says
    /// too often is only counted, and told with what it may say next. Follows `EventCorrelate`.
    pub fn record(
        &mut self,
        about: &AnyObject,
        field_path: &Rc<str>,
        note: &Note,
        source: EventSource,
    ) {
        let uid = self::about(about);
        let mut involved = ObjectReference::to(about.kind(), about.meta()).at(field_path);
        if about.kind() == Kind::Node {
            involved.uid = Referred::Text(Rc::clone(&about.meta().name));
        }
        let modern = &*source.component == SCHEDULER;
        let told = self.store.events().about(uid);
        let mut alike: Vec<&Rc<Event>> = Vec::new();
        if !modern && told.len() + 1 >= SIMILAR_LIMIT {
            alike.reserve(told.len());
            alike.extend(told.iter().filter(|event| similar(event, &involved, note, &source)));
        }
        let combines =
            alike.len() + 1 >= SIMILAR_LIMIT && are_many(&alike, &note.message, self.now);
        let message: Rc<str> = match combines {
            true => joined(&[COMBINED, &note.message]),
            false => Rc::clone(&note.message),
        };
        let old = match combines {
            true => alike.into_iter().find(|event| event.message.starts_with(COMBINED)),
            false => told.iter().find(|event| {
                event.message == message
                    && event.involved == involved
                    && similar(event, &involved, note, &source)
            }),
        };
        let unheard = || {
            let message = if combines { COMBINED } else { &*message };
            said(uid, &source, note.reason, field_path, message)
        };
        let talk = (uid, source.clone(), note.event_type);
        let bucket = self.names.buckets.get(&talk).copied();
        // Who was not heard has a bucket.
        let said = bucket.map(|_| unheard());
        let missed = said.and_then(|said| self.names.unheard.get(&said).copied());
        if !modern && !self.names.may_tell(talk, bucket, told, self.now) {
            let (times, first) = missed.map_or((0, self.now), |one| (one.times, one.first));
            let one = Unheard { times: times + 1, first };
            self.names.note_unheard(said.unwrap_or_else(unheard), one);
            return;
        }
        if let Some(said) = said.filter(|_| missed.is_some()) {
            self.names.unheard.remove(&said);
        }
        let times = 1 + missed.map_or(0, |one| one.times);
        if let Some(event) = old {
            let mut event = Event::clone(event);
            event.count += times;
            event.last = self.now;
            event.message = message;
            self.keep(AnyObject::Event(Rc::new(event)));
            return;
        }
        let namespace: Rc<str> = match &*about.meta().namespace {
            "" => word("default"),
            _ => Rc::clone(&about.meta().namespace),
        };
        // Events, too, are refused where nothing new is made any more.
        let home = ObjectKey::cluster(Rc::clone(&namespace));
        if self.store.plain(Kind::Namespace, &home).is_some_and(|home| home.meta.deleting()) {
            return;
        }
        let key = self.event_key(namespace, &about.meta().name);
        let own = self.new_uid(&key);
        let event = Event {
            meta: ObjectMeta {
                uid: own,
                name: key.name,
                namespace: key.namespace,
                created: self.now,
                ..ObjectMeta::default()
            },
            involved,
            about: uid,
            event_type: note.event_type,
            reason: word(note.reason),
            message,
            modern,
            source,
            first: missed.map_or(self.now, |one| one.first),
            last: self.now,
            count: times,
            expires: self.now,
        };
        self.keep(AnyObject::Event(Rc::new(event)));
    }

    /// `NAME.` and the time in nanoseconds as hexadecimal digits: within a millisecond those of one event after those of
    /// the other, as a clock has it, moved on until it is free.
    fn event_key(&mut self, namespace: Rc<str>, name: &str) -> ObjectKey {
        const MILLISECOND: u64 = 1_000_000;
        let begin = u64::try_from(self.now.unix_millis()).unwrap_or(0).wrapping_mul(MILLISECOND);
        let (mut nanos, step) = match self.names.last_event {
            last if last.wrapping_sub(begin) < MILLISECOND => (last, 64),
            _ => (begin, 4096),
        };
        loop {
            nanos = nanos.wrapping_add(1 + self.seed.draw(Purpose::Id, name, nanos) % step);
            let name = with_hex(nanos, |digits| joined(&[name, ".", digits]));
            let key = ObjectKey::new(Rc::clone(&namespace), name);
            if self.store.events().get(&key).is_none() {
                self.names.last_event = nanos;
                return key;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_was_told_is_counted_of_so_many_things_only() {
        let mut names = Names::default();
        let source = EventSource::default();
        let said = |number: i64| said(Uid(1), &source, "Created", "", &number.to_string());
        for number in 0..20_000 {
            let one = Unheard { times: 1, first: Time::from_unix_seconds(number) };
            names.note_unheard(said(number), one);
            assert!(names.unheard.len() <= MOST_UNHEARD);
            assert!(names.unheard.contains_key(&said(number)));
        }
        assert!(names.unheard.contains_key(&said(18_000)));
        assert!(!names.unheard.contains_key(&said(15_000)));
    }
}
