//! The shell and kubectl, clients of the facade. The same terminal runs in the page and headless.

mod complete;
mod explain;
mod import;
mod kubeconfig;
mod kubectl;
mod paste;
mod process;
mod run;
mod script;
mod shell;
mod tools;
mod yard;

use std::collections::BTreeMap;
use std::rc::Rc;

pub use complete::{Candidate, Completion, complete};
pub use import::is_dump;
pub use kubeconfig::Kubeconfig;
pub use kubectl::describe_text;
pub use paste::{Pasted, pasted};
pub use run::{Effect, Poll, Running};
pub use script::{Audience, run_script, tell_other};

use crate::cluster::Futures;
use crate::language::Language;

/// Where a piece of output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// A plain sentence beside an error, not the command's own words.
    Explain,
    /// A line that would mend it.
    Fix,
}

/// A terminal: its files, variables and history. Plain data.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// The files of its small workspace.
    pub files: BTreeMap<String, Rc<str>>,
    /// Whom kubectl talks to, and in which namespace.
    pub kubeconfig: Kubeconfig,
    /// Variables.
    pub variables: BTreeMap<String, String>,
    /// Lines that were entered, oldest first.
    pub history: Vec<String>,
    /// `$?`
    pub status: i32,
    /// The language of explanations.
    pub language: Language,
    /// Two futures, while there are two.
    pub futures: Option<Box<Futures>>,
}

impl Default for Terminal {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
            kubeconfig: Kubeconfig::default(),
            variables: BTreeMap::new(),
            history: Vec::new(),
            status: 0,
            language: Language::En,
            futures: None,
        }
    }
}

impl Terminal {
    /// The namespace that commands mean.
    pub fn namespace(&self) -> Rc<str> {
        self.kubeconfig.namespace_of(&self.kubeconfig.current)
    }
}

#[cfg(test)]
mod tests;
