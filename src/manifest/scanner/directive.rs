//! Directives: `%YAML 1.1`, `%TAG !e! tag:example.com,2026:`.

use super::{Mark, Scanned, Scanner, TokenData};

impl Scanner<'_> {
    pub(super) fn fetch_directive(&mut self) -> Scanned<()> {
        self.unroll(-1);
        self.drop_key()?;
        self.key_allowed = false;
        let start = self.mark;
        self.skip();
        let name = self.word();
        if name.is_empty() {
            return Err(self.failure(start, "could not find expected directive name"));
        }
        if !self.blank_or_end(0) {
            return Err(self.failure(start, "found unexpected non-alphabetical character"));
        }
        let data = match name.as_str() {
            "YAML" => self.version(start)?,
            "TAG" => self.tag_directive(start)?,
            _ => return Err(self.failure(start, "found unknown directive name")),
        };
        self.push(data, start);
        self.skip_blanks();
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
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while self.blank(0) {
            self.skip();
        }
    }

    fn version(&mut self, start: Mark) -> Scanned<TokenData> {
        self.skip_blanks();
        let major = self.version_number(start)?;
        if self.byte(0) != b'.' {
            return Err(self.failure(start, "did not find expected digit or '.' character"));
        }
        self.skip();
        let minor = self.version_number(start)?;
        Ok(TokenData::Version { major, minor })
    }

    fn version_number(&mut self, start: Mark) -> Scanned<u32> {
        let mut digits = String::new();
        while self.byte(0).is_ascii_digit() {
            if digits.len() >= 2 {
                return Err(self.failure(start, "found extremely long version number"));
            }
            self.read(&mut digits);
        }
        digits.parse().map_err(|_| self.failure(start, "did not find expected version number"))
    }

    fn tag_directive(&mut self, start: Mark) -> Scanned<TokenData> {
        self.skip_blanks();
        let handle = self.tag_handle(true, start)?;
        if !self.blank(0) {
            return Err(self.failure(start, "did not find expected whitespace"));
        }
        self.skip_blanks();
        let prefix = self.tag_uri(String::new(), start)?;
        if !self.blank_or_end(0) {
            return Err(self.failure(start, "did not find expected whitespace or line break"));
        }
        Ok(TokenData::TagDirective { handle, prefix })
    }
}
