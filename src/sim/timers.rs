//! Pending wake-ups: at most one per target, in a total order of time, then of when they were set.

use crate::persistent::OrdMap;

use super::few::Few;
use super::time::Time;

/// Pending wake-ups. Cloning costs nothing to speak of: the maps share their structure.
#[derive(Clone, Debug)]
pub struct Timers<T: Ord + Clone> {
    by_time: OrdMap<(Time, u64), T>,
    by_target: Few<T, (Time, u64)>,
    sequence: u64,
}

impl<T: Ord + Clone> Default for Timers<T> {
    fn default() -> Self {
        Self { by_time: OrdMap::new(), by_target: Few::default(), sequence: 0 }
    }
}

impl<T: Ord + Clone> Timers<T> {
    /// Wakes `target` at `at`; an earlier pending wake-up of the same target wins.
    pub fn wake_at(&mut self, target: T, at: Time) {
        let known = self.by_target.get_mut(&target);
        if known.as_ref().is_some_and(|(pending, _)| *pending <= at) {
            return;
        }
        self.sequence += 1;
        let slot = (at, self.sequence);
        self.by_time.insert(slot, target.clone());
        match known {
            Some(known) => {
                let later = std::mem::replace(known, slot);
                self.by_time.remove(&later);
            }
            None => self.by_target.insert(target, slot),
        }
    }

    /// When the earliest wake-up is due.
    pub fn next_time(&self) -> Option<Time> {
        self.by_time.get_min().map(|((at, _), _)| *at)
    }

    /// Takes the earliest wake-up out, if it is due at `now`.
    pub fn pop_due(&mut self, now: Time) -> Option<(Time, T)> {
        let slot = self.by_time.get_min().map(|(slot, _)| *slot).filter(|slot| slot.0 <= now)?;
        let target = self.by_time.remove(&slot)?;
        self.by_target.remove(&target);
        Some((slot.0, target))
    }

    /// When `target` will be woken.
    pub fn pending(&self, target: &T) -> Option<Time> {
        self.by_target.get(target).map(|(at, _)| *at)
    }

    /// All pending wake-ups, earliest first.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &T)> {
        self.by_time.iter().map(|((at, _), target)| (*at, target))
    }

    /// How many wake-ups are pending.
    pub fn len(&self) -> usize {
        self.by_time.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.by_time.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_unix_seconds(seconds)
    }

    #[test]
    fn earlier_wake_up_of_one_target_wins() {
        let mut timers = Timers::default();
        timers.wake_at("a", at(10));
        timers.wake_at("a", at(20));
        timers.wake_at("a", at(5));
        assert_eq!(timers.len(), 1);
        assert_eq!(timers.pop_due(at(5)), Some((at(5), "a")));
        assert_eq!(timers.pop_due(at(99)), None);
    }

    #[test]
    fn equal_times_keep_the_order_of_setting() {
        let mut timers = Timers::default();
        timers.wake_at("b", at(1));
        timers.wake_at("a", at(1));
        assert_eq!(timers.pop_due(at(1)).map(|due| due.1), Some("b"));
        assert_eq!(timers.pop_due(at(1)).map(|due| due.1), Some("a"));
    }
}
