//! A persistent map by names, whose keys hold their first letters: a search looks at one stretch of memory, where one
//! by `Rc<str>` looks at each text it passes.

use std::cmp::Ordering;
use std::rc::Rc;

use equivalent::{Comparable, Equivalent};

use super::meta::{Letters, compare_tails};
use crate::persistent::{OrdMap, OrdSet, join, leave};

/// A name as the key of a map.
#[derive(Clone, Debug)]
pub struct NameKey {
    head: Letters,
    name: Rc<str>,
}

impl NameKey {
    /// The key of a name.
    pub fn of(name: &Rc<str>) -> Self {
        Self { head: Letters::first_of(name), name: Rc::clone(name) }
    }
}

impl Ord for NameKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.head.cmp(&other.head).then_with(|| compare_tails(&self.name, &other.name))
    }
}

impl PartialOrd for NameKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for NameKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for NameKey {}

/// A name that is looked for.
struct Sought<'a> {
    head: Letters,
    name: &'a str,
}

impl<'a> Sought<'a> {
    fn new(name: &'a str) -> Self {
        Self { head: Letters::first_of(name), name }
    }
}

impl Equivalent<NameKey> for Sought<'_> {
    fn equivalent(&self, key: &NameKey) -> bool {
        self.compare(key) == Ordering::Equal
    }
}

impl Comparable<NameKey> for Sought<'_> {
    fn compare(&self, key: &NameKey) -> Ordering {
        self.head.cmp(&key.head).then_with(|| compare_tails(self.name, &key.name))
    }
}

/// Something for each of many names, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<V>(OrdMap<NameKey, V>);

impl<V> Default for Named<V> {
    fn default() -> Self {
        Self(OrdMap::default())
    }
}

impl<V: Clone> Named<V> {
    /// What a name has.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.0.get(&Sought::new(name))
    }

    /// The same with the name as it is kept here.
    pub fn get_key_value(&self, name: &str) -> Option<(&Rc<str>, &V)> {
        self.0.get_key_value(&Sought::new(name)).map(|(key, value)| (&key.name, value))
    }

    /// What a name has, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.0.get_mut(&Sought::new(name))
    }

    /// Gives a name something; what it had.
    pub fn insert(&mut self, name: &Rc<str>, value: V) -> Option<V> {
        self.0.insert(NameKey::of(name), value)
    }

    /// Takes from a name what it has.
    pub fn remove(&mut self, name: &str) -> Option<V> {
        self.0.remove(&Sought::new(name))
    }

    /// All names with what they have.
    pub fn iter(&self) -> impl Iterator<Item = (&Rc<str>, &V)> {
        self.0.iter().map(|(key, value)| (&key.name, value))
    }

    /// Those from a name on.
    pub fn from(&self, name: &Rc<str>) -> impl Iterator<Item = (&Rc<str>, &V)> {
        self.0.range(NameKey::of(name)..).map(|(key, value)| (&key.name, value))
    }

    /// Whether no name has anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<M: Ord + Clone> Named<OrdSet<M>> {
    /// Puts a member into the set of a name.
    pub fn join(&mut self, name: &Rc<str>, member: M) {
        join(&mut self.0, &NameKey::of(name), member);
    }

    /// Takes a member out of the set of a name; empty sets are forgotten.
    pub fn leave(&mut self, name: &Rc<str>, member: &M) {
        leave(&mut self.0, &NameKey::of(name), member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of all lengths about that of the head, some alike but for their ends.
    #[test]
    fn names_are_found_and_lie_in_the_order_of_their_texts() {
        let long = "a-name-of-16-let";
        let mut names: Vec<Rc<str>> =
            ["", "a", "b", "worker-1", "worker-10", "worker-2", "é", "a\0", "a\0\0"]
                .into_iter()
                .chain([long, "a-name-of-15-le"])
                .map(Rc::from)
                .collect();
        names.extend(["", "1", "10", "2", "\0"].map(|end| Rc::from(format!("{long}t{end}"))));
        let mut all = Named::default();
        for name in &names {
            assert_eq!(all.get(name), None, "{name:?}");
            all.insert(name, Rc::clone(name));
        }
        for name in &names {
            assert_eq!(all.get(name), Some(name));
            assert_eq!(all.get_key_value(name), Some((name, name)));
        }
        names.sort();
        let kept = |from: Option<&Rc<str>>| -> Vec<Rc<str>> {
            match from {
                Some(from) => all.from(from).map(|(name, _)| Rc::clone(name)).collect(),
                None => all.iter().map(|(name, _)| Rc::clone(name)).collect(),
            }
        };
        assert_eq!(kept(None), names);
        for (at, name) in names.iter().enumerate() {
            assert_eq!(kept(Some(name)), names[at..]);
        }
        for name in &names {
            assert_eq!(all.remove(name).as_ref(), Some(name));
        }
        assert!(all.is_empty());
    }
}
