//! Shell text to a tree. Follows the grammar of POSIX 2.10, as busybox ash reads it.

mod commands;
mod compound;
mod expansions;
mod redirects;
mod tree;
mod words;

pub use tree::Script;
pub(crate) use tree::{Node, Part, Redirect, RedirectKind, Word};

/// At most so deep may commands be nested.
const DEEPEST: usize = 60;

const TOO_DEEP: &str = "syntax error: nested too deeply";

const END: &str = "syntax error: unexpected end of file";
/// bash waits for the quote or bracket that closes this; the letter stands behind.
pub(crate) const OPEN: &str = "syntax error: unterminated quoted string";

type Parsed<T> = Result<T, String>;

/// Reads a script.
///
/// # Errors
/// The shell's words, after `sh: `.
pub fn parse(text: &str) -> Parsed<Script> {
    parse_at(text, 0, false)
}

/// Reads a script as bash does, which knows `((…))` and `<<<` besides.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_bash(text: &str) -> Parsed<Script> {
    parse_at(text, 0, true)
}

fn parse_at(text: &str, depth: usize, bash: bool) -> Parsed<Script> {
    let mut parser = Parser { letters: text.chars().collect(), at: 0, depth, bash };
    let script = parser.list(&[])?;
    match parser.peek() {
        None => Ok(script),
        Some(_) => Err(parser.unexpected_here()),
    }
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
    /// Whether bash reads, which knows more than ash.
    bash: bool,
}

impl Parser {
    /// For a text that stands within another.
    fn within(text: &str, depth: usize, bash: bool) -> Parsed<Self> {
        if depth > DEEPEST {
            return Err(TOO_DEEP.into());
        }
        Ok(Self { letters: text.chars().collect(), at: 0, depth: depth + 1, bash })
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn ahead(&self, count: usize) -> Option<char> {
        self.letters.get(self.at + count).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    fn take(&mut self, text: &str) -> bool {
        let found =
            text.chars().enumerate().all(|(index, letter)| self.ahead(index) == Some(letter));
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.ahead(1) == Some('\n') => self.at += 2,
                Some('#') => {
                    while self.peek().is_some_and(|letter| letter != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn lines(&mut self) {
        self.blanks();
        while self.peek() == Some('\n') {
            self.at += 1;
            self.blanks();
        }
    }

    /// The refusal of what stands here.
    fn unexpected_here(&self) -> String {
        match self.peek() {
            None => END.into(),
            Some('\n') => unexpected("newline"),
            Some(_) => unexpected(&self.token()),
        }
    }

    /// The word or operator at the cursor.
    fn token(&self) -> String {
        let rest = self.letters.get(self.at..).unwrap_or_default();
        let first = rest.first().copied().unwrap_or(' ');
        let twice = ";&|".contains(first) && rest.get(1) == Some(&first);
        let word = rest.iter().take_while(|letter| !" \t\n;&|<>()".contains(**letter)).count();
        let length = if twice { 2 } else { word.max(1) };
        rest.iter().take(length).collect()
    }

    /// The word at the cursor if it is a plain one, without moving.
    fn keyword(&self) -> String {
        let mut word = String::new();
        let mut index = 0;
        while let Some(letter) = self.ahead(index) {
            if !(letter.is_ascii_alphanumeric() || "{}!_[]".contains(letter)) {
                break;
            }
            word.push(letter);
            index += 1;
        }
        word
    }

    fn expect(&mut self, word: &str) -> Parsed<()> {
        self.lines();
        if self.keyword() == word {
            self.at += word.chars().count();
            return Ok(());
        }
        Err(self.expecting(word))
    }

    /// The refusal where `word` should stand.
    fn expecting(&self, word: &str) -> String {
        let found = match self.peek() {
            None => "end of file".to_owned(),
            Some('\n') => "newline".to_owned(),
            Some(_) => format!("\"{}\"", self.token()),
        };
        format!("syntax error: unexpected {found} (expecting \"{word}\")")
    }
}

fn unexpected(word: &str) -> String {
    format!("syntax error: unexpected \"{word}\"")
}
