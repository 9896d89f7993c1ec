//! Every change in order, with its time and its cause. Watches, `kubectl -w` and "Why?" read it.

use std::rc::Rc;

use crate::persistent::Vector;

use crate::api::object::AnyObject;
use crate::sim::Time;

/// Points to the record of why a write was made; the records lie with the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CauseId(pub u64);

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// It is new.
    Added,
    /// It has a new version.
    Modified,
    /// It is gone.
    Deleted,
}

/// One change of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The resource version that this change made.
    pub id: u64,
    /// When.
    pub at: Time,
    /// What happened.
    pub operation: Operation,
    /// The object after it (for a deletion: as it was last).
    pub object: AnyObject,
    /// The object before it.
    pub before: Option<AnyObject>,
    /// Why.
    pub cause: CauseId,
}

/// How many changes are kept: enough for days of a small cluster, bounded for a large one. What is older can be had
/// again by going back in history.
pub const KEPT: usize = 100_000;

/// The changes, oldest first. Each write makes one, so that they are numbered without gaps.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    changes: Vector<Rc<Change>>,
}

impl Journal {
    pub(super) fn push(&mut self, change: Rc<Change>) {
        if self.changes.len() >= KEPT {
            self.changes.pop_front();
        }
        debug_assert!(self.changes.back().is_none_or(|last| last.id + 1 == change.id));
        self.changes.push_back(change);
    }

    /// Forgets all but the last so many.
    pub(super) fn keep_last(&mut self, count: usize) {
        if let Some(before) = self.changes.len().checked_sub(count) {
            self.changes = self.changes.split_off(before);
        }
    }

    /// The resource version that the oldest change made that is kept.
    pub(crate) fn first(&self) -> Option<u64> {
        self.changes.front().map(|change| change.id)
    }

    /// The place of the change that made resource version `version`, if it is kept or to come.
    fn place(&self, version: u64) -> Option<usize> {
        let first = self.first()?;
        usize::try_from(version.checked_sub(first)?).ok()
    }

    /// The changes after resource version `version`, oldest first.
    pub fn since(&self, version: u64) -> impl Iterator<Item = &Rc<Change>> {
        let from = self.place(version + 1).unwrap_or(0).min(self.changes.len());
        self.changes.focus().narrow(from..).into_iter()
    }

    /// The change that made resource version `version`.
    pub fn get(&self, version: u64) -> Option<&Rc<Change>> {
        self.changes.get(self.place(version)?)
    }

    /// All changes that are kept, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Rc<Change>> {
        self.changes.iter().rev()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether nothing has happened.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
