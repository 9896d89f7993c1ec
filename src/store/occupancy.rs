//! What the pods on nodes take, and where pods of which labels are: sums that the scheduler asks for at every
//! decision, kept up at each write. Follows `framework.NodeInfo` and the snapshot of `pkg/scheduler/backend/cache`.
//!
//! Counted are pods that are bound and not finished, the same as in upstream's cache; those being deleted count until
//! they are gone. Cost: binding a pod touches one sum and one crowd, each O(log n); a change of status touches
//! nothing. A pod whose labels nobody else has costs about 100 bytes here.

use std::rc::Rc;

use std::collections::BTreeMap;

use crate::persistent::{OrdMap, OrdSet};

use crate::api::core::{Node, Pod};
use crate::api::meta::{Labels, NodeName, ObjectKey};
use crate::api::named::Named;
use crate::api::resources::Resources;

use super::index::shift;

/// Sums over the pods of one node. Follows `framework.NodeInfo`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeSum {
    /// What they ask for.
    pub requested: Resources,
    /// What they count for in scores, of cpu (thousandths) and of memory (bytes): containers that ask for nothing count
    /// a little.
    pub scored: (i64, i64),
    /// How many they are.
    pub pods: i64,
    /// The ports they take on the node (protocol, number, address), with how often.
    pub ports: OrdMap<(Rc<str>, i64, Rc<str>), i64>,
}

impl NodeSum {
    /// Counts a pod in.
    pub fn add(&mut self, pod: &Pod) {
        self.requested.add(&pod.spec.requests);
        self.score(pod, 1);
        self.count(pod, 1);
    }

    /// Counts a pod out.
    pub fn remove(&mut self, pod: &Pod) {
        self.requested.subtract(&pod.spec.requests);
        self.score(pod, -1);
        self.count(pod, -1);
    }

    fn score(&mut self, pod: &Pod, step: i64) {
        let (cpu, memory) = &mut self.scored;
        *cpu = cpu.saturating_add(step.saturating_mul(pod.spec.scored.cpu_milli));
        *memory = memory.saturating_add(step.saturating_mul(pod.spec.scored.memory_bytes));
    }

    fn count(&mut self, pod: &Pod, step: i64) {
        self.pods += step;
        for port in pod.spec.host_ports.iter() {
            let slot = (Rc::clone(&port.protocol), port.host_port, Rc::clone(&port.host_ip));
            let count = self.ports.get(&slot).copied().unwrap_or(0) + step;
            match count {
                0 => self.ports.remove(&slot),
                _ => self.ports.insert(slot, count),
            };
        }
    }
}

/// Images by each of their names, and their sizes in bytes.
pub type Images = Rc<BTreeMap<Rc<str>, i64>>;

/// What a node has for pods. Follows `Allocatable` of `framework.NodeInfo`, less the extended resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Thousandths of a cpu.
    pub cpu_milli: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// Bytes of `ephemeral-storage`.
    pub ephemeral_bytes: i64,
    /// How many pods it takes.
    pub pods: i64,
}

/// What most decisions ask about a node, side by side: a decision asks a hundred nodes, and the objects of those lie
/// all over the memory. Follows `framework.NodeInfo`.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeInfo {
    /// The node.
    pub node: Rc<Node>,
    /// What it has.
    pub room: Room,
    /// Whether it is neither cordoned nor tainted.
    pub open: bool,
    /// The images that it has; nodes with the same have one list.
    pub images: Images,
    /// What is taken of it.
    pub sum: NodeSum,
}

impl NodeInfo {
    /// A node of which so much is taken.
    pub fn new(node: Rc<Node>, sum: NodeSum) -> Self {
        let have = &node.status.allocatable;
        Self {
            room: Room {
                cpu_milli: have.cpu_milli,
                memory_bytes: have.memory_bytes,
                ephemeral_bytes: have.ephemeral_bytes,
                pods: have.pods,
            },
            open: !node.spec.unschedulable && node.spec.taints.is_empty(),
            images: Rc::clone(&node.status.images),
            node,
            sum,
        }
    }
}

/// How many pods of a crowd are on a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headcount {
    /// All of them.
    pub all: i64,
    /// Of those, the ones being deleted.
    pub leaving: i64,
}

/// The pods of one namespace that carry the same labels, by node. Most crowds whose labels are their own (indexed
/// Jobs, StatefulSets) are one pod on one node, and need no map.
#[derive(Clone, Debug, PartialEq)]
enum Crowd {
    One(NodeName, Headcount),
    Many(Named<Headcount>),
}

impl Crowd {
    fn at(&self, node: &str) -> Headcount {
        match self {
            Self::One(name, count) if **name == *node => *count,
            Self::One(..) => Headcount::default(),
            Self::Many(nodes) => nodes.get(node).copied().unwrap_or_default(),
        }
    }

    /// The same crowd with another count on a node; `None` if nobody is left.
    fn with(self, node: &NodeName, count: Headcount) -> Option<Self> {
        let gone = count == Headcount::default();
        match self {
            Self::One(name, _) if name == *node => (!gone).then_some(Self::One(name, count)),
            Self::One(name, own) => {
                let mut nodes = Named::default();
                nodes.insert(&name, own);
                nodes.insert(node, count);
                Some(Self::Many(nodes))
            }
            Self::Many(mut nodes) => {
                if gone {
                    nodes.remove(node);
                } else {
                    nodes.insert(node, count);
                }
                (!nodes.is_empty()).then_some(Self::Many(nodes))
            }
        }
    }
}

/// The sums of all nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Occupancy {
    nodes: Named<NodeInfo>,
    /// What is taken of nodes that are gone, or not there yet.
    absent: Named<NodeSum>,
    /// The different lists of images that nodes have, and how many have each.
    images: OrdMap<Images, i64>,
    crowds: OrdMap<(Rc<str>, Labels), Rc<Crowd>>,
    affine: OrdSet<ObjectKey>,
    /// How many pods have each priority.
    priorities: OrdMap<i64, i64>,
}

/// The node of a pod that counts.
fn place(pod: &Pod) -> Option<&NodeName> {
    pod.node.as_ref().filter(|_| !pod.status.phase.finished())
}

/// Whether a pod wants to be near or away from others.
fn is_affine(pod: &Pod) -> bool {
    pod.spec.affinity.as_ref().is_some_and(|affinity| {
        !(affinity.pod_required.is_empty()
            && affinity.pod_preferred.is_empty()
            && affinity.anti_required.is_empty()
            && affinity.anti_preferred.is_empty())
    })
}

/// Whether two versions of a pod count the same.
fn alike(before: &Pod, after: &Pod) -> bool {
    Rc::ptr_eq(&before.spec, &after.spec)
        && place(before) == place(after)
        && before.meta.deleting() == after.meta.deleting()
        && before.meta.labels == after.meta.labels
}

impl Occupancy {
    /// Brings the sums from one version of a pod to the next.
    pub(super) fn replace(&mut self, before: Option<&Pod>, after: Option<&Pod>) {
        if let (Some(before), Some(after)) = (before, after)
            && alike(before, after)
        {
            return;
        }
        for (pod, step) in [(before, -1), (after, 1)] {
            let Some((pod, node)) = pod.and_then(|pod| Some((pod, place(pod)?))) else { continue };
            self.count(pod, node, step);
        }
    }

    /// Brings what is known of a node from one version of it to the next.
    pub(super) fn replace_node(&mut self, before: Option<&Rc<Node>>, after: Option<&Rc<Node>>) {
        let images = |node: Option<&Rc<Node>>| node.map(|node| Rc::clone(&node.status.images));
        let (old, new) = (images(before), images(after));
        let same = old.as_ref().zip(new.as_ref()).is_some_and(|(old, new)| Rc::ptr_eq(old, new));
        let own = before.and_then(|node| self.nodes.get(&node.meta.name));
        let shared = match own.filter(|_| same) {
            Some(info) => Some(Rc::clone(&info.images)),
            None => {
                new.iter().for_each(|images| shift(&mut self.images, images, 1));
                old.iter().for_each(|images| shift(&mut self.images, images, -1));
                let shared = new.and_then(|images| self.images.get_key_value(&images));
                shared.map(|(images, _)| Rc::clone(images))
            }
        };
        let known = before.and_then(|node| self.nodes.remove(&node.meta.name));
        let sum = known.map(|info| info.sum);
        match (after, shared) {
            (Some(node), Some(images)) => {
                let name = &node.meta.name;
                let sum = sum.or_else(|| self.absent.remove(name)).unwrap_or_default();
                let info = NodeInfo { images, ..NodeInfo::new(Rc::clone(node), sum) };
                self.nodes.insert(name, info);
            }
            _ => {
                if let Some((node, sum)) = before.zip(sum.filter(|sum| sum.pods > 0)) {
                    self.absent.insert(&node.meta.name, sum);
                }
            }
        }
    }

    fn count(&mut self, pod: &Pod, node: &NodeName, step: i64) {
        let change = |sum: &mut NodeSum| if step > 0 { sum.add(pod) } else { sum.remove(pod) };
        if let Some(info) = self.nodes.get_mut(node) {
            change(&mut info.sum);
        } else {
            let mut sum = self.absent.remove(node).unwrap_or_default();
            change(&mut sum);
            if sum.pods > 0 {
                self.absent.insert(node, sum);
            }
        }
        shift(&mut self.priorities, &pod.spec.priority, step);
        if is_affine(pod) {
            match step {
                1 => self.affine.insert(pod.meta.key()),
                _ => self.affine.remove(&pod.meta.key()),
            };
        }
        let key = (Rc::clone(&pod.meta.namespace), pod.meta.labels.clone());
        let leaving = if pod.meta.deleting() { step } else { 0 };
        let crowd = match self.crowds.remove(&key) {
            None => Some(Crowd::One(Rc::clone(node), Headcount { all: step, leaving })),
            Some(crowd) => {
                let crowd = Rc::unwrap_or_clone(crowd);
                let own = crowd.at(node);
                let count = Headcount { all: own.all + step, leaving: own.leaving + leaving };
                crowd.with(node, count)
            }
        };
        if let Some(crowd) = crowd {
            self.crowds.insert(key, Rc::new(crowd));
        }
    }

    /// What is known of a node that is there.
    pub fn node(&self, name: &str) -> Option<&NodeInfo> {
        self.nodes.get(name)
    }

    /// The same with the name as it is kept here.
    pub fn named(&self, name: &str) -> Option<(&NodeName, &NodeInfo)> {
        self.nodes.get_key_value(name)
    }

    /// All nodes in order of their names.
    pub fn nodes(&self) -> impl Iterator<Item = (&NodeName, &NodeInfo)> {
        self.nodes.iter()
    }

    /// The nodes from a name on, in order of their names.
    pub fn nodes_from(&self, name: &NodeName) -> impl Iterator<Item = (&NodeName, &NodeInfo)> {
        self.nodes.from(name)
    }

    /// Whether a pod anywhere counts for less than this priority: else nobody can be pushed out.
    pub fn has_below(&self, priority: i64) -> bool {
        self.priorities.get_min().is_some_and(|(lowest, _)| *lowest < priority)
    }

    /// The pods that want to be near or away from others.
    pub fn affine(&self) -> impl Iterator<Item = &ObjectKey> {
        self.affine.iter()
    }

    /// The crowds of one namespace, or of all: namespace and labels.
    pub fn crowds<'a>(&'a self, namespace: Option<&'a str>) -> impl Iterator<Item = CrowdView<'a>> {
        let from = (Rc::from(namespace.unwrap_or_default()), Labels::default());
        self.crowds
            .range(from..)
            .take_while(move |((own, _), _)| namespace.is_none_or(|namespace| **own == *namespace))
            .map(|((namespace, labels), crowd)| CrowdView { namespace, labels, crowd })
    }
}

/// A crowd as the scheduler sees it.
#[derive(Clone, Copy, Debug)]
pub struct CrowdView<'a> {
    /// Its namespace.
    pub namespace: &'a Rc<str>,
    /// The labels of its pods.
    pub labels: &'a Labels,
    crowd: &'a Crowd,
}

impl<'a> CrowdView<'a> {
    /// How many of it are on a node.
    pub fn at(&self, node: &str) -> Headcount {
        self.crowd.at(node)
    }

    /// How many of it are on each of these nodes, given with their places in the order of names. Nodes that are asked
    /// for in this order are found by a step, and not by a search of their own.
    pub fn on<'b>(
        self,
        nodes: impl Iterator<Item = (usize, &'b NodeName)>,
    ) -> impl Iterator<Item = Headcount> {
        let mut rows = None;
        let mut last: Option<usize> = None;
        nodes.map(move |(place, name)| {
            let Crowd::Many(all) = self.crowd else { return self.at(name) };
            let onward = last.replace(place).is_some_and(|last| last < place);
            let from = || all.from(name).peekable();
            let rows = match &mut rows {
                Some(rows) if onward => rows,
                rows => rows.insert(from()),
            };
            let here = |(other, _): &(&NodeName, &Headcount)| Rc::ptr_eq(other, name);
            if let Some((_, heads)) = rows.next_if(here) {
                return *heads;
            }
            while rows.next_if(|(other, _)| *other < name).is_some() {}
            rows.next_if(|(other, _)| *other == name).map_or_else(Headcount::default, |row| *row.1)
        })
    }

    /// The nodes it is on, in order of their names.
    pub fn nodes(self) -> impl Iterator<Item = (&'a NodeName, Headcount)> {
        let (one, many) = match self.crowd {
            Crowd::One(name, count) => (Some((name, *count)), None),
            Crowd::Many(nodes) => (None, Some(nodes.iter().map(|(name, count)| (name, *count)))),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::object::Resource;
    use crate::api::value::Value;
    use crate::sim::rng::{Purpose, Seed};

    /// A pod drawn from a seed: name, labels, node, phase, deletion, port, affinity.
    fn drawn(seed: Seed, name: u64, step: u64) -> Pod {
        let draw = |what: &str, most: u64| seed.draw(Purpose::Id, what, name * 1000 + step) % most;
        let node = match draw("node", 4) {
            0 => String::new(),
            n => format!(r#","nodeName":"n{n}""#),
        };
        let phase = ["Pending", "Running", "Running", "Succeeded"][draw("phase", 4) as usize];
        let deletion = match draw("deletion", 4) {
            0 => r#","deletionTimestamp":"2026-01-01T00:00:30Z""#,
            _ => "",
        };
        let affinity = match draw("affinity", 3) {
            0 => {
                r#","affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"k"}]}}"#
            }
            _ => "",
        };
        let (label, port) = (draw("label", 3), 80 + draw("port", 2));
        let priority = draw("priority", 3);
        let text = format!(
            r#"{{"metadata":{{"name":"p{name}","namespace":"ns{}","labels":{{"app":"{label}"}}{deletion}}},"spec":{{"containers":[
            {{"name":"c","resources":{{"requests":{{"cpu":"{}m"}}}},"ports":[{{"hostPort":{port},"containerPort":80}}]}}],"priority":{priority}{node}{affinity}}},
            "status":{{"phase":"{phase}"}}}}"#,
            name % 2,
            100 * (1 + draw("cpu", 3)),
        );
        Pod::from_value(&Value::from_json(&text).unwrap())
    }

    #[test]
    fn sums_equal_their_recomputation_after_any_changes() {
        for seed in (0..20).map(Seed) {
            let mut kept = Occupancy::default();
            let mut pods: Vec<Option<Pod>> = vec![None; 8];
            for step in 0..60 {
                let index = (seed.draw(Purpose::Id, "which", step) % 8) as usize;
                let gone = seed.draw(Purpose::Id, "gone", step) % 5 == 0;
                let next = (!gone).then(|| drawn(seed, index as u64, step));
                kept.replace(pods[index].as_ref(), next.as_ref());
                pods[index] = next;
                let mut anew = Occupancy::default();
                for pod in pods.iter().flatten() {
                    anew.replace(None, Some(pod));
                }
                let flat = |of: &Occupancy| -> Vec<String> {
                    let crowds = of.crowds(None).map(|crowd| {
                        let nodes: Vec<_> = crowd.nodes().collect();
                        format!("{} {:?} {nodes:?}", crowd.namespace, crowd.labels)
                    });
                    crowds.collect()
                };
                assert_eq!(flat(&kept), flat(&anew), "seed {seed:?} step {step}");
                assert_eq!(kept.absent, anew.absent, "seed {seed:?} step {step}");
                assert_eq!(kept.affine, anew.affine, "seed {seed:?} step {step}");
                assert_eq!(kept.priorities, anew.priorities, "seed {seed:?} step {step}");
            }
        }
    }

    /// Nodes join, change and go while pods are bound to their names, in any order: what is known of those that are
    /// there is what their objects and the pods say, and nodes with the same images share one list.
    #[test]
    fn nodes_are_known_as_they_are_whatever_came_first() {
        for seed in (0..20).map(Seed) {
            let mut kept = Occupancy::default();
            let mut pods: Vec<Option<Pod>> = vec![None; 8];
            let mut nodes: Vec<Option<Rc<Node>>> = vec![None; 4];
            for step in 0..100 {
                let draw = |what: &str, most: u64| seed.draw(Purpose::Id, what, step) % most;
                let gone = draw("gone", 4) == 0;
                if draw("what", 2) == 0 {
                    let index = draw("pod", 8);
                    let next = (!gone).then(|| drawn(seed, index, step));
                    kept.replace(pods[index as usize].as_ref(), next.as_ref());
                    pods[index as usize] = next;
                } else {
                    let index = draw("node", 4) as usize;
                    let text = format!(
                        r#"{{"metadata":{{"name":"n{index}"}},"spec":{{"unschedulable":{}}},"status":{{"allocatable":{{"cpu":"{}"}},
                        "images":[{{"names":["image{}"],"sizeBytes":5}}]}}}}"#,
                        draw("cordon", 3) == 0,
                        1 + draw("cpu", 3),
                        draw("image", 2),
                    );
                    let node = Rc::new(Node::from_value(&Value::from_json(&text).unwrap()));
                    let next = (!gone).then_some(node);
                    kept.replace_node(nodes[index].as_ref(), next.as_ref());
                    nodes[index] = next;
                }
                let there: Vec<&Rc<Node>> = nodes.iter().flatten().collect();
                let expected: Vec<NodeInfo> = there
                    .iter()
                    .map(|node| {
                        let mut sum = NodeSum::default();
                        let here = |pod: &&Pod| place(pod) == Some(&node.meta.name);
                        pods.iter().flatten().filter(here).for_each(|pod| sum.add(pod));
                        NodeInfo::new(Rc::clone(node), sum)
                    })
                    .collect();
                let found: Vec<NodeInfo> = kept.nodes().map(|(_, info)| info.clone()).collect();
                assert_eq!(found, expected, "seed {seed:?} step {step}");
                for (one, other) in found.iter().zip(found.iter().skip(1)) {
                    assert_eq!(one.images == other.images, Rc::ptr_eq(&one.images, &other.images));
                }
                assert_eq!(kept.images.values().sum::<i64>(), there.len() as i64);
                for (name, sum) in kept.absent.iter() {
                    assert!(sum.pods > 0 && there.iter().all(|node| node.meta.name != *name));
                }
            }
        }
    }
}
