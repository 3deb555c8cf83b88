//! [`Cache`]: one read path, one store routine.

mod api;
mod blocking;
mod builder;
mod chores;
mod expire;
mod fill;
mod hold;
mod invalidate;
mod many;
mod resolve;

use std::{fmt, slice, sync::Arc, time::Duration};

use crate::{
    batch::Batch,
    clock::{Clock, Moment, SystemClock},
    error::Result,
    flight::{Caller, FlightTable},
    identity::Identity,
    local::{EntryRef, LocalTier},
    policy::Rules,
    remote::Remote,
    stamp::StampTable,
    stats::{Counters, Reason, Stats},
    sync::AtomicU64,
    value::LocalValue,
    wire::Form,
};

pub use self::{
    blocking::Blocking,
    builder::CacheBuilder,
    chores::Swept,
    hold::Hold,
    invalidate::{Invalidated, Targets},
};
use self::{builder::Weigher, hold::Holds};
pub(crate) use self::{
    invalidate::Verb,
    resolve::{Boarded, Permit},
};

/// A cache: what functions and callers of its methods store in it, every clone finds.
///
/// Clones are handles to the same cache. It lives until the last of them is dropped; a cache that is
/// [registered](crate::register) lives until it is replaced.
///
/// ```
/// use easycache_core::{Cache, Policy};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let policy = Policy::ttl("10m").tags(["users"]);
/// let name = cache.get_or_compute("user:42", policy, || async { "Ann".to_owned() }).await?;
/// assert_eq!(name, "Ann");
///
/// cache.invalidate_tags(["users"]).await?;
/// assert_eq!(cache.get::<String>("user:42").await?, None);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
///
/// # What is promised
///
/// Once an invalidation has returned, no later read is answered with data from before it: neither with an entry that
/// was stored before, nor with the result of a computation that began before. A read that starts after a hit never
/// hits an older value. Both hold however threads and tasks interleave.
///
/// The application commits its change first, and invalidates then.
///
/// # Limits
///
/// The time to live is kept to within the tick of the clock, an entry that nobody reads any more is dropped within
/// seconds, and values that readers look at as they are replaced a little later. A `Drop` of a value may call the cache;
/// the destructor of a thread-local may not: the thread's own part of the cache may be gone by then, which aborts.
#[derive(Clone)]
pub struct Cache {
    core: Arc<Core>,
}

/// The cache behind its handles.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) namespace: Box<str>,
    pub(crate) clock: Time,
    pub(crate) tier: LocalTier,
    pub(crate) stamps: StampTable,
    pub(crate) flights: FlightTable,
    pub(crate) counters: Counters,
    pub(crate) settings: Settings,
    /// What is held here, if values are.
    pub(crate) holds: Holds,
    /// Where values are kept, if not here.
    pub(crate) remote: Option<Arc<Remote>>,
    /// 1 while the housekeeper comes by.
    pub(crate) attended: AtomicU64,
}

/// What was set when the cache was built.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) default_ttl: Duration,
    pub(crate) jitter: f64,
    pub(crate) coalesce_wait: Duration,
    pub(crate) weigher: Option<Weigher>,
}

/// A clock whose reading costs no indirection where it is the usual one.
#[derive(Clone, Debug)]
pub(crate) enum Time {
    System,
    Other(Arc<dyn Clock>),
}

impl Time {
    #[inline]
    pub(crate) fn now(&self) -> Moment {
        match self {
            Self::System => SystemClock.now(),
            Self::Other(clock) => clock.now(),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        match self {
            Self::System => &SystemClock,
            Self::Other(clock) => &**clock,
        }
    }
}

/// One lookup, by a function or by the plain API.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) identity: Arc<Identity>,
    /// The raw arguments that stand for the identity, if a function was called.
    pub(crate) arguments: Option<Arc<[u64]>>,
    pub(crate) rules: Rules,
    /// None: as the cache has it.
    pub(crate) ttl: Option<Duration>,
    /// Compute, whatever is stored.
    pub(crate) refresh: bool,
    /// What it shares with others that are called together with it.
    pub(crate) batch: Option<Batch>,
}

impl Cache {
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// What has happened in this cache, and what it holds now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let core = &self.core;
        Stats {
            entries: core.tier.len() as u64,
            weight: if core.settings.weigher.is_some() { core.tier.weight() } else { 0 },
            stamps: core.stamps.len() as u64,
            unconfirmed: core.remote.as_ref().map_or(0, |remote| remote.unconfirmed()),
            ..core.counters.read()
        }
    }

    /// The namespace it was built with.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.core.namespace
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("namespace", &self.namespace())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl Core {
    #[inline]
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The value that a function stored under those raw arguments.
    #[expect(
        clippy::inline_always,
        reason = "the path of every hit: as a call, its answer is copied through memory twice"
    )]
    #[inline(always)]
    pub(crate) fn by_arguments<V: LocalValue>(&self, arguments: &[u64]) -> Option<V> {
        let value = self.tier.by_arguments(arguments, self.now())?;
        self.counters.hit();
        Some(value)
    }

    /// The value of a call by its names; counts a hit or a miss.
    pub(crate) fn look_up<V: LocalValue>(&self, call: &Call) -> Option<V> {
        self.count_look(self.find::<V>(call))
    }

    /// The value under a full key, whatever else its entry depends on; counts a hit or a miss.
    pub(crate) fn look_up_key<V: LocalValue>(&self, key: &str) -> Option<V> {
        self.count_look(self.tier.by_key::<V>(key, self.now(), |_| Ok(())))
    }

    /// The value of a call, counted as nothing.
    pub(crate) async fn peek<V: LocalValue>(
        &self,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Result<Option<V>> {
        match &self.remote {
            Some(remote) => Ok(remote.peek(slice::from_ref(call), caller, form).await?.pop().and_then(Result::ok)),
            None => Ok(self.find::<V>(call).ok().and_then(|entry| entry.value())),
        }
    }

    /// The entry of a call, if it may be served and holds a `V`. Runs no code of the user's.
    fn find<V: LocalValue>(&self, call: &Call) -> std::result::Result<EntryRef, Reason> {
        self.tier.by_key::<V>(call.identity.key(), self.now(), |entry| {
            entry.answers(&call.identity, call.rules.schema)?;
            if let Some(arguments) = &call.arguments {
                self.tier.name(entry, arguments);
            }
            Ok(())
        })
    }

    pub(crate) fn count_look<V: LocalValue>(&self, found: std::result::Result<EntryRef, Reason>) -> Option<V> {
        match found {
            Ok(entry) => {
                self.counters.hit();
                entry.value()
            }
            Err(reason) => {
                self.counters.miss(reason);
                None
            }
        }
    }
}
