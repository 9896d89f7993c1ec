//! Help, and words that come near to misspelt ones. Follows `pkg/cmd/cmd.go` in groups and order, `spf13/cobra` in what
//! is suggested.

use std::fmt::Write as _;

use super::flags::{self, Takes};
use super::problem::Failure;
use crate::api::error::go_quote;

/// Commands and what they do, by group, in the order in which kubectl knows them.
const GROUPS: [(&str, &[(&str, &str)]); 8] = [
    (
        "Basic Commands (Beginner)",
        &[
            ("create", "Create a resource from a file or from stdin"),
            ("expose", "Make a service for a workload or a pod"),
            ("run", "Run an image as a pod"),
            ("set", "Set a field of objects"),
        ],
    ),
    (
        "Basic Commands (Intermediate)",
        &[
            ("explain", "Say what a type and its fields mean"),
            ("get", "Show one or many objects"),
            ("edit", "Edit an object in the editor"),
            ("delete", "Delete objects by file, name or selector"),
        ],
    ),
    (
        "Deploy Commands",
        &[
            ("rollout", "Look after a rollout"),
            ("scale", "Set how many replicas there are"),
            ("autoscale", "Not part of this sandbox"),
        ],
    ),
    (
        "Cluster Management Commands",
        &[
            ("certificate", "Not part of this sandbox"),
            ("cluster-info", "Show where the cluster is"),
            ("top", "Show what nodes and pods use"),
            ("cordon", "Let no new pods onto a node"),
            ("uncordon", "Let pods onto a node again"),
            ("drain", "Empty a node for maintenance"),
            ("taint", "Set the taints of nodes"),
        ],
    ),
    (
        "Troubleshooting and Debugging Commands",
        &[
            ("describe", "Show an object with all that belongs to it"),
            ("logs", "Print what a container printed"),
            ("attach", "Not part of this sandbox"),
            ("exec", "Run a command in a container"),
            ("port-forward", "Not part of this sandbox"),
            ("proxy", "Not part of this sandbox"),
            ("cp", "Not part of this sandbox"),
            ("auth", "Ask what you may do"),
            ("debug", "Not part of this sandbox"),
            ("events", "List events"),
        ],
    ),
    (
        "Advanced Commands",
        &[
            ("diff", "Show what applying a file would change"),
            ("apply", "Bring objects to what a file says"),
            ("patch", "Change fields of an object"),
            ("replace", "Replace an object by a file"),
            ("wait", "Wait until something holds"),
            ("kustomize", "Not part of this sandbox"),
        ],
    ),
    (
        "Settings Commands",
        &[
            ("label", "Set the labels of objects"),
            ("annotate", "Set the annotations of objects"),
            ("completion", "Not part of this sandbox"),
        ],
    ),
    (
        "Other Commands",
        &[
            ("api-resources", "List the types that the server has"),
            ("api-versions", "List the versions that the server has"),
            ("config", "Show and set which namespace commands mean"),
            ("plugin", "Not part of this sandbox"),
            ("version", "Print the versions of client and server"),
        ],
    ),
];

/// What `kubectl` alone prints.
pub(super) fn overview() -> String {
    let mut text = "kubectl controls the Kubernetes cluster manager.\n".to_owned();
    for (title, commands) in GROUPS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{title}:");
        for (name, what) in commands {
            let _ = writeln!(text, "  {name:<15} {what}");
        }
    }
    text.push_str("\nUsage:\n  kubectl [flags] [options]\n\n");
    text.push_str("Use \"kubectl <command> --help\" for more information about a given command.\n");
    text.push_str(
        "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n",
    );
    text
}

/// What `kubectl options` prints.
pub(super) fn global_options() -> String {
    let mut text = "The following options can be passed to any command:\n\n".to_owned();
    options(&mut text, &flags::of(""));
    text
}

/// What `kubectl COMMAND --help` prints.
pub(super) fn of(command: &str) -> String {
    let (group, sub) = command.split_once(' ').unwrap_or((command, ""));
    let known = GROUPS.iter().flat_map(|(_, commands)| commands.iter());
    let what = known.clone().find(|(name, _)| *name == group).map_or("", |(_, what)| what);
    let mut text = match sub {
        "" => format!("{what}.\n"),
        sub => format!("{what}: {sub}.\n"),
    };
    let own = flags::of(command);
    let own = own.get(..flags::own_count(command)).unwrap_or_default();
    if !own.is_empty() {
        text.push_str("\nOptions:\n");
        options(&mut text, own);
    }
    let _ = writeln!(text, "\nUsage:\n  kubectl {command} [flags] [options]");
    text.push_str(
        "\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n",
    );
    text
}

fn options(text: &mut String, flags: &[flags::Flag]) {
    for flag in flags {
        let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
        let value = match flag.takes {
            Takes::Switch => "=false".to_owned(),
            Takes::Text | Takes::Span => "=''".to_owned(),
            Takes::List | Takes::Many => "=[]".to_owned(),
            Takes::Number => "=0".to_owned(),
            Takes::Optional(default) => format!("='{default}'"),
        };
        let _ = writeln!(text, "    {short}--{}{value}", flag.name);
    }
}

/// `unknown command "gett" for "kubectl"`, with what comes near.
pub(super) fn unknown_command(word: &str) -> Failure {
    let known = GROUPS.iter().flat_map(|(_, commands)| commands.iter()).map(|(name, _)| *name);
    let near: String = suggestions(word, known).map(|name| format!("\t{name}\n")).collect();
    let head = format!("Error: unknown command {} for \"kubectl\"\n", go_quote(word));
    match near.is_empty() {
        true => Failure::verbatim(format!("{head}Run 'kubectl --help' for usage.")),
        false => Failure::verbatim(format!("{head}\nDid you mean this?\n{near}\n")),
    }
}

/// The refusal of a subcommand that a command does not have.
pub(super) fn unknown_subcommand(command: &str, word: &str) -> Failure {
    Failure::usage(command, &format!("unknown command {}", go_quote(&format!("{command} {word}"))))
}

/// What cobra suggests: at most two letters away, or with the word as its beginning.
fn suggestions<'a>(
    word: &str,
    known: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = &'a str> {
    let word = word.to_lowercase();
    known.filter(move |name| distance(&word, name) <= 2 || name.starts_with(&word))
}

/// The one of the known words that a misspelt one comes nearest to, if it comes near at all.
pub(super) fn nearest(
    word: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let word = word.to_lowercase();
    let most = if word.len() < 4 { 1 } else { 2 };
    let near = known.into_iter().map(|name| (distance(&word, name), name));
    near.filter(|(away, _)| *away <= most).min().map(|(_, name)| name)
}

/// How many letters must change to make one word of another (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    // A word longer than any name is near none.
    for (index, letter) in one.chars().take(64).enumerate() {
        let mut next = vec![index + 1];
        for (at, candidate) in other.iter().enumerate() {
            let above = row.get(at + 1).copied().unwrap_or(0) + 1;
            let left = next.last().copied().unwrap_or(0) + 1;
            let corner = row.get(at).copied().unwrap_or(0) + usize::from(letter != *candidate);
            next.push(above.min(left).min(corner));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
