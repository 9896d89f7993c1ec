//! Quoted and block scalars.

use super::plain::Gap;
use super::{Mark, Scanned, Scanner, Style, Token, TokenData, i64_of};

impl Scanner<'_> {
    pub(super) fn fetch_quoted(&mut self, single: bool) -> Scanned<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.mark;
        let quote = self.byte(0);
        self.skip();
        let mut text = String::new();
        loop {
            if self.document_mark(b'-') || self.document_mark(b'.') {
                return Err(self.failure(start, "found unexpected document indicator"));
            }
            if self.at_end() {
                return Err(self.failure(start, "found unexpected end of stream"));
            }
            let mut gap = Gap::default();
            while !self.blank_or_end(0) {
                match (self.byte(0), self.byte(1)) {
                    (b'\'', b'\'') if single => {
                        text.push('\'');
                        self.skip_many(2);
                    }
                    (letter, _) if letter == quote => break,
                    (b'\\', _) if !single && self.line_break(1) => {
                        self.skip();
                        self.skip_break();
                        gap.broken = true; // joins without a space
                        break;
                    }
                    (b'\\', _) if !single => self.escape(start, &mut text)?,
                    _ => self.read(&mut text),
                }
            }
            if self.byte(0) == quote {
                break;
            }
            while self.blank(0) || self.line_break(0) {
                self.widen(&mut gap);
            }
            if gap.broken && gap.first_break.is_empty() {
                text.push_str(&gap.more_breaks);
            } else {
                gap.close(&mut text);
            }
        }
        self.skip();
        let style = if single { Style::SingleQuoted } else { Style::DoubleQuoted };
        self.push(TokenData::Scalar { text: text.into(), style }, start);
        Ok(())
    }

    /// An escape sequence of a double-quoted scalar.
    fn escape(&mut self, start: Mark, text: &mut String) -> Scanned<()> {
        let digits = match self.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let plain = match self.byte(1) {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            letter @ (b' ' | b'"' | b'\'' | b'\\') => char::from(letter),
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' | b'u' | b'U' => '\0',
            _ => return Err(self.failure(start, "found unknown escape character")),
        };
        self.skip_many(2);
        if digits == 0 {
            text.push(plain);
            return Ok(());
        }
        let mut code = 0_u32;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.byte(ahead)).to_digit(16) else {
                return Err(self.failure(start, "did not find expected hexdecimal number"));
            };
            code = code.wrapping_shl(4) | digit;
        }
        let Some(letter) = char::from_u32(code) else {
            return Err(self.failure(start, "found invalid Unicode character escape code"));
        };
        text.push(letter);
        self.skip_many(digits);
        Ok(())
    }

    pub(super) fn fetch_block_scalar(&mut self, literal: bool) -> Scanned<()> {
        self.drop_key()?;
        self.key_allowed = true;
        let start = self.mark;
        self.skip();
        let (keep, increment) = self.block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            by => self.indent.max(0) + by,
        };
        let (mut text, mut leading, mut trailing) = (String::new(), String::new(), String::new());
        let mut end = self.block_breaks(&mut indent, &mut trailing, start)?;
        let mut led_by_blank = false;
        while i64_of(self.mark.column) == indent && !self.at_end() {
            let blank = self.blank(0);
            if !literal && !led_by_blank && !blank && leading.starts_with('\n') {
                if trailing.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&leading);
            }
            text.push_str(&trailing);
            leading.clear();
            trailing.clear();
            led_by_blank = blank;
            while !self.break_or_end(0) {
                self.read(&mut text);
            }
            self.read_break(&mut leading);
            end = self.block_breaks(&mut indent, &mut trailing, start)?;
        }
        if keep != Some(false) {
            text.push_str(&leading);
        }
        if keep == Some(true) {
            text.push_str(&trailing);
        }
        self.tokens.push_back(Token {
            data: TokenData::Scalar { text: text.into(), style: Style::Block },
            start,
            end,
        });
        Ok(())
    }

    /// What follows `|` or `>`: whether line ends at the end are kept (`+`), dropped (`-`), and the indent.
    fn block_header(&mut self, start: Mark) -> Scanned<(Option<bool>, i64)> {
        let (mut keep, mut increment) = (None, 0);
        for _ in 0..2 {
            match self.byte(0) {
                sign @ (b'+' | b'-') if keep.is_none() => keep = Some(sign == b'+'),
                b'0' if increment == 0 => {
                    return Err(self.failure(start, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = i64::from(digit - b'0'),
                _ => break,
            }
            self.skip();
        }
        while self.blank(0) {
            self.skip();
        }
        if self.byte(0) == b'#' {
            while !self.break_or_end(0) {
                self.skip();
            }
        }
        if !self.break_or_end(0) {
            return Err(self.failure(start, "did not find expected comment or line break"));
        }
        if self.line_break(0) {
            self.skip_break();
        }
        Ok((keep, increment))
    }

    /// Skips indentation and empty lines; finds the indent out if it is not known yet. The place where
    /// the text before them ended.
    fn block_breaks(
        &mut self,
        indent: &mut i64,
        breaks: &mut String,
        start: Mark,
    ) -> Scanned<Mark> {
        let mut end = self.mark;
        let mut widest = 0;
        loop {
            let shallow = |scanner: &Self| *indent == 0 || i64_of(scanner.mark.column) < *indent;
            while shallow(self) && self.byte(0) == b' ' {
                self.skip();
            }
            widest = widest.max(i64_of(self.mark.column));
            if shallow(self) && self.byte(0) == b'\t' {
                return Err(self.failure(
                    start,
                    "found a tab character where an indentation space is expected",
                ));
            }
            if !self.line_break(0) {
                break;
            }
            self.read_break(breaks);
            end = self.mark;
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(end)
    }
}
