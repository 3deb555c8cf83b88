//! Stamps: what an entry depends on, and what one call invalidates for all of them.
//!
//! Every tag, every level of a prefix and the cache as a whole has a stamp, and a stamp has a version. Versions come
//! from one sequence, so that each is newer than all before it. An entry notes where the sequence stood *before* its
//! value was computed, and holds pointers to its stamps: it is valid as long as none of them has a newer version.
//!
//! An expiry gives a stamp a new version as well, but leaves its hard version alone: what was stored before is not fresh
//! any more, and may be served all the same where a policy says so.

use std::{fmt, sync::Arc};

use crate::{
    cache::Verb,
    identity::{Space, StampName},
    stats::Reason,
    sync::{AtomicU64, Map, Ordering, Sharded, lock},
};

/// A version of a stamp, or a point in the sequence that versions are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u64);

impl Version {
    /// Before every other.
    pub(crate) const START: Self = Self(0);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What entries depend on. Its version only grows.
#[derive(Debug)]
pub(crate) struct Stamp {
    version: AtomicU64,
    /// The version that the last invalidation has given it; never newer than `version` is then.
    hard: AtomicU64,
    space: Space,
    name: Arc<str>,
}

/// The stamps of one entry.
pub(crate) type Stamps = Box<[Arc<Stamp>]>;

impl Stamp {
    fn new(space: Space, name: Arc<str>, version: u64) -> Arc<Self> {
        Arc::new(Self { version: AtomicU64::new(version), hard: AtomicU64::new(version), space, name })
    }

    fn set(&self, version: u64, verb: Verb) {
        if verb == Verb::Invalidate {
            self.hard.store(version, Ordering::Release);
        }
        self.version.store(version, Ordering::Release);
    }

    #[inline]
    pub(crate) fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    /// What it is the stamp of, as it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn space(&self) -> Space {
        self.space
    }

    /// Why an entry is a miss that this stamp has moved for.
    #[cold]
    pub(crate) fn reason(&self) -> Reason {
        match self.space {
            Space::All => Reason::Cleared,
            Space::Tag => Reason::Tag,
            Space::Prefix => Reason::Prefix,
        }
    }
}

/// The first stamp that has moved since `born`.
#[inline]
pub(crate) fn moved(stamps: &[Arc<Stamp>], born: Version) -> Option<&Stamp> {
    stamps.iter().map(Arc::as_ref).find(|stamp| stamp.version() > born)
}

/// The first stamp that was invalidated since `born`, and not just expired.
pub(crate) fn invalidated(stamps: &[Arc<Stamp>], born: Version) -> Option<&Stamp> {
    stamps.iter().map(Arc::as_ref).find(|stamp| Version(stamp.hard.load(Ordering::Acquire)) > born)
}

/// All stamps of a cache that something holds, or that have not been collected yet.
#[derive(Debug)]
pub(crate) struct StampTable {
    sequence: AtomicU64,
    /// The stamp of everything; never collected.
    all: Arc<Stamp>,
    shards: Sharded<Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    tags: Names,
    prefixes: Names,
    /// Stands for the version of every stamp that is not here: the newest that any of them can have had.
    floor: u64,
}

type Names = Map<Arc<str>, Arc<Stamp>>;

impl Shard {
    fn names(&mut self, space: Space) -> &mut Names {
        match space {
            Space::Prefix => &mut self.prefixes,
            Space::Tag | Space::All => &mut self.tags,
        }
    }
}

impl StampTable {
    pub(crate) fn new() -> Self {
        Self { sequence: AtomicU64::new(0), all: Stamp::new(Space::All, Arc::from(""), 0), shards: Sharded::new(64) }
    }

    /// Where the sequence stands. Whoever computes a value reads this first: an invalidation that comes later gets a
    /// newer version.
    pub(crate) fn now(&self) -> Version {
        Version(self.sequence.load(Ordering::Acquire))
    }

    /// A new point in the sequence, which is later than all that were read so far.
    pub(crate) fn advance(&self) -> Version {
        Version(self.next())
    }

    /// The stamp of that name. One that is not there is made, as old as any stamp of that name can have become.
    pub(crate) fn get(&self, name: StampName<'_>) -> Arc<Stamp> {
        if name.space == Space::All {
            return Arc::clone(&self.all);
        }
        let mut shard = self.shards.of(&name);
        if let Some(stamp) = shard.names(name.space).get(name.name) {
            return Arc::clone(stamp);
        }
        let text = Arc::<str>::from(name.name);
        let stamp = Stamp::new(name.space, Arc::clone(&text), shard.floor);
        shard.names(name.space).insert(text, Arc::clone(&stamp));
        stamp
    }

    /// Gives the stamp of that name a new version. Returns whether anything can have depended on it.
    pub(crate) fn bump(&self, name: StampName<'_>, verb: Verb) -> bool {
        if name.space == Space::All {
            // Under a lock like all others: two bumps at once must not leave the older version standing.
            let _shard = self.shards.of(&name);
            self.all.set(self.next(), verb);
            return true;
        }
        let mut shard = self.shards.of(&name);
        let version = self.next();
        if let Some(stamp) = shard.names(name.space).get(name.name) {
            stamp.set(version, verb);
            return true;
        }
        // A computation under way may name this stamp only when it is done: it will find the floor above its start.
        shard.floor = version;
        false
    }

    /// Drops every stamp that nothing holds; returns how many.
    ///
    /// No old entry can come back to life by that: an entry holds its stamps. And a computation under way finds the
    /// floor raised to the version that was dropped.
    pub(crate) fn collect(&self) -> usize {
        self.shards.all().map(|shard| collect(&mut lock(shard))).sum()
    }

    /// How many stamps there are, besides the one of everything.
    pub(crate) fn len(&self) -> usize {
        let count = |shard: &Shard| shard.tags.len() + shard.prefixes.len();
        self.shards.all().map(|shard| count(&lock(shard))).sum()
    }

    fn next(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::AcqRel) + 1
    }
}

fn collect(shard: &mut Shard) -> usize {
    let Shard { tags, prefixes, floor } = shard;
    let before = tags.len() + prefixes.len();
    for names in [&mut *tags, &mut *prefixes] {
        // Nobody can take hold of a stamp while its shard is locked, other than by a hold that already exists.
        names.retain(|_, stamp| {
            let held = Arc::strong_count(stamp) > 1;
            if !held {
                *floor = (*floor).max(stamp.version().0);
            }
            held
        });
        if names.capacity() > 4 * names.len().max(16) {
            names.shrink_to_fit();
        }
    }
    before - tags.len() - prefixes.len()
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    const TAG: StampName<'_> = StampName { space: Space::Tag, name: "team:2" };
    const PREFIX: StampName<'_> = StampName { space: Space::Prefix, name: "team:2" };

    #[test]
    fn a_bump_moves_the_stamp_of_that_name_and_no_other() {
        let table = StampTable::new();
        let stamps = [table.get(TAG), table.get(PREFIX)];
        let born = table.now();
        assert!(table.bump(TAG, Verb::Invalidate));
        assert!(stamps[0].version() > born);
        assert!(stamps[1].version() <= born);
        assert_eq!(moved(&stamps, born).unwrap().reason(), Reason::Tag);
    }

    #[test]
    fn a_stamp_made_after_the_bump_of_its_absent_name_is_as_new_as_the_bump() {
        let table = StampTable::new();
        let born = table.now();
        assert!(!table.bump(TAG, Verb::Invalidate));
        assert!(table.get(TAG).version() > born, "a value computed before the bump must not take this tag");
        assert!(table.get(TAG).version() <= table.now(), "a value computed from now on may");
    }

    #[test]
    fn a_collected_stamp_comes_back_at_least_as_new() {
        let table = StampTable::new();
        let born = table.now();
        drop(table.get(TAG));
        table.bump(TAG, Verb::Invalidate);
        assert_eq!(table.collect(), 1);
        assert_eq!(table.len(), 0);
        assert!(table.get(TAG).version() > born);
    }

    #[test]
    fn a_stamp_that_something_holds_is_not_collected() {
        let table = StampTable::new();
        let held = table.get(TAG);
        assert_eq!(table.collect(), 0);
        assert!(Arc::ptr_eq(&held, &table.get(TAG)));
    }
}

#[cfg(all(test, shuttle))]
mod models {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::sync::thread;

    const TAG: StampName<'_> = StampName { space: Space::Tag, name: "team:2" };

    /// A computation that names its tag when it is done, one invalidation, and the collector.
    fn play(known: bool) {
        let table = Arc::new(StampTable::new());
        if known {
            drop(table.get(TAG));
        }
        // Not seen by the checker: the times at which things happen.
        let (began, invalidated) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let computation = {
            let (table, began, invalidated) = (Arc::clone(&table), Arc::clone(&began), Arc::clone(&invalidated));
            move || {
                let born = table.now();
                began.store(true, Ordering::SeqCst);
                let stamp = table.get(TAG);
                let was_invalidated = invalidated.load(Ordering::SeqCst);
                assert!(!was_invalidated || stamp.version() > born, "the invalidation came after the beginning");
                assert!(stamp.version() <= table.now());
                drop(stamp);
            }
        };
        let invalidation = {
            let table = Arc::clone(&table);
            move || {
                let in_between = began.load(Ordering::SeqCst);
                table.bump(TAG, Verb::Invalidate);
                invalidated.store(in_between, Ordering::SeqCst);
            }
        };
        let collector = {
            let table = Arc::clone(&table);
            move || {
                table.collect();
            }
        };
        let threads = [thread::spawn(computation), thread::spawn(invalidation), thread::spawn(collector)];
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        table.collect();
        assert_eq!(table.len(), 0);
    }

    #[test]
    fn an_invalidation_is_seen_by_every_computation_that_began_before_it() {
        for known in [false, true] {
            shuttle::check_random(move || play(known), 5_000);
            shuttle::check_pct(move || play(known), 5_000, 3);
        }
    }
}
