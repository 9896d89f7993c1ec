//! Empties a namespace that is being deleted, then lets it go. Follows
//! `pkg/controller/namespace/deletion/namespaced_resources_deleter.go`.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::reconcile::{
    Controller, DeleteOptions, Key, Memories, Observed, Plan, Propagation, Wake, Write,
};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The namespace stays.
    Stays,
    /// It is being emptied.
    Emptying {
        /// Objects that are still there.
        left: usize,
        /// Objects deleted now.
        deleting: usize,
    },
    /// It is empty and may go.
    Empty,
}

/// The loop.
pub struct NamespaceLoop;

impl Controller for NamespaceLoop {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "namespace-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        let meta = change.object.meta();
        if change.object.kind() == Kind::Namespace {
            if meta.deleting() && change.operation == Operation::Modified {
                wake(Key::of(meta), Duration::ZERO);
            }
            return;
        }
        if change.operation != Operation::Deleted || meta.namespace.is_empty() {
            return;
        }
        let key = ObjectKey::cluster(Rc::clone(&meta.namespace));
        if store.plain(Kind::Namespace, &key).is_some_and(|namespace| namespace.meta.deleting()) {
            wake(Key::new(key), Duration::ZERO);
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, _: Time) -> Plan<Decision, ()> {
        let Some(namespace) = seen.store.plain(Kind::Namespace, &key.object) else {
            return Plan::idle(Decision::Stays);
        };
        if !namespace.meta.deleting() {
            return Plan::idle(Decision::Stays);
        }
        let name: &str = &namespace.meta.name;
        let namespaced = Kind::ALL.into_iter().filter(|kind| kind.namespaced());
        let contents: Vec<AnyObject> =
            namespaced.flat_map(|kind| seen.store.list(kind, Some(name))).collect();
        let writes: Vec<Write> =
            contents.iter().filter(|object| !object.meta().deleting()).map(delete).collect();
        if !contents.is_empty() {
            return Plan::writes(
                Decision::Emptying { left: contents.len(), deleting: writes.len() },
                writes,
            );
        }
        let mut free = Plain::clone(namespace);
        free.body.child("spec").set("finalizers", Value::Array(Rc::default()));
        Plan::writes(Decision::Empty, vec![Write::Update(AnyObject::Plain(Rc::new(free)))])
    }
}

fn delete(object: &AnyObject) -> Write {
    Write::Delete {
        kind: object.kind(),
        key: object.key(),
        options: DeleteOptions {
            propagation: Some(Propagation::Background),
            uid: Some(object.uid()),
            grace_seconds: None,
        },
        note: None,
        about: None,
    }
}
