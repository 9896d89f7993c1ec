//! A key that stands twice: the last one wins, silently.

use crate::language::Text;
use crate::manifest::diagnostic::{Diagnostic, Severity};
use crate::manifest::document::Decoded;
use crate::manifest::yaml::duplicate_keys;

pub(super) fn check(document: &Decoded) -> Vec<Diagnostic> {
    let places = &document.places;
    let (from, to) = places.bounds;
    duplicate_keys(&places.tree)
        .into_iter()
        .filter_map(|(first, second)| {
            let span = places.node_span(second);
            let within = (from..=to).contains(&span.start.offset);
            let name = places.tree.scalar(second).filter(|_| within)?;
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
        .collect()
}
