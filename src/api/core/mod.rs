//! The core group: pods, nodes, events, replication controllers.

mod allocated;
mod container;
mod event;
mod node;
mod pod;
mod pod_spec;
mod pod_status;
mod replication_controller;
mod restart;
mod scheduling;
mod seen;
mod user;

pub use container::{Container, EnvSource, EnvVar, Handler, Port, Probe, PullPolicy, VolumeMount};
pub use event::{Event, EventSource, EventType, ObjectReference, Referred};
pub use node::{Node, NodeSpec, NodeStatus};
pub use pod::{Pod, TOKEN_PATH};
pub use pod_spec::{PodResources, PodSpec, PodTemplate, Qos, Volume};
pub use pod_status::{ContainerState, ContainerStatus, Phase, PodStatus, Terminated};
pub use replication_controller::{ReplicasSpec, ReplicasStatus, ReplicationController};
pub use restart::{RestartAction, RestartPolicy, RestartRule};
pub use scheduling::{
    Affinity, Effect, NodeSelectorTerm, PodAffinityTerm, SpreadConstraint, Taint, Toleration,
    TolerationOperator,
};
pub use user::User;
