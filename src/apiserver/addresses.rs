//! The addresses and node ports that a Service gets. Follows `pkg/registry/core/service/storage/alloc.go`: what is
//! asked for is kept, what is not is drawn from the upper part of the range, and nothing is given twice.

use std::collections::BTreeMap;

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
        let asked_for = |port: &Value| port.i64_at("nodePort").filter(|number| *number > 0);
        let asked: Vec<(i64, i64)> = ports
            .iter()
            .filter_map(|port| Some((port.i64_at("port")?, asked_for(port)?)))
            .collect();
        // One port under two protocols has one node port.
        let mut given: BTreeMap<i64, i64> = BTreeMap::new();
        for (index, port) in ports.iter_mut().enumerate() {
            let own = port.i64_at("port").unwrap_or_default();
            let wanted = asked_for(port);
            let known = given.get(&own).copied();
            if let Some(number) = known.filter(|known| wanted.is_none_or(|it| it == *known)) {
                port.set("nodePort", number);
                continue;
            }
            let like_it = || asked.iter().find(|(of, _)| *of == own).map(|(_, number)| *number);
            let number = match wanted.or_else(|| like_it().filter(|_| known.is_none())) {
                Some(number) => {
                    check_port(number, &used).map_err(|words| {
                        let path = format!("spec.ports[{index}].nodePort");
                        FieldError::invalid(path, &Value::from(number), &words)
                    })?;
                    number
                }
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
            given.entry(own).or_insert(number);
            port.set("nodePort", number);
        }
        spec.set("ports", ports);
        Ok(())
    }
}

/// Whether a node port can be given. Follows `Allocate` of `pkg/registry/core/service/portallocator`.
fn check_port(number: i64, used: &[i64]) -> Result<(), String> {
    let place = u64::try_from(number).ok().and_then(|number| number.checked_sub(FIRST_PORT));
    if place.is_none_or(|place| place >= PORTS) {
        let last = FIRST_PORT + PORTS - 1;
        return Err(format!(
            "provided port is not in the valid range. The range of valid ports is {FIRST_PORT}-{last}"
        ));
    }
    match used.contains(&number) {
        true => Err("provided port is already allocated".into()),
        false => Ok(()),
    }
}

/// The address at a place of `10.96.0.0/12`.
fn address(place: u64) -> String {
    let number = (10 << 24 | 96 << 16) + place;
    format!("{}.{}.{}.{}", number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255)
}
