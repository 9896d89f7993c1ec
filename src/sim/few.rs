//! A map of mostly a few keys.

use crate::persistent::OrdMap;

/// So many keys are looked through one by one.
pub(super) const FEW: usize = 16;

/// A map of mostly a few keys: a plain list as long as they are.
#[derive(Clone, Debug)]
pub(super) struct Few<K: Ord + Clone, V: Clone> {
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
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        if self.many.is_empty() {
            self.few.iter().find(|(one, _)| one == key).map(|(_, value)| value)
        } else {
            self.many.get(key)
        }
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        if self.many.is_empty() {
            self.few.iter_mut().find(|(one, _)| one == key).map(|(_, value)| value)
        } else {
            self.many.get_mut(key)
        }
    }

    /// Adds a key that is not there.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.many.is_empty() && self.few.len() < FEW {
            self.few.push((key, value));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(key, value);
        }
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        if !self.many.is_empty() {
            return self.many.remove(key);
        }
        let place = self.few.iter().position(|(one, _)| one == key)?;
        Some(self.few.swap_remove(place).1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::sim::rng::{Purpose, Seed};

    #[test]
    fn many_keys_are_found_as_few_are() {
        for seed in (0..20).map(Seed) {
            let (mut few, mut kept) = (Few::default(), BTreeMap::new());
            for step in 0..400 {
                let draw = |what: &str, most: u64| seed.draw(Purpose::Id, what, step) % most;
                // It grows and shrinks, past the border and back to nothing.
                let (key, grows) = (draw("key", 40), step / 100 % 2 == 0);
                match few.get_mut(&key) {
                    Some(value) if grows => *value += 1,
                    Some(_) => assert_eq!(few.remove(&key), kept.remove(&key)),
                    None if grows => few.insert(key, step),
                    None => assert_eq!((few.remove(&key), kept.get(&key)), (None, None)),
                }
                if grows {
                    kept.entry(key).and_modify(|value| *value += 1).or_insert(step);
                }
                for key in 0..40 {
                    assert_eq!(few.get(&key), kept.get(&key), "seed {seed:?} step {step}");
                }
            }
        }
    }
}
