//! The scheduler against tables: `tests/cases/scheduling.yaml` gives nodes, pods and a pod to place, and what the
//! default scheduler says, in the words and numbers of upstream's own tests. Each case names the table it follows.
//!
//! A case may ask for: `refused` (the nodes that do not take the pod, and why), `unhelpful` (those of them where
//! pushing out pods cannot help), `scores` (per plugin and node), `chosen`, `says` (the text of `FailedScheduling`),
//! `pushed` (from which node, which pods), `wakes` (which changes move the waiting pod) and `held` (its waits).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::rc::Rc;

use podyard::api::core::{Node, Pod};
use podyard::api::meta::{NodeName, ObjectKey};
use podyard::api::object::AnyObject;
use podyard::api::{Kind, Plain, Resource, Uid, Value};
use podyard::reconcile::{Controller, Key, Memories, Observed};
use podyard::scheduler::{Decision, Memory, Ranked, Refusal, Scheduler, Score, table};
use podyard::sim::Time;
use podyard::store::{CauseId, Change, Store};

const CASES: &str = include_str!("cases/scheduling.yaml");

/// The moment at which every case is looked at: pods may have started before.
const NOW: Time = Time::from_unix_seconds(1_000_000);

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.str_at(key).unwrap_or_default()
}

/// Metadata of what a case names; `labels` and the like are taken over.
fn meta(short: &Value, name: &str, namespaced: bool) -> Value {
    let mut meta = Value::empty_object();
    meta.set("name", name);
    if namespaced {
        let namespace = short.str_at("namespace").unwrap_or("default");
        meta.set("namespace", namespace);
    }
    if let Some(labels) = short.get("labels") {
        meta.set("labels", labels.clone());
    }
    meta
}

/// A node: 4 cpus, 8Gi and 110 pods unless the case says otherwise.
fn node(name: &str, short: &Value) -> Rc<Node> {
    let mut object = Value::empty_object();
    let mut meta = meta(short, name, false);
    if short.bool_at("hostname") != Some(false) {
        meta.child("labels").set_default("kubernetes.io/hostname", name);
    }
    object.set("metadata", meta);
    for key in ["taints", "unschedulable"] {
        if let Some(value) = short.get(key) {
            object.child("spec").set(key, value.clone());
        }
    }
    let mut room = short.get("room").cloned().unwrap_or_else(Value::empty_object);
    for (key, usual) in [("cpu", "4"), ("memory", "8Gi"), ("pods", "110")] {
        room.set_default(key, usual);
    }
    object.child("status").set("allocatable", room);
    if let Some(images) = short.get("images") {
        object.child("status").set("images", images.clone());
    }
    Rc::new(Node::from_value(&object))
}

/// A pod: one container that asks for `asks`, beside whatever its `spec` says.
fn pod(name: &str, short: &Value) -> Rc<Pod> {
    let mut object = Value::empty_object();
    object.set("metadata", meta(short, name, true));
    let mut spec = short.get("spec").cloned().unwrap_or_else(Value::empty_object);
    if spec.get("containers").is_none() {
        let mut container = Value::empty_object();
        container.set("name", "c");
        if let Some(asks) = short.get("asks") {
            container.child("resources").set("requests", asks.clone());
        }
        spec.set("containers", vec![container]);
    }
    for key in ["priority", "tolerations", "nodeSelector", "affinity", "preemptionPolicy"] {
        if let Some(value) = short.get(key) {
            spec.set(key, value.clone());
        }
    }
    if let Some(list) = short.get("spread") {
        spec.set("topologySpreadConstraints", list.clone());
    }
    if let Some(node) = short.get("on") {
        spec.set("nodeName", node.clone());
    }
    object.set("spec", spec);
    let mut pod = Pod::from_value(&object);
    pod.meta.uid = Uid::from_text(name);
    if let Some(second) = short.i64_at("started") {
        pod.status.start_time = Some(Time::from_unix_seconds(second));
    }
    if let Some(phase) = short.get("status") {
        object.set("status", phase.clone());
        pod.status = Pod::from_value(&object).status;
    }
    if short.bool_at("leaving") == Some(true) {
        pod.meta.deletion = Some(podyard::api::meta::Deletion { at: NOW, grace_seconds: 30 });
    }
    Rc::new(pod)
}

fn plain(short: &Value) -> Rc<Plain> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.info().name == text(short, "kind"));
    let kind = kind.unwrap();
    let mut object = short.clone();
    object.set("metadata", meta(short, text(short, "name"), kind.info().namespaced));
    Rc::new(Plain::from_value(kind, &object))
}

/// A changed object of a case: `node`, `pod` or `object`.
fn thing(short: &Value) -> AnyObject {
    if let Some(one) = short.get("node") {
        return AnyObject::Node(node(text(one, "name"), one));
    }
    let one = short.get("pod").unwrap();
    AnyObject::Pod(pod(text(one, "name"), one))
}

struct Case {
    at: String,
    raw: Value,
    store: Store,
    pod: Rc<Pod>,
}

impl Case {
    fn new(raw: &Value) -> Self {
        let mut store = Store::default();
        let mut put = |object: AnyObject| {
            store.put(object, NOW, CauseId::default());
        };
        for (name, short) in raw.get("nodes").map(Value::entries).into_iter().flatten() {
            put(AnyObject::Node(node(name, short)));
        }
        for (name, short) in raw.get("pods").map(Value::entries).into_iter().flatten() {
            put(AnyObject::Pod(pod(name, short)));
        }
        for (number, crowd) in raw.items_at("crowds").iter().enumerate() {
            for (node, count) in crowd.get("on").map(Value::entries).into_iter().flatten() {
                for one in 0..count.as_i64().unwrap() {
                    let mut short = crowd.clone();
                    short.set("on", &**node);
                    put(AnyObject::Pod(pod(&format!("{node}-{number}-{one}"), &short)));
                }
            }
        }
        for short in raw.items_at("objects") {
            put(AnyObject::Plain(plain(short)));
        }
        let pod = pod("new", raw.get("pod").unwrap_or(&Value::empty_object()));
        put(AnyObject::Pod(Rc::clone(&pod)));
        let at = format!("{} ({})", text(raw, "case"), text(raw, "follows"));
        Self { at, raw: raw.clone(), store, pod }
    }

    fn decide(&self, memory: &Memory, now: Time) -> (Decision, Option<Memory>) {
        let seen = Observed { store: &self.store, memory, failure: None };
        let plan = Scheduler::reconcile(&Key::of(&self.pod.meta), &seen, now);
        (plan.decision, plan.memory)
    }

    fn check(&self) {
        assert!(!text(&self.raw, "follows").is_empty(), "{}: no table named", self.at);
        let asked: Vec<&str> = ["refused", "scores", "chosen", "says", "pushed", "wakes", "held"]
            .into_iter()
            .filter(|key| self.raw.get(key).is_some())
            .collect();
        assert!(!asked.is_empty(), "{}: nothing is asked", self.at);
        for key in asked {
            match key {
                "refused" => self.check_refused(),
                "scores" => self.check_scores(),
                "wakes" => self.check_wakes(),
                "held" => self.check_held(),
                _ => self.check_decision(),
            }
        }
    }

    /// The first refusal of each node.
    fn refusals(&self) -> impl Iterator<Item = (NodeName, Option<Refusal>)> {
        let all = table(&self.pod, &self.store).into_iter();
        all.map(|(name, checks)| (name, checks.into_iter().flatten().next()))
    }

    fn check_refused(&self) {
        let said: BTreeMap<String, String> = self
            .refusals()
            .filter_map(|(name, refusal)| {
                let reasons: Vec<String> = refusal?.reasons().map(str::to_owned).collect();
                Some((name.to_string(), reasons.join(", ")))
            })
            .collect();
        let expected: BTreeMap<String, String> = self
            .raw
            .get("refused")
            .unwrap()
            .entries()
            .map(|(name, words)| (name.to_string(), words.as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(said, expected, "{}", self.at);
        let Some(list) = self.raw.get("unhelpful") else { return };
        let hopeless: Vec<String> = self
            .refusals()
            .filter(|(_, refusal)| refusal.as_ref().is_some_and(|one| !one.preemptible))
            .map(|(name, _)| name.to_string())
            .collect();
        let list: Vec<&str> = list.items().iter().filter_map(Value::as_str).collect();
        assert_eq!(hopeless, list, "{}: where preemption cannot help", self.at);
    }

    fn ranking(&self) -> Rc<[Ranked]> {
        match self.decide(&Memory::default(), NOW).0 {
            Decision::Bound { ranking, .. } => ranking,
            other => panic!("{}: not placed: {other:?}", self.at),
        }
    }

    fn check_scores(&self) {
        let ranking = self.ranking();
        for (plugin, expected) in self.raw.get("scores").unwrap().entries() {
            let column = Score::ALL.iter().position(|score| score.name() == &**plugin);
            let column = column.unwrap_or_else(|| panic!("{}: no plugin {plugin}", self.at));
            let found: BTreeMap<String, i64> = ranking
                .iter()
                .map(|one| (one.node.to_string(), one.parts[column].into()))
                .collect();
            let expected: BTreeMap<String, i64> = expected
                .entries()
                .map(|(name, score)| (name.to_string(), score.as_i64().unwrap()))
                .collect();
            assert_eq!(found, expected, "{}: {plugin}", self.at);
        }
    }

    fn check_decision(&self) {
        let (decision, _) = self.decide(&Memory::default(), NOW);
        let (mut chosen, mut says, mut pushed) = (None, None, None);
        match &decision {
            Decision::Bound { node, .. } => chosen = Some(node.to_string()),
            Decision::Unschedulable(diagnosis) => says = Some(diagnosis.message.to_string()),
            Decision::Preempting { node, victims, diagnosis } => {
                says = Some(diagnosis.message.to_string());
                let mut names: Vec<&str> = victims.iter().map(|key| &*key.name).collect();
                names.sort_unstable();
                pushed = Some(format!("{node}: {}", names.join(" ")));
            }
            other => panic!("{}: {other:?}", self.at),
        }
        for (key, found) in [("chosen", chosen), ("says", says), ("pushed", pushed)] {
            if let Some(expected) = self.raw.get(key) {
                assert_eq!(found.as_deref(), expected.as_str(), "{}: {key}", self.at);
            }
        }
    }

    /// What a pod that fitted nowhere remembers, and which changes then move it.
    fn check_wakes(&self) {
        let (decision, memory) = self.decide(&Memory::default(), NOW);
        let memory = memory.filter(Memory::waits);
        let memory =
            memory.unwrap_or_else(|| panic!("{}: it does not wait: {decision:?}", self.at));
        let key = Key::of(&self.pod.meta);
        let mut memories = Memories::default();
        memories.insert(key.clone(), memory);
        for row in self.raw.items_at("wakes") {
            let mut store = self.store.clone();
            let object = match row.str_at("gone") {
                Some(name) => store.get(Kind::Pod, &ObjectKey::new("default", name)).unwrap(),
                None => thing(row),
            };
            let change = match row.get("gone") {
                Some(_) => {
                    store.remove(object.kind(), &object.key(), NOW, CauseId::default()).unwrap()
                }
                None => store.put(object, NOW, CauseId::default()),
            };
            let mut woken = false;
            Scheduler::wakes(&change, &store, &memories, &mut |other, _| {
                woken |= other == key;
                true
            });
            assert_eq!(Some(woken), row.bool_at("moves"), "{}: {}", self.at, row.to_json());
        }
    }

    /// For how many seconds it is held back after each try.
    fn check_held(&self) {
        let mut memory = Memory::default();
        let mut now = NOW;
        for wait in self.raw.items_at("held") {
            memory = self.decide(&memory, now).1.unwrap();
            let until = memory.held_until();
            assert_eq!(Some((until - now).seconds()), wait.as_i64(), "{}", self.at);
            now = until;
        }
    }
}

fn cases() -> Vec<Case> {
    let all: Value = serde_yaml::from_str(CASES).unwrap();
    all.items().iter().map(Case::new).collect()
}

#[test]
fn the_scheduler_says_what_upstream_says() {
    let mut wrong = Vec::new();
    for case in cases() {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case.check()));
        if let Err(error) = result {
            let words = error.downcast_ref::<String>().cloned();
            wrong.push(words.unwrap_or_else(|| case.at.clone()));
        }
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn no_two_cases_have_one_name() {
    let mut names: Vec<String> = cases().into_iter().map(|case| case.at).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// Those that a change adds to the queue.
fn woken(
    queued: &mut Vec<String>,
    store: &Store,
    memories: &Memories<Memory>,
    change: &Change,
) -> String {
    let before = queued.len();
    Scheduler::wakes(change, store, memories, &mut |key, _| {
        let name = key.object.name.to_string();
        let new = !queued.contains(&name);
        if new {
            queued.push(name);
        }
        new
    });
    queued.split_at(before).1.join(" ")
}

/// Of pods that wait and were told already that something happened, so many are woken as there is room for; a key that
/// waits in the queue takes no room twice. The others are told once.
#[test]
fn as_many_are_woken_as_there_is_room_for() {
    let mut store = Store::default();
    let ask = |text: &str| Value::from_json(text).unwrap();
    let small = ask(r#"{"room":{"cpu":"4"}}"#);
    store.put(AnyObject::Node(node("n", &small)), NOW, CauseId::default());
    for (name, cpu) in [("big", 2), ("one", 1), ("two", 1)] {
        let short = ask(&format!(r#"{{"on":"n","asks":{{"cpu":"{cpu}"}}}}"#));
        store.put(AnyObject::Pod(pod(name, &short)), NOW, CauseId::default());
    }
    let on_n = ask(r#"{"on":"n"}"#);
    let mut memories: Memories<Memory> = Memories::default();
    for (name, priority, since) in [("d", 0, 3), ("c", 0, 2), ("b", 0, 1), ("a", 7, 9)] {
        let waiting =
            pod(name, &ask(&format!(r#"{{"priority":{priority},"asks":{{"cpu":"1"}}}}"#)));
        let key = Key::of(&waiting.meta);
        store.put(AnyObject::Pod(Rc::clone(&waiting)), NOW, CauseId::default());
        let memory = Memory::default();
        let seen = Observed { store: &store, memory: &memory, failure: None };
        let plan = Scheduler::reconcile(&key, &seen, Time::from_unix_seconds(since));
        memories.insert(key, Memory { helped: true, last: NOW, ..plan.memory.unwrap() });
    }
    let leave = |store: &mut Store, name: &str| {
        let key = ObjectKey::new("default", name);
        store.remove(Kind::Pod, &key, NOW, CauseId::default()).unwrap()
    };
    let mut queued: Vec<String> = Vec::new();
    let change = leave(&mut store, "one");
    assert_eq!(woken(&mut queued, &store, &memories, &change), "a");
    let change = leave(&mut store, "two");
    assert_eq!(
        woken(&mut queued, &store, &memories, &change),
        "b c",
        "two have room by now, one is on its way"
    );
    let key = Key::of(&store.pods().get(&ObjectKey::new("default", "d")).unwrap().meta);
    let known = *memories.get(&key).unwrap();
    memories.insert(key, Memory { helped: false, ..known });
    let change = leave(&mut store, "big");
    assert_eq!(woken(&mut queued, &store, &memories, &change), "d");
    // Room is kept for it: it looks each time, whoever was woken for that room.
    let short = ask(r#"{"asks":{"cpu":"4"},"status":{"nominatedNodeName":"n"}}"#);
    let nominated = pod("late", &short);
    store.put(AnyObject::Pod(Rc::clone(&nominated)), NOW, CauseId::default());
    memories.insert(Key::of(&nominated.meta), Memory { since: NOW, helped: true, ..known });
    queued.retain(|name| name == "late");
    store.put(AnyObject::Pod(pod("last", &on_n)), NOW, CauseId::default());
    let change = leave(&mut store, "last");
    assert_eq!(woken(&mut queued, &store, &memories, &change), "a b c d late");
}
