//! The status of a pod, compact: it is written more often than anything else.

use std::rc::Rc;

use super::pod_spec::Qos;
use crate::api::conditions::{Condition, Status};
use crate::api::value::Value;
use crate::api::words::word;
use crate::sim::Time;

/// The phase of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not every container has been started yet.
    #[default]
    Pending,
    /// Started, and not all over.
    Running,
    /// All containers ended well and none will be started again.
    Succeeded,
    /// All containers ended, one of them badly.
    Failed,
    /// Nobody knows (only set from outside).
    Unknown,
}

impl Phase {
    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }

    /// Whether the pod is over.
    pub const fn finished(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }

    fn from_word(word: &str) -> Self {
        match word {
            "Running" => Self::Running,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            "Unknown" => Self::Unknown,
            _ => Self::Pending,
        }
    }
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminated {
    /// The exit code.
    pub exit_code: i64,
    /// `Completed`, `Error`, `OOMKilled`, …
    pub reason: Rc<str>,
    /// A sentence, or nothing.
    pub message: Rc<str>,
    /// When it had started.
    pub started: Option<Time>,
    /// When it ended.
    pub finished: Option<Time>,
    /// `containerd://…`, or nothing.
    pub container_id: Rc<str>,
}

/// What a container is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Not started (or not again yet).
    Waiting {
        /// `ContainerCreating`, `CrashLoopBackOff`, …
        reason: Rc<str>,
        /// A sentence, or nothing.
        message: Rc<str>,
    },
    /// Running.
    Running {
        /// Since when.
        since: Time,
    },
    /// Ended.
    Terminated(Rc<Terminated>),
}

/// The status of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerStatus {
    /// The container's name.
    pub name: Rc<str>,
    /// What it is doing.
    pub state: ContainerState,
    /// How the run before ended.
    pub last: Option<Rc<Terminated>>,
    /// Whether it may be sent requests.
    pub ready: bool,
    /// Whether it runs and its startup probe has passed; `None` is left out of the API.
    pub started: Option<bool>,
    /// How often it was started again.
    pub restart_count: i64,
    /// The image, as the runtime names it.
    pub image: Rc<str>,
    /// The image's digest, or nothing.
    pub image_id: Rc<str>,
    /// `containerd://…`, or nothing.
    pub container_id: Rc<str>,
}

/// The status of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodStatus {
    /// The phase.
    pub phase: Phase,
    /// Conditions, in the order the kubelet writes them.
    pub conditions: Rc<[Condition]>,
    /// `Evicted`, `DeadlineExceeded`, `OutOfcpu`, … or nothing.
    pub reason: Rc<str>,
    /// A sentence, or nothing.
    pub message: Rc<str>,
    /// The node's address.
    pub host_ip: Option<Rc<str>>,
    /// The pod's address.
    pub pod_ip: Option<Rc<str>>,
    /// When the kubelet first saw it.
    pub start_time: Option<Time>,
    /// App containers, in the order of the spec.
    pub containers: Rc<[ContainerStatus]>,
    /// Init containers, in the order of the spec.
    pub init_containers: Rc<[ContainerStatus]>,
    /// Where preemption made room for it.
    pub nominated_node: Option<Rc<str>>,
}

thread_local! {
    /// Every new pod begins with this: the empty parts are shared.
    static BLANK: PodStatus = PodStatus {
        phase: Phase::default(),
        conditions: Rc::default(),
        reason: word(""),
        message: word(""),
        host_ip: None,
        pod_ip: None,
        start_time: None,
        containers: Rc::default(),
        init_containers: Rc::default(),
        nominated_node: None,
    };
}

impl Default for PodStatus {
    fn default() -> Self {
        BLANK.with(Self::clone)
    }
}

fn text(value: &Value, key: &str) -> Rc<str> {
    value.str_at(key).unwrap_or_default().into()
}

fn time(value: &Value, key: &str) -> Option<Time> {
    value.str_at(key).and_then(Time::parse_rfc3339)
}

impl Terminated {
    fn parse(value: &Value) -> Self {
        Self {
            exit_code: value.i64_at("exitCode").unwrap_or(0),
            reason: text(value, "reason"),
            message: text(value, "message"),
            started: time(value, "startedAt"),
            finished: time(value, "finishedAt"),
            container_id: text(value, "containerID"),
        }
    }

    fn to_value(&self) -> Value {
        let mut value = crate::object! {
            "exitCode" => self.exit_code,
            "startedAt" => self.started,
            "finishedAt" => self.finished,
        };
        for (key, text) in [
            ("reason", &self.reason),
            ("message", &self.message),
            ("containerID", &self.container_id),
        ] {
            if !text.is_empty() {
                value.set(key, text);
            }
        }
        value
    }
}

impl ContainerState {
    /// Waiting for a reason, without a message.
    pub fn waiting(reason: &str) -> Self {
        Self::Waiting { reason: word(reason), message: word("") }
    }

    fn parse(value: Option<&Value>) -> Self {
        let waiting = |value: Option<&Value>| Self::Waiting {
            reason: value.map(|value| text(value, "reason")).unwrap_or_default(),
            message: value.map(|value| text(value, "message")).unwrap_or_default(),
        };
        let Some(value) = value else { return waiting(None) };
        if let Some(running) = value.get("running") {
            return Self::Running { since: time(running, "startedAt").unwrap_or_default() };
        }
        match value.get("terminated") {
            Some(terminated) => Self::Terminated(Rc::new(Terminated::parse(terminated))),
            None => waiting(value.get("waiting")),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Waiting { reason, message } => {
                let mut waiting = Value::empty_object();
                if !message.is_empty() {
                    waiting.set("message", message);
                }
                if !reason.is_empty() {
                    waiting.set("reason", reason);
                }
                crate::object! { "waiting" => waiting }
            }
            Self::Running { since } => {
                crate::object! { "running" => crate::object! { "startedAt" => *since } }
            }
            Self::Terminated(end) => crate::object! { "terminated" => end.to_value() },
        }
    }
}

impl ContainerStatus {
    /// A container that waits.
    pub fn waiting(name: &Rc<str>, image: &Rc<str>, reason: &str) -> Self {
        Self {
            name: Rc::clone(name),
            state: ContainerState::waiting(reason),
            last: None,
            ready: false,
            started: Some(false),
            restart_count: 0,
            image: Rc::clone(image),
            image_id: "".into(),
            container_id: "".into(),
        }
    }

    /// How the current run ended.
    pub const fn terminated(&self) -> Option<&Rc<Terminated>> {
        match &self.state {
            ContainerState::Terminated(end) => Some(end),
            _ => None,
        }
    }

    /// Since when it runs.
    pub const fn running_since(&self) -> Option<Time> {
        match &self.state {
            ContainerState::Running { since } => Some(*since),
            _ => None,
        }
    }

    fn parse(value: &Value) -> Self {
        Self {
            name: text(value, "name"),
            state: ContainerState::parse(value.get("state")),
            last: value
                .at(&["lastState", "terminated"])
                .map(|last| Rc::new(Terminated::parse(last))),
            ready: value.bool_at("ready").unwrap_or(false),
            started: value.bool_at("started"),
            restart_count: value.i64_at("restartCount").unwrap_or(0),
            image: text(value, "image"),
            image_id: text(value, "imageID"),
            container_id: text(value, "containerID"),
        }
    }

    fn to_value(&self) -> Value {
        let last = match &self.last {
            Some(end) => crate::object! { "terminated" => end.to_value() },
            None => Value::empty_object(),
        };
        let mut value = crate::object! {
            "name" => &self.name,
            "state" => self.state.to_value(),
            "lastState" => last,
            "ready" => self.ready,
            "restartCount" => self.restart_count,
            "image" => &self.image,
            "imageID" => &self.image_id,
        };
        if let Some(started) = self.started {
            value.set("started", started);
        }
        if !self.container_id.is_empty() {
            value.set("containerID", &self.container_id);
        }
        value
    }
}

impl PodStatus {
    /// Reads a status.
    pub fn parse(value: &Value) -> Self {
        let statuses = |key| value.items_at(key).iter().map(ContainerStatus::parse).collect();
        Self {
            phase: Phase::from_word(value.str_at("phase").unwrap_or_default()),
            conditions: value.items_at("conditions").iter().map(Condition::from_value).collect(),
            reason: text(value, "reason"),
            message: text(value, "message"),
            host_ip: value.str_at("hostIP").map(Rc::from),
            pod_ip: value.str_at("podIP").map(Rc::from),
            start_time: time(value, "startTime"),
            containers: statuses("containerStatuses"),
            init_containers: statuses("initContainerStatuses"),
            nominated_node: value.str_at("nominatedNodeName").map(Rc::from),
        }
    }

    /// The status as the API shows it.
    pub fn to_value(&self, qos: Qos, generation: i64) -> Value {
        let mut value = crate::object! { "phase" => self.phase.word(), "qosClass" => qos.word() };
        if !self.conditions.is_empty() {
            let shown = self.conditions.iter().map(|condition| {
                let mut shown = condition.to_value(Some("lastProbeTime"));
                if self.says_generation(condition) {
                    shown.set("observedGeneration", generation);
                }
                shown
            });
            value.set("conditions", shown.collect::<Vec<_>>());
        }
        // The kubelet says it with everything it says of the pod.
        if self.start_time.is_some() {
            value.set("observedGeneration", generation);
        }
        for (key, text) in [("reason", &self.reason), ("message", &self.message)] {
            if !text.is_empty() {
                value.set(key, text);
            }
        }
        for (one, many, address) in
            [("hostIP", "hostIPs", &self.host_ip), ("podIP", "podIPs", &self.pod_ip)]
        {
            if let Some(address) = address {
                value.set(one, address);
                value.set(many, vec![crate::object! { "ip" => address }]);
            }
        }
        if let Some(start) = self.start_time {
            value.set("startTime", start);
        }
        if let Some(node) = &self.nominated_node {
            value.set("nominatedNodeName", node);
        }
        for (key, statuses) in [
            ("containerStatuses", &self.containers),
            ("initContainerStatuses", &self.init_containers),
        ] {
            if !statuses.is_empty() {
                value.set(key, statuses.iter().map(ContainerStatus::to_value).collect::<Vec<_>>());
            }
        }
        value
    }

    /// Whether a condition says of which generation of the pod it is: the server's own do not, when it binds the pod
    /// or evicts it, nor does the one about all containers.
    fn says_generation(&self, condition: &Condition) -> bool {
        match (&*condition.kind, &*condition.reason) {
            ("AllContainersRestarting", _) | ("DisruptionTarget", "EvictionByEvictionAPI") => false,
            ("PodScheduled", _) => condition.status != Status::True || self.start_time.is_some(),
            _ => true,
        }
    }

    /// The status of a container, among init containers too.
    pub fn container(&self, name: &str) -> Option<&ContainerStatus> {
        self.containers
            .iter()
            .chain(self.init_containers.iter())
            .find(|status| &*status.name == name)
    }
}
