//! Deletes what belonged to something that is gone, and lets owners go that wait for their dependents. Follows
//! `pkg/controller/garbagecollector/garbagecollector.go`.
//!
//! A key is the uid of an owner. Cost: one look-up in the index of owners; only its dependents are walked.

use std::rc::Rc;

use imbl::OrdMap;

use crate::api::meta::{ObjectKey, OwnerReference, Uid};
use crate::api::object::AnyObject;
use crate::reconcile::{Controller, DeleteOptions, Key, Observed, Plan, Propagation, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// Keeps an owner until its dependents are gone.
const FOREGROUND: &str = "foregroundDeletion";
/// Keeps an owner until its dependents have let it go.
const ORPHAN: &str = "orphan";
/// Keeps a Job's pod until its end is counted.
const JOB_TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// What the loop decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The owner lives.
    OwnerLives,
    /// The owner is gone: its dependents are deleted.
    OwnerGone {
        /// Dependents deleted now.
        deleting: usize,
        /// Dependents that another owner keeps.
        kept: usize,
    },
    /// The owner waits for its dependents.
    OwnerWaits {
        /// Dependents that are still there.
        left: usize,
    },
    /// The owner's dependents live on without it.
    Orphaned {
        /// How many.
        dependents: usize,
    },
    /// The owner may go.
    OwnerFreed,
}

/// The garbage collector.
pub struct GarbageCollector;

fn key(uid: Uid) -> Key {
    Key::part(ObjectKey::cluster(""), uid.to_string())
}

impl Controller for GarbageCollector {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "garbage-collector-controller";

    fn wakes(change: &Change, store: &Store, _: &OrdMap<Key, ()>, wake: Wake<'_>) {
        let uid = change.object.uid();
        let meta = change.object.meta();
        match change.operation {
            Operation::Deleted => {
                if store.index().owns_anything(uid) {
                    wake(key(uid), Duration::ZERO);
                }
                // Owners that wait for this dependent.
                for owner in meta.owners.iter() {
                    wake(key(owner.uid), Duration::ZERO);
                }
            }
            Operation::Modified => {
                if meta.deleting() && (meta.has_finalizer(FOREGROUND) || meta.has_finalizer(ORPHAN))
                {
                    wake(key(uid), Duration::ZERO);
                }
                let old_owners = change.before.as_ref().map(|before| &before.meta().owners);
                if old_owners.is_some_and(|old| *old != meta.owners) {
                    wake_absent_owners(meta.owners.iter(), store, wake);
                    for owner in old_owners.into_iter().flat_map(|owners| owners.iter()) {
                        wake(key(owner.uid), Duration::ZERO);
                    }
                }
            }
            Operation::Added => wake_absent_owners(meta.owners.iter(), store, wake),
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, _: Time) -> Plan<Decision, ()> {
        let uid = Uid::from_text(&key.part);
        match seen.store.by_uid(uid) {
            None => collect(uid, seen.store),
            Some(owner) if owner.meta().deleting() && owner.meta().has_finalizer(ORPHAN) => {
                orphan(&owner, seen.store)
            }
            Some(owner) if owner.meta().deleting() && owner.meta().has_finalizer(FOREGROUND) => {
                wait(&owner, seen.store)
            }
            Some(_) => Plan::idle(Decision::OwnerLives),
        }
    }
}

/// A new object whose owner never was, or is gone already, is garbage.
fn wake_absent_owners<'a>(
    owners: impl Iterator<Item = &'a OwnerReference>,
    store: &Store,
    wake: Wake<'_>,
) {
    for owner in owners {
        if store.index().by_uid(owner.uid).is_none() {
            wake(key(owner.uid), Duration::ZERO);
        }
    }
}

fn dependents(uid: Uid, store: &Store) -> Vec<AnyObject> {
    store.index().owned(uid).filter_map(|(kind, key)| store.get(*kind, key)).collect()
}

/// The owner is gone: dependents that no other living owner keeps are deleted; the others forget this one.
fn collect(uid: Uid, store: &Store) -> Plan<Decision, ()> {
    let (mut writes, mut deleting, mut kept) = (Vec::new(), 0, 0);
    for dependent in dependents(uid, store) {
        if kept_by_another(&dependent, uid, store) {
            kept += 1;
            writes.push(without_owner(&dependent, uid));
            continue;
        }
        // The Job that would count its end is gone. Follows `syncOrphanPod` of the job controller.
        if dependent.meta().has_finalizer(JOB_TRACKING) {
            writes.push(without_finalizer(&dependent, JOB_TRACKING));
        }
        if !dependent.meta().deleting() {
            deleting += 1;
            writes.push(delete(&dependent, None));
        }
    }
    Plan::writes(Decision::OwnerGone { deleting, kept }, writes)
}

/// Whether an owner other than `uid` is there and does not itself wait for its dependents to go.
fn kept_by_another(dependent: &AnyObject, uid: Uid, store: &Store) -> bool {
    dependent.meta().owners.iter().filter(|owner| owner.uid != uid).any(|owner| {
        store.by_uid(owner.uid).is_some_and(|owner| {
            !(owner.meta().deleting() && owner.meta().has_finalizer(FOREGROUND))
        })
    })
}

/// The owner waits in the foreground: dependents go first, theirs before them.
fn wait(owner: &AnyObject, store: &Store) -> Plan<Decision, ()> {
    let uid = owner.uid();
    let mut writes = Vec::new();
    let mut left = 0;
    for dependent in dependents(uid, store) {
        if kept_by_another(&dependent, uid, store) {
            writes.push(without_owner(&dependent, uid));
            continue;
        }
        let blocks = dependent
            .meta()
            .owners
            .iter()
            .any(|owner| owner.uid == uid && owner.block_owner_deletion);
        left += usize::from(blocks);
        if !dependent.meta().deleting() {
            let has_own = store.index().owns_anything(dependent.uid());
            writes.push(delete(&dependent, has_own.then_some(Propagation::Foreground)));
        }
    }
    if left > 0 {
        return Plan::writes(Decision::OwnerWaits { left }, writes);
    }
    writes.push(without_finalizer(owner, FOREGROUND));
    Plan::writes(Decision::OwnerFreed, writes)
}

/// The dependents live on: they forget the owner, then it goes.
fn orphan(owner: &AnyObject, store: &Store) -> Plan<Decision, ()> {
    let dependents = dependents(owner.uid(), store);
    let mut writes: Vec<Write> =
        dependents.iter().map(|dependent| without_owner(dependent, owner.uid())).collect();
    writes.push(without_finalizer(owner, ORPHAN));
    Plan::writes(Decision::Orphaned { dependents: dependents.len() }, writes)
}

fn delete(dependent: &AnyObject, propagation: Option<Propagation>) -> Write {
    Write::Delete {
        kind: dependent.kind(),
        key: dependent.key(),
        options: DeleteOptions {
            propagation: propagation.or(Some(Propagation::Background)),
            uid: Some(dependent.uid()),
            grace_seconds: None,
        },
        note: None,
        about: None,
    }
}

fn without_owner(dependent: &AnyObject, uid: Uid) -> Write {
    let mut changed = dependent.clone();
    let owners: Rc<[OwnerReference]> =
        changed.meta().owners.iter().filter(|owner| owner.uid != uid).cloned().collect();
    let meta = changed.meta_mut();
    meta.owners = owners;
    if dependent.kind() == crate::api::Kind::Pod {
        // A Job's pods wait for the Job to count them; without it they wait for nothing.
        meta.remove_finalizer(JOB_TRACKING);
    }
    Write::Update(changed)
}

fn without_finalizer(owner: &AnyObject, finalizer: &str) -> Write {
    let mut changed = owner.clone();
    changed.meta_mut().remove_finalizer(finalizer);
    Write::Update(changed)
}
