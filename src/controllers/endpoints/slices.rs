//! EndpointSlices: at most a hundred pods each, which stay in their slice as long as they are behind the Service.
//! Follows `staging/src/k8s.io/endpointslice/reconciler.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Behind, HEADLESS, SERVICE_NAME, TRIGGER_TIME, headless};
use crate::api::kind::Kind;
use crate::api::meta::{Labels, ObjectKey, ObjectMeta, OwnerReference};
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::reconcile::{DeleteOptions, Write};
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::store::Store;

/// The most pods of a slice. Follows `--max-endpoints-per-slice`.
const MOST: usize = 100;
/// The label that says who looks after a slice.
pub(super) const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";

/// What becomes of the slices of a Service.
#[derive(Default)]
struct Slices {
    create: Vec<Plain>,
    update: Vec<Plain>,
    delete: Vec<Rc<Plain>>,
}

/// The writes that bring the slices of a Service to what is behind it.
pub(super) fn plan(
    service: &Plain,
    behind: &[Behind<'_>],
    triggered: Option<Time>,
    store: &Store,
) -> Vec<Write> {
    let mine = managed(&service.meta.key(), MANAGER, store);
    let mut by_ports: BTreeMap<String, (Vec<Value>, Vec<Rc<Plain>>)> = BTreeMap::new();
    let ports_of = |slice: &Plain| Value::from(slice.body.items_at("ports").to_vec());
    for slice in &mine {
        let entry = by_ports.entry(ports_of(slice).to_json()).or_default();
        entry.1.push(Rc::clone(slice));
    }
    for one in behind {
        let ports = Value::from(one.ports.clone());
        let mut listed = endpoint(one);
        if let Some(hints) = hints(service, one) {
            listed.set("hints", hints);
        }
        by_ports.entry(ports.to_json()).or_default().0.push(listed);
    }
    let mut slices = Slices::default();
    for (ports, (wanted, existing)) in by_ports {
        let ports = Value::from_json(&ports).unwrap_or_default();
        if wanted.is_empty() {
            slices.delete.extend(existing);
        } else {
            slices.fill(service, &ports, wanted, &existing);
        }
    }
    // A Service whose pods are all away keeps an empty slice.
    if slices.delete.len() == mine.len() && slices.create.is_empty() {
        let blank = blank(service, &Value::Null);
        match slices.delete.as_slice() {
            [only] if only.body == blank.body && only.meta.labels == blank.meta.labels => {
                slices.delete.clear();
            }
            _ => slices.create.push(blank),
        }
    }
    slices.writes(service, triggered)
}

/// The slices of a Service that a loop looks after.
pub(super) fn managed(service: &ObjectKey, manager: &str, store: &Store) -> Vec<Rc<Plain>> {
    let all = store.plain_in(Kind::EndpointSlice, Some(&service.namespace));
    let own = |slice: &&Rc<Plain>| {
        slice.meta.labels.text(SERVICE_NAME) == Some(&*service.name)
            && slice.meta.labels.text(MANAGED_BY) == Some(manager)
    };
    all.filter(own).cloned().collect()
}

/// The write that takes a slice away.
pub(super) fn deletion(slice: &Rc<Plain>) -> Write {
    Write::Delete {
        kind: Kind::EndpointSlice,
        key: slice.meta.key(),
        options: DeleteOptions::default(),
        note: None,
        about: None,
    }
}

/// A pod as a slice lists it.
fn endpoint(one: &Behind<'_>) -> Value {
    let mut value = crate::object! {
        "addresses" => vec![Value::from(&**one.address)],
        "conditions" => crate::object! {
            "ready" => one.ready,
            "serving" => one.pod.ready(),
            "terminating" => one.pod.meta.deleting(),
        },
        "targetRef" => one.target(),
    };
    if let Some(node) = &one.pod.node {
        value.set("nodeName", node);
    }
    if let Some(zone) = &one.zone {
        value.set("zone", zone);
    }
    if let Some(hostname) = one.hostname {
        value.set("hostname", hostname);
    }
    value
}

/// Whom a pod should serve, if its Service wants that to be near. Follows `preferCloseHeuristic` of
/// `staging/src/k8s.io/endpointslice/trafficdist`.
fn hints(service: &Plain, one: &Behind<'_>) -> Option<Value> {
    let node = match service.body.at(&["spec", "trafficDistribution"])?.as_str()? {
        "PreferSameNode" => one.pod.node.as_ref(),
        "PreferClose" | "PreferSameZone" => None,
        _ => return None,
    };
    let named = |name: &Rc<str>| vec![crate::object! { "name" => name }];
    let mut hints = Value::empty_object();
    if let Some(node) = node {
        hints.set("forNodes", named(node));
    }
    if let Some(zone) = &one.zone {
        hints.set("forZones", named(zone));
    }
    (one.ready && hints.entries().next().is_some()).then_some(hints)
}

/// Which of the listed pods it is.
fn identity(endpoint: &Value) -> Option<(&str, &str)> {
    let address = endpoint.items_at("addresses").first()?.as_str()?;
    Some((address, endpoint.at(&["targetRef", "uid"])?.as_str()?))
}

/// The labels of a Service's slices. Follows `setEndpointSliceLabels`.
fn labels(service: &Plain) -> Labels {
    let mut labels = service.meta.labels.clone();
    labels.remove(HEADLESS);
    if headless(service) {
        labels.set(HEADLESS, "");
    }
    labels.set(SERVICE_NAME, &service.meta.name);
    labels.set(MANAGED_BY, MANAGER);
    labels
}

/// A slice without pods. Follows `newEndpointSlice`.
fn blank(service: &Plain, ports: &Value) -> Plain {
    let meta = ObjectMeta {
        namespace: Rc::clone(&service.meta.namespace),
        generate_name: Some(format!("{}-", service.meta.name).into()),
        labels: labels(service),
        owners: Rc::new([OwnerReference::controller_of(Kind::Service, &service.meta)]),
        ..ObjectMeta::default()
    };
    let ports = if ports.items().is_empty() { Value::Null } else { ports.clone() };
    let body = crate::object! {
        "addressType" => "IPv4",
        "endpoints" => Value::Null,
        "ports" => ports,
    };
    Plain { kind: Kind::EndpointSlice, meta, body }
}

fn members(slice: &Plain) -> usize {
    slice.body.items_at("endpoints").len()
}

impl Slices {
    /// Puts the pods with the same ports into slices: what is there stays, what is new goes to slices that are written
    /// anyway, then to one that has room for all of it, then to new ones. Follows `reconcileByPortMapping`.
    fn fill(&mut self, service: &Plain, ports: &Value, wanted: Vec<Value>, existing: &[Rc<Plain>]) {
        let right = labels(service);
        let mut open: Vec<Option<Value>> = wanted.into_iter().map(Some).collect();
        let places: BTreeMap<(String, String), usize> = open
            .iter()
            .enumerate()
            .filter_map(|(place, one)| {
                let (address, uid) = identity(one.as_ref()?)?;
                Some(((address.to_owned(), uid.to_owned()), place))
            })
            .collect();
        let (mut written, mut kept) = (Vec::new(), Vec::new());
        for slice in existing {
            let old = slice.body.items_at("endpoints");
            let stay: Vec<Value> = old
                .iter()
                .filter_map(|one| {
                    let (address, uid) = identity(one)?;
                    let place = *places.get(&(address.to_owned(), uid.to_owned()))?;
                    open.get_mut(place)?.take()
                })
                .collect();
            let same = stay.as_slice() == old;
            if stay.is_empty() && !old.is_empty() {
                self.delete.push(Rc::clone(slice));
            } else if same && slice.meta.labels == right {
                kept.push(Rc::clone(slice));
            } else {
                let mut changed = Plain::clone(slice);
                changed.body.set("endpoints", stay);
                changed.meta.labels = right.clone();
                written.push(changed);
            }
        }
        let mut open: Vec<Value> = open.into_iter().flatten().rev().collect();
        written.order_by_key(|slice| std::cmp::Reverse(members(slice)));
        for slice in &mut written {
            top_up(slice, &mut open);
        }
        while !open.is_empty() {
            let room = |slice: &Rc<Plain>| MOST.checked_sub(open.len() + members(slice));
            let fitting = kept.iter().enumerate().filter_map(|(at, one)| Some((room(one)?, at)));
            if let Some((_, at)) = fitting.min().filter(|_| open.len() < MOST) {
                let mut slice = Plain::clone(&kept.remove(at));
                top_up(&mut slice, &mut open);
                written.push(slice);
            } else {
                let mut slice = blank(service, ports);
                top_up(&mut slice, &mut open);
                self.create.push(slice);
            }
        }
        self.update.extend(written);
    }

    /// The writes in order; a slice that would be deleted takes the place of one that would be created. Follows
    /// `finalize`.
    fn writes(mut self, service: &Plain, triggered: Option<Time>) -> Vec<Write> {
        let owned = |slice: &Plain| slice.meta.owners.iter().any(|one| one.uid == service.meta.uid);
        let mut delete = Vec::new();
        for old in self.delete {
            match self.create.pop() {
                Some(new) if owned(&old) => {
                    let meta = ObjectMeta { labels: new.meta.labels, ..old.meta.clone() };
                    self.update.push(Plain { meta, ..new });
                }
                new => {
                    self.create.extend(new);
                    delete.push(old);
                }
            }
        }
        if service.meta.deleting() {
            self.create.clear();
        }
        let stamp = |mut slice: Plain| {
            match triggered {
                Some(at) => slice.meta.annotations.set(TRIGGER_TIME, &at.rfc3339()),
                None => slice.meta.annotations.remove(TRIGGER_TIME),
            }
            AnyObject::Plain(Rc::new(slice))
        };
        let create = self.create.into_iter().map(|slice| Write::Create {
            object: stamp(slice),
            note: None,
            about: None,
        });
        let update = self.update.into_iter().map(|slice| Write::Update(stamp(slice)));
        create.chain(update).chain(delete.iter().map(deletion)).collect()
    }
}

/// Moves as many pods into a slice as it takes.
fn top_up(slice: &mut Plain, open: &mut Vec<Value>) {
    let room = MOST.saturating_sub(members(slice)).min(open.len());
    let rest = open.len() - room;
    let list = slice.body.child("endpoints").make_items();
    list.extend(open.drain(rest..).rev());
}
