//! Lessons as data: their format, checks over what the cluster does, the learner's way through one, and the proof
//! that a lesson is sound. `docs/lessons.md` is the guide for authors.
//!
//! A check looks at the cluster and never at what was typed: every road that gets there counts.

mod check;
mod condition;
mod draft;
mod format;
pub mod link;
mod player;
mod proof;
mod record;
mod scene;
mod watch;

pub use check::{Check, Count, Target, When};
pub use condition::{Condition, FieldPath, Test};
pub use draft::draft;
pub use format::{
    Begins, Both, Choice, Evidence, Lesson, LessonError, Mistake, Panel, Par, Prediction, Settings,
    Step, Task, Track,
};
pub use player::{Finding, Player, Pointed, Progress, TaskView};
pub use proof::{Finished, prove};
pub use record::{Deed, Entry, Grade, Record, RecordError, Replayed};
pub use scene::Scene;
pub use watch::{Report, Watch};
