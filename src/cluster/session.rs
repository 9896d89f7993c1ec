//! A session as a file: how a cluster began, all that was done to it, how far it got, and the files of its workspace.
//! Whoever reads it replays it to the same end state, byte for byte. The page keeps its own session in this form
//! between visits, `podyard replay` reads what the page exported.
//!
//! The format is JSON and carries a version; a change of its meaning takes the next number, and older ones stay
//! readable.

mod inputs;
mod tree;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

pub use self::tree::Tree;

use self::inputs::{read_inputs, write_input};
use self::tree::read_tree;
use super::facade::Cluster;
use super::input::Input;
use super::world::Config;
use crate::api::kind::Kind;
use crate::api::value::Value;
use crate::kubelet::Delays;
use crate::language::Text;
use crate::object;
use crate::sim::order::Gather as _;
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};

/// The newest version that is read. The second brought branches and what lies ahead; a session without them is still
/// written as the first, so that older pages open it.
const VERSION: i64 = 2;
const PLAIN: i64 = 1;
/// The most workers that a file may ask for.
const MOST_WORKERS: i64 = 5_000;
/// The longest session that a file may ask for: a hundred years.
const LONGEST: Duration = Duration::from_seconds(100 * 366 * 86_400);

/// A session.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// How the cluster began.
    pub config: Config,
    /// What was done to it, oldest first.
    pub inputs: Vec<Input>,
    /// Where its clock stood.
    pub until: Time,
    /// The line it stood on, and the others.
    pub tree: Tree,
    /// The files of the workspace.
    pub files: BTreeMap<String, Rc<str>>,
    /// [`Cluster::digest`] of the state it ended in, if whoever wrote it looked.
    pub end: Option<u64>,
    /// What a lesson was played in it, as whoever keeps such records wrote it; null if none was.
    pub lesson: Value,
}

/// Why a text is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// It is not JSON; the parser's words.
    NotJson(String),
    /// It is JSON of something else, or of a later version.
    OtherVersion,
    /// A part of it is missing or makes no sense: where (`inputs[3].create.kind`).
    Wrong(String),
}

impl SessionError {
    /// A sentence for people.
    pub fn explain(&self) -> Text {
        match self {
            Self::NotJson(words) => Text::new("session.not-json").with("words", words),
            Self::OtherVersion => Text::new("session.other-version").with("version", VERSION),
            Self::Wrong(place) => Text::new("session.wrong").with("place", place),
        }
    }
}

fn wrong(place: impl Into<String>) -> SessionError {
    SessionError::Wrong(place.into())
}

/// A session on its way to its end.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The cluster, as far as it got.
    pub cluster: Cluster,
    rest: VecDeque<Input>,
    until: Time,
    tree: Option<Tree>,
}

impl Replay {
    /// Goes on until the end or until `work` reconciles more were done; says whether the end is reached.
    pub fn advance(&mut self, work: u64) -> bool {
        let limit = self.cluster.work().saturating_add(work);
        loop {
            let left = limit.saturating_sub(self.cluster.work());
            let at = self.rest.front().map_or(self.until, |input| input.at);
            if !self.cluster.run_towards(at, left) {
                return false;
            }
            let Some(input) = self.rest.pop_front() else {
                if let Some(tree) = self.tree.take() {
                    self.cluster.adopt_tree(tree);
                }
                return true;
            };
            self.cluster.replay_input(&input);
        }
    }
}

impl Session {
    /// The session of a cluster as it stands, with the files of its workspace.
    pub fn of(cluster: &Cluster, files: &BTreeMap<String, Rc<str>>) -> Self {
        Self {
            config: cluster.config().clone(),
            inputs: cluster.inputs().to_vec(),
            until: cluster.now(),
            tree: cluster.tree(),
            files: files.clone(),
            end: None,
            lesson: Value::Null,
        }
    }

    /// The same with the digest of its end, against which a replay is held.
    #[must_use]
    pub fn sealed(self, cluster: &Cluster) -> Self {
        Self { end: Some(cluster.digest()), ..self }
    }

    /// Begins to replay it.
    pub fn replay(&self) -> Replay {
        Replay {
            cluster: Cluster::new(self.config.clone()),
            rest: self.inputs.iter().cloned().collect(),
            until: self.until,
            tree: Some(self.tree.clone()),
        }
    }

    /// The file.
    pub fn to_json(&self) -> String {
        let Config { seed, start, workers, system_pods, delays } = &self.config;
        let inputs: Vec<Value> = self.inputs.iter().map(|one| write_input(one, *start)).collect();
        let files = self.files.iter().map(|(name, text)| (Rc::from(name.as_str()), text.into()));
        let mut value = object! {
            "podyard" => if self.tree.is_plain(self.until) { PLAIN } else { VERSION },
            // As text: JSON's numbers do not hold every seed.
            "seed" => seed.0.to_string(),
            "start" => start.unix_millis(),
            "workers" => whole(*workers),
            "systemPods" => *system_pods,
            "delays" => write_delays(delays),
            "inputs" => inputs,
            "until" => (self.until - *start).millis(),
            "files" => Value::Object(Rc::new(files.gather())),
        };
        if let Some(end) = self.end {
            value.set("end", format!("{end:016x}"));
        }
        if !self.lesson.is_null() {
            value.set("lesson", self.lesson.clone());
        }
        if !self.tree.is_plain(self.until) {
            self.write_tree(&mut value);
        }
        value.to_json()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It is not JSON, not a session, of a later version, or a part of it makes no sense.
    pub fn from_json(text: &str) -> Result<Self, SessionError> {
        let value =
            Value::from_json(text).map_err(|error| SessionError::NotJson(error.to_string()))?;
        if !value.i64_at("podyard").is_some_and(|version| (PLAIN..=VERSION).contains(&version)) {
            return Err(SessionError::OtherVersion);
        }
        let config = read_config(&value)?;
        let start = config.start;
        let inputs = read_inputs(&value, "inputs", start)?;
        let until = start + span(&value, "until").map_err(wrong)?;
        if inputs.last().is_some_and(|last| last.at > until) {
            return Err(wrong("until"));
        }
        let files = value.get("files").into_iter().flat_map(Value::entries);
        let files = files.map(|(name, text)| match text.as_str() {
            Some(text) => Ok((name.to_string(), Rc::from(text))),
            None => Err(wrong(format!("files.{name}"))),
        });
        let end = value.str_at("end").map(|text| u64::from_str_radix(text, 16));
        let tree = read_tree(&value, &inputs, start, until)?;
        Ok(Self {
            config,
            inputs,
            until,
            tree,
            files: files.collect::<Result<_, _>>()?,
            end: end.transpose().map_err(|_| wrong("end"))?,
            lesson: value.get("lesson").cloned().unwrap_or_default(),
        })
    }
}

impl Cluster {
    /// A number that follows from every object of the API, as `kubectl get -o json` gives it, and from the clock: two
    /// clusters with the same number are in the same state.
    pub fn digest(&self) -> u64 {
        let mut digest = Seed(0).draw(Purpose::Id, &self.now().rfc3339_micro(), 0);
        for kind in Kind::ALL {
            for object in self.store().list(kind, None) {
                digest = Seed(digest).draw(Purpose::Id, &object.to_value().to_json(), 0);
            }
        }
        digest
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

// ---- how a cluster begins ----

fn write_delays(delays: &Delays) -> Value {
    let pair = |(low, high): (i64, i64)| vec![Value::from(low), Value::from(high)];
    object! {
        "sandbox" => pair(delays.sandbox_millis),
        "start" => pair(delays.start_millis),
        "pull" => delays.pull_millis,
        "megabytesPerSecond" => delays.pull_megabytes_per_second,
        "boot" => delays.boot.millis(),
    }
}

fn read_delays(value: &Value) -> Option<Delays> {
    let number = |value: &Value| value.as_i64().filter(|number| *number >= 0);
    let pair = |key: &str| match value.items_at(key) {
        [low, high] => Some((number(low)?, number(high)?)).filter(|(low, high)| low <= high),
        _ => None,
    };
    Some(Delays {
        sandbox_millis: pair("sandbox")?,
        start_millis: pair("start")?,
        pull_millis: value.get("pull").and_then(number)?,
        pull_megabytes_per_second: value
            .i64_at("megabytesPerSecond")
            .filter(|number| *number > 0)?,
        boot: Duration::from_millis(value.get("boot").and_then(number)?),
    })
}

fn read_config(value: &Value) -> Result<Config, SessionError> {
    let seed = value.str_at("seed").and_then(|text| text.parse().ok());
    // Years 1970 to 9999: what RFC 3339 can say.
    let start = value.i64_at("start").filter(|millis| (0..253_402_300_800_000).contains(millis));
    let workers = value.i64_at("workers").filter(|count| (0..=MOST_WORKERS).contains(count));
    Ok(Config {
        seed: Seed(seed.ok_or_else(|| wrong("seed"))?),
        start: Time::from_unix_millis(start.ok_or_else(|| wrong("start"))?),
        workers: workers
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| wrong("workers"))?,
        system_pods: value.bool_at("systemPods").ok_or_else(|| wrong("systemPods"))?,
        delays: value.get("delays").and_then(read_delays).ok_or_else(|| wrong("delays"))?,
    })
}

fn span(value: &Value, key: &'static str) -> Result<Duration, &'static str> {
    let millis = value.i64_at(key).filter(|millis| (0..=LONGEST.millis()).contains(millis));
    millis.map(Duration::from_millis).ok_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::meta::ObjectKey;
    use crate::apiserver::Patch;
    use crate::cluster::{Action, WriteOptions};
    use crate::kubelet::Registry;
    use crate::reconcile::DeleteOptions;

    const POD: &str =
        r#"{"metadata":{"name":"web"},"spec":{"containers":[{"name":"c","image":"nginx"}]}}"#;

    /// A session in which everything that can be done is done once.
    fn busy() -> Cluster {
        let config = Config { seed: Seed(u64::MAX), workers: 2, ..Config::default() };
        let mut cluster = Cluster::new(config);
        let options = WriteOptions { words: "kubectl 파드".into(), ..WriteOptions::default() };
        let pod = Value::from_json(POD).unwrap();
        let key = ObjectKey::new("default", "web");
        let step = |cluster: &mut Cluster| {
            let at = cluster.now() + Duration::from_millis(7_003);
            cluster.run_until(at);
        };
        cluster.create(Kind::Pod, "default", pod.clone(), &options).unwrap();
        step(&mut cluster);
        let mut labelled = cluster.store().get(Kind::Pod, &key).unwrap().to_value();
        labelled.child("metadata").child("labels").set("a", "b");
        cluster.update(Kind::Pod, "default", labelled, &options).unwrap();
        let patches = [
            Patch::Merge(object! { "metadata" => object! { "labels" => object! { "a" => "c" } } }),
            Patch::Strategic(
                object! { "metadata" => object! { "labels" => object! { "a" => "d" } } },
            ),
            Patch::Json(Value::from(vec![
                object! { "op" => "remove", "path" => "/metadata/labels/a" },
            ])),
        ];
        for patch in patches {
            cluster.patch(Kind::Pod, &key, patch, &options).unwrap();
        }
        cluster.exec(&key, "c", &["sh".into(), "-c".into(), "echo hi > /f".into()]).unwrap();
        let node = Some(Rc::from("big"));
        let labels = BTreeMap::from([(Rc::from("disk"), Rc::from("ssd"))]);
        let cpu = Some(Rc::from("16"));
        let actions = [
            Action::AddNode { name: node, labels, cpu, memory: None },
            Action::CrashPod { pod: key.clone(), container: None },
            Action::HangPod { pod: key.clone() },
            Action::Leave { pod: key.clone(), container: "c".into(), code: 3 },
            Action::Registry(Registry::Slow),
            Action::StopNode("worker-1".into()),
            Action::StartNode("worker-1".into()),
            Action::RemoveNode("worker-2".into()),
        ];
        for action in actions {
            cluster.act(action, &options).unwrap();
            step(&mut cluster);
        }
        let second = object! { "metadata" => object! { "name" => "second" }, "spec" => pod.get("spec").cloned().unwrap() };
        cluster.create(Kind::Pod, "default", second, &options).unwrap();
        cluster.evict(&ObjectKey::new("default", "second"), None, &options).unwrap();
        let how = DeleteOptions { grace_seconds: Some(1), ..DeleteOptions::default() };
        if cluster.store().pods().get(&key).is_some() {
            cluster.delete(Kind::Pod, &key, &how, &options).unwrap();
        }
        step(&mut cluster);
        cluster
    }

    #[test]
    fn a_session_written_and_read_replays_to_the_same_state() {
        let cluster = busy();
        let files = BTreeMap::from([("a.yaml".to_owned(), Rc::from("kind: 파드\n"))]);
        let session = Session::of(&cluster, &files).sealed(&cluster);
        let read = Session::from_json(&session.to_json()).unwrap();
        assert_eq!(read, session);
        let mut replay = read.replay();
        let mut rounds = 0;
        while !replay.advance(5) {
            rounds += 1;
        }
        assert!(rounds > 3, "it takes several rounds");
        assert_eq!(replay.cluster.digest(), cluster.digest());
        assert_eq!(Some(replay.cluster.digest()), read.end);
        assert_eq!(replay.cluster.inputs(), cluster.inputs());
    }

    #[test]
    fn another_state_has_another_digest() {
        let mut cluster = busy();
        let digest = cluster.digest();
        cluster.act(Action::StopNode("big".into()), &WriteOptions::default()).unwrap();
        let later = cluster.now() + Duration::from_seconds(60);
        cluster.run_until(later);
        assert_ne!(cluster.digest(), digest);
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        let good = Session::of(&busy(), &BTreeMap::new()).to_json();
        let change = |change: &dyn Fn(&mut Value)| {
            let mut value = Value::from_json(&good).unwrap();
            change(&mut value);
            Session::from_json(&value.to_json()).unwrap_err()
        };
        assert!(matches!(Session::from_json("{"), Err(SessionError::NotJson(_))));
        assert_eq!(Session::from_json("[]"), Err(SessionError::OtherVersion));
        assert_eq!(change(&|value| value.set("podyard", 99)), SessionError::OtherVersion);
        assert_eq!(change(&|value| value.set("seed", 1)), wrong("seed"));
        assert_eq!(change(&|value| value.set("workers", 1_000_000)), wrong("workers"));
        assert_eq!(change(&|value| value.set("until", 0)), wrong("until"));
        assert_eq!(change(&|value| value.set("until", i64::MAX)), wrong("until"));
        assert_eq!(change(&|value| value.set("files", object! { "a" => 1 })), wrong("files.a"));
        let first = |verb: &'static str, content: Value| {
            change(&move |value: &mut Value| {
                let input = object! { "at" => 0, verb => content.clone() };
                value.child("inputs").make_items()[0] = input;
            })
        };
        let pod = object! { "kind" => "Pot", "namespace" => "default", "object" => Value::empty_object() };
        assert_eq!(first("create", pod), wrong("inputs[0].create.kind"));
        let many = object! { "kind" => "Deployment", "namespace" => "default", "name" => "a", "replicas" => i64::MAX };
        assert_eq!(first("scale", many), wrong("inputs[0].scale.replicas"));
        assert_eq!(first("explode", Value::Null), wrong("inputs[0].explode.verb"));
        assert_eq!(first("registry", "gone".into()), wrong("inputs[0].registry.state"));
        let late = change(&|value| value.child("inputs").make_items()[0].set("at", 9_999_999));
        assert_eq!(late, wrong("inputs[1].at"));
    }
}
