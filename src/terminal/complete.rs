//! Completion: commands, kinds, names, namespaces, flags and files, as kubectl's own completion gives them.

use super::{Terminal, kubectl, tools};
use crate::api::kind::Kind;
use crate::cluster::Cluster;
use crate::sim::order::Order as _;

/// What the last word of a line could become.
pub fn complete(line: &str, cluster: &Cluster, terminal: &Terminal) -> Vec<String> {
    let current = line.rsplit(['|', ';', '&']).next().unwrap_or(line);
    let mut words: Vec<&str> = current.split_whitespace().collect();
    let open = if line.ends_with(char::is_whitespace) || line.is_empty() {
        ""
    } else {
        words.pop().unwrap_or("")
    };
    let candidates: Vec<String> = match words.as_slice() {
        [] => tools::NAMES.iter().map(ToString::to_string).collect(),
        ["kubectl" | "k"] => kubectl::COMMANDS.iter().map(ToString::to_string).collect(),
        [.., "-f" | "--filename"]
        | ["cat" | "rm" | "head" | "tail" | "grep" | "wc" | "sort", ..] => {
            terminal.files.keys().cloned().collect()
        }
        [.., "-n" | "--namespace"] => names(Kind::Namespace, cluster, terminal),
        ["yard"] => [
            "node", "pod", "registry", "pause", "play", "speed", "back", "until", "next", "prev",
            "undo", "redo", "continue", "branch", "switch", "fork", "both", "side", "keep",
            "futures", "why", "seed", "reset", "help",
        ]
        .map(str::to_owned)
        .to_vec(),
        ["yard", "switch"] | ["yard", "branch", "-d" | "-m"] => {
            cluster.branches().map(|branch| branch.name.to_string()).collect()
        }
        ["yard", "next"] => ["cron", "event"].map(str::to_owned).to_vec(),
        ["yard", "side" | "keep"] => ["left", "right"].map(str::to_owned).to_vec(),
        ["yard", "node"] => ["add", "rm", "start", "stop"].map(str::to_owned).to_vec(),
        ["yard", "node", ..] => names(Kind::Node, cluster, terminal),
        ["yard", "pod"] => ["crash", "hang"].map(str::to_owned).to_vec(),
        ["yard", "pod", ..] | ["kubectl" | "k", "logs" | "exec", ..] => {
            names(Kind::Pod, cluster, terminal)
        }
        ["kubectl" | "k", "cordon" | "uncordon" | "drain"] => names(Kind::Node, cluster, terminal),
        ["kubectl" | "k", _] => {
            Kind::ALL.iter().map(|kind| kind.info().plural.to_owned()).collect()
        }
        ["kubectl" | "k", _, kind, ..] => {
            Kind::from_word(kind).map(|kind| names(kind, cluster, terminal)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let slash = open.split_once('/').and_then(|(kind, _)| Some((kind, Kind::from_word(kind)?)));
    let mut found: Vec<String> = match slash {
        Some((word, kind)) => names(kind, cluster, terminal)
            .into_iter()
            .map(|name| format!("{word}/{name}"))
            .collect(),
        None => candidates,
    };
    found.retain(|candidate| candidate.starts_with(open));
    found.order();
    found.dedup();
    found
}

fn names(kind: Kind, cluster: &Cluster, terminal: &Terminal) -> Vec<String> {
    let scope = kind.namespaced().then_some(&*terminal.namespace);
    cluster.store().list(kind, scope).iter().map(|object| object.meta().name.to_string()).collect()
}
