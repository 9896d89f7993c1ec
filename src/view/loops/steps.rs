//! Observe, compare, act: a loop's last look with the numbers it had, in three short parts. Renderings of the decision
//! that was recorded and of the status, never of a guess.

use std::rc::Rc;

use super::time_of_day;
use crate::api::object::AnyObject;
use crate::cluster::AnyDecision;
use crate::controllers::cronjob::{Decision as CronDecision, Idle};
use crate::controllers::daemonset::Decision as DaemonDecision;
use crate::controllers::deployment::Decision as DeploymentDecision;
use crate::controllers::job::{Decision as JobDecision, Numbers};
use crate::controllers::replicas::Decision as ReplicasDecision;
use crate::language::{Language, Text};

/// The three steps of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// What is there.
    pub observe: Rc<str>,
    /// How that compares with what is wanted.
    pub compare: Rc<str>,
    /// What is done.
    pub act: Rc<str>,
    /// Whether anything is done.
    pub acts: bool,
}

/// The steps before they are put into words.
struct Said {
    observe: Text,
    compare: Text,
    act: Text,
    acts: bool,
}

/// The steps of a workload's last look; empty before the first.
pub(super) fn of(object: &AnyObject, decided: Option<&AnyDecision>, language: Language) -> Steps {
    let said = decided.and_then(|decision| said(object, decision));
    said.map_or_else(
        || Steps { observe: "".into(), compare: "".into(), act: "".into(), acts: false },
        |said| Steps {
            observe: said.observe.render(language).into(),
            compare: said.compare.render(language).into(),
            act: said.act.render(language).into(),
            acts: said.acts,
        },
    )
}

fn said(object: &AnyObject, decision: &AnyDecision) -> Option<Said> {
    match (object, decision) {
        (
            AnyObject::ReplicaSet(_) | AnyObject::ReplicationController(_),
            AnyDecision::ReplicaSet(decision) | AnyDecision::ReplicationController(decision),
        ) => {
            let status = match object {
                AnyObject::ReplicaSet(set) => &set.status,
                AnyObject::ReplicationController(controller) => &controller.status,
                _ => return None,
            };
            replicas(decision, status.ready)
        }
        (AnyObject::Deployment(one), AnyDecision::Deployment(decision)) => {
            let status = &one.status;
            let observe = Text::new("stage.observe-deployment")
                .with("have", status.replicas)
                .with("updated", status.updated)
                .with("available", status.available);
            deployment(decision, observe, one.spec.replicas, status.available)
        }
        (AnyObject::DaemonSet(_), AnyDecision::DaemonSet(decision)) => daemon(decision),
        (AnyObject::Job(one), AnyDecision::Job(decision)) => {
            let status = &one.status;
            let observe = Text::new("stage.observe-job")
                .with("active", status.active)
                .with("succeeded", status.succeeded)
                .with("failed", status.failed);
            job(decision, observe)
        }
        (AnyObject::CronJob(one), AnyDecision::CronJob(decision)) => {
            let active = one.status.active.len();
            let observe = one.status.last_schedule_time.map_or_else(
                || Text::new("stage.observe-cron-never").with("active", active),
                |last| {
                    Text::new("stage.observe-cron")
                        .with("active", active)
                        .with("last", time_of_day(last))
                },
            );
            cron(decision, observe)
        }
        _ => None,
    }
}

/// How a number compares with the one that is wanted.
fn compared(want: i64, have: i64) -> Text {
    match want - have {
        0 => Text::new("stage.compare-same").with("want", want),
        missing if missing > 0 => {
            Text::new("stage.compare-few").with("want", want).with("missing", missing)
        }
        surplus => Text::new("stage.compare-many").with("want", want).with("surplus", -surplus),
    }
}

fn created_and_deleted(creating: i64, deleting: i64, otherwise: &'static str) -> (Text, bool) {
    let text = match (creating, deleting) {
        (0, 0) => return (Text::new(otherwise), false),
        (creating, 0) => Text::new("stage.act-create").with("count", creating),
        (0, deleting) => Text::new("stage.act-delete").with("count", deleting),
        (creating, deleting) => {
            Text::new("stage.act-both").with("creating", creating).with("deleting", deleting)
        }
    };
    (text, true)
}

fn replicas(decision: &ReplicasDecision, ready: i64) -> Option<Said> {
    let observe = |have: i64, ready: i64| {
        Text::new("stage.observe-pods").with("have", have).with("ready", ready.min(have))
    };
    let nothing = Text::new("stage.act-nothing");
    let (observe, compare, (act, acts)) = match decision {
        ReplicasDecision::Gone => return None,
        ReplicasDecision::BeingDeleted { have } => {
            (observe(*have, ready), Text::new("stage.compare-deleting"), (nothing, false))
        }
        ReplicasDecision::Satisfied { want, ready } => {
            (observe(*want, *ready), compared(*want, *want), (nothing, false))
        }
        ReplicasDecision::TooFew { want, have, creating } => (
            observe(*have, ready),
            compared(*want, *have),
            created_and_deleted(*creating, 0, "stage.act-wait"),
        ),
        ReplicasDecision::TooMany { want, have, deleting } => {
            let deleting = i64::try_from(deleting.len()).unwrap_or(i64::MAX);
            (
                observe(*have, ready),
                compared(*want, *have),
                created_and_deleted(0, deleting, "stage.act-wait"),
            )
        }
        ReplicasDecision::Refused { want, have, .. } => {
            (observe(*have, ready), compared(*want, *have), (Text::new("stage.act-refused"), true))
        }
    };
    Some(Said { observe, compare, act, acts })
}

fn deployment(
    decision: &DeploymentDecision,
    observe: Text,
    wanted: i64,
    available: i64,
) -> Option<Said> {
    let (compare, act, acts) = match decision {
        DeploymentDecision::Gone => return None,
        DeploymentDecision::BeingDeleted => {
            (Text::new("stage.compare-deleting"), Text::new("stage.act-nothing"), false)
        }
        DeploymentDecision::Creating { replica_set, .. } => (
            compared(wanted, available),
            Text::new("stage.act-make").with("set", replica_set),
            true,
        ),
        DeploymentDecision::Scaling { steps } => {
            let steps: Vec<String> =
                steps.iter().map(|step| format!("{} {}→{}", step.0, step.1, step.2)).collect();
            (
                compared(wanted, available),
                Text::new("stage.act-scale").with("steps", steps.join(", ")),
                true,
            )
        }
        DeploymentDecision::Waiting { available, want, .. } => {
            (compared(*want, *available), Text::new("stage.act-wait"), false)
        }
        DeploymentDecision::Satisfied { want } => {
            (compared(*want, *want), Text::new("stage.act-nothing"), false)
        }
        DeploymentDecision::Paused => {
            (Text::new("stage.compare-paused"), Text::new("stage.act-nothing"), false)
        }
        DeploymentDecision::Refused { .. } => {
            (compared(wanted, available), Text::new("stage.act-refused"), true)
        }
    };
    Some(Said { observe, compare, act, acts })
}

fn daemon(decision: &DaemonDecision) -> Option<Said> {
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    Some(match decision {
        DaemonDecision::Gone => return None,
        DaemonDecision::BeingDeleted => Said {
            observe: Text::new("stage.compare-deleting"),
            compare: Text::new("stage.compare-deleting"),
            act: Text::new("stage.act-nothing"),
            acts: false,
        },
        DaemonDecision::Placed { desired, current, ready, creating, deleting, left_out } => {
            let (act, acts) = created_and_deleted(
                count(creating.len()),
                count(deleting.len()),
                "stage.act-nothing",
            );
            Said {
                observe: Text::new("stage.observe-daemon")
                    .with("current", current)
                    .with("desired", desired)
                    .with("ready", ready),
                compare: Text::new("stage.compare-daemon")
                    .with("missing", (desired - current).max(0))
                    .with("left", left_out),
                act,
                acts,
            }
        }
        DaemonDecision::Refused { .. } => Said {
            observe: Text::new("stage.act-refused"),
            compare: Text::new("stage.act-refused"),
            act: Text::new("stage.act-refused"),
            acts: true,
        },
    })
}

fn job(decision: &JobDecision, observe: Text) -> Option<Said> {
    let nothing = || Text::new("stage.act-nothing");
    let (observe, compare, act, acts) = match decision {
        JobDecision::Gone => return None,
        JobDecision::ManagedElsewhere => {
            (observe, Text::new("stage.compare-elsewhere"), nothing(), false)
        }
        JobDecision::Finished => (observe, Text::new("stage.compare-over"), nothing(), false),
        JobDecision::BeingDeleted => {
            (observe, Text::new("stage.compare-deleting"), nothing(), false)
        }
        JobDecision::Suspended(numbers) => {
            let (act, acts) = created_and_deleted(0, numbers.deleting, "stage.act-nothing");
            (numbers_of(numbers), Text::new("stage.compare-suspended"), act, acts)
        }
        JobDecision::Running(numbers) => {
            let compare = match numbers.completions {
                Some(completions) => Text::new("stage.compare-job")
                    .with("left", (completions - numbers.succeeded).max(0))
                    .with("completions", completions)
                    .with("parallelism", numbers.parallelism),
                None => Text::new("stage.compare-queue").with("parallelism", numbers.parallelism),
            };
            let (act, acts) = match (numbers.waits_until, &numbers.refused) {
                (_, Some(_)) => (Text::new("stage.act-refused"), true),
                (Some(until), _) if numbers.creating == 0 && numbers.deleting == 0 => {
                    (Text::new("stage.act-wait-until").with("until", time_of_day(until)), false)
                }
                _ => created_and_deleted(numbers.creating, numbers.deleting, "stage.act-wait"),
            };
            (numbers_of(numbers), compare, act, acts)
        }
        JobDecision::Ending { reason, .. } | JobDecision::Ended { reason, .. } => (
            observe,
            Text::new("stage.compare-over"),
            Text::new("stage.act-finish").with("reason", reason),
            true,
        ),
    };
    Some(Said { observe, compare, act, acts })
}

fn numbers_of(numbers: &Numbers) -> Text {
    Text::new("stage.observe-job")
        .with("active", numbers.active)
        .with("succeeded", numbers.succeeded)
        .with("failed", numbers.failed)
}

fn cron(decision: &CronDecision, observe: Text) -> Option<Said> {
    let nothing = || Text::new("stage.act-nothing");
    let (compare, act, acts) = match decision {
        CronDecision::Gone => return None,
        CronDecision::Fired { slot, job, .. } => (
            Text::new("stage.compare-due").with("slot", time_of_day(*slot)),
            Text::new("stage.act-fire").with("job", job),
            true,
        ),
        CronDecision::NotFired { slot, because, next } => {
            let next = next.map_or_else(
                || Text::new("stage.compare-never"),
                |next| Text::new("stage.compare-not-due").with("next", time_of_day(next)),
            );
            let due = slot.map_or_else(
                || next.clone(),
                |slot| Text::new("stage.compare-due").with("slot", time_of_day(slot)),
            );
            match because {
                Idle::NothingDue | Idle::AlreadyStarted => {
                    (next, Text::new("stage.act-wait"), false)
                }
                Idle::Suspended => (Text::new("stage.compare-suspended"), nothing(), false),
                Idle::BeingDeleted => (Text::new("stage.compare-deleting"), nothing(), false),
                Idle::NeverFires => (Text::new("stage.compare-never"), nothing(), false),
                Idle::StillRunning { job } => {
                    (due, Text::new("stage.act-skip").with("job", job), true)
                }
                Idle::Refused { .. } => (due, Text::new("stage.act-refused"), true),
            }
        }
    };
    Some(Said { observe, compare, act, acts })
}
