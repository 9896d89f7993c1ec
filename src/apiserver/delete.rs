//! Deletion: grace periods of pods, finalizers, propagation. Follows `rest.BeforeDelete` and
//! `registry/core/pod/strategy.go`.

use std::rc::Rc;

use super::verbs::{Api, Written};
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::{Deletion, ObjectKey};
use crate::api::object::AnyObject;
use crate::api::{ApiError, Value};
use crate::reconcile::{DeleteOptions, Propagation};
use crate::sim::{Duration, Time};

/// Keeps an owner until its dependents are gone.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";
/// Keeps an owner until its dependents have let it go.
pub(crate) const ORPHAN: &str = "orphan";

/// The priorities of the system's own pods. Follows `SystemPriorityClassNames` and the storage of priority classes.
const SYSTEM_CLASSES: [&str; 2] = ["system-cluster-critical", "system-node-critical"];

/// What is said of a Job that is deleted without a word about its pods.
const JOB_WARNING: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

impl Api<'_> {
    /// Deletes an object: at once, or as soon as its grace period and its finalizers allow.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` if the uid asked for is not its own; `Forbidden` for what must stay.
    pub fn delete(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        options: &DeleteOptions,
    ) -> Result<Written, ApiError> {
        let mut object = self.existing(kind, key)?;
        if let Some(uid) = options.uid
            && uid != object.uid()
        {
            let detail = format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                object.uid()
            );
            return Err(ApiError::conflict(&kind.resource(), &key.name, &detail));
        }
        if kind == Kind::Namespace {
            return self.delete_namespace(object);
        }
        if kind == Kind::PriorityClass && SYSTEM_CLASSES.contains(&&*key.name) {
            let text = "this is a system priority class and cannot be deleted";
            return Err(ApiError::forbidden(&kind.resource(), &key.name, text));
        }
        hold_for_dependents(&mut object, options.propagation);
        let grace = match &object {
            AnyObject::Pod(pod) => pod_grace(pod, options.grace_seconds),
            _ => 0,
        };
        let warnings = match (kind, options.propagation) {
            (Kind::Job, None) => vec![JOB_WARNING.to_owned()],
            _ => Vec::new(),
        };
        if grace == 0 && object.meta().finalizers.is_empty() {
            self.drop_object(&object);
            return Ok(Written { warnings, ..Written::new(object, true) });
        }
        let already = object.meta().deletion;
        let deletion = match already {
            None => Some(Deletion {
                at: self.now + Duration::from_seconds(grace),
                grace_seconds: grace,
            }),
            Some(_) if options.grace_seconds.is_none() => None,
            Some(old) => shortened(old, grace, self.now),
        };
        if let Some(deletion) = deletion {
            let meta = object.meta_mut();
            meta.deletion = Some(deletion);
            if already.is_none() && meta.generation > 0 {
                meta.generation += 1;
            }
        } else if self
            .store
            .get(kind, key)
            .is_some_and(|old| old.meta().finalizers == object.meta().finalizers)
        {
            return Ok(Written::new(object, false));
        }
        Ok(Written { warnings, ..Written::new(self.keep(object), true) })
    }

    /// A namespace goes when its contents are gone: the namespace loop takes the finalizer in its spec away.
    fn delete_namespace(&mut self, mut object: AnyObject) -> Result<Written, ApiError> {
        let name = Rc::clone(&object.meta().name);
        if matches!(&*name, "default" | "kube-system" | "kube-public") {
            let text = "this namespace may not be deleted";
            return Err(ApiError::forbidden("namespaces", &name, text));
        }
        if object.meta().deleting() {
            return Ok(Written::new(object, false));
        }
        object.meta_mut().deletion = Some(Deletion { at: self.now, grace_seconds: 0 });
        if let AnyObject::Plain(namespace) = &mut object {
            Rc::make_mut(namespace).body.child("status").set("phase", "Terminating");
        }
        Ok(Written::new(self.keep(object), true))
    }

    /// Removes an object that is being deleted and that nothing holds any more; keeps it otherwise.
    pub(super) fn keep_unless_over(&mut self, object: AnyObject) -> AnyObject {
        let meta = object.meta();
        let waits = match &object {
            AnyObject::Pod(_) => meta.deletion.is_some_and(|deletion| deletion.grace_seconds > 0),
            AnyObject::Plain(plain) if plain.kind == Kind::Namespace => !plain
                .body
                .get("spec")
                .map_or(&[][..], |spec: &Value| spec.items_at("finalizers"))
                .is_empty(),
            _ => false,
        };
        if meta.deleting() && meta.finalizers.is_empty() && !waits {
            self.drop_object(&object);
            return object;
        }
        self.keep(object)
    }
}

/// Puts the finalizer on an object that says how its dependents fare, and takes others of that sort away. Where nobody
/// says, one that is there stays; else ReplicationControllers and Jobs leave theirs behind, as they did before there was
/// a choice. Follows `deletionFinalizersForGarbageCollection` and `DefaultGarbageCollectionPolicy` of each kind.
fn hold_for_dependents(object: &mut AnyObject, propagation: Option<Propagation>) {
    let kind = object.kind();
    let meta = object.meta();
    let held = meta.has_finalizer(FOREGROUND) || meta.has_finalizer(ORPHAN);
    let left = matches!(kind, Kind::ReplicationController | Kind::Job);
    let wanted = match propagation {
        None if held => return,
        None => left.then_some(ORPHAN),
        Some(Propagation::Background) => None,
        Some(Propagation::Foreground) => Some(FOREGROUND),
        Some(Propagation::Orphan) => Some(ORPHAN),
    };
    for finalizer in [FOREGROUND, ORPHAN].into_iter().filter(|one| wanted != Some(*one)) {
        if object.meta().has_finalizer(finalizer) {
            object.meta_mut().remove_finalizer(finalizer);
        }
    }
    if let Some(finalizer) = wanted {
        object.meta_mut().add_finalizer(finalizer);
    }
}

/// The end of a grace that has begun, with a shorter period; `None` if it is no shorter. The period counts from when it
/// began, and may not end in the past: what is then left is a second, or nothing. Follows `BeforeDelete`.
fn shortened(old: Deletion, grace: i64, now: Time) -> Option<Deletion> {
    if grace >= old.grace_seconds {
        return None;
    }
    let at = old.at - Duration::from_seconds(old.grace_seconds) + Duration::from_seconds(grace);
    Some(if at < now {
        Deletion { at: now, grace_seconds: grace.min(1) }
    } else {
        Deletion { at, grace_seconds: grace }
    })
}

/// The grace a pod gets: none if it is not bound or is over, otherwise what was asked for or its own.
fn pod_grace(pod: &Pod, asked: Option<i64>) -> i64 {
    if pod.node.is_none() || pod.status.phase.finished() {
        return 0;
    }
    match asked.unwrap_or(pod.spec.grace_seconds) {
        negative if negative < 0 => 1,
        seconds => seconds,
    }
}
