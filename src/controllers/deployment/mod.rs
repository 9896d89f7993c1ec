//! Deployments: ReplicaSets that take each other's place. Follows
//! `pkg/controller/deployment/{deployment_controller,sync,rolling,recreate,progress}.go`.
//!
//! A look walks the ReplicaSets of one Deployment, which the history limit bounds, and no pods (but for `Recreate`,
//! which waits for old pods to be gone). It does the first thing that is to be done; its own write wakes it again.

mod replica_sets;
mod scaling;
mod status;

use std::rc::Rc;

use self::replica_sets::{claim, clean_up, new_replica_set, with_annotations};
use self::status::is_complete;
use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::core::Pod;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::reconcile::{Controller, Key, Memories, Note, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Store};

/// What the loop decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The Deployment is gone.
    Gone,
    /// It is being deleted: it does nothing.
    BeingDeleted,
    /// A ReplicaSet for the template is made.
    Creating {
        /// Its name.
        replica_set: Rc<str>,
        /// With how many pods.
        replicas: i64,
    },
    /// ReplicaSets are scaled: name, from, to.
    Scaling {
        /// Which, from what, to what.
        steps: Vec<Step>,
    },
    /// A rollout waits for pods.
    Waiting {
        /// Pods of the newest template.
        updated: i64,
        /// Of all, available.
        available: i64,
        /// Pods wanted.
        want: i64,
    },
    /// Everything is as wanted.
    Satisfied {
        /// Pods wanted.
        want: i64,
    },
    /// Rollouts stand still.
    Paused,
    /// A write was refused.
    Refused {
        /// The API server's words.
        message: Rc<str>,
    },
}

/// The loop.
pub struct DeploymentLoop;

impl Controller for DeploymentLoop {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "deployment-controller";

    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        match &change.object {
            AnyObject::Deployment(deployment) => {
                let same = matches!(&change.before, Some(AnyObject::Deployment(before))
                    if before.spec == deployment.spec
                        && before.meta.deletion == deployment.meta.deletion
                        && before.meta.annotations == deployment.meta.annotations);
                if !same {
                    wake(Key::of(&deployment.meta), Duration::ZERO);
                }
            }
            AnyObject::ReplicaSet(set) => {
                let before = match &change.before {
                    Some(AnyObject::ReplicaSet(before)) => Some(before),
                    _ => None,
                };
                for set in before.into_iter().chain([set]) {
                    wake_owner(set, store, wake);
                }
            }
            AnyObject::Pod(pod) if change.before.is_some() => wake_recreate(pod, store, wake),
            _ => {}
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Decision, ()> {
        let Some(deployment) = seen.store.deployments().get(&key.object) else {
            return Plan::idle(Decision::Gone);
        };
        Look::new(deployment, seen, now).run()
    }
}

fn wake_owner(set: &ReplicaSet, store: &Store, wake: Wake<'_>) {
    if let Some(owner) = set.meta.controller() {
        if &*owner.kind == "Deployment" {
            let key = ObjectKey::new(Rc::clone(&set.meta.namespace), Rc::clone(&owner.name));
            wake(Key::new(key), Duration::ZERO);
        }
        return;
    }
    for deployment in store.deployments().iter_in(Some(&set.meta.namespace)) {
        if deployment.spec.selector.matches(&set.meta.labels) {
            wake(Key::of(&deployment.meta), Duration::ZERO);
        }
    }
}

/// `Recreate` waits for the pods of old ReplicaSets to be gone.
fn wake_recreate(pod: &Pod, store: &Store, wake: Wake<'_>) {
    let Some(owner) = pod.meta.controller().filter(|owner| &*owner.kind == "ReplicaSet") else {
        return;
    };
    let Some(AnyObject::ReplicaSet(set)) = store.by_uid(owner.uid) else { return };
    let Some(above) = set.meta.controller() else { return };
    let key = ObjectKey::new(Rc::clone(&pod.meta.namespace), Rc::clone(&above.name));
    if store.deployments().get(&key).is_some_and(|deployment| deployment.spec.recreate) {
        wake(Key::new(key), Duration::ZERO);
    }
}

/// A ReplicaSet, its size so far, and its size from now on.
pub(super) type Step = (Rc<str>, i64, i64);

/// One look at a Deployment.
pub(super) struct Look<'a> {
    deployment: &'a Rc<Deployment>,
    seen: &'a Observed<'a, ()>,
    now: Time,
    /// Its ReplicaSets, oldest first.
    sets: Vec<Rc<ReplicaSet>>,
    writes: Vec<Write>,
    wake: Option<Time>,
    /// The name of the ReplicaSet that is made now.
    made: Option<Rc<str>>,
    /// How many names for ReplicaSets were taken by others so far.
    collisions: Option<i64>,
}

impl<'a> Look<'a> {
    fn new(deployment: &'a Rc<Deployment>, seen: &'a Observed<'a, ()>, now: Time) -> Self {
        Self {
            deployment,
            seen,
            now,
            sets: Vec::new(),
            writes: Vec::new(),
            wake: None,
            made: None,
            collisions: deployment.status.collision_count,
        }
    }

    /// Follows `syncDeployment`.
    fn run(mut self) -> Plan<Decision, ()> {
        let (sets, claims) = claim(self.deployment, self.seen.store);
        self.sets = sets;
        if self.deployment.meta.deleting() {
            self.write_numbers();
            return self.done(Decision::BeingDeleted);
        }
        self.writes = claims;
        if let Some(failure) = self.seen.failure {
            let message: Rc<str> = failure.error.message.as_str().into();
            if new_replica_set(self.deployment, &self.sets).is_none() {
                self.refuse(&message);
            } else {
                self.write_status();
            }
            return self.done(Decision::Refused { message });
        }
        let new = new_replica_set(self.deployment, &self.sets);
        if let Some(new) = &new
            && self.bring_up_to_date(new)
        {
            let standing = self.standing();
            return self.done(standing);
        }
        if self.deployment.spec.paused {
            let steps = self.scale_proportionally(new.as_ref());
            self.writes.extend(clean_up(self.deployment, &self.sets, new.as_ref()));
            self.write_numbers();
            let decision =
                if steps.is_empty() { Decision::Paused } else { Decision::Scaling { steps } };
            return self.done(decision);
        }
        if self.scaling_wanted() {
            let before = self.writes.len();
            let steps = self.scale_proportionally(new.as_ref());
            // Upstream leaves it at that even if nothing is to be scaled, and never comes back to the rollout.
            if self.writes.len() > before {
                self.write_numbers();
                let standing = self.standing();
                return self.done(if steps.is_empty() {
                    standing
                } else {
                    Decision::Scaling { steps }
                });
            }
        }
        let steps = match self.deployment.spec.recreate {
            true => self.recreate(new.as_ref()),
            false => self.roll(new.as_ref()),
        };
        let decision = steps.unwrap_or_else(|| self.standing());
        if matches!(decision, Decision::Satisfied { .. }) {
            self.writes.extend(clean_up(self.deployment, &self.sets, new.as_ref()));
        }
        self.write_status();
        self.done(decision)
    }

    fn done(self, decision: Decision) -> Plan<Decision, ()> {
        Plan::writes(decision, self.writes).wake_at(self.wake)
    }

    fn standing(&self) -> Decision {
        let status = self.status_numbers();
        let want = self.deployment.spec.replicas;
        match is_complete(&status, want) {
            true => Decision::Satisfied { want },
            false => self.waiting(),
        }
    }

    fn waiting(&self) -> Decision {
        let status = self.status_numbers();
        let want = self.deployment.spec.replicas;
        Decision::Waiting { updated: status.updated, available: status.available, want }
    }

    /// The annotations of the new ReplicaSet and the Deployment's revision are brought up to date. Answers whether the
    /// ReplicaSet had to be written: its change brings the loop back. Follows `getNewReplicaSet`.
    fn bring_up_to_date(&mut self, new: &Rc<ReplicaSet>) -> bool {
        let wanted = with_annotations(self.deployment, new, &self.sets);
        if wanted.meta.annotations != new.meta.annotations || wanted.spec != new.spec {
            self.writes.push(Write::Update(AnyObject::ReplicaSet(Rc::new(wanted))));
            return true;
        }
        let revision = new.meta.annotations.text(replica_sets::REVISION).unwrap_or("1");
        if self.deployment.meta.annotations.text(replica_sets::REVISION) != Some(revision) {
            let mut changed = Deployment::clone(self.deployment);
            changed.meta.annotations.set(replica_sets::REVISION, revision);
            self.writes.push(Write::Update(AnyObject::Deployment(Rc::new(changed))));
        }
        false
    }

    /// Makes the ReplicaSet of the template.
    fn make_new(&mut self, replicas: i64) -> Decision {
        let made = replica_sets::make(self.deployment, &self.sets, self.seen.store, replicas);
        let name = Rc::clone(&made.set.meta.name);
        self.writes.push(Write::Create {
            object: AnyObject::ReplicaSet(Rc::new(made.set)),
            note: None,
            about: None,
        });
        if replicas > 0 {
            self.tell_scaled(&name, 0, replicas);
        }
        self.collisions = made.collisions;
        self.made = Some(Rc::clone(&name));
        Decision::Creating { replica_set: name, replicas }
    }

    /// A ReplicaSet for the template could not be made: that is told and noted, and nothing else is looked at. Follows
    /// `getNewReplicaSet`.
    fn refuse(&mut self, message: &str) {
        let name = self.name_to_make();
        let text = format!("Failed to create new replica set \"{name}\": {message}");
        self.write_refusal(&text);
        let about = AnyObject::Deployment(Rc::clone(self.deployment));
        let note = Note::warning("ReplicaSetCreateError", text);
        self.writes.push(Write::event(about, note));
    }

    /// The name of the ReplicaSet that the template would get.
    fn name_to_make(&self) -> Rc<str> {
        replica_sets::make(self.deployment, &self.sets, self.seen.store, 0).set.meta.name
    }

    fn tell_scaled(&mut self, name: &str, from: i64, to: i64) {
        let way = if to > from { "up" } else { "down" };
        let note = Note::normal(
            "ScalingReplicaSet",
            format!("Scaled {way} replica set {name} from {from} to {to}"),
        );
        let about = AnyObject::Deployment(Rc::clone(self.deployment));
        self.writes.push(Write::event(about, note));
    }

    /// Scales one ReplicaSet and tells it; nothing is done if it has that size. Follows `scaleReplicaSet`.
    fn scale(&mut self, set: &Rc<ReplicaSet>, to: i64) -> Option<Step> {
        if set.spec.replicas == to {
            return None;
        }
        self.scale_and_annotate(set, to)
    }

    /// As [`Look::scale`], but the annotations that tell the size of the Deployment are brought up to date anyway.
    fn scale_and_annotate(&mut self, set: &Rc<ReplicaSet>, to: i64) -> Option<Step> {
        let from = set.spec.replicas;
        let sized = replica_sets::with_size(self.deployment, set, to);
        if sized.spec.replicas != from || sized.meta.annotations != set.meta.annotations {
            self.writes.push(Write::Update(AnyObject::ReplicaSet(Rc::new(sized))));
        }
        if from == to {
            return None;
        }
        self.tell_scaled(&set.meta.name, from, to);
        Some((Rc::clone(&set.meta.name), from, to))
    }

    /// Old pods go first, all of them; then the new ones come. Follows `rolloutRecreate`.
    fn recreate(&mut self, new: Option<&Rc<ReplicaSet>>) -> Option<Decision> {
        let is_new = |set: &Rc<ReplicaSet>| new.is_some_and(|new| new.meta.uid == set.meta.uid);
        let old: Vec<Rc<ReplicaSet>> =
            self.sets.iter().filter(|set| !is_new(set)).cloned().collect();
        let steps: Vec<_> = old.iter().filter_map(|set| self.scale(set, 0)).collect();
        if !steps.is_empty() {
            return Some(Decision::Scaling { steps });
        }
        let store = self.seen.store;
        let pods = old.iter().flat_map(|set| store.pods_of(set.meta.uid));
        let left = old.iter().any(|set| set.status.replicas > 0)
            || pods.into_iter().any(|pod| !pod.status.phase.finished());
        if left {
            return Some(self.waiting());
        }
        let want = self.deployment.spec.replicas;
        match new {
            None => Some(self.make_new(want)),
            Some(new) => self.scale(new, want).map(|step| Decision::Scaling { steps: vec![step] }),
        }
    }
}
