//! Whatever is typed is answered: no line stops the program or keeps it for ever.

use super::{Poll, Stream, Terminal, complete};
use crate::cluster::{Cluster, Config};
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};

const PIECES: &[&str] = &[
    "kubectl ",
    "k ",
    "get ",
    "pods ",
    "po,rs ",
    "nodes ",
    "describe ",
    "logs ",
    "-f ",
    "-w ",
    "-o ",
    "json ",
    "yaml ",
    "wide ",
    "jsonpath=",
    "{.items[*].metadata.name} ",
    "{range .items[*]}",
    "{end}",
    "[?(@.a==1)]",
    "[9223372036854775807]",
    "[-9223372036854775808:]",
    "..",
    "go-template=",
    "{{range .items}}",
    "{{.a}}",
    "{{end}} ",
    "custom-columns=A:.metadata.name ",
    "create ",
    "deployment ",
    "job ",
    "web ",
    "--image=nginx ",
    "--replicas=",
    "99999999999999999999 ",
    "-1 ",
    "run ",
    "delete ",
    "--all ",
    "apply ",
    "patch ",
    "patch node worker-1 ",
    "patch deployment web ",
    "--type=json ",
    "--type=merge ",
    "-p ",
    "'{\"metadata\":{\"labels\":{\"a\":\"b\",\"c\":null}}}' ",
    "'{\"spec\":{\"taints\":[{\"key\":\"a\"},{\"$patch\":\"delete\"}],\"$setElementOrder/taints\":[1]}}' ",
    "'{\"spec\":[],\"metadata\":7}' ",
    "'[{\"op\":\"move\",\"from\":\"/metadata/labels\",\"path\":\"/metadata/labels/a\"}]' ",
    "'[{\"op\":\"remove\",\"path\":\"/spec/taints/-\"},{\"op\":\"add\",\"path\":\"\",\"value\":1}]' ",
    "-p ",
    "'{\"a\":",
    "--type=json ",
    "scale ",
    "label ",
    "a=b ",
    "a- ",
    "drain ",
    "worker-1 ",
    "--force ",
    "rollout ",
    "undo ",
    "wait ",
    "--for=",
    "condition=Ready ",
    "--timeout=",
    "1ns ",
    "explain ",
    "pod.spec ",
    "-n ",
    "-A ",
    "-l ",
    "app in (a,b) ",
    "--sort-by=",
    "sleep ",
    "0.01 ",
    "watch ",
    "timeout ",
    "1 ",
    "grep ",
    "-E ",
    "'(a*)*b' ",
    "sed ",
    "'s/a/b/g' ",
    "echo ",
    "$((",
    "))",
    "1?",
    ":",
    "~",
    "$(",
    ")",
    "${a:-",
    "}",
    "{a,b}",
    "{1..9}",
    "`",
    "'",
    "\"",
    "\\",
    "|",
    "&&",
    "||",
    ";",
    "&",
    ">",
    "<<E\n",
    "<",
    "f ",
    "\n",
    "#",
    "*",
    "?",
    "[",
    "!",
    "%",
    "=",
    "-",
    "--",
    "한글 ",
    "\u{0}",
    "\t",
    "if ",
    "then ",
    "fi ",
    "for ",
    "i ",
    "in ",
    "while ",
    "true ",
    "do ",
    "done ",
    "case ",
    "esac ",
    "f() ",
    "{ ",
    "a=$a$a ",
    "yard ",
    "speed ",
    "back ",
];

fn draw(seed: u64, counter: u64, below: usize) -> usize {
    let drawn = Seed(seed).draw(Purpose::Container, "lines", counter);
    usize::try_from(drawn % u64::try_from(below).unwrap()).unwrap()
}

/// Types a line, and Ctrl-C after a few seconds of the cluster's time; gives what was printed.
fn typed(line: &str, cluster: &mut Cluster, terminal: &mut Terminal) -> String {
    let mut running = terminal.start(line);
    let end: Time = cluster.now() + Duration::from_seconds(5);
    let mut printed = String::new();
    for _ in 0..50 {
        let Poll { output, status, until, .. } = running.poll(cluster, terminal);
        let shown = output
            .into_iter()
            .filter(|(stream, _)| !matches!(stream, Stream::Explain | Stream::Fix));
        printed.extend(shown.map(|(_, text)| text));
        if status.is_some() || cluster.now() >= end {
            break;
        }
        let next = [until, cluster.next_wake(), Some(end)].into_iter().flatten().min();
        cluster.run_until(next.unwrap_or(end).max(cluster.now()));
    }
    running.interrupt(terminal);
    printed
}

#[test]
fn every_line_is_answered() {
    let mut cluster = Cluster::new(Config::default());
    let mut terminal = Terminal::default();
    for seed in 0..1_500 {
        let count = 1 + draw(seed, 0, 12);
        let line: String = (0..count)
            .map(|index| PIECES[draw(seed, 1 + u64::try_from(index).unwrap(), PIECES.len())])
            .collect();
        Terminal::incomplete(&line);
        complete(&line, &cluster, &terminal);
        typed(&line, &mut cluster, &mut terminal);
    }
    assert_eq!(typed("echo $((1 + 1))", &mut cluster, &mut terminal), "2\n");
    assert_eq!(typed("echo $((- -1)) $((3 - -2))", &mut cluster, &mut terminal), "1 5\n");
}

#[test]
fn long_and_deep_lines_are_answered() {
    let mut cluster = Cluster::new(Config::default());
    let mut terminal = Terminal::default();
    for piece in [
        "sudo ",
        "timeout 1 ",
        "watch ",
        "{a,b}",
        "$(",
        "(",
        "`",
        "\"",
        "'",
        "a=",
        "! ",
        "true|",
        "if ",
        "k -o ",
        "{{",
    ] {
        let line = piece.repeat(20_000);
        Terminal::incomplete(&line);
        typed(&line, &mut cluster, &mut terminal);
    }
    for piece in ["(", "{{if ", "{{(", "{range ", "[", "{.a[?(", ".a", "..a"] {
        for output in ["jsonpath", "go-template", "custom-columns"] {
            let line = format!("kubectl get nodes -o {output}='{}'", piece.repeat(20_000));
            typed(&line, &mut cluster, &mut terminal);
        }
    }
    let index = "kubectl get nodes -o jsonpath='{.items[9223372036854775807]}'";
    let printed = typed(index, &mut cluster, &mut terminal);
    assert!(printed.contains("out of bounds"), "{printed}");
    let doubled = "a=x; while true; do a=$a$a || break; done; echo ${#a}";
    let printed = typed(doubled, &mut cluster, &mut terminal);
    assert!(printed.contains("cannot allocate"), "{printed}");
    assert_eq!(typed("echo fine", &mut cluster, &mut terminal), "fine\n");
}

/// The output of the lines of `tests/web/parity.txt` one after the other, and the cluster that they left. With `part` as the
/// page does it: what follows from a command is done so many reconciles at a time, and who waits is asked when all is done.
fn transcript(part: Option<u64>) -> (String, Cluster) {
    let start = Time::parse_rfc3339("2026-03-01T22:58:00Z").unwrap();
    let mut cluster = Cluster::new(Config { start, seed: Seed(7), ..Config::default() });
    let (mut terminal, mut printed, mut parts) = (Terminal::default(), String::new(), 0);
    for line in include_str!("../../tests/web/parity.txt").lines() {
        let mut running = terminal.start(line);
        loop {
            while let Some(part) = part.filter(|_| !cluster.settled()) {
                cluster.run_towards(cluster.now(), part);
                parts += 1;
            }
            let poll = match part {
                Some(_) => cluster.patiently(|cluster| running.poll(cluster, &mut terminal)),
                None => running.poll(&mut cluster, &mut terminal),
            };
            printed.extend(poll.output.iter().map(|(_, text)| text.as_str()));
            if poll.status.is_some() {
                break;
            }
            let until = poll.until.unwrap_or(cluster.now() + Duration::from_seconds(600));
            let next = cluster.next_wake().map_or(until, |wake| wake.min(until));
            cluster.run_until(next);
        }
    }
    assert_eq!(parts > 20, part.is_some(), "{parts} parts");
    cluster.settle();
    (printed, cluster)
}

#[test]
fn commands_print_the_same_when_what_follows_is_done_in_parts() {
    let (whole, cluster) = transcript(None);
    let (parted, other) = transcript(Some(1));
    assert!(whole.lines().count() > 250, "{whole}");
    for (number, (whole, parted)) in whole.lines().zip(parted.lines()).enumerate() {
        assert_eq!(whole, parted, "line {}", number + 1);
    }
    assert_eq!(whole.len(), parted.len());
    assert_eq!(cluster.store().resource_version(), other.store().resource_version());
}
