//! Reads the text of kubectl's `-l`. Follows the lexer and parser in `k8s.io/apimachinery/pkg/labels/selector.go`,
//! token by token, as its error texts depend on the order in which it looks.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{FieldError, Operator, Requirement, names};

/// What the lexer knows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Error(String),
    End,
    Close,
    Comma,
    Not,
    DoubleEquals,
    Equals,
    Greater,
    Identifier(String),
    In,
    Less,
    NotEquals,
    NotIn,
    Open,
}

impl Token {
    /// The text as it stood in the input; for [`Token::Error`] the complaint.
    fn literal(&self) -> &str {
        match self {
            Self::Error(text) | Self::Identifier(text) => text,
            Self::End => "",
            Self::Close => ")",
            Self::Comma => ",",
            Self::Not => "!",
            Self::DoubleEquals => "==",
            Self::Equals => "=",
            Self::Greater => ">",
            Self::In => "in",
            Self::Less => "<",
            Self::NotEquals => "!=",
            Self::NotIn => "notin",
            Self::Open => "(",
        }
    }

    /// The token in a place where `in` and `notin` are plain words.
    fn as_value(&self) -> Self {
        match self {
            Self::In | Self::NotIn => Self::Identifier(self.literal().into()),
            other => other.clone(),
        }
    }
}

fn symbol(text: &str) -> Option<Token> {
    Some(match text {
        ")" => Token::Close,
        "," => Token::Comma,
        "!" => Token::Not,
        "==" => Token::DoubleEquals,
        "=" => Token::Equals,
        ">" => Token::Greater,
        "<" => Token::Less,
        "!=" => Token::NotEquals,
        "(" => Token::Open,
        _ => return None,
    })
}

const fn is_special(letter: char) -> bool {
    matches!(letter, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

const fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

fn scan(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    loop {
        while letters.next_if(|letter| is_blank(*letter)).is_some() {}
        let Some(first) = letters.peek().copied().filter(|letter| *letter != '\0') else {
            tokens.push(Token::End);
            return tokens;
        };
        if !is_special(first) {
            let mut word = String::new();
            while let Some(letter) =
                letters.next_if(|letter| !is_special(*letter) && !is_blank(*letter))
            {
                word.push(letter);
            }
            tokens.push(match word.as_str() {
                "in" => Token::In,
                "notin" => Token::NotIn,
                _ => Token::Identifier(word),
            });
            continue;
        }
        // The longest symbol that the letters spell; a letter too many goes back.
        let mut spelled = String::new();
        let mut found = None;
        while let Some(letter) = letters.peek().copied().filter(|letter| is_special(*letter)) {
            spelled.push(letter);
            match symbol(&spelled) {
                Some(token) => found = Some(token),
                None if found.is_some() => break,
                None => {}
            }
            letters.next();
        }
        tokens.push(
            found.unwrap_or_else(|| {
                Token::Error(format!("error expected: keyword found '{spelled}'"))
            }),
        );
    }
}

/// The parser: a list of tokens and a place in it.
pub(super) struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Parser {
    pub(super) fn new(text: &str) -> Self {
        Self { tokens: scan(text), position: 0 }
    }

    fn peek(&self) -> Token {
        self.tokens.get(self.position).map_or(Token::End, Token::as_value)
    }

    fn take(&mut self) -> Token {
        let token = self.peek();
        self.position += 1;
        token
    }

    /// The next token where `in` and `notin` are operators.
    fn take_operator(&mut self) -> Token {
        let token = self.tokens.get(self.position).cloned().unwrap_or(Token::End);
        self.position += 1;
        token
    }

    pub(super) fn selector(mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                Token::Identifier(_) | Token::Not => {}
                Token::End => return Ok(requirements),
                other => {
                    return Err(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.literal()
                    ));
                }
            }
            let requirement = self
                .requirement()
                .map_err(|refusal| format!("unable to parse requirement: {refusal}"))?;
            requirements.push(requirement);
            match self.take() {
                Token::End => return Ok(requirements),
                Token::Comma => match self.peek() {
                    Token::Identifier(_) | Token::Not => {}
                    other => {
                        return Err(format!(
                            "found '{}', expected: identifier after ','",
                            other.literal()
                        ));
                    }
                },
                other => {
                    return Err(format!(
                        "found '{}', expected: ',' or 'end of string'",
                        other.literal()
                    ));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let mut token = self.take();
        let negated = token == Token::Not;
        if negated {
            token = self.take();
        }
        let Token::Identifier(key) = token else {
            return Err(format!("found '{}', expected: identifier", token.literal()));
        };
        let messages = names::label_key(&key);
        if !messages.is_empty() {
            let key = key.as_str().into();
            return Err(FieldError::invalid("<nil>", &key, &messages.join("; ")).line());
        }
        if negated {
            return Requirement::new(key, Operator::DoesNotExist, Vec::new(), "");
        }
        if matches!(self.peek(), Token::End | Token::Comma) {
            return Requirement::new(key, Operator::Exists, Vec::new(), "");
        }
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact_value()?],
        };
        Requirement::new(key, operator, values, "")
    }

    fn operator(&mut self) -> Result<Operator, String> {
        Ok(match self.take_operator() {
            Token::In => Operator::In,
            Token::NotIn => Operator::NotIn,
            Token::Equals => Operator::Equals,
            Token::DoubleEquals => Operator::DoubleEquals,
            Token::NotEquals => Operator::NotEquals,
            Token::Greater => Operator::GreaterThan,
            Token::Less => Operator::LessThan,
            other => {
                return Err(format!(
                    "found '{}', expected: in, notin, =, ==, !=, gt, lt",
                    other.literal()
                ));
            }
        })
    }

    /// `(a,b)`: a set, so sorted and each value once.
    fn values(&mut self) -> Result<Vec<Rc<str>>, String> {
        let open = self.take();
        if open != Token::Open {
            return Err(format!("found '{}' expected: '('", open.literal()));
        }
        let first = self.peek();
        match first {
            Token::Identifier(_) | Token::Comma => {
                let values = self.identifiers()?;
                match self.take() {
                    Token::Close => Ok(values.into_iter().map(Rc::from).collect()),
                    _ => Err(format!("found '{}', expected: ')'", first.literal())),
                }
            }
            Token::Close => {
                self.take();
                Ok(vec![Rc::from("")])
            }
            other => Err(format!("found '{}', expected: ',', ')' or identifier", other.literal())),
        }
    }

    fn identifiers(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        loop {
            match self.take() {
                Token::Identifier(value) => {
                    values.insert(value);
                    match self.peek() {
                        Token::Comma => {}
                        Token::Close => return Ok(values),
                        other => {
                            return Err(format!(
                                "found '{}', expected: ',' or ')'",
                                other.literal()
                            ));
                        }
                    }
                }
                Token::Comma => {
                    if values.is_empty() {
                        values.insert(String::new());
                    }
                    match self.peek() {
                        Token::Close => {
                            values.insert(String::new());
                            return Ok(values);
                        }
                        Token::Comma => {
                            values.insert(String::new());
                        }
                        _ => {}
                    }
                }
                other => {
                    return Err(format!(
                        "found '{}', expected: ',', or identifier",
                        other.literal()
                    ));
                }
            }
        }
    }

    fn exact_value(&mut self) -> Result<Rc<str>, String> {
        if matches!(self.peek(), Token::End | Token::Comma) {
            return Ok(Rc::from(""));
        }
        match self.take() {
            Token::Identifier(value) => Ok(Rc::from(value)),
            other => Err(format!("found '{}', expected: identifier", other.literal())),
        }
    }
}
