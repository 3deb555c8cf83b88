//! Bounds by number and by weight, and what goes when they are reached.

use std::{sync::Arc, time::Duration};

use easycache_core::{Cache, Policy};
use easycache_testkit::ManualClock;

const DEFAULT_BOUND: u64 = 100_000;

#[test]
fn a_million_keys_end_at_the_default_bound_and_are_gone_after_their_time() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    for key in 0..1_000_000_u32 {
        let policy = Policy::ttl("1s").tags([format!("tag:{key}")]).prefix("tenant:1");
        cache.blocking().get_or_compute(&key.to_string(), policy, || key).unwrap();
    }
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.evicted), (DEFAULT_BOUND, 900_000));
    clock.advance(Duration::from_secs(1));
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.expired), (0, DEFAULT_BOUND));
    assert_eq!(stats.stamps, 0, "no entry needs one");
}

#[test]
fn the_bound_is_kept_to_exactly() {
    let cache = Cache::builder().max_entries(100).build().unwrap();
    for key in 0..100 {
        cache.blocking().set(&key.to_string(), key, Policy::new()).unwrap();
    }
    assert_eq!((cache.stats().entries, cache.stats().evicted), (100, 0));
    for key in 100..250 {
        cache.blocking().set(&key.to_string(), key, Policy::new()).unwrap();
        assert_eq!(cache.stats().entries, 100);
    }
    assert_eq!(cache.stats().evicted, 150);
    let found = (0..250).filter(|key| cache.blocking().get::<i32>(&key.to_string()).unwrap().is_some()).count();
    assert_eq!(found, 100, "what was evicted is not found, what was not is");
}

#[test]
fn what_is_replaced_makes_room_for_itself() {
    let cache = Cache::builder().max_entries(2).build().unwrap();
    for round in 0..10 {
        for key in ["a", "b"] {
            cache.blocking().set(key, round, Policy::new()).unwrap();
        }
    }
    assert_eq!((cache.stats().entries, cache.stats().evicted), (2, 0));
    assert_eq!(cache.blocking().get_many::<i32>(&["a", "b"]).unwrap(), [Some(9), Some(9)]);
}

#[test]
fn a_set_well_below_the_bound_is_never_evicted() {
    let cache = Cache::builder().max_entries(10_000).build().unwrap();
    for round in 0..3 {
        for key in 0..9_999 {
            cache.blocking().set(&format!("key:{key}"), key + round, Policy::new()).unwrap();
        }
    }
    assert_eq!(cache.stats().evicted, 0);
    assert!((0..9_999).all(|key| cache.blocking().get(&format!("key:{key}")).unwrap() == Some(key + 2)));
}

#[test]
fn what_is_read_outlives_what_is_not() {
    let cache = Cache::builder().max_entries(10).build().unwrap();
    let set = |key: u32| cache.blocking().set(&key.to_string(), key, Policy::new()).unwrap();
    (0..10).for_each(set);
    for key in 10..100 {
        assert_eq!(cache.blocking().get("0").unwrap(), Some(0_u32), "read all the time, before {key}");
        set(key);
    }
}

fn weighed(bound: u64) -> Cache {
    let weigh = |_: &str, value: &dyn std::any::Any| *value.downcast_ref::<u64>().unwrap();
    Cache::builder().max_weight(bound, weigh).build().unwrap()
}

#[test]
fn the_weight_bound_is_kept_to() {
    let cache = weighed(100);
    let mut stored = Vec::new();
    for key in 0..50_u64 {
        let weight = 1 + key * 7 % 40;
        cache.blocking().set(&key.to_string(), weight, Policy::new()).unwrap();
        stored.push(weight);
        assert!(cache.stats().weight <= 100);
    }
    let sum = (0..50).filter_map(|key: i32| cache.blocking().get::<u64>(&key.to_string()).unwrap()).sum::<u64>();
    assert_eq!(sum, cache.stats().weight, "the weight is that of the entries");
}

#[test]
fn what_is_heavier_than_the_bound_is_not_stored_and_drives_nothing_out() {
    let cache = weighed(100);
    cache.blocking().set("light", 60_u64, Policy::new()).unwrap();
    assert_eq!(cache.blocking().get_or_compute("heavy", Policy::new(), || 101_u64).unwrap(), 101);
    assert_eq!(cache.blocking().get::<u64>("heavy").unwrap(), None);
    assert_eq!(cache.blocking().get("light").unwrap(), Some(60_u64));
    assert_eq!(cache.stats().refused.too_large, 1);
}

#[test]
fn setting_what_is_too_heavy_leaves_no_older_value_behind() {
    let cache = weighed(100);
    cache.blocking().set("key", 1_u64, Policy::new()).unwrap();
    cache.blocking().set("key", 101_u64, Policy::new()).unwrap();
    assert_eq!(cache.blocking().get::<u64>("key").unwrap(), None);
    cache.sweep();
    assert_eq!(cache.stats().weight, 0);
}

#[test]
fn weights_at_the_end_of_their_range_do_not_overflow() {
    let cache = weighed(u64::MAX);
    for key in ["a", "b", "c"] {
        cache.blocking().set(key, u64::MAX - 1, Policy::new()).unwrap();
        assert_eq!(cache.blocking().get(key).unwrap(), Some(u64::MAX - 1));
    }
    assert_eq!(cache.stats().entries, 1);
}
