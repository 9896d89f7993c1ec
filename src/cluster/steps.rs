//! What one recorded change says, as texts: a pod that was bound, a container that ended, a node that fell silent. A
//! change that only keeps books (counts in a status) says nothing.

use std::rc::Rc;

use super::causes::AnyDecision;
use super::chain::{By, Link, clock, named, span};
use super::input::Input;
use super::why;
use crate::api::conditions::{self, Condition, Status};
use crate::api::core::{ContainerState, ContainerStatus, Event, Node, Pod, Taint};
use crate::api::object::AnyObject;
use crate::controllers::cronjob::Decision as CronDecision;
use crate::kubelet::Decision as KubeletDecision;
use crate::language::Text;
use crate::scheduler::{Decision as SchedulerDecision, Ranked, Refusal, Score};
use crate::store::{Change, Operation};

/// A change and what is known of why.
pub(super) struct Scene<'a> {
    pub change: &'a Change,
    pub by: By,
    pub input: Option<&'a Input>,
    pub decision: Option<&'a AnyDecision>,
    /// Whose loop did it, as `job/pi`.
    pub owner: Option<&'a str>,
}

impl Scene<'_> {
    fn name(&self) -> String {
        named(self.change.object.kind(), &self.change.object.meta().name)
    }

    fn words(&self) -> Option<&str> {
        self.input.map(|input| &*input.words).filter(|words| !words.is_empty())
    }

    fn link(&self, text: Text) -> Link {
        Link::new(self.change.at, self.by, None, text)
    }

    fn process(&self, text: Text) -> Link {
        Link::new(self.change.at, By::Process, None, text)
    }

    /// The decision as a reason, if it says something.
    fn reason(&self) -> Vec<Text> {
        self.decision.and_then(why::text_of).into_iter().collect()
    }
}

/// What a person did, apart from writing objects.
pub(super) fn done_by_you(input: &Input) -> Text {
    Text::new("chain.you").with("words", &input.words)
}

/// What a change says.
pub(super) fn of(scene: &Scene<'_>) -> Vec<Link> {
    match scene.change.operation {
        Operation::Added => vec![created(scene)],
        Operation::Deleted => gone(scene).into_iter().collect(),
        Operation::Modified => modified(scene),
    }
}

fn created(scene: &Scene<'_>) -> Link {
    let object = scene.name();
    let with = |key: &'static str| Text::new(key).with("object", &object);
    match (scene.by, scene.decision) {
        (By::You, _) => scene.link(match scene.words() {
            Some(words) => with("chain.you-created").with("words", words),
            None => with("chain.you-created-it"),
        }),
        (By::Loop(_), Some(AnyDecision::CronJob(CronDecision::Fired { slot, missed, .. }))) => {
            let owner = scene.owner.unwrap_or_default();
            let mut link =
                scene.link(with("chain.fired").with("owner", owner).with("slot", clock(*slot)));
            if *missed > 0 {
                link.because.push(Text::new("chain.missed").with("count", missed));
            }
            link
        }
        (By::Loop(_), _) => {
            let text = with("chain.created").with("owner", scene.owner.unwrap_or_default());
            Link { because: scene.reason(), ..scene.link(text) }
        }
        (By::SetUp | By::Process, _) => scene.link(with("chain.set-up")),
    }
}

/// The end of an object: said where somebody meant it; that it is gone after it was told to go is no news.
fn gone(scene: &Scene<'_>) -> Option<Link> {
    let before = scene.change.before.as_ref()?;
    if before.meta().deletion.is_some() {
        return None;
    }
    Some(deleted(scene, Text::new("chain.deleted").with("object", scene.name())))
}

fn deleted(scene: &Scene<'_>, plain: Text) -> Link {
    match (scene.by, scene.words()) {
        (By::You, Some(words)) => scene
            .link(Text::new("chain.you-deleted").with("object", scene.name()).with("words", words)),
        (By::You, None) => {
            scene.link(Text::new("chain.you-deleted-it").with("object", scene.name()))
        }
        _ => Link { because: scene.reason(), ..scene.link(plain) },
    }
}

fn modified(scene: &Scene<'_>) -> Vec<Link> {
    let Some(before) = &scene.change.before else { return Vec::new() };
    let after = &scene.change.object;
    let mut links = Vec::new();
    if before.meta().deletion.is_none()
        && let Some(deletion) = &after.meta().deletion
    {
        let text = Text::new("chain.told-to-stop")
            .with("object", scene.name())
            .with("grace", deletion.grace_seconds);
        links.push(deleted(scene, text));
    }
    ownership(scene, before, &mut links);
    match (before, after) {
        (AnyObject::Pod(before), AnyObject::Pod(after)) => pod(scene, before, after, &mut links),
        (AnyObject::Node(before), AnyObject::Node(after)) => {
            node(scene, before, after, &mut links);
        }
        _ => workload(scene, before, after, &mut links),
    }
    links
}

/// Who it belongs to, and its labels.
fn ownership(scene: &Scene<'_>, before: &AnyObject, links: &mut Vec<Link>) {
    let after = &scene.change.object;
    let (old, new) = (before.meta().controller(), after.meta().controller());
    let with = |key: &'static str, owner: &crate::api::meta::OwnerReference| {
        let owner = format!("{}/{}", owner.kind.to_lowercase(), owner.name);
        Text::new(key).with("object", scene.name()).with("owner", owner)
    };
    match (old, new) {
        (None, Some(owner)) => links.push(scene.link(with("chain.adopted", owner))),
        (Some(owner), None) => links.push(scene.link(with("chain.released", owner))),
        _ => {}
    }
    if before.meta().labels != after.meta().labels {
        let text = match scene.words() {
            Some(words) => {
                Text::new("chain.you-labelled").with("object", scene.name()).with("words", words)
            }
            None => Text::new("chain.labelled").with("object", scene.name()),
        };
        links.push(scene.link(text));
    }
}

/// Specs that changed, and conditions of workloads that came to hold.
fn workload(scene: &Scene<'_>, before: &AnyObject, after: &AnyObject, links: &mut Vec<Link>) {
    if before.meta().generation != after.meta().generation && after.meta().deletion.is_none() {
        let with = |key: &'static str| Text::new(key).with("object", scene.name());
        links.push(match (scene.by, scene.words()) {
            (By::You, Some(words)) => scene.link(with("chain.you-changed").with("words", words)),
            (By::You, None) => scene.link(with("chain.you-changed-it")),
            _ => {
                let text = with("chain.changed").with("owner", scene.owner.unwrap_or_default());
                Link { because: scene.reason(), ..scene.link(text) }
            }
        });
    }
    let (old, new) = (conditions_of(before), conditions_of(after));
    for condition in new.iter().filter(|one| one.status == Status::True) {
        let key = match &*condition.kind {
            "Complete" => "chain.job-complete",
            "Failed" => "chain.job-failed",
            "Suspended" => "chain.suspended",
            "ReplicaFailure" => "chain.replica-failure",
            _ => continue,
        };
        if !conditions::holds(old, &condition.kind) {
            links.push(
                scene.link(
                    Text::new(key)
                        .with("object", scene.name())
                        .with("reason", &condition.reason)
                        .with("message", &condition.message),
                ),
            );
        }
    }
}

fn conditions_of(object: &AnyObject) -> &[Condition] {
    match object {
        AnyObject::Job(job) => &job.status.conditions,
        AnyObject::Deployment(one) => &one.status.conditions,
        AnyObject::ReplicationController(one) => &one.status.conditions,
        AnyObject::Pod(one) => &one.status.conditions,
        AnyObject::Node(one) => &one.status.conditions,
        _ => &[],
    }
}

// ---- pods ----

fn pod(scene: &Scene<'_>, before: &Pod, after: &Pod, links: &mut Vec<Link>) {
    if before.node.is_none()
        && let Some(node) = &after.node
    {
        let text = Text::new("chain.bound").with("object", scene.name()).with("node", node);
        links.push(Link { because: why_there(scene.decision), ..scene.link(text) });
    }
    let place = |pod: &Pod| {
        conditions::find(&pod.status.conditions, "PodScheduled")
            .filter(|condition| condition.status == Status::False)
            .map(|condition| (Rc::clone(&condition.reason), Rc::clone(&condition.message)))
    };
    if let Some((reason, message)) = place(after).filter(|now| place(before).as_ref() != Some(now))
    {
        let key = match &*reason {
            "SchedulingGated" => "chain.gated",
            _ => "chain.nowhere",
        };
        let text = Text::new(key).with("object", scene.name()).with("message", message);
        links.push(scene.link(text));
    }
    if before.status.nominated_node.is_none()
        && let Some(node) = &after.status.nominated_node
    {
        let text = Text::new("chain.makes-room").with("object", scene.name()).with("node", node);
        links.push(Link { because: scene.reason(), ..scene.link(text) });
    }
    for one in after.status.init_containers.iter().chain(after.status.containers.iter()) {
        let all = before.status.init_containers.iter().chain(before.status.containers.iter());
        let old = all.into_iter().find(|old| old.name == one.name);
        links.extend(container(scene, old, one));
    }
    ended(scene, before, after, links);
}

/// What became of a container.
fn container(
    scene: &Scene<'_>,
    before: Option<&ContainerStatus>,
    after: &ContainerStatus,
) -> Vec<Link> {
    let with = |key: &'static str| Text::new(key).with("container", &after.name);
    let mut links = Vec::new();
    let was = before.map(|before| &before.state);
    // A run that ended and whose end is seen for the first time.
    let old_end = before.and_then(|before| end_of(before));
    if let Some(end) = end_of(after).filter(|end| old_end != Some(end)) {
        let text = match end.exit_code {
            0 => with("chain.ended-well"),
            code => with("chain.ended").with("code", code).with("reason", &end.reason),
        };
        links.push(scene.process(text));
    }
    match &after.state {
        ContainerState::Running { .. } if !matches!(was, Some(ContainerState::Running { .. })) => {
            links.push(scene.link(match after.restart_count {
                0 => with("chain.started"),
                count => with("chain.started-again").with("count", count),
            }));
        }
        ContainerState::Waiting { reason, message } => {
            let same =
                matches!(was, Some(ContainerState::Waiting { reason: old, .. }) if old == reason);
            if let Some(text) = (!same).then(|| waiting(scene, reason, message)).flatten() {
                links.push(scene.link(text.with("container", &after.name)));
            }
        }
        _ => {}
    }
    links
}

fn end_of(status: &ContainerStatus) -> Option<&Rc<crate::api::core::Terminated>> {
    match &status.state {
        ContainerState::Terminated(end) => Some(end),
        _ => status.last.as_ref(),
    }
}

/// Why a container waits, where that says something.
fn waiting(scene: &Scene<'_>, reason: &str, message: &str) -> Option<Text> {
    match reason {
        "ContainerCreating" | "PodInitializing" => None,
        "CrashLoopBackOff" => {
            let until = match scene.decision {
                Some(AnyDecision::Kubelet(KubeletDecision::Synced {
                    back_off_until: Some(until),
                    ..
                })) => clock(*until),
                _ => String::new(),
            };
            Some(
                Text::new("chain.back-off")
                    .with("wait", back_off(message).unwrap_or_default())
                    .with("until", until),
            )
        }
        _ => Some(Text::new("chain.cannot-start").with("reason", reason).with("message", message)),
    }
}

/// `20s` of `back-off 20s restarting failed container=…`.
pub(super) fn back_off(message: &str) -> Option<&str> {
    message.strip_prefix("back-off ")?.split(' ').next()
}

/// Readiness, and an end that no container explains.
fn ended(scene: &Scene<'_>, before: &Pod, after: &Pod, links: &mut Vec<Link>) {
    let object = || scene.name();
    if after.status.phase.finished()
        && !before.status.phase.finished()
        && !after.status.reason.is_empty()
    {
        let text = Text::new("chain.failed")
            .with("object", object())
            .with("reason", &after.status.reason)
            .with("message", &after.status.message);
        links.push(scene.link(text));
    }
    let (was, is) = (before.ready(), after.ready());
    if was == is || after.status.phase.finished() {
        return;
    }
    let restarted = links.iter().any(|link| link.text.key.starts_with("chain.started"));
    let running = after
        .status
        .containers
        .iter()
        .all(|one| matches!(one.state, ContainerState::Running { .. }));
    if is && !restarted {
        links.push(scene.link(Text::new("chain.ready").with("object", object())));
    } else if !is && running && after.meta.deletion.is_none() {
        links.push(scene.link(Text::new("chain.unready").with("object", object())));
    }
}

/// Why a pod went where it went: what was recorded when it was bound.
fn why_there(decision: Option<&AnyDecision>) -> Vec<Text> {
    let Some(AnyDecision::Scheduler(SchedulerDecision::Bound {
        node,
        ranking,
        feasible,
        refusals,
    })) = decision
    else {
        return Vec::new();
    };
    let mut because = Vec::new();
    match (ranking.first(), ranking.get(1)) {
        (Some(_), None) => because.push(Text::new("chain.only").with("node", node)),
        (Some(best), Some(second)) => {
            let leads = best.total > second.total;
            let text = Text::new(if leads { "chain.best" } else { "chain.equal" });
            because.push(
                text.with("node", node)
                    .with("other", &second.node)
                    .with("feasible", feasible)
                    .with("total", feasible + refusals.len())
                    .with("score", best.total)
                    .with("less", second.total),
            );
            because.extend(
                lead(best, second).filter(|_| leads).map(|score| Text::new(lead_key(score))),
            );
        }
        (None, _) => {}
    }
    because.extend(refused(refusals));
    because
}

/// The key of what a lead by this score means.
const fn lead_key(score: Score) -> &'static str {
    match score {
        Score::TaintToleration => "lead.taint",
        Score::NodeAffinity => "lead.affinity",
        Score::PodTopologySpread => "lead.spread",
        Score::InterPodAffinity => "lead.neighbours",
        Score::LeastAllocated => "lead.room",
        Score::BalancedAllocation => "lead.balance",
        Score::ImageLocality => "lead.image",
    }
}

/// The score by which the best node leads the most.
fn lead(best: &Ranked, second: &Ranked) -> Option<Score> {
    let gains = Score::ALL
        .into_iter()
        .zip(best.parts.iter().zip(&second.parts))
        .map(|(score, (a, b))| (score, (i64::from(*a) - i64::from(*b)) * score.weight()));
    gains.filter(|(_, gain)| *gain > 0).max_by_key(|(_, gain)| *gain).map(|(score, _)| score)
}

/// Refusals, nodes with the same reason together.
pub(super) fn refused(refusals: &[(Rc<str>, Refusal)]) -> Vec<Text> {
    let mut groups: Vec<(&Refusal, Vec<&str>)> = Vec::new();
    for (node, refusal) in refusals {
        match groups.iter_mut().find(|(known, _)| known.check == refusal.check) {
            Some((_, nodes)) => nodes.push(node),
            None => groups.push((refusal, vec![node])),
        }
    }
    let most = 4;
    groups
        .into_iter()
        .map(|(refusal, nodes)| {
            let mut list = nodes.iter().take(most).copied().collect::<Vec<_>>().join(", ");
            if nodes.len() > most {
                list.push_str(&format!(" +{}", nodes.len() - most));
            }
            let what: Vec<&str> = refusal.reasons().collect();
            Text::new(why::refusal_key(refusal.check))
                .with("nodes", list)
                .with("what", what.join(", "))
        })
        .collect()
}

// ---- nodes ----

/// Whether a change of a node is about its being unwell.
pub(super) fn troubles(change: &Change) -> bool {
    let (Some(AnyObject::Node(before)), AnyObject::Node(after)) = (&change.before, &change.object)
    else {
        return false;
    };
    let ready = |node: &Node| conditions::holds(&node.status.conditions, "Ready");
    ready(before) && !ready(after) || after.spec.taints.len() > before.spec.taints.len()
}

fn node(scene: &Scene<'_>, before: &Node, after: &Node, links: &mut Vec<Link>) {
    let object = || scene.name();
    let state =
        |node: &Node| conditions::find(&node.status.conditions, "Ready").map(|ready| ready.status);
    if state(before) != state(after) {
        let key = match state(after) {
            Some(Status::True) => "chain.node-ready",
            Some(Status::False) => "chain.node-unready",
            _ => "chain.node-silent",
        };
        links.push(scene.link(Text::new(key).with("object", object())));
    }
    if before.spec.unschedulable != after.spec.unschedulable {
        let key = if after.spec.unschedulable { "chain.cordoned" } else { "chain.uncordoned" };
        let mut link = scene.link(Text::new(key).with("object", object()));
        link.because
            .extend(scene.words().map(|words| Text::new("chain.words").with("words", words)));
        links.push(link);
    }
    let new = |one: &&Taint, list: &[Taint]| {
        !list.iter().any(|other| other.key == one.key && other.effect == one.effect)
    };
    let taint = |key: &'static str, one: &Taint| {
        let effect = one.to_value();
        let effect = effect.str_at("effect").unwrap_or_default().to_owned();
        Text::new(key).with("object", object()).with("taint", format!("{}:{effect}", one.key))
    };
    for one in after.spec.taints.iter().filter(|one| new(one, &before.spec.taints)) {
        links.push(scene.link(taint("chain.tainted", one)));
    }
    for one in before.spec.taints.iter().filter(|one| new(one, &after.spec.taints)) {
        links.push(scene.link(taint("chain.untainted", one)));
    }
}

// ---- events ----

/// Whether an event tells something of its object that no change of it does.
pub(super) fn tells_more(event: &Event) -> bool {
    matches!(
        &*event.reason,
        "Killing"
            | "Unhealthy"
            | "FailedMount"
            | "FailedPostStartHook"
            | "FailedPreStopHook"
            | "FailedCreatePodSandBox"
            | "Preempted"
            | "JobAlreadyActive"
            | "TooManyMissedTimes"
            | "FailedCreate"
    )
}

/// An event as a text.
pub(super) fn event(event: &Event) -> Text {
    let with = |key: &'static str| {
        Text::new(key)
            .with("reason", &event.reason)
            .with("message", &event.message)
            .with("count", event.count)
            .with("span", span(event.first, event.last))
    };
    match event.count {
        0 | 1 => with("chain.event"),
        _ => with("chain.event-often"),
    }
}
