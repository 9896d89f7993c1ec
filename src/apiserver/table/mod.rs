//! The printed columns of each kind: what `kubectl get` shows. Follows `pkg/printers/internalversion/printers.go`.
//!
//! A row costs a few short strings and looks at one object only, so that ten thousand pods print in milliseconds.

mod cron_job;
mod daemon_set;
mod deployment;
mod event;
mod job;
mod node;
mod plain;
mod pod;
mod replicas;
mod service;

pub use node::{roles as node_roles, word as node_status};
pub use pod::status as pod_status;

use crate::api::core::Container;
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::sim::Time;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name, as the server spells it (`Up-to-date`); kubectl prints it in capitals.
    pub name: &'static str,
    /// Whether it is shown with `-o wide` only.
    pub wide: bool,
}

/// Objects as rows of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// A row per object, in their order; a cell per column.
    pub rows: Vec<Vec<String>>,
}

const fn shown(name: &'static str) -> Column {
    Column { name, wide: false }
}

const fn wide(name: &'static str) -> Column {
    Column { name, wide: true }
}

/// The columns of a kind, those of `-o wide` among them.
pub const fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Pod => &pod::COLUMNS,
        Kind::ReplicationController | Kind::ReplicaSet => &replicas::COLUMNS,
        Kind::Deployment => &deployment::COLUMNS,
        Kind::DaemonSet => &daemon_set::COLUMNS,
        Kind::Job => &job::COLUMNS,
        Kind::CronJob => &cron_job::COLUMNS,
        Kind::Service => &service::COLUMNS,
        Kind::Node => &node::COLUMNS,
        Kind::Event => &event::COLUMNS,
        other => plain::columns(other),
    }
}

/// The table of some objects of one kind.
pub fn table(kind: Kind, objects: &[AnyObject], now: Time, with_wide: bool) -> Table {
    let all = columns(kind);
    let columns: Vec<Column> =
        all.iter().filter(|column| with_wide || !column.wide).copied().collect();
    let rows = objects.iter().map(|object| {
        let cells = row(object, now);
        let kept = cells.into_iter().zip(all).filter(|(_, column)| with_wide || !column.wide);
        kept.map(|(cell, _)| cell).collect()
    });
    Table { columns, rows: rows.collect() }
}

/// The cells of one object, one for each of [`columns`].
pub fn row(object: &AnyObject, now: Time) -> Vec<String> {
    match object {
        AnyObject::Pod(pod) => pod::row(pod, now),
        AnyObject::ReplicationController(controller) => {
            replicas::row(&controller.meta, &controller.spec, &controller.status, now)
        }
        AnyObject::ReplicaSet(set) => replicas::row(&set.meta, &set.spec, &set.status, now),
        AnyObject::Deployment(deployment) => deployment::row(deployment, now),
        AnyObject::DaemonSet(set) => daemon_set::row(set, now),
        AnyObject::Job(job) => job::row(job, now),
        AnyObject::CronJob(cron_job) => cron_job::row(cron_job, now),
        AnyObject::Node(node) => node::row(node, now),
        AnyObject::Event(event) => event::row(event, now),
        AnyObject::Plain(object) if object.kind == Kind::Service => service::row(object, now),
        AnyObject::Plain(object) => plain::row(object, now),
    }
}

/// The age of something that happened at `at`. The API keeps whole seconds.
pub fn age(at: Time, now: Time) -> String {
    match at {
        unknown if unknown == Time::default() => "<unknown>".into(),
        at => now.since(at.cut_to_second()).human(),
    }
}

/// A text, or `<none>` in place of an empty one.
fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".into() } else { text.into() }
}

/// The names and the images of containers, each joined by commas. Follows `layoutContainerCells`.
fn container_cells(containers: &[Container]) -> (String, String) {
    let join = |pick: fn(&Container) -> &str| -> String {
        containers.iter().map(pick).collect::<Vec<_>>().join(",")
    };
    (join(|container| &container.name), join(|container| &container.image))
}
