//! `kubectl create service TYPE`. Follows `pkg/cmd/create/create_service.go`.

use super::policy::number_or_text;
use crate::api::error::go_quote;
use crate::api::names;
use crate::api::value::Value;
use crate::object;
use crate::terminal::kubectl::Context;
use crate::terminal::kubectl::problem::Failure;

/// The type of a service by its subcommand.
pub(super) fn type_of(subcommand: &str) -> Option<&'static str> {
    match subcommand {
        "clusterip" => Some("ClusterIP"),
        "nodeport" => Some("NodePort"),
        "loadbalancer" => Some("LoadBalancer"),
        "externalname" => Some("ExternalName"),
        _ => None,
    }
}

/// The flags that a subcommand does not have; `None` if there is no such subcommand.
pub(super) fn foreign_flags(subcommand: &str) -> Option<Vec<&'static str>> {
    let own = match type_of(subcommand)? {
        "ClusterIP" => "clusterip",
        "NodePort" => "node-port",
        "ExternalName" => "external-name",
        _ => "",
    };
    let all = ["clusterip", "external-name", "node-port"];
    Some(all.into_iter().filter(|flag| *flag != own).collect())
}

/// The Service of `create service TYPE`.
///
/// # Errors
/// kubectl's words about its flags.
pub(super) fn service(
    context: &Context<'_>,
    subcommand: &str,
    name: &str,
) -> Result<Value, Failure> {
    let Some(kind) = type_of(subcommand) else {
        let words = format!("unknown command {}", go_quote(subcommand));
        return Err(Failure::usage("create service", &words));
    };
    let headless = context.flags.text("clusterip") == "None";
    let pairs = context.flags.all("tcp");
    if pairs.is_empty() && !headless && kind != "ExternalName" {
        return Err(Failure::new("at least one tcp port specifier must be provided"));
    }
    let external = context.flags.text("external-name");
    if kind == "ExternalName" && !names::dns_subdomain(external).is_empty() {
        return Err(Failure::new(format!("invalid service external name {external}")));
    }
    let mut ports = Vec::new();
    for pair in pairs {
        let (port, target) = port_and_target(pair)?;
        let mut entry = object! {
            "name" => pair.replace(':', "-"),
            "port" => port,
            "protocol" => "TCP",
            "targetPort" => target,
        };
        if let Some(node) = context.flags.number("node-port").filter(|node| *node != 0) {
            entry.set("nodePort", node);
        }
        ports.push(entry);
    }
    let labels = object! { "app" => name };
    let mut spec = object! { "selector" => labels.clone(), "type" => kind };
    if !ports.is_empty() {
        spec.set("ports", ports);
    }
    let address = context.flags.text("clusterip");
    if !address.is_empty() {
        spec.set("clusterIP", address);
    }
    if !external.is_empty() {
        spec.set("externalName", external);
    }
    Ok(object! {
        "apiVersion" => "v1",
        "kind" => "Service",
        "metadata" => object! { "labels" => labels, "name" => name },
        "spec" => spec,
        "status" => object! { "loadBalancer" => Value::empty_object() },
    })
}

/// `80`, `80:8080` or `80:http`. Follows `parsePorts`.
fn port_and_target(pair: &str) -> Result<(i64, Value), Failure> {
    let mut parts = pair.split(':');
    let port = parts.next().unwrap_or_default();
    let wrong =
        |what: &str| Failure::new(format!("strconv.ParseUint: parsing {}: {what}", go_quote(port)));
    if port.is_empty() || !port.bytes().all(|letter| letter.is_ascii_digit()) {
        return Err(wrong("invalid syntax"));
    }
    let number = port.parse::<u16>().map_err(|_| wrong("value out of range"))?;
    let Some(target) = parts.next() else {
        return Ok((number.into(), i64::from(number).into()));
    };
    let value = number_or_text(target);
    let wrong = match value.as_i64() {
        Some(number) => names::port_number(number),
        None => names::port_name(target),
    };
    match wrong.is_empty() {
        true => Ok((number.into(), value)),
        false => Err(Failure::new(wrong.join(","))),
    }
}
