//! The addresses behind Services: EndpointSlices, and the older Endpoints beside them. Follows
//! `staging/src/k8s.io/endpointslice` and `pkg/controller/endpoint/endpoints_controller.go`, which look at the same
//! pods at the same moments; here one look does the work of both.
//!
//! A look walks the pods of the Service's namespace. Changes in a large cluster are therefore gathered for a while
//! before they are looked at, so that one change costs the same in a cluster of any size.

pub mod mirror;
mod slices;
mod subsets;

use std::rc::Rc;

use crate::persistent::OrdMap;

use crate::api::conditions;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::reconcile::{Controller, DeleteOptions, Key, Memories, Observed, Plan, Wake, Write};
use crate::sim::order::Gather as _;
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// How many pods make a change of one of them wait a millisecond for others; below [`LARGE`] none does.
const PODS_PER_MILLI: usize = 10;
/// Clusters of more pods are large.
const LARGE: usize = 200;
/// The longest that changes are gathered.
const LONGEST_WAIT: Duration = Duration::from_seconds(1);

/// The label that ties a slice to its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The label of what belongs to a Service without an address.
const HEADLESS: &str = "service.kubernetes.io/headless";
/// When what led to the last change happened.
const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The Service is gone.
    Gone,
    /// The Service picks no pods: whoever made it says what is behind it.
    PicksNone,
    /// What is behind it.
    Behind {
        /// Pods that answer.
        ready: usize,
        /// Pods with an address that do not.
        not_ready: usize,
        /// Objects written because of it.
        writes: usize,
    },
}

/// What a Service remembers: from when its pods' last changes are. Follows `TriggerTimeTracker`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    service: Option<Time>,
    pods: OrdMap<Rc<str>, Time>,
}

/// The loop.
pub struct EndpointsLoop;

impl Controller for EndpointsLoop {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = "endpoint-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<Memory>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::Pod(pod) => {
                let before = match &change.before {
                    Some(AnyObject::Pod(before)) => Some(before),
                    _ => None,
                };
                wake_for_pod(pod, before, change.operation, store, wake);
            }
            AnyObject::Plain(plain) => match plain.kind {
                Kind::Service => {
                    wake(Key::of(&plain.meta), Duration::ZERO);
                }
                Kind::Endpoints if change.operation == Operation::Deleted => {
                    wake(Key::of(&plain.meta), Duration::ZERO);
                }
                Kind::EndpointSlice if change.operation != Operation::Added => {
                    if let Some(name) = plain.meta.labels.text(SERVICE_NAME) {
                        let key = ObjectKey::new(Rc::clone(&plain.meta.namespace), name);
                        wake(Key::new(key), Duration::ZERO);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, _: Time) -> Plan<Decision, Memory> {
        let Some(service) = seen.store.plain(Kind::Service, &key.object) else {
            return gone(key, seen.store);
        };
        let Some(picks) = selector(service) else { return Plan::idle(Decision::PicksNone) };
        let pods = seen.store.pods().iter_in(Some(&key.object.namespace));
        let pods: Vec<&Rc<Pod>> = pods.filter(|pod| picks.matches(&pod.meta.labels)).collect();
        let (triggered, memory) = trigger_time(service, &pods, seen.memory);
        let behind: Vec<Behind<'_>> =
            pods.into_iter().filter_map(|pod| Behind::new(service, pod, seen.store)).collect();
        let mut writes = slices::plan(service, &behind, triggered, seen.store);
        writes.extend(subsets::plan(service, &behind, triggered, seen.store));
        let ready = behind.iter().filter(|one| one.ready).count();
        let decision =
            Decision::Behind { ready, not_ready: behind.len() - ready, writes: writes.len() };
        Plan::writes(decision, writes).remember(memory)
    }
}

/// Wakes the Services that picked the pod or now do, if what they show of it has changed.
fn wake_for_pod(
    pod: &Pod,
    before: Option<&Rc<Pod>>,
    operation: Operation,
    store: &Store,
    wake: Wake<'_>,
) {
    let shown = |pod: &Pod| {
        let status = &pod.status;
        (status.pod_ip.is_some(), status.phase.finished(), pod.meta.deleting(), pod.ready())
    };
    let modified = before.filter(|_| operation == Operation::Modified);
    if modified
        .is_some_and(|before| shown(before) == shown(pod) && before.meta.labels == pod.meta.labels)
    {
        return;
    }
    // A pod that has no address yet stands behind nothing.
    if modified.is_none() && pod.status.pod_ip.is_none() {
        return;
    }
    let count = store.pods().len();
    let gather = Duration::from_millis(i64::try_from(count / PODS_PER_MILLI).unwrap_or(i64::MAX));
    let wait = if count > LARGE { gather.min(LONGEST_WAIT) } else { Duration::ZERO };
    for service in store.plain_in(Kind::Service, Some(&pod.meta.namespace)) {
        let Some(picks) = selector(service) else { continue };
        let picked = before.is_some_and(|before| picks.matches(&before.meta.labels));
        if picked || picks.matches(&pod.meta.labels) {
            wake(Key::of(&service.meta), wait);
        }
    }
}

/// What a Service picks; nothing if it leaves that to others.
fn selector(service: &Plain) -> Option<Selector> {
    let spec = service.body.get("spec")?;
    let picks =
        spec.get("selector").filter(|map| map.as_map().is_some_and(|map| !map.is_empty()))?;
    let other = spec.str_at("type") == Some("ExternalName");
    (!other).then(|| Selector::from_map(Some(picks)))
}

/// The Endpoints of a Service go with it; its slices belong to it and are collected.
fn gone(key: &Key, store: &Store) -> Plan<Decision, Memory> {
    let left = store.plain(Kind::Endpoints, &key.object).is_some();
    let delete = left.then(|| Write::Delete {
        kind: Kind::Endpoints,
        key: key.object.clone(),
        options: DeleteOptions::default(),
        note: None,
        about: None,
    });
    Plan::writes(Decision::Gone, delete.into_iter().collect()).remember(Memory::default())
}

/// When the earliest change happened that this look is the first to see. Follows
/// `ComputeEndpointLastChangeTriggerTime`.
fn trigger_time(service: &Plain, pods: &[&Rc<Pod>], memory: &Memory) -> (Option<Time>, Memory) {
    let since = |pod: &Pod| conditions::find(&pod.status.conditions, "Ready").map(|one| one.since);
    let fresh = pods.iter().filter_map(|pod| {
        let since = since(pod)?;
        memory.pods.get(&pod.meta.name).is_none_or(|known| since > *known).then_some(since)
    });
    let made = service.meta.created;
    let new = memory.service.is_none_or(|known| made > known).then_some(made);
    let first = fresh.chain(new).min();
    let pods = pods.iter().filter_map(|pod| Some((Rc::clone(&pod.meta.name), since(pod)?)));
    (first, Memory { service: Some(made), pods: pods.gather() })
}

/// A pod as it stands behind a Service.
struct Behind<'a> {
    pod: &'a Rc<Pod>,
    address: &'a Rc<str>,
    /// Whether it may get requests.
    ready: bool,
    /// The zone of its node.
    zone: Option<Rc<str>>,
    /// Its own name under that of the Service.
    hostname: Option<&'a str>,
    /// The Service's ports as this pod names them.
    ports: Vec<Value>,
}

impl<'a> Behind<'a> {
    /// Follows `ShouldPodBeInEndpoints` and `podToEndpoint`.
    fn new(service: &Plain, pod: &'a Rc<Pod>, store: &Store) -> Option<Self> {
        let address = pod.status.pod_ip.as_ref().filter(|_| !pod.status.phase.finished())?;
        let node = pod
            .node
            .as_ref()
            .and_then(|node| store.nodes().get(&ObjectKey::cluster(Rc::clone(node))));
        let zone = node.and_then(|node| node.meta.labels.text("topology.kubernetes.io/zone"));
        let early = publishes_early(service);
        Some(Self {
            pod,
            address,
            ready: early || (pod.ready() && !pod.meta.deleting()),
            zone: zone.filter(|zone| !zone.is_empty()).map(Rc::from),
            hostname: hostname(service, pod),
            ports: ports(service, pod),
        })
    }

    fn target(&self) -> Value {
        crate::object! {
            "kind" => "Pod",
            "name" => &self.pod.meta.name,
            "namespace" => &self.pod.meta.namespace,
            "uid" => self.pod.meta.uid.to_string(),
        }
    }
}

/// Whether pods stand behind the Service before they are ready.
fn publishes_early(service: &Plain) -> bool {
    service.body.at(&["spec", "publishNotReadyAddresses"]) == Some(&Value::Bool(true))
}

/// Whether the Service has no address of its own.
fn headless(service: &Plain) -> bool {
    let address = service.body.at(&["spec", "clusterIP"]).and_then(Value::as_str);
    matches!(address, None | Some("" | "None"))
}

/// Follows `ShouldSetHostname`.
fn hostname<'a>(service: &Plain, pod: &'a Pod) -> Option<&'a str> {
    let name = pod.spec.raw.str_at("hostname").filter(|name| !name.is_empty())?;
    (pod.spec.raw.str_at("subdomain") == Some(&*service.meta.name)).then_some(name)
}

/// The ports of a Service as a pod knows them; a name that the pod does not have is left out. Follows
/// `getEndpointPorts` and `FindPort`.
fn ports(service: &Plain, pod: &Pod) -> Vec<Value> {
    let asked = service.body.get("spec").map_or(&[][..], |spec| spec.items_at("ports"));
    let found = asked.iter().filter_map(|port| {
        let protocol = port.str_at("protocol").unwrap_or("TCP");
        let number = match port.get("targetPort") {
            Some(Value::String(name)) => named_port(pod, name, protocol)?,
            Some(number) => number.as_i64()?,
            None => port.i64_at("port")?,
        };
        let mut value = crate::object! {
            "name" => port.str_at("name").unwrap_or_default(),
            "port" => number,
            "protocol" => protocol,
        };
        if let Some(application) = port.str_at("appProtocol") {
            value.set("appProtocol", application);
        }
        Some(value)
    });
    found.collect()
}

fn named_port(pod: &Pod, name: &str, protocol: &str) -> Option<i64> {
    let sidecars = pod.spec.init_containers.iter().filter(|one| one.sidecar);
    let all = pod.spec.containers.iter().chain(sidecars).flat_map(|one| one.ports.iter());
    let mut fitting = all.filter(|port| *port.name == *name && *port.protocol == *protocol);
    fitting.next().map(|port| port.container_port)
}
