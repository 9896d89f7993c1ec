//! A queue in which a key stands at most once, first in first out.

use imbl::{OrdMap, OrdSet};

/// Keys to look at now. A key that is added while it waits keeps its place.
#[derive(Clone, Debug)]
pub struct WorkQueue<K: Ord + Clone> {
    order: OrdMap<u64, K>,
    members: OrdSet<K>,
    sequence: u64,
}

impl<K: Ord + Clone> Default for WorkQueue<K> {
    fn default() -> Self {
        Self { order: OrdMap::new(), members: OrdSet::new(), sequence: 0 }
    }
}

impl<K: Ord + Clone> WorkQueue<K> {
    /// Adds `key`; says whether it was not there yet.
    pub fn add(&mut self, key: K) -> bool {
        if self.members.insert(key.clone()).is_some() {
            return false;
        }
        self.sequence += 1;
        self.order.insert(self.sequence, key);
        true
    }

    /// Takes the key that has waited longest.
    pub fn pop(&mut self) -> Option<K> {
        let sequence = self.order.get_min().map(|(sequence, _)| *sequence)?;
        let key = self.order.remove(&sequence)?;
        self.members.remove(&key);
        Some(key)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// How many keys wait.
    pub fn len(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_it_once_and_keeps_its_place() {
        let mut queue = WorkQueue::default();
        assert!(queue.add("a"));
        assert!(queue.add("b"));
        assert!(!queue.add("a"));
        assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some("a"), Some("b"), None));
    }
}
