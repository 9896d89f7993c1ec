//! A field whose name is nearly right: `conatiners`, `comletions`.

use super::{Known, edits};
use crate::language::Text;
use crate::manifest::decode::UnknownField;
use crate::manifest::document::Decoded;
use crate::manifest::suggest::nearest_that;

pub(super) fn check(document: &Decoded, unknown: &UnknownField) -> Option<Known> {
    let place = document.places.follow(&unknown.path);
    let key = place.key?;
    let parent = unknown.path.rsplit_once('.').map_or("", |(parent, _)| parent);
    let taken = |name: &str| {
        let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") };
        document.places.key(&path).is_some()
    };
    let names = unknown.parent.fields.iter().map(|field| field.name);
    let wanted = nearest_that(&unknown.name, names, |name| !taken(name))?;
    let why = Text::new("manifest.typo").with("found", &unknown.name).with("wanted", wanted);
    Some(("unknown-field", why, edits::replace_scalar(&document.places, key, wanted)))
}

/// A field that resembles none.
pub(super) fn general(unknown: &UnknownField) -> Known {
    const SHOWN: usize = 12;
    let names: Vec<&str> = unknown.parent.fields.iter().map(|field| field.name).collect();
    let mut listed = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        listed.push_str(", …");
    }
    let why = Text::new("manifest.unknown_field")
        .with("found", &unknown.name)
        .with("parent", unknown.parent.go_name())
        .with("fields", listed);
    ("unknown-field", why, None)
}
