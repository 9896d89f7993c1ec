//! The shell and kubectl, clients of the facade. The same terminal runs in the page and headless.

mod complete;
pub mod kubectl;
mod line;
mod run;
mod tools;
mod yard;

use std::collections::BTreeMap;
use std::rc::Rc;

pub use complete::complete;
pub use run::{Effect, Poll, Running};

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
}

/// A terminal: its files, variables and history. Plain data.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// The files of its small workspace.
    pub files: BTreeMap<String, Rc<str>>,
    /// The namespace that commands mean.
    pub namespace: Rc<str>,
    /// Variables.
    pub variables: BTreeMap<String, String>,
    /// Lines that were entered, oldest first.
    pub history: Vec<String>,
    /// `$?`
    pub status: i32,
    /// The language of explanations.
    pub language: Language,
}

impl Default for Terminal {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
            namespace: "default".into(),
            variables: BTreeMap::new(),
            history: Vec::new(),
            status: 0,
            language: Language::En,
        }
    }
}

/// What a command gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// Plain sentences beside an error.
    pub explain: String,
    /// The exit status.
    pub status: i32,
    /// What goes on after this.
    pub(crate) follow: Option<run::Follow>,
    /// What the page is asked to do.
    pub effects: Vec<Effect>,
}

impl Outcome {
    /// Printed and done.
    pub(crate) fn text(out: impl Into<String>) -> Self {
        Self { out: out.into(), ..Self::default() }
    }

    /// Failed with a message.
    pub(crate) fn fail(err: impl Into<String>) -> Self {
        let mut err = err.into();
        if !err.ends_with('\n') {
            err.push('\n');
        }
        Self { err, status: 1, ..Self::default() }
    }
}

/// An object as `kubectl describe` prints it.
pub fn describe_text(object: &crate::api::AnyObject, cluster: &crate::cluster::Cluster) -> String {
    kubectl::describe::describe(object, cluster, true)
}
