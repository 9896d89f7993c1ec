//! What pods and nodes use, as a metrics server would have measured it: every fifteen seconds, with a little noise that
//! follows from the seed. Follows the kubelet's summary API and metrics-server in what is counted.

use std::rc::Rc;

use super::Kubelets;
use super::runtime::PodRuntime;
use crate::api::core::{Container, Node, Pod, PodSpec};
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};
use crate::store::Store;

/// How often it is measured. What is younger has not been measured yet.
pub const PERIOD: Duration = Duration::from_seconds(15);
/// What kubelet and container runtime use of every machine, and what they need per pod.
const MACHINE: Usage = Usage { cpu: 46, memory: 412 << 20 };
const PER_POD: Usage = Usage { cpu: 2, memory: 9 << 20 };

/// What something uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Thousandths of a processor.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
}

impl Usage {
    /// Both together.
    pub const fn add(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.memory += other.memory;
    }
}

/// When it was last measured.
pub fn measured(now: Time) -> Time {
    let period = PERIOD.millis();
    Time::from_unix_millis(now.unix_millis().div_euclid(period) * period)
}

/// What the containers of a pod use; `None` while none of them has been measured, or its machine is silent.
pub fn pod_usage(
    kubelets: &Kubelets,
    pod: &Pod,
    now: Time,
    seed: Seed,
) -> Option<Vec<(Rc<str>, Usage)>> {
    let runtime: &Rc<PodRuntime> = kubelets.runtimes.get(&pod.meta.uid)?;
    if kubelets.running(&runtime.node) != Some(true) {
        return None;
    }
    let at = measured(now);
    let mut all = Vec::new();
    for container in &runtime.containers {
        let Some(run) = container.run.as_ref().filter(|run| run.end.is_none()) else { continue };
        let Some(process) = run.process.as_ref().filter(|_| run.started + PERIOD <= at) else {
            continue;
        };
        let (cpu, memory) = process.usage(now);
        let spec = pod.spec.all_containers().find(|spec| spec.name == container.name);
        let most = |limit: fn(&PodSpec, &Container) -> i64| {
            spec.map(|spec| limit(&pod.spec, spec)).filter(|limit| *limit > 0).unwrap_or(i64::MAX)
        };
        let name = format!("{}/{}", run.id, at.unix_millis() / PERIOD.millis());
        all.push((
            Rc::clone(&container.name),
            Usage {
                cpu: noisy(cpu, seed, &name, 0).min(most(PodSpec::cpu_limit)),
                memory: noisy(memory, seed, &name, 1).min(most(PodSpec::memory_limit)),
            },
        ));
    }
    (!all.is_empty()).then_some(all)
}

/// What a node uses, its own programs included; `None` while it is silent.
pub fn node_usage(
    kubelets: &Kubelets,
    store: &Store,
    node: &Node,
    now: Time,
    seed: Seed,
) -> Option<Usage> {
    let name = Rc::clone(&node.meta.name);
    if kubelets.running(&name) != Some(true) {
        return None;
    }
    let mut sum = MACHINE;
    for pod in store.pods_on(&name) {
        let Some(containers) = pod_usage(kubelets, pod, now, seed) else { continue };
        sum.add(PER_POD);
        containers.iter().for_each(|(_, usage)| sum.add(*usage));
    }
    let key = format!("{}/{}", node.meta.name, measured(now).unix_millis() / PERIOD.millis());
    Some(Usage { cpu: noisy(sum.cpu, seed, &key, 0), memory: sum.memory })
}

/// A value up to a tenth more or less.
fn noisy(value: i64, seed: Seed, name: &str, counter: u64) -> i64 {
    let draw = i64::try_from(seed.draw(Purpose::Container, name, counter) % 201).unwrap_or(100);
    value + value * (draw - 100) / 1000
}
