//! The path of a miss: join, or compute and store.

use std::{any::TypeId, sync::Arc};

use crate::{
    call::{Kept, Outcome},
    clock::Moment,
    flight::{Caller, Flight, Landing, Plan, Polled, Role, Wait},
    local::EntryRef,
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
            let _refusal = self.fill(&ticket.flight, &call, value, &kept);
        }
        returned
    }

    /// Gets a value from others, or the right to compute.
    async fn board<V: LocalValue>(self: &Arc<Self>, call: &Call, caller: Caller) -> Boarded<V> {
        let until = self.now().after(self.settings.coalesce_wait);
        loop {
            let flight = match self.role::<V>(call, caller) {
                Role::Hit(entry) => return self.shared(&entry),
                Role::Lead(flight) => return Boarded::Compute(Some(Ticket::new(self, flight, true))),
                Role::Share(flight) => return Boarded::Compute(Some(Ticket::new(self, flight, false))),
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
        let stamps = call.identity.stamps().map(|name| self.stamps.get(name)).collect();
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
        self.rouse();
        match Wait::new(flight, self.clock.clock(), until).await {
            Landing::Value(entry) => Some(self.shared(&entry)),
            Landing::Nothing => None,
            Landing::TimedOut => Some(Boarded::Compute(Some(Ticket::new(self, Arc::clone(flight), false)))),
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

/// The right to store the result of a flight. Dropped without landing, the flight has failed.
struct Ticket {
    core: Arc<Core>,
    flight: Arc<Flight>,
    leads: bool,
}

impl Ticket {
    fn new(core: &Arc<Core>, flight: Arc<Flight>, leads: bool) -> Self {
        if leads {
            core.counters.in_flight.add(1);
        }
        Self { core: Arc::clone(core), flight, leads }
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
