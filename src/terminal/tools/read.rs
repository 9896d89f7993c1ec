//! `read`: a line of standard input becomes variables.

use crate::containers::shell::escape::without_backslashes;
use crate::containers::shell::fields::shared_out;
use crate::terminal::process::{Finished, Io, Process, Turn};

#[derive(Debug)]
struct Read {
    names: Vec<String>,
    raw: bool,
}

/// Begins `read`.
pub(super) fn start(arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    let (mut raw, mut names) = (false, Vec::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-r" | "-er" | "-re" => raw = true,
            "-s" | "-e" => {}
            "-p" | "-t" | "-rp" => {
                raw |= word == "-rp";
                let value = words.next().map_or("", String::as_str);
                if word != "-t" && io.input.person {
                    io.out(value);
                }
            }
            "--" => names.extend(words.by_ref().cloned()),
            flag if flag.starts_with('-') => {
                io.error(&format!("bash: read: {flag}: this option is not part of this terminal"));
                return Box::new(Finished(2));
            }
            name if !is_name(name) => {
                io.error(&format!("bash: read: `{name}': not a valid identifier"));
                return Box::new(Finished(1));
            }
            name => names.push(name.to_owned()),
        }
    }
    Box::new(Read { names, raw })
}

/// Whether a variable can be called so.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter == '_' || letter.is_ascii_alphabetic())
        && name.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric())
}

impl Process for Read {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let line = match io.input.line() {
            Some(line) => line,
            None if io.input.closed => String::new(),
            None => return Turn::Waits(None),
        };
        let text = line.strip_suffix('\n').unwrap_or(&line);
        let text = if self.raw { text.to_owned() } else { without_backslashes(text) };
        let variables = &mut io.terminal.variables;
        if self.names.is_empty() {
            variables.insert("REPLY".into(), text);
        } else {
            let separators = variables.get("IFS").cloned();
            let values = shared_out(&text, separators.as_deref(), self.names.len());
            let mut values = values.into_iter();
            for name in &self.names {
                variables.insert(name.clone(), values.next().unwrap_or_default());
            }
        }
        Turn::Done(i32::from(!line.ends_with('\n')))
    }
}
