//! The files: `lessons/TRACK/track.yaml` and `lessons/TRACK/LESSON.yaml`.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use serde::Deserialize;

use super::check::{Check, span};
use super::condition::FieldPath;
use crate::cluster::Config;
use crate::language::Language;
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};

/// So many lessons may go on from each other.
const LONGEST_CHAIN: usize = 8;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawBoth")]
pub struct Both {
    en: String,
    ko: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBoth {
    en: String,
    ko: String,
}

impl TryFrom<RawBoth> for Both {
    type Error = String;

    fn try_from(raw: RawBoth) -> Result<Self, String> {
        match (raw.en.trim().is_empty(), raw.ko.trim().is_empty()) {
            (false, false) => Ok(Self { en: raw.en, ko: raw.ko }),
            (true, _) => Err("the English text is empty".into()),
            (_, true) => Err("the Korean text is empty".into()),
        }
    }
}

impl Both {
    /// The text in a language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ko => &self.ko,
        }
    }
}

/// A part of the page that a lesson shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Panel {
    /// The nodes with their pods.
    Yard,
    /// The editor.
    Editor,
    /// The terminal.
    Terminal,
    /// The cards of the control loops.
    Loops,
    /// The stream of events.
    Events,
    /// What happened when.
    Timeline,
}

impl Panel {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::Yard, Self::Loops, Self::Editor, Self::Terminal, Self::Events, Self::Timeline];

    /// Its word in lessons and addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yard => "yard",
            Self::Editor => "editor",
            Self::Terminal => "terminal",
            Self::Loops => "loops",
            Self::Events => "events",
            Self::Timeline => "timeline",
        }
    }
}

/// How a lesson's cluster begins and what is shown; what a lesson leaves out its track says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// How many workers stand beside the control plane.
    pub nodes: Option<usize>,
    /// Everything random follows from it.
    pub seed: Option<u64>,
    /// The date at which the lesson begins.
    pub start: Option<Date>,
    /// How fast time runs at first: 1 is a second a second.
    pub speed: Option<f64>,
    /// Whether the clock stands until the learner starts it.
    pub paused: Option<bool>,
    /// What is shown; nothing means everything.
    pub panels: Option<Vec<Panel>>,
}

/// A date as in `2026-01-05T09:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Date(pub Time);

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Time::parse_rfc3339(&text)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no time; write `2026-01-05T09:00:00Z`"))
    }
}

impl Settings {
    fn or(self, other: &Self) -> Self {
        Self {
            nodes: self.nodes.or(other.nodes),
            seed: self.seed.or(other.seed),
            start: self.start.or(other.start),
            speed: self.speed.or(other.speed),
            paused: self.paused.or(other.paused),
            panels: self.panels.or_else(|| other.panels.clone()),
        }
    }

    /// The cluster these settings ask for.
    pub fn config(&self) -> Config {
        let usual = Config::default();
        Config {
            workers: self.nodes.unwrap_or(usual.workers),
            seed: self.seed.map_or(usual.seed, Seed),
            start: self.start.map_or(usual.start, |date| date.0),
            ..usual
        }
    }
}

/// A track: lessons that follow each other.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Track {
    /// Its name.
    pub title: Both,
    /// What it is about, in a sentence.
    pub summary: Both,
    /// The names of its lessons in their order.
    pub lessons: Vec<String>,
    /// What holds for all of them.
    #[serde(default)]
    pub settings: Settings,
}

/// A lesson.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lesson {
    /// Its name.
    pub title: Both,
    /// What one learns, in a sentence.
    pub summary: Both,
    /// About how many minutes it takes.
    pub minutes: u32,
    /// How its cluster begins.
    #[serde(default)]
    pub settings: Settings,
    /// The lesson from whose end this one goes on: `hello` of the same track, or `jobs/hello`.
    pub after: Option<String>,
    /// That lesson, once it was found.
    #[serde(skip)]
    pub earlier: Option<Rc<Self>>,
    /// What a good solution needs.
    pub par: Option<Par>,
    /// The files that lie in the workspace.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Those of them that the cluster is meant to refuse.
    #[serde(default)]
    pub broken: Vec<String>,
    /// What is done before the learner comes: lines of the terminal.
    #[serde(default)]
    pub before: String,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// What a good solution of a lesson needs, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawPar")]
pub struct Par {
    /// So many commands that change something.
    pub changes: usize,
    /// So much virtual time.
    pub time: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPar {
    changes: usize,
    time: String,
}

impl TryFrom<RawPar> for Par {
    type Error = String;

    fn try_from(raw: RawPar) -> Result<Self, String> {
        let time = span(&raw.time);
        let time =
            time.ok_or_else(|| format!("`{}` is no time; write `30s`, `5m` or `2h`", raw.time))?;
        Ok(Self { changes: raw.changes, time })
    }
}

/// Where a step begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Begins {
    /// Where the one before ended.
    #[default]
    Previous,
    /// Where the lesson began.
    Start,
}

/// A step: something to read, to foretell, to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// Its name.
    pub title: Both,
    /// What there is to read, in Markdown.
    pub text: Both,
    /// Where it begins.
    #[serde(default)]
    pub from: Begins,
    /// What happens as the step begins, without the learner: lines of the terminal.
    #[serde(default)]
    pub before: String,
    /// What the learner foretells before it happens.
    pub predict: Option<Prediction>,
    /// What the learner does.
    #[serde(default)]
    pub tasks: Vec<Task>,
    /// Lines of the terminal that do it.
    #[serde(default)]
    pub solution: String,
    /// Other ways that are right, as proof: each does every task and is told no mistake.
    #[serde(default)]
    pub also: Vec<String>,
}

/// A question whose answer the cluster gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prediction {
    /// The question.
    pub question: Both,
    /// What is done once an answer is chosen: lines of the terminal.
    pub play: String,
    /// The answers. The one whose check then holds is right.
    pub choices: Vec<Choice>,
}

/// An answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Choice {
    /// The answer.
    pub text: Both,
    /// What is true of the cluster if it is right.
    pub check: Check,
    /// What is said to who chose it.
    pub says: Both,
}

/// Something to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Task {
    /// What, in a sentence.
    pub text: Both,
    /// When it is done.
    pub check: Check,
    /// Three hints, from a question to almost the answer.
    pub hints: [Both; 3],
    /// The usual wrong ways.
    #[serde(default)]
    pub mistakes: Vec<Mistake>,
    /// What the learner must point at before the mending counts.
    pub evidence: Option<Evidence>,
}

/// A usual wrong way.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mistake {
    /// How one sees it.
    pub check: Check,
    /// What is said of it.
    pub says: Both,
    /// Lines that go this way, as proof.
    pub script: String,
}

/// What proves a cause.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evidence {
    /// The question.
    pub question: Both,
    /// The kind of the object that it is about.
    pub kind: String,
    /// The object's name; `*` at the end stands for anything.
    pub name: String,
    /// The reason of an event about it.
    pub event: Option<String>,
    /// A field of it.
    pub field: Option<FieldPath>,
    /// A line of its log in which this occurs.
    pub log: Option<String>,
    /// What is said to who points elsewhere.
    pub wrong: Both,
}

/// A file that is no lesson: where, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonError {
    /// Line and column, counted from 1, if known.
    pub at: Option<(usize, usize)>,
    /// A sentence.
    pub message: String,
}

impl fmt::Display for LessonError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(out, "{line}:{column}: {}", self.message),
            None => out.write_str(&self.message),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, LessonError> {
    serde_yaml::from_str(text).map_err(|error| {
        let at = error.location().map(|place| (place.line(), place.column()));
        let message = error.to_string();
        // The place stands before the message already.
        let message = message.rsplit_once(" at line ").map_or(&*message, |(words, _)| words);
        LessonError { at, message: message.to_owned() }
    })
}

impl Track {
    /// Reads `track.yaml`.
    ///
    /// # Errors
    /// Where it is no track, and why.
    pub fn parse(text: &str) -> Result<Self, LessonError> {
        read(text)
    }
}

impl Lesson {
    /// Reads a lesson; what it leaves out of its settings its track says.
    ///
    /// # Errors
    /// Where it is no lesson, and why.
    pub fn parse(text: &str, track: Option<&Track>) -> Result<Self, LessonError> {
        let mut lesson: Self = read(text)?;
        if lesson.steps.is_empty() {
            return Err(LessonError { at: None, message: "a lesson has at least one step".into() });
        }
        if let Some(track) = track {
            lesson.settings = lesson.settings.or(&track.settings);
        }
        Ok(lesson)
    }

    /// Reads a lesson together with those it goes on from. `read` gives the lesson of a name (`jobs/hello`).
    ///
    /// # Errors
    /// One of them cannot be read, or they go round in a circle.
    pub fn chain(id: &str, read: &dyn Fn(&str) -> Result<Self, String>) -> Result<Self, String> {
        Self::chain_of(id, read, LONGEST_CHAIN)
    }

    fn chain_of(
        id: &str,
        read: &dyn Fn(&str) -> Result<Self, String>,
        left: usize,
    ) -> Result<Self, String> {
        let mut lesson = read(id)?;
        if let Some(after) = lesson.after_in(id) {
            if left == 0 {
                return Err(format!("`after: {after}` goes round in a circle, or on for too long"));
            }
            let earlier = Self::chain_of(&after, read, left - 1);
            let earlier = earlier.map_err(|error| format!("after {after}: {error}"))?;
            lesson.follow(Rc::new(earlier));
        }
        Ok(lesson)
    }

    /// The name of the lesson it goes on from, seen from a lesson of a name (`jobs/failure`).
    pub fn after_in(&self, id: &str) -> Option<String> {
        let name = self.after.as_deref()?;
        match id.rsplit_once('/') {
            Some((track, _)) if !name.contains('/') => Some(format!("{track}/{name}")),
            _ => Some(name.to_owned()),
        }
    }

    /// Goes on from the end of another lesson: its cluster, and its files but for those of the same name.
    pub fn follow(&mut self, earlier: Rc<Self>) {
        let Settings { nodes, seed, start, .. } = earlier.settings.clone();
        self.settings = Settings { nodes, seed, start, ..self.settings.clone() };
        for (name, text) in &earlier.files {
            self.files.entry(name.clone()).or_insert_with(|| text.clone());
        }
        let broken = earlier.broken.iter().filter(|name| !self.broken.contains(name));
        self.broken.extend(broken.cloned().collect::<Vec<_>>());
        self.earlier = Some(earlier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_has_one_word_in_lessons_and_addresses() {
        for panel in Panel::ALL {
            assert_eq!(serde_yaml::from_str::<Panel>(panel.word()).unwrap(), panel);
        }
    }

    const SMALL: &str = "title: {en: A, ko: 가}\nsummary: {en: A, ko: 가}\nminutes: 5\nsteps:\n- title: {en: A, ko: 가}\n  text: {en: A, ko: 가}\n";

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        assert!(Lesson::parse(SMALL, None).is_ok());
        for (line, words) in [
            ("  tsks: []\n", "unknown field `tsks`"),
            ("  predict: {question: {en: A}}\n", "missing field `ko`"),
            ("  solution: [1]\n", "invalid type: sequence, expected a string"),
        ] {
            let error = Lesson::parse(&format!("{SMALL}{line}"), None).unwrap_err();
            assert!(error.message.contains(words), "{error}");
            assert_eq!(error.at.map(|(line, _)| line), Some(7), "{error}");
        }
        let task = "  tasks:\n  - text: {en: A, ko: 가}\n    hints: [{en: A, ko: 가}, {en: A, ko: 가}, {en: A, ko: 가}]\n    check: ";
        for (check, words) in [
            ("{kind: Pot}", "there is no kind `Pot`"),
            ("{kind: Pod, all: []}", "a check has one of"),
            ("{kind: Pod, for: 3s}", "`for` belongs to"),
            ("{kind: Pod, when: stayed, for: soon}", "is no time"),
            ("{kind: Pod, where: [{field: a..b, is: 1}]}", "is no path to a field"),
            ("{kind: Pod, where: [{field: a.b}]}", "a condition has one of"),
            ("{kind: Pod, count: {}}", "`count` has one of"),
        ] {
            let error = Lesson::parse(&format!("{SMALL}{task}{check}\n"), None).unwrap_err();
            assert!(error.message.contains(words), "{error}");
            assert!(error.at.is_some(), "{error}");
        }
    }
}
