//! v1 Pod.

use std::rc::Rc;

use super::pod_spec::{PodSpec, PodTemplate};
use super::pod_status::PodStatus;
use crate::api::conditions;
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectMeta, OwnerReference};
use crate::api::object::{AnyObject, Resource};
use crate::api::value::Value;
use crate::sim::Time;
use crate::sim::rng::letters;

/// A pod. Its spec is shared with its siblings; the node it is bound to is its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// The metadata.
    pub meta: ObjectMeta,
    /// What is wanted.
    pub spec: Rc<PodSpec>,
    /// `spec.nodeName`
    pub node: Option<NodeName>,
    /// What was seen.
    pub status: PodStatus,
}

impl Pod {
    /// A pod from a template, with its owners; name and uid are given when it is created.
    /// Follows `controller.GetPodFromTemplate`.
    pub fn from_template(
        template: &PodTemplate,
        namespace: &Rc<str>,
        prefix: &Rc<str>,
        owners: &Rc<[OwnerReference]>,
    ) -> Self {
        Self {
            meta: ObjectMeta {
                namespace: Rc::clone(namespace),
                generate_name: Some(Rc::clone(prefix)),
                labels: template.labels.clone(),
                annotations: template.annotations.clone(),
                finalizers: Rc::clone(&template.finalizers),
                owners: Rc::clone(owners),
                ..ObjectMeta::default()
            },
            spec: Rc::clone(&template.made),
            node: template.node_name.clone(),
            status: PodStatus::default(),
        }
    }

    /// The node it is bound to, or the one that its affinity names: what a DaemonSet makes a pod for. Follows
    /// `GetTargetNodeName` of `pkg/controller/daemon/util`.
    pub fn meant_for(&self) -> Option<NodeName> {
        if let Some(node) = &self.node {
            return Some(Rc::clone(node));
        }
        let path = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
        let terms = self.spec.raw.at(&path)?.items_at("nodeSelectorTerms");
        let fields = terms.iter().flat_map(|term| term.items_at("matchFields"));
        let named = fields.filter(|field| {
            field.str_at("key") == Some("metadata.name") && field.str_at("operator") == Some("In")
        });
        named.flat_map(|field| field.items_at("values")).find_map(|value| match value {
            Value::String(name) => Some(Rc::clone(name)),
            _ => None,
        })
    }

    /// Whether it is neither finished nor being deleted. Follows `controller.IsPodActive`.
    pub const fn active(&self) -> bool {
        !self.status.phase.finished() && !self.meta.deleting()
    }

    /// Whether its condition Ready is True.
    pub fn ready(&self) -> bool {
        conditions::holds(&self.status.conditions, "Ready")
    }

    /// Since which second its condition Ready is True.
    pub fn ready_since(&self) -> Option<Time> {
        let ready = conditions::find(&self.status.conditions, "Ready")?;
        (ready.status == conditions::Status::True).then(|| ready.since.cut_to_second())
    }

    /// What deleting it costs, by its annotation; a plus sign or a leading zero makes it worthless. Follows
    /// `GetDeletionCostFromPodAnnotations`.
    pub fn deletion_cost(&self) -> i32 {
        let text = self.meta.annotations.text("controller.kubernetes.io/pod-deletion-cost");
        let plain = |text: &&str| *text == "0" || !text.starts_with(['+', '0']);
        text.filter(plain).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// The suffix of the volume that carries its service account token.
    fn token_volume(&self) -> String {
        let low = u64::try_from(self.meta.uid.0 & u128::from(u64::MAX)).unwrap_or(0);
        format!("kube-api-access-{}", letters(low, 5))
    }

    /// The spec as the API shows it: with the node, and with the token volume that admission adds.
    pub fn spec_value(&self) -> Value {
        let mut spec = self.spec.raw.clone();
        if let Some(node) = &self.node {
            spec.set("nodeName", node);
        }
        if self.mounts_token() && self.spec.admitted.borrow().is_none() && self.meta.uid.0 != 0 {
            add_token_volume(&mut spec, &self.token_volume());
        }
        spec
    }

    /// Whether its containers find the token of its service account. Admission marks the spec by naming the account;
    /// each pod's volume has a name of its own.
    pub fn mounts_token(&self) -> bool {
        self.spec.raw.get("serviceAccountName").is_some()
            && self.spec.raw.bool_at("automountServiceAccountToken") != Some(false)
    }
}

/// Where containers find the token of their pod's service account.
pub const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Follows `plugin/pkg/admission/serviceaccount`.
fn add_token_volume(spec: &mut Value, name: &str) {
    let field = crate::object! { "apiVersion" => "v1", "fieldPath" => "metadata.namespace" };
    let sources: Vec<Value> = vec![
        crate::object! { "serviceAccountToken" => crate::object! { "expirationSeconds" => 3607, "path" => "token" } },
        crate::object! { "configMap" => crate::object! {
            "items" => vec![crate::object! { "key" => "ca.crt", "path" => "ca.crt" }],
            "name" => "kube-root-ca.crt",
        } },
        crate::object! { "downwardAPI" => crate::object! {
            "items" => vec![crate::object! { "fieldRef" => field, "path" => "namespace" }],
        } },
    ];
    let mut mounted = false;
    for key in ["containers", "initContainers"] {
        if spec.get(key).is_none() {
            continue;
        }
        for container in spec.child(key).make_items() {
            let mounts = container.child("volumeMounts");
            if mounts.items().iter().any(|mount| mount.str_at("mountPath") == Some(TOKEN_PATH)) {
                continue;
            }
            mounted = true;
            mounts.make_items().push(
                crate::object! { "mountPath" => TOKEN_PATH, "name" => name, "readOnly" => true },
            );
        }
    }
    let has_token = spec.items_at("volumes").iter().any(|volume| {
        volume.str_at("name").is_some_and(|name| name.starts_with("kube-api-access-"))
    });
    if mounted && !has_token {
        spec.child("volumes").make_items().push(crate::object! {
            "name" => name,
            "projected" => crate::object! { "defaultMode" => 420, "sources" => sources },
        });
    }
}

impl Resource for Pod {
    const KIND: Kind = Kind::Pod;

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }

    fn from_value(value: &Value) -> Self {
        let empty = Value::Null;
        let spec = value.get("spec").unwrap_or(&empty);
        Self {
            meta: ObjectMeta::from_value(value.get("metadata")),
            spec: Rc::new(PodSpec::parse(spec)),
            node: spec.str_at("nodeName").filter(|name| !name.is_empty()).map(Rc::from),
            status: PodStatus::parse(value.get("status").unwrap_or(&empty)),
        }
    }

    fn to_value(&self) -> Value {
        let spec = self.spec_value();
        let mut status = self.status.to_value(self.spec.qos, self.meta.generation);
        super::seen::complete(&mut status, &spec);
        crate::object! {
            "apiVersion" => "v1",
            "kind" => "Pod",
            "metadata" => self.meta.to_value(),
            "spec" => spec,
            "status" => status,
        }
    }

    fn into_any(self: Rc<Self>) -> AnyObject {
        AnyObject::Pod(self)
    }

    fn from_any(any: &AnyObject) -> Option<&Rc<Self>> {
        match any {
            AnyObject::Pod(pod) => Some(pod),
            _ => None,
        }
    }
}
