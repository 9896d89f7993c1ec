//! The lines that were left: each is a way that the session took, or could have taken, under a name. Nothing of them is
//! lost: whoever switches to one stands where it was left, and the line that he came from is a branch in its turn.

use std::rc::Rc;

use super::facade::Cluster;
use super::history::{Moment, thin};
use super::input::Input;
use super::session::Tree;
use crate::sim::Time;
use crate::sim::order::Order as _;

/// At most so many branches are kept; when there are more, the oldest goes that nobody gave a name.
const MOST: usize = 16;
/// At most so many checkpoints of its own does a branch keep.
const MOST_CHECKPOINTS: usize = 16;
/// The longest name that is made from a command.
const LONGEST_NAME: usize = 28;

/// A line that was left.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its name.
    pub name: Rc<str>,
    /// Whether a person gave it the name.
    pub named: bool,
    /// All that was done on it, from the beginning of the session.
    pub inputs: Vec<Input>,
    /// Where one stood on it when it was left.
    pub at: Time,
    /// How far its clock got.
    pub until: Time,
}

/// A branch with the checkpoints that make going there quick.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) branch: Branch,
    pub(super) checkpoints: Vec<Moment>,
}

/// Where two lines part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parting {
    /// When.
    pub at: Time,
    /// How many inputs they share.
    pub shared: usize,
}

/// Where two lines part: the inputs of each, and how far each got.
fn parting(one: (&[Input], Time), other: (&[Input], Time)) -> Parting {
    let same = one.0.iter().zip(other.0).take_while(|(a, b)| a == b);
    let shared = same.count();
    let first = |line: (&[Input], Time)| line.0.get(shared).map_or(line.1, |input| input.at);
    Parting { at: first(one).min(first(other)), shared }
}

/// A name for a line, from the first command that was given on it: `kubectl scale rc web --replicas=5` is `scale-rc-web`.
fn name_of(inputs: &[Input]) -> String {
    let words = inputs.iter().map(|input| &*input.words).find(|words| !words.is_empty());
    let mut name = String::new();
    let mut parts = words.unwrap_or_default().split_whitespace().peekable();
    while parts.next_if(|part| matches!(*part, "kubectl" | "k" | "yard")).is_some() {}
    for part in parts.filter(|part| !part.starts_with(['-', '\'', '"', '{'])) {
        let plain: String = part
            .chars()
            .map(|letter| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '-' })
            .collect();
        let part = plain.trim_matches('-');
        if name.chars().count() + part.chars().count() >= LONGEST_NAME {
            break;
        }
        if !name.is_empty() && !part.is_empty() {
            name.push('-');
        }
        name.push_str(part);
    }
    match (name.is_empty(), inputs.is_empty()) {
        (false, _) => name,
        (true, false) => "other".to_owned(),
        (true, true) => "undisturbed".to_owned(),
    }
}

impl Cluster {
    /// The lines that were left, oldest first.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.history.branches.iter().map(|kept| &kept.branch)
    }

    /// The name of the line that the cluster stands on.
    pub const fn branch_name(&self) -> &Rc<str> {
        &self.history.name
    }

    /// Where a branch parts from the line that the cluster stands on.
    pub fn parting(&self, branch: &Branch) -> Parting {
        let line: Vec<Input> = self.inputs.iter().chain(&self.history.ahead).cloned().collect();
        parting((&line, self.horizon()), (&branch.inputs, branch.until))
    }

    /// The line as it stands, with what lies ahead.
    pub(super) fn kept(&self) -> Kept {
        Kept {
            branch: Branch {
                name: Rc::clone(&self.history.name),
                named: self.history.named,
                inputs: self.inputs.iter().chain(&self.history.ahead).cloned().collect(),
                at: self.now(),
                until: self.horizon(),
            },
            checkpoints: self.history.checkpoints.clone(),
        }
    }

    /// Keeps a line among the branches.
    pub(super) fn keep_line(&mut self, mut kept: Kept) {
        let branch = &kept.branch;
        let shared = parting((&self.inputs, self.now()), (&branch.inputs, branch.until)).shared;
        let own = kept.checkpoints.partition_point(|moment| moment.inputs <= shared);
        let mut tail = kept.checkpoints.split_off(own.min(kept.checkpoints.len()));
        thin(&mut tail, MOST_CHECKPOINTS);
        kept.checkpoints.append(&mut tail);
        self.history.branches.push(kept);
        while self.history.branches.len() > MOST {
            let plain = self.history.branches.iter().position(|kept| !kept.branch.named);
            self.history.branches.remove(plain.unwrap_or(0));
        }
    }

    /// A name that no line has.
    fn free_name(&self, wanted: &str) -> Rc<str> {
        let taken = |name: &str| {
            *self.history.name == *name || self.branches().any(|branch| *branch.name == *name)
        };
        let numbered = (2..1_000).map(|number| format!("{wanted}-{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        names.find(|name| !taken(name)).unwrap_or_else(|| wanted.to_owned()).into()
    }

    /// Something new was done: what lay ahead, or was taken back, becomes a branch. `version` is that of the store
    /// before it was done.
    pub(super) fn depart(&mut self, version: u64) {
        if self.history.replaying {
            return;
        }
        self.keep_undone();
        if !self.at_tip() {
            let new = self.inputs.pop();
            self.leave(None);
            self.inputs.extend(new);
            self.history.base = version;
        }
    }

    /// What was taken back becomes a branch.
    pub(super) fn keep_undone(&mut self) {
        if let Some(branch) = self.undone()
            && let Some(kept) = self.history.undone.take()
        {
            self.keep_line(Kept { branch, ..kept });
        }
    }

    /// The line on which what was taken back is still done, named after that.
    fn undone(&self) -> Option<Branch> {
        let branch = &self.history.undone.as_ref()?.branch;
        let shared = parting((&self.inputs, self.now()), (&branch.inputs, branch.until)).shared;
        let own = branch.inputs.get(shared..).unwrap_or_default();
        Some(Branch { name: self.free_name(&name_of(own)), named: false, ..branch.clone() })
    }

    /// What lies ahead becomes a branch; the present is the end of this line.
    fn leave(&mut self, name: Option<&str>) -> Rc<str> {
        let ahead: Vec<Input> = self.history.ahead.iter().cloned().collect();
        let mut kept = self.kept();
        let words = name.map_or_else(|| name_of(&ahead), str::to_owned);
        kept.branch.name = self.free_name(&words);
        kept.branch.named = name.is_some();
        kept.branch.at = kept.branch.until;
        let name = Rc::clone(&kept.branch.name);
        self.keep_line(kept);
        self.cut();
        self.history.begin_line(self.store().resource_version());
        name
    }

    /// Goes on from this moment as if nothing lay ahead; what does becomes a branch, whose name is given back.
    pub fn continue_here(&mut self) -> Option<Rc<str>> {
        (!self.at_tip()).then(|| self.leave(None))
    }

    /// Keeps the way that lies ahead under a name, or, where nothing does, the line as it stands. The present goes on
    /// from here. `false` if the name is taken.
    pub fn keep_branch(&mut self, name: &str) -> bool {
        let free = *self.free_name(name) == *name;
        if free {
            self.leave(Some(name));
        }
        free
    }

    /// Goes to a branch and stands where it was left; the line that was left for it is a branch from now on. `false` if
    /// there is no such branch.
    pub fn switch(&mut self, name: &str) -> bool {
        let place = self.history.branches.iter().position(|kept| *kept.branch.name == *name);
        let Some(place) = place else { return false };
        self.keep_undone();
        let line = self.kept();
        let other = self.history.branches.get_mut(place);
        let Some(other) = other.map(|slot| std::mem::replace(slot, line)) else { return false };
        let at = other.branch.at;
        self.take_line(other, at, usize::MAX);
        self.history.begin_line(0);
        true
    }

    /// Stands on another line, at a time of it or, among the inputs of one instant, right after so many. What the
    /// two lines share is as quick to reach as before.
    pub(super) fn take_line(&mut self, kept: Kept, at: Time, most: usize) {
        let Kept { branch, mut checkpoints } = kept;
        let Parting { at: parted, shared } = self.parting(&branch);
        let common = self.history.checkpoints.iter();
        let common =
            common.filter(|moment| moment.at() <= parted && moment.inputs <= shared).cloned();
        checkpoints.extend(common);
        checkpoints.order_by_key(|moment| (moment.world.work, moment.inputs, moment.at()));
        checkpoints.dedup_by(|a, b| a.world.work == b.world.work && a.at() == b.at());
        let count = branch.inputs.iter().take_while(|input| input.at <= at).count().min(most);
        self.history.checkpoints = checkpoints;
        self.history.horizon = branch.until;
        self.history.name = branch.name;
        self.history.named = branch.named;
        self.history.ahead.clear();
        // The present is none of this line: its clock does not count.
        self.world.now = self.config.start;
        self.stand_on(branch.inputs, None, at, count);
    }

    /// Gives a line another name; `false` if there is no such line, or the new name is taken.
    pub fn rename_branch(&mut self, name: &str, new: &str) -> bool {
        if *self.free_name(new) != *new {
            return false;
        }
        self.history.begin_line(self.world.store.resource_version());
        if *self.history.name == *name {
            self.history.name = new.into();
            self.history.named = true;
            return true;
        }
        let mut all = self.history.branches.iter_mut();
        let found = all.find(|kept| *kept.branch.name == *name);
        found
            .map(|kept| {
                kept.branch.name = new.into();
                kept.branch.named = true;
            })
            .is_some()
    }

    /// Forgets a branch; `false` if there is none of this name.
    pub fn forget_branch(&mut self, name: &str) -> bool {
        self.history.begin_line(self.world.store.resource_version());
        let before = self.history.branches.len();
        self.history.branches.retain(|kept| *kept.branch.name != *name);
        self.history.branches.len() < before
    }

    /// Keeps the line of another cluster, which was once this one, as a branch named after what was done on it alone.
    pub fn keep_other(&mut self, other: &Self) -> Rc<str> {
        let mut kept = other.kept();
        let shared = self.parting(&kept.branch).shared;
        let own = kept.branch.inputs.get(shared..).unwrap_or_default();
        kept.branch.name = self.free_name(&name_of(own));
        kept.branch.named = true;
        let name = Rc::clone(&kept.branch.name);
        self.keep_line(kept);
        name
    }

    /// What lies ahead on another line lies ahead on this one too.
    pub(super) fn share_ahead(&mut self, other: &Self) {
        self.history.ahead = other.history.ahead.clone();
        self.history.horizon = other.history.horizon;
    }

    /// What lies beside and ahead of the way that was taken.
    pub(super) fn tree(&self) -> Tree {
        Tree {
            name: Rc::clone(&self.history.name),
            named: self.history.named,
            ahead: self.history.ahead.iter().cloned().collect(),
            horizon: self.horizon(),
            branches: self.branches().cloned().chain(self.undone()).collect(),
        }
    }

    /// Takes over what lies beside and ahead of a way that was replayed.
    pub(super) fn adopt_tree(&mut self, tree: Tree) {
        self.history.name = tree.name;
        self.history.named = tree.named;
        self.history.ahead = tree.ahead.into();
        self.history.horizon = tree.horizon;
        let kept = tree.branches.into_iter();
        self.history.branches =
            kept.map(|branch| Kept { branch, checkpoints: Vec::new() }).collect();
    }
}

#[cfg(test)]
mod tests;
