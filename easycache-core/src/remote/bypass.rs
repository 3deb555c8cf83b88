//! Calls that leave the backend alone.

use super::{lease::RemoteTicket, trip::Trip};
use crate::{
    cache::{Boarded, Permit},
    flight::{Basis, Landing, Role},
    inside::{self, Loss},
    value::LocalValue,
};

impl<V: LocalValue> Trip<'_, V> {
    /// Computes beside the backend. One computation of a key runs, one waits for its end, and whoever comes later shares
    /// that one: nobody can tell whether the running one is still good for who has come after it began.
    pub(super) async fn bypass(self) -> Boarded<V> {
        inside::hand_up(|around| around.lose(Loss::Unversioned));
        loop {
            match self.core.flights.enter_beside(self.plan(), Basis::None) {
                Role::Lead(flight, before) => {
                    let mut ticket: RemoteTicket<V> = self.ticket(Some(flight));
                    if let Some(before) = before.filter(|flight| flight.can_be_awaited_by(self.asker.caller)) {
                        let _landing = self.core.wait(&before, self.until).await;
                    }
                    ticket.begin_unfounded();
                    return Boarded::Compute(Permit::Remote(Box::new(ticket)), None);
                }
                Role::Join(flight) => match self.core.wait(&flight, self.until).await {
                    Landing::Value(entry) => return Boarded::Value(self.core.shared(self.call, &entry)),
                    Landing::TimedOut => return Boarded::Compute(Permit::None, None),
                    Landing::Nothing => {}
                },
                Role::Share(..) | Role::Compare | Role::Alone | Role::Hit(_) => {
                    return Boarded::Compute(Permit::None, None);
                }
            }
        }
    }
}
