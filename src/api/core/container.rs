//! The parts of a container that the simulation looks at.

use std::rc::Rc;

use super::restart::{RestartPolicy, RestartRule};
use super::user::User;
use crate::api::resources::Resources;
use crate::api::value::Value;

/// When an image is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullPolicy {
    /// At each start.
    Always,
    /// If the node has not got it.
    IfNotPresent,
    /// Not at all.
    Never,
}

/// A port of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The name, or nothing.
    pub name: Rc<str>,
    /// The port inside.
    pub container_port: i64,
    /// The port on the node, or 0.
    pub host_port: i64,
    /// The address on the node; empty means all.
    pub host_ip: Rc<str>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Rc<str>,
}

/// Where the value of an environment variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvSource {
    /// Written in place; `$(NAME)` is replaced.
    Value(Rc<str>),
    /// A field of the pod (`metadata.name`, `metadata.labels['x']`, `status.podIP`, …).
    Field(Rc<str>),
    /// A limit or request of a container (`limits.cpu`), its own if none is named, in units of the divisor.
    Resource { container: Rc<str>, resource: Rc<str>, divisor: Rc<str> },
    /// A key of a config map.
    ConfigMap { name: Rc<str>, key: Rc<str>, optional: bool },
    /// A key of a secret.
    Secret { name: Rc<str>, key: Rc<str>, optional: bool },
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// The name.
    pub name: Rc<str>,
    /// Where its value comes from.
    pub source: EnvSource,
}

/// A volume in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeMount {
    /// The volume's name.
    pub name: Rc<str>,
    /// Where it is put.
    pub path: Rc<str>,
    /// A file or folder inside the volume, or nothing.
    pub sub_path: Rc<str>,
    /// Whether it may not be written.
    pub read_only: bool,
}

/// What a probe or a hook does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handler {
    /// Runs a command in the container.
    Exec(Rc<[Rc<str>]>),
    /// Asks for a page; `port` is a number or a port's name.
    Http { host: Rc<str>, port: Rc<str>, path: Rc<str>, scheme: Rc<str> },
    /// Opens a connection.
    Tcp { host: Rc<str>, port: Rc<str> },
    /// Asks the gRPC health service.
    Grpc { port: Rc<str>, service: Rc<str> },
    /// Waits (hooks only).
    Sleep { seconds: i64 },
}

/// A probe, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What it does.
    pub handler: Handler,
    /// Seconds from the start of the container to the first try.
    pub initial_delay_seconds: i64,
    /// Seconds between tries.
    pub period_seconds: i64,
    /// Seconds until a try counts as failed.
    pub timeout_seconds: i64,
    /// Successes in a row that count.
    pub success_threshold: i64,
    /// Failures in a row that count.
    pub failure_threshold: i64,
    /// Grace of a container this probe kills, instead of the pod's.
    pub grace_seconds: Option<i64>,
}

/// A container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The name.
    pub name: Rc<str>,
    /// The image, as written.
    pub image: Rc<str>,
    /// `command`: replaces the image's entry point.
    pub command: Rc<[Rc<str>]>,
    /// `args`: replaces the image's arguments.
    pub args: Rc<[Rc<str>]>,
    /// Where the process starts, or nothing.
    pub working_dir: Rc<str>,
    /// Environment variables.
    pub env: Rc<[EnvVar]>,
    /// `envFrom` as written.
    pub env_from: Value,
    /// Ports.
    pub ports: Rc<[Port]>,
    /// Requests.
    pub requests: Resources,
    /// Requests as scores count them: a little of the cpu and memory that it does not name.
    pub scored: Resources,
    /// Limits.
    pub limits: Resources,
    /// Liveness probe.
    pub liveness: Option<Rc<Probe>>,
    /// Readiness probe.
    pub readiness: Option<Rc<Probe>>,
    /// Startup probe.
    pub startup: Option<Rc<Probe>>,
    /// `lifecycle.postStart`
    pub post_start: Option<Rc<Handler>>,
    /// `lifecycle.preStop`
    pub pre_stop: Option<Rc<Handler>>,
    /// When the image is pulled.
    pub pull_policy: PullPolicy,
    /// `restartPolicy: Always` on an init container makes it a sidecar.
    pub sidecar: bool,
    /// Its own `restartPolicy`, if it has one.
    pub restart_policy: Option<RestartPolicy>,
    /// `restartPolicyRules`
    pub restart_rules: Rc<[RestartRule]>,
    /// Volumes.
    pub mounts: Rc<[VolumeMount]>,
    /// `tty`
    pub tty: bool,
    /// `stdin`
    pub stdin: bool,
    /// As whom it runs.
    pub user: Rc<User>,
    /// `securityContext.readOnlyRootFilesystem`
    pub read_only_root: bool,
}

fn text(value: &Value, key: &str) -> Rc<str> {
    value.str_at(key).unwrap_or_default().into()
}

fn words(value: &Value, key: &str) -> Rc<[Rc<str>]> {
    value.items_at(key).iter().filter_map(Value::as_str).map(Rc::from).collect()
}

/// A port number or a port's name.
fn port_text(value: Option<&Value>) -> Rc<str> {
    match value {
        Some(Value::Int(number)) => number.to_string().into(),
        Some(Value::String(name)) => Rc::clone(name),
        _ => "".into(),
    }
}

impl Handler {
    /// Reads `exec`, `httpGet`, `tcpSocket`, `grpc` or `sleep` of a probe or hook.
    pub fn parse(value: &Value) -> Option<Self> {
        if let Some(exec) = value.get("exec") {
            return Some(Self::Exec(words(exec, "command")));
        }
        if let Some(http) = value.get("httpGet") {
            return Some(Self::Http {
                host: text(http, "host"),
                port: port_text(http.get("port")),
                path: http.str_at("path").unwrap_or("/").into(),
                scheme: http.str_at("scheme").unwrap_or("HTTP").into(),
            });
        }
        if let Some(tcp) = value.get("tcpSocket") {
            return Some(Self::Tcp { host: text(tcp, "host"), port: port_text(tcp.get("port")) });
        }
        if let Some(grpc) = value.get("grpc") {
            return Some(Self::Grpc {
                port: port_text(grpc.get("port")),
                service: text(grpc, "service"),
            });
        }
        value
            .get("sleep")
            .map(|sleep| Self::Sleep { seconds: sleep.i64_at("seconds").unwrap_or(0) })
    }
}

impl Probe {
    fn parse(value: Option<&Value>) -> Option<Rc<Self>> {
        let value = value?;
        let number = |key, default: i64| match value.i64_at(key) {
            None | Some(0) => default,
            Some(number) => number,
        };
        Some(Rc::new(Self {
            handler: Handler::parse(value)?,
            initial_delay_seconds: value.i64_at("initialDelaySeconds").unwrap_or(0),
            period_seconds: number("periodSeconds", 10),
            timeout_seconds: number("timeoutSeconds", 1),
            success_threshold: number("successThreshold", 1),
            failure_threshold: number("failureThreshold", 3),
            grace_seconds: value.i64_at("terminationGracePeriodSeconds"),
        }))
    }
}

impl EnvVar {
    fn parse(value: &Value) -> Self {
        let from = |path: &[&str]| value.get("valueFrom").and_then(|from| from.at(path));
        let key_of = |source: &Value| {
            (text(source, "name"), text(source, "key"), source.bool_at("optional").unwrap_or(false))
        };
        let source = if let Some(path) = from(&["fieldRef", "fieldPath"]).and_then(Value::as_str) {
            EnvSource::Field(path.into())
        } else if let Some(of) = from(&["resourceFieldRef"]) {
            EnvSource::Resource {
                container: text(of, "containerName"),
                resource: text(of, "resource"),
                // A quantity is a text or a whole number; so is a port.
                divisor: port_text(of.get("divisor")),
            }
        } else if let Some((name, key, optional)) = from(&["configMapKeyRef"]).map(key_of) {
            EnvSource::ConfigMap { name, key, optional }
        } else if let Some((name, key, optional)) = from(&["secretKeyRef"]).map(key_of) {
            EnvSource::Secret { name, key, optional }
        } else {
            EnvSource::Value(text(value, "value"))
        };
        Self { name: text(value, "name"), source }
    }
}

impl Port {
    fn parse(value: &Value) -> Self {
        Self {
            name: text(value, "name"),
            container_port: value.i64_at("containerPort").unwrap_or(0),
            host_port: value.i64_at("hostPort").unwrap_or(0),
            host_ip: text(value, "hostIP"),
            protocol: value.str_at("protocol").unwrap_or("TCP").into(),
        }
    }
}

/// What a container counts for in scores that does not name its cpu or memory: thousandths of a cpu, bytes. Follows
/// `DefaultMilliCPURequest` and `DefaultMemoryRequest`.
const SCORED: (i64, i64) = (100, 200 * 1024 * 1024);

/// Requests with stand-ins for what is not named; a zero that is written down stays one. Follows
/// `GetRequestForResource` of `pkg/scheduler/util/pod_resources.go`.
fn scored(requests: Option<&Value>) -> Resources {
    let named = |key: &str| requests.is_some_and(|requests| requests.get(key).is_some());
    let mut sum = Resources::parse(requests);
    if !named("cpu") {
        sum.cpu_milli = SCORED.0;
    }
    if !named("memory") {
        sum.memory_bytes = SCORED.1;
    }
    sum
}

impl Container {
    /// Reads a container of a defaulted pod spec with this security context.
    pub fn parse(value: &Value, pod: Option<&Value>) -> Self {
        let hook = |name| value.at(&["lifecycle", name]).and_then(Handler::parse).map(Rc::new);
        Self {
            name: text(value, "name"),
            image: text(value, "image"),
            command: words(value, "command"),
            args: words(value, "args"),
            working_dir: text(value, "workingDir"),
            env: value.items_at("env").iter().map(EnvVar::parse).collect(),
            env_from: value.get("envFrom").cloned().unwrap_or_default(),
            ports: value.items_at("ports").iter().map(Port::parse).collect(),
            requests: Resources::parse(value.at(&["resources", "requests"])),
            scored: scored(value.at(&["resources", "requests"])),
            limits: Resources::parse(value.at(&["resources", "limits"])),
            liveness: Probe::parse(value.get("livenessProbe")),
            readiness: Probe::parse(value.get("readinessProbe")),
            startup: Probe::parse(value.get("startupProbe")),
            post_start: hook("postStart"),
            pre_stop: hook("preStop"),
            pull_policy: match value.str_at("imagePullPolicy") {
                Some("Always") => PullPolicy::Always,
                Some("Never") => PullPolicy::Never,
                _ => PullPolicy::IfNotPresent,
            },
            sidecar: value.str_at("restartPolicy") == Some("Always"),
            restart_policy: RestartPolicy::parse(value),
            restart_rules: value
                .items_at("restartPolicyRules")
                .iter()
                .filter_map(RestartRule::parse)
                .collect(),
            mounts: value.items_at("volumeMounts").iter().map(VolumeMount::parse).collect(),
            tty: value.bool_at("tty").unwrap_or(false),
            stdin: value.bool_at("stdin").unwrap_or(false),
            user: User::of_container(value, pod),
            read_only_root: value
                .get("securityContext")
                .is_some_and(|own| own.bool_at("readOnlyRootFilesystem") == Some(true)),
        }
    }
}

impl VolumeMount {
    fn parse(value: &Value) -> Self {
        Self {
            name: text(value, "name"),
            path: text(value, "mountPath"),
            sub_path: text(value, "subPath"),
            read_only: value.bool_at("readOnly").unwrap_or(false),
        }
    }
}
