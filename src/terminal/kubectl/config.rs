//! `kubectl config`: the kubeconfig of the terminal, or the file of the workspace that `--kubeconfig` names. Follows
//! `pkg/cmd/config`.

mod property;

use std::rc::Rc;

use super::output::{self, Form};
use super::problem::Failure;
use super::tabwriter::Columns;
use super::{After, Context, DONE, help};
use crate::api::error::go_quote;
use crate::api::value::Value;
use crate::manifest::to_yaml;
use crate::terminal::kubeconfig::{Kubeconfig, Section};

/// Runs `config SUBCOMMAND`.
pub(super) fn run(context: &mut Context<'_>, command: &str) -> Result<After, Failure> {
    match command.strip_prefix("config ").unwrap_or_default() {
        "current-context" => current_context(context),
        "delete-cluster" => delete(context, Section::Clusters),
        "delete-context" => delete(context, Section::Contexts),
        "delete-user" => delete(context, Section::Users),
        "get-clusters" => names(context, Section::Clusters),
        "get-contexts" => get_contexts(context),
        "get-users" => names(context, Section::Users),
        "rename-context" => rename_context(context),
        "set" => property::set(context),
        "set-cluster" => set_cluster(context),
        "set-context" => set_context(context),
        "set-credentials" => set_credentials(context),
        "unset" => property::unset(context),
        "use-context" => use_context(context),
        "view" => view(context),
        _ => match context.flags.words.first() {
            Some(word) => Err(help::unknown_subcommand("config", word)),
            None => {
                context.out(&help::of("config"));
                Ok(After::Status(1))
            }
        },
    }
}

// ---- where it is kept ----

/// The file that `--kubeconfig` names, unless that is the terminal's own.
fn file(context: &Context<'_>) -> Option<String> {
    let path = context.flags.value("kubeconfig").filter(|path| !path.is_empty())?;
    let own = path == Kubeconfig::path();
    (!own).then(|| path.strip_prefix("./").unwrap_or(path).to_owned())
}

/// How messages call it.
fn shown_file(context: &Context<'_>) -> String {
    match file(context) {
        Some(_) => context.flags.text("kubeconfig").to_owned(),
        None => Kubeconfig::path(),
    }
}

/// The kubeconfig of a line; `None` if it names a file that is not there.
pub(super) fn read(context: &Context<'_>) -> Option<Kubeconfig> {
    match file(context) {
        None => Some(context.terminal.kubeconfig.clone()),
        Some(file) => {
            let text = context.terminal.files.get(&file)?;
            Some(Kubeconfig::parse(&file, text))
        }
    }
}

/// The same, where a file that is not there is made.
fn load(context: &Context<'_>) -> Kubeconfig {
    read(context).unwrap_or_else(Kubeconfig::empty)
}

fn store(context: &mut Context<'_>, config: Kubeconfig) {
    match file(context) {
        None => context.terminal.kubeconfig = config,
        Some(file) => {
            let text: Rc<str> = to_yaml(&config.to_value()).into();
            context.terminal.files.insert(file, text);
        }
    }
}

/// The help, and what is wrong. Follows `helpErrorf`.
fn help_error(context: &mut Context<'_>, command: &str, words: &str) -> Failure {
    context.out(&help::of(&format!("config {command}")));
    Failure::new(format!("{words}: [{}]", context.flags.words.join(" ")))
}

/// The words of a command that takes so many.
fn words<const N: usize>(context: &mut Context<'_>, command: &str) -> Result<[String; N], Failure> {
    let words = context.flags.words.clone();
    words.try_into().map_err(|_| help_error(context, command, "Unexpected args"))
}

/// A field of an entry: an empty one is left out, but for those that are always written.
fn put(entry: &mut Value, field: &str, text: &str) {
    match text.is_empty() && !matches!(field, "server" | "cluster" | "user") {
        true => drop(entry.remove(field)),
        false => entry.set(field, text),
    }
}

/// A fresh entry.
fn fresh(section: Section) -> Value {
    match section {
        Section::Clusters => crate::object! { "server" => "" },
        Section::Users => Value::empty_object(),
        Section::Contexts => crate::object! { "cluster" => "", "user" => "" },
    }
}

// ---- showing ----

fn current_context(context: &mut Context<'_>) -> Result<After, Failure> {
    match load(context).current.as_str() {
        "" => Err(Failure::new("current-context is not set")),
        name => {
            context.out(&format!("{name}\n"));
            DONE
        }
    }
}

fn names(context: &mut Context<'_>, section: Section) -> Result<After, Failure> {
    let config = load(context);
    let lines = config.section(section).keys().map(|name| format!("{name}\n"));
    context.out(&format!("NAME\n{}", lines.collect::<String>()));
    DONE
}

fn get_contexts(context: &mut Context<'_>) -> Result<After, Failure> {
    let form = context.flags.text("output").to_owned();
    if !matches!(form.as_str(), "" | "name") {
        return Err(Failure::new(format!(
            "--output {form} is not available in kubectl config get-contexts; resetting to default output format"
        )));
    }
    let (config, asked) = (load(context), context.flags.words.clone());
    let contexts = config.section(Section::Contexts);
    let missing = asked.iter().filter(|name| !contexts.contains_key(*name));
    let missing: Vec<Failure> =
        missing.map(|name| Failure::new(format!("context {name} not found"))).collect();
    let mut text = String::new();
    if form.is_empty() && !context.flags.has("no-headers") {
        text.push_str("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    }
    for (name, entry) in contexts {
        if !asked.is_empty() && !asked.contains(name) {
            continue;
        }
        if form == "name" {
            text.push_str(&format!("{name}\n"));
            continue;
        }
        let mark = if *name == config.current { "*" } else { " " };
        let field = |field: &str| entry.str_at(field).unwrap_or_default();
        let (cluster, user) = (field("cluster"), field("user"));
        text.push_str(&format!("{mark}\t{name}\t{cluster}\t{user}\t{}\n", field("namespace")));
    }
    context.out(&Columns::of_tables().align(&text));
    Failure::all(missing).map_or(DONE, Err)
}

/// Leaves only what the context in use needs. Follows `MinifyConfig`.
fn minify(config: &mut Kubeconfig) -> Result<(), Failure> {
    if config.current.is_empty() {
        return Err(Failure::new("current-context must exist in order to minify"));
    }
    let current = config.current.clone();
    let Some(used) = config.section(Section::Contexts).get(&current).cloned() else {
        return Err(Failure::new(format!("cannot locate context {current}")));
    };
    config.section_mut(Section::Contexts).retain(|name, _| *name == current);
    for section in [Section::Clusters, Section::Users] {
        let (_, field) = section.words();
        let name = used.str_at(field).unwrap_or_default();
        if !name.is_empty() && !config.section(section).contains_key(name) {
            return Err(Failure::new(format!("cannot locate {field} {name}")));
        }
        config.section_mut(section).retain(|other, _| other == name);
    }
    Ok(())
}

/// Hides what is secret, and what is long. Follows `RedactSecrets` and `ShortenConfig`.
fn redact(config: &mut Kubeconfig) {
    for section in [Section::Clusters, Section::Users] {
        for entry in config.section_mut(section).values_mut() {
            for (field, words) in [
                ("certificate-authority-data", "DATA+OMITTED"),
                ("client-certificate-data", "DATA+OMITTED"),
                ("client-key-data", "DATA+OMITTED"),
                ("password", "REDACTED"),
                ("token", "REDACTED"),
            ] {
                if entry.get(field).is_some() {
                    entry.set(field, words);
                }
            }
        }
    }
}

fn view(context: &mut Context<'_>) -> Result<After, Failure> {
    if !context.flags.words.is_empty() {
        let words = context.flags.words.join(" ");
        return Err(Failure::usage("config view", &format!("unexpected arguments: [{words}]")));
    }
    let mut form = output::form(context, false)?.of_structs();
    if context.flags.value("merge") == Some("false") && file(context).is_none() {
        return Err(Failure::new("if merge==false a precise file must be specified"));
    }
    let mut config = load(context);
    if context.flags.has("minify") {
        let asked = context.flags.text("context");
        if !asked.is_empty() {
            asked.clone_into(&mut config.current);
        }
        minify(&mut config)?;
    }
    if !(context.flags.has("raw") || context.flags.has("flatten")) {
        redact(&mut config);
    }
    let value = config.to_value();
    let text = match form {
        Form::Human { .. } => to_yaml(&value),
        Form::Name => "config/<unknown>\n".into(),
        _ => form.print_value(&value)?,
    };
    context.out(&text);
    DONE
}

// ---- changing ----

fn use_context(context: &mut Context<'_>) -> Result<After, Failure> {
    let [name] = words(context, "use-context")?;
    if name.is_empty() {
        return Err(Failure::new("empty context names are not allowed"));
    }
    let mut config = load(context);
    if !config.section(Section::Contexts).contains_key(&name) {
        let name = go_quote(&name);
        return Err(Failure::new(format!("no context exists with the name: {name}")));
    }
    config.current.clone_from(&name);
    store(context, config);
    context.out(&format!("Switched to context {}.\n", go_quote(&name)));
    DONE
}

fn set_context(context: &mut Context<'_>) -> Result<After, Failure> {
    let current = context.flags.has("current");
    let name = match context.flags.words.as_slice() {
        [] => String::new(),
        [name] => name.clone(),
        _ => return Err(help_error(context, "set-context", "Unexpected args")),
    };
    match (name.is_empty(), current) {
        (true, false) => {
            return Err(Failure::new("you must specify a non-empty context name or --current"));
        }
        (false, true) => {
            return Err(Failure::new("you cannot specify both a context name and --current"));
        }
        _ => {}
    }
    let mut config = load(context);
    if current && config.current.is_empty() {
        return Err(Failure::new("no current context is set"));
    }
    let name = if current { config.current.clone() } else { name };
    let contexts = config.section_mut(Section::Contexts);
    let verb = if contexts.contains_key(&name) { "modified" } else { "created" };
    let entry = contexts.entry(name.clone()).or_insert_with(|| fresh(Section::Contexts));
    for field in ["cluster", "user", "namespace"] {
        if let Some(text) = context.flags.value(field) {
            put(entry, field, text);
        }
    }
    store(context, config);
    context.out(&format!("Context {} {verb}.\n", go_quote(&name)));
    DONE
}

fn rename_context(context: &mut Context<'_>) -> Result<After, Failure> {
    let [old, new] = words(context, "rename-context")?;
    if new.is_empty() {
        return Err(Failure::new("You must specify a new non-empty context name"));
    }
    let (mut config, file) = (load(context), shown_file(context));
    let (was, is) = (go_quote(&old), go_quote(&new));
    let contexts = config.section_mut(Section::Contexts);
    if !contexts.contains_key(&old) {
        return Err(Failure::new(format!("cannot rename the context {was}, it's not in {file}")));
    }
    if contexts.contains_key(&new) {
        return Err(Failure::new(format!(
            "cannot rename the context {was}, the context {is} already exists in {file}"
        )));
    }
    if let Some(entry) = contexts.remove(&old) {
        contexts.insert(new.clone(), entry);
    }
    if config.current == old {
        config.current = new;
    }
    store(context, config);
    context.out(&format!("Context {was} renamed to {is}.\n"));
    DONE
}

fn delete(context: &mut Context<'_>, section: Section) -> Result<After, Failure> {
    let (_, what) = section.words();
    let [name] = context.flags.words.as_slice() else {
        if section == Section::Users {
            return Err(Failure::usage("config delete-user", "user to delete is required"));
        }
        context.out(&help::of(&format!("config delete-{what}")));
        return DONE;
    };
    let (name, file) = (name.clone(), shown_file(context));
    let mut config = load(context);
    if config.section_mut(section).remove(&name).is_none() {
        return Err(Failure::new(format!("cannot delete {what} {name}, not in {file}")));
    }
    if section == Section::Contexts && config.current == name {
        context.warn("warning: this removed your active context, use \"kubectl config use-context\" to select a different one");
    }
    store(context, config);
    context.out(&format!("deleted {what} {name} from {file}\n"));
    DONE
}

/// Changes the entry that the only word names; says so.
fn set_entry(
    context: &mut Context<'_>,
    section: Section,
    (name, what): (&str, &str),
    fields: &[&str],
) -> Result<After, Failure> {
    if name.is_empty() {
        let what = what.to_lowercase();
        return Err(Failure::new(format!("you must specify a non-empty {what} name")));
    }
    let mut config = load(context);
    let entry =
        config.section_mut(section).entry(name.to_owned()).or_insert_with(|| fresh(section));
    for field in fields {
        if let Some(text) = context.flags.value(field) {
            put(entry, field, text);
        }
    }
    if section == Section::Clusters {
        let insecure = "insecure-skip-tls-verify";
        match context.flags.value(insecure) {
            Some("true") => {
                entry.set(insecure, true);
                entry.remove("certificate-authority");
                entry.remove("certificate-authority-data");
            }
            Some(_) => drop(entry.remove(insecure)),
            None => {}
        }
    }
    store(context, config);
    context.out(&format!("{what} {} set.\n", go_quote(name)));
    DONE
}

fn set_cluster(context: &mut Context<'_>) -> Result<After, Failure> {
    let [name] = words(context, "set-cluster")?;
    let authority = context.flags.text("certificate-authority");
    if context.flags.has("insecure-skip-tls-verify") && !authority.is_empty() {
        return Err(Failure::new(
            "you cannot specify a certificate authority and insecure mode at the same time",
        ));
    }
    if context.flags.has("embed-certs") && authority.is_empty() {
        return Err(Failure::new("you must specify a --certificate-authority to embed"));
    }
    let fields = ["server", "tls-server-name", "certificate-authority", "proxy-url"];
    set_entry(context, Section::Clusters, (&name, "Cluster"), &fields)
}

fn set_credentials(context: &mut Context<'_>) -> Result<After, Failure> {
    let [name] = context.flags.words.as_slice() else {
        return Err(help_error(context, "set-credentials", "unexpected args"));
    };
    let name = name.clone();
    let given = |flag: &str| !context.flags.text(flag).is_empty();
    if given("token") && (given("username") || given("password")) {
        return Err(Failure::new(
            "you cannot specify more than one authentication method at the same time: --token, --username/--password",
        ));
    }
    let fields = ["client-certificate", "client-key", "token", "username", "password"];
    set_entry(context, Section::Users, (&name, "User"), &fields)
}
