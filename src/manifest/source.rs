//! A file as it was written: its lines, and the documents that kubectl cuts it into.
//!
//! Follows the line reader and the document reader of `k8s.io/apimachinery/pkg/util/yaml`: a line that
//! begins with `---` separates, line ends become `\n`, and every document counts its lines from 1.

use std::rc::Rc;

use super::diagnostic::{Position, Span};

/// The text of a file.
#[derive(Clone, Debug)]
pub struct Source {
    text: Rc<str>,
    /// Where each line begins.
    lines: Rc<[usize]>,
    /// Where the bytes were no UTF-8, if they were not, and what Go's reader says about them.
    invalid: Option<(usize, &'static str)>,
}

/// A document of a file, with `\n` at the end of each line.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// What the YAML parser reads.
    pub(super) text: String,
    /// Where each line begins, in `text` and in the file.
    lines: Vec<(usize, usize)>,
    /// What stands behind the `---` that ends this document, if it may not stand there.
    pub(super) bad_separator: Option<(usize, String)>,
}

impl Source {
    /// A file from its bytes. What is no UTF-8 shows as U+FFFD and is reported when it is parsed.
    pub fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::from_text(text, None),
            Err(error) => {
                let at = error.valid_up_to();
                let rest = bytes.get(at..).unwrap_or_default();
                Self::from_text(&String::from_utf8_lossy(bytes), Some((at, utf8_problem(rest))))
            }
        }
    }

    fn from_text(text: &str, invalid: Option<(usize, &'static str)>) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text: text.into(), lines: std::iter::once(0).chain(breaks).collect(), invalid }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first byte that is no UTF-8 between two offsets, and what the reader says about it.
    pub(super) fn invalid_between(&self, from: usize, to: usize) -> Option<(usize, &'static str)> {
        self.invalid.filter(|(at, _)| (from..to).contains(at))
    }

    /// The index of the line that contains `offset`.
    pub(super) fn line_index(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Where line `index` begins; the end of the text behind the last line.
    pub(super) fn line_start(&self, index: usize) -> usize {
        self.lines.get(index).copied().unwrap_or(self.text.len())
    }

    /// How many lines there are.
    pub(super) fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Line `index` without its line end.
    pub(super) fn line(&self, index: usize) -> &str {
        let line = self.text.get(self.line_start(index)..self.line_start(index + 1)).unwrap_or("");
        line.trim_end_matches(['\n', '\r'])
    }

    /// Line and column of an offset.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let index = self.line_index(offset);
        let start = self.line_start(index);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        Position { offset, line: count(index + 1), column: count(column + 1) }
    }

    /// The span between two offsets.
    pub fn span(&self, from: usize, to: usize) -> Span {
        Span { start: self.position(from), end: self.position(to.max(from)) }
    }

    /// The nearest offset at or before `offset` where a character begins.
    fn floor(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        (0..=offset).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// The documents from byte `from` on.
    pub(super) fn chunks(&self, from: usize) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let mut chunk = Chunk::empty();
        for index in self.line_index(from)..self.line_count() {
            let mut start = self.line_start(index).max(from);
            let end = self.line_start(index) + self.line(index).len();
            let line = self.text.get(start..end).unwrap_or("");
            if start == self.text.len() {
                break; // behind the last line end there is no line
            }
            let mut content = line;
            if let (0, Some(rest)) = (index, line.strip_prefix('\u{feff}')) {
                start += '\u{feff}'.len_utf8();
                content = rest;
            }
            if let Some(behind) = line.strip_prefix("---") {
                let behind = behind.trim();
                if !behind.is_empty() && !behind.starts_with('#') {
                    let at = start + line.find(behind).unwrap_or(0);
                    chunk.bad_separator = Some((at, behind.to_owned()));
                    break; // the reader stops here for good
                }
                if !chunk.text.is_empty() {
                    chunks.push(std::mem::replace(&mut chunk, Chunk::empty()));
                    continue;
                }
            }
            chunk.push_line(content, start);
        }
        chunks.push(chunk);
        chunks.retain(|chunk| !chunk.text.is_empty() || chunk.bad_separator.is_some());
        chunks
    }
}

impl Chunk {
    const fn empty() -> Self {
        Self { text: String::new(), lines: Vec::new(), bad_separator: None }
    }

    fn push_line(&mut self, content: &str, start: usize) {
        self.lines.push((self.text.len(), start));
        self.text.push_str(content);
        self.text.push('\n');
    }

    /// The file offset of an offset in this document's text.
    pub(super) fn file_offset(&self, offset: usize) -> usize {
        let line = self.lines.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        self.lines.get(line).map_or(offset, |(start, file)| file + offset.saturating_sub(*start))
    }

    /// From and to where in the file this document goes.
    pub(super) fn bounds(&self) -> (usize, usize) {
        (self.file_offset(0), self.file_offset(self.text.len().saturating_sub(1)) + 1)
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What the reader of goyaml says about bytes that begin with a wrong sequence.
fn utf8_problem(bytes: &[u8]) -> &'static str {
    let lead = bytes.first().copied().unwrap_or(0);
    let width = match lead {
        0x00..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    let tail: Vec<u8> = bytes.iter().skip(1).take(width - 1).copied().collect();
    if tail.iter().any(|octet| octet & 0xc0 != 0x80) {
        "invalid trailing UTF-8 octet"
    } else if tail.len() + 1 < width {
        "incomplete UTF-8 octet sequence"
    } else if lead == 0xed || lead > 0xf3 {
        "invalid Unicode character"
    } else {
        "invalid length of a UTF-8 sequence"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let source = Source::new("a: 파드 # 끝\r\nb: 1\n".as_bytes());
        let at = source.text().find('#').unwrap();
        assert_eq!((source.position(at).line, source.position(at).column), (1, 7));
        let at = source.text().find('b').unwrap();
        assert_eq!((source.position(at).line, source.position(at).column), (2, 1));
    }

    #[test]
    fn documents_are_cut_as_kubectl_cuts_them() {
        let texts = |text: &str| {
            let chunks = Source::new(text.as_bytes()).chunks(0);
            chunks.into_iter().map(|chunk| chunk.text).collect::<Vec<_>>()
        };
        assert_eq!(texts("a\n---\nb\n"), ["a\n", "b\n"]);
        assert_eq!(texts("---\na\n--- # c\nb"), ["---\na\n", "b\n"]);
        assert_eq!(texts("\u{feff}a\r\nb\r\n"), ["a\nb\n"]);
        assert_eq!(texts(""), Vec::<String>::new());
    }

    #[test]
    fn offsets_go_back_through_line_ends_and_mark() {
        let source = Source::new("\u{feff}ab\r\ncd\r\n---\r\nef".as_bytes());
        let chunks = source.chunks(0);
        let find = |chunk: &Chunk, what| chunk.file_offset(chunk.text.find(what).unwrap());
        assert_eq!(find(&chunks[0], 'd'), source.text().find('d').unwrap());
        assert_eq!(find(&chunks[1], 'f'), source.text().find('f').unwrap());
    }

    #[test]
    fn bytes_that_are_no_utf8_are_named_as_the_reader_names_them() {
        assert_eq!(utf8_problem(b"\xff"), "invalid leading UTF-8 octet");
        assert_eq!(utf8_problem(b"\xb0\xa1"), "invalid leading UTF-8 octet");
        assert_eq!(utf8_problem(b"\xc7D"), "invalid trailing UTF-8 octet");
        assert_eq!(utf8_problem(b"\xea\xb0"), "incomplete UTF-8 octet sequence");
        assert_eq!(utf8_problem(b"\xc0\x80"), "invalid length of a UTF-8 sequence");
        assert_eq!(utf8_problem(b"\xed\xa0\x80"), "invalid Unicode character");
    }
}
