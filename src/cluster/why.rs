//! Why is it so, and why does nothing more happen? The answer about one object: the chain of causes of its state, what
//! holds now, and for a pod the table of nodes and checks. Renderings of what was recorded, never guesses.

use super::causes::AnyDecision;
use super::chain::{self, Link, clock};
use super::facade::Cluster;
use super::placement::{self, Placement};
use super::standing;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::controllers::cronjob::{Decision as CronDecision, Idle};
use crate::controllers::disruption::Decision as DisruptionDecision;
use crate::controllers::endpoints::Decision as EndpointsDecision;
use crate::controllers::endpoints::mirror::Decision as MirrorDecision;
use crate::controllers::job::Decision as JobDecision;
use crate::controllers::replicas::Decision as ReplicasDecision;
use crate::language::{Language, Text, word};
use crate::scheduler::{Check, Decision as SchedulerDecision};
use crate::sim::Time;

/// The answer about one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    /// From what somebody did to the state now, oldest first.
    pub chain: Vec<Link>,
    /// What holds now: what is waited for, and why nothing more happens.
    pub now: Vec<Link>,
    /// For a pod: what each check said of each node.
    pub placement: Option<Placement>,
}

impl Cluster {
    /// Why an object is as it is; nothing if there is no such object.
    pub fn why(&self, kind: Kind, key: &ObjectKey) -> Option<Why> {
        let object = self.store().get(kind, key)?;
        Some(Why {
            chain: chain::chain(self, kind, key),
            now: standing::of(self, &object),
            placement: placement::of(self, &object),
        })
    }

    /// What became of a CronJob's slot at a time, or why there is none; nothing if there is no such CronJob.
    pub fn why_not_at(&self, cron: &ObjectKey, at: Time) -> Option<Link> {
        let cron = self.store().cron_jobs().get(cron)?;
        Some(standing::slot_at(self, cron, at))
    }
}

impl Why {
    /// The answer as lines for a terminal.
    pub fn lines(&self, language: Language) -> Vec<String> {
        let mut lines = Vec::new();
        let mut part = |key: &'static str, links: &[Link], with_time: bool| {
            if links.is_empty() {
                return;
            }
            lines.push(word(language, key));
            lines.extend(links.iter().map(|link| match with_time {
                true => format!("  {}  {}", clock(link.at), link.sentence(language)),
                false => format!("  {}", link.sentence(language)),
            }));
        };
        part("why.chain", &self.chain, true);
        part("why.now", &self.now, false);
        if let Some(placement) = &self.placement {
            lines.extend(placement.lines(language));
        }
        lines
    }
}

/// The key of a check's refusal in plain words, with `{nodes}` and `{what}`.
pub(super) const fn refusal_key(check: Check) -> &'static str {
    match check {
        Check::NodeUnschedulable => "refused.unschedulable",
        Check::TaintToleration => "refused.taint",
        Check::NodeAffinity => "refused.affinity",
        Check::NodePorts => "refused.ports",
        Check::NodeResourcesFit => "refused.resources",
        Check::PodTopologySpread => "refused.spread",
        Check::InterPodAffinity => "refused.neighbours",
    }
}

/// A decision as a sentence.
pub fn sentence(decision: &AnyDecision, language: Language) -> String {
    text_of(decision).map_or_else(|| format!("{decision:?}"), |text| text.render(language))
}

pub(super) fn text_of(decision: &AnyDecision) -> Option<Text> {
    match decision {
        AnyDecision::ReplicationController(decision) | AnyDecision::ReplicaSet(decision) => {
            replicas(decision)
        }
        AnyDecision::Job(decision) => job(decision),
        AnyDecision::CronJob(decision) => cron(decision),
        AnyDecision::DaemonSet(decision) => daemon(decision),
        AnyDecision::Deployment(decision) => deployment(decision),
        AnyDecision::Scheduler(decision) => scheduler(decision),
        AnyDecision::Kubelet(decision) => kubelet(decision),
        AnyDecision::GarbageCollector(_) => Some(Text::new("decision.gc")),
        AnyDecision::TtlAfterFinished(_) => Some(Text::new("decision.ttl")),
        AnyDecision::Namespace(_) => Some(Text::new("decision.namespace")),
        AnyDecision::NamespaceContent(_) => Some(Text::new("decision.namespace-content")),
        AnyDecision::NodeLifecycle(_) => Some(Text::new("decision.node")),
        AnyDecision::TaintEviction(_) => Some(Text::new("decision.eviction")),
        AnyDecision::Disruption(decision) => disruption(decision),
        AnyDecision::Endpoints(decision) => endpoints(decision),
        AnyDecision::EndpointSliceMirroring(MirrorDecision::Nothing) => None,
        AnyDecision::EndpointSliceMirroring(MirrorDecision::Mirrored { addresses }) => {
            Some(Text::new("decision.endpoints.mirrored").with("addresses", addresses))
        }
        AnyDecision::KubernetesService(_) => Some(Text::new("decision.kubernetes-service")),
        AnyDecision::ResourceQuota(_) => Some(Text::new("decision.quota")),
        AnyDecision::PodGc(_) => Some(Text::new("decision.pod-gc")),
        AnyDecision::EventExpiry(_) => Some(Text::new("decision.expiry")),
    }
}

fn disruption(decision: &DisruptionDecision) -> Option<Text> {
    Some(match decision {
        DisruptionDecision::Gone => return None,
        DisruptionDecision::Counted(counts) => Text::new("decision.disruption")
            .with("healthy", counts.healthy)
            .with("desired", counts.desired)
            .with("allowed", counts.allowed()),
        DisruptionDecision::Uncountable { why } => {
            Text::new("decision.disruption.uncountable").with("why", why)
        }
    })
}

fn endpoints(decision: &EndpointsDecision) -> Option<Text> {
    Some(match decision {
        EndpointsDecision::Gone => return None,
        EndpointsDecision::PicksNone => Text::new("decision.endpoints.none"),
        EndpointsDecision::Behind { ready, not_ready, .. } => {
            Text::new("decision.endpoints").with("ready", ready).with("waiting", not_ready)
        }
    })
}

fn replicas(decision: &ReplicasDecision) -> Option<Text> {
    Some(match decision {
        ReplicasDecision::Gone => return None,
        ReplicasDecision::BeingDeleted { have } => {
            Text::new("decision.replicas.deleting").with("have", have)
        }
        ReplicasDecision::Satisfied { want, ready } => {
            Text::new("decision.replicas.satisfied").with("want", want).with("ready", ready)
        }
        ReplicasDecision::TooFew { want, have, creating } => Text::new("decision.replicas.few")
            .with("want", want)
            .with("have", have)
            .with("creating", creating),
        ReplicasDecision::TooMany { want, have, deleting } => Text::new("decision.replicas.many")
            .with("want", want)
            .with("have", have)
            .with("deleting", deleting.len()),
        ReplicasDecision::Refused { want, have, message } => Text::new("decision.refused")
            .with("want", want)
            .with("have", have)
            .with("message", message),
    })
}

fn job(decision: &JobDecision) -> Option<Text> {
    Some(match decision {
        JobDecision::Gone => return None,
        JobDecision::ManagedElsewhere => Text::new("decision.job.elsewhere"),
        JobDecision::Finished => Text::new("decision.job.finished"),
        JobDecision::BeingDeleted => Text::new("decision.job.deleting"),
        JobDecision::Suspended(_) => Text::new("decision.job.suspended"),
        JobDecision::Running(numbers) => {
            let key = match (numbers.creating, numbers.waits_until) {
                (0, Some(_)) => "decision.job.waits",
                (0, None) if numbers.completions.is_none() => "decision.job.running-queue",
                (_, _) if numbers.completions.is_none() => "decision.job.creating-queue",
                (0, None) => "decision.job.running",
                _ => "decision.job.creating",
            };
            Text::new(key)
                .with("active", numbers.active)
                .with("succeeded", numbers.succeeded)
                .with("failed", numbers.failed)
                .with("completions", numbers.completions.unwrap_or_default())
                .with("parallelism", numbers.parallelism)
                .with("creating", numbers.creating)
                .with("until", numbers.waits_until.map(|at| at.rfc3339()).unwrap_or_default())
        }
        JobDecision::Ending { reason, terminating, .. } => {
            Text::new("decision.job.ending").with("reason", reason).with("terminating", terminating)
        }
        JobDecision::Ended { success: true, reason } => {
            Text::new("decision.job.complete").with("reason", reason)
        }
        JobDecision::Ended { reason, .. } => {
            Text::new("decision.job.failed").with("reason", reason)
        }
    })
}

fn cron(decision: &CronDecision) -> Option<Text> {
    let shown =
        |at: &Option<crate::sim::Time>| at.map_or_else(|| "-".to_owned(), |at| at.rfc3339());
    Some(match decision {
        CronDecision::Gone => return None,
        CronDecision::Fired { slot, job, missed, next, .. } => Text::new("decision.cron.fired")
            .with("slot", slot.rfc3339())
            .with("job", job)
            .with("missed", missed)
            .with("next", shown(next)),
        CronDecision::NotFired { slot, because, next } => {
            let text = Text::new(match because {
                Idle::NothingDue => "decision.cron.nothing",
                Idle::Suspended => "decision.cron.suspended",
                Idle::BeingDeleted => "decision.cron.deleting",
                Idle::AlreadyStarted => "decision.cron.started",
                Idle::StillRunning { .. } => "decision.cron.forbid",
                Idle::NeverFires => "decision.cron.never",
                Idle::Refused { .. } => "decision.cron.refused",
            });
            let job = match because {
                Idle::StillRunning { job } => job.to_string(),
                Idle::Refused { message } => message.to_string(),
                _ => String::new(),
            };
            text.with("slot", shown(slot)).with("job", job).with("next", shown(next))
        }
    })
}

fn daemon(decision: &crate::controllers::daemonset::Decision) -> Option<Text> {
    use crate::controllers::daemonset::Decision;
    Some(match decision {
        Decision::Gone => return None,
        Decision::BeingDeleted => Text::new("decision.job.deleting"),
        Decision::Refused { message } => {
            Text::new("decision.refused").with("want", "").with("have", "").with("message", message)
        }
        Decision::Placed { desired, current, ready, creating, deleting, left_out } => {
            Text::new("decision.daemon.placed")
                .with("desired", desired)
                .with("current", current)
                .with("ready", ready)
                .with("creating", creating.len())
                .with("deleting", deleting.len())
                .with("left", left_out)
        }
    })
}

fn deployment(decision: &crate::controllers::deployment::Decision) -> Option<Text> {
    use crate::controllers::deployment::Decision;
    Some(match decision {
        Decision::Gone => return None,
        Decision::BeingDeleted => Text::new("decision.job.deleting"),
        Decision::Creating { replica_set, replicas } => Text::new("decision.deployment.creating")
            .with("set", replica_set)
            .with("replicas", replicas),
        Decision::Scaling { steps } => {
            let steps: Vec<String> =
                steps.iter().map(|(name, from, to)| format!("{name} {from} → {to}")).collect();
            Text::new("decision.deployment.scaling").with("steps", steps.join(", "))
        }
        Decision::Waiting { updated, available, want } => Text::new("decision.deployment.waiting")
            .with("updated", updated)
            .with("available", available)
            .with("want", want),
        Decision::Satisfied { want } => {
            Text::new("decision.deployment.satisfied").with("want", want)
        }
        Decision::Paused => Text::new("decision.deployment.paused"),
        Decision::Refused { message } => {
            Text::new("decision.refused").with("want", "").with("have", "").with("message", message)
        }
    })
}

fn scheduler(decision: &SchedulerDecision) -> Option<Text> {
    Some(match decision {
        SchedulerDecision::NotConcerned => return None,
        SchedulerDecision::Gated => Text::new("decision.scheduler.gated"),
        SchedulerDecision::BackingOff { until } => {
            Text::new("decision.scheduler.waits").with("until", until.rfc3339())
        }
        SchedulerDecision::Bound { node, feasible, refusals, ranking } => {
            Text::new("decision.scheduler.bound")
                .with("node", node)
                .with("feasible", feasible)
                .with("total", feasible + refusals.len())
                .with("score", ranking.first().map_or(0, |best| best.total))
        }
        SchedulerDecision::Unschedulable(diagnosis) => {
            Text::new("decision.scheduler.nowhere").with("message", &diagnosis.message)
        }
        SchedulerDecision::Preempting { node, victims, diagnosis } => {
            let names: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
            Text::new("decision.scheduler.preempting")
                .with("node", node)
                .with("victims", names.join(", "))
                .with("message", &diagnosis.message)
        }
    })
}

fn kubelet(decision: &crate::kubelet::Decision) -> Option<Text> {
    use crate::kubelet::Decision;
    Some(match decision {
        Decision::Idle | Decision::Removed => Text::new("decision.kubelet.idle"),
        Decision::MachineDown => Text::new("decision.kubelet.down"),
        Decision::NodeReported => Text::new("decision.kubelet.reported"),
        Decision::Terminating { deadline } => {
            Text::new("decision.kubelet.terminating").with("deadline", deadline.rfc3339())
        }
        Decision::Synced { containers, back_off_until } => {
            let list: Vec<String> =
                containers.iter().map(|(name, word)| format!("{name}: {word}")).collect();
            match back_off_until {
                Some(until) => Text::new("decision.kubelet.backoff")
                    .with("containers", list.join(", "))
                    .with("until", until.rfc3339()),
                None => Text::new("decision.kubelet.synced").with("containers", list.join(", ")),
            }
        }
    })
}
