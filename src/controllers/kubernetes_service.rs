//! Keeps the Service `kubernetes` and what is behind it: every ten seconds the API server looks whether they are there,
//! and whether its address is still written down. Follows `pkg/controlplane/controller/kubernetesservice/controller.go`
//! and `pkg/controlplane/reconcilers`. A look that would find nothing new is left out.

use std::rc::Rc;

use super::endpoints::mirror::endpoint;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::object;
use crate::reconcile::{Controller, DeleteOptions, Key, Memories, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// How often it looks, follows `DefaultEndpointReconcilerInterval`; and when, since no server starts at a full second.
const PERIOD: Duration = Duration::from_seconds(10);
const PHASE: Duration = Duration::from_millis(6_400);
const NAMESPACE: &str = "default";
const NAME: &str = "kubernetes";
/// Endpoints with this label are not mirrored.
const SKIP_MIRROR: &str = "endpointslice.kubernetes.io/skip-mirror";
/// Where the API server listens: on the control plane, the first machine of a cluster.
pub const ADDRESS: &str = "172.18.0.2";

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It looks when its time has come.
    Later,
    /// It has looked.
    Kept {
        /// How many writes it took.
        writes: usize,
    },
}

/// The loop.
pub struct KubernetesService;

impl Controller for KubernetesService {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "kubernetes-service-controller";

    fn wakes(change: &Change, _: &Store, _: &Memories<()>, wake: Wake<'_>) {
        let AnyObject::Plain(plain) = &change.object else { return };
        let matters = match plain.kind {
            Kind::Service => change.operation == Operation::Deleted,
            Kind::Endpoints | Kind::EndpointSlice => change.operation != Operation::Added,
            _ => false,
        };
        if matters && *plain.meta.name == *NAME && *plain.meta.namespace == *NAMESPACE {
            wake(Key::of(&plain.meta), Duration::ZERO);
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        let since = (now - PHASE).unix_millis().rem_euclid(PERIOD.millis());
        if since > 0 {
            let next = now + PERIOD - Duration::from_millis(since);
            return Plan::idle(Decision::Later).wake_at(Some(next));
        }
        let mut writes = Vec::new();
        if seen.store.plain(Kind::Service, &key.object).is_none() {
            writes.push(creation(Kind::Service, &service()));
        }
        let subset = keep_endpoints(&key.object, seen.store, &mut writes);
        keep_slice(&key.object, &subset, seen.store, &mut writes);
        Plan::writes(Decision::Kept { writes: writes.len() }, writes)
    }
}

/// The Service with its Endpoints and their slice, as a new cluster has them.
pub fn objects() -> [(Kind, Value); 3] {
    let (subset, meta) = (subset(ports()), endpoints_meta());
    let slice = slice(&subset);
    let endpoints = object! { "metadata" => meta, "subsets" => vec![subset] };
    [(Kind::Service, service()), (Kind::Endpoints, endpoints), (Kind::EndpointSlice, slice)]
}

fn creation(kind: Kind, value: &Value) -> Write {
    Write::Create { object: AnyObject::from_value(kind, value), note: None, about: None }
}

fn update(plain: Plain) -> Write {
    Write::Update(AnyObject::Plain(Rc::new(plain)))
}

/// Its metadata with some labels.
fn meta(labels: &[(&str, &str)]) -> Value {
    let mut all = Value::empty_object();
    labels.iter().for_each(|(key, value)| all.set(key, *value));
    object! { "name" => NAME, "namespace" => NAMESPACE, "labels" => all }
}

fn endpoints_meta() -> Value {
    meta(&[(SKIP_MIRROR, "true")])
}

/// Follows `CreateOrUpdateMasterServiceIfNeeded`.
fn service() -> Value {
    let port =
        object! { "name" => "https", "port" => 443, "protocol" => "TCP", "targetPort" => 6443 };
    object! {
        "metadata" => meta(&[("component", "apiserver"), ("provider", "kubernetes")]),
        "spec" => object! {
            "clusterIP" => "10.96.0.1",
            "clusterIPs" => vec!["10.96.0.1"],
            "ports" => vec![port],
            "type" => "ClusterIP",
        },
    }
}

fn ports() -> Value {
    Value::from(vec![object! { "name" => "https", "port" => 6443, "protocol" => "TCP" }])
}

fn subset(ports: Value) -> Value {
    object! { "addresses" => vec![object! { "ip" => ADDRESS }], "ports" => ports }
}

/// Keeps the address among the Endpoints, and answers with their subset; which ports are written there is left to who
/// writes them. Follows `doReconcile` of `lease.go`.
fn keep_endpoints(key: &ObjectKey, store: &Store, writes: &mut Vec<Write>) -> Value {
    let Some(found) = store.plain(Kind::Endpoints, key) else {
        let subset = subset(ports());
        let endpoints =
            object! { "metadata" => endpoints_meta(), "subsets" => vec![subset.clone()] };
        writes.push(creation(Kind::Endpoints, &endpoints));
        return subset;
    };
    let right = match found.body.items_at("subsets") {
        [only] => match only.items_at("addresses") {
            [one] if one.str_at("ip") == Some(ADDRESS) => only.clone(),
            _ => subset(only.get("ports").cloned().unwrap_or_else(ports)),
        },
        _ => subset(ports()),
    };
    let mut kept = Plain::clone(found);
    kept.meta.labels.set(SKIP_MIRROR, "true");
    kept.body.set("subsets", vec![right.clone()]);
    if kept != **found {
        writes.push(update(kept));
    }
    right
}

/// Follows `endpointSliceFromEndpoints`.
fn slice(subset: &Value) -> Value {
    let listed = |key: &str, ready: bool| -> Vec<Value> {
        subset.items_at(key).iter().map(|one| endpoint(one, ready)).collect()
    };
    let mut all = listed("addresses", true);
    all.extend(listed("notReadyAddresses", false));
    object! {
        "metadata" => meta(&[("kubernetes.io/service-name", NAME)]),
        "addressType" => "IPv4",
        "endpoints" => all,
        "ports" => subset.get("ports").cloned().unwrap_or_default(),
    }
}

/// Keeps the slice as the Endpoints are. Follows `EnsureEndpointSliceFromEndpoints`.
fn keep_slice(key: &ObjectKey, subset: &Value, store: &Store, writes: &mut Vec<Write>) {
    let wanted = slice(subset);
    let found = store.plain(Kind::EndpointSlice, key);
    let AnyObject::Plain(right) = AnyObject::from_value(Kind::EndpointSlice, &wanted) else {
        return;
    };
    let Some(found) = found else {
        return writes.push(creation(Kind::EndpointSlice, &wanted));
    };
    if found.body.get("addressType") != right.body.get("addressType") {
        // An address of another family takes another slice.
        writes.push(Write::Delete {
            kind: Kind::EndpointSlice,
            key: key.clone(),
            options: DeleteOptions::default(),
            note: None,
            about: None,
        });
        return writes.push(creation(Kind::EndpointSlice, &wanted));
    }
    let same = |key: &str| found.body.get(key) == right.body.get(key);
    if !same("endpoints") || !same("ports") || found.meta.labels != right.meta.labels {
        let mut kept = Plain::clone(found);
        kept.body = right.body.clone();
        kept.meta.labels = right.meta.labels.clone();
        writes.push(update(kept));
    }
}
