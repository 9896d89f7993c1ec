//! A queue in which a key stands at most once, first in first out.

use crate::persistent::{OrdSet, Vector};

/// Keys to look at now. A key that is added while it waits keeps its place.
#[derive(Clone, Debug)]
pub struct WorkQueue<K: Ord + Clone> {
    order: Vector<K>,
    members: OrdSet<K>,
}

impl<K: Ord + Clone> Default for WorkQueue<K> {
    fn default() -> Self {
        Self { order: Vector::new(), members: OrdSet::new() }
    }
}

impl<K: Ord + Clone> WorkQueue<K> {
    /// Adds `key`; says whether it was not there yet.
    pub fn add(&mut self, key: K) -> bool {
        if self.members.insert(key.clone()).is_some() {
            return false;
        }
        self.order.push_back(key);
        true
    }

    /// Takes the key that has waited longest.
    pub fn pop(&mut self) -> Option<K> {
        let key = self.order.pop_front()?;
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
