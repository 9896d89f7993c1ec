//! The default cluster: nodes, namespaces, priority classes, and the agents that run on every node.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::value::Value;
use crate::controllers::kubernetes_service;
use crate::object;
use crate::sim::rng::Seed;

/// What a node is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpecification {
    /// Its name.
    pub name: Rc<str>,
    /// Labels beside the usual ones.
    pub labels: BTreeMap<Rc<str>, Rc<str>>,
    /// Its cpus, as a quantity.
    pub cpu: Rc<str>,
    /// Its memory, as a quantity.
    pub memory: Rc<str>,
    /// Whether it is the control plane.
    pub control_plane: bool,
    /// The how-manieth node of the cluster it is: its addresses follow from it.
    pub number: usize,
}

impl NodeSpecification {
    /// A worker as design and documentation know it: 4 cpus, 8Gi.
    pub fn worker(name: impl Into<Rc<str>>, number: usize) -> Self {
        Self {
            name: name.into(),
            labels: BTreeMap::new(),
            cpu: "4".into(),
            memory: "8Gi".into(),
            control_plane: false,
            number,
        }
    }

    /// The control plane.
    pub fn control_plane() -> Self {
        Self { control_plane: true, ..Self::worker("control-plane", 0) }
    }

    /// The node as its kubelet registers it.
    pub(super) fn object(&self, seed: Seed) -> Value {
        let mut labels = object! {
            "kubernetes.io/hostname" => &self.name,
            "kubernetes.io/os" => "linux",
            "kubernetes.io/arch" => "amd64",
            "beta.kubernetes.io/os" => "linux",
            "beta.kubernetes.io/arch" => "amd64",
        };
        if self.control_plane {
            labels.set("node-role.kubernetes.io/control-plane", "");
            labels.set("node.kubernetes.io/exclude-from-external-load-balancers", "");
        }
        for (key, value) in &self.labels {
            labels.set(key, value);
        }
        let mut spec = object! {
            "podCIDR" => self.pod_cidr(),
            "podCIDRs" => vec![self.pod_cidr()],
        };
        let mut taints: Vec<Value> = Vec::new();
        if self.control_plane {
            taints.push(object! { "effect" => "NoSchedule", "key" => "node-role.kubernetes.io/control-plane" });
        }
        // Admission taints every new node until the node controller finds it ready.
        taints.push(object! { "effect" => "NoSchedule", "key" => "node.kubernetes.io/not-ready" });
        spec.set("taints", taints);
        let amounts = object! {
            "cpu" => &self.cpu,
            "memory" => &self.memory,
            "ephemeral-storage" => "102626232Ki",
            "hugepages-1Gi" => "0",
            "hugepages-2Mi" => "0",
            "pods" => "110",
        };
        object! {
            "apiVersion" => "v1",
            "kind" => "Node",
            "metadata" => object! {
                "name" => &self.name,
                "labels" => labels,
                "annotations" => object! { "volumes.kubernetes.io/controller-managed-attach-detach" => "true" },
            },
            "spec" => spec,
            "status" => object! {
                "addresses" => vec![
                    object! { "address" => self.address(), "type" => "InternalIP" },
                    object! { "address" => &self.name, "type" => "Hostname" },
                ],
                "allocatable" => amounts.clone(),
                "capacity" => amounts,
                "daemonEndpoints" => object! { "kubeletEndpoint" => object! { "Port" => 10250 } },
                "nodeInfo" => self.system_info(seed),
            },
        }
    }

    fn system_info(&self, seed: Seed) -> Value {
        let id = |what: &str| seed.hex(&format!("{what}/{}", self.name), 0, 32);
        object! {
            "architecture" => "amd64",
            "bootID" => uuid(&id("boot")),
            "containerRuntimeVersion" => "containerd://2.2.0",
            "kernelVersion" => "6.12.48",
            "kubeProxyVersion" => "",
            "kubeletVersion" => "v1.36.2",
            "machineID" => id("machine"),
            "operatingSystem" => "linux",
            "osImage" => "Debian GNU/Linux 13 (trixie)",
            "systemUUID" => uuid(&id("system")),
        }
    }

    /// `172.18.0.2` and on; 250 nodes to a third number.
    fn address(&self) -> String {
        format!("172.18.{}.{}", self.number / 250, self.number % 250 + 2)
    }

    /// `10.244.0.0/24` and on; the second number moves on with every 256 nodes.
    fn pod_cidr(&self) -> String {
        format!("10.{}.{}.0/24", 244_usize.saturating_sub(self.number / 256), self.number % 256)
    }
}

/// 32 hexadecimal digits with the dashes of a UUID.
fn uuid(digits: &str) -> String {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// What every cluster holds from the beginning, in the order of creation.
pub(super) fn system_objects(system_pods: bool) -> Vec<(Kind, &'static str, Value)> {
    let mut objects: Vec<(Kind, &str, Value)> = Vec::new();
    let named = |name: &str| object! { "metadata" => object! { "name" => name } };
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        objects.push((Kind::Namespace, "", named(name)));
    }
    for (name, value, moves) in [
        (
            "system-cluster-critical",
            2_000_000_000_i64,
            "run in the cluster, but can be moved to another node if necessary",
        ),
        ("system-node-critical", 2_000_001_000, "not be moved from their current node"),
    ] {
        let mut class = named(name);
        class.set("value", value);
        class.set("description", format!("Used for system critical pods that must {moves}."));
        objects.push((Kind::PriorityClass, "", class));
    }
    let api = kubernetes_service::objects();
    objects.extend(api.map(|(kind, object)| (kind, "default", object)));
    if system_pods {
        objects.push((
            Kind::DaemonSet,
            "kube-system",
            agent("kube-proxy", "registry.k8s.io/kube-proxy:v1.36.2"),
        ));
        objects.push((
            Kind::DaemonSet,
            "kube-system",
            agent("kindnet", "docker.io/kindest/kindnetd:v20260420"),
        ));
    }
    objects
}

/// A DaemonSet that runs on every node, whatever its taints.
fn agent(name: &str, image: &str) -> Value {
    let labels = object! { "k8s-app" => name };
    let container = object! {
        "name" => name,
        "image" => image,
        "resources" => object! { "requests" => object! { "cpu" => "100m", "memory" => "50Mi" } },
    };
    object! {
        "metadata" => object! { "name" => name, "labels" => labels.clone() },
        "spec" => object! {
            "selector" => object! { "matchLabels" => labels.clone() },
            "template" => object! {
                "metadata" => object! { "labels" => labels },
                "spec" => object! {
                    "containers" => vec![container],
                    "hostNetwork" => true,
                    "nodeSelector" => object! { "kubernetes.io/os" => "linux" },
                    "priorityClassName" => "system-node-critical",
                    "tolerations" => vec![object! { "operator" => "Exists" }],
                },
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_server_listens_on_the_control_plane() {
        assert_eq!(NodeSpecification::control_plane().address(), kubernetes_service::ADDRESS);
    }
}
