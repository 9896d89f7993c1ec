//! Colours of owners: every workload gets the next free hue when it first shows and keeps it while it lives.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::{ObjectMeta, Uid};
use crate::cluster::Cluster;

/// How many hues there are: so many workloads never share one.
pub const HUES: u16 = 12;

/// The workload a pod belongs to in the end: its Deployment, not the ReplicaSet between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its uid.
    pub uid: Uid,
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: Rc<str>,
}

/// Which workload has which hue, and who stood at the top of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    hues: BTreeMap<Uid, u16>,
    /// The top of each owner that was looked up, for pods that outlive the Job between.
    tops: BTreeMap<Uid, Owner>,
    /// The uids of workloads as text, shared by all their tiles.
    tags: BTreeMap<Uid, Rc<str>>,
}

/// More of them are not remembered once their objects are gone.
const MOST_TOPS: usize = 2_000;

impl Palette {
    /// The hue of a workload, below [`HUES`]; one that is new gets the hue that the fewest have.
    pub fn hue(&mut self, uid: Uid) -> u16 {
        if let Some(hue) = self.hues.get(&uid) {
            return *hue;
        }
        let users = |hue: u16| self.hues.values().filter(|used| **used == hue).count();
        let hue = (0..HUES).min_by_key(|hue| users(*hue)).unwrap_or(0);
        self.hues.insert(uid, hue);
        hue
    }

    /// The angle on the colour wheel of a workload: neighbours in order of appearance lie far apart.
    pub fn degrees(&mut self, uid: Uid) -> u16 {
        (220 + self.hue(uid) * 150) % 360
    }

    /// A uid as text: the same text for all tiles of a family.
    pub fn tag(&mut self, uid: Uid) -> Rc<str> {
        Rc::clone(self.tags.entry(uid).or_insert_with(|| uid.to_string().into()))
    }

    /// Forgets the workloads that are gone; their hues are free again.
    pub fn tidy(&mut self, cluster: &Cluster) {
        if self.hues.len() > usize::from(HUES) {
            let living: Vec<Uid> = self.tops.values().map(|owner| owner.uid).collect();
            self.hues
                .retain(|uid, _| cluster.store().by_uid(*uid).is_some() || living.contains(uid));
        }
        if self.tags.len() > MOST_TOPS {
            self.tags.retain(|uid, _| cluster.store().by_uid(*uid).is_some());
        }
        if self.tops.len() > MOST_TOPS {
            self.tops.retain(|uid, _| cluster.store().by_uid(*uid).is_some());
        }
    }

    /// The workload that something belongs to in the end, followed upwards while owners are there.
    pub fn owner(&mut self, cluster: &Cluster, meta: &ObjectMeta) -> Option<Owner> {
        let reference = meta.controller()?;
        let direct = reference.uid;
        let mut top = Owner {
            uid: direct,
            kind: Kind::from_manifest(&reference.kind, &reference.api_version)?,
            name: Rc::clone(&reference.name),
        };
        loop {
            let Some(object) = cluster.store().by_uid(top.uid) else {
                // It is gone: whoever stood above it when it was last seen still does.
                return Some(self.tops.get(&direct).cloned().unwrap_or(top));
            };
            let Some(above) = object.meta().controller().filter(|above| above.uid != top.uid)
            else {
                break;
            };
            let Some(kind) = Kind::from_manifest(&above.kind, &above.api_version) else { break };
            top = Owner { uid: above.uid, kind, name: Rc::clone(&above.name) };
        }
        if top.uid != direct {
            self.tops.insert(direct, top.clone());
        }
        Some(top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_workloads_have_twelve_hues_and_keep_them() {
        let mut palette = Palette::default();
        let mut all: Vec<u16> = (0..12).map(|uid| palette.degrees(Uid(uid * 12))).collect();
        assert_eq!(palette.hue(Uid(99)), 0);
        assert_eq!(palette.hue(Uid(36)), 3);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 12);
        assert!(all.windows(2).all(|pair| pair[1] - pair[0] == 30));
    }
}
