//! Lessons in the page: opens them, plays what they play, and gives the person's own cluster back afterwards.

use std::rc::Rc;

use gloo_timers::callback::Timeout;

use super::bridge::{Engine, State};
use super::platform;
use crate::cluster::Cluster;
use crate::language::{Text, word};
use crate::lessons::{Begins, Deed, Lesson, Player, Record, Scene};
use crate::sim::Time;
use crate::terminal::{Terminal, run_script};
use crate::view::lessons::{Card, Library, Mark, Records, marks};
use crate::view::state::SPEEDS;

pub(super) const RECORDS: &str = "podyard.lessons";
/// The lesson that is open in this tab.
const OPEN: &str = "podyard.lesson";
/// What a card shows of the beginning and of the end.
const CARD: &str = "kubectl get deployments,rc,rs,daemonsets,jobs,cronjobs,pods";
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
    pub(super) file: String,
    pub(super) playing: bool,
    pub(super) speed: f64,
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
pub(super) struct Lecture {
    pub(super) id: String,
    pub(super) player: Player,
    /// All that the learner did in it.
    pub(super) record: Record,
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
    /// Whether the card of the solved lesson was kept.
    carded: bool,
}

/// What the page knows of lessons.
#[derive(Default)]
pub(super) struct School {
    pub(super) library: Option<Rc<Library>>,
    pub(super) records: Records,
    open: bool,
    pub(super) lecture: Option<Lecture>,
    /// A lesson from a file of the person's own, and its name.
    pub(super) guest: Option<(String, Rc<Lesson>)>,
    /// What is wrong with that file.
    pub(super) trouble: Option<String>,
    /// Keeps the lesson a moment after what was done last.
    pub(super) timer: Option<Timeout>,
    /// How much of it is kept: so many things that were done.
    pub(super) kept: usize,
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

    /// What a shown solution did, while it is shown.
    pub(crate) fn solution_marks(&self) -> Vec<Mark> {
        let lecture = self.school.lecture.as_ref();
        let mine = lecture.and_then(|lecture| lecture.mine.as_ref());
        mine.map_or_else(Vec::new, |(desk, _)| {
            marks(&self.cluster, desk.cluster.store().resource_version())
        })
    }

    /// What is wrong with the lesson file that was opened last.
    pub(crate) fn lesson_trouble(&self) -> Option<String> {
        self.school.trouble.clone()
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
    /// What the address asks for (`lesson=jobs/hello`), or where this tab was, and what the browser kept.
    pub(super) fn enter_school(&self) {
        let records = Records::read(&platform::kept(RECORDS).unwrap_or_default());
        self.state.borrow_mut().school.records = records;
        let (asked, embed) = self.read(|state| (state.address.lesson.clone(), state.address.embed));
        if let Some((id, step)) = asked {
            return self.open_lesson(id, step);
        }
        let open = platform::tab_kept(OPEN).filter(|id| !id.is_empty() && !embed);
        if let Some(id) = open.filter(|_| !platform::linked()) {
            self.open_lesson(id, 0);
        }
    }

    /// Opens the map of lessons.
    pub(crate) fn open_school(&self) {
        self.with_library(|_| ());
    }

    /// Opens a lesson at a step, counted from 0.
    pub(crate) fn open_lesson(&self, id: String, step: usize) {
        self.with_library(move |engine| engine.begin_lesson(&id, step));
    }

    /// Opens the pane, fetches the lessons if they are not there yet, and goes on.
    pub(super) fn with_library(&self, then: impl FnOnce(&Self) + 'static) {
        self.write(|state| state.school.open = true);
        if self.read(|state| state.school.library.is_some()) {
            return then(self);
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
            then(&engine);
        });
    }

    /// Closes the pane; a lesson that is at work ends, and the person's own cluster comes back.
    pub(crate) fn close_school(&self) {
        self.leave_lesson();
        self.write(|state| state.school.open = false);
    }

    /// The lesson of a name: one of the library, or the person's own.
    pub(super) fn lesson_of(&self, id: &str) -> Option<Rc<Lesson>> {
        self.read(|state| {
            let own = state.school.guest.as_ref().filter(|(own, _)| own == id);
            let library = || state.school.library.as_ref()?.find(id).cloned();
            own.map(|(_, lesson)| Rc::clone(lesson)).or_else(library)
        })
    }

    /// Goes on with a lesson where it was left, or begins it at a step; the steps before it are played.
    pub(crate) fn begin_lesson(&self, id: &str, step: usize) {
        let embed = self.read(|state| state.address.embed);
        if step == 0 && !embed && self.resume_kept(id) {
            return;
        }
        self.begin_anew(id, step);
    }

    /// Begins a lesson at a step; what was kept of it is forgotten.
    pub(crate) fn begin_anew(&self, id: &str, step: usize) {
        let Some(lesson) = self.lesson_of(id) else {
            let unknown = |state: &mut State| {
                let text = Text::new("lesson.unknown").with("id", id).render(state.language);
                state.push("explain", &text);
            };
            return self.write(unknown);
        };
        let step = step.min(lesson.steps.len().saturating_sub(1));
        let Scene { cluster, terminal } = Scene::at(&lesson, step);
        let speed = lesson.settings.speed.unwrap_or(1.0);
        let playing = !lesson.settings.paused.unwrap_or(false);
        let file = terminal.files.keys().next().cloned().unwrap_or_default();
        let record = Record::begin(id, step, &cluster);
        let player = Player::at(lesson, step, &cluster);
        let desk = Desk { cluster, terminal, file, playing, speed };
        let start = (desk.clone(), player.clone());
        self.attend_lesson(desk, player, record, start, None);
    }

    /// Sits down in a lesson, wherever in it that is.
    pub(super) fn attend_lesson(
        &self,
        desk: Desk,
        player: Player,
        record: Record,
        start: (Desk, Player),
        mine: Option<(Desk, Player)>,
    ) {
        // The person's own cluster must be there before it can be put aside.
        while self.read(|state| state.restoring.is_some()) {
            self.go_on_restoring();
        }
        self.keep_now();
        let own = self.write(|state| match state.school.lecture.take() {
            Some(lecture) => lecture.own,
            None => Desk::of(state),
        });
        self.sit_down(&desk);
        let id = record.lesson.clone();
        platform::tab_keep(OPEN, &id);
        self.write(|state| {
            state.lines.clear();
            state.school.open = true;
            state.school.trouble = None;
            state.school.kept = record.entries.len();
            state.school.lecture = Some(Lecture {
                id,
                player,
                record,
                start,
                mine,
                own,
                playing: None,
                speed: desk.speed,
                said: None,
                carded: false,
            });
        });
        self.attend();
    }

    /// Notes something that the learner did and that is no input.
    fn mark(&self, deed: Deed) {
        self.write(|state| {
            let State { school, cluster, .. } = state;
            if let Some(lecture) = &mut school.lecture {
                lecture.record.mark(cluster, deed);
            }
        });
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
        self.keep_homework();
        platform::tab_keep(OPEN, "");
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
            self.put_back(start, Deed::Again);
        }
    }

    /// Goes back to what was there before the solution was shown.
    pub(crate) fn mine(&self) {
        let mine = self.state.borrow_mut().school.lecture.as_mut().and_then(|one| one.mine.take());
        if let Some(mine) = mine {
            self.put_back(mine, Deed::Mine);
        }
    }

    fn put_back(&self, (desk, mut player): (Desk, Player), deed: Deed) {
        self.sit_down(&desk);
        self.mark(deed);
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
            lecture.record.mark(cluster, Deed::Foretell(chosen));
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
            let State { school, cluster, .. } = state;
            let lecture = school.lecture.as_mut()?;
            let script = lecture.player.step()?.solution.clone();
            lecture.record.mark(cluster, Deed::Show);
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
                lecture.record.mark(cluster, Deed::Reveal);
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
        if !self.read(|state| state.school.at_work() && state.cluster.settled()) {
            return;
        }
        let done = self.write(|state| {
            let State { school, cluster, .. } = state;
            let Some(lecture) = &mut school.lecture else { return Vec::new() };
            lecture.record.follow(cluster);
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
            self.keep_card();
        }
    }

    /// Goes on to the next step.
    pub(crate) fn next_step(&self) {
        self.catch_up();
        let config = self.read(|state| state.cluster.config().clone());
        self.write(|state| {
            let State { school, cluster, terminal, .. } = state;
            let Some(lecture) = &mut school.lecture else { return };
            lecture.record.mark(cluster, Deed::Leave);
            let lesson = Rc::clone(lecture.player.lesson());
            if let Some(next) = lesson.steps.get(lecture.player.step_index() + 1) {
                if next.from == Begins::Start {
                    let start = Scene::start(&lesson);
                    (*cluster, terminal.files) = (start.cluster, start.terminal.files);
                }
                run_script(&next.before, cluster, terminal, &config, &mut ());
            }
            lecture.record.mark(cluster, Deed::Enter);
            lecture.player.advance(cluster);
            (lecture.mine, lecture.said) = (None, None);
            school.records.note(&lecture.id, &lecture.player);
            // Who sped the last step up is to see the beginning of this one.
            state.speed = lecture.player.lesson().settings.speed.unwrap_or(1.0);
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
            let State { school, cluster, .. } = state;
            if let Some(lecture) = &mut school.lecture {
                lecture.record.mark(cluster, Deed::Hint(task));
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
            let State { school, cluster, language, .. } = state;
            let language = *language;
            if let Some(lecture) = &mut school.lecture {
                lecture.record.mark(cluster, Deed::Prove(line.to_owned()));
                lecture.said = lecture.player.quote(line, language);
            }
        });
        self.attend();
    }

    /// Keeps the card of a lesson that was just solved.
    fn keep_card(&self) {
        let over = self.write(|state| {
            let State { school, cluster, terminal, .. } = state;
            let School { lecture, records, .. } = school;
            let lecture = lecture.as_mut()?;
            let solved = lecture.player.over() && !lecture.player.progress().shown;
            if !solved || std::mem::replace(&mut lecture.carded, true) {
                return None;
            }
            lecture.record.follow(cluster);
            let end = Scene { cluster: cluster.clone(), terminal: terminal.clone() };
            let card = Card {
                commands: lecture.record.commands(),
                start: Scene::start(lecture.player.lesson()).look(CARD),
                end: end.look(CARD),
            };
            records.keep_card(&lecture.id, card);
            Some(records.write())
        });
        if let Some(records) = over {
            platform::keep(RECORDS, &records);
        }
    }
}
