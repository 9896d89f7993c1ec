//! Whether the kubeconfig and the flags of a line lead to the cluster. Follows
//! `k8s.io/client-go/tools/clientcmd/client_config.go`.

use std::rc::Rc;

use super::problem::Failure;
use super::{Context, config};
use crate::api::error::go_quote;
use crate::terminal::kubeconfig::{Kubeconfig, SERVER, Section};

/// What kubectl asks where no cluster is named.
const NO_SERVER: &str = "localhost:8080";

/// Commands that look at the kubeconfig, if at all, as a file.
fn is_local(context: &Context<'_>, command: &str) -> bool {
    let first = command.split(' ').next().unwrap_or_default();
    matches!(first, "" | "help" | "options" | "config" | "completion" | "kustomize" | "plugin")
        || command == "version" && context.flags.has("client")
}

/// Commands that want to know their namespace before they look for the server.
fn asks_namespace_first(command: &str) -> bool {
    let first = command.split(' ').next().unwrap_or_default();
    matches!(
        first,
        "annotate"
            | "attach"
            | "delete"
            | "describe"
            | "edit"
            | "events"
            | "exec"
            | "get"
            | "label"
            | "logs"
            | "patch"
            | "rollout"
            | "scale"
            | "set"
            | "taint"
    ) || matches!(command, "apply view-last-applied" | "top pod")
}

impl Context<'_> {
    /// The namespace of the context that the line names, or of the one in use.
    pub(super) fn context_namespace(&self) -> Rc<str> {
        let Some(config) = config::read(self) else { return self.terminal.namespace() };
        config.namespace_of(self.flags.value("context").unwrap_or(&config.current))
    }
}

/// Looks whether a command comes to the cluster.
///
/// # Errors
/// The words of client-go about contexts, clusters and users that are not there.
pub(super) fn check(context: &Context<'_>, command: &str) -> Result<(), Failure> {
    if is_local(context, command) {
        return Ok(());
    }
    let Some(config) = config::read(context) else {
        let path = context.flags.text("kubeconfig");
        return Err(Failure::new(format!("stat {path}: no such file or directory")));
    };
    let found = route(context, &config, command);
    // For `diff` the status 1 means that there is a difference.
    found.map_err(|failure| match command {
        "diff" => Failure { status: 2, ..failure },
        _ => failure,
    })
}

fn route(context: &Context<'_>, config: &Kubeconfig, command: &str) -> Result<(), Failure> {
    let flag = |name: &str| context.flags.value(name).filter(|text| !text.is_empty());
    let first = asks_namespace_first(command) && flag("namespace").is_none();
    let name = flag("context").unwrap_or(&config.current);
    let entry = config.section(Section::Contexts).get(name);
    let lost = || {
        let words = format!("context was not found for specified context: {name}");
        Failure::verbatim(format!("Error in configuration: {words}"))
    };
    let missing =
        |what: &str, name: &str| Failure::new(format!("{what} {} does not exist", go_quote(name)));
    let named = |field: &str| entry.and_then(|entry| entry.str_at(field)).unwrap_or_default();
    let cluster_name = flag("cluster").unwrap_or_else(|| named("cluster"));
    let cluster = config.section(Section::Clusters).get(cluster_name);
    if first && entry.is_none() && !name.is_empty() {
        return Err(lost());
    }
    if first && cluster.is_none() && flag("cluster").is_some() {
        let words = format!("no server found for cluster {}", go_quote(cluster_name));
        return Err(Failure::new(words));
    }
    let user_name = flag("user").unwrap_or_else(|| named("user"));
    let user = config.section(Section::Users).get(user_name);
    if let (Some(name), None) = (flag("user"), user) {
        return Err(missing("auth info", name));
    }
    if let (Some(name), None) = (flag("context"), entry) {
        return Err(missing("context", name));
    }
    if let (Some(name), None) = (flag("cluster"), cluster) {
        return Err(missing("cluster", name));
    }
    if entry.is_none() && !name.is_empty() {
        return Err(lost());
    }
    let own = cluster.and_then(|cluster| cluster.str_at("server"));
    let server = flag("server").or(own).unwrap_or(NO_SERVER).trim_end_matches('/');
    if server != SERVER {
        let host = server.split_once("://").map_or(server, |(_, host)| host);
        return Err(Failure::verbatim(format!(
            "The connection to the server {host} was refused - did you specify the right host or port?"
        )));
    }
    // The server knows its administrator by the certificate.
    let known = Kubeconfig::default();
    let certificate = |field: &str| user.and_then(|user| user.get(field));
    let same = known.section(Section::Users).values().next().is_some_and(|known| {
        ["client-certificate-data", "client-key-data"]
            .iter()
            .all(|field| known.get(field) == certificate(field))
    });
    match same {
        true => Ok(()),
        false => Err(Failure::new("You must be logged in to the server (Unauthorized)")),
    }
}
