//! v1 Node.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::scheduling::{Effect, Taint};
use crate::api::conditions::{self, Condition};
use crate::api::resources::Resources;
use crate::api::value::Value;
use crate::sim::Time;
use crate::sim::order::Gather as _;

/// The spec of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// Everything, as written.
    pub raw: Value,
    /// Whether it was cordoned.
    pub unschedulable: bool,
    /// Taints.
    pub taints: Vec<Taint>,
    /// Addresses of its pods, `10.244.1.0/24`, or nothing.
    pub pod_cidr: Rc<str>,
}

impl NodeSpec {
    /// Reads a spec.
    pub fn parse(value: &Value) -> Self {
        Self {
            raw: if value.is_null() { Value::empty_object() } else { value.clone() },
            unschedulable: value.bool_at("unschedulable").unwrap_or(false),
            taints: value.items_at("taints").iter().map(Taint::parse).collect(),
            pod_cidr: value.str_at("podCIDR").unwrap_or_default().into(),
        }
    }

    /// The same spec with other taints.
    #[must_use]
    pub fn with_taints(&self, taints: &[Taint]) -> Self {
        let mut raw = self.raw.clone();
        match taints {
            [] => {
                raw.remove("taints");
            }
            _ => raw.set("taints", taints.iter().map(Taint::to_value).collect::<Vec<_>>()),
        }
        Self::parse(&raw)
    }

    /// The taint of a key and effect.
    pub fn taint(&self, key: &str, effect: Effect) -> Option<&Taint> {
        self.taints.iter().find(|taint| &*taint.key == key && taint.effect == effect)
    }
}

/// The status of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// Everything but the conditions.
    pub raw: Value,
    /// What pods may use.
    pub allocatable: Resources,
    /// The images that it has, by each of their names, and their sizes in bytes.
    pub images: Rc<BTreeMap<Rc<str>, i64>>,
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// Its address, or nothing.
    pub internal_ip: Rc<str>,
    /// When its kubelet last renewed its lease, once it has fallen silent. Stands for the Lease object, whose
    /// renewals every ten seconds would be ten thousand writes an hour; the API does not show it.
    pub silent_since: Option<Time>,
}

fn images(list: &[Value]) -> BTreeMap<Rc<str>, i64> {
    let each = list.iter().flat_map(|image| {
        let size = image.i64_at("sizeBytes").unwrap_or(0);
        let names = image.items_at("names").iter().filter_map(Value::as_str);
        names.map(move |name| (name.into(), size))
    });
    each.gather()
}

impl NodeStatus {
    /// The same status with other images, each as `names` and `sizeBytes`.
    #[must_use]
    pub fn with_images(&self, list: Vec<Value>) -> Self {
        let mut status = self.clone();
        status.images = images(&list).into();
        status.raw.set("images", list);
        status
    }

    /// Reads a status.
    pub fn parse(value: &Value) -> Self {
        let mut raw = value.clone();
        raw.remove("conditions");
        let internal = value
            .items_at("addresses")
            .iter()
            .find(|address| address.str_at("type") == Some("InternalIP"));
        Self {
            allocatable: Resources::parse(
                value.get("allocatable").or_else(|| value.get("capacity")),
            ),
            images: images(value.items_at("images")).into(),
            conditions: value.items_at("conditions").iter().map(Condition::from_value).collect(),
            internal_ip: internal
                .and_then(|address| address.str_at("address"))
                .unwrap_or_default()
                .into(),
            raw,
            silent_since: None,
        }
    }

    /// The status as the API shows it.
    pub fn to_value(&self) -> Value {
        let mut value = if self.raw.is_null() { Value::empty_object() } else { self.raw.clone() };
        let shown =
            self.conditions.iter().map(|condition| condition.to_value(Some("lastHeartbeatTime")));
        value.set("conditions", shown.collect::<Vec<_>>());
        value
    }
}

crate::resource!(
    /// A node.
    Node, NodeSpec, NodeStatus
);

impl Node {
    /// Whether its condition Ready is True.
    pub fn ready(&self) -> bool {
        conditions::holds(&self.status.conditions, "Ready")
    }
}
