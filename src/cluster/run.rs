//! The only loop: pop the earliest wake-up, reconcile, execute the plan, tell the loops that the changes concern.

use std::cell::Cell;
use std::rc::Rc;

use super::causes::{
    Actor, AllMemories, AnyDecision, Cause, LoopId, LoopKey, Of, Remembers, Trigger, with_loop,
};
use super::world::{Config, World};
use crate::api::ApiError;
use crate::api::core::{Event, EventSource};
use crate::api::kind::Kind;
use crate::api::meta::{NodeName, ObjectKey};
use crate::api::object::AnyObject;
use crate::api::words::{joined, word};
use crate::apiserver::{Api, Written};
use crate::kubelet;
use crate::reconcile::{
    Controller, DeleteOptions, Failure, Key, Memories, Note, Observed, Plan, Wake, Write,
};
use crate::sim::{Duration, Time};
use crate::store::{CauseId, Change, Operation, Store};

/// A loop that comes back to the same key this often at one instant is made to wait: what it makes is refused or taken
/// away at once, and a real one would go on as fast as its client lets it. Follows the burst of
/// `kube-controller-manager`.
const MOST_ROUNDS: usize = 30;
/// So long.
const CALM: Duration = Duration::from_seconds(1);
/// The wait of a kubelet that was refused.
const KUBELET_BACK_OFF: (Duration, Duration) =
    (Duration::from_millis(5), Duration::from_seconds(1000));

impl World {
    /// Moves to the next wake-up and does what is due then, up to a limit of all work; `None` if nothing is.
    pub(super) fn step(&mut self, config: &Config, limit: u64) -> Option<Time> {
        let at = self.next_wake()?;
        self.now = self.now.max(at);
        self.settle_within(config, limit);
        Some(self.now)
    }

    /// Does all that is due now, until nothing more follows from it at this instant.
    pub(super) fn settle(&mut self, config: &Config) {
        self.settle_within(config, u64::MAX);
    }

    /// The same up to a limit of all work ever done. What is left is due now and comes first the next time.
    fn settle_within(&mut self, config: &Config, limit: u64) {
        let mut changes = Vec::new();
        loop {
            while let Some((_, due)) = self.timers.pop_due(self.now) {
                self.queue.add(due, None);
            }
            if self.work >= limit && !self.queue.is_empty() {
                return;
            }
            let Some((key, why)) = self.queue.pop() else { break };
            if self.too_often(&key) {
                if let Some(why) = why {
                    self.queue.expect(&key, why);
                }
                self.timers.wake_at(key, self.now + CALM);
                continue;
            }
            self.work += 1;
            let trigger = why.unwrap_or(Trigger::Clock);
            with_loop!(key.loop_id, C => self.reconcile::<C>(&key, trigger, config, &mut changes), kubelet => {
                self.sync_kubelet(&key, trigger, config, &mut changes);
            });
            self.tell(&changes);
            for change in changes.drain(..) {
                if change.operation == Operation::Deleted && change.object.kind() != Kind::Event {
                    self.deleted.push(change);
                }
            }
        }
        self.turns.clear();
        self.rounds.clear();
        for change in std::mem::take(&mut self.deleted) {
            self.forget(&change);
        }
    }

    /// Whether a key comes back too often at this instant. Most instants are over before anything can.
    fn too_often(&mut self, key: &LoopKey) -> bool {
        if self.rounds.is_empty() {
            if self.turns.len() < MOST_ROUNDS {
                self.turns.push(key.clone());
                return false;
            }
            for earlier in std::mem::take(&mut self.turns) {
                *self.rounds.entry(earlier).or_default() += 1;
            }
        }
        let round = self.rounds.entry(key.clone()).or_default();
        *round += 1;
        *round > MOST_ROUNDS
    }

    /// Drops what loops remember of an object that is gone, unless one of the same name is there.
    fn forget(&mut self, change: &Change) {
        self.causes.forget_pod(change.object.uid());
        let key = Key::of(change.object.meta());
        if !self.store.has_named(&key.object) {
            self.memories.forget(&key);
            self.causes.forget(&key);
        }
    }

    /// Wakes every loop that a change concerns.
    pub(super) fn tell(&mut self, changes: &[Rc<Change>]) {
        let Self { now, store, memories, timers, queue, .. } = self;
        for change in changes {
            let asked = Cell::new(LoopId::Kubelet);
            let mut wake = |key: Key, wait: Duration| {
                let key = LoopKey { loop_id: asked.get(), key };
                let why = Trigger::Change(change.id);
                if wait > Duration::ZERO {
                    queue.expect(&key, why);
                    timers.wake_at(key, *now + wait);
                    return false;
                }
                queue.add(key, Some(why))
            };
            let watching = LoopId::watching(change);
            for part in watching {
                for loop_id in part {
                    asked.set(*loop_id);
                    ask(*loop_id, change, store, memories, &mut wake);
                }
            }
            // The tests of a debug build see to it that nobody is left out. Of events nobody else is told: the namespace
            // that goes is woken by what else is in it.
            if cfg!(debug_assertions) && change.object.kind() != Kind::Event {
                for loop_id in LoopId::ALL {
                    let told = watching.into_iter().flatten().any(|one| one == loop_id);
                    let mut wake = |key, _| {
                        debug_assert!(told, "{loop_id:?} misses {key:?}");
                        true
                    };
                    ask(*loop_id, change, store, memories, &mut wake);
                }
            }
        }
    }

    fn reconcile<C: Controller>(
        &mut self,
        key: &LoopKey,
        trigger: Trigger,
        config: &Config,
        changes: &mut Vec<Rc<Change>>,
    ) where
        super::causes::AllMemories: Remembers<C>,
        AnyDecision: From<Of<C>>,
    {
        let refused = match self.attempt::<C>(key, trigger, None, config, changes) {
            Ok(()) => None,
            Err(first) => {
                let again = self.attempt::<C>(key, trigger, Some(&first), config, changes);
                Some(again.err().unwrap_or(first))
            }
        };
        self.back_off(key, refused, C::BACK_OFF);
    }

    /// Remembers a refusal and comes back later; forgets earlier ones if there was none.
    fn back_off(
        &mut self,
        key: &LoopKey,
        refused: Option<Failure>,
        (first, longest): (Duration, Duration),
    ) {
        let Some(failure) = refused else {
            self.causes.failures.remove(key);
            return;
        };
        let times = self.causes.failures.get(key).map_or(0, |(_, times)| *times);
        let wait = (0..times.min(20)).fold(first, |wait, _| wait.doubled()).min(longest);
        self.timers.wake_at(key.clone(), self.now + wait);
        self.causes.failures.insert(key.clone(), (failure, times + 1));
    }

    /// Observes, asks the loop, and executes its plan up to the first refusal.
    fn attempt<C: Controller>(
        &mut self,
        key: &LoopKey,
        trigger: Trigger,
        failure: Option<&Failure>,
        config: &Config,
        changes: &mut Vec<Rc<Change>>,
    ) -> Result<(), Failure>
    where
        super::causes::AllMemories: Remembers<C>,
        AnyDecision: From<Of<C>>,
    {
        let blank = C::Memory::default();
        let remembered: &Memories<C::Memory> = self.memories.of();
        let memory = remembered.get(&key.key).unwrap_or(&blank);
        let plan: Plan<C::Decision, C::Memory> =
            C::reconcile(&key.key, &Observed { store: &self.store, memory, failure }, self.now);
        let Plan { writes, wake, memory, decision } = plan;
        if let Some(memory) = memory {
            Remembers::<C>::of_mut(&mut self.memories).insert(key.key.clone(), memory);
        }
        let decision = Rc::new(AnyDecision::from(Of::<C>(decision)));
        self.carry_out(key, trigger, wake, decision, None, writes, config, changes)
    }

    /// Sets the wake-up, notes the cause and executes the writes of a plan.
    #[expect(clippy::too_many_arguments, reason = "one body for the plans of all loops")]
    fn carry_out(
        &mut self,
        key: &LoopKey,
        trigger: Trigger,
        wake: Option<Time>,
        decision: Rc<AnyDecision>,
        host: Option<NodeName>,
        writes: Vec<Write>,
        config: &Config,
        changes: &mut Vec<Rc<Change>>,
    ) -> Result<(), Failure> {
        if let Some(at) = wake {
            self.timers.wake_at(key.clone(), at);
        }
        let cause = self.note_cause(key, trigger, decision, writes.is_empty());
        if writes.is_empty() {
            return Ok(());
        }
        let host = host.unwrap_or_else(|| word(""));
        let source = EventSource { component: key.loop_id.word(), host };
        self.execute(writes, cause, &source, config, changes)
    }

    /// Notes what was decided; a plan without writes has no cause of its own.
    fn note_cause(
        &mut self,
        key: &LoopKey,
        trigger: Trigger,
        decision: Rc<AnyDecision>,
        idle: bool,
    ) -> CauseId {
        // A loop may be woken for something that has gone meanwhile; that would be remembered for ever.
        let object = &key.key.object;
        let gone = || match key.key.uid {
            Some(uid) => self.store.index().by_uid(uid).is_none(),
            None => !object.name.is_empty() && !self.store.has_named(object),
        };
        let gone = idle && gone();
        if key.loop_id != LoopId::EventExpiry && !gone {
            let pod = match key.loop_id {
                LoopId::Scheduler => self.store.pods().get(object).map(|pod| pod.meta.uid),
                _ => key.key.uid,
            };
            self.causes.decided(key, pod, self.now, Rc::clone(&decision));
        }
        if idle {
            return CauseId::default();
        }
        self.causes.add(Cause {
            at: self.now,
            by: Actor::Loop(key.clone()),
            trigger,
            decided: Some(decision),
        })
    }

    /// Executes writes up to the first refusal. Creates that follow each other go in batches of 1, 2, 4 …; the rest
    /// of the batch in which one is refused is still tried. Follows `slowStartBatch`.
    fn execute(
        &mut self,
        writes: Vec<Write>,
        cause: CauseId,
        source: &EventSource,
        config: &Config,
        changes: &mut Vec<Rc<Change>>,
    ) -> Result<(), Failure> {
        let now = self.now;
        let mut refused = None;
        let (mut size, mut left) = (0_usize, 0_usize);
        for (index, write) in writes.into_iter().enumerate() {
            let creating = matches!(&write, Write::Create { .. });
            if !creating {
                (size, left) = (0, 0);
            }
            if left == 0 {
                if refused.is_some() {
                    break;
                }
                size = (size * 2).max(1);
                left = size;
            }
            left -= 1;
            let mut api = Api {
                store: &mut self.store,
                names: &mut self.names,
                seed: config.seed,
                now,
                cause,
                changes,
                dry_run: false,
            };
            if let Err(error) = execute_one(&mut api, write, source) {
                refused.get_or_insert(Failure { index, done: index, creating, error, at: now });
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Lets the kubelet of a pod's node look at it.
    fn sync_kubelet(
        &mut self,
        key: &LoopKey,
        trigger: Trigger,
        config: &Config,
        changes: &mut Vec<Rc<Change>>,
    ) {
        let plan = kubelet::sync(
            &key.key,
            &self.store,
            &mut self.kubelets,
            &config.delays,
            config.seed,
            self.now,
        );
        let decision = Rc::new(AnyDecision::Kubelet(plan.decision));
        let (wake, host) = (plan.wake, Some(plan.node));
        let done = self.carry_out(key, trigger, wake, decision, host, plan.writes, config, changes);
        self.back_off(key, done.err(), KUBELET_BACK_OFF);
    }
}

/// Asks a loop which of its keys a change concerns.
fn ask(loop_id: LoopId, change: &Change, store: &Store, memories: &AllMemories, wake: Wake<'_>) {
    with_loop!(loop_id, C => C::wakes(change, store, Remembers::<C>::of(memories), wake),
        kubelet => kubelet::wakes(change, store, wake));
}

/// Executes one write. What is gone already counts as written: the loop sees it at its next look.
fn execute_one(api: &mut Api<'_>, write: Write, source: &EventSource) -> Result<(), ApiError> {
    match write {
        Write::Create { object, note, about } => {
            let made = api.create_made(object);
            let Some(about) = about else { return made.map(drop) };
            match made {
                Ok(Written { object, .. }) => {
                    if let Some(mut note) = note {
                        if let Some(text) = note.message.strip_suffix("{name}") {
                            note.message = joined(&[text, &object.meta().name]);
                        }
                        api.record(&about, &word(""), &note, source.clone());
                    }
                    Ok(())
                }
                Err(error) => {
                    // A namespace on its way out refuses everything; upstream keeps silent about it and lets it be.
                    if error.message.contains("because it is being terminated") {
                        return Ok(());
                    }
                    let what = if about.kind() == Kind::CronJob { " job" } else { "" };
                    let text = format!("Error creating{what}: {}", error.message);
                    let note = Note::warning("FailedCreate", text);
                    api.record(&about, &word(""), &note, source.clone());
                    Err(error)
                }
            }
        }
        Write::Update(object) => tolerate_gone(api.update_made(object)),
        Write::UpdateStatus(object) => tolerate_gone(api.update_status(object)),
        Write::Bind { pod, node } => tolerate_gone(api.bind(&pod, &node)),
        Write::Delete { kind, key, options, note, about } => {
            delete_one(api, kind, &key, &options, note.as_ref(), about.as_ref(), source)
        }
        Write::Expire(events) => {
            events.iter().for_each(|event| api.expire(event));
            Ok(())
        }
        Write::Event { about, field_path, note } => {
            api.record(&about, &field_path, &note, source.clone());
            Ok(())
        }
    }
}

fn delete_one(
    api: &mut Api<'_>,
    kind: Kind,
    key: &ObjectKey,
    options: &DeleteOptions,
    note: Option<&Note>,
    about: Option<&AnyObject>,
    source: &EventSource,
) -> Result<(), ApiError> {
    let result = api.delete(kind, key, options);
    if let (Err(error), Some(about)) = (&result, about)
        && error.reason != crate::api::Reason::NotFound
    {
        let what = if about.kind() == Kind::CronJob { "Deleted job" } else { "Error deleting" };
        let note = Note::warning("FailedDelete", format!("{what}: {}", error.message));
        api.record(about, &word(""), &note, source.clone());
    }
    if let (Ok(_), Some(note), Some(about)) = (&result, note, about) {
        api.record(about, &word(""), note, source.clone());
    }
    tolerate_gone(result)
}

fn tolerate_gone(result: Result<Written, ApiError>) -> Result<(), ApiError> {
    match result {
        Err(error) if error.reason == crate::api::Reason::NotFound => Ok(()),
        other => other.map(drop),
    }
}

/// Deletes events when their lease ends.
pub struct EventExpiry;

/// What the expiry of events decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expiry {
    /// It is over.
    Expired,
    /// It is kept.
    Kept,
}

impl Controller for EventExpiry {
    type Decision = Expiry;
    type Memory = ();
    const NAME: &'static str = "kube-apiserver";

    /// One wake-up serves all events: the first to end sets it, each look sets the next.
    fn wakes(change: &Change, store: &Store, _: &Memories<()>, wake: Wake<'_>) {
        if change.operation != Operation::Added {
            return;
        }
        if let Some(first) = store.events().first_to_end()
            && first.meta.uid == change.object.uid()
        {
            wake(Key::whole(), first.expires - change.at);
        }
    }

    fn reconcile(_: &Key, seen: &Observed<'_, ()>, now: Time) -> Plan<Expiry, ()> {
        let mut events = seen.store.events().by_end().peekable();
        let over = std::iter::from_fn(|| events.next_if(|event| event.expires <= now));
        let over: Vec<Rc<Event>> = over.cloned().collect();
        let next = events.peek().map(|event| event.expires);
        if over.is_empty() {
            return Plan::idle(Expiry::Kept).wake_at(next);
        }
        Plan::writes(Expiry::Expired, vec![Write::Expire(over)]).wake_at(next)
    }
}

#[cfg(test)]
mod tests {
    use super::super::facade::Cluster;
    use super::*;
    use crate::api::core::Pod;
    use crate::api::object::Resource;
    use crate::api::value::Value;

    /// A pod to create; its owner is told.
    fn create(name: &str) -> Write {
        let text = format!(
            r#"{{"metadata":{{"name":"{name}","namespace":"default"}},"spec":{{"containers":[{{"name":"c","image":"x"}}]}}}}"#
        );
        let object = Rc::new(Pod::from_value(&Value::from_json(&text).unwrap())).into_any();
        Write::Create { about: Some(object.clone()), object, note: None }
    }

    /// The table of `TestSlowStartBatch`: how many are wanted, from which on they are refused; how many are tried and
    /// made. A name that is taken is refused.
    #[test]
    fn the_batch_of_a_refused_create_is_tried_to_its_end() {
        for (wanted, limit, tried, made) in
            [(10, 0, 1, 0), (10, 5, 7, 5), (10, 10, 10, 10), (0, 0, 0, 0), (20, 8, 15, 8)]
        {
            let config = Config { workers: 0, system_pods: false, ..Config::default() };
            let mut world = Cluster::new(config.clone()).world;
            let told = |world: &World| -> i64 {
                let refused =
                    world.store.events().iter().filter(|one| &*one.reason == "FailedCreate");
                refused.map(|event| event.count).sum()
            };
            let mut changes = Vec::new();
            let source = EventSource { component: "test".into(), host: "".into() };
            let mut run = |writes: Vec<Write>| {
                world.execute(writes, CauseId::default(), &source, &config, &mut changes)
            };
            run(vec![create("taken")]).unwrap();
            let names: Vec<String> = (0..wanted)
                .map(|i| if i < limit { format!("p{i}") } else { "taken".to_owned() })
                .collect();
            let writes: Vec<Write> = names.iter().map(|name| create(name)).collect();
            let outcome = run(writes);
            assert_eq!(world.store.pods().len(), made + 1, "{wanted} {limit}");
            assert_eq!(usize::try_from(told(&world)).unwrap(), tried - made, "{wanted} {limit}");
            assert_eq!(outcome.err().map(|failure| failure.index), (tried > made).then_some(limit));
        }
    }
}
