//! A document without `kind` or `apiVersion`.

use super::Known;
use super::edits::insert_lines;
use crate::api::kind::Kind;
use crate::language::Text;
use crate::manifest::document::{Decoded, type_meta};

const CODE: &str = "missing-kind";

pub(super) fn check(document: &Decoded) -> Known {
    if document.raw.as_map().is_none() {
        return (CODE, Text::new("manifest.no_object"), None);
    }
    let (kind, version) = type_meta(&document.raw);
    let named = Kind::ALL.into_iter().find(|known| known.name() == kind);
    if let (Some(kind), None) = (named, document.raw.get("apiVersion")) {
        let line = format!("apiVersion: {}", kind.api_version());
        let why =
            Text::new("manifest.no_api_version").with("kind", kind.name()).with("line", &line);
        return (CODE, why, insert_first(document, &line));
    }
    let guess = guess(document, version);
    if let (Some(kind), None) = (guess, document.raw.get("kind")) {
        let line = format!("kind: {}", kind.name());
        let why = Text::new("manifest.no_kind").with("line", &line);
        return (CODE, why, insert_first(document, &line));
    }
    (CODE, Text::new("manifest.no_type"), None)
}

fn insert_first(document: &Decoded, line: &str) -> Option<crate::manifest::diagnostic::Edit> {
    let places = &document.places;
    let start = places.start().start;
    if start.column != 1 {
        return None; // in a flow mapping or a list
    }
    let title = Text::new("manifest.fix.insert").with("line", line);
    let index = places.source().line_index(start.offset);
    Some(insert_lines(places.source(), title, index, &format!("{line}\n")))
}

/// The kind that the fields of `spec` can only belong to.
fn guess(document: &Decoded, version: &str) -> Option<Kind> {
    let spec = document.raw.get("spec")?;
    let kind = if spec.get("schedule").is_some() {
        Kind::CronJob
    } else if spec.get("containers").is_some() {
        Kind::Pod
    } else {
        return None;
    };
    (kind.api_version() == version).then_some(kind)
}
