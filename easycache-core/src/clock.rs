//! Time: the only place that reads it.

use std::{
    fmt,
    sync::Weak,
    time::{Duration, SystemTime},
};

use crate::housekeeper;

/// A point in time on some [`Clock`]: how long after that clock's origin it lies.
///
/// Its resolution is 2⁻³² seconds; what the clock behind it resolves is another matter.
///
/// ```
/// use std::time::Duration;
/// use easycache_core::Moment;
///
/// let start = Moment::ORIGIN;
/// assert_eq!(start.after(Duration::from_secs(90)).since(start), Duration::from_secs(90));
/// assert!(start < Moment::NEVER);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The origin of the clock, before everything it will ever tell.
    pub const ORIGIN: Self = Self(0);
    /// After everything a clock will ever tell.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment `span` later; [`Moment::NEVER`] if that is out of range (136 years).
    #[must_use]
    pub const fn after(self, span: Duration) -> Self {
        if span.as_secs() > u32::MAX as u64 {
            return Self::NEVER;
        }
        let ticks = (span.as_secs() << 32) + ((span.subsec_nanos() as u64) << 32).div_ceil(1_000_000_000);
        Self(self.0.saturating_add(ticks))
    }

    /// How long after `earlier` this moment lies; zero if it does not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let ticks = self.0.saturating_sub(earlier.0);
        let nanos = (((ticks & 0xFFFF_FFFF) * 1_000_000_000) >> 32) as u32;
        Duration::new(ticks >> 32, nanos)
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) const fn to_bits(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NEVER => f.write_str("never"),
            at => write!(f, "{:?}", at.since(Self::ORIGIN)),
        }
    }
}

/// Where a cache takes the time from, and who does its chores.
///
/// Services use [`SystemClock`]; tests use the manual clock of `easycache-testkit`, on which nothing happens until it
/// is advanced.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment. Never goes back.
    fn now(&self) -> Moment;

    /// Takes on the chores of one more cache. They end when the cache is gone.
    fn attend(&self, chores: Weak<dyn Chores>);

    /// There is work again for chores that had none when they were last done.
    fn rouse(&self) {}
}

/// What has to be done for a cache from time to time: drop what has expired, collect stamps that nothing holds, wake
/// callers that have waited long enough.
pub trait Chores: Send + Sync {
    /// Does what is due. Returns how long the next round can wait, or `None` if there is nothing left to look after:
    /// then it waits for [`Clock::rouse`].
    ///
    /// A `thorough` round finishes all there is at once, however long that takes; one that is not does a slice.
    fn run(&self, thorough: bool) -> Option<Duration>;
}

/// What the clock on the wall says: for people, and for nothing that is decided.
pub(crate) fn wall_time() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    SystemTime::now()
}

/// The machine's monotonic clock, read in its coarse form: a few nanoseconds a read, exact to the kernel's tick (1 to
/// 4 ms on Linux).
///
/// The chores of every cache on it are done by one thread of the process, which is started by the first cache and
/// sleeps while all of them are empty.
///
/// ```
/// use easycache_core::{Clock, SystemClock};
///
/// assert!(SystemClock.now() <= SystemClock.now());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[inline]
    fn now(&self) -> Moment {
        // Not `Instant::now`, which besides reading the clock writes to a cache line that all threads share.
        Moment(coarsetime::Instant::now_without_cache_update().as_ticks())
    }

    fn attend(&self, chores: Weak<dyn Chores>) {
        housekeeper::employ(chores);
    }

    fn rouse(&self) {
        housekeeper::rouse();
    }
}
