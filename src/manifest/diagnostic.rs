//! What is wrong with a manifest, where, why, and the edit that mends it.
//!
//! Structured here, put into words at the edge: `message` is what the cluster or kubectl itself says,
//! `why` is the plain reason in the reader's language.

use crate::language::Text;

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Bytes from the start of the file.
    pub offset: usize,
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1.
    pub column: u32,
}

/// A stretch of a text: from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// Just behind the last character.
    pub end: Position,
}

impl Span {
    /// The text of this stretch.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start.offset..self.end.offset).unwrap_or("")
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The cluster refuses the manifest.
    Error,
    /// The cluster takes it, but it hardly does what was meant.
    Warning,
    /// Worth knowing.
    Hint,
}

/// One stretch of text replaced by another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replacement {
    /// First byte to go.
    pub from: usize,
    /// Behind the last byte to go; equal to `from` for an insertion.
    pub to: usize,
    /// What comes instead.
    pub insert: String,
}

/// A change of the text that mends a mistake: offered as one click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What the click will do, as a sentence.
    pub title: Text,
    /// The replacements in order, not overlapping; offsets in bytes of the text before the edit.
    pub replacements: Vec<Replacement>,
}

impl Edit {
    /// An edit of one stretch.
    pub fn replace(title: Text, from: usize, to: usize, insert: impl Into<String>) -> Self {
        Self { title, replacements: vec![Replacement { from, to, insert: insert.into() }] }
    }

    /// The text after the edit.
    pub fn apply(&self, text: &str) -> String {
        let mut edited = String::with_capacity(text.len() + 32);
        let mut done = 0;
        for replacement in &self.replacements {
            edited.push_str(text.get(done..replacement.from).unwrap_or(""));
            edited.push_str(&replacement.insert);
            done = replacement.to;
        }
        edited.push_str(text.get(done..).unwrap_or(""));
        edited
    }
}

/// One thing to say about a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The rule that found it: `unknown-field`, `removed-api-version`, …
    pub code: &'static str,
    /// The very token.
    pub span: Span,
    /// The cluster's own words; empty where the cluster says nothing (warnings and hints).
    pub message: String,
    /// The plain reason.
    pub why: Text,
    /// The edit that mends it.
    pub fix: Option<Edit>,
}

/// Translates byte offsets of a text to UTF-16 code units, as editors in a browser count, and back.
#[derive(Clone, Debug)]
pub struct Utf16 {
    /// At each character longer than one byte: its byte offset, and bytes minus units up to behind it.
    surplus: Vec<(usize, usize)>,
}

impl Utf16 {
    /// Reads through `text` once.
    pub fn new(text: &str) -> Self {
        let mut surplus = Vec::new();
        let mut sum = 0;
        for (offset, letter) in text.char_indices().filter(|(_, letter)| !letter.is_ascii()) {
            sum += letter.len_utf8() - letter.len_utf16();
            surplus.push((offset, sum));
        }
        Self { surplus }
    }

    /// The UTF-16 offset of the character that begins at byte `offset`.
    pub fn from_byte(&self, offset: usize) -> usize {
        let before = self.surplus.partition_point(|(at, _)| *at < offset);
        offset
            - before
                .checked_sub(1)
                .and_then(|last| self.surplus.get(last))
                .map_or(0, |(_, sum)| *sum)
    }

    /// The byte offset of the character that begins at UTF-16 unit `unit`.
    pub fn to_byte(&self, unit: usize) -> usize {
        let mut sum = 0;
        for &(at, next) in &self.surplus {
            if at - sum >= unit {
                break;
            }
            sum = next;
        }
        unit + sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_to_utf16_and_back() {
        let text = "a: 파드 # 😀 끝\nb";
        let map = Utf16::new(text);
        for (offset, _) in text.char_indices() {
            let unit = text.get(..offset).unwrap().encode_utf16().count();
            assert_eq!(map.from_byte(offset), unit);
            assert_eq!(map.to_byte(unit), offset);
        }
        assert_eq!(map.from_byte(text.len()), text.encode_utf16().count());
    }

    #[test]
    fn an_edit_of_two_places_is_applied_from_the_old_offsets() {
        let edit = Edit {
            title: Text::default(),
            replacements: vec![
                Replacement { from: 0, to: 1, insert: "xy".into() },
                Replacement { from: 2, to: 2, insert: "z".into() },
            ],
        };
        assert_eq!(edit.apply("abc"), "xybzc");
    }
}
