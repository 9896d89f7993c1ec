//! The network between pods, as a process sees it: addresses, names and cluster addresses of Services.

use std::rc::Rc;

use super::machine::Kubelets;
use super::runtime::PodRuntime;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::object::Plain;
use crate::api::value::Value;
use crate::containers::{Answer, Outside};
use crate::sim::Time;
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

impl Outside for Network<'_> {
    fn http(&mut self, host: &str, port: u16, path: &str) -> Answer {
        let Some(target) = self.resolve(host, port) else { return Answer::Unknown };
        let Some((uid, port)) = target else { return Answer::Refused };
        let peer = self.own.address.clone().unwrap_or_default();
        let now = self.now;
        if uid == self.pod.meta.uid {
            return self.own.http(now, port, path, &peer);
        }
        let Some(runtime) = self.kubelets.runtimes.get_mut(&uid) else { return Answer::Silent };
        let up = self.kubelets.machines.get(&runtime.node).is_some_and(|machine| machine.running);
        if !up {
            return Answer::Silent;
        }
        Rc::make_mut(runtime).http(now, port, path, &peer)
    }
}

impl Network<'_> {
    /// The pod and port behind a host and port. `None`: no such host; `Some(None)`: nobody is behind it.
    fn resolve(&mut self, host: &str, port: u16) -> Option<Option<(Uid, u16)>> {
        let own = self.own.address.as_deref();
        if matches!(host, "localhost" | "127.0.0.1" | "::1")
            || own == Some(host)
            || *host == *self.pod.meta.name
        {
            return Some(Some((self.pod.meta.uid, port)));
        }
        if let Some(uid) = self.kubelets.addresses.get(host) {
            return Some(Some((*uid, port)));
        }
        if let Some(service) = self.service(host) {
            return Some(self.behind(&service, port));
        }
        if let Some(uid) = self.by_hostname(host) {
            return Some(Some((uid, port)));
        }
        self.on_node(host, port)
    }

    /// The Service of a name (`web`, `web.shop`, `web.shop.svc.cluster.local`) or cluster address.
    fn service(&self, host: &str) -> Option<Rc<Plain>> {
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

    /// The pod that has a name of its own under that of a Service without an address (`job-0.workers`).
    fn by_hostname(&self, host: &str) -> Option<Uid> {
        let (name, rest) = host.split_once('.')?;
        let service = self.service(rest).filter(|service| is_headless(service))?;
        let own = |pod: &&Rc<Pod>| {
            let text = |key: &str| pod.spec.raw.str_at(key).unwrap_or_default();
            text("hostname") == name && text("subdomain") == &*service.meta.name && pod.ready()
        };
        let mut pods = self.store.pods().iter_in(Some(&service.meta.namespace));
        pods.find(own).map(|pod| pod.meta.uid)
    }

    /// One of the ready pods behind a Service, another for each request. A Service without an address is a name for
    /// the addresses of its pods, and their ports are as they are.
    fn behind(&mut self, service: &Plain, port: u16) -> Option<(Uid, u16)> {
        let spec = service.body.get("spec")?;
        let headless = is_headless(service);
        let is_port = |entry: &&Value| entry.i64_at("port") == Some(i64::from(port));
        let entry = spec.items_at("ports").iter().find(is_port);
        if entry.is_none() && !headless {
            return None;
        }
        let selector = Selector::from_map(spec.get("selector"));
        let pods: Vec<&Rc<Pod>> = self
            .store
            .pods()
            .iter_in(Some(&service.meta.namespace))
            .filter(|pod| !selector.is_empty() && pod.ready() && selector.matches(&pod.meta.labels))
            .collect();
        let turn = self.kubelets.requests % u64::try_from(pods.len().max(1)).unwrap_or(1);
        self.kubelets.requests = self.kubelets.requests.wrapping_add(1);
        let pod = pods.get(usize::try_from(turn).unwrap_or(0))?;
        let named = |name: &str| {
            let ports = pod.spec.containers.iter().flat_map(|container| container.ports.iter());
            ports.filter(|one| *one.name == *name).map(|one| one.container_port).next()
        };
        let target = match entry.filter(|_| !headless).and_then(|entry| entry.get("targetPort")) {
            Some(Value::String(name)) => named(name)?,
            Some(number) => number.as_i64()?,
            None => i64::from(port),
        };
        Some((pod.meta.uid, u16::try_from(target).ok()?))
    }

    /// A pod behind the Service that has this port on every node.
    fn through_node_port(&mut self, number: u16) -> Option<(Uid, u16)> {
        let services = self.store.plain_in(Kind::Service, None);
        let (service, port) = services.into_iter().find_map(|service| {
            let ports = service.body.get("spec")?.items_at("ports").iter();
            let mut own = ports.filter(|port| port.i64_at("nodePort") == Some(i64::from(number)));
            Some((Rc::clone(service), own.next()?.i64_at("port")?))
        })?;
        self.behind(&service, u16::try_from(port).ok()?)
    }

    /// The pod that has taken this port of a node, by the node's address or name.
    fn on_node(&mut self, host: &str, port: u16) -> Option<Option<(Uid, u16)>> {
        let mut nodes = self.store.nodes().iter();
        let node =
            nodes.find(|node| *node.status.internal_ip == *host || *node.meta.name == *host)?;
        let taken = |pod: &Rc<Pod>| {
            let port = pod.spec.host_ports.iter().find(|one| one.host_port == i64::from(port))?;
            Some((pod.meta.uid, u16::try_from(port.container_port).ok()?))
        };
        let on_it = self.store.pods_on(&node.meta.name).filter(|pod| !pod.status.phase.finished());
        let found = on_it.filter_map(taken).next();
        Some(found.or_else(|| self.through_node_port(port)))
    }
}

/// Whether a Service has no address of its own.
fn is_headless(service: &Plain) -> bool {
    service.body.at(&["spec", "clusterIP"]).and_then(Value::as_str) == Some("None")
}
