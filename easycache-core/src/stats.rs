//! What a cache has done: counters, and the picture of them that users get.

mod counters;
mod figures;

use std::{fmt, time::Duration};

pub(crate) use self::{
    counters::{Counter, Counters},
    figures::whole_millis,
};

/// Why a lookup was a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing is stored under that key: never, not any more, or it was invalidated by key.
    Absent,
    /// The entry's time to live is over.
    Expired,
    /// One of the entry's tags was invalidated.
    Tag,
    /// One level of the entry's prefix was invalidated.
    Prefix,
    /// The cache was cleared.
    Cleared,
    /// The entry has other tags than the lookup.
    Names,
    /// The entry has another type, version or schema than the lookup.
    Schema,
    /// One of the entry's tags or levels of its prefix was invalidated, or the cache was cleared: a backend does not tell
    /// which.
    Invalidated,
    /// What is stored under that key is damaged, or nothing that a cache of this version has written.
    Damaged,
    /// The backend was not asked, or has not answered: it is in trouble, or an invalidation that failed is to be repeated
    /// first.
    Unreachable,
    /// The call was made inside of a [`bypass`](crate::bypass).
    Bypass,
}

impl Reason {
    /// All reasons, in the order of [`Misses`].
    pub const ALL: [Self; 11] = [
        Self::Absent,
        Self::Expired,
        Self::Tag,
        Self::Prefix,
        Self::Cleared,
        Self::Names,
        Self::Schema,
        Self::Invalidated,
        Self::Damaged,
        Self::Unreachable,
        Self::Bypass,
    ];
}

impl Reason {
    /// What it is called in events and figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Expired => "expired",
            Self::Tag => "tag",
            Self::Prefix => "prefix",
            Self::Cleared => "cleared",
            Self::Names => "names",
            Self::Schema => "schema",
            Self::Invalidated => "invalidated",
            Self::Damaged => "damaged",
            Self::Unreachable => "unreachable",
            Self::Bypass => "bypass",
        }
    }
}

/// Why a computed value was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
    /// The key was invalidated, or somebody else stored meanwhile.
    Lost,
    /// A tag or a prefix was invalidated meanwhile.
    Doomed,
    /// A tag of the result was invalidated meanwhile, or may have been.
    UnknownTag,
    /// It is heavier than all that the cache may hold.
    TooLarge,
    /// Its policy says so.
    Policy,
    /// A name cannot be used.
    BadName,
    /// It cannot be encoded.
    Encoding,
    /// The backend was not asked, or has not answered.
    Unreachable,
    /// It inherits from something that cannot be handed up.
    Inherited,
}

impl Refusal {
    /// All of them, in the order of [`Refused`].
    pub(crate) const ALL: [Self; 9] = [
        Self::Lost,
        Self::Doomed,
        Self::UnknownTag,
        Self::TooLarge,
        Self::Policy,
        Self::BadName,
        Self::Encoding,
        Self::Unreachable,
        Self::Inherited,
    ];

    /// What it is called in events and figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lost => "lease_lost",
            Self::Doomed => "doomed",
            Self::UnknownTag => "unknown_tag",
            Self::TooLarge => "too_large",
            Self::Policy => "policy",
            Self::BadName => "bad_name",
            Self::Encoding => "encoding",
            Self::Unreachable => "unreachable",
            Self::Inherited => "inherited",
        }
    }
}

/// What happened in a cache since it was built, and what it holds now. From [`Cache::stats`](crate::Cache::stats).
///
/// As data for other programs it is a map of [its counts](Self::counts), `hit_rate`, and the maps `misses`, `refused` and
/// `near`.
///
/// Its `Display` is one readable paragraph:
///
/// ```
/// # pollster::block_on(async {
/// let cache = easycache_core::Cache::builder().build()?;
/// cache.set("answer", 42, easycache_core::Policy::new()).await?;
/// assert_eq!(cache.get::<i32>("answer").await?, Some(42));
/// assert_eq!(cache.get::<i32>("question").await?, None);
///
/// let stats = cache.stats();
/// assert_eq!((stats.hits, stats.misses.total(), stats.misses.absent), (1, 1, 1));
/// assert_eq!(stats.hit_rate(), 0.5);
/// assert!(stats.to_string().starts_with("1 hit, 1 miss (1 absent)"));
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Lookups answered with a stored value.
    pub hits: u64,
    /// Of those, answered with what the request around [remembered](crate::request_scope): nothing was looked up.
    pub remembered: u64,
    /// Lookups that were not, by reason.
    pub misses: Misses,
    /// Values computed, by misses and refreshes; whether or not they were stored.
    pub computed: u64,
    /// Of those, computed while nobody waited.
    pub refreshed: u64,
    /// Misses answered by a computation that another caller had begun.
    pub coalesced: u64,
    /// Misses answered with an expired value, while another is computed or because that has failed.
    pub stale: u64,
    /// Values stored, by computations and `set`.
    pub stored: u64,
    /// Values computed but not stored.
    pub refused: Refused,
    /// Hits that were computed once more, to see whether they are right; see
    /// [`CacheBuilder::audit`](crate::CacheBuilder::audit).
    pub audits: u64,
    /// Of those, the ones that were not.
    pub disagreements: u64,
    /// Entries driven out by the bound.
    pub evicted: u64,
    /// Expired entries swept.
    pub expired: u64,
    /// Invalidations called: each name counts.
    pub invalidations: u64,
    /// Expiries called: each name counts.
    pub expiries: u64,
    /// Entries held now, including those that are invalid and not swept yet.
    pub entries: u64,
    /// Values, keys and members of [collections](crate::collections) held in this process now, including those that have
    /// expired and are not swept yet. Nothing bounds them but their time to live.
    pub elements: u64,
    /// Weight of the entries, in the units of the cache's weigher; 0 without one.
    pub weight: u64,
    /// Tags and levels of prefixes known now.
    pub stamps: u64,
    /// Computations under way now.
    pub in_flight: u64,
    /// Names on the backend whose invalidation has failed and is being repeated: until it is acknowledged, this process
    /// computes what depends on them. Not the names that were called: a tag has two there, and all tags together may have
    /// one more; a prefix has two in each of the [`stripes`](field@crate::Caps::stripes), a key has one, and where there are more
    /// than 10 000, everything counts as one.
    pub unconfirmed: u64,
    /// What the near tier has done, if there is one.
    pub near: Option<NearStats>,
}

/// What a [near tier](crate::Near) has done, in [`Stats::near`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearStats {
    /// Hits answered with a value that was kept in this process; without those that a request remembered.
    pub hits: u64,
    /// Hits answered with a value that came from the backend.
    pub far_hits: u64,
    /// Changes that the backend has told of, one for each name.
    pub pushes: u64,
    /// How often all that was kept of one node of the backend was given up: its connection was lost, it has lost its data,
    /// or it was silent.
    pub flushes: u64,
    /// Since when the node that was silent longest is known to have told everything; none while no node is on, and where
    /// the backend does not tell of changes.
    pub since_fresh: Option<Duration>,
}

/// Misses by [`Reason`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Misses {
    /// [`Reason::Absent`]
    pub absent: u64,
    /// [`Reason::Expired`]
    pub expired: u64,
    /// [`Reason::Tag`]
    pub tag: u64,
    /// [`Reason::Prefix`]
    pub prefix: u64,
    /// [`Reason::Cleared`]
    pub cleared: u64,
    /// [`Reason::Names`]
    pub names: u64,
    /// [`Reason::Schema`]
    pub schema: u64,
    /// [`Reason::Invalidated`]
    pub invalidated: u64,
    /// [`Reason::Damaged`]
    pub damaged: u64,
    /// [`Reason::Unreachable`]
    pub unreachable: u64,
    /// [`Reason::Bypass`]
    pub bypass: u64,
}

/// Values that were computed, given to their callers, and not stored, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The key was invalidated while the value was computed, or a later computation stored first.
    pub lost: u64,
    /// A tag, a prefix or the whole cache was invalidated while the value was computed.
    pub doomed: u64,
    /// A tag taken from the result, or something that it inherits, was invalidated while the value was computed, or was
    /// unknown then and may have been.
    pub unknown_tag: u64,
    /// Heavier than the bound of the cache.
    pub too_large: u64,
    /// The policy says so (`cache_if`, `cache_none = false`, a ttl of zero), the computation itself by
    /// [`no_store`](crate::no_store), or a scope that it ran in.
    pub by_policy: u64,
    /// The key cannot be used; logged once per function.
    pub bad_name: u64,
    /// The codec cannot write the value; logged.
    pub encoding: u64,
    /// The backend was not asked, or has not answered.
    pub unreachable: u64,
    /// It `inherit`s from a cached function whose value is of another cache, or was computed beside the backend: what it
    /// depends on cannot be told.
    pub inherited: u64,
}

impl Misses {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let here = self.absent + self.expired + self.tag + self.prefix + self.cleared + self.names + self.schema;
        here + self.invalidated + self.damaged + self.unreachable + self.bypass
    }
}

impl Refused {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let here = self.lost + self.doomed + self.unknown_tag + self.too_large + self.by_policy + self.bad_name;
        here + self.encoding + self.unreachable + self.inherited
    }
}

impl Stats {
    /// Hits per lookup, from 0.0 to 1.0; 0.0 before the first one.
    #[must_use]
    pub fn hit_rate(&self) -> f64 {
        let lookups = self.hits + self.misses.total();
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
        let rate = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        rate(self.hits, lookups)
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Misses { absent, expired, tag, prefix, cleared, names, schema, invalidated, damaged, unreachable, bypass } =
            self.misses;
        let reasons = [
            (absent, "absent"),
            (expired, "expired"),
            (tag, "by tag"),
            (prefix, "by prefix"),
            (cleared, "cleared"),
            (names, "other tags"),
            (schema, "other schema"),
            (invalidated, "invalidated"),
            (damaged, "damaged"),
            (unreachable, "without the backend"),
            (bypass, "bypassed"),
        ];
        let plural = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let hits = plural(self.hits, "hit", "hits");
        let misses = plural(self.misses.total(), "miss", "misses");
        let refused = self.refused.total();
        write!(f, "{hits}, {misses}{}", list(&reasons))?;
        write!(
            f,
            "; {} computed, {} coalesced, {} stored, {refused} refused",
            self.computed, self.coalesced, self.stored
        )?;
        let (entries, stamps) = (plural(self.entries, "entry", "entries"), plural(self.stamps, "stamp", "stamps"));
        write!(f, "; {entries}, {stamps}, {} evicted", self.evicted)?;
        if self.elements > 0 {
            write!(f, "; {} in collections", plural(self.elements, "element", "elements"))?;
        }
        self.near.map_or(Ok(()), |near| write!(f, "; {near}"))
    }
}

impl fmt::Display for NearStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hits, far_hits, pushes, flushes, since_fresh } = self;
        write!(f, "near tier: {hits} of {} hits, {pushes} pushes, {flushes} flushes", hits + far_hits)?;
        since_fresh.map_or(Ok(()), |since| write!(f, ", fresh {since:.1?} ago"))
    }
}

/// The counts that are not zero, in brackets.
fn list(counts: &[(u64, &str)]) -> String {
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let counts = counts.collect::<Vec<_>>().join(", ");
    if counts.is_empty() { counts } else { format!(" ({counts})") }
}
