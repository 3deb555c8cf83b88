//! What the caches did in the last hour.

mod ring;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use easycache_core::{Chores, Clock};

pub(crate) use self::ring::Minute;
use self::ring::{Ring, Totals};
use crate::selection::Selection;

/// Between two samples.
const EVERY: Duration = Duration::from_secs(10);

/// Samples of the counters of all caches, taken by the thread that does the chores of caches on that clock, for as long as
/// this is held by somebody.
pub(crate) struct History {
    selection: Selection,
    clock: Arc<dyn Clock>,
    rings: Mutex<BTreeMap<String, Ring>>,
}

impl History {
    /// Begins with a first sample.
    pub(crate) fn start(selection: Selection, clock: &Arc<dyn Clock>) -> Arc<Self> {
        let history = Arc::new(Self { selection, clock: Arc::clone(clock), rings: Mutex::default() });
        history.sample();
        let weak = Arc::downgrade(&history);
        clock.attend(weak as Weak<dyn Chores>);
        // Its thread may sleep for good, because no cache had anything to do.
        clock.rouse();
        history
    }

    /// Takes those samples that are due. Called as often as somebody likes.
    pub(crate) fn sample(&self) {
        let now = self.clock.now();
        let mut rings = self.rings();
        for alias in self.selection.aliases() {
            let Some(cache) = self.selection.registered(&alias) else { continue };
            let ring = rings.entry(alias).or_default();
            if ring.is_due(now, EVERY) {
                let stats = cache.stats();
                ring.add(now, Totals { hits: stats.hits, misses: stats.misses.total() });
            }
        }
        rings.retain(|_, ring| !ring.is_over(now));
    }

    /// The last 60 minutes of an alias, the oldest first, by whichever caches it stood for. Empty before anything was seen
    /// of it.
    pub(crate) fn minutes(&self, alias: &str) -> Vec<Minute> {
        self.sample();
        self.rings().get(alias).map(|ring| ring.minutes(self.clock.now())).unwrap_or_default()
    }

    fn rings(&self) -> MutexGuard<'_, BTreeMap<String, Ring>> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chores for History {
    fn run(&self, _thorough: bool) -> Option<Duration> {
        self.sample();
        Some(EVERY)
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("selection", &self.selection).finish_non_exhaustive()
    }
}
