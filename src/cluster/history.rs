//! Going back: checkpoints that share structure, spaced by work, and replay of the inputs from the nearest one.

use std::rc::Rc;

use super::facade::Cluster;
use super::input::Input;
use super::world::World;
use crate::sim::Time;

/// A moment of a cluster: everything it consists of, and how many inputs lie behind it.
#[derive(Clone, Debug)]
pub struct Moment {
    pub(super) world: Rc<World>,
    pub(super) inputs: usize,
}

impl Moment {
    /// When it is.
    pub fn at(&self) -> Time {
        self.world.now
    }
}

/// How much work (reconciles) lies between checkpoints at least. Replaying that much takes a few milliseconds.
const SPACING: u64 = 2_000;
/// At most so many checkpoints are kept; when there are more, every second one of the older half goes.
const MOST: usize = 256;
/// Nor more than keep so many objects of their own: between two checkpoints of a cluster that starts, all its objects
/// change.
const MOST_OBJECTS: usize = 1_000_000;

/// How far apart checkpoints lie, and how many are kept: in large clusters fewer, or their memory would grow with the
/// square of the size.
fn density(world: &World) -> (u64, usize) {
    let objects = world.store.pods().len() + world.store.events().len();
    let spacing = SPACING.max(u64::try_from(objects).unwrap_or(u64::MAX) / 4);
    (spacing, (MOST_OBJECTS / objects.max(1)).clamp(8, MOST))
}

/// The checkpoints of a cluster and the future that was left when somebody went back.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    checkpoints: Vec<Moment>,
    /// The inputs that lay ahead when somebody last went back.
    pub(super) future: Vec<Input>,
}

impl History {
    /// A history that begins with `world`, before any input.
    pub(super) fn from(world: &World) -> Self {
        Self {
            checkpoints: vec![Moment { world: Rc::new(world.clone()), inputs: 0 }],
            future: Vec::new(),
        }
    }

    /// Keeps a checkpoint if enough work was done since the last one.
    pub(super) fn visit(&mut self, world: &World, inputs: usize) {
        let (spacing, most) = density(world);
        let due =
            self.checkpoints.last().is_none_or(|last| world.work >= last.world.work + spacing);
        if due {
            self.checkpoints.push(Moment { world: Rc::new(world.clone()), inputs });
        }
        while self.checkpoints.len() > most {
            let half = self.checkpoints.len() / 2;
            let mut index = 0;
            self.checkpoints.retain(|_| {
                index += 1;
                index > half || index % 2 == 1
            });
        }
    }

    /// The latest checkpoint at or before a time; the first one if the time lies before it.
    pub(super) fn nearest(&self, at: Time) -> Option<Moment> {
        let after = self.checkpoints.partition_point(|moment| moment.at() <= at);
        self.checkpoints.get(after.saturating_sub(1)).cloned()
    }

    /// Forgets the checkpoints after a moment.
    pub(super) fn cut(&mut self, at: Time, inputs: usize) {
        self.checkpoints.retain(|moment| moment.at() <= at && moment.inputs <= inputs);
    }
}

impl Cluster {
    /// This very moment, to come back to.
    pub fn snapshot(&self) -> Moment {
        Moment { world: Rc::new(self.world.clone()), inputs: self.inputs.len() }
    }

    /// Comes back to a moment of this session; what was done since lies ahead and can be redone.
    pub fn restore(&mut self, moment: &Moment) {
        self.leave_future(moment.inputs);
        self.world = World::clone(&moment.world);
        self.history.cut(moment.at(), moment.inputs);
    }

    /// Goes back to a time of this session (its beginning at the earliest) and stands there. What was done later
    /// lies ahead and can be redone; doing something else forgets it.
    pub fn back_to(&mut self, at: Time) {
        let at = at.max(self.config.start);
        let Some(moment) = self.history.nearest(at) else { return };
        let inputs = self.inputs.partition_point(|input| input.at <= at);
        let behind: Vec<Input> = self.inputs.get(..inputs).unwrap_or_default().to_vec();
        self.leave_future(inputs);
        self.history.cut(at, inputs);
        self.world = World::clone(&moment.world);
        self.inputs.truncate(moment.inputs.min(inputs));
        let replayed: Vec<Input> =
            behind.get(moment.inputs.min(inputs)..).unwrap_or_default().to_vec();
        for input in replayed {
            self.run_until(input.at);
            self.replay_input(&input);
        }
        self.run_until(at);
    }

    /// Takes back the last thing that was done: the moment right before it.
    pub fn undo(&mut self) -> Option<Input> {
        let last = self.inputs.last().cloned()?;
        let count = self.inputs.len() - 1;
        let future = std::mem::take(&mut self.history.future);
        // Several inputs may lie at one instant: replay all but the last.
        let kept: Vec<Input> = self.inputs.get(..count).unwrap_or_default().to_vec();
        let moment = self.history.before(last.at, count)?;
        self.history.cut(moment.at(), moment.inputs);
        self.world = World::clone(&moment.world);
        self.inputs.truncate(moment.inputs);
        for input in kept.get(moment.inputs..).unwrap_or_default() {
            self.run_until(input.at);
            self.replay_input(input);
        }
        self.run_until(last.at);
        self.history.future = std::iter::once(last.clone()).chain(future).collect();
        Some(last)
    }

    /// Does again what lay ahead, all of it, at its own times.
    pub fn redo_all(&mut self) -> usize {
        let future = std::mem::take(&mut self.history.future);
        for input in &future {
            self.run_until(input.at);
            self.replay_input(input);
        }
        future.len()
    }

    /// What lies ahead since somebody went back.
    pub fn future(&self) -> &[Input] {
        &self.history.future
    }

    fn leave_future(&mut self, inputs: usize) {
        if inputs < self.inputs.len() {
            let ahead = self.inputs.split_off(inputs);
            self.history.future.splice(..0, ahead);
        }
    }
}

impl History {
    /// The latest checkpoint with at most `inputs` inputs, not after `at`.
    fn before(&self, at: Time, inputs: usize) -> Option<Moment> {
        self.checkpoints
            .iter()
            .rev()
            .find(|moment| moment.at() <= at && moment.inputs <= inputs)
            .cloned()
    }
}
