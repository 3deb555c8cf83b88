//! `early_refresh`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use easycache_core::{Policy, no_store_scope};
use tokio::sync::Notify;

use crate::common::{SECOND, World};

fn policy() -> Policy {
    Policy::ttl("100s").early_refresh(1.0)
}

#[tokio::test]
async fn in_the_last_tenth_of_its_time_a_value_is_refreshed_and_nobody_waits() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(89 * SECOND);
        assert_eq!(world.read(policy()).await, 1);
        world.settle().await;
        assert_eq!(world.count(), 1, "not yet");
        world.advance(2 * SECOND);
        assert_eq!(world.read(policy()).await, 1, "{world:?}");
        world.settle().await;
        assert_eq!(world.read(policy()).await, 2, "{world:?}");
        let stats = world.cache.stats();
        assert_eq!((stats.hits, stats.stale, stats.refreshed, stats.misses.total()), (3, 0, 1, 1), "{world:?}");
    }
}

#[tokio::test]
async fn a_value_that_is_to_be_refreshed_is_a_hit_to_all_others() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(95 * SECOND);
        assert_eq!(world.cache.get::<usize>("key").await.unwrap(), Some(1));
        assert_eq!(world.cache.get_with::<usize>("key", policy()).await.unwrap(), Some(1));
        assert_eq!(world.read(Policy::ttl("100s")).await, 1, "{world:?}");
        world.advance(5 * SECOND);
        assert_eq!(world.cache.get::<usize>("key").await.unwrap(), None, "{world:?}");
    }
}

#[tokio::test]
async fn an_invalidated_value_is_not_served_while_it_is_refreshed() {
    for world in World::all() {
        let policy = || policy().tags(["a"]);
        world.read(policy()).await;
        world.advance(95 * SECOND);
        assert_eq!(world.read(policy()).await, 1);
        world.cache.invalidate_tags(["a"]).await.unwrap();
        // What was computed for it in the background began before, or after, as it may be.
        assert!(world.read(policy()).await > 1, "{world:?}");
    }
}

#[tokio::test]
async fn a_refresh_that_fails_takes_nothing_from_a_value_that_is_fresh() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(95 * SECOND);
        for _ in 0..3 {
            assert_eq!(world.read_in_vain(policy()).await, Ok(1), "{world:?}");
            world.settle().await;
        }
        let fails = || async { Err::<usize, _>(crate::common::Failure::Source) };
        let inline = world.cache.try_get_or_compute("key", policy(), fails).await;
        assert_eq!(inline, Ok(1), "who computes for all has the value that all others have");
    }
}

#[tokio::test]
async fn a_scope_that_stores_nothing_is_served_what_is_to_be_refreshed() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(95 * SECOND);
        assert_eq!(no_store_scope(world.read(policy())).await, 1, "{world:?}");
        assert_eq!((world.count(), world.cache.stats().hits), (1, 1), "{world:?}");
    }
}

/// For so many times the time to live of a hot key, a thousand readers a second; one computation takes a tenth of a second.
/// How often it was computed, and how many have waited.
async fn simulate(world: &World, lives: u32) -> (usize, usize) {
    const READERS: u32 = 10;
    const STEP: Duration = Duration::from_millis(10);
    const STEPS_TO_COMPUTE: u32 = 10;
    const STEPS_OF_A_LIFE: u32 = 500;
    let policy = || Policy::ttl(STEP * STEPS_OF_A_LIFE).early_refresh(1.0);
    let (begun, landing) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (computed, clock) = (world.computed.clone(), world.clock.clone());
    // The first value, so that it is known how long a computation takes.
    let first = move || async move {
        clock.advance(STEP * STEPS_TO_COMPUTE);
        computed.fetch_add(1, Ordering::SeqCst) + 1
    };
    world.cache.get_or_refresh("key", policy(), first).await.unwrap();
    let (mut waited, mut lands_in) = (0, None);
    for _ in 0..lives * STEPS_OF_A_LIFE {
        for _ in 0..READERS {
            let (computed, begun, landing) = (world.computed.clone(), begun.clone(), landing.clone());
            let slow = move || async move {
                let number = computed.fetch_add(1, Ordering::SeqCst) + 1;
                begun.fetch_add(1, Ordering::SeqCst);
                landing.notified().await;
                number
            };
            let read = world.cache.get_or_refresh("key", policy(), slow);
            waited += usize::from(tokio::time::timeout(Duration::ZERO, read).await.is_err());
            tokio::task::yield_now().await;
        }
        world.clock.advance(STEP);
        match &mut lands_in {
            None if begun.swap(0, Ordering::SeqCst) > 0 => lands_in = Some(STEPS_TO_COMPUTE),
            Some(0) => {
                landing.notify_one();
                world.settle().await;
                lands_in = None;
            }
            Some(steps) => *steps -= 1,
            None => {}
        }
    }
    (world.count() - 1, waited)
}

#[tokio::test]
async fn a_hot_key_is_computed_once_for_each_time_to_live_and_nobody_waits() {
    for world in World::all() {
        let (computed, waited) = simulate(&world, 9).await;
        assert_eq!((waited, world.cache.stats().misses.total()), (0, 1), "{world:?}");
        assert!((9..=10).contains(&computed), "{computed} times in 9 lives, at most 1.2 a life: {world:?}");
    }
}

#[tokio::test]
async fn without_early_refresh_the_readers_of_a_hot_key_wait() {
    let world = World::new(crate::common::Place::Process);
    let policy = || Policy::ttl("10s");
    world.read(policy()).await;
    world.advance(10 * SECOND);
    let slow = || async { std::future::pending().await };
    let read = world.cache.get_or_refresh::<usize, _>("key", policy(), slow);
    assert!(tokio::time::timeout(Duration::ZERO, read).await.is_err());
}
