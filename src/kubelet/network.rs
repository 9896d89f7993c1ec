//! The network between pods, as a process sees it: addresses, names and cluster addresses of Services.

use std::rc::Rc;

use super::machine::Kubelets;
use super::runtime::PodRuntime;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::containers::{Answer, Outside, Request};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::store::Store;

/// The network as one pod sees it. Its own runtime is not in `kubelets` while it is being looked at.
pub(super) struct Network<'a> {
    pub(super) kubelets: &'a mut Kubelets,
    pub(super) store: &'a Store,
    pub(super) pod: &'a Pod,
    /// The pod's own runtime; the process that asks is taken out of it.
    pub(super) own: &'a mut PodRuntime,
    pub(super) now: Time,
}

/// So long a client is sent to the same pod. Follows `DefaultClientIPServiceAffinitySeconds`.
const AFFINITY_SECONDS: i64 = 10_800;

/// Where a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// At a port of a pod.
    Pod(Uid, u16),
    /// At a machine that does not listen there.
    Refused,
    /// Nowhere: nobody answers at that address.
    Silent,
}

/// An address behind a Service. Follows `endpointsInfo` of `pkg/proxy`.
struct Endpoint<'a> {
    address: &'a str,
    port: u16,
    ready: bool,
    /// Whether it still answers although its pod is going.
    leaving: bool,
    node: Option<&'a str>,
    hostname: Option<&'a str>,
    /// The pod that it is said to be.
    target: Option<Uid>,
}

impl Outside for Network<'_> {
    fn http(&mut self, host: &str, request: Request<'_>) -> Answer {
        let (uid, port) = match self.resolve(host, request.port) {
            None => return Answer::Unknown,
            Some(End::Refused) => return Answer::Refused,
            Some(End::Silent) => return Answer::Silent,
            Some(End::Pod(uid, port)) => (uid, port),
        };
        let request = Request { port, ..request };
        let peer = self.own.address.clone().unwrap_or_default();
        let now = self.now;
        if uid == self.pod.meta.uid {
            return self.own.http(now, request, &peer);
        }
        let Some(runtime) = self.kubelets.runtimes.get_mut(&uid) else { return Answer::Silent };
        let up = self.kubelets.machines.get(&runtime.node).is_some_and(|machine| machine.running);
        if !up {
            return Answer::Silent;
        }
        runtime.http(now, request, &peer)
    }
}

impl Network<'_> {
    /// Where a request to a host and port ends; `None` if there is no such host.
    fn resolve(&mut self, host: &str, port: u16) -> Option<End> {
        if matches!(host, "localhost" | "127.0.0.1" | "::1") || *host == *self.pod.meta.name {
            return Some(End::Pod(self.pod.meta.uid, port));
        }
        if let Some(end) = self.at(host, port, None) {
            return Some(end);
        }
        if let Some(service) = self.service(host) {
            return match is_headless(&service) {
                true => self.named(&service, None, port),
                false => Some(self.behind(&service, port, &Policy::Internal)),
            };
        }
        if let Some((name, rest)) = host.split_once('.')
            && let Some(service) = self.service(rest).filter(|service| is_headless(service))
        {
            return self.named(&service, Some(name), port);
        }
        // An address that nobody has: the packets go nowhere.
        host.parse::<std::net::IpAddr>().is_ok().then_some(End::Silent)
    }

    /// Where a request to an address of a pod or a node (or to a node's name) ends; `target` is the pod that is said to
    /// have the address.
    fn at(&mut self, address: &str, port: u16, target: Option<Uid>) -> Option<End> {
        if self.own.address.as_deref() == Some(address) {
            return Some(End::Pod(self.pod.meta.uid, port));
        }
        if let Some(uid) = self.kubelets.addresses.get(address) {
            return Some(End::Pod(*uid, port));
        }
        let in_its_network = |uid: &Uid| {
            let pod = self.store.by_uid(*uid);
            matches!(pod, Some(AnyObject::Pod(pod)) if pod.status.pod_ip.as_deref() == Some(address))
        };
        match target.filter(in_its_network) {
            Some(uid) => Some(End::Pod(uid, port)),
            None => self.on_node(address, port),
        }
    }

    /// The Service of a name (`web`, `web.shop`, `web.shop.svc.cluster.local`) or cluster address. One that stands for
    /// another name leads there.
    fn service(&self, host: &str) -> Option<Rc<Plain>> {
        const MOST_ALIASES: usize = 8;
        let mut host: Rc<str> = host.into();
        for _ in 0..MOST_ALIASES {
            let found = self.service_of_name(&host)?;
            let spec = |key: &str| found.body.at(&["spec", key]).and_then(Value::as_str);
            match spec("externalName").filter(|_| spec("type") == Some("ExternalName")) {
                Some(name) => host = name.strip_suffix('.').unwrap_or(name).into(),
                None => return Some(found),
            }
        }
        None
    }

    fn service_of_name(&self, host: &str) -> Option<Rc<Plain>> {
        let mut parts = host.split('.');
        let name = parts.next()?;
        let namespace = parts.next().unwrap_or(&self.pod.meta.namespace);
        let rest: Vec<&str> = parts.collect();
        let named = ["", "svc", "svc.cluster.local"].contains(&rest.join(".").as_str());
        let key = ObjectKey::new(namespace, name);
        if let Some(service) = self.store.plain(Kind::Service, &key).filter(|_| named) {
            return Some(Rc::clone(service));
        }
        let has = |service: &&Rc<Plain>| {
            service.body.at(&["spec", "clusterIP"]).and_then(Value::as_str) == Some(host)
        };
        self.store.plain_in(Kind::Service, None).find(has).cloned()
    }

    /// What the slices of a Service list for the port of a name, or for whatever port, by the names of pods, or else by
    /// address.
    fn endpoints<'s>(
        store: &'s Store,
        service: &'s Plain,
        port: Option<&str>,
    ) -> Vec<Endpoint<'s>> {
        let mut all = Vec::new();
        for slice in store.plain_in(Kind::EndpointSlice, Some(&service.meta.namespace)) {
            if slice.meta.labels.text("kubernetes.io/service-name") != Some(&*service.meta.name) {
                continue;
            }
            let number = match port {
                Some(name) => {
                    let is_port = |one: &&Value| one.str_at("name").unwrap_or_default() == name;
                    let found = slice.body.items_at("ports").iter().find(is_port);
                    found.and_then(|one| u16::try_from(one.i64_at("port")?).ok())
                }
                None => Some(0),
            };
            let Some(number) = number else { continue };
            for one in slice.body.items_at("endpoints") {
                let says = |key: &str| one.get("conditions").and_then(|it| it.bool_at(key));
                let ready = says("ready").unwrap_or(true);
                let name = one.at(&["targetRef", "name"]).and_then(Value::as_str);
                let uid = one.at(&["targetRef", "uid"]).and_then(Value::as_str);
                let addresses = one.items_at("addresses").iter().filter_map(Value::as_str);
                all.extend(addresses.map(|address| {
                    let endpoint = Endpoint {
                        address,
                        port: number,
                        ready,
                        leaving: says("serving").unwrap_or(ready)
                            && says("terminating").unwrap_or(false),
                        node: one.str_at("nodeName"),
                        hostname: one.str_at("hostname"),
                        target: uid.map(Uid::from_text),
                    };
                    (name, endpoint)
                }));
            }
        }
        all.order_by(|one, other| (one.0, one.1.address).cmp(&(other.0, other.1.address)));
        all.into_iter().map(|(_, endpoint)| endpoint).collect()
    }

    /// A Service without an address is a name for the addresses of its pods, whose ports are as they are; with a name
    /// before its own it is the pod of that name. Nobody there is no such host.
    fn named(&mut self, service: &Plain, hostname: Option<&str>, port: u16) -> Option<End> {
        let fits = |one: &Endpoint<'_>| {
            one.ready && hostname.is_none_or(|wanted| one.hostname == Some(wanted))
        };
        let mut all = Self::endpoints(self.store, service, None);
        all.retain(fits);
        let (address, target) = self.turn(&all).map(|one| (one.address.to_owned(), one.target))?;
        self.kubelets.requests = self.kubelets.requests.wrapping_add(1);
        Some(self.at(&address, port, target).unwrap_or(End::Silent))
    }

    /// Whose turn it is: another one's for each request.
    fn turn<'a, 'b>(&self, all: &'a [Endpoint<'b>]) -> Option<&'a Endpoint<'b>> {
        let count = u64::try_from(all.len().max(1)).unwrap_or(1);
        all.get(usize::try_from(self.kubelets.requests % count).unwrap_or(0))
    }

    /// One of the addresses behind a port of a Service: one that is ready, or else one whose pod is going and still
    /// answers. Follows `CategorizeEndpoints` of `pkg/proxy/topology.go`.
    fn behind(&mut self, service: &Plain, port: u16, policy: &Policy<'_>) -> End {
        let Some(spec) = service.body.get("spec") else { return End::Refused };
        let is_port = |entry: &&Value| entry.i64_at("port") == Some(i64::from(port));
        let Some(entry) = spec.items_at("ports").iter().find(is_port) else { return End::Refused };
        let name = entry.str_at("name").unwrap_or_default();
        let mut all = Self::endpoints(self.store, service, Some(name));
        let (key, node) = match policy {
            Policy::Internal => ("internalTrafficPolicy", self.pod.node.as_deref()),
            Policy::External(node) => ("externalTrafficPolicy", Some(*node)),
        };
        let anywhere = all.len();
        let local = spec.str_at(key) == Some("Local");
        if local {
            all.retain(|one| one.node == node);
        }
        let ready = all.iter().any(|one| one.ready);
        all.retain(|one| if ready { one.ready } else { one.leaving });
        let sticky = spec.str_at("sessionAffinity") == Some("ClientIP");
        let client: Rc<str> = self.own.address.clone().unwrap_or_default();
        let client = (service.meta.uid, client);
        let again = self.kubelets.affinities.get(&client).filter(|(_, at)| {
            let path = ["sessionAffinityConfig", "clientIP", "timeoutSeconds"];
            let seconds = spec.at(&path).and_then(Value::as_i64).unwrap_or(AFFINITY_SECONDS);
            sticky && self.now < *at + Duration::from_seconds(seconds)
        });
        let again = again.and_then(|(known, _)| all.iter().find(|one| *one.address == **known));
        let Some(one) = again.or_else(|| self.turn(&all)) else {
            return if local && anywhere > 0 { End::Silent } else { End::Refused };
        };
        let (address, port, target) = (Rc::<str>::from(one.address), one.port, one.target);
        self.kubelets.requests = self.kubelets.requests.wrapping_add(1);
        if sticky {
            self.kubelets.affinities.insert(client, (Rc::clone(&address), self.now));
        }
        self.at(&address, port, target).unwrap_or(End::Silent)
    }

    /// Behind the Service that has this port on every node.
    fn through_node_port(&mut self, node: &str, number: u16) -> End {
        let mut services = self.store.plain_in(Kind::Service, None);
        let found = services.find_map(|service| {
            let ports = service.body.get("spec")?.items_at("ports").iter();
            let mut own = ports.filter(|port| port.i64_at("nodePort") == Some(i64::from(number)));
            let port = u16::try_from(own.next()?.i64_at("port")?).ok()?;
            Some((Rc::clone(service), port))
        });
        match found {
            Some((service, port)) => self.behind(&service, port, &Policy::External(node)),
            None => End::Refused,
        }
    }

    /// The pod that has taken this port of a node, by the node's address or name.
    fn on_node(&mut self, host: &str, port: u16) -> Option<End> {
        let mut nodes = self.store.nodes().iter();
        let node =
            nodes.find(|node| *node.status.internal_ip == *host || *node.meta.name == *host)?;
        if self.kubelets.running(&node.meta.name) != Some(true) {
            return Some(End::Silent);
        }
        let taken = |pod: &Rc<Pod>| {
            let port = pod.spec.host_ports.iter().find(|one| one.host_port == i64::from(port))?;
            Some(End::Pod(pod.meta.uid, u16::try_from(port.container_port).ok()?))
        };
        let on_it = self.store.pods_on(&node.meta.name).filter(|pod| !pod.status.phase.finished());
        let found = on_it.filter_map(taken).next();
        Some(found.unwrap_or_else(|| self.through_node_port(&node.meta.name, port)))
    }
}

/// Which traffic policy of a Service counts.
enum Policy<'a> {
    /// The pod itself asks.
    Internal,
    /// It came in at a node.
    External(&'a str),
}

/// Whether a Service has no address of its own.
fn is_headless(service: &Plain) -> bool {
    service.body.at(&["spec", "clusterIP"]).and_then(Value::as_str) == Some("None")
}
