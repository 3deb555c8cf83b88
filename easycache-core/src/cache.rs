//! [`Cache`]: one read path, one store routine.

mod apart;
mod api;
mod audit;
mod behind;
mod blocking;
mod builder;
mod cache_err;
mod chores;
mod expire;
mod explain;
mod fill;
mod hold;
mod inspect;
mod invalidate;
mod keys;
mod late;
mod many;
mod permit;
mod recall;
mod resolve;
mod timed;

use std::{
    fmt, ptr, slice,
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::{
    batch::Batch,
    clock::{Clock, Moment, SystemClock},
    collections::MemoryCollections,
    error::Result,
    flight::{Caller, FlightTable},
    identity::Identity,
    inside,
    local::{EntryRef, LocalTier},
    observe::{History, Said, Who},
    policy::Rules,
    remote::{NearTier, Place, Query, Remote},
    request::{Finding, Ledger, Visit},
    stamp::StampTable,
    stats::{Counters, Reason, Stats},
    sync::AtomicU64,
    value::LocalValue,
    wire::Form,
};

pub(crate) use self::{
    apart::apart,
    behind::{Left, go_on},
    late::Spare,
    permit::{Boarded, Due, Permit},
    timed::LastValue,
};
pub use self::{
    blocking::Blocking,
    builder::CacheBuilder,
    cache_err::CacheErr,
    chores::Swept,
    explain::{Dependency, DependencyKind, EntryPlace, Explanation},
    hold::Hold,
    inspect::CachePlace,
    invalidate::{Invalidated, TargetKind, Targets, Verb},
    keys::{BlockingKeys, KeyPage, Keys, ListedKey},
};
use self::{builder::Weigher, hold::Holds, recall::settle_here, timed::Alarms};

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
    /// The advice that was given.
    pub(crate) said: Said,
    /// What was invalidated lately.
    pub(crate) history: History,
    pub(crate) settings: Settings,
    /// Collections, if they are kept here.
    pub(crate) collections: MemoryCollections,
    pub(crate) alarms: Alarms,
    /// What is held here, if values are.
    pub(crate) holds: Holds,
    /// Where values are kept, if not here.
    pub(crate) remote: Option<Arc<Remote>>,
    /// What this process has changed, since a request first had to know.
    ledger: OnceLock<Arc<Ledger>>,
    /// 1 while the housekeeper comes by.
    pub(crate) attended: AtomicU64,
}

/// What was set when the cache was built.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) default_ttl: Duration,
    pub(crate) jitter: f64,
    pub(crate) coalesce_wait: Duration,
    /// Which part of the hits is computed once more.
    pub(crate) audit: f64,
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
    /// Compute beside a hit, to see whether it is right.
    pub(crate) audit: bool,
    /// What it shares with others that are called together with it.
    pub(crate) batch: Option<Batch>,
    /// What the request around remembers of it, if there is one.
    pub(crate) visit: Option<Arc<Visit>>,
}

impl Cache {
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// What has happened in this cache, and what it holds now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let core = &self.core;
        let counted = core.counters.read();
        Stats {
            entries: core.tier.len() as u64,
            elements: core.collections.elements() as u64,
            weight: if core.settings.weigher.is_some() { core.tier.weight() } else { 0 },
            stamps: core.stamps() as u64,
            unconfirmed: core.remote.as_ref().map_or(0, |remote| remote.unconfirmed()),
            near: core
                .near_tier()
                .map(|near| near.stats(counted.hits - counted.remembered, core.counters.far_hits.get())),
            ..counted
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
            .field("place", &self.place())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl Core {
    /// What tells it from all other caches.
    pub(crate) fn home(&self) -> usize {
        self.remote.as_ref().map_or_else(|| ptr::from_ref(self).addr(), |remote| remote.home())
    }

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

    /// The value of a call by its names, as far as this process can tell it; counts a hit, or a miss where there is no
    /// backend to ask next.
    pub(crate) fn look_up<V: LocalValue>(&self, call: &Call) -> Option<V> {
        match &self.remote {
            None => self.count_call(call, self.find::<V>(call)),
            Some(_) => self.near(Query::Call(call)).inspect(|_| self.hit(call.who(), Place::Near)),
        }
    }

    /// The same for a caller that computes what is not there. What is to be refreshed, although it is fresh, is left for the
    /// [way of a miss](Self::resolve) to serve and to count.
    pub(crate) fn look_up_to_compute<V: LocalValue>(&self, call: &Call) -> Option<V> {
        if self.remote.is_some() {
            return self.look_up(call);
        }
        let found = self.find::<V>(call);
        let may_refresh = call.rules.grace.is_early() && !inside::stores_nothing();
        if may_refresh && found.as_ref().is_ok_and(|entry| self.is_due(entry, call)) {
            return None;
        }
        self.count_call(call, found)
    }

    /// The value under a full key, whatever else its entry depends on; counts a hit or a miss.
    pub(crate) fn look_up_key<V: LocalValue>(&self, key: &str) -> Option<V> {
        let visit = match self.recall_key(key) {
            Ok(value) => return Some(value),
            Err(visit) => visit,
        };
        let found = self.find_by_key::<V>(key, |_| Ok(()));
        let entry = self.count_look(Who::of_key(key), found)?;
        let finding = Finding { identity: entry.identity(), schema: None, value_of: None, now: self.now() };
        settle_here(visit.as_deref(), finding, &entry)
    }

    /// The value of a call, counted as nothing.
    pub(crate) async fn peek<V: LocalValue>(
        &self,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Result<Option<V>> {
        match &self.remote {
            Some(_) if inside::bypasses() => Ok(None),
            Some(remote) => {
                let looked = remote.peek(self, slice::from_ref(call), caller, form).await?.pop();
                Ok(looked.and_then(Result::ok).map(|(value, _)| value))
            }
            None => Ok(self.find::<V>(call).ok().and_then(|entry| entry.value())),
        }
    }

    /// The entry of a call, if it may be served and holds a `V`. Runs no code of the user's.
    pub(crate) fn find<V: LocalValue>(&self, call: &Call) -> std::result::Result<EntryRef, Reason> {
        self.find_by_key::<V>(call.identity.key(), |entry| self.answers(entry, call))
    }

    /// Whether an entry is one for that call, which finds it by its arguments from now on.
    fn answers(&self, entry: &EntryRef, call: &Call) -> std::result::Result<(), Reason> {
        entry.answers(&call.identity, call.rules.schema)?;
        if let Some(arguments) = &call.arguments {
            self.tier.name(entry, arguments);
        }
        Ok(())
    }

    /// The entry under a key, if it `answers`, may be served and holds a `V`. What it depends on is handed up.
    fn find_by_key<V: LocalValue>(
        &self,
        key: &str,
        answers: impl FnOnce(&EntryRef) -> std::result::Result<(), Reason>,
    ) -> std::result::Result<EntryRef, Reason> {
        if inside::bypasses() {
            return Err(Reason::Bypass);
        }
        let entry = self.tier.by_key::<V>(key, self.now(), answers)?;
        inside::hand_up(|around| around.stamps(self.home(), entry.stamps()));
        Ok(entry)
    }

    pub(crate) fn near_tier(&self) -> Option<&NearTier> {
        self.remote.as_ref()?.near.as_ref()
    }

    /// How many stamps there are, besides the one of everything.
    fn stamps(&self) -> usize {
        let of_requests = self.ledger.get().map_or(0, |ledger| ledger.len());
        self.stamps.len() + self.near_tier().map_or(0, NearTier::stamps) + of_requests
    }

    /// The value of a call from what was found for it; counts a hit or a miss.
    fn count_call<V: LocalValue>(&self, call: &Call, found: std::result::Result<EntryRef, Reason>) -> Option<V> {
        let entry = self.count_look(call.who(), found)?;
        match &call.visit {
            None => entry.value(),
            visit => settle_here(visit.as_deref(), self.finding(call), &entry),
        }
    }

    /// Counts a hit or a miss.
    pub(crate) fn count_look<T>(&self, who: Who<'_>, found: std::result::Result<T, Reason>) -> Option<T> {
        match found {
            Ok(found) => {
                self.hit(who, Place::Near);
                Some(found)
            }
            Err(reason) => {
                self.missed(who, reason);
                None
            }
        }
    }
}
