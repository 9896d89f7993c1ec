//! Time, branches and futures at a terminal without a page.

use std::rc::Rc;

use crate::cluster::{Cluster, Config};
use crate::language::Language;
use crate::terminal::{Audience, Stream, Terminal, run_script};

#[derive(Default)]
struct Screen(String);

impl Audience for Screen {
    fn output(&mut self, _: Stream, text: &str) {
        self.0.push_str(text);
    }
}

struct Desk {
    cluster: Cluster,
    terminal: Terminal,
}

impl Desk {
    fn new(file: &str) -> Self {
        let config = Config { system_pods: false, ..Config::default() };
        let mut terminal = Terminal::default();
        terminal.files.insert("a.yaml".into(), Rc::from(file));
        let mut desk = Self { cluster: Cluster::new(config), terminal };
        desk.run("kubectl apply -f a.yaml");
        desk
    }

    /// Runs a line; gives what it printed.
    fn run(&mut self, line: &str) -> String {
        let mut screen = Screen::default();
        let config = self.cluster.config().clone();
        run_script(line, &mut self.cluster, &mut self.terminal, &config, &mut screen);
        screen.0
    }

    fn second(&self) -> i64 {
        (self.cluster.now() - self.cluster.config().start).millis() / 1_000
    }
}

const RC: &str = include_str!("../../../assets/examples/rc.yaml");
const CRON: &str = include_str!("../../../assets/examples/cronjob.yaml");

#[test]
fn what_follows_a_jump_on_the_same_line_is_done_there() {
    let mut desk = Desk::new(RC);
    let said =
        desk.run("yard until 00:01; kubectl get rc kubia -o jsonpath={.status.readyReplicas}");
    assert_eq!((said.as_str(), desk.second()), ("3", 60));
    let said = desk.run("yard back 00:00:00; kubectl get rc kubia -o jsonpath={.spec.replicas}");
    assert_eq!((said.as_str(), desk.second()), ("3", 0));
    desk.run("yard until 5m");
    assert_eq!(desk.second(), 300);
}

#[test]
fn jumps_land_on_changes_and_say_when_there_is_none() {
    let mut desk = Desk::new(CRON);
    desk.run("yard next cron");
    assert_eq!(desk.second(), 60);
    desk.run("yard next cronjob/cronjob-example");
    let after = desk.cluster.now();
    desk.run("yard prev");
    assert!(desk.cluster.now() < after && desk.cluster.horizon() == after);
    let mut quiet = Desk::new("");
    assert_eq!(quiet.run("yard next cron"), "yard: nothing of the kind comes by itself\n");
    assert_eq!(quiet.run("yard undo"), "yard: there is nothing to take back\n");
    assert_eq!(quiet.run("yard continue"), "yard: nothing lies ahead\n");
    assert!(quiet.run("yard next something").starts_with("yard: \"something\" is neither"));
}

#[test]
fn help_and_refusals_are_said_in_the_language_of_the_terminal() {
    let mut desk = Desk::new("");
    let help = desk.run("yard help");
    assert!(
        help.starts_with("yard node stop NAME             pull the plug of a node\n"),
        "{help}"
    );
    let next = "yard next [event|cron|KIND/NAME]\n                                run on to the next change, event, firing of\n                                a CronJob, or change of an object\nyard prev";
    assert!(help.contains(next), "{help}");
    assert_eq!(desk.run("yard speed x"), "yard: the speed is a number between 0.25 and 3600\n");
    desk.terminal.language = Language::Ko;
    let korean = desk.run("yard help");
    assert!(
        korean.starts_with("yard node stop NAME             노드의 전원을 뽑습니다\n"),
        "{korean}"
    );
    let commands = |help: &str| help.lines().filter(|line| line.starts_with("yard ")).count();
    assert_eq!(commands(&korean), commands(&help));
    for (line, said) in [
        ("yard undo", "yard: 되돌릴 것이 없습니다\n"),
        ("yard keep left", "yard: 두 미래가 없습니다. `yard fork 'COMMAND'`로 시작합니다\n"),
        ("yard switch x", "yard: x 가지가 없습니다. `yard branch`로 볼 수 있습니다\n"),
        ("yard why pod/x", "yard: pod/x가 없습니다\n"),
        (
            "yard frobnicate",
            "yard: 없는 명령입니다: yard frobnicate\n`yard help`에 모든 명령이 있습니다.",
        ),
    ] {
        assert_eq!(desk.run(line).trim_end(), said.trim_end(), "{line}");
    }
}

#[test]
fn branches_are_listed_with_what_was_done_on_them() {
    let mut desk = Desk::new(RC);
    desk.run("yard until 1m\nkubectl scale rc kubia --replicas=5\nyard until 1m\nyard back 1m30s");
    assert_eq!(desk.second(), 30);
    desk.run("kubectl delete rc kubia");
    assert_eq!(
        desk.run("yard branch"),
        "  NAME            LEFT AT   UNTIL     DONE\n\
         * main                      00:00:30\n  \
           scale-rc-kubia  00:00:30  00:02:00  kubectl scale rc kubia --replicas=5\n"
            .replace("00:00:30\n  scale", &format!("{}\n  scale", &clock(&desk)))
    );
    assert_eq!(
        desk.run("yard branch -m scale-rc-kubia five; yard branch -m nowhere x"),
        "branch scale-rc-kubia is five now\nyard: no branch nowhere; `yard branch` lists them\n"
    );
    desk.run("yard switch five");
    let said = desk.run("kubectl get rc kubia -o jsonpath={.status.readyReplicas}");
    assert_eq!((said.as_str(), desk.second()), ("5", 120));
    assert_eq!(desk.run("yard branch -d main"), "branch main deleted\n");
}

fn clock(desk: &Desk) -> String {
    desk.cluster.now().rfc3339().get(11..19).unwrap().to_owned()
}

#[test]
fn two_futures_run_in_step_and_one_is_kept() {
    let mut desk = Desk::new(RC);
    desk.run("yard until 1m");
    assert!(desk.run("yard keep left").starts_with("yard: there are no two futures"));
    let said = desk.run("yard fork kubectl scale rc kubia --replicas=5");
    assert_eq!(said, "replicationcontroller/kubia scaled\n");
    assert_eq!(
        desk.run("sleep 30; yard futures").lines().next(),
        Some("replicationcontroller/kubia: 3 pods ready on the left, 5 on the right")
    );
    desk.run("yard both 'yard node stop worker-1'");
    desk.run("yard side right");
    assert_eq!(desk.run("kubectl get rc kubia -o jsonpath={.spec.replicas}"), "5");
    assert_eq!(
        desk.run("yard keep right"),
        "kept right; the other one is branch node-stop-worker-1\n"
    );
    assert_eq!(desk.run("kubectl get rc kubia -o jsonpath={.spec.replicas}"), "5");
    desk.run("yard switch node-stop-worker-1");
    assert_eq!(desk.run("kubectl get rc kubia -o jsonpath={.spec.replicas}"), "3");
}

#[test]
fn an_unknown_command_names_those_that_are_near() {
    let mut desk = Desk::new("");
    let said = desk.run("yard add node");
    assert!(said.contains("no such command: yard add node\n"), "{said}");
    assert!(said.contains("\nyard node add [NAME]"), "{said}");
    assert!(!said.contains("registry"), "{said}");
    let said = desk.run("yard undo it");
    assert!(said.contains("\nyard undo | redo   "), "{said}");
    let said = desk.run("yard frobnicate");
    assert_eq!(
        said.trim_end(),
        "yard: no such command: yard frobnicate\n`yard help` lists all commands."
    );
}
