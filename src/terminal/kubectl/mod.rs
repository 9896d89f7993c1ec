//! kubectl: a client of the API, as in life. Follows `k8s.io/kubectl/pkg/cmd`.

mod align;
mod change;
pub(super) mod describe;
mod files;
mod flags;
mod generate;
mod get;
mod logs;
mod output;
mod wait;

use std::rc::Rc;

pub(crate) use get::Watch;
pub(crate) use logs::LogFollow;
pub(crate) use wait::Waiting;

use self::flags::Flags;
use super::{Outcome, Terminal};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::{ApiError, Reason};
use crate::cluster::{Cluster, WriteOptions};

/// Every command, for help, completion and suggestions.
pub(super) const COMMANDS: [&str; 21] = [
    "annotate",
    "api-resources",
    "apply",
    "cluster-info",
    "config",
    "cordon",
    "create",
    "delete",
    "describe",
    "edit",
    "exec",
    "get",
    "label",
    "logs",
    "patch",
    "rollout",
    "run",
    "scale",
    "taint",
    "uncordon",
    "version",
];

/// What every command works with.
pub(super) struct Context<'a> {
    pub cluster: &'a mut Cluster,
    pub terminal: &'a mut Terminal,
    flags: Flags,
    pub input: Option<Rc<str>>,
    /// The whole line, as the cluster remembers it.
    pub line: String,
}

impl Context<'_> {
    /// The namespace that the command means.
    pub(super) fn namespace(&self) -> Rc<str> {
        self.flags.value("namespace").map_or_else(|| Rc::clone(&self.terminal.namespace), Rc::from)
    }

    /// How writes are meant.
    pub(super) fn write(&self) -> WriteOptions {
        let dry = self.flags.value("dry-run").is_some_and(|value| value != "none");
        WriteOptions { dry_run: dry, words: self.line.clone() }
    }

    /// ` (dry run)` and its kin.
    pub(super) fn dry_suffix(&self) -> &'static str {
        match self.flags.value("dry-run") {
            Some("server") => " (server dry run)",
            Some("none") | None => "",
            Some(_) => " (dry run)",
        }
    }

    /// The key of a name in the namespace of the command.
    pub(super) fn key(&self, kind: Kind, name: &str) -> ObjectKey {
        if kind.namespaced() {
            ObjectKey::new(self.namespace(), name)
        } else {
            ObjectKey::cluster(name)
        }
    }
}

/// Runs `kubectl ARGUMENTS`.
pub(super) fn run(
    arguments: &[String],
    input: Option<Rc<str>>,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
) -> Outcome {
    let flags = match Flags::parse(arguments) {
        Ok(flags) => flags,
        Err(message) => return Outcome::fail(message),
    };
    let line = format!("kubectl {}", arguments.join(" "));
    let mut context = Context { cluster, terminal, flags, input, line };
    let Some(command) = context.flags.take_word() else { return Outcome::text(help()) };
    match command.as_str() {
        "get" => get::run(&mut context),
        "events" => {
            context.flags.words.insert(0, "events".into());
            get::run(&mut context)
        }
        "apply" => files::apply(&mut context),
        "create" => generate::create(&mut context),
        "run" => generate::run(&mut context),
        "replace" => files::replace(&mut context),
        "delete" => change::delete(&mut context),
        "describe" => describe::run(&mut context),
        "logs" | "log" => logs::run(&mut context),
        "exec" => logs::exec(&mut context),
        "label" => change::label(&mut context, true),
        "annotate" => change::label(&mut context, false),
        "scale" => change::scale(&mut context),
        "patch" => change::patch(&mut context),
        "edit" => change::edit(&mut context),
        "cordon" => change::cordon(&mut context, true),
        "uncordon" => change::cordon(&mut context, false),
        "taint" => change::taint(&mut context),
        "rollout" => wait::rollout(&mut context),
        "wait" => wait::wait(&mut context),
        "api-resources" => api_resources(),
        "version" => Outcome::text(
            "Client Version: v1.36.2\nKustomize Version: v5.8.1\nServer Version: v1.36.2\n",
        ),
        "cluster-info" => {
            Outcome::text("Kubernetes control plane is running at https://control-plane:6443\n")
        }
        "config" => config(&mut context),
        "help" => Outcome::text(help()),
        other => unknown(other),
    }
}

fn help() -> String {
    let names: String = COMMANDS.iter().map(|name| format!("  {name}\n")).collect();
    format!(
        "kubectl controls the Kubernetes cluster manager.\n\nCommands:\n{names}\nUsage:\n  kubectl [flags] [options]\n"
    )
}

/// kubectl's words about a command that it does not have, with what comes near.
fn unknown(word: &str) -> Outcome {
    let near: Vec<&str> = COMMANDS
        .into_iter()
        .filter(|name| distance(name, word) <= 2 || name.starts_with(word))
        .collect();
    let mut text = format!("error: unknown command \"{word}\" for \"kubectl\"\n");
    if !near.is_empty() {
        text.push_str("\nDid you mean this?\n");
        text.extend(near.iter().map(|name| format!("\t{name}\n")));
    }
    Outcome::fail(text)
}

/// How many letters must change to make one word of another.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
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

fn api_resources() -> Outcome {
    let mut rows = vec![
        ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"].map(str::to_owned).to_vec(),
    ];
    for kind in Kind::ALL {
        let info = kind.info();
        let version = kind.api_version();
        rows.push(vec![
            info.plural.into(),
            info.short_names.join(","),
            version,
            info.namespaced.to_string(),
            info.name.into(),
        ]);
    }
    Outcome::text(output::table(&rows))
}

fn config(context: &mut Context<'_>) -> Outcome {
    match context.flags.take_word().as_deref() {
        Some("current-context") => Outcome::text("podyard\n"),
        Some("set-context") => {
            if let Some(namespace) = context.flags.value("namespace") {
                context.terminal.namespace = namespace.into();
            }
            Outcome::text("Context \"podyard\" modified.\n")
        }
        Some("view") => Outcome::text(format!(
            "apiVersion: v1\ncontexts:\n- context:\n    cluster: podyard\n    namespace: {}\n    user: you\n  name: podyard\ncurrent-context: podyard\nkind: Config\n",
            context.terminal.namespace
        )),
        _ => Outcome::fail("error: config knows current-context, set-context and view here"),
    }
}

/// The words for an error of the API server, as kubectl prints them.
pub(super) fn api_error(error: &ApiError) -> String {
    if error.reason == Reason::Invalid && !error.kind.is_empty() {
        let head =
            format!("The {} {} is invalid: ", error.kind, crate::api::error::go_quote(&error.name));
        let lines: Vec<String> = error.causes.iter().map(crate::api::FieldError::line).collect();
        return match lines.as_slice() {
            [one] => format!("{head}{one}\n"),
            many => format!(
                "{head}\n{}",
                many.iter().map(|line| format!("* {line}\n")).collect::<String>()
            ),
        };
    }
    format!("Error from server ({}): {}\n", error.reason.word(), error.message)
}

/// `KIND/NAME` or `KIND NAME`.
pub(super) fn object_words(words: &[&str]) -> Option<(Kind, String)> {
    match words {
        [one] => {
            let (kind, name) = one.split_once('/')?;
            Some((Kind::from_word(kind)?, name.to_owned()))
        }
        [kind, name, ..] => Some((Kind::from_word(kind)?, (*name).to_owned())),
        [] => None,
    }
}

/// What the words of a command name: objects by kind, in order.
pub(super) enum Named {
    /// All of these kinds.
    Kinds(Vec<Kind>),
    /// These objects.
    Objects(Vec<(Kind, String)>),
}

/// Reads `TYPE`, `TYPE NAME…`, `TYPE/NAME…`, `TYPE1,TYPE2`, `all`.
pub(super) fn resources(words: &[String]) -> Result<Named, Outcome> {
    const ALL: [Kind; 8] = [
        Kind::Pod,
        Kind::ReplicationController,
        Kind::Service,
        Kind::DaemonSet,
        Kind::Deployment,
        Kind::ReplicaSet,
        Kind::CronJob,
        Kind::Job,
    ];
    let kind_of = |word: &str| {
        Kind::from_word(word).ok_or_else(|| {
            Outcome::fail(format!("error: the server doesn't have a resource type \"{word}\""))
        })
    };
    let Some(first) = words.first() else { return Ok(Named::Kinds(Vec::new())) };
    if first.contains('/') {
        let mut objects = Vec::new();
        for word in words {
            let Some((kind, name)) = word.split_once('/') else {
                return Err(Outcome::fail(
                    "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
                ));
            };
            objects.push((kind_of(kind)?, name.to_owned()));
        }
        return Ok(Named::Objects(objects));
    }
    let mut kinds = Vec::new();
    for part in first.split(',') {
        match part {
            "all" => kinds.extend(ALL),
            part => kinds.push(kind_of(part)?),
        }
    }
    if words.len() == 1 {
        return Ok(Named::Kinds(kinds));
    }
    let names = words.iter().skip(1);
    Ok(Named::Objects(
        names.flat_map(|name| kinds.iter().map(move |kind| (*kind, name.clone()))).collect(),
    ))
}

/// The objects that the words, `-l`, `--all` and `-A` of a command choose; errors in kubectl's words.
pub(super) fn chosen(context: &Context<'_>) -> Result<(Vec<AnyObject>, String), Outcome> {
    let namespace = context.namespace();
    let all = context.flags.has("all-namespaces");
    let selector = selector(context)?;
    match resources(&context.flags.words)? {
        Named::Kinds(kinds) => {
            let mut objects = Vec::new();
            for kind in kinds {
                let scope = if kind.namespaced() && !all { Some(&*namespace) } else { None };
                let found = context.cluster.store().list(kind, scope);
                objects.extend(found.into_iter().filter(|object| {
                    selector.as_ref().is_none_or(|selector| selector.matches(&object.meta().labels))
                }));
            }
            Ok((objects, String::new()))
        }
        Named::Objects(names) => {
            let (mut objects, mut errors) = (Vec::new(), String::new());
            for (kind, name) in names {
                match context.cluster.store().get(kind, &context.key(kind, &name)) {
                    Some(object) => objects.push(object),
                    None => {
                        errors.push_str(&api_error(&ApiError::not_found(&kind.resource(), &name)))
                    }
                }
            }
            Ok((objects, errors))
        }
    }
}

/// The selector of `-l`.
pub(super) fn selector(
    context: &Context<'_>,
) -> Result<Option<crate::api::labels::Selector>, Outcome> {
    let Some(text) = context.flags.value("selector") else { return Ok(None) };
    crate::api::labels::Selector::parse(text).map(Some).map_err(|message| {
        let kind = context.flags.words.first().and_then(|word| Kind::from_word(word)).unwrap_or(Kind::Pod);
        let info = kind.info();
        let group = if info.group.is_empty() { "/v1".to_owned() } else { format!("{}/v1", info.group) };
        Outcome::fail(format!(
            "Error from server (BadRequest): Unable to find \"{group}, Resource={}\" that match label selector \"{text}\", field selector \"\": {message}",
            info.plural
        ))
    })
}
