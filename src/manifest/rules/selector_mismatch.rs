//! The selector does not match the labels of the template.

use super::Known;
use super::edits::{indent_of, insert_lines, replace_value};
use crate::api::error::FieldError;
use crate::api::value::Value;
use crate::language::Text;
use crate::manifest::diagnostic::Edit;
use crate::manifest::document::Decoded;

pub(super) fn check(document: &Decoded, wrong: &FieldError) -> Option<Known> {
    if !wrong.text.contains("`selector` does not match template `labels`") {
        return None;
    }
    let selector = document.value.at(&["spec", "selector"])?;
    let labels = selector.get("matchLabels").unwrap_or(selector);
    let wanted: Vec<(&str, &str)> =
        labels.entries().filter_map(|(key, value)| Some((&**key, value.as_str()?))).collect();
    let shown: Vec<String> = wanted.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let why = Text::new("manifest.selector_mismatch").with("labels", shown.join(", "));
    let template = document.value.at(&["spec", "template", "metadata", "labels"]);
    let missing = wanted
        .into_iter()
        .find(|(key, value)| template.and_then(|labels| labels.str_at(key)) != Some(*value));
    let fix = missing.and_then(|(key, value)| mend(document, template, key, value));
    Some(("selector-mismatch", why, fix))
}

/// Gives the template one label of the selector.
fn mend(document: &Decoded, labels: Option<&Value>, key: &str, value: &str) -> Option<Edit> {
    const TEMPLATE: &str = "spec.template";
    if labels.is_some_and(|labels| labels.get(key).is_some()) {
        return replace_value(document, &format!("{TEMPLATE}.metadata.labels[{key}]"), value);
    }
    let label = format!("{key}: {value}");
    for (parent, lines) in [
        ("spec.template.metadata.labels", vec![label.as_str()]),
        ("spec.template.metadata", vec!["labels:", label.as_str()]),
        (TEMPLATE, vec!["metadata:", "labels:", label.as_str()]),
    ] {
        let Some(edit) = insert_under(document, parent, &lines, &label) else { continue };
        return Some(edit);
    }
    None
}

/// Inserts nested lines as the first entry of the mapping at `path`.
fn insert_under(document: &Decoded, path: &str, lines: &[&str], label: &str) -> Option<Edit> {
    let places = &document.places;
    let node = places.value(path).and_then(|_| places.follow(path).node)?;
    let (first, _) = *places.tree.entries(node).first()?;
    let source = places.source();
    let from = places.tree.node(first)?.from;
    let index = source.line_index(from);
    let indent = indent_of(source.line(index));
    if source.line_start(index) + indent != from {
        return None;
    }
    let mut text = String::new();
    for (depth, line) in lines.iter().enumerate() {
        text.push_str(&format!("{}{line}\n", " ".repeat(indent + 2 * depth)));
    }
    Some(insert_lines(source, Text::new("manifest.fix.label").with("label", label), index, &text))
}
