//! The inspector: a selected object, one facet at a time, with what can be done to it and what it waits for.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::commands::{self, Command};
use super::palette::Palette;
use super::state::{Facet, Selection};
use super::yard::{Look, Ring, Tile};
use crate::api::conditions::{Condition, Status};
use crate::api::core::{ContainerState, Event, Pod};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::cluster::Cluster;
use crate::language::{Language, word};
use crate::manifest::to_yaml;
use crate::terminal::describe_text;

/// How many lines of a log are shown, and of the run before it.
const LOG_LINES: usize = 400;
const PREVIOUS_LINES: usize = 50;
/// How many results of a probe are shown.
const PROBE_RESULTS: usize = 20;

/// A condition of a node or pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// `Ready=False`
    pub text: Rc<str>,
    /// Reason and message.
    pub detail: Rc<str>,
    /// Whether it is as it should be.
    pub good: bool,
}

/// The last results of a probe, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `web liveness`
    pub name: Rc<str>,
    /// Whether each succeeded.
    pub results: Rc<[bool]>,
}

/// A selected object.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// For a pod: its look and STATUS.
    pub state: Option<(Look, Rc<str>)>,
    /// What a pod waits for.
    pub ring: Option<Ring>,
    /// Exit code and reason of the last end of a container, if it was bad.
    pub last_end: Option<Rc<str>>,
    /// Conditions.
    pub signs: Rc<[Sign]>,
    /// Results of probes.
    pub probes: Rc<[Probe]>,
    /// What can be done to it.
    pub actions: Rc<[Command]>,
    /// The objects it belongs to and stands on.
    pub links: Rc<[Selection]>,
    /// The text of the facet; for [`Facet::Why`] a paragraph per cause, the nearest first.
    pub text: Rc<[Rc<str>]>,
}

impl Inspected {
    /// The selected object; `None` if it is gone.
    pub fn build(
        cluster: &Cluster,
        selection: &Selection,
        facet: Facet,
        palette: &mut Palette,
        language: Language,
    ) -> Option<Self> {
        let object = cluster.store().get(selection.kind, &selection.key)?;
        let tile = match &object {
            AnyObject::Pod(pod) => {
                let runs = |node| cluster.kubelets().running(node) != Some(false);
                let powered = pod.node.as_deref().is_none_or(runs);
                Some(Tile::of(cluster, pod, powered, palette))
            }
            _ => None,
        };
        Some(Self {
            ring: tile.as_ref().and_then(|tile| tile.ring),
            state: tile.map(|tile| (tile.look, tile.status)),
            last_end: match &object {
                AnyObject::Pod(pod) => last_end(pod),
                _ => None,
            },
            signs: signs(&object),
            probes: match &object {
                AnyObject::Pod(pod) => probes(cluster, pod),
                _ => Rc::new([]),
            },
            actions: commands::of(cluster, &object).into(),
            links: links(&object),
            text: text(cluster, selection, &object, facet, language),
        })
    }
}

fn last_end(pod: &Pod) -> Option<Rc<str>> {
    pod.status.containers.iter().find_map(|one| {
        let end = match &one.state {
            ContainerState::Terminated(end) => end,
            _ => one.last.as_ref()?,
        };
        let text = format!("{}: {}, exit {}", one.name, end.reason, end.exit_code);
        (end.exit_code != 0).then(|| text.into())
    })
}

fn signs(object: &AnyObject) -> Rc<[Sign]> {
    let conditions: &[Condition] = match object {
        AnyObject::Node(node) => &node.status.conditions,
        AnyObject::Pod(pod) => &pod.status.conditions,
        _ => return Rc::new([]),
    };
    let wanted = |kind: &str| match object {
        AnyObject::Node(_) => kind == "Ready",
        _ => kind != "DisruptionTarget",
    };
    let sign = |kind: &str, status: Status, reason: &str, message: &str| Sign {
        text: format!("{kind}={}", status.word()).into(),
        detail: match message {
            "" => reason.into(),
            message => format!("{reason}: {message}").into(),
        },
        good: (status == Status::True) == wanted(kind) && status != Status::Unknown,
    };
    conditions.iter().map(|one| sign(&one.kind, one.status, &one.reason, &one.message)).collect()
}

fn probes(cluster: &Cluster, pod: &Pod) -> Rc<[Probe]> {
    let mut all = Vec::new();
    for container in pod.spec.all_containers() {
        for probe in ["startup", "liveness", "readiness"] {
            let history = cluster.kubelets().probe_history(pod.meta.uid, &container.name, probe);
            let skipped = history.len().saturating_sub(PROBE_RESULTS);
            let results: Rc<[bool]> = history.iter().skip(skipped).map(|(_, good)| *good).collect();
            if !results.is_empty() {
                all.push(Probe { name: format!("{} {probe}", container.name).into(), results });
            }
        }
    }
    all.into()
}

fn links(object: &AnyObject) -> Rc<[Selection]> {
    let meta = object.meta();
    let owner = meta.controller().and_then(|owner| {
        let kind = Kind::from_manifest(&owner.kind, &owner.api_version)?;
        let key = ObjectKey::new(Rc::clone(&meta.namespace), Rc::clone(&owner.name));
        Some(Selection { kind, key })
    });
    let node = match object {
        AnyObject::Pod(pod) => pod
            .node
            .as_ref()
            .map(|node| Selection { kind: Kind::Node, key: ObjectKey::cluster(Rc::clone(node)) }),
        _ => None,
    };
    owner.into_iter().chain(node).collect()
}

fn text(
    cluster: &Cluster,
    selection: &Selection,
    object: &AnyObject,
    facet: Facet,
    language: Language,
) -> Rc<[Rc<str>]> {
    let one = |text: String| Rc::from([Rc::from(text)]);
    match facet {
        Facet::Describe => one(describe_text(object, cluster)),
        Facet::Yaml => one(to_yaml(&object.to_value())),
        Facet::Why => {
            let lines = cluster.why(selection.kind, &selection.key, language);
            lines.into_iter().map(Rc::from).collect()
        }
        Facet::Logs => match object {
            AnyObject::Pod(pod) => one(logs(cluster, selection, pod)),
            _ => one(word(language, "page.no-logs")),
        },
    }
}

fn logs(cluster: &Cluster, selection: &Selection, pod: &Pod) -> String {
    let mut text = String::new();
    for container in pod.spec.all_containers() {
        text.push_str(&format!("── {} ──\n", container.name));
        let mut print = |previous: bool, most: usize| {
            let lines = cluster.logs(&selection.key, &container.name, previous)?;
            if previous {
                text.push_str(&format!("── {} (--previous) ──\n", container.name));
            }
            let skipped = lines.len().saturating_sub(most);
            text.extend(lines.iter().skip(skipped).map(|line| format!("{}\n", line.text)));
            Ok::<_, crate::api::ApiError>(())
        };
        let now = print(false, LOG_LINES);
        // That there was no run before is no news.
        let _ = print(true, PREVIOUS_LINES);
        if let Err(error) = now {
            text.push_str(&format!("{}\n", error.message));
        }
    }
    text
}

/// So many changes are looked through for events before all events are put in order.
const LOOKED_THROUGH: usize = 2_000;

/// The `most` latest events of a namespace, the latest first.
pub fn latest(cluster: &Cluster, namespace: &str, most: usize) -> Vec<Rc<Event>> {
    let store = cluster.store();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for change in store.journal().newest_first().take(LOOKED_THROUGH) {
        if let AnyObject::Event(event) = &change.object
            && *event.meta.namespace == *namespace
            && seen.insert(event.meta.uid)
            && let Some(event) = store.events().get(&event.meta.key())
        {
            found.push(Rc::clone(event));
            if found.len() == most {
                return found;
            }
        }
    }
    let mut all: Vec<Rc<Event>> = store.events().iter_in(Some(namespace)).cloned().collect();
    all.sort_by_key(|event| std::cmp::Reverse((event.last, event.meta.resource_version)));
    all.truncate(most);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Action, Config, WriteOptions};
    use crate::manifest;
    use crate::sim::Duration;

    fn inspect(cluster: &Cluster, kind: Kind, key: ObjectKey, facet: Facet) -> Inspected {
        let selection = Selection { kind, key };
        let mut palette = Palette::default();
        Inspected::build(cluster, &selection, facet, &mut palette, Language::En).unwrap()
    }

    #[test]
    fn a_crash_loop_shows_its_end_its_wait_and_its_log() {
        let mut cluster = Cluster::new(Config::default());
        let text = include_str!("../../assets/examples/crash.yaml");
        for document in manifest::load("crash.yaml", text.as_bytes()) {
            let options = WriteOptions::default();
            cluster.create(document.kind.unwrap(), "default", document.value, &options).unwrap();
        }
        let key = ObjectKey::new("default", "crash");
        let seen = (0..60).find_map(|_| {
            let at = cluster.now() + Duration::from_seconds(1);
            cluster.run_until(at);
            let seen = inspect(&cluster, Kind::Pod, key.clone(), Facet::Logs);
            seen.ring.is_some().then_some(seen)
        });
        let seen = seen.unwrap();
        assert!(seen.last_end.as_deref().unwrap().ends_with("Error, exit 1"), "{seen:?}");
        assert!(seen.text[0].starts_with("── "), "{seen:?}");
        assert_eq!(seen.links[0].kind, Kind::Node);
        assert!(seen.signs.iter().any(|sign| &*sign.text == "Ready=False" && !sign.good));
        let why = inspect(&cluster, Kind::Pod, key, Facet::Why);
        assert!(why.text.len() > 1, "{why:?}");
    }

    #[test]
    fn the_latest_events_are_the_same_however_they_are_found() {
        let mut cluster = Cluster::new(Config::default());
        let text = include_str!("../../assets/examples/rc.yaml");
        for document in manifest::load("rc.yaml", text.as_bytes()) {
            let options = WriteOptions::default();
            cluster.create(document.kind.unwrap(), "default", document.value, &options).unwrap();
        }
        let at = cluster.now() + Duration::from_seconds(30);
        cluster.run_until(at);
        let all = latest(&cluster, "default", usize::MAX);
        let some = latest(&cluster, "default", 5);
        assert!(all.len() > 5 && some.len() == 5);
        assert!(all.is_sorted_by_key(|event| std::cmp::Reverse(event.last)));
        assert_eq!(some[0].meta.uid, all[0].meta.uid);
    }

    #[test]
    fn a_silent_node_shows_it() {
        let mut cluster = Cluster::new(Config::default());
        let node = || ObjectKey::cluster("worker-1");
        let bad = |cluster: &Cluster| {
            let seen = inspect(cluster, Kind::Node, node(), Facet::Describe);
            seen.signs.iter().filter(|sign| !sign.good).count()
        };
        assert_eq!(bad(&cluster), 0);
        cluster.act(Action::StopNode("worker-1".into()), &WriteOptions::default()).unwrap();
        let at = cluster.now() + Duration::from_seconds(60);
        cluster.run_until(at);
        assert!(bad(&cluster) > 0);
    }
}
