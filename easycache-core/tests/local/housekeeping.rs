//! Sweeping, collecting stamps, and the housekeeper's coming and going.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use easycache_core::{Cache, Chores, Clock, Moment, Policy};
use easycache_testkit::ManualClock;

fn with_clock() -> (Cache, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    (Cache::builder().clock(clock.clone()).build().unwrap(), clock)
}

#[test]
fn what_has_expired_is_swept_without_anyone_asking_for_it() {
    let (cache, clock) = with_clock();
    cache.blocking().set("short", 1, Policy::ttl(10).tags(["t"])).unwrap();
    cache.blocking().set("long", 2, Policy::ttl(20)).unwrap();
    clock.advance(Duration::from_secs(10));
    assert_eq!((cache.stats().entries, cache.stats().stamps, cache.stats().expired), (1, 0, 1));
    assert_eq!(cache.blocking().get("long").unwrap(), Some(2));
}

#[test]
fn a_sweep_tells_what_an_invalidation_has_made_obsolete() {
    // With a clock that stands still, so that the housekeeper does not come first.
    let (cache, _clock) = with_clock();
    for key in 0..1_000 {
        let tag = if key % 2 == 0 { "even" } else { "odd" };
        cache.blocking().set(&key.to_string(), key, Policy::new().tags([tag])).unwrap();
    }
    cache.blocking().invalidate_tags(["even"]).unwrap();
    assert_eq!(cache.stats().entries, 1_000, "one step, however many entries there are");
    let swept = cache.sweep();
    assert_eq!((swept.invalidated, swept.expired, swept.stamps), (500, 0, 1));
    assert_eq!((cache.stats().entries, cache.stats().stamps), (500, 1));
}

#[test]
fn a_cleared_cache_is_empty_after_a_sweep() {
    let cache = Cache::builder().build().unwrap();
    for key in 0..10_000 {
        cache.blocking().set(&key.to_string(), key, Policy::new().tags([key.to_string()]).prefix("a/b")).unwrap();
    }
    cache.blocking().clear().unwrap();
    cache.sweep();
    assert_eq!((cache.stats().entries, cache.stats().stamps), (0, 0));
}

#[test]
fn a_stamp_is_forgotten_with_the_last_entry_that_had_it() {
    let cache = Cache::builder().build().unwrap();
    cache.blocking().set("one", 1, Policy::new().tags(["t"])).unwrap();
    cache.blocking().set("two", 2, Policy::new().tags(["t"])).unwrap();
    for (key, stamps) in [("one", 1), ("two", 0)] {
        cache.blocking().invalidate_key(key).unwrap();
        cache.sweep();
        assert_eq!(cache.stats().stamps, stamps);
    }
}

#[test]
fn invalidating_unknown_names_leaves_nothing_behind() {
    let cache = Cache::builder().build().unwrap();
    for name in 0..10_000 {
        let done = cache.blocking().invalidate_tags([name.to_string()]).unwrap();
        assert_eq!((done.names, done.known), (1, 0));
        cache.blocking().invalidate_prefix(&name.to_string()).unwrap();
        cache.blocking().invalidate_key(&name.to_string()).unwrap();
    }
    assert_eq!((cache.stats().entries, cache.stats().stamps), (0, 0));
}

/// A clock that tells when its caches call for it, and that does their chores at the worst of times.
#[derive(Default)]
struct Doorbell {
    chores: Mutex<Option<Weak<dyn Chores>>>,
    rung: AtomicUsize,
    /// How often it had been rung when the housekeeper last went to sleep.
    asleep_since: AtomicUsize,
    /// Whether the chores are done whenever somebody looks at the clock.
    eager: AtomicBool,
}

impl std::fmt::Debug for Doorbell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doorbell")
    }
}

impl Clock for Doorbell {
    fn now(&self) -> Moment {
        if self.eager.swap(false, Ordering::SeqCst) {
            self.keep_house();
            self.eager.store(true, Ordering::SeqCst);
        }
        Moment::ORIGIN.after(Duration::from_secs(3600))
    }

    fn attend(&self, chores: Weak<dyn Chores>) {
        *self.chores.lock().unwrap() = Some(chores);
    }

    fn rouse(&self) {
        self.rung.fetch_add(1, Ordering::SeqCst);
    }
}

impl Doorbell {
    /// Does one round; returns whether it is the last before sleep.
    fn keep_house(&self) -> bool {
        let chores = self.chores.lock().unwrap().as_ref().and_then(Weak::upgrade);
        let rung = self.rung.load(Ordering::SeqCst);
        let sleeps = chores.is_some_and(|chores| chores.run(false).is_none());
        if sleeps {
            self.asleep_since.store(rung, Ordering::SeqCst);
        }
        sleeps
    }

    fn is_called(&self) -> bool {
        self.rung.load(Ordering::SeqCst) > self.asleep_since.load(Ordering::SeqCst)
    }
}

fn with_doorbell() -> (Cache, Arc<Doorbell>) {
    let clock = Arc::new(Doorbell::default());
    (Cache::builder().clock(clock.clone()).build().unwrap(), clock)
}

#[test]
fn the_housekeeper_sleeps_while_there_is_nothing_to_do_and_is_called_when_there_is() {
    let (cache, clock) = with_doorbell();
    assert!(clock.keep_house() && !clock.is_called());
    cache.blocking().set("key", 1, Policy::new()).unwrap();
    assert!(clock.is_called());
    assert!(!clock.keep_house());
    let rung = clock.rung.load(Ordering::SeqCst);
    cache.blocking().set("key", 2, Policy::new()).unwrap();
    assert_eq!(clock.rung.load(Ordering::SeqCst), rung, "it is awake");
    cache.blocking().invalidate_key("key").unwrap();
    assert!(clock.keep_house() && !clock.is_called());
}

#[test]
fn the_housekeeper_is_called_for_the_stamps_of_computations_that_store_nothing() {
    let (cache, clock) = with_doorbell();
    assert!(clock.keep_house());
    let failed = cache.blocking().try_get_or_compute("key", Policy::new().tags(["t"]), || Err::<u64, _>(Anything));
    assert!(failed.is_err());
    assert!(cache.stats().stamps == 0 || clock.is_called());
    assert!(clock.keep_house());
    assert_eq!(cache.stats().stamps, 0);
}

#[derive(Debug)]
struct Anything;

impl From<easycache_core::Error> for Anything {
    fn from(_: easycache_core::Error) -> Self {
        Self
    }
}

#[test]
fn the_housekeeper_is_called_for_a_caller_that_begins_to_wait_when_it_goes_to_sleep() {
    let (cache, clock) = with_doorbell();
    clock.eager.store(true, Ordering::SeqCst);
    let mut context = Context::from_waker(Waker::noop());
    let never = || std::future::pending::<u64>();
    let mut leader = Box::pin(cache.get_or_compute("key", Policy::new(), never));
    assert!(leader.as_mut().poll(&mut context).is_pending());
    let mut waiter = Box::pin(cache.get_or_compute("key", Policy::new(), never));
    assert!(waiter.as_mut().poll(&mut context).is_pending());
    assert!(clock.is_called(), "else it waits as long as the leader lives");
    assert!(!clock.keep_house(), "while somebody waits it does not sleep");
    drop(waiter);
    assert!(clock.keep_house());
}

/// One round of the housekeeper does a part of a large cache; a sweep does all of it, wherever that round has ended.
#[test]
fn a_sweep_after_half_a_round_is_complete() {
    const ENTRIES: u32 = 200_000;
    let clock = Arc::new(Doorbell::default());
    let cache = Cache::builder().clock(clock.clone()).max_entries(ENTRIES as usize).build().unwrap();
    for key in 0..ENTRIES {
        cache.blocking().set(&key.to_string(), key, Policy::new()).unwrap();
    }
    assert!(!clock.keep_house());
    cache.blocking().clear().unwrap();
    assert_eq!(cache.sweep().invalidated, ENTRIES as usize);
    assert_eq!(cache.stats().entries, 0);
}

/// Also of threads that do nothing more with the cache.
#[test]
fn values_are_dropped_when_they_are_swept() {
    let (cache, clock) = with_clock();
    let value = Arc::new(());
    let fill = || {
        for key in 0..100 {
            let held = Held(Arc::clone(&value));
            cache.blocking().set(&key.to_string(), held, Policy::ttl(1).tags(["t"])).unwrap();
        }
    };
    std::thread::scope(|scope| scope.spawn(fill).join().unwrap());
    fill();
    clock.advance(Duration::from_secs(1));
    assert_eq!(cache.stats().entries, 0);
    assert_eq!(Arc::strong_count(&value), 1);
}

/// On the machine's clock: the one thread that keeps house for all caches outlives what it drops.
#[test]
fn the_housekeeper_survives_a_value_that_panics_when_it_is_dropped() {
    let (bad, good) = (Cache::builder().build().unwrap(), Cache::builder().build().unwrap());
    bad.blocking().set("key", Grudge(true), Policy::ttl("1ms")).unwrap();
    let deadline = Deadline::new();
    while bad.stats().entries > 0 {
        deadline.check();
    }
    good.blocking().set("key", 1, Policy::ttl("1ms")).unwrap();
    while good.stats().entries > 0 {
        deadline.check();
    }
}

/// Until when a test waits for another thread.
struct Deadline(std::time::Instant);

impl Deadline {
    #[expect(clippy::disallowed_methods, reason = "a deadline of the test's own")]
    fn new() -> Self {
        Self(std::time::Instant::now())
    }

    fn check(&self) {
        assert!(self.0.elapsed() < Duration::from_secs(30), "in time");
        std::thread::yield_now();
    }
}

/// Panics when what is stored of it is dropped.
#[derive(serde::Serialize, serde::Deserialize)]
struct Grudge(bool);

impl Clone for Grudge {
    fn clone(&self) -> Self {
        Self(false)
    }
}

impl Drop for Grudge {
    fn drop(&mut self) {
        assert!(self.0, "this one panics");
    }
}

#[derive(Clone)]
struct Held(#[expect(dead_code, reason = "it is counted")] Arc<()>);

impl serde::Serialize for Held {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> serde::Deserialize<'de> for Held {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self(Arc::new(())))
    }
}
