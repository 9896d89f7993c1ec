//! `cargo xtask schema`: writes the schema of the kinds to `assets/schema/`.
//!
//! Names, types and documentation come from the `k8s-openapi` crate, what it does not tell from
//! `schema_facts.txt`. `table.txt` is what the page always carries: small, read by
//! `podyard::api::schema`, whose module page describes the form. `docs.txt` is loaded when it is
//! asked for. Both are committed; a test here fails when they are not up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use k8s_openapi::api::{
    apps::v1 as apps, batch::v1 as batch, coordination::v1 as coordination, core::v1 as core,
    discovery::v1 as discovery, policy::v1 as policy, scheduling::v1 as scheduling,
};
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

const FACTS: &str = include_str!("schema_facts.txt");

/// Writes both files.
fn main() -> std::io::Result<()> {
    let generated = Generated::new();
    std::fs::create_dir_all(folder())?;
    std::fs::write(folder().join("table.txt"), &generated.table)?;
    std::fs::write(folder().join("docs.txt"), &generated.docs)?;
    println!(
        "assets/schema: table {} bytes, docs {} bytes",
        generated.table.len(),
        generated.docs.len()
    );
    Ok(())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/schema")
}

struct Generated {
    table: String,
    docs: String,
}

/// The schema of every type that a kind of the cluster reaches, by its full name.
fn definitions() -> Map<String, Value> {
    let mut generator = SchemaGenerator::default();
    macro_rules! roots {
        ($($kind:ty),* $(,)?) => { $(generator.subschema_for::<$kind>();)* };
    }
    roots!(
        core::ConfigMap,
        core::Endpoints,
        core::Event,
        core::LimitRange,
        core::Namespace,
        core::Node,
        core::PersistentVolumeClaim,
        core::Pod,
        core::ReplicationController,
        core::ResourceQuota,
        core::Secret,
        core::ServiceAccount,
        core::Service,
        apps::ControllerRevision,
        apps::DaemonSet,
        apps::Deployment,
        apps::ReplicaSet,
        apps::StatefulSet,
        batch::CronJob,
        batch::Job,
        coordination::Lease,
        discovery::EndpointSlice,
        policy::PodDisruptionBudget,
        scheduling::PriorityClass,
    );
    generator.take_definitions(true)
}

/// What `schema_facts.txt` says.
#[derive(Default)]
struct Facts {
    /// `TYPE.FIELD` to the name of the string's type.
    names: BTreeMap<&'static str, &'static str>,
    /// `TYPE.FIELD` to how it is patched.
    patches: BTreeMap<&'static str, &'static str>,
    /// Type names to values, with the sign of the table.
    values: BTreeMap<&'static str, (char, &'static str)>,
}

impl Facts {
    fn read() -> Self {
        let mut facts = Self::default();
        for line in FACTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (subject, rest) = line.split_once(' ').expect("a fact has two words");
            if let Some((_, sign)) =
                [("values", '='), ("open", '~')].into_iter().find(|(word, _)| *word == subject)
            {
                let (name, values) = rest.split_once(' ').expect("a type has values");
                facts.values.insert(name, (sign, values));
                continue;
            }
            let (name, patch) = match rest.split_once("patch ") {
                Some((before, patch)) => (before, Some(patch)),
                None => (rest, None),
            };
            if let Some(name) = name.trim().strip_prefix("go ") {
                facts.names.insert(subject, name);
            }
            if let Some(patch) = patch {
                facts.patches.insert(subject, patch);
            }
        }
        facts
    }
}

impl Generated {
    fn new() -> Self {
        let definitions = definitions();
        let facts = Facts::read();
        let (mut table, mut docs) = (String::new(), String::new());
        let mut used = BTreeSet::new();
        for (full_name, schema) in &definitions {
            let name = short_name(full_name);
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
                continue; // a scalar with a code of its own
            };
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Value::as_array)
                .map(|names| names.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            let _ = writeln!(table, "{name}");
            document(&mut docs, &name, schema);
            for (field, property) in properties {
                let place = format!("{}.{field}", bare(&name));
                let code = code(property, facts.names.get(place.as_str()).copied());
                used.extend(code.split_once('=').map(|(_, name)| name.to_owned()));
                let mark = if required.contains(&field.as_str()) && field != "metadata" {
                    "!"
                } else {
                    ""
                };
                let patch = facts
                    .patches
                    .get(place.as_str())
                    .map_or(String::new(), |how| format!(" {how}"));
                let _ = writeln!(table, " {field}{mark} {code}{patch}");
                document(&mut docs, &format!("{name}.{field}"), property);
            }
        }
        let used = facts.values.iter().filter(|(name, _)| used.contains(**name));
        for (name, (sign, values)) in used {
            let _ = writeln!(table, "{sign}{name} {values}");
        }
        Self { table, docs }
    }
}

fn document(docs: &mut String, subject: &str, schema: &Value) {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or("");
    let _ = writeln!(
        docs,
        "{subject}\t{}",
        text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
    );
}

/// `JobSpec`; of two groups with a type of the same name, the later one keeps its group: `discovery.EndpointPort`.
fn short_name(full_name: &str) -> String {
    let mut parts = full_name.rsplit('.');
    let name = parts.next().unwrap_or(full_name);
    match parts.nth(1) {
        Some("discovery") => format!("discovery.{name}"),
        _ => name.to_owned(),
    }
}

fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The type of a field in the table's letters; `name` is the Go name of its string type, if it has one.
fn code(schema: &Value, name: Option<&str>) -> String {
    if let Some(target) = reference(schema) {
        let short = short_name(target);
        return match short.as_str() {
            "Quantity" => "q".into(),
            "IntOrString" => "o".into(),
            "Time" => "t".into(),
            "MicroTime" => "u".into(),
            "FieldsV1" | "RawExtension" => "j".into(),
            _ => format!("@{short}"),
        };
    }
    let text = |key| schema.get(key).and_then(Value::as_str).unwrap_or("");
    match (text("type"), text("format")) {
        ("string", "byte") => "y".into(),
        ("string", _) => name.map_or_else(|| "s".into(), |name| format!("={name}")),
        ("boolean", _) => "b".into(),
        ("integer", "int64") => "l".into(),
        ("integer", _) => "i".into(),
        ("number", _) => "f".into(),
        ("array", _) => format!("[{}", code(schema.get("items").unwrap_or(&Value::Null), name)),
        ("object", _) if name == Some("ResourceList") => "r".into(),
        ("object", _) => match schema.get("additionalProperties") {
            Some(element) => format!("{{{}", code(element, name)),
            None => "j".into(),
        },
        _ => "j".into(),
    }
}

fn reference(schema: &Value) -> Option<&str> {
    let direct = schema.get("$ref").and_then(Value::as_str);
    let wrapped = || schema.get("allOf")?.get(0)?.get("$ref")?.as_str();
    direct.or_else(wrapped)?.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_files_are_up_to_date() {
        let generated = Generated::new();
        let read = |name| std::fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert!(read("table.txt") == generated.table, "run `cargo xtask schema`");
        assert!(read("docs.txt") == generated.docs, "run `cargo xtask schema`");
    }

    #[test]
    fn every_fact_is_about_a_field_that_exists() {
        let fields: BTreeSet<String> = definitions()
            .iter()
            .flat_map(|(name, schema)| {
                let properties = schema
                    .get("properties")
                    .and_then(Value::as_object)
                    .cloned()
                    .unwrap_or_default();
                let name = bare(&short_name(name)).to_owned();
                properties.into_iter().map(move |(field, _)| format!("{name}.{field}"))
            })
            .collect();
        let facts = Facts::read();
        let unknown: Vec<_> = facts
            .names
            .keys()
            .chain(facts.patches.keys())
            .filter(|place| !fields.contains(**place))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
