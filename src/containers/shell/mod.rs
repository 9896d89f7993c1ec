//! A shell in virtual time: what `sh -c` in a container runs. A machine with an explicit stack, so that it can stand
//! still at a `sleep` and be cloned there. Words and messages are busybox ash's (bash's where the image has bash).
//!
//! Substitutions and the stages of a pipeline run to their end within one step; the time they sleep passes after it.

pub(crate) mod arithmetic;
pub(crate) mod awk;
mod commands;
pub(crate) mod condition;
pub(crate) mod escape;
mod expand;
pub(crate) mod fields;
pub(crate) mod glob;
mod machine;
pub(crate) mod parse;
pub(crate) mod pattern;
pub(crate) mod sed;
pub(crate) mod seq;

pub(in crate::containers) use machine::INIT;
pub use machine::{Machine, Outcome, Variables};
pub use parse::{Script, parse};

pub(super) use commands::unix_date;

use std::rc::Rc;

/// A moment as `date` prints it.
pub fn date_line(at: crate::sim::Time) -> String {
    commands::unix_date(at)
}

/// Whether the shell has a command of this name.
pub(super) fn known_command(name: &str) -> bool {
    commands::exists(name)
}

/// Whether a command is a shell that reads from its standard input what it is to do.
pub fn reads_input<T: AsRef<str>>(argv: &[T]) -> bool {
    let Some((name, rest)) = argv.split_first() else { return false };
    let shell = matches!(name.as_ref().rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"));
    let bare = |word: &T| matches!(word.as_ref(), "-i" | "-l" | "-li" | "-il" | "--login");
    shell && rest.iter().all(bare)
}

/// A script of one command with these words as they stand. `sh -c TEXT` becomes the text itself: the shell is PID 1.
pub(super) fn of_words(argv: &[Rc<str>]) -> Script {
    let text = |word: &Rc<str>| vec![parse::Part::Text { text: word.to_string(), quoted: true }];
    let words = argv.iter().map(text).collect();
    Rc::new([parse::Node::Simple { assigns: Vec::new(), words, redirects: Vec::new() }])
}

#[cfg(test)]
mod tests;
