//! `-o custom-columns=HEADER:PATH,…`. Follows `pkg/cmd/get/customcolumn.go`.

use super::jsonpath::JsonPath;
use super::tabwriter::Columns;
use crate::api::value::Value;
use crate::apiserver::patch::go_print;

/// Columns that were read.
#[derive(Clone, Debug)]
pub(super) struct CustomColumns {
    columns: Vec<(String, JsonPath)>,
    headers: bool,
    layout: Columns,
}

/// `name`, `.name`, `{name}` and `{.name}` are the same path.
///
/// # Errors
/// kubectl's words.
pub(super) fn relaxed(path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let bare = path.strip_prefix('{').and_then(|path| path.strip_suffix('}')).unwrap_or(path);
    let bare = bare.strip_prefix('.').unwrap_or(bare);
    match bare.contains(['{', '}']) {
        true => Err("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'".into()),
        false => Ok(format!("{{.{bare}}}")),
    }
}

impl CustomColumns {
    /// Reads `HEADER:PATH,HEADER:PATH`.
    ///
    /// # Errors
    /// kubectl's words.
    pub(super) fn parse(spec: &str, headers: bool) -> Result<Self, String> {
        if spec.is_empty() {
            return Err("custom-columns format specified but no custom columns given".into());
        }
        let mut columns = Vec::new();
        for part in spec.split(',') {
            let (header, path) = part.split_once(':').ok_or_else(|| {
                format!(
                    "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                )
            })?;
            columns.push((header.to_owned(), JsonPath::parse_plain(&relaxed(path)?)?));
        }
        Ok(Self { columns, headers, layout: Columns::of_tables() })
    }

    /// Reads a file of two lines: headers, paths.
    ///
    /// # Errors
    /// kubectl's words.
    pub(super) fn parse_file(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let (Some(headers), Some(paths)) = (lines.next(), lines.next()) else {
            let missing = if text.is_empty() { "header" } else { "spec" };
            return Err(format!(
                "invalid template, missing {missing} line. Expected format is one line of space separated headers, one line of space separated column specs."
            ));
        };
        let headers: Vec<&str> = headers.split_whitespace().collect();
        let paths: Vec<&str> = paths.split_whitespace().collect();
        if headers.len() != paths.len() {
            let (one, other) = (headers.len(), paths.len());
            return Err(format!(
                "number of headers ({one}) and field specifications ({other}) don't match"
            ));
        }
        let mut columns = Vec::new();
        for (header, path) in headers.into_iter().zip(paths) {
            columns.push((header.to_owned(), JsonPath::parse_plain(&relaxed(path)?)?));
        }
        Ok(Self { columns, headers: true, layout: Columns::of_tables() })
    }

    /// Rows of objects, with the header above the first ones.
    ///
    /// # Errors
    /// client-go's words.
    pub(super) fn print(&mut self, objects: &[Value]) -> Result<String, String> {
        let mut text = String::new();
        if std::mem::take(&mut self.headers) {
            let headers: Vec<&str> =
                self.columns.iter().map(|(header, _)| header.as_str()).collect();
            text.push_str(&headers.join("\t"));
            text.push('\n');
        }
        for object in objects {
            let mut cells = Vec::new();
            for (_, path) in &self.columns {
                let found = path.results(object, true)?;
                let values: Vec<String> = found.iter().flatten().map(go_print).collect();
                cells.push(if values.is_empty() { "<none>".into() } else { values.join(",") });
            }
            text.push_str(&cells.join("\t"));
            text.push('\n');
        }
        Ok(self.layout.align(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_show_values_as_go_prints_them() {
        let object = Value::from_json(
            r#"{"metadata":{"name":"a","labels":{"run":"x"}},"spec":{"c":[{"image":"i"},{"image":"j"}]},"n":null}"#,
        )
        .unwrap();
        let spec = "N:.metadata.name,L:metadata.labels,I:{.spec.c[*].image},X:.nope,Z:.n";
        let mut columns = CustomColumns::parse(spec, true).unwrap();
        assert_eq!(
            columns.print(&[object]).unwrap(),
            "N     L            I     X        Z\na     map[run:x]   i,j   <none>   <nil>\n"
        );
        assert_eq!(
            CustomColumns::parse("NAME", true).map(|_| ()).unwrap_err(),
            "unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>"
        );
    }
}
