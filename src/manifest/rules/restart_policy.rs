//! A restart policy that the kind does not allow: none or `Always` in a Job, anything but `Always` elsewhere.

use super::Known;
use super::edits::{indent_of, insert_lines, replace_value};
use crate::api::error::FieldError;
use crate::language::Text;
use crate::manifest::document::Decoded;

const CODE: &str = "restart-policy";

pub(super) fn check(document: &Decoded, wrong: &FieldError) -> Option<Known> {
    let pod_spec = wrong.path.strip_suffix(".restartPolicy")?;
    let written = document.places.value(&wrong.path).is_some();
    if wrong.text.contains(r#"valid values: "OnFailure", "Never""#) {
        let fix = if written {
            replace_value(document, &wrong.path, "OnFailure")
        } else {
            insert_policy(document, pod_spec)
        };
        let why = match written {
            true => Text::new("manifest.restart_policy.job"),
            false => Text::new("manifest.restart_policy.missing"),
        };
        return Some((CODE, why, fix));
    }
    let only_always = wrong.text.ends_with(r#"supported values: "Always""#);
    let why = Text::new("manifest.restart_policy.always");
    only_always.then(|| (CODE, why, replace_value(document, &wrong.path, "Always")))
}

/// `restartPolicy: Never` as the first line of the pod's spec.
fn insert_policy(document: &Decoded, pod_spec: &str) -> Option<crate::manifest::diagnostic::Edit> {
    let places = &document.places;
    let node = places.follow(pod_spec).node?;
    let (first, _) = *places.tree.entries(node).first()?;
    let source = places.source();
    let from = places.tree.node(first)?.from;
    let index = source.line_index(from);
    let indent = indent_of(source.line(index));
    if source.line_start(index) + indent != from {
        return None;
    }
    let line = "restartPolicy: Never";
    let title = Text::new("manifest.fix.insert").with("line", line);
    Some(insert_lines(source, title, index, &format!("{}{line}\n", " ".repeat(indent))))
}
