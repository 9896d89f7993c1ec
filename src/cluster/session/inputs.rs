//! What was done, as sessions write it: `{"at": 1200, "words": "kubectl …", "scale": {…}}`.

use std::rc::Rc;

use super::{SessionError, span, wrong};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::value::Value;
use crate::apiserver::Patch;
use crate::cluster::input::{Action, Input, Verb};
use crate::kubelet::Registry;
use crate::object;
use crate::reconcile::{DeleteOptions, Propagation};
use crate::sim::Time;
use crate::sim::order::Gather as _;

impl Input {
    /// It as sessions write it; its time is counted from `start`.
    pub fn to_value(&self, start: Time) -> Value {
        write_input(self, start)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Where it makes no sense.
    pub fn from_value(value: &Value, start: Time) -> Result<Self, String> {
        read_input(value, start)
    }
}

pub(super) fn read_inputs(
    value: &Value,
    key: &str,
    start: Time,
) -> Result<Vec<Input>, SessionError> {
    let inputs = value.items_at(key).iter().enumerate().map(|(index, one)| {
        read_input(one, start).map_err(|place| wrong(format!("{key}[{index}].{place}")))
    });
    let inputs: Vec<Input> = inputs.collect::<Result<_, _>>()?;
    match out_of_order(&inputs) {
        Some(index) => Err(wrong(format!("{key}[{index}].at"))),
        None => Ok(inputs),
    }
}

/// The first input that was done before the one it follows.
pub(super) fn out_of_order(inputs: &[Input]) -> Option<usize> {
    inputs.windows(2).position(|pair| pair[0].at > pair[1].at).map(|place| place + 1)
}

pub(super) fn write_input(input: &Input, start: Time) -> Value {
    let (verb, content) = write_verb(&input.verb);
    let mut value = object! { "at" => (input.at - start).millis(), verb => content };
    if !input.words.is_empty() {
        value.set("words", &input.words);
    }
    value
}

fn read_input(value: &Value, start: Time) -> Result<Input, String> {
    let at = start + span(value, "at")?;
    let words = value.str_at("words").unwrap_or_default().into();
    let mut verbs = value.entries().filter(|(key, _)| !matches!(&***key, "at" | "words"));
    let (Some((verb, content)), None) = (verbs.next(), verbs.next()) else {
        return Err("verb".to_owned());
    };
    let read = read_verb(verb, content).map_err(|place| format!("{verb}.{place}"))?;
    Ok(Input { at, verb: read, words })
}

fn key_value(key: &ObjectKey) -> Value {
    object! { "namespace" => &key.namespace, "name" => &key.name }
}

fn write_verb(verb: &Verb) -> (&'static str, Value) {
    let with_kind = |kind: Kind, mut value: Value| {
        value.set("kind", kind.name());
        value
    };
    match verb {
        Verb::Create { kind, namespace, object } => (
            "create",
            object! { "kind" => kind.name(), "namespace" => namespace, "object" => object.clone() },
        ),
        Verb::Update { kind, namespace, object } => (
            "update",
            object! { "kind" => kind.name(), "namespace" => namespace, "object" => object.clone() },
        ),
        Verb::Patch { kind, key, patch } => {
            let mut value = with_kind(*kind, key_value(key));
            let (form, content) = match patch {
                Patch::Merge(content) => ("merge", content),
                Patch::Strategic(content) => ("strategic", content),
                Patch::Json(content) => ("json", content),
            };
            value.set(form, content.clone());
            ("patch", value)
        }
        Verb::Scale { kind, key, replicas } => {
            let mut value = with_kind(*kind, key_value(key));
            value.set("replicas", *replicas);
            ("scale", value)
        }
        Verb::Delete { kind, key, how } => {
            let mut value = with_kind(*kind, key_value(key));
            if let Some(propagation) = how.propagation {
                value.set("propagation", propagation_word(propagation));
            }
            if let Some(seconds) = how.grace_seconds {
                value.set("graceSeconds", seconds);
            }
            if let Some(uid) = how.uid {
                value.set("uid", uid.to_string());
            }
            ("delete", value)
        }
        Verb::Evict { pod, grace_seconds } => {
            let mut value = key_value(pod);
            if let Some(seconds) = *grace_seconds {
                value.set("graceSeconds", seconds);
            }
            ("evict", value)
        }
        Verb::Exec { pod, container, argv } => {
            let mut value = key_value(pod);
            value.set("container", container);
            value.set("argv", argv.iter().map(|word| word.as_str().into()).collect::<Vec<Value>>());
            ("exec", value)
        }
        Verb::Act(action) => write_action(action),
    }
}

fn write_action(action: &Action) -> (&'static str, Value) {
    match action {
        Action::StopNode(name) => ("stopNode", name.into()),
        Action::StartNode(name) => ("startNode", name.into()),
        Action::RemoveNode(name) => ("removeNode", name.into()),
        Action::AddNode { name, labels, cpu, memory } => {
            let mut value = Value::empty_object();
            for (key, text) in [("name", name), ("cpu", cpu), ("memory", memory)] {
                if let Some(text) = text {
                    value.set(key, text);
                }
            }
            let labels = labels.iter().map(|(key, text)| (Rc::clone(key), text.into()));
            value.set("labels", Value::Object(Rc::new(labels.gather())));
            ("addNode", value)
        }
        Action::CrashPod { pod, container } => {
            let mut value = key_value(pod);
            if let Some(container) = container {
                value.set("container", container);
            }
            ("crashPod", value)
        }
        Action::HangPod { pod } => ("hangPod", key_value(pod)),
        Action::Leave { pod, container, code } => {
            let mut value = key_value(pod);
            value.set("container", container);
            value.set("code", *code);
            ("leave", value)
        }
        Action::Registry(state) => ("registry", registry_word(*state).into()),
    }
}

const fn propagation_word(propagation: Propagation) -> &'static str {
    match propagation {
        Propagation::Background => "Background",
        Propagation::Foreground => "Foreground",
        Propagation::Orphan => "Orphan",
    }
}

const fn registry_word(state: Registry) -> &'static str {
    match state {
        Registry::Up => "up",
        Registry::Slow => "slow",
        Registry::Down => "down",
    }
}

fn read_verb(verb: &str, value: &Value) -> Result<Verb, &'static str> {
    let text = |key: &'static str| value.str_at(key).map(Rc::<str>::from).ok_or(key);
    let optional = |key: &str| value.str_at(key).map(Rc::<str>::from);
    let object = || value.get("object").cloned().ok_or("object");
    let key = || Ok::<_, &'static str>(ObjectKey::new(text("namespace")?, text("name")?));
    let kind = || {
        let name = value.str_at("kind").unwrap_or_default();
        Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or("kind")
    };
    let node = || value.as_str().map(Rc::<str>::from).ok_or("name");
    Ok(match verb {
        "create" => {
            Verb::Create { kind: kind()?, namespace: text("namespace")?, object: object()? }
        }
        "update" => {
            Verb::Update { kind: kind()?, namespace: text("namespace")?, object: object()? }
        }
        "patch" => Verb::Patch { kind: kind()?, key: key()?, patch: read_patch(value)? },
        "scale" => Verb::Scale {
            kind: kind()?,
            key: key()?,
            replicas: (value.i64_at("replicas").filter(|count| i32::try_from(*count).is_ok()))
                .ok_or("replicas")?,
        },
        "delete" => Verb::Delete { kind: kind()?, key: key()?, how: read_deletion(value)? },
        "evict" => Verb::Evict { pod: key()?, grace_seconds: value.i64_at("graceSeconds") },
        "exec" => {
            let argv = value.items_at("argv").iter().map(|word| word.as_str().map(str::to_owned));
            let argv = argv.collect::<Option<_>>().ok_or("argv")?;
            Verb::Exec { pod: key()?, container: text("container")?, argv }
        }
        "stopNode" => Verb::Act(Action::StopNode(node()?)),
        "startNode" => Verb::Act(Action::StartNode(node()?)),
        "removeNode" => Verb::Act(Action::RemoveNode(node()?)),
        "addNode" => {
            let labels = value.get("labels").into_iter().flat_map(Value::entries);
            let labels = labels.map(|(key, text)| Some((Rc::clone(key), Rc::from(text.as_str()?))));
            Verb::Act(Action::AddNode {
                name: optional("name"),
                labels: labels.collect::<Option<_>>().ok_or("labels")?,
                cpu: optional("cpu"),
                memory: optional("memory"),
            })
        }
        "crashPod" => Verb::Act(Action::CrashPod { pod: key()?, container: optional("container") }),
        "hangPod" => Verb::Act(Action::HangPod { pod: key()? }),
        "leave" => Verb::Act(Action::Leave {
            pod: key()?,
            container: optional("container").ok_or("container")?,
            code: value.i64_at("code").ok_or("code")?,
        }),
        "registry" => {
            let all = [Registry::Up, Registry::Slow, Registry::Down];
            let state = all.into_iter().find(|state| Some(registry_word(*state)) == value.as_str());
            Verb::Act(Action::Registry(state.ok_or("state")?))
        }
        _ => return Err("verb"),
    })
}

fn read_patch(value: &Value) -> Result<Patch, &'static str> {
    let form = |key: &str| value.get(key).cloned();
    form("merge")
        .map(Patch::Merge)
        .or_else(|| form("strategic").map(Patch::Strategic))
        .or_else(|| form("json").map(Patch::Json))
        .ok_or("patch")
}

fn read_deletion(value: &Value) -> Result<DeleteOptions, &'static str> {
    let all = [Propagation::Background, Propagation::Foreground, Propagation::Orphan];
    let propagation = value.str_at("propagation").map(|word| {
        all.into_iter().find(|one| propagation_word(*one) == word).ok_or("propagation")
    });
    Ok(DeleteOptions {
        propagation: propagation.transpose()?,
        grace_seconds: value.i64_at("graceSeconds"),
        uid: value.str_at("uid").map(Uid::from_text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletions_keep_how_they_were_meant() {
        let uid = Some(Uid(7));
        for propagation in [Propagation::Background, Propagation::Foreground, Propagation::Orphan] {
            let how = DeleteOptions { propagation: Some(propagation), grace_seconds: Some(0), uid };
            let verb = Verb::Delete { kind: Kind::Job, key: ObjectKey::new("default", "a"), how };
            let (name, value) = write_verb(&verb);
            assert_eq!(read_verb(name, &value), Ok(verb));
        }
    }
}
