//! v1 Event: what the cluster tells of an object.

use std::fmt;
use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::{ObjectMeta, Uid};
use crate::api::object::{AnyObject, Resource};
use crate::api::value::Value;
use crate::api::words::{same, word, written};
use crate::sim::Time;

/// `Normal` or `Warning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventType {
    /// All is well.
    Normal,
    /// Something to look at.
    Warning,
}

impl EventType {
    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// The uid that a reference names. For events of nodes upstream writes the node's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Referred {
    /// As objects have it.
    Uid(Uid),
    /// Some other text, or nothing.
    Text(Rc<str>),
}

impl Referred {
    /// Reads it.
    pub fn from_text(text: &str) -> Self {
        let uid = Uid::from_text(text);
        if uid.reads(text) { Self::Uid(uid) } else { Self::Text(word(text)) }
    }
}

impl Default for Referred {
    fn default() -> Self {
        Self::Text(word(""))
    }
}

impl fmt::Display for Referred {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => uid.fmt(out),
            Self::Text(text) => text.fmt(out),
        }
    }
}

/// The object an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectReference {
    /// `v1`, `batch/v1`
    pub api_version: Rc<str>,
    /// `Pod`
    pub kind: Rc<str>,
    /// Its namespace, or nothing.
    pub namespace: Rc<str>,
    /// Its name.
    pub name: Rc<str>,
    /// Its uid.
    pub uid: Referred,
    /// `spec.containers{web}`, or nothing.
    pub field_path: Rc<str>,
}

impl ObjectReference {
    /// The reference to an object of `kind`.
    pub fn to(kind: Kind, meta: &ObjectMeta) -> Self {
        let [api_version, kind] = kind.words();
        Self {
            api_version,
            kind,
            namespace: Rc::clone(&meta.namespace),
            name: Rc::clone(&meta.name),
            uid: Referred::Uid(meta.uid),
            field_path: word(""),
        }
    }

    /// The same reference to a part of the object.
    #[must_use]
    pub fn at(mut self, field_path: &Rc<str>) -> Self {
        self.field_path = Rc::clone(field_path);
        self
    }
}

/// Who tells.
#[derive(Clone, Debug, Eq, PartialOrd, Ord)]
pub struct EventSource {
    /// `kubelet`, `job-controller`, …
    pub component: Rc<str>,
    /// The node, for kubelets.
    pub host: Rc<str>,
}

impl PartialEq for EventSource {
    fn eq(&self, other: &Self) -> bool {
        same(&self.component, &other.component) && same(&self.host, &other.host)
    }
}

impl Default for EventSource {
    fn default() -> Self {
        Self { component: word(""), host: word("") }
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The metadata.
    pub meta: ObjectMeta,
    /// What it is about.
    pub involved: ObjectReference,
    /// The uid of that, which is searched for often.
    pub about: Uid,
    /// `Normal` or `Warning`.
    pub event_type: EventType,
    /// One word in capitals.
    pub reason: Rc<str>,
    /// A sentence.
    pub message: Rc<str>,
    /// Who tells.
    pub source: EventSource,
    /// When it first happened.
    pub first: Time,
    /// When it last happened.
    pub last: Time,
    /// How often it happened.
    pub count: i64,
    /// Whether it was written through events.k8s.io (scheduler): `eventTime` and `series` instead of counts.
    pub modern: bool,
    /// When its lease ends; the store says.
    pub expires: Time,
}

impl Event {
    /// What the scheduler did when it told this. Follows the calls of `Eventf` in `pkg/scheduler`.
    fn action(&self) -> &'static str {
        match &*self.reason {
            "FailedScheduling" => "Scheduling",
            "Preempted" => "Preempting",
            _ => "Binding",
        }
    }
}

impl Resource for Event {
    const KIND: Kind = Kind::Event;

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }

    fn from_value(value: &Value) -> Self {
        let text =
            |value: &Value, key: &str| -> Rc<str> { value.str_at(key).unwrap_or_default().into() };
        let time = |key: &str| value.str_at(key).and_then(Time::parse_rfc3339);
        let empty = Value::Null;
        let involved = value.get("involvedObject").unwrap_or(&empty);
        let source = value.get("source").unwrap_or(&empty);
        let first = time("firstTimestamp").or_else(|| time("eventTime")).unwrap_or_default();
        Self {
            meta: ObjectMeta::from_value(value.get("metadata")),
            about: Uid::from_text(involved.str_at("uid").unwrap_or_default()),
            expires: Time::default(),
            involved: ObjectReference {
                api_version: text(involved, "apiVersion"),
                kind: text(involved, "kind"),
                namespace: text(involved, "namespace"),
                name: text(involved, "name"),
                uid: Referred::from_text(involved.str_at("uid").unwrap_or_default()),
                field_path: text(involved, "fieldPath"),
            },
            event_type: match value.str_at("type") {
                Some("Warning") => EventType::Warning,
                _ => EventType::Normal,
            },
            reason: text(value, "reason"),
            message: text(value, "message"),
            source: EventSource {
                component: text(source, "component"),
                host: text(source, "host"),
            },
            first,
            last: time("lastTimestamp").unwrap_or(first),
            count: value.i64_at("count").unwrap_or(1),
            modern: value.get("eventTime").is_some(),
        }
    }

    fn to_value(&self) -> Value {
        let mut involved = Value::empty_object();
        let uid: Rc<str> = written(format_args!("{}", self.involved.uid));
        for (key, text) in [
            ("apiVersion", &self.involved.api_version),
            ("kind", &self.involved.kind),
            ("namespace", &self.involved.namespace),
            ("name", &self.involved.name),
            ("uid", &uid),
            ("fieldPath", &self.involved.field_path),
        ] {
            if !text.is_empty() {
                involved.set(key, text);
            }
        }
        let mut source = Value::empty_object();
        if !self.modern {
            source.set("component", &self.source.component);
            if !self.source.host.is_empty() {
                source.set("host", &self.source.host);
            }
        }
        let mut value = crate::object! {
            "apiVersion" => "v1",
            "kind" => "Event",
            "metadata" => self.meta.to_value(),
            "involvedObject" => involved,
            "type" => self.event_type.word(),
            "reason" => &self.reason,
            "message" => &self.message,
            "source" => source,
            "reportingComponent" => &self.source.component,
            "reportingInstance" => &self.source.host,
        };
        if self.modern {
            value.set("eventTime", self.first.rfc3339_micro());
            value.set("firstTimestamp", Value::Null);
            value.set("lastTimestamp", Value::Null);
            value.set("action", self.action());
            if self.source.host.is_empty() && !self.source.component.is_empty() {
                let instance = format!("{}-control-plane", self.source.component);
                value.set("reportingInstance", instance);
            }
            if self.count > 1 {
                let last = self.last.rfc3339_micro();
                value.set(
                    "series",
                    crate::object! { "count" => self.count, "lastObservedTime" => last },
                );
            }
        } else {
            value.set("count", self.count);
            value.set("eventTime", Value::Null);
            value.set("firstTimestamp", self.first);
            value.set("lastTimestamp", self.last);
        }
        value
    }

    fn into_any(self: Rc<Self>) -> AnyObject {
        AnyObject::Event(self)
    }

    fn from_any(any: &AnyObject) -> Option<&Rc<Self>> {
        match any {
            AnyObject::Event(event) => Some(event),
            _ => None,
        }
    }
}
