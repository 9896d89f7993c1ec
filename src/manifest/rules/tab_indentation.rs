//! Lines indented with tabs.

use super::{Known, Syntax};
use crate::language::Text;
use crate::manifest::diagnostic::{Edit, Replacement};
use crate::manifest::source::Source;

pub(super) fn check(subject: &Syntax<'_>) -> Option<Known> {
    let source = subject.places.source();
    let line = source.line_index(subject.at);
    let here = tabs(source.line(line)) > 0;
    let near = here || (line > 0 && tabs(source.line(line - 1)) > 0);
    if !near {
        return None;
    }
    let why = Text::new("manifest.tab_indentation");
    Some(("tab-indentation", why, Some(spaces_for_tabs(source))))
}

/// How many tabs there are in the indentation.
fn tabs(line: &str) -> usize {
    line.chars()
        .take_while(|letter| matches!(letter, ' ' | '\t'))
        .filter(|letter| *letter == '\t')
        .count()
}

/// Two spaces for each tab, in the indentation of every line.
fn spaces_for_tabs(source: &Source) -> Edit {
    let mut replacements = Vec::new();
    for index in 0..source.line_count() {
        let line = source.line(index);
        if tabs(line) == 0 {
            continue;
        }
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let insert = line.get(..indent).unwrap_or("").replace('\t', "  ");
        let from = source.line_start(index);
        replacements.push(Replacement { from, to: from + indent, insert });
    }
    Edit { title: Text::new("manifest.fix.tabs"), replacements }
}
