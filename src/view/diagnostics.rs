//! What is wrong with a file, for the editor: in UTF-16 offsets, in the reader's language, and what the server would
//! refuse included, so that nothing new is heard on Apply.

use crate::api::value::Value;
use crate::api::{ObjectKey, Reason};
use crate::apiserver::Patch;
use crate::cluster::{Cluster, WriteOptions};
use crate::language::Language;
use crate::manifest::{self, Decoded, Diagnostic, Edit, Severity, Utf16};
use crate::object;
use crate::sim::order::Order as _;

/// One replacement of a mending edit, in UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// First unit to go.
    pub from: usize,
    /// Behind the last unit to go.
    pub to: usize,
    /// What comes instead.
    pub insert: String,
}

/// An edit that mends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// The replacements.
    pub changes: Vec<Change>,
}

/// A marked stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// First unit.
    pub from: usize,
    /// Behind the last unit.
    pub to: usize,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// `error`, `warning`, `info`
    pub severity: &'static str,
    /// The cluster's own words, or nothing.
    pub message: String,
    /// The plain reason.
    pub why: String,
    /// The edit that mends it.
    pub fix: Option<Fix>,
}

/// Everything there is to say about a file, in the order of its lines.
pub fn check(cluster: &mut Cluster, file: &str, text: &str, language: Language) -> Vec<Mark> {
    let units = Utf16::new(text);
    let mut marks = Vec::new();
    for decoded in manifest::load(file, text.as_bytes()) {
        let refused = refused(cluster, &decoded);
        let all = decoded.diagnostics.iter().chain(&refused);
        marks.extend(all.map(|one| mark(one, &units, language)));
    }
    marks.order_by_key(|mark| mark.from);
    marks.dedup();
    marks
}

/// What the server would refuse: asked by a dry run, so that the words and rules are its own.
fn refused(cluster: &mut Cluster, decoded: &Decoded) -> Vec<Diagnostic> {
    let Some(kind) = decoded.kind.filter(|_| decoded.refusal.is_none()) else { return Vec::new() };
    let namespace = match (kind.namespaced(), decoded.namespace()) {
        (false, _) => "",
        (true, "") => "default",
        (true, own) => own,
    };
    let options = WriteOptions { dry_run: true, words: String::new() };
    let name = decoded.value.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default();
    let key = ObjectKey::new(namespace, name);
    let answer = match cluster.store().get(kind, &key) {
        // What is there is changed as apply would: some fields of it may not change.
        Some(_) => cluster.patch(kind, &key, Patch::Strategic(decoded.value.clone()), &options),
        None => cluster.create(kind, namespace, decoded.value.clone(), &options),
    };
    match answer {
        Err(error) if error.reason == Reason::Invalid => decoded.diagnose(&error.causes),
        _ => Vec::new(),
    }
}

fn mark(one: &Diagnostic, units: &Utf16, language: Language) -> Mark {
    Mark {
        from: units.from_byte(one.span.start.offset),
        to: units.from_byte(one.span.end.offset),
        line: one.span.start.line,
        column: one.span.start.column,
        severity: match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "info",
        },
        message: one.message.clone(),
        why: one.why.render(language),
        fix: one.fix.as_ref().map(|edit| fix(edit, units, language)),
    }
}

fn fix(edit: &Edit, units: &Utf16, language: Language) -> Fix {
    let changes = edit.replacements.iter().map(|replacement| Change {
        from: units.from_byte(replacement.from),
        to: units.from_byte(replacement.to),
        insert: replacement.insert.clone(),
    });
    Fix { title: edit.title.render(language), changes: changes.collect() }
}

/// The edits of a fix as the editor reads them.
fn changes(fix: &Fix) -> Vec<Value> {
    let changes = fix.changes.iter().map(|change| {
        object! {
            "from" => units(change.from),
            "to" => units(change.to),
            "insert" => change.insert.as_str(),
        }
    });
    changes.collect()
}

/// The same as JSON.
pub fn changes_json(fix: &Fix) -> String {
    Value::from(changes(fix)).to_json()
}

/// The marks as the editor reads them.
pub fn to_json(marks: &[Mark]) -> String {
    let all = marks.iter().map(|mark| {
        let parts = [mark.message.as_str(), mark.why.as_str()];
        let shown: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let mut value = object! {
            "from" => units(mark.from),
            "to" => units(mark.to),
            "severity" => mark.severity,
            "message" => shown.join("\n\n"),
        };
        if let Some(fix) = &mark.fix {
            let changes = changes(fix);
            value.set("fix", object! { "title" => fix.title.as_str(), "changes" => changes });
        }
        value
    });
    Value::from(all.collect::<Vec<Value>>()).to_json()
}

fn units(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What could stand at a place of a text, as the editor reads it; offsets in UTF-16 units.
pub fn completions(text: &str, at: usize) -> String {
    let map = Utf16::new(text);
    let found = manifest::assist::complete(text, map.to_byte(at));
    let all = found.iter().map(|one| {
        object! {
            "label" => one.label.as_str(),
            "insert" => one.insert.as_str(),
            "from" => units(map.from_byte(one.from)),
            "to" => units(map.from_byte(one.to)),
            "detail" => one.detail.as_str(),
            "required" => one.required,
            "docs" => one.docs.unwrap_or_default(),
        }
    });
    Value::from(all.collect::<Vec<Value>>()).to_json()
}

/// What the field at a place of a text is for, as the editor reads it; `null` where there is none.
pub fn hover(text: &str, at: usize) -> String {
    let map = Utf16::new(text);
    let Some(one) = manifest::assist::hover(text, map.to_byte(at)) else {
        return Value::Null.to_json();
    };
    object! {
        "path" => one.path.as_str(),
        "type" => one.ty.as_str(),
        "required" => one.required,
        "values" => one.values.iter().map(|value| Value::from(*value)).collect::<Vec<_>>(),
        "docs" => one.docs.unwrap_or_default(),
        "from" => units(map.from_byte(one.span.start.offset)),
        "to" => units(map.from_byte(one.span.end.offset)),
    }
    .to_json()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Config;

    const RC: &str = include_str!("../../assets/examples/rc.yaml");

    #[test]
    fn what_the_server_would_refuse_is_marked_under_its_token() {
        let mut cluster = Cluster::new(Config::default());
        assert_eq!(check(&mut cluster, "a.yaml", RC, Language::En), []);
        let wrong = RC.replace("replicas: 3", "replicas: -3");
        let marks = check(&mut cluster, "a.yaml", &wrong, Language::En);
        assert_eq!(marks.len(), 1, "{marks:?}");
        assert_eq!(wrong.get(marks[0].from..marks[0].to), Some("-3"));
        assert!(marks[0].message.contains("must be greater than or equal to 0"), "{marks:?}");
        assert!(cluster.inputs().is_empty(), "nothing is kept");
    }

    #[test]
    fn a_change_that_is_not_allowed_is_marked_before_apply() {
        let mut cluster = Cluster::new(Config::default());
        let job = include_str!("../../assets/examples/job.yaml");
        for document in manifest::load("a.yaml", job.as_bytes()) {
            let (kind, options) = (document.kind.unwrap(), WriteOptions::default());
            cluster.create(kind, "default", document.value, &options).unwrap();
        }
        assert_eq!(check(&mut cluster, "a.yaml", job, Language::En), []);
        let changed = job.replace("image: busybox", "image: nginx");
        assert_ne!(changed, job);
        let marks = check(&mut cluster, "a.yaml", &changed, Language::En);
        assert!(marks[0].message.contains("field is immutable"), "{marks:?}");
    }

    #[test]
    fn offsets_count_as_the_browser_does() {
        let text = RC.replace("replicas: 3", "replicas: -3").replace("kind:", "# 파드 😀\nkind:");
        let mut cluster = Cluster::new(Config::default());
        let marks = check(&mut cluster, "a.yaml", &text, Language::Ko);
        let units: Vec<u16> = text.encode_utf16().collect();
        let word = String::from_utf16(&units[marks[0].from..marks[0].to]).unwrap();
        assert_eq!(word, "-3");
    }

    #[test]
    fn fields_are_completed_and_explained() {
        let text = "kind: Pod\napiVersion: v1\nspec:\n  cont";
        assert!(completions(text, text.len()).contains("\"label\":\"containers\""));
        assert!(hover(text, 25).contains("\"path\":\"spec\""), "{}", hover(text, 25));
        assert_eq!(hover("", 0), "null");
    }
}
