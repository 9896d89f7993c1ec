//! A queue in which a key stands at most once, first in first out, and why each key is in it.

use super::few::Few;
use crate::persistent::Vector;

/// Keys to look at now, and why they are looked at. A key that is added while it waits keeps its place; of several
/// reasons the first stays, until the key is taken.
#[derive(Clone, Debug)]
pub struct WorkQueue<K: Ord + Clone, W: Clone> {
    order: Vector<K>,
    known: Few<K, Known<W>>,
}

/// What is known of a key: why it is looked at next, and whether it waits already.
#[derive(Clone, Debug)]
struct Known<W> {
    why: Option<W>,
    waits: bool,
}

impl<K: Ord + Clone, W: Clone> Default for WorkQueue<K, W> {
    fn default() -> Self {
        Self { order: Vector::new(), known: Few::default() }
    }
}

impl<K: Ord + Clone, W: Clone> WorkQueue<K, W> {
    /// Adds `key`, for a reason if there is one; says whether it did not wait yet.
    pub fn add(&mut self, key: K, why: Option<W>) -> bool {
        let new = !self.note(&key, why, true);
        if new {
            self.order.push_back(key);
        }
        new
    }

    /// Keeps why `key` will be looked at, whenever it is added.
    pub fn expect(&mut self, key: &K, why: W) {
        self.note(key, Some(why), false);
    }

    /// Keeps a reason unless there is one; whether the key waited before.
    fn note(&mut self, key: &K, why: Option<W>, waits: bool) -> bool {
        let Some(known) = self.known.get_mut(key) else {
            self.known.insert(key.clone(), Known { why, waits });
            return false;
        };
        if known.why.is_none() {
            known.why = why;
        }
        let before = known.waits;
        known.waits |= waits;
        before
    }

    /// Takes the key that has waited longest, and why it was added.
    pub fn pop(&mut self) -> Option<(K, Option<W>)> {
        let key = self.order.pop_front()?;
        let known = self.known.remove(&key);
        Some((key, known.and_then(|known| known.why)))
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
    use crate::sim::few::FEW;

    #[test]
    fn many_keys_are_known_as_few_are() {
        let mut queue = WorkQueue::default();
        for round in 0..3 {
            for key in 0..3 * FEW {
                queue.expect(&(key + FEW), round);
                assert!(queue.add(key, None) && !queue.add(key, Some(key)));
            }
            let why = |key| if key < FEW { key } else { round };
            for key in 0..3 * FEW {
                assert_eq!(queue.pop(), Some((key, Some(why(key)))));
            }
            for key in 3 * FEW..4 * FEW {
                assert!(queue.add(key, None));
                assert_eq!(queue.pop(), Some((key, Some(round))));
            }
        }
    }

    #[test]
    fn a_key_is_in_it_once_and_keeps_its_place() {
        let mut queue = WorkQueue::default();
        assert!(queue.add("a", Some(1)));
        assert!(queue.add("b", None));
        assert!(!queue.add("a", Some(2)));
        assert_eq!(queue.pop(), Some(("a", Some(1))));
        assert_eq!((queue.pop(), queue.pop()), (Some(("b", None)), None));
    }

    #[test]
    fn the_first_reason_stays_until_the_key_is_taken() {
        let mut queue = WorkQueue::default();
        queue.expect(&"a", 1);
        assert!(queue.is_empty());
        assert!(queue.add("a", None));
        queue.expect(&"a", 2);
        assert_eq!(queue.pop(), Some(("a", Some(1))));
        assert!(queue.add("a", None));
        assert_eq!(queue.pop(), Some(("a", None)));
    }
}
