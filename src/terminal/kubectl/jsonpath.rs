//! JSONPath templates. Follows `k8s.io/client-go/util/jsonpath`.

mod parse;

use std::rc::Rc;

use crate::api::value::Value;

/// A node of a template.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Field(String),
    /// `[a:b:c]`: from, to (and whether it was derived from `from`), step.
    Slice {
        from: Option<i64>,
        to: Option<i64>,
        derived: bool,
        step: Option<i64>,
    },
    Filter {
        left: Vec<Self>,
        operator: String,
        right: Vec<Self>,
    },
    Wildcard,
    Recursive,
    Union(Vec<Vec<Self>>),
    Literal(Value),
    /// A word that means nothing, which is noticed when it is asked for its value.
    Identifier(String),
    Range,
    End,
    Action(Vec<Self>),
}

/// A template that was read.
#[derive(Clone, Debug)]
pub(super) struct JsonPath {
    nodes: Rc<[Node]>,
    template: String,
    /// Whether fields that are not there are nothing, and not an error.
    allow_missing: bool,
}

impl JsonPath {
    /// Reads a template.
    ///
    /// # Errors
    /// `error parsing jsonpath TEMPLATE, REASON`
    pub(super) fn parse(template: &str) -> Result<Self, String> {
        Self::parse_plain(template)
            .map_err(|words| format!("error parsing jsonpath {template}, {words}"))
    }

    /// Reads a template; the reason alone is told.
    ///
    /// # Errors
    /// client-go's words.
    pub(super) fn parse_plain(template: &str) -> Result<Self, String> {
        let nodes = parse::nodes(template)?;
        Ok(Self { nodes: nodes.into(), template: template.to_owned(), allow_missing: true })
    }

    /// The same with `--allow-missing-template-keys`.
    #[must_use]
    pub(super) fn allowing_missing(self, allow_missing: bool) -> Self {
        Self { allow_missing, ..self }
    }

    /// What the template says of a value.
    ///
    /// # Errors
    /// client-go's words.
    pub(super) fn print(&self, value: &Value) -> Result<String, String> {
        let results = self.found(value)?;
        Ok(results.iter().map(|group| shown(group)).collect())
    }

    /// The values that each part of the template finds, as it was asked for.
    ///
    /// # Errors
    /// client-go's words.
    pub(super) fn found(&self, value: &Value) -> Result<Vec<Vec<Value>>, String> {
        self.results(value, self.allow_missing)
    }

    /// The values that each part of the template finds.
    ///
    /// # Errors
    /// client-go's words; a missing field is none if `allow_missing`.
    pub(super) fn results(
        &self,
        value: &Value,
        allow_missing: bool,
    ) -> Result<Vec<Vec<Value>>, String> {
        let mut walk = Walk { allow_missing, ranges: 0 };
        let mut found = Vec::new();
        walk.run(&self.nodes, std::slice::from_ref(value), &mut found)?;
        Ok(found)
    }

    /// The template as it was written.
    pub(super) fn template(&self) -> &str {
        &self.template
    }
}

/// Values as text: strings bare, the rest as JSON, with blanks between.
fn shown(values: &[Value]) -> String {
    let one = |value: &Value| match value {
        Value::String(text) => text.to_string(),
        other => other.to_json(),
    };
    values.iter().map(one).collect::<Vec<_>>().join(" ")
}

struct Walk {
    allow_missing: bool,
    /// How many ranges are open.
    ranges: usize,
}

impl Walk {
    /// Runs nodes; where an `{end}` closes the range at hand, says how many nodes were run.
    fn run(
        &mut self,
        nodes: &[Node],
        input: &[Value],
        found: &mut Vec<Vec<Value>>,
    ) -> Result<Option<usize>, String> {
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            let inside: &[Node] = match node {
                Node::Action(inside) => inside,
                other => std::slice::from_ref(other),
            };
            if inside.first() == Some(&Node::End) {
                if self.ranges == 0 {
                    return Err("not in range, nothing to end".into());
                }
                return Ok(Some(at));
            }
            if inside.first() == Some(&Node::Range) {
                let over = self.list(inside.get(1..).unwrap_or_default(), input.to_vec())?;
                let body = nodes.get(at + 1..).unwrap_or_default();
                at += 1 + self.range(body, &over, found)?;
                at += 1;
                continue;
            }
            found.push(self.list(inside, input.to_vec())?);
            at += 1;
        }
        Ok(None)
    }

    /// Runs the body of a range for each value; says how long the body is.
    fn range(
        &mut self,
        body: &[Node],
        over: &[Value],
        found: &mut Vec<Vec<Value>>,
    ) -> Result<usize, String> {
        self.ranges += 1;
        let mut length = None;
        for value in over {
            length = Some(self.run(body, std::slice::from_ref(value), found)?);
        }
        let length = match length {
            Some(length) => length,
            None => body_length(body),
        };
        self.ranges -= 1;
        Ok(length.unwrap_or(body.len()))
    }

    fn list(&mut self, nodes: &[Node], mut values: Vec<Value>) -> Result<Vec<Value>, String> {
        for node in nodes {
            values = self.node(node, values)?;
        }
        Ok(values)
    }

    fn node(&mut self, node: &Node, input: Vec<Value>) -> Result<Vec<Value>, String> {
        match node {
            Node::Text(text) => Ok(vec![Value::from(text.as_str())]),
            Node::Identifier(name) => Err(format!("unrecognized identifier {name}")),
            Node::Literal(value) => Ok(input.iter().map(|_| value.clone()).collect()),
            Node::Field(name) if name.is_empty() => Ok(input),
            Node::Field(name) => self.field(name, &input),
            Node::Slice { from, to, derived, step } => {
                let mut found = Vec::new();
                for value in &input {
                    slice(value, *from, *to, *derived, *step, &mut found)?;
                }
                Ok(found)
            }
            Node::Filter { left, operator, right } => self.filter(&input, left, operator, right),
            Node::Wildcard => Ok(input.iter().flat_map(children).collect()),
            Node::Recursive => {
                let mut found = Vec::new();
                input.iter().for_each(|value| descend(value, &mut found));
                Ok(found)
            }
            Node::Union(parts) => {
                let mut found = Vec::new();
                for part in parts {
                    found.extend(self.list(part, input.clone())?);
                }
                Ok(found)
            }
            Node::Action(inside) => self.list(inside, input),
            Node::Range | Node::End => Ok(input),
        }
    }

    fn field(&self, name: &str, input: &[Value]) -> Result<Vec<Value>, String> {
        if input.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<Value> = input
            .iter()
            .filter_map(|value| value.as_map().and_then(|map| map.get(name)).cloned())
            .collect();
        match found.is_empty() && !self.allow_missing {
            true => Err(format!("{name}{NOT_FOUND}")),
            false => Ok(found),
        }
    }

    fn filter(
        &mut self,
        input: &[Value],
        left: &[Node],
        operator: &str,
        right: &[Node],
    ) -> Result<Vec<Value>, String> {
        let mut kept = Vec::new();
        for value in input {
            let Value::Array(items) = value else {
                let shown = crate::apiserver::patch::go_print(value);
                return Err(format!("{shown} is not array or slice and cannot be filtered"));
            };
            for item in items.iter() {
                let lefts = self.list(left, vec![item.clone()]);
                if operator == "exists" {
                    // What cannot be found out counts as there.
                    if lefts.map_or_else(|words| !words.ends_with(NOT_FOUND), |all| !all.is_empty())
                    {
                        kept.push(item.clone());
                    }
                    continue;
                }
                let Some(one) = alone(lefts?)? else { continue };
                let Some(other) = alone(self.list(right, vec![item.clone()])?)? else { continue };
                if compare(&one, operator, &other)? {
                    kept.push(item.clone());
                }
            }
        }
        Ok(kept)
    }
}

/// Ends the words about a field that is not there.
const NOT_FOUND: &str = " is not found";

/// The only one of the values of a side of a comparison.
fn alone(values: Vec<Value>) -> Result<Option<Value>, String> {
    match values.len() {
        0 | 1 => Ok(values.into_iter().next()),
        _ => Err("can only compare one element at a time".into()),
    }
}

/// How many nodes stand before the `{end}` of a range.
fn body_length(body: &[Node]) -> Option<usize> {
    let mut open = 0;
    body.iter().position(|node| {
        let first = match node {
            Node::Action(inside) => inside.first(),
            other => Some(other),
        };
        match first {
            Some(Node::Range) => open += 1,
            Some(Node::End) if open == 0 => return true,
            Some(Node::End) => open -= 1,
            _ => {}
        }
        false
    })
}

fn slice(
    value: &Value,
    from: Option<i64>,
    to: Option<i64>,
    derived: bool,
    step: Option<i64>,
    found: &mut Vec<Value>,
) -> Result<(), String> {
    let items = match value {
        Value::Null => return Ok(()),
        Value::Array(items) => items,
        Value::Object(_) => return Err("map[string]interface {} is not array or slice".into()),
        Value::String(_) => return Err("string is not array or slice".into()),
        Value::Bool(_) => return Err("bool is not array or slice".into()),
        Value::Int(_) => return Err("int64 is not array or slice".into()),
        Value::Float(_) => return Err("float64 is not array or slice".into()),
    };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let mut from = from.unwrap_or(0);
    if from < 0 {
        from += length;
    }
    let mut to = to.unwrap_or(length);
    if to < 0 || to == 0 && derived {
        to += length;
    }
    if from == to {
        return Ok(());
    }
    if from >= length || from < 0 {
        return Err(format!("array index out of bounds: index {from}, length {length}"));
    }
    if to > length || to < 0 {
        return Err(format!("array index out of bounds: index {}, length {length}", to - 1));
    }
    if from > to {
        return Err(format!("starting index {from} is greater than ending index {to}"));
    }
    let step = match step {
        Some(step) if step <= 0 => return Err("step must be > 0".into()),
        step => usize::try_from(step.unwrap_or(1)).unwrap_or(1),
    };
    let bounds = (usize::try_from(from), usize::try_from(to));
    if let (Ok(from), Ok(to)) = bounds {
        found.extend(items.get(from..to).unwrap_or_default().iter().step_by(step).cloned());
    }
    Ok(())
}

fn children(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(map) => map.values().cloned().collect(),
        Value::Array(items) => items.to_vec(),
        _ => Vec::new(),
    }
}

fn descend(value: &Value, found: &mut Vec<Value>) {
    let inside = children(value);
    if !inside.is_empty() {
        found.push(value.clone());
        inside.iter().for_each(|child| descend(child, found));
    }
}

fn compare(one: &Value, operator: &str, other: &Value) -> Result<bool, String> {
    use std::cmp::Ordering;
    let incompatible = || "incompatible types for comparison".to_owned();
    let order = match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            number(one).partial_cmp(&number(other)).unwrap_or(Ordering::Equal)
        }
        _ => return Err(incompatible()),
    };
    match operator {
        "==" => Ok(order == Ordering::Equal),
        "!=" => Ok(order != Ordering::Equal),
        "<" => Ok(order == Ordering::Less),
        ">" => Ok(order == Ordering::Greater),
        "<=" => Ok(order != Ordering::Greater),
        ">=" => Ok(order != Ordering::Less),
        other => Err(format!("unrecognized filter operator {other}")),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "compared as Go compares a whole number with a float"
)]
const fn number(value: &Value) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests;
