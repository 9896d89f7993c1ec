//! A group or version that does not exist: `appgs/v1`, `batch/v2`.

use super::{Known, edits};
use crate::api::kind::Kind;
use crate::language::Text;
use crate::manifest::document::{Decoded, type_meta};

pub(super) fn check(document: &Decoded) -> Option<Known> {
    let (kind, version) = type_meta(&document.raw);
    let wanted = Kind::ALL.into_iter().find(|known| known.name() == kind)?.api_version();
    let why = Text::new("manifest.wrong_group")
        .with("found", version)
        .with("wanted", wanted)
        .with("kind", kind);
    Some(("wrong-group", why, edits::replace_value(document, "apiVersion", wanted)))
}
