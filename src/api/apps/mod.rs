//! The apps group: ReplicaSet, Deployment, DaemonSet.

use std::rc::Rc;

use super::conditions::Condition;
use super::core::{PodTemplate, ReplicasSpec, ReplicasStatus};
use super::labels::Selector;
use super::value::Value;

/// A number of 32 bits: what comes in a session was not checked as what comes in a manifest is.
pub(super) fn whole_32(number: i64) -> i64 {
    number.clamp(i32::MIN.into(), i32::MAX.into())
}

/// A number or a percentage of something. Follows `intstr.IntOrString`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrPercent {
    /// So many.
    Int(i64),
    /// So many in a hundred.
    Percent(i64),
}

impl IntOrPercent {
    /// Reads `2` or `"25%"`.
    pub fn parse(value: Option<&Value>) -> Option<Self> {
        match value? {
            Value::Int(number) => Some(Self::Int(whole_32(*number))),
            Value::String(text) => {
                text.strip_suffix('%').and_then(|number| number.parse().ok()).map(Self::Percent)
            }
            _ => None,
        }
    }

    /// The number it means of `total`, percentages rounded up or down.
    pub fn of(self, total: i64, round_up: bool) -> i64 {
        match self {
            Self::Int(number) => number,
            Self::Percent(percent) => {
                let product = total.saturating_mul(percent);
                let more = if round_up { 99 } else { 0 };
                whole_32(product.saturating_add(more).div_euclid(100))
            }
        }
    }
}

crate::resource!(
    /// A ReplicaSet.
    ReplicaSet, ReplicasSpec, ReplicasStatus
);

/// What a Deployment wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentSpec {
    /// Everything, as written and defaulted.
    pub raw: Value,
    /// How many pods.
    pub replicas: i64,
    /// Which ReplicaSets and pods are its own.
    pub selector: Selector,
    /// For how long a pod must be ready to be available.
    pub min_ready_seconds: i64,
    /// What pods look like.
    pub template: Rc<PodTemplate>,
    /// Whether all old pods go before new ones come.
    pub recreate: bool,
    /// How many pods may be missing during a rollout.
    pub max_unavailable: IntOrPercent,
    /// How many pods may be too many during a rollout.
    pub max_surge: IntOrPercent,
    /// How many old ReplicaSets are kept.
    pub revision_history_limit: i64,
    /// Whether rollouts stand still.
    pub paused: bool,
    /// After how long without progress a rollout counts as failed.
    pub progress_deadline_seconds: i64,
}

impl DeploymentSpec {
    /// Reads a defaulted spec.
    pub fn parse(value: &Value) -> Self {
        let empty = Value::Null;
        let rolling =
            |key: &str| IntOrPercent::parse(value.at(&["strategy", "rollingUpdate", key]));
        Self {
            replicas: value.i64_at("replicas").map_or(1, whole_32),
            selector: Selector::from_label_selector(value.get("selector"))
                .unwrap_or(Selector::Nothing),
            min_ready_seconds: value.i64_at("minReadySeconds").unwrap_or(0),
            template: Rc::new(PodTemplate::parse(value.get("template").unwrap_or(&empty))),
            recreate: value.at(&["strategy", "type"]).and_then(Value::as_str) == Some("Recreate"),
            max_unavailable: rolling("maxUnavailable").unwrap_or(IntOrPercent::Percent(25)),
            max_surge: rolling("maxSurge").unwrap_or(IntOrPercent::Percent(25)),
            revision_history_limit: value.i64_at("revisionHistoryLimit").unwrap_or(10),
            paused: value.bool_at("paused").unwrap_or(false),
            progress_deadline_seconds: value.i64_at("progressDeadlineSeconds").unwrap_or(600),
            raw: value.clone(),
        }
    }
}

/// What was seen of a Deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// Pods of all its ReplicaSets.
    pub replicas: i64,
    /// Of those, of the newest template.
    pub updated: i64,
    /// Of those, ready.
    pub ready: i64,
    /// Of those, ready for `minReadySeconds`.
    pub available: i64,
    /// How many are missing.
    pub unavailable: i64,
    /// Pods being deleted.
    pub terminating: Option<i64>,
    /// The generation this speaks of.
    pub observed_generation: i64,
    /// Clashes of template hashes.
    pub collision_count: Option<i64>,
    /// `Available`, `Progressing`, `ReplicaFailure`.
    pub conditions: Vec<Condition>,
}

impl DeploymentStatus {
    /// Reads a status.
    pub fn parse(value: &Value) -> Self {
        let number = |key| value.i64_at(key).unwrap_or(0);
        Self {
            replicas: number("replicas"),
            updated: number("updatedReplicas"),
            ready: number("readyReplicas"),
            available: number("availableReplicas"),
            unavailable: number("unavailableReplicas"),
            terminating: value.i64_at("terminatingReplicas"),
            observed_generation: number("observedGeneration"),
            collision_count: value.i64_at("collisionCount"),
            conditions: value.items_at("conditions").iter().map(Condition::from_value).collect(),
        }
    }

    /// The status as the API shows it.
    pub fn to_value(&self) -> Value {
        let mut value = Value::empty_object();
        for (key, number) in [
            ("replicas", self.replicas),
            ("updatedReplicas", self.updated),
            ("readyReplicas", self.ready),
            ("availableReplicas", self.available),
            ("unavailableReplicas", self.unavailable),
            ("observedGeneration", self.observed_generation),
        ] {
            if number != 0 {
                value.set(key, number);
            }
        }
        for (key, number) in
            [("terminatingReplicas", self.terminating), ("collisionCount", self.collision_count)]
        {
            if let Some(number) = number {
                value.set(key, number);
            }
        }
        if !self.conditions.is_empty() {
            let shown = self.conditions.iter().map(|one| one.to_value(Some("lastUpdateTime")));
            value.set("conditions", shown.collect::<Vec<_>>());
        }
        value
    }
}

crate::resource!(
    /// A Deployment.
    Deployment, DeploymentSpec, DeploymentStatus
);

/// What a DaemonSet wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonSetSpec {
    /// Everything, as written and defaulted.
    pub raw: Value,
    /// Which pods are its own.
    pub selector: Selector,
    /// What pods look like.
    pub template: Rc<PodTemplate>,
    /// For how long a pod must be ready to be available.
    pub min_ready_seconds: i64,
    /// Whether old pods are replaced only when they are deleted by hand.
    pub on_delete: bool,
    /// How many nodes may be without an available pod during an update.
    pub max_unavailable: IntOrPercent,
    /// How many nodes may have two pods during an update.
    pub max_surge: IntOrPercent,
    /// How many old revisions are kept.
    pub revision_history_limit: i64,
}

impl DaemonSetSpec {
    /// Reads a defaulted spec.
    pub fn parse(value: &Value) -> Self {
        let empty = Value::Null;
        let rolling =
            |key: &str| IntOrPercent::parse(value.at(&["updateStrategy", "rollingUpdate", key]));
        Self {
            selector: Selector::from_label_selector(value.get("selector"))
                .unwrap_or(Selector::Nothing),
            template: Rc::new(PodTemplate::parse(value.get("template").unwrap_or(&empty))),
            min_ready_seconds: value.i64_at("minReadySeconds").unwrap_or(0),
            on_delete: value.at(&["updateStrategy", "type"]).and_then(Value::as_str)
                == Some("OnDelete"),
            max_unavailable: rolling("maxUnavailable").unwrap_or(IntOrPercent::Int(1)),
            max_surge: rolling("maxSurge").unwrap_or(IntOrPercent::Int(0)),
            revision_history_limit: value.i64_at("revisionHistoryLimit").unwrap_or(10),
            raw: value.clone(),
        }
    }
}

/// What was seen of a DaemonSet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaemonSetStatus {
    /// Nodes that should run a pod.
    pub desired: i64,
    /// Of those, with a pod.
    pub current: i64,
    /// Nodes with a pod that should not have one.
    pub misscheduled: i64,
    /// Of the scheduled ones, ready.
    pub ready: i64,
    /// Of those, of the newest template.
    pub updated: i64,
    /// Of those, ready for `minReadySeconds`.
    pub available: i64,
    /// How many are missing.
    pub unavailable: i64,
    /// The generation this speaks of.
    pub observed_generation: i64,
    /// Clashes of revision hashes.
    pub collision_count: Option<i64>,
}

impl DaemonSetStatus {
    /// Reads a status.
    pub fn parse(value: &Value) -> Self {
        let number = |key| value.i64_at(key).unwrap_or(0);
        Self {
            desired: number("desiredNumberScheduled"),
            current: number("currentNumberScheduled"),
            misscheduled: number("numberMisscheduled"),
            ready: number("numberReady"),
            updated: number("updatedNumberScheduled"),
            available: number("numberAvailable"),
            unavailable: number("numberUnavailable"),
            observed_generation: number("observedGeneration"),
            collision_count: value.i64_at("collisionCount"),
        }
    }

    /// The status as the API shows it.
    pub fn to_value(&self) -> Value {
        let mut value = crate::object! {
            "desiredNumberScheduled" => self.desired,
            "currentNumberScheduled" => self.current,
            "numberMisscheduled" => self.misscheduled,
            "numberReady" => self.ready,
        };
        for (key, number) in [
            ("updatedNumberScheduled", self.updated),
            ("numberAvailable", self.available),
            ("numberUnavailable", self.unavailable),
            ("observedGeneration", self.observed_generation),
        ] {
            if number != 0 {
                value.set(key, number);
            }
        }
        if let Some(count) = self.collision_count {
            value.set("collisionCount", count);
        }
        value
    }
}

crate::resource!(
    /// A DaemonSet.
    DaemonSet, DaemonSetSpec, DaemonSetStatus
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_manifest_may_have_leave_room_to_count() {
        let most = i64::from(i32::MAX);
        for (value, number) in [
            (Value::Int(i64::MAX), most),
            (Value::from("9223372036854775807%"), most),
            (Value::from("-9223372036854775808%"), i64::from(i32::MIN)),
            (Value::from("25%"), 3),
        ] {
            let read = IntOrPercent::parse(Some(&value)).unwrap();
            assert_eq!(read.of(10, true), number, "{value:?}");
        }
        let spec = crate::object! { "replicas" => i64::MAX };
        assert_eq!(DeploymentSpec::parse(&spec).replicas, most);
    }
}
