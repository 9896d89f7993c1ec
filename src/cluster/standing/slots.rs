//! The slots of a CronJob: when it fires next, and what became of each time that its schedule names.

use std::rc::Rc;

use super::Ask;
use crate::api::batch::CronJob;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::time_zone::TimeZone;
use crate::cluster::causes::{Actor, LoopId};
use crate::cluster::chain::{self, Link, clock, named, span};
use crate::controllers::cronjob::{Clock, Decision as CronDecision, Idle};
use crate::language::Text;
use crate::sim::{Duration, Time};
use crate::store::Change;

/// So many of the last slots of a CronJob are answered for.
const SLOTS: usize = 5;
/// A Job that starts later than this after its slot is late.
const LATE: Duration = Duration::from_seconds(2);

impl Ask<'_> {
    pub(super) fn cron(&self, cron: &Rc<CronJob>) -> Vec<Link> {
        let now = self.cluster.now();
        let clock_of = Clock::of(cron);
        let next = clock_of.as_ref().and_then(|clock| clock.next(now));
        let text = match next {
            _ if cron.spec.suspend => Text::new("now.cron-suspended"),
            None => Text::new("now.cron-never").with("schedule", &cron.spec.schedule),
            Some(next) => Text::new("now.cron-next")
                .with("schedule", &cron.spec.schedule)
                .with("next", clock(next))
                .with("left", span(now, next)),
        };
        let mut first = self.link(LoopId::CronJob, text);
        first.because.extend(next.and_then(|next| in_zone(cron, next)));
        let mut links = vec![first];
        let slots = clock_of.map_or_else(Vec::new, |clock| last_slots(cron, &clock, now));
        links.extend(slots.into_iter().rev().map(|slot| self.slot(cron, slot)));
        links
    }

    /// What became of a slot, or why a time is none.
    pub(super) fn slot(&self, cron: &Rc<CronJob>, slot: Time) -> Link {
        let now = self.cluster.now();
        let link = |text: Text| {
            let mut link = self.link(LoopId::CronJob, text.with("slot", clock(slot)));
            link.at = slot;
            link.because.extend(in_zone(cron, slot));
            link
        };
        let next = Clock::of(cron).and_then(|one| one.next(slot - Duration::from_seconds(1)));
        match next {
            None => {
                return link(Text::new("slot.never").with("schedule", &cron.spec.schedule));
            }
            Some(next) if next != slot => {
                let text = Text::new("slot.none")
                    .with("schedule", &cron.spec.schedule)
                    .with("next", clock(next));
                return link(text);
            }
            Some(_) => {}
        }
        if slot > now {
            return link(Text::new("slot.to-come"));
        }
        if slot <= cron.meta.created {
            let text = Text::new("slot.before").with("created", clock(cron.meta.created));
            return link(text);
        }
        self.past_slot(cron, slot, link)
    }

    fn past_slot(&self, cron: &Rc<CronJob>, slot: Time, link: impl Fn(Text) -> Link) -> Link {
        let key = cron.meta.key();
        let mut idle = None;
        let mut passed_over = None;
        for (at, decision) in self.cluster.causes().slots(&key) {
            match decision {
                CronDecision::Fired { slot: own, job, .. } if *own == slot => {
                    let late = *at - slot > LATE;
                    let text = Text::new(if late { "slot.fired-late" } else { "slot.fired" })
                        .with("job", named(Kind::Job, job))
                        .with("at", clock(*at));
                    let place =
                        (Kind::Job, ObjectKey::new(Rc::clone(&key.namespace), Rc::clone(job)));
                    return Link { about: Some(place), ..link(text) };
                }
                CronDecision::Fired { slot: later, .. } if *later > slot => {
                    passed_over.get_or_insert(*later);
                }
                CronDecision::NotFired { slot: Some(own), because, .. } if *own == slot => {
                    idle = Some((*at, because));
                }
                _ => {}
            }
        }
        let deadline = cron
            .spec
            .starting_deadline_seconds
            .map(|seconds| (seconds, slot + Duration::from_seconds(seconds)));
        let over = deadline.filter(|(_, end)| *end < self.cluster.now());
        match idle {
            Some((_, Idle::StillRunning { job })) => {
                let key = match (passed_over, over) {
                    (_, Some(_)) => "slot.forbid-deadline",
                    (Some(_), _) => "slot.forbid-passed",
                    _ => "slot.forbid",
                };
                let place =
                    (Kind::Job, ObjectKey::new(Rc::clone(&cron.meta.namespace), Rc::clone(job)));
                let text = Text::new(key)
                    .with("job", named(Kind::Job, job))
                    .with("later", passed_over.map(clock).unwrap_or_default())
                    .with("seconds", over.map_or(0, |(seconds, _)| seconds));
                return Link { about: Some(place), ..link(text) };
            }
            Some((_, Idle::Refused { message })) => {
                return link(Text::new("slot.refused").with("message", message));
            }
            Some((_, Idle::BeingDeleted)) => return link(Text::new("slot.deleting")),
            _ => {}
        }
        if let Some(link) = self.slot_of_version(cron, slot, &link) {
            return link;
        }
        match (over, passed_over) {
            (Some((seconds, _)), _) => link(Text::new("slot.deadline").with("seconds", seconds)),
            (None, Some(later)) => link(Text::new("slot.passed-over").with("later", clock(later))),
            (None, None) => link(Text::new("slot.no-record")),
        }
    }

    /// A slot at which the CronJob was another than it is now: suspended, or of another schedule.
    fn slot_of_version(
        &self,
        cron: &Rc<CronJob>,
        slot: Time,
        link: &impl Fn(Text) -> Link,
    ) -> Option<Link> {
        let changes = chain::history(self.cluster, self.object);
        let step = changes.iter().rfind(|step| step.at <= slot)?;
        let AnyObject::CronJob(then) = &step.object else { return None };
        if then.spec.suspend {
            let mut link = link(Text::new("slot.suspended"));
            let suspends = |step: &&Rc<Change>| {
                matches!((&step.before, &step.object),
                    (Some(AnyObject::CronJob(before)), AnyObject::CronJob(after)) if !before.spec.suspend && after.spec.suspend)
            };
            let by = changes.iter().filter(|step| step.at <= slot).rfind(suspends);
            link.because.extend(by.and_then(|step| self.words_of(step)));
            return Some(link);
        }
        let same =
            then.spec.schedule == cron.spec.schedule && then.spec.time_zone == cron.spec.time_zone;
        (!same)
            .then(|| link(Text::new("slot.other-schedule").with("schedule", &then.spec.schedule)))
    }

    /// What a person typed that made a change.
    fn words_of(&self, change: &Change) -> Option<Text> {
        let cause = self.cluster.causes().get(change.cause)?;
        let Actor::Input(index) = cause.by else { return None };
        let input = self.cluster.inputs().get(index).filter(|input| !input.words.is_empty())?;
        Some(Text::new("chain.words").with("words", &input.words))
    }
}

/// A slot on the clock of the CronJob's own time zone, if it has one.
fn in_zone(cron: &CronJob, slot: Time) -> Option<Text> {
    let name = cron.spec.time_zone.as_ref()?;
    let zone = TimeZone::find(name)?;
    let local = zone.rfc3339(slot);
    let local = local.split_once('T').map_or("", |(_, time)| time);
    let local = local.get(..5).unwrap_or(local);
    Some(Text::new("slot.zone").with("zone", name).with("local", local))
}

/// The last slots until now, oldest first.
fn last_slots(cron: &CronJob, clock: &Clock, now: Time) -> Vec<Time> {
    let created = cron.meta.created;
    let period = clock.next(now).and_then(|next| Some(clock.next(next)? - next));
    let Some(period) = period else { return Vec::new() };
    let back = Duration::from_millis(
        period.millis().saturating_mul(i64::try_from(SLOTS).unwrap_or(8) + 1),
    );
    let mut at = (now - back).max(created);
    let mut slots = Vec::new();
    while let Some(next) = clock.next(at).filter(|next| *next <= now) {
        slots.push(next);
        at = next;
        if slots.len() > 400 {
            slots.drain(..200);
        }
    }
    let surplus = slots.len().saturating_sub(SLOTS);
    slots.split_off(surplus)
}
