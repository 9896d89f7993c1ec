//! `kubectl auth`: one user who may do everything. Follows `pkg/cmd/auth`.

use super::problem::Failure;
use super::tabwriter::Columns;
use super::{After, Context, DONE};
use crate::api::kind::Kind;

/// Runs `auth`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words: Vec<String> = context.flags.words.clone();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["whoami"] => {
            let text = "ATTRIBUTE\tVALUE\nUsername\tkubernetes-admin\nGroups\t[system:masters system:authenticated]\n";
            let text = Columns::of_tables().align(text);
            context.out(&text);
            DONE
        }
        ["can-i", _, ..] if context.flags.has("list") => {
            Err(Failure::new("list option must be specified with no arguments"))
        }
        ["can-i"] if context.flags.has("list") => {
            let text = "Resources\tNon-Resource URLs\tResource Names\tVerbs\n*.*\t[]\t[]\t[*]\n\t[*]\t[]\t[*]\n";
            let text = Columns::of_tables().align(text);
            context.out(&text);
            DONE
        }
        ["can-i", verb, resource] => {
            warnings(context, verb, resource);
            if context.flags.has("no-headers") {
                return Err(Failure::new("--no-headers cannot be set without --list specified"));
            }
            if !context.flags.has("quiet") {
                context.out("yes\n");
            }
            DONE
        }
        ["can-i", ..] => Err(Failure::new(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
        )),
        [] => {
            let text = super::help::of("auth");
            context.out(&text);
            Ok(After::Status(1))
        }
        [word, ..] => Err(super::help::unknown_subcommand("auth", word)),
    }
}

const VERBS: [&str; 16] = [
    "*",
    "approve",
    "attest",
    "bind",
    "create",
    "delete",
    "deletecollection",
    "escalate",
    "get",
    "impersonate",
    "list",
    "patch",
    "sign",
    "update",
    "use",
    "watch",
];
const PATH_VERBS: [&str; 8] = ["*", "delete", "get", "head", "options", "patch", "post", "put"];

/// What is odd about a question that is answered nevertheless.
fn warnings(context: &mut Context<'_>, verb: &str, resource: &str) {
    let is_path = resource.starts_with('/');
    let (word, _) = resource.split_once('/').unwrap_or((resource, ""));
    let kind = Kind::from_word(word).filter(|_| !is_path);
    if kind.is_none() && !is_path && word != "*" {
        let word = word.to_lowercase();
        let words = match word.split_once('.') {
            Some((word, group)) => format!("'{word}' in group '{group}'"),
            None => format!("'{word}'"),
        };
        context.warn(&format!("Warning: the server doesn't have a resource type {words}\n"));
    }
    let everywhere = context.flags.has("all-namespaces");
    if let Some(info) = kind.map(Kind::info).filter(|info| !info.namespaced && !everywhere) {
        let group = match info.group {
            "" => String::new(),
            group => format!(" in group '{group}'"),
        };
        let plural = info.plural;
        context.warn(&format!("Warning: resource '{plural}' is not namespace scoped{group}\n"));
    }
    let known = if is_path { &PATH_VERBS[..] } else { &VERBS };
    if !known.contains(&verb) && (is_path || !everywhere) {
        context.warn(&format!("Warning: verb '{verb}' is not a known verb\n"));
    }
}
