//! A version that exists, but not for this kind: `kind: Deployment` in `v1`, `kind: CronJob` in `apps/v1`.

use super::{Known, edits};
use crate::api::kind::Kind;
use crate::language::Text;
use crate::manifest::document::{Decoded, type_meta};

pub(super) fn check(document: &Decoded) -> Option<Known> {
    let (kind, version) = type_meta(&document.raw);
    let wanted = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
    let exists = Kind::ALL.into_iter().any(|known| known.api_version() == version);
    if !exists {
        return None;
    }
    let version_wanted = wanted.api_version();
    let why = Text::new("manifest.version_of_other_kind")
        .with("kind", kind)
        .with("found", version)
        .with("wanted", version_wanted);
    Some(("wrong-api-version", why, edits::replace_value(document, "apiVersion", version_wanted)))
}
