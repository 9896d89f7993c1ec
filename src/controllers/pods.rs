//! What the loops that manage pods share: claiming by label, ranking for deletion, creating from a template.
//! Follows `pkg/controller/controller_utils.go` and `controller_ref_manager.go`.

use std::cmp::Ordering;
use std::rc::Rc;

use crate::api::core::{Phase, Pod};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::{ObjectMeta, OwnerReference};
use crate::api::object::AnyObject;
use crate::api::words::{joined, word};
use crate::reconcile::{DeleteOptions, Note, Write};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};
use crate::store::{Store, Tally};

/// The pods of an owner, after what should be its own was adopted and what should not was let go.
pub(super) struct Claim {
    /// Its pods, finished ones and those being deleted too.
    pub pods: Vec<Rc<Pod>>,
    /// Adoptions and releases.
    pub writes: Vec<Write>,
}

/// Whether something is to be adopted or released: the tally knows which label sets the owner's pods carry, so
/// that in the usual case no pod is walked.
pub(super) fn claims_settled(store: &Store, owner: &ObjectMeta, selector: &Selector) -> bool {
    let strays =
        store.index().tally(owner.uid).labels.keys().any(|labels| !selector.matches(labels));
    let mut adoptable = store.orphan_pods(&owner.namespace, selector);
    let orphans = !owner.deleting() && adoptable.any(|pod| pod.active());
    !strays && !orphans
}

/// Claims pods: owned and matching ones stay, owned and not matching ones are released, matching orphans adopted.
/// ReplicaSets look at active pods only. Follows `ClaimPods`.
pub(super) fn claim_pods(
    store: &Store,
    kind: Kind,
    owner: &ObjectMeta,
    selector: &Selector,
) -> Claim {
    let only_active = matches!(kind, Kind::ReplicaSet | Kind::ReplicationController);
    let looked_at = |pod: &&Rc<Pod>| pod.active() || !only_active;
    let owns = |reference: &OwnerReference| reference.uid == owner.uid;
    let mut claim = Claim { pods: Vec::new(), writes: Vec::new() };
    for pod in store.pods_of(owner.uid).filter(looked_at) {
        if !pod.meta.controller().is_some_and(owns) {
            continue;
        }
        if selector.matches(&pod.meta.labels) {
            claim.pods.push(Rc::clone(pod));
        } else if !owner.deleting() {
            let others = pod.meta.owners.iter().filter(|one| !owns(one)).cloned();
            claim.writes.push(with_owners(pod, others.collect()));
        }
    }
    if owner.deleting() {
        return claim;
    }
    for pod in store.orphan_pods(&owner.namespace, selector).filter(looked_at) {
        if pod.meta.deleting() {
            continue;
        }
        let mine = OwnerReference::controller_of(kind, owner);
        claim.writes.push(with_owners(pod, pod.meta.adopted_by(mine)));
        claim.pods.push(Rc::clone(pod));
    }
    claim
}

/// The pods that a Job may have to do something about: those that are over and counted are left out, unless something
/// is to be adopted or released, or `all` are asked for.
pub(super) fn claim_open_pods(
    store: &Store,
    job: &ObjectMeta,
    selector: &Selector,
    all: bool,
) -> Claim {
    if all || !all_match(store, job, &store.index().tally(job.uid), selector) {
        return claim_pods(store, Kind::Job, job, selector);
    }
    Claim { pods: store.open_pods_of(job.uid).cloned().collect(), writes: Vec::new() }
}

/// Whether nothing is to be adopted or released, finished pods and those being deleted too.
pub(super) fn all_match(
    store: &Store,
    owner: &ObjectMeta,
    tally: &Tally,
    selector: &Selector,
) -> bool {
    store.orphan_pods(&owner.namespace, selector).next().is_none()
        && tally.labels.keys().all(|labels| selector.matches(labels))
}

fn with_owners(pod: &Pod, owners: Rc<[OwnerReference]>) -> Write {
    let mut changed = Pod::clone(pod);
    changed.meta.owners = owners;
    Write::Update(AnyObject::Pod(Rc::new(changed)))
}

/// Creates a pod for an owner, with its event.
pub(super) fn create(pod: Pod, owner: &AnyObject) -> Write {
    Write::Create {
        object: AnyObject::Pod(Rc::new(pod)),
        note: Some(Note::normal("SuccessfulCreate", word("Created pod: {name}"))),
        about: Some(owner.clone()),
    }
}

/// Deletes a pod for an owner, with its event.
pub(super) fn delete(pod: &Pod, owner: &AnyObject) -> Write {
    Write::Delete {
        kind: Kind::Pod,
        key: pod.meta.key(),
        options: DeleteOptions { uid: Some(pod.meta.uid), ..DeleteOptions::default() },
        note: Some(Note::normal("SuccessfulDelete", joined(&["Deleted pod: ", &pod.meta.name]))),
        about: Some(owner.clone()),
    }
}

/// What the ranking needs to know of a pod, read once.
struct Ranked<'a> {
    pod: &'a Rc<Pod>,
    cost: i32,
    /// How many siblings of related ReplicaSets share its node.
    together: i64,
    /// Since when it is ready.
    since: Option<Time>,
}

/// Of active pods those that are deleted first, `count` at most, in that order. `together` counts related pods on the
/// same node. Costs one look at each pod and little more, however few are wanted. Follows
/// `controller.ActivePodsWithRanks`.
pub(super) fn first_for_deletion<'a>(
    pods: impl Iterator<Item = &'a Rc<Pod>>,
    count: usize,
    now: Time,
    together: impl Fn(&Pod) -> i64,
) -> Vec<&'a Rc<Pod>> {
    let mut first: Vec<Ranked<'_>> = Vec::new();
    for pod in pods {
        let next = Ranked {
            pod,
            cost: pod.deletion_cost(),
            together: together(pod),
            since: pod.ready_since(),
        };
        let full = first.len() >= count;
        if full && first.last().is_none_or(|last| compare(&next, last, now) != Ordering::Less) {
            continue;
        }
        let place = first.partition_point(|one| compare(one, &next, now) != Ordering::Greater);
        first.insert(place, next);
        first.truncate(count);
    }
    first.into_iter().map(|ranked| ranked.pod).collect()
}

/// Orders a Job's active pods, those to be deleted first in front: by exact times, without costs and neighbours.
/// Follows `controller.ActivePods`.
pub(super) fn rank_job_pods(mut pods: Vec<Rc<Pod>>) -> Vec<Rc<Pod>> {
    pods.order_by(|one, other| {
        compare_states(one, other)
            .then_with(|| match one.ready() && other.ready() {
                true => other.ready_since().cmp(&one.ready_since()),
                false => Ordering::Equal,
            })
            .then_with(|| most_restarts(other).cmp(&most_restarts(one)))
            .then_with(|| other.meta.created.cut_to_second().cmp(&one.meta.created.cut_to_second()))
    });
    pods
}

/// Not bound before bound, Pending before Unknown before Running, not ready before ready.
fn compare_states(one: &Pod, other: &Pod) -> Ordering {
    compare_phases(one, other).then_with(|| one.ready().cmp(&other.ready()))
}

fn compare_phases(one: &Pod, other: &Pod) -> Ordering {
    let phase = |pod: &Pod| match pod.status.phase {
        Phase::Pending => 0,
        Phase::Unknown => 1,
        _ => 2,
    };
    one.node.is_some().cmp(&other.node.is_some()).then_with(|| phase(one).cmp(&phase(other)))
}

fn compare(one: &Ranked<'_>, other: &Ranked<'_>, now: Time) -> Ordering {
    let by_uid = || one.pod.meta.uid.cmp(&other.pod.meta.uid);
    let (ready, other_ready) = (one.since.is_some(), other.since.is_some());
    let by_state = compare_phases(one.pod, other.pod)
        .then_with(|| ready.cmp(&other_ready))
        .then_with(|| one.cost.cmp(&other.cost))
        .then_with(|| other.together.cmp(&one.together));
    if by_state != Ordering::Equal {
        return by_state;
    }
    if ready && other_ready && one.since != other.since {
        return younger_first(one.since, other.since, now).then_with(by_uid);
    }
    let by_restarts = most_restarts(other.pod).cmp(&most_restarts(one.pod));
    if by_restarts != Ordering::Equal {
        return by_restarts;
    }
    let born = |ranked: &Ranked<'_>| ranked.pod.meta.created.cut_to_second();
    if born(one) != born(other) {
        return younger_first(Some(born(one)), Some(born(other)), now).then_with(by_uid);
    }
    by_uid()
}

/// Younger goes first, where ages in the same power of two (of nanoseconds) count as equal.
fn younger_first(one: Option<Time>, other: Option<Time>, now: Time) -> Ordering {
    bucket(one, now).cmp(&bucket(other, now))
}

fn bucket(since: Option<Time>, now: Time) -> i64 {
    let age = since.map_or(0, |since| (now - since).millis());
    match u128::try_from(age) {
        Ok(millis) if millis > 0 => i64::from((millis * 1_000_000).ilog2()),
        _ => -1,
    }
}

/// The most restarts of a container, and of a sidecar (other init containers do not count).
fn most_restarts(pod: &Pod) -> (i64, i64) {
    let of_containers = pod.status.containers.iter().map(|status| status.restart_count).max();
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.sidecar);
    let of_sidecars = sidecars
        .filter_map(|container| pod.status.container(&container.name))
        .map(|status| status.restart_count)
        .max();
    (of_containers.unwrap_or(0), of_sidecars.unwrap_or(0))
}

/// Whether a pod has been ready for `min_ready_seconds`; if not, when it will have been.
/// Follows `podutil.IsPodAvailable`.
pub(super) fn available(pod: &Pod, min_ready_seconds: i64, now: Time) -> Result<(), Option<Time>> {
    let Some(since) = pod.ready_since() else { return Err(None) };
    if min_ready_seconds == 0 {
        return Ok(());
    }
    let at = since + Duration::from_seconds(min_ready_seconds);
    if at <= now { Ok(()) } else { Err(Some(at)) }
}
