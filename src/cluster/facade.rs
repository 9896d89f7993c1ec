//! The cluster as everybody above sees it: the verbs, time, reads.

mod machines;

use std::rc::Rc;

use super::bootstrap::{NodeSpecification, system_objects};
use super::causes::{Actor, Cause, Causes, Trigger};
use super::history::History;
use super::input::{Action, Input, Verb};
use super::world::{Config, SET_UP_BEFORE, World};
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::{Api, Patch, Written};
use crate::controllers::disruption;
use crate::kubelet::{self, ExecResult, Kubelets, LogLine};
use crate::reconcile::DeleteOptions;
use crate::sim::Time;
use crate::store::{CauseId, Store};

/// How a write is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Everything is checked, nothing is kept.
    pub dry_run: bool,
    /// The command line it came from, or nothing.
    pub words: String,
}

/// Of so many workers each is joined before the next one, as in every session that was ever kept.
const MOST_ONE_BY_ONE: usize = 300;

/// A cluster: a world, what was done to it, and the way back.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(super) config: Config,
    pub(super) world: World,
    pub(super) inputs: Vec<Input>,
    pub(super) history: History,
    /// What follows from a verb is left to those who move time; see [`Cluster::patiently`].
    pub(super) patient: bool,
}

impl Cluster {
    /// A cluster that was set up an hour before the session starts and runs quietly.
    pub fn new(config: Config) -> Self {
        let world = World::empty(config.start - SET_UP_BEFORE);
        let mut cluster =
            Self { config, world, inputs: Vec::new(), history: History::default(), patient: false };
        cluster.set_up();
        cluster
    }

    /// Of many nodes the loops hear when all of them are there: each would look at all that came before.
    fn set_up(&mut self) {
        for (kind, namespace, object) in system_objects(self.config.system_pods) {
            let made =
                self.write(CauseId::default(), |api| api.create_known(kind, namespace, &object));
            debug_assert!(made.is_ok(), "the default cluster must be valid: {made:?}");
        }
        let workers =
            (1..=self.config.workers).map(|n| NodeSpecification::worker(format!("worker-{n}"), n));
        for node in std::iter::once(NodeSpecification::control_plane()).chain(workers) {
            self.world.kubelets.add_machine(&node.name, self.world.now);
            let (object, cause) = (node.object(self.config.seed), self.cause_of_input());
            let run = |api: &mut Api<'_>| api.create_known(Kind::Node, "", &object);
            let made = match self.config.workers {
                ..=MOST_ONE_BY_ONE => self.write(cause, run),
                _ => with_api(&mut self.world, &self.config, cause, false, run),
            };
            debug_assert!(made.is_ok(), "the default cluster must be valid: {made:?}");
        }
        self.world.settle(&self.config);
        let start = self.config.start;
        self.run_until(start);
        self.history = History::from(&self.world);
    }

    /// Now.
    pub const fn now(&self) -> Time {
        self.world.now
    }

    /// How this cluster began.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The objects of the API.
    pub const fn store(&self) -> &Store {
        &self.world.store
    }

    /// What runs on the nodes.
    pub const fn kubelets(&self) -> &Kubelets {
        &self.world.kubelets
    }

    /// Why everything was written, and what was last decided.
    pub const fn causes(&self) -> &Causes {
        &self.world.causes
    }

    /// What was done so far.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    // ---- time ----

    /// When something happens next; `None` if nothing will.
    pub fn next_wake(&self) -> Option<Time> {
        let again = self.ahead().front().map(|input| input.at);
        [self.world.next_wake(), again].into_iter().flatten().min()
    }

    /// Moves to the next wake-up and does all that is due then; or does again what lies ahead, if that comes first.
    pub fn step(&mut self) -> Option<Time> {
        self.step_within(u64::MAX)
    }

    /// The same, up to a limit of all work ever done: an instant may be done in parts.
    fn step_within(&mut self, limit: u64) -> Option<Time> {
        let wake = self.world.next_wake();
        // At one instant the cluster does its own things first, as when they were done for the first time.
        let first = self.ahead().front().filter(|input| wake.is_none_or(|wake| input.at < wake));
        let Some(input) = first.cloned() else { return self.step_world(limit) };
        self.history.ahead.pop_front();
        self.world.now = self.world.now.max(input.at);
        self.replay_input(&input);
        Some(self.world.now)
    }

    /// Moves to a time, doing all that is due on the way.
    pub fn run_until(&mut self, at: Time) {
        while self.next_wake().is_some_and(|next| next <= at) {
            self.step();
        }
        self.world.now = self.world.now.max(at);
    }

    /// Moves towards a time until it is there or `work` reconciles were done, if need be in the midst of an instant;
    /// says whether it is there.
    pub fn run_towards(&mut self, at: Time, work: u64) -> bool {
        let limit = self.world.work.saturating_add(work);
        while self.next_wake().is_some_and(|next| next <= at) {
            if self.world.work >= limit {
                return false;
            }
            self.step_within(limit);
        }
        self.world.now = self.world.now.max(at);
        true
    }

    /// Whether all is done that is due at this instant.
    pub fn settled(&self) -> bool {
        self.world.settled()
    }

    /// Does all that is due at this instant.
    pub fn settle(&mut self) {
        self.world.settle(&self.config);
    }

    /// Does something after which the loops have not done yet what follows from it: whoever moves time next lets them,
    /// in parts as large as he has time for. The end is the same, since each verb waits for what came before it.
    pub fn patiently<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.patient = true;
        let result = run(self);
        self.patient = false;
        result
    }

    /// After a verb.
    fn follow(&mut self) {
        if !self.patient {
            self.settle();
        }
    }

    /// How many reconciles there were: the measure of work.
    pub const fn work(&self) -> u64 {
        self.world.work
    }

    // ---- verbs: each is an input ----

    /// Creates an object from decoded JSON.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn create(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: Value,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        self.input(Verb::Create { kind, namespace: namespace.into(), object }, options)
    }

    /// Replaces everything but the status of an object.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn update(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: Value,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        self.input(Verb::Update { kind, namespace: namespace.into(), object }, options)
    }

    /// Patches an object.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn patch(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: Patch,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        self.input(Verb::Patch { kind, key: key.clone(), patch }, options)
    }

    /// Sets the number of replicas.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn scale(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        replicas: i64,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        self.input(Verb::Scale { kind, key: key.clone(), replicas }, options)
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn delete(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        how: &DeleteOptions,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        self.input(Verb::Delete { kind, key: key.clone(), how: how.clone() }, options)
    }

    /// Evicts a pod, as a drain does; with a grace in seconds, or with its own.
    ///
    /// # Errors
    /// What the API server answers.
    pub fn evict(
        &mut self,
        pod: &ObjectKey,
        grace_seconds: Option<i64>,
        options: &WriteOptions,
    ) -> Result<Written, ApiError> {
        self.input(Verb::Evict { pod: pod.clone(), grace_seconds }, options)
    }

    /// Does something to the machines; answers with a sentence for the terminal.
    ///
    /// # Errors
    /// A sentence: no such node, no such pod.
    pub fn act(&mut self, action: Action, options: &WriteOptions) -> Result<String, String> {
        self.settle();
        let version = self.store().resource_version();
        self.remember(Verb::Act(action.clone()), &options.words);
        let result = self.perform(&action);
        if result.is_err() {
            self.inputs.pop();
        } else {
            self.depart(version);
        }
        self.follow();
        self.history.visit(&self.world, self.inputs.len());
        result
    }

    /// Runs a command in a container.
    ///
    /// # Errors
    /// `NotFound`, `BadRequest`.
    pub fn exec(
        &mut self,
        pod: &ObjectKey,
        container: &str,
        argv: &[String],
    ) -> Result<ExecResult, ApiError> {
        self.settle();
        let found = self
            .world
            .store
            .pods()
            .get(pod)
            .ok_or_else(|| ApiError::not_found("pods", &pod.name))?;
        let found = Rc::clone(found);
        self.remember(
            Verb::Exec { pod: pod.clone(), container: container.into(), argv: argv.to_vec() },
            "",
        );
        self.depart(self.store().resource_version());
        let (store, now) = (&self.world.store, self.world.now);
        let result = kubelet::exec(&mut self.world.kubelets, store, &found, container, argv, now);
        self.wake_pod(&found);
        self.follow();
        result
    }

    /// The log of a container, oldest line first.
    ///
    /// # Errors
    /// `NotFound`, `BadRequest` while the container has not started.
    pub fn logs(
        &self,
        pod: &ObjectKey,
        container: &str,
        previous: bool,
    ) -> Result<Vec<LogLine>, ApiError> {
        let found = self
            .world
            .store
            .pods()
            .get(pod)
            .ok_or_else(|| ApiError::not_found("pods", &pod.name))?;
        kubelet::logs(&self.world.kubelets, &self.world.store, found, container, previous)
    }

    /// Notes an input.
    fn remember(&mut self, verb: Verb, words: &str) {
        self.inputs.push(Input { at: self.world.now, verb, words: words.into() });
    }

    /// Does an input again, as it was; what lies ahead stays.
    pub fn replay_input(&mut self, input: &Input) {
        let before = std::mem::replace(&mut self.history.replaying, true);
        let options = WriteOptions { dry_run: false, words: input.words.to_string() };
        match &input.verb {
            Verb::Act(action) => drop(self.act(action.clone(), &options)),
            Verb::Exec { pod, container, argv } => drop(self.exec(pod, container, argv)),
            verb => drop(self.input(verb.clone(), &options)),
        }
        self.history.replaying = before;
    }

    fn cause_of_input(&mut self) -> CauseId {
        let by = match self.inputs.len() {
            0 => Actor::SetUp,
            count => Actor::Input(count - 1),
        };
        self.world.causes.add(Cause {
            at: self.world.now,
            by,
            trigger: Trigger::Clock,
            decided: None,
        })
    }

    /// Tries a verb; what went through is noted as an input.
    fn input(&mut self, verb: Verb, options: &WriteOptions) -> Result<Written, ApiError> {
        if options.dry_run {
            let mut trial = self.world.clone();
            return perform_write(&mut trial, &self.config, CauseId::default(), &verb, true);
        }
        self.settle();
        let version = self.store().resource_version();
        self.remember(verb.clone(), &options.words);
        let cause = self.cause_of_input();
        let result = perform_write(&mut self.world, &self.config, cause, &verb, false);
        if result.as_ref().is_ok_and(|written| written.changed) {
            self.depart(version);
            self.follow();
        } else {
            self.inputs.pop();
        }
        self.history.visit(&self.world, self.inputs.len());
        result.map(|written| Written { object: self.served(written.object), ..written })
    }

    /// Runs one write of the cluster's own.
    fn write<T>(
        &mut self,
        cause: CauseId,
        run: impl FnOnce(&mut Api<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let result = with_api(&mut self.world, &self.config, cause, false, run);
        self.follow();
        result
    }
}

/// Runs one write on a world and tells the loops.
fn with_api<T>(
    world: &mut World,
    config: &Config,
    cause: CauseId,
    dry_run: bool,
    run: impl FnOnce(&mut Api<'_>) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut changes = Vec::new();
    let mut api = Api {
        store: &mut world.store,
        names: &mut world.names,
        seed: config.seed,
        now: world.now,
        cause,
        changes: &mut changes,
        dry_run,
    };
    let result = run(&mut api);
    world.tell(&changes);
    result
}

fn perform_write(
    world: &mut World,
    config: &Config,
    cause: CauseId,
    verb: &Verb,
    dry_run: bool,
) -> Result<Written, ApiError> {
    with_api(world, config, cause, dry_run, |api| match verb {
        Verb::Create { kind, namespace, object } => api.create(*kind, namespace, object),
        Verb::Update { kind, namespace, object } => api.update(*kind, namespace, object),
        Verb::Patch { kind, key, patch } => api.patch(*kind, key, patch),
        Verb::Scale { kind, key, replicas } => api.scale(*kind, key, *replicas),
        Verb::Delete { kind, key, how } => api.delete(*kind, key, how),
        Verb::Evict { pod, grace_seconds } => evict(api, pod, *grace_seconds),
        Verb::Exec { .. } | Verb::Act(_) => Err(ApiError::new(Reason::BadRequest, "not a write")),
    })
}

/// Marks a pod as evicted and deletes it. Follows `pkg/registry/core/pod/storage/eviction.go`.
fn evict(
    api: &mut Api<'_>,
    key: &ObjectKey,
    grace_seconds: Option<i64>,
) -> Result<Written, ApiError> {
    let found = api.store.pods().get(key).ok_or_else(|| ApiError::not_found("pods", &key.name))?;
    let mut pod = Pod::clone(found);
    match disruption::use_up(&pod, api.store, api.now) {
        Ok(None) => {}
        Ok(Some(budget)) => {
            api.update_status(AnyObject::Plain(Rc::new(budget)))?;
        }
        Err((true, words)) => return Err(ApiError::new(Reason::TooManyRequests, words)),
        Err((false, words)) => return Err(ApiError::new(Reason::InternalError, words)),
    }
    if pod.node.is_some() && !pod.status.phase.finished() {
        let mut all = pod.status.conditions.to_vec();
        let condition = Condition::new(
            "DisruptionTarget",
            Status::True,
            "EvictionByEvictionAPI",
            "Eviction API: evicting",
            api.now,
        );
        conditions::set(&mut all, condition);
        pod.status.conditions = all.into();
        api.update_status(AnyObject::Pod(Rc::new(pod)))?;
    }
    api.delete(Kind::Pod, key, &DeleteOptions { grace_seconds, ..DeleteOptions::default() })
}
