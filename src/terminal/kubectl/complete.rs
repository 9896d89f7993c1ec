//! What kubectl's own completion gives: commands, types, names, flags and the values of flags. Follows
//! `pkg/util/completion` and `spf13/cobra`; where those know nothing (labels, columns, values of closed lists) this
//! knows more.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::flags::{self, Takes};
use super::{COMMANDS, GROUPS, command_of, help, subcommands};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::schema::Schema;
use crate::cluster::Cluster;
use crate::terminal::Terminal;
use crate::terminal::complete::{Asked, Candidate};
use crate::terminal::kubeconfig::Section;

/// What completion knows.
struct Known<'a> {
    cluster: &'a Cluster,
    terminal: &'a Terminal,
    command: String,
    /// Words that are no flags.
    words: Vec<String>,
    /// Whether `--` was typed.
    dashed: bool,
    flags: Vec<(String, String)>,
}

/// What the last word of `kubectl WORDS OPEN` could become.
pub(in crate::terminal) fn complete(
    words: &[&str],
    open: &str,
    cluster: &Cluster,
    terminal: &Terminal,
) -> Asked {
    let owned: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (command, rest) = command_of(&owned);
    let (known, waiting) = Known::read(command, &rest, cluster, terminal);
    if let Some(flag) = waiting {
        return known.value(flag, open);
    }
    if open.starts_with('-') && !known.dashed {
        if let Some((name, value)) = open.strip_prefix("--").and_then(|flag| flag.split_once('=')) {
            let mut asked = known.value(name, value);
            asked.kept += name.len() + 3;
            return asked;
        }
        if let Some((short, value)) = open.split_once('=')
            && let Some(flag) = flags::of(&known.command).iter().find(|flag| {
                flag.short
                    .is_some_and(|letter| short.strip_prefix('-') == Some(&*letter.to_string()))
            })
        {
            let mut asked = known.value(flag.name, value);
            asked.kept += short.len() + 1;
            return asked;
        }
        return Asked::of(known.flag_names(open));
    }
    if known.dashed {
        return Asked::default();
    }
    known.words(open)
}

/// The names of a kind in a namespace.
pub(in crate::terminal) fn names(kind: Kind, namespace: &str, cluster: &Cluster) -> Vec<Candidate> {
    let scope = kind.namespaced().then_some(namespace);
    let objects = cluster.store().list(kind, scope);
    objects.iter().map(|object| Candidate::new(&*object.meta().name)).collect()
}

/// `pod/x` for every name, or `pods/` and the like while no slash is typed.
pub(in crate::terminal) fn kinds_and_names(
    open: &str,
    namespace: &str,
    cluster: &Cluster,
) -> Vec<Candidate> {
    match open.split_once('/').and_then(|(word, _)| Some((word, Kind::from_word(word)?))) {
        Some((word, kind)) => names(kind, namespace, cluster)
            .into_iter()
            .map(|name| Candidate::new(format!("{word}/{}", name.text)))
            .collect(),
        None => Kind::ALL
            .iter()
            .map(|kind| Candidate::open(format!("{}/", kind.info().plural)))
            .collect(),
    }
}

const WORKLOADS: [Kind; 7] = [
    Kind::Deployment,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::ReplicationController,
    Kind::StatefulSet,
    Kind::CronJob,
    Kind::Job,
];
const SCALED: [Kind; 4] =
    [Kind::Deployment, Kind::ReplicaSet, Kind::ReplicationController, Kind::StatefulSet];
const ROLLED: [Kind; 3] = [Kind::Deployment, Kind::DaemonSet, Kind::StatefulSet];
const EXPOSED: [Kind; 5] =
    [Kind::Deployment, Kind::Pod, Kind::ReplicaSet, Kind::ReplicationController, Kind::Service];
const FORMS: [&str; 13] = [
    "custom-columns=",
    "custom-columns-file=",
    "go-template=",
    "go-template-file=",
    "json",
    "jsonpath=",
    "jsonpath-as-json=",
    "jsonpath-file=",
    "kyaml",
    "name",
    "template",
    "wide",
    "yaml",
];
const SORTED: [&str; 6] = [
    ".metadata.name",
    ".metadata.creationTimestamp",
    ".metadata.namespace",
    ".status.startTime",
    ".status.containerStatuses[0].restartCount",
    ".lastTimestamp",
];
const FIELDS: [&str; 9] = [
    "involvedObject.kind=",
    "involvedObject.name=",
    "metadata.name=",
    "metadata.namespace=",
    "reason=",
    "spec.nodeName=",
    "status.phase=",
    "status.podIP=",
    "type=",
];

impl<'a> Known<'a> {
    /// Reads the words behind a command; the second is the flag whose value comes next.
    fn read(
        command: String,
        rest: &[String],
        cluster: &'a Cluster,
        terminal: &'a Terminal,
    ) -> (Self, Option<&'static str>) {
        let all = flags::of(&command);
        let mut known = Self {
            cluster,
            terminal,
            command,
            words: Vec::new(),
            dashed: false,
            flags: Vec::new(),
        };
        let mut waiting = None;
        for word in rest {
            if let Some(flag) = waiting.take() {
                let flag: &str = flag;
                known.flags.push((flag.to_owned(), word.clone()));
                continue;
            }
            if known.dashed || !word.starts_with('-') || word == "-" {
                known.words.push(word.clone());
                continue;
            }
            if word == "--" {
                known.dashed = true;
                continue;
            }
            let bare = word.trim_start_matches('-');
            let (name, value) = bare.split_once('=').map_or((bare, None), |(a, b)| (a, Some(b)));
            let found = match word.starts_with("--") {
                true => all.iter().find(|flag| flag.name == name),
                // The last of `-it` may take a value.
                false => name
                    .chars()
                    .last()
                    .and_then(|letter| all.iter().find(|flag| flag.short == Some(letter))),
            };
            let Some(flag) = found else { continue };
            match (flag.takes, value) {
                (Takes::Switch | Takes::Optional(_), value) => {
                    known.flags.push((flag.name.to_owned(), value.unwrap_or("true").to_owned()));
                }
                (_, Some(value)) => known.flags.push((flag.name.to_owned(), value.to_owned())),
                (_, None) => waiting = Some(flag.name),
            }
        }
        (known, waiting)
    }

    fn namespace(&self) -> Rc<str> {
        let given = self.flags.iter().rev().find(|(name, _)| name == "namespace");
        given.map_or_else(|| self.terminal.namespace(), |(_, value)| value.as_str().into())
    }

    /// The names of a part of the kubeconfig.
    fn entries(&self, section: Section) -> Asked {
        Asked::plain(self.terminal.kubeconfig.section(section).keys())
    }

    fn names(&self, kind: Kind) -> Vec<Candidate> {
        let mut names = names(kind, &self.namespace(), self.cluster);
        names.retain(|name| !self.words.contains(&name.text));
        names
    }

    // ---- flags ----

    fn flag_names(&self, open: &str) -> Vec<Candidate> {
        let given = |name: &str| self.flags.iter().any(|(known, _)| known == name);
        let mut all = Vec::new();
        for flag in flags::of(&self.command) {
            let again = matches!(flag.takes, Takes::List | Takes::Many);
            if given(flag.name) && !again {
                continue;
            }
            let note = match flag.takes {
                Takes::Switch => "",
                Takes::Number | Takes::Small => "N",
                Takes::Span => "30s",
                Takes::Text | Takes::Optional(_) => "…",
                Takes::List | Takes::Many => "…, …",
            };
            all.push(Candidate::noted(format!("--{}", flag.name), note));
            if let Some(short) = flag.short.filter(|_| open.len() < 2 || !open.starts_with("--")) {
                all.push(Candidate::noted(format!("-{short}"), format!("--{}", flag.name)));
            }
        }
        all
    }

    /// The values of a flag.
    fn value(&self, flag: &str, open: &str) -> Asked {
        let list = |all: &[&str]| Asked::of(all.iter().map(|word| ending(word)).collect());
        let patch = self.command == "patch";
        match flag {
            "namespace" => Asked::of(self.names(Kind::Namespace)),
            "output" => self.forms(open),
            "filename" => {
                behind_comma(open, self.terminal.files.keys().map(Candidate::new).collect())
            }
            "patch-file" | "from-file" | "from-env-file" => {
                Asked::plain(self.terminal.files.keys())
            }
            "container" | "containers" => Asked::of(self.containers()),
            "selector" | "pod-selector" => self.selector(open),
            "label-columns" => {
                behind_comma(open, self.label_keys().into_iter().map(Candidate::new).collect())
            }
            "field-selector" => list(&FIELDS),
            "sort-by" if self.command.starts_with("top") => list(&["cpu", "memory"]),
            "sort-by" => list(&SORTED),
            "dry-run" => list(&["client", "none", "server"]),
            "cascade" => list(&["background", "foreground", "orphan"]),
            "restart" => list(&["Always", "Never", "OnFailure"]),
            "image-pull-policy" => list(&["Always", "IfNotPresent", "Never"]),
            "validate" => list(&["ignore", "strict", "warn"]),
            "type" if patch => list(&["json", "merge", "strategic"]),
            "type" => list(&["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
            "types" => list(&["Normal", "Warning"]),
            "protocol" => list(&["SCTP", "TCP", "UDP"]),
            "for" if self.command == "wait" => self.conditions(open),
            "for" => Asked::of(kinds_and_names(open, &self.namespace(), self.cluster)),
            "from" => Asked::of(
                names(Kind::CronJob, &self.namespace(), self.cluster)
                    .into_iter()
                    .map(|name| Candidate::new(format!("cronjob/{}", name.text)))
                    .collect(),
            ),
            "image" => Asked::plain(self.images()),
            "context" => self.entries(Section::Contexts),
            "cluster" => self.entries(Section::Clusters),
            "user" => self.entries(Section::Users),
            "api-group" => Asked::plain(Kind::ALL.iter().map(|kind| kind.info().group)),
            "subresource" => list(&["scale", "status"]),
            "v" => list(&["6", "7", "8", "9"]),
            _ => Asked::default(),
        }
    }

    fn forms(&self, open: &str) -> Asked {
        if let Some((form @ ("jsonpath" | "custom-columns" | "go-template"), _)) =
            open.split_once('=')
        {
            let end = match form {
                "jsonpath" => "{.items[*].metadata.name}",
                "custom-columns" => "NAME:.metadata.name,NODE:.spec.nodeName",
                _ => "{{range .items}}{{.metadata.name}}{{end}}",
            };
            return Asked { kept: form.len() + 1, candidates: vec![Candidate::new(end)] };
        }
        if let Some((form @ ("jsonpath-file" | "custom-columns-file" | "go-template-file"), _)) =
            open.split_once('=')
        {
            let files = self.terminal.files.keys().map(Candidate::new).collect();
            return Asked { kept: form.len() + 1, candidates: files };
        }
        Asked::of(match self.command.as_str() {
            "get" => FORMS.iter().map(|form| ending(form)).collect(),
            "version" | "config view" => ["json", "yaml"].map(Candidate::new).to_vec(),
            "api-resources" => ["name", "wide"].map(Candidate::new).to_vec(),
            "explain" => ["plaintext", "plaintext-openapiv2"].map(Candidate::new).to_vec(),
            "delete" => vec![Candidate::new("name")],
            "events" => ["json", "yaml"].map(Candidate::new).to_vec(),
            _ => {
                let own =
                    FORMS.iter().filter(|form| **form != "wide" && !form.starts_with("custom"));
                own.map(|form| ending(form)).collect()
            }
        })
    }

    /// What `wait --for` may wait for.
    fn conditions(&self, open: &str) -> Asked {
        let words = [
            "Available",
            "Complete",
            "ContainersReady",
            "Failed",
            "Initialized",
            "PodScheduled",
            "Progressing",
            "Ready",
        ];
        match open.strip_prefix("condition=") {
            Some(_) => {
                Asked { kept: "condition=".len(), candidates: words.map(Candidate::new).to_vec() }
            }
            None => Asked::of(vec![
                Candidate::open("condition="),
                Candidate::new("create"),
                Candidate::new("delete"),
                Candidate::open("jsonpath="),
            ]),
        }
    }

    /// Images that somebody uses, and those of the notes.
    fn images(&self) -> BTreeSet<String> {
        let pods = self.cluster.store().pods().iter();
        let used = pods.flat_map(|pod| pod.spec.containers.iter().map(|one| one.image.to_string()));
        used.chain(["busybox", "nginx", "perl:5.34.0"].map(str::to_owned)).collect()
    }

    // ---- labels ----

    /// The objects that the words mean, or the pods.
    fn meant(&self) -> Vec<AnyObject> {
        let kinds: Vec<Kind> = match self.command.as_str() {
            "drain" | "cordon" | "uncordon" | "taint" | "top node" => vec![Kind::Node],
            _ => match self.words.first() {
                Some(word) => word.split(',').filter_map(Kind::from_word).collect(),
                None => vec![Kind::Pod],
            },
        };
        let everywhere = self.flags.iter().any(|(name, _)| name == "all-namespaces");
        let list = |kind: Kind| {
            let scope = (kind.namespaced() && !everywhere).then(|| self.namespace());
            self.cluster.store().list(kind, scope.as_deref())
        };
        kinds.into_iter().flat_map(list).collect()
    }

    fn label_keys(&self) -> BTreeSet<String> {
        let objects = self.meant();
        objects
            .iter()
            .flat_map(|object| object.meta().labels.keys().map(ToString::to_string))
            .collect()
    }

    /// `app` becomes a key, `app=` a value; several stand behind commas.
    fn selector(&self, open: &str) -> Asked {
        let kept = open.rfind(',').map_or(0, |at| at + 1);
        let last = open.get(kept..).unwrap_or("");
        let Some((key, _)) = last.split_once('=') else {
            let keys = self.label_keys().into_iter().map(|key| Candidate::open(format!("{key}=")));
            return Asked { kept, candidates: keys.collect() };
        };
        let objects = self.meant();
        let values = objects.iter().filter_map(|object| object.meta().labels.get(key));
        let values: BTreeSet<String> = values.map(ToString::to_string).collect();
        Asked {
            kept: kept + key.len() + 1,
            candidates: values.into_iter().map(Candidate::new).collect(),
        }
    }

    // ---- words ----

    fn words(&self, open: &str) -> Asked {
        let namespace = self.namespace();
        match self.command.as_str() {
            "" | "help" => Asked::of(
                COMMANDS.iter().map(|name| Candidate::noted(*name, help::what(name))).collect(),
            ),
            "get" | "describe" | "delete" | "label" | "annotate" | "edit" | "patch" | "wait" => {
                self.types_and_names(&Kind::ALL, open)
            }
            "scale" => self.types_and_names(&SCALED, open),
            "expose" => self.types_and_names(&EXPOSED, open),
            "set image" if !self.words.is_empty() && open.split('/').count() < 2 => {
                let containers = self.containers().into_iter();
                Asked::of(containers.map(|one| Candidate::open(format!("{}=", one.text))).collect())
            }
            "autoscale" => self.types_and_names(&SCALED, open),
            command if command.starts_with("rollout ") => self.types_and_names(&ROLLED, open),
            command if command.starts_with("set ") => self.types_and_names(&WORKLOADS, open),
            "logs" | "exec" | "attach" | "port-forward" | "debug" => self.pods_and_types(open),
            "cordon" | "uncordon" | "drain" | "top node" => Asked::of(self.names(Kind::Node)),
            "top pod" => Asked::of(self.names(Kind::Pod)),
            "taint" => match self.words.first() {
                None => Asked::plain(["node", "nodes"]),
                Some(_) => Asked::of(self.names(Kind::Node)),
            },
            "explain" if self.words.is_empty() => self.fields(open),
            "config use-context"
            | "config set-context"
            | "config delete-context"
            | "config rename-context"
                if self.words.is_empty() =>
            {
                self.entries(Section::Contexts)
            }
            "config delete-cluster" | "config set-cluster" => self.entries(Section::Clusters),
            "config delete-user" | "config set-credentials" => self.entries(Section::Users),
            "auth" if self.words.is_empty() => Asked::plain(["can-i", "whoami"]),
            group if group != "auth" && GROUPS.contains(&group) && self.words.is_empty() => {
                Asked::plain(subcommands(group).iter().map(|(_, sub)| *sub))
            }
            "auth" => match self.words.len() {
                1 => Asked::plain(VERBS),
                _ => Asked::plain(Kind::ALL.iter().map(|kind| kind.info().plural)),
            },
            _ if open.contains('/') => Asked::of(kinds_and_names(open, &namespace, self.cluster)),
            _ => Asked::default(),
        }
    }

    /// A type, then names of it; or `TYPE/NAME`, as often as one likes.
    fn types_and_names(&self, kinds: &[Kind], open: &str) -> Asked {
        if open.contains('/') || self.words.iter().any(|word| word.contains('/')) {
            let mut names = kinds_and_names(open, &self.namespace(), self.cluster);
            names.retain(|name| {
                let word = name.text.split('/').next().unwrap_or("");
                let kind = Kind::from_word(word).is_some_and(|kind| kinds.contains(&kind));
                kind && !self.words.contains(&name.text)
            });
            return Asked::of(names);
        }
        let Some(first) = self.words.first() else {
            let mut types: Vec<Candidate> = kinds
                .iter()
                .map(|kind| {
                    let info = kind.info();
                    Candidate::noted(info.plural, info.short_names.first().copied().unwrap_or(""))
                })
                .collect();
            let all = self.command == "get" || self.command == "delete";
            types.extend(all.then(|| Candidate::new("all")));
            // Short names complete to themselves, so that a space follows.
            let short = kinds.iter().flat_map(|kind| kind.info().short_names);
            types.extend(short.filter(|name| **name == open).map(|name| Candidate::new(*name)));
            let singular = kinds.iter().map(|kind| kind.name().to_lowercase());
            types.extend(singular.filter(|name| name == open).map(Candidate::new));
            return behind_comma(open, types);
        };
        let named =
            first.split(',').filter_map(Kind::from_word).filter(|kind| kinds.contains(kind));
        let names: Vec<Candidate> = named.flat_map(|kind| self.names(kind)).collect();
        // A patch and an edit are of one object; `label` goes on with labels.
        let one = matches!(self.command.as_str(), "patch" | "label" | "annotate");
        if one && self.words.len() > 1 { Asked::default() } else { Asked::of(names) }
    }

    /// Pods, or a workload by `TYPE/NAME`; behind a pod `logs` takes a container.
    fn pods_and_types(&self, open: &str) -> Asked {
        if !self.words.is_empty() {
            let containers = self.command == "logs" && self.words.len() == 1;
            return Asked::of(if containers { self.containers() } else { Vec::new() });
        }
        if open.contains('/') {
            return Asked::of(kinds_and_names(open, &self.namespace(), self.cluster));
        }
        let mut all = self.names(Kind::Pod);
        let held = WORKLOADS
            .iter()
            .filter(|kind| !names(**kind, &self.namespace(), self.cluster).is_empty());
        all.extend(held.map(|kind| Candidate::open(format!("{}/", kind.info().plural))));
        Asked::of(all)
    }

    /// The containers of the object that the words name.
    fn containers(&self) -> Vec<Candidate> {
        let (kind, name) = match self.words.as_slice() {
            [] => return Vec::new(),
            [one, ..] if one.contains('/') => {
                let Some((word, name)) = one.split_once('/') else { return Vec::new() };
                let Some(kind) = Kind::from_word(word) else { return Vec::new() };
                (kind, name)
            }
            [kind, name, ..] if self.command.starts_with("set ") => {
                let Some(kind) = Kind::from_word(kind) else { return Vec::new() };
                (kind, name.as_str())
            }
            [name, ..] => (Kind::Pod, name.as_str()),
        };
        let key = ObjectKey::new(self.namespace(), name);
        let Some(object) = self.cluster.store().get(kind, &key) else { return Vec::new() };
        let value = object.to_value();
        let spec = [
            &["spec", "jobTemplate", "spec", "template", "spec"][..],
            &["spec", "template", "spec"],
            &["spec"],
        ];
        let spec = spec
            .into_iter()
            .find_map(|path| value.at(path).filter(|spec| spec.get("containers").is_some()));
        let mut all = Vec::new();
        for list in ["containers", "initContainers"] {
            for container in spec.map(|spec| spec.items_at(list)).unwrap_or_default() {
                all.extend(container.str_at("name").map(Candidate::new));
            }
        }
        all
    }

    /// Types, and the fields behind their dots.
    fn fields(&self, open: &str) -> Asked {
        let mut parts: Vec<&str> = open.split('.').collect();
        parts.pop();
        let Some((first, path)) = parts.split_first() else {
            return Asked::plain(Kind::ALL.iter().map(|kind| kind.info().plural));
        };
        let Some(kind) = Kind::from_word(first) else { return Asked::default() };
        let root = Schema::of(kind);
        let inner = if path.is_empty() {
            Some(root)
        } else {
            root.at(path).and_then(|field| field.ty.object())
        };
        let fields = inner.into_iter().flat_map(|object| object.fields.iter());
        let kept = open.rfind('.').map_or(0, |at| at + 1);
        let note = |field: &crate::api::schema::Field| format!("<{}>", field.ty.explained());
        Asked {
            kept,
            candidates: fields.map(|field| Candidate::noted(field.name, note(field))).collect(),
        }
    }
}

const VERBS: [&str; 7] = ["create", "delete", "get", "list", "patch", "update", "watch"];

/// A word; one that ends with `=` goes on.
fn ending(word: &str) -> Candidate {
    Candidate { ends: !word.ends_with('='), ..Candidate::new(word) }
}

/// The candidates of the part behind the last comma.
fn behind_comma(open: &str, candidates: Vec<Candidate>) -> Asked {
    let kept = open.rfind(',').map_or(0, |at| at + 1);
    let before: Vec<&str> = open.get(..kept).unwrap_or("").split(',').collect();
    let fresh = candidates.into_iter().filter(|one| !before.contains(&one.text.as_str()));
    Asked { kept, candidates: fresh.collect() }
}
