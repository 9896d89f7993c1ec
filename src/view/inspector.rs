//! The inspector: a selected object as text, one facet at a time.

use super::state::{Facet, Selection};
use crate::api::kind::Kind;
use crate::cluster::Cluster;
use crate::language::{Language, word};
use crate::manifest::to_yaml;
use crate::terminal::describe_text;

/// The text of a facet; `None` if the object is gone.
pub fn text(
    cluster: &Cluster,
    selection: &Selection,
    facet: Facet,
    language: Language,
) -> Option<String> {
    let object = cluster.store().get(selection.kind, &selection.key)?;
    Some(match facet {
        Facet::Describe => describe_text(&object, cluster),
        Facet::Yaml => to_yaml(&object.to_value()),
        Facet::Why => cluster.why(selection.kind, &selection.key, language).join("\n\n"),
        Facet::Logs if selection.kind == Kind::Pod => logs(cluster, selection),
        Facet::Logs => word(language, "page.no-logs"),
    })
}

fn logs(cluster: &Cluster, selection: &Selection) -> String {
    let Some(pod) = cluster.store().pods().get(&selection.key) else { return String::new() };
    let mut text = String::new();
    for container in pod.spec.all_containers() {
        text.push_str(&format!("── {} ──\n", container.name));
        match cluster.logs(&selection.key, &container.name, false) {
            Ok(lines) => text
                .extend(lines.iter().rev().take(200).rev().map(|line| format!("{}\n", line.text))),
            Err(error) => text.push_str(&format!("{}\n", error.message)),
        }
        if let Ok(lines) = cluster.logs(&selection.key, &container.name, true) {
            text.push_str(&format!("── {} (--previous) ──\n", container.name));
            text.extend(lines.iter().rev().take(50).rev().map(|line| format!("{}\n", line.text)));
        }
    }
    text
}
