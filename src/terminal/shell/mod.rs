//! The shell: lists, pipelines and loops of commands that may wait. The grammar is that of the containers' shell; what
//! differs is that commands of a pipeline run side by side and time passes while they wait.

mod brace;
mod expand;
pub(super) mod parse;
mod route;
mod task;

pub(super) use expand::HOME;
pub(super) use task::Task;
