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
            (
                "expose",
                "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
            ),
            ("run", "Run a particular image on the cluster"),
            ("set", "Set specific features on objects"),
        ],
    ),
    (
        "Basic Commands (Intermediate)",
        &[
            ("explain", "Get documentation for a resource"),
            ("get", "Display one or many resources"),
            ("edit", "Edit a resource on the server"),
            (
                "delete",
                "Delete resources by file names, stdin, resources and names, or by resources and label selector",
            ),
        ],
    ),
    (
        "Deploy Commands",
        &[
            ("rollout", "Manage the rollout of a resource"),
            ("scale", "Set a new size for a deployment, replica set, or replication controller"),
            (
                "autoscale",
                "Auto-scale a deployment, replica set, stateful set, or replication controller",
            ),
        ],
    ),
    (
        "Cluster Management Commands",
        &[
            ("certificate", "Modify certificate resources"),
            ("cluster-info", "Display cluster information"),
            ("top", "Display resource (CPU/memory) usage"),
            ("cordon", "Mark node as unschedulable"),
            ("uncordon", "Mark node as schedulable"),
            ("drain", "Drain node in preparation for maintenance"),
            ("taint", "Update the taints on one or more nodes"),
        ],
    ),
    (
        "Troubleshooting and Debugging Commands",
        &[
            ("describe", "Show details of a specific resource or group of resources"),
            ("logs", "Print the logs for a container in a pod"),
            ("attach", "Attach to a running container"),
            ("exec", "Execute a command in a container"),
            ("port-forward", "Forward one or more local ports to a pod"),
            ("proxy", "Run a proxy to the Kubernetes API server"),
            ("cp", "Copy files and directories to and from containers"),
            ("auth", "Inspect authorization"),
            ("debug", "Create debugging sessions for troubleshooting workloads and nodes"),
            ("events", "List events"),
        ],
    ),
    (
        "Advanced Commands",
        &[
            ("diff", "Diff the live version against a would-be applied version"),
            ("apply", "Apply a configuration to a resource by file name or stdin"),
            ("patch", "Update fields of a resource"),
            ("replace", "Replace a resource by file name or stdin"),
            ("wait", "Experimental: Wait for a specific condition on one or many resources"),
            ("kustomize", "Build a kustomization target from a directory or URL"),
        ],
    ),
    (
        "Settings Commands",
        &[
            ("label", "Update the labels on a resource"),
            ("annotate", "Update the annotations on a resource"),
            (
                "completion",
                "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
            ),
        ],
    ),
    (
        "Other Commands",
        &[
            ("api-resources", "Print the supported API resources on the server"),
            (
                "api-versions",
                "Print the supported API versions on the server, in the form of \"group/version\"",
            ),
            ("config", "Modify kubeconfig files"),
            ("plugin", "Provides utilities for interacting with plugins"),
            ("version", "Print the client and server version information"),
        ],
    ),
];

/// What a command does, in a few words.
pub(super) fn what(command: &str) -> &'static str {
    let known = GROUPS.iter().flat_map(|(_, commands)| commands.iter());
    known.into_iter().find(|(name, _)| *name == command).map_or("", |(_, what)| what)
}

/// What `kubectl` alone prints.
pub(super) fn overview() -> String {
    let mut text = "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n".to_owned();
    for (title, commands) in GROUPS {
        if title == "Other Commands" {
            text.push_str("\nSubcommands provided by plugins:\n");
        }
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

/// What `kubectl rollout` prints.
const ROLLOUT: &str = "Manage the rollout of one or many resources.
        \n Valid resource types include:

  *  deployments
  *  daemonsets
  *  statefulsets

Examples:
  # Rollback to the previous deployment
  kubectl rollout undo deployment/abc
  \n  # Check the rollout status of a daemonset
  kubectl rollout status daemonset/foo
  \n  # Restart a deployment
  kubectl rollout restart deployment/abc
  \n  # Restart deployments with the 'app=nginx' label
  kubectl rollout restart deployment --selector=app=nginx

Available Commands:
  history       View rollout history
  pause         Mark the provided resource as paused
  restart       Restart a resource
  resume        Resume a paused resource
  status        Show the status of the rollout
  undo          Undo a previous rollout

Usage:
  kubectl rollout SUBCOMMAND [options]

Use \"kubectl rollout <command> --help\" for more information about a given command.
Use \"kubectl options\" for a list of global command-line options (applies to all commands).
";

/// What `kubectl COMMAND --help` prints.
pub(super) fn of(command: &str) -> String {
    if command == "rollout" {
        return ROLLOUT.into();
    }
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
            Takes::Number | Takes::Small => "=0".to_owned(),
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
    Failure::usage(command, &format!("unknown command {}", go_quote(word)))
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
pub(in crate::terminal) fn nearest(
    word: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    nearest_of(word, known)
}

/// The same among words that live as long as they may.
pub(in crate::terminal) fn nearest_of<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = if word.len() < 4 { 1 } else { 2 };
    let near = known.into_iter().map(|name| {
        let away = distance(&word, name).saturating_sub(usize::from(is_swapped(&word, name)));
        (away, name.len().abs_diff(word.len()), name)
    });
    near.filter(|(away, ..)| *away <= most).min().map(|(.., name)| name)
}

/// Whether two neighbouring letters changed their places, which counts as one slip and not as two.
fn is_swapped(one: &str, other: &str) -> bool {
    let pairs: Vec<(char, char)> =
        one.chars().zip(other.chars()).filter(|(one, other)| one != other).collect();
    one.len() == other.len() && matches!(pairs.as_slice(), [(a, b), (c, d)] if a == d && b == c)
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
