//! Values that are kept for a while.

use std::{collections::HashMap, time::Duration};

use easycache_core::{Freshness, MemoryStore, Near, Policy, Stamped};
use easycache_testkit::Log;

use crate::common::{
    Answer::{Computed, Hit},
    By, Function, MOMENT, World, hits,
};

const SPAN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn what_another_process_does_is_seen_when_the_span_is_over() {
    let world = World::new();
    let cache = world.cache(Freshness::Ttl(SPAN));
    Function::User.call(&cache, 1).await;
    Function::User.call(&cache, 1).await;
    world.elsewhere(By::Tag).await;
    world.clock.advance(SPAN.saturating_sub(MOMENT));
    assert_eq!(Function::User.call(&cache, 2).await, Hit(1));
    world.clock.advance(MOMENT);
    assert_eq!(Function::User.call(&cache, 2).await, Computed(2));
}

#[tokio::test]
async fn every_way_to_read_and_every_policy_has_its_hits_here() {
    let fresh = || Policy::ttl("100s");
    let late = || fresh().stale_while_revalidate("1h");
    let [early, both] = [fresh(), late()].map(|policy| policy.early_refresh(1.0));
    for freshness in [Freshness::Tracked, Freshness::Ttl(SPAN)] {
        for policy in [fresh(), late(), early.clone(), both.clone()] {
            let cache = World::new().cache(freshness);
            let name = format!("{freshness:?}, {policy:?}");
            for _ in 0..3 {
                let value = async |_| HashMap::from([("key", 1)]);
                cache.get_or_refresh("key", policy.clone(), || async { 1 }).await.unwrap();
                cache.get_or_compute("key", policy.clone(), || async { 1 }).await.unwrap();
                cache.get_or_compute_many::<_, HashMap<_, _>, _>(["key"], policy.clone(), value).await.unwrap();
            }
            // The first computes, and the second finds it in the backend.
            assert_eq!(hits(&cache), (7, 1), "{name}");
        }
    }
}

/// From when it was read, not from when it was last served.
#[tokio::test]
async fn the_span_counts_from_when_it_was_read() {
    let world = World::new();
    let cache = world.cache(Freshness::Ttl(SPAN));
    Function::User.call(&cache, 1).await;
    for second in 0..20_u64 {
        assert_eq!(Function::User.call(&cache, 9).await, Hit(1));
        assert_eq!(hits(&cache), (second - second / 5, second / 5 + 1));
        world.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn any_backend_will_do() {
    let world = World::new();
    let store = Stamped::new(MemoryStore::new());
    let cache = world.builder(store).near(Near::bounded(9).freshness(Freshness::Ttl(SPAN))).build().unwrap();
    // Where tags have no clock, the first result tells its tags, and the second is stored.
    assert_eq!(Function::Book.call(&cache, 0).await, Computed(0));
    for function in [Function::User, Function::Book] {
        assert_eq!(function.call(&cache, 1).await, Computed(1));
        assert_eq!(function.call(&cache, 2).await, Hit(1));
        assert_eq!(function.call(&cache, 2).await, Hit(1));
    }
    By::Tag.invalidate(&cache).await.unwrap();
    assert_eq!(Function::User.call(&cache, 3).await, Computed(3));
}

#[tokio::test]
async fn a_span_that_is_longer_than_values_live_is_remarked_once() {
    let log = Log::default();
    let _listening = log.listen();
    let world = World::new();
    let cache = world.cache(Freshness::Ttl(SPAN));
    for (key, ttl) in [("a", "5s"), ("b", "4s"), ("c", "3s")] {
        cache.set(key, 1, Policy::ttl(ttl)).await.unwrap();
        cache.get::<i32>(key).await.unwrap();
    }
    let told = |words: &str| log.lines().iter().filter(|line| line.contains(words)).count();
    assert_eq!(told("`Freshness::Ttl` is longer than values live"), 1, "{:?}", log.lines());
    world.clock.advance(Duration::from_secs(4));
    assert_eq!(cache.get::<i32>("b").await.unwrap(), None);
}
