//! Deletes what belonged to something that is gone, and lets owners go that wait for their dependents. Follows
//! `pkg/controller/garbagecollector/garbagecollector.go`.
//!
//! A key is the uid of an owner. Cost: one look-up in the index of owners; only its dependents are walked.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta, OwnerReference, Uid};
use crate::api::object::AnyObject;
use crate::api::words::word;
use crate::reconcile::{
    Controller, DeleteOptions, Key, Memories, Note, Observed, Plan, Propagation, Wake, Write,
};
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
    /// A dependent names an owner that is not where it says.
    Misplaced {
        /// Whether the dependent is deleted; another owner may keep it.
        deleting: bool,
    },
}

/// The garbage collector.
pub struct GarbageCollector;

fn key(uid: Uid) -> Key {
    let nothing = word("");
    Key::named(&nothing, &nothing, Some(uid))
}

/// The name of the keys of dependents that name an owner of another kind, name or namespace than that of the uid.
const MISPLACED: &str = "misplaced";

/// The owner that a reference names, if it is what and where the reference says: of that kind and name, in the
/// dependent's namespace or in none. Follows `isDangling`.
fn owner_of(
    reference: &OwnerReference,
    dependent: &ObjectMeta,
    store: &Store,
) -> Option<AnyObject> {
    let (kind, key) = store.index().by_uid(reference.uid)?;
    if !is_there(reference, dependent, *kind, key) {
        return None;
    }
    store.get(*kind, key)
}

fn is_there(
    reference: &OwnerReference,
    dependent: &ObjectMeta,
    kind: Kind,
    key: &ObjectKey,
) -> bool {
    // What lies in no namespace cannot say in which its owner is; upstream leaves it alone.
    let reachable = key.namespace.is_empty()
        || dependent.namespace.is_empty()
        || key.namespace == dependent.namespace;
    *kind.name() == *reference.kind && key.name == reference.name && reachable
}

impl Controller for GarbageCollector {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "garbage-collector-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        let uid = change.object.uid();
        let meta = change.object.meta();
        match change.operation {
            Operation::Deleted => {
                if store.index().owns_anything(uid) {
                    wake(key(uid), Duration::ZERO);
                }
                // Owners that wait for this dependent, or are gone and have others.
                for owner in meta.owners.iter() {
                    let waits = match store.by_uid(owner.uid) {
                        Some(owner) => owner.meta().deleting(),
                        None => store.index().owns_anything(owner.uid),
                    };
                    if waits {
                        wake(key(owner.uid), Duration::ZERO);
                    }
                }
            }
            Operation::Modified => {
                if meta.deleting() && (meta.has_finalizer(FOREGROUND) || meta.has_finalizer(ORPHAN))
                {
                    wake(key(uid), Duration::ZERO);
                }
                let before = change.before.as_ref().map(AnyObject::meta);
                if let Some(before) = before.filter(|before| !before.same_owners(meta)) {
                    wake_absent_owners(meta, store, wake);
                    for owner in before.owners.iter() {
                        wake(key(owner.uid), Duration::ZERO);
                    }
                }
            }
            Operation::Added => wake_absent_owners(meta, store, wake),
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, _: Time) -> Plan<Decision, ()> {
        let uid = key.uid.unwrap_or_default();
        if &*key.object.name == MISPLACED {
            let dependent = seen.store.by_uid(uid);
            let idle = || Plan::idle(Decision::OwnerLives);
            return dependent.map_or_else(idle, |dependent| misplaced(&dependent, seen.store));
        }
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

/// A new object whose owner never was, or is gone already, is garbage; so is one whose owner is elsewhere.
fn wake_absent_owners(dependent: &ObjectMeta, store: &Store, wake: Wake<'_>) {
    for owner in dependent.owners.iter() {
        match store.index().by_uid(owner.uid) {
            None => {
                wake(key(owner.uid), Duration::ZERO);
            }
            Some((kind, at)) if !is_there(owner, dependent, *kind, at) => {
                let misplaced = ObjectKey::cluster(MISPLACED);
                wake(Key::with_uid(misplaced, dependent.uid), Duration::ZERO);
            }
            Some(_) => {}
        }
    }
}

/// A dependent that names owners that are not where it says forgets them if another owner keeps it, and goes if none
/// does. Follows `attemptToDeleteItem` and `reportInvalidNamespaceOwnerRef`.
fn misplaced(dependent: &AnyObject, store: &Store) -> Plan<Decision, ()> {
    let meta = dependent.meta();
    let kept: Vec<&OwnerReference> =
        meta.owners.iter().filter(|owner| owner_of(owner, meta, store).is_some()).collect();
    if kept.len() == meta.owners.len() || meta.deleting() {
        return Plan::idle(Decision::OwnerLives);
    }
    let mut writes = Vec::new();
    for owner in meta.owners.iter().filter(|owner| store.index().by_uid(owner.uid).is_some()) {
        if owner_of(owner, meta, store).is_none() {
            let text = format!(
                "ownerRef [{}/{}, namespace: {}, name: {}, uid: {}] does not exist in namespace {:?}",
                owner.api_version,
                owner.kind,
                meta.namespace,
                owner.name,
                owner.uid,
                meta.namespace
            );
            let note = Note::warning("OwnerRefInvalidNamespace", text);
            let about = dependent.clone();
            writes.push(Write::event(about, note));
        }
    }
    let deleting = kept.is_empty();
    if deleting {
        writes.push(delete(dependent, None));
    } else {
        let mut changed = dependent.clone();
        changed.meta_mut().owners = kept.into_iter().cloned().collect();
        writes.push(Write::Update(changed));
    }
    Plan::writes(Decision::Misplaced { deleting }, writes)
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
        owner_of(owner, dependent.meta(), store).is_some_and(|owner| {
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

/// Deletes a dependent; one that has a policy of its own already keeps it.
fn delete(dependent: &AnyObject, propagation: Option<Propagation>) -> Write {
    let meta = dependent.meta();
    let own = match () {
        () if meta.has_finalizer(ORPHAN) => Propagation::Orphan,
        () if meta.has_finalizer(FOREGROUND) => Propagation::Foreground,
        () => Propagation::Background,
    };
    Write::Delete {
        kind: dependent.kind(),
        key: dependent.key(),
        options: DeleteOptions {
            propagation: propagation.or(Some(own)),
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
    if dependent.kind() == Kind::Pod {
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
