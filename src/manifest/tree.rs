//! A document as a tree of nodes that know where they stand in the file, and paths into it.
//!
//! Nodes lie in one vector and name each other by index: an alias is an index too, so that a document
//! that refers to itself costs nothing to keep or to drop.

use std::rc::Rc;

/// The index of a node.
pub(super) type NodeId = usize;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Block,
}

/// A node: `from..to` are offsets in the file.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) tag: Option<Rc<str>>,
    pub(super) data: NodeData,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum NodeData {
    Scalar { text: Rc<str>, style: Style },
    Sequence { items: Vec<NodeId>, flow: bool },
    Mapping { entries: Vec<(NodeId, NodeId)>, flow: bool },
    Alias(NodeId),
}

/// The nodes of a document.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) root: Option<NodeId>,
}

/// A step of a path: a key or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The key that was followed last.
    pub(super) key: Option<NodeId>,
    /// The node that was reached.
    pub(super) node: Option<NodeId>,
    /// How many steps could be followed.
    pub(super) steps: usize,
}

impl Tree {
    pub(super) fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The node that `id` stands for: an alias is followed.
    pub(super) fn resolved(&self, id: NodeId) -> Option<&Node> {
        match self.node(id)?.data {
            NodeData::Alias(target) => self.node(target),
            _ => self.node(id),
        }
    }

    /// The text of a scalar.
    pub(super) fn scalar(&self, id: NodeId) -> Option<&str> {
        match &self.resolved(id)?.data {
            NodeData::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self, id: NodeId) -> &[(NodeId, NodeId)] {
        match self.resolved(id).map(|node| &node.data) {
            Some(NodeData::Mapping { entries, .. }) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence.
    pub(super) fn items(&self, id: NodeId) -> &[NodeId] {
        match self.resolved(id).map(|node| &node.data) {
            Some(NodeData::Sequence { items, .. }) => items,
            _ => &[],
        }
    }

    /// The entry of a mapping whose key reads `key`: the last one, as in the decoded value.
    pub(super) fn entry(&self, id: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        self.entry_within(id, key, 8)
    }

    fn entry_within(&self, id: NodeId, key: &str, merges: usize) -> Option<(NodeId, NodeId)> {
        self.entries(id).iter().rev().find_map(|&(name, value)| {
            let text = self.scalar(name)?;
            if text == key {
                return Some((name, value));
            }
            if text != "<<" || merges == 0 {
                return None;
            }
            let merged = self.entry_within(value, key, merges - 1);
            let from_list = || {
                self.items(value).iter().find_map(|item| self.entry_within(*item, key, merges - 1))
            };
            merged.or_else(from_list)
        })
    }

    /// Follows `path` from `root` as far as it goes.
    pub(super) fn follow_from(&self, root: Option<NodeId>, path: &[Step<'_>]) -> Place {
        let mut place = Place { key: None, node: root, steps: 0 };
        for step in path {
            let Some(node) = place.node else { break };
            let next = match step {
                Step::Key(key) => self.entry(node, key).map(|(key, value)| (Some(key), value)),
                Step::Index(index) => self.items(node).get(*index).map(|item| (None, *item)),
            };
            let Some((key, value)) = next else { break };
            place = Place { key, node: Some(value), steps: place.steps + 1 };
        }
        place
    }

    /// The nodes from `root` downwards, in the order of the text; aliases are not followed.
    pub(super) fn below(&self, root: Option<NodeId>) -> impl Iterator<Item = &Node> {
        let mut open: Vec<NodeId> = root.into_iter().collect();
        std::iter::from_fn(move || {
            let node = self.node(open.pop()?)?;
            match &node.data {
                NodeData::Sequence { items, .. } => open.extend(items.iter().rev()),
                NodeData::Mapping { entries, .. } => {
                    open.extend(entries.iter().rev().flat_map(|(key, value)| [value, key]));
                }
                NodeData::Scalar { .. } | NodeData::Alias(_) => {}
            }
            Some(node)
        })
    }

    /// The deepest path below `root` whose key or value contains `offset`, and whether it is the key.
    pub(super) fn path_at(&self, root: NodeId, offset: usize) -> Option<(String, bool)> {
        let within =
            |id: NodeId| self.node(id).is_some_and(|node| (node.from..=node.to).contains(&offset));
        let mut path = String::new();
        let mut node = root;
        loop {
            let entry = self.entries(node).iter().find(|(key, value)| {
                let from = self.node(*key).map_or(usize::MAX, |key| key.from);
                let to = self.node(*value).map_or(0, |value| value.to);
                within(*key) || (from..=to).contains(&offset)
            });
            if let Some(&(key, value)) = entry {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(self.scalar(key).unwrap_or(""));
                if within(key) {
                    return Some((path, true));
                }
                node = value;
                continue;
            }
            let items = self.items(node);
            let Some(index) = items.iter().position(|item| within(*item)) else { break };
            path.push_str(&format!("[{index}]"));
            node = *items.get(index)?;
        }
        (!path.is_empty()).then_some((path, false))
    }
}

/// The steps of a field path: `spec.containers[0].name`, `metadata.labels[a/b]`.
pub(super) fn steps(path: &str) -> Vec<Step<'_>> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (word, after) = inside.split_once(']').unwrap_or((inside, ""));
            found.push(word.parse().map_or(Step::Key(word), Step::Index));
            rest = after;
            continue;
        }
        let tail = rest.strip_prefix('.').unwrap_or(rest);
        let end = tail.find(['.', '[']).unwrap_or(tail.len());
        let (word, after) = tail.split_at_checked(end).unwrap_or((tail, ""));
        if !word.is_empty() {
            found.push(Step::Key(word));
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_into_steps() {
        assert_eq!(
            steps("spec.containers[1].name"),
            [Step::Key("spec"), Step::Key("containers"), Step::Index(1), Step::Key("name")]
        );
        assert_eq!(
            steps("metadata.labels[example.com/a]"),
            [Step::Key("metadata"), Step::Key("labels"), Step::Key("example.com/a")]
        );
        assert_eq!(steps(""), []);
    }
}
