//! The rows of the timeline as the screen draws them: a few, each as plain numbers.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Group, MOST_ROWS, Mark, NodeTrack, Sign, Timeline, Track, place_of};
use crate::api::kind::Kind;
use crate::api::meta::Uid;
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::view::palette::Palette;
use crate::view::state::Selection;
use crate::view::yard::Look;

/// At most so many pods of an open group have a row.
const MOST_PODS: usize = 40;
/// Groups of so few pods are open by themselves, while there are few rows.
const FEW_PODS: usize = 6;
const FEW_ROWS: usize = 24;
/// At most so many counts of a group, and marks of a row, are drawn.
const MOST_DRAWN: usize = 400;
/// The place of a node that was lost, behind those of [`Look::ALL`].
const FINE: f64 = -1.0;

/// What a row is about.
#[derive(Clone, Debug, PartialEq)]
pub enum RowKind {
    /// What was done.
    You,
    /// A node that was lost at some time.
    Node(Rc<str>),
    /// A group; whether its pods are shown.
    Group(usize, bool),
    /// A pod of a group.
    Pod(usize, usize),
    /// So many pods more.
    More(usize),
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Tells it from others of the same generation.
    pub id: u64,
    /// What it is about.
    pub kind: RowKind,
    /// Its name.
    pub label: Rc<str>,
    /// What a click selects.
    pub target: Option<Selection>,
    /// How many pods a group has.
    pub pods: usize,
    /// The owner's angle on the colour wheel.
    pub degrees: u16,
    /// Changes when what is drawn of it changes.
    pub stamp: u64,
}

/// Which groups somebody opened or closed.
pub type Opened = BTreeMap<Uid, bool>;

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Group {
    /// The pods that have a row when the group is open: those that live, then the latest of the others; oldest first.
    fn shown(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.tracks.len()).collect();
        let over = |place: &usize| {
            let track = self.tracks.get(*place);
            (track.is_some_and(|track| track.ended.is_some()), std::cmp::Reverse(*place))
        };
        all.order_by_key(over);
        all.truncate(MOST_PODS);
        all.order();
        all
    }
}

impl Timeline {
    /// The rows, from the top.
    pub fn rows(&self, opened: &Opened, palette: &mut Palette) -> Vec<Row> {
        let row = |id, kind, label: Rc<str>| Row {
            id,
            kind,
            label,
            target: None,
            pods: 0,
            degrees: 0,
            stamp: 0,
        };
        let mut rows = Vec::new();
        if !self.inputs.is_empty() {
            let stamp = whole(self.inputs.len());
            rows.push(Row { stamp, ..row(1, RowKind::You, "".into()) });
        }
        for (place, (name, node)) in self.nodes.iter().enumerate() {
            let key = crate::api::meta::ObjectKey::cluster(Rc::clone(name));
            rows.push(Row {
                target: Some(Selection { kind: Kind::Node, key }),
                stamp: node.touched,
                ..row(10 + whole(place), RowKind::Node(Rc::clone(name)), Rc::clone(name))
            });
        }
        let shown = |group: &&Group| !group.tracks.is_empty() || group.kind == Kind::CronJob;
        let few = self.groups.iter().filter(shown).count();
        let mut left = FEW_ROWS.saturating_sub(few);
        for (place, group) in self.groups.iter().enumerate().filter(|(_, group)| shown(group)) {
            if rows.len() >= MOST_ROWS {
                break;
            }
            let pods = group.tracks.len();
            let open = opened.get(&group.uid).copied().unwrap_or_else(|| {
                let few = pods <= FEW_PODS.min(left);
                if few {
                    left -= pods;
                }
                few
            });
            let id = 1_000_000 * (whole(place) + 1);
            let degrees = palette.degrees(group.uid);
            let loose = group.kind == Kind::Namespace;
            rows.push(Row {
                target: (!loose).then(|| Selection { kind: group.kind, key: group.key.clone() }),
                pods: pods + group.dropped,
                degrees,
                stamp: group.touched * 2 + u64::from(open),
                ..row(id, RowKind::Group(place, open), Rc::clone(&group.key.name))
            });
            if open {
                rows.extend(self.pod_rows(place, group, id, degrees));
            }
        }
        rows.truncate(MOST_ROWS);
        rows
    }

    fn pod_rows(&self, place: usize, group: &Group, id: u64, degrees: u16) -> Vec<Row> {
        let shown = group.shown();
        let more = (group.tracks.len() + group.dropped).saturating_sub(shown.len());
        let pods = shown.into_iter().filter_map(|index| {
            let track = group.tracks.get(index)?;
            Some(Row {
                id: id + 2 + whole(index + group.dropped),
                kind: RowKind::Pod(place, index),
                label: short(&track.key.name, &group.key.name),
                target: Some(Selection { kind: Kind::Pod, key: track.key.clone() }),
                pods: 0,
                degrees,
                stamp: track.touched,
            })
        });
        let rest = (more > 0).then(|| Row {
            id: id + 1,
            kind: RowKind::More(more),
            label: "".into(),
            target: None,
            pods: more,
            degrees,
            stamp: whole(more),
        });
        pods.chain(rest).collect()
    }

    /// What is drawn of a row: its kind, its angle, then pairs and marks; times in milliseconds since the session began.
    ///
    /// A pod: `0, degrees, pairs, (from, look)…, end or -1, marks, (at, sign)…`. A group that is closed: `1, degrees,
    /// levels, (from, nine counts)…, marks, …`. One that is open: no levels. A node: as a pod, with [`Look::Lost`] or
    /// nothing. What was done: marks alone.
    pub fn drawn(&self, row: &Row) -> Vec<f64> {
        let mut data = Vec::new();
        let degrees = f64::from(row.degrees);
        match &row.kind {
            RowKind::You => {
                data.extend([0.0, degrees, 0.0, -1.0]);
                self.marks(&self.inputs, &mut data);
            }
            RowKind::Node(name) => {
                data.extend([0.0, degrees]);
                self.node(self.nodes.get(name), &mut data);
            }
            RowKind::Pod(group, place) => {
                data.extend([0.0, degrees]);
                let group = self.groups.get(*group);
                self.track(group.and_then(|group| group.tracks.get(*place)), &mut data);
            }
            RowKind::Group(place, open) => {
                data.extend([1.0, degrees]);
                if let Some(group) = self.groups.get(*place) {
                    self.group_drawn(group, *open, &mut data);
                }
            }
            RowKind::More(_) => data.extend([0.0, degrees, 0.0, -1.0, 0.0]),
        }
        data
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a session fit a double")]
    fn since_start(&self, at: Time) -> f64 {
        (at - self.start).millis().max(0) as f64
    }

    fn marks<'a>(&self, marks: impl IntoIterator<Item = &'a Mark>, data: &mut Vec<f64>) {
        let mut all: Vec<&Mark> = marks.into_iter().filter(|mark| mark.void == u64::MAX).collect();
        all.order_by_key(|mark| mark.at);
        let drawn = all.get(all.len().saturating_sub(MOST_DRAWN)..).unwrap_or_default();
        data.push(count(drawn.len()));
        for mark in drawn {
            let sign = Sign::ALL.into_iter().position(|sign| sign == mark.sign).unwrap_or(0);
            data.extend([self.since_start(mark.at), count(sign)]);
        }
    }

    fn node(&self, node: Option<&NodeTrack>, data: &mut Vec<f64>) {
        let spans = node.map_or(&[] as &[_], |node| &node.spans);
        data.push(count(spans.len()));
        for (at, lost, _) in spans {
            let look = if *lost { count(place_of(Look::Lost)) } else { FINE };
            data.extend([self.since_start(*at), look]);
        }
        data.extend([-1.0, 0.0]);
    }

    fn track(&self, track: Option<&Track>, data: &mut Vec<f64>) {
        let Some(track) = track else { return data.extend([0.0, -1.0, 0.0]) };
        data.push(count(track.spans.len()));
        for span in &track.spans {
            data.extend([self.since_start(span.from), count(place_of(span.look))]);
        }
        data.push(track.ended.map_or(-1.0, |at| self.since_start(at)));
        self.marks(&track.marks, data);
    }

    fn group_drawn(&self, group: &Group, open: bool, data: &mut Vec<f64>) {
        let every = group.levels.len().div_ceil(MOST_DRAWN).max(1);
        let last = group.levels.len().saturating_sub(1);
        let levels = group.levels.iter().enumerate();
        let levels = levels.filter(|(place, _)| !open && (place % every == 0 || *place == last));
        let levels: Vec<_> = levels.map(|(_, level)| level).collect();
        data.push(count(levels.len()));
        for level in levels {
            data.push(self.since_start(level.from));
            data.extend(level.counts.iter().map(|count| f64::from(*count)));
        }
        let next = group.next.map(|at| super::mark(at, Sign::Next, 0));
        let below = group.tracks.iter().filter(|_| !open).flat_map(|track| track.marks.iter());
        self.marks(group.marks.iter().chain(&next).chain(below), data);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of things on a screen")]
const fn count(number: usize) -> f64 {
    number as f64
}

/// What follows the owner's name in a pod's name, or the whole name.
fn short(name: &Rc<str>, owner: &str) -> Rc<str> {
    let rest = name.strip_prefix(owner).and_then(|rest| rest.strip_prefix('-'));
    rest.filter(|rest| !rest.is_empty()).map_or_else(|| Rc::clone(name), Rc::from)
}
