//! `describe endpoints` and `describe endpointslices`: addresses and ports. Follows `describeEndpoints` and
//! `describeEndpointSliceV1` of kubectl's describe.go.

use super::head;
use crate::api::object::Plain;
use crate::api::value::Value;

/// What nobody said.
const UNSET: &str = "<unset>";

fn said<'a>(object: &'a Value, key: &str) -> &'a str {
    object.str_at(key).filter(|text| !text.is_empty()).unwrap_or(UNSET)
}

fn ports(ports: &[Value], indent: &str) -> String {
    let mut text = format!("{indent}Name\tPort\tProtocol\n{indent}----\t----\t--------\n");
    for port in ports {
        let number = port.i64_at("port").map_or_else(|| UNSET.to_owned(), |port| port.to_string());
        let protocol = port.str_at("protocol").unwrap_or("TCP");
        text.push_str(&format!("{indent}{}\t{number}\t{protocol}\n", said(port, "name")));
    }
    text
}

/// Endpoints, before their events.
pub(super) fn endpoints(object: &Plain) -> String {
    let mut text = head(&object.meta);
    text.push_str("Subsets:\n");
    for subset in object.body.items_at("subsets") {
        let addresses = |key: &str| {
            let all: Vec<&str> =
                subset.items_at(key).iter().filter_map(|one| one.str_at("ip")).collect();
            if all.is_empty() { "<none>".to_owned() } else { all.join(",") }
        };
        text.push_str(&format!("  Addresses:\t{}\n", addresses("addresses")));
        text.push_str(&format!("  NotReadyAddresses:\t{}\n", addresses("notReadyAddresses")));
        let all = subset.items_at("ports");
        if !all.is_empty() {
            text.push_str(&format!("  Ports:\n{}", ports(all, "    ")));
        }
        text.push('\n');
    }
    text
}

/// An EndpointSlice, before its events.
pub(super) fn slice(object: &Plain) -> String {
    let mut text = head(&object.meta);
    let body = &object.body;
    text.push_str(&format!("AddressType:\t{}\n", body.str_at("addressType").unwrap_or_default()));
    match body.items_at("ports") {
        [] => text.push_str("Ports: <unset>\n"),
        all => text.push_str(&format!("Ports:\n{}", ports(all, "  "))),
    }
    let all = body.items_at("endpoints");
    text.push_str(if all.is_empty() { "Endpoints: <none>\n" } else { "Endpoints:\n" });
    for endpoint in all {
        let addresses: Vec<&str> =
            endpoint.items_at("addresses").iter().filter_map(Value::as_str).collect();
        text.push_str(&format!("  - Addresses:\t{}\n    Conditions:\n", addresses.join(",")));
        let ready = endpoint.at(&["conditions", "ready"]).map(Value::to_json);
        text.push_str(&format!("      Ready:\t{}\n", ready.as_deref().unwrap_or(UNSET)));
        text.push_str(&format!("    Hostname:\t{}\n", said(endpoint, "hostname")));
        if let Some(target) = endpoint.get("targetRef") {
            let (kind, name) = (said(target, "kind"), said(target, "name"));
            text.push_str(&format!("    TargetRef:\t{kind}/{name}\n"));
        }
        text.push_str(&format!("    NodeName:\t{}\n", said(endpoint, "nodeName")));
        text.push_str(&format!("    Zone:\t{}\n", said(endpoint, "zone")));
    }
    text
}
