//! Doing a record again in the lesson's own cluster: what it proves, and which turns were wrong.

use std::rc::Rc;

use super::{Deed, Entry, Grade, Record, RecordError};
use crate::cluster::{Cluster, Input};
use crate::language::{Language, Text};
use crate::lessons::format::Lesson;
use crate::lessons::player::Player;
use crate::lessons::scene::Scene;
use crate::sim::{Duration, Time};

/// A usual mistake that stands for so long is a wrong turn and not a moment on the way.
const STANDS: Duration = Duration::from_seconds(60);

/// So many reconciles may a replay cost: months of a CronJob, and no more than some seconds.
const MOST_WORK: u64 = 3_000_000;

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
