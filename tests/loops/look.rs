//! Lets a loop look at a case, carries its plans out as a plain store would, and compares.

use std::rc::Rc;

use podyard::api::{AnyObject, ApiError, Kind, ObjectKey, Reason, Uid};
use podyard::controllers::{DaemonSetLoop, daemonset};
use podyard::reconcile::{Controller, Failure, Key, Memories, Observed, Plan, Write};
use podyard::sim::{Duration, Time};
use podyard::store::{CauseId, Change, Store};
use serde_json::{Map, Value as Json, json};

use crate::case::{Case, Context, merge, object, repeat, start, target, typed};

/// Runs a case; tells how it differs.
pub(crate) fn run<C: Controller>(case: &Case) -> Option<String> {
    let mut world = World::<C>::new(case);
    let several = case.steps.len() > 1;
    for (number, step) in case.steps.iter().enumerate() {
        let found = world.step(step, case);
        let differences = compare(&step["expect"], &found);
        if !differences.is_empty() {
            let at = if several { format!(", step {}", number + 1) } else { String::new() };
            return Some(format!("- {}{at}:\n    {}", case.name, differences.join("\n    ")));
        }
    }
    None
}

/// What a case consists of at a moment.
struct World<C: Controller> {
    store: Store,
    memories: Memories<C::Memory>,
    key: Key,
    now: Time,
    made: u64,
}

fn any_value(object: &AnyObject) -> Json {
    serde_json::from_str(&object.to_value().to_json()).unwrap()
}

fn named(store: &Store, name: &str) -> Option<AnyObject> {
    let (kind, name) = name.split_once('/').expect("Kind/name");
    let kind = Kind::from_word(kind).unwrap();
    let (namespace, name) = match name.split_once('/') {
        Some(parts) => parts,
        None if kind.namespaced() => ("default", name),
        None => ("", name),
    };
    store.get(kind, &ObjectKey::new(namespace, name))
}

/// The controller's reference to `Kind/name`; with a `+` before it one that does not control, with a `#uid` behind it
/// one to an owner of that uid.
fn reference(store: &Store, text: &str) -> Json {
    let controls = !text.starts_with('+');
    let text = text.trim_start_matches('+');
    let (text, uid) = text.split_once('#').map_or((text, None), |(text, uid)| (text, Some(uid)));
    let (kind_word, name) = text.split_once('/').expect("Kind/name");
    let kind = Kind::from_word(kind_word).unwrap();
    let uid = uid.map_or_else(
        || named(store, text).unwrap_or_else(|| panic!("no {text}")).uid().to_string(),
        |uid| Uid::from_text(uid).to_string(),
    );
    let mut reference = json!({ "apiVersion": kind.api_version(), "kind": kind_word, "uid": uid,
        "name": name.rsplit('/').next().unwrap(), "blockOwnerDeletion": true });
    if controls {
        reference["controller"] = json!(true);
    }
    reference
}

/// The hash of the newest template of the only DaemonSet.
fn newest_hash(store: &Store, now: Time) -> String {
    let set = store.daemon_sets().iter().next().expect("a DaemonSet comes before its pods");
    let memory = daemonset::Memory::default();
    let seen = Observed { store, memory: &memory, failure: None };
    let plan = DaemonSetLoop::reconcile(&Key::of(&set.meta), &seen, now);
    let made = plan.writes.iter().find_map(|write| match write {
        Write::Create { object: AnyObject::Plain(revision), .. } => {
            revision.meta.labels.text("controller-revision-hash").map(str::to_owned)
        }
        _ => None,
    });
    made.unwrap_or_else(|| {
        let known = store.plain_in(Kind::ControllerRevision, None);
        let newest = known.max_by_key(|revision| revision.body.i64_at("revision")).unwrap();
        newest.meta.labels.text("controller-revision-hash").unwrap().to_owned()
    })
}

impl<C: Controller> World<C> {
    fn new(case: &Case) -> Self {
        let mut world = Self {
            store: Store::default(),
            memories: Memories::default(),
            key: Key::whole(),
            now: start(),
            made: 0,
        };
        let mut first = None;
        for item in &case.given {
            let objects = world.add(item, &case.base);
            first = first.or_else(|| objects.first().cloned());
        }
        world.key = match &case.key {
            Some(part) if part.contains('#') => {
                let (name, uid) = part.split_once('#').unwrap();
                Key::with_uid(ObjectKey::cluster(name), Uid::from_text(uid))
            }
            Some(name) => Key::of(named(&world.store, name).unwrap().meta()),
            None => Key::of(first.unwrap().object.meta()),
        };
        world
    }

    fn put(&mut self, object: AnyObject) -> Rc<Change> {
        self.store.put(object, self.now, CauseId::default())
    }

    fn add(&mut self, item: &Json, base: &Json) -> Vec<Rc<Change>> {
        let items = repeat(item, base);
        let mut changes = Vec::new();
        for item in items {
            self.made += 1;
            let (store, now) = (&self.store, self.now);
            let context = Context {
                now,
                id: self.made,
                owner: &|text| reference(store, text),
                hash: &|| newest_hash(store, now),
            };
            let object = object(&item, &context);
            changes.push(self.put(object));
        }
        changes
    }

    /// Lays fields over an object; another spec is another generation.
    fn change(&mut self, name: &str, patch: &Json) -> Rc<Change> {
        let old = named(&self.store, name).unwrap_or_else(|| panic!("no {name}"));
        let value = any_value(&old);
        let mut new = merge(&value, patch);
        if new["spec"] != value["spec"] && value["metadata"]["generation"].is_number() {
            new["metadata"]["generation"] =
                json!(value["metadata"]["generation"].as_i64().unwrap() + 1);
        }
        let object = typed(old.kind(), &new);
        self.put(object)
    }

    /// Makes pods ready or not, as of now: all that are not yet, or those named.
    fn make_ready(&mut self, which: &Json, ready: bool) {
        let pods: Vec<_> = self.store.pods().iter().cloned().collect();
        for pod in pods {
            let meant = match which {
                Json::Array(names) => names.iter().any(|name| *name == *pod.meta.name),
                _ => true,
            };
            if meant && pod.ready() != ready && !pod.meta.deleting() {
                let status = if ready { "True" } else { "False" };
                let condition = json!([{ "type": "Ready", "status": status, "lastTransitionTime": self.now.rfc3339() }]);
                let patch = json!({ "status": { "phase": "Running", "conditions": condition } });
                self.change(&format!("Pod/{}", pod.meta.name), &patch);
            }
        }
    }

    fn step(&mut self, step: &Json, case: &Case) -> Json {
        let known =
            ["expect", "refused", "at", "add", "change", "remove", "ready", "unready", "look"];
        for field in step.as_object().unwrap().keys() {
            assert!(known.contains(&field.as_str()), "{}: unknown field {field}", case.name);
        }
        if let Some(seconds) = step["at"].as_f64() {
            self.now = start() + Duration::from_millis((seconds * 1000.0) as i64);
        }
        let mut changes = Vec::new();
        for item in step["add"].as_array().into_iter().flatten() {
            changes.extend(self.add(item, &case.base));
        }
        for (name, patch) in step["change"].as_object().into_iter().flatten() {
            changes.push(self.change(name, patch));
        }
        for name in step["remove"].as_array().into_iter().flatten() {
            let gone = named(&self.store, name.as_str().unwrap()).unwrap();
            let removed = self.store.remove(gone.kind(), &gone.key(), self.now, CauseId::default());
            changes.push(removed.unwrap());
        }
        if !step["ready"].is_null() {
            self.make_ready(&step["ready"], true);
        }
        if !step["unready"].is_null() {
            self.make_ready(&step["unready"], false);
        }
        let wakes = self.wakes(&changes);
        if step["look"] == json!(false) {
            return json!({ "wakes": wakes });
        }
        let failure = step["refused"].as_str().map(|text| Failure {
            index: 0,
            done: 0,
            creating: true,
            error: ApiError::new(Reason::Forbidden, text),
            at: self.now,
        });
        let blank = C::Memory::default();
        let memory = self.memories.get(&self.key).unwrap_or(&blank);
        let seen = Observed { store: &self.store, memory, failure: failure.as_ref() };
        let plan = C::reconcile(&self.key, &seen, self.now);
        if let Some(memory) = &plan.memory {
            self.memories.insert(self.key.clone(), memory.clone());
        }
        let mut found = self.describe(&plan);
        found["wakes"] = wakes;
        self.carry_out(&plan.writes);
        found
    }

    /// The keys that changes wake, with the milliseconds they wait.
    fn wakes(&self, changes: &[Rc<Change>]) -> Json {
        let mut woken = Vec::new();
        for change in changes {
            C::wakes(change, &self.store, &self.memories, &mut |key, wait| {
                let part = key.uid.map(|uid| format!("#{:x}", { uid.0 })).unwrap_or_default();
                let text = match wait.millis() {
                    0 => format!("{}{part}", key.object.name),
                    millis => format!("{}{part} after {millis}ms", key.object.name),
                };
                let new = !woken.contains(&text);
                if new {
                    woken.push(text);
                }
                new
            });
        }
        json!(woken)
    }

    /// A plan in the words of `expect`.
    fn describe(&self, plan: &Plan<C::Decision, C::Memory>) -> Json {
        let mut found = Map::new();
        let (mut creates, mut nodes, mut made) = (0, Vec::new(), Vec::new());
        let (mut deletes, mut events) = (Vec::new(), Vec::new());
        let (mut scales, mut updates) = (Map::new(), Map::new());
        let (mut adopts, mut releases) = (Vec::new(), Vec::new());
        let (mut revisions, mut pods) = (Vec::new(), Vec::new());
        for write in &plan.writes {
            match write {
                Write::Create { object: AnyObject::Pod(pod), .. } => {
                    creates += 1;
                    nodes.extend(target(pod));
                    pods.push(Rc::clone(pod));
                }
                Write::Create { object, .. } => made.push(any_value(object)),
                Write::Delete { key, options, .. } => {
                    let policy = options.propagation.map(|policy| format!("{policy:?}"));
                    deletes.push(match policy.as_deref() {
                        None | Some("Background") => key.name.to_string(),
                        Some(policy) => format!("{} {policy}", key.name),
                    });
                }
                Write::Update(object) => {
                    let old = self.store.get(object.kind(), &object.key());
                    let old = old.map_or(Json::Null, |old| any_value(&old));
                    let new = any_value(object);
                    let name = object.meta().name.to_string();
                    let controller = |value: &Json| {
                        let owners = value["metadata"]["ownerReferences"].as_array().cloned();
                        owners.into_iter().flatten().any(|owner| owner["controller"] == json!(true))
                    };
                    match (controller(&old), controller(&new)) {
                        (false, true) => adopts.push(name.clone()),
                        (true, false) => releases.push(name.clone()),
                        _ => {}
                    }
                    if old["spec"]["replicas"] != new["spec"]["replicas"] {
                        scales.insert(name.clone(), new["spec"]["replicas"].clone());
                    }
                    if !new["revision"].is_null() {
                        revisions.push(new["revision"].clone());
                    }
                    updates.insert(name, new);
                }
                Write::UpdateStatus(object) => {
                    found.insert("status".into(), any_value(object)["status"].clone());
                }
                Write::Event { note, .. } => {
                    events.push(format!(
                        "{} {}: {}",
                        note.event_type.word(),
                        note.reason,
                        note.message
                    ));
                }
                Write::Bind { .. } | Write::Expire(_) => panic!("these loops bind nothing"),
            }
        }
        deletes.sort();
        nodes.sort();
        let wake = plan.wake.map(|at| (at - self.now).millis() as f64 / 1000.0);
        let conditions: Vec<String> = found
            .get("status")
            .and_then(|status| status["conditions"].as_array())
            .into_iter()
            .flatten()
            .map(|one| {
                format!("{}={} {}", text(&one["type"]), text(&one["status"]), text(&one["reason"]))
            })
            .collect();
        found.insert("conditions".into(), json!(conditions));
        found.insert("creates".into(), json!(creates));
        // One stands for all.
        let pod = pods.first().map(|pod| any_value(&AnyObject::Pod(Rc::clone(pod))));
        found.insert("pod".into(), json!(pod));
        found.insert("nodes".into(), json!(nodes));
        found.insert("made".into(), json!(made));
        found.insert("deletes".into(), json!(deletes));
        found.insert("scales".into(), Json::Object(scales));
        found.insert("updates".into(), Json::Object(updates));
        found.insert("adopts".into(), json!(adopts));
        found.insert("revisions".into(), json!(revisions));
        found.insert("releases".into(), json!(releases));
        found.insert("events".into(), json!(events));
        found.insert("wake".into(), json!(wake));
        found.insert("decision".into(), json!(format!("{:?}", plan.decision)));
        Json::Object(found)
    }

    /// Carries a plan out at once: what is deleted is gone, what is created is there, under a name of its own.
    fn carry_out(&mut self, writes: &[Write]) {
        for write in writes {
            match write {
                Write::Create { object, .. } => {
                    self.made += 1;
                    let mut object = object.clone();
                    let (id, now) = (self.made, self.now);
                    let meta = object.meta_mut();
                    if meta.name.is_empty() {
                        meta.name =
                            format!("{}{id}", meta.generate_name.clone().unwrap_or_default())
                                .into();
                    }
                    meta.uid = Uid(u128::from(id));
                    meta.created = now;
                    meta.generation = 1;
                    self.put(object);
                }
                Write::Update(object) | Write::UpdateStatus(object) => {
                    let status = matches!(write, Write::UpdateStatus(_));
                    let Some(old) = self.store.get(object.kind(), &object.key()) else { continue };
                    let (mut new, other) = (any_value(object), any_value(&old));
                    if status {
                        let written = new["status"].clone();
                        new = other;
                        new["status"] = written;
                    } else {
                        new["status"] = other["status"].clone();
                    }
                    self.put(typed(old.kind(), &new));
                }
                Write::Delete { kind, key, .. } => {
                    self.store.remove(*kind, key, self.now, CauseId::default());
                }
                Write::Event { .. } | Write::Bind { .. } | Write::Expire(_) => {}
            }
        }
    }
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

/// How what was found differs from what was expected. What a loop must not do unasked is compared even if the case
/// does not speak of it.
fn compare(expected: &Json, found: &Json) -> Vec<String> {
    let mut differences = Vec::new();
    let mut wanted: Map<String, Json> = expected.as_object().cloned().unwrap_or_default();
    if found.get("creates").is_some() {
        for (field, nothing) in [
            ("creates", json!(0)),
            ("deletes", json!([])),
            ("scales", json!({})),
            ("adopts", json!([])),
            ("releases", json!([])),
        ] {
            wanted.entry(field).or_insert(nothing);
        }
    }
    for (field, want) in &wanted {
        let have = found.get(field).unwrap_or(&Json::Null);
        let same = match (field.as_str(), want) {
            ("deletes", Json::Number(count)) => {
                have.as_array().map(Vec::len) == count.as_u64().map(|count| count as usize)
            }
            ("decision", Json::String(want)) => text(have).contains(want),
            ("scales", _) => have == want,
            ("status", Json::Null) => have.is_null(),
            ("wake", Json::Number(want)) => have.as_f64() == want.as_f64(),
            _ => includes(want, have),
        };
        if !same {
            let have = if field == "updates" { shorten(have, want) } else { have.clone() };
            differences.push(format!("{field}: expected {want}, found {have}"));
        }
    }
    differences
}

/// Of what was found only the objects that were expected.
fn shorten(have: &Json, want: &Json) -> Json {
    let names = want.as_object().into_iter().flatten();
    Json::Object(names.map(|(name, _)| (name.clone(), have[name].clone())).collect())
}

/// Whether everything that is wanted is there; objects may have more fields, lists may not have more items. `null`
/// wants a field absent.
fn includes(want: &Json, have: &Json) -> bool {
    match (want, have) {
        (Json::Object(want), Json::Object(have)) => {
            want.iter().all(|(key, want)| includes(want, have.get(key).unwrap_or(&Json::Null)))
        }
        (Json::Array(want), Json::Array(have)) => {
            want.len() == have.len()
                && want.iter().zip(have).all(|(want, have)| includes(want, have))
        }
        (Json::Number(want), Json::Null) => want.as_i64() == Some(0),
        _ => want == have,
    }
}
