//! The one store routine: whatever is stored goes through here.

use std::{sync::Arc, time::Duration};

use crate::{
    call::Kept,
    clock::Moment,
    flight::Plan,
    identity::{Space, StampName, check_tag},
    inside::{self, Loss},
    local::{Draft, Entry, EntryRef, Later},
    observe::Advice,
    policy::Grace,
    stamp::{Stamp, Stamps, moved},
    stats::Refusal,
    sync::Ordering,
    value::LocalValue,
};

use super::{Call, Core, permit::Ticket};

impl Core {
    /// Stores a computed value if it may be stored.
    ///
    /// Gives the entry to those who wait for the flight even if not: they joined before whatever has made the value
    /// invalid.
    pub(super) fn fill<V: LocalValue>(
        &self,
        ticket: &Ticket,
        call: &Call,
        value: &V,
        kept: &Kept,
    ) -> Result<(), Refusal> {
        let (plan, flight) = (ticket.plan(), ticket.flight());
        if let Some(loss) = kept.inherited.as_ref().and_then(|inherited| inherited.loss) {
            inside::hand_up(|around| around.lose(loss));
            self.advise_of(call, loss);
            // Nor is it for those who wait: what it depends on may have been invalidated before they asked.
            return self.count_fill(call, Some(loss.refusal()));
        }
        let lifetime = self.lifetime(call, kept);
        let objection = self.objection(lifetime, kept);
        if objection.is_some() {
            if !(ticket.is_for_all() && flight.is_awaited() || inside::collects()) {
                return self.count_fill(call, objection);
            }
            // Nobody joins a flight that has landed: what may not be stored must not be kept there instead.
            self.flights.abandon(flight);
        }
        let grace = if kept.failed { Grace::NONE } else { call.rules.grace };
        let draft = self.draft(plan, kept, (lifetime, grace), (call, value));
        let entry: Arc<Entry> = Arc::new(Entry::new(draft, value.clone()));
        inside::hand_up(|around| around.stamps(self.home(), entry.stamps()));
        let refusal = objection.or_else(|| self.put(ticket, call, &entry).err());
        if refusal.is_none() {
            self.settle_computed_here(call, &EntryRef(Arc::clone(&entry)), value);
        }
        if ticket.is_for_all() {
            // The stamps of the flight stood when they joined. Those of the result's own tags nobody knew: who joined
            // after one of them was invalidated must not have the result.
            let of_result = &entry.stamps()[plan.stamps.len()..];
            flight.land(moved(of_result, plan.born).is_none().then(|| EntryRef(entry)));
        }
        self.count_fill(call, refusal)
    }

    /// Says what there is to say about something that could not be handed up.
    pub(crate) fn advise_of(&self, call: &Call, loss: Loss) {
        if loss == Loss::Foreign {
            self.advise(call.who(), Advice::InheritsFromAnotherCache);
        }
    }

    /// Why the value would not be stored even if nothing else happened.
    pub(crate) fn objection(&self, lifetime: Duration, kept: &Kept) -> Option<Refusal> {
        if kept.declined || lifetime.is_zero() {
            return Some(Refusal::Policy);
        }
        let error = kept.tags.iter().find_map(|tag| check_tag(tag).err())?;
        tracing::error!(namespace = %self.namespace, %error, "a result was not stored because of a tag of its own");
        Some(Refusal::BadName)
    }

    fn put(&self, ticket: &Ticket, call: &Call, entry: &Arc<Entry>) -> Result<(), Refusal> {
        let plan = ticket.plan();
        self.flights.fill(ticket.flight(), || {
            if moved(&plan.stamps, plan.born).is_some() {
                return Err(Refusal::Doomed);
            }
            // What is new are the stamps of the result's own tags.
            if moved(entry.stamps(), plan.born).is_some() {
                return Err(Refusal::UnknownTag);
            }
            if entry.weight() > self.tier.bound().weight {
                return Err(Refusal::TooLarge);
            }
            let evicted = self.tier.insert(Arc::clone(entry), call.arguments.as_ref());
            self.counters.evicted.add(evicted);
            Ok(())
        })
    }

    fn count_fill(&self, call: &Call, refusal: Option<Refusal>) -> Result<(), Refusal> {
        // Also where nothing is stored: the result's own tags have stamps now.
        self.rouse();
        self.stored(call.who(), refusal);
        refusal.map_or(Ok(()), Err)
    }

    /// What the entry is made of. The versions are those of before the computation.
    fn draft<V: LocalValue>(
        &self,
        plan: &Plan,
        kept: &Kept,
        (lifetime, grace): (Duration, Grace),
        (call, value): (&Call, &V),
    ) -> Draft {
        let now = self.now();
        // One that cannot be used keeps the value from being stored; nobody can invalidate it either.
        let usable = kept.tags.iter().filter(|tag| check_tag(tag).is_ok());
        let of_result = usable.map(|name| self.stamps.get(StampName { space: Space::Tag, name }));
        let is_new = |stamp: &&Arc<Stamp>| !plan.stamps.iter().any(|other| Arc::ptr_eq(other, stamp));
        let inherited = kept.inherited.iter().flat_map(|inherited| inherited.stamps.values());
        let inherited = inherited.filter(is_new).cloned();
        let stamps: Stamps = plan.stamps.iter().cloned().chain(of_result).chain(inherited).collect();
        let (expires, later) = times(now, lifetime, kept.took, grace);
        Draft {
            identity: Arc::clone(&plan.identity),
            schema: plan.schema,
            stamps,
            nodes: Box::default(),
            born: plan.born,
            expires,
            later,
            stored: now,
            weight: self.settings.weigher.as_ref().map_or(0, |weigher| weigher.weigh(call.identity.key(), value)),
            value_of: call.rules.value_of,
        }
    }

    /// How long the entry lives: as the result says, else the call, else the cache; with jitter.
    pub(crate) fn lifetime(&self, call: &Call, kept: &Kept) -> Duration {
        let of_result = kept.ttl.as_ref().and_then(|ttl| ttl.as_ref().ok().copied());
        let ttl = of_result.or(call.ttl).unwrap_or(self.settings.default_ttl);
        let jitter = call.rules.jitter.unwrap_or(self.settings.jitter);
        if jitter == 0.0 {
            return ttl;
        }
        let factor = 1.0 + jitter * (2.0 * fastrand::f64() - 1.0);
        Duration::try_from_secs_f64(ttl.as_secs_f64() * factor).unwrap_or(ttl)
    }

    /// Keeps a value that was found in the backend. What the draft depends on may have changed since: then it is served to
    /// nobody.
    pub(crate) fn keep<V: LocalValue>(&self, draft: Draft, value: V, arguments: Option<&Arc<[u64]>>) {
        let identity = Arc::clone(&draft.identity);
        let entry: Arc<Entry> = Arc::new(Entry::new(draft, value));
        let evicted = self.flights.hold(identity.key(), || self.tier.insert(entry, arguments));
        self.counters.evicted.add(evicted);
        self.rouse();
    }

    /// Lets the housekeeper know that there is something to look after.
    pub(crate) fn rouse(&self) {
        if self.attended.load(Ordering::Acquire) == 0 && self.attended.fetch_or(1, Ordering::AcqRel) == 0 {
            self.clock.clock().rouse();
        }
    }
}

/// Until when an entry is served without a second thought, and what comes then.
fn times(now: Moment, ttl: Duration, took: Duration, grace: Grace) -> (Moment, Option<Box<Later>>) {
    let fresh_until = now.after(ttl);
    if !grace.minds_age() {
        return (fresh_until, None);
    }
    let later = Later { fresh_until, until: fresh_until.after(grace.window()), ttl, took };
    (now.after(ttl.saturating_sub(grace.lead(ttl, took))), Some(Box::new(later)))
}
