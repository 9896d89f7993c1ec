//! YAML tokens to a tree: the grammar of libyaml (`parserc.go`), with goyaml's words for what does not fit.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::scanner::{Failure, Mark, Scanner, Token, TokenData};
use super::source::Chunk;
use super::tree::{Node, NodeData, NodeId, Style, Tree};
use super::yaml::{MAX_DEPTH, MAX_NODES, SyntaxError, TOO_MANY_NODES};

/// The tree of the first document of `chunk`; a text without content has no root.
pub(super) fn parse(chunk: &Chunk) -> Result<Tree, SyntaxError> {
    if let Some((at, _)) = chunk.text.char_indices().find(|(_, letter)| !is_allowed(*letter)) {
        let problem = "control characters are not allowed";
        return Err(SyntaxError::new(problem, chunk.file_offset(at)));
    }
    let mut parser = Parser {
        chunk,
        scanner: Scanner::new(&chunk.text),
        tree: Tree::default(),
        anchors: BTreeMap::new(),
        handles: BTreeMap::new(),
        depth: 0,
    };
    match parser.document() {
        Ok(root) => {
            parser.tree.root = root;
            Ok(parser.tree)
        }
        Err(Stop::Failure(failure)) => Err(SyntaxError::from_failure(&failure, chunk)),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// What may stand in a YAML text.
const fn is_allowed(letter: char) -> bool {
    matches!(letter,
        '\t' | '\n' | '\r' | '\u{85}' | ' '..='~' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

enum Stop {
    /// With a line, as goyaml counts it.
    Failure(Failure),
    /// Without.
    Error(SyntaxError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

type Parsed<T> = Result<T, Stop>;

/// What a collection consists of, and where it ends if it has an end of its own.
type Content = Parsed<(NodeData, Option<Mark>)>;

struct Parser<'a> {
    chunk: &'a Chunk,
    scanner: Scanner<'a>,
    tree: Tree,
    anchors: BTreeMap<String, NodeId>,
    /// Tag handles and what they stand for.
    handles: BTreeMap<String, String>,
    depth: usize,
}

/// What stands before a node's content.
#[derive(Default)]
struct Properties {
    start: Option<Mark>,
    end: Mark,
    anchor: Option<String>,
    tag: Option<String>,
}

impl Parser<'_> {
    fn document(&mut self) -> Parsed<Option<NodeId>> {
        self.directives()?;
        let root = match self.scanner.peek()?.data {
            TokenData::StreamEnd => return Ok(None),
            TokenData::DocumentStart => {
                self.scanner.take()?;
                match self.scanner.peek()? {
                    Token {
                        data:
                            TokenData::StreamEnd | TokenData::DocumentStart | TokenData::DocumentEnd,
                        start,
                        ..
                    } => {
                        let mark = *start;
                        self.empty(mark)
                    }
                    _ => self.node(true, false)?,
                }
            }
            _ => self.node(true, false)?,
        };
        // goyaml reads one token further, so that what follows the root must at least be a token.
        self.scanner.peek()?;
        Ok(Some(root))
    }

    fn directives(&mut self) -> Parsed<()> {
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            self.handles.insert(handle.into(), prefix.into());
        }
        let (mut versions, mut own) = (0, Vec::new());
        loop {
            let token = self.scanner.peek()?.clone();
            match token.data {
                TokenData::Version { .. } if versions > 0 => {
                    return Err(failure("found duplicate %YAML directive", token.start, None));
                }
                TokenData::Version { major: 1, minor: 1 } => versions += 1,
                TokenData::Version { .. } => {
                    return Err(failure("found incompatible YAML document", token.start, None));
                }
                TokenData::TagDirective { handle, prefix } => {
                    if own.contains(&handle) {
                        return Err(failure("found duplicate %TAG directive", token.start, None));
                    }
                    self.handles.insert(handle.clone(), prefix);
                    own.push(handle);
                }
                TokenData::DocumentStart => return Ok(()),
                _ if versions == 0 && own.is_empty() => return Ok(()),
                _ => {
                    return Err(failure(
                        "did not find expected <document start>",
                        token.start,
                        None,
                    ));
                }
            }
            self.scanner.take()?;
        }
    }

    fn node(&mut self, block: bool, indentless: bool) -> Parsed<NodeId> {
        if self.tree.nodes.len() >= MAX_NODES {
            return Err(Stop::Error(SyntaxError::new(TOO_MANY_NODES, 0)));
        }
        let token = self.scanner.peek()?.clone();
        if let TokenData::Alias(name) = token.data {
            let Some(&target) = self.anchors.get(&name) else {
                let problem = format!("unknown anchor '{name}' referenced");
                return Err(Stop::Error(SyntaxError::new(problem, self.offset(token.start))));
            };
            self.scanner.take()?;
            // the name is kept as the tag, for the message of an anchor that contains itself
            return Ok(self.push(token.start, token.end, Some(name), NodeData::Alias(target)));
        }
        let properties = self.properties()?;
        let token = self.scanner.peek()?.clone();
        let start = properties.start.unwrap_or(token.start);
        match token.data {
            TokenData::BlockEntry if indentless => {
                self.collection(properties, start, token.start, Self::indentless_sequence)
            }
            TokenData::Scalar { text, style } => {
                self.scanner.take()?;
                let data = NodeData::Scalar { text, style };
                let id = self.push(token.start, token.end, properties.tag, data);
                self.name(properties.anchor, id);
                Ok(id)
            }
            TokenData::FlowSequenceStart => {
                self.collection(properties, start, token.start, Self::flow_sequence)
            }
            TokenData::FlowMappingStart => {
                self.collection(properties, start, token.start, Self::flow_mapping)
            }
            TokenData::BlockSequenceStart if block => {
                self.collection(properties, start, token.start, Self::block_sequence)
            }
            TokenData::BlockMappingStart if block => {
                self.collection(properties, start, token.start, Self::block_mapping)
            }
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                let id = self.empty(properties.end);
                if let Some(node) = self.tree.nodes.get_mut(id) {
                    node.tag = properties.tag.map(Rc::from);
                }
                self.name(properties.anchor, id);
                Ok(id)
            }
            _ => Err(failure("did not find expected node content", token.start, Some(start))),
        }
    }

    /// An anchor and a tag in either order.
    fn properties(&mut self) -> Parsed<Properties> {
        let mut found = Properties::default();
        loop {
            let token = self.scanner.peek()?.clone();
            match token.data {
                TokenData::Anchor(name) if found.anchor.is_none() => found.anchor = Some(name),
                TokenData::Tag { handle, suffix } if found.tag.is_none() => {
                    let prefix = match handle.as_str() {
                        "" => Some(""),
                        _ => self.handles.get(&handle).map(String::as_str),
                    };
                    let Some(prefix) = prefix else {
                        let context = found.start.unwrap_or(token.start);
                        return Err(failure(
                            "found undefined tag handle",
                            token.start,
                            Some(context),
                        ));
                    };
                    found.tag = Some(format!("{prefix}{suffix}"));
                }
                _ => return Ok(found),
            }
            found.start = found.start.or(Some(token.start));
            found.end = token.end;
            self.scanner.take()?;
        }
    }

    /// Opens a collection, lets `fill` read what it consists of, and closes it.
    fn collection(
        &mut self,
        properties: Properties,
        start: Mark,
        content: Mark,
        fill: fn(&mut Self, Mark) -> Content,
    ) -> Parsed<NodeId> {
        if self.depth >= MAX_DEPTH {
            let problem = format!("exceeded max depth of {MAX_DEPTH}");
            return Err(Stop::Error(SyntaxError::new(problem, self.offset(start))));
        }
        let empty = NodeData::Sequence { items: Vec::new(), flow: false };
        let id = self.push(content, content, properties.tag, empty);
        self.name(properties.anchor, id);
        self.depth += 1;
        let (data, end) = fill(self, content)?;
        self.depth -= 1;
        let last = match &data {
            NodeData::Sequence { items, .. } => items.last().copied(),
            NodeData::Mapping { entries, .. } => entries.last().map(|entry| entry.1),
            NodeData::Scalar { .. } | NodeData::Alias(_) => None,
        };
        let behind_last = last.and_then(|last| self.tree.node(last)).map(|node| node.to);
        let end = end.map(|mark| self.offset(mark)).or(behind_last);
        if let Some(node) = self.tree.nodes.get_mut(id) {
            node.data = data;
            node.to = end.unwrap_or(node.to).max(node.from);
        }
        Ok(id)
    }

    fn block_sequence(&mut self, start: Mark) -> Content {
        self.scanner.take()?;
        let mut items = Vec::new();
        loop {
            let token = self.scanner.take()?;
            match token.data {
                TokenData::BlockEntry => {
                    let empty = matches!(
                        self.scanner.peek()?.data,
                        TokenData::BlockEntry | TokenData::BlockEnd
                    );
                    items.push(if empty { self.empty(token.end) } else { self.node(true, false)? });
                }
                TokenData::BlockEnd => {
                    return Ok((NodeData::Sequence { items, flow: false }, None));
                }
                _ => {
                    return Err(failure(
                        "did not find expected '-' indicator",
                        token.start,
                        Some(start),
                    ));
                }
            }
        }
    }

    /// A sequence whose dashes stand under the key that it belongs to.
    fn indentless_sequence(&mut self, _start: Mark) -> Content {
        let mut items = Vec::new();
        while self.scanner.peek()?.data == TokenData::BlockEntry {
            let dash = self.scanner.take()?;
            let empty = matches!(
                self.scanner.peek()?.data,
                TokenData::BlockEntry | TokenData::Key | TokenData::Value | TokenData::BlockEnd
            );
            items.push(if empty { self.empty(dash.end) } else { self.node(true, false)? });
        }
        Ok((NodeData::Sequence { items, flow: false }, None))
    }

    fn block_mapping(&mut self, start: Mark) -> Content {
        self.scanner.take()?;
        let mut entries = Vec::new();
        loop {
            let token = self.scanner.peek()?.clone();
            let key = match token.data {
                TokenData::Key => {
                    self.scanner.take()?;
                    self.block_part(token.end)?
                }
                TokenData::BlockEnd => {
                    self.scanner.take()?;
                    return Ok((NodeData::Mapping { entries, flow: false }, None));
                }
                _ => return Err(failure("did not find expected key", token.start, Some(start))),
            };
            let token = self.scanner.peek()?.clone();
            let value = match token.data {
                TokenData::Value => {
                    self.scanner.take()?;
                    self.block_part(token.end)?
                }
                _ => self.empty(token.start),
            };
            entries.push((key, value));
        }
    }

    /// A key or value of a block mapping, which may be missing.
    fn block_part(&mut self, before: Mark) -> Parsed<NodeId> {
        match self.scanner.peek()?.data {
            TokenData::Key | TokenData::Value | TokenData::BlockEnd => Ok(self.empty(before)),
            _ => self.node(true, true),
        }
    }

    fn flow_sequence(&mut self, start: Mark) -> Content {
        self.scanner.take()?;
        let mut items: Vec<NodeId> = Vec::new();
        loop {
            let mut token = self.scanner.peek()?.clone();
            if !items.is_empty() && token.data != TokenData::FlowSequenceEnd {
                if token.data != TokenData::FlowEntry {
                    return Err(failure(
                        "did not find expected ',' or ']'",
                        token.start,
                        Some(start),
                    ));
                }
                self.scanner.take()?;
                token = self.scanner.peek()?.clone();
            }
            match token.data {
                TokenData::FlowSequenceEnd => {
                    self.scanner.take()?;
                    return Ok((NodeData::Sequence { items, flow: true }, Some(token.end)));
                }
                TokenData::Key => {
                    let pair = self.collection(
                        Properties::default(),
                        token.start,
                        token.start,
                        Self::flow_pair,
                    )?;
                    items.push(pair);
                }
                _ => items.push(self.node(false, false)?),
            }
        }
    }

    /// `a: b` as an item of a flow sequence: a mapping of one entry.
    fn flow_pair(&mut self, _start: Mark) -> Content {
        let mark = self.scanner.take()?.end;
        let key = match self.scanner.peek()?.data {
            TokenData::Value | TokenData::FlowEntry | TokenData::FlowSequenceEnd => {
                self.empty(mark)
            }
            _ => self.node(false, false)?,
        };
        let token = self.scanner.peek()?.clone();
        let value = if token.data == TokenData::Value {
            self.scanner.take()?;
            match self.scanner.peek()?.data {
                TokenData::FlowEntry | TokenData::FlowSequenceEnd => self.empty(token.end),
                _ => self.node(false, false)?,
            }
        } else {
            self.empty(token.start)
        };
        Ok((NodeData::Mapping { entries: vec![(key, value)], flow: true }, None))
    }

    fn flow_mapping(&mut self, start: Mark) -> Content {
        self.scanner.take()?;
        let mut entries: Vec<(NodeId, NodeId)> = Vec::new();
        loop {
            let mut token = self.scanner.peek()?.clone();
            if !entries.is_empty() && token.data != TokenData::FlowMappingEnd {
                if token.data != TokenData::FlowEntry {
                    return Err(failure(
                        "did not find expected ',' or '}'",
                        token.start,
                        Some(start),
                    ));
                }
                self.scanner.take()?;
                token = self.scanner.peek()?.clone();
            }
            match token.data {
                TokenData::FlowMappingEnd => {
                    self.scanner.take()?;
                    return Ok((NodeData::Mapping { entries, flow: true }, Some(token.end)));
                }
                TokenData::Key => {
                    self.scanner.take()?;
                    let key = self.flow_key(token.end)?;
                    let token = self.scanner.peek()?.clone();
                    let value = if token.data == TokenData::Value {
                        self.scanner.take()?;
                        self.flow_value(token.end)?
                    } else {
                        self.empty(token.start)
                    };
                    entries.push((key, value));
                }
                _ => {
                    let key = self.node(false, false)?;
                    let mark = self.scanner.peek()?.start;
                    entries.push((key, self.empty(mark)));
                }
            }
        }
    }

    /// A key of a flow mapping, which may be missing.
    fn flow_key(&mut self, before: Mark) -> Parsed<NodeId> {
        match self.scanner.peek()?.data {
            TokenData::Value => Ok(self.empty(before)),
            _ => self.flow_value(before),
        }
    }

    /// A value of a flow mapping, which may be missing.
    fn flow_value(&mut self, before: Mark) -> Parsed<NodeId> {
        match self.scanner.peek()?.data {
            TokenData::FlowEntry | TokenData::FlowMappingEnd => Ok(self.empty(before)),
            _ => self.node(false, false),
        }
    }

    fn empty(&mut self, mark: Mark) -> NodeId {
        self.push(mark, mark, None, NodeData::Scalar { text: Rc::from(""), style: Style::Plain })
    }

    fn push(&mut self, from: Mark, to: Mark, tag: Option<String>, data: NodeData) -> NodeId {
        let (from, to) = (self.offset(from), self.offset(to));
        self.tree.push(Node { from, to: to.max(from), tag: tag.map(Rc::from), data })
    }

    fn name(&mut self, anchor: Option<String>, id: NodeId) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, id);
        }
    }

    fn offset(&self, mark: Mark) -> usize {
        self.chunk.file_offset(mark.at)
    }
}

fn failure(problem: &str, at: Mark, context: Option<Mark>) -> Stop {
    Stop::Failure(Failure { problem: problem.into(), at, context, scanner: false })
}
