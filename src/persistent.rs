//! The persistent collections that a moment of the cluster is made of: a clone shares everything and costs nothing,
//! a change copies the nodes that lie between it and the root, if another clone has them too.
//!
//! They are those of `imbl`, with counts that are not atomic: a cluster lives in one thread, and a path of a tree is
//! taken some thirty times per write.

use imbl::shared_ptr::RcK;

/// A persistent map in the order of its keys.
pub type OrdMap<K, V> = imbl::GenericOrdMap<K, V, RcK>;
/// A persistent set in order.
pub type OrdSet<A> = imbl::GenericOrdSet<A, RcK>;
/// A persistent list that grows and shrinks at both ends.
pub type Vector<A> = imbl::GenericVector<A, RcK>;

/// Adds a member to the set of a key.
pub fn join<K: Ord + Clone, M: Ord + Clone>(sets: &mut OrdMap<K, OrdSet<M>>, key: &K, member: M) {
    if let Some(set) = sets.get_mut(key) {
        set.insert(member);
    } else {
        sets.insert(key.clone(), OrdSet::unit(member));
    }
}

/// Takes a member out of the set of a key; empty sets are forgotten.
pub fn leave<K: Ord + Clone, M: Ord + Clone>(sets: &mut OrdMap<K, OrdSet<M>>, key: &K, member: &M) {
    let Some(set) = sets.get_mut(key) else { return };
    set.remove(member);
    if set.is_empty() {
        sets.remove(key);
    }
}
