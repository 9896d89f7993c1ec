//! What runs in a container: image behaviours and a shell in virtual time. Knows nothing of pods.

pub mod catalogue;
pub mod files;
pub mod process;
pub mod shell;
pub mod signal;

pub use catalogue::{Image, PullOutcome};
pub use files::Files;
pub use process::{
    Answer, ExecOutput, Exit, Health, Outside, Process, ProcessSpec, Request, StartError,
};
pub use signal::Signal;
