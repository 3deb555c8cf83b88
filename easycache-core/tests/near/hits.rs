//! What is kept, and by whom it is found.

use std::{
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use easycache_core::{Cache, Near, Policy};
use serde::{Deserialize, Deserializer, Serialize};

use crate::common::{
    ALL,
    Answer::{Computed, Hit},
    Function, World, hits,
};

#[tokio::test]
async fn what_is_computed_is_kept_when_it_is_first_read() {
    for freshness in ALL {
        for function in [Function::User, Function::Book] {
            let cache = World::new().cache(freshness);
            assert_eq!(function.call(&cache, 1).await, Computed(1), "{freshness:?}");
            for (near, far) in [(0, 1), (1, 1), (2, 1), (3, 1)] {
                assert_eq!(function.call(&cache, 2).await, Hit(1), "{freshness:?}");
                assert_eq!(hits(&cache), (near, far), "{freshness:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_kept_asks_nobody() {
    let world = World::new();
    let (cache, line) = world.tracked();
    Function::User.call(&cache, 1).await;
    Function::User.call(&cache, 1).await;
    let reads = line.reads();
    for _ in 0..1000 {
        assert_eq!(Function::User.call(&cache, 2).await, Hit(1));
    }
    assert_eq!(cache.get::<u64>(Function::User.key()).await.unwrap(), Some(1));
    assert_eq!(line.reads(), reads);
}

#[test]
fn callers_that_are_not_async_have_it_too() {
    for freshness in ALL {
        for function in [Function::User, Function::Book] {
            let cache = World::new().cache(freshness);
            assert_eq!(function.call_sync(&cache, 1), Computed(1));
            assert_eq!(function.call_sync(&cache, 2), Hit(1));
            assert_eq!(function.call_sync(&cache, 2), Hit(1));
            assert_eq!(cache.blocking().get::<u64>(function.key()).unwrap(), Some(1));
            assert_eq!(hits(&cache), (2, 1), "{freshness:?}");
        }
    }
}

/// Counts how often it is decoded.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Counted(u64);

static DECODED: AtomicUsize = AtomicUsize::new(0);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.fetch_add(1, Ordering::SeqCst);
        u64::deserialize(deserializer).map(Self)
    }
}

#[tokio::test]
async fn what_is_kept_is_not_decoded_again() {
    for freshness in ALL {
        let cache = World::new().cache(freshness);
        let policy = || Policy::ttl("1h").tags(["a"]);
        cache.set("key", Counted(7), policy()).await.unwrap();
        let before = DECODED.load(Ordering::SeqCst);
        for _ in 0..5 {
            assert_eq!(cache.get_or_compute("key", policy(), || async { Counted(8) }).await.unwrap(), Counted(7));
            assert_eq!(cache.get_with("key", policy()).await.unwrap(), Some(Counted(7)));
            assert_eq!(cache.get("key").await.unwrap(), Some(Counted(7)));
        }
        assert_eq!(DECODED.load(Ordering::SeqCst), before + 1, "{freshness:?}");
        assert_eq!(hits(&cache), (14, 1));
    }
}

/// Reads something by the plain API.
type Read = for<'a> fn(&'a Cache) -> Pin<Box<dyn Future<Output = Vec<Option<String>>> + 'a>>;

#[tokio::test]
async fn every_way_to_read_keeps_and_finds_what_is_kept() {
    for freshness in ALL {
        let world = World::new();
        let writer = world.plain();
        let policy = || Policy::ttl("1h").tags(["a"]).prefix("p/q");
        for key in ["1", "2", "3"] {
            writer.set(key, key.to_owned(), policy()).await.unwrap();
        }
        let (one, all) = ([Some("1".to_owned())], [Some("1".to_owned()), None, Some("3".to_owned())]);
        let reads: [Read; 4] = [
            |cache| Box::pin(async { vec![cache.get("p/q|1").await.unwrap()] }),
            |cache| {
                Box::pin(async { vec![cache.get_with("1", Policy::new().tags(["a"]).prefix("p/q")).await.unwrap()] })
            },
            |cache| Box::pin(async { cache.get_many(&["p/q|1", "p/q|9", "p/q|3"]).await.unwrap() }),
            |cache| {
                Box::pin(async {
                    let policy = Policy::new().tags(["a"]).prefix("p/q");
                    cache.get_many_with(&["1", "9", "3"], policy).await.unwrap()
                })
            },
        ];
        for (number, first) in reads.iter().enumerate() {
            let cache = world.cache(freshness);
            let found = first(&cache).await;
            let values = found.iter().flatten().count() as u64;
            assert_eq!(hits(&cache), (0, values), "{freshness:?}, {number}");
            assert!(found == one || found == all, "{found:?}");
            assert_eq!(first(&cache).await, found);
            assert_eq!(hits(&cache), (values, values), "{freshness:?}, {number}");
            for again in &reads[..2] {
                assert_eq!(again(&cache).await, one, "{freshness:?}, {number}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_kept_answers_only_who_looks_for_just_that() {
    for freshness in ALL {
        let cache = World::new().cache(freshness);
        let policy = || Policy::ttl("1h").tags(["a"]);
        cache.set("key", 7, policy()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(cache.get_with::<i32>("key", policy()).await.unwrap(), Some(7));
            assert_eq!(cache.get_with::<i32>("key", policy().tags(["b"])).await.unwrap(), None, "other tags");
            assert_eq!(cache.get_with::<u64>("key", policy()).await.unwrap(), None, "another type");
            assert_eq!(cache.get::<String>("key").await.unwrap(), None, "another type");
            assert_eq!(cache.get_with::<i32>("key", policy().version(2)).await.unwrap(), None, "another version");
        }
    }
}

#[tokio::test]
async fn it_holds_no_more_than_it_may() {
    for freshness in ALL {
        let world = World::new();
        let cache = world.builder(world.server.clone()).near(Near::bounded(3).freshness(freshness)).build().unwrap();
        for round in 0..3 {
            for key in 0..20 {
                let name = format!("key:{key}");
                let value = cache.get_or_compute(&name, Policy::ttl("1h"), || async move { key }).await.unwrap();
                assert_eq!(value, key);
            }
            assert_eq!(cache.stats().entries, if round == 0 { 0 } else { 3 }, "{freshness:?}");
        }
        assert_eq!(cache.stats().computed, 20, "what was driven out is read again");
        assert!(cache.stats().evicted >= 17);
    }
}

#[tokio::test]
async fn what_is_not_stored_is_not_kept() {
    for freshness in ALL {
        let cache = World::new().cache(freshness);
        for value in 0..3 {
            let compute = || async move { value };
            assert_eq!(cache.get_or_compute("key", Policy::ttl(0), compute).await.unwrap(), value);
        }
        assert_eq!(cache.stats().entries, 0);
    }
}

#[tokio::test]
async fn it_keeps_nothing_longer_than_the_backend_does() {
    for freshness in ALL {
        let world = World::new();
        let cache = world.cache(freshness);
        let policy = || Policy::ttl("10s");
        cache.set("key", 1, policy()).await.unwrap();
        world.clock.advance(Duration::from_secs(6));
        assert_eq!(cache.get_with("key", policy()).await.unwrap(), Some(1));
        world.clock.advance(Duration::from_secs(3));
        world.server.lines().iter().for_each(easycache_testkit::Line::beat);
        assert_eq!(cache.get_with("key", policy()).await.unwrap(), Some(1));
        assert_eq!(hits(&cache), (1, 1), "{freshness:?}");
        world.clock.advance(Duration::from_secs(1));
        world.server.lines().iter().for_each(easycache_testkit::Line::beat);
        assert_eq!(cache.get_with::<i32>("key", policy()).await.unwrap(), None, "{freshness:?}");
    }
}

#[tokio::test]
async fn what_was_looked_for_in_vain_leaves_nothing_behind() {
    for freshness in ALL {
        let world = World::new();
        let cache = world.cache(freshness);
        for key in 0..100 {
            assert_eq!(cache.get::<u64>(&format!("a/b|{key}")).await.unwrap(), None);
            let policy = Policy::new().tags([format!("tag:{key}")]);
            assert_eq!(cache.get_with::<u64>(&format!("{key}"), policy).await.unwrap(), None);
        }
        cache.sweep();
        assert_eq!((cache.stats().stamps, cache.stats().entries), (0, 0), "{freshness:?}");
    }
}

#[tokio::test]
async fn what_nobody_will_tell_of_is_not_kept() {
    let (cache, line) = World::new().tracked();
    line.can_tell(false);
    Function::User.call(&cache, 1).await;
    for _ in 0..2 {
        assert_eq!(Function::User.call(&cache, 2).await, Hit(1));
        assert_eq!(cache.get::<u64>(Function::User.key()).await.unwrap(), Some(1));
    }
    assert_eq!((hits(&cache), cache.stats().entries), ((0, 4), 0));
    line.can_tell(true);
    Function::User.call(&cache, 2).await;
    Function::User.call(&cache, 2).await;
    assert_eq!(hits(&cache), (1, 5));
}
