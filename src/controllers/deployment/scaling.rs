//! Rolling update and proportional scaling. Follows `rolling.go` and `sync.go`.

use std::rc::Rc;

use super::replica_sets::{DESIRED, MAXIMUM, age, fenceposts, with_size};
use super::{Decision, Look, Step};
use crate::api::apps::ReplicaSet;
use crate::sim::order::Order as _;

impl Look<'_> {
    fn total(&self) -> i64 {
        self.sets.iter().map(|set| set.spec.replicas).sum()
    }

    /// Whether the size of the Deployment changed since its ReplicaSets were last scaled.
    pub(super) fn scaling_wanted(&self) -> bool {
        self.sets.iter().filter(|set| set.spec.replicas > 0).any(|set| {
            annotation(set, DESIRED).is_some_and(|desired| desired != self.deployment.spec.replicas)
        })
    }

    /// One step of a rolling update.
    pub(super) fn roll(&mut self, new: Option<&Rc<ReplicaSet>>) -> Option<Decision> {
        let (surge, _) = fenceposts(self.deployment);
        let want = self.deployment.spec.replicas;
        let size = |current: i64| {
            let total = self.total();
            match total >= want + surge {
                true => current,
                false => want.min(current + (want + surge - total)),
            }
        };
        let Some(new) = new else { return Some(self.make_new(size(0))) };
        if let Some(step) = self.scale(new, size(new.spec.replicas).min(want)) {
            return Some(Decision::Scaling { steps: vec![step] });
        }
        let steps = self.scale_down_old(new);
        (!steps.is_empty()).then_some(Decision::Scaling { steps })
    }

    /// Old ReplicaSets shrink as far as enough pods stay available: by what is broken first, and then, each with a write
    /// of its own, by what is sound. Follows `reconcileOldReplicaSets`.
    fn scale_down_old(&mut self, new: &Rc<ReplicaSet>) -> Vec<Step> {
        let is_old = |set: &&Rc<ReplicaSet>| set.meta.uid != new.meta.uid && set.spec.replicas > 0;
        let mut old: Vec<Rc<ReplicaSet>> = self.sets.iter().filter(is_old).cloned().collect();
        let (_, unavailable) = fenceposts(self.deployment);
        let least = self.deployment.spec.replicas - unavailable;
        let new_unavailable = new.spec.replicas - new.status.available;
        let mut room = self.total() - least - new_unavailable;
        if room <= 0 || old.is_empty() {
            return Vec::new();
        }
        let available: i64 = old.iter().chain([new]).map(|set| set.status.available).sum();
        let mut steps = Vec::new();
        for set in &mut old {
            let broken = (set.spec.replicas - set.status.available).max(0).min(room);
            let size = set.spec.replicas - broken;
            steps.extend(self.scale(set, size));
            *set = Rc::new(with_size(self.deployment, set, size));
            room -= broken;
        }
        let mut sound = (available - least).max(0);
        for set in &old {
            let fewer = set.spec.replicas.min(sound);
            steps.extend(self.scale(set, set.spec.replicas - fewer));
            sound -= fewer;
        }
        steps
    }

    /// Shares a change of size among ReplicaSets. Follows `scale`.
    pub(super) fn scale_proportionally(&mut self, new: Option<&Rc<ReplicaSet>>) -> Vec<Step> {
        let want = self.deployment.spec.replicas;
        let active: Vec<Rc<ReplicaSet>> =
            self.sets.iter().filter(|set| set.spec.replicas > 0).cloned().collect();
        if active.len() <= 1 {
            let only = active.first().or_else(|| self.sets.last()).cloned();
            return only.and_then(|set| self.scale_and_annotate(&set, want)).into_iter().collect();
        }
        if let Some(new) = new
            && new.spec.replicas == want
            && new.status.available == want
            && annotation(new, DESIRED) == Some(want)
        {
            let old: Vec<Rc<ReplicaSet>> =
                active.into_iter().filter(|set| set.meta.uid != new.meta.uid).collect();
            return old.iter().filter_map(|set| self.scale(set, 0)).collect();
        }
        if self.deployment.spec.recreate {
            return Vec::new();
        }
        self.share_out(active)
    }

    fn share_out(&mut self, mut active: Vec<Rc<ReplicaSet>>) -> Vec<Step> {
        let want = self.deployment.spec.replicas;
        let allowed = if want > 0 { want + fenceposts(self.deployment).0 } else { 0 };
        let to_add = allowed - self.total();
        let grows = to_add > 0;
        active.order_by(|a, b| {
            let by_age = if grows { age(b).cmp(&age(a)) } else { age(a).cmp(&age(b)) };
            b.spec.replicas.cmp(&a.spec.replicas).then(by_age)
        });
        let mut added = 0;
        let mut sizes: Vec<i64> = Vec::new();
        for set in &active {
            let size = set.spec.replicas;
            let left = to_add - added;
            let share = match () {
                () if left == 0 => 0,
                () if grows => self.fraction(set, allowed).min(left),
                () => self.fraction(set, allowed).max(left),
            };
            added += share;
            sizes.push(size + share);
        }
        if let Some(first) = sizes.first_mut() {
            *first = (*first + to_add - added).max(0);
        }
        let sized = active.iter().zip(sizes);
        sized.filter_map(|(set, size)| self.scale_and_annotate(set, size)).collect()
    }

    /// How much a ReplicaSet would grow (or shrink) with the whole, whose size was noted on it when it was last
    /// scaled. Follows `getReplicaSetFraction`.
    fn fraction(&self, set: &ReplicaSet, allowed: i64) -> i64 {
        let size = set.spec.replicas;
        let before = annotation(set, MAXIMUM).filter(|most| *most > 0);
        match before.unwrap_or(self.deployment.status.replicas) {
            _ if self.deployment.spec.replicas == 0 => -size,
            0 => 0,
            before => round_ratio(size * allowed, before) - size,
        }
    }
}

/// Follows `getNonNegativeInt32FromAnnotation`.
fn annotation(set: &ReplicaSet, key: &str) -> Option<i64> {
    let number = set.meta.annotations.text(key)?.parse::<i32>().ok()?;
    (number >= 0).then_some(i64::from(number))
}

/// `a / b` rounded half away from zero, for positive `b`.
const fn round_ratio(a: i64, b: i64) -> i64 {
    (2 * a + b).div_euclid(2 * b)
}
