//! What a record is worth, for people and for programs.

use super::whole;
use crate::api::value::Value;
use crate::language::{Language, Text};
use crate::object;
use crate::sim::Duration;

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
