//! What a LimitRange gives to pods that say nothing, and what it refuses. Follows `plugin/pkg/admission/limitranger`.
//!
//! Cost: a namespace without a LimitRange costs one look; with one, each pod is parsed on its own.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::core::{Pod, PodSpec};
use crate::api::kind::Kind;
use crate::api::meta::ObjectMeta;
use crate::api::object::Plain;
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::store::Store;

/// Where a pod tells what it was given.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";
/// Amounts above this are compared in whole units. Follows `resource.MaxMilliValue`.
const MOST_MILLIS: i64 = i64::MAX / 1000;
/// The lists of containers, and what the annotation calls one of each.
const LISTS: [(&str, &str); 2] =
    [("containers", "container"), ("initContainers", "init container")];

/// Amounts by the name of their resource.
type Amounts = BTreeMap<Rc<str>, Quantity>;

fn items(range: &Plain) -> &[Value] {
    range.body.at(&["spec", "limits"]).map_or(&[], Value::items)
}

fn amounts(list: Option<&Value>) -> Amounts {
    let entries = list.into_iter().flat_map(Value::entries);
    entries
        .filter_map(|(name, amount)| Some((Rc::clone(name), Quantity::from_value(amount).ok()?)))
        .collect()
}

/// Gives the containers of a new pod what the LimitRanges of its namespace give; what was given is noted.
pub(super) fn give(meta: &mut ObjectMeta, spec: &mut Value, store: &Store) {
    for range in store.plain_in(Kind::LimitRange, Some(&meta.namespace)) {
        let of_containers =
            || items(range).iter().filter(|one| one.str_at("type") == Some("Container"));
        let defaults = |key: &str| {
            let mut all = BTreeMap::new();
            for (name, amount) in
                of_containers().filter_map(|one| one.get(key)).flat_map(Value::entries)
            {
                all.insert(Rc::clone(name), amount.clone());
            }
            all
        };
        let (requests, limits) = (defaults("defaultRequest"), defaults("default"));
        let mut given = Vec::new();
        for (list, title) in LISTS {
            if spec.items_at(list).is_empty() {
                continue;
            }
            for container in spec.child(list).make_items() {
                let name = container.str_at("name").unwrap_or_default().to_owned();
                for (key, word, defaults) in
                    [("requests", "request", &requests), ("limits", "limit", &limits)]
                {
                    let missing: Vec<_> = defaults
                        .iter()
                        .filter(|(resource, _)| {
                            container.at(&["resources", key, resource]).is_none()
                        })
                        .collect();
                    if missing.is_empty() {
                        continue;
                    }
                    let names: Vec<&str> =
                        missing.iter().map(|(resource, _)| &***resource).collect();
                    given.push(format!("{} {word} for {title} {name}", names.join(", ")));
                    for (resource, amount) in missing {
                        container.child("resources").child(key).set(resource, amount.clone());
                    }
                }
            }
        }
        if !given.is_empty() {
            let text = format!("LimitRanger plugin set: {}", given.join("; "));
            meta.annotations.set(ANNOTATION, &text);
        }
    }
}

/// Gives a pod that a loop made what LimitRanges give. Pods of one template share their spec until they are given
/// something.
pub(super) fn give_made(pod: &mut Pod, store: &Store) {
    if store.plain_in(Kind::LimitRange, Some(&pod.meta.namespace)).next().is_none() {
        return;
    }
    let mut raw = pod.spec.raw.clone();
    give(&mut pod.meta, &mut raw, store);
    if raw != pod.spec.raw {
        pod.spec = Rc::new(PodSpec::parse(&raw));
    }
}

/// Refuses a pod or a claim that is outside of what the LimitRanges of its namespace allow.
///
/// # Errors
/// `Forbidden`, in the words of the plugin.
pub(super) fn admit(
    kind: Kind,
    meta: &ObjectMeta,
    spec: &Value,
    store: &Store,
) -> Result<(), ApiError> {
    if !matches!(kind, Kind::Pod | Kind::PersistentVolumeClaim) {
        return Ok(());
    }
    for range in store.plain_in(Kind::LimitRange, Some(&meta.namespace)) {
        let wrong = match kind {
            Kind::Pod => wrong_of_pod(range, spec),
            _ => wrong_of_claim(range, spec),
        };
        let why = match wrong.as_slice() {
            [] => continue,
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let text = format!("{} \"{}\" is forbidden: {why}", kind.resource(), meta.name);
        return Err(ApiError::new(Reason::Forbidden, text));
    }
    Ok(())
}

/// Follows `PodValidateLimitFunc`. Resources are told in the order of their names: upstream's is that of a Go map.
fn wrong_of_pod(range: &Plain, spec: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for item in items(range) {
        let one = Item::of(item);
        match one.kind {
            "Container" => {
                for (list, _) in LISTS {
                    for container in spec.items_at(list) {
                        let of = |key: &str| amounts(container.at(&["resources", key]));
                        one.check(&of("requests"), &of("limits"), &mut wrong);
                    }
                }
            }
            "Pod" => one.check(&of_pod(spec, "requests"), &of_pod(spec, "limits"), &mut wrong),
            _ => {}
        }
    }
    wrong
}

/// Follows `PersistentVolumeClaimValidateLimitFunc`.
fn wrong_of_claim(range: &Plain, spec: &Value) -> Vec<String> {
    let requests = amounts(spec.at(&["resources", "requests"]));
    let mut wrong = Vec::new();
    for item in items(range) {
        let one = Item::of(item);
        if one.kind != "PersistentVolumeClaim" {
            continue;
        }
        for (name, least) in &one.min {
            wrong.extend(below(one.kind, name, least, requests.get(name), None));
        }
        for (name, most) in &one.max {
            wrong.extend(match requests.get(name) {
                None => Some(format!(
                    "maximum {name} usage per {} is {most}.  No request is specified",
                    one.kind
                )),
                Some(asked) if more(asked, most) => Some(format!(
                    "maximum {name} usage per {} is {most}, but request is {asked}",
                    one.kind
                )),
                Some(_) => None,
            });
        }
    }
    wrong
}

/// What a pod asks for in all: its containers and sidecars together, or the largest of its init containers with the
/// sidecars before it; what the pod says itself goes before. Follows `podRequests` and `podLimits`.
fn of_pod(spec: &Value, key: &str) -> Amounts {
    let of = |container: &Value| amounts(container.at(&["resources", key]));
    let add = |sum: &mut Amounts, more: &Amounts| {
        for (name, amount) in more {
            match sum.get_mut(name) {
                Some(sum) => sum.add(amount),
                None => drop(sum.insert(Rc::clone(name), amount.clone())),
            }
        }
    };
    let (mut all, mut sidecars, mut start) = (Amounts::new(), Amounts::new(), Amounts::new());
    spec.items_at("containers").iter().for_each(|container| add(&mut all, &of(container)));
    for container in spec.items_at("initContainers") {
        let mut now = sidecars.clone();
        add(&mut now, &of(container));
        if container.str_at("restartPolicy") == Some("Always") {
            add(&mut all, &of(container));
            sidecars.clone_from(&now);
        }
        raise(&mut start, &now);
    }
    raise(&mut all, &start);
    for (name, amount) in amounts(spec.at(&["resources", key])) {
        if matches!(&*name, "cpu" | "memory") {
            all.insert(name, amount);
        }
    }
    all
}

/// Takes the larger amount of each resource.
fn raise(all: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        if all.get(name).is_none_or(|own| more(amount, own)) {
            all.insert(Rc::clone(name), amount.clone());
        }
    }
}

/// Amounts in thousandths, or in whole units where one of them is too large for that. Follows
/// `requestLimitEnforcedValues`.
fn alike<const N: usize>(all: [&Quantity; N]) -> [i64; N] {
    match all.iter().all(|one| one.value() <= MOST_MILLIS) {
        true => all.map(Quantity::milli_value),
        false => all.map(Quantity::value),
    }
}

fn more(one: &Quantity, other: &Quantity) -> bool {
    let [one, other] = alike([one, other]);
    one > other
}

/// Follows `minConstraint`.
fn below(
    kind: &str,
    name: &str,
    least: &Quantity,
    request: Option<&Quantity>,
    limit: Option<&Quantity>,
) -> Option<String> {
    let rule = format!("minimum {name} usage per {kind} is {least}");
    let Some(request) = request else { return Some(format!("{rule}.  No request is specified")) };
    if more(least, request) {
        return Some(format!("{rule}, but request is {request}"));
    }
    let limit = limit.filter(|limit| more(least, limit))?;
    Some(format!("{rule}, but limit is {limit}"))
}

/// Follows `maxConstraint`.
fn above(
    kind: &str,
    name: &str,
    most: &Quantity,
    request: Option<&Quantity>,
    limit: Option<&Quantity>,
) -> Option<String> {
    let rule = format!("maximum {name} usage per {kind} is {most}");
    let Some(limit) = limit else { return Some(format!("{rule}.  No limit is specified")) };
    if more(limit, most) {
        return Some(format!("{rule}, but limit is {limit}"));
    }
    let request = request.filter(|request| more(request, most))?;
    Some(format!("{rule}, but request is {request}"))
}

/// Follows `limitRequestRatioConstraint`.
fn too_far_apart(
    kind: &str,
    name: &str,
    ratio: &Quantity,
    request: Option<&Quantity>,
    limit: Option<&Quantity>,
) -> Option<String> {
    let rule = format!("{name} max limit to request ratio per {kind} is {ratio}");
    let some = |amount: Option<&Quantity>| amount.filter(|one| one.milli_value() != 0).cloned();
    let Some(request) = some(request) else {
        return Some(format!("{rule}, but no request is specified or request is 0"));
    };
    let Some(limit) = some(limit) else {
        return Some(format!("{rule}, but no limit is specified or limit is 0"));
    };
    let [request, limit, _] = alike([&request, &limit, ratio]);
    #[expect(clippy::cast_precision_loss, reason = "as upstream does")]
    let (provided, allowed) = (limit as f64 / request as f64, ratio.milli_value() as f64);
    (provided * 1000.0 > allowed).then(|| format!("{rule}, but provided ratio is {provided:.6}"))
}

/// One item of a LimitRange.
struct Item<'a> {
    kind: &'a str,
    min: Amounts,
    max: Amounts,
    ratio: Amounts,
}

impl<'a> Item<'a> {
    fn of(item: &'a Value) -> Self {
        Self {
            kind: item.str_at("type").unwrap_or_default(),
            min: amounts(item.get("min")),
            max: amounts(item.get("max")),
            ratio: amounts(item.get("maxLimitRequestRatio")),
        }
    }

    fn check(&self, requests: &Amounts, limits: &Amounts, wrong: &mut Vec<String>) {
        type Rule =
            fn(&str, &str, &Quantity, Option<&Quantity>, Option<&Quantity>) -> Option<String>;
        let rules: [(&Amounts, Rule); 3] =
            [(&self.min, below), (&self.max, above), (&self.ratio, too_far_apart)];
        for (enforced, rule) in rules {
            for (name, amount) in enforced {
                wrong.extend(rule(self.kind, name, amount, requests.get(name), limits.get(name)));
            }
        }
    }
}

#[cfg(test)]
mod tests;
