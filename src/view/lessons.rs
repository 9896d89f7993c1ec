//! The lessons as the page shows them: the map of tracks, the open step, and what was done before.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::markdown::{self, Block};
use crate::api::Value;
use crate::cluster::Cluster;
use crate::language::Language;
use crate::lessons::{Lesson, Player, TaskView, Track};
use crate::object;

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

/// What was done of a lesson in all visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// How many steps are done.
    pub steps: usize,
    /// Whether all of it was done without a shown solution.
    pub solved: bool,
    /// How many hints it took.
    pub hints: usize,
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
            let record =
                Record { steps: whole(value, "steps"), solved, hints: whole(value, "hints") };
            (id.to_string(), record)
        };
        Self(value.get("lessons").into_iter().flat_map(Value::entries).map(one).collect())
    }

    /// The text that is kept.
    pub fn write(&self) -> String {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let one = |(id, record): (&String, &Record)| {
            let value = object! {
                "steps" => number(record.steps),
                "solved" => record.solved,
                "hints" => number(record.hints),
            };
            (Rc::from(id.as_str()), value)
        };
        let lessons = Value::Object(Rc::new(self.0.iter().map(one).collect()));
        object! { "podyard" => 1, "lessons" => lessons }.to_json()
    }

    /// The record of a lesson.
    pub fn of(&self, id: &str) -> Record {
        self.0.get(id).copied().unwrap_or_default()
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
}

/// A prediction as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// The answers.
    pub answers: Vec<String>,
    /// Chosen and right answer, and what is said of the chosen one.
    pub found: Option<(usize, Option<usize>, String)>,
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
        let question = step.predict.as_ref().map(|prediction| Question {
            text: text(&prediction.question),
            answers: prediction.choices.iter().map(|choice| text(&choice.text)).collect(),
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
        assert_eq!(kept.of("t/a"), Record { steps: 1, solved: true, hints: 1 });
        assert_eq!(Records::read("nonsense"), Records::default());
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
        assert_eq!(records.of("t/a"), Record { steps: 1, solved: false, hints: 0 });
    }

    #[test]
    fn a_broken_file_is_named_with_its_place() {
        let text = object! { "tracks" => vec![Value::from("t")], "files" => object! { "t/track.yaml" => "title: x" } };
        assert!(Library::read(&text.to_json()).unwrap_err().starts_with("t/track.yaml:1:"));
    }
}
