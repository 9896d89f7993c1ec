//! Reads cases: short forms become objects of the API.

use podyard::api::core::Pod;
use podyard::api::object::Resource;
use podyard::api::{AnyObject, Kind, Value, defaults};
use podyard::sim::{Duration, Time};
use serde_json::{Map, Value as Json, json};

/// A case: what is there, and what is looked for step by step.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) given: Vec<Json>,
    pub(crate) steps: Vec<Json>,
    /// What several items of a file have in common, by name.
    pub(crate) base: Json,
    /// `Kind/name` of the object that is looked at.
    pub(crate) key: Option<String>,
}

/// When cases begin.
pub(crate) fn start() -> Time {
    Time::parse_rfc3339("2026-01-01T01:00:00Z").unwrap()
}

/// The cases of a file.
pub(crate) fn read(text: &str) -> Vec<Case> {
    let file: Json = serde_yaml::from_str(text).unwrap();
    let known = ["name", "follows", "given", "expect", "refused", "steps", "key"];
    let read = |case: &Json| {
        let name = case["name"].as_str().unwrap().to_owned();
        assert!(case["follows"].is_string(), "{name}: which case of upstream does it follow?");
        for field in case.as_object().unwrap().keys() {
            assert!(known.contains(&field.as_str()), "{name}: unknown field {field}");
        }
        let steps = match case.get("steps") {
            Some(steps) => steps.as_array().unwrap().clone(),
            None => vec![json!({ "expect": case["expect"], "refused": case["refused"] })],
        };
        let given = case["given"].as_array().unwrap().clone();
        let key = case["key"].as_str().map(str::to_owned);
        Case { name, given, steps, base: file["base"].clone(), key }
    };
    file["cases"].as_array().unwrap().iter().map(read).collect()
}

/// Lays `top` over `bottom`: objects are merged, `null` takes away, all else replaces.
pub(crate) fn merge(bottom: &Json, top: &Json) -> Json {
    let (Json::Object(bottom), Json::Object(top)) = (bottom, top) else { return top.clone() };
    let mut merged = bottom.clone();
    for (key, value) in top {
        match value {
            Json::Null => drop(merged.remove(key)),
            value => {
                let under = merged.get(key).cloned().unwrap_or(json!({}));
                merged.insert(key.clone(), merge(&under, value));
            }
        }
    }
    Json::Object(merged)
}

/// An item with its base, and that one's base, under it.
fn full(item: &Json, base: &Json) -> Json {
    let Some(name) = item["like"].as_str() else { return item.clone() };
    assert!(base[name].is_object(), "no base {name}");
    merge(&full(&base[name], base), &without(item, "like"))
}

/// The items that one entry of `given` stands for: as often as it says, `$i` counting from 1.
pub(crate) fn repeat(item: &Json, base: &Json) -> Vec<Json> {
    let mut full = full(item, base);
    let times = full.as_object_mut().unwrap().remove("times").map_or(1, |n| n.as_u64().unwrap());
    let text = full.to_string();
    let item = |i: u64| serde_json::from_str(&text.replace("$i", &i.to_string())).unwrap();
    (1..=times).map(item).collect()
}

fn without(item: &Json, key: &str) -> Json {
    let mut rest = item.clone();
    rest.as_object_mut().unwrap().remove(key);
    rest
}

/// What the short forms need to know.
pub(crate) struct Context<'a> {
    pub(crate) now: Time,
    /// The number of the object, for its uid.
    pub(crate) id: u64,
    /// The owner reference to `Kind/name`.
    pub(crate) owner: &'a dyn Fn(&str) -> Json,
    /// The hash of the newest template of the set that a pod belongs to.
    pub(crate) hash: &'a dyn Fn() -> String,
}

/// The object of an item.
pub(crate) fn object(item: &Json, context: &Context<'_>) -> AnyObject {
    let mut fields: Map<String, Json> = item.as_object().unwrap().clone();
    let mut take = |name: &str| fields.remove(name);
    let kind_word = take("kind").expect("an item has a kind");
    let kind = Kind::from_word(kind_word.as_str().unwrap()).unwrap();
    let ago = |seconds: f64| {
        let millis = (seconds * 1000.0) as i64;
        (context.now - Duration::from_millis(millis)).rfc3339()
    };
    let age = take("age").map_or(100.0, |age| age.as_f64().unwrap());
    let mut meta = json!({
        "creationTimestamp": ago(age),
        "uid": take("uid").unwrap_or(json!(format!("{:x}", context.id))),
        "generation": 1,
    });
    let namespaced = kind.namespaced();
    if namespaced {
        meta["namespace"] = json!("default");
    }
    for name in ["name", "namespace", "labels", "annotations", "finalizers", "generation"] {
        if let Some(value) = take(name) {
            meta[name] = value;
        }
    }
    let owners: Vec<Json> = match take("of") {
        Some(Json::String(owner)) => vec![(context.owner)(&owner)],
        Some(Json::Array(owners)) => {
            owners.iter().map(|owner| (context.owner)(owner.as_str().unwrap())).collect()
        }
        _ => Vec::new(),
    };
    if !owners.is_empty() {
        meta["ownerReferences"] = json!(owners);
    }
    if take("deleting").is_some_and(|yes| yes == json!(true)) {
        meta["deletionTimestamp"] = json!(ago(-30.0));
        meta["deletionGracePeriodSeconds"] = json!(30);
    }
    let mut value = json!({ "metadata": meta });
    if kind == Kind::Pod {
        let mut pod = json!({ "spec": { "containers": [{ "name": "c", "image": "x" }] } });
        if let Some(node) = take("node") {
            pod["spec"]["nodeName"] = node;
        }
        if let Some(node) = take("target") {
            let field = json!({ "key": "metadata.name", "operator": "In", "values": [node] });
            let terms = json!({ "nodeSelectorTerms": [{ "matchFields": [field] }] });
            pod["spec"]["affinity"]["nodeAffinity"] =
                json!({ "requiredDuringSchedulingIgnoredDuringExecution": terms });
        }
        if let Some(hash) = take("hash") {
            let hash = match hash.as_str() {
                Some("current") => (context.hash)(),
                hash => hash.unwrap().to_owned(),
            };
            value["metadata"]["labels"]["controller-revision-hash"] = json!(hash);
        }
        let ready = take("ready");
        let phase = take("phase").unwrap_or(json!("Running"));
        pod["status"]["phase"] = phase;
        if let Some(seconds) = ready.as_ref().and_then(Json::as_f64) {
            pod["status"]["conditions"] =
                json!([{ "type": "Ready", "status": "True", "lastTransitionTime": ago(seconds) }]);
        }
        if let Some(restarts) = take("restarts") {
            pod["status"]["containerStatuses"] = json!([{ "name": "c", "restartCount": restarts }]);
        }
        value = merge(&value, &pod);
    }
    let known = ["spec", "status", "data", "revision", "metadata"];
    for field in fields.keys() {
        assert!(known.contains(&field.as_str()), "unknown field {field} of {kind_word}");
    }
    value = merge(&value, &Json::Object(fields));
    typed(kind, &value)
}

/// The typed object of plain fields, with defaults.
pub(crate) fn typed(kind: Kind, value: &Json) -> AnyObject {
    let mut value = Value::from_json(&value.to_string()).unwrap();
    defaults::apply(kind, &mut value);
    AnyObject::from_value(kind, &value)
}

/// The node that a daemon pod is for.
pub(crate) fn target(pod: &Pod) -> Option<String> {
    let value = pod.to_value();
    let terms =
        ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
    let terms = value.at(&terms)?.items_at("nodeSelectorTerms").to_vec();
    let values = terms.first()?.items_at("matchFields").first()?.items_at("values").to_vec();
    values.first()?.as_str().map(str::to_owned)
}
