//! Every clause of collections, in this process.
#![cfg(not(shuttle))]

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use easycache_core::{
    Cache, Chores, Clock, Moment,
    collections::{CacheMap, CacheSet, CacheSortedSet, CacheValue},
};
use easycache_testkit::{ManualClock, collections_conformance};

collections_conformance!(async { Cache::builder().build().ok() });

/// A clock that does no chores.
#[derive(Debug)]
struct Idle(ManualClock);

impl Clock for Idle {
    fn now(&self) -> Moment {
        self.0.now()
    }

    fn attend(&self, _: Weak<dyn Chores>) {}
}

#[test]
fn what_collections_hold_is_counted_and_swept_when_its_time_is_over() {
    let clock = Arc::new(Idle(ManualClock::new()));
    let cache = Cache::builder().clock(Arc::<Idle>::clone(&clock)).build().unwrap();
    let value = CacheValue::<u32>::new(&cache, "v").ttl("1m");
    let map = CacheMap::<u32, u32>::new(&cache, "m").ttl("1m");
    let [set, other] = ["s", "t"].map(|name| CacheSet::<u32>::new(&cache, name).ttl("1m"));
    let sorted = CacheSortedSet::<u32>::new(&cache, "z").ttl("1h");
    let elements = || cache.stats().elements;
    assert_eq!(elements(), 0);
    for _ in 0..2 {
        value.set(&1).blocking().unwrap();
        map.extend([(1, 1), (2, 2)]).blocking().unwrap();
        set.extend([1, 2, 3]).blocking().unwrap();
        sorted.extend([(1, 1.0), (2, 2.0)]).blocking().unwrap();
        assert_eq!(elements(), 8);
    }
    map.take(&1).blocking().unwrap();
    set.pop_many(2).blocking().unwrap();
    sorted.pop_lowest(1).blocking().unwrap();
    assert_eq!(elements(), 4);
    other.extend([7, 8, 9]).blocking().unwrap();
    assert_eq!((set.union_in_place(&[&other]).blocking().unwrap(), elements()), (4, 10));
    assert!(other.clear().blocking().unwrap() && cache.sweep().elements == 0);
    assert!(cache.stats().to_string().ends_with("; 7 elements in collections"), "{}", cache.stats());
    clock.0.advance(Duration::from_secs(61));
    assert_eq!(elements(), 7, "they are not swept yet");
    map.insert(&5, &5).blocking().unwrap();
    assert_eq!(elements(), 7, "what was there before is gone");
    assert_eq!((cache.sweep().elements, elements()), (5, 2));
    assert_eq!((map.get(&5).blocking().unwrap(), sorted.len().blocking().unwrap()), (Some(5), 1));
}
