//! The near tier: values of a backend that are kept in this process, too, and what keeps them from growing old.

#[cfg(all(test, shuttle))]
mod models;
mod process;
mod tickets;

use std::time::Duration;

use crate::{
    error::{Error, ErrorKind, Result},
    ttl::IntoTtl,
};

pub(crate) use self::{
    process::everywhere,
    tickets::{Node, Ticket, Tickets},
};

/// Where nothing else is said, a node is asked that often whether it is still there.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Where nothing else is said, it may take that long to answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// A near tier: typed values in this process, in front of a cache's backend. For
/// [`CacheBuilder::near`](crate::CacheBuilder::near).
///
/// What is found in the backend is kept here as well, and found here the next time, without decoding, and by a
/// function's raw arguments as in a cache without backend. What is computed is stored in the backend alone: the first
/// read after it asks the backend, and keeps the answer. A value is kept no longer than the backend keeps it.
///
/// ```
/// use std::time::Duration;
/// use easycache_core::{Cache, Freshness, MemoryStore, Near, Policy, Stamped};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder()
///     .backend(Stamped::new(MemoryStore::new()))
///     .near(Near::bounded(10_000).freshness(Freshness::Ttl(Duration::from_secs(5))))
///     .build()?;
/// cache.set("user:42", "Ann".to_owned(), Policy::ttl("10m")).await?;
/// for _ in 0..10 {
///     assert_eq!(cache.get::<String>("user:42").await?.as_deref(), Some("Ann"));
/// }
/// let near = cache.stats().near.unwrap_or_default();
/// assert_eq!((near.hits, near.far_hits), (9, 1));
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
///
/// # Which freshness
///
/// | | a hit costs | an invalidation elsewhere is seen | needs |
/// |---|---|---|---|
/// | [`Tracked`](Freshness::Tracked) | nothing | usually at once, after **B** at the latest | a backend that tells of changes: Redis 6 or later, Valkey |
/// | [`Strict`](Freshness::Strict) | a round trip without the value | at once | any backend; pays off where values are large |
/// | [`Ttl(Δ)`](Freshness::Ttl) | nothing | after **Δ** at the latest | any backend |
///
/// Take `Tracked` unless a read that comes right after somebody else's invalidation must see it: then take `Strict`, or
/// no near tier. Take `Ttl` where the backend cannot tell of changes and a bounded age is good enough.
///
/// **The guarantee B of `Tracked`**: a read is never answered with data from before an invalidation, in whichever
/// process, that had returned more than *B* before the read was called, where *B* is the [heartbeat](Self::heartbeat)
/// plus the [patience](Self::patience), 1.5 seconds unless set otherwise; also if connections die silently, messages
/// are lost and processes stop in between. A node of the backend that has not answered for that long is not believed:
/// until it answers again, what is on it is read from the backend.
///
/// # Invalidations of this process
///
/// Once an invalidation has returned in a process, no cache of this process that has the same namespace answers a read
/// from its near tier with data from before it, whatever the freshness. The same holds for values that
/// [`set`](crate::Cache::set), `put` and `refresh` of this process have stored. An invalidation that has failed holds,
/// as ever, in the cache that was told to invalidate.
#[derive(Clone, Debug)]
#[must_use = "a cache has a near tier when its builder is given one"]
pub struct Near {
    entries: usize,
    freshness: Freshness,
    heartbeat: Option<Result<Duration>>,
    patience: Option<Result<Duration>>,
}

/// What keeps a [`Near`] tier from serving what was invalidated elsewhere. The table there says how to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Freshness {
    /// The backend tells of every change, over connections of its own: a hit costs nothing, and is at most
    /// [B](Near#which-freshness) behind. Not every backend can; one that cannot says so when the cache is built.
    #[default]
    Tracked,
    /// Every hit asks the backend whether the value is still the one that is kept, in one round trip that leaves the
    /// value out: the promise on invalidations holds as without a near tier.
    Strict,
    /// A value is kept for so long at most, whatever happens to it in other processes. Where the backend cannot tell how
    /// much time a value has left, as [`Stamped`](crate::Stamped) cannot, that counts anew from when it is read.
    Ttl(Duration),
}

/// What a near tier was set to, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked {
    pub(crate) entries: usize,
    pub(crate) freshness: Freshness,
    pub(crate) heartbeat: Duration,
    pub(crate) patience: Duration,
}

impl Near {
    /// One of at most that many values. When it is full, a value makes room that has not been read for long.
    pub fn bounded(entries: usize) -> Self {
        Self { entries, freshness: Freshness::default(), heartbeat: None, patience: None }
    }

    /// What keeps it fresh. Default: [`Freshness::Tracked`].
    pub fn freshness(mut self, freshness: Freshness) -> Self {
        self.freshness = freshness;
        self
    }

    /// With [`Freshness::Tracked`], how often each node of the backend is asked whether it is still there: a `Duration`,
    /// seconds, or text. Default: 1 second.
    pub fn heartbeat(mut self, heartbeat: impl IntoTtl) -> Self {
        self.heartbeat = Some(heartbeat.into_ttl());
        self
    }

    /// With [`Freshness::Tracked`], how long a node may take to answer that, before it is connected to anew: a
    /// `Duration`, seconds, or text. Default: 500 milliseconds.
    pub fn patience(mut self, patience: impl IntoTtl) -> Self {
        self.patience = Some(patience.into_ttl());
        self
    }

    pub(crate) fn check(&self) -> Result<Checked> {
        if self.entries == 0 {
            return Err(invalid("a near tier of 0 entries holds nothing: give `Near::bounded` at least 1"));
        }
        if self.freshness != Freshness::Tracked && (self.heartbeat.is_some() || self.patience.is_some()) {
            return Err(invalid(
                "`heartbeat` and `patience` are about `Freshness::Tracked`, and this near tier has another freshness: leave them out",
            ));
        }
        if self.freshness == Freshness::Ttl(Duration::ZERO) {
            return Err(invalid("a near tier with a ttl of zero keeps nothing: give `Freshness::Ttl` a longer one"));
        }
        let span = |given: &Option<Result<Duration>>, usual| given.clone().unwrap_or(Ok(usual));
        let (heartbeat, patience) = (span(&self.heartbeat, HEARTBEAT)?, span(&self.patience, PATIENCE)?);
        if heartbeat.is_zero() || patience.is_zero() {
            return Err(invalid(
                "nothing is fresh with a heartbeat or a patience of zero: give `heartbeat` and `patience` longer ones",
            ));
        }
        Ok(Checked { entries: self.entries, freshness: self.freshness, heartbeat, patience })
    }
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}
