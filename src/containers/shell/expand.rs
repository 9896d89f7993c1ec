//! Expansion of words: variables, substitutions, arithmetic, splitting, file name patterns. Follows POSIX 2.6.

use std::rc::Rc;

use super::arithmetic;
use super::machine::{LONGEST, Machine};
use super::parse::{Part, Word};
use crate::containers::process::Outside;

/// An expansion ended the shell.
pub(super) struct Ended;

impl Machine {
    /// Expands words to fields.
    pub(super) fn expand_all(
        &mut self,
        words: &[Word],
        outside: &mut dyn Outside,
    ) -> Result<Vec<Rc<str>>, Ended> {
        let mut fields = Vec::new();
        for word in words {
            self.expand_fields(word, &mut fields, outside)?;
        }
        Ok(fields)
    }

    /// Expands a word to one text, without splitting.
    pub(super) fn expand_text(
        &mut self,
        word: &Word,
        outside: &mut dyn Outside,
    ) -> Result<String, Ended> {
        let mut text = String::new();
        for part in word {
            let (piece, _) = self.expand_part(part, outside)?;
            text.push_str(&piece);
            if text.len() > LONGEST {
                break;
            }
        }
        Ok(text)
    }

    fn expand_fields(
        &mut self,
        word: &Word,
        fields: &mut Vec<Rc<str>>,
        outside: &mut dyn Outside,
    ) -> Result<(), Ended> {
        let mut field = String::new();
        let (mut open, mut pattern) = (false, false);
        for part in word {
            if let Part::Variable { name, operation: None, quoted: true } = part
                && name == "@"
            {
                let arguments = Rc::clone(&self.arguments);
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        fields.push(std::mem::take(&mut field).into());
                    }
                    field.push_str(argument);
                    open = true;
                }
                continue;
            }
            let (text, quoted) = self.expand_part(part, outside)?;
            if quoted {
                field.push_str(&text);
                open = true;
                continue;
            }
            if matches!(part, Part::Text { .. }) {
                pattern |= text.contains(['*', '?', '[']);
                open = true;
                field.push_str(&text);
                continue;
            }
            let mut pieces = text.split([' ', '\t', '\n']).peekable();
            let starts_blank = text.starts_with([' ', '\t', '\n']);
            if starts_blank && open {
                fields.push(std::mem::take(&mut field).into());
                open = false;
            }
            while let Some(piece) = pieces.next() {
                if piece.is_empty() {
                    continue;
                }
                field.push_str(piece);
                open = true;
                if pieces.peek().is_some() {
                    fields.push(std::mem::take(&mut field).into());
                    open = false;
                }
            }
        }
        if open {
            let names = if pattern { self.file_names(&field) } else { Vec::new() };
            if names.is_empty() {
                fields.push(tilde(&field));
            } else {
                fields.extend(names);
            }
        }
        Ok(())
    }

    fn expand_part(
        &mut self,
        part: &Part,
        outside: &mut dyn Outside,
    ) -> Result<(String, bool), Ended> {
        match part {
            Part::Text { text, quoted } => Ok((text.clone(), *quoted)),
            Part::Variable { name, operation, quoted } => {
                let text = self.variable(name, operation.as_ref(), outside)?;
                Ok((text, *quoted))
            }
            Part::Command { script, quoted } => {
                let mut text = self.capture(script, outside);
                text.truncate(text.trim_end_matches('\n').len());
                Ok((text, *quoted))
            }
            Part::Arithmetic { text, quoted } => {
                let text = self.expand_text(text, outside)?;
                let value = match text.contains("RANDOM") {
                    true => {
                        let random = self.random().to_string();
                        arithmetic::evaluate(&text.replace("RANDOM", &random), self.variables_mut())
                    }
                    false => arithmetic::evaluate(&text, self.variables_mut()),
                };
                match value {
                    Ok(value) => Ok((value.to_string(), *quoted)),
                    Err(message) => {
                        self.abort(&message, 2);
                        Err(Ended)
                    }
                }
            }
        }
    }

    /// The text of a variable, if it is set.
    fn lookup(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "?" => self.status.to_string(),
            "$" => self.pid().to_string(),
            "#" => self.arguments.len().to_string(),
            "@" | "*" => self.arguments.join(" "),
            "0" => self.name.to_string(),
            "-" => String::new(),
            "RANDOM" => self.random().to_string(),
            "SECONDS" => self.now.unix_seconds().rem_euclid(100_000).to_string(),
            "PWD" => self.folder.to_string(),
            _ => match name.parse::<usize>() {
                Ok(index) => self.arguments.get(index.checked_sub(1)?)?.to_string(),
                Err(_) => self.variables.get(name)?.to_string(),
            },
        })
    }

    fn variable(
        &mut self,
        name: &str,
        operation: Option<&(String, Word)>,
        outside: &mut dyn Outside,
    ) -> Result<String, Ended> {
        let value = self.lookup(name);
        let Some((operator, word)) = operation else {
            if value.is_none() && self.strict() {
                self.abort(&format!("{name}: parameter not set"), 2);
                return Err(Ended);
            }
            return Ok(value.unwrap_or_default());
        };
        let operator = operator.as_str();
        let colon = operator.starts_with(':') && operator.len() > 1;
        let set = value.as_ref().is_some_and(|value| !(colon && value.is_empty()));
        let text = value.clone().unwrap_or_default();
        match operator.trim_start_matches(':') {
            "#" if word.is_empty() && operator == "#" => Ok(text.chars().count().to_string()),
            "-" => {
                if set {
                    Ok(text)
                } else {
                    self.expand_text(word, outside)
                }
            }
            "+" => {
                if set {
                    self.expand_text(word, outside)
                } else {
                    Ok(String::new())
                }
            }
            "=" if set => Ok(text),
            "=" => {
                let text = self.expand_text(word, outside)?;
                self.variables_mut().insert(name.into(), text.as_str().into());
                Ok(text)
            }
            "?" if set => Ok(text),
            "?" => {
                let message = self.expand_text(word, outside)?;
                let message = if message.is_empty() { "parameter not set".into() } else { message };
                self.abort(&format!("{name}: {message}"), 2);
                Err(Ended)
            }
            "#" | "##" | "%" | "%%" => {
                let pattern = self.expand_text(word, outside)?;
                Ok(trimmed(&text, &pattern, operator))
            }
            "/" | "//" => {
                let pair = self.expand_text(word, outside)?;
                let (from, to) = pair.split_once('/').unwrap_or((&pair, ""));
                let count = if operator == "/" { 1 } else { usize::MAX };
                Ok(if from.is_empty() { text } else { text.replacen(from, to, count) })
            }
            "" => {
                let pair = self.expand_text(word, outside)?;
                let (from, length) = pair.split_once(':').unwrap_or((&pair, ""));
                let letters: Vec<char> = text.chars().collect();
                let from: usize = from.trim().parse().unwrap_or(0);
                let length = length.trim().parse().unwrap_or(letters.len());
                Ok(letters.into_iter().skip(from).take(length).collect())
            }
            _ => Ok(text),
        }
    }

    /// The files whose names fit a pattern, in order.
    fn file_names(&self, pattern: &str) -> Vec<Rc<str>> {
        let whole = crate::containers::files::Files::absolute(&self.folder, pattern);
        let (folder, last) = whole.rsplit_once('/').unwrap_or(("", &whole));
        let folder = if folder.is_empty() { "/" } else { folder };
        let shown =
            pattern.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let names = self
            .files
            .list(folder)
            .into_iter()
            .filter(|name| !name.starts_with('.') && glob(last, name));
        names.map(|name| format!("{shown}{name}").into()).collect()
    }
}

fn tilde(field: &str) -> Rc<str> {
    match field {
        "~" => "/root".into(),
        _ => match field.strip_prefix("~/") {
            Some(rest) => format!("/root/{rest}").into(),
            None => field.into(),
        },
    }
}

/// The text without its shortest or longest part that fits a pattern, at its beginning or end.
fn trimmed(text: &str, pattern: &str, operator: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let piece = |from: usize, to: usize| -> String {
        letters.get(from..to).unwrap_or_default().iter().collect()
    };
    let length = letters.len();
    let cuts: Vec<usize> = match operator {
        "##" | "%" => (0..=length).rev().collect(),
        _ => (0..=length).collect(),
    };
    for cut in cuts {
        let (hit, rest) = match operator.starts_with('#') {
            true => (piece(0, cut), piece(cut, length)),
            false => (piece(cut, length), piece(0, cut)),
        };
        if glob(pattern, &hit) {
            return rest;
        }
    }
    text.to_owned()
}

/// Whether a text fits a pattern of `*`, `?` and `[…]`.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = pattern.get(p).and_then(|letter| match letter {
            '*' => None,
            '?' => Some(1),
            '[' => bracket(&pattern, p, text.get(t).copied()?),
            letter => (Some(letter) == text.get(t)).then_some(1),
        });
        if let Some(step) = step {
            p += step;
            t += 1;
        } else if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern.iter().skip(p).all(|letter| *letter == '*')
}

/// How many letters of the pattern a bracket that fits takes.
fn bracket(pattern: &[char], at: usize, letter: char) -> Option<usize> {
    let close = pattern.iter().skip(at + 2).position(|one| *one == ']')? + at + 2;
    let mut inside = pattern.get(at + 1..close)?;
    let negated = matches!(inside.first(), Some('!' | '^'));
    if negated {
        inside = inside.get(1..)?;
    }
    let mut hit = false;
    let mut index = 0;
    while let Some(low) = inside.get(index) {
        if inside.get(index + 1) == Some(&'-')
            && let Some(high) = inside.get(index + 2)
        {
            hit |= (*low..=*high).contains(&letter);
            index += 3;
        } else {
            hit |= *low == letter;
            index += 1;
        }
    }
    (hit != negated).then_some(close + 1 - at)
}
