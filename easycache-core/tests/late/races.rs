//! Expired values and invalidations, by controlled interleavings: grace never serves an invalidated value.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use easycache_core::{Cache, Policy};
use easycache_testkit::{FailingBackend, ManualClock, MemoryBackend, Side};
use tokio::sync::Notify;

use crate::common::{Failure, SECOND, World};

fn policy() -> Policy {
    Policy::ttl("10s").tags(["a"]).prefix("p").stale_while_revalidate("1h").stale_if_error("1h")
}

const WAYS: [&str; 4] = ["key", "tag", "prefix", "all"];

async fn invalidate(cache: &Cache, way: &str) -> easycache_core::Result<()> {
    match way {
        "key" => cache.invalidate_key("p|key").await.map(drop),
        "tag" => cache.invalidate_tags(["a"]).await.map(drop),
        "prefix" => cache.invalidate_prefix("p").await.map(drop),
        _ => cache.clear().await,
    }
}

/// A refresh that goes on until it is told to come to an end.
async fn begin(world: &World, gate: &Arc<Notify>) -> usize {
    let (computed, gate) = (world.computed.clone(), gate.clone());
    let begun = world.count();
    let slow = move || async move {
        let number = computed.fetch_add(1, Ordering::SeqCst) + 1;
        gate.notified().await;
        number
    };
    let served = world.cache.get_or_refresh("key", policy(), slow).await.unwrap();
    while world.count() == begun {
        tokio::task::yield_now().await;
    }
    served
}

#[tokio::test]
async fn a_refresh_that_began_before_an_invalidation_is_not_stored() {
    for way in WAYS {
        for world in World::all() {
            world.read(policy()).await;
            world.advance(11 * SECOND);
            let gate = Arc::new(Notify::new());
            assert_eq!(begin(&world, &gate).await, 1);
            invalidate(&world.cache, way).await.unwrap();
            gate.notify_one();
            world.settle().await;
            assert_eq!(world.cache.get::<usize>("p|key").await.unwrap(), None, "{way} {world:?}");
            assert_eq!(world.read(policy()).await, 3, "{way} {world:?}");
        }
    }
}

#[tokio::test]
async fn while_a_refresh_is_under_way_an_invalidated_value_is_not_served() {
    for way in WAYS {
        for world in World::all() {
            world.read(policy()).await;
            world.advance(11 * SECOND);
            let gate = Arc::new(Notify::new());
            assert_eq!(begin(&world, &gate).await, 1);
            invalidate(&world.cache, way).await.unwrap();
            // It neither gets the old value nor joins what was begun before the invalidation.
            assert_eq!(world.read(policy()).await, 3, "{way} {world:?}");
            gate.notify_one();
            world.settle().await;
            assert_eq!(world.read(policy()).await, 3, "{way} {world:?}");
        }
    }
}

#[tokio::test]
async fn a_value_that_is_invalidated_while_a_computation_fails_is_not_served_in_process() {
    for way in WAYS {
        let world = World::new(crate::common::Place::Process);
        world.read(policy()).await;
        world.advance(11 * SECOND);
        world.cache.expire_all().await.unwrap();
        world.advance(3500 * SECOND);
        let only_on_error = || Policy::ttl("10s").tags(["a"]).prefix("p").stale_if_error("1h");
        let failing = world.cache.try_get_or_compute("key", only_on_error(), async || {
            invalidate(&world.cache, way).await.unwrap();
            Err::<usize, _>(Failure::Source)
        });
        assert_eq!(failing.await, Err(Failure::Source), "{way} {world:?}");
    }
}

#[tokio::test]
async fn a_refresh_that_was_expired_meanwhile_leaves_a_value_that_is_not_fresh() {
    for way in ["key", "tag"] {
        for world in World::all() {
            world.read(policy()).await;
            world.advance(11 * SECOND);
            let gate = Arc::new(Notify::new());
            begin(&world, &gate).await;
            match way {
                "key" => world.cache.expire_key("p|key").await.unwrap(),
                _ => world.cache.expire_tags(["a"]).await.unwrap(),
            };
            gate.notify_one();
            world.settle().await;
            assert_eq!(world.cache.get::<usize>("p|key").await.unwrap(), None, "{way} {world:?}");
            assert_eq!(world.read(policy()).await, 1, "the last one that was stored: {way} {world:?}");
        }
    }
}

#[tokio::test]
async fn an_invalidation_that_has_failed_is_not_forgotten_by_who_is_lenient() {
    let clock = Arc::new(ManualClock::new());
    let backend = Arc::new(FailingBackend::new(MemoryBackend::with_clock(clock.clone())));
    let cache = Cache::builder().clock(clock.clone()).jitter(0.0).backend(backend.clone()).build().unwrap();
    let read = async |number: usize| cache.get_or_compute("key", policy(), async || number).await.unwrap();
    for way in WAYS {
        cache.clear().await.unwrap();
        assert_eq!(read(1).await, 1);
        clock.advance(11 * SECOND);
        backend.fail(Side::Before);
        assert!(invalidate(&cache, way).await.is_err());
        backend.heal();
        assert_eq!(read(2).await, 2, "{way}");
        while cache.stats().unconfirmed > 0 {
            tokio::time::sleep(SECOND / 100).await;
        }
        assert_eq!(read(3).await, 3, "{way}");
    }
}

#[tokio::test]
async fn an_expiry_that_fails_is_an_error_and_breaks_nothing() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = Cache::builder().backend(backend.clone()).build().unwrap();
    cache.set("key", 1, policy()).await.unwrap();
    backend.fail(Side::Before);
    assert!(cache.expire_key("p|key").await.is_err());
    assert!(cache.expire_all().await.is_err());
    backend.heal();
    assert_eq!(cache.stats().unconfirmed, 0);
    assert_eq!(cache.get::<i32>("p|key").await.unwrap(), Some(1));
}

#[tokio::test]
async fn of_two_processes_one_refreshes() {
    let clock = Arc::new(ManualClock::new());
    let backend = Arc::new(MemoryBackend::with_clock(clock.clone()));
    let caches =
        [(); 2].map(|()| Cache::builder().clock(clock.clone()).jitter(0.0).backend(backend.clone()).build().unwrap());
    let (computed, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let read = async |cache: &Cache| {
        let (computed, gate) = (computed.clone(), gate.clone());
        let slow = move || async move {
            if computed.fetch_add(1, Ordering::SeqCst) > 0 {
                gate.notified().await;
            }
            computed.load(Ordering::SeqCst)
        };
        cache.get_or_refresh("key", policy(), slow).await.unwrap()
    };
    assert_eq!(read(&caches[0]).await, 1);
    clock.advance(11 * SECOND);
    for _ in 0..10 {
        for cache in &caches {
            assert_eq!(read(cache).await, 1);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        }
    }
    assert_eq!(computed.load(Ordering::SeqCst), 2);
    gate.notify_one();
    while read(&caches[1]).await == 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(computed.load(Ordering::SeqCst), 2);
}
