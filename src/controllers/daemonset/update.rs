//! Rollouts of DaemonSets, and the revisions they leave. Follows `pkg/controller/daemon/update.go`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::Look;
use super::placement::template_generation;
use crate::api::apps::DaemonSet;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::{Labels, NodeName, ObjectKey, ObjectMeta, OwnerReference};
use crate::api::object::{AnyObject, Plain};
use crate::api::value::Value;
use crate::controllers::pods::available;
use crate::controllers::template_hash::template_hash;
use crate::reconcile::{DeleteOptions, Write};
use crate::sim::order::{Gather as _, Order as _};
use crate::store::Store;

/// The label that tells the pods of one template from another's.
const HASH: &str = "controller-revision-hash";

/// Whether a pod with these labels is of the newest template. Follows `util.IsPodUpdated`.
pub(super) fn is_updated(set: &DaemonSet, labels: &Labels, hash: &str) -> bool {
    has_hash(labels, hash)
        || labels.text("pod-template-generation") == Some(template_generation(set))
}

/// Whether a pod's labels carry the hash of the newest template.
pub(super) fn has_hash(labels: &Labels, hash: &str) -> bool {
    labels.text(HASH) == Some(hash)
}

/// The templates that a set had.
pub(super) struct History {
    /// The hash of the newest template.
    pub hash: Rc<str>,
    /// The revisions of the templates before it.
    old: Vec<Rc<Plain>>,
    /// Adoptions, releases, and the revision of the newest template.
    pub writes: Vec<Write>,
    /// How many names of revisions were taken by others so far.
    pub collisions: Option<i64>,
}

impl History {
    /// How many revisions there are beyond the history limit.
    pub(super) fn surplus(&self, set: &DaemonSet) -> usize {
        let limit = usize::try_from(set.spec.revision_history_limit).unwrap_or(0);
        self.old.len().saturating_sub(limit)
    }
}

fn number(revision: &Plain) -> i64 {
    revision.body.i64_at("revision").unwrap_or(0)
}

/// The revisions of a set. That of the newest template is made if it is not there, and moved to the front if it was
/// used before. Follows `constructHistory`.
pub(super) fn history(set: &DaemonSet, store: &Store) -> History {
    let mut template = set.spec.template.raw.clone();
    template.set("$patch", "replace");
    let data = crate::object! { "spec" => crate::object! { "template" => template } };
    let mut history = History {
        hash: "".into(),
        old: Vec::new(),
        writes: Vec::new(),
        collisions: set.status.collision_count,
    };
    let mut current: Option<Rc<Plain>> = None;
    let mine = |owner: &OwnerReference| owner.uid == set.meta.uid;
    let others = |revision: &Plain| -> Rc<[OwnerReference]> {
        revision.meta.owners.iter().filter(|owner| !mine(owner)).cloned().collect()
    };
    for revision in store.plain_in(Kind::ControllerRevision, Some(&set.meta.namespace)) {
        let matches = set.spec.selector.matches(&revision.meta.labels);
        let mut own = Rc::clone(revision);
        match revision.meta.controller() {
            Some(owner) if !mine(owner) => continue,
            Some(_) if matches => {}
            Some(_) => {
                history.writes.push(with_owners(revision, others(revision)));
                continue;
            }
            None if matches && !revision.meta.deleting() => {
                let mine = OwnerReference::controller_of(Kind::DaemonSet, &set.meta);
                let adopted = with_owners(revision, revision.meta.adopted_by(mine));
                if let Write::Update(AnyObject::Plain(adopted)) = &adopted {
                    own = Rc::clone(adopted);
                }
                history.writes.push(adopted);
            }
            None => continue,
        }
        if revision.body.get("data") != Some(&data) {
            history.old.push(own);
        } else if current.as_ref().is_none_or(|current| number(current) <= number(&own)) {
            current = Some(own);
        }
    }
    let next = history.old.iter().map(|revision| number(revision)).max().unwrap_or(0) + 1;
    match current {
        Some(current) => {
            history.hash = current.meta.labels.text(HASH).unwrap_or(&current.meta.name).into();
            if number(&current) < next {
                let mut again = Plain::clone(&current);
                again.body.set("revision", next);
                history.writes.push(Write::Update(AnyObject::Plain(Rc::new(again))));
            }
        }
        None => snapshot(set, store, &mut history, data, next),
    }
    history
}

fn with_owners(revision: &Plain, owners: Rc<[OwnerReference]>) -> Write {
    let mut changed = Plain::clone(revision);
    changed.meta.owners = owners;
    Write::Update(AnyObject::Plain(Rc::new(changed)))
}

/// Makes the revision of the newest template, under a name that no other template has. Follows `snapshot`.
fn snapshot(set: &DaemonSet, store: &Store, history: &mut History, data: Value, next: i64) {
    let (hash, name) = loop {
        let hash = template_hash(&set.spec.template.raw, history.collisions);
        let name = format!("{}-{hash}", set.meta.name);
        let key = ObjectKey::new(Rc::clone(&set.meta.namespace), name.as_str());
        match store.plain(Kind::ControllerRevision, &key) {
            None => break (hash, name),
            // A set of this name that was deleted just now left it.
            Some(there) if there.body.get("data") == Some(&data) => {
                history.hash = there.meta.labels.text(HASH).unwrap_or(&hash).into();
                return;
            }
            Some(_) => history.collisions = Some(history.collisions.unwrap_or(0) + 1),
        }
    };
    let mut labels = set.spec.template.labels.clone();
    labels.set(HASH, &hash);
    let revision = Plain {
        kind: Kind::ControllerRevision,
        meta: ObjectMeta {
            name: name.into(),
            namespace: Rc::clone(&set.meta.namespace),
            labels,
            annotations: set.meta.annotations.clone(),
            owners: Rc::new([OwnerReference::controller_of(Kind::DaemonSet, &set.meta)]),
            ..ObjectMeta::default()
        },
        body: crate::object! { "data" => data, "revision" => next },
    };
    let object = AnyObject::Plain(Rc::new(revision));
    history.writes.push(Write::Create { object, note: None, about: None });
    history.hash = hash.into();
}

/// Deletes the oldest revisions beyond the history limit that no pod carries. Follows `cleanupHistory`.
pub(super) fn prune(set: &DaemonSet, history: &History, pods: &[Rc<Pod>]) -> Vec<Write> {
    let surplus = history.surplus(set);
    if surplus == 0 {
        return Vec::new();
    }
    let carried: BTreeSet<&str> = pods.iter().filter_map(|pod| pod.meta.labels.text(HASH)).gather();
    let mut old: Vec<&Rc<Plain>> = history.old.iter().collect();
    old.order_by_key(|revision| number(revision));
    let idle = old.into_iter().filter(|revision| {
        revision.meta.labels.text(HASH).is_none_or(|hash| !carried.contains(hash))
    });
    let delete = |revision: &Rc<Plain>| Write::Delete {
        kind: Kind::ControllerRevision,
        key: revision.meta.key(),
        options: DeleteOptions { uid: Some(revision.meta.uid), ..DeleteOptions::default() },
        note: None,
        about: None,
    };
    idle.take(surplus).map(delete).collect()
}

/// The new and the old pod of a node; `None` if there are several of one sort. Follows `findUpdatedPodsOnNode`.
fn pair<'a>(
    set: &DaemonSet,
    group: &'a [Rc<Pod>],
    hash: &str,
) -> Option<(Option<&'a Rc<Pod>>, Option<&'a Rc<Pod>>)> {
    let (mut new, mut old) = (None, None);
    for pod in group.iter().filter(|pod| !pod.meta.deleting()) {
        let place = if is_updated(set, &pod.meta.labels, hash) { &mut new } else { &mut old };
        if place.replace(pod).is_some() {
            return None;
        }
    }
    Some((new, old))
}

impl Look<'_> {
    /// The next step of a rollout, once everything is placed. Follows `rollingUpdate`.
    pub(super) fn roll(&mut self) {
        if self.set.spec.on_delete {
            return;
        }
        if self.max_surge() > 0 {
            self.roll_with_surge();
        } else {
            self.roll_by_deleting();
        }
    }

    /// Nodes that should run a pod and have none count as unavailable, as do those that have too many.
    fn roll_by_deleting(&mut self) {
        let desired = self.desired;
        let mut most = self.set.spec.max_unavailable.of(desired, true);
        if most == 0 && desired > 0 {
            most = 1;
        }
        let empty = self.places.iter().filter(|place| place.verdict.run && place.pods.is_empty());
        let mut unavailable = i64::try_from(empty.count()).unwrap_or(i64::MAX);
        let (mut candidates, mut at_once) = (Vec::new(), Vec::new());
        for (_, _, group) in self.groups() {
            match pair(self.set, group, &self.history.hash) {
                Some((Some(new), None)) => unavailable += i64::from(!self.is_available(new)),
                Some((None, Some(old))) if self.is_available(old) => {
                    candidates.push(Rc::clone(old));
                }
                Some((None, Some(old))) => {
                    unavailable += 1;
                    at_once.push(Rc::clone(old));
                }
                Some((None, None) | (Some(_), Some(_))) | None => unavailable += 1,
            }
        }
        let room = usize::try_from(most - unavailable).unwrap_or(0);
        self.deleting.extend(at_once);
        self.deleting.extend(candidates.into_iter().take(room));
    }

    /// The nodes that have pods: their name, whether they should run one, and the pods.
    fn groups(&self) -> impl Iterator<Item = (&NodeName, bool, &[Rc<Pod>])> {
        let there = self.places.iter().filter(|place| !place.pods.is_empty());
        let there = there.map(|place| (&place.node.meta.name, place.verdict.run, &*place.pods));
        there.chain(self.lost.iter().map(|(name, pods)| (name, false, &**pods)))
    }

    fn is_available(&self, pod: &Pod) -> bool {
        available(pod, self.set.spec.min_ready_seconds, self.now).is_ok()
    }

    /// An unavailable old pod gets a new one beside it at once; available ones as far as the surge goes. Old pods on
    /// nodes that should run none go only when there are more available nodes than wanted.
    fn roll_with_surge(&mut self) {
        let (mut surging, mut nodes_available) = (0, 0);
        let (mut candidates, mut sunset) = (Vec::new(), Vec::new());
        let (mut creating, mut deleting) = (Vec::new(), Vec::new());
        for (name, runs, group) in self.groups() {
            let Some((new, old)) = pair(self.set, group, &self.history.hash) else {
                surging += 1;
                continue;
            };
            nodes_available += i64::from(old.or(new).is_some_and(|pod| self.is_available(pod)));
            let Some(old) = old else { continue };
            match new {
                Some(new) if self.is_available(new) => deleting.push(Rc::clone(old)),
                Some(_) => surging += 1,
                None => match (self.is_available(old), runs) {
                    (false, true) => creating.push(Rc::clone(name)),
                    (false, false) => deleting.push(Rc::clone(old)),
                    (true, true) => candidates.push(Rc::clone(name)),
                    (true, false) => sunset.push(Rc::clone(old)),
                },
            }
        }
        let spare = usize::try_from(nodes_available - self.desired).unwrap_or(0);
        let room = usize::try_from(self.max_surge() - surging).unwrap_or(0);
        deleting.extend(sunset.into_iter().take(spare));
        creating.extend(candidates.into_iter().take(room));
        self.creating.extend(creating);
        self.deleting.extend(deleting);
    }
}
