//! What this process does itself: it is seen at once, whatever the server tells.

use std::sync::Arc;

use easycache_core::{Cache, Freshness, Near, Policy};
use easycache_testkit::{FailingBackend, Method, Side};

use crate::common::{
    ALL,
    Answer::{Computed, Hit},
    By, DAY, Function, WAYS, World, hits, until,
};

/// A cache that keeps the value 1, on a server that will not tell of any change to it.
async fn untold(world: &World, freshness: Freshness, function: Function) -> Cache {
    let cache = world.cache(freshness);
    function.call(&cache, 1).await;
    assert_eq!(function.call(&cache, 9).await, Hit(1));
    assert_eq!(function.call(&cache, 9).await, Hit(1));
    assert_eq!(hits(&cache), (1, 1), "{freshness:?}");
    world.server.lines().iter().for_each(easycache_testkit::Line::forget);
    cache
}

#[tokio::test]
async fn what_a_cache_invalidates_it_does_not_serve() {
    for (freshness, by) in ALL.into_iter().flat_map(|freshness| WAYS.map(|by| (freshness, by))) {
        let cache = untold(&World::new(), freshness, by.function()).await;
        by.invalidate(&cache).await.unwrap();
        assert_eq!(by.function().call(&cache, 2).await, Computed(2), "{freshness:?}, {by:?}");
        assert_eq!(by.function().call(&cache, 3).await, Hit(2), "{freshness:?}, {by:?}");
    }
}

#[tokio::test]
async fn what_a_cache_invalidates_no_other_of_its_process_and_namespace_serves() {
    for (freshness, by) in ALL.into_iter().flat_map(|freshness| WAYS.map(|by| (freshness, by))) {
        for other in [None, Some(Freshness::Tracked), Some(Freshness::Ttl(DAY))] {
            let world = World::new();
            let cache = untold(&world, freshness, by.function()).await;
            let other = other.map_or_else(|| world.plain(), |freshness| world.cache(freshness));
            by.invalidate(&other).await.unwrap();
            assert_eq!(by.function().call(&cache, 2).await, Computed(2), "{freshness:?}, {by:?}");
        }
    }
}

#[tokio::test]
async fn what_a_cache_stores_it_serves() {
    for freshness in ALL {
        let world = World::new();
        let cache = untold(&world, freshness, Function::User).await;
        assert_eq!(Function::User.refresh(&cache, 2).await, Computed(2));
        assert_eq!(Function::User.call(&cache, 9).await, Hit(2), "{freshness:?}");
        world.server.lines().iter().for_each(easycache_testkit::Line::forget);
        let policy = || Policy::ttl("1h").tags(["users", "team:2"]).prefix("tenant:7/shop:3");
        cache.set("user:1", 3_u64, policy()).await.unwrap();
        assert_eq!(cache.get::<u64>(Function::User.key()).await.unwrap(), Some(3), "{freshness:?}");
        assert_eq!(cache.get_with::<u64>("user:1", policy()).await.unwrap(), Some(3), "{freshness:?}");
        world.cache(freshness).set("user:1", 4_u64, policy()).await.unwrap();
        assert_eq!(cache.get_with::<u64>("user:1", policy()).await.unwrap(), Some(4), "by another cache");
    }
}

/// The read was sent before the invalidation, answered after it, and shows what was there before.
#[tokio::test]
async fn what_was_read_before_an_own_invalidation_is_not_kept_after_it() {
    for by in WAYS {
        let world = World::new();
        let function = by.function();
        let (cache, line) = world.tracked();
        function.call(&cache, 1).await;
        line.hold_answers();
        let late = tokio::spawn({
            let cache = cache.clone();
            async move { function.call(&cache, 9).await }
        });
        until("it has read", || line.is_awaited()).await;
        line.forget();
        by.invalidate(&cache).await.unwrap();
        line.release_answers();
        assert_eq!(late.await.unwrap(), Hit(1), "{by:?}");
        assert_eq!(function.call(&cache, 2).await, Computed(2), "{by:?}");
    }
}

#[tokio::test]
async fn what_an_invalidation_that_failed_was_about_is_not_served() {
    for (freshness, by) in ALL.into_iter().flat_map(|freshness| WAYS.map(|by| (freshness, by))) {
        let world = World::new();
        let backend = Arc::new(FailingBackend::new(world.server.clone()));
        let cache = world.builder(backend.clone()).near(Near::bounded(9).freshness(freshness)).build().unwrap();
        let function = by.function();
        function.call(&cache, 1).await;
        function.call(&cache, 1).await;
        backend.fail_method(Method::Invalidate, Side::Before);
        by.invalidate(&cache).await.unwrap_err();
        for value in 2..5 {
            assert_eq!(function.call(&cache, value).await, Computed(value), "{freshness:?}, {by:?}");
            assert_eq!(cache.get::<u64>(function.key()).await.unwrap(), None, "{freshness:?}, {by:?}");
        }
        backend.heal();
        until("it is acknowledged", || cache.stats().unconfirmed == 0).await;
        assert_eq!(function.call(&cache, 5).await, Computed(5), "{freshness:?}, {by:?}");
        assert_eq!(function.call(&cache, 6).await, Hit(5), "{freshness:?}, {by:?}");
    }
}

/// Held by a mutation, before anything is sent.
#[tokio::test]
async fn what_is_invalidated_in_the_background_is_not_served() {
    use easycache_core::private::{Site, Targets, Text, Verb, arm};
    static MUTATION: Site = Site::new("tests::mutation");

    for freshness in ALL {
        let world = World::new();
        let cache = untold(&world, freshness, Function::User).await;
        let write = |targets: &mut Targets| targets.write_tag(|text: &mut Text| text.literal("users"));
        drop(arm(&MUTATION, Some(&cache), Verb::Invalidate, write));
        assert_eq!(Function::User.call(&cache, 2).await, Computed(2), "{freshness:?}");
        until("it is acknowledged", || cache.stats().unconfirmed == 0).await;
        Function::User.call(&cache, 3).await;
        assert!(Function::User.call(&cache, 4).await != Hit(1), "{freshness:?}");
    }
}

#[tokio::test]
async fn more_names_than_can_be_held_take_everything() {
    let world = World::new();
    let backend = Arc::new(FailingBackend::new(world.server.clone()));
    let near = Near::bounded(9).freshness(Freshness::Ttl(DAY));
    let cache = world.builder(backend.clone()).near(near).build().unwrap();
    Function::User.call(&cache, 1).await;
    Function::User.call(&cache, 1).await;
    backend.fail_method(Method::Invalidate, Side::Before);
    cache.invalidate_tags((0..10_001).map(|tag| tag.to_string())).await.unwrap_err();
    assert_eq!(Function::User.call(&cache, 2).await, Computed(2));
    assert_eq!(cache.stats().unconfirmed, 1);
}

#[tokio::test]
async fn caches_of_another_namespace_do_not_mind() {
    let (one, other) = (World::new(), World::new());
    let kept = one.cache(Freshness::Ttl(DAY));
    Function::User.call(&kept, 1).await;
    Function::User.call(&kept, 1).await;
    By::Tag.invalidate(&other.cache(Freshness::Ttl(DAY))).await.unwrap();
    assert_eq!(Function::User.call(&kept, 2).await, Hit(1));
    assert_eq!(hits(&kept), (1, 1));
}
