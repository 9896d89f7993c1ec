//! `$(( … ))`: whole numbers, C's operators. Follows POSIX 2.6.4.

use std::collections::BTreeMap;
use std::rc::Rc;

/// Evaluates an expression; assignments write variables.
///
/// # Errors
/// The shell's words.
pub(crate) fn evaluate(
    text: &str,
    variables: &mut BTreeMap<Rc<str>, Rc<str>>,
) -> Result<i64, String> {
    let mut reader = Reader {
        letters: text.chars().filter(|letter| !letter.is_whitespace()).collect(),
        at: 0,
        variables,
        depth: 0,
    };
    if reader.letters.is_empty() {
        return Ok(0);
    }
    let value = reader.expression(0)?;
    if reader.at < reader.letters.len() {
        return Err("arithmetic syntax error".into());
    }
    Ok(value)
}

struct Reader<'a> {
    letters: Vec<char>,
    at: usize,
    variables: &'a mut BTreeMap<Rc<str>, Rc<str>>,
    depth: usize,
}

/// At most so deep may parentheses, signs and choices stand within each other.
const DEEPEST: usize = 200;

/// Operators by how tightly they bind, loosest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Reader<'_> {
    fn starts(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(index, letter)| self.letters.get(self.at + index) == Some(&letter))
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.starts(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Reads something that may stand within itself.
    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<i64, String>,
    ) -> Result<i64, String> {
        if self.depth >= DEEPEST {
            return Err("arithmetic syntax error".into());
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn expression(&mut self, level: usize) -> Result<i64, String> {
        self.nested(|reader| reader.choice(level))
    }

    fn choice(&mut self, level: usize) -> Result<i64, String> {
        let value = self.binary(level)?;
        if level > 0 || !self.take("?") {
            return Ok(value);
        }
        let yes = self.expression(0)?;
        if !self.take(":") {
            return Err("arithmetic syntax error".into());
        }
        let no = self.expression(0)?;
        Ok(if value != 0 { yes } else { no })
    }

    fn binary(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else { return self.nested(Self::unary) };
        let mut left = self.binary(level + 1)?;
        'more: loop {
            for operator in *operators {
                let longer = matches!(*operator, "|" | "&") && self.starts(&operator.repeat(2))
                    || matches!(*operator, "<" | ">") && self.starts(&operator.repeat(2));
                if !longer && self.take(operator) {
                    let right = self.binary(level + 1)?;
                    left = apply(operator, left, right)?;
                    continue 'more;
                }
            }
            return Ok(left);
        }
    }

    fn unary(&mut self) -> Result<i64, String> {
        // Before a number these are two signs.
        let named =
            self.letters.get(self.at + 2).is_some_and(|one| one.is_alphabetic() || *one == '_');
        if named && (self.take("++") || self.starts("--")) {
            let step = if self.take("--") { -1 } else { 1 };
            let name = self.name().ok_or("arithmetic syntax error")?;
            let value = self.read(&name)?.wrapping_add(step);
            self.variables.insert(name, value.to_string().into());
            return Ok(value);
        }
        if self.take("-") {
            return self.nested(Self::unary).map(i64::wrapping_neg);
        }
        if self.take("+") {
            return self.nested(Self::unary);
        }
        if self.starts("!") && !self.starts("!=") {
            self.at += 1;
            return self.nested(Self::unary).map(|value| i64::from(value == 0));
        }
        if self.take("~") {
            return self.nested(Self::unary).map(|value| !value);
        }
        if self.take("(") {
            let value = self.expression(0)?;
            return if self.take(")") { Ok(value) } else { Err("arithmetic syntax error".into()) };
        }
        match self.name() {
            Some(name) => self.variable(name),
            None => self.number(),
        }
    }

    fn variable(&mut self, name: Rc<str>) -> Result<i64, String> {
        for operator in ["+=", "-=", "*=", "/=", "%="] {
            if self.take(operator) {
                let right = self.expression(0)?;
                let value = apply(operator.trim_end_matches('='), self.read(&name)?, right)?;
                self.variables.insert(name, value.to_string().into());
                return Ok(value);
            }
        }
        if self.starts("=") && !self.starts("==") {
            self.at += 1;
            let value = self.expression(0)?;
            self.variables.insert(name, value.to_string().into());
            return Ok(value);
        }
        let value = self.read(&name)?;
        for (operator, step) in [("++", 1), ("--", -1)] {
            if self.take(operator) {
                self.variables.insert(name, value.wrapping_add(step).to_string().into());
                return Ok(value);
            }
        }
        Ok(value)
    }

    fn read(&self, name: &str) -> Result<i64, String> {
        let text = self.variables.get(name).map_or("", |text| text.trim());
        if text.is_empty() {
            return Ok(0);
        }
        text.parse().map_err(|_| "arithmetic syntax error".into())
    }

    fn name(&mut self) -> Option<Rc<str>> {
        let letters = self.letters.iter().skip(self.at);
        let name: String = letters
            .take_while(|letter| **letter == '_' || letter.is_ascii_alphanumeric())
            .collect();
        let first = name.chars().next()?;
        if first.is_ascii_digit() {
            return None;
        }
        self.at += name.len();
        Some(name.into())
    }

    fn number(&mut self) -> Result<i64, String> {
        let letters = self.letters.iter().skip(self.at);
        let text: String = letters.take_while(|letter| letter.is_ascii_alphanumeric()).collect();
        self.at += text.len();
        let parsed = match (text.strip_prefix("0x"), text.strip_prefix('0')) {
            (Some(digits), _) => i64::from_str_radix(digits, 16),
            (None, Some(digits)) if !digits.is_empty() => i64::from_str_radix(digits, 8),
            _ => text.parse(),
        };
        parsed.map_err(|_| "arithmetic syntax error".into())
    }
}

fn apply(operator: &str, left: i64, right: i64) -> Result<i64, String> {
    let shift = u32::try_from(right & 63).unwrap_or(0);
    Ok(match operator {
        "||" => i64::from(left != 0 || right != 0),
        "&&" => i64::from(left != 0 && right != 0),
        "|" => left | right,
        "^" => left ^ right,
        "&" => left & right,
        "==" => i64::from(left == right),
        "!=" => i64::from(left != right),
        "<=" => i64::from(left <= right),
        ">=" => i64::from(left >= right),
        "<" => i64::from(left < right),
        ">" => i64::from(left > right),
        "<<" => left.wrapping_shl(shift),
        ">>" => left.wrapping_shr(shift),
        "+" => left.wrapping_add(right),
        "-" => left.wrapping_sub(right),
        "*" => left.wrapping_mul(right),
        "/" | "%" if right == 0 => return Err("divide by zero".into()),
        "/" => left.wrapping_div(right),
        _ => left.wrapping_rem(right),
    })
}
