//! Homework proves itself: a session is replayed and its checks run again. Good, wrong, changed and damaged ones, through
//! the native binary.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests are not tests to clippy

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::rc::Rc;

use podyard::api::Value;
use podyard::cluster::Session;
use podyard::language::Language;
use podyard::lessons::{Deed, Lesson, Player, Record, RecordError, Scene, Track};
use podyard::sim::Duration;

const HELLO: &str = "jobs/hello";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons")
}

fn podyard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_podyard")).args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn keep(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Grades files; gives what is printed and the exit status.
fn grade(lesson: &str, files: &[&str]) -> (String, Option<i32>) {
    let lesson = folder().join(format!("{lesson}.yaml"));
    let mut arguments = vec!["grade", lesson.to_str().unwrap()];
    arguments.extend(files);
    let output = podyard(&arguments);
    (out(&output), output.status.code())
}

/// A learner at her desk: what the page does when she does something.
struct Learner {
    scene: Scene,
    player: Player,
    record: Record,
    start: (Scene, Player),
}

impl Learner {
    fn begin(id: &str) -> Self {
        let path = folder().join(format!("{id}.yaml"));
        let track = fs::read_to_string(path.with_file_name("track.yaml")).unwrap();
        let track = Track::parse(&track).unwrap();
        let lesson = Lesson::parse(&fs::read_to_string(path).unwrap(), Some(&track)).unwrap();
        let scene = Scene::at(&lesson, 0);
        let player = Player::begin(Rc::new(lesson), &scene.cluster);
        let record = Record::begin(id, 0, &scene.cluster);
        Self { start: (scene.clone(), player.clone()), scene, player, record }
    }

    fn mark(&mut self, deed: Deed) {
        self.record.mark(&self.scene.cluster, deed);
    }

    fn types(&mut self, line: &str) {
        self.scene.play(line);
        self.record.follow(&self.scene.cluster);
        self.player.observe(&self.scene.cluster);
    }

    fn foretells(&mut self, answer: usize) {
        self.mark(Deed::Foretell(answer));
        self.player.foretell(answer, &self.scene.cluster);
        let script = self.player.step().unwrap().predict.as_ref().unwrap().play.clone();
        self.scene.play(&script);
        self.mark(Deed::Reveal);
        self.player.reveal(&self.scene.cluster);
    }

    fn goes_on(&mut self) {
        self.mark(Deed::Leave);
        let next = self.player.lesson().steps[self.player.step_index() + 1].before.clone();
        self.scene.play(&next);
        self.mark(Deed::Enter);
        self.player.advance(&self.scene.cluster);
        self.start = (self.scene.clone(), self.player.clone());
    }

    fn asks(&mut self, task: usize) {
        self.mark(Deed::Hint(task));
        self.player.hint(task);
    }

    fn begins_again(&mut self) {
        let (scene, mut player) = self.start.clone();
        player.remember(self.player.progress());
        (self.scene, self.player) = (scene, player);
        self.mark(Deed::Again);
    }

    fn shows_the_solution(&mut self) {
        self.mark(Deed::Show);
        self.player.show_solution();
        let script = self.player.step().unwrap().solution.clone();
        self.types(&script);
    }

    /// What the page saves.
    fn hands_in(&mut self) -> String {
        let cluster = &self.scene.cluster;
        self.record.follow(cluster);
        let lesson = self.record.to_value(cluster.config().start, cluster.digest());
        let session = Session::of(cluster, &self.scene.terminal.files).sealed(cluster);
        Session { lesson, ..session }.to_json()
    }
}

#[test]
fn a_good_session_is_solved_and_says_how_it_went() {
    let mut learner = Learner::begin(HELLO);
    learner.foretells(1);
    learner.goes_on();
    learner.types("kubectl delete pod -l job-name=hello\nsleep 90");
    learner.asks(0);
    learner.types("sleep 3");
    learner.begins_again();
    learner.types("kubectl delete job hello\nsleep 20");
    assert!(learner.player.over());
    let file = keep("anna.json", &learner.hands_in());
    let (line, status) = grade(HELLO, &[&file]);
    let words = "solved: steps 2 of 2, tries 2, hints 1, predictions 0 of 1, changes 1, time 0s; first wrong turn, step 1: \
                 foretold “The pod is gone: it has done its work”\n";
    assert_eq!((line, status), (format!("{file}: {words}"), Some(0)));
    // It is a session like any other, too.
    assert_eq!(podyard(&["replay", &file]).status.code(), Some(0));

    let lesson = folder().join("jobs/hello.yaml");
    let json = out(&podyard(&["grade", "--json", lesson.to_str().unwrap(), &file]));
    let value = Value::from_json(&json).unwrap();
    assert_eq!(value.bool_at("solved"), Some(true));
    assert_eq!(value.at(&["firstWrongTurn", "step"]).and_then(Value::as_i64), Some(1));
    assert_eq!(value.i64_at("tries"), Some(2));
}

#[test]
fn a_wrong_session_names_its_first_wrong_turn_and_a_shown_solution_does_not_count() {
    let mut learner = Learner::begin(HELLO);
    learner.foretells(0);
    learner.goes_on();
    learner.types("kubectl delete pod -l job-name=hello\nsleep 90");
    let wrong = keep("ben.json", &learner.hands_in());
    let (line, status) = grade(HELLO, &[&wrong]);
    assert!(
        line.contains("not solved: steps 1 of 2, tries 1, hints 0, predictions 1 of 1"),
        "{line}"
    );
    assert!(
        line.contains("first wrong turn, step 2: The pod is gone, but the Job stays."),
        "{line}"
    );
    assert_eq!(status, Some(1));

    let mut learner = Learner::begin(HELLO);
    learner.foretells(0);
    learner.goes_on();
    learner.shows_the_solution();
    assert!(learner.player.over());
    let shown = keep("carl.json", &learner.hands_in());
    let (line, status) = grade(HELLO, &[&shown]);
    assert!(line.contains("not solved: steps 2 of 2"), "{line}");
    assert!(line.contains("the solution was shown"), "{line}");
    assert_eq!(status, Some(1));
}

#[test]
fn what_was_true_for_a_moment_on_the_way_to_the_solution_is_no_wrong_turn() {
    let mut learner = Learner::begin("jobs/failure");
    learner.foretells(2);
    learner.goes_on();
    learner.mark(Deed::Prove("error: no such table: orders".into()));
    learner.player.quote("error: no such table: orders", Language::En);
    let solution = learner.player.step().unwrap().solution.clone();
    learner.types(&solution);
    learner.goes_on();
    learner.foretells(1);
    let file = keep("dora.json", &learner.hands_in());
    let (line, status) = grade("jobs/failure", &[&file]);
    assert!(line.contains("solved: steps 3 of 3") && !line.contains("wrong turn"), "{line}");
    assert_eq!(status, Some(0));
}

#[test]
fn back_in_time_and_on_from_there_is_replayed_as_well() {
    let mut learner = Learner::begin(HELLO);
    learner.foretells(0);
    learner.goes_on();
    learner.types("kubectl delete pod -l job-name=hello\nsleep 40");
    learner.types("yard undo");
    learner.types("sleep 5\nkubectl run extra --image=nginx\nsleep 10");
    let at = learner.scene.cluster.now() - Duration::from_seconds(12);
    learner.scene.cluster.back_to(at);
    learner.types("kubectl delete job hello\nsleep 10");
    let file = keep("eve.json", &learner.hands_in());
    let (line, status) = grade(HELLO, &[&file]);
    assert!(line.contains("solved: steps 2 of 2"), "{line}");
    assert_eq!(status, Some(0));
}

/// A file of somebody who has not done anything, changed.
fn forged(name: &str, change: impl Fn(&mut Value)) -> String {
    let mut learner = Learner::begin(HELLO);
    learner.foretells(0);
    learner.asks(0);
    let mut value = Value::from_json(&learner.hands_in()).unwrap();
    change(&mut value);
    let file = keep(name, &value.to_json());
    let (line, status) = grade(HELLO, &[&file]);
    assert_eq!(status, Some(1), "{line}");
    line.strip_prefix(&format!("{file}: ")).unwrap().trim_end().to_owned()
}

#[test]
fn what_was_changed_or_damaged_says_so() {
    let changed = "the record was changed, or it was made with another version of the lesson: replayed, it ends \
                   otherwise than it says";
    // Hints taken out; steps added that were never done; an end that was never reached.
    let no_hints = forged("f1.json", |value| {
        value.child("lesson").child("log").make_items().retain(|one| one.get("hint").is_none());
    });
    assert_eq!(no_hints, changed);
    let end = forged("f2.json", |value| value.child("lesson").set("end", "0000000000000000"));
    assert_eq!(end, changed);
    assert_eq!(
        forged("f3.json", |value| value.set("lesson", Value::Null)),
        "no lesson was played in this session"
    );
    let other = forged("f4.json", |value| value.child("lesson").set("id", "jobs/failure"));
    assert_eq!(other, changed);
    let nonsense = forged("f5.json", |value| {
        value.child("lesson").child("log").make_items()[0].set("at", "soon");
    });
    assert_eq!(nonsense, "the record of the lesson is damaged at log[0].at");

    // Even with a right seal: claims are replayed and not believed.
    let mut learner = Learner::begin(HELLO);
    learner.foretells(0);
    learner.goes_on();
    learner.mark(Deed::Leave);
    learner.mark(Deed::Enter);
    let claimed = keep("f6.json", &learner.hands_in());
    let (line, status) = grade(HELLO, &[&claimed]);
    assert!(line.ends_with("the record of the lesson is damaged at log[5]\n"), "{line}");
    assert_eq!(status, Some(1));

    // Nor does somebody who asks for a century of minutely Jobs keep the teacher waiting.
    let mut learner = Learner::begin("cron/overlap");
    learner.foretells(0);
    learner.record.until = learner.scene.cluster.now() + Duration::from_seconds(3_155_760_000);
    let lesson = Rc::clone(learner.player.lesson());
    let replayed = learner.record.replay_within(20_000, &lesson, Language::En);
    assert_eq!(replayed.err(), Some(RecordError::Damaged("until".into())));

    let cut = keep("f7.json", "{\"podyard\": 1, \"seed\":");
    assert!(grade(HELLO, &[&cut]).0.contains("f7.json: "), "it goes on to the next");
    let (lines, status) = grade(HELLO, &["https://example.org/#s1=AAAA", &cut]);
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.starts_with("link: the link is damaged or cut off\n"), "{lines}");
    assert_eq!(status, Some(1));
    assert_eq!(podyard(&["grade"]).status.code(), Some(2));
    assert_eq!(podyard(&["grade", "lessons/none.yaml", "x"]).status.code(), Some(2));
}

#[test]
fn a_session_of_another_lesson_is_told_apart() {
    let mut learner = Learner::begin("replication/labels");
    let file = keep("g.json", &learner.hands_in());
    let (line, _) = grade(HELLO, &[&file]);
    assert!(line.ends_with("this session is of the lesson replication/labels\n"), "{line}");
}

#[test]
fn a_lesson_is_made_from_a_session_and_is_sound() {
    let script = keep(
        "play.sh",
        "kubectl create deployment web --image=nginx\nsleep 30\nkubectl scale deployment web --replicas=3\nsleep 30\n",
    );
    let session = keep("play.json", "");
    assert_eq!(podyard(&["run", "--save", &session, &script]).status.code(), Some(0));
    let made = podyard(&["lesson", &session]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let lesson = keep("made-lesson.yaml", &out(&made));
    let checked = podyard(&["check", &lesson]);
    assert_eq!(out(&checked), "1 of 1 lessons are sound, 1 steps\n");
    assert_eq!(checked.status.code(), Some(0));

    let nothing = keep("nothing.sh", "sleep 30\n");
    podyard(&["run", "--save", &session, &nothing]);
    let made = podyard(&["lesson", &session]);
    assert_eq!(made.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&made.stderr).contains("Nothing was done in this session yet.")
    );
}
