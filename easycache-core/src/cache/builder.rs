//! Building a cache.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::{
    backend::Backend,
    clock::{Chores, Clock},
    collections::MemoryCollections,
    error::{Error, ErrorKind, Result},
    flight::FlightTable,
    local::{Bound, LocalTier},
    near::{self, Near},
    observe::{History, Said},
    policy::check_jitter,
    remote::{Remote, RemoteSettings},
    stamp::StampTable,
    stats::Counters,
    sync::AtomicU64,
    ttl::IntoTtl,
    wire::{Codec, Compression},
};

use super::{Cache, Core, Settings, Time, hold::Holds, timed::Alarms};

/// Where nothing else is said, a cache holds that many entries.
const ENTRIES: usize = 100_000;
/// Where nothing else is said, an entry lives that long: nothing is immortal.
const TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Where nothing else is said, a caller waits that long for another one's computation.
const COALESCE_WAIT: Duration = Duration::from_secs(5);
/// Where nothing else is said, a call waits that long for its backend.
const DEADLINE: Duration = Duration::from_millis(500);
/// Where nothing else is said, times to live on a backend vary by that fraction.
const REMOTE_JITTER: f64 = 0.1;

/// Settings of a [`Cache`] that is being built, from [`Cache::builder`].
///
/// ```
/// use std::time::Duration;
/// use easycache_core::Cache;
///
/// let cache = Cache::builder()
///     .namespace("shop")
///     .max_entries(10_000)
///     .default_ttl(Duration::from_secs(300))
///     .build()?;
/// # Ok::<_, easycache_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is built before `build`"]
pub struct CacheBuilder {
    namespace: String,
    max_entries: usize,
    max_weight: Option<(u64, Weigher)>,
    default_ttl: Result<Duration>,
    jitter: Option<f64>,
    coalesce_wait: Result<Duration>,
    clock: Option<Arc<dyn Clock>>,
    bounded: bool,
    backend: Option<Arc<dyn Backend>>,
    near: Option<Near>,
    audit: f64,
    codec: Option<Codec>,
    compression: Option<Compression>,
    deadline: Option<Result<Duration>>,
}

/// Tells how heavy an entry is.
#[derive(Clone)]
pub(crate) struct Weigher(Arc<WeighEntry>);

type WeighEntry = dyn Fn(&str, &dyn Any) -> u64 + Send + Sync;

impl Weigher {
    pub(crate) fn weigh(&self, key: &str, value: &dyn Any) -> u64 {
        (self.0)(key, value)
    }
}

impl fmt::Debug for Weigher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Weigher")
    }
}

impl Cache {
    /// A cache to be built. Every setting has a default.
    pub fn builder() -> CacheBuilder {
        CacheBuilder {
            namespace: String::new(),
            max_entries: ENTRIES,
            max_weight: None,
            default_ttl: Ok(TTL),
            jitter: None,
            coalesce_wait: Ok(COALESCE_WAIT),
            clock: None,
            bounded: false,
            backend: None,
            near: None,
            audit: 0.0,
            codec: None,
            compression: None,
            deadline: None,
        }
    }
}

impl CacheBuilder {
    /// Names the application, for logs, and to tell applications apart that share one server. Default: empty.
    ///
    /// Two caches in process share nothing, whatever their namespaces.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Holds at most that many entries. Default: 100 000.
    ///
    /// When it is full, an entry makes room that has not been read for long (second chance).
    ///
    /// [Collections](crate::collections) are no entries: in process nothing bounds them but their time to live.
    pub fn max_entries(mut self, entries: usize) -> Self {
        (self.max_entries, self.bounded) = (entries, true);
        self
    }

    /// Holds entries of at most that weight, in units of your choice. `weigh` gets the full key and the value, which
    /// it downcasts to the types that it knows.
    ///
    /// ```
    /// use easycache_core::Cache;
    ///
    /// let cache = Cache::builder().max_weight(1 << 20, |key, value| {
    ///     let bytes = value.downcast_ref::<String>().map_or(64, String::len);
    ///     (key.len() + bytes) as u64
    /// });
    /// ```
    ///
    /// The number of entries stays bounded, too. A value that is heavier than all of the bound is not stored.
    pub fn max_weight(mut self, weight: u64, weigh: impl Fn(&str, &dyn Any) -> u64 + Send + Sync + 'static) -> Self {
        self.max_weight = Some((weight, Weigher(Arc::new(weigh))));
        self
    }

    /// How long an entry lives whose call does not say: a `Duration`, seconds, or text such as `"10m"`. Default: 30
    /// days.
    pub fn default_ttl(mut self, ttl: impl IntoTtl) -> Self {
        self.default_ttl = ttl.into_ttl();
        self
    }

    /// Varies every time to live at random by up to this fraction (0.0 to 1.0), both ways, where the call does not say
    /// otherwise. Default: 0.0 in process, 0.1 on a backend, where what was stored together would expire for all processes
    /// together.
    pub fn jitter(mut self, fraction: f64) -> Self {
        self.jitter = Some(fraction);
        self
    }

    /// How long a caller waits at most for the computation of another caller, before it computes for itself: a
    /// `Duration`, seconds, or text. Default: 5 seconds. It is kept to within a second.
    pub fn coalesce_wait(mut self, wait: impl IntoTtl) -> Self {
        self.coalesce_wait = wait.into_ttl();
        self
    }

    /// Takes the time from that clock. Default: [`SystemClock`](crate::SystemClock).
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Keeps values in that backend instead of in this process. All caches with the same backend and namespace, in
    /// whichever process, have the same entries.
    ///
    /// Async callers wait for it in their own tokio runtime, which must have time and I/O enabled; all others are served by
    /// a thread of ours.
    pub fn backend(self, backend: impl Backend) -> Self {
        self.shared_backend(Arc::new(backend))
    }

    /// The same, of one that is behind a pointer already.
    pub(crate) fn shared_backend(mut self, backend: Arc<dyn Backend>) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Keeps values that were found in the backend in this process, too. [`Near`] says what is promised then, and how to
    /// choose. Default: no near tier, every read asks the backend.
    ///
    /// ```
    /// use easycache_core::{Cache, Freshness, MemoryStore, Near, Stamped};
    ///
    /// let near = Near::bounded(10_000).freshness(Freshness::Strict);
    /// let cache = Cache::builder().backend(Stamped::new(MemoryStore::new())).near(near).build()?;
    /// # Ok::<_, easycache_core::Error>(())
    /// ```
    pub fn near(mut self, near: Near) -> Self {
        self.near = Some(near);
        self
    }

    /// How values are written to the backend. Default: [`Codec::MessagePack`].
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Whether large values are compressed before they are written to the backend. Default: no.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// How long a call waits for the backend at most, all its round trips together: a `Duration`, seconds, or text.
    /// Default: 500 ms. Then it computes, or fails if its policy says so. The computation itself does not count.
    pub fn deadline(mut self, deadline: impl IntoTtl) -> Self {
        self.deadline = Some(deadline.into_ttl());
        self
    }

    /// Computes that part of the hits once more (0.0 to 1.0, such as 0.001), and reports those that differ: by an event of
    /// `tracing` at the level of errors, in [`Stats::disagreements`](crate::Stats::disagreements), and in the figures. It shows what
    /// a function depends on that no tag, prefix or argument tells. Default: 0.0, none.
    ///
    /// The caller of such a hit waits for the computation, and gets the hit. A value that was invalidated, replaced or has
    /// expired meanwhile is no disagreement, nor is an error. Values are compared as the codec writes them, so that those
    /// of a function that says `local` are not looked at, and those without a fixed order (a `HashMap`) may be reported
    /// for no reason. Each hit of an audited cache makes its key: it takes several times as long as without.
    pub fn audit(mut self, part: f64) -> Self {
        self.audit = part;
        self
    }

    /// Builds the cache. Fails if a setting is out of range.
    pub fn build(self) -> Result<Cache> {
        if self.max_entries == 0 {
            return Err(invalid("a cache of 0 entries holds nothing: give `max_entries` at least 1"));
        }
        self.check_place()?;
        let near = self.near.as_ref().map(Near::check).transpose()?;
        let clock = self.clock.clone().map_or(Time::System, Time::Other);
        let remote = self.remote(near, &clock)?;
        let default_ttl = self.default_ttl?;
        if default_ttl.is_zero() {
            return Err(invalid("a default ttl of zero stores nothing: give `default_ttl` a longer one"));
        }
        let usual = if remote.is_some() { REMOTE_JITTER } else { 0.0 };
        let jitter = check_jitter(self.jitter.unwrap_or(usual))?;
        let audit = self.audit;
        if !(0.0..=1.0).contains(&audit) {
            return Err(invalid(
                "`audit` is the part of the hits that is computed once more: give a fraction from 0.0 to 1.0, such as 0.001",
            ));
        }
        let (weight, weigher) = self.max_weight.unzip();
        let settings = Settings { default_ttl, jitter, coalesce_wait: self.coalesce_wait?, audit, weigher };
        let entries = near.map_or(self.max_entries, |near| near.entries);
        let bound = Bound { entries, weight: weight.unwrap_or(u64::MAX) };
        Ok(Cache::assemble(self.namespace, bound, (settings, remote), clock))
    }

    /// Whether what was set is of use where values are kept.
    fn check_place(&self) -> Result<()> {
        if self.backend.is_some() && (self.bounded || self.max_weight.is_some()) {
            return Err(invalid(
                "`max_entries` and `max_weight` bound what is kept in this process, and this cache keeps all in its backend: leave them out, or bound a near tier with `near`",
            ));
        }
        if self.backend.is_none() && self.near.is_some() {
            return Err(invalid(
                "a near tier stands in front of a backend, and this cache has none: give it one with `backend`, or bound what it holds with `max_entries`",
            ));
        }
        if self.backend.is_none() && (self.codec.is_some() || self.compression.is_some() || self.deadline.is_some()) {
            return Err(invalid(
                "`codec`, `compression` and `deadline` are about a backend, and this cache has none: give it one with `backend`",
            ));
        }
        Ok(())
    }

    fn remote(&self, near: Option<near::Checked>, clock: &Time) -> Result<Option<Arc<Remote>>> {
        let Some(backend) = &self.backend else { return Ok(None) };
        let deadline = self.deadline.clone().transpose()?.unwrap_or(DEADLINE);
        if deadline.is_zero() {
            return Err(invalid("no backend answers within a deadline of zero: give `deadline` a longer one"));
        }
        let (codec, compression) = (self.codec.unwrap_or_default(), self.compression.unwrap_or_default());
        let settings = RemoteSettings { codec, compression, deadline };
        let mut remote = Remote::new(Arc::clone(backend), &self.namespace, settings)?;
        if let Some(near) = near {
            remote.keep_near(near, clock)?;
        }
        Ok(Some(Arc::new(remote)))
    }
}

impl Cache {
    fn assemble(
        namespace: String,
        bound: Bound,
        (settings, remote): (Settings, Option<Arc<Remote>>),
        clock: Time,
    ) -> Self {
        let core = Arc::new(Core {
            namespace: namespace.into(),
            clock,
            tier: LocalTier::new(bound),
            stamps: StampTable::new(),
            flights: FlightTable::new(),
            holds: Holds::default(),
            counters: Counters::default(),
            said: Said::default(),
            history: History::default(),
            alarms: Alarms::default(),
            settings,
            remote,
            ledger: OnceLock::new(),
            collections: MemoryCollections::default(),
            attended: AtomicU64::new(0),
        });
        let chores: Arc<dyn Chores> = Arc::<Core>::clone(&core);
        core.clock.clock().attend(Arc::downgrade(&chores));
        Self { core }
    }

    /// The cache that is there when nothing was configured: in process, with every default.
    pub(crate) fn embedded() -> Self {
        Self::builder().build().expect("the defaults are in range")
    }
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}
