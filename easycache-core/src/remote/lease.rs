//! A lease while it is held, and the right to store that comes with it.

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use super::{
    Remote,
    ask::Asker,
    hints::Extras,
    look::{Look, Missed},
    runtime::{self, Detached},
    trip::Trip,
};
use crate::{
    backend::{Acquire, Grant, Names, On, Version},
    cache::Core,
    clock::Moment,
    error::{Error, ErrorKind, Result},
    flight::{Began, Caller, Flight, Grounds},
    policy::Coalesce,
    value::LocalValue,
    wire::{Form, Schema},
};

/// How long a caller that waits for another process waits between two looks, at first and at last.
const POLL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(100));

/// A lease to be asked for.
#[derive(Debug)]
pub(super) struct LeaseSought {
    /// Stamps: those of the call, the guessed tags of the result, the hard twins of all of them, the clock of tags.
    pub(super) names: Names,
    /// How many of the stamps follow from the call.
    pub(super) declared: usize,
    pub(super) extras: Extras,
    /// How many of them are twins.
    pub(super) twins: usize,
    pub(super) has_clock: bool,
    pub(super) on: On,
    pub(super) lease: Duration,
    pub(super) keep: Duration,
}

impl LeaseSought {
    pub(super) fn acquire(&self) -> Acquire {
        Acquire { names: self.names.clone(), on: self.on.clone(), lease: self.lease, keep: self.keep }
    }

    /// How many of the stamps a value can depend on, with their twins.
    pub(super) fn without_clock(&self) -> usize {
        self.declared + self.extras.len() + self.twins
    }
}

/// A lease that this call has, or shares with whoever was first. Dropped, it is released.
#[derive(Debug)]
pub(super) struct Held {
    remote: Arc<Remote>,
    pub(super) sought: LeaseSought,
    pub(super) versions: Vec<Version>,
    pub(super) origin: Version,
    /// Renewed in the background; none when it is used up.
    grant: Option<Arc<Mutex<Grant>>>,
    pub(super) grounds: Grounds,
    pub(super) leads: bool,
    renewing: Option<Detached>,
}

impl Held {
    pub(super) fn new(remote: Arc<Remote>, sought: LeaseSought, grant: Grant) -> Result<Self> {
        if grant.versions.len() != sought.names.stamps.len() {
            let message = "the backend grants a lease for other stamps than it was asked for: it breaks its contract";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        let versions = grant.versions[..sought.declared].to_vec();
        let grounds = Grounds { lease: grant.token.clone(), origin: grant.origin, versions };
        Ok(Self {
            remote,
            sought,
            versions: grant.versions.clone(),
            origin: grant.origin,
            leads: grant.leads,
            grounds,
            grant: Some(Arc::new(Mutex::new(grant))),
            renewing: None,
        })
    }

    /// Prolongs the lease from time to time, as long as it is held.
    fn keep_alive(&mut self) {
        let leads = self.leads && self.remote.caps.lease && self.renewing.is_none();
        let Some(grant) = self.grant.clone().filter(|_| leads) else { return };
        let (remote, names, pause) = (Arc::clone(&self.remote), self.sought.names.clone(), self.sought.lease / 3);
        self.renewing = runtime::detach(async move {
            loop {
                runtime::sleep(Caller::Async, pause).await;
                // Held while the backend is asked: a fill must not take a token that is about to change.
                let mut grant = grant.lock().await;
                // An error is no reason to give up: the lease may live longer than the trouble.
                if matches!(remote.renew(&names, &mut grant).await, Ok(false)) {
                    return;
                }
            }
        });
    }

    /// Leaves the lease to whoever computes in that flight, which this call is about to wait for: it may be just the one
    /// that the flight's own caller was too late for, where a read grants it to whoever reads first.
    pub(super) fn leave_to(mut self, flight: &Flight) {
        self.keep_alive();
        flight.leave(self);
    }

    /// Takes the lease over that was left for this call, if it is the one that it shares. True: it leads from now on.
    pub(super) fn take_left(&mut self, flight: Option<&Arc<Flight>>) -> bool {
        let left = flight.filter(|_| !self.leads).and_then(|flight| flight.take_left::<Self>());
        let Some(mut left) = left.filter(|left| left.grounds.lease == self.grounds.lease) else { return false };
        (self.leads, self.grant, self.renewing) = (true, left.grant.take(), left.renewing.take());
        true
    }

    /// The versions of the hard twins: of the stamps of the call, and behind them of the guessed tags.
    pub(super) fn twins(&self) -> &[Version] {
        let from = self.sought.without_clock() - self.sought.twins;
        &self.versions[from..from + self.sought.twins]
    }

    /// The grant, for a fill, which ends the lease.
    pub(super) async fn grant(&mut self) -> Option<Grant> {
        let grant = self.grant.as_ref()?;
        // At once where that is possible: the runtime has a task pause that waits for many locks, and the fills of a batch
        // would not go together.
        let grant = match grant.try_lock() {
            Ok(grant) => grant.clone(),
            Err(_) => grant.lock().await.clone(),
        };
        if let Some(renewing) = self.renewing.take() {
            renewing.stop();
        }
        Some(grant)
    }

    /// The fill was answered: there is nothing left to release.
    pub(super) fn used_up(&mut self) {
        self.grant = None;
    }
}

impl Held {
    /// Ends the lease in the background, if it is this call's and not used up; then drops `then`.
    fn let_go(&mut self, then: impl Send + 'static) {
        if let Some(renewing) = self.renewing.take() {
            renewing.stop();
        }
        let Some(grant) = self.grant.take().filter(|_| self.leads && self.remote.caps.lease) else { return };
        let (remote, names) = (Arc::clone(&self.remote), std::mem::take(&mut self.sought.names));
        runtime::detach(async move {
            // Not released, it ends by itself.
            let _left = remote.release(&names, &*grant.lock().await).await;
            drop(then);
        });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.let_go(());
    }
}

/// The right to store a result in the backend, and the flight of those who wait for it.
pub(crate) struct RemoteTicket<V> {
    pub(super) core: Arc<Core>,
    pub(super) remote: Arc<Remote>,
    pub(super) flight: Option<Arc<Flight>>,
    /// Another flight that the result is good for, if it is based on the same.
    pub(super) beside: Option<Arc<Flight>>,
    pub(super) held: Option<Held>,
    pub(super) form: Form<V>,
    pub(super) schema: Schema,
    pub(super) asker: Asker,
    /// When the computation began.
    pub(super) since: Moment,
}

impl<V> RemoteTicket<V> {
    pub(super) fn new(
        core: &Arc<Core>,
        remote: &Arc<Remote>,
        flight: Option<Arc<Flight>>,
        (form, schema): (Form<V>, Schema),
        asker: Asker,
    ) -> Self {
        core.counters.in_flight.add(1);
        let (core, remote) = (Arc::clone(core), Arc::clone(remote));
        Self { since: core.now(), core, remote, flight, beside: None, held: None, form, schema, asker }
    }

    pub(crate) fn flight(&self) -> Option<&Arc<Flight>> {
        self.flight.as_ref()
    }

    /// The computation begins now, under that lease.
    pub(super) fn begin(&mut self, mut held: Held, asker: Asker) {
        held.take_left(self.flight.as_ref());
        held.keep_alive();
        if let Some(flight) = &self.flight {
            flight.begin(Began::Under(held.grounds.clone()));
        }
        self.beside.take_if(|flight| !flight.is_based_on(Some(&held.grounds)));
        (self.held, self.asker, self.since) = (Some(held), asker, self.core.now());
    }

    /// The computation begins at that time, and not when the lease was granted.
    pub(crate) fn begin_later(&mut self, since: Moment) {
        self.since = since;
    }

    /// The computation begins now, and what comes of it is not stored.
    pub(super) fn begin_unfounded(&mut self) {
        self.beside = None;
        if let Some(flight) = &self.flight {
            flight.begin(Began::Unfounded);
        }
    }
}

impl<V> Drop for RemoteTicket<V> {
    fn drop(&mut self) {
        self.core.counters.in_flight.sub(1);
        // Whoever comes later has the value from the backend, or is not to have it.
        if let Some(beside) = self.beside.take_if(|flight| flight.has_landed()) {
            self.core.flights.abandon(&beside);
        }
        let Some(flight) = self.flight.take() else { return };
        if flight.has_landed() {
            self.core.flights.abandon(&flight);
        }
        let landing = Landing { core: Arc::clone(&self.core), flight: Arc::clone(&flight) };
        // Those who wait try in turn: not before the lease has ended, under which they could store nothing.
        match flight.take_left::<Held>().or_else(|| self.held.take()) {
            Some(mut held) => held.let_go(landing),
            None => drop(landing),
        }
    }
}

/// The end of a flight. Where it has landed, there is nothing left to do.
struct Landing {
    core: Arc<Core>,
    flight: Arc<Flight>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.core.flights.abandon(&self.flight);
        self.flight.land(None);
    }
}

impl<V: LocalValue> Trip<'_, V> {
    /// Whether this call is to wait for whoever has the lease, in another process.
    pub(super) fn waits_for(&self, held: &Held) -> bool {
        !held.leads && !self.call.refresh && self.call.rules.coalesce == Coalesce::Cluster && self.remote.has_leases()
    }

    /// Looks again and again, until there is a value, or the lease or a stamp is another one. None: it has taken too long.
    /// Or the lease was left to this call.
    pub(super) async fn wait_for_holder(
        &mut self,
        held: &mut Held,
        flight: Option<&Arc<Flight>>,
    ) -> Result<Option<Look<V>>> {
        let mut pause = POLL.0;
        while self.core.now() < self.until {
            // Those who wait for the same do not look all at once.
            runtime::sleep(self.asker.caller, pause.mul_f64(0.5 + fastrand::f64())).await;
            pause = pause.mul_f64(1.6).min(POLL.1);
            if held.take_left(flight) {
                return Ok(None);
            }
            self.asker.refreshed(self.remote);
            match self.look(self.names()).await?.strictly() {
                Look::Miss(Missed { grounds: Some(grounds), .. }) if grounds == held.grounds => {}
                changed => return Ok(Some(changed)),
            }
        }
        Ok(None)
    }
}
