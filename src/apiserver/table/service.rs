//! Services. Follows `printService`.

use super::{Column, age, or_none, shown, wide};
use crate::api::labels::Labels;
use crate::api::object::Plain;
use crate::api::value::Value;
use crate::sim::Time;

pub(super) const COLUMNS: [Column; 7] = [
    shown("Name"),
    shown("Type"),
    shown("Cluster-IP"),
    shown("External-IP"),
    shown("Port(s)"),
    shown("Age"),
    wide("Selector"),
];

fn external_ip(spec: &Value, status: Option<&Value>) -> String {
    let own: Vec<&str> = spec.items_at("externalIPs").iter().filter_map(Value::as_str).collect();
    match spec.str_at("type").unwrap_or_default() {
        "ClusterIP" | "NodePort" => or_none(&own.join(",")),
        "LoadBalancer" => {
            let ingress = status.and_then(|status| status.at(&["loadBalancer", "ingress"]));
            let given = ingress.map_or(&[][..], Value::items).iter();
            let given = given.filter_map(|one| one.str_at("ip").or_else(|| one.str_at("hostname")));
            let all: Vec<&str> = given.chain(own).collect();
            if all.is_empty() { "<pending>".into() } else { all.join(",") }
        }
        "ExternalName" => spec.str_at("externalName").unwrap_or_default().into(),
        _ => "<unknown>".into(),
    }
}

fn ports(spec: &Value) -> String {
    let one = |port: &Value| {
        let number = port.i64_at("port").unwrap_or(0);
        let protocol = port.str_at("protocol").unwrap_or("TCP");
        match port.i64_at("nodePort") {
            Some(node) if node > 0 => format!("{number}:{node}/{protocol}"),
            _ => format!("{number}/{protocol}"),
        }
    };
    or_none(&spec.items_at("ports").iter().map(one).collect::<Vec<_>>().join(","))
}

pub(super) fn row(service: &Plain, now: Time) -> Vec<String> {
    let nothing = Value::Null;
    let spec = service.body.get("spec").unwrap_or(&nothing);
    let cluster_ip = match spec.items_at("clusterIPs").first() {
        Some(ip) => ip.as_str(),
        None => spec.str_at("clusterIP"),
    };
    vec![
        service.meta.name.to_string(),
        spec.str_at("type").unwrap_or_default().into(),
        cluster_ip.unwrap_or("<none>").into(),
        external_ip(spec, service.body.get("status")),
        ports(spec),
        age(service.meta.created, now),
        or_none(&Labels::new(spec.get("selector")).to_string()),
    ]
}
