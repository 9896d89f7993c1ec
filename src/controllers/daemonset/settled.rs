//! A look at a set whose pods are all as they should be, by the sums of the index: it costs what is new, and a step
//! along the names of the nodes.

use std::rc::Rc;

use super::placement::verdict;
use super::{BURST, Look, count, update};
use crate::api::apps::DaemonSetStatus;
use crate::api::core::PodSpec;
use crate::api::meta::NodeName;
use crate::controllers::pods::all_match;
use crate::sim::{Duration, Time};
use crate::store::Tally;

/// The nodes that should run a pod. It holds as long as neither the template nor any node's labels and taints change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    shapes: u64,
    spec: Rc<PodSpec>,
    fixed: Option<NodeName>,
    nodes: Vec<NodeName>,
}

impl Look<'_> {
    /// The status, if no pod has to be looked at: none is to be adopted, let go, deleted or replaced, and no node has
    /// two. Nodes without one are noted as those that get a pod.
    pub(super) fn settled(&mut self) -> Option<DaemonSetStatus> {
        let (store, set) = (self.seen.store, self.set);
        let index = store.index();
        let tally = index.tally(set.meta.uid);
        let alright = tally.terminating == 0
            && tally.succeeded == 0
            && tally.failed == 0
            && self.history.surplus(set) == 0
            && all_match(store, &set.meta, &tally, &set.spec.selector)
            && tally
                .labels
                .keys()
                .all(|labels| update::is_updated(set, labels, &self.history.hash));
        let posts = index.posts(set.meta.uid);
        if !alright || posts.map_or(0, |posts| count(posts.len())) != tally.total {
            return None;
        }
        let wanted = self.wanted();
        let mut there = posts.into_iter().flat_map(|posts| posts.keys()).peekable();
        let mut missing = Vec::new();
        for node in &wanted.nodes {
            if there.next_if(|name| Rc::ptr_eq(name, node) || *name == node).is_some() {
                continue;
            }
            if missing.len() < BURST {
                missing.push(Rc::clone(node));
            } else if there.peek().is_none() {
                break;
            }
        }
        // What is left over is for nodes that should have none.
        if there.next().is_some() {
            return None;
        }
        self.creating = missing;
        self.desired = count(wanted.nodes.len());
        self.memory.wanted = Some(wanted);
        let available = self.available(&tally);
        Some(DaemonSetStatus {
            desired: self.desired,
            current: tally.total,
            ready: tally.ready,
            updated: tally.total,
            available,
            unavailable: self.desired - available,
            observed_generation: set.meta.generation,
            collision_count: self.history.collisions,
            ..DaemonSetStatus::default()
        })
    }

    /// The nodes that should run a pod; asked anew only when something changed.
    fn wanted(&self) -> Rc<Wanted> {
        let store = self.seen.store;
        let (shapes, fixed) = (store.index().shapes(), self.set.spec.template.node_name.as_ref());
        let known = self.memory.wanted.as_ref().filter(|known| {
            known.shapes == shapes
                && known.fixed.as_ref() == fixed
                && (Rc::ptr_eq(&known.spec, &self.spec) || known.spec == self.spec)
        });
        if let Some(known) = known {
            return Rc::clone(known);
        }
        let runs = |node: &&Rc<_>| verdict(&self.spec, fixed, node).run;
        let names = store.nodes().iter().filter(runs).map(|node| Rc::clone(&node.meta.name));
        Rc::new(Wanted {
            shapes,
            spec: Rc::clone(&self.spec),
            fixed: fixed.cloned(),
            nodes: names.collect(),
        })
    }

    /// How many pods have been ready for long enough; the first that will have been wakes the set.
    fn available(&mut self, tally: &Tally) -> i64 {
        let least = Duration::from_seconds(self.set.spec.min_ready_seconds);
        if least == Duration::ZERO {
            return tally.ready;
        }
        let later = tally.ready_since.keys().map(|since| *since + least).find(|at| *at > self.now);
        self.wake = [self.wake, later].into_iter().flatten().min();
        let enough = |(since, _): &(&Time, &i64)| **since + least <= self.now;
        tally.ready_since.iter().take_while(enough).map(|(_, pods)| *pods).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Memory;
    use super::*;
    use crate::api::kind::Kind;
    use crate::api::object::AnyObject;
    use crate::api::value::Value;
    use crate::reconcile::Observed;
    use crate::store::{CauseId, Store};

    /// A pod of the set on a node; what else is said of it.
    fn pod(store: &mut Store, name: &str, node: &str, more: &str, phase: &str) {
        let text = format!(
            r#"{{"metadata":{{"name":"{name}","namespace":"default","uid":"{name}","labels":{{"app":"d","pod-template-generation":"1"}}{more},
            "ownerReferences":[{{"kind":"DaemonSet","name":"d","uid":"aa","controller":true}}]}},"spec":{{"nodeName":"{node}",
            "containers":[{{"name":"c","image":"x"}}]}},"status":{{"phase":"{phase}","conditions":[{{"type":"Ready","status":"True",
            "lastTransitionTime":"2026-01-01T00:00:00Z"}}]}}}}"#
        );
        put(store, Kind::Pod, &text);
    }

    fn put(store: &mut Store, kind: Kind, text: &str) {
        let object = AnyObject::from_value(kind, &Value::from_json(text).unwrap());
        store.put(object, Time::default(), CauseId::default());
    }

    fn cluster() -> Store {
        let mut store = Store::default();
        for node in ["n1", "n2", "n3"] {
            put(
                &mut store,
                Kind::Node,
                &format!(r#"{{"metadata":{{"name":"{node}","uid":"{node}"}}}}"#),
            );
        }
        let set = r#"{"metadata":{"name":"d","namespace":"default","uid":"aa"},"spec":{"selector":{"matchLabels":{"app":"d"}},
            "template":{"metadata":{"labels":{"app":"d"}},"spec":{"containers":[{"name":"c","image":"x"}]}}}}"#;
        put(&mut store, Kind::DaemonSet, set);
        store
    }

    /// The nodes that get a pod, and the status; nothing if the pods have to be looked at.
    fn settled(store: &Store) -> Option<(Vec<String>, DaemonSetStatus)> {
        looked(store, &mut Memory::default())
    }

    /// The same with what was remembered and is from now on.
    fn looked(store: &Store, memory: &mut Memory) -> Option<(Vec<String>, DaemonSetStatus)> {
        let known = memory.clone();
        let seen = Observed { store, memory: &known, failure: None };
        let mut look = Look::new(store.daemon_sets().iter().next()?, &seen, Time::default());
        let status = look.settled()?;
        *memory = look.memory.clone();
        Some((look.creating.iter().map(ToString::to_string).collect(), status))
    }

    #[test]
    fn the_sums_say_which_nodes_have_none() {
        let mut store = cluster();
        pod(&mut store, "a", "n2", "", "Running");
        let (creating, status) = settled(&store).unwrap();
        assert_eq!(creating, ["n1", "n3"]);
        assert_eq!(
            (status.desired, status.current, status.ready, status.unavailable),
            (3, 1, 1, 2)
        );
    }

    #[test]
    fn what_is_not_as_it_should_be_is_looked_at() {
        let deleting = r#","deletionTimestamp":"2026-01-01T00:00:30Z""#;
        for (what, node, more, phase) in [
            ("a node has two", "n2", "", "Running"),
            ("a node is gone", "n9", "", "Running"),
            ("a pod failed", "n1", "", "Failed"),
            ("a pod is being deleted", "n1", deleting, "Running"),
        ] {
            let mut store = cluster();
            pod(&mut store, "a", "n2", "", "Running");
            assert!(settled(&store).is_some());
            pod(&mut store, "b", node, more, phase);
            assert_eq!(settled(&store), None, "{what}");
        }
    }

    #[test]
    fn what_is_wanted_is_asked_anew_when_a_node_gets_a_taint() {
        let mut store = cluster();
        let taint = r#"{"metadata":{"name":"n3","uid":"n3"},"spec":{"taints":[{"key":"k","effect":"NoSchedule"}]}}"#;
        let mut memory = Memory::default();
        let mut names = |store: &Store| looked(store, &mut memory).unwrap().0;
        assert_eq!(names(&store), ["n1", "n2", "n3"]);
        assert_eq!(names(&store), ["n1", "n2", "n3"]);
        let before = store.index().shapes();
        put(&mut store, Kind::Node, taint);
        assert!(store.index().shapes() > before);
        assert_eq!(names(&store), ["n1", "n2"]);
    }
}
