//! The closed list of loops, their decisions in one enum, and the record of why each write was made.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::persistent::{OrdMap, Vector};

use crate::api::core::Pod;
use crate::api::meta::{ObjectKey, ObjectMeta, Uid};
use crate::api::object::AnyObject;
use crate::api::words::word;
use crate::controllers::cronjob::{Decision as CronDecision, Idle};
use crate::reconcile::{Controller, Failure, Key, Memories};
use crate::sim::Time;
use crate::store::{CauseId, Change, MOST_CHANGES};

/// Writes the closed list of loops: their ids, what they remember, and their decisions as one enum.
macro_rules! loops {
    ($($(#[$doc:meta])* $id:ident: $loop:ty,)*) => {
        /// A loop.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LoopId {
            $($(#[$doc])* $id,)*
            /// The kubelets of all nodes.
            Kubelet,
        }

        impl LoopId {
            /// Every loop, in the order in which changes are told to them.
            pub const ALL: &'static [Self] = &[$(Self::$id,)* Self::Kubelet];

            /// Whether it is the loop of a kind of workload.
            pub const fn runs_workloads(self) -> bool {
                matches!(
                    self,
                    Self::ReplicationController
                        | Self::ReplicaSet
                        | Self::Deployment
                        | Self::DaemonSet
                        | Self::Job
                        | Self::CronJob
                )
            }

            /// The name it signs events with.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => <$loop as Controller>::NAME,)*
                    Self::Kubelet => "kubelet",
                }
            }
        }

        /// What a loop decided.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyDecision {
            $($(#[$doc])* $id(<$loop as Controller>::Decision),)*
            /// The kubelets of all nodes.
            Kubelet(crate::kubelet::Decision),
        }

        $(impl From<Of<$loop>> for AnyDecision {
            fn from(decision: Of<$loop>) -> Self {
                Self::$id(decision.0)
            }
        })*

        /// What the loops remember, and what they remember of refusals.
        #[allow(non_snake_case, reason = "fields are named as the loops are")]
        #[derive(Clone, Debug, Default)]
        pub(super) struct AllMemories {
            $($(#[$doc])* $id: Memories<<$loop as Controller>::Memory>,)*
        }

        $(impl Remembers<$loop> for AllMemories {
            fn of(&self) -> &Memories<<$loop as Controller>::Memory> {
                &self.$id
            }
            fn of_mut(&mut self) -> &mut Memories<<$loop as Controller>::Memory> {
                &mut self.$id
            }
        })*

        impl AllMemories {
            /// Forgets everything about a key.
            pub(super) fn forget(&mut self, key: &Key) {
                $(self.$id.forget(key);)*
            }
        }

        /// Runs one expression for the loop of an id, with `$type` bound to the loop; the kubelet's is given apart.
        macro_rules! with_loop {
            ($value:expr, $type:ident => $body:expr, kubelet => $kubelet:expr) => {
                match $value {
                    $($crate::cluster::causes::LoopId::$id => {
                        type $type = $loop;
                        $body
                    })*
                    $crate::cluster::causes::LoopId::Kubelet => $kubelet,
                }
            };
        }
        pub(super) use with_loop;
    };
}

/// Ties a loop to its place among the memories.
pub(super) trait Remembers<C: Controller> {
    /// What it remembers of each key.
    fn of(&self) -> &Memories<C::Memory>;
    /// The same, for writing.
    fn of_mut(&mut self) -> &mut Memories<C::Memory>;
}

/// A decision on its way into [`AnyDecision`].
pub(super) struct Of<C: Controller>(pub(super) C::Decision);

loops! {
    /// Replication controllers.
    ReplicationController: crate::controllers::ReplicationControllerLoop,
    /// Replica sets.
    ReplicaSet: crate::controllers::ReplicaSetLoop,
    /// Deployments.
    Deployment: crate::controllers::DeploymentLoop,
    /// Daemon sets.
    DaemonSet: crate::controllers::DaemonSetLoop,
    /// Jobs.
    Job: crate::controllers::JobLoop,
    /// Cron jobs.
    CronJob: crate::controllers::CronJobLoop,
    /// Deletion of finished Jobs after their time.
    TtlAfterFinished: crate::controllers::TtlLoop,
    /// Deletion of what belonged to something that is gone.
    GarbageCollector: crate::controllers::GarbageCollector,
    /// Deletion of namespaces with all they hold.
    Namespace: crate::controllers::NamespaceLoop,
    /// What every namespace has from the start.
    NamespaceContent: crate::controllers::NamespaceContent,
    /// Taints and conditions of nodes that do not answer.
    NodeLifecycle: crate::controllers::NodeLifecycle,
    /// Deletion of pods that a taint drives out.
    TaintEviction: crate::controllers::TaintEviction,
    /// Counts of disruption budgets.
    Disruption: crate::controllers::Disruption,
    /// What is used of quotas.
    ResourceQuota: crate::controllers::ResourceQuotaLoop,
    /// The addresses behind Services.
    Endpoints: crate::controllers::EndpointsLoop,
    /// Copies of Endpoints that somebody wrote.
    EndpointSliceMirroring: crate::controllers::EndpointSliceMirroring,
    /// The Service of the API server.
    KubernetesService: crate::controllers::KubernetesService,
    /// Deletion of pods that nobody else will delete.
    PodGc: crate::controllers::PodGc,
    /// Expiry of events after an hour.
    EventExpiry: crate::cluster::run::EventExpiry,
    /// Which node a pod goes to.
    Scheduler: crate::scheduler::Scheduler,
}

thread_local! {
    /// The names of all loops: each write has one at hand.
    static NAMES: Vec<Rc<str>> = LoopId::ALL.iter().map(|one| word(one.name())).collect();
}

impl LoopId {
    /// The name it signs events with, as it is kept.
    pub(super) fn word(self) -> Rc<str> {
        NAMES.with(|names| names.get(self as usize).cloned().unwrap_or_default())
    }

    /// The loops that a change can concern, in the order in which they are told: those of workloads, and the others.
    pub(super) fn watching(change: &Change) -> [&'static [Self]; 2] {
        match &change.object {
            AnyObject::Event(_) => [&[], &[Self::EventExpiry]],
            AnyObject::Pod(pod) => [Self::owning(pod, change), Self::OF_PODS],
            AnyObject::Job(_) => [&[Self::Job, Self::CronJob], Self::OF_JOBS],
            _ => [&[], Self::ALL],
        }
    }

    /// The loops of workloads that a pod can concern: while its owner keeps it, it is none of the others' business.
    fn owning(pod: &Pod, change: &Change) -> &'static [Self] {
        let kept = change.before.as_ref().is_none_or(|before| before.meta().same_owners(&pod.meta));
        match pod.meta.controller().filter(|_| kept).map(|owner| &*owner.kind) {
            Some("ReplicationController") => &[Self::ReplicationController],
            Some("ReplicaSet") => &[Self::ReplicaSet, Self::Deployment],
            Some("DaemonSet") => &[Self::DaemonSet],
            Some("Job") => &[Self::Job],
            _ => &[
                Self::ReplicationController,
                Self::ReplicaSet,
                Self::Deployment,
                Self::DaemonSet,
                Self::Job,
            ],
        }
    }

    const OF_PODS: &'static [Self] = &[
        Self::GarbageCollector,
        Self::Namespace,
        Self::TaintEviction,
        Self::Disruption,
        Self::ResourceQuota,
        Self::Endpoints,
        Self::PodGc,
        Self::Scheduler,
        Self::Kubelet,
    ];

    const OF_JOBS: &'static [Self] =
        &[Self::TtlAfterFinished, Self::GarbageCollector, Self::Namespace, Self::ResourceQuota];
}

/// A key of a loop. What the loops keep of one object lies side by side.
#[derive(Clone, Debug, Eq, PartialOrd, Ord)]
pub struct LoopKey {
    /// The key.
    pub key: Key,
    /// The loop.
    pub loop_id: LoopId,
}

impl PartialEq for LoopKey {
    fn eq(&self, other: &Self) -> bool {
        self.loop_id == other.loop_id && self.key == other.key
    }
}

/// What put a key into the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A change of the store.
    Change(u64),
    /// What a person did to the machines, by the input of this number: that changes nothing in the store by itself.
    Input(usize),
    /// The clock.
    Clock,
}

/// Who made a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Actor {
    /// A person, by the input of this number.
    Input(usize),
    /// A loop.
    Loop(LoopKey),
    /// Whoever set the cluster up.
    SetUp,
}

/// Why a write was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What woke the loop.
    pub trigger: Trigger,
    /// What it decided.
    pub(super) decided: Option<Rc<AnyDecision>>,
}

impl Cause {
    /// What the loop decided.
    pub fn decision(&self) -> Option<&AnyDecision> {
        self.decided.as_deref()
    }
}

/// How many different decisions about a workload are kept.
const RECENT: usize = 6;

/// So many answers about the slots of one CronJob are kept.
const SLOTS: usize = 128;

/// A decision, and when it was made.
type Decided = (Time, Rc<AnyDecision>);

/// What was decided about a key.
#[derive(Clone, Debug)]
struct Row {
    last: Decided,
    /// Of a workload the last different decisions, the newest first: when each was first made.
    recent: Option<Rc<VecDeque<Decided>>>,
}

impl Row {
    fn note(&mut self, new: Decided) {
        if let Some(recent) = self.recent.as_mut().filter(|_| self.last.1 != new.1) {
            let recent = Rc::make_mut(recent);
            recent.truncate(RECENT - 1);
            recent.push_front(new.clone());
        }
        self.last = new;
    }
}

/// The last decisions about each key, loop by loop: what one loop does for thousands of keys lies together.
#[derive(Clone, Debug)]
struct Last(Vec<OrdMap<Key, Row>>);

impl Default for Last {
    fn default() -> Self {
        Self(LoopId::ALL.iter().map(|_| OrdMap::new()).collect())
    }
}

impl Last {
    fn of(&self, key: &LoopKey) -> Option<&Row> {
        self.0.get(key.loop_id as usize)?.get(&key.key)
    }

    fn insert(&mut self, key: &LoopKey, new: Decided) {
        let Some(own) = self.0.get_mut(key.loop_id as usize) else { return };
        if let Some(row) = own.get_mut(&key.key) {
            return row.note(new);
        }
        let recent = key.loop_id.runs_workloads().then(|| {
            let mut recent = VecDeque::with_capacity(RECENT);
            recent.push_front(new.clone());
            Rc::new(recent)
        });
        own.insert(key.key.clone(), Row { last: new, recent });
    }
}

/// The last decision about each pod of the loops that look at single pods: by uid, so that those made together lie
/// together.
#[derive(Clone, Debug, Default)]
struct LastOfPods {
    scheduler: OrdMap<Uid, Decided>,
    kubelet: OrdMap<Uid, Decided>,
}

impl LastOfPods {
    fn of(&self, loop_id: LoopId) -> Option<&OrdMap<Uid, Decided>> {
        match loop_id {
            LoopId::Scheduler => Some(&self.scheduler),
            LoopId::Kubelet => Some(&self.kubelet),
            _ => None,
        }
    }

    fn of_mut(&mut self, loop_id: LoopId) -> Option<&mut OrdMap<Uid, Decided>> {
        match loop_id {
            LoopId::Scheduler => Some(&mut self.scheduler),
            LoopId::Kubelet => Some(&mut self.kubelet),
            _ => None,
        }
    }

    fn forget(&mut self, uid: Uid) {
        for own in [&mut self.scheduler, &mut self.kubelet] {
            own.remove(&uid);
        }
    }
}

/// Every cause so far, and the last decision about each key.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    /// Numbered without gaps, the last is `next`.
    all: Vector<Rc<Cause>>,
    next: u64,
    last: Last,
    /// What the scheduler and the kubelet last decided about each pod.
    pods: LastOfPods,
    /// What was decided about the slots of each CronJob, oldest first.
    slots: OrdMap<ObjectKey, Vector<(Time, CronDecision)>>,
    /// The refusals that keys back off from, and how many there were in a row.
    pub(super) failures: OrdMap<LoopKey, (Failure, u32)>,
}

impl Causes {
    pub(super) fn add(&mut self, cause: Cause) -> CauseId {
        self.next += 1;
        let id = CauseId(self.next);
        if self.all.len() >= MOST_CHANGES {
            self.all.pop_front();
        }
        self.all.push_back(Rc::new(cause));
        id
    }

    /// Forgets the causes of all but the last so many.
    pub(super) fn keep_last(&mut self, count: usize) {
        if let Some(before) = self.all.len().checked_sub(count) {
            self.all = self.all.split_off(before);
        }
    }

    /// Notes what a loop decided about a key; `pod` is the pod that the scheduler or a kubelet looked at.
    pub(super) fn decided(
        &mut self,
        key: &LoopKey,
        pod: Option<Uid>,
        at: Time,
        decision: Rc<AnyDecision>,
    ) {
        if let AnyDecision::CronJob(decision) = &*decision {
            self.note_slot(key, at, decision);
        }
        match (pod, self.pods.of_mut(key.loop_id)) {
            (Some(uid), Some(own)) => drop(own.insert(uid, (at, decision))),
            _ => self.last.insert(key, (at, decision)),
        }
    }

    /// Keeps what was decided about a slot, once for each answer.
    fn note_slot(&mut self, key: &LoopKey, at: Time, decision: &CronDecision) {
        let slot = match decision {
            CronDecision::Fired { slot, .. } => *slot,
            CronDecision::NotFired { because: Idle::AlreadyStarted, .. } => return,
            CronDecision::NotFired { slot: Some(slot), .. } => *slot,
            CronDecision::Gone | CronDecision::NotFired { slot: None, .. } => return,
        };
        let answers = self.slots.entry(key.key.object.clone()).or_default();
        // One Job may be asked about twice at one instant: before it is there and after.
        let known = answers.iter().rev().take(4).any(|(_, one)| match (one, decision) {
            (CronDecision::Fired { slot: known, .. }, CronDecision::Fired { .. }) => *known == slot,
            (
                CronDecision::NotFired { slot: Some(known), because: one, .. },
                CronDecision::NotFired { because, .. },
            ) => *known == slot && one == because,
            _ => false,
        });
        if known {
            return;
        }
        if answers.len() >= SLOTS {
            answers.pop_front();
        }
        answers.push_back((at, decision.clone()));
    }

    /// What was decided about the slots of a CronJob, oldest first.
    pub fn slots(
        &self,
        cron: &ObjectKey,
    ) -> impl DoubleEndedIterator<Item = &(Time, CronDecision)> {
        self.slots.get(cron).into_iter().flatten()
    }

    /// What a loop last decided about an object, and when.
    pub fn last_of(&self, loop_id: LoopId, object: &ObjectMeta) -> Option<(Time, &AnyDecision)> {
        if let Some((at, decision)) = self.pods.of(loop_id).and_then(|own| own.get(&object.uid)) {
            return Some((*at, decision));
        }
        self.last(&LoopKey { loop_id, key: Key::of(object) })
    }

    /// Forgets what was decided about a pod that is gone.
    pub(super) fn forget_pod(&mut self, uid: Uid) {
        self.pods.forget(uid);
    }

    /// Forgets what was decided about whatever is called so.
    pub(super) fn forget(&mut self, key: &Key) {
        self.slots.remove(&key.object);
        for (loop_id, own) in LoopId::ALL.iter().zip(&mut self.last.0) {
            // A look is cheaper than to take away what is not there.
            if own.contains_key(key) {
                own.remove(key);
                self.failures.remove(&LoopKey { key: key.clone(), loop_id: *loop_id });
            }
        }
        // What the scheduler decided is not among those.
        if !self.failures.is_empty() {
            self.failures.remove(&LoopKey { key: key.clone(), loop_id: LoopId::Scheduler });
        }
    }

    /// The cause of a write.
    pub fn get(&self, id: CauseId) -> Option<&Rc<Cause>> {
        let back = usize::try_from(self.next.checked_sub(id.0)?).ok()?;
        self.all.get(self.all.len().checked_sub(back + 1)?)
    }

    /// What a loop last decided about a key, and when; of pods, the scheduler and kubelets see [`Self::last_of`].
    pub fn last(&self, key: &LoopKey) -> Option<(Time, &AnyDecision)> {
        let last = self.last.of(key).map(|row| &row.last);
        last.map(|(at, decision)| (*at, &**decision))
    }

    /// The last different decisions of a workload's loop, the newest first: when each was first made.
    pub fn recent(&self, key: &LoopKey) -> impl Iterator<Item = (Time, &AnyDecision)> {
        let all = self.last.of(key).and_then(|row| row.recent.as_ref());
        let all = all.into_iter().flat_map(|all| all.iter());
        all.map(|(at, decision)| (*at, &**decision))
    }
}
