//! Caches of every kind.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use easycache_core::{Cache, Deadline, Error, Policy};
use easycache_testkit::{ManualClock, MemoryBackend};
use serde::{Deserialize, Serialize};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Where values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Process,
    Backend,
}

pub(crate) const PLACES: [Place; 2] = [Place::Process, Place::Backend];

/// A cache, and a source that counts how often it is asked.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) cache: Cache,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) computed: Arc<AtomicUsize>,
}

/// What goes wrong with a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Failure {
    Source,
    Cache(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cache(error.to_string())
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}", self.place, self.cache.stats())
    }
}

impl World {
    pub(crate) fn new(place: Place) -> Self {
        let clock = Arc::new(ManualClock::new());
        let builder = Cache::builder().clock(clock.clone()).jitter(0.0);
        let builder = match place {
            Place::Process => builder,
            Place::Backend => builder.backend(MemoryBackend::with_clock(clock.clone())),
        };
        Self { place, cache: builder.build().unwrap(), clock, computed: Arc::default() }
    }

    /// A cold cache of each kind.
    pub(crate) fn all() -> [Self; 2] {
        PLACES.map(Self::new)
    }

    pub(crate) fn count(&self) -> usize {
        self.computed.load(Ordering::SeqCst)
    }

    /// Reads with computations in the background; each gives the next number.
    pub(crate) async fn read(&self, policy: Policy) -> usize {
        let computed = self.computed.clone();
        let compute = move || async move { computed.fetch_add(1, Ordering::SeqCst) + 1 };
        self.cache.get_or_refresh("key", policy, compute).await.unwrap()
    }

    /// The same, with a source that fails.
    pub(crate) async fn read_in_vain(&self, policy: Policy) -> Result<usize, Failure> {
        let computed = self.computed.clone();
        let compute = move || async move {
            computed.fetch_add(1, Ordering::SeqCst);
            Err(Failure::Source)
        };
        self.cache.try_get_or_refresh("key", policy, compute).await
    }

    /// Reads with computations that a caller waits for.
    pub(crate) async fn read_inline(&self, policy: Policy) -> usize {
        let compute = || async { self.computed.fetch_add(1, Ordering::SeqCst) + 1 };
        self.cache.get_or_compute("key", policy, compute).await.unwrap()
    }

    /// Waits until nothing goes on in the background.
    pub(crate) async fn settle(&self) {
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
            if self.cache.stats().in_flight == 0 {
                return;
            }
        }
        panic!("{self:?}: something is under way for ever");
    }

    /// Waits until that is so. A lease ends in the background: it may be there a moment longer than the computation.
    pub(crate) async fn eventually(&self, is_so: impl AsyncFn() -> bool) {
        let deadline = Deadline::after(30 * SECOND);
        while !is_so().await {
            assert!(!deadline.left().is_zero(), "{self:?}: it never comes to that");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }
}
