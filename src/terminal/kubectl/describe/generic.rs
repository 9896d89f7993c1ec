//! `describe` of kinds that have no describer of their own: every field by its name. Follows `genericDescriber` of
//! kubectl's describe.go.

use super::{annotations, pairs};
use crate::api::object::AnyObject;
use crate::api::value::Value;

/// What the first lines have told already.
const TOLD: [&str; 5] = [
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

/// Everything of an object, before its events.
pub(super) fn text(object: &AnyObject) -> String {
    let meta = object.meta();
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nLabels:\t{}\nAnnotations:\t{}\n",
        meta.name,
        meta.namespace,
        pairs(&meta.labels, &[], "="),
        annotations(&meta.annotations)
    );
    fields(&object.to_value(), 0, "", &mut text);
    text
}

fn fields(value: &Value, level: usize, path: &str, text: &mut String) {
    let pad = "  ".repeat(level);
    for (name, value) in value.entries() {
        let path = format!("{path}.{name}");
        if TOLD.contains(&path.as_str()) {
            continue;
        }
        let label = label(name);
        match value {
            Value::Object(_) => {
                text.push_str(&format!("{pad}{label}:\n"));
                fields(value, level + 1, &path, text);
            }
            Value::Array(items) => {
                text.push_str(&format!("{pad}{label}:\n"));
                for item in items.iter() {
                    match item {
                        Value::Object(_) => fields(item, level + 1, &path, text),
                        other => text.push_str(&format!("{pad}  {}\n", shown(other))),
                    }
                }
            }
            other => text.push_str(&format!("{pad}{label}:\t{}\n", shown(other))),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.to_string(),
        other => other.to_json(),
    }
}

/// `apiVersion` as `API Version`; a name with other letters stays as it is. Follows `smartLabelFor`.
fn label(field: &str) -> String {
    const ACRONYMS: [&str; 4] = ["API", "URL", "UID", "GUID"];
    if field.chars().any(|letter| !letter.is_alphabetic() && letter != '-') {
        return field.to_owned();
    }
    let mut merged: Vec<String> = Vec::new();
    let mut parts = camel_case(field).into_iter().peekable();
    while let Some(mut part) = parts.next() {
        let shouted = part.chars().count() >= 2
            && part.chars().all(|letter| !letter.is_alphabetic() || letter.is_uppercase());
        if shouted && let Some(next) = parts.next_if(|next| next.starts_with(char::is_uppercase)) {
            part.push_str(&next);
        }
        merged.push(part);
    }
    let words = merged.into_iter().map(|part| {
        let upper = part.to_uppercase();
        match part == part.to_lowercase() {
            _ if ACRONYMS.contains(&upper.as_str()) => upper,
            true => {
                let mut letters = part.chars();
                letters
                    .next()
                    .map(|first| first.to_uppercase().chain(letters).collect())
                    .unwrap_or_default()
            }
            false => part,
        }
    });
    words.collect::<Vec<String>>().join(" ")
}

/// The parts of a name in camel case: runs of one sort of letter; the last capital of a run begins the next one.
fn camel_case(name: &str) -> Vec<String> {
    let sort = |letter: char| (letter.is_lowercase(), letter.is_uppercase());
    let mut runs: Vec<String> = Vec::new();
    let mut last = None;
    for letter in name.chars() {
        match runs.last_mut() {
            Some(run) if last == Some(sort(letter)) => run.push(letter),
            _ => runs.push(letter.to_string()),
        }
        last = Some(sort(letter));
    }
    for at in 1..runs.len() {
        let [.., one, next] = runs.get_mut(..=at).unwrap_or_default() else { continue };
        if one.ends_with(char::is_uppercase)
            && next.starts_with(char::is_lowercase)
            && let Some(capital) = one.pop()
        {
            next.insert(0, capital);
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::label;

    /// From TestSmartLabelFor of kubectl.
    #[test]
    fn names_of_fields_become_labels() {
        for (field, expected) in [
            ("simpleField", "Simple Field"),
            ("respectPDBs", "Respect PDBs"),
            ("respectPDB", "Respect PDB"),
            ("apiURL", "API URL"),
            ("kubeAPI", "Kube API"),
            ("userUID", "User UID"),
            ("HTTPSProxy", "HTTPSProxy"),
            ("customCRDs", "Custom CRDs"),
            ("app.kubernetes.io/name", "app.kubernetes.io/name"),
        ] {
            assert_eq!(label(field), expected);
        }
    }
}
