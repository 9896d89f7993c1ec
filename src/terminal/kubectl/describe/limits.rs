//! `describe` of namespaces, ResourceQuotas and LimitRanges. Follows `describeNamespace`, `describeQuota` and
//! `describeLimitRange` of kubectl's describe.go.

use super::{head, long_time};
use crate::api::Kind;
use crate::api::object::{AnyObject, Plain};
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::cluster::Cluster;
use crate::sim::Time;

/// What each scope of a quota takes in.
const SCOPES: [(&str, &str); 4] = [
    (
        "Terminating",
        "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
    ),
    (
        "NotTerminating",
        "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
    ),
    (
        "BestEffort",
        "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
    ),
    (
        "NotBestEffort",
        "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
    ),
];

/// What an amount is, written as the API writes it.
fn amount(value: Option<&Value>) -> String {
    let text = value.map(|value| value.as_str().map_or_else(|| value.to_json(), str::to_owned));
    text.unwrap_or_else(|| "0".to_owned())
}

fn scopes(quota: &Plain, pad: &str, bullet: &str) -> String {
    let mut names: Vec<&str> = quota
        .body
        .at(&["spec", "scopes"])
        .map_or(&[][..], Value::items)
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() {
        return String::new();
    }
    names.sort_unstable();
    let mut text = format!("{pad}Scopes:\t{}\n", names.join(", "));
    for name in names {
        if let Some((_, help)) = SCOPES.iter().find(|(scope, _)| *scope == name) {
            text.push_str(&format!("{bullet}{help}\n"));
        }
    }
    text
}

/// Used and hard, a line for each resource.
fn used(quota: &Plain, pad: &str) -> String {
    let hard = quota.body.at(&["status", "hard"]);
    let lines = hard.into_iter().flat_map(Value::entries).map(|(name, hard)| {
        let used = amount(quota.body.at(&["status", "used", name]));
        format!("{pad}{name}\t{used}\t{}\n", amount(Some(hard)))
    });
    lines.collect()
}

/// A ResourceQuota: what is used, and how much there may be.
pub(super) fn quota(quota: &Plain) -> String {
    let scopes = scopes(quota, "", " * ");
    format!(
        "Name:\t{}\nNamespace:\t{}\n{scopes}Resource\tUsed\tHard\n--------\t----\t----\n{}",
        quota.meta.name,
        quota.meta.namespace,
        used(quota, "")
    )
}

/// A line for each resource of a LimitRange. The client's own order is that of a Go map; here it is by name.
fn limits(range: &Plain, pad: &str) -> String {
    const COLUMNS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    let mut text = String::new();
    for item in range.body.at(&["spec", "limits"]).map_or(&[][..], Value::items) {
        let mut names: Vec<&str> = COLUMNS
            .iter()
            .filter_map(|column| item.get(column))
            .flat_map(Value::entries)
            .map(|(name, _)| &**name)
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let cells = COLUMNS.map(|column| {
                let value = item.at(&[column, name]);
                value.map_or_else(|| "-".to_owned(), |value| canonical(&amount(Some(value))))
            });
            let kind = item.str_at("type").unwrap_or_default();
            text.push_str(&format!("{pad}{kind}\t{name}\t{}\n", cells.join("\t")));
        }
    }
    text
}

/// `1024Mi` as `1Gi`.
fn canonical(text: &str) -> String {
    Quantity::parse(text).map_or_else(|_| text.to_owned(), |quantity| quantity.to_string())
}

/// A LimitRange: least, most and what is given where nothing is said.
pub(super) fn limit_range(range: &Plain) -> String {
    format!(
        "Name:\t{}\nNamespace:\t{}\nType\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n{}",
        range.meta.name,
        range.meta.namespace,
        limits(range, "")
    )
}

/// A namespace with its quotas and limits.
pub(super) fn namespace(namespace: &Plain, cluster: &Cluster) -> String {
    let phase = namespace.body.at(&["status", "phase"]).and_then(Value::as_str);
    let mut text = format!("{}Status:\t{}\n", head(&namespace.meta), phase.unwrap_or_default());
    let conditions = namespace.body.at(&["status", "conditions"]).map_or(&[][..], Value::items);
    if !conditions.is_empty() {
        text.push_str("Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n  ----\t------\t------------------\t------\t-------\n");
        for one in conditions {
            let word = |key: &str| one.str_at(key).unwrap_or_default();
            let time =
                Time::parse_rfc3339(word("lastTransitionTime")).map(long_time).unwrap_or_default();
            let (kind, status) = (word("type"), word("status"));
            text.push_str(&format!(
                "  {kind}\t{status}\t{time}\t{}\t{}\n",
                word("reason"),
                word("message")
            ));
        }
    }
    let inside = |kind: Kind| {
        let all = cluster.store().list(kind, Some(&namespace.meta.name)).into_iter();
        all.filter_map(|one| match one {
            AnyObject::Plain(plain) => Some(plain),
            _ => None,
        })
    };
    let quotas: String = inside(Kind::ResourceQuota)
        .map(|one| {
            let scopes = scopes(&one, "  ", "  * ");
            let name = &one.meta.name;
            format!(
                "  Name:\t{name}\n{scopes}  Resource\tUsed\tHard\n  --------\t---\t---\n{}",
                used(&one, "  ")
            )
        })
        .collect();
    text.push_str(&match quotas.is_empty() {
        true => "\nNo resource quota.\n".to_owned(),
        false => format!("\nResource Quotas\n{quotas}"),
    });
    let ranges: Vec<_> = inside(Kind::LimitRange).collect();
    text.push_str(if ranges.is_empty() {
        "\nNo LimitRange resource.\n"
    } else {
        "\nResource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n ----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n"
    });
    text.extend(ranges.iter().map(|range| limits(range, " ")));
    text
}
