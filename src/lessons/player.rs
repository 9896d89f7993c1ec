//! The learner's way through a lesson as plain data: which step, what is done, which hints were asked for.

use std::rc::Rc;

use super::condition::FieldPath;
use super::format::{Evidence, Lesson, Step};
use super::watch::{Report, Watch};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::cluster::{Cluster, Input};
use crate::language::Language;
use crate::sim::{Duration, Time};

/// What a learner points at as proof of a cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointed {
    /// An event: the object that it is about, and its reason.
    Event {
        /// The object's kind.
        kind: Kind,
        /// The object's name.
        name: String,
        /// The event's reason.
        reason: String,
    },
    /// A field of an object.
    Field {
        /// The object's kind.
        kind: Kind,
        /// Its name.
        name: String,
        /// The way to the field.
        path: String,
    },
    /// A line of a pod's log.
    Log {
        /// The pod's name.
        name: String,
        /// The line.
        line: String,
    },
}

impl Evidence {
    /// Whether this is what proves it.
    pub fn accepts(&self, pointed: &Pointed) -> bool {
        let fits = |text: &str| match self.name.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => self.name == text,
        };
        let is = |kind: Kind| Kind::from_word(&self.kind) == Some(kind);
        match pointed {
            Pointed::Event { kind, name, reason } => {
                is(*kind) && fits(name) && self.event.as_ref() == Some(reason)
            }
            Pointed::Field { kind, name, path } => {
                let own = self.field.as_ref().map(ToString::to_string);
                is(*kind) && fits(name) && own.as_ref() == Some(path)
            }
            Pointed::Log { name, line } => {
                fits(name) && self.log.as_ref().is_some_and(|part| line.contains(part))
            }
        }
    }

    /// Whether a line that somebody quotes from what kubectl prints is the proof: the event's row, the field's line,
    /// the log's line.
    pub fn quoted(&self, line: &str) -> bool {
        let has = |word: &str| {
            line.split(|letter: char| !letter.is_alphanumeric()).any(|part| part == word)
        };
        let last = |path: &FieldPath| {
            let path = path.to_string();
            path.rsplit(['.', '[']).next().unwrap_or_default().trim_end_matches(']').to_owned()
        };
        self.event.as_ref().is_some_and(|reason| has(reason))
            || self.field.as_ref().is_some_and(|path| has(&last(path)))
            || self.log.as_ref().is_some_and(|part| line.contains(part))
    }

    /// What would be accepted.
    pub fn proofs(&self) -> Vec<Pointed> {
        let Some(kind) = Kind::from_word(&self.kind) else { return Vec::new() };
        let name = self.name.trim_end_matches('*').to_owned();
        let event = self.event.clone();
        let field = self.field.as_ref().map(ToString::to_string);
        let log = self.log.clone();
        let all = [
            event.map(|reason| Pointed::Event { kind, name: name.clone(), reason }),
            field.map(|path| Pointed::Field { kind, name: name.clone(), path }),
            log.map(|line| Pointed::Log { name: name.clone(), line }),
        ];
        all.into_iter().flatten().collect()
    }

    /// Whether it is there to be pointed at.
    pub fn present(&self, cluster: &Cluster) -> bool {
        let Some(kind) = Kind::from_word(&self.kind) else { return false };
        let objects = cluster.store().list(kind, None);
        let named = objects.iter().filter(|object| {
            let name = &*object.meta().name;
            self.name.strip_suffix('*').map_or(name == self.name, |start| name.starts_with(start))
        });
        let mut named = named.peekable();
        let told = |object: &AnyObject, reason: &str| {
            let uid = object.uid().to_string();
            cluster.store().events_of(&uid).any(|event| *event.reason == *reason)
        };
        named.any(|object| {
            self.event.as_ref().is_none_or(|reason| told(object, reason))
                && self.field.as_ref().is_none_or(|path| path.of(&object.to_value()).is_some())
                && self.log.as_ref().is_none_or(|part| said(cluster, object, part))
        })
    }
}

/// Whether a container of a pod wrote a line in which a text occurs, in this run or the one before.
fn said(cluster: &Cluster, object: &AnyObject, part: &str) -> bool {
    let AnyObject::Pod(pod) = object else { return false };
    let key: ObjectKey = pod.meta.key();
    pod.spec.all_containers().any(|container| {
        [false, true].into_iter().any(|previous| {
            let lines = cluster.logs(&key, &container.name, previous).unwrap_or_default();
            lines.iter().any(|line| line.text.contains(part))
        })
    })
}

/// How many commands some inputs came from: one that writes several objects counts once.
fn commands(inputs: &[Input]) -> usize {
    let same = |pair: &[Input]| matches!(pair, [a, b] if a.at == b.at && a.words == b.words);
    inputs.len() - inputs.windows(2).filter(|pair| same(pair)).count()
}

/// What was done of a lesson; the page keeps it between visits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many steps are done.
    pub steps: usize,
    /// How many hints were asked for.
    pub hints: usize,
    /// Whether a solution was shown: then the lesson does not count as solved.
    pub shown: bool,
    /// The steps whose prediction was answered, and whether the first answer came true.
    pub foretold: Vec<(usize, bool)>,
    /// How many commands changed something in the steps that are done.
    pub changes: usize,
    /// The virtual time that these steps took.
    pub time: Duration,
}

impl Progress {
    /// Predictions that came true, of how many.
    pub fn predictions(&self) -> (usize, usize) {
        (self.foretold.iter().filter(|(_, right)| *right).count(), self.foretold.len())
    }
}

/// What a task looks like at this moment.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskView {
    /// Whether it is done; what was done stays done.
    pub done: bool,
    /// Whether the learner has changed something in this step, or asked for a hint: before that, what is expected would
    /// give the answer away.
    pub tried: bool,
    /// The hints asked for so far.
    pub hints: usize,
    /// The sentence of the usual mistake that was made, if one was.
    pub mistake: Option<String>,
    /// What is missing.
    pub missing: Option<Report>,
    /// Whether the cause must be pointed at first.
    pub wants_evidence: bool,
}

/// How a prediction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which answer was chosen.
    pub chosen: usize,
    /// Which came true.
    pub right: Option<usize>,
    /// Since when it is true, if that can be said.
    pub since: Option<Time>,
}

/// A task at work.
#[derive(Clone, Debug)]
struct Doing {
    check: Watch,
    mistakes: Vec<Watch>,
    done: bool,
    hints: usize,
    proven: bool,
}

impl Doing {
    /// Whether a mistake can be told: what stands as the task asks is no mistake, even if its proof is still wanted.
    fn open(&self, now: Time) -> bool {
        !self.done && !self.check.passes(now)
    }
}

/// A prediction at work: chosen, and the checks of all answers.
#[derive(Clone, Debug)]
struct Foretelling {
    chosen: usize,
    answers: Vec<Watch>,
}

/// A learner in a lesson.
#[derive(Clone, Debug)]
pub struct Player {
    lesson: Rc<Lesson>,
    step: usize,
    tasks: Vec<Doing>,
    foretelling: Option<Foretelling>,
    finding: Option<Finding>,
    progress: Progress,
    /// When the learner's part of the step began, and how many inputs lay behind it.
    entered: (Time, usize),
}

impl Player {
    /// Begins a lesson; the cluster is as its `before` left it.
    pub fn begin(lesson: Rc<Lesson>, cluster: &Cluster) -> Self {
        Self::at(lesson, 0, cluster)
    }

    /// Begins at a step.
    pub fn at(lesson: Rc<Lesson>, step: usize, cluster: &Cluster) -> Self {
        let mut player = Self {
            lesson,
            step,
            tasks: Vec::new(),
            foretelling: None,
            finding: None,
            progress: Progress { steps: step, ..Progress::default() },
            entered: (cluster.now(), 0),
        };
        player.enter(cluster);
        player
    }

    fn enter(&mut self, cluster: &Cluster) {
        let lesson = Rc::clone(&self.lesson);
        let tasks = lesson.steps.get(self.step).map_or(&[][..], |step| &step.tasks);
        self.tasks = tasks
            .iter()
            .map(|task| Doing {
                check: Watch::begin(&task.check, cluster),
                mistakes: task
                    .mistakes
                    .iter()
                    .map(|mistake| Watch::begin(&mistake.check, cluster))
                    .collect(),
                done: false,
                hints: 0,
                proven: task.evidence.is_none(),
            })
            .collect();
        (self.foretelling, self.finding) = (None, None);
        self.entered = (cluster.now(), cluster.inputs().len());
    }

    /// The lesson.
    pub fn lesson(&self) -> &Rc<Lesson> {
        &self.lesson
    }

    /// Which step, counted from 0.
    pub const fn step_index(&self) -> usize {
        self.step
    }

    /// The step.
    pub fn step(&self) -> Option<&Step> {
        self.lesson.steps.get(self.step)
    }

    /// What was done so far.
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Chooses an answer; the caller then does what the prediction plays.
    pub fn foretell(&mut self, chosen: usize, cluster: &Cluster) {
        let Some(prediction) = self.step().and_then(|step| step.predict.as_ref()) else { return };
        let answers = prediction.choices.iter().map(|one| Watch::begin(&one.check, cluster));
        self.foretelling = Some(Foretelling { chosen, answers: answers.collect() });
    }

    /// What was played is over: says how it ended.
    pub fn reveal(&mut self, cluster: &Cluster) -> Option<Finding> {
        let foretelling = self.foretelling.as_mut()?;
        foretelling.answers.iter_mut().for_each(|answer| answer.observe(cluster));
        let now = cluster.now();
        let right = foretelling.answers.iter().position(|answer| answer.passes(now));
        let since = right.and_then(|right| foretelling.answers.get(right)?.since());
        let finding = Finding { chosen: foretelling.chosen, right, since };
        self.foretelling = None;
        // Whoever begins the step again knows the answer: the first one counts.
        if self.progress.foretold.iter().all(|(step, _)| *step != self.step) {
            self.progress.foretold.push((self.step, right == Some(finding.chosen)));
        }
        // What the learner is to do begins after what was shown.
        self.enter(cluster);
        self.finding = Some(finding.clone());
        Some(finding)
    }

    /// How the prediction of this step ended, if it has.
    pub const fn finding(&self) -> Option<&Finding> {
        self.finding.as_ref()
    }

    /// Which answer was chosen in this step, if one was.
    pub fn chosen(&self) -> Option<usize> {
        let playing = self.foretelling.as_ref().map(|one| one.chosen);
        playing.or_else(|| self.finding.as_ref().map(|finding| finding.chosen))
    }

    /// Whether an answer must be chosen before anything else.
    pub fn asks(&self) -> bool {
        self.finding.is_none() && self.step().is_some_and(|step| step.predict.is_some())
    }

    /// Takes in what has happened; answers which tasks were done by it.
    pub fn observe(&mut self, cluster: &Cluster) -> Vec<usize> {
        let now = cluster.now();
        let mut newly = Vec::new();
        for (index, task) in self.tasks.iter_mut().enumerate() {
            task.check.observe(cluster);
            task.mistakes.iter_mut().for_each(|mistake| mistake.observe(cluster));
            if !task.done && task.proven && task.check.passes(now) {
                task.done = true;
                newly.push(index);
            }
        }
        if !newly.is_empty() && self.step_done() {
            let (at, inputs) = self.entered;
            self.progress.changes += commands(cluster.inputs().get(inputs..).unwrap_or_default());
            self.progress.time = self.progress.time + (now - at).max(Duration::ZERO);
        }
        newly
    }

    /// When a task may be done although nothing changes.
    pub fn due(&self) -> Option<Time> {
        self.tasks.iter().filter(|task| !task.done).filter_map(|task| task.check.due()).min()
    }

    /// The usual mistake that shows at this moment: which task, and what is said of it.
    pub fn mistake(&self, now: Time, language: Language) -> Option<(usize, String)> {
        let texts = self.step()?.tasks.iter();
        self.tasks.iter().zip(texts).enumerate().find_map(|(index, (doing, task))| {
            let made = doing.mistakes.iter().position(|mistake| mistake.passes(now))?;
            let says = &task.mistakes.get(made).filter(|_| doing.open(now))?.says;
            Some((index, says.text(language).to_owned()))
        })
    }

    /// What the tasks look like.
    pub fn tasks(&self, cluster: &Cluster, language: Language) -> Vec<TaskView> {
        let now = cluster.now();
        let own = cluster.inputs().get(self.entered.1..).unwrap_or_default();
        let texts = self.step().map_or(&[][..], |step| &step.tasks);
        let views = self.tasks.iter().zip(texts).map(|(doing, task)| {
            let made = doing.mistakes.iter().position(|mistake| mistake.passes(now));
            let mistake =
                made.filter(|_| doing.open(now)).and_then(|place| task.mistakes.get(place));
            TaskView {
                done: doing.done,
                tried: doing.hints > 0 || !own.is_empty(),
                hints: doing.hints,
                mistake: mistake.map(|mistake| mistake.says.text(language).to_owned()),
                missing: doing.check.report(cluster).filter(|_| !doing.done),
                wants_evidence: !doing.proven,
            }
        });
        views.collect()
    }

    /// Asks for one more hint of a task.
    pub fn hint(&mut self, task: usize) {
        if let Some(doing) = self.tasks.get_mut(task).filter(|doing| doing.hints < 3) {
            doing.hints += 1;
            self.progress.hints += 1;
        }
    }

    /// Points at something as the proof of a task; answers what is said if it proves nothing.
    pub fn point(&mut self, pointed: &Pointed, language: Language) -> Option<String> {
        self.prove_by(|evidence| evidence.accepts(pointed), language)
    }

    /// Quotes a line of what kubectl prints as the proof; answers what is said if it proves nothing.
    pub fn quote(&mut self, line: &str, language: Language) -> Option<String> {
        self.prove_by(|evidence| evidence.quoted(line), language)
    }

    fn prove_by(
        &mut self,
        proves: impl Fn(&Evidence) -> bool,
        language: Language,
    ) -> Option<String> {
        let step = self.lesson.steps.get(self.step)?;
        let mut wrong = None;
        for (doing, task) in self.tasks.iter_mut().zip(&step.tasks) {
            match &task.evidence {
                Some(evidence) if !doing.proven => {
                    doing.proven = proves(evidence);
                    if !doing.proven {
                        wrong = Some(evidence.wrong.text(language).to_owned());
                    }
                }
                _ => {}
            }
        }
        wrong
    }

    /// Whether a cause is to be pointed at.
    pub fn wants_proof(&self) -> bool {
        self.tasks.iter().any(|task| !task.proven)
    }

    /// Who is shown the solution is shown the proof with it.
    pub fn prove_all(&mut self) {
        self.tasks.iter_mut().for_each(|task| task.proven = true);
    }

    /// What was asked for stays asked for when somebody goes back.
    pub fn remember(&mut self, progress: &Progress) {
        let own = &mut self.progress;
        own.hints = own.hints.max(progress.hints);
        own.shown |= progress.shown;
        own.steps = own.steps.max(progress.steps);
        own.foretold.clone_from(&progress.foretold);
    }

    /// The solution was shown.
    pub const fn show_solution(&mut self) {
        self.progress.shown = true;
    }

    /// Whether everything of this step is done.
    pub fn step_done(&self) -> bool {
        !self.asks() && self.tasks.iter().all(|task| task.done)
    }

    /// Whether the last step is done.
    pub fn over(&self) -> bool {
        self.step + 1 >= self.lesson.steps.len() && self.step_done()
    }

    /// Goes on to the next step; the caller has done what happens as it begins.
    pub fn advance(&mut self, cluster: &Cluster) {
        self.step += 1;
        self.progress.steps = self.progress.steps.max(self.step);
        self.enter(cluster);
    }
}
