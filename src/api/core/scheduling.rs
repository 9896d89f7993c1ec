//! Taints, tolerations, affinity and spread, as the scheduler reads them.

use std::rc::Rc;

use crate::api::labels::Selector;
use crate::api::meta::Labels;
use crate::api::value::Value;
use crate::sim::Time;

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// No new pods.
    NoSchedule,
    /// Preferably no new pods.
    PreferNoSchedule,
    /// No new pods, and those that are there must go.
    NoExecute,
}

impl Effect {
    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::NoSchedule, Self::PreferNoSchedule, Self::NoExecute]
            .into_iter()
            .find(|effect| effect.word() == word)
    }
}

/// A taint of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    /// The key.
    pub key: Rc<str>,
    /// The value, or nothing.
    pub value: Rc<str>,
    /// What it does.
    pub effect: Effect,
    /// `timeAdded`
    pub added: Option<Time>,
}

/// How a toleration compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TolerationOperator {
    /// Key and value must be equal.
    Equal,
    /// The key must be there.
    Exists,
}

/// A toleration of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toleration {
    /// The key; empty means any.
    pub key: Rc<str>,
    /// How it compares.
    pub operator: TolerationOperator,
    /// The value, or nothing.
    pub value: Rc<str>,
    /// The effect; `None` means any.
    pub effect: Option<Effect>,
    /// For how long a `NoExecute` taint is borne; `None` means for ever.
    pub seconds: Option<i64>,
}

impl Taint {
    /// Reads a taint; an unknown effect counts as `NoSchedule` (validation refuses it before).
    pub fn parse(value: &Value) -> Self {
        Self {
            key: value.str_at("key").unwrap_or_default().into(),
            value: value.str_at("value").unwrap_or_default().into(),
            effect: value
                .str_at("effect")
                .and_then(Effect::from_word)
                .unwrap_or(Effect::NoSchedule),
            added: value.str_at("timeAdded").and_then(Time::parse_rfc3339),
        }
    }

    /// The taint as the API shows it.
    pub fn to_value(&self) -> Value {
        let mut value = crate::object! { "key" => &self.key, "effect" => self.effect.word() };
        if !self.value.is_empty() {
            value.set("value", &self.value);
        }
        if let Some(added) = self.added {
            value.set("timeAdded", added);
        }
        value
    }

    /// Whether some toleration of the list bears this taint.
    pub fn tolerated(&self, tolerations: &[Toleration]) -> bool {
        tolerations.iter().any(|toleration| toleration.tolerates(self))
    }
}

impl Toleration {
    /// A toleration that asks only for the key.
    pub fn exists(key: &str, effect: Effect, seconds: Option<i64>) -> Self {
        Self {
            key: key.into(),
            operator: TolerationOperator::Exists,
            value: "".into(),
            effect: Some(effect),
            seconds,
        }
    }

    /// Reads a toleration.
    pub fn parse(value: &Value) -> Self {
        Self {
            key: value.str_at("key").unwrap_or_default().into(),
            operator: match value.str_at("operator") {
                Some("Exists") => TolerationOperator::Exists,
                _ => TolerationOperator::Equal,
            },
            value: value.str_at("value").unwrap_or_default().into(),
            effect: value.str_at("effect").and_then(Effect::from_word),
            seconds: value.i64_at("tolerationSeconds"),
        }
    }

    /// The toleration as the API shows it.
    pub fn to_value(&self) -> Value {
        let mut value = Value::empty_object();
        if !self.key.is_empty() {
            value.set("key", &self.key);
        }
        match self.operator {
            TolerationOperator::Exists => value.set("operator", "Exists"),
            TolerationOperator::Equal if !self.value.is_empty() => value.set("operator", "Equal"),
            TolerationOperator::Equal => {}
        }
        if !self.value.is_empty() {
            value.set("value", &self.value);
        }
        if let Some(effect) = self.effect {
            value.set("effect", effect.word());
        }
        if let Some(seconds) = self.seconds {
            value.set("tolerationSeconds", seconds);
        }
        value
    }

    /// Whether this toleration bears `taint`. Follows `v1.Toleration.ToleratesTaint`.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|effect| effect == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && (self.operator == TolerationOperator::Exists || self.value == taint.value)
    }
}

/// One term of a node selector: all requirements must hold; an empty term matches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSelectorTerm {
    /// Requirements on labels.
    pub labels: Selector,
    /// Requirements on fields (`metadata.name` only).
    pub fields: Selector,
    /// Whether there is no requirement at all.
    pub empty: bool,
}

impl NodeSelectorTerm {
    fn parse(value: &Value) -> Self {
        let (labels, fields) = (value.items_at("matchExpressions"), value.items_at("matchFields"));
        Self {
            labels: terms(labels),
            fields: terms(fields),
            empty: labels.is_empty() && fields.is_empty(),
        }
    }

    /// Whether the term matches a node of this name with these labels.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        !self.empty && self.labels.matches(labels) && self.names(name)
    }

    /// Whether the requirements on fields allow a node of this name.
    fn names(&self, name: &str) -> bool {
        if self.fields.is_empty() {
            return true;
        }
        let own: Labels = [(Rc::from("metadata.name"), Rc::from(name))].into_iter().collect();
        self.fields.matches(&own)
    }
}

/// No expressions ask for nothing; wrong ones (validation refuses them before) match nothing.
fn terms(expressions: &[Value]) -> Selector {
    match expressions {
        [] => Selector::everything(),
        _ => Selector::from_node_expressions(expressions, "").unwrap_or(Selector::Nothing),
    }
}

/// One term of pod affinity or anti-affinity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodAffinityTerm {
    /// The pods it speaks of.
    pub selector: Selector,
    /// Their namespaces; empty means the pod's own, unless there is a `namespaceSelector`.
    pub namespaces: Rc<[Rc<str>]>,
    /// `namespaceSelector`: namespaces by their labels, beside those that are named.
    pub namespace_selector: Option<Selector>,
    /// `matchLabelKeys`: labels of which its pods must have the same value as the pod that has the term.
    pub same: Rc<[Rc<str>]>,
    /// `mismatchLabelKeys`: labels of which they must have another.
    pub other: Rc<[Rc<str>]>,
    /// The label of nodes that says what "together" means.
    pub topology_key: Rc<str>,
    /// The weight, for preferred terms.
    pub weight: i64,
}

impl PodAffinityTerm {
    fn parse(value: &Value) -> Self {
        let term = value.get("podAffinityTerm").unwrap_or(value);
        let words = |key: &str| -> Rc<[Rc<str>]> {
            term.items_at(key).iter().filter_map(Value::as_str).map(Rc::from).collect()
        };
        Self {
            selector: Selector::from_label_selector(term.get("labelSelector"))
                .unwrap_or(Selector::Nothing),
            namespaces: words("namespaces"),
            namespace_selector: term.get("namespaceSelector").map(|selector| {
                Selector::from_label_selector(Some(selector)).unwrap_or(Selector::Nothing)
            }),
            same: words("matchLabelKeys"),
            other: words("mismatchLabelKeys"),
            topology_key: term.str_at("topologyKey").unwrap_or_default().into(),
            weight: value.i64_at("weight").unwrap_or(0),
        }
    }
}

/// The affinity of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affinity {
    /// Required node terms (any of them); `None` if nothing is required.
    pub node_required: Option<Vec<NodeSelectorTerm>>,
    /// Preferred node terms with their weights.
    pub node_preferred: Vec<(i64, NodeSelectorTerm)>,
    /// Required pod affinity.
    pub pod_required: Vec<PodAffinityTerm>,
    /// Preferred pod affinity.
    pub pod_preferred: Vec<PodAffinityTerm>,
    /// Required pod anti-affinity.
    pub anti_required: Vec<PodAffinityTerm>,
    /// Preferred pod anti-affinity.
    pub anti_preferred: Vec<PodAffinityTerm>,
}

impl Affinity {
    /// Reads `spec.affinity`.
    pub fn parse(value: &Value) -> Self {
        const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
        const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
        let pods = |group: &str, when: &str| -> Vec<PodAffinityTerm> {
            value
                .get(group)
                .map_or(&[][..], |group| group.items_at(when))
                .iter()
                .map(PodAffinityTerm::parse)
                .collect()
        };
        let node = value.get("nodeAffinity");
        Self {
            node_required: node.and_then(|node| node.get(REQUIRED)).map(|required| {
                required.items_at("nodeSelectorTerms").iter().map(NodeSelectorTerm::parse).collect()
            }),
            node_preferred: node
                .map_or(&[][..], |node| node.items_at(PREFERRED))
                .iter()
                .filter_map(|item| {
                    Some((item.i64_at("weight")?, NodeSelectorTerm::parse(item.get("preference")?)))
                })
                .collect(),
            pod_required: pods("podAffinity", REQUIRED),
            pod_preferred: pods("podAffinity", PREFERRED),
            anti_required: pods("podAntiAffinity", REQUIRED),
            anti_preferred: pods("podAntiAffinity", PREFERRED),
        }
    }
}

/// A topology spread constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpreadConstraint {
    /// How uneven it may be.
    pub max_skew: i64,
    /// The label of nodes that makes the domains.
    pub topology_key: Rc<str>,
    /// Whether a node that would break it is refused (`DoNotSchedule`) or only scored lower.
    pub hard: bool,
    /// The pods that are counted.
    pub selector: Selector,
    /// `matchLabelKeys`: labels of which they must have the same value as the pod that has the constraint.
    pub same: Rc<[Rc<str>]>,
    /// `minDomains`: with fewer domains than this the emptiest counts as empty.
    pub min_domains: i64,
    /// `nodeAffinityPolicy`: whether only nodes count that the pod's own node selector and affinity allow.
    pub honors_affinity: bool,
    /// `nodeTaintsPolicy`: whether only nodes count whose taints the pod tolerates.
    pub honors_taints: bool,
    /// Everything of it, as written.
    pub raw: Value,
}

impl SpreadConstraint {
    /// Reads one item of `topologySpreadConstraints`.
    pub fn parse(value: &Value) -> Self {
        Self {
            max_skew: value.i64_at("maxSkew").unwrap_or(1),
            topology_key: value.str_at("topologyKey").unwrap_or_default().into(),
            hard: value.str_at("whenUnsatisfiable") != Some("ScheduleAnyway"),
            selector: Selector::from_label_selector(value.get("labelSelector"))
                .unwrap_or(Selector::Nothing),
            same: value
                .items_at("matchLabelKeys")
                .iter()
                .filter_map(Value::as_str)
                .map(Rc::from)
                .collect(),
            min_domains: value.i64_at("minDomains").unwrap_or(1),
            honors_affinity: value.str_at("nodeAffinityPolicy") != Some("Ignore"),
            honors_taints: value.str_at("nodeTaintsPolicy") == Some("Honor"),
            raw: value.clone(),
        }
    }
}
