//! `kubectl config` and `kubectl auth`: one cluster, one user who may do everything.

use super::output::pretty;
use super::problem::Failure;
use super::tabwriter::Columns;
use super::{After, Context, DONE};
use crate::api::kind::Kind;
use crate::object;

/// The name of the one context, cluster and user.
const NAME: &str = "podyard";

/// Runs `config`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let rest: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    match (words.first().map(String::as_str), rest.as_slice()) {
        (Some("current-context"), _) => {
            context.out(&format!("{NAME}\n"));
            DONE
        }
        (Some("get-contexts"), names) => get_contexts(context, names),
        (Some("get-clusters" | "get-users"), _) => {
            context.out(&format!("NAME\n{NAME}\n"));
            DONE
        }
        (Some("use-context" | "use"), [name]) => match *name {
            NAME => {
                context.out(&format!("Switched to context \"{NAME}\".\n"));
                DONE
            }
            other => Err(Failure::new(format!("no context exists with the name: \"{other}\""))),
        },
        (Some("set-context"), names) => set_context(context, names),
        (Some("view"), _) => view(context),
        (Some(other), _) => Err(super::help::unknown_subcommand("config", other)),
        (None, _) => {
            let text = super::help::of("config");
            context.out(&text);
            DONE
        }
    }
}

fn get_contexts(context: &mut Context<'_>, names: &[&str]) -> Result<After, Failure> {
    if let Some(name) = names.iter().find(|name| **name != NAME) {
        if context.flags.text("output") != "name" && !context.flags.has("no-headers") {
            context.out("CURRENT   NAME   CLUSTER   AUTHINFO   NAMESPACE\n");
        }
        return Err(Failure::new(format!("context {name} not found")));
    }
    if context.flags.text("output") == "name" {
        context.out(&format!("{NAME}\n"));
        return DONE;
    }
    let namespace = shown_namespace(context);
    let mut text = String::new();
    if !context.flags.has("no-headers") {
        text.push_str("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    }
    text.push_str(&format!("*\t{NAME}\t{NAME}\t{NAME}\t{namespace}\n"));
    let text = Columns::of_tables().align(&text);
    context.out(&text);
    DONE
}

/// The namespace of the context; nothing where it was never set.
fn shown_namespace(context: &Context<'_>) -> String {
    match &*context.terminal.namespace {
        "default" => String::new(),
        namespace => namespace.to_owned(),
    }
}

fn set_context(context: &mut Context<'_>, names: &[&str]) -> Result<After, Failure> {
    let current = context.flags.has("current");
    match (names, current) {
        ([name], false) if *name == NAME => {}
        ([], true) => {}
        ([_], true) => {
            return Err(Failure::new("cannot specify both a context name and --current"));
        }
        ([name], false) => {
            return Err(Failure::new(format!(
                "there is only the context \"{NAME}\" here, not \"{name}\""
            )));
        }
        _ => {
            return Err(Failure::new("you must specify a non-empty context name or --current"));
        }
    }
    if let Some(namespace) = context.flags.value("namespace").map(str::to_owned) {
        let namespace = if namespace.is_empty() { "default".to_owned() } else { namespace };
        context.terminal.namespace = namespace.as_str().into();
    }
    context.out(&format!("Context \"{NAME}\" modified.\n"));
    DONE
}

fn view(context: &mut Context<'_>) -> Result<After, Failure> {
    let mut inner = object! { "cluster" => NAME, "user" => NAME };
    let namespace = shown_namespace(context);
    if !namespace.is_empty() {
        inner.set("namespace", namespace);
    }
    let cluster = object! {
        "certificate-authority-data" => "DATA+OMITTED", "server" => "https://127.0.0.1:6443",
    };
    let user = object! {
        "client-certificate-data" => "DATA+OMITTED", "client-key-data" => "DATA+OMITTED",
    };
    let value = object! {
        "apiVersion" => "v1",
        "clusters" => vec![object! { "cluster" => cluster, "name" => NAME }],
        "contexts" => vec![object! { "context" => inner, "name" => NAME }],
        "current-context" => NAME,
        "kind" => "Config",
        "users" => vec![object! { "name" => NAME, "user" => user }],
    };
    let mut form = super::output::form(context, false)?;
    let text = match form.is_human() {
        true => crate::manifest::to_yaml(&value),
        false if context.flags.text("output") == "json" => pretty(&value),
        false => form.print_value(&value)?,
    };
    context.out(&text);
    DONE
}

/// Runs `auth`.
pub(super) fn auth(context: &mut Context<'_>) -> Result<After, Failure> {
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
