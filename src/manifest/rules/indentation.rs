//! A line that is indented as nothing around it is: `resources` under `args: [...]`, one space too many.

use super::edits::{block_end, distance, indent_of, is_empty, shift_lines};
use super::{Known, Syntax};
use crate::language::Text;
use crate::manifest::diagnostic::Edit;
use crate::manifest::source::Source;
use crate::sim::order::Order as _;

const PROBLEMS: [&str; 6] = [
    "did not find expected key",
    "did not find expected '-' indicator",
    "mapping values are not allowed in this context",
    "block sequence entries are not allowed in this context",
    "could not find expected ':'",
    "did not find expected node content",
];

pub(super) fn check(subject: &Syntax<'_>) -> Option<Known> {
    if !PROBLEMS.contains(&subject.what) {
        return None;
    }
    let source = subject.places.source();
    let line = source.line_index(subject.at);
    let (edit, column) = best_shift(source, line)?;
    let why = Text::new("manifest.indentation").with("line", line + 1).with("column", column + 1);
    Some(("indentation", why, Some(edit)))
}

/// The shift of the block at `line` to an indent in use above it that leaves the least to complain about.
fn best_shift(source: &Source, line: usize) -> Option<(Edit, usize)> {
    let now = indent_of(source.line(line));
    let before = distance(source.text())?;
    let mut columns: Vec<usize> = Vec::new();
    for index in (0..line).rev() {
        let text = source.line(index);
        if text.starts_with("---") {
            break;
        }
        if is_empty(text) {
            continue;
        }
        let indent = indent_of(text);
        columns.push(indent);
        let behind_dash = text.get(indent..).and_then(|text| text.strip_prefix('-'));
        columns.extend(behind_dash.map(|behind| indent + 1 + indent_of(behind)));
        if indent == 0 {
            break;
        }
    }
    columns.order();
    columns.dedup();
    columns.retain(|column| *column != now);
    let end = block_end(source, line);
    let child = (line + 1..end).find(|index| !is_empty(source.line(*index)));
    let child = child.map(|index| indent_of(source.line(index)));
    let tried = columns.into_iter().flat_map(|column| {
        // the line with all that is under it, or alone if only then its children stand two deeper
        let alone = child == Some(column + 2);
        [(column, end, alone), (column, line + 1, !alone)]
    });
    let tried = tried.filter_map(|(column, end, odd)| {
        let by = isize::try_from(column).ok()? - isize::try_from(now).ok()?;
        let title =
            Text::new("manifest.fix.indent").with("line", line + 1).with("column", column + 1);
        let edit = shift_lines(source, title, line, end, by);
        let after = distance(&edit.apply(source.text()))?;
        Some((after, odd, by.unsigned_abs(), column, edit))
    });
    let best = tried.min_by_key(|(after, odd, by, ..)| (*after, *odd, *by))?;
    (best.0 < before).then_some((best.4, best.3))
}
