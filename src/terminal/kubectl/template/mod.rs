//! Go templates, as far as people write them behind `-o go-template=`: fields, `range`, `if`, `with`, variables,
//! pipelines and the usual functions. Follows `text/template`.

mod functions;
mod parse;

use std::rc::Rc;

use crate::api::value::Value;

/// A template that was read.
#[derive(Clone, Debug)]
pub(super) struct Template {
    nodes: Rc<[Node]>,
    text: String,
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
            Ok(nodes) => Ok(Self { nodes: nodes.into(), text: text.to_owned() }),
            Err(words) => {
                Err(format!("error parsing template {text}, template: output:1: {words}"))
            }
        }
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

struct Run {
    out: String,
    variables: Vec<(String, Value)>,
    steps: u32,
    leave: Option<Leave>,
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

impl Run {
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
            Operand::Field(names) => follow(dot.clone(), names),
            Operand::Variable(name, names) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                let (_, value) = found.ok_or_else(|| format!("undefined variable: {name}"))?;
                follow(value.clone(), names)
            }
            Operand::Group(pipeline, names) => {
                let value = self.pipeline(pipeline, dot)?;
                follow(value, names)
            }
            Operand::Literal(value) => Ok(value.clone()),
            Operand::Function(name) => functions::call(name, &[]),
        }
    }
}

fn follow(mut value: Value, names: &[String]) -> Result<Value, String> {
    for name in names {
        value = match &value {
            Value::Object(map) => map.get(name.as_str()).cloned().unwrap_or_default(),
            Value::Null => Value::Null,
            Value::Array(_) => {
                return Err(format!("can't evaluate field {name} in type []interface {{}}"));
            }
            Value::String(_) => return Err(format!("can't evaluate field {name} in type string")),
            _ => return Err(format!("can't evaluate field {name} in type interface {{}}")),
        };
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
