//! Random manifests, small enough that much happens to each.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// What a session is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// A ReplicationController, a ReplicaSet or a Deployment.
    Replicas,
    /// A Job.
    Jobs,
    /// A CronJob.
    CronJobs,
    /// A DaemonSet.
    DaemonSets,
}

impl Family {
    /// The manifest that a session begins with; its object is named `it`.
    pub(crate) fn manifests(self) -> BoxedStrategy<Value> {
        match self {
            Self::Replicas => prop_oneof![controllers(), replica_sets(), deployments()].boxed(),
            Self::Jobs => jobs().prop_map(|spec| manifest("batch/v1", "Job", spec)).boxed(),
            Self::CronJobs => cron_jobs().boxed(),
            Self::DaemonSets => daemon_sets().boxed(),
        }
    }
}

fn manifest(version: &str, kind: &str, spec: Value) -> Value {
    json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "it" }, "spec": spec })
}

/// A container that serves for ever, or until somebody disturbs it.
fn servers() -> impl Strategy<Value = Value> {
    let image = select(vec!["nginx", "luksa/kubia", "busybox"]);
    (image, any::<bool>(), 1_u32..5).prop_map(|(image, probed, period)| {
        let mut container = json!({ "name": "c", "image": image });
        if image == "busybox" {
            container["command"] =
                json!(["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1000; done"]);
        } else if probed {
            let port = if image == "nginx" { 80 } else { 8080 };
            container["readinessProbe"] =
                json!({ "httpGet": { "path": "/", "port": port }, "periodSeconds": period });
        }
        container
    })
}

fn server_template() -> impl Strategy<Value = Value> {
    (servers(), 0_u32..4).prop_map(|(container, grace)| {
        json!({
            "metadata": { "labels": { "app": "it" } },
            "spec": { "terminationGracePeriodSeconds": grace, "containers": [container] },
        })
    })
}

fn controllers() -> impl Strategy<Value = Value> {
    (0_u32..6, server_template(), 0_u32..8).prop_map(|(replicas, template, settle)| {
        let spec = json!({
            "replicas": replicas, "selector": { "app": "it" }, "template": template, "minReadySeconds": settle,
        });
        manifest("v1", "ReplicationController", spec)
    })
}

fn selector() -> impl Strategy<Value = Value> {
    select(vec![
        json!({ "matchLabels": { "app": "it" } }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["it", "that"] }] }),
    ])
}

fn replica_sets() -> impl Strategy<Value = Value> {
    (0_u32..6, selector(), server_template()).prop_map(|(replicas, selector, template)| {
        let spec = json!({ "replicas": replicas, "selector": selector, "template": template });
        manifest("apps/v1", "ReplicaSet", spec)
    })
}

fn share() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_u32..4).prop_map(Value::from),
        select(vec!["25%", "50%", "100%"]).prop_map(Value::from)
    ]
}

/// `maxUnavailable` and `maxSurge` may not both be zero.
fn pace() -> impl Strategy<Value = (Value, Value)> {
    (share(), share()).prop_filter("both zero", |(down, up)| *down != json!(0) || *up != json!(0))
}

fn deployments() -> impl Strategy<Value = Value> {
    let strategy = prop_oneof![
        Just(json!({ "type": "Recreate" })),
        pace().prop_map(|(down, up)| {
            json!({ "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": down, "maxSurge": up } })
        }),
    ];
    (0_u32..6, server_template(), strategy, 0_u32..6, 0_u32..3).prop_map(
        |(replicas, template, strategy, settle, kept)| {
            let spec = json!({
                "replicas": replicas, "selector": { "matchLabels": { "app": "it" } }, "template": template,
                "strategy": strategy, "minReadySeconds": settle, "revisionHistoryLimit": kept,
            });
            manifest("apps/v1", "Deployment", spec)
        },
    )
}

/// What the containers of a Job do.
fn work() -> impl Strategy<Value = &'static str> {
    select(vec![
        "sleep 3",
        "sleep 20",
        "exit 1",
        "sleep 2; exit 3",
        "exit $(( RANDOM % 2 ))",
        "sleep $(( RANDOM % 9 )); exit $(( RANDOM % 3 ))",
        "[ $(( ${JOB_COMPLETION_INDEX:-0} % 2 )) = 0 ]",
    ])
}

fn jobs() -> impl Strategy<Value = Value> {
    let counts = (0_u32..4, proptest::option::of(1_u32..6), any::<bool>());
    let limits = (0_u32..5, proptest::option::of(5_u32..90), proptest::option::of(0_u32..60));
    let policies = (any::<bool>(), 0_u32..4, any::<bool>(), any::<bool>());
    let pods = (work(), any::<bool>(), 0_u32..4);
    (counts, limits, policies, pods).prop_map(|(counts, limits, policies, pods)| {
        let ((parallelism, completions, indexed), (backoff, deadline, ttl)) = (counts, limits);
        let ((per_index, most_failed, ignores, replaces_failed), (script, never, grace)) = (policies, pods);
        let indexed = indexed && completions.is_some();
        let mut spec = json!({
            "parallelism": parallelism, "backoffLimit": backoff,
            "template": { "spec": {
                "restartPolicy": if never { "Never" } else { "OnFailure" }, "terminationGracePeriodSeconds": grace,
                "containers": [{ "name": "c", "image": "busybox", "command": ["sh", "-c", script] }],
            } },
        });
        let mut set = |name: &str, value: Value| drop(spec.as_object_mut().unwrap().insert(name.into(), value));
        if let Some(completions) = completions {
            set("completions", completions.into());
        }
        if let Some(deadline) = deadline {
            set("activeDeadlineSeconds", deadline.into());
        }
        if let Some(ttl) = ttl {
            set("ttlSecondsAfterFinished", ttl.into());
        }
        if indexed {
            set("completionMode", "Indexed".into());
            if per_index && never {
                set("backoffLimitPerIndex", (backoff % 2).into());
                set("maxFailedIndexes", most_failed.min(completions.unwrap_or(0)).into());
            }
        }
        if ignores && never {
            let rules = json!({ "rules": [
                { "action": "Ignore", "onPodConditions": [{ "type": "DisruptionTarget" }] },
                { "action": "FailJob", "onExitCodes": { "operator": "In", "values": [3] } },
            ] });
            set("podFailurePolicy", rules);
        } else if replaces_failed {
            set("podReplacementPolicy", "Failed".into());
        }
        spec
    })
}

fn cron_jobs() -> impl Strategy<Value = Value> {
    let schedule = select(vec![
        "* * * * *",
        "*/2 * * * *",
        "*/5 * * * *",
        "0 * * * *",
        "@hourly",
        "1-59/3 * * * *",
    ]);
    let policy = select(vec!["Allow", "Forbid", "Replace"]);
    let deadline = proptest::option::of(1_u32..200);
    (schedule, policy, deadline, 0_u32..4, 0_u32..3, jobs()).prop_map(
        |(schedule, policy, deadline, kept, kept_failed, mut job)| {
            let job_fields = job.as_object_mut().unwrap();
            // A work queue of no workers never ends and says nothing here.
            job_fields.insert("parallelism".into(), 1.into());
            let mut spec = json!({
                "schedule": schedule, "concurrencyPolicy": policy, "successfulJobsHistoryLimit": kept,
                "failedJobsHistoryLimit": kept_failed, "jobTemplate": { "spec": job },
            });
            if let Some(deadline) = deadline {
                spec["startingDeadlineSeconds"] = deadline.into();
            }
            manifest("batch/v1", "CronJob", spec)
        },
    )
}

fn daemon_sets() -> impl Strategy<Value = Value> {
    let chosen =
        select(vec![json!(null), json!({ "disk": "ssd" }), json!({ "kubernetes.io/os": "linux" })]);
    let tolerated = select(vec![
        json!([]),
        json!([{ "key": "node-role.kubernetes.io/control-plane", "operator": "Exists" }]),
        json!([{ "operator": "Exists" }]),
    ]);
    let update = prop_oneof![
        Just(json!({ "type": "OnDelete" })),
        (1_u32..3).prop_map(|down| {
            json!({ "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": down, "maxSurge": 0 } })
        }),
        (1_u32..3).prop_map(|up| {
            json!({ "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 0, "maxSurge": up } })
        }),
    ];
    (chosen, tolerated, update, server_template(), 0_u32..5).prop_map(
        |(chosen, tolerated, update, mut template, settle)| {
            template["spec"]["tolerations"] = tolerated;
            if !chosen.is_null() {
                template["spec"]["nodeSelector"] = chosen;
            }
            let spec = json!({
                "selector": { "matchLabels": { "app": "it" } }, "template": template, "updateStrategy": update,
                "minReadySeconds": settle,
            });
            manifest("apps/v1", "DaemonSet", spec)
        },
    )
}
