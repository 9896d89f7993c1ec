//! YAML characters to tokens: the scanner of libyaml as goyaml v2 has it (`scannerc.go`), with its words
//! for what it cannot read and its rule for where a simple key may stand.
//!
//! Written here because the crates of that lineage either panic on some inputs or need time that grows
//! with the square of the nesting, and none says which line goyaml would name.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::tree::Style;

/// A place in the text that is scanned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes from the start.
    pub(super) at: usize,
    /// Characters from the start.
    index: usize,
    /// Lines from 0.
    pub(super) line: usize,
    /// Characters from the start of the line.
    pub(super) column: usize,
}

/// Why scanning or parsing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) problem: String,
    /// Where the scanner or parser stood.
    pub(super) at: Mark,
    /// Where what it was reading began.
    pub(super) context: Option<Mark>,
    /// Whether the scanner failed (it counts lines differently).
    pub(super) scanner: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenData {
    StreamEnd,
    /// `%YAML`
    Version {
        major: u32,
        minor: u32,
    },
    /// `%TAG`
    TagDirective {
        handle: String,
        prefix: String,
    },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag {
        handle: String,
        suffix: String,
    },
    Scalar {
        text: Rc<str>,
        style: Style,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) data: TokenData,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

/// What could turn out to be a key once a `:` follows.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// Nothing else may stand here.
    required: bool,
    /// The number of its first token.
    token: usize,
    mark: Mark,
}

/// A key without `?` ends within this many characters.
const KEY_REACH: usize = 1024;

pub(super) struct Scanner<'a> {
    text: &'a str,
    mark: Mark,
    tokens: VecDeque<Token>,
    /// How many tokens were taken.
    taken: usize,
    /// -1 outside of any block.
    indent: i64,
    indents: Vec<i64>,
    flow_level: usize,
    key_allowed: bool,
    /// One per flow level.
    keys: Vec<SimpleKey>,
    /// Token number to its place in `keys`.
    keys_by_token: BTreeMap<usize, usize>,
    /// The end was reached.
    ended: bool,
}

type Scanned<T> = Result<T, Failure>;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut scanner = Self {
            text,
            mark: Mark::default(),
            tokens: VecDeque::new(),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            key_allowed: true,
            keys: vec![SimpleKey::default()],
            keys_by_token: BTreeMap::new(),
            ended: false,
        };
        if text.starts_with('\u{feff}') {
            scanner.mark.at = '\u{feff}'.len_utf8();
        }
        scanner
    }

    /// The next token, which stays in the queue.
    pub(super) fn peek(&mut self) -> Scanned<&Token> {
        while self.needs_more()? {
            self.fetch()?;
        }
        // Never empty: what is asked for was fetched, and the end stays in the queue.
        let here = self.mark;
        let nothing = || Failure {
            problem: "did not find expected node content".into(),
            at: here,
            context: None,
            scanner: false,
        };
        self.tokens.front().ok_or_else(nothing)
    }

    /// Takes the next token; the end stays.
    pub(super) fn take(&mut self) -> Scanned<Token> {
        if self.peek()?.data == TokenData::StreamEnd {
            return self.peek().cloned();
        }
        self.taken += 1;
        let token = self.tokens.pop_front();
        Ok(token.unwrap_or(Token { data: TokenData::StreamEnd, start: self.mark, end: self.mark }))
    }

    /// Whether the first token is missing, or could still get a key token before it.
    fn needs_more(&mut self) -> Scanned<bool> {
        if self.tokens.is_empty() {
            return Ok(!self.ended);
        }
        match self.keys_by_token.get(&self.taken).copied() {
            None => Ok(false),
            Some(place) => self.key_is_valid(place),
        }
    }

    /// Whether the simple key at `place` can still become one.
    fn key_is_valid(&mut self, place: usize) -> Scanned<bool> {
        let here = self.mark;
        let Some(key) = self.keys.get_mut(place).filter(|key| key.possible) else {
            return Ok(false);
        };
        if key.mark.line < here.line || key.mark.index + KEY_REACH < here.index {
            if key.required {
                let start = key.mark;
                return Err(self.failure(start, "could not find expected ':'"));
            }
            key.possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn failure(&self, context: Mark, problem: &str) -> Failure {
        Failure { problem: problem.into(), at: self.mark, context: Some(context), scanner: true }
    }

    fn failure_here(&self, problem: &str) -> Failure {
        Failure { problem: problem.into(), at: self.mark, context: None, scanner: true }
    }

    fn push(&mut self, data: TokenData, start: Mark) {
        self.tokens.push_back(Token { data, start, end: self.mark });
    }

    // characters

    /// The byte `ahead` of here; 0 behind the end.
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.mark.at + ahead).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.mark.at >= self.text.len()
    }

    fn blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    /// A line break, of YAML 1.1's five.
    fn line_break(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            b'\n' | b'\r' => true,
            0xc2 => self.byte(ahead + 1) == 0x85,
            0xe2 => self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    fn break_or_end(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.line_break(ahead)
    }

    fn blank_or_end(&self, ahead: usize) -> bool {
        self.blank(ahead) || self.break_or_end(ahead)
    }

    fn letter(&self) -> Option<char> {
        self.text.get(self.mark.at..).and_then(|rest| rest.chars().next())
    }

    fn skip(&mut self) {
        if let Some(letter) = self.letter() {
            self.mark.at += letter.len_utf8();
            self.mark.index += 1;
            self.mark.column += 1;
        }
    }

    fn skip_many(&mut self, count: usize) {
        for _ in 0..count {
            self.skip();
        }
    }

    fn read(&mut self, into: &mut String) {
        into.extend(self.letter());
        self.skip();
    }

    fn skip_break(&mut self) {
        let (width, letters) = match (self.byte(0), self.byte(1)) {
            (b'\r', b'\n') => (2, 2),
            _ => (self.letter().map_or(0, char::len_utf8), 1),
        };
        let Mark { at, index, line, .. } = self.mark;
        self.mark = Mark { at: at + width, index: index + letters, line: line + 1, column: 0 };
    }

    /// Takes a line break over; the Unicode separators stay, the others become `\n`.
    fn read_break(&mut self, into: &mut String) {
        match self.letter() {
            Some(letter @ ('\u{2028}' | '\u{2029}')) => into.push(letter),
            Some(_) => into.push('\n'),
            None => return,
        }
        self.skip_break();
    }

    /// `---` or `...` at the start of a line.
    fn document_mark(&self, letter: u8) -> bool {
        self.mark.column == 0
            && (0..3).all(|ahead| self.byte(ahead) == letter)
            && self.blank_or_end(3)
    }

    // the dispatcher

    fn fetch(&mut self) -> Scanned<()> {
        self.skip_to_token();
        self.unroll(i64_of(self.mark.column));
        if self.at_end() {
            return self.fetch_end();
        }
        if self.mark.column == 0 && self.byte(0) == b'%' {
            return self.fetch_directive();
        }
        if self.document_mark(b'-') {
            return self.fetch_document_mark(TokenData::DocumentStart);
        }
        if self.document_mark(b'.') {
            return self.fetch_document_mark(TokenData::DocumentEnd);
        }
        let in_flow = self.flow_level > 0;
        let alone = self.blank_or_end(1);
        match self.byte(0) {
            b'[' => self.fetch_flow_start(TokenData::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenData::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenData::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenData::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if alone => self.fetch_block_entry(),
            b'?' if in_flow || alone => self.fetch_key(),
            b':' if in_flow || alone => self.fetch_value(),
            b'*' => self.fetch_anchor(true),
            b'&' => self.fetch_anchor(false),
            b'!' => self.fetch_tag(),
            b'|' if !in_flow => self.fetch_block_scalar(true),
            b'>' if !in_flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_quoted(true),
            b'"' => self.fetch_quoted(false),
            b'|' | b'>' | b'#' | b'%' | b'@' | b'`' | b' ' | b'\t' => {
                Err(self.failure(self.mark, "found character that cannot start any token"))
            }
            _ => self.fetch_plain(),
        }
    }

    /// Skips blanks, comments and line breaks. A tab may not indent where a key could stand.
    fn skip_to_token(&mut self) {
        loop {
            if self.mark.at == 0 && self.letter() == Some('\u{feff}') {
                self.skip();
            }
            while self.byte(0) == b' '
                || (self.byte(0) == b'\t' && (self.flow_level > 0 || !self.key_allowed))
            {
                self.skip();
            }
            if self.byte(0) == b'#' {
                while !self.break_or_end(0) {
                    self.skip();
                }
            }
            if !self.line_break(0) {
                return;
            }
            self.skip_break();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    // indentation and simple keys

    /// Opens a block at `column` if that is deeper; its token goes before token number `before`.
    fn roll(
        &mut self,
        column: usize,
        before: Option<usize>,
        data: TokenData,
        mark: Mark,
    ) -> Scanned<()> {
        if self.flow_level > 0 || self.indent >= i64_of(column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = i64_of(column);
        let token = Token { data, start: mark, end: mark };
        match before {
            Some(number) => self.insert(number, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    fn insert(&mut self, number: usize, token: Token) {
        let place = number.saturating_sub(self.taken).min(self.tokens.len());
        self.tokens.insert(place, token);
    }

    /// Closes the blocks that are deeper than `column`.
    fn unroll(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenData::BlockEnd, self.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Remembers that a key may begin here.
    fn save_key(&mut self) -> Scanned<()> {
        if !self.key_allowed {
            return Ok(());
        }
        self.drop_key()?;
        let required = self.flow_level == 0 && self.indent == i64_of(self.mark.column);
        let token = self.taken + self.tokens.len();
        let place = self.keys.len().saturating_sub(1);
        if let Some(key) = self.keys.last_mut() {
            *key = SimpleKey { possible: true, required, token, mark: self.mark };
            self.keys_by_token.insert(token, place);
        }
        Ok(())
    }

    fn drop_key(&mut self) -> Scanned<()> {
        let Some(key) = self.keys.last_mut().filter(|key| key.possible) else { return Ok(()) };
        if key.required {
            let start = key.mark;
            return Err(self.failure(start, "could not find expected ':'"));
        }
        key.possible = false;
        let token = key.token;
        self.keys_by_token.remove(&token);
        Ok(())
    }

    // fetchers

    fn fetch_end(&mut self) -> Scanned<()> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll(-1);
        self.drop_key()?;
        self.key_allowed = false;
        self.ended = true;
        self.push(TokenData::StreamEnd, self.mark);
        Ok(())
    }

    fn fetch_document_mark(&mut self, data: TokenData) -> Scanned<()> {
        self.unroll(-1);
        self.drop_key()?;
        self.key_allowed = false;
        let start = self.mark;
        self.skip_many(3);
        self.push(data, start);
        Ok(())
    }

    fn fetch_one(&mut self, data: TokenData) {
        let start = self.mark;
        self.skip();
        self.push(data, start);
    }

    fn fetch_flow_start(&mut self, data: TokenData) -> Scanned<()> {
        self.save_key()?;
        self.keys.push(SimpleKey::default());
        self.flow_level += 1;
        self.key_allowed = true;
        self.fetch_one(data);
        Ok(())
    }

    fn fetch_flow_end(&mut self, data: TokenData) -> Scanned<()> {
        self.drop_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.keys.pop();
        }
        self.key_allowed = false;
        self.fetch_one(data);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Scanned<()> {
        self.drop_key()?;
        self.key_allowed = true;
        self.fetch_one(TokenData::FlowEntry);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Scanned<()> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(
                    self.failure_here("block sequence entries are not allowed in this context")
                );
            }
            self.roll(self.mark.column, None, TokenData::BlockSequenceStart, self.mark)?;
        }
        self.drop_key()?;
        self.key_allowed = true;
        self.fetch_one(TokenData::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scanned<()> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self.failure_here("mapping keys are not allowed in this context"));
            }
            self.roll(self.mark.column, None, TokenData::BlockMappingStart, self.mark)?;
        }
        self.drop_key()?;
        self.key_allowed = self.flow_level == 0;
        self.fetch_one(TokenData::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scanned<()> {
        let place = self.keys.len().saturating_sub(1);
        if self.key_is_valid(place)? {
            let key = self.keys.get(place).copied().unwrap_or_default();
            self.insert(key.token, Token { data: TokenData::Key, start: key.mark, end: key.mark });
            self.roll(key.mark.column, Some(key.token), TokenData::BlockMappingStart, key.mark)?;
            if let Some(key) = self.keys.last_mut() {
                key.possible = false;
            }
            self.keys_by_token.remove(&key.token);
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return Err(self.failure_here("mapping values are not allowed in this context"));
                }
                self.roll(self.mark.column, None, TokenData::BlockMappingStart, self.mark)?;
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.fetch_one(TokenData::Value);
        Ok(())
    }

    fn fetch_anchor(&mut self, alias: bool) -> Scanned<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.mark;
        self.skip();
        let name = self.word();
        let follows = matches!(self.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !(self.blank_or_end(0) || follows) {
            return Err(
                self.failure(start, "did not find expected alphabetic or numeric character")
            );
        }
        self.push(if alias { TokenData::Alias(name) } else { TokenData::Anchor(name) }, start);
        Ok(())
    }

    /// Letters, digits, `_` and `-`.
    fn word(&mut self) -> String {
        let mut word = String::new();
        while self.byte(0).is_ascii_alphanumeric() || matches!(self.byte(0), b'_' | b'-') {
            self.read(&mut word);
        }
        word
    }
}

fn i64_of(column: usize) -> i64 {
    i64::try_from(column).unwrap_or(i64::MAX)
}

mod directive;
mod plain;
mod quoted;
mod tag;
