//! `logs` and `exec`. Follows `pkg/cmd/{logs,exec}`.

use std::rc::Rc;

use super::{Context, Outcome, api_error, object_words, selector};
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::{ApiError, Reason};
use crate::cluster::Cluster;
use crate::terminal::run::Follow;

/// A log that is followed.
#[derive(Clone, Debug)]
pub(crate) struct LogFollow {
    pod: ObjectKey,
    container: Rc<str>,
    printed: usize,
    run: i64,
    timestamps: bool,
}

impl LogFollow {
    /// The lines since it was last asked, and whether the log has ended.
    pub(crate) fn advance(&mut self, cluster: &Cluster) -> (String, bool) {
        let Some(pod) = cluster.store().pods().get(&self.pod) else { return (String::new(), true) };
        let status = pod.status.container(&self.container);
        let run = status.map_or(0, |status| status.restart_count);
        if run != self.run {
            return (String::new(), true);
        }
        let lines = cluster.logs(&self.pod, &self.container, false).unwrap_or_default();
        let text =
            lines.iter().skip(self.printed).map(|line| shown(line, self.timestamps)).collect();
        self.printed = lines.len().max(self.printed);
        (text, status.is_some_and(|status| status.terminated().is_some()))
    }
}

fn shown(line: &crate::kubelet::LogLine, timestamps: bool) -> String {
    if timestamps {
        format!("{} {}\n", line.at.rfc3339_micro(), line.text)
    } else {
        format!("{}\n", line.text)
    }
}

/// The pods that a word means: a pod, or those of a workload.
fn pods_of(context: &Context<'_>, word: &str) -> Result<Vec<Rc<Pod>>, Outcome> {
    let namespace = context.namespace();
    let (kind, name) = match word.contains('/') {
        true => object_words(&[word]).ok_or_else(|| {
            Outcome::fail(format!("error: the server doesn't have a resource type \"{word}\""))
        })?,
        false => (Kind::Pod, word.to_owned()),
    };
    let key = ObjectKey::new(Rc::clone(&namespace), name.as_str());
    let store = context.cluster.store();
    if kind == Kind::Pod {
        return match store.pods().get(&key) {
            Some(pod) => Ok(vec![Rc::clone(pod)]),
            None => Err(Outcome::fail(api_error(&ApiError::not_found("pods", &name)))),
        };
    }
    let found = store
        .get(kind, &key)
        .ok_or_else(|| Outcome::fail(api_error(&ApiError::not_found(&kind.resource(), &name))))?;
    let selector: Selector = match &found {
        AnyObject::ReplicationController(one) => one.spec.selector.clone(),
        AnyObject::ReplicaSet(one) => one.spec.selector.clone(),
        AnyObject::Deployment(one) => one.spec.selector.clone(),
        AnyObject::DaemonSet(one) => one.spec.selector.clone(),
        AnyObject::Job(one) => one.spec.selector.clone(),
        _ => {
            return Err(Outcome::fail(format!(
                "error: cannot get the logs from {}",
                kind.qualified()
            )));
        }
    };
    let mut pods: Vec<Rc<Pod>> = store
        .pods()
        .iter_in(Some(&namespace))
        .filter(|pod| selector.matches(&pod.meta.labels))
        .cloned()
        .collect();
    // The one that says most comes first: running, then the oldest.
    pods.sort_by_key(|pod| (!pod.ready(), pod.meta.created, Rc::clone(&pod.meta.name)));
    Ok(pods)
}

/// The container that is meant; the first one if none is named.
fn container_of(context: &Context<'_>, pod: &Pod, outcome: &mut Outcome) -> Rc<str> {
    if let Some(name) = context.flags.value("container") {
        return name.into();
    }
    let first =
        pod.spec.containers.first().map(|container| Rc::clone(&container.name)).unwrap_or_default();
    if pod.spec.containers.len() + pod.spec.init_containers.len() > 1 {
        let all: Vec<String> = pod
            .spec
            .containers
            .iter()
            .map(|one| one.name.to_string())
            .chain(pod.spec.init_containers.iter().map(|one| format!("{} (init)", one.name)))
            .collect();
        outcome
            .err
            .push_str(&format!("Defaulted container \"{first}\" out of: {}\n", all.join(", ")));
    }
    first
}

/// `logs`.
pub(super) fn run(context: &mut Context<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let by_label = selector(context).ok().flatten();
    let pods = match (context.flags.take_word(), by_label) {
        (Some(word), _) => match pods_of(context, &word) {
            Ok(pods) => {
                if pods.len() > 1
                    && let Some(first) = pods.first()
                {
                    outcome.err.push_str(&format!(
                        "Found {} pods, using pod/{}\n",
                        pods.len(),
                        first.meta.name
                    ));
                }
                pods.into_iter().take(1).collect()
            }
            Err(outcome) => return outcome,
        },
        (None, Some(selector)) => {
            let namespace = context.namespace();
            let pods = context.cluster.store().pods().iter_in(Some(&namespace));
            pods.filter(|pod| selector.matches(&pod.meta.labels)).cloned().collect::<Vec<_>>()
        }
        (None, None) => {
            return Outcome::fail(
                "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples",
            );
        }
    };
    if pods.is_empty() {
        outcome
            .err
            .push_str(&format!("No resources found in {} namespace.\n", context.namespace()));
        return outcome;
    }
    if let Some(name) = context.flags.words.first().cloned() {
        context.flags.words.clear();
        return one_log(context, &pods, Some(name.into()), outcome);
    }
    one_log(context, &pods, None, outcome)
}

fn one_log(
    context: &Context<'_>,
    pods: &[Rc<Pod>],
    named: Option<Rc<str>>,
    mut outcome: Outcome,
) -> Outcome {
    let follow = context.flags.has("follow");
    let timestamps = context.flags.has("timestamps");
    let labelled = context.flags.value("selector").is_some();
    let tail = context
        .flags
        .value("tail")
        .and_then(|text| text.parse::<i64>().ok())
        .unwrap_or(if labelled { 10 } else { -1 });
    for pod in pods {
        let containers: Vec<Rc<str>> = match (&named, context.flags.has("all-containers")) {
            (Some(name), _) => vec![Rc::clone(name)],
            (None, true) => pod.spec.all_containers().map(|one| Rc::clone(&one.name)).collect(),
            (None, false) => vec![container_of(context, pod, &mut outcome)],
        };
        for container in containers {
            match context.cluster.logs(&pod.meta.key(), &container, context.flags.has("previous")) {
                Ok(lines) => {
                    let skip =
                        usize::try_from(tail).map_or(0, |tail| lines.len().saturating_sub(tail));
                    outcome.out.extend(lines.iter().skip(skip).map(|line| shown(line, timestamps)));
                    if follow {
                        let run = pod
                            .status
                            .container(&container)
                            .map_or(0, |status| status.restart_count);
                        let log = LogFollow {
                            pod: pod.meta.key(),
                            container,
                            printed: lines.len(),
                            run,
                            timestamps,
                        };
                        outcome.follow = Some(Follow::Log(Box::new(log)));
                    }
                }
                Err(error) => {
                    let text = match error.reason {
                        Reason::BadRequest => {
                            format!("Error from server (BadRequest): {}\n", error.message)
                        }
                        _ => api_error(&error),
                    };
                    outcome.err.push_str(&text);
                    outcome.status = 1;
                }
            }
        }
    }
    outcome
}

/// `exec POD -- COMMAND`.
pub(super) fn exec(context: &mut Context<'_>) -> Outcome {
    let Some(word) = context.flags.take_word() else {
        return Outcome::fail("error: pod, type/name or --filename must be specified");
    };
    let mut argv = context.flags.rest.clone();
    if argv.is_empty() {
        argv = std::mem::take(&mut context.flags.words);
    }
    if argv.is_empty() {
        return Outcome::fail("error: you must specify at least one command for the container");
    }
    let pods = match pods_of(context, &word) {
        Ok(pods) => pods,
        Err(outcome) => return outcome,
    };
    let mut outcome = Outcome::default();
    let Some(pod) = pods.first() else {
        return Outcome::fail(format!("error: no pods for {word}"));
    };
    let container = container_of(context, pod, &mut outcome);
    match context.cluster.exec(&pod.meta.key(), &container, &argv) {
        Ok(result) => {
            outcome.out = result.stdout;
            outcome.err.push_str(&result.stderr);
            if result.code != 0 {
                outcome
                    .err
                    .push_str(&format!("command terminated with exit code {}\n", result.code));
            }
            outcome.status = i32::try_from(result.code).unwrap_or(1);
        }
        Err(error) => {
            outcome.err.push_str(&match error.reason {
                Reason::InternalError => format!("error: {}\n", error.message),
                _ => api_error(&error),
            });
            outcome.status = 1;
        }
    }
    outcome
}
