//! Copies Endpoints that somebody wrote for a Service without selector into EndpointSlices, which is what carries
//! traffic. Follows `pkg/controller/endpointslicemirroring`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::slices::{self, MANAGED_BY};
use super::{SERVICE_NAME, TRIGGER_TIME};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::{Labels, ObjectKey, ObjectMeta, OwnerReference};
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::reconcile::{Controller, Key, Memories, Note, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
/// The label of Endpoints that stay alone.
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
/// The annotation of Endpoints that are a lock, of old.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The most addresses of a subset that are copied. Follows `--mirroring-max-endpoints-per-subset`.
const MOST: usize = 1000;

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is nothing to copy.
    Nothing,
    /// So many addresses are copied.
    Mirrored {
        /// How many.
        addresses: usize,
    },
}

/// The loop.
pub struct EndpointSliceMirroring;

impl Controller for EndpointSliceMirroring {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "endpoint-slice-mirroring-controller";
    const BACK_OFF: (Duration, Duration) = (Duration::from_seconds(1), Duration::from_seconds(100));

    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        let AnyObject::Plain(plain) = &change.object else { return };
        let key = Key::of(&plain.meta);
        match plain.kind {
            Kind::Endpoints => {
                let service = store.plain(Kind::Service, &key.object);
                let gone = change.operation == Operation::Deleted;
                if gone || service.is_some_and(|service| !has_selector(service)) {
                    wake(key, Duration::ZERO);
                }
            }
            Kind::Service => {
                let before = match &change.before {
                    Some(AnyObject::Plain(before)) => Some(before),
                    _ => None,
                };
                let modified = before.filter(|_| change.operation == Operation::Modified);
                let matters = match modified {
                    Some(before) => has_selector(before) != has_selector(plain),
                    None => !has_selector(plain),
                };
                if matters {
                    wake(key, Duration::ZERO);
                }
            }
            Kind::EndpointSlice
                if change.operation != Operation::Added
                    && plain.meta.labels.text(MANAGED_BY) == Some(MANAGER) =>
            {
                if let Some(name) = plain.meta.labels.text(SERVICE_NAME) {
                    let key = ObjectKey::new(Rc::clone(&plain.meta.namespace), name);
                    wake(Key::new(key), Duration::ZERO);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, _: Time) -> Plan<Decision, ()> {
        let mine = slices::managed(&key.object, MANAGER, seen.store);
        let service = seen.store.plain(Kind::Service, &key.object);
        let wanted = service.is_some_and(|service| !has_selector(service));
        let endpoints = seen.store.plain(Kind::Endpoints, &key.object);
        let Some(endpoints) = endpoints.filter(|endpoints| wanted && mirrored(endpoints)) else {
            return Plan::writes(Decision::Nothing, mine.iter().map(slices::deletion).collect());
        };
        let (groups, skipped) = groups(endpoints);
        let addresses = groups.iter().map(|group| group.endpoints.len()).sum();
        let mut writes = plan(endpoints, groups, mine);
        if skipped > 0 {
            let text = format!(
                "A max of {MOST} addresses can be mirrored to EndpointSlices per Endpoints subset. {skipped} addresses were skipped"
            );
            let about = AnyObject::Plain(Rc::clone(endpoints));
            let note = Note::warning("TooManyAddressesToMirror", text);
            writes.push(Write::event(about, note));
        }
        Plan::writes(Decision::Mirrored { addresses }, writes)
    }
}

/// Whether the Service itself says which pods are behind it.
fn has_selector(service: &Plain) -> bool {
    !Selector::from_map(service.body.at(&["spec", "selector"])).is_empty()
}

/// Follows `shouldMirror`.
fn mirrored(endpoints: &Plain) -> bool {
    endpoints.meta.labels.text(SKIP) != Some("true")
        && endpoints.meta.annotations.text(LEADER).is_none()
}

/// Addresses of one family with the same ports: what one slice lists.
struct Group {
    family: &'static str,
    ports: Vec<Value>,
    endpoints: Vec<Value>,
}

/// The addresses of Endpoints, by their ports, and how many were too many. Whoever is listed twice for a port is not
/// ready if it is so once; addresses with the same ports come together. Follows `RepackSubsets` and `initPorts`.
fn groups(endpoints: &Plain) -> (Vec<Group>, usize) {
    type Address = (String, String);
    let mut known: BTreeMap<Address, &Value> = BTreeMap::new();
    let mut by_port: BTreeMap<String, BTreeMap<Address, bool>> = BTreeMap::new();
    for subset in endpoints.body.items_at("subsets") {
        let ports: Vec<String> = match subset.items_at("ports") {
            [] => vec![Value::Null.to_json()],
            ports => ports.iter().map(|one| port(one).to_json()).collect(),
        };
        for (list, ready) in [("addresses", true), ("notReadyAddresses", false)] {
            for address in subset.items_at(list) {
                let text = |path: &[&str]| address.at(path).and_then(Value::as_str);
                let name = (
                    text(&["ip"]).unwrap_or_default().to_owned(),
                    text(&["targetRef", "uid"]).unwrap_or_default().to_owned(),
                );
                known.entry(name.clone()).or_insert(address);
                for port in &ports {
                    let ready_now = by_port
                        .entry(port.clone())
                        .or_default()
                        .entry(name.clone())
                        .or_insert(true);
                    *ready_now &= ready;
                }
            }
        }
    }
    let mut by_addresses: BTreeMap<Vec<(Address, bool)>, Vec<Value>> = BTreeMap::new();
    for (port, addresses) in by_port {
        let ports = by_addresses.entry(addresses.into_iter().collect()).or_default();
        ports.extend(Value::from_json(&port).ok().filter(|port| !port.is_null()));
    }
    let (mut groups, mut skipped) = (Vec::new(), 0);
    for (addresses, ports) in by_addresses {
        skipped += addresses.len().saturating_sub(MOST);
        // Who is ready comes first where not all have room.
        let ready_first = [true, false]
            .into_iter()
            .flat_map(|wanted| addresses.iter().filter(move |(_, ready)| *ready == wanted));
        let mut families: BTreeMap<&'static str, Vec<Value>> = BTreeMap::new();
        for (name, ready) in ready_first.take(MOST) {
            let Some(address) = known.get(name) else { continue };
            let family = if name.0.contains(':') { "IPv6" } else { "IPv4" };
            families.entry(family).or_default().push(endpoint(address, *ready));
        }
        let each = families.into_iter().map(|(family, endpoints)| Group {
            family,
            ports: ports.clone(),
            endpoints,
        });
        groups.extend(each);
    }
    (groups, skipped)
}

/// Follows `epPortsToEpsPorts`.
fn port(port: &Value) -> Value {
    let mut copy = crate::object! {
        "name" => port.str_at("name").unwrap_or_default(),
        "port" => port.i64_at("port").unwrap_or_default(),
        "protocol" => port.str_at("protocol").unwrap_or("TCP"),
    };
    if let Some(application) = port.str_at("appProtocol") {
        copy.set("appProtocol", application);
    }
    copy
}

/// Follows `addressToEndpoint`.
pub(in crate::controllers) fn endpoint(address: &Value, ready: bool) -> Value {
    let mut endpoint = crate::object! {
        "addresses" => vec![Value::from(address.str_at("ip").unwrap_or_default())],
        "conditions" => crate::object! { "ready" => ready },
    };
    for key in ["hostname", "nodeName", "targetRef"] {
        if let Some(value) = address.get(key) {
            endpoint.set(key, value.clone());
        }
    }
    endpoint
}

/// A slice for each group; the first one of the same ports stays and is brought up to date. Follows `reconcile`.
fn plan(endpoints: &Plain, groups: Vec<Group>, mine: Vec<Rc<Plain>>) -> Vec<Write> {
    let (mut create, mut update) = (Vec::new(), Vec::new());
    let mut left = mine;
    for group in groups {
        let new = slice(endpoints, group);
        let alike = |old: &Rc<Plain>| {
            old.body.get("addressType") == new.body.get("addressType")
                && old.body.items_at("ports") == new.body.items_at("ports")
        };
        match left.iter().position(alike) {
            Some(at) => {
                let old = left.remove(at);
                let same = old.body == new.body
                    && old.meta.labels == new.meta.labels
                    && old.meta.annotations == new.meta.annotations
                    && old.meta.same_owners(&new.meta);
                if !same {
                    update.push(in_place_of(&old, new));
                }
            }
            None => create.push(new),
        }
    }
    // What would be deleted takes the place of what would be made.
    let mut delete = Vec::new();
    for old in left {
        let same = |new: &Plain| new.body.get("addressType") == old.body.get("addressType");
        match create.iter().position(same) {
            Some(at) => update.push(in_place_of(&old, create.remove(at))),
            None => delete.push(old),
        }
    }
    let object = |slice: Plain| AnyObject::Plain(Rc::new(slice));
    let create = create
        .into_iter()
        .filter(|_| !endpoints.meta.deleting())
        .map(|slice| Write::Create { object: object(slice), note: None, about: None });
    let update = update.into_iter().map(|slice| Write::Update(object(slice)));
    create.chain(update).chain(delete.iter().map(slices::deletion)).collect()
}

fn in_place_of(old: &Plain, new: Plain) -> Plain {
    let ObjectMeta { labels, annotations, owners, .. } = new.meta;
    Plain { meta: ObjectMeta { labels, annotations, owners, ..old.meta.clone() }, ..new }
}

/// Follows `newEndpointSlice`.
fn slice(endpoints: &Plain, group: Group) -> Plain {
    let from = &endpoints.meta;
    let mut labels = from.labels.clone();
    labels.set(SERVICE_NAME, &from.name);
    labels.set(MANAGED_BY, MANAGER);
    let mut annotations: Labels = from.annotations.clone();
    annotations.remove(TRIGGER_TIME);
    annotations.remove(LAST_APPLIED);
    let meta = ObjectMeta {
        namespace: Rc::clone(&from.namespace),
        generate_name: Some(format!("{}-", from.name).into()),
        labels,
        annotations,
        owners: Rc::new([OwnerReference::controller_of(Kind::Endpoints, from)]),
        ..ObjectMeta::default()
    };
    let ports = if group.ports.is_empty() { Value::Null } else { Value::from(group.ports) };
    let body = crate::object! {
        "addressType" => group.family,
        "endpoints" => group.endpoints,
        "ports" => ports,
    };
    Plain { kind: Kind::EndpointSlice, meta, body }
}
