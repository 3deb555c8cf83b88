//! Many calls at once: what they share, so that each step of all of them is one step for the backend.

mod crew;
mod desk;
mod drive;
mod gate;
mod keyed;
mod slot;

use std::sync::{Arc, OnceLock};

use crate::{
    clock::Moment,
    flight::Caller,
    remote::{Errand, Remote, Wave},
    sync::{AtomicU64, Mutex, Ordering, lock},
};

use self::gate::Gate;
pub use self::keyed::{Elements, Keyed};
pub(crate) use self::{
    desk::{Asked, Desk, Missing},
    drive::{Drive, Still},
    gate::Place,
    slot::Slot,
};

/// How many bodies run at a time, if nothing else is said.
const CONCURRENCY: usize = 16;

/// Waits for a place among those who compute, where the call is one of a batch. In a box: it is no part of other calls.
pub(crate) async fn place(batch: Option<&Batch>) -> Option<Place> {
    match batch {
        Some(batch) => Some(Box::pin(batch.enter()).await),
        None => None,
    }
}

/// What the calls of one batch share: clones are handles to the same.
#[derive(Clone, Debug)]
pub struct Batch(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    caller: Caller,
    refresh: bool,
    gate: Gate,
    /// One for each backend: calls of one function may go to several caches.
    waves: Mutex<Waves>,
    /// When the first of its calls began whose patience has an end.
    began: OnceLock<Moment>,
    /// How many calls go on when nobody waits for them any more.
    survivors: AtomicU64,
}

#[derive(Debug, Default)]
struct Waves {
    waves: Vec<Arc<Wave>>,
    /// Nobody drives them any more.
    closed: bool,
}

/// A call that goes on when nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct Survivor(Batch);

impl Drop for Survivor {
    fn drop(&mut self) {
        self.0.0.survivors.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Batch {
    /// Calls of an async function, so many of which compute at a time.
    #[must_use]
    pub fn new(concurrency: Option<usize>) -> Self {
        Self::of(Caller::Async, false, concurrency.unwrap_or(CONCURRENCY))
    }

    /// Calls of a function that is not async: the thread computes one after the other.
    #[must_use]
    pub fn blocking() -> Self {
        Self::of(Caller::batch(), false, 1)
    }

    /// Elements that are computed together.
    pub(crate) fn of_elements(blocking: bool, refresh: bool) -> Self {
        Self::of(if blocking { Caller::batch() } else { Caller::Async }, refresh, usize::MAX)
    }

    fn of(caller: Caller, refresh: bool, concurrency: usize) -> Self {
        Self(Arc::new(Shared {
            caller,
            refresh,
            gate: Gate::new(concurrency),
            waves: Mutex::default(),
            began: OnceLock::new(),
            survivors: AtomicU64::new(0),
        }))
    }

    pub(crate) fn caller(&self) -> Caller {
        self.0.caller
    }

    /// Whether everything is computed, whatever is stored.
    pub(crate) fn refreshes(&self) -> bool {
        self.0.refresh
    }

    /// Waits until it is the caller's turn to compute.
    pub(crate) async fn enter(&self) -> Place {
        self.0.gate.enter().await;
        Place::new(self.clone())
    }

    /// The questions to that backend that go together.
    pub(crate) fn wave(&self, remote: &Arc<Remote>) -> Arc<Wave> {
        let mut waves = lock(&self.0.waves);
        if let Some(wave) = waves.waves.iter().find(|wave| wave.is_of(remote)) {
            return Arc::clone(wave);
        }
        let wave = Arc::new(Wave::new(Arc::clone(remote)));
        if waves.closed {
            drop(wave.close(self.0.caller));
        }
        waves.waves.push(Arc::clone(&wave));
        wave
    }

    /// When all of them began, as far as their patience is concerned: a thread that blocks comes to the later ones late.
    pub(crate) fn began(&self, now: Moment) -> Moment {
        *self.0.began.get_or_init(|| now)
    }

    /// One of the calls goes on, whoever waits for the others.
    pub(crate) fn survive(&self) -> Survivor {
        self.0.survivors.fetch_add(1, Ordering::SeqCst);
        Survivor(self.clone())
    }

    /// Nobody drives the calls any more: those that go on ask for themselves. Returns what they have asked before, if there
    /// are any.
    fn close(&self) -> Option<Vec<Errand>> {
        let waves = {
            let mut waves = lock(&self.0.waves);
            waves.closed = true;
            waves.waves.clone()
        };
        let errands = waves.iter().flat_map(|wave| wave.close(self.0.caller)).collect();
        (self.0.survivors.load(Ordering::SeqCst) > 0).then_some(errands)
    }

    /// Takes down the questions that have come up since: each errand asks all of one kind.
    fn errands(&self) -> Vec<Errand> {
        let waves = lock(&self.0.waves).waves.clone();
        waves.iter().flat_map(|wave| wave.errands(self.0.caller)).collect()
    }

    fn gate(&self) -> &Gate {
        &self.0.gate
    }
}
