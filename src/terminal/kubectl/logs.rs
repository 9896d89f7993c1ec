//! `kubectl logs`. Follows `pkg/cmd/logs` and `pkg/polymorphichelpers/logsforobject.go`.

use std::rc::Rc;

use super::problem::Failure;
use super::resources::{self, Named};
use super::{After, Context, DONE};
use crate::api::core::{Container, Pod};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::LogLine;
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::terminal::process::{Io, Process, Turn};

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

/// Names one of a pod's containers as the one that is meant.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Which lines of a log are shown, and how.
#[derive(Clone, Debug)]
struct Style {
    previous: bool,
    follow: bool,
    timestamps: bool,
    prefix: bool,
    tail: Option<usize>,
    since: Option<Time>,
    limit: Option<usize>,
}

/// The log of one container.
#[derive(Clone, Debug)]
struct Request {
    pod: ObjectKey,
    container: Rc<str>,
    /// How many lines were seen.
    seen: usize,
    /// Which run of the container they were of.
    run: i64,
    /// How many bytns may still be shown.
    left: usize,
    begun: bool,
    over: bool,
}

impl Style {
    fn line(&self, request: &Request, line: &LogLine) -> String {
        let prefix = match self.prefix {
            true => format!("[pod/{}/{}] ", request.pod.name, request.container),
            false => String::new(),
        };
        match self.timestamps {
            true => {
                let at = line.at.rfc3339_micro();
                let at = at.strip_suffix('Z').unwrap_or(&at);
                format!("{prefix}{at}000Z {}\n", line.text)
            }
            false => format!("{prefix}{}\n", line.text),
        }
    }
}

/// The names of all containers: those of the app, then `x (init)`.
pub(super) fn all_names(pod: &Pod) -> String {
    let app = pod.spec.containers.iter().map(|one| one.name.to_string());
    let init = pod.spec.init_containers.iter().map(|one| format!("{} (init)", one.name));
    app.chain(init).collect::<Vec<_>>().join(", ")
}

/// The container that is meant: as named, by annotation, or the first. What was chosen is told on standard error.
///
/// # Errors
/// `container x is not valid for pod y`
pub(super) fn container<'a>(
    context: &mut Context<'_>,
    pod: &'a Pod,
    named: Option<&str>,
    quiet: bool,
) -> Result<&'a Container, Failure> {
    let annotated = pod.meta.annotations.text(DEFAULT_CONTAINER);
    let wrong = |name: &str| {
        Failure::new(format!("container {name} is not valid for pod {}", pod.meta.name))
    };
    if let Some(name) = named.or(annotated) {
        return pod.spec.container(name).ok_or_else(|| wrong(name));
    }
    let first = pod.spec.containers.first().ok_or_else(|| wrong(""))?;
    let several = pod.spec.containers.len() > 1 || !pod.spec.init_containers.is_empty();
    if several && !quiet {
        let names = all_names(pod);
        context.warn(&format!("Defaulted container \"{}\" out of: {names}", first.name));
    }
    Ok(first)
}

/// The pods of a workload in the order in which their logs are most wanted. Follows `podutils.ByLogging`.
pub(super) fn by_logging(pods: &mut [Rc<Pod>]) {
    use crate::api::core::Phase;
    pods.order_by_key(|pod| {
        let phase = match pod.status.phase {
            Phase::Unknown => 1,
            Phase::Pending => 2,
            Phase::Running | Phase::Succeeded | Phase::Failed => 0,
        };
        let ready = crate::api::conditions::find(&pod.status.conditions, "Ready");
        // The API tells times in whole seconds.
        let since = ready.filter(|_| pod.ready()).map(|condition| condition.since.cut_to_second());
        let restarts = pod.status.containers.iter().map(|one| one.restart_count).max().unwrap_or(0);
        let created = pod.meta.created.cut_to_second();
        (pod.node.is_none(), phase, !pod.ready(), since, -restarts, created)
    });
}

/// The selector of a workload's pods.
///
/// # Errors
/// `cannot get the logs from *v1.CronJob: …`, where `doing` are the words before the type.
pub(super) fn selector_of(object: &AnyObject, doing: &str) -> Result<Selector, Failure> {
    match object {
        AnyObject::ReplicaSet(set) => Ok(set.spec.selector.clone()),
        AnyObject::ReplicationController(one) => Ok(one.spec.selector.clone()),
        AnyObject::Deployment(one) => Ok(one.spec.selector.clone()),
        AnyObject::DaemonSet(one) => Ok(one.spec.selector.clone()),
        AnyObject::Job(job) => Ok(job.spec.selector.clone()),
        AnyObject::Plain(plain) if plain.kind == Kind::Service => {
            let selector = plain.body.at(&["spec", "selector"]);
            match selector.and_then(Value::as_map).is_some_and(|map| !map.is_empty()) {
                true => Ok(Selector::from_map(selector)),
                false => Err(Failure::new(format!(
                    "{doing} *v1.Service: invalid service '{}': Service is defined without a selector",
                    plain.meta.name
                ))),
            }
        }
        AnyObject::Plain(plain) if plain.kind == Kind::StatefulSet => {
            let selector = plain.body.at(&["spec", "selector"]);
            Ok(Selector::from_label_selector(selector).unwrap_or(Selector::Nothing))
        }
        other => {
            let kind = other.kind().name();
            Err(Failure::new(format!(
                "{doing} *v1.{kind}: selector for *v1.{kind} not implemented"
            )))
        }
    }
}

/// The pods that a selector picks in the command's namespace.
pub(super) fn selected(context: &Context<'_>, selector: &Selector) -> Vec<Rc<Pod>> {
    let namespace = context.namespace();
    let pods = context.cluster.store().pods().iter_in(Some(&namespace));
    pods.filter(|pod| selector.matches(&pod.meta.labels)).cloned().collect()
}

/// Runs `logs`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let by_label = context.flags.given("selector");
    let (target, inline) = match words.as_slice() {
        [] if by_label => (None, None),
        [one] if !by_label => (Some(one.clone()), None),
        [_] => {
            return Err(Failure::usage("logs", "only a selector (-l) or a POD name is allowed"));
        }
        [one, container] if !by_label => (Some(one.clone()), Some(container.clone())),
        _ => return Err(Failure::usage("logs", USAGE)),
    };
    let style = style(context, by_label)?;
    let flag = context.flags.value("container").map(str::to_owned);
    if flag.is_some() && inline.is_some() {
        return Err(Failure::new("only one of -c or an inline [CONTAINER] arg is allowed"));
    }
    let named = flag.or(inline);
    if let Some(name) = named.as_ref().filter(|_| context.flags.has("all-containers")) {
        return Err(Failure::new(format!(
            "--all-containers=true should not be specified with container name {name}"
        )));
    }
    let Some(target) = target else {
        let selectors = resources::selectors(context, Kind::Pod)?;
        let pods = selected(context, &selectors.labels);
        if pods.is_empty() {
            let words = super::get::nothing_found(context);
            context.warn(&words);
        }
        return show(context, &pods, named.as_deref(), style, true);
    };
    match object(context, &target)? {
        AnyObject::Pod(pod) => show(context, &[pod], named.as_deref(), style, false),
        workload => {
            let selector = selector_of(&workload, "cannot get the logs from")?;
            let mut pods = selected(context, &selector);
            if pods.is_empty() {
                let timeout = context.flags.span("pod-running-timeout");
                let deadline =
                    context.cluster.now() + timeout.unwrap_or(Duration::from_seconds(20));
                return Ok(After::Goes(Box::new(FirstPod { deadline })));
            }
            by_logging(&mut pods);
            if context.flags.has("all-pods") {
                return show(context, &pods, named.as_deref(), style, true);
            }
            if let Some(first) = pods.first().filter(|_| pods.len() > 1) {
                let words = format!("Found {} pods, using pod/{}", pods.len(), first.meta.name);
                context.warn(&words);
            }
            pods.truncate(1);
            show(context, &pods, named.as_deref(), style, false)
        }
    }
}

/// The object that a word names: a pod, unless its type is said.
fn object(context: &mut Context<'_>, word: &str) -> Result<AnyObject, Failure> {
    let (kind, name) = match word.contains('/') {
        false => (Kind::Pod, word.to_owned()),
        true => match resources::named(&[word.to_owned()])? {
            Named::Objects(names) => match names.into_iter().next() {
                Some(one) => one,
                None => return Err(Failure::new("expected a resource")),
            },
            Named::Types(_) | Named::Nothing => return Err(Failure::new("expected a resource")),
        },
    };
    let key = context.key(kind, &name);
    context.read(kind, &key).ok_or_else(|| {
        let namespace = context.namespace();
        Failure::new(format!(
            "error from server (NotFound): {} \"{name}\" not found in namespace \"{namespace}\"",
            kind.resource()
        ))
    })
}

fn style(context: &Context<'_>, by_label: bool) -> Result<Style, Failure> {
    let tail = match context.flags.number("tail") {
        Some(lines) if lines < -1 => {
            return Err(Failure::new("--tail must be greater than or equal to -1"));
        }
        Some(lines) => usize::try_from(lines).ok(),
        None if by_label => Some(10),
        None => None,
    };
    let limit = match context.flags.number("limit-bytes") {
        Some(bytes) if bytes < 0 => {
            return Err(Failure::new("--limit-bytes must be greater than 0"));
        }
        Some(bytes) if bytes > 0 => usize::try_from(bytes).ok(),
        _ => None,
    };
    let since_time = context.flags.text("since-time");
    let span = context.flags.span("since");
    if span.is_some() && !since_time.is_empty() {
        return Err(Failure::new("at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    let since = match (span, since_time) {
        (Some(span), _) => Some(context.cluster.now() - span),
        (None, "") => None,
        (None, text) => match Time::parse_rfc3339(text) {
            Some(at) => Some(at),
            None => {
                let shown = crate::api::error::go_quote(text);
                return Err(Failure::new(format!(
                    "parsing time {shown} as \"2006-01-02T15:04:05Z07:00\": cannot parse {shown} as \"2006\""
                )));
            }
        },
    };
    Ok(Style {
        previous: context.flags.has("previous"),
        follow: context.flags.has("follow"),
        timestamps: context.flags.has("timestamps"),
        prefix: context.flags.has("prefix") || context.flags.has("all-pods"),
        tail,
        since,
        limit,
    })
}

fn show(
    context: &mut Context<'_>,
    pods: &[Rc<Pod>],
    named: Option<&str>,
    style: Style,
    many_pods: bool,
) -> Result<After, Failure> {
    let mut requests = Vec::new();
    for pod in pods {
        let request = |container: &Rc<str>| Request {
            pod: pod.meta.key(),
            container: Rc::clone(container),
            seen: 0,
            run: 0,
            left: style.limit.unwrap_or(usize::MAX),
            begun: false,
            over: false,
        };
        if context.flags.has("all-containers") {
            requests.extend(pod.spec.all_containers().map(|one| request(&one.name)));
        } else {
            let quiet = many_pods && context.flags.has("all-pods");
            let chosen = container(context, pod, named, quiet)?;
            requests.push(request(&chosen.name));
        }
    }
    let most = context.flags.number("max-log-requests").unwrap_or(5);
    let count = i64::try_from(requests.len()).unwrap_or(i64::MAX);
    if style.follow && count > 1 && count > most {
        return Err(Failure::new(format!(
            "you are attempting to follow {count} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to increase the limit"
        )));
    }
    if requests.is_empty() {
        return DONE;
    }
    Ok(After::Goes(Box::new(Logs { requests, style })))
}

/// Logs on their way to the screen.
#[derive(Debug)]
struct Logs {
    requests: Vec<Request>,
    style: Style,
}

impl Logs {
    /// What is new in a log; whether more may come.
    fn advance(style: &Style, request: &mut Request, io: &mut Io<'_>) -> Result<(), Failure> {
        if !request.begun {
            let lines = io.cluster.logs(&request.pod, &request.container, style.previous)?;
            let first = match style.since {
                Some(since) => lines.partition_point(|line| line.at < since),
                None => 0,
            };
            let skip = match style.tail {
                Some(tail) => lines.len().saturating_sub(tail).max(first),
                None => first,
            };
            request.begun = true;
            request.seen = skip;
            request.run = run_of(io, request);
            // A container that is to be started again keeps its log until then.
        }
        let ended = state(io, request);
        if run_of(io, request) == request.run || !style.follow || style.previous {
            let lines = io
                .cluster
                .logs(&request.pod, &request.container, style.previous)
                .unwrap_or_default();
            for line in lines.iter().skip(request.seen) {
                let text = style.line(request, line);
                if text.len() > request.left {
                    let kept: String = text
                        .char_indices()
                        .take_while(|(at, letter)| at + letter.len_utf8() <= request.left)
                        .map(|(_, letter)| letter)
                        .collect();
                    io.out(&kept);
                    request.over = true;
                    return Ok(());
                }
                request.left -= text.len();
                io.out(&text);
            }
            request.seen = request.seen.max(lines.len());
        }
        request.over = !style.follow || style.previous || ended;
        Ok(())
    }
}

fn run_of(io: &Io<'_>, request: &Request) -> i64 {
    let pod = io.cluster.store().pods().get(&request.pod);
    pod.and_then(|pod| pod.status.container(&request.container))
        .map_or(0, |status| status.restart_count)
}

/// Whether the run that is followed has ended.
fn state(io: &Io<'_>, request: &Request) -> bool {
    let Some(pod) = io.cluster.store().pods().get(&request.pod) else { return true };
    match pod.status.container(&request.container) {
        Some(status) => status.restart_count != request.run || status.running_since().is_none(),
        None => false,
    }
}

impl Process for Logs {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let mut waits = false;
        for request in &mut self.requests {
            if !request.over
                && let Err(failure) = Self::advance(&self.style, request, io)
            {
                io.error(&failure.lines());
                return Turn::Done(1);
            }
            waits |= !request.over;
        }
        if waits { Turn::Waits(None) } else { Turn::Done(0) }
    }
}

/// A workload without pods: kubectl waits for one to come.
#[derive(Debug)]
struct FirstPod {
    deadline: Time,
}

impl Process for FirstPod {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        if io.cluster.now() < self.deadline {
            return Turn::Waits(Some(self.deadline));
        }
        io.error("error: timed out waiting for the condition");
        Turn::Done(1)
    }
}
