//! Every hit is confirmed.

use std::sync::Arc;

use easycache_core::{Freshness, Near, Policy};
use easycache_testkit::{CountingBackend, Method};

use crate::common::{
    Answer::{Computed, Hit},
    By, Function, WAYS, World, hits,
};

#[tokio::test]
async fn what_another_process_invalidates_is_not_served_from_then_on() {
    for by in WAYS {
        let world = World::new();
        let (cache, function) = (world.cache(Freshness::Strict), by.function());
        for value in 1..4 {
            assert_eq!(function.call(&cache, value).await, Computed(value), "{by:?}");
            assert_eq!(function.call(&cache, 9).await, Hit(value), "{by:?}");
            assert_eq!(function.call(&cache, 9).await, Hit(value), "{by:?}");
            world.elsewhere(by).await;
        }
        assert_eq!(hits(&cache), (3, 3), "{by:?}");
        assert_eq!(cache.get::<u64>(function.key()).await.unwrap(), None, "{by:?}");
    }
}

#[tokio::test]
async fn what_another_process_stores_is_served_from_then_on() {
    let world = World::new();
    let (cache, other) = (world.cache(Freshness::Strict), world.plain());
    let policy = || Policy::ttl("1h").tags(["users", "team:2"]).prefix("tenant:7/shop:3");
    for value in 1..4_u64 {
        other.set("user:1", value, policy()).await.unwrap();
        assert_eq!(Function::User.call(&cache, 9).await, Hit(value));
        assert_eq!(cache.get_with::<u64>("user:1", policy()).await.unwrap(), Some(value));
        assert_eq!(cache.get::<u64>(Function::User.key()).await.unwrap(), Some(value));
    }
    assert_eq!(hits(&cache), (6, 3));
}

#[tokio::test]
async fn a_hit_is_one_round_trip_and_a_miss_no_more_than_without() {
    let world = World::new();
    let backend = Arc::new(CountingBackend::new(world.server.clone()));
    let cache = world.builder(backend.clone()).near(Near::bounded(9).freshness(Freshness::Strict)).build().unwrap();
    let full = [Method::Read, Method::Acquire, Method::Fill];
    assert_eq!(Function::User.call(&cache, 1).await, Computed(1));
    assert_eq!(backend.take().methods(), full);
    for _ in 0..3 {
        assert_eq!(Function::User.call(&cache, 9).await, Hit(1));
        assert_eq!(backend.take().methods(), [Method::Read]);
        assert_eq!(cache.get::<u64>(Function::User.key()).await.unwrap(), Some(1));
        assert_eq!(backend.take().methods(), [Method::Read]);
    }
    for by in [By::Tag, By::Key] {
        world.elsewhere(by).await;
        assert_eq!(Function::User.call(&cache, 2).await, Computed(2));
        assert_eq!(backend.take().methods(), full, "{by:?}");
        assert_eq!(Function::User.call(&cache, 2).await, Hit(2));
        let _whole = backend.take();
    }
}
