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
        ["can-i"] if context.flags.has("list") => {
            let text = "Resources\tNon-Resource URLs\tResource Names\tVerbs\n*.*\t[]\t[]\t[*]\n\t[*]\t[]\t[*]\n";
            let text = Columns::of_tables().align(text);
            context.out(&text);
            DONE
        }
        ["can-i", _, resource, ..] => {
            let (word, _) = resource.split_once('/').unwrap_or((resource, ""));
            let known = *word == *"*" || Kind::from_word(word).is_some();
            if !known && !resource.starts_with('/') {
                context
                    .warn(&format!("Warning: the server doesn't have a resource type '{word}'\n"));
            }
            if let Some(kind) = Kind::from_word(word).filter(|kind| !kind.namespaced()) {
                let plural = kind.info().plural;
                context.warn(&format!("Warning: resource '{plural}' is not namespace scoped\n"));
            }
            if !context.flags.has("quiet") {
                context.out("yes\n");
            }
            DONE
        }
        ["can-i", ..] => Err(Failure::new(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
        )),
        _ => {
            let text = super::help::of("auth");
            context.out(&text);
            DONE
        }
    }
}
