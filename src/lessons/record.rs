//! What a learner did in a lesson, in order: every input, every way back, every answer, hint and proof. Replayed in the
//! lesson's own cluster it gives the same end, with the same tasks done: nothing that a file claims is believed.
//!
//! A lesson of an hour has some hundred entries; a replay observes after each wake-up, as cheap as the lesson itself.

use std::rc::Rc;

use super::format::Lesson;
use super::player::Player;
use super::scene::Scene;
use crate::api::value::Value;
use crate::cluster::{Cluster, Input};
use crate::language::{Language, Text};
use crate::object;
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};

/// A usual mistake that stands for so long is a wrong turn and not a moment on the way.
const STANDS: Duration = Duration::from_seconds(60);

/// So many reconciles may a replay cost: months of a CronJob, and no more than some seconds.
const MOST_WORK: u64 = 3_000_000;

/// Something a learner did.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// An input to the cluster.
    Input(Input),
    /// The way back to this moment, with so many inputs behind it.
    Back(usize),
    /// An answer was chosen.
    Foretell(usize),
    /// What it was about is over.
    Reveal,
    /// A step is done and left.
    Leave,
    /// The next one begins; what happens by itself as it begins lies before this.
    Enter,
    /// The step begins again.
    Again,
    /// The solution is shown.
    Show,
    /// Back to what was there before it.
    Mine,
    /// One more hint of a task.
    Hint(usize),
    /// A line is quoted as the proof.
    Prove(String),
}

/// A deed with its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// What.
    pub deed: Deed,
}

/// Why a record is not what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// There is no lesson in it.
    None,
    /// It is of another lesson: its name.
    Other(String),
    /// A part of it makes no sense: where.
    Damaged(String),
    /// Somebody changed it, or it ends otherwise than it says.
    Changed,
}

impl RecordError {
    /// A sentence for people.
    pub fn explain(&self) -> Text {
        match self {
            Self::None => Text::new("grade.none"),
            Self::Other(lesson) => Text::new("grade.other").with("lesson", lesson),
            Self::Damaged(place) => Text::new("grade.damaged").with("place", place),
            Self::Changed => Text::new("grade.changed"),
        }
    }
}

/// A record. It follows a cluster: [`Record::follow`] notes what was done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The lesson's name.
    pub lesson: String,
    /// The step that it began with; those before it were played.
    pub step: usize,
    /// What was done, oldest first.
    pub entries: Vec<Entry>,
    /// Where the clock stood.
    pub until: Time,
    inputs: Vec<Input>,
}

impl Record {
    /// The record of a lesson that begins in this cluster.
    pub fn begin(lesson: &str, step: usize, cluster: &Cluster) -> Self {
        Self {
            lesson: lesson.to_owned(),
            step,
            entries: Vec::new(),
            until: cluster.now(),
            inputs: cluster.inputs().to_vec(),
        }
    }

    /// Notes what was done to the cluster since the last look.
    pub fn follow(&mut self, cluster: &Cluster) {
        let inputs = cluster.inputs();
        let same = inputs.len() == self.inputs.len() && inputs.last() == self.inputs.last();
        if !same || cluster.now() < self.until {
            let common =
                inputs.iter().zip(&self.inputs).take_while(|(new, old)| new == old).count();
            if common < self.inputs.len() || cluster.now() < self.until {
                let new = inputs.get(common).map_or(cluster.now(), |input| input.at);
                let at = new.min(cluster.now());
                self.entries.push(Entry { at, deed: Deed::Back(common) });
            }
            let new = inputs.get(common..).unwrap_or_default();
            self.entries.extend(
                new.iter().map(|input| Entry { at: input.at, deed: Deed::Input(input.clone()) }),
            );
            self.inputs = inputs.to_vec();
        }
        self.until = cluster.now();
    }

    /// Notes something that is no input.
    pub fn mark(&mut self, cluster: &Cluster, deed: Deed) {
        self.follow(cluster);
        self.entries.push(Entry { at: cluster.now(), deed });
    }

    /// The learner's own commands on the way to where she is, each once in a row; what was played is not hers.
    pub fn commands(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut played = false;
        for entry in &self.entries {
            match &entry.deed {
                Deed::Foretell(_) | Deed::Leave => played = true,
                Deed::Reveal | Deed::Enter => played = false,
                Deed::Input(input)
                    if !played
                        && !input.words.is_empty()
                        && self.inputs.contains(input)
                        && lines.last().map(String::as_str) != Some(&*input.words) =>
                {
                    lines.push(input.words.to_string());
                }
                _ => {}
            }
        }
        lines
    }

    /// It as sessions carry it. `end` is the digest of the cluster that it ends in.
    pub fn to_value(&self, start: Time, end: u64) -> Value {
        let log: Vec<Value> = self.entries.iter().map(|one| write(one, start)).collect();
        let mut value = object! {
            "id" => self.lesson.as_str(),
            "step" => whole(self.step),
            "log" => log,
            "until" => (self.until - start).millis(),
            "end" => format!("{end:016x}"),
        };
        value.set("seal", seal(&value));
        value
    }

    /// Reads it, with the digest of its end.
    ///
    /// # Errors
    /// It is no record, damaged, or was changed.
    pub fn from_value(value: &Value, start: Time) -> Result<(Self, u64), RecordError> {
        let lesson = value.str_at("id").ok_or(RecordError::None)?.to_owned();
        let damaged = |place: &str| RecordError::Damaged(place.to_owned());
        let mut bare = value.clone();
        let sealed = bare.remove("seal");
        let step = index(value.get("step"));
        let until = value.i64_at("until").map(Duration::from_millis);
        let end = value.str_at("end").and_then(|text| u64::from_str_radix(text, 16).ok());
        let entries = value.items_at("log").iter().enumerate();
        let entries = entries.map(|(place, one)| {
            read(one, start).map_err(|part| RecordError::Damaged(format!("log[{place}].{part}")))
        });
        let record = Self {
            lesson,
            step: step.ok_or_else(|| damaged("step"))?,
            entries: entries.collect::<Result<_, _>>()?,
            until: start + until.ok_or_else(|| damaged("until"))?,
            inputs: Vec::new(),
        };
        let end = end.ok_or_else(|| damaged("end"))?;
        match sealed.as_ref().and_then(Value::as_str) == Some(&seal(&bare)) {
            true => Ok((record, end)),
            false => Err(RecordError::Changed),
        }
    }
}

/// A number over all of it: who changes a hint or a time in the text changes this.
fn seal(value: &Value) -> String {
    format!("{:016x}", Seed(0x5eed).draw(Purpose::Id, &value.to_json(), 0))
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn index(value: Option<&Value>) -> Option<usize> {
    usize::try_from(value?.as_i64()?).ok()
}

fn write(entry: &Entry, start: Time) -> Value {
    let (name, content) = match &entry.deed {
        Deed::Input(input) => return input.to_value(start),
        Deed::Back(kept) => ("back", whole(*kept).into()),
        Deed::Foretell(answer) => ("foretell", whole(*answer).into()),
        Deed::Hint(task) => ("hint", whole(*task).into()),
        Deed::Prove(line) => ("prove", line.as_str().into()),
        Deed::Reveal => ("mark", "reveal".into()),
        Deed::Leave => ("mark", "leave".into()),
        Deed::Enter => ("mark", "enter".into()),
        Deed::Again => ("mark", "again".into()),
        Deed::Show => ("mark", "show".into()),
        Deed::Mine => ("mark", "mine".into()),
    };
    let content: Value = content;
    object! { "at" => (entry.at - start).millis(), name => content }
}

fn read(value: &Value, start: Time) -> Result<Entry, String> {
    let at = value.i64_at("at").filter(|at| *at >= 0).ok_or("at")?;
    let at = start + Duration::from_millis(at);
    let number = |key: &str| index(value.get(key));
    let deed = if let Some(kept) = number("back") {
        Deed::Back(kept)
    } else if let Some(answer) = number("foretell") {
        Deed::Foretell(answer)
    } else if let Some(task) = number("hint") {
        Deed::Hint(task)
    } else if let Some(line) = value.str_at("prove") {
        Deed::Prove(line.to_owned())
    } else if let Some(mark) = value.str_at("mark") {
        match mark {
            "reveal" => Deed::Reveal,
            "leave" => Deed::Leave,
            "enter" => Deed::Enter,
            "again" => Deed::Again,
            "show" => Deed::Show,
            "mine" => Deed::Mine,
            _ => return Err("mark".to_owned()),
        }
    } else {
        Deed::Input(Input::from_value(value, start)?)
    };
    Ok(Entry { at, deed })
}

/// Where a replay ends.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The cluster.
    pub cluster: Cluster,
    /// The learner's place.
    pub player: Player,
    /// How her step began.
    pub start: (Cluster, Player),
    /// What was hers before a solution was shown.
    pub mine: Option<(Cluster, Player)>,
    /// How often steps were begun again.
    pub again: usize,
    /// Which steps were done.
    pub done: Vec<bool>,
    /// The first wrong turn: the step, and what is said of it.
    pub wrong: Option<(usize, String)>,
    language: Language,
    /// What stood when the step began, and what may become a wrong turn.
    stood: Option<String>,
    stands: Option<(Time, String)>,
    shows: bool,
    /// What clusters that were left have cost, and what all may.
    work: u64,
    most: u64,
}

/// What a record is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grade {
    /// Steps that were done, of how many.
    pub steps: (usize, usize),
    /// Whether all of it was done without a shown solution.
    pub solved: bool,
    /// How many times it was begun.
    pub tries: usize,
    /// Hints that were asked for.
    pub hints: usize,
    /// Whether a solution was shown.
    pub shown: bool,
    /// Predictions that came true, of how many.
    pub predictions: (usize, usize),
    /// The first wrong turn: the step counted from 1, and what is said of it.
    pub wrong: Option<(usize, String)>,
    /// Commands that changed something.
    pub changes: usize,
    /// The virtual time that it took.
    pub time: Duration,
}

impl Grade {
    /// A line for people.
    pub fn render(&self, language: Language) -> String {
        let state = if self.solved { "grade.solved" } else { "grade.open" };
        let mut line = Text::new("grade.line")
            .with("state", Text::new(state).render(language))
            .with("done", self.steps.0)
            .with("steps", self.steps.1)
            .with("tries", self.tries)
            .with("hints", self.hints)
            .with("right", self.predictions.0)
            .with("asked", self.predictions.1)
            .with("changes", self.changes)
            .with("time", self.time.human())
            .render(language);
        let shown = self.shown.then(|| Text::new("grade.shown"));
        let wrong = self.wrong.as_ref().map(|(step, says)| {
            Text::new("grade.wrong").with("step", step).with("says", says.trim())
        });
        for text in shown.into_iter().chain(wrong) {
            line.push_str("; ");
            line.push_str(&text.render(language));
        }
        line
    }

    /// The same for programs.
    pub fn to_value(&self) -> Value {
        let mut value = object! {
            "solved" => self.solved,
            "steps" => whole(self.steps.0),
            "of" => whole(self.steps.1),
            "tries" => whole(self.tries),
            "hints" => whole(self.hints),
            "shown" => self.shown,
            "predictionsRight" => whole(self.predictions.0),
            "predictions" => whole(self.predictions.1),
            "changes" => whole(self.changes),
            "seconds" => self.time.seconds(),
        };
        if let Some((step, says)) = &self.wrong {
            let wrong = object! { "step" => whole(*step), "says" => says.trim() };
            value.set("firstWrongTurn", wrong);
        }
        value
    }
}

impl Replayed {
    fn begin(lesson: &Rc<Lesson>, step: usize, language: Language) -> Self {
        let scene = Scene::at(lesson, step);
        let player = Player::at(Rc::clone(lesson), step, &scene.cluster);
        let mut this = Self {
            start: (scene.cluster.clone(), player.clone()),
            cluster: scene.cluster,
            player,
            mine: None,
            again: 0,
            done: vec![false; lesson.steps.len()],
            wrong: None,
            language,
            stood: None,
            stands: None,
            shows: false,
            work: 0,
            most: MOST_WORK,
        };
        this.settle();
        this
    }

    /// What stands as a step begins is no mistake of the learner.
    fn settle(&mut self) {
        self.stood = self.player.mistake(self.cluster.now(), self.language).map(|(_, says)| says);
        self.stands = None;
    }

    /// Lets time pass, observing after each wake-up, as long as it costs no more than it may.
    fn run(&mut self, at: Time) {
        while self.goes_on() {
            let due = [self.cluster.next_wake(), self.player.due()].into_iter().flatten();
            let next = due.filter(|next| *next > self.cluster.now() && *next < at).min();
            let before = self.cluster.now();
            self.cluster.run_until(next.unwrap_or(at));
            self.observe();
            if next.is_none() || self.cluster.now() == before {
                return;
            }
        }
    }

    /// Whether it may go on.
    const fn goes_on(&self) -> bool {
        self.cluster.work() + self.work < self.most
    }

    fn observe(&mut self) {
        self.player.observe(&self.cluster);
        let now = self.cluster.now();
        let made = self.player.mistake(now, self.language).map(|(_, says)| says);
        if made.is_none() {
            self.stood = None;
        }
        let made = made.filter(|says| self.stood.as_ref() != Some(says) && !self.shows);
        match (made, self.stands.take()) {
            (Some(says), Some((since, known))) if says == known => {
                if now - since >= STANDS {
                    self.turn(says.clone());
                }
                self.stands = Some((since, says));
            }
            (Some(says), _) => self.stands = Some((now, says)),
            (None, _) => {}
        }
    }

    fn turn(&mut self, says: String) {
        let step = self.player.step_index();
        self.wrong.get_or_insert((step, says));
    }

    /// Somebody who asks or begins again while a mistake stands took a wrong turn.
    fn confirm(&mut self) {
        if let Some((_, says)) = self.stands.take() {
            self.turn(says);
        }
    }

    fn note_done(&mut self) -> bool {
        let done = self.player.step_done();
        if let Some(slot) = self.done.get_mut(self.player.step_index()) {
            *slot |= done;
        }
        done
    }

    fn put_back(&mut self, (cluster, mut player): (Cluster, Player)) {
        player.remember(self.player.progress());
        (self.cluster, self.player) = (cluster, player);
        self.mine = None;
        self.shows = false;
        self.settle();
    }

    /// Does one thing again; says whether it was possible.
    fn act(&mut self, entry: &Entry) -> bool {
        if let Deed::Back(kept) = entry.deed {
            self.confirm();
            return self.back(kept, entry.at);
        }
        if entry.at < self.cluster.now() {
            return false;
        }
        self.run(entry.at);
        if self.cluster.now() < entry.at {
            return false;
        }
        match &entry.deed {
            Deed::Input(input) => {
                self.cluster.replay_input(input);
                self.observe();
            }
            Deed::Foretell(answer) => self.player.foretell(*answer, &self.cluster),
            Deed::Reveal => {
                let Some(found) = self.player.reveal(&self.cluster) else { return false };
                if found.right != Some(found.chosen) {
                    let step = self.player.step().and_then(|step| step.predict.as_ref());
                    let chosen = step.and_then(|one| one.choices.get(found.chosen));
                    let Some(chosen) = chosen else { return false };
                    let text = chosen.text.text(self.language);
                    self.turn(
                        Text::new("grade.foretold").with("answer", text).render(self.language),
                    );
                }
                self.settle();
            }
            Deed::Leave => return self.note_done(),
            Deed::Enter => {
                // Nobody comes here but by Leave.
                if !self.done.get(self.player.step_index()).is_some_and(|done| *done) {
                    return false;
                }
                self.player.advance(&self.cluster);
                self.start = (self.cluster.clone(), self.player.clone());
                self.mine = None;
                self.shows = false;
                self.settle();
            }
            Deed::Again => {
                self.confirm();
                self.again += 1;
                self.put_back(self.start.clone());
            }
            Deed::Show => {
                self.confirm();
                self.player.show_solution();
                self.player.prove_all();
                self.mine = Some((self.cluster.clone(), self.player.clone()));
                self.shows = true;
            }
            Deed::Mine => match self.mine.take() {
                Some(mine) => self.put_back(mine),
                None => return false,
            },
            Deed::Hint(task) => {
                self.confirm();
                self.player.hint(*task);
            }
            Deed::Prove(line) => {
                if let Some(says) = self.player.quote(line, self.language) {
                    self.turn(says);
                }
                self.observe();
            }
            Deed::Back(_) => {}
        }
        true
    }

    /// Goes back to a moment: so many inputs, and no later than a time.
    fn back(&mut self, kept: usize, at: Time) -> bool {
        let Some(inputs) = self.cluster.inputs().get(..kept).map(<[Input]>::to_vec) else {
            return false;
        };
        let config = self.cluster.config().clone();
        if at < config.start || inputs.last().is_some_and(|input| input.at > at) {
            return false;
        }
        self.work += self.cluster.work();
        let mut cluster = Cluster::new(config);
        let left = self.most.saturating_sub(self.work);
        for input in &inputs {
            if !cluster.run_towards(input.at, left.saturating_sub(cluster.work())) {
                return false;
            }
            cluster.replay_input(input);
        }
        if !cluster.run_towards(at, left.saturating_sub(cluster.work())) {
            return false;
        }
        self.cluster = cluster;
        self.player.observe(&self.cluster);
        self.settle();
        true
    }

    /// What it is worth.
    pub fn grade(&self) -> Grade {
        let mut done = self.done.clone();
        if let Some(last) = done.get_mut(self.player.step_index()) {
            *last |= self.player.step_done();
        }
        let progress = self.player.progress();
        Grade {
            steps: (done.iter().filter(|one| **one).count(), done.len()),
            solved: done.iter().all(|one| *one) && !progress.shown,
            tries: self.again + 1,
            hints: progress.hints,
            shown: progress.shown,
            predictions: progress.predictions(),
            wrong: self.wrong.clone().map(|(step, says)| (step + 1, says)),
            changes: progress.changes,
            time: progress.time,
        }
    }
}

impl Record {
    /// Does all of it again in the cluster of the lesson.
    ///
    /// # Errors
    /// Something in it cannot have happened so.
    pub fn replay(&self, lesson: &Rc<Lesson>, language: Language) -> Result<Replayed, RecordError> {
        self.replay_within(MOST_WORK, lesson, language)
    }

    /// The same within so many reconciles.
    ///
    /// # Errors
    /// Something in it cannot have happened so, or it takes more.
    pub fn replay_within(
        &self,
        most: u64,
        lesson: &Rc<Lesson>,
        language: Language,
    ) -> Result<Replayed, RecordError> {
        if self.step >= lesson.steps.len() {
            return Err(RecordError::Damaged("step".into()));
        }
        let mut replayed = Replayed::begin(lesson, self.step, language);
        replayed.most = most;
        for (place, entry) in self.entries.iter().enumerate() {
            if !replayed.act(entry) {
                return Err(RecordError::Damaged(format!("log[{place}]")));
            }
        }
        if self.until < replayed.cluster.now() {
            return Err(RecordError::Damaged("until".into()));
        }
        replayed.run(self.until);
        if replayed.cluster.now() < self.until {
            return Err(RecordError::Damaged("until".into()));
        }
        Ok(replayed)
    }

    /// The record of a replay that goes on.
    #[must_use]
    pub fn resume(mut self, cluster: &Cluster) -> Self {
        self.inputs = cluster.inputs().to_vec();
        self
    }
}
