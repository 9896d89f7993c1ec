//! No space after a colon or a dash: `kind:Job`, `-name: c`.

use super::edits::{distance, indent_of};
use super::{Known, Syntax};
use crate::api::schema::Shape;
use crate::language::Text;
use crate::manifest::decode::{TypeError, UnknownField};
use crate::manifest::diagnostic::Edit;
use crate::manifest::document::Decoded;

const CODE: &str = "missing-space";

/// A line that could not be read as `key: value`.
pub(super) fn after_colon(subject: &Syntax<'_>) -> Option<Known> {
    let (word, at) = match (subject.what, subject.context) {
        ("could not find expected ':'", Some(start)) => {
            let line = subject.places.source().text().get(start..)?.lines().next()?;
            (line, start)
        }
        _ => return None,
    };
    let colon = colon_without_space(word)?;
    Some(known_colon(word, at, colon))
}

/// A line like `-name: c` here or just above.
pub(super) fn after_dash_above(subject: &Syntax<'_>) -> Option<Known> {
    let source = subject.places.source();
    let here = source.line_index(subject.at);
    let before = distance(source.text())?;
    (here.saturating_sub(1)..=here).find_map(|index| {
        let line = source.line(index);
        let behind = line.trim_start().strip_prefix('-')?;
        if !behind.starts_with(|letter: char| letter.is_ascii_alphabetic()) || !behind.contains(':')
        {
            return None;
        }
        let at = source.line_start(index) + indent_of(line) + 1;
        let edit = Edit::replace(Text::new("manifest.fix.space_after_dash"), at, at, " ");
        let better = distance(&edit.apply(source.text()))? < before;
        better.then(|| (CODE, Text::new("manifest.space_after_dash"), Some(edit)))
    })
}

/// A text where an object should stand.
pub(super) fn in_value(document: &Decoded, wrong: &TypeError) -> Option<Known> {
    let node = document.places.follow(&wrong.path).node?;
    let wanted = wrong.wanted.map(crate::api::schema::FieldType::shape);
    if matches!(wanted, Some(Shape::List(_))) {
        let (key, _) = *document.places.tree.entries(node).first()?;
        let name = document.places.tree.scalar(key)?;
        return name.starts_with('-').then(|| known_dash(document, key)).flatten();
    }
    let is_object = matches!(wanted, Some(Shape::Object(_) | Shape::Map(_) | Shape::ResourceList));
    let word = document.places.tree.scalar(node).filter(|_| is_object)?;
    let colon = colon_without_space(word)?;
    Some(known_colon(word, document.places.tree.node(node)?.from, colon))
}

/// A key that begins with a dash.
pub(super) fn after_dash(document: &Decoded, unknown: &UnknownField) -> Option<Known> {
    let bare = unknown.name.strip_prefix('-')?;
    let key = document.places.follow(&unknown.path).key?;
    bare.starts_with(|letter: char| letter.is_ascii_alphabetic())
        .then(|| known_dash(document, key))?
}

fn known_colon(word: &str, at: usize, colon: usize) -> Known {
    let name = word.get(..colon).unwrap_or("");
    let why = Text::new("manifest.space_after_colon").with("name", name);
    let title = Text::new("manifest.fix.space_after_colon").with("name", name);
    (CODE, why, Some(Edit::replace(title, at + colon + 1, at + colon + 1, " ")))
}

fn known_dash(document: &Decoded, key: usize) -> Option<Known> {
    let at = document.places.tree.node(key)?.from + 1;
    let edit = Edit::replace(Text::new("manifest.fix.space_after_dash"), at, at, " ");
    Some((CODE, Text::new("manifest.space_after_dash"), Some(edit)))
}

/// Where the colon of `name:value` stands.
fn colon_without_space(word: &str) -> Option<usize> {
    let colon = word.find(':')?;
    let name = word.get(..colon)?;
    let value = word.get(colon + 1..)?;
    let plain =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/');
    let named = !name.is_empty() && name.chars().all(plain);
    (named && !value.is_empty() && !value.starts_with([' ', '/'])).then_some(colon)
}
