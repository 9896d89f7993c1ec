//! Selection of objects by the value of a field. Follows `k8s.io/apimachinery/pkg/fields`, the
//! `ToSelectableFields` of each kind, and `pkg/apis/*/v1/conversion.go` for which fields a kind knows.

use crate::api::error::go_quote;
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
            requirements.push(Requirement {
                path: known(kind, path)?.to_owned(),
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
        // The field is known, but pods have no value for it: `=` finds none, `!=` all.
        ("status.podIPs", AnyObject::Pod(_)) => return String::new(),
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

/// The field that a kind means by a path. Kinds with fields of their own refuse others in their own words; all the
/// rest are selected by name and namespace only.
fn known(kind: Kind, path: &str) -> Result<&str, String> {
    let Some(own) = selectable(kind) else {
        return match path {
            "metadata.name" | "metadata.namespace" => Ok(path),
            _ => Err(format!(
                "{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
                go_quote(path)
            )),
        };
    };
    match path {
        "metadata.name" => Ok(path),
        "metadata.namespace" if kind.namespaced() => Ok(path),
        // What the field was called before there was a `v1`.
        "spec.host" if kind == Kind::Pod => Ok("spec.nodeName"),
        path if own.contains(&path) => Ok(path),
        path if kind == Kind::Job => {
            Err(format!("field label {} not supported for Job", go_quote(path)))
        }
        path => Err(format!("field label not supported: {path}")),
    }
}

/// The fields beside name and namespace that the server selects by; `None` for kinds that have no list of their own.
const fn selectable(kind: Kind) -> Option<&'static [&'static str]> {
    Some(match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Kind::Job => &["status.successful"],
        Kind::Node => &["spec.unschedulable"],
        Kind::ReplicationController => &["status.replicas"],
        Kind::Namespace => &["status.phase"],
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
        Kind::ConfigMap
        | Kind::Endpoints
        | Kind::ServiceAccount
        | Kind::ResourceQuota
        | Kind::LimitRange
        | Kind::PersistentVolumeClaim
        | Kind::ReplicaSet
        | Kind::Deployment
        | Kind::DaemonSet
        | Kind::StatefulSet
        | Kind::ControllerRevision
        | Kind::CronJob
        | Kind::Lease
        | Kind::EndpointSlice
        | Kind::PodDisruptionBudget
        | Kind::PriorityClass => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::object::Resource as _;

    #[test]
    fn a_field_that_a_kind_does_not_know_is_refused_in_the_words_of_that_kind() {
        let refused = |kind, text| FieldSelector::parse(kind, text).unwrap_err();
        let only = |path: &str| {
            format!(
                "\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            )
        };
        assert_eq!(refused(Kind::Job, "a=b"), "field label \"a\" not supported for Job");
        assert_eq!(refused(Kind::Pod, "a=b"), "field label not supported: a");
        assert_eq!(refused(Kind::Namespace, "name=x"), "field label not supported: name");
        assert_eq!(
            refused(Kind::Node, "metadata.namespace=x"),
            "field label not supported: metadata.namespace"
        );
        for kind in [Kind::DaemonSet, Kind::Deployment, Kind::StatefulSet, Kind::CronJob] {
            assert_eq!(refused(kind, "a=b"), only("a"));
        }
        assert_eq!(refused(Kind::ConfigMap, "data=b"), only("data"));
        assert_eq!(refused(Kind::ReplicaSet, "status.replicas=0"), only("status.replicas"));
        assert!(FieldSelector::parse(Kind::PriorityClass, "metadata.namespace!=x").is_ok());
    }

    #[test]
    fn pods_know_addresses_in_the_plural_without_a_value_and_the_old_name_of_their_node() {
        let body = crate::object! { "metadata" => crate::object! { "name" => "a" } };
        let mut pod = crate::api::core::Pod::from_value(&body);
        pod.node = Some("worker-1".into());
        pod.status.pod_ip = Some("10.244.1.2".into());
        let pod = AnyObject::Pod(std::rc::Rc::new(pod));
        let matches = |text| FieldSelector::parse(Kind::Pod, text).unwrap().matches(&pod);
        assert!(matches("status.podIP=10.244.1.2") && !matches("status.podIPs=10.244.1.2"));
        assert!(matches("status.podIPs!=10.244.1.2"));
        assert!(matches("spec.host=worker-1") && !matches("spec.host=worker-2"));
    }
}
