//! What moves between two pictures of the yard, and which transitions of the state diagram were taken: read off the
//! two views, so that what is seen is what happened.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::pod::{Look, Tile};
use super::yard::{NodeView, YardView};
use crate::api::meta::Uid;

/// What a pod does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// It was made by its controller, and appears in the tray or on a node.
    Born,
    /// It was made by somebody and appears.
    Appears,
    /// It got its node.
    Bound,
    /// It is over and goes to the drawer of its owner.
    Finished,
    /// Its owner let it go.
    Released,
    /// An owner took it in.
    Adopted,
    /// It is being driven off a node that is down or cordoned.
    Evicted,
    /// It is gone.
    Gone,
}

impl Act {
    /// Its word for the platform.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Born => "born",
            Self::Appears => "appears",
            Self::Bound => "bound",
            Self::Finished => "finished",
            Self::Released => "released",
            Self::Adopted => "adopted",
            Self::Evicted => "evicted",
            Self::Gone => "gone",
        }
    }
}

/// A pod that does something.
#[derive(Clone, Debug, PartialEq)]
pub struct Mover {
    /// What.
    pub act: Act,
    /// The pod's uid as text, by which the page finds its tile.
    pub id: Rc<str>,
    /// The workload it belongs to in the end.
    pub owner: Option<Uid>,
}

/// What happened between two pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Motion {
    /// Who moves; nobody if it is too many to follow with the eye.
    pub movers: Vec<Mover>,
    /// How many move, followed or not.
    pub moved: usize,
    /// Which changes of state there were.
    pub taken: BTreeSet<(Look, Look)>,
}

/// More movers than this are a crowd: nobody flies, the pictures just change.
pub const CROWD: usize = 60;

/// Where a pod is.
#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    Tray,
    Node(&'a NodeView),
    Drawer,
}

impl Place<'_> {
    fn differs(self, other: Self) -> bool {
        match (self, other) {
            (Self::Node(one), Self::Node(other)) => one.name != other.name,
            (one, other) => std::mem::discriminant(&one) != std::mem::discriminant(&other),
        }
    }
}

type Places<'a> = BTreeMap<Uid, (Place<'a>, &'a Rc<Tile>)>;

impl Motion {
    /// What happened between two pictures; a page that opens, or shows other pods than before, shows what stands.
    pub fn between(before: &YardView, after: &YardView) -> Self {
        if before.nodes.is_empty() || before.shows_system != after.shows_system {
            return Self::default();
        }
        let (old, new) = changed(before, after);
        let mut motion = Self::default();
        for (uid, (place, tile)) in &new {
            let known = old.get(uid);
            let act = match known {
                None if tile.look == Look::Completed || tile.over => None,
                None if tile.owner.is_some() => Some(Act::Born),
                None => Some(Act::Appears),
                Some((from, was)) => act(*from, was, *place, tile),
            };
            if let Some(act) = act {
                motion.add(act, tile);
            }
            motion.take(known.map(|(_, was)| was.look), tile.look);
        }
        for (uid, (place, tile)) in &old {
            if !new.contains_key(uid) && !matches!(place, Place::Drawer) {
                motion.add(Act::Gone, tile);
            }
        }
        motion.moved = motion.movers.len();
        if motion.moved > CROWD {
            motion.movers.clear();
        }
        motion
    }

    fn add(&mut self, act: Act, tile: &Tile) {
        let owner = tile.owner.as_ref().map(|owner| owner.uid);
        self.movers.push(Mover { act, id: Rc::clone(&tile.id), owner });
    }

    fn take(&mut self, from: Option<Look>, to: Look) {
        match from {
            Some(from) if from == to => {}
            Some(from) => drop(self.taken.insert((from, to))),
            // It waited for a node, if only for a moment.
            None if to != Look::Pending => drop(self.taken.insert((Look::Pending, to))),
            None => {}
        }
    }
}

/// What a pod that was there before does.
fn act(from: Place<'_>, was: &Tile, to: Place<'_>, is: &Tile) -> Option<Act> {
    if from.differs(to) {
        return Some(if matches!(to, Place::Drawer) { Act::Finished } else { Act::Bound });
    }
    match (&was.owner, &is.owner) {
        (Some(_), None) => return Some(Act::Released),
        (None, Some(_)) => return Some(Act::Adopted),
        _ => {}
    }
    let leaves = is.look == Look::Terminating && was.look != Look::Terminating;
    match to {
        Place::Node(node) if leaves && (!node.fine() || node.cordoned) => Some(Act::Evicted),
        _ => None,
    }
}

/// What differs between two rows that are in the same order: a tile that was, one that is, or one of each.
fn differing<'a>(
    before: &'a [Rc<Tile>],
    after: &'a [Rc<Tile>],
) -> impl Iterator<Item = (Option<&'a Rc<Tile>>, Option<&'a Rc<Tile>>)> {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    std::iter::from_fn(move || {
        loop {
            let first = match (old.peek(), new.peek()) {
                (Some(was), Some(is)) if Rc::ptr_eq(was, is) => {
                    old.next();
                    new.next();
                    continue;
                }
                (Some(was), Some(is)) => was.place().cmp(&is.place()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return None,
            };
            let was = old.next_if(|_| first != Ordering::Greater);
            return Some((was, new.next_if(|_| first != Ordering::Less)));
        }
    })
}

/// The pods in the places that differ, before and after.
fn changed<'a>(before: &'a YardView, after: &'a YardView) -> (Places<'a>, Places<'a>) {
    let (mut old, mut new) = (Places::new(), Places::new());
    if !Rc::ptr_eq(&before.tray, &after.tray) {
        for (was, is) in differing(&before.tray, &after.tray) {
            old.extend(was.map(|tile| (tile.uid, (Place::Tray, tile))));
            new.extend(is.map(|tile| (tile.uid, (Place::Tray, tile))));
        }
    }
    // Mostly no node came or went.
    let pairs = || before.nodes.iter().zip(after.nodes.iter());
    let steady = before.nodes.len() == after.nodes.len()
        && pairs().all(|(was, is)| Rc::ptr_eq(was, is) || was.name == is.name);
    if steady {
        for (was, is) in pairs().filter(|(was, is)| !Rc::ptr_eq(was, is)) {
            let tiles = differing(&was.tiles, &is.tiles).map(|pair| (pair, false));
            let finished = differing(&was.finished, &is.finished).map(|pair| (pair, true));
            for ((gone, come), over) in tiles.chain(finished) {
                let place = |node| if over { Place::Drawer } else { Place::Node(node) };
                old.extend(gone.map(|tile| (tile.uid, (place(was), tile))));
                new.extend(come.map(|tile| (tile.uid, (place(is), tile))));
            }
        }
        return (old, new);
    }
    let known: BTreeMap<&str, &Rc<NodeView>> =
        before.nodes.iter().map(|node| (&*node.name, node)).collect();
    let there: BTreeSet<&str> = after.nodes.iter().map(|node| &*node.name).collect();
    for node in after.nodes.iter() {
        match known.get(&*node.name) {
            Some(same) if Rc::ptr_eq(same, node) => {}
            Some(was) => {
                put(&mut old, was);
                put(&mut new, node);
            }
            None => put(&mut new, node),
        }
    }
    for node in before.nodes.iter().filter(|node| !there.contains(&*node.name)) {
        put(&mut old, node);
    }
    (old, new)
}

fn put<'a>(places: &mut Places<'a>, node: &'a NodeView) {
    places.extend(node.tiles.iter().map(|tile| (tile.uid, (Place::Node(node), tile))));
    places.extend(node.finished.iter().map(|tile| (tile.uid, (Place::Drawer, tile))));
}

#[cfg(test)]
mod tests;
