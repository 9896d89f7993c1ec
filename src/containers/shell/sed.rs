//! sed: addresses, `p`, `d`, `q` and `s`, a line at a time.

use super::pattern::Pattern;

/// `s/A/B/g`, `Np`, `N,Mp`, `Nd`, `/A/d`, `/A/p`
#[derive(Debug)]
pub(crate) struct Sed {
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
    pub(crate) fn parse(scripts: &[String], quiet: bool, extended: bool) -> Result<Self, String> {
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

    /// Runs the script on a line and adds what it prints; says whether it ends here.
    pub(crate) fn line(&mut self, line: &str, last: bool, output: &mut String) -> bool {
        self.number += 1;
        let mut line = line.to_owned();
        let mut show = |line: &str| {
            output.push_str(line);
            output.push('\n');
        };
        for command in &mut self.commands {
            if !command.applies(self.number, last, &line) {
                continue;
            }
            match &command.action {
                Action::Print => show(&line),
                Action::Delete => return false,
                Action::Quit => {
                    if !self.quiet {
                        show(&line);
                    }
                    return true;
                }
                Action::Substitute { pattern, with, all, print } => {
                    if let Some(changed) = substitute(&line, pattern, with, *all) {
                        line = changed;
                        if *print {
                            show(&line);
                        }
                    }
                }
            }
        }
        if !self.quiet {
            show(&line);
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

pub(super) fn substitute(line: &str, pattern: &Pattern, with: &str, all: bool) -> Option<String> {
    let letters: Vec<char> = line.chars().collect();
    let (mut text, mut from, mut copied, mut changed) = (String::new(), 0, 0, false);
    while let Some(groups) = pattern.find_groups(&letters, from) {
        let Some((start, end)) = groups.first().copied().flatten() else { break };
        changed = true;
        let piece = |from: usize, to: usize| letters.get(from..to).unwrap_or_default().iter();
        text.extend(piece(copied, start));
        let mut escaped = false;
        for letter in with.chars() {
            let group = letter.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
            match (escaped, letter, group) {
                (false, '\\', _) => {
                    escaped = true;
                    continue;
                }
                (false, '&', _) => text.extend(piece(start, end)),
                (true, 'n', _) => text.push('\n'),
                (true, 't', _) => text.push('\t'),
                (true, _, Some(group)) => {
                    let (from, to) = groups.get(group).copied().flatten().unwrap_or_default();
                    text.extend(piece(from, to));
                }
                _ => text.push(letter),
            }
            escaped = false;
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
