//! The inspector: a selected object, one facet at a time, with what can be done to it and what it waits for.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::commands::{self, Command};
use super::live_yaml::{self, YamlLine};
use super::logs::{self, LogChoice, LogView};
use super::palette::Palette;
use super::relations::{self, Group};
use super::state::{Facet, Selection};
use super::why::{self, WhyView};
use super::yard::{Look, Ring, Tile};
use crate::api::conditions::{Condition, Status};
use crate::api::core::{ContainerState, Event, EventType, Pod};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::cluster::{Cluster, ProbeOutcome, clock};
use crate::language::Language;
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::terminal::describe_text;

/// How many results of a probe are shown.
const PROBE_RESULTS: usize = 20;
/// How many events of an object are shown.
const EVENTS: usize = 100;

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

/// One result of a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeView {
    /// When, on the page's clock.
    pub clock: Rc<str>,
    /// The moment.
    pub at: Time,
    /// How it went.
    pub outcome: ProbeOutcome,
    /// What it said.
    pub output: Option<Rc<str>>,
}

/// The last results of a probe, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `web liveness`
    pub name: Rc<str>,
    /// Each result.
    pub results: Rc<[ProbeView]>,
}

/// An event of the object.
#[derive(Clone, Debug, PartialEq)]
pub struct EventView {
    /// A number of its own.
    pub id: u128,
    /// When it was last seen.
    pub at: Time,
    /// The same on the page's clock.
    pub clock: Rc<str>,
    /// Whether it warns.
    pub warning: bool,
    /// One word.
    pub reason: Rc<str>,
    /// A sentence, with `(x5 over 2m)` as kubectl has it.
    pub message: Rc<str>,
    /// Who says it.
    pub source: Rc<str>,
}

/// The live object as YAML.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlView {
    /// The lines.
    pub lines: Rc<[YamlLine]>,
    /// Whether anybody wrote the object, so that what the cluster added is known.
    pub written: bool,
    /// Since when changes are marked, and whether that is since somebody last looked.
    pub since: Option<(Rc<str>, bool)>,
}

/// What the chosen facet shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// `kubectl describe`
    Text(Rc<str>),
    /// The object as YAML.
    Yaml(YamlView),
    /// Its events, the latest first.
    Events(Rc<[EventView]>),
    /// A log; nothing for what has no pods.
    Logs(Option<LogView>),
    /// What it is related to.
    Related(Rc<[Group]>),
    /// Causes.
    Why(WhyView),
}

/// What somebody wants to see of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// The facet.
    pub facet: Facet,
    /// Which log.
    pub log: LogChoice,
    /// The version that somebody looked at last.
    pub seen: Option<u64>,
}

/// A selected object.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// Its version.
    pub version: u64,
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
    /// What the facet shows.
    pub body: Body,
}

impl Inspected {
    /// The selected object; `None` if it is gone.
    pub fn build(
        cluster: &Cluster,
        selection: &Selection,
        wish: &Wish,
        palette: &mut Palette,
        language: Language,
    ) -> Option<Self> {
        let object = cluster.object(selection.kind, &selection.key)?;
        let tile = match &object {
            AnyObject::Pod(pod) => {
                let runs = |node| cluster.kubelets().running(node) != Some(false);
                let powered = pod.node.as_deref().is_none_or(runs);
                Some(Tile::of(cluster, pod, powered, palette))
            }
            _ => None,
        };
        Some(Self {
            version: object.meta().resource_version,
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
            actions: actions(cluster, &object),
            links: links(&object),
            body: body(cluster, selection, &object, wish, language),
        })
    }
}

/// What can be done, and last the object in the editor.
fn actions(cluster: &Cluster, object: &AnyObject) -> Rc<[Command]> {
    let mut all = commands::of(cluster, object);
    all.push(commands::edit(object));
    all.into()
}

fn body(
    cluster: &Cluster,
    selection: &Selection,
    object: &AnyObject,
    wish: &Wish,
    language: Language,
) -> Body {
    match wish.facet {
        Facet::Describe => Body::Text(describe_text(object, cluster).into()),
        Facet::Yaml => Body::Yaml(yaml(cluster, object, wish.seen)),
        Facet::Events => Body::Events(events(cluster, object)),
        Facet::Logs => Body::Logs(logs::of(cluster, object, &wish.log)),
        Facet::Related => Body::Related(relations::of(cluster, object).into()),
        Facet::Why => Body::Why(why::of(cluster, selection, language)),
    }
}

/// The live object. Changes are marked since the version that was looked at, or else since the one before this.
fn yaml(cluster: &Cluster, object: &AnyObject, seen: Option<u64>) -> YamlView {
    let journal = cluster.store().journal();
    let version = object.meta().resource_version;
    let looked = seen.filter(|seen| *seen != version).and_then(|seen| journal.get(seen));
    let looked = looked.filter(|change| change.object.uid() == object.uid());
    let last = journal.get(version);
    // Signs of life are no changes.
    let was = |object: &AnyObject| cluster.served(object.clone()).to_value();
    let (before, since) = match (looked, last) {
        (Some(change), _) => (Some(was(&change.object)), Some((change.at, true))),
        (None, Some(change)) => {
            let before = change.before.as_ref().filter(|_| seen.is_none());
            (before.map(was), before.map(|_| (change.at, false)))
        }
        (None, None) => (None, None),
    };
    let written = live_yaml::written(cluster, object);
    YamlView {
        lines: live_yaml::lines(&object.to_value(), written.as_ref(), before.as_ref()).into(),
        written: written.is_some(),
        since: since.map(|(at, looked)| (clock(at).into(), looked)),
    }
}

/// The events about an object, the latest first.
fn events(cluster: &Cluster, object: &AnyObject) -> Rc<[EventView]> {
    let uid = match object {
        // The kubelet speaks of its node by name.
        AnyObject::Node(node) => node.meta.name.to_string(),
        _ => object.uid().to_string(),
    };
    let mut all: Vec<&Rc<Event>> = cluster.store().events_of(&uid).collect();
    if matches!(object, AnyObject::Node(_)) {
        let own = object.uid().to_string();
        all.extend(cluster.store().events_of(&own));
    }
    all.order_by_key(|event| std::cmp::Reverse((event.last, event.meta.resource_version)));
    all.truncate(EVENTS);
    all.into_iter().map(|event| event_view(event)).collect()
}

fn event_view(event: &Event) -> EventView {
    let message = match event.count {
        0 | 1 => Rc::clone(&event.message),
        count => {
            let span = (event.last - event.first).human();
            format!("{} (x{count} over {span})", event.message).into()
        }
    };
    let source = match &*event.source.host {
        "" => Rc::clone(&event.source.component),
        host => format!("{}, {host}", event.source.component).into(),
    };
    EventView {
        id: event.meta.uid.0,
        at: event.last,
        clock: clock(event.last).into(),
        warning: event.event_type == EventType::Warning,
        reason: Rc::clone(&event.reason),
        message,
        source,
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
            let results: Rc<[ProbeView]> = history
                .into_iter()
                .skip(skipped)
                .map(|one| ProbeView {
                    clock: clock(one.at).into(),
                    at: one.at,
                    outcome: one.outcome,
                    output: one.output,
                })
                .collect();
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
    // The newest come first: most others are told by one look that they are too old.
    let place = |event: &Event| (event.last, event.meta.resource_version);
    let mut latest: Vec<Rc<Event>> = Vec::new();
    for event in store.events().iter_in(Some(namespace)).rev() {
        let own = place(event);
        if latest.len() == most && latest.last().is_none_or(|last| place(last) > own) {
            continue;
        }
        let at = latest.partition_point(|other| place(other) > own);
        latest.insert(at, Rc::clone(event));
        latest.truncate(most);
    }
    latest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Action, Config, WriteOptions};
    use crate::manifest;
    use crate::sim::Duration;

    fn inspect(cluster: &Cluster, kind: Kind, key: ObjectKey, facet: Facet) -> Inspected {
        let selection = Selection { kind, key };
        let wish = Wish { facet, ..Wish::default() };
        let mut palette = Palette::default();
        Inspected::build(cluster, &selection, &wish, &mut palette, Language::En).unwrap()
    }

    fn create(cluster: &mut Cluster, text: &str) {
        for document in manifest::load("a.yaml", text.as_bytes()) {
            let options = WriteOptions { words: "kubectl create -f a.yaml".into(), dry_run: false };
            cluster.create(document.kind.unwrap(), "default", document.value, &options).unwrap();
        }
    }

    fn pass(cluster: &mut Cluster, seconds: i64) {
        let at = cluster.now() + Duration::from_seconds(seconds);
        cluster.run_until(at);
    }

    #[test]
    fn a_crash_loop_shows_its_end_its_wait_and_its_log() {
        let mut cluster = Cluster::new(Config::default());
        create(&mut cluster, include_str!("../../assets/examples/crash.yaml"));
        let key = ObjectKey::new("default", "crash");
        let seen = (0..60).find_map(|_| {
            pass(&mut cluster, 1);
            let seen = inspect(&cluster, Kind::Pod, key.clone(), Facet::Logs);
            seen.ring.is_some().then_some(seen)
        });
        let seen = seen.unwrap();
        assert!(seen.last_end.as_deref().unwrap().ends_with("Error, exit 1"), "{seen:?}");
        let Body::Logs(Some(log)) = &seen.body else { panic!("{seen:?}") };
        assert!(!log.lines.is_empty() && log.lines[0].0.is_none(), "{log:?}");
        assert_eq!(&*log.command, "kubectl logs crash");
        assert_eq!(seen.links[0].kind, Kind::Node);
        assert!(seen.signs.iter().any(|sign| &*sign.text == "Ready=False" && !sign.good));
        pass(&mut cluster, 60);
        let choice = LogChoice { previous: true, timestamps: true, source: None };
        let wish = Wish { facet: Facet::Logs, log: choice, seen: None };
        let selection = Selection { kind: Kind::Pod, key };
        let mut palette = Palette::default();
        let seen = Inspected::build(&cluster, &selection, &wish, &mut palette, Language::En);
        let Some(Body::Logs(Some(log))) = seen.map(|seen| seen.body) else { panic!() };
        assert!(log.has_previous && log.lines[0].0.is_some(), "{log:?}");
        assert_eq!(&*log.command, "kubectl logs crash --previous --timestamps");
    }

    #[test]
    fn probes_are_a_strip_of_twenty_with_time_and_outcome() {
        let mut cluster = Cluster::new(Config::default());
        create(&mut cluster, include_str!("../../assets/examples/probe.yaml"));
        pass(&mut cluster, 300);
        let name = cluster.store().pods().iter_in(Some("default")).next().unwrap().meta.key();
        let seen = inspect(&cluster, Kind::Pod, name, Facet::Why);
        let strip = &seen.probes[0];
        assert!(strip.name.ends_with(" liveness"), "{strip:?}");
        assert_eq!(strip.results.len(), 20, "over several runs of the container");
        assert!(strip.results.windows(2).all(|pair| pair[0].at < pair[1].at));
        let bad = strip.results.iter().find(|one| one.outcome == ProbeOutcome::Failure).unwrap();
        assert!(bad.output.is_some(), "{bad:?}");
        assert!(strip.results.iter().any(|one| one.outcome == ProbeOutcome::Success));
    }

    #[test]
    fn the_live_yaml_knows_what_was_written_by_whom() {
        let mut cluster = Cluster::new(Config::default());
        create(&mut cluster, include_str!("../../assets/examples/deployment.yaml"));
        pass(&mut cluster, 20);
        let yaml = |cluster: &Cluster, kind, key: &ObjectKey, seen| {
            let wish = Wish { facet: Facet::Yaml, seen, ..Wish::default() };
            let selection = Selection { kind, key: key.clone() };
            let mut palette = Palette::default();
            let seen =
                Inspected::build(cluster, &selection, &wish, &mut palette, Language::En).unwrap();
            let Body::Yaml(view) = seen.body else { panic!() };
            view
        };
        let line = |view: &YamlView, text: &str| {
            view.lines.iter().find(|line| line.text.trim() == text).cloned().unwrap()
        };
        let deployment = cluster.store().deployments().iter().next().unwrap().meta.key();
        let view = yaml(&cluster, Kind::Deployment, &deployment, None);
        assert!(view.written);
        assert!(!line(&view, "replicas: 3").added);
        assert!(line(&view, "progressDeadlineSeconds: 600").added, "a default");
        assert!(line(&view, "status:").added);
        // A pod is compared with the template that somebody wrote.
        let pod = cluster.store().pods().iter_in(Some("default")).next().unwrap().meta.key();
        let view = yaml(&cluster, Kind::Pod, &pod, None);
        assert!(view.written);
        assert!(!line(&view, "containers:").added);
        assert!(line(&view, "terminationGracePeriodSeconds: 30").added);
        // What changed since somebody looked.
        let before = cluster.store().deployments().get(&deployment).unwrap().meta.resource_version;
        let options = WriteOptions { words: "kubectl scale".into(), dry_run: false };
        cluster.scale(Kind::Deployment, &deployment, 4, &options).unwrap();
        let view = yaml(&cluster, Kind::Deployment, &deployment, Some(before));
        assert_eq!(line(&view, "replicas: 4").changed.as_deref(), Some("3"));
        assert_eq!(view.since.as_ref().map(|(_, looked)| *looked), Some(true));
        let now = cluster.store().deployments().get(&deployment).unwrap().meta.resource_version;
        let view = yaml(&cluster, Kind::Deployment, &deployment, Some(now));
        assert!(view.lines.iter().all(|line| line.changed.is_none()), "all of it was seen");
    }

    #[test]
    fn relations_go_up_down_and_across() {
        let mut cluster = Cluster::new(Config::default());
        create(&mut cluster, include_str!("../../assets/examples/deployment.yaml"));
        pass(&mut cluster, 20);
        let pod = cluster.store().pods().iter_in(Some("default")).next().unwrap().clone();
        let labels: Vec<String> =
            pod.meta.labels.iter().map(|(key, value)| format!("    {key}: {value}\n")).collect();
        let service = format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports: [{{port: 80}}]\n  selector:\n{}",
            labels.concat()
        );
        create(&mut cluster, &service);
        let groups = |kind, key: ObjectKey| {
            let seen = inspect(&cluster, kind, key, Facet::Related);
            let Body::Related(groups) = seen.body else { panic!() };
            groups.iter().map(|group| (group.key, group.members.len())).collect::<Vec<_>>()
        };
        assert_eq!(
            groups(Kind::Pod, pod.meta.key()),
            [
                ("related.owners", 2),
                ("related.node", 1),
                ("related.siblings", 2),
                ("related.services", 1)
            ]
        );
        let deployment = cluster.store().deployments().iter().next().unwrap().meta.key();
        let found = groups(Kind::Deployment, deployment);
        assert_eq!(found[0], ("related.owned", 1));
        assert_eq!(found[1], ("related.pods", 3));
        assert_eq!(
            groups(Kind::Service, ObjectKey::new("default", "web")),
            // Its EndpointSlice, and the pods.
            [("related.owned", 1), ("related.selected", 3)]
        );
    }

    #[test]
    fn an_objects_events_are_its_own() {
        let mut cluster = Cluster::new(Config::default());
        create(&mut cluster, include_str!("../../assets/examples/probe.yaml"));
        pass(&mut cluster, 120);
        let pod = cluster.store().pods().iter_in(Some("default")).next().unwrap().meta.key();
        let seen = inspect(&cluster, Kind::Pod, pod, Facet::Events);
        let Body::Events(rows) = seen.body else { panic!() };
        let reasons: Vec<&str> = rows.iter().map(|row| &*row.reason).collect();
        for reason in ["Scheduled", "Pulled", "Started", "Unhealthy", "Killing"] {
            assert!(reasons.contains(&reason), "{reason}: {reasons:?}");
        }
        assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(row.at)));
        assert!(
            rows.iter().any(|row| row.message.contains(" (x") && row.message.contains(" over "))
        );
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
