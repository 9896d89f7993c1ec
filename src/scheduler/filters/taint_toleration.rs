//! A tainted node takes only pods that tolerate the taint. Follows `plugins/tainttoleration`.

use super::{Check, Refusal};
use crate::api::core::{Effect, Node, Pod};
use crate::scheduler::queue::Happening;

const TEXT: &str = "node(s) had untolerated taint(s)";

/// Refuses nodes with a `NoSchedule` or `NoExecute` taint that the pod does not tolerate.
pub(in crate::scheduler) fn filter(pod: &Pod, node: &Node) -> Option<Refusal> {
    let bars = node.spec.taints.iter().any(|taint| {
        taint.effect != Effect::PreferNoSchedule && !taint.tolerated(&pod.spec.tolerations)
    });
    bars.then(|| Refusal::lasting(Check::TaintToleration, TEXT))
}

/// A node without such a taint that joins, or that loses it.
pub(super) fn cured_by(pod: &Pod, happening: &Happening<'_>) -> bool {
    match happening {
        Happening::Node { before, after } => {
            filter(pod, after).is_none()
                && before.is_none_or(|before| filter(pod, before).is_some())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{node, pod};

    #[test]
    fn tolerations_meet_taints() {
        let tainted = |effect: &str| {
            node("n", "", &format!("taints: [{{key: foo, value: bar, effect: {effect}}}]"))
        };
        // Toleration, effect of the taint `foo=bar`, whether the pod may come.
        let rows = [
            ("key: foo, operator: Exists, effect: NoSchedule", "NoSchedule", true),
            ("key: foo, operator: Equal, value: bar, effect: NoSchedule", "NoSchedule", true),
            ("key: foo, value: bar, effect: NoSchedule", "NoSchedule", true),
            ("key: foo, operator: Equal, value: bar1, effect: NoSchedule", "NoSchedule", false),
            ("key: foo, operator: Equal, value: bar, effect: NoSchedule", "NoExecute", false),
            ("key: foo, operator: Equal, value: bar", "NoSchedule", true),
            ("key: foo, operator: Equal, value: bar", "NoExecute", true),
            ("operator: Exists", "NoSchedule", true),
            ("operator: Exists", "NoExecute", true),
            ("key: other, operator: Exists", "NoSchedule", false),
            ("key: other, operator: Exists", "PreferNoSchedule", true),
        ];
        for (toleration, effect, may) in rows {
            let pod = pod(&format!("tolerations: [{{{toleration}}}]"));
            assert_eq!(
                filter(&pod, &tainted(effect)).is_none(),
                may,
                "{toleration} against {effect}"
            );
        }
        assert!(filter(&pod(""), &tainted("PreferNoSchedule")).is_none());
        let refusal = filter(&pod(""), &tainted("NoExecute")).unwrap();
        assert_eq!(
            (&*refusal.reason, refusal.preemptible),
            ("node(s) had untolerated taint(s)", false)
        );
    }

    #[test]
    fn every_taint_must_be_borne() {
        let two =
            node("n", "", "taints: [{key: a, effect: NoSchedule}, {key: b, effect: NoSchedule}]");
        let bears = |keys: &[&str]| {
            let all: Vec<String> =
                keys.iter().map(|key| format!("{{key: {key}, operator: Exists}}")).collect();
            pod(&format!("tolerations: [{}]", all.join(", ")))
        };
        assert!(filter(&bears(&["a"]), &two).is_some());
        assert!(filter(&bears(&["a", "b"]), &two).is_none());
    }

    #[test]
    fn only_a_taint_that_goes_cures() {
        let (bare, tainted) =
            (node("n", "", ""), node("n", "", "taints: [{key: a, effect: NoSchedule}]"));
        let cures = |before, after: &Node| {
            let after = &std::rc::Rc::new(after.clone());
            cured_by(&pod(""), &Happening::Node { before, after })
        };
        assert!(cures(Some(&tainted), &bare) && cures(None, &bare));
        assert!(
            !cures(Some(&bare), &tainted) && !cures(None, &tainted) && !cures(Some(&bare), &bare)
        );
    }
}
