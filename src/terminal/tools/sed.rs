//! The call of `sed`: flags, scripts, files.

use super::file;
use super::filters::{flags, invalid};
use crate::containers::shell::sed::Sed;
use crate::terminal::process::Io;

/// What stands behind `sed`.
pub(super) struct Call {
    scripts: Vec<String>,
    quiet: bool,
    extended: bool,
    /// Files are changed; what they were is kept under their names with this behind it, if it is anything.
    in_place: Option<String>,
    pub(super) names: Vec<String>,
}

impl Call {
    /// Reads flags, scripts and names of files.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut call = Self {
            scripts: Vec::new(),
            quiet: false,
            extended: false,
            in_place: None,
            names: Vec::new(),
        };
        let mut rest = Vec::new();
        for word in arguments {
            let suffix = word.strip_prefix("--in-place=").or_else(|| match word.as_str() {
                "--in-place" => Some(""),
                word => word.strip_prefix("-i"),
            });
            match suffix {
                Some(suffix) => call.in_place = Some(suffix.to_owned()),
                None => rest.push(word.clone()),
            }
        }
        call.names = flags(&rest, "e", |letter, value| {
            match letter {
                'n' => call.quiet = true,
                'E' | 'r' => call.extended = true,
                'e' => call.scripts.push(value.to_owned()),
                'i' => call.in_place = Some(String::new()),
                other => return Err(invalid(other)),
            }
            Ok(())
        })?;
        if call.scripts.is_empty() {
            if call.names.is_empty() {
                return Err("no script specified".into());
            }
            call.scripts.push(call.names.remove(0));
        }
        Ok(call)
    }

    /// The script.
    pub(super) fn sed(&self) -> Result<Sed, String> {
        Sed::parse(&self.scripts, self.quiet, self.extended)
    }

    /// Changes files of the workspace, if `-i` asks for it; the status.
    pub(super) fn in_place(arguments: &[String], io: &mut Io<'_>) -> Option<i32> {
        let call = Self::parse(arguments).ok()?;
        let suffix = call.in_place.as_ref()?;
        if call.names.is_empty() {
            io.error("sed: no input files");
            return Some(1);
        }
        let mut status = 0;
        for name in &call.names {
            let Some(text) = file(io, name) else {
                io.error(&format!("sed: can't read {name}: No such file or directory"));
                status = 2;
                continue;
            };
            let Ok(mut sed) = call.sed() else { continue };
            let mut changed = String::new();
            let mut lines = text.lines().peekable();
            while let Some(line) = lines.next() {
                if sed.line(line, lines.peek().is_none(), &mut changed) {
                    break;
                }
            }
            let own = name.strip_prefix("./").unwrap_or(name).to_owned();
            if !suffix.is_empty() {
                io.terminal.files.insert(format!("{own}{suffix}"), text);
            }
            io.terminal.files.insert(own, changed.into());
        }
        Some(status)
    }
}
