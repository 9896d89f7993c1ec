//! How the yard is looked at: grouped by what, filtered by what, zoomed into what; and what then stands on the screen.
//! A view of a view: pure, and bounded in how much it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::filter::Filter;
use super::pod::{Look, Tile};
use super::yard::{Density, NodeView, YardView};
use crate::api::meta::{NodeName, Uid};
use crate::sim::order::Order as _;

/// What the yard is grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrange {
    /// Panels of nodes.
    #[default]
    Nodes,
    /// Panels of workloads.
    Owners,
    /// Panels of namespaces.
    Namespaces,
    /// A table of pods.
    Table,
}

impl Arrange {
    /// All, in the order of the choice.
    pub const ALL: [Self; 4] = [Self::Nodes, Self::Owners, Self::Namespaces, Self::Table];

    /// Its word in the address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nodes => "node",
            Self::Owners => "owner",
            Self::Namespaces => "namespace",
            Self::Table => "table",
        }
    }

    /// The key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Nodes => "stage.by-node",
            Self::Owners => "stage.by-owner",
            Self::Namespaces => "stage.by-namespace",
            Self::Table => "stage.as-table",
        }
    }

    /// The one of a word of the address.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.word() == word).unwrap_or_default()
    }
}

/// A place that is zoomed into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zoom {
    /// A block of nodes of the heat map, by its number.
    Block(usize),
    /// A node.
    Node(NodeName),
    /// A group of pods, by its key.
    Group(Rc<str>),
}

impl Zoom {
    /// What the platform calls it: `block:3`, `node:worker-1`, `group:…`.
    pub fn word(&self) -> String {
        match self {
            Self::Block(number) => format!("block:{number}"),
            Self::Node(name) => format!("node:{name}"),
            Self::Group(key) => format!("group:{key}"),
        }
    }

    /// Reads that.
    pub fn from_word(word: &str) -> Option<Self> {
        let (kind, rest) = word.split_once(':')?;
        match kind {
            "block" => rest.parse().ok().map(Self::Block),
            "node" => Some(Self::Node(rest.into())),
            "group" => Some(Self::Group(rest.into())),
            _ => None,
        }
    }
}

/// How the yard is looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// Grouped by what.
    pub arrange: Arrange,
    /// Filtered by what.
    pub filter: Filter,
    /// Zoomed into what, the outermost first.
    pub zoom: Vec<Zoom>,
}

impl Stage {
    /// Grouped by something else; what was zoomed into is another thing then.
    #[must_use]
    pub fn arranged(self, arrange: Arrange) -> Self {
        Self { arrange, zoom: Vec::new(), ..self }
    }

    /// Zoomed further into something.
    #[must_use]
    pub fn into(mut self, place: Zoom) -> Self {
        if self.zoom.last() != Some(&place) {
            self.zoom.retain(|one| matches!((one, &place), (Zoom::Block(_), Zoom::Node(_))));
            self.zoom.push(place);
        }
        self
    }

    /// Zoomed out to so many places.
    #[must_use]
    pub fn out_to(mut self, depth: usize) -> Self {
        self.zoom.truncate(depth);
        self
    }

    /// Zoomed out by one.
    #[must_use]
    pub fn out(self) -> Self {
        let depth = self.zoom.len().saturating_sub(1);
        self.out_to(depth)
    }
}

/// Nodes in a block of the heat map.
pub const BLOCK: usize = 50;
/// Dots that a panel shows at most, and all panels of a group together.
pub const PANEL_DOTS: usize = 150;
/// Pods that a group shows at most when it is zoomed into, and rows of a table.
pub const GROUP_TILES: usize = 1_500;
/// Rows of the table.
pub const ROWS: usize = 200;
/// Cells that a group's map shows at most.
const CELLS: usize = 2_500;
/// Groups at most.
const GROUPS: usize = 120;

/// A part of the heat map: cells as letters for the platform, two for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What zooms into it.
    pub zoom: Zoom,
    /// Its name, or its first one.
    pub first: Rc<str>,
    /// Its last one.
    pub last: Rc<str>,
    /// How many nodes it has.
    pub nodes: usize,
    /// Of those, how many are down.
    pub down: usize,
    /// How many pods have each look.
    pub counts: [usize; Look::COUNT],
    /// The cells: a letter for the look that asks for most attention, and a digit for how full it is.
    pub cells: Rc<str>,
    /// Which cells are lit, a letter for each; nothing where none is.
    pub marks: Rc<str>,
    /// The angle of its family on the colour wheel.
    pub degrees: Option<u16>,
}

/// Pods, and nodes: their own, or those that the pods are on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lights {
    /// The pods.
    pub pods: Rc<BTreeSet<Uid>>,
    /// The nodes.
    pub nodes: Rc<BTreeSet<NodeName>>,
}

impl Lights {
    fn is_off(&self) -> bool {
        self.pods.is_empty() && self.nodes.is_empty()
    }
}

/// What is lit on a heat map, where no tile can be found by its pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lit {
    /// What the field under the editor's cursor governs.
    pub governed: Lights,
    /// What the selector of the workload that is pointed at picks.
    pub pointed: Lights,
    /// The workload that is selected.
    pub family: Option<Uid>,
}

impl Lit {
    fn is_off(&self) -> bool {
        self.family.is_none() && self.governed.is_off() && self.pointed.is_off()
    }

    /// `g` for governed, `f` for a family, `b` for both, `.` for neither.
    const fn letter(governed: bool, family: bool) -> char {
        match (governed, family) {
            (true, false) => 'g',
            (false, true) => 'f',
            (true, true) => 'b',
            (false, false) => '.',
        }
    }

    fn of_node(&self, node: &NodeView) -> char {
        let selected = |family: Uid| node.tiles.iter().any(|tile| belongs(tile, family));
        let family = self.pointed.nodes.contains(&node.name) || self.family.is_some_and(selected);
        Self::letter(self.governed.nodes.contains(&node.name), family)
    }

    fn of_pod(&self, tile: &Tile) -> char {
        let selected = |family: Uid| belongs(tile, family);
        let family = self.pointed.pods.contains(&tile.uid) || self.family.is_some_and(selected);
        Self::letter(self.governed.pods.contains(&tile.uid), family)
    }
}

fn belongs(tile: &Tile, family: Uid) -> bool {
    tile.owner.as_ref().is_some_and(|owner| owner.uid == family)
}

/// The letters of all cells; nothing where no cell is lit.
fn marks(lit: &Lit, cells: impl Iterator<Item = char>) -> Rc<str> {
    if lit.is_off() {
        return "".into();
    }
    let marks: String = cells.collect();
    if marks.chars().all(|mark| mark == '.') { "".into() } else { marks.into() }
}

/// A group of pods.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What zooms into it.
    pub key: Rc<str>,
    /// Its name; nothing for the pods of nobody.
    pub name: Rc<str>,
    /// The angle of its family on the colour wheel.
    pub degrees: Option<u16>,
    /// Its pods, or the first of them.
    pub tiles: Vec<Rc<Tile>>,
    /// How many more there are.
    pub hidden: usize,
    /// How many pods have each look.
    pub counts: [usize; Look::COUNT],
}

/// What stands on the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Scene {
    /// Panels of nodes.
    Nodes(Vec<Rc<NodeView>>, Density),
    /// A heat map.
    Blocks(Vec<Block>),
    /// Panels of groups.
    Groups(Vec<Group>, Density),
    /// A table of so many pods of all that are found.
    Table(Vec<(Option<NodeName>, Rc<Tile>)>, usize),
}

/// What stands on the screen of a yard that is looked at in this way.
pub fn scene(yard: &YardView, stage: &Stage, lit: &Lit) -> Scene {
    match stage.arrange {
        Arrange::Nodes => nodes(yard, stage, lit),
        Arrange::Owners | Arrange::Namespaces => groups(yard, stage, lit),
        Arrange::Table => table(yard, stage),
    }
}

/// How many pods are found, and how many there are.
pub fn found(yard: &YardView, filter: &Filter) -> (usize, usize) {
    let all: usize = yard.counts.values().sum();
    if filter.is_empty() {
        return (all, all);
    }
    let name = |node: Option<&Rc<NodeView>>| node.map(|node| Rc::clone(&node.name));
    (yard.tiles().filter(|(node, tile)| filter.finds(tile, name(*node).as_deref())).count(), all)
}

fn nodes(yard: &YardView, stage: &Stage, lit: &Lit) -> Scene {
    let zoomed = stage.zoom.last();
    if let Some(Zoom::Node(name)) = zoomed {
        let node = yard.nodes.iter().find(|node| node.name == *name);
        if let Some(node) = node {
            let density = Density::of(1, node.tiles.len(), node.tiles.len());
            return Scene::Nodes(vec![Rc::clone(node)], density);
        }
    }
    if let Some(Zoom::Block(number)) = zoomed {
        let few: Vec<Rc<NodeView>> =
            yard.nodes.iter().skip(number * BLOCK).take(BLOCK).cloned().collect();
        if !few.is_empty() {
            let fullest = few.iter().map(|node| node.tiles.len()).max().unwrap_or(0);
            let pods = few.iter().map(|node| node.tiles.len()).sum();
            return Scene::Nodes(few, Density::of(BLOCK, fullest, pods).min(Density::Dots));
        }
    }
    match yard.density {
        Density::Heat => Scene::Blocks(
            yard.nodes
                .chunks(BLOCK)
                .enumerate()
                .map(|(number, nodes)| block(number, nodes, &stage.filter, lit))
                .collect(),
        ),
        density => Scene::Nodes(yard.nodes.to_vec(), density),
    }
}

/// The letter of a cell.
const fn letter(look: Look) -> char {
    match look {
        Look::Pending => 'p',
        Look::Creating => 'c',
        Look::Running => 'r',
        Look::Unready => 'u',
        Look::Completed => 'd',
        Look::BackOff => 'b',
        Look::Failed => 'f',
        Look::Terminating => 't',
        Look::Lost => 'l',
    }
}

fn block(number: usize, nodes: &[Rc<NodeView>], filter: &Filter, lit: &Lit) -> Block {
    let mut counts = [0; Look::COUNT];
    let mut cells = String::with_capacity(nodes.len() * 2);
    for node in nodes {
        for (sum, count) in counts.iter_mut().zip(node.counts) {
            *sum += count;
        }
        let worst = if filter.is_empty() {
            let there = Look::ALL.into_iter().zip(node.counts).filter(|(_, count)| *count > 0);
            there.map(|(look, _)| look).max_by_key(|look| look.urgency())
        } else {
            let found = node.tiles.iter().filter(|tile| filter.finds(tile, Some(&node.name)));
            found.map(|tile| tile.look).max_by_key(|look| look.urgency())
        };
        cells.push(match (node.fine(), worst) {
            (false, _) => 'x',
            (true, Some(worst)) => letter(worst),
            (true, None) if filter.is_empty() => '-',
            (true, None) => '.',
        });
        // A machine takes 110 pods.
        let tenth = (node.tiles.len() * 10 / 110).min(9);
        cells.push(
            u32::try_from(tenth).ok().and_then(|tenth| char::from_digit(tenth, 10)).unwrap_or('0'),
        );
    }
    let name =
        |node: Option<&Rc<NodeView>>| node.map_or_else(|| "".into(), |node| Rc::clone(&node.name));
    Block {
        zoom: Zoom::Block(number),
        first: name(nodes.first()),
        last: name(nodes.last()),
        nodes: nodes.len(),
        down: nodes.iter().filter(|node| !node.fine()).count(),
        counts,
        cells: cells.into(),
        marks: marks(lit, nodes.iter().map(|node| lit.of_node(node))),
        degrees: None,
    }
}

/// The pods of the groups, by key; those of nobody are under the empty one.
type Members<'a> =
    BTreeMap<Rc<str>, (Rc<str>, Option<u16>, Vec<(Option<&'a Rc<NodeView>>, &'a Rc<Tile>)>)>;

fn members<'a>(yard: &'a YardView, arrange: Arrange) -> Members<'a> {
    let mut groups = Members::new();
    let mut keys: BTreeMap<Uid, Rc<str>> = BTreeMap::new();
    for (node, tile) in yard.tiles() {
        let (key, degrees) = match (arrange, &tile.owner) {
            (Arrange::Namespaces, _) => (Rc::clone(&tile.key.namespace), None),
            (_, Some(owner)) => {
                let key = keys
                    .entry(owner.uid)
                    .or_insert_with(|| format!("{}/{}", owner.kind.word(), owner.name).into());
                (Rc::clone(key), Some(tile.degrees))
            }
            (_, None) => ("".into(), None),
        };
        let group = groups.entry(Rc::clone(&key)).or_insert_with(|| (key, degrees, Vec::new()));
        group.2.push((node, tile));
    }
    groups
}

fn groups(yard: &YardView, stage: &Stage, lit: &Lit) -> Scene {
    let all = members(yard, stage.arrange);
    let pods: usize = all.values().map(|(_, _, tiles)| tiles.len()).sum();
    if let Some(Zoom::Group(key)) = stage.zoom.last()
        && let Some((name, degrees, tiles)) = all.get(key)
    {
        let density = Density::of(1, tiles.len(), tiles.len()).min(Density::Dots);
        return Scene::Groups(
            vec![group(key, name, *degrees, tiles, GROUP_TILES, &stage.filter)],
            density,
        );
    }
    let fullest = all.values().map(|(_, _, tiles)| tiles.len()).max().unwrap_or(0);
    let groups = all.iter().take(GROUPS);
    match Density::of(all.len(), fullest, pods) {
        Density::Heat => Scene::Blocks(
            groups
                .map(|(key, (name, degrees, tiles))| {
                    map_of(key, name, *degrees, tiles, (&stage.filter, lit))
                })
                .collect(),
        ),
        density => {
            let most = if density == Density::Dots { GROUP_TILES } else { usize::MAX };
            let groups = groups.map(|(key, (name, degrees, tiles))| {
                group(key, name, *degrees, tiles, most, &stage.filter)
            });
            Scene::Groups(groups.collect(), density)
        }
    }
}

type Placed<'a> = (Option<&'a Rc<NodeView>>, &'a Rc<Tile>);

fn counts(tiles: &[Placed<'_>]) -> [usize; Look::COUNT] {
    let mut counts = [0; Look::COUNT];
    for (_, tile) in tiles {
        if let Some(count) = counts.get_mut(tile.look.index()) {
            *count += 1;
        }
    }
    counts
}

/// A group with the pods that are found first, so that a bound hides others.
fn group(
    key: &Rc<str>,
    name: &Rc<str>,
    degrees: Option<u16>,
    tiles: &[Placed<'_>],
    most: usize,
    filter: &Filter,
) -> Group {
    let shown: Vec<Rc<Tile>> = if tiles.len() > most && !filter.is_empty() {
        let fits = |(node, tile): &&Placed<'_>| filter.finds(tile, node.map(|node| &*node.name));
        tiles.iter().filter(fits).take(most).map(|(_, tile)| Rc::clone(tile)).collect()
    } else {
        tiles.iter().take(most).map(|(_, tile)| Rc::clone(tile)).collect()
    };
    Group {
        key: Rc::clone(key),
        name: Rc::clone(name),
        degrees,
        hidden: tiles.len() - shown.len(),
        tiles: shown,
        counts: counts(tiles),
    }
}

/// A group as a map with a cell per pod.
fn map_of(
    key: &Rc<str>,
    name: &Rc<str>,
    degrees: Option<u16>,
    tiles: &[Placed<'_>],
    (filter, lit): (&Filter, &Lit),
) -> Block {
    let mut cells = String::with_capacity(tiles.len().min(CELLS) * 2);
    for (node, tile) in tiles.iter().take(CELLS) {
        let fits = filter.finds(tile, node.map(|node| &*node.name));
        cells.push(if fits { letter(tile.look) } else { '.' });
        cells.push('9');
    }
    Block {
        zoom: Zoom::Group(Rc::clone(key)),
        first: Rc::clone(name),
        last: "".into(),
        nodes: 0,
        down: 0,
        counts: counts(tiles),
        cells: cells.into(),
        marks: marks(lit, tiles.iter().take(CELLS).map(|(_, tile)| lit.of_pod(tile))),
        degrees,
    }
}

fn table(yard: &YardView, stage: &Stage) -> Scene {
    let fits =
        yard.tiles().filter(|(node, tile)| stage.filter.finds(tile, node.map(|node| &*node.name)));
    let mut rows: Vec<(Option<NodeName>, Rc<Tile>)> = fits
        .map(|(node, tile)| (node.map(|node| Rc::clone(&node.name)), Rc::clone(tile)))
        .collect();
    let all = rows.len();
    rows.order_by(|(_, a), (_, b)| a.key.cmp(&b.key));
    rows.truncate(ROWS);
    Scene::Table(rows, all)
}

#[cfg(test)]
mod tests;
