//! The events. They are most of what a cluster keeps: they come by the thousand, and each goes after an hour.

use std::rc::Rc;

use crate::api::core::Event;
use crate::api::meta::{Letters, ObjectKey, Uid};
use crate::persistent::{OrdMap, Vector};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};

/// Where an event lies: by the sixteen digits of the time that its name ends with, so that those written together lie
/// together, whatever they are about.
fn place(name: &str) -> Letters {
    Letters::last_of(name)
}

/// The events whose names end alike: nearly always it is one.
#[derive(Clone, Debug)]
enum Alike {
    One(Rc<Event>),
    /// In order of their keys.
    More(Rc<Vec<Rc<Event>>>),
}

impl Alike {
    fn all(&self) -> &[Rc<Event>] {
        match self {
            Self::One(event) => std::slice::from_ref(event),
            Self::More(all) => all,
        }
    }

    /// Puts an event among them; the one that it replaces.
    fn insert(&mut self, event: Rc<Event>) -> Option<Rc<Event>> {
        let found = among(self.all(), &event);
        match (self, found) {
            (Self::One(own), Ok(_)) => Some(std::mem::replace(own, event)),
            (Self::More(all), Ok(place)) => {
                Some(std::mem::replace(Rc::make_mut(all).get_mut(place)?, event))
            }
            (Self::More(all), Err(place)) => {
                Rc::make_mut(all).insert(place, event);
                None
            }
            (this, Err(place)) => {
                let mut all = this.all().to_vec();
                all.insert(place, event);
                *this = Self::More(Rc::new(all));
                None
            }
        }
    }
}

/// All events.
#[derive(Clone, Debug, Default)]
pub struct Events {
    rows: OrdMap<Letters, Alike>,
    count: usize,
    /// By the uid of what they are about, in order of their keys: mostly a handful.
    about: OrdMap<Uid, Rc<Vec<Rc<Event>>>>,
    expiries: Expiries,
    lease: Lease,
}

/// When an event is to end: it is written once, with the number of that write, and struck out when the event is written
/// again or goes.
#[derive(Clone, Debug)]
struct Expiry {
    end: Time,
    version: u64,
    event: Option<Rc<Event>>,
}

/// When all events end, those first that end first. What is written later mostly ends later: a queue does.
#[derive(Clone, Debug, Default)]
struct Expiries(Vector<Expiry>);

impl Expiries {
    fn place(&self, end: Time, version: u64) -> Result<usize, usize> {
        self.0.binary_search_by(|lease| (lease.end, lease.version).cmp(&(end, version)))
    }

    fn begin(&mut self, event: &Rc<Event>) {
        let version = event.meta.resource_version;
        let lease = Expiry { end: event.expires, version, event: Some(Rc::clone(event)) };
        match self.0.back() {
            Some(last) if (last.end, last.version) > (lease.end, lease.version) => {
                let place = self.place(lease.end, lease.version).unwrap_or_else(|place| place);
                self.0.insert(place, lease);
            }
            _ => self.0.push_back(lease),
        }
    }

    fn end(&mut self, event: &Event) {
        let version = event.meta.resource_version;
        // Mostly it is the turn of the first.
        if self
            .0
            .front()
            .is_some_and(|first| (first.end, first.version) == (event.expires, version))
        {
            self.0.pop_front();
        } else if let Ok(place) = self.place(event.expires, version)
            && let Some(lease) = self.0.get_mut(place)
        {
            lease.event = None;
        }
        while self.0.front().is_some_and(|lease| lease.event.is_none()) {
            self.0.pop_front();
        }
    }
}

/// The lease that events are tied to as they are written: those of a minute end together, an hour after the last of
/// them could have been written. Follows `k8s.io/apiserver/pkg/storage/etcd3/lease_manager.go`.
#[derive(Clone, Copy, Debug, Default)]
struct Lease {
    end: Time,
    events: u32,
}

impl Lease {
    /// Follows the API server's `--event-ttl`.
    const LIFE: Duration = Duration::from_seconds(3600);
    /// Follows `defaultLeaseReuseDurationSeconds`.
    const SHARED: Duration = Duration::from_seconds(60);
    /// Follows `defaultLeaseMaxObjectCount`.
    const MOST: u32 = 1000;

    /// When an event that is written now is to end.
    fn take(&mut self, now: Time) -> Time {
        let full = now + Self::LIFE + Self::SHARED;
        self.events += 1;
        if now + Self::LIFE >= self.end || full < self.end || self.events > Self::MOST {
            *self = Self { end: full, events: 1 };
        }
        self.end
    }
}

/// Whether an event has a key.
fn is_at(event: &Event, key: &ObjectKey) -> bool {
    *event.meta.name == *key.name && *event.meta.namespace == *key.namespace
}

/// Where an event is among others in order of their keys, or belongs.
fn among(all: &[Rc<Event>], event: &Event) -> Result<usize, usize> {
    let meta = &event.meta;
    all.binary_search_by(|one| {
        let own = one.meta.namespace.cmp(&meta.namespace);
        own.then_with(|| one.meta.name.cmp(&meta.name))
    })
}

impl Events {
    /// The event of a key.
    pub fn get(&self, key: &ObjectKey) -> Option<&Rc<Event>> {
        let place = place(&key.name);
        if self.is_last(place) {
            return None;
        }
        self.rows.get(&place)?.all().iter().find(|event| is_at(event, key))
    }

    /// Whether a place lies behind all events: mostly that of a new one does, and no search is needed.
    fn is_last(&self, place: Letters) -> bool {
        self.rows.get_max().is_none_or(|(last, _)| *last < place)
    }

    /// All events, mostly in the order in which they were first written.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Rc<Event>> {
        self.rows.values().flat_map(Alike::all)
    }

    /// The events of a namespace, or of all, in the same order.
    pub fn iter_in<'a>(
        &'a self,
        namespace: Option<&'a str>,
    ) -> impl DoubleEndedIterator<Item = &'a Rc<Event>> {
        let is_in = move |event: &&Rc<Event>| {
            namespace.is_none_or(|namespace| *event.meta.namespace == *namespace)
        };
        self.iter().filter(is_in)
    }

    /// The events of a namespace, or of all, in the order of their keys.
    pub(super) fn listed(&self, namespace: Option<&str>) -> Vec<Rc<Event>> {
        let mut all: Vec<Rc<Event>> = self.iter_in(namespace).cloned().collect();
        all.order_by(|one, other| {
            let (one, other) = (&one.meta, &other.meta);
            one.namespace.cmp(&other.namespace).then_with(|| one.name.cmp(&other.name))
        });
        all
    }

    /// The events about the object of a uid, in order of their keys.
    pub fn about(&self, uid: Uid) -> &[Rc<Event>] {
        self.about.get(&uid).map_or(&[], |all| all)
    }

    /// The event whose lease ends first.
    pub fn first_to_end(&self) -> Option<&Rc<Event>> {
        self.expiries.0.front().and_then(|lease| lease.event.as_ref())
    }

    /// All events, those first whose lease ends first.
    pub fn by_end(&self) -> impl Iterator<Item = &Rc<Event>> {
        self.expiries.0.iter().filter_map(|lease| lease.event.as_ref())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// When an event that is written now is to end.
    pub(super) fn take_lease(&mut self, now: Time) -> Time {
        self.lease.take(now)
    }

    /// Keeps an event; the one that it replaces.
    pub(super) fn insert(&mut self, event: Rc<Event>) -> Option<Rc<Event>> {
        let place = place(&event.meta.name);
        let known = if self.is_last(place) { None } else { self.rows.get_mut(&place) };
        let before = match known {
            Some(alike) => alike.insert(Rc::clone(&event)),
            None => {
                self.rows.insert(place, Alike::One(Rc::clone(&event)));
                None
            }
        };
        self.count += usize::from(before.is_none());
        if let Some(before) = &before {
            self.expiries.end(before);
            if before.about != event.about {
                self.forget(before);
            }
        }
        self.expiries.begin(&event);
        self.learn(&event);
        before
    }

    /// Forgets an event, and returns it.
    pub(super) fn remove(&mut self, event: &Rc<Event>) -> Option<Rc<Event>> {
        let place = place(&event.meta.name);
        let alike = self.rows.remove(&place)?;
        let found = alike.all().iter().position(|one| Rc::ptr_eq(one, event));
        let (event, left) = match (alike, found) {
            (Alike::One(event), Some(_)) => (Some(event), None),
            (Alike::More(mut all), Some(at)) => {
                let event = Rc::make_mut(&mut all).remove(at);
                (Some(event), (!all.is_empty()).then_some(Alike::More(all)))
            }
            (alike, None) => (None, Some(alike)),
        };
        if let Some(left) = left {
            self.rows.insert(place, left);
        }
        let event = event?;
        self.count -= 1;
        self.expiries.end(&event);
        self.forget(&event);
        Some(event)
    }

    fn learn(&mut self, event: &Rc<Event>) {
        let about = event.about;
        if let Some(all) = self.about.get_mut(&about) {
            let all = Rc::make_mut(all);
            let last = all.last().map(|last| (&last.meta.namespace, &last.meta.name));
            // What is new mostly comes last.
            if last.is_some_and(|last| last < (&event.meta.namespace, &event.meta.name)) {
                return all.push(Rc::clone(event));
            }
            match among(all, event) {
                Ok(place) => {
                    if let Some(own) = all.get_mut(place) {
                        *own = Rc::clone(event);
                    }
                }
                Err(place) => all.insert(place, Rc::clone(event)),
            }
        } else {
            let mut all = Vec::with_capacity(4);
            all.push(Rc::clone(event));
            self.about.insert(about, Rc::new(all));
        }
    }

    fn forget(&mut self, event: &Rc<Event>) {
        let about = event.about;
        let Some(all) = self.about.get_mut(&about) else { return };
        if all.len() == 1 {
            self.about.remove(&about);
            return;
        }
        // Mostly it is one of the first.
        if let Some(place) = all.iter().position(|one| Rc::ptr_eq(one, event)) {
            Rc::make_mut(all).remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::api::object::Resource;
    use crate::api::value::Value;
    use crate::sim::rng::{Purpose, Seed};

    /// Whatever they are called (also by a person), and whatever object an event moves on to: each is found by its key
    /// and by what it is about, and all are listed in order.
    #[test]
    fn events_are_found_by_key_and_by_what_they_are_about() {
        let names =
            ["a.17f", "a.18a", "b.17f", "a", "a.", ".17f", "a.xyz", "a.b.3", "a.+17f", "z.0"];
        for seed in (0..20).map(Seed) {
            let (mut events, mut kept) = (Events::default(), BTreeMap::<ObjectKey, Event>::new());
            for step in 0..100 {
                let draw = |what: &str, most: usize| {
                    (seed.draw(Purpose::Id, what, step) % most as u64) as usize
                };
                let mut event = Event::from_value(&Value::empty_object());
                event.meta.name = names[draw("name", names.len())].into();
                event.meta.namespace = ["default", "other"][draw("namespace", 2)].into();
                event.meta.resource_version = step;
                event.about = Uid(draw("about", 3) as u128);
                let key = event.meta.key();
                let before = match draw("goes", 3) {
                    0 => {
                        let known = events.get(&key).cloned();
                        (known.and_then(|known| events.remove(&known)), kept.remove(&key))
                    }
                    _ => (events.insert(Rc::new(event.clone())), kept.insert(key.clone(), event)),
                };
                assert_eq!(before.0.as_deref(), before.1.as_ref());
                assert_eq!(events.get(&key).map(|event| &**event), kept.get(&key));
                let all = |namespace: Option<&str>| -> Vec<Event> {
                    events.listed(namespace).iter().map(|event| Event::clone(event)).collect()
                };
                assert_eq!(all(None), kept.values().cloned().collect::<Vec<_>>());
                let other = kept.values().filter(|event| &*event.meta.namespace == "other");
                assert_eq!(all(Some("other")), other.cloned().collect::<Vec<_>>());
                for uid in (0..3).map(Uid) {
                    let about = kept.values().filter(|event| event.about == uid);
                    let found: Vec<&Event> =
                        events.about(uid).iter().map(|event| &**event).collect();
                    assert_eq!(found, about.collect::<Vec<_>>());
                }
                assert_eq!(events.by_end().count(), kept.len());
                assert_eq!(events.len(), kept.len());
            }
        }
    }

    /// Whatever is written, written again and deleted, and in whatever order it ends: each event lies where its last
    /// write says, and what is over leaves nothing behind.
    #[test]
    fn expiries_are_those_of_the_last_writes_in_order() {
        for seed in (0..20).map(Seed) {
            let (mut expiries, mut kept) = (Expiries::default(), BTreeMap::<u64, Rc<Event>>::new());
            for step in 0..200 {
                let draw = |what: &str, most: u64| seed.draw(Purpose::Id, what, step) % most;
                let name = draw("name", 12);
                if let Some(before) = kept.remove(&name) {
                    expiries.end(&before);
                }
                if draw("goes", 3) > 0 {
                    let mut event = Event::from_value(&Value::empty_object());
                    event.meta.name = format!("e{name}").into();
                    event.meta.resource_version = step;
                    event.expires = Time::from_unix_seconds((step + draw("end", 30)) as i64);
                    let event = Rc::new(event);
                    expiries.begin(&event);
                    kept.insert(name, event);
                }
                let mut expected: Vec<_> = kept.values().collect();
                expected.sort_by_key(|event| (event.expires, event.meta.resource_version));
                let found = expiries.0.iter().filter_map(|lease| lease.event.as_ref());
                assert_eq!(found.collect::<Vec<_>>(), expected, "seed {seed:?} step {step}");
                assert!(expiries.0.front().is_none_or(|lease| lease.event.is_some()));
            }
        }
    }

    /// When events are written, in seconds, and when they end.
    #[test]
    fn events_of_a_minute_end_together() {
        let mut lease = Lease::default();
        let start = 1_767_225_600;
        for (at, end) in [(0, 3660), (1, 3660), (59, 3660), (60, 3720), (61, 3720), (500, 4160)] {
            let end = Time::from_unix_seconds(start + end);
            assert_eq!(lease.take(Time::from_unix_seconds(start + at)), end, "at {at}");
        }
        // A lease holds so many; time that goes back begins another.
        let at = |second| Time::from_unix_seconds(start + second);
        let mut full = Lease::default();
        for _ in 0..Lease::MOST {
            assert_eq!(full.take(at(0)), at(3660));
        }
        assert_eq!((full.take(at(1)), full.take(at(0))), (at(3661), at(3660)));
    }
}
