//! `describe node`: what it is, what it has, and which pods ask for how much of it.

use std::rc::Rc;

use super::{annotations, long_time, pairs};
use crate::api::ApiError;
use crate::api::core::Node;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::quantity::{Format, Quantity};
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
        annotations(&meta.annotations)
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

/// A sum as text, and how much it is of what there is.
fn cell(text: String, used: i64, have: i64) -> String {
    let part = if have == 0 { 0 } else { i128::from(used) * 100 / i128::from(have) };
    format!("{text} ({part}%)")
}

fn cpu_cell(sum: &Resources, have: &Resources) -> String {
    let text = Quantity::from_millis(sum.cpu_milli, Format::DecimalSI).to_string();
    cell(text, sum.cpu_milli, have.cpu_milli)
}

fn bytes_cell(used: i64, have: i64) -> String {
    cell(Quantity::from_units(used, Format::BinarySI).to_string(), used, have)
}

/// Follows `describeNodeResource`.
fn node_pods_text(node: &Node, cluster: &Cluster) -> String {
    let pods: Vec<_> = cluster
        .store()
        .pods_on(&node.meta.name)
        .filter(|pod| !pod.status.phase.finished())
        .collect();
    let have = &node.status.allocatable;
    let memory = |sum: &Resources| bytes_cell(sum.memory_bytes, have.memory_bytes);
    let disk = |sum: &Resources| bytes_cell(sum.ephemeral_bytes, have.ephemeral_bytes);
    let mut text = format!("Non-terminated Pods:\t({} in total)\n", pods.len());
    text.push_str("  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n");
    let (mut sum, mut limit_sum) = (Resources::default(), Resources::default());
    for pod in pods {
        let (requests, limits) = (&pod.spec.requests, pod.spec.limits());
        sum.add(requests);
        limit_sum.add(&limits);
        text.push_str(&format!(
            "  {}\t{}\t\t{}\t{}\t{}\t{}\t{}\n",
            pod.meta.namespace,
            pod.meta.name,
            cpu_cell(requests, have),
            cpu_cell(&limits, have),
            memory(requests),
            memory(&limits),
            age(pod.meta.created, cluster.now())
        ));
    }
    text.push_str("Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  Resource\tRequests\tLimits\n  --------\t--------\t------\n");
    text.push_str(&format!(
        "  cpu\t{}\t{}\n  memory\t{}\t{}\n  ephemeral-storage\t{}\t{}\n",
        cpu_cell(&sum, have),
        cpu_cell(&limit_sum, have),
        memory(&sum),
        memory(&limit_sum),
        disk(&sum),
        disk(&limit_sum)
    ));
    // Pages come first, then what only some nodes have.
    let amount = |of: &Resources, name: &str| of.extended.get(name).copied().unwrap_or_default();
    let is_page = |name: &str| name.starts_with("hugepages-");
    for name in have.extended.keys().filter(|name| is_page(name)) {
        let shown = |of: &Resources| bytes_cell(amount(of, name), amount(have, name));
        text.push_str(&format!("  {name}\t{}\t{}\n", shown(&sum), shown(&limit_sum)));
    }
    for name in have.extended.keys().filter(|name| !is_page(name)) {
        let (asked, most) = (amount(&sum, name), amount(&limit_sum, name));
        text.push_str(&format!("  {name}\t{asked}\t{most}\n"));
    }
    text
}
