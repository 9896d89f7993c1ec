//! Sorting and gathering in little code. The sorts of the standard library are written for speed and are compiled anew
//! for every type and comparison, some five kilobytes each; here one of them sorts places in a list for all.

use std::cmp::Ordering;

/// Lists that are put in order; what is equal keeps its order.
pub trait Order {
    /// What it lists.
    type Item;

    /// Puts the list in the order of a comparison.
    fn order_by(&mut self, compare: impl FnMut(&Self::Item, &Self::Item) -> Ordering);

    /// Puts the list in the order of a key; the key is asked for at each comparison.
    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&Self::Item) -> K) {
        self.order_by(|one, other| key(one).cmp(&key(other)));
    }

    /// Puts the list in the order of a key that is asked for once.
    fn order_by_cached_key<K: Ord>(&mut self, key: impl FnMut(&Self::Item) -> K);

    /// Puts the list in its own order.
    fn order(&mut self)
    where
        Self::Item: Ord,
    {
        self.order_by(Self::Item::cmp);
    }
}

impl<T> Order for [T] {
    type Item = T;

    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        if self.len() < 2 {
            return;
        }
        let mut from =
            places(self.len(), &mut |one, other| match (self.get(one), self.get(other)) {
                (Some(one), Some(other)) => compare(one, other),
                _ => Ordering::Equal,
            });
        move_to(&mut from, &mut |one, other| self.swap(one, other));
    }

    fn order_by_cached_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K) {
        let keys: Vec<K> = self.iter().map(key).collect();
        let mut from = places(keys.len(), &mut |one, other| keys.get(one).cmp(&keys.get(other)));
        move_to(&mut from, &mut |one, other| self.swap(one, other));
    }
}

/// The places of a list in the order of a comparison of places.
fn places(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

/// Swaps a list into order: to each place comes what stands at the place that is named for it.
fn move_to(from: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..from.len() {
        let mut at = start;
        // Along a ring of places, each takes what the next one holds.
        while let Some(slot) = from.get_mut(at) {
            let next = std::mem::replace(slot, at);
            if next == start || next == at {
                break;
            }
            swap(at, next);
            at = next;
        }
    }
}

/// Iterators whose items are gathered one by one: maps and sets would be sorted first by `collect`.
pub trait Gather: Iterator + Sized {
    /// All items.
    fn gather<C: Default + Extend<Self::Item>>(self) -> C {
        let mut all = C::default();
        all.extend(self);
        all
    }
}

impl<I: Iterator> Gather for I {}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))] // what it needs is there on the host only
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(list in proptest::collection::vec((0_u8..8, any::<u16>()), 0..60)) {
            let (mut ours, mut theirs) = (list.clone(), list);
            ours.order_by_key(|one| one.0);
            theirs.sort_by_key(|one| one.0);
            prop_assert_eq!(&ours, &theirs);
            ours.order();
            theirs.sort();
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn the_last_of_equal_keys_is_gathered() {
        let all: BTreeMap<&str, i32> = [("b", 1), ("a", 2), ("b", 3)].into_iter().gather();
        assert_eq!(all, BTreeMap::from([("a", 2), ("b", 3)]));
    }
}
