//! The lessons as the page shows them: the map of tracks, the open step, and what was done before.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::markdown::{self, Block};
use crate::api::object::AnyObject;
use crate::api::{Kind, Value};
use crate::cluster::Cluster;
use crate::language::Language;
use crate::lessons::{Lesson, Player, TaskView, Track};
use crate::object;
use crate::sim::order::{Gather as _, Order as _};
use crate::store::Operation;

/// A track with its lessons, in their order.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// What it says of itself.
    pub track: Track,
    /// The name (`jobs/hello`) and the lesson.
    pub lessons: Vec<(String, Rc<Lesson>)>,
}

/// All lessons.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// The tracks in their order.
    pub shelves: Vec<Shelf>,
}

impl Library {
    /// Reads all lessons: JSON with `tracks`, the names of the tracks, and `files`, texts by path.
    ///
    /// # Errors
    /// Which file is wrong, where and why.
    pub fn read(text: &str) -> Result<Self, String> {
        let value = Value::from_json(text).map_err(|error| error.to_string())?;
        let file = |path: &str| {
            let text = value.at(&["files", path]).and_then(Value::as_str);
            text.ok_or_else(|| format!("{path} is missing"))
        };
        let mut tracks = BTreeMap::new();
        for name in value.items_at("tracks").iter().filter_map(Value::as_str) {
            let path = format!("{name}/track.yaml");
            let track = Track::parse(file(&path)?).map_err(|error| format!("{path}:{error}"))?;
            tracks.insert(name, track);
        }
        let one = |id: &str| {
            let track = id.split_once('/').and_then(|(track, _)| tracks.get(track));
            let path = format!("{id}.yaml");
            Lesson::parse(file(&path)?, track).map_err(|error| format!("{path}:{error}"))
        };
        let mut shelves = Vec::new();
        for name in value.items_at("tracks").iter().filter_map(Value::as_str) {
            let Some(track) = tracks.get(name) else { continue };
            let mut lessons = Vec::new();
            for lesson in &track.lessons {
                let id = format!("{name}/{lesson}");
                let read = Lesson::chain(&id, &one)?;
                lessons.push((id, Rc::new(read)));
            }
            shelves.push(Shelf { track: track.clone(), lessons });
        }
        Ok(Self { shelves })
    }

    /// The lesson of a name.
    pub fn find(&self, id: &str) -> Option<&Rc<Lesson>> {
        self.shelves
            .iter()
            .flat_map(|shelf| &shelf.lessons)
            .find(|(own, _)| own == id)
            .map(|(_, lesson)| lesson)
    }

    /// The lesson that follows one.
    pub fn after(&self, id: &str) -> Option<&str> {
        let mut all = self.shelves.iter().flat_map(|shelf| &shelf.lessons);
        all.find(|(own, _)| own == id)?;
        all.next().map(|(own, _)| own.as_str())
    }
}

/// A solved lesson to look up again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The learner's own commands.
    pub commands: Vec<String>,
    /// What there was in the beginning, as kubectl shows it.
    pub start: String,
    /// What there was in the end.
    pub end: String,
}

/// What was done of a lesson in all visits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// How many steps are done.
    pub steps: usize,
    /// Whether all of it was done without a shown solution.
    pub solved: bool,
    /// How many hints it took.
    pub hints: usize,
    /// How it was solved, to look up again.
    pub card: Option<Rc<Card>>,
}

/// The records by the names of lessons; the browser keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(BTreeMap<String, Record>);

impl Records {
    /// Reads what was kept; nonsense is a first visit.
    pub fn read(text: &str) -> Self {
        let value = Value::from_json(text).unwrap_or_default();
        let whole = |value: &Value, key: &str| {
            value.i64_at(key).and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
        };
        let one = |(id, value): (&Rc<str>, &Value)| {
            let solved = value.bool_at("solved").unwrap_or(false);
            let (steps, hints) = (whole(value, "steps"), whole(value, "hints"));
            let card = value.get("card").map(|card| {
                let text = |key: &str| card.str_at(key).unwrap_or_default().to_owned();
                let lines = card.items_at("commands").iter().filter_map(Value::as_str);
                let commands = lines.map(str::to_owned).collect();
                Rc::new(Card { commands, start: text("start"), end: text("end") })
            });
            (id.to_string(), Record { steps, solved, hints, card })
        };
        Self(value.get("lessons").into_iter().flat_map(Value::entries).map(one).gather())
    }

    /// The text that is kept.
    pub fn write(&self) -> String {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let one = |(id, record): (&String, &Record)| {
            let mut value = object! {
                "steps" => number(record.steps),
                "solved" => record.solved,
                "hints" => number(record.hints),
            };
            if let Some(card) = &record.card {
                let lines = card.commands.iter().map(|line| Value::from(line.as_str()));
                let card = object! {
                    "commands" => lines.collect::<Vec<Value>>(),
                    "start" => card.start.as_str(),
                    "end" => card.end.as_str(),
                };
                value.set("card", card);
            }
            (Rc::from(id.as_str()), value)
        };
        let lessons = Value::Object(Rc::new(self.0.iter().map(one).gather()));
        object! { "podyard" => 1, "lessons" => lessons }.to_json()
    }

    /// The record of a lesson.
    pub fn of(&self, id: &str) -> Record {
        self.0.get(id).cloned().unwrap_or_default()
    }

    /// Takes in what was done elsewhere: the further of both counts.
    pub fn merge(&mut self, other: Self) {
        for (id, theirs) in other.0 {
            let own = self.0.entry(id).or_default();
            own.steps = own.steps.max(theirs.steps);
            own.hints = own.hints.max(theirs.hints);
            own.solved |= theirs.solved;
            own.card = own.card.take().or(theirs.card);
        }
    }

    /// Whether a text is an exported progress.
    pub fn recognises(text: &str) -> bool {
        Value::from_json(text)
            .is_ok_and(|value| value.i64_at("podyard") == Some(1) && value.get("lessons").is_some())
    }

    /// Keeps how a lesson was solved.
    pub fn keep_card(&mut self, id: &str, card: Card) {
        self.0.entry(id.to_owned()).or_default().card = Some(Rc::new(card));
    }

    /// How many lessons are solved.
    pub fn solved(&self) -> usize {
        self.0.values().filter(|one| one.solved).count()
    }

    /// Notes how far somebody has come.
    pub fn note(&mut self, id: &str, player: &Player) {
        let record = self.0.entry(id.to_owned()).or_default();
        let own = player.progress();
        let done = if player.over() { player.step_index() + 1 } else { own.steps };
        record.steps = record.steps.max(done);
        record.hints = record.hints.max(own.hints);
        record.solved |= player.over() && !own.shown;
    }
}

/// A lesson on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What one learns.
    pub summary: String,
    /// About how many minutes it takes.
    pub minutes: u32,
    /// How many steps it has.
    pub steps: usize,
    /// What was done of it.
    pub record: Record,
}

/// A track on the map: title, sentence, lessons.
pub type MapTrack = (String, String, Vec<Entry>);

/// The open step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView {
    /// The lesson's title.
    pub lesson: String,
    /// The step's title.
    pub title: String,
    /// Which step, counted from 1, of how many.
    pub place: (usize, usize),
    /// What there is to read.
    pub text: Vec<Block>,
    /// The question of a prediction, its answers, and what was found: chosen, right, and what is said.
    pub question: Option<Question>,
    /// The tasks: what, and how they stand; with the hints asked for.
    pub tasks: Vec<(String, TaskView, Vec<String>)>,
    /// The question of the evidence that is wanted.
    pub evidence: Option<String>,
    /// Whether there is a solution to show.
    pub solvable: bool,
    /// Whether all of the step is done.
    pub done: bool,
    /// Whether all of the lesson is done; then the lines that solve it, as a card to keep.
    pub card: Option<Vec<String>>,
    /// What a good solution needs and what this one took, once the lesson is done.
    pub par: Option<ParView>,
}

/// Par, and the learner's own numbers: commands that changed something, and virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParView {
    /// What a good solution needs: changes and time.
    pub par: (usize, String),
    /// What this one took, if it is done.
    pub own: Option<(usize, String)>,
    /// Whether it is as good.
    pub met: bool,
}

/// What a shown solution did to an object: `+`, `~` or `−`, and the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `+` made, `~` changed, `−` taken away.
    pub sign: char,
    /// `Job/hello`
    pub object: String,
    /// The object's uid, by which its tile is found.
    pub uid: String,
}

/// At most so many objects are named.
const MOST_MARKS: usize = 12;

/// What was done to the objects of the default and other own namespaces since a version of the store.
pub fn marks(cluster: &Cluster, since: u64) -> Vec<Mark> {
    let mut found: BTreeMap<String, (Mark, bool)> = BTreeMap::new();
    for change in cluster.store().journal().since(since) {
        let (kind, meta) = (change.object.kind(), change.object.meta());
        let noise =
            matches!(kind, Kind::Event | Kind::Lease | Kind::EndpointSlice | Kind::Endpoints)
                || meta.namespace.starts_with("kube-");
        let asked = |object: &AnyObject| {
            let value = object.to_value();
            let meta = value.get("metadata").cloned().unwrap_or_default();
            (
                value.get("spec").cloned(),
                meta.get("labels").cloned(),
                meta.get("annotations").cloned(),
            )
        };
        // What an object reports of itself is no change of the solution's.
        let status_only = change.operation == Operation::Modified
            && change.before.as_ref().is_some_and(|before| asked(before) == asked(&change.object));
        if noise || status_only {
            continue;
        }
        let uid = change.object.uid().to_string();
        let sign = match change.operation {
            Operation::Added => '+',
            Operation::Modified => '~',
            Operation::Deleted => '−',
        };
        let object = format!("{}/{}", kind.name(), meta.name);
        let fresh = sign == '+';
        let entry = found.entry(uid.clone()).or_insert((Mark { sign, object, uid }, fresh));
        match (sign, entry.1) {
            // Made and taken away again: nothing is left to mark.
            ('−', true) => entry.0.sign = ' ',
            ('−', false) => entry.0.sign = '−',
            _ => {}
        }
    }
    let mut marks: Vec<Mark> =
        found.into_values().map(|(mark, _)| mark).filter(|mark| mark.sign != ' ').collect();
    marks.order_by(|a, b| a.object.cmp(&b.object));
    marks.truncate(MOST_MARKS);
    marks
}

/// A prediction as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// The answers.
    pub answers: Vec<String>,
    /// Which one was chosen, also while it is not known yet what is right.
    pub chosen: Option<usize>,
    /// Chosen and right answer, and what is said of the chosen one.
    pub found: Option<(usize, Option<usize>, String)>,
    /// Since when the right answer is true: `09:01:20`.
    pub since: Option<String>,
}

/// What the lesson pane shows.
#[derive(Clone, Debug, PartialEq)]
pub enum LessonView {
    /// The map of tracks.
    Map(Vec<MapTrack>),
    /// The open step.
    Step(Box<StepView>),
}

impl LessonView {
    /// The map.
    pub fn map(library: &Library, records: &Records, language: Language) -> Self {
        let entry = |(id, lesson): &(String, Rc<Lesson>)| Entry {
            id: id.clone(),
            title: lesson.title.text(language).to_owned(),
            summary: lesson.summary.text(language).to_owned(),
            minutes: lesson.minutes,
            steps: lesson.steps.len(),
            record: records.of(id),
        };
        let shelf = |shelf: &Shelf| {
            let (title, summary) = (&shelf.track.title, &shelf.track.summary);
            let lessons = shelf.lessons.iter().map(entry).collect();
            (title.text(language).to_owned(), summary.text(language).to_owned(), lessons)
        };
        Self::Map(library.shelves.iter().map(shelf).collect())
    }

    /// The step that somebody is in.
    pub fn step(player: &Player, cluster: &Cluster, language: Language) -> Self {
        let lesson = player.lesson();
        let Some(step) = player.step() else { return Self::Map(Vec::new()) };
        let text = |both: &crate::lessons::Both| both.text(language).to_owned();
        let since = player.finding().and_then(|found| found.since);
        let question = step.predict.as_ref().map(|prediction| Question {
            since: since.map(|at| at.rfc3339().chars().skip(11).take(8).collect()),
            text: text(&prediction.question),
            answers: prediction.choices.iter().map(|choice| text(&choice.text)).collect(),
            chosen: player.chosen(),
            found: player.finding().map(|found| {
                let says = prediction.choices.get(found.chosen).map(|choice| text(&choice.says));
                (found.chosen, found.right, says.unwrap_or_default())
            }),
        });
        let views = player.tasks(cluster, language);
        let tasks = step.tasks.iter().zip(views).map(|(task, view)| {
            let hints = task.hints.iter().take(view.hints).map(text).collect();
            (text(&task.text), view, hints)
        });
        let tasks: Vec<(String, TaskView, Vec<String>)> = tasks.collect();
        let wanted = step.tasks.iter().zip(&tasks).find(|(_, (_, view, _))| view.wants_evidence);
        let evidence = wanted.and_then(|(task, _)| Some(text(&task.evidence.as_ref()?.question)));
        let lines = || {
            let all = lesson.steps.iter().flat_map(|step| step.solution.lines());
            let own = all.filter(|line| !line.trim_start().starts_with("sleep"));
            own.map(str::to_owned).collect()
        };
        Self::Step(Box::new(StepView {
            lesson: text(&lesson.title),
            title: text(&step.title),
            place: (player.step_index() + 1, lesson.steps.len()),
            text: markdown::blocks(step.text.text(language)),
            question,
            tasks,
            evidence,
            solvable: !step.solution.trim().is_empty(),
            done: player.step_done(),
            card: player.over().then(lines),
            par: lesson.par.map(|par| {
                let own = player.progress();
                ParView {
                    par: (par.changes, par.time.human()),
                    own: player.over().then(|| (own.changes, own.time.human())),
                    met: own.changes <= par.changes && own.time <= par.time,
                }
            }),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACK: &str = "title: {en: T, ko: 티}\nsummary: {en: S, ko: 에스}\nlessons: [a, b]\n";
    const LESSON: &str = "title: {en: A, ko: 가}\nsummary: {en: A, ko: 가}\nminutes: 5\nsteps:\n- title: {en: A, ko: 가}\n  text: {en: 'x `y`', ko: 가}\n  tasks:\n  - text: {en: Do, ko: 하기}\n    check: {kind: pods, name: p}\n    hints: [{en: H, ko: 힌트}, {en: A, ko: 가}, {en: A, ko: 가}]\n  solution: |\n    kubectl run p --image=nginx\n    sleep 5\n";

    fn library() -> Library {
        let text = object! {
            "tracks" => vec![Value::from("t")],
            "files" => object! { "t/track.yaml" => TRACK, "t/a.yaml" => LESSON, "t/b.yaml" => LESSON },
        };
        Library::read(&text.to_json()).unwrap()
    }

    #[test]
    fn the_map_shows_what_was_done_and_the_step_what_is_missing() {
        let library = library();
        assert_eq!(library.after("t/a"), Some("t/b"));
        assert_eq!(library.after("t/b"), None);
        let lesson = Rc::clone(library.find("t/a").unwrap());
        let mut cluster = Cluster::new(lesson.settings.config());
        let mut player = Player::begin(lesson, &cluster);
        player.hint(0);
        let LessonView::Step(step) = LessonView::step(&player, &cluster, Language::Ko) else {
            unreachable!("a lesson has a step")
        };
        assert_eq!(
            (step.place, step.done, step.tasks[0].2.clone()),
            ((1, 1), false, vec!["힌트".to_owned()])
        );
        let mut terminal = crate::terminal::Terminal::default();
        let config = cluster.config().clone();
        crate::terminal::run_script(
            "kubectl run p --image=nginx",
            &mut cluster,
            &mut terminal,
            &config,
            &mut (),
        );
        player.observe(&cluster);
        let LessonView::Step(step) = LessonView::step(&player, &cluster, Language::En) else {
            unreachable!("a lesson has a step")
        };
        assert_eq!(step.card.as_deref(), Some(&["kubectl run p --image=nginx".to_owned()][..]));
        let mut records = Records::default();
        records.note("t/a", &player);
        let kept = Records::read(&records.write());
        assert_eq!(kept, records);
        let solved = Record { steps: 1, solved: true, hints: 1, card: None };
        assert_eq!(kept.of("t/a"), solved);
        assert_eq!(Records::read("nonsense"), Records::default());
        // What was done elsewhere is taken in; cards are kept.
        let commands = vec!["kubectl run p --image=nginx".to_owned()];
        let card = Card { commands, start: String::new(), end: "pod/p".into() };
        records.keep_card("t/a", card.clone());
        assert!(Records::recognises(&records.write()) && !Records::recognises("{}"));
        let mut other = Records::default();
        other.merge(Records::read(&records.write()));
        assert_eq!(other.of("t/a"), Record { card: Some(Rc::new(card)), ..solved });
        assert_eq!(other.solved(), 1);
    }

    #[test]
    fn a_shown_solution_marks_what_it_made_changed_and_took_away() {
        let mut cluster = Cluster::new(crate::cluster::Config::default());
        let mut terminal = crate::terminal::Terminal::default();
        let config = cluster.config().clone();
        let mut play = |cluster: &mut Cluster, script: &str| {
            crate::terminal::run_script(script, cluster, &mut terminal, &config, &mut ());
        };
        play(&mut cluster, "kubectl run a --image=nginx; kubectl run b --image=nginx; sleep 20");
        let since = cluster.store().resource_version();
        play(
            &mut cluster,
            "kubectl label pod a x=y; kubectl delete pod b; kubectl create job j --image=busybox -- true; kubectl run c --image=nginx; kubectl delete pod c --now; sleep 30",
        );
        let found = marks(&cluster, since);
        let words: Vec<String> = found
            .iter()
            .map(|one| format!("{}{}", one.sign, one.object.split('-').next().unwrap()))
            .collect();
        assert_eq!(words, ["+Job/j", "~Pod/a", "−Pod/b", "+Pod/j"]);
    }

    #[test]
    fn a_shown_solution_does_not_count_as_solved() {
        let lesson = Rc::clone(library().find("t/a").unwrap());
        let mut cluster = Cluster::new(lesson.settings.config());
        let mut player = Player::begin(lesson, &cluster);
        player.show_solution();
        let mut terminal = crate::terminal::Terminal::default();
        let config = cluster.config().clone();
        crate::terminal::run_script(
            "kubectl run p --image=nginx",
            &mut cluster,
            &mut terminal,
            &config,
            &mut (),
        );
        player.observe(&cluster);
        let mut records = Records::default();
        records.note("t/a", &player);
        assert_eq!(records.of("t/a"), Record { steps: 1, ..Record::default() });
    }

    #[test]
    fn a_broken_file_is_named_with_its_place() {
        let text = object! { "tracks" => vec![Value::from("t")], "files" => object! { "t/track.yaml" => "title: x" } };
        assert!(Library::read(&text.to_json()).unwrap_err().starts_with("t/track.yaml:1:"));
    }
}
