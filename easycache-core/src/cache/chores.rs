//! What has to be done from time to time.

use std::time::Duration;

use crate::{clock::Chores, remote::NearTier, sync::Ordering};

use super::{Cache, Core};

/// What [`Cache::sweep`] has taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// Entries whose time to live was over.
    pub expired: usize,
    /// Entries that an invalidation had made unservable.
    pub invalidated: usize,
    /// Stamps that no entry needed any more.
    pub stamps: usize,
    /// Values, keys and members of [collections](crate::collections) in this process whose time to live was over.
    pub elements: usize,
}

/// Between two rounds, while there is something to sweep.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two rounds, while callers wait for a flight: how exact their patience is.
const SHORT_PAUSE: Duration = Duration::from_millis(50);
/// What one round sweeps at least: all of a cache of the usual size, in a few milliseconds.
const SLOTS: usize = 1 << 17;

impl Cache {
    /// Takes out at once what can never be served again; the housekeeper does the same in its own time.
    ///
    /// It changes nothing about what is served. It gives memory back, and it tells how much an invalidation has made
    /// obsolete: invalidating a tag takes one step, however many entries have it, so nobody counts them then.
    #[expect(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn sweep(&self) -> Swept {
        self.core().sweep(usize::MAX)
    }
}

impl Core {
    fn sweep(&self, slots: usize) -> Swept {
        self.end_holds();
        let entries = self.tier.sweep(self.now(), slots);
        self.counters.expired.add(entries.expired);
        // When the ring has been seen: what it held on to is free now.
        let stamps = if entries.around { self.collect_stamps() } else { 0 };
        let elements = self.collections.sweep(self.now());
        Swept { expired: entries.expired, invalidated: entries.invalidated, stamps, elements }
    }

    fn collect_stamps(&self) -> usize {
        let of_requests = self.ledger.get().map_or(0, |ledger| ledger.collect());
        self.stamps.collect() + self.near_tier().map_or(0, NearTier::collect) + of_requests
    }

    fn is_idle(&self) -> bool {
        let holds_nothing = self.collections.is_empty() && self.holds.is_empty() && self.alarms.is_empty();
        self.tier.len() == 0 && self.stamps() == 0 && holds_nothing
    }
}

impl Chores for Core {
    fn run(&self, thorough: bool) -> Option<Duration> {
        let anyone_waits = self.flights.wake_all() | self.alarms.ring();
        let slots = if thorough { usize::MAX } else { SLOTS.max(self.tier.len() / 16) };
        self.sweep(slots);
        if anyone_waits {
            return Some(SHORT_PAUSE);
        }
        if self.is_idle() {
            self.attended.store(0, Ordering::Release);
            // Who came in between found the flag still up, and did not rouse.
            if self.is_idle() && !self.flights.wake_all() {
                return None;
            }
            self.attended.store(1, Ordering::Release);
        }
        Some(PAUSE)
    }
}
