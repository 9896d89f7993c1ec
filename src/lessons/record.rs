//! What a learner did in a lesson, in order: every input, every way back, every answer, hint and proof. Replayed in the
//! lesson's own cluster it gives the same end, with the same tasks done: nothing that a file claims is believed.
//!
//! A lesson of an hour has some hundred entries; a replay observes after each wake-up, as cheap as the lesson itself.

mod grade;
mod replay;

pub use self::grade::Grade;
pub use self::replay::Replayed;

use crate::api::value::Value;
use crate::cluster::{Cluster, Input};
use crate::language::Text;
use crate::object;
use crate::sim::rng::{Purpose, Seed};
use crate::sim::{Duration, Time};

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
