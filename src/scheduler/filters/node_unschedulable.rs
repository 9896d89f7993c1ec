//! A cordoned node takes no pods but those that tolerate it. Follows `plugins/nodeunschedulable`.

use super::{Check, Refusal};
use crate::api::core::{Effect, Node, Pod, Taint};
use crate::scheduler::queue::Happening;

const TEXT: &str = "node(s) were unschedulable";

/// Refuses cordoned nodes.
pub(in crate::scheduler) fn filter(pod: &Pod, node: &Node) -> Option<Refusal> {
    (node.spec.unschedulable && !tolerates(pod))
        .then(|| Refusal::lasting(Check::NodeUnschedulable, TEXT))
}

fn tolerates(pod: &Pod) -> bool {
    let cordon = Taint {
        key: "node.kubernetes.io/unschedulable".into(),
        value: "".into(),
        effect: Effect::NoSchedule,
        added: None,
    };
    cordon.tolerated(&pod.spec.tolerations)
}

/// A node that joins, or is uncordoned.
pub(super) fn cured_by(_: &Pod, happening: &Happening<'_>) -> bool {
    match happening {
        Happening::Node { before, after } => {
            !after.spec.unschedulable && before.is_none_or(|before| before.spec.unschedulable)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{node, pod};

    #[test]
    fn cordoned_nodes_take_only_pods_that_bear_it() {
        let bears = "tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists, effect: NoSchedule}]";
        for (spec, cordoned, refused) in [
            ("", "unschedulable: true", true),
            ("", "unschedulable: false", false),
            (bears, "unschedulable: true", false),
            ("tolerations: [{operator: Exists}]", "unschedulable: true", false),
            ("nodeSelector: {a: b}", "unschedulable: true", true),
        ] {
            let refusal = filter(&pod(spec), &node("n", "", cordoned));
            assert_eq!(refusal.is_some(), refused, "{spec} {cordoned}");
            assert!(refusal.is_none_or(|refusal| refusal.reason == TEXT && !refusal.preemptible));
        }
    }

    #[test]
    fn only_the_end_of_a_cordon_cures() {
        let (open, shut) = (node("n", "", ""), node("n", "", "unschedulable: true"));
        for (before, after, cures) in [
            (None, &open, true),
            (None, &shut, false),
            (Some(&shut), &open, true),
            (Some(&open), &open, false),
            (Some(&open), &shut, false),
        ] {
            let after = &std::rc::Rc::new(after.clone());
            assert_eq!(cured_by(&pod(""), &Happening::Node { before, after }), cures);
        }
        assert!(!cured_by(&pod(""), &Happening::PodGone(&pod(""))));
    }
}
