//! Where input comes from and output goes.

use std::rc::Rc;

use super::{LONGEST, Machine, Task};
use crate::containers::files::{Files, NO_FOLDER};
use crate::containers::process::Outside;
use crate::containers::shell::parse::{Redirect, RedirectKind};
use crate::sim::Time;

/// Where a stream goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::containers::shell) enum Target {
    /// The container's standard output.
    Out,
    /// The container's standard error.
    Err,
    /// A file; writes go to its end.
    File(Rc<str>),
    /// A text that is collected.
    Capture,
}

impl Machine {
    /// What puts the streams back after these redirections.
    pub(super) fn restore(&self, redirects: &[Redirect]) -> Task {
        use RedirectKind::{Here, HereString, Read};
        let reads = redirects.iter().any(|one| matches!(one.kind, Here | HereString | Read));
        let input = reads.then(|| self.input.clone());
        Task::Restore { out: self.out.clone(), err: self.err.clone(), input }
    }

    /// Opens the targets of redirections; says whether all could be opened.
    pub(super) fn redirect(&mut self, redirects: &[Redirect], outside: &mut dyn Outside) -> bool {
        for redirect in redirects {
            let Ok(text) = self.expand_text(&redirect.target, outside) else { return false };
            if redirect.kind == RedirectKind::Here {
                self.input = Some(text.into());
                continue;
            }
            if redirect.kind == RedirectKind::HereString {
                self.input = Some(format!("{text}\n").into());
                continue;
            }
            if redirect.kind == RedirectKind::Duplicate {
                match (redirect.fd, text.as_str()) {
                    (1, "2") => self.out = self.err.clone(),
                    (2, "1") => self.err = self.out.clone(),
                    _ => {}
                }
                continue;
            }
            let path = Files::absolute(&self.folder, &text);
            if redirect.kind == RedirectKind::Read {
                match self.files.read(&path) {
                    Some(content) => self.input = Some(content.into()),
                    None => {
                        self.complain(&format!("can't open {text}: no such file"));
                        self.status = 1;
                        return false;
                    }
                }
                continue;
            }
            let target = match path.as_str() {
                "/dev/stdout" | "/proc/1/fd/1" => Target::Out,
                "/dev/stderr" | "/proc/1/fd/2" => Target::Err,
                _ => {
                    let append = redirect.kind == RedirectKind::Append;
                    let kept = if append {
                        self.files.read(&path).unwrap_or_default().to_owned()
                    } else {
                        String::new()
                    };
                    if let Some(problem) = self.files.problem(&path) {
                        let problem = match problem {
                            NO_FOLDER if !self.bash => "nonexistent directory",
                            other => other,
                        };
                        let failed = if self.bash { "" } else { "can't create " };
                        self.complain(&format!("{failed}{text}: {problem}"));
                        self.status = 1;
                        return false;
                    }
                    self.files.write(&path, &kept, false);
                    Target::File(path.into())
                }
            };
            match (redirect.kind, redirect.fd) {
                (RedirectKind::Both, _) => (self.out, self.err) = (target.clone(), target),
                (_, 2) => self.err = target,
                _ => self.out = target,
            }
        }
        true
    }

    /// What it printed since this was last asked: time, whether it is an error, text.
    pub fn take_output(&mut self) -> Vec<(Time, bool, String)> {
        std::mem::take(&mut self.output)
    }

    /// Prints to the standard output of now.
    pub(in crate::containers::shell) fn print(&mut self, text: &str) {
        let target = self.out.clone();
        self.emit(&target, text);
    }

    /// Prints to the standard error of now.
    pub(in crate::containers::shell) fn print_error(&mut self, text: &str) {
        let target = self.err.clone();
        self.emit(&target, text);
    }

    pub(super) fn emit(&mut self, target: &Target, text: &str) {
        match target {
            Target::Out => self.output.push((self.now, false, text.to_owned())),
            Target::Err => self.output.push((self.now, true, text.to_owned())),
            Target::File(path) => {
                self.files.write(path, text, true);
            }
            Target::Capture if self.captured.len() < LONGEST => self.captured.push_str(text),
            Target::Capture => {}
        }
    }

    /// `sh: TEXT` on standard error.
    pub(in crate::containers::shell) fn complain(&mut self, text: &str) {
        let line = match self.bash {
            true => format!("{}: line 1: {text}\n", self.name),
            false => format!("{}: {text}\n", self.name),
        };
        self.print_error(&line);
    }

    /// A command failed, and says so itself.
    pub(in crate::containers::shell) fn fail(&mut self, status: i64, text: &str) {
        self.print_error(&format!("{text}\n"));
        self.status = status;
    }
}
