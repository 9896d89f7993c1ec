//! The control loops: one card per workload, with its numbers, its pods and its last decisions in a sentence each.

mod steps;
mod strip;

use std::collections::BTreeMap;
use std::rc::Rc;

pub use self::steps::Steps;
pub use self::strip::{Cell, SetBar, Strip};

use super::commands::{self, Command};
use super::cron_words;
use super::family::selector_text;
use super::palette::Palette;
use super::yard::{Look, YardView, is_system};
use crate::api::conditions;
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::cluster::{AnyDecision, Cluster, LoopId, LoopKey, sentence};
use crate::controllers::cronjob::Decision as CronDecision;
use crate::language::Language;
use crate::reconcile::Key;
use crate::sim::Time;
use crate::sim::order::{Gather as _, Order as _};

/// Where upstream decides what a loop of this kind does: the function and its file.
pub const fn source(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Deployment => {
            ("syncDeployment", "pkg/controller/deployment/deployment_controller.go")
        }
        Kind::DaemonSet => ("syncDaemonSet", "pkg/controller/daemon/daemon_controller.go"),
        Kind::CronJob => ("syncCronJob", "pkg/controller/cronjob/cronjob_controllerv2.go"),
        Kind::Job => ("syncJob", "pkg/controller/job/job_controller.go"),
        _ => ("manageReplicas", "pkg/controller/replicaset/replica_set.go"),
    }
}

/// The kinds that have cards, in the order of the cards.
const KINDS: [(Kind, LoopId); 6] = [
    (Kind::Deployment, LoopId::Deployment),
    (Kind::ReplicaSet, LoopId::ReplicaSet),
    (Kind::ReplicationController, LoopId::ReplicationController),
    (Kind::DaemonSet, LoopId::DaemonSet),
    (Kind::CronJob, LoopId::CronJob),
    (Kind::Job, LoopId::Job),
];
/// How many pips a card shows at most.
const PIPS: usize = 24;
/// How many cards there are at most.
const MOST: usize = 60;

/// A card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The workload's uid.
    pub uid: Uid,
    /// The kind.
    pub kind: Kind,
    /// The key.
    pub key: ObjectKey,
    /// The workload above it: a Deployment, a CronJob.
    pub above: Option<Rc<str>>,
    /// The angle of its family on the colour wheel.
    pub degrees: u16,
    /// Its own uid as text.
    pub id: Rc<str>,
    /// That of the top of its family.
    pub tag: Rc<str>,
    /// What is wanted.
    pub desired: Rc<str>,
    /// What is there.
    pub actual: i64,
    /// What is ready, or done.
    pub ready: i64,
    /// When it fires next.
    pub next: Option<Time>,
    /// The looks of its pods, [`PIPS`] at most.
    pub pips: Rc<[Look]>,
    /// How many pods have no pip.
    pub more: usize,
    /// The schedule in words.
    pub words: Rc<str>,
    /// The time zone of the schedule; nothing for UTC.
    pub zone: Rc<str>,
    /// What it sees, how that compares with what is wanted, and what it does.
    pub steps: Steps,
    /// Its completions, its nodes, or its ReplicaSets.
    pub strip: Strip,
    /// The revision of a Deployment's template.
    pub revision: Option<i64>,
    /// The last decision.
    pub decision: Rc<str>,
    /// When it was made, for the light.
    pub decided_millis: i64,
    /// The different decisions before it, newest first: time of day and sentence.
    pub recent: Rc<[(Rc<str>, Rc<str>)]>,
    /// Its selector in kubectl's words.
    pub selector: Rc<str>,
    /// Whether it has ended.
    pub over: bool,
    /// Whether it ended badly, or cannot do what it wants.
    pub bad: bool,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// What can be done to it.
    pub actions: Rc<[Command]>,
}

impl Card {
    /// Whether the numbers of the two are the same.
    fn counts_like(&self, other: &Self) -> bool {
        (self.uid, &self.desired, self.actual, self.ready, self.over, self.deleting, self.suspended)
            == (
                other.uid,
                &other.desired,
                other.actual,
                other.ready,
                other.over,
                other.deleting,
                other.suspended,
            )
    }
}

/// All cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoopsView {
    /// The version of the store this was made from.
    pub version: u64,
    /// Whether the loops had decided all that was due then: a decision that writes nothing changes no version.
    pub settled: bool,
    /// The language of the sentences.
    pub language: Language,
    /// The cards: each workload before those that belong to it.
    pub cards: Rc<[Rc<Card>]>,
    /// Workloads that have no card because there are too many.
    pub hidden: usize,
}

impl LoopsView {
    /// The cards now, outside the system's namespaces; `yard` is the yard of the same moment. What is as it was keeps
    /// its place in memory.
    pub fn build(
        cluster: &Cluster,
        yard: &YardView,
        before: &Rc<Self>,
        palette: &mut Palette,
        language: Language,
    ) -> Rc<Self> {
        let version = cluster.store().resource_version();
        if before.settled && before.version == version && before.language == language {
            return Rc::clone(before);
        }
        let families = families(yard);
        let old: BTreeMap<Uid, &Rc<Card>> =
            before.cards.iter().map(|card| (card.uid, card)).gather();
        let shown = |object: &AnyObject| !is_system(&object.meta().namespace) && !is_record(object);
        let all = KINDS.into_iter().flat_map(|(kind, loop_id)| {
            cluster.store().list(kind, None).into_iter().map(move |object| (loop_id, object))
        });
        let all: Vec<_> = all.filter(|(_, object)| shown(object)).collect();
        let hidden = all.len().saturating_sub(MOST);
        let cards = all.into_iter().take(MOST).map(|(loop_id, object)| {
            let pods = families.get(&object.uid()).map(pips).unwrap_or_default();
            let new = card(cluster, &object, loop_id, pods, palette, language);
            match old.get(&new.uid) {
                Some(same) if ***same == new => Rc::clone(same),
                _ => Rc::new(new),
            }
        });
        let cards = in_order(cards.collect());
        Rc::new(Self { version, settled: cluster.settled(), language, cards: cards.into(), hidden })
    }

    /// Whether all numbers are the same.
    pub fn counts_like(&self, other: &Self) -> bool {
        self.cards.len() == other.cards.len()
            && self
                .cards
                .iter()
                .zip(other.cards.iter())
                .all(|(a, b)| Rc::ptr_eq(a, b) || a.counts_like(b))
    }
}

/// Whether a workload is only a record: an old ReplicaSet of a Deployment, without pods.
fn is_record(object: &AnyObject) -> bool {
    match object {
        AnyObject::ReplicaSet(set) => {
            set.spec.replicas == 0 && set.status.replicas == 0 && set.meta.controller().is_some()
        }
        _ => false,
    }
}

/// How many pods of a workload have which look.
type Looks = BTreeMap<Look, usize>;

/// The looks of the pods of each workload at the top.
fn families(yard: &YardView) -> BTreeMap<Uid, Looks> {
    let mut families: BTreeMap<Uid, Looks> = BTreeMap::new();
    for (_, tile) in yard.tiles() {
        if let Some(owner) = &tile.owner {
            *families.entry(owner.uid).or_default().entry(tile.look).or_default() += 1;
        }
    }
    families
}

/// The pips of so many pods, and how many pods have none. Each look that occurs is seen: one pod in trouble among
/// hundreds is what one looks for.
fn pips(looks: &Looks) -> (Rc<[Look]>, usize) {
    let all: usize = looks.values().sum();
    let more = all.saturating_sub(PIPS);
    let share = |count: usize| if more > 0 { (count * PIPS / all).max(1) } else { count };
    let mut shares: Vec<(Look, usize)> =
        looks.iter().map(|(look, count)| (*look, share(*count))).collect();
    let given: usize = shares.iter().map(|(_, share)| share).sum();
    if let Some((_, most)) = shares.iter_mut().max_by_key(|(_, share)| *share) {
        *most = (*most + all.min(PIPS)).saturating_sub(given);
    }
    let pips = shares.into_iter().flat_map(|(look, share)| std::iter::repeat_n(look, share));
    (pips.collect(), more)
}

/// Each workload before those that belong to it, of which the newest come first.
fn in_order(cards: Vec<Rc<Card>>) -> Vec<Rc<Card>> {
    let (tops, mut rest): (Vec<_>, Vec<_>) =
        cards.into_iter().partition(|card| card.above.is_none());
    let mut ordered = Vec::new();
    for top in tops {
        let (mut own, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|card| {
            card.above.as_deref() == Some(&*top.key.name) && card.key.namespace == top.key.namespace
        });
        ordered.push(top);
        own.reverse();
        // The names of ReplicaSets say nothing about their age.
        own.order_by_key(|card| std::cmp::Reverse(card.revision));
        ordered.extend(own);
        rest = others;
    }
    ordered.extend(rest);
    ordered
}

fn card(
    cluster: &Cluster,
    object: &AnyObject,
    loop_id: LoopId,
    (pips, more): (Rc<[Look]>, usize),
    palette: &mut Palette,
    language: Language,
) -> Card {
    let (kind, meta) = (object.kind(), object.meta());
    let key = meta.key();
    let at = LoopKey { loop_id, key: Key::new(key.clone()) };
    let decided = cluster.causes().last(&at);
    let decision = decided.map(|(_, decision)| sentence(decision, language));
    let family = palette.owner(cluster, meta);
    let recent = cluster
        .causes()
        .recent(&at)
        .skip(1)
        .map(|(at, decision)| (time_of_day(at), Rc::from(sentence(decision, language))));
    let mut card = Card {
        uid: meta.uid,
        kind,
        key,
        degrees: palette.degrees(family.as_ref().map_or(meta.uid, |owner| owner.uid)),
        id: meta.uid.to_string().into(),
        tag: palette.tag(family.as_ref().map_or(meta.uid, |owner| owner.uid)),
        above: family.map(|owner| owner.name),
        desired: "".into(),
        actual: 0,
        ready: 0,
        next: None,
        pips,
        more,
        words: "".into(),
        zone: "".into(),
        steps: steps::of(object, decided.map(|(_, decision)| decision), language),
        strip: strip::of(cluster, object),
        revision: strip::revision(object),
        recent: recent.collect(),
        selector: selector_text(object).into(),
        decision: decision.unwrap_or_default().into(),
        decided_millis: decided.map_or(0, |(at, _)| at.unix_millis()),
        over: false,
        bad: false,
        deleting: meta.deleting(),
        suspended: false,
        actions: commands::of(cluster, object).into(),
    };
    fill(&mut card, object, decided.map(|(_, decision)| decision));
    if let AnyObject::CronJob(one) = object {
        card.words = cron_words::words(&one.spec.schedule, language).unwrap_or_default().into();
        let zone = cron_words::own_zone(&one.spec.schedule).or(one.spec.time_zone.as_deref());
        card.zone = zone.unwrap_or_default().into();
    }
    card
}

/// `10:15:00`
fn time_of_day(at: Time) -> Rc<str> {
    let text = at.rfc3339();
    text.split_once('T').map_or(text.as_str(), |(_, time)| time.trim_end_matches('Z')).into()
}

fn fill(card: &mut Card, object: &AnyObject, decided: Option<&AnyDecision>) {
    let mut replicas = |wanted: i64, there: i64, ready: i64, conditions: &[_]| {
        card.desired = wanted.to_string().into();
        (card.actual, card.ready) = (there, ready);
        card.bad = conditions::holds(conditions, "ReplicaFailure");
    };
    match object {
        AnyObject::Deployment(one) => {
            let status = &one.status;
            replicas(one.spec.replicas, status.replicas, status.available, &status.conditions);
        }
        AnyObject::ReplicaSet(one) => {
            let status = &one.status;
            replicas(one.spec.replicas, status.replicas, status.ready, &status.conditions);
        }
        AnyObject::ReplicationController(one) => {
            let status = &one.status;
            replicas(one.spec.replicas, status.replicas, status.ready, &status.conditions);
        }
        AnyObject::DaemonSet(one) => {
            card.desired = one.status.desired.to_string().into();
            (card.actual, card.ready) = (one.status.current, one.status.ready);
        }
        AnyObject::Job(one) => {
            let goal = one.spec.completions.map_or_else(|| "1".into(), |goal| goal.to_string());
            card.desired = goal.into();
            (card.actual, card.ready) = (one.status.active, one.status.succeeded);
            card.bad = conditions::holds(&one.status.conditions, "Failed");
            card.over = card.bad || conditions::holds(&one.status.conditions, "Complete");
            card.suspended = one.spec.suspend;
        }
        AnyObject::CronJob(one) => {
            card.desired = Rc::clone(&one.spec.schedule);
            card.actual = i64::try_from(one.status.active.len()).unwrap_or(0);
            card.ready = card.actual;
            card.suspended = one.spec.suspend;
            card.next = decided.and_then(next_fire).filter(|_| !one.spec.suspend);
        }
        AnyObject::Pod(_) | AnyObject::Node(_) | AnyObject::Event(_) | AnyObject::Plain(_) => {}
    }
}

const fn next_fire(decided: &AnyDecision) -> Option<Time> {
    match decided {
        AnyDecision::CronJob(
            CronDecision::Fired { next, .. } | CronDecision::NotFired { next, .. },
        ) => *next,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Config, WriteOptions};
    use crate::manifest;
    use crate::sim::Duration;

    #[test]
    fn a_decision_that_writes_nothing_is_shown() {
        let mut cluster = Cluster::new(Config::default());
        let mut palette = Palette::default();
        let text = include_str!("../../assets/examples/cronjob.yaml");
        let document = manifest::load("cronjob.yaml", text.as_bytes()).swap_remove(0);
        let (kind, options) = (document.kind.unwrap(), WriteOptions::default());
        cluster
            .patiently(|cluster| cluster.create(kind, "default", document.value, &options))
            .unwrap();
        let mut look = |cluster: &Cluster, before: &Rc<LoopsView>| {
            let yard = YardView::build(cluster, &Rc::default(), &mut palette, false);
            LoopsView::build(cluster, &yard, before, &mut palette, Language::En)
        };
        let first = look(&cluster, &Rc::default());
        assert_eq!(first.cards[0].next, None);
        let version = cluster.store().resource_version();
        cluster.settle();
        assert_eq!(cluster.store().resource_version(), version);
        let then = look(&cluster, &first);
        assert!(then.cards[0].next.is_some());
        assert!(Rc::ptr_eq(&then, &look(&cluster, &then)));
    }

    #[test]
    fn pips_leave_out_pods_and_no_look() {
        let few = Looks::from([(Look::Running, 2), (Look::Failed, 1)]);
        assert_eq!(pips(&few), ([Look::Running, Look::Running, Look::Failed].into(), 0));
        let many = Looks::from([(Look::Running, 290), (Look::Completed, 9), (Look::Failed, 1)]);
        let (shown, more) = pips(&many);
        let count = |look| shown.iter().filter(|one| **one == look).count();
        assert_eq!((shown.len(), more), (PIPS, 276));
        assert_eq!((count(Look::Completed), count(Look::Failed)), (1, 1));
        assert_eq!(pips(&Looks::new()), ([].into(), 0));
    }

    #[test]
    fn a_card_follows_its_job_and_keeps_its_place_when_nothing_changed() {
        let mut cluster = Cluster::new(Config::default());
        let mut palette = Palette::default();
        let text = include_str!("../../assets/examples/job.yaml");
        for document in manifest::load("job.yaml", text.as_bytes()) {
            let (kind, options) = (document.kind.unwrap(), WriteOptions::default());
            cluster.create(kind, "default", document.value, &options).unwrap();
        }
        let mut view = Rc::<LoopsView>::default();
        let mut seen = Vec::new();
        for _ in 0..40 {
            let yard = YardView::build(&cluster, &Rc::default(), &mut palette, false);
            view = LoopsView::build(&cluster, &yard, &view, &mut palette, Language::En);
            let card = &view.cards[0];
            let state = (card.actual, card.ready, card.over, card.pips.to_vec());
            if seen.last() != Some(&state) {
                seen.push(state);
            }
            let at = cluster.now() + Duration::from_seconds(1);
            cluster.run_until(at);
        }
        assert_eq!(seen.first(), Some(&(1, 0, false, vec![Look::Creating])));
        assert_eq!(seen.last(), Some(&(0, 1, true, vec![Look::Completed])));
        let yard = YardView::build(&cluster, &Rc::default(), &mut palette, false);
        let again = LoopsView::build(&cluster, &yard, &view, &mut palette, Language::En);
        assert!(again.counts_like(&view) && Rc::ptr_eq(&again.cards[0], &view.cards[0]));
    }
}
