//! Errors that are kept, by the plain API: beside values that expire at other times.

use std::sync::atomic::Ordering;

use easycache_core::{CacheErr, Policy};

use crate::common::{Failure, SECOND, World};

type Answer = Result<u32, Failure>;

/// Every way of asking.
#[derive(Clone, Copy, Debug)]
enum By {
    Compute,
    Refresh,
    ComputeBlocking,
    RefreshBlocking,
}

const WAYS: [By; 4] = [By::Compute, By::Refresh, By::ComputeBlocking, By::RefreshBlocking];

impl By {
    async fn ask(self, world: &World, policy: Policy, errors: CacheErr<Failure>, answer: Answer) -> Answer {
        let (computed, cache) = (world.computed.clone(), &world.cache);
        let compute = move || {
            computed.fetch_add(1, Ordering::SeqCst);
            answer
        };
        match self {
            Self::Compute => cache.try_get_or_compute_cache_err("key", policy, errors, async || compute()).await,
            Self::Refresh => {
                let compute = || async move { compute() };
                cache.try_get_or_refresh_cache_err("key", policy, errors, compute).await
            }
            Self::ComputeBlocking => cache.blocking().try_get_or_compute_cache_err("key", policy, errors, compute),
            Self::RefreshBlocking => cache.blocking().try_get_or_refresh_cache_err("key", policy, errors, compute),
        }
    }
}

fn policy() -> Policy {
    Policy::ttl("1m").tags(["tag"])
}

#[tokio::test]
async fn an_error_is_kept_for_a_time_of_its_own_and_invalidated_like_a_value() {
    for (by, world) in WAYS.into_iter().flat_map(|by| World::all().map(|world| (by, world))) {
        let ask = |answer| by.ask(&world, policy(), CacheErr::ttl("2s"), answer);
        assert_eq!(ask(Err(Failure::Source)).await, Err(Failure::Source));
        assert_eq!(ask(Ok(1)).await, Err(Failure::Source), "{by:?}, {world:?}");
        assert_eq!(world.cache.get::<u32>("key").await.unwrap(), None, "it is no value");
        world.advance(3 * SECOND);
        assert_eq!(ask(Ok(2)).await, Ok(2), "{by:?}, {world:?}");
        world.advance(3 * SECOND);
        assert_eq!(ask(Ok(3)).await, Ok(2), "a value lives as its policy says: {by:?}, {world:?}");
        assert_eq!(world.cache.get::<u32>("key").await.unwrap(), Some(2), "{by:?}, {world:?}");
        let plain = world.cache.get_or_compute("key", policy(), || async { 9_u32 }).await;
        assert_eq!(plain.unwrap(), 2, "it is the same value for who keeps no errors");
        world.cache.invalidate_tags(["tag"]).await.unwrap();
        assert_eq!(ask(Err(Failure::Source)).await, Err(Failure::Source));
        world.cache.invalidate_tags(["tag"]).await.unwrap();
        assert_eq!(ask(Ok(4)).await, Ok(4), "{by:?}, {world:?}");
    }
}

#[tokio::test]
async fn an_error_is_its_callers_alone_where_the_predicate_says_no() {
    for by in WAYS {
        for world in World::all() {
            let errors = || CacheErr::ttl("2s").only_if(|error| *error == Failure::Source);
            let other = || Failure::Cache("other".to_owned());
            assert_eq!(by.ask(&world, policy(), errors(), Err(other())).await, Err(other()), "{by:?}");
            assert_eq!(by.ask(&world, policy(), errors(), Err(Failure::Source)).await, Err(Failure::Source));
            assert_eq!(by.ask(&world, policy(), errors(), Err(other())).await, Err(Failure::Source), "{by:?}");
            assert_eq!(world.count(), 2, "{by:?}, {world:?}");
        }
    }
}

#[tokio::test]
async fn the_last_value_is_served_in_the_place_of_an_error_that_is_kept() {
    for by in WAYS {
        for world in World::all() {
            let ask = |answer| by.ask(&world, policy().stale_if_error("1h"), CacheErr::ttl("2s"), answer);
            assert_eq!(ask(Ok(1)).await, Ok(1));
            world.advance(61 * SECOND);
            assert_eq!(ask(Err(Failure::Source)).await, Ok(1), "{by:?}, {world:?}");
        }
    }
}

#[tokio::test]
async fn a_time_that_is_none_is_a_mistake() {
    for by in WAYS {
        for world in World::all() {
            let Err(Failure::Cache(message)) = by.ask(&world, policy(), CacheErr::ttl("soon"), Ok(1)).await else {
                panic!("{by:?}: it is taken for a time");
            };
            assert!(message.contains("soon"), "{message}");
            assert_eq!(world.count(), 0);
        }
    }
}

#[tokio::test]
async fn an_error_in_the_background_does_not_take_the_place_of_a_value_that_may_be_served() {
    let late = Policy::ttl("10s").stale_while_revalidate("1h");
    let policies = [(late, 11), (Policy::ttl("100s").early_refresh(1.0), 95)];
    for ((policy, wait), by) in
        policies.iter().flat_map(|policy| [By::Refresh, By::RefreshBlocking].map(|by| (policy, by)))
    {
        for world in World::all() {
            let ask = |answer| by.ask(&world, policy.clone(), CacheErr::ttl("5m"), answer);
            assert_eq!(ask(Ok(1)).await, Ok(1));
            world.advance(*wait * SECOND);
            let in_vain = async || {
                assert_eq!(ask(Err(Failure::Source)).await, Ok(1), "{by:?}, {world:?}");
                world.count() >= 3
            };
            world.eventually(in_vain).await;
            let anew = async || {
                ask(Ok(2)).await.unwrap();
                world.cache.get::<u32>("key").await.unwrap() == Some(2)
            };
            world.eventually(anew).await;
        }
    }
}
