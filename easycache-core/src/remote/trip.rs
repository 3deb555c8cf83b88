//! The way of one call to the backend: a value, or the right to compute it.

use std::sync::Arc;

use super::{
    Remote,
    ask::Asker,
    lease::{Held, RemoteTicket},
    look::{Late, Look, Missed},
    near::Place,
};
use crate::{
    backend::Acquired,
    cache::{Boarded, Call, Core, Permit, Spare},
    clock::Moment,
    error::{Error, Result},
    flight::{Caller, Flight, Landing, Plan, Role},
    inside::{self, Loss},
    local::EntryRef,
    policy::{Grace, OnError},
    stats::Reason,
    value::LocalValue,
    wire::{Form, Schema},
};

/// How often a call looks again because somebody has stored while it was about to compute.
const CHANGES: usize = 3;

/// One call of a cache with a backend.
pub(crate) struct Trip<'a, V> {
    pub(super) core: &'a Arc<Core>,
    pub(super) remote: &'a Arc<Remote>,
    pub(super) call: &'a Call,
    pub(super) asker: Asker,
    /// Until when it waits for others.
    pub(super) until: Moment,
    pub(super) form: Form<V>,
    pub(super) schema: Schema,
    /// What may be done with values that are not fresh: nothing, where the backend cannot tell.
    pub(super) grace: Grace,
    /// Whether trouble is to be returned.
    fails: bool,
    /// What may be served if the computation fails.
    pub(super) spare: Option<Box<Spare<V>>>,
    /// Whether the call was counted.
    counted: bool,
}

impl<'a, V: LocalValue> Trip<'a, V> {
    pub(crate) fn new(
        core: &'a Arc<Core>,
        remote: &'a Arc<Remote>,
        call: &'a Call,
        caller: Caller,
        form: Form<V>,
        fails: bool,
    ) -> Self {
        Self {
            core,
            remote,
            call,
            asker: remote.asker_among(caller, call.batch.as_ref()),
            until: core.now().after(core.settings.coalesce_wait),
            form,
            schema: Schema::of(form, remote.settings.codec, call.rules.schema),
            grace: remote.grace(call),
            fails: fails && call.rules.on_error == OnError::Fail,
            spare: None,
            counted: false,
        }
    }

    /// Gets a value from the backend or from another caller, or the right to compute.
    ///
    /// With `behind` it may be the right to compute while the caller goes on with another value.
    pub(crate) async fn board(mut self, behind: bool) -> Boarded<V> {
        let names = self.names();
        if self.remote.quarantine.holds(&names) {
            self.count(Err(Reason::Unreachable));
            return self.bypass().await;
        }
        if self.call.refresh {
            let ticket = self.ticket(Some(self.core.flights.replace(self.plan())));
            let missed = Missed::of_refresh(self.hints());
            return self.lead(ticket, missed).await;
        }
        let mut look = self.look(names).await;
        let mut failed = false;
        loop {
            let mut missed = match look {
                Ok(Look::Value(value)) => return Boarded::Value(value),
                Ok(Look::Late(late)) if self.refreshes(late.lateness) => return self.refresh(late, behind).await,
                Ok(Look::Late(late)) if failed => return Boarded::Value(self.served(late)),
                Ok(Look::Late(late)) => self.set_aside(late),
                Ok(Look::Miss(missed)) => missed,
                Err(error) => return self.trouble(error).await,
            };
            look = match self.core.flights.enter_beside(self.plan(), self.basis(&missed)) {
                Role::Lead(flight, before) => {
                    let ticket = self.ticket(Some(flight));
                    return self.lead_behind(before, ticket, missed).await;
                }
                Role::Join(flight) => {
                    if let Some(held) = missed.held.take() {
                        held.leave_to(&flight);
                    }
                    match self.core.wait(&flight, self.until).await {
                        Landing::Value(entry) => return Boarded::Value(self.shared(&flight, &entry).await),
                        Landing::TimedOut => return self.lead_alone(Some(flight), missed).await,
                        Landing::Nothing => {
                            failed = flight.has_failed();
                            self.look(self.names()).await
                        }
                    }
                }
                Role::Share(flight, own) => {
                    return self.lead_alone(Some(flight).filter(|_| own.is_none()), missed).await;
                }
                Role::Compare => self.compare(missed).await,
                Role::Alone | Role::Hit(_) => return Boarded::Compute(Permit::None, self.spare.take()),
            };
        }
    }

    /// Gets to know what a computation of this call would be based on, for a caller that has looked before anybody had a
    /// lease.
    async fn compare(&mut self, mut missed: Missed) -> Result<Look<V>> {
        Ok(match self.acquire(&mut missed).await? {
            Leased::Look(look) => look,
            Leased::Held(held) => {
                missed.grounds = Some(held.grounds.clone());
                // That of somebody else may be used up before this caller comes to compute.
                missed.held = Some(held).filter(|held| held.leads);
                Look::Miss(missed)
            }
        })
    }

    /// Computes although somebody else does. Whoever is first has a result for those who wait for that flight.
    async fn lead_alone(self, beside: Option<Arc<Flight>>, missed: Missed) -> Boarded<V> {
        let mut ticket = self.ticket(None);
        ticket.beside = beside;
        self.lead(ticket, missed).await
    }

    /// Lets a computation that this call could share, but for the tags of its result, come to its end first: then there
    /// is a value that tells its tags.
    async fn lead_behind(mut self, before: Option<Arc<Flight>>, ticket: RemoteTicket<V>, missed: Missed) -> Boarded<V> {
        let worth_waiting = |flight: &Arc<Flight>| {
            self.call.rules.open_tags
                && flight.is_based_on(missed.grounds.as_ref())
                && flight.can_be_awaited_by(self.asker.caller)
        };
        let Some(before) = before.filter(worth_waiting) else {
            return self.lead(ticket, missed).await;
        };
        // It says nothing itself: its tags may have been invalidated before this call.
        let _landing = self.core.wait(&before, self.until).await;
        match self.look(self.names()).await.map(Look::strictly) {
            Ok(Look::Value(value)) => Boarded::Value(value),
            Ok(Look::Late(Late { missed: mut now, .. }) | Look::Miss(mut now)) => {
                // The lease that came with the first look, if there was one, is not granted a second time.
                now.held = now.held.or(missed.held);
                self.lead(ticket, now).await
            }
            Err(error) => self.without_backend(ticket, error),
        }
    }

    /// Gets a lease, and with it the right to compute; or a value that was stored meanwhile.
    async fn lead(mut self, mut ticket: RemoteTicket<V>, mut missed: Missed) -> Boarded<V> {
        for _ in 0..CHANGES {
            let mut held = match self.acquire(&mut missed).await {
                Ok(Leased::Held(held)) => held,
                Ok(Leased::Look(Look::Value(value))) => return Boarded::Value(value),
                Ok(Leased::Look(Look::Late(Late { missed: changed, .. }) | Look::Miss(changed))) => {
                    missed = changed;
                    continue;
                }
                Err(error) => return self.without_backend(ticket, error),
            };
            held.take_left(ticket.flight());
            if self.waits_for(&held) {
                match self.wait_for_holder(&mut held, ticket.flight()).await {
                    Ok(Some(Look::Value(value))) => return Boarded::Value(value),
                    Ok(Some(Look::Late(Late { missed: changed, .. }) | Look::Miss(changed))) => {
                        missed = changed;
                        continue;
                    }
                    // Patience is at an end: whoever is first with the same token may store.
                    Ok(None) => {}
                    Err(error) => return self.without_backend(ticket, error),
                }
            }
            ticket.begin(held, self.asker.clone());
            return Boarded::Compute(Permit::Remote(Box::new(ticket)), self.spare.take());
        }
        // Others store all the time, and nothing of it will do: they have other names or types for the same key.
        ticket.begin_unfounded();
        Boarded::Compute(Permit::Remote(Box::new(ticket)), self.spare.take())
    }

    pub(super) async fn acquire(&mut self, missed: &mut Missed) -> Result<Leased<V>> {
        if let Some(held) = missed.held.take() {
            return Ok(Leased::Held(held));
        }
        let sought = self.lease_of(missed);
        match self.remote.acquire(&mut self.asker, sought.acquire()).await? {
            Acquired::Granted(grant) => Ok(Leased::Held(Held::new(Arc::clone(self.remote), sought, grant)?)),
            Acquired::Changed(mut seen) => {
                // The clock of tags, if it was asked for, is last; no value depends on it.
                seen.stamps.resize(sought.without_clock(), None);
                Ok(Leased::Look(self.conclude(seen, sought.extras, None).await?.strictly()))
            }
        }
    }

    /// Computes and stores nothing, or fails: the backend is in trouble, and others may wait for this call.
    fn without_backend(mut self, mut ticket: RemoteTicket<V>, error: Error) -> Boarded<V> {
        if self.fails {
            return Boarded::Failed(error);
        }
        self.count(Err(Reason::Unreachable));
        ticket.begin_unfounded();
        Boarded::Compute(Permit::Remote(Box::new(ticket)), self.spare.take())
    }

    async fn trouble(mut self, error: Error) -> Boarded<V> {
        if self.fails {
            return Boarded::Failed(error);
        }
        self.count(Err(Reason::Unreachable));
        self.bypass().await
    }

    /// The right to store whatever is there now, and whoever computes.
    pub(super) async fn take_over(&mut self) -> Result<RemoteTicket<V>> {
        let mut missed = Missed::of_refresh(self.hints());
        let mut ticket = self.ticket(None);
        match self.acquire(&mut missed).await? {
            Leased::Held(held) => ticket.begin(held, self.asker.clone()),
            // Nothing is compared when a lease is taken over.
            Leased::Look(_) => ticket.begin_unfounded(),
        }
        Ok(ticket)
    }

    /// The value that this call has waited for, with what it depends on.
    async fn shared(&mut self, flight: &Flight, entry: &EntryRef) -> V {
        let knows_all = !self.call.rules.open_tags;
        if !knows_all && inside::collects() {
            // What its result has named or inherited was not known when the call joined: it is stored beside the value.
            if let Ok(Look::Value(value)) = self.look(self.names()).await {
                return value;
            }
        }
        inside::hand_up(|around| match flight.grounds() {
            Some(grounds) if knows_all => {
                let names = self.remote.names_handed_up(&self.call.identity);
                around.versions(self.remote.home(), names.zip(grounds.versions.iter().copied()));
            }
            _ => around.lose(Loss::Unversioned),
        });
        self.core.shared(self.call, entry)
    }

    /// Counts the call, once: a hit, or a miss for that reason. What is found later, others have computed.
    pub(super) fn count(&mut self, found: Result<Place, Reason>) {
        match (std::mem::replace(&mut self.counted, true), found) {
            (false, Ok(place)) => self.core.hit(self.call.who(), place),
            (false, Err(reason)) => self.core.missed(self.call.who(), reason),
            (true, Ok(_)) => self.core.joined(self.call.who()),
            (true, Err(_)) => {}
        }
    }

    pub(super) fn plan(&self) -> Plan {
        self.core.plan::<V>(self.call, self.asker.caller)
    }

    pub(super) fn ticket(&self, flight: Option<Arc<Flight>>) -> RemoteTicket<V> {
        RemoteTicket::new(self.core, self.remote, flight, (self.form, self.schema), self.asker.clone())
    }
}

/// What comes of asking for a lease.
pub(super) enum Leased<V> {
    Held(Held),
    Look(Look<V>),
}
