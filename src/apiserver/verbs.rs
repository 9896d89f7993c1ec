//! create, update, patch, scale, bind: the ways to change the store.

use std::rc::Rc;

use crate::persistent::OrdMap;

use super::events::{Bucket, Said, Talk, Unheard, about};
use super::{admission, limits, quota};
use crate::api::batch::Job;
use crate::api::conditions::{Condition, Status};
use crate::api::core::{Event, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta, Uid};
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::api::words::{joined, word};
use crate::api::{ApiError, Reason, defaults, strategy, validation};
use crate::sim::Time;
use crate::sim::rng::Seed;
use crate::store::{CauseId, Change, Store};

#[cfg(test)]
mod tests;

/// What a write left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The object as it is now (for a deletion: as it was last).
    pub object: AnyObject,
    /// What the API server warns of.
    pub warnings: Vec<String>,
    /// Whether anything changed.
    pub changed: bool,
}

impl Written {
    pub(super) const fn new(object: AnyObject, changed: bool) -> Self {
        Self { object, warnings: Vec::new(), changed }
    }
}

/// A patch of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// RFC 7386.
    Merge(Value),
    /// Lists merge by their keys, as the schema says.
    Strategic(Value),
    /// RFC 6902.
    Json(Value),
}

/// What the server remembers beside the objects: what generated names are derived from, so that no two are alike, and
/// who said how much.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// How many names were made up for each owner or prefix.
    counts: OrdMap<Rc<str>, u64>,
    /// By object, source and type: how many more events are recorded.
    pub(super) buckets: OrdMap<Talk, Bucket>,
    /// What was said too often to be told.
    pub(super) unheard: OrdMap<Said, Unheard>,
    /// The number that the name of the last event ends with.
    pub(super) last_event: u64,
}

/// The API server for one batch of writes at one instant, for one cause.
pub struct Api<'a> {
    /// What it keeps.
    pub store: &'a mut Store,
    /// Names in use.
    pub names: &'a mut Names,
    /// The seed of the cluster.
    pub seed: Seed,
    /// Now.
    pub now: Time,
    /// Why.
    pub cause: CauseId,
    /// The changes made so far, for the loops.
    pub changes: &'a mut Vec<Rc<Change>>,
    /// Whether writes are only tried: everything is checked, nothing is kept.
    pub dry_run: bool,
}

/// Names upstream generates are cut to leave room for the suffix.
const MAX_GENERATED_PREFIX: usize = 58;

/// So many pods may a cluster have that upstream answers for. Loops make no more, whatever they are asked for: a page
/// would run out of memory long before they had two billion.
const MOST_PODS: usize = 150_000;

impl Api<'_> {
    /// Keeps an object as it is.
    pub(super) fn keep(&mut self, object: AnyObject) -> AnyObject {
        if self.dry_run {
            return object;
        }
        let change = self.store.put(object, self.now, self.cause);
        let kept = change.object.clone();
        self.changes.push(change);
        kept
    }

    /// Forgets an object.
    pub(super) fn drop_object(&mut self, object: &AnyObject) {
        if self.dry_run {
            return;
        }
        if object.kind() != Kind::Event {
            object.uid().with_text(|uid| self.names.counts.remove(uid));
            self.forget_talk(about(object));
        }
        // A finalizer that was taken away in the same write is part of the last state.
        if let Some(change) = self.store.remove(object.kind(), &object.key(), self.now, self.cause)
        {
            self.changes.push(change);
        }
    }

    /// Drops an event whose lease has ended.
    pub(crate) fn expire(&mut self, event: &Rc<Event>) {
        let gone = self.store.expire(event, self.now, self.cause);
        self.changes.extend(gone);
    }

    /// The object of a key.
    ///
    /// # Errors
    /// `NotFound`
    pub(super) fn existing(&self, kind: Kind, key: &ObjectKey) -> Result<AnyObject, ApiError> {
        self.store.get(kind, key).ok_or_else(|| ApiError::not_found(&kind.resource(), &key.name))
    }

    /// A uid for a new object: the number of the write that makes it is in it, so that no two are alike.
    pub(super) fn new_uid(&self, key: &ObjectKey) -> Uid {
        Uid(self.seed.uid(&key.name, self.store.resource_version() + 1))
    }

    /// A name for a new object of which only the beginning is given.
    fn new_name(&mut self, kind: Kind, meta: &ObjectMeta) -> Rc<str> {
        let prefix = meta.generate_name.as_deref().unwrap_or_default();
        let end =
            prefix.char_indices().nth(MAX_GENERATED_PREFIX).map_or(prefix.len(), |(at, _)| at);
        let prefix = prefix.get(..end).unwrap_or_default();
        let stream: Rc<str> = match meta.controller() {
            Some(owner) => owner.uid.text(),
            None => joined(&[kind.name(), "/", &meta.namespace, "/", prefix]),
        };
        let mut count = self.names.counts.get(&stream).copied().unwrap_or(0);
        loop {
            let name = joined(&[prefix, &self.seed.name_suffix(&stream, count)]);
            count += 1;
            let key = ObjectKey::new(Rc::clone(&meta.namespace), name);
            if self.store.get(kind, &key).is_none() {
                self.names.counts.insert(stream, count);
                return key.name;
            }
        }
    }

    /// Creates an object from decoded JSON: defaults, names, admission, validation.
    ///
    /// # Errors
    /// `NotFound` and `Forbidden` for its namespace, `Invalid`, `AlreadyExists`.
    pub fn create(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: &Value,
    ) -> Result<Written, ApiError> {
        let (meta, object) = self.prepare(kind, namespace, object)?;
        let errors = validation::validate_create(kind, &object);
        if !errors.is_empty() {
            return Err(ApiError::invalid(&kind.qualified(), &meta.name, errors));
        }
        let warnings = validation::warnings(kind, &object);
        Ok(Written { warnings, ..self.add(kind, &meta, object)? })
    }

    /// Creates what every cluster has from the start. It is valid, which the tests of a debug build see to: the
    /// validation is not part of what a first visit runs.
    ///
    /// # Errors
    /// As [`Api::create`], but for `Invalid`.
    pub fn create_known(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: &Value,
    ) -> Result<Written, ApiError> {
        let (meta, object) = self.prepare(kind, namespace, object)?;
        debug_assert!(validation::validate_create(kind, &object).is_empty(), "{object:?}");
        self.add(kind, &meta, object)
    }

    /// The metadata and the whole of a new object: with its defaults, its name, and what admission adds.
    fn prepare(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: &Value,
    ) -> Result<(ObjectMeta, Value), ApiError> {
        let mut object = object.clone();
        object.set("apiVersion", kind.api_version());
        object.set("kind", kind.name());
        let mut meta = ObjectMeta::from_value(object.get("metadata"));
        meta.namespace = word(if kind.namespaced() { namespace } else { "" });
        self.check_namespace(kind, &meta)?;
        if meta.name.is_empty() && meta.generate_name.is_some() {
            meta.name = self.new_name(kind, &meta);
        }
        meta.uid = self.new_uid(&meta.key());
        meta.created = self.now;
        meta.resource_version = 0;
        meta.deletion = None;
        meta.generation = i64::from(has_generation(kind));
        object.set("metadata", meta.to_value());
        defaults::apply(kind, &mut object);
        strategy::prepare_for_create(kind, &mut object, &meta.uid.to_string());
        if kind == Kind::Pod {
            let now = self.now.rfc3339();
            if object.at(&["status", "conditions"]).is_some() {
                for condition in object.child("status").child("conditions").make_items() {
                    condition.set_default("lastTransitionTime", now.as_str());
                }
            }
            admission::admit(object.child("spec"), &meta.name, self.store)?;
            admission::check_account(&meta, object.get("spec"), self.store)?;
            limits::give(&mut meta, object.child("spec"), self.store);
            if let Some(Value::String(node)) = object.at(&["spec", "nodeName"]) {
                admission::place(&mut meta.labels, node, self.store);
            }
            object.set("metadata", meta.to_value());
        }
        Ok((meta, object))
    }

    /// Adds a new object, if there is room for it and none of its name.
    fn add(
        &mut self,
        kind: Kind,
        meta: &ObjectMeta,
        mut object: Value,
    ) -> Result<Written, ApiError> {
        if kind == Kind::Pod {
            admission::check_overhead(object.get("spec").unwrap_or(&Value::Null), &meta.name)?;
        }
        if kind.namespaced() {
            limits::admit(kind, meta, object.get("spec").unwrap_or(&Value::Null), self.store)?;
            quota::admit(kind, meta, (&object, None), self.store, self.now)?;
        }
        admission::check_class(kind, &meta.name, &object, self.store)?;
        if self.store.get(kind, &meta.key()).is_some() {
            return Err(ApiError::already_exists(&kind.resource(), &meta.name));
        }
        if kind == Kind::Service {
            let given = self.allocate(&meta.key(), &mut object);
            given.map_err(|error| ApiError::invalid(&kind.qualified(), &meta.name, vec![error]))?;
        }
        strategy::canonicalize(kind, &mut object);
        let mut new = AnyObject::from_value(kind, &object);
        new.meta_mut().created = self.now;
        Ok(Written::new(self.keep(new), true))
    }

    /// Creates what a loop made. Pods and Jobs come from stored templates, which were defaulted and validated with
    /// their owner, and go a short way; everything else goes the way of [`Api::create`].
    ///
    /// # Errors
    /// As [`Api::create`].
    pub fn create_made(&mut self, object: AnyObject) -> Result<Written, ApiError> {
        let mut made = match object {
            AnyObject::Pod(pod) => pod,
            AnyObject::Job(job) if job.spec.raw.bool_at("manualSelector") != Some(true) => {
                return self.create_job(&job);
            }
            _ => {
                let namespace = Rc::clone(&object.meta().namespace);
                return self.create(object.kind(), &namespace, &object.to_value());
            }
        };
        self.check_namespace(Kind::Pod, &made.meta)?;
        if self.store.pods().len() >= MOST_PODS {
            let full = "etcdserver: mvcc: database space exceeded";
            return Err(ApiError::new(Reason::InternalError, full));
        }
        let pod = Rc::make_mut(&mut made);
        if pod.meta.name.is_empty() {
            pod.meta.name = self.new_name(Kind::Pod, &pod.meta);
        }
        let key = pod.meta.key();
        if self.store.pods().get(&key).is_some() {
            return Err(ApiError::already_exists("pods", &key.name));
        }
        pod.spec = admission::admitted(&pod.spec, &key.name, self.store)?;
        admission::check_account(&pod.meta, Some(&pod.spec.raw), self.store)?;
        limits::give_made(pod, self.store);
        limits::admit(Kind::Pod, &pod.meta, &pod.spec.raw, self.store)?;
        if let Some(node) = &pod.node {
            admission::place(&mut pod.meta.labels, node, self.store);
        }
        quota::admit_pod(pod, self.store, self.now)?;
        pod.meta.uid = self.new_uid(&key);
        pod.meta.created = self.now;
        pod.meta.generation = 1;
        Ok(Written::new(self.keep(AnyObject::Pod(made)), true))
    }

    /// Creates a Job from a template: it gets a uid, and its pods the labels and the selector that follow from it.
    fn create_job(&mut self, job: &Job) -> Result<Written, ApiError> {
        self.check_namespace(Kind::Job, &job.meta)?;
        let key = job.meta.key();
        quota::admit(Kind::Job, &job.meta, (&Value::Null, None), self.store, self.now)?;
        if self.store.jobs().get(&key).is_some() {
            return Err(ApiError::already_exists(&Kind::Job.resource(), &key.name));
        }
        let mut meta = ObjectMeta {
            uid: self.new_uid(&key),
            created: self.now,
            generation: 1,
            ..job.meta.clone()
        };
        let mut raw = job.spec.raw.clone();
        strategy::identify_pods(&mut raw, &meta.name, &meta.uid.text());
        let spec = job.spec.with_identity(raw);
        if meta.labels.is_empty() {
            meta.labels = spec.template.labels.clone();
        }
        let status = job.status.clone();
        let job = Job { meta, spec: Rc::new(spec), status };
        Ok(Written::new(self.keep(AnyObject::Job(Rc::new(job))), true))
    }

    /// Objects are made only in namespaces that are there and stay.
    fn check_namespace(&self, kind: Kind, meta: &ObjectMeta) -> Result<(), ApiError> {
        if !kind.namespaced() {
            return Ok(());
        }
        let Some(namespace) =
            self.store.plain(Kind::Namespace, &ObjectKey::cluster(Rc::clone(&meta.namespace)))
        else {
            return Err(ApiError::not_found("namespaces", &meta.namespace));
        };
        if namespace.meta.deleting() {
            let detail = format!(
                "unable to create new content in namespace {} because it is being terminated",
                meta.namespace
            );
            return Err(ApiError::forbidden(&kind.resource(), &meta.name, &detail));
        }
        Ok(())
    }

    /// Replaces everything but the status of an object with decoded JSON.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` on a stale resource version, `Invalid`.
    pub fn update(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: &Value,
    ) -> Result<Written, ApiError> {
        let given = ObjectMeta::from_value(object.get("metadata"));
        let namespace = if kind.namespaced() { namespace } else { "" };
        let old = self.existing(kind, &ObjectKey::new(namespace, Rc::clone(&given.name)))?;
        if given.resource_version != 0 && given.resource_version != old.meta().resource_version {
            let detail = "the object has been modified; please apply your changes to the latest version and try again";
            return Err(ApiError::conflict(&kind.resource(), &given.name, detail));
        }
        let old_value = old.to_value();
        let mut meta = ObjectMeta {
            labels: given.labels,
            annotations: given.annotations,
            owners: given.owners,
            finalizers: given.finalizers,
            ..old.meta().clone()
        };
        let mut new = object.clone();
        new.set("apiVersion", kind.api_version());
        new.set("kind", kind.name());
        new.set("metadata", meta.to_value());
        defaults::apply(kind, &mut new);
        strategy::prepare_for_update(kind, &mut new, &old_value);
        let errors = validation::validate_update(kind, &new, &old_value);
        if !errors.is_empty() {
            return Err(ApiError::invalid(&kind.qualified(), &meta.name, errors));
        }
        admission::check_class(kind, &meta.name, &new, self.store)?;
        if kind == Kind::Service {
            // Its type may change, and with it what it uses.
            quota::admit(kind, &meta, (&new, Some(&old_value)), self.store, self.now)?;
            let given = self.allocate(&meta.key(), &mut new);
            given.map_err(|error| ApiError::invalid(&kind.qualified(), &meta.name, vec![error]))?;
        }
        if has_generation(kind) && strategy::spec_changed(kind, &new, &old_value) {
            meta.generation += 1;
        }
        let warnings = validation::warnings(kind, &new);
        // The status has a way of its own; what is kept of it is more exact than what the API shows.
        let given = AnyObject::from_value(kind, &new);
        let mut new = with_status_of(&given, &old).unwrap_or(given);
        let prepared = new.meta().clone();
        *new.meta_mut() =
            ObjectMeta { labels: prepared.labels, annotations: prepared.annotations, ..meta };
        let changed = new.to_value() != old_value;
        if !changed {
            return Ok(Written { object: old, warnings, changed });
        }
        Ok(Written { object: self.keep_unless_over(new), warnings, changed })
    }

    /// Writes what a loop changed of metadata or spec; the status stays.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` if the object was deleted and made anew.
    pub fn update_made(&mut self, object: AnyObject) -> Result<Written, ApiError> {
        let kind = object.kind();
        let old = self.existing(kind, &object.key())?;
        self.check_uid(&old, &object)?;
        let mut new = with_status_of(&object, &old).unwrap_or(object);
        let meta = new.meta_mut();
        meta.resource_version = old.meta().resource_version;
        meta.generation = old.meta().generation;
        meta.deletion = old.meta().deletion;
        if new == old {
            return Ok(Written::new(old, false));
        }
        if has_generation(kind) && !same_spec(&new, &old) {
            new.meta_mut().generation += 1;
        }
        Ok(Written::new(self.keep_unless_over(new), true))
    }

    /// Writes the status of an object.
    ///
    /// # Errors
    /// As [`Api::update_made`].
    pub fn update_status(&mut self, object: AnyObject) -> Result<Written, ApiError> {
        let old = self.existing(object.kind(), &object.key())?;
        self.check_uid(&old, &object)?;
        match with_all_but_status_of(object, &old) {
            Some(new) => Ok(Written::new(self.keep(new), true)),
            None => Ok(Written::new(old, false)),
        }
    }

    fn check_uid(&self, old: &AnyObject, new: &AnyObject) -> Result<(), ApiError> {
        if old.uid() == new.uid() {
            return Ok(());
        }
        let detail = format!(
            "Precondition failed: UID in precondition: {}, UID in object meta: {}",
            new.uid(),
            old.uid()
        );
        Err(ApiError::conflict(&old.kind().resource(), &old.meta().name, &detail))
    }

    /// Binds a pod to a node. Follows `setPodNodeAndMetadata` of `pkg/registry/core/pod/storage/storage.go`.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` if it has a node already, is held back by gates or is being deleted.
    pub fn bind(&mut self, key: &ObjectKey, node: &Rc<str>) -> Result<Written, ApiError> {
        let AnyObject::Pod(pod) = self.existing(Kind::Pod, key)? else {
            return Err(ApiError::not_found("pods", &key.name));
        };
        let name = &key.name;
        let refusal = match &pod.node {
            _ if pod.meta.deleting() => {
                Some(format!("pod {name} is being deleted, cannot be assigned to a host"))
            }
            Some(bound) => Some(format!("pod {name} is already assigned to node \"{bound}\"")),
            None if pod.spec.gated => {
                Some(format!("pod {name} has non-empty .spec.schedulingGates"))
            }
            None => None,
        };
        if let Some(detail) = refusal {
            return Err(ApiError::conflict("pods/binding", name, &detail));
        }
        let mut pod = Pod::clone(&pod);
        pod.node = Some(Rc::clone(node));
        admission::place(&mut pod.meta.labels, node, self.store);
        // What was hoped for has come. Follows `ClearingNominatedNodeNameAfterBinding`.
        pod.status.nominated_node = None;
        let scheduled = Condition::new("PodScheduled", Status::True, "", "", self.now);
        let others = pod
            .status
            .conditions
            .iter()
            .filter(|condition| &*condition.kind != "PodScheduled")
            .cloned();
        pod.status.conditions = others.chain([scheduled]).collect();
        Ok(Written::new(self.keep(AnyObject::Pod(Rc::new(pod))), true))
    }

    /// Sets `spec.replicas` of a kind that has a scale.
    ///
    /// # Errors
    /// `NotFound` for kinds without a scale; as [`Api::update`].
    pub fn scale(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        replicas: i64,
    ) -> Result<Written, ApiError> {
        let scalable = matches!(
            kind,
            Kind::ReplicationController | Kind::ReplicaSet | Kind::Deployment | Kind::StatefulSet
        );
        if !scalable {
            return Err(ApiError::new(
                Reason::NotFound,
                "the server could not find the requested resource",
            ));
        }
        let mut object = self.existing(kind, key)?.to_value();
        object.child("spec").set("replicas", replicas);
        self.update(kind, &key.namespace, &object)
    }
}

/// Kinds whose objects count changes of their spec.
const fn has_generation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::ReplicationController
            | Kind::ReplicaSet
            | Kind::Deployment
            | Kind::DaemonSet
            | Kind::StatefulSet
            | Kind::Job
            | Kind::CronJob
            | Kind::PodDisruptionBudget
            | Kind::PriorityClass
            | Kind::EndpointSlice
    )
}

/// `object` with the status of `other`, which is of the same kind; `None` if it has the same.
fn with_status_of(object: &AnyObject, other: &AnyObject) -> Option<AnyObject> {
    let mut new = object.clone();
    macro_rules! take {
        ($new:expr, $other:expr) => {{
            if $new.status == $other.status {
                return None;
            }
            Rc::make_mut($new).status = $other.status.clone();
        }};
    }
    match (&mut new, other) {
        (AnyObject::Pod(new), AnyObject::Pod(other)) => take!(new, other),
        (AnyObject::Node(new), AnyObject::Node(other)) => take!(new, other),
        (AnyObject::ReplicationController(new), AnyObject::ReplicationController(other)) => {
            take!(new, other)
        }
        (AnyObject::ReplicaSet(new), AnyObject::ReplicaSet(other)) => take!(new, other),
        (AnyObject::Deployment(new), AnyObject::Deployment(other)) => take!(new, other),
        (AnyObject::DaemonSet(new), AnyObject::DaemonSet(other)) => take!(new, other),
        (AnyObject::Job(new), AnyObject::Job(other)) => take!(new, other),
        (AnyObject::CronJob(new), AnyObject::CronJob(other)) => take!(new, other),
        (AnyObject::Plain(new), AnyObject::Plain(other)) => {
            let status = other.body.get("status");
            if new.body.get("status") == status {
                return None;
            }
            match status {
                Some(status) => Rc::make_mut(new).body.set("status", status.clone()),
                None => drop(Rc::make_mut(new).body.remove("status")),
            }
        }
        _ => return None,
    }
    Some(new)
}

/// `object` with all but the status of `old`, which is of the same kind; `None` if it has the same status.
fn with_all_but_status_of(mut object: AnyObject, old: &AnyObject) -> Option<AnyObject> {
    macro_rules! take {
        ($new:expr, $old:expr) => {{
            if $new.status == $old.status {
                return None;
            }
            let new = Rc::make_mut($new);
            new.meta = $old.meta.clone();
            new.spec = $old.spec.clone();
        }};
    }
    match (&mut object, old) {
        (AnyObject::Pod(new), AnyObject::Pod(old)) => {
            take!(new, old);
            Rc::make_mut(new).node = old.node.clone();
        }
        (AnyObject::Node(new), AnyObject::Node(old)) => take!(new, old),
        (AnyObject::ReplicationController(new), AnyObject::ReplicationController(old)) => {
            take!(new, old)
        }
        (AnyObject::ReplicaSet(new), AnyObject::ReplicaSet(old)) => take!(new, old),
        (AnyObject::Deployment(new), AnyObject::Deployment(old)) => take!(new, old),
        (AnyObject::DaemonSet(new), AnyObject::DaemonSet(old)) => take!(new, old),
        (AnyObject::Job(new), AnyObject::Job(old)) => take!(new, old),
        (AnyObject::CronJob(new), AnyObject::CronJob(old)) => take!(new, old),
        _ => return with_status_of(old, &object),
    }
    Some(object)
}

/// Whether two versions of an object want the same.
fn same_spec(new: &AnyObject, old: &AnyObject) -> bool {
    match (new, old) {
        (AnyObject::Pod(new), AnyObject::Pod(old)) => new.spec == old.spec && new.node == old.node,
        (AnyObject::Node(new), AnyObject::Node(old)) => new.spec == old.spec,
        (AnyObject::ReplicationController(new), AnyObject::ReplicationController(old)) => {
            new.spec == old.spec
        }
        (AnyObject::ReplicaSet(new), AnyObject::ReplicaSet(old)) => new.spec == old.spec,
        (AnyObject::Deployment(new), AnyObject::Deployment(old)) => new.spec == old.spec,
        (AnyObject::DaemonSet(new), AnyObject::DaemonSet(old)) => new.spec == old.spec,
        (AnyObject::Job(new), AnyObject::Job(old)) => new.spec == old.spec,
        (AnyObject::CronJob(new), AnyObject::CronJob(old)) => new.spec == old.spec,
        // Slices have no spec: all they list is wanted.
        (AnyObject::Plain(new), AnyObject::Plain(old)) if new.kind == Kind::EndpointSlice => {
            new.body == old.body && new.meta.labels == old.meta.labels
        }
        (AnyObject::Plain(new), AnyObject::Plain(old)) => {
            new.body.get("spec") == old.body.get("spec")
        }
        _ => false,
    }
}
