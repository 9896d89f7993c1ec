//! The call of `awk`: its program runs over files, or over lines as they come.

use super::file;
use crate::containers::shell::awk::{Awk, Call};
use crate::terminal::process::{Finished, Io, Process, Turn};

/// A program at work.
#[derive(Debug)]
struct Running {
    awk: Awk,
    /// The texts of the files; nothing where it reads standard input.
    files: Option<String>,
    missing: bool,
}

/// Begins `awk`.
pub(super) fn start(arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let call = Call::parse(&words);
    let read = call.and_then(|call| Ok((call.awk()?, call.names)));
    let (awk, names) = match read {
        Ok(read) => read,
        Err(words) => {
            io.error(&format!("awk: {words}"));
            return Box::new(Finished(2));
        }
    };
    let (mut text, mut missing) = (String::new(), false);
    for name in names.iter().filter(|name| *name != "-") {
        match file(io, name) {
            Some(one) => text.push_str(&one),
            None => {
                io.error(&format!("awk: cannot open \"{name}\" (No such file or directory)"));
                missing = true;
            }
        }
    }
    let from_input = names.is_empty() || names.iter().any(|name| name == "-");
    Box::new(Running { awk, files: (!from_input).then_some(text), missing })
}

impl Process for Running {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let mut output = String::new();
        self.awk.begin(&mut output);
        let mut goes_on = self.awk.exit.is_none() && self.awk.reads();
        if let Some(text) = self.files.take() {
            for line in text.lines() {
                if !goes_on || !self.awk.line(line, &mut output) {
                    break;
                }
            }
        } else if goes_on {
            while let Some(line) = io.input.line() {
                goes_on = self.awk.line(line.trim_end_matches('\n'), &mut output);
                if !goes_on {
                    break;
                }
            }
            if goes_on && !io.input.closed {
                io.out(&output);
                return Turn::Waits(None);
            }
        }
        self.awk.end(&mut output);
        io.out(&output);
        let status = self.awk.exit.map_or(0, |status| i32::try_from(status & 0xff).unwrap_or(0));
        Turn::Done(if self.missing { 2 } else { status })
    }
}
