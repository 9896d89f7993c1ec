//! A bracket or a quote that is opened and not closed.

use super::{Known, Syntax};
use crate::language::Text;
use crate::manifest::diagnostic::Edit;

pub(super) const CODE: &str = "unclosed";

pub(super) fn check(subject: &Syntax<'_>) -> Option<Known> {
    let opened = subject.context?;
    let source = subject.places.source();
    let line = source.line_index(opened);
    let end = source.line_start(line) + source.line(line).len();
    let mark = source.text().get(opened..)?.chars().next()?;
    let closing = match (subject.what, mark) {
        ("found unexpected end of stream" | "found unexpected document indicator", '"' | '\'') => {
            mark
        }
        ("did not find expected ',' or ']'", '[') if subject.at > end => ']',
        ("did not find expected ',' or '}'", '{') if subject.at > end => '}',
        ("did not find expected node content", '[') if subject.at > end => ']',
        _ => return None,
    };
    let why = Text::new("manifest.unclosed")
        .with("mark", mark)
        .with("line", line + 1)
        .with("closing", closing);
    let title = Text::new("manifest.fix.close").with("closing", closing);
    // before a comment and trailing space
    let written = source.text().get(opened..end)?;
    let code = match mark {
        '[' | '{' => written.find(" #").and_then(|at| written.get(..at)).unwrap_or(written),
        _ => written,
    };
    let at = opened + code.trim_end().len();
    Some((CODE, why, Some(Edit::replace(title, at, at, closing.to_string()))))
}
