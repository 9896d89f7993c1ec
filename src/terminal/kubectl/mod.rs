//! kubectl: a client of the API, as in life. Follows `k8s.io/kubectl/pkg/cmd`.
//!
//! A command is a function of its [`Context`]; it prints as it goes, and ends with a status, a failure, or something
//! that goes on (a watch, a log, a wait).

mod apply;
mod attach;
mod auth;
mod complete;
mod config;
mod create;
mod custom_columns;
mod delete;
mod describe;
mod diff;
mod discovery;
mod drain;
mod edit;
mod events;
mod exec;
mod explain;
mod expose;
mod flags;
mod generators;
mod get;
mod hash;
mod help;
mod json;
mod jsonpath;
mod keyed;
mod label;
mod last_applied;
mod logs;
mod manifests;
mod metrics;
mod nodes;
mod output;
mod overrides;
mod patch;
mod problem;
mod raw;
mod reach;
mod record;
mod resources;
mod rollout;
mod run;
mod scale;
mod session;
mod set;
mod sort_by;
mod subresource;
mod table;
mod tabwriter;
mod template;
mod top;
mod trace;
mod wait;
mod watch;

#[cfg(test)]
mod tests;

use std::rc::Rc;

pub use describe::describe_text;

pub(super) use complete::{complete, kinds_and_names, names};
pub(super) use help::{nearest, nearest_of};
pub(super) use resources::nearest_type;

use self::flags::Flags;
use self::problem::Failure;
use super::process::{Finished, Io, Output, Process, Turn};
use super::{Stream, Terminal};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::cluster::{Cluster, WriteOptions};

/// Every command that is understood, for help, completion and suggestions.
pub(super) const COMMANDS: [&str; 41] = [
    "annotate",
    "api-resources",
    "api-versions",
    "apply",
    "attach",
    "auth",
    "autoscale",
    "certificate",
    "cluster-info",
    "completion",
    "config",
    "cordon",
    "cp",
    "create",
    "debug",
    "delete",
    "describe",
    "diff",
    "drain",
    "edit",
    "events",
    "exec",
    "explain",
    "expose",
    "get",
    "kustomize",
    "label",
    "logs",
    "patch",
    "plugin",
    "port-forward",
    "proxy",
    "replace",
    "rollout",
    "run",
    "scale",
    "set",
    "taint",
    "top",
    "uncordon",
    "version",
];

/// Commands with subcommands.
const GROUPS: [&str; 7] = ["apply", "auth", "config", "create", "rollout", "set", "top"];

/// How a command went.
enum After {
    /// It is over, with this status.
    Status(i32),
    /// It goes on.
    Goes(Box<dyn Process>),
}

/// The end of a command that went well.
const DONE: Result<After, Failure> = Ok(After::Status(0));

/// What a command works with.
struct Context<'a> {
    pub(super) cluster: &'a mut Cluster,
    pub(super) terminal: &'a mut Terminal,
    output: &'a mut Output,
    pub(super) flags: Flags,
    /// What stands on standard input.
    pub(super) input: String,
    /// The whole line, as the cluster remembers it.
    pub(super) line: Rc<str>,
    /// Whether the server has warned of an old API: a client tells it once.
    warned: bool,
}

impl<'a> Context<'a> {
    /// The context of a command that goes on.
    pub(super) fn again(io: &'a mut Io<'_>, flags: &Flags, line: &Rc<str>) -> Self {
        Self {
            cluster: io.cluster,
            terminal: io.terminal,
            output: io.output,
            flags: flags.clone(),
            input: String::new(),
            line: Rc::clone(line),
            warned: true,
        }
    }
}

impl Context<'_> {
    /// Prints to standard output.
    pub(super) fn out(&mut self, text: &str) {
        self.output.push(Stream::Out, text);
    }

    /// Prints a line to standard error.
    pub(super) fn warn(&mut self, line: &str) {
        self.output.push(Stream::Err, line);
        self.output.push(Stream::Err, "\n");
    }

    /// What the server says with every answer about a kind.
    pub(super) fn asked_for(&mut self, kind: Kind) {
        if let Some(words) = kind.deprecation().filter(|_| !self.warned) {
            self.warned = true;
            self.warn(&format!("Warning: {words}"));
        }
    }

    /// A plain sentence that is words already.
    pub(super) fn explain_words(&mut self, words: &str) {
        self.output.push(Stream::Explain, &format!("{words}\n"));
    }

    /// Asks something of the page.
    pub(super) fn effect(&mut self, effect: super::Effect) {
        self.output.effect(effect);
    }

    /// The namespace that the command means.
    pub(super) fn namespace(&self) -> Rc<str> {
        match self.flags.value("namespace") {
            Some(name) if !name.is_empty() => name.into(),
            _ => self.context_namespace(),
        }
    }

    /// The namespace of a list: none with `-A`.
    pub(super) fn scope(&self, kind: Kind) -> Option<Rc<str>> {
        (kind.namespaced() && !self.flags.has("all-namespaces")).then(|| self.namespace())
    }

    /// The command itself, without its subcommand.
    pub(super) fn verb(&self) -> String {
        let words: Vec<String> = self.line.split(' ').map(str::to_owned).collect();
        command_words(&words).split(' ').next().unwrap_or_default().to_owned()
    }

    /// The key of a name in the namespace of the command.
    pub(super) fn key(&self, kind: Kind, name: &str) -> ObjectKey {
        match kind.namespaced() {
            true => ObjectKey::new(self.namespace(), name),
            false => ObjectKey::cluster(name),
        }
    }

    /// How writes are meant.
    pub(super) fn write(&self) -> WriteOptions {
        WriteOptions { dry_run: self.dry() == Dry::Server, words: self.line.to_string() }
    }

    /// What `--dry-run` asks for; [`check_dry_run`] has seen it.
    pub(super) fn dry(&self) -> Dry {
        match self.flags.value("dry-run") {
            Some("client" | "unchanged" | "true") => Dry::Client,
            Some("server") => Dry::Server,
            _ => Dry::No,
        }
    }
}

/// What `--dry-run` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dry {
    /// Nothing.
    No,
    /// Nothing is sent.
    Client,
    /// What is sent is checked and not kept.
    Server,
}

impl Dry {
    /// What stands behind the words of a success.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}

/// Begins `kubectl ARGUMENTS`.
pub(super) fn start(arguments: Vec<String>, io: &mut Io<'_>) -> Box<dyn Process> {
    let reads = arguments.windows(2).any(|pair| {
        matches!(pair, [flag, value] if value == "-" && (flag == "-f" || flag == "--filename"))
    }) || arguments.iter().any(|word| matches!(word.as_str(), "-f-" | "--filename=-" | "-f=-"));
    match reads {
        true => Box::new(Reading { arguments }),
        false => begin(&arguments, String::new(), io),
    }
}

/// A command that waits until its standard input is complete.
#[derive(Debug)]
struct Reading {
    arguments: Vec<String>,
}

impl Process for Reading {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        match io.input.all() {
            None => Turn::Waits(None),
            Some(text) => begin(&self.arguments, text, io).poll(io),
        }
    }
}

fn begin(arguments: &[String], input: String, io: &mut Io<'_>) -> Box<dyn Process> {
    let (command, rest) = command_of(arguments);
    let line: Rc<str> = format!("kubectl {}", quoted(arguments)).into();
    let parsed = match rest.first().filter(|word| command == "create" && is_absent(word)) {
        Some(word) => Err(absent(&format!("create {word}"))),
        None => Flags::parse(&command, &rest).map_err(|words| Failure::flags(&command, &words)),
    };
    let result = parsed.and_then(|flags| {
        let mut context = Context {
            cluster: io.cluster,
            terminal: io.terminal,
            output: io.output,
            flags,
            input,
            line,
            warned: false,
        };
        let first = command.split(' ').next().unwrap_or_default();
        let known = matches!(first, "" | "help" | "options") || COMMANDS.contains(&first);
        if context.flags.has("help") && known {
            let text = help::of(&command);
            context.out(&text);
            return DONE;
        }
        if context.flags.given("record") {
            context
                .warn("Flag --record has been deprecated, --record will be removed in the future");
        }
        check_dry_run(&mut context)?;
        reach::check(&context, &command)?;
        trace::calls(&mut context, &command);
        dispatch(&command, &mut context)
    });
    settled(result, io)
}

/// What goes on of a command, or is over.
fn settled(result: Result<After, Failure>, io: &mut Io<'_>) -> Box<dyn Process> {
    match result {
        Ok(After::Goes(process)) => process,
        Ok(After::Status(status)) => Box::new(Finished(status)),
        Err(failure) => {
            io.output.push(Stream::Out, &failure.out);
            io.output.push(Stream::Err, &failure.lines());
            for text in &failure.explain {
                let words = text.render(io.terminal.language);
                io.output.push(Stream::Explain, &format!("{words}\n"));
            }
            Box::new(Finished(failure.status))
        }
    }
}

/// The command (with its subcommand) and what stands behind it; flags may stand before.
fn command_of(arguments: &[String]) -> (String, Vec<String>) {
    let mut rest: Vec<String> = arguments.to_vec();
    let globals = flags::of("");
    let mut take = |at: usize| -> Option<(String, usize)> {
        let mut index = at;
        while let Some(word) = rest.get(index) {
            if word == "--" {
                return None;
            }
            if !word.starts_with('-') || word == "-" {
                return Some((rest.remove(index), index));
            }
            let name = word.trim_start_matches('-');
            let takes = globals.iter().find(|flag| {
                flag.name == name || flag.short.is_some_and(|short| name == short.to_string())
            });
            let valued = takes.is_some_and(|flag| flag.takes != flags::Takes::Switch);
            index += if valued { 2 } else { 1 };
        }
        None
    };
    let Some((mut command, at)) = take(0) else { return (String::new(), rest) };
    if command == "log" {
        command = "logs".into();
    }
    if GROUPS.contains(&command.as_str())
        && let Some((word, index)) = take(at)
    {
        match subcommand(&command, &word) {
            Some(sub) => command = format!("{command} {sub}"),
            None => rest.insert(index, word),
        }
    }
    (command, rest)
}

/// The subcommand that a word means.
fn subcommand(command: &str, word: &str) -> Option<&'static str> {
    subcommands(command).iter().find(|(name, _)| *name == word).map(|(_, sub)| *sub)
}

/// The subcommands of a command, by every word for them.
fn subcommands(command: &str) -> &'static [(&'static str, &'static str)] {
    match command {
        "create" => &[
            ("deployment", "deployment"),
            ("deploy", "deployment"),
            ("job", "job"),
            ("cronjob", "cronjob"),
            ("cj", "cronjob"),
            ("namespace", "namespace"),
            ("ns", "namespace"),
            ("configmap", "configmap"),
            ("cm", "configmap"),
            ("secret", "secret"),
            ("service", "service"),
            ("svc", "service"),
            ("serviceaccount", "serviceaccount"),
            ("sa", "serviceaccount"),
            ("priorityclass", "priorityclass"),
            ("pc", "priorityclass"),
            ("poddisruptionbudget", "poddisruptionbudget"),
            ("pdb", "poddisruptionbudget"),
            ("quota", "quota"),
            ("resourcequota", "quota"),
        ],
        "rollout" => &[
            ("status", "status"),
            ("history", "history"),
            ("undo", "undo"),
            ("restart", "restart"),
            ("pause", "pause"),
            ("resume", "resume"),
        ],
        "set" => &[
            ("image", "image"),
            ("env", "env"),
            ("resources", "resources"),
            ("selector", "selector"),
            ("serviceaccount", "serviceaccount"),
            ("sa", "serviceaccount"),
        ],
        "top" => &[
            ("pod", "pod"),
            ("pods", "pod"),
            ("po", "pod"),
            ("node", "node"),
            ("nodes", "node"),
            ("no", "node"),
        ],
        "apply" => &[
            ("edit-last-applied", "edit-last-applied"),
            ("set-last-applied", "set-last-applied"),
            ("view-last-applied", "view-last-applied"),
        ],
        "config" => &[
            ("current-context", "current-context"),
            ("delete-cluster", "delete-cluster"),
            ("delete-context", "delete-context"),
            ("delete-user", "delete-user"),
            ("get-clusters", "get-clusters"),
            ("get-contexts", "get-contexts"),
            ("get-users", "get-users"),
            ("rename-context", "rename-context"),
            ("set", "set"),
            ("set-cluster", "set-cluster"),
            ("set-context", "set-context"),
            ("set-credentials", "set-credentials"),
            ("unset", "unset"),
            ("use-context", "use-context"),
            ("use", "use-context"),
            ("view", "view"),
        ],
        _ => &[],
    }
}

/// The command of a line with its subcommand: `rollout undo`.
pub(super) fn command_words(argv: &[String]) -> String {
    command_of(argv.get(1..).unwrap_or_default()).0
}

/// The flag of a line's command that a misspelt one comes near to.
pub(super) fn nearest_flag(argv: &[String], name: &str) -> Option<&'static str> {
    let flags = flags::of(&command_words(argv));
    nearest(name, flags.iter().map(|flag| flag.name))
}

/// The words as they would be typed.
pub(super) fn quoted(words: &[String]) -> String {
    let quote = |word: &String| {
        let plain = |letter: char| letter.is_alphanumeric() || "-_=./:,@%+".contains(letter);
        match !word.is_empty() && word.chars().all(plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// `--dry-run` takes three values; without one it is old-fashioned.
fn check_dry_run(context: &mut Context<'_>) -> Result<(), Failure> {
    match context.flags.value("dry-run") {
        None | Some("none" | "client" | "server") => Ok(()),
        Some("unchanged") => {
            context.warn("W0101 00:00:00.000000       1 helpers.go:702] --dry-run is deprecated and can be replaced with --dry-run=client.");
            Ok(())
        }
        Some("true" | "false") => Ok(()),
        Some(other) => Err(Failure::new(format!(
            "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
        ))),
    }
}

fn dispatch(command: &str, context: &mut Context<'_>) -> Result<After, Failure> {
    if let Some(path) = context.flags.value("raw").map(str::to_owned) {
        match command {
            "get" | "delete" => return raw::run(context, command, &path),
            "create" | "replace" => {
                let words = format!("{command} --raw {path} is not part of this sandbox");
                return Err(Failure::new(words));
            }
            _ => {}
        }
    }
    // By a pointer, so that each verb stays a function of its own: the browser compiles a function when it first runs.
    let run: fn(&mut Context<'_>) -> Result<After, Failure> = match command {
        "" => |context| say(context, &help::overview()),
        "help" => |context| {
            let words = context.flags.words.join(" ");
            say(context, &if words.is_empty() { help::overview() } else { help::of(&words) })
        },
        "options" => |context| say(context, &help::global_options()),
        "get" => get::run,
        "describe" => describe::run,
        "events" => events::run,
        "apply" => apply::run,
        "apply view-last-applied" => last_applied::view,
        "apply set-last-applied" => last_applied::set,
        "apply edit-last-applied" => last_applied::edit,
        "create" => create::run,
        "replace" => create::replace,
        "delete" => delete::run,
        "diff" => diff::run,
        "edit" => edit::run,
        "label" => |context| label::run(context, label::Target::Labels),
        "annotate" => |context| label::run(context, label::Target::Annotations),
        "scale" => scale::run,
        "patch" => patch::run,
        "logs" => logs::run,
        "exec" => exec::run,
        "run" => run::run,
        "expose" => expose::run,
        "wait" => wait::run,
        "explain" => explain::run,
        "cordon" => |context| nodes::cordon(context, true),
        "uncordon" => |context| nodes::cordon(context, false),
        "taint" => nodes::taint,
        "drain" => drain::run,
        "top" => |context| top::run(context, "top"),
        "top pod" => |context| top::run(context, "top pod"),
        "top node" => |context| top::run(context, "top node"),
        "api-resources" => discovery::api_resources,
        "api-versions" => discovery::api_versions,
        "version" => discovery::version,
        "cluster-info" => discovery::cluster_info,
        "auth" => auth::run,
        "attach" => attach::run,
        "autoscale" | "certificate" | "completion" | "cp" | "debug" | "kustomize" | "plugin"
        | "port-forward" | "proxy" => return Err(absent(command)),
        command if command.starts_with("config") => return config::run(context, command),
        command if command.starts_with("create ") => return generators::run(context, command),
        command if command.starts_with("rollout") => return rollout::run(context, command),
        command if command.starts_with("set") => return set::run(context, command),
        other => return Err(help::unknown_command(other)),
    };
    run(context)
}

fn say(context: &mut Context<'_>, text: &str) -> Result<After, Failure> {
    context.out(text);
    DONE
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

/// Whether `create` makes objects of this kind elsewhere, and not here.
fn is_absent(kind: &str) -> bool {
    matches!(
        kind,
        "clusterrole" | "clusterrolebinding" | "ing" | "ingress" | "role" | "rolebinding" | "token"
    )
}

/// A command of kubectl that has nothing to work on here.
fn absent(command: &str) -> Failure {
    let text = crate::language::Text::new("terminal.not-simulated").with("command", command);
    Failure::new(format!("kubectl {command} is not part of this sandbox")).explained(text)
}
