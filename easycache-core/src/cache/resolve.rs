//! The path of a miss: join, or compute and store.

use std::{any::TypeId, future::poll_fn, pin::pin, sync::Arc};

use crate::{
    call::{Kept, Outcome},
    clock::Moment,
    flight::{Caller, Flight, Landing, Plan, Polled, Role, Wait},
    local::EntryRef,
    stamp::Stamps,
    value::LocalValue,
};

use super::{Call, Core};

impl Core {
    /// Answers a call that has missed: with the result of a flight that it may join, or by computing.
    ///
    /// `keep` says of the value whether and how it is stored. The body runs at most once.
    pub(crate) async fn resolve<O, Fut, K>(
        self: &Arc<Self>,
        call: Call,
        caller: Caller,
        outcome: O,
        body: Fut,
        keep: K,
    ) -> O::Returned
    where
        O: Outcome,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned>,
        K: FnOnce(&O::Stored) -> Kept,
    {
        let flight = match self.board::<O::Stored>(&call, caller).await {
            Boarded::Value(value) => return outcome.wrap(value),
            Boarded::Compute(flight) => flight,
        };
        let scope = flight.as_ref().map(|ticket| Arc::clone(&ticket.flight));
        self.counters.computed.add(1);
        let returned = Polled::new(scope, body).await;
        if let (Some(ticket), Some(value)) = (&flight, outcome.stored(&returned)) {
            let kept = keep(value);
            // Refused or not, and counted: the caller has its value, which was current when it asked.
            let _refusal = self.fill(ticket, &call, value, &kept);
        }
        returned
    }

    /// Gets a value from others, or the right to compute.
    async fn board<V: LocalValue>(self: &Arc<Self>, call: &Call, caller: Caller) -> Boarded<V> {
        let until = self.now().after(self.settings.coalesce_wait);
        loop {
            let flight = match self.role::<V>(call, caller) {
                Role::Hit(entry) => return self.shared(&entry),
                Role::Lead(flight) => return Boarded::Compute(Some(Ticket::leader(self, flight))),
                Role::Share(flight, own) => return Boarded::Compute(Some(Ticket::sharer(self, flight, own))),
                Role::Alone => return Boarded::Compute(None),
                Role::Join(flight) => flight,
            };
            if let Some(boarded) = self.wait::<V>(&flight, until).await {
                return boarded;
            }
            // The leader came to nothing: the next in turn tries.
        }
    }

    fn role<V: LocalValue>(&self, call: &Call, caller: Caller) -> Role {
        let plan = self.plan::<V>(call, caller);
        if call.refresh {
            return Role::Lead(self.flights.replace(plan));
        }
        self.flights.enter(plan, || self.find::<V>(call).ok())
    }

    /// What the call is about to do. Reads the stamps, then the sequence: in this order, and before any computation.
    pub(super) fn plan<V: LocalValue>(&self, call: &Call, caller: Caller) -> Plan {
        let stamps = call.identity.stamps().map(|name| self.stamps.get(name)).collect::<Stamps>();
        if stamps.len() > 1 {
            // Whether a value comes of it or not, they are to be collected.
            self.rouse();
        }
        Plan {
            identity: Arc::clone(&call.identity),
            schema: call.rules.schema,
            value: TypeId::of::<V>(),
            stamps,
            born: self.stamps.now(),
            coalesce: call.rules.coalesce,
            caller,
        }
    }

    async fn wait<V: LocalValue>(self: &Arc<Self>, flight: &Arc<Flight>, until: Moment) -> Option<Boarded<V>> {
        self.flights.watch(flight);
        let mut wait = pin!(Wait::new(flight, self.clock.clock(), until));
        let landing = poll_fn(|context| {
            let landing = wait.as_mut().poll(context);
            if landing.is_pending() {
                // Not before there is somebody to wake: a housekeeper that has found nobody may be about to sleep.
                self.rouse();
            }
            landing
        });
        match landing.await {
            Landing::Value(entry) => Some(self.shared(&entry)),
            Landing::Nothing => None,
            Landing::TimedOut => Some(Boarded::Compute(Some(Ticket::sharer(self, Arc::clone(flight), None)))),
        }
    }
}

impl Core {
    /// A value that another caller has computed.
    fn shared<V: LocalValue>(&self, entry: &EntryRef) -> Boarded<V> {
        self.counters.coalesced.add(1);
        Boarded::Value(entry.value().expect("only callers that want the same type share"))
    }
}

enum Boarded<V> {
    Value(V),
    /// Compute, and store if there is a ticket.
    Compute(Option<Ticket>),
}

/// The right to store a result under the lease of a flight.
pub(super) struct Ticket {
    core: Arc<Core>,
    flight: Arc<Flight>,
    /// What the result is stored as, where that is not what the flight's leader computes.
    own: Option<Plan>,
    leads: bool,
}

impl Ticket {
    /// For who has begun the flight. Dropped without landing, the flight has failed.
    pub(super) fn leader(core: &Arc<Core>, flight: Arc<Flight>) -> Self {
        core.counters.in_flight.add(1);
        Self { core: Arc::clone(core), flight, own: None, leads: true }
    }

    /// For who computes beside the leader.
    fn sharer(core: &Arc<Core>, flight: Arc<Flight>, own: Option<Plan>) -> Self {
        Self { core: Arc::clone(core), flight, own, leads: false }
    }

    pub(super) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    pub(super) fn plan(&self) -> &Plan {
        self.own.as_ref().unwrap_or_else(|| self.flight.plan())
    }

    /// Whether the result answers those who wait for the flight.
    pub(super) fn is_for_all(&self) -> bool {
        self.own.is_none()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.leads {
            self.core.counters.in_flight.sub(1);
            // Where it has filled and landed, both find nothing left to do.
            self.core.flights.abandon(&self.flight);
            self.flight.land(None);
        }
    }
}
