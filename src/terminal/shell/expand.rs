//! Words to fields: variables, the results of substitutions, arithmetic, splitting, braces, file name patterns.
//!
//! Substitutions run first, in the order in which they stand; here their results are put in.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::brace;
use crate::containers::shell::arithmetic;
use crate::containers::shell::expand::glob;
use crate::containers::shell::parse::{Part, Script, Word};
use crate::sim::Time;
use crate::sim::order::Gather as _;
use crate::terminal::Terminal;

/// The scripts of the substitutions in a word, in order.
pub(super) fn substitutions(word: &Word, scripts: &mut Vec<Script>) {
    for part in word {
        match part {
            Part::Command { script, .. } => scripts.push(Rc::clone(script)),
            Part::Variable { operation: Some((_, word)), .. } => substitutions(word, scripts),
            Part::Arithmetic { text, .. } => substitutions(text, scripts),
            Part::Variable { .. } | Part::Text { .. } => {}
        }
    }
}

/// What words are expanded with.
pub(super) struct Expander<'a> {
    pub(super) terminal: &'a mut Terminal,
    pub(super) now: Time,
    /// What the substitutions printed, in order.
    pub(super) results: std::vec::IntoIter<String>,
}

impl Expander<'_> {
    /// Expands words to fields.
    ///
    /// # Errors
    /// bash's words about a variable or an expression.
    pub(super) fn fields(&mut self, words: &[Word]) -> Result<Vec<String>, String> {
        let mut fields = Vec::new();
        for word in words {
            self.word(word, &mut fields)?;
        }
        Ok(fields)
    }

    /// Expands a word to one text, without splitting.
    ///
    /// # Errors
    /// As [`Expander::fields`].
    pub(super) fn text(&mut self, word: &Word) -> Result<String, String> {
        let mut text = String::new();
        for part in word {
            text.push_str(&self.part(part)?.0);
            within(&text)?;
        }
        Ok(text)
    }

    fn word(&mut self, word: &Word, fields: &mut Vec<String>) -> Result<(), String> {
        if let [Part::Text { text, quoted: false }] = word.as_slice()
            && text.contains('{')
        {
            for word in brace::expand(text) {
                self.finish(word, true, fields);
            }
            return Ok(());
        }
        let (mut field, mut open, mut pattern) = (String::new(), false, false);
        for part in word {
            let (text, quoted) = self.part(part)?;
            within(&text)?;
            within(&field)?;
            let literal = matches!(part, Part::Text { .. });
            if quoted || literal {
                pattern |= literal && !quoted && text.contains(['*', '?', '[']);
                field.push_str(&text);
                open = true;
                continue;
            }
            if text.starts_with([' ', '\t', '\n']) && open {
                fields.push(std::mem::take(&mut field));
                open = false;
            }
            let mut pieces = text.split([' ', '\t', '\n']).peekable();
            while let Some(piece) = pieces.next() {
                if piece.is_empty() {
                    continue;
                }
                field.push_str(piece);
                open = true;
                if pieces.peek().is_some() {
                    fields.push(std::mem::take(&mut field));
                    open = false;
                }
            }
        }
        if open {
            self.finish(field, pattern, fields);
        }
        Ok(())
    }

    /// A field that may be a pattern for file names.
    fn finish(&self, field: String, pattern: bool, fields: &mut Vec<String>) {
        let names: Vec<String> = match pattern && field.contains(['*', '?', '[']) {
            true => {
                let fits = |name: &&String| !name.starts_with('.') && glob(&field, name);
                self.terminal.files.keys().filter(fits).cloned().collect()
            }
            false => Vec::new(),
        };
        match names.is_empty() {
            true => fields.push(field),
            false => fields.extend(names),
        }
    }

    fn part(&mut self, part: &Part) -> Result<(String, bool), String> {
        match part {
            Part::Text { text, quoted } => Ok((text.clone(), *quoted)),
            Part::Variable { name, operation, quoted } => {
                Ok((self.variable(name, operation.as_ref())?, *quoted))
            }
            Part::Command { quoted, .. } => {
                let mut text = self.results.next().unwrap_or_default();
                text.truncate(text.trim_end_matches('\n').len());
                Ok((text, *quoted))
            }
            Part::Arithmetic { text, quoted } => {
                let text = self.text(text)?;
                let mut variables: BTreeMap<Rc<str>, Rc<str>> = (self.terminal.variables.iter())
                    .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
                    .gather();
                let value = arithmetic::evaluate(&text, &mut variables)
                    .map_err(|words| format!("bash: {text}: {words}"))?;
                let kept = variables.into_iter();
                self.terminal.variables =
                    kept.map(|(name, value)| (name.to_string(), value.to_string())).collect();
                Ok((value.to_string(), *quoted))
            }
        }
    }

    fn lookup(&self, name: &str) -> Option<String> {
        let terminal = &self.terminal;
        match name {
            "?" => Some(terminal.status.to_string()),
            "$" => Some("1".into()),
            "#" => Some("0".into()),
            "0" => Some("bash".into()),
            "SECONDS" => Some(self.now.unix_seconds().rem_euclid(100_000).to_string()),
            _ => terminal.variables.get(name).cloned(),
        }
    }

    fn variable(
        &mut self,
        name: &str,
        operation: Option<&(String, Word)>,
    ) -> Result<String, String> {
        let value = self.lookup(name);
        let Some((operator, word)) = operation else { return Ok(value.unwrap_or_default()) };
        // The word is expanded in any case, so that the results of substitutions stay in step.
        let word = self.text(word)?;
        let colon = operator.starts_with(':') && operator.len() > 1;
        let set = value.as_ref().is_some_and(|value| !(colon && value.is_empty()));
        let text = value.unwrap_or_default();
        match operator.trim_start_matches(':') {
            "#" if word.is_empty() => Ok(text.chars().count().to_string()),
            "-" if !set => Ok(word),
            "+" => Ok(if set { word } else { String::new() }),
            "=" if !set => {
                self.terminal.variables.insert(name.to_owned(), word.clone());
                Ok(word)
            }
            "?" if !set => {
                let words = if word.is_empty() { "parameter null or not set" } else { &word };
                Err(format!("bash: {name}: {words}"))
            }
            "#" | "##" | "%" | "%%" => Ok(trimmed(&text, &word, operator)),
            "/" | "//" => {
                let (from, to) = word.split_once('/').unwrap_or((&word, ""));
                let count = if operator == "/" { 1 } else { usize::MAX };
                Ok(if from.is_empty() { text } else { text.replacen(from, to, count) })
            }
            "" => {
                let (from, length) = word.split_once(':').unwrap_or((&word, ""));
                let from: usize = from.trim().parse().unwrap_or(0);
                let length = length.trim().parse().unwrap_or(usize::MAX);
                Ok(text.chars().skip(from).take(length).collect())
            }
            _ => Ok(text),
        }
    }
}

/// At most so many bytes may one field have, so that `a=$a$a` in a loop ends.
const LONGEST: usize = 1 << 20;

fn within(text: &str) -> Result<(), String> {
    match text.len() > LONGEST {
        true => Err(format!("bash: xrealloc: cannot allocate {} bytes", text.len())),
        false => Ok(()),
    }
}

/// The text without its shortest or longest part that fits a pattern, at its beginning or end.
fn trimmed(text: &str, pattern: &str, operator: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let piece = |from: usize, to: usize| {
        letters.get(from..to).unwrap_or_default().iter().collect::<String>()
    };
    let length = letters.len();
    let mut cuts: Vec<usize> = (0..=length).collect();
    if matches!(operator, "##" | "%") {
        cuts.reverse();
    }
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
