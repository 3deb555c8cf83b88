//! Scopes that leave the cache alone, on caches of each kind.

use std::collections::HashMap;

use easycache_core::{Cache, Policy, bypass, no_store, no_store_scope};
use easycache_testkit::{CountingBackend, MemoryBackend};

use crate::{number, on, pairs};

#[tokio::test]
async fn a_bypass_neither_reads_nor_stores() {
    for (kind, [cache, _]) in pairs() {
        number(&cache, "stored", Policy::new(), 1).await;
        bypass(async {
            assert_eq!(number(&cache, "stored", Policy::new(), 2).await, 2, "{kind}");
            assert_eq!(number(&cache, "absent", Policy::new(), 2).await, 2, "{kind}");
            assert_eq!(cache.get::<u32>("stored").await.unwrap(), None, "{kind}");
            assert_eq!(cache.get_with::<u32>("stored", Policy::new()).await.unwrap(), None, "{kind}");
            cache.set("stored", 3_u32, Policy::new()).await.unwrap();
        })
        .await;
        assert_eq!(cache.stats().misses.bypass, 4, "{kind}");
        assert_eq!(number(&cache, "stored", Policy::new(), 4).await, 1, "{kind}");
        assert_eq!(cache.get::<u32>("absent").await.unwrap(), None, "{kind}");
    }
}

#[tokio::test]
async fn a_bypass_does_not_talk_to_the_backend() {
    let backend = std::sync::Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = on(std::sync::Arc::clone(&backend));
    bypass(async {
        number(&cache, "key", Policy::new(), 1).await;
        cache.get::<u32>("key").await.unwrap();
        cache.get_many::<u32>(&["key"]).await.unwrap();
    })
    .await;
    assert_eq!(backend.calls().total(), 0);
}

#[tokio::test]
async fn in_a_scope_that_stores_nothing_hits_are_served() {
    for (kind, [cache, _]) in pairs() {
        number(&cache, "stored", Policy::new(), 1).await;
        no_store_scope(async {
            assert_eq!(number(&cache, "stored", Policy::new(), 2).await, 1, "{kind}");
            assert_eq!(number(&cache, "absent", Policy::new(), 2).await, 2, "{kind}");
            assert_eq!(cache.get::<u32>("stored").await.unwrap(), Some(1), "{kind}");
            cache.set("stored", 3_u32, Policy::new()).await.unwrap();
        })
        .await;
        assert_eq!(cache.stats().hits, 2, "{kind}");
        assert_eq!(number(&cache, "stored", Policy::new(), 4).await, 1, "{kind}");
        assert_eq!(cache.get::<u32>("absent").await.unwrap(), None, "{kind}");
    }
}

#[tokio::test]
async fn a_result_that_says_so_itself_is_not_stored() {
    for (kind, [cache, _]) in pairs() {
        let compute = async || {
            tokio::task::yield_now().await;
            no_store();
            number(&cache, "inner", Policy::new(), 1).await
        };
        assert_eq!(cache.get_or_compute("key", Policy::new(), compute).await.unwrap(), 1);
        assert_eq!(cache.stats().refused.by_policy, 1, "{kind}");
        assert_eq!(cache.get::<u32>("key").await.unwrap(), None, "{kind}");
        assert_eq!(cache.get::<u32>("inner").await.unwrap(), Some(1), "{kind}: it has not said so");
    }
}

#[test]
fn the_scopes_are_there_for_callers_that_are_not_async() {
    for (kind, [cache, _]) in pairs() {
        let read =
            |cache: &Cache, computes: u32| cache.blocking().get_or_compute("key", Policy::new(), || computes).unwrap();
        assert_eq!(read(&cache, 1), 1);
        assert_eq!(easycache_core::blocking::bypass(|| read(&cache, 2)), 2, "{kind}");
        assert_eq!(easycache_core::blocking::no_store_scope(|| read(&cache, 3)), 1, "{kind}");
        cache.blocking().invalidate_key("key").unwrap();
        assert_eq!(easycache_core::blocking::no_store_scope(|| read(&cache, 4)), 4, "{kind}");
        let said = cache.blocking().get_or_compute("key", Policy::new(), || {
            no_store();
            5
        });
        assert_eq!(said.unwrap(), 5, "{kind}");
        assert_eq!(read(&cache, 6), 6, "{kind}");
    }
}

#[tokio::test]
async fn no_value_of_a_batch_is_stored_that_says_so() {
    for (kind, [cache, _]) in pairs() {
        let compute = async |missing: Vec<&'static str>| {
            tokio::task::yield_now().await;
            no_store();
            missing.into_iter().map(|key| (key, 1)).collect::<HashMap<_, u32>>()
        };
        let values = cache.get_or_compute_many(["a", "b"], Policy::new(), compute).await.unwrap();
        assert_eq!(values, HashMap::from([("a", 1), ("b", 1)]), "{kind}");
        assert_eq!(cache.get_many::<u32>(&["a", "b"]).await.unwrap(), [None, None], "{kind}");
        let compute =
            async |missing: Vec<&'static str>| missing.into_iter().map(|key| (key, 2)).collect::<HashMap<_, u32>>();
        let bypassed = bypass(cache.get_or_compute_many(["a", "b"], Policy::new(), compute)).await.unwrap();
        assert_eq!(bypassed.len(), 2, "{kind}");
        assert_eq!(cache.get_many::<u32>(&["a", "b"]).await.unwrap(), [None, None], "{kind}");
    }
}
