//! Edits that several rules make: rename a token, move lines, insert lines; and how good a text is afterwards.

use crate::language::Text;
use crate::manifest::diagnostic::{Edit, Replacement, Span};
use crate::manifest::document::{Decoded, Explain, Places, Refusal, read};
use crate::manifest::source::Source;
use crate::manifest::tree::{NodeData, NodeId, Style};

/// Texts longer than this are not tried out: an answer must come within a tenth of a second.
const TRIAL_LIMIT: usize = 32 * 1024;

/// Replaces the text of a scalar, whatever its quotes.
pub(super) fn replace_scalar(places: &Places, id: NodeId, wanted: &str) -> Option<Edit> {
    let node = places.tree.node(id)?;
    let NodeData::Scalar { text, style } = &node.data else { return None };
    let quote = match style {
        Style::Plain => "",
        Style::SingleQuoted => "'",
        Style::DoubleQuoted => "\"",
        Style::Block => return None,
    };
    let title = Text::new("manifest.fix.replace").with("found", text).with("wanted", wanted);
    Some(Edit::replace(title, node.from, node.to, format!("{quote}{wanted}{quote}")))
}

/// Replaces the value at a path.
pub(super) fn replace_value(document: &Decoded, path: &str, wanted: &str) -> Option<Edit> {
    replace_scalar(&document.places, document.places.follow(path).node?, wanted)
}

/// The column of the line's first character that is no space.
pub(super) fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a line has neither key nor value.
pub(super) fn is_empty(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// The lines of the block that begins in line `first`: those after it that are indented deeper.
/// A list may stand at the indent of its key.
pub(super) fn block_end(source: &Source, first: usize) -> usize {
    let indent = indent_of(source.line(first));
    let dashes = source.line(first).trim_start().starts_with("- ");
    let mut end = first + 1;
    for index in first + 1..source.line_count() {
        let line = source.line(index);
        let deeper = indent_of(line) > indent;
        let own_list = !dashes && indent_of(line) == indent && line.trim_start().starts_with('-');
        if is_empty(line) {
            continue;
        }
        if !(deeper || own_list) || line.starts_with("---") {
            break;
        }
        end = index + 1;
    }
    end
}

/// Moves the lines `first..end` to the right, or to the left if `by` is negative.
pub(super) fn shift_lines(
    source: &Source,
    title: Text,
    first: usize,
    end: usize,
    by: isize,
) -> Edit {
    let mut replacements = Vec::new();
    for index in first..end {
        let (start, line) = (source.line_start(index), source.line(index));
        if line.trim().is_empty() {
            continue;
        }
        let (to, insert) = match usize::try_from(by) {
            Ok(by) => (start, " ".repeat(by)),
            Err(_) => (start + by.unsigned_abs().min(indent_of(line)), String::new()),
        };
        replacements.push(Replacement { from: start, to, insert });
    }
    Edit { title, replacements }
}

/// Inserts whole lines before line `index`; behind the last line if there is no such line.
pub(super) fn insert_lines(source: &Source, title: Text, index: usize, lines: &str) -> Edit {
    let at = source.line_start(index);
    let text = source.text();
    let open_end = at == text.len() && !text.is_empty() && !text.ends_with('\n');
    let insert =
        if open_end { format!("\n{}", lines.trim_end_matches('\n')) } else { lines.to_owned() };
    Edit::replace(title, at, at, insert)
}

/// The word at an offset: up to the next space or bracket; at least one character if there is one.
pub(super) fn word_at(source: &Source, at: usize) -> Span {
    let text = source.text();
    let last = text.trim_end().len();
    let at = if at >= last {
        text.get(..last).and_then(|text| text.char_indices().next_back()).map_or(0, |(at, _)| at)
    } else {
        at
    };
    let rest = text.get(at..).unwrap_or("");
    let stop = |letter: char| {
        letter.is_whitespace() || matches!(letter, ',' | '[' | ']' | '{' | '}' | ':')
    };
    let length = match rest.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let inside = rest.get(1..).unwrap_or("");
            let line = inside.find('\n').unwrap_or(inside.len());
            inside.find(quote).filter(|end| *end < line).map_or(1, |end| end + 2)
        }
        Some(first) => rest.find(stop).unwrap_or(rest.len()).max(first.len_utf8()),
        None => 0,
    };
    source.span(at, at + length)
}

/// How far a text is from being accepted; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Distance {
    /// Documents and lines that cannot be parsed.
    unparsed: usize,
    /// Unknown fields and wrong types.
    unfit: usize,
}

/// How far `text` is from being accepted; nothing if it is too long to be tried.
pub(super) fn distance(text: &str) -> Option<Distance> {
    if text.len() > TRIAL_LIMIT {
        return None;
    }
    let documents = read("", text.as_bytes(), &Explain::Trial);
    let unparsed = documents.iter().find_map(|document| {
        let parsed = document.places.root.is_some();
        let lines_left = || {
            let at = document.diagnostics.first().map_or(0, |one| one.span.start.offset);
            text.get(at..).map_or(0, |rest| rest.lines().count()) + 1
        };
        (!parsed && document.refusal.as_ref().is_some_and(Refusal::stops_file)).then(lines_left)
    });
    let unfit = documents.iter().map(|document| document.diagnostics.len()).sum();
    Some(Distance { unparsed: unparsed.unwrap_or(0), unfit })
}
