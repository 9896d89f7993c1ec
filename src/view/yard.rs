//! The yard: nodes with their pods, and the tray of pods that have no node.
//!
//! Only what the journal names since the view before is built again, so a change of one pod touches one tile of one
//! node: of a cluster of ten thousand pods a picture costs the few that changed.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

pub use super::pod::{Look, Ring, Tile};

use super::palette::{Owner, Palette};
use crate::api::conditions::Status;
use crate::api::core::{Node, Pod};
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::apiserver::table::{node_roles, node_status};
use crate::cluster::Cluster;
use crate::sim::order::{Gather as _, Order as _};
use crate::store::{Change, Operation};

/// A node on the screen. It is [`Eq`], so that two handles to the same one are compared by their place: see `Rc`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeView {
    /// Its name.
    pub name: NodeName,
    /// STATUS, as kubectl prints it.
    pub status: Rc<str>,
    /// ROLES, as kubectl prints them.
    pub roles: Rc<str>,
    /// Whether it says that it is ready.
    pub ready: bool,
    /// Whether its machine runs.
    pub powered: bool,
    /// Whether it is cordoned.
    pub cordoned: bool,
    /// Per cent of the cpu that is asked for.
    pub cpu_percent: i64,
    /// Per cent of the memory that is asked for.
    pub memory_percent: i64,
    /// Labels that somebody gave it.
    pub labels: Rc<[Rc<str>]>,
    /// Taints, `key:Effect`.
    pub taints: Rc<[Rc<str>]>,
    /// Conditions of trouble that hold: `MemoryPressure`.
    pub trouble: Rc<[Rc<str>]>,
    /// The pods on it, oldest first, finished ones last; finished ones that have an owner are in its drawer.
    pub tiles: Rc<[Rc<Tile>]>,
    /// The finished pods that ran here and are in the drawers of their owners, oldest first.
    pub finished: Rc<[Rc<Tile>]>,
    /// How many pods here have each look, in the order of [`Look::ALL`].
    pub counts: [usize; Look::COUNT],
    /// Pods of the system that are not shown one by one.
    pub system: usize,
}

impl NodeView {
    /// Whether its machine runs and it says that it is ready.
    pub const fn fine(&self) -> bool {
        self.powered && self.ready
    }
}

/// The finished pods of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawer {
    /// The workload.
    pub owner: Owner,
    /// Its angle on the colour wheel.
    pub degrees: u16,
    /// The newest of them, newest first.
    pub tiles: Rc<[Rc<Tile>]>,
    /// How many ended well.
    pub completed: usize,
    /// How many ended badly.
    pub failed: usize,
}

impl Drawer {
    /// How many are not among its tiles.
    pub fn hidden(&self) -> usize {
        self.completed + self.failed - self.tiles.len()
    }
}

/// How many finished pods a drawer shows.
const DRAWER_TILES: usize = 16;
/// How many drawers there are at most.
const DRAWERS: usize = 24;

/// More tiles are dots; more dots or panels are a heat map.
const MOST_TILES: usize = 600;
const MOST_PANELS: usize = 200;
const MOST_DOTS: usize = 4_000;

/// How much room a tile gets, by how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Density {
    /// Icon and name.
    #[default]
    Full,
    /// An icon.
    Compact,
    /// A dot of colour.
    Dots,
    /// A heat map: a cell per node.
    Heat,
}

impl Density {
    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Compact => "compact",
            Self::Dots => "dots",
            Self::Heat => "heat",
        }
    }

    /// The room for so many nodes, of which the fullest has so many pods, of so many in all.
    pub const fn of(nodes: usize, fullest: usize, pods: usize) -> Self {
        match (nodes, fullest) {
            (..=12, ..=24) => Self::Full,
            (..=60, ..=120) if pods <= MOST_TILES => Self::Compact,
            _ if nodes <= MOST_PANELS && pods <= MOST_DOTS => Self::Dots,
            _ => Self::Heat,
        }
    }
}

/// The whole yard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YardView {
    /// The version of the store this was made from.
    pub version: u64,
    /// Whether pods of the system are shown.
    pub shows_system: bool,
    /// The nodes: workers in the order of their numbers, then the control plane.
    pub nodes: Rc<[Rc<NodeView>]>,
    /// The pods without a node, oldest first.
    pub tray: Rc<[Rc<Tile>]>,
    /// The drawers of finished pods, the fullest first.
    pub drawers: Rc<[Rc<Drawer>]>,
    /// How many pods have each look.
    pub counts: BTreeMap<Look, usize>,
    /// How much room a tile gets.
    pub density: Density,
}

/// Whether a namespace is one of the cluster's own.
pub fn is_system(namespace: &str) -> bool {
    matches!(namespace, "kube-system" | "kube-public" | "kube-node-lease")
}

/// Pods that have changed, as they are now; nothing in place of those that are gone.
type Pods = BTreeMap<Uid, Option<Rc<Pod>>>;

/// What the journal says has changed of a node.
#[derive(Default)]
struct Touch {
    /// Whether the node itself has.
    itself: bool,
    /// Its pods.
    pods: Pods,
}

/// What the journal says has changed.
#[derive(Default)]
struct Touched {
    nodes: BTreeMap<NodeName, Touch>,
    tray: Pods,
    all: bool,
}

impl YardView {
    /// The yard now; what is as it was keeps its place in memory.
    pub fn build(
        cluster: &Cluster,
        before: &Rc<Self>,
        palette: &mut Palette,
        shows_system: bool,
    ) -> Rc<Self> {
        let version = cluster.store().resource_version();
        let fresh = before.nodes.is_empty() || before.shows_system != shows_system;
        let powered_as_shown =
            || before.nodes.iter().all(|node| powered(cluster, &node.name) == node.powered);
        if !fresh && before.version == version && powered_as_shown() {
            return Rc::clone(before);
        }
        palette.tidy(cluster);
        let touched = touched(cluster, (!fresh).then_some(before.version));
        let builder = Builder { cluster, shows_system };
        let tray = match touched.all {
            true => builder.tray(&before.tray, palette),
            false if touched.tray.is_empty() => Rc::clone(&before.tray),
            false => {
                let tray = builder.grown(&before.tray, &touched.tray, true, palette);
                // Who came and has its node already was never seen here.
                let same = tray.len() == before.tray.len()
                    && tray.iter().zip(before.tray.iter()).all(|(a, b)| Rc::ptr_eq(a, b));
                if same { Rc::clone(&before.tray) } else { tray.into() }
            }
        };
        let nodes = builder.nodes(before, &touched, palette);
        Rc::new(Self::put_together(version, shows_system, nodes, tray, &before.drawers))
    }

    fn put_together(
        version: u64,
        shows_system: bool,
        nodes: Rc<[Rc<NodeView>]>,
        tray: Rc<[Rc<Tile>]>,
        before: &[Rc<Drawer>],
    ) -> Self {
        let mut sums = [0; Look::COUNT];
        for node in nodes.iter() {
            for (sum, count) in sums.iter_mut().zip(node.counts) {
                *sum += count;
            }
        }
        let mut counts: BTreeMap<Look, usize> =
            Look::ALL.into_iter().zip(sums).filter(|(_, count)| *count > 0).collect();
        for tile in tray.iter() {
            *counts.entry(tile.look).or_insert(0) += 1;
        }
        let fullest = nodes.iter().map(|node| node.tiles.len()).max().unwrap_or(0);
        let pods = nodes.iter().map(|node| node.tiles.len()).sum();
        let density = Density::of(nodes.len(), fullest, pods);
        let drawers = drawers(&nodes, before);
        Self { version, shows_system, nodes, tray, drawers, counts, density }
    }

    /// All pods that are shown one by one, with the node of each.
    pub fn tiles(&self) -> impl Iterator<Item = (Option<&Rc<NodeView>>, &Rc<Tile>)> {
        let on_nodes = self.nodes.iter().flat_map(|node| {
            node.tiles.iter().chain(node.finished.iter()).map(move |tile| (Some(node), tile))
        });
        self.tray.iter().map(|tile| (None, tile)).chain(on_nodes)
    }

    /// Whether somebody who looks at the two sees no difference.
    pub fn looks_like(&self, other: &Self) -> bool {
        let same = |a: &Rc<[Rc<Tile>]>, b: &Rc<[Rc<Tile>]>| {
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|(a, b)| Rc::ptr_eq(a, b) || a.looks_like(b))
        };
        same(&self.tray, &other.tray)
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(other.nodes.iter()).all(|(a, b)| {
                Rc::ptr_eq(a, b)
                    || (same(&a.tiles, &b.tiles)
                        && same(&a.finished, &b.finished)
                        && (
                            &a.name, &a.status, a.powered, a.system, &a.labels, &a.taints,
                            &a.trouble,
                        ) == (
                            &b.name, &b.status, b.powered, b.system, &b.labels, &b.taints,
                            &b.trouble,
                        ))
            })
    }
}

/// The drawers of what has finished on the nodes; those that are as they were keep their place in memory.
fn drawers(nodes: &[Rc<NodeView>], before: &[Rc<Drawer>]) -> Rc<[Rc<Drawer>]> {
    let mut owners: BTreeMap<Uid, Vec<&Rc<Tile>>> = BTreeMap::new();
    for tile in nodes.iter().flat_map(|node| node.finished.iter()) {
        if let Some(owner) = &tile.owner {
            owners.entry(owner.uid).or_default().push(tile);
        }
    }
    let mut drawers: Vec<Rc<Drawer>> = Vec::with_capacity(owners.len());
    for mut tiles in owners.into_values() {
        tiles.order_by(|a, b| (b.created, &b.key.name).cmp(&(a.created, &a.key.name)));
        let failed = tiles.iter().filter(|tile| tile.look == Look::Failed).count();
        let completed = tiles.len() - failed;
        let Some((owner, degrees)) =
            tiles.first().and_then(|tile| Some((tile.owner.clone()?, tile.degrees)))
        else {
            continue;
        };
        let tiles = tiles.into_iter().take(DRAWER_TILES).cloned().collect();
        let new = Drawer { owner, degrees, tiles, completed, failed };
        let same = before.iter().find(|drawer| ***drawer == new);
        drawers.push(same.map_or_else(|| Rc::new(new), Rc::clone));
    }
    drawers.order_by_key(|drawer| {
        (std::cmp::Reverse(drawer.completed + drawer.failed), drawer.owner.uid)
    });
    drawers.truncate(DRAWERS);
    drawers.into()
}

fn powered(cluster: &Cluster, node: &NodeName) -> bool {
    cluster.kubelets().running(node) != Some(false)
}

fn touched(cluster: &Cluster, version: Option<u64>) -> Touched {
    let mut touched = Touched::default();
    let store = cluster.store();
    let Some(version) = version.filter(|version| *version <= store.resource_version()) else {
        return Touched { all: true, ..touched };
    };
    let mut seen = 0;
    for change in store.journal().since(version) {
        seen += 1;
        match &change.object {
            AnyObject::Pod(pod) => touched.note(change, pod),
            AnyObject::Node(node) => touched.node(&node.meta.name).itself = true,
            _ => {}
        }
    }
    // Versions are handed out one by one: where some are missing, the journal has forgotten or the world went back.
    touched.all = seen != store.resource_version() - version;
    touched
}

impl Touched {
    fn node(&mut self, name: &NodeName) -> &mut Touch {
        self.nodes.entry(Rc::clone(name)).or_default()
    }

    fn note(&mut self, change: &Change, pod: &Rc<Pod>) {
        let now = (change.operation != Operation::Deleted).then(|| Rc::clone(pod));
        match &pod.node {
            None => {
                drop(self.tray.insert(pod.meta.uid, now.filter(|pod| !pod.status.phase.finished())))
            }
            Some(node) => drop(self.node(node).pods.insert(pod.meta.uid, now)),
        }
        // It got its node, and is no longer where it was.
        if let Some(AnyObject::Pod(before)) = &change.before
            && before.node.is_none()
            && pod.node.is_some()
        {
            self.tray.insert(pod.meta.uid, None);
        }
    }
}

/// `worker-10` after `worker-9`.
fn natural(name: &str) -> (String, u64) {
    let head = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = name.strip_prefix(head).unwrap_or_default();
    (head.to_owned(), digits.parse().unwrap_or(0))
}

struct Builder<'a> {
    cluster: &'a Cluster,
    shows_system: bool,
}

impl Builder<'_> {
    /// The nodes: workers in the order of their numbers, then the control plane.
    fn nodes(
        &self,
        before: &YardView,
        touched: &Touched,
        palette: &mut Palette,
    ) -> Rc<[Rc<NodeView>]> {
        let cluster = self.cluster;
        let all = cluster.store().nodes();
        let key = |name: &NodeName| ObjectKey::cluster(Rc::clone(name));
        let stays = |known: &NodeView| {
            !touched.nodes.contains_key(&known.name)
                && powered(cluster, &known.name) == known.powered
        };
        // Mostly a few nodes of many have changed, and none came or went: their order is known.
        let mut changed =
            before.nodes.iter().filter(|known| touched.nodes.contains_key(&known.name));
        let steady = !touched.all
            && before.nodes.len() == all.len()
            && changed.all(|known| all.get(&key(&known.name)).is_some());
        if steady {
            let node = |known: &Rc<NodeView>| match stays(known) {
                true => Rc::clone(known),
                false => all.get(&key(&known.name)).map_or_else(
                    || Rc::clone(known),
                    |node| self.node(node, Some(known), touched.nodes.get(&known.name), palette),
                ),
            };
            let nodes: Rc<[Rc<NodeView>]> = before.nodes.iter().map(node).collect();
            if nodes.iter().zip(before.nodes.iter()).all(|(a, b)| a.roles == b.roles) {
                return nodes;
            }
        }
        let old: BTreeMap<&NodeName, &Rc<NodeView>> =
            before.nodes.iter().map(|node| (&node.name, node)).collect();
        let mut nodes: Vec<Rc<NodeView>> = Vec::with_capacity(all.len());
        for node in all.iter() {
            let known = old.get(&node.meta.name).copied();
            let touch = touched.nodes.get(&node.meta.name).filter(|_| !touched.all);
            nodes.push(match known.filter(|known| !touched.all && stays(known)) {
                Some(same) => Rc::clone(same),
                None => self.node(node, known, touch, palette),
            });
        }
        nodes.order_by_cached_key(|node| {
            (node.roles.contains("control-plane"), natural(&node.name))
        });
        nodes.into()
    }

    fn tray(&self, before: &[Rc<Tile>], palette: &mut Palette) -> Rc<[Rc<Tile>]> {
        let store = self.cluster.store();
        let unbound = store.index().unbound().filter_map(|key| store.pods().get(key));
        let mut pods: Vec<&Rc<Pod>> = unbound.collect();
        pods.order_by_key(|pod| (pod.meta.created, Rc::clone(&pod.meta.name)));
        self.tiles(pods, before, true, palette)
    }

    fn tiles(
        &self,
        pods: Vec<&Rc<Pod>>,
        before: &[Rc<Tile>],
        powered: bool,
        palette: &mut Palette,
    ) -> Rc<[Rc<Tile>]> {
        let old: BTreeMap<Uid, &Rc<Tile>> = before.iter().map(|tile| (tile.uid, tile)).gather();
        let tile = |pod: &Rc<Pod>| match old.get(&pod.meta.uid) {
            Some(same) if same.version == pod.meta.resource_version && same.powered == powered => {
                Rc::clone(same)
            }
            _ => Rc::new(Tile::of(self.cluster, pod, powered, palette)),
        };
        pods.into_iter().map(tile).collect()
    }

    /// The tiles with those of these pods as they are now. What was in order stays so.
    fn grown(
        &self,
        before: &[Rc<Tile>],
        pods: &Pods,
        powered: bool,
        palette: &mut Palette,
    ) -> Vec<Rc<Tile>> {
        let mut new: Vec<&Rc<Pod>> = pods.values().flatten().collect();
        new.order_by(in_order);
        let new = new.into_iter().map(|pod| Rc::new(Tile::of(self.cluster, pod, powered, palette)));
        let new: Vec<Rc<Tile>> = new.collect();
        let mut new = new.into_iter().peekable();
        let mut tiles = Vec::with_capacity(before.len() + new.len());
        for tile in before.iter().filter(|tile| !pods.contains_key(&tile.uid)) {
            while let Some(earlier) = new.next_if(|one| one.place() < tile.place()) {
                tiles.push(earlier);
            }
            tiles.push(Rc::clone(tile));
        }
        tiles.extend(new);
        tiles
    }

    fn node(
        &self,
        node: &Node,
        before: Option<&Rc<NodeView>>,
        touch: Option<&Touch>,
        palette: &mut Palette,
    ) -> Rc<NodeView> {
        let (name, store) = (&node.meta.name, self.cluster.store());
        let visible = |pod: &Rc<Pod>| self.shows_system || !is_system(&pod.meta.namespace);
        let powered = powered(self.cluster, name);
        let mut old: Vec<Rc<Tile>> = before.map(|before| before.tiles.to_vec()).unwrap_or_default();
        if let Some(before) = before.filter(|before| !before.finished.is_empty()) {
            old.extend(before.finished.iter().cloned());
            old.order_by(|a, b| a.place().cmp(&b.place()));
        }
        let pods = touch.zip(before).filter(|(touch, before)| {
            let there = |(uid, pod): (&Uid, &Option<Rc<Pod>>)| match pod {
                Some(pod) => visible(pod),
                None => old.iter().any(|tile| tile.uid == *uid),
            };
            before.powered == powered && touch.pods.iter().all(there)
        });
        let (tiles, system) = match pods {
            Some((touch, before)) => {
                (self.grown(&old, &touch.pods, powered, palette), before.system)
            }
            None => {
                let mut pods: Vec<&Rc<Pod>> =
                    store.pods_on(name).filter(|pod| visible(pod)).collect();
                pods.order_by(in_order);
                let tiles = self.tiles(pods, &old, powered, palette).to_vec();
                (tiles, store.pods_on(name).filter(|pod| !visible(pod)).count())
            }
        };
        let tiles = tiles.into_iter().partition(|tile| tile.put_away());
        let words = before.filter(|_| touch.is_some_and(|touch| !touch.itself));
        let words = words.map_or_else(|| words_of(node), |before| (**before).clone());
        let new = self.describe(node, NodeView { powered, system, ..words }, tiles);
        match before {
            Some(before) if **before == new => Rc::clone(before),
            _ => Rc::new(new),
        }
    }

    fn describe(
        &self,
        node: &Node,
        words: NodeView,
        (finished, tiles): (Vec<Rc<Tile>>, Vec<Rc<Tile>>),
    ) -> NodeView {
        let mut counts = [0; Look::COUNT];
        for tile in tiles.iter().chain(&finished) {
            if let Some(count) = counts.get_mut(tile.look.index()) {
                *count += 1;
            }
        }
        let have = &node.status.allocatable;
        let part = |used: i64, have: i64| {
            if have == 0 { 0 } else { (used.saturating_mul(100) / have).clamp(0, 100) }
        };
        let info = self.cluster.store().index().occupancy().node(&node.meta.name);
        let used = info.map(|info| info.sum.requested.clone()).unwrap_or_default();
        NodeView {
            cpu_percent: part(used.cpu_milli, have.cpu_milli),
            memory_percent: part(used.memory_bytes, have.memory_bytes),
            tiles: tiles.into(),
            finished: finished.into(),
            counts,
            ..words
        }
    }
}

/// Pods stand in the order of their making, those that are over behind the others.
fn in_order(one: &&Rc<Pod>, other: &&Rc<Pod>) -> Ordering {
    let place = |pod: &Rc<Pod>| (pod.status.phase.finished(), pod.meta.created);
    (place(one), &one.meta.name).cmp(&(place(other), &other.meta.name))
}

/// What is said of a node itself.
fn words_of(node: &Node) -> NodeView {
    // Labels that every node has say nothing about this one.
    let own = |key: &str| {
        key.split_once('/').is_none_or(|(domain, _)| !domain.ends_with("kubernetes.io"))
    };
    let labels = node.meta.labels.iter().filter(|(key, _)| own(key));
    let taints = node.spec.taints.iter().map(|taint| {
        let key = taint.key.rsplit('/').next().unwrap_or(&taint.key);
        format!("{key}:{}", taint.effect.word()).into()
    });
    let conditions = node.status.conditions.iter();
    let holds = conditions
        .filter(|condition| &*condition.kind != "Ready" && condition.status == Status::True);
    NodeView {
        name: Rc::clone(&node.meta.name),
        status: node_status(node).into(),
        roles: node_roles(&node.meta.labels).into(),
        ready: node.ready(),
        cordoned: node.spec.unschedulable,
        labels: labels.map(|(key, value)| format!("{key}={value}").into()).collect(),
        taints: taints.collect(),
        trouble: holds.map(|condition| Rc::clone(&condition.kind)).collect(),
        ..NodeView::default()
    }
}

/// The pods that a selection is about: itself, or those that belong to it in the end.
pub fn concerned(kind: Kind, key: &ObjectKey, uid: Uid, tile: &Tile) -> bool {
    match kind {
        Kind::Pod => *key == tile.key,
        _ => tile.owner.as_ref().is_some_and(|owner| owner.uid == uid),
    }
}

#[cfg(test)]
mod tests;
