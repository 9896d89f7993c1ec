//! A queue in which a key stands at most once, first in first out, and why each key is in it.

use crate::persistent::{OrdMap, Vector};

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

/// So many keys are looked through one by one.
const FEW: usize = 16;

/// A map of mostly a few keys: a plain list as long as they are.
#[derive(Clone, Debug)]
struct Few<K: Ord + Clone, V: Clone> {
    few: Vec<(K, V)>,
    /// All of them, once they are more, until none is left.
    many: OrdMap<K, V>,
}

impl<K: Ord + Clone, V: Clone> Default for Few<K, V> {
    fn default() -> Self {
        Self { few: Vec::new(), many: OrdMap::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Few<K, V> {
    fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        if self.many.is_empty() {
            self.few.iter_mut().find(|(one, _)| one == key).map(|(_, value)| value)
        } else {
            self.many.get_mut(key)
        }
    }

    /// Adds a key that is not there.
    fn insert(&mut self, key: K, value: V) {
        if self.many.is_empty() && self.few.len() < FEW {
            self.few.push((key, value));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(key, value);
        }
    }

    fn remove(&mut self, key: &K) -> Option<V> {
        if !self.many.is_empty() {
            return self.many.remove(key);
        }
        let place = self.few.iter().position(|(one, _)| one == key)?;
        Some(self.few.swap_remove(place).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(queue.known.few.is_empty() && queue.known.many.is_empty());
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
