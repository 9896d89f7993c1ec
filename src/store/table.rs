//! One kind's objects by key: a persistent map, cheap to clone. The map is the same for every kind.

use std::marker::PhantomData;
use std::ops::Bound;
use std::rc::Rc;

use imbl::OrdMap;

use crate::api::meta::ObjectKey;
use crate::api::object::{AnyObject, Resource};

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
            Some(namespace) => Bound::Included(ObjectKey::new(namespace, "")),
            None => Bound::Unbounded,
        };
        self.rows
            .range((from, Bound::Unbounded))
            .take_while(move |(key, _)| {
                namespace.is_none_or(|namespace| *key.namespace == *namespace)
            })
            .filter_map(|(_, row)| K::from_any(row))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn insert(&mut self, key: ObjectKey, row: Rc<K>) {
        self.rows.insert(key, row.into_any());
    }

    pub(super) fn remove(&mut self, key: &ObjectKey) {
        self.rows.remove(key);
    }
}
