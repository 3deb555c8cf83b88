//! Collections that take long, and those who have nothing to do with it.

use std::time::Duration;

use easycache_core::{
    Cache, ErrorKind, Policy,
    collections::{CacheSet, CacheValue, together},
};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    Proxy,
    server::{RedisCluster, RedisServer},
};

use crate::{cache, connected, deadline};

#[tokio::test]
async fn the_missed_deadline_of_a_collection_is_not_that_of_cached_calls() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    deadline::is_not_that_of_cached_calls(&cache(&proxy.url()).await, &proxy).await;
}

#[tokio::test]
async fn on_a_cluster_the_missed_deadline_of_a_collection_is_not_that_of_cached_calls() {
    let Some(cluster) = RedisCluster::start() else { return };
    let cache = cache(&cluster.url()).await;
    // On the same node.
    let set = CacheSet::<u32>::new(&cache, "k");
    assert!(set.insert(&1).await.unwrap());
    cache.set("k", 7, Policy::new()).await.unwrap();
    let nodes = cluster.nodes();
    nodes.iter().for_each(RedisServer::stop);
    let missed = set.clone().deadline("50ms").insert(&2).await.unwrap_err();
    assert_eq!(missed.kind(), ErrorKind::Unavailable);
    let go_on = async { nodes.iter().for_each(RedisServer::cont) };
    let (got, ()) = tokio::join!(cache.get::<i32>("k"), go_on);
    assert_eq!(got.unwrap(), Some(7), "it was asked, and has answered when it could");
}

#[tokio::test]
async fn a_collection_has_a_deadline_of_its_own_and_of_several_the_longest_counts() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    let backend = RedisBackend::connect(&proxy.url()).await.unwrap();
    let cache = Cache::builder().deadline("100ms").backend(backend).build().unwrap();
    let value = CacheValue::<i64>::new(&cache, "v");
    let patient = value.clone().deadline("20s");
    value.set(&1).await.unwrap();
    proxy.delay(Duration::from_millis(300));
    assert_eq!(patient.get().await.unwrap(), Some(1));
    assert_eq!(together((value.get(), patient.get())).await.unwrap(), (Some(1), Some(1)));
    assert_eq!(value.get().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn many_members_need_not_be_written_within_one_deadline() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    let set = CacheSet::<u32>::new(&cache(&proxy.url()).await, "s").deadline("2s");
    set.len().await.unwrap();
    proxy.delay(Duration::from_millis(700));
    // Four round trips.
    assert_eq!(set.extend(0..160_000).await.unwrap(), 160_000);
}

#[tokio::test]
async fn a_deadline_of_nothing_or_of_no_number_is_an_error_of_each_request() {
    let Some((_server, cache)) = connected().await else { return };
    for wrong in ["0s", "soon"] {
        let error = CacheSet::<u32>::new(&cache, "s").deadline(wrong).len().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidDuration, "{wrong}: {error}");
    }
}
