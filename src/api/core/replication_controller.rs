//! v1 ReplicationController, and the spec and status it has in common with apps/v1 ReplicaSet.

use std::rc::Rc;

use super::pod_spec::PodTemplate;
use crate::api::conditions::Condition;
use crate::api::labels::Selector;
use crate::api::value::Value;

/// What a ReplicationController or ReplicaSet wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicasSpec {
    /// Everything, as written and defaulted.
    pub raw: Value,
    /// How many pods.
    pub replicas: i64,
    /// Which pods are its own.
    pub selector: Selector,
    /// For how long a pod must be ready to be available.
    pub min_ready_seconds: i64,
    /// What pods look like.
    pub template: Rc<PodTemplate>,
}

impl ReplicasSpec {
    /// Reads a defaulted spec; the selector is a map (ReplicationController) or a LabelSelector (ReplicaSet).
    pub fn parse(value: &Value) -> Self {
        let empty = Value::Null;
        let selector = value.get("selector");
        let is_label_selector = selector.is_some_and(|selector| {
            matches!(selector.get("matchLabels"), Some(Value::Object(_)))
                || matches!(selector.get("matchExpressions"), Some(Value::Array(_)))
        });
        let selector = match is_label_selector {
            true => Selector::from_label_selector(selector).unwrap_or(Selector::Nothing),
            false => Selector::from_map(selector),
        };
        Self {
            replicas: value.i64_at("replicas").map_or(1, crate::api::apps::whole_32),
            selector,
            min_ready_seconds: value.i64_at("minReadySeconds").unwrap_or(0),
            template: Rc::new(PodTemplate::parse(value.get("template").unwrap_or(&empty))),
            raw: value.clone(),
        }
    }

    /// The same spec with another number of replicas.
    #[must_use]
    pub fn with_replicas(&self, replicas: i64) -> Self {
        let mut raw = self.raw.clone();
        raw.set("replicas", replicas);
        Self { raw, replicas, ..self.clone() }
    }
}

/// What was seen of a ReplicationController or ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicasStatus {
    /// Pods that are there.
    pub replicas: i64,
    /// Of those, with all labels of the template.
    pub fully_labeled: i64,
    /// Of those, ready.
    pub ready: i64,
    /// Of those, ready for `minReadySeconds`.
    pub available: i64,
    /// Pods being deleted; ReplicaSets only.
    pub terminating: Option<i64>,
    /// The generation this speaks of.
    pub observed_generation: i64,
    /// `ReplicaFailure`, or none.
    pub conditions: Vec<Condition>,
}

impl ReplicasStatus {
    /// Reads a status.
    pub fn parse(value: &Value) -> Self {
        let number = |key| value.i64_at(key).unwrap_or(0);
        Self {
            replicas: number("replicas"),
            fully_labeled: number("fullyLabeledReplicas"),
            ready: number("readyReplicas"),
            available: number("availableReplicas"),
            terminating: value.i64_at("terminatingReplicas"),
            observed_generation: number("observedGeneration"),
            conditions: value.items_at("conditions").iter().map(Condition::from_value).collect(),
        }
    }

    /// The status as the API shows it.
    pub fn to_value(&self) -> Value {
        let mut value = crate::object! { "replicas" => self.replicas };
        for (key, number) in [
            ("fullyLabeledReplicas", self.fully_labeled),
            ("readyReplicas", self.ready),
            ("availableReplicas", self.available),
            ("observedGeneration", self.observed_generation),
        ] {
            if number != 0 {
                value.set(key, number);
            }
        }
        if let Some(terminating) = self.terminating {
            value.set("terminatingReplicas", terminating);
        }
        if !self.conditions.is_empty() {
            value.set(
                "conditions",
                self.conditions.iter().map(|one| one.to_value(None)).collect::<Vec<_>>(),
            );
        }
        value
    }
}

crate::resource!(
    /// A ReplicationController.
    ReplicationController, ReplicasSpec, ReplicasStatus
);
