//! Keeps the counts of disruption budgets: how many of their pods are healthy, how many must be, how many may go now.
//! Follows `pkg/controller/disruption/disruption.go`.
//!
//! A key is a budget. Cost: a look walks the pods of the budget's namespace; changes of one moment are looked at once.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::conditions::{Condition, Status};
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::{OwnerReference, Uid};
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::reconcile::{Controller, Key, Memories, Note, Observed, Plan, Wake, Write};
use crate::sim::order::Gather as _;
use crate::sim::{Duration, Time};
use crate::store::{Change, Store};

/// An evicted pod that is not gone after this counts again. Follows `DeletionTimeout`.
const DELETION_TIMEOUT: Duration = Duration::from_seconds(120);
/// Changes of pods within this time are counted in one look.
const GATHER: Duration = Duration::from_millis(100);

/// What the loop decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The budget is gone.
    Gone,
    /// So it stands.
    Counted(Counts),
    /// The pods cannot be counted against what their controllers want.
    Uncountable {
        /// Why not.
        why: String,
    },
}

/// The counts of a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pods that are ready and stay.
    pub healthy: i64,
    /// So many must be.
    pub desired: i64,
    /// So many there should be.
    pub expected: i64,
}

impl Counts {
    /// How many may go now.
    pub const fn allowed(self) -> i64 {
        let spare = self.healthy - self.desired;
        if self.expected <= 0 || spare <= 0 { 0 } else { spare }
    }
}

/// The loop.
pub struct Disruption;

impl Controller for Disruption {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "controllermanager";

    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::Plain(budget) if budget.kind == Kind::PodDisruptionBudget => {
                wake(Key::of(&budget.meta), Duration::ZERO);
            }
            AnyObject::Pod(pod) => {
                let before = match &change.before {
                    Some(AnyObject::Pod(before)) => Some(before),
                    _ => None,
                };
                let same = before.is_some_and(|before| {
                    before.ready() == pod.ready()
                        && before.meta.deleting() == pod.meta.deleting()
                        && before.meta.labels == pod.meta.labels
                        && change.operation == crate::store::Operation::Modified
                });
                if same {
                    return;
                }
                for budget in guards(pod, store) {
                    wake(Key::of(&budget.meta), GATHER);
                }
            }
            object if scales(object.kind()) => {
                let namespace = &object.meta().namespace;
                for budget in store.plain_in(Kind::PodDisruptionBudget, Some(namespace)) {
                    wake(Key::of(&budget.meta), GATHER);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        let Some(budget) = seen.store.plain(Kind::PodDisruptionBudget, &key.object) else {
            return Plan::idle(Decision::Gone);
        };
        let pods = pods_of(budget, seen.store);
        let mut writes = Vec::new();
        let mut tell = |note| {
            let about = AnyObject::Plain(Rc::clone(budget));
            writes.push(Write::event(about, note));
        };
        if pods.is_empty() {
            tell(Note::normal("NoPods", "No matching pods found"));
        }
        let (disrupted, recheck) = still_disrupted(budget, &pods, now);
        let healthy = pods.iter().filter(|pod| {
            pod.ready() && !pod.meta.deleting() && !disrupted.contains_key(&pod.meta.name)
        });
        let healthy = count(healthy.count());
        let (status, decision) = match wanted(budget, &pods, seen.store) {
            Ok((desired, expected)) => {
                if asks_controllers(budget)
                    && pods.iter().any(|pod| pod.meta.controller().is_none())
                {
                    tell(Note::warning("UnmanagedPods", unmanaged(budget)));
                }
                let counts = Counts { healthy, desired, expected };
                (status(budget, counts, &disrupted, now), Decision::Counted(counts))
            }
            Err(why) => {
                let text = format!("Failed to calculate the number of expected pods: {why}");
                tell(Note::warning("CalculateExpectedPodCountFailed", text));
                (failed_status(budget, &why, now), Decision::Uncountable { why })
            }
        };
        if budget.body.get("status") != Some(&status) {
            let mut changed = Plain::clone(budget);
            changed.body.set("status", status);
            writes.push(Write::UpdateStatus(AnyObject::Plain(Rc::new(changed))));
        } else {
            // What has been said of a budget that stays as it was is not said again.
            writes.clear();
        }
        Plan::writes(decision, writes).wake_at(recheck)
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The selector of a budget: none picks nothing, an empty one all pods of the namespace.
fn selector(budget: &Plain) -> Selector {
    let written = budget.body.at(&["spec", "selector"]);
    Selector::from_label_selector(written).unwrap_or(Selector::Nothing)
}

/// The budgets that pick a pod.
pub fn guards<'a>(pod: &'a Pod, store: &'a Store) -> Vec<&'a Rc<Plain>> {
    let all = store.plain_in(Kind::PodDisruptionBudget, Some(&pod.meta.namespace));
    all.filter(|budget| selector(budget).matches(&pod.meta.labels)).collect()
}

fn pods_of<'a>(budget: &'a Plain, store: &'a Store) -> Vec<&'a Rc<Pod>> {
    let selector = selector(budget);
    let namespace = &budget.meta.namespace;
    store.pods().iter_in(Some(namespace)).filter(|pod| selector.matches(&pod.meta.labels)).collect()
}

/// How many must be healthy, and how many there should be. Follows `getExpectedPodCount`.
fn wanted(budget: &Plain, pods: &[&Rc<Pod>], store: &Store) -> Result<(i64, i64), String> {
    let spec = |key: &str| budget.body.at(&["spec", key]);
    if let Some(most) = spec("maxUnavailable") {
        let expected = expected_scale(pods, store)?;
        return Ok(((expected - scaled(most, expected)).max(0), expected));
    }
    match spec("minAvailable") {
        None => Ok((0, 0)),
        Some(Value::Int(least)) => Ok((*least, count(pods.len()))),
        Some(least) => {
            let expected = expected_scale(pods, store)?;
            Ok((scaled(least, expected), expected))
        }
    }
}

/// Whether a budget is counted against what the controllers of its pods want.
fn asks_controllers(budget: &Plain) -> bool {
    let spec = |key: &str| budget.body.at(&["spec", key]);
    spec("maxUnavailable").is_some()
        || spec("minAvailable").is_some_and(|least| least.as_i64().is_none())
}

/// What is said of a budget some of whose pods have no controller.
fn unmanaged(budget: &Plain) -> String {
    let shown = go_selector(budget.body.at(&["spec", "selector"]).unwrap_or(&Value::Null));
    format!(
        "Pods selected by this PodDisruptionBudget (selector: {shown}) were found to be unmanaged. As a result, the \
         status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for \
         these pods please set \".spec.minAvailable\" field of the PDB to an integer value."
    )
}

/// A selector as Go prints it. Follows `LabelSelector.String` of `meta/v1/generated.pb.go`.
fn go_selector(selector: &Value) -> String {
    let labels = selector.get("matchLabels").map(Value::entries).into_iter().flatten();
    let labels: String = labels
        .map(|(key, value)| format!("{key}: {},", value.as_str().unwrap_or_default()))
        .collect();
    let terms = selector.items_at("matchExpressions").iter().map(|term| {
        let text = |key: &str| term.str_at(key).unwrap_or_default();
        let values: Vec<&str> = term.items_at("values").iter().filter_map(Value::as_str).collect();
        format!(
            "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
            text("key"),
            text("operator"),
            values.join(" ")
        )
    });
    let terms: String = terms.collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{terms}}},}}"
    )
}

/// A number, or a percentage rounded up.
fn scaled(value: &Value, of: i64) -> i64 {
    if let Some(number) = value.as_i64() {
        return number;
    }
    let percent = value.as_str().and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok());
    (percent.unwrap_or(0) * of + 99).div_euclid(100)
}

/// Kinds that say how many pods there should be.
const fn scales(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ReplicaSet | Kind::ReplicationController | Kind::Deployment | Kind::StatefulSet
    )
}

/// What the controllers of the pods want in all; pods without one do not count. Follows `getExpectedScale`.
fn expected_scale(pods: &[&Rc<Pod>], store: &Store) -> Result<i64, String> {
    let mut scales: BTreeMap<Uid, i64> = BTreeMap::new();
    for pod in pods {
        let Some(owner) = pod.meta.controller() else { continue };
        if scales.contains_key(&owner.uid) {
            continue;
        }
        let found = store.by_uid(owner.uid).and_then(|owner| scale(&owner, store));
        let (uid, replicas) = found.ok_or_else(|| no_scale(owner, pod))?;
        scales.insert(uid, replicas);
        // A ReplicaSet's own uid stands for its Deployment in the look above.
        scales.entry(owner.uid).or_insert(0);
    }
    Ok(scales.values().sum())
}

/// Why nobody says how many pods like this one there should be. Follows `getScaleController`.
fn no_scale(owner: &OwnerReference, pod: &Pod) -> String {
    match Kind::from_manifest(&owner.kind, &owner.api_version).filter(|kind| !scales(*kind)) {
        Some(kind) => format!("{} does not implement the scale subresource", kind.resource()),
        None => format!("found no controllers for pod \"{}\"", pod.meta.name),
    }
}

/// Who decides about the number of an owner's pods, and that number.
fn scale(owner: &AnyObject, store: &Store) -> Option<(Uid, i64)> {
    match owner {
        AnyObject::ReplicaSet(set) => {
            let above = set.meta.controller().and_then(|above| store.by_uid(above.uid));
            match above {
                Some(AnyObject::Deployment(above)) => Some((above.meta.uid, above.spec.replicas)),
                _ => Some((set.meta.uid, set.spec.replicas)),
            }
        }
        AnyObject::ReplicationController(controller) => {
            Some((controller.meta.uid, controller.spec.replicas))
        }
        AnyObject::Plain(set) if set.kind == Kind::StatefulSet => {
            let replicas = set.body.at(&["spec", "replicas"]).and_then(Value::as_i64);
            Some((set.meta.uid, replicas.unwrap_or(1)))
        }
        _ => None,
    }
}

/// The evicted pods that are not yet on their way out, and when to look at them again. Follows
/// `buildDisruptedPodMap`.
fn still_disrupted(
    budget: &Plain,
    pods: &[&Rc<Pod>],
    now: Time,
) -> (BTreeMap<Rc<str>, Time>, Option<Time>) {
    let Some(noted) = budget.body.at(&["status", "disruptedPods"]) else {
        return (BTreeMap::new(), None);
    };
    let since = |name: &Rc<str>| noted.str_at(name).and_then(Time::parse_rfc3339);
    let fresh: BTreeMap<Rc<str>, Time> = pods
        .iter()
        .filter(|pod| !pod.meta.deleting())
        .filter_map(|pod| Some((Rc::clone(&pod.meta.name), since(&pod.meta.name)?)))
        .filter(|(_, at)| *at + DELETION_TIMEOUT > now)
        .gather();
    let recheck = fresh.values().min().map(|at| *at + DELETION_TIMEOUT);
    (fresh, recheck)
}

/// The status of a budget. Follows `updatePdbStatus` and `UpdateDisruptionAllowedCondition`.
fn status(budget: &Plain, counts: Counts, disrupted: &BTreeMap<Rc<str>, Time>, now: Time) -> Value {
    let allowed = counts.allowed();
    let (holds, reason) = match allowed {
        0 => (Status::False, "InsufficientPods"),
        _ => (Status::True, "SufficientPods"),
    };
    let mut status = crate::object! {
        "conditions" => vec![condition(budget, holds, reason, "", now, budget.meta.generation)],
        "currentHealthy" => counts.healthy,
        "desiredHealthy" => counts.desired,
        "disruptionsAllowed" => allowed,
        "expectedPods" => counts.expected,
        "observedGeneration" => budget.meta.generation,
    };
    if !disrupted.is_empty() {
        for (name, at) in disrupted {
            status.child("disruptedPods").set(name, at.rfc3339());
        }
    }
    status
}

/// Nothing may go while nobody knows how it stands. Follows `failSafe`.
fn failed_status(budget: &Plain, why: &str, now: Time) -> Value {
    let mut status = budget.body.get("status").cloned().unwrap_or_else(Value::empty_object);
    status.set("disruptionsAllowed", 0);
    for number in ["currentHealthy", "desiredHealthy", "expectedPods"] {
        status.set_default(number, 0);
    }
    // The generation that could not be looked at does not count as seen.
    let seen = status.i64_at("observedGeneration").unwrap_or(0);
    let failed = condition(budget, Status::False, "SyncFailed", why, now, seen);
    status.set("conditions", vec![failed]);
    status
}

/// The condition `DisruptionAllowed`, of the generation seen; its time stays while its value does.
fn condition(
    budget: &Plain,
    holds: Status,
    reason: &str,
    message: &str,
    now: Time,
    seen: i64,
) -> Value {
    let before = budget.body.get("status").map_or(&[][..], |status| status.items_at("conditions"));
    let before = before.iter().map(Condition::from_value).find(|one| one.status == holds);
    let since = before.map_or(now.cut_to_second(), |one| one.since);
    let mut value =
        Condition::new("DisruptionAllowed", holds, reason, message, since).to_value(None);
    value.set("message", message);
    if seen != 0 {
        value.set("observedGeneration", seen);
    }
    value
}

/// Whether an eviction may go on: if budgets guard the pod, one is used up by it, as the status to write says.
///
/// # Errors
/// What the eviction is refused with: message, and whether it is a matter of time. Follows `checkAndDecrement`.
pub fn use_up(pod: &Pod, store: &Store, now: Time) -> Result<Option<Plain>, (bool, String)> {
    let phase = pod.status.phase;
    if phase.finished() || phase == crate::api::core::Phase::Pending || pod.meta.deleting() {
        return Ok(None);
    }
    let budget = match guards(pod, store).as_slice() {
        [] => return Ok(None),
        [budget] => Rc::clone(budget),
        _ => {
            let text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
            return Err((false, text.into()));
        }
    };
    let number = |key: &str| budget.body.at(&["status", key]).and_then(Value::as_i64).unwrap_or(0);
    if !pod.ready() {
        let policy = budget.body.at(&["spec", "unhealthyPodEvictionPolicy"]);
        let always = policy.and_then(Value::as_str) == Some("AlwaysAllow");
        let (current, desired) = (number("currentHealthy"), number("desiredHealthy"));
        if always || (current >= desired && desired > 0) {
            return Ok(None);
        }
    }
    let stale = number("observedGeneration") < budget.meta.generation;
    let allowed = number("disruptionsAllowed");
    if stale || allowed <= 0 {
        let text = "Cannot evict pod as it would violate the pod's disruption budget.";
        return Err((true, text.into()));
    }
    let mut changed = Plain::clone(&budget);
    let status = changed.body.child("status");
    status.set("disruptionsAllowed", allowed - 1);
    status.child("disruptedPods").set(&pod.meta.name, now.rfc3339());
    Ok(Some(changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_go_is_what_is_spare() {
        let allowed = |healthy, desired, expected| Counts { healthy, desired, expected }.allowed();
        assert_eq!(allowed(3, 2, 3), 1);
        assert_eq!(allowed(2, 2, 3), 0);
        assert_eq!(allowed(1, 2, 3), 0);
        // Before the first pods, nothing may go.
        assert_eq!(allowed(0, 0, 0), 0);
    }

    #[test]
    fn percentages_are_rounded_up() {
        let part = |text: &str, of| scaled(&Value::from(text), of);
        assert_eq!([part("30%", 10), part("28%", 10), part("50%", 3)], [3, 3, 2]);
        assert_eq!(scaled(&Value::Int(2), 10), 2);
    }
}
