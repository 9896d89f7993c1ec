//! How many nodes of each zone are down: counts that decide whether pods are driven out, kept up at each write.
//! Follows `nodetopology.GetZoneKey` and the counting in `monitorNodeHealth`.
//!
//! Cost: a node whose zone and readiness stay touches nothing.

use std::rc::Rc;

use imbl::OrdMap;

use crate::api::core::Node;

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

/// The zones that have nodes, but for nodes that say that they do not count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zones {
    counts: OrdMap<ZoneName, ZoneCount>,
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

    fn node(zone: &str, ready: &str, counts: bool, named: bool) -> Node {
        let label = if counts { "x" } else { "node.kubernetes.io/exclude-disruption" };
        let text = format!(
            r#"{{"metadata":{{"name":"n","labels":{{"{}":"{zone}","{label}":""}}}},
            "status":{{"conditions":[{{"type":"Ready","status":"{ready}"}}]}}}}"#,
            if named { ZONE } else { HOSTNAME },
        );
        Node::from_value(&Value::from_json(&text).unwrap())
    }

    #[test]
    fn counts_equal_their_recomputation() {
        let mut nodes: Vec<Option<Node>> = vec![None; 5];
        let mut kept = Zones::default();
        for step in 0_usize..200 {
            let next = (step % 7 != 0).then(|| {
                let zone = ["a", "b"][step / 3 % 2];
                node(zone, ["True", "False", "Unknown"][step % 3], step % 11 != 0, step % 5 < 3)
            });
            let index = step * 3 % 5;
            kept.replace(nodes[index].as_ref(), next.as_ref());
            nodes[index] = next;
            let mut anew = Zones::default();
            for node in nodes.iter().flatten() {
                anew.replace(None, Some(node));
            }
            assert_eq!(kept, anew, "step {step}");
        }
    }
}
