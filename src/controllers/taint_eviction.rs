//! Deletes pods that a `NoExecute` taint drives out, after the time they tolerate it. Follows
//! `pkg/controller/tainteviction/taint_eviction.go`.
//!
//! A key is a pod. A change of a node's taints looks at the pods of that node only.

use std::rc::Rc;

use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Effect, Node, Pod, Taint, Toleration};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::reconcile::{
    Controller, DeleteOptions, Key, Memories, Note, Observed, Plan, Wake, Write,
};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The pod is gone.
    Gone,
    /// No taint drives the pod out.
    Stays,
    /// It bears the taints for ever.
    ToleratesForEver,
    /// It will be deleted then.
    Waits {
        /// When.
        until: Time,
    },
    /// It is deleted.
    Evicted,
}

/// What is remembered: when the pod is to be deleted. Once set, later changes of tolerations do not move it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    until: Option<Time>,
}

/// The loop.
pub struct TaintEviction;

impl Controller for TaintEviction {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = "taint-eviction-controller";

    fn wakes(change: &Change, store: &Store, memories: &Memories<Memory>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::Node(node) if change.operation != Operation::Deleted => {
                let same = matches!(&change.before, Some(AnyObject::Node(before)) if driving(before).eq(driving(node)));
                if !same {
                    for pod in store.pods_on(&node.meta.name) {
                        wake(Key::of(&pod.meta), Duration::ZERO);
                    }
                }
            }
            AnyObject::Pod(pod) if change.operation == Operation::Deleted => {
                let key = Key::of(&pod.meta);
                if memories.get(&key).is_some_and(|memory| memory.until.is_some()) {
                    wake(key, Duration::ZERO);
                }
            }
            AnyObject::Pod(pod) => {
                let before = match &change.before {
                    Some(AnyObject::Pod(before)) => Some(before),
                    _ => None,
                };
                let bound = before.is_none_or(|before| {
                    before.node != pod.node
                        || (!Rc::ptr_eq(&before.spec, &pod.spec)
                            && before.spec.tolerations != pod.spec.tolerations)
                });
                if !bound {
                    return;
                }
                let tainted = pod
                    .node
                    .as_ref()
                    .and_then(|node| store.nodes().get(&ObjectKey::cluster(Rc::clone(node))));
                if tainted.is_some_and(|node| driving(node).next().is_some()) {
                    wake(Key::of(&pod.meta), Duration::ZERO);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        let pending = seen.memory.until;
        let Some(pod) = seen.store.pods().get(&key.object) else {
            return match pending {
                Some(_) => Plan::writes(Decision::Gone, vec![tell_of_gone(&key.object)])
                    .remember(Memory::default()),
                None => Plan::idle(Decision::Gone),
            };
        };
        let Some(node) = &pod.node else { return Plan::idle(Decision::Stays) };
        let Some(node) = seen.store.nodes().get(&ObjectKey::cluster(Rc::clone(node))) else {
            // The taints went with the node; what was decided before stays decided.
            return match pending {
                Some(at) if at <= now => evict(pod, None, now),
                at => Plan::idle(Decision::Stays).wake_at(at),
            };
        };
        let cancelled = |decision| match pending {
            Some(_) => Plan::writes(decision, vec![tell(pod, "Cancelling deletion of Pod")])
                .remember(Memory::default()),
            None => Plan::idle(decision),
        };
        match borne_for(driving(node), &pod.spec.tolerations) {
            Borne::NoTaints => cancelled(Decision::Stays),
            Borne::ForEver => cancelled(Decision::ToleratesForEver),
            Borne::NotAtAll => evict(pod, pending, now),
            Borne::For(span) => {
                let until = pending.unwrap_or(now + span);
                if now >= until {
                    return evict(pod, None, now);
                }
                Plan::idle(Decision::Waits { until })
                    .wake_at(Some(until))
                    .remember(Memory { until: Some(until) })
            }
        }
    }
}

/// The taints that drive pods out. Follows `getNoExecuteTaints`.
fn driving(node: &Node) -> impl Iterator<Item = &Taint> {
    node.spec.taints.iter().filter(|taint| taint.effect == Effect::NoExecute)
}

/// A deletion that was pending is no longer, as the pod went before its time. Follows `handlePodUpdate`.
fn tell_of_gone(key: &ObjectKey) -> Write {
    let meta = crate::object! { "namespace" => &key.namespace, "name" => &key.name };
    let pod = AnyObject::from_value(Kind::Pod, &crate::object! { "metadata" => meta });
    let text = format!("Cancelling deletion of Pod {}/{}", key.namespace, key.name);
    Write::event(pod, Note::normal("TaintManagerEviction", text))
}

/// For how long a pod bears the taints of its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Borne {
    NoTaints,
    NotAtAll,
    For(Duration),
    ForEver,
}

/// Of each taint the first toleration that bears it counts; the shortest of them is the time. Follows
/// `GetMatchingTolerations` and `getMinTolerationTime`.
fn borne_for<'a>(taints: impl Iterator<Item = &'a Taint>, tolerations: &[Toleration]) -> Borne {
    let mut shortest: Option<i64> = None;
    let mut any = false;
    for taint in taints {
        any = true;
        let Some(toleration) = tolerations.iter().find(|one| one.tolerates(taint)) else {
            return Borne::NotAtAll;
        };
        if let Some(seconds) = toleration.seconds {
            shortest = Some(shortest.map_or(seconds, |shortest| shortest.min(seconds)));
        }
    }
    match (any, shortest) {
        (false, _) => Borne::NoTaints,
        (true, None) => Borne::ForEver,
        (true, Some(seconds)) if seconds <= 0 => Borne::NotAtAll,
        (true, Some(seconds)) => Borne::For(Duration::from_seconds(seconds)),
    }
}

fn tell(pod: &Rc<Pod>, words: &str) -> Write {
    let text = format!("{words} {}/{}", pod.meta.namespace, pod.meta.name);
    Write::event(AnyObject::Pod(Rc::clone(pod)), Note::normal("TaintManagerEviction", text))
}

/// Deletes a pod, be it on its way out already; a deletion that was pending for later is cancelled, which is told first.
fn evict(pod: &Rc<Pod>, pending: Option<Time>, now: Time) -> Plan<Decision, Memory> {
    let mut marked = Pod::clone(pod);
    let mut all = marked.status.conditions.to_vec();
    let message = "Taint manager: deleting due to NoExecute taint";
    conditions::set(
        &mut all,
        Condition::new("DisruptionTarget", Status::True, "DeletionByTaintManager", message, now),
    );
    marked.status.conditions = all.into();
    let cancelled = pending.filter(|at| *at > now).map(|_| tell(pod, "Cancelling deletion of Pod"));
    let marked_for = [
        tell(pod, "Marking for deletion Pod"),
        Write::UpdateStatus(AnyObject::Pod(Rc::new(marked))),
        Write::Delete {
            kind: Kind::Pod,
            key: pod.meta.key(),
            options: DeleteOptions { uid: Some(pod.meta.uid), ..DeleteOptions::default() },
            note: None,
            about: None,
        },
    ];
    let writes = cancelled.into_iter().chain(marked_for).collect();
    Plan::writes(Decision::Evicted, writes).remember(Memory::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str) -> Taint {
        Taint { key: key.into(), value: "".into(), effect: Effect::NoExecute, added: None }
    }

    fn bears(key: &str, seconds: Option<i64>) -> Toleration {
        Toleration::exists(key, Effect::NoExecute, seconds)
    }

    #[test]
    fn the_shortest_of_the_first_tolerations_counts() {
        let span = |seconds| Borne::For(Duration::from_seconds(seconds));
        let rows: [(&[&str], &[(&str, Option<i64>)], Borne); 13] = [
            (&[], &[], Borne::NoTaints),
            (&[], &[("a", Some(5))], Borne::NoTaints),
            (&["a"], &[], Borne::NotAtAll),
            (&["a"], &[("a", Some(1))], span(1)),
            (&["a"], &[("a", None)], Borne::ForEver),
            (&["a"], &[("a", Some(0))], Borne::NotAtAll),
            (&["a"], &[("a", Some(-5))], Borne::NotAtAll),
            (&["a", "b"], &[("a", Some(1))], Borne::NotAtAll),
            (&["a", "b"], &[("a", Some(1)), ("b", Some(100))], span(1)),
            (&["a", "b"], &[("a", Some(1)), ("b", None)], span(1)),
            (&["a", "b"], &[("a", None), ("b", Some(60))], span(60)),
            // The first that matches counts, not the one that bears longest.
            (&["a"], &[("a", Some(5)), ("a", None)], span(5)),
            (&["a"], &[("a", None), ("a", Some(5))], Borne::ForEver),
        ];
        for (taints, tolerations, expected) in rows {
            let taints: Vec<Taint> = taints.iter().map(|key| taint(key)).collect();
            let bearing: Vec<Toleration> =
                tolerations.iter().map(|(key, seconds)| bears(key, *seconds)).collect();
            assert_eq!(borne_for(taints.iter(), &bearing), expected, "{taints:?} {tolerations:?}");
        }
    }
}
