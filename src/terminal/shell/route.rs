//! Redirections: where a command's output goes and where its input comes from.

use crate::containers::shell::parse::RedirectKind;
use crate::terminal::Stream;
use crate::terminal::process::{Io, Output};

/// Where a stream goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Out,
    Err,
    Nowhere,
    File(String),
}

/// Where the streams of a command go.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    out: Target,
    err: Target,
    /// What stands in place of its standard input.
    pub(super) input: Option<String>,
}

impl Default for Routes {
    fn default() -> Self {
        Self { out: Target::Out, err: Target::Err, input: None }
    }
}

impl Routes {
    /// Adds one redirection with its expanded target.
    ///
    /// # Errors
    /// bash's words.
    pub(super) fn add(
        &mut self,
        fd: u8,
        kind: RedirectKind,
        target: String,
        io: &mut Io<'_>,
    ) -> Result<(), String> {
        let name = target.strip_prefix("./").unwrap_or(&target).to_owned();
        match kind {
            RedirectKind::Here => self.input = Some(target),
            RedirectKind::Read if name == "/dev/null" => self.input = Some(String::new()),
            RedirectKind::Read => {
                let missing = || format!("bash: {name}: No such file or directory");
                let text = io.terminal.files.get(&name).ok_or_else(missing)?;
                self.input = Some(text.to_string());
            }
            RedirectKind::Duplicate => {
                let same = match name.as_str() {
                    "1" => self.out.clone(),
                    "2" => self.err.clone(),
                    other => return Err(format!("bash: {other}: Bad file descriptor")),
                };
                self.set(fd, same);
            }
            RedirectKind::Write | RedirectKind::Append | RedirectKind::Both => {
                if name.is_empty() {
                    return Err("bash: : No such file or directory".into());
                }
                let target = match name.as_str() {
                    "/dev/null" => Target::Nowhere,
                    "/dev/stdout" => Target::Out,
                    "/dev/stderr" => Target::Err,
                    name if name.starts_with('/') => {
                        return Err(format!("bash: {name}: Permission denied"));
                    }
                    _ => {
                        let file = io.terminal.files.entry(name.clone()).or_default();
                        if kind != RedirectKind::Append {
                            *file = "".into();
                        }
                        Target::File(name)
                    }
                };
                if kind == RedirectKind::Both {
                    self.set(2, target.clone());
                }
                self.set(fd, target);
            }
        }
        Ok(())
    }

    fn set(&mut self, fd: u8, target: Target) {
        match fd {
            2 => self.err = target,
            _ => self.out = target,
        }
    }

    /// Sends what a command printed on its way.
    pub(super) fn deliver(&self, output: Output, io: &mut Io<'_>) {
        for effect in output.effects {
            io.output.effect(effect);
        }
        for (stream, text) in output.chunks {
            let target = match stream {
                Stream::Out => &self.out,
                Stream::Err => &self.err,
                Stream::Explain | Stream::Fix => {
                    io.output.push(stream, &text);
                    continue;
                }
            };
            match target {
                Target::Out => io.output.push(Stream::Out, &text),
                Target::Err => io.output.push(Stream::Err, &text),
                Target::Nowhere => {}
                Target::File(name) => {
                    let file = io.terminal.files.entry(name.clone()).or_default();
                    *file = format!("{file}{text}").into();
                }
            }
        }
    }
}
