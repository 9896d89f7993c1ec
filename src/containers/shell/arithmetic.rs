//! `$(( … ))`: whole numbers, C's operators. Follows POSIX 2.6.4.

use std::collections::BTreeMap;
use std::rc::Rc;

/// Variables by name.
pub(crate) type Numbers<'a> = &'a dyn Fn(&str) -> Option<Rc<str>>;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    kind: Kind,
    /// What stands from there on.
    rest: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Zero,
    Operand,
    Syntax,
    Base,
    Negative,
    Deep,
}

impl Wrong {
    /// The words of busybox.
    pub(crate) const fn in_ash(&self) -> &'static str {
        match self.kind {
            Kind::Zero => "divide by zero",
            Kind::Negative => "exponent less than 0",
            _ => "arithmetic syntax error",
        }
    }

    /// The words of bash, behind the expression.
    pub(crate) fn in_bash(&self) -> String {
        let words = match self.kind {
            Kind::Zero => "division by 0",
            Kind::Operand => "syntax error: operand expected",
            Kind::Syntax => "syntax error in expression",
            Kind::Base => "value too great for base",
            Kind::Negative => "exponent less than 0",
            Kind::Deep => "expression recursion level exceeded",
        };
        format!("{words} (error token is \"{}\")", self.rest)
    }
}

/// What an expression assigns, in order.
pub(crate) type Assigned = BTreeMap<Rc<str>, Rc<str>>;

/// Evaluates an expression: its value, and the variables that it assigns.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn evaluate(text: &str, variables: Numbers<'_>) -> Result<(i64, Assigned), Wrong> {
    let mut assigned = Assigned::new();
    let value = inner(text, variables, &mut assigned, 0)?;
    Ok((value, assigned))
}

fn inner(
    text: &str,
    variables: Numbers<'_>,
    assigned: &mut Assigned,
    depth: usize,
) -> Result<i64, Wrong> {
    let mut reader = Reader {
        letters: text.chars().collect(),
        at: 0,
        last: 0,
        variables,
        assigned,
        depth,
        idle: 0,
    };
    reader.blanks();
    if reader.at >= reader.letters.len() {
        return Ok(0);
    }
    let value = reader.list()?;
    match reader.at < reader.letters.len() {
        true => Err(reader.wrong(Kind::Syntax)),
        false => Ok(value),
    }
}

struct Reader<'a> {
    letters: Vec<char>,
    at: usize,
    /// Where what was read last begins.
    last: usize,
    variables: Numbers<'a>,
    assigned: &'a mut Assigned,
    depth: usize,
    /// Within so many branches that are not taken: nothing is assigned there and nothing goes wrong.
    idle: usize,
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

/// What may stand between a name and the value that it gets, or before the `=` of that.
const ASSIGNMENTS: [&str; 11] = ["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="];

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.letters.get(self.at).is_some_and(|letter| letter.is_whitespace()) {
            self.at += 1;
        }
    }

    fn wrong(&self, kind: Kind) -> Wrong {
        let from = if self.at < self.letters.len() { self.at } else { self.last };
        Wrong { kind, rest: self.letters.iter().skip(from).collect() }
    }

    fn starts(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(index, letter)| self.letters.get(self.at + index) == Some(&letter))
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.starts(text);
        if found {
            self.last = self.at;
            self.at += text.len();
            self.blanks();
        }
        found
    }

    /// Reads something that may stand within itself.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<i64, Wrong>) -> Result<i64, Wrong> {
        if self.depth >= DEEPEST {
            return Err(self.wrong(Kind::Deep));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// Reads what has no effect if it is idle.
    fn branch(
        &mut self,
        idle: bool,
        read: impl FnOnce(&mut Self) -> Result<i64, Wrong>,
    ) -> Result<i64, Wrong> {
        self.idle += usize::from(idle);
        let value = read(self);
        self.idle -= usize::from(idle);
        value
    }

    fn list(&mut self) -> Result<i64, Wrong> {
        let mut value = self.expression()?;
        while self.take(",") {
            value = self.expression()?;
        }
        Ok(value)
    }

    fn expression(&mut self) -> Result<i64, Wrong> {
        self.nested(Self::choice)
    }

    fn choice(&mut self) -> Result<i64, Wrong> {
        let value = self.binary(0)?;
        if !self.take("?") {
            return Ok(value);
        }
        let yes = self.branch(value == 0, Self::list)?;
        if !self.take(":") {
            return Err(self.wrong(Kind::Syntax));
        }
        let no = self.branch(value != 0, Self::expression)?;
        Ok(if value != 0 { yes } else { no })
    }

    fn binary(&mut self, level: usize) -> Result<i64, Wrong> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|one| self.is_operator(one)) {
            self.take(operator);
            let place = self.at;
            let idle = match *operator {
                "||" => left != 0,
                "&&" => left == 0,
                _ => false,
            };
            let right = self.branch(idle, |reader| reader.binary(level + 1))?;
            if right == 0 && matches!(*operator, "/" | "%") {
                if self.idle == 0 {
                    let rest = self.letters.iter().skip(place).collect();
                    return Err(Wrong { kind: Kind::Zero, rest });
                }
                continue;
            }
            left = apply(operator, left, right);
        }
        Ok(left)
    }

    /// Whether this operator stands here, and none that is longer.
    fn is_operator(&self, operator: &str) -> bool {
        let next = self.letters.get(self.at + operator.len()).copied();
        self.starts(operator)
            && !(matches!(operator, "|" | "&" | "<" | ">")
                && operator.starts_with(next.unwrap_or(' ')))
            && (next != Some('=') || matches!(operator, "==" | "!=" | "<=" | ">=" | "||" | "&&"))
            && !(operator == "*" && next == Some('*'))
    }

    fn power(&mut self) -> Result<i64, Wrong> {
        let base = self.nested(Self::unary)?;
        if !self.take("**") {
            return Ok(base);
        }
        let exponent = self.nested(Self::power)?;
        match u32::try_from(exponent) {
            Ok(exponent) => Ok(base.wrapping_pow(exponent)),
            Err(_) if self.idle > 0 => Ok(0),
            Err(_) => Err(self.wrong(Kind::Negative)),
        }
    }

    fn unary(&mut self) -> Result<i64, Wrong> {
        // Before a number these are two signs.
        let named = self
            .letters
            .iter()
            .skip(self.at + 2)
            .find(|letter| !letter.is_whitespace())
            .is_some_and(|one| one.is_alphabetic() || *one == '_');
        if named && (self.starts("++") || self.starts("--")) {
            let step = if self.take("++") { 1 } else { -1 };
            self.take("--");
            let name = self.name().ok_or_else(|| self.wrong(Kind::Operand))?;
            let value = self.read(&name)?.wrapping_add(step);
            self.assign(&name, value);
            return Ok(value);
        }
        if self.take("-") {
            return self.nested(Self::unary).map(i64::wrapping_neg);
        }
        if self.take("+") {
            return self.nested(Self::unary);
        }
        if !self.starts("!=") && self.take("!") {
            return self.nested(Self::unary).map(|value| i64::from(value == 0));
        }
        if self.take("~") {
            return self.nested(Self::unary).map(|value| !value);
        }
        if self.take("(") {
            let value = self.nested(Self::list)?;
            return if self.take(")") { Ok(value) } else { Err(self.wrong(Kind::Syntax)) };
        }
        match self.name() {
            Some(name) => self.variable(&name),
            None => self.number(),
        }
    }

    fn variable(&mut self, name: &Rc<str>) -> Result<i64, Wrong> {
        let assignment = ASSIGNMENTS.into_iter().find(|one| self.starts(one));
        if let Some(assignment) = assignment.filter(|_| !self.starts("==")) {
            self.take(assignment);
            let place = self.at;
            let right = self.expression()?;
            let operator = assignment.trim_end_matches('=');
            let value = match operator {
                "" => right,
                "/" | "%" if right == 0 && self.idle > 0 => 0,
                "/" | "%" if right == 0 => {
                    let rest = self.letters.iter().skip(place).collect();
                    return Err(Wrong { kind: Kind::Zero, rest });
                }
                operator => apply(operator, self.read(name)?, right),
            };
            self.assign(name, value);
            return Ok(value);
        }
        let value = self.read(name)?;
        for (operator, step) in [("++", 1), ("--", -1)] {
            if self.take(operator) {
                self.assign(name, value.wrapping_add(step));
                return Ok(value);
            }
        }
        Ok(value)
    }

    fn assign(&mut self, name: &Rc<str>, value: i64) {
        if self.idle == 0 {
            self.assigned.insert(Rc::clone(name), value.to_string().into());
        }
    }

    /// The value of a variable, which is an expression itself.
    fn read(&mut self, name: &str) -> Result<i64, Wrong> {
        let text = self.assigned.get(name).cloned().or_else(|| (self.variables)(name));
        let Some(text) = text.filter(|_| self.idle == 0) else { return Ok(0) };
        match text.trim().parse() {
            Ok(value) if !text.trim_start_matches('-').starts_with('0') => Ok(value),
            _ if self.depth >= DEEPEST => Err(self.wrong(Kind::Deep)),
            _ => inner(&text, self.variables, self.assigned, self.depth + 20),
        }
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
        self.last = self.at;
        self.at += name.len();
        self.blanks();
        Some(name.into())
    }

    fn number(&mut self) -> Result<i64, Wrong> {
        let letters = self.letters.iter().skip(self.at);
        let text: String = letters.take_while(|letter| letter.is_ascii_alphanumeric()).collect();
        if text.is_empty() {
            return Err(self.wrong(Kind::Operand));
        }
        let (radix, digits) =
            match (text.strip_prefix("0x").or(text.strip_prefix("0X")), text.strip_prefix('0')) {
                (Some(digits), _) => (16, digits),
                (None, Some(digits)) => (8, digits),
                _ => (10, text.as_str()),
            };
        let mut value: i64 = 0;
        for letter in digits.chars() {
            let Some(digit) = letter.to_digit(radix) else {
                return Err(Wrong { kind: Kind::Base, rest: text });
            };
            value = value.wrapping_mul(i64::from(radix)).wrapping_add(i64::from(digit));
        }
        self.last = self.at;
        self.at += text.len();
        self.blanks();
        Ok(value)
    }
}

/// An operator at work; a divisor is not zero.
fn apply(operator: &str, left: i64, right: i64) -> i64 {
    let shift = u32::try_from(right & 63).unwrap_or(0);
    match operator {
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
        "/" => left.wrapping_div(right),
        _ => left.wrapping_rem(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<i64, String> {
        let variables = |name: &str| match name {
            "x" => Some("5".into()),
            "word" => Some("abc".into()),
            "sum" => Some("1+2".into()),
            "eight" => Some("08".into()),
            "loop" => Some("loop".into()),
            _ => None,
        };
        evaluate(text, &variables).map(|(value, _)| value).map_err(|wrong| wrong.in_bash())
    }

    #[test]
    fn expressions_have_the_values_of_c() {
        for (text, wanted) in [
            ("", 0),
            (" 1 + 2 * 3 ", 7),
            ("(1+2)*3", 9),
            ("2**3**2", 512),
            ("-2**2", 4),
            ("7/2, 7%3", 1),
            ("x>3?10:20", 10),
            ("x == 5 && x != 4 || 1/0", 1),
            ("0 && (x = 9), x", 5),
            ("x++ + ++x", 12),
            ("3 - -1", 4),
            ("1<<4|1", 17),
            ("x<<=1", 10),
            ("0x1f + 010", 39),
            ("!0 + ~0", 0),
            ("word + sum", 3),
            ("y=3, y*=2, y", 6),
            ("-9223372036854775808 / -1", i64::MIN),
        ] {
            assert_eq!(value(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_the_words_of_bash() {
        for (text, words) in [
            ("1/0", "division by 0 (error token is \"0\")"),
            ("1+", "syntax error: operand expected (error token is \"+\")"),
            ("a b", "syntax error in expression (error token is \"b\")"),
            ("eight+1", "value too great for base (error token is \"08\")"),
            ("2**-1", "exponent less than 0 (error token is \"1\")"),
        ] {
            assert_eq!(value(text), Err(words.into()), "{text}");
        }
        assert!(value("loop").is_err());
        assert!(value(&"(".repeat(100_000)).is_err());
        assert_eq!(value(&format!("1{}", "+1".repeat(100_000))), Ok(100_001));
    }
}
