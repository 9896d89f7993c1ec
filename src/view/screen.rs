//! What stands in a text on the terminal's screen: names of objects that are there, words of Kubernetes that can be
//! explained, places in files. The text itself stays as it is.

use std::collections::BTreeMap;

use super::state::Selection;
use crate::api::{Kind, ObjectKey};
use crate::store::Store;

/// What a part of a text stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    Plain,
    /// An object of the cluster.
    Object(Selection),
    /// A word with an explanation: the key of its text.
    Word(&'static str),
    /// A place in a file.
    Place {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u32,
        /// The character, from 1.
        column: u32,
    },
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The text.
    pub text: String,
    /// What it stands for.
    pub mark: Mark,
}

/// What the command was about whose output is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The kinds that it names, which come before others of the same name.
    kinds: Vec<Kind>,
    /// The namespace that it means.
    namespace: String,
}

impl Context {
    /// Reads a command as it was typed.
    pub fn of(command: &str, namespace: &str) -> Self {
        let words: Vec<&str> = command.split_whitespace().collect();
        let kinds = words
            .iter()
            .filter(|word| !word.starts_with('-'))
            .flat_map(|word| word.split(['/', ',']))
            .filter_map(Kind::from_word);
        let after = words.iter().position(|word| *word == "-n" || *word == "--namespace");
        let given = after.and_then(|at| words.get(at + 1).copied());
        let joined = words.iter().find_map(|word| {
            word.strip_prefix("--namespace=").or_else(|| word.strip_prefix("-n="))
        });
        Self { kinds: kinds.collect(), namespace: given.or(joined).unwrap_or(namespace).to_owned() }
    }
}

/// Kinds whose names are looked for in every output, the likeliest first.
const SOUGHT: [Kind; 9] = [
    Kind::Pod,
    Kind::Node,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
    Kind::ReplicationController,
    Kind::Service,
];
/// In longer texts nothing is looked for: nobody reads them word by word.
const MOST_ROWS: usize = 400;

/// Words of kubectl's output that are explained, and the keys of their texts.
const WORDS: [(&str, &str); 64] = [
    ("ACTIVE", "word.active"),
    ("AVAILABLE", "word.available"),
    ("Available", "word.available"),
    ("BackOff", "word.crash-loop"),
    ("BackoffLimitExceeded", "word.backoff-limit"),
    ("BestEffort", "word.qos"),
    ("Burstable", "word.qos"),
    ("COMPLETIONS", "word.completions"),
    ("CURRENT", "word.current"),
    ("ClusterIP", "word.cluster-ip"),
    ("Complete", "word.complete"),
    ("Completed", "word.completed"),
    ("ContainerCreating", "word.creating"),
    ("CrashLoopBackOff", "word.crash-loop"),
    ("CreateContainerConfigError", "word.config-error"),
    ("DESIRED", "word.desired"),
    ("DURATION", "word.duration"),
    ("DeadlineExceeded", "word.deadline"),
    ("DisruptionTarget", "word.disruption"),
    ("ErrImagePull", "word.image-pull"),
    ("Error", "word.error"),
    ("Evicted", "word.evicted"),
    ("FailedCreate", "word.failed-create"),
    ("FailedMount", "word.failed-mount"),
    ("FailedScheduling", "word.failed-scheduling"),
    ("Guaranteed", "word.qos"),
    ("ImagePullBackOff", "word.image-pull"),
    ("InvalidImageName", "word.image-name"),
    ("JobAlreadyActive", "word.already-active"),
    ("Killing", "word.killing"),
    ("MinimumReplicasUnavailable", "word.available"),
    ("MissSchedule", "word.miss-schedule"),
    ("NewReplicaSetAvailable", "word.rolled-out"),
    ("NoExecute", "word.taint"),
    ("NoSchedule", "word.taint"),
    ("NodeNotReady", "word.not-ready"),
    ("NodePort", "word.node-port"),
    ("NotReady", "word.not-ready"),
    ("OOMKilled", "word.oom"),
    ("Pending", "word.pending"),
    ("PodInitializing", "word.initializing"),
    ("PreferNoSchedule", "word.taint"),
    ("Preempted", "word.preempted"),
    ("ProgressDeadlineExceeded", "word.progress-deadline"),
    ("Progressing", "word.progressing"),
    ("Pulled", "word.pulling"),
    ("Pulling", "word.pulling"),
    ("READY", "word.ready"),
    ("RESTARTS", "word.restarts"),
    ("RestartingAllContainers", "word.restarting-all"),
    ("RollingUpdate", "word.rolling-update"),
    ("Running", "word.running"),
    ("SUSPEND", "word.suspend"),
    ("SawCompletedJob", "word.saw-completed"),
    ("ScalingReplicaSet", "word.scaling"),
    ("Scheduled", "word.scheduled"),
    ("SchedulingDisabled", "word.cordoned"),
    ("SchedulingGated", "word.gated"),
    ("SuccessfulCreate", "word.created-pod"),
    ("SuccessfulDelete", "word.deleted-pod"),
    ("Suspended", "word.suspend"),
    ("Terminating", "word.terminating"),
    ("UP-TO-DATE", "word.up-to-date"),
    ("Unhealthy", "word.unhealthy"),
];

/// Takes a text apart. `files` says whether there is a file of a name.
pub fn parts(
    text: &str,
    context: &Context,
    store: &Store,
    files: impl Fn(&str) -> bool,
) -> Vec<Part> {
    if text.lines().count() > MOST_ROWS {
        return vec![Part { text: text.to_owned(), mark: Mark::Plain }];
    }
    let mut all: Vec<Part> = Vec::new();
    let mut known: BTreeMap<(&str, &str), Mark> = BTreeMap::new();
    for row in text.split_inclusive('\n') {
        let namespace = namespace_of(row, store).unwrap_or(&context.namespace);
        for token in tokens(row) {
            let mark = match () {
                () if !is_word(token) => Mark::Plain,
                // `Error from server` is no state of a pod.
                () if token == "Error" && row.starts_with(token) => Mark::Plain,
                () => known
                    .entry((namespace, token))
                    .or_insert_with(|| mark(token, namespace, context, store, &files))
                    .clone(),
            };
            match all.last_mut() {
                Some(last) if last.mark == Mark::Plain && mark == Mark::Plain => {
                    last.text.push_str(token);
                }
                _ => all.push(Part { text: token.to_owned(), mark }),
            }
        }
    }
    all
}

/// The namespace that a row of `-A` begins with.
fn namespace_of<'a>(row: &'a str, store: &Store) -> Option<&'a str> {
    let first = row.split_whitespace().next()?;
    if !row.starts_with(first) || row.split_whitespace().count() < 2 {
        return None;
    }
    store.get(Kind::Namespace, &ObjectKey::cluster(first)).map(|_| first)
}

/// Words and what stands between them, one after the other.
fn tokens(row: &str) -> impl Iterator<Item = &str> {
    let mut rest = row;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|letter| belongs(letter) != belongs(first)).unwrap_or(rest.len());
        let (token, behind) = rest.split_at_checked(end)?;
        // A full stop or colon behind a word is not part of it.
        let trimmed = token.trim_end_matches(['.', ':', '/']);
        let (token, behind) =
            match belongs(first) && !trimmed.is_empty() && trimmed.len() < token.len() {
                true => rest.split_at_checked(trimmed.len())?,
                false => (token, behind),
            };
        rest = behind;
        Some(token)
    })
}

const fn belongs(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '/' | '_' | ':')
}

fn is_word(token: &str) -> bool {
    token.len() > 1 && token.starts_with(|letter: char| letter.is_ascii_alphanumeric())
}

fn mark(
    token: &str,
    namespace: &str,
    context: &Context,
    store: &Store,
    files: &impl Fn(&str) -> bool,
) -> Mark {
    if let Some(key) = word(token) {
        return Mark::Word(key);
    }
    if let Some(place) = place(token, files) {
        return place;
    }
    if !token.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        && !token.contains('/')
    {
        return Mark::Plain;
    }
    object(token, namespace, context, store).map_or(Mark::Plain, Mark::Object)
}

/// The key of a word's explanation.
fn word(token: &str) -> Option<&'static str> {
    if token.starts_with("Init:") {
        return Some("word.initializing");
    }
    WORDS.iter().find(|(known, _)| *known == token).map(|(_, key)| *key)
}

/// The key of an explanation, if there is such a one.
pub fn explained(key: &str) -> Option<&'static str> {
    let all = WORDS.iter().map(|(_, known)| *known).chain(["word.initializing"]);
    all.into_iter().find(|known| *known == key)
}

/// `job.yaml:12:5`
fn place(token: &str, files: &impl Fn(&str) -> bool) -> Option<Mark> {
    let mut parts = token.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    let file = parts.next()?;
    files(file).then(|| Mark::Place { file: file.to_owned(), line, column })
}

/// `pod/web`, `kube-system/web`, or a name alone.
fn object(token: &str, namespace: &str, context: &Context, store: &Store) -> Option<Selection> {
    let find = |kind: Kind, namespace: &str, name: &str| {
        let key = match kind.namespaced() {
            true => ObjectKey::new(namespace, name),
            false => ObjectKey::cluster(name),
        };
        store.get(kind, &key).map(|_| Selection { kind, key })
    };
    let named = |namespace: &str, name: &str| {
        let kinds = context.kinds.iter().copied().chain(SOUGHT);
        kinds.into_iter().find_map(|kind| find(kind, namespace, name))
    };
    match token.split_once('/') {
        Some((word, name)) => Kind::from_word(word)
            .and_then(|kind| find(kind, namespace, name))
            .or_else(|| named(word, name)),
        None => named(namespace, token),
    }
}

/// What a reader hears of an output: the first rows, and how many more there are.
pub fn heard(text: &str) -> (String, usize) {
    const ROWS: usize = 3;
    let rows = text.lines().filter(|row| !row.trim().is_empty());
    let spoken = |row: &str| row.split_whitespace().collect::<Vec<_>>().join(" ");
    let first: Vec<String> = rows.clone().take(ROWS).map(spoken).collect();
    (first.join(". "), rows.count().saturating_sub(ROWS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Cluster, Config};
    use crate::language::{Language, word};
    use crate::sim::Duration;
    use crate::terminal::Terminal;

    fn cluster() -> Cluster {
        let mut cluster = Cluster::new(Config::default());
        let mut terminal = Terminal::default();
        for line in ["kubectl create deployment web --image=nginx", "kubectl run web --image=nginx"]
        {
            terminal.start(line).poll(&mut cluster, &mut terminal);
        }
        cluster.run_until(cluster.now() + Duration::from_seconds(20));
        cluster
    }

    /// The marked parts of a text.
    fn marked(text: &str, command: &str) -> Vec<String> {
        let cluster = cluster();
        let context = Context::of(command, "default");
        let parts = parts(text, &context, cluster.store(), |file| file == "job.yaml");
        let whole: String = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(whole, text, "the text stays");
        let show = |part: Part| match part.mark {
            Mark::Plain => None,
            Mark::Object(Selection { kind, key }) => {
                Some(format!("{}={}:{}/{}", part.text, kind.name(), key.namespace, key.name))
            }
            Mark::Word(key) => Some(format!("{}={key}", part.text)),
            Mark::Place { file, line, column } => Some(format!("{file} {line} {column}")),
        };
        parts.into_iter().filter_map(show).collect()
    }

    #[test]
    fn names_of_objects_that_are_there_are_found() {
        let text = "NAME  STATUS\nweb   Pending\nnope  Running\n";
        let pod = "web=Pod:default/web";
        let words = ["Pending=word.pending", "Running=word.running"];
        assert_eq!(marked(text, "kubectl get pods"), [pod, words[0], words[1]]);
        let deployment = "web=Deployment:default/web";
        assert_eq!(marked("web  1/1", "kubectl get deploy"), [deployment]);
        assert_eq!(
            marked("deployment.apps/web scaled", "k scale"),
            ["deployment.apps/web=Deployment:default/web"]
        );
        assert_eq!(marked("Error: pods \"web\" not found.", ""), [pod]);
        assert_eq!(
            marked("assigned default/web to worker-1.", ""),
            ["default/web=Pod:default/web", "worker-1=Node:/worker-1"]
        );
        assert_eq!(marked("web", "kubectl get pods -n kube-system"), Vec::<String>::new());
    }

    #[test]
    fn a_row_that_begins_with_a_namespace_names_objects_of_it() {
        let cluster = cluster();
        let pods = cluster.store().list(Kind::Pod, Some("kube-system"));
        let name = pods.first().unwrap().meta().name.to_string();
        let row = format!("kube-system   {name}   1/1\n");
        assert_eq!(marked(&row, "kubectl get pods -A"), [format!("{name}=Pod:kube-system/{name}")]);
    }

    #[test]
    fn places_in_files_that_are_there_are_found() {
        assert_eq!(marked("job.yaml:12:5: wrong", ""), ["job.yaml 12 5"]);
        assert_eq!(marked("other.yaml:12:5: wrong", ""), Vec::<String>::new());
    }

    #[test]
    fn very_long_texts_are_left_alone() {
        let text = "web\n".repeat(500);
        assert_eq!(marked(&text, "kubectl get pods"), Vec::<String>::new());
    }

    #[test]
    fn every_word_is_explained_in_both_languages() {
        for (known, key) in WORDS.iter().chain(&[("Init:0/1", "word.initializing")]) {
            let (english, korean) = (word(Language::En, key), word(Language::Ko, key));
            assert!(!english.is_empty() && english != korean, "{known}: {english}");
            assert_eq!(super::word(known), Some(*key));
        }
    }

    #[test]
    fn a_reader_hears_the_beginning() {
        let text = "NAME   READY\n\na      1/1\nb      1/1\nc      1/1\nd      1/1\n";
        assert_eq!(heard(text), ("NAME READY. a 1/1. b 1/1".into(), 2));
    }
}
