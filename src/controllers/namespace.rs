//! Empties a namespace that is being deleted, its pods first, then lets it go; one that the cluster itself needs comes
//! back. Nobody tells it what goes on inside: it looks again when its time has come. Follows
//! `pkg/controller/namespace/{namespace_controller.go,deletion/namespaced_resources_deleter.go}` and
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

/// A change of a namespace that is being deleted is looked at so much later, for what was made at the last moment.
/// Follows `namespaceDeletionGracePeriod`.
const DELAY: Duration = Duration::from_seconds(5);
/// What holds a finalizer is expected to stay so long. Follows `finalizerEstimateSeconds`.
const FINALIZER_SECONDS: i64 = 15;
/// What should be gone and is not is looked for again so soon, then after twice as long, and so on up to a minute.
/// Follows `nsControllerRateLimiter`.
const RETRY_MILLIS: i64 = 5;
const LONGEST_RETRY_MILLIS: i64 = 60_000;

/// The loop.
pub struct NamespaceLoop;

impl Controller for NamespaceLoop {
    type Decision = Decision;
    /// How often something was there that should have been gone.
    type Memory = u32;
    const NAME: &'static str = "namespace-controller";

    fn wakes(change: &Change, _: &Store, _: &Memories<u32>, wake: Wake<'_>) {
        if change.object.kind() != Kind::Namespace {
            return;
        }
        let meta = change.object.meta();
        if meta.deleting() && change.operation == Operation::Modified {
            wake(Key::of(meta), DELAY);
        }
        if *meta.name == *NEEDED && change.operation == Operation::Deleted {
            wake(Key::new(ObjectKey::cluster(Rc::clone(&meta.name))), Duration::from_millis(1));
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, u32>, now: Time) -> Plan<Decision, u32> {
        let Some(namespace) = seen.store.plain(Kind::Namespace, &key.object) else {
            return if *key.object.name == *NEEDED {
                bring_back(now)
            } else {
                Plan::idle(Decision::Stays)
            };
        };
        let Some(since) = namespace.meta.deletion.as_ref().map(|deletion| deletion.at) else {
            return Plan::idle(Decision::Stays);
        };
        let name: &str = &namespace.meta.name;
        let mut contents = seen.store.list(Kind::Pod, Some(name));
        if contents.is_empty() {
            let namespaced = Kind::ALL.into_iter().filter(|kind| kind.namespaced());
            contents = namespaced.flat_map(|kind| seen.store.list(kind, Some(name))).collect();
        }
        let writes: Vec<Write> =
            contents.iter().filter(|object| !object.meta().deleting()).map(delete).collect();
        if !writes.is_empty() {
            let decision = Decision::Emptying { left: contents.len(), deleting: writes.len() };
            // What is left then is told, at this same instant.
            return Plan::writes(decision, writes).wake_at(Some(now));
        }
        let left = Left::of(&contents, now - since);
        let mut told = Plain::clone(namespace);
        let status = told.body.child("status");
        status.set("conditions", left.conditions(name, status.items_at("conditions"), now));
        let news = told.body != namespace.body;
        if !contents.is_empty() {
            let wait = match left.estimate {
                0 => retry(*seen.memory),
                estimate => Duration::from_seconds(estimate / 2 + 1),
            };
            let failures = seen.memory.saturating_add(u32::from(left.estimate == 0));
            let writes = news.then(|| Write::UpdateStatus(AnyObject::Plain(Rc::new(told))));
            let decision = Decision::Emptying { left: contents.len(), deleting: 0 };
            return Plan::writes(decision, writes.into_iter().collect())
                .wake_at(Some(now + wait))
                .remember(failures);
        }
        told.body.child("spec").set("finalizers", Value::Array(Rc::default()));
        Plan::writes(Decision::Empty, vec![Write::Update(AnyObject::Plain(Rc::new(told)))])
            .remember(0)
    }
}

/// How long to wait after so many failures before the last one.
fn retry(failures: u32) -> Duration {
    let millis = RETRY_MILLIS.saturating_mul(1 << failures.min(16));
    Duration::from_millis(millis.min(LONGEST_RETRY_MILLIS))
}

/// What is left in a namespace after all that can be deleted was deleted: pods, or, once there are none, anything else.
struct Left {
    /// Numbers of objects by resource and group.
    resources: BTreeMap<String, usize>,
    finalizers: BTreeMap<String, usize>,
    /// For how many seconds more that is no wonder; 0 if it is one.
    estimate: i64,
    /// Only pods were looked at so far.
    pods: bool,
}

impl Left {
    /// Follows `deleteAllContentForGroupVersionResource`, `going` for how long the namespace goes already.
    fn of(contents: &[AnyObject], going: Duration) -> Self {
        let (mut resources, mut finalizers) = (BTreeMap::new(), BTreeMap::new());
        let (mut estimate, mut pods) = (0, false);
        for object in contents {
            let kind = object.kind();
            let resource = format!("{}.{}", kind.info().plural, kind.info().group);
            *resources.entry(resource).or_insert(0) += 1;
            for finalizer in object.meta().finalizers.iter() {
                *finalizers.entry(finalizer.to_string()).or_insert(0) += 1;
            }
            if let AnyObject::Pod(pod) = object {
                pods = true;
                if !pod.status.phase.finished() {
                    estimate = pod.spec.grace_seconds.max(estimate);
                }
            }
        }
        if going >= Duration::from_seconds(estimate) {
            estimate = 0;
        }
        if estimate == 0 && !finalizers.is_empty() {
            estimate = FINALIZER_SECONDS;
        }
        Self { resources, finalizers, estimate, pods }
    }

    /// What is said of the namespace. Of pods only that they should be gone is told, as long as there are any. Follows
    /// `status_condition_utils.go`.
    fn conditions(&self, namespace: &str, old: &[Value], now: Time) -> Vec<Value> {
        let list = |verb: &str, all: &BTreeMap<String, usize>| {
            let each =
                all.iter().map(|(what, count)| format!("{what} {verb} {count} resource instances"));
            each.collect::<Vec<_>>().join(", ")
        };
        let failed = self.pods && self.estimate == 0;
        let failure = format!(
            "Failed to delete all resource types, 1 remaining: failed to delete pods for namespace: {namespace}, err: unexpected items still remain in namespace: {namespace} for gvr: /v1, Resource=pods"
        );
        let told = |all: &BTreeMap<String, usize>| !self.pods && !all.is_empty();
        let remaining = format!("Some resources are remaining: {}", list("has", &self.resources));
        let holding = format!(
            "Some content in the namespace has finalizers remaining: {}",
            list("in", &self.finalizers)
        );
        let all = [
            (
                "DeletionDiscoveryFailure",
                None,
                ("ResourcesDiscovered", "All resources successfully discovered"),
            ),
            (
                "DeletionGroupVersionParsingFailure",
                None,
                ("ParsedGroupVersions", "All legacy kube types successfully parsed"),
            ),
            (
                "DeletionContentFailure",
                failed.then_some(("ContentDeletionFailed", &*failure)),
                (
                    "ContentDeleted",
                    "All content successfully deleted, may be waiting on finalization",
                ),
            ),
            (
                "ContentRemaining",
                told(&self.resources).then_some(("SomeResourcesRemain", &*remaining)),
                ("ContentRemoved", "All content successfully removed"),
            ),
            (
                "FinalizersRemaining",
                told(&self.finalizers).then_some(("SomeFinalizersRemain", &*holding)),
                ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
            ),
        ];
        let shown = all.into_iter().map(|(name, bad, good)| {
            let (reason, message) = bad.unwrap_or(good);
            let (kind, status) =
                (format!("Namespace{name}"), if bad.is_some() { "True" } else { "False" });
            let known = old.iter().find(|one| {
                one.str_at("type") == Some(&kind) && one.str_at("status") == Some(status)
            });
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
}

/// Makes the needed namespace when it is next looked for.
fn bring_back(now: Time) -> Plan<Decision, u32> {
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
