//! What a pod waits for: a node, the end of its deletion, a machine that stands still, a container that does not start
//! or is not ready.

use std::rc::Rc;

use super::Ask;
use crate::api::conditions;
use crate::api::core::{ContainerState, ContainerStatus, Phase, Pod};
use crate::cluster::causes::{AnyDecision, LoopId};
use crate::cluster::chain::{Link, clock, span};
use crate::cluster::steps;
use crate::kubelet::{Decision as KubeletDecision, Registry};
use crate::language::Text;
use crate::scheduler::Decision as SchedulerDecision;

impl Ask<'_> {
    pub(super) fn pod(&self, pod: &Rc<Pod>) -> Vec<Link> {
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
            Decision::Gone | Decision::Stays | Decision::Evicted => return None,
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
        let image = pod.spec.container(&one.name).map(|spec| Rc::clone(&spec.image));
        let image = image.unwrap_or_default();
        let text = match &**reason {
            "ContainerCreating" | "PodInitializing" => {
                let word = self.word_of(&one.name)?;
                match word {
                    "pulling" => Text::new(match self.cluster.kubelets().registry() {
                        Registry::Slow => "now.pulling-slowly",
                        Registry::Up | Registry::Down => "now.pulling",
                    })
                    .with("image", image),
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
                    .with("image", image)
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
}
