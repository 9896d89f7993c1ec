//! What the API server adds to pods after defaulting, and which it does not take. Follows `plugin/pkg/admission/
//! {serviceaccount,priority,defaulttolerationseconds,runtimeclass,podtopologylabels}`.

use std::rc::Rc;

use crate::api::ApiError;
use crate::api::core::PodSpec;
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::meta::{Labels, NodeName, ObjectKey, ObjectMeta};
use crate::api::object::Plain;
use crate::api::value::Value;
use crate::store::Store;

/// The keys of the taints of nodes that do not answer; every pod bears them for five minutes.
const BORNE: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// What pods bear of the labels of their nodes.
const PLACES: [&str; 2] = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

/// The admitted form of a pod spec. Pods of one template share it: it is computed once, and again when its priority
/// class is another.
///
/// # Errors
/// An unknown priority class, a runtime class, overhead.
pub fn admitted(spec: &Rc<PodSpec>, pod: &str, store: &Store) -> Result<Rc<PodSpec>, ApiError> {
    let class = priority_class(&spec.priority_class, pod, store)?;
    let known = spec.admitted.borrow().clone();
    if let Some((_, done)) = known.filter(|(for_class, _)| same(for_class.as_ref(), class.as_ref()))
    {
        return Ok(done);
    }
    let done = match &spec.alike {
        Some(alike) => {
            let done = admitted(alike, pod, store)?;
            if Rc::ptr_eq(&done, alike) {
                Rc::clone(spec)
            } else {
                done.with_affinity_as(spec).into()
            }
        }
        None => {
            let mut raw = spec.raw.clone();
            admit(&mut raw, pod, store)?;
            check_overhead(&raw, pod)?;
            if raw == spec.raw { Rc::clone(spec) } else { Rc::new(PodSpec::parse(&raw)) }
        }
    };
    spec.admitted.replace(Some((class, Rc::clone(&done))));
    Ok(done)
}

/// Whether this is the very same version of a class.
fn same(one: Option<&Rc<Plain>>, other: Option<&Rc<Plain>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Rc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Adds to a defaulted pod spec what admission adds.
///
/// # Errors
/// An unknown priority class, a runtime class.
pub(super) fn admit(spec: &mut Value, pod: &str, store: &Store) -> Result<(), ApiError> {
    spec.set_default("serviceAccountName", "default");
    let account = spec.get("serviceAccountName").cloned();
    spec.set_default("serviceAccount", account);
    set_priority(spec, pod, store)?;
    let missing: Vec<Value> = BORNE
        .into_iter()
        .filter(|key| !spec.items_at("tolerations").iter().any(|toleration| bears(toleration, key)))
        .map(|key| {
            crate::object! { "effect" => "NoExecute", "key" => key, "operator" => "Exists", "tolerationSeconds" => 300 }
        })
        .collect();
    if !missing.is_empty() {
        spec.child("tolerations").make_items().extend(missing);
    }
    check_runtime(spec, pod)
}

/// No runtime classes are kept here, so a pod that wants one is not taken.
///
/// # Errors
/// `Forbidden`, in the words of `plugin/pkg/admission/runtimeclass`.
fn check_runtime(spec: &Value, pod: &str) -> Result<(), ApiError> {
    match spec.str_at("runtimeClassName").filter(|name| !name.is_empty()) {
        Some(name) => {
            let text = format!("pod rejected: RuntimeClass {} not found", go_quote(name));
            Err(ApiError::forbidden("pods", pod, &text))
        }
        None => Ok(()),
    }
}

/// Overhead comes from runtime classes only.
///
/// # Errors
/// As [`check_runtime`].
pub(super) fn check_overhead(spec: &Value, pod: &str) -> Result<(), ApiError> {
    if spec.get("overhead").is_none() {
        return Ok(());
    }
    let text = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
    Err(ApiError::forbidden("pods", pod, text))
}

/// A pod that has a node bears its zone and its region. Follows `plugin/pkg/admission/podtopologylabels`.
///
/// Cost: where nodes have neither, a look at the node.
pub(super) fn place(labels: &mut Labels, node: &NodeName, store: &Store) {
    let Some(node) = store.nodes().get(&ObjectKey::cluster(Rc::clone(node))) else { return };
    for key in PLACES {
        if let Some(place) = node.meta.labels.text(key).filter(|at| labels.text(key) != Some(at)) {
            labels.set(key, place);
        }
    }
}

/// A pod goes under an account that is there. The account `default` comes with its namespace, soon enough for upstream,
/// which asks again for a second; those of the system's own pods are not kept here.
///
/// # Errors
/// `Forbidden`, in the words of `plugin/pkg/admission/serviceaccount`.
pub(super) fn check_account(
    meta: &ObjectMeta,
    spec: Option<&Value>,
    store: &Store,
) -> Result<(), ApiError> {
    let name = spec.and_then(|spec| spec.str_at("serviceAccountName")).unwrap_or("default");
    let known = || {
        let key = ObjectKey::new(Rc::clone(&meta.namespace), name);
        store.plain(Kind::ServiceAccount, &key).is_some()
    };
    if name == "default" || *meta.namespace == *"kube-system" || known() {
        return Ok(());
    }
    let text = format!(
        "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
        meta.namespace
    );
    Err(ApiError::forbidden("pods", &meta.name, &text))
}

fn bears(toleration: &Value, key: &str) -> bool {
    let is = |field: &str, word: &str| {
        toleration.str_at(field).is_none_or(|text| text.is_empty() || text == word)
    };
    is("key", key) && is("effect", "NoExecute")
}

/// The class of a pod says its priority, and whether it may push others out; a pod may say the same. Follows `admitPod`
/// of `plugin/pkg/admission/priority`.
fn set_priority(spec: &mut Value, pod: &str, store: &Store) -> Result<(), ApiError> {
    let name = spec.str_at("priorityClassName").unwrap_or_default().to_owned();
    let class = priority_class(&name, pod, store)?;
    let value = class.as_ref().and_then(|class| class.body.i64_at("value")).unwrap_or(0);
    let other = |what: &str, given: &str, own: &str| {
        let text = format!(
            "the {what} ({given}) must not be provided in pod spec; priority admission controller computed {own} from the given PriorityClass name"
        );
        ApiError::forbidden("pods", pod, &text)
    };
    if let Some(given) = spec.i64_at("priority").filter(|given| *given != value) {
        let (given, own) = (given.to_string(), value.to_string());
        return Err(other("integer value of priority", &given, &own));
    }
    let policy =
        class.as_ref().and_then(|class| class.body.str_at("preemptionPolicy").map(str::to_owned));
    let policy = policy.unwrap_or_else(|| "PreemptLowerPriority".into());
    if let Some(given) = spec.str_at("preemptionPolicy").filter(|given| *given != policy) {
        return Err(other("string value of PreemptionPolicy", given, &policy));
    }
    if let (Some(class), true) = (&class, name.is_empty()) {
        spec.set("priorityClassName", &class.meta.name);
    }
    spec.set("priority", value);
    spec.set("preemptionPolicy", policy);
    Ok(())
}

/// The class of a pod that names one, or the default one if there is one.
///
/// # Errors
/// `Forbidden`, if there is none of that name.
fn priority_class(name: &str, pod: &str, store: &Store) -> Result<Option<Rc<Plain>>, ApiError> {
    if name.is_empty() {
        return Ok(default_class(store));
    }
    match store.plain(Kind::PriorityClass, &ObjectKey::cluster(name)) {
        Some(class) => Ok(Some(Rc::clone(class))),
        None => {
            let text = format!("no PriorityClass with name {name} was found");
            Err(ApiError::forbidden("pods", pod, &text))
        }
    }
}

/// The class of pods that name none; of several the one of the least value. Follows `getDefaultPriorityClass`.
fn default_class(store: &Store) -> Option<Rc<Plain>> {
    let classes = store.plain_in(Kind::PriorityClass, None);
    let defaults = classes.filter(|class| class.body.bool_at("globalDefault") == Some(true));
    defaults.min_by_key(|class| class.body.i64_at("value")).cloned()
}

/// There is one default class only. Follows `validatePriorityClass`.
///
/// # Errors
/// `Forbidden`, if another class is the default already.
pub(super) fn check_class(
    kind: Kind,
    name: &str,
    class: &Value,
    store: &Store,
) -> Result<(), ApiError> {
    if kind != Kind::PriorityClass || class.bool_at("globalDefault") != Some(true) {
        return Ok(());
    }
    match default_class(store).filter(|default| *default.meta.name != *name) {
        Some(default) => {
            let text = format!(
                "PriorityClass {} is already marked as default. Only one default can exist",
                default.meta.name
            );
            Err(ApiError::forbidden(&kind.resource(), name, &text))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A daemon pod's spec differs from its neighbours' in the node only: what admission adds is read once for all, and
    /// is the same as if it were read for each.
    #[test]
    fn what_differs_in_its_affinity_is_admitted_as_what_it_is_like() {
        let text = r#"{"containers":[{"name":"c","image":"busybox"}],"tolerations":[{"key":"a","operator":"Exists"}]}"#;
        let alike = Rc::new(PodSpec::parse(&Value::from_json(text).unwrap()));
        let store = Store::default();
        let here = r#"{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[
            {"key":"metadata.name","operator":"In","values":["worker-1"]}]}]}}}"#;
        let spec = Rc::new(alike.with_affinity(Value::from_json(here).unwrap()));
        let shared = admitted(&spec, "p", &store).unwrap();
        let own = admitted(&Rc::new(PodSpec::parse(&spec.raw)), "p", &store).unwrap();
        assert_eq!(shared.raw, own.raw);
        assert_eq!(shared.tolerations, own.tolerations);
        assert_eq!(shared.affinity, own.affinity);
        assert!(Rc::ptr_eq(&shared.containers, &admitted(&alike, "p", &store).unwrap().containers));
        assert!(!shared.selects_node("worker-2", &Default::default()));
    }
}
