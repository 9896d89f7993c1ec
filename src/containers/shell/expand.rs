//! Expansion of words: variables, substitutions, arithmetic, splitting, file name patterns. Follows POSIX 2.6.

use std::rc::Rc;

use super::fields::{Fields, at_home, operated, slice, takes_pattern};
use super::machine::{LONGEST, Machine};
use super::parse::{Part, Word};
use super::{arithmetic, glob};
use crate::containers::process::Outside;

/// Whose containers these are.
const HOME: &str = "/root";

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

    /// Expands what is assigned.
    pub(super) fn expand_value(
        &mut self,
        word: &Word,
        outside: &mut dyn Outside,
    ) -> Result<String, Ended> {
        let text = self.expand_text(word, outside)?;
        let bare = matches!(word.first(), Some(Part::Text { quoted: false, .. }));
        let home = bare.then(|| at_home(&text, word.len() == 1, HOME));
        Ok(home.flatten().unwrap_or(text))
    }

    /// Expands a word to a pattern: what is quoted stands for itself.
    pub(super) fn expand_pattern(
        &mut self,
        word: &Word,
        outside: &mut dyn Outside,
    ) -> Result<String, Ended> {
        let mut pattern = String::new();
        for part in word {
            let (piece, quoted) = self.expand_part(part, outside)?;
            match part {
                _ if quoted => pattern.push_str(&glob::quoted(&piece)),
                Part::Text { .. } => pattern.push_str(&piece),
                _ => pattern.push_str(&piece.replace('/', "\\/")),
            }
            if pattern.len() > LONGEST {
                break;
            }
        }
        Ok(pattern)
    }

    fn expand_fields(
        &mut self,
        word: &Word,
        all: &mut Vec<Rc<str>>,
        outside: &mut dyn Outside,
    ) -> Result<(), Ended> {
        let mut fields = Fields::new(self.variables.get("IFS").map(|text| &**text));
        for (index, part) in word.iter().enumerate() {
            if let Part::Variable { name, operation: None, quoted: true } = part
                && name == "@"
            {
                let arguments = Rc::clone(&self.arguments);
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        fields.end();
                    }
                    fields.quoted(argument);
                }
                continue;
            }
            let (text, quoted) = self.expand_part(part, outside)?;
            match part {
                _ if quoted => fields.quoted(&text),
                Part::Text { .. } => {
                    let home = (index == 0).then(|| at_home(&text, word.len() == 1, HOME));
                    fields.literal(home.flatten().as_deref().unwrap_or(&text));
                }
                _ => fields.split(&text),
            }
        }
        for field in fields.all() {
            let names = field.pattern.map(|pattern| self.file_names(&pattern)).unwrap_or_default();
            match names.is_empty() {
                true => all.push(field.text.into()),
                false => all.extend(names),
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
                let (text, inside) = self.variable(name, operation.as_ref(), outside)?;
                Ok((text, *quoted || inside))
            }
            Part::Command { script, quoted } => {
                let mut text = self.capture(script, outside);
                text.truncate(text.trim_end_matches('\n').len());
                Ok((text, *quoted))
            }
            Part::Arithmetic { text, quoted } => {
                let text = self.expand_text(text, outside)?;
                Ok((self.evaluate(&text)?.to_string(), *quoted))
            }
        }
    }

    /// The value of an expression.
    pub(super) fn evaluate(&mut self, text: &str) -> Result<i64, Ended> {
        let random = text.contains("RANDOM").then(|| self.random().to_string());
        let variables = |name: &str| match name {
            "RANDOM" => random.as_deref().map(Rc::from),
            name => self.variables.get(name).cloned(),
        };
        match arithmetic::evaluate(text, &variables) {
            Ok((value, assigned)) => {
                if !assigned.is_empty() {
                    self.variables_mut().extend(assigned);
                }
                Ok(value)
            }
            Err(wrong) => {
                let message = match self.bash {
                    true => format!("{text}: {}", wrong.in_bash()),
                    false => wrong.in_ash().to_owned(),
                };
                self.abort(&message, 2);
                Err(Ended)
            }
        }
    }

    /// The text of a variable, if it is set.
    fn lookup(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "?" => self.status.to_string(),
            "$" => self.pid().to_string(),
            "#" => self.arguments.len().to_string(),
            "*" => {
                let separators = self.variables.get("IFS").map_or(" ", |text| &**text);
                let separator: String = separators.chars().take(1).collect();
                self.arguments.join(&separator)
            }
            "@" => self.arguments.join(" "),
            "PPID" => "0".into(),
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

    /// The value of a parameter, and whether it counts as quoted since the word that it comes from is.
    fn variable(
        &mut self,
        name: &str,
        operation: Option<&(String, Word)>,
        outside: &mut dyn Outside,
    ) -> Result<(String, bool), Ended> {
        let value = self.lookup(name);
        // A long text takes as long as many steps.
        let length = value.as_ref().map_or(0, String::len) / 512;
        self.nested_steps = self.nested_steps.saturating_add(u32::try_from(length).unwrap_or(0));
        let Some((operator, word)) = operation else {
            if value.is_none() && self.strict() && !matches!(name, "@" | "*" | "!") {
                self.abort(&format!("{name}: parameter not set"), 2);
                return Err(Ended);
            }
            return Ok((value.unwrap_or_default(), false));
        };
        let operator = operator.as_str();
        let colon = operator.starts_with(':') && operator.len() > 1;
        let set = value.as_ref().is_some_and(|value| !(colon && value.is_empty()));
        let text = value.unwrap_or_default();
        let quoted = !word.is_empty()
            && word.iter().all(|part| matches!(part, Part::Text { quoted: true, .. }));
        match operator.trim_start_matches(':') {
            "#" if word.is_empty() => match name {
                "@" | "*" => Ok((self.arguments.len().to_string(), false)),
                _ => Ok((text.chars().count().to_string(), false)),
            },
            "-" if !set => Ok((self.expand_text(word, outside)?, quoted)),
            "+" if set => Ok((self.expand_text(word, outside)?, quoted)),
            "+" => Ok((String::new(), false)),
            "=" if !set => {
                let text = self.expand_text(word, outside)?;
                self.variables_mut().insert(name.into(), text.as_str().into());
                Ok((text, false))
            }
            "?" if !set => {
                let message = self.expand_text(word, outside)?;
                let message = if message.is_empty() { "parameter not set".into() } else { message };
                self.abort(&format!("{name}: {message}"), 2);
                Err(Ended)
            }
            operator if takes_pattern(operator) => {
                let pattern = self.expand_pattern(word, outside)?;
                Ok((operated(operator, text, &pattern), false))
            }
            "" => {
                let numbers = self.expand_text(word, outside)?;
                let (from, length) = match numbers.split_once(':') {
                    Some((from, length)) => (from, Some(length)),
                    None => (numbers.as_str(), None),
                };
                let from = self.evaluate(from)?;
                let length = length.map(|length| self.evaluate(length)).transpose()?;
                if matches!(name, "@" | "*") {
                    let skip = usize::try_from(from.max(1) - 1).unwrap_or(0);
                    let take = length.map_or(usize::MAX, |one| usize::try_from(one).unwrap_or(0));
                    let some: Vec<Rc<str>> =
                        self.arguments.iter().skip(skip).take(take).cloned().collect();
                    return Ok((some.join(" "), false));
                }
                match slice(&text, from, length) {
                    Some(text) => Ok((text, false)),
                    None => {
                        self.abort(&format!("{numbers}: substring expression < 0"), 2);
                        Err(Ended)
                    }
                }
            }
            _ => Ok((text, false)),
        }
    }

    /// The files whose names fit a pattern, in order.
    fn file_names(&self, pattern: &str) -> Vec<Rc<str>> {
        let whole = crate::containers::files::Files::absolute(&self.folder, pattern);
        let (folder, last) = whole.rsplit_once('/').unwrap_or(("", &whole));
        let folder = if folder.is_empty() { "/".to_owned() } else { glob::plain(folder) };
        let shown = pattern.rsplit_once('/').map(|(folder, _)| glob::plain(folder) + "/");
        let shown = shown.unwrap_or_default();
        let names = self
            .files
            .list(&folder)
            .into_iter()
            .filter(|name| !name.starts_with('.') && glob::glob(last, name));
        names.map(|name| format!("{shown}{name}").into()).collect()
    }
}
