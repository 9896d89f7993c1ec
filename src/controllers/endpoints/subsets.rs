//! Endpoints: all that is behind a Service in one object, up to a thousand addresses. Follows
//! `pkg/controller/endpoint/endpoints_controller.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Behind, HEADLESS, TRIGGER_TIME, headless, publishes_early};
use crate::api::kind::Kind;
use crate::api::meta::{Labels, ObjectMeta};
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::reconcile::Write;
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::store::Store;

/// The most addresses. Follows `maxCapacity`.
const MOST: usize = 1000;
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";

/// The addresses that share their ports.
#[derive(Default)]
struct Subset {
    ready: Vec<Value>,
    not_ready: Vec<Value>,
}

/// The write that brings the Endpoints of a Service to what is behind it, if they differ.
pub(super) fn plan(
    service: &Plain,
    behind: &[Behind<'_>],
    triggered: Option<Time>,
    store: &Store,
) -> Option<Write> {
    let mut subsets: BTreeMap<String, Subset> = BTreeMap::new();
    let early = publishes_early(service);
    let ports_needed = !headless(service);
    for one in behind {
        if (one.pod.meta.deleting() && !early) || (ports_needed && one.ports.is_empty()) {
            continue;
        }
        let subset = subsets.entry(ports(&one.ports)).or_default();
        let list = if early || one.pod.ready() { &mut subset.ready } else { &mut subset.not_ready };
        list.push(address(one));
    }
    let cut = cut_to_capacity(&mut subsets);
    let subsets: Vec<Value> = subsets.into_iter().map(|(ports, one)| one.value(&ports)).collect();
    let existing = store.plain(Kind::Endpoints, &service.meta.key());
    let right = labels(service);
    let same = existing.is_some_and(|old| {
        old.body.items_at("subsets") == subsets.as_slice() && old.meta.labels == right
    });
    if same {
        return None;
    }
    let mut new = existing.map_or_else(|| blank(service), |old| Plain::clone(old));
    match subsets.is_empty() {
        true => drop(new.body.remove("subsets")),
        false => new.body.set("subsets", subsets),
    }
    new.meta.labels = right;
    let annotations = &mut new.meta.annotations;
    match triggered {
        Some(at) => annotations.set(TRIGGER_TIME, &at.rfc3339()),
        None => annotations.remove(TRIGGER_TIME),
    }
    match cut {
        true => annotations.set(OVER_CAPACITY, "truncated"),
        false => annotations.remove(OVER_CAPACITY),
    }
    let object = AnyObject::Plain(Rc::new(new));
    Some(match existing {
        Some(_) => Write::Update(object),
        None if service.meta.deleting() => return None,
        None => Write::Create { object, note: None, about: None },
    })
}

fn blank(service: &Plain) -> Plain {
    let meta = ObjectMeta {
        name: Rc::clone(&service.meta.name),
        namespace: Rc::clone(&service.meta.namespace),
        ..ObjectMeta::default()
    };
    Plain { kind: Kind::Endpoints, meta, body: Value::empty_object() }
}

fn labels(service: &Plain) -> Labels {
    let mut labels = service.meta.labels.clone();
    labels.remove(HEADLESS);
    if headless(service) {
        labels.set(HEADLESS, "");
    }
    labels.set("endpoints.kubernetes.io/managed-by", "endpoint-controller");
    labels
}

/// Ports as Endpoints show them: one without a name has none.
fn ports(ports: &[Value]) -> String {
    let all = ports.iter().cloned().map(|mut port| {
        if port.str_at("name") == Some("") {
            port.remove("name");
        }
        port
    });
    Value::from(all.collect::<Vec<Value>>()).to_json()
}

fn address(one: &Behind<'_>) -> Value {
    let mut value = crate::object! { "ip" => &**one.address, "targetRef" => one.target() };
    if let Some(node) = &one.pod.node {
        value.set("nodeName", node);
    }
    if let Some(hostname) = one.hostname {
        value.set("hostname", hostname);
    }
    value
}

impl Subset {
    fn value(mut self, ports: &str) -> Value {
        let mut value = Value::empty_object();
        for (key, list) in
            [("addresses", &mut self.ready), ("notReadyAddresses", &mut self.not_ready)]
        {
            if !list.is_empty() {
                list.order_by(|one, other| one.str_at("ip").cmp(&other.str_at("ip")));
                value.set(key, std::mem::take(list));
            }
        }
        let ports = Value::from_json(ports).unwrap_or_default();
        if !ports.items().is_empty() {
            value.set("ports", ports);
        }
        value
    }
}

/// Leaves out what is too much, first of what does not answer; says whether there was any. Follows
/// `truncateEndpoints`.
fn cut_to_capacity(subsets: &mut BTreeMap<String, Subset>) -> bool {
    let ready: usize = subsets.values().map(|one| one.ready.len()).sum();
    let not_ready: usize = subsets.values().map(|one| one.not_ready.len()).sum();
    if ready + not_ready <= MOST {
        return false;
    }
    let of_ready = ready > MOST;
    let (most, total) = if of_ready { (MOST, ready) } else { (MOST - ready, not_ready) };
    let mut left = most;
    for subset in subsets.values_mut() {
        if of_ready {
            subset.not_ready.clear();
        }
        let list = if of_ready { &mut subset.ready } else { &mut subset.not_ready };
        let part = (list.len() * most).div_ceil(total.max(1)).min(left);
        list.truncate(part);
        left -= list.len();
    }
    true
}
