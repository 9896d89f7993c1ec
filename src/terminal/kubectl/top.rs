//! `kubectl top`: what a metrics server would have measured. Follows `pkg/cmd/top` and `pkg/metricsutil`.

use std::cmp::Reverse;

use super::problem::Failure;
use super::resources;
use super::tabwriter::Columns;
use super::{After, Context, DONE};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::resources::Resources;
use crate::api::{ApiError, Reason};
use crate::cluster::Usage;
use crate::sim::Duration;

/// A pod that is older than this and was never measured is an error.
const CREATION_DELAY: Duration = Duration::from_seconds(120);

/// Runs `top`.
pub(super) fn run(context: &mut Context<'_>, command: &str) -> Result<After, Failure> {
    if command == "top" {
        if let Some(word) = context.flags.words.first() {
            return Err(super::help::unknown_subcommand("top", word));
        }
        let text = super::help::of("top");
        context.out(&text);
        return DONE;
    }
    if !matches!(context.flags.text("sort-by"), "" | "cpu" | "memory") {
        return Err(Failure::new("--sort-by accepts only cpu or memory"));
    }
    let words = context.flags.words.clone();
    let name = match words.as_slice() {
        [] => None,
        [name] => Some(name.as_str()),
        _ => {
            return Err(Failure::usage(command, "wrong number of arguments"));
        }
    };
    if name.is_some() && !context.flags.text("selector").is_empty() {
        return Err(Failure::new("only one of NAME or selector can be provided"));
    }
    if command == "top pod" { pods(context, name) } else { nodes(context, name) }
}

/// A line of the table: what stands before the numbers, and what is used.
struct Row {
    head: Vec<String>,
    usage: Usage,
    parts: Vec<(String, Usage)>,
}

/// The rows in the order that was asked for.
fn sort(rows: &mut [Row], by: &str) {
    match by {
        "cpu" => rows.sort_by_key(|row| Reverse(row.usage.cpu)),
        "memory" => rows.sort_by_key(|row| Reverse(row.usage.memory)),
        _ => {}
    }
    for row in rows {
        match by {
            "cpu" => row.parts.sort_by_key(|(_, usage)| Reverse(usage.cpu)),
            "memory" => row.parts.sort_by_key(|(_, usage)| Reverse(usage.memory)),
            _ => row.parts.sort_by(|one, other| one.0.cmp(&other.0)),
        }
    }
}

fn numbers(usage: Usage) -> [String; 2] {
    [format!("{}m", usage.cpu), format!("{}Mi", usage.memory >> 20)]
}

/// Cells, each with a tab behind it, also the last.
fn line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for cell in cells {
        text.push_str(cell.as_ref());
        text.push('\t');
    }
    text.push('\n');
    text
}

fn not_measured(resource: &str, name: &str) -> Failure {
    ApiError::new(Reason::NotFound, format!("{resource}.metrics.k8s.io \"{name}\" not found"))
        .into()
}

fn pods(context: &mut Context<'_>, name: Option<&str>) -> Result<After, Failure> {
    let objects = match name {
        Some(name) => {
            let key = context.key(Kind::Pod, name);
            vec![context.read(Kind::Pod, &key).ok_or_else(|| Failure::not_found(Kind::Pod, name))?]
        }
        None => {
            let selectors = resources::selectors(context, Kind::Pod)?;
            resources::list(context, Kind::Pod, &selectors)
        }
    };
    let everywhere = name.is_none() && context.flags.has("all-namespaces");
    let mut rows = Vec::new();
    for object in &objects {
        let AnyObject::Pod(pod) = object else { continue };
        let Some(containers) = context.cluster.pod_usage(pod) else { continue };
        let mut usage = Usage::default();
        containers.iter().for_each(|(_, one)| usage.add(*one));
        let namespace = everywhere.then(|| pod.meta.namespace.to_string());
        rows.push(Row {
            head: namespace.into_iter().chain([pod.meta.name.to_string()]).collect(),
            usage,
            parts: containers.into_iter().map(|(name, one)| (name.to_string(), one)).collect(),
        });
    }
    if rows.is_empty() {
        return nothing(context, name, &objects, everywhere);
    }
    let by = context.flags.text("sort-by").to_owned();
    sort(&mut rows, &by);
    let each = context.flags.has("containers");
    let mut text = String::new();
    if !context.flags.has("no-headers") {
        let head = ["NAMESPACE", "POD", "NAME", "CPU(cores)", "MEMORY(bytes)"];
        let shown = [everywhere, each, true, true, true];
        text.push_str(&line(
            head.iter().zip(shown).filter(|(_, shown)| *shown).map(|(name, _)| name),
        ));
    }
    for row in &rows {
        match each {
            true => {
                for (container, usage) in &row.parts {
                    let name = std::slice::from_ref(container);
                    text.push_str(&line(row.head.iter().chain(name).chain(&numbers(*usage))));
                }
            }
            false => text.push_str(&line(row.head.iter().chain(&numbers(row.usage)))),
        }
    }
    if context.flags.has("sum") {
        let mut sum = Usage::default();
        rows.iter().for_each(|row| sum.add(row.usage));
        let before = vec![""; 1 + usize::from(everywhere) + usize::from(each)];
        text.push_str(&line(before.iter().chain(&["________", "________"])));
        let [cpu, memory] = numbers(sum);
        text.push_str(&line(before.iter().copied().chain([cpu.as_str(), memory.as_str()])));
    }
    let text = Columns::of_tables().align(&text);
    context.out(&text);
    DONE
}

/// Nothing was measured: because there is nothing, or not yet.
fn nothing(
    context: &mut Context<'_>,
    name: Option<&str>,
    objects: &[AnyObject],
    everywhere: bool,
) -> Result<After, Failure> {
    if let Some(name) = name {
        let namespace = context.namespace();
        return Err(not_measured("podmetrics", &format!("{namespace}/{name}")));
    }
    for object in objects {
        let meta = object.meta();
        let age = context.cluster.now() - meta.created;
        if age > CREATION_DELAY {
            let (namespace, name) = (&meta.namespace, &meta.name);
            let age = age.go();
            return Err(Failure::new(format!(
                "Metrics not available for pod {namespace}/{name}, age: {age}"
            )));
        }
    }
    if !objects.is_empty() {
        return Err(Failure::new("metrics not available yet"));
    }
    let words = match everywhere {
        true => "No resources found".to_owned(),
        false => format!("No resources found in {} namespace.", context.namespace()),
    };
    context.warn(&words);
    DONE
}

fn nodes(context: &mut Context<'_>, name: Option<&str>) -> Result<After, Failure> {
    let objects = match name {
        Some(name) => {
            let key = context.key(Kind::Node, name);
            vec![
                context
                    .read(Kind::Node, &key)
                    .ok_or_else(|| Failure::not_found(Kind::Node, name))?,
            ]
        }
        None => {
            let selectors = resources::selectors(context, Kind::Node)?;
            resources::list(context, Kind::Node, &selectors)
        }
    };
    let (mut rows, mut silent) = (Vec::new(), Vec::new());
    for object in &objects {
        let AnyObject::Node(node) = object else { continue };
        match context.cluster.node_usage(node) {
            Some(usage) => rows.push((node, usage)),
            None => silent.push(node),
        }
    }
    if rows.is_empty() {
        return Err(match name {
            Some(name) => not_measured("nodemetrics", name),
            None => Failure::new("metrics not available yet"),
        });
    }
    match context.flags.text("sort-by") {
        "cpu" => rows.sort_by_key(|(_, usage)| Reverse(usage.cpu)),
        "memory" => rows.sort_by_key(|(_, usage)| Reverse(usage.memory)),
        _ => {}
    }
    let mut text = String::new();
    if !context.flags.has("no-headers") {
        text.push_str(&line(["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]));
    }
    let whole = context.flags.has("show-capacity");
    for (node, usage) in rows {
        let capacity = Resources::parse(node.status.raw.get("capacity"));
        let all = if whole { &capacity } else { &node.status.allocatable };
        let share = |used: i64, of: i64| format!("{}%", used * 100 / of.max(1));
        let [cpu, memory] = numbers(usage);
        text.push_str(&line([
            node.meta.name.to_string(),
            cpu,
            share(usage.cpu, all.cpu_milli),
            memory,
            share(usage.memory, all.memory_bytes),
        ]));
    }
    for node in silent {
        text.push_str(&line([
            &*node.meta.name,
            "<unknown>",
            "<unknown>",
            "<unknown>",
            "<unknown>",
        ]));
    }
    let text = Columns::of_tables().align(&text);
    context.out(&text);
    DONE
}
