//! What a call was made inside of, for the part of it that goes on elsewhere.

use std::{future::poll_fn, pin::Pin};

use tokio::runtime::Handle;
use tracing::{
    Dispatch, Span,
    dispatcher::{get_default, set_default},
};

use super::{BYPASSES, Frame, LEVELS, Leader, Level, Notes, STORES_NOTHING, minded};
use crate::registry::Scope;

/// The scopes and computations that a call was made inside of. Work that goes on elsewhere is done as if it was there still.
#[derive(Debug)]
pub(crate) struct Around {
    /// What of the cache is left alone.
    bits: u8,
    /// Caches that take the place of others.
    caches: Option<Scope>,
    /// Computations that wait for it, by the addresses of their flights.
    flights: Vec<usize>,
    /// The innermost of them.
    leader: Option<Leader>,
    /// What is around a caller that blocks, and may be needed by what it calls.
    runtime: Option<Handle>,
    /// What the events of a call that waits for it go to, and what they are a part of.
    log: Option<Dispatch>,
    span: Span,
}

impl Around {
    /// For work that its caller waits for.
    pub(crate) fn awaited() -> Self {
        let flights = LEVELS.with(|levels| levels.borrow().iter().filter_map(Level::flight).collect());
        let log = Some(get_default(Dispatch::clone));
        Self { flights, leader: Leader::innermost(), log, span: Span::current(), ..Self::left() }
    }

    /// For work that goes on when its caller has gone: nothing is handed up to whoever called.
    pub(crate) fn left() -> Self {
        Self {
            bits: minded().0 & (BYPASSES | STORES_NOTHING),
            caches: Scope::around(),
            flights: Vec::new(),
            leader: None,
            runtime: Handle::try_current().ok(),
            log: None,
            span: Span::none(),
        }
    }

    /// Does the work inside of all that. Returns what was noted of it, for the computation that waits.
    pub(crate) async fn drive<R>(self, mut work: Pin<Box<impl Future<Output = R> + ?Sized>>) -> (R, Notes) {
        let mut notes = self.leader.as_ref().map_or_else(Notes::default, |leader| Leader::notes(&[*leader]));
        let returned = poll_fn(|context| self.enter(&mut notes, || work.as_mut().poll(context))).await;
        (returned, notes)
    }

    fn enter<R>(&self, notes: &mut Notes, f: impl FnOnce() -> R) -> R {
        let _log = self.log.as_ref().map(set_default);
        let _span = self.span.enter();
        let _runtime = self.runtime.as_ref().map(Handle::enter);
        let _scope = Frame::scope(self.bits);
        let _leaders = self.flights.iter().map(|flight| Frame::leader(*flight)).collect::<Vec<_>>();
        let _computation = self.leader.map(|_| Frame::computation(0, notes));
        match &self.caches {
            Some(caches) => caches.run(f),
            None => f(),
        }
    }
}

impl Level {
    /// The address of the flight that this is about, if it is about one.
    fn flight(&self) -> Option<usize> {
        match self {
            Self::Computation { flight: 0, .. } | Self::Scope | Self::Request(_) => None,
            Self::Computation { flight, .. } | Self::Leader(flight) => Some(*flight),
        }
    }
}
