//! Quotes of a word processor: `“sh”` instead of `"sh"`. YAML takes them for letters.

use super::{Known, Syntax};
use crate::language::Text;
use crate::manifest::diagnostic::{Diagnostic, Edit, Replacement, Severity};
use crate::manifest::document::Decoded;
use crate::manifest::source::Source;
use crate::manifest::tree::{NodeData, Style};

const CODE: &str = "typographic-quotes";

/// More of them say nothing new.
const SHOWN: usize = 20;

/// A text that cannot be parsed, perhaps because of such quotes.
pub(super) fn in_syntax(subject: &Syntax<'_>) -> Option<Known> {
    let source = subject.places.source();
    let line = source.line(source.line_index(subject.at));
    line.contains(is_quote).then(|| (CODE, why(), Some(straighten(source))))
}

/// Values that begin and end with such quotes.
pub(super) fn check(document: &Decoded) -> Vec<Diagnostic> {
    let places = &document.places;
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut fix = None;
    for node in places.tree.below(places.root) {
        let NodeData::Scalar { text, style: Style::Plain } = &node.data else { continue };
        if found.len() == SHOWN {
            break;
        }
        if text.starts_with(is_quote) || text.ends_with(is_quote) {
            found.push(Diagnostic {
                severity: Severity::Warning,
                code: CODE,
                span: places.source().span(node.from, node.to),
                message: String::new(),
                why: why(),
                fix: fix.get_or_insert_with(|| straighten(places.source())).clone().into(),
            });
        }
    }
    found
}

fn why() -> Text {
    Text::new("manifest.typographic_quotes")
}

const fn is_quote(letter: char) -> bool {
    matches!(letter, '“' | '”' | '„' | '‟' | '‘' | '’' | '‚')
}

/// Straight quotes for all of them, outside of comments.
fn straighten(source: &Source) -> Edit {
    let mut replacements = Vec::new();
    for index in 0..source.line_count() {
        let line = source.line(index);
        let code = line.split(" #").next().unwrap_or(line);
        let start = source.line_start(index);
        for (at, quote) in code.char_indices().filter(|(_, letter)| is_quote(*letter)) {
            let straight = if matches!(quote, '‘' | '’' | '‚') { "'" } else { "\"" };
            let from = start + at;
            replacements.push(Replacement {
                from,
                to: from + quote.len_utf8(),
                insert: straight.into(),
            });
        }
    }
    Edit { title: Text::new("manifest.fix.quotes"), replacements }
}
