//! The real kubectl against the API layer, line by line: what it prints, and what the terminal prints over the same
//! cluster, must be the same bytes. `lines.txt` has the lines, `states` the clusters they are typed at, `files` the
//! files they name; `differences.txt` the lines that differ on purpose, with the reason.
//!
//! The installed client is older than the version that the terminal follows; what changed between the two in many
//! lines is made the same by [`same`], which says all of it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says why it did not run"
)]

mod discovery;
mod metrics;
mod openapi;
mod server;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use podyard::cluster::{Cluster, Config};
use podyard::sim::{Duration, Time};
use podyard::terminal::{Stream, Terminal};
use tiny_http::Server;

/// What came of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    out: String,
    err: String,
    status: i32,
}

/// A cluster with a terminal beside it.
type State = (Cluster, Terminal);

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/real_kubectl")
}

/// The wall clock in milliseconds: `describe` and `events` tell ages by it.
#[allow(
    clippy::disallowed_methods,
    reason = "the real client has a wall clock, and is compared with"
)]
fn wall() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// Builds a state such that its clock shows `now` when it is ready. The manifest's first line says how many seconds
/// it runs: `# 60`.
fn build(name: &str, now: i64) -> State {
    let text = fs::read_to_string(folder().join("states").join(format!("{name}.yaml"))).unwrap();
    let first = text.lines().next().unwrap();
    let seconds: i64 = first.trim_start_matches("# ").parse().unwrap();
    let start = Time::from_unix_seconds(now - seconds);
    let mut cluster = Cluster::new(Config { start, ..Config::default() });
    let mut terminal = Terminal::default();
    terminal.files.insert("state.yaml".into(), text.as_str().into());
    let made = ours("kubectl apply -f state.yaml", &mut cluster, &mut terminal);
    assert!(made.status == 0, "{name}: {made:?}");
    terminal.files.clear();
    for entry in fs::read_dir(folder().join("files")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        terminal.files.insert(name, fs::read_to_string(&path).unwrap().into());
    }
    cluster.run_until(Time::from_unix_seconds(now));
    (cluster, terminal)
}

/// Runs a line in the terminal to its end, or for a minute and a half of virtual time.
fn ours(line: &str, cluster: &mut Cluster, terminal: &mut Terminal) -> Outcome {
    let (mut out, mut err) = (String::new(), String::new());
    let mut running = terminal.start(line);
    let end = cluster.now() + Duration::from_seconds(90);
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
            return Outcome { out, err, status };
        }
        let next = [cluster.next_wake(), poll.until].into_iter().flatten().min();
        match next.filter(|next| *next <= end) {
            Some(next) => cluster.run_until(next),
            None => running.interrupt(terminal),
        }
    }
}

/// Runs a line in `sh` with the real kubectl, and answers what that asks.
fn theirs(line: &str, cluster: &mut Cluster, server: &Server, home: &Path) -> Outcome {
    let work = home.join("work");
    drop(fs::remove_dir_all(&work));
    fs::create_dir_all(&work).unwrap();
    for entry in fs::read_dir(folder().join("files")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, work.join(path.file_name().unwrap())).unwrap();
    }
    let address = server.server_addr().to_ip().unwrap();
    let config = format!(
        "apiVersion: v1
kind: Config
clusters: [{{name: podyard, cluster: {{server: 'http://{address}'}}}}]
users: [{{name: podyard, user: {{}}}}]
contexts: [{{name: podyard, context: {{cluster: podyard, user: podyard}}}}]
current-context: podyard
"
    );
    fs::write(home.join("config"), config).unwrap();
    let (out, err) = (home.join("out"), home.join("err"));
    let mut child = Command::new("/bin/sh")
        .args(["-c", line])
        .current_dir(&work)
        .env("HOME", home)
        .env("KUBECONFIG", home.join("config"))
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let given_up = wall() + 30_000;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code().unwrap_or(-1);
        }
        if wall() > given_up {
            child.kill().unwrap();
            child.wait().unwrap();
            break -1;
        }
        let asked = server.recv_timeout(std::time::Duration::from_millis(5)).unwrap();
        if let Some(request) = asked {
            server::serve(request, cluster);
        }
    };
    let read = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        text.replace(&format!("http://{address}"), "https://127.0.0.1:6443")
    };
    Outcome { out: read(&out), err: read(&err), status }
}

/// What is the same in both versions of the client but for words that changed between them:
/// - since 1.34 `deleted` is followed by `from NAMESPACE namespace`;
/// - drain said `cannot delete` twice, and `describe pod` called a field of a projected volume by another name;
/// - the client remarks on standard error that a watch of this test ends at once;
/// - until 1.33 objects that are not yet made have `creationTimestamp: null`, in YAML and JSON;
/// - a watch ends when its server hangs up, and here when it is interrupted.
fn same(outcome: &Outcome) -> Outcome {
    let text = |text: &str| {
        let text = &without_null_times(text);
        let lines = text
            .split_inclusive('\n')
            .filter(|line| !line.contains("ended with: very short watch"))
            .filter(|line| !line.trim().starts_with("creationTimestamp: null"));
        let line = |line: &str| match line.split_once(" deleted from ") {
            Some((before, after)) if after.contains(" namespace") => {
                let (_, rest) = after.split_once(" namespace").unwrap();
                format!("{before} deleted{rest}")
            }
            _ => line
                .replace("cannot delete cannot delete", "cannot delete")
                .replace("ConfigMapOptional:       <nil>", "Optional:                false"),
        };
        lines.map(line).collect()
    };
    let status = if outcome.status == 130 { 0 } else { outcome.status };
    Outcome { out: text(&outcome.out), err: text(&outcome.err), status }
}

/// JSON without `"creationTimestamp": null`, and without the comma or the braces that were there for it.
fn without_null_times(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        match line.trim() {
            "\"creationTimestamp\": null," => {}
            "\"creationTimestamp\": null" if kept.ends_with("{\n") => {
                kept.truncate(kept.len() - 1);
                kept.push_str(lines.next().unwrap_or_default().trim_start());
            }
            "\"creationTimestamp\": null" => {
                let end = kept.trim_end_matches([',', '\n']).len();
                kept.truncate(end);
                kept.push('\n');
            }
            _ => kept.push_str(line),
        }
    }
    kept
}

/// The lines of both streams in the order of their letters.
fn sorted(outcome: Outcome) -> Outcome {
    let text = |text: &str| {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.sort_unstable();
        lines.concat()
    };
    Outcome { out: text(&outcome.out), err: text(&outcome.err), status: outcome.status }
}

/// Whether the client tells ages by its own clock in a line.
fn tells_ages(line: &str) -> bool {
    ["describe", "kubectl events", "--server-print=false"].iter().any(|one| line.contains(one))
}

/// Both outcomes of a line over the same state; `None` on a machine on which the client needs more than a second for it,
/// so that their ages cannot agree.
fn both(
    line: &str,
    name: &str,
    prepared: &State,
    server: &Server,
    home: &Path,
) -> Option<(Outcome, Outcome)> {
    if !tells_ages(line) {
        let (mut cluster, mut terminal) = prepared.clone();
        let here = ours(line, &mut cluster, &mut terminal);
        return Some((here, theirs(line, &mut prepared.0.clone(), server, home)));
    }
    // Both clocks must show the same second from the beginning to the end.
    for _ in 0..5 {
        let second = wall() / 1000 + 1;
        let (cluster, mut terminal) = build(name, second);
        let here = ours(line, &mut cluster.clone(), &mut terminal);
        let early = u64::try_from((second * 1000 - wall()).max(0)).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(early));
        let real = theirs(line, &mut cluster.clone(), server, home);
        if wall() / 1000 == second {
            return Some((here, real));
        }
    }
    None
}

#[test]
fn the_terminal_prints_what_the_real_kubectl_prints() {
    if !Path::new("/usr/bin/kubectl").exists() {
        println!("skipped: no kubectl");
        return;
    }
    let home = std::env::temp_dir().join(format!("real-kubectl-{}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    let server = Server::http("127.0.0.1:0").unwrap();
    let differences = fs::read_to_string(folder().join("differences.txt")).unwrap();
    let mut excused: BTreeMap<&str, &str> = differences
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(" || "))
        .collect();
    let only = std::env::var("LINE").unwrap_or_default();
    let lines = fs::read_to_string(folder().join("lines.txt")).unwrap();
    let (mut name, mut prepared) = ("", None);
    let (mut wrong, mut right) = (Vec::new(), 0);
    for line in lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(state) = line.strip_prefix("== ") {
            name = state;
            prepared = Some(build(name, wall() / 1000));
            continue;
        }
        if !line.contains(&only) {
            continue;
        }
        // The real client does the parts of some lines side by side.
        let (line, any_order) = match line.strip_prefix("~ ") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let Some((here, real)) = both(line, name, prepared.as_ref().unwrap(), &server, &home)
        else {
            println!("not compared, too slow here: {line}");
            excused.remove(line);
            continue;
        };
        let form = |outcome| if any_order { sorted(same(outcome)) } else { same(outcome) };
        let equal = form(&here) == form(&real);
        match (equal, excused.remove(line)) {
            (true, None) => right += 1,
            (false, Some(_)) => {}
            (true, Some(_)) => wrong.push(format!("$ {line}\nis the same now; it needs no excuse")),
            (false, None) => wrong.push(format!(
                "{name} $ {line}\n--- kubectl\n{}{}[exit {}]\n--- here\n{}{}[exit {}]\n",
                real.out, real.err, real.status, here.out, here.err, here.status
            )),
        }
    }
    fs::remove_dir_all(&home).unwrap();
    if only.is_empty() {
        wrong.extend(excused.keys().map(|line| format!("$ {line}\nis excused, but is not typed")));
    }
    assert!(wrong.is_empty(), "{right} same, {} not:\n{}", wrong.len(), wrong.join("\n"));
}
