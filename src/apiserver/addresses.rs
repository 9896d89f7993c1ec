//! The addresses and node ports that a Service gets. Follows `pkg/registry/core/service/storage/alloc.go`: what is
//! asked for is kept, what is not is drawn from the upper part of the range, and nothing is given twice.

use super::verbs::Api;
use crate::api::FieldError;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::sim::rng::Purpose;

/// Addresses in `10.96.0.0/12`.
const ADDRESSES: u64 = 1 << 20;
/// Of those, the first are left to who asks for one. Follows `calculateRangeOffset`.
const LEFT_TO_ASK: u64 = 256;
/// The first node port, and how many there are. Follows `--service-node-port-range`.
const FIRST_PORT: u64 = 30_000;
const PORTS: u64 = 2_768;
/// Of those, the first are left to who asks for one.
const PORTS_LEFT_TO_ASK: u64 = 86;

impl Api<'_> {
    /// Gives a Service what it did not ask for.
    ///
    /// # Errors
    /// What it asked for has another already; the range is used up.
    pub(super) fn allocate(&self, key: &ObjectKey, service: &mut Value) -> Result<(), FieldError> {
        let others = self.store.list(Kind::Service, None);
        let others = others.iter().filter(|other| other.key() != *key);
        let others: Vec<Value> = others.map(AnyObject::to_value).collect();
        let key = key.to_string();
        let spec = service.child("spec");
        let kind = spec.str_at("type").unwrap_or("ClusterIP").to_owned();
        if kind == "ExternalName" {
            return Ok(());
        }
        let taken = |address: &str| {
            let own = |other: &&Value| {
                other.at(&["spec", "clusterIP"]).and_then(Value::as_str) == Some(address)
            };
            others.iter().any(|other| own(&other))
        };
        let address = match spec.str_at("clusterIP").unwrap_or_default() {
            "" => {
                let mut free = (0..ADDRESSES).map(|turn| {
                    let draw = self.seed.draw(Purpose::Id, &key, turn);
                    address(LEFT_TO_ASK + draw % (ADDRESSES - LEFT_TO_ASK - 1))
                });
                free.find(|address| !taken(address)).unwrap_or_default()
            }
            "None" => "None".to_owned(),
            asked if taken(asked) => {
                return Err(FieldError::invalid(
                    "spec.clusterIPs",
                    &Value::from(vec![Value::from(asked)]),
                    &format!("failed to allocate IP {asked}: provided IP is already allocated"),
                ));
            }
            asked => asked.to_owned(),
        };
        spec.set("clusterIP", address.as_str());
        spec.set("clusterIPs", vec![Value::from(address.as_str())]);
        spec.set_default("ipFamilies", vec![Value::from("IPv4")]);
        spec.set_default("ipFamilyPolicy", "SingleStack");
        if kind == "ClusterIP" {
            return Ok(());
        }
        let mut used: Vec<i64> = others
            .iter()
            .flat_map(|other| other.at(&["spec", "ports"]).map(Value::items).unwrap_or_default())
            .filter_map(|port| port.i64_at("nodePort"))
            .collect();
        let mut ports: Vec<Value> = spec.items_at("ports").to_vec();
        for (index, port) in ports.iter_mut().enumerate() {
            let number = match port.i64_at("nodePort").filter(|number| *number > 0) {
                Some(asked) if used.contains(&asked) => {
                    return Err(FieldError::invalid(
                        format!("spec.ports[{index}].nodePort"),
                        &Value::from(asked),
                        "provided port is already allocated",
                    ));
                }
                Some(asked) => asked,
                None => {
                    let path = format!("{key}/{index}");
                    let mut free = (0..PORTS).map(|turn| {
                        let draw = self.seed.draw(Purpose::Id, &path, turn);
                        let number =
                            FIRST_PORT + PORTS_LEFT_TO_ASK + draw % (PORTS - PORTS_LEFT_TO_ASK);
                        i64::try_from(number).unwrap_or(0)
                    });
                    free.find(|number| !used.contains(number)).unwrap_or(0)
                }
            };
            used.push(number);
            port.set("nodePort", number);
        }
        spec.set("ports", ports);
        Ok(())
    }
}

/// The address at a place of `10.96.0.0/12`.
fn address(place: u64) -> String {
    let number = (10 << 24 | 96 << 16) + place;
    format!("{}.{}.{}.{}", number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255)
}
