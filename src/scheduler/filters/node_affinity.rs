//! The nodes that a pod asks for by `nodeSelector` and required node affinity. Follows `plugins/nodeaffinity`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Check, Refusal};
use crate::api::core::{Node, NodeSelectorTerm, Pod};
use crate::scheduler::queue::Happening;
use crate::sim::order::Gather as _;

const TEXT: &str = "node(s) didn't match Pod's node affinity/selector";
/// What is said of nodes outside the set that `metadata.name` narrows the choice to.
const NARROWED: &str = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

/// Refuses nodes that the pod does not ask for.
pub(in crate::scheduler) fn filter(pod: &Pod, node: &Node) -> Option<Refusal> {
    let selected = pod.spec.selects_node(&node.meta.name, &node.meta.labels);
    (!selected).then(|| Refusal::lasting(Check::NodeAffinity, TEXT))
}

/// The refusal of the nodes that [`only_nodes`] leaves out.
pub(in crate::scheduler) fn narrowed() -> Refusal {
    Refusal::lasting(Check::NodeAffinity, NARROWED)
}

/// The only nodes that come into question, if every term names nodes by `metadata.name`, as daemon pods do.
/// Follows `NodeAffinity.PreFilter`.
pub(in crate::scheduler) fn only_nodes(pod: &Pod) -> Option<BTreeSet<Rc<str>>> {
    let terms = pod.spec.affinity.as_ref()?.node_required.as_ref()?;
    let mut all = BTreeSet::new();
    for term in terms {
        all.append(&mut named(term)?);
    }
    (!terms.is_empty()).then_some(all)
}

/// The nodes that one term names: all its requirements on the name must hold.
fn named(term: &NodeSelectorTerm) -> Option<BTreeSet<Rc<str>>> {
    use crate::api::labels::Operator;
    let mut all: Option<BTreeSet<Rc<str>>> = None;
    for field in term.fields.requirements() {
        if field.operator() != Operator::In {
            continue;
        }
        let names: BTreeSet<Rc<str>> = field.values().iter().cloned().gather();
        all = Some(match all {
            None => names,
            Some(before) => before.intersection(&names).cloned().collect(),
        });
    }
    all
}

/// A node that matches and joins, or whose labels now match.
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

    fn required(terms: &str) -> String {
        format!(
            "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{terms}]}}}}}}"
        )
    }

    #[test]
    fn selectors_and_terms_pick_nodes() {
        let on = node("n1", "foo: bar, gpu: '4', word: x", "");
        let expression = |text: &str| required(&format!("{{matchExpressions: [{{{text}}}]}}"));
        let rows = [
            (String::new(), true),
            ("nodeSelector: {foo: bar}".into(), true),
            ("nodeSelector: {foo: bar, gpu: '4'}".into(), true),
            ("nodeSelector: {foo: bar, gpu: '5'}".into(), false),
            ("nodeSelector: {missing: x}".into(), false),
            (expression("key: foo, operator: In, values: [bar, baz]"), true),
            (expression("key: foo, operator: In, values: [baz]"), false),
            (expression("key: foo, operator: NotIn, values: [baz]"), true),
            (expression("key: missing, operator: NotIn, values: [baz]"), true),
            (expression("key: foo, operator: Exists"), true),
            (expression("key: missing, operator: Exists"), false),
            (expression("key: missing, operator: DoesNotExist"), true),
            (expression("key: foo, operator: DoesNotExist"), false),
            (expression("key: gpu, operator: Gt, values: ['3']"), true),
            (expression("key: gpu, operator: Gt, values: ['4']"), false),
            (expression("key: gpu, operator: Lt, values: ['5']"), true),
            (expression("key: word, operator: Gt, values: ['0']"), false),
            (expression("key: missing, operator: Lt, values: ['5']"), false),
            // Terms are alternatives, expressions of a term all hold, an empty term picks nothing.
            (
                required(
                    "{matchExpressions: [{key: foo, operator: In, values: [no]}]}, {matchExpressions: [{key: gpu, operator: Exists}]}",
                ),
                true,
            ),
            (
                required(
                    "{matchExpressions: [{key: foo, operator: Exists}, {key: gpu, operator: DoesNotExist}]}",
                ),
                false,
            ),
            (required("{}"), false),
            (required("{matchFields: [{key: metadata.name, operator: In, values: [n1]}]}"), true),
            (required("{matchFields: [{key: metadata.name, operator: In, values: [n2]}]}"), false),
            // Selector and affinity must both hold.
            (
                format!("nodeSelector: {{foo: no}}, {}", expression("key: foo, operator: Exists")),
                false,
            ),
        ];
        for (spec, picked) in rows {
            let refusal = filter(&pod(&spec), &on);
            assert_eq!(refusal.is_none(), picked, "{spec}");
            assert!(refusal.is_none_or(|refusal| refusal.reason == TEXT && !refusal.preemptible));
        }
    }

    #[test]
    fn only_names_in_every_term_narrow_the_choice() {
        let name = |names: &str| {
            format!("{{matchFields: [{{key: metadata.name, operator: In, values: [{names}]}}]}}")
        };
        let only = |terms: String| {
            only_nodes(&pod(&required(&terms))).map(|all| all.into_iter().collect::<Vec<_>>())
        };
        let names =
            |list: &[&str]| Some(list.iter().map(|name| Rc::from(*name)).collect::<Vec<Rc<str>>>());
        assert_eq!(only(name("n1")), names(&["n1"]));
        assert_eq!(only(format!("{}, {}", name("n2"), name("n1"))), names(&["n1", "n2"]));
        let labels = "{matchExpressions: [{key: a, operator: Exists}]}";
        assert_eq!(only(format!("{}, {labels}", name("n1"))), None);
        assert_eq!(only(labels.into()), None);
        assert_eq!(only_nodes(&pod("")), None);
    }
}
