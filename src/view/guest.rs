//! What an embedded page and its host say to each other, as plain data. `docs/embedding.md` is the contract; every
//! message is an object with `podyard: 1` and a `type`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::address::span;
use super::yard::is_system;
use crate::api::Value;
use crate::apiserver::table::{node_status, pod_status};
use crate::cluster::Cluster;
use crate::object;
use crate::sim::{Duration, Time};

/// The version of the messages.
pub const VERSION: i64 = 1;
/// The longest text that a host may send.
const LONGEST: usize = 200_000;

/// Where a host wants the clock to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long after the start.
    After(Duration),
    /// At this time.
    At(Time),
}

/// What a host asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Who is there?
    Hello,
    /// How do things stand?
    State,
    /// Runs lines in the terminal.
    Run(String),
    /// Puts a manifest into a file and applies it.
    Apply {
        /// The file.
        file: String,
        /// Its text.
        yaml: String,
    },
    /// Back to how the embed began.
    Reset,
    /// To another moment.
    Seek(Moment),
    /// Starts the clock.
    Play,
    /// Stops it.
    Pause,
    /// Sets the speed.
    Speed(f64),
}

/// An order and the name by which its answer is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// `id` of the message, given back with the answer.
    pub id: Option<Value>,
    /// What is asked; or what is wrong with the message.
    pub order: Result<Order, &'static str>,
}

/// Reads a message of the host; `None` if it is none of ours.
pub fn read(text: &str) -> Option<Asked> {
    let value = Value::from_json(text).ok()?;
    if value.i64_at("podyard") != Some(VERSION) {
        return None;
    }
    let id = value.get("id").filter(|id| id.as_str().is_some() || id.as_i64().is_some()).cloned();
    Some(Asked { id, order: order(&value) })
}

fn order(value: &Value) -> Result<Order, &'static str> {
    let text = |key: &str, wrong: &'static str| {
        let text = value.str_at(key).filter(|text| !text.trim().is_empty()).ok_or(wrong)?;
        (text.len() <= LONGEST).then(|| text.to_owned()).ok_or("too long")
    };
    Ok(match value.str_at("type").unwrap_or_default() {
        "hello" => Order::Hello,
        "state" => Order::State,
        "run" => Order::Run(text("commands", "`commands` is missing")?),
        "apply" => {
            let yaml = text("yaml", "`yaml` is missing")?;
            let file = value.str_at("file").unwrap_or("lab.yaml");
            Order::Apply { file: file_name(file).ok_or("`file` is no file name")?, yaml }
        }
        "reset" => Order::Reset,
        "seek" => Order::Seek(moment(value.get("to")).ok_or("`to` is no moment")?),
        "play" => Order::Play,
        "pause" => Order::Pause,
        "speed" => {
            let factor = match value.get("factor") {
                Some(Value::Float(factor)) => Some(*factor),
                #[expect(clippy::cast_precision_loss, reason = "speeds are small")]
                Some(Value::Int(factor)) => Some(*factor as f64),
                _ => None,
            };
            let factor = factor.filter(|factor| (0.25..=3600.0).contains(factor));
            Order::Speed(factor.ok_or("`factor` is a number between 0.25 and 3600")?)
        }
        _ => return Err("unknown type"),
    })
}

fn moment(value: Option<&Value>) -> Option<Moment> {
    match value? {
        Value::Int(seconds) => span(&seconds.to_string()).map(Moment::After),
        Value::Float(seconds) => span(&seconds.to_string()).map(Moment::After),
        Value::String(text) => {
            Time::parse_rfc3339(text).map(Moment::At).or_else(|| span(text).map(Moment::After))
        }
        _ => None,
    }
}

/// A name that a file of the workspace may have: no quotes, no blanks, nothing that a shell reads.
pub fn file_name(name: &str) -> Option<String> {
    let plain = |letter: char| letter.is_alphanumeric() || "._-/".contains(letter);
    let fits = !name.is_empty()
        && name.len() <= 100
        && name.chars().all(plain)
        && !name.starts_with(['-', '/', '.'])
        && !name.contains("..");
    fits.then(|| name.to_owned())
}

fn message(kind: &str, content: Value) -> Value {
    let mut value = content;
    value.set("podyard", VERSION);
    value.set("type", kind);
    value
}

/// `ready`
pub fn ready(lesson: Option<&str>) -> String {
    let mut content = Value::empty_object();
    if let Some(lesson) = lesson {
        content.set("lesson", lesson);
    }
    message("ready", content).to_json()
}

/// `state`: the clock and what kubectl would say of pods and nodes; the system's own pods do not count.
pub fn state(cluster: &Cluster, playing: bool, speed: f64) -> String {
    let mut pods: BTreeMap<String, i64> = BTreeMap::new();
    for pod in cluster.store().pods().iter() {
        if !is_system(&pod.meta.namespace) {
            *pods.entry(pod_status(pod).word.into_owned()).or_default() += 1;
        }
    }
    let mut nodes: BTreeMap<String, i64> = BTreeMap::new();
    for node in cluster.store().nodes().iter() {
        *nodes.entry(node_status(node)).or_default() += 1;
    }
    let count = |all: BTreeMap<String, i64>| {
        let entries = all.into_iter().map(|(word, count)| (Rc::from(word), Value::from(count)));
        Value::Object(Rc::new(entries.collect()))
    };
    let now = cluster.now();
    let content = object! {
        "time" => now.rfc3339(),
        "elapsedMillis" => (now - cluster.config().start).millis(),
        "playing" => playing,
        "speed" => Value::Float(speed),
        "pods" => count(pods),
        "nodes" => count(nodes),
    };
    message("state", content).to_json()
}

/// `task-passed`: which task of which step of which lesson; both counted from 1.
pub fn task_passed(lesson: &str, step: usize, task: usize) -> String {
    let number = |index: usize| i64::try_from(index + 1).unwrap_or(i64::MAX);
    let content = object! { "lesson" => lesson, "step" => number(step), "task" => number(task) };
    message("task-passed", content).to_json()
}

/// `lesson-completed`: solved without being shown, and with how many hints.
pub fn lesson_completed(lesson: &str, solved: bool, hints: usize) -> String {
    let hints = i64::try_from(hints).unwrap_or(i64::MAX);
    let content = object! { "lesson" => lesson, "solved" => solved, "hints" => hints };
    message("lesson-completed", content).to_json()
}

/// `result`: how an order went, and what the terminal printed.
pub fn result(id: Option<&Value>, status: i64, output: &str) -> String {
    let mut content = object! { "status" => status, "output" => output };
    if let Some(id) = id {
        content.set("id", id.clone());
    }
    message("result", content).to_json()
}

/// `error`: a message that could not be followed.
pub fn error(id: Option<&Value>, why: &str) -> String {
    let mut content = object! { "message" => why };
    if let Some(id) = id {
        content.set("id", id.clone());
    }
    message("error", content).to_json()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Config;

    #[test]
    fn every_order_of_the_contract_is_understood() {
        let pairs = [
            (r#"{"podyard":1,"type":"hello"}"#, Order::Hello),
            (r#"{"podyard":1,"type":"state"}"#, Order::State),
            (
                r#"{"podyard":1,"type":"run","commands":"kubectl get pods"}"#,
                Order::Run("kubectl get pods".into()),
            ),
            (
                r#"{"podyard":1,"type":"apply","yaml":"kind: Pod"}"#,
                Order::Apply { file: "lab.yaml".into(), yaml: "kind: Pod".into() },
            ),
            (r#"{"podyard":1,"type":"reset"}"#, Order::Reset),
            (
                r#"{"podyard":1,"type":"seek","to":90}"#,
                Order::Seek(Moment::After(Duration::from_seconds(90))),
            ),
            (
                r#"{"podyard":1,"type":"seek","to":"5m"}"#,
                Order::Seek(Moment::After(Duration::from_seconds(300))),
            ),
            (
                r#"{"podyard":1,"type":"seek","to":"1970-01-01T00:00:01Z"}"#,
                Order::Seek(Moment::At(Time::from_unix_seconds(1))),
            ),
            (r#"{"podyard":1,"type":"play"}"#, Order::Play),
            (r#"{"podyard":1,"type":"pause"}"#, Order::Pause),
            (r#"{"podyard":1,"type":"speed","factor":60}"#, Order::Speed(60.0)),
        ];
        for (text, order) in pairs {
            assert_eq!(read(text), Some(Asked { id: None, order: Ok(order) }), "{text}");
        }
        let asked = read(r#"{"podyard":1,"type":"play","id":7}"#).unwrap();
        assert_eq!(asked.id, Some(Value::Int(7)));
    }

    #[test]
    fn what_is_not_ours_is_no_order_and_what_is_wrong_is_said() {
        for text in ["", "[]", "{}", r#"{"type":"run"}"#, r#"{"podyard":2,"type":"run"}"#] {
            assert_eq!(read(text), None, "{text}");
        }
        for (text, why) in [
            (r#"{"podyard":1,"type":"run"}"#, "`commands` is missing"),
            (r#"{"podyard":1,"type":"apply","yaml":"a","file":"a;b"}"#, "`file` is no file name"),
            (r#"{"podyard":1,"type":"apply","yaml":"a","file":"../b"}"#, "`file` is no file name"),
            (r#"{"podyard":1,"type":"seek","to":"soon"}"#, "`to` is no moment"),
            (
                r#"{"podyard":1,"type":"speed","factor":0}"#,
                "`factor` is a number between 0.25 and 3600",
            ),
            (r#"{"podyard":1,"type":"explode"}"#, "unknown type"),
        ] {
            assert_eq!(read(text).map(|asked| asked.order), Some(Err(why)), "{text}");
        }
        let long =
            format!(r#"{{"podyard":1,"type":"run","commands":"{}"}}"#, "a".repeat(LONGEST + 1));
        assert_eq!(read(&long).map(|asked| asked.order), Some(Err("too long")));
    }

    #[test]
    fn the_state_says_what_kubectl_says() {
        let cluster = Cluster::new(Config::default());
        let value = Value::from_json(&state(&cluster, true, 2.0)).unwrap();
        assert_eq!(value.str_at("type"), Some("state"));
        assert_eq!(value.at(&["nodes", "Ready"]).and_then(Value::as_i64), Some(4));
        assert_eq!(value.get("pods"), Some(&Value::empty_object()));
        assert_eq!(value.i64_at("elapsedMillis"), Some(0));
    }

    #[test]
    fn answers_carry_the_name_of_their_order() {
        let value = Value::from_json(&result(Some(&Value::from("a")), 1, "no")).unwrap();
        assert_eq!((value.str_at("id"), value.i64_at("status")), (Some("a"), Some(1)));
        let value = Value::from_json(&task_passed("jobs/hello", 0, 1)).unwrap();
        assert_eq!((value.i64_at("step"), value.i64_at("task")), (Some(1), Some(2)));
    }
}
