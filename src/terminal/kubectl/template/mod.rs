//! Go templates, as far as people write them behind `-o go-template=`: fields, `range`, `if`, `with`, variables,
//! pipelines and the usual functions. Follows `text/template`.

mod functions;
mod parse;

use std::rc::Rc;

use crate::api::error::go_quote;
use crate::api::value::Value;

/// A template that was read.
#[derive(Clone, Debug)]
pub(super) struct Template {
    nodes: Rc<[Node]>,
    text: String,
    /// Whether fields that are not there are nothing, and not an error.
    allow_missing: bool,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Action(Pipeline),
    If { branches: Vec<(Pipeline, Vec<Self>)>, otherwise: Vec<Self> },
    With { over: Pipeline, body: Vec<Self>, otherwise: Vec<Self> },
    Range { over: Pipeline, body: Vec<Self>, otherwise: Vec<Self> },
    Break,
    Continue,
}

/// Commands joined by `|`, whose result may be kept in variables.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pipeline {
    /// `$x :=`, `$i, $x :=`; the flag tells an assignment (`=`).
    variables: Vec<String>,
    assigns: bool,
    commands: Vec<Vec<Operand>>,
}

/// A word of a command.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    /// `.a.b`; `.` has no names.
    Field(Vec<String>),
    /// `$x.a`; `$` is the whole.
    Variable(String, Vec<String>),
    /// `(…).a`
    Group(Pipeline, Vec<String>),
    Literal(Value),
    Function(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// `error parsing template …`
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match parse::nodes(text) {
            Ok(nodes) => {
                Ok(Self { nodes: nodes.into(), text: text.to_owned(), allow_missing: true })
            }
            Err(words) => {
                Err(format!("error parsing template {text}, template: output:1: {words}"))
            }
        }
    }

    /// The same with `--allow-missing-template-keys`.
    #[must_use]
    pub(super) fn allowing_missing(self, allow_missing: bool) -> Self {
        Self { allow_missing, ..self }
    }

    /// The template as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What the template says of a value.
    ///
    /// # Errors
    /// text/template's words.
    pub(super) fn print(&self, value: &Value) -> Result<String, String> {
        let mut run = Run {
            out: String::new(),
            variables: vec![("$".into(), value.clone())],
            steps: 0,
            leave: None,
            template: self,
        };
        run.nodes(&self.nodes, value)?;
        Ok(run.out)
    }
}

/// At most so many nodes are run.
const STEPS: u32 = 500_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    Break,
    Continue,
}

struct Run<'a> {
    out: String,
    variables: Vec<(String, Value)>,
    steps: u32,
    leave: Option<Leave>,
    template: &'a Template,
}

/// Whether a value counts as true.
fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// A value as Go prints it; what is missing as `<no value>`.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".into(),
        other => crate::apiserver::patch::go_print(other),
    }
}

impl Run<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<(), String> {
        let depth = self.variables.len();
        for node in nodes {
            self.steps += 1;
            if self.steps > STEPS {
                return Err("exceeded maximum template size".into());
            }
            self.node(node, dot)?;
            if self.leave.is_some() {
                break;
            }
        }
        self.variables.truncate(depth);
        Ok(())
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Result<(), String> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.variables.is_empty() {
                    self.out.push_str(&shown(&value));
                }
            }
            Node::If { branches, otherwise } => {
                let depth = self.variables.len();
                for (condition, body) in branches {
                    if truth(&self.pipeline(condition, dot)?) {
                        self.nodes(body, dot)?;
                        self.variables.truncate(depth);
                        return Ok(());
                    }
                }
                self.nodes(otherwise, dot)?;
                self.variables.truncate(depth);
            }
            Node::With { over, body, otherwise } => {
                let depth = self.variables.len();
                let value = self.pipeline(over, dot)?;
                match truth(&value) {
                    true => self.nodes(body, &value)?,
                    false => self.nodes(otherwise, dot)?,
                }
                self.variables.truncate(depth);
            }
            Node::Range { over, body, otherwise } => self.range(over, body, otherwise, dot)?,
            Node::Break => self.leave = Some(Leave::Break),
            Node::Continue => self.leave = Some(Leave::Continue),
        }
        Ok(())
    }

    fn range(
        &mut self,
        over: &Pipeline,
        body: &[Node],
        otherwise: &[Node],
        dot: &Value,
    ) -> Result<(), String> {
        let plain = Pipeline { variables: Vec::new(), ..over.clone() };
        let value = self.pipeline(&plain, dot)?;
        let items: Vec<(Value, Value)> = match &value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (Value::from(index), item.clone()))
                .collect(),
            Value::Object(map) => {
                map.iter().map(|(key, item)| (Value::from(key), item.clone())).collect()
            }
            Value::Null => Vec::new(),
            other => return Err(format!("range can't iterate over {}", shown(other))),
        };
        if items.is_empty() {
            return self.nodes(otherwise, dot);
        }
        let depth = self.variables.len();
        for (key, item) in items {
            match over.variables.as_slice() {
                [one] => self.variables.push((one.clone(), item.clone())),
                [index, one, ..] => {
                    self.variables.push((index.clone(), key));
                    self.variables.push((one.clone(), item.clone()));
                }
                [] => {}
            }
            self.nodes(body, &item)?;
            self.variables.truncate(depth);
            if self.leave.take() == Some(Leave::Break) {
                break;
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, String> {
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(command, value, dot)?);
        }
        let value = value.unwrap_or_default();
        for name in &pipeline.variables {
            match self.variables.iter_mut().rev().find(|(known, _)| known == name) {
                Some((_, slot)) if pipeline.assigns => *slot = value.clone(),
                _ => self.variables.push((name.clone(), value.clone())),
            }
        }
        Ok(value)
    }

    fn command(
        &mut self,
        words: &[Operand],
        piped: Option<Value>,
        dot: &Value,
    ) -> Result<Value, String> {
        let Some((first, rest)) = words.split_first() else {
            return Err("missing value for command".into());
        };
        let Operand::Function(name) = first else {
            return self.operand(first, dot);
        };
        // `and` and `or` stop at the first answer.
        if matches!(name.as_str(), "and" | "or") {
            let mut last = Value::Null;
            for word in rest {
                last = self.operand(word, dot)?;
                if truth(&last) == (name == "or") {
                    return Ok(last);
                }
            }
            return Ok(piped.unwrap_or(last));
        }
        let mut arguments = Vec::new();
        for word in rest {
            arguments.push(self.operand(word, dot)?);
        }
        arguments.extend(piped);
        functions::call(name, &arguments)
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, String> {
        match operand {
            Operand::Field(names) => self.follow(dot.clone(), "", names),
            Operand::Variable(name, names) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                let (_, value) = found.ok_or_else(|| format!("undefined variable: {name}"))?;
                self.follow(value.clone(), name, names)
            }
            Operand::Group(pipeline, names) => {
                let value = self.pipeline(pipeline, dot)?;
                self.follow(value, "", names)
            }
            Operand::Literal(value) => Ok(value.clone()),
            Operand::Function(name) => functions::call(name, &[]),
        }
    }

    /// The value at fields of a value, where `head` stands before their names.
    fn follow(&self, value: Value, head: &str, names: &[String]) -> Result<Value, String> {
        follow(value, names, self.template.allow_missing).map_err(|words| {
            let names: String = names.iter().map(|name| format!(".{name}")).collect();
            at(&self.template.text, &format!("{head}{names}"), &words)
        })
    }
}

/// An error at the first place where an expression stands. Follows `ErrorContext` of `text/template/parse`: of several
/// fields the second is the place, of a variable's the first.
fn at(text: &str, expression: &str, words: &str) -> String {
    let offset = text.find(expression).unwrap_or(0);
    let second = expression.match_indices('.').find(|(at, _)| *at > 0).map_or(0, |(at, _)| at);
    let offset = offset + second;
    let before = text.get(..offset).unwrap_or_default();
    let (line, column) = match before.rfind('\n') {
        Some(end) => (before.matches('\n').count() + 1, offset - end),
        None => (1, offset),
    };
    format!("template: output:{line}:{column}: executing \"output\" at <{expression}>: {words}")
}

fn follow(mut value: Value, names: &[String], allow_missing: bool) -> Result<Value, String> {
    for name in names {
        value = match &value {
            Value::Object(map) => match map.get(name.as_str()) {
                Some(value) => value.clone(),
                None if allow_missing => Value::Null,
                None => return Err(format!("map has no entry for key {}", go_quote(name))),
            },
            Value::Null => Value::Null,
            _ => return Err(format!("can't evaluate field {name} in type interface {{}}")),
        };
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
