//! Plain scalars, and what lies between the words of a scalar that goes over lines.

use super::{Scanned, Scanner, Style, Token, TokenData, i64_of};

impl Scanner<'_> {
    pub(super) fn fetch_plain(&mut self) -> Scanned<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.mark;
        let mut end = self.mark;
        let mut text = String::new();
        let mut gap = Gap::default();
        let indent = self.indent + 1;
        loop {
            if self.document_mark(b'-') || self.document_mark(b'.') || self.byte(0) == b'#' {
                break;
            }
            while !self.blank_or_end(0) && !self.ends_plain() {
                gap.close(&mut text);
                self.read(&mut text);
                end = self.mark;
            }
            if !(self.blank(0) || self.line_break(0)) {
                break;
            }
            while self.blank(0) || self.line_break(0) {
                let deep = i64_of(self.mark.column) >= indent;
                if gap.broken && !deep && self.byte(0) == b'\t' {
                    return Err(
                        self.failure(start, "found a tab character that violates indentation")
                    );
                }
                self.widen(&mut gap);
            }
            if self.flow_level == 0 && i64_of(self.mark.column) < indent {
                break;
            }
        }
        if gap.broken {
            self.key_allowed = true;
        }
        self.tokens.push_back(Token {
            data: TokenData::Scalar { text: text.into(), style: Style::Plain },
            start,
            end,
        });
        Ok(())
    }

    fn ends_plain(&self) -> bool {
        match self.byte(0) {
            b':' => self.blank_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }

    /// Takes one blank or line break into the gap between two words.
    pub(super) fn widen(&mut self, gap: &mut Gap) {
        if !self.blank(0) {
            self.read_break(if gap.broken { &mut gap.more_breaks } else { &mut gap.first_break });
            gap.blanks.clear();
            gap.broken = true;
        } else if gap.broken {
            self.skip();
        } else {
            self.read(&mut gap.blanks);
        }
    }
}

/// What lies between two words of a scalar that goes over lines: blanks, or breaks that are folded.
#[derive(Default)]
pub(super) struct Gap {
    blanks: String,
    pub(super) first_break: String,
    pub(super) more_breaks: String,
    pub(super) broken: bool,
}

impl Gap {
    /// Writes the gap down: one line break is a space, more are one fewer, blanks stay.
    pub(super) fn close(&mut self, text: &mut String) {
        if !self.broken {
            text.push_str(&self.blanks);
        } else if self.first_break != "\n" {
            text.push_str(&self.first_break);
            text.push_str(&self.more_breaks);
        } else if self.more_breaks.is_empty() {
            text.push(' ');
        } else {
            text.push_str(&self.more_breaks);
        }
        *self = Self::default();
    }
}
