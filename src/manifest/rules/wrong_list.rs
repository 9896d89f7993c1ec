//! One thing where a list should stand: `containers:` without dashes, `args: sleep 5`.

use super::edits::{block_end, shift_lines};
use super::{Known, edits};
use crate::api::schema::Shape;
use crate::language::Text;
use crate::manifest::decode::TypeError;
use crate::manifest::diagnostic::{Edit, Replacement};
use crate::manifest::document::Decoded;
use crate::manifest::tree::{NodeData, NodeId, Style};

const CODE: &str = "list-expected";

pub(super) fn check(document: &Decoded, wrong: &TypeError) -> Option<Known> {
    let node = document.places.follow(&wrong.path).node?;
    let name = wrong.path.rsplit('.').next().unwrap_or(&wrong.path);
    let wanted = wrong.wanted?.shape();
    let data = &document.places.tree.node(node)?.data;
    match (wanted, data) {
        (Shape::List(_), NodeData::Mapping { flow, .. }) => {
            let why = Text::new("manifest.list_expected.object").with("name", name);
            Some((
                CODE,
                why,
                if *flow { in_brackets(document, node) } else { with_dash(document, node) },
            ))
        }
        (Shape::List(_), NodeData::Scalar { style, .. }) if *style != Style::Block => {
            let why = Text::new("manifest.list_expected.scalar").with("name", name);
            Some((CODE, why, in_brackets(document, node)))
        }
        (Shape::Object(_), NodeData::Sequence { flow, .. }) => {
            let why = Text::new("manifest.object_expected").with("name", name);
            Some((CODE, why, if *flow { None } else { without_dash(document, node) }))
        }
        _ => None,
    }
}

fn in_brackets(document: &Decoded, node: NodeId) -> Option<Edit> {
    let node = document.places.tree.node(node)?;
    let replacements = vec![
        Replacement { from: node.from, to: node.from, insert: "[".into() },
        Replacement { from: node.to, to: node.to, insert: "]".into() },
    ];
    Some(Edit { title: Text::new("manifest.fix.brackets"), replacements })
}

/// A dash before the first key, and the other lines two to the right.
fn with_dash(document: &Decoded, node: NodeId) -> Option<Edit> {
    let places = &document.places;
    let source = places.source();
    let (from, to) = places.tree.node(node).map(|node| (node.from, node.to))?;
    let first = source.line_index(from);
    if source.line_start(first) + edits::indent_of(source.line(first)) != from {
        return None;
    }
    let last_key = places.tree.entries(node).last().and_then(|(key, _)| places.tree.node(*key))?;
    let end = block_end(source, source.line_index(last_key.from)).max(source.line_index(to));
    let mut edit = shift_lines(source, Text::new("manifest.fix.dash"), first, end, 2);
    if let Some(line) = edit.replacements.first_mut() {
        *line = Replacement { from, to: from, insert: "- ".into() };
    }
    Some(edit)
}

/// The only dash taken out.
fn without_dash(document: &Decoded, node: NodeId) -> Option<Edit> {
    let places = &document.places;
    let [item] = places.tree.items(node) else { return None };
    let from = places.tree.node(*item)?.from;
    let source = places.source();
    let index = source.line_index(from);
    let dash = source.line_start(index) + edits::indent_of(source.line(index));
    let dashed = source.text().get(dash..from)?.strip_prefix('-')?.trim().is_empty();
    let title = Text::new("manifest.fix.no_dash");
    dashed.then(|| Edit::replace(title, dash, dash + 1, " "))
}
