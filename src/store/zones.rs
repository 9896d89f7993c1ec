//! How many nodes of each zone are down: counts that decide whether pods are driven out; and whose turn it is. Kept up
//! at each write. Follows `nodetopology.GetZoneKey`, the counting in `monitorNodeHealth`, and the queue of a zone in
//! `zoneNoExecuteTainter`.
//!
//! Cost: a node whose zone, readiness and turn stay touches nothing.

use std::rc::Rc;

use crate::persistent::{OrdMap, OrdSet};

use crate::api::conditions::{self, Status};
use crate::api::core::{Effect, Node, Taint};
use crate::api::meta::NodeName;
use crate::sim::Time;

/// Region and zone; nodes without the labels form one zone.
pub type ZoneName = (Option<Rc<str>>, Option<Rc<str>>);

/// The nodes of a zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZoneCount {
    /// All of them.
    pub all: usize,
    /// Of those, not ready.
    pub down: usize,
}

/// The nodes of a zone that are down, those too that do not count: each has its pods driven out when its turn comes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Turns {
    /// Who waits, in order: since when it is down, and its name.
    waiting: OrdSet<(Time, NodeName)>,
    /// Who had its turn, and when.
    had: OrdSet<(Time, NodeName)>,
}

/// The zones that have nodes; nodes that say that they do not count are in no count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zones {
    counts: OrdMap<ZoneName, ZoneCount>,
    turns: OrdMap<ZoneName, Turns>,
    /// How many nodes name a zone, also of those that do not count.
    named: usize,
    /// How many nodes do not carry their own name as a label.
    hostless: usize,
}

const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// The zone of a node, whether it counts or not.
pub fn zone_of(node: &Node) -> ZoneName {
    let label = |key: &str| node.meta.labels.get(key).cloned();
    (label("topology.kubernetes.io/region"), label(ZONE))
}

/// Set on a node that is not ready.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Set on a node of which nothing is heard.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Whether a taint drives the pods out of a node that is down.
pub fn drives_out(taint: &Taint) -> bool {
    taint.effect == Effect::NoExecute && matches!(&*taint.key, NOT_READY | UNREACHABLE)
}

/// Where a node stands in the queue of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It waits, and since when it is down.
    Waiting(Time),
    /// It had its turn.
    Had(Time),
}

fn turn(node: &Node) -> Option<Turn> {
    let driven = node.spec.taints.iter().filter(|taint| drives_out(taint));
    if let Some(added) = driven.map(|taint| taint.added.unwrap_or_default()).max() {
        return Some(Turn::Had(added));
    }
    let ready = conditions::find(&node.status.conditions, "Ready")?;
    (ready.status != Status::True).then_some(Turn::Waiting(ready.since))
}

/// Where and how a node counts.
fn place(node: Option<&Node>) -> Option<(ZoneName, bool)> {
    let node = node
        .filter(|node| !node.meta.labels.contains_key("node.kubernetes.io/exclude-disruption"))?;
    Some((zone_of(node), !node.ready()))
}

impl Zones {
    /// Brings the counts from one version of a node to the next; answers whether that changed any.
    pub fn replace(&mut self, before: Option<&Node>, after: Option<&Node>) -> bool {
        for (node, step) in [(before, -1), (after, 1)] {
            let Some(node) = node else { continue };
            if node.meta.labels.contains_key(ZONE) {
                self.named = self.named.saturating_add_signed(step);
            }
            if !node.meta.labels.contains_key(HOSTNAME) {
                self.hostless = self.hostless.saturating_add_signed(step);
            }
        }
        self.queue(before, after);
        let (from, to) = (place(before), place(after));
        if from == to {
            return false;
        }
        if let Some((zone, down)) = from {
            let mut count = self.counts.get(&zone).copied().unwrap_or_default();
            count.all = count.all.saturating_sub(1);
            count.down = count.down.saturating_sub(usize::from(down));
            match count.all {
                0 => self.counts.remove(&zone),
                _ => self.counts.insert(zone, count),
            };
        }
        if let Some((zone, down)) = to {
            let mut count = self.counts.get(&zone).copied().unwrap_or_default();
            count.all += 1;
            count.down += usize::from(down);
            self.counts.insert(zone, count);
        }
        true
    }

    fn queue(&mut self, before: Option<&Node>, after: Option<&Node>) {
        let place = |node: &Node| turn(node).map(|turn| (zone_of(node), turn));
        let (from, to) = (before.and_then(place), after.and_then(place));
        if from == to {
            return;
        }
        if let (Some((zone, turn)), Some(node)) = (from, before) {
            let turns = self.turns.entry(zone.clone()).or_default();
            let name = Rc::clone(&node.meta.name);
            match turn {
                Turn::Waiting(since) => turns.waiting.remove(&(since, name)),
                Turn::Had(at) => turns.had.remove(&(at, name)),
            };
            if turns.waiting.is_empty() && turns.had.is_empty() {
                self.turns.remove(&zone);
            }
        }
        if let (Some((zone, turn)), Some(node)) = (to, after) {
            let turns = self.turns.entry(zone).or_default();
            let name = Rc::clone(&node.meta.name);
            match turn {
                Turn::Waiting(since) => turns.waiting.insert((since, name)),
                Turn::Had(at) => turns.had.insert((at, name)),
            };
        }
    }

    /// Who of a zone is next to have its pods driven out.
    pub fn next_turn(&self, zone: &ZoneName) -> Option<&NodeName> {
        self.turns.get(zone)?.waiting.get_min().map(|(_, name)| name)
    }

    /// When the last one of a zone had its turn, of those that are still down.
    pub fn last_turn(&self, zone: &ZoneName) -> Option<Time> {
        self.turns.get(zone)?.had.get_max().map(|(at, _)| *at)
    }

    /// Whether some node names its zone.
    pub const fn any_named(&self) -> bool {
        self.named > 0
    }

    /// Whether every node carries its own name as a label.
    pub const fn all_hosts_named(&self) -> bool {
        self.hostless == 0
    }

    /// The counts of a zone.
    pub fn of(&self, zone: &ZoneName) -> ZoneCount {
        self.counts.get(zone).copied().unwrap_or_default()
    }

    /// All zones.
    pub fn iter(&self) -> impl Iterator<Item = (&ZoneName, ZoneCount)> {
        self.counts.iter().map(|(zone, count)| (zone, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::object::Resource;
    use crate::api::value::Value;

    fn node(name: usize, zone: &str, ready: &str, counts: bool, named: bool) -> Node {
        let label = if counts { "x" } else { "node.kubernetes.io/exclude-disruption" };
        let text = format!(
            r#"{{"metadata":{{"name":"n{name}","labels":{{"{}":"{zone}","{label}":""}}}},
            "status":{{"conditions":[{{"type":"Ready","status":"{ready}"}}]}}}}"#,
            if named { ZONE } else { HOSTNAME },
        );
        Node::from_value(&Value::from_json(&text).unwrap())
    }

    fn with_taint(node: &Node, at: i64) -> Node {
        let taint = Taint {
            key: UNREACHABLE.into(),
            value: "".into(),
            effect: Effect::NoExecute,
            added: Some(Time::from_unix_seconds(at)),
        };
        Node { spec: Rc::new(node.spec.with_taints(&[taint])), ..node.clone() }
    }

    #[test]
    fn counts_equal_their_recomputation() {
        let mut nodes: Vec<Option<Node>> = vec![None; 5];
        let mut kept = Zones::default();
        for step in 0_usize..200 {
            let index = step * 3 % 5;
            let next = (step % 7 != 0).then(|| {
                let zone = ["a", "b"][step / 3 % 2];
                let ready = ["True", "False", "Unknown"][step % 3];
                let node = node(index, zone, ready, step % 11 != 0, step % 5 < 3);
                if step % 4 == 0 { with_taint(&node, i64::try_from(step).unwrap()) } else { node }
            });
            kept.replace(nodes[index].as_ref(), next.as_ref());
            nodes[index] = next;
            let mut anew = Zones::default();
            for node in nodes.iter().flatten() {
                anew.replace(None, Some(node));
            }
            assert_eq!(kept, anew, "step {step}");
        }
    }

    /// The one that is down longest is next; who had its turn waits no more, and whoever comes back leaves the queue.
    #[test]
    fn one_after_the_other_has_its_turn() {
        let down = |name, since| {
            let mut node = node(name, "a", "Unknown", true, true);
            node.status.conditions[0].since = Time::from_unix_seconds(since);
            node
        };
        let (first, second) = (down(2, 10), down(1, 20));
        let zone = zone_of(&first);
        let mut zones = Zones::default();
        zones.replace(None, Some(&second));
        zones.replace(None, Some(&first));
        let next = |zones: &Zones| zones.next_turn(&zone).map(ToString::to_string);
        assert_eq!((next(&zones).as_deref(), zones.last_turn(&zone)), (Some("n2"), None));
        let driven = with_taint(&first, 30);
        zones.replace(Some(&first), Some(&driven));
        assert_eq!(next(&zones).as_deref(), Some("n1"));
        assert_eq!(zones.last_turn(&zone), Some(Time::from_unix_seconds(30)));
        zones.replace(Some(&second), Some(&node(1, "a", "True", true, true)));
        zones.replace(Some(&driven), Some(&node(2, "a", "True", true, true)));
        assert_eq!((next(&zones), zones.last_turn(&zone)), (None, None));
    }
}
