//! Selection of objects by the value of a field. Follows `k8s.io/apimachinery/pkg/fields` and the
//! `ToSelectableFields` of each kind.

use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;

/// Fields with the values that they must or must not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    path: String,
    value: String,
    equal: bool,
}

impl FieldSelector {
    /// Reads `status.phase=Running,metadata.name!=x`.
    ///
    /// # Errors
    /// The server's words: not a selector, or not a field that objects of this kind are selected by.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, String> {
        let mut requirements = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let found = ["!=", "==", "="].iter().find_map(|operator| {
                part.split_once(operator).map(|(path, value)| (path, value, *operator))
            });
            let Some((path, value, operator)) = found else {
                return Err(format!("invalid selector: '{part}'; can't understand '{part}'"));
            };
            let known = matches!(path, "metadata.name")
                || path == "metadata.namespace" && kind.namespaced()
                || selectable(kind).contains(&path);
            if !known {
                return Err(format!("field label not supported: {path}"));
            }
            requirements.push(Requirement {
                path: path.to_owned(),
                value: value.to_owned(),
                equal: operator != "!=",
            });
        }
        Ok(Self(requirements))
    }

    /// Whether every field is as it must be.
    pub fn matches(&self, object: &AnyObject) -> bool {
        self.0.iter().all(|one| (field(object, &one.path) == one.value) == one.equal)
    }

    /// Whether everything is meant.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The value of a field that selectors know. Follows the `ToSelectableFields` of each kind.
fn field(object: &AnyObject, path: &str) -> String {
    let meta = object.meta();
    match (path, object) {
        ("metadata.name", _) => return meta.name.to_string(),
        ("metadata.namespace", _) => return meta.namespace.to_string(),
        ("spec.nodeName", AnyObject::Pod(pod)) => {
            return pod.node.as_deref().unwrap_or_default().into();
        }
        ("status.phase", AnyObject::Pod(pod)) => return pod.status.phase.word().into(),
        ("status.successful", AnyObject::Job(job)) => return job.status.succeeded.to_string(),
        ("spec.unschedulable", AnyObject::Node(node)) => {
            return node.spec.unschedulable.to_string();
        }
        ("spec.hostNetwork", AnyObject::Pod(pod)) => return pod.spec.host_network.to_string(),
        _ => {}
    }
    let keys: Vec<&str> = match path {
        "source" => vec!["source", "component"],
        path => path.split('.').collect(),
    };
    match object.to_value().at(&keys) {
        Some(Value::String(text)) => text.to_string(),
        Some(other) => other.to_json(),
        None => String::new(),
    }
}

/// The fields beside name and namespace that the server selects by.
const fn selectable(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        Kind::Job => &["status.successful"],
        Kind::Node => &["spec.unschedulable"],
        Kind::ReplicationController | Kind::ReplicaSet => &["status.replicas"],
        Kind::Namespace => &["status.phase", "name"],
        Kind::Secret => &["type"],
        Kind::Service => &["spec.clusterIP", "spec.type"],
        Kind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        _ => &[],
    }
}
