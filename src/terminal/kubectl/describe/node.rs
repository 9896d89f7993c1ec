//! `describe node`: what it is, what it has, and which pods ask for how much of it.

use std::rc::Rc;

use super::{annotations, long_time, pairs};
use crate::api::ApiError;
use crate::api::core::Node;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::resources::Resources;
use crate::api::value::Value;
use crate::apiserver::table::{age, node_roles};
use crate::cluster::Cluster;
use crate::sim::Time;

/// A node with its conditions and its pods, before its events.
pub(super) fn node_text(node: &Node, cluster: &Cluster) -> String {
    let meta = &node.meta;
    let mut text = format!("Name:\t{}\nRoles:\t{}\n", meta.name, node_roles(&node.meta.labels));
    text.push_str(&format!(
        "Labels:\t{}\nAnnotations:\t{}\n",
        pairs(&meta.labels, &[], "="),
        annotations(meta)
    ));
    let mut taints: Vec<_> = node.spec.taints.iter().collect();
    taints.sort_by_key(|taint| (taint.effect.word(), taint.key.clone()));
    let taints: Vec<String> = taints
        .into_iter()
        .map(|taint| {
            let value =
                if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
            format!("{}{value}:{}", taint.key, taint.effect.word())
        })
        .collect();
    let taints = if taints.is_empty() { "<none>".into() } else { taints.join("\n\t") };
    text.push_str(&format!(
        "CreationTimestamp:\t{}\nTaints:\t{taints}\nUnschedulable:\t{}\n",
        long_time(meta.created),
        node.spec.unschedulable
    ));
    text.push_str(&lease_text(node, cluster));
    text.push_str("Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t-----------------\t------------------\t------\t-------\n");
    for one in &node.status.conditions {
        let seen = one.seen.unwrap_or(one.since);
        text.push_str(&format!(
            "  {} \t{} \t{} \t{} \t{} \t{}\n",
            one.kind,
            one.status.word(),
            long_time(seen),
            long_time(one.since),
            one.reason,
            one.message
        ));
    }
    text.push_str("Addresses:\n");
    for address in node.status.raw.items_at("addresses") {
        text.push_str(&format!(
            "  {}:\t{}\n",
            address.str_at("type").unwrap_or_default(),
            address.str_at("address").unwrap_or_default()
        ));
    }
    for (title, key) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        text.push_str(&format!("{title}:\n"));
        for (name, amount) in node.status.raw.get(key).into_iter().flat_map(Value::entries) {
            text.push_str(&format!("  {name}:\t{}\n", amount.as_str().unwrap_or_default()));
        }
    }
    text.push_str("System Info:\n");
    let info = |key: &str| {
        node.status
            .raw
            .at(&["nodeInfo", key])
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    for (title, key) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        text.push_str(&format!("  {title}:\t{}\n", info(key)));
    }
    text.push_str(&format!(
        "PodCIDR:\t{}\nPodCIDRs:\t{}\n",
        node.spec.pod_cidr, node.spec.pod_cidr
    ));
    text.push_str(&node_pods_text(node, cluster));
    text
}

/// Follows `describeNodeLease`.
fn lease_text(node: &Node, cluster: &Cluster) -> String {
    let name = &node.meta.name;
    let key = ObjectKey::new("kube-node-lease", Rc::clone(name));
    let Some(lease) = cluster.object(Kind::Lease, &key).map(|lease| lease.to_value()) else {
        let error = ApiError::not_found(&Kind::Lease.resource(), name);
        return format!("Lease:\tFailed to get lease: {}\n", error.message);
    };
    let said = |key: &str| lease.at(&["spec", key]).and_then(Value::as_str);
    let time = |key: &str| {
        let at = said(key).and_then(Time::parse_rfc3339);
        at.map_or_else(|| "<unset>".to_owned(), long_time)
    };
    format!(
        "Lease:\n  HolderIdentity:\t{}\n  AcquireTime:\t{}\n  RenewTime:\t{}\n",
        said("holderIdentity").unwrap_or("<unset>"),
        time("acquireTime"),
        time("renewTime")
    )
}

fn node_pods_text(node: &Node, cluster: &Cluster) -> String {
    let pods: Vec<_> = cluster
        .store()
        .pods_on(&node.meta.name)
        .filter(|pod| !pod.status.phase.finished())
        .collect();
    let have = &node.status.allocatable;
    let part = |used: i64, have: i64| if have == 0 { 0 } else { used.saturating_mul(100) / have };
    let cpu = |milli: i64| match milli {
        0 => "0".to_owned(),
        milli if milli % 1000 == 0 => (milli / 1000).to_string(),
        milli => format!("{milli}m"),
    };
    let memory = |bytes: i64| match bytes {
        bytes if bytes != 0 && bytes % (1 << 30) == 0 => format!("{}Gi", bytes >> 30),
        bytes if bytes != 0 && bytes % (1 << 20) == 0 => format!("{}Mi", bytes >> 20),
        bytes => bytes.to_string(),
    };
    let cells = |sum: &Resources, limits: &Resources| {
        let (a, b) = (part(sum.cpu_milli, have.cpu_milli), part(limits.cpu_milli, have.cpu_milli));
        let (c, d) = (
            part(sum.memory_bytes, have.memory_bytes),
            part(limits.memory_bytes, have.memory_bytes),
        );
        [
            format!("{} ({a}%)", cpu(sum.cpu_milli)),
            format!("{} ({b}%)", cpu(limits.cpu_milli)),
            format!("{} ({c}%)", memory(sum.memory_bytes)),
            format!("{} ({d}%)", memory(limits.memory_bytes)),
        ]
    };
    let mut text = format!("Non-terminated Pods:\t({} in total)\n", pods.len());
    text.push_str("  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n");
    let (mut sum, mut limit_sum) = (Resources::default(), Resources::default());
    for pod in pods {
        let mut limits = Resources::default();
        for container in pod.spec.containers.iter() {
            limits.add(&container.limits);
        }
        sum.add(&pod.spec.requests);
        limit_sum.add(&limits);
        let [a, b, c, d] = cells(&pod.spec.requests, &limits);
        let age = age(pod.meta.created, cluster.now());
        text.push_str(&format!(
            "  {}\t{}\t\t{a}\t{b}\t{c}\t{d}\t{age}\n",
            pod.meta.namespace, pod.meta.name
        ));
    }
    let [a, b, c, d] = cells(&sum, &limit_sum);
    text.push_str("Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  Resource\tRequests\tLimits\n  --------\t--------\t------\n");
    text.push_str(&format!(
        "  cpu\t{a}\t{b}\n  memory\t{c}\t{d}\n  ephemeral-storage\t0 (0%)\t0 (0%)\n"
    ));
    let allocatable = node.status.raw.get("allocatable").into_iter().flat_map(Value::entries);
    for (name, _) in allocatable.filter(|(name, _)| name.starts_with("hugepages-")) {
        text.push_str(&format!("  {name}\t0 (0%)\t0 (0%)\n"));
    }
    text
}
