//! The `Resource` trait that typed objects share, and the closed `AnyObject` of the API boundary.

use std::rc::Rc;

use super::apps::{DaemonSet, Deployment, ReplicaSet};
use super::batch::{CronJob, Job};
use super::core::{Event, Node, Pod, ReplicationController};
use super::kind::Kind;
use super::meta::{ObjectKey, ObjectMeta, Uid};
use super::value::Value;

/// A kind of object with fields of its own.
pub trait Resource: Clone + PartialEq + 'static {
    /// The kind.
    const KIND: Kind;
    /// The metadata.
    fn meta(&self) -> &ObjectMeta;
    /// The metadata, for writing.
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    /// Reads an object that was decoded, defaulted and validated.
    fn from_value(value: &Value) -> Self;
    /// The whole object as upstream shows it, with `apiVersion` and `kind`.
    fn to_value(&self) -> Value;
    /// This object at the boundary.
    fn into_any(self: Rc<Self>) -> AnyObject;
    /// The object of this kind inside `any`.
    fn from_any(any: &AnyObject) -> Option<&Rc<Self>>;
}

/// An object that is kept as it is, without fields of its own: `ConfigMap`, `Secret`, `Service`, …
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// The kind.
    pub kind: Kind,
    /// The metadata.
    pub meta: ObjectMeta,
    /// Everything but `apiVersion`, `kind` and `metadata`.
    pub body: Value,
}

impl Plain {
    /// Reads an object of `kind`.
    pub fn from_value(kind: Kind, value: &Value) -> Self {
        let meta = ObjectMeta::from_value(value.get("metadata"));
        let mut body = value.clone();
        for key in ["apiVersion", "kind", "metadata"] {
            body.remove(key);
        }
        Self { kind, meta, body }
    }

    /// The whole object as upstream shows it.
    pub fn to_value(&self) -> Value {
        let mut value = self.body.clone();
        value.set("apiVersion", self.kind.api_version());
        value.set("kind", self.kind.name());
        value.set("metadata", self.meta.to_value());
        if self.kind == Kind::Namespace {
            // Its own `Delete` sets the time only.
            value.child("metadata").remove("deletionGracePeriodSeconds");
        }
        value
    }
}

/// Any object at the API boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyObject {
    /// v1 Pod
    Pod(Rc<Pod>),
    /// v1 Node
    Node(Rc<Node>),
    /// v1 Event
    Event(Rc<Event>),
    /// v1 ReplicationController
    ReplicationController(Rc<ReplicationController>),
    /// apps/v1 ReplicaSet
    ReplicaSet(Rc<ReplicaSet>),
    /// apps/v1 Deployment
    Deployment(Rc<Deployment>),
    /// apps/v1 DaemonSet
    DaemonSet(Rc<DaemonSet>),
    /// batch/v1 Job
    Job(Rc<Job>),
    /// batch/v1 CronJob
    CronJob(Rc<CronJob>),
    /// Every other kind.
    Plain(Rc<Plain>),
}

/// Runs one expression on the typed object inside.
macro_rules! each {
    ($any:expr, $object:ident => $body:expr) => {
        match $any {
            AnyObject::Pod($object) => $body,
            AnyObject::Node($object) => $body,
            AnyObject::Event($object) => $body,
            AnyObject::ReplicationController($object) => $body,
            AnyObject::ReplicaSet($object) => $body,
            AnyObject::Deployment($object) => $body,
            AnyObject::DaemonSet($object) => $body,
            AnyObject::Job($object) => $body,
            AnyObject::CronJob($object) => $body,
            AnyObject::Plain($object) => $body,
        }
    };
}

impl AnyObject {
    /// Reads an object of `kind` that was decoded, defaulted and validated.
    pub fn from_value(kind: Kind, value: &Value) -> Self {
        match kind {
            Kind::Pod => Self::Pod(Rc::new(Pod::from_value(value))),
            Kind::Node => Self::Node(Rc::new(Node::from_value(value))),
            Kind::Event => Self::Event(Rc::new(Event::from_value(value))),
            Kind::ReplicationController => {
                Self::ReplicationController(Rc::new(ReplicationController::from_value(value)))
            }
            Kind::ReplicaSet => Self::ReplicaSet(Rc::new(ReplicaSet::from_value(value))),
            Kind::Deployment => Self::Deployment(Rc::new(Deployment::from_value(value))),
            Kind::DaemonSet => Self::DaemonSet(Rc::new(DaemonSet::from_value(value))),
            Kind::Job => Self::Job(Rc::new(Job::from_value(value))),
            Kind::CronJob => Self::CronJob(Rc::new(CronJob::from_value(value))),
            other => Self::Plain(Rc::new(Plain::from_value(other, value))),
        }
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Pod(_) => Kind::Pod,
            Self::Node(_) => Kind::Node,
            Self::Event(_) => Kind::Event,
            Self::ReplicationController(_) => Kind::ReplicationController,
            Self::ReplicaSet(_) => Kind::ReplicaSet,
            Self::Deployment(_) => Kind::Deployment,
            Self::DaemonSet(_) => Kind::DaemonSet,
            Self::Job(_) => Kind::Job,
            Self::CronJob(_) => Kind::CronJob,
            Self::Plain(object) => object.kind,
        }
    }

    /// The metadata.
    pub fn meta(&self) -> &ObjectMeta {
        each!(self, object => &object.meta)
    }

    /// The metadata, for writing; copies the object if it is shared.
    pub fn meta_mut(&mut self) -> &mut ObjectMeta {
        each!(self, object => &mut Rc::make_mut(object).meta)
    }

    /// Namespace and name.
    pub fn key(&self) -> ObjectKey {
        self.meta().key()
    }

    /// The uid.
    pub fn uid(&self) -> Uid {
        self.meta().uid
    }

    /// The whole object as upstream shows it, with `apiVersion` and `kind`.
    pub fn to_value(&self) -> Value {
        each!(self, object => object.to_value())
    }

    /// Whether both are the same version of the same object, held in the same place.
    pub fn same(&self, other: &Self) -> bool {
        self.kind() == other.kind()
            && self.meta().uid == other.meta().uid
            && self.meta().resource_version == other.meta().resource_version
    }
}

/// Writes the struct of a kind that consists of metadata, a shared spec and a status, and its `Resource`.
///
/// The spec type needs `parse(&Value) -> Self` and a field `raw: Value`; the status type needs
/// `parse(&Value) -> Self` and `to_value(&self) -> Value`.
#[macro_export]
macro_rules! resource {
    ($(#[$doc:meta])* $name:ident, $spec:ty, $status:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            /// The metadata.
            pub meta: $crate::api::meta::ObjectMeta,
            /// What is wanted.
            pub spec: ::std::rc::Rc<$spec>,
            /// What was seen.
            pub status: $status,
        }

        impl $crate::api::object::Resource for $name {
            const KIND: $crate::api::Kind = $crate::api::Kind::$name;
            fn meta(&self) -> &$crate::api::meta::ObjectMeta {
                &self.meta
            }
            fn meta_mut(&mut self) -> &mut $crate::api::meta::ObjectMeta {
                &mut self.meta
            }
            fn from_value(value: &$crate::api::Value) -> Self {
                let empty = $crate::api::Value::Null;
                Self {
                    meta: $crate::api::meta::ObjectMeta::from_value(value.get("metadata")),
                    spec: ::std::rc::Rc::new(<$spec>::parse(value.get("spec").unwrap_or(&empty))),
                    status: <$status>::parse(value.get("status").unwrap_or(&empty)),
                }
            }
            fn to_value(&self) -> $crate::api::Value {
                $crate::object! {
                    "apiVersion" => Self::KIND.api_version(),
                    "kind" => Self::KIND.name(),
                    "metadata" => self.meta.to_value(),
                    "spec" => self.spec.raw.clone(),
                    "status" => self.status.to_value(),
                }
            }
            fn into_any(self: ::std::rc::Rc<Self>) -> $crate::api::object::AnyObject {
                $crate::api::object::AnyObject::$name(self)
            }
            fn from_any(any: &$crate::api::object::AnyObject) -> Option<&::std::rc::Rc<Self>> {
                match any {
                    $crate::api::object::AnyObject::$name(object) => Some(object),
                    _ => None,
                }
            }
        }
    };
}
