//! What holds now: what an object waits for, and why nothing more happens to it. A CronJob's slots, a controller that
//! makes no pod, a pod that stays Pending, the nodes that a DaemonSet leaves out, a Service without pods.

use std::rc::Rc;

use super::causes::{AnyDecision, LoopId};
use super::chain::{self, By, Link, clock, named, span};
use super::facade::Cluster;
use super::input::{Action, Verb};
use super::steps;
use super::why;
use crate::api::apps::DaemonSet;
use crate::api::batch::{CronJob, Job};
use crate::api::conditions;
use crate::api::core::{ContainerState, ContainerStatus, Node, Phase, Pod};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Plain};
use crate::api::time_zone::TimeZone;
use crate::api::value::Value;
use crate::controllers::cronjob::{Clock, Decision as CronDecision, Idle};
use crate::controllers::daemonset::{LeftOut, left_out};
use crate::controllers::deployment::Decision as DeploymentDecision;
use crate::controllers::job::{Decision as JobDecision, Numbers};
use crate::controllers::replicas::Decision as ReplicasDecision;
use crate::kubelet::{Decision as KubeletDecision, Registry};
use crate::language::Text;
use crate::scheduler::Decision as SchedulerDecision;
use crate::sim::{Duration, Time};

/// So many of the last slots of a CronJob are answered for.
const SLOTS: usize = 5;
/// So many nodes or pods are told one by one.
const LISTED: usize = 20;
/// A Job that starts later than this after its slot is late.
const LATE: Duration = Duration::from_seconds(2);

/// What holds now for an object, the nearest first.
pub(super) fn of(cluster: &Cluster, object: &AnyObject) -> Vec<Link> {
    let ask = Ask { cluster, object };
    match object {
        AnyObject::Pod(pod) => ask.pod(pod),
        AnyObject::Node(node) => ask.node(node),
        AnyObject::CronJob(cron) => ask.cron(cron),
        AnyObject::Job(job) => ask.job(job),
        AnyObject::DaemonSet(set) => ask.daemon(set),
        AnyObject::ReplicationController(one) => {
            ask.replicas(LoopId::ReplicationController, &one.spec.selector)
        }
        AnyObject::ReplicaSet(one) => ask.replicas(LoopId::ReplicaSet, &one.spec.selector),
        AnyObject::Deployment(_) => ask.deployment(),
        AnyObject::Plain(plain) if plain.kind == Kind::Service => ask.service(plain),
        AnyObject::Plain(_) | AnyObject::Event(_) => Vec::new(),
    }
}

/// What became of a CronJob's slot at a time, or why there is none.
pub(super) fn slot_at(cluster: &Cluster, cron: &Rc<CronJob>, at: Time) -> Link {
    let object = AnyObject::CronJob(Rc::clone(cron));
    Ask { cluster, object: &object }.slot(cron, at)
}

/// A question about an object.
struct Ask<'a> {
    cluster: &'a Cluster,
    object: &'a AnyObject,
}

impl Ask<'_> {
    fn key(&self) -> ObjectKey {
        self.object.key()
    }

    fn link(&self, by: LoopId, text: Text) -> Link {
        let about = Some((self.object.kind(), self.key()));
        Link::new(self.cluster.now(), By::Loop(by), about, text)
    }

    fn decided(&self, loop_id: LoopId) -> Option<(Time, AnyDecision)> {
        let decided = self.cluster.causes().last_of(loop_id, self.object.meta());
        decided.map(|(at, decision)| (at, decision.clone()))
    }

    // ---- controllers ----

    fn replicas(&self, loop_id: LoopId, selector: &Selector) -> Vec<Link> {
        let decision = match self.decided(loop_id) {
            Some((
                at,
                AnyDecision::ReplicationController(decision) | AnyDecision::ReplicaSet(decision),
            )) => (at, decision),
            _ => return Vec::new(),
        };
        let (at, text) = match decision {
            (at, ReplicasDecision::Satisfied { want, ready }) => {
                let key = if want == 0 { "now.wants-none" } else { "now.satisfied" };
                let text = Text::new(key)
                    .with("want", want)
                    .with("ready", ready)
                    .with("selector", selector.text_or_none());
                (at, text)
            }
            (at, ReplicasDecision::Refused { want, have, message }) => {
                let text = Text::new("now.refused")
                    .with("want", want)
                    .with("have", have)
                    .with("message", message);
                (at, text)
            }
            (at, ReplicasDecision::Gone) => (at, Text::new("now.nothing")),
            (
                at,
                other @ (ReplicasDecision::BeingDeleted { .. }
                | ReplicasDecision::TooFew { .. }
                | ReplicasDecision::TooMany { .. }),
            ) => match why::text_of(&AnyDecision::ReplicaSet(other)) {
                Some(text) => (at, text),
                None => return Vec::new(),
            },
        };
        let mut links = vec![Link { at, ..self.link(loop_id, text) }];
        if let Some(owner) = self.object.meta().controller() {
            let name = format!("{}/{}", owner.kind.to_lowercase(), owner.name);
            let key =
                ObjectKey::new(Rc::clone(&self.object.meta().namespace), Rc::clone(&owner.name));
            let mut link = self.link(loop_id, Text::new("now.owner-decides").with("owner", name));
            link.about =
                Kind::from_manifest(&owner.kind, &owner.api_version).map(|kind| (kind, key));
            links.push(link);
        }
        links
    }

    fn deployment(&self) -> Vec<Link> {
        let Some((at, AnyDecision::Deployment(decision))) = self.decided(LoopId::Deployment) else {
            return Vec::new();
        };
        let text = match &decision {
            DeploymentDecision::Paused => Some(Text::new("now.paused")),
            DeploymentDecision::Waiting { updated, available, want } => Some(
                Text::new("now.rollout-waits")
                    .with("updated", updated)
                    .with("available", available)
                    .with("want", want),
            ),
            DeploymentDecision::Gone
            | DeploymentDecision::BeingDeleted
            | DeploymentDecision::Creating { .. }
            | DeploymentDecision::Scaling { .. }
            | DeploymentDecision::Satisfied { .. }
            | DeploymentDecision::Refused { .. } => {
                why::text_of(&AnyDecision::Deployment(decision.clone()))
            }
        };
        let link = |text| Link { at, ..self.link(LoopId::Deployment, text) };
        text.map(link).into_iter().collect()
    }

    fn job(&self, job: &Job) -> Vec<Link> {
        for (condition, key) in [("Complete", "now.job-complete"), ("Failed", "now.job-failed")] {
            if let Some(found) = conditions::find(&job.status.conditions, condition)
                && conditions::holds(&job.status.conditions, condition)
            {
                let text = Text::new(key)
                    .with("succeeded", job.status.succeeded)
                    .with("reason", &found.reason)
                    .with("message", &found.message);
                return vec![Link { at: found.since, ..self.link(LoopId::Job, text) }];
            }
        }
        let Some((at, AnyDecision::Job(decision))) = self.decided(LoopId::Job) else {
            return Vec::new();
        };
        let text = match &decision {
            JobDecision::Running(numbers) => Some(self.job_numbers(numbers)),
            JobDecision::Suspended(_) => Some(Text::new("now.job-suspended")),
            JobDecision::Gone
            | JobDecision::ManagedElsewhere
            | JobDecision::Finished
            | JobDecision::BeingDeleted
            | JobDecision::Ending { .. }
            | JobDecision::Ended { .. } => why::text_of(&AnyDecision::Job(decision.clone())),
        };
        let link = |text| Link { at, ..self.link(LoopId::Job, text) };
        text.map(link).into_iter().collect()
    }

    /// Why a Job that goes on makes no pod at this moment.
    fn job_numbers(&self, numbers: &Numbers) -> Text {
        let now = self.cluster.now();
        if let Some(message) = &numbers.refused {
            return Text::new("now.refused")
                .with("want", numbers.want)
                .with("have", numbers.active)
                .with("message", message);
        }
        if let Some(until) = numbers.waits_until.filter(|until| *until > now) {
            return Text::new("now.job-back-off")
                .with("until", clock(until))
                .with("left", span(now, until))
                .with("failed", numbers.failed);
        }
        let active = numbers.active + numbers.creating;
        let text = match numbers.completions {
            _ if active >= numbers.parallelism => Text::new("now.job-parallelism"),
            Some(completions) if active + numbers.succeeded >= completions => {
                Text::new("now.job-enough").with("completions", completions)
            }
            None if numbers.succeeded > 0 => Text::new("now.job-queue"),
            _ => Text::new("now.job-goes-on"),
        };
        text.with("active", active)
            .with("parallelism", numbers.parallelism)
            .with("succeeded", numbers.succeeded)
    }

    fn daemon(&self, set: &DaemonSet) -> Vec<Link> {
        let nodes = self.cluster.store().nodes();
        let pods: Vec<&Rc<Pod>> = self.cluster.store().pods_of(set.meta.uid).collect();
        let on = |node: &Node| {
            pods.iter().find(|pod| pod.node.as_ref() == Some(&node.meta.name)).copied()
        };
        let mut links = Vec::new();
        let mut with = 0;
        for node in nodes.iter() {
            let text = match (left_out(set, node), on(node)) {
                (Some(reason), _) => skipped(&reason),
                (None, Some(_)) => {
                    with += 1;
                    continue;
                }
                (None, None) => Text::new("now.daemon-no-pod-yet"),
            };
            if links.len() < LISTED {
                let text = text.with("node", &node.meta.name);
                let about = Some((Kind::Node, ObjectKey::cluster(Rc::clone(&node.meta.name))));
                links.push(Link { about, ..self.link(LoopId::DaemonSet, text) });
            }
        }
        for pod in pods.iter().filter(|pod| pod.node.is_none()).take(LISTED) {
            let text = Text::new("now.daemon-pod-waits").with("pod", &pod.meta.name);
            let about = Some((Kind::Pod, pod.meta.key()));
            links.push(Link { about, ..self.link(LoopId::DaemonSet, text) });
        }
        let text = Text::new("now.daemon").with("with", with).with("total", nodes.len());
        links.insert(0, self.link(LoopId::DaemonSet, text));
        links
    }

    // ---- CronJobs ----

    fn cron(&self, cron: &Rc<CronJob>) -> Vec<Link> {
        let now = self.cluster.now();
        let clock_of = Clock::of(cron);
        let next = clock_of.as_ref().and_then(|clock| clock.next(now));
        let text = match next {
            _ if cron.spec.suspend => Text::new("now.cron-suspended"),
            None => Text::new("now.cron-never").with("schedule", &cron.spec.schedule),
            Some(next) => Text::new("now.cron-next")
                .with("schedule", &cron.spec.schedule)
                .with("next", clock(next))
                .with("left", span(now, next)),
        };
        let mut first = self.link(LoopId::CronJob, text);
        first.because.extend(next.and_then(|next| in_zone(cron, next)));
        let mut links = vec![first];
        let slots = clock_of.map_or_else(Vec::new, |clock| last_slots(cron, &clock, now));
        links.extend(slots.into_iter().rev().map(|slot| self.slot(cron, slot)));
        links
    }

    /// What became of a slot, or why a time is none.
    fn slot(&self, cron: &Rc<CronJob>, slot: Time) -> Link {
        let now = self.cluster.now();
        let link = |text: Text| {
            let mut link = self.link(LoopId::CronJob, text.with("slot", clock(slot)));
            link.at = slot;
            link.because.extend(in_zone(cron, slot));
            link
        };
        let next = Clock::of(cron).and_then(|one| one.next(slot - Duration::from_seconds(1)));
        match next {
            None => {
                return link(Text::new("slot.never").with("schedule", &cron.spec.schedule));
            }
            Some(next) if next != slot => {
                let text = Text::new("slot.none")
                    .with("schedule", &cron.spec.schedule)
                    .with("next", clock(next));
                return link(text);
            }
            Some(_) => {}
        }
        if slot > now {
            return link(Text::new("slot.to-come"));
        }
        if slot <= cron.meta.created {
            let text = Text::new("slot.before").with("created", clock(cron.meta.created));
            return link(text);
        }
        self.past_slot(cron, slot, link)
    }

    fn past_slot(&self, cron: &Rc<CronJob>, slot: Time, link: impl Fn(Text) -> Link) -> Link {
        let key = cron.meta.key();
        let mut idle = None;
        let mut passed_over = None;
        for (at, decision) in self.cluster.causes().slots(&key) {
            match decision {
                CronDecision::Fired { slot: own, job, .. } if *own == slot => {
                    let late = *at - slot > LATE;
                    let text = Text::new(if late { "slot.fired-late" } else { "slot.fired" })
                        .with("job", named(Kind::Job, job))
                        .with("at", clock(*at));
                    let place =
                        (Kind::Job, ObjectKey::new(Rc::clone(&key.namespace), Rc::clone(job)));
                    return Link { about: Some(place), ..link(text) };
                }
                CronDecision::Fired { slot: later, .. } if *later > slot => {
                    passed_over.get_or_insert(*later);
                }
                CronDecision::NotFired { slot: Some(own), because, .. } if *own == slot => {
                    idle = Some((*at, because));
                }
                _ => {}
            }
        }
        let deadline = cron
            .spec
            .starting_deadline_seconds
            .map(|seconds| (seconds, slot + Duration::from_seconds(seconds)));
        let over = deadline.filter(|(_, end)| *end < self.cluster.now());
        match idle {
            Some((_, Idle::StillRunning { job })) => {
                let key = match (passed_over, over) {
                    (_, Some(_)) => "slot.forbid-deadline",
                    (Some(_), _) => "slot.forbid-passed",
                    _ => "slot.forbid",
                };
                let place =
                    (Kind::Job, ObjectKey::new(Rc::clone(&cron.meta.namespace), Rc::clone(job)));
                let text = Text::new(key)
                    .with("job", named(Kind::Job, job))
                    .with("later", passed_over.map(clock).unwrap_or_default())
                    .with("seconds", over.map_or(0, |(seconds, _)| seconds));
                return Link { about: Some(place), ..link(text) };
            }
            Some((_, Idle::Refused { message })) => {
                return link(Text::new("slot.refused").with("message", message));
            }
            Some((_, Idle::BeingDeleted)) => return link(Text::new("slot.deleting")),
            _ => {}
        }
        if let Some(link) = self.slot_of_version(cron, slot, &link) {
            return link;
        }
        match (over, passed_over) {
            (Some((seconds, _)), _) => link(Text::new("slot.deadline").with("seconds", seconds)),
            (None, Some(later)) => link(Text::new("slot.passed-over").with("later", clock(later))),
            (None, None) => link(Text::new("slot.no-record")),
        }
    }

    /// A slot at which the CronJob was another than it is now: suspended, or of another schedule.
    fn slot_of_version(
        &self,
        cron: &Rc<CronJob>,
        slot: Time,
        link: &impl Fn(Text) -> Link,
    ) -> Option<Link> {
        let changes = chain::history(self.cluster, self.object);
        let step = changes.iter().rfind(|step| step.at <= slot)?;
        let AnyObject::CronJob(then) = &step.object else { return None };
        if then.spec.suspend {
            let mut link = link(Text::new("slot.suspended"));
            let suspends = |step: &&Rc<crate::store::Change>| {
                matches!((&step.before, &step.object),
                    (Some(AnyObject::CronJob(before)), AnyObject::CronJob(after)) if !before.spec.suspend && after.spec.suspend)
            };
            let by = changes.iter().filter(|step| step.at <= slot).rfind(suspends);
            link.because.extend(by.and_then(|step| self.words_of(step)));
            return Some(link);
        }
        let same =
            then.spec.schedule == cron.spec.schedule && then.spec.time_zone == cron.spec.time_zone;
        (!same)
            .then(|| link(Text::new("slot.other-schedule").with("schedule", &then.spec.schedule)))
    }

    /// What a person typed that made a change.
    fn words_of(&self, change: &crate::store::Change) -> Option<Text> {
        let cause = self.cluster.causes().get(change.cause)?;
        let super::causes::Actor::Input(index) = cause.by else { return None };
        let input = self.cluster.inputs().get(index).filter(|input| !input.words.is_empty())?;
        Some(Text::new("chain.words").with("words", &input.words))
    }

    // ---- pods ----

    fn pod(&self, pod: &Rc<Pod>) -> Vec<Link> {
        let now = self.cluster.now();
        if pod.status.phase.finished() {
            let key = match pod.status.phase {
                Phase::Succeeded => "now.pod-succeeded",
                _ => "now.pod-failed",
            };
            return vec![self.link(LoopId::Kubelet, Text::new(key))];
        }
        let mut links = Vec::new();
        if let Some(deletion) = &pod.meta.deletion {
            let end = deletion.at;
            let key = if end > now { "now.stops" } else { "now.should-be-gone" };
            let text = Text::new(key).with("until", clock(end)).with("left", span(now, end));
            links.push(self.link(LoopId::Kubelet, text));
        }
        match &pod.node {
            None => links.extend(self.unbound(pod)),
            Some(node) if self.cluster.kubelets().running(node) == Some(false) => {
                links.push(self.machine_down(node));
                links.extend(self.eviction());
            }
            Some(_) => links.extend(self.containers(pod)),
        }
        links
    }

    fn unbound(&self, pod: &Pod) -> Vec<Link> {
        if pod.spec.gated {
            let gates: Vec<&str> = pod
                .spec
                .raw
                .items_at("schedulingGates")
                .iter()
                .filter_map(|gate| gate.str_at("name"))
                .collect();
            let text = Text::new("now.gated").with("gates", gates.join(", "));
            return vec![self.link(LoopId::Scheduler, text)];
        }
        if &*pod.spec.scheduler_name != "default-scheduler" {
            let text = Text::new("now.other-scheduler").with("name", &pod.spec.scheduler_name);
            return vec![self.link(LoopId::Scheduler, text)];
        }
        let Some((at, AnyDecision::Scheduler(decision))) = self.decided(LoopId::Scheduler) else {
            return vec![self.link(LoopId::Scheduler, Text::new("now.not-looked-at"))];
        };
        let told = conditions::find(&pod.status.conditions, "PodScheduled");
        let message = told.map(|condition| Rc::clone(&condition.message)).unwrap_or_default();
        let mut links = Vec::new();
        match decision {
            SchedulerDecision::Unschedulable(diagnosis) => {
                let mut link = self.link(LoopId::Scheduler, Text::new("now.nowhere"));
                link.at = at;
                link.because = steps::refused(&diagnosis.refusals);
                link.because.push(Text::new("chain.words").with("words", &diagnosis.message));
                links.push(link);
            }
            SchedulerDecision::BackingOff { until } => {
                let mut link = self.link(LoopId::Scheduler, Text::new("now.nowhere"));
                link.because.push(Text::new("chain.words").with("words", message));
                links.push(link);
                let text = Text::new("now.tried-again").with("until", clock(until));
                links.push(self.link(LoopId::Scheduler, text));
            }
            SchedulerDecision::Preempting { node, victims, .. } => {
                let names: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
                let text = Text::new("now.makes-room")
                    .with("node", node)
                    .with("victims", names.join(", "));
                links.push(self.link(LoopId::Scheduler, text));
            }
            SchedulerDecision::NotConcerned
            | SchedulerDecision::Gated
            | SchedulerDecision::Bound { .. } => {}
        }
        links
    }

    fn machine_down(&self, node: &Rc<str>) -> Link {
        let about = Some((Kind::Node, ObjectKey::cluster(Rc::clone(node))));
        let mut link = Link {
            about,
            ..self.link(LoopId::Kubelet, Text::new("now.node-down").with("node", node))
        };
        let stopped = self.cluster.inputs().iter().rfind(
            |input| matches!(&input.verb, Verb::Act(Action::StopNode(name)) if name == node),
        );
        if let Some(input) = stopped.filter(|input| !input.words.is_empty()) {
            link.at = input.at;
            link.because.push(
                Text::new("now.since").with("at", clock(input.at)).with("words", &input.words),
            );
        }
        link
    }

    /// When the taints of a dead node drive the pod out.
    fn eviction(&self) -> Option<Link> {
        use crate::controllers::taint_eviction::Decision;
        let Some((_, AnyDecision::TaintEviction(decision))) = self.decided(LoopId::TaintEviction)
        else {
            return None;
        };
        let text = match decision {
            Decision::Waits { until } => Text::new("now.driven-out")
                .with("until", clock(until))
                .with("left", span(self.cluster.now(), until)),
            Decision::ToleratesForEver => Text::new("now.tolerates"),
            Decision::Stays | Decision::Evicted => return None,
        };
        Some(self.link(LoopId::TaintEviction, text))
    }

    fn containers(&self, pod: &Pod) -> Vec<Link> {
        let mut links = Vec::new();
        let all = || pod.status.init_containers.iter().chain(pod.status.containers.iter());
        let init = pod.status.init_containers.iter().find(|one| {
            let sidecar =
                pod.spec.init_containers.iter().any(|spec| spec.name == one.name && spec.sidecar);
            !sidecar && matches!(one.state, ContainerState::Running { .. })
        });
        if let Some(init) = init {
            let text = Text::new("now.init").with("container", &init.name);
            links.push(self.link(LoopId::Kubelet, text));
        }
        links.extend(all().filter_map(|one| self.waiting(pod, one)));
        if links.is_empty()
            && let Some(event) = self.failed_mount(pod)
        {
            links.push(event);
        }
        if !links.is_empty() || pod.meta.deletion.is_some() {
            return links;
        }
        let unready: Vec<&ContainerStatus> =
            pod.status.containers.iter().filter(|one| !one.ready).collect();
        for one in &unready {
            links.extend(self.unready(pod, one));
        }
        if unready.is_empty() && pod.status.phase == Phase::Running {
            links.push(self.link(LoopId::Kubelet, Text::new("now.runs")));
        } else if links.is_empty() {
            links.push(self.link(LoopId::Kubelet, Text::new("now.starting")));
        }
        links
    }

    fn waiting(&self, pod: &Pod, one: &ContainerStatus) -> Option<Link> {
        let ContainerState::Waiting { reason, message } = &one.state else { return None };
        let now = self.cluster.now();
        let hold = self.cluster.kubelets().back_off(pod.meta.uid, &one.name);
        let until = hold.map(|(until, _)| until).filter(|until| *until > now);
        let text = match &**reason {
            "ContainerCreating" | "PodInitializing" => {
                let word = self.word_of(&one.name)?;
                match word {
                    "pulling" => Text::new(match self.cluster.kubelets().registry() {
                        Registry::Slow => "now.pulling-slowly",
                        Registry::Up | Registry::Down => "now.pulling",
                    })
                    .with(
                        "image",
                        pod.spec
                            .container(&one.name)
                            .map(|spec| Rc::clone(&spec.image))
                            .unwrap_or_default(),
                    ),
                    _ => return None,
                }
            }
            "CrashLoopBackOff" => {
                let end = one.last.as_ref();
                Text::new("now.back-off")
                    .with("wait", steps::back_off(message).unwrap_or_default())
                    .with("code", end.map_or(0, |end| end.exit_code))
                    .with("count", one.restart_count)
            }
            "ImagePullBackOff" | "ErrImagePull" => {
                let down = self.cluster.kubelets().registry() == Registry::Down;
                Text::new(if down { "now.registry-down" } else { "now.no-image" })
                    .with(
                        "image",
                        pod.spec
                            .container(&one.name)
                            .map(|spec| Rc::clone(&spec.image))
                            .unwrap_or_default(),
                    )
                    .with("message", message)
            }
            _ => Text::new("chain.cannot-start").with("reason", reason).with("message", message),
        };
        let mut link = self.link(LoopId::Kubelet, text.with("container", &one.name));
        if let Some(until) = until {
            link.because.push(
                Text::new("now.next-try")
                    .with("until", clock(until))
                    .with("left", span(now, until)),
            );
        }
        Some(link)
    }

    /// What the kubelet last found a container doing.
    fn word_of(&self, container: &str) -> Option<&'static str> {
        match self.decided(LoopId::Kubelet) {
            Some((_, AnyDecision::Kubelet(KubeletDecision::Synced { containers, .. }))) => {
                containers.iter().find(|(name, _)| **name == *container).map(|(_, word)| *word)
            }
            _ => None,
        }
    }

    fn failed_mount(&self, pod: &Pod) -> Option<Link> {
        let starting = pod
            .status
            .containers
            .iter()
            .all(|one| matches!(one.state, ContainerState::Waiting { .. }));
        let uid = pod.meta.uid.to_string();
        let events = self.cluster.store().events_of(&uid);
        let event = events
            .filter(|event| &*event.reason == "FailedMount")
            .max_by_key(|event| event.last)?;
        starting.then(|| {
            let text = Text::new("now.mount").with("message", &event.message);
            Link { at: event.last, ..self.link(LoopId::Kubelet, text) }
        })
    }

    /// A container that runs and is not ready: which probe says so.
    fn unready(&self, pod: &Pod, one: &ContainerStatus) -> Option<Link> {
        if !matches!(one.state, ContainerState::Running { .. }) {
            return None;
        }
        let spec = pod.spec.container(&one.name)?;
        let (probe, key) = match (&spec.startup, &spec.readiness) {
            (Some(_), _) if one.started != Some(true) => ("startup", "now.startup"),
            (_, Some(_)) => ("readiness", "now.unready"),
            _ => return None,
        };
        let history = self.cluster.kubelets().probe_history(pod.meta.uid, &one.name, probe);
        let failures = history.iter().rev().take_while(|result| !result.good()).count();
        let text = history.last().and_then(|result| result.output.clone());
        let mut link = self.link(
            LoopId::Kubelet,
            Text::new(key).with("container", &one.name).with("count", failures),
        );
        link.because.extend(text.map(|text| Text::new("chain.words").with("words", text)));
        Some(link)
    }

    // ---- nodes and services ----

    fn node(&self, node: &Node) -> Vec<Link> {
        let mut links = Vec::new();
        if self.cluster.kubelets().running(&node.meta.name) == Some(false) {
            links.push(self.machine_down(&node.meta.name));
        }
        if node.spec.unschedulable {
            links.push(self.link(LoopId::Scheduler, Text::new("now.cordoned")));
        }
        for taint in &node.spec.taints {
            let value = taint.to_value();
            let effect = value.str_at("effect").unwrap_or_default().to_owned();
            if &*taint.key == "node.kubernetes.io/unschedulable" {
                continue;
            }
            let key = if effect == "NoExecute" { "now.taint-drives" } else { "now.taint" };
            let text = Text::new(key).with("taint", format!("{}:{effect}", taint.key));
            links.push(self.link(LoopId::Scheduler, text));
        }
        if links.is_empty() {
            links.push(self.link(LoopId::NodeLifecycle, Text::new("now.node-well")));
        }
        links
    }

    /// The pods behind a Service, or why there are none.
    fn service(&self, service: &Plain) -> Vec<Link> {
        let spec = service.body.get("spec");
        let wanted = spec.and_then(|spec| spec.get("selector"));
        let link = |text: Text| self.link(LoopId::Scheduler, text);
        if wanted.is_none_or(|wanted| wanted.entries().next().is_none()) {
            return vec![link(Text::new("now.service-no-selector"))];
        }
        let selector = Selector::from_map(wanted);
        let pods = self.cluster.store().pods().iter_in(Some(&service.meta.namespace));
        let matching: Vec<&Rc<Pod>> =
            pods.filter(|pod| selector.matches(&pod.meta.labels)).collect();
        let ready =
            matching.iter().filter(|pod| pod.ready() && pod.meta.deletion.is_none()).count();
        if matching.is_empty() {
            return vec![link(
                Text::new("now.service-no-pods").with("selector", selector.text_or_none()),
            )];
        }
        let key = if ready == 0 { "now.service-none-ready" } else { "now.service" };
        let mut links = vec![link(
            Text::new(key)
                .with("count", matching.len())
                .with("ready", ready)
                .with("selector", selector.text_or_none()),
        )];
        for pod in matching.iter().filter(|pod| !pod.ready()).take(LISTED) {
            let text = Text::new("now.service-unready").with("pod", &pod.meta.name);
            links.push(Link { about: Some((Kind::Pod, pod.meta.key())), ..link(text) });
        }
        links.extend(self.ports(service, &matching).map(link));
        links
    }

    /// A port of the Service that no container names.
    fn ports(&self, service: &Plain, pods: &[&Rc<Pod>]) -> Option<Text> {
        let ports = service.body.at(&["spec", "ports"]).map(Value::items).unwrap_or_default();
        let lacking = ports.iter().find_map(|port| {
            let target = port.get("targetPort")?;
            let name = target.as_str()?;
            let known = pods.iter().any(|pod| {
                pod.spec
                    .all_containers()
                    .any(|one| one.ports.iter().any(|port| *port.name == *name))
            });
            (!known).then(|| name.to_owned())
        })?;
        Some(Text::new("now.service-no-port").with("port", lacking))
    }
}

/// Why a set leaves a node out.
fn skipped(reason: &LeftOut) -> Text {
    match reason {
        LeftOut::OtherNode(name) => Text::new("now.daemon-other-node").with("other", name),
        LeftOut::Selector { key, value } => {
            Text::new("now.daemon-selector").with("label", format!("{key}={value}"))
        }
        LeftOut::Affinity => Text::new("now.daemon-affinity"),
        LeftOut::Taint(taint) => {
            let value = taint.to_value();
            let effect = value.str_at("effect").unwrap_or_default().to_owned();
            Text::new("now.daemon-taint").with("taint", format!("{}:{effect}", taint.key))
        }
    }
}

/// A slot on the clock of the CronJob's own time zone, if it has one.
fn in_zone(cron: &CronJob, slot: Time) -> Option<Text> {
    let name = cron.spec.time_zone.as_ref()?;
    let zone = TimeZone::find(name)?;
    let local = zone.rfc3339(slot);
    let local = local.split_once('T').map_or("", |(_, time)| time);
    let local = local.get(..5).unwrap_or(local);
    Some(Text::new("slot.zone").with("zone", name).with("local", local))
}

/// The last slots until now, oldest first.
fn last_slots(cron: &CronJob, clock: &Clock, now: Time) -> Vec<Time> {
    let created = cron.meta.created;
    let period = clock.next(now).and_then(|next| Some(clock.next(next)? - next));
    let Some(period) = period else { return Vec::new() };
    let back = Duration::from_millis(
        period.millis().saturating_mul(i64::try_from(SLOTS).unwrap_or(8) + 1),
    );
    let mut at = (now - back).max(created);
    let mut slots = Vec::new();
    while let Some(next) = clock.next(at).filter(|next| *next <= now) {
        slots.push(next);
        at = next;
        if slots.len() > 400 {
            slots.drain(..200);
        }
    }
    let surplus = slots.len().saturating_sub(SLOTS);
    slots.split_off(surplus)
}
