//! What Apply would change, against the live objects: for people who read it, not for a patch program. Status and what
//! the server counts are left out, and of what stays the same only the lines around a change are shown.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::apiserver::patch::three_way;
use crate::cluster::{Cluster, Patch, WriteOptions, named};
use crate::manifest::{self, Decoded, to_yaml};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// So many lines around a change are shown.
const AROUND: usize = 2;

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It stays.
    Same,
    /// It comes.
    Added,
    /// It goes.
    Removed,
    /// Here lines are left out that stay.
    Gap,
}

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is created.
    Created,
    /// It is changed.
    Changed,
    /// It stays as it is.
    Same,
    /// It is refused.
    Refused,
}

/// A document of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentDiff {
    /// `job/pi`
    pub object: Rc<str>,
    /// What becomes of it.
    pub fate: Fate,
    /// The lines; for a refusal the server's words.
    pub lines: Vec<(Sign, Rc<str>)>,
}

/// What applying a file would change, document by document.
pub fn of(cluster: &mut Cluster, file: &str, text: &str, namespace: &str) -> Vec<DocumentDiff> {
    let documents = manifest::load(file, text.as_bytes());
    documents.iter().map(|document| one(cluster, file, document, namespace)).collect()
}

fn one(cluster: &mut Cluster, file: &str, document: &Decoded, namespace: &str) -> DocumentDiff {
    let refused = |object: Rc<str>, words: &str| DocumentDiff {
        object,
        fate: Fate::Refused,
        lines: words.lines().map(|line| (Sign::Same, Rc::from(line))).collect(),
    };
    let Some(kind) = document.kind.filter(|_| document.refusal.is_none()) else {
        let words = document.refusal.as_ref().map(|one| one.line(file)).unwrap_or_default();
        return refused(file.into(), &words);
    };
    let object: Rc<str> = named(kind, document.name()).into();
    let namespace = match (kind.namespaced(), document.namespace()) {
        (false, _) => "",
        (true, "") => namespace,
        (true, own) => own,
    };
    let (live, merged) = match versions(cluster, kind, namespace, document) {
        Ok(found) => found,
        Err(words) => return refused(object, &words),
    };
    let (before, after) = (shown(live.as_ref()), shown(Some(&merged)));
    let fate = match (&live, before == after) {
        (None, _) => Fate::Created,
        (Some(_), true) => Fate::Same,
        (Some(_), false) => Fate::Changed,
    };
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let lines = if fate == Fate::Same { Vec::new() } else { folded(&compare(&old, &new)) };
    DocumentDiff { object, fate, lines }
}

/// The live object, and what the server would make of it: asked by a dry run.
fn versions(
    cluster: &mut Cluster,
    kind: Kind,
    namespace: &str,
    document: &Decoded,
) -> Result<(Option<Value>, Value), String> {
    let trial = WriteOptions { dry_run: true, words: String::new() };
    let key = ObjectKey::new(namespace, document.name());
    let mut wanted = document.value.clone();
    if kind.namespaced() {
        wanted.child("metadata").set("namespace", namespace);
    }
    let Some(live) = cluster.store().get(kind, &key) else {
        let made = cluster.create(kind, namespace, wanted, &trial);
        return made.map(|made| (None, made.object.to_value())).map_err(|error| error.message);
    };
    let current = live.to_value();
    let original = live.meta().annotations.text(LAST_APPLIED);
    let mut original =
        original.and_then(|text| Value::from_json(text).ok()).unwrap_or_else(Value::empty_object);
    if wanted.at(&["metadata", "annotations"]).is_none() {
        original.child("metadata").remove("annotations");
    }
    let patch = three_way(&original, &wanted, &current, Schema::of(kind))?;
    let made = cluster.patch(kind, &key, Patch::Strategic(patch), &trial);
    made.map(|made| (Some(current), made.object.to_value())).map_err(|error| error.message)
}

/// The part of an object that somebody decides.
fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return String::new() };
    let mut value = value.clone();
    value.remove("status");
    let meta = value.child("metadata");
    for counted in ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"] {
        meta.remove(counted);
    }
    if meta.get("annotations").is_some() {
        let annotations = meta.child("annotations");
        annotations.remove(LAST_APPLIED);
        if annotations.entries().next().is_none() {
            meta.remove("annotations");
        }
    }
    to_yaml(&value)
}

/// Lines that stay, go and come: by the longest common sequence.
fn compare<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Sign, &'a str)> {
    let (rows, columns) = (old.len(), new.len());
    let width = columns + 1;
    let mut longest = vec![0_u32; (rows + 1) * width];
    let cell = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            let best = if old.get(i) == new.get(j) {
                cell(&longest, i + 1, j + 1) + 1
            } else {
                cell(&longest, i + 1, j).max(cell(&longest, i, j + 1))
            };
            if let Some(slot) = longest.get_mut(i * width + j) {
                *slot = best;
            }
        }
    }
    let (mut i, mut j, mut steps) = (0, 0, Vec::new());
    while i < rows || j < columns {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => {
                steps.push((Sign::Same, *a));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || cell(&longest, i + 1, j) >= cell(&longest, i, j + 1) => {
                steps.push((Sign::Removed, *a));
                i += 1;
            }
            (_, Some(b)) => {
                steps.push((Sign::Added, *b));
                j += 1;
            }
            (_, None) => break,
        }
    }
    steps
}

/// Leaves out what stays far from every change.
fn folded(steps: &[(Sign, &str)]) -> Vec<(Sign, Rc<str>)> {
    let changed: Vec<usize> = steps
        .iter()
        .enumerate()
        .filter(|(_, (sign, _))| *sign != Sign::Same)
        .map(|(place, _)| place)
        .collect();
    let near = |place: usize| {
        let next = changed.partition_point(|at| *at + AROUND < place);
        changed.get(next).is_some_and(|at| *at <= place + AROUND)
    };
    let mut lines: Vec<(Sign, Rc<str>)> = Vec::new();
    for (place, (sign, text)) in steps.iter().enumerate() {
        if near(place) {
            lines.push((*sign, Rc::from(*text)));
        } else if lines.last().is_none_or(|(last, _)| *last != Sign::Gap) {
            lines.push((Sign::Gap, Rc::from("")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Config;

    const RC: &str = include_str!("../../assets/examples/rc.yaml");

    fn lines(diff: &DocumentDiff) -> Vec<String> {
        let mark = |sign: Sign| match sign {
            Sign::Same => ' ',
            Sign::Added => '+',
            Sign::Removed => '-',
            Sign::Gap => '~',
        };
        diff.lines.iter().map(|(sign, text)| format!("{}{text}", mark(*sign))).collect()
    }

    #[test]
    fn a_new_object_a_changed_one_and_one_that_stays() {
        let mut cluster = Cluster::new(Config::default());
        let new = of(&mut cluster, "rc.yaml", RC, "default");
        assert_eq!((&*new[0].object, new[0].fate), ("replicationcontroller/kubia", Fate::Created));
        assert!(new[0].lines.iter().all(|(sign, _)| *sign == Sign::Added));
        // As apply does it, which remembers the namespace.
        for mut document in manifest::load("rc.yaml", RC.as_bytes()) {
            let (kind, options) = (document.kind.unwrap(), WriteOptions::default());
            let mut applied = document.value.clone();
            applied.child("metadata").set("namespace", "default");
            let meta = document.value.child("metadata");
            meta.child("annotations").set(LAST_APPLIED, applied.to_json().as_str());
            cluster.create(kind, "default", document.value, &options).unwrap();
        }
        let inputs = cluster.inputs().len();
        let same = of(&mut cluster, "rc.yaml", RC, "default");
        assert_eq!((same[0].fate, same[0].lines.len()), (Fate::Same, 0));
        let text = RC.replace("replicas: 3", "replicas: 5");
        let changed = of(&mut cluster, "rc.yaml", &text, "default");
        assert_eq!(changed[0].fate, Fate::Changed);
        assert_eq!(
            lines(&changed[0]),
            [
                "~",
                "   namespace: default",
                " spec:",
                "-  replicas: 3",
                "+  replicas: 5",
                "   selector:",
                "     app: kubia",
                "~"
            ]
        );
        assert_eq!(cluster.inputs().len(), inputs, "nothing is kept");
    }

    #[test]
    fn what_the_server_refuses_is_said_in_its_words() {
        let mut cluster = Cluster::new(Config::default());
        let text = RC.replace("replicas: 3", "replicas: -1");
        let diff = of(&mut cluster, "rc.yaml", &text, "default");
        assert_eq!(diff[0].fate, Fate::Refused);
        assert!(lines(&diff[0])[0].contains("must be greater than or equal to 0"), "{diff:?}");
        let both = format!("{RC}---\nkind: Pood\napiVersion: v1\nmetadata: {{name: x}}\n");
        let diff = of(&mut cluster, "two.yaml", &both, "default");
        assert_eq!([diff[0].fate, diff[1].fate], [Fate::Created, Fate::Refused]);
    }
}
