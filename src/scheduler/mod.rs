//! Which node a pod goes to, and why not to the others. Follows `pkg/scheduler/schedule_one.go`.
//!
//! A key is a pod. Cost: a pod asks each node once, in large clusters only until enough can take it; what is used on a
//! node and where which pods are comes from sums that the store keeps (`store::Occupancy`), so no pods are walked.

mod cycle;
mod diagnosis;
mod filters;
mod peers;
mod preemption;
mod queue;
mod scores;
#[cfg(test)]
mod testing;

use std::rc::Rc;

use self::cycle::Cycle;
pub use self::diagnosis::Diagnosis;
use self::diagnosis::{Preemption, diagnose};
pub use self::filters::{Check, Checks, Refusal};
use self::preemption::{Victims, preempt};
pub use self::queue::Memory;
pub use self::scores::{Ranked, Score};

use crate::api::conditions::{self, Condition, Status};
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::NodeName;
use crate::api::object::AnyObject;
use crate::api::words::joined;
use crate::reconcile::{
    Controller, DeleteOptions, Key, Memories, Note, Observed, Plan, Wake, Write,
};
use crate::sim::Time;
use crate::store::{Change, Store};

/// The name a pod asks this scheduler by.
const NAME: &str = "default-scheduler";

/// What the scheduler decided about a pod.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The pod is gone, bound, over, or another scheduler's.
    NotConcerned,
    /// Gates hold it back.
    Gated,
    /// It fits nowhere yet, and waits before that is said again.
    BackingOff {
        /// Until then.
        until: Time,
    },
    /// It goes to a node.
    Bound {
        /// Which.
        node: NodeName,
        /// The best of the nodes that could take it, with their scores; the node is the first.
        ranking: Rc<[Ranked]>,
        /// How many could.
        feasible: usize,
        /// Those that could not; the first hundred.
        refusals: Rc<[(NodeName, Refusal)]>,
    },
    /// It fits nowhere.
    Unschedulable(Rc<Diagnosis>),
    /// It fits nowhere, but will when pods of lower priority have gone.
    Preempting {
        /// From which node.
        node: NodeName,
        /// Who goes.
        victims: Rc<[crate::api::ObjectKey]>,
        /// Why it fitted nowhere.
        diagnosis: Rc<Diagnosis>,
    },
}

/// The default scheduler.
pub struct Scheduler;

impl Controller for Scheduler {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = NAME;

    fn wakes(change: &Change, store: &Store, memories: &Memories<Memory>, wake: Wake<'_>) {
        queue::wakes(change, store, memories, wake);
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        let mine = |pod: &&Rc<Pod>| {
            pod.node.is_none() && pod.active() && *pod.spec.scheduler_name == *NAME
        };
        let Some(pod) = seen.store.pods().get(&key.object).filter(mine) else {
            return forget(Plan::idle(Decision::NotConcerned), seen);
        };
        if pod.spec.gated {
            return gated(pod, now);
        }
        schedule_one(pod, seen, now)
    }
}

/// Only pods that fitted nowhere are remembered: changes ask all that are.
fn forget(plan: Plan<Decision, Memory>, seen: &Observed<'_, Memory>) -> Plan<Decision, Memory> {
    if seen.memory.waits() { plan.remember(Memory::default()) } else { plan }
}

/// Asks the nodes, then binds to the best, or makes room, or says why none fits.
pub fn schedule_one(
    pod: &Rc<Pod>,
    seen: &Observed<'_, Memory>,
    now: Time,
) -> Plan<Decision, Memory> {
    let cycle = Cycle::new(pod, seen.store, &[]);
    let found = cycle.examine();
    let ranking = scores::rank(&cycle, &found.fitting);
    if let Some(best) = ranking.first() {
        let node = Rc::clone(&best.node);
        let meta = &pod.meta;
        let words =
            joined(&["Successfully assigned ", &meta.namespace, "/", &meta.name, " to ", &node]);
        let writes = vec![
            Write::Bind { pod: pod.meta.key(), node: Rc::clone(&node) },
            tell(pod, Note::normal("Scheduled", words)),
        ];
        let decision = Decision::Bound {
            node,
            feasible: found.fitting.len(),
            ranking: ranking.into(),
            refusals: found.refusals.into_iter().take(100).collect(),
        };
        return forget(Plan::writes(decision, writes), seen);
    }
    let until = seen.memory.held_until();
    if seen.memory.waits() && now < until {
        let plan = Plan::idle(Decision::BackingOff { until }).wake_at(Some(until));
        let known = seen.memory.helped;
        return if known { plan } else { plan.remember(Memory { helped: true, ..*seen.memory }) };
    }
    fail(&cycle, pod, &found.refusals, seen.memory, now)
}

/// The pod fits nowhere: room is made if that helps; the pod says why and waits.
fn fail(
    cycle: &Cycle<'_>,
    pod: &Rc<Pod>,
    refusals: &[(NodeName, Refusal)],
    memory: &Memory,
    now: Time,
) -> Plan<Decision, Memory> {
    let nodes = cycle.store.nodes().len();
    let attempt = preempt(cycle, refusals);
    let outcome = match &attempt {
        Ok(_) => &Preemption::Begun,
        Err(outcome) => outcome,
    };
    let diagnosis = Rc::new(diagnose(nodes, refusals, cycle.narrowed(), outcome));
    let mut writes =
        attempt.as_ref().map_or_else(|_| Vec::new(), |victims| push_out(cycle, victims, now));
    writes.push(tell(pod, Note::warning("FailedScheduling", &*diagnosis.message)));
    let nominated = match (&attempt, outcome) {
        (Ok(victims), _) => Some(Rc::clone(&victims.node)),
        // While those it pushed out are on their way out, the place stays reserved.
        (Err(_), Preemption::NotEligible(_)) => pod.status.nominated_node.clone(),
        (Err(_), _) => None,
    };
    writes.extend(with_condition(pod, "Unschedulable", &diagnosis.message, nominated, now));
    let memory = memory.failed_again(diagnosis.checks, now);
    let decision = match attempt {
        Ok(Victims { node, pods, .. }) => {
            let victims = pods.iter().map(|victim| victim.meta.key()).collect();
            Decision::Preempting { node, victims, diagnosis }
        }
        Err(_) => Decision::Unschedulable(diagnosis),
    };
    Plan::writes(decision, writes).remember(memory).wake_at(Some(memory.flushed_at()))
}

/// Deletes the pods that make room; lower pods for which room was being made there must look elsewhere.
fn push_out(cycle: &Cycle<'_>, victims: &Victims, now: Time) -> Vec<Write> {
    let mut writes = Vec::new();
    for victim in victims.pods.iter().filter(|victim| !victim.meta.deleting()) {
        let mut marked = Pod::clone(victim);
        let mut all = marked.status.conditions.to_vec();
        let words = format!("{NAME}: preempting to accommodate a higher priority pod");
        let kind = "DisruptionTarget";
        conditions::set(
            &mut all,
            Condition::new(kind, Status::True, preemption::REASON, &words, now),
        );
        marked.status.conditions = all.into();
        writes.push(Write::UpdateStatus(AnyObject::Pod(Rc::new(marked))));
        let words = format!("Preempted by pod {} on node {}", cycle.pod.meta.uid, victims.node);
        writes.push(Write::Delete {
            kind: Kind::Pod,
            key: victim.meta.key(),
            options: DeleteOptions { uid: Some(victim.meta.uid), ..DeleteOptions::default() },
            note: Some(Note::normal("Preempted", words)),
            about: Some(AnyObject::Pod(Rc::clone(victim))),
        });
    }
    let index = cycle.store.index();
    let nominated = index.nominated().filter_map(|key| cycle.store.pods().get(key));
    let displaced = nominated.filter(|other| {
        other.status.nominated_node.as_ref() == Some(&victims.node)
            && other.spec.priority < cycle.pod.spec.priority
    });
    writes.extend(displaced.map(|other| {
        let mut other = Pod::clone(other);
        other.status.nominated_node = None;
        Write::UpdateStatus(AnyObject::Pod(Rc::new(other)))
    }));
    writes
}

fn gated(pod: &Rc<Pod>, now: Time) -> Plan<Decision, Memory> {
    let message = "Scheduling is blocked due to non-empty scheduling gates";
    let nominated = pod.status.nominated_node.clone();
    let writes = with_condition(pod, "SchedulingGated", message, nominated, now);
    Plan::writes(Decision::Gated, writes.into_iter().collect())
}

fn tell(pod: &Rc<Pod>, note: Note) -> Write {
    Write::event(AnyObject::Pod(Rc::clone(pod)), note)
}

/// Sets PodScheduled to False and the node on which room is made, unless the status says so already.
fn with_condition(
    pod: &Rc<Pod>,
    reason: &str,
    message: &str,
    nominated: Option<NodeName>,
    now: Time,
) -> Option<Write> {
    let mut all = pod.status.conditions.to_vec();
    let condition = Condition::new("PodScheduled", Status::False, reason, message, now);
    let changed = conditions::set(&mut all, condition);
    if !changed && pod.status.nominated_node == nominated {
        return None;
    }
    let mut pod = Pod::clone(pod);
    pod.status.conditions = all.into();
    pod.status.nominated_node = nominated;
    Some(Write::UpdateStatus(AnyObject::Pod(Rc::new(pod))))
}

/// What every check says of every node at this moment, also the checks behind the first that fails. For the table under
/// "Why?" of a pod that waits; a decision itself keeps only the first refusal of a hundred nodes.
pub fn table(pod: &Pod, store: &Store) -> Vec<(NodeName, [Option<Refusal>; 7])> {
    let cycle = Cycle::new(pod, store, &[]);
    let nodes = store.index().occupancy().nodes();
    nodes.map(|(name, info)| (Rc::clone(name), cycle.verdicts(info))).collect()
}
