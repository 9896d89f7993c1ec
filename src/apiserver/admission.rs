//! What the API server adds to pods after defaulting. Follows `plugin/pkg/admission/{serviceaccount,priority,
//! defaulttolerationseconds}`.

use std::rc::Rc;

use crate::api::core::PodSpec;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta};
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::store::Store;

/// The keys of the taints of nodes that do not answer; every pod bears them for five minutes.
const BORNE: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// The admitted form of a pod spec. Pods of one template share it: it is computed once.
///
/// # Errors
/// An unknown priority class.
pub fn admitted(spec: &Rc<PodSpec>, pod: &str, store: &Store) -> Result<Rc<PodSpec>, ApiError> {
    if let Some(done) = spec.admitted.get() {
        return Ok(Rc::clone(done));
    }
    let mut raw = spec.raw.clone();
    admit(&mut raw, pod, store)?;
    let done = if raw == spec.raw { Rc::clone(spec) } else { Rc::new(PodSpec::parse(&raw)) };
    Ok(Rc::clone(spec.admitted.get_or_init(|| done)))
}

/// Adds to a defaulted pod spec what admission adds.
///
/// # Errors
/// An unknown priority class.
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
    Ok(())
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

fn set_priority(spec: &mut Value, pod: &str, store: &Store) -> Result<(), ApiError> {
    let name = spec.str_at("priorityClassName").unwrap_or_default().to_owned();
    let class = match name.as_str() {
        "" => default_class(store),
        name => {
            Some(store.plain(Kind::PriorityClass, &ObjectKey::cluster(name)).cloned().ok_or_else(
                || {
                    let text = format!("no PriorityClass with name {name} was found");
                    ApiError::new(Reason::Forbidden, format!("pods \"{pod}\" is forbidden: {text}"))
                },
            )?)
        }
    };
    let value = class.as_ref().and_then(|class| class.body.i64_at("value")).unwrap_or(0);
    let policy =
        class.as_ref().and_then(|class| class.body.str_at("preemptionPolicy").map(str::to_owned));
    if let (Some(class), true) = (&class, name.is_empty()) {
        spec.set("priorityClassName", &class.meta.name);
    }
    spec.set("priority", value);
    spec.set_default("preemptionPolicy", policy.unwrap_or_else(|| "PreemptLowerPriority".into()));
    Ok(())
}

fn default_class(store: &Store) -> Option<Rc<crate::api::Plain>> {
    let classes = store.list(Kind::PriorityClass, None);
    classes.into_iter().find_map(|class| match class {
        crate::api::AnyObject::Plain(class)
            if class.body.bool_at("globalDefault") == Some(true) =>
        {
            Some(class)
        }
        _ => None,
    })
}
