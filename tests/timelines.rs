//! What becomes of pods and nodes second by second, through the facade: `tests/cases/timelines.yaml` gives objects,
//! what is done to the cluster and when, and each change of what `kubectl get` shows. Sandboxes, starts and pulls take
//! no time here, so that what is left are the times that Kubernetes itself sets.
//!
//! A line of a pod is `SECOND STATUS READY RESTARTS`, then `ready` while its condition Ready holds; a line of a node
//! is `SECOND STATUS` and its taints. What a pod's JSON `says` or `lacks` in the end are pieces of it. Pods with made-up names are `PREFIX#N`, in the order of their creation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;

use podyard::api::conditions;
use podyard::api::core::{Node, Pod};
use podyard::api::object::AnyObject;
use podyard::api::{Kind, ObjectKey, Value};
use podyard::apiserver::table;
use podyard::cluster::{Action, Cluster, Config, Registry, WriteOptions};
use podyard::kubelet::Delays;
use podyard::reconcile::DeleteOptions;
use podyard::sim::Duration;

/// Nothing happens twice at one instant: what follows from a second's events has settled after this.
const SETTLED: Duration = Duration::from_millis(100);

const CASES: &str = include_str!("cases/timelines.yaml");

fn cluster(case: &Value) -> Cluster {
    let delays = Delays {
        sandbox_millis: (0, 0),
        start_millis: (0, 0),
        pull_millis: 0,
        pull_megabytes_per_second: 1_000_000_000,
        ..Delays::default()
    };
    let workers = usize::try_from(case.i64_at("workers").unwrap_or(1)).unwrap();
    Cluster::new(Config { workers, delays, system_pods: false, ..Config::default() })
}

fn kind_of(object: &Value) -> Kind {
    let name = object.str_at("kind").unwrap();
    Kind::ALL.into_iter().find(|kind| kind.info().name == name).unwrap()
}

/// Does one thing: `stop`, `start` or `remove` a node; `create` an object; `delete`, `force`, `evict`, `crash` or
/// `hang` a pod; `kept` is an eviction that a budget refuses; `registry` is up or down.
fn perform(cluster: &mut Cluster, act: &Value) {
    let quiet = WriteOptions::default();
    let pod = |name: &str| ObjectKey::new("default", name);
    for (verb, what) in act.entries().filter(|(verb, _)| &***verb != "at") {
        let name = what.as_str().unwrap_or_default();
        let action = match &**verb {
            "stop" => Action::StopNode(name.into()),
            "start" => Action::StartNode(name.into()),
            "remove" => Action::RemoveNode(name.into()),
            "crash" => Action::CrashPod { pod: pod(name), container: None },
            "hang" => Action::HangPod { pod: pod(name) },
            "registry" => Action::Registry(match name {
                "up" => Registry::Up,
                _ => Registry::Down,
            }),
            "create" => {
                cluster.create(kind_of(what), "default", what.clone(), &quiet).unwrap();
                continue;
            }
            "delete" => {
                let how = DeleteOptions::default();
                cluster.delete(Kind::Pod, &pod(name), &how, &quiet).unwrap();
                continue;
            }
            "evict" => {
                cluster.evict(&pod(name), None, &quiet).unwrap();
                continue;
            }
            // An eviction that is refused.
            "kept" => {
                let refusal = cluster.evict(&pod(name), None, &quiet).unwrap_err();
                let words = "Cannot evict pod as it would violate the pod's disruption budget.";
                assert_eq!((refusal.reason.code(), &*refusal.message), (429, words));
                continue;
            }
            "force" => {
                let how = DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() };
                cluster.delete(Kind::Pod, &pod(name), &how, &quiet).unwrap();
                continue;
            }
            other => panic!("no such act: {other}"),
        };
        cluster.act(action, &quiet).unwrap();
    }
}

fn pod_line(pod: &Pod) -> String {
    let status = table::pod_status(pod);
    let mut line =
        format!("{} {}/{} {}", status.word, status.ready, status.containers, status.restarts);
    if conditions::holds(&pod.status.conditions, "Ready") {
        line.push_str(" ready");
    }
    line
}

fn node_line(node: &Node) -> String {
    let mut line = table::node_status(node);
    for taint in &node.spec.taints {
        let key = taint.key.rsplit('/').next().unwrap();
        line.push_str(&format!(" {key}:{:?}", taint.effect));
    }
    line
}

/// The lines so far of everything that was seen.
#[derive(Default)]
struct Record {
    lines: BTreeMap<String, Vec<String>>,
    last: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
}

impl Record {
    /// The name of a pod in a case: made-up ends are numbered.
    fn name(&mut self, pod: &Pod) -> String {
        let own = pod.meta.name.to_string();
        let Some(owner) = pod.meta.controller() else { return own };
        if let Some(known) = self.names.get(&own) {
            return known.clone();
        }
        let taken =
            self.names.values().filter(|name| name.starts_with(&format!("{}#", owner.name)));
        let name = format!("{}#{}", owner.name, taken.count() + 1);
        self.names.insert(own, name.clone());
        name
    }

    fn look(&mut self, cluster: &Cluster, second: i64) {
        let mut now: BTreeMap<String, String> = BTreeMap::new();
        let mut pods: Vec<&Pod> =
            cluster.store().pods().iter_in(Some("default")).map(|pod| &**pod).collect();
        pods.sort_by_key(|pod| (pod.meta.created, pod.meta.resource_version));
        for pod in pods {
            now.insert(self.name(pod), pod_line(pod));
        }
        for node in cluster.store().nodes().iter() {
            now.insert(format!("node/{}", node.meta.name), node_line(node));
        }
        for name in self.last.keys().filter(|name| !now.contains_key(*name)) {
            self.lines.get_mut(name).unwrap().push(format!("{second} gone"));
        }
        for (name, line) in &now {
            if self.last.get(name) != Some(line) {
                self.lines.entry(name.clone()).or_default().push(format!("{second} {line}"));
            }
        }
        self.last = now;
    }
}

fn events(cluster: &Cluster) -> Vec<String> {
    let all = cluster.store().list(Kind::Event, Some("default"));
    let told = all.iter().filter_map(|event| match event {
        AnyObject::Event(event) => Some(format!("{} {}", event.reason, event.message)),
        _ => None,
    });
    told.collect()
}

/// Plays a case; says what differs.
fn play(case: &Value) -> Result<(), String> {
    let name = case.str_at("case").unwrap();
    let mut cluster = cluster(case);
    let start = cluster.now();
    let mut record = Record::default();
    for second in 0..=case.i64_at("until").unwrap() {
        cluster.run_until(start + Duration::from_seconds(second));
        if second == 0 {
            for object in case.items_at("objects") {
                let written = cluster.create(
                    kind_of(object),
                    "default",
                    object.clone(),
                    &WriteOptions::default(),
                );
                written.map_err(|error| format!("{name}: {error:?}"))?;
            }
        }
        for act in case.items_at("acts").iter().filter(|act| act.i64_at("at") == Some(second)) {
            perform(&mut cluster, act);
        }
        cluster.run_until(start + Duration::from_seconds(second) + SETTLED);
        record.look(&cluster, second);
    }
    let mut wrong = String::new();
    for (who, lines) in case.get("lines").map(Value::entries).into_iter().flatten() {
        let expected: Vec<&str> = lines.items().iter().filter_map(Value::as_str).collect();
        let found = record.lines.get(&**who).cloned().unwrap_or_default();
        if found != expected {
            wrong.push_str(&format!("\n{name}: {who}\n  expected\n"));
            expected.iter().for_each(|line| wrong.push_str(&format!("      - {line}\n")));
            wrong.push_str("  found\n");
            found.iter().for_each(|line| wrong.push_str(&format!("      - {line}\n")));
        }
    }
    let told = events(&cluster);
    for expected in case.items_at("events").iter().filter_map(Value::as_str) {
        if !told.iter().any(|event| event.starts_with(expected)) {
            wrong.push_str(&format!("\n{name}: no event `{expected}` in {told:#?}\n"));
        }
    }
    for (verb, says) in [("says", true), ("lacks", false)] {
        for (who, texts) in case.get(verb).map(Value::entries).into_iter().flatten() {
            let key = ObjectKey::new("default", &**who);
            let json = cluster.store().get(Kind::Pod, &key).map(|pod| pod.to_value().to_json());
            let json = json.unwrap();
            for text in texts.items().iter().filter_map(Value::as_str) {
                if json.contains(text) != says {
                    wrong.push_str(&format!("\n{name}: {who} {verb} not `{text}`: {json}\n"));
                }
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

#[test]
fn time_passes_as_upstream_has_it() {
    let cases: Value = serde_yaml::from_str(CASES).unwrap();
    let wrong: Vec<String> = cases.items().iter().filter_map(|case| play(case).err()).collect();
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join(""));
}

#[test]
fn every_case_names_what_it_follows_and_asks_something() {
    let cases: Value = serde_yaml::from_str(CASES).unwrap();
    for case in cases.items() {
        assert!(case.str_at("follows").is_some_and(|text| !text.is_empty()), "{case}");
        let asks = ["lines", "events", "says"].iter().any(|key| case.get(key).is_some());
        assert!(asks, "{case}");
    }
}
