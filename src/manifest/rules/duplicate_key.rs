//! A key that stands twice: the last one wins, silently.

use crate::language::Text;
use crate::manifest::diagnostic::{Diagnostic, Severity};
use crate::manifest::document::Decoded;
use crate::manifest::yaml::duplicate_keys;

/// More of them say nothing new.
const SHOWN: usize = 20;

pub(super) fn check(document: &Decoded) -> Vec<Diagnostic> {
    let places = &document.places;
    duplicate_keys(&places.tree, places.root)
        .into_iter()
        .filter_map(|(first, second)| {
            let span = places.node_span(second);
            let name = places.tree.scalar(second)?;
            Some(Diagnostic {
                severity: Severity::Warning,
                code: "duplicate-key",
                span,
                message: String::new(),
                why: Text::new("manifest.duplicate_key")
                    .with("name", name)
                    .with("line", places.node_span(first).start.line),
                fix: None,
            })
        })
        .take(SHOWN)
        .collect()
}
