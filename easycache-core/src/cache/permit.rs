//! What a call that looks for a value gets: the value, or the right to compute it.

use std::sync::Arc;

use crate::{
    error::Error,
    flight::{Flight, Plan},
    remote::{Deferred, RemoteTicket},
    value::LocalValue,
};

use super::{Call, Core, late::Spare};

/// What comes of looking for a value.
pub(crate) enum Boarded<V: LocalValue> {
    Value(V),
    /// The backend is in trouble, and the caller wants to know.
    Failed(Error),
    /// The body has to run. If it fails, and there is a value to spare, that may be served.
    Compute(Permit<V>, Option<Box<Spare<V>>>),
    /// This is to be served now, and the body has to run behind its back.
    Refresh(V, Due<V>),
}

impl<V: LocalValue> Boarded<V> {
    /// The body has to run, and what comes of it is not stored.
    pub(crate) fn unkept() -> Self {
        Self::Compute(Permit::None, None)
    }
}

/// A computation that nobody waits for.
pub(crate) enum Due<V: LocalValue> {
    /// It can begin.
    Now(Permit<V>),
    /// It needs a lease.
    Lease(Box<Deferred<V>>),
}

/// The right to store a result.
pub(crate) enum Permit<V: LocalValue> {
    None,
    Local(Ticket),
    Remote(Box<RemoteTicket<V>>),
}

impl<V: LocalValue> Permit<V> {
    /// The computation begins now: a call of a batch has waited for its turn.
    pub(super) fn begin(&mut self, call: &Call, core: &Core) {
        if let (Self::Remote(ticket), Some(_)) = (self, &call.batch) {
            ticket.begin_later(core.now());
        }
    }

    /// The computation has come to an error.
    pub(super) fn fail(&self) {
        if let Some(flight) = self.flight() {
            flight.fail();
        }
    }

    pub(super) fn flight(&self) -> Option<&Arc<Flight>> {
        match self {
            Self::None => None,
            Self::Local(ticket) => Some(&ticket.flight),
            Self::Remote(ticket) => ticket.flight(),
        }
    }
}

/// The right to store a result under the lease of a flight.
pub(crate) struct Ticket {
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
    pub(super) fn sharer(core: &Arc<Core>, flight: Arc<Flight>, own: Option<Plan>) -> Self {
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
