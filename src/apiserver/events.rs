//! Recording events: equal ones are counted, not repeated. Follows `k8s.io/client-go/tools/record/events_cache.go`
//! (kubelet and controllers) and `k8s.io/client-go/tools/events` (scheduler).

use std::rc::Rc;

use super::verbs::Api;
use crate::api::core::{Event, EventSource, ObjectReference};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta};
use crate::api::object::AnyObject;
use crate::api::words::word;
use crate::reconcile::Note;
use crate::sim::rng::{Purpose, push_hex};
use crate::sim::{Duration, Time};

/// How many different messages of one source, object, type and reason within ten minutes are kept apart.
const SIMILAR_LIMIT: usize = 10;
/// The window of [`SIMILAR_LIMIT`].
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

impl Api<'_> {
    /// Whether a source may say one more thing about an object. Follows `EventSourceObjectSpamFilter`.
    fn may_tell(&mut self, uid: &str, source: &EventSource) -> bool {
        let key = [uid, &source.component, &source.host];
        let known = || self.names.buckets.get(key.join(" ").as_str()).copied();
        let known = if self.names.buckets.is_empty() { None } else { known() };
        let bucket = match known {
            Some(bucket) => bucket,
            None => {
                let own = self.store.events_of(uid).filter(|event| event.source == *source);
                let (told, first) = own.fold((0, self.now), |(told, first), event| {
                    (told + event.count, first.min(event.first))
                });
                if told < BURST {
                    return true;
                }
                let filled = (self.now - first).millis() * 1000 / REFILL.millis();
                let thousandths = ((BURST - told) * 1000 + filled).clamp(0, BURST * 1000);
                Bucket { thousandths, at: self.now }
            }
        };
        let (left, passes) = bucket.take(self.now);
        self.names.buckets.insert(key.join(" ").into(), left);
        passes
    }

    /// Forgets how much was said about an object that is gone.
    pub(super) fn forget_buckets(&mut self, uid: &str) {
        let from = self.names.buckets.range(Rc::from(uid)..);
        let own = from.take_while(|(key, _)| key.starts_with(uid)).map(|(key, _)| Rc::clone(key));
        for key in own.collect::<Vec<_>>() {
            self.names.buckets.remove(&key);
        }
    }

    /// Records an event about an object. Events about objects without a namespace go to `default`.
    pub fn record(
        &mut self,
        about: &AnyObject,
        field_path: &str,
        note: &Note,
        source: EventSource,
    ) {
        let mut involved = ObjectReference::to(about.kind(), about.meta()).at(field_path);
        if about.kind() == Kind::Node {
            // The kubelet and the node controller refer to nodes by name in place of the uid.
            involved.uid = Rc::clone(&about.meta().name);
        }
        let uid = Rc::clone(&involved.uid);
        if &*source.component != SCHEDULER && !self.may_tell(&uid, &source) {
            return;
        }
        let alike = |event: &&Rc<Event>| {
            *event.reason == *note.reason
                && event.event_type == note.event_type
                && event.source == source
                && event.involved == involved
        };
        let similar: Vec<Rc<Event>> = self.store.events_of(&uid).filter(alike).cloned().collect();
        let recent = similar.iter().filter(|event| self.now - event.last < SIMILAR_WINDOW).count();
        let equal = similar.iter().find(|event| *event.message == *note.message);
        let collapsed = similar.iter().find(|event| event.message.starts_with(COMBINED));
        let message: Rc<str> = note.message.as_str().into();
        if let Some(event) = equal.or_else(|| collapsed.filter(|_| recent >= SIMILAR_LIMIT)) {
            let mut event = Event::clone(event);
            event.count += 1;
            event.last = self.now;
            if event.message.starts_with(COMBINED) {
                event.message = format!("{COMBINED}{message}").into();
            }
            self.keep(AnyObject::Event(Rc::new(event)));
            return;
        }
        let message =
            if recent >= SIMILAR_LIMIT { format!("{COMBINED}{message}").into() } else { message };
        let namespace: Rc<str> = match &*about.meta().namespace {
            "" => word("default"),
            _ => Rc::clone(&about.meta().namespace),
        };
        let name = self.event_name(&namespace, &about.meta().name);
        let event = Event {
            meta: ObjectMeta { name, namespace, created: self.now, ..ObjectMeta::default() },
            involved,
            event_type: note.event_type,
            reason: word(note.reason),
            message,
            modern: &*source.component == SCHEDULER,
            source,
            first: self.now,
            last: self.now,
            count: 1,
        };
        let mut object = AnyObject::Event(Rc::new(event));
        object.meta_mut().uid = self.new_uid(Kind::Event, &object.key());
        self.keep(object);
    }

    /// `NAME.` and the time in nanoseconds as hexadecimal digits, moved on until it is free.
    fn event_name(&self, namespace: &Rc<str>, name: &str) -> Rc<str> {
        let mut nanos = u64::try_from(self.now.unix_millis()).unwrap_or(0).wrapping_mul(1_000_000);
        loop {
            nanos = nanos.wrapping_add(1 + self.seed.draw(Purpose::Id, name, nanos) % 4096);
            let mut text = String::with_capacity(name.len() + 17);
            text.push_str(name);
            text.push('.');
            push_hex(&mut text, nanos, usize::try_from(nanos.max(1).ilog2() / 4 + 1).unwrap_or(16));
            let key = ObjectKey::new(Rc::clone(namespace), text);
            if self.store.events().get(&key).is_none() {
                return key.name;
            }
        }
    }
}
