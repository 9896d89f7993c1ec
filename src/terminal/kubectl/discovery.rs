//! What the cluster serves and which version it is: `api-resources`, `api-versions`, `version`, `cluster-info`.

use super::output::pretty;
use super::problem::Failure;
use super::tabwriter::Columns;
use super::{After, Context, DONE};
use crate::api::kind::Kind;
use crate::object;
use crate::sim::order::Order as _;

/// The version of the cluster and of this client.
const VERSION: &str = "v1.36.2";
const KUSTOMIZE: &str = "v5.8.1";

/// `api-resources`
pub(super) fn api_resources(context: &mut Context<'_>) -> Result<After, Failure> {
    if let Some(word) = context.flags.words.first() {
        return Err(Failure::usage("api-resources", &format!("unexpected arguments: [{word}]")));
    }
    let form = context.flags.text("output").to_owned();
    if !matches!(form.as_str(), "" | "wide" | "name") {
        return Err(Failure::new(format!("--output {form} is not available")));
    }
    let group = context.flags.value("api-group").map(str::to_owned);
    let namespaced = context.flags.value("namespaced").map(|value| value == "true");
    let mut kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| group.as_deref().is_none_or(|group| kind.info().group == group))
        .filter(|kind| namespaced.is_none_or(|wanted| kind.namespaced() == wanted))
        .collect();
    let by_name = context.flags.text("sort-by") == "name";
    let by_kind = context.flags.text("sort-by") == "kind";
    kinds.order_by_key(|kind| {
        let info = kind.info();
        let group = if by_name || by_kind { "" } else { info.group };
        let name = if by_kind { info.name } else { info.plural };
        (group.to_owned(), name)
    });
    let mut text = String::new();
    if form == "name" {
        text.extend(kinds.iter().map(|kind| format!("{}\n", kind.resource())));
        context.out(&text);
        return DONE;
    }
    if !context.flags.has("no-headers") {
        text.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND");
        text.push_str(if form == "wide" { "\tVERBS\tCATEGORIES\n" } else { "\n" });
    }
    for kind in kinds {
        let info = kind.info();
        text.push_str(&format!(
            "{}\t{}\t{}\t{}\t{}",
            info.plural,
            info.short_names.join(","),
            kind.api_version(),
            info.namespaced,
            info.name
        ));
        if form == "wide" {
            let all = matches!(
                kind,
                Kind::Pod
                    | Kind::ReplicationController
                    | Kind::Service
                    | Kind::DaemonSet
                    | Kind::Deployment
                    | Kind::ReplicaSet
                    | Kind::StatefulSet
                    | Kind::CronJob
                    | Kind::Job
            );
            let category = if all { "all" } else { "" };
            text.push_str(&format!(
                "\tcreate,delete,deletecollection,get,list,patch,update,watch\t{category}"
            ));
        }
        text.push('\n');
    }
    let text = Columns::of_tables().align(&text);
    context.out(&text);
    DONE
}

/// `api-versions`
pub(super) fn api_versions(context: &mut Context<'_>) -> Result<After, Failure> {
    let mut versions: Vec<&str> = Kind::ALL.iter().map(|kind| kind.api_version()).collect();
    versions.order();
    versions.dedup();
    let text: String = versions.iter().map(|version| format!("{version}\n")).collect();
    context.out(&text);
    DONE
}

/// `version`
pub(super) fn version(context: &mut Context<'_>) -> Result<After, Failure> {
    let client_only = context.flags.has("client");
    let text = match context.flags.text("output") {
        "" => {
            let server =
                if client_only { String::new() } else { format!("Server Version: {VERSION}\n") };
            format!("Client Version: {VERSION}\nKustomize Version: {KUSTOMIZE}\n{server}")
        }
        form @ ("yaml" | "json") => {
            let details = object! {
                "gitVersion" => VERSION, "major" => "1", "minor" => "36", "platform" => "linux/amd64",
            };
            let mut value =
                object! { "clientVersion" => details.clone(), "kustomizeVersion" => KUSTOMIZE };
            if !client_only {
                value.set("serverVersion", details);
            }
            if form == "json" {
                pretty(&value).replace("    ", "  ")
            } else {
                crate::manifest::to_yaml(&value)
            }
        }
        _ => return Err(Failure::new("--output must be 'yaml' or 'json'")),
    };
    context.out(&text);
    DONE
}

/// `cluster-info`
pub(super) fn cluster_info(context: &mut Context<'_>) -> Result<After, Failure> {
    if let Some(word) = context.flags.words.first() {
        return Err(super::help::unknown_subcommand("cluster-info", word));
    }
    context.out("Kubernetes control plane is running at https://127.0.0.1:6443\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    DONE
}
