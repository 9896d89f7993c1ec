//! The ReplicaSets of a Deployment: claiming, making, their annotations, and clearing up old ones. Follows
//! `pkg/controller/deployment/util/deployment_util.go`.

use std::rc::Rc;

use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::core::{ReplicasSpec, ReplicasStatus};
use crate::api::kind::Kind;
use crate::api::meta::{Labels, ObjectKey, ObjectMeta, OwnerReference, Uid};
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::controllers::template_hash::template_hash;
use crate::reconcile::{DeleteOptions, Write};
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::store::Store;

/// Which rollout a ReplicaSet is.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
/// Which rollouts it was before.
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The size of the Deployment when the ReplicaSet was last scaled.
pub(super) const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// That size with the surge.
pub(super) const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";
/// The label that tells the pods of one ReplicaSet from another's.
const HASH: &str = "pod-template-hash";
/// Annotations of a Deployment that its ReplicaSets do not take over.
const OWN: [&str; 5] =
    ["kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAXIMUM];

/// The ReplicaSets that are the Deployment's, oldest first; adoptions and releases.
pub(super) fn claim(deployment: &Deployment, store: &Store) -> (Vec<Rc<ReplicaSet>>, Vec<Write>) {
    let (mut sets, mut writes) = (Vec::new(), Vec::new());
    let uid = deployment.meta.uid;
    for set in store.replica_sets().iter_in(Some(&deployment.meta.namespace)) {
        let matches = deployment.spec.selector.matches(&set.meta.labels);
        match set.meta.controller() {
            Some(owner) if owner.uid == deployment.meta.uid && matches => sets.push(Rc::clone(set)),
            Some(owner) if owner.uid == deployment.meta.uid => {
                writes.push(with_owners(set, others(set, uid).collect()));
            }
            None if matches && !set.meta.deleting() => {
                let mine = OwnerReference::controller_of(Kind::Deployment, &deployment.meta);
                writes.push(with_owners(set, set.meta.adopted_by(mine)));
                sets.push(Rc::clone(set));
            }
            _ => {}
        }
    }
    sets.order_by(|a, b| age(a).cmp(&age(b)));
    (sets, writes)
}

/// Older ReplicaSets come first; those of one second by name. Follows `ReplicaSetsByCreationTimestamp`.
pub(super) fn age(set: &ReplicaSet) -> (Time, &Rc<str>) {
    (set.meta.created.cut_to_second(), &set.meta.name)
}

fn others(set: &ReplicaSet, uid: Uid) -> impl Iterator<Item = OwnerReference> {
    set.meta.owners.iter().filter(move |one| one.uid != uid).cloned()
}

fn with_owners(set: &ReplicaSet, owners: Rc<[OwnerReference]>) -> Write {
    let mut changed = ReplicaSet::clone(set);
    changed.meta.owners = owners;
    Write::Update(AnyObject::ReplicaSet(Rc::new(changed)))
}

/// Whether two templates are the same but for the hash label. Follows `EqualIgnoreHash`.
fn same_but_hash(one: &Value, other: &Value) -> bool {
    same_but(one, other, &["metadata", "labels", HASH])
}

/// Whether two values are the same but for the field at the end of a path.
fn same_but(one: &Value, other: &Value, path: &[&str]) -> bool {
    let Some((field, rest)) = path.split_first() else { return true };
    let (Value::Object(left), Value::Object(right)) = (one, other) else { return one == other };
    // What lies on the path is the smaller part, and the other after a restart.
    let inside = match (left.get(*field), right.get(*field)) {
        (Some(one), Some(other)) => same_but(one, other, rest),
        (None, None) => true,
        _ => rest.is_empty(),
    };
    let beside = |(key, _): &(&Rc<str>, &Value)| ***key != **field;
    inside && left.iter().filter(beside).eq(right.iter().filter(beside))
}

/// The oldest ReplicaSet whose template is the Deployment's.
pub(super) fn new_replica_set(
    deployment: &Deployment,
    sets: &[Rc<ReplicaSet>],
) -> Option<Rc<ReplicaSet>> {
    let wanted = &deployment.spec.template.raw;
    sets.iter().find(|set| same_but_hash(&set.spec.template.raw, wanted)).cloned()
}

/// A ReplicaSet that is to be made, and how many names were taken by others.
pub(super) struct Made {
    pub set: ReplicaSet,
    pub collisions: Option<i64>,
}

/// A ReplicaSet for the Deployment's template.
pub(super) fn make(
    deployment: &Deployment,
    sets: &[Rc<ReplicaSet>],
    store: &Store,
    replicas: i64,
) -> Made {
    let mut collisions = deployment.status.collision_count;
    let namespace = &deployment.meta.namespace;
    let (hash, name) = loop {
        let hash = template_hash(&deployment.spec.template.raw, collisions);
        let room = 252_usize.saturating_sub(hash.len());
        let base: String = deployment.meta.name.chars().take(room).collect();
        let name = format!("{base}-{hash}");
        if store.replica_sets().get(&ObjectKey::new(Rc::clone(namespace), name.as_str())).is_none()
        {
            break (hash, name);
        }
        collisions = Some(collisions.unwrap_or(0) + 1);
    };
    let mut labels = deployment.spec.template.labels.clone();
    labels.set(HASH, &hash);
    let mut template = deployment.spec.template.raw.clone();
    template.child("metadata").set("labels", labels.to_value());
    let mut selector = deployment.spec.raw.get("selector").cloned().unwrap_or_default();
    selector.child("matchLabels").set(HASH, hash.as_str());
    let mut spec =
        crate::object! { "replicas" => replicas, "selector" => selector, "template" => template };
    if deployment.spec.min_ready_seconds > 0 {
        spec.set("minReadySeconds", deployment.spec.min_ready_seconds);
    }
    let made = ReplicaSet {
        meta: ObjectMeta {
            name: name.into(),
            namespace: Rc::clone(namespace),
            labels,
            owners: Rc::new([OwnerReference::controller_of(Kind::Deployment, &deployment.meta)]),
            ..ObjectMeta::default()
        },
        spec: Rc::new(ReplicasSpec::parse(&spec)),
        status: ReplicasStatus::default(),
    };
    let made = with_annotations(deployment, &made, sets);
    Made { set: with_size(deployment, &made, replicas), collisions }
}

fn revision(annotations: &Labels) -> i64 {
    annotations.text(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The new ReplicaSet with the Deployment's `minReadySeconds`, its annotations, and a revision above all others'.
pub(super) fn with_annotations(
    deployment: &Deployment,
    new: &ReplicaSet,
    sets: &[Rc<ReplicaSet>],
) -> ReplicaSet {
    let mut changed = ReplicaSet::clone(new);
    let seconds = deployment.spec.min_ready_seconds;
    if new.spec.min_ready_seconds != seconds {
        let mut spec = new.spec.raw.clone();
        match seconds {
            0 => {
                spec.remove("minReadySeconds");
            }
            seconds => spec.set("minReadySeconds", seconds),
        }
        changed.spec = Rc::new(ReplicasSpec::parse(&spec));
    }
    for (key, value) in deployment.meta.annotations.iter() {
        if !OWN.contains(&&**key) {
            changed.meta.annotations.set(key, value);
        }
    }
    let others = sets.iter().filter(|set| set.meta.uid != new.meta.uid);
    let newest = others.map(|set| revision(&set.meta.annotations)).max().unwrap_or(0);
    let own = revision(&new.meta.annotations);
    if own <= newest {
        changed.meta.annotations.set(REVISION, &(newest + 1).to_string());
        if own > 0 {
            let before = new
                .meta
                .annotations
                .text(HISTORY)
                .map(|text| format!("{text},"))
                .unwrap_or_default();
            changed.meta.annotations.set(HISTORY, &format!("{before}{own}"));
        }
    }
    changed
}

/// How many pods a rollout may have too many, and how many may be missing. Follows `ResolveFenceposts`.
pub(super) fn fenceposts(deployment: &Deployment) -> (i64, i64) {
    if deployment.spec.recreate {
        return (0, 0);
    }
    let replicas = deployment.spec.replicas;
    let surge = deployment.spec.max_surge.of(replicas, true);
    let unavailable = deployment.spec.max_unavailable.of(replicas, false);
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    (surge, unavailable.min(replicas))
}

/// A ReplicaSet of another size, with the annotations that proportional scaling reads.
pub(super) fn with_size(deployment: &Deployment, set: &ReplicaSet, replicas: i64) -> ReplicaSet {
    let mut changed = ReplicaSet::clone(set);
    let want = deployment.spec.replicas;
    changed.meta.annotations.set(DESIRED, &want.to_string());
    changed.meta.annotations.set(MAXIMUM, &(want + fenceposts(deployment).0).to_string());
    if set.spec.replicas != replicas {
        changed.spec = Rc::new(set.spec.with_replicas(replicas));
    }
    changed
}

/// Deletes the oldest empty ReplicaSets beyond the history limit.
pub(super) fn clean_up(
    deployment: &Deployment,
    sets: &[Rc<ReplicaSet>],
    new: Option<&Rc<ReplicaSet>>,
) -> Vec<Write> {
    let old = sets.iter().filter(|set| new.is_none_or(|new| new.meta.uid != set.meta.uid));
    let mut old: Vec<&Rc<ReplicaSet>> = old.filter(|set| !set.meta.deleting()).collect();
    old.order_by(|a, b| {
        let number = |set: &ReplicaSet| revision(&set.meta.annotations);
        number(a).cmp(&number(b)).then_with(|| age(a).cmp(&age(b)))
    });
    let surplus = old
        .len()
        .saturating_sub(usize::try_from(deployment.spec.revision_history_limit).unwrap_or(0));
    let empty = |set: &&&Rc<ReplicaSet>| {
        set.spec.replicas == 0
            && set.status.replicas == 0
            && set.status.observed_generation >= set.meta.generation
    };
    let delete = |set: &Rc<ReplicaSet>| Write::Delete {
        kind: Kind::ReplicaSet,
        key: set.meta.key(),
        options: DeleteOptions { uid: Some(set.meta.uid), ..DeleteOptions::default() },
        note: None,
        about: None,
    };
    old.iter().take(surplus).filter(empty).map(|set| delete(set)).collect()
}
