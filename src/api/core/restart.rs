//! Whether a container that ended is started again: the policy of its pod, its own, and its rules about exit codes.
//! Follows `ContainerShouldRestart` and its neighbours in `pkg/api/v1/pod/util.go`.

use std::rc::Rc;

use super::container::Container;
use super::pod_spec::PodSpec;
use crate::api::value::Value;

/// What happens when a container ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartPolicy {
    /// It is started again.
    Always,
    /// It is started again if it failed.
    OnFailure,
    /// It stays as it is.
    Never,
}

/// What a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartAction {
    /// The container is started again.
    Restart,
    /// All containers of the pod are stopped and the pod begins anew, in the same place.
    RestartAllContainers,
}

/// A rule of `restartPolicyRules`: an action for some exit codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartRule {
    /// What it asks for.
    pub action: RestartAction,
    /// Whether it is about these codes (`In`) or all others (`NotIn`).
    pub within: bool,
    /// The codes.
    pub codes: Rc<[i64]>,
}

impl RestartPolicy {
    /// Reads the word; `None` if there is none.
    pub fn parse(value: &Value) -> Option<Self> {
        match value.str_at("restartPolicy")? {
            "Always" => Some(Self::Always),
            "OnFailure" => Some(Self::OnFailure),
            "Never" => Some(Self::Never),
            _ => None,
        }
    }

    const fn asks(self, exit_code: i64) -> bool {
        match self {
            Self::Always => true,
            Self::OnFailure => exit_code != 0,
            Self::Never => false,
        }
    }
}

impl RestartRule {
    /// Reads a rule; one that the server would refuse is none.
    pub(super) fn parse(value: &Value) -> Option<Self> {
        let action = match value.str_at("action")? {
            "Restart" => RestartAction::Restart,
            "RestartAllContainers" => RestartAction::RestartAllContainers,
            _ => return None,
        };
        let codes = value.get("exitCodes")?;
        let within = match codes.str_at("operator")? {
            "In" => true,
            "NotIn" => false,
            _ => return None,
        };
        let codes = codes.items_at("values").iter().filter_map(Value::as_i64).collect();
        Some(Self { action, within, codes })
    }
}

impl Container {
    /// What the first rule says that is about an exit code. Follows `FindMatchingContainerRestartRule`.
    pub fn rule_for(&self, exit_code: i64) -> Option<RestartAction> {
        let fits = |rule: &&RestartRule| rule.codes.contains(&exit_code) == rule.within;
        self.restart_rules.iter().find(fits).map(|rule| rule.action)
    }

    /// Whether it is started again after an exit code: its rules are asked first, then its own policy, then its pod's.
    pub fn restarts(&self, pod: RestartPolicy, exit_code: i64) -> bool {
        match self.restart_policy {
            Some(own) => self.rule_for(exit_code).is_some() || own.asks(exit_code),
            None => pod.asks(exit_code),
        }
    }

    /// Whether it is started again after the kubelet had to kill it: rules are not asked, for nothing has ended yet.
    pub fn restarts_when_killed(&self, pod: RestartPolicy) -> bool {
        self.restart_policy.unwrap_or(pod) != RestartPolicy::Never
    }

    /// Whether an exit code of it makes the whole pod begin anew.
    pub fn restarts_all(&self, exit_code: i64) -> bool {
        self.rule_for(exit_code) == Some(RestartAction::RestartAllContainers)
    }
}

impl PodSpec {
    /// Whether the pod may begin anew because of a rule. Follows `AllContainersCouldRestart`.
    pub fn may_restart_all(&self) -> bool {
        let asks = |rule: &RestartRule| rule.action == RestartAction::RestartAllContainers;
        self.all_containers().any(|container| container.restart_rules.iter().any(asks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of 0, 1, 42 and 137 after which a container, written as in a manifest, is started again.
    fn restarts(pod: RestartPolicy, container: &str) -> Vec<i64> {
        let container = Container::parse(&Value::from_json(container).unwrap(), None);
        [0, 1, 42, 137].into_iter().filter(|code| container.restarts(pod, *code)).collect()
    }

    #[test]
    fn rules_come_before_the_containers_policy_and_that_before_the_pods() {
        use RestartPolicy::{Always, Never, OnFailure};
        let rule = |operator: &str, codes: &str, action: &str| {
            format!(
                r#"{{"action":"{action}","exitCodes":{{"operator":"{operator}","values":[{codes}]}}}}"#
            )
        };
        let own = |policy: &str, rules: &str| {
            format!(r#"{{"name":"c","restartPolicy":"{policy}","restartPolicyRules":[{rules}]}}"#)
        };
        for (pod, container, expected) in [
            (Never, own("Always", ""), vec![0, 1, 42, 137]),
            (Always, own("Never", ""), vec![]),
            (Always, own("OnFailure", ""), vec![1, 42, 137]),
            (OnFailure, r#"{"name":"c"}"#.to_owned(), vec![1, 42, 137]),
            (Never, own("Never", &rule("In", "42", "Restart")), vec![42]),
            (Never, own("Never", &rule("NotIn", "0, 42", "Restart")), vec![1, 137]),
            (Never, own("Never", &rule("NotIn", "", "Restart")), vec![0, 1, 42, 137]),
            (Always, own("Never", &rule("In", "42", "RestartAllContainers")), vec![42]),
            (Never, own("OnFailure", &rule("In", "0", "Restart")), vec![0, 1, 42, 137]),
        ] {
            assert_eq!(restarts(pod, &container), expected, "{pod:?} {container}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let container = Container::parse(
            &Value::from_json(
                r#"{"name":"c","restartPolicy":"Never","restartPolicyRules":[
                {"action":"Restart","exitCodes":{"operator":"In","values":[42]}},
                {"action":"RestartAllContainers","exitCodes":{"operator":"NotIn","values":[0]}}]}"#,
            )
            .unwrap(),
            None,
        );
        let all: Vec<bool> = [0, 1, 42].map(|code| container.restarts_all(code)).into();
        assert_eq!(all, [false, true, false]);
    }
}
