//! The functions that a program may call.

use super::program::Expression;
use super::run::Awk;
use super::value::{Value, count, truth, whole};
use crate::containers::shell::escape::printf;
use crate::containers::shell::pattern::Pattern;
use crate::containers::shell::sed;

impl Awk {
    pub(super) fn call(&mut self, name: &str, words: &[Expression]) -> Value {
        if matches!(name, "sub" | "gsub") {
            return self.substitute(name == "gsub", words);
        }
        let texts = self.texts(words);
        let text = |at: usize| texts.get(at).map_or("", String::as_str);
        let number = |at: usize| Value::Input(text(at).to_owned()).number();
        match name {
            "length" if words.is_empty() => count(self.record().chars().count()),
            "length" => count(text(0).chars().count()),
            "toupper" => Value::Text(text(0).to_uppercase()),
            "tolower" => Value::Text(text(0).to_lowercase()),
            "int" => Value::Number(number(0).trunc()),
            "index" => match text(0).split_once(text(1)) {
                Some((before, _)) => count(before.chars().count() + 1),
                None => count(0),
            },
            "substr" => {
                let from = whole(number(1));
                let to = match texts.len() {
                    3 => from.saturating_add(whole(number(2))),
                    _ => i64::MAX,
                };
                let numbered = text(0).chars().zip(1_i64..);
                let kept = numbered.filter(|(_, at)| *at >= from && *at < to);
                Value::Text(kept.map(|(letter, _)| letter).collect())
            }
            "sprintf" => {
                let rest: Vec<&str> = texts.iter().skip(1).map(String::as_str).collect();
                Value::Text(printf_once(text(0), &rest))
            }
            // `split(TEXT, ARRAY)`
            _ => {
                let Some(Expression::Variable(array)) = words.get(1) else { return count(0) };
                let parts: Vec<String> = match texts.get(2).map(String::as_str) {
                    None | Some(" ") => text(0).split_whitespace().map(str::to_owned).collect(),
                    Some(_) if text(0).is_empty() => Vec::new(),
                    Some(separator) => text(0).split(separator).map(str::to_owned).collect(),
                };
                let all = count(parts.len());
                let numbered = parts.into_iter().zip(1..);
                let array = self.arrays.entry(array.clone()).or_default();
                *array = numbered
                    .map(|(part, at): (_, usize)| (at.to_string(), Value::Input(part)))
                    .collect();
                all
            }
        }
    }

    fn substitute(&mut self, all: bool, words: &[Expression]) -> Value {
        let record = Expression::Field(Box::new(Expression::Number(0.0)));
        let place = words.get(2).unwrap_or(&record);
        let pattern = match words.first() {
            Some(Expression::Matches(pattern)) => Some(pattern.clone()),
            Some(other) => Pattern::parse(&self.value(other).text(), true, false).ok(),
            None => None,
        };
        let (Some(pattern), Some(with)) = (pattern, words.get(1)) else { return truth(false) };
        let with = self.value(with).text();
        let text = self.value(place).text();
        match sed::substitute(&text, &pattern, &with, all) {
            Some(changed) => {
                self.set(place, &Value::Text(changed));
                truth(true)
            }
            None => truth(false),
        }
    }
}

/// The format is used once, whatever is left of the words.
pub(super) fn printf_once(format: &str, words: &[&str]) -> String {
    let fields = format.replace("%%", "").matches('%').count();
    printf(&format.replace('\\', "\\\\"), words.get(..fields.min(words.len())).unwrap_or_default())
        .text
}
