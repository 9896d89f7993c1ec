//! Tables and the other output forms. Follows `k8s.io/cli-runtime/pkg/printers`.

use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::manifest::to_yaml;

/// Rows as a table: columns as wide as their widest cell and three blanks, at least six; the last one not padded.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    let widths = widths(rows);
    for row in rows {
        push_row(&mut text, row, &widths);
    }
    text
}

/// The widths of the columns.
pub(super) fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    (0..count).map(|column| (width(column) + 3).max(6)).collect()
}

/// Makes room for a row that comes after the widths were found.
pub(super) fn widen(known: &mut Vec<usize>, row: &[String]) {
    let needed = widths(&[row.to_vec()]);
    known.resize(known.len().max(needed.len()), 0);
    for (width, needed) in known.iter_mut().zip(needed) {
        *width = (*width).max(needed);
    }
}

/// One row of a table whose widths are known.
pub(super) fn push_row(text: &mut String, row: &[String], widths: &[usize]) {
    for (index, cell) in row.iter().enumerate() {
        let cell = cell.lines().next().unwrap_or_default();
        text.push_str(cell);
        if index + 1 < row.len() {
            let width = widths.get(index).copied().unwrap_or(0);
            text.push_str(&" ".repeat(width.saturating_sub(cell.chars().count())));
        }
    }
    text.push('\n');
}

/// Objects in the form that `-o` asks for; tables are not made here.
pub(super) fn print(form: &str, objects: &[AnyObject], many: bool) -> Result<String, String> {
    let value = || match (objects, many) {
        ([one], false) => one.to_value(),
        _ => crate::object! {
            "apiVersion" => "v1",
            "items" => objects.iter().map(AnyObject::to_value).collect::<Vec<_>>(),
            "kind" => "List",
            "metadata" => crate::object! { "resourceVersion" => "" },
        },
    };
    match form.split_once('=').unwrap_or((form, "")) {
        ("yaml", _) => Ok(to_yaml(&value())),
        ("json", _) => Ok(pretty(&value())),
        ("name", _) => Ok(objects
            .iter()
            .map(|one| format!("{}/{}\n", one.kind().word(), one.meta().name))
            .collect()),
        ("jsonpath", template) => json_path(template, &value()),
        ("custom-columns", spec) => custom_columns(spec, objects),
        _ => Err(format!(
            "error: unable to match a printer suitable for the output format \"{form}\", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml"
        )),
    }
}

/// JSON with four blanks, as kubectl prints it.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    if serde::Serialize::serialize(value, &mut serializer).is_err() {
        return String::new();
    }
    text.push(b'\n');
    String::from_utf8(text).unwrap_or_default()
}

/// `{.metadata.name}`, `{.items[*].metadata.name}`, `{range …}…{end}`, quoted texts. Follows client-go's jsonpath.
fn json_path(template: &str, value: &Value) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((text, tail)) = rest.split_once('{') {
        out.push_str(text);
        let Some((expression, tail)) = tail.split_once('}') else {
            return Err(format!("error: error parsing jsonpath {template}, unclosed action"));
        };
        rest = tail;
        let expression = expression.trim();
        if let Some(path) = expression.strip_prefix("range ") {
            let Some((body, after)) = split_end(rest) else {
                return Err(format!(
                    "error: error parsing jsonpath {template}, not enough items to build range"
                ));
            };
            for item in select(path, value) {
                out.push_str(&json_path(body, &item)?);
            }
            rest = after;
        } else if let Some(quoted) =
            expression.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
        {
            out.push_str(&quoted.replace("\\n", "\n").replace("\\t", "\t"));
        } else {
            let found: Vec<String> = select(expression, value).iter().map(shown).collect();
            out.push_str(&found.join(" "));
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The text up to the `{end}` that belongs to a range, and what follows it.
fn split_end(text: &str) -> Option<(&str, &str)> {
    text.split_once("{end}")
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => other.to_json(),
    }
}

/// The values at a path: `.a.b[0].c[*]`, `['key']`, `[?(@.a=="b")]`.
pub(super) fn select(path: &str, value: &Value) -> Vec<Value> {
    let mut found = vec![value.clone()];
    let mut rest = path.trim().trim_start_matches('$').trim_start_matches('@');
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('.') {
            let mut key = String::new();
            let mut letters = tail.char_indices();
            let mut end = tail.len();
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '\\' => key.extend(letters.next().map(|(_, letter)| letter)),
                    '.' | '[' => {
                        end = at;
                        break;
                    }
                    letter => key.push(letter),
                }
            }
            rest = tail.get(end..).unwrap_or_default();
            if key == "*" {
                found = found
                    .iter()
                    .flat_map(|one| {
                        one.entries()
                            .map(|(_, value)| value.clone())
                            .chain(one.items().iter().cloned())
                            .collect::<Vec<_>>()
                    })
                    .collect();
            } else if !key.is_empty() {
                found = found.iter().filter_map(|one| one.get(&key).cloned()).collect();
            }
        } else if let Some((inside, tail)) =
            rest.strip_prefix('[').and_then(|tail| tail.split_once(']'))
        {
            rest = tail;
            found = found.iter().flat_map(|one| bracket(inside, one)).collect();
        } else {
            return Vec::new();
        }
    }
    found
}

fn bracket(inside: &str, value: &Value) -> Vec<Value> {
    let inside = inside.trim();
    if inside == "*" {
        return value.items().to_vec();
    }
    if let Some(condition) = inside.strip_prefix("?(").and_then(|text| text.strip_suffix(')')) {
        let Some((path, wanted)) = condition.split_once("==") else { return Vec::new() };
        let wanted = wanted.trim().trim_matches(['"', '\'']);
        let hit =
            |item: &&Value| select(path.trim(), item).iter().any(|found| shown(found) == wanted);
        return value.items().iter().filter(hit).cloned().collect();
    }
    if let Some(key) = inside.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return value.get(key).cloned().into_iter().collect();
    }
    let items = value.items();
    let index: Option<usize> = match inside.parse::<i64>() {
        Ok(index) if index < 0 => {
            items.len().checked_sub(usize::try_from(-index).unwrap_or(usize::MAX))
        }
        Ok(index) => usize::try_from(index).ok(),
        Err(_) => None,
    };
    index.and_then(|index| items.get(index)).cloned().into_iter().collect()
}

fn custom_columns(spec: &str, objects: &[AnyObject]) -> Result<String, String> {
    let columns: Option<Vec<(&str, &str)>> =
        spec.split(',').map(|column| column.split_once(':')).collect();
    let Some(columns) = columns else {
        return Err(format!(
            "error: unexpected custom-columns spec: {spec}, expected <header>:<json-path-expr>"
        ));
    };
    let mut rows = vec![columns.iter().map(|(header, _)| (*header).to_owned()).collect::<Vec<_>>()];
    for object in objects {
        let value = object.to_value();
        let cell = |path: &str| {
            let path =
                if path.starts_with(['.', '[']) { path.to_owned() } else { format!(".{path}") };
            let found: Vec<String> = select(&path, &value).iter().map(shown).collect();
            if found.is_empty() { "<none>".to_owned() } else { found.join(",") }
        };
        rows.push(columns.iter().map(|(_, path)| cell(path)).collect());
    }
    Ok(table(&rows))
}
