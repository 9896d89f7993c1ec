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
        let name = crate::terminal::tools::own_name(&target).to_owned();
        match kind {
            RedirectKind::Here | RedirectKind::HereString => self.input = Some(target),
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
                    // Folders at the root that everybody may look at but not write to.
                    name if name.starts_with('/') => {
                        let known = ["/etc", "/usr", "/var", "/bin", "/opt", "/root", "/tmp"];
                        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                        return Err(match folder.is_empty() || known.contains(&folder) {
                            true => format!("bash: {name}: Permission denied"),
                            false => format!("bash: {name}: No such file or directory"),
                        });
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
        // What goes to a file is gathered first: a file is one text, and is written anew each time.
        let mut written: Vec<(&str, String)> = Vec::new();
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
                Target::File(name) => match written.iter_mut().find(|(own, _)| own == name) {
                    Some((_, all)) => all.push_str(&text),
                    None => written.push((name, text)),
                },
            }
        }
        for (name, text) in written {
            let file = io.terminal.files.entry(name.to_owned()).or_default();
            *file = format!("{file}{text}").into();
        }
    }
}
