//! Values that are not fresh any more, or will not be for long: when they are served, and who refreshes them.

use std::{sync::Arc, time::Duration};

use crate::{
    clock::Moment,
    flight::Caller,
    inside::{self, Loss},
    local::EntryRef,
    policy::Grace,
    remote::Place,
    value::LocalValue,
};

use super::{
    Call, Core,
    permit::{Boarded, Due, Permit, Ticket},
    recall::settle_here,
};

/// A value that a caller is given if its own computation fails.
#[derive(Debug)]
pub(crate) enum Spare<V> {
    /// An entry of this process, which may be invalidated yet.
    Entry(EntryRef),
    /// One that a backend had when this caller asked, and until when it may be served.
    Value(V, Moment),
}

impl Core {
    /// Whether a fresh entry is to be refreshed.
    pub(super) fn is_due(&self, entry: &EntryRef, call: &Call) -> bool {
        let later = entry.later();
        later.is_some_and(|later| call.rules.grace.is_due_here(later, later.fresh_until.since(self.now())))
    }

    /// The entry of a call that is not served without a second thought; and how long its time has been over, if it is.
    fn late<V: LocalValue>(&self, call: &Call) -> Option<(EntryRef, Option<Duration>)> {
        let now = self.now();
        if let Ok(entry) = self.find::<V>(call) {
            return entry.serve::<V>(now).is_err().then_some((entry, None));
        }
        let answers = |entry: &EntryRef| self.answers(entry, call);
        let (entry, overdue) = self.tier.overdue::<V>(call.identity.key(), now, answers)?;
        Some((entry, Some(overdue)))
    }

    /// Serves what may be served while it is refreshed; and finds whoever refreshes it, which is this caller unless
    /// somebody else does.
    pub(super) fn board_late<V: LocalValue>(
        self: &Arc<Self>,
        call: &Call,
        caller: Caller,
        behind: bool,
    ) -> Option<Boarded<V>> {
        let (entry, overdue) = self.late::<V>(call)?;
        if overdue.is_some_and(|overdue| overdue >= call.rules.grace.revalidate) {
            return None;
        }
        let permit = self.flights.take_off_alone(self.plan::<V>(call, caller));
        let permit = permit.map(|flight| Permit::Local(Ticket::leader(self, flight)));
        match permit {
            // Its own caller waits: it has the value that is there if nothing comes of that.
            Some(permit) if !behind => Some(Boarded::Compute(permit, Some(Box::new(Spare::Entry(entry))))),
            permit => {
                let value = if overdue.is_some() {
                    self.count_stale();
                    entry.value()?
                } else {
                    // The place tells only of caches on a backend.
                    self.hit(call.who(), Place::Near);
                    settle_here(call.visit.as_deref(), self.finding(call), &entry)?
                };
                Some(match permit {
                    Some(permit) => Boarded::Refresh(value, Due::Now(permit)),
                    None => Boarded::Value(value),
                })
            }
        }
    }

    /// The entry that answers a call if its computation fails.
    pub(super) fn spare_here<V: LocalValue>(&self, call: &Call) -> Option<Box<Spare<V>>> {
        if !call.rules.grace.is_lenient() || call.refresh {
            return None;
        }
        let answers = |entry: &EntryRef| self.answers(entry, call);
        let (entry, _) = self.tier.overdue::<V>(call.identity.key(), self.now(), answers)?;
        Some(Box::new(Spare::Entry(entry)))
    }

    /// A value in the place of an error.
    pub(crate) fn rescue<V: LocalValue>(&self, call: &Call, spare: Option<Box<Spare<V>>>) -> Option<V> {
        let value = self.spared(call, *spare?)?;
        self.count_stale();
        tracing::warn!(key = call.identity.key(), "the computation has failed: the last value is served");
        Some(value)
    }

    /// Counts an expired value that is served. What is made of it is as old as that, and not kept.
    pub(crate) fn count_stale(&self) {
        self.counters.stale.add(1);
        inside::hand_up(|around| around.lose(Loss::Unversioned));
    }

    /// The value that was set aside, if it may be served now.
    pub(super) fn spared<V: LocalValue>(&self, call: &Call, spare: Spare<V>) -> Option<V> {
        let now = self.now();
        match spare {
            Spare::Entry(entry) if is_servable(&entry, call.rules.grace, now) => entry.value(),
            Spare::Value(value, until) if now < until && !self.is_held(call) => Some(value),
            Spare::Entry(_) | Spare::Value(..) => None,
        }
    }

    /// Whether this process knows of an invalidation that is not done yet.
    fn is_held(&self, call: &Call) -> bool {
        self.remote.as_ref().is_some_and(|remote| remote.is_held(call))
    }
}

/// Whether an entry may be served in the place of an error. Asked when it is: it may have been invalidated since it was
/// found.
fn is_servable(entry: &EntryRef, grace: Grace, now: Moment) -> bool {
    // Who computes while others are served the expired value is no worse off than they are.
    entry.check(now).is_ok() || entry.overdue(now).is_some_and(|overdue| overdue < grace.window())
}
