//! Going back and forth on the way that a session took: checkpoints that share structure, spaced by work, and replay of
//! the inputs from the nearest one.
//!
//! A session is a tree of moments. The cluster stands on one line of it: its inputs behind it, those that lie ahead
//! when somebody went back, and how far the clock ever got on it. While nobody does anything new, going back is only
//! looking: the clock does again what lies ahead, each thing at its own time. Whoever does something else there leaves
//! for a line of his own, and the old future stays as a branch (see `branches.rs`).

use std::collections::VecDeque;
use std::rc::Rc;

use super::branches::Kept;
use super::facade::Cluster;
use super::input::Input;
use super::world::World;
use crate::sim::{Duration, Time};

/// A moment of a cluster: everything it consists of, and how many inputs lie behind it.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) world: Rc<World>,
    pub(super) inputs: usize,
}

impl Moment {
    /// When it is.
    pub(super) fn at(&self) -> Time {
        self.world.now
    }
}

/// How much work (reconciles) lies between checkpoints at least. Replaying that much takes a few milliseconds.
const SPACING: u64 = 1_000;
/// Clusters of so many objects have them as close as that.
const FEW: u64 = 25_000;
/// From so many objects on the distance grows with their square.
const VERY_MANY: u64 = 100_000;
/// At most so many checkpoints are kept.
const MOST: usize = 512;
/// Nor more than keep so many objects of their own.
const MOST_OBJECTS: u64 = 1_000_000;
/// Going back within this time of the present is to be quick; what lies before may take longer.
const RECENT: Duration = Duration::from_seconds(3_600);
/// How much longer.
const LONG_AGO: u64 = 8;
/// Of those that lie before, so many are kept.
const MOST_LONG_AGO: usize = 128;
/// So many changes are known at moments that the present knows nothing of any more. Else all that ever happened would
/// be in the memory of one moment or another.
const LAST_CHANGES: usize = 500;

/// How many objects the store of a world holds.
fn objects(world: &World) -> u64 {
    let store = &world.store;
    u64::try_from(store.pods().len() + store.events().len()).unwrap_or(u64::MAX)
}

/// How far apart checkpoints lie: the more objects, the farther. In a large cluster nearly each write after a checkpoint
/// copies its part of the maps, where in a small one many share a part.
fn spacing(objects: u64) -> u64 {
    let linear = objects.saturating_mul(SPACING) / FEW;
    SPACING.max(linear).max(linear.saturating_mul(objects) / VERY_MANY)
}

/// How many objects a checkpoint keeps that the one before has not.
fn own(before: &Moment, moment: &Moment) -> u64 {
    let version = |moment: &Moment| moment.world.store.resource_version();
    version(moment).saturating_sub(version(before)).min(objects(&moment.world))
}

/// The line that a cluster stands on, and those that it left.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// Of the whole line, also of what lies ahead.
    pub(super) checkpoints: Vec<Moment>,
    /// What lies ahead since somebody went back; the clock does it again.
    pub(super) ahead: VecDeque<Input>,
    /// How far the clock got on this line when somebody last went back.
    pub(super) horizon: Time,
    /// The line as it was before something was taken back.
    pub(super) undone: Option<Kept>,
    /// What this line is called.
    pub(super) name: Rc<str>,
    /// Whether a person gave it the name.
    pub(super) named: bool,
    /// The lines that were left.
    pub(super) branches: Vec<Kept>,
    /// Counts the lines there were.
    pub(super) line: u64,
    /// Up to which version of the store this line is the one before.
    pub(super) base: u64,
    /// What is done now was done before.
    pub(super) replaying: bool,
}

impl Default for History {
    fn default() -> Self {
        Self {
            checkpoints: Vec::new(),
            ahead: VecDeque::new(),
            horizon: Time::from_unix_seconds(0),
            undone: None,
            name: "main".into(),
            named: false,
            branches: Vec::new(),
            line: 0,
            base: 0,
            replaying: false,
        }
    }
}

impl History {
    /// A history that begins with `world`, before any input.
    pub(super) fn from(world: &World) -> Self {
        let first = Moment { world: Rc::new(world.clone()), inputs: 0 };
        Self { checkpoints: vec![first], ..Self::default() }
    }

    /// Keeps a checkpoint if enough work was done since the last one, not in the midst of an instant.
    pub(super) fn visit(&mut self, world: &World, inputs: usize) {
        let last = self.checkpoints.last();
        let due = world.settled()
            && last.is_none_or(|last| world.work >= last.world.work + spacing(objects(world)));
        if due {
            self.checkpoints.push(Moment { world: Rc::new(world.clone()), inputs });
            thin(&mut self.checkpoints, MOST);
            lighten(&mut self.checkpoints, LAST_CHANGES);
        }
    }

    /// The latest checkpoint at or before a time with at most so many inputs; the first one if there is none.
    fn nearest(&self, at: Time, inputs: usize) -> Option<Moment> {
        let mut before = self.checkpoints.iter().rev();
        let near = before.find(|moment| moment.at() <= at && moment.inputs <= inputs);
        near.or(self.checkpoints.first()).cloned()
    }

    /// Another line begins, which is the one before up to a version of the store.
    pub(super) const fn begin_line(&mut self, base: u64) {
        self.line += 1;
        self.base = base;
    }
}

/// Drops checkpoints while there are too many, first those whose going is felt least: where little work lies between
/// their neighbours. So the way back to any moment of the last hour stays as short as it can be.
pub(super) fn thin(checkpoints: &mut Vec<Moment>, most: usize) {
    let pairs = |all: &[Moment]| -> u64 {
        all.windows(2).filter_map(|pair| Some(own(pair.first()?, pair.last()?))).sum()
    };
    loop {
        let recent = checkpoints.last().map(|last| last.at() - RECENT).unwrap_or_default();
        let long_ago = checkpoints.partition_point(|moment| moment.at() < recent);
        let too_old = long_ago > MOST_LONG_AGO;
        let many = checkpoints.len() > most
            || (checkpoints.len() > 8 && pairs(checkpoints) > MOST_OBJECTS);
        if !too_old && !many {
            return;
        }
        let felt = |neighbours: &[Moment]| {
            let (before, after) = (neighbours.first()?, neighbours.last()?);
            let work = after.world.work.saturating_sub(before.world.work);
            Some(if after.at() < recent { work / LONG_AGO } else { work })
        };
        let some = if too_old { long_ago } else { checkpoints.len() };
        let some = checkpoints.get(..some).unwrap_or_default();
        let least = some.windows(3).enumerate().min_by_key(|(_, three)| felt(three));
        let Some((place, _)) = least else { return };
        checkpoints.remove(place + 1);
    }
}

/// Takes from the moments that the present has forgotten what led to them, but for the last changes.
fn lighten(checkpoints: &mut [Moment], changes: usize) {
    let known = checkpoints.last().and_then(|last| last.world.store.journal().first());
    let Some(known) = known else { return };
    let older = |moment: &Moment| moment.world.store.resource_version() < known;
    let forgotten = checkpoints.partition_point(older);
    let heavy = |moment: &&mut Moment| moment.world.store.journal().len() > changes;
    // What lies before one that is light was made light before.
    for moment in checkpoints.iter_mut().take(forgotten).rev().take_while(heavy) {
        moment.world = Rc::new(moment.world.with_past(changes));
    }
}

impl Cluster {
    /// Goes to a time of this session: back to its beginning at the earliest, or forward. What lies ahead then stays
    /// there, and the clock does it again at its own times.
    pub fn seek(&mut self, at: Time) {
        let at = at.max(self.config.start);
        let all = self.inputs.iter().chain(&self.history.ahead);
        let count = all.take_while(|input| input.at <= at).count();
        if at > self.now() && self.history.ahead.is_empty() && at >= self.horizon() {
            self.run_until(at);
        } else if at != self.now() || count != self.inputs.len() {
            self.stand(at, count);
        }
    }

    /// Goes back to a time of this session (its beginning at the earliest) and stands there.
    pub fn back_to(&mut self, at: Time) {
        self.seek(at.min(self.now()));
    }

    /// Stands at a time of this line, right after so many of its inputs.
    pub(super) fn stand(&mut self, at: Time, count: usize) {
        let here = self.inputs.len();
        let mut line = std::mem::take(&mut self.inputs);
        line.extend(std::mem::take(&mut self.history.ahead));
        self.stand_on(line, Some(here), at, count);
    }

    /// Stands at a time of a line whose checkpoints are at hand, right after so many of its inputs; `here` of them lie
    /// behind the present, if that is a moment of the line.
    pub(super) fn stand_on(
        &mut self,
        mut line: Vec<Input>,
        here: Option<usize>,
        at: Time,
        count: usize,
    ) {
        self.history.horizon = self.horizon();
        let Some(moment) = self.history.nearest(at, count) else { return };
        // Where the present is nearer than any checkpoint, it goes on from there.
        let near = self.now() <= at && moment.world.work <= self.world.work;
        let from = match here {
            Some(here) if near && here <= count => here,
            _ => {
                self.world = World::clone(&moment.world);
                moment.inputs
            }
        };
        self.history.ahead = line.split_off(count.min(line.len())).into();
        let again = line.split_off(from.min(line.len()));
        self.inputs = line;
        for input in again {
            self.run_world(input.at);
            self.replay_input(&input);
        }
        self.run_world(at);
    }

    /// Moves to a time without doing what lies ahead.
    fn run_world(&mut self, at: Time) {
        while self.world.next_wake().is_some_and(|next| next <= at) {
            self.step_world(u64::MAX);
        }
        self.world.now = self.world.now.max(at);
    }

    pub(super) fn step_world(&mut self, limit: u64) -> Option<Time> {
        let at = self.world.step(&self.config, limit)?;
        self.history.visit(&self.world, self.inputs.len());
        Some(at)
    }

    /// Takes back the last thing that was done: the moment right before it. It can be done again.
    pub fn undo(&mut self) -> Option<Input> {
        let last = self.inputs.last().cloned()?;
        // What is taken back one after the other can be done again one after the other.
        if self.history.undone.is_none() || !self.at_tip() {
            self.keep_undone();
            self.history.undone = Some(self.kept());
        }
        self.stand(last.at, self.inputs.len() - 1);
        self.cut();
        self.history.begin_line(self.store().resource_version());
        Some(last)
    }

    /// Does the next thing again that was taken back, or goes to the next thing that lies ahead.
    pub fn redo(&mut self) -> Option<Input> {
        let place = self.inputs.len();
        let Some(kept) = self.history.undone.take() else {
            let next = self.history.ahead.front().cloned()?;
            self.stand(next.at, place + 1);
            return Some(next);
        };
        let next = kept.branch.inputs.get(place).cloned()?;
        let base = self.store().resource_version();
        let rest = (place + 1 < kept.branch.inputs.len()).then(|| kept.clone());
        let at = if rest.is_some() { next.at } else { kept.branch.at };
        self.take_line(kept, at, if rest.is_some() { place + 1 } else { usize::MAX });
        if rest.is_some() {
            self.cut();
            self.history.undone = rest;
        }
        self.history.begin_line(base.min(self.store().resource_version()));
        Some(next)
    }

    /// Does again what lies ahead, or what was taken back, all of it, at its own times.
    pub fn redo_all(&mut self) -> usize {
        let mut count = 0;
        while self.redo().is_some() {
            count += 1;
        }
        let horizon = self.horizon();
        self.run_until(horizon);
        count
    }

    /// What lies ahead since somebody went back, or was taken back.
    pub fn future(&self) -> Vec<Input> {
        match &self.history.undone {
            Some(kept) => kept.branch.inputs.get(self.inputs.len()..).unwrap_or_default().to_vec(),
            None => self.history.ahead.iter().cloned().collect(),
        }
    }

    /// What lies ahead on this line since somebody went back: the clock does it again.
    pub const fn ahead(&self) -> &VecDeque<Input> {
        &self.history.ahead
    }

    /// How far the clock ever got on this line.
    pub fn horizon(&self) -> Time {
        self.history.horizon.max(self.world.now)
    }

    /// Whether nothing is known of what comes.
    pub fn at_tip(&self) -> bool {
        self.history.ahead.is_empty() && self.history.horizon <= self.world.now
    }

    /// The line that the cluster stands on, by number; up to which version of the store it is the one before.
    pub const fn line(&self) -> (u64, u64) {
        (self.history.line, self.history.base)
    }

    /// Forgets what lies ahead.
    pub(super) fn cut(&mut self) {
        let (now, inputs) = (self.now(), self.inputs.len());
        self.history.ahead.clear();
        self.history.horizon = now;
        self.history.checkpoints.retain(|moment| moment.at() <= now && moment.inputs <= inputs);
    }
}

#[cfg(test)]
mod tests {
    use super::super::facade::WriteOptions;
    use super::super::world::Config;
    use super::*;
    use crate::api::Kind;

    /// What is kept, at most so many, of moments that lie so many seconds and the same work apart.
    fn even_work(moments: u64, seconds: i64, most: usize) -> Vec<Moment> {
        let mut checkpoints = Vec::new();
        for number in 0..moments {
            let at = Time::from_unix_seconds(seconds * number.cast_signed());
            let world = World { work: number * SPACING, ..World::empty(at) };
            checkpoints.push(Moment { world: Rc::new(world), inputs: 0 });
            thin(&mut checkpoints, most);
            assert!(checkpoints.len() <= most);
        }
        checkpoints
    }

    /// A thousand pods and what is told of them lie as close as three do.
    #[test]
    fn the_more_objects_the_farther_checkpoints_lie_apart() {
        let all = [0, 20_000, 50_000, 100_000, 200_000, u64::MAX].map(spacing);
        assert_eq!(all[..5], [1_000, 1_000, 2_000, 4_000, 16_000]);
        assert!(all[5] > all[4]);
    }

    /// Hours of even work: the way back to a moment of the last one is short, to what lies before it is longer, and
    /// the beginning and the present are kept.
    #[test]
    fn checkpoints_lie_evenly_in_the_last_hour() {
        let checkpoints = even_work(600, 60, 64);
        let work = |moment: &Moment| moment.world.work / SPACING;
        assert_eq!((work(&checkpoints[0]), work(&checkpoints[63])), (0, 599));
        let gaps = |from: u64, to: u64| {
            let inside = checkpoints.windows(2).filter(|two| (from..to).contains(&work(&two[0])));
            inside.map(|two| work(&two[1]) - work(&two[0])).max().unwrap()
        };
        assert!(gaps(540, 600) <= 4, "{}", gaps(540, 600));
        assert!(gaps(0, 540) <= 32, "{}", gaps(0, 540));
    }

    /// Days of even work: what lies long ago is kept in fewer moments than the last hour.
    #[test]
    fn what_lies_long_ago_takes_few_checkpoints() {
        let checkpoints = even_work(9_000, 10, MOST);
        let recent = checkpoints.last().unwrap().at() - RECENT;
        let long_ago = checkpoints.iter().filter(|moment| moment.at() < recent).count();
        assert!((MOST_LONG_AGO / 2..=MOST_LONG_AGO).contains(&long_ago), "{long_ago}");
        assert_eq!(checkpoints.len() - long_ago, 361, "all of the last hour");
    }

    /// What the present has forgotten is not kept whole by the moments that it can go back to.
    #[test]
    fn moments_that_the_present_has_forgotten_know_the_last_changes_only() {
        let mut cluster = Cluster::new(Config { workers: 1, ..Config::default() });
        let mut checkpoints = Vec::new();
        for number in 0..40 {
            let name = format!("n{number}");
            let object = crate::object! { "metadata" => crate::object! { "name" => name } };
            let options = WriteOptions::default();
            cluster.create(Kind::ConfigMap, "default", object, &options).unwrap();
            let world = Rc::new(cluster.world.clone());
            checkpoints.push(Moment { world, inputs: number + 1 });
        }
        let version = |moment: &Moment| moment.world.store.resource_version();
        let known = |moment: &Moment| moment.world.store.journal().len();
        let before: Vec<usize> = checkpoints.iter().map(known).collect();
        lighten(&mut checkpoints, 3);
        assert_eq!(checkpoints.iter().map(known).collect::<Vec<_>>(), before, "all is known");
        checkpoints.push(Moment { world: Rc::new(cluster.world.with_past(10)), inputs: 40 });
        let known_from = version(&checkpoints[40]) - 9;
        lighten(&mut checkpoints, 3);
        for (moment, before) in checkpoints.iter().zip(before) {
            let whole = version(moment) >= known_from;
            assert_eq!(known(moment), if whole { before } else { 3 }, "{}", version(moment));
            let last = moment.world.store.journal().newest_first().next().unwrap();
            assert_eq!(last.id, version(moment));
            assert!(moment.world.causes.get(last.cause).is_some());
        }
    }
}
