//! YAML text to a tree with places, and the tree to a value: `sigs.k8s.io/yaml` over goyaml v2.
//!
//! Syntax errors carry goyaml's words and its way to count lines (`parser.fail`: a scanner's line is
//! counted from 1, a parser's from 0). Aliases are expanded under goyaml's budget (`decode.go`), so that
//! a bomb ends with `document contains excessive aliasing`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::scalar::{Scalar, resolve};
use super::scanner::Failure;
use super::source::Chunk;
use super::tree::{Node, NodeData, NodeId, Style, Tree};

pub(super) use super::parser::parse;
use crate::api::error::go_quote;
use crate::api::value::{Map, Value};

/// Nesting deeper than this is refused; goyaml's own limit is 10,000, which a browser's stack is not made for.
pub(super) const MAX_DEPTH: usize = 100;

/// A document of more nodes than this is larger than what a cluster stores, counting what it adds.
pub(super) const MAX_NODES: usize = 100_000;

/// What the parsers say about such a document; never shown.
pub(super) const TOO_MANY_NODES: &str = "too many nodes";

/// More expanded nodes than this are refused before goyaml would, to answer within a tenth of a second.
const MAX_ALIASED: u64 = 50_000;

/// One entry of a mapping.
type Field = (Rc<str>, Value);

/// Why a text is no YAML document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// `yaml: line 4: did not find expected key`
    pub(super) message: String,
    /// The problem alone: `did not find expected key`.
    pub(super) problem: String,
    /// Where in the file the parser stood.
    pub(super) at: usize,
    /// Where what it was reading began.
    pub(super) context_at: Option<usize>,
}

impl SyntaxError {
    pub(super) fn new(problem: impl Into<String>, at: usize) -> Self {
        let problem = problem.into();
        Self { message: format!("yaml: {problem}"), problem, at, context_at: None }
    }

    pub(super) fn from_failure(failure: &Failure, chunk: &Chunk) -> Self {
        let line = match (failure.at.line, failure.scanner, failure.context) {
            (0, _, context) => context.map_or(0, |context| context.line),
            (line, true, _) => line + 1,
            (line, false, _) => line,
        };
        let place = if line == 0 { String::new() } else { format!("line {line}: ") };
        Self {
            message: format!("yaml: {place}{}", failure.problem),
            problem: failure.problem.clone(),
            at: chunk.file_offset(failure.at.at),
            context_at: failure.context.map(|context| chunk.file_offset(context.at)),
        }
    }
}

/// The value of a tree as kubectl sends it: keys are strings, the last of equal keys wins.
pub(super) fn to_value(tree: &Tree) -> Result<Value, SyntaxError> {
    let mut decoder = Decoder { tree, decoded: 0, aliased: 0, inside: Vec::new(), depth: 0 };
    tree.root.map_or(Ok(Value::Null), |root| decoder.value(root))
}

struct Decoder<'a> {
    tree: &'a Tree,
    decoded: u64,
    aliased: u64,
    /// The aliases being expanded.
    inside: Vec<NodeId>,
    depth: usize,
}

impl<'a> Decoder<'a> {
    fn value(&mut self, id: NodeId) -> Result<Value, SyntaxError> {
        let Some(node) = self.tree.node(id) else { return Ok(Value::Null) };
        self.count(node)?;
        self.depth += 1;
        let value = match &node.data {
            NodeData::Alias(target) => self.alias(id, *target, |decoder| decoder.value(*target)),
            NodeData::Scalar { text, style } => self.scalar(node, text, *style),
            NodeData::Sequence { items, .. } => {
                let items: Result<Vec<Value>, _> =
                    items.iter().map(|item| self.value(*item)).collect();
                items.map(Value::from)
            }
            NodeData::Mapping { .. } => {
                let mut fields = Vec::new();
                self.fill(&mut fields, id)
                    .map(|()| Value::from(fields.into_iter().collect::<Map>()))
            }
        };
        self.depth -= 1;
        value
    }

    /// Counts one step of decoding, and refuses when too many of them came from aliases.
    fn count(&mut self, node: &Node) -> Result<(), SyntaxError> {
        self.decoded += 1;
        self.aliased += u64::from(!self.inside.is_empty());
        if self.depth > 2 * MAX_DEPTH {
            return Err(SyntaxError::new(format!("exceeded max depth of {MAX_DEPTH}"), node.from));
        }
        if self.aliased > MAX_ALIASED {
            return Err(SyntaxError::new("document contains excessive aliasing", node.from));
        }
        if self.aliased > 100
            && self.decoded > 1000
            && self.aliased * 1000 > self.decoded * self.allowed()
        {
            return Err(SyntaxError::new("document contains excessive aliasing", node.from));
        }
        Ok(())
    }

    /// How many of 1,000 steps may come from aliases: 990 in a small document, 100 in a very large one.
    fn allowed(&self) -> u64 {
        const LOW: u64 = 400_000;
        const HIGH: u64 = 4_000_000;
        match self.decoded {
            ..=LOW => 990,
            HIGH.. => 100,
            between => 990 - 890 * (between - LOW) / (HIGH - LOW),
        }
    }

    fn alias<T>(
        &mut self,
        id: NodeId,
        target: NodeId,
        expand: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.inside.contains(&target) {
            let name = self.anchor_name(id);
            let at = self.tree.node(id).map_or(0, |node| node.from);
            return Err(SyntaxError::new(format!("anchor '{name}' value contains itself"), at));
        }
        self.inside.push(target);
        let expanded = expand(self);
        self.inside.pop();
        expanded
    }

    fn anchor_name(&self, id: NodeId) -> String {
        self.tree.node(id).and_then(|node| node.tag.as_deref()).unwrap_or_default().to_owned()
    }

    fn scalar(&self, node: &Node, text: &Rc<str>, style: Style) -> Result<Value, SyntaxError> {
        let scalar = understood(node.tag.as_deref(), text, style)
            .map_err(|problem| SyntaxError::new(problem, node.from))?;
        Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(number) => Value::Int(number),
            #[expect(
                clippy::cast_precision_loss,
                reason = "JSON numbers beyond i64 are floats in Go too"
            )]
            Scalar::Unsigned(number) => Value::Float(number as f64),
            Scalar::Float(number) if number.is_finite() => normal_float(number),
            Scalar::Float(number) => {
                let word = if number.is_nan() {
                    "NaN"
                } else if number > 0.0 {
                    "+Inf"
                } else {
                    "-Inf"
                };
                let problem = format!("json: unsupported value: {word}");
                return Err(SyntaxError {
                    message: problem.clone(),
                    problem,
                    at: node.from,
                    context_at: None,
                });
            }
            Scalar::Timestamp | Scalar::Merge | Scalar::Text => Value::String(Rc::clone(text)),
        })
    }

    /// Adds the entries of the mapping `id`, merges in their order: of equal names, the last is meant.
    fn fill(&mut self, fields: &mut Vec<Field>, id: NodeId) -> Result<(), SyntaxError> {
        for &(key, value) in self.tree.entries(id) {
            if self.is_merge(key) {
                self.merge(fields, value)?;
                continue;
            }
            let name = self.key(key, value)?;
            let value = self.value(value)?;
            fields.push((name, value));
        }
        Ok(())
    }

    fn is_merge(&self, key: NodeId) -> bool {
        self.tree.node(key).is_some_and(|node| match &node.data {
            NodeData::Scalar { text, style } => {
                &**text == "<<"
                    && match node.tag.as_deref() {
                        None => *style == Style::Plain,
                        Some(tag) => short_tag(tag) == "!!merge",
                    }
            }
            _ => false,
        })
    }

    fn merge(&mut self, fields: &mut Vec<Field>, id: NodeId) -> Result<(), SyntaxError> {
        let Some(node) = self.tree.node(id) else { return Ok(()) };
        let refused = || {
            let problem = "map merge requires map or sequence of maps as the value";
            Err(SyntaxError::new(problem, node.from))
        };
        self.count(node)?;
        match &node.data {
            NodeData::Mapping { .. } => self.fill(fields, id),
            NodeData::Alias(target) if self.is_mapping(*target) => {
                self.alias(id, *target, |decoder| decoder.fill(fields, *target))
            }
            NodeData::Sequence { items, .. } => {
                // the earlier ones take precedence
                for item in items.iter().rev() {
                    let nested = matches!(
                        self.tree.node(*item).map(|node| &node.data),
                        Some(NodeData::Sequence { .. })
                    );
                    if nested {
                        return refused();
                    }
                    self.merge(fields, *item)?;
                }
                Ok(())
            }
            _ => refused(),
        }
    }

    fn is_mapping(&self, id: NodeId) -> bool {
        matches!(self.tree.node(id).map(|node| &node.data), Some(NodeData::Mapping { .. }))
    }

    /// A key as JSON can have it.
    fn key(&mut self, key: NodeId, value: NodeId) -> Result<Rc<str>, SyntaxError> {
        let node = self.tree.resolved(key);
        let at = node.map_or(0, |node| node.from);
        if let Some(NodeData::Scalar { text, style }) = node.map(|node| &node.data) {
            let tag = node.and_then(|node| node.tag.as_deref());
            self.decoded += 1;
            let scalar =
                understood(tag, text, *style).map_err(|problem| SyntaxError::new(problem, at))?;
            let name = match scalar {
                Scalar::Bool(true) => "true".into(),
                Scalar::Bool(false) => "false".into(),
                Scalar::Int(number) => number.to_string(),
                Scalar::Float(number) => float_key(number),
                Scalar::Timestamp | Scalar::Merge | Scalar::Text => return Ok(Rc::clone(text)),
                Scalar::Null => {
                    let value = go_syntax(&self.value(value)?, false);
                    let problem = format!(
                        "unsupported map key of type: %!s(<nil>), key: <nil>, value: {value}"
                    );
                    return Err(SyntaxError {
                        message: problem.clone(),
                        problem,
                        at,
                        context_at: None,
                    });
                }
                Scalar::Unsigned(number) => {
                    let value = go_syntax(&self.value(value)?, false);
                    let problem = format!(
                        "unsupported map key of type: uint64, key: {number:#x}, value: {value}"
                    );
                    return Err(SyntaxError {
                        message: problem.clone(),
                        problem,
                        at,
                        context_at: None,
                    });
                }
            };
            return Ok(Rc::from(name));
        }
        let shown = go_syntax(&self.value(key)?, false);
        Err(SyntaxError::new(format!("invalid map key: {shown}"), at))
    }
}

/// What a scalar means, its tag taken into account.
fn understood(tag: Option<&str>, text: &str, style: Style) -> Result<Scalar, String> {
    let Some(tag) = tag else {
        return Ok(if style == Style::Plain { resolve(text) } else { Scalar::Text });
    };
    let wanted = short_tag(tag);
    let found = resolve(text);
    match wanted {
        "!!str" => Ok(Scalar::Text),
        "!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp" => match (wanted, found) {
            #[expect(clippy::cast_precision_loss, reason = "goyaml does the same")]
            ("!!float", Scalar::Int(number)) => Ok(Scalar::Float(number as f64)),
            (_, found) if found.tag() == wanted => Ok(found),
            _ => Err(format!("cannot decode {} `{text}` as a {wanted}", found.tag())),
        },
        _ => Ok(Scalar::Text),
    }
}

fn short_tag(tag: &str) -> &str {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("str") => "!!str",
        Some("bool") => "!!bool",
        Some("int") => "!!int",
        Some("float") => "!!float",
        Some("null") => "!!null",
        Some("timestamp") => "!!timestamp",
        Some("merge") => "!!merge",
        _ => tag,
    }
}

/// A float as it comes out of JSON again: a whole number that fits is an integer.
pub(super) fn normal_float(number: f64) -> Value {
    let whole = number.fract() == 0.0 && number.abs() < 9.2e18;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within range")]
    let integer = number as i64;
    if whole { Value::Int(integer) } else { Value::Float(number) }
}

/// A float as a key: Go's shortest form for 32 bits.
fn float_key(number: f64) -> String {
    match number {
        _ if number.is_nan() => ".nan".into(),
        _ if number == f64::INFINITY => ".inf".into(),
        _ if number == f64::NEG_INFINITY => "-.inf".into(),
        #[expect(clippy::cast_possible_truncation, reason = "Go formats the key as a 32-bit float")]
        _ => super::emit::go_float_text(&format!("{:e}", number as f32)),
    }
}

/// A value as Go's `%#v` prints what goyaml made of it.
fn go_syntax(value: &Value, inside: bool) -> String {
    match value {
        Value::Null if inside => "interface {}(nil)".into(),
        Value::Null => "<nil>".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::String(text) => go_quote(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| go_syntax(item, true)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}:{}", go_quote(key), go_syntax(value, true)))
                .collect();
            format!("map[interface {{}}]interface {{}}{{{}}}", entries.join(", "))
        }
    }
}

/// Keys that stand twice in one mapping at or below `root`: both nodes.
pub(super) fn duplicate_keys(tree: &Tree, root: Option<NodeId>) -> Vec<(NodeId, NodeId)> {
    let mut found = Vec::new();
    for node in tree.below(root) {
        let NodeData::Mapping { entries, .. } = &node.data else { continue };
        let mut seen: BTreeMap<&str, NodeId> = BTreeMap::new();
        for &(key, _) in entries {
            let Some(text) = tree.scalar(key).filter(|text| *text != "<<") else { continue };
            if let Some(first) = seen.insert(text, key) {
                found.push((first, key));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
