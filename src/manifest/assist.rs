//! Help while a manifest is written: what could stand at the cursor, and what a field is for.
//!
//! Reads lines and indentation, not the parser's tree: while one writes, the text is seldom YAML.

mod context;

pub use context::Context;

use super::diagnostic::Span;
use super::source::Source;
use crate::api::kind::Kind;
use crate::api::schema::{Field, ObjectType, Schema, Shape, field_docs};
use crate::sim::order::Order as _;

/// Something that could stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The field's name or the value, as it is listed.
    pub label: String,
    /// What is inserted instead of `from..to`: with colon, and where a list or object follows, its beginning.
    pub insert: String,
    /// First byte of the word to replace.
    pub from: usize,
    /// Behind its last byte.
    pub to: usize,
    /// The type, as `kubectl explain` prints it; empty for values.
    pub detail: String,
    /// Whether the schema requires the field.
    pub required: bool,
    /// What the field is for, once the documentation is loaded.
    pub docs: Option<&'static str>,
}

/// What a field is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// `spec.template.spec.containers[0].image`
    pub path: String,
    /// The type, as `kubectl explain` prints it.
    pub ty: String,
    /// Whether the schema requires it.
    pub required: bool,
    /// The values it may have; none if it is free.
    pub values: &'static [&'static str],
    /// What it is for, once the documentation is loaded.
    pub docs: Option<&'static str>,
    /// The key.
    pub span: Span,
}

/// What could stand at byte `offset`, the required and the missing first.
pub fn complete(text: &str, offset: usize) -> Vec<Completion> {
    let source = Source::new(text.as_bytes());
    let context = Context::at(&source, offset);
    match &context.key {
        Some(key) => values(&context, key),
        None => keys(&context),
    }
}

/// What the field at byte `offset` is for.
pub fn hover(text: &str, offset: usize) -> Option<Hover> {
    let source = Source::new(text.as_bytes());
    let context = Context::at(&source, offset);
    let (name, span) = context.line_key.clone()?;
    let object = context.object()?;
    let field = object.field(&name)?;
    Some(Hover {
        path: context.path_of(&name),
        ty: field.ty.explained(),
        required: field.required,
        values: field.ty.values(),
        docs: field_docs(object, field.name),
        span: source.span(span.0, span.1),
    })
}

/// Fields that are not there yet.
fn keys(context: &Context) -> Vec<Completion> {
    let Some(object) = context.object() else { return root_keys(context) };
    let word = context.word.to_lowercase();
    let fits = |field: &&Field| {
        field.name.to_lowercase().starts_with(&word)
            && !context.siblings.iter().any(|name| name == field.name)
    };
    let mut found: Vec<&Field> = object.fields.iter().filter(fits).collect();
    found.order_by_key(|field| (!field.required, field.name == "status"));
    found.into_iter().map(|field| key(context, object, field)).collect()
}

fn key(context: &Context, object: &'static ObjectType, field: &Field) -> Completion {
    let deeper = " ".repeat(context.column + 2);
    let behind = match field.ty.shape() {
        Shape::Object(_) | Shape::Map(_) | Shape::ResourceList => format!("\n{deeper}"),
        Shape::List(element) if element.object().is_some() => {
            format!("\n{}- ", " ".repeat(context.column))
        }
        Shape::List(_) => " []".into(),
        _ => " ".into(),
    };
    Completion {
        label: field.name.into(),
        insert: format!("{}:{behind}", field.name),
        from: context.from,
        to: context.to,
        detail: field.ty.explained(),
        required: field.required,
        docs: field_docs(object, field.name),
    }
}

/// The first lines of a document whose kind is not written yet.
fn root_keys(context: &Context) -> Vec<Completion> {
    if !context.path.is_empty() {
        return Vec::new();
    }
    let names = ["apiVersion", "kind", "metadata", "spec"];
    let free = names.into_iter().filter(|name| {
        name.to_lowercase().starts_with(&context.word.to_lowercase())
            && !context.siblings.iter().any(|sibling| sibling == name)
    });
    free.map(|name| Completion {
        label: name.into(),
        insert: if name == "spec" || name == "metadata" {
            format!("{name}:\n  ")
        } else {
            format!("{name}: ")
        },
        from: context.from,
        to: context.to,
        detail: String::new(),
        required: name != "spec",
        docs: None,
    })
    .collect()
}

fn values(context: &Context, key: &str) -> Vec<Completion> {
    let words: Vec<String> = match (context.path.is_empty(), key) {
        (true, "kind") => Kind::ALL
            .into_iter()
            .filter(|kind| {
                context.api_version.as_ref().is_none_or(|version| kind.api_version() == *version)
            })
            .map(|kind| kind.name().to_owned())
            .collect(),
        (true, "apiVersion") => {
            let mut versions: Vec<String> = Kind::ALL
                .into_iter()
                .filter(|kind| context.kind_name.as_ref().is_none_or(|name| kind.name() == name))
                .map(|kind| kind.api_version().to_owned())
                .collect();
            versions.order();
            versions.dedup();
            versions
        }
        _ => field_values(context, key),
    };
    let word = context.word.to_lowercase();
    words
        .into_iter()
        .filter(|value| value.to_lowercase().starts_with(&word))
        .map(|value| Completion {
            label: value.clone(),
            insert: value,
            from: context.from,
            to: context.to,
            detail: String::new(),
            required: false,
            docs: None,
        })
        .collect()
}

fn field_values(context: &Context, key: &str) -> Vec<String> {
    let Some(field) = context.object().and_then(|object| object.field(key)) else {
        return Vec::new();
    };
    match field.ty.shape() {
        Shape::Bool => vec!["true".into(), "false".into()],
        _ => field.ty.values().iter().map(|value| (*value).to_owned()).collect(),
    }
}

impl Context {
    /// The type of the object that the cursor's line belongs to.
    pub fn object(&self) -> Option<&'static ObjectType> {
        let kind =
            Kind::ALL.into_iter().find(|kind| Some(kind.name()) == self.kind_name.as_deref())?;
        let names: Vec<&str> = self.path.iter().map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            return Some(Schema::of(kind));
        }
        let field = Schema::of(kind).at(&names)?;
        match field.ty.shape() {
            Shape::Map(_) => None,
            _ => field.ty.object(),
        }
    }

    /// The path of a field of that object, with the indexes of lists.
    fn path_of(&self, name: &str) -> String {
        let mut path = String::new();
        for (key, index) in &self.path {
            path.push_str(key);
            if let Some(index) = index {
                path.push_str(&format!("[{index}]"));
            }
            path.push('.');
        }
        path.push_str(name);
        path
    }
}

#[cfg(test)]
mod tests;
