//! `kubectl explain`: the documentation of kinds and fields, from the schema. Follows `pkg/explain/v2`.

use super::problem::{Failure, Problem};
use super::resources;
use super::{After, Context, DONE};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::schema::{self, Field, ObjectType, Schema, Shape};
use crate::language::Text;

/// Runs `explain`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let [word] = words.as_slice() else {
        return Err(match words.is_empty() {
            true => Failure::new(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.",
            ),
            false => Failure::new("We accept only this format: explain RESOURCE\n"),
        });
    };
    let form = context.flags.text("output");
    if !matches!(form, "" | "plaintext" | "plaintext-openapiv2") {
        return Err(Failure::new(format!("unrecognized format: {form}")));
    }
    let mut parts = word.split('.');
    let first = parts.next().unwrap_or(word);
    let kind = resources::kind(first).map_err(|failure| Failure {
        problems: failure.problems.into_iter().map(without_prefix).collect(),
        ..failure
    })?;
    let mut path: Vec<&str> = parts.collect();
    // `deployments.apps.spec`, `jobs.v1.batch.spec`
    for skipped in ["v1", kind.info().group] {
        let group: Vec<&str> = skipped.split('.').filter(|part| !part.is_empty()).collect();
        if !group.is_empty() && path.starts_with(&group) {
            path.drain(..group.len());
        }
    }
    if schema::docs().is_none() {
        let text = Text::new("terminal.docs-loading");
        return Err(Failure::new("the documentation of fields is not loaded yet").explained(text));
    }
    let version = context.flags.text("api-version");
    if !version.is_empty() && version != kind.api_version() {
        let slash = if version.contains('/') { "" } else { "/" };
        let about = format!("{slash}{version}, Resource={}", kind.info().plural);
        let words = format!("couldn't find resource for {}", go_quote(&about));
        return Err(Failure::new(words));
    }
    // What is asked for is told before it is looked for.
    context.out(&heading(kind));
    let text = page(kind, &path, context.flags.has("recursive"))?;
    context.out(&text);
    DONE
}

/// An unknown type is refused without `error: `.
fn without_prefix(problem: Problem) -> Problem {
    match problem {
        Problem::Words(words) => Problem::Verbatim(words),
        other => other,
    }
}

/// Group, kind and version.
fn heading(kind: Kind) -> String {
    let info = kind.info();
    let version = kind.api_version();
    let version = version.rsplit('/').next().unwrap_or(version);
    let group = match info.group {
        "" => String::new(),
        group => format!("GROUP:      {group}\n"),
    };
    format!("{group}KIND:       {}\nVERSION:    {version}\n\n", info.name)
}

/// The page of a kind or of one of its fields.
fn page(kind: Kind, path: &[&str], recursive: bool) -> Result<String, Failure> {
    let mut text = String::new();
    let mut ty = Schema::of(kind);
    let mut field: Option<(&'static ObjectType, &'static Field)> = None;
    for (index, name) in path.iter().enumerate() {
        let missing = || Failure::new(format!("field {} does not exist", go_quote(name)));
        let found = ty.field(name).ok_or_else(missing)?;
        field = Some((ty, found));
        match found.ty.object() {
            Some(inner) => ty = inner,
            None if index + 1 < path.len() => {
                let rest = path.get(index + 1).copied().unwrap_or_default();
                return Err(Failure::new(format!("field {} does not exist", go_quote(rest))));
            }
            None => {}
        }
    }
    let mut description = schema::object_docs(ty).unwrap_or_default().to_owned();
    let mut shows_fields = true;
    if let Some((holder, found)) = field {
        text.push_str(&format!("FIELD: {} <{}>\n", found.name, found.ty.explained()));
        let own = schema::field_docs(holder, found.name).unwrap_or_default();
        let values = found.ty.enumeration();
        text.push_str(if values.is_empty() { "\n" } else { "ENUM:\n" });
        text.extend(values.iter().map(|value| format!("    {value}\n")));
        shows_fields = found.ty.object().is_some();
        description = match (own.is_empty(), shows_fields) {
            (true, _) => description,
            (false, true) if description.is_empty() => own.to_owned(),
            (false, true) => format!("{own}\n{description}"),
            (false, false) => own.to_owned(),
        };
    }
    if field.is_some() {
        text.push('\n');
    }
    text.push_str(&format!("DESCRIPTION:\n{}    \n", wrapped(&description, 4)));
    if shows_fields && !ty.fields.is_empty() {
        text.push_str("FIELDS:\n");
        text.push_str(&fields(ty, recursive, 0));
    }
    text.push('\n');
    Ok(text)
}

/// Paragraphs, wrapped at eighty letters and indented.
fn wrapped(text: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let width = 80_usize.saturating_sub(indent);
    let mut all = String::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let needed = line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && needed > width {
                all.push_str(&format!("{pad}{line}\n"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        all.push_str(&format!("{pad}{line}\n"));
    }
    all
}

/// How many values of a closed list are shown beside a field.
const MOST_VALUES: usize = 4;
/// How deep a recursive list goes.
const DEEPEST: usize = 12;

fn fields(ty: &'static ObjectType, recursive: bool, depth: usize) -> String {
    let mut all = String::new();
    let pad = "  ".repeat(depth + 1);
    for field in &ty.fields {
        let required = if field.required { " -required-" } else { "" };
        all.push_str(&format!("{pad}{}\t<{}>{required}\n", field.name, field.ty.explained()));
        let values = field.ty.enumeration();
        if !values.is_empty() {
            let shown: Vec<&str> = values.iter().take(MOST_VALUES).copied().collect();
            let more = if values.len() > MOST_VALUES { ", ...." } else { "" };
            all.push_str(&format!("{pad}enum: {}{more}\n", shown.join(", ")));
        }
        if !recursive {
            let own = schema::field_docs(ty, field.name).unwrap_or_default();
            all.push_str(&wrapped(own, 4 + 2 * depth));
            all.push('\n');
        } else if depth < DEEPEST
            && !matches!(field.ty.shape(), Shape::Json)
            && let Some(inner) = field.ty.object()
        {
            all.push_str(&fields(inner, true, depth + 1));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields whose values the API server publishes with its gate `OpenAPIEnums`, in the order of
    /// `zz_generated.openapi.go`; and some whose types have values that it does not.
    #[test]
    fn values_are_told_as_the_api_publishes_them() {
        for (path, values) in [
            ("restartPolicy", "Always Never OnFailure"),
            ("containers imagePullPolicy", "Always IfNotPresent Never"),
            (
                "volumes hostPath type",
                "\"\" BlockDevice CharDevice Directory DirectoryOrCreate File FileOrCreate Socket",
            ),
            ("containers restartPolicy", ""),
            ("containers resizePolicy restartPolicy", ""),
            ("os name", ""),
            ("topologySpreadConstraints labelSelector matchExpressions operator", ""),
        ] {
            let path: Vec<&str> = std::iter::once("spec").chain(path.split(' ')).collect();
            let page = page(Kind::Pod, &path, false).unwrap();
            let told = page.split("\n\n").next().unwrap();
            let told: Vec<&str> = told.lines().skip(2).map(str::trim).collect();
            assert_eq!(told.join(" "), values, "{path:?}\n{page}");
        }
        let list =
            fields(Schema::of(Kind::Job).at(&["spec"]).unwrap().ty.object().unwrap(), true, 0);
        assert!(list.contains("completionMode\t<string>\n  enum: Indexed, NonIndexed\n"), "{list}");
    }
}
