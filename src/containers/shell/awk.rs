//! awk, the part that people write behind a pipe: patterns, `BEGIN` and `END`, `print` and `printf`, variables, arrays,
//! `if` and `for (KEY in ARRAY)`. What else the language has is refused by name.

use std::collections::BTreeMap;

use super::escape::{printf, unescape};
use super::pattern::Pattern;

/// A program.
#[derive(Clone, Debug)]
pub(crate) struct Awk {
    rules: Vec<(When, Option<Vec<Step>>)>,
    variables: BTreeMap<String, Value>,
    arrays: BTreeMap<String, BTreeMap<String, Value>>,
    fields: Vec<String>,
    number: usize,
    begun: bool,
    /// The status with which `exit` ended it.
    pub(crate) exit: Option<i64>,
}

#[derive(Clone, Debug)]
enum When {
    Begin,
    End,
    Always,
    If(Expression),
}

#[derive(Clone, Debug)]
enum Step {
    Print(Vec<Expression>),
    Printf(Vec<Expression>),
    Evaluate(Expression),
    If(Expression, Vec<Self>, Vec<Self>),
    ForIn(String, String, Vec<Self>),
    Next,
    Exit(Option<Expression>),
}

#[derive(Clone, Debug)]
enum Expression {
    Number(f64),
    Text(String),
    Matches(Pattern),
    Field(Box<Self>),
    Variable(String),
    Element(String, Box<Self>),
    Assign(Box<Self>, &'static str, Box<Self>),
    Step { place: Box<Self>, by: f64, first: bool },
    Not(Box<Self>),
    Minus(Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    Choice(Box<Self>, Box<Self>, Box<Self>),
    In(Box<Self>, String),
    Call(&'static str, Vec<Self>),
}

#[derive(Clone, Debug)]
enum Value {
    Number(f64),
    Text(String),
    /// From outside: a number where it looks like one.
    Input(String),
}

const DEEPEST: usize = 40;
const UNKNOWN: &str = "this part of the language is not part of this shell";
/// At most so many steps at a record.
const STEPS: usize = 100_000;

impl Awk {
    /// Reads a program, with the separator of `-F` and the variables of `-v`.
    ///
    /// # Errors
    /// What is wrong with it, or not here.
    pub(crate) fn parse(
        text: &str,
        separator: Option<&str>,
        variables: &[(String, String)],
    ) -> Result<Self, String> {
        let mut reader = Reader { tokens: tokens(text)?, at: 0, depth: 0 };
        let rules = reader.rules()?;
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
                && !self.value(condition, 0).holds()
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
                    self.value(expression, 0);
                    true
                }
                Step::If(condition, yes, no) => {
                    let steps = if self.value(condition, 0).holds() { yes } else { no };
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
                    let status = status.as_ref().map(|status| self.value(status, 0).number());
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

    fn texts(&mut self, words: &[Expression]) -> Vec<String> {
        words.iter().map(|word| self.value(word, 0).text()).collect()
    }

    fn print(&mut self, words: &[Expression], output: &mut String) {
        let words = self.texts(words);
        match words.is_empty() {
            true => output.push_str(self.fields.first().map_or("", String::as_str)),
            false => output.push_str(&words.join(&self.variable("OFS").text())),
        }
        output.push_str(&self.variable("ORS").text());
    }

    fn variable(&self, name: &str) -> Value {
        let count = |count: usize| Value::Number(f64::from(u32::try_from(count).unwrap_or(0)));
        match name {
            "NR" | "FNR" => count(self.number),
            "NF" => count(self.fields.len().saturating_sub(1)),
            name => self.variables.get(name).cloned().unwrap_or(Value::Input(String::new())),
        }
    }

    fn set(&mut self, place: &Expression, value: &Value, depth: usize) {
        match place {
            Expression::Variable(name) => drop(self.variables.insert(name.clone(), value.clone())),
            Expression::Element(name, key) => {
                let key = self.value(key, depth).text();
                self.arrays.entry(name.clone()).or_default().insert(key, value.clone());
            }
            Expression::Field(number) => {
                let number =
                    usize::try_from(whole(self.value(number, depth).number())).unwrap_or(0);
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

    fn value(&mut self, expression: &Expression, depth: usize) -> Value {
        let depth = depth + 1;
        match expression {
            Expression::Number(number) => Value::Number(*number),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Matches(pattern) => {
                truth(pattern.fits(self.fields.first().map_or("", String::as_str)))
            }
            Expression::Field(number) => {
                let number = usize::try_from(whole(self.value(number, depth).number()));
                let field = number.ok().and_then(|number| self.fields.get(number));
                Value::Input(field.cloned().unwrap_or_default())
            }
            Expression::Variable(name) => self.variable(name),
            Expression::Element(name, key) => {
                let key = self.value(key, depth).text();
                let value = self.arrays.get(name).and_then(|array| array.get(&key)).cloned();
                value.unwrap_or(Value::Input(String::new()))
            }
            Expression::Assign(place, operator, right) => {
                let right = self.value(right, depth);
                let value = match *operator {
                    "=" => right,
                    operator => {
                        let left = self.value(place, depth).number();
                        Value::Number(calculated(operator, left, right.number()))
                    }
                };
                self.set(place, &value, depth);
                value
            }
            Expression::Step { place, by, first } => {
                let before = self.value(place, depth).number();
                self.set(place, &Value::Number(before + by), depth);
                Value::Number(if *first { before + by } else { before })
            }
            Expression::Not(inner) => truth(!self.value(inner, depth).holds()),
            Expression::Minus(inner) => Value::Number(-self.value(inner, depth).number()),
            Expression::Binary("&&", left, right) => {
                truth(self.value(left, depth).holds() && self.value(right, depth).holds())
            }
            Expression::Binary("||", left, right) => {
                truth(self.value(left, depth).holds() || self.value(right, depth).holds())
            }
            Expression::Binary(operator @ ("~" | "!~"), left, right) => {
                let text = self.value(left, depth).text();
                let fits = match &**right {
                    Expression::Matches(pattern) => pattern.fits(&text),
                    other => {
                        let pattern = self.value(other, depth).text();
                        Pattern::parse(&pattern, true, false).is_ok_and(|one| one.fits(&text))
                    }
                };
                truth(fits == (*operator == "~"))
            }
            Expression::Binary(operator, left, right) => {
                let (left, right) = (self.value(left, depth), self.value(right, depth));
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
                let next = if self.value(condition, depth).holds() { yes } else { no };
                self.value(next, depth)
            }
            Expression::In(key, array) => {
                let key = self.value(key, depth).text();
                truth(self.arrays.get(array).is_some_and(|array| array.contains_key(&key)))
            }
            Expression::Call(name, words) => self.call(name, words, depth),
        }
    }

    fn call(&mut self, name: &str, words: &[Expression], depth: usize) -> Value {
        if matches!(name, "sub" | "gsub") {
            return self.substitute(name == "gsub", words, depth);
        }
        let texts: Vec<String> = words.iter().map(|word| self.value(word, depth).text()).collect();
        let text = |at: usize| texts.get(at).map_or("", String::as_str);
        let number = |at: usize| Value::Input(text(at).to_owned()).number();
        let count = |count: usize| Value::Number(f64::from(u32::try_from(count).unwrap_or(0)));
        match name {
            "length" if words.is_empty() => {
                count(self.fields.first().map_or(0, |line| line.chars().count()))
            }
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

    fn substitute(&mut self, all: bool, words: &[Expression], depth: usize) -> Value {
        let record = Expression::Field(Box::new(Expression::Number(0.0)));
        let place = words.get(2).unwrap_or(&record);
        let pattern = match words.first() {
            Some(Expression::Matches(pattern)) => Some(pattern.clone()),
            Some(other) => Pattern::parse(&self.value(other, depth).text(), true, false).ok(),
            None => None,
        };
        let (Some(pattern), Some(with)) = (pattern, words.get(1)) else { return truth(false) };
        let with = self.value(with, depth).text();
        let text = self.value(place, depth).text();
        match super::sed::substitute(&text, &pattern, &with, all) {
            Some(changed) => {
                self.set(place, &Value::Text(changed), depth);
                truth(true)
            }
            None => truth(false),
        }
    }
}

/// As many fields can a line be given.
const MOST_FIELDS: usize = 10_000;

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

/// The format is used once, whatever is left of the words.
fn printf_once(format: &str, words: &[&str]) -> String {
    let fields = format.replace("%%", "").matches('%').count();
    printf(&format.replace('\\', "\\\\"), words.get(..fields.min(words.len())).unwrap_or_default())
        .text
}

fn truth(value: bool) -> Value {
    Value::Number(if value { 1.0 } else { 0.0 })
}

/// The whole part.
fn whole(number: f64) -> i64 {
    format!("{:.0}", number.trunc()).parse().unwrap_or(if number < 0.0 {
        i64::MIN
    } else {
        i64::MAX
    })
}

fn calculated(operator: &str, left: f64, right: f64) -> f64 {
    match operator {
        "+" | "+=" => left + right,
        "-" | "-=" => left - right,
        "*" | "*=" => left * right,
        "/" | "/=" if right != 0.0 => left / right,
        "%" | "%=" if right != 0.0 => left % right,
        _ => 0.0,
    }
}

fn compare(left: &Value, right: &Value) -> std::cmp::Ordering {
    let numbers = (left.as_number(), right.as_number());
    match numbers {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.text().cmp(&right.text()),
    }
}

impl Value {
    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Input(text) if text.is_empty() => Some(0.0),
            Self::Input(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Self::Text(_) => None,
        }
    }

    fn number(&self) -> f64 {
        if let Some(number) = self.as_number() {
            return number;
        }
        let text = self.text();
        let text = text.trim_start();
        let end = text
            .char_indices()
            .find(|(at, letter)| {
                !(letter.is_ascii_digit() || *letter == '.' || *at == 0 && "+-".contains(*letter))
            })
            .map_or(text.len(), |(at, _)| at);
        text.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(0.0)
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Input(text) => text.clone(),
            Self::Number(number) if *number == number.trunc() && number.abs() < 1e16 => {
                whole(*number).to_string()
            }
            // `%.6g`
            Self::Number(number) => {
                let digits = format!("{:.0}", number.abs().trunc()).len();
                let places = 6_usize.saturating_sub(digits);
                let text = format!("{number:.places$}");
                match text.contains('.') {
                    true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                    false => text,
                }
            }
        }
    }

    fn holds(&self) -> bool {
        match self {
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Input(text) => self.as_number().map_or(!text.is_empty(), |number| number != 0.0),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Matches(String),
    Name(String),
    Sign(&'static str),
    Line,
}

const SIGNS: [&str; 36] = [
    "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "&&", "||", "++", "--", "!~", "{", "}",
    "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "!", "<", ">", "=", "~", "?", ":", "$",
    "|",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut all: Vec<Token> = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let behind = rest.get(letter.len_utf8()..).unwrap_or_default();
        let begins_operand = !matches!(
            all.last(),
            Some(Token::Number(_) | Token::Text(_) | Token::Name(_) | Token::Sign(")" | "]" | "$"))
        );
        match letter {
            '\n' => {
                all.push(Token::Line);
                rest = behind;
            }
            '#' => rest = rest.find('\n').and_then(|at| rest.get(at..)).unwrap_or_default(),
            ' ' | '\t' | '\r' | '\\' => rest = behind,
            '"' | '/' if letter == '"' || begins_operand => {
                let (piece, after) = until(behind, letter).ok_or_else(|| {
                    format!("unterminated {}", if letter == '"' { "string" } else { "regexp" })
                })?;
                all.push(match letter {
                    '"' => Token::Text(unescape(&piece, true).0),
                    _ => Token::Matches(piece.replace("\\/", "/")),
                });
                rest = after;
            }
            letter if letter.is_ascii_digit() || letter == '.' => {
                let end = rest
                    .find(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
                    .unwrap_or(rest.len());
                let (digits, after) = rest.split_at(end);
                all.push(Token::Number(digits.parse().map_err(|_| "syntax error".to_owned())?));
                rest = after;
            }
            letter if letter == '_' || letter.is_ascii_alphabetic() => {
                let end = rest
                    .find(|letter: char| !(letter == '_' || letter.is_ascii_alphanumeric()))
                    .unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                all.push(Token::Name(name.to_owned()));
                rest = after;
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| format!("syntax error near {letter}"))?;
                all.push(Token::Sign(sign));
                rest = rest.get(sign.len()..).unwrap_or_default();
            }
        }
    }
    Ok(all)
}

/// What stands before the delimiter that no backslash precedes, as it stands, and what behind.
fn until(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut escaped = false;
    let at = text.char_indices().find(|(_, letter)| {
        let found = *letter == delimiter && !escaped;
        escaped = *letter == '\\' && !escaped;
        found
    });
    let (at, _) = at?;
    let piece = text.get(..at)?;
    let piece = if delimiter == '"' { piece.replace("\\\"", "\"") } else { piece.to_owned() };
    Some((piece, text.get(at + 1..)?))
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Read<T> = Result<T, String>;

/// Binary operators by how tightly they bind, loosest first; concatenation has no sign.
const LEVELS: [&[&str]; 7] = [
    &["||"],
    &["&&"],
    &["~", "!~"],
    &["==", "!=", "<=", ">=", "<", ">"],
    &[""],
    &["+", "-"],
    &["*", "/", "%"],
];
const FUNCTIONS: [&str; 10] =
    ["length", "toupper", "tolower", "int", "index", "substr", "sprintf", "split", "sub", "gsub"];

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(own)) if *own == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(own)) if own == name);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> Option<String> {
        let Some(Token::Name(name)) = self.peek().cloned() else { return None };
        self.at += 1;
        Some(name)
    }

    fn expect(&mut self, sign: &str) -> Read<()> {
        if self.take(sign) { Ok(()) } else { Err(format!("syntax error: {sign} is missing")) }
    }

    fn ends(&mut self) {
        while matches!(self.peek(), Some(Token::Line | Token::Sign(";"))) {
            self.at += 1;
        }
    }

    fn rules(&mut self) -> Read<Vec<(When, Option<Vec<Step>>)>> {
        let mut rules = Vec::new();
        loop {
            self.ends();
            if self.peek().is_none() {
                return Ok(rules);
            }
            if matches!(self.peek(), Some(Token::Name(name)) if name == "function") {
                return Err(UNKNOWN.into());
            }
            let when = if self.word("BEGIN") {
                When::Begin
            } else if self.word("END") {
                When::End
            } else if self.is("{") {
                When::Always
            } else {
                When::If(self.expression()?)
            };
            if self.is(",") {
                return Err(UNKNOWN.into());
            }
            let steps = if self.is("{") { Some(self.block()?) } else { None };
            if steps.is_none() && !matches!(when, When::If(_)) {
                return Err("syntax error: { is missing".into());
            }
            rules.push((when, steps));
        }
    }

    fn block(&mut self) -> Read<Vec<Step>> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("nested too deeply".into());
        }
        let steps = match self.take("{") {
            false => {
                while self.peek() == Some(&Token::Line) {
                    self.at += 1;
                }
                vec![self.step()?]
            }
            true => {
                let mut steps = Vec::new();
                loop {
                    self.ends();
                    if self.take("}") {
                        break steps;
                    }
                    if self.peek().is_none() {
                        return Err("syntax error: } is missing".into());
                    }
                    steps.push(self.step()?);
                }
            }
        };
        self.depth -= 1;
        Ok(steps)
    }

    fn step(&mut self) -> Read<Step> {
        let Some(Token::Name(name)) = self.peek().cloned() else {
            return Ok(Step::Evaluate(self.expression()?));
        };
        match name.as_str() {
            "print" | "printf" => {
                self.at += 1;
                let words = self.words()?;
                if self.is(">") || self.is("|") {
                    return Err(UNKNOWN.into());
                }
                Ok(if name == "print" { Step::Print(words) } else { Step::Printf(words) })
            }
            "if" => {
                self.at += 1;
                self.expect("(")?;
                let condition = self.expression()?;
                self.expect(")")?;
                let yes = self.block()?;
                let before = self.at;
                self.ends();
                let no = if self.word("else") {
                    self.block()?
                } else {
                    self.at = before;
                    Vec::new()
                };
                Ok(Step::If(condition, yes, no))
            }
            "for" => {
                self.at += 1;
                self.expect("(")?;
                let key = self.name().ok_or(UNKNOWN)?;
                if !self.word("in") {
                    return Err(UNKNOWN.into());
                }
                let array = self.name().ok_or("syntax error: an array is missing")?;
                self.expect(")")?;
                Ok(Step::ForIn(key, array, self.block()?))
            }
            "next" => {
                self.at += 1;
                Ok(Step::Next)
            }
            "exit" => {
                self.at += 1;
                let bare = matches!(self.peek(), None | Some(Token::Line | Token::Sign(";" | "}")));
                Ok(Step::Exit(if bare { None } else { Some(self.expression()?) }))
            }
            "while" | "do" | "break" | "continue" | "delete" | "getline" | "return" => {
                Err(UNKNOWN.into())
            }
            _ => Ok(Step::Evaluate(self.expression()?)),
        }
    }

    /// What is printed: a `>` there would lead to a file.
    fn words(&mut self) -> Read<Vec<Expression>> {
        let mut words = Vec::new();
        if matches!(self.peek(), None | Some(Token::Line | Token::Sign(";" | "}" | ">" | "|"))) {
            return Ok(words);
        }
        let begin = self.at;
        // `printf("…", x)`: parentheses around all of it.
        if self.take("(") {
            let listed = self.listed(")");
            let end = matches!(
                self.peek(),
                None | Some(Token::Line | Token::Sign(";" | "}" | ">" | "|"))
            );
            match listed {
                Ok(words) if end => return Ok(words),
                _ => self.at = begin,
            }
        }
        loop {
            words.push(self.printed()?);
            if !self.take(",") {
                return Ok(words);
            }
        }
    }

    fn printed(&mut self) -> Read<Expression> {
        self.nested(|reader| reader.binary(4))
    }

    fn listed(&mut self, end: &str) -> Read<Vec<Expression>> {
        let mut words = Vec::new();
        if self.take(end) {
            return Ok(words);
        }
        loop {
            words.push(self.expression()?);
            if self.take(end) {
                return Ok(words);
            }
            self.expect(",")?;
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read<Expression>) -> Read<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("nested too deeply".into());
        }
        let expression = read(self)?;
        self.depth -= 1;
        Ok(expression)
    }

    fn expression(&mut self) -> Read<Expression> {
        self.nested(Self::choice)
    }

    fn choice(&mut self) -> Read<Expression> {
        let left = self.binary(0)?;
        for operator in ["=", "+=", "-=", "*=", "/=", "%="] {
            if self.is(operator) {
                if !is_place(&left) {
                    return Err("syntax error: nothing can be assigned to this".into());
                }
                self.at += 1;
                let right = self.expression()?;
                return Ok(Expression::Assign(Box::new(left), operator, Box::new(right)));
            }
        }
        if !self.take("?") {
            return Ok(left);
        }
        let yes = self.expression()?;
        self.expect(":")?;
        let no = self.expression()?;
        Ok(Expression::Choice(Box::new(left), Box::new(yes), Box::new(no)))
    }

    fn binary(&mut self, level: usize) -> Read<Expression> {
        let Some(operators) = LEVELS.get(level) else { return self.nested(Self::unary) };
        let mut left = self.binary(level + 1)?;
        let mut length = 0;
        loop {
            length += 1;
            if length > 200 {
                return Err("nested too deeply".into());
            }
            let operator = match operators.first() {
                Some(&"") => self.begins_operand().then_some(""),
                _ => operators.iter().copied().find(|operator| self.take(operator)),
            };
            let Some(operator) = operator else { break };
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        if level == 2 && self.word("in") {
            let array = self.name().ok_or("syntax error: an array is missing")?;
            left = Expression::In(Box::new(left), array);
        }
        Ok(left)
    }

    fn begins_operand(&self) -> bool {
        match self.peek() {
            Some(
                Token::Number(_) | Token::Text(_) | Token::Sign("$" | "(" | "!" | "++" | "--"),
            ) => true,
            Some(Token::Name(name)) => name != "in",
            _ => false,
        }
    }

    fn unary(&mut self) -> Read<Expression> {
        if self.take("!") {
            return Ok(Expression::Not(Box::new(self.nested(Self::unary)?)));
        }
        if self.take("-") {
            return Ok(Expression::Minus(Box::new(self.nested(Self::unary)?)));
        }
        if self.take("+") {
            return self.nested(Self::unary);
        }
        for (sign, by) in [("++", 1.0), ("--", -1.0)] {
            if self.take(sign) {
                let place = Box::new(self.nested(Self::primary)?);
                return Ok(Expression::Step { place, by, first: true });
            }
        }
        let value = self.primary()?;
        for (sign, by) in [("++", 1.0), ("--", -1.0)] {
            if is_place(&value) && self.take(sign) {
                return Ok(Expression::Step { place: Box::new(value), by, first: false });
            }
        }
        Ok(value)
    }

    fn primary(&mut self) -> Read<Expression> {
        let token = self.peek().cloned().ok_or("syntax error: unexpected end")?;
        self.at += 1;
        Ok(match token {
            Token::Number(number) => Expression::Number(number),
            Token::Text(text) => Expression::Text(text),
            Token::Matches(text) => Expression::Matches(Pattern::parse(&text, true, false)?),
            Token::Sign("$") => Expression::Field(Box::new(self.nested(Self::primary)?)),
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                inner
            }
            Token::Name(name) => match FUNCTIONS.into_iter().find(|own| *own == name) {
                Some("length") if !self.is("(") => Expression::Call("length", Vec::new()),
                Some(function) => {
                    self.expect("(")?;
                    Expression::Call(function, self.listed(")")?)
                }
                None if self.take("[") => {
                    let key = self.expression()?;
                    self.expect("]")?;
                    Expression::Element(name, Box::new(key))
                }
                None if self.is("(") => return Err(format!("{name}(): {UNKNOWN}")),
                None => Expression::Variable(name),
            },
            Token::Sign(sign) => return Err(format!("syntax error near {sign}")),
            Token::Line => return Err("syntax error: unexpected newline".into()),
        })
    }
}

const fn is_place(expression: &Expression) -> bool {
    matches!(expression, Expression::Variable(_) | Expression::Element(..) | Expression::Field(_))
}

/// What stands behind `awk`: the program, the separator of `-F`, the variables of `-v`, the names of files.
#[derive(Debug, Default)]
pub(crate) struct Call {
    program: Option<String>,
    separator: Option<String>,
    variables: Vec<(String, String)>,
    pub(crate) names: Vec<String>,
}

impl Call {
    /// Reads the words behind `awk`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let mut call = Self::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let flag = word.get(..2).filter(|flag| matches!(*flag, "-F" | "-v"));
            match flag {
                Some(flag) if call.program.is_none() => {
                    let value = match word.get(2..) {
                        Some(value) if !value.is_empty() => value,
                        _ => words.next().ok_or_else(|| {
                            format!(
                                "option requires an argument -- '{}'",
                                flag.trim_start_matches('-')
                            )
                        })?,
                    };
                    match (flag, value.split_once('=')) {
                        ("-F", _) => {
                            call.separator =
                                Some(if value == "t" { "\t" } else { value }.to_owned());
                        }
                        (_, Some((name, value))) => {
                            call.variables.push((name.to_owned(), value.to_owned()));
                        }
                        _ => {
                            return Err(format!(
                                "`{value}' argument to `-v' not in `var=value' form"
                            ));
                        }
                    }
                }
                _ if call.program.is_some() => call.names.push(word.to_owned()),
                _ if word == "--" => {}
                _ if word.len() > 1 && word.starts_with('-') => {
                    return Err(format!("{word}: {UNKNOWN}"));
                }
                _ => call.program = Some(word.to_owned()),
            }
        }
        Ok(call)
    }

    /// The program.
    ///
    /// # Errors
    /// What is wrong with it, or not here.
    pub(crate) fn awk(&self) -> Result<Awk, String> {
        let program = self.program.as_deref().ok_or("usage: awk 'PROGRAM' [FILE]...")?;
        Awk::parse(program, self.separator.as_deref(), &self.variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str], input: &str) -> String {
        let mut output = String::new();
        match Call::parse(words).and_then(|call| call.awk()) {
            Ok(mut awk) => {
                for line in input.lines() {
                    awk.line(line, &mut output);
                }
                awk.end(&mut output);
            }
            Err(words) => output = words,
        }
        output
    }

    #[test]
    fn programs_of_notes_do_what_awk_does() {
        for (words, input, output) in [
            (&["{print $2}"] as &[_], "a b\nc d", "b\nd\n"),
            (&["{print $1 \"-\" $2}"], "a b", "a-b\n"),
            (&["NR==2{print $1}"], "a b\nc d", "c\n"),
            (&["NR>1 {print $1, $NF}"], "h\na b c", "a c\n"),
            (&["{s+=$2} END {print s, s/NR}"], "a 1\nb 2", "3 1.5\n"),
            (&["-F", ":", "{print $2}"], "a:b", "b\n"),
            (&["-F:", "-v", "x=y", "{print x $1}"], "a:b", "ya\n"),
            (&["/a/ {print $(NF-1)}"], "x\na b", "a\n"),
            (
                &["$3 != \"Running\" && $2 ~ /^0/"],
                "p 0/1 Pending\nq 1/1 Running",
                "p 0/1 Pending\n",
            ),
            (&["!seen[$1]++"], "a\nb\na", "a\nb\n"),
            (&["{c[$1]++} END {for (k in c) print k, c[k]}"], "b\na\nb", "a 1\nb 2\n"),
            (&["{printf \"%-5s|%d\\n\", $1, $2}"], "a 3", "a    |3\n"),
            (
                &["BEGIN {print 1+2*3, length(\"abc\"), substr(\"hello\", 2, 3), toupper(\"a\")}"],
                "",
                "7 3 ell A\n",
            ),
            (&["{if ($1 > 9) print \"big\"; else print \"small\"}"], "10\n9", "big\nsmall\n"),
            (&["{gsub(/a/, \"b\"); print}"], "banana", "bbnbnb\n"),
            (&["{$2 = \"x\"; print}"], "a b c", "a x c\n"),
            (&["NR==1{next} {print} END{exit 3}"], "a\nb", "b\n"),
            (&["{print > \"file\"}"], "a", UNKNOWN),
            (&["BEGIN{while(1){}}"], "", UNKNOWN),
            (&["{print $1"], "a", "syntax error: } is missing"),
        ] {
            assert_eq!(run(words, input), output, "{words:?}");
        }
    }

    #[test]
    fn hostile_programs_end() {
        for text in ["(", "!", "-", "{", "$", "a[", "length(", "1?", "{if(1)", "x=", "++"] {
            run(&[&text.repeat(100_000)], "a");
        }
        run(&[&format!("{{print {}}}", "1 ".repeat(100_000))], "a");
        run(
            &["{$99999999999999 = 1; print $-1, $1e9, substr($0, -99999999999, 99999999999999)}"],
            "a",
        );
    }
}
