//! Pod failure policy and success policy. Follows `pkg/controller/job/{pod_failure_policy,success_policy}.go`.

use std::collections::BTreeSet;

use super::indexes;
use crate::api::core::{ContainerStatus, Phase, Pod};
use crate::api::value::Value;

/// What a rule wants done about a failed pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The whole Job fails.
    FailJob(String),
    /// The pod's index fails.
    FailIndex,
    /// The pod does not count.
    Ignore,
    /// The pod counts.
    Count,
}

/// What the first matching rule says of a failed pod; without one it counts.
pub(super) fn failure_action(rules: Option<&Value>, pod: &Pod) -> Action {
    if pod.status.phase != Phase::Failed {
        return Action::Count;
    }
    for (index, rule) in rules.map_or(&[][..], Value::items).iter().enumerate() {
        let Some(matched) = matched(rule, pod) else { continue };
        return match rule.str_at("action") {
            Some("FailJob") => {
                Action::FailJob(format!("{matched} matching FailJob rule at index {index}"))
            }
            Some("FailIndex") => Action::FailIndex,
            Some("Ignore") => Action::Ignore,
            _ => Action::Count,
        };
    }
    Action::Count
}

fn matched(rule: &Value, pod: &Pod) -> Option<String> {
    let name = format!("{}/{}", pod.meta.namespace, pod.meta.name);
    if let Some(on_exit) = rule.get("onExitCodes") {
        let all = pod.status.containers.iter().chain(pod.status.init_containers.iter());
        let (status, code) = all.filter_map(|status| exit_code(status, on_exit)).next()?;
        return Some(format!(
            "Container {} for pod {name} failed with exit code {code}",
            status.name
        ));
    }
    for pattern in rule.items_at("onPodConditions") {
        let kind = pattern.str_at("type").unwrap_or_default();
        let wanted = pattern.str_at("status").unwrap_or("True");
        let holds = |condition: &crate::api::conditions::Condition| {
            *condition.kind == *kind && condition.status.word() == wanted
        };
        if pod.status.conditions.iter().any(holds) {
            return Some(format!("Pod {name} has condition {kind}"));
        }
    }
    None
}

fn exit_code<'a>(
    status: &'a ContainerStatus,
    on_exit: &Value,
) -> Option<(&'a ContainerStatus, i64)> {
    let code = status.terminated()?.exit_code;
    let named = on_exit.str_at("containerName").is_none_or(|name| *status.name == *name);
    let listed = on_exit.items_at("values").iter().any(|value| value.as_i64() == Some(code));
    let wanted = if on_exit.str_at("operator") == Some("NotIn") { !listed } else { listed };
    (code != 0 && named && wanted).then_some((status, code))
}

/// The message of the first success rule that is met. Follows `matchSuccessPolicy`.
pub(super) fn success(
    rules: Option<&Value>,
    completed: &BTreeSet<i64>,
    completions: i64,
) -> Option<String> {
    if completed.is_empty() {
        return None;
    }
    let met = |rule: &Value| {
        let count = rule.i64_at("succeededCount");
        match rule.str_at("succeededIndexes") {
            Some(text) => {
                let listed = indexes::parse(text, completions);
                let done = listed.intersection(completed).count();
                let wanted =
                    count.and_then(|count| usize::try_from(count).ok()).unwrap_or(listed.len());
                done >= wanted
            }
            None => count.is_some_and(|count| {
                i64::try_from(completed.len()).is_ok_and(|done| done >= count)
            }),
        }
    };
    let index = rules?.items().iter().position(met)?;
    Some(format!("Matched rules at index {index}"))
}
