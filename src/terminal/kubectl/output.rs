//! `-o`: the forms in which objects are printed. Follows `k8s.io/cli-runtime/pkg/genericclioptions`.

use super::custom_columns::CustomColumns;
use super::jsonpath::JsonPath;
use super::problem::Failure;
use super::template::Template;
use super::{Context, json};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::manifest;

/// A form of output.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// A table, or words such as `created`.
    Human { wide: bool },
    /// `kind.group/name`
    Name,
    /// YAML, with a line between objects: how many were printed.
    Yaml { printed: usize },
    /// YAML as JSON with comments and commas.
    Kyaml,
    /// JSON, with fields in the order of the alphabet.
    Json,
    /// JSON, with fields in the order of Go's structs.
    StructJson,
    /// JSONPath
    JsonPath(JsonPath),
    /// JSONPath whose results are a JSON list.
    JsonPathAsJson(JsonPath),
    /// Columns
    Columns(CustomColumns),
    /// A Go template.
    Template(Template),
}

/// The names that kubectl lists for `get`, and for commands that print one line per object.
const FOR_GET: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";
const FOR_OTHERS: &str = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml";

/// Reads `-o` and `--template`.
///
/// # Errors
/// kubectl's words about the form or its template.
pub(super) fn form(context: &Context<'_>, for_get: bool) -> Result<Form, Failure> {
    let flag = context.flags.text("output");
    let template = context.flags.text("template");
    let (name, own) = flag.split_once('=').unwrap_or((flag, ""));
    let argument = if own.is_empty() { template } else { own };
    let name = if name.is_empty() && !template.is_empty() { "go-template" } else { name };
    let needs = |argument: &str| match argument {
        "" => Err(Failure::new("template format specified but no template given")),
        text => Ok(text.to_owned()),
    };
    let file = |argument: &str| -> Result<String, Failure> {
        let name = argument.strip_prefix("./").unwrap_or(argument);
        let found = context.terminal.files.get(name).map(ToString::to_string);
        found.ok_or_else(|| {
            Failure::new(format!(
                "error reading --template {argument}, open {argument}: no such file or directory\n"
            ))
        })
    };
    let missing = context.flags.unless_off("allow-missing-template-keys");
    let jsonpath = |text: &str| {
        let path = JsonPath::parse(text).map_err(Failure::new)?;
        Ok::<_, Failure>(path.allowing_missing(missing))
    };
    let template = |text: &str| {
        let template = Template::parse(text).map_err(Failure::new)?;
        Ok(Form::Template(template.allowing_missing(missing)))
    };
    // These are read in any letters, templates and columns are not.
    let lower = name.to_lowercase();
    let plain = matches!(lower.as_str(), "json" | "kyaml" | "name" | "yaml");
    match if plain { lower.as_str() } else { name } {
        "" => Ok(Form::Human { wide: false }),
        "wide" if for_get => Ok(Form::Human { wide: true }),
        "name" => Ok(Form::Name),
        "yaml" => Ok(Form::Yaml { printed: 0 }),
        "kyaml" => Ok(Form::Kyaml),
        "json" => Ok(Form::Json),
        "jsonpath" => Ok(Form::JsonPath(jsonpath(&needs(argument)?)?)),
        "jsonpath-as-json" => Ok(Form::JsonPathAsJson(jsonpath(&needs(argument)?)?)),
        "jsonpath-file" => Ok(Form::JsonPath(jsonpath(&file(argument)?)?)),
        "custom-columns" if for_get => {
            let headers = !context.flags.has("no-headers");
            CustomColumns::parse(argument, headers).map(Form::Columns).map_err(Failure::new)
        }
        "custom-columns-file" if for_get => {
            CustomColumns::parse_file(&file(argument)?).map(Form::Columns).map_err(Failure::new)
        }
        "go-template" | "template" => template(&needs(argument)?),
        "go-template-file" | "templatefile" => template(&file(argument)?),
        _ => {
            let allowed = if for_get { FOR_GET } else { FOR_OTHERS };
            let words = "unable to match a printer suitable for the output format";
            Err(Failure::new(format!("{words} {}, allowed formats are: {allowed}", go_quote(flag))))
        }
    }
}

/// Objects as one `v1 List`.
pub(super) fn list(objects: &[Value]) -> Value {
    crate::object! {
        "apiVersion" => "v1",
        "items" => objects.to_vec(),
        "kind" => "List",
        "metadata" => crate::object! { "resourceVersion" => "" },
    }
}

impl Form {
    /// Whether it is a table or words.
    pub(super) const fn is_human(&self) -> bool {
        matches!(self, Self::Human { .. })
    }

    /// The form of a command whose objects are structs of Go, and not maps.
    #[must_use]
    pub(super) fn of_structs(self) -> Self {
        match self {
            Self::Json => Self::StructJson,
            other => other,
        }
    }

    /// Prints objects: one alone, several as a list.
    ///
    /// # Errors
    /// The template's words.
    pub(super) fn print(&mut self, objects: &[AnyObject], single: bool) -> Result<String, Failure> {
        let values: Vec<Value> = objects.iter().map(AnyObject::to_value).collect();
        match self {
            Self::Name => {
                let names = objects.iter().map(|object| name(object.kind(), &object.meta().name));
                Ok(names.collect())
            }
            Self::Columns(columns) => columns.print(&values).map_err(Failure::new),
            _ => match (single, values.as_slice()) {
                (true, [one]) => self.print_value(one),
                _ => self.print_value(&list(&values)),
            },
        }
    }

    /// Prints any JSON.
    ///
    /// # Errors
    /// The template's words.
    pub(super) fn print_value(&mut self, value: &Value) -> Result<String, Failure> {
        Ok(match self {
            Self::Yaml { printed } => {
                *printed += 1;
                let between = if *printed > 1 { "---\n" } else { "" };
                format!("{between}{}", manifest::to_yaml(value))
            }
            Self::Kyaml => format!("---\n{}\n", kyaml(value, 0)),
            Self::Json => json::pretty(value),
            Self::StructJson => json::pretty_struct(value),
            Self::JsonPath(path) => path.print(value).map_err(|words| {
                let template = go_quote(path.template());
                let shown = go_syntax(value);
                Failure::new(format!("error executing jsonpath {template}: Error executing template: {words}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{}\n\tobject given to jsonpath engine was:\n\t\t{shown}\n\n\n", path.template()))
            })?,
            Self::JsonPathAsJson(path) => {
                let found = path.found(value).map_err(Failure::new)?;
                found.into_iter().map(|group| json::pretty(&Value::from(group))).collect()
            }
            Self::Template(template) => {
                template.print(value).map_err(|words| template_failure(template, value, &words))?
            }
            Self::Human { .. } | Self::Name => {
                let text = |path: &[&str]| value.at(path).and_then(Value::as_str).unwrap_or_default();
                let word = Kind::from_manifest(text(&["kind"]), text(&["apiVersion"]))
                    .map_or_else(|| text(&["kind"]).to_lowercase(), Kind::word);
                format!("{word}/{}\n", text(&["metadata", "name"]))
            }
            Self::Columns(columns) => {
                columns.print(std::slice::from_ref(value)).map_err(Failure::new)?
            }
        })
    }
}

/// A value as Go writes it in a program (`%#v`).
fn go_syntax(value: &Value) -> String {
    let all = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "interface {}(nil)".into(),
        Value::String(text) => go_quote(text),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", all(items.iter().map(go_syntax).collect()))
        }
        Value::Object(map) => {
            let fields =
                map.iter().map(|(key, item)| format!("{}:{}", go_quote(key), go_syntax(item)));
            format!("map[string]interface {{}}{{{}}}", all(fields.collect()))
        }
        other => other.to_json(),
    }
}

/// What the printer of a template says of an error, part of it on standard output. Follows
/// `k8s.io/cli-runtime/pkg/printers/template.go`.
fn template_failure(template: &Template, value: &Value, words: &str) -> Failure {
    let text = template.text();
    let (raw, shown) = (value.to_json(), crate::apiserver::patch::go_print(value));
    let out = format!(
        "Error executing template: {words}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{text}\n\traw data was:\n\t\t{raw}\n\tobject given to template engine was:\n\t\t{shown}\n\n"
    );
    let failure = Failure::new(format!("error executing template {}: {words}", go_quote(text)));
    Failure { out, ..failure }
}

/// `pod/x` on a line.
pub(super) fn name(kind: Kind, name: &str) -> String {
    format!("{}/{name}\n", kind.word())
}

/// YAML in flow style: every string in quotes, keys bare, trailing commas.
fn kyaml(value: &Value, depth: usize) -> String {
    let pad = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match value {
        Value::Array(items) if !items.is_empty() => {
            let compact = items.iter().all(|item| matches!(item, Value::Object(_)));
            if compact {
                let parts: Vec<String> = items.iter().map(|item| kyaml(item, depth)).collect();
                return format!("[{}]", parts.join(", "));
            }
            let lines = items.iter().map(|item| format!("{pad}{},\n", kyaml(item, depth + 1)));
            format!("[\n{}{end}]", lines.collect::<String>())
        }
        Value::Object(map) if !map.is_empty() => {
            let key = |key: &str| {
                let plain =
                    |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
                match key.chars().all(plain)
                    && !matches!(key, "true" | "false" | "null" | "no" | "yes")
                {
                    true => key.to_owned(),
                    false => go_quote(key),
                }
            };
            let lines = map
                .iter()
                .map(|(name, item)| format!("{pad}{}: {},\n", key(name), kyaml(item, depth + 1)));
            format!("{{\n{}{end}}}", lines.collect::<String>())
        }
        Value::String(text) => go_quote(text),
        other => other.to_json(),
    }
}
