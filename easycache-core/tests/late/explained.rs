//! What is told of values that expire twice.

use std::time::Duration;

use easycache_core::{Cache, Explanation, Policy, Reason};

use crate::common::{SECOND, World};

const HOUR: Duration = Duration::from_secs(3600);

async fn explain(world: &World) -> Explanation {
    world.cache.explain("key").await.unwrap()
}

/// What is told of its time to live, what is left of that, and why it would be a miss.
fn times(told: &Explanation) -> (Option<Duration>, Option<Duration>, Option<Reason>) {
    (told.ttl, told.left, told.misses)
}

#[tokio::test]
async fn a_value_is_told_to_be_fresh_as_long_as_it_is_served() {
    let early = Policy::ttl("100s").early_refresh(1.0);
    for policy in [early.clone(), early.stale_if_error("1h"), Policy::ttl("100s").stale_while_revalidate("1h")] {
        for world in World::all() {
            world.read(policy.clone()).await;
            for (passed, left) in [(0, 100), (95, 5)] {
                world.advance(passed * SECOND);
                let told = explain(&world).await;
                assert_eq!(times(&told), (Some(100 * SECOND), Some(left * SECOND), None), "{world:?}, {policy:?}");
                assert_eq!(told.age, Some(passed * SECOND), "{world:?}, {policy:?}");
                assert_eq!(world.cache.get::<usize>("key").await.unwrap(), Some(1));
            }
        }
    }
}

#[tokio::test]
async fn a_value_that_is_served_to_some_alone_is_told_to_be_expired() {
    for world in World::all() {
        world.read(Policy::ttl("10s").stale_if_error("1h")).await;
        world.advance(20 * SECOND);
        let told = explain(&world).await;
        assert_eq!(times(&told), (Some(10 * SECOND), Some(Duration::ZERO), Some(Reason::Expired)), "{world:?}");
        assert_eq!(world.cache.get::<usize>("key").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_value_that_was_expired_by_hand_has_no_time_left() {
    for world in World::all() {
        let cache: &Cache = &world.cache;
        cache.set("key", 1_usize, Policy::ttl(HOUR).stale_if_error("1h")).await.unwrap();
        cache.expire_key("key").await.unwrap();
        let told = explain(&world).await;
        assert_eq!(times(&told), (Some(HOUR), Some(Duration::ZERO), Some(Reason::Expired)), "{world:?}");
    }
}
