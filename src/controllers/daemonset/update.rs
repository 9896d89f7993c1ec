//! Rollouts of DaemonSets, and the revisions they leave. Follows `pkg/controller/daemon/update.go`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::Look;
use super::placement::template_generation;
use crate::api::apps::DaemonSet;
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta, OwnerReference};
use crate::api::object::{AnyObject, Plain};
use crate::controllers::pods::available;
use crate::reconcile::{DeleteOptions, Write};
use crate::store::Store;

/// Whether a pod is of the newest template.
pub(super) fn is_updated(set: &DaemonSet, pod: &Pod, hash: &str) -> bool {
    pod.meta.labels.text("controller-revision-hash") == Some(hash)
        || pod.meta.labels.text("pod-template-generation") == Some(template_generation(set))
}

/// The revision of the newest template: made if it is not there, moved to the front if it was used before.
pub(super) fn revision(set: &DaemonSet, store: &Store, hash: &str) -> Option<Write> {
    let owned =
        store.index().owned(set.meta.uid).filter(|(kind, _)| *kind == Kind::ControllerRevision);
    let known: Vec<&Rc<Plain>> = owned.filter_map(|(kind, key)| store.plain(*kind, key)).collect();
    let number = |revision: &Plain| revision.body.i64_at("revision").unwrap_or(0);
    let newest = known.iter().map(|revision| number(revision)).max().unwrap_or(0);
    let name = format!("{}-{hash}", set.meta.name);
    let key = ObjectKey::new(Rc::clone(&set.meta.namespace), name.as_str());
    match store.plain(Kind::ControllerRevision, &key) {
        Some(current) if number(current) == newest => None,
        Some(current) => {
            let mut again = Plain::clone(current);
            again.body.set("revision", newest + 1);
            Some(Write::Update(AnyObject::Plain(Rc::new(again))))
        }
        None => {
            let mut labels = set.spec.template.labels.clone();
            labels.set("controller-revision-hash", hash);
            let mut template = set.spec.template.raw.clone();
            template.set("$patch", "replace");
            let data = crate::object! { "spec" => crate::object! { "template" => template } };
            let revision = Plain {
                kind: Kind::ControllerRevision,
                meta: ObjectMeta {
                    name: key.name,
                    namespace: key.namespace,
                    labels,
                    annotations: set.meta.annotations.clone(),
                    owners: Rc::new([OwnerReference::controller_of(Kind::DaemonSet, &set.meta)]),
                    ..ObjectMeta::default()
                },
                body: crate::object! { "data" => data, "revision" => newest + 1 },
            };
            Some(Write::Create {
                object: AnyObject::Plain(Rc::new(revision)),
                note: None,
                about: None,
            })
        }
    }
}

/// Deletes the oldest revisions beyond the history limit that no pod carries. Follows `cleanupHistory`.
pub(super) fn prune(set: &DaemonSet, store: &Store, hash: &str, pods: &[Rc<Pod>]) -> Vec<Write> {
    const LABEL: &str = "controller-revision-hash";
    let carried: BTreeSet<&str> =
        pods.iter().filter_map(|pod| pod.meta.labels.text(LABEL)).collect();
    let owned =
        store.index().owned(set.meta.uid).filter(|(kind, _)| *kind == Kind::ControllerRevision);
    let mut old: Vec<&Rc<Plain>> = owned
        .filter_map(|(kind, key)| store.plain(*kind, key))
        .filter(|revision| revision.meta.labels.text(LABEL) != Some(hash))
        .collect();
    let surplus =
        old.len().saturating_sub(usize::try_from(set.spec.revision_history_limit).unwrap_or(0));
    old.sort_by_key(|revision| revision.body.i64_at("revision").unwrap_or(0));
    old.into_iter()
        .filter(|revision| {
            revision.meta.labels.text(LABEL).is_none_or(|hash| !carried.contains(hash))
        })
        .take(surplus)
        .map(|revision| Write::Delete {
            kind: Kind::ControllerRevision,
            key: revision.meta.key(),
            options: DeleteOptions { uid: Some(revision.meta.uid), ..DeleteOptions::default() },
            note: None,
            about: None,
        })
        .collect()
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

    fn roll_by_deleting(&mut self) {
        let desired = self.desired();
        let mut most = self.set.spec.max_unavailable.of(desired, true);
        if most == 0 && desired > 0 {
            most = 1;
        }
        let mut unavailable = 0;
        let (mut candidates, mut at_once) = (Vec::new(), Vec::new());
        for (node, verdict) in &self.nodes {
            let group = self.placed.get(&node.meta.name).map_or(&[][..], Vec::as_slice);
            if !verdict.run && group.is_empty() {
                continue;
            }
            let live: Vec<&Rc<Pod>> = group.iter().filter(|pod| !pod.meta.deleting()).collect();
            let ready =
                |pod: &Pod| available(pod, self.set.spec.min_ready_seconds, self.now).is_ok();
            match live.as_slice() {
                [pod] if is_updated(self.set, pod, &self.hash) => {
                    unavailable += i64::from(!ready(pod))
                }
                [pod] if ready(pod) => candidates.push(Rc::clone(pod)),
                [pod] => {
                    unavailable += 1;
                    at_once.push(Rc::clone(pod));
                }
                _ => unavailable += 1,
            }
        }
        let room = usize::try_from(most - unavailable).unwrap_or(0);
        self.deleting.extend(at_once);
        self.deleting.extend(candidates.into_iter().take(room));
    }

    fn roll_with_surge(&mut self) {
        let most = self.max_surge();
        let mut surging = 0;
        let mut candidates = Vec::new();
        for (node, verdict) in &self.nodes {
            let group = self.placed.get(&node.meta.name).map_or(&[][..], Vec::as_slice);
            let live: Vec<&Rc<Pod>> = group.iter().filter(|pod| !pod.meta.deleting()).collect();
            let ready =
                |pod: &Pod| available(pod, self.set.spec.min_ready_seconds, self.now).is_ok();
            let new = live.iter().find(|pod| is_updated(self.set, pod, &self.hash));
            let old = live.iter().find(|pod| !is_updated(self.set, pod, &self.hash));
            match (new, old) {
                (Some(new), _) => surging += i64::from(!ready(new)),
                (None, Some(old)) if !ready(old) && verdict.run => {
                    self.creating.push(Rc::clone(&node.meta.name))
                }
                (None, Some(old)) if !ready(old) => self.deleting.push(Rc::clone(old)),
                (None, Some(_)) if verdict.run => candidates.push(Rc::clone(&node.meta.name)),
                _ => {}
            }
        }
        let room = usize::try_from(most - surging).unwrap_or(0);
        self.creating.extend(candidates.into_iter().take(room));
    }
}
