//! Empties a namespace that is being deleted, then lets it go; one that the cluster itself needs comes back. Follows
//! `pkg/controller/namespace/deletion/namespaced_resources_deleter.go` and
//! `pkg/controlplane/controller/systemnamespaces`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::object;
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
    /// It is gone, and the cluster needs it.
    Needed,
}

/// The one among the cluster's own namespaces that may be deleted at all.
const NEEDED: &str = "kube-node-lease";
/// Every so often somebody looks whether the cluster's own namespaces are there.
const LOOK_SECONDS: i64 = 60;

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
            if *meta.name == *NEEDED && change.operation == Operation::Deleted {
                wake(Key::new(ObjectKey::cluster(Rc::clone(&meta.name))), Duration::from_millis(1));
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

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        let Some(namespace) = seen.store.plain(Kind::Namespace, &key.object) else {
            return if *key.object.name == *NEEDED {
                bring_back(now)
            } else {
                Plan::idle(Decision::Stays)
            };
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
            let decision = Decision::Emptying { left: contents.len(), deleting: writes.len() };
            if !writes.is_empty() {
                // What is left then is told.
                return Plan::writes(decision, writes).wake_at(Some(now));
            }
            let mut waiting = Plain::clone(namespace);
            let status = waiting.body.child("status");
            status.set("conditions", conditions(status.items_at("conditions"), &contents, now));
            let news = (waiting.body != namespace.body)
                .then(|| Write::UpdateStatus(AnyObject::Plain(Rc::new(waiting))));
            return Plan::writes(decision, news.into_iter().collect());
        }
        let mut free = Plain::clone(namespace);
        free.body.child("spec").set("finalizers", Value::Array(Rc::default()));
        Plan::writes(Decision::Empty, vec![Write::Update(AnyObject::Plain(Rc::new(free)))])
    }
}

/// What is said of a namespace that waits for its contents to go. Follows `status_condition_utils.go`.
fn conditions(old: &[Value], contents: &[AnyObject], now: Time) -> Vec<Value> {
    let (mut kinds, mut finalizers) = (BTreeMap::new(), BTreeMap::new());
    for object in contents {
        let kind = object.kind();
        let resource = format!("{}.{}", kind.info().plural, kind.info().group);
        *kinds.entry(resource).or_insert(0) += 1;
        for finalizer in object.meta().finalizers.iter() {
            *finalizers.entry(finalizer.to_string()).or_insert(0) += 1;
        }
    }
    let list = |verb: &str, all: BTreeMap<String, usize>| {
        let each =
            all.iter().map(|(what, count)| format!("{what} {verb} {count} resource instances"));
        each.collect::<Vec<_>>().join(", ")
    };
    let held = !finalizers.is_empty();
    let remaining = format!("Some resources are remaining: {}", list("has", kinds));
    let holding = format!(
        "Some content in the namespace has finalizers remaining: {}",
        list("in", finalizers)
    );
    let all = [
        (
            "DeletionDiscoveryFailure",
            false,
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        (
            "DeletionGroupVersionParsingFailure",
            false,
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "DeletionContentFailure",
            false,
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("ContentRemaining", true, "SomeResourcesRemain", &remaining),
        match held {
            true => ("FinalizersRemaining", true, "SomeFinalizersRemain", &*holding),
            false => (
                "FinalizersRemaining",
                false,
                "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
            ),
        },
    ];
    let shown = all.into_iter().map(|(name, holds, reason, message)| {
        let (kind, status) = (format!("Namespace{name}"), if holds { "True" } else { "False" });
        let known = old
            .iter()
            .find(|one| one.str_at("type") == Some(&kind) && one.str_at("status") == Some(status));
        let since = known.and_then(|one| one.get("lastTransitionTime").cloned());
        object! {
            "lastTransitionTime" => since.unwrap_or_else(|| Value::from(now.rfc3339())),
            "message" => message,
            "reason" => reason,
            "status" => status,
            "type" => kind,
        }
    });
    shown.collect()
}

/// Makes the needed namespace when it is next looked for.
fn bring_back(now: Time) -> Plan<Decision, ()> {
    let late = now.unix_millis().rem_euclid(LOOK_SECONDS * 1000);
    if late != 0 {
        let next = now + Duration::from_millis(LOOK_SECONDS * 1000 - late);
        return Plan::idle(Decision::Needed).wake_at(Some(next));
    }
    let namespace = object! { "metadata" => object! { "name" => NEEDED } };
    let object = AnyObject::from_value(Kind::Namespace, &namespace);
    Plan::writes(Decision::Needed, vec![Write::Create { object, note: None, about: None }])
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
