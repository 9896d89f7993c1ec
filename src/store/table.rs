//! One kind's objects by key: a persistent map, cheap to clone. The map is the same for every kind.

use std::iter::Peekable;
use std::marker::PhantomData;
use std::ops::Bound;
use std::rc::Rc;

use crate::persistent::OrdMap;

use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Resource};
use crate::api::words::word;

/// So many rows are stepped over before the next is searched for.
const NEAR: usize = 4;

/// Objects of one kind, ordered by namespace and name.
#[derive(Clone, Debug)]
pub struct Table<K> {
    rows: OrdMap<ObjectKey, AnyObject>,
    of: PhantomData<K>,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self { rows: OrdMap::new(), of: PhantomData }
    }
}

impl<K: Resource> Table<K> {
    /// The object of a key.
    pub fn get(&self, key: &ObjectKey) -> Option<&Rc<K>> {
        self.rows.get(key).and_then(K::from_any)
    }

    /// All objects in order.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<K>> {
        self.rows.iter().filter_map(|(_, row)| K::from_any(row))
    }

    /// The objects of one namespace in order; all, if none is named.
    pub fn iter_in<'a>(&'a self, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Rc<K>> {
        let from = match namespace {
            Some(namespace) => Bound::Included(ObjectKey::new(word(namespace), word(""))),
            None => Bound::Unbounded,
        };
        self.rows
            .range((from, Bound::Unbounded))
            .take_while(move |(key, _)| {
                namespace.is_none_or(|namespace| *key.namespace == *namespace)
            })
            .filter_map(|(_, row)| K::from_any(row))
    }

    /// The objects from a key on, in order.
    pub fn from(&self, key: &ObjectKey) -> impl Iterator<Item = &Rc<K>> {
        self.rows_from(key).filter_map(|(_, row)| K::from_any(row))
    }

    /// The objects of keys that come in order. Neighbours are found by a step, and not by a search of their own: most
    /// keys that are asked for together lie together.
    pub(super) fn each<'a>(
        &'a self,
        keys: impl Iterator<Item = &'a ObjectKey>,
    ) -> impl Iterator<Item = &'a Rc<K>> {
        let mut keys = keys.peekable();
        let mut rows = keys.peek().map(|first| self.rows_from(first));
        keys.filter_map(move |key| {
            let near = rows.as_mut().into_iter().flat_map(|rows| {
                std::iter::from_fn(|| rows.next_if(|(other, _)| *other < key)).take(NEAR)
            });
            if near.count() == NEAR {
                rows = Some(self.rows_from(key));
            }
            let (_, row) = rows.as_mut()?.next_if(|(other, _)| *other == key)?;
            K::from_any(row)
        })
    }

    fn rows_from(
        &self,
        key: &ObjectKey,
    ) -> Peekable<impl Iterator<Item = (&ObjectKey, &AnyObject)>> {
        self.rows.range((Bound::Included(key.clone()), Bound::Unbounded)).peekable()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Keeps an object; the one that it replaces.
    pub(super) fn insert(&mut self, key: ObjectKey, row: Rc<K>) -> Option<AnyObject> {
        self.rows.insert(key, row.into_any())
    }

    /// Forgets an object, and returns it.
    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<AnyObject> {
        self.rows.remove(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::Pod;
    use crate::api::value::Value;

    fn key(number: usize) -> ObjectKey {
        ObjectKey::new("default", format!("p{number:03}"))
    }

    /// Whatever keys are asked for, near to each other or far apart, there or not: each is found as one alone is.
    #[test]
    fn keys_in_order_are_found_like_one_alone() {
        let mut table = Table::<Pod>::default();
        for number in (0..300).filter(|number| number % 5 != 2) {
            let text = format!(
                r#"{{"metadata":{{"name":"p{number:03}","namespace":"default"}},"spec":{{"containers":[{{"name":"c","image":"x"}}]}}}}"#
            );
            let pod = Pod::from_value(&Value::from_json(&text).unwrap());
            table.insert(key(number), Rc::new(pod));
        }
        for step in [1, 2, 3, 7, 50, 299] {
            for start in 0..step.min(9) {
                let keys: Vec<ObjectKey> = (start..320).step_by(step).map(key).collect();
                let found: Vec<_> = table.each(keys.iter()).map(|pod| pod.meta.key()).collect();
                let alone = keys.iter().filter_map(|key| table.get(key));
                let expected: Vec<_> = alone.map(|pod| pod.meta.key()).collect();
                assert_eq!(found, expected, "every {step} from {start}");
            }
        }
    }
}
