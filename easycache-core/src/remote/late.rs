//! Values that a backend has which are not fresh any more, or will not be for long.

use std::sync::Arc;

use super::{
    Remote,
    lease::RemoteTicket,
    look::{Late, Missed},
    near::Place,
    trip::{Leased, Trip},
    verdict::Lateness,
};
use crate::{
    cache::{Boarded, Call, Core, Due, Permit, Spare},
    clock::Moment,
    flight::Caller,
    policy::Grace,
    value::LocalValue,
    wire::Form,
};

/// A computation that nobody waits for, and that has no lease yet.
pub(crate) struct Deferred<V: LocalValue> {
    ticket: RemoteTicket<V>,
    missed: Missed,
}

impl<V: LocalValue> Deferred<V> {
    /// The right to compute, if nobody else has it.
    pub(crate) async fn permit(
        self: Box<Self>,
        core: &Arc<Core>,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Option<Permit<V>> {
        let remote = core.remote.as_ref()?;
        let mut trip = Trip::new(core, remote, call, caller, form?, false);
        trip.lead_on(self.ticket, self.missed).await
    }
}

impl<V: LocalValue> Trip<'_, V> {
    /// Whether a value that is late in that way is served at once, and refreshed.
    pub(super) fn refreshes(&self, lateness: Lateness) -> bool {
        match lateness {
            Lateness::Due(_) => true,
            Lateness::Overdue(overdue, _) => overdue < self.grace.revalidate,
        }
    }

    /// Serves the value, and finds whoever refreshes it: this caller, unless somebody else does, here or elsewhere.
    pub(super) async fn refresh(mut self, late: Late<V>, behind: bool) -> Boarded<V> {
        let flight = if late.missed.is_taken && late.missed.held.is_none() {
            None
        } else {
            self.core.flights.take_off_alone(self.plan())
        };
        let Some(flight) = flight else { return Boarded::Value(self.served(late)) };
        let ticket = self.ticket(Some(flight));
        let Late { value, lateness, missed } = late;
        if behind {
            self.count_served(lateness);
            return Boarded::Refresh(value, Due::Lease(Box::new(Deferred { ticket, missed })));
        }
        let Some(permit) = self.lead_on(ticket, missed).await else {
            self.count_served(lateness);
            return Boarded::Value(value);
        };
        if let Lateness::Overdue(_, reason) = lateness {
            self.count(Err(reason));
        }
        let until = self.until(lateness);
        Boarded::Compute(permit, Some(Box::new(Spare::Value(value, until))))
    }

    /// The value, as an answer.
    pub(super) fn served(&mut self, late: Late<V>) -> V {
        self.count_served(late.lateness);
        late.value
    }

    /// Keeps a value for the case that the computation fails.
    pub(super) fn set_aside(&mut self, late: Late<V>) -> Missed {
        if let Lateness::Overdue(_, reason) = late.lateness {
            self.count(Err(reason));
            let until = self.until(late.lateness);
            self.spare = Some(Box::new(Spare::Value(late.value, until)));
        }
        late.missed
    }

    /// Until when a value may be served in the place of an error.
    fn until(&self, lateness: Lateness) -> Moment {
        let window = self.grace.window();
        self.core.now().after(match lateness {
            Lateness::Due(left) => left.saturating_add(window),
            Lateness::Overdue(overdue, _) => window.saturating_sub(overdue),
        })
    }

    fn count_served(&mut self, lateness: Lateness) {
        match lateness {
            Lateness::Due(_) => self.count(Ok(Place::Far)),
            Lateness::Overdue(_, reason) => {
                self.count(Err(reason));
                self.core.count_stale();
            }
        }
    }

    /// The right to compute, if nobody else has it: no more than one process refreshes.
    async fn lead_on(&mut self, mut ticket: RemoteTicket<V>, mut missed: Missed) -> Option<Permit<V>> {
        match self.acquire(&mut missed).await {
            Ok(Leased::Held(held)) if held.leads => {
                ticket.begin(held, self.asker.clone());
                Some(Permit::Remote(Box::new(ticket)))
            }
            // Somebody else refreshes or has done so, or the backend is in trouble: it is tried again with the next read.
            _ => None,
        }
    }
}

impl Remote {
    /// What may be done with values that are not fresh: nothing, where the backend cannot tell how old they are.
    pub(super) fn grace(&self, call: &Call) -> Grace {
        if self.knows_expired() { call.rules.grace } else { Grace::NONE }
    }

    /// Whether the backend can tell an expired value from one that was invalidated.
    pub(crate) fn knows_expired(&self) -> bool {
        self.caps.soft
    }

    /// Whether an invalidation of what a call depends on is not known to be done.
    pub(crate) fn is_held(&self, call: &Call) -> bool {
        self.quarantine.holds(&self.layout.names(&call.identity))
    }
}
