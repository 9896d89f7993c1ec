//! A session: a manifest and what is done after it. It runs through the facade; the lines it prints do the same in
//! `podyard run`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::process::{Command, Stdio};

use podyard::api::{Kind, Value};
use podyard::cluster::{Cluster, Config, WriteOptions};
use podyard::sim::Duration;
use podyard::sim::rng::Seed;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::COMPARED;
use crate::chaos::{Deed, deeds};
use crate::invariants::Watcher;
use crate::manifests::Family;
use crate::rest;

/// What is drawn, and shrunk.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    seed: u64,
    manifest: serde_json::Value,
    deeds: Vec<Deed>,
}

/// What a session led to.
pub(crate) struct Run {
    /// The cluster as the chaos left it.
    pub(crate) cluster: Cluster,
    /// The lines for `podyard run`.
    pub(crate) script: Script,
}

/// The lines that `podyard run` replays.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    seed: u64,
    lines: Vec<String>,
}

impl fmt::Display for Script {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "podyard run --seed {} - <<'SCRIPT'\n{}\nSCRIPT",
            self.seed,
            self.lines.join("\n")
        )
    }
}

/// An invariant that did not hold.
#[derive(Debug)]
pub(crate) struct Broken {
    what: String,
    script: Script,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\n\n{}\n", self.what, self.script)
    }
}

/// Sessions of a family.
pub(crate) fn sessions(family: Family) -> impl Strategy<Value = Session> {
    let deeds = proptest::collection::vec(deeds(family), 1..16);
    (0_u64..8, family.manifests(), deeds).prop_map(|(seed, manifest, deeds)| Session {
        seed,
        manifest,
        deeds,
    })
}

/// A few of them, always the same.
pub(crate) fn some(family: Family, count: usize) -> Vec<Session> {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Default::default(), random);
    (0..count).map(|_| sessions(family).new_tree(&mut runner).unwrap().current()).collect()
}

/// The default cluster of a seed. Setting one up costs more than most sessions; a clone of it costs nothing.
fn start(seed: u64) -> Cluster {
    thread_local! {
        static STARTS: RefCell<BTreeMap<u64, Cluster>> = const { RefCell::new(BTreeMap::new()) };
    }
    let new = || Cluster::new(Config { seed: Seed(seed), ..Config::default() });
    STARTS.with_borrow_mut(|starts| starts.entry(seed).or_insert_with(new).clone())
}

impl Session {
    /// Runs it: what must hold is asked about every write, what must come to rest after the chaos too.
    ///
    /// # Errors
    /// What did not hold, and the script that shows it.
    pub(crate) fn run(&self) -> Result<Run, Broken> {
        let mut script = Script { seed: self.seed, lines: Vec::new() };
        let mut cluster = start(self.seed);
        let mut watcher = Watcher::new(&cluster);
        let kind = Kind::from_manifest(
            self.manifest["kind"].as_str().unwrap(),
            self.manifest["apiVersion"].as_str().unwrap(),
        )
        .unwrap();
        let object = Value::from_json(&self.manifest.to_string()).unwrap();
        script.lines.push(format!("kubectl create -f - <<'EOF'\n{}\nEOF", self.manifest));
        let created = cluster.create(kind, "default", object, &WriteOptions::default());
        if let Err(error) = created {
            return Err(Broken { what: format!("refused: {error:?}"), script });
        }
        for deed in &self.deeds {
            if let Some(line) = deed.perform(&mut cluster, kind) {
                script.lines.push(line);
            }
            if let Err(what) = watcher.check(&cluster) {
                return Err(Broken { what, script });
            }
        }
        let mut after = cluster.clone();
        if let Err(what) = rest::comes(&mut after, kind, &mut watcher) {
            return Err(Broken { what: format!("after the chaos: {what}"), script });
        }
        Ok(Run { cluster, script })
    }
}

/// The objects of a cluster, as JSON.
pub(crate) fn objects(cluster: &Cluster) -> Vec<serde_json::Value> {
    let all = COMPARED.into_iter().flat_map(|kind| cluster.objects(kind, None));
    all.map(|object| serde_json::from_str(&object.to_value().to_string()).unwrap()).collect()
}

/// The objects that a script leads to in `podyard run`.
pub(crate) fn replayed(script: &Script) -> Vec<serde_json::Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_podyard"))
        .args(["run", "--no-echo", "--seed", &script.seed.to_string(), "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let kinds: Vec<String> = COMPARED.iter().map(|kind| kind.resource()).collect();
    let mark = "what it led to";
    let lines = script.lines.join("\n");
    let mut input = child.stdin.take().unwrap();
    write!(input, "{lines}\necho '{mark}'\n").unwrap();
    for kind in &kinds {
        writeln!(input, "kubectl get {kind} -A -o json").unwrap();
    }
    drop(input);
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let (_, lists) = output.split_once(&format!("{mark}\n")).unwrap();
    let lists = serde_json::Deserializer::from_str(lists).into_iter::<serde_json::Value>();
    lists.flat_map(|list| list.unwrap()["items"].as_array().unwrap().clone()).collect()
}

/// Lets time pass.
pub(crate) fn pass(cluster: &mut Cluster, seconds: i64) {
    let at = cluster.now() + Duration::from_seconds(seconds);
    cluster.run_until(at);
}
