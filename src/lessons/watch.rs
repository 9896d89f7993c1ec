//! A check at work: it follows the journal from the beginning of its step, so that nothing that was true for a moment
//! is missed, however fast time runs.
//!
//! Cost: a change of an object that a check does not concern costs a comparison of kinds; nothing is polled.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::check::{Check, Count, Target, When};
use crate::api::meta::Uid;
use crate::api::object::AnyObject;
use crate::cluster::Cluster;
use crate::language::Text;
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// What a check found: whether it passes, and what to tell somebody whose cluster is not there yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What is wanted.
    pub expected: Text,
    /// What there is.
    pub seen: Text,
    /// The command that shows it.
    pub look: String,
}

/// A check at work.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The cluster's objects when the step began: a way back in time begins the count anew from here.
    start: Store,
    began: Time,
    seen: u64,
    last: Option<Rc<Change>>,
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    All(Vec<Self>),
    Any(Vec<Self>),
    Leaf(Box<Leaf>),
}

/// What one counting check has seen so far.
#[derive(Clone, Debug)]
struct Leaf {
    target: Target,
    count: Count,
    when: When,
    span: Duration,
    members: BTreeSet<Uid>,
    /// Since when the count is right without a break.
    since: Option<Time>,
    ever: bool,
}

impl Leaf {
    fn begin(&mut self, store: &Store, at: Time) {
        let objects = store.list(self.target.kind, None);
        let counted = objects.iter().filter(|object| self.target.matches(object, at));
        self.members = counted.map(AnyObject::uid).collect();
        (self.since, self.ever) = (None, false);
        self.judge(at);
    }

    fn judge(&mut self, at: Time) {
        match self.count.holds(self.members.len()) {
            true => {
                self.since.get_or_insert(at);
                self.ever = true;
            }
            false => self.since = None,
        }
    }

    fn follow(&mut self, change: &Change) {
        if change.object.kind() != self.target.kind {
            return;
        }
        let uid = change.object.uid();
        let counts = change.operation != Operation::Deleted
            && self.target.matches(&change.object, change.at);
        let changed = match counts {
            true => self.members.insert(uid),
            false => self.members.remove(&uid),
        };
        if changed {
            self.judge(change.at);
        }
    }

    fn passes(&self, now: Time) -> bool {
        match self.when {
            When::Now => self.since.is_some(),
            When::Once => self.ever,
            When::Stayed => self.since.is_some_and(|since| now - since >= self.span),
            When::Never => !self.ever,
        }
    }

    /// The next moment at which it may pass although nothing changes.
    fn due(&self) -> Option<Time> {
        (self.when == When::Stayed).then_some(self.since? + self.span)
    }

    fn report(&self, store: &Store, now: Time) -> Report {
        let target = &self.target;
        let which = [target.name.clone(), target.labels.as_ref().map(|(text, _)| text.clone())];
        let mut which: Vec<String> = which.into_iter().flatten().collect();
        which.extend(target.owner.iter().map(|owner| format!("← {owner}")));
        which.extend(target.conditions.iter().map(ToString::to_string));
        let key = match self.when {
            When::Now => "lesson.expected.now",
            When::Once => "lesson.expected.once",
            When::Stayed => "lesson.expected.stayed",
            When::Never => "lesson.expected.never",
        };
        let expected = Text::new(key)
            .with("count", self.count.words())
            .with("kind", target.kind.name())
            .with("which", which.join(", "))
            .with("span", self.span.go());
        let near = store.list(target.kind, None);
        let near: Vec<&AnyObject> = near.iter().filter(|one| target.concerns(one)).collect();
        let shown = near.iter().take(4).map(|object| {
            // Of what is as it should be nobody needs to read.
            let failing = target.conditions.iter().filter(|one| !one.holds(object, now));
            let found = failing.map(|condition| {
                let found = condition.found(object, now).unwrap_or_else(|| "–".into());
                format!("{} = {found}", condition.place)
            });
            let found = found.collect::<Vec<_>>().join(", ");
            let name = &object.meta().name;
            if found.is_empty() { name.to_string() } else { format!("{name} ({found})") }
        });
        let mut list = shown.collect::<Vec<_>>().join("; ");
        if near.len() > 4 {
            list.push_str("; …");
        }
        let seen = match (near.len(), self.when) {
            (0, _) => Text::new("lesson.seen.none").with("kind", target.kind.name()),
            (_, When::Stayed) if self.since.is_some() => {
                let so_far = self.since.map_or(Duration::ZERO, |since| now - since);
                Text::new("lesson.seen.stayed").with("span", so_far.human())
            }
            _ => Text::new("lesson.seen")
                .with("count", self.members.len())
                .with("kind", target.kind.name())
                .with("list", list),
        };
        Report { expected, seen, look: target.look() }
    }
}

impl Node {
    fn of(check: &Check) -> Self {
        match check {
            Check::All(all) => Self::All(all.iter().map(Self::of).collect()),
            Check::Any(any) => Self::Any(any.iter().map(Self::of).collect()),
            Check::Objects { target, count, when, span } => Self::Leaf(Box::new(Leaf {
                target: Target::clone(target),
                count: *count,
                when: *when,
                span: *span,
                members: BTreeSet::new(),
                since: None,
                ever: false,
            })),
        }
    }

    fn each(&mut self, act: &mut dyn FnMut(&mut Leaf)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|one| one.each(act)),
            Self::Leaf(leaf) => act(leaf),
        }
    }

    fn passes(&self, now: Time) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|one| one.passes(now)),
            Self::Any(parts) => parts.iter().any(|one| one.passes(now)),
            Self::Leaf(leaf) => leaf.passes(now),
        }
    }

    fn since(&self) -> Option<Time> {
        match self {
            Self::All(parts) => parts.iter().filter_map(Self::since).max(),
            Self::Any(parts) => parts.iter().filter_map(Self::since).min(),
            Self::Leaf(leaf) if leaf.when == When::Now => leaf.since,
            Self::Leaf(_) => None,
        }
    }

    fn due(&self) -> Option<Time> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().filter_map(Self::due).min(),
            Self::Leaf(leaf) => leaf.due(),
        }
    }

    /// The first part that does not pass.
    fn open(&self, now: Time) -> Option<&Leaf> {
        match self {
            Self::All(parts) | Self::Any(parts) if !self.passes(now) => {
                parts.iter().find_map(|one| one.open(now))
            }
            Self::Leaf(leaf) if !leaf.passes(now) => Some(leaf),
            _ => None,
        }
    }
}

impl Watch {
    /// Begins to watch; what counts is what happens from now on.
    pub fn begin(check: &Check, cluster: &Cluster) -> Self {
        let mut watch = Self {
            start: cluster.store().clone(),
            began: cluster.now(),
            seen: 0,
            last: None,
            root: Node::of(check),
        };
        watch.restart();
        watch
    }

    fn restart(&mut self) {
        let (start, began) = (&self.start, self.began);
        self.root.each(&mut |leaf| leaf.begin(start, began));
        self.seen = self.start.resource_version();
        self.last = self.start.journal().get(self.seen).cloned();
    }

    /// Takes in what has happened. After a way back in time the count begins anew.
    pub fn observe(&mut self, cluster: &Cluster) {
        let (store, journal) = (cluster.store(), cluster.store().journal());
        let same = |own: Option<&Rc<Change>>, other: Option<&Rc<Change>>| match (own, other) {
            (Some(own), Some(other)) => Rc::ptr_eq(own, other) || own == other,
            (None, None) => true,
            _ => false,
        };
        if store.resource_version() < self.seen || !same(self.last.as_ref(), journal.get(self.seen))
        {
            let start = self.start.resource_version();
            let before = self.start.journal().get(start);
            if cluster.now() < self.began || !same(before, journal.get(start)) {
                self.start = store.clone();
                self.began = cluster.now();
            }
            self.restart();
        }
        for change in journal.since(self.seen) {
            self.root.each(&mut |leaf| leaf.follow(change));
            self.seen = change.id;
            self.last = Some(Rc::clone(change));
        }
    }

    /// Whether the check passes.
    pub fn passes(&self, now: Time) -> bool {
        self.root.passes(now)
    }

    /// Since when it passes, if that can be said: the moment to look at.
    pub fn since(&self) -> Option<Time> {
        self.root.since().filter(|since| *since > self.began)
    }

    /// The next moment at which it may pass although nothing changes.
    pub fn due(&self) -> Option<Time> {
        self.root.due()
    }

    /// What is missing; nothing if it passes.
    pub fn report(&self, cluster: &Cluster) -> Option<Report> {
        let open = self.root.open(cluster.now())?;
        Some(open.report(cluster.store(), cluster.now()))
    }
}
