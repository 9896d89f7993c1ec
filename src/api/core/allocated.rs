//! What a kubelet says of the resources of a pod as a whole: what it gave it, and how the cgroups of the pod are set.
//! It follows from the spec, and is written only when somebody reads the pod. Follows
//! `convertToAPIPodLevelResourcesStatus` of `pkg/kubelet/kubelet_pods.go`, `k8s.io/component-helpers/resource`, and
//! `pkg/kubelet/cm/{helpers_linux,cgroup_manager_linux,cgroup_v2_manager_linux}.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::quantity::{Format, Quantity};
use crate::api::value::Value;

type Amounts = BTreeMap<Rc<str>, Quantity>;

/// Thousandths of a processor up to which cgroups do not tell less from more: `MinShares`, `MinMilliCPULimit`.
const LEAST_REQUEST: i64 = 2;
const LEAST_LIMIT: i64 = 10;
/// The kernel counts memory in pages.
const PAGE: i64 = 4096;

/// What was given to a pod, and what is set for it; while it runs, the second is read from its cgroups.
pub(super) fn resources(spec: &Value, running: bool) -> (Value, Value) {
    let (requests, limits) = (whole(spec, "requests"), whole(spec, "limits"));
    let own = spec.get("resources").filter(|own| own.as_map().is_some());
    let mut set = own.cloned().unwrap_or_else(Value::empty_object);
    let (asked, most) = match running {
        false => (requests.clone(), limits),
        true => (from_weight(own, &requests), from_maximum(spec, own, &limits)),
    };
    for (key, amounts) in [("requests", asked), ("limits", most)] {
        match amounts.is_empty() {
            true => drop(set.remove(key)),
            false => set.set(key, value(&amounts)),
        }
    }
    (value(&requests), set)
}

fn value(amounts: &Amounts) -> Value {
    let mut all = Value::empty_object();
    amounts.iter().for_each(|(name, amount)| all.set(name, amount.to_string()));
    all
}

fn amounts(list: Option<&Value>) -> Amounts {
    let entries = list.into_iter().flat_map(Value::entries);
    entries
        .filter_map(|(name, amount)| Some((Rc::clone(name), Quantity::from_value(amount).ok()?)))
        .collect()
}

fn add(sum: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        match sum.get_mut(name) {
            Some(found) => found.add(amount),
            None => drop(sum.insert(Rc::clone(name), amount.clone())),
        }
    }
}

fn raise(highest: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        if highest.get(name).is_none_or(|found| found < amount) {
            highest.insert(Rc::clone(name), amount.clone());
        }
    }
}

/// Follows `PodRequests` and `PodLimits`.
fn whole(spec: &Value, key: &str) -> Amounts {
    let mut sum = Amounts::new();
    let of = |container: &Value| amounts(container.at(&["resources", key]));
    spec.items_at("containers").iter().for_each(|one| add(&mut sum, &of(one)));
    let (mut sidecars, mut highest) = (Amounts::new(), Amounts::new());
    for container in spec.items_at("initContainers") {
        let mut own = of(container);
        if container.str_at("restartPolicy") == Some("Always") {
            add(&mut sum, &own);
            add(&mut sidecars, &own);
            raise(&mut highest, &sidecars);
        } else {
            add(&mut own, &sidecars);
            raise(&mut highest, &own);
        }
    }
    raise(&mut sum, &highest);
    sum.extend(amounts(spec.at(&["resources", key])));
    let mut overhead = amounts(spec.get("overhead"));
    if key == "limits" {
        overhead.retain(|name, _| sum.get(name).is_some_and(|limit| !limit.is_zero()));
    }
    add(&mut sum, &overhead);
    sum
}

/// What the cgroups tell of the requests: the share of the processors goes there as a weight, and comes back coarser.
/// Follows `MilliCPUToShares`, `getCPUWeight`, `cpuWeightToCPUShares` and `SharesToMilliCPU`.
fn from_weight(own: Option<&Value>, requests: &Amounts) -> Amounts {
    const MOST_SHARES: i64 = 262_144;
    let mut all = amounts(own.and_then(|own| own.get("requests")));
    let millis = |amounts: &Amounts| amounts.get("cpu").map_or(0, Quantity::milli_value);
    let shares = millis(requests).saturating_mul(1024) / 1000;
    let shares = shares.clamp(2, MOST_SHARES);
    let weight = 1 + (shares - 2) * 9999 / (MOST_SHARES - 2);
    let shares = (weight - 1) * (MOST_SHARES - 2) / 9999 + 2;
    let found = (shares * 1000 + 1023) / 1024;
    if found > LEAST_REQUEST || millis(&all) > LEAST_REQUEST {
        all.insert("cpu".into(), Quantity::from_millis(found, Format::DecimalSI));
    }
    if let Some(memory) = requests.get("memory") {
        all.entry("memory".into()).or_insert_with(|| memory.clone());
    }
    all
}

/// What the cgroups tell of the limits, where every container has one, or the pod; what was said before stays said
/// otherwise. Follows `ResourceConfigForPod`, `CPULimitsFromConfig` and `MemoryLimitsFromConfig`.
fn from_maximum(spec: &Value, own: Option<&Value>, limits: &Amounts) -> Amounts {
    let mut all = amounts(own.and_then(|own| own.get("limits")));
    let has = |part: Option<&Value>, name: &str| {
        let limits = amounts(part.and_then(|part| part.get("limits")));
        limits.get(name).is_some_and(|limit| !limit.is_zero())
    };
    let declared = |name: &str| {
        let mut containers =
            ["containers", "initContainers"].iter().flat_map(|list| spec.items_at(list));
        has(own, name) || containers.all(|one| has(one.get("resources"), name))
    };
    if let Some(cpu) = limits.get("cpu") {
        let set = cpu.milli_value() > LEAST_LIMIT && declared("cpu");
        let read = || Quantity::from_millis(cpu.milli_value(), Format::DecimalSI);
        all.insert("cpu".into(), if set { read() } else { cpu.clone() });
    }
    if let Some(memory) = limits.get("memory") {
        let read = || Quantity::from_units(memory.value() / PAGE * PAGE, Format::BinarySI);
        all.insert("memory".into(), if declared("memory") { read() } else { memory.clone() });
    }
    all
}

/// What the runtime tells of the memory limit of a container that runs: bytes. Follows
/// `convertContainerStatusResources` and `toKubeContainerResources`.
pub(super) fn read_memory(resources: &mut Value) {
    let limit = resources.at(&["limits", "memory"]);
    let limit = limit.and_then(|limit| Quantity::from_value(limit).ok()).filter(|it| !it.is_zero());
    if let Some(limit) = limit {
        let read = Quantity::from_units(limit.value(), Format::BinarySI);
        resources.child("limits").set("memory", read.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spec, what is given, what is set while it does not run, and while it does.
    #[test]
    fn resources_of_a_pod_are_read_from_its_cgroups_while_it_runs() {
        for (spec, given, idle, running) in [
            (r#"{"containers":[{"name":"a"}]}"#, "{}", "{}", "{}"),
            (
                r#"{"containers":[{"resources":{"requests":{"cpu":"100m","memory":"64Mi"}}},
                    {"resources":{"requests":{"cpu":"1"},"limits":{"memory":"1Gi"}}}]}"#,
                r#"{"cpu":"1100m","memory":"64Mi"}"#,
                r#"{"requests":{"cpu":"1100m","memory":"64Mi"},"limits":{"memory":"1Gi"}}"#,
                r#"{"requests":{"cpu":"1078m","memory":"64Mi"},"limits":{"memory":"1Gi"}}"#,
            ),
            (
                r#"{"containers":[{"resources":{"requests":{"cpu":"10m","memory":"100M","example.com/x":"1"},
                    "limits":{"cpu":"1","memory":"100M","example.com/x":"1"}}}]}"#,
                r#"{"cpu":"10m","example.com/x":"1","memory":"100M"}"#,
                r#"{"requests":{"cpu":"10m","example.com/x":"1","memory":"100M"},"limits":{"cpu":"1","example.com/x":"1","memory":"100M"}}"#,
                r#"{"requests":{"memory":"100M"},"limits":{"cpu":"1","memory":"97656Ki"}}"#,
            ),
            (
                r#"{"resources":{"requests":{"cpu":"100m"},"limits":{"memory":"200Mi"}},
                    "initContainers":[{"resources":{"requests":{"memory":"300Mi"}}}],"containers":[{"name":"a"}]}"#,
                r#"{"cpu":"100m","memory":"300Mi"}"#,
                r#"{"requests":{"cpu":"100m","memory":"300Mi"},"limits":{"memory":"200Mi"}}"#,
                r#"{"requests":{"cpu":"79m","memory":"300Mi"},"limits":{"memory":"200Mi"}}"#,
            ),
        ] {
            let value = Value::from_json(spec).unwrap();
            let (found, set) = resources(&value, false);
            let same = |found: &Value, wanted: &str| {
                assert_eq!(*found, Value::from_json(wanted).unwrap(), "{spec}");
            };
            same(&found, given);
            same(&set, idle);
            same(&resources(&value, true).1, running);
        }
    }
}
