//! The facade: one world, one loop that moves it, inputs, history, causes. No layer above this one is known here,
//! and no screen, browser or wall clock.

mod bootstrap;
mod branches;
mod causes;
mod chain;
mod facade;
mod futures;
mod history;
mod input;
mod landmarks;
mod placement;
mod reads;
mod recorded;
mod run;
mod session;
mod standing;
mod steps;
mod usage;
mod why;
mod world;

pub use crate::apiserver::{Patch, Written};
pub use crate::kubelet::{
    ExecResult, LogLine, MEASURED_EVERY, ProbeOutcome, ProbeResult, Registry, Usage, measured,
};
pub use bootstrap::NodeSpecification;
pub use branches::{Branch, Parting};
pub use causes::{Actor, AnyDecision, Cause, LoopId, LoopKey, Trigger};
pub use chain::{By, Link, Place, clock, named};
pub use facade::{Cluster, WriteOptions};
pub use futures::{Counts, Difference, Futures, Measure, Side};
pub use input::{Action, Input, Verb};
pub use landmarks::{Landmark, is_visible};
pub use placement::{Cell, Placement, Row, check_key, score_key};
pub use session::{Replay, Session, SessionError, Tree};
pub use why::{Why, sentence};
pub use world::{Config, World};

#[cfg(test)]
mod tests;
