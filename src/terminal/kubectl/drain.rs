//! `kubectl drain`: cordons, then evicts. Follows `pkg/cmd/drain` and `pkg/drain`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::nodes::{cordon_one, targets};
use super::problem::Failure;
use super::{After, Context, DONE, Dry};
use crate::api::Reason;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::cluster::WriteOptions;
use crate::reconcile::DeleteOptions;
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::terminal::process::{Io, Process, Turn};

const UNMANAGED: &str = "Pods that declare no controller (use --force to override)";
const DAEMON: &str = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
const LOCAL: &str = "Pods with local storage (use --delete-emptydir-data to override)";

/// What is to be done with a pod.
enum Verdict {
    /// It is evicted; perhaps with a warning.
    Evict(Option<String>),
    /// It stays, with a warning or silently.
    Stay(Option<String>),
    /// It stands in the way.
    Refuse(String),
}

fn verdict(context: &Context<'_>, pod: &Pod) -> Verdict {
    let over = pod.status.phase.finished();
    let force = context.flags.has("force");
    let controller = pod.meta.controller();
    if let Some(owner) = controller.filter(|owner| &*owner.kind == "DaemonSet" && !over) {
        let key = ObjectKey::new(Rc::clone(&pod.meta.namespace), Rc::clone(&owner.name));
        let there = context.cluster.store().daemon_sets().get(&key).is_some();
        match (there, force, context.flags.has("ignore-daemonsets")) {
            (false, true, _) => {
                let words = format!("daemonsets.apps \"{}\" not found", owner.name);
                return Verdict::Evict(Some(words));
            }
            (false, false, _) => {
                return Verdict::Refuse(format!("daemonsets.apps \"{}\" not found", owner.name));
            }
            (true, _, false) => return Verdict::Refuse(DAEMON.into()),
            (true, _, true) => {
                return Verdict::Stay(Some("ignoring DaemonSet-managed Pods".into()));
            }
        }
    }
    if pod.meta.annotations.text("kubernetes.io/config.mirror").is_some() {
        return Verdict::Stay(None);
    }
    let local = pod.spec.volumes.iter().any(|volume| volume.raw.get("emptyDir").is_some());
    let mut warning = None;
    if local && !over {
        if !context.flags.has("delete-emptydir-data") {
            return Verdict::Refuse(LOCAL.into());
        }
        warning = Some("deleting Pods with local storage".to_owned());
    }
    if over || controller.is_some() {
        return Verdict::Evict(warning);
    }
    match force {
        true => Verdict::Evict(Some("deleting Pods that declare no controller".into())),
        false => Verdict::Refuse(UNMANAGED.into()),
    }
}

/// `WORDS: ns/a, ns/b; WORDS: ns/c`, in order of the words.
fn grouped(all: &[(String, String)]) -> Vec<String> {
    let mut words: Vec<&String> = all.iter().map(|(words, _)| words).collect();
    words.order();
    words.dedup();
    let line = |word: &String| {
        let names: Vec<&str> =
            all.iter().filter(|(own, _)| own == word).map(|(_, name)| name.as_str()).collect();
        format!("{word}: {}", names.join(", "))
    };
    words.into_iter().map(line).collect()
}

/// Pods to evict, and the warning about them.
fn pods_of(
    context: &Context<'_>,
    node: &Rc<str>,
) -> Result<(Vec<Rc<Pod>>, Option<String>), Vec<String>> {
    let text = context.flags.text("pod-selector");
    let selector = Selector::parse(text).unwrap_or(Selector::Nothing);
    let (mut pods, mut warnings, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
    for pod in context.cluster.store().pods_on(node) {
        if !selector.is_empty() && !selector.matches(&pod.meta.labels) {
            continue;
        }
        let name = format!("{}/{}", pod.meta.namespace, pod.meta.name);
        match verdict(context, pod) {
            Verdict::Evict(warning) => {
                warnings.extend(warning.map(|words| (words, name)));
                pods.push(Rc::clone(pod));
            }
            Verdict::Stay(warning) => warnings.extend(warning.map(|words| (words, name))),
            Verdict::Refuse(words) => refusals.push((words, name)),
        }
    }
    if !refusals.is_empty() {
        // Pods without a controller first, as the reasons are looked at.
        let mut lines = grouped(&refusals);
        lines.order_by_key(|line| !line.starts_with("Pods that declare"));
        return Err(lines.into_iter().map(|line| format!("cannot delete {line}")).collect());
    }
    let warning = (!warnings.is_empty()).then(|| grouped(&warnings).join("; "));
    Ok((pods, warning))
}

/// Runs `drain`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    if Selector::parse(context.flags.text("pod-selector")).is_err() {
        return Err(Failure::new("--pod-selector=<pod_selector> must be a valid label selector"));
    }
    let nodes = targets(context, "drain")?;
    let mut names = Vec::new();
    for object in &nodes {
        let AnyObject::Node(node) = object else { continue };
        cordon_one(context, node, true)?;
        names.push(Rc::clone(&node.meta.name));
    }
    let (mut jobs, mut fatal, mut remaining) = (VecDeque::new(), Vec::new(), Vec::new());
    for name in names {
        match pods_of(context, &name) {
            Ok((pods, warning)) => {
                if let Some(words) = warning {
                    context.warn(&format!("Warning: {words}"));
                }
                if context.dry() == Dry::Client {
                    for pod in &pods {
                        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
                        context.out(&format!("evicting pod {namespace}/{name} (dry run)\n"));
                    }
                    context.out(&format!("node/{name} drained (dry run)\n"));
                    continue;
                }
                jobs.push_back(NodeJob::new(name, &pods));
            }
            Err(lines) => {
                let words = match lines.as_slice() {
                    [one] => one.clone(),
                    many => format!("[{}]", many.join(", ")),
                };
                context.warn(&format!(
                    "error: unable to drain node \"{name}\" due to error: {words}, continuing command..."
                ));
                fatal.extend(lines);
                remaining.push(name);
            }
        }
    }
    if jobs.is_empty() && fatal.is_empty() {
        return DONE;
    }
    let timeout = context.flags.span("timeout").filter(|span| *span > Duration::ZERO);
    let grace = context.flags.number("grace-period").filter(|grace| *grace >= 0);
    Ok(After::Goes(Box::new(Drain {
        jobs,
        fatal,
        remaining,
        deadline: timeout.map(|span| (context.cluster.now() + span, span)),
        line: context.line.to_string(),
        evicts: !context.flags.has("disable-eviction"),
        dry_run: context.dry() == Dry::Server,
        grace,
    })))
}

/// A pod on its way out.
#[derive(Debug)]
struct Leaving {
    key: ObjectKey,
    uid: Uid,
    /// When an eviction is tried (again); `None` once it was accepted.
    attempt: Option<Time>,
}

#[derive(Debug)]
struct NodeJob {
    name: Rc<str>,
    pods: Vec<Leaving>,
}

impl NodeJob {
    fn new(name: Rc<str>, pods: &[Rc<Pod>]) -> Self {
        let leaving = |pod: &Rc<Pod>| Leaving {
            key: pod.meta.key(),
            uid: pod.meta.uid,
            attempt: Some(Time::default()),
        };
        Self { name, pods: pods.iter().map(leaving).collect() }
    }
}

#[derive(Debug)]
struct Drain {
    jobs: VecDeque<NodeJob>,
    fatal: Vec<String>,
    remaining: Vec<Rc<str>>,
    deadline: Option<(Time, Duration)>,
    line: String,
    evicts: bool,
    /// Whether the server only checks, and keeps nothing of it.
    dry_run: bool,
    grace: Option<i64>,
}

impl Drain {
    /// What stands behind the words of a success.
    const fn suffix(&self) -> &'static str {
        if self.dry_run { Dry::Server.suffix() } else { "" }
    }

    /// Tries the eviction of a pod; says when it is tried again.
    fn evict(&self, key: &ObjectKey, io: &mut Io<'_>) -> Result<Option<Time>, String> {
        let options = WriteOptions { dry_run: self.dry_run, words: self.line.clone() };
        let (namespace, name) = (&key.namespace, &key.name);
        // Only the eviction is announced; without it there is no word until the pod is gone.
        if self.evicts {
            io.out(&format!("evicting pod {namespace}/{name}{}\n", self.suffix()));
        }
        let how = DeleteOptions { grace_seconds: self.grace, ..DeleteOptions::default() };
        let result = match self.evicts {
            true => io.cluster.evict(key, self.grace, &options),
            false => io.cluster.delete(Kind::Pod, key, &how, &options),
        };
        match result {
            Ok(_) => Ok(None),
            Err(error) if error.reason == Reason::NotFound => Ok(None),
            Err(error) if error.reason == Reason::TooManyRequests => {
                io.error(&format!(
                    "error when evicting pods/\"{name}\" -n \"{namespace}\" (will retry after 5s): {}",
                    error.message
                ));
                Ok(Some(io.cluster.now() + Duration::from_seconds(5)))
            }
            Err(error) if !self.evicts => Err(error.message),
            Err(error) => Err(format!(
                "error when evicting pods/\"{name}\" -n \"{namespace}\": {}",
                error.message
            )),
        }
    }
}

impl Process for Drain {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        while let Some(mut job) = self.jobs.pop_front() {
            let now = io.cluster.now();
            let mut failed = None;
            for pod in &mut job.pods {
                if pod.attempt.is_some_and(|at| at <= now) {
                    match self.evict(&pod.key, io) {
                        Ok(again) => pod.attempt = again,
                        Err(words) => failed = Some(words),
                    }
                }
            }
            let verb = if self.evicts { "evicted" } else { "deleted" };
            job.pods.retain(|pod| {
                let live = io.cluster.store().pods().get(&pod.key);
                // Nobody waits for the end of a pod whose eviction was only checked.
                let over = pod.attempt.is_none() && self.dry_run && self.evicts;
                let stays =
                    pod.attempt.is_some() || live.is_some_and(|live| live.meta.uid == pod.uid);
                if over {
                    return false;
                }
                if !stays {
                    io.out(&format!("pod/{} {verb}\n", pod.key.name));
                }
                stays
            });
            if let Some((at, span)) = self.deadline
                && now >= at
                && !job.pods.is_empty()
            {
                failed = Some(format!("drain did not complete within {}", span.go()));
            }
            if job.pods.is_empty() {
                io.out(&format!("node/{} drained{}\n", job.name, self.suffix()));
                continue;
            }
            if let Some(words) = failed {
                io.error(&format!(
                    "There are pending pods in node \"{}\" when an error occurred: {words}",
                    job.name
                ));
                for pod in &job.pods {
                    io.error(&format!("pod/{}", pod.key.name));
                }
                io.error(&format!(
                    "error: unable to drain node \"{}\" due to error: {words}, continuing command...",
                    job.name
                ));
                self.fatal.push(words);
                self.remaining.push(job.name);
                continue;
            }
            let retry = job.pods.iter().filter_map(|pod| pod.attempt).min();
            let until = [retry, self.deadline.map(|(at, _)| at)].into_iter().flatten().min();
            self.jobs.push_front(job);
            return Turn::Waits(until);
        }
        if self.remaining.is_empty() {
            return Turn::Done(0);
        }
        io.error("There are pending nodes to be drained:");
        for name in &self.remaining {
            io.error(&format!(" {name}"));
        }
        let failures = std::mem::take(&mut self.fatal).into_iter().map(Failure::verbatim).collect();
        if let Some(failure) = Failure::all(failures) {
            io.error(&failure.lines());
        }
        Turn::Done(1)
    }
}
