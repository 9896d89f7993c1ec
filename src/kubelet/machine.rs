//! The machines under the nodes: power, image cache, addresses of pods, folders of the host.

use std::rc::Rc;

use crate::persistent::{OrdMap, OrdSet};

use super::environment::{self, Texts};
use super::pressure::Starved;
use super::probes::ProbeResult;
use super::runtime::PodRuntime;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectKey, Uid};
use crate::api::named::Named;
use crate::api::object::Plain;
use crate::api::value::Value;
use crate::api::words::written;
use crate::containers::catalogue::{self, Reference};
use crate::containers::files::Subtree;
use crate::sim::order::Order as _;
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};
use crate::store::Store;

/// How well the image registry works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registry {
    /// As usual.
    #[default]
    Up,
    /// Ten times slower.
    Slow,
    /// Not at all.
    Down,
}

/// How long things take.
#[derive(Clone, Debug, PartialEq)]
pub struct Delays {
    /// Making a pod's sandbox and network: shortest and longest, in milliseconds.
    pub sandbox_millis: (i64, i64),
    /// Creating and starting a container.
    pub start_millis: (i64, i64),
    /// Asking the registry, before any bytes come.
    pub pull_millis: i64,
    /// What comes from the registry, in megabytes per second.
    pub pull_megabytes_per_second: i64,
    /// A machine's start until its kubelet reports it ready.
    pub boot: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            sandbox_millis: (400, 700),
            start_millis: (150, 300),
            pull_millis: 800,
            pull_megabytes_per_second: 150,
            boot: Duration::from_seconds(3),
        }
    }
}

/// The first and the last address of a /24 that pods get: `.1` is the bridge, `.255` is for all.
const ADDRESSES: (u32, u32) = (2, 254);

/// So many images a node lists. Follows `nodeStatusMaxImages`.
const LISTED_IMAGES: usize = 50;

/// A machine under a node.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) running: bool,
    /// Since when it runs, or does not.
    pub(super) since: Time,
    /// How often it was started.
    pub(super) boots: u32,
    /// Which of its starts its kubelet has told.
    pub(super) told: u32,
    /// Whether its kubelet last saw the node as schedulable.
    pub(super) schedulable: bool,
    /// When it was last short of each thing that it may be short of.
    pub(super) pressed: [Option<Time>; Starved::ALL.len()],
    /// The images it has.
    pub(super) images: OrdSet<Rc<str>>,
    /// Images that are on their way, and when they are there.
    pub(super) arriving: OrdMap<Rc<str>, Time>,
    /// When the next pull can begin: pulls go one at a time. Follows `serializeImagePulls`.
    pub(super) free_at: Time,
    /// Folders of the host that pods have mounted.
    pub(super) folders: OrdMap<Rc<str>, Subtree>,
    /// The pods whose sandboxes it has.
    pods: OrdSet<Uid>,
    addresses: Addresses,
    last_address: u32,
}

impl Machine {
    fn new(now: Time) -> Self {
        Self {
            running: true,
            since: now,
            boots: 1,
            told: 0,
            schedulable: true,
            pressed: [None; Starved::ALL.len()],
            images: OrdSet::new(),
            arriving: OrdMap::new(),
            free_at: now,
            folders: OrdMap::new(),
            pods: OrdSet::new(),
            addresses: Addresses::default(),
            last_address: ADDRESSES.0 - 1,
        }
    }

    /// How much of the disk some of its images take.
    pub(super) fn image_bytes(&self, seed: Seed, counts: impl Fn(&Rc<str>) -> bool) -> i64 {
        let sizes = self.images.iter().filter(|full| counts(full)).filter_map(|full| {
            let reference = Reference::parse(full).ok()?;
            i64::try_from(catalogue::find(&reference).bytes(full, seed)).ok()
        });
        sizes.sum()
    }

    /// The images as the node's status lists them: the largest first, at most fifty. Follows `Images` of
    /// `pkg/kubelet/nodestatus/setters.go`.
    pub(super) fn image_list(&self, seed: Seed) -> Vec<Value> {
        let known = self.images.iter().filter_map(|full| {
            let reference = Reference::parse(full).ok()?;
            let bytes = catalogue::find(&reference).bytes(full, seed);
            Some((bytes, reference.digest(seed), Rc::clone(full)))
        });
        let mut all: Vec<(u64, String, Rc<str>)> = known.collect();
        all.order_by(|a, b| b.0.cmp(&a.0).then_with(|| a.2.cmp(&b.2)));
        let written = all.into_iter().take(LISTED_IMAGES).map(|(bytes, digest, full)| {
            let names = vec![Value::from(digest), Value::from(&*full)];
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            crate::object! { "names" => names, "sizeBytes" => bytes }
        });
        written.collect()
    }

    /// The next free number of the range after the one given out last, as the host-local address manager does.
    fn take_address(&mut self) -> u32 {
        let (first, last) = ADDRESSES;
        let span = last - first + 1;
        let number = |step: u32| first + (self.last_address + 1 - first + step) % span;
        let free = (0..span).map(number).find(|number| !self.addresses.has(*number));
        // More pods than addresses: a node takes 110 pods, so that this cannot be.
        debug_assert!(free.is_some(), "a node has more pods than addresses");
        let number = free.unwrap_or(last);
        self.addresses.set(number, true);
        self.last_address = number;
        number
    }
}

/// Which of the 256 numbers of a /24 are taken, a bit each.
#[derive(Clone, Copy, Debug, Default)]
struct Addresses([u64; 4]);

impl Addresses {
    fn has(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn set(&mut self, number: u32, taken: bool) {
        let Some(word) = self.0.get_mut(number as usize / 64) else { return };
        let bit = 1 << (number % 64);
        *word = if taken { *word | bit } else { *word & !bit };
    }
}

/// The machines by the names of their nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Machines(Named<Rc<Machine>>);

impl Machines {
    pub(super) fn get(&self, name: &str) -> Option<&Machine> {
        self.0.get(name).map(|machine| &**machine)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Machine> {
        self.0.get_mut(name).map(Rc::make_mut)
    }

    fn insert(&mut self, name: &NodeName, machine: Machine) {
        self.0.insert(name, Rc::new(machine));
    }

    fn remove(&mut self, name: &str) -> Option<Rc<Machine>> {
        self.0.remove(name)
    }
}

/// What runs of the pods, by their uids. What is being looked at is taken out meanwhile; its place stays, so that no other
/// moves.
#[derive(Clone, Debug, Default)]
pub(super) struct Runtimes(OrdMap<Uid, Option<Rc<PodRuntime>>>);

impl Runtimes {
    pub(super) fn get(&self, uid: &Uid) -> Option<&Rc<PodRuntime>> {
        self.0.get(uid)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, uid: &Uid) -> Option<&mut PodRuntime> {
        self.0.get_mut(uid)?.as_mut().map(Rc::make_mut)
    }

    /// Takes one out, to put it back.
    pub(super) fn take(&mut self, uid: &Uid) -> Option<Rc<PodRuntime>> {
        self.0.get_mut(uid)?.take()
    }

    /// Puts one in, or back.
    pub(super) fn put(&mut self, uid: Uid, runtime: Rc<PodRuntime>) {
        match self.0.get_mut(&uid) {
            Some(place) => *place = Some(runtime),
            None => {
                self.0.insert(uid, Some(runtime));
            }
        }
    }

    fn remove(&mut self, uid: &Uid) -> Option<Rc<PodRuntime>> {
        self.0.remove(uid)?
    }
}

/// What runs on the nodes.
#[derive(Clone, Debug, Default)]
pub struct Kubelets {
    pub(super) machines: Machines,
    pub(super) runtimes: Runtimes,
    /// Whose an address is; pods in the network of their node are not among them.
    pub(super) addresses: Named<Uid>,
    /// How many requests went to Services: each goes to another of their pods.
    pub(super) requests: u64,
    /// Where a client of a Service was last sent, and when: some Services send it there again.
    pub(super) affinities: OrdMap<(Uid, Rc<str>), (Rc<str>, Time)>,
    /// The variables that tell of Services, by namespace and by whether all of it are told of; and of which Services
    /// they tell.
    links: OrdMap<(Rc<str>, bool), (OrdMap<ObjectKey, Rc<Plain>>, Rc<Texts>)>,
    registry: Registry,
    ever: usize,
}

impl Kubelets {
    /// A machine is plugged in.
    pub fn add_machine(&mut self, name: &NodeName, now: Time) {
        self.ever += 1;
        self.machines.insert(name, Machine::new(now));
    }

    /// A machine is taken away with all that runs on it and its disk: one that comes under the same name knows
    /// nothing of it.
    pub fn remove_machine(&mut self, name: &NodeName, now: Time) {
        self.stop(name, now);
        let Some(machine) = self.machines.remove(name) else { return };
        for uid in &machine.pods {
            self.forget(*uid);
        }
    }

    /// A pod that runs on a machine; its sandbox is there from now on.
    pub(super) fn put(&mut self, uid: Uid, runtime: Rc<PodRuntime>) {
        if let Some(machine) = self.machines.get_mut(&runtime.node) {
            machine.pods.insert(uid);
        }
        self.runtimes.put(uid, runtime);
    }

    /// The plug is pulled: processes are gone, the disk stays.
    pub fn stop(&mut self, name: &NodeName, now: Time) {
        let Some(machine) = self.machines.get_mut(name).filter(|machine| machine.running) else {
            return;
        };
        machine.running = false;
        machine.since = now;
        machine.arriving = OrdMap::new();
        for uid in &machine.pods {
            if let Some(runtime) = self.runtimes.get_mut(uid) {
                runtime.power_off();
            }
        }
    }

    /// It is started again.
    pub fn start(&mut self, name: &NodeName, now: Time) {
        if let Some(machine) = self.machines.get_mut(name).filter(|machine| !machine.running) {
            machine.running = true;
            machine.since = now;
            machine.free_at = now;
            machine.boots += 1;
        }
    }

    /// Whether a machine runs; `None` if there is none of this name.
    pub fn running(&self, name: &str) -> Option<bool> {
        self.machines.get(name).map(|machine| machine.running)
    }

    /// How many machines there ever were.
    pub const fn machines_ever(&self) -> usize {
        self.ever
    }

    /// How well the registry works.
    pub const fn registry(&self) -> Registry {
        self.registry
    }

    /// Sets how well the registry works.
    pub const fn set_registry(&mut self, registry: Registry) {
        self.registry = registry;
    }

    /// When the wait of a container ends that was not started, and how long it is in all.
    pub fn back_off(&self, uid: Uid, container: &str) -> Option<(Time, Duration)> {
        let runtime = self.runtimes.get(&uid)?;
        let found = runtime.containers.iter().find(|one| *one.name == *container)?;
        let refusal = found.refusal.as_ref()?;
        let run = found.run.as_ref();
        let record = match refusal.reason {
            "CrashLoopBackOff" => found.back_off,
            _ => {
                runtime.pulls.iter().map(|(_, record, _)| *record).max_by_key(|record| record.since)
            }
        };
        let since = match refusal.reason {
            "CrashLoopBackOff" => run.and_then(|run| run.end.as_ref()?.finished),
            _ => record.map(|record| record.since),
        };
        Some((refusal.retry_at, since.map_or(Duration::ZERO, |since| refusal.retry_at - since)))
    }

    /// The last results of a container's probe (`liveness`, `readiness`, `startup`), over all its runs; the newest last.
    pub fn probe_history(&self, uid: Uid, container: &str, probe: &str) -> Vec<ProbeResult> {
        let found = self.runtimes.get(&uid).and_then(|runtime| {
            runtime.containers.iter().find(|one| *one.name == *container)?.probes.as_ref()
        });
        let Some(probes) = found else { return Vec::new() };
        let state = match probe {
            "liveness" => &probes.liveness,
            "startup" => &probes.startup,
            _ => &probes.readiness,
        };
        state.history.iter().cloned().collect()
    }

    /// Gives a pod an address of its node's range.
    pub(super) fn take_address(
        &mut self,
        node: &NodeName,
        range: &str,
        uid: Uid,
    ) -> Option<Rc<str>> {
        let network = range.split('/').next()?.rsplit_once('.')?.0;
        let number = self.machines.get_mut(node)?.take_address();
        let address = written(format_args!("{network}.{number}"));
        self.addresses.insert(&address, uid);
        Some(address)
    }

    /// Takes the address of a pod back when its sandbox goes.
    pub(super) fn release_address(&mut self, node: &NodeName, address: &Rc<str>, uid: Uid) {
        if self.addresses.get(address) != Some(&uid) {
            return;
        }
        self.addresses.remove(address);
        let number = address.rsplit('.').next().and_then(|number| number.parse::<u32>().ok());
        if let (Some(machine), Some(number)) = (self.machines.get_mut(node), number) {
            machine.addresses.set(number, false);
        }
    }

    /// The variables that tell a pod of Services. Written anew only when one of them has changed.
    pub(super) fn links(&mut self, pod: &Pod, store: &Store) -> Rc<Texts> {
        let all = store.plain_table(Kind::Service);
        let key = (Rc::clone(&pod.meta.namespace), environment::links(pod));
        if let Some((_, texts)) = self.links.get(&key).filter(|(known, _)| known.ptr_eq(&all)) {
            return Rc::clone(texts);
        }
        let texts = Rc::new(environment::of_services(environment::services(pod, store)));
        self.links.insert(key, (all, Rc::clone(&texts)));
        texts
    }

    /// Forgets a pod of which nothing is left.
    pub(super) fn forget(&mut self, uid: Uid) {
        let Some(runtime) = self.runtimes.remove(&uid) else { return };
        if let Some(machine) = self.machines.get_mut(&runtime.node) {
            machine.pods.remove(&uid);
        }
        if let Some(address) = &runtime.address {
            self.release_address(&runtime.node, address, uid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_given_out_in_a_ring_and_none_twice() {
        let mut machine = Machine::new(Time::from_unix_seconds(0));
        let all: Vec<u32> = (2..=254).map(|_| machine.take_address()).collect();
        assert_eq!(all, (2..=254).collect::<Vec<_>>());
        for number in [200, 64, 63] {
            machine.addresses.set(number, false);
        }
        assert_eq!([(); 3].map(|()| machine.take_address()), [63, 64, 200]);
        machine.addresses.set(100, false);
        machine.addresses.set(254, false);
        assert_eq!(machine.take_address(), 254);
        assert_eq!(machine.take_address(), 100);
        assert!(
            !machine.addresses.has(1) && !machine.addresses.has(255) && !machine.addresses.has(300)
        );
    }
}
