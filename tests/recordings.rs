//! What the real kubectl printed, against what the terminal prints: recordings of version 1.36 in `tests/recordings`,
//! command by command, both streams and the exit status. Where the terminal differs, the command stands in
//! `tests/recordings/differences.txt` with the reason.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use podyard::cluster::{Cluster, Config};
use podyard::sim::Duration;
use podyard::terminal::{Stream, Terminal};

/// A command of a recording and what came of it.
#[derive(Debug, Default, PartialEq)]
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
        to.push('\n');
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
            None => running.interrupt(terminal),
        }
    }
}

/// Compares a recording with what a cluster says that was prepared with some lines. `same` brings what may differ from
/// run to run (times, process numbers) to one form.
fn compare(name: &str, prepared: &[&str], same: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let differences = std::fs::read_to_string(folder().join("differences.txt")).unwrap();
    let excused: BTreeMap<&str, &str> = differences
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" | "))
        .collect();
    let mut cluster = Cluster::new(Config::default());
    let mut terminal = Terminal::default();
    for line in prepared {
        run(line, &mut cluster, &mut terminal);
    }
    let (mut wrong, mut right) = (Vec::new(), 0);
    for (index, one) in read(&text).into_iter().enumerate() {
        let line = match &one.input {
            Some(input) => format!("{} <<'STDIN'\n{input}STDIN", one.command),
            None => one.command.clone(),
        };
        let (out, err, status) = run(&line, &mut cluster, &mut terminal);
        let got = Recorded {
            command: one.command.clone(),
            input: one.input.clone(),
            out: same(&out),
            err: same(&err),
            status,
        };
        let wanted = Recorded { out: same(&one.out), err: same(&one.err), ..one };
        let key = format!("{name}#{}", index + 1);
        match (got == wanted, excused.get(&*key)) {
            (true, None) => right += 1,
            (false, Some(_)) => {}
            (true, Some(_)) => wrong.push(format!("{key} is the same now; it needs no excuse")),
            (false, None) => wrong.push(format!(
                "{key} $ {line}\n--- kubectl\n{}{}[exit {}]\n--- here\n{}{}[exit {}]\n",
                wanted.out, wanted.err, wanted.status, got.out, got.err, got.status
            )),
        }
    }
    assert!(wrong.is_empty(), "{} same, {} not:\n{}", right, wrong.len(), wrong.join("\n"));
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

#[test]
fn errors_are_as_recorded() {
    let pods = "kubectl run too-big --image=nginx; kubectl run two --image=nginx";
    compare("15-errors.txt", &[POD, TWO, pods], without_log_times);
}

#[test]
fn generators_are_as_recorded() {
    let hello = "kubectl create cronjob hello --image=busybox --schedule='* * * * *' -- date";
    compare("10-create-generators.txt", &[hello], without_log_times);
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
    compare("06-label-annotate.txt", &[&pods()], without_log_times);
}
