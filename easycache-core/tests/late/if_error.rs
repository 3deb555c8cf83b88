//! `stale_if_error`.

use easycache_core::Policy;

use crate::common::{Failure, SECOND, World};

fn policy() -> Policy {
    Policy::ttl("10s").stale_if_error("1h")
}

#[tokio::test]
async fn an_expired_value_is_served_in_the_place_of_an_error() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(1000 * SECOND);
        assert_eq!(world.read_in_vain(policy()).await, Ok(1), "{world:?}");
        assert_eq!(world.count(), 2, "it was tried");
        assert_eq!((world.cache.stats().stale, world.cache.stats().in_flight), (1, 0));
        world.eventually(async || world.read(policy()).await == 3).await;
        assert_eq!(world.read_in_vain(policy()).await, Ok(3), "a hit");
        assert_eq!(world.count(), 3);
    }
}

#[tokio::test]
async fn behind_its_window_the_error_is_returned() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(3610 * SECOND);
        assert_eq!(world.read_in_vain(policy()).await, Err(Failure::Source), "{world:?}");
    }
}

#[tokio::test]
async fn without_a_value_or_a_window_the_error_is_returned() {
    for world in World::all() {
        assert_eq!(world.read_in_vain(policy()).await, Err(Failure::Source));
        world.read(policy()).await;
        world.advance(11 * SECOND);
        assert_eq!(world.read_in_vain(Policy::ttl("10s")).await, Err(Failure::Source), "{world:?}");
    }
}

#[tokio::test]
async fn computations_that_borrow_are_rescued_as_well() {
    for world in World::all() {
        world.read_inline(policy()).await;
        world.advance(11 * SECOND);
        let name = String::from("borrowed");
        let fails = || async { if name.is_empty() { Ok(0) } else { Err(Failure::Source) } };
        assert_eq!(world.cache.try_get_or_compute::<usize, _, _>("key", policy(), fails).await, Ok(1), "{world:?}");
    }
}

#[tokio::test]
async fn who_has_waited_for_a_computation_that_failed_is_served_as_well() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(11 * SECOND);
        let slow = |world: World| async move {
            let computed = world.computed.clone();
            let fails = move || async move {
                computed.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                Err::<usize, _>(Failure::Source)
            };
            world.cache.try_get_or_refresh("key", policy(), fails).await
        };
        let all = (0..10).map(|_| tokio::spawn(slow(world.clone()))).collect::<Vec<_>>();
        for one in all {
            assert_eq!(one.await.unwrap(), Ok(1), "{world:?}");
        }
        assert_eq!(world.count(), 2, "one has tried for all: {world:?}");
    }
}

#[tokio::test]
async fn both_windows_have_their_own_length() {
    for world in World::all() {
        let policy = || policy().stale_while_revalidate("30s");
        world.read(policy()).await;
        world.advance(20 * SECOND);
        assert_eq!(world.read_in_vain(policy()).await, Ok(1), "at once");
        world.settle().await;
        world.advance(30 * SECOND);
        assert_eq!(world.read_in_vain(policy()).await, Ok(1), "after an error");
        assert_eq!((world.count(), world.cache.stats().refreshed), (3, 1), "{world:?}");
        assert_eq!(world.read(policy()).await, 4, "{world:?}");
    }
}
