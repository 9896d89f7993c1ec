//! The chain of causes of a state: from what somebody did to what is there now, across objects. Each link is an object,
//! a moment and a text. Everything is read from what was recorded: the journal's changes, the cause of each write, the
//! decisions, the inputs and the events; where the record ends, the chain ends.
//!
//! Cost: an object's own changes are found by their resource versions, one look-up each; nothing is searched for unless
//! an object is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::causes::{Actor, Cause, LoopId, LoopKey, Trigger};
use super::facade::Cluster;
use super::input::{Action, Input, Verb};
use super::steps;
use crate::api::conditions;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::language::{Language, Text};
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::store::{Change, Operation};

/// So many changes of one object are looked at, the latest ones.
const HISTORY: usize = 600;
/// So many links of one object are told; of more, the first and the last.
const TOLD: usize = 12;
const TOLD_FIRST: usize = 5;
/// So deep do triggers lead away from the object.
const DEPTH: usize = 16;
/// So many changes are searched for an object that is gone.
const SEARCHED: usize = 20_000;

/// Where a thing happened: which kind, and its key.
pub type Place = (Kind, ObjectKey);

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A person.
    You,
    /// Whoever set the cluster up.
    SetUp,
    /// A loop.
    Loop(LoopId),
    /// What runs in a container.
    Process,
}

/// A link of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// When.
    pub at: Time,
    /// Who did it.
    pub by: By,
    /// The object it happened to.
    pub about: Option<Place>,
    /// What happened.
    pub text: Text,
    /// Why: what was seen and decided.
    pub because: Vec<Text>,
}

impl Link {
    pub(super) const fn new(at: Time, by: By, about: Option<Place>, text: Text) -> Self {
        Self { at, by, about, text, because: Vec::new() }
    }

    /// The link as a sentence, without its moment.
    pub fn sentence(&self, language: Language) -> String {
        let mut line = self.text.render(language);
        if !self.because.is_empty() {
            let parts: Vec<String> = self.because.iter().map(|one| one.render(language)).collect();
            line.push_str(": ");
            line.push_str(&parts.join("; "));
        }
        line
    }
}

/// `cronjob/hello`
pub fn named(kind: Kind, name: &str) -> String {
    format!("{}/{name}", kind.name().to_lowercase())
}

/// `10:15:20`, as the page's clock shows it.
pub fn clock(at: Time) -> String {
    let text = at.rfc3339();
    text.split_once('T').map_or("", |(_, time)| time).trim_end_matches('Z').to_owned()
}

/// `30s`, `1m30s`
pub(super) fn span(from: Time, until: Time) -> String {
    until.since(from).human()
}

/// Where a link stands: its time, the change it tells of, and its place among that change's links.
type Order = (Time, u64, usize);

/// Follows causes.
struct Tracer<'a> {
    cluster: &'a Cluster,
    seen: BTreeSet<u64>,
    inputs: BTreeSet<usize>,
    events: BTreeSet<Uid>,
    links: BTreeMap<Order, Link>,
}

/// The chain of an object's state, oldest first; nothing if it is not there.
pub(super) fn chain(cluster: &Cluster, kind: Kind, key: &ObjectKey) -> Vec<Link> {
    let Some(object) = cluster.store().get(kind, key) else { return Vec::new() };
    let mut tracer = Tracer {
        cluster,
        seen: BTreeSet::new(),
        inputs: BTreeSet::new(),
        events: BTreeSet::new(),
        links: BTreeMap::new(),
    };
    tracer.tell_object(&object);
    tracer.links.into_values().collect()
}

/// The changes of an object that led to this version, oldest first, as far as they are kept.
pub(super) fn history(cluster: &Cluster, object: &AnyObject) -> Vec<Rc<Change>> {
    let journal = cluster.store().journal();
    let mut changes = Vec::new();
    let mut next = journal.get(object.meta().resource_version);
    while let Some(change) = next.filter(|_| changes.len() < HISTORY) {
        let before = change.before.as_ref().filter(|_| change.operation != Operation::Added);
        changes.push(Rc::clone(change));
        next = before.and_then(|before| journal.get(before.meta().resource_version));
    }
    changes.reverse();
    changes
}

/// The change of a bound pod that bound it.
pub(super) fn binding(cluster: &Cluster, object: &AnyObject) -> Option<Rc<Change>> {
    history(cluster, object).into_iter().find(|change| {
        matches!((&change.before, &change.object),
            (Some(AnyObject::Pod(before)), AnyObject::Pod(after)) if before.node.is_none() && after.node.is_some())
    })
}

impl Tracer<'_> {
    /// Everything that made an object what it is.
    fn tell_object(&mut self, object: &AnyObject) {
        let changes = history(self.cluster, object);
        let mut told: Vec<(Order, Link, Rc<Change>)> = Vec::new();
        for change in &changes {
            if !self.seen.insert(change.id) {
                continue;
            }
            for (place, link) in self.links_of(change).into_iter().enumerate() {
                told.push(((change.at, change.id, place), link, Rc::clone(change)));
            }
        }
        self.add_events(object, &changes, &mut told);
        told.order_by_key(|(order, _, _)| *order);
        let surplus = told.len().saturating_sub(TOLD);
        if surplus > 0 {
            let last = told.split_off(TOLD_FIRST + surplus);
            let left = told.split_off(TOLD_FIRST);
            if let Some((order, first, change)) = left.first() {
                let text = Text::new("chain.more").with("count", left.len());
                let link = Link { text, because: Vec::new(), ..first.clone() };
                told.push((*order, link, Rc::clone(change)));
            }
            told.extend(last);
        }
        for (order, link, change) in told {
            self.links.insert(order, link);
            self.follow(&change, 0, true);
        }
    }

    /// What the kubelet and others said about the object between its changes.
    fn add_events(
        &mut self,
        object: &AnyObject,
        changes: &[Rc<Change>],
        told: &mut Vec<(Order, Link, Rc<Change>)>,
    ) {
        let uid = object.uid().to_string();
        for event in self.cluster.store().events_of(&uid) {
            let Some(change) = self.cluster.store().journal().get(event.meta.resource_version)
            else {
                continue;
            };
            if !steps::tells_more(event) || !self.events.insert(event.meta.uid) {
                continue;
            }
            let by = match &*event.source.component {
                "kubelet" => By::Loop(LoopId::Kubelet),
                _ => By::Loop(LoopId::Scheduler),
            };
            let about = Some((object.kind(), object.key()));
            let link = Link::new(event.last, by, about, steps::event(event));
            let own = changes.last().map_or_else(|| Rc::clone(change), Rc::clone);
            told.push(((event.last, change.id, 0), link, own));
        }
    }

    /// One change of another object, and what led to it.
    fn tell_change(&mut self, id: u64, depth: usize) {
        let Some(change) = self.cluster.store().journal().get(id).map(Rc::clone) else { return };
        if depth > DEPTH || !self.seen.insert(id) {
            return;
        }
        let name = named(change.object.kind(), &change.object.meta().name);
        for (place, mut link) in self.links_of(&change).into_iter().enumerate() {
            // Whose container it is goes without saying only in the pod's own chain.
            for (_, value) in link.text.args.iter_mut().filter(|(key, _)| *key == "container") {
                *value = format!("{value} ({name})");
            }
            self.links.insert((change.at, change.id, place), link);
        }
        self.follow(&change, depth + 1, false);
    }

    fn cause(&self, change: &Change) -> Option<&Rc<Cause>> {
        self.cluster.causes().get(change.cause)
    }

    /// Goes on to what led to a change. `own` is whether the change is of the object in question, whose own earlier
    /// changes are told anyway.
    fn follow(&mut self, change: &Change, depth: usize, own: bool) {
        let Some(cause) = self.cause(change).map(Rc::clone) else { return };
        let Actor::Loop(key) = &cause.by else { return };
        if change.operation == Operation::Added && own {
            self.tell_owner(change);
        }
        match cause.trigger {
            Trigger::Change(id) => {
                let journal = self.cluster.store().journal();
                let leads = journal.get(id).is_some_and(|cause| {
                    let same = cause.object.uid() == change.object.uid();
                    // One node's state says nothing of another's.
                    let elsewhere = !same && key.loop_id == LoopId::NodeLifecycle;
                    cause.object.kind() != Kind::Event && !elsewhere && !(own && same)
                });
                if leads {
                    self.tell_change(id, depth);
                }
            }
            Trigger::Input(index) => self.tell_input(index),
            Trigger::Clock => {}
        }
        if key.loop_id == LoopId::NodeLifecycle {
            self.tell_machine(change);
        }
        if matches!(key.loop_id, LoopId::TaintEviction | LoopId::NodeLifecycle) {
            self.tell_node(change, depth);
        }
    }

    /// The owner whose loop made an object: how it came to be, and its last change by which it wants this.
    fn tell_owner(&mut self, change: &Change) {
        let Some(owner) = change.object.meta().controller() else { return };
        let Some(object) = self.cluster.store().by_uid(owner.uid).or_else(|| self.gone(owner.uid))
        else {
            return;
        };
        let before: Vec<Rc<Change>> = history(self.cluster, &object)
            .into_iter()
            .filter(|step| step.id < change.id && step.operation != Operation::Deleted)
            .collect();
        let governs = |step: &&Rc<Change>| {
            step.operation == Operation::Added
                || step
                    .before
                    .as_ref()
                    .is_some_and(|before| before.meta().generation != step.object.meta().generation)
        };
        let first = before.first().filter(|step| step.operation == Operation::Added);
        let last = before.iter().rfind(governs);
        for step in first.into_iter().chain(last) {
            if !self.seen.insert(step.id) {
                continue;
            }
            for (place, link) in self.links_of(step).into_iter().enumerate() {
                self.links.insert((step.at, step.id, place), link);
            }
            self.follow(step, 0, true);
        }
    }

    /// The last version of an object that is gone.
    fn gone(&self, uid: Uid) -> Option<AnyObject> {
        let journal = self.cluster.store().journal();
        let change =
            journal.newest_first().take(SEARCHED).find(|change| change.object.uid() == uid)?;
        match change.operation {
            Operation::Deleted => change.before.clone(),
            _ => Some(change.object.clone()),
        }
    }

    /// The node whose taint drove a pod out: how it got there.
    fn tell_node(&mut self, change: &Change, depth: usize) {
        let AnyObject::Pod(pod) = &change.object else { return };
        let node = pod.node.as_ref().map(|name| ObjectKey::cluster(Rc::clone(name)));
        let Some(node) = node.and_then(|key| self.cluster.store().get(Kind::Node, &key)) else {
            return;
        };
        let steps: Vec<u64> = history(self.cluster, &node)
            .into_iter()
            .filter(|step| step.id < change.id && steps::troubles(step))
            .map(|step| step.id)
            .collect();
        // Since the node last was well: two or three changes.
        for id in steps.into_iter().rev().take(3) {
            self.tell_change(id, depth);
        }
    }

    /// What was done to the machine under a node that fell silent.
    fn tell_machine(&mut self, change: &Change) {
        let AnyObject::Node(node) = &change.object else { return };
        if conditions::holds(&node.status.conditions, "Ready") {
            return;
        }
        let stops = |input: &Input| match &input.verb {
            Verb::Act(Action::StopNode(name) | Action::RemoveNode(name)) => *name == node.meta.name,
            _ => false,
        };
        let inputs = self.cluster.inputs();
        let index = inputs.iter().rposition(|input| input.at <= change.at && stops(input));
        if let Some(index) = index {
            self.tell_input(index);
        }
    }

    fn tell_input(&mut self, index: usize) {
        let Some(input) = self.cluster.inputs().get(index) else { return };
        if !self.inputs.insert(index) {
            return;
        }
        let about = match &input.verb {
            Verb::Act(Action::StopNode(name) | Action::StartNode(name)) => {
                Some((Kind::Node, ObjectKey::cluster(Rc::clone(name))))
            }
            Verb::Act(
                Action::CrashPod { pod, .. } | Action::HangPod { pod } | Action::Leave { pod, .. },
            )
            | Verb::Exec { pod, .. }
            | Verb::Evict { pod, .. } => Some((Kind::Pod, pod.clone())),
            _ => None,
        };
        let link = Link::new(input.at, By::You, about, steps::done_by_you(input));
        // Before the changes of the same instant.
        self.links.insert((input.at, 0, index), link);
    }

    /// What a change says: nothing, one thing or several.
    fn links_of(&self, change: &Change) -> Vec<Link> {
        let cause = self.cause(change);
        let by = match cause.map(|cause| &cause.by) {
            Some(Actor::Input(_)) => By::You,
            Some(Actor::Loop(key)) => By::Loop(key.loop_id),
            Some(Actor::SetUp) | None => By::SetUp,
        };
        let about = (change.object.kind(), change.object.key());
        let input = cause.and_then(|cause| match cause.by {
            Actor::Input(index) => self.cluster.inputs().get(index),
            _ => None,
        });
        let decision = cause.and_then(|cause| cause.decision());
        let owner = cause.and_then(|cause| match &cause.by {
            Actor::Loop(key) => Some(owner_name(key, change)),
            _ => None,
        });
        let scene = steps::Scene { change, by, input, decision, owner: owner.as_deref() };
        let mut links = steps::of(&scene);
        for link in &mut links {
            link.about.get_or_insert_with(|| about.clone());
        }
        links
    }
}

/// Who a loop worked for when it made a change: its key's object, as `job/pi`.
fn owner_name(key: &LoopKey, change: &Change) -> String {
    let kind = match key.loop_id {
        LoopId::ReplicationController => Kind::ReplicationController,
        LoopId::ReplicaSet => Kind::ReplicaSet,
        LoopId::Deployment => Kind::Deployment,
        LoopId::DaemonSet => Kind::DaemonSet,
        LoopId::Job | LoopId::TtlAfterFinished => Kind::Job,
        LoopId::CronJob => Kind::CronJob,
        _ => change.object.kind(),
    };
    named(kind, &key.key.object.name)
}
