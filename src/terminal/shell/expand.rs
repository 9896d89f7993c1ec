//! Words to fields: variables, the results of substitutions, arithmetic, splitting, braces, file name patterns.
//!
//! Substitutions run first, in the order in which they stand; here their results are put in.

use std::rc::Rc;

use super::brace;
use crate::containers::shell::fields::{Fields, at_home, operated, slice, takes_pattern};
use crate::containers::shell::parse::{Part, Script, Word};
use crate::containers::shell::{arithmetic, glob};
use crate::sim::Time;
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
            within(text.len())?;
        }
        Ok(text)
    }

    /// Expands a word to a pattern: what is quoted stands for itself.
    ///
    /// # Errors
    /// As [`Expander::fields`].
    pub(super) fn pattern(&mut self, word: &Word) -> Result<String, String> {
        let mut pattern = String::new();
        for part in word {
            let (piece, quoted) = self.part(part)?;
            match part {
                _ if quoted => pattern.push_str(&glob::quoted(&piece)),
                Part::Text { .. } => pattern.push_str(&piece),
                _ => pattern.push_str(&piece.replace('/', "\\/")),
            }
            within(pattern.len())?;
        }
        Ok(pattern)
    }

    /// Expands what is assigned.
    ///
    /// # Errors
    /// As [`Expander::fields`].
    pub(super) fn value(&mut self, word: &Word) -> Result<String, String> {
        let text = self.text(word)?;
        let bare = matches!(word.first(), Some(Part::Text { quoted: false, .. }));
        Ok(bare.then(|| at_home(&text, word.len() == 1, HOME)).flatten().unwrap_or(text))
    }

    fn word(&mut self, word: &Word, all: &mut Vec<String>) -> Result<(), String> {
        if let [Part::Text { text, quoted: false }] = word.as_slice()
            && text.contains('{')
        {
            for word in brace::expand(text) {
                let mut fields = Fields::new(None);
                fields.literal(&word);
                self.finish(fields, all);
            }
            return Ok(());
        }
        let mut fields = Fields::new(self.terminal.variables.get("IFS").map(String::as_str));
        for (index, part) in word.iter().enumerate() {
            let (text, quoted) = self.part(part)?;
            within(text.len().max(fields.open_length()))?;
            match part {
                Part::Variable { name, operation: None, quoted: true } if name == "@" => {
                    let count = self.lookup("#").and_then(|count| count.parse().ok()).unwrap_or(0);
                    for index in 1..=count {
                        if index > 1 {
                            fields.end();
                        }
                        let index: usize = index;
                        fields.quoted(&self.lookup(&index.to_string()).unwrap_or_default());
                    }
                }
                _ if quoted => fields.quoted(&text),
                Part::Text { .. } => {
                    let home = (index == 0).then(|| at_home(&text, word.len() == 1, HOME));
                    fields.literal(home.flatten().as_deref().unwrap_or(&text));
                }
                _ => fields.split(&text),
            }
        }
        self.finish(fields, all);
        Ok(())
    }

    /// Fields, of which some are patterns for names of files.
    fn finish(&self, fields: Fields, all: &mut Vec<String>) {
        for field in fields.all() {
            let names: Vec<String> = match &field.pattern {
                Some(pattern) => {
                    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
                    let fits = |name: &&String| !name.starts_with('.') && glob::glob(pattern, name);
                    self.terminal.files.keys().filter(fits).cloned().collect()
                }
                None => Vec::new(),
            };
            match names.is_empty() {
                true => all.push(field.text),
                false => all.extend(names),
            }
        }
    }

    fn part(&mut self, part: &Part) -> Result<(String, bool), String> {
        match part {
            Part::Text { text, quoted } => Ok((text.clone(), *quoted)),
            Part::Variable { name, operation, quoted } => {
                let (text, inside) = self.variable(name, operation.as_ref())?;
                Ok((text, *quoted || inside))
            }
            Part::Command { quoted, .. } => {
                let mut text = self.results.next().unwrap_or_default();
                text.truncate(text.trim_end_matches('\n').len());
                Ok((text, *quoted))
            }
            Part::Arithmetic { text, quoted } => {
                let text = self.text(text)?;
                Ok((self.evaluate(&text)?.to_string(), *quoted))
            }
        }
    }

    /// The value of an expression.
    fn evaluate(&mut self, text: &str) -> Result<i64, String> {
        let variables = |name: &str| self.lookup(name).map(Rc::from);
        let (value, assigned) = arithmetic::evaluate(text, &variables)
            .map_err(|wrong| format!("{DISCARDS}bash: {text}: {}", wrong.in_bash()))?;
        for (name, value) in assigned {
            self.terminal.variables.insert(name.to_string(), value.to_string());
        }
        Ok(value)
    }

    fn lookup(&self, name: &str) -> Option<String> {
        let terminal = &self.terminal;
        match name {
            "?" => Some(terminal.status.to_string()),
            "$" => Some("1".into()),
            "@" | "*" => Some(terminal.variables.get("@").cloned().unwrap_or_default()),
            "RANDOM" => {
                let at = self.now.unix_millis();
                let count = i64::try_from(terminal.history.len()).unwrap_or(0);
                let mixed = (at ^ count.rotate_left(17)).wrapping_mul(6_364_136_223_846_793_005);
                Some((mixed.rotate_right(33) & 0x7fff).to_string())
            }
            "HOME" if !terminal.variables.contains_key(name) => Some(HOME.into()),
            "PWD" if !terminal.variables.contains_key(name) => Some(HOME.into()),
            "USER" if !terminal.variables.contains_key(name) => Some("you".into()),
            "0" => Some(terminal.variables.get(name).cloned().unwrap_or_else(|| "bash".into())),
            "#" => Some(terminal.variables.get(name).cloned().unwrap_or_else(|| "0".into())),
            "SECONDS" => Some(self.now.unix_seconds().rem_euclid(100_000).to_string()),
            _ => terminal.variables.get(name).cloned(),
        }
    }

    /// The value of a parameter, and whether it counts as quoted since the word that it comes from is.
    fn variable(
        &mut self,
        name: &str,
        operation: Option<&(String, Word)>,
    ) -> Result<(String, bool), String> {
        let value = self.lookup(name);
        let Some((operator, word)) = operation else {
            return Ok((value.unwrap_or_default(), false));
        };
        if takes_pattern(operator) && !(operator == "#" && word.is_empty()) {
            let pattern = self.pattern(word)?;
            return Ok((operated(operator, value.unwrap_or_default(), &pattern), false));
        }
        // The word is expanded in any case, so that the results of substitutions stay in step.
        let quoted = !word.is_empty()
            && word.iter().all(|part| matches!(part, Part::Text { quoted: true, .. }));
        let word = self.text(word)?;
        let colon = operator.starts_with(':') && operator.len() > 1;
        let set = value.as_ref().is_some_and(|value| !(colon && value.is_empty()));
        let text = value.unwrap_or_default();
        match operator.trim_start_matches(':') {
            "#" if matches!(name, "@" | "*") => Ok(("0".into(), false)),
            "#" => Ok((text.chars().count().to_string(), false)),
            "-" if !set => Ok((word, quoted)),
            "+" => Ok(if set { (word, quoted) } else { (String::new(), false) }),
            "=" if !set => {
                self.terminal.variables.insert(name.to_owned(), word.clone());
                Ok((word, false))
            }
            "?" if !set => {
                let words = if word.is_empty() { "parameter null or not set" } else { &word };
                Err(format!("{DISCARDS}bash: {name}: {words}"))
            }
            "" => {
                let (from, length) = match word.split_once(':') {
                    Some((from, length)) => (from, Some(length)),
                    None => (word.as_str(), None),
                };
                let from = self.evaluate(from)?;
                let length = length.map(|length| self.evaluate(length)).transpose()?;
                let wrong = || {
                    let length = length.unwrap_or(0);
                    format!("{DISCARDS}bash: {length}: substring expression < 0")
                };
                Ok((slice(&text, from, length).ok_or_else(wrong)?, false))
            }
            _ => Ok((text, false)),
        }
    }
}

/// Where the workspace is.
pub(in crate::terminal) const HOME: &str = "/home/you";

/// Stands before the words of an error that ends the whole line.
pub(super) const DISCARDS: &str = "\0";

/// At most so many bytes may one field have, so that `a=$a$a` in a loop ends.
const LONGEST: usize = 1 << 20;

fn within(length: usize) -> Result<(), String> {
    match length > LONGEST {
        true => Err(format!("{DISCARDS}bash: xrealloc: cannot allocate {length} bytes")),
        false => Ok(()),
    }
}
