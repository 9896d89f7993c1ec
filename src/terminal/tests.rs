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

/// Runs lines, and gives what they printed.
fn printed(lines: &[&str]) -> String {
    let mut cluster = Cluster::new(Config::default());
    let mut terminal = Terminal::default();
    lines.iter().map(|line| typed(line, &mut cluster, &mut terminal)).collect()
}

/// What bash printed for these.
#[test]
fn lines_mean_what_they_mean_to_bash() {
    for (line, output) in [
        ("printf 'a b\\nc d\\n' | while read x y; do echo $y,$x; done", "b,a\nd,c\n"),
        ("while IFS=: read -r a b; do echo $b; done <<< 'x:y z'", "y z\n"),
        ("n=0; seq 3 | while read i; do n=$i; done; echo $n", "0\n"),
        ("case abc in 'a*') echo 1;; *) echo 2;; esac", "2\n"),
        (
            "[[ abc == \"a*\" ]] || echo literal; [[ a < b && ! x == y ]] && echo yes",
            "literal\nyes\n",
        ),
        ("x='a b'; [[ $x == 'a b' && $x =~ ^a ]] && echo yes", "yes\n"),
        ("for ((i=0;i<4;i++)); do ((i==1)) && continue; echo $i; done", "0\n2\n3\n"),
        (
            "x=hello; echo ${x/l*/Z} ${x//[el]/_} ${x/#he/HE} ${x: -2} ${x^^} ${x:n+1}",
            "heZ h___o HEllo lo HELLO ello\n",
        ),
        ("x=a; x+=b; echo $x $'a\\tb' ${y:-\"p  q\"}", "ab a\tb p  q\n"),
        ("x=a,b; IFS=,; for i in $x; do echo $i; done", "a\nb\n"),
        (
            "set -- 'a b' c; for x in \"$@\"; do echo \"<$x>\"; done; shift; echo $# $1",
            "<a b>\n<c>\n1 c\n",
        ),
        (
            "break; echo on",
            "bash: break: only meaningful in a `for', `while', or `until' loop\non\n",
        ),
        ("echo $((1/0)); echo on", "bash: 1/0: division by 0 (error token is \"0\")\n"),
        ("echo ${x!}", "bash: ${x!}: bad substitution\n"),
        ("if true; then fi", "bash: syntax error near unexpected token `fi'\n"),
        ("printf '%.2f %x %+d|\\101\\n' 3.14159 255 5", "3.14 ff +5|A\n"),
        ("printf '%d\\n' abc", "0\nbash: printf: abc: invalid number\n"),
        ("seq -w 9 10; seq -s, 3; echo abc | head -c 2", "09\n10\n1,2,3\nab"),
        ("printf 'a 1\\nb 2\\n' | awk '{s+=$2} END {print s}'", "3\n"),
        ("printf 'a\\nb\\n' | xargs -n1 echo x", "x a\nx b\n"),
        (
            "echo x=5 > e; source ./e; echo $x; echo 'echo $1' > s; bash s hi; echo 'echo in' | sh",
            "5\nhi\nin\n",
        ),
        ("set -e; f=(1 2)", "bash: arrays are not part of this terminal\n"),
        ("set -e", "bash: set: -e: this option is not part of this terminal\n"),
    ] {
        assert_eq!(printed(&[line]), output, "{line}");
    }
}

#[test]
fn long_texts_take_no_longer_than_they_are() {
    let text = printed(&[
        "seq 90000 | tee a | cat > b",
        "x=$(cat b); y=${x%.*}; z=${x##*zz}; echo ${#y} ${#z} ${#x}",
        "wc -l < a; wc -l < b",
    ]);
    assert_eq!(text, "528893 528893 528893\n90000\n90000\n");
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
