//! A field with the right name at the wrong depth: `template` under `selector`, `spec` beside `template`,
//! `containers` directly under `template`.

use super::{Known, edits};
use crate::api::schema::{ObjectType, Schema, Shape};
use crate::language::Text;
use crate::manifest::decode::UnknownField;
use crate::manifest::diagnostic::Edit;
use crate::manifest::document::Decoded;
use crate::manifest::tree::{NodeId, Step, steps};

const CODE: &str = "misplaced-field";

pub(super) fn check(document: &Decoded, unknown: &UnknownField) -> Option<Known> {
    let path = steps(&unknown.path);
    let (_, parents) = path.split_last()?;
    into_sibling(document, unknown, parents)
        .or_else(|| up_to_ancestor(document, unknown, parents))
        .or_else(|| into_missing_parent(document, unknown, parents))
}

/// Belongs into the field before it, as `spec` into `template`.
fn into_sibling(document: &Decoded, unknown: &UnknownField, parents: &[Step<'_>]) -> Option<Known> {
    let tree = &document.places.tree;
    let mapping = tree.follow_from(document.places.root, parents).node?;
    let entries = tree.entries(mapping);
    let own = entries.iter().position(|(key, _)| tree.scalar(*key) == Some(&*unknown.name))?;
    let (key, _) = *entries.get(own)?;
    let (sibling, value) = entries.get(..own)?.iter().rev().copied().find(|(sibling, value)| {
        let field = tree.scalar(*sibling).and_then(|name| unknown.parent.field(name));
        let object = field.and_then(|field| match field.ty.shape() {
            Shape::Object(object) => Some(object),
            _ => None,
        });
        object.is_some_and(|object| object.field(&unknown.name).is_some())
            && tree.entry(*value, &unknown.name).is_none()
    })?;
    let name = tree.scalar(sibling)?.to_owned();
    let why =
        Text::new("manifest.misplaced.sibling").with("found", &unknown.name).with("parent", &name);
    // only what directly follows can be moved by indenting it
    let follows = entries.get(own.checked_sub(1)?)?.0 == sibling;
    let target = tree.entries(value).first().map(|(key, _)| column(document, *key));
    let fix = follows.then(|| move_block(document, key, target?, &name)).flatten();
    Some((CODE, why, fix))
}

/// Belongs beside one of its parents, as `template` beside `selector`.
fn up_to_ancestor(
    document: &Decoded,
    unknown: &UnknownField,
    parents: &[Step<'_>],
) -> Option<Known> {
    let kind = document.kind?;
    let tree = &document.places.tree;
    let (ancestor, object) = (0..parents.len()).rev().find_map(|length| {
        let path = parents.get(..length)?;
        let object = object_at(Schema::of(kind), path)?;
        let mapping = tree.follow_from(document.places.root, path).node?;
        let fits =
            object.field(&unknown.name).is_some() && tree.entry(mapping, &unknown.name).is_none();
        fits.then_some((mapping, object))
    })?;
    let key = document.places.follow(&unknown.path).key?;
    let parent = object.go_name();
    let why = Text::new("manifest.misplaced.ancestor")
        .with("found", &unknown.name)
        .with("parent", last_key(parents))
        .with("owner", parent);
    let target = tree.entries(ancestor).first().map(|(key, _)| column(document, *key));
    let fix = target.and_then(|target| move_block(document, key, target, parent));
    Some((CODE, why, fix))
}

/// Belongs into a field that is missing here, as `containers` into `spec`.
fn into_missing_parent(
    document: &Decoded,
    unknown: &UnknownField,
    parents: &[Step<'_>],
) -> Option<Known> {
    let places = &document.places;
    let mapping = places.tree.follow_from(places.root, parents).node?;
    let mut owners = unknown.parent.fields.iter().filter(|field| match field.ty.shape() {
        Shape::Object(object) => {
            object.field(&unknown.name).is_some()
                && field.name != "status"
                && field.name != "metadata"
        }
        _ => false,
    });
    let owner = owners.next().filter(|_| owners.next().is_none())?;
    if places.tree.entry(mapping, owner.name).is_some() {
        return None;
    }
    let key = places.follow(&unknown.path).key?;
    let why = Text::new("manifest.misplaced.missing")
        .with("found", &unknown.name)
        .with("parent", owner.name);
    let title =
        Text::new("manifest.fix.wrap").with("found", &unknown.name).with("parent", owner.name);
    let fix = own_line(document, key).map(|first| {
        let source = places.source();
        let indent = edits::indent_of(source.line(first));
        let end = edits::block_end(source, first);
        let mut edit = edits::shift_lines(source, title, first, end, 2);
        if let Some(line) = edit.replacements.first_mut() {
            line.insert = format!("{}{}:\n  ", " ".repeat(indent), owner.name);
        }
        edit
    });
    Some((CODE, why, fix))
}

/// The type of the object at a path.
fn object_at(root: &'static ObjectType, path: &[Step<'_>]) -> Option<&'static ObjectType> {
    path.iter().try_fold(root, |object, step| match step {
        Step::Key(name) => object.field(name)?.ty.object(),
        Step::Index(_) => Some(object),
    })
}

fn last_key(path: &[Step<'_>]) -> String {
    let key = path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some((*key).to_owned()),
        Step::Index(_) => None,
    });
    key.unwrap_or_default()
}

fn column(document: &Decoded, id: NodeId) -> usize {
    let start = document.places.node_span(id).start;
    usize::try_from(start.column).unwrap_or(1).saturating_sub(1)
}

/// The line of a key, if nothing but space stands before it.
fn own_line(document: &Decoded, key: NodeId) -> Option<usize> {
    let source = document.places.source();
    let from = document.places.tree.node(key)?.from;
    let line = source.line_index(from);
    (source.line_start(line) + edits::indent_of(source.line(line)) == from).then_some(line)
}

/// Moves a key and everything under it to another column.
fn move_block(document: &Decoded, key: NodeId, target: usize, parent: &str) -> Option<Edit> {
    let source = document.places.source();
    let first = own_line(document, key)?;
    let by = isize::try_from(target).ok()? - isize::try_from(column(document, key)).ok()?;
    let name = document.places.tree.scalar(key)?;
    let title = Text::new("manifest.fix.move").with("found", name).with("parent", parent);
    Some(edits::shift_lines(source, title, first, edits::block_end(source, first), by))
}
