//! The shape of the house: one direction of dependencies, and no leftovers.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests are not tests to clippy

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the ground up; `ARCHITECTURE.md` says what each is for.
const LAYERS: [&str; 17] = [
    "persistent",
    "language",
    "sim",
    "api",
    "manifest",
    "store",
    "reconcile",
    "apiserver",
    "scheduler",
    "containers",
    "controllers",
    "kubelet",
    "cluster",
    "terminal",
    "lessons",
    "view",
    "ui",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|one| *one == layer)
}

/// Which higher layers a text of `layer` names.
fn higher(layer: &str, text: &str) -> Vec<String> {
    let own = rank(layer).unwrap();
    text.split("crate::")
        .skip(1)
        .map(|rest| {
            rest.chars().take_while(|one| one.is_ascii_lowercase() || *one == '_').collect()
        })
        .filter(|named: &String| rank(named).is_some_and(|other| other > own))
        .collect()
}

#[test]
fn a_file_names_its_own_layer_and_lower_ones() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut wrong = Vec::new();
    for path in &files {
        let inside = path.strip_prefix(root().join("src")).unwrap();
        let first = inside.iter().next().unwrap().to_str().unwrap();
        let layer = first.trim_end_matches(".rs");
        if rank(layer).is_none() {
            assert!(matches!(layer, "lib" | "main" | "bin"), "{layer} has no place in the house");
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains("use crate::{"), "{}: one layer per line", inside.display());
        for named in higher(layer, &text) {
            wrong.push(format!("{} names {named}", inside.display()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_higher_layer_is_noticed() {
    assert_eq!(higher("sim", "use crate::api::Kind;"), ["api"]);
    assert_eq!(higher("api", "use crate::sim::Time; crate::object! {}"), Vec::<String>::new());
}

#[test]
fn every_layer_is_described() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let book = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for layer in LAYERS {
        assert!(lib.contains(&format!("pub mod {layer};")), "src/lib.rs has no {layer}");
        assert!(book.contains(&format!("`{layer}`")), "ARCHITECTURE.md has no {layer}");
    }
}

#[test]
fn only_the_platform_names_the_browser() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let names = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        !path.components().any(|part| part.as_os_str() == "platform")
            && ["web_sys", "js_sys"].iter().any(|name| text.contains(name))
    };
    assert_eq!(files.into_iter().filter(names).collect::<Vec<_>>(), Vec::<PathBuf>::new());
}
