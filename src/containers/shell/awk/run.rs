//! The run of a program: before the first record, at each, behind the last.

use std::collections::BTreeMap;

use super::functions::printf_once;
use super::program::{Expression, Rule, Step, When};
use super::read::program;
use super::value::{Value, calculated, compare, count, truth, whole};
use crate::containers::shell::escape::unescape;
use crate::containers::shell::pattern::Pattern;

/// A program and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Awk {
    rules: Vec<Rule>,
    variables: BTreeMap<String, Value>,
    pub(super) arrays: BTreeMap<String, BTreeMap<String, Value>>,
    fields: Vec<String>,
    number: usize,
    begun: bool,
    /// The status with which `exit` ended it.
    pub(crate) exit: Option<i64>,
}

/// At most so many steps at a record.
const STEPS: usize = 100_000;
/// As many fields can a line be given.
const MOST_FIELDS: usize = 10_000;

impl Awk {
    /// Reads a program, with the separator of `-F` and the variables of `-v`.
    ///
    /// # Errors
    /// What is wrong with it, or not here.
    pub(super) fn parse(
        text: &str,
        separator: Option<&str>,
        variables: &[(String, String)],
    ) -> Result<Self, String> {
        let rules = program(text)?;
        let mut own = BTreeMap::new();
        for (name, value) in variables {
            own.insert(name.clone(), Value::Input(unescape(value, true).0));
        }
        let separator = separator.map_or_else(|| " ".into(), |text| unescape(text, true).0);
        own.entry("FS".into()).or_insert(Value::Text(separator));
        for (name, value) in [("OFS", " "), ("ORS", "\n")] {
            own.entry(name.into()).or_insert(Value::Text(value.into()));
        }
        Ok(Self {
            rules,
            variables: own,
            arrays: BTreeMap::new(),
            fields: vec![String::new()],
            number: 0,
            begun: false,
            exit: None,
        })
    }

    /// Whether it reads anything.
    pub(crate) fn reads(&self) -> bool {
        self.rules.iter().any(|(when, _)| !matches!(when, When::Begin))
    }

    /// Does what comes before the first record.
    pub(crate) fn begin(&mut self, output: &mut String) {
        if !std::mem::replace(&mut self.begun, true) {
            self.at(output, |when| matches!(when, When::Begin));
        }
    }

    /// Looks at a line; whether more are wanted.
    pub(crate) fn line(&mut self, line: &str, output: &mut String) -> bool {
        self.begin(output);
        if self.exit.is_none() {
            self.number += 1;
            self.set_record(line);
            self.at(output, |when| matches!(when, When::Always | When::If(_)));
        }
        self.exit.is_none()
    }

    /// Does what comes behind the last record.
    pub(crate) fn end(&mut self, output: &mut String) {
        self.begin(output);
        let exit = self.exit.take();
        self.at(output, |when| matches!(when, When::End));
        self.exit = self.exit.or(exit);
    }

    /// The record as it stands, which is `$0`.
    pub(super) fn record(&self) -> &str {
        self.fields.first().map_or("", String::as_str)
    }

    fn set_record(&mut self, line: &str) {
        let separator = self.variable("FS").text();
        self.fields = vec![line.to_owned()];
        let fields: Vec<String> = match separator.as_str() {
            " " => line.split_whitespace().map(str::to_owned).collect(),
            "" => line.chars().map(String::from).collect(),
            _ if line.is_empty() => Vec::new(),
            one if one.chars().count() == 1 && one != "\\" => {
                line.split(one).map(str::to_owned).collect()
            }
            other => match Pattern::parse(other, true, false) {
                Ok(pattern) => split_by(line, &pattern),
                Err(_) => vec![line.to_owned()],
            },
        };
        self.fields.extend(fields);
    }

    fn at(&mut self, output: &mut String, fits: impl Fn(&When) -> bool) {
        let rules = std::mem::take(&mut self.rules);
        let mut left = STEPS;
        for (when, steps) in rules.iter().filter(|(when, _)| fits(when)) {
            if let When::If(condition) = when
                && !self.value(condition).holds()
            {
                continue;
            }
            let goes_on = match steps {
                Some(steps) => self.steps(steps, output, &mut left),
                None => {
                    self.print(&[], output);
                    true
                }
            };
            if !goes_on {
                break;
            }
        }
        self.rules = rules;
    }

    fn steps(&mut self, steps: &[Step], output: &mut String, left: &mut usize) -> bool {
        for step in steps {
            *left = left.saturating_sub(1);
            let goes_on = match step {
                _ if *left == 0 => false,
                Step::Print(words) => {
                    self.print(words, output);
                    true
                }
                Step::Printf(words) => {
                    let words = self.texts(words);
                    if let Some((format, rest)) = words.split_first() {
                        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
                        output.push_str(&printf_once(format, &rest));
                    }
                    true
                }
                Step::Evaluate(expression) => {
                    self.value(expression);
                    true
                }
                Step::If(condition, yes, no) => {
                    let steps = if self.value(condition).holds() { yes } else { no };
                    self.steps(steps, output, left)
                }
                Step::ForIn(name, array, body) => {
                    let keys: Vec<String> = self
                        .arrays
                        .get(array)
                        .into_iter()
                        .flat_map(BTreeMap::keys)
                        .cloned()
                        .collect();
                    keys.into_iter().all(|key| {
                        self.variables.insert(name.clone(), Value::Input(key));
                        self.steps(body, output, left)
                    })
                }
                Step::Next => false,
                Step::Exit(status) => {
                    let status = status.as_ref().map(|status| self.value(status).number());
                    self.exit = Some(whole(status.unwrap_or(0.0)));
                    false
                }
            };
            if !goes_on {
                return false;
            }
        }
        true
    }

    pub(super) fn texts(&mut self, words: &[Expression]) -> Vec<String> {
        words.iter().map(|word| self.value(word).text()).collect()
    }

    fn print(&mut self, words: &[Expression], output: &mut String) {
        let words = self.texts(words);
        match words.is_empty() {
            true => output.push_str(self.record()),
            false => output.push_str(&words.join(&self.variable("OFS").text())),
        }
        output.push_str(&self.variable("ORS").text());
    }

    fn variable(&self, name: &str) -> Value {
        match name {
            "NR" | "FNR" => count(self.number),
            "NF" => count(self.fields.len().saturating_sub(1)),
            name => self.variables.get(name).cloned().unwrap_or(Value::Input(String::new())),
        }
    }

    pub(super) fn set(&mut self, place: &Expression, value: &Value) {
        match place {
            Expression::Variable(name) => drop(self.variables.insert(name.clone(), value.clone())),
            Expression::Element(name, key) => {
                let key = self.value(key).text();
                self.arrays.entry(name.clone()).or_default().insert(key, value.clone());
            }
            Expression::Field(number) => {
                let number = usize::try_from(whole(self.value(number).number())).unwrap_or(0);
                if number == 0 {
                    return self.set_record(&value.text());
                }
                let number = number.min(MOST_FIELDS);
                if self.fields.len() <= number {
                    self.fields.resize(number + 1, String::new());
                }
                if let Some(field) = self.fields.get_mut(number) {
                    *field = value.text();
                }
                let record = self.fields.get(1..).unwrap_or_default();
                let record = record.join(&self.variable("OFS").text());
                if let Some(whole) = self.fields.first_mut() {
                    *whole = record;
                }
            }
            _ => {}
        }
    }

    pub(super) fn value(&mut self, expression: &Expression) -> Value {
        match expression {
            Expression::Number(number) => Value::Number(*number),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Matches(pattern) => truth(pattern.fits(self.record())),
            Expression::Field(number) => {
                let number = usize::try_from(whole(self.value(number).number()));
                let field = number.ok().and_then(|number| self.fields.get(number));
                Value::Input(field.cloned().unwrap_or_default())
            }
            Expression::Variable(name) => self.variable(name),
            Expression::Element(name, key) => {
                let key = self.value(key).text();
                let value = self.arrays.get(name).and_then(|array| array.get(&key)).cloned();
                value.unwrap_or(Value::Input(String::new()))
            }
            Expression::Assign(place, operator, right) => {
                let right = self.value(right);
                let value = match *operator {
                    "=" => right,
                    operator => {
                        let left = self.value(place).number();
                        Value::Number(calculated(operator, left, right.number()))
                    }
                };
                self.set(place, &value);
                value
            }
            Expression::Step { place, by, first } => {
                let before = self.value(place).number();
                self.set(place, &Value::Number(before + by));
                Value::Number(if *first { before + by } else { before })
            }
            Expression::Not(inner) => truth(!self.value(inner).holds()),
            Expression::Minus(inner) => Value::Number(-self.value(inner).number()),
            Expression::Binary("&&", left, right) => {
                truth(self.value(left).holds() && self.value(right).holds())
            }
            Expression::Binary("||", left, right) => {
                truth(self.value(left).holds() || self.value(right).holds())
            }
            Expression::Binary(operator @ ("~" | "!~"), left, right) => {
                let text = self.value(left).text();
                let fits = match &**right {
                    Expression::Matches(pattern) => pattern.fits(&text),
                    other => {
                        let pattern = self.value(other).text();
                        Pattern::parse(&pattern, true, false).is_ok_and(|one| one.fits(&text))
                    }
                };
                truth(fits == (*operator == "~"))
            }
            Expression::Binary(operator, left, right) => {
                let (left, right) = (self.value(left), self.value(right));
                match *operator {
                    "" => Value::Text(left.text() + &right.text()),
                    "==" => truth(compare(&left, &right).is_eq()),
                    "!=" => truth(compare(&left, &right).is_ne()),
                    "<" => truth(compare(&left, &right).is_lt()),
                    "<=" => truth(compare(&left, &right).is_le()),
                    ">" => truth(compare(&left, &right).is_gt()),
                    ">=" => truth(compare(&left, &right).is_ge()),
                    operator => Value::Number(calculated(operator, left.number(), right.number())),
                }
            }
            Expression::Choice(condition, yes, no) => {
                let next = if self.value(condition).holds() { yes } else { no };
                self.value(next)
            }
            Expression::In(key, array) => {
                let key = self.value(key).text();
                truth(self.arrays.get(array).is_some_and(|array| array.contains_key(&key)))
            }
            Expression::Call(name, words) => self.call(name, words),
        }
    }
}

fn split_by(line: &str, pattern: &Pattern) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let piece = |from: usize, to: usize| letters.get(from..to).unwrap_or_default().iter().collect();
    let (mut all, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some((start, end)) = pattern.find(&letters, at) {
        if end > start {
            all.push(piece(from, start));
            from = end;
        }
        at = end.max(start + 1);
    }
    all.push(piece(from, letters.len()));
    all
}
