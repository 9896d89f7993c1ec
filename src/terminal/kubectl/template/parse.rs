//! Template text to nodes.

use super::functions::known;
use super::{Node, Operand, Pipeline};
use crate::api::value::Value;

/// A word inside `{{ }}`.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    /// `.name`, and whether it follows what stands before it without a blank.
    Field(String, bool),
    Dot,
    Variable(String),
    Literal(Value),
    Open,
    Close,
    Pipe,
    Comma,
    Declare,
    Assign,
}

/// Text and actions in order.
enum Piece {
    Text(String),
    Action(Vec<Token>),
}

const DEEPEST: usize = 60;

/// Reads a template.
///
/// # Errors
/// text/template's words.
pub(super) fn nodes(text: &str) -> Result<Vec<Node>, String> {
    let pieces = pieces(text)?;
    let mut reader = Reader { pieces: pieces.into_iter().peekable(), depth: 0 };
    let (nodes, end) = reader.until(&[])?;
    match end {
        None => Ok(nodes),
        Some(word) => Err(format!("unexpected {{{{{}}}}}", keyword(&word))),
    }
}

fn keyword(tokens: &[Token]) -> &str {
    match tokens.first() {
        Some(Token::Word(word)) => word,
        _ => "",
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut all = Vec::new();
    let mut rest = text;
    let mut trims = false;
    while let Some((before, behind)) = rest.split_once("{{") {
        let mut plain = if trims { before.trim_start() } else { before };
        let action_text = behind;
        let left = action_text.strip_prefix("- ").or_else(|| action_text.strip_prefix("-\n"));
        if left.is_some() {
            plain = plain.trim_end();
        }
        if !plain.is_empty() {
            all.push(Piece::Text(plain.to_owned()));
        }
        let inside = left.unwrap_or(action_text);
        let end = action_end(inside).ok_or("unclosed action")?;
        let (action, behind) = inside.split_at_checked(end).ok_or("unclosed action")?;
        let action = action.trim_end();
        trims = action.ends_with('-') && action.len() > 1;
        let action = if trims { action.strip_suffix('-').unwrap_or(action) } else { action };
        if !action.trim_start().starts_with("/*") {
            all.push(Piece::Action(tokens(action)?));
        }
        rest = behind.strip_prefix("}}").unwrap_or(behind);
    }
    let plain = if trims { rest.trim_start() } else { rest };
    if !plain.is_empty() {
        all.push(Piece::Text(plain.to_owned()));
    }
    Ok(all)
}

/// Where `}}` stands outside of quotes.
fn action_end(text: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`' | '\'') => quote = Some(letter),
            (None, '}') if text.get(at..).is_some_and(|rest| rest.starts_with("}}")) => {
                return Some(at);
            }
            (None, _) => {}
        }
    }
    None
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    let mut all = Vec::new();
    let name = |at: &mut usize| -> String {
        let start = *at;
        while letters.get(*at).is_some_and(|letter| *letter == '_' || letter.is_alphanumeric()) {
            *at += 1;
        }
        letters.get(start..*at).unwrap_or_default().iter().collect()
    };
    while let Some(letter) = letters.get(at).copied() {
        match letter {
            ' ' | '\t' | '\n' | '\r' => at += 1,
            '(' | ')' | '|' | ',' | '=' => {
                at += 1;
                all.push(match letter {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    '|' => Token::Pipe,
                    ',' => Token::Comma,
                    _ => Token::Assign,
                });
            }
            ':' if letters.get(at + 1) == Some(&'=') => {
                at += 2;
                all.push(Token::Declare);
            }
            '.' => {
                let blank = |letter: &char| letter.is_whitespace();
                let joined = at.checked_sub(1).and_then(|at| letters.get(at));
                let joined = joined.is_some_and(|letter| !blank(letter));
                at += 1;
                let name = name(&mut at);
                all.push(if name.is_empty() { Token::Dot } else { Token::Field(name, joined) });
            }
            '$' => {
                at += 1;
                all.push(Token::Variable(format!("${}", name(&mut at))));
            }
            '"' | '`' | '\'' => all.push(Token::Literal(quoted(&letters, &mut at)?)),
            digit if digit.is_ascii_digit() || digit == '-' || digit == '+' => {
                let start = at;
                at += 1;
                while letters
                    .get(at)
                    .is_some_and(|letter| letter.is_ascii_digit() || *letter == '.')
                {
                    at += 1;
                }
                let text: String = letters.get(start..at).unwrap_or_default().iter().collect();
                let plain = text.strip_prefix('+').unwrap_or(&text);
                all.push(Token::Literal(match (plain.parse::<i64>(), plain.parse::<f64>()) {
                    (Ok(number), _) => Value::Int(number),
                    (_, Ok(number)) => Value::Float(number),
                    _ => return Err(format!("bad number syntax: {text:?}")),
                }));
            }
            letter if letter == '_' || letter.is_alphabetic() => {
                let word = name(&mut at);
                all.push(match word.as_str() {
                    "true" => Token::Literal(Value::Bool(true)),
                    "false" => Token::Literal(Value::Bool(false)),
                    "nil" => Token::Literal(Value::Null),
                    _ => Token::Word(word),
                });
            }
            other => {
                let code = u32::from(other);
                return Err(format!("unexpected bad character U+{code:04X} '{other}' in command"));
            }
        }
    }
    Ok(all)
}

fn quoted(letters: &[char], at: &mut usize) -> Result<Value, String> {
    let quote = letters.get(*at).copied().unwrap_or('"');
    *at += 1;
    let mut text = String::new();
    loop {
        let letter = letters.get(*at).copied().ok_or("unterminated quoted string")?;
        *at += 1;
        match letter {
            letter if letter == quote => break,
            '\\' if quote != '`' => {
                let escaped = letters.get(*at).copied().ok_or("unterminated quoted string")?;
                *at += 1;
                text.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
            }
            letter => text.push(letter),
        }
    }
    match quote {
        '\'' => {
            Ok(Value::Int(text.chars().next().map_or(0, |letter| i64::from(u32::from(letter)))))
        }
        _ => Ok(Value::from(text)),
    }
}

struct Reader {
    pieces: std::iter::Peekable<std::vec::IntoIter<Piece>>,
    depth: usize,
}

type Nodes = (Vec<Node>, Option<Vec<Token>>);

impl Reader {
    /// Nodes up to an action that begins with one of these words, and that action.
    fn until(&mut self, ends: &[&str]) -> Result<Nodes, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("nested too deeply".into());
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let tokens = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action(tokens) => tokens,
            };
            let word = keyword(&tokens).to_owned();
            if ends.contains(&word.as_str()) || matches!(word.as_str(), "end" | "else") {
                self.depth -= 1;
                return Ok((nodes, Some(tokens)));
            }
            let rest = tokens.get(1..).unwrap_or_default();
            nodes.push(match word.as_str() {
                "if" => self.if_node(rest)?,
                "with" | "range" => {
                    let over = pipeline(rest)?;
                    let (body, end) = self.until(&[])?;
                    let otherwise = match end.as_deref().map(keyword) {
                        Some("else") => {
                            self.until(&[]).and_then(|(nodes, end)| closed(end).map(|()| nodes))?
                        }
                        Some("end") => Vec::new(),
                        _ => return Err("unexpected EOF".into()),
                    };
                    match word.as_str() {
                        "with" => Node::With { over, body, otherwise },
                        _ => Node::Range { over, body, otherwise },
                    }
                }
                "break" => Node::Break,
                "continue" => Node::Continue,
                _ => Node::Action(pipeline(&tokens)?),
            });
        }
        self.depth -= 1;
        match self.depth {
            0 => Ok((nodes, None)),
            _ => Err("unexpected EOF".into()),
        }
    }

    fn if_node(&mut self, condition: &[Token]) -> Result<Node, String> {
        let mut branches = Vec::new();
        let mut condition = pipeline(condition)?;
        loop {
            let (body, end) = self.until(&[])?;
            branches.push((condition, body));
            let end = end.ok_or("unexpected EOF")?;
            if keyword(&end) == "end" {
                return Ok(Node::If { branches, otherwise: Vec::new() });
            }
            match end.get(1) {
                Some(Token::Word(word)) if word == "if" => {
                    condition = pipeline(end.get(2..).unwrap_or_default())?;
                }
                _ => {
                    let (otherwise, end) = self.until(&[])?;
                    closed(end)?;
                    return Ok(Node::If { branches, otherwise });
                }
            }
        }
    }
}

fn closed(end: Option<Vec<Token>>) -> Result<(), String> {
    match end.as_deref().map(keyword) {
        Some("end") => Ok(()),
        _ => Err("expected end; found {{else}}".into()),
    }
}

fn pipeline(tokens: &[Token]) -> Result<Pipeline, String> {
    let mut at = 0;
    let found = pipeline_at(tokens, &mut at, 0)?;
    match tokens.get(at) {
        None => Ok(found),
        Some(token) => Err(format!("unexpected {token:?} in operand")),
    }
}

fn pipeline_at(tokens: &[Token], at: &mut usize, depth: usize) -> Result<Pipeline, String> {
    if depth > DEEPEST {
        return Err("nested too deeply".into());
    }
    let mut pipeline = Pipeline::default();
    let declares = tokens.iter().position(|token| matches!(token, Token::Declare | Token::Assign));
    if let Some(end) = declares.filter(|_| depth == 0) {
        for token in tokens.get(..end).unwrap_or_default() {
            match token {
                Token::Variable(name) => pipeline.variables.push(name.clone()),
                Token::Comma => {}
                other => return Err(format!("unexpected {other:?} in declaration")),
            }
        }
        pipeline.assigns = tokens.get(end) == Some(&Token::Assign);
        *at = end + 1;
    }
    loop {
        let mut command = Vec::new();
        loop {
            match tokens.get(*at) {
                None | Some(Token::Pipe | Token::Close) => break,
                Some(token) => {
                    *at += 1;
                    command.push(operand(token, tokens, at, depth)?);
                }
            }
        }
        if command.is_empty() {
            return Err("missing value for command".into());
        }
        pipeline.commands.push(command);
        match tokens.get(*at) {
            Some(Token::Pipe) => *at += 1,
            _ => return Ok(pipeline),
        }
    }
}

fn operand(
    token: &Token,
    tokens: &[Token],
    at: &mut usize,
    depth: usize,
) -> Result<Operand, String> {
    let fields = |at: &mut usize| -> Vec<String> {
        let mut names = Vec::new();
        while let Some(Token::Field(name, true)) = tokens.get(*at) {
            names.push(name.clone());
            *at += 1;
        }
        names
    };
    Ok(match token {
        Token::Dot => Operand::Field(Vec::new()),
        Token::Field(name, _) => {
            let mut names = vec![name.clone()];
            names.extend(fields(at));
            Operand::Field(names)
        }
        Token::Variable(name) => Operand::Variable(name.clone(), fields(at)),
        Token::Literal(value) => Operand::Literal(value.clone()),
        Token::Word(word) if known(word) => Operand::Function(word.clone()),
        Token::Word(word) => return Err(format!("function {word:?} not defined")),
        Token::Open => {
            let inner = pipeline_at(tokens, at, depth + 1)?;
            if tokens.get(*at) != Some(&Token::Close) {
                return Err("unclosed left paren".into());
            }
            *at += 1;
            Operand::Group(inner, fields(at))
        }
        other => return Err(format!("unexpected {other:?} in operand")),
    })
}
