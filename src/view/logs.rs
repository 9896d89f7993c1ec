//! The logs of a pod, or of the pods of a workload: one container at a time, as chosen.

use std::rc::Rc;

use super::relations::pods_below;
use crate::api::core::Pod;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::cluster::Cluster;

/// How many lines are shown.
const LINES: usize = 500;

/// What somebody wants to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogChoice {
    /// `pod/container`; nothing for the first.
    pub source: Option<Rc<str>>,
    /// The run before this one.
    pub previous: bool,
    /// The time of each line before it.
    pub timestamps: bool,
}

/// The log that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogView {
    /// What could be chosen: id and name.
    pub sources: Vec<(Rc<str>, Rc<str>)>,
    /// The id of what is.
    pub source: Rc<str>,
    /// Whether there was a run before.
    pub has_previous: bool,
    /// How many lines before the first are not shown.
    pub left_out: usize,
    /// The lines: time, text.
    pub lines: Vec<(Option<Rc<str>>, Rc<str>)>,
    /// Why there is none.
    pub refusal: Option<Rc<str>>,
    /// The command that prints it.
    pub command: Rc<str>,
}

/// The log of an object; nothing for one without pods.
pub fn of(cluster: &Cluster, object: &AnyObject, choice: &LogChoice) -> Option<LogView> {
    let pods = match object {
        AnyObject::Pod(pod) => vec![Rc::clone(pod)],
        _ => pods_below(cluster, object),
    };
    let alone = pods.len() == 1;
    let mut sources = Vec::new();
    for pod in &pods {
        for container in pod.spec.all_containers() {
            let id: Rc<str> = format!("{}/{}", pod.meta.name, container.name).into();
            let name = if alone { Rc::clone(&container.name) } else { Rc::clone(&id) };
            sources.push((id, name));
        }
    }
    // App containers are what one wants to read first.
    let first = pods.first().and_then(|pod| {
        let container = pod.spec.containers.first()?;
        Some(Rc::from(format!("{}/{}", pod.meta.name, container.name)))
    });
    let chosen = choice.source.clone().filter(|id| sources.iter().any(|(own, _)| own == id));
    let source: Rc<str> = chosen.or(first)?;
    let (name, container) = source.split_once('/')?;
    let pod = pods.iter().find(|pod| *pod.meta.name == *name)?;
    let mut view = read(cluster, pod, container, choice);
    view.sources = sources;
    view.source = Rc::clone(&source);
    Some(view)
}

fn read(cluster: &Cluster, pod: &Pod, container: &str, choice: &LogChoice) -> LogView {
    let key: ObjectKey = pod.meta.key();
    let has_previous = cluster.logs(&key, container, true).is_ok();
    let mut view = LogView { has_previous, ..LogView::default() };
    match cluster.logs(&key, container, choice.previous) {
        Ok(lines) => {
            view.left_out = lines.len().saturating_sub(LINES);
            let shown = lines.into_iter().skip(view.left_out);
            view.lines = shown
                .map(|line| {
                    let at = choice.timestamps.then(|| Rc::from(line.at.rfc3339()));
                    (at, line.text)
                })
                .collect();
        }
        Err(error) => view.refusal = Some(error.message.into()),
    }
    let mut command = format!("kubectl logs {}", pod.meta.name);
    if pod.spec.all_containers().count() > 1 {
        command.push_str(&format!(" -c {container}"));
    }
    for (wanted, flag) in [(choice.previous, " --previous"), (choice.timestamps, " --timestamps")] {
        if wanted {
            command.push_str(flag);
        }
    }
    if &*key.namespace != "default" {
        command.push_str(&format!(" -n {}", key.namespace));
    }
    view.command = command.into();
    view
}
