//! A kind whose name is nearly right: `DameonSet`, `pod`, `CronJobs`.

use super::{Known, edits};
use crate::api::kind::Kind;
use crate::language::Text;
use crate::manifest::document::{Decoded, type_meta};
use crate::manifest::suggest::nearest;

const CODE: &str = "unknown-kind";

pub(super) fn check(document: &Decoded) -> Option<Known> {
    let (kind, _) = type_meta(&document.raw);
    if is_known_kind(document) || super::not_simulated::is_listed(kind) {
        return None;
    }
    let by_word = Kind::from_word(kind).map(Kind::name);
    let wanted = by_word.or_else(|| nearest(kind, Kind::ALL.into_iter().map(Kind::name)))?;
    let why = Text::new("manifest.unknown_kind.typo").with("found", kind).with("wanted", wanted);
    Some((CODE, why, edits::replace_value(document, "kind", wanted)))
}

/// A kind that resembles none.
pub(super) fn general(document: &Decoded) -> Known {
    let (kind, version) = type_meta(&document.raw);
    (CODE, Text::new("manifest.unknown_kind").with("found", kind).with("version", version), None)
}

/// Whether the name of the kind is right, so that its version must be wrong.
pub(super) fn is_known_kind(document: &Decoded) -> bool {
    let (kind, _) = type_meta(&document.raw);
    Kind::ALL.into_iter().any(|known| known.name() == kind)
}
