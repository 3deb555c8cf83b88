//! The counters.

use std::sync::atomic::{AtomicU64, Ordering};

use thread_local::ThreadLocal;

use super::{Misses, Reason, Refusal, Refused, Stats};
use crate::cache::Verb;

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// One for each thread, written by it alone: counting a hit costs no more than a store.
    hits: ThreadLocal<OwnLine>,
    misses: [AtomicU64; Reason::ALL.len()],
    refused: [AtomicU64; Refusal::ALL.len()],
    pub(crate) computed: Counter,
    pub(crate) refreshed: Counter,
    pub(crate) coalesced: Counter,
    /// Hits that the backend has answered; counted where there is a near tier.
    pub(crate) far_hits: Counter,
    /// Hits that a request has remembered.
    pub(crate) remembered: Counter,
    pub(crate) stale: Counter,
    pub(crate) stored: Counter,
    pub(crate) audits: Counter,
    pub(crate) disagreements: Counter,
    pub(crate) evicted: Counter,
    pub(crate) expired: Counter,
    pub(crate) invalidations: Counter,
    pub(crate) expiries: Counter,
    pub(crate) in_flight: Counter,
}

/// A count in a cache line of its own, or else the neighbours' threads would fight over it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct OwnLine(AtomicU64);

/// A count that many threads add to.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn sub(&self, count: usize) {
        self.0.fetch_sub(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// Counts names that were invalidated, or expired.
    pub(crate) fn outdated(&self, verb: Verb) -> &Counter {
        match verb {
            Verb::Invalidate => &self.invalidations,
            Verb::Expire => &self.expiries,
        }
    }

    #[inline]
    pub(crate) fn hit(&self) {
        let OwnLine(hits) = self.hits.get_or_default();
        hits.store(hits.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub(crate) fn miss(&self, reason: Reason) {
        self.misses[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.refused[refusal as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The counts; what the cache holds now is for the cache to add.
    pub(crate) fn read(&self) -> Stats {
        let miss = |reason: Reason| self.misses[reason as usize].load(Ordering::Relaxed);
        let refused = |refusal: Refusal| self.refused[refusal as usize].load(Ordering::Relaxed);
        Stats {
            hits: self.hits.iter().map(|OwnLine(hits)| hits.load(Ordering::Relaxed)).sum(),
            misses: Misses {
                absent: miss(Reason::Absent),
                expired: miss(Reason::Expired),
                tag: miss(Reason::Tag),
                prefix: miss(Reason::Prefix),
                cleared: miss(Reason::Cleared),
                names: miss(Reason::Names),
                schema: miss(Reason::Schema),
                invalidated: miss(Reason::Invalidated),
                damaged: miss(Reason::Damaged),
                unreachable: miss(Reason::Unreachable),
                bypass: miss(Reason::Bypass),
            },
            refused: Refused {
                lost: refused(Refusal::Lost),
                doomed: refused(Refusal::Doomed),
                unknown_tag: refused(Refusal::UnknownTag),
                too_large: refused(Refusal::TooLarge),
                by_policy: refused(Refusal::Policy),
                bad_name: refused(Refusal::BadName),
                encoding: refused(Refusal::Encoding),
                unreachable: refused(Refusal::Unreachable),
                inherited: refused(Refusal::Inherited),
            },
            computed: self.computed.get(),
            refreshed: self.refreshed.get(),
            coalesced: self.coalesced.get(),
            remembered: self.remembered.get(),
            stale: self.stale.get(),
            stored: self.stored.get(),
            audits: self.audits.get(),
            disagreements: self.disagreements.get(),
            evicted: self.evicted.get(),
            expired: self.expired.get(),
            invalidations: self.invalidations.get(),
            expiries: self.expiries.get(),
            in_flight: self.in_flight.get(),
            ..Stats::default()
        }
    }
}
