//! Which node a pod goes to, and why not to the others. Follows `pkg/scheduler/schedule_one.go` and
//! `pkg/scheduler/backend/queue`.
//!
//! A key is a pod. Cost: one pod asks every node once; what is used on a node comes from the sums that the store
//! keeps (`store::NodeSum`), so no pods are walked unless affinity or spread asks for it.

mod filters;
mod scores;

use std::collections::BTreeMap;
use std::rc::Rc;

use imbl::OrdMap;

pub use filters::Refusal;
use filters::{Question, check};

use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{Node, Pod};
use crate::api::object::AnyObject;
use crate::reconcile::{Controller, Key, Note, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// The name a pod asks this scheduler by.
const NAME: &str = "default-scheduler";
/// The first and the longest wait of a pod that fitted nowhere.
const FIRST_WAIT: Duration = Duration::from_seconds(1);
const LONGEST_WAIT: Duration = Duration::from_seconds(10);
/// After so long a pod is tried again even if nothing happened.
const FLUSH: Duration = Duration::from_seconds(330);

/// What the scheduler found about each node, and said about all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Every node that was asked, with its refusal.
    pub refusals: Rc<[(Rc<str>, Refusal)]>,
    /// The text of the event.
    pub message: Rc<str>,
}

/// What the scheduler decided about a pod.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The pod is gone, bound, over, or another scheduler's.
    NotConcerned,
    /// Gates hold it back.
    Gated,
    /// It waits before it is tried again.
    BackingOff {
        /// Until then.
        until: Time,
    },
    /// It goes to a node.
    Bound {
        /// Which.
        node: Rc<str>,
        /// With what score.
        score: i64,
        /// Out of how many that fitted.
        feasible: usize,
        /// The nodes that did not.
        refusals: Rc<[(Rc<str>, Refusal)]>,
    },
    /// It fits nowhere.
    Unschedulable(Diagnosis),
}

/// What is remembered of a pod that fitted nowhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    attempts: u32,
    last: Time,
    plugins: Vec<&'static str>,
}

/// The default scheduler.
pub struct Scheduler;

impl Controller for Scheduler {
    type Decision = Decision;
    type Memory = Memory;
    const NAME: &'static str = NAME;

    fn wakes(change: &Change, _: &Store, memories: &OrdMap<Key, Memory>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::Pod(pod) => {
                let before = match &change.before {
                    Some(AnyObject::Pod(before)) => Some(before),
                    _ => None,
                };
                if pod.node.is_none() && change.operation != Operation::Deleted {
                    let changed = before.is_none_or(|before| {
                        before.spec != pod.spec || before.meta.labels != pod.meta.labels
                    });
                    if changed {
                        wake(Key::of(&pod.meta), Duration::ZERO);
                    }
                    return;
                }
                let over = change.operation == Operation::Deleted
                    || (pod.status.phase.finished()
                        && before.is_some_and(|before| !before.status.phase.finished()));
                let arrived = before.is_some_and(|before| before.node.is_none());
                if over {
                    wake_waiting(
                        memories,
                        &["NodeResourcesFit", "NodePorts", "PodTopologySpread", "InterPodAffinity"],
                        wake,
                    );
                } else if arrived {
                    wake_waiting(memories, &["PodTopologySpread", "InterPodAffinity"], wake);
                }
            }
            AnyObject::Node(node) if change.operation != Operation::Deleted => {
                let before = match &change.before {
                    Some(AnyObject::Node(before)) => Some(before),
                    _ => None,
                };
                let same = before.is_some_and(|before| {
                    before.meta.labels == node.meta.labels
                        && before.spec == node.spec
                        && before.status.allocatable == node.status.allocatable
                });
                if !same {
                    wake_waiting(memories, &[], wake);
                }
            }
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
        let Some(pod) = seen.store.pods().get(&key.object) else {
            return Plan::idle(Decision::NotConcerned);
        };
        let concerned = pod.node.is_none() && pod.active() && *pod.spec.scheduler_name == *NAME;
        if !concerned {
            return Plan::idle(Decision::NotConcerned);
        }
        if pod.spec.gated {
            return gated(pod, now);
        }
        let until = seen.memory.last + wait(seen.memory.attempts);
        if seen.memory.attempts > 0 && now < until {
            return Plan::idle(Decision::BackingOff { until }).wake_at(Some(until));
        }
        schedule_one(pod, seen, now)
    }
}

/// Pods that wait because of one of these checks (none means any) are tried again.
fn wake_waiting(memories: &OrdMap<Key, Memory>, plugins: &[&str], wake: Wake<'_>) {
    for (key, memory) in memories {
        let cured =
            plugins.is_empty() || memory.plugins.iter().any(|plugin| plugins.contains(plugin));
        if memory.attempts > 0 && cured {
            wake(key.clone(), Duration::ZERO);
        }
    }
}

/// 1, 2, 4, 8, 10 s.
fn wait(attempts: u32) -> Duration {
    (1..attempts.min(8)).fold(FIRST_WAIT, |wait, _| wait.doubled()).min(LONGEST_WAIT)
}

/// Asks every node, then binds to the best or says why none fits.
fn schedule_one(pod: &Rc<Pod>, seen: &Observed<'_, Memory>, now: Time) -> Plan<Decision, Memory> {
    let mut question = Question::new(pod, seen.store);
    question.others_repel = seen.store.index().any_repelling();
    let (mut fitting, mut refusals): (Vec<&Rc<Node>>, Vec<(Rc<str>, Refusal)>) =
        (Vec::new(), Vec::new());
    for node in seen.store.nodes().iter() {
        match check(&question, node) {
            Ok(()) => fitting.push(node),
            Err(refusal) => refusals.push((Rc::clone(&node.meta.name), refusal)),
        }
    }
    let about = AnyObject::Pod(Rc::clone(pod));
    if let Some((node, score)) = scores::best(pod, &fitting, seen.store) {
        let words =
            format!("Successfully assigned {}/{} to {node}", pod.meta.namespace, pod.meta.name);
        let writes = vec![
            Write::Bind { pod: pod.meta.key(), node: Rc::clone(&node) },
            Write::Event {
                about,
                field_path: String::new(),
                note: Note::normal("Scheduled", words),
            },
        ];
        let decision =
            Decision::Bound { node, score, feasible: fitting.len(), refusals: refusals.into() };
        let plan = Plan::writes(decision, writes);
        // Only pods that once fitted nowhere are remembered: changes ask all that are.
        return if seen.memory.attempts > 0 { plan.remember(Memory::default()) } else { plan };
    }
    let message: Rc<str> = failure_message(pod, &refusals).into();
    let mut plugins: Vec<&'static str> =
        refusals.iter().map(|(_, refusal)| refusal.plugin).collect();
    plugins.sort_unstable();
    plugins.dedup();
    let memory = Memory { attempts: seen.memory.attempts + 1, last: now, plugins };
    let mut writes = vec![Write::Event {
        about,
        field_path: String::new(),
        note: Note::warning("FailedScheduling", message.to_string()),
    }];
    writes.extend(with_condition(pod, "Unschedulable", &message, now));
    let decision = Decision::Unschedulable(Diagnosis { refusals: refusals.into(), message });
    Plan::writes(decision, writes).remember(memory).wake_at(Some(now + FLUSH))
}

fn gated(pod: &Rc<Pod>, now: Time) -> Plan<Decision, Memory> {
    let message = "Scheduling is blocked due to non-empty scheduling gates";
    Plan::writes(
        Decision::Gated,
        with_condition(pod, "SchedulingGated", message, now).into_iter().collect(),
    )
}

/// Sets PodScheduled to False, unless it says so already.
fn with_condition(pod: &Rc<Pod>, reason: &str, message: &str, now: Time) -> Option<Write> {
    let mut all = pod.status.conditions.to_vec();
    let changed = conditions::set(
        &mut all,
        Condition::new("PodScheduled", Status::False, reason, message, now),
    );
    if !changed {
        return None;
    }
    let mut pod = Pod::clone(pod);
    pod.status.conditions = all.into();
    Some(Write::UpdateStatus(AnyObject::Pod(Rc::new(pod))))
}

/// The text of `FailedScheduling`. Follows `framework.FitError.Error` and `preemption.Evaluator`.
fn failure_message(pod: &Pod, refusals: &[(Rc<str>, Refusal)]) -> String {
    if refusals.is_empty() {
        return "no nodes available to schedule pods".into();
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in refusals.iter().flat_map(|(_, refusal)| &refusal.reasons) {
        *reasons.entry(reason).or_default() += 1;
    }
    let total = refusals.len();
    let head = format!("0/{total} nodes are available: {}.", listed(&reasons));
    if !pod.spec.preempts {
        return format!(
            "{head} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
        );
    }
    let mut tail: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, refusal) in refusals {
        let text = match refusal.preemptible {
            true => "No preemption victims found for incoming pod",
            false => "Preemption is not helpful for scheduling",
        };
        *tail.entry(text).or_default() += 1;
    }
    let tail = listed(&tail);
    format!(
        "{head} no new claims to deallocate, preemption: 0/{total} nodes are available: {tail}."
    )
}

/// `2 Insufficient cpu, 1 Too many pods`: sorted as strings.
fn listed(reasons: &BTreeMap<&str, usize>) -> String {
    let mut texts: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    texts.sort();
    texts.join(", ")
}
