//! What holds now: what an object waits for, and why nothing more happens to it. A CronJob's slots, a controller that
//! makes no pod, a pod that stays Pending, the nodes that a DaemonSet leaves out, a Service without pods.

mod pods;
mod slots;

use std::rc::Rc;

use super::causes::{AnyDecision, LoopId};
use super::chain::{By, Link, clock, span};
use super::facade::Cluster;
use super::input::{Action, Verb};
use super::why;
use crate::api::apps::DaemonSet;
use crate::api::batch::{CronJob, Job};
use crate::api::conditions;
use crate::api::core::{Node, Pod};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::controllers::daemonset::{LeftOut, left_out};
use crate::controllers::deployment::Decision as DeploymentDecision;
use crate::controllers::job::{Decision as JobDecision, Numbers};
use crate::controllers::replicas::Decision as ReplicasDecision;
use crate::language::Text;
use crate::sim::Time;

/// So many nodes or pods are told one by one.
const LISTED: usize = 20;

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
