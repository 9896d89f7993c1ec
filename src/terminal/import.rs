//! `yard import FILE`: takes what `kubectl get nodes,deploy,ds,job,cronjob,rc -o yaml` printed of a real cluster and
//! lets it stand here: its nodes with their sizes, labels and taints, and what people wrote. What a control loop made
//! (pods of a ReplicaSet, ReplicaSets of a Deployment, Jobs of a CronJob) the loops here make anew, and what the
//! server filled in is taken off.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::apiserver::Patch;
use crate::cluster::{Action, Cluster, WriteOptions};
use crate::manifest::{self, Refusal};
use crate::object;
use crate::sim::order::{Gather as _, Order as _};

/// Labels that every node gets by itself.
const OWN_NODE_LABELS: [&str; 5] = [
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
];
/// Labels that a Job's controller puts on its pods; on a new Job it puts its own.
const JOB_LABELS: [&str; 4] = [
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
];
/// What the server writes into metadata.
const SERVER_METADATA: [&str; 9] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
    "ownerReferences",
];
/// Annotations that control loops keep their books in.
const LOOP_ANNOTATIONS: [&str; 3] = [
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "batch.kubernetes.io/job-tracking",
];
/// At most so many single lines about what was not taken.
const MOST_LINES: usize = 20;

/// Whether a text is what `kubectl get … -o yaml` prints of a cluster: objects that a server has seen.
pub fn is_dump(text: &str) -> bool {
    let line = |start: &str| text.lines().any(|line| line.trim_start().starts_with(start));
    line("apiVersion:")
        && line("uid:")
        && (line("resourceVersion:") || line("creationTimestamp:"))
        && line("kind:")
}

/// An object of the dump.
struct Found {
    kind: Kind,
    raw: Value,
}

impl Found {
    fn name(&self) -> &str {
        self.raw.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default()
    }

    fn namespace(&self) -> &str {
        let given = self.raw.at(&["metadata", "namespace"]).and_then(Value::as_str);
        if self.kind.namespaced() { given.unwrap_or("default") } else { "" }
    }

    /// The kind of its controller, and its name.
    fn controller(&self) -> Option<(&str, &str)> {
        let owners = self.raw.at(&["metadata", "ownerReferences"])?.items();
        let owner = owners.iter().find(|owner| owner.bool_at("controller") == Some(true))?;
        Some((owner.str_at("kind")?, owner.str_at("name")?))
    }
}

/// What is said at the end.
#[derive(Default)]
struct Report {
    taken: BTreeMap<&'static str, usize>,
    /// What loops make anew.
    made_anew: usize,
    /// What was there already.
    there: usize,
    lines: Vec<String>,
}

/// Takes a dump in; gives what there is to say, or why nothing was done.
///
/// # Errors
/// It cannot be read, or holds nothing.
pub(super) fn run(
    file: &str,
    text: &str,
    cluster: &mut Cluster,
    line: &str,
) -> Result<String, String> {
    let mut found = Vec::new();
    let mut report = Report::default();
    for document in manifest::load(file, text.as_bytes()) {
        match (document.kind, &document.refusal) {
            (Some(kind), _) => found.push(Found { kind, raw: document.raw }),
            (None, Some(Refusal::File(words))) => return Err(format!("{file}: {words}")),
            (None, _) => {
                let kind = document.raw.str_at("kind").unwrap_or("something").to_owned();
                let name = document.raw.at(&["metadata", "name"]).and_then(Value::as_str);
                let name = name.unwrap_or_default();
                report.lines.push(format!("{kind}/{name}: this cluster has no such kind"));
            }
        }
    }
    if found.is_empty() {
        return Err(format!(
            "{file}: there is no object in it that this cluster knows. Make one with: kubectl get nodes,deploy,ds,job,cronjob,rc -A -o yaml"
        ));
    }
    let options = WriteOptions { dry_run: false, words: line.to_owned() };
    let mut importer = Importer { cluster, options, report };
    importer.nodes(&found);
    importer.namespaces(&found);
    let mut rest: Vec<&Found> =
        found.iter().filter(|one| !matches!(one.kind, Kind::Node | Kind::Namespace)).collect();
    rest.order_by_key(|one| rank(one.kind));
    for one in rest {
        importer.object(one, &found);
    }
    Ok(importer.report.words(file))
}

/// What others need comes first.
const fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::PriorityClass | Kind::ServiceAccount | Kind::ConfigMap | Kind::Secret => 0,
        Kind::LimitRange | Kind::ResourceQuota | Kind::Service | Kind::PersistentVolumeClaim => 1,
        Kind::Pod => 3,
        _ => 2,
    }
}

struct Importer<'a> {
    cluster: &'a mut Cluster,
    options: WriteOptions,
    report: Report,
}

impl Importer<'_> {
    fn took(&mut self, kind: Kind) {
        *self.report.taken.entry(kind.info().plural).or_default() += 1;
    }

    fn refused(&mut self, one: &Found, why: &str) {
        self.report.lines.push(format!("{}/{}: {why}", one.kind.word(), one.name()));
    }

    /// The dump's nodes take the place of this cluster's.
    fn nodes(&mut self, found: &[Found]) {
        let nodes: Vec<&Found> = found.iter().filter(|one| one.kind == Kind::Node).collect();
        if nodes.is_empty() {
            return;
        }
        let names: BTreeSet<&str> = nodes.iter().map(|one| one.name()).gather();
        let old: Vec<Rc<str>> = (self.cluster.store().nodes().iter())
            .map(|node| Rc::clone(&node.meta.name))
            .filter(|name| !names.contains(&**name))
            .collect();
        for one in &nodes {
            match self.node(one) {
                Ok(()) => self.took(Kind::Node),
                Err(why) => self.refused(one, &why),
            }
        }
        for name in old {
            let gone = self.cluster.act(Action::RemoveNode(name), &self.options);
            debug_assert!(gone.is_ok(), "a node that is there can be removed");
        }
    }

    fn node(&mut self, one: &Found) -> Result<(), String> {
        let name: Rc<str> = one.name().into();
        let labels = string_map(one.raw.at(&["metadata", "labels"]));
        let labels: BTreeMap<Rc<str>, Rc<str>> =
            labels.into_iter().filter(|(key, _)| !OWN_NODE_LABELS.contains(&&**key)).collect();
        let amount = |what: &str| {
            let given = one.raw.at(&["status", "capacity", what]).and_then(Value::as_str);
            let given = given.map(str::to_owned).or_else(|| {
                one.raw.at(&["status", "capacity", what])?.as_i64().map(|n| n.to_string())
            });
            given.filter(|text| Quantity::parse(text).is_ok()).map(Rc::from)
        };
        let key = ObjectKey::cluster(Rc::clone(&name));
        if self.cluster.store().nodes().get(&key).is_none() {
            let action = Action::AddNode {
                name: Some(Rc::clone(&name)),
                labels,
                cpu: amount("cpu"),
                memory: amount("memory"),
            };
            self.cluster.act(action, &self.options)?;
        } else if !labels.is_empty() {
            let labels = labels.iter().map(|(key, text)| (Rc::clone(key), Value::from(text)));
            let labels = Value::Object(Rc::new(labels.collect()));
            let patch = object! { "metadata" => object! { "labels" => labels } };
            self.patch(&key, patch)?;
        }
        let lifecycle = |taint: &&Value| {
            !taint.str_at("key").unwrap_or_default().starts_with("node.kubernetes.io/")
        };
        let taints = one.raw.at(&["spec", "taints"]).map_or(&[][..], Value::items);
        let taints: Vec<Value> = taints
            .iter()
            .filter(lifecycle)
            .map(|taint| {
                let mut taint = taint.clone();
                taint.remove("timeAdded");
                taint
            })
            .collect();
        // The taints that the cluster itself keeps stay: a strategic patch merges by key.
        if !taints.is_empty() {
            self.patch(&key, object! { "spec" => object! { "taints" => taints } })?;
        }
        if one.raw.at(&["spec", "unschedulable"]).and_then(Value::as_bool) == Some(true) {
            self.patch(&key, object! { "spec" => object! { "unschedulable" => true } })?;
        }
        let conditions = one.raw.at(&["status", "conditions"]).map_or(&[][..], Value::items);
        let ready = conditions.iter().find(|condition| condition.str_at("type") == Some("Ready"));
        if ready.is_some_and(|ready| ready.str_at("status") != Some("True")) {
            self.cluster.act(Action::StopNode(name), &self.options)?;
        }
        Ok(())
    }

    fn patch(&mut self, key: &ObjectKey, patch: Value) -> Result<(), String> {
        let patched = self.cluster.patch(Kind::Node, key, Patch::Strategic(patch), &self.options);
        patched.map(|_| ()).map_err(|error| error.message)
    }

    /// Namespaces that are named or needed and not there.
    fn namespaces(&mut self, found: &[Found]) {
        let named = found.iter().filter(|one| one.kind == Kind::Namespace).map(Found::name);
        let needed = found.iter().map(Found::namespace).filter(|name| !name.is_empty());
        let all: BTreeSet<&str> = named.chain(needed).gather();
        for name in all {
            if self.cluster.store().get(Kind::Namespace, &ObjectKey::cluster(name)).is_some() {
                continue;
            }
            let labels = (found.iter())
                .find(|one| one.kind == Kind::Namespace && one.name() == name)
                .and_then(|one| one.raw.at(&["metadata", "labels"]).cloned());
            let mut metadata = object! { "name" => name };
            if let Some(labels) = labels {
                metadata.set("labels", labels);
            }
            let object = object! { "metadata" => metadata };
            match self.cluster.create(Kind::Namespace, "", object, &self.options) {
                Ok(_) => self.took(Kind::Namespace),
                Err(error) => {
                    self.report.lines.push(format!("namespace/{name}: {}", error.message));
                }
            }
        }
    }

    fn object(&mut self, one: &Found, all: &[Found]) {
        if made_by_a_loop(one, all) {
            self.report.made_anew += 1;
            return;
        }
        let key = ObjectKey::new(one.namespace(), one.name());
        if self.cluster.store().get(one.kind, &key).is_some() {
            self.report.there += 1;
            return;
        }
        let object = as_written(one.kind, &one.raw);
        match self.cluster.create(one.kind, one.namespace(), object, &self.options) {
            Ok(_) => self.took(one.kind),
            Err(error) => self.refused(one, &error.message),
        }
    }
}

/// Whether a control loop that is there too made it: it will do so again.
fn made_by_a_loop(one: &Found, all: &[Found]) -> bool {
    if matches!(
        one.kind,
        Kind::Event
            | Kind::Endpoints
            | Kind::EndpointSlice
            | Kind::Lease
            | Kind::ControllerRevision
    ) {
        return true;
    }
    // These are made in every namespace, and for every account.
    let name = one.name();
    let given = matches!(
        (one.kind, name),
        (Kind::ServiceAccount, "default") | (Kind::ConfigMap, "kube-root-ca.crt")
    );
    let Some((kind, owner)) = one.controller() else { return given };
    // A pod that a kubelet runs by itself comes with its node, not from here.
    kind == "Node"
        || all.iter().any(|other| {
            other.kind.name() == kind
                && other.name() == owner
                && other.namespace() == one.namespace()
        })
        || all.iter().any(|other| {
            // The link between them was not asked for; its name tells.
            let above = match kind {
                "ReplicaSet" => Kind::Deployment,
                "Job" => Kind::CronJob,
                _ => return false,
            };
            let hash = owner.strip_prefix(other.name()).and_then(|rest| rest.strip_prefix('-'));
            other.kind == above
                && other.namespace() == one.namespace()
                && hash.is_some_and(|hash| !hash.is_empty() && !hash.contains('-'))
        })
}

/// An object as its author would have written it.
fn as_written(kind: Kind, raw: &Value) -> Value {
    let mut object = raw.clone();
    object.remove("status");
    let metadata = object.child("metadata");
    for field in SERVER_METADATA {
        metadata.remove(field);
    }
    metadata.remove("finalizers");
    metadata.remove("generateName");
    remove_from(metadata, "annotations", &LOOP_ANNOTATIONS);
    match kind {
        Kind::Job => write_job(object.child("spec")),
        Kind::CronJob => write_job(object.child("spec").child("jobTemplate").child("spec")),
        Kind::Pod => {
            remove_from(object.child("metadata"), "labels", &JOB_LABELS);
            write_pod(object.child("spec"));
        }
        Kind::Service => {
            let spec = object.child("spec");
            if spec.str_at("clusterIP") != Some("None") {
                spec.remove("clusterIP");
                spec.remove("clusterIPs");
            }
            for field in ["ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"] {
                spec.remove(field);
            }
            if !spec.items_at("ports").is_empty() {
                for port in spec.child("ports").make_items() {
                    port.remove("nodePort");
                }
            }
        }
        _ => {}
    }
    if let Some(template) = template(kind, &mut object) {
        template.child("metadata").remove("creationTimestamp");
    }
    object
}

fn template(kind: Kind, object: &mut Value) -> Option<&mut Value> {
    let path: &[&str] = match kind {
        Kind::CronJob => &["spec", "jobTemplate", "spec", "template"],
        Kind::Pod | Kind::Service | Kind::ConfigMap | Kind::Secret => return None,
        _ => &["spec", "template"],
    };
    object.at(path)?;
    Some(path.iter().fold(object, |value, key| value.child(key)))
}

/// A selector and labels that were made for this very Job are made anew.
fn write_job(spec: &mut Value) {
    if spec.bool_at("manualSelector") == Some(true) {
        return;
    }
    spec.remove("selector");
    if spec.at(&["template", "metadata"]).is_some() {
        let metadata = spec.child("template").child("metadata");
        remove_from(metadata, "labels", &JOB_LABELS);
    }
}

/// What admission adds to every pod is taken off; it is added again.
fn write_pod(spec: &mut Value) {
    let account = |value: &Value| {
        value.str_at("name").is_some_and(|name| name.starts_with("kube-api-access-"))
    };
    let added = |value: &Value| {
        value.str_at("effect") == Some("NoExecute")
            && value.i64_at("tolerationSeconds") == Some(300)
            && value.str_at("key").is_some_and(|key| key.starts_with("node.kubernetes.io/"))
    };
    retain(spec, "volumes", |value| !account(value));
    retain(spec, "tolerations", |value| !added(value));
    for list in ["containers", "initContainers"] {
        if !spec.items_at(list).is_empty() {
            for container in spec.child(list).make_items() {
                retain(container, "volumeMounts", |value| !account(value));
            }
        }
    }
    spec.remove("serviceAccount");
    spec.remove("serviceAccountName");
    // Its class is looked up again.
    spec.remove("priority");
    spec.remove("preemptionPolicy");
}

fn retain(value: &mut Value, field: &str, keep: impl Fn(&Value) -> bool) {
    if value.items_at(field).is_empty() {
        return;
    }
    let items = value.child(field).make_items();
    items.retain(keep);
    if items.is_empty() {
        value.remove(field);
    }
}

fn remove_from(metadata: &mut Value, field: &str, keys: &[&str]) {
    if metadata.get(field).is_none() {
        return;
    }
    let map = metadata.child(field);
    for key in keys {
        map.remove(key);
    }
    if map.as_map().is_some_and(|map| map.is_empty()) {
        metadata.remove(field);
    }
}

fn string_map(value: Option<&Value>) -> Vec<(Rc<str>, Rc<str>)> {
    let entries = value.into_iter().flat_map(Value::entries);
    entries.filter_map(|(key, text)| Some((Rc::clone(key), Rc::from(text.as_str()?)))).collect()
}

impl Report {
    fn words(mut self, file: &str) -> String {
        let count = |(plural, count): (&&str, &usize)| {
            let word = if *count == 1 { singular(plural) } else { (*plural).to_owned() };
            format!("{count} {word}")
        };
        let taken: Vec<String> = self.taken.iter().map(count).collect();
        let mut text = match taken.is_empty() {
            true => format!("nothing imported from {file}\n"),
            false => format!("{} imported from {file}\n", taken.join(", ")),
        };
        if self.made_anew > 0 {
            let objects = if self.made_anew == 1 { "object" } else { "objects" };
            text.push_str(&format!(
                "left out: {} {objects} that control loops make anew\n",
                self.made_anew
            ));
        }
        if self.there > 0 {
            text.push_str(&format!("left as they are: {} that are here already\n", self.there));
        }
        let surplus = self.lines.len().saturating_sub(MOST_LINES);
        self.lines.truncate(MOST_LINES);
        for line in self.lines {
            text.push_str(&format!("not taken: {line}\n"));
        }
        if surplus > 0 {
            text.push_str(&format!("not taken: {surplus} more\n"));
        }
        text
    }
}

fn singular(plural: &str) -> String {
    let kind = Kind::ALL.into_iter().find(|kind| kind.info().plural == plural);
    kind.map_or_else(|| plural.to_owned(), |kind| kind.info().name.to_lowercase())
}

#[cfg(test)]
mod tests;
