//! What the real kubectl printed, against what the terminal prints: recordings of version 1.36 in `tests/recordings`,
//! command by command, both streams and the exit status. Where the terminal differs, the command stands in
//! `tests/recordings/differences.txt` with the reason.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says how much it compared"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use podyard::api::value::Value;
use podyard::cluster::{Cluster, Config};
use podyard::sim::{Duration, Time};
use podyard::terminal::{Stream, Terminal};
use serde::Deserialize as _;

/// A command of a recording and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Recorded {
    command: String,
    input: Option<String>,
    out: String,
    err: String,
    status: i32,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// Reads `$ command`, `[stdin]`, `[stdout]`, `[stderr]` and `[exit N]`; `###` is a heading.
fn read(text: &str) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    let mut part = "";
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push(Recorded { command: command.to_owned(), ..Recorded::default() });
            part = "";
            continue;
        }
        let Some(last) = all.last_mut() else { continue };
        if line == "[exit interrupted]" {
            last.status = INTERRUPTED;
            part = "";
            continue;
        }
        // A text that does not end its last line.
        let (line, end) = match line.strip_suffix("<no newline>") {
            Some(line) => (line, ""),
            None => (line, "\n"),
        };
        if let Some(status) = line.strip_prefix("[exit ") {
            last.status = status.trim_end_matches(']').parse().unwrap();
            part = "";
            continue;
        }
        if let "[stdin]" | "[stdout]" | "[stderr]" = line {
            part = line;
            if line == "[stdin]" {
                last.input = Some(String::new());
            }
            continue;
        }
        let to = match part {
            "[stdin]" => last.input.as_mut().unwrap(),
            "[stdout]" => &mut last.out,
            "[stderr]" => &mut last.err,
            _ => continue,
        };
        to.push_str(line);
        to.push_str(end);
    }
    all
}

/// Runs a line to its end, or for half a minute of virtual time.
fn run(line: &str, cluster: &mut Cluster, terminal: &mut Terminal) -> (String, String, i32) {
    let (mut out, mut err) = (String::new(), String::new());
    let mut running = terminal.start(line);
    let end = cluster.now() + Duration::from_seconds(30);
    loop {
        let poll = running.poll(cluster, terminal);
        for (stream, text) in &poll.output {
            match stream {
                Stream::Out => out.push_str(text),
                Stream::Err => err.push_str(text),
                Stream::Explain | Stream::Fix => {}
            }
        }
        if let Some(status) = poll.status {
            return (out, err, status);
        }
        let next = [cluster.next_wake(), poll.until].into_iter().flatten().min();
        match next.filter(|next| *next <= end) {
            Some(next) => cluster.run_until(next),
            None => return (out, err, INTERRUPTED),
        }
    }
}

/// The status of what went on until somebody stopped it.
const INTERRUPTED: i32 = -1;

/// Where a recording was made.
enum Place<'a> {
    /// In a new cluster, prepared with these lines.
    New(&'a [&'a str]),
    /// In the recorded cluster at this time; the second says whether the further pods were there.
    Recorded(&'a str, bool),
}

/// The recorded cluster: `@N` in the file stands for the time N seconds before the recording began.
fn recorded(start: Time, more: bool) -> Cluster {
    let mut objects = Vec::new();
    let files = ["cluster.yaml", "more-pods.yaml"];
    for file in files.into_iter().take(1 + usize::from(more)) {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        for document in serde_yaml::Deserializer::from_str(&text) {
            let value = serde_json::Value::deserialize(document).unwrap();
            let text = value.to_string();
            let mut parts = text.split("\"@");
            let mut timed = parts.next().unwrap().to_owned();
            for part in parts {
                let (seconds, rest) = part.split_once('"').unwrap();
                let at = start - Duration::from_seconds(seconds.parse().unwrap());
                timed.push_str(&format!("\"{}\"{rest}", at.rfc3339()));
            }
            objects.push(Value::from_json(&timed).unwrap());
        }
    }
    Cluster::recorded(Config { start, ..Config::default() }, &objects)
}

/// Compares a recording with what a cluster says. `same` brings what may differ from run to run (times, process
/// numbers, what changed between the client's version and the one that is followed) to one form.
fn compare(name: &str, place: &Place<'_>, same: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let differences = std::fs::read_to_string(folder().join("differences.txt")).unwrap();
    let mut excused: BTreeMap<&str, &str> = differences
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" | "))
        .filter(|(key, _)| key.starts_with(name))
        .collect();
    let mut terminal = Terminal::default();
    let mut cluster = match place {
        Place::New(prepared) => {
            let mut cluster = Cluster::new(Config::default());
            for line in *prepared {
                run(line, &mut cluster, &mut terminal);
            }
            cluster
        }
        Place::Recorded(start, more) => {
            for line in [POD, TWO, P1B, FOLDER] {
                run(line, &mut Cluster::new(Config::default()), &mut terminal);
            }
            recorded(Time::parse_rfc3339(start).unwrap(), *more)
        }
    };
    // Nobody wrote down at which second each command was typed: ages say it.
    let patience = if matches!(place, Place::Recorded(..)) { 6 } else { 1 };
    let (mut wrong, mut right) = (Vec::new(), 0);
    for (index, one) in read(&text).into_iter().enumerate() {
        let line = match &one.input {
            Some(input) => format!("{} <<'STDIN'\n{input}STDIN", one.command),
            None => one.command.clone(),
        };
        let wanted = Recorded { out: same(&one.out), err: same(&one.err), ..one.clone() };
        let key = format!("{name}#{}", index + 1);
        let mut tried = Vec::new();
        for later in 0..patience {
            let (mut world, mut shell) = (cluster.clone(), terminal.clone());
            world.run_until(world.now() + Duration::from_seconds(later));
            let (out, err, status) = run(&line, &mut world, &mut shell);
            let (out, err) = (same(&out), same(&err));
            let got = Recorded { out, err, status, ..one.clone() };
            let equal = got == wanted;
            tried.push((got, world, shell));
            if equal {
                break;
            }
        }
        let equal = tried.last().is_some_and(|(got, ..)| *got == wanted);
        let at = if equal { tried.len() - 1 } else { 0 };
        let (got, world, shell) = tried.swap_remove(at);
        (cluster, terminal) = (world, shell);
        match (equal, excused.remove(&*key)) {
            (true, None) => right += 1,
            (false, Some(_)) => {}
            (true, Some(_)) => wrong.push(format!("{key} is the same now; it needs no excuse")),
            (false, None) => wrong.push(format!(
                "{key} $ {line}\n--- kubectl\n{}{}[exit {}]\n--- here\n{}{}[exit {}]\n",
                wanted.out, wanted.err, wanted.status, got.out, got.err, got.status
            )),
        }
    }
    wrong.extend(excused.keys().map(|key| format!("{key} is excused, but was not recorded")));
    assert!(wrong.is_empty(), "{name}: {} same, {} not:\n{}", right, wrong.len(), wrong.join("\n"));
    println!("{name}: {right} the same");
}

/// What changed between the recording client (1.32) and the version that is followed (1.36), made the same; and what a
/// server gives as it likes (versions of objects). `reference/kubectl.md` lists the changes.
fn in_one_version(text: &str) -> String {
    let text = without_log_times(text);
    let mut all = String::new();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        // Since 1.34 what is not yet made has no time of creation, and may have nothing left.
        let alone = lines.peek().is_none_or(|next| indent(next) < indent(line));
        if line.trim() == "creationTimestamp: null" && alone && all.ends_with("metadata:\n") {
            all.truncate(all.len() - 1);
            all.push_str(" {}\n");
        }
        // New lines of `describe`, and one that is gone.
        let gone = ["Time Zone:", "  Kube-Proxy Version:", "creationTimestamp: null"];
        if gone.iter().any(|gone| line.trim_start().starts_with(gone.trim_start())) {
            continue;
        }
        if line.trim_start().starts_with("resourceVersion:")
            || line.contains("\"resourceVersion\":")
        {
            continue;
        }
        let mut line = line
            .replace("cannot delete cannot delete", "cannot delete")
            .replace("ConfigMapOptional:       <nil>", "Optional:                false");
        // Since 1.35 a message says which container it is about.
        if let Some((before, rest)) = line.split_once("spec.containers{")
            && let Some((_, behind)) = rest.split_once("}: ")
        {
            line = format!("{before}{behind}");
        }
        // Since 1.34 a deletion says from where.
        if let Some((before, rest)) = line.split_once(" deleted from ")
            && let Some((_, behind)) = rest.split_once(" namespace")
        {
            line = format!("{before} deleted{behind}");
        }
        all.push_str(&line);
    }
    all
}

/// `W1120 20:01:11.581174    9411 helpers.go:702]` without its time and process.
fn without_log_times(text: &str) -> String {
    let lines =
        text.lines().map(|line| match (line.starts_with(['W', 'I', 'E']), line.find(".go:")) {
            (true, Some(at)) if at < 60 => {
                let file = line.split_at(at).0.rsplit(' ').next().unwrap_or_default();
                format!("LOG {file}{}\n", line.split_at(at).1)
            }
            _ => format!("{line}\n"),
        });
    lines.collect()
}

const POD: &str = "cat > pod.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: p1}
spec: {containers: [{name: c, image: nginx}]}
END";
const TWO: &str = "cat > two.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: p1}
spec: {containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p2}
spec: {containers: [{name: c, image: nginx}]}
END";

const P1B: &str = "cat > p1b.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: p1, labels: {a: b}}
spec: {containers: [{name: c, image: 'nginx:1.27'}]}
END";

const FOLDER: &str = "for name in d1 d2; do echo 'apiVersion: v1
kind: Pod
metadata: {name: '$name'}
spec: {containers: [{name: c, image: nginx}]}' > dir/$name.yaml; done";

#[test]
fn errors_are_as_recorded() {
    let pods = "kubectl run too-big --image=nginx; kubectl run two --image=nginx";
    compare("15-errors.txt", &Place::New(&[POD, TWO, pods]), without_log_times);
}

#[test]
fn generators_are_as_recorded() {
    let hello = "kubectl create cronjob hello --image=busybox --schedule='* * * * *' -- date";
    compare("10-create-generators.txt", &Place::New(&[hello]), without_log_times);
}

/// The pods of the recorded cluster, by name and labels.
fn pods() -> String {
    let names = [
        "badimage",
        "crash",
        "liveness-exec",
        "pi-5rwd7",
        "too-big",
        "two",
        "web-7d9c6b8f4-4mzkt",
        "web-7d9c6b8f4-hq7wd",
        "web-7d9c6b8f4-x2k9p",
    ];
    let run = |name: &&str| {
        let label = if name.starts_with("web-") { " --labels=app=web" } else { " --labels=" };
        format!("kubectl run {name} --image=nginx{label}")
    };
    names.iter().map(run).collect::<Vec<_>>().join("; ")
}

#[test]
fn labels_and_annotations_are_as_recorded() {
    compare("06-label-annotate.txt", &Place::New(&[&pods()]), without_log_times);
}

#[test]
fn pods_are_listed_as_recorded() {
    compare("01-get-pods.txt", &Place::Recorded("2026-11-20T19:53:00Z", false), in_one_version);
}

#[test]
fn other_kinds_and_events_are_listed_as_recorded() {
    compare("02-get-others.txt", &Place::Recorded("2026-11-20T19:53:04Z", false), in_one_version);
}

#[test]
fn pods_are_described_as_recorded() {
    compare("03-describe-pod.txt", &Place::Recorded("2026-11-20T19:53:08Z", false), in_one_version);
}

#[test]
fn other_kinds_are_described_as_recorded() {
    compare(
        "04-describe-others.txt",
        &Place::Recorded("2026-11-20T19:53:10Z", false),
        in_one_version,
    );
}

#[test]
fn watches_are_as_recorded() {
    compare("05-watch.txt", &Place::Recorded("2026-11-20T19:53:14Z", false), in_one_version);
}

#[test]
fn scaling_is_as_recorded() {
    compare("07-scale.txt", &Place::Recorded("2026-11-20T19:53:48Z", false), in_one_version);
}

#[test]
fn deletions_are_as_recorded() {
    compare("08-delete.txt", &Place::Recorded("2026-11-20T19:53:52Z", false), in_one_version);
}

#[test]
fn files_are_applied_as_recorded() {
    compare("09-create-apply.txt", &Place::Recorded("2026-11-20T19:54:00Z", false), in_one_version);
}

#[test]
fn logs_and_commands_in_containers_are_as_recorded() {
    compare("11-logs-exec.txt", &Place::Recorded("2026-11-20T19:55:00Z", false), in_one_version);
}

#[test]
fn nodes_are_tended_as_recorded() {
    compare("12-node-ops.txt", &Place::Recorded("2026-11-20T20:00:39Z", false), in_one_version);
}

#[test]
fn rollouts_and_patches_are_as_recorded() {
    compare("13-rollout-set.txt", &Place::Recorded("2026-11-20T19:56:00Z", false), in_one_version);
}

#[test]
fn editing_and_waiting_are_as_recorded() {
    compare("16-edit-wait.txt", &Place::Recorded("2026-11-20T19:57:49Z", false), in_one_version);
}

#[test]
fn pods_in_rarer_states_are_as_recorded() {
    compare("18-more-pods.txt", &Place::Recorded("2026-11-20T20:02:57Z", true), in_one_version);
}
