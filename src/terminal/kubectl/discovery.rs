//! What the cluster serves and which version it is: `api-resources`, `api-versions`, `version`, `cluster-info`.

use super::json::{narrow, pretty_struct};
use super::problem::Failure;
use super::tabwriter::Columns;
use super::{After, Context, DONE};
use crate::api::kind::Kind;
use crate::api::value::Value;
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
    if !matches!(context.flags.text("sort-by"), "" | "kind" | "name") {
        return Err(Failure::new("--sort-by accepts only name or kind"));
    }
    let group = context.flags.value("api-group").map(str::to_owned);
    let namespaced = context.flags.value("namespaced").map(|value| value == "true");
    let mut rows: Vec<Row> = Kind::ALL.into_iter().map(Row::of).chain(METRICS).collect();
    rows.retain(|row| group.as_deref().is_none_or(|group| row.group == group));
    rows.retain(|row| namespaced.is_none_or(|wanted| row.namespaced == wanted));
    let verbs = context.flags.all("verbs");
    rows.retain(|row| verbs.iter().all(|verb| row.verbs.split(',').any(|known| known == verb)));
    let categories = context.flags.all("categories");
    rows.retain(|row| categories.iter().all(|category| row.category == category));
    let by_name = context.flags.text("sort-by") == "name";
    let by_kind = context.flags.text("sort-by") == "kind";
    rows.order_by_key(|row| {
        let group = if by_name || by_kind { "" } else { row.group };
        (group, if by_kind { row.kind } else { row.plural })
    });
    let mut text = String::new();
    if form == "name" {
        text.extend(rows.iter().map(|row| match row.group {
            "" => format!("{}\n", row.plural),
            group => format!("{}.{group}\n", row.plural),
        }));
        context.out(&text);
        return DONE;
    }
    if !context.flags.has("no-headers") {
        text.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND");
        text.push_str(if form == "wide" { "\tVERBS\tCATEGORIES\n" } else { "\n" });
    }
    for row in rows {
        text.push_str(&format!(
            "{}\t{}\t{}\t{}\t{}",
            row.plural,
            row.short_names.join(","),
            row.version,
            row.namespaced,
            row.kind
        ));
        if form == "wide" {
            text.push_str(&format!("\t{}\t{}", row.verbs, row.category));
        }
        text.push('\n');
    }
    let text = Columns::of_tables().align(&text);
    context.out(&text);
    DONE
}

/// A resource as it is listed.
struct Row {
    plural: &'static str,
    short_names: &'static [&'static str],
    group: &'static str,
    version: &'static str,
    namespaced: bool,
    kind: &'static str,
    verbs: &'static str,
    category: &'static str,
}

impl Row {
    fn of(kind: Kind) -> Self {
        let info = kind.info();
        let all = Kind::CATEGORY_ALL.contains(&kind);
        Self {
            plural: info.plural,
            short_names: info.short_names,
            group: info.group,
            version: kind.api_version(),
            namespaced: info.namespaced,
            kind: info.name,
            verbs: "create,delete,deletecollection,get,list,patch,update,watch",
            category: if all { "all" } else { "" },
        }
    }
}

/// What the metrics server adds.
const METRICS: [Row; 2] =
    [measured("nodes", "NodeMetrics", false), measured("pods", "PodMetrics", true)];

const fn measured(plural: &'static str, kind: &'static str, namespaced: bool) -> Row {
    let (group, version) = ("metrics.k8s.io", "metrics.k8s.io/v1beta1");
    Row {
        plural,
        short_names: &[],
        group,
        version,
        namespaced,
        kind,
        verbs: "get,list",
        category: "",
    }
}

/// `api-versions`
pub(super) fn api_versions(context: &mut Context<'_>) -> Result<After, Failure> {
    if !context.flags.words.is_empty() {
        let words = format!("unexpected arguments: [{}]", context.flags.words.join(" "));
        return Err(Failure::usage("api-versions", &words));
    }
    let kinds = Kind::ALL.into_iter().map(Row::of).chain(METRICS);
    let mut versions: Vec<&str> = kinds.map(|row| row.version).collect();
    versions.sort();
    versions.dedup();
    let text: String = versions.iter().map(|version| format!("{version}\n")).collect();
    context.out(&text);
    DONE
}

/// `version`
pub(super) fn version(context: &mut Context<'_>) -> Result<After, Failure> {
    if !context.flags.words.is_empty() {
        let words = context.flags.words.join(" ");
        return Err(Failure::new(format!("extra arguments: [{words}]")));
    }
    let client_only = context.flags.has("client");
    let text = match context.flags.text("output") {
        "" => {
            let server =
                if client_only { String::new() } else { format!("Server Version: {VERSION}\n") };
            format!("Client Version: {VERSION}\nKustomize Version: {KUSTOMIZE}\n{server}")
        }
        form @ ("yaml" | "json") => {
            let mut value = object! { "clientVersion" => build(), "kustomizeVersion" => KUSTOMIZE };
            if !client_only {
                let mut server = build();
                for (part, minor) in [("emulation", "36"), ("minCompatibility", "35")] {
                    server.set(&format!("{part}Major"), "1");
                    server.set(&format!("{part}Minor"), minor);
                }
                value.set("serverVersion", server);
            }
            if form == "json" {
                narrow(&pretty_struct(&value))
            } else {
                crate::manifest::to_yaml(&value)
            }
        }
        _ => return Err(Failure::new("--output must be 'yaml' or 'json'")),
    };
    context.out(&text);
    DONE
}

/// How a program was built; nobody built this one, so that commit and date are nobody's.
fn build() -> Value {
    object! {
        "buildDate" => "1970-01-01T00:00:00Z",
        "compiler" => "gc",
        "gitCommit" => "0000000000000000000000000000000000000000",
        "gitTreeState" => "clean",
        "gitVersion" => VERSION,
        "goVersion" => "go1.26.4",
        "major" => "1",
        "minor" => "36",
        "platform" => "linux/amd64",
    }
}

/// `cluster-info`
pub(super) fn cluster_info(context: &mut Context<'_>) -> Result<After, Failure> {
    if let Some(word) = context.flags.words.first() {
        return Err(super::help::unknown_subcommand("cluster-info", word));
    }
    context.out("Kubernetes control plane is running at https://127.0.0.1:6443\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    DONE
}
