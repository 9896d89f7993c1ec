//! Commands, one by one and joined to lists, chains and pipelines.

use std::rc::Rc;

use super::expansions::{in_name, quoted_text};
use super::words::plain;
use super::{DEEPEST, END, Node, Parsed, Parser, Part, Script, TOO_DEEP, Word, unexpected};

/// At most so many commands may `&&` and `||` join: each stands within the next.
const LONGEST_CHAIN: usize = 200;

impl Parser {
    /// Commands until one of the words `ends` stands where a command would.
    pub(super) fn list(&mut self, ends: &[&str]) -> Parsed<Script> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(TOO_DEEP.into());
        }
        let mut nodes = Vec::new();
        loop {
            self.lines();
            if matches!(self.peek(), None | Some(')' | ';')) || self.is_at(ends) {
                break;
            }
            let node = self.and_or()?;
            self.blanks();
            match (self.peek(), self.ahead(1)) {
                (Some('&'), next) if next != Some('&') => {
                    self.at += 1;
                    nodes.push(Node::Background(Rc::new(node)));
                    continue;
                }
                (Some(';'), next) if next != Some(';') => self.at += 1,
                (None | Some('\n' | ')' | ';'), _) => {}
                _ if self.is_at(ends) => {}
                _ => return Err(self.unexpected_here()),
            }
            nodes.push(node);
        }
        self.depth -= 1;
        Ok(nodes.into())
    }

    fn is_at(&self, ends: &[&str]) -> bool {
        !ends.is_empty() && ends.contains(&self.keyword().as_str())
    }

    /// A list in which a command stands at least.
    pub(super) fn block(&mut self, ends: &[&str]) -> Parsed<Script> {
        let block = self.list(ends)?;
        if block.is_empty() { Err(self.unexpected_here()) } else { Ok(block) }
    }

    fn and_or(&mut self) -> Parsed<Node> {
        let mut left = self.pipeline()?;
        for _ in 0..LONGEST_CHAIN {
            self.blanks();
            let and = if self.take("&&") {
                true
            } else if self.take("||") {
                false
            } else {
                return Ok(left);
            };
            self.lines();
            if self.peek().is_none() {
                return Err(END.into());
            }
            let right = self.pipeline()?;
            left = Node::AndOr { left: Rc::new(left), right: Rc::new(right), and };
        }
        Err(TOO_DEEP.into())
    }

    fn pipeline(&mut self) -> Parsed<Node> {
        self.blanks();
        let negated = self.keyword() == "!" && self.ahead(1).is_some_and(char::is_whitespace);
        if negated {
            self.at += 1;
        }
        let mut stages = vec![self.command()?];
        loop {
            self.blanks();
            if self.peek() != Some('|') || self.ahead(1) == Some('|') {
                break;
            }
            self.at += 1;
            self.lines();
            stages.push(self.command()?);
        }
        match (stages.len(), negated) {
            (1, false) => Ok(stages.remove(0)),
            _ => Ok(Node::Pipeline { stages: stages.into(), negated }),
        }
    }

    fn command(&mut self) -> Parsed<Node> {
        self.blanks();
        let node = match self.keyword().as_str() {
            "if" => self.if_command()?,
            "while" => self.while_command(false)?,
            "until" => self.while_command(true)?,
            "for" => self.for_command()?,
            "case" => self.case_command()?,
            "[[" => self.test_command()?,
            "function" if matches!(self.ahead(8), Some(' ' | '\t')) => {
                self.at += 8;
                self.blanks();
                let name = self.word()?.ok_or_else(|| self.unexpected_here())?;
                self.blanks();
                self.take("()");
                return self.function(&name);
            }
            "{" => {
                self.at += 1;
                let body = self.block(&["}"])?;
                self.expect("}")?;
                Node::Group(body)
            }
            word @ ("then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}") => {
                return Err(unexpected(word));
            }
            _ if self.peek() == Some('(') => {
                if let Some(text) = self.double_parentheses() {
                    return Ok(Node::Arithmetic(quoted_text(&text, self.depth, true)?));
                }
                self.at += 1;
                let body = self.block(&[])?;
                if !self.take(")") {
                    return Err(self.expecting(")"));
                }
                Node::Subshell(body)
            }
            _ => return self.simple(),
        };
        let redirects = self.redirects()?;
        Ok(if redirects.is_empty() { node } else { Node::Redirected(Rc::new(node), redirects) })
    }

    fn simple(&mut self) -> Parsed<Node> {
        let (mut assigns, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            self.blanks();
            if words.is_empty()
                && let Some(name) = self.assignment()
            {
                let (name, appends) = match name.strip_suffix('+') {
                    Some(name) => (name.to_owned(), true),
                    None => (name, false),
                };
                if self.peek() == Some('(') {
                    return Err(self.unexpected_here());
                }
                let mut value = self.word()?.unwrap_or_default();
                if appends {
                    let before =
                        Part::Variable { name: name.clone(), operation: None, quoted: true };
                    value.insert(0, before);
                }
                assigns.push((name, value));
                continue;
            }
            let Some(word) = self.word()? else { break };
            if words.is_empty()
                && assigns.is_empty()
                && self.peek() == Some('(')
                && self.ahead(1) == Some(')')
            {
                self.at += 2;
                return self.function(&word);
            }
            words.push(word);
        }
        if assigns.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.unexpected_here());
        }
        Ok(Node::Simple { assigns, words, redirects })
    }

    /// What stands behind the name of a function.
    fn function(&mut self, word: &Word) -> Parsed<Node> {
        self.lines();
        let name = plain(word).ok_or_else(|| "syntax error: bad function name".to_owned())?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(TOO_DEEP.into());
        }
        let body = Rc::new(self.command()?);
        self.depth -= 1;
        Ok(Node::Function { name, body })
    }

    /// `NAME=` or `NAME+=` at the cursor; the name, with its plus.
    fn assignment(&mut self) -> Option<String> {
        let mut index = 0;
        while self.ahead(index).is_some_and(in_name) {
            index += 1;
        }
        let first = self.peek()?;
        if index == 0 || first.is_ascii_digit() {
            return None;
        }
        index += usize::from(self.bash && self.ahead(index) == Some('+'));
        if self.ahead(index) != Some('=') {
            return None;
        }
        let name = self.letters.get(self.at..self.at + index)?.iter().collect();
        self.at += index + 1;
        Some(name)
    }
}
