//! Every clause of collections, on real servers; and what other programs see of them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod deadline;
mod documented_user;
mod life;
mod order;
mod plain;
mod processes;
mod trouble;
mod walk;

use std::{fmt, time::Duration};

use easycache_core::{
    Cache, Deadline, ErrorKind,
    collections::{CacheSet, CacheValue},
};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    OwningBackend, collections_conformance,
    server::{RedisCluster, RedisServer, Share, Shared},
};

async fn on<S: fmt::Debug + Send + Sync>(servers: &'static Shared<S>, url: impl FnOnce(&S) -> String) -> Option<Cache> {
    let servers = servers.get()?;
    let backend = RedisBackend::connect(&url(&servers)).await.expect("the servers were just started");
    let backend = OwningBackend::<_, Share<S>>::new(backend, servers);
    Some(Cache::builder().namespace("shop").backend(backend).build().expect("the settings are good"))
}

mod single_server {
    use super::*;

    static SERVER: Shared<RedisServer> = Shared::new(RedisServer::start);

    collections_conformance!(on(&SERVER, RedisServer::url));
}

mod cluster {
    use super::*;

    static CLUSTER: Shared<RedisCluster> = Shared::new(RedisCluster::start);

    collections_conformance!(on(&CLUSTER, RedisCluster::url), apart);
}

/// A cache on what is at that URL.
async fn cache(url: &str) -> Cache {
    let backend = RedisBackend::connect(url).await.unwrap();
    Cache::builder().namespace("shop").deadline("20s").backend(backend).build().unwrap()
}

/// A server, and its URL. None if there is no `redis-server` here.
fn started() -> Option<(RedisServer, String)> {
    let server = RedisServer::start()?;
    let url = server.url();
    Some((server, url))
}

/// A server, and a cache on it. None if there is no `redis-server` here.
async fn connected() -> Option<(RedisServer, Cache)> {
    let server = RedisServer::start()?;
    let cache = cache(&server.url()).await;
    Some((server, cache))
}

#[tokio::test]
async fn sets_on_several_nodes_are_not_put_together_in_place_and_the_error_says_what_to_do() {
    let Some(cluster) = RedisCluster::start() else { return };
    let backend = RedisBackend::connect(&cluster.url()).await.unwrap();
    let cache = Cache::builder().backend(backend).build().unwrap();
    let sets = (0..10).map(|number| CacheSet::<u32>::of(&cache, "set", &number)).collect::<Vec<_>>();
    for set in &sets {
        set.insert(&1).await.unwrap();
    }
    let error = sets[0].union_in_place(&sets[1..].iter().collect::<Vec<_>>()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("without `_in_place`"), "{error}");
    assert_eq!(sets[0].len().await.unwrap(), 1, "nothing has changed");
}

#[tokio::test]
async fn what_nobody_knows_to_be_done_is_an_error_and_not_done_twice() {
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    let cache = Cache::builder().backend(backend).build().unwrap();
    let visits = CacheValue::<i64>::new(&cache, "visits");
    assert_eq!(visits.increment(1).await.unwrap(), 1);
    server.stop();
    assert_eq!(visits.increment(1).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(visits.get().await.unwrap_err().kind(), ErrorKind::Unavailable);
    server.cont();
    let over = Deadline::after(Duration::from_secs(20));
    let sum = loop {
        match visits.get().await {
            Ok(sum) => break sum,
            Err(error) => assert!(!over.left().is_zero(), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!([Some(1), Some(2)].contains(&sum), "{sum:?}");
}
