//! Caches on a cluster: what one process stores another finds, and what one invalidates another computes.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use easycache_core::{Cache, Policy, Targets};
use easycache_redis::RedisBackend;
use easycache_testkit::{conformance::caches, server::RedisCluster};

use super::CLUSTER;

/// Two, as two processes have them.
async fn pair(cluster: &RedisCluster, namespace: &str, options: &str) -> [Cache; 2] {
    let url = format!("{}{options}", cluster.url());
    let mut caches = Vec::new();
    for _ in 0..2 {
        let backend = RedisBackend::connect(&url).await.expect("the cluster is well");
        caches
            .push(Cache::builder().namespace(namespace).backend(backend).build().expect("a namespace is all it takes"));
    }
    <[_; 2]>::try_from(caches).expect("there are two")
}

#[tokio::test]
async fn two_processes_share_values_and_invalidations() {
    let Some(cluster) = CLUSTER.get() else { return };
    for (namespace, options) in [("plain", ""), ("striped", "?stripes=4"), ("careful", "?epoch=on")] {
        let processes = pair(&cluster, namespace, options).await;
        caches::two_processes_share_values_and_invalidations(&processes).await;
    }
}

#[tokio::test]
async fn copies_of_a_stamp_are_spread_over_the_nodes_and_move_together() {
    let Some(cluster) = CLUSTER.get() else { return };
    let [one, other] = pair(&cluster, "copies", "?stripes=16").await;
    let keys = (0..64).map(|i| format!("k{i}")).collect::<Vec<_>>();
    let policy = || Policy::ttl("1h").prefix("p");
    for key in &keys {
        one.get_or_compute(key, policy(), || async { 1 }).await.unwrap();
    }
    for (kind, most) in [("copies:p:p:*", 16), ("copies:n:*", 16)] {
        let count = |node: usize| cluster.nodes()[node].command(&["KEYS", kind]).array().len();
        let counts = [0, 1, 2].map(count);
        assert!(counts.iter().all(|count| *count > 0) && counts.iter().sum::<usize>() == most, "{kind} {counts:?}");
    }
    for invalidate in [Targets::new().prefix("p"), Targets::new().prefix("p")] {
        for key in &keys {
            assert!(other.get_or_compute(key, policy(), || async { 2 }).await.unwrap() > 0);
            assert!(one.get::<i32>(&format!("p|{key}")).await.unwrap().is_some());
        }
        other.invalidate(invalidate).await.unwrap();
        for key in &keys {
            assert_eq!(one.get::<i32>(&format!("p|{key}")).await.unwrap(), None);
        }
    }
}

static COMPUTED: AtomicU32 = AtomicU32::new(0);

#[easycache::ecached(
    "page:{page}",
    ttl = "1h",
    cache = cache,
    tags_from = |value| value.iter().map(|goods| format!("goods:{goods}")).collect::<Vec<_>>()
)]
async fn page(cache: &Cache, page: u32) -> Vec<u32> {
    COMPUTED.fetch_add(1, SeqCst);
    vec![page, page + 1]
}

#[tokio::test]
async fn tags_that_only_the_result_tells_are_known_from_the_second_time_on() {
    let Some(cluster) = CLUSTER.get() else { return };
    let [one, other] = pair(&cluster, "results", "").await;
    let computed = async |cache: &Cache| {
        let before = COMPUTED.load(SeqCst);
        assert_eq!(page(cache, 7).await, [7, 8]);
        COMPUTED.load(SeqCst) - before
    };
    // The first result tells which tags to look at before the next one is computed.
    assert_eq!(computed(&one).await, 1);
    assert_eq!(computed(&other).await, 1);
    assert_eq!((computed(&one).await, computed(&other).await), (0, 0));
    for tag in ["goods:7", "goods:8"] {
        other.invalidate(Targets::new().tags([tag])).await.unwrap();
        assert_eq!((computed(&one).await, computed(&other).await), (1, 0));
    }
    other.invalidate(Targets::new().tags(["goods:9"])).await.unwrap();
    assert_eq!((computed(&one).await, computed(&other).await), (0, 0));
}

#[tokio::test]
async fn many_keys_on_all_nodes_are_found_computed_and_invalidated_together() {
    let Some(cluster) = CLUSTER.get() else { return };
    let [one, other] = pair(&cluster, "many", "").await;
    let read = async |cache: &Cache, keys: std::ops::Range<usize>| {
        let computed = AtomicU32::new(0);
        let compute = async |missing: Vec<String>| {
            computed.fetch_add(u32::try_from(missing.len()).unwrap(), SeqCst);
            missing.into_iter().map(|key| (key.clone(), key.len())).collect::<HashMap<_, _>>()
        };
        let policy = Policy::ttl("1h").tags(["a", "b"]).prefix("p");
        let keys = keys.map(|key| key.to_string()).collect::<Vec<_>>();
        let values = cache.get_or_compute_many(keys.clone(), policy, compute).await.unwrap();
        assert!(keys.iter().all(|key| values[key] == key.len()));
        computed.into_inner()
    };
    assert_eq!(read(&one, 0..200).await, 200);
    assert_eq!(read(&other, 100..300).await, 100);
    other.invalidate_key("p|7").await.unwrap();
    assert_eq!(read(&one, 0..300).await, 1);
    one.invalidate_tags(["b"]).await.unwrap();
    assert_eq!(read(&other, 0..300).await, 300);
}

#[tokio::test]
async fn what_depends_on_a_held_tag_is_neither_served_nor_stored_wherever_it_is() {
    let Some(cluster) = CLUSTER.get() else { return };
    let [one, other] = pair(&cluster, "held", "").await;
    let policy = || Policy::ttl("1h").tags(["a", "b", "c"]).prefix("p");
    let number = async |cache: &Cache, computes: i32| {
        cache.get_or_compute("key", policy(), || async { computes }).await.unwrap()
    };
    for tag in ["a", "b", "c"] {
        one.clear().await.unwrap();
        assert_eq!(number(&one, 1).await, 1);
        let hold = other.hold(Targets::new().tags([tag]), "1h").await.unwrap();
        assert_eq!((number(&one, 2).await, number(&other, 3).await), (2, 3));
        hold.release().await.unwrap();
        assert_eq!(number(&other, 4).await, 4);
        // The lease of who has stored nothing is released in the background.
        let mut computes = 5;
        while number(&one, computes).await == computes {
            assert!(computes < 1_000, "nothing is stored");
            computes += 1;
        }
    }
}
