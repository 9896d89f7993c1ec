//! Template text to nodes.

use super::Node;
use crate::api::value::Value;

const DEEPEST: usize = 40;

/// Reads a template.
///
/// # Errors
/// client-go's words.
pub(super) fn nodes(template: &str) -> Result<Vec<Node>, String> {
    Parser { letters: template.chars().collect(), at: 0, depth: 0 }.text()
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
}

const fn terminates(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    fn starts(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(index, letter)| self.letters.get(self.at + index) == Some(&letter))
    }

    fn piece(&self, from: usize) -> String {
        self.letters.get(from..self.at).unwrap_or_default().iter().collect()
    }

    /// Text with actions in braces.
    fn text(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        let mut start = self.at;
        while self.peek().is_some() {
            if self.starts("{") {
                if self.at > start {
                    nodes.push(Node::Text(self.piece(start)));
                }
                self.at += 1;
                nodes.push(Node::Action(self.action()?));
                start = self.at;
            } else {
                self.at += 1;
            }
        }
        if self.at > start {
            nodes.push(Node::Text(self.piece(start)));
        }
        Ok(nodes)
    }

    /// The parts of an action, up to its closing brace.
    fn action(&mut self) -> Result<Vec<Node>, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("nested too deeply".into());
        }
        let mut nodes = Vec::new();
        loop {
            if self.starts("}") {
                self.at += 1;
                self.depth -= 1;
                return Ok(nodes);
            }
            if self.starts("[?(") {
                nodes.push(self.filter()?);
                continue;
            }
            if self.starts("..") {
                if nodes.last() == Some(&Node::Recursive) {
                    return Err("invalid multiple recursive descent".into());
                }
                self.at += 2;
                nodes.push(Node::Recursive);
                if self.peek().is_some_and(|letter| letter == '_' || letter.is_alphanumeric()) {
                    nodes.push(self.field());
                }
                continue;
            }
            match self.next() {
                None | Some('\r' | '\n') => return Err("unclosed action".into()),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.array(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote)?),
                Some('.') => nodes.push(self.field()),
                Some(letter) if letter == '+' || letter == '-' || letter.is_ascii_digit() => {
                    self.at -= 1;
                    nodes.push(self.number()?);
                }
                Some(letter) if letter == '_' || letter.is_alphanumeric() => {
                    self.at -= 1;
                    nodes.push(self.identifier());
                }
                Some(letter) => {
                    let code = u32::from(letter);
                    return Err(format!(
                        "unrecognized character in action: U+{code:04X} '{letter}'"
                    ));
                }
            }
        }
    }

    fn field(&mut self) -> Node {
        let mut name = String::new();
        while let Some(letter) = self.peek() {
            if letter == '\\' {
                self.at += 1;
                name.extend(self.next());
            } else if terminates(letter) {
                break;
            } else {
                name.push(letter);
                self.at += 1;
            }
        }
        if name == "*" { Node::Wildcard } else { Node::Field(name) }
    }

    fn identifier(&mut self) -> Node {
        let start = self.at;
        while self.peek().is_some_and(|letter| !terminates(letter)) {
            self.at += 1;
        }
        match self.piece(start).as_str() {
            "range" => Node::Range,
            "end" => Node::End,
            "true" => Node::Literal(Value::Bool(true)),
            "false" => Node::Literal(Value::Bool(false)),
            other => Node::Identifier(other.to_owned()),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let start = self.at;
        if matches!(self.peek(), Some('+' | '-')) {
            self.at += 1;
        }
        while self.peek().is_some_and(|letter| letter == '.' || letter.is_ascii_digit()) {
            self.at += 1;
        }
        let text = self.piece(start);
        let plain = text.strip_prefix('+').unwrap_or(&text);
        match (plain.parse::<i64>(), plain.parse::<f64>()) {
            (Ok(number), _) => Ok(Node::Literal(Value::Int(number))),
            (_, Ok(number)) => Ok(Node::Literal(Value::Float(number))),
            _ => Err(format!("cannot parse number {text}")),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Node, String> {
        let mut text = String::new();
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".into()),
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(letter) => text.push(letter),
                    None => return Err("unterminated quoted string".into()),
                },
                Some(letter) if letter == quote => return Ok(Node::Text(text)),
                Some(letter) => text.push(letter),
            }
        }
    }

    fn nested(&self, text: &str) -> Result<Vec<Node>, String> {
        let action = format!("{{{text}}}");
        let mut parser = Self { letters: action.chars().collect(), at: 0, depth: self.depth };
        match parser.text()?.into_iter().next() {
            Some(Node::Action(nodes)) => Ok(nodes),
            _ => Ok(Vec::new()),
        }
    }

    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let start = self.at;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated array".into()),
                Some(']') => break,
                Some(_) => {}
            }
        }
        let text = self.piece(start);
        let text = text.strip_suffix(']').unwrap_or(&text);
        let text = if text == "*" { ":" } else { text };
        if text.contains(',') {
            let parts = text.split(',').map(|part| self.nested(&format!("[{}]", part.trim())));
            nodes.push(Node::Union(parts.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        if let Some(key) = key {
            nodes.extend(self.nested(&format!(".{key}"))?);
            return Ok(());
        }
        let wrong = || format!("invalid array index {text}");
        let parts: Vec<&str> = text.split(':').collect();
        let number = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<i64>().map(Some).map_err(|_| wrong()),
        };
        nodes.push(match parts.as_slice() {
            [one] => {
                let from = number(one)?.ok_or_else(wrong)?;
                Node::Slice {
                    from: Some(from),
                    to: Some(from.wrapping_add(1)),
                    derived: true,
                    step: None,
                }
            }
            [from, to] => {
                Node::Slice { from: number(from)?, to: number(to)?, derived: false, step: None }
            }
            [from, to, step] => Node::Slice {
                from: number(from)?,
                to: number(to)?,
                derived: false,
                step: number(step)?,
            },
            _ => return Err(wrong()),
        });
        Ok(())
    }

    fn filter(&mut self) -> Result<Node, String> {
        self.at += 3;
        let start = self.at;
        let mut quote: Option<char> = None;
        loop {
            match (self.next(), quote) {
                (None | Some('\n'), _) => return Err("unterminated filter".into()),
                (Some('\\'), _) => self.at += 1,
                (Some(letter @ ('"' | '\'')), None) => quote = Some(letter),
                (Some(letter), Some(open)) if letter == open => quote = None,
                (Some(')'), None) => break,
                _ => {}
            }
        }
        let text = self.piece(start);
        let text = text.strip_suffix(')').unwrap_or(&text).to_owned();
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".into());
        }
        let is_operator = |letter: char| "!<>=".contains(letter);
        let Some(from) = text.find(is_operator).filter(|from| *from > 0) else {
            let left = self.nested(&text)?;
            return Ok(Node::Filter { left, operator: "exists".into(), right: Vec::new() });
        };
        let (left, rest) = text.split_at_checked(from).unwrap_or((&text, ""));
        let to = rest.find(|letter| !is_operator(letter)).unwrap_or(rest.len());
        let (operator, right) = rest.split_at_checked(to).unwrap_or((rest, ""));
        Ok(Node::Filter {
            left: self.nested(left)?,
            operator: operator.to_owned(),
            right: self.nested(right)?,
        })
    }
}
