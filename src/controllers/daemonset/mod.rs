//! DaemonSets: one pod on every node that fits. Follows `pkg/controller/daemon/{daemon_controller,update}.go`.
//!
//! Mostly there is at most one pod on a node, and it is as it should be: then the sums of the index say all but which
//! nodes have none, and no pod is looked at (`settled`). Otherwise a look walks the set's pods and all nodes. Looks at
//! large sets are therefore bundled: a change of one pod among many is looked at a little later, together with those
//! that follow it. The more pods, the longer that is, so that a change costs the same in a set of any size.

mod placement;
mod settled;
mod update;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::persistent::OrdMap;

pub use self::placement::{LeftOut, left_out};
use self::placement::{Verdict, daemon_pod, for_node, verdict, with_tolerations};
use self::settled::Wanted;
use self::update::History;
use super::pods::{self, available, claim_pods};
use crate::api::apps::{DaemonSet, DaemonSetStatus};
use crate::api::core::{Node, Phase, Pod, PodSpec};
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectKey, ObjectMeta};
use crate::api::object::AnyObject;
use crate::reconcile::{Controller, Key, Memories, Note, Observed, Plan, Wake, Write};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// At most so many pods are created, and as many deleted, in one look. Follows `BurstReplicas`.
const BURST: usize = 250;
/// How many pods of a set make a change of one of them wait a millisecond for others; below [`LARGE`] none does.
const PODS_PER_MILLI: i64 = 10;
/// Sets of more pods are large.
const LARGE: i64 = 200;
/// The longest wait before a failed pod is deleted again on a node.
const LONGEST_WAIT: Duration = Duration::from_seconds(900);

/// Whether a set wants a pod on a node.
pub fn wants(set: &DaemonSet, node: &Node) -> bool {
    let spec = with_tolerations(&set.spec.template.made);
    verdict(&spec, set.spec.template.node_name.as_ref(), node).run
}

/// What the loop decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The set is gone.
    Gone,
    /// The set is being deleted: it does nothing.
    BeingDeleted,
    /// What is wanted and what is done about it.
    Placed {
        /// Nodes that should run a pod.
        desired: i64,
        /// Of those, with a pod.
        current: i64,
        /// Of those, ready.
        ready: i64,
        /// Nodes that get a pod now.
        creating: Rc<[NodeName]>,
        /// Pods deleted now.
        deleting: Rc<[Rc<str>]>,
        /// Nodes that the template's selector or their taints leave out.
        left_out: i64,
    },
    /// A write was refused.
    Refused {
        /// The API server's words.
        message: Rc<str>,
    },
}

/// What a set remembers: when it last deleted a failed pod on a node, how long it waits before the next, and which
/// nodes it wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    waits: OrdMap<NodeName, (Duration, Time)>,
    generation: i64,
    /// The nodes that should run a pod, as they were when this was last asked.
    wanted: Option<Rc<Wanted>>,
}

/// The loop.
pub struct DaemonSetLoop;

impl Controller for DaemonSetLoop {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = "daemonset-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<Memory>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::DaemonSet(set) => {
                let same = matches!(&change.before, Some(AnyObject::DaemonSet(before))
                    if before.spec == set.spec && before.meta.deletion == set.meta.deletion);
                if !same {
                    wake(Key::of(&set.meta), Duration::ZERO);
                }
            }
            AnyObject::Pod(pod) => {
                let before = match &change.before {
                    Some(AnyObject::Pod(before)) => Some(before),
                    _ => None,
                };
                for pod in before.into_iter().chain([pod]) {
                    wake_owner(pod, store, wake);
                }
            }
            AnyObject::Plain(revision) if revision.kind == Kind::ControllerRevision => {
                wake_for_revision(&revision.meta, store, wake);
            }
            AnyObject::Node(node) if change.operation != Operation::Deleted => {
                let same = matches!(&change.before, Some(AnyObject::Node(before))
                    if before.meta.labels == node.meta.labels && before.spec.taints == node.spec.taints);
                if !same {
                    wake_for_node(node, store, wake);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        let Some(set) = seen.store.daemon_sets().get(&key.object) else {
            return Plan::idle(Decision::Gone);
        };
        if set.meta.deleting() {
            return Plan::idle(Decision::BeingDeleted);
        }
        Look::new(set, seen, now).run()
    }
}

fn wake_owner(pod: &Pod, store: &Store, wake: Wake<'_>) {
    match pod.meta.controller() {
        Some(owner) if &*owner.kind == "DaemonSet" => {
            let key = ObjectKey::new(Rc::clone(&pod.meta.namespace), Rc::clone(&owner.name));
            let pods = store.index().tally(owner.uid).total;
            let wait = if pods > LARGE { pods / PODS_PER_MILLI } else { 0 };
            wake(Key::new(key), Duration::from_millis(wait));
        }
        Some(_) => {}
        None => {
            for set in store.daemon_sets().iter_in(Some(&pod.meta.namespace)) {
                if set.spec.selector.matches(&pod.meta.labels) {
                    wake(Key::of(&set.meta), Duration::ZERO);
                }
            }
        }
    }
}

/// A revision concerns its set; one that nobody owns, those that could adopt it.
fn wake_for_revision(revision: &ObjectMeta, store: &Store, wake: Wake<'_>) {
    match revision.controller() {
        Some(owner) if &*owner.kind == "DaemonSet" => {
            let namespace = Rc::clone(&revision.namespace);
            wake(Key::new(ObjectKey::new(namespace, Rc::clone(&owner.name))), Duration::ZERO);
        }
        Some(_) => {}
        None => {
            for set in store.daemon_sets().iter_in(Some(&revision.namespace)) {
                if set.spec.selector.matches(&revision.labels) {
                    wake(Key::of(&set.meta), Duration::ZERO);
                }
            }
        }
    }
}

/// A node concerns the sets that should have a pod there and have none, or have one that should not be there.
fn wake_for_node(node: &Node, store: &Store, wake: Wake<'_>) {
    for set in store.daemon_sets().iter() {
        let spec = with_tolerations(&set.spec.template.made);
        let verdict = verdict(&spec, set.spec.template.node_name.as_ref(), node);
        let has = store
            .pods_on(&node.meta.name)
            .any(|pod| pod.meta.controller().is_some_and(|owner| owner.uid == set.meta.uid));
        let concerned =
            if has { !verdict.keep || set.status.misscheduled > 0 } else { verdict.run };
        if concerned {
            wake(Key::of(&set.meta), Duration::ZERO);
        }
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// A node, what the set wants of it, and the set's pods for it: the one to keep first. Pods that are being deleted and
/// over are left out.
struct Place {
    node: Rc<Node>,
    verdict: Verdict,
    pods: Vec<Rc<Pod>>,
}

/// One look at a set.
struct Look<'a> {
    set: &'a Rc<DaemonSet>,
    seen: &'a Observed<'a, Memory>,
    now: Time,
    /// The template's spec with the automatic tolerations.
    spec: Rc<PodSpec>,
    history: History,
    /// The nodes in order of their names, once they were walked.
    places: Vec<Place>,
    /// How many nodes should run a pod.
    desired: i64,
    /// The set's pods for nodes that are gone.
    lost: BTreeMap<NodeName, Vec<Rc<Pod>>>,
    creating: Vec<NodeName>,
    deleting: Vec<Rc<Pod>>,
    notes: Vec<Note>,
    memory: Memory,
    wake: Option<Time>,
}

impl<'a> Look<'a> {
    fn new(set: &'a Rc<DaemonSet>, seen: &'a Observed<'a, Memory>, now: Time) -> Self {
        let mut memory = seen.memory.clone();
        if memory.generation != set.meta.generation {
            memory = Memory { generation: set.meta.generation, ..Memory::default() };
        }
        Self {
            history: update::history(set, seen.store),
            spec: with_tolerations(&set.spec.template.made),
            set,
            seen,
            now,
            places: Vec::new(),
            desired: 0,
            lost: BTreeMap::new(),
            creating: Vec::new(),
            deleting: Vec::new(),
            notes: Vec::new(),
            memory,
            wake: None,
        }
    }

    fn run(mut self) -> Plan<Decision, Memory> {
        let Some(status) = self.settled() else { return self.walk() };
        let walked =
            cfg!(debug_assertions).then(|| Self::new(self.set, self.seen, self.now).walk());
        let plan = self.conclude(Vec::new(), status);
        if let Some(walked) = walked {
            let parts = |plan: &Plan<Decision, Memory>| {
                (plan.decision.clone(), plan.wake, plan.writes.clone())
            };
            debug_assert_eq!(parts(&plan), parts(&walked), "the sums say something else");
        }
        plan
    }

    /// Looks at every node and every pod.
    fn walk(mut self) -> Plan<Decision, Memory> {
        let claim =
            claim_pods(self.seen.store, Kind::DaemonSet, &self.set.meta, &self.set.spec.selector);
        let mut writes = claim.writes;
        writes.append(&mut self.history.writes);
        let fixed = self.set.spec.template.node_name.as_ref();
        let place = |node: &Rc<Node>| Place {
            node: Rc::clone(node),
            verdict: verdict(&self.spec, fixed, node),
            pods: Vec::new(),
        };
        self.places = self.seen.store.nodes().iter().map(place).collect();
        self.desired = count(self.places.iter().filter(|place| place.verdict.run).count());
        self.place(&claim.pods);
        self.manage();
        if self.creating.is_empty() && self.deleting.is_empty() {
            self.roll();
        }
        writes.extend(update::prune(self.set, &self.history, &claim.pods));
        self.creating.truncate(BURST);
        self.deleting.truncate(BURST);
        let status = self.status();
        self.conclude(writes, status)
    }

    /// The plan that follows.
    fn conclude(
        mut self,
        mut writes: Vec<Write>,
        status: DaemonSetStatus,
    ) -> Plan<Decision, Memory> {
        writes.append(&mut self.history.writes);
        let decision = self.decide(&status);
        let about = AnyObject::DaemonSet(Rc::clone(self.set));
        let notes = std::mem::take(&mut self.notes).into_iter();
        writes.extend(notes.map(|note| Write::event(about.clone(), note)));
        if self.seen.failure.is_none() {
            writes.extend(self.deleting.iter().map(|pod| pods::delete(pod, &about)));
            let alike = daemon_pod(self.set, &self.history.hash);
            let new = self.creating.iter().map(|node| for_node(&alike, &self.spec, node));
            writes.extend(new.map(|pod| pods::create(pod, &about)));
        }
        if status != self.set.status {
            let changed =
                DaemonSet { meta: self.set.meta.clone(), spec: Rc::clone(&self.set.spec), status };
            writes.push(Write::UpdateStatus(AnyObject::DaemonSet(Rc::new(changed))));
        }
        Plan::writes(decision, writes).wake_at(self.wake).remember(self.memory)
    }

    /// Sorts the pods by the node they are for. Pods that are over and being deleted do not count.
    fn place(&mut self, pods: &[Rc<Pod>]) {
        for pod in pods {
            if pod.status.phase.finished() && pod.meta.deleting() {
                continue;
            }
            // One that was adopted and names no node is left alone until it is bound.
            let Some(node) = pod.meant_for() else { continue };
            let at = self.places.binary_search_by(|place| place.node.meta.name.cmp(&node));
            match at.ok().and_then(|at| self.places.get_mut(at)) {
                Some(place) => place.pods.push(Rc::clone(pod)),
                None => self.lost.entry(node).or_default().push(Rc::clone(pod)),
            }
        }
        let groups = self.places.iter_mut().map(|place| &mut place.pods);
        for group in groups.chain(self.lost.values_mut()) {
            group.order_by(|a, b| {
                let order = |pod: &Pod| (pod.node.is_none(), pod.meta.created.cut_to_second());
                order(a).cmp(&order(b)).then_with(|| a.meta.name.cmp(&b.meta.name))
            });
        }
    }

    /// Follows `podsShouldBeOnNode` for each node, and `getUnscheduledPodsWithoutNode`.
    fn manage(&mut self) {
        let places = std::mem::take(&mut self.places);
        for place in &places {
            self.manage_node(&place.node, place.verdict, &place.pods);
        }
        self.places = places;
        let lost = self.lost.values().flatten();
        let lost: Vec<Rc<Pod>> =
            lost.filter(|pod| pod.node.is_none() && !pod.meta.deleting()).cloned().collect();
        self.deleting.extend(lost);
    }

    fn manage_node(&mut self, node: &Node, verdict: Verdict, group: &[Rc<Pod>]) {
        let name = &node.meta.name;
        if verdict.run && group.is_empty() {
            self.creating.push(Rc::clone(name));
            return;
        }
        if !verdict.keep {
            self.deleting.extend(group.iter().filter(|pod| !pod.meta.deleting()).cloned());
            return;
        }
        let mut live: Vec<&Rc<Pod>> = Vec::new();
        for pod in group.iter().filter(|pod| !pod.meta.deleting()) {
            match pod.status.phase {
                Phase::Failed => self.fail(name, pod),
                Phase::Succeeded => self.succeed(name, pod),
                _ => live.push(pod),
            }
        }
        if !self.surges() {
            self.deleting.extend(live.into_iter().skip(1).cloned());
        } else {
            self.manage_surge(name, verdict, &live);
        }
    }

    /// With surge a node may have an old and a new pod; the old one goes when the new one is available.
    fn manage_surge(&mut self, name: &NodeName, verdict: Verdict, live: &[&Rc<Pod>]) {
        if live.is_empty() && verdict.run {
            self.creating.push(Rc::clone(name));
            return;
        }
        let (new, old): (Vec<&Rc<Pod>>, Vec<&Rc<Pod>>) = live
            .iter()
            .copied()
            .partition(|pod| update::has_hash(&pod.meta.labels, &self.history.hash));
        let extra = new.iter().skip(1).chain(old.iter().skip(1));
        self.deleting.extend(extra.map(|pod| Rc::clone(pod)));
        if let (Some(new), Some(old)) = (new.first(), old.first()) {
            match available(new, self.set.spec.min_ready_seconds, self.now) {
                Ok(()) => self.deleting.push(Rc::clone(old)),
                Err(_) if !old.ready() => self.deleting.push(Rc::clone(old)),
                Err(at) => self.wake = [self.wake, at].into_iter().flatten().min(),
            }
        }
    }

    /// Deletes a failed pod, at once the first time, later with growing waits. What is too early is looked at again after
    /// a whole wait, counted from now. Follows `podsShouldBeOnNode`.
    fn fail(&mut self, node: &NodeName, pod: &Rc<Pod>) {
        let (wait, last) =
            self.memory.waits.get(node).copied().unwrap_or((Duration::ZERO, Time::default()));
        let forgotten = self.now - last > LONGEST_WAIT.doubled();
        let wait = if forgotten { Duration::ZERO } else { wait };
        if wait > Duration::ZERO && self.now < last + wait {
            self.wake = [self.wake, Some(self.now + wait)].into_iter().flatten().min();
            return;
        }
        let next = if wait == Duration::ZERO {
            Duration::from_seconds(1)
        } else {
            wait.doubled().min(LONGEST_WAIT)
        };
        self.memory.waits.insert(Rc::clone(node), (next, self.now));
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        let words = format!(
            "Found failed daemon pod {namespace}/{name} on node {node}, will try to kill it"
        );
        self.notes.push(Note::warning("FailedDaemonPod", words));
        self.deleting.push(Rc::clone(pod));
    }

    fn succeed(&mut self, node: &NodeName, pod: &Rc<Pod>) {
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        let words = format!(
            "Found succeeded daemon pod {namespace}/{name} on node {node}, will try to delete it"
        );
        self.notes.push(Note::normal("SucceededDaemonPod", words));
        self.deleting.push(Rc::clone(pod));
    }

    /// Whether a node may have an old and a new pod at all. Follows `AllowsSurge`, which asks for one node: this
    /// must not hang on how many nodes were looked at so far.
    fn surges(&self) -> bool {
        !self.set.spec.on_delete && self.set.spec.max_surge.of(1, true) > 0
    }

    fn max_surge(&self) -> i64 {
        if self.set.spec.on_delete { 0 } else { self.set.spec.max_surge.of(self.desired, true) }
    }

    /// Follows `updateDaemonSetStatus`.
    fn status(&mut self) -> DaemonSetStatus {
        let mut status = DaemonSetStatus {
            desired: self.desired,
            observed_generation: self.set.meta.generation,
            collision_count: self.history.collisions,
            ..DaemonSetStatus::default()
        };
        for place in &self.places {
            let Some(first) = place.pods.first() else { continue };
            if !place.verdict.run {
                status.misscheduled += 1;
                continue;
            }
            status.current += 1;
            status.ready += i64::from(first.ready());
            status.updated +=
                i64::from(update::is_updated(self.set, &first.meta.labels, &self.history.hash));
            match available(first, self.set.spec.min_ready_seconds, self.now) {
                Ok(()) => status.available += 1,
                Err(at) => self.wake = [self.wake, at].into_iter().flatten().min(),
            }
        }
        status.unavailable = status.desired - status.available;
        status
    }

    fn decide(&self, status: &DaemonSetStatus) -> Decision {
        if let Some(failure) = self.seen.failure {
            return Decision::Refused { message: failure.error.message.as_str().into() };
        }
        Decision::Placed {
            desired: status.desired,
            current: status.current,
            ready: status.ready,
            creating: self.creating.iter().cloned().collect(),
            deleting: self.deleting.iter().map(|pod| Rc::clone(&pod.meta.name)).collect(),
            left_out: count(self.seen.store.nodes().len()) - status.desired,
        }
    }
}
