//! A name with capital letters, underscores or spaces: `cronJob-example`, `My_Pod`.

use super::{Known, edits};
use crate::api::error::{FieldError, FieldErrorKind};
use crate::api::names::{dns_label, dns_subdomain};
use crate::language::Text;
use crate::manifest::document::Decoded;

pub(super) fn check(document: &Decoded, wrong: &FieldError) -> Option<Known> {
    let about_names = wrong.kind == FieldErrorKind::Invalid && wrong.text.contains("RFC 1123");
    let node = document.places.follow(&wrong.path).node.filter(|_| about_names)?;
    let found = document.places.tree.scalar(node)?;
    let wanted = mended(found);
    let is_label = wrong.text.contains("RFC 1123 label");
    let fits = if is_label { dns_label(&wanted) } else { dns_subdomain(&wanted) }.is_empty();
    let why = if found.chars().any(char::is_uppercase) {
        Text::new("manifest.name.capital").with("found", found)
    } else {
        Text::new("manifest.name.letters").with("found", found)
    };
    let fix = fits.then(|| edits::replace_scalar(&document.places, node, &wanted)).flatten();
    Some(("invalid-name", why, fix))
}

/// Lower case, and dashes for what may not stand in a name.
fn mended(name: &str) -> String {
    let lower: String = name
        .chars()
        .map(|letter| match letter.to_ascii_lowercase() {
            fine @ ('a'..='z' | '0'..='9' | '-' | '.') => fine,
            _ => '-',
        })
        .collect();
    lower.trim_matches(['-', '.']).to_owned()
}
