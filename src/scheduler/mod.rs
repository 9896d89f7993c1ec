//! Which node a pod goes to, and why not to the others. PLACEHOLDER: the name only.

use imbl::OrdMap;

use crate::reconcile::{Controller, Key, Observed, Plan, Wake};
use crate::sim::Time;
use crate::store::{Change, Store};

/// The default scheduler.
pub struct Scheduler;

impl Controller for Scheduler {
    type Decision = ();
    type Memory = ();
    const NAME: &'static str = "default-scheduler";
    fn wakes(_: &Change, _: &Store, _: &OrdMap<Key, ()>, _: Wake<'_>) {}
    fn reconcile(_: &Key, _: &Observed<'_, ()>, _: Time) -> Plan<(), ()> {
        Plan::idle(())
    }
}
