//! What control loops, scheduler and kubelet share: observed state in, plan out. Read this first.
//!
//! A loop is a unit struct. It is asked two things: which keys a change concerns ([`Controller::wakes`]), and
//! what to do about a key ([`Controller::reconcile`]). It reads through [`Observed`] and answers with a [`Plan`]:
//! the writes in order, when to wake it again, what to remember, and its [`Controller::Decision`]. It cannot write,
//! it has no clock, and it does not know why it was called. `cluster::run` executes plans.

use std::any::Any;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

use crate::persistent::OrdMap;

use crate::api::core::{Event, EventType};
use crate::api::error::ApiError;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta, Uid};
use crate::api::object::AnyObject;
use crate::api::words::word;
use crate::sim::{Duration, Time};
use crate::store::{Change, Store};

/// What a loop works on: what stands at a key, or only the object of one uid.
///
/// Queues, timers and memories are sorted by a number that is drawn from the key, and not by its letters: they are
/// searched at every change, and nobody reads them in the order of names. Keys of one object lie side by side.
#[derive(Clone, Debug)]
pub struct Key {
    /// Drawn from namespace and name, the uid in its lower half.
    place: u64,
    target: Rc<Target>,
}

/// What a key names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The one object that is meant, whatever stands at the key by now.
    pub uid: Option<Uid>,
    /// Namespace and name.
    pub object: ObjectKey,
}

impl Deref for Key {
    type Target = Target;
    fn deref(&self) -> &Target {
        &self.target
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place.cmp(&other.place).then_with(|| {
            if Rc::ptr_eq(&self.target, &other.target) {
                return Ordering::Equal;
            }
            self.target.cmp(&other.target)
        })
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

thread_local! {
    /// The keys that were named last, and which of them is the oldest: one change concerns the same few again and again.
    static NAMED: RefCell<([Option<Key>; LAST], usize)> = const { RefCell::new(([const { None }; LAST], 0)) };
}

/// So many keys are at hand.
const LAST: usize = 8;

impl Key {
    /// The key of an object.
    pub fn of(meta: &ObjectMeta) -> Self {
        Self::named(&meta.namespace, &meta.name, None)
    }

    /// The key of what has this namespace and name, or only of the object of a uid that has them.
    pub fn named(namespace: &Rc<str>, name: &Rc<str>, uid: Option<Uid>) -> Self {
        NAMED.with_borrow_mut(|(keys, oldest)| {
            let same = |key: &&Self| {
                Rc::ptr_eq(&key.object.name, name)
                    && Rc::ptr_eq(&key.object.namespace, namespace)
                    && key.uid == uid
            };
            if let Some(key) = keys.iter().flatten().find(same) {
                return key.clone();
            }
            let object = ObjectKey::new(Rc::clone(namespace), Rc::clone(name));
            let key = match uid {
                Some(uid) => Self::with_uid(object, uid),
                None => Self::new(object),
            };
            if let Some(place) = keys.get_mut(*oldest) {
                *place = Some(key.clone());
            }
            *oldest = (*oldest + 1) % LAST;
            key
        })
    }

    /// The key of what has this namespace and name.
    pub fn new(object: ObjectKey) -> Self {
        Self { place: object.digest() & UPPER, target: Rc::new(Target { uid: None, object }) }
    }

    /// The key of the object of a uid.
    pub fn with_uid(object: ObjectKey, uid: Uid) -> Self {
        let folded = uid.0 ^ uid.0 >> 32;
        let lower = u64::try_from(folded & u128::from(!UPPER)).unwrap_or(0);
        let place = object.digest() & UPPER | lower;
        Self { place, target: Rc::new(Target { uid: Some(uid), object }) }
    }

    /// The key of a loop that works on the cluster as a whole.
    pub fn whole() -> Self {
        Self::new(ObjectKey::cluster(""))
    }
}

/// The half of a key's place that comes from its namespace and name.
const UPPER: u64 = !0xffff_ffff;

/// What a loop may see.
#[derive(Debug)]
pub struct Observed<'a, M> {
    /// The objects of the API.
    pub store: &'a Store,
    /// What the loop remembered of this key.
    pub memory: &'a M,
    /// The write of the plan before this one that was refused, at this same instant.
    pub failure: Option<&'a Failure>,
}

/// A write that was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Its place in the plan.
    pub index: usize,
    /// How many writes of the plan went through before it.
    pub done: usize,
    /// Whether it was a create.
    pub creating: bool,
    /// The API server's answer.
    pub error: ApiError,
    /// When.
    pub at: Time,
}

/// An event to record.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// `Normal` or `Warning`.
    pub event_type: EventType,
    /// One word in capitals.
    pub reason: &'static str,
    /// A sentence. At the end of the note of a create, `{name}` stands for the name it gets.
    pub message: Rc<str>,
}

impl Note {
    /// A normal event.
    pub fn normal(reason: &'static str, message: impl Into<Rc<str>>) -> Self {
        Self { event_type: EventType::Normal, reason, message: message.into() }
    }

    /// A warning.
    pub fn warning(reason: &'static str, message: impl Into<Rc<str>>) -> Self {
        Self { event_type: EventType::Warning, reason, message: message.into() }
    }
}

/// How the dependents of a deleted object fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// The object goes at once, its dependents after it.
    Background,
    /// The object stays until its dependents are gone.
    Foreground,
    /// The dependents live on without it.
    Orphan,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteOptions {
    /// How dependents fare; `None` means the kind's default.
    pub propagation: Option<Propagation>,
    /// Grace in seconds; `None` means the pod's own.
    pub grace_seconds: Option<i64>,
    /// Refuse unless the object has this uid.
    pub uid: Option<Uid>,
}

/// One write of a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Creates an object; its name is made up from `generateName` if it has none. On success the note is recorded
    /// about `about`; on a refusal the executor records `FailedCreate` about it.
    Create {
        /// The object; spec already defaulted if it comes from a stored template.
        object: AnyObject,
        /// The event to record about `about`.
        note: Option<Note>,
        /// The object that the event is about.
        about: Option<AnyObject>,
    },
    /// Writes everything but the status (adoption, finalizers, scaling, taints).
    Update(AnyObject),
    /// Writes the status only.
    UpdateStatus(AnyObject),
    /// Binds a pod to a node.
    Bind {
        /// The pod.
        pod: ObjectKey,
        /// The node.
        node: Rc<str>,
    },
    /// Deletes an object; one that is gone already counts as deleted. A refusal is recorded as `FailedDelete`.
    Delete {
        /// The kind.
        kind: Kind,
        /// The key.
        key: ObjectKey,
        /// How.
        options: DeleteOptions,
        /// The event to record about `about`.
        note: Option<Note>,
        /// The object that the event is about.
        about: Option<AnyObject>,
    },
    /// Lets events end with their lease: storage drops them, and asks no finalizers.
    Expire(Vec<Rc<Event>>),
    /// Records an event about an object.
    Event {
        /// What it is about.
        about: AnyObject,
        /// A part of it (`spec.containers{web}`), or nothing.
        field_path: Rc<str>,
        /// The event.
        note: Note,
    },
}

impl Write {
    /// An event about an object as a whole.
    pub fn event(about: AnyObject, note: Note) -> Self {
        Self::Event { about, field_path: word(""), note }
    }
}

/// What a loop wants done.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<D, M> {
    /// The writes in order. The first refusal ends the plan; then the loop is asked again at the same instant with
    /// the failure in view, once; what it answers then is executed, and the key backs off (5 ms doubling to 1000 s).
    pub writes: Vec<Write>,
    /// When to look at this key again, whatever happens.
    pub wake: Option<Time>,
    /// What to remember of this key from now on; `None` keeps what was remembered.
    pub memory: Option<M>,
    /// What was decided, with the numbers in it.
    pub decision: D,
}

impl<D, M> Plan<D, M> {
    /// A plan that does nothing.
    pub const fn idle(decision: D) -> Self {
        Self { writes: Vec::new(), wake: None, memory: None, decision }
    }

    /// A plan of writes.
    pub const fn writes(decision: D, writes: Vec<Write>) -> Self {
        Self { writes, wake: None, memory: None, decision }
    }

    /// The same plan with a wake-up (none leaves it as it is).
    #[must_use]
    pub fn wake_at(mut self, at: Option<Time>) -> Self {
        self.wake = match (self.wake, at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self
    }

    /// The same plan with something to remember.
    #[must_use]
    pub fn remember(mut self, memory: M) -> Self {
        self.memory = Some(memory);
        self
    }
}

/// What a loop remembers of its keys. One map does for every loop: what lies in it is of the loop's own type.
pub struct Memories<M> {
    rows: OrdMap<Key, Rc<dyn Any>>,
    of: PhantomData<M>,
}

impl<M: 'static> Memories<M> {
    /// What is remembered of a key.
    pub fn get(&self, key: &Key) -> Option<&M> {
        self.rows.get(key).and_then(|memory| memory.downcast_ref())
    }

    /// All keys and what is remembered of them.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &M)> {
        self.rows.iter().filter_map(|(key, memory)| Some((key, memory.downcast_ref()?)))
    }

    /// Remembers something of a key in place of what was.
    pub fn insert(&mut self, key: Key, memory: M) {
        self.rows.insert(key, Rc::new(memory));
    }

    /// Forgets what is remembered of a key.
    pub fn forget(&mut self, key: &Key) {
        if self.rows.contains_key(key) {
            self.rows.remove(key);
        }
    }
}

impl<M> Default for Memories<M> {
    fn default() -> Self {
        Self { rows: OrdMap::new(), of: PhantomData }
    }
}

impl<M> Clone for Memories<M> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), of: PhantomData }
    }
}

impl<M> Debug for Memories<M> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Memories of {} keys", self.rows.len())
    }
}

/// Where a loop says which keys a change concerns: the key, and how long to wait before looking. Answers whether the key
/// is to be looked at now and was not before.
pub type Wake<'a> = &'a mut dyn FnMut(Key, Duration) -> bool;

/// A control loop.
pub trait Controller {
    /// What it decided, with the numbers in it. Loop cards and "Why?" are renderings of it.
    type Decision: Clone + Debug + PartialEq;
    /// What it remembers of a key.
    type Memory: Clone + Debug + Default + 'static;
    /// The name it signs events with (`job-controller`).
    const NAME: &'static str;
    /// How long a key waits that was refused: the first time, doubled each time, and at most. Follows client-go's
    /// default item rate limiter.
    const BACK_OFF: (Duration, Duration) = (Duration::from_millis(5), Duration::from_seconds(1000));

    /// Names the keys that a change concerns, and leaves out what cannot matter. `memories` are what the loop
    /// remembers of its keys.
    fn wakes(change: &Change, store: &Store, memories: &Memories<Self::Memory>, wake: Wake<'_>);

    /// Looks at a key and says what to do.
    fn reconcile(
        key: &Key,
        seen: &Observed<'_, Self::Memory>,
        now: Time,
    ) -> Plan<Self::Decision, Self::Memory>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However many there are and however they are shared: each is the key of its own namespace, name and uid.
    #[test]
    fn keys_that_are_at_hand_are_those_that_would_be_made() {
        let names: Vec<Rc<str>> = (0..3 * LAST).map(|number| format!("n{number}").into()).collect();
        let namespaces: [Rc<str>; 2] = ["a".into(), "b".into()];
        for round in 0..4 {
            for name in names.iter().take(if round % 2 == 0 { LAST / 4 } else { names.len() }) {
                for namespace in &namespaces {
                    let object = ObjectKey::new(Rc::clone(namespace), Rc::clone(name));
                    for uid in [None, Some(Uid(7)), Some(Uid(8))] {
                        let key = Key::named(namespace, name, uid);
                        let made = match uid {
                            Some(uid) => Key::with_uid(object.clone(), uid),
                            None => Key::new(object.clone()),
                        };
                        assert!(key == made && key.object == object && key.uid == uid);
                    }
                }
            }
        }
        let [one, other] = [Rc::from("web"), Rc::from("web")];
        assert_eq!(Key::named(&one, &one, None), Key::named(&other, &other, None));
    }
}
