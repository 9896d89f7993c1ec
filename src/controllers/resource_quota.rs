//! Writes down what is used of a quota. Follows `pkg/controller/resourcequota/resource_quota_controller.go`.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::apiserver::quota;
use crate::reconcile::{Controller, Key, Memories, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The quota is gone.
    Gone,
    /// It says what is used.
    Counted,
}

/// The loop.
pub struct ResourceQuotaLoop;

impl Controller for ResourceQuotaLoop {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "resource-quota-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        let meta = change.object.meta();
        if change.object.kind() == Kind::ResourceQuota {
            wake(Key::of(meta), Duration::ZERO);
        }
        if !counts(change) {
            return;
        }
        for quota in store.plain_in(Kind::ResourceQuota, Some(&meta.namespace)) {
            wake(Key::of(&quota.meta), Duration::ZERO);
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        let Some(found) = seen.store.plain(Kind::ResourceQuota, &key.object) else {
            return Plan::idle(Decision::Gone);
        };
        let hard = found.body.at(&["spec", "hard"]).cloned().unwrap_or_else(Value::empty_object);
        let mut used = Value::empty_object();
        for (name, amount) in quota::used(found, seen.store, now) {
            used.set(&name, quota::shown(&name, amount));
        }
        let again = quota::next_recount(found, seen.store, now);
        let status = crate::object! { "hard" => hard, "used" => used };
        if found.body.get("status") == Some(&status) {
            return Plan::idle(Decision::Counted).wake_at(again);
        }
        let mut changed = Plain::clone(found);
        changed.body.set("status", status);
        let write = Write::UpdateStatus(AnyObject::Plain(Rc::new(changed)));
        Plan::writes(Decision::Counted, vec![write]).wake_at(again)
    }
}

/// Whether what is used may be another after a change, now or at a later recount: something came or went, a pod is over
/// or begins to go, a Service is of another type.
fn counts(change: &Change) -> bool {
    match (change.operation, &change.before, &change.object) {
        (Operation::Modified, Some(AnyObject::Pod(before)), AnyObject::Pod(pod)) => {
            before.active() != pod.active() || before.meta.deletion != pod.meta.deletion
        }
        (Operation::Modified, Some(_), object) => object.kind() == Kind::Service,
        (_, _, object) => !matches!(object.kind(), Kind::ResourceQuota | Kind::Event),
    }
}
