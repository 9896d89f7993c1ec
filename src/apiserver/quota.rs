//! What a namespace may use at most. What would exceed a quota is refused; what is used follows from the objects that
//! are there, and from the last regular recount. Follows `plugin/pkg/admission/resourcequota` and
//! `pkg/quota/v1/evaluator/core`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::core::{Pod, PodSpec, Qos};
use crate::api::kind::Kind;
use crate::api::meta::ObjectMeta;
use crate::api::object::{AnyObject, Plain};
use crate::api::quantity::{Format, Quantity};
use crate::api::resources::Resources;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::sim::{Duration, Time};
use crate::store::Store;

/// Amounts by their name in a quota: cpu in thousandths, all else in whole units.
pub type Amounts = BTreeMap<Rc<str>, i64>;

/// All quotas are counted anew this often. Follows `ResourceQuotaSyncPeriod`.
const RECOUNT_EVERY: Duration = Duration::from_seconds(300);

/// What containers must ask for if a quota limits it. Follows `validationSet`.
const MUST_ASK: [(&str, &str, &str); 6] = [
    ("cpu", "requests", "cpu"),
    ("limits.cpu", "limits", "cpu"),
    ("limits.memory", "limits", "memory"),
    ("memory", "requests", "memory"),
    ("requests.cpu", "requests", "cpu"),
    ("requests.memory", "requests", "memory"),
];

/// What a pod asks for of pages of another size begins with this.
const HUGE_PAGES: &str = "hugepages-";

/// Kinds of the core group that a quota counts by their plural alone.
const COUNTED: [Kind; 6] = [
    Kind::ConfigMap,
    Kind::PersistentVolumeClaim,
    Kind::ReplicationController,
    Kind::ResourceQuota,
    Kind::Secret,
    Kind::Service,
];

/// What a quota allows.
pub fn hard(quota: &Plain) -> Amounts {
    let list = quota.body.at(&["spec", "hard"]).into_iter().flat_map(Value::entries);
    list.filter_map(|(name, amount)| {
        let quantity = Quantity::from_value(amount).ok()?;
        Some((
            Rc::clone(name),
            if is_cpu(name) { quantity.milli_value() } else { quantity.value() },
        ))
    })
    .fold(Amounts::new(), |mut all, (name, amount)| {
        all.insert(name, amount);
        all
    })
}

/// What is used of all that a quota limits.
pub fn used(quota: &Plain, store: &Store, now: Time) -> Amounts {
    let mut all: Amounts = hard(quota).into_keys().map(|name| (name, 0)).fold(
        Amounts::new(),
        |mut all, (name, amount)| {
            all.insert(name, amount);
            all
        },
    );
    let namespace = Some(&*quota.meta.namespace);
    for pod in store.pods().iter_in(namespace).filter(|pod| in_scope(quota, &pod.spec)) {
        take(&mut all, &of_pod(&pod.spec, pod, now));
    }
    if unscoped(quota) {
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Pod && kind.namespaced()) {
            if !names_of(kind).iter().any(|name| all.contains_key(&**name)) && kind != Kind::Service
            {
                continue;
            }
            for object in store.list(kind, namespace) {
                take(&mut all, &of_object(kind, &object.to_value()));
            }
        }
    }
    all
}

/// When a pod that does not come to its end is no longer charged, if that is still to come. Follows `QuotaV1Pod`: its
/// grace period, which `deletionTimestamp` holds already, goes by once more.
fn charged_until(pod: &Pod) -> Option<Time> {
    let deletion = pod.meta.deletion?;
    Some(deletion.at + Duration::from_seconds(deletion.grace_seconds))
}

/// The last regular recount up to a moment. Nothing tells that a grace period is over: until then the pod is charged.
fn last_recount(now: Time) -> Time {
    let start = Time::default();
    let since = (now - start).seconds();
    start + Duration::from_seconds(since - since.rem_euclid(RECOUNT_EVERY.seconds()))
}

/// When a regular recount will find that a pod of the namespace of a quota is no longer charged.
pub fn next_recount(quota: &Plain, store: &Store, now: Time) -> Option<Time> {
    let pods = store.pods().iter_in(Some(&*quota.meta.namespace));
    let last = last_recount(now);
    let first = pods.filter_map(|pod| charged_until(pod)).filter(|until| *until >= last).min()?;
    Some(last_recount(first).max(last) + RECOUNT_EVERY)
}

/// Adds what is limited.
fn take(all: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        if let Some(sum) = all.get_mut(name) {
            *sum += amount;
        }
    }
}

/// An amount as a quota writes it.
pub fn shown(name: &str, amount: i64) -> String {
    let memory = ["memory", "storage"].iter().any(|end| name.ends_with(end));
    let memory = memory || name.contains(HUGE_PAGES);
    match is_cpu(name) {
        true => Quantity::from_millis(amount, Format::DecimalSI).to_string(),
        false => {
            let format = if memory { Format::BinarySI } else { Format::DecimalSI };
            Quantity::from_units(amount, format).to_string()
        }
    }
}

fn is_cpu(name: &str) -> bool {
    name == "cpu" || name.ends_with(".cpu")
}

/// Under which names a kind is counted.
fn names_of(kind: Kind) -> Vec<String> {
    let mut names = vec![format!("count/{}", kind.resource())];
    if COUNTED.contains(&kind) {
        names.push(kind.info().plural.to_owned());
    }
    names
}

/// What an object other than a pod uses. A Service is charged for the node ports it means to have, though it may not
/// have them yet. Follows `serviceEvaluator.Usage`.
fn of_object(kind: Kind, object: &Value) -> Amounts {
    let mut all: Amounts = Amounts::new();
    for name in names_of(kind) {
        all.insert(name.into(), 1);
    }
    if kind == Kind::Service {
        let none = Value::Null;
        let spec = object.get("spec").unwrap_or(&none);
        let ports = spec.items_at("ports");
        let open = ports.iter().filter(|port| port.i64_at("nodePort").unwrap_or(0) != 0).count();
        let (open, balanced) = match spec.str_at("type") {
            Some("NodePort") => (ports.len(), 0),
            Some("LoadBalancer") => match spec.bool_at("allocateLoadBalancerNodePorts") {
                Some(false) => (open, 1),
                _ => (ports.len(), 1),
            },
            _ => (0, 0),
        };
        all.insert("services.nodeports".into(), i64::try_from(open).unwrap_or(i64::MAX));
        all.insert("services.loadbalancers".into(), balanced);
    }
    all
}

/// What a pod uses; one that is over, or that should be gone, uses nothing but its place among all objects. Follows
/// `PodUsageFunc` and `podComputeUsageHelper`.
fn of_pod(spec: &PodSpec, pod: &Pod, now: Time) -> Amounts {
    let mut all = Amounts::new();
    all.insert("count/pods".into(), 1);
    let lost = charged_until(pod).is_some_and(|until| until < last_recount(now));
    if pod.status.phase.finished() || lost {
        return all;
    }
    all.insert("pods".into(), 1);
    let limits = spec.limits();
    for (prefix, amounts) in
        [("requests.", &spec.requests), ("limits.", &limits), ("", &spec.requests)]
    {
        for (name, amount) in [
            ("cpu", amounts.cpu_milli),
            ("memory", amounts.memory_bytes),
            ("ephemeral-storage", amounts.ephemeral_bytes),
        ] {
            all.insert([prefix, name].concat().into(), amount);
        }
    }
    for (name, amount) in &spec.requests.extended {
        let huge = name.starts_with(HUGE_PAGES);
        let extended = name.contains('/') && !name.contains("kubernetes.io/");
        if huge {
            all.insert(Rc::clone(name), *amount);
        }
        if huge || extended {
            all.insert(["requests.", name].concat().into(), *amount);
        }
    }
    all
}

fn unscoped(quota: &Plain) -> bool {
    let spec = quota.body.get("spec");
    spec.is_none_or(|spec| {
        spec.items_at("scopes").is_empty() && spec.get("scopeSelector").is_none()
    })
}

/// Whether a quota counts pods like this one. Follows `podMatchesScopeFunc`.
fn in_scope(quota: &Plain, spec: &PodSpec) -> bool {
    let scopes = quota.body.get("spec").map_or(&[][..], |spec| spec.items_at("scopes"));
    let terms = quota.body.at(&["spec", "scopeSelector"]);
    let terms = terms.map_or(&[][..], |selector| selector.items_at("matchExpressions"));
    let holds = |scope: &str| match scope {
        "BestEffort" => spec.qos == Qos::BestEffort,
        "NotBestEffort" => spec.qos != Qos::BestEffort,
        "Terminating" => spec.active_deadline_seconds.is_some(),
        "NotTerminating" => spec.active_deadline_seconds.is_none(),
        _ => true,
    };
    let class = &*spec.priority_class;
    let term_holds = |term: &Value| {
        let named = || term.items_at("values").iter().any(|value| value.as_str() == Some(class));
        match (term.str_at("scopeName"), term.str_at("operator")) {
            (Some("PriorityClass"), Some("In")) => named(),
            (Some("PriorityClass"), Some("NotIn")) => !named(),
            (Some("PriorityClass"), Some("Exists")) => !class.is_empty(),
            (Some("PriorityClass"), Some("DoesNotExist")) => class.is_empty(),
            (scope, _) => holds(scope.unwrap_or_default()),
        }
    };
    scopes.iter().filter_map(Value::as_str).all(holds) && terms.iter().all(term_holds)
}

/// Refuses a pod for which there is no room. What it must say is asked of all quotas before any amount is looked at.
/// Follows `CheckRequest`.
///
/// # Errors
/// `Forbidden`, in the words of the plugin.
pub(super) fn admit_pod(pod: &Pod, store: &Store, now: Time) -> Result<(), ApiError> {
    let all = store.plain_in(Kind::ResourceQuota, Some(&pod.meta.namespace));
    let quotas: Vec<_> = all.filter(|quota| in_scope(quota, &pod.spec)).collect();
    for quota in &quotas {
        if let Some(words) = not_asked(&hard(quota), &pod.spec) {
            let why = format!("failed quota: {}: {words}", quota.meta.name);
            return Err(refused(Kind::Pod, &pod.meta, &why));
        }
    }
    if quotas.is_empty() {
        return Ok(());
    }
    let asked = of_pod(&pod.spec, pod, now);
    quotas.iter().try_for_each(|quota| has_room(quota, &asked, Kind::Pod, &pod.meta, store, now))
}

/// Refuses any other object for which there is no room; of a changed one, what it uses more than it did.
///
/// # Errors
/// As [`admit_pod`].
pub(super) fn admit(
    kind: Kind,
    meta: &ObjectMeta,
    (object, before): (&Value, Option<&Value>),
    store: &Store,
    now: Time,
) -> Result<(), ApiError> {
    if kind == Kind::Pod {
        return match AnyObject::from_value(kind, object) {
            AnyObject::Pod(pod) => admit_pod(&pod, store, now),
            _ => Ok(()),
        };
    }
    let mut quotas = store.plain_in(Kind::ResourceQuota, Some(&meta.namespace)).peekable();
    if quotas.peek().is_none() {
        return Ok(());
    }
    let mut asked = of_object(kind, object);
    for (name, amount) in before.map(|before| of_object(kind, before)).into_iter().flatten() {
        asked.entry(name).and_modify(|more| *more = (*more - amount).max(0));
    }
    quotas
        .filter(|quota| unscoped(quota))
        .try_for_each(|quota| has_room(quota, &asked, kind, meta, store, now))
}

fn refused(kind: Kind, meta: &ObjectMeta, why: &str) -> ApiError {
    let text = format!("{} \"{}\" is forbidden: {why}", kind.resource(), meta.name);
    ApiError::new(Reason::Forbidden, text)
}

/// What containers do not ask for though a quota limits it; in a pod that says anything of itself as a whole they need
/// not. Follows `Constraints` of the pods' evaluator.
fn not_asked(limits: &Amounts, spec: &PodSpec) -> Option<String> {
    let none = Resources::default();
    if spec.own.as_ref().is_some_and(|own| own.requests != none || own.limits != none) {
        return None;
    }
    let missing = MUST_ASK.iter().filter(|(name, ..)| limits.contains_key(*name)).filter_map(
        |(name, list, resource)| {
            let lists = [spec.raw.items_at("containers"), spec.raw.items_at("initContainers")];
            let without = lists
                .into_iter()
                .flatten()
                .filter(|container| container.at(&["resources", list, resource]).is_none());
            let names: Vec<&str> =
                without.filter_map(|container| container.str_at("name")).collect();
            (!names.is_empty()).then(|| format!("{name} for: {}", names.join(",")))
        },
    );
    let missing: Vec<String> = missing.collect();
    (!missing.is_empty()).then(|| format!("must specify {}", missing.join("; ")))
}

fn has_room(
    quota: &Plain,
    asked: &Amounts,
    kind: Kind,
    meta: &ObjectMeta,
    store: &Store,
    now: Time,
) -> Result<(), ApiError> {
    let limits = &hard(quota);
    let concerned = asked.iter().any(|(name, amount)| *amount > 0 && limits.contains_key(name));
    if !concerned {
        return Ok(());
    }
    let used = used(quota, store, now);
    let over = |name: &&Rc<str>| {
        let amount = |amounts: &Amounts| amounts.get(*name).copied().unwrap_or(0);
        amount(asked) > 0 && amount(&used) + amount(asked) > amount(limits)
    };
    let names: Vec<&Rc<str>> = limits.keys().filter(over).collect();
    if names.is_empty() {
        return Ok(());
    }
    let listed = |amounts: &Amounts| {
        let each = names.iter().map(|name| {
            format!("{name}={}", shown(name, amounts.get(*name).copied().unwrap_or(0)))
        });
        each.collect::<Vec<_>>().join(",")
    };
    let why = format!(
        "exceeded quota: {}, requested: {}, used: {}, limited: {}",
        quota.meta.name,
        listed(asked),
        listed(&used),
        listed(limits)
    );
    Err(refused(kind, meta, &why))
}
