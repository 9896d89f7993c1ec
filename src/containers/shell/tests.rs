use std::rc::Rc;

use super::*;
use crate::containers::files::Files;
use crate::containers::process::{Answer, Outside, Request};
use crate::containers::signal::Signal;
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};

struct Nobody;

impl Outside for Nobody {
    fn http(&mut self, host: &str, _: Request<'_>) -> Answer {
        if host == "web" {
            Answer::Body { status: 200, body: "hi\n".into() }
        } else {
            Answer::Unknown
        }
    }
}

/// Runs a script for at most `seconds`; gives its output, exit code and the time it took.
fn run_for(script: &str, seconds: i64) -> (String, Option<i64>, Duration) {
    let start = Time::from_unix_seconds(1_767_225_600);
    let parsed = match parse(script) {
        Ok(parsed) => parsed,
        Err(message) => return (format!("sh: {message}\n"), Some(2), Duration::ZERO),
    };
    let mut machine =
        Machine::new(parsed, Rc::default(), Files::standard(&"pod-1".into()), "/", start, Seed(1));
    let mut at = start;
    let mut text = String::new();
    loop {
        let outcome = machine.run(at, &mut Nobody);
        text.extend(machine.take_output().into_iter().map(|(_, _, piece)| piece));
        match outcome {
            Outcome::Sleeps(next) if next - start <= Duration::from_seconds(seconds) => at = next,
            Outcome::Done(code) => return (text, Some(code), at - start),
            _ => return (text, None, Duration::from_seconds(seconds)),
        }
    }
}

#[track_caller]
fn check(script: &str, output: &str, code: i64, seconds: i64) {
    let (text, exit, took) = run_for(script, 100_000);
    assert_eq!((text.as_str(), exit, took.seconds()), (output, Some(code), seconds), "{script}");
}

#[test]
fn scripts_of_notes_and_documentation_run_as_they_say() {
    check("echo Hello, World && exit 0", "Hello, World\n", 0, 0);
    check("for i in 3 2 1 ; do echo $i ; done", "3\n2\n1\n", 0, 0);
    check("sleep 5 && exit 42", "", 42, 5);
    check("date", "Thu Jan  1 00:00:00 UTC 2026\n", 0, 0);
    check(
        "date; echo Hello from the Kubernetes cluster",
        "Thu Jan  1 00:00:00 UTC 2026\nHello from the Kubernetes cluster\n",
        0,
        0,
    );
    check(
        "i=0; while [ $i -lt 3 ]; do echo \"$i: $(date +%T)\"; i=$((i+1)); sleep 1; done",
        "0: 00:00:00\n1: 00:00:01\n2: 00:00:02\n",
        0,
        3,
    );
    check("touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; test -e /tmp/healthy", "", 1, 30);
    check("cat /tmp/healthy", "cat: can't open '/tmp/healthy': No such file or directory\n", 1, 0);
    check("foo", "sh: foo: not found\n", 127, 0);
    check("echo \"안녕하세요 $(hostname)\"", "안녕하세요 \n", 0, 0);
    check("wget -qO- http://web", "hi\n", 0, 0);
    check("wget -q nowhere", "wget: bad address 'nowhere:80'\n", 1, 0);
}

#[test]
fn the_language_means_what_posix_says() {
    check("a=1; b=${c:-x}; echo $a$b ${#a} ${a:+y}", "1x 1 y\n", 0, 0);
    check("if false; then echo a; elif true; then echo b; else echo c; fi", "b\n", 0, 0);
    check("case abc in x) echo 1;; a*) echo 2;; esac", "2\n", 0, 0);
    check("f() { echo \"$1-$#\"; return 3; }; f a b; echo $?", "a-2\n3\n", 0, 0);
    check("echo a b c | wc -w; seq 3 | tail -n 1", "3\n3\n", 0, 0);
    check("false || echo no; true && ! false && echo yes", "no\nyes\n", 0, 0);
    check("x='a  b'; echo $x; echo \"$x\"", "a b\na  b\n", 0, 0);
    check("(cd /tmp; pwd); pwd; { echo in; } > /tmp/f; cat /tmp/f", "/tmp\n/\nin\n", 0, 0);
    check("echo $((2 + 3 * 4 - 10 / 3)) $((1 < 2 && 3 != 4))", "11 1\n", 0, 0);
    check("set -e; false; echo unreachable", "", 1, 0);
    check("trap 'echo bye' EXIT; exit 4", "bye\n", 4, 0);
    check("f() { (exit 5); return; }; f; echo $?; (exit 3); exit", "5\n", 3, 0);
    check(
        "for i in 1 2 3; do [ $i = 2 ] && continue; [ $i = 3 ] && break; echo $i; done",
        "1\n",
        0,
        0,
    );
    check("n=$(sleep 2; echo 7); echo $n", "7\n", 0, 2);
    check("cat <<EOF\na $((1+1))\nEOF\necho z", "a 2\nz\n", 0, 0);
    check("sleep 3 & echo now; wait; echo later", "now\nlater\n", 0, 3);
    check("echo err >&2; echo out 2>/dev/null", "err\nout\n", 0, 0);
    check("sh -c 'echo $0 $1' x y", "sh y\n", 0, 0);
    check("echo 'unterminated", "sh: syntax error: unterminated quoted string\n", 2, 0);
}

#[test]
fn a_line_that_was_read_is_gone() {
    check("printf 'a\nb\n' | while read x; do echo \"<$x>\"; done", "<a>\n<b>\n", 0, 0);
    check("while read -r l; do echo \"$l\"; done <<E\n1\n2\nE\necho end", "1\n2\nend\n", 0, 0);
    check("printf 'a:b\n' | while IFS=: read x y; do echo $y $x; done", "b a\n", 0, 0);
    check("printf 'a\nb\n' > /tmp/f; { read x; cat; } < /tmp/f; echo $x", "b\na\n", 0, 0);
    check("echo a | (read x; read y; echo $x $?)", "a 1\n", 0, 0);
}

/// What busybox printed for these.
#[test]
fn words_expand_as_in_busybox() {
    for (script, output) in [
        ("case abc in \"a*\") echo 1;; *) echo 2;; esac", "2\n"),
        ("x='*'; case abc in \"$x\") echo 1;; $x) echo 2;; esac", "2\n"),
        ("x=hello; echo ${x/l*/Z} ${x//[el]/_} ${x: -2} ${x:0:-1}", "heZ h___o lo hell\n"),
        ("x=hello; n=2; echo ${x:n} ${x:n+1:1}", "llo l\n"),
        ("echo ${a:-\"x  y\"} \"${a:-\"x  y\"}\" \"~\" ~", "x  y x  y ~ /root\n"),
        ("IFS=,; x=a,b; for i in $x; do echo $i; done", "a\nb\n"),
        ("cd /tmp; touch g1 g2; x='g*'; echo $x \"$x\"", "g1 g2 g*\n"),
        ("echo $'a\\tb' $((2**3)) $((1,2)) $((0 && 1/0))", "a\tb 8 2 0\n"),
        ("f() { local v=1; v=2; }; v=0; f; echo $v", "0\n"),
        ("for i in 1 2; do for j in a b; do break 2; done; done; echo $i$j", "1a\n"),
        ("break; set -- a b c d; shift 2; echo $*; shift 9; echo $?", "c d\n1\n"),
        ("set -e; f() { false; echo in; }; f || true; echo on", "in\non\n"),
        ("set -o pipefail; false | true; echo $?", "1\n"),
        ("X=2 sh -c 'echo $X'; echo \"[$X]\"", "2\n[]\n"),
        ("[[ 1 -lt 2 && abc == a* ]] && [[ abc =~ ^a.c$ ]] && echo yes", "yes\n"),
        ("echo 'x=3' > /tmp/e; . /tmp/e; echo $x; command -v ls", "3\n/bin/ls\n"),
        ("set -x; x=1; echo \"a b\"", "+ x=1\n+ echo 'a b'\na b\n"),
    ] {
        check(script, output, 0, 0);
    }
    check("set -e; x=$(false); echo on", "", 1, 0);
    for (script, words) in [
        ("if true; then fi", "sh: syntax error: unexpected \"fi\"\n"),
        ("echo a ; ; echo b", "sh: syntax error: unexpected \";\"\n"),
        ("cat <<< a", "sh: syntax error: unexpected redirection\n"),
        ("echo ${x!}", "sh: syntax error: bad substitution\n"),
        ("echo $(", "sh: syntax error: unexpected end of file (expecting \")\")\n"),
    ] {
        check(script, words, 2, 0);
    }
}

/// What busybox printed for these.
#[test]
fn tools_work_as_in_busybox() {
    for (script, output) in [
        ("printf 'a\na\nb\n' | uniq -c", "      2 a\n      1 b\n"),
        ("printf 'a:b:c\n' | cut -d: -f2-; echo abcdef | cut -c2-4", "b:c\nbcd\n"),
        ("printf 'foo1\nbar\n' | grep '[0-9]'; echo foo | grep -c 'f.o'", "foo1\n1\n"),
        ("printf 'foo\nbar\n' | grep -nE 'x|bar'; echo foo bar | grep -o 'b..'", "2:bar\nbar\n"),
        ("printf 'a\nb\nc\nd\n' | grep -A1 b", "b\nc\n"),
        (
            "echo a1b22 | sed -E 's/[0-9]+/N/g'; seq 3 | sed -n 2p; seq 3 | sed '$d'",
            "aNbN\n2\n1\n2\n",
        ),
        ("echo john smith | sed 's/\\(.*\\) \\(.*\\)/\\2 \\1/'", "smith john\n"),
        ("printf 'b 2\na 10\n' | sort -k2 -n; printf '9\n10\n' | sort", "b 2\na 10\n10\n9\n"),
        ("printf 'a b\nc d\n' | awk 'NR==2{print $2 \"-\" $1}'", "d-c\n"),
        (
            "printf 'a\nb\n' | xargs -n1 echo x; printf 'a\n' | xargs -I{} echo '<{}>'",
            "x a\nx b\n<a>\n",
        ),
        (
            "echo 'a  b' | tr -s ' '; seq -w 9 10; seq -s, 3; seq 3 | tac | head -c 3",
            "a b\n09\n10\n1,2,3\n3\n2",
        ),
        ("printf '%05.1f|%x|%-3d|%s\\n' 2.25 255 5 a", "002.2|ff|5  |a\n"),
        ("basename /a/b.txt .txt; date -d @0 +%Y; echo a | cat -n", "b\n1970\n     1\ta\n"),
        ("seq 9223372036854775806 9223372036854775807 | tail -n 1", "9223372036854775807\n"),
    ] {
        check(script, output, 0, 0);
    }
}

#[test]
fn a_loop_without_a_pause_lets_time_pass() {
    let (_, exit, _) = run_for("while true; do :; done", 5);
    assert_eq!(exit, None);
    let (text, exit, _) = run_for("tail -f /dev/null", 5);
    assert_eq!((text.as_str(), exit), ("", None));
}

#[test]
fn a_day_of_a_loop_without_a_pause_is_a_few_wake_ups() {
    for script in ["while true; do :; done", "while true; do date; sleep 0; done"] {
        let parsed = parse(script).unwrap();
        let start = Time::from_unix_seconds(1_767_225_600);
        let files = Files::standard(&"pod-1".into());
        let mut machine = Machine::new(parsed, Rc::default(), files, "/", start, Seed(1));
        let (mut at, mut looks) = (start, 0);
        while at - start < Duration::from_seconds(86_400) {
            let Outcome::Sleeps(next) = machine.run(at, &mut Nobody) else {
                panic!("{script}: it never ends")
            };
            machine.take_output();
            at = next;
            looks += 1;
        }
        assert!(looks < 25_000, "{script}: {looks}");
    }
}

#[test]
fn garbage_is_answered_and_never_panics() {
    let letters: Vec<char> =
        "ab $(){}[]|&;<>'\"`\\\n#!=*?~%0 if then fi do done 한글".chars().collect();
    for seed in 0..500_u64 {
        let script: String = (0..30)
            .map(|index| {
                let draw = Seed(seed).draw(crate::sim::rng::Purpose::Container, "fuzz", index);
                letters[usize::try_from(draw).unwrap_or(0) % letters.len()]
            })
            .collect();
        run_for(&script, 3);
    }
    let deep: Rc<str> = "$(".repeat(500).into();
    run_for(&deep, 1);
    run_for(&"(".repeat(5000), 1);
    run_for("f() { f; }; f", 1);
    run_for("f() { f | f & }; f", 1);
    run_for("f() { f | cat; }; f", 1);
    run_for("f() { (f &) ; wait; }; f", 1);
    run_for("while true; do sleep 1000 & done", 1);
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let deep = "sh: syntax error: nested too deeply\n";
    check(&"f() ".repeat(100_000), deep, 2, 0);
    check(&format!("true{}", " && true".repeat(100_000)), deep, 2, 0);
    check(&format!("false{}; echo", " || false".repeat(100)), "\n", 0, 0);
    for (sign, count) in [("~", 100_000), ("!", 100_000), ("+-", 100_000), ("1?1:", 100_000)] {
        let text = format!("echo $(({}1))", sign.repeat(count));
        let (out, _, _) = run_for(&text, 1);
        assert!(out.contains("arithmetic syntax error"), "{sign}");
    }
    check("echo $((~~1)) $((-(-1))) $((0 ? 1 : 0 ? 2 : 3))", "1 1 3\n", 0, 0);
}

/// Runs a script that gets SIGTERM after ten seconds: its output, its exit code, and how long it lived; not longer
/// than a day.
fn terminated(script: &str) -> (String, Option<i64>, i64) {
    let start = Time::from_unix_seconds(1_767_225_600);
    let files = Files::standard(&"pod-1".into());
    let parsed = parse(script).unwrap();
    let mut machine = Machine::new(parsed, Rc::default(), files, "/", start, Seed(1));
    let (mut at, mut term) = (start, Some(start + Duration::from_seconds(10)));
    let mut text = String::new();
    loop {
        let outcome = machine.run(at, &mut Nobody);
        text.extend(machine.take_output().into_iter().map(|(_, _, piece)| piece));
        let wake = match outcome {
            Outcome::Done(code) => return (text, Some(code), (at - start).seconds()),
            Outcome::Sleeps(next) => Some(next),
            Outcome::Blocked => None,
        };
        match term.filter(|term| wake.is_none_or(|wake| *term <= wake)) {
            Some(asked) => {
                term = None;
                at =
                    if machine.signal(Signal::TERM, asked) { asked } else { wake.unwrap_or(asked) };
            }
            None => match wake.filter(|wake| *wake - start <= Duration::from_seconds(86_400)) {
                Some(wake) => at = wake,
                None => return (text, None, 86_400),
            },
        }
    }
}

#[test]
fn a_trap_waits_for_the_command_in_the_foreground_and_wait_does_not() {
    let lived = |script: &str| terminated(script);
    let end = |text: &str, code: i64, seconds: i64| (text.to_owned(), Some(code), seconds);
    let never = |text: &str| (text.to_owned(), None, 86_400);
    assert_eq!(lived("trap 'echo bye; exit 0' TERM; sleep 600"), end("bye\n", 0, 600));
    assert_eq!(lived("trap 'echo bye; exit 0' TERM; sleep 600 & wait"), end("bye\n", 0, 10));
    assert_eq!(lived("trap 'echo bye; exit 3' SIGTERM; sleep 600 & wait $!"), end("bye\n", 3, 10));
    assert_eq!(lived("trap 'echo bye' 15; sleep 600 & wait; echo $?"), end("bye\n143\n", 0, 10));
    assert_eq!(lived("trap 'false' TERM; sleep 20; echo $?"), end("0\n", 0, 20));
    assert_eq!(lived("trap 'exit 0' TERM; while true; do sleep 7; done"), end("", 0, 14));
    assert_eq!(lived("trap 'exit 0' TERM; while true; do :; done"), end("", 0, 10));
    assert_eq!(lived("trap 'exit 0' TERM; tail -f /dev/null"), never(""));
    assert_eq!(lived("trap 'exit 0' TERM; (sleep 5; sleep 20); echo no"), end("", 0, 25));
    assert_eq!(lived("trap 'exit 5' TERM; (trap 'exit 6' TERM; sleep 20 & wait)"), end("", 5, 20));
    assert_eq!(lived("sleep 30 | cat; echo no"), end("no\n", 0, 30));
}

#[test]
fn a_signal_can_be_ignored_and_mean_again_what_it_means() {
    assert_eq!(terminated("trap '' TERM; sleep 30; echo on"), ("on\n".into(), Some(0), 30));
    assert_eq!(terminated("trap '' TERM; sleep 30 & wait; echo on"), ("on\n".into(), Some(0), 30));
    for back in ["trap - TERM", "trap TERM", "trap 15", "trap -- - SIGTERM"] {
        let script = format!("trap 'echo bye; exit 0' TERM; {back}; sleep 30 & wait; echo on");
        assert_eq!(terminated(&script), ("on\n".into(), Some(0), 30), "{back}");
    }
}

#[test]
fn a_shell_that_takes_the_place_of_another_hears_what_that_one_heard() {
    let inner = "trap 'exit 4' TERM; sleep 30 & wait";
    assert_eq!(terminated(&format!("exec sh -c \"{inner}\"")), (String::new(), Some(4), 10));
    assert_eq!(terminated(&format!("sh -c \"{inner}\"")), (String::new(), Some(4), 10));
    assert_eq!(terminated(&format!("sh -c \"{inner}\"; echo $?")), ("0\n".into(), Some(0), 30));
    check("(trap 'echo in' EXIT; exit 3); echo $?", "in\n3\n", 0, 0);
    assert_eq!(terminated("trap 'exit 4' TERM; exec sleep 30"), (String::new(), Some(0), 30));
}

#[test]
fn jobs_are_killed_and_waited_for() {
    check("sleep 100 & kill $!; wait $!; echo $?", "143\n", 0, 0);
    check("sleep 100 & kill -9 %1; wait %1; echo $?", "137\n", 0, 0);
    check("sleep 100 & kill -s KILL $!; wait; echo $?", "0\n", 0, 0);
    check("sleep 5 & sleep 9 & wait %1; echo $?; wait; date +%S", "0\n09\n", 0, 9);
    check("(exit 7) & wait $!; echo $?", "7\n", 0, 0);
    check(
        "(trap 'echo bye; exit 4' TERM; sleep 9 & wait) & kill $!; wait $!; echo $?",
        "bye\n4\n",
        0,
        0,
    );
    check("sleep 5 & kill -INT $!; wait $!; echo $?", "0\n", 0, 5);
    check("sleep 5 & kill -STOP $!; sleep 8; kill -CONT $!; wait $!; date +%S", "08\n", 0, 8);
    check(
        "sleep 5 & kill -0 $! && echo there; kill %1; kill -0 $!",
        "there\nsh: can't kill pid 7: No such process\n",
        1,
        0,
    );
    check("wait 99; echo $?", "127\n", 0, 0);
    check("kill %3", "sh: %3: no such job\n", 2, 0);
    check("sleep 9 & sleep 8 & trap 'echo own' TERM; kill 0; wait; echo $?", "own\n0\n", 0, 0);
    check("sleep 9 & trap 'kill 0' EXIT; exit 3", "", 3, 0);
    check("kill x", "sh: invalid number 'x'\n", 1, 0);
    check("kill -FOO 1", "sh: bad signal name 'FOO'\n", 1, 0);
    check("kill", "sh: you need to specify whom to kill\n", 1, 0);
    check("kill -l 143; kill -l TERM", "TERM\n15\n", 0, 0);
}

#[test]
fn the_first_process_gets_only_what_it_handles() {
    check("kill $$; kill -9 1; kill -QUIT 1; echo on", "on\n", 0, 0);
    check("trap 'echo heard' USR1; kill -USR1 $$; echo on", "heard\non\n", 0, 0);
    check(
        "trap 'echo heard' USR1; (kill -USR1 $$); echo $(kill -10 1)on",
        "heard\non\nheard\n",
        0,
        0,
    );
    check("trap 'echo heard; exit 3' TERM; (sleep 2; kill 1) & wait", "heard\n", 3, 2);
}

#[test]
fn the_variables_are_listed_so_that_they_can_be_read_again() {
    check("a=\"it's\"; b='x y'; set", "a='it'\"'\"'s'\nb='x y'\n", 0, 0);
}

#[test]
fn counts_stand_beside_the_names_of_files() {
    let files = "cd /tmp; echo a b > one; echo c > two; ";
    for (line, expected) in [
        ("wc -l one", "1 one\n"),
        ("wc -l < one", "1\n"),
        ("cat one two | wc -c", "6\n"),
        ("wc two", "        1         1         2 two\n"),
        ("wc -lw two", "        1         1 two\n"),
        ("wc -c one two", "        4 one\n        2 two\n        6 total\n"),
    ] {
        check(&format!("{files}{line}"), expected, 0, 0);
    }
    let none = "wc: can't open 'none': No such file or directory\n        4 one\n        4 total\n";
    check(&format!("{files}wc -c none one"), none, 1, 0);
}

#[test]
fn dates_read_as_chrono_writes_them() {
    for day in 0..800 {
        let at = Time::from_unix_seconds(1_700_000_000 + day * 86_399);
        let expected = chrono::DateTime::from_timestamp(at.unix_seconds(), 0).unwrap();
        let expected = expected.format("%a %b %e %H:%M:%S UTC %Y").to_string();
        assert_eq!(super::date_line(at), expected);
    }
}
