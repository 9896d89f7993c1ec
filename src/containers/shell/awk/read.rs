//! Tokens to a program. What the language has besides is refused by name.

use super::UNKNOWN;
use super::program::{Expression, Rule, Step, When};
use super::tokens::{Token, tokens};
use crate::containers::shell::pattern::Pattern;

const DEEPEST: usize = 40;
const TOO_DEEP: &str = "nested too deeply";

/// Reads a program.
///
/// # Errors
/// What is wrong with it, or not here.
pub(super) fn program(text: &str) -> Read<Vec<Rule>> {
    Reader { tokens: tokens(text)?, at: 0, depth: 0 }.rules()
}

type Read<T> = Result<T, String>;

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

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

    fn rules(&mut self) -> Read<Vec<Rule>> {
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
            return Err(TOO_DEEP.into());
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
        if self.printed_all() {
            return Ok(words);
        }
        let begin = self.at;
        // `printf("…", x)`: parentheses around all of it.
        if self.take("(") {
            let listed = self.listed(")");
            match listed {
                Ok(words) if self.printed_all() => return Ok(words),
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

    /// Whether nothing follows that could be printed.
    fn printed_all(&self) -> bool {
        matches!(self.peek(), None | Some(Token::Line | Token::Sign(";" | "}" | ">" | "|")))
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
            return Err(TOO_DEEP.into());
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
                return Err(TOO_DEEP.into());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_program_is_refused_by_name() {
        for (text, words) in [
            ("{print > \"file\"}", UNKNOWN),
            ("BEGIN{while(1){}}", UNKNOWN),
            ("{print $1", "syntax error: } is missing"),
        ] {
            assert_eq!(program(text).err().as_deref(), Some(words), "{text}");
        }
    }
}
