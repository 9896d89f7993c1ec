//! Typed tables of objects, their indexes, and the journal of every change. Knows no verbs and no rules:
//! it keeps what `apiserver` decides to keep.

mod crews;
mod events;
mod index;
mod journal;
mod occupancy;
mod table;
mod zones;

use std::rc::Rc;

use crate::persistent::OrdMap;

pub use crews::{Crew, Crews};
pub use events::Events;
pub use index::{Index, Tally};
pub use journal::{CauseId, Change, Journal, KEPT as MOST_CHANGES, Operation};
pub use occupancy::{CrowdView, Headcount, Images, NodeInfo, NodeSum, Occupancy, Room};
pub use table::Table;
pub use zones::{NOT_READY, UNREACHABLE, ZoneCount, ZoneName, Zones, drives_out, zone_of};

use crate::api::apps::{DaemonSet, Deployment, ReplicaSet};
use crate::api::batch::{CronJob, Job};
use crate::api::core::{Event, Node, Pod, ReplicationController};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::{NodeName, ObjectKey, Uid};
use crate::api::object::{AnyObject, Plain};
use crate::api::words::word;
use crate::sim::Time;

/// Everything the API server keeps. Cloning it is cheap: tables share their structure.
#[derive(Clone, Debug, Default)]
pub struct Store {
    pods: Table<Pod>,
    nodes: Table<Node>,
    events: Events,
    replication_controllers: Table<ReplicationController>,
    replica_sets: Table<ReplicaSet>,
    deployments: Table<Deployment>,
    daemon_sets: Table<DaemonSet>,
    jobs: Table<Job>,
    cron_jobs: Table<CronJob>,
    plain: OrdMap<Kind, OrdMap<ObjectKey, Rc<Plain>>>,
    /// How many objects of kinds without fields of their own lie under a key.
    plain_named: OrdMap<ObjectKey, i64>,
    index: Index,
    journal: Journal,
    resource_version: u64,
}

impl Store {
    /// Pods.
    pub const fn pods(&self) -> &Table<Pod> {
        &self.pods
    }

    /// Nodes.
    pub const fn nodes(&self) -> &Table<Node> {
        &self.nodes
    }

    /// Events.
    pub const fn events(&self) -> &Events {
        &self.events
    }

    /// Replication controllers.
    pub const fn replication_controllers(&self) -> &Table<ReplicationController> {
        &self.replication_controllers
    }

    /// Replica sets.
    pub const fn replica_sets(&self) -> &Table<ReplicaSet> {
        &self.replica_sets
    }

    /// Deployments.
    pub const fn deployments(&self) -> &Table<Deployment> {
        &self.deployments
    }

    /// Daemon sets.
    pub const fn daemon_sets(&self) -> &Table<DaemonSet> {
        &self.daemon_sets
    }

    /// Jobs.
    pub const fn jobs(&self) -> &Table<Job> {
        &self.jobs
    }

    /// Cron jobs.
    pub const fn cron_jobs(&self) -> &Table<CronJob> {
        &self.cron_jobs
    }

    /// An object of a kind without fields of its own.
    pub fn plain(&self, kind: Kind, key: &ObjectKey) -> Option<&Rc<Plain>> {
        self.plain.get(&kind)?.get(key)
    }

    /// All objects of a kind without fields of its own: the very same table as before, if none was written since.
    pub fn plain_table(&self, kind: Kind) -> OrdMap<ObjectKey, Rc<Plain>> {
        self.plain.get(&kind).cloned().unwrap_or_default()
    }

    /// The objects of a kind without fields of its own, of one namespace or of all.
    pub fn plain_in<'a>(
        &'a self,
        kind: Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Rc<Plain>> {
        self.plain.get(&kind).into_iter().flat_map(move |rows| {
            let from = ObjectKey::new(word(namespace.unwrap_or_default()), word(""));
            rows.range(from..)
                .take_while(move |(key, _)| {
                    namespace.is_none_or(|namespace| *key.namespace == *namespace)
                })
                .map(|(_, row)| row)
        })
    }

    /// The indexes.
    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// Every change so far (the oldest may have been forgotten).
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Forgets all but the last changes.
    pub(crate) fn keep_last(&mut self, changes: usize) {
        self.journal.keep_last(changes);
    }

    /// The number of the last write.
    pub const fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// Any object.
    pub fn get(&self, kind: Kind, key: &ObjectKey) -> Option<AnyObject> {
        match kind {
            Kind::Pod => self.pods.get(key).cloned().map(AnyObject::Pod),
            Kind::Node => self.nodes.get(key).cloned().map(AnyObject::Node),
            Kind::Event => self.events.get(key).cloned().map(AnyObject::Event),
            Kind::ReplicationController => {
                self.replication_controllers.get(key).cloned().map(AnyObject::ReplicationController)
            }
            Kind::ReplicaSet => self.replica_sets.get(key).cloned().map(AnyObject::ReplicaSet),
            Kind::Deployment => self.deployments.get(key).cloned().map(AnyObject::Deployment),
            Kind::DaemonSet => self.daemon_sets.get(key).cloned().map(AnyObject::DaemonSet),
            Kind::Job => self.jobs.get(key).cloned().map(AnyObject::Job),
            Kind::CronJob => self.cron_jobs.get(key).cloned().map(AnyObject::CronJob),
            other => self.plain(other, key).cloned().map(AnyObject::Plain),
        }
    }

    /// Whether there is an object of any kind under a key, events left out.
    pub fn has_named(&self, key: &ObjectKey) -> bool {
        // Most is asked of workloads that are there.
        self.jobs.get(key).is_some()
            || self.cron_jobs.get(key).is_some()
            || self.replica_sets.get(key).is_some()
            || self.replication_controllers.get(key).is_some()
            || self.deployments.get(key).is_some()
            || self.daemon_sets.get(key).is_some()
            || self.pods.get(key).is_some()
            || self.nodes.get(key).is_some()
            || self.plain_named.contains_key(key)
    }

    /// The object of a uid.
    pub fn by_uid(&self, uid: Uid) -> Option<AnyObject> {
        let (kind, key) = self.index.by_uid(uid)?;
        self.get(*kind, key)
    }

    /// All objects of a kind, ordered by namespace and name; of one namespace, if one is named.
    pub fn list(&self, kind: Kind, namespace: Option<&str>) -> Vec<AnyObject> {
        macro_rules! rows {
            ($table:expr, $variant:ident) => {
                $table.iter_in(namespace).map(|row| AnyObject::$variant(Rc::clone(row))).collect()
            };
        }
        match kind {
            Kind::Pod => rows!(self.pods, Pod),
            Kind::Node => rows!(self.nodes, Node),
            Kind::Event => {
                self.events.listed(namespace).into_iter().map(AnyObject::Event).collect()
            }
            Kind::ReplicationController => {
                rows!(self.replication_controllers, ReplicationController)
            }
            Kind::ReplicaSet => rows!(self.replica_sets, ReplicaSet),
            Kind::Deployment => rows!(self.deployments, Deployment),
            Kind::DaemonSet => rows!(self.daemon_sets, DaemonSet),
            Kind::Job => rows!(self.jobs, Job),
            Kind::CronJob => rows!(self.cron_jobs, CronJob),
            other => self.plain_in(other, namespace).cloned().map(AnyObject::Plain).collect(),
        }
    }

    /// Keeps an object (new, or in place of its old version), gives it the next resource version, and
    /// notes the change. The only way in besides [`Store::remove`].
    pub fn put(&mut self, mut object: AnyObject, at: Time, cause: CauseId) -> Rc<Change> {
        self.resource_version += 1;
        object.meta_mut().resource_version = self.resource_version;
        if let AnyObject::Event(event) = &mut object {
            Rc::make_mut(event).expires = self.events.take_lease(at);
        }
        let key = object.key();
        let before = match &object {
            AnyObject::Pod(row) => self.pods.insert(key, Rc::clone(row)),
            AnyObject::Node(row) => self.nodes.insert(key, Rc::clone(row)),
            AnyObject::Event(row) => self.events.insert(Rc::clone(row)).map(AnyObject::Event),
            AnyObject::ReplicationController(row) => {
                self.replication_controllers.insert(key, Rc::clone(row))
            }
            AnyObject::ReplicaSet(row) => self.replica_sets.insert(key, Rc::clone(row)),
            AnyObject::Deployment(row) => self.deployments.insert(key, Rc::clone(row)),
            AnyObject::DaemonSet(row) => self.daemon_sets.insert(key, Rc::clone(row)),
            AnyObject::Job(row) => self.jobs.insert(key, Rc::clone(row)),
            AnyObject::CronJob(row) => self.cron_jobs.insert(key, Rc::clone(row)),
            AnyObject::Plain(row) => {
                let rows = self.plain.entry(row.kind).or_default();
                let before = rows.insert(key.clone(), Rc::clone(row)).map(AnyObject::Plain);
                index::shift(&mut self.plain_named, &key, i64::from(before.is_none()));
                before
            }
        };
        self.index.replace(before.as_ref(), Some(&object));
        let operation = if before.is_some() { Operation::Modified } else { Operation::Added };
        self.note(Change { id: self.resource_version, at, operation, object, before, cause })
    }

    /// Forgets an object and notes the change; `None` if it is not there.
    pub fn remove(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        at: Time,
        cause: CauseId,
    ) -> Option<Rc<Change>> {
        let mut object = match kind {
            Kind::Pod => self.pods.remove(key),
            Kind::Node => self.nodes.remove(key),
            Kind::Event => {
                let event = Rc::clone(self.events.get(key)?);
                return self.expire(&event, at, cause);
            }
            Kind::ReplicationController => self.replication_controllers.remove(key),
            Kind::ReplicaSet => self.replica_sets.remove(key),
            Kind::Deployment => self.deployments.remove(key),
            Kind::DaemonSet => self.daemon_sets.remove(key),
            Kind::Job => self.jobs.remove(key),
            Kind::CronJob => self.cron_jobs.remove(key),
            other => {
                let rows = self.plain.get_mut(&other);
                let gone = rows.and_then(|rows| rows.remove(key));
                index::shift(&mut self.plain_named, key, -i64::from(gone.is_some()));
                gone.map(AnyObject::Plain)
            }
        }?;
        self.index.replace(Some(&object), None);
        self.resource_version += 1;
        let before = Some(object.clone());
        object.meta_mut().resource_version = self.resource_version;
        Some(self.note(Change {
            id: self.resource_version,
            at,
            operation: Operation::Deleted,
            object,
            before,
            cause,
        }))
    }

    /// Forgets an event and notes the change; `None` if it is not there. Events go by the thousand, and nobody asks for
    /// the version of one that is gone.
    pub fn expire(&mut self, event: &Rc<Event>, at: Time, cause: CauseId) -> Option<Rc<Change>> {
        let object = AnyObject::Event(self.events.remove(event)?);
        self.resource_version += 1;
        Some(self.note(Change {
            id: self.resource_version,
            at,
            operation: Operation::Deleted,
            before: Some(object.clone()),
            object,
            cause,
        }))
    }

    fn note(&mut self, change: Change) -> Rc<Change> {
        let change = Rc::new(change);
        self.journal.push(Rc::clone(&change));
        change
    }

    /// The pods that are owned (as by a controller) by `owner`, in order of their keys.
    pub fn pods_of(&self, owner: Uid) -> impl Iterator<Item = &Rc<Pod>> {
        let owned = self.index.owned(owner).filter(|(kind, _)| *kind == Kind::Pod);
        self.pods.each(owned.map(|(_, key)| key))
    }

    /// The pods of a Job that are not over and counted, in order of their keys.
    pub fn open_pods_of(&self, job: Uid) -> impl Iterator<Item = &Rc<Pod>> {
        self.pods.each(self.index.open(job))
    }

    /// The pods of a Job that are over and not counted, in order of their keys.
    pub fn ended_pods_of(&self, job: Uid) -> impl Iterator<Item = &Rc<Pod>> {
        self.pods.each(self.index.ended(job))
    }

    /// The pods that are bound to a node, in order of their keys.
    pub fn pods_on(&self, node: &NodeName) -> impl Iterator<Item = &Rc<Pod>> {
        // They are spread over the table: each is looked up by itself.
        self.index.bound_to(node).filter_map(|key| self.pods.get(key))
    }

    /// The pods of a namespace that no controller owns and whose labels a selector matches.
    pub fn orphan_pods<'a>(
        &'a self,
        namespace: &Rc<str>,
        selector: &Selector,
    ) -> impl Iterator<Item = &'a Rc<Pod>> {
        let orphans = self.index.orphans(namespace);
        let matching = orphans.filter(|(labels, _)| selector.matches(*labels));
        matching.flat_map(|(_, keys)| keys).filter_map(|key| self.pods.get(key))
    }

    /// The events about an object, oldest key first.
    pub fn events_of(&self, uid: &str) -> impl Iterator<Item = &Rc<Event>> {
        self.events.about(Uid::from_text(uid)).iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::value::Value;
    use crate::sim::rng::{Purpose, Seed};

    /// Whatever is written, written again and removed: a key is in use as long as anything lies under it.
    #[test]
    fn keys_are_in_use_as_long_as_anything_lies_there() {
        let kinds = [Kind::Service, Kind::ConfigMap, Kind::Endpoints, Kind::Namespace, Kind::Job];
        for seed in (0..10).map(Seed) {
            let mut store = Store::default();
            for step in 0..150 {
                let draw = |what: &str, most: usize| {
                    (seed.draw(Purpose::Id, what, step) % most as u64) as usize
                };
                let (kind, name) = (kinds[draw("kind", kinds.len())], ["a", "b"][draw("name", 2)]);
                let key = |kind: Kind, name: &str| match kind.namespaced() {
                    true => ObjectKey::new("default", name),
                    false => ObjectKey::cluster(name),
                };
                if draw("goes", 2) == 0 {
                    store.remove(kind, &key(kind, name), Time::default(), CauseId::default());
                } else {
                    let mut object = AnyObject::from_value(kind, &Value::empty_object());
                    let own = key(kind, name);
                    let meta = object.meta_mut();
                    (meta.namespace, meta.name) = (own.namespace, own.name);
                    meta.uid = Uid(step.into());
                    store.put(object, Time::default(), CauseId::default());
                }
                for name in ["a", "b", "c"] {
                    for key in [ObjectKey::new("default", name), ObjectKey::cluster(name)] {
                        let there = kinds.iter().any(|kind| store.get(*kind, &key).is_some());
                        assert_eq!(store.has_named(&key), there, "seed {seed:?} step {step}");
                    }
                }
            }
        }
    }
}
