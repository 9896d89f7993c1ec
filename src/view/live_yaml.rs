//! The live object as YAML, line by line: what somebody wrote, what the cluster added to it (defaults, status, the
//! server's own fields), and what changed since a version before.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::{Actor, Cluster, Verb};
use crate::manifest::to_yaml;
use crate::store::Operation;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlLine {
    /// The line.
    pub text: Rc<str>,
    /// Whether the cluster added it.
    pub added: bool,
    /// Whether it changed; what stood there before, if something did.
    pub changed: Option<Rc<str>>,
}

/// What somebody wrote of an object: what was applied, or created; for an object that a controller made the template
/// in what was written of its owner. Nothing where nobody wrote anything.
pub fn written(cluster: &Cluster, object: &AnyObject) -> Option<Value> {
    written_of(cluster, object, 0)
}

fn written_of(cluster: &Cluster, object: &AnyObject, depth: usize) -> Option<Value> {
    if let Some(text) = object.meta().annotations.text(LAST_APPLIED) {
        return Value::from_json(text).ok();
    }
    if let Some(owner) = object.meta().controller().filter(|_| depth < 4) {
        let owner = cluster.store().by_uid(owner.uid)?;
        let above = written_of(cluster, &owner, depth + 1)?;
        let mut own = template(owner.kind(), object.kind(), &above)?;
        own.set("apiVersion", object.kind().api_version());
        own.set("kind", object.kind().name());
        return Some(own);
    }
    created(cluster, object)
}

/// What an owner's text says of what it makes.
fn template(owner: Kind, made: Kind, above: &Value) -> Option<Value> {
    let template = match (owner, made) {
        (Kind::CronJob, Kind::Job) => above.at(&["spec", "jobTemplate"])?,
        // A ReplicaSet has its Deployment's template, which stands where its own does.
        (Kind::Deployment, Kind::ReplicaSet) => {
            let mut spec = Value::empty_object();
            spec.set("template", above.at(&["spec", "template"])?.clone());
            let mut value = Value::empty_object();
            value.set("spec", spec);
            return Some(value);
        }
        _ => above.at(&["spec", "template"])?,
    };
    Some(template.clone())
}

/// What was sent when an object was created by a person.
fn created(cluster: &Cluster, object: &AnyObject) -> Option<Value> {
    let journal = cluster.store().journal();
    let mut change = journal.get(object.meta().resource_version)?;
    while change.operation != Operation::Added {
        change = journal.get(change.before.as_ref()?.meta().resource_version)?;
    }
    let cause = cluster.causes().get(change.cause)?;
    let Actor::Input(index) = cause.by else { return None };
    match &cluster.inputs().get(index)?.verb {
        Verb::Create { object, .. } => Some(object.clone()),
        _ => None,
    }
}

/// The lines of an object: compared with what was written of it and with how it was before.
pub fn lines(value: &Value, written: Option<&Value>, before: Option<&Value>) -> Vec<YamlLine> {
    let mut writer = Writer { lines: Vec::new(), compares: before.is_some() };
    let seen = Seen { written: written.unwrap_or(value).into(), before: before.map(Beside::from) };
    writer.entries(value, &seen, "", "");
    writer.lines
}

/// What stands at the same place elsewhere: a value, or nothing.
#[derive(Clone, Copy)]
struct Beside<'a>(Option<&'a Value>);

impl<'a> From<&'a Value> for Beside<'a> {
    fn from(value: &'a Value) -> Self {
        Self(Some(value))
    }
}

impl<'a> Beside<'a> {
    fn get(self, key: &str) -> Self {
        Self(self.0.and_then(|value| value.get(key)))
    }

    /// The item that is the same one: of the same name, or else at the same place.
    fn item(self, item: &Value, index: usize) -> Self {
        let Some(items) = self.0.map(Value::items) else { return Self(None) };
        let name = |value: &Value| -> Option<Value> {
            ["name", "type", "uid", "containerPort", "ip"]
                .iter()
                .find_map(|key| value.get(key))
                .cloned()
        };
        match name(item) {
            Some(own) => Self(items.iter().find(|other| name(other).as_ref() == Some(&own))),
            None => Self(items.get(index)),
        }
    }
}

struct Seen<'a> {
    written: Beside<'a>,
    before: Option<Beside<'a>>,
}

impl<'a> Seen<'a> {
    fn get(&self, key: &str) -> Self {
        Self { written: self.written.get(key), before: self.before.map(|one| one.get(key)) }
    }

    fn item(&self, item: &Value, index: usize) -> Self {
        Self {
            written: self.written.item(item, index),
            before: self.before.map(|one| one.item(item, index)),
        }
    }
}

struct Writer {
    lines: Vec<YamlLine>,
    compares: bool,
}

impl Writer {
    /// The entries of a map. `first` stands before the first of them, `pad` before the others.
    fn entries(&mut self, map: &Value, seen: &Seen<'_>, first: &str, pad: &str) {
        for (index, (key, value)) in map.entries().enumerate() {
            let lead = if index == 0 { first } else { pad };
            self.entry(key, value, &seen.get(key), lead, pad);
        }
    }

    fn entry(&mut self, key: &str, value: &Value, seen: &Seen<'_>, lead: &str, pad: &str) {
        let nested = match value {
            Value::Object(_) => value.entries().next().is_some(),
            Value::Array(items) => !items.is_empty(),
            _ => false,
        };
        if !nested {
            let mut one = Value::empty_object();
            one.set(key, value.clone());
            // What the server counts up with every write is no news.
            self.leaf(&to_yaml(&one), value, seen, lead, pad, key == "resourceVersion");
            return;
        }
        let mut bare = Value::empty_object();
        bare.set(key, Value::empty_object());
        let head = to_yaml(&bare);
        let head = head.trim_end().trim_end_matches("{}").trim_end();
        let new = seen.before.is_some_and(|before| before.0.is_none());
        self.lines.push(YamlLine {
            text: format!("{lead}{head}").into(),
            added: seen.written.0.is_none(),
            changed: new.then(|| "".into()),
        });
        let deeper = format!("{pad}  ");
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.item(item, &seen.item(item, index), pad);
                }
            }
            _ => self.entries(value, seen, &deeper, &deeper),
        }
    }

    fn item(&mut self, item: &Value, seen: &Seen<'_>, pad: &str) {
        let (dash, deeper) = (format!("{pad}- "), format!("{pad}  "));
        if item.entries().next().is_some() {
            self.entries(item, seen, &dash, &deeper);
        } else {
            let text = to_yaml(&Value::from(vec![item.clone()]));
            let inner = |line: &str| line.get(2..).unwrap_or_default().to_owned();
            let text = text.lines().map(inner).collect::<Vec<_>>().join("\n");
            self.leaf(&text, item, seen, &dash, &deeper, false);
        }
    }

    /// A value that goes no deeper; its text may have several lines.
    fn leaf(
        &mut self,
        text: &str,
        value: &Value,
        seen: &Seen<'_>,
        lead: &str,
        pad: &str,
        quiet: bool,
    ) {
        let old = seen.before.map(|before| before.0);
        let changed = match old {
            Some(Some(old)) if old != value => Some(shown(old)),
            Some(None) if self.compares => Some(Rc::from("")),
            _ => None,
        };
        let added = seen.written.0.is_none();
        for (index, line) in text.trim_end_matches('\n').lines().enumerate() {
            let lead = if index == 0 { lead } else { pad };
            let text = if line.is_empty() { String::new() } else { format!("{lead}{line}") };
            let changed = changed.clone().filter(|_| !quiet);
            self.lines.push(YamlLine { text: text.into(), added, changed });
        }
    }
}

/// A value in a few words.
fn shown(value: &Value) -> Rc<str> {
    match value {
        Value::String(text) => Rc::clone(text),
        Value::Object(_) | Value::Array(_) => "…".into(),
        other => other.to_json().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        Value::from_json(text).unwrap()
    }

    fn marks(lines: &[YamlLine]) -> Vec<String> {
        let mark = |line: &YamlLine| match (&line.changed, line.added) {
            (Some(old), _) if old.is_empty() => format!("* {}", line.text),
            (Some(old), _) => format!("* {} (was {old})", line.text),
            (None, true) => format!("+ {}", line.text),
            (None, false) => format!("  {}", line.text),
        };
        lines.iter().map(mark).collect()
    }

    #[test]
    fn the_lines_are_the_yaml_that_kubectl_prints() {
        let text = r#"{"metadata":{"name":"a","annotations":{"x/y":"1\n2\n"}},"spec":{"containers":[{"name":"c","image":"i:1",
            "args":["--x","true"],"ports":[]}],"empty":{},"nothing":null,"text":"yes"},"list":[[1,2],["a"]]}"#;
        let value = value(text);
        let lines = lines(&value, None, None);
        let joined: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
        assert_eq!(joined, to_yaml(&value));
    }

    #[test]
    fn what_the_cluster_added_and_what_changed_is_marked() {
        let live = value(
            r#"{"metadata":{"name":"a","resourceVersion":"9"},"spec":{"replicas":3,"containers":[{"name":"c","image":"i"},{"name":"d","image":"j"}]},"status":{"ready":2}}"#,
        );
        let written = value(
            r#"{"metadata":{"name":"a"},"spec":{"replicas":3,"containers":[{"name":"d","image":"j"}]}}"#,
        );
        let before = value(
            r#"{"metadata":{"name":"a","resourceVersion":"8"},"spec":{"replicas":2,"containers":[{"name":"c","image":"i"},{"name":"d","image":"j"}]},"status":{}}"#,
        );
        assert_eq!(
            marks(&lines(&live, Some(&written), Some(&before))),
            [
                "  metadata:",
                "    name: a",
                "+   resourceVersion: \"9\"",
                "  spec:",
                "    containers:",
                "+   - image: i",
                "+     name: c",
                "    - image: j",
                "      name: d",
                "*   replicas: 3 (was 2)",
                "+ status:",
                "*   ready: 2",
            ]
        );
    }
}
