//! Lessons in the page: opens them, plays what they play, and gives the person's own cluster back afterwards.

use std::rc::Rc;

use super::bridge::{Engine, State};
use super::platform;
use crate::cluster::Cluster;
use crate::language::{Text, word};
use crate::lessons::Player;
use crate::sim::Time;
use crate::terminal::{Terminal, run_script};
use crate::view::lessons::{Library, Records};
use crate::view::state::SPEEDS;

const RECORDS: &str = "podyard.lessons";
/// What a lesson plays takes about so many seconds of the person's time.
const PLAY_SECONDS: f64 = 8.0;

/// What is being played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Play {
    /// What a prediction asked about.
    Prediction,
    /// The solution.
    Solution,
}

/// A cluster with its files and clock, to come back to.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) cluster: Cluster,
    pub(super) terminal: Terminal,
    file: String,
    playing: bool,
    speed: f64,
}

impl Desk {
    pub(super) fn of(state: &State) -> Self {
        Self {
            cluster: state.cluster.clone(),
            terminal: state.terminal.clone(),
            file: state.file.clone(),
            playing: state.playing,
            speed: state.speed,
        }
    }
}

/// A lesson at work.
struct Lecture {
    id: String,
    player: Player,
    /// How this step began.
    start: (Desk, Player),
    /// What was there before a solution was shown.
    mine: Option<(Desk, Player)>,
    /// The person's own cluster.
    own: Desk,
    playing: Option<Play>,
    /// The speed to go on with after what is played.
    speed: f64,
    /// What is said of the last proof that proved nothing.
    said: Option<String>,
}

/// What the page knows of lessons.
#[derive(Default)]
pub(super) struct School {
    library: Option<Rc<Library>>,
    records: Records,
    open: bool,
    lecture: Option<Lecture>,
}

impl School {
    /// Whether a lesson is at work.
    pub(super) const fn at_work(&self) -> bool {
        self.lecture.is_some()
    }

    /// The lesson at work and the learner's place in it.
    pub(super) fn at(&self) -> Option<(&str, &Player)> {
        self.lecture.as_ref().map(|lecture| (lecture.id.as_str(), &lecture.player))
    }

    /// When a task may be done although nothing changes.
    pub(super) fn due(&self) -> Option<Time> {
        self.lecture.as_ref()?.player.due()
    }
}

impl State {
    /// Whether the pane of lessons is open.
    pub(crate) const fn school_open(&self) -> bool {
        self.school.open
    }

    /// The lessons and what was done of them, once they are there.
    pub(crate) fn shelves(&self) -> Option<(&Library, &Records)> {
        Some((self.school.library.as_deref()?, &self.school.records))
    }

    /// The learner's place in the lesson that is at work.
    pub(crate) fn player(&self) -> Option<&Player> {
        Some(&self.school.lecture.as_ref()?.player)
    }

    /// Whether something is played, whether a solution is shown, and what is said of the last proof.
    pub(crate) fn lecture(&self) -> (bool, bool, Option<String>) {
        let lecture = self.school.lecture.as_ref();
        let said = lecture.and_then(|lecture| lecture.said.clone());
        let playing = lecture.is_some_and(|lecture| lecture.playing.is_some());
        (playing, lecture.is_some_and(|lecture| lecture.mine.is_some()), said)
    }

    /// The lesson after the one at work.
    pub(crate) fn next_lesson(&self) -> Option<String> {
        let lecture = self.school.lecture.as_ref()?;
        self.school.library.as_ref()?.after(&lecture.id).map(str::to_owned)
    }
}

/// The seconds that a script sleeps.
fn seconds(script: &str) -> f64 {
    let spans = script.lines().filter_map(|line| line.trim().strip_prefix("sleep "));
    spans.filter_map(|span| span.trim().parse::<f64>().ok()).sum()
}

impl Engine {
    /// What the address asks for (`lesson=jobs/hello`), and what the browser kept.
    pub(super) fn enter_school(&self) {
        let records = Records::read(&platform::kept(RECORDS).unwrap_or_default());
        self.state.borrow_mut().school.records = records;
        if let Some((id, step)) = self.read(|state| state.address.lesson.clone()) {
            self.open_lesson(id, step);
        }
    }

    /// Opens the map of lessons.
    pub(crate) fn open_school(&self) {
        self.enter_library(None);
    }

    /// Opens a lesson at a step, counted from 0.
    pub(crate) fn open_lesson(&self, id: String, step: usize) {
        self.enter_library(Some((id, step)));
    }

    fn enter_library(&self, lesson: Option<(String, usize)>) {
        self.write(|state| state.school.open = true);
        if self.read(|state| state.school.library.is_some()) {
            if let Some((id, step)) = lesson {
                self.begin_lesson(&id, step);
            }
            return;
        }
        let engine = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let text = platform::fetch_text("lessons").await;
            let read = text.map(|text| Library::read(&text));
            engine.write(|state| match read {
                Some(Ok(library)) => state.school.library = Some(Rc::new(library)),
                Some(Err(why)) => state.push("err", &why),
                None => {
                    let text = word(state.language, "lesson.not-loaded");
                    state.push("explain", &text);
                }
            });
            if let Some((id, step)) = lesson {
                engine.begin_lesson(&id, step);
            }
        });
    }

    /// Closes the pane; a lesson that is at work ends, and the person's own cluster comes back.
    pub(crate) fn close_school(&self) {
        self.leave_lesson();
        self.write(|state| state.school.open = false);
    }

    /// Begins a lesson at a step; the steps before it are played.
    pub(crate) fn begin_lesson(&self, id: &str, step: usize) {
        let library = self.read(|state| state.school.library.clone());
        let Some(lesson) = library.and_then(|library| library.find(id).cloned()) else {
            let unknown = |state: &mut State| {
                let text = Text::new("lesson.unknown").with("id", id).render(state.language);
                state.push("explain", &text);
            };
            return self.write(unknown);
        };
        let own = self.write(|state| match state.school.lecture.take() {
            Some(lecture) => lecture.own,
            None => Desk::of(state),
        });
        let config = lesson.settings.config();
        let mut cluster = Cluster::new(config.clone());
        let files = lesson.files.iter().map(|(name, text)| (name.clone(), Rc::from(text.as_str())));
        let language = self.read(|state| state.language);
        let mut terminal = Terminal { files: files.collect(), language, ..Terminal::default() };
        let mut play = |script: &str| {
            run_script(script, &mut cluster, &mut terminal, &config, &mut ());
        };
        play(&lesson.before);
        for earlier in lesson.steps.iter().take(step) {
            play(&earlier.before);
            if let Some(prediction) = &earlier.predict {
                play(&prediction.play);
            }
            play(&earlier.solution);
        }
        if let Some(this) = lesson.steps.get(step) {
            play(&this.before);
        }
        let speed = lesson.settings.speed.unwrap_or(1.0);
        let step = step.min(lesson.steps.len().saturating_sub(1));
        let player = Player::at(lesson, step, &cluster);
        terminal.history.clear();
        let file = terminal.files.keys().next().cloned().unwrap_or_default();
        let desk = Desk { cluster, terminal, file, playing: true, speed };
        self.sit_down(&desk);
        self.write(|state| {
            let start = (desk, player.clone());
            let id = id.to_owned();
            state.lines.clear();
            state.school.lecture = Some(Lecture {
                id,
                player,
                start,
                mine: None,
                own,
                playing: None,
                speed,
                said: None,
            });
        });
        self.attend();
    }

    /// Goes on with another cluster, its files and its clock.
    pub(super) fn sit_down(&self, desk: &Desk) {
        self.interrupt();
        let language = self.read(|state| state.language);
        self.write(|state| {
            state.terminal = Terminal { language, ..desk.terminal.clone() };
            state.file.clone_from(&desk.file);
            state.playing = desk.playing;
            state.speed = desk.speed;
        });
        self.adopt(desk.cluster.clone());
        self.open_first();
    }

    fn leave_lesson(&self) {
        let lecture = self.state.borrow_mut().school.lecture.take();
        if let Some(lecture) = lecture {
            self.sit_down(&lecture.own);
        }
    }

    /// Back to the map.
    pub(crate) fn back_to_map(&self) {
        self.leave_lesson();
    }

    /// Begins the step anew.
    pub(crate) fn again(&self) {
        let start =
            self.read(|state| state.school.lecture.as_ref().map(|lecture| lecture.start.clone()));
        if let Some(start) = start {
            self.put_back(start);
        }
    }

    /// Goes back to what was there before the solution was shown.
    pub(crate) fn mine(&self) {
        let mine = self.state.borrow_mut().school.lecture.as_mut().and_then(|one| one.mine.take());
        if let Some(mine) = mine {
            self.put_back(mine);
        }
    }

    fn put_back(&self, (desk, mut player): (Desk, Player)) {
        self.sit_down(&desk);
        self.write(|state| {
            if let Some(lecture) = &mut state.school.lecture {
                player.remember(lecture.player.progress());
                lecture.player = player;
                lecture.playing = None;
                lecture.mine = None;
                lecture.said = None;
            }
        });
        self.attend();
    }

    /// Chooses an answer, and plays what it is about.
    pub(crate) fn foretell(&self, chosen: usize) {
        let script = self.write(|state| {
            let State { school, cluster, .. } = state;
            let lecture = school.lecture.as_mut().filter(|lecture| lecture.playing.is_none())?;
            let script = lecture.player.step()?.predict.as_ref()?.play.clone();
            lecture.player.foretell(chosen, cluster);
            Some(script)
        });
        if let Some(script) = script {
            self.play(Play::Prediction, &script);
        }
    }

    /// Shows the solution; what was there can be had back.
    pub(crate) fn show_solution(&self) {
        let script = self.write(|state| {
            let desk = Desk::of(state);
            let lecture = state.school.lecture.as_mut()?;
            let script = lecture.player.step()?.solution.clone();
            lecture.player.show_solution();
            lecture.player.prove_all();
            lecture.mine = Some((desk, lecture.player.clone()));
            Some(script)
        });
        if let Some(script) = script {
            self.play(Play::Solution, &script);
        }
    }

    fn play(&self, what: Play, script: &str) {
        let wanted = seconds(script) / PLAY_SECONDS;
        let fast = SPEEDS.iter().copied().find(|speed| *speed >= wanted).unwrap_or(3600.0);
        self.interrupt();
        self.write(|state| {
            let speed = state.speed;
            if let Some(lecture) = &mut state.school.lecture {
                lecture.playing = Some(what);
                lecture.speed = speed;
            }
            state.speed = speed.max(fast);
        });
        self.set_playing(true);
        self.enter(script.trim_end());
    }

    /// What is played is to be over.
    pub(crate) fn skip(&self) {
        self.hurry();
    }

    /// A command has ended: if it was what the lesson plays, says how it ended.
    pub(super) fn played(&self) {
        let playing = self.read(|state| state.school.lecture.as_ref().and_then(|one| one.playing));
        if playing.is_none() {
            return;
        }
        self.write(|state| {
            let State { school, cluster, .. } = state;
            let Some(lecture) = &mut school.lecture else { return };
            lecture.playing = None;
            if playing == Some(Play::Prediction) {
                lecture.player.reveal(cluster);
                let (terminal, player) = (state.terminal.clone(), lecture.player.clone());
                lecture.start.0.cluster = cluster.clone();
                lecture.start.0.terminal = terminal;
                lecture.start.1 = player;
            }
            state.speed = lecture.speed;
        });
        self.attend();
    }

    /// Takes in what has happened: tasks that are done are said so.
    pub(super) fn attend(&self) {
        if !self.read(|state| state.school.at_work()) {
            return;
        }
        let done = self.write(|state| {
            let State { school, cluster, .. } = state;
            let Some(lecture) = &mut school.lecture else { return Vec::new() };
            let done = lecture.player.observe(cluster);
            if !done.is_empty() || lecture.player.over() {
                school.records.note(&lecture.id, &lecture.player);
            }
            done
        });
        self.boast(&done);
        if !done.is_empty() {
            let (records, said) = self.read(|state| {
                (state.school.records.write(), word(state.language, "lesson.task-done"))
            });
            platform::keep(RECORDS, &records);
            platform::announce(&said);
        }
    }

    /// Goes on to the next step.
    pub(crate) fn next_step(&self) {
        self.catch_up();
        let config = self.read(|state| state.cluster.config().clone());
        self.write(|state| {
            let State { school, cluster, terminal, .. } = state;
            let Some(lecture) = &mut school.lecture else { return };
            let next = lecture.player.lesson().steps.get(lecture.player.step_index() + 1);
            if let Some(script) = next.map(|step| step.before.clone()) {
                run_script(&script, cluster, terminal, &config, &mut ());
            }
            lecture.player.advance(cluster);
            (lecture.mine, lecture.said) = (None, None);
            school.records.note(&lecture.id, &lecture.player);
            state.epoch += 1;
            state.follow_clock();
            let desk = Desk::of(state);
            if let Some(lecture) = &mut state.school.lecture {
                lecture.start = (desk, lecture.player.clone());
            }
        });
        platform::keep(RECORDS, &self.read(|state| state.school.records.write()));
        self.follow_files();
        self.attend();
        self.plan();
    }

    /// Asks for one more hint.
    pub(crate) fn hint(&self, task: usize) {
        self.write(|state| {
            if let Some(lecture) = &mut state.school.lecture {
                lecture.player.hint(task);
            }
        });
    }

    /// Whether a line that is clicked is taken as a proof.
    pub(crate) fn wants_proof(&self) -> bool {
        self.read(|state| state.player().is_some_and(Player::wants_proof))
    }

    /// Quotes a line as the proof.
    pub(crate) fn quote(&self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        self.write(|state| {
            let language = state.language;
            if let Some(lecture) = &mut state.school.lecture {
                lecture.said = lecture.player.quote(line, language);
            }
        });
        self.attend();
    }

    /// Forgets what was done of all lessons.
    pub(crate) fn forget_records(&self) {
        platform::forget(RECORDS);
        self.write(|state| state.school.records = Records::default());
    }
}
