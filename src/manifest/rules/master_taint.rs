//! `node-role.kubernetes.io/master`: the taint and label of control planes before 1.24.

use super::edits::replace_scalar;
use crate::language::Text;
use crate::manifest::diagnostic::{Diagnostic, Severity};
use crate::manifest::document::Decoded;
use crate::manifest::tree::NodeId;

const OLD: &str = "node-role.kubernetes.io/master";
const NEW: &str = "node-role.kubernetes.io/control-plane";

pub(super) fn check(document: &Decoded) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let paths = ["spec", "spec.template.spec", "spec.jobTemplate.spec.template.spec"];
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        let Some(spec) = document.value.at(&steps) else { continue };
        let tolerations = spec.items_at("tolerations");
        for (index, toleration) in tolerations.iter().enumerate() {
            let has_new = tolerations.iter().any(|other| other.str_at("key") == Some(NEW));
            if toleration.str_at("key") == Some(OLD) && !has_new {
                let node = document.places.follow(&format!("{path}.tolerations[{index}].key")).node;
                found.extend(
                    node.map(|node| hint(document, node, Text::new("manifest.master_taint"))),
                );
            }
        }
        if spec.get("nodeSelector").and_then(|labels| labels.get(OLD)).is_some() {
            let key = document.places.follow(&format!("{path}.nodeSelector[{OLD}]")).key;
            found.extend(key.map(|key| hint(document, key, Text::new("manifest.master_label"))));
        }
    }
    found
}

fn hint(document: &Decoded, token: NodeId, why: Text) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        code: "master-taint",
        span: document.places.node_span(token),
        message: String::new(),
        why: why.with("found", OLD).with("wanted", NEW),
        fix: replace_scalar(&document.places, token, NEW),
    }
}
