//! What the server refuses and in which words: the cases of `tests/cases/validation*.txt`, and manifests that must pass.
//!
//! A case is `== what holds`, a line `create KIND`, `update KIND` or `warn KIND`, the object as YAML, for an update a
//! line `change` and a merge patch, and after `expect` the lines that the server would answer, or `nothing`.
//! Metadata that a case leaves out is name `x` in namespace `default` with uid `U`.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests are not tests to clippy

use std::fs;
use std::path::Path;

use podyard::api::validation::{validate_create, validate_update, warnings};
use podyard::api::{AnyObject, Kind, Value, defaults, strategy};

struct Case {
    title: String,
    verb: String,
    kind: Kind,
    given: String,
    change: String,
    expected: String,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = 0;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("== ") {
            let (given, change, expected) = Default::default();
            let title = title.to_owned();
            cases.push(Case {
                title,
                verb: String::new(),
                kind: Kind::Pod,
                given,
                change,
                expected,
            });
            part = 0;
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        let target = match (part, line) {
            (0, _) => {
                let (verb, kind) =
                    line.split_once(' ').unwrap_or_else(|| panic!("{}: {line}", case.title));
                verb.clone_into(&mut case.verb);
                case.kind =
                    Kind::from_word(kind).unwrap_or_else(|| panic!("{}: {line}", case.title));
                part = 1;
                continue;
            }
            (1, "change") => {
                part = 2;
                continue;
            }
            (1 | 2, "expect") => {
                part = 3;
                continue;
            }
            (1, _) => &mut case.given,
            (2, _) => &mut case.change,
            _ => &mut case.expected,
        };
        target.push_str(line);
        target.push('\n');
    }
    cases
}

fn read(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).unwrap_or_else(|refusal| panic!("{refusal} in\n{yaml}"))
}

/// JSON merge patch.
fn merge(target: &mut Value, patch: &Value) {
    for (key, value) in patch.entries() {
        match value {
            Value::Null => {
                target.remove(key);
            }
            Value::Object(_) if target.get(key).is_some() => merge(target.child(key), value),
            _ => target.set(key, value.clone()),
        }
    }
}

/// The object as the server has it when it validates.
fn prepared(kind: Kind, yaml: &str) -> Value {
    let mut object = read(yaml);
    let metadata = object.child("metadata");
    if metadata.get("generateName").is_none() {
        metadata.set_default("name", "x");
    }
    if kind.namespaced() {
        metadata.set_default("namespace", "default");
    }
    metadata.set("uid", "U");
    metadata.set("resourceVersion", "1");
    defaults::apply(kind, &mut object);
    let status = object.get("status").cloned();
    strategy::prepare_for_create(kind, &mut object, "U");
    if let Some(status) = status {
        object.set("status", status);
    }
    object
}

fn answer(case: &Case) -> Vec<String> {
    let object = prepared(case.kind, &case.given);
    let errors = match case.verb.as_str() {
        "create" => validate_create(case.kind, &object),
        "warn" => return warnings(case.kind, &object),
        "update" => {
            let mut new = object.clone();
            merge(&mut new, &read(&case.change));
            defaults::apply(case.kind, &mut new);
            strategy::prepare_for_update(case.kind, &mut new, &object);
            validate_update(case.kind, &new, &object)
        }
        verb => panic!("{}: no such verb: {verb}", case.title),
    };
    let mut lines: Vec<String> = Vec::new();
    for error in errors {
        // Identical lines are reported once.
        if !lines.contains(&error.line()) {
            lines.push(error.line());
        }
    }
    lines
}

#[test]
fn every_case() {
    let mut count = 0;
    let mut wrong = String::new();
    let mut files: Vec<_> =
        fs::read_dir("tests/cases").unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        if !file.file_name().unwrap().to_string_lossy().starts_with("validation") {
            continue;
        }
        for case in cases(&fs::read_to_string(&file).unwrap()) {
            count += 1;
            let lines = answer(&case);
            let seen = if lines.is_empty() { "nothing".into() } else { lines.join("\n") };
            if seen.trim() != case.expected.trim() {
                wrong.push_str(&format!(
                    "\n== {} ({})\n-- expected\n{}\n-- seen\n{seen}\n",
                    case.title,
                    file.display(),
                    case.expected.trim()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 130, "only {count} cases were found");
}

/// What the server would keep of every manifest and of every object of a case that is not refused.
fn accepted() -> Vec<(String, Kind, Value)> {
    let mut list = Vec::new();
    for folder in ["tests/cases", "tests/manifests"] {
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let text = || fs::read_to_string(&file).unwrap();
            if folder == "tests/manifests" {
                list.push((name, kind_of(&read(&text())), text()));
            } else if name.starts_with("validation") {
                let cases = cases(&text()).into_iter();
                list.extend(cases.map(|case| (case.title, case.kind, case.given)));
            }
        }
    }
    let list = list.into_iter().map(|(name, kind, text)| (name, kind, prepared(kind, &text)));
    let list = list.filter(|(_, kind, object)| validate_create(*kind, object).is_empty());
    list.map(|(name, kind, mut object)| {
        strategy::canonicalize(kind, &mut object);
        (name, kind, object)
    })
    .collect()
}

fn kind_of(object: &Value) -> Kind {
    let (kind, version) = (object.str_at("kind").unwrap(), object.str_at("apiVersion").unwrap());
    Kind::from_manifest(kind, version).unwrap_or_else(|| panic!("{kind} of {version}"))
}

/// What is stored is a fixed point: nothing more to fill in, nothing that the typed form loses, and writing it back
/// unchanged is no change.
#[test]
fn what_is_stored_stays_as_it_is() {
    let accepted = accepted();
    assert!(accepted.len() >= 50, "only {} objects", accepted.len());
    for (name, kind, mut object) in accepted {
        object.set("apiVersion", kind.api_version());
        object.set("kind", kind.name());
        let mut again = object.clone();
        defaults::apply(kind, &mut again);
        assert_eq!(again, object, "{name}: defaults");
        let mut typed = AnyObject::from_value(kind, &object).to_value();
        for part in ["spec", "data"] {
            let (typed, given) = (typed.get(part), object.get(part));
            assert_eq!(typed, given, "{name}: typed {part}\n{typed:?}\n{given:?}");
        }
        typed.set("metadata", object.get("metadata").cloned().unwrap());
        defaults::apply(kind, &mut typed);
        strategy::prepare_for_update(kind, &mut typed, &object);
        let errors = validate_update(kind, &typed, &object);
        let lines: Vec<String> = errors.iter().map(podyard::api::FieldError::line).collect();
        assert!(lines.is_empty(), "{name}: unchanged, but {lines:#?}");
        assert!(!strategy::spec_changed(kind, &typed, &object), "{name}: unchanged, but changed");
    }
}

#[test]
fn manifests_of_study_notes_pass() {
    let folder = Path::new("tests/manifests");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let text = fs::read_to_string(&file).unwrap();
        let kind = kind_of(&read(&text));
        let errors = validate_create(kind, &prepared(kind, &text));
        let lines: Vec<String> = errors.iter().map(podyard::api::FieldError::line).collect();
        assert!(lines.is_empty(), "{}: {lines:#?}", file.display());
        count += 1;
    }
    assert!(count >= 20, "only {count} manifests were found");
}
