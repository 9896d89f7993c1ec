//! sed: addresses, `p`, `d`, `q` and `s`, a line at a time.

use super::file;
use super::filters::{flags, invalid};
use super::pattern::Pattern;
use crate::terminal::process::{Input, Io, Output};

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
            let (mut input, mut output) = (Input::default(), Output::default());
            let mut inside = io.with(&mut input, &mut output);
            let mut lines = text.lines().peekable();
            while let Some(line) = lines.next() {
                if sed.line(line, lines.peek().is_none(), &mut inside) {
                    break;
                }
            }
            let changed = output.take_out();
            let own = name.strip_prefix("./").unwrap_or(name).to_owned();
            if !suffix.is_empty() {
                io.terminal.files.insert(format!("{own}{suffix}"), text);
            }
            io.terminal.files.insert(own, changed.into());
        }
        Some(status)
    }
}

/// `s/A/B/g`, `Np`, `N,Mp`, `Nd`, `/A/d`, `/A/p`
#[derive(Debug)]
pub(super) struct Sed {
    quiet: bool,
    commands: Vec<Command>,
    number: usize,
}

#[derive(Debug)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    inside: bool,
    action: Action,
}

#[derive(Debug)]
enum Address {
    Line(usize),
    Last,
    Match(Pattern),
}

#[derive(Debug)]
enum Action {
    Print,
    Delete,
    Quit,
    Substitute { pattern: Pattern, with: String, all: bool, print: bool },
}

impl Sed {
    /// Reads scripts; `quiet` prints only what they print.
    pub(super) fn parse(scripts: &[String], quiet: bool, extended: bool) -> Result<Self, String> {
        let mut commands = Vec::new();
        for script in scripts {
            let mut rest = script.as_str();
            loop {
                rest = rest.trim_start_matches([' ', ';', '\n']);
                if rest.is_empty() {
                    break;
                }
                let (next, after) = command(rest, extended)?;
                commands.push(next);
                rest = after;
            }
        }
        Ok(Self { quiet, commands, number: 0 })
    }

    /// Runs the script on a line; says whether it ends here.
    pub(super) fn line(&mut self, line: &str, last: bool, io: &mut Io<'_>) -> bool {
        self.number += 1;
        let mut line = line.to_owned();
        for command in &mut self.commands {
            if !command.applies(self.number, last, &line) {
                continue;
            }
            match &command.action {
                Action::Print => io.out(&format!("{line}\n")),
                Action::Delete => return false,
                Action::Quit => {
                    if !self.quiet {
                        io.out(&format!("{line}\n"));
                    }
                    return true;
                }
                Action::Substitute { pattern, with, all, print } => {
                    if let Some(changed) = substitute(&line, pattern, with, *all) {
                        line = changed;
                        if *print {
                            io.out(&format!("{line}\n"));
                        }
                    }
                }
            }
        }
        if !self.quiet {
            io.out(&format!("{line}\n"));
        }
        false
    }
}

/// What stands up to an unescaped delimiter, and what stands behind it.
fn until(text: &str, delimiter: char) -> Option<(String, &str)> {
    let (mut piece, mut escaped) = (String::new(), false);
    for (at, letter) in text.char_indices() {
        match (escaped, letter) {
            (true, letter) => {
                if letter != delimiter {
                    piece.push('\\');
                }
                piece.push(letter);
                escaped = false;
            }
            (false, '\\') => escaped = true,
            (false, letter) if letter == delimiter => {
                return Some((piece, text.get(at + letter.len_utf8()..)?));
            }
            (false, letter) => piece.push(letter),
        }
    }
    None
}

fn address(text: &str, extended: bool) -> Result<(Option<Address>, &str), String> {
    if let Some(rest) = text.strip_prefix('$') {
        return Ok((Some(Address::Last), rest));
    }
    if let Some(rest) = text.strip_prefix('/') {
        let (pattern, rest) =
            until(rest, '/').ok_or("-e expression #1, char 0: unterminated address regex")?;
        return Ok((Some(Address::Match(Pattern::parse(&pattern, extended, false)?)), rest));
    }
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    match text.split_at_checked(end) {
        Some((digits, rest)) if !digits.is_empty() => {
            Ok((Some(Address::Line(digits.parse().unwrap_or(usize::MAX))), rest))
        }
        _ => Ok((None, text)),
    }
}

fn command(text: &str, extended: bool) -> Result<(Command, &str), String> {
    let (from, rest) = address(text, extended)?;
    let (to, rest) = match rest.strip_prefix(',') {
        Some(rest) => address(rest, extended)?,
        None => (None, rest),
    };
    let rest = rest.trim_start();
    let mut letters = rest.chars();
    let name = letters.next();
    let mut after = letters.as_str();
    let action = match name {
        Some('p') => Action::Print,
        Some('d') => Action::Delete,
        Some('q') => Action::Quit,
        Some('s') => {
            let delimiter = letters.next().ok_or("-e expression #1: unterminated `s' command")?;
            let unterminated = "-e expression #1: unterminated `s' command";
            let (pattern, rest) = until(letters.as_str(), delimiter).ok_or(unterminated)?;
            let (with, rest) = until(rest, delimiter).ok_or(unterminated)?;
            let (mut all, mut print, mut fold) = (false, false, false);
            after = rest;
            while let Some(letter) = after.chars().next().filter(|letter| "gpiI".contains(*letter))
            {
                all |= letter == 'g';
                print |= letter == 'p';
                fold |= matches!(letter, 'i' | 'I');
                after = after.get(1..).unwrap_or("");
            }
            Action::Substitute {
                pattern: Pattern::parse(&pattern, extended, fold)?,
                with,
                all,
                print,
            }
        }
        Some(other) => return Err(format!("-e expression #1, char 1: unknown command: `{other}'")),
        None => return Err("-e expression #1, char 1: missing command".into()),
    };
    Ok((Command { from, to, inside: false, action }, after))
}

impl Address {
    fn meets(&self, number: usize, last: bool, line: &str) -> bool {
        match self {
            Self::Line(wanted) => *wanted == number,
            Self::Last => last,
            Self::Match(pattern) => pattern.fits(line),
        }
    }
}

impl Command {
    fn applies(&mut self, number: usize, last: bool, line: &str) -> bool {
        let Some(from) = &self.from else { return true };
        let Some(to) = &self.to else { return from.meets(number, last, line) };
        if self.inside {
            self.inside = match to {
                Address::Line(end) => number < *end,
                other => !other.meets(number, last, line),
            };
            return true;
        }
        let begins = from.meets(number, last, line);
        self.inside = begins && !matches!(to, Address::Line(end) if *end <= number);
        begins
    }
}

fn substitute(line: &str, pattern: &Pattern, with: &str, all: bool) -> Option<String> {
    let letters: Vec<char> = line.chars().collect();
    let (mut text, mut from, mut copied, mut changed) = (String::new(), 0, 0, false);
    while let Some((start, end)) = pattern.find(&letters, from) {
        changed = true;
        let piece = |from: usize, to: usize| letters.get(from..to).unwrap_or_default().iter();
        text.extend(piece(copied, start));
        let mut escaped = false;
        for letter in with.chars() {
            match (escaped, letter) {
                (false, '\\') => escaped = true,
                (false, '&') => text.extend(piece(start, end)),
                (true, 'n') => {
                    text.push('\n');
                    escaped = false;
                }
                (_, letter) => {
                    text.push(letter);
                    escaped = false;
                }
            }
        }
        copied = end;
        from = end.max(start + 1);
        if !all || from > letters.len() {
            break;
        }
    }
    text.extend(letters.get(copied..).unwrap_or_default());
    changed.then_some(text)
}
