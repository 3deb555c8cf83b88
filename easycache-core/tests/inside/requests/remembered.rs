//! What a request remembers.

use std::{collections::HashMap, sync::Arc, time::Duration};

use easycache_core::{
    Cache, Error, ErrorKind, Freshness, Near, Policy, RequestScope, bypass, no_store, no_store_scope, request_scope,
};
use easycache_testkit::{CountingBackend, ManualClock, MemoryBackend};

use super::{KEY, builder, on, pairs, policy, read};
use crate::number;

/// A backend that counts, and a cache on it.
fn counted() -> (Arc<CountingBackend<MemoryBackend>>, Cache) {
    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    (backend, cache)
}

#[tokio::test]
async fn all_reads_of_a_request_cost_one() {
    let (backend, cache) = counted();
    read(&cache, 1).await;
    let before = backend.calls().total();
    request_scope(async {
        for _ in 0..10 {
            assert_eq!(read(&cache, 2).await, 1);
            assert_eq!(cache.get::<u32>(KEY).await.unwrap(), Some(1));
            assert_eq!(cache.get_many::<u32>(&[KEY]).await.unwrap(), [Some(1)]);
            assert_eq!(cache.get_with::<u32>("key", policy()).await.unwrap(), Some(1));
            assert_eq!(cache.blocking().get_or_compute("key", policy(), || 2_u32).unwrap(), 1);
        }
    })
    .await;
    assert_eq!(backend.calls().total() - before, 1);
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.remembered), (50, 49), "a hit is a hit");
    read(&cache, 2).await;
    assert_eq!(backend.calls().total() - before, 2, "outside of any request it is as ever");
}

#[tokio::test]
async fn what_was_computed_and_stored_is_remembered() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            assert_eq!(read(&cache, 1).await, 1);
            assert_eq!(read(&cache, 2).await, 1);
        })
        .await;
        assert_eq!(cache.stats().remembered, 1, "{kind}");
    }
}

#[tokio::test]
async fn every_value_of_a_batch_is_remembered() {
    let (backend, cache) = counted();
    cache.set("a", 1_u32, Policy::new()).await.unwrap();
    let before = backend.calls().total();
    let compute =
        async |missing: Vec<&'static str>| missing.into_iter().map(|key| (key, 2)).collect::<HashMap<_, u32>>();
    request_scope(async {
        let first = cache.get_or_compute_many(["a", "b"], Policy::new(), compute).await.unwrap();
        assert_eq!((first["a"], first["b"]), (1, 2));
        let asked = backend.calls().total() - before;
        let second = cache.get_or_compute_many(["a", "b"], Policy::new(), compute).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(cache.get_many::<u32>(&["b", "c", "a"]).await.unwrap(), [Some(2), None, Some(1)]);
        assert_eq!(backend.calls().total() - before, asked + 1, "`c` alone was asked for");
    })
    .await;
}

#[tokio::test]
async fn what_may_not_be_stored_is_not_remembered() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            for computes in 1..3 {
                let said = cache.get_or_compute("said", policy(), || async {
                    no_store();
                    computes
                });
                assert_eq!(said.await.unwrap(), computes, "{kind}");
                assert_eq!(number(&cache, "short", Policy::ttl(Duration::ZERO), computes).await, computes, "{kind}");
                assert_eq!(bypass(read(&cache, computes)).await, computes, "{kind}");
                assert_eq!(no_store_scope(read(&cache, computes)).await, computes, "{kind}");
                assert_eq!(cache.get::<u32>(KEY).await.unwrap(), None, "{kind}");
            }
        })
        .await;
        assert_eq!(cache.stats().remembered, 0, "{kind}");
    }
}

#[tokio::test]
async fn a_bypass_does_not_read_what_is_remembered_and_a_scope_that_stores_nothing_does() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            assert_eq!(read(&cache, 1).await, 1);
            assert_eq!(bypass(read(&cache, 2)).await, 2, "{kind}");
            assert_eq!(bypass(cache.get::<u32>(KEY)).await.unwrap(), None, "{kind}");
            assert_eq!(no_store_scope(read(&cache, 2)).await, 1, "{kind}");
            assert_eq!(read(&cache, 2).await, 1, "{kind}: neither has changed it");
        })
        .await;
    }
}

#[tokio::test]
async fn an_expired_value_that_is_served_is_not_remembered() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    let read = |computes: u32| {
        let policy = Policy::ttl("1m").stale_if_error("1h");
        cache.try_get_or_compute("key", policy, move || async move {
            if computes == 0 { Err(Error::new(ErrorKind::Unavailable, "it fails")) } else { Ok(computes) }
        })
    };
    assert_eq!(read(1).await.unwrap(), 1);
    clock.advance(Duration::from_secs(61));
    request_scope(async {
        assert_eq!(read(0).await.unwrap(), 1, "in the place of an error");
        assert_eq!(read(2).await.unwrap(), 2, "it is asked for again");
        assert_eq!(read(3).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_request_remembers_so_much_and_no_more() {
    for (kind, [cache, _]) in pairs() {
        let request = RequestScope::bounded(3);
        request
            .run(async {
                for key in ["a", "b", "c", "d", "e"] {
                    number(&cache, key, Policy::new(), 1).await;
                }
                assert_eq!(request.len(), 3, "{kind}");
                let before = cache.stats().remembered;
                for key in ["a", "b", "c", "d", "e"] {
                    number(&cache, key, Policy::new(), 2).await;
                }
                assert_eq!(cache.stats().remembered - before, 3, "{kind}");
                request.forget();
                number(&cache, "e", Policy::new(), 2).await;
                assert_eq!(request.len(), 1, "{kind}: there is room again");
            })
            .await;
    }
}

#[tokio::test]
async fn a_request_full_of_what_was_invalidated_remembers_what_is_read_next() {
    let read = async |cache: &Cache, key: u32| number(cache, &key.to_string(), Policy::new().tags(["tag"]), 1).await;
    for (kind, [cache, _]) in pairs() {
        for (reads, until) in [(100, 1001), (130, 1020)] {
            let request = RequestScope::bounded(100);
            request
                .run(async {
                    for key in 0..reads {
                        read(&cache, key).await;
                    }
                    assert_eq!(request.len(), 100, "{kind}");
                    cache.invalidate_tags(["tag"]).await.unwrap();
                    // Where some were turned away already, it does not look at all of them again for each that comes.
                    for key in 1000..until {
                        read(&cache, key).await;
                    }
                    let before = cache.stats().remembered;
                    read(&cache, until - 1).await;
                    assert_eq!(cache.stats().remembered - before, 1, "{kind} {reads}");
                    assert!(request.len() <= 20, "{kind} {reads}: the old ones are gone");
                })
                .await;
        }
    }
}

#[tokio::test]
async fn values_are_told_apart_by_cache_tags_type_and_schema() {
    for (kind, [cache, _]) in pairs() {
        let other = Cache::builder().build().unwrap();
        request_scope(async {
            number(&cache, "key", Policy::new(), 1).await;
            assert_eq!(number(&other, "key", Policy::new(), 2).await, 2, "{kind}: of another cache");
            assert_eq!(cache.get::<String>("key").await.unwrap(), None, "{kind}: of another type");
            assert_eq!(number(&cache, "key", Policy::new().tags(["tag"]), 3).await, 3, "{kind}: with other tags");
            assert_eq!(number(&cache, "key", Policy::new().version(2), 4).await, 4, "{kind}: of another version");
        })
        .await;
    }
}

#[tokio::test]
async fn a_near_tier_is_read_and_what_it_has_is_remembered() {
    for freshness in [Freshness::Strict, Freshness::Ttl(Duration::from_secs(60))] {
        let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
        let near = Near::bounded(10).freshness(freshness);
        let cache = builder(Arc::clone(&backend)).near(near).build().unwrap();
        read(&cache, 1).await;
        read(&cache, 1).await;
        request_scope(async {
            read(&cache, 2).await;
            let before = backend.calls().total();
            assert_eq!(read(&cache, 2).await, 1);
            assert_eq!(cache.get::<u32>(KEY).await.unwrap(), Some(1));
            assert_eq!(backend.calls().total(), before, "{freshness:?}");
            cache.invalidate_tags(["tag"]).await.unwrap();
            assert_eq!(read(&cache, 2).await, 2, "{freshness:?}");
        })
        .await;
        let near = cache.stats().near.unwrap();
        assert_eq!((near.hits, cache.stats().remembered), (1, 2), "{freshness:?}");
    }
}
