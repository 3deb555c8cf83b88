//! `expire_*`.

use easycache_core::{Cache, Policy, Result, Targets};

use crate::common::{SECOND, World};

fn plain() -> Policy {
    Policy::ttl("1h").tags(["a", "b"]).prefix("p/q")
}

fn lenient() -> Policy {
    plain().stale_while_revalidate("1h")
}

/// Every way to expire the value.
const WAYS: [&str; 6] = ["key", "tag", "prefix", "level", "targets", "all"];

async fn expire(cache: &Cache, way: &str) -> Result<()> {
    match way {
        "key" => cache.expire_key("p/q|key").await.map(drop),
        "tag" => cache.expire_tags(["b"]).await.map(drop),
        "prefix" => cache.expire_prefix("p/q").await.map(drop),
        "level" => cache.expire_prefix("p").await.map(drop),
        "targets" => cache.expire(Targets::new().key("other").tags(["a"])).await.map(drop),
        _ => cache.expire_all().await,
    }
}

async fn invalidate(cache: &Cache, way: &str) -> Result<()> {
    match way {
        "key" => cache.invalidate_key("p/q|key").await.map(drop),
        "tag" => cache.invalidate_tags(["b"]).await.map(drop),
        "prefix" => cache.invalidate_prefix("p/q").await.map(drop),
        "level" => cache.invalidate_prefix("p").await.map(drop),
        "targets" => cache.invalidate(Targets::new().key("other").tags(["a"])).await.map(drop),
        _ => cache.clear().await,
    }
}

#[tokio::test]
async fn what_was_expired_is_a_miss_to_calls_without_a_window() {
    for way in WAYS {
        for world in World::all() {
            world.read(plain()).await;
            assert_eq!(world.read(plain()).await, 1);
            expire(&world.cache, way).await.unwrap();
            assert_eq!(world.cache.get::<usize>("p/q|key").await.unwrap(), None, "{way} {world:?}");
            assert_eq!(world.read(plain()).await, 2, "{way} {world:?}");
            assert_eq!(world.read(plain()).await, 2, "{way} {world:?}");
        }
    }
}

#[tokio::test]
async fn what_was_expired_is_served_where_a_policy_says_so_and_refreshed() {
    for way in WAYS {
        for world in World::all() {
            world.read(lenient()).await;
            expire(&world.cache, way).await.unwrap();
            assert_eq!(world.read(lenient()).await, 1, "{way} {world:?}");
            world.settle().await;
            assert_eq!(world.read(lenient()).await, 2, "{way} {world:?}");
            assert_eq!(world.count(), 2);
        }
    }
}

#[tokio::test]
async fn what_was_invalidated_is_never_served_whatever_the_policy_and_whenever_it_was_expired() {
    for way in WAYS {
        for expired in ["before", "after", "by its time", "not"] {
            for world in World::all() {
                let policy = || lenient().stale_if_error("1h");
                world.read(policy()).await;
                match expired {
                    "before" => expire(&world.cache, "all").await.unwrap(),
                    "by its time" => world.advance(3600 * SECOND),
                    _ => {}
                }
                invalidate(&world.cache, way).await.unwrap();
                if expired == "after" {
                    expire(&world.cache, "all").await.unwrap();
                    expire(&world.cache, "key").await.unwrap();
                }
                assert!(world.read_in_vain(policy()).await.is_err(), "{way} {expired} {world:?}");
                assert_eq!(world.read(policy()).await, 3, "{way} {expired} {world:?}");
                assert_eq!(world.cache.stats().stale, 0);
            }
        }
    }
}

#[tokio::test]
async fn what_a_computation_began_before_a_key_was_expired_is_not_stored() {
    for world in World::all() {
        let (cache, policy) = (world.cache.clone(), Policy::ttl("1h"));
        let value = world.cache.get_or_compute("key", policy.clone(), async || {
            cache.expire_key("key").await.unwrap();
            100_usize
        });
        assert_eq!(value.await.unwrap(), 100);
        assert_eq!(world.cache.get::<usize>("key").await.unwrap(), None, "{world:?}");
    }
}

#[tokio::test]
async fn expiring_what_is_not_there_is_no_error() {
    for world in World::all() {
        for way in WAYS {
            expire(&world.cache, way).await.unwrap();
        }
        let done = world.cache.expire(Targets::new().key("k").tags(["t"]).prefix("p")).await.unwrap();
        assert_eq!((done.names, done.known), (3, 0), "{world:?}");
        assert_eq!(world.cache.stats().expiries, 10);
        assert!(world.cache.expire_tags([""]).await.is_err(), "that is no tag");
    }
}

type Way = fn(&easycache_core::blocking::Blocking<'_>);

#[test]
fn callers_that_are_not_async_expire_as_well() {
    for world in World::all() {
        let blocking = world.cache.blocking();
        let ways: [Way; 5] = [
            |cache| assert_eq!(cache.expire_key("p|key").unwrap().known, 1),
            |cache| assert_eq!(cache.expire_tags(["a"]).unwrap().known, 1),
            |cache| assert_eq!(cache.expire_prefix("p").unwrap().known, 1),
            |cache| assert_eq!(cache.expire(Targets::new().key("p|key")).unwrap().known, 1),
            |cache| cache.expire_all().unwrap(),
        ];
        for way in ways {
            let policy = Policy::ttl("1h").tags(["a"]).prefix("p").stale_if_error("1h");
            blocking.set("key", 1, policy.clone()).unwrap();
            way(&blocking);
            assert_eq!(blocking.get::<i32>("p|key").unwrap(), None, "{world:?}");
            let failing =
                blocking.try_get_or_compute("key", policy, || Err::<i32, Box<dyn std::error::Error>>("".into()));
            assert_eq!(failing.unwrap(), 1, "{world:?}");
        }
    }
}
