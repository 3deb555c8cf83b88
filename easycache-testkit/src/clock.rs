//! [`ManualClock`].

use std::{
    sync::{Mutex, PoisonError, Weak},
    time::Duration,
};

use easycache_core::{Chores, Clock, Moment};

/// A clock that stands still until it is [advanced](Self::advance), and then does the chores of its caches at once: what
/// has expired is gone when `advance` returns.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use easycache_core::{Cache, Policy};
/// use easycache_testkit::ManualClock;
///
/// let clock = Arc::new(ManualClock::new());
/// let cache = Cache::builder().clock(clock.clone()).build()?;
/// cache.blocking().set("answer", 42, Policy::ttl("10s"))?;
///
/// clock.advance(Duration::from_secs(9));
/// assert_eq!(cache.blocking().get::<i32>("answer")?, Some(42));
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(cache.blocking().get::<i32>("answer")?, None);
/// # Ok::<_, easycache_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Moment>,
    staff: Mutex<Staff>,
}

#[derive(Default)]
struct Staff(Vec<Weak<dyn Chores>>);

impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} caches", self.0.len())
    }
}

impl ManualClock {
    /// A clock that stands one hour after its origin.
    #[must_use]
    pub fn new() -> Self {
        let start = Moment::ORIGIN.after(Duration::from_secs(3600));
        Self { now: Mutex::new(start), staff: Mutex::default() }
    }

    /// Moves the clock on, then does the chores of every cache on it, thoroughly.
    pub fn advance(&self, span: Duration) {
        {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = now.after(span);
        }
        let staff = self.staff.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
        for chores in staff.iter().filter_map(Weak::upgrade) {
            chores.run(true);
        }
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attend(&self, chores: Weak<dyn Chores>) {
        let mut staff = self.staff.lock().unwrap_or_else(PoisonError::into_inner);
        staff.0.retain(|chores| chores.strong_count() > 0);
        staff.0.push(chores);
    }
}
