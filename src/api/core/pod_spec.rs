//! Pod specs and templates: as written, and the parts that the simulation looks at.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::container::{Container, Port};
use super::restart::RestartPolicy;
use super::scheduling::{Affinity, SpreadConstraint, Toleration};
use crate::api::defaults;
use crate::api::meta::Labels;
use crate::api::object::Plain;
use crate::api::resources::Resources;
use crate::api::value::Value;

/// The quality of service class. Follows `pkg/apis/core/v1/helper/qos`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qos {
    /// Limits everywhere, equal to the requests.
    Guaranteed,
    /// Anything between.
    Burstable,
    /// No request and no limit anywhere.
    BestEffort,
}

impl Qos {
    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// What a pod asks for and may use as a whole, where its author says so beside its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodResources {
    /// `resources.requests`
    pub requests: Resources,
    /// `resources.limits`
    pub limits: Resources,
}

/// A volume of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The name.
    pub name: Rc<str>,
    /// All of it, as written.
    pub raw: Value,
}

/// The spec of a pod. Pods made from one template share it; what differs (the node) lies in the pod.
#[derive(Clone, Debug)]
pub struct PodSpec {
    /// Everything, as written and defaulted, without `nodeName`.
    pub raw: Value,
    /// Containers.
    pub containers: Rc<[Container]>,
    /// Init containers, sidecars among them.
    pub init_containers: Rc<[Container]>,
    /// What happens when a container ends.
    pub restart_policy: RestartPolicy,
    /// `terminationGracePeriodSeconds`
    pub grace_seconds: i64,
    /// `activeDeadlineSeconds`
    pub active_deadline_seconds: Option<i64>,
    /// `nodeSelector`
    pub node_selector: Labels,
    /// Tolerations in their order.
    pub tolerations: Rc<[Toleration]>,
    /// Affinity.
    pub affinity: Option<Rc<Affinity>>,
    /// Topology spread constraints.
    pub spread: Rc<[SpreadConstraint]>,
    /// Whether the pod lives in the node's network.
    pub host_network: bool,
    /// Ports taken on the node.
    pub host_ports: Rc<[Port]>,
    /// `priorityClassName`
    pub priority_class: Rc<str>,
    /// `priority`
    pub priority: i64,
    /// Whether it may push others out.
    pub preempts: bool,
    /// Whether gates hold it back from being scheduled.
    pub gated: bool,
    /// The conditions set by others without which it is not ready.
    pub readiness_gates: Rc<[Rc<str>]>,
    /// `schedulerName`
    pub scheduler_name: Rc<str>,
    /// Volumes.
    pub volumes: Rc<[Volume]>,
    /// `resources`: what it says of itself as a whole; most pods say nothing.
    pub own: Option<Rc<PodResources>>,
    /// What it asks for in sum, as the scheduler counts it.
    pub requests: Resources,
    /// What it counts for in scores: containers that ask for nothing count a little.
    pub scored: Resources,
    /// The quality of service class.
    pub qos: Qos,
    /// `hostname`, or nothing.
    pub hostname: Rc<str>,
    /// `enableServiceLinks`: whether environment variables tell of the Services of its namespace.
    pub service_links: bool,
    /// This spec after admission, once it was computed, and for which priority class. See `apiserver::admission`.
    pub admitted: RefCell<Option<(Option<Rc<Plain>>, Rc<Self>)>>,
    /// The spec from which this one differs in its affinity only: what admission makes of that one holds here, too.
    pub alike: Option<Rc<Self>>,
    /// This spec with what every daemon pod bears, once it was computed. See `controllers::daemonset`.
    pub daemon: OnceCell<Rc<Self>>,
}

impl PartialEq for PodSpec {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for PodSpec {}

impl PodSpec {
    /// Reads a defaulted pod spec.
    pub fn parse(value: &Value) -> Self {
        let mut raw = value.clone();
        raw.remove("nodeName");
        let text = |key| -> Rc<str> { value.str_at(key).unwrap_or_default().into() };
        let context = value.get("securityContext");
        let all = |list: &str| -> Rc<[Container]> {
            value.items_at(list).iter().map(|one| Container::parse(one, context)).collect()
        };
        let (containers, init_containers) = (all("containers"), all("initContainers"));
        let host_network = value.bool_at("hostNetwork").unwrap_or(false);
        let host_ports = host_ports(&containers, &init_containers, host_network);
        let own = value.get("resources").filter(|own| !own.is_null()).map(|own| {
            Rc::new(PodResources {
                requests: Resources::parse(own.get("requests")),
                limits: Resources::parse(own.get("limits")),
            })
        });
        Self {
            requests: pod_requests(&containers, &init_containers, value, |one| &one.requests),
            scored: pod_requests(&containers, &init_containers, value, |one| &one.scored),
            qos: match &own {
                Some(own) => qos(|| [(&own.requests, &own.limits)].into_iter()),
                None => qos(|| {
                    let all = containers.iter().chain(init_containers.iter());
                    all.map(|one| (&one.requests, &one.limits))
                }),
            },
            own,
            containers,
            init_containers,
            restart_policy: RestartPolicy::parse(value).unwrap_or(RestartPolicy::Always),
            grace_seconds: value.i64_at("terminationGracePeriodSeconds").unwrap_or(30),
            active_deadline_seconds: value.i64_at("activeDeadlineSeconds"),
            node_selector: Labels::from_value(value.get("nodeSelector")),
            tolerations: value.items_at("tolerations").iter().map(Toleration::parse).collect(),
            affinity: value.get("affinity").map(|affinity| Rc::new(Affinity::parse(affinity))),
            spread: value
                .items_at("topologySpreadConstraints")
                .iter()
                .map(SpreadConstraint::parse)
                .collect(),
            host_network,
            host_ports,
            priority_class: text("priorityClassName"),
            priority: value.i64_at("priority").unwrap_or(0),
            preempts: value.str_at("preemptionPolicy") != Some("Never"),
            gated: !value.items_at("schedulingGates").is_empty(),
            readiness_gates: value
                .items_at("readinessGates")
                .iter()
                .filter_map(|gate| gate.str_at("conditionType").map(Rc::from))
                .collect(),
            scheduler_name: value.str_at("schedulerName").unwrap_or("default-scheduler").into(),
            volumes: value
                .items_at("volumes")
                .iter()
                .map(|volume| Volume {
                    name: volume.str_at("name").unwrap_or_default().into(),
                    raw: volume.clone(),
                })
                .collect(),
            hostname: text("hostname"),
            service_links: value.bool_at("enableServiceLinks") != Some(false),
            raw,
            admitted: RefCell::default(),
            alike: None,
            daemon: OnceCell::new(),
        }
    }

    /// The same spec with another affinity; nothing else is read anew.
    #[must_use]
    pub fn with_affinity(self: &Rc<Self>, affinity: Value) -> Self {
        let parsed = Some(Rc::new(Affinity::parse(&affinity)));
        self.with_affinity_of(affinity, parsed)
    }

    fn with_affinity_of(self: &Rc<Self>, affinity: Value, parsed: Option<Rc<Affinity>>) -> Self {
        let mut raw = self.raw.clone();
        raw.set("affinity", affinity);
        let (admitted, daemon) = (RefCell::default(), OnceCell::new());
        let alike = Some(Rc::clone(self));
        Self { raw, affinity: parsed, admitted, daemon, alike, ..Self::clone(self) }
    }

    /// A spec that differs from this one as `other` differs from the one that it is `alike`: in the affinity.
    #[must_use]
    pub fn with_affinity_as(self: &Rc<Self>, other: &Self) -> Self {
        let affinity = other.raw.get("affinity").cloned().unwrap_or_default();
        self.with_affinity_of(affinity, other.affinity.clone())
    }

    /// All containers, init containers first.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(self.containers.iter())
    }

    /// Whether `nodeSelector` and required node affinity allow a node. Follows
    /// `k8s.io/component-helpers/scheduling/corev1/nodeaffinity.GetRequiredNodeAffinity`.
    pub fn selects_node(&self, name: &str, labels: &Labels) -> bool {
        self.node_selector.iter().all(|(key, value)| labels.text(key) == Some(value))
            && self
                .affinity
                .as_ref()
                .and_then(|affinity| affinity.node_required.as_ref())
                .is_none_or(|terms| terms.iter().any(|term| term.matches(name, labels)))
    }

    /// The container of a name, among init containers too.
    pub fn container(&self, name: &str) -> Option<&Container> {
        self.all_containers().find(|container| &*container.name == name)
    }
}

fn host_ports(containers: &[Container], init: &[Container], host_network: bool) -> Rc<[Port]> {
    let sidecars = init.iter().filter(|container| container.sidecar);
    let ports = containers.iter().chain(sidecars).flat_map(|container| container.ports.iter());
    ports
        .filter_map(|port| match (port.host_port, host_network) {
            (0, false) => None,
            (0, true) => Some(Port { host_port: port.container_port, ..port.clone() }),
            _ => Some(port.clone()),
        })
        .collect()
}

impl PodSpec {
    /// What its containers ask for, whatever it says of itself. Follows `AggregateContainerRequests`.
    pub fn requests_of_containers(&self) -> Resources {
        pod_amounts(&self.containers, &self.init_containers, |one| one.requests.clone())
    }

    /// The most that it may use: what it says of itself goes before what its containers say. Overhead counts where
    /// there is a limit. Follows `k8s.io/component-helpers/resource.PodLimits`.
    pub fn limits(&self) -> Resources {
        let limits = |one: &Container| one.limits.clone();
        let mut sum = pod_amounts(&self.containers, &self.init_containers, limits);
        if self.own.is_some() {
            sum.put(self.raw.at(&["resources", "limits"]));
        }
        let overhead = Resources::parse(self.raw.get("overhead"));
        let counted = |sum: i64, more: i64| if sum > 0 { more } else { 0 };
        sum.add(&Resources {
            cpu_milli: counted(sum.cpu_milli, overhead.cpu_milli),
            memory_bytes: counted(sum.memory_bytes, overhead.memory_bytes),
            ephemeral_bytes: counted(sum.ephemeral_bytes, overhead.ephemeral_bytes),
            ..Resources::default()
        });
        sum
    }

    /// The memory that a container may use, or 0: where it sets no limit, that of the pod holds. Follows
    /// `getMemoryLimit` of `pkg/kubelet/kuberuntime`.
    pub fn memory_limit(&self, container: &Container) -> i64 {
        self.limit(container, |limits| limits.memory_bytes)
    }

    /// The thousandths of a cpu that a container may use, or 0. Follows `getCPULimit` of `pkg/kubelet/kuberuntime`.
    pub fn cpu_limit(&self, container: &Container) -> i64 {
        self.limit(container, |limits| limits.cpu_milli)
    }

    fn limit(&self, container: &Container, of: fn(&Resources) -> i64) -> i64 {
        match (of(&container.limits), &self.own) {
            (0, Some(own)) => of(&own.limits),
            (limit, _) => limit,
        }
    }
}

/// What a pod asks for; what `spec` says of the pod as a whole goes before what its containers say. Follows
/// `k8s.io/component-helpers/resource.PodRequests`; `asked` says what of a container counts.
fn pod_requests(
    containers: &[Container],
    init: &[Container],
    spec: &Value,
    asked: fn(&Container) -> &Resources,
) -> Resources {
    let mut sum = pod_amounts(containers, init, |one| asked(one).clone());
    if let Some(own) = spec.get("resources") {
        sum.put(own.get("requests"));
    }
    sum.add(&Resources::parse(spec.get("overhead")));
    sum
}

/// What containers have at once, or init containers before them, whichever is more.
fn pod_amounts(
    containers: &[Container],
    init: &[Container],
    amount: impl Fn(&Container) -> Resources,
) -> Resources {
    let mut sum = Resources::default();
    for container in containers {
        sum.add(&amount(container));
    }
    let mut sidecars = Resources::default();
    let mut highest = Resources::default();
    for container in init {
        let mut phase = amount(container);
        if container.sidecar {
            sum.add(&phase);
            sidecars.add(&phase);
            phase = sidecars.clone();
        } else {
            phase.add(&sidecars);
        }
        highest.raise(&phase);
    }
    sum.raise(&highest);
    sum
}

/// The class that follows from requests and limits: those of all containers, or of the pod as a whole if it says
/// anything of itself. Follows `ComputePodQOS`.
fn qos<'a, I: Iterator<Item = (&'a Resources, &'a Resources)>>(all: impl Fn() -> I) -> Qos {
    let asked = |amount: &Resources| (amount.cpu_milli, amount.memory_bytes);
    if all().all(|(requests, limits)| asked(requests) == (0, 0) && asked(limits) == (0, 0)) {
        return Qos::BestEffort;
    }
    let guaranteed = all().all(|(requests, limits)| {
        let (cpu, memory) = asked(limits);
        cpu > 0 && memory > 0 && asked(requests) == (cpu, memory)
    });
    if guaranteed { Qos::Guaranteed } else { Qos::Burstable }
}

/// A template from which a controller makes pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTemplate {
    /// Everything, as written and defaulted.
    pub raw: Value,
    /// Labels of its pods.
    pub labels: Labels,
    /// Annotations of its pods.
    pub annotations: Labels,
    /// Finalizers of its pods.
    pub finalizers: Rc<[Rc<str>]>,
    /// The spec as written and defaulted.
    pub spec: Rc<PodSpec>,
    /// The spec of a pod made from it: the server fills in a little more.
    pub made: Rc<PodSpec>,
    /// `spec.nodeName`, if the author wrote one.
    pub node_name: Option<Rc<str>>,
}

impl PodTemplate {
    /// Reads a defaulted template.
    pub fn parse(value: &Value) -> Self {
        let empty = Value::Null;
        let meta = value.get("metadata").unwrap_or(&empty);
        let spec = value.get("spec").unwrap_or(&empty);
        let mut made = spec.clone();
        if !spec.is_null() {
            defaults::beyond_template(&mut made);
        }
        Self {
            raw: value.clone(),
            labels: Labels::from_value(meta.get("labels")),
            annotations: Labels::from_value(meta.get("annotations")),
            finalizers: meta
                .items_at("finalizers")
                .iter()
                .filter_map(Value::as_str)
                .map(Rc::from)
                .collect(),
            spec: Rc::new(PodSpec::parse(spec)),
            made: Rc::new(PodSpec::parse(&made)),
            node_name: spec.str_at("nodeName").filter(|name| !name.is_empty()).map(Rc::from),
        }
    }
}
