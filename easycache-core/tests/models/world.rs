//! One row, a cache in front of it, and those who use both; with a record of what was promised.

use std::{
    sync::{Arc, atomic::AtomicU64 as Plain, atomic::Ordering::SeqCst},
    task::{Context, Waker},
};

use easycache_core::{
    Cache, Policy, Targets,
    private::{Found, Keep, Mode, Names, Site, compute, compute_blocking, find},
};
use easycache_testkit::ManualClock;
use shuttle::{sync::atomic::AtomicU64, thread};

/// What a commit is invalidated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Key,
    Tag,
    Prefix,
    Clear,
    /// A tag that is known only when the row was read.
    ResultTag,
}

pub(crate) struct World {
    cache: Cache,
    by: By,
    /// The commit number that the source has now.
    row: AtomicU64,
    /// The newest commit whose invalidation has returned. The checker does not see this: it is no part of the system.
    promised: Plain,
    /// The newest commit that a hit has returned.
    seen: Plain,
}

static SITE: Site = Site::new("models::function");
const KEY: &str = "tenant:7|row";

impl World {
    pub(crate) fn new(by: By, entries: usize) -> Arc<Self> {
        let cache = Cache::builder().clock(Arc::new(ManualClock::new())).max_entries(entries).build().unwrap();
        Arc::new(Self { cache, by, row: AtomicU64::new(0), promised: Plain::new(0), seen: Plain::new(0) })
    }

    fn names(&self, names: &mut Names) {
        names.prefix(|text| text.literal("tenant:7"));
        names.key(|text| text.literal("row"));
        if self.by != By::ResultTag {
            names.tags(["rows"]);
        }
    }

    fn keep(&self, keep: &mut Keep) {
        if self.by == By::ResultTag {
            keep.tags(["rows"]);
        }
    }

    /// Commits, then invalidates.
    pub(crate) fn write(&self, commit: u64) {
        self.row.fetch_max(commit, SeqCst);
        let targets = match self.by {
            By::Key => Targets::new().key(KEY),
            By::Tag | By::ResultTag => Targets::new().tags(["rows"]),
            By::Prefix => Targets::new().prefix("tenant:7"),
            By::Clear => {
                self.cache.blocking().clear().unwrap();
                self.promised.fetch_max(commit, SeqCst);
                return;
            }
        };
        self.cache.blocking().invalidate(targets).unwrap();
        self.promised.fetch_max(commit, SeqCst);
    }

    /// Commits, and leaves the cache alone.
    pub(crate) fn commit(&self, commit: u64) {
        self.row.fetch_max(commit, SeqCst);
    }

    fn find(&self, mode: Mode) -> Found<u64> {
        let outcome = easycache_core::private::unportable(easycache_core::private::outcome!(u64));
        find(&SITE, mode, Some(&self.cache), &outcome, |args| args.arg("row"), |names| self.names(names))
    }

    /// Reads as a function does that is not async.
    pub(crate) fn read(&self, mode: Mode) -> u64 {
        let (promised, seen) = (self.promised.load(SeqCst), self.seen.load(SeqCst));
        let value = match self.find(mode) {
            Found::Hit(value) => self.hit(value, seen),
            Found::Miss(miss) => {
                let outcome = easycache_core::private::unportable(easycache_core::private::outcome!(u64));
                compute_blocking(miss, outcome, || self.row.load(SeqCst), |_, keep| self.keep(keep))
            }
        };
        assert!(value >= promised, "G: read {value} after the invalidation of {promised} had returned");
        value
    }

    /// Reads as an async function does.
    pub(crate) async fn read_async(&self) -> u64 {
        let (promised, seen) = (self.promised.load(SeqCst), self.seen.load(SeqCst));
        let value = match self.find(Mode::Read) {
            Found::Hit(value) => self.hit(value, seen),
            Found::Miss(miss) => {
                let outcome = easycache_core::private::unportable(easycache_core::private::outcome!(u64));
                let body = async {
                    shuttle::future::yield_now().await;
                    let value = self.row.load(SeqCst);
                    shuttle::future::yield_now().await;
                    value
                };
                compute(miss, outcome, body, |_, keep| self.keep(keep)).await
            }
        };
        assert!(value >= promised, "G: read {value} after the invalidation of {promised} had returned");
        value
    }

    /// Begins to read and thinks better of it after so many looks.
    pub(crate) fn read_and_drop(&self, looks: usize) {
        let mut reading = Box::pin(self.read_async());
        for _ in 0..looks {
            if reading.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                return;
            }
            thread::yield_now();
        }
    }

    /// Only hits.
    pub(crate) fn peek(&self) {
        let (promised, seen) = (self.promised.load(SeqCst), self.seen.load(SeqCst));
        if let Some(value) = self.cache.blocking().get::<u64>(KEY).unwrap() {
            self.hit(value, seen);
            assert!(value >= promised, "G: hit {value} after the invalidation of {promised} had returned");
        }
    }

    fn hit(&self, value: u64, seen: u64) -> u64 {
        assert!(value >= seen, "M: hit {value} after {seen} had been hit");
        self.seen.fetch_max(value, SeqCst);
        value
    }

    /// Stores something else, which may drive the row out.
    pub(crate) fn crowd(&self) {
        self.cache.blocking().set("other", 0_u64, Policy::new()).unwrap();
    }

    pub(crate) fn sweep(&self) {
        self.cache.sweep();
    }

    /// When everybody is done: what is stored is current, and nothing is left over.
    pub(crate) fn close(&self) {
        self.peek();
        assert_eq!(self.cache.stats().in_flight, 0);
        self.cache.blocking().clear().unwrap();
        self.cache.sweep();
        let stats = self.cache.stats();
        assert_eq!((stats.entries, stats.stamps), (0, 0));
    }
}

/// What one thread does.
pub(crate) type Act = fn(&World);

/// Lets each act happen in a thread of its own.
pub(crate) fn play(by: By, entries: usize, acts: &[Act]) {
    let world = World::new(by, entries);
    let threads = acts.iter().map(|&act| {
        let world = Arc::clone(&world);
        thread::spawn(move || act(&world))
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
    world.close();
}
