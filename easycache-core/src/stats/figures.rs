//! The counts by their names, for whoever shows all of them; and as data for other programs.

use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Misses, NearStats, Reason, Refusal, Refused, Stats};

impl Misses {
    /// Each reason, and how many misses it was the reason of, in the order of [`Reason::ALL`].
    pub fn by_reason(&self) -> impl Iterator<Item = (Reason, u64)> + use<> {
        let misses = *self;
        Reason::ALL.into_iter().map(move |reason| (reason, misses.of(reason)))
    }

    /// How many misses had that reason.
    #[must_use]
    pub const fn of(&self, reason: Reason) -> u64 {
        match reason {
            Reason::Absent => self.absent,
            Reason::Expired => self.expired,
            Reason::Tag => self.tag,
            Reason::Prefix => self.prefix,
            Reason::Cleared => self.cleared,
            Reason::Names => self.names,
            Reason::Schema => self.schema,
            Reason::Invalidated => self.invalidated,
            Reason::Damaged => self.damaged,
            Reason::Unreachable => self.unreachable,
            Reason::Bypass => self.bypass,
        }
    }
}

impl Refused {
    /// Each cause, by the name that it has in events and figures, and how many values were not stored for it.
    pub fn by_cause(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let refused = *self;
        Refusal::ALL.into_iter().map(move |refusal| (refusal.name(), refused.of(refusal)))
    }

    const fn of(&self, refusal: Refusal) -> u64 {
        match refusal {
            Refusal::Lost => self.lost,
            Refusal::Doomed => self.doomed,
            Refusal::UnknownTag => self.unknown_tag,
            Refusal::TooLarge => self.too_large,
            Refusal::Policy => self.by_policy,
            Refusal::BadName => self.bad_name,
            Refusal::Encoding => self.encoding,
            Refusal::Unreachable => self.unreachable,
            Refusal::Inherited => self.inherited,
        }
    }
}

impl Stats {
    /// Every count that is a number of its own, by its name; see [`Misses::by_reason`], [`Refused::by_cause`] and
    /// [`NearStats::counts`] for the rest.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        // Taken apart, so that none is forgotten.
        let &Self {
            hits,
            remembered,
            misses: _,
            computed,
            refreshed,
            coalesced,
            stale,
            stored,
            refused: _,
            audits,
            disagreements,
            evicted,
            expired,
            invalidations,
            expiries,
            entries,
            elements,
            weight,
            stamps,
            in_flight,
            unconfirmed,
            near: _,
        } = self;
        let counts = [
            ("hits", hits),
            ("remembered", remembered),
            ("computed", computed),
            ("refreshed", refreshed),
            ("coalesced", coalesced),
            ("stale", stale),
            ("stored", stored),
            ("audits", audits),
            ("disagreements", disagreements),
            ("evicted", evicted),
            ("expired", expired),
            ("invalidations", invalidations),
            ("expiries", expiries),
            ("entries", entries),
            ("elements", elements),
            ("weight", weight),
            ("stamps", stamps),
            ("in_flight", in_flight),
            ("unconfirmed", unconfirmed),
        ];
        counts.into_iter()
    }
}

impl NearStats {
    /// Every count, by its name.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let &Self { hits, far_hits, pushes, flushes, since_fresh: _ } = self;
        [("hits", hits), ("far_hits", far_hits), ("pushes", pushes), ("flushes", flushes)].into_iter()
    }
}

impl Serialize for Misses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = self.by_reason().map(|(reason, count)| (reason.name(), count));
        serializer.collect_map(counts.chain([("total", self.total())]))
    }
}

impl Serialize for Refused {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.by_cause().chain([("total", self.total())]))
    }
}

impl Serialize for Stats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, count) in self.counts() {
            map.serialize_entry(name, &count)?;
        }
        map.serialize_entry("hit_rate", &self.hit_rate())?;
        map.serialize_entry("misses", &self.misses)?;
        map.serialize_entry("refused", &self.refused)?;
        map.serialize_entry("near", &self.near)?;
        map.end()
    }
}

impl Serialize for NearStats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, count) in self.counts() {
            map.serialize_entry(name, &count)?;
        }
        map.serialize_entry("since_fresh_ms", &self.since_fresh.map(whole_millis))?;
        map.end()
    }
}

/// A span in whole milliseconds.
pub(crate) fn whole_millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
