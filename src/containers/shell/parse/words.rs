//! Words, and what is quoted in them.

use super::{OPEN, Parsed, Parser, Part, Word};
use crate::containers::shell::escape::unescape;

impl Parser {
    /// A word, or nothing if none stands here.
    pub(super) fn word(&mut self) -> Parsed<Option<Word>> {
        self.word_until(" \t\r\n;&|()<>")
    }

    /// A word that ends before one of these letters.
    pub(super) fn word_until(&mut self, ends: &str) -> Parsed<Option<Word>> {
        let mut parts: Word = Vec::new();
        let mut started = false;
        while let Some(letter) = self.peek() {
            match letter {
                _ if ends.contains(letter) => break,
                '#' if !started && !ends.is_empty() => break,
                '\'' => {
                    self.at += 1;
                    parts.push(self.single_quoted()?);
                }
                '"' => {
                    self.at += 1;
                    self.double_quoted(&mut parts)?;
                }
                '\\' => {
                    self.at += 1;
                    if let Some(letter) = self.next()
                        && letter != '\n'
                    {
                        parts.push(Part::Text { text: letter.into(), quoted: true });
                    }
                }
                '$' if self.ahead(1) == Some('\'') => {
                    self.at += 2;
                    parts.push(self.escaped()?);
                }
                '$' if self.ahead(1) == Some('"') => self.at += 1,
                '$' | '`' => parts.push(self.expansion(false)?),
                _ => {
                    self.at += 1;
                    push_text(&mut parts, letter, false);
                }
            }
            started = true;
        }
        Ok(started.then_some(parts))
    }

    fn single_quoted(&mut self) -> Parsed<Part> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\'') => return Ok(Part::Text { text, quoted: true }),
                Some(letter) => text.push(letter),
                None => return Err(OPEN.into()),
            }
        }
    }

    /// `$'…'`, in which a backslash means what it means in C.
    fn escaped(&mut self) -> Parsed<Part> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\'') => {
                    let text = unescape(&text, true).0;
                    return Ok(Part::Text { text, quoted: true });
                }
                Some('\\') if matches!(self.peek(), Some('\'' | '"')) => text.extend(self.next()),
                Some('\\') => {
                    text.push('\\');
                    text.extend(self.next());
                }
                Some(letter) => text.push(letter),
                None => return Err(OPEN.into()),
            }
        }
    }

    pub(super) fn double_quoted(&mut self, parts: &mut Word) -> Parsed<()> {
        parts.push(Part::Text { text: String::new(), quoted: true });
        loop {
            match self.peek() {
                None => return Err(OPEN.into()),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => self.quoted_letter(parts, "\"\\$`")?,
            }
        }
    }

    /// A letter between double quotes; a backslash takes their meaning from those that `escapes` has.
    pub(super) fn quoted_letter(&mut self, parts: &mut Word, escapes: &str) -> Parsed<()> {
        match self.peek() {
            Some('$' | '`') => parts.push(self.expansion(true)?),
            Some('\\') if self.ahead(1) == Some('\n') => self.at += 2,
            letter => {
                let escaped = letter == Some('\\')
                    && self.ahead(1).is_some_and(|letter| escapes.contains(letter));
                self.at += usize::from(escaped);
                if let Some(letter) = self.next() {
                    push_text(parts, letter, true);
                }
            }
        }
        Ok(())
    }
}

fn push_text(parts: &mut Word, letter: char, quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted: same }) if *same == quoted => text.push(letter),
        _ => parts.push(Part::Text { text: letter.into(), quoted }),
    }
}

/// The text of a word that is only text.
pub(super) fn plain(word: &Word) -> Option<String> {
    match word.as_slice() {
        [Part::Text { text, .. }] => Some(text.clone()),
        _ => None,
    }
}
