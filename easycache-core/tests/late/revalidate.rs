//! `stale_while_revalidate`.

use std::sync::{Arc, atomic::Ordering};

use easycache_core::{Deadline, Policy};
use tokio::sync::Notify;

use crate::common::{SECOND, World};

fn policy() -> Policy {
    Policy::ttl("10s").stale_while_revalidate("30s")
}

#[tokio::test]
async fn an_expired_value_is_served_at_once_while_one_computes_the_next() {
    for world in World::all() {
        assert_eq!(world.read(policy()).await, 1);
        world.advance(11 * SECOND);
        let gate = Arc::new(Notify::new());
        for _ in 0..20 {
            let (computed, gate) = (world.computed.clone(), gate.clone());
            let slow = move || async move {
                let number = computed.fetch_add(1, Ordering::SeqCst) + 1;
                gate.notified().await;
                number
            };
            assert_eq!(world.cache.get_or_refresh("key", policy(), slow).await.unwrap(), 1, "{world:?}");
            tokio::task::yield_now().await;
        }
        assert_eq!(world.count(), 2, "{world:?}");
        gate.notify_one();
        world.settle().await;
        assert_eq!(world.read(policy()).await, 2);
        let stats = world.cache.stats();
        assert_eq!((stats.stale, stats.refreshed, stats.computed), (20, 1, 2), "{world:?}");
    }
}

#[tokio::test]
async fn a_value_that_is_fresh_is_left_alone() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(9 * SECOND);
        assert_eq!(world.read(policy()).await, 1);
        world.settle().await;
        assert_eq!((world.count(), world.cache.stats().hits), (1, 1), "{world:?}");
    }
}

#[tokio::test]
async fn behind_its_window_an_expired_value_is_not_served() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(SECOND * 39);
        assert_eq!(world.read(policy()).await, 1, "{world:?}");
        world.settle().await;
        world.advance(40 * SECOND);
        assert_eq!(world.read(policy()).await, 3, "{world:?}");
        assert_eq!(world.cache.stats().stale, 1);
    }
}

#[tokio::test]
async fn an_expired_value_with_a_window_is_a_miss_to_all_others() {
    for world in World::all() {
        world.read(policy()).await;
        assert_eq!(world.cache.get::<usize>("key").await.unwrap(), Some(1));
        world.advance(11 * SECOND);
        assert_eq!(world.cache.get::<usize>("key").await.unwrap(), None, "{world:?}");
        assert_eq!(world.cache.get_with::<usize>("key", policy()).await.unwrap(), None, "{world:?}");
        assert_eq!(world.read(Policy::ttl("10s")).await, 2, "{world:?}");
    }
}

#[tokio::test]
async fn a_longer_window_than_the_value_was_stored_with_helps_nobody() {
    for world in World::all() {
        world.read(Policy::ttl("10s")).await;
        world.advance(11 * SECOND);
        assert_eq!(world.read(policy()).await, 2, "{world:?}");
    }
}

#[tokio::test]
async fn of_callers_that_cannot_leave_their_computation_one_computes_and_the_others_are_served() {
    for world in World::all() {
        world.read_inline(policy()).await;
        world.advance(11 * SECOND);
        let (begun, gate) = (Notify::new(), Notify::new());
        let slow = world.cache.get_or_compute("key", policy(), || async {
            begun.notify_one();
            gate.notified().await;
            2_usize
        });
        let others = async {
            begun.notified().await;
            for _ in 0..5 {
                assert_eq!(world.read_inline(policy()).await, 1, "{world:?}");
            }
            gate.notify_one();
        };
        let (value, ()) = tokio::join!(slow, others);
        assert_eq!((value.unwrap(), world.count()), (2, 1));
        assert_eq!(world.read_inline(policy()).await, 2);
    }
}

#[tokio::test]
async fn a_refresh_that_fails_is_tried_again_by_the_next_reader() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(11 * SECOND);
        for round in 1..4 {
            let begun = async || {
                assert_eq!(world.read_in_vain(policy()).await, Ok(1), "{world:?}");
                world.settle().await;
                world.count() > round
            };
            world.eventually(begun).await;
            assert_eq!(world.count(), 1 + round);
        }
        world.eventually(async || world.read(policy()).await == 5).await;
        assert_eq!(world.count(), 5);
    }
}

#[tokio::test]
async fn a_refresh_that_panics_leaves_nothing_behind() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(11 * SECOND);
        let panics = || async { std::panic::panic_any(()) };
        assert_eq!(world.cache.get_or_refresh::<usize, _>("key", policy(), panics).await.unwrap(), 1);
        world.settle().await;
        world.eventually(async || world.read(policy()).await == 2).await;
    }
}

#[test]
fn callers_that_are_not_async_are_served_while_a_thread_computes() {
    for world in World::all() {
        let read = || {
            let computed = world.computed.clone();
            let compute = move || computed.fetch_add(1, Ordering::SeqCst) + 1;
            world.cache.blocking().get_or_refresh("key", policy(), compute).unwrap()
        };
        assert_eq!(read(), 1);
        world.advance(11 * SECOND);
        assert_eq!(read(), 1, "{world:?}");
        let deadline = Deadline::after(30 * SECOND);
        while read() == 1 {
            assert!(!deadline.left().is_zero(), "{world:?}");
            std::thread::sleep(SECOND / 1000);
        }
        assert_eq!(world.count(), 2, "{world:?}");
    }
}
