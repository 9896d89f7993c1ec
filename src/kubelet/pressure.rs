//! A node that runs short of memory or disk says so, takes fewer pods, and drives out one pod after the other until there
//! is enough; images that nothing uses go first. Follows `pkg/kubelet/eviction/{eviction_manager,helpers}.go`. What a
//! container uses is what the annotations `podyard.dev/memory-use` and `podyard.dev/disk-use` of its pod say. There is no
//! threshold for processes unless somebody sets one, so that no node is short of them.

use std::cmp::Reverse;
use std::rc::Rc;

use super::machine::{Kubelets, Machine};
use super::runtime::{PodRuntime, Stage};
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Container, Node, Pod};
use crate::api::object::AnyObject;
use crate::api::quantity::{Format, Quantity};
use crate::api::resources::Resources;
use crate::api::value::Value;
use crate::containers::catalogue::Reference;
use crate::reconcile::Write;
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};
use crate::store::Store;

/// So long a node keeps saying that it is short after it was last so. Follows `evictionPressureTransitionPeriod`.
pub(super) const TRANSITION: Duration = Duration::from_seconds(300);
/// How often the kubelet measures. Follows `monitoringInterval`.
pub(super) const PERIOD: Duration = Duration::from_seconds(10);
/// From this priority on a pod is critical, and stays. Follows `IsCriticalPod`.
const CRITICAL: i64 = 2_000_000_000;
/// The reason of the condition of a pod that is driven out.
const REASON: &str = "TerminationByKubelet";
/// What a pod that asks for nothing must bear to be taken nevertheless.
const TAINT: &str = "node.kubernetes.io/memory-pressure";

/// What a node may run short of, in the order in which it is reclaimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Starved {
    /// Memory.
    Memory,
    /// Disk, of which images and what containers write are on the same.
    Disk,
}

impl Starved {
    /// Everything, in the order of the node's conditions.
    pub(super) const ALL: [Self; 2] = [Self::Memory, Self::Disk];

    /// Type, reason and message of the node's condition, and the reason of the event that tells of it.
    pub(super) const fn condition(
        self,
    ) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Memory => (
                "MemoryPressure",
                "KubeletHasInsufficientMemory",
                "kubelet has insufficient memory available",
                "NodeHasInsufficientMemory",
            ),
            Self::Disk => (
                "DiskPressure",
                "KubeletHasDiskPressure",
                "kubelet has disk pressure",
                "NodeHasDiskPressure",
            ),
        }
    }

    /// The resource, as texts name it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "ephemeral-storage",
        }
    }

    const fn annotation(self) -> &'static str {
        match self {
            Self::Memory => "podyard.dev/memory-use",
            Self::Disk => "podyard.dev/disk-use",
        }
    }

    /// Its amount among others.
    const fn of(self, amounts: &Resources) -> i64 {
        match self {
            Self::Memory => amounts.memory_bytes,
            Self::Disk => amounts.ephemeral_bytes,
        }
    }

    /// With less than this of so much the node is short. Follows `memory.available<100Mi` and `imagefs.available<15%` of
    /// `DefaultEvictionHard`; a share is kept as a float of 32 bits upstream.
    fn threshold(self, capacity: i64) -> i64 {
        match self {
            Self::Memory => 100 << 20,
            Self::Disk => {
                let share = (i128::from(capacity) * 10_066_330) >> 26;
                i64::try_from(share).unwrap_or(i64::MAX)
            }
        }
    }

    /// How many bytes each running container of a pod uses, if an annotation says so.
    fn used_by(self, pod: &Pod) -> Option<i64> {
        let text = pod.meta.annotations.text(self.annotation())?;
        Quantity::from_value(&Value::from(text)).ok().map(|quantity| quantity.value())
    }
}

/// How a node stands.
#[derive(Default)]
pub(super) struct Measure {
    /// What there is less of than there must be; what is reclaimed now in front.
    pub(super) short: Vec<Starved>,
    /// Images to delete because nothing uses them.
    pub(super) unused: Vec<Rc<str>>,
    /// Who goes first, and why; nobody where it is enough that images go.
    victim: Option<(Rc<Pod>, String)>,
}

/// How many bytes each running container of a pod uses, if an annotation says so.
pub(super) fn memory_use(pod: &Pod) -> Option<i64> {
    Starved::Memory.used_by(pod)
}

/// Whether an annotation says what a pod uses.
pub(super) fn is_measured(pod: &Pod) -> bool {
    Starved::ALL.iter().any(|one| one.used_by(pod).is_some())
}

/// What is used of one thing, and by whom most of all.
struct Use {
    available: i64,
    capacity: i64,
    first: Option<(Rc<Pod>, Vec<String>)>,
    short: bool,
}

/// Measures what the pods of a node use.
pub(super) fn measure(node: &Node, store: &Store, kubelets: &Kubelets, seed: Seed) -> Measure {
    let machine = kubelets.machines.get(&node.meta.name);
    let images = machine.map_or(0, |machine| machine.image_bytes(seed, |_| true));
    let used = Starved::ALL.map(|one| {
        let beside = if one == Starved::Disk { images } else { 0 };
        (one, what_is_used(one, node, store, kubelets, beside))
    });
    let short: Vec<Starved> =
        used.iter().filter(|(_, used)| used.short).map(|(one, _)| *one).collect();
    let first = used.into_iter().find(|(_, used)| used.short);
    let (Some((starved, used)), Some(machine)) = (first, machine) else {
        return Measure::default();
    };
    let mut measure = Measure { short, ..Measure::default() };
    if starved == Starved::Disk {
        measure.unused = unused_images(machine, node, store, kubelets);
        let freed = machine.image_bytes(seed, |image| measure.unused.contains(image));
        if used.available + freed >= starved.threshold(used.capacity) {
            return measure;
        }
    }
    let Use { available, capacity, first, .. } = used;
    measure.victim = first.map(|(pod, containers)| {
        let mut text = format!(
            "The node was low on resource: {}. Threshold quantity: {}, available: {}. ",
            starved.word(),
            bytes(starved.threshold(capacity)),
            bytes(available.max(0))
        );
        containers.iter().for_each(|container| text.push_str(container));
        (pod, text)
    });
    measure
}

fn what_is_used(
    starved: Starved,
    node: &Node,
    store: &Store,
    kubelets: &Kubelets,
    beside: i64,
) -> Use {
    let mut total = 0;
    let mut first: Option<(_, Rc<Pod>, Vec<&Container>, i64)> = None;
    for pod in store.pods_on(&node.meta.name) {
        let Some(each) = starved.used_by(pod) else { continue };
        let Some(runtime) = kubelets.runtimes.get(&pod.meta.uid) else { continue };
        let specs = pod.spec.all_containers();
        let running = runtime.containers.iter().zip(specs).filter(|(one, _)| one.alive());
        let running: Vec<&Container> = running.map(|(_, spec)| spec).collect();
        let used = each.saturating_mul(i64::try_from(running.len()).unwrap_or(i64::MAX));
        total += used;
        if used == 0 || runtime.stage != Stage::Syncing || pod.spec.priority >= CRITICAL {
            continue;
        }
        let rank = rank(used, starved.of(&pod.spec.requests), pod.spec.priority);
        if first.as_ref().is_none_or(|(best, ..)| rank < *best) {
            first = Some((rank, Rc::clone(pod), running, each));
        }
    }
    let capacity = starved.of(&node.status.allocatable);
    let available = capacity - total - beside;
    let short = total > 0 && available < starved.threshold(capacity);
    let first = first.map(|(_, pod, running, each)| {
        let words = words(starved, &pod, &running, each);
        (pod, words)
    });
    Use { available, capacity, first, short }
}

/// The images of a machine that no pod on it needs.
fn unused_images(
    machine: &Machine,
    node: &Node,
    store: &Store,
    kubelets: &Kubelets,
) -> Vec<Rc<str>> {
    let here = store.pods_on(&node.meta.name);
    let alive = here.filter(|pod| {
        let runtime = kubelets.runtimes.get(&pod.meta.uid);
        runtime.is_some_and(|runtime| runtime.stage != Stage::Terminated)
    });
    let images = alive.flat_map(|pod| pod.spec.all_containers());
    let needed: Vec<String> = images
        .filter_map(|one| Reference::parse(&one.image).ok())
        .map(|reference| reference.full())
        .collect();
    let unused = machine.images.iter().filter(|image| !needed.iter().any(|one| **one == ***image));
    unused.cloned().collect()
}

/// Who goes first: who uses more than it asked for, then the least important, then who is furthest above. Follows
/// `rankMemoryPressure` and `rankDiskPressureFunc`.
fn rank(used: i64, requested: i64, priority: i64) -> (bool, i64, Reverse<i64>) {
    (used <= requested, priority, Reverse(used - requested))
}

fn bytes(bytes: i64) -> String {
    Quantity::from_units(bytes, Format::BinarySI).to_string()
}

/// A sentence for a pod that asks for memory as a whole, and one for each container that uses more than it asked for.
/// Follows `evictionMessage`.
fn words(starved: Starved, pod: &Pod, running: &[&Container], each: i64) -> Vec<String> {
    let sentence = |whose: &str, used: i64, asked: i64| {
        format!(
            "{whose} was using {}, request is {}, has larger consumption of {}. ",
            bytes(used),
            bytes(asked),
            starved.word()
        )
    };
    let asked = pod.spec.own.as_ref().map_or(0, |own| own.requests.memory_bytes);
    let whole = (starved == Starved::Memory && asked > 0).then(|| {
        let used = each.saturating_mul(i64::try_from(running.len()).unwrap_or(i64::MAX));
        sentence(&format!("Pod {}", pod.meta.name), used, asked)
    });
    let above = running.iter().filter(|spec| each > starved.of(&spec.requests));
    let above = above.map(|spec| {
        sentence(&format!("Container {}", spec.name), each, starved.of(&spec.requests))
    });
    whole.into_iter().chain(above).collect()
}

impl Measure {
    /// Marks the pod that has to go; its own look sees the mark and stops it.
    pub(super) fn drive_out(&self, now: Time) -> Option<Write> {
        let (pod, text) = self.victim.as_ref()?;
        let mut pod = Pod::clone(pod);
        let mut all = pod.status.conditions.to_vec();
        conditions::set(
            &mut all,
            Condition::new("DisruptionTarget", Status::True, REASON, text, now),
        );
        pod.status.conditions = all.into();
        Some(Write::UpdateStatus(AnyObject::Pod(Rc::new(pod))))
    }
}

/// Why the node drives a pod out, if it does.
pub(super) fn driven_out(pod: &Pod) -> Option<&Rc<str>> {
    let mark = conditions::find(&pod.status.conditions, "DisruptionTarget")?;
    (mark.status == Status::True && *mark.reason == *REASON).then_some(&mark.message)
}

/// What is said of a pod that writes more to the disk than its limits allow: it goes when the kubelet next measures,
/// however much there is. Follows `podEphemeralStorageLimitEviction` and `containerEphemeralStorageLimitEviction`.
pub(super) fn over_its_limit(pod: &Pod, runtime: &PodRuntime) -> Option<String> {
    let each = Starved::Disk.used_by(pod)?;
    if pod.spec.priority >= CRITICAL {
        return None;
    }
    let specs = pod.spec.all_containers();
    let running = runtime.containers.iter().zip(specs).filter(|(one, _)| one.alive());
    let running: Vec<&Container> = running.map(|(_, spec)| spec).collect();
    let total = each.saturating_mul(i64::try_from(running.len()).unwrap_or(i64::MAX));
    let limit = pod.spec.limits().ephemeral_bytes;
    if limit > 0 && total > limit {
        return Some(format!(
            "Pod ephemeral local storage usage exceeds the total limit of containers {}. ",
            bytes(limit)
        ));
    }
    let over = |spec: &&&Container| {
        let limit = spec.limits.ephemeral_bytes;
        limit > 0 && each > limit
    };
    running.iter().find(over).map(|spec| {
        format!(
            "Container {} exceeded its local ephemeral storage limit \"{}\". ",
            spec.name,
            bytes(spec.limits.ephemeral_bytes)
        )
    })
}

/// The conditions because of which a node refuses a pod: short of memory only those that ask for nothing, short of
/// anything else all but the critical. Follows `Admit` of the eviction manager.
pub(super) fn refusal(node: &Node, pod: &Pod) -> Option<String> {
    let names = Starved::ALL.map(|one| one.condition().0);
    let holds = |name: &&str| conditions::holds(&node.status.conditions, name);
    let found: Vec<&str> = names.into_iter().filter(holds).collect();
    if found.is_empty() || pod.spec.priority >= CRITICAL {
        return None;
    }
    if found == [Starved::Memory.condition().0] {
        let asks = pod.spec.qos != crate::api::core::Qos::BestEffort;
        let mut taints = node.spec.taints.iter().filter(|taint| *taint.key == *TAINT);
        if asks || taints.any(|taint| taint.tolerated(&pod.spec.tolerations)) {
            return None;
        }
    }
    Some(format!("The node had condition: [{}]. ", found.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of `TestOrderedByExceedsRequestMemory`, `…PriorityMemory` and `TestRankPodsByMemory`: use, request and
    /// priority of pods, in the order in which they go.
    #[test]
    fn who_goes_first() {
        for order in [
            vec![(400, 100, 0), (300, 100, 0), (50, 100, 0), (40, 100, 0)],
            vec![(10, 0, -1), (900, 0, 0), (300, 0, 5), (100, 200, -7)],
            vec![(500, 0, 0), (600, 200, 0), (300, 250, 0), (300, 300, 0), (100, 300, 0)],
        ] {
            let ranks: Vec<_> = order
                .iter()
                .map(|(used, asked, priority)| rank(*used, *asked, *priority))
                .collect();
            assert!(ranks.is_sorted(), "{order:?}");
        }
    }
}
