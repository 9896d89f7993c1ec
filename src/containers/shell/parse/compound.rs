//! Commands that hold others: `if`, loops, `case`; and `[[ … ]]`.

use std::rc::Rc;

use super::expansions::quoted_text;
use super::words::plain;
use super::{Node, Parsed, Parser, Part, Script, Word};

impl Parser {
    pub(super) fn if_command(&mut self) -> Parsed<Node> {
        self.at += 2;
        let mut branches = Vec::new();
        loop {
            let condition = self.block(&["then"])?;
            self.expect("then")?;
            let body = self.block(&["elif", "else", "fi"])?;
            branches.push((condition, body));
            if self.keyword() == "elif" {
                self.at += 4;
                continue;
            }
            break;
        }
        let mut otherwise: Script = Rc::new([]);
        if self.keyword() == "else" {
            self.at += 4;
            otherwise = self.block(&["fi"])?;
        }
        self.expect("fi")?;
        Ok(Node::If { branches: branches.into(), otherwise })
    }

    pub(super) fn while_command(&mut self, until: bool) -> Parsed<Node> {
        self.at += 5;
        let condition = self.block(&["do"])?;
        let body = self.body()?;
        Ok(Node::While { again: Rc::clone(&condition), condition, body, until })
    }

    /// What stands in `((…))`; nothing if these are two subshells.
    pub(super) fn double_parentheses(&mut self) -> Option<String> {
        let begin = self.at;
        if self.bash && self.take("((") {
            if let Ok(text) = self.until_double_parenthesis() {
                return Some(text);
            }
            self.at = begin;
        }
        None
    }

    /// `((FIRST; WHILE; NEXT))` behind `for`.
    fn counting(&mut self) -> Parsed<Node> {
        let text = self.until_double_parenthesis()?;
        let mut parts = text.split(';');
        let (Some(first), Some(condition), Some(next), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("syntax error: arithmetic expression required".into());
        };
        let node = |text: &str| quoted_text(text, self.depth, true).map(Node::Arithmetic);
        let condition = node(if condition.trim().is_empty() { "1" } else { condition })?;
        let again: Script = Rc::new([node(next)?, condition.clone()]);
        let first = node(first)?;
        self.blanks();
        self.take(";");
        let body = self.body()?;
        let count = Node::While { condition: Rc::new([condition]), again, body, until: false };
        Ok(Node::Group(Rc::new([first, count])))
    }

    /// `[[ … ]]`: what would join or redirect commands elsewhere is a word here.
    pub(super) fn test_command(&mut self) -> Parsed<Node> {
        self.at += 2;
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.lines();
            let is_pattern = words.last().is_some_and(|word| plain(word).as_deref() == Some("=~"));
            let operator = ["&&", "||", "(", ")", "<", ">"]
                .into_iter()
                .find(|one| !is_pattern && self.take(one));
            if let Some(operator) = operator {
                words.push(vec![Part::Text { text: operator.into(), quoted: false }]);
                continue;
            }
            let word = match is_pattern {
                true => self.word_until(" \t\n;")?,
                false => self.word()?,
            };
            let Some(word) = word else { return Err(self.unexpected_here()) };
            if plain(&word).as_deref() == Some("]]") {
                return Ok(Node::Test(words));
            }
            words.push(word);
        }
    }

    fn body(&mut self) -> Parsed<Script> {
        self.expect("do")?;
        let body = self.block(&["done"])?;
        self.expect("done")?;
        Ok(body)
    }

    pub(super) fn for_command(&mut self) -> Parsed<Node> {
        self.at += 3;
        self.blanks();
        if self.bash && self.take("((") {
            return self.counting();
        }
        let name = self.keyword();
        if name.is_empty() {
            return Err("syntax error: bad for loop variable".into());
        }
        self.at += name.chars().count();
        self.blanks();
        if !self.take(";") {
            self.lines();
        }
        let mut words = None;
        if self.keyword() == "in" {
            self.at += 2;
            let mut list = Vec::new();
            loop {
                self.blanks();
                match self.word()? {
                    Some(word) => list.push(word),
                    None => break,
                }
            }
            words = Some(list);
            if !self.take(";") && !matches!(self.peek(), None | Some('\n')) {
                return Err(self.unexpected_here());
            }
        }
        let body = self.body()?;
        Ok(Node::For { name, words, body })
    }

    pub(super) fn case_command(&mut self) -> Parsed<Node> {
        self.at += 4;
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.unexpected_here())?;
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.keyword() == "esac" {
                self.at += 4;
                return Ok(Node::Case { word, arms: arms.into() });
            }
            self.take("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                let pattern = self.word()?;
                patterns.push(pattern.ok_or_else(|| self.expecting(")"))?);
                self.blanks();
                if !self.take("|") {
                    break;
                }
            }
            if !self.take(")") {
                return Err(self.expecting(")"));
            }
            let body = self.list(&["esac"])?;
            arms.push((patterns, body));
            self.lines();
            if !self.take(";;") && self.keyword() != "esac" {
                return Err(self.expecting(";;"));
            }
        }
    }
}
