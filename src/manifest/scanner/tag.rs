//! Tags: `!`, `!local`, `!!str`, `!handle!suffix`, `!<uri>`.

use super::{Mark, Scanned, Scanner, TokenData};

impl Scanner<'_> {
    pub(super) fn fetch_tag(&mut self) -> Scanned<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.mark;
        let (handle, suffix) = if self.byte(1) == b'<' {
            self.skip_many(2);
            let uri = self.tag_uri(String::new(), start)?;
            if self.byte(0) != b'>' {
                return Err(self.failure(start, "did not find the expected '>'"));
            }
            self.skip();
            (String::new(), uri)
        } else {
            let handle = self.tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.tag_uri(String::new(), start)?;
                (handle, suffix)
            } else {
                let rest = handle.strip_prefix('!').unwrap_or("").to_owned();
                match self.tag_uri_or_nothing(rest, start)? {
                    suffix if suffix.is_empty() => (String::new(), "!".into()),
                    suffix => ("!".into(), suffix),
                }
            }
        };
        if !self.blank_or_end(0) {
            return Err(self.failure(start, "did not find expected whitespace or line break"));
        }
        self.push(TokenData::Tag { handle, suffix }, start);
        Ok(())
    }

    /// `!`, `!!`, `!name!`; in a tag also `!name`, the beginning of a local tag.
    pub(super) fn tag_handle(&mut self, directive: bool, start: Mark) -> Scanned<String> {
        if self.byte(0) != b'!' {
            return Err(self.failure(start, "did not find expected '!'"));
        }
        let mut handle = String::new();
        self.read(&mut handle);
        handle.push_str(&self.word());
        if self.byte(0) == b'!' {
            self.read(&mut handle);
        } else if directive && handle != "!" {
            return Err(self.failure(start, "did not find expected '!'"));
        }
        Ok(handle)
    }

    pub(super) fn tag_uri(&mut self, before: String, start: Mark) -> Scanned<String> {
        let uri = self.tag_uri_or_nothing(before, start)?;
        if uri.is_empty() {
            return Err(self.failure(start, "did not find expected tag URI"));
        }
        Ok(uri)
    }

    fn tag_uri_or_nothing(&mut self, mut uri: String, start: Mark) -> Scanned<String> {
        loop {
            match self.byte(0) {
                b'%' => self.tag_escape(start, &mut uri)?,
                letter
                    if letter.is_ascii_alphanumeric()
                        || b"_-;/?:@&=+$.!~*'()[]".contains(&letter) =>
                {
                    self.read(&mut uri);
                }
                b',' => self.read(&mut uri),
                _ => return Ok(uri),
            }
        }
    }

    /// A character as `%` and two digits per byte.
    fn tag_escape(&mut self, start: Mark, uri: &mut String) -> Scanned<()> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut width = 1;
        while bytes.len() < width {
            let digit = |ahead| char::from(self.byte(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.byte(0), digit(1), digit(2)) else {
                return Err(self.failure(start, "did not find URI escaped octet"));
            };
            let octet = u8::try_from(high * 16 + low).unwrap_or(0);
            if bytes.is_empty() {
                width = match octet {
                    0..=0x7f => 1,
                    0xc0..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xf7 => 4,
                    _ => return Err(self.failure(start, "found an incorrect leading UTF-8 octet")),
                };
            } else if octet & 0xc0 != 0x80 {
                return Err(self.failure(start, "found an incorrect trailing UTF-8 octet"));
            }
            bytes.push(octet);
            self.skip_many(3);
        }
        uri.push_str(&String::from_utf8_lossy(&bytes));
        Ok(())
    }
}
